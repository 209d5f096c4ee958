"""The imports, the log and the scanned codes once more, on PostgreSQL (tests/pg.sh sets BIHUAN_TEST_PG)."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import from_outside_ledger  # noqa: E402
import from_outside_log  # noqa: E402
import from_outside_scan  # noqa: E402


class LedgerPg(from_outside_ledger.Ledger):
    postgres = True


class LogPg(from_outside_log.Log):
    postgres = True


class ScanPg(from_outside_scan.Scan):
    postgres = True


if __name__ == "__main__":
    unittest.main()
