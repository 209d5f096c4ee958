/* A document's template and a record, to a paper: values as people write them, in Chinese, since the
 * document is. */
#include "api/fill.h"
#include "access/mask.h"
#include "playbook/template.h"
#include "record/chainage.h"

enum { PICTURES_MOST = 48 * 1024 * 1024, EVENTS_MOST = 1000 };

/* What is being gone through, innermost first. */
struct level {
    const struct level *up;
    const struct tpl *each;
    const struct json *item;      /* a row, a person (opened), or what an event set */
    const struct event_body *did; /* {#did.…} */
    int64_t seq;
    int n;
};

struct line { /* the runs of one line */
    struct paper_run *runs;
    size_t n, cap;
};

/* ---- values as words ---- */

static struct str day_words(struct arena *a, int32_t day)
{
    int y, m, d;
    civil_of_day(day, &y, &m, &d);
    return str_printf(a, "%d年%d月%d日", y, m, d);
}

static struct str time_day(struct fill *f, int64_t t)
{
    return t == TIME_NONE ? STR_NONE : day_words(f->paper->a, zone_day(f->view.c->w->zone, t));
}

static struct str decimal(struct arena *a, int64_t v, int decimals)
{
    struct buf b AUTO(buf_free) = BUF(64);
    buf_decimal(&b, v, decimals);
    return buf_dup(a, &b);
}

static struct str number_words(struct fill *f, const struct field *x, int64_t v)
{
    struct arena *a = f->paper->a;
    enum xtype t = x->type == FIELD_COMPUTED ? x->computed_type : field_xtype(x, &(int){0});
    if (t == X_DATE)
        return day_words(a, (int32_t)v);
    if (t == X_TIME)
        return time_day(f, v);
    if (t == X_BOOL)
        return v ? STR("是") : STR("否");
    if (t == X_DECIMAL)
        return decimal(a, v,
                       x->type == FIELD_MONEY      ? 2
                       : x->type == FIELD_COMPUTED ? x->computed_decimals
                                                   : x->decimals);
    return str_printf(a, "%lld", (long long)v);
}

static struct str code_name(const struct playbook *p, const struct field *x, struct str code)
{
    const struct code_list *l = &p->lists[x->codes];
    int i = list_code(l, code);
    return i < 0 ? code : l->codes[i].name.zh;
}

static bool code_words(struct fill *f, const struct field *x, struct str code, struct str *out)
{
    const struct world *w = f->view.c->w;
    int i;
    *out = code;
    if (x->type == FIELD_CODE) {
        *out = code_name(f->view.playbook, x, code);
    } else if (x->type == FIELD_AREA) {
        i = world_area(w, code);
        *out = i < 0 ? code : area_title(&w->areas[i]);
    } else if (x->type == FIELD_ORG) {
        *out = view_org(w, code);
    } else if (x->type == FIELD_ACCOUNT) {
        return view_who(f->view.c, code, out);
    }
    return true;
}

bool fill_shows(const struct fill *f, const struct field *x)
{
    JSON_EACH(name, f->shown)
    if (str_eq(json_str(name), x->id))
        return true;
    return false;
}

static struct str person_words(struct fill *f, const struct json *p, struct str part)
{
    const struct json *v = json_get_str(p, part.ptr ? part : STR("name"));
    if (json_is(v, J_INT))
        return str_printf(f->paper->a, "%lld", (long long)v->i);
    return json_str(v);
}

/* Opens what lies apart; persons and texts of the vault stay masked unless they may be shown. */
static bool detached(struct fill *f, const struct field *x, const struct json *ref,
                     struct json **out)
{
    bool plain = fill_shows(f, x);
    struct arena *a = f->paper->a;
    *out = NULL;
    if (x->vault && x->type == FIELD_TEXT && !plain) {
        *out = json_new_str(a, str_of(MASK_TEXT));
        return true;
    }
    if (!view_plain(&f->view, ref, out) || !*out)
        return !err_is(f->view.c->e);
    if (x->type == FIELD_PERSON && !plain)
        *out = mask_person(a, *out);
    return true;
}

