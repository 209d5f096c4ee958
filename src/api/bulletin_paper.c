#include "api/bulletin_paper.h"

/* One paragraph a line of the text. */
static void paragraphs(struct paper *p, struct str text)
{
    while (text.len) {
        struct str rest, line = str_trim(str_cut(text, '\n', &rest));
        if (line.len)
            paper_add(p, PAPER_TEXT, line);
        text = rest;
    }
}

static struct str origin(struct arena *a, const struct json *part)
{
    struct str hidden = json_text(part, "hidden"), issuer = json_text(part, "issuer");
    if (str_is(hidden, "small"))
        return STR("少于5，不公布");
    if (str_is(hidden, "rounded"))
        return STR("化整");
    if (str_is(hidden, "counts"))
        return STR("含不足5的数，件数不公布");
    if (issuer.len)
        return str_printf(a, "据%.*s提供", STR_F(issuer));
    if (json_get(part, "N"))
        return str_printf(a, "%lld/%lld", (long long)json_num(part, "n", 0),
                          (long long)json_num(part, "N", 0));
    return STR("本系统记录");
}

static struct paper_block *table(struct paper *p, const int *widths, const char *const *head, int columns)
{
    struct paper_block *t = paper_add(p, PAPER_TABLE, STR_NONE);
    t->columns = columns;
    t->widths = widths;
    t->head = true;
    for (int i = 0; i < columns; i++)
        paper_cell(p, t, str_of(head[i]))->label = true;
    return t;
}

static void figures(struct paper *p, const struct world *w, const struct json *parts)
{
    static const int WIDTHS[] = {2, 7, 5, 7, 5};
    static const char *const HEAD[] = {"代码", "统计项", "数", "时段", "来历"};
    struct paper_block *t = table(p, WIDTHS, HEAD, (int)COUNT_OF(HEAD));
    JSON_EACH (part, parts) {
        if (!bulletin_figure(part))
            continue;
        paper_cell(p, t, json_text(part, "code"));
        paper_cell(p, t, bulletin_indicator(w, json_text(part, "id")));
        paper_cell(p, t, json_text(part, "printed"));
        paper_cell(p, t, str_printf(p->a, "%.*s至%.*s", STR_F(json_text(part, "from")),
                                    STR_F(json_text(part, "to"))));
        paper_cell(p, t, origin(p->a, part));
    }
}

/* Areas that were redrawn between two spans that are compared, by figure. */
static void redrawn(struct paper *p, const struct json *parts)
{
    JSON_EACH (part, parts) {
        struct str text = json_text(part, "redrawn");
        if (text.len && !json_yes(part, "void"))
            paper_add(p, PAPER_TEXT, str_printf(p->a, "%.*s　%.*s。", STR_F(json_text(part, "code")), STR_F(text)));
    }
}

static struct str beside_text(struct paper *p, const struct world *w, const struct json *part, bool recheck)
{
    struct buf b AUTO(buf_free) = BUF(LIMIT_TEXT_FIELD);
    struct str name, book = str_cut(json_text(part, "id"), '.', &name);
    JSON_EACH (x, bulletin_beside(part)) {
        if (str_is(json_text(x, "as"), "recheck") != recheck)
            continue;
        struct str id = str_printf(p->a, "%.*s.%.*s", STR_F(book), STR_F(json_text(x, "id")));
        buf_printf(&b, "%s%.*s", b.len ? "；" : "", STR_F(bulletin_indicator(w, id)));
        if (json_get(x, "hidden"))
            buf_c(&b, "：少于5，不公布");
        else if (recheck)
            buf_printf(&b, "：%lld/%lld", (long long)json_num(x, "n", 0), (long long)json_num(x, "N", 0));
        else
            buf_printf(&b, "：%lld", (long long)json_num(x, "value", 0));
    }
    return b.len ? buf_dup(p->a, &b) : STR("—");
}

/* Who was asked, who is not in N and by whom, what re-checks found: only where a figure says so. */
static void asked(struct paper *p, const struct world *w, const struct json *parts)
{
    static const int WIDTHS[] = {2, 6, 4, 8, 6};
    static const char *const HEAD[] = {"代码", "统计项", "作答/应答", "未计入（由谁）", "抽查复核"};
    struct paper_block *t = NULL;
    JSON_EACH (part, parts) {
        if (!bulletin_beside(part) || json_yes(part, "void"))
            continue;
        if (!t) {
            paper_add(p, PAPER_HEADING, STR("问了谁，谁没有计入"))->level = 1;
            t = table(p, WIDTHS, HEAD, (int)COUNT_OF(HEAD));
        }
        paper_cell(p, t, json_text(part, "code"));
        paper_cell(p, t, bulletin_indicator(w, json_text(part, "id")));
        paper_cell(p, t, origin(p->a, part));
        paper_cell(p, t, beside_text(p, w, part, false));
        paper_cell(p, t, beside_text(p, w, part, true));
    }
}

struct paper *bulletin_paper(struct arena *a, const struct world *w, const struct bulletin *b,
                             const struct hash *root)
{
    struct buf text AUTO(buf_free) = BUF(LIMIT_JSON_OUT), fixed AUTO(buf_free) = BUF(LIMIT_JSON_OUT);
    struct paper *p = paper_new(a, PAPER_LETTER, b->title, b->record->last_at);
    bulletin_text(&text, b->prose, b->record->parts, true);
    bulletin_corrections_text(&fixed, w, b->record->parts);
    paper_add(p, PAPER_TITLE, b->title);
    struct paper_block *head =
        paper_add(p, PAPER_TEXT, str_printf(a, "%.*s　%.*s", STR_F(b->area_name), STR_F(b->number)));
    head->align = PAPER_CENTER;
    paragraphs(p, buf_dup(a, &text));
    paragraphs(p, buf_dup(a, &fixed));
    if (b->size < 0)
        return p;
    paper_add(p, PAPER_HEADING, STR("数的来历"))->level = 1;
    figures(p, w, b->record->parts);
    redrawn(p, b->record->parts);
    asked(p, w, b->record->parts);
    paper_add(p, PAPER_TEXT,
              str_printf(a, "核验号：%.*s", STR_F(b->number)))
        ->align = PAPER_LEFT;
    struct paper_block *qr = paper_add(p, PAPER_CODE, STR("核验"));
    qr->bytes = str_printf(a, "bihuan:bulletin?number=%.*s&size=%lld&root=%.*s", STR_F(b->number),
                           (long long)b->size, STR_F(base64_of(a, HASH_STR(*root), true)));
    qr->mm = 26;
    return p;
}
