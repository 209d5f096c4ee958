"""The log over HTTP: what an overseer reads, and the proofs that tools/verify_log.py holds good."""
import base64
import hashlib
import pathlib
import subprocess
import sys
import tempfile
import unittest

import from_outside_api as api

SCRIPT = api.ROOT / "tools/verify_log.py"


class Log(api.Served):
    def get(self, c, path, want=200):
        status, got = c.ask("GET", path)
        self.assertEqual(status, want, (path, got))
        return got

    def script(self, *words):
        return subprocess.run([sys.executable, str(SCRIPT), *words], capture_output=True, text=True, check=False,
                              timeout=60)

    def test_events_are_told_by_kind_and_unit_never_by_person(self):
        c = self.client("admin")
        page = self.get(c, "/api/log/events?limit=5")
        self.assertEqual(len(page["rows"]), 5)
        size = self.get(c, "/api/log")["size"]
        self.assertEqual([x["seq"] for x in page["rows"]], list(range(size - 1, size - 6, -1)))
        seen = []
        at = page
        while True:
            seen += at["rows"]
            if at["next"] is None:
                break
            at = self.get(c, f"/api/log/events?limit=200&before={at['next']}")
        self.assertEqual([x["seq"] for x in seen], list(range(size - 1, -1, -1)))
        for x in seen:
            self.assertLessEqual(set(x), {"seq", "id", "recorded", "type", "action", "org", "record", "number"})
        self.assertIn("区划", {x["type"] for x in seen})

    def test_tiles(self):
        """What is written is what the outsider works out again; a hash that differs is named."""
        with tempfile.TemporaryDirectory() as folder:
            tiles, log = pathlib.Path(folder) / "a/tiles", f"{folder}/log"
            vkey = api.cli("checkpoint", "--vkey", "--db", self.server.db)
            api.cli("log", "export", log, "--tiles", str(tiles), "--db", self.server.db)
            size = int((tiles / "checkpoint").read_text(encoding="utf-8").split("\n")[1])
            self.assertEqual(32 * size, (tiles / f"tile/0/000.p/{size}").stat().st_size)
            self.assertEqual(0, self.script("tiles", str(tiles), "--log", log, "--vkey", vkey).returncode)
            person, admin = self.client("desk"), self.client("admin")
            while self.get(admin, "/api/log")["size"] < 260:
                body = {"id": api.uuid7(), "type": "dispute", "area": api.VILLAGE, "action": "report",
                        "fields": api.REPORT}
                self.assertEqual(201, person.ask("POST", "/api/records", body)[0])
            api.cli("log", "export", "--tiles", str(tiles), "--db", self.server.db)
            size = int((tiles / "checkpoint").read_text(encoding="utf-8").split("\n")[1])
            last = f"tile/0/001.p/{size - 256}"
            for name, length in (("tile/0/000", 256), (last, size - 256), ("tile/1/000.p/1", 1)):
                self.assertEqual(32 * length, (tiles / name).stat().st_size)
            done = self.script("tiles", str(tiles), "--vkey", vkey)
            self.assertEqual((0, ""), (done.returncode, done.stderr), done.stdout)
            self.assertIn(f"{size} events, in 2 levels", done.stdout)
            for name in ("tile/0/000", last, "tile/1/000.p/1"):
                good = (tiles / name).read_bytes()
                for bad in (bytes([good[0] ^ 1]) + good[1:], good[:-1]):
                    (tiles / name).write_bytes(bad)
                    self.assertEqual(1, self.script("tiles", str(tiles)).returncode, name)
                (tiles / name).write_bytes(good)
            api.cli("log", "export", log, "--db", self.server.db)
            lines = pathlib.Path(log).read_bytes().split(b"\n")
            pathlib.Path(log).write_bytes(b"\n".join([lines[1], lines[0]] + lines[2:]))
            self.assertIn("event 0", self.script("tiles", str(tiles), "--log", log).stdout)

    def test_a_proof_holds_outside(self):
        c = self.client("admin")
        log = self.get(c, "/api/log")
        got = self.get(c, "/api/log/proof?event=3")
        self.assertEqual(self.get(c, f"/api/log/proof?event={got['id']}")["leaf"], got["leaf"])
        self.assertEqual(got["size"], log["size"])
        self.assertNotIn("body", got)  # a system record's bytes are not told here
        older = self.get(c, "/api/log/proof?event=3&size=4")
        self.assertTrue(older["checkpoint"].split("\n")[1] == "4")
        with tempfile.TemporaryDirectory() as folder:
            key, old, new, proof = (str(pathlib.Path(folder) / x) for x in ("vkey", "old", "new", "proof"))
            steps = self.get(c, "/api/log/consistency?from=4")
            for path, text in ((key, log["vkey"]), (old, steps["old"]), (new, steps["new"]),
                               (proof, "".join(f"{x}\n" for x in steps["proof"]))):
                pathlib.Path(path).write_text(text, encoding="utf-8")
            self.assertEqual(self.script("consistency", old, new, proof, "--vkey", key).returncode, 0)
            pathlib.Path(old).write_text(older["checkpoint"].replace("\n4\n", "\n5\n"), encoding="utf-8")
            self.assertEqual(self.script("consistency", old, new, proof).returncode, 1)

    def test_the_bytes_of_a_matter_are_for_who_sees_it(self):
        desk = self.client("desk")
        made = desk.ask("POST", "/api/records", {"id": api.uuid7(), "type": "dispute", "area": api.VILLAGE,
                                                 "action": "report", "fields": api.REPORT})[1]
        seq = made["receipt"]["seq"]
        self.get(desk, "/api/log", 403)
        self.assertNotIn("body", self.get(self.client("admin"), f"/api/log/proof?event={seq}"))  # admin sees no matters
        api.cli("account", "add", "auditor", "--role", "auditor", "--area", api.DISTRICT, "--db", self.server.db,
                given=api.PASSWORD)
        api.cli("account", "add", "auditor2", "--role", "auditor", "--area", api.OTHER, "--db", self.server.db,
                given=api.PASSWORD)
        own = self.get(self.client("auditor"), f"/api/log/proof?event={seq}")
        leaf = base64.b64encode(hashlib.sha256(b"\0" + own["body"].encode()).digest()).decode()
        self.assertEqual(leaf, own["leaf"])
        other = self.client("auditor2")
        self.assertNotIn("body", self.get(other, f"/api/log/proof?event={seq}"))
        rows = self.get(other, "/api/log/events?limit=200")["rows"]
        self.assertNotIn("record", next(x for x in rows if x["seq"] == seq))

    def test_the_form_budget_names_fields_and_their_basis_never_persons(self):
        got = self.get(self.client("admin"), "/api/forms/budget")
        lacking = {(f["type"], x["id"]) for f in got["rows"] for x in f["fields"] if not x.get("basis")}
        self.assertEqual(lacking, set())  # every field that is shipped says why it is asked
        report = next(x for x in got["rows"] if x["type"] == "dispute.dispute" and x["action"] == "上报")
        self.assertEqual(report["asked"], 0)  # nothing was there last month
        summary = next(x for x in report["fields"] if x["id"] == "summary")
        self.assertIn("人民调解法", summary["basis"])
        for x in got["rows"]:
            self.assertLessEqual(set(x), {"type", "record", "action", "asked", "counted_as", "fields"})
        for login in ("desk", "leader", "grid"):
            self.get(self.client(login), "/api/forms/budget", 403)

    def test_what_is_asked_wrongly(self):
        c = self.client("admin")
        size = self.get(c, "/api/log")["size"]
        for path, want in (("proof", 404), ("proof?event=x", 404), (f"proof?event={size}", 404),
                           ("proof?event=3&size=3", 400), ("proof?event=3&size=0", 400),
                           (f"proof?event=3&size={size + 1}", 400), ("consistency?from=0", 400),
                           ("consistency?from=5&to=4", 400), (f"consistency?from=1&to={size + 1}", 400),
                           ("events?before=-1", 400), ("events?limit=201", 400), ("events?before=0", 200)):
            self.get(c, f"/api/log/{path}", want)
        self.assertEqual(self.get(c, "/api/log/consistency")["proof"], [])
        self.assertEqual(api.Client(self.server.port).ask("GET", "/api/log")[0], 401)


if __name__ == "__main__":
    unittest.main()
