"""The page in a real browser, driven by tests/page.mjs: a phone, a desk, a leader, a look."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import from_outside_api as api

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHROMIUM = pathlib.Path("/usr/bin/chromium")


@unittest.skipUnless(CHROMIUM.exists(), "no /usr/bin/chromium: the page is not tried in a browser")
@unittest.skipUnless((ROOT / "ui/node_modules/playwright-core").exists(), "no ui/node_modules")
class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = api.Server()
        cls.addClassCleanup(cls.server.end)
        grid = api.Client(cls.server.port)
        grid.log_in("grid")
        fields = dict(api.REPORT, contact_person={"name": "王五", "phone": "13900001111"})
        body = {"id": api.uuid7(), "type": "dispute", "area": api.VILLAGE, "action": "report", "fields": fields}
        status, matter = grid.ask("POST", "/api/records", body)
        assert status == 201, matter
        # BIHUAN_SHOTS=FOLDER keeps the pictures
        shots = os.environ.get("BIHUAN_SHOTS") or cls.enterClassContext(tempfile.TemporaryDirectory())
        run = subprocess.run(["node", str(ROOT / "tests/page.mjs"), str(cls.server.port), "grid", api.PASSWORD, shots,
                              matter["id"]], capture_output=True, text=True, timeout=150, check=False)
        assert run.returncode == 0, run.stderr
        cls.seen = json.loads(run.stdout.splitlines()[-1])
        cls.shots = pathlib.Path(shots)

    def test_settled_on_the_spot_with_few_taps(self):
        print(f"\n    taps to settle one on the spot: {self.seen['taps']}")
        self.assertLessEqual(self.seen["taps"], 6)
        self.assertRegex(self.seen["number"], r"^360112JF\d{9}$")
        self.assertIn("某grid", self.seen["story"][0])
        self.assertRegex("\n".join(self.seen["story"]), "当场")

    def test_a_phone_holds_it(self):
        self.assertLessEqual(max(self.seen["wide"]), 360)
        self.assertEqual(self.seen["small"], [])
        self.assertLess(self.seen["bytes"], 400_000)
        self.assertGreater(self.seen["bytes"], 10_000)

    def test_what_is_wrong_is_told_where_it_is(self):
        self.assertTrue(self.seen["refused"].strip())
        self.assertTrue(self.seen["atField"].strip())

    def test_what_was_typed_outlives_the_session(self):
        self.assertEqual(self.seen["kept"], "宅基地边界争执，等着再登录")
        self.assertNotEqual(self.seen["second"], self.seen["number"])

    def test_details_are_shown_for_a_purpose(self):
        self.assertNotIn("王五", self.seen["masked"])
        self.assertIn("王五", self.seen["plain"])
        self.assertIn("13900001111", self.seen["plain"])
        self.assertIn("查看", self.seen["looked"])

    def test_a_condition_shows_its_field_only_when_it_holds(self):
        self.assertEqual(self.seen["hiddenFirst"], 0)  # page.mjs waits until it is there

    def test_a_figure_is_a_sentence(self):
        self.assertRegex(self.seen["sentence"], r"^\d{4}-01-01至\d{4}-\d\d-\d\d，南昌市.+\d")

    def test_nothing_goes_elsewhere_and_nothing_is_refused_by_the_policy(self):
        self.assertEqual(self.seen["foreign"], [])
        # the browser itself reports the answers 401 that are asked for here
        self.assertEqual([x for x in self.seen["complaints"] if "status of 401" not in x], [])


if __name__ == "__main__":
    unittest.main()
