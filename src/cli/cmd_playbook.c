/* Commands of playbooks: check, install, and the dry run of both. */
#include "cli/command.h"
#include "engine/preview.h"
#include "playbook/check.h"

const struct option OPT_playbook[] = {OPTION_DB,
                                      {"dry-run", NULL, "only say what it would do to what is there"},
                                      OPTION_JSON,
                                      OPTION_END};
const struct option OPT_check[] = {
    {"db", "URL", "also say what it would do to the open cases of this database"}, OPTION_JSON, OPTION_END};

const struct option OPT_adopt[] = {OPTION_DB,
                                   {"to", "VERSION", "a newer version than that in force"},
                                   OPTION_JSON,
                                   OPTION_END};

static bool chinese(void)
{
    const char *lang = getenv("LC_ALL");
    if (!lang || !*lang)
        lang = getenv("LANG");
    return lang && strncmp(lang, "zh", 2) == 0;
}

struct dry {
    struct cli *c;
    struct engine *en;
    struct store *db;
    struct world *w;
    struct buf out;
    struct json_out json;
};

static bool dry_open(struct cli *c, struct dry *d)
{
    struct engine_config cfg = {.read_only = true};
    *d = (struct dry){.c = c, .out = BUF(LIMIT_JSON_OUT)};
    d->json = json_out(&d->out);
    if (!args_need(&c->args, "db", &cfg.url, c->e) || !cli_clock(c, cfg.url, false, &cfg.clock) ||
        !engine_open(&cfg, &d->en, c->e))
        return false;
    d->w = engine_world(d->en, c->e);
    d->db = d->w ? engine_reader(d->en, c->e) : NULL;
    return d->db && store_begin(d->db, c->e);
}

static void dry_close(struct dry *d)
{
    if (d->en)
        engine_reader_back(d->en, d->db);
    world_unref(d->w);
    engine_close(d->en);
    buf_free(&d->out);
}

static bool dry_one(struct dry *d, const char *dir)
{
    struct str text;
    struct preview p;
    struct complaints found = {.n = 0};
    struct arena *a AUTO(arena_freep) = arena_new();
    if (!playbook_read(a, dir, &text, d->c->e))
        return false;
    struct playbook *next = playbook_load(text, d->w->zone, &found);
    if (!next)
        return err_set(d->c->e, ERR_SYNTAX, "%s/%s:%d: %s", dir, found.list[0].file, found.list[0].line,
                       found.list[0].text);
    bool ok = preview_playbook(d->db, engine_keys(d->en), a, d->w, engine_calendar(d->en), next,
                               engine_now(d->en), &p, d->c->e);
    if (ok && d->c->json)
        preview_write(&d->json, &p);
    else if (ok)
        preview_text(&d->out, &p, chinese());
    playbook_free(next);
    return ok;
}

static bool dry_run(struct cli *c, const char **dirs, size_t n)
{
    struct dry d;
    bool ok = dry_open(c, &d);
    if (ok)
        jo_arr(&d.json);
    if (!c->json)
        buf_clear(&d.out);
    for (size_t i = 0; ok && i < n; i++)
        ok = dry_one(&d, dirs[i]);
    if (ok && c->json) {
        jo_end(&d.json);
        buf_char(&d.out, '\n');
    }
    if (ok)
        fwrite(d.out.ptr, 1, d.out.len, stdout);
    dry_close(&d);
    return ok;
}

bool cmd_playbook_install(struct cli *c)
{
    struct engine *en;
    const char **dirs;
    size_t n;
    if (c->args.n_words != 1)
        return err_set(c->e, ERR_USAGE, "name one folder");
    if (!cli_playbook_dirs(c->arena, c->args.words[0], &dirs, &n, c->e))
        return false;
    if (args_has(&c->args, "dry-run"))
        return dry_run(c, dirs, n);
    if (!cli_engine(c, false, &en))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++)
        ok = cli_install(c, en, dirs[i]);
    char word[] = "figures are built";
    ok = ok && engine_build_wait(en, cli_progress, word, c->e);
    engine_close(en);
    return ok;
}

static void put_complaint(struct cli *c, struct json_out *o, const char *dir, const struct complaint *x)
{
    c->status = EXIT_FAILED;
    if (!c->json)
        printf("%s/%s:%d: %s\n", dir, x->file, x->line, x->text);
    jo_obj(o);
    jo_kc(o, "file", arena_printf(c->arena, "%s/%s", dir, x->file));
    jo_ki(o, "line", x->line);
    jo_kc(o, "text", x->text);
    jo_end(o);
}

