"""The phone in a real browser, driven by tests/browser/phone.mjs: few taps, no network, a bad network, a killed
browser, another build of the page, a clock that is off, a full phone, an account that was closed."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import from_outside_api as api

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHROMIUM = pathlib.Path("/usr/bin/chromium")
BUDGET = {"report": 5, "settle": 6}
DAY = 24 * 3600 * 1000


@unittest.skipUnless(CHROMIUM.exists(), "no /usr/bin/chromium: the phone is not tried in a browser")
@unittest.skipUnless((ROOT / "ui/node_modules/playwright-core").exists(), "no ui/node_modules")
class Phone(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = api.Server()
        cls.addClassCleanup(cls.server.end)
        # BIHUAN_SHOTS=FOLDER keeps the pictures
        folder = os.environ.get("BIHUAN_SHOTS") or cls.enterClassContext(tempfile.TemporaryDirectory())
        subprocess.run(["node", str(ROOT / "tests/browser/second.mjs"), f"{folder}/second"], check=True, timeout=120)
        run = subprocess.run(["node", str(ROOT / "tests/browser/phone.mjs"), str(cls.server.port), api.PASSWORD, folder,
                              cls.server.db], capture_output=True, text=True, timeout=400, check=False)
        assert run.returncode == 0, run.stderr
        cls.seen = json.loads(run.stdout.splitlines()[-1])

    def test_taps(self):
        for what, most in BUDGET.items():
            print(f"\n    taps, {what}: {self.seen['taps'][what]} of {most}", end="")
            self.assertLessEqual(self.seen["taps"][what], most)
        print()

    def test_a_phone_holds_it(self):
        self.assertLessEqual(max(self.seen["wide"]), 360)
        self.assertEqual(self.seen["small"], [])

    def test_the_form_helps(self):
        self.assertRegex(self.seen["number"], r"^360112JF\d{9}$")
        self.assertIn("用水排水通行通风采光", self.seen["suggested"][:3])
        self.assertEqual(self.seen["last"], ["一村3栋2单元", "一村8号"])
        self.assertEqual(set(self.seen["missing"]), {"place", "quick"})

    def test_twelve_without_a_network(self):
        self.assertIn("已存手机，12件待上传", self.seen["barOffline"])
        self.assertIn("没有网络", self.seen["barOffline"])
        self.assertEqual(self.seen["afterKill"], 12)
        self.assertGreater(self.seen["ownOffline"], 0)
        self.assertEqual(self.seen["photoInEdit"], 1)
        want = sorted([f"第{n}件：两家为水沟争吵" for n in range(1, 13) if n != 5] + ["第5件：改过了，两家为水沟争吵"])
        self.assertEqual(self.seen["twelve"], want)
        self.assertEqual(self.seen["photos"], [1] * 12)
        net = self.seen["network"]
        print(f"\n    the network: {net['asked']} asked, {net['lostRequests']} lost on the way, "
              f"{net['lostAnswers']} answers lost, {net['twice']} sent twice")
        self.assertGreater(net["lostRequests"] + net["lostAnswers"], 4)
        self.assertGreater(net["lostAnswers"], 0)

    def test_nothing_is_left_on_the_phone(self):
        self.assertEqual(self.seen["left"], {"photos": 0, "open": 0, "files": 0, "text": False, "extractable": False})

    def test_another_build_in_between(self):
        self.assertEqual(self.seen["build"], "second")
        self.assertEqual(self.seen["upgraded"], 1)
        self.assertEqual(self.seen["buildOffline"], "second")

    def test_a_clock_that_is_off(self):
        for name, skew in (("ahead", -DAY), ("behind", DAY)):
            self.assertLess(self.seen[name]["off"], 120_000)
            self.assertLess(abs(self.seen[name]["skew"] - skew), 120_000)

    def test_a_full_phone_says_so_and_loses_nothing(self):
        self.assertIn("手机空间满了", self.seen["fullBar"])
        self.assertEqual(self.seen["full"], 1)

    def test_an_account_that_was_closed(self):
        self.assertIn("1件待上传", self.seen["closedBar"])
        self.assertEqual(self.seen["exported"], [1, "账号停用前存的一件", True])

    def test_nothing_goes_elsewhere(self):
        self.assertEqual(self.seen["foreign"], [])
        self.assertEqual(self.seen["complaints"], [])

    def test_z_the_log_is_whole(self):
        code, text = self.server.stop()
        self.assertEqual(code, 0, text)
        done = subprocess.run([api.BIN, "verify", "--db", self.server.db, "--json"], capture_output=True, text=True,
                              check=False)
        self.server.start()
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertTrue(json.loads(done.stdout)["ok"])


if __name__ == "__main__":
    unittest.main()
