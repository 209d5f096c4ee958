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


if __name__ == "__main__":
    unittest.main()
