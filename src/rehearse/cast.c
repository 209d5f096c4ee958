#include "access/account.h"
#include "rehearse/rehearse_int.h"
#include <pthread.h>

enum { LOGIN_DIGITS_COUNTY = 6, LOGIN_DIGITS_TOWN = 9 };

/* ---- sending many and waiting for all ---- */

struct crowd {
    pthread_mutex_t lock;
    pthread_cond_t cond;
    size_t waiting;
    struct err first;
};

static void answered(void *user, struct answer *ans)
{
    struct crowd *w = user;
    pthread_mutex_lock(&w->lock);
    if (!ans->ok && !err_is(&w->first))
        w->first = ans->err;
    w->waiting--;
    pthread_cond_signal(&w->cond);
    pthread_mutex_unlock(&w->lock);
}

static void send(struct engine *en, struct crowd *w, struct arena *a, const char *type, struct id id,
                 struct json *fields, const struct actor *who)
{
    struct ask *ask = ARENA_NEW(a, struct ask);
    *ask = ASK_INIT;
    ask->id = id;
    ask->type = str_of(type);
    ask->fields = fields;
    ask->actor = who;
    pthread_mutex_lock(&w->lock);
    w->waiting++;
    pthread_mutex_unlock(&w->lock);
    engine_submit(en, a, ask, answered, w);
}

static bool all_done(struct crowd *w, struct err *e)
{
    pthread_mutex_lock(&w->lock);
    while (w->waiting)
        pthread_cond_wait(&w->cond, &w->lock);
    pthread_mutex_unlock(&w->lock);
    if (err_is(&w->first))
        *e = w->first;
    return !err_is(e);
}

/* ---- where ---- */

struct making {
    struct engine *en;
    const struct plan *p;
    struct cast *c;
    struct crowd crowd;
    struct actor operator;
    const struct json *volumes;
    int64_t now;
};

/* The counties of the mode; or, with `below`, their townships.  Calls fn for each. */
static void each_place(struct making *m, struct str at, void (*fn)(struct making *m, int area, const struct json *row),
                       const struct json *row)
{
    const struct world *w = m->c->world;
    if (str_is(at, "top")) {
        fn(m, w->walk[0], row);
        return;
    }
    JSON_EACH (v, m->volumes) {
        int county = world_area(w, v->key);
        if (str_is(at, "county"))
            fn(m, county, row);
        for (int i = 0; str_is(at, "township") && i < w->n_areas; i++)
            if (w->areas[i].parent == county)
                fn(m, i, row);
    }
}

static void set_c(struct arena *a, struct json *o, const char *key, struct str v)
{
    json_set(a, o, str_of(key), json_new_str(a, v));
}

/* ---- units ---- */

static struct str fill_name(struct arena *a, struct str pattern, struct str area, struct str each)
{
    struct buf b = BUF(4096);
    for (size_t i = 0; i < pattern.len;) {
        struct str rest = {pattern.ptr + i, pattern.len - i};
        if (str_starts(rest, STR("{area}"))) {
            buf_str(&b, area);
            i += 6;
        } else if (str_starts(rest, STR("{each}"))) {
            buf_str(&b, each);
            i += 6;
        } else {
            buf_char(&b, pattern.ptr[i++]);
        }
    }
    struct str out = buf_dup(a, &b);
    buf_free(&b);
    return out;
}

static void one_org(struct making *m, int area, const struct json *unit, struct str each)
{
    struct cast *c = m->c;
    struct arena *a = c->arena;
    struct id id = id_new(m->now);
    struct json *f = json_new(a, J_OBJ);
    set_c(a, f, "name", fill_name(a, json_text(json_get(unit, "name"), "zh"), c->world->areas[area].name, each));
    set_c(a, f, "kind", unit->key);
    set_c(a, f, "area", c->world->areas[area].code);
    c->orgs = arena_grow(a, c->orgs, c->n_orgs, &c->cap_orgs, sizeof *c->orgs);
    c->orgs[c->n_orgs++] = (struct played_org){unit->key, id_text(a, id), area};
    send(m->en, &m->crowd, a, "sys.org", id, f, &m->operator);
}

static void orgs_at(struct making *m, int area, const struct json *unit)
{
    const struct json *each = json_get(unit, "each");
    if (!each)
        one_org(m, area, unit, STR(""));
    JSON_EACH (x, each)
        one_org(m, area, unit, json_str(x));
}

/* ---- accounts ---- */

static int org_of(const struct making *m, int area, struct str role, int nth)
{
    const struct json *kind = NULL;
    JSON_EACH (u, json_get(m->p->root, "units"))
        if (json_lists(json_get(u, "roles"), role))
            kind = u;
    int first = -1, n = 0;
    for (size_t i = 0; kind && i < m->c->n_orgs; i++)
        if (m->c->orgs[i].area == area && str_eq(m->c->orgs[i].kind, kind->key)) {
            if (first < 0)
                first = (int)i;
            n++;
        }
    return first < 0 ? -1 : first + nth % n;
}

