"""Documents of a matter from outside: printed from the playbook's templates as PDF and docx, details only
after a look for this very document, the dossier with its page numbers, the receipt, the public check."""
import base64
import io
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import urllib.parse
import zipfile

import from_outside_api as api

VILLAGE = api.VILLAGE
PAPERS = os.environ.get("BIHUAN_PAPERS")  # keeps what was printed, to be looked at


def text_of(pdf):
    """The text of a PDF, a string a page, without blanks."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as f:
        f.write(pdf)
        f.flush()
        out = subprocess.run(["pdftotext", "-layout", f.name, "-"], capture_output=True, check=True, timeout=60)
    pages = out.stdout.decode().split("\f")[:-1]
    return ["\n".join(re.sub(r"\s", "", line) for line in page.split("\n")) for page in pages]


def words_of(docx):
    with zipfile.ZipFile(io.BytesIO(docx)) as z:
        xml = z.read("word/document.xml").decode()
    return "".join(re.findall(r"<w:t[^>]*>([^<]*)</w:t>", xml))


class Documents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = api.Server()
        cls.addClassCleanup(cls.server.end)
        cls.client = {}
        for login in ("grid", "desk", "mediator", "centre", "stranger", "leader"):
            cls.client[login] = api.Client(cls.server.port)
            assert cls.client[login].log_in(login)[0] == 200
        cls.client["nobody"] = api.Client(cls.server.port)
        cls.opened = cls.open_one("grid")
        cls.matter = cls.mediated()

    @classmethod
    def open_one(cls, who, **more):
        body = {"id": api.uuid7(), "type": "dispute", "area": VILLAGE, "action": "report",
                "fields": dict(api.REPORT, **more)}
        status, r = cls.client[who].ask("POST", "/api/records", body)
        assert status == 201, r
        return r

    @classmethod
    def act(cls, who, rec, action, documents=None, **fields):
        body = {"id": api.uuid7(), "fields": fields}
        if documents:
            body["documents"] = documents
        status, r = cls.client[who].ask("POST", f"/api/records/{rec}/actions/{action}", body)
        assert status == 200, (action, r)
        return r

    @classmethod
    def upload(cls, who, name, raw):
        status, f = cls.client[who].ask("POST", "/api/files?name=" + urllib.parse.quote(name), raw=raw)
        assert status in (200, 201), f
        return f

    @classmethod
    def mediated(cls):
        """A matter with all its papers, as far as a written agreement."""
        photo = cls.upload("grid", "围墙.png", api.png())
        rec = cls.open_one("grid", photo=[photo])["id"]
        cls.act("desk", rec, "register", type="0201", source="grid", scale="01", colour="yellow",
                applicant=[{"name": "张三丰", "phone": "13800001111", "address": "一村15号", "sex": "男", "age": 61}],
                respondent=[{"name": "李四光", "phone": "13900002222", "address": "一村16号"}])
        cls.act("desk", rec, "triage", grade="simple", bar="none")
        scan = cls.upload("mediator", "授权委托书.png", api.png(60, 40))
        paper = cls.upload("mediator", "证据.pdf", b"%PDF-1.4\n%%EOF\n")
        cls.act("mediator", rec, "accept", consent=True, rights_told=True, identity_seen=True,
                documents=[{"doc": "authority", **scan}, {"doc": "evidence", **paper}])
        cls.act("mediator", rec, "session", session_on="2024-01-05", session_manner="together",
                session_note="双方到场。\n张说墙是他家的。", investigation="看了两家的房产证。")
        cls.act("mediator", rec, "session", session_on="2024-01-06", session_manner="apart", session_note="双方让了一步。")
        cls.act("mediator", rec, "agree", result="written", agreement="李家改装落水管，费用各半。", performance="not_due",
                performance_date="2030-02-01", agreement_amount=1200.50,
                instalments=[{"due_on": "2030-01-15", "sum": 600.25, "what": "材料费"},
                             {"due_on": "2030-02-01", "sum": 600.25}])
        return rec

    def get(self, who, path, status=200):
        got, answer = self.client[who].ask("GET", path)
        self.assertEqual(got, status, f"{path} by {who}: {answer[:300] if isinstance(answer, bytes) else answer}")
        return answer

    def paper(self, who, doc, look=None, rec=None):
        raw = self.get(who, f"/api/records/{rec or self.matter}/documents/{doc}" + (f"?look={look}" if look else ""))
        if PAPERS:
            (pathlib.Path(PAPERS) / f"{'plain-' if look else ''}{doc}").write_bytes(raw)
        return raw

    def look(self, who, purpose, fields=("applicant", "respondent"), rec=None):
        status, r = self.client[who].ask("POST", f"/api/records/{rec or self.matter}/look",
                                         {"fields": list(fields), "purpose": purpose})
        self.assertEqual(status, 200, r)
        return r["receipt"]["event"]

    def test_every_document_that_belongs_here_prints_both_ways(self):
        rows = self.get("desk", f"/api/records/{self.matter}/documents")["rows"]
        by_id = {x["id"]: x for x in rows}
        printed = [x["id"] for x in rows if x["print"]]
        for doc in ("application", "rights_notice", "mediation_record", "agreement_text", "cover", "contents",
                    "photos"):
            self.assertIn(doc, printed)
        for doc in ("oral_register", "termination_notice", "transfer_letter", "revisit_record_x"):
            self.assertNotIn(doc, printed)
        self.assertEqual(by_id["application"]["details"], ["applicant", "respondent"])
        self.assertEqual(by_id["rights_notice"]["details"], [])
        self.assertTrue(by_id["authority"]["attached"])
        for doc in printed:
            pages = text_of(self.paper("desk", f"{doc}.pdf"))
            name = by_id[doc]["name"]
            self.assertTrue(pages[0].strip(), doc)
            docx = words_of(self.paper("desk", f"{doc}.docx"))
            with self.subTest(doc=doc, name=name):
                self.assertNotIn("{", "".join(pages) + docx)
                self.assertNotIn("张三丰", "".join(pages) + docx)
                self.assertNotIn("13800001111", "".join(pages) + docx)
        self.assertIn("权利义务告知书", text_of(self.paper("desk", "rights_notice.pdf"))[0])

    def test_what_was_entered_stands_in_the_papers(self):
        t = "".join(text_of(self.paper("desk", "agreement_text.pdf")))
        for want in ("李家改装落水管", "1200.50元", "2030年2月1日前履行", "600.25", "材料费", "张某"):
            self.assertIn(want, t)
        t = "".join(text_of(self.paper("desk", "mediation_record.pdf")))
        for want in ("第1次调解（2024年1月5日", "第2次调解（2024年1月6日", "张说墙是他家的。", "双方让了一步。", "某mediator"):
            self.assertIn(want, t)
        self.assertIn("看了两家的房产证", "".join(text_of(self.paper("desk", "investigation_record.pdf"))))

    def test_the_same_print_is_the_same_bytes(self):
        one = self.paper("desk", "rights_notice.docx")
        with zipfile.ZipFile(io.BytesIO(one)) as z:
            self.assertIsNone(z.testzip())
            self.assertIn("word/footer1.xml", z.namelist())
            self.assertEqual({i.date_time for i in z.infolist()}, {(1980, 1, 1, 0, 0, 0)})

    def test_another_program_opens_the_docx(self):
        script = ("import docx, sys, io; d = docx.Document(io.BytesIO(sys.stdin.buffer.read()));"
                  "print('\\n'.join(p.text for p in d.paragraphs)); print(len(d.tables), len(d.tables[0].rows))")
        done = subprocess.run(["/usr/bin/python3", "-c", script], input=self.paper("desk", "application.docx"),
                              capture_output=True, check=False, timeout=60)
        if b"No module named" in done.stderr:
            self.skipTest("python3-docx is not installed")
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.assertIn("一、纠纷简要情况", done.stdout.decode())
        self.assertIn("1 5", done.stdout.decode())

    def test_details_need_a_look_for_this_document(self):
        look = self.look("desk", "打印《人民调解申请书》给当事人签字")
        t = "".join(text_of(self.paper("desk", "application.pdf", look)))
        for want in ("张三丰", "13800001111", "一村16号", "61"):
            self.assertIn(want, t)
        self.assertIn("张三丰", words_of(self.paper("desk", "application.docx", look)))
        path = f"/api/records/{self.matter}/documents"
        for who, doc, named, status in (("desk", "agreement_text", look, 403),     # made for another paper
                                        ("mediator", "application", look, 403),    # by another person
                                        ("desk", "application", api.uuid7(), 400), # no such event
                                        ("desk", "application", "x", 400)):
            got, _ = self.client[who].ask("GET", f"{path}/{doc}.pdf?look={named}")
            self.assertEqual(got, status, (who, doc))
        other = self.look("desk", "打印人民调解申请书", ["contact_person"], self.opened["id"])
        self.assertEqual(self.client["desk"].ask("GET", f"{path}/application.pdf?look={other}")[0], 403)
        half = self.look("desk", "打印人民调解申请书", ["applicant"])
        t = "".join(text_of(self.paper("desk", "application.pdf", half)))
        self.assertIn("张三丰", t)
        self.assertNotIn("李四光", t)
        log = self.get("desk", f"/api/records/{self.matter}/events?limit=200")["rows"]
        self.assertIn("look", [x["action"] for x in log])

    def test_who_may_not_see_it_prints_nothing(self):
        for who, status in (("stranger", 404), ("nobody", 401)):
            for path in ("documents", "documents/application.pdf", "dossier.pdf"):
                got, _ = self.client[who].ask("GET", f"/api/records/{self.matter}/{path}")
                self.assertEqual(got, status, (who, path))
        for path, status in (("documents/nonsense.pdf", 404), ("documents/application.odt", 404),
                             ("documents/.pdf", 404), ("documents/authority.pdf", 404), ("documents/slip.pdf", 404),
                             ("documents/oral_register.pdf", 409)):
            got, problem = self.client["desk"].ask("GET", f"/api/records/{self.matter}/{path}")
            self.assertEqual(got, status, path)
            self.assertTrue(problem["detail"])

    def test_the_dossier_in_one_press(self):
        look = self.look("desk", "卷宗成册归档")
        raw = self.get("desk", f"/api/records/{self.matter}/dossier.pdf?look={look}")
        if PAPERS:
            (pathlib.Path(PAPERS) / "dossier.pdf").write_bytes(raw)
        pages = text_of(raw)
        self.assertIn("人民调解卷宗", pages[0])
        self.assertIn("张三丰", pages[0])
        contents = next(p for p in pages if p.startswith("卷宗目录") or "\n卷宗目录" in p or "卷宗目录" in p)
        found = {}
        for line in contents.split("\n"):
            m = re.fullmatch(r"(\d+?)(人民调解申请书|权利义务告知书|调解笔录|人民调解协议书|授权委托书|照片)(\d+)", line)
            if m:
                found[m.group(2)] = int(m.group(3))
        wanted = {"人民调解申请书", "权利义务告知书", "调解笔录", "人民调解协议书", "授权委托书", "照片"}
        self.assertEqual(set(found), wanted, contents)
        title = {"权利义务告知书": "人民调解当事人权利义务告知书", "调解笔录": "人民调解笔录", "授权委托书": "授权委托书"}
        for name, page in found.items():
            self.assertIn(title.get(name, name), pages[page - 1], f"{name} on page {page}")
        self.assertIn("证据材料（证据.pdf）另附", contents)
        self.assertEqual(sorted(found.values()), sorted(set(found.values())))
        self.assertIn(f"第{len(pages)}页共{len(pages)}页", pages[-1])
        masked = "".join(text_of(self.get("desk", f"/api/records/{self.matter}/dossier.pdf")))
        self.assertNotIn("张三丰", masked)

    def test_a_paper_can_be_checked_by_anybody(self):
        t = "".join(text_of(self.paper("desk", "rights_notice.pdf")))
        code = re.search(r"核验码(\d+-[0-9a-f]{12})", t).group(1)
        answer = self.get("nobody", f"/api/check?code={code}")
        self.assertTrue(answer["ok"])
        self.assertEqual(answer["seq"], int(code.split("-")[0]))
        self.assertEqual(base64.b64decode(answer["leaf"]).hex()[:12], code.split("-")[1])
        self.assertIn("c2sp.org/tlog-proof", answer["proof"])
        self.assertNotIn("张", json.dumps(answer, ensure_ascii=False))
        wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
        self.get("nobody", f"/api/check?code={wrong}", 404)
        for bad in ("", "x", code.upper() + "A", "-1-aaaaaaaaaaaa", "999999999-aaaaaaaaaaaa", "1-aaaa"):
            got, _ = self.client["nobody"].ask("GET", "/api/check?code=" + bad)
            self.assertIn(got, (400, 404), bad)

    def receipt(self, who, rec, status=200, **body):
        got, answer = self.client[who].ask("POST", f"/api/records/{rec}/receipt", body)
        self.assertEqual(got, status, answer if status != got else "")
        return answer

    def test_the_receipt_and_another_when_it_was_lost(self):
        r = self.open_one("desk")
        digits = f"{r['digits'][:4]}{r['digits'][4:]}"
        for form in ("a5", "80mm"):
            raw = self.receipt("desk", r["id"], token=r["token"], format=form)
            pages = text_of(raw)
            self.assertEqual(len(pages), 1)
            for want in ("受理回执", r["number"], "查询码" + digits, "扫码查进度"):
                self.assertIn(want, pages[0])
            if PAPERS:
                (pathlib.Path(PAPERS) / f"receipt-{form}.pdf").write_bytes(raw)
        view = self.receipt("desk", r["id"], token=r["token"])
        self.assertIn(r["number"], "".join(b.get("text") or "" for b in view["blocks"]))
        code = next(b for b in view["blocks"] if b["kind"] == "code")["modules"]
        self.assertEqual({len(row) for row in code}, {len(code)})
        self.assertRegex("".join(code), "^[01]+$")
        self.receipt("desk", r["id"], 400, token="wrong")
        self.receipt("desk", r["id"], 400)
        self.receipt("desk", r["id"], 400, token=r["token"], format="a3")
        self.receipt("desk", self.matter, 400, token=r["token"])  # the link of another matter
        again = self.act("desk", r["id"], "reissue")
        self.assertNotEqual(again["token"], r["token"])
        self.assertNotEqual(again["digits"], r["digits"])
        self.assertIn("补发回执", self.get("desk", f"/api/records/{r['id']}/events")["rows"][-1]["zh"])
        self.receipt("desk", r["id"], token=again["token"])
        self.receipt("desk", r["id"], 400, token=r["token"])
        self.get("nobody", f"/api/resident?token={r['token']}", 404)
        self.get("nobody", f"/api/resident?token={again['token']}")

    def test_the_resident_presses_one_of_two_buttons(self):
        def finished(result):
            rec = self.open_one("mediator", contact_person={"name": "王五", "phone": "13700003333"})
            self.act("desk", rec["id"], "register", type="0201", source="grid", scale="01", colour="yellow")
            self.act("desk", rec["id"], "triage", grade="simple", bar="none")
            self.act("mediator", rec["id"], "accept", consent=True, rights_told=True, identity_seen=True)
            self.act("mediator", rec["id"], "agree", result=result, agreement="互相道歉。", performance="at_once",
                     performance_date="2030-01-01")
            return rec
        rec = finished("oral")
        five = self.get("nobody", f"/api/resident?token={rec['token']}")
        buttons = {a["answer"]: a["id"] for a in five["actions"] if "answer" in a}
        self.assertEqual(set(buttons), {"satisfied", "unsolved"})
        self.assertEqual([a for a in five["actions"] if "answer" in a and a["form"]], [])
        body = {"token": rec["token"], "id": api.uuid7(), "action": buttons["unsolved"]}
        status, answer = self.client["nobody"].ask("POST", "/api/resident/answer", body)
        self.assertEqual(status, 200, answer)
        self.assertEqual(answer["state"], "mediating")
        shown = self.get("desk", f"/api/records/{rec['id']}")
        self.assertTrue(shown["reopened"])
        rec = finished("oral")
        day = self.get("desk", f"/api/records/{rec['id']}")["opened"][:10]
        body = {"digits": rec["digits"], "date": day, "id": api.uuid7(), "action": "resident_satisfied"}
        status, answer = self.client["nobody"].ask("POST", "/api/resident/answer", body)
        self.assertEqual((status, answer["state"]), (200, "performing"))
        body = {"digits": rec["digits"], "date": "2001-01-01", "id": api.uuid7(), "action": "resident_satisfied"}
        self.assertEqual(self.client["nobody"].ask("POST", "/api/resident/answer", body)[0], 404)


if __name__ == "__main__":
    unittest.main()
