/* What waits: for the person, for his unit, for his areas.  Answered from table waiting by the key, at most
 * MOST rows of a kind; nothing is counted for any other person. */
#include "access/account.h"
#include "api/api_int.h"
#include "clock/calendar.h"
#include "record/seal.h"
#include "record/waiting.h"

enum { MOST = 1000, PAGE = 50, HEAD = 8, BACK_DAYS = 14 };

enum of { OF_ME, OF_UNIT, OF_AREA };

struct list_def {
    const char *id, *kind, *zh, *en;
    int span; /* which part of time: see span_of */
};
enum { SPAN_ALL, SPAN_PAST, SPAN_TODAY, SPAN_TO_TODAY, SPAN_LATELY };

static const struct list_def LISTS[] = {
    {"sign", "sign", "待签收", "To be signed for", SPAN_ALL},
    {"today", "due", "今天到期", "Due today", SPAN_TODAY},
    {"late", "due", "已超期", "Overdue", SPAN_PAST},
    {"back", "back", "被退回", "Returned", SPAN_ALL},
    {"call", "call", "待回访", "To be called", SPAN_TO_TODAY},
    {"done", "done", "我上报的有结果", "What I reported is settled", SPAN_LATELY},
};

struct desk {
    struct call *c;
    enum of of;
    struct str scopes[LIMIT_SCOPES];
    int n_scopes;
    int64_t day_end;
    const struct list_def *shown;
    bool all;   /* the head of each list */
    bool calls; /* each row of `call` with what makes the call */
    int64_t skip;
    struct json *works; /* accounts that matters name: still at work? */
};

static bool set_scopes(struct desk *d)
{
    struct call *c = d->c;
    struct str of = http_query(c->rq, "of");
    d->of = !of.len || str_is(of, "me") ? OF_ME : str_is(of, "unit") ? OF_UNIT : OF_AREA;
    if (of.len && d->of == OF_AREA && !str_is(of, "area"))
        return err_field(c->e, ERR_INPUT, "of", "of: expected me, unit or area");
    if (d->of == OF_AREA) {
        d->n_scopes = actor_scopes(&c->actor, c->w, -1, PERM_READ, c->a, d->scopes);
    } else if (c->actor.org[0]) {
        d->scopes[0] = str_printf(c->a, "o%s", c->actor.org);
        d->n_scopes = 1;
    }
    return true;
}

static void span_of(const struct desk *d, const struct list_def *l, int64_t *from, int64_t *to)
{
    int64_t now = d->c->now, today = zone_day(d->c->w->zone, now);
    *from = INT64_MIN / 2;
    *to = INT64_MAX / 2;
    switch (l->span) {
    case SPAN_PAST:
        *to = now;
        break;
    case SPAN_TODAY:
        *from = now;
        *to = d->day_end;
        break;
    case SPAN_TO_TODAY: /* days, not times: waiting.h */
        *to = today * MS_DAY + 1;
        break;
    case SPAN_LATELY:
        *from = now - BACK_DAYS * MS_DAY;
        break;
    default:
        break;
    }
}

/* Does this account still work?  Of one that was closed the matters are anyone's. */
static bool works(struct desk *d, struct str by)
{
    struct id id;
    struct actor who;
    bool found = false;
    const struct json *known = json_get_str(d->works, by);
    if (known)
        return known->i != 0;
    if (id_parse(by, &id) && !account_actor(d->c->db, d->c->a, id, &who, &found, d->c->e))
        return true; /* the error is told by the caller */
    json_set(d->c->a, d->works, by, json_new_int(d->c->a, found));
    return found;
}

/* His own: he is named in it, or nobody at work is.  Signing for is for anyone of the unit, calling back for
 * whoever may. */
static bool names_me(struct desk *d, const struct record *r, const struct record_def *def)
{
    bool anyone = false;
    for (int i = 0; i < def->n_fields; i++) {
        if (def->fields[i].type != FIELD_ACCOUNT || def->fields[i].many)
            continue;
        struct str by = json_text(r->fields, str_c(d->c->a, def->fields[i].id));
        if (by.len && str_is(by, d->c->actor.by))
            return true;
        anyone |= by.len > 0 && works(d, by);
    }
    return !anyone;
}

