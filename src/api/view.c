/* Records as people read them: dates as dates, money as decimals, codes with their names, texts
 * decrypted, details of persons masked. */
#include "access/mask.h"
#include "api/api_int.h"
#include "clock/run.h"
#include "record/chainage.h"
#include "record/seal.h"
#include "record/spot.h"
#include "record/tiles.h"

bool view_open(struct call *c, const struct record *r, struct view *out)
{
    int i;
    struct view v = {.c = c, .r = r};
    if (record_sealed(r) && !r->shut) {
        struct record *open = record_share(c->a, r);
        if (!seal_open(c->db, engine_keys(c->api->engine), c->a, &open, c->e))
            return false;
        v.r = open;
    }
    if (!world_type(c->w, r->type, r->pb, &v.playbook, &i))
        return err_set(c->e, ERR_INTERNAL, "the playbook of a record is not loaded");
    v.def = &v.playbook->records[i];
    bool holds = c->actor.org[0] && str_is(record_holder(r), c->actor.org);
    v.shut = record_flag(r, "$sealed") && !holds;
    *out = v;
    return true;
}

bool view_load(struct call *c, struct id id, struct record **out)
{
    bool found;
    if (!record_load_open(c->db, engine_keys(c->api->engine), c->a, id, &found, out, c->e))
        return false;
    if (!found || str_starts((*out)->type, STR("sys.")) || !actor_sees(&c->actor, c->w, *out))
        return err_set(c->e, ERR_NOT_FOUND, "there is no such record, or it is not yours to see");
    return true;
}

bool view_plain(struct view *v, const struct json *ref, struct json **out)
{
    struct call *c = v->c;
    struct str text = STR_NONE;
    *out = NULL;
    if (!v->has_dek) {
        bool found;
        if (!record_dek(c->db, engine_keys(c->api->engine), v->r->rid, v->r->id, &found, v->dek,
                        c->e))
            return false;
        v->has_dek = found ? 1 : -1;
    }
    if (v->has_dek < 0)
        return true;
    if (!detached_read(c->db, c->a, json_num(ref, "s", -1), json_num(ref, "$d", -1), v->dek, &text,
                       c->e))
        return false;
    return !text.ptr || json_own(c->a, text, out, c->e);
}

/* ---- values ---- */

void view_time(struct json_out *o, const struct world *w, const char *key, int64_t t)
{
    char text[40];
    if (t == TIME_NONE)
        return;
    time_format(w->zone, t, text);
    jo_kc(o, key, text);
}

struct str view_org(const struct world *w, struct str id)
{
    int i = id.len ? world_org(w, id) : -1;
    return i < 0 ? STR_NONE : w->orgs[i].name;
}

static void put_members(struct arena *a, struct json_out *o, const struct json *place)
{
    JSON_EACH(x, place)
    {
        jo_key_str(o, x->key);
        if (x->kind == J_INT && (str_is(x->key, "lon") || str_is(x->key, "lat"))) {
            jo_decimal(o, x->i, 7);
        } else if (x->kind == J_INT && str_starts(x->key, STR("chainage"))) {
            jo_str(o, chainage_text(a, x->i));
        } else if (x->kind == J_OBJ) { /* as it was given, in another system */
            jo_obj(o);
            put_members(a, o, x);
            jo_end(o);
        } else {
            jo_json(o, x);
        }
    }
}

/* The numbers that the map of this house needs, where its tiles are of another system (record/tiles.h). */
static void put_on_map(struct call *c, struct json_out *o, const struct json *place)
{
    struct tiles t = tiles_of(c->w);
    int64_t lon, lat;
    if (t.crs != CRS_GCJ02 || !spot_of(place, &lon, &lat))
        return;
    crs_from_wgs84(t.crs, &lon, &lat);
    jo_key(o, "map");
    jo_obj(o);
    jo_key(o, "lon");
    jo_decimal(o, lon, 7);
    jo_key(o, "lat");
    jo_decimal(o, lat, 7);
    jo_end(o);
}

