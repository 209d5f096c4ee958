#include "measure/bulletin.h"
#include "measure/figure_int.h"
#include "measure/slot.h"
#include "measure/small.h"

enum { SLOTS_MAX = 300 };

/* ---- printing ---- */

static int64_t number_of(const struct figure *f, enum slot_what what)
{
    const struct figure_value *v = &f->total;
    switch (what) {
    case WHAT_n:
        return v->n;
    case WHAT_N:
        return v->N;
    case WHAT_opening:
        return v->opening;
    case WHAT_in:
        return v->in;
    case WHAT_out:
        return v->out;
    case WHAT_closing:
        return v->closing;
    case WHAT_value:
        return v->value;
    case WHAT_change:
    case WHAT_COUNT:
        break;
    }
    return 0;
}

/* A count that is printed as it is, and may therefore be too small to print. */
static bool is_cell(const struct figure *f, enum slot_what what)
{
    bool value = what == WHAT_value && (f->indicator->kind == IND_COUNT || f->indicator->kind == IND_STOCK);
    return (what != WHAT_value && what != WHAT_change) || value;
}

static bool has_number(const struct figure *f, enum slot_what what)
{
    const struct figure_value *v = &f->total;
    bool stock = what >= WHAT_opening && what <= WHAT_closing;
    return what == WHAT_n   ? v->has_n
           : what == WHAT_N ? v->has_N
           : stock          ? v->stock
                            : v->has_value;
}

/* Why nothing can be printed, in the writer's words. */
static bool nothing(const struct slot *s, const struct figure *f, struct err *e)
{
    const char *note = f->total.note ? f->total.note : "";
    if (f->indicator->pending)
        return slot_bad(e, s->text, "its definition is not agreed", "口径待定，不能公布");
    if (strcmp(note, "N<20") == 0)
        return slot_bad(e, s->text, "no rate under N = 20", "数量不足20，不写比率，请改写件数");
    if (strcmp(note, "not reported") == 0)
        return slot_bad(e, s->text, "nothing was reported for exactly this area and span",
                        "没有这个区划、这个时段的报送数，请先录入或改时段");
    return slot_bad(e, s->text, "it has no such number", "这个统计项没有这个数");
}

static bool print_change(const struct slot *s, const struct figure *f, struct buf *b, struct err *e)
{
    if (f->compare.n_redrawn && f->compare.incomparable) {
        struct buf en AUTO(buf_free) = BUF(LIMIT_ERR_TEXT / 2), zh AUTO(buf_free) = BUF(LIMIT_ERR_TEXT / 2);
        speak_redrawn(&en, false, &f->compare);
        speak_redrawn(&zh, true, &f->compare);
        buf_char(&en, 0);
        buf_char(&zh, 0);
        return slot_bad(e, s->text, en.ptr, zh.ptr);
    }
    if (f->compare.incomparable)
        return slot_bad(e, s->text, "the definition was changed in between", "口径调整，不可比");
    if (!f->compare.given && is_cell(f, WHAT_value) && small_count(f->compare.v.value))
        return slot_bad(e, s->text, "its base is below 5", "对比期数量不足5，不写变化");
    speak_change(b, true, f, s->decimals);
    return b->len || nothing(s, f, e);
}

static bool print(const struct slot *s, const struct figure *f, bool small, bool rounded,
                  struct buf *b, struct err *e)
{
    if (f->indicator->pending)
        return nothing(s, f, e);
    if (s->what == WHAT_change)
        return print_change(s, f, b, e);
    if (!has_number(f, s->what))
        return nothing(s, f, e);
    int64_t n = number_of(f, s->what);
    if (small) {
        buf_printf(b, "不足%d", SMALL);
        return true;
    }
    if (rounded) {
        buf_printf(b, "约%lld", (long long)((n + SMALL / 2) / SMALL * SMALL));
        return true;
    }
    if (s->what == WHAT_value) {
        speak_value(b, f, &f->total);
        return true;
    }
    return n < 0 ? (buf_i64(b, n), true) : speak_count(b, true, n, s->about, s->digits, e);
}

