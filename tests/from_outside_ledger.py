"""A ledger over HTTP: looked at, tried, imported, its bad rows given back; and what is refused."""
import io
import json
import pathlib
import time
import unittest
import xml.etree.ElementTree as ET
import zipfile

import from_outside_api as api

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEAD = "编号,发现日期,乡镇,地点,纠纷类型,简要情况,涉及人数\n"
GOOD = "1,2024-05-03,长堎镇,一村3栋,交通事故,电动车剐蹭,2\n"
NAMES = '{"租房": "0602"}'


def sheet(data):
    """The texts of the first sheet of an xlsx."""
    ns = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        shared = []
        if "xl/sharedStrings.xml" in book.namelist():
            root = ET.fromstring(book.read("xl/sharedStrings.xml"))
            shared = ["".join(t.text or "" for t in si.iter(f"{{{ns['m']}}}t")) for si in root.findall("m:si", ns)]
        rows = []
        for row in ET.fromstring(book.read("xl/worksheets/sheet1.xml")).iter(f"{{{ns['m']}}}row"):
            cells = []
            for c in row.findall("m:c", ns):
                v = c.find("m:v", ns)
                inline = "".join(t.text or "" for t in c.iter(f"{{{ns['m']}}}t"))
                cells.append(shared[int(v.text)] if c.get("t") == "s" else inline or (v.text if v is not None else ""))
            rows.append(cells)
        return rows


