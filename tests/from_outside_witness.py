"""A witness outside the house (C2SP tlog-witness), a real one though small: it checks the log's signature and that
each checkpoint continues the one before, and signs with the time.  The program sends to it by itself."""
import base64
import datetime
import http.server
import pathlib
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import from_outside_api as api  # noqa: E402
from verify_log_test import Signer, verify_log  # noqa: E402

DAY = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date().isoformat()
KEY, THIEF = Signer("witness.example/w1", b"\5" * 32, 4), Signer("witness.example/w1", b"\6" * 32, 4)


class Witness(http.server.BaseHTTPRequestHandler):
    """State of the class: the logs that are known, by origin, and what was seen of each: (size, root)."""
    known, seen, signer, asked, signed = {}, {}, KEY, 0, 0

    def log_message(self, *_):
        pass

    def say(self, status, text=b"", kind="text/plain"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        Witness.asked += 1
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/w1/add-checkpoint":
            return self.say(404)
        head, _, note = body.partition(b"\n\n")
        first, *proof = head.decode().split("\n")
        checkpoint, old = verify_log.Checkpoint(note), int(first.removeprefix("old "))
        key = Witness.known.get(checkpoint.origin)
        if not key:
            return self.say(404)
        try:
            checkpoint.check(key)
        except verify_log.Bad:
            return self.say(403)
        size, root = Witness.seen.get(checkpoint.origin, (0, None))
        if old > checkpoint.size:
            return self.say(400)
        if old != size:
            return self.say(409, b"%d\n" % size, "text/x.tlog.size")
        if not self.continues(old, root, checkpoint, [base64.b64decode(x) for x in proof]):
            return self.say(422)
        Witness.seen[checkpoint.origin] = checkpoint.size, checkpoint.root
        Witness.signed += 1
        return self.say(200, Witness.signer.line(checkpoint.text, int(time.time())))

    @staticmethod
    def continues(old, root, checkpoint, proof):
        if old in (0, checkpoint.size):
            return not proof and root in (None, checkpoint.root)
        return verify_log.consistency_roots(old, root, checkpoint.size, proof) == (root, checkpoint.root)


class Witnessed(api.Served):
    logins = ("grid", "desk", "centre", "head")

    def setUp(self):
        super().setUp()
        web = http.server.HTTPServer(("127.0.0.1", 0), Witness)
        threading.Thread(target=web.serve_forever, daemon=True).start()
        self.addCleanup(web.server_close)
        self.addCleanup(web.shutdown)
        self.url = f"http://127.0.0.1:{web.server_port}/w1"
        self.vkey = api.cli("checkpoint", "--vkey", "--db", self.server.db)
        self.origin = self.vkey.split("+")[0]
        Witness.known, Witness.seen, Witness.signer = {self.origin: verify_log.Key(self.vkey)}, {}, THIEF
        Witness.asked = Witness.signed = 0

    def setting(self, name, value, status=0):
        done = subprocess.run([api.BIN, "setting", name, value, "--db", self.server.db], capture_output=True, text=True,
                              check=False, timeout=60)
        self.assertEqual(status, done.returncode, done.stderr)

    def witnessed(self):
        """Size of the newest checkpoint that both have signed; 0: there is none."""
        done = subprocess.run([api.BIN, "checkpoint", "--witnessed", "--db", self.server.db], capture_output=True,
                              check=False, timeout=60)
        if done.returncode:
            self.assertIn(b"no witness has signed", done.stderr)
            return 0
        note = verify_log.Checkpoint(done.stdout)
        for vkey in (self.vkey, KEY.vkey):
            note.check(verify_log.Key(vkey))
        return note.size

    def until(self, true):
        for _ in range(600):
            if true():
                return
            time.sleep(0.1)
        self.fail(f"not in a minute; asked {Witness.asked}, signed {Witness.signed}")

    def bulletin(self):
        """Size of the log when it was issued, or a little more."""
        fields = {"title": "化解矛盾纠纷情况", "series": "brief", "period_from": DAY, "period_to": DAY}
        body = {"id": api.uuid7(), "type": "bulletin.bulletin", "area": api.DISTRICT, "action": "begin",
                "fields": fields}
        r = self.want("desk", 201, "POST", "/api/records", body)
        for who, action, given in (("desk", "fill", {"prose": "今天登记{{dispute.registered n}}起。"}),
                                   ("centre", "review", {}), ("head", "approve", {}), ("desk", "issue", {})):
            r = self.want(who, 200, "POST", f"/api/records/{r['id']}/actions/{action}",
                          {"id": api.uuid7(), "version": r["version"], "fields": given})
        return r["receipt"]["seq"] + 1

    def test_witnessed(self):
        for name, value in (("witness.url", "ftp://x"), ("witness.key", self.vkey), ("witness.other", "x"),
                            ("witness.key", KEY.vkey[:-4] + "AAA=")):
            self.setting(name, value, 1)
        self.assertEqual(0, self.witnessed())

        # another key than the one that is known signs: not kept
        self.setting("witness.key", KEY.vkey)
        self.setting("witness.url", self.url)
        self.until(lambda: Witness.signed == 1)
        self.assertEqual(0, self.witnessed())

        # the witness has seen that one, so it says from where on it wants the proof
        Witness.signer = KEY
        self.setting("witness.url", self.url)
        self.until(self.witnessed)
        self.assertEqual((3, 2), (Witness.asked, Witness.signed))
        first = self.witnessed()
        self.assertEqual(first, Witness.seen[self.origin][0])

        # once a day is enough, but a bulletin goes at once
        self.want("grid", 201, "POST", "/api/records", {"id": api.uuid7(), "type": "dispute", "area": api.VILLAGE,
                                                        "action": "report", "fields": api.REPORT})
        size = self.bulletin()
        self.until(lambda: self.witnessed() >= size)
        self.assertEqual((4, 3), (Witness.asked, Witness.signed))

        # a log that lost its end, or went another way, is not signed for
        kept = self.witnessed()
        Witness.seen[self.origin] = 10**6, b"\0" * 32
        self.bulletin()
        self.until(lambda: Witness.asked >= 5)
        Witness.seen[self.origin] = kept, b"\1" * 32
        self.setting("witness.url", self.url)
        self.until(lambda: Witness.asked >= 6)
        code, text = self.server.stop()
        self.assertEqual(0, code, text)
        for said in ("is not signed by witness.example/w1", "has seen 1000000 events", "answered 422"):
            self.assertIn(said, text)
        self.assertEqual(kept, self.witnessed())
        api.cli("verify", "--db", self.server.db)
        self.server.start()


class WitnessedOnPostgres(Witnessed):
    postgres = True


if __name__ == "__main__":
    unittest.main()