/* ---- what must not leave ---- */

struct taken {
    struct slot slot;
    struct figure figure;
    bool small, rounded;
};

static bool same_cell(const struct taken *x, const struct taken *y)
{
    return str_eq(x->figure.id, y->figure.id) && x->slot.what == y->slot.what &&
           x->figure.from == y->figure.from && x->figure.to == y->figure.to;
}

static bool same_figure(const struct taken *x, const struct taken *y)
{
    return str_eq(x->figure.id, y->figure.id) && str_eq(x->figure.area, y->figure.area) &&
           x->figure.from == y->figure.from && x->figure.to == y->figure.to;
}

/* Two numbers of a stock that holds a small one: each follows from the other three. */
static bool same_stock(const struct taken *x, const struct taken *y)
{
    return x->figure.total.stock && small_in(&x->figure) && same_figure(x, y) && x->slot.what != y->slot.what &&
           x->slot.what != WHAT_change && y->slot.what != WHAT_change;
}

/* A larger area beside a suppressed part of it would give the part away. */
static void suppress(const struct world *w, struct taken *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t v = number_of(&list[i].figure, list[i].slot.what);
        list[i].small = is_cell(&list[i].figure, list[i].slot.what) && small_count(v);
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++)
            list[k].rounded |= !list[k].small && same_stock(&list[i], &list[k]);
        for (size_t k = 0; k < n && list[i].small; k++) {
            int inner = world_area(w, list[i].figure.area), outer = world_area(w, list[k].figure.area);
            list[k].rounded |= !list[k].small && inner != outer && same_cell(&list[i], &list[k]) &&
                               world_area_below(w, inner, outer);
        }
    }
}

/* What another body handed in for one span cannot stand for another one too. */
static bool one_span(const struct taken *list, size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k < n; k++) {
            const struct figure *x = &list[i].figure, *y = &list[k].figure;
            bool spans = x->from != y->from || x->to != y->to;
            bool numbers = x->total.n == y->total.n && x->total.value == y->total.value &&
                           x->compare.change == y->compare.change;
            if (x->reported.is && spans && numbers && str_eq(x->id, y->id) &&
                str_eq(x->area, y->area) && (x->total.n || x->compare.change))
                return slot_bad(e, list[k].slot.text, "the same reported number under two spans",
                                "同一个报送数用在了两个时段，请核对");
        }
    }
    return true;
}

/* ---- taking ---- */

static void put_int(struct arena *a, struct json *o, const char *key, int64_t v)
{
    json_set(a, o, str_of(key), json_new_int(a, v));
}

static void put_str(struct arena *a, struct json *o, const char *key, struct str v)
{
    json_set(a, o, str_of(key), json_new_str(a, v));
}

static void put_day(struct arena *a, struct json *o, const char *key, int32_t day)
{
    char text[16];
    day_format(day, text);
    put_str(a, o, key, str_dup(a, str_of(text)));
}

static void put_value(struct arena *a, struct json *o, const struct figure_value *v)
{
    if (v->has_n)
        put_int(a, o, "n", v->n);
    if (v->has_N)
        put_int(a, o, "N", v->N);
    if (v->stock) {
        put_int(a, o, "opening", v->opening);
        put_int(a, o, "in", v->in);
        put_int(a, o, "out", v->out);
        put_int(a, o, "closing", v->closing);
    }
    if (v->has_value) {
        put_int(a, o, "value", v->value);
        put_int(a, o, "decimals", v->decimals);
    }
}

