#include "clock/tick.h"
#include "clock/notice.h"
#include "clock/tick.sql.h"

struct tick {
    struct store *db;
    struct arena *a;
    const struct world *w;
    const struct calendar *cal;
    int64_t now;
    void (*emit)(void *self, const struct clock_fire *f);
    void *self;
    struct err *e;
};

struct due_row {
    int64_t rid, n, due;
    struct str clock;
};

/* A running clock with all that is known of it. */
struct running {
    const struct due_row *row;
    const struct record *r;
    const struct clock_run *run;
    const struct playbook *playbook;
    const struct record_def *record;
    const struct clock_def *def; /* for one that no playbook describes: FALLBACK */
};

/* 签收, 协办: whoever lets it run out is told so, once. */
static struct clock_rung FALLBACK_RUNGS[] = {{.red = true, .to = {"holder", 6}}};
static const struct clock_def FALLBACK[] = {
    {.name = {{"签收时限", 12}, {"Signing for", 11}}, .rungs = FALLBACK_RUNGS, .n_rungs = 1},
    {.name = {{"协办时限", 12}, {"Joint handling", 14}}, .rungs = FALLBACK_RUNGS, .n_rungs = 1},
};

bool clock_waiting(struct store *db, int64_t now, bool *yes, struct err *e)
{
    bool found;
    int64_t n = 0;
    if (!store_int(db, sql_tick_waiting, BIND(C_INT(now)), &found, &n, e))
        return false;
    *yes = n > 0;
    return true;
}

static bool move(struct store *db, const struct due_row *row, int64_t next, int rung, struct err *e)
{
    return store_exec(db, sql_tick_move,
                      BIND(C_INT(row->rid), C_TEXT(row->clock), C_INT(row->n), C_INT(row->due),
                           cell_int_or(next, TIME_NONE), C_INT(rung + 1)),
                      NULL, e);
}

bool clock_settle(struct store *db, const struct clock_fire *f, struct err *e)
{
    struct due_row row = {.rid = f->rid, .n = f->n, .due = f->due, .clock = f->clock};
    return move(db, &row, f->next, f->rung, e);
}

/* The latest rung that has fallen, or -1, and when the next one falls. */
static int latest(struct tick *t, const struct running *c, int64_t *next)
{
    int best = -1;
    int64_t when = TIME_NONE;
    *next = TIME_NONE;
    for (int i = 0; i < c->def->n_rungs; i++) {
        int64_t at = clock_rung_at(t->cal, t->w->zone, c->run->due, &c->def->rungs[i]);
        if (at <= c->run->start)
            continue;
        if (at > t->now) {
            *next = *next == TIME_NONE ? at : min64(*next, at);
        } else if (best < 0 || at >= when) {
            best = i;
            when = at;
        }
    }
    return best;
}

/* ---- to whom ---- */

/* The nearest centre: the open unit of this kind with the smallest area around the matter. */
static struct str centre_of(const struct world *w, int area)
{
    int best = -1, level = 0;
    for (int i = 0; i < w->n_orgs; i++) {
        int at = world_area_by_id(w, w->orgs[i].area);
        if (w->orgs[i].closed || !str_is(w->orgs[i].kind, "centre") || at < 0 || area < 0 ||
            !world_area_below(w, area, at))
            continue;
        if (best < 0 || w->areas[at].level > level) {
            best = i;
            level = w->areas[at].level;
        }
    }
    return best < 0 ? STR_NONE : w->orgs[best].id_text;
}

static struct str unit_of(struct tick *t, const struct running *c, const struct clock_rung *rung)
{
    if (str_is(rung->to, "centre"))
        return centre_of(t->w, world_area_by_id(t->w, c->r->area));
    return c->run->org.len ? c->run->org : record_holder(c->r);
}

/* ---- what it says: number, kind, clock, date; nobody's name ---- */

static struct str text_of(struct tick *t, const struct running *c)
{
    char day[16];
    struct str number = c->r->number.len ? c->r->number : STR("未编号件");
    struct str kind = c->record ? c->record->name.zh : STR_NONE;
    day_format(zone_day(t->w->zone, c->run->due), day);
    return str_printf(t->a, "%.*s %.*s：%.*s%s%s%s", STR_F(number), STR_F(kind),
                      STR_F(c->def->name.zh), t->now > c->run->due ? "已于" : "将于", day,
                      t->now > c->run->due ? "到期，现已超期" : "到期");
}

static struct str rule_of(struct tick *t, const struct running *c, const struct clock_rung *rung)
{
    return str_printf(t->a, "%.*s %.*s.%.*s %+lld%s", STR_F(c->r->pb),
                      STR_F(c->record ? c->record->id : STR_NONE), STR_F(c->row->clock),
                      (long long)rung->at.n, span_word(rung->at.unit));
}