static bool wanted(struct desk *d, const struct list_def *l, const struct record *r)
{
    const struct playbook *p;
    int i;
    if (!actor_sees(&d->c->actor, d->c->w, r) || !world_type(d->c->w, r->type, r->pb, &p, &i))
        return false;
    if (l->span == SPAN_LATELY)
        return str_is(r->by, d->c->actor.by);
    if (d->of != OF_ME)
        return true;
    if (strcmp(l->kind, "call") == 0)
        return engine_may_follow_up(d->c->w, r, &d->c->actor);
    return strcmp(l->kind, "due") != 0 || names_me(d, r, &p->records[i]);
}

/* Since when the unit has it: the newest transfer, or the opening. */
static int64_t held_since(const struct record *r)
{
    int64_t since = r->opened;
    JSON_EACH (p, r->parts)
        if (str_is(json_text(p, "kind"), "transfer"))
            since = max64(json_num(p, "sent", 0), json_num(p, "returned", 0));
    return since;
}

static bool put_row(struct desk *d, struct json_out *o, const struct list_def *l, const struct record *r,
                    int64_t at)
{
    struct call *c = d->c;
    struct view v;
    jo_obj(o);
    view_time(o, c->w, "since", held_since(r));
    if (strcmp(l->kind, "call") == 0) {
        char day[16];
        day_format((int32_t)(at / MS_DAY), day);
        jo_kc(o, "at", day);
    } else {
        view_time(o, c->w, "at", at);
    }
    if (strcmp(l->kind, "due") == 0 || strcmp(l->kind, "sign") == 0) {
        struct buf zh = BUF(1000), en = BUF(1000);
        calendar_explain(engine_calendar(c->api->engine), c->w->zone, c->now, at, true, &zh, &en);
        jo_kv(o, "says", buf_view(c->zh ? &zh : &en));
        buf_free(&zh);
        buf_free(&en);
    }
    jo_key(o, "matter");
    bool ok = view_open(c, r, &v) && view_row(&v, o);
    if (ok && d->calls && strcmp(l->kind, "call") == 0) {
        jo_kv(o, "playbook", r->pb);
        jo_key(o, "actions");
        ok = engine_calls(c->api->engine, c->db, c->w, r, &c->actor, o, c->e);
    }
    jo_end(o);
    return ok;
}

struct merged {
    struct waiting_row *rows;
    size_t n;
};

static int earlier(const void *a, const void *b)
{
    const struct waiting_row *x = a, *y = b;
    return x->at != y->at ? (x->at < y->at ? -1 : 1) : (x->rid > y->rid) - (x->rid < y->rid);
}

static int later(const void *a, const void *b)
{
    return earlier(b, a);
}

/* What waits in several scopes (a unit of one's own, the areas looked over), each once and in one order. */
static bool read_scopes(struct desk *d, const struct list_def *l, struct merged *m)
{
    int64_t from, to;
    span_of(d, l, &from, &to);
    bool newest = l->span == SPAN_LATELY || strcmp(l->kind, "back") == 0;
    struct waiting_row *all = ARENA_ARRAY(d->c->a, struct waiting_row, (size_t)max64(d->n_scopes, 1) * (MOST + 1));
    size_t n_all = 0;
    for (int i = 0; i < d->n_scopes; i++) {
        struct waiting_row *found;
        size_t n;
        if (!waiting_read(d->c->db, d->c->a, d->scopes[i], l->kind, from, to, newest, MOST + 1, &found, &n,
                          d->c->e))
            return false;
        for (size_t k = 0; k < n; k++)
            all[n_all++] = found[k];
    }
    qsort(all, n_all, sizeof *all, newest ? later : earlier);
    *m = (struct merged){.rows = all};
    for (size_t i = 0; i < n_all; i++)
        if (!m->n || earlier(&all[i], &m->rows[m->n - 1]) != 0)
            m->rows[m->n++] = all[i];
    return true;
}

