#include "cli/copy.h"
#include <errno.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

bool copy_file(const char *from, const char *to, struct err *e)
{
    FILE *in = fopen(from, "rbe");
    if (!in)
        return err_set(e, ERR_IO, "cannot read %.300s: %s", from, strerror(errno));
    FILE *out = fopen(to, "wbe");
    if (!out) {
        fclose(in);
        return err_set(e, ERR_IO, "cannot write %.300s: %s", to, strerror(errno));
    }
    char piece[65536];
    size_t n;
    bool ok = true;
    while (ok && (n = fread(piece, 1, sizeof piece, in)) > 0)
        ok = fwrite(piece, 1, n, out) == n;
    ok = ok && !ferror(in) && fflush(out) == 0 && fsync(fileno(out)) == 0;
    int why = errno;
    fclose(in);
    if (fclose(out) != 0 || !ok)
        return err_set(e, why == ENOSPC ? ERR_FULL : ERR_IO, "cannot write %.300s: %s", to,
                       strerror(why));
    return true;
}

bool copy_is_rows(const char *url)
{
    return !store_file(url);
}

const char *copy_name(struct arena *a, const char *url, const char *dir)
{
    return arena_printf(a, "%s/bihuan.%s", dir, copy_is_rows(url) ? "dump" : "db");
}

/* Runs a program of PostgreSQL; what it has to say goes to standard error. */
static bool run_tool(const char *const *argv, struct err *e)
{
    pid_t pid;
    int status = 0;
    int why = posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)(uintptr_t)argv, environ);
    if (why)
        return err_set(e, ERR_IO, "%s cannot be run (%s): install postgresql-client", argv[0], strerror(why));
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
           err_set(e, ERR_STORE, "%s failed: see what it says above", argv[0]);
}

static bool dump(struct cli *c, struct store *db, const char *url, const char *file, struct ledger_head *head)
{
    char name[STORE_SNAPSHOT];
    if (!store_begin(db, c->e) || !ledger_read_head(db, head, c->e) || !store_snapshot(db, name, c->e))
        return false;
    const char *const argv[] = {
        "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--snapshot", name, "--file", file,
        "--dbname", url, NULL};
    bool ok = run_tool(argv, c->e);
    store_rollback(db);
    if (!ok)
        unlink(file);
    return ok;
}

bool copy_out(struct cli *c, const char *url, const char *file, struct ledger_head *head)
{
    struct store *db AUTO(store_closep) = NULL, *copy AUTO(store_closep) = NULL;
    if (!store_open(url, STORE_READ, &db, c->e))
        return false;
    if (copy_is_rows(url))
        return dump(c, db, url, file, head);
    return store_copy(db, file, c->e) && store_open(file, STORE_READ, &copy, c->e) &&
           ledger_read_head(copy, head, c->e);
}

bool copy_target_free(struct cli *c, const char *url)
{
    struct stat st;
    struct store *db AUTO(store_closep) = NULL;
    bool empty = false;
    if (!copy_is_rows(url))
        return stat(store_file(url), &st) != 0 ||
               err_set(c->e, ERR_UNIQUE, "%.300s exists: move it away first", url);
    if (!store_open(url, STORE_READ, &db, c->e) || !store_is_empty(db, &empty, c->e))
        return false;
    return empty || err_set(c->e, ERR_UNIQUE, "this database is not empty: make a new one (CREATE DATABASE … ENCODING "
                            "'UTF8' TEMPLATE template0) and name it by --db");
}

bool copy_in(struct cli *c, const char *file, const char *url)
{
    if (!copy_is_rows(url))
        return copy_file(file, store_file(url), c->e);
    const char *const argv[] = {"pg_restore", "--no-owner", "--no-privileges", "--exit-on-error",
                                "--single-transaction", "--dbname", url, file, NULL};
    return run_tool(argv, c->e);
}

void copy_undo(struct cli *c, const char *url)
{
    struct err e = ERR_INIT;
    struct store *db AUTO(store_closep) = NULL;
    const char *file = store_file(url);
    if (file) {
        remove(file);
        remove(arena_printf(c->arena, "%s-wal", file));
        remove(arena_printf(c->arena, "%s-shm", file));
    } else if (!store_open(url, STORE_WRITE, &db, &e) || !store_empty(db, &e)) {
        fprintf(stderr, "bihuan: what was restored could not be taken away again, drop the database: %s\n", e.text);
    }
}