static bool one_value(struct fill *f, const struct field *x, const struct json *v, struct str part,
                      struct str *out)
{
    struct json *opened;
    *out = STR_NONE;
    if (json_empty(v))
        return true;
    if (value_detached(v)) {
        if (!detached(f, x, v, &opened))
            return false;
        if (x->type == FIELD_PERSON)
            *out = person_words(f, opened, part);
        else if (x->type == FIELD_PLACE)
            *out = place_words(f->paper->a, opened);
        else if (x->type == FIELD_TEXT)
            *out = json_str(opened);
        return true;
    }
    if (v->kind == J_INT || v->kind == J_TRUE || v->kind == J_FALSE) {
        *out = number_words(f, x, v->kind == J_INT ? v->i : v->kind == J_TRUE);
        return true;
    }
    return code_words(f, x, json_str(v), out);
}

static bool field_words(struct fill *f, const struct field *x, const struct json *v,
                        struct str part, struct str *out)
{
    struct buf b AUTO(buf_free) = BUF(LIMIT_REQUEST_BODY);
    if (!json_is(v, J_ARR))
        return one_value(f, x, v, part, out);
    JSON_EACH(one, v)
    {
        struct str s;
        if (!one_value(f, x, one, part, &s))
            return false;
        if (s.len && b.len)
            buf_c(&b, "、");
        buf_str(&b, s);
    }
    *out = buf_dup(f->paper->a, &b);
    return true;
}

static struct str attr_words(struct fill *f, int attr)
{
    const struct record *r = f->view.r;
    const struct world *w = f->view.c->w;
    int state = record_state(f->view.def, r->state), area = world_area_by_id(w, r->area);
    struct xvalue v;
    if (attr == ATTR_state)
        return state < 0 ? r->state : f->view.def->states[state].name.zh;
    if (attr == ATTR_area)
        return area < 0 ? r->code : area_title(&w->areas[area]);
    if (attr == ATTR_holder)
        return view_org(w, record_holder(r));
    record_value(r, f->view.def, attr, &v);
    if (v.null)
        return STR_NONE;
    if (v.type == X_TIME)
        return time_day(f, v.i);
    if (v.type == X_DATE)
        return day_words(f->paper->a, (int32_t)v.i);
    if (v.type == X_BOOL)
        return v.i ? STR("是") : STR("否");
    return v.type == X_TEXT ? v.s : str_printf(f->paper->a, "%lld", (long long)v.i);
}

static struct str clock_words(struct fill *f, int at)
{
    const struct clock_run *run = record_clock_last(f->view.r, f->view.def->clocks[at / 4].id);
    if (!run)
        return STR_NONE;
    return time_day(f, at % 4 == 0 ? run->start : at % 4 == 1 ? run->due : run->done);
}

/* The level that gave this name. */
static const struct level *level_of(const struct level *l, const struct tpl *t)
{
    for (int i = 0; i < t->up; i++)
        l = l->up;
    ASSERT(l); /* the loader has looked */
    return l;
}

/* A reference within an event does not know its number yet: the fold would have told it. */
static const struct json *with_seq(struct fill *f, const struct json *v, int64_t seq)
{
    if (json_empty(v) || (v->kind != J_OBJ && v->kind != J_ARR))
        return v;
    struct json *copy = json_clone(f->paper->a, v);
    JSON_EACH(x, json_is(copy, J_ARR) ? copy : NULL)
    if (json_is(x, J_OBJ))
        json_set(f->paper->a, x, STR("s"), json_new_int(f->paper->a, seq));
    if (json_is(copy, J_OBJ))
        json_set(f->paper->a, copy, STR("s"), json_new_int(f->paper->a, seq));
    return copy;
}

/* A follow-up's event touches the part of the party that it asked. */
static struct str party_words(const struct fill *f, const struct event_body *did)
{
    const struct record_def *def = f->view.def;
    JSON_EACH(x, did->parts)
    {
        const struct json *part = record_part(f->view.r, json_num(x, "i", 0));
        int i = part ? record_field(def, json_text(part, "party")) : -1;
        if (i >= 0)
            return def->fields[i].label.zh;
    }
    return STR_NONE;
}

