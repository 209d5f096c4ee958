"""The example ledger of docs/first-hour.md is what its table says."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
LEDGER = ROOT / "docs/first-hour/ledger"


class Ledger(unittest.TestCase):
    def test_the_spreadsheet_is_made_from_the_table(self):
        with tempfile.TemporaryDirectory() as folder:
            made = pathlib.Path(folder) / "ledger.xlsx"
            script = [sys.executable, str(ROOT / "tools/ledger.py"), str(LEDGER.with_suffix(".csv")), str(made)]
            subprocess.run(script, check=True, timeout=60)
            self.assertEqual(made.read_bytes(), LEDGER.with_suffix(".xlsx").read_bytes())


if __name__ == "__main__":
    unittest.main()
