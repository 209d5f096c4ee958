/* Documents of a matter: filled from the playbook's templates, printed as PDF or docx; the whole
 * dossier; the resident's receipt; and the public check of what a printed paper says of the log.
 *
 * Drawing takes a tenth of a second and more: it is done apart (apart.c), and in a process of its own
 * (paper/worker.c). */
#include "api/api.sql.h"
#include "api/fill.h"
#include "playbook/template.h"

enum { LOOK_COUNTS_MS = 10 * MS_MINUTE, LEAF_DIGITS = 12 };

#define MIME_DOCX "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

/* ---- printing ---- */

struct printing {
    struct http_request *rq;
    const struct paper *paper;
    struct str name;
    bool docx;
};

static void print_now(void *user)
{
    const struct printing *p = user;
    struct buf out = BUF(LIMIT_JSON_OUT);
    struct err e = ERR_INIT;
    bool ok = p->docx ? paper_docx(p->paper, &out, &e) : paper_pdf(p->paper, &out, &e);
    if (!ok) {
        buf_free(&out);
        problem_answer(p->rq, &e, NULL);
        return;
    }
    http_set_header(p->rq, "Content-Disposition",
                    disposition(http_arena(p->rq), p->name, !p->docx));
    http_set_header(p->rq, "Cache-Control", STR("private, no-store"));
    http_answer_buf(p->rq, 200, p->docx ? MIME_DOCX : "application/pdf", &out);
}

static bool print(struct call *c, const struct paper *paper, struct str name, bool docx)
{
    struct printing *p = ARENA_NEW(c->a, struct printing);
    *p = (struct printing){c->rq, paper, name, docx};
    return call_apart(c, APART_PRINT, print_now, p);
}

/* ---- what a paper can be checked by ---- */

struct str call_address(struct call *c)
{
    struct str set = world_setting(c->w, "address"), host = http_header(c->rq, "Host");
    while (set.len && set.ptr[set.len - 1] == '/')
        set.len--;
    if (set.len)
        return set;
    return str_printf(c->a, "%s://%.*s", c->api->secure_cookie ? "https" : "http", STR_F(host));
}

/* The newest event and the beginning of its leaf hash: enough to find it and to see that it is the
 * one; nothing of the matter. */
static bool put_check(struct call *c, const struct record *r, struct paper *p)
{
    struct event ev = {.seq = -1};
    bool found;
    if (!ledger_get(c->db, c->a, r->last_seq, &found, &ev, c->e))
        return false;
    if (!found)
        return err_set(c->e, ERR_STORE, "the newest event of a record is not there");
    struct str leaf = hex_of(c->a, HASH_STR(ev.leaf));
    p->check = str_printf(c->a, "%.*s/v#%lld-%.*s", STR_F(call_address(c)), (long long)ev.seq,
                          LEAF_DIGITS, leaf.ptr);
    p->check_text =
        str_printf(c->a, "核验码 %lld-%.*s\n扫码可核对：打印所依据的办理记录有没有被改动",
                   (long long)ev.seq, LEAF_DIGITS, leaf.ptr);
    return true;
}

static bool begin(struct call *c, struct fill *f, enum paper_style style, struct str title)
{
    struct id id;
    struct record *r;
    *f = (struct fill){.slip_day = DAY_NONE, .style = style};
    if (!call_id(c, "id", &id) || !view_load(c, id, &r) || !view_open(c, r, &f->view))
        return false;
    if (f->view.shut) {
        err_set(c->e, ERR_FORBIDDEN,
                "this matter is restricted: only the unit that holds it prints it");
        return err_zh(c->e, "此件限制查看，只有承办单位可以打印");
    }
    f->paper = paper_new(c->a, style, title, c->now / MS_MINUTE * MS_MINUTE);
    return put_check(c, r, f->paper);
}

/* ---- who may see the details ---- */

static bool no_look(struct call *c, const char *en, const char *zh)
{
    err_set(c->e, ERR_FORBIDDEN, "%s", en);
    return err_zh(c->e, "%s", zh);
}