static bool check_dirs(struct cli *c, struct json_out *o, const char **dirs, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        struct complaints found = {.n = 0};
        if (!playbook_check_dir(dirs[k], &found, c->e))
            return false;
        for (int m = 0; m < found.n; m++)
            put_complaint(c, o, dirs[k], &found.list[m]);
        if (!found.n && !c->json)
            printf("%s: good\n", dirs[k]);
    }
    return true;
}

bool cmd_check(struct cli *c)
{
    if (!c->args.n_words)
        return err_set(c->e, ERR_USAGE, "name at least one folder");
    struct buf b AUTO(buf_free) = BUF(1 << 20);
    struct json_out o = json_out(&b);
    const char **all = NULL;
    size_t n_all = 0, cap = 0;
    jo_arr(&o);
    for (int i = 0; i < c->args.n_words; i++) {
        const char **dirs;
        size_t n;
        if (!cli_playbook_dirs(c->arena, c->args.words[i], &dirs, &n, c->e) || !check_dirs(c, &o, dirs, n))
            return false;
        for (size_t k = 0; k < n; k++) {
            all = arena_grow(c->arena, all, n_all, &cap, sizeof *all);
            all[n_all++] = dirs[k];
        }
    }
    jo_end(&o);
    if (args_has(&c->args, "db") && c->status == EXIT_DONE)
        return dry_run(c, all, n_all);
    if (c->json) {
        buf_char(&b, '\n');
        fwrite(b.ptr, 1, b.len, stdout);
    }
    return true;
}

/* ---- adopt ---- */

struct adopting {
    struct cli *c;
    struct engine *en;
    const struct world *w;
    int64_t version, moved, refused, stay;
};

static bool adopt_one(void *self, struct arena *a, struct record *r)
{
    struct adopting *x = self;
    const struct playbook *now = world_playbook(x->w, r->pb);
    struct ask ask = ASK_INIT;
    struct actor who = actor_operator();
    struct answer ans;
    if (!now || !adopt_target(x->w, now, x->version)) {
        x->stay++;
        return true;
    }
    ask.id = id_new(engine_now(x->en));
    ask.rec = r->id;
    ask.action = STR("adopt");
    ask.actor = &who;
    ask.fields = json_new(a, J_OBJ);
    if (x->version)
        json_set(a, ask.fields, STR("to_version"), json_new_int(a, x->version));
    ask_set_req(&ask);
    if (engine_act(x->en, a, &ask, &ans)) {
        x->moved++;
        return true;
    }
    x->refused++;
    if (!x->c->json)
        printf("%.*s: %s\n", STR_F(r->number), ans.err.text);
    return ans.err.code == ERR_GUARD || ans.err.code == ERR_WRONG_STATE ||
           err_set(x->c->e, ans.err.code, "%s", ans.err.text);
}

bool cmd_adopt(struct cli *c)
{
    struct adopting x = {.c = c};
    const char *to = args_get(&c->args, "to");
    if (c->args.n_words != 1)
        return err_set(c->e, ERR_USAGE, "name the playbook");
    if (to && (!str_int(str_of(to), &x.version) || x.version < 1))
        return err_set(c->e, ERR_USAGE, "--to: expected a version");
    if (!cli_engine(c, false, &x.en))
        return false;
    struct world *w = engine_world(x.en, c->e);
    struct store *db = w ? engine_reader(x.en, c->e) : NULL;
    x.w = w;
    struct str id = str_of(c->args.words[0]);
    bool ok = db && (world_playbook(w, id) || err_set(c->e, ERR_NOT_FOUND, "there is no such playbook in force")) &&
              preview_each(db, engine_keys(x.en), w, id, adopt_one, &x, c->e);
    engine_reader_back(x.en, db);
    world_unref(w);
    engine_close(x.en);
    if (!ok)
        return false;
    struct buf b = BUF(256);
    buf_printf(&b, c->json ? "{\"moved\":%lld,\"refused\":%lld,\"unchanged\":%lld}"
                           : "%lld moved, %lld refused, %lld stay as they are",
               (long long)x.moved, (long long)x.refused, (long long)x.stay);
    cli_print(&b);
    return true;
}
