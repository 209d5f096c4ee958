#!/usr/bin/env python3
"""Checks a Bihuan log from outside: nothing but the Python standard library and docs/log-format.md.

    verify_log.py log FILE [--vkey KEY]... [--earlier CHECKPOINT]... [--values FILE]
    verify_log.py proof FILE [--event FILE] [--vkey KEY]...
    verify_log.py consistency OLD NEW PROOF [--vkey KEY]...
    verify_log.py tiles DIR [--log FILE] [--vkey KEY]...
    verify_log.py bulletin FILE.json|FILE.docx|FILE.pdf LOG [--vkey KEY]...

bulletin: does each figure stand in the file as the log says it was issued?  A PDF is read by
pdftotext, all else by the standard library.

KEY is the text of a verifier key or a file with it; every key that is given must have signed.
--values: the values of a full copy; each must be what the line of its event is bound to.
--earlier: a checkpoint that was kept from before; the log must continue it.
Exit status: 0 it holds, 1 it does not, 2 usage or a file that cannot be read.
"""
import argparse
import base64
import binascii
import hashlib
import html
import itertools
import json
import os
import re
import subprocess
import sys
import zipfile

# ---- Ed25519 (RFC 8032, section 5.1.7): verifying only ----

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)


def x_of(y, odd):
    """The x coordinate with this lowest bit, or None when y is on no point."""
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if (x * x - square) % P or (x == 0 and odd):
        return None
    return P - x if x % 2 != odd else x


def point(x, y):
    """Extended coordinates: X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z."""
    return x, y, 1, x * y % P


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = point(x_of(BASE_Y, 0), BASE_Y)


def add(a, b):
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    x, y, z, t = f - e, h + g, h - g, f + e
    return x * z % P, t * y % P, z * y % P, x * t % P


def times(n, a):
    total = point(0, 1)
    while n:
        if n & 1:
            total = add(total, a)
        a = add(a, a)
        n >>= 1
    return total


def encode(a):
    inverse = pow(a[2], P - 2, P)
    x, y = a[0] * inverse % P, a[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode(data):
    n = int.from_bytes(data, "little")
    y, odd = n & (1 << 255) - 1, n >> 255
    x = x_of(y, odd)
    return None if x is None else point(x, y)


def signature_good(public, text, signature):
    key, s = decode(public), int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or key is None or s >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public + text).digest()
    k = int.from_bytes(digest, "little") % ORDER
    minus_key = (-key[0] % P, key[1], key[2], -key[3] % P)
    return encode(add(times(s, BASE), times(k, minus_key))) == signature[:32]


# ---- the tree (RFC 6962, section 2.1; the outsider's algorithms of RFC 9162, section 2.1) ----


def leaf_hash(body):
    return hashlib.sha256(b"\0" + body).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """The roots of the perfect subtrees, largest first: all that a growing tree has to remember."""

    def __init__(self):
        self.size, self.peaks = 0, []

    def append(self, leaf):
        size = self.size
        while size & 1:
            leaf = node_hash(self.peaks.pop(), leaf)
            size >>= 1
        self.peaks.append(leaf)
        self.size += 1

    def root(self):
        if not self.peaks:
            return hashlib.sha256().digest()
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def inclusion_root(leaf, index, size, proof):
    """The root to which this audit path leads; Bad when it has the wrong length."""
    node, last, root = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise Bad("the proof has too many hashes")
        if node & 1 or node == last:
            root = node_hash(step, root)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            root = node_hash(root, step)
        node, last = node >> 1, last >> 1
    if last:
        raise Bad("the proof has too few hashes")
    return root


def consistency_roots(old_size, old_root, size, proof):
    """The old and the new root to which this proof leads, for 0 < old_size < size."""
    steps = list(proof)
    if old_size & (old_size - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        raise Bad("the proof is empty")
    node, last = old_size - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise Bad("the proof has too many hashes")
        if node & 1 or node == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, step)
        node, last = node >> 1, last >> 1
    if last:
        raise Bad("the proof has too few hashes")
    return old, new


# ---- texts: base64, verifier keys, checkpoints (C2SP signed-note and tlog-checkpoint) ----


