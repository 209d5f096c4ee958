"""conf/haproxy.cfg is one that HAProxy takes, and it does what it is there for."""
import contextlib
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Backend(threading.Thread):
    """Answers everything, and keeps what it was sent."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.seen = []

    def run(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(conn,), daemon=True).start()

    def serve(self, conn):
        with conn, contextlib.suppress(OSError):
            data = conn.recv(65536)
            while data:
                self.seen.append(data)
                conn.sendall(ANSWER)
                data = conn.recv(65536)


@unittest.skipUnless(shutil.which("haproxy") and shutil.which("openssl"), "no haproxy here")
class HAProxy(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.backend = Backend()
        self.backend.start()
        self.addCleanup(self.backend.listener.close)
        self.port = free_port()
        pem = self.folder / "bihuan.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj",
                        "/CN=localhost", "-keyout", self.folder / "key", "-out",
                        self.folder / "cert"], check=True, capture_output=True)
        pem.write_bytes((self.folder / "cert").read_bytes() + (self.folder / "key").read_bytes())
        text = (ROOT / "conf/haproxy.cfg").read_text(encoding="utf-8")
        changes = [("/etc/haproxy/bihuan.pem", str(pem)),
                   ("127.0.0.1:8080", f"127.0.0.1:{self.backend.port}"),
                   ("bind :443", f"bind 127.0.0.1:{self.port}"),
                   ("bind :80", f"bind 127.0.0.1:{free_port()}"),
                   ("timeout http-request 10s", "timeout http-request 1s"),
                   ("log /dev/log local0", "log 127.0.0.1:9 local0"), ("    user haproxy\n    group haproxy\n", ""),
                   ("maxconn 10000", "maxconn 500")]
        for old, new in changes:
            self.assertIn(old, text)
            text = text.replace(old, new)
        self.config = self.folder / "haproxy.cfg"
        self.config.write_text(text, encoding="utf-8")

    def enterContext(self, manager):
        value = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)
        return value

    def start(self):
        proxy = subprocess.Popen(["haproxy", "-db", "-f", self.config], stderr=subprocess.PIPE)
        self.addCleanup(lambda: (proxy.terminate(), proxy.wait(), proxy.stderr.close()))
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                time.sleep(0.05)
        self.fail("haproxy does not listen")

    def dial(self, alpn):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(alpn)
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        conn = context.wrap_socket(raw)
        self.addCleanup(conn.close)
        return conn

    def ask(self, text):
        conn = self.dial(["http/1.1"])
        conn.sendall(text)
        try:
            return conn.recv(65536)
        except OSError:
            return b""

    def test_configuration(self):
        done = subprocess.run(["haproxy", "-c", "-f", self.config], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("WARNING", done.stderr)

    def test_behaviour(self):
        self.start()
        self.assertEqual(self.dial(["h2", "http/1.1"]).selected_alpn_protocol(), "h2")
        good = self.ask(b"GET /a HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n")
        self.assertTrue(good.startswith(b"HTTP/1.1 200"), good)
        sent = [s for s in self.backend.seen if s.startswith(b"GET /a ")][0].lower()
        self.assertIn(b"x-forwarded-for: 127.0.0.1", sent)
        self.assertNotIn(b"9.9.9.9", sent)
        got = self.ask(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertTrue(got.startswith(b"HTTP/1.1 404"), got)
        for bad in (b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
                    b"Content-Length: +7\r\n\r\n",
                    b"Transfer-Encoding: xchunked\r\n\r\n", b"Content-Length : 3\r\n\r\nabc"):
            with self.subTest(bad=bad):
                got = self.ask(b"POST /bad HTTP/1.1\r\nHost: a\r\n" + bad)
                self.assertIn(got[:12], (b"HTTP/1.1 400", b"HTTP/1.1 422"))
        # The one row of the server's table that is the proxy's: chunks framed by bare LF come to
        # the server framed anew.
        self.ask(b"POST /lf HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                 b"3\nabc\n0\n\n")
        self.assertRegex(b"".join(self.backend.seen), rb"POST /lf [^|]*\r\n0*3\r\nabc\r\n0\r\n\r\n")
        self.assertFalse([s for s in self.backend.seen if s.startswith(b"POST /bad")])

    def test_slow(self):
        self.start()
        for beginning in (b"GET /slow HTTP/1.1\r\nX: ",
                          b"POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 999\r\n\r\n"):
            with self.subTest(beginning=beginning):
                conn, begun = self.dial(["http/1.1"]), time.monotonic()
                conn.sendall(beginning)
                conn.settimeout(0.2)
                got = None
                while got is None and time.monotonic() - begun < 4:
                    try:
                        conn.sendall(b"a")
                        got = conn.recv(4096)
                    except TimeoutError:
                        pass
                    except OSError:
                        got = b""
                self.assertLess(time.monotonic() - begun, 3)
                self.assertTrue(got == b"" or got.startswith(b"HTTP/1.1 408"), got)


if __name__ == "__main__":
    unittest.main()