static struct str numeral(struct arena *a, int n)
{
    static const char *const ONES[] = {"", "一", "二", "三", "四", "五", "六", "七", "八", "九"};
    if (n < 10)
        return str_of(ONES[n]);
    return str_printf(a, "%s十%s", n / 10 > 1 ? ONES[n / 10 % 10] : "", ONES[n % 10]);
}

static bool first_town(const struct world *w, int area)
{
    for (int i = 0; i < area; i++)
        if (w->areas[i].parent == w->areas[area].parent)
            return false;
    return true;
}

/* wg360112 is the first of the county's first township, wg360112001-2 one more. */
static struct str login_of(struct making *m, const struct json *row, int area, int nth, bool *shown)
{
    const struct world *w = m->c->world;
    struct str word = json_text(row, "login"), at = json_text(row, "at"), code = w->areas[area].code;
    if (!word.len)
        word = row->key;
    bool town = str_is(at, "township");
    *shown = nth == 0 && (!town || first_town(w, area));
    if (str_is(at, "top"))
        return nth ? str_printf(m->c->arena, "%.*s-%d", STR_F(word), nth + 1) : word;
    size_t digits = town && !*shown ? LOGIN_DIGITS_TOWN : LOGIN_DIGITS_COUNTY;
    code.len = code.len < digits ? code.len : digits;
    return nth ? str_printf(m->c->arena, "%.*s%.*s-%d", STR_F(word), STR_F(code), nth + 1)
               : str_printf(m->c->arena, "%.*s%.*s", STR_F(word), STR_F(code));
}

static void one_member(struct making *m, int area, const struct json *row, int nth)
{
    struct cast *c = m->c;
    struct arena *a = c->arena;
    const struct area *where = &c->world->areas[area];
    enum role role = role_of(row->key);
    struct member x = {.role = row->key, .area = area, .nth = nth, .org = org_of(m, area, row->key, nth)};
    struct id id = id_new(m->now);
    x.login = login_of(m, row, area, nth, &x.shown);
    bool town = str_is(json_text(row, "at"), "township");
    struct str above = town && where->parent >= 0 ? c->world->areas[where->parent].name : STR("");
    bool alone = yaml_int(row, "each", 1) == 1;
    x.name = str_printf(a, "%.*s%.*s%s%.*s", STR_F(above), STR_F(where->name), role_name(role, true),
                        STR_F(alone ? STR("") : numeral(a, nth + 1)));
    x.actor = (struct actor){.kind = ACTOR_ACCOUNT, .account = id, .n_grants = 1};
    x.actor.grants[0] = (struct grant){role, where->aid};
    id_format(id, x.actor.by);
    struct json *f = json_new(a, J_OBJ);
    set_c(a, f, "login", x.login);
    set_c(a, f, "name", x.name);
    if (x.org >= 0) {
        set_c(a, f, "org", c->orgs[x.org].id);
        snprintf(x.actor.org, sizeof x.actor.org, "%.*s", STR_F(c->orgs[x.org].id));
    }
    struct json *roles = json_set(a, f, STR("roles"), json_new(a, J_ARR));
    struct json *one = json_push(roles, json_new(a, J_OBJ));
    set_c(a, one, "role", row->key);
    set_c(a, one, "area", where->code);
    c->members = arena_grow(a, c->members, c->n_members, &c->cap_members, sizeof *c->members);
    c->members[c->n_members++] = x;
    send(m->en, &m->crowd, a, "sys.account", id, f, &m->operator);
}

static void members_at(struct making *m, int area, const struct json *row)
{
    int64_t each = yaml_int(row, "each", 1);
    for (int i = 0; i < each; i++)
        one_member(m, area, row, i);
}

static int64_t hour_of(const struct json *text)
{
    struct str minute, hour = str_cut(json_str(text), ':', &minute);
    int64_t h = 0, m = 0;
    if (!str_int(hour, &h) || !str_int(minute, &m))
        return 0;
    return h * MS_HOUR + m * MS_MINUTE;
}

static bool take_role(struct cast *c, const struct json *row, struct err *e)
{
    if (role_of(row->key) == ROLE_NONE)
        return err_set(e, ERR_SYNTAX, "cast: there is no role %.*s", STR_F(row->key));
    struct json *hours = json_get(row, "hours");
    struct role_hours h = {row->key, hour_of(json_at(hours, 0)), hour_of(json_at(hours, 1)),
                           str_is(json_text(row, "days"), "working")};
    if (h.close <= h.open)
        return err_set(e, ERR_SYNTAX, "cast: %.*s: expected hours from and to", STR_F(row->key));
    c->hours = arena_grow(c->arena, c->hours, c->n_hours, &c->cap_hours, sizeof *c->hours);
    c->hours[c->n_hours++] = h;
    return true;
}

