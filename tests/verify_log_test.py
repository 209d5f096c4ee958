"""tools/verify_log.py: it accepts what holds, and notices every way of tampering.

Trees, proofs and signatures are made here by the plain recursive definitions of RFC 6962 and RFC
8032, which share no code with the verifier.
"""
import base64
import contextlib
import functools
import hashlib
import importlib.util
import io
import itertools
import json
import pathlib
import random
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SPEC = importlib.util.spec_from_file_location("verify_log", ROOT / "tools" / "verify_log.py")
verify_log = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(verify_log)

# ---- what a log is, from the definitions ----


def sha(data):
    return hashlib.sha256(data).digest()


def split(n):
    """The largest power of two below n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def tree_root(leaves):
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return sha(b"\1" + tree_root(leaves[:k]) + tree_root(leaves[k:]))


def audit_path(m, leaves):
    if len(leaves) < 2:
        return []
    k = split(len(leaves))
    if m < k:
        return audit_path(m, leaves[:k]) + [tree_root(leaves[k:])]
    return audit_path(m - k, leaves[k:]) + [tree_root(leaves[:k])]


def consistency(m, leaves, whole=True):
    n = len(leaves)
    if m == n:
        return [] if whole else [tree_root(leaves)]
    k = split(n)
    if m <= k:
        return consistency(m, leaves[:k], whole) + [tree_root(leaves[k:])]
    return consistency(m - k, leaves[k:], False) + [tree_root(leaves[:k])]


FIELD = 2**255 - 19
GROUP = 2**252 + 27742317777372353535851937790883648493
CURVE = -121665 * pow(121666, -1, FIELD) % FIELD
GENERATOR = (15112221349535400772501151409588531511454012693041857206046113283949847762202,
             46316835694926478169428394003475163141307993866256225615783033603165251855960)


def plus(a, b):
    """The addition law of the curve in plain coordinates."""
    t = CURVE * a[0] * b[0] * a[1] * b[1] % FIELD
    return ((a[0] * b[1] + b[0] * a[1]) * pow(1 + t, -1, FIELD) % FIELD,
            (a[1] * b[1] + a[0] * b[0]) * pow(1 - t, -1, FIELD) % FIELD)


def multiple(n, a):
    total = (0, 1)
    for bit in bin(n)[2:]:
        total = plus(total, total)
        if bit == "1":
            total = plus(total, a)
    return total


def packed(a):
    return (a[1] | (a[0] & 1) << 255).to_bytes(32, "little")


class Signer:
    def __init__(self, name, seed=b"\7" * 32, kind=1):
        digest = hashlib.sha512(seed).digest()
        self.secret = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
        self.prefix, self.name, self.kind = digest[32:], name, kind
        self.public = packed(multiple(self.secret, GENERATOR))
        self.id = sha(name.encode() + b"\n" + bytes([kind]) + self.public)[:4]
        data = base64.b64encode(bytes([kind]) + self.public).decode()
        self.vkey = f"{name}+{self.id.hex()}+{data}"

    @functools.cache
    def sign(self, text):
        r = int.from_bytes(hashlib.sha512(self.prefix + text).digest(), "little") % GROUP
        point = packed(multiple(r, GENERATOR))
        k = int.from_bytes(hashlib.sha512(point + self.public + text).digest(), "little") % GROUP
        return point + ((r + k * self.secret) % GROUP).to_bytes(32, "little")

    def line(self, text, time=1700000000):
        if self.kind == 4:
            signed = b"cosignature/v1\ntime %d\n" % time + text
            data = self.id + time.to_bytes(8, "big") + self.sign(signed)
        else:
            data = self.id + self.sign(text)
        return f"\u2014 {self.name} {base64.b64encode(data).decode()}\n".encode()


ORIGIN = "log.example/bihuan.test"
LOG = Signer(ORIGIN)
WITNESS = Signer("witness.example", b"\3" * 32, 4)
OTHER = Signer(ORIGIN, b"\4" * 32)


def b64(data):
    return base64.b64encode(data).decode()


def note(size, root, signers=(LOG,), origin=ORIGIN):
    text = f"{origin}\n{size}\n{b64(root)}\n".encode()
    return text + b"\n" + b"".join(s.line(text) for s in signers)


def uuid(n):
    return f"01900000-0000-7000-8000-{n:012x}"


def event(n, rec, ver, **more):
    return {"v": 1, "id": uuid(n), "rec": uuid(rec), "ver": ver, "type": "dispute.dispute",
            "act": "report" if ver == 1 else "register", "pb": "dispute@3", "at": 1000 + n,
            "recorded": 2000 + n, "by": "operator", "area": 17, "code": "360112000000",
            "set": {"summary": {"$d": 0, "c": "x"}, "n": n}, **more}


def line_of(body):
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def log_of(n):
    """n events on three records."""
    versions, lines = {}, []
    for i in range(n):
        rec = 900 + i * 2 % 3
        versions[rec] = versions.get(rec, 0) + 1
        lines.append(line_of(event(i, rec, versions[rec])))
    return lines


def leaf(line):
    return base64.b64decode(line[1:]) if line.startswith(b"#") else sha(b"\0" + line)


def leaves_of(lines):
    return [leaf(line) for line in lines]


def hidden(line):
    return b"#" + b64(sha(b"\0" + line)).encode()


def export(lines, **how):
    return b"".join(line + b"\n" for line in lines) + b"\n" + note(
        len(lines), tree_root(leaves_of(lines)), **how)


def proof_text(index, lines, extra=None, **how):
    hashes = audit_path(index, leaves_of(lines))
    text = "c2sp.org/tlog-proof@v1\n" + (f"extra {b64(extra)}\n" if extra is not None else "")
    text += f"index {index}\n" + "".join(b64(h) + "\n" for h in hashes)
    return text.encode() + b"\n" + note(len(lines), tree_root(leaves_of(lines)), **how)


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return str(path)

    def run_tool(self, *args):
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            try:
                status = verify_log.main(list(args))
            except SystemExit as e:
                status = e.code
        return status, out.getvalue()

    def expect(self, status, part, *args):
        got, text = self.run_tool(*args)
        self.assertEqual(got, status, text)
        self.assertIn(part, text)

    def log(self, status, part, data, *more):
        self.expect(status, part, "log", self.file("log", data), "--vkey", LOG.vkey, *more)


class Signatures(Case):
    def test_published_vectors(self):
        # RFC 8032, section 7.1, tests 1 to 3: public key, message, signature
        for public, text, signature in (
                ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                 "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
                 "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
                ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
                 "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
                 "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
                ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                 "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
                 "ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")):
            public, text, signature = map(bytes.fromhex, (public, text, signature))
            self.assertTrue(verify_log.signature_good(public, text, signature))
            self.assertFalse(verify_log.signature_good(public, text + b"!", signature))
            for i in range(0, 512, 7):
                wrong = bytearray(signature)
                wrong[i // 8] ^= 1 << i % 8
                self.assertFalse(verify_log.signature_good(public, text, bytes(wrong)), i)

    def test_only_one_form(self):
        text, signature = b"text", LOG.sign(b"text")
        s = int.from_bytes(signature[32:], "little")
        again = signature[:32] + (s + GROUP).to_bytes(32, "little")
        self.assertTrue(verify_log.signature_good(LOG.public, text, signature))
        self.assertFalse(verify_log.signature_good(LOG.public, text, again))
        self.assertFalse(verify_log.signature_good(LOG.public, text, signature[:-1]))
        self.assertFalse(verify_log.signature_good(LOG.public, text, signature + b"\0"))
        self.assertFalse(verify_log.signature_good(b"\xff" * 32, text, signature))
        # under the neutral point anything would be signed: refused in its second spellings
        anything = packed(multiple(5, GENERATOR)) + (5).to_bytes(32, "little")
        for neutral in (FIELD + 1, 1 << 255 | 1):
            public = neutral.to_bytes(32, "little")
            self.assertFalse(verify_log.signature_good(public, text, anything))
        off_curve = (2).to_bytes(32, "little")
        self.assertFalse(verify_log.signature_good(off_curve, text, signature))

    def test_many_keys(self):
        for i in range(20):
            signer, text = Signer("a", bytes([i]) * 32), b"x" * i
            self.assertTrue(verify_log.signature_good(signer.public, text, signer.sign(text)))

    def test_key_texts(self):
        data = export(log_of(2))
        file, key = self.file("log", data), self.file("a+b.key", LOG.vkey.encode() + b"\n")
        self.expect(0, f"signed: {ORIGIN}", "log", file, "--vkey", key)
        self.expect(0, "NOT CHECKED", "log", file)
        wrong_id = LOG.vkey.replace(LOG.id.hex(), "00000000")
        other_kind = Signer(ORIGIN, kind=2).vkey
        for text in (wrong_id, other_kind, LOG.vkey[:-4], "a+b"):
            self.assertEqual(self.run_tool("log", file, "--vkey", text)[0], 2, text)
        empty = self.file("empty", b"")
        self.expect(2, "verifier key", "log", file, "--vkey", empty)


class Log(Case):
    def test_good(self):
        for n in range(18):
            self.log(0, f"good: {n} events", export(log_of(n)))

    def test_what_is_said(self):
        lines = log_of(5)
        root = b64(tree_root(leaves_of(lines)))
        status, text = self.run_tool("log", self.file("log", export(lines)), "--vkey", LOG.vkey)
        self.assertEqual((status, text), (0, "good: 5 events, 3 records, 0 hidden\n"
                                          f"log: {ORIGIN}\nroot: {root}\nsigned: {ORIGIN}\n"))

    def test_every_event_altered(self):
        lines = log_of(7)
        tail = export(lines)[sum(len(line) + 1 for line in lines):]
        for i, line in enumerate(lines):
            other = line.replace(b'"area":17', b'"area":18')
            self.assertNotEqual(line, other)
            data = b"".join(x + b"\n" for x in lines[:i] + [other] + lines[i + 1:]) + tail
            self.log(1, "do not give the root", data)

    def test_every_byte(self):
        data = export(log_of(2))
        for i in range(len(data)):
            for bit in (0, 5):
                wrong = bytearray(data)
                wrong[i] ^= 1 << bit
                self.log(1, "bad:", bytes(wrong))

    def test_every_end(self):
        data = export(log_of(3))
        for i in range(len(data)):
            self.log(1, "bad:", data[:i])
        self.log(1, "bad:", data + b"x")
        self.log(1, "bad:", data + b"\n")

    def test_removed_added_moved(self):
        for n in (1, 2, 5, 8):
            lines = log_of(n)
            tail = export(lines)[sum(len(line) + 1 for line in lines):]
            for i in range(n):
                fewer = lines[:i] + lines[i + 1:]
                self.log(1, "bad:", b"".join(x + b"\n" for x in fewer) + tail)
                twice = lines[:i] + [lines[i]] + lines[i:]
                self.log(1, "bad:", b"".join(x + b"\n" for x in twice) + tail)
                # a new event that breaks no rule of order: only the tree can tell
                new = line_of(event(500, 999, 1, recorded=json.loads(lines[i])["recorded"]))
                more = lines[:i] + [new] + lines[i:]
                self.log(1, f"{n + 1} events, the checkpoint says {n}",
                         b"".join(x + b"\n" for x in more) + tail)
                instead = lines[:i] + [new] + lines[i + 1:]
                self.log(1, "bad:", b"".join(x + b"\n" for x in instead) + tail)
            for i, k in itertools.combinations(range(n), 2):
                moved = list(lines)
                moved[i], moved[k] = moved[k], moved[i]
                self.log(1, "bad:", b"".join(x + b"\n" for x in moved) + tail)

    def test_moved_within_one_millisecond(self):
        # no rule of order is broken: only the tree can tell
        lines = [line_of(event(i, 900 + i, 1, recorded=7)) for i in range(4)]
        tail = export(lines)[sum(len(line) + 1 for line in lines):]
        for order in itertools.permutations(range(4)):
            data = b"".join(lines[i] + b"\n" for i in order) + tail
            if order == (0, 1, 2, 3):
                self.log(0, "good", data)
            else:
                self.log(1, "do not give the root", data)

    def test_order(self):
        """Rules that a signed log may still break: the whole is signed as it stands."""
        a, b = event(1, 900, 1), event(2, 900, 2)
        cases = [
            ("line 2: the event", [a, dict(b, id=a["id"])]),
            ("line 2: \"recorded\"", [a, dict(b, recorded=a["recorded"] - 1)]),
            ("line 1: event 2 of", [b]),
            ("line 1: event 0 of", [dict(a, ver=0)]),
            ("line 2: event 1 of", [a, dict(b, ver=1)]),
            ("line 2: event 3 of", [a, dict(b, ver=3)]),
            ("line 2: the record", [a, dict(b, type="dispute.other")]),
            ("line 3: event 2 of", [a, b, event(3, 900, 2)]),
        ]
        for part, bodies in cases:
            self.log(1, part, export([line_of(body) for body in bodies]))
        self.log(0, "good", export([line_of(a), line_of(dict(b, recorded=a["recorded"]))]))

    def test_bodies(self):
        good = event(1, 900, 1)
        cases = [
            ("not a JSON object", b"[1]"), ("not one line", b"{"), ("not one line", b"\xff\xfe"),
            ("not one line", line_of(good) + b"{}"), ("not one line", b"[" * 100000),
            ("\"v\"", line_of(dict(good, v=2))), ("\"v\"", line_of(dict(good, v=True))),
            ("\"v\"", line_of({k: v for k, v in good.items() if k != "v"})),
            ("\"id\"", line_of(dict(good, id="1"))),
            ("\"id\"", line_of(dict(good, id=good["id"].upper().replace("-7", "-A")))),
            ("\"rec\"", line_of(dict(good, rec=None))),
            ("\"ver\"", line_of(dict(good, ver="1"))), ("\"at\"", line_of(dict(good, at=True))),
            ("\"type\"", line_of(dict(good, type=1))), ("\"by\"", line_of(dict(good, by=[]))),
            ("\"set\"", line_of(dict(good, set=[]))), ("\"parts\"", line_of(dict(good, parts={}))),
            ("\"known\"", line_of(dict(good, known="x"))),
            ("\"sealed\"", line_of(dict(good, sealed=1))), ("reference", line_of(dict(good, sealed={"c": "x"}))),
            ("reference", line_of(dict(good, sealed={"$d": 1, "c": "x"}))),
            ("more than", line_of(dict(good, sealed={"$d": 0, "c": "x"}, set={"x": 1}))),
            ("more than", line_of(dict(good, sealed={"$d": 0, "c": "x"}, parts=[]))),
            ("not whole", line_of(dict(good, set={"x": 1.5}))),
            ("not whole", line_of(dict(good, set={"x": 1e3}))),
            ("not whole", line_of(good)[:-1] + b',"x":NaN}'),
            ("64 bits", line_of(dict(good, at=2**63))), ("64 bits", line_of(dict(good, at=10**40))),
            ("twice", line_of(good)[:-1] + b',"at":1}'),
            ("twice", line_of(dict(good, set={}))[:-1] + b',"in":{"a":{"b":1,"b":1}}}'),
        ]
        for part, line in cases:
            self.log(1, "line 2: ", export([line_of(event(0, 800, 1, recorded=1)), line]))
            self.log(1, part, export([line]))
        self.log(0, "good", export([line_of(dict(good, at=-2**63))]))
        self.log(0, "good", export([line_of(dict(good, sealed={"$d": 0, "c": "x"}, set={"$sealed": True}))]))

    def test_hidden(self):
        lines = log_of(9)
        for shown in range(2**9):
            if bin(shown).count("1") % 3:
                continue
            some = [x if shown >> i & 1 else hidden(x) for i, x in enumerate(lines)]
            self.log(0, f"{9 - bin(shown).count('1')} hidden", export(some))
        # a hidden event may stand for a missing one of a record, but only for one, and once
        a = [event(1, 900, 1), event(2, 900, 3), event(3, 901, 2), event(4, 900, 5)]
        a = [line_of(body) for body in a]
        one = hidden(b"one")
        self.log(0, "1 hidden", export([a[0], one, a[1]]))
        self.log(0, "1 hidden", export([a[0], one, a[1], a[2]]))
        self.log(1, "line 4: event 5 of", export([a[0], one, a[1], a[3]]))
        self.log(1, "line 2: event 3 of", export([a[0], a[1], one]))
        self.log(1, "line 2: event 2 of", export([a[0], a[2], one]))
        # the hash of another event
        data = export(lines).replace(lines[4], hidden(lines[4]))
        self.log(0, "1 hidden", data)
        self.log(1, "root", data.replace(hidden(lines[4]), hidden(lines[4] + b" ")))
        for wrong in (b"#", b"#AAAA", hidden(b"")[:-1], hidden(b"") + b" ", b"#\xe2\x80\x94"):
            self.log(1, "line 2: hidden event", export_of(lines[:1], wrong))

    def test_checkpoint(self):
        lines = log_of(4)
        root = tree_root(leaves_of(lines))
        body = b"".join(line + b"\n" for line in lines) + b"\n"
        text = f"{ORIGIN}\n4\n{b64(root)}\n".encode()
        two = text + b"more\n"
        last = b64(root)[:-2] + chr(ord(b64(root)[-2]) + 1) + "="  # the same bytes, other bits
        cases = [
            (0, "good", text + b"\n" + LOG.line(text)),
            (0, "good", two + b"\n" + LOG.line(two)),
            (0, "good", text + b"\n" + OTHER.line(text) + LOG.line(text)),
            (1, "no signature by", text + b"\n" + OTHER.line(text)),
            (1, "no signature", text + b"\n"),
            (1, "is not good", text + b"\n" + LOG.line(two)),
            (1, "is not good", two + b"\n" + LOG.line(text)),
            (1, "is not good", text + b"\n" + LOG.line(text) + LOG.line(two)),
            (1, "expected a text", text + LOG.line(text)),
            (1, "expected a text", (text + b"\n" + LOG.line(text))[:-1]),
            (1, "signature line", text + b"\n" + LOG.line(text).replace(b"\xe2\x80\x94", b"-")),
            (1, "expected a text", two.replace(b"more", b"mo\re") + b"\n" + LOG.line(
                two.replace(b"more", b"mo\re"))),
            (1, "too short", text + b"\n" + LOG.line(text) + "\u2014 x AAAA\n".encode()),
            (1, "origin, size, root", text + b"\nmore\n\n" + LOG.line(text + b"\nmore\n")),
            (1, "origin, size, root", b"\n" + text + b"\n" + LOG.line(b"\n" + text)),
            (1, "not UTF-8", text + b"\n\xff" + LOG.line(text)),
            (1, "4 events, the checkpoint says 3", note(3, tree_root(leaves_of(lines[:3])))),
            (1, "4 events, the checkpoint says 5", note(5, root)),
            (1, "whole number", note("04", root)), (1, "whole number", note("-4", root)),
            (1, "whole number", note("4 ", root)), (1, "whole number", note("+4", root)),
            (1, "root", note(4, root[:31])), (1, "do not give", note(4, sha(b""))),
            (1, "usual form", note(4, root).replace(b64(root).encode(), last.encode())),
            (1, "the checkpoint is of x", note(4, root, origin="x")),
        ]
        for status, part, checkpoint in cases:
            self.log(status, part, body + checkpoint)
        self.log(1, "root of an empty log", b"\n" + note(0, root))

    def test_witness(self):
        data = export(log_of(3), signers=(LOG, WITNESS))
        self.log(0, "signed: witness.example", data, "--vkey", WITNESS.vkey)
        self.log(1, "no signature by witness.example", export(log_of(3)), "--vkey", WITNESS.vkey)
        # the time is signed too
        text = data[data.index(ORIGIN.encode()):data.rindex(b"\n\n") + 1]
        late = base64.b64decode(WITNESS.line(text).split(b" ")[2])
        late = late[:11] + bytes([late[11] ^ 1]) + late[12:]
        wrong = text + b"\n" + LOG.line(text) + "\u2014 witness.example ".encode() + b64(
            late).encode() + b"\n"
        self.log(1, "witness.example is not good", data[:data.index(ORIGIN.encode())] + wrong,
                 "--vkey", WITNESS.vkey)

    def test_earlier(self):
        lines = log_of(9)
        data = export(lines)
        for n in range(10):
            old = self.file("old", note(n, tree_root(leaves_of(lines[:n]))))
            self.log(0, "good", data, "--earlier", old)
        # the log was written again and signed again: only who kept a checkpoint can tell, and where
        for i in range(9):
            other = lines[:i] + [lines[i].replace(b":17", b":18")] + lines[i + 1:]
            kept = []
            for n in (2, 5, 9):
                old = note(n, tree_root(leaves_of(lines[:n])))
                kept += ["--earlier", self.file(f"old{n}", old)]
            first = next(n for n in (2, 5, 9) if n > i)
            self.log(0, "good", export(other))
            self.log(1, f"the first {first} events are not those", export(other), *kept)
        old = self.file("old", note(9, tree_root(leaves_of(lines))))
        self.log(1, "an earlier checkpoint had 9", export(lines[:8]), "--earlier", old)
        old = self.file("old", note(9, tree_root(leaves_of(lines)), origin="x"))
        self.log(1, "the earlier checkpoint is of x", data, "--earlier", old)


def export_of(lines, wrong):
    return b"".join(line + b"\n" for line in lines) + wrong + b"\n\n" + note(
        len(lines) + 1, sha(b"any"))


class Proofs(Case):
    def proof(self, status, part, data, *more):
        self.expect(status, part, "proof", self.file("proof", data), "--vkey", LOG.vkey, *more)

    def test_good_and_every_other_event(self):
        for n in range(1, 18):
            lines = log_of(n)
            for i in range(n):
                if n < 10 or i % 5 == 0:
                    self.proof(0, f"good: event {i} of {n}", proof_text(i, lines, lines[i]))
                k = (i + 1) % n
                if k != i:
                    self.proof(1, f"this is not event {i}", proof_text(i, lines, lines[k]))

    def test_event_file(self):
        lines = log_of(6)
        body = self.file("event", lines[2] + b"\n")
        bare = self.file("bare", lines[2])
        self.proof(0, "good: event 2", proof_text(2, lines), "--event", body)
        self.proof(0, "good: event 2", proof_text(2, lines), "--event", bare)
        self.proof(2, "--event", proof_text(2, lines))
        wrong = self.file("wrong", lines[2] + b"\n\n")
        self.proof(1, "this is not", proof_text(2, lines), "--event", wrong)
        self.proof(1, "this is not", proof_text(2, lines, lines[2]), "--event",
                   self.file("other", lines[3]))
        self.proof(2, "missing", proof_text(2, lines), "--event", str(self.folder / "missing"))

    def test_every_byte(self):
        lines = log_of(3)
        data = proof_text(1, lines, lines[1])
        for i in range(len(data)):
            wrong = bytearray(data)
            wrong[i] ^= 1
            status, text = self.run_tool("proof", self.file("proof", bytes(wrong)), "--vkey",
                                         LOG.vkey)
            self.assertNotEqual(status, 0, f"byte {i}: {text}")

    def test_wrong_index_and_hashes(self):
        for n in (1, 2, 3, 7, 8, 13):
            lines = log_of(n)
            leaves = leaves_of(lines)
            for i in range(n):
                data = proof_text(i, lines, lines[i])
                for k in range(n + 2):
                    if k != i:
                        self.proof(1, "bad:", data.replace(b"index %d\n" % i, b"index %d\n" % k))
                path = [b64(h).encode() + b"\n" for h in audit_path(i, leaves)]
                for j, line in enumerate(path):
                    self.proof(1, "bad:", data.replace(line, b"", 1))
                    self.proof(1, "bad:", data.replace(line, line + line, 1))
                    if j and path[j - 1] != line:
                        both = path[j - 1] + line
                        self.proof(1, "bad:", data.replace(both, line + path[j - 1], 1))
                more = data.replace(b"\n\n", b"\n" + b64(sha(b"")).encode() + b"\n\n", 1)
                self.proof(1, "too many", more)

    def test_form(self):
        lines = log_of(3)
        data = proof_text(1, lines, lines[1])
        cases = [
            ("not a c2sp", data.replace(b"@v1", b"@v2")), ("not a c2sp", b""),
            ("not a c2sp", data.replace(b"\n\n", b"\n")),
            ("line with the index", data.replace(b"index 1", b"Index 1")),
            ("whole number", data.replace(b"index 1", b"index 01")),
            ("whole number", data.replace(b"index 1", b"index -1")),
            ("whole number", data.replace(b"index 1", b"index ")),
            ("not base64", data.replace(b"extra ", b"extra !")),
            ("of a log of 3", data.replace(b"index 1", b"index 3")),
        ]
        for part, wrong in cases:
            self.proof(1, part, wrong)
        self.proof(1, "no signature by", proof_text(1, lines, lines[1], signers=(OTHER,)))
        text = b"not an event"
        self.proof(1, "not one line", proof_text(0, [text], text))


class Consistency(Case):
    def two(self, status, part, old, new, proof, *more):
        lines = b"".join(b64(h).encode() + b"\n" for h in proof)
        self.expect(status, part, "consistency", self.file("old", old), self.file("new", new),
                    self.file("proof", lines), *more)

    def test_all_pairs(self):
        leaves = leaves_of(log_of(17))
        notes = [note(n, tree_root(leaves[:n])) for n in range(18)]
        for m, n in itertools.combinations_with_replacement(range(18), 2):
            proof = consistency(m, leaves[:n]) if m else []
            self.two(0, f"good: the first {m} of {n}", notes[m], notes[n], proof)
            if m != n:
                self.two(1, "shrank", notes[n], notes[m], proof)

    def test_rewritten(self):
        dice = random.Random(20240914)
        leaves = leaves_of(log_of(17))
        for m, n in itertools.combinations(range(1, 18), 2):
            other = list(leaves[:n])
            other[dice.randrange(m)] = sha(b"other")
            old = note(m, tree_root(leaves[:m]))
            new = note(n, tree_root(other))
            for proof in (consistency(m, leaves[:n]), consistency(m, other)):
                self.two(1, "does not continue", old, new, proof)

    def test_wrong_proofs(self):
        leaves = leaves_of(log_of(13))
        for m, n in itertools.combinations(range(1, 14), 2):
            old, new = note(m, tree_root(leaves[:m])), note(n, tree_root(leaves[:n]))
            proof = consistency(m, leaves[:n])
            for i in range(len(proof)):
                self.two(1, "bad:", old, new, proof[:i] + proof[i + 1:])
                self.two(1, "bad:", old, new, proof[:i] + [sha(proof[i])] + proof[i + 1:])
                self.two(1, "bad:", old, new, proof[:i] + [proof[i]] + proof[i:])
            self.two(1, "too many", old, new, proof + [sha(b"")])
            self.two(1, "bad:", old, new, [])
            if len(proof) > 1:
                self.two(1, "too few", old, new, proof[:-1])

    def test_ends(self):
        leaves = leaves_of(log_of(5))
        notes = [note(n, tree_root(leaves[:n])) for n in range(6)]
        self.two(1, "too many", notes[0], notes[3], [sha(b"")])
        self.two(1, "too many", notes[3], notes[3], [sha(b"")])
        self.two(1, "does not continue", notes[3], note(3, tree_root(leaves[2:])), [])
        self.two(1, "two logs", notes[1], note(2, tree_root(leaves[:2]), origin="x"), [leaves[1]])
        self.two(0, "signed", notes[1], notes[2], [leaves[1]], "--vkey", LOG.vkey)
        old = note(1, leaves[0], signers=(OTHER,))
        self.two(1, "no signature by", old, notes[2], [leaves[1]], "--vkey", LOG.vkey)
        new = note(2, tree_root(leaves[:2]), signers=(OTHER,))
        self.two(1, "no signature by", notes[1], new, [leaves[1]], "--vkey", LOG.vkey)

    def test_proof_file(self):
        leaves = leaves_of(log_of(2))
        old, new = self.file("o", note(1, leaves[0])), self.file("n", note(2, tree_root(leaves)))
        line = b64(leaves[1]).encode()
        for status, text in ((0, line), (0, line + b"\n"), (1, line + b"\n\n"), (1, b"\n" + line),
                             (1, line[:-1]), (1, b"\xff")):
            self.expect(status, "", "consistency", old, new, self.file("p", text))


class Usage(Case):
    def test_usage(self):
        file = self.file("log", export(log_of(1)))
        for args in ((), ("x",), ("log",), ("log", file, file), ("log", file, "--what"),
                     ("proof",), ("consistency", file), ("log", str(self.folder / "missing")),
                     ("log", str(self.folder)), ("log", file, "--vkey", "missing.key"),
                     ("log", file, "--earlier", "missing.txt"),
                     ("consistency", "missing", file, file)):
            self.assertEqual(self.run_tool(*args)[0], 2, args)
        self.assertEqual(self.run_tool("--help")[0], 0)


if __name__ == "__main__":
    unittest.main()
