"""Notices that leave the house: by HTTP and by e-mail, to servers that run here; off until a setting names them.
Once on SQLite and, when tests/pg.sh runs one, on PostgreSQL."""
import base64
import datetime
import email
import http.server
import json
import os
import pathlib
import secrets
import signal
import socketserver
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = os.environ.get("BIHUAN_BIN", str(ROOT / "build/bihuan"))
TEXT = "360112JF2024\"0001\" 办理时限\n2024-09-09 到期"


class Web(http.server.BaseHTTPRequestHandler):
    """Keeps what it is sent; refuses as often as it was told to."""
    got, refuse = [], 0

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if Web.refuse > 0:
            Web.refuse -= 1
            self.send_error(503)
            return
        Web.got.append((self.path, self.headers["Content-Type"], body.decode()))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        pass


class Mail(socketserver.StreamRequestHandler):
    """As much of SMTP (RFC 5321) as one letter needs."""
    got = []

    def handle(self):
        say = lambda s: self.wfile.write(s.encode() + b"\r\n")  # noqa: E731
        say("220 here")
        who = {}
        for raw in self.rfile:
            line = raw.decode().strip()
            word = line.split(" ")[0].upper()
            if word in ("EHLO", "HELO"):
                say("250 here")
            elif word == "MAIL" or word == "RCPT":
                who[word] = line.split("<")[1].split(">")[0]
                say("250 ok")
            elif word == "DATA":
                say("354 go")
                lines = []
                for text in self.rfile:
                    if text == b".\r\n":
                        break
                    lines.append(text)
                Mail.got.append((who["MAIL"], who["RCPT"], email.message_from_bytes(b"".join(lines))))
                say("250 taken")
            elif word == "QUIT":
                say("221 bye")
                return
            else:
                say("500 what")