/* Of another record: how it is found again, of what kind it is, when and in which area; nothing of a sealed one but its
 * number. */
static bool other_words(struct fill *f, const struct json *item, struct str what, struct str *out)
{
    struct call *c = f->view.c;
    const struct playbook *p;
    struct record *r;
    struct id id;
    bool found;
    int type;
    if (!id_parse(json_str(item), &id) || !record_load(c->db, f->paper->a, id, &found, &r, c->e))
        return !err_is(c->e);
    if (!found || (record_sealed(r) && !str_is(what, "number")) || !world_type(c->w, r->type, r->pb, &p, &type))
        return true;
    const struct record_def *def = &p->records[type];
    const struct field *kind = def->kind_field >= 0 ? &def->fields[def->kind_field] : NULL;
    int area = world_area_by_id(c->w, r->area);
    if (str_is(what, "number"))
        *out = r->number;
    else if (str_is(what, "opened"))
        *out = time_day(f, r->opened);
    else if (str_is(what, "area"))
        *out = area < 0 ? r->code : area_title(&c->w->areas[area]);
    else if (kind)
        *out = code_name(p, kind, json_str(json_get_str(r->fields, kind->id)));
    return true;
}

static bool value_words(struct fill *f, const struct level *l, const struct tpl *t, struct str *out)
{
    const struct record_def *def = f->view.def;
    const struct field *table;
    *out = STR_NONE;
    switch (t->ref) {
    case REF_FIELD:
        return field_words(f, &def->fields[t->at],
                           json_get_str(f->view.r->fields, def->fields[t->at].id), t->part, out);
    case REF_ATTR:
        *out = attr_words(f, t->at);
        return true;
    case REF_CLOCK:
        *out = clock_words(f, t->at);
        return true;
    case REF_COLUMN:
        l = level_of(l, t);
        table = &def->fields[l->each->at];
        return field_words(f, &table->columns[t->at],
                           json_get_str(l->item, table->columns[t->at].id), t->part, out);
    case REF_PERSON:
        *out = person_words(f, level_of(l, t)->item, t->text);
        return true;
    case REF_OTHER:
        return other_words(f, level_of(l, t)->item, t->text, out);
    case REF_GIVEN:
        l = level_of(l, t);
        return field_words(f, &def->fields[t->at],
                           with_seq(f, json_get_str(l->did->set, def->fields[t->at].id), l->seq),
                           t->part, out);
    case REF_N:
        *out = str_printf(f->paper->a, "%d", level_of(l, t)->n);
        return true;
    case REF_TODAY:
        *out = time_day(f, f->view.c->now);
        return true;
    case REF_AT:
        *out = time_day(f, level_of(l, t)->did->at);
        return true;
    case REF_BY:
        return view_who(f->view.c, level_of(l, t)->did->by, out);
    case REF_UNIT:
        *out = view_org(f->view.c->w, level_of(l, t)->did->org);
        return true;
    case REF_PARTY:
        *out = party_words(f, level_of(l, t)->did);
        return true;
    case REF_DIGITS:
        *out = f->digits.len == 8
                   ? str_printf(f->paper->a, "%.4s %.4s", f->digits.ptr, f->digits.ptr + 4)
                   : f->digits;
        return true;
    case REF_SLIP_DAY:
        *out = f->slip_day == DAY_NONE ? STR_NONE : day_words(f->paper->a, f->slip_day);
        return true;
    case REF_DID:
        break;
    }
    return true;
}

/* ---- conditions ---- */

static void get_slot(void *self, int slot, struct xvalue *out)
{
    struct fill *f = self;
    record_value(f->view.r, f->view.def, slot, out);
}

bool fill_has(const struct fill *f, struct str doc)
{
    JSON_EACH(p, f->view.r->parts)
    if (str_is(json_text(p, "kind"), "document") && str_eq(json_text(p, "doc"), doc))
        return true;
    return false;
}

static bool has_doc(void *self, struct str doc)
{
    return fill_has(self, doc);
}

