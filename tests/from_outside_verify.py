"""`bihuan verify` and the independent script on copies that somebody changed by hand: each change is
found, and the first event that is wrong is named."""
import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import from_outside_api as api  # noqa: E402


def leaf(body):
    return hashlib.sha256(b"\0" + body.encode()).digest()


def altered(db):
    db.execute("UPDATE event SET body = replace(body, '\"not_settled\"', '\"oral\"') WHERE seq = ?", (AT,))


def altered_with_leaf(db):
    body, = db.execute("SELECT body FROM event WHERE seq = ?", (AT,)).fetchone()
    body = body.replace('"not_settled"', '"oral"')
    db.execute("UPDATE event SET body = ?, leaf = ? WHERE seq = ?", (body, leaf(body), AT))


def removed(db):
    db.execute("DELETE FROM event WHERE seq = ?", (AT,))


def removed_and_closed(db):
    db.execute("DELETE FROM event WHERE seq = ?", (AT,))
    db.execute("UPDATE event SET seq = seq - 1 WHERE seq > ?", (AT,))


def added(db):
    db.execute("INSERT INTO event SELECT (SELECT max(seq) + 1 FROM event), randomblob(16), rid, type, at, recorded, "
               "NULL, leaf, body FROM event WHERE seq = ?", (AT,))


def reordered(db):
    (a, leaf_a), (b, leaf_b) = db.execute("SELECT body, leaf FROM event WHERE seq IN (?, ?) ORDER BY seq",
                                          (AT, AT + 1)).fetchall()
    db.execute("UPDATE event SET body = ?, leaf = ? WHERE seq = ?", (b, leaf_b, AT))
    db.execute("UPDATE event SET body = ?, leaf = ? WHERE seq = ?", (a, leaf_a, AT + 1))


def column(db):
    db.execute("UPDATE event SET at = at + 1 WHERE seq = ?", (AT,))


def state(db):
    db.execute("UPDATE record SET state = 'archived' WHERE type = 'dispute.dispute' AND state = 'found'")


FIRST_COUNTER = "(term, area, dim, day) = (SELECT term, area, dim, day FROM tally LIMIT 1)"


def counter(db):
    db.execute(f"UPDATE tally SET n = n + 1 WHERE {FIRST_COUNTER}")


def counter_gone(db):
    db.execute(f"DELETE FROM tally WHERE {FIRST_COUNTER}")


def scope_row(db):
    db.execute("INSERT INTO scope SELECT 'a99999', type, rid FROM scope LIMIT 1")


def searched(db):
    db.execute("UPDATE search_hash SET hash = zeroblob(32)")


def typed_column(db):
    db.execute("UPDATE f_dispute_dispute SET x_result = 'oral' WHERE x_result = 'not_settled'")


def sql(text):
    return lambda db: db.execute(text)


# One tampering or more with each table that is a fold: text of the change, the table that is named.
ROWS = [
    ("UPDATE head SET next_rid = next_rid + 1", "head"),
    ("UPDATE head SET sys_seq = sys_seq - 1", "head"),
    ("UPDATE head SET recorded = recorded + 1", "head"),
    ("INSERT INTO node VALUES (8, 77, zeroblob(32))", "node"),
    ("INSERT INTO record SELECT rid + 1000, randomblob(16), type, 'X1', state, area, area_code, holder, opened, "
     "recorded, closed, due, merged, void, reopened, late, sealed, returns, hops, ver, last_seq, doc FROM record "
     "WHERE type = 'dispute.dispute' LIMIT 1", "record"),
    ("INSERT INTO f_dispute_dispute (rid) VALUES (99999)", "f_dispute_dispute"),
    ("UPDATE f_dispute_dispute SET x_place_lon = 1, x_place_lat = 2", "f_dispute_dispute"),
    ("INSERT INTO scope SELECT 'a99999', type, rid FROM scope LIMIT 1", "scope"),
    ("INSERT INTO scope_open SELECT 'a99999', type, rid FROM scope LIMIT 1", "scope_open"),
    ("INSERT INTO waiting SELECT 'a99999', 'due', 5, rid FROM scope LIMIT 1", "waiting"),
    ("INSERT INTO scope_log VALUES (3, 'a1', 4, 1)", "scope_log"),
    ("INSERT INTO clock VALUES (3, 'accept', 1, 5, 5, 0)", "clock"),
    ("UPDATE clock SET due = due + 1", "clock"),
    ("UPDATE clock SET next = 12345", "clock"),
    ("UPDATE clock SET rung = 77", "clock"),
    ("DELETE FROM clock", "clock"),
    ("INSERT INTO lookup SELECT rid, randomblob(16) FROM record WHERE type = 'dispute.dispute' LIMIT 1", "lookup"),
    ("DELETE FROM lookup", "lookup"),
    ("UPDATE lookup SET value = randomblob(16)", "lookup"),
    ("INSERT INTO spot VALUES (99999, 'dispute.dispute', 7)", "spot"),
    ("UPDATE spot SET cell = cell + 1", "spot"),
    ("DELETE FROM spot", "spot"),
    ("INSERT INTO external VALUES ('x', 'y', 4, zeroblob(32), 5)", "external"),
    ("UPDATE seq SET next = next + 1", "seq"),
    ("DELETE FROM seq", "seq"),
    ("INSERT INTO seq VALUES ('dispute.dispute', '360199JF', 2026, 9)", "seq"),
    ("UPDATE area SET name = name || '县' WHERE aid = 2", "area"),
    ("DELETE FROM area WHERE aid = (SELECT max(aid) FROM area)", "area"),
    ("INSERT INTO account_login VALUES ('intruder', (SELECT max(rid) FROM account_login))", "account_login"),
    ("UPDATE account_login SET login = 'other' WHERE login = 'grid'", "account_login"),
    ("UPDATE figure_seq SET last_seq = last_seq - 1 WHERE playbook = 'dispute'", "figure_seq"),
    ("UPDATE term SET built = zeroblob(32) WHERE term = 1", "term"),
    ("UPDATE tally_known SET n = n + 1 "
     "WHERE (term, area, day, known) = (SELECT term, area, day, known FROM tally_known LIMIT 1)", "tally_known"),
    ("INSERT INTO duration VALUES (1, 99999, 1, 1, 1)", "duration"),
    ("DELETE FROM search_hash WHERE rid = (SELECT max(rid) FROM search_hash)", "search_"),
    ("DELETE FROM search_fts WHERE rowid = (SELECT max(rid) FROM search_hash)", "search_fts"),
    ("UPDATE search_fts SET t = 'xyz' WHERE rowid = (SELECT max(rid) FROM search_hash)", "search_fts"),
    ("INSERT INTO search_fts (rowid, t) VALUES (99999, 'xyz')", "search_fts"),
    ("UPDATE search_fts_content SET c0 = 'xyz' WHERE id = (SELECT max(rid) FROM search_hash)", "search_fts"),
    ("DELETE FROM search_fts_data WHERE id > 10", "search_fts"),
]

