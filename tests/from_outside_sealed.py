"""Sealed matters from outside: nothing of them is in the file or the export, the log still verifies, figures
hold them in fives, and who is not of their unit looks with the yes of a second person."""
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import from_outside_api as api  # noqa: E402

WORD, PHONE, CODE = "鸢尾槐荫", "13912345678", "0302"  # planted; the code is written nowhere else but in playbooks
SECRET = {"summary": f"{WORD}，孩子被人欺负", "place": {"text": f"{WORD}3号", "lon": 115.8123457, "lat": 28.6912345},
          "result": "not_settled", "type": CODE, "minor": True,
          "contact_person": {"name": WORD, "phone": PHONE}}
SCRIPT = [sys.executable, str(api.ROOT / "tools/verify_log.py"), "log"]


def lines_of(path):
    """The events of an export: body or None where it is hidden."""
    text = pathlib.Path(path).read_text(encoding="utf-8")
    return [None if x.startswith("#") else json.loads(x) for x in text.split("\n\n", 1)[0].split("\n")]


class Sealed(api.Served):
    logins = ("grid", "desk", "mediator", "head", "leader", "stranger", "grid2", "centre")

    def open(self, fields, who="desk"):
        return self.want(who, 201, "POST", "/api/records", {
            "id": api.uuid7(), "type": "dispute", "action": "report", "area": api.VILLAGE, "fields": fields})["id"]

    def act(self, who, status, rec, action, fields):
        return self.want(who, status, "POST", f"/api/records/{rec}/actions/{action}",
                         {"id": api.uuid7(), "fields": fields})

    def look(self, who, status, rec, fields):
        return self.want(who, status, "POST", f"/api/records/{rec}/look", {"fields": fields, "purpose": "核实情况"})

    def export(self, *words):
        out = pathlib.Path(self.folder.name) / f"log{len(words)}"
        api.cli("log", "export", str(out), "--db", self.server.db, *words)
        vkey = api.cli("checkpoint", "--vkey", "--db", self.server.db)
        done = subprocess.run([*SCRIPT, str(out), "--vkey", vkey], capture_output=True, text=True, check=False)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return out, done.stdout

    def run(self, result=None):
        with tempfile.TemporaryDirectory() as folder:
            self.folder = collections.namedtuple("Folder", "name")(folder)
            return super().run(result)

    def dump(self):
        """The whole database as bytes: the file and what is beside it, or every table as text."""
        if self.postgres:
            return subprocess.run(["pg_dump", "--data-only", "--inserts", self.server.db], check=True,
                                  capture_output=True, timeout=60).stdout
        data = b""
        for path in sorted(pathlib.Path(self.server.db).parent.glob("t.db*")):
            data += path.read_bytes() if path.is_file() else b""
        return data

    # ---- what is written where ----

    def test_the_full_copy(self):
        """Every value in the clear, each what its line is bound to; without the right key nothing."""
        rec = self.open(SECRET)
        self.act("desk", 200, rec, "comment", {"text": WORD})
        out, _ = self.export("--with-values")
        values = pathlib.Path(f"{out}.values")
        self.assertEqual(0o600, values.stat().st_mode & 0o777)
        text = values.read_text(encoding="utf-8")
        for word in (WORD, PHONE, CODE, "某desk"):
            self.assertIn(word, text)
        good = subprocess.run([*SCRIPT, str(out), "--values", str(values)], capture_output=True, text=True, check=False)
        self.assertEqual(0, good.returncode, good.stdout + good.stderr)
        self.assertIn(f"values: {len(text.splitlines())} are those that were written", good.stdout)
        self.assertIn("0 hidden", good.stdout)
        first, rest = text.split("\n", 1)
        other = json.loads(first)
        for bad in (text.replace(WORD, "鸢尾槐树", 1), json.dumps(dict(other, k=99)) + "\n" + rest,
                    json.dumps(dict(other, salt="A" * 43)) + "\n" + rest, "[]\n" + text):
            values.write_text(bad, encoding="utf-8")
            done = subprocess.run([*SCRIPT, str(out), "--values", str(values)], capture_output=True, text=True,
                                  check=False)
            self.assertEqual(1, done.returncode, done.stdout + done.stderr)

        key = pathlib.Path(self.key).read_text(encoding="utf-8")
        wrong = f"{self.folder.name}/wrong.key"
        lines = [x if not x.startswith("master:") else "master: " + "A" * 43 + "=" for x in key.splitlines()]
        pathlib.Path(wrong).write_text("\n".join(lines) + "\n", encoding="utf-8")
        for name in (wrong, f"{self.folder.name}/none.key"):
            target = f"{self.folder.name}/refused"
            done = subprocess.run([api.BIN, "log", "export", target, "--with-values", "--db", self.server.db],
                                  capture_output=True, text=True, check=False, env=dict(os.environ, BIHUAN_KEY=name))
            self.assertEqual(1, done.returncode, done.stdout)
            self.assertEqual([], list(pathlib.Path(self.folder.name).glob("refused*")))

    def test_nothing_in_the_file(self):
        planted = [WORD, WORD[:2], PHONE, "1158123457"]
        rec = self.open(SECRET)
        self.act("desk", 200, rec, "comment", {"text": WORD})
        data = self.dump()
        for word in planted:
            self.assertNotIn(word.encode(), data, word)
        # code and village stand in the playbook and the area tree, so the lines and rows are asked themselves
        mine = [x for x in lines_of(self.export("--sealed")[0]) if x and x["rec"] == rec]
        self.assertEqual(2, len(mine))
        for body in mine:
            text = json.dumps(body, ensure_ascii=False)
            for word in (*planted, CODE, api.VILLAGE, api.TOWN):
                self.assertNotIn(word, text)
            self.assertEqual((api.DISTRICT, {"$d", "c"}), (body["code"], set(body["sealed"])))
            self.assertFalse({"in", "rows", "parts", "links"} & set(body))
            self.assertTrue(all(name.startswith("$") for name in body.get("set", {})))

    def test_export_hides(self):
        early = self.open({"summary": "两家争执", "place": {"text": "一村"}, "result": "not_settled"})
        self.act("desk", 200, early, "amend", {"fields": {"privacy": True}, "reason": "涉及隐私"})
        rec = self.open(SECRET)
        out, said = self.export()
        full, said_full = self.export("--sealed")
        self.assertNotIn(early, out.read_text())  # sealed later: what came before is hidden with it
        self.assertNotIn(rec, out.read_text())
        self.assertIn(early, full.read_text())
        shut = [i for i, x in enumerate(lines_of(out)) if x is None]
        sealed = {x["rec"] for x in lines_of(full) if "sealed" in x}
        self.assertEqual(shut, [i for i, x in enumerate(lines_of(full)) if x["rec"] in sealed])
        self.assertIn(f"{len(shut)} hidden", said)
        self.assertIn(" 0 hidden", said_full)
        self.assertEqual(len(shut), json.loads(api.cli("log", "export", str(out), "--db", self.server.db,
                                                       "--json"))["hidden"])
        # a hidden line that is exchanged for another is noticed
        text = out.read_text(encoding="utf-8").split("\n")
        text[shut[0]], text[shut[-1]] = text[shut[-1]], text[shut[0]]
        out.write_text("\n".join(text), encoding="utf-8")
        self.assertEqual(1, subprocess.run([*SCRIPT, str(out)], capture_output=True, check=False).returncode)

    def test_verify(self):
        self.open(SECRET)
        report = json.loads(api.cli("verify", "--db", self.server.db, "--json"))
        self.assertTrue(report["ok"], report)
        self.assertGreater(report["sealed"], 0)
        # another key opens nothing, and says so
        other = pathlib.Path(self.folder.name) / "other.key"
        text = pathlib.Path(self.key).read_text()
        at = text.index("master: ") + len("master: ")
        other.write_text(text[:at] + ("B" if text[at] == "A" else "A") + text[at + 1:])
        done = subprocess.run([api.BIN, "verify", "--db", self.server.db], capture_output=True, text=True,
                              check=False, env={**os.environ, "BIHUAN_KEY": str(other)})
        self.assertNotEqual(0, done.returncode)
        self.assertIn("key", done.stdout + done.stderr)

    # ---- who sees what ----

    def test_lists(self):
        rec = self.open(SECRET)
        self.act("desk", 200, rec, "comment", {"text": WORD})

        def rows(who, query=""):
            found = self.want(who, 200, "GET", f"/api/records?type=dispute&limit=200{query}")
            return {x["id"]: x for x in found["rows"]}

        self.assertIn("minor", self.want("desk", 200, "GET", f"/api/records/{rec}")["fields"])
        for who in ("mediator",):  # of the district, not of the unit that holds it: number, kind and state
            row, full = rows(who)[rec], self.want(who, 200, "GET", f"/api/records/{rec}")
            self.assertEqual(({}, {}, [], True), (row["fields"], full["fields"], full["parts"], row["sealed"]))
            self.assertEqual((api.DISTRICT, api.DISTRICT), (row["area"], full["area"]))
            events = json.dumps(self.want(who, 200, "GET", f"/api/records/{rec}/events"), ensure_ascii=False)
            for text in (json.dumps(row, ensure_ascii=False), json.dumps(full, ensure_ascii=False), events):
                for word in (WORD, CODE, api.VILLAGE, "一村"):
                    self.assertNotIn(word, text)
            self.want(who, 403, "GET", f"/api/records/{rec}/proof")
        for who in ("stranger", "grid2", "grid"):
            self.assertNotIn(rec, rows(who))
            self.want(who, 404, "GET", f"/api/records/{rec}")
        where = "&where=" + urllib.parse.quote(f"type = '{CODE}'")
        self.assertNotIn(rec, rows("desk", where))
        self.assertNotIn(rec, rows("desk", "&search=" + urllib.parse.quote(WORD)))
        self.assertNotIn(rec, rows("desk", f"&area={api.VILLAGE}"))

    def test_second_person(self):
        rec = self.open(SECRET)
        self.assertIn(WORD, self.look("desk", 200, rec, ["summary"])["fields"]["summary"])
        self.look("mediator", 403, rec, ["summary"])
        self.act("mediator", 200, rec, "ask_look", {"fields": ["summary"], "purpose": "准备调解"})
        self.look("mediator", 403, rec, ["summary"])
        self.act("mediator", 403, rec, "approve", {})
        part = [p for p in self.want("head", 200, "GET", f"/api/records/{rec}")["parts"] if p.get("what") == "look"]
        self.assertEqual([["summary"]], [p["fields"] for p in part])
        self.act("head", 200, rec, "approve", {"part": part[0]["i"], "ok": True})
        self.look("mediator", 403, rec, ["summary", "contact_person"])
        self.assertIn(WORD, self.look("mediator", 200, rec, ["summary"])["fields"]["summary"])
        seen = self.want("head", 200, "GET", f"/api/records/{rec}/events")["rows"]
        self.assertEqual(["report", "look", "ask_look", "approve", "look"], [x["action"] for x in seen])

    def test_unsealed(self):
        """Two people take it off: from then on it is found as others are, by those who may see it."""
        rec = self.open(SECRET)
        self.act("desk", 200, rec, "comment", {"text": WORD})
        asked = {"reason": "当事人已成年", "paper": "新委字〔2024〕12号"}

        def found(who, more):
            return rec in [x["id"] for x in
                           self.want(who, 200, "GET", f"/api/records?type=dispute&limit=200{more}")["rows"]]

        ways = ["&search=" + urllib.parse.quote(WORD), "&where=" + urllib.parse.quote(f"type = '{CODE}'"),
                f"&area={api.VILLAGE}"]
        self.act("mediator", 403, rec, "ask_unseal", asked)
        self.act("desk", 400, rec, "ask_unseal", {"reason": asked["reason"]})
        self.act("desk", 200, rec, "ask_unseal", asked)
        self.act("desk", 403, rec, "approve", {"ok": True})
        self.assertEqual([False] * 3, [found("desk", x) for x in ways])
        self.act("head", 200, rec, "approve", {"ok": True})
        for who in ("desk", "mediator"):
            self.assertEqual([True] * 3, [found(who, x) for x in ways])
        self.assertFalse(found("stranger", ways[0]))
        full = self.want("mediator", 200, "GET", f"/api/records/{rec}")
        self.assertEqual((False, api.VILLAGE), (full.get("sealed", False), full["area"]))
        self.want("mediator", 200, "GET", f"/api/records/{rec}/proof")
        told = json.dumps(self.want("mediator", 200, "GET", f"/api/records/{rec}/events"), ensure_ascii=False)
        self.assertIn(asked["reason"], told)
        out, said = self.export()
        lines = [x for x in lines_of(out) if x and x["rec"] == rec]
        self.assertEqual([True] * 3 + [False], ["sealed" in x for x in lines])  # what was sealed stays so in the log
        self.assertNotIn(WORD, out.read_text(encoding="utf-8"))
        self.assertTrue(json.loads(api.cli("verify", "--db", self.server.db, "--json"))["ok"])

    # ---- figures ----

    def figure(self, who, area=api.DISTRICT, more=""):
        return self.want(who, 200, "GET",
                         f"/api/indicators/dispute.found?area={area}&from=2020-01-01&to=2040-01-01{more}")

    def test_fives(self):
        def exact():
            words = ("--area", api.DISTRICT, "--from", "2020-01-01", "--to", "2040-01-01", "--db", self.server.db)
            return (json.loads(api.cli("indicator", "dispute.found", *words, "--json")),
                    json.loads(api.cli("indicator", "dispute.found", *words, "--outside", "--json")))

        clear = self.figure("head", api.TOWN)["n"]
        for _ in range(6):
            here, outside = exact()
            hidden = here["n"] - clear
            self.assertEqual(("exact", "fives"), (here["sealed"], outside["sealed"]))
            self.assertEqual(clear + hidden - hidden % 5, outside["n"])
            self.assertEqual((hidden, hidden - hidden % 5), (here["sealed_n"], outside["sealed_n"]))
            self.assertIn("限制查看", outside["footnote"]["zh"])
            over = self.figure("head")
            self.assertEqual((outside["n"], "fives"), (over["n"], over["sealed"]))
            town = self.figure("head", api.TOWN)
            self.assertEqual(("left_out", clear), (town["sealed"], town["n"]))
            by = self.figure("head", more="&by=area")
            self.assertEqual(over["n"], sum(row["n"] for row in by["rows"]))
            self.open(SECRET)


class SealedPostgres(Sealed):
    postgres = True


if __name__ == "__main__":
    unittest.main()
