"""Reporting up: another system's columns and codes, what was sent is marked, and the next list has only what
is new or reads otherwise.  Once on SQLite and, when tests/pg.sh runs one, on PostgreSQL."""
import csv
import json
import os
import pathlib
import secrets
import subprocess
import tempfile
import unittest
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = os.environ.get("BIHUAN_BIN", str(ROOT / "build/bihuan"))
AREAS = """code,name,parent
360112000000,新建区,
360112101000,长堎镇,360112000000
360112102000,望城镇,360112000000
"""
IMPORT = """import: dispute.dispute
action: load
source: old
id: {column: id}
area: {column: area}
columns:
  summary: summary
  type: type
  source: how
  amount: amount
  result: result
  accepted_on: accepted
  registered_on: accepted
  opened: opened
"""
HEAD = ["id", "area", "summary", "type", "how", "amount", "result", "accepted", "opened"]
ROWS = [["1", "360112101000", "两家争墙", "0203", "grid", "100.50", "written", "2024-03-05", "2024-03-01 08:00:00"],
        ["2", "360112102000", "欠钱不还", "0401", "police", "", "failed", "2024-04-05", "2024-04-01 08:00:00"],
        ["3", "360112101000", "没有受理", "0203", "grid", "", "pending", "", "2024-04-02 08:00:00"]]
REPORT = """report: dispute.dispute
system: province
where: "accepted_on IS NOT NULL"
on: accepted_on
columns:
  编号: number
  日期: accepted_on
  类别: {field: type, through: list_b}
  类别名: {field: type, through: list_b, name: true}
  来源: {field: source, map: {grid: "01"}, default: "99"}
  事由: summary
  金额: amount
  单位: {value: =新建区}
"""


