"""The resident's page, the check of a paper and the window in a real browser (tests/browser/*.mjs)."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import from_outside_api as api
from from_outside_documents import text_of

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHROMIUM = pathlib.Path("/usr/bin/chromium")


def browse(script, *words):
    run = subprocess.run(["node", str(ROOT / "tests/browser" / script), *words], capture_output=True, text=True,
                         timeout=150, check=False)
    assert run.returncode == 0, run.stderr + run.stdout
    return json.loads(run.stdout.splitlines()[-1])


@unittest.skipUnless(CHROMIUM.exists(), "no /usr/bin/chromium: the page is not tried in a browser")
@unittest.skipUnless((ROOT / "ui/node_modules/playwright-core").exists(), "no ui/node_modules")
class Resident(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = api.Server()
        cls.addClassCleanup(cls.server.end)
        cls.client = {}
        for login in ("desk", "mediator", "admin"):
            cls.client[login] = api.Client(cls.server.port)
            assert cls.client[login].log_in(login)[0] == 200
        # BIHUAN_SHOTS=FOLDER keeps the pictures
        cls.shots = os.environ.get("BIHUAN_SHOTS") or cls.enterClassContext(tempfile.TemporaryDirectory())
        matter = cls.finished()
        paper = cls.client["desk"].ask("GET", f"/api/records/{matter['id']}/documents/rights_notice.pdf")[1]
        check = re.search(r"核验码(\d+-[0-9a-f]{12})", "".join(text_of(paper))).group(1)
        day = cls.client["desk"].ask("GET", f"/api/records/{matter['id']}")[1]["opened"][:10]
        given = {"token": matter["token"], "digits": matter["digits"], "date": day, "check": check}
        cls.seen = browse("resident.mjs", str(cls.server.port), json.dumps(given), cls.shots)

    @classmethod
    def act(cls, who, rec, action, **fields):
        body = {"id": api.uuid7(), "fields": fields}
        status, r = cls.client[who].ask("POST", f"/api/records/{rec}/actions/{action}", body)
        assert status == 200, (action, r)

    @classmethod
    def finished(cls):
        status, r = cls.client["mediator"].ask("POST", "/api/records", {
            "id": api.uuid7(), "type": "dispute", "area": api.VILLAGE, "action": "report", "fields": api.REPORT})
        assert status == 201, r
        cls.act("desk", r["id"], "register", type="0201", source="grid", scale="01", colour="yellow")
        cls.act("desk", r["id"], "triage", grade="simple", bar="none")
        cls.act("mediator", r["id"], "accept", consent=True, rights_told=True, identity_seen=True)
        cls.act("mediator", r["id"], "agree", result="oral", agreement="互相道歉。", performance="at_once",
                performance_date="2030-01-01")
        return r

    def test_one_scan_shows_five_lines(self):
        self.assertEqual(len(self.seen["lines"]), 5)
        self.assertTrue(all(x.strip() for x in self.seen["lines"]))
        self.assertIn("协议正在履行", self.seen["head"])

    def test_no_word_of_the_office_and_no_name(self):
        for word in ("时限", "受理", "研判", "转办", "签收", "督办", "办件", "某mediator", "null", "undefined"):
            self.assertNotIn(word, self.seen["text"])

    def test_the_unit_has_a_telephone(self):
        self.assertEqual(self.seen["phone"], "tel:079183210000")

    def test_it_is_read_aloud(self):
        self.assertIn("协议正在履行", self.seen["spoken"][0])

    def test_one_press_takes_it_up_again(self):
        self.assertIn("正在调解", self.seen["after"])
        self.assertEqual(self.seen["buttonsAfter"], 0)

    def test_wrong_digits_are_told(self):
        self.assertIn("核对", self.seen["wrong"])

    def test_a_paper_is_checked(self):
        self.assertIn("没有被改动", self.seen["checked"])

    def test_it_is_small_in_every_way(self):
        print(f"\n    bytes of the resident's page: {self.seen['bytes']}")
        self.assertLessEqual(max(self.seen["wide"]), 320)
        self.assertEqual(self.seen["small"], [])
        self.assertLess(self.seen["bytes"], 30_000)  # all visits of the test together

    def test_nothing_goes_elsewhere_and_nothing_is_refused_by_the_policy(self):
        self.assertEqual(self.seen["foreign"], [])
        self.assertEqual([x for x in self.seen["complaints"] if "status of 404" not in x], [])


@unittest.skipUnless(CHROMIUM.exists(), "no /usr/bin/chromium: the page is not tried in a browser")
@unittest.skipUnless((ROOT / "ui/node_modules/playwright-core").exists(), "no ui/node_modules")
class Window(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = api.Server()
        cls.addClassCleanup(cls.server.end)
        cls.shots = os.environ.get("BIHUAN_SHOTS") or cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.seen = browse("window.mjs", str(cls.server.port), api.PASSWORD, cls.shots)

    def test_no_mouse_and_few_keys(self):
        print(f"\n    keys of a registration with its receipt: {self.seen['register']}, "
              f"to an old matter: {self.seen['old']}")
        self.assertEqual(self.seen["clicks"], 0)
        self.assertLessEqual(self.seen["register"], 12)
        self.assertLessEqual(self.seen["old"] - 1, 2)  # ask, choose; F2 is where one stands anyhow

    def test_an_input_that_was_drawn_late_was_reached(self):
        self.assertTrue(self.seen["late"])

    def test_it_asks_how_it_is_now_and_no_more(self):
        self.assertEqual(self.seen["choices"], ["1 没解决", "2 紧急"])
        self.assertEqual(self.seen["area"], api.VILLAGE)

    def test_the_receipt_is_all_that_is_printed(self):
        number = re.search(r"360112JF\d+", self.seen["number"]).group()
        for want in ("受理回执", number, self.seen["digits"]):
            self.assertIn(want, self.seen["slip"])
            self.assertIn(want, self.seen["onPaper"])
        self.assertEqual(self.seen["qr"], 1)
        self.assertNotIn("打印材料", self.seen["onPaper"])
        self.assertNotIn("王五", self.seen["onPaper"])

    def test_forms_are_handed_out(self):
        self.assertIn("人民调解申请书", self.seen["forms"])
        self.assertIn("权利义务告知书", self.seen["forms"])
        self.assertEqual(self.seen["paper"], "application/pdf")

    def test_a_lost_slip_is_another_one(self):
        self.assertRegex(self.seen["again"], r"^\d{4} \d{4}$")
        self.assertNotEqual(self.seen["again"], self.seen["digits"])

    def test_who_stands_there_is_found_by_his_telephone(self):
        self.assertIn(re.search(r"360112JF\d+", self.seen["number"]).group(), self.seen["byPhone"])
        self.assertNotIn("王五", self.seen["byPhone"])

    def test_what_is_missing_is_told_where_it_is(self):
        self.assertEqual(self.seen["back"], "w-summary")

    def test_nothing_goes_elsewhere_and_nothing_is_refused_by_the_policy(self):
        self.assertEqual(self.seen["foreign"], [])
        self.assertEqual([x for x in self.seen["complaints"] if "status of 401" not in x], [])


if __name__ == "__main__":
    unittest.main()