class Bad(Exception):
    """It does not hold."""


class Usage(Exception):
    """It could not be looked at."""


def from_base64(text, length, what):
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Bad(f"{what}: not base64") from None
    if base64.b64encode(data).decode() != text:
        raise Bad(f"{what}: not the usual form of base64")
    if length and len(data) != length:
        raise Bad(f"{what}: {len(data)} bytes, expected {length}")
    return data


def to_base64(data):
    return base64.b64encode(data).decode()


def whole_number(text, what):
    if not re.fullmatch(r"0|[1-9][0-9]{0,17}", text):
        raise Bad(f"{what}: expected a whole number, not '{text[:40]}'")
    return int(text)


class Key:
    """NAME+ID+base64(type || public key): type 1 is a log's key, type 4 a witness's."""

    def __init__(self, text):
        try:
            self.name, key_id, data = text.strip().split("+", 2)
            data = from_base64(data, 33, "key")
        except (ValueError, Bad):
            raise Usage("a verifier key looks like NAME+8 hex digits+base64") from None
        self.kind, self.public = data[0], data[1:]
        self.id = hashlib.sha256(self.name.encode() + b"\n" + data).digest()[:4]
        if self.kind not in (1, 4) or self.id.hex() != key_id:
            raise Usage(f"the verifier key of {self.name} is damaged, or of a kind unknown here")

    def signed(self, text, signature):
        if self.kind == 4:
            time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            text = b"cosignature/v1\ntime %d\n" % time + text
        return signature_good(self.public, text, signature)


class Checkpoint:
    def __init__(self, data):
        try:
            text = data.decode()
        except UnicodeDecodeError:
            raise Bad("checkpoint: not UTF-8") from None
        if re.search(r"[\0-\x09\x0b-\x1f]", text) or "\n\n" not in text or text[-1] != "\n":
            raise Bad("checkpoint: expected a text, an empty line, and signature lines")
        cut = text.rindex("\n\n") + 1
        self.text = text[:cut].encode()
        lines = text[:cut].split("\n")[:-1]
        if len(lines) < 3 or "" in lines:
            raise Bad("checkpoint: expected the lines origin, size, root")
        self.origin = lines[0]
        self.size = whole_number(lines[1], "checkpoint: size")
        self.root = from_base64(lines[2], 32, "checkpoint: root")
        self.signatures = [self.signature(line) for line in text[cut + 1:].split("\n")[:-1]]
        if not self.signatures:
            raise Bad("checkpoint: no signature")
        if self.size == 0 and self.root != Tree().root():
            raise Bad("checkpoint: the root of an empty log is wrong")

    @staticmethod
    def signature(line):
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "\u2014" or not parts[1]:
            raise Bad("checkpoint: a signature line does not look like one")
        data = from_base64(parts[2], 0, "checkpoint: signature")
        if len(data) < 5:
            raise Bad("checkpoint: a signature is too short")
        return parts[1], data[:4], data[4:]

    def check(self, key):
        if key.kind == 1 and key.name != self.origin:
            raise Bad(f"the checkpoint is of {self.origin}, the key of {key.name}")
        found = [s for name, key_id, s in self.signatures if (name, key_id) == (key.name, key.id)]
        if not found:
            raise Bad(f"no signature by {key.name}")
        if not all(key.signed(self.text, s) for s in found):
            raise Bad(f"the signature by {key.name} is not good")


# ---- the log ----

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TEXTS = ("type", "act", "by", "code")
NUMBERS = ("ver", "at", "recorded", "area")
SHAPES = {"in": dict, "set": dict, "rows": dict, "parts": list, "clocks": list, "links": list,
          "pb": str, "org": str, "role": str, "state": str, "number": str, "known": int, "sealed": dict}
APART = ("in", "rows", "parts", "links")  # of a sealed matter these are in no line


def no_float(text):
    raise Bad(f"a number that is not whole: {text[:40]}")


def small_int(text):
    n = int(text) if len(text) < 21 else 2**63
    if not -2**63 <= n < 2**63:
        raise Bad(f"a number over 64 bits: {text[:40]}")
    return n


