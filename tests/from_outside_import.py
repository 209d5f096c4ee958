"""Importing tables from outside: what comes in, what comes back, and what a mapping says when it is wrong."""
import csv
import http.client
import json
import os
import pathlib
import secrets
import signal
import subprocess
import tempfile
import time
import unittest
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = os.environ.get("BIHUAN_BIN", str(ROOT / "build/bihuan"))
AREAS = """code,name,parent
360000000000,江西省,
360100000000,南昌市,360000000000
360112000000,新建区,360100000000
360112101000,长堎镇,360112000000
B,Boston,
B/Ward 1,Ward 1,B
B/Ward 1/0101,0101,B/Ward 1
"""
MAPPING = """import: report.report
source: {column: src}
id: {column: id}
area: {column: area, unknown: keep}
columns:
  text: text
  category: category
  opened: opened
  closed: {column: closed, map: {"-": ""}}
  place: {lon: lon, lat: lat, text: address}
  source: {column: how, default: desk}
"""
HEAD = ["src", "id", "area", "text", "category", "opened", "closed", "lon", "lat", "address", "how"]
GOOD = ["s", "1", "B/Ward 1/0101", "Lamp is dark", "Street Lights/Street Light Outages", "2024-09-01 08:00:00",
        "2024-09-02 09:00:00", "-71.0772", "42.2715", "Main St 1", ""]
PASSWORD = "Ein-langes-Wort-7"


