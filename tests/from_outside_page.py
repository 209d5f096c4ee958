"""The page in a real browser: each file of tests/browser is one flow (see harness.mjs there).  The taps and keys
that it needed are printed; a flow that needs more than its budget fails."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import from_outside_api as api

ROOT = pathlib.Path(__file__).resolve().parent.parent
FLOWS = ROOT / "tests/browser"
CHROMIUM = pathlib.Path("/usr/bin/chromium")
FIRST_LOAD = 400_000  # bytes of scripts and styles, as sent


@unittest.skipUnless(CHROMIUM.exists(), "no /usr/bin/chromium: the page is not tried in a browser")
@unittest.skipUnless((ROOT / "ui/node_modules/playwright-core").exists(), "no ui/node_modules")
class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = api.Server()
        cls.addClassCleanup(cls.server.end)
        # BIHUAN_SHOTS=FOLDER keeps the pictures
        cls.shots = os.environ.get("BIHUAN_SHOTS") or cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.world = {"village": api.VILLAGE, "district": api.DISTRICT, "orgs": cls.server.orgs,
                     "bihuan": api.BIN, "db": cls.server.db}

    def walk(self, flow):
        env = {**os.environ, "BIHUAN_PORT": str(self.server.port), "BIHUAN_PASSWORD": api.PASSWORD,
               "BIHUAN_SHOTS": self.shots, "BIHUAN_WORLD": json.dumps(self.world)}
        run = subprocess.run(["node", str(flow)], env=env, capture_output=True, text=True, timeout=400, check=False)
        self.assertTrue(run.stdout.strip(), run.stderr)
        seen = json.loads(run.stdout.splitlines()[-1])
        for b in seen["budgets"]:
            print(f"\n    {flow.stem}: {b['name']}: {b['used']} of {b['limit']}", end="")
        self.assertIsNone(seen["failed"], seen["failed"])
        self.assertLess(seen["first"], FIRST_LOAD)
        self.assertGreater(seen["first"], 1_000)  # it was measured at all


def flow_test(flow):
    return lambda self: self.walk(flow)


for found in sorted(FLOWS.glob("*.mjs")):
    if found.stem != "harness" and "from './harness.mjs'" in found.read_text(encoding="utf-8"):
        setattr(Page, f"test_{found.stem.replace('-', '_')}", flow_test(found))


if __name__ == "__main__":
    unittest.main()