/* Small cells stay in the part for the overseer, marked for those who print. */
static void put_beside(struct arena *a, struct json *p, const struct figure *f)
{
    if (!f->n_beside)
        return;
    struct json *list = json_set(a, p, STR("beside"), json_new(a, J_ARR));
    for (int i = 0; i < f->n_beside; i++) {
        const struct figure_beside *x = &f->beside[i];
        struct json *o = json_push(list, json_new(a, J_OBJ));
        put_str(a, o, "id", x->indicator->id);
        put_str(a, o, "as", x->recheck ? STR("recheck") : STR("left_out"));
        put_value(a, o, &x->v);
        if (small_count(x->recheck ? x->v.n : x->v.value) || (x->v.has_N && small_count(x->v.N - x->v.n)))
            put_str(a, o, "hidden", STR("small"));
    }
}

/* Why no number of it may leave beside what is printed; STR_NONE: they may. */
static struct str hidden(const struct taken *t)
{
    return t->small                ? STR("small")
           : t->rounded            ? STR("rounded")
           : small_in(&t->figure) ? STR("counts")
                                   : STR_NONE;
}

static struct json *part_of(struct arena *a, const struct taken *t, int number, struct str printed)
{
    struct json *p = json_new(a, J_OBJ);
    const struct figure *f = &t->figure;
    put_str(a, p, "kind", STR("figure"));
    put_str(a, p, "code", str_printf(a, "F%d", number));
    put_str(a, p, "slot", t->slot.text);
    put_str(a, p, "what", str_of(SLOT_WHATS[t->slot.what]));
    put_str(a, p, "id", f->id);
    put_int(a, p, "version", f->indicator->version);
    put_str(a, p, "area", f->area);
    put_day(a, p, "from", f->from);
    put_day(a, p, "to", f->to);
    json_set(a, p, STR("whole"), json_new_bool(a, t->slot.whole));
    put_value(a, p, &f->total);
    if (f->sealed == SEALED_EXACT && (f->sealed_n || f->sealed_N)) {
        put_int(a, p, "sealed_n", f->sealed_n);
        put_int(a, p, "sealed_N", f->sealed_N);
    }
    if (f->compare.kind && !f->compare.given) {
        struct json *then = json_set(a, p, STR("then"), json_new(a, J_OBJ));
        put_day(a, then, "from", f->compare.from);
        put_day(a, then, "to", f->compare.to);
        put_value(a, then, &f->compare.v);
    }
    if (f->compare.given) {
        put_int(a, p, "change", f->compare.change);
        put_int(a, p, "change_decimals", f->compare.given_decimals);
    }
    if (f->reported.is) {
        put_str(a, p, "source", id_text(a, f->reported.source));
        put_str(a, p, "issuer", f->reported.issuer.zh);
    }
    put_beside(a, p, f);
    if (f->compare.n_redrawn) {
        struct buf b AUTO(buf_free) = BUF(LIMIT_TEXT_FIELD);
        speak_redrawn(&b, true, &f->compare);
        put_str(a, p, "redrawn", buf_dup(a, &b));
    }
    if (hidden(t).len)
        put_str(a, p, "hidden", hidden(t));
    put_str(a, p, "printed", printed);
    put_int(a, p, "size", f->size);
    return p;
}

static bool take_all(struct store *db, struct arena *a, const struct world *w, struct str prose,
                     const struct bulletin_frame *frame, struct taken *list, size_t *n, struct err *e)
{
    struct str before, slot;
    while (slot_next(&prose, &before, &slot)) {
        if (*n == SLOTS_MAX)
            return err_field(e, ERR_TOO_BIG, "prose", "more than %d figures", SLOTS_MAX);
        struct taken *t = &list[(*n)++];
        if (!slot_read(a, slot, frame, &t->slot, e) ||
            !figure_ask(db, a, w, &t->slot.q, &t->figure, e))
            return false;
    }
    return true;
}

