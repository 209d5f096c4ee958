#include "clock/run.h"

enum limit_unit clock_unit(enum span_unit u)
{
    return u == SPAN_HOURS      ? LIMIT_HOURS
           : u == SPAN_DAYS     ? LIMIT_DAYS
           : u == SPAN_WORKDAYS ? LIMIT_WORKDAYS
                                : LIMIT_MONTHS;
}

struct limit clock_limit(const struct clock_def *c)
{
    return (struct limit){.n = c->limit.n, .unit = clock_unit(c->limit.unit), .next_day = c->next_day};
}

/* False: nothing is known of it but its due time. */
static bool limit_of(const struct clock_run *run, const struct clock_def *def, struct limit *out)
{
    struct span own;
    if (def) {
        *out = clock_limit(def);
        return true;
    }
    if (!span_parse(run->limit, &own))
        return false;
    *out = (struct limit){.n = own.n, .unit = clock_unit(own.unit), .next_day = true};
    return true;
}

int64_t clock_due(const struct calendar *c, const struct zone *z, const struct clock_run *run,
                  const struct clock_def *def)
{
    struct limit limit;
    if (!limit_of(run, def, &limit))
        return run->due;
    int64_t due = calendar_due(c, z, run->start, limit);
    JSON_EACH (m, run->moves) {
        struct span by;
        if (span_parse(json_text(m, "by"), &by))
            due = calendar_shift(c, z, due, by.n, clock_unit(by.unit));
        else if (json_get(m, "from"))
            due = calendar_due_after_pause(c, z, due, limit, json_num(m, "from", 0), json_num(m, "to", 0));
    }
    return due;
}

const struct json *clock_table_move(const struct clock_run *run)
{
    JSON_EACH (m, run->moves)
        if (json_get(m, "was"))
            return m;
    return NULL;
}

/* A copy of the moves, without that of the table, and with a new one. */
static struct json *moves_and(struct arena *a, const struct clock_run *run, bool drop_table, struct json **item)
{
    struct json *out = json_new(a, J_ARR);
    JSON_EACH (m, run->moves)
        if (!drop_table || !json_get(m, "was"))
            json_push(out, json_clone(a, m));
    *item = json_push(out, json_new(a, J_OBJ));
    return out;
}

struct json *clock_moved_by_pause(struct arena *a, const struct clock_run *run, int64_t from, int64_t to)
{
    struct json *item, *out = moves_and(a, run, false, &item);
    json_set(a, item, STR("from"), json_new_int(a, from));
    json_set(a, item, STR("to"), json_new_int(a, to));
    return out;
}

struct json *clock_moved_by_extension(struct arena *a, const struct clock_run *run, struct span by)
{
    struct json *item, *out = moves_and(a, run, false, &item);
    struct str text = str_printf(a, "%lld%s", (long long)by.n, span_word(by.unit));
    json_set(a, item, STR("by"), json_new_str(a, text));
    return out;
}

struct json *clock_moved_by_table(struct arena *a, const struct clock_run *run, int64_t due)
{
    struct json *item, *out = moves_and(a, run, true, &item);
    json_set(a, item, STR("was"), json_new_int(a, run->due));
    json_set(a, item, STR("is"), json_new_int(a, due));
    return out;
}
