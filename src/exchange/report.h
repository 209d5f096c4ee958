/* exchange/report.h - reporting up (上报表): records as the rows of another system's table.
 *
 *     report: dispute.dispute      # playbook.type
 *     system: justice              # the system above; what it was sent is remembered under this word
 *     where: "accepted_on IS NOT NULL"             # which records; all without it
 *     on: registered_on            # the day that `from` and `to` speak of: opened without it
 *     columns:                     # in this order; title: where the value comes from
 *       案件编号: number           # number, state, area, area_name, opened, closed, due, or a field
 *       纠纷类别: {field: type, through: list_b}     # by a mapping of the playbook; name: true for its name
 *       来源: {field: source, map: {grid: "01"}, default: "99"}
 *       填报单位: {value: 新建区}
 *
 * Codes leave as codes, `name: true` gives their names.  Merged, void and sealed records are left out;
 * details of persons are masked as in every list.
 *
 * What was sent is marked in the record itself (action report_up: system, document, a digest of the row),
 * so the next run sends what is new or reads otherwise, and nothing else. */
#pragma once
#include "engine/engine.h"

struct report_map;

/* Errors name file, line and what was expected. */
MUST_USE bool report_read(struct arena *a, const char *file, struct str text, const struct world *w,
                          struct report_map **out, struct err *e);

struct report_ask {
    struct engine *engine;
    struct store *db;
    const struct world *w;
    const struct actor *actor;
    const struct report_map *map;
    const struct str *scopes;  /* whose matters */
    int n_scopes;
    int32_t from, to;          /* days, both included; DAY_NONE: open */
    bool all;                  /* also what was sent before and reads the same */
    struct str document;       /* its number, kept with the mark; STR_NONE */
    int64_t most;              /* rows that are looked at, ERR_TOO_BIG above; 0: no limit */
    int64_t deadline_ms;       /* for all of it, ERR_DEADLINE; 0: of a long work */
};
struct report_result {
    int64_t read, fresh, changed, same, marked;
};
/* Gathers the rows and writes them to `path` (.csv or .xlsx); nothing is marked. */
struct report_run;
MUST_USE bool report_write(struct arena *a, const struct report_ask *ask, const char *path,
                           struct report_run **run, struct report_result *out, struct err *e);
/* The same as CSV text. */
MUST_USE bool report_text(struct arena *a, const struct report_ask *ask, struct buf *csv,
                          struct report_run **run, struct report_result *out, struct err *e);
/* Marks what was written.  Once more after an interruption: what was marked already stays as it is. */
MUST_USE bool report_mark(struct arena *a, const struct report_ask *ask, const struct report_run *run,
                          struct report_result *out, struct err *e);