static struct id fire_id(const struct running *c, int rung)
{
    char tail[80];
    int n = snprintf(tail, sizeof tail, "|%lld|%d|%lld", (long long)c->row->n, rung,
                     (long long)c->row->due);
    struct str parts[] = {ID_STR(c->r->id), c->row->clock, {tail, (size_t)n}};
    return id_derive(parts, COUNT_OF(parts));
}

/* ---- one row ---- */

/* *found = false: the row is about a clock that runs no more. */
static bool load(struct tick *t, const struct due_row *row, struct running *c, bool *found)
{
    struct record *r = NULL;
    int which;
    bool there = false;
    *found = false;
    if (!record_load_rid(t->db, t->a, row->rid, &there, &r, t->e))
        return false;
    *c = (struct running){.row = row, .r = r};
    for (size_t i = 0; there && i < r->n_clocks; i++)
        if (r->clocks[i].n == row->n && str_eq(r->clocks[i].id, row->clock))
            c->run = &r->clocks[i];
    if (!c->run || !record_open(r) || c->run->done != TIME_NONE || c->run->paused != TIME_NONE)
        return true;
    if (world_type(t->w, r->type, r->pb, &c->playbook, &which)) {
        c->record = &c->playbook->records[which];
        int i = record_clock(c->record, row->clock);
        c->def = i < 0 ? NULL : &c->record->clocks[i];
    }
    if (!c->def)
        c->def = &FALLBACK[str_starts(row->clock, STR("share")) ? 1 : 0];
    *found = true;
    return true;
}

static bool tell(struct tick *t, const struct running *c, int rung)
{
    const struct clock_rung *r = &c->def->rungs[rung];
    struct notice n = {.rid = c->row->rid,
                       .clock = c->row->clock,
                       .rung = rung,
                       .due = c->row->due,
                       .org = unit_of(t, c, r),
                       .area = c->r->area,
                       .role = r->to,
                       .red = r->red,
                       .made = t->now,
                       .text = text_of(t, c)};
    return outbox_add(t->db, &n, NULL, t->e);
}

static bool acts(const struct clock_rung *r)
{
    return r->does.len || !str_is(r->to, "holder");
}

static bool look(struct tick *t, const struct due_row *row)
{
    struct running c;
    bool found;
    int64_t next;
    if (!load(t, row, &c, &found))
        return false;
    if (!found)
        return move(t->db, row, TIME_NONE, -1, t->e);
    int rung = latest(t, &c, &next);
    if (rung < 0)
        return move(t->db, row, next, rung, t->e);
    if (!tell(t, &c, rung))
        return false;
    const struct clock_rung *r = &c.def->rungs[rung];
    if (!acts(r))
        return move(t->db, row, next, rung, t->e);
    t->emit(t->self, &(struct clock_fire){.id = fire_id(&c, rung),
                                          .rec = c.r->id,
                                          .rid = row->rid,
                                          .clock = row->clock,
                                          .n = row->n,
                                          .due = row->due,
                                          .rung = rung,
                                          .does = r->does.len ? r->does : STR("escalate"),
                                          .to = r->to,
                                          .org = unit_of(t, &c, r),
                                          .rule = rule_of(t, &c, r),
                                          .next = next});
    return true;
}

static bool read_due(struct tick *t, struct due_row *list, size_t *n)
{
    *n = 0;
    struct rows r AUTO(rows_close) =
        store_query(t->db, sql_tick_due, BIND(C_INT(t->now), C_INT(TICK_ROWS)), t->e);
    while (rows_next(&r))
        list[(*n)++] = (struct due_row){.rid = rows_int(&r, 0),
                                        .clock = str_dup(t->a, rows_str(&r, 1)),
                                        .n = rows_int(&r, 2),
                                        .due = rows_int(&r, 3)};
    return !err_is(t->e);
}

bool clock_tick(struct store *db, struct arena *a, const struct world *w, const struct calendar *cal,
                int64_t now, void (*emit)(void *self, const struct clock_fire *f), void *self,
                size_t *rows, struct err *e)
{
    struct tick t = {db, a, w, cal, now, emit, self, e};
    struct due_row *list = ARENA_ARRAY(a, struct due_row, TICK_ROWS);
    size_t n;
    /* two nodes look one after the other */
    if (!store_exec(db, sql_tick_lock, BIND_NONE, NULL, e) || !read_due(&t, list, &n))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!look(&t, &list[i]))
            return false;
    *rows = n;
    return true;
}
