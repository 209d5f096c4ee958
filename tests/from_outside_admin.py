"""Administration over HTTP: units and accounts by who administers their area, passwords that are told once, what a
change of areas would do and did, and the versions of a playbook."""
import time
import unittest
import urllib.parse

import from_outside_api as api
from from_outside_api import DISTRICT, OTHER, REPORT, TOWN, VILLAGE, Client, uuid7


def setUpModule():
    api.setUpModule()


def tearDownModule():
    api.tearDownModule()


class Admin(api.Base):
    def new(self, who, what, fields, status=201):
        return self.want(who, status, "POST", f"/api/{what}", {"id": uuid7(), "fields": fields})

    def do(self, who, what, key, action, fields=None, status=200):
        body = {"id": uuid7(), "fields": fields or {}}
        return self.want(who, status, "POST", f"/api/{what}/{key}/actions/{action}", body)

    def account(self, login, role="desk", area=DISTRICT, who="admin", status=200, **more):
        return self.new(who, "accounts", {"login": login, "roles": [{"role": role, "area": area}], **more}, status)

    def local(self):
        """An administrator of the district alone; made once."""
        if "local" not in api.CLIENTS:
            made = self.account("local", "admin")
            api.CLIENTS["local"] = Client(api.SERVER.port)
            self.assertEqual(api.CLIENTS["local"].log_in("local", made["password"])[0], 200)
        return "local"

    def test_the_forms_are_told(self):
        forms = {of: {x["id"]: x["form"] for x in self.want("admin", 200, "GET", f"/api/actions?of={of}")["rows"]}
                 for of in ("sys.org", "sys.account", "sys.area")}
        self.assertEqual(set(forms["sys.org"]), {"open", "change", "move", "close", "open_again"})
        self.assertEqual(set(forms["sys.account"]), {"open", "change", "reset", "close", "open_again"})
        self.assertEqual(set(forms["sys.area"]), {"add", "change", "move", "merge", "split", "close"})
        roles = next(x for x in forms["sys.account"]["open"] if x["id"] == "roles")
        self.assertEqual([c["id"] for c in roles["columns"]], ["role", "area"])
        self.assertEqual(self.want("admin", 200, "GET", "/api/actions?of=nothing")["rows"], [])

    # ---- units ----

    def test_a_unit(self):
        self.new("desk", "orgs", {"name": "新单位", "area": DISTRICT}, 403)
        self.new("admin", "orgs", {"name": "新单位", "area": "1"}, 400)
        # not as a matter
        self.want("admin", 403, "POST", "/api/records",
                  {"id": uuid7(), "type": "sys.org", "fields": {"name": "x", "area": DISTRICT}})
        made = self.new("admin", "orgs", {"name": "新单位", "area": DISTRICT, "kind": "grid", "phone": "0791-1"})
        key = made["id"]
        self.assertIn("新单位", self.names())
        self.do("admin", "orgs", key, "change", {"name": "改名单位", "phone": ""})
        one = self.want("admin", 200, "GET", f"/api/orgs/{key}")
        self.assertEqual((one["name"], one.get("phone"), one["open"]), ("改名单位", None, 0))
        self.want("desk", 403, "GET", f"/api/orgs/{key}")
        r = self.open("grid", "report", REPORT)
        self.act("centre", r, "transfer", {"to_org": key})
        self.assertEqual(self.want("admin", 200, "GET", f"/api/orgs/{key}")["open"], 1)
        self.do("admin", "orgs", key, "close")
        self.do("admin", "orgs", key, "close", status=409)
        self.assertNotIn("改名单位", self.names())
        self.assertIn("改名单位", self.names("?full=true"))
        self.account("of_closed", org=key, status=400)
        self.do("admin", "orgs", key, "open_again")
        self.do("admin", "orgs", uuid7(), "close", status=404)
        # an account is no unit
        someone = self.account("no_unit")["id"]
        self.do("admin", "orgs", someone, "close", status=404)

    def names(self, more=""):
        return [x["name"] for x in self.want("desk", 200, "GET", f"/api/orgs{more}")["rows"]]

    # ---- accounts ----

    def test_a_first_password_is_told_once(self):
        made = self.account("fresh", name="某新人", org=api.SERVER.orgs["centre"])
        browser = Client(api.SERVER.port)
        status, me = browser.log_in("fresh", made["password"])
        self.assertEqual((status, me["name"]), (200, "某新人"))
        one = self.want("admin", 200, "GET", f"/api/accounts/{made['id']}")
        self.assertEqual((one["login"], one["name"], one["roles"][0]["role"]), ("fresh", "某新人", "desk"))
        self.assertNotIn("password", str(one))
        again = self.do("admin", "accounts", made["id"], "reset")
        self.assertNotEqual(again["password"], made["password"])
        self.assertEqual(browser.ask("GET", "/api/session")[0], 401)  # and it is logged out everywhere
        self.assertEqual(Client(api.SERVER.port).log_in("fresh", made["password"])[0], 401)
        self.assertEqual(browser.log_in("fresh", again["password"])[0], 200)
        self.do("admin", "accounts", made["id"], "close")
        self.assertEqual(browser.ask("GET", "/api/session")[0], 401)
        self.assertEqual(browser.log_in("fresh", again["password"])[0], 401)
        self.do("admin", "accounts", made["id"], "reset", status=409)
        self.do("admin", "accounts", made["id"], "open_again")
        self.assertEqual(browser.log_in("fresh", again["password"])[0], 200)

    def test_a_lost_answer(self):
        body = {"id": uuid7(), "fields": {"login": "lost", "roles": [{"role": "desk", "area": TOWN}]}}
        one = self.want("admin", 200, "POST", "/api/accounts", body)
        two = self.want("admin", 200, "POST", "/api/accounts", body)
        self.assertEqual((one["id"], one["version"]), (two["id"], two["version"]))
        self.assertEqual(Client(api.SERVER.port).log_in("lost", two["password"])[0], 200)
        self.account("lost", status=409)

    def test_nothing_is_told_of_what_somebody_did(self):
        rows = self.want("admin", 200, "GET", "/api/accounts")["rows"]
        self.assertTrue(rows)
        known = {"id", "login", "name", "org", "org_name", "roles", "closed"}
        for r in rows:
            self.assertLessEqual(set(r), known)
        self.want("desk", 403, "GET", "/api/accounts")
        self.want("leader", 403, "GET", "/api/accounts")

    def test_found_and_paged(self):
        for i in range(5):
            self.account(f"many{i}", "grid_worker", VILLAGE)
        page = self.want("admin", 200, "GET", "/api/accounts?search=many&limit=3")
        rest = self.want("admin", 200, "GET", f"/api/accounts?search=many&limit=3&after={page['next']}")
        self.assertEqual((len(page["rows"]), len(rest["rows"]), "next" in rest), (3, 2, False))
        self.assertEqual(len({r["id"] for r in page["rows"] + rest["rows"]}), 5)
        found = self.want("admin", 200, "GET", "/api/accounts?search=stranger")["rows"]
        self.assertEqual([r["login"] for r in found], ["stranger"])
        self.assertEqual(self.want("admin", 200, "GET", f"/api/accounts?area={OTHER}&search=many")["rows"], [])
        unit = api.SERVER.orgs["police"]
        rows = self.want("admin", 200, "GET", f"/api/accounts?org={unit}")["rows"]
        self.assertEqual({r["org"] for r in rows}, {unit})
        asked = urllib.parse.quote(rows[0]["org_name"])
        found = self.want("admin", 200, "GET", f"/api/accounts?search={asked}")["rows"]
        self.assertEqual([r["id"] for r in found], [r["id"] for r in rows])
        self.want("admin", 400, "GET", "/api/accounts?after=x")
        self.want("admin", 400, "GET", "/api/accounts?area=1")

    def test_an_administrator_of_a_district(self):
        local = self.local()
        made = self.account("by_local", "mediator", TOWN, local)
        self.account("x1", "desk", OTHER, local, 403)
        self.account("x2", "admin", TOWN, local, 403)
        self.account("x3", "auditor", TOWN, local, 403)
        self.do(local, "accounts", made["id"], "change", {"roles": [{"role": "head", "area": TOWN}]})
        seen = {r["login"] for r in self.want(local, 200, "GET", "/api/accounts")["rows"]}
        self.assertIn("by_local", seen)
        self.assertNotIn("stranger", seen)
        far = self.want("admin", 200, "GET", "/api/accounts?search=stranger")["rows"][0]["id"]
        self.want(local, 404, "GET", f"/api/accounts/{far}")
        self.do(local, "accounts", far, "reset", status=404)
        self.do(local, "accounts", far, "close", status=403)
        me = api.CLIENTS[local].ask("GET", "/api/session")[1]["account"]
        self.do(local, "accounts", me, "change", {"roles": [{"role": "head", "area": TOWN}]}, 403)
        self.do(local, "areas", TOWN, "change", {"name": "新名"}, 403)
        unit = self.new(local, "orgs", {"name": "镇里的站", "area": TOWN})["id"]
        self.do(local, "orgs", unit, "move", {"area": OTHER}, 403)
        self.do(local, "orgs", unit, "move", {"area": VILLAGE})

    # ---- areas ----

    def preview(self, code, action, fields, status=200):
        body = {"id": uuid7(), "fields": fields}
        return self.want("admin", status, "POST", f"/api/areas/{code}/actions/{action}/preview", body)

    def settle(self):
        for _ in range(200):
            shift = self.want("admin", 200, "GET", "/api/area-shift")
            if not shift["running"]:
                return
            self.assertLessEqual(shift["done"], shift["total"])
            time.sleep(0.05)
        self.fail("the matters are never taken along")

    def test_an_area_is_made_moved_and_closed(self):
        code = "360103107000"
        names = [{"code": code, "name": "桃花镇"}, {"code": "360103108000", "name": "绳金塔镇"}]
        self.do("admin", "areas", OTHER, "add", {"areas": names, "valid_from": "2020-01-01"}, 201)
        self.do("admin", "areas", OTHER, "add", {"areas": names}, 409)
        self.assertEqual(self.want("desk", 200, "GET", f"/api/areas/{code}")["valid_from"], "2020-01-01")
        r = self.open("stranger", "report", REPORT, area=code)
        size = self.history(code)
        told = self.preview(code, "move", {"parent": DISTRICT})
        self.assertEqual(told, {"below": 0, "open": 1, "all": 1, "taken_along": True})
        self.preview(code, "move", {"parent": code}, 400)
        self.preview(code, "merge", {"into": DISTRICT}, 400)
        self.preview(code, "burn", {}, 400)
        self.preview("1", "move", {"parent": DISTRICT}, 400)
        self.assertFalse(self.preview(code, "close", {})["taken_along"])
        self.assertEqual(self.history(code), size)  # nothing was written
        self.do("admin", "areas", code, "move", {"parent": DISTRICT}, 201)
        self.settle()
        self.want("centre", 200, "GET", f"/api/records/{r['id']}")
        self.do("admin", "areas", code, "change", {"name": "桃花街道"}, 201)
        self.settle()
        self.do("admin", "areas", code, "close", {"successor": "360103108000"}, 201)
        told = self.history(code)
        self.assertEqual([x["action"] for x in told], ["add", "move", "change", "close"])
        self.assertEqual(told[0]["name"], "桃花镇")
        self.assertIn("新建区", told[1]["parent"])
        self.assertEqual(told[2]["name"], "桃花街道")
        self.assertEqual((told[3]["successor"], told[3]["by"]), ("360103108000", "某admin"))
        self.want("centre", 403, "GET", f"/api/areas/{code}/history")
        self.want("admin", 404, "GET", "/api/areas/1/history")

    def history(self, code):
        return self.want("admin", 200, "GET", f"/api/areas/{code}/history")["rows"]

    # ---- playbooks ----

    def test_a_playbook_is_checked(self):
        bad = {"playbook.yaml": "playbook: talk\nversion: one\nname: 宣讲\n"}
        answer = api.CLIENTS["admin"].ask("POST", "/api/playbook-check", {"files": bad})
        self.assertEqual((answer[0], answer[1]["code"]), (400, "syntax"))
        first = answer[1]["complaints"][0]
        self.assertEqual((first["file"], first["line"]), ("playbook.yaml", 2))
        self.want("admin", 400, "POST", "/api/playbook-check", {})
        self.want("head", 403, "POST", "/api/playbook-check", {"files": bad})
        text = ("playbook: talk\nversion: 3\nname: 宣讲\nrecords:\n  talk:\n    kind: activity\n    name: 宣讲\n"
                "    fields:\n      heads: {label: 人次, type: integer, min: 0}\n"
                "    actions:\n      hold: {name: 登记, opens: true, form: [heads!]}\n")
        told = self.want("admin", 200, "POST", "/api/playbook-check", {"files": {"playbook.yaml": text}})
        self.assertEqual((told["playbook"], told["from"], told["to"], told["same_version"]), ("talk", 0, 3, False))

    def test_cases_on_each_version(self):
        self.open("grid", "report", REPORT)
        rows = self.want("admin", 200, "GET", "/api/playbooks/dispute/cases")["rows"]
        self.assertEqual([r["version"] for r in rows], [1])
        self.assertGreater(rows[0]["open"], 0)
        self.want("grid", 403, "GET", "/api/playbooks/dispute/cases")


if __name__ == "__main__":
    unittest.main()
