/* A bulletin as it may leave the house. */
#include "api/api_int.h"
#include "api/bulletin_paper.h"

static bool find(struct call *c, struct bulletin *out)
{
    struct id id;
    struct record *r;
    bool is;
    if (!call_id(c, "id", &id) || !view_load(c, id, &r) ||
        !bulletin_open(c->db, c->a, c->w, engine_keys(c->api->engine), r, &is, out, c->e))
        return false;
    return is || err_set(c->e, ERR_NOT_FOUND, "this record is no bulletin");
}

static bool bulletin_get(struct call *c)
{
    struct bulletin b;
    if (!find(c, &b))
        return false;
    struct buf out = BUF(LIMIT_JSON_OUT);
    struct json_out o = json_out(&out);
    bulletin_write(&o, c->w, &b);
    return call_json(c, 200, &out);
}

static bool print(struct call *c, const char *kind, const char *mime,
                  bool (*make)(const struct paper *p, struct buf *out, struct err *e))
{
    struct bulletin b;
    struct hash root;
    struct buf out = BUF(LIMIT_JSON_OUT);
    memset(&root, 0, sizeof root);
    if (!find(c, &b) || (b.size >= 0 && !ledger_root(c->db, b.size, &root, c->e)))
        return false;
    if (!make(bulletin_paper(c->a, c->w, &b, &root), &out, c->e)) {
        buf_free(&out);
        return false;
    }
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    http_set_header(c->rq, "Content-Disposition",
                    str_printf(c->a, "attachment; filename=\"%.*s.%s\"", STR_F(b.number), kind));
    http_answer_buf(c->rq, 200, mime, &out);
    return true;
}

static bool bulletin_pdf(struct call *c)
{
    return print(c, "pdf", "application/pdf", paper_pdf);
}

static bool bulletin_docx(struct call *c)
{
    return print(c, "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                 paper_docx);
}

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/records/{id}/bulletin", PERM_READ, bulletin_get, "简报：填好数的正文和每个数",
           "A bulletin: its text with figures, and each figure")},
    {ROUTE(GET, "/api/records/{id}/bulletin.pdf", PERM_READ, bulletin_pdf, "简报（PDF）",
           "A bulletin as PDF")},
    {ROUTE(GET, "/api/records/{id}/bulletin.docx", PERM_READ, bulletin_docx, "简报（docx）",
           "A bulletin as docx")},
};
const struct route_list ROUTES_BULLETINS = {ROWS, COUNT_OF(ROWS)};
