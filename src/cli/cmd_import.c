/* bihuan import: a table from outside. */
#include "cli/command.h"
#include "exchange/import.h"
#include "exchange/import_look.h"

const struct option OPT_import[] = {
    OPTION_DB,
    {"rejects", "FILE", "rows that were refused, with the reason in the last column; .xlsx or CSV"},
    {"dry", NULL, "try every row, write nothing: the answer says what an import would do"},
    {"area", "CODE", "where rows of an unknown area go; without it the root"},
    {"guess", NULL, "print a mapping guessed from the file, import nothing (with --type)"},
    {"type", "TYPE", "record type for --guess, as report.report"},
    OPTION_JSON,
    OPTION_END};

static bool open_engine(struct cli *c, bool read_only, struct engine **out)
{
    struct engine_config cfg = {
        .read_only = read_only, .batch = LIMIT_BATCH_IMPORT};
    return args_need(&c->args, "db", &cfg.url, c->e) && cli_clock(c, cfg.url, false, &cfg.clock) &&
           engine_open(&cfg, out, c->e);
}

static bool guess(struct cli *c)
{
    struct engine *en;
    const char *type;
    if (c->args.n_words != 1)
        return err_set(c->e, ERR_USAGE, "name one file");
    if (!args_need(&c->args, "type", &type, c->e) || !open_engine(c, true, &en))
        return false;
    struct import_look look = {.rows = 0};
    struct world *w = engine_world(en, c->e);
    bool ok = w && import_look(c->arena, w, c->args.words[0], str_of(type), &look, c->e);
    world_unref(w);
    engine_close(en);
    if (ok)
        fwrite(look.mapping.ptr, 1, look.mapping.len, stdout);
    return ok;
}

struct told {
    const char *file;
    int64_t n;
};

enum { TOLD_MOST = 20 };

/* Without a rejects file the first reasons are said here. */
static void tell_refused(void *self, int64_t line, struct str why)
{
    struct told *t = self;
    if (++t->n <= TOLD_MOST)
        fprintf(stderr, "%s:%lld: %.*s\n", t->file, (long long)line, STR_F(why));
    else if (t->n == TOLD_MOST + 1)
        fprintf(stderr, "… more (--rejects FILE keeps all)\n");
}

static void print_result(struct cli *c, const struct import_result *r)
{
    struct buf b = BUF(8192);
    struct json_out o = json_out(&b);
    if (!c->json) {
        buf_printf(&b, "read %lld: new %lld, updated %lld, same %lld, rejected %lld",
                   (long long)r->read, (long long)r->created, (long long)r->updated,
                   (long long)r->same, (long long)r->rejected);
        if (r->area_unknown || r->area_above)
            buf_printf(&b, "\narea unknown %lld, only its beginning known %lld",
                       (long long)r->area_unknown, (long long)r->area_above);
        if (r->unused.len)
            buf_printf(&b, "\ncolumns not used: %.*s", STR_F(r->unused));
        cli_print(&b);
        return;
    }
    jo_obj(&o);
    jo_ki(&o, "read", r->read);
    jo_ki(&o, "new", r->created);
    jo_ki(&o, "updated", r->updated);
    jo_ki(&o, "rejected", r->rejected);
    jo_ki(&o, "same", r->same);
    jo_key(&o, "warnings");
    jo_obj(&o);
    jo_ki(&o, "area_unknown", r->area_unknown);
    jo_ki(&o, "area_above", r->area_above);
    jo_kv(&o, "unused_columns", r->unused);
    jo_end(&o);
    jo_end(&o);
    cli_print(&b);
}

bool cmd_import(struct cli *c)
{
    struct engine *en;
    struct import_result r = {.read = 0};
    struct actor who = actor_operator();
    if (args_has(&c->args, "guess"))
        return guess(c);
    if (c->args.n_words != 2)
        return err_set(c->e, ERR_USAGE, "name the mapping and the file");
    struct str mapping;
    if (!file_read(c->arena, c->args.words[0], LIMIT_PLAYBOOK, &mapping, c->e) || !open_engine(c, false, &en))
        return false;
    struct told told = {c->args.words[1], 0};
    struct import_ask ask = {.engine = en,
                             .actor = &who,
                             .mapping_name = c->args.words[0],
                             .mapping = mapping,
                             .file = c->args.words[1],
                             .rejects = args_get(&c->args, "rejects"),
                             .dry = args_has(&c->args, "dry"),
                             .area = str_of(args_get(&c->args, "area")),
                             .progress = cli_progress,
                             .progress_self = (char[]){"import"}};
    if (ask.rejects) {
        ask.rejects_kind = table_kind_of(ask.rejects);
    } else {
        ask.refused = tell_refused;
        ask.refused_self = &told;
    }
    bool ok = import_run(c->arena, &ask, &r, c->e);
    engine_close(en);
    cli_progress_end();
    if (ok)
        print_result(c, &r);
    else if (r.read)
        fprintf(stderr, "bihuan import: stopped behind %lld rows; run it again to go on\n",
                (long long)r.read);
    return ok;
}
