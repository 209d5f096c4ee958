/* The log as it leaves: for an overseer without what is sealed, for who may see that with it, and whole, with every
 * value in the clear; its hashes as tiles. */
#include "cli/command.h"
#include "ledger/ledger.h"
#include "record/seal.h"
#include "record/values.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

const struct option OPT_log_export[] = {
    OPTION_DB,
    {"sealed", NULL, "the events of sealed matters too, for who may see them"},
    {"with-values", NULL, "the full copy: sealed events, and in FILE.values every personal detail in the clear"},
    {"tiles", "DIR", "the hashes, as C2SP tlog-tiles for a web server; without FILE nothing else"},
    OPTION_JSON,
    OPTION_END};

/* Sealed matters, as they are when the first event is asked about: the export's size is fixed then. */
struct sealed_matters {
    struct cli *c;
    struct store *db;
    int64_t *rids;
    size_t n;
    bool read;
};

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static bool is_sealed(void *self, const struct event *ev)
{
    struct sealed_matters *s = self;
    if (!s->read && !sealed_rids(s->db, s->c->arena, &s->rids, &s->n, s->c->e))
        return true;
    s->read = true;
    return s->n && bsearch(&ev->rid, s->rids, s->n, sizeof *s->rids, by_number);
}

static void say_exported(struct cli *c, const struct ledger_hide *hide)
{
    struct buf b = BUF(400);
    struct json_out o = json_out(&b);
    if (c->json) {
        jo_obj(&o);
        jo_ki(&o, "hidden", hide->hidden);
        jo_end(&o);
    } else if (hide->hidden) {
        buf_printf(&b, "%lld events of sealed matters are hidden: their line is the leaf hash (--sealed writes them)",
                   (long long)hide->hidden);
    }
    if (b.len)
        cli_print(&b);
    else
        buf_free(&b);
}

static bool export_tiles(struct cli *c, struct store *db, const struct keys *keys, const char *dir)
{
    int64_t size;
    if (!ledger_tiles(db, keys, dir, &size, c->e))
        return false;
    fprintf(stderr, "%s: the hashes of %lld events\n", dir, (long long)size);
    return true;
}

static FILE *create(const char *path, int mode, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    FILE *to = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (!to)
        err_set(e, ERR_IO, "cannot write %.300s: %s", path, strerror(errno));
    return to;
}

static bool finish(FILE *to, const char *path, bool ok, struct err *e)
{
    if (fclose(to) != 0 && ok)
        ok = err_set(e, errno == ENOSPC ? ERR_FULL : ERR_IO, "cannot write %.300s: %s", path, strerror(errno));
    return ok;
}

static bool export_lines(struct cli *c, struct store *db, const struct keys *keys, const char *path, bool all)
{
    char word[] = "exported";
    struct sealed_matters sealed = {.c = c, .db = db};
    struct ledger_hide hide = {.self = &sealed, .hide = is_sealed};
    FILE *to = create(path, 0666, c->e);
    if (!to)
        return false;
    bool ok = ledger_export(db, keys, to, all ? NULL : &hide, cli_progress, word, c->e) && !err_is(c->e);
    ok = finish(to, path, ok, c->e);
    if (ok)
        say_exported(c, &hide);
    return ok;
}

static bool export_values(struct cli *c, struct store *db, const struct keys *keys, const char *path)
{
    int64_t n;
    FILE *to = create(path, 0600, c->e);
    if (!to)
        return false;
    bool ok = finish(to, path, values_export(db, keys, to, &n, c->e), c->e);
    if (ok)
        fprintf(stderr, "%s: %lld values in the clear; keep it as you keep the key file\n", path, (long long)n);
    return ok;
}

/* Lines and values of one snapshot, both or none. */
static bool export_whole(struct cli *c, struct store *db, const struct keys *keys, const char *path)
{
    const char *values = arena_printf(c->arena, "%s.values", path);
    bool opened = store_begin(db, c->e) && export_values(c, db, keys, values);
    bool ok = opened && export_lines(c, db, keys, path, true);
    store_rollback(db);
    if (!ok)
        unlink(values);
    if (opened && !ok)
        unlink(path);
    return ok;
}

bool cmd_log_export(struct cli *c)
{
    struct store *db AUTO(store_closep) = NULL;
    struct keys keys;
    const char *tiles = args_get(&c->args, "tiles"), *path = c->args.words[0];
    bool whole = args_has(&c->args, "with-values");
    if (c->args.n_words != 1 && !(tiles && !c->args.n_words && !whole))
        return err_set(c->e, ERR_USAGE, "name the file to write");
    if (!cli_open_log(c, &db, &keys) || (tiles && !export_tiles(c, db, &keys, tiles)))
        return false;
    if (!c->args.n_words)
        return true;
    return whole ? export_whole(c, db, &keys, path)
                 : export_lines(c, db, &keys, path, args_has(&c->args, "sealed"));
}
