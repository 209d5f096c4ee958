"""The demonstration from outside: made, then asked, verified and served."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = os.environ.get("BIHUAN_BIN", str(ROOT / "build/bihuan"))
DATA = pathlib.Path(os.environ.get("BIHUAN_DATA", str(ROOT / "build/data")))
AREAS = DATA / "areas.csv"
HOLIDAYS = DATA / "holidays.csv"

PASSWORD = "Bihuan-2024-demo"


def bihuan(*args, **more):
    return subprocess.run([BIN, *map(str, args)], cwd=ROOT, capture_output=True, text=True, **more)


class Demo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not AREAS.exists() or not HOLIDAYS.exists():
            raise unittest.SkipTest("build/data is not there: ./run --no-serve makes it")
        cls.folder = tempfile.TemporaryDirectory()
        cls.db = pathlib.Path(cls.folder.name) / "demo.db"
        cls.made = bihuan("demo", "--db", cls.db, "--areas", AREAS, "--holidays", HOLIDAYS)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def figure(self, area, first, last):
        got = bihuan("indicator", "dispute.resolution_rate", "--area", area, "--from", first, "--to", last,
                     "--db", self.db)
        self.assertEqual(got.returncode, 0, got.stderr)
        return json.loads(got.stdout)

    def test_made_and_named(self):
        self.assertEqual(self.made.returncode, 0, self.made.stderr[-2000:])
        self.assertNotIn("refused", self.made.stderr)
        names = sorted(f.name for f in self.db.parent.iterdir() if f.suffix not in (".db-wal", ".db-shm"))
        self.assertEqual([n for n in names if "building" in n], [])
        for name in ("demo.db", "demo.db.key", "demo.db.key.last"):
            self.assertIn(name, names)
        for login in ("wg360112", "tj360112", "sl360103", "admin"):
            self.assertRegex(self.made.stdout, rf"(?m)^  {login}\s")

    def test_never_over_another(self):
        again = bihuan("demo", "--db", self.db, "--areas", AREAS, "--holidays", HOLIDAYS)
        self.assertEqual(again.returncode, 1)
        self.assertIn("already", again.stderr)

    def test_targets_are_exact(self):
        got = self.figure("360112", "2024-01-01", "2024-08-31")
        self.assertEqual((got["n"], got["N"], got["value"]), (3074, 3093, 99.4))

    def test_what_the_plan_registers(self):
        plan = (ROOT / "playbooks/dispute/plan.yaml").read_text(encoding="utf-8")
        default = plan[plan.index("volumes:") :].split("\n  default:")[1]
        for area in ("360103", "360112", "360502", "360921"):
            cells = re.search(rf'"{area}": \[([\d ,]+)\]', default).group(1)
            numbers = [int(x) for x in cells.split(",")]
            self.assertEqual(self.figure(area, "2023-01-01", "2024-09-30")["N"], sum(numbers))
            self.assertEqual(self.figure(area, "2023-02-01", "2023-02-28")["N"], numbers[1])

    def test_verified(self):
        got = bihuan("verify", "--db", self.db)
        self.assertEqual(got.returncode, 0, got.stdout + got.stderr)

    def test_lives_on_its_day(self):
        server = subprocess.Popen([BIN, "serve", "--db", str(self.db), "--listen", "127.0.0.1:0"], cwd=ROOT,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            url = server.stdout.readline().strip()
            head = {"Content-Type": "application/json"}
            login, cookie = self.post(url + "api/session", head, {"login": "wg360112", "password": PASSWORD})
            head |= {"Cookie": cookie.split(";")[0], "X-CSRF-Token": login["csrf"]}
            made, _ = self.post(url + "api/records", head, {
                "type": "dispute.dispute", "id": "0191d4c0-0000-7000-8000-000000000001", "area": "360112001",
                "fields": {"summary": "两户人家为门前停车争执", "place": "一号门", "result": "not_settled"}})
            self.assertRegex(made["number"], r"^360112JF2024\d{5}$")
            ask = urllib.request.Request(f"{url}api/records/{made['id']}/events", headers=head)
            with urllib.request.urlopen(ask, timeout=20) as answer:
                self.assertIn("2024-09-09T", answer.read().decode())
            self.suggestions(url, head)
        finally:
            server.terminate()
            self.assertEqual(server.wait(30), 0)
            server.stdout.close()

    def suggestions(self, url, head):
        """The kind that was confirmed is among the three that the phone suggests (docs/phone.md)."""
        ask = urllib.request.Request(url + "api/playbooks/dispute", headers=head)
        with urllib.request.urlopen(ask, timeout=20) as got:
            lists = json.load(got)["codes"]
        found = bihuan("find", "dispute", "--db", self.db, "--limit", "20000", "--json")
        rows = [r["fields"] for r in json.loads(found.stdout)["rows"]]
        folder = pathlib.Path(self.folder.name)
        codes, texts = folder / "codes.json", folder / "texts.jsonl"
        codes.write_text(json.dumps(next(x["codes"] for x in lists if x["id"] == "dispute_type")), encoding="utf-8")
        lines = [json.dumps({"text": f["summary"], "code": f["type"]}) for f in rows if f.get("type")]
        texts.write_text("\n".join(lines), encoding="utf-8")
        run = subprocess.run(["node", ROOT / "tests/suggest.mjs", codes, texts], capture_output=True, text=True,
                             check=False)
        self.assertEqual(run.returncode, 0, run.stderr)
        got = json.loads(run.stdout)
        print(f"\n    suggested kinds: {got['three']} of {got['n']} among three, {got['first']} first")
        self.assertGreater(got["n"], 10000)
        self.assertGreater(got["three"] / got["n"], 0.55)

    def post(self, url, head, body):
        ask = urllib.request.Request(url, method="POST", data=json.dumps(body).encode(), headers=head)
        try:
            with urllib.request.urlopen(ask, timeout=20) as answer:
                return json.load(answer), answer.headers.get("Set-Cookie", "")
        except urllib.error.HTTPError as e:
            self.fail(f"{url}: {e.code} {e.read().decode()}")


if __name__ == "__main__":
    unittest.main()
