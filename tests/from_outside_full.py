"""A full disk, through the program: new work is refused and leaves nothing, looks, system records and log-ins go
on with the room of the reserve, and when there is room again everything goes on without a restart.  The disk is a
small tmpfs; where that may not be mounted the test is skipped."""
import base64
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import from_outside_api as api  # noqa: E402

DISK = 128 << 20
PERSON = {"type": "0201", "source": "grid", "scale": "01", "colour": "yellow",
          "applicant": [{"name": "欧阳小明", "phone": "13812345678"}]}


class Disk:
    """A file system of its own, as the folder for temporary files of the server that is made meanwhile."""

    def __init__(self):
        self.at = pathlib.Path(tempfile.mkdtemp())
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "bihuan", str(self.at)],
                              capture_output=True, text=True, check=False, timeout=30)
        if done.returncode:
            self.at.rmdir()
            raise unittest.SkipTest(f"a small disk cannot be mounted here: {done.stderr.strip()}")
        self.ballast = self.at / "ballast"

    def fill(self):
        """To the last byte."""
        with open(self.ballast, "ab", buffering=0) as f:
            for size in (1 << 20, 4096, 1):
                try:
                    while f.write(b"x" * size):
                        pass
                except OSError:
                    pass

    def empty(self):
        self.ballast.unlink()

    def gone(self):
        subprocess.run(["umount", str(self.at)], check=True, timeout=30)
        self.at.rmdir()


class Full(unittest.TestCase):
    def setUp(self):
        self.disk = Disk()
        self.addCleanup(self.disk.gone)
        tempfile.tempdir = str(self.disk.at)
        try:
            api.POSTGRES = False
            self.server = api.Server()
        finally:
            tempfile.tempdir = None
        self.addCleanup(self.server.forget)
        self.reserve = pathlib.Path(f"{self.server.db}.reserve")
        self.answered = []
        self.people = {}
        for login in ("grid", "desk"):
            self.people[login] = api.Client(self.server.port)
            self.assertEqual(200, self.people[login].log_in(login)[0])

    def send(self, who, path, body):
        """The status; what was done is remembered."""
        status, answer = self.people[who].ask("POST", path, body)
        if status in (200, 201) and "receipt" in answer:
            self.answered.append((body["id"], answer["receipt"]))
        return status, answer

    def report(self):
        return {"id": api.uuid7(), "type": "dispute", "area": api.VILLAGE, "action": "report", "fields": api.REPORT}

    def look(self, record):
        return self.people["desk"].ask("POST", f"/api/records/{record}/look", {"fields": ["applicant"],
                                                                                "purpose": "核对电话"})

    def refused(self, status, answer):
        self.assertEqual((507, "disk_full"), (status, answer.get("code")), answer)
        self.assertIn("没有保存", answer["detail"])
        self.assertNotIn("\n", answer["detail"])

    def until_refused(self):
        """The newest pages of the log that SQLite writes ahead may have room for some more."""
        for _ in range(3000):
            body = self.report()
            status, answer = self.send("grid", "/api/records", body)
            if status != 201:
                self.refused(status, answer)
                return body
        self.fail("the disk is full and everything is accepted")

    def bodies(self):
        """The lines of the log, which is written to another disk."""
        with tempfile.TemporaryDirectory() as folder:
            api.cli("log", "export", f"{folder}/log", "--db", self.server.db)
            text = pathlib.Path(folder, "log").read_text(encoding="utf-8")
        return text[:text.index("\n\n")].split("\n")

    def check_log(self, nowhere):
        bodies = self.bodies()
        for ident, receipt in self.answered:
            line = bodies[receipt["seq"]]
            self.assertEqual(ident, json.loads(line)["id"])
            self.assertEqual(receipt["leaf"],
                             base64.b64encode(hashlib.sha256(b"\0" + line.encode()).digest()).decode())
        for body in nowhere:
            self.assertNotIn(body["id"], "".join(bodies))
        looks = sum(json.loads(line)["act"] == "look" for line in bodies)
        return looks

    def test_full(self):
        self.assertEqual(DISK // 8, self.reserve.stat().st_size)
        self.assertGreaterEqual(self.reserve.stat().st_blocks * 512, DISK // 8)
        first = self.report()
        self.assertEqual(201, self.send("grid", "/api/records", first)[0])
        status, answer = self.send("desk", f"/api/records/{first['id']}/actions/register",
                                   {"id": api.uuid7(), "fields": PERSON})
        self.assertEqual(200, status, answer)

        self.disk.fill()
        lost = [self.until_refused() for _ in range(3)]
        self.refused(*self.people["grid"].ask("POST", "/api/files?name=a.png", raw=api.png()))
        self.assertTrue(self.reserve.exists(), "nothing but a look, a system record or a log-in takes it")
        self.assertEqual(0, self.check_log(lost))

        for n in range(1, 4):
            status, answer = self.look(first["id"])
            self.assertEqual(200, status, answer)
            self.assertIn("欧阳小明", json.dumps(answer, ensure_ascii=False))
            self.assertEqual(n, self.check_log(lost))
        self.assertFalse(self.reserve.exists())
        self.assertEqual(200, api.Client(self.server.port).log_in("head")[0])
        api.cli("setting", "notice.smtp.url", "off", "--db", self.server.db)
        for _ in range(3):  # the room is there, and not for these
            lost.append(self.report())
            self.refused(*self.send("grid", "/api/records", lost[-1]))
        self.refused(*self.people["grid"].ask("POST", "/api/files?name=a.png", raw=api.png()))
        self.assertEqual([], [p for p in pathlib.Path(self.server.files).rglob("*") if p.is_file()])
        self.assertEqual(3, self.check_log(lost))
        self.assertFalse(self.reserve.exists())

        self.disk.empty()
        for body in lost:  # the same asks, without a restart
            self.assertEqual(201, self.send("grid", "/api/records", body)[0])
        self.assertEqual(DISK // 8, self.reserve.stat().st_size)
        self.assertEqual(201, self.people["grid"].ask("POST", "/api/files?name=a.png", raw=api.png())[0])
        self.assertEqual(200, self.look(first["id"])[0])
        self.assertEqual(4, self.check_log([]))
        code, text = self.server.stop()
        self.assertEqual(0, code, text)
        self.assertEqual(1, text.count("the disk is full"), text)
        api.cli("verify", "--files", "--db", self.server.db)

    def test_full_at_the_start(self):
        """A server that finds a full disk says so, and does what comes first."""
        first = self.report()
        self.assertEqual(201, self.send("grid", "/api/records", first)[0])
        self.assertEqual(200, self.send("desk", f"/api/records/{first['id']}/actions/register",
                                        {"id": api.uuid7(), "fields": PERSON})[0])
        self.server.stop()
        self.reserve.unlink()
        room = os.statvfs(self.disk.at)
        with open(self.disk.ballast, "wb") as f:
            os.posix_fallocate(f.fileno(), 0, room.f_bavail * room.f_frsize - (8 << 20))
        self.server.start()
        for who in self.people.values():
            who.port = self.server.port
        self.assertFalse(self.reserve.exists())
        lost = self.report()
        self.refused(*self.send("grid", "/api/records", lost))
        self.assertEqual(200, self.look(first["id"])[0])
        self.disk.empty()
        self.assertEqual(201, self.send("grid", "/api/records", lost)[0])
        self.assertTrue(self.reserve.exists())
        code, text = self.server.stop()
        self.assertEqual(0, code, text)
        self.assertIn("almost full", text)
        self.assertEqual(1, self.check_log([]))
        api.cli("verify", "--db", self.server.db)


if __name__ == "__main__":
    unittest.main()
