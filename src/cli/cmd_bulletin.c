/* bihuan bulletin show, bulletin verify. */
#include "cli/command.h"
#include "engine/verify.h"
#include "exchange/bulletin_file.h"
#include "ledger/keys.h"

const struct option OPT_bulletin[] = {OPTION_DB, OPTION_JSON, OPTION_END};

/* A database that is only read, and the bulletin that is asked for. */
struct open {
    struct engine *en;
    struct world *w;
    struct store *db;
};

static void shut(struct open *x)
{
    if (x->db)
        engine_reader_back(x->en, x->db);
    if (x->w)
        world_unref(x->w);
    if (x->en)
        engine_close(x->en);
}

static bool begin(struct cli *c, struct open *x)
{
    struct engine_config cfg = {.read_only = true};
    return args_need(&c->args, "db", &cfg.url, c->e) && cli_clock(c, cfg.url, false, &cfg.clock) &&
           engine_open(&cfg, &x->en, c->e) && (x->w = engine_world(x->en, c->e)) != NULL &&
           (x->db = engine_reader(x->en, c->e)) != NULL;
}

static bool find(struct cli *c, struct open *x, struct str number, struct bulletin *out)
{
    struct record *r = NULL;
    bool found = false, is = false;
    if (number.len && !record_by_number(x->db, c->arena, number, &found, &r, c->e))
        return false;
    if (found && !bulletin_open(x->db, c->arena, x->w, engine_keys(x->en), r, &is, out, c->e))
        return false;
    return is || err_set(c->e, ERR_NOT_FOUND, "there is no bulletin with the number \"%.60s\"",
                         number.len ? str_c(c->arena, number) : "");
}

bool cmd_bulletin_show(struct cli *c)
{
    struct open x AUTO(shut) = {.en = NULL};
    struct bulletin b;
    if (c->args.n_words != 1)
        return err_set(c->e, ERR_USAGE, "name one bulletin by its number");
    if (!begin(c, &x) || !find(c, &x, str_of(c->args.words[0]), &b))
        return false;
    struct buf out = BUF(LIMIT_JSON_OUT);
    struct json_out o = json_out(&out);
    bulletin_write(&o, x.w, &b);
    cli_print(&out);
    return true;
}

/* ---- verify ---- */

struct verdict {
    int figures;
    struct str first_bad;
    const char *why;
    char detail[400];
};

static void bad(struct verdict *v, struct str code, const char *why, struct str detail)
{
    if (v->why)
        return;
    v->first_bad = code;
    v->why = why;
    snprintf(v->detail, sizeof v->detail, "%.*s", STR_F(detail));
}

/* The log first: a figure that agrees with a log that was altered proves nothing. */
static bool check_log(struct cli *c, struct open *x, struct verdict *v)
{
    struct verify_report report;
    char word[] = "events";
    if (!verify_all(x->db, engine_keys(x->en), VERIFY_LOG, cli_progress, word, &report, c->e))
        return false;
    cli_progress_end();
    if (!report.ok)
        bad(v, STR("log"), "the log was altered", str_of(report.why));
    return true;
}

static bool check_figures(struct cli *c, struct open *x, const struct bulletin *b, struct verdict *v)
{
    JSON_EACH (p, b->record->parts) {
        bool same;
        struct str now;
        struct err why = ERR_INIT;
        if (!bulletin_figure(p))
            continue;
        if (!bulletin_again(x->db, c->arena, x->w, p, &same, &now, &why)) {
            if (why.code == ERR_STORE)
                return err_set(c->e, ERR_STORE, "%s", why.text);
            bad(v, json_text(p, "code"), "it cannot be computed again", str_of(why.text));
        } else if (!same) {
            bad(v, json_text(p, "code"), "computed again it differs", now);
        }
    }
    return true;
}

static void print_verdict(struct cli *c, const struct bulletin *b, const struct verdict *v)
{
    struct buf out = BUF(LIMIT_JSON_OUT);
    struct json_out o = json_out(&out);
    if (!c->json) {
        if (v->why)
            buf_printf(&out, "no: %.*s: %s (%s)", STR_F(v->first_bad), v->why, v->detail);
        else
            buf_printf(&out, "yes: %.*s, %d figures as of %lld events", STR_F(b->number), v->figures,
                       (long long)b->size);
        cli_print(&out);
        return;
    }
    jo_obj(&o);
    jo_kb(&o, "ok", !v->why);
    jo_kv(&o, "number", b->number);
    jo_ki(&o, "figures", v->figures);
    jo_ki(&o, "size", b->size);
    if (v->why) {
        jo_kv(&o, "first_bad", v->first_bad);
        jo_kc(&o, "why", v->why);
        jo_kc(&o, "detail", v->detail);
    }
    jo_end(&o);
    cli_print(&out);
}

bool cmd_bulletin_verify(struct cli *c)
{
    struct open x AUTO(shut) = {.en = NULL};
    struct verdict v = {.figures = 0};
    struct bulletin b;
    struct str text, first;
    if (c->args.n_words != 1)
        return err_set(c->e, ERR_USAGE, "name one file: JSON, docx or PDF");
    if (!bulletin_read_file(c->arena, c->args.words[0], &text, c->e) || !begin(c, &x) ||
        !find(c, &x, bulletin_number_in(c->arena, text), &b) || !check_log(c, &x, &v))
        return false;
    bulletin_check_text(text, b.record->parts, &first, &v.figures);
    if (first.ptr)
        bad(&v, first, "the figure does not stand before its code as it was issued", STR(""));
    if (!v.why && !check_figures(c, &x, &b, &v))
        return false;
    print_verdict(c, &b, &v);
    c->status = v.why ? EXIT_FAILED : EXIT_DONE;
    return true;
}