def row(**change):
    cells = dict(zip(HEAD, GOOD))
    cells.update(change)
    return [cells[name] for name in HEAD]


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.db = self.path("t.db")
        self.run_ok("init", "--playbooks", str(ROOT / "playbooks"))
        self.run_ok("areas", "import", self.write("areas.csv", AREAS))
        self.mapping = self.write("m.yaml", MAPPING)

    def path(self, name):
        return str(pathlib.Path(self.folder.name) / name)

    def write(self, name, text, encoding="utf-8"):
        pathlib.Path(self.path(name)).write_bytes(text.encode(encoding))
        return self.path(name)

    def table(self, name, rows, head=None):
        with open(self.path(name), "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([head or HEAD, *rows])
        return self.path(name)

    def bihuan(self, *words, given=None):
        return subprocess.run([BIN, *words, "--db", self.db], text=True, capture_output=True, check=False,
                              encoding="utf-8", timeout=60, input=given)

    def run_ok(self, *words):
        done = self.bihuan(*words, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def load(self, *rows, mapping=None, more=()):
        got = self.run_ok("import", mapping or self.mapping, self.table("in.csv", rows), *more)
        return tuple(got[k] for k in ("read", "new", "updated", "same", "rejected"))

    def back(self, path):
        return list(csv.reader(pathlib.Path(path).read_text(encoding="utf-8-sig").splitlines()))


class Rows(Case):
    def test_new_same_updated(self):
        self.assertEqual(self.load(GOOD, row(id="2")), (2, 2, 0, 0, 0))
        self.assertEqual(self.load(GOOD, row(id="2")), (2, 0, 0, 2, 0))
        self.assertEqual(self.load(GOOD, row(id="2", text="Lamp flickers")), (2, 0, 1, 1, 0))
        self.assertEqual(self.load(row(id="2")), (1, 0, 1, 0, 0))  # back again
        self.assertEqual(self.load(row(src="other")), (1, 1, 0, 0, 0))  # numbers belong to a source
        found = self.run_ok("find", "report")["rows"]
        self.assertEqual([r["version"] for r in found], [1, 3, 1])
        self.assertEqual(found[0]["fields"]["place"], {"text": "Main St 1", "lon": -71.0772, "lat": 42.2715})
        self.assertEqual(found[0]["fields"]["source"], "desk")
        self.assertEqual((found[0]["opened"], found[0]["area"]), ("2024-09-01T08:00:00+08:00", "B/Ward 1/0101"))
        self.assertTrue(self.run_ok("verify")["ok"])

    def test_one_id_twice_in_a_file_is_taken_in_order(self):
        self.assertEqual(self.load(GOOD, row(text="second"), row(text="second"), GOOD), (4, 1, 2, 1, 0))
        self.assertEqual([r["fields"]["text"] for r in self.run_ok("find", "report")["rows"]], ["Lamp is dark"])

    def test_bad_rows_come_back_and_can_be_mended(self):
        bad = [(row(id=""), "id"), (row(id="3", text=""), "反映内容"), (row(id="4", category="No such"), "No such"),
               (row(id="5", opened="yesterday"), "opened"), (row(id="6", lat="99"), "地点"),
               (row(id="7", closed="31.12.2024"), "closed"), (row(id="8", opened=""), "opened"),
               (row(id="9", lon=""), "地点"), (row(id="10", how="no way"), "no way")]
        rejects = self.path("rejects.csv")
        got = self.load(GOOD, *[cells for cells, _ in bad], row(id="11"), more=("--rejects", rejects))
        self.assertEqual(got, (11, 2, 0, 0, 9))
        back = self.back(rejects)
        self.assertEqual(back[0], HEAD + ["原因"])
        self.assertEqual([r[:-1] for r in back[1:]], [cells for cells, _ in bad])
        for given, (_, word) in zip(back[1:], bad):
            self.assertIn(word, given[-1])
        mended = [[*row(id=f"m{i}"), r[-1]] for i, r in enumerate(back[1:])]
        again = self.table("mended.csv", mended, back[0])
        got = self.run_ok("import", self.mapping, again, "--rejects", self.path("r2.csv"))
        self.assertEqual((got["read"], got["new"], got["rejected"]), (9, 9, 0))
        self.assertEqual(self.back(self.path("r2.csv")), [HEAD + ["原因"]])

    def test_rejects_never_overwrite_the_input(self):
        path = self.table("in.csv", [GOOD])
        done = self.bihuan("import", self.mapping, path, "--rejects", path)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(self.back(path), [HEAD, GOOD])

    def test_areas(self):
        cases = [("B/Ward 1/0101", "B/Ward 1/0101", 0, 0), (" boston / ward 1 /0101", "B/Ward 1/0101", 0, 0),
                 ("Boston/Ward 1/9999", "B/Ward 1", 0, 1), ("Boston//", "B", 0, 0), ("Boston/06/0606", "B", 0, 1),
                 ("360112", "360112000000", 0, 0), ("长堎镇", "360112101000", 0, 0),
                 ("南昌市新建区长堎镇", "360112101000", 0, 0), ("江西省/南昌市/新建区", "360112000000", 0, 0),
                 ("", "360000000000", 1, 0), ("Ward 10", "360000000000", 1, 0)]
        for i, (given, code, unknown, above) in enumerate(cases):
            with self.subTest(given=given):
                got = self.run_ok("import", self.mapping, self.table("in.csv", [row(id=f"a{i}", area=given)]))
                self.assertEqual(got["new"], 1, got)
                self.assertEqual((got["warnings"]["area_unknown"], got["warnings"]["area_above"]), (unknown, above))
                self.assertEqual(self.run_ok("find", "report", "--limit", "1")["rows"][0]["area"], code)
        got = self.run_ok("import", self.mapping, self.table("in.csv", [row(id="z", area="?")]), "--area", "B")
        self.assertEqual(self.run_ok("find", "report", "--limit", "1")["rows"][0]["area"], "B")
        strict = self.write("s.yaml", MAPPING.replace("keep", "reject"))
        self.assertEqual(self.load(row(id="y", area="?"), mapping=strict), (1, 0, 0, 0, 1))

    def test_codes_by_name(self):
        names = [("路灯不亮", True), ("street lights/street light OUTAGES", True), ("路灯不亮了", False)]
        for i, (name, good) in enumerate(names):
            with self.subTest(name=name):
                self.assertEqual(self.load(row(id=f"c{i}", category=name))[1], int(good))

    def test_gb18030_and_xlsx(self):
        text = "\r\n".join(",".join(r) for r in [HEAD, row(text="路灯坏了", category="路灯不亮")])
        got = self.run_ok("import", self.mapping, self.write("gb.csv", text, "gb18030"))
        self.assertEqual(got["new"], 1)
        self.assertEqual(self.run_ok("find", "report")["rows"][0]["fields"]["text"], "路灯坏了")
        sheet = self.path("out.xlsx")
        self.run_ok("export", "report", sheet)
        self.assertTrue(zipfile.is_zipfile(sheet))
        up = self.write("x.yaml", "import: report\nsource: copy\nid: 编号\narea: 区划代码\ncolumns:\n  text: 反映内容\n"
                        "  category: 类别\n  opened: 发生时间\n  closed: 办结时间\n"
                        "  place: {text: 地点, lon: 地点经度, lat: 地点纬度}\n")
        got = self.run_ok("import", up, sheet)
        self.assertEqual((got["new"], got["rejected"]), (1, 0), got)
        copy, first = self.run_ok("find", "report")["rows"]
        for key in ("opened", "closed", "area", "fields"):
            self.assertEqual(copy[key], first[key], key)

    def test_what_was_done_here_is_not_overwritten(self):
        self.load(GOOD)
        record = self.run_ok("find", "report")["rows"][0]["id"]
        org = self.run_ok("org", "add", "中心", "--area", "B", "--kind", "centre")["id"]
        done = self.bihuan("account", "add", "desk", "--role", "desk", "--area", "B", "--org", org,
                           given=PASSWORD + "\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.comment(record)
        rejects = self.path("r.csv")
        got = self.load(row(text="from outside"), more=("--rejects", rejects))
        self.assertEqual(got, (1, 0, 0, 0, 1))
        self.assertIn("第2版", self.back(rejects)[1][-1])
        self.assertEqual(self.load(GOOD), (1, 0, 0, 1, 0))  # what says nothing new is no conflict

    def comment(self, record):
        with subprocess.Popen([BIN, "serve", "--db", self.db, "--listen", "127.0.0.1:0"], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
            port = int(server.stdout.readline().rsplit(":", 1)[1].strip().rstrip("/"))
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            kind = {"Content-Type": "application/json"}
            link.request("POST", "/api/session", json.dumps({"login": "desk", "password": PASSWORD}), kind)
            reply = link.getresponse()
            me = json.loads(reply.read())
            kind["Cookie"] = reply.headers["Set-Cookie"].split(";")[0]
            kind["X-CSRF-Token"] = me["csrf"]
            raw = bytearray(int(time.time() * 1000).to_bytes(6, "big") + secrets.token_bytes(10))
            raw[6], raw[8] = raw[6] & 15 | 0x70, raw[8] & 63 | 0x80
            text = raw.hex()
            uuid = "-".join([text[:8], text[8:12], text[12:16], text[16:20], text[20:]])
            body = {"id": uuid, "version": 1, "fields": {"text": "seen on the spot"}}
            link.request("POST", f"/api/records/{record}/actions/comment", json.dumps(body), kind)
            reply = link.getresponse()
            answer = reply.read()
            link.close()
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=30)
            self.assertEqual(reply.status, 200, answer)


class Mapping(Case):
    def test_what_is_wrong_is_named(self):
        m = MAPPING
        cases = [
            (m.replace("import: report.report", "import: nothing"), "m2.yaml:1: there is no record type 'nothing'"),
            (m.replace("import: report.report\n", ""), "expected import"),
            (m + "colour: red\n", "m2.yaml:12: 'colour' is not known here"),
            (m.replace("  text: text", "  test: text"), "m2.yaml:6: there is no field 'test'"),
            (m.replace("  text: text\n", ""), "m2.yaml:5: the field 'text' is required"),
            (m.replace("  opened: opened\n", ""), "the field 'opened' is required"),
            (m.replace("id: {column: id}\n", ""), "expected id"),
            (m.replace("id: {column: id}", "id: {columns: []}"), "1 to 4 columns"),
            (m.replace("source: {column: src}\n", ""), "expected source"),
            (m.replace("keep", "guess"), "expected keep or reject"),
            (m.replace("category: category", "category: Category"), "no column 'Category'; it has: src, id"),
            (m.replace("category: category", "category: [a]"), "expected the name of a column"),
            (m.replace("category: category", "category: {column: a, value: b}"), "either column: or value:"),
            (m.replace("lon: lon, lat: lat", "lon: lon"), "lon and lat stand together"),
            (m.replace("lon: lon", "long: lon"), "'long' is not known here"),
            (m + "  outcome: id\n", "'outcome' is not in the form of the action 'load'"),
            (m + "  text: id\n", "second time"),
            (m.replace("id: {column", "action: close\nid: {column"), "no such import action"),
            (m + "\t x: y\n", "tab"),
            ("[]", "expected a map"),
            (m.replace("{column: id}", "&a x"), "anchors"),
        ]
        path = self.table("in.csv", [GOOD])
        for text, want in cases:
            with self.subTest(want=want):
                done = self.bihuan("import", self.write("m2.yaml", text), path)
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn(want, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertEqual(self.run_ok("find", "report", "--count"), {"count": 0})

    def test_files_that_are_none(self):
        for name, text, want in [("e.csv", "", "empty"), ("two.csv", "src,id,id\n", "two columns 'id'"),
                                 ("q.csv", ",".join(HEAD) + "\n\"a", "line")]:
            with self.subTest(name=name):
                done = self.bihuan("import", self.mapping, self.write(name, text))
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn(want, done.stderr)
        self.assertEqual(self.bihuan("import", self.mapping, self.path("none.csv")).returncode, 1)
        self.assertEqual(self.bihuan("import", self.mapping).returncode, 2)
        done = self.bihuan("import", self.mapping, self.table("in.csv", [GOOD]), "--area", "nowhere")
        self.assertIn("nowhere", done.stderr)

    def test_rows_before_a_broken_place_stay(self):
        text = ",".join(HEAD) + "\n" + ",".join(GOOD) + "\n\"open"
        done = self.bihuan("import", self.mapping, self.write("half.csv", text))
        self.assertEqual(done.returncode, 1)
        self.assertIn("behind 1 rows", done.stderr)
        self.assertEqual(self.run_ok("find", "report", "--count"), {"count": 1})

    def test_a_guess_can_be_used_as_it_is(self):
        head = ["流水号", "所属区划", "诉求内容", "类别", "受理时间", "办结时间", "经度", "纬度", "地址", "more"]
        one = ["7", "长堎镇", "路灯坏了", "路灯不亮", "2024-09-01 08:00", "", "115.8", "28.69", "一村口", "x"]
        path = self.table("cn.csv", [one], head)
        done = self.bihuan("import", "--guess", path, "--type", "report")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('# not used: "more"', done.stdout)
        got = self.run_ok("import", self.write("guess.yaml", done.stdout), path)
        self.assertEqual((got["new"], got["rejected"]), (1, 0))
        found = self.run_ok("find", "report")["rows"][0]
        self.assertEqual(found["fields"]["place"], {"text": "一村口", "lon": 115.8, "lat": 28.69})
        self.assertEqual(found["area"], "360112101000")


class Lists(Case):
    def test_csv_and_pages(self):
        many = [row(id=str(i), text=f"=cmd {i}") for i in range(450)]
        self.assertEqual(self.load(*many)[1], 450)
        done = self.bihuan("find", "report", "--csv")
        lines = list(csv.reader(done.stdout.lstrip("\ufeff").splitlines()))
        self.assertEqual((len(lines), lines[0][:5]), (451, ["编号", "状态", "区划", "区划代码", "发生时间"]))
        texts = [line[lines[0].index("反映内容")] for line in lines[1:]]
        self.assertEqual(sorted(texts), sorted(f"'=cmd {i}" for i in range(450)))
        self.assertEqual(len(self.run_ok("find", "report", "--limit", "430")["rows"]), 430)
        self.assertEqual(len(self.run_ok("find", "report")["rows"]), 50)
        self.assertEqual(self.run_ok("find", "report", "--count", "--area", "B/Ward 1"), {"count": 450})
        self.assertEqual(self.run_ok("find", "report", "--count", "--area", "360000000000"), {"count": 0})
        raw = self.path("raw.csv")
        self.assertEqual(self.run_ok("export", "report", raw, "--raw", "--where", "number IS NOT NULL"),
                         {"rows": 450})
        self.assertIn("place.lon", self.back(raw)[0])

    def test_wrong_questions(self):
        cases = [(("find",), 2), (("find", "nothing"), 1), (("find", "report", "--where", "colour = 1"), 1),
                 (("find", "report", "--area", "nowhere"), 1), (("find", "report", "--sort", "text"), 1),
                 (("find", "report", "--limit", "many"), 2), (("export", "report", "out.txt"), 2),
                 (("indicator", "report.opened"), 1), (("indicator", "report.nothing", "--from", "2024-01-01",
                                                       "--to", "2024-01-31"), 1),
                 (("find", "report", "--csv", "--xlsx", "a.xlsx"), 2)]
        for words, status in cases:
            with self.subTest(words=words):
                done = self.bihuan(*words)
                self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1, done.stderr)


class Areas(Case):
    """A second import of areas says what is otherwise now; matters go along."""

    def again(self, *lines):
        text = "code,name,parent,valid_to,successor\n" + "".join(f"{line}\n" for line in lines)
        return self.run_ok("areas", "import", self.write("again.csv", text))

    def count(self, area):
        return self.run_ok("find", "report", "--area", area, "--count")["count"]

    def opened(self, area):
        n = self.run_ok("indicator", "report.opened", "--area", area, "--from", "2024-01-01", "--to", "2030-12-31")["n"]
        self.assertEqual(n, self.count(area))
        return n

    def test_moved_merged_renamed(self):
        self.again("B/Ward 2,Ward 2,B,,", "B/Ward 2/0201,0201,B/Ward 2,,", "B/Ward 3,Ward 3,B,,")
        self.load(*[row(id=str(i)) for i in range(5)], row(id="9", area="B/Ward 2/0201"))
        self.assertEqual((self.opened("B/Ward 1"), self.opened("B/Ward 2"), self.opened("B")), (5, 1, 6))
        self.assertEqual(self.again("B,Boston,,,", "B/Ward 1,Ward 1,B,,"), {"areas": 0, "changed": 0})
        self.assertEqual(self.again("B/Ward 1/0101,0101,B/Ward 2,,", "B/Ward 1/0102,0102,B/Ward 1,,"),
                         {"areas": 1, "changed": 1})
        self.assertEqual((self.opened("B/Ward 1"), self.opened("B/Ward 2"), self.opened("B")), (0, 6, 6))
        self.assertEqual(self.again("B/Ward 2,Ward 2,B,2024-12-31,B/Ward 3", "B/Ward 3,Ward Three,B,,")["changed"], 2)
        self.assertEqual((self.opened("B/Ward 3"), self.opened("B/Ward 1/0101"), self.opened("B")), (6, 5, 6))
        self.assertEqual(self.again("B/Ward 2,Ward 2,B,2024-12-31,B/Ward 3", "B/Ward 3,Ward Three,B,,")["changed"], 0)
        self.assertTrue(self.run_ok("verify")["ok"])
        for line in ("B,Boston,B/Ward 1", "B/Ward 3,Ward Three,B/Ward 3/x", "B/Ward 3,Ward Three,B/Ward 3"):
            with self.subTest(line=line):
                wrong = self.bihuan("areas", "import", self.write("w.csv", f"code,name,parent\n{line}\n"))
                self.assertEqual(wrong.returncode, 1)


if __name__ == "__main__":
    unittest.main()