static int64_t open_parts(void *self, struct str kind)
{
    struct fill *f = self;
    return record_open_parts(f->view.r, str_c(f->paper->a, kind));
}

static int64_t count_rows(void *self, struct str table)
{
    struct fill *f = self;
    const struct json *rows = json_get_str(f->view.r->fields, table);
    return rows ? (int64_t)rows->n : 0;
}

bool fill_holds(struct fill *f, const struct expr *when)
{
    const struct zone *zone = f->view.c->w->zone;
    struct xcontext c = {.self = f,
                         .get = get_slot,
                         .has = has_doc,
                         .open = open_parts,
                         .rows = count_rows,
                         .today = zone_day(zone, f->view.c->now),
                         .zone = zone};
    return !when || expr_true(when, &c);
}

/* ---- going through ---- */

typedef bool (*take_fn)(struct fill *f, const struct level *l, const struct tpl *first, void *user);

static bool each_event(struct fill *f, const struct level *l, const struct tpl *t, take_fn take,
                       void *user)
{
    struct call *c = f->view.c;
    struct event *list;
    struct event_body *kept = NULL;
    size_t n, all = 0, cap = 0;
    int64_t *seqs = NULL;
    if (!ledger_of_record(c->db, f->paper->a, f->view.r->rid, -1, EVENTS_MOST, &list, &n, c->e))
        return false;
    seqs = ARENA_ARRAY(f->paper->a, int64_t, n + 1);
    for (size_t i = 0; i < n; i++) {
        struct event_body b;
        if (!body_read(f->paper->a, list[i].body, &b, c->e))
            return false;
        if (str_is(b.act, "undo") && all)
            all--; /* the newest event was taken back: it did not happen */
        if (str_is(b.act, "undo") || str_is(b.act, "look"))
            continue;
        kept = arena_grow(f->paper->a, kept, all, &cap, sizeof *kept);
        seqs[all] = list[i].seq;
        kept[all++] = b;
    }
    struct level in = {.up = l, .each = t};
    for (size_t i = 0; i < all; i++) {
        if (!str_eq(kept[i].act, f->view.def->actions[t->at].id))
            continue;
        in.did = &kept[i];
        in.seq = seqs[i];
        in.n++;
        if (!take(f, &in, t->first, user))
            return false;
    }
    return true;
}

static bool each_item(struct fill *f, const struct level *l, const struct tpl *t, take_fn take,
                      void *user)
{
    const struct field *x = &f->view.def->fields[t->at];
    const struct json *v = json_get_str(f->view.r->fields, x->id);
    struct level in = {.up = l, .each = t};
    struct json *list = json_is(v, J_ARR) ? NULL : json_new(f->paper->a, J_ARR);
    if (list && !json_empty(v))
        json_push(list, json_clone(f->paper->a, v));
    JSON_EACH(item, list ? list : v)
    {
        struct json *opened = item;
        if (value_detached(item) && !detached(f, x, item, &opened))
            return false;
        in.item = opened;
        in.n++;
        if (!take(f, &in, t->first, user))
            return false;
    }
    return true;
}

static bool inner(struct fill *f, const struct level *l, const struct tpl *t, take_fn take,
                  void *user)
{
    if (t->kind == TPL_IF)
        return take(f, l, fill_holds(f, t->when) ? t->first : t->other, user);
    return t->ref == REF_DID ? each_event(f, l, t, take, user) : each_item(f, l, t, take, user);
}

/* ---- lines ---- */

static void add_run(struct fill *f, struct line *x, struct str s, bool bold)
{
    if (!s.len)
        return;
    x->runs = arena_grow(f->paper->a, x->runs, x->n, &x->cap, sizeof *x->runs);
    x->runs[x->n++] = (struct paper_run){s, bold};
}

static bool put_pieces(struct fill *f, const struct level *l, const struct tpl *t, void *user)
{
    for (; t; t = t->next) {
        struct str s = t->text;
        if (t->kind == TPL_EACH || t->kind == TPL_IF) {
            if (!inner(f, l, t, put_pieces, user))
                return false;
            continue;
        }
        if (t->kind == TPL_VALUE && !value_words(f, l, t, &s))
            return false;
        add_run(f, user, t->kind == TPL_VALUE && !s.len ? t->otherwise : s, t->bold);
    }
    return true;
}

