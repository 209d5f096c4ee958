/* One entry for each table: what its rows ought to be, worked out from the walk. */
#include "access/lookup.h"
#include "clock/notice.h"
#include "engine/verify.sql.h"
#include "engine/verify_int.h"
#include "measure/levels.h"
#include "record/border.h"
#include "record/seal.h"
#include "record/spot.h"
#include "record/waiting.h"
#include "search/index.h"

struct number { /* the highest of a sequence that was drawn */
    struct number *next;
    struct str name, scope;
    int64_t year, highest, seq;
};

struct area_event {
    struct area_event *next;
    int64_t seq;
    struct json *areas;
};

enum { NUMBER_BUCKETS = 4096 };

struct walked {
    struct number *numbers[NUMBER_BUCKETS];
    struct area_event *areas; /* by seq, the newest first */
    int64_t calendars;        /* how many holiday tables there were */
};

bool verify_folds_begin(struct verifying *v)
{
    bool found;
    v->walked = ARENA_NEW(v->keep, struct walked);
    memset(v->walked, 0, sizeof *v->walked);
    return store_int(v->db, sql_verify_calendars, BIND_NONE, &found, &v->walked->calendars, v->e);
}

/* ---- clock ---- */

static bool add_clocks(struct verifying *v, int fold, const struct changes *c, const struct change *ch)
{
    UNUSED(c);
    const struct record *r = ch->after;
    for (size_t i = 0; i < r->n_clocks; i++) {
        const struct clock_run *run = &r->clocks[i];
        if (!clock_runs(r, run))
            continue;
        struct clock_looks *looks = ARENA_NEW(v->window, struct clock_looks);
        clock_looks(v->window, v->world, v->calendar, r->type, run, looks);
        looks->any = v->walked->calendars > 1; /* made with an older table of holidays, perhaps */
        verify_row(v, fold,
                   BIND_CELLS(C_INT(r->rid), C_TEXT(run->id), C_INT(run->n), C_INT(run->due), C_NULL, C_NULL),
                   r->last_seq, looks);
    }
    return true;
}

/* `next` and `rung` move with time: they may be one of those that the clock passes through. */
static bool clock_same(const struct rows *r, const struct fold_row *want, int *column)
{
    const struct clock_looks *looks = want->more;
    *column = 3;
    if (rows_null(r, 3) || rows_int(r, 3) != want->cells[3].i)
        return false;
    *column = 4;
    bool known = rows_null(r, 4) || looks->any;
    for (size_t i = 0; i < looks->n && !known; i++)
        known = looks->at[i] == rows_int(r, 4);
    if (!known)
        return false;
    *column = 5;
    return rows_int(r, 5) >= 0 && rows_int(r, 5) <= looks->rungs;
}

/* ---- look-up values ---- */

static bool add_lookups(struct verifying *v, int fold, const struct changes *c, const struct change *ch)
{
    struct lookup_value *list = NULL;
    size_t n = 0;
    if (!ch->def || !v->keys)
        return true;
    if (!lookup_values(v->db, c, ch->after, ch->def, &list, &n, v->e))
        return false;
    for (size_t i = 0; i < n; i++)
        verify_row(v, fold,
                   BIND_CELLS(C_INT(ch->after->rid), C_BLOB(((struct str){(char *)list[i].b, LOOKUP_VALUE}))),
                   ch->after->last_seq, NULL);
    return true;
}

/* ---- search ---- */

static bool add_search(struct verifying *v, int fold, const struct changes *c, const struct change *ch)
{
    const struct record *r = ch->after;
    bool same = true;
    if (!ch->def)
        return true;
    struct buf text = BUF(LIMIT_JSON_OUT);
    bool ok = search_text(v->db, c, ch, &text, v->e) &&
              search_entry_same(v->db, r->rid, buf_view(&text), &same, v->e);
    struct hash h = hash_sha256(buf_view(&text));
    buf_free(&text);
    if (!ok)
        return false;
    if (!same)
        verify_wrong(v, r->last_seq, "table %s, (%lld): the entry is not what the record says", search_table(v->db),
                     (long long)r->rid);
    verify_row(v, fold, BIND_CELLS(C_INT(r->rid), C_BLOB(HASH_STR(h))), r->last_seq, NULL);
    return true;
}