static bool put_detached(struct view *v, struct json_out *o, const struct field *f,
                         const struct json *ref, bool plain)
{
    struct json *value;
    if (!plain && (v->shut || (f->vault && f->type == FIELD_TEXT))) {
        jo_c(o, MASK_TEXT);
        return true;
    }
    if (!view_plain(v, ref, &value))
        return false;
    if (!value) {
        jo_null(o); /* erased */
        return true;
    }
    if (f->type == FIELD_PERSON && (!plain || (v->task && mask_minor(v->c->a, value))))
        value = mask_person(v->c->a, value);
    if (f->type != FIELD_PLACE) {
        jo_json(o, value);
        return true;
    }
    jo_obj(o);
    put_members(v->c->a, o, value);
    if (json_get(value, "road"))
        jo_kv(o, "words", place_words(v->c->a, value));
    put_on_map(v->c, o, value);
    jo_end(o);
    return true;
}

static void put_day(struct json_out *o, int64_t day)
{
    char text[16];
    day_format((int32_t)day, text);
    jo_c(o, text);
}

static void put_instant(struct view *v, struct json_out *o, int64_t t)
{
    char text[40];
    time_format(v->c->w->zone, t, text);
    jo_c(o, text);
}

static void put_number(struct view *v, struct json_out *o, const struct field *f, int64_t n)
{
    switch (f->type == FIELD_COMPUTED ? f->computed_type : field_xtype(f, &(int){0})) {
    case X_DATE:
        put_day(o, n);
        return;
    case X_TIME:
        put_instant(v, o, n);
        return;
    case X_DECIMAL:
        jo_decimal(o, n,
                   f->type == FIELD_MONEY      ? 2
                   : f->type == FIELD_COMPUTED ? f->computed_decimals
                                               : f->decimals);
        return;
    case X_BOOL:
        jo_bool(o, n != 0);
        return;
    case X_NULL:
    case X_INT:
    case X_TEXT:
    case X_PLACE:
    case X_PRESENT:
    case X_POLYGON:
        break;
    }
    jo_int(o, n);
}

static bool put_one(struct view *v, struct json_out *o, const struct field *f,
                    const struct json *stored, bool plain)
{
    if (json_empty(stored))
        jo_null(o);
    else if (value_detached(stored))
        return put_detached(v, o, f, stored, plain);
    else if (stored->kind == J_INT)
        put_number(v, o, f, stored->i);
    else
        jo_json(o, stored);
    return true;
}

static bool put_rows(struct view *v, struct json_out *o, const struct field *f,
                     const struct json *stored, bool plain)
{
    jo_arr(o);
    JSON_EACH(row, stored)
    {
        jo_obj(o);
        for (int i = 0; i < f->n_columns; i++) {
            const struct json *cell = json_get_str(row, f->columns[i].id);
            if (json_empty(cell))
                continue;
            jo_key_str(o, f->columns[i].id);
            if (!put_one(v, o, &f->columns[i], cell, plain))
                return false;
        }
        jo_end(o);
    }
    jo_end(o);
    return true;
}

bool view_field(struct view *v, struct json_out *o, const struct field *f,
                const struct json *stored, bool plain)
{
    if (f->type == FIELD_TABLE)
        return put_rows(v, o, f, stored, plain);
    if (!json_is(stored, J_ARR))
        return put_one(v, o, f, stored, plain);
    jo_arr(o);
    JSON_EACH(x, stored)
    if (!put_one(v, o, f, x, plain))
        return false;
    jo_end(o);
    return true;
}

/* ---- names beside codes ---- */

static bool code_name(struct view *v, const struct field *f, struct str code, struct str *name)
{
    const struct world *w = v->c->w;
    int i;
    *name = STR_NONE;
    if (f->type == FIELD_CODE) {
        const struct code_list *l = &v->playbook->lists[f->codes];
        i = list_code(l, code);
        if (i >= 0)
            *name = words_text(v->c, &l->codes[i].name);
    } else if (f->type == FIELD_AREA) {
        i = world_area(w, code);
        if (i >= 0)
            *name = area_title(&w->areas[i]);
    } else if (f->type == FIELD_ORG) {
        *name = view_org(w, code);
    } else if (f->type == FIELD_ACCOUNT) {
        return view_who(v->c, code, name);
    }
    return true;
}

static bool put_name(struct view *v, struct json_out *o, const struct field *f,
                     const struct json *stored)
{
    struct str name;
    bool many = json_is(stored, J_ARR);
    const struct json *first = many ? stored->first : stored;
    bool named = f->type == FIELD_CODE || f->type == FIELD_AREA || f->type == FIELD_ORG ||
                 f->type == FIELD_ACCOUNT;
    if (!named || !json_is(first, J_STR))
        return true;
    jo_key_str(o, f->id);
    if (!many) {
        if (!code_name(v, f, stored->s, &name))
            return false;
        jo_str(o, name);
        return true;
    }
    jo_arr(o);
    JSON_EACH(x, stored)
    {
        if (!code_name(v, f, x->s, &name))
            return false;
        jo_str(o, name);
    }
    jo_end(o);
    return true;
}