def no_double(pairs):
    keys = dict(pairs)
    if len(keys) != len(pairs):
        raise Bad("a key stands twice")
    return keys


def read_body(line):
    try:
        body = json.loads(line.decode(), parse_float=no_float, parse_int=small_int,
                          parse_constant=no_float, object_pairs_hook=no_double)
    except (ValueError, RecursionError):
        raise Bad("not one line of JSON in UTF-8") from None
    if not isinstance(body, dict):
        raise Bad("not a JSON object")
    if type(body.get("v")) is not int or body["v"] != 1:
        raise Bad("\"v\" is not 1")
    for key in ("id", "rec"):
        if not isinstance(body.get(key), str) or not UUID.fullmatch(body[key]):
            raise Bad(f"\"{key}\" is no UUID")
    for key in TEXTS:
        if not isinstance(body.get(key), str):
            raise Bad(f"\"{key}\" is no text")
    for key in NUMBERS:
        if type(body.get(key)) is not int:
            raise Bad(f"\"{key}\" is no whole number")
    for key, kind in SHAPES.items():
        if key in body and type(body[key]) is not kind:
            raise Bad(f"\"{key}\" has the wrong shape")
    if "sealed" in body:
        check_sealed(body)
    return body


def check_sealed(body):
    """The line of a sealed matter holds a commitment, and of \"set\" the program's own attributes."""
    ref = body["sealed"]
    if set(ref) != {"$d", "c"} or ref["$d"] != 0 or not isinstance(ref["c"], str):
        raise Bad("\"sealed\" is no reference")
    if any(key in body for key in APART) or any(name[:1] != "$" for name in body.get("set", {})):
        raise Bad("an event of a sealed matter says more than it may")


class Order:
    """What must hold from one event to the next.  Hidden events are only counted."""

    def __init__(self):
        self.ids, self.records, self.recorded, self.hidden = set(), {}, -2**63, 0

    def take(self, body):
        if bytes.fromhex(body["id"].replace("-", "")) in self.ids:
            raise Bad(f"the event {body['id']} stands twice")
        if body["recorded"] < self.recorded:
            raise Bad(f"\"recorded\" {body['recorded']} is before {self.recorded} further up")
        rec = bytes.fromhex(body["rec"].replace("-", ""))
        ver, kind, hidden = self.records.get(rec, (0, body["type"], 0))
        missing = body["ver"] - ver - 1
        if not 0 <= missing <= self.hidden - hidden:
            raise Bad(f"event {body['ver']} of the record {body['rec']}, expected {ver + 1}")
        if kind != body["type"]:
            raise Bad(f"the record {body['rec']} was of type {kind}")
        self.ids.add(bytes.fromhex(body["id"].replace("-", "")))
        self.records[rec] = body["ver"], sys.intern(kind), self.hidden
        self.recorded = body["recorded"]


def references(x):
    """The detached values that a part of an event names."""
    if isinstance(x, dict):
        if "$d" in x and "c" in x:
            yield x
        else:
            for y in x.values():
                yield from references(y)
    elif isinstance(x, list):
        for y in x:
            yield from references(y)


class Valued(Order):
    """The order, and beside it the values of a full copy."""

    def __init__(self, name):
        super().__init__()
        self.events, self.met, self.values = 0, set(), {}
        for number, line in enumerate(read_file(name).splitlines(), 1):
            try:
                x = json.loads(line.decode())
                salt = base64.b64decode(x["salt"] + "=", altchars=b"-_", validate=True)
                self.values[x["seq"], x["k"]] = salt, x["value"].encode()
            except (ValueError, KeyError, TypeError, AttributeError):
                raise Bad(f"{name}: line {number} is no value") from None

    def take(self, body):
        super().take(body)
        self.meet(self.events + self.hidden, body)
        self.events += 1

    def meet(self, seq, part):
        for ref in references(part):
            at = ref.get("s", seq), ref["$d"]
            if at not in self.values:
                continue  # it was erased
            salt, value = self.values[at]
            made = hashlib.sha256(b"bihuan.d1\0" + salt + value).digest()
            if base64.urlsafe_b64encode(made).decode().rstrip("=") != ref["c"]:
                raise Bad(f"value {at[1]} of event {at[0]} is not the one that was written")
            if at not in self.met:
                self.met.add(at)
                if at[1] == 0:
                    self.meet(seq, json.loads(value.decode()))

    def end(self):
        for seq, k in sorted(set(self.values) - self.met)[:1]:
            raise Bad(f"no event names value {k} of event {seq}")
        print(f"values: {len(self.met)} are those that were written")


