"""What was erased stays erased: in a backup that is older and is restored, and in the bytes of the files."""
import contextlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import time
import unittest
import urllib.parse
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import from_outside_api as api  # noqa: E402

RARE = "鱀豚蘑菇"
KEPT = "穿山甲豌豆"


class Erase(unittest.TestCase):
    def setUp(self):
        api.POSTGRES = False
        self.server = api.Server()
        self.addCleanup(self.server.forget)
        self.folder = pathlib.Path(self.server.folder.name)
        self.key, self.list = self.folder / "t.key", self.folder / "t.key.erasures.log"
        self.grid, self.centre = api.Client(self.server.port), api.Client(self.server.port)
        self.grid.log_in("grid")
        self.centre.log_in("centre")

    def report(self, word):
        record = api.uuid7()
        fields = dict(api.REPORT, summary=f"两家为{word}争执", place={"text": f"{word}巷", "lon": 115.81, "lat": 28.69})
        status, got = self.grid.ask("POST", "/api/records", {"id": record, "type": "dispute", "action": "report",
                                                             "area": api.VILLAGE, "fields": fields})
        self.assertEqual(201, status, got)
        return record

    def erase(self, record, fields):
        status, got = self.centre.ask("POST", f"/api/records/{record}/actions/erase",
                                      {"id": api.uuid7(), "fields": {"fields": fields, "reason": "本人要求"}})
        self.assertEqual(200, status, got)

    def bytes_have(self, where, word):
        """Of a word of two characters the index may write the end only."""
        held = b"".join(p.read_bytes() for p in sorted(pathlib.Path(where).parent.glob(pathlib.Path(where).name + "*"))
                        if p.is_file())
        return any(part in held for part in (word.encode(), word.encode()[2:6], word.encode()[5:9]))

    def restore(self, backup, name, *more):
        db = f"{self.folder}/{name}.db"
        done = subprocess.run([api.BIN, "restore", backup, "--db", db, *more], capture_output=True, text=True,
                              check=False, timeout=60)
        return db, done

    def verify(self, db):
        done = subprocess.run([api.BIN, "verify", "--db", db, "--json"], capture_output=True, text=True, check=False,
                              timeout=60)
        return json.loads(done.stdout)

    def seen(self, db, record):
        """As the page shows it, and what the search finds."""
        self.server.db = db
        self.server.start()
        client = api.Client(self.server.port)
        client.log_in("centre")
        page = json.dumps(client.ask("GET", f"/api/records/{record}")[1], ensure_ascii=False)
        found = [len(client.ask("GET", "/api/records?type=dispute&search=" + api.urllib.parse.quote(w))[1]["rows"])
                 for w in (RARE, KEPT)]
        self.server.stop()
        return page, found

    def test_restored(self):
        record, other = self.report(RARE), self.report(KEPT)
        backup = f"{self.folder}/backup"
        api.cli("backup", backup, "--db", self.server.db)
        self.assertTrue(self.bytes_have(f"{backup}/bihuan.db", RARE))
        self.erase(record, ["summary", "place"])
        self.server.stop()
        lines = self.list.read_text(encoding="ascii").splitlines()
        self.assertEqual(2, len(lines), lines)
        api.cli("checkpoint", "--db", self.server.db)
        self.assertTrue(pathlib.Path(f"{self.key}.last").exists())

        for text, wrong in (("nothing of this kind\n", True), ("12 of a line that was cut o", False)):
            (self.folder / "list").write_text(self.list.read_text(encoding="ascii") + text, encoding="ascii")
            db, done = self.restore(backup, f"line{wrong}", "--erasures", f"{self.folder}/list")
            self.assertEqual(wrong, done.returncode != 0, done.stderr)
            self.assertEqual(wrong, not os.path.exists(db))

        moved = shutil.move(self.list, self.folder / "elsewhere")
        db, done = self.restore(backup, "refused")
        self.assertEqual(1, done.returncode, done.stdout)
        self.assertIn("--erasures FILE", done.stderr)
        self.assertIn("删除清单", done.stderr)
        self.assertFalse(os.path.exists(db))

        db, done = self.restore(backup, "again", "--erasures", moved)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("erased again: 2 values", done.stdout)
        self.assertFalse(self.bytes_have(db, RARE), "the bytes of the erased name are in the restored file")
        self.assertTrue(self.bytes_have(db, KEPT))
        page, found = self.seen(db, record)
        self.assertNotIn(RARE, page)
        self.assertEqual([0, 1], found)
        self.assertIn(KEPT, self.seen(db, other)[0])

        back, done = self.restore(backup, "nothing", "--erasures", "/dev/null")  # what the list is for
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertTrue(self.bytes_have(back, RARE))

        api.cli("log", "fork", "--reason", "测试恢复", "--db", db)
        report = self.verify(db)
        self.assertTrue(report["ok"], report)

    def upload(self):
        """The id, and the file that holds its bytes."""
        status, got = self.grid.ask("POST", "/api/files?name=a.png", raw=api.png())
        self.assertEqual(201, status, got)
        return got["file"], pathlib.Path(self.server.files) / got["file"][-2:] / got["file"]

    def test_uploads(self):
        """What an action names stays, until it is erased; what none names goes after a day."""
        (kept, kept_at), (_, lost_at), (_, young_at) = self.upload(), self.upload(), self.upload()
        record = self.report(KEPT)
        named = {"documents": [{"doc": "application", "file": kept}]}
        status, got = self.grid.ask("POST", f"/api/records/{record}/actions/attach",
                                    {"id": api.uuid7(), "fields": named})
        self.assertEqual(200, status, got)
        self.server.stop()
        with contextlib.closing(sqlite3.connect(self.server.db)) as db:
            young = uuid.UUID(young_at.name).bytes
            db.execute("UPDATE upload SET made = made - 90000000 WHERE id <> ?", (young,))
            db.commit()
        self.server.start()
        for _ in range(100):
            if not lost_at.exists():
                break
            time.sleep(0.1)
        self.assertEqual([True, False, True], [p.exists() for p in (kept_at, lost_at, young_at)])
        client = api.Client(self.server.port)
        client.log_in("grid")
        self.assertEqual(200, client.ask("GET", f"/api/files/{kept}")[0])
        self.server.stop()

    def test_backup_has_the_files(self):
        """A restored backup opens them; one that lacks a file is seen."""
        file, _ = self.upload()
        record = self.report(KEPT)
        named = {"documents": [{"doc": "application", "file": file}]}
        status, got = self.grid.ask("POST", f"/api/records/{record}/actions/attach",
                                    {"id": api.uuid7(), "fields": named})
        self.assertEqual(200, status, got)
        kept = self.grid.ask("GET", f"/api/files/{file}")[1]
        backup = f"{self.folder}/backup"
        api.cli("backup", backup, "--db", self.server.db)
        self.server.stop()
        db, done = self.restore(backup, "copy")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn(", 1 files", api.cli("verify", "--files", "--db", db))
        self.server.db = db
        self.server.start()
        client = api.Client(self.server.port)
        client.log_in("desk")
        self.assertEqual(kept, client.ask("GET", f"/api/files/{file}?record={record}")[1])
        self.server.stop()
        (pathlib.Path(f"{db}.files") / file[-2:] / file).unlink()
        done = subprocess.run([api.BIN, "verify", "--files", "--db", db], capture_output=True, text=True, check=False,
                              timeout=60)
        self.assertEqual(1, done.returncode)
        self.assertIn("missing", done.stdout)

    def test_list_is_made_again(self):
        """Lost, it is written anew from the database at the next start."""
        record = self.report(RARE)
        self.erase(record, ["summary"])
        self.server.stop()
        was = self.list.read_text(encoding="ascii")
        self.list.unlink()
        self.server.start()
        self.server.stop()
        self.assertEqual(was, self.list.read_text(encoding="ascii"))
        self.assertEqual(1, len(was.splitlines()))


