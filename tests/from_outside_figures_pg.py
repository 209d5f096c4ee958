"""What of from_outside_figures.py the program writes, once more on PostgreSQL (tests/pg.sh sets BIHUAN_TEST_PG)."""
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import from_outside_api as api  # noqa: E402
import from_outside_figures as figures  # noqa: E402


def setUpModule():
    if not os.environ.get("BIHUAN_TEST_PG"):
        raise unittest.SkipTest("BIHUAN_TEST_PG is not set")
    api.POSTGRES = True
    api.CLIENTS.clear()
    api.setUpModule()


def tearDownModule():
    api.tearDownModule()
    api.POSTGRES = False


class Figures(figures.Figures):
    test_an_old_event_altered_by_hand = None  # alters a copy of the file


if __name__ == "__main__":
    unittest.main()
