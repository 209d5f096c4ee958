/* Which clock a database lives by: the machine's, or that of a demonstration, which goes on from the
 * day it was played to.  A command that took the machine's clock there would push `recorded`, which
 * never goes back, years ahead. */
#include "cli/command.h"
#include "ledger/keys.h"

struct demo_clock {
    int64_t from, real_from;
};

static int64_t real_ms(void)
{
    struct clock_source real = clock_real();
    return clock_now(&real);
}

static int64_t demo_now(void *self)
{
    const struct demo_clock *d = self;
    return d->from + (real_ms() - d->real_from);
}

/* Was it made by `bihuan demo`?  Then its log's name ends in .demo. */
static bool is_demo(const char *url)
{
    char path[1024];
    struct keys keys;
    struct err e = ERR_INIT; /* what is wrong with the keys is said by engine_open */
    return keys_path(url, path, &e) && keys_load(path, &keys, &e) &&
           str_ends(str_of(keys.origin), STR(".demo"));
}

/* From the newest event, and not before the day that setting demo.clock names. */
static bool demo_start(const char *url, struct demo_clock *d, struct err *e)
{
    struct store *db AUTO(store_closep) = NULL;
    struct ledger_head head;
    struct world *w;
    int64_t from = TIME_NONE;
    if (!store_open(url, STORE_READ, &db, e) || !ledger_read_head(db, &head, e) ||
        !world_load(db, &w, e))
        return false;
    if (!time_parse(w->zone, world_setting(w, "demo.clock"), &from))
        from = TIME_NONE;
    world_unref(w);
    *d = (struct demo_clock){max64(head.recorded, from), real_ms()};
    return true;
}

bool cli_clock(struct cli *c, const char *url, bool demo, struct clock_source *out)
{
    *out = clock_real();
    if (!demo && !is_demo(url))
        return true;
    struct demo_clock *d = ARENA_NEW(c->arena, struct demo_clock);
    if (!demo_start(url, d, c->e))
        return false;
    *out = (struct clock_source){demo_now, d};
    return true;
}