/* ---- places: two columns of the typed table, and the cell ---- */

static bool place_point(struct verifying *v, const struct changes *c, const struct record *r, const struct field *f,
                        struct cell at[static 2])
{
    const struct json *ref = record_sealed(r) ? NULL : json_get_str(r->fields, f->id);
    int64_t lon, lat;
    bool has;
    at[0] = at[1] = C_NULL;
    if (!ref || !value_detached(ref))
        return true;
    if (!changes_point(v->db, c, r, ref, &has, &lon, &lat, v->e))
        return false;
    if (has) {
        at[0] = C_INT(lon);
        at[1] = C_INT(lat);
    }
    return true;
}

static bool check_point(struct verifying *v, const struct changes *c, const struct change *ch, const struct field *f,
                        const struct cell at[static 2])
{
    struct str table = table_name(c->arena, ch->playbook, ch->def);
    struct str sql = str_printf(c->arena, "SELECT x_%.*s_lon, x_%.*s_lat FROM %.*s WHERE rid = $1", STR_F(f->id),
                                STR_F(f->id), STR_F(table));
    struct rows r AUTO(rows_close) = store_query(v->db, sql.ptr, BIND(C_INT(ch->after->rid)), v->e);
    bool has = rows_next(&r);
    for (int i = 0; has && i < 2; i++)
        if (rows_null(&r, i) != (at[i].kind == CELL_NULL) || (!rows_null(&r, i) && rows_int(&r, i) != at[i].i))
            verify_wrong(v, ch->after->last_seq, "table %.*s, (%lld): column x_%.*s_%s is not what the events say",
                         STR_F(table), (long long)ch->after->rid, STR_F(f->id), i ? "lat" : "lon");
    return !err_is(v->e);
}

static bool add_places(struct verifying *v, int fold, const struct changes *c, const struct change *ch)
{
    const struct record *r = ch->after;
    for (int i = 0; ch->def && i < ch->def->n_fields; i++) {
        const struct field *f = &ch->def->fields[i];
        struct cell at[2];
        if (f->type != FIELD_PLACE || f->many)
            continue;
        if (!place_point(v, c, r, f, at) || !check_point(v, c, ch, f, at))
            return false;
        if (i == ch->def->place_field && at[0].kind == CELL_INT && !record_flag(r, "$sealed"))
            verify_row(v, fold,
                       BIND_CELLS(C_INT(r->rid), C_TEXT(r->type), C_INT(spot_cell(at[0].i, at[1].i))), r->last_seq,
                       NULL);
    }
    return true;
}

/* ---- scope_log: which scopes an event left ---- */

static bool add_left(struct verifying *v, int fold, const struct step *s)
{
    struct arena *a = v->window;
    struct json *left;
    if (!s->before || !record_left(a, v->world, s->before, s->after, &left))
        return true;
    JSON_EACH (x, left)
        verify_row(v, fold, BIND_CELLS(C_INT(s->seq), C_TEXT(x->s), C_INT(s->after->rid), C_INT(1)), s->seq, NULL);
    return true;
}

/* ---- imports ---- */

/* The last event that an import made of a record: one row each. */
static bool add_external(struct verifying *v, int fold, const struct step *s)
{
    const struct playbook *p;
    int record;
    if (!s->line->pb.len || !world_type(v->world, s->after->type, s->line->pb, &p, &record))
        return true;
    int i = record_action(&p->records[record], s->line->act);
    if (i >= 0 && p->records[record].actions[i].import)
        verify_row(v, fold, BIND_CELLS(C_INT(s->after->rid), C_INT(s->seq)), s->seq, NULL);
    return true;
}

/* ---- sequences ---- */

