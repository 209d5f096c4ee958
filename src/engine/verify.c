#include "engine/verify_int.h"
#include "clock/calendar.h"
#include <stdarg.h>

void verify_wrong(struct verifying *v, int64_t seq, const char *why, ...)
{
    struct verify_report *r = v->out;
    va_list ap;
    if (!r->ok && (seq < 0 || (r->first_bad >= 0 && seq >= r->first_bad)))
        return;
    r->ok = false;
    r->first_bad = seq;
    va_start(ap, why);
    vsnprintf(r->why, sizeof r->why, why, ap);
    va_end(ap);
}

static bool run(struct verifying *v, enum verify_level level)
{
    if (!verify_log(v))
        return false;
    if (!v->out->ok || level == VERIFY_LOG)
        return true;
    if (!world_load(v->db, &v->world, v->e))
        return false;
    if (!v->world->calendar.len)
        v->calendar = calendar_new(NULL, 0);
    else if (!calendar_parse(v->world->calendar, &v->calendar, v->e))
        return false;
    verify_sums_begin(v);
    verify_rows_begin(v);
    return verify_folds_begin(v) && verify_walk(v) && verify_rows_end(v) && verify_sums(v) && verify_strays(v) &&
           (level < VERIFY_FILES || verify_files(v));
}

bool verify_all(struct store *db, const struct keys *keys, enum verify_level level,
                void (*progress)(void *self, int64_t done, int64_t total), void *self,
                struct verify_report *out, struct err *e)
{
    struct verify_report report = {.ok = true, .first_bad = -1};
    struct verifying v = {.db = db, .keys = keys, .out = &report, .e = e, .progress = progress,
                          .self = self, .below = INT64_MIN, .tree_seq = -1};
    if (!store_begin(db, e)) /* one snapshot */
        return false;
    v.keep = arena_new();
    v.piece = arena_new();
    v.window = arena_new();
    int64_t wal = store_wal_pages(db);
    bool ok = run(&v, level);
    report.wal_pages = store_wal_pages(db) - wal;
    world_unref(v.world);
    calendar_free(v.calendar);
    arena_free(v.keep);
    arena_free(v.piece);
    arena_free(v.window);
    store_rollback(db);
    if (!ok)
        return false;
    *out = report;
    return true;
}