/* ?look= names the event of a look that the same person made for this very document a moment ago. */
static bool take_look(struct call *c, struct fill *f, struct str purpose)
{
    struct str named = http_query(c->rq, "look");
    struct event ev;
    struct event_body body;
    struct id id;
    struct json *said = NULL;
    bool found = false;
    if (!named.len)
        return true;
    if (!id_parse(named, &id) || !ledger_find(c->db, c->a, id, &found, &ev, c->e) || !found ||
        !body_read(c->a, ev.body, &body, c->e))
        return err_is(c->e) ? false : err_field(c->e, ERR_INPUT, "look", "there is no such event");
    if (ev.rid != f->view.r->rid || !str_is(body.act, "look") || !str_is(body.by, c->actor.by))
        return no_look(c, "this is not your look at this matter", "这不是您对本件的查看记录");
    if (json_get(body.in, "task"))
        return no_look(c, "a look for a step prints nothing: make one for this document",
                       "办理环节的查看不能用于打印，请填写用途另行查看");
    if (c->now - body.recorded > LOOK_COUNTS_MS)
        return no_look(c, "this look is over: make another", "查看已过期，请重新填写用途");
    struct json *ref = json_clone(c->a, json_get(body.in, "purpose"));
    json_set(c->a, ref, STR("s"), json_new_int(c->a, ev.seq));
    if (!view_plain(&f->view, ref, &said))
        return false;
    if (!str_has(json_str(said), purpose))
        return no_look(c, "the purpose of the look does not name this document",
                       "查看用途里没有写明打印的是这份材料");
    f->shown = json_get(body.in, "fields");
    return true;
}

/* ---- one document ---- */

static const struct document *find_document(const struct record_def *def, struct str id)
{
    int i = record_document(def, id);
    return i >= 0 && def->documents[i].form ? &def->documents[i] : NULL;
}

static bool not_printed(struct call *c)
{
    err_set(c->e, ERR_NOT_FOUND, "there is no such document to print here");
    return err_zh(c->e, "没有可以打印的这份材料");
}

static struct str file_name(struct call *c, const struct record *r, struct str doc, bool docx)
{
    return str_printf(c->a, "%.*s%s%.*s.%s", STR_F(r->number), r->number.len ? "-" : "", STR_F(doc),
                      docx ? "docx" : "pdf");
}

static bool documents_print(struct call *c)
{
    struct str file = http_part(c->rq, "file");
    bool docx = str_ends(file, STR(".docx"));
    struct fill f;
    size_t end = docx ? 5 : 4;
    if (file.len <= end || (!docx && !str_ends(file, STR(".pdf"))))
        return not_printed(c);
    if (!begin(c, &f, PAPER_FORM, STR_NONE))
        return false;
    const struct document *doc = find_document(f.view.def, (struct str){file.ptr, file.len - end});
    if (!doc || doc->receipt)
        return not_printed(c);
    if (!fill_holds(&f, doc->when)) {
        err_set(c->e, ERR_WRONG_STATE, "this document does not belong to the matter as it stands");
        return err_zh(c->e, "按本件目前的情况，不需要《%.*s》", STR_F(doc->name.zh));
    }
    f.paper->title = doc->name.zh;
    f.paper->style = f.style = doc->letter ? PAPER_LETTER : PAPER_FORM;
    if (!take_look(c, &f, doc->name.zh) || !fill_document(&f, doc))
        return false;
    return print(c, f.paper, file_name(c, f.view.r, doc->name.zh, docx), docx);
}

/* ---- which there are ---- */

static void put_details(struct json_out *o, const struct record_def *def,
                        const struct document *doc)
{
    bool used[LIMIT_FIELDS] = {false};
    fill_details(def, doc->form->first, used);
    jo_key(o, "details");
    jo_arr(o);
    for (int i = 0; i < def->n_fields; i++)
        if (used[i])
            jo_str(o, def->fields[i].id);
    jo_end(o);
}

static bool documents_list(struct call *c)
{
    struct fill f;
    if (!begin(c, &f, PAPER_FORM, STR_NONE))
        return false;
    struct buf b = BUF(1 << 20);
    struct json_out o = json_out(&b);
    jo_obj(&o);
    jo_key(&o, "rows");
    jo_arr(&o);
    for (int i = 0; i < f.view.def->n_documents; i++) {
        const struct document *doc = &f.view.def->documents[i];
        bool print = doc->form && !doc->receipt && fill_holds(&f, doc->when),
             there = fill_has(&f, doc->id);
        if (!print && !there && !doc->form)
            continue;
        jo_obj(&o);
        jo_kv(&o, "id", doc->id);
        jo_kv(&o, "name", words_text(c, &doc->name));
        jo_kv(&o, "title", doc->name.zh); /* as it stands on the paper */
        jo_kb(&o, "print", print);
        jo_kb(&o, "attached", there);
        jo_kb(&o, "receipt", doc->receipt);
        if (print)
            put_details(&o, f.view.def, doc);
        jo_end(&o);
    }
    jo_end(&o);
    jo_end(&o);
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    return call_json(c, 200, &b);
}