def read_leaf(line, order):
    if line.startswith(b"#"):
        order.hidden += 1
        return from_base64(line[1:].decode("ascii", "replace"), 32, "hidden event")
    order.take(read_body(line))
    return leaf_hash(line)


def check_earlier(tree, earlier):
    for checkpoint in earlier:
        if checkpoint.size == tree.size and checkpoint.root != tree.root():
            raise Bad(f"the first {tree.size} events are not those of the earlier checkpoint "
                      f"of size {tree.size}")


def read_log(file, earlier, order):
    """Reads up to the empty line into the order; gives the tree."""
    tree = Tree()
    for number, line in enumerate(file, 1):
        if line == b"\n":
            return tree
        try:
            if line[-1:] != b"\n":
                raise Bad("the file ends here: no empty line, no checkpoint")
            tree.append(read_leaf(line[:-1], order))
        except Bad as e:
            raise Bad(f"line {number}: {e}") from None
        check_earlier(tree, earlier)
    raise Bad(f"the file ends after line {tree.size}: no empty line, no checkpoint")


def read_checked(args, name, order, earlier):
    """The whole log and its checkpoint: that they belong together, and the signatures."""
    try:
        with open(name, "rb") as file:
            tree = read_log(file, earlier, order)
            checkpoint = Checkpoint(file.read())
    except OSError as e:
        raise Usage(f"{name}: {e.strerror}") from None
    if tree.size != checkpoint.size:
        raise Bad(f"{tree.size} events, the checkpoint says {checkpoint.size}")
    if tree.root() != checkpoint.root:
        raise Bad("the events do not give the root of the checkpoint: "
                  "one was changed, added, removed or moved")
    for key in keys_of(args):
        checkpoint.check(key)
    return tree, checkpoint


def check_log(args):
    keys, earlier = keys_of(args), [Checkpoint(read_file(name)) for name in args.earlier]
    order = Valued(args.values) if args.values else Order()
    tree, checkpoint = read_checked(args, args.file, order, earlier)
    if args.values:
        order.end()
    for old in earlier:
        if old.origin != checkpoint.origin:
            raise Bad(f"the earlier checkpoint is of {old.origin}, this one of {checkpoint.origin}")
        if old.size > tree.size:
            raise Bad(f"{tree.size} events, an earlier checkpoint had {old.size}")
    print(f"good: {tree.size} events, {len(order.records)} records, {order.hidden} hidden")
    report(checkpoint, keys)


# ---- a bulletin ----


class Kept(Order):
    """The order, and beside it the parts of the records that bear a number."""

    def __init__(self):
        super().__init__()
        self.numbers, self.parts = {}, {}

    def take(self, body):
        super().take(body)
        if body["type"].startswith("bulletin."):
            if isinstance(body.get("number"), str):
                self.numbers[body["number"]] = body["rec"]
            for patch in body.get("parts", []):
                part = self.parts.setdefault(body["rec"], {}).setdefault(patch.get("i"), {})
                for key, value in patch.items():
                    if value is None:
                        part.pop(key, None)
                    else:
                        part[key] = value


def text_of(name):
    """Number and text of a bulletin in JSON, docx or PDF; PDF is read by pdftotext."""
    data = read_file(name)
    if data.startswith(b"PK"):
        with zipfile.ZipFile(name) as z:
            text = z.read("word/document.xml").decode("utf-8")
        text = html.unescape(re.sub("<[^>]*>", "", text.replace("</w:p>", "\n")))
    elif data.startswith(b"%PDF-"):
        run = subprocess.run(["pdftotext", "-enc", "UTF-8", "-nopgbrk", "--", name, "-"], capture_output=True,
                             timeout=60, check=False)
        if run.returncode:
            raise Usage(f"{name}: pdftotext cannot read it")
        text = run.stdout.decode("utf-8", "replace")
    else:
        try:
            made = json.loads(data.decode("utf-8"))
            return made["number"], made["text"]
        except (ValueError, KeyError, TypeError):
            raise Bad(f"{name} is no bulletin") from None
    number = re.search("核验号[：: ]*([0-9A-Za-z-]+)", text)
    if not number:
        raise Bad(f"{name} bears no 核验号")
    return number[1], text