/* A unit's and an area's number is the number of rows; a person's own are looked at one by one. */
static bool put_list(struct desk *d, struct json_out *o, const struct list_def *l)
{
    struct call *c = d->c;
    struct merged m;
    if (!read_scopes(d, l, &m))
        return false;
    bool shown = d->all || d->shown == l, each = d->of == OF_ME || l->span == SPAN_LATELY;
    int64_t n = 0, put = 0, most = d->all ? HEAD : PAGE;
    jo_obj(o);
    jo_kc(o, "id", l->id);
    jo_kc(o, "name", c->zh ? l->zh : l->en);
    if (shown) {
        jo_key(o, "rows");
        jo_arr(o);
    }
    for (size_t i = 0; i < m.n && n < MOST; i++) {
        bool page = shown && n >= d->skip && put < most;
        if (each || page) {
            struct record *r;
            bool found;
            if (!record_load_rid(c->db, c->a, m.rows[i].rid, &found, &r, c->e) ||
                (found && !seal_open(c->db, engine_keys(c->api->engine), c->a, &r, c->e)))
                return false;
            if (!found || !wanted(d, l, r)) {
                if (err_is(d->c->e))
                    return false;
                continue;
            }
            if (page && !put_row(d, o, l, r, m.rows[i].at))
                return false;
            put += page;
        }
        n++;
    }
    if (shown) {
        jo_end(o);
        if (n > d->skip + put)
            jo_ki(o, "next", d->skip + put);
    }
    jo_ki(o, "n", n);
    jo_kb(o, "more", (int64_t)m.n > MOST);
    jo_end(o);
    return true;
}

static bool take_shown(struct desk *d)
{
    struct call *c = d->c;
    struct str id = http_query(c->rq, "list"), after = http_query(c->rq, "after"), calls = http_query(c->rq, "calls");
    for (size_t i = 0; i < COUNT_OF(LISTS); i++)
        if (str_is(id, LISTS[i].id))
            d->shown = &LISTS[i];
    d->all = str_is(id, "all");
    d->calls = str_is(calls, "true");
    if (id.len && !d->shown && !d->all)
        return err_field(c->e, ERR_INPUT, "list",
                         "list: expected sign, today, late, back, call, done or all");
    if (calls.len && !d->calls)
        return err_field(c->e, ERR_INPUT, "calls", "calls: expected true");
    if (after.len && (!str_int(after, &d->skip) || d->skip < 0 || d->skip > MOST))
        return err_field(c->e, ERR_INPUT, "after", "after: expected what next was");
    return true;
}

static bool desk_get(struct call *c)
{
    struct desk d = {.c = c, .day_end = zone_start(c->w->zone, zone_day(c->w->zone, c->now) + 1),
                     .works = json_new(c->a, J_OBJ)};
    struct reply r;
    if (!set_scopes(&d) || !take_shown(&d))
        return false;
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    reply_begin(c, STR_NONE, &r);
    jo_key(&r.o, "lists");
    jo_arr(&r.o);
    for (size_t i = 0; i < COUNT_OF(LISTS); i++) {
        if (d.of != OF_ME && LISTS[i].span == SPAN_LATELY)
            continue;
        if (!put_list(&d, &r.o, &LISTS[i])) {
            buf_free(&r.b);
            return false;
        }
    }
    jo_end(&r.o);
    return reply_end(c, &r);
}

static const struct param DESK_QUERY[] = {{"of", "me (default), unit or area"},
                                          {"list", "whose rows to give: sign, today, late, back, call, done; "
                                                   "all: the first 8 of each"},
                                          {"after", "next of the page before"},
                                          {"calls", "true: each row of call with its playbook, and the actions that "
                                                    "answer it"},
                                          {NULL, NULL}};

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/desk", PERM_READ, desk_get, "待办：待签收、今天到期、已超期、被退回、待回访",
           "What waits: to be signed for, due, overdue, returned, to be called"),
     .query = DESK_QUERY},
};
const struct route_list ROUTES_DESK = {ROWS, COUNT_OF(ROWS)};
