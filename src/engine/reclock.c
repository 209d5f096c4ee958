/* Clocks that run follow a new table of holidays (decisions 23): upward by rid, in steps between the
 * commits.  What moves is an event of the clock, under an id that follows from the table's event and the
 * record, so that a step taken twice, or by two nodes, says it once; the cursor moves in the commit. */
#include "clock/notice.h"
#include "engine/engine_int.h"
#include "engine/reclock.sql.h"

enum { LOOKED_AT = 4096 };

struct reclock {
    struct engine *en;
    struct arena *a;
    int64_t seq, from, to; /* of the event; the cursor before and after this step */
    struct id table;
    struct id *open; /* the matters of this step that may have a running clock */
    int64_t *rids;
    size_t n;
    bool last;
};

static bool read_cursor(struct reclock *x, bool *any, struct err *e)
{
    struct rows r AUTO(rows_close) = store_query(x->en->db, sql_reclock_now, BIND_NONE, e);
    *any = rows_next(&r);
    if (!*any)
        return !err_is(e);
    x->seq = rows_int(&r, 0);
    x->from = x->to = rows_int(&r, 1);
    return id_read(rows_str(&r, 2), &x->table) || err_set(e, ERR_STORE, "an event has a damaged id");
}

static bool read_open(struct reclock *x, size_t most, struct err *e)
{
    size_t seen = 0;
    x->open = ARENA_ARRAY(x->a, struct id, most);
    x->rids = ARENA_ARRAY(x->a, int64_t, most);
    struct rows r AUTO(rows_close) = store_query(x->en->db, sql_reclock_rids, BIND(C_INT(x->from)), e);
    while (x->n < most && rows_next(&r)) {
        x->to = rows_int(&r, 0);
        seen++;
        if (!rows_int(&r, 2))
            continue;
        if (!id_read(rows_str(&r, 1), &x->open[x->n]))
            return err_set(e, ERR_STORE, "a record has a damaged id");
        x->rids[x->n++] = x->to;
    }
    x->last = x->n < most && seen < LOOKED_AT;
    return !err_is(e);
}

static struct job *ask_for(struct reclock *x, size_t i, const struct actor *clock)
{
    struct ask *ask = ARENA_NEW(x->a, struct ask);
    struct job *j = ARENA_NEW(x->a, struct job);
    const struct str parts[] = {ID_STR(x->table), str_printf(x->a, "clock_reset|%lld", (long long)x->rids[i])};
    *ask = (struct ask)ASK_INIT;
    ask->id = id_derive(parts, COUNT_OF(parts));
    ask->rec = x->open[i];
    ask->action = STR("clock_reset");
    ask->actor = clock;
    ask->fields = json_new(x->a, J_OBJ);
    json_set(x->a, ask->fields, STR("table"), json_new_str(x->a, id_text(x->a, x->table)));
    ask_set_req(ask);
    *j = (struct job){.arena = x->a, .ask = ask, .ans = ARENA_NEW(x->a, struct answer)};
    return j;
}

/* In the same commit: clocks whose due time stays may have another instant at which to warn. */
static bool advance(void *user, struct batch *b, struct err *e)
{
    struct reclock *x = user;
    for (size_t i = 0; i < b->n_order; i++)
        if (!clock_look_again(b->db, b->world, b->calendar, b->order[i]->change.after, b->now, e))
            return false;
    return x->last ? store_exec(b->db, sql_reclock_done, BIND(C_INT(x->seq), C_INT(x->from)), NULL, e)
                   : store_exec(b->db, sql_reclock_reached, BIND(C_INT(x->seq), C_INT(x->from), C_INT(x->to)), NULL, e);
}

bool reclock_step(struct engine *en, size_t records, bool *more, struct err *e)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct reclock x = {.en = en, .a = a};
    struct actor clock = actor_clock();
    bool any = false;
    *more = false;
    if (!read_cursor(&x, &any, e) || !any)
        return !err_is(e);
    if (!read_open(&x, records, e))
        return false;
    struct job **jobs = ARENA_ARRAY(a, struct job *, x.n + 1);
    for (size_t i = 0; i < x.n; i++)
        jobs[i] = ask_for(&x, i, &clock);
    *more = !x.last;
    return writer_batch(en, a, jobs, x.n, &(struct beside){advance, &x}, e);
}
