"""The server is killed (SIGKILL) while several people work: what was answered is there afterwards, what
was not answered happened once or not at all, and everything is what the log says."""
import base64
import hashlib
import http.client
import json
import os
import pathlib
import random
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import from_outside_api as api  # noqa: E402

WORKERS = ("grid", "desk", "mediator", "centre")
KINDS = json.loads("""{"type":"0201","source":"grid","scale":"01","colour":"yellow"}""")


class Worker(threading.Thread):
    """One person at one browser: opens matters and goes on with them until the line breaks."""

    def __init__(self, client, login, seed):
        super().__init__()
        self.client, self.login, self.dice = client, login, random.Random(seed)
        self.answered, self.lost, self.wrong, self.mine = [], [], [], []

    def send(self, path, body):
        """The answer, or None when the line broke."""
        try:
            status, answer = self.client.ask("POST", path, body)
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            self.lost.append((path, body))
            return None
        if status not in (200, 201):
            self.wrong.append((status, path, answer))
            return None
        self.answered.append((path, body, answer))
        return answer

    def open(self):
        spot = self.dice.random() < 0.4 and self.login in ("grid", "mediator")
        fields = dict(api.SPOT if spot else api.REPORT)
        body = {"id": api.uuid7(), "type": "dispute", "area": api.VILLAGE, "fields": fields,
                "action": "settle_on_the_spot" if spot else "report"}
        answer = self.send("/api/records", body)
        if answer and not spot:
            self.mine.append(answer["id"])
        return answer

    def go_on(self):
        rec = self.dice.choice(self.mine)
        act, fields = "comment", {"text": f"第{len(self.answered)}次记录"}
        if self.login == "desk" and self.dice.random() < 0.5:
            self.mine.remove(rec)
            act, fields = "register", KINDS
        return self.send(f"/api/records/{rec}/actions/{act}", {"id": api.uuid7(), "fields": fields})

    def run(self):
        while True:
            opens = self.login != "centre" and (not self.mine or self.dice.random() < 0.5)
            if not self.mine and not opens:
                break
            if not (self.open() if opens else self.go_on()):
                break


class Crash(unittest.TestCase):
    POSTGRES, ROUNDS = False, 5

    @classmethod
    def setUpClass(cls):
        if cls.POSTGRES and not os.environ.get("BIHUAN_TEST_PG"):
            raise unittest.SkipTest("BIHUAN_TEST_PG is not set")
        api.POSTGRES = cls.POSTGRES
        cls.server = api.Server()
        cls.clients = {}
        for login in WORKERS:
            cls.clients[login] = api.Client(cls.server.port)
            status, me = cls.clients[login].log_in(login)
            assert status == 200, me
        cls.answered = []

    @classmethod
    def tearDownClass(cls):
        code, text = cls.server.end()
        api.POSTGRES = False
        assert code == 0, text

    def work_until_killed(self, seconds, seed):
        workers = [Worker(self.clients[w], w, f"{seed}{w}") for w in WORKERS]
        centre = workers[WORKERS.index("centre")]
        body = {"id": api.uuid7(), "type": "dispute", "area": api.VILLAGE, "action": "report", "fields": api.REPORT}
        status, opened = self.clients["desk"].ask("POST", "/api/records", body)
        self.assertEqual(status, 201, opened)
        centre.mine.append(opened["id"])
        for w in workers:
            w.start()
        time.sleep(seconds)
        self.server.run.kill()
        self.server.run.wait()
        self.server.run.stdout.close()
        self.server.run.stderr.close()
        for w in workers:
            w.join(timeout=30)
            self.assertFalse(w.is_alive())
            self.assertEqual(w.wrong, [])
        self.assertTrue(any(w.answered for w in workers))
        return [x for w in workers for x in w.answered], [x for w in workers for x in w.lost]

    def log(self):
        """The bodies of all events, in order."""
        out = pathlib.Path(self.server.folder.name) / "log.txt"
        out.unlink(missing_ok=True)
        api.cli("log", "export", str(out), "--db", self.server.db)
        text = out.read_text(encoding="utf-8")
        return text[:text.index("\n\n")].split("\n")

    def check_log(self):
        """Each answer names the place and the leaf of its event."""
        bodies = self.log()
        for path, body, answer in self.answered:
            receipt = answer["receipt"]
            self.assertLess(receipt["seq"], len(bodies), f"{path} was answered and is gone")
            line = bodies[receipt["seq"]].encode()
            self.assertEqual(json.loads(line)["id"], body["id"])
            self.assertEqual(base64.b64encode(hashlib.sha256(b"\0" + line).digest()).decode(), receipt["leaf"])
        ids = [json.loads(line)["id"] for line in bodies]
        self.assertEqual(len(ids), len(set(ids)))
        return set(ids)

    def start_again(self):
        self.server.start()
        for c in self.clients.values():
            c.port = self.server.port

    def check_answers(self, answered, lost, known):
        """Sent again, what was answered has the same receipt; what was lost is done now, or was."""
        for path, body, answer in random.Random(7).sample(answered, min(60, len(answered))):
            status, again = self.send_again(path, body)
            self.assertEqual(status, 200, again)
            self.assertEqual(again["receipt"], answer["receipt"])
            rec = again["id"]
            status, proof = self.clients["desk"].ask("GET", f"/api/records/{rec}/proof")
            self.assertEqual(status, 200, proof)
            self.assertTrue(proof.startswith(b"c2sp.org/tlog-proof@v1\n"))
        for path, body in lost:
            status, again = self.send_again(path, body)
            self.assertIn(status, (200, 201), again)
            if path == "/api/records":  # 201: it had not happened
                self.assertEqual(status == 200, body["id"] in known)
            self.answered.append((path, body, again))

    def send_again(self, path, body):
        for login in WORKERS:  # whose it was: another account is another request
            status, answer = self.clients[login].ask("POST", path, body)
            if status in (200, 201):
                return status, answer
        return status, answer

    def test_killed_at_work(self):
        dice = random.Random(os.environ.get("BIHUAN_SEED", time.time()))
        for n in range(self.ROUNDS):
            with self.subTest(round=n):
                answered, lost = self.work_until_killed(dice.uniform(0.2, 1.2), f"{dice.random()}")
                self.answered += answered
                api.cli("verify", "--db", self.server.db)
                known = self.check_log()
                self.start_again()
                self.check_answers(answered, lost, known)
        self.check_log()
        api.cli("verify", "--db", self.server.db)
        print(f"{len(self.answered)} answered actions are there", file=sys.stderr)


class CrashOnPostgres(Crash):
    POSTGRES, ROUNDS = True, 3


if __name__ == "__main__":
    unittest.main()