class Report(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.db = self.database()
        os.environ["BIHUAN_KEY"] = self.path("t.key")
        self.addCleanup(os.environ.pop, "BIHUAN_KEY", None)
        self.ok("init", "--playbooks", str(ROOT / "playbooks"))
        self.ok("areas", "import", self.write("areas.csv", AREAS))
        self.map = self.write("up.yaml", REPORT)
        self.load(ROWS)

    def database(self):
        return self.path("t.db")

    def path(self, name):
        return str(pathlib.Path(self.folder.name) / name)

    def write(self, name, text):
        pathlib.Path(self.path(name)).write_text(text, encoding="utf-8")
        return self.path(name)

    def run_it(self, *words):
        return subprocess.run([BIN, *words, "--db", self.db, "--json"], text=True, capture_output=True, check=False,
                              encoding="utf-8", timeout=60)

    def ok(self, *words):
        done = self.run_it(*words)
        self.assertEqual(done.returncode, 0, f"{words}: {done.stderr}")
        return json.loads(done.stdout)

    def load(self, rows):
        with open(self.path("in.csv"), "w", newline="", encoding="utf-8") as f:
            csv.writer(f).writerows([HEAD, *rows])
        got = self.ok("import", self.write("in.yaml", IMPORT), self.path("in.csv"))
        self.assertEqual(got["rejected"], 0, got)

    def report(self, *words, name="up.csv"):
        got = self.ok("report", self.map, self.path(name), *words)
        with open(self.path(name), newline="", encoding="utf-8-sig") as f:
            return got, list(csv.reader(f))

    def test_new_then_changed_only(self):
        got, rows = self.report("--document", "新综治〔2024〕8号")
        self.assertEqual(got, {"read": 2, "new": 2, "changed": 0, "same": 0, "marked": 2})
        self.assertEqual(rows[0], ["编号", "日期", "类别", "类别名", "来源", "事由", "金额", "单位"])
        by = {r[5]: r for r in rows[1:]}
        self.assertEqual(by["两家争墙"][1:5], ["2024-03-05", "9", by["两家争墙"][3], "01"])
        self.assertEqual(by["两家争墙"][6:], ["100.50", "'=新建区"])  # no spreadsheet runs it
        self.assertEqual(by["欠钱不还"][4], "99")
        self.assertNotEqual(by["欠钱不还"][3], by["欠钱不还"][2])
        # a second run has nothing to say, and writes no event
        size = self.ok("verify")["events"]
        got, rows = self.report()
        self.assertEqual(got, {"read": 2, "new": 0, "changed": 0, "same": 2, "marked": 0})
        self.assertEqual(len(rows), 1)
        self.assertEqual(self.ok("verify")["events"], size)
        # one changed in what is sent, one is new, one changed elsewhere
        self.load([[*ROWS[0][:5], "200", *ROWS[0][6:]],
                   [*ROWS[1][:6], "oral", *ROWS[1][7:]],
                   [*ROWS[2][:7], "2024-05-01", ROWS[2][8]]])
        self.assertEqual(self.updates(), [{"amount"}, {"result"}, {"accepted_on", "registered_on"}])
        got, rows = self.report()
        self.assertEqual(got, {"read": 3, "new": 1, "changed": 1, "same": 1, "marked": 2})
        self.assertEqual({r[5] for r in rows[1:]}, {"两家争墙", "没有受理"})
        # back to what it once was is a change too
        self.load([ROWS[0]])
        self.assertEqual(self.report()[0]["changed"], 1)
        self.assertEqual(self.report()[0]["same"], 3)
        self.assertTrue(self.ok("verify")["ok"])

    def updates(self):
        """What the updates of the import set: an import writes only the difference."""
        self.ok("log", "export", self.path("log.txt"))
        lines = pathlib.Path(self.path("log.txt")).read_text(encoding="utf-8").split("\n\n", maxsplit=1)[0].split("\n")
        events = [json.loads(line) for line in lines if line.startswith("{")]
        return [set(e.get("set", {})) for e in events if e["act"] == "load" and e["ver"] > 1]

    def test_the_source_moves_it(self):
        moved = [ROWS[0][0], "360112102000", *ROWS[0][2:]]
        self.load([moved])
        self.assertEqual(self.updates(), [set()])
        count = lambda area: self.ok("find", "dispute.dispute", "--area", area, "--count")["count"]  # noqa: E731
        self.assertEqual((count("360112101000"), count("360112102000")), (1, 2))
        self.load([[ROWS[0][0], "nowhere", *ROWS[0][2:6], "oral", *ROWS[0][7:]]])  # an unknown word moves nothing
        self.assertEqual((count("360112101000"), count("360112102000")), (1, 2))
        self.assertTrue(self.ok("verify")["ok"])

    def test_span_area_dry_and_all(self):
        got, rows = self.report("--from", "2024-04-05", "--to", "2024-04-05", "--dry")
        self.assertEqual((got["read"], got["marked"], [r[5] for r in rows[1:]]), (1, 0, ["欠钱不还"]))
        self.assertEqual(self.report("--to", "2024-04-04")[0]["marked"], 1)
        self.assertEqual(self.report("--area", "360112101000")[0], {"read": 1, "new": 0, "changed": 0, "same": 1,
                                                                   "marked": 0})
        got, rows = self.report("--all", "--dry")
        self.assertEqual((got["same"], got["new"], len(rows)), (1, 1, 3))
        # another system was sent nothing yet
        self.map = self.write("other.yaml", REPORT.replace("province", "court"))
        self.assertEqual(self.report()[0]["new"], 2)

    def test_as_a_spreadsheet(self):
        self.ok("report", self.map, self.path("up.xlsx"))
        sheet = zipfile.ZipFile(self.path("up.xlsx"))
        text = "".join(sheet.read(n).decode() for n in sheet.namelist() if n.endswith(".xml"))
        self.assertIn("两家争墙", text)

    def test_the_shipped_example(self):
        got = self.ok("report", str(ROOT / "playbooks/dispute/report.yaml"), self.path("x.csv"), "--dry")
        self.assertEqual(got["read"], 0)  # procedure is empty in what was imported

    def test_the_log_says_nothing_of_a_text(self):
        self.report()
        self.ok("log", "export", self.path("log.txt"))
        log = pathlib.Path(self.path("log.txt")).read_text(encoding="utf-8")
        self.assertIn('"kind":"report_up"', log)
        self.assertNotIn("两家争墙", log)

    def test_mistakes_are_named_with_their_line(self):
        for old, new, says in (
                ("report: dispute.dispute", "report: nothing", ":1: expected report:"),
                ("system: province", "system:", "expected"),
                ("on: accepted_on", "on: amount", ":4: expected opened, closed"),
                ("编号: number", "编号: nothing", ":6: there is no column 'nothing'"),
                ("编号: number", "编号: place", "a place has .text"),
                ("through: list_b}", "through: list_z}", "has no mapping 'list_z'"),
                ("{field: source,", "{field: source, through: list_b,", "for another code list"),
                ("{value: =新建区}", "{value: a, field: type}", "either field: or value:"),
                ("{value: =新建区}", "{valu: a}", "'valu' is not known here"),
                ('"accepted_on IS NOT NULL"', '"accepted_om IS NOT NULL"', "accepted_om"),
        ):
            with self.subTest(new):
                done = self.run_it("report", self.write("bad.yaml", REPORT.replace(old, new)), self.path("bad.csv"))
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn(says, done.stderr)
                self.assertFalse(os.path.exists(self.path("bad.csv")))
        self.assertEqual(self.run_it("report", self.map, self.path("x.txt")).returncode, 2)
        self.assertEqual(self.run_it("report", self.map).returncode, 2)
        self.assertEqual(self.run_it("report", self.map, self.path("x.csv"), "--from", "soon").returncode, 2)


@unittest.skipUnless(os.environ.get("BIHUAN_TEST_PG"), "BIHUAN_TEST_PG is not set")
class OnPostgres(Report):
    def database(self):
        name = f"report_{secrets.token_hex(6)}"
        subprocess.run(["psql", "-q", os.environ["BIHUAN_TEST_PG"], "-c",
                        f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0"], check=True, timeout=60)
        return os.environ["BIHUAN_TEST_PG"].replace("/postgres?", f"/{name}?")


if __name__ == "__main__":
    unittest.main()
