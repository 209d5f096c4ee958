"""A list as a file: 20,000 rows in the memory of a page, on both engines; whose rows, which columns; a broken line."""
import http.client
import os
import pathlib
import socket
import time
import unittest
import urllib.parse

import from_outside_api as api
from from_outside_ledger import sheet

ROWS = 20000
ROOM = 48 * 1024  # KB that the server may grow by: both files are larger than what a page takes, and less than all rows
MAPPING = """import: dispute.dispute
source: 旧台账
id: {column: 编号}
columns:
  summary: 情况
  opened: 日期
  place: 地点
"""
WORDS = "要导出的这一件"  # the only one that is no row of the table
LONG = "两家为一道墙争了很久，" * 12


def link_of(path):
    try:
        return os.readlink(path)
    except FileNotFoundError:  # closed since the folder was listed
        return ""


class Many(api.Server):
    """Its rows are there before it is started."""

    def start(self):
        folder = pathlib.Path(self.folder.name)
        if not (folder / "rows.csv").exists():
            with open(folder / "rows.csv", "w", encoding="utf-8") as f:
                f.write("编号,日期,地点,情况\n")
                f.writelines(f"{i},2024-05-03,一村{i}栋,第{i}件：{LONG}\n" for i in range(ROWS))
            (folder / "m.yaml").write_text(MAPPING, encoding="utf-8")
            api.cli("import", str(folder / "m.yaml"), str(folder / "rows.csv"), "--db", self.db, "--area", api.VILLAGE)
        super().start()

    def memory(self, what="VmHWM"):
        status = pathlib.Path(f"/proc/{self.run.pid}/status").read_text(encoding="ascii")
        return next(int(x.split()[1]) for x in status.splitlines() if x.startswith(what + ":"))

    def open_files(self):
        """Files that have no name any more."""
        folder = f"/proc/{self.run.pid}/fd"
        return sum("bihuan." in link_of(f"{folder}/{n}") for n in os.listdir(folder))