/* The number without its counter, as draw_number makes it: scope in front, what stands behind. */
static bool number_parts(struct verifying *v, const struct record_def *def, const struct event_body *line,
                         struct buf *before, size_t *behind)
{
    bool seq = false;
    int year = zone_civil(v->world->zone, line->recorded).year;
    for (size_t i = 0; i < def->number.len; i++) {
        struct str rest = {def->number.ptr + i, def->number.len - i}, arg, tail;
        struct buf word = BUF(64);
        if (rest.ptr[0] == '{') {
            struct str inside = str_cut((struct str){rest.ptr + 1, rest.len - 1}, '}', &tail);
            struct str name = str_cut(inside, ':', &arg);
            int64_t n = 0;
            str_int(arg, &n);
            if (str_is(name, "area"))
                buf_add(&word, line->code.ptr,
                        n > 0 && (size_t)n < line->code.len ? (size_t)n : line->code.len);
            else if (str_is(name, "year"))
                buf_printf(&word, "%04d", year);
            seq |= str_is(name, "seq");
            i += inside.len + 1;
        } else {
            buf_char(&word, rest.ptr[0]);
        }
        if (seq)
            *behind += word.len;
        else
            buf_str(before, buf_view(&word));
        buf_free(&word);
    }
    return seq;
}

static void draw(struct verifying *v, struct str type, struct str scope, int64_t year, int64_t n, int64_t seq)
{
    struct number **at = &v->walked->numbers[(str_hash(scope) ^ str_hash(type)) & (NUMBER_BUCKETS - 1)], *x = *at;
    while (x && (x->year != year || !str_eq(x->scope, scope) || !str_eq(x->name, type)))
        x = x->next;
    if (!x) {
        x = ARENA_NEW(v->keep, struct number);
        *x = (struct number){*at, str_dup(v->keep, type), str_dup(v->keep, scope), year, 0, seq};
        *at = x;
    }
    if (n > x->highest) {
        x->highest = n;
        x->seq = seq;
    }
}

static bool take_number(struct verifying *v, int fold, const struct step *s)
{
    UNUSED(fold);
    const struct event_body *line = s->line;
    const struct playbook *p;
    int record;
    struct buf before = BUF(256);
    size_t behind = 0;
    int64_t n = 0;
    if (!line->number.len || !world_type(v->world, s->after->type, line->pb, &p, &record))
        return true;
    if (number_parts(v, &p->records[record], line, &before, &behind)) {
        struct str number = line->number, scope = buf_view(&before);
        bool good = number.len > scope.len + behind && str_starts(number, scope) &&
                    str_int((struct str){number.ptr + scope.len, number.len - scope.len - behind}, &n);
        if (good)
            draw(v, line->type, scope, zone_civil(v->world->zone, line->recorded).year, n, s->seq);
        else
            verify_wrong(v, s->seq, "the number %.*s is not made as its playbook says", STR_F(number));
    }
    buf_free(&before);
    return true;
}

static bool add_numbers(struct verifying *v, int fold)
{
    for (int i = 0; i < NUMBER_BUCKETS; i++)
        for (const struct number *x = v->walked->numbers[i]; x; x = x->next)
            verify_row(v, fold,
                       BIND_CELLS(C_TEXT(x->name), C_TEXT(x->scope), C_INT(x->year), C_INT(x->highest + 1)), x->seq,
                       NULL);
    return true;
}

/* ---- areas ---- */

static bool take_areas(struct verifying *v, int fold, const struct step *s)
{
    UNUSED(fold);
    const struct json *list = json_get(s->line->rows, "areas");
    if (!str_is(s->after->type, "sys.area") || !list)
        return true;
    struct area_event **at = &v->walked->areas, *x = ARENA_NEW(v->keep, struct area_event);
    while (*at && (*at)->seq > s->seq)
        at = &(*at)->next;
    *x = (struct area_event){*at, s->seq, json_clone(v->keep, list)};
    *at = x;
    return true;
}

static struct cell day_cell(const struct json *row, const char *key)
{
    const struct json *d = json_get(row, key);
    return json_is(d, J_INT) ? C_INT(d->i) : C_NULL;
}

static int fold_of(const char *table)
{
    int i = 0;
    while (strcmp(FOLDS[i].table, table) != 0)
        i++;
    return i;
}