bool bulletin_take(struct store *db, struct arena *a, const struct world *w, struct str prose,
                   const struct bulletin_frame *frame, struct json **out, struct err *e)
{
    struct taken *list = ARENA_ARRAY(a, struct taken, SLOTS_MAX);
    struct json *parts = json_new(a, J_ARR);
    size_t n = 0;
    memset(list, 0, SLOTS_MAX * sizeof *list);
    if (!take_all(db, a, w, prose, frame, list, &n, e) || !one_span(list, n, e))
        return false;
    suppress(w, list, n);
    for (size_t i = 0; i < n; i++) {
        struct buf b AUTO(buf_free) = BUF(400);
        if (!print(&list[i].slot, &list[i].figure, list[i].small, list[i].rounded, &b, e))
            return false;
        json_push(parts, part_of(a, &list[i], (int)i + 1, buf_dup(a, &b)));
    }
    *out = parts;
    return true;
}

/* ---- the text ---- */

bool bulletin_figure(const struct json *part)
{
    return str_is(json_text(part, "kind"), "figure") && !json_yes(part, "void");
}

static const struct json *figure_part(const struct json *parts, const char *code)
{
    JSON_EACH (p, parts)
        if (bulletin_figure(p) && str_is(json_text(p, "code"), code))
            return p;
    return NULL;
}

void bulletin_text(struct buf *b, struct str prose, const struct json *parts, bool coded)
{
    struct str before, slot;
    for (int i = 1; slot_next(&prose, &before, &slot); i++) {
        char code[16];
        snprintf(code, sizeof code, "F%d", i);
        const struct json *p = figure_part(parts, code);
        buf_str(b, before);
        if (!p)
            buf_printf(b, "{{%.*s}}", STR_F(slot));
        else
            buf_str(b, json_text(p, "printed"));
        if (p && coded)
            buf_printf(b, "[%s]", code);
    }
    buf_str(b, prose);
}

/* White space is how a line was broken, in every kind of file. */
static struct str squeeze(struct buf *b, struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!strchr(" \t\r\n\f", text.ptr[i]) || !text.ptr[i])
            buf_char(b, text.ptr[i]);
    return buf_view(b);
}

static bool stands_before(struct str text, struct str printed, struct str code)
{
    struct buf want AUTO(buf_free) = BUF(1000);
    buf_printf(&want, "%.*s[%.*s]", STR_F(printed), STR_F(code));
    bool found = str_has(text, buf_view(&want));
    /* 198.4%[F3] is not 98.4%[F3] */
    for (size_t i = 0; found && i + want.len <= text.len; i++) {
        bool digit = i > 0 && (strchr("0123456789.", text.ptr[i - 1]) != NULL);
        if (memcmp(text.ptr + i, want.ptr, want.len) == 0)
            return !(digit && printed.len && printed.ptr[0] >= '0' && printed.ptr[0] <= '9');
    }
    return false;
}

void bulletin_check_text(struct str text, const struct json *parts, struct str *first_bad, int *seen)
{
    struct buf plain AUTO(buf_free) = BUF(LIMIT_JSON_OUT), printed AUTO(buf_free) = BUF(1000);
    struct str flat = squeeze(&plain, text);
    *first_bad = STR_NONE;
    *seen = 0;
    JSON_EACH (p, parts) {
        if (!bulletin_figure(p))
            continue;
        buf_clear(&printed);
        (*seen)++;
        if (!first_bad->ptr &&
            !stands_before(flat, squeeze(&printed, json_text(p, "printed")), json_text(p, "code")))
            *first_bad = json_text(p, "code");
    }
}

/* ---- taking again ---- */

static bool frame_of(const struct json *part, int64_t now, struct bulletin_frame *f, struct err *e)
{
    *f = (struct bulletin_frame){.area = json_text(part, "area"), .now = now};
    f->whole = json_yes(part, "whole");
    return (day_parse(json_text(part, "from"), &f->from) && day_parse(json_text(part, "to"), &f->to)) ||
           err_set(e, ERR_VERIFY, "a frozen figure has no span");
}

/* Sealed matters changed since: how many there were then is what the frozen figure says.  Everything
 * else is computed again. */