void view_grant(struct json_out *o, const struct world *w, const struct grant *g, bool zh)
{
    int area = world_area_by_id(w, g->area);
    jo_obj(o);
    jo_kv(o, "role", role_code(g->role));
    jo_kc(o, "name", role_name(g->role, zh));
    if (area >= 0) {
        jo_kv(o, "area", w->areas[area].code);
        jo_kv(o, "area_name", area_title(&w->areas[area]));
    }
    jo_end(o);
}

bool view_who(struct call *c, struct str by, struct str *name)
{
    struct id id;
    struct record *r;
    struct json *value = NULL;
    bool found;
    *name = STR_NONE;
    if (!id_parse(by, &id))
        return true;
    if (!record_load(c->db, c->a, id, &found, &r, c->e) || !found)
        return !err_is(c->e);
    struct view v = {.c = c, .r = r};
    const struct json *ref = json_get(r->fields, "name");
    if (!value_detached(ref))
        ref = json_get(r->fields, "login");
    if (value_detached(ref) && !view_plain(&v, ref, &value))
        return false;
    *name = json_str(value);
    return true;
}

/* ---- clocks ---- */

static const char *clock_word(enum clock_state s)
{
    static const char *const WORDS[] = {"normal", "soon", "overdue", "paused", "done", "done_late"};
    return WORDS[s];
}

static const struct clock_run *main_clock(const struct record *r)
{
    const struct clock_run *best = NULL;
    for (size_t i = 0; i < r->n_clocks; i++)
        if (r->clocks[i].main && r->clocks[i].done == TIME_NONE)
            best = &r->clocks[i];
    return best;
}

static struct str clock_title(const struct view *v, const struct clock_run *run)
{
    int i = record_clock(v->def, run->id);
    if (i >= 0)
        return words_text(v->c, &v->def->clocks[i].name);
    if (str_is(run->id, "sign"))
        return v->c->zh ? STR("签收") : STR("Sign for");
    return v->c->zh ? STR("协办") : STR("Joint handling");
}

/* A due time that another table of holidays moved is not the one that people were told. */
static void put_table_move(struct view *v, struct json_out *o, const struct clock_run *run)
{
    const struct json *m = clock_table_move(run);
    if (!m)
        return;
    struct civil was = zone_civil(v->c->w->zone, json_num(m, "was", 0)),
                 is = zone_civil(v->c->w->zone, json_num(m, "is", 0));
    jo_kv(o, "moved",
          str_printf(v->c->a, v->c->zh ? "节假日表有更新，截止日由%d月%d日改为%d月%d日"
                                       : "the table of holidays changed: due %d-%02d before, then %d-%02d",
                     was.month, was.day, is.month, is.day));
}

static void put_clock(struct view *v, struct json_out *o, const struct clock_run *run,
                      const struct calendar *cal)
{
    const struct world *w = v->c->w;
    int i = record_clock(v->def, run->id);
    enum clock_state s = clock_state_at(v->c->now, run->due, run->soon, run->paused, run->done);
    jo_obj(o);
    jo_kv(o, "id", run->id);
    jo_kv(o, "name", clock_title(v, run));
    jo_ki(o, "n", run->n);
    jo_kc(o, "state", clock_word(s));
    jo_kb(o, "main", run->main);
    view_time(o, w, "start", run->start);
    view_time(o, w, "due", run->due);
    view_time(o, w, "paused", run->paused);
    view_time(o, w, "done", run->done);
    if (run->extended)
        jo_ki(o, "extended", run->extended);
    if (run->org.len)
        jo_kv(o, "org", run->org);
    if (run->done == TIME_NONE)
        put_table_move(v, o, run);
    if (run->done == TIME_NONE && run->paused == TIME_NONE) {
        struct buf zh = BUF(1000), en = BUF(1000);
        bool workdays = i < 0 || v->def->clocks[i].limit.unit == SPAN_WORKDAYS;
        calendar_explain(cal, w->zone, v->c->now, run->due, workdays, &zh, &en);
        jo_kv(o, "says", buf_view(v->c->zh ? &zh : &en));
        buf_free(&zh);
        buf_free(&en);
    }
    jo_end(o);
}