/* ---- the dossier ---- */

struct volume {
    struct fill f;
    struct fill_entry *entries;
    size_t cap;
    int marks;
    const struct document *contents; /* the document that lists the others, and where it belongs */
    size_t contents_at;
};

/* On a page of its own, with a line in the contents. */
static struct fill_entry *chapter(struct volume *v, struct str name)
{
    struct paper *p = v->f.paper;
    v->entries = arena_grow(p->a, v->entries, v->f.n_contents, &v->cap, sizeof *v->entries);
    struct fill_entry *x = &v->entries[v->f.n_contents++];
    *x = (struct fill_entry){.name = name, .mark = v->marks + 1 < PAPER_MARKS ? ++v->marks : 0};
    paper_add(p, PAPER_BREAK, STR_NONE)->mark = x->mark;
    return x;
}

static bool has_contents(const struct tpl *t)
{
    for (; t; t = t->next)
        if (t->kind == TPL_CONTENTS || has_contents(t->first) || has_contents(t->other))
            return true;
    return false;
}

/* A file that was attached: as a picture, or named as a paper of its own. */
static bool put_attached(struct volume *v, const struct document *doc, const struct json *ref)
{
    struct arena *a = v->f.paper->a;
    struct json *file = NULL;
    bool shown = false;
    size_t before = v->f.paper->n;
    struct fill_entry *x = chapter(v, doc->name.zh);
    if (value_detached(ref) && !view_plain(&v->f.view, ref, &file))
        return false;
    if (file && !fill_picture(&v->f, file, doc->name.zh, &shown))
        return false;
    if (shown)
        return true;
    v->f.paper->n = before; /* no page of it in this file */
    x->mark = 0;
    x->note = file ? STR("另附") : STR("见纸质卷");
    if (file)
        x->name =
            str_printf(a, "%.*s（%.*s）", STR_F(doc->name.zh), STR_F(json_text(file, "name")));
    return true;
}

/* Signed papers that were attached stand for what would be printed. */
static bool put_document(struct volume *v, const struct document *doc)
{
    if (!doc->dossier)
        return true;
    JSON_EACH(p, v->f.view.r->parts)
    {
        bool this_one =
            str_is(json_text(p, "kind"), "document") && str_eq(json_text(p, "doc"), doc->id);
        if (this_one && !put_attached(v, doc, json_get(p, "file")))
            return false;
    }
    if (!doc->form || fill_has(&v->f, doc->id) || !fill_holds(&v->f, doc->when))
        return true;
    if (has_contents(doc->form->first)) {
        v->contents = doc;
        v->contents_at = v->f.paper->n;
        return true;
    }
    chapter(v, doc->name.zh);
    return fill_document(&v->f, doc);
}

/* The contents are written last and stand where their document is declared. */
static bool put_contents_page(struct volume *v)
{
    struct paper *p = v->f.paper, *extra = paper_new(p->a, p->style, p->title, p->made);
    size_t at = v->contents_at;
    if (!v->contents)
        return true;
    v->f.contents = v->entries;
    v->f.paper = extra;
    paper_add(extra, PAPER_BREAK, STR_NONE);
    bool ok = fill_document(&v->f, v->contents);
    v->f.paper = p;
    struct paper_block *all = ARENA_ARRAY(p->a, struct paper_block, p->n + extra->n + 1);
    if (at)
        memcpy(all, p->blocks, at * sizeof *all);
    memcpy(all + at, extra->blocks, extra->n * sizeof *all);
    if (p->n > at)
        memcpy(all + at + extra->n, p->blocks + at, (p->n - at) * sizeof *all);
    p->blocks = all;
    p->n += extra->n;
    p->cap = p->n;
    return ok;
}

static bool dossier(struct call *c)
{
    struct volume v = {.marks = 0};
    static const struct str NAME = {"卷宗", sizeof "卷宗" - 1};
    if (!begin(c, &v.f, PAPER_FORM, NAME) || !take_look(c, &v.f, NAME))
        return false;
    for (int i = 0; i < v.f.view.def->n_documents; i++)
        if (!put_document(&v, &v.f.view.def->documents[i]))
            return false;
    if (!put_contents_page(&v))
        return false;
    if (!v.f.paper->n)
        return not_printed(c);
    return print(c, v.f.paper, file_name(c, v.f.view.r, NAME, false), false);
}

/* ---- the resident's receipt ---- */

