/* The demonstration: units, accounts and some hundred thousand actions of invented matters, played
 * through the engine into a file that gets its name only when everything is in it. */
#include "access/account.h"
#include "cli/command.h"
#include "rehearse/rehearse.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSWORD "Bihuan-2024-demo"
static const char ZONE[] = "Asia/Shanghai", ORIGIN[] = "bihuan.demo";

const struct option OPT_demo[] = {OPTION_DB,
                                  {"areas", "CSV", "as areas import takes them"},
                                  {"holidays", "CSV", "as calendar import takes them"},
                                  {"city", NULL, "a whole city instead of four counties"},
                                  {"seed", "N", "another number, another demonstration"},
                                  {"plan", "FILE", "the plan; otherwise that of the shipped playbooks"},
                                  {"mode", "NAME", "the volumes of the plan to play"},
                                  OPTION_JSON,
                                  OPTION_END};

struct demo {
    struct cli *c;
    const char *db, *building;
    const char *plan_file, *mode;
    struct plan *plan;
    struct cast *cast;
    struct engine *en;
    int64_t now;
    struct rehearse_report report;
};

static int64_t demo_time(void *self)
{
    const struct demo *d = self;
    return d->now;
}

/* ---- files ---- */

static const char *const SUFFIXES[] = {"", "-wal", "-shm", ".key", ".key.last", ".key.erasures.log"};

static void throw_away(struct demo *d)
{
    for (size_t i = 0; i < COUNT_OF(SUFFIXES); i++)
        unlink(arena_printf(d->c->arena, "%s%s", d->building, SUFFIXES[i]));
}

static bool flush_file(const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok || err_set(e, ERR_IO, "cannot flush %.300s", path);
}

/* The database last: while it has no name, there is no demonstration. */
static bool give_name(struct demo *d)
{
    static const char *const ORDER[] = {".key.erasures.log", ".key", ".key.last", ""};
    for (size_t i = 0; i < COUNT_OF(ORDER); i++) {
        const char *from = arena_printf(d->c->arena, "%s%s", d->building, ORDER[i]);
        const char *to = arena_printf(d->c->arena, "%s%s", d->db, ORDER[i]);
        if (!flush_file(from, d->c->e))
            return false;
        if (rename(from, to) != 0)
            return err_set(d->c->e, ERR_IO, "cannot rename %.300s", from);
    }
    throw_away(d);
    return true;
}

/* ---- making ---- */

static bool find_plan(struct demo *d)
{
    const char *dir = cli_playbooks(d->c), **dirs;
    size_t n;
    struct stat st;
    d->plan_file = args_get(&d->c->args, "plan");
    if (d->plan_file)
        return true;
    if (!dir)
        return err_set(d->c->e, ERR_NOT_FOUND, "no folder of playbooks: name a --plan");
    if (!cli_playbook_dirs(d->c->arena, dir, &dirs, &n, d->c->e))
        return false;
    for (size_t i = 0; i < n && !d->plan_file; i++) {
        const char *file = arena_printf(d->c->arena, "%s/plan.yaml", dirs[i]);
        if (stat(file, &st) == 0)
            d->plan_file = file;
    }
    return d->plan_file || err_set(d->c->e, ERR_NOT_FOUND, "no plan.yaml beside a playbook");
}

static bool open_new(struct demo *d)
{
    struct engine_config cfg = {.url = d->building, .clock = {demo_time, d}, .bulk = true};
    struct stat st;
    if (stat(d->db, &st) == 0)
        return err_set(d->c->e, ERR_UNIQUE, "%.300s is there already", d->db);
    throw_away(d);
    return engine_init(d->building, ZONE, ORIGIN, cfg.clock, d->c->e) &&
           engine_open(&cfg, &d->en, d->c->e);
}

static bool install_all(struct demo *d)
{
    const char **dirs, *dir = cli_playbooks(d->c);
    size_t n;
    if (!dir)
        return err_set(d->c->e, ERR_NOT_FOUND, "no folder of playbooks");
    if (!cli_playbook_dirs(d->c->arena, dir, &dirs, &n, d->c->e))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!cli_install(d->c, d->en, dirs[i]))
            return false;
    return true;
}

static bool make_people(struct demo *d)
{
    char hash[PASSWORD_HASH];
    struct hasher *h AUTO(hasher_stopp) = NULL;
    return hasher_start(&h, d->c->e) && hasher_make(h, STR(PASSWORD), hash, d->c->e) &&
           cast_make(d->en, d->plan, d->mode, hash, &d->cast, d->c->e);
}