def check_bulletin(args):
    number, text = text_of(args.file)
    order = Kept()
    tree, checkpoint = read_checked(args, args.log, order, [])
    rec = order.numbers.get(number)
    if rec is None:
        raise Bad(f"the log holds no bulletin {number}")
    figures = [p for p in order.parts.get(rec, {}).values()
               if p.get("kind") == "figure" and not p.get("void")]
    flat = re.sub(r"\s", "", text)
    for part in figures:
        printed = re.sub(r"\s", "", part["printed"])
        guard = r"(?<![0-9.])" if printed[:1].isdigit() else ""
        if not re.search(guard + re.escape(f"{printed}[{part['code']}]"), flat):
            raise Bad(f"{part['code']}: issued as \"{part['printed']}\", the file says otherwise")
    print(f"good: bulletin {number}, {len(figures)} figures, in a log of {tree.size} events")
    report(checkpoint, keys_of(args))


# ---- tiles (C2SP tlog-tiles) ----


def tile_name(level, n, width):
    name = f"{n % 1000:03}"
    while n := n // 1000:
        name = f"x{n % 1000:03}/{name}"
    return f"tile/{level}/{name}" + (f".p/{width}" if width < 256 else "")


def read_level(folder, level, hashes):
    """All hashes of a level, and how many there must be."""
    for n in range(0, hashes, 256):
        name = tile_name(level, n // 256, min(256, hashes - n))
        data = read_file(os.path.join(folder, name))
        if len(data) != 32 * min(256, hashes - n):
            raise Bad(f"{name} has {len(data)} bytes")
        yield from (data[i:i + 32] for i in range(0, len(data), 32))


def fold_level(hashes, above):
    """Takes the hashes of a level into a tree; each 256 of them must be what the level above says."""
    tree, tile = Tree(), Tree()
    for h in hashes:
        tree.append(h)
        tile.append(h)
        if tile.size == 256:
            if tile.root() != next(above, None):
                raise Bad(f"the tile that ends with hash {tree.size - 1} is not what the level above says")
            tile = Tree()
    return tree


def check_tiles(args):
    checkpoint = Checkpoint(read_file(os.path.join(args.folder, "checkpoint")))
    hashes, level, tree = checkpoint.size, 0, Tree()
    while hashes:
        below = read_level(args.folder, level, hashes)
        made = fold_level(below, read_level(args.folder, level + 1, hashes // 256))
        tree = tree if level else made
        hashes, level = hashes // 256, level + 1
    if tree.root() != checkpoint.root:
        raise Bad("the tiles do not give the root of the checkpoint")
    if args.log:
        with open(args.log, "rb") as file:
            order = Order()
            leaves = (read_leaf(line[:-1], order) for line in itertools.takewhile(lambda x: x != b"\n", file))
            for n, (leaf, h) in enumerate(zip(leaves, read_level(args.folder, 0, checkpoint.size))):
                if leaf != h:
                    raise Bad(f"event {n} is not the one of the tiles")
    keys = keys_of(args)
    for key in keys:
        checkpoint.check(key)
    print(f"good: the hashes of {checkpoint.size} events, in {level} levels")
    report(checkpoint, keys)


# ---- one event; two checkpoints ----


def read_proof(data):
    """A c2sp.org/tlog-proof@v1 text: extra bytes or None, index, hashes, checkpoint."""
    head, empty, note = data.partition(b"\n\n")
    lines = head.decode("utf-8", "replace").split("\n")
    if not empty or lines.pop(0) != "c2sp.org/tlog-proof@v1":
        raise Bad("not a c2sp.org/tlog-proof@v1")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = from_base64(lines.pop(0)[6:], 0, "extra")
    if not lines or not lines[0].startswith("index "):
        raise Bad("proof: expected a line with the index")
    index = whole_number(lines.pop(0)[6:], "proof: index")
    return extra, index, [from_base64(line, 32, "proof") for line in lines], Checkpoint(note)


def check_proof(args):
    keys = keys_of(args)
    body, index, hashes, checkpoint = read_proof(read_file(args.file))
    if args.event:
        body = read_file(args.event)
        body = body[:-1] if body.endswith(b"\n") else body
    if body is None:
        raise Usage("the proof does not carry the event: give it with --event")
    if index >= checkpoint.size:
        raise Bad(f"event {index} of a log of {checkpoint.size}")
    if inclusion_root(leaf_hash(body), index, checkpoint.size, hashes) != checkpoint.root:
        raise Bad(f"this is not event {index} of the log")
    for key in keys:
        checkpoint.check(key)
    event = read_body(body)
    print(f"good: event {index} of {checkpoint.size}: {event['id']} {event['type']} {event['act']}")
    report(checkpoint, keys)


def check_consistency(args):
    keys = keys_of(args)
    old, new = Checkpoint(read_file(args.old)), Checkpoint(read_file(args.new))
    lines = read_file(args.proof).decode("utf-8", "replace").splitlines()
    proof = [from_base64(line, 32, "proof") for line in lines]
    if old.origin != new.origin:
        raise Bad(f"two logs: {old.origin} and {new.origin}")
    if old.size > new.size:
        raise Bad(f"the log shrank from {old.size} to {new.size} events")
    if old.size in (0, new.size):
        if proof:
            raise Bad("the proof has too many hashes")
        good = old.size == 0 or old.root == new.root
    else:
        good = consistency_roots(old.size, old.root, new.size, proof) == (old.root, new.root)
    if not good:
        raise Bad(f"the log of {new.size} events does not continue that of {old.size}")
    for checkpoint in (old, new):
        for key in keys:
            checkpoint.check(key)
    print(f"good: the first {old.size} of {new.size} events are unchanged")
    report(new, keys)


# ---- the command line ----


KEY_TEXT = re.compile(r"[^+\s]+\+[0-9a-f]{8}\+\S+")


def read_file(name):
    try:
        with open(name, "rb") as file:
            return file.read()
    except OSError as e:
        raise Usage(f"{name}: {e.strerror}") from None


def keys_of(args):
    return [Key(t if KEY_TEXT.fullmatch(t) else read_file(t).decode("utf-8", "replace"))
            for t in args.vkey]


def report(checkpoint, keys):
    print(f"log: {checkpoint.origin}")
    print(f"root: {to_base64(checkpoint.root)}")
    for key in keys:
        print(f"signed: {key.name}")
    if not keys:
        print("signed: NOT CHECKED, no --vkey was given")


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__, usage=argparse.SUPPRESS,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    log = commands.add_parser("log")
    log.add_argument("file")
    log.add_argument("--values", metavar="FILE")
    log.add_argument("--earlier", action="append", default=[], metavar="CHECKPOINT")
    proof = commands.add_parser("proof")
    proof.add_argument("file")
    proof.add_argument("--event", metavar="FILE")
    consistency = commands.add_parser("consistency")
    for name in ("old", "new", "proof"):
        consistency.add_argument(name)
    tiles = commands.add_parser("tiles")
    tiles.add_argument("folder")
    tiles.add_argument("--log", metavar="FILE")
    bulletin = commands.add_parser("bulletin")
    bulletin.add_argument("file")
    bulletin.add_argument("log")
    for command, run in ((log, check_log), (tiles, check_tiles), (bulletin, check_bulletin), (proof, check_proof),
                         (consistency, check_consistency)):
        command.add_argument("--vkey", action="append", default=[], metavar="KEY")
        command.set_defaults(run=run)
    return parser.parse_args(argv)


def main(argv):
    args = parse(argv)
    try:
        args.run(args)
    except Bad as e:
        print(f"bad: {e}")
        return 1
    except Usage as e:
        print(f"verify_log: {e}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
