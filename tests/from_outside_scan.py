"""Logging in on a phone by a code from the desk's screen: the right way, and every wrong one that needs no waiting."""
import unittest

import from_outside_api as api


class Scan(api.Served):
    def show(self, desk):
        status, got = desk.ask("POST", "/api/session/scan")
        self.assertEqual(status, 200, got)
        self.assertEqual(got["seconds"], 60)
        self.assertEqual(len(got["modules"]), len(got["modules"][0]))
        self.assertTrue(got["link"].startswith(f"http://127.0.0.1:{self.server.port}/scan#"), got["link"])
        return got["link"].split("#")[1]

    def nothing(self, phone, code):
        for path in ("/api/scan/look", "/api/scan"):
            status, got = phone.ask("POST", path, {"code": code})
            self.assertEqual((status, got["detail"]), (404, "二维码已用过或过期，请在电脑上重新显示一个"), path)
            self.assertIsNone(phone.head["Set-Cookie"])

    def state(self, desk):
        return desk.ask("GET", "/api/session/scan")[1]["state"]

    def test_a_phone_gets_a_session_of_its_own(self):
        desk, phone = self.client("centre"), self.client()
        self.assertEqual(self.state(desk), "none")
        code = self.show(desk)
        self.assertEqual(self.state(desk), "open")
        status, who = phone.ask("POST", "/api/scan/look", {"code": code})
        self.assertEqual(status, 200)
        self.assertLessEqual(set(who), {"name", "org_name"})
        self.assertEqual(self.state(desk), "open")  # to look is not to use
        status, me = phone.ask("POST", "/api/scan", {"code": code}, headers={"User-Agent": "Phone"})
        self.assertEqual(status, 200, me)
        phone.cookie, phone.csrf = phone.head["Set-Cookie"].split(";")[0], me["csrf"]
        self.assertEqual(self.state(desk), "used")
        mine = desk.ask("GET", "/api/session")[1]
        self.assertEqual(phone.ask("GET", "/api/session")[1]["account"], mine["account"])
        self.assertNotEqual(phone.cookie, desk.cookie)
        rows = desk.ask("GET", "/api/sessions")[1]["rows"]
        key = next(x["key"] for x in rows if x["device"] == "Phone")
        self.nothing(self.client(), code)  # used
        self.assertEqual(desk.ask("DELETE", f"/api/sessions/{key}")[0], 204)  # the desk ends the phone
        self.assertEqual(phone.ask("GET", "/api/session")[0], 401)

    def test_what_opens_nothing(self):
        phone = self.client()
        for code in ("", "x", "A" * 43, None):
            self.nothing(phone, code or "")
        desk = self.client("head")
        first = self.show(desk)
        second = self.show(desk)
        self.nothing(phone, first)  # the next code ends the one before
        self.assertEqual(desk.ask("DELETE", "/api/session")[0], 204)
        self.nothing(phone, second)  # the desk has logged out
        self.assertEqual(phone.ask("POST", "/api/session/scan")[0], 401)
        self.assertEqual(phone.ask("POST", "/api/scan", {"code": first, "login": "head"})[0], 400)

    def test_a_session_needs_its_csrf_to_show_a_code(self):
        desk = self.client("leader")
        self.assertEqual(desk.ask("POST", "/api/session/scan", csrf=False)[0], 403)

    def test_another_account_on_the_phone_stays_what_it_is(self):
        desk, phone = self.client("mediator"), self.client("grid")
        code = self.show(desk)
        status, got = phone.ask("POST", "/api/scan", {"code": code})
        self.assertEqual((status, got["code"]), (409, "wrong_state"))
        self.assertEqual(self.state(phone), "none")  # a code is told to the session that shows it alone
        self.assertEqual(self.client().ask("POST", "/api/scan", {"code": code})[0], 200)  # it was not used up

    def test_a_closed_account_opens_nothing(self):
        api.cli("account", "add", "leaver", "--role", "desk", "--area", api.DISTRICT, "--db", self.server.db,
                given=api.PASSWORD)
        desk = self.client("leaver")
        code = self.show(desk)
        admin = self.client("admin")
        account = desk.ask("GET", "/api/session")[1]["account"]
        status, got = admin.ask("POST", f"/api/accounts/{account}/actions/close", {"id": api.uuid7(), "fields": {}})
        self.assertEqual(status, 200, got)
        self.nothing(self.client(), code)


if __name__ == "__main__":
    unittest.main()
