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


# Every class of the other file, so that none is forgotten.
for _name, _cls in list(vars(api).items()):
    if isinstance(_cls, type) and issubclass(_cls, unittest.TestCase) and _cls not in (api.Base, api.Served):
        globals()[_name] = type(_name, (_cls,), {"__module__": __name__})
del _name, _cls


if __name__ == "__main__":
    unittest.main()
