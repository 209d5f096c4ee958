"""The imports, the log and the scanned codes once more, on PostgreSQL (tests/pg.sh sets BIHUAN_TEST_PG)."""
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import from_outside_api as api  # noqa: E402
import from_outside_ledger  # noqa: E402
import from_outside_log  # noqa: E402
import from_outside_scan  # noqa: E402


def setUpModule():
    if not os.environ.get("BIHUAN_TEST_PG"):
        raise unittest.SkipTest("BIHUAN_TEST_PG is not set")
    api.POSTGRES = True


def tearDownModule():
    api.POSTGRES = False


class LedgerPg(from_outside_ledger.Ledger):
    pass


class LogPg(from_outside_log.Log):
    pass


class ScanPg(from_outside_scan.Scan):
    pass


if __name__ == "__main__":
    unittest.main()