static bool play(struct demo *d)
{
    struct cli *c = d->c;
    int64_t seed = 0;
    const char *given = args_get(&c->args, "seed");
    if (given && (!str_int(str_of(given), &seed) || seed <= 0))
        return err_set(c->e, ERR_USAGE, "--seed: expected a number above 0");
    struct rehearse_config cfg = {.en = d->en, .plan = d->plan, .cast = d->cast, .mode = d->mode,
                                  .seed = (uint64_t)seed, .progress = cli_progress,
                                  .self = (void *)(uintptr_t) "matters"};
    bool ok = rehearse_play(&cfg, &d->report, c->e);
    cli_progress_end();
    if (d->report.refused)
        fprintf(stderr, "%lld actions were refused\n", (long long)d->report.refused);
    return ok;
}

/* From here on it is the day of the demonstration; serve goes on from the newest event. */
static bool set_clock(struct demo *d)
{
    char text[40];
    const struct zone *zone;
    d->now = plan_now(d->plan);
    if (!zone_load(ZONE, &zone, d->c->e))
        return false;
    time_format(zone, d->now, text);
    return cli_setting(d->c, d->en, "demo.clock", str_of(text));
}

static bool sign_end(struct demo *d)
{
    struct str text;
    struct store *db AUTO(store_closep) = NULL;
    return store_open(d->building, STORE_WRITE, &db, d->c->e) &&
           checkpoint_make(db, d->c->arena, engine_keys(d->en), d->now, &text, d->c->e);
}

static bool make(struct demo *d)
{
    struct cli *c = d->c;
    const char *areas, *holidays;
    const struct zone *zone;
    int64_t n = 0, changed = 0;
    if (!args_need(&c->args, "areas", &areas, c->e) ||
        !args_need(&c->args, "holidays", &holidays, c->e) || !zone_load(ZONE, &zone, c->e) ||
        !find_plan(d) || !plan_read(d->plan_file, zone, &d->plan, c->e))
        return false;
    d->now = plan_begin(d->plan);
    if (!open_new(d))
        return false;
    fprintf(stderr, "areas, units, accounts\n");
    /* Playbooks after the many accounts: each system event means reading the world again. */
    if (!cli_areas(c, d->en, areas, &n, &changed) || !cli_calendar(c, d->en, holidays) || !make_people(d) ||
        !install_all(d) || !play(d) || !set_clock(d) || !sign_end(d))
        return false;
    engine_close(d->en);
    d->en = NULL;
    return give_name(d);
}

/* ---- telling ---- */

struct table {
    struct json_out *json;
};

static void show_row(void *user, const char *login, const char *name)
{
    struct table *t = user;
    if (!t->json) {
        printf("  %-14s %s\n", login, name);
        return;
    }
    jo_obj(t->json);
    jo_kc(t->json, "login", login);
    jo_kc(t->json, "name", name);
    jo_end(t->json);
}

static void tell(const struct demo *d)
{
    struct buf b = BUF(1 << 20);
    struct json_out o = json_out(&b);
    struct table t = {.json = d->c->json ? &o : NULL};
    if (!t.json) {
        printf("%lld matters, %lld actions; everything in it is invented.\n",
               (long long)d->report.matters, (long long)d->report.actions);
        printf("Log-ins (password of all: %s):\n", PASSWORD);
        cast_each(d->cast, show_row, &t);
        return;
    }
    jo_obj(&o);
    jo_ki(&o, "matters", d->report.matters);
    jo_ki(&o, "actions", d->report.actions);
    jo_kc(&o, "password", PASSWORD);
    jo_key(&o, "logins");
    jo_arr(&o);
    cast_each(d->cast, show_row, &t);
    jo_end(&o);
    jo_end(&o);
    cli_print(&b);
}

bool cmd_demo(struct cli *c)
{
    struct demo d = {.c = c};
    const char *mode = args_get(&c->args, "mode");
    if (!args_need(&c->args, "db", &d.db, c->e))
        return false;
    if (str_has(str_of(d.db), STR("://")))
        return err_set(c->e, ERR_USAGE, "--db: a demonstration is made in a file");
    d.building = arena_printf(c->arena, "%s.building", d.db);
    d.mode = mode ? mode : args_has(&c->args, "city") ? "city" : "default";
    bool ok = make(&d);
    engine_close(d.en);
    if (ok)
        tell(&d);
    cast_free(d.cast);
    plan_free(d.plan);
    return ok;
}