class Words(unittest.TestCase):
    """Erasing a person asks for what was said and handed in about him; afterwards his name is nowhere."""
    NAME = "欧阳鱀豚"
    POSTGRES = False

    def setUp(self):
        if self.POSTGRES and not os.environ.get("BIHUAN_TEST_PG"):
            self.skipTest("BIHUAN_TEST_PG is not set")
        api.POSTGRES = self.POSTGRES
        self.addCleanup(setattr, api, "POSTGRES", False)
        self.server = api.Server()
        self.addCleanup(self.server.forget)
        self.clients = {who: api.Client(self.server.port) for who in ("grid", "desk", "centre")}
        for who, client in self.clients.items():
            client.log_in(who)

    def want(self, who, status, path, body=None, raw=None, method="POST"):
        got = self.clients[who].ask(method, path, body, raw=raw) if raw else self.clients[who].ask(method, path, body)
        self.assertEqual(status, got[0], got[1])
        return got[1]

    def act(self, who, action, status=200, **fields):
        return self.want(who, status, f"/api/records/{self.record}/actions/{action}",
                         {"id": api.uuid7(), "fields": fields})

    def planted(self):
        """His name stands in a field, a comment, a note, a purpose, and in the name and the text of a file."""
        self.record = api.uuid7()
        self.want("grid", 201, "/api/records", {"id": self.record, "type": "dispute", "action": "report",
                                                "area": api.VILLAGE, "fields": api.REPORT})
        person = [{"name": self.NAME, "phone": "13800001111"}]
        self.act("desk", "register", type="0201", source="grid", scale="01", colour="yellow", applicant=person,
                 respondent=[{"name": "李四光"}])
        self.act("centre", "urge", text=f"{self.NAME}来过")
        self.act("desk", "comment", text=f"{self.NAME}说明天再来")
        self.act("centre", "look", fields=["applicant"], purpose=f"回电{self.NAME}")
        name = urllib.parse.quote(f"{self.NAME}的欠条.pdf")
        up = self.want("desk", 201, f"/api/files?name={name}", raw=b"%PDF-1.4 " + self.NAME.encode())["file"]
        self.act("desk", "attach", documents=[{"doc": "application", "file": up}])
        return up

    def said(self):
        """Everything that the API tells of the matter."""
        parts = [self.want("centre", 200, f"/api/records/{self.record}{more}", method="GET")
                 for more in ("", "/events")]
        return json.dumps(parts, ensure_ascii=False)

    def house(self):
        """Everything that lies there: files of the database, or its dump; the exports."""
        folder = pathlib.Path(self.server.folder.name)
        api.cli("log", "export", str(folder / "log.txt"), "--sealed", "--db", self.server.db)
        api.cli("export", "dispute", str(folder / "list.csv"), "--db", self.server.db)
        held = b"".join(p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file())
        if self.POSTGRES:
            held += subprocess.run(["pg_dump", self.server.db], capture_output=True, check=True, timeout=60).stdout
        return held

    def rows(self, sql):
        if self.POSTGRES:
            done = subprocess.run(["psql", "-qtA", self.server.db, "-c", sql], capture_output=True, text=True,
                                  check=True, timeout=60)
            return int(done.stdout)
        with contextlib.closing(sqlite3.connect(self.server.db)) as db:
            return db.execute(sql).fetchone()[0]

    def test_nowhere(self):
        up = self.planted()
        self.assertIn(self.NAME, self.said())
        self.want("desk", 200, f"/api/files/{up}", method="GET")
        for missing in ("words", "files"):
            given = {"words": True, "files": True}
            del given[missing]
            got = self.act("centre", "erase", 400, fields=["applicant"], reason="本人要求", **given)
            self.assertEqual(missing, got["field"])
        values = "SELECT COUNT(*) FROM detached WHERE bytes IS NOT NULL"
        before = self.rows(values)
        self.act("centre", "erase", fields=["applicant"], reason="本人要求", words=True, files=True)
        self.assertNotIn(self.NAME, self.said())
        self.want("desk", 404, f"/api/files/{up}", method="GET")
        self.assertEqual(before - 5 + 1, self.rows(values))  # field, note, comment, purpose, file; the reason is new
        for _ in range(100):
            if not self.rows("SELECT COUNT(*) FROM upload"):
                break
            time.sleep(0.1)
        self.assertEqual(0, self.rows("SELECT COUNT(*) FROM upload"))
        self.assertEqual([], self.server.stored(up))
        house = self.house()
        for form in (self.NAME.encode(), self.NAME.encode().hex().encode(), self.NAME[:2].encode()):
            self.assertNotIn(form, house)
        self.server.stop()
        api.cli("verify", "--db", self.server.db)

    def test_what_stays(self):
        """No to both: the comment and the paper are still there."""
        up = self.planted()
        self.act("centre", "erase", fields=["applicant"], reason="本人要求", words=False, files=False)
        self.assertIn(f"{self.NAME}说明天再来", self.said())
        self.want("desk", 200, f"/api/files/{up}", method="GET")
        self.act("centre", "erase", reason="本人要求", words=True)
        self.assertNotIn(f"{self.NAME}说明天再来", self.said())
        self.act("centre", "erase", reason="本人要求", files=True)
        self.want("desk", 404, f"/api/files/{up}", method="GET")


