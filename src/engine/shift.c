/* Records are taken along after areas were moved, merged or renamed: their scopes, what they count in the
 * areas above, their search entries.  In steps upward by rid; a record above the cursor lies in the old
 * tree, and every commit in between writes it so (world_up), so all that is stored is right at any
 * moment for the tree each record is in (decisions 21). */
#include "engine/engine_int.h"
#include "engine/shift.sql.h"
#include "measure/tally.h"
#include "record/seal.h"
#include "search/index.h"

enum { LOOKED_AT = 4096 };

struct shifting {
    struct store *db;
    struct arena *a;
    const struct keys *keys;
    const struct world *w, *was, *now; /* was, now: with all records in the old, in the new tree */
    int64_t size; /* of the log */
    int64_t cursor;
    int64_t rids[LOOKED_AT];
    size_t n; /* of those the records whose area is another place now */
    bool last;
    struct err *e;
};

/* Goes on to the next records, at most so many that have to be taken along. */
static bool look(struct shifting *s, size_t most)
{
    size_t seen = 0;
    struct rows r AUTO(rows_close) = store_query(s->db, sql_shift_rids, BIND(C_INT(s->cursor)), s->e);
    s->n = 0;
    while (s->n < most && rows_next(&r)) {
        s->cursor = rows_int(&r, 0);
        int area = world_area_by_id(s->w, rows_int(&r, 1));
        if (area >= 0 && world_area_shifts(s->w, area))
            s->rids[s->n++] = s->cursor;
        seen++;
    }
    s->last = s->n < most && seen < LOOKED_AT;
    return !err_is(s->e);
}

static bool take_along(struct shifting *s)
{
    struct changes c = {.arena = s->a, .world = s->now, .keys = s->keys};
    c.list = ARENA_ARRAY(s->a, struct change, s->n + 1);
    for (size_t i = 0; i < s->n; i++) {
        struct change *ch = &c.list[c.n];
        struct record *r;
        bool found;
        int record;
        if (!record_load_rid(s->db, s->a, s->rids[i], &found, &r, s->e))
            return false;
        if (!found)
            continue;
        if (!seal_open(s->db, s->keys, s->a, &r, s->e))
            return false;
        *ch = (struct change){.before = r, .after = r, .new_text = true};
        if (world_type(s->w, r->type, r->pb, &ch->playbook, &record))
            ch->def = &ch->playbook->records[record];
        c.n++;
    }
    return record_rescope(s->db, &c, s->was, s->size, s->e) &&
           tally_shift(s->db, s->keys, s->a, s->was, s->now, s->rids, s->n, s->e) && search_save(s->db, &c, s->e);
}

bool shift_step(struct store *db, const struct keys *keys, const struct world *w, int64_t size, int records,
                bool *more, struct err *e)
{
    ASSERT(store_in_tx(db) && records > 0 && records <= LOOKED_AT);
    struct arena *a AUTO(arena_freep) = arena_new();
    struct shifting *s = ARENA_NEW(a, struct shifting);
    const struct world *present;
    *more = false;
    if (!world_now(db, a, w, &present, e))
        return false;
    if (!present->was)
        return true;
    *s = (struct shifting){.db = db, .a = a, .keys = keys, .w = present, .size = size,
                           .cursor = present->shift_cursor, .e = e};
    s->was = world_at(a, present, -1);
    s->now = world_at(a, present, INT64_MAX);
    if (!look(s, (size_t)records) || !take_along(s))
        return false;
    *more = !s->last;
    return s->last ? store_exec(db, sql_shift_done, BIND(C_INT(w->shift_seq)), NULL, e)
                   : store_exec(db, sql_shift_reached, BIND(C_INT(w->shift_seq), C_INT(s->cursor)), NULL, e);
}