static bool own_link(struct call *c, const struct record *r, struct str token, struct str *digits,
                     int32_t *day)
{
    struct hash h = hash_sha256(token);
    struct rows rows AUTO(rows_close) =
        store_query(c->db, sql_api_resident_slip, BIND(C_BLOB(HASH_STR(h))), c->e);
    if (!rows_next(&rows) || rows_int(&rows, 0) != r->rid) {
        if (err_is(c->e))
            return false;
        err_field(c->e, ERR_INPUT, "token", "this is not the link of this matter");
        return err_zh(c->e, "查询码不是本件的；遗失的请补发回执");
    }
    *digits = str_dup(c->a, rows_str(&rows, 1));
    *day = (int32_t)rows_int(&rows, 2);
    return true;
}

static void put_rows(struct json_out *o, const struct paper_block *b)
{
    int at = 0;
    jo_key(o, "rows");
    jo_arr(o);
    for (size_t i = 0; i < b->n_cells; i++) {
        if (!at)
            jo_arr(o);
        jo_obj(o);
        jo_kv(o, "text", b->cells[i].text);
        jo_kb(o, "label", b->cells[i].label);
        jo_ki(o, "span", b->cells[i].span ? b->cells[i].span : 1);
        jo_end(o);
        at += b->cells[i].span ? b->cells[i].span : 1;
        if (at >= b->columns) {
            jo_end(o);
            at = 0;
        }
    }
    if (at)
        jo_end(o);
    jo_end(o);
}

bool call_modules(struct call *c, struct json_out *o, struct str bytes)
{
    struct paper_qr qr;
    if (!paper_qr(c->a, bytes, &qr, c->e))
        return false;
    jo_key(o, "modules");
    jo_arr(o);
    for (int y = 0; y < qr.side; y++) {
        char *line = arena_alloc(c->a, (size_t)qr.side + 1);
        for (int x = 0; x < qr.side; x++)
            line[x] = qr.dark[y * qr.side + x] ? '1' : '0';
        jo_c(o, line);
    }
    jo_end(o);
    return true;
}

/* The same blocks for a page that prints itself. */
static bool print_view(struct call *c, const struct paper *p)
{
    static const char *const KINDS[] = {"title", "heading", "text",  "table", "sign",
                                        "image", "code",    "space", "break"};
    static const char *const ALIGN[] = {"indent", "left", "center", "right"};
    struct buf b = BUF(1 << 20);
    struct json_out o = json_out(&b);
    bool ok = true;
    jo_obj(&o);
    jo_key(&o, "blocks");
    jo_arr(&o);
    for (size_t i = 0; ok && i < p->n; i++) {
        const struct paper_block *x = &p->blocks[i];
        struct buf text = BUF(LIMIT_REQUEST_BODY);
        buf_str(&text, x->text);
        for (size_t k = 0; k < x->n_runs; k++)
            buf_str(&text, x->runs[k].text);
        jo_obj(&o);
        jo_kc(&o, "kind", KINDS[x->kind]);
        jo_kc(&o, "align", ALIGN[x->align]);
        jo_kv(&o, "text", buf_view(&text));
        if (x->kind == PAPER_TABLE)
            put_rows(&o, x);
        if (x->kind == PAPER_CODE)
            ok = call_modules(c, &o, x->bytes);
        jo_end(&o);
        buf_free(&text);
    }
    jo_end(&o);
    jo_kv(&o, "check", p->check_text);
    jo_end(&o);
    if (!ok) {
        buf_free(&b);
        return false;
    }
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    return call_json(c, 200, &b);
}

static const struct document *the_receipt(const struct record_def *def)
{
    for (int i = 0; i < def->n_documents; i++)
        if (def->documents[i].receipt)
            return &def->documents[i];
    return NULL;
}

/* The token is in the body, so that it stands in no log of addresses. */
static bool receipt(struct call *c)
{
    static const char *const KNOWN[] = {"token", "format"};
    struct json *body;
    struct fill f;
    struct str rest;
    if (!call_body(c, &body) || !call_members(c, body, KNOWN, COUNT_OF(KNOWN)) ||
        !begin(c, &f, PAPER_A5, STR_NONE))
        return false;
    struct str token = json_text(body, "token"), format = json_text(body, "format");
    const struct document *doc = the_receipt(f.view.def);
    bool roll = str_is(format, "80mm"), a5 = str_is(format, "a5");
    if (!doc)
        return not_printed(c);
    if (!roll && !a5 && format.len && !str_is(format, "view"))
        return err_field(c->e, ERR_INPUT, "format", "format: expected a5, 80mm or view");
    if (!token.len)
        return err_field(c->e, ERR_REQUIRED, "token", "token: is required");
    if (!own_link(c, f.view.r, token, &f.digits, &f.slip_day))
        return false;
    f.paper->title = doc->name.zh;
    f.paper->style = f.style = roll ? PAPER_ROLL : PAPER_A5;
    f.link = str_printf(c->a, "%.*s/r#%.*s", STR_F(call_address(c)), STR_F(token));
    if (!fill_document(&f, doc))
        return false;
    /* one QR code is enough for somebody who has never seen one: the check stands in letters */
    paper_add(f.paper, PAPER_TEXT, str_cut(f.paper->check_text, '\n', &rest))->align = PAPER_LEFT;
    f.paper->check = STR_NONE;
    return roll || a5 ? print(c, f.paper, file_name(c, f.view.r, doc->name.zh, false), false)
                      : print_view(c, f.paper);
}

