/* bihuan indicator: one figure. */
#include "cli/command.h"
#include "measure/indicator.h"

const struct option OPT_indicator[] = {
    OPTION_DB,
    {"area", "CODE", "without it the root"},
    {"from", "DATE", "first day"},
    {"to", "DATE", "last day, inclusive"},
    {"by", "KEY", "day, month, area, FIELD, FIELD.LEVEL or FIELD:MAPPING"},
    {"where", "CQL2", "a condition besides"},
    {"compare", "yoy|previous", "with the year before, or the span before"},
    {"as-of", "DATE|SIZE", "as it was known at the end of a day, or at a size of the log"},
    {"outside", NULL, "as it may leave the house: sealed matters in fives"},
    OPTION_JSON,
    OPTION_END};

static bool take(struct cli *c, struct figure_question *q)
{
    static const char *const NAMES[] = {"area", "from", "to", "by", "where", "compare"};
    for (size_t i = 0; i < COUNT_OF(NAMES); i++)
        if (args_has(&c->args, NAMES[i]) &&
            !figure_question_set(q, NAMES[i], str_of(args_get(&c->args, NAMES[i])), c->e))
            return false;
    return !args_has(&c->args, "as-of") ||
           figure_question_set(q, "as_of", str_of(args_get(&c->args, "as-of")), c->e);
}

bool cmd_indicator(struct cli *c)
{
    struct engine_config cfg = {.read_only = true};
    struct engine *en;
    struct figure f;
    if (c->args.n_words != 1)
        return err_set(c->e, ERR_USAGE, "name one indicator, as report.opened");
    if (!args_need(&c->args, "db", &cfg.url, c->e) ||
        !cli_clock(c, cfg.url, false, &cfg.clock) || !engine_open(&cfg, &en, c->e))
        return false;
    struct figure_question q = figure_question_new(engine_now(en));
    q.sealed = !args_has(&c->args, "outside"); /* who stands here has the key file */
    struct world *w = engine_world(en, c->e);
    struct store *db = w ? engine_reader(en, c->e) : NULL;
    struct buf b = BUF(LIMIT_JSON_OUT);
    bool ok = db && figure_question_set(&q, "id", str_of(c->args.words[0]), c->e) && take(c, &q) &&
              figure_ask(db, c->arena, w, &q, &f, c->e);
    if (ok) {
        struct json_out o = json_out(&b);
        figure_write(&o, &f);
        cli_print(&b);
    }
    engine_reader_back(en, db);
    world_unref(w);
    engine_close(en);
    return ok;
}
