"""The HTTP face from outside: a dispute from finding to archive, the figure that follows it, what is
refused, and the whole route table walked by nobody, by a user without rights and by an administrator."""
import base64
import datetime
import hashlib
import http.client
import json
import os
import pathlib
import secrets
import signal
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = os.environ.get("BIHUAN_BIN", str(ROOT / "build/bihuan"))
PASSWORD = "Ein-langes-Wort-7"
AREAS = """code,name,parent
360000000000,江西省,
360100000000,南昌市,360000000000
360112000000,新建区,360100000000
360112101000,长堎镇,360112000000
360112101001,一村,360112101000
360112102000,望城镇,360112000000
360103000000,西湖区,360100000000
"""
DISTRICT, TOWN, VILLAGE, OTHER = "360112000000", "360112101000", "360112101001", "360103000000"
PEOPLE = {  # login: role, area, unit
    "grid": ("grid_worker", VILLAGE, "committee"),
    "desk": ("desk", DISTRICT, "centre"),
    "mediator": ("mediator", DISTRICT, "committee"),
    "centre": ("centre", DISTRICT, "centre"),
    "head": ("head", DISTRICT, "centre"),
    "grid2": ("grid_worker", "360112102000", "committee"),
    "handler": ("handler", OTHER, "police"),
    "stranger": ("desk", OTHER, "police"),
    "leader": ("leader", "360100000000", "centre"),
    "admin": ("admin", "360000000000", "centre"),
    "head": ("head", DISTRICT, "centre"),
    "gridonly": ("grid_worker", OTHER, "police"),
    "sessions": ("leader", DISTRICT, "centre"),
}
SPOT = {"summary": "楼上漏水，两家吵起来，当场说好由楼上修", "place": {"text": "一村3栋2单元"},
        "result": "on_the_spot"}
REPORT = {"summary": "两家为宅基地边界争执多次，未谈成", "place": {"text": "长堎镇一村15号", "lon": 115.81, "lat": 28.69},
          "result": "not_settled"}


def uuid7():
    """A version 7 UUID, as a client makes it."""
    ms = int(time.time() * 1000)
    raw = bytearray(ms.to_bytes(6, "big") + secrets.token_bytes(10))
    raw[6] = raw[6] & 0x0F | 0x70
    raw[8] = raw[8] & 0x3F | 0x80
    h = raw.hex()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def cli(*words, given=None):
    done = subprocess.run([BIN, *words], input=given, text=True, capture_output=True, check=False,
                          encoding="utf-8", timeout=60)
    if done.returncode:
        raise AssertionError(f"bihuan {' '.join(words)}: {done.stderr}")
    return done.stdout.strip()


class Client:
    """One browser: cookie and csrf."""

    def __init__(self, port, home=None):
        self.port, self.home, self.cookie, self.csrf = port, home, None, None

    def ask(self, method, path, body=None, raw=None, headers=None, csrf=True):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20,
                                          source_address=(self.home, 0) if self.home else None)
        head = dict(headers or {})
        if self.cookie:
            head["Cookie"] = self.cookie
        if self.csrf and csrf:
            head["X-CSRF-Token"] = self.csrf
        data = raw
        if body is not None:
            data = json.dumps(body)
            head["Content-Type"] = "application/json"
        link.request(method, path, data.encode() if isinstance(data, str) else data, head)
        reply = link.getresponse()
        got = reply.read()
        self.head = reply.headers
        link.close()
        kind = reply.headers.get("Content-Type", "")
        return reply.status, json.loads(got) if got and "json" in kind else got

    def log_in(self, login, password=PASSWORD):
        status, me = self.ask("POST", "/api/session", {"login": login, "password": password})
        if status == 200:
            self.cookie = self.head["Set-Cookie"].split(";")[0]
            self.csrf = me["csrf"]
        return status, me