/* ---- a line of a list ---- */

static void put_head(struct view *v, struct json_out *o)
{
    const struct record *r = v->shut ? record_stored(v->r) : v->r;
    const struct world *w = v->c->w;
    int area = world_area_by_id(w, r->area), state = record_state(v->def, r->state);
    jo_kv(o, "id", id_text(v->c->a, r->id));
    jo_kv(o, "type", r->type);
    jo_kv(o, "type_name", words_text(v->c, &v->def->name));
    if (r->number.len)
        jo_kv(o, "number", r->number);
    jo_ki(o, "version", r->ver);
    jo_kv(o, "state", r->state);
    if (state >= 0)
        jo_kv(o, "state_name", words_text(v->c, &v->def->states[state].name));
    jo_kv(o, "area", r->code);
    if (area >= 0)
        jo_kv(o, "area_name", area_title(&w->areas[area]));
    view_time(o, w, "opened", r->opened);
    view_time(o, w, "last_at", r->last_at);
    view_time(o, w, "closed", record_closed(r));
    view_time(o, w, "due", record_due(r));
    struct str holder = record_holder(r);
    if (holder.len) {
        jo_kv(o, "holder", holder);
        jo_kv(o, "holder_name", view_org(w, holder));
    }
    static const char *const FLAGS[][2] = {
        {"$void", "void"}, {"$reopened", "reopened"}, {"$late", "late"}, {"$sealed", "sealed"}};
    for (size_t i = 0; i < COUNT_OF(FLAGS); i++)
        if (record_flag(r, FLAGS[i][0]))
            jo_kb(o, FLAGS[i][1], true);
    if (record_merged(r).len)
        jo_kv(o, "merged_into", record_merged(r));
    const struct clock_run *run = main_clock(r);
    if (run)
        jo_kc(o, "clock",
              clock_word(clock_state_at(v->c->now, run->due, run->soon, run->paused, run->done)));
    const struct clock_run *next = record_next(r);
    if (next) {
        view_time(o, w, "next_due", next->due);
        jo_kv(o, "next_clock", clock_title(v, next));
    }
}

static bool put_title(struct view *v, struct json_out *o)
{
    const struct record_def *def = v->def;
    if (def->title < 0 || v->shut)
        return true;
    const struct json *stored = json_get_str(v->r->fields, def->fields[def->title].id);
    jo_key(o, "title");
    return view_field(v, o, &def->fields[def->title], stored, false);
}

bool view_row(struct view *v, struct json_out *o)
{
    const struct record_def *def = v->def;
    jo_obj(o);
    put_head(v, o);
    if (!put_title(v, o))
        return false;
    for (int pass = 0; pass < 2; pass++) {
        jo_key(o, pass ? "names" : "fields");
        jo_obj(o);
        for (int i = 0; i < def->n_list && !v->shut; i++) {
            int f = record_field(def, def->list[i]);
            const struct json *stored = f < 0 ? NULL : json_get_str(v->r->fields, def->list[i]);
            if (json_empty(stored))
                continue;
            if (!pass)
                jo_key_str(o, def->list[i]);
            if (!(pass ? put_name(v, o, &def->fields[f], stored)
                       : view_field(v, o, &def->fields[f], stored, false)))
                return false;
        }
        jo_end(o);
    }
    jo_end(o);
    return true;
}

/* ---- everything ---- */

static bool put_fields(struct view *v, struct json_out *o)
{
    const struct record_def *def = v->def;
    for (int pass = 0; pass < 2; pass++) {
        jo_key(o, pass ? "names" : "fields");
        jo_obj(o);
        for (int f = 0; f < def->n_fields && !v->shut; f++) {
            const struct json *stored = json_get_str(v->r->fields, def->fields[f].id);
            if (json_empty(stored))
                continue;
            if (!pass)
                jo_key_str(o, def->fields[f].id);
            if (!(pass ? put_name(v, o, &def->fields[f], stored)
                       : view_field(v, o, &def->fields[f], stored, false)))
                return false;
        }
        jo_end(o);
    }
    return true;
}

static bool is_instant(struct str key)
{
    static const char *const KEYS[] = {"at",      "sent",     "signed", "return_until", "returned",
                                       "revoked", "reported", "done",   "missed",       "answered", "until"};
    for (size_t i = 0; i < COUNT_OF(KEYS); i++)
        if (str_is(key, KEYS[i]))
            return true;
    return false;
}