class Lists(api.Served):
    make = Many
    logins = ("desk", "stranger", "grid", "leader", "centre")

    def export(self, who, status=200, **query):
        query = {"type": "dispute.dispute", "format": "csv", **query}
        got, answer = self.clients[who].ask("GET", "/api/records/export?" + urllib.parse.urlencode(query))
        self.assertEqual(got, status, answer)
        return answer

    def table(self, who, **query):
        return [x.split(",") for x in self.export(who, **query).decode("utf-8-sig").splitlines()]

    def test_twenty_thousand_rows_in_the_memory_of_a_page(self):
        self.export("desk", where="opened < DATE('2000-01-01')")
        before = self.server.memory()
        rows = self.table("desk")
        self.assertEqual(len({r[rows[0].index("什么事")] for r in rows[1:]} - {WORDS}), ROWS)
        data = self.export("desk", format="xlsx", columns="summary,opened,place.text")
        self.assertEqual(self.clients["desk"].head["Content-Length"], str(len(data)))
        self.assertIn("filename*=UTF-8''", self.clients["desk"].head["Content-Disposition"])
        rows = sheet(data)
        self.assertEqual(rows[0], ["什么事", "发生时间", "在哪里"])
        self.assertEqual(len({r[0] for r in rows[1:]} - {WORDS}), ROWS)
        self.assertLess(self.server.memory() - before, ROOM)

    def test_only_what_is_mine(self):
        self.assertEqual(len(self.table("stranger", columns="number")), 1)
        self.assertEqual(len(self.table("desk", columns="number", area="360112102000")), 1)
        for who in ("grid", "leader"):
            self.export(who, 403)
        self.assertEqual(api.Client(self.server.port).ask("GET", "/api/records/export?type=dispute")[0], 401)

    def test_persons_leave_masked_and_accounts_not_at_all(self):
        c = self.clients["desk"]
        status, r = c.ask("POST", "/api/records", {
            "id": api.uuid7(), "type": "dispute", "area": api.VILLAGE, "action": "report",
            "fields": dict(api.REPORT, summary=WORDS)})
        self.assertEqual(status, 201, r)
        book = c.ask("GET", "/api/playbooks/dispute")[1]
        scale = next(x["codes"][0]["code"] for x in book["codes"] if x["id"] == "scale")
        status, done = c.ask("POST", f"/api/records/{r['id']}/actions/register", {
            "id": api.uuid7(), "version": r["version"], "fields": {
                "type": "0201", "source": "grid", "scale": scale, "colour": "yellow",
                "applicant": [{"name": "欧阳小明", "phone": "13812345678"}], "respondent": [{"name": "李四"}]}})
        self.assertEqual(status, 200, done)
        text = self.export("desk", search=WORDS).decode()
        self.assertIn(WORDS, text)
        self.assertIn("欧阳某", text)
        for hidden in ("小明", "13812345678", "李四"):
            self.assertNotIn(hidden, text)
        head = text.splitlines()[0]
        self.assertNotIn("调解员", head.split(","))
        self.export("desk", 403, columns="number,mediator")
        for columns in ("number,", "nothing", "number,number", "place.text,place"):
            self.assertEqual(self.export("desk", 400, columns=columns)["field"], "columns")
        self.assertEqual(self.export("desk", 403, where="mediator IS NOT NULL")["code"], "privacy")
        before = len(c.ask("GET", f"/api/records/{r['id']}/events")[1]["rows"])
        self.export("desk", search=WORDS)
        self.assertEqual(len(c.ask("GET", f"/api/records/{r['id']}/events")[1]["rows"]), before)  # no look, no event

    def test_columns_and_words(self):
        rows = self.table("desk", columns="opened,place,state", search="第77件")
        self.assertEqual(rows[0], ["发生时间", "在哪里", "在哪里经度", "在哪里纬度", "状态"])
        self.assertEqual(rows[1][:2], ["2024-05-03 00:00:00", "一村77栋"])
        status, data = self.clients["desk"].ask(
            "GET", "/api/records/export?type=dispute&format=csv&columns=opened,holder&search=" +
            urllib.parse.quote("第77件"), headers={"Accept-Language": "en"})
        self.assertEqual((status, data.decode("utf-8-sig").splitlines()[0]), (200, "Happened at,Held by"))
        for wrong in ({"format": "pdf"}, {"type": "nothing"}, {"where": "a ="}, {"area": "1"}, {"sort": "place"}):
            self.export("desk", 400, **wrong)

    def test_a_line_that_breaks_in_the_middle(self):
        """The reader goes away after a piece, or before the first byte: nothing is left open, and others are served."""
        cookie = self.clients["desk"].cookie
        self.export("desk", columns="number")
        for piece in (0, 5000, 300000):
            self.all_closed()
            s = socket.create_connection(("127.0.0.1", self.server.port), timeout=60)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.sendall((f"GET /api/records/export?type=dispute.dispute&format=csv HTTP/1.1\r\nHost: a\r\n"
                       f"Cookie: {cookie}\r\n\r\n").encode())
            got = b""
            while len(got) < piece:
                more = s.recv(4096)
                self.assertTrue(more, got[:500])
                got += more
            self.assertEqual(self.clients["centre"].ask("GET", "/api/records?type=dispute&limit=1")[0], 200)
            s.close()
        self.all_closed()
        self.assertEqual(len(self.table("desk", columns="number", search="第77件")), 2)

    def all_closed(self):
        until = time.monotonic() + 30
        while self.server.open_files() and time.monotonic() < until:
            time.sleep(0.1)
        self.assertEqual(self.server.open_files(), 0)

    def test_the_third_at_once_is_asked_to_wait(self):
        lines = []
        for _ in range(5):
            h = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
            h.request("GET", "/api/records/export?type=dispute.dispute&format=xlsx",
                      headers={"Cookie": self.clients["desk"].cookie})
            lines.append(h)
        said = [h.getresponse() for h in lines]
        bodies = [len(x.read()) for x in said]
        for h in lines:
            h.close()
        self.assertEqual(sorted({x.status for x in said}), [200, 503], bodies)
        self.assertEqual(sum(x.status == 200 for x in said), 2)


class ListsOnPostgres(Lists):
    postgres = True


if __name__ == "__main__":
    unittest.main()