struct password {
    const struct cast *c;
    const char *hash;
    int64_t now;
};

static bool keep_passwords(void *user, struct store *db, struct err *e)
{
    struct password *p = user;
    for (size_t i = 0; i < p->c->n_members; i++)
        if (!password_save(db, p->c->members[i].actor.account, p->hash, p->now, e))
            return false;
    return true;
}

static bool make_all(struct making *m, const char *hash, struct err *e)
{
    const struct json *root = m->p->root;
    JSON_EACH (v, m->volumes)
        if (world_area(m->c->world, v->key) < 0)
            return err_set(e, ERR_UNKNOWN_AREA, "volumes: there is no area %.*s", STR_F(v->key));
    JSON_EACH (row, json_get(root, "cast"))
        if (!take_role(m->c, row, e))
            return false;
    JSON_EACH (u, json_get(root, "units"))
        each_place(m, json_text(u, "at"), orgs_at, u);
    if (!all_done(&m->crowd, e))
        return false;
    JSON_EACH (row, json_get(root, "cast"))
        each_place(m, json_text(row, "at"), members_at, row);
    struct password keep = {m->c, hash, m->now};
    return all_done(&m->crowd, e) && (!hash || engine_exclusive(m->en, keep_passwords, &keep, e));
}

bool cast_make(struct engine *en, const struct plan *p, const char *mode, const char *hash,
               struct cast **out, struct err *e)
{
    struct arena *a = arena_new();
    struct cast *c = ARENA_NEW(a, struct cast);
    *c = (struct cast){.arena = a};
    struct making m = {.en = en, .p = p, .c = c, .operator = actor_operator(),
                       .crowd = {.lock = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER},
                       .volumes = plan_volumes(p, mode), .now = engine_now(en)};
    c->world = engine_world(en, e);
    bool ok = c->world && (m.volumes || err_set(e, ERR_SYNTAX, "the plan has no volumes '%s'", mode));
    if (ok && !calendar_parse(c->world->calendar, &c->calendar, e))
        ok = false;
    ok = ok && make_all(&m, hash, e);
    pthread_mutex_destroy(&m.crowd.lock);
    pthread_cond_destroy(&m.crowd.cond);
    if (!ok) {
        cast_free(c);
        return false;
    }
    *out = c;
    return true;
}

void cast_free(struct cast *c)
{
    if (!c)
        return;
    world_unref(c->world);
    calendar_free(c->calendar);
    arena_free(c->arena);
}

void cast_each(const struct cast *c, void (*fn)(void *user, const char *login, const char *name),
               void *user)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    for (size_t i = 0; i < c->n_members; i++)
        if (c->members[i].shown)
            fn(user, str_c(a, c->members[i].login), str_c(a, c->members[i].name));
}

/* ---- choosing ---- */

const struct played_org *cast_org(const struct cast *c, struct str kind, int township, uint64_t nth)
{
    int county = c->world->areas[township].parent;
    size_t first = 0, n = 0;
    for (size_t i = 0; i < c->n_orgs; i++) {
        const struct played_org *o = &c->orgs[i];
        if ((o->area != township && o->area != county) || !str_eq(o->kind, kind))
            continue;
        if (!n)
            first = i;
        n++;
    }
    return n ? &c->orgs[first + nth % n] : NULL;
}

const struct member *cast_pick(const struct cast *c, struct str role, int township, struct str org,
                               uint64_t nth)
{
    int county = c->world->areas[township].parent;
    const struct member *list[64];
    size_t n = 0;
    for (size_t i = 0; i < c->n_members && n < COUNT_OF(list); i++) {
        const struct member *x = &c->members[i];
        if ((x->area != township && x->area != county) || !str_eq(x->role, role))
            continue;
        if (org.len && !str_is(org, x->actor.org))
            continue;
        list[n++] = x;
    }
    return n ? list[nth % n] : NULL;
}

static bool at_work_on(const struct cast *c, const struct role_hours *h, int32_t day)
{
    return !h->working || calendar_workday(c->calendar, day);
}

int64_t cast_at_work(const struct cast *c, const struct zone *z, struct str role, int64_t t, int dir,
                     struct dice *d)
{
    const struct role_hours *h = NULL;
    for (size_t i = 0; i < c->n_hours; i++)
        if (str_eq(c->hours[i].role, role))
            h = &c->hours[i];
    if (!h)
        return t;
    int32_t day = zone_day(z, t);
    int64_t in_day = t - zone_start(z, day);
    bool works = at_work_on(c, h, day);
    if (works && in_day >= h->open && in_day < h->close)
        return t;
    if (!(works && (dir > 0 ? in_day < h->open : in_day >= h->close)))
        do
            day += dir;
        while (!at_work_on(c, h, day));
    int64_t part = dice_int(d, 0, (h->close - h->open) / 4);
    return zone_start(z, day) + (dir > 0 ? h->open + part : h->close - 1 - part);
}