static void add_sealed(struct figure *f, const struct json *part)
{
    struct figure_value *v = &f->total;
    if (f->sealed != SEALED_LEFT_OUT || !json_get(part, "sealed_n"))
        return;
    v->n += json_num(part, "sealed_n", 0);
    v->N += json_num(part, "sealed_N", 0);
    if (f->indicator->kind == IND_RATE)
        value_rate(v, v->N, f->indicator->decimals);
    else if (f->indicator->kind == IND_COUNT)
        v->value = v->n;
}

/* As of a size of the log, or (-1) today. */
static bool take_one(struct store *db, struct arena *a, const struct world *w,
                     const struct json *part, int64_t size, int64_t now, struct taken *t,
                     struct str *printed, struct err *e)
{
    struct bulletin_frame frame;
    struct buf b AUTO(buf_free) = BUF(400);
    struct str hidden = json_text(part, "hidden");
    if (!frame_of(part, now, &frame, e) || !slot_read(a, json_text(part, "slot"), &frame, &t->slot, e))
        return false;
    t->slot.q.as_of_size = size;
    if (!figure_ask(db, a, w, &t->slot.q, &t->figure, e))
        return false;
    add_sealed(&t->figure, part);
    int64_t v = number_of(&t->figure, t->slot.what);
    t->small = is_cell(&t->figure, t->slot.what) && small_count(v);
    t->rounded = !t->small && str_is(hidden, "rounded");
    if (!print(&t->slot, &t->figure, t->small, t->rounded, &b, e))
        return false;
    *printed = buf_dup(a, &b);
    return true;
}

bool bulletin_again(struct store *db, struct arena *a, const struct world *w, const struct json *part,
                    bool *same, struct str *now_printed, struct err *e)
{
    struct taken t = {.small = false};
    int32_t to;
    int64_t now = day_parse(json_text(part, "to"), &to) ? zone_start(w->zone, to) : 0;
    if (!take_one(db, a, w, part, json_num(part, "size", -1), now, &t, now_printed, e))
        return false;
    /* a change holds the sealed matters of two spans, of which the earlier one is not said */
    bool apart = t.figure.sealed == SEALED_LEFT_OUT && t.slot.what == WHAT_change;
    *same = (apart || str_eq(*now_printed, json_text(part, "printed"))) &&
            t.figure.total.n == json_num(part, "n", t.figure.total.n) &&
            t.figure.total.N == json_num(part, "N", t.figure.total.N);
    return true;
}

bool bulletin_corrections(struct store *db, struct arena *a, const struct world *w,
                          const struct json *parts, int64_t now, struct json **out, struct err *e)
{
    *out = json_new(a, J_ARR);
    JSON_EACH (p, parts) {
        struct taken t = {.small = false};
        struct str printed;
        struct err why = ERR_INIT;
        if (!bulletin_figure(p) || !json_get(p, "n"))
            continue;
        if (!take_one(db, a, w, p, -1, now, &t, &printed, &why)) {
            if (why.code == ERR_STORE)
                return err_set(e, ERR_STORE, "%s", why.text);
            continue; /* its indicator is no more, or prints nothing now */
        }
        if (t.figure.total.n == json_num(p, "n", 0) && t.figure.total.N == json_num(p, "N", 0))
            continue;
        struct json *c = json_push(*out, json_new(a, J_OBJ));
        put_str(a, c, "kind", STR("correction"));
        put_str(a, c, "code", json_text(p, "code"));
        put_str(a, c, "id", json_text(p, "id"));
        put_int(a, c, "was", json_num(p, "n", 0));
        put_int(a, c, "now", t.figure.total.n);
        if (json_get(p, "N")) {
            put_int(a, c, "was_N", json_num(p, "N", 0));
            put_int(a, c, "now_N", t.figure.total.N);
        }
        if (json_text(p, "hidden").len || hidden(&t).len)
            put_str(a, c, "hidden", STR("small"));
    }
    return true;
}
