"""bihuan backup and restore on PostgreSQL: taken while people work, put back whole or not at all, and what was
erased since stays erased."""
import json
import os
import pathlib
import secrets
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import from_outside_api as api  # noqa: E402
import from_outside_crash as crash  # noqa: E402

NAME = "鱀豚蘑菇"


class Backup(api.Served):
    postgres = True
    logins = ("grid", "desk", "mediator", "centre")

    def empty_database(self):
        name = f"copy_{secrets.token_hex(6)}"
        subprocess.run(["psql", "-q", os.environ["BIHUAN_TEST_PG"], "-c",
                        f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0"], check=True, timeout=60)
        return os.environ["BIHUAN_TEST_PG"].replace("/postgres?", f"/{name}?")

    def tables(self, db):
        sql = "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'"
        return int(subprocess.run(["psql", "-qtA", db, "-c", sql], capture_output=True, text=True, check=True,
                                  timeout=60).stdout)

    def restore(self, folder, db, *more):
        return subprocess.run([api.BIN, "restore", folder, "--db", db, *more], capture_output=True, text=True,
                              check=False, timeout=120)

    def planted(self):
        record = api.uuid7()
        fields = dict(api.REPORT, summary=f"两家为{NAME}争执")
        self.want("grid", 201, "POST", "/api/records", {"id": record, "type": "dispute", "action": "report",
                                                         "area": api.VILLAGE, "fields": fields})
        up = self.clients["grid"].ask("POST", "/api/files?name=a.png", raw=api.png())[1]["file"]
        self.want("grid", 200, "POST", f"/api/records/{record}/actions/attach",
                  {"id": api.uuid7(), "fields": {"documents": [{"doc": "application", "file": up}]}})
        return record

    def backup_at_work(self, folder):
        """The answered actions of four people before, while and after the copy is made."""
        workers = [crash.Worker(self.clients[w], w, w) for w in self.logins if w != "centre"]
        for w in workers:
            w.start()
        before = after = 0
        try:
            while sum(len(w.answered) for w in workers) < 20:
                self.assertTrue(all(w.is_alive() for w in workers))
            before = sum(len(w.answered) for w in workers)
            said = api.cli("backup", folder, "--db", self.server.db)
            after = sum(len(w.answered) for w in workers)
        finally:
            for w in workers:
                w.client.port = 1  # the next request finds nobody
            for w in workers:
                w.join(timeout=30)
                w.client.port = self.server.port
        self.assertEqual([], [x for w in workers for x in w.wrong])
        self.assertLess(before, after, "nothing was written meanwhile")
        return [x for w in workers for x in w.answered], int(said.split(": ")[1].split()[0])

    def bodies(self, db):
        log = pathlib.Path(self.server.folder.name) / "log"
        api.cli("log", "export", str(log), "--db", db)
        text = log.read_text(encoding="utf-8")
        return text[:text.index("\n\n")].split("\n")

    def erase(self, record):
        self.want("centre", 200, "POST", f"/api/records/{record}/actions/erase",
                  {"id": api.uuid7(), "fields": {"fields": ["summary"], "reason": "本人要求", "words": True,
                                                 "files": True}})

    def test_backup(self):
        record = self.planted()
        folder = f"{self.server.folder.name}/backup"
        answered, size = self.backup_at_work(folder)
        self.assertEqual({"bihuan.dump", "checkpoint"}, set(os.listdir(folder)))
        self.assertEqual(str(size), pathlib.Path(folder, "checkpoint").read_text(encoding="utf-8").split("\n")[1])

        done = self.restore(folder, self.server.db)
        self.assertEqual(1, done.returncode, done.stdout)
        self.assertIn("not empty", done.stderr)

        good = self.empty_database()
        self.assertEqual(0, self.restore(folder, good).returncode)
        bodies = self.bodies(good)
        self.assertEqual(size, len(bodies))
        inside = [(body, answer["receipt"]) for _, body, answer in answered if answer["receipt"]["seq"] < size]
        self.assertGreaterEqual(len(inside), 20)
        for body, receipt in inside:
            self.assertEqual(body["id"], json.loads(bodies[receipt["seq"]])["id"])
        self.assertIn("1 files", api.cli("verify", "--files", "--db", good))

        self.erase(record)
        api.cli("checkpoint", "--db", self.server.db)
        self.server.stop()  # which signs one that is newer than the backup
        moved = shutil.move(f"{self.key}.erasures.log", f"{self.server.folder.name}/elsewhere")
        without = self.empty_database()
        done = self.restore(folder, without)
        self.assertEqual(1, done.returncode, done.stdout)
        self.assertIn("--erasures FILE", done.stderr)
        self.assertEqual(0, self.tables(without), "nothing is left of what was refused")
        again = self.restore(folder, without, "--erasures", moved)
        self.assertEqual(0, again.returncode, again.stderr)
        self.assertIn("erased again: 2 values", again.stdout)
        api.cli("log", "fork", "--reason", "测试恢复", "--db", without)
        api.cli("verify", "--files", "--db", without)
        shutil.move(moved, f"{self.key}.erasures.log")

        other = f"{self.server.folder.name}/other"
        shutil.copytree(folder, other)
        for broken in (b"", pathlib.Path(folder, "bihuan.dump").read_bytes()[:20000]):
            pathlib.Path(other, "bihuan.dump").write_bytes(broken)
            target = self.empty_database()
            self.assertEqual(1, self.restore(other, target).returncode)
            self.assertEqual(0, self.tables(target))
        self.server.start()


if __name__ == "__main__":
    unittest.main()
