"""Fifty late cases: what is live moves, what is frozen does not, the next bulletin prints the correction, and
the comparison at equal maturity stays where it was.  Last year's matters are imported with the day on which
they were known; the late ones go the ordinary way, one form after another.  On both engines."""
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import from_outside_api as api  # noqa: E402

CHINA = datetime.timezone(datetime.timedelta(hours=8))
TODAY = datetime.datetime.now(CHINA).date()
MAPPING = """import: dispute.dispute
source: books
id: {column: id}
area: {column: area}
known: {column: known}
columns: {summary: summary, result: result, registered_on: day, opened: known}
"""
THEN, NOW, LATE = 40, 25, 50


def year_before(day):
    """As the program has it: the last of February stands in for the 29th."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


FIRST, LAST = TODAY - datetime.timedelta(days=9), TODAY
BEFORE = year_before(FIRST), year_before(LAST)


class Late(api.Served):
    logins = ("grid", "desk", "centre", "head")

    @classmethod
    def setUpClass(cls):
        """The shipped playbooks; only that disputes may be entered 400 days late."""
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        books = pathlib.Path(cls.folder.name) / "playbooks"
        shutil.copytree(api.ROOT / "playbooks", books)
        book = books / "dispute/playbook.yaml"
        text = book.read_text(encoding="utf-8")
        assert text.count("\n    backdate: 30\n") == 1
        book.write_text(text.replace("\n    backdate: 30\n", "\n    backdate: 400\n"), encoding="utf-8")
        cls.playbooks = books
        super().setUpClass()
        rows = "".join(f"{i},{api.VILLAGE},门前停车争执,written,{BEFORE[1]},{BEFORE[1]} 09:00:00\n" for i in range(THEN))
        mapping, table = (pathlib.Path(cls.folder.name) / x for x in ("m.yaml", "t.csv"))
        mapping.write_text(MAPPING, encoding="utf-8")
        table.write_text("id,area,summary,result,day,known\n" + rows, encoding="utf-8")
        got = json.loads(api.cli("import", str(mapping), str(table), "--db", cls.server.db, "--json"))
        assert (got["new"], got["rejected"]) == (THEN, 0), got

    def act(self, who, record, action, fields=None):
        body = {"id": api.uuid7(), "version": record["version"], "fields": fields or {}}
        answer = self.want(who, 200, "POST", f"/api/records/{record['id']}/actions/{action}", body)
        record["version"] = answer["version"]

    def settle(self, **more):
        self.want("grid", 201, "POST", "/api/records", {
            "id": api.uuid7(), "type": "dispute", "area": api.VILLAGE, "action": "settle_on_the_spot",
            "fields": api.SPOT, **more})

    def issued(self, prose, **more):
        fields = {"title": "去年同期登记情况", "series": "brief", "period_from": str(BEFORE[0]),
                  "period_to": str(BEFORE[1]), **more}
        r = self.want("desk", 201, "POST", "/api/records", {
            "id": api.uuid7(), "type": "bulletin.bulletin", "area": api.DISTRICT, "action": "begin", "fields": fields})
        for who, action, given in (("desk", "fill", {"prose": prose}), ("centre", "review", {}),
                                   ("head", "approve", {}), ("desk", "issue", {})):
            self.act(who, r, action, given)
        return r

    def shown(self, r):
        return self.want("desk", 200, "GET", f"/api/records/{r['id']}/bulletin")

    def figure(self, first, last, more=""):
        return self.want("desk", 200, "GET", f"/api/indicators/dispute.registered?from={first}&to={last}{more}")

    def verified(self, shown):
        path = pathlib.Path(self.folder.name) / "b.json"
        path.write_text(json.dumps(shown, ensure_ascii=False), encoding="utf-8")
        run = subprocess.run([api.BIN, "bulletin", "verify", str(path), "--db", self.server.db, "--json"],
                             capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(json.loads(run.stdout)["ok"], True, run.stdout)

    def test_fifty_late_cases(self):
        for _ in range(NOW):
            self.settle()
        prose = "登记{{dispute.registered n}}起。"
        bulletin = self.issued(prose)
        frozen = self.shown(bulletin)
        self.assertEqual(frozen["text"], f"登记{THEN}[F1]起。")
        before = self.figure(FIRST, LAST, "&compare=yoy")
        self.assertEqual((before["n"], before["compare"]["n"]), (NOW, THEN))
        mature = before["compare"]["equal_maturity"]
        self.assertEqual((mature["n"], mature["change"]), (THEN, -37.5))

        noon = datetime.datetime.combine(BEFORE[1], datetime.time(12), CHINA).isoformat()
        for _ in range(LATE):
            self.settle(at=noon)

        # the live figure moves, and what is compared with it
        self.assertEqual(self.figure(*BEFORE)["n"], THEN + LATE)
        after = self.figure(FIRST, LAST, "&compare=yoy")
        self.assertEqual((after["n"], after["compare"]["n"], after["compare"]["change"]), (NOW, THEN + LATE, -72.2))
        # equal maturity does not: last year, nobody had told of them ten days later
        self.assertEqual(after["compare"]["equal_maturity"], mature)
        # what was shown before them is had again by the size of the log
        size = frozen["figures"][0]["size"]
        self.assertEqual(self.figure(*BEFORE, f"&as_of={size}")["n"], THEN)
        # the frozen figure does not move, and is proved; the next bulletin says what moved
        self.assertEqual(self.shown(bulletin), frozen)
        self.verified(frozen)
        following = self.shown(self.issued(prose, previous=bulletin["id"]))
        self.assertEqual(following["text"], f"登记{THEN + LATE}[F1]起。")
        self.assertIn(f"较上期公布数修正：上期F1（登记）{THEN}改为{THEN + LATE}（修正+{LATE}）",
                      following["corrections"])
        self.verified(following)
        self.verified(frozen)


class LatePostgres(Late):
    postgres = True


if __name__ == "__main__":
    if not os.environ.get("BIHUAN_TEST_PG"):
        print("BIHUAN_TEST_PG is not set: SQLite only")
    unittest.main()