class Ledger(api.Served):
    def put(self, c, text, name="a.csv", status=201):
        raw = text if isinstance(text, bytes) else text.encode()
        got, job = c.ask("POST", f"/api/imports?type=dispute.dispute&name={name}", raw=raw)
        self.assertEqual(got, status, job)
        return job

    def run_it(self, c, job, dry=False, **change):
        mapping = {**job["mapping"], **change}
        status, got = c.ask("POST", f"/api/imports/{job['id']}/run", {"mapping": mapping, "dry": dry})
        self.assertEqual(status, 202, got)
        until = time.monotonic() + 30
        while got["state"] == "running" and time.monotonic() < until:
            time.sleep(0.05)
            status, got = c.ask("GET", f"/api/imports/{job['id']}")
            self.assertEqual(status, 200)
        self.assertIn(got["state"], ("done", "stopped"))
        self.assertEqual(got["dry"], dry)
        return got["result"]

    def numbers(self, result):
        return tuple(result[k] for k in ("read", "new", "updated", "same", "rejected"))

    def matters(self, c):
        return len(c.ask("GET", "/api/records?type=dispute&limit=200")[1]["rows"])

    def test_a_ledger_is_tried_then_imported_and_known_again(self):
        c = self.client("centre")
        before = self.matters(c)
        bad = "2,2024-05-04,望城镇,路口,租房,押金不退,十几人\n"
        job = self.put(c, "台账,,,,,,\n" + HEAD + GOOD + bad)
        self.assertEqual(job["rows"], 2)
        self.assertEqual(job["mapping"]["columns"]["type"], "纠纷类型")
        self.assertEqual(job["mapping"]["columns"]["opened"], "发现日期")
        kinds = {x["name"]: x for x in job["columns"]}
        self.assertEqual(kinds["纠纷类型"]["values"], ["交通事故", "租房"])
        columns = {**job["mapping"]["columns"], "type": {"column": "纠纷类型", "map": json.loads(NAMES)}}
        tried = self.run_it(c, job, dry=True, columns=columns)
        self.assertEqual(self.numbers(tried), (2, 1, 0, 0, 1))
        self.assertEqual(tried["reasons"], [{"line": 4, "why": "涉及人数：应填整数"}])
        self.assertEqual(self.matters(c), before)  # nothing was written
        done = self.run_it(c, job, columns=columns)
        self.assertEqual(self.numbers(done), (2, 1, 0, 0, 1))
        self.assertEqual(self.matters(c), before + 1)
        self.assertEqual(self.numbers(self.run_it(c, job, dry=True, columns=columns)), (2, 0, 0, 1, 1))

        status, data = c.ask("GET", f"/api/imports/{job['id']}/rejects")
        self.assertEqual(status, 200)
        rows = sheet(data)
        self.assertEqual(rows[0], HEAD.strip().split(",") + ["原因"])
        self.assertEqual(rows[1], bad.strip().split(",") + ["涉及人数：应填整数"])
        # the rejected rows come back as they were given: only the reason says otherwise
        again = self.put(c, data, "退回.xlsx".encode().hex())
        self.assertEqual(self.numbers(self.run_it(c, again, dry=True, columns=columns)), (1, 0, 0, 0, 1))
        changed = self.put(c, HEAD + GOOD.replace("电动车剐蹭", "电动车剐蹭两次"))
        self.assertEqual(self.numbers(self.run_it(c, changed, dry=True)), (1, 0, 1, 0, 0))
        self.assertEqual(self.numbers(self.run_it(c, changed)), (1, 0, 1, 0, 0))

    def test_other_areas_come_back_and_unknown_ones_stay_in_ones_own(self):
        c = self.client("centre")
        rows = GOOD.replace("长堎镇", "西湖区") + "7,2024-05-04,火星,路口,交通事故,撞了,2\n"
        job = self.put(c, (HEAD + rows).encode("gb18030"))
        got = self.run_it(c, job, source="两地")
        self.assertEqual(self.numbers(got), (2, 1, 0, 0, 1))
        self.assertEqual(got["area_unknown"], 1)
        self.assertEqual(got["reasons"][0]["line"], 2)
        self.assertIn("辖区", got["reasons"][0]["why"])

    def test_who_may_not(self):
        for login in ("grid", "head", "leader"):
            with self.subTest(login):
                c = self.client(login)
                self.assertEqual(c.ask("POST", "/api/imports?type=dispute.dispute", raw=b"a\n1\n")[0], 403)
        mine = self.put(self.client("centre"), HEAD + GOOD)
        other = self.client("desk")
        for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/rejects"), ("POST", "/run")):
            body = {"mapping": {}} if method == "POST" else None
            self.assertEqual(other.ask(method, f"/api/imports/{mine['id']}{path}", body)[0], 404, path)

    def test_files_that_are_no_tables(self):
        c = self.client("centre")
        cases = [(b"", "空"), (b"PK\x03\x04broken", "不是 .xlsx"), (b"\n\n", "空"), ("a,b\n1,\"2\n".encode(), "第 2 行")]
        for raw, word in cases:
            with self.subTest(raw=raw):
                self.assertIn(word, self.put(c, raw, status=400)["detail"])
        status, got = c.ask("POST", "/api/imports?type=dispute.nothing", raw=b"a\n1\n")
        self.assertEqual((status, got["field"]), (400, "type"))

    def test_wrong_mappings(self):
        c = self.client("centre")
        job = self.put(c, HEAD + GOOD)
        good = job["mapping"]
        for wrong in ({**good, "columns": {"summary": "简要情况", "nothing": "地点"}}, {**good, "columns": {}},
                      {k: v for k, v in good.items() if k != "id"}, {**good, "import": "dispute.nothing"}, {"a": 1}):
            with self.subTest(wrong=wrong):
                status, got = c.ask("POST", f"/api/imports/{job['id']}/run", {"mapping": wrong, "dry": True})
                self.assertEqual(status, 400, got)
                self.assertIn("对照", got["detail"])
        self.assertEqual(c.ask("POST", f"/api/imports/{job['id']}/run", {"mapping": good, "area": "nowhere"})[0], 202)
        until = time.monotonic() + 30
        got = {"state": "running"}
        while got["state"] == "running" and time.monotonic() < until:
            got = c.ask("GET", f"/api/imports/{job['id']}")[1]
        self.assertEqual(got["state"], "stopped")
        self.assertEqual(c.ask("DELETE", f"/api/imports/{job['id']}")[0], 204)
        self.assertEqual(c.ask("GET", f"/api/imports/{job['id']}")[0], 404)

    def test_a_mapping_kept_as_a_file(self):
        c = self.client("centre")
        text = 'import: "dispute.dispute"\nid: {"columns": ["年", "号"]}\ncolumns:\n  summary: 内容\n'
        status, got = c.ask("POST", "/api/imports/mapping", {"text": text})
        self.assertEqual(status, 200)
        self.assertEqual(got["mapping"]["id"], {"columns": ["年", "号"]})
        for wrong in ("a: [", "- 1", "&a b: 1"):
            self.assertEqual(c.ask("POST", "/api/imports/mapping", {"text": wrong})[0], 400, wrong)

    def test_a_table_of_the_page_becomes_a_spreadsheet(self):
        c = self.client("grid")
        text = "\ufeff名称,n,率,代码\r\n\"甲,乙\",12,98.4,007\r\n'=1+1,-3,,1\r\n"
        status, data = c.ask("POST", "/api/exports/xlsx?name=" + "%E8%A1%A8", raw=text.encode())
        self.assertEqual(status, 200)
        self.assertIn("filename*=UTF-8''%E8%A1%A8.xlsx", c.head["Content-Disposition"])
        self.assertEqual(sheet(data),
                         [["名称", "n", "率", "代码"], ["甲,乙", "12", "98.40000000000001", "007"], ["=1+1", "-3", "1"]])
        body = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").decode()
        self.assertRegex(body, r'<c r="B2" s="\d+"><v>12</v>')  # a number, to be summed
        for raw, want in ((b"", 400), (b"a,\"b\n", 400), (b"\n", 400)):
            self.assertEqual(c.ask("POST", "/api/exports/xlsx", raw=raw)[0], want, raw)
        self.assertEqual(api.Client(self.server.port).ask("POST", "/api/exports/xlsx", raw=b"a\n1\n")[0], 401)

    def test_only_so_many_tables_lie_here(self):
        c = self.client("centre")
        jobs = [self.put(c, HEAD + GOOD) for _ in range(9)]
        self.assertEqual(c.ask("GET", f"/api/imports/{jobs[0]['id']}")[0], 404)
        self.assertEqual(c.ask("GET", f"/api/imports/{jobs[8]['id']}")[0], 200)


if __name__ == "__main__":
    unittest.main()
