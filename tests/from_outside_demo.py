"""The demonstration from outside: made, then asked, verified and served."""
import datetime
import json
import os
import pathlib
import random
import re
import sqlite3
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
CALL_RATES = ("follow_up_rate", "solved_rate", "satisfaction_rate")


def bihuan(*args, **more):
    return subprocess.run([BIN, *map(str, args)], cwd=ROOT, capture_output=True, text=True, **more)


def folded(log):
    """The disputes of an exported log as a table, by docs/log-format.md alone."""
    fields, code = {}, {}
    for line in log.read_bytes().split(b"\n\n")[0].split(b"\n"):
        if b'"type":"dispute.dispute"' not in line:
            continue
        event = json.loads(line)
        code[event["rec"]] = event["code"]
        mine = fields.setdefault(event["rec"], {})
        for key, value in event.get("set", {}).items():
            mine[key] = value
    table = sqlite3.connect(":memory:")
    table.execute("CREATE TABLE dispute (code, registered_on, result, source, reopened, again)")
    table.executemany("INSERT INTO dispute VALUES (?, ?, ?, ?, ?, ?)", (
        (code[r], f.get("registered_on"), f.get("result"), f.get("source"), bool(f.get("$reopened")),
         bool(f.get("again")))
        for r, f in fields.items() if not f.get("$void") and not f.get("$merged")))
    return table


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

    def figure(self, area, first, last, name="resolution_rate"):
        got = bihuan("indicator", f"dispute.{name}", "--area", area, "--from", first, "--to", last,
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

    def test_figures_are_computed_again_from_the_export(self):
        """Nothing of the program: the exported lines, folded, and counted by SQL."""
        log = self.db.parent / "log.txt"
        got = bihuan("log", "export", log, "--sealed", "--db", self.db)
        self.assertEqual(got.returncode, 0, got.stderr)
        table = folded(log)
        day = lambda y, m, d: (datetime.date(y, m, d) - datetime.date(1970, 1, 1)).days  # noqa: E731
        span = (day(2024, 1, 1), day(2024, 8, 31))
        settled = "result IN ('written', 'oral', 'on_the_spot') AND NOT reopened"
        for area in ("360112", "360103", "360502", "360921"):
            N, n, own, again = table.execute(
                f"""SELECT count(*), sum({settled}), sum(source IN ('grid', 'patrol', 'own_motion')), sum(again)
                    FROM dispute WHERE code LIKE ? AND registered_on BETWEEN ? AND ?""", (area + "%", *span)).fetchone()
            f = self.figure(area, "2024-01-01", "2024-08-31")
            self.assertGreater(N, 100)
            # sealed matters are one value apart in the log: the program says how many it holds
            self.assertEqual((f["n"] - f.get("sealed_n", 0), f["N"] - f.get("sealed_N", 0)), (n, N))
            f = self.figure(area, "2024-01-01", "2024-08-31", "proactive_rate")
            self.assertEqual(f["n"] - f.get("sealed_n", 0), own)
            self.assertGreater(again, 0)
            year = self.figure(area, "2023-01-01", "2023-12-31", "registered")
            n, = table.execute("SELECT count(*) FROM dispute WHERE code LIKE ? AND registered_on BETWEEN ? AND ?",
                               (area + "%", day(2023, 1, 1), day(2023, 12, 31))).fetchone()
            self.assertEqual(year["n"] - year.get("sealed_n", 0), n)

    def test_the_bulletin(self):
        shown = json.loads(bihuan("bulletin", "show", "360112JB20240001", "--db", self.db).stdout)
        self.assertIn("1至8月，全区共排查登记矛盾纠纷3093[F1]起，化解3074[F2]起，化解率达99.4%[F3]", shown["text"])
        self.assertEqual(shown["state"], "issued")
        self.assertRegex(shown["text"], r"回访率[\d.]+%\[F12\]，回访解决率[\d.]+%\[F13\]，满意率[\d.]+%\[F14\]")
        for f in shown["figures"][11:14]:
            self.assertEqual([x["id"] for x in f["beside"] if x["as"] == "left_out"],
                             ["left_out_desk", "left_out_head", "left_out_centre"])
        path = self.db.parent / "bulletin.json"
        path.write_text(json.dumps(shown, ensure_ascii=False), encoding="utf-8")
        got = bihuan("bulletin", "verify", path, "--db", self.db)
        self.assertEqual(got.returncode, 0, got.stdout + got.stderr)
        path.write_text(json.dumps(dict(shown, text=shown["text"].replace("99.4%[", "99.5%[")), ensure_ascii=False),
                        encoding="utf-8")
        got = bihuan("bulletin", "verify", path, "--db", self.db)
        self.assertEqual(got.returncode, 1)
        self.assertIn("F3", got.stdout)

    def test_what_the_plan_registers(self):
        plan = (ROOT / "playbooks/dispute/plan.yaml").read_text(encoding="utf-8")
        default = plan[plan.index("volumes:") :].split("\n  default:")[1]
        for area in ("360103", "360112", "360502", "360921"):
            cells = re.search(rf'"{area}": \[([\d ,]+)\]', default).group(1)
            numbers = [int(x) for x in cells.split(",")]
            self.assertEqual(self.figure(area, "2023-01-01", "2024-09-30")["N"], sum(numbers))
            self.assertEqual(self.figure(area, "2023-02-01", "2023-02-28")["N"], numbers[1])

    def test_who_was_left_out_of_the_calls(self):
        """The three honest rates: what leaves N is said with them, by the role that left it out."""
        rates = [self.figure("360112", "2024-01-01", "2024-08-31", name) for name in CALL_RATES]
        for f in rates:
            self.assertLess(f["n"], f["N"])
            by = {x["id"]: x["value"] for x in f["beside"] if x["as"] == "left_out"}
            self.assertEqual(sorted(by), ["left_out_centre", "left_out_desk", "left_out_head"])
            self.assertGreater(by["left_out_desk"], by["left_out_head"])
            self.assertGreater(by["left_out_head"], by["left_out_centre"])
            self.assertGreater(by["left_out_centre"], 0)

    def test_no_two_of_those_drawn_share_their_facts(self):
        rows = json.loads(bihuan("find", "dispute", "--db", self.db, "--limit", "20000", "--json").stdout)["rows"]
        told = [r for r in rows if r["fields"].get("summary")]  # masked and sealed ones do not tell
        drawn = random.Random(20240901).sample(told, 200)
        facts = {}
        for r in drawn:
            facts.setdefault(r["fields"]["summary"], []).append(r["number"])
        self.assertEqual([numbers for numbers in facts.values() if len(numbers) > 1], [])

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