AT = 0  # the event that is changed; set when the log is made
# name, change, first_bad: an offset from AT, or None where it is not an event of its own
CHANGES = [("altered", altered, 0), ("altered, leaf too", altered_with_leaf, None), ("removed", removed, 0),
           ("removed, gap closed", removed_and_closed, None), ("added", added, None), ("re-ordered", reordered, 0),
           ("column", column, 0), ("state", state, None), ("counter", counter, None),
           ("counter gone", counter_gone, None), ("scope", scope_row, None), ("search", searched, None),
           ("typed column", typed_column, None)]


class Verify(unittest.TestCase):
    postgres = False

    @classmethod
    def setUpClass(cls):
        global AT
        AT = 0
        api.POSTGRES = cls.postgres
        cls.server = api.Server()
        api.POSTGRES = False
        client = api.Client(cls.server.port)
        client.log_in("grid")
        person = {"contact_person": {"name": "某人", "phone": "13800138000"}}
        for what in (api.SPOT, api.REPORT, api.SPOT, dict(api.REPORT, **person)):
            action = "settle_on_the_spot" if what is api.SPOT else "report"
            status, got = client.ask("POST", "/api/records", {"id": api.uuid7(), "type": "dispute", "action": action,
                                                              "area": api.VILLAGE, "fields": what})
            assert status == 201, got
            if what is api.REPORT:
                AT = got["receipt"]["seq"]
        cls.server.stop()
        cls.key = os.environ["BIHUAN_KEY"]

    @classmethod
    def tearDownClass(cls):
        cls.server.forget()

    @staticmethod
    def verify(db):
        done = subprocess.run([api.BIN, "verify", "--db", db, "--json"], text=True, capture_output=True, check=False,
                              timeout=60)
        return done.returncode, json.loads(done.stdout)

    def test_good(self):
        code, report = self.verify(self.server.db)
        self.assertEqual((0, True), (code, report["ok"]), report)
        self.assertGreater(report["counters"], 10)

    def test_changed(self):
        for name, change, where in CHANGES:
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                copy = f"{folder}/copy.db"
                shutil.copy(self.server.db, copy)
                with sqlite3.connect(copy) as db:
                    before = db.total_changes
                    change(db)
                    self.assertGreater(db.total_changes, before, "the change did nothing")
                db.close()
                code, report = self.verify(copy)
                self.assertEqual((1, False), (code, report["ok"]), name)
                self.assertIn("first_bad", report)
                if where is not None:
                    self.assertEqual(AT + where, report["first_bad"], report)

    def test_every_fold(self):
        for text, table in ROWS:
            with self.subTest(text), tempfile.TemporaryDirectory() as folder:
                copy = f"{folder}/copy.db"
                shutil.copy(self.server.db, copy)
                db = sqlite3.connect(copy)
                if not db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
                    self.assertEqual("search_", table)
                changed = db.execute(text).rowcount
                db.commit()
                db.close()
                self.assertGreater(changed, 0, "the change did nothing")
                code, report = self.verify(copy)
                self.assertEqual((1, False), (code, report["ok"]), report)
                self.assertIn(f"table {table}", report["why"])

    def test_erased(self):
        """What is erased is gone from the record, the search and the file; the log stays whole."""
        self.server.start()
        client = api.Client(self.server.port)
        client.log_in("centre")
        rare = "鱀豚蘑菇"
        fields = dict(api.REPORT, summary=f"两家为{rare}争执")
        record = api.uuid7()
        grid = api.Client(self.server.port)
        grid.log_in("grid")
        status, got = grid.ask("POST", "/api/records", {"id": record, "type": "dispute", "action": "report",
                                                        "area": api.VILLAGE, "fields": fields})
        self.assertEqual(201, status, got)
        found = "/api/records?type=dispute&search=" + api.urllib.parse.quote(rare)
        self.assertEqual(1, len(client.ask("GET", found)[1]["rows"]))
        status, got = client.ask("POST", f"/api/records/{record}/actions/erase",
                                 {"id": api.uuid7(), "fields": {"fields": ["summary", "place"], "reason": "本人要求"}})
        self.assertEqual(200, status, got)
        self.assertEqual(0, len(client.ask("GET", found)[1]["rows"]))
        self.assertNotIn(rare, json.dumps(client.ask("GET", f"/api/records/{record}")[1], ensure_ascii=False))
        self.server.stop()
        code, report = self.verify(self.server.db)
        self.assertEqual((0, True), (code, report["ok"]), report)

    def test_independent_script(self):
        with tempfile.TemporaryDirectory() as folder:
            out = f"{folder}/log"
            api.cli("log", "export", out, "--db", self.server.db)
            vkey = api.cli("checkpoint", "--vkey", "--db", self.server.db)
            script = [sys.executable, str(api.ROOT / "tools/verify_log.py")]
            good = subprocess.run([*script, "log", out, "--vkey", vkey], capture_output=True, text=True, check=False)
            self.assertEqual(0, good.returncode, good.stdout + good.stderr)
            text = pathlib.Path(out).read_text(encoding="utf-8")
            pathlib.Path(out).write_text(text.replace('"not_settled"', '"oral"', 1), encoding="utf-8")
            bad = subprocess.run([*script, "log", out, "--vkey", vkey], capture_output=True, text=True, check=False)
            self.assertEqual(1, bad.returncode, bad.stdout)