static void turn_round(struct walked *w)
{
    struct area_event *turned = NULL;
    for (struct area_event *x = w->areas, *next; x; x = next) {
        next = x->next;
        x->next = turned;
        turned = x;
    }
    w->areas = turned;
}

/* Of an area that was named before a row holds what changes. */
static const struct json *merge_area(struct verifying *v, struct json **known, const struct json *row, int64_t seq)
{
    struct json *now = *known ? *known : (*known = json_new(v->keep, J_OBJ));
    int64_t old = json_num(now, "parent", 0), parent = json_num(row, "parent", old);
    struct str name = json_text(row, "name"), was = json_text(now, "name");
    if (now->n && parent != old)
        v->tree_seq = seq;
    if (now->n && (parent != old || (name.len && !str_eq(name, was))))
        verify_row(v, fold_of("area_was"),
                   BIND_CELLS(C_INT(seq), C_INT(json_num(now, "i", 0)), C_INT(old), C_TEXT(was)), seq, NULL);
    JSON_EACH (f, row)
        json_set(v->keep, now, f->key, json_clone(v->keep, f));
    return now;
}

static bool add_areas(struct verifying *v, int fold)
{
    int64_t most = 0;
    turn_round(v->walked);
    for (const struct area_event *x = v->walked->areas; x; x = x->next)
        JSON_EACH (row, x->areas)
            most = max64(most, json_num(row, "i", 0));
    struct json **known = ARENA_ARRAY(v->keep, struct json *, most + 1);
    memset(known, 0, (size_t)(most + 1) * sizeof *known);
    for (const struct area_event *x = v->walked->areas; x; x = x->next)
        JSON_EACH (row, x->areas) {
            int64_t aid = max64(0, json_num(row, "i", 0));
            const struct json *now = merge_area(v, &known[aid], row, x->seq);
            verify_row(v, fold,
                       BIND_CELLS(C_INT(aid), C_TEXT(json_text(now, "code")), C_TEXT(json_text(now, "name")),
                                  C_INT(json_num(now, "parent", 0)), C_INT(json_num(now, "level", 1)),
                                  day_cell(now, "valid_from"), day_cell(now, "valid_to"),
                                  cell_text(json_text(now, "successor"))),
                       x->seq, NULL);
        }
    return true;
}

/* Of two borders of one area the later one stays (verify_row). */
static bool take_borders(struct verifying *v, int fold, const struct step *s)
{
    JSON_EACH (row, str_is(s->after->type, "sys.area") ? json_get(s->line->rows, "borders") : NULL) {
        struct border b;
        if (!border_of(v->piece, json_text(row, "rings"), &b)) {
            verify_wrong(v, s->seq, "the border of an area cannot be read");
            continue;
        }
        verify_row(v, fold,
                   BIND_CELLS(C_INT(json_num(row, "i", 0)), C_INT(b.west), C_INT(b.south), C_INT(b.east),
                              C_INT(b.north), C_TEXT(json_text(row, "rings"))),
                   s->seq, NULL);
    }
    return true;
}

/* ---- log-in names ---- */

static bool add_login(struct verifying *v, int fold, const struct changes *c, const struct change *ch)
{
    const struct record *r = ch->after;
    const struct json *ref = json_get(r->fields, "login");
    struct str plain = STR_NONE;
    struct json *login;
    if (!str_is(r->type, "sys.account") || !ref || record_closed(r) != TIME_NONE)
        return true;
    if (!changes_plain(v->db, c, r, ref, &plain, v->e))
        return false;
    if (!plain.ptr)
        return true;
    if (!json_own(c->arena, plain, &login, v->e))
        return false;
    verify_row(v, fold, BIND_CELLS(C_TEXT(json_str(login)), C_INT(r->rid)), r->last_seq, NULL);
    return true;
}

/* ---- what a figure could read ---- */

static bool in_force(const struct world *w, struct str id)
{
    for (int i = 0; i < w->n_playbooks; i++)
        if (w->playbooks[i].in_force && str_eq(w->playbooks[i].playbook->id, id))
            return true;
    return false;
}

