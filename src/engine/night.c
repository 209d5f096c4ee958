/* Once a night, when something was erased since the last time: the words that the search index still keeps
 * in older segments leave the file, and the WAL is cut off (decisions 20).  An event of the clock says so:
 * setting erasure.cleared, up to which event, on which day, by which rule. */
#include "engine/engine_int.h"
#include "engine/night.sql.h"
#include "search/index.h"

enum { FROM_HOUR = 2, TO_HOUR = 5 };
static const char RULE[] = "night 02:00-05:00";

static bool newest_erased(struct engine *en, int64_t *seq, struct err *e)
{
    bool found;
    *seq = -1;
    struct store *db = engine_reader(en, e);
    bool ok = db && store_int(db, sql_night_erased, BIND_NONE, &found, seq, e);
    engine_reader_back(en, db);
    return ok;
}

static bool forget(void *user, struct store *db, struct err *e)
{
    struct engine *en = user;
    if (!search_forget(db, e))
        return false;
    en->wal_waits = true;
    return true;
}

/* VACUUM runs in no transaction, so it has a connection of its own. */
static bool vacuum(struct engine *en, struct err *e)
{
    struct store *db AUTO(store_closep) = NULL;
    return store_open(en->url, STORE_WRITE, &db, e) && search_forget(db, e);
}

struct asking {
    struct engine *en;
    bool waits;
};

static bool ask_wal(void *user, struct store *db, struct err *e)
{
    struct asking *x = user;
    UNUSED(db);
    UNUSED(e);
    x->waits = x->en->wal_waits;
    return true;
}

static bool clean(struct engine *en, int64_t newest, bool *done, struct err *e)
{
    bool lite = store_engine(en->db) == STORE_SQLITE;
    struct asking x = {en, false};
    if (en->forgotten < newest && !(lite ? engine_exclusive(en, forget, en, e) : vacuum(en, e)))
        return false;
    en->forgotten = newest;
    if (lite && !engine_exclusive(en, ask_wal, &x, e)) /* the writer has tried to cut it off before this turn */
        return false;
    *done = !x.waits;
    return true;
}

/* One event a night: another node's word for the same night stands. */
static bool say(struct engine *en, struct arena *a, const char *day, int64_t newest, struct err *e)
{
    struct actor clock = actor_clock();
    struct ask ask = ASK_INIT;
    struct answer ans;
    const struct str parts[] = {STR("bihuan.night1"), str_of(day)};
    ask.id = id_derive(parts, COUNT_OF(parts));
    ask.type = STR("sys.setting");
    ask.actor = &clock;
    ask.fields = json_new(a, J_OBJ);
    json_set(a, ask.fields, STR("name"), json_new_str(a, STR(SETTING_CLEARED)));
    json_set(a, ask.fields, STR("value"),
             json_new_str(a, str_printf(a, "%lld %s %s", (long long)newest, day, RULE)));
    ask_set_req(&ask);
    if (engine_act(en, a, &ask, &ans) || ans.err.code == ERR_ID_USED)
        return true;
    *e = ans.err;
    return false;
}

bool night_look(struct engine *en, struct arena *a, const struct world *w, struct err *e)
{
    int64_t now = engine_now(en), newest, before = -1;
    int hour = zone_civil(w->zone, now).hour;
    char today[16];
    if (hour < FROM_HOUR || hour >= TO_HOUR)
        return true;
    day_format(zone_day(w->zone, now), today);
    struct str rest, last = str_cut(world_setting(w, SETTING_CLEARED), ' ', &rest);
    str_int(last, &before);
    bool done = str_is(str_cut(rest, ' ', &rest), today);
    if (done || !newest_erased(en, &newest, e) || newest <= before)
        return !err_is(e);
    return clean(en, newest, &done, e) && (!done || say(en, a, today, newest, e));
}
