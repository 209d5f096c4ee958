#include "measure/difference.h"
#include "measure/difference.sql.h"
#include "measure/bulletin.h"
#include "measure/small.h"
#include "record/change.h"

static bool same_text(const struct json *x, const struct json *y, const char *key)
{
    return str_eq(json_text(x, key), json_text(y, key));
}

/* Does it lie in the other for another part of the area or span? */
static bool nested(const struct world *w, const struct json *x, const struct json *y, bool flow)
{
    bool from = same_text(x, y, "from"), to = same_text(x, y, "to");
    if (same_text(x, y, "area"))
        return flow && from != to;
    int inner = world_area(w, json_text(x, "area")), outer = world_area(w, json_text(y, "area"));
    return from && to && inner >= 0 && outer >= 0 &&
           (world_area_below(w, inner, outer) || world_area_below(w, outer, inner));
}

/* A number of a figure as it leaves: of one whose counts are hidden only the one that is printed. */
static bool told(const struct json *part, const char *key, int64_t *n)
{
    struct str hidden = json_text(part, "hidden"), what = json_text(part, "what");
    bool count = str_is(what, "value") && strcmp(key, "n") == 0 && !json_get(part, "N") &&
                 json_num(part, "n", 0) == json_num(part, "value", -1);
    bool printed = str_is(hidden, "counts") && (str_is(what, key) || count);
    if (!json_is(json_get(part, key), J_INT) || (hidden.len && !printed))
        return false;
    *n = json_num(part, key, 0);
    return true;
}

static bool close_by(const struct json *x, const struct json *y, const char *key)
{
    int64_t n, m;
    return told(x, key, &n) && told(y, key, &m) && small_count(n < m ? m - n : n - m);
}

/* 其中: is x an indicator that is a part of y's? */
static bool is_within(const struct world *w, const struct json *x, const struct json *y)
{
    struct str part, whole, book = str_cut(json_text(x, "id"), '.', &part);
    const struct playbook *p = world_playbook(w, book);
    int i = p ? playbook_indicator(p, part) : -1;
    return i >= 0 && str_eq(str_cut(json_text(y, "id"), '.', &whole), book) &&
           p->indicators[i].within.len && str_eq(p->indicators[i].within, whole);
}

static bool gives_away(const struct world *w, const struct json *x, const struct json *y)
{
    static const struct {
        const char *key;
        bool flow; /* that of a span is the sum of its days */
    } NUMBERS[] = {{"n", true}, {"N", true}, {"in", true}, {"out", true}, {"opening", false}, {"closing", false}};
    bool one_frame = same_text(x, y, "area") && same_text(x, y, "from") && same_text(x, y, "to");
    if (!same_text(x, y, "id"))
        return one_frame && (is_within(w, x, y) || is_within(w, y, x)) && close_by(x, y, "n");
    for (size_t i = 0; i < COUNT_OF(NUMBERS); i++)
        if (nested(w, x, y, NUMBERS[i].flow) && close_by(x, y, NUMBERS[i].key))
            return true;
    return false;
}

/* One new figure beside a list; number: of the bulletin that is out, STR_NONE: its own. */
static bool check(const struct world *w, const struct json *part, const struct json *list, struct str number,
                  struct err *e)
{
    JSON_EACH (other, list) {
        if (!bulletin_figure(other) || !gives_away(w, part, other))
            continue;
        struct str slot = json_text(part, "slot"), code = json_text(other, "code");
        bool own = !number.len;
        err_field(e, ERR_INPUT, "prose", "{{%.*s}}: less %.*s%s%.*s it gives away a count under 5: leave it out,"
                  " or take another span or area", STR_F(slot), STR_F(code), own ? "" : " of ", STR_F(number));
        return err_zh(e, "{{%.*s}}：与%s%.*s%s%.*s（%.*s）相减会得出不足5的数，请不写这个数，或换时段、区划",
                      STR_F(slot), own ? "本期" : "已印发的", STR_F(number), own ? "" : "的", STR_F(code),
                      STR_F(json_text(other, "printed")));
    }
    return true;
}

static bool check_all(const struct world *w, const struct json *parts, const struct json *list, struct str number,
                      struct err *e)
{
    JSON_EACH (part, parts)
        if (bulletin_figure(part) && !check(w, part, list, number, e))
            return false;
    return true;
}

static bool check_record(struct store *db, struct arena *a, const struct world *w, const struct json *parts,
                         int64_t rid, struct err *e)
{
    struct record *r;
    bool found;
    return record_load_rid(db, a, rid, &found, &r, e) && (!found || check_all(w, parts, r->parts, r->number, e));
}

bool difference_check(struct store *db, struct arena *a, const struct world *w, const struct json *parts,
                      const struct difference_beside *out, struct err *e)
{
    int64_t *rids = NULL;
    size_t n = 0, cap = 0;
    if (!check_all(w, parts, parts, STR_NONE, e))
        return false;
    if (!out->state.len)
        return true;
    struct rows rows AUTO(rows_close) = store_query(
        db, sql_difference_beside, BIND(C_TEXT(out->type), C_TEXT(out->state), C_INT(out->rid)), e);
    while (rows_next(&rows)) {
        rids = arena_grow(a, rids, n, &cap, sizeof *rids);
        rids[n++] = rows_int(&rows, 0);
    }
    if (err_is(e))
        return false;
    struct arena *one AUTO(arena_freep) = arena_new();
    for (size_t i = 0; i < n; i++) {
        if (!check_record(db, one, w, parts, rids[i], e))
            return false;
        arena_reset(one);
    }
    return true;
}