/* ---- what a paper says of the log: for anybody who holds it ---- */

static bool take_code(struct call *c, int64_t *seq, struct str *leaf)
{
    struct str code = http_query(c->rq, "code"), number = str_cut(code, '-', leaf);
    bool hex = leaf->len == LEAF_DIGITS;
    for (size_t i = 0; hex && i < leaf->len; i++)
        hex = (leaf->ptr[i] >= '0' && leaf->ptr[i] <= '9') ||
              (leaf->ptr[i] >= 'a' && leaf->ptr[i] <= 'f');
    if (hex && str_int(number, seq) && *seq >= 0)
        return true;
    err_field(c->e, ERR_INPUT, "code",
              "code: expected what is printed at the foot, as 12345-ab12cd34ef56");
    return err_zh(c->e, "核验码是纸张下方的一串数字和字母，例如 12345-ab12cd34ef56");
}

static bool check(struct call *c)
{
    struct event ev = {.seq = -1};
    struct ledger_head head;
    struct str leaf = STR_NONE;
    int64_t seq = 0;
    bool found;
    if (!call_try(c, &c->api->resident))
        return false;
    if (!take_code(c, &seq, &leaf) || !ledger_get(c->db, c->a, seq, &found, &ev, c->e) ||
        !ledger_read_head(c->db, &head, c->e))
        return false;
    if (!found || !str_starts(hex_of(c->a, HASH_STR(ev.leaf)), leaf)) {
        err_set(c->e, ERR_NOT_FOUND, "the log holds no such event");
        return err_zh(c->e, "记录里没有这一条：核验码有误，或者记录被改动过");
    }
    call_tried(c, &c->api->resident);
    struct buf proof = BUF(1 << 20), b = BUF(1 << 20);
    if (!ledger_proof_text(c->db, c->a, engine_keys(c->api->engine), seq, head.tree.size, &proof,
                           c->e)) {
        buf_free(&proof);
        return false;
    }
    struct json_out o = json_out(&b);
    jo_obj(&o);
    jo_kb(&o, "ok", true);
    jo_ki(&o, "seq", seq);
    jo_kv(&o, "leaf", base64_of(c->a, HASH_STR(ev.leaf), false));
    view_time(&o, c->w, "recorded", ev.recorded);
    jo_ki(&o, "size", head.tree.size);
    jo_kv(&o, "proof", buf_view(&proof));
    jo_end(&o);
    buf_free(&proof);
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    return call_json(c, 200, &b);
}

static const struct param PRINT_QUERY[] = {
    {"look",
     "id of the event of one's look at this matter, made for this document within ten minutes: "
     "details are printed instead of masked"},
    {NULL, NULL}};
static const struct param CHECK_QUERY[] = {{"code", "what stands at the foot of the paper"},
                                           {NULL, NULL}};

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/records/{id}/documents", PERM_READ, documents_list, "可打印的材料",
           "Documents to print")},
    {ROUTE(GET, "/api/records/{id}/documents/{file}", PERM_READ, documents_print, "打印一份材料",
           "One document: ID.pdf or ID.docx"),
     .query = PRINT_QUERY},
    {ROUTE(GET, "/api/records/{id}/dossier.pdf", PERM_READ, dossier, "卷宗一键成册",
           "The whole dossier"),
     .query = PRINT_QUERY},
    {ROUTE(POST, "/api/records/{id}/receipt", PERM_ACT, receipt, "受理回执",
           "The resident's receipt"),
     .body = "token, format"},
    {ROUTE(GET, "/api/check", PERM_PUBLIC, check, "核验一张纸",
           "What the log says of a printed paper"),
     .query = CHECK_QUERY},
};
const struct route_list ROUTES_DOCUMENTS = {ROWS, COUNT_OF(ROWS)};
