/* bihuan report: what the system above wants to have, in its own columns and codes. */
#include "cli/command.h"
#include "exchange/report.h"

const struct option OPT_report[] = {OPTION_DB,
                                    {"from", "DATE", "the first day (of what the mapping says under `on`)"},
                                    {"to", "DATE", "the last day"},
                                    {"area", "CODE", "with all below it"},
                                    {"document", "NUMBER", "number of the letter it goes with, kept with the mark"},
                                    {"all", NULL, "also what was sent before and reads the same"},
                                    {"dry", NULL, "write the file, mark nothing as sent"},
                                    OPTION_JSON,
                                    OPTION_END};

static bool day_option(struct cli *c, const char *name, int32_t *out)
{
    const char *text = args_get(&c->args, name);
    *out = DAY_NONE;
    return !text || day_parse(str_of(text), out) ||
           err_set(c->e, ERR_USAGE, "--%s: expected a date like 2024-09-09", name);
}

static void print_report(struct cli *c, const struct report_result *r)
{
    struct buf b = BUF(1024);
    struct json_out o = json_out(&b);
    if (!c->json) {
        buf_printf(&b, "read %lld: new %lld, changed %lld, same %lld; marked %lld", (long long)r->read,
                   (long long)r->fresh, (long long)r->changed, (long long)r->same, (long long)r->marked);
        cli_print(&b);
        return;
    }
    jo_obj(&o);
    jo_ki(&o, "read", r->read);
    jo_ki(&o, "new", r->fresh);
    jo_ki(&o, "changed", r->changed);
    jo_ki(&o, "same", r->same);
    jo_ki(&o, "marked", r->marked);
    jo_end(&o);
    cli_print(&b);
}

/* The file stands before anything is marked: what is interrupted is sent again, never left out. */
static bool report(struct cli *c, struct engine *en, struct report_ask *ask)
{
    struct actor who = actor_operator();
    struct str text, scopes[LIMIT_SCOPES], code = str_of(args_get(&c->args, "area"));
    struct report_map *map;
    struct report_run *run;
    struct report_result r;
    int area = code.len ? world_area(ask->w, code) : -1;
    if (code.len && area < 0)
        return err_field(c->e, ERR_UNKNOWN_AREA, "area", "there is no area '%.*s'", STR_F(code));
    if (!file_read(c->arena, c->args.words[0], LIMIT_REQUEST_BODY, &text, c->e) ||
        !report_read(c->arena, c->args.words[0], text, ask->w, &map, c->e))
        return false;
    ask->engine = en;
    ask->actor = &who;
    ask->map = map;
    ask->scopes = scopes;
    ask->n_scopes = actor_scopes(&who, ask->w, area, 0, c->arena, scopes);
    if (!report_write(c->arena, ask, c->args.words[1], &run, &r, c->e))
        return false;
    if (!args_has(&c->args, "dry") && !report_mark(c->arena, ask, run, &r, c->e))
        return false;
    print_report(c, &r);
    return true;
}

bool cmd_report(struct cli *c)
{
    struct engine *en;
    struct engine_config cfg = {.batch = LIMIT_BATCH_IMPORT, .read_only = args_has(&c->args, "dry")};
    struct report_ask ask = {.all = args_has(&c->args, "all"), .document = str_of(args_get(&c->args, "document"))};
    if (c->args.n_words != 2)
        return err_set(c->e, ERR_USAGE, "name the mapping and the file");
    if (!day_option(c, "from", &ask.from) || !day_option(c, "to", &ask.to) ||
        !args_need(&c->args, "db", &cfg.url, c->e) || !cli_clock(c, cfg.url, false, &cfg.clock) ||
        !engine_open(&cfg, &en, c->e))
        return false;
    struct world *w = engine_world(en, c->e);
    ask.w = w;
    ask.db = w ? engine_reader(en, c->e) : NULL;
    bool ok = ask.db && report(c, en, &ask);
    engine_reader_back(en, ask.db);
    world_unref(w);
    engine_close(en);
    return ok;
}