static bool add_moved(struct verifying *v, int fold, const struct step *s)
{
    struct str tail, id = str_cut(s->after->type, '.', &tail);
    if (!str_is(id, "sys") && in_force(v->world, id) && tally_moved(s->before, s->after))
        verify_row(v, fold, BIND_CELLS(C_TEXT(id), C_INT(s->seq)), s->seq, NULL);
    return true;
}

static bool add_terms(struct verifying *v, int fold)
{
    const struct world *w = v->world;
    struct levels levels = levels_of(w);
    for (int i = 0; i < w->n_playbooks; i++) {
        const struct playbook *p = w->playbooks[i].playbook;
        for (int k = 0; w->playbooks[i].in_force && k < p->n_terms; k++) {
            const struct term *t = &p->terms[k];
            struct hash built = term_built(p, k, &levels);
            verify_row(v, fold,
                       BIND_CELLS(C_BLOB(HASH_STR(t->id)), C_TEXT(p->id), C_TEXT(p->records[t->record].id),
                                  C_BLOB(HASH_STR(built))),
                       w->playbooks[i].seq, NULL);
        }
    }
    return true;
}

const struct fold FOLDS[] = {
    {"clock", {"rid", "clock", "n", "due", "next", "rung"}, 3, true, sql_verify_clock, "itiiii", .record = add_clocks,
     .same = clock_same},
    {"lookup", {"rid", "value"}, 2, true, sql_verify_lookup, "ib", .record = add_lookups},
    {"search_hash", {"rid", "hash"}, 1, true, sql_verify_search_hash, "ib", .record = add_search},
    {"spot", {"rid", "type", "cell"}, 1, true, sql_verify_spot, "iti", .record = add_places},
    {"area", {"aid", "code", "name", "parent", "level", "valid_from", "valid_to", "successor"}, 1, false,
     sql_verify_area, "ittiiiiti", .event = take_areas, .end = add_areas},
    {"area_border", {"aid", "west", "south", "east", "north", "rings"}, 1, false, sql_verify_area_border, "iiiiiti",
     .event = take_borders},
    {"area_was", {"seq", "area", "parent", "name"}, 2, false, sql_verify_area_was, "iiitii", .by_tree = false},
    {"scope_log", {"seq", "scope", "rid", "gone"}, 3, false, sql_verify_scope_log, "itiiiti", .event = add_left,
     .by_tree = true},
    {"external", {"rid", "seq"}, 1, false, sql_verify_external, "iitt", .event = add_external},
    {"seq", {"name", "scope", "year", "next"}, 3, false, sql_verify_seq, "ttiitti", .event = take_number,
     .end = add_numbers},
    {"account_login", {"login", "rid"}, 1, false, sql_verify_login, "tit", .record = add_login},
    {"figure_seq", {"playbook", "last_seq"}, 1, false, sql_verify_figure_seq, "tit", .event = add_moved},
    {"term", {"hash", "playbook", "record", "built"}, 1, false, sql_verify_term, "bttbi", .end = add_terms},
};
const int N_FOLDS = COUNT_OF(FOLDS);

/* ---- rows without a record ---- */

struct stray { /* tables whose key begins with a scope: only counted, and searched when the count is wrong */
    const char *table, *count, *sql;
    int64_t (*want)(const struct verifying *v);
    bool (*belongs)(struct verifying *v, struct arena *a, const struct record *r, const struct rows *row);
};

static int64_t want_scopes(const struct verifying *v)
{
    return v->scopes;
}
static int64_t want_open(const struct verifying *v)
{
    return v->scopes_open;
}
static int64_t want_waiting(const struct verifying *v)
{
    return v->waiting;
}

static bool in_scope(struct verifying *v, struct arena *a, const struct record *r, const struct rows *row)
{
    bool has = false;
    JSON_EACH (s, record_scopes(a, v->world, r))
        has |= str_eq(s->s, rows_str(row, 0));
    return has && str_eq(rows_str(row, 1), r->type);
}

static bool in_open(struct verifying *v, struct arena *a, const struct record *r, const struct rows *row)
{
    return record_open(r) && in_scope(v, a, r, row);
}