class WordsOnPostgres(Words):
    POSTGRES = True

    def test_restored_by_its_own_tools(self):
        """The copy is older than the erasing: `bihuan restore` takes the values again."""
        up = self.planted()
        copy = self.server.db.replace("/api_", "/copy_api_")
        name = copy.split("?")[0].split("/")[-1]
        dump = f"{self.server.folder.name}/dump"
        subprocess.run(["pg_dump", "-Fc", "-f", dump, self.server.db], check=True, timeout=60)
        self.act("centre", "erase", fields=["applicant"], reason="本人要求", words=True, files=True)
        self.server.stop()
        subprocess.run(["psql", "-q", os.environ["BIHUAN_TEST_PG"], "-c",
                        f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0"], check=True, timeout=60)
        subprocess.run(["pg_restore", "--no-owner", "-d", copy, dump], check=True, timeout=60)
        self.assertIn("erased again: 5 values", api.cli("restore", "--db", copy))
        self.server.db = copy
        self.assertEqual(0, self.rows("SELECT COUNT(*) FROM upload WHERE key IS NOT NULL"))
        self.assertEqual([], self.server.stored(up))
        api.cli("log", "fork", "--reason", "测试恢复", "--db", copy)  # the erasing itself is not in the copy
        api.cli("verify", "--files", "--db", copy)


if __name__ == "__main__":
    unittest.main()
