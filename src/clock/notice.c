#include "clock/notice.h"
#include "clock/notice.sql.h"

int64_t clock_rung_at(const struct calendar *cal, const struct zone *zone, int64_t due,
                      const struct clock_rung *rung)
{
    return calendar_shift(cal, zone, due, rung->at.n, clock_unit(rung->at.unit));
}

int clock_next_rung(const struct calendar *cal, const struct zone *zone, const struct clock_def *def,
                    int64_t due, int64_t now, int64_t *at)
{
    int best = -1;
    for (int i = 0; i < def->n_rungs; i++) {
        int64_t t = clock_rung_at(cal, zone, due, &def->rungs[i]);
        if (t > now && (best < 0 || t < *at)) {
            best = i;
            *at = t;
        }
    }
    return best;
}

bool clock_runs(const struct record *r, const struct clock_run *c)
{
    return record_open(r) && c->done == TIME_NONE && c->paused == TIME_NONE;
}

static const struct clock_run *run_of(const struct record *r, const struct clock_run *like)
{
    for (size_t i = 0; r && i < r->n_clocks; i++)
        if (r->clocks[i].n == like->n && str_eq(r->clocks[i].id, like->id))
            return &r->clocks[i];
    return NULL;
}

static bool put(struct store *db, const struct change *ch, const struct clock_run *run,
                struct err *e)
{
    /* Which rung is next is found when the row is first looked at: it needs the holiday table, which
     * may change while the row stands.  `next` is therefore the earliest instant worth a look. */
    int64_t next = run->soon != TIME_NONE ? run->soon : run->due;
    return store_exec(db, sql_clock_upsert,
                      BIND(C_INT(ch->after->rid), C_TEXT(run->id), C_INT(run->n), C_INT(run->due),
                           C_INT(next), C_INT(0)),
                      NULL, e);
}

static void add_look(struct arena *a, struct clock_looks *l, int64_t at)
{
    l->at = arena_grow(a, l->at, l->n, &l->cap, sizeof *l->at);
    l->at[l->n++] = at;
}

void clock_looks(struct arena *a, const struct world *w, const struct calendar *cal, struct str type,
                 const struct clock_run *run, struct clock_looks *out)
{
    *out = (struct clock_looks){.rungs = 1};
    add_look(a, out, run->due);
    if (run->soon != TIME_NONE)
        add_look(a, out, run->soon);
    for (int i = 0; i < w->n_playbooks; i++) {
        const struct playbook *p = w->playbooks[i].playbook;
        struct str record, id = str_cut(type, '.', &record);
        int k = str_eq(p->id, id) ? playbook_record(p, record) : -1;
        int c = k < 0 ? -1 : record_clock(&p->records[k], run->id);
        for (int m = 0; c >= 0 && m < p->records[k].clocks[c].n_rungs; m++) {
            const struct clock_def *def = &p->records[k].clocks[c];
            out->rungs = def->n_rungs > out->rungs ? def->n_rungs : out->rungs;
            add_look(a, out, clock_rung_at(cal, w->zone, run->due, &def->rungs[m]));
        }
    }
}

bool clock_save(struct store *db, const struct changes *c, struct err *e)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct change *ch = &c->list[i];
        for (size_t k = 0; k < ch->after->n_clocks; k++) {
            const struct clock_run *now = &ch->after->clocks[k], *was = run_of(ch->before, now);
            bool is = clock_runs(ch->after, now), had = was && clock_runs(ch->before, was);
            if (is && (!had || was->due != now->due || was->soon != now->soon)) {
                if (!put(db, ch, now, e))
                    return false;
            } else if (!is && had &&
                       !store_exec(db, sql_clock_delete,
                                   BIND(C_INT(ch->after->rid), C_TEXT(now->id), C_INT(now->n)), NULL,
                                   e)) {
                return false;
            }
        }
        for (size_t k = 0; ch->before && k < ch->before->n_clocks; k++) {
            const struct clock_run *was = &ch->before->clocks[k];
            if (!run_of(ch->after, was) &&
                !store_exec(db, sql_clock_delete,
                            BIND(C_INT(ch->after->rid), C_TEXT(was->id), C_INT(was->n)), NULL, e))
                return false;
        }
    }
    return true;
}

/* The rung that fell last by now, counted from 1; 0: none. */
static int fallen(const struct calendar *cal, const struct zone *zone, const struct clock_def *def,
                  const struct clock_run *run, int64_t now)
{
    int best = 0;
    int64_t when = run->start;
    for (int i = 0; i < def->n_rungs; i++) {
        int64_t t = clock_rung_at(cal, zone, run->due, &def->rungs[i]);
        if (t <= now && t > run->start && t >= when) {
            best = i + 1;
            when = t;
        }
    }
    return best;
}

bool clock_look_again(struct store *db, const struct world *w, const struct calendar *cal, const struct record *r,
                      int64_t now, struct err *e)
{
    const struct playbook *p;
    int record;
    if (!world_type(w, r->type, r->pb, &p, &record))
        return true;
    for (size_t i = 0; i < r->n_clocks; i++) {
        const struct clock_run *run = &r->clocks[i];
        int c = record_clock(&p->records[record], run->id);
        const struct clock_def *def = c < 0 ? NULL : &p->records[record].clocks[c];
        int64_t at = INT64_MAX;
        if (!def || !clock_runs(r, run))
            continue;
        clock_next_rung(cal, w->zone, def, run->due, now, &at);
        if (!store_exec(db, sql_clock_sooner,
                        BIND(C_INT(r->rid), C_TEXT(run->id), C_INT(run->n), C_INT(at), C_INT(now),
                             C_INT(fallen(cal, w->zone, def, run, now))),
                        NULL, e))
            return false;
    }
    return true;
}