static bool plain_line(struct fill *f, const struct level *l, const struct tpl *t, struct str *out)
{
    struct line x = {.n = 0};
    struct buf b AUTO(buf_free) = BUF(LIMIT_REQUEST_BODY);
    if (!put_pieces(f, l, t->first, &x))
        return false;
    for (size_t i = 0; i < x.n; i++)
        buf_str(&b, x.runs[i].text);
    *out = buf_dup(f->paper->a, &b);
    return true;
}

/* A text of several lines is several paragraphs. */
static bool put_line(struct fill *f, const struct level *l, const struct tpl *t)
{
    struct line x = {.n = 0};
    if (!put_pieces(f, l, t->first, &x))
        return false;
    struct paper_block *b = NULL;
    for (size_t i = 0; i < x.n; i++) {
        struct str rest = x.runs[i].text;
        bool again = false;
        do {
            struct str part = str_cut(rest, '\n', &rest);
            if (!b || again) {
                b = paper_add(f->paper, PAPER_TEXT, STR_NONE);
                b->align = (enum paper_align)t->level;
            }
            paper_run(f->paper, b, part, x.runs[i].bold);
            again = true;
        } while (rest.ptr);
    }
    return true;
}

static bool put_row(struct fill *f, const struct level *l, const struct tpl *t)
{
    int columns = 0;
    for (const struct tpl *c = t->first; c; c = c->next)
        columns += c->level;
    struct paper *p = f->paper;
    struct paper_block *b = p->n ? &p->blocks[p->n - 1] : NULL;
    if (!b || b->kind != PAPER_TABLE || b->columns != columns || f->widths) {
        b = paper_add(p, PAPER_TABLE, STR_NONE);
        b->columns = columns;
        b->head = t->head;
        if (f->widths && f->n_widths == columns)
            b->widths = f->widths;
        f->widths = NULL;
    }
    for (const struct tpl *c = t->first; c; c = c->next) {
        struct str s;
        if (!plain_line(f, l, c, &s))
            return false;
        b = &p->blocks[p->n - 1];
        struct paper_cell *cell = paper_cell(p, b, s);
        cell->label = c->label;
        cell->span = c->level;
    }
    return true;
}

static void take_widths(struct fill *f, const struct tpl *t)
{
    int n = 0;
    int *w = ARENA_ARRAY(f->paper->a, int, TPL_COLUMNS);
    for (const struct tpl *c = t->first; c; c = c->next)
        w[n++] = c->level;
    f->widths = w;
    f->n_widths = n;
}

/* ---- pictures ---- */

bool fill_picture(struct fill *f, const struct json *file, struct str caption, bool *shown)
{
    struct id id;
    struct str mime, bytes;
    struct paper_image img;
    *shown = false;
    if (!id_parse(json_text(file, "file"), &id) || f->picture_bytes >= PICTURES_MOST)
        return true;
    if (!file_bytes(f->view.c, id, &mime, &bytes))
        return false;
    if (!bytes.len || !paper_image_read(f->paper->a, bytes, &img))
        return true;
    f->picture_bytes += (int64_t)bytes.len;
    paper_add(f->paper, PAPER_IMAGE, caption)->bytes = bytes;
    *shown = true;
    return true;
}

static bool put_pictures(struct fill *f, const struct tpl *t)
{
    const struct field *x = &f->view.def->fields[t->at];
    const struct json *v = json_get_str(f->view.r->fields, x->id);
    struct json *one = json_new(f->paper->a, J_ARR);
    if (!json_empty(v) && !json_is(v, J_ARR))
        json_push(one, json_clone(f->paper->a, v));
    JSON_EACH(ref, json_is(v, J_ARR) ? v : one)
    {
        struct json *file;
        bool shown;
        if (!detached(f, x, ref, &file) ||
            (file && !fill_picture(f, file, json_text(file, "name"), &shown)))
            return false;
        if (file && !shown)
            paper_add(f->paper, PAPER_TEXT,
                      str_printf(f->paper->a, "另附：%.*s", STR_F(json_text(file, "name"))));
    }
    return true;
}

