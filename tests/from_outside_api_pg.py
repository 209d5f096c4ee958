"""All of from_outside_api.py once more, on PostgreSQL (tests/pg.sh sets BIHUAN_TEST_PG)."""
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import from_outside_api as api  # noqa: E402


def setUpModule():
    if not os.environ.get("BIHUAN_TEST_PG"):
        raise unittest.SkipTest("BIHUAN_TEST_PG is not set")
    api.POSTGRES = True
    api.CLIENTS.clear()
    api.setUpModule()


def tearDownModule():
    api.tearDownModule()
    api.POSTGRES = False


class Walk(api.Walk):
    pass


class Wrong(api.Wrong):
    pass


class Rights(api.Rights):
    pass


class Lists(api.Lists):
    pass


class Files(api.Files):
    pass


class Resident(api.Resident):
    pass


class Streams(api.Streams):
    pass


if __name__ == "__main__":
    unittest.main()