# The same on PostgreSQL: table, change.
PG_ROWS = [
    ("clock", "UPDATE clock SET due = due + 1"),
    ("lookup", "UPDATE lookup SET value = decode(repeat('00', 16), 'hex')"),
    ("spot", "DELETE FROM spot"),
    ("seq", "UPDATE seq SET next = next + 1"),
    ("area", "UPDATE area SET name = name || '县' WHERE aid = 2"),
    ("scope_log", "INSERT INTO scope_log VALUES (3, 'a1', 4, 1)"),
    ("external", "INSERT INTO external VALUES ('x', 'y', 4, '', 5)"),
    ("account_login", "UPDATE account_login SET login = 'other' WHERE login = 'grid'"),
    ("figure_seq", "UPDATE figure_seq SET last_seq = last_seq - 1 WHERE playbook = 'dispute'"),
    ("search_ts", "UPDATE search_ts SET ts = '''xyz'':1' WHERE rid = (SELECT max(rid) FROM search_ts)"),
    ("search_ts", "INSERT INTO search_ts VALUES (99999, '''xyz'':1')"),
    ("f_dispute_dispute", "UPDATE f_dispute_dispute SET x_place_lon = 1, x_place_lat = 2"),
    ("scope", "INSERT INTO scope SELECT 'a99999', type, rid FROM scope LIMIT 1"),
]


@unittest.skipUnless(os.environ.get("BIHUAN_TEST_PG"), "BIHUAN_TEST_PG is not set")
class VerifyPostgres(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        Verify.postgres = True
        Verify.setUpClass()
        Verify.postgres = False

    @classmethod
    def tearDownClass(cls):
        Verify.tearDownClass()

    def sql(self, text):
        subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", Verify.server.db, "-c", text], check=True, timeout=60)

    def test_every_fold(self):
        code, report = Verify.verify(Verify.server.db)
        self.assertEqual((0, True), (code, report["ok"]), report)
        for table, text in PG_ROWS:
            with self.subTest(text):
                self.sql(f"BEGIN; CREATE TABLE kept AS TABLE {table}; {text}; COMMIT")
                code, report = Verify.verify(Verify.server.db)
                self.sql(f"BEGIN; DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept; DROP TABLE kept; COMMIT")
                self.assertEqual((1, False), (code, report["ok"]), report)
                self.assertIn(f"table {table}", report["why"])


if __name__ == "__main__":
    unittest.main()