class Notices(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.db = self.database()
        os.environ["BIHUAN_KEY"] = f"{self.folder.name}/t.key"
        self.addCleanup(os.environ.pop, "BIHUAN_KEY", None)
        ahead = 12 - datetime.datetime.now(datetime.timezone.utc).hour  # it is noon there: nothing goes out at night
        zone = f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"
        self.cli("init", "--playbooks", str(ROOT / "playbooks"), "--zone", zone)
        areas = pathlib.Path(self.folder.name) / "areas.csv"
        areas.write_text("code,name,parent\n360112000000,新建区,\n", encoding="utf-8")
        self.cli("areas", "import", str(areas))
        self.org = self.cli("org", "add", "综治中心", "--area", "360112000000", "--kind", "centre").strip()
        Web.got, Web.refuse, Mail.got = [], 0, []
        self.web, self.mail = self.listen(http.server.HTTPServer, Web), self.listen(socketserver.TCPServer, Mail)

    def listen(self, kind, handler):
        server = kind(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server.server_address[1]

    def database(self):
        return f"{self.folder.name}/t.db"

    def sql(self, text):
        with sqlite3.connect(self.db, timeout=10) as db:
            return [[str(x) if x is not None else "" for x in row] for row in db.execute(text)]

    def cli(self, *words, status=0):
        done = subprocess.run([BIN, *words, "--db", self.db], text=True, capture_output=True, check=False,
                              encoding="utf-8", timeout=60)
        self.assertEqual(done.returncode, status, f"{words}: {done.stderr}")
        return done.stdout if not status else done.stderr

    def serve(self):
        run = subprocess.Popen([BIN, "serve", "--db", self.db, "--listen", "127.0.0.1:0"], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        run.stdout.readline()

        def stop():
            run.send_signal(signal.SIGTERM)
            self.assertNotIn("Sanitizer", run.communicate(timeout=30)[1])
        self.addCleanup(stop)

    def notice(self, n, red=1):
        """As a clock's rung writes one."""
        now = int(time.time() * 1000)
        quoted = TEXT.replace("'", "''")
        self.sql(f"INSERT INTO outbox (id, rid, clock, rung, due, org, area, role, red, made, text) VALUES"
                 f" ({n}, {n}, 'mediate', 0, {now}, '{self.org}', 1, 'head', {red}, {now}, '{quoted}')")

    def wait(self, what, seconds=20):
        end = time.monotonic() + seconds
        while not what() and time.monotonic() < end:
            time.sleep(0.1)
        self.assertTrue(what())

    def state(self, n):
        return self.sql(f"SELECT deliver, tries, went, sent FROM outbox WHERE id = {n}")[0]

    def set_http(self):
        self.cli("setting", "notice.http.url", f"http://127.0.0.1:{self.web}/in/{{role}}?id={{id}}&t={{text}}")
        self.cli("setting", "notice.http.body", '{"msg":"{text}","org":"{org}","red":{red},"at":"{due}"}')

    def set_mail(self):
        self.cli("setting", "notice.smtp.url", f"smtp://127.0.0.1:{self.mail}")
        self.cli("setting", "notice.smtp.from", "bihuan@gov.test")
        self.cli("setting", "notice.smtp.to", "duty@gov.test")

    def test_both_channels(self):
        self.set_http()
        self.set_mail()
        self.serve()
        self.notice(1)
        self.wait(lambda: Web.got and Mail.got and self.state(1)[0] == "")
        path, kind, body = Web.got[0]
        self.assertTrue(path.startswith("/in/head?id=1&t=360112JF2024%220001%22%20%E5%8A%9E"), path)
        self.assertEqual(kind, "application/json")
        body = json.loads(body)
        self.assertEqual((body["msg"], body["org"], body["red"]), (TEXT, "综治中心", True))
        sender, to, letter = Mail.got[0]
        self.assertEqual((sender, to, letter["To"]), ("bihuan@gov.test", "duty@gov.test", "<duty@gov.test>"))
        self.assertEqual(base64.b64decode(letter.get_payload()).decode(), TEXT)
        time.sleep(2.5)
        self.assertEqual((len(Web.got), len(Mail.got), self.state(1)[2]), (1, 1, "3"))

    def test_tried_again_and_only_where_it_failed(self):
        self.set_http()
        self.set_mail()
        Web.refuse = 1
        self.serve()
        self.notice(1)
        self.wait(lambda: self.state(1)[1] == "1")
        deliver, _, went, sent = self.state(1)
        self.assertEqual((went, len(Web.got), len(Mail.got)), ("2", 0, 1))
        self.assertGreaterEqual(int(deliver) - int(sent), 60_000)  # not before a minute is over
        self.sql("UPDATE outbox SET deliver = 1")
        self.wait(lambda: Web.got and self.state(1)[0] == "")
        self.assertEqual((len(Web.got), len(Mail.got), self.state(1)[2]), (1, 1, "3"))

    def test_off_until_it_is_set_and_only_what_goes_alone(self):
        self.serve()
        self.notice(1)
        self.wait(lambda: self.state(1)[3] != "" and self.state(1)[0] == "")  # read in the page, nothing else
        self.set_http()
        self.sql("UPDATE outbox SET read_at = 1 WHERE id = 1")
        time.sleep(2)
        self.assertEqual(Web.got, [])  # what went out before is not told again
        self.notice(2)
        self.wait(lambda: Web.got)
        self.cli("setting", "notice.http.url", "off")
        self.notice(3)
        self.wait(lambda: self.state(3)[3] != "" and self.state(3)[0] == "")
        self.assertEqual(len(Web.got), 1)

    def test_what_no_setting_may_be(self):
        for name, value in (("notice.http.url", "ftp://x"), ("notice.http.url", "file:///etc/passwd"),
                            ("notice.http.url", "http://x/{name}"), ("notice.http.body", '{"a":"{phone}"}'),
                            ("notice.http.url", "http://x/ y"), ("notice.http.type", "json"),
                            ("notice.smtp.url", "http://x"), ("notice.smtp.to", "nobody"),
                            ("notice.smtp.from", "a@b\r\nBcc: c@d"), ("notice.http.header", "x")):
            with self.subTest(f"{name} {value}"):
                self.cli("setting", name, value, status=1)


@unittest.skipUnless(os.environ.get("BIHUAN_TEST_PG"), "BIHUAN_TEST_PG is not set")
class OnPostgres(Notices):
    def database(self):
        name = f"notices_{secrets.token_hex(6)}"
        self.psql(os.environ["BIHUAN_TEST_PG"], f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
        return os.environ["BIHUAN_TEST_PG"].replace("/postgres?", f"/{name}?")

    def psql(self, url, text):
        done = subprocess.run(["psql", "-qAt", "-F", "\t", url, "-c", text], text=True, capture_output=True,
                              check=True, timeout=60)
        return [line.split("\t") for line in done.stdout.splitlines()]

    def sql(self, text):
        return self.psql(self.db, text)


if __name__ == "__main__":
    unittest.main()