/* Parts: numbers that are times become times, references their texts. */
static bool put_part(struct view *v, struct json_out *o, const struct json *part)
{
    static const struct field TEXT = {.type = FIELD_TEXT};
    jo_obj(o);
    JSON_EACH(x, part)
    {
        if (str_is(x->key, "hash") || str_is(x->key, "digest"))
            continue;
        jo_key_str(o, x->key);
        if (value_detached(x)) {
            if (!put_detached(v, o, &TEXT, x, false))
                return false;
        } else if (x->kind == J_INT && is_instant(x->key)) {
            put_instant(v, o, x->i);
        } else if (x->kind == J_INT && (str_is(x->key, "due") || str_is(x->key, "day"))) {
            put_day(o, x->i);
        } else {
            jo_json(o, x);
        }
    }
    struct str org = view_org(v->c->w, json_text(part, "org"));
    struct str from = view_org(v->c->w, json_text(part, "from"));
    jo_kv(o, "org_name", org);
    jo_kv(o, "from_name", from);
    jo_end(o);
    return true;
}

static bool put_links(struct view *v, struct json_out *o)
{
    struct call *c = v->c;
    jo_key(o, "links");
    jo_arr(o);
    JSON_EACH(x, v->shut ? NULL : v->r->links)
    {
        struct id id;
        struct record *other;
        bool found = false;
        if (!id_parse(json_text(x, "to"), &id) ||
            !record_load_open(c->db, engine_keys(c->api->engine), c->a, id, &found, &other, c->e)) {
            if (err_is(c->e))
                return false;
            continue;
        }
        jo_obj(o);
        jo_kv(o, "to", json_text(x, "to"));
        jo_kv(o, "rel", json_text(x, "rel"));
        if (found && actor_sees(&c->actor, c->w, other)) {
            jo_kv(o, "number", other->number);
            jo_kv(o, "state", other->state);
        }
        jo_end(o);
    }
    jo_end(o);
    return true;
}

static bool put_clocks(struct view *v, struct json_out *o)
{
    struct calendar *cal = NULL;
    struct err ignored = ERR_INIT;
    if (!v->c->w->calendar.len || !calendar_parse(v->c->w->calendar, &cal, &ignored))
        cal = calendar_new(NULL, 0);
    jo_key(o, "clocks");
    jo_arr(o);
    for (size_t i = 0; i < v->r->n_clocks; i++)
        put_clock(v, o, &v->r->clocks[i], cal);
    jo_end(o);
    calendar_free(cal);
    return true;
}

/* What a unit's link shows: the matter with its masked details, and of the parts only the unit's own. */
bool view_linked(struct view *v, struct json_out *o, struct str org)
{
    put_head(v, o);
    if (!put_title(v, o) || !put_fields(v, o))
        return false;
    jo_key(o, "parts");
    jo_arr(o);
    JSON_EACH(p, v->r->parts)
    if (str_eq(json_text(p, "org"), org) && !str_is(json_text(p, "kind"), "pass") && !put_part(v, o, p))
        return false;
    jo_end(o);
    return true;
}

/* What the page may ask for at once: the step that this account works on needs it. */
static void put_task(struct view *v, struct json_out *o)
{
    const struct state *s = engine_task(v->c->w, v->r, &v->c->actor);
    if (!s || !(actor_permissions(&v->c->actor) & PERM_LOOK))
        return;
    jo_key(o, "shows");
    jo_arr(o);
    for (int i = 0; i < s->n_shows; i++)
        jo_str(o, v->def->fields[s->shows[i]].id);
    jo_end(o);
}

bool view_full(struct view *v, struct json_out *o)
{
    jo_obj(o);
    put_head(v, o);
    jo_kv(o, "playbook", v->r->pb);
    if (!put_title(v, o) || !put_fields(v, o) || !put_clocks(v, o))
        return false;
    put_task(v, o);
    jo_key(o, "parts");
    jo_arr(o);
    JSON_EACH(p, v->shut ? NULL : v->r->parts)
    if (!put_part(v, o, p))
        return false;
    jo_end(o);
    if (!put_links(v, o))
        return false;
    jo_key(o, "actions");
    if (!engine_possible(v->c->api->engine, v->c->db, v->c->w, v->r, &v->c->actor, o, v->c->e))
        return false;
    jo_end(o);
    return true;
}