static bool waits(struct verifying *v, struct arena *a, const struct record *r, const struct rows *row)
{
    struct waiting *list;
    size_t n = record_waiting(a, v->world, r, &list);
    for (size_t i = 0; i < n; i++)
        if (str_eq(list[i].scope, rows_str(row, 0)) && str_is(rows_str(row, 1), list[i].kind) &&
            list[i].at == rows_int(row, 3))
            return true;
    return false;
}

static const struct stray STRAYS[] = {
    {"scope", sql_verify_scope_count, sql_verify_scope, want_scopes, in_scope},
    {"scope_open", sql_verify_open_count, sql_verify_open, want_open, in_open},
    {"waiting", sql_verify_waiting_count, sql_verify_waiting, want_waiting, waits},
};

static bool row_belongs(struct verifying *v, const struct stray *x, const struct rows *row, bool *yes)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct record *r;
    bool found;
    *yes = false;
    if (!record_load_rid(v->db, a, rows_int(row, 2), &found, &r, v->e) ||
        (found && !seal_open(v->db, v->keys, a, &r, v->e)))
        return false;
    *yes = found && x->belongs(v, a, r, row);
    return true;
}

static bool name_stray(struct verifying *v, const struct stray *x, int64_t n)
{
    struct rows r AUTO(rows_close) = store_query(v->db, x->sql, BIND_NONE, v->e);
    while (rows_next(&r)) {
        bool yes;
        if (!row_belongs(v, x, &r, &yes))
            return false;
        if (!yes) {
            verify_wrong(v, -1, "table %s, (%.*s, %.*s, %lld): no event explains this row", x->table,
                         STR_F(rows_str(&r, 0)), STR_F(rows_str(&r, 1)), (long long)rows_int(&r, 2));
            return true;
        }
    }
    verify_wrong(v, -1, "table %s has %lld rows, and the records make %lld", x->table, (long long)n,
                 (long long)x->want(v));
    return !err_is(v->e);
}

/* The first record for which sql finds a row that should not be there. */
static bool none_is(struct verifying *v, const char *table, const char *sql, const struct cell *args, size_t n_args)
{
    bool found;
    int64_t rid = 0;
    if (!store_int(v->db, sql, args, n_args, &found, &rid, v->e))
        return false;
    if (found)
        verify_wrong(v, -1, "table %s, (%lld): no event explains this row", table, (long long)rid);
    return true;
}

static bool check_typed(struct verifying *v)
{
    const struct world *w = v->world;
    struct arena *a AUTO(arena_freep) = arena_new();
    for (int i = 0; i < w->n_playbooks; i++)
        for (int k = 0; w->playbooks[i].in_force && k < w->playbooks[i].playbook->n_records; k++) {
            const struct playbook *p = w->playbooks[i].playbook;
            struct str table = table_name(a, p, &p->records[k]);
            struct str type = str_printf(a, "%.*s.%.*s", STR_F(p->id), STR_F(p->records[k].id));
            struct str sql = str_printf(a, "SELECT MIN(f.rid) FROM %.*s f LEFT JOIN record r ON r.rid = f.rid AND "
                                           "r.type = $1 WHERE r.rid IS NULL", STR_F(table));
            if (!none_is(v, str_c(a, table), sql.ptr, BIND(C_TEXT(type))))
                return false;
        }
    return true;
}

bool verify_strays(struct verifying *v)
{
    for (size_t i = 0; i < COUNT_OF(STRAYS); i++) {
        bool found;
        int64_t n = 0;
        if (!store_int(v->db, STRAYS[i].count, BIND_NONE, &found, &n, v->e))
            return false;
        if (n != STRAYS[i].want(v) && !name_stray(v, &STRAYS[i], n))
            return false;
    }
    char why[200] = "";
    bool ok = true;
    if (!none_is(v, "record", sql_verify_record_stray, BIND_NONE) ||
        !none_is(v, "scope_log", sql_verify_left_stray, BIND_NONE) || !check_typed(v) ||
        !search_check(v->db, &ok, why, v->e))
        return false;
    if (!ok)
        verify_wrong(v, -1, "table %s%s", search_table(v->db), why);
    return true;
}
