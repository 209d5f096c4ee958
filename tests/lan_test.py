"""tools/lan.sh: an own certificate authority, HAProxy's configuration, and what a telephone is given."""
import contextlib
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@unittest.skipUnless(shutil.which("openssl"), "no openssl here")
class Lan(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "conf").symlink_to(ROOT / "conf")
        (self.folder / "build").mkdir()
        self.lan = self.folder / "build/lan"

    def sh(self, text):
        source = f"set -euo pipefail; . {ROOT}/tools/setup.sh; . {ROOT}/tools/lan.sh; {text}"
        done = subprocess.run(["bash", "-c", source], cwd=self.folder, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def trusted(self, certificate):
        done = subprocess.run(["openssl", "verify", "-CAfile", self.lan / "ca.crt", certificate], capture_output=True,
                              text=True, check=False)
        return done.returncode == 0

    def test_the_authority_stays_and_the_certificate_follows_the_addresses(self):
        self.sh("lan_certificate 192.168.1.7 127.0.0.1")
        authority, first = (self.lan / "ca.crt").read_bytes(), (self.lan / "bihuan.crt").read_bytes()
        self.assertTrue(self.trusted(self.lan / "bihuan.crt"))
        self.sh("lan_certificate 192.168.1.7 127.0.0.1")
        self.assertEqual((self.lan / "bihuan.crt").read_bytes(), first)
        self.sh("lan_certificate 10.0.0.3 127.0.0.1")
        self.assertNotEqual((self.lan / "bihuan.crt").read_bytes(), first)
        self.assertEqual((self.lan / "ca.crt").read_bytes(), authority)
        self.assertEqual(self.lan.stat().st_mode & 0o77, 0)

    def test_it_speaks_for_private_addresses_only(self):
        self.sh("lan_certificate 8.8.8.8")
        self.assertFalse(self.trusted(self.lan / "bihuan.crt"))

    @unittest.skipUnless(shutil.which("haproxy"), "no haproxy here")
    def test_a_telephone_gets_the_certificate_and_then_the_page(self):
        https, http = free_port(), free_port()
        self.sh(f"LAN_HTTPS={https}; LAN_HTTP={http}; lan_certificate 127.0.0.1; lan_proxy {free_port()}")
        proxy = subprocess.Popen(["haproxy", "-db", "-f", self.lan / "haproxy.cfg"], stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (proxy.terminate(), proxy.wait()))
        for _ in range(100):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", https)).close()
                break
            time.sleep(0.05)
        with urllib.request.urlopen(f"http://127.0.0.1:{http}/ca.crt", timeout=10) as reply:
            given = reply.read()
            self.assertEqual(reply.headers["Content-Type"], "application/x-x509-ca-cert")
        self.assertEqual(given, (self.lan / "ca.crt").read_bytes())
        context = ssl.create_default_context(cadata=given.decode())
        with socket.create_connection(("127.0.0.1", https), timeout=10) as raw:
            with context.wrap_socket(raw, server_hostname="127.0.0.1") as tls:
                self.assertIn(tls.version(), ("TLSv1.2", "TLSv1.3"))


if __name__ == "__main__":
    unittest.main()