def png(width=40, height=60):
    """A small picture."""
    def chunk(name, data):
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")
    rows = b"".join(b"\0" + bytes([(x * y) % 256 for x in range(width)]) for y in range(height))
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Server:
    """An own database, filled by the command line, and a server on any free port."""

    def __init__(self, playbooks=ROOT / "playbooks"):
        self.folder = tempfile.TemporaryDirectory()
        os.environ["BIHUAN_KEY"] = f"{self.folder.name}/t.key"
        self.db, self.files = f"{self.folder.name}/t.db", f"{self.folder.name}/t.db.files"
        if POSTGRES:
            name = f"api_{secrets.token_hex(6)}"
            sql = f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0"
            subprocess.run(["psql", "-q", os.environ["BIHUAN_TEST_PG"], "-c", sql], check=True, timeout=60)
            self.db = os.environ["BIHUAN_TEST_PG"].replace("/postgres?", f"/{name}?")
        areas = pathlib.Path(self.folder.name) / "areas.csv"
        areas.write_text(AREAS, encoding="utf-8")
        cli("init", "--db", self.db, "--playbooks", str(playbooks))
        cli("areas", "import", str(areas), "--db", self.db)
        self.orgs = {kind: cli("org", "add", f"单位{kind}", "--area", DISTRICT, "--kind", kind, "--phone",
                               "0791-8321 0000", "--db", self.db) for kind in ("committee", "centre", "police")}
        self.orgs["bureau"] = cli("org", "add", "林业站", "--area", DISTRICT, "--kind", "department", "--no-accounts",
                                  "--db", self.db)
        for login, (role, area, org) in PEOPLE.items():
            cli("account", "add", login, "--role", role, "--area", area, "--org", self.orgs[org], "--db",
                self.db, "--name", f"某{login}", given=PASSWORD + "\n")
        self.start()

    def stored(self, file):
        """The sealed bytes of an upload, as they lie there: in a file, or in rows."""
        if not self.db.startswith("postgres"):
            return [p.read_bytes() for p in pathlib.Path(self.files).rglob(file)]
        sql = f"SELECT encode(bytes, 'hex') FROM blob WHERE id = decode('{file.replace('-', '')}', 'hex') ORDER BY part"
        out = subprocess.run(["psql", "-qtA", self.db, "-c", sql], capture_output=True, text=True, check=True,
                             timeout=60).stdout.split()
        return [b"".join(bytes.fromhex(part) for part in out)] if out else []

    def start(self):
        self.run = subprocess.Popen([BIN, "serve", "--db", self.db, "--listen", "127.0.0.1:0",
                                     "--proxy", "127.0.0.20"], text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.port = int(self.run.stdout.readline().rsplit(":", 1)[1].strip().rstrip("/"))

    def stop(self):
        self.run.send_signal(signal.SIGTERM)
        out = self.run.communicate(timeout=30)
        return self.run.returncode, out[1]

    def end(self):
        code, text = self.stop()
        self.forget()
        return code, text

    def forget(self):
        """The folder with everything in it, and what a failed test left running; other tests of this process have
        keys of their own."""
        if self.run.poll() is None:
            self.stop()
        os.environ.pop("BIHUAN_KEY", None)
        self.folder.cleanup()


POSTGRES = False  # see from_outside_api_pg.py
SERVER = None
CLIENTS = {}


def setUpModule():
    global SERVER
    SERVER = Server()
    for login in PEOPLE:
        CLIENTS[login] = Client(SERVER.port)
        status, me = CLIENTS[login].log_in(login)
        assert status == 200, me
    CLIENTS["nobody"] = Client(SERVER.port)
    CLIENTS["unit"], CLIENTS["guesser"] = Client(SERVER.port, "127.0.0.8"), Client(SERVER.port, "127.0.0.9")
    CLIENTS["resident"] = Client(SERVER.port, "127.0.0.7")  # limits go by the address


def tearDownModule():
    code, text = SERVER.end()
    assert code == 0, text
    assert "Sanitizer" not in text, text


class Served(unittest.TestCase):
    """A server of the class's own, with these people logged in; on PostgreSQL where the class says so."""
    postgres = False
    playbooks = ROOT / "playbooks"
    logins = ()
    make = Server

    @classmethod
    def setUpClass(cls):
        global POSTGRES
        if cls.postgres and not os.environ.get("BIHUAN_TEST_PG"):
            raise unittest.SkipTest("BIHUAN_TEST_PG is not set")
        POSTGRES = cls.postgres
        cls.server = cls.make(cls.playbooks)
        POSTGRES = False
        cls.key = os.environ["BIHUAN_KEY"]
        cls.clients = {}
        for login in cls.logins:
            cls.clients[login] = Client(cls.server.port)
            assert cls.clients[login].log_in(login)[0] == 200

    @classmethod
    def tearDownClass(cls):
        os.environ["BIHUAN_KEY"] = cls.key
        code, text = cls.server.end()
        assert code == 0, text

    def setUp(self):
        os.environ["BIHUAN_KEY"] = self.key

    def client(self, login=None):
        """One more, logged in or not."""
        c = Client(self.server.port)
        if login:
            self.assertEqual(c.log_in(login)[0], 200)
        return c

    def want(self, who, status, method, path, body=None):
        got, answer = self.clients[who].ask(method, path, body)
        self.assertEqual(got, status, f"{method} {path} by {who}: {answer}")
        return answer


class Base(unittest.TestCase):
    def want(self, who, status, method, path, body=None, **more):
        got, answer = CLIENTS[who].ask(method, path, body, **more)
        self.assertEqual(got, status, f"{method} {path} by {who}: {answer}")
        if status >= 400:
            self.assertEqual(set(answer) - {"field", "conflict"}, {"type", "title", "status", "detail", "code"})
            self.assertEqual(answer["status"], status)
        return answer

    def open(self, who, action, fields, status=201, **more):
        body = {"id": uuid7(), "type": "dispute", "area": VILLAGE, "action": action, "fields": fields, **more}
        return self.want(who, status, "POST", "/api/records", body)

    def act(self, who, record, action, fields=None, status=200, **more):
        body = {"id": uuid7(), "version": record["version"], "fields": fields or {}, **more}
        answer = self.want(who, status, "POST", f"/api/records/{record['id']}/actions/{action}", body)
        if status == 200:
            record["version"], record["state"] = answer["version"], answer["state"]
        return answer

    def rate(self, who="centre"):
        day = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date().isoformat()
        f = self.want(who, 200, "GET",
                      f"/api/indicators/dispute.resolution_rate?area={DISTRICT}&from={day}&to={day}")
        return f["n"], f["N"]

    def today(self):
        return datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date().isoformat()

    def register(self, r, who="desk"):
        self.act(who, r, "register", {"type": "0201", "source": "grid", "scale": self.code("scale"),
                                      "colour": "yellow",
                                      "applicant": [{"name": "欧阳小明", "phone": "13812345678"}],
                                      "respondent": [{"name": "李四"}]})

    def code(self, name):
        book = self.want("desk", 200, "GET", "/api/playbooks/dispute")
        return next(c["codes"][0]["code"] for c in book["codes"] if c["id"] == name)

    def to_agreement(self, r, performance=None):
        self.act("mediator", r, "session", {"session_on": self.today(), "session_note": "双方都来了",
                                            "session_manner": self.code("session_manner")})
        self.act("mediator", r, "agree", {"result": "written", "agreement": "各退一步，以墙为界",
                                          "performance": "not_due", "performance_date": performance or self.today()})


class Walk(Base):
    def test_from_the_spot_to_the_archive(self):
        n0, all0 = self.rate()
        spot = self.open("grid", "settle_on_the_spot", SPOT)
        self.assertEqual(spot["state"], "archived")
        self.assertRegex(spot["number"], r"^360112JF\d{9}$")
        self.assertEqual(self.rate(), (n0 + 1, all0 + 1))

        r = self.open("grid", "report", REPORT)
        self.assertEqual(r["state"], "found")
        self.assertEqual(self.rate(), (n0 + 1, all0 + 1))
        self.register(r)
        self.assertEqual(self.rate(), (n0 + 1, all0 + 2))
        self.act("desk", r, "triage", {"grade": "simple", "bar": "none"})
        self.act("mediator", r, "accept", {"consent": True, "rights_told": True, "identity_seen": True})
        self.assertEqual(r["state"], "mediating")
        self.assertEqual(self.rate(), (n0 + 1, all0 + 2))
        self.to_agreement(r)
        self.assertEqual(self.rate(), (n0 + 2, all0 + 2))
        self.act("mediator", r, "take_effect", {"signed": True, "effective_on": self.today()})
        self.assertEqual(r["state"], "performing")

        # who mediated does not visit; what is still open stops the archive
        self.act("mediator", r, "visit", {"performed": "yes", "satisfied": "satisfied"}, status=409)
        # nor does anybody at a desk say for the resident that he is content
        for who, action, fields in (("mediator", "answer", {"performed": "yes", "satisfied": "satisfied"}),
                                    ("desk", "resident_satisfied", {}), ("mediator", "resident_unsolved", {})):
            self.assertEqual(self.act(who, r, action, fields, status=403)["code"], "forbidden")
        offered = {a["id"]: a for a in self.want("desk", 200, "GET", f"/api/records/{r['id']}")["actions"]}
        self.assertEqual(set(offered) & {"answer", "resident_satisfied", "resident_unsolved"}, set())
        self.assertEqual([p["party"] for p in offered["visit"]["parties"]], ["applicant", "respondent"])
        self.act("desk", r, "visit_reopen", {"part": offered["visit"]["parties"][0]["part"], "performed": "no",
                                             "reopen_reason": self.code("reopen_reason"), "satisfied": "dissatisfied"})
        self.assertEqual(r["state"], "mediating")
        self.assertEqual(self.rate(), (n0 + 1, all0 + 2))
        self.to_agreement(r)
        self.assertEqual(self.rate(), (n0 + 1, all0 + 2))  # it was reopened: it stays out
        self.act("mediator", r, "take_effect", {"signed": True, "effective_on": self.today()})
        # each party is asked by itself; the resident's own answer closes the part he names
        good = {"performed": "yes", "satisfied": "satisfied"}
        self.act("desk", r, "visit", good, status=400)
        self.act("desk", r, "visit", dict(good, party="applicant"))
        self.act("desk", r, "archive", {"dossier_complete": True}, status=409)
        mine = self.want("resident", 200, "GET", f"/api/resident?token={r['token']}")["actions"][0]
        self.assertEqual([p["name"] for p in mine["parties"]], ["被申请人"])
        self.want("resident", 200, "POST", "/api/resident/answer",
                  {"token": r["token"], "id": uuid7(), "action": mine["id"],
                   "fields": dict(good, part=mine["parties"][0]["part"])})
        r["version"] += 1
        parts = [p for p in self.want("desk", 200, "GET", f"/api/records/{r['id']}")["parts"] if p.get("outcome")]
        self.assertEqual([(p["party"], p["performed"]) for p in parts],
                         [("applicant", "no"), ("applicant", "yes"), ("respondent", "yes")])
        self.act("desk", r, "archive", {"dossier_complete": False}, status=409)
        self.act("desk", r, "archive", {"dossier_complete": True})
        self.assertEqual(r["state"], "archived")
        self.check_view(r["id"])
        self.check_events(r)

    def check_view(self, rec):
        v = self.want("desk", 200, "GET", f"/api/records/{rec}")
        self.assertEqual(v["fields"]["summary"], REPORT["summary"])
        self.assertEqual(v["title"], REPORT["summary"])
        self.assertEqual(v["fields"]["place"], REPORT["place"])
        self.assertEqual(v["fields"]["registered_on"], self.today())
        self.assertEqual(v["names"]["result"], "书面协议")
        self.assertEqual(v["fields"]["applicant"][0]["name"], "欧阳某")
        self.assertEqual(v["fields"]["applicant"][0]["phone"], "138****5678")
        self.assertEqual(v["area_name"], "江西省南昌市新建区长堎镇一村".replace("江西省", "", 1))
        self.assertTrue(v["reopened"])
        self.assertEqual(v["names"]["mediator"], "某mediator")
        tag = CLIENTS["desk"].head["ETag"]
        status, nothing = CLIENTS["desk"].ask("GET", f"/api/records/{rec}", headers={"If-None-Match": tag})
        if status != 200:  # the minute may have passed in between
            self.assertEqual((status, nothing), (304, b""))

    def check_events(self, r):
        page = self.want("desk", 200, "GET", f"/api/records/{r['id']}/events")
        rows = page["rows"]
        self.assertEqual([x["version"] for x in rows], list(range(1, r["version"] + 1)))
        self.assertIn("单位committee网格员某grid：上报", rows[0]["zh"])
        self.assertIn("Report", rows[0]["en"])
        for x in rows:
            leaf = hashlib.sha256(b"\0" + x["body"].encode()).digest()
            self.assertEqual(base64.b64encode(leaf).decode(), x["leaf"])
            self.assertNotIn("13812345678", x["body"])
            self.assertNotIn("宅基地", x["body"])
        first = self.want("desk", 200, "GET", f"/api/records/{r['id']}/events?limit=3")
        second = self.want("desk", 200, "GET", f"/api/records/{r['id']}/events?after={first['next']}")
        self.assertEqual(first["rows"] + second["rows"], rows)
        proof = self.want("desk", 200, "GET", f"/api/records/{r['id']}/proof").decode()
        self.assertTrue(proof.startswith("c2sp.org/tlog-proof@v1\n"), proof[:60])

    def test_a_look_is_an_event_and_shows_what_was_masked(self):
        r = self.open("grid", "report", REPORT)
        self.register(r)
        path = f"/api/records/{r['id']}/look"
        self.want("desk", 400, "POST", path, {"fields": ["applicant"]})
        self.want("grid", 403, "POST", path, {"fields": ["applicant"], "purpose": "想看看"})
        got = self.want("desk", 200, "POST", path, {"fields": ["applicant"], "purpose": "通知到场"})
        self.assertEqual(got["fields"]["applicant"][0], {"name": "欧阳小明", "phone": "13812345678"})
        rows = self.want("desk", 200, "GET", f"/api/records/{r['id']}/events")["rows"]
        self.assertEqual((rows[-1]["action"], rows[-1]["said"]["purpose"]), ("look", "通知到场"))
        self.assertEqual(rows[-1]["seq"], got["receipt"]["seq"])


    def test_who_works_on_a_step_states_no_purpose(self):
        r = self.open("grid", "report", REPORT)
        path, task = f"/api/records/{r['id']}/look", {"task": True}
        self.register(r)
        self.assertNotIn("shows", self.want("desk", 200, "GET", f"/api/records/{r['id']}"))
        self.want("desk", 403, "POST", path, task)  # no step that needs them
        self.act("desk", r, "triage", {"grade": "simple", "bar": "none"})
        self.act("desk", r, "transfer", {"to_org": SERVER.orgs["committee"]})
        self.act("mediator", r, "sign")
        self.act("mediator", r, "accept", {"consent": True, "rights_told": True, "identity_seen": True})
        child = [{"name": "王小明", "phone": "13912345678", "minor": True}, {"name": "李四", "phone": "13712345678"}]
        self.act("mediator", r, "amend", {"fields": {"respondent": child}, "reason": "补充当事人"})
        self.assertEqual(self.want("mediator", 200, "GET", f"/api/records/{r['id']}")["shows"],
                         ["applicant", "respondent"])
        seen = self.want("mediator", 200, "POST", path, task)
        self.assertEqual(seen["fields"]["applicant"][0], {"name": "欧阳小明", "phone": "13812345678"})
        self.assertEqual(seen["fields"]["respondent"],
                         [{"name": "未成年人", "minor": True, "masked": True}, child[1]])
        # once: the second time it is the same event
        self.assertEqual(self.want("mediator", 200, "POST", path, task)["receipt"]["seq"], seen["receipt"]["seq"])
        looks = [x for x in self.want("mediator", 200, "GET", f"/api/records/{r['id']}/events")["rows"]
                 if x["action"] == "look"]
        self.assertEqual([(x["said"]["purpose"], json.loads(x["body"])["in"]["task"]) for x in looks],
                         [("办理环节：调解中", "mediating")])
        # everyone else states a purpose; what the step says is not said by the caller; a paper is another look
        for other in ("desk", "head", "centre"):
            self.assertNotIn("shows", self.want(other, 200, "GET", f"/api/records/{r['id']}"))
            self.want(other, 403, "POST", path, task)
        self.want("grid", 403, "POST", path, task)
        for more in ({"fields": ["applicant"]}, {"purpose": "x"}, {"id": uuid7()}):
            self.want("mediator", 400, "POST", path, dict(task, **more))
        self.want("mediator", 403, "GET", f"/api/records/{r['id']}/dossier.pdf?look={seen['receipt']['event']}")
        # another step is another look; who gave the matter away gets no answer of before
        r["version"] += 1
        self.to_agreement(r)
        self.assertGreater(self.want("mediator", 200, "POST", path, task)["receipt"]["seq"], seen["receipt"]["seq"])
        r["version"] += 1
        self.act("mediator", r, "transfer", {"to_org": SERVER.orgs["police"]})
        self.want("mediator", 403, "POST", path, task)

    def test_a_sealed_matter_always_asks(self):
        r = self.open("grid", "report", REPORT)
        self.register(r)
        self.act("desk", r, "triage", {"grade": "simple", "bar": "none"})
        self.act("desk", r, "transfer", {"to_org": SERVER.orgs["committee"]})
        self.act("mediator", r, "sign")
        self.act("mediator", r, "accept", {"consent": True, "rights_told": True, "identity_seen": True})
        self.act("mediator", r, "amend", {"fields": {"minor": True}, "reason": "有未成年人"})
        self.assertNotIn("shows", self.want("mediator", 200, "GET", f"/api/records/{r['id']}"))
        self.want("mediator", 403, "POST", f"/api/records/{r['id']}/look", {"task": True})
        self.want("mediator", 200, "POST", f"/api/records/{r['id']}/look",
                  {"fields": ["applicant"], "purpose": "通知到场"})


class Wrong(Base):
    def test_once_however_often_it_is_sent(self):
        body = {"id": uuid7(), "type": "dispute", "area": VILLAGE, "action": "report", "fields": REPORT}
        first = self.want("grid", 201, "POST", "/api/records", body)
        again = self.want("grid", 200, "POST", "/api/records", body)
        self.assertEqual(first["receipt"], again["receipt"])
        self.assertEqual(first["number"], again["number"])
        other = dict(body, fields=dict(REPORT, summary="别的事"))
        self.assertEqual(self.want("grid", 409, "POST", "/api/records", other)["code"], "id_used")
        answers, threads = [], []
        body = dict(body, id=uuid7())
        for _ in range(8):
            t = threading.Thread(target=lambda: answers.append(Client.ask(self.twin(), "POST", "/api/records", body)))
            threads.append(t)
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(len({json.dumps(a[1]["receipt"]) for a in answers}), 1)
        self.assertEqual(sum(a[0] == 201 for a in answers), 1, answers)

    def twin(self):
        c = Client(SERVER.port)
        c.cookie, c.csrf = CLIENTS["grid"].cookie, CLIENTS["grid"].csrf
        return c

    def test_what_is_refused(self):
        r = self.open("grid", "report", REPORT)
        path = f"/api/records/{r['id']}/actions"
        good = {"id": uuid7(), "version": 1, "fields": {"text": "看过"}}
        cases = [
            # who, action, body, status, code, field
            ("grid", "register", dict(good, fields={}), 403, "forbidden", None),
            ("grid", "supervise", good, 403, "forbidden", None),
            ("mediator", "transfer", dict(good, fields={"to_org": SERVER.orgs["police"]}), 403, "forbidden", None),
            ("desk", "archive", dict(good, fields={"dossier_complete": True}), 409, "wrong_state", None),
            ("desk", "no_such_action", good, 400, None, None),
            ("desk", "register", dict(good, fields={"typ": "0201"}), 400, "unknown_field", "typ"),
            ("desk", "register", dict(good, fields={"type": "9999"}), 400, "unknown_code", "type"),
            ("desk", "register", dict(good, fields={"type": "0201"}), 400, "required", None),
            ("desk", "comment", dict(good, id="1"), 400, "bad_input", "id"),
            ("desk", "comment", dict(good, versions=1), 400, "unknown_field", "versions"),
            ("desk", "comment", dict(good, version="1"), 400, "bad_input", "version"),
            ("desk", "comment", dict(good, at="gestern"), 400, "bad_input", "at"),
            ("desk", "comment", dict(good, fields=[1]), 400, "bad_input", "fields"),
            ("desk", "transfer", dict(good, fields={"to_org": uuid7()}), 400, "bad_input", "to_org"),
            ("stranger", "comment", good, 404, "not_found", None),
        ]
        for who, action, body, status, code, field in cases:
            with self.subTest(who=who, action=action, body=body):
                got, answer = CLIENTS[who].ask("POST", f"{path}/{action}", body)
                if code is None:
                    self.assertIn(got, (400, 404), answer)
                    continue
                self.assertEqual((got, answer["code"]), (status, code), answer)
                if field:
                    self.assertEqual(answer["field"], field)
        events = self.want("desk", 200, "GET", f"/api/records/{r['id']}/events")["rows"]
        self.assertEqual(len(events), 1)  # nothing of it left a trace

    def test_a_place_on_a_road(self):
        place = {"text": "加油站旁", "road": " G320 ", "chainage": "k12+300", "chainage_to": "K12+800"}
        rec = self.open("desk", "report", {**REPORT, "place": place})["id"]
        got = self.want("desk", 200, "GET", f"/api/records/{rec}")["fields"]["place"]
        self.assertEqual(("加油站旁", "G320", "K12+300", "K12+800", "加油站旁 G320 K12+300至K12+800"),
                         tuple(got[x] for x in ("text", "road", "chainage", "chainage_to", "words")))
        for words in ("G320", "G320 K12+300", "加油站旁"):
            found = self.want("desk", 200, "GET", "/api/records?type=dispute&search=" + urllib.parse.quote(words))
            self.assertIn(rec, [x["id"] for x in found["rows"]], words)
        again = {x: got[x] for x in ("road", "chainage", "words")}  # as the page sends it back, corrected
        self.want("desk", 200, "POST", f"/api/records/{rec}/actions/amend", {
            "id": uuid7(), "fields": {"fields": {"place": {**again, "chainage": "K13"}}, "reason": "看错了桩号"}})
        got = self.want("desk", 200, "GET", f"/api/records/{rec}")["fields"]["place"]
        self.assertEqual({"road": "G320", "chainage": "K13+000", "words": "G320 K13+000"}, got)
        for wrong in ({"chainage": "K12"}, {"road": "G320", "chainage": "12公里"}, {"road": "路" * 41}, {"road": ["G320"]},
                      {"road": "G320", "chainage": "K12+800-K12+300"}):
            status = 413 if len(wrong.get("road", "")) > 9 else 400
            answer = self.open("desk", "report", {**REPORT, "place": wrong}, status=status)
            self.assertEqual("place", answer["field"])

    def test_a_stale_version_tells_both_sides(self):
        r = self.open("grid", "report", REPORT)
        self.act("desk", r, "amend", {"fields": {"result": "pending"}, "reason": "写错了"})
        old = dict(r)
        self.act("desk", r, "comment", {"text": "先记一笔"})
        self.act("desk", dict(old), "comment", {"text": "旧版本上也可以说话"})
        old = dict(r)
        form = {"withdraw_note": "双方自己谈好了"}
        self.act("desk", r, "amend", {"fields": form, "reason": "补记"})
        answer = self.act("desk", old, "withdraw", {"withdraw_note": "申请人不来了"}, status=409)
        self.assertEqual(answer["code"], "stale")
        self.assertIn("withdraw_note", answer["conflict"])

    def test_sessions(self):
        c = Client(SERVER.port)
        self.assertEqual(c.log_in("grid", "wrong-password-1")[0], 401)
        self.assertEqual(c.log_in("no-such-login")[0], 401)
        self.assertEqual(c.ask("POST", "/api/session", {"login": "grid"})[0], 401)
        self.assertEqual(c.ask("POST", "/api/session", {"login": "grid", "password": "x", "more": 1})[0], 400)
        self.assertEqual(c.ask("POST", "/api/session", raw=b"{")[0], 400)
        self.assertEqual(c.log_in("sessions")[0], 200)
        cookie = c.head["Set-Cookie"]
        for part in ("HttpOnly", "SameSite=Strict", "Path=/"):
            self.assertIn(part, cookie)
        rows = c.ask("GET", "/api/sessions")[1]["rows"]
        self.assertEqual([x["current"] for x in rows].count(True), 1)
        self.assertGreaterEqual(len(rows), 2)
        status, answer = c.ask("DELETE", "/api/session", csrf=False)
        self.assertEqual((status, answer["code"]), (403, "csrf"))
        other = dict(headers={"X-CSRF-Token": CLIENTS["desk"].csrf}, csrf=False)
        self.assertEqual(c.ask("DELETE", "/api/session", **other)[0], 403)
        self.assertEqual(c.ask("GET", "/api/session")[0], 200)
        self.assertEqual(c.ask("DELETE", "/api/session")[0], 204)
        self.assertEqual(c.ask("GET", "/api/session")[0], 401)
        c.cookie = "bihuan=" + "A" * 43
        self.assertEqual(c.ask("GET", "/api/session")[0], 401)

    def test_another_password(self):
        c = Client(SERVER.port)
        self.assertEqual(c.log_in("gridonly")[0], 200)
        body = {"login": "gridonly", "password": PASSWORD, "new": "short"}
        self.assertEqual(c.ask("PUT", "/api/session/password", body)[0], 400)
        body["new"] = "Noch-ein-Wort-99"
        self.assertEqual(c.ask("PUT", "/api/session/password", dict(body, password="wrong"))[0], 401)
        self.assertEqual(c.ask("PUT", "/api/session/password", dict(body, login="desk"))[0], 401)
        self.assertEqual(c.ask("PUT", "/api/session/password", body)[0], 204)
        self.assertEqual(c.ask("GET", "/api/session")[0], 200)
        self.assertEqual(CLIENTS["gridonly"].ask("GET", "/api/session")[0], 401)  # its other session ended
        self.assertEqual(Client(SERVER.port).log_in("gridonly")[0], 401)
        self.assertEqual(CLIENTS["gridonly"].log_in("gridonly", body["new"])[0], 200)

    def test_language(self):
        status, zh = CLIENTS["nobody"].ask("GET", "/api/session")
        _, en = CLIENTS["nobody"].ask("GET", "/api/session", headers={"Accept-Language": "en-GB,en;q=0.9"})
        self.assertEqual((status, zh["title"], en["title"]), (401, "请先登录", "Please log in"))


class Rights(Base):
    """Nobody, a user who has no right to it, an administrator: every row of the route table."""

    def rows(self):
        doc = self.want("nobody", 200, "GET", "/api/openapi.json")
        for path, methods in doc["paths"].items():
            for method, row in methods.items():
                yield path, method.upper(), row["x-permission"]

    def test_every_row(self):
        roles = {"act": ["grid", "desk"], "admin": ["admin"]}
        self.assertTrue(roles)
        seen = 0
        have = {}
        for who in ("leader", "admin", "grid", "handler"):
            bits = self.want(who, 200, "GET", "/api/session")["permissions"]
            names = ["public", "self", "read", "act", "count", "look", "export", "import", "audit", "admin", "steer"]
            have[who] = {n for i, n in enumerate(names) if bits >> i & 1} | {"public"}
        for path, method, needs in self.rows():
            if path == "/api/stream":
                continue  # it does not end; see Streams
            seen += 1
            self.assertTrue(needs, path)
            where = path.replace("{id}", uuid7()).replace("{action}", "comment").replace("{code}", "1") \
                        .replace("{key}", "none")
            body = {"x": 1} if method in ("POST", "PUT") else None
            with self.subTest(method=method, path=path):
                status, answer = CLIENTS["nobody"].ask(method, where, body)
                if "public" in needs:
                    self.assertNotIn(status, (403, 500), answer)
                    continue
                self.assertEqual((status, answer["code"]), (401, "login_required"))
                for who, rights in have.items():
                    if rights & set(needs):
                        if method in ("POST", "PUT", "DELETE"):
                            status, answer = CLIENTS[who].ask(method, where, body, csrf=False)
                            self.assertEqual((status, answer["code"]), (403, "csrf"))
                        else:
                            status, answer = CLIENTS[who].ask(method, where)
                            self.assertNotIn(status, (401, 403, 500), answer)
                    else:
                        status, answer = CLIENTS[who].ask(method, where, body)
                        self.assertEqual((status, answer["code"]), (403, "forbidden"), who)
        self.assertGreater(seen, 20)

    def test_a_report_for_another_system(self):
        mapping = ("report: dispute.dispute\nsystem: province\n"
                   "columns:\n  编号: number\n  事由: summary\n  单位: {value: 新建区}\n")
        words = f"上报用的一件{secrets.token_hex(4)}"
        r = self.open("grid", "report", dict(REPORT, summary=words))

        def ask(who, status, text=mapping, more=""):
            query = urllib.parse.urlencode({"mapping": text})
            return self.want(who, status, "GET", f"/api/exports/report?{query}{more}")

        for _ in range(2):  # a GET marks nothing: the second says the same
            rows = ask("head", 200).decode("utf-8-sig").splitlines()
            self.assertEqual(rows[0], "编号,事由,单位")
            self.assertEqual(sum(f",{words},新建区" in x for x in rows), 1)
        self.assertEqual(CLIENTS["head"].head["Content-Type"], "text/csv; charset=utf-8")
        self.assertEqual(len(self.want("head", 200, "GET", f"/api/records/{r['id']}/events")["rows"]), 1)
        self.assertEqual(len(ask("head", 200, more="&from=2001-01-01&to=2001-01-02").decode().splitlines()), 1)
        self.assertNotIn(words, ask("head", 200, more="&area=360112102000").decode())
        self.assertNotIn(words, ask("stranger", 200).decode())  # his area is another
        ask("grid", 403)
        self.assertIn("mapping:2", ask("head", 400, mapping.replace("province", ""))["detail"])
        for bad in ("&from=soon", "&area=1", "&all=perhaps"):
            ask("head", 400, more=bad)
        self.want("head", 400, "GET", "/api/exports/report")

    def test_what_is_not_mine_is_not_there(self):
        r = self.open("grid", "report", REPORT)
        for what in ("", "/events", "/proof"):
            self.want("stranger", 404, "GET", f"/api/records/{r['id']}{what}")
            self.want("handler", 404, "GET", f"/api/records/{r['id']}{what}")
            self.want("leader", 200, "GET", f"/api/records/{r['id']}{what}")
        self.assertNotIn(r["id"], self.ids("stranger"))
        self.assertIn(r["id"], self.ids("desk"))
        # a unit with a part in the matter sees it
        self.act("centre", r, "transfer", {"to_org": SERVER.orgs["police"]})
        self.want("handler", 200, "GET", f"/api/records/{r['id']}")
        self.assertIn(r["id"], self.ids("handler"))

    def ids(self, who):
        return [x["id"] for x in self.want(who, 200, "GET", "/api/records?type=dispute&limit=200")["rows"]]

    def test_figures_are_cut_to_the_area(self):
        path = "/api/indicators/dispute.registered?from=2024-01-01&to=2024-12-31"
        self.assertEqual(self.want("stranger", 200, "GET", path)["area"], OTHER)
        self.want("stranger", 403, "GET", f"{path}&area={DISTRICT}")
        self.want("stranger", 403, "GET", f"{path}&area=360100000000")
        self.want("leader", 200, "GET", f"{path}&area={DISTRICT}")
        self.want("leader", 400, "GET", f"{path}&area=999")
        answer = self.want("leader", 403, "GET", f"{path}&by=mediator")
        self.assertEqual(answer["code"], "privacy")
        # a list tells a number too: not by who did it, and not in its order
        for question, code in (("where=mediator%20%3D%20%27x%27", "privacy"), ("sort=mediator", "bad_input"),
                               ("where=mediator%20IS%20NULL", "privacy")):
            status = 403 if code == "privacy" else 400
            answer = self.want("desk", status, "GET", f"/api/records?type=dispute&{question}")
            self.assertEqual(answer["code"], code)
        where = urllib.parse.quote("mediator = '" + uuid7() + "'")
        answer = self.want("leader", 403, "GET", f"{path}&where={where}")
        self.assertEqual(answer["code"], "privacy")
        self.want("leader", 404, "GET", path.replace("registered", "no_such"))
        status, _ = CLIENTS["leader"].ask("GET", path)
        tag = CLIENTS["leader"].head["ETag"]
        self.assertEqual(CLIENTS["leader"].ask("GET", path, headers={"If-None-Match": tag})[0], 304, status)


class Lists(Base):
    def test_pages_hold_every_row_once(self):
        made = {self.open("grid", "report", REPORT)["id"] for _ in range(7)}
        got, after = [], ""
        while True:
            page = self.want("grid", 200, "GET", f"/api/records?type=dispute.dispute&limit=3{after}")
            self.assertLessEqual(len(page["rows"]), 3)
            got += [x["id"] for x in page["rows"]]
            if page["next"] is None:
                break
            after = "&after=" + urllib.parse.quote(page["next"])
        self.assertEqual(len(got), len(set(got)))
        self.assertLessEqual(made, set(got))
        for bad in ("", "?type=nothing", "?type=sys.account", "?type=dispute&limit=0", "?type=dispute&limit=201",
                    "?type=dispute&area=1", "?type=dispute&open=maybe", "?type=dispute&sort=nothing",
                    "?type=dispute&after=zz"):
            with self.subTest(bad=bad):
                self.want("grid", 400, "GET", f"/api/records{bad}")

    def load_reports(self, area, n, closed):
        """By the ordinary import: n reports of an area, some of them closed."""
        folder = pathlib.Path(SERVER.folder.name)
        mapping, table = folder / "reports.yaml", folder / "reports.csv"
        mapping.write_text("import: report.report\naction: load\nsource: {column: src}\nid: {column: id}\n"
                           "area: {column: area}\n"
                           "columns: {opened: opened, closed: closed, text: text, category: kind}\n",
                           encoding="utf-8")
        kind = next(c["codes"][0]["code"] for c in self.want("desk", 200, "GET", "/api/playbooks/report")["codes"])
        rows = [f"t,{i},{area},2024-0{i % 9 + 1}-03 08:00,{'2024-11-01 09:00' if i < closed else ''},路灯坏了{i},{kind}"
                for i in range(n)]
        table.write_text("\n".join(["src,id,area,opened,closed,text,kind"] + rows) + "\n", encoding="utf-8")
        done = json.loads(cli("import", str(mapping), str(table), "--db", SERVER.db, "--json"))
        self.assertEqual(done["new"], n, done)

    def pages(self, who, query, limit=200):
        """How many rows all pages have, and the totals they told."""
        rows, totals, after = 0, set(), ""
        while True:
            page = self.want(who, 200, "GET", f"/api/records?{query}&limit={limit}{after}")
            rows += len(page["rows"])
            totals.add(page.get("total"))
            if page["next"] is None:
                return rows, totals
            after = "&after=" + urllib.parse.quote(page["next"])

    def test_a_total_is_the_number_of_rows(self):
        self.load_reports(VILLAGE, 1030, 7)
        for who, query in (("desk", f"area={DISTRICT}"), ("desk", f"area={DISTRICT}&open=true"),
                           ("leader", "area=360100000000"), ("leader", "area=360100000000&open=true"),
                           ("desk", f"area={DISTRICT}&sort=opened"), ("desk", f"area={TOWN}")):
            with self.subTest(query=query):
                rows, totals = self.pages(who, f"type=report&{query}")
                self.assertEqual(totals, {rows})
                self.assertGreater(rows, 1022)
        # what no counter tells is absent: a condition
        page = self.want("desk", 200, "GET", f"/api/records?type=report&area={DISTRICT}&limit=2"
                         "&where=source%20IS%20NOT%20NULL")
        self.assertNotIn("total", page)

    def test_a_total_has_the_units_matters_elsewhere(self):
        for _ in range(3):  # more than a page: else the page itself tells
            self.open("grid", "report", REPORT)
        there = uuid7()
        self.want("stranger", 201, "POST", "/api/records", {
            "id": there, "type": "dispute", "area": OTHER, "action": "report", "fields": REPORT})
        counted = {}
        for sent in (False, True):
            if sent:
                self.want("stranger", 200, "POST", f"/api/records/{there}/actions/transfer", {
                    "id": uuid7(), "fields": {"to_org": SERVER.orgs["centre"]}})
            for who, query in (("desk", ""), ("desk", "&open=true"), ("grid", ""), ("grid", "&open=true"),
                               ("stranger", "&sort=opened"), ("head", f"&area={VILLAGE}")):
                rows, totals = self.pages(who, f"type=dispute{query}", limit=2)
                self.assertEqual(totals, {rows}, (who, query))
                counted[who, query, sent] = rows
        for query in ("", "&open=true"):
            self.assertEqual(counted["desk", query, True], counted["desk", query, False] + 1)
            self.assertEqual(counted["grid", query, True], counted["grid", query, False])

    def test_changes(self):
        start = self.want("desk", 200, "GET", "/api/changes?after=0&limit=2000")
        r = self.open("grid", "report", REPORT)
        step = self.want("desk", 200, "GET", f"/api/changes?after={start['seq']}")
        # the clock drafts warning letters meanwhile: other matters of this place are there from other tests
        self.assertEqual([x["id"] for x in step["records"] if x["type"] == "dispute.dispute"], [r["id"]])
        self.assertEqual((step["gone"], step["more"]), ([], False))
        other = self.want("stranger", 200, "GET", f"/api/changes?after={start['seq']}")
        self.assertEqual(other["records"], [])
        self.act("centre", r, "transfer", {"to_org": SERVER.orgs["police"]})
        here = self.want("handler", 200, "GET", f"/api/changes?after={step['seq']}")
        self.assertEqual([x["id"] for x in here["records"]], [r["id"]])
        self.want("desk", 400, "GET", "/api/changes?after=x")

    def test_areas_and_playbooks(self):
        roots = self.want("grid", 200, "GET", "/api/areas")["rows"]
        self.assertEqual([(x["code"], x["children"]) for x in roots], [("360000000000", 1)])
        towns = self.want("grid", 200, "GET", f"/api/areas?parent={DISTRICT}")["rows"]
        self.assertEqual([x["name"] for x in towns], ["长堎镇", "望城镇"])
        self.assertEqual(self.want("grid", 200, "GET", f"/api/areas/{TOWN}")["parent"], DISTRICT)
        self.want("grid", 404, "GET", "/api/areas/1")
        self.want("grid", 400, "GET", "/api/areas?parent=1")
        two = self.want("grid", 200, "GET", f"/api/areas?parent={DISTRICT}&levels=2")["rows"]
        by_level = [x for t in towns for x in
                    [t, *self.want("grid", 200, "GET", f"/api/areas?parent={t['code']}")["rows"]]]
        self.assertEqual({x["code"]: x for x in two}, {x["code"]: x for x in by_level})
        self.assertGreater(len(two), len(towns))
        self.assertEqual([x["level"] for x in self.want("grid", 200, "GET", "/api/areas?levels=2")["rows"]], [1, 2])
        for bad in ("0", "3", "two"):
            self.want("grid", 400, "GET", f"/api/areas?levels={bad}")
        book = self.want("grid", 200, "GET", "/api/playbooks/dispute")
        actions = {a["id"]: a for a in book["records"][0]["actions"]}
        self.assertIn({"field": "summary", "required": True}, actions["report"]["form"])
        self.want("grid", 404, "GET", "/api/playbooks/nothing")
        self.assertLessEqual({"dispute", "report"},
                             {x["id"] for x in self.want("grid", 200, "GET", "/api/playbooks")["rows"]})


class Complaint(Base):
    """What the frame of every page leads to: one who works with the program says what is wrong with it."""

    def complain(self, who, status=201, page="/new"):
        return self.open(who, "complain", {"text": "同一张表一个月填两次", "page": page, "reply": True,
                                           "contact": {"name": "某某", "phone": "13912340000"}},
                         status, type="complaint.complaint")

    def test_answered_by_the_centre(self):
        r = self.complain("grid")
        self.assertRegex(r["number"], r"^360112TJ\d{9}$")
        seen = self.want("centre", 200, "GET", f"/api/records/{r['id']}")
        self.assertEqual((seen["state"], seen["fields"]["page"]), ("received", "/new"))
        self.assertTrue(seen["due"])
        other = self.want("stranger", 404, "GET", f"/api/records/{r['id']}")
        self.assertEqual(other["code"], "not_found")
        self.act("grid", r, "answer", {"answer": "改好了"}, status=403)
        self.act("centre", r, "answer", {}, status=400)
        self.act("centre", r, "answer", {"answer": "第二张表不用再填"})
        self.assertEqual(r["state"], "answered")
        self.assertEqual(self.want("grid", 200, "GET", f"/api/records/{r['id']}")["fields"]["answer"], "第二张表不用再填")

    def test_all_who_write_may_and_it_is_marked(self):
        for who in ("mediator", "desk", "head", "centre"):
            self.complain(who)
        self.complain("desk", page=None)  # emptied in the form
        self.complain("leader", 403)  # reads only
        books = self.want("grid", 200, "GET", "/api/playbooks")["rows"]
        self.assertEqual(books[-1]["id"], "complaint")
        opens = [a for b in books for x in b["records"] for a in x["opens"] if "on_every_page" in a]
        self.assertEqual([(a["id"], a["on_every_page"]) for a in opens], [("complain", "page")])


class Skew(Base):
    """A telephone whose clock is off (decisions 27)."""

    def send(self, status, ahead, **more):
        at = datetime.datetime.now(datetime.timezone.utc) + ahead
        body = {"id": uuid7(), "type": "dispute", "area": VILLAGE, "action": "report", "fields": REPORT,
                "at": at.isoformat(timespec="seconds"), **more}
        return self.want("grid", status, "POST", "/api/records", body)

    def test_a_day_ahead(self):
        day = datetime.timedelta(days=1)
        ms = 24 * 3600 * 1000
        self.assertEqual(self.send(400, day)["field"], "at")
        r = self.send(201, day, skew=-ms)
        event = self.want("grid", 200, "GET", f"/api/records/{r['id']}/events")["rows"][0]
        body = json.loads(event["body"])
        self.assertEqual(body["in"]["$skew"], -ms)
        self.assertLess(abs(body["at"] - body["recorded"]), 60_000)
        r = self.send(201, -day, skew=ms)
        event = self.want("grid", 200, "GET", f"/api/records/{r['id']}/events")["rows"][0]
        self.assertEqual(json.loads(event["body"])["in"]["$skew"], ms)

    def test_what_is_no_skew(self):
        none = datetime.timedelta()
        for wrong in ("1", 1.5, 10 ** 15, True):
            self.assertEqual(self.send(400, none, skew=wrong)["field"], "skew")
        body = {"id": uuid7(), "type": "dispute", "area": VILLAGE, "action": "report", "fields": REPORT, "skew": 5}
        self.assertEqual(self.want("grid", 400, "POST", "/api/records", body)["field"], "skew")


class Desk(Base):
    """What waits for a person, a unit, an area: each number is a list, and moves by one."""

    def lists(self, who, of="unit", shown=""):
        got = self.want(who, 200, "GET", f"/api/desk?of={of}" + (f"&list={shown}" if shown else ""))
        return {x["id"]: x for x in got["lists"]}

    def waits(self, who, of, shown, record):
        """Does this record stand in that list?"""
        got = self.lists(who, of, shown)[shown]
        return record["id"] in [x["matter"]["id"] for x in got["rows"]]

    def test_a_transfer_waits_for_its_unit_until_it_is_signed_for_or_returned(self):
        r = self.open("grid", "report", REPORT)
        before = self.lists("handler")["sign"]["n"]
        self.act("centre", r, "transfer", {"to_org": SERVER.orgs["police"]})
        self.assertEqual(self.lists("handler")["sign"]["n"], before + 1)
        self.assertTrue(self.waits("handler", "me", "sign", r))
        self.assertTrue(self.waits("leader", "area", "sign", r))
        self.assertFalse(self.waits("grid", "unit", "sign", r))
        row = next(x for x in self.lists("handler", "unit", "sign")["sign"]["rows"] if x["matter"]["id"] == r["id"])
        self.assertTrue(row["says"] and row["since"] and row["at"])
        self.act("handler", r, "sign")
        self.assertEqual(self.lists("handler")["sign"]["n"], before)
        self.act("handler", r, "return", {"reason": "wrong_area"})
        self.assertTrue(self.waits("desk", "unit", "back", r))
        self.assertFalse(self.waits("grid", "unit", "back", r))
        self.act("desk", r, "transfer", {"to_org": SERVER.orgs["committee"]})
        self.assertFalse(self.waits("desk", "unit", "back", r))
        self.act("mediator", r, "sign")
        self.act("mediator", r, "transfer", {"to_org": SERVER.orgs["centre"]})
        # the centre's own unit waits for it and so do its areas: it stands there once
        got = self.lists("centre", "area", "sign")["sign"]
        ids = [x["matter"]["id"] for x in got["rows"]]
        self.assertEqual((ids.count(r["id"]), len(ids), len(set(ids))), (1, got["n"], got["n"]))

    def test_what_i_reported_is_told_to_me_wherever_it_went(self):
        r = self.open("grid", "report", REPORT)
        self.act("desk", r, "withdraw")
        self.assertTrue(self.waits("grid", "me", "done", r))

    def test_what_i_reported_is_told_to_me_alone_when_it_is_closed(self):
        r = self.open("grid", "settle_on_the_spot", SPOT)
        self.assertEqual(r["state"], "archived")
        self.assertTrue(self.waits("grid", "me", "done", r))
        self.assertFalse(self.waits("mediator", "me", "done", r))  # of the same unit
        self.assertNotIn("done", self.lists("leader", "area"))

    def row_of(self, who, record, more, shown="call"):
        got = self.want(who, 200, "GET", f"/api/desk?of=me&list={shown}{more}")["lists"]
        rows = next(x for x in got if x["id"] == "call")["rows"]
        return next((x for x in rows if x["matter"]["id"] == record["id"]), None)

    def test_a_row_of_calls_has_what_makes_the_call_when_it_is_asked_for(self):
        r = self.open("grid", "report", REPORT)
        self.register(r)
        self.act("desk", r, "triage", {"grade": "ordinary", "bar": "none"})
        self.act("mediator", r, "accept", {"consent": True, "rights_told": True, "identity_seen": True})
        self.to_agreement(r, "2024-01-02")
        self.act("mediator", r, "take_effect", {"signed": True, "effective_on": self.today()})
        whole = self.want("desk", 200, "GET", f"/api/records/{r['id']}")
        answers = ("visit", "visit_reopen", "visit_missed")
        row = self.row_of("desk", r, "&calls=true")
        self.assertEqual({a["id"]: a for a in row["actions"]},
                         {a["id"]: a for a in whole["actions"] if a["id"] in answers and a["possible"]})
        self.assertEqual(len(row["actions"][0]["parties"]), 2)
        self.assertEqual(row["playbook"], whole["playbook"])
        self.assertNotIn("actions", self.row_of("desk", r, ""))
        self.assertNotIn("actions", self.row_of("desk", r, "", "all"))
        # who may not call has no such row
        self.assertIsNone(self.row_of("mediator", r, "&calls=true"))

    def test_what_is_refused(self):
        for bad in ("of=all", "list=nothing", "list=sign&after=x", "list=sign&after=-1", "list=call&calls=1"):
            with self.subTest(bad=bad):
                self.want("desk", 400, "GET", f"/api/desk?{bad}")
        self.assertEqual(CLIENTS["admin"].ask("GET", "/api/desk")[0], 403)


class Forms(Base):
    """The forms of the actions that every matter has come from one table."""

    def test_what_a_form_requires_is_what_deciding_asks_for(self):
        forms = {x["id"]: x for x in self.want("centre", 200, "GET", "/api/actions")["rows"]}
        r = self.want("centre", 200, "GET", f"/api/records/{self.open('grid', 'report', REPORT)['id']}")
        tried = 0
        for action in r["actions"]:
            form = forms.get(action["id"], {"form": []})["form"]
            needed = [x["id"] for x in form if x.get("required") and "when" not in x]
            if not action.get("builtin") or not action["possible"] or not needed:
                continue
            body = {"id": uuid7(), "version": r["version"], "fields": {}}
            status, answer = CLIENTS["centre"].ask("POST", f"/api/records/{r['id']}/actions/{action['id']}", body)
            with self.subTest(action=action["id"]):
                self.assertEqual(status, 400, answer)
                self.assertIn(answer["field"], [x["id"] for x in form])
            tried += 1
        self.assertGreater(tried, 5)

    def test_every_word_of_a_form_is_taken(self):
        """No option is offered that deciding does not know."""
        forms = {x["id"]: x["form"] for x in self.want("centre", 200, "GET", "/api/actions")["rows"]}
        for option in next(x for x in forms["return"] if x["id"] == "reason")["options"]:
            r = self.open("grid", "report", REPORT)
            self.act("centre", r, "transfer", {"to_org": SERVER.orgs["police"]})
            self.act("handler", r, "return", {"reason": option["value"], "right_org": SERVER.orgs["centre"]})

    def test_what_cannot_be_done_says_why(self):
        r = self.open("grid", "report", REPORT)
        self.act("centre", r, "urge")
        got = self.want("centre", 200, "GET", f"/api/records/{r['id']}")
        urge = next(x for x in got["actions"] if x["id"] == "urge")
        self.assertFalse(urge["possible"])
        self.assertIn("催办", urge["why"])


class Files(Base):
    PNG = png()

    def test_pictures_are_drawn_anew(self):
        """What a camera wrote beside the pixels does not come in."""
        corpus = ROOT / "fuzz" / "corpus" / "picture"
        for name, mime in (("jpeg-exif", "image/jpeg"), ("png-exif", "image/png"), ("webp-lossy", "image/jpeg"),
                           ("webp-clear", "image/png")):
            up = self.want("grid", 201, "POST", "/api/files?name=a", raw=(corpus / name).read_bytes())
            self.assertEqual(mime, up["mime"], name)
            kept = self.want("grid", 200, "GET", f"/api/files/{up['file']}")
            self.assertEqual((len(kept), hashlib.sha256(kept).hexdigest()), (up["size"], up["sha256"]))
            self.assertNotIn(b"exif", kept.lower(), name)
        for raw, why in ((self.PNG[:-20], "损坏"), ((corpus / "jpeg-gray-cut").read_bytes(), "损坏"),
                         (b"\0\0\0\x18ftypheic" + bytes(20), "HEIC")):
            got = self.want("grid", 400, "POST", "/api/files?name=a", raw=raw)
            self.assertIn(why, got["detail"])
        self.want("grid", 413, "POST", "/api/files?name=a", raw=(corpus / "png-wide").read_bytes())

    def test_what_an_action_may_name(self):
        up = self.want("grid", 201, "POST", "/api/files?name=a.png", raw=self.PNG)["file"]
        first, other = self.open("grid", "report", REPORT)["id"], self.open("grid", "report", REPORT)["id"]

        def attach(who, status, record, file):
            return self.want(who, status, "POST", f"/api/records/{record}/actions/attach",
                             {"id": uuid7(), "fields": {"documents": [{"doc": "application", "file": file}]}})
        self.assertIn("不在了", attach("grid", 400, first, uuid7())["detail"])
        self.assertIn("其他账号", attach("desk", 400, first, up)["detail"])
        attach("grid", 200, first, up)
        self.assertIn("另一件", attach("grid", 400, other, up)["detail"])

    def test_upload_and_fetch(self):
        up = self.want("grid", 201, "POST", "/api/files?name=" + urllib.parse.quote("../照片 1.png"), raw=self.PNG)
        kept = self.want("grid", 200, "GET", f"/api/files/{up['file']}")
        self.assertEqual((up["mime"], up["size"], up["name"]), ("image/png", len(kept), "照片 1.png"))
        self.assertEqual(up["sha256"], hashlib.sha256(kept).hexdigest())
        self.assertIn("attachment", CLIENTS["grid"].head["Content-Disposition"])
        self.want("desk", 404, "GET", f"/api/files/{up['file']}")
        r = self.open("grid", "report", dict(REPORT, photo=[up]))
        self.assertEqual(self.want("desk", 200, "GET", f"/api/files/{up['file']}?record={r['id']}"), kept)
        self.want("stranger", 404, "GET", f"/api/files/{up['file']}?record={r['id']}")
        other = self.open("grid", "report", REPORT)
        self.want("desk", 404, "GET", f"/api/files/{up['file']}?record={other['id']}")
        stored = SERVER.stored(up["file"])
        self.assertEqual(len(stored), 1)
        self.assertNotIn(b"PNG", stored[0])

    def test_sent_again_it_is_kept_once(self):
        mine = uuid7()
        path = f"/api/files?name=a.png&id={mine}"
        first = self.want("grid", 201, "POST", path, raw=self.PNG)
        self.assertEqual(first["file"], mine)
        self.assertEqual(self.want("grid", 200, "POST", path, raw=self.PNG), first)
        got = self.want("grid", 409, "POST", path, raw=png(9, 9))
        self.assertEqual(got["code"], "id_used")
        self.want("desk", 409, "POST", path, raw=self.PNG)
        self.want("grid", 400, "POST", "/api/files?name=a.png&id=7", raw=self.PNG)
        self.assertEqual(len(SERVER.stored(mine)), 1)

    def test_what_is_not_taken(self):
        self.want("grid", 400, "POST", "/api/files?name=x", raw=b"\x7fELF\xff\xfe\x00")
        self.want("grid", 400, "POST", "/api/files?name=x", raw=b"")
        self.want("leader", 403, "POST", "/api/files?name=x", raw=self.PNG)
        got = self.want("grid", 201, "POST", "/api/files?name=a.html", raw="<script>alert(1)</script>")
        self.assertEqual(got["mime"], "text/plain; charset=utf-8")


class Resident(Base):
    def test_five_lines(self):
        r = self.open("grid", "report", dict(REPORT, contact_person={"name": "王五", "phone": "13900001111"}))
        if "token" not in r:
            self.skipTest("this playbook gives no slip")
        day = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date().isoformat()
        five = self.want("nobody", 200, "GET", f"/api/resident?token={r['token']}")
        self.assertEqual(five["where"], "已收到，正在办")
        self.assertEqual(set(five) >= {"where", "who", "since", "next", "by"}, True)
        self.assertNotIn("王", json.dumps(five, ensure_ascii=False))
        same = self.want("nobody", 200, "GET", f"/api/resident?digits={r['digits']}&date={day}")
        self.assertEqual(same, five)
        self.want("nobody", 404, "GET", f"/api/resident?digits={r['digits']}&date=2024-01-01")
        self.want("nobody", 404, "GET", "/api/resident?token=" + "x" * 32)
        self.want("nobody", 404, "GET", "/api/resident")
        self.want("nobody", 409, "POST", "/api/resident/answer",
                  {"token": r["token"], "id": uuid7(), "fields": {"performed": "yes", "satisfied": "satisfied"}})
        self.want("nobody", 409, "POST", "/api/resident/answer",
                  {"token": r["token"], "id": uuid7(), "action": "register", "fields": {}})

    def test_zz_not_too_often(self):
        codes = [CLIENTS["nobody"].ask("GET", "/api/resident?token=guess%d" % i)[0] for i in range(30)]
        self.assertEqual(codes[-1], 429)


class Proxy(Base):
    """Behind a trusted proxy limits go by the address that it asks for, and nobody else can claim one."""

    def codes(self, client, n, **head):
        return [client.ask("GET", "/api/link?token=x", headers=head)[0] for _ in range(n)]

    def test_the_newest_entry_counts(self):
        proxy, liar = Client(SERVER.port, "127.0.0.20"), Client(SERVER.port, "127.0.0.21")
        self.assertEqual(self.codes(proxy, 61, **{"X-Forwarded-For": "203.0.113.1"})[-1], 429)
        self.assertEqual(self.codes(proxy, 1, **{"X-Forwarded-For": "203.0.113.2"})[-1], 404)
        # what stands before the newest entry anybody may have written
        self.assertEqual(self.codes(proxy, 1, **{"X-Forwarded-For": "203.0.113.9, 203.0.113.1"})[-1], 429)
        self.assertEqual(self.codes(proxy, 1, **{"X-Forwarded-For": "203.0.113.1, 127.0.0.20"})[-1], 429)
        # no proxy: its own address counts, whatever it says
        self.assertEqual(self.codes(liar, 60, **{"X-Forwarded-For": "203.0.113.3"})[-1], 404)
        self.assertEqual(self.codes(liar, 1, **{"X-Forwarded-For": "203.0.113.4"})[-1], 429)


class Tries(Base):
    """A whole office behind one address logs in within a minute; who guesses from there is held up."""

    def test_only_wrong_ones_count(self):
        office = Client(SERVER.port, "127.0.0.40")

        def tried(password):
            return office.ask("POST", "/api/session", {"login": "nobody-%s" % uuid7()[-8:] if password else "sessions",
                                                       "password": password or PASSWORD})[0]
        self.assertEqual({tried(None) for _ in range(40)}, {200})
        self.assertEqual([tried("a wrong guess") for _ in range(30)], [401] * 30)
        self.assertEqual(tried("a wrong guess"), 429)
        self.assertEqual(office.head["Retry-After"], "60")


class Lookup(Base):
    """A person who is present is found by telephone among the open matters of the unit; every try is an event."""

    def find(self, who, phone, purpose="窗口有人来问", status=200):
        return self.want(who, status, "POST", "/api/lookup", {"phone": phone, "purpose": purpose})

    def test_numbers_only_and_an_event(self):
        person = {"name": "赵六", "phone": "13711112222"}
        r = self.open("grid", "report", dict(REPORT, contact_person=person))
        before = self.size()
        got = self.find("mediator", "137-1111 2222")
        self.assertEqual([set(x) for x in got["rows"]], [{"id", "number"}])
        self.assertEqual(got["rows"][0]["id"], r["id"])
        self.assertEqual(self.find("mediator", "13711112223")["rows"], [])
        self.assertEqual(self.size(), before + 2)  # one each, found or not
        self.find("desk", "13711112222", " ", status=400)
        self.find("desk", "zhao", status=400)
        self.find("grid", "13711112222", status=403)
        self.assertEqual([x["id"] for x in self.find("desk", "13711112222")["rows"]], [r["id"]])  # the centre holds it
        self.assertEqual(self.find("handler", "13711112222")["rows"], [])  # not a matter of that unit
        self.assertEqual(self.size(), before + 4)

    def size(self):
        """How many look-ups the log holds; clocks and watches may add events of their own meanwhile."""
        log = pathlib.Path(SERVER.folder.name) / "lookups.txt"
        cli("log", "export", str(log), "--db", SERVER.db)
        return log.read_text(encoding="utf-8").count('"type":"sys.org","act":"look"')


class Link(Base):
    """A unit without accounts acts by a link that shows one matter."""

    def get(self, token, status=200):
        return self.want("unit", status, "GET", f"/api/link?token={token}")

    def do(self, token, action, fields=None, status=200, **more):
        body = {"token": token, "id": uuid7(), "fields": fields or {}, **more}
        return self.want("unit", status, "POST", f"/api/link/actions/{action}", body)

    def sent(self, summary="林木被砍"):
        person = {"name": "王五", "phone": "13900001111"}
        r = self.open("grid", "report", dict(REPORT, summary=summary, contact_person=person))
        r["links"] = self.act("centre", r, "transfer", {"to_org": SERVER.orgs["bureau"], "note": "请核实"})["links"]
        return r, r["links"][0]["token"]

    def test_one_matter_and_no_more(self):
        r, token = self.sent()
        other = self.open("grid", "report", REPORT)
        self.assertEqual(len(r["links"]), 1)
        self.assertEqual(r["links"][0]["org_name"], "林业站")
        m = self.get(token)
        self.assertEqual((m["id"], m["org_name"], m["title"]), (r["id"], "林业站", "林木被砍"))
        text = json.dumps(m, ensure_ascii=False)
        self.assertNotIn("13900001111", text)
        self.assertNotIn("王五", text)
        self.assertEqual([p["kind"] for p in m["parts"]], ["transfer"])
        forms = {a["id"]: a["form"] for a in m["actions"]}
        self.assertEqual(set(forms), {"sign", "return", "comment", "attach"})
        self.assertEqual([c["code"] for c in forms["return"][0]["codes"]],
                         ["not_ours", "wrong_area", "incomplete", "duplicate", "joint"])
        # nothing else opens: not the matter itself, not another, not the token of another part
        for path in (f"/api/records/{r['id']}", f"/api/records/{other['id']}", "/api/records"):
            self.want("unit", 401, "GET", path)
        self.want("unit", 401, "POST", f"/api/records/{r['id']}/actions/sign", {"id": uuid7(), "version": 2})
        for wrong in ("", "x", token[:-1], token + "A", token[:-4] + "AAAA", "A" * 56):
            self.get(wrong, 404)
        # staff see that there is a link, and never its hash
        view = self.want("centre", 200, "GET", f"/api/records/{r['id']}")
        part = next(p for p in view["parts"] if p["kind"] == "pass")
        self.assertNotIn("hash", part)
        self.assertEqual((part["org_name"], part["open"]), ("林业站", True))

    def test_what_it_does_is_an_event_of_the_unit(self):
        r, token = self.sent()
        body = {"token": token, "id": uuid7(), "fields": {}}
        first = self.want("unit", 200, "POST", "/api/link/actions/sign", body)
        self.assertEqual(self.want("unit", 200, "POST", "/api/link/actions/sign", body)["receipt"], first["receipt"])
        self.assertNotIn("sign", [a["id"] for a in self.get(token)["actions"]])
        self.do(token, "sign", status=409)
        up = self.want("unit", 201, "POST", f"/api/link/files?token={token}&name=a.png", raw=Files.PNG)
        self.do(token, "attach", {"documents": [{"doc": "application", "file": up["file"], "name": "a.png"}]})
        self.do(token, "comment", {"text": "已到现场"})
        for action in ("register", "urge", "amend", "look", "transfer", "link_renew", "nothing"):
            self.do(token, action, status=403 if action != "nothing" else 400)
        events = self.want("centre", 200, "GET", f"/api/records/{r['id']}/events")["rows"]
        mine = [json.loads(e["body"]) for e in events if "林业站" in json.dumps(e, ensure_ascii=False)]
        self.assertEqual([e["by"] for e in mine if e["act"] in ("sign", "attach", "comment")], ["link"] * 3)
        self.assertEqual({e["org"] for e in mine if e["by"] == "link"}, {SERVER.orgs["bureau"]})
        self.assertIn("林业站（凭链接）：签收", [e["zh"] for e in events])

    def test_returned_renewed_revoked(self):
        r, token = self.sent()
        self.do(token, "return", {"reason": "x"}, status=400)
        self.do(token, "return", {"reason": "not_ours"}, status=400)
        self.do(token, "return", {"reason": "not_ours", "right_org": SERVER.orgs["police"]})
        self.get(token, 404)  # its part is over
        r, token = self.sent()
        self.act("grid", r, "link_renew", {}, status=403)
        self.act("centre", r, "link_renew", {"link_days": 400}, status=400)
        fresh = self.act("centre", r, "link_renew", {"link_days": 2})["links"][0]
        self.get(token, 404)
        self.assertEqual(self.get(fresh["token"])["id"], r["id"])
        self.act("centre", r, "link_revoke")
        self.get(fresh["token"], 404)
        self.do(fresh["token"], "sign", status=404)
        self.act("centre", r, "link_revoke", status=409)

    def test_a_share_and_a_unit_with_accounts(self):
        r = self.open("grid", "report", REPORT)
        got = self.act("centre", r, "share", {"orgs": [SERVER.orgs["police"], SERVER.orgs["bureau"]], "text": "配合"})
        self.assertEqual([x["org_name"] for x in got["links"]], ["林业站"])
        token = got["links"][0]["token"]
        self.assertEqual([a["id"] for a in self.get(token)["actions"]], ["share_done", "comment", "attach"])
        self.assertEqual([p["org_name"] for p in self.get(token)["parts"]], ["林业站"])
        self.do(token, "sign", status=403)
        self.do(token, "share_done", status=400)
        self.do(token, "share_done", {"text": "已配合"})
        self.get(token, 404)
        self.assertNotIn("links", self.act("centre", r, "comment", {"text": "x"}))

    def test_not_too_often(self):
        codes = [CLIENTS["guesser"].ask("GET", "/api/link?token=guess%d" % i)[0] for i in range(70)]
        self.assertEqual(codes[-1], 429)


class Streams(Base):
    def test_changes_arrive_at_who_may_see_them(self):
        heard = {}

        def listen(who):
            link = http.client.HTTPConnection("127.0.0.1", SERVER.port, timeout=10)
            link.request("GET", "/api/stream", headers={"Cookie": CLIENTS[who].cookie})
            reply = link.getresponse()
            heard[who] = [reply.status]
            try:
                while len(heard[who]) < 3:
                    line = reply.readline().decode()
                    if not line.startswith("data:"):
                        continue
                    said = json.loads(line[5:])
                    # a letter that a watch drafts meanwhile is left out: its id is derived (version 8)
                    own = [x for x in said["records"] if x[14] != "8"]
                    if own or not said["records"]:
                        heard[who].append({**said, "records": own})
            except (TimeoutError, OSError):
                pass
            link.close()

        threads = [threading.Thread(target=listen, args=(w,)) for w in ("desk", "stranger")]
        for t in threads:
            t.start()
        deadline = time.time() + 5
        while time.time() < deadline and any(len(heard.get(w, [])) < 2 for w in ("desk", "stranger")):
            time.sleep(0.02)
        r = self.open("grid", "report", REPORT)
        threads[0].join()
        self.assertEqual(heard["desk"][0], 200)
        self.assertEqual(heard["desk"][2], {"seq": r["receipt"]["seq"], "records": [r["id"]]})
        time.sleep(0.3)
        self.assertEqual(len(heard["stranger"]), 2)
        status, answer = CLIENTS["nobody"].ask("GET", "/api/stream")
        self.assertEqual((status, answer["code"]), (401, "login_required"))
        self.want("admin", 403, "GET", "/api/stream")
        threads[1].join()


class System(Base):
    def test_health_metrics_checkpoint(self):
        self.assertEqual(self.want("nobody", 200, "GET", "/healthz")["ok"], True)
        text = self.want("nobody", 200, "GET", "/metrics").decode()
        self.assertRegex(text, r"(?m)^bihuan_actions_total \d+$")
        for login in PEOPLE:
            self.assertNotIn(login + '"', text)
        note = self.want("nobody", 200, "GET", "/api/checkpoint").decode().split("\n")
        self.assertEqual(int(note[1]), self.want("nobody", 200, "GET", "/healthz")["size"])
        self.assertEqual(len(base64.b64decode(note[2])), 32)

    def test_the_page(self):
        page = self.want("nobody", 200, "GET", "/")
        self.assertIn(b"<", page)
        self.assertIn("default-src 'none'", CLIENTS["nobody"].head["Content-Security-Policy"])
        self.want("nobody", 404, "GET", "/nothing.js")
        self.want("nobody", 404, "GET", "/api/nothing")
        self.want("nobody", 400, "GET", "/..%2f..%2fetc%2fpasswd.txt")


class Versions(Base):
    """A playbook's next version and a change of areas, by the administrator's page."""

    def settled(self, path):
        """A figure that may still be built."""
        for _ in range(200):
            status, answer = CLIENTS["leader"].ask("GET", path)
            if status != 503:
                self.assertEqual(status, 200, answer)
                return answer
            self.assertEqual(answer["code"], "term_building")
            self.assertLessEqual(answer["done"], answer["total"])
            time.sleep(0.05)
        self.fail("it is never built")

    def files(self, version):
        folder = ROOT / "playbooks" / "dispute"
        names = ("playbook.yaml", "codes.yaml", "indicators.yaml", "documents.yaml")
        texts = {n: (folder / n).read_text(encoding="utf-8") for n in names}
        texts["playbook.yaml"] = texts["playbook.yaml"].replace("version: 1\n", f"version: {version}\n", 1)
        return texts

    def test_a_next_version(self):
        book = "/api/playbooks/dispute"
        old = self.open("grid", "report", REPORT)
        files = self.files(2)
        files["playbook.yaml"] = files["playbook.yaml"].replace("limit: 1wd", "limit: 2wd", 1)
        for who in ("head", "grid", "centre"):
            self.want(who, 403, "POST", f"{book}/dry-run", {"files": files})
        told = self.want("admin", 200, "POST", f"{book}/dry-run", {"files": files})
        self.assertEqual((told["from"], told["to"], told["same_version"], told["stuck"]), (1, 2, False, 0))
        moved = [r for r in told["rows"] if r["kind"] == "clock_moved" and r["key"] == "register"]
        self.assertIn(old["number"], moved[0]["examples"] if moved[0]["n"] <= 5 else [old["number"]])
        for bad in ({}, {"files": {}}, {"files": {"playbook.yaml": 1}}, {"files": {"a/b": "x"}}, {"other": 1}):
            with self.subTest(bad=bad):
                self.want("admin", 400, "POST", f"{book}/dry-run", bad)
        status, answer = CLIENTS["admin"].ask("POST", f"{book}/dry-run", {"text": "playbook: dispute\n"})
        self.assertEqual((status, answer["code"]), (400, "syntax"))
        self.assertEqual(set(answer["complaints"][0]), {"file", "line", "text"})
        self.want("admin", 400, "POST", "/api/playbooks/hazard/dry-run", {"files": files})
        self.want("head", 403, "POST", f"{book}/install", {"id": uuid7(), "files": files})
        self.want("admin", 409, "POST", f"{book}/install", {"id": uuid7(), "files": self.files(1)})
        self.want("admin", 201, "POST", f"{book}/install", {"id": uuid7(), "files": files})
        versions = self.want("grid", 200, "GET", f"{book}/versions")["rows"]
        self.assertEqual([(v["version"], v.get("in_force", False)) for v in versions], [(1, False), (2, True)])
        form = self.want("head", 200, "GET", f"/api/records/{old['id']}/adopt")
        self.assertTrue(form["possible"])
        self.assertEqual((form["from"], form["to"]), ("dispute@1", "dispute@2"))
        self.act("desk", old, "adopt", status=403)
        self.act("head", old, "adopt")
        self.want("head", 400, "GET", f"/api/records/{old['id']}/adopt")
        self.want("admin", 400, "POST", f"{book}/put-in-force", {"id": uuid7(), "version": 9})
        self.want("grid", 403, "POST", f"{book}/put-in-force", {"id": uuid7(), "version": 1})
        self.want("admin", 200, "POST", f"{book}/put-in-force", {"id": uuid7(), "version": 1})
        self.assertEqual(self.want("grid", 200, "GET", book)["version"], 1)
        self.settled(f"/api/indicators/dispute.found?area={DISTRICT}&from=2024-01-01&to=2030-12-31")

    def test_a_township_moves(self):
        move = "/api/areas/360112102000/actions/move"
        r = self.open("grid2", "settle_on_the_spot", SPOT, area="360112102000")
        held = self.open("grid2", "report", REPORT, area="360112102000")
        figure = f"/api/indicators/dispute.found?area={OTHER}&from=2024-01-01&to=2030-12-31"
        before = self.settled(figure)["n"]
        self.want("desk", 403, "POST", move, {"id": uuid7(), "fields": {"parent": OTHER}})
        self.want("admin", 400, "POST", move, {"id": uuid7(), "fields": {"parent": "360112102000"}})
        self.want("admin", 400, "POST", move, {"id": uuid7(), "fields": {}})
        self.want("admin", 400, "POST", "/api/areas/360112102000/actions/burn", {"id": uuid7(), "fields": {}})
        self.want("stranger", 404, "GET", f"/api/records/{r['id']}")
        seq = self.want("stranger", 200, "GET", "/api/changes?after=0&limit=2000")["seq"]
        self.want("admin", 201, "POST", move, {"id": uuid7(), "fields": {"parent": OTHER}})
        self.assertGreater(self.settled(figure)["n"], before)
        self.want("stranger", 200, "GET", f"/api/records/{r['id']}")
        self.want("desk", 404, "GET", f"/api/records/{r['id']}")
        self.want("desk", 200, "GET", f"/api/records/{held['id']}")  # its unit holds it until it hands it on
        self.open("grid", "report", REPORT)  # whatever happens next tells those who were away
        away = self.want("stranger", 200, "GET", f"/api/changes?after={seq}")
        self.assertIn(r["id"], [x["id"] for x in away["records"]])
        self.assertIn(r["id"], self.want("desk", 200, "GET", f"/api/changes?after={seq}")["gone"])
        rows = self.want("stranger", 200, "GET", "/api/records?type=dispute&limit=200")["rows"]
        self.assertIn(r["id"], [x["id"] for x in rows])
        self.assertEqual(self.want("grid", 200, "GET", "/api/areas/360112102000")["parent"], OTHER)
        self.want("admin", 201, "POST", move, {"id": uuid7(), "fields": {"parent": DISTRICT}})
        self.assertEqual(self.settled(figure)["n"], before)


if __name__ == "__main__":
    unittest.main()