static void put_contents(struct fill *f)
{
    static const int WIDTHS[] = {1, 7, 1, 2};
    static const char *const HEAD[] = {"序号", "材料名称", "页码", "备注"};
    struct paper *p = f->paper;
    struct paper_block *b = paper_add(p, PAPER_TABLE, STR_NONE);
    b->columns = 4;
    b->widths = WIDTHS;
    b->head = true;
    for (size_t i = 0; i < COUNT_OF(HEAD); i++)
        paper_cell(p, b, str_of(HEAD[i]))->label = true;
    for (size_t i = 0; i < f->n_contents; i++) {
        paper_cell(p, b, str_printf(p->a, "%zu", i + 1))->label = true;
        paper_cell(p, b, f->contents[i].name);
        paper_cell(p, b, STR_NONE)->page_of = f->contents[i].mark;
        paper_cell(p, b, f->contents[i].note);
    }
}

static bool put_code(struct fill *f, const struct level *l, const struct tpl *t)
{
    struct str words;
    if (!f->link.len)
        return true;
    if (!plain_line(f, l, t, &words))
        return false;
    struct paper_block *b = paper_add(f->paper, PAPER_CODE, words);
    b->bytes = f->link;
    b->mm = 34;
    return true;
}

static bool put_lines(struct fill *f, const struct level *l, const struct tpl *t, void *user);

static bool put_node(struct fill *f, const struct level *l, const struct tpl *t, void *user)
{
    static const enum paper_kind KINDS[] = {
        [TPL_TITLE] = PAPER_TITLE, [TPL_HEADING] = PAPER_HEADING, [TPL_SIGN] = PAPER_SIGN};
    struct str s;
    switch (t->kind) {
    case TPL_TITLE:
    case TPL_HEADING:
    case TPL_SIGN:
        if (!plain_line(f, l, t, &s))
            return false;
        paper_add(f->paper, KINDS[t->kind], s)->level = t->level;
        return true;
    case TPL_LINE:
        return put_line(f, l, t);
    case TPL_SPACE:
        paper_add(f->paper, PAPER_SPACE, STR_NONE)->level = t->level;
        return true;
    case TPL_PAGE:
        paper_add(f->paper, PAPER_BREAK, STR_NONE)->style = f->style;
        return true;
    case TPL_PICTURES:
        return put_pictures(f, t);
    case TPL_CONTENTS:
        put_contents(f);
        return true;
    case TPL_CODE:
        return put_code(f, l, t);
    case TPL_WIDTHS:
        take_widths(f, t);
        return true;
    case TPL_ROW:
        return put_row(f, l, t);
    case TPL_EACH:
    case TPL_IF:
        return inner(f, l, t, put_lines, user);
    case TPL_CELL:
    case TPL_WORDS:
    case TPL_VALUE:
        break;
    }
    return true;
}

static bool put_lines(struct fill *f, const struct level *l, const struct tpl *t, void *user)
{
    for (; t; t = t->next)
        if (!put_node(f, l, t, user))
            return false;
    return true;
}

bool fill_document(struct fill *f, const struct document *doc)
{
    ASSERT(doc->form);
    f->widths = NULL;
    return put_lines(f, NULL, doc->form->first, NULL);
}

/* ---- which details a template prints ---- */

static void note_field(const struct record_def *def, int i, bool *used)
{
    if (def->fields[i].vault)
        used[i] = true;
}

void fill_details(const struct record_def *def, const struct tpl *t, bool *used)
{
    for (; t; t = t->next) {
        bool field = (t->kind == TPL_VALUE && (t->ref == REF_FIELD || t->ref == REF_GIVEN)) ||
                     (t->kind == TPL_EACH && t->ref == REF_FIELD);
        if (field && t->at >= 0)
            note_field(def, t->at, used);
        fill_details(def, t->first, used);
        fill_details(def, t->other, used);
    }
}
