/* backup and restore.
 *
 * A backup is a folder: bihuan.db or, of PostgreSQL, bihuan.dump (a consistent copy made while the program runs),
 * files/ (uploads, encrypted; on PostgreSQL they are rows), checkpoint (signed: what the copy must contain).  The
 * key file is not in it unless --with-key says so: who has both can read everything.  A copy that PostgreSQL's own
 * tools have put back is checked, and what was erased since erased again, by restore without a folder. */
#include "cli/copy.h"
#include "engine/erasures.h"
#include "engine/upload_bytes.h"
#include "engine/verify.h"
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

const struct option OPT_backup[] = {OPTION_DB,
                                    {"with-key", NULL, "put the key file into the backup too"},
                                    OPTION_END};
const struct option OPT_restore[] = {OPTION_DB,
                                     {"key", "FILE", "the key file, when it is not in the backup"},
                                     {"erasures", "FILE", "the list of what was erased, when it is "
                                      "not beside the key file"},
                                     OPTION_END};

/* Two levels: files/ab/<id>. A folder that is not there holds nothing. */
static bool copy_tree(struct arena *a, const char *from, const char *to, int depth, struct err *e)
{
    DIR *d = opendir(from);
    if (!d)
        return true;
    bool ok = mkdir(to, 0700) == 0 || errno == EEXIST ||
              err_set(e, ERR_IO, "cannot make %.300s: %s", to, strerror(errno));
    struct dirent *x;
    while (ok && (x = readdir(d))) {
        struct stat st;
        if (x->d_name[0] == '.')
            continue;
        const char *src = arena_printf(a, "%s/%s", from, x->d_name);
        const char *dst = arena_printf(a, "%s/%s", to, x->d_name);
        if (stat(src, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode))
            ok = depth == 0 || copy_tree(a, src, dst, depth - 1, e);
        else
            ok = copy_file(src, dst, e);
    }
    closedir(d);
    return ok;
}

bool cmd_backup(struct cli *c)
{
    const char *url, *dir;
    char key[1024], files[UPLOADS_FOLDER];
    struct keys keys;
    struct ledger_head head;
    if (c->args.n_words != 1)
        return err_set(c->e, ERR_USAGE, "name the folder to write");
    dir = c->args.words[0];
    if (!args_need(&c->args, "db", &url, c->e) || !keys_path(url, key, c->e) || !keys_load(key, &keys, c->e))
        return false;
    if (mkdir(dir, 0700) != 0)
        return err_set(c->e, ERR_IO, "cannot make the folder %.300s: %s", dir, strerror(errno));
    if (!copy_out(c, url, copy_name(c->arena, url, dir), &head))
        return false;
    struct hash root = tree_root(&head.tree);
    struct str note = checkpoint_sign(c->arena, &keys, head.tree.size, &root);
    if (!file_replace(arena_printf(c->arena, "%s/checkpoint", dir), note, 0600, c->e))
        return false;
    if (!copy_is_rows(url) && (!uploads_folder(url, files, c->e) ||
                               !copy_tree(c->arena, files, arena_printf(c->arena, "%s/files", dir), 2, c->e)))
        return false;
    if (args_has(&c->args, "with-key") &&
        !copy_file(key, arena_printf(c->arena, "%s/key", dir), c->e))
        return false;
    printf("%s: %lld events\n", dir, (long long)head.tree.size);
    return true;
}

static bool check_restored(struct cli *c, const char *url, const char *dir, const struct keys *keys)
{
    struct store *db AUTO(store_closep) = NULL;
    struct str text;
    struct checkpoint mark;
    struct ledger_head head;
    struct verify_report r;
    char word[] = "verified";
    if (!file_read(c->arena, arena_printf(c->arena, "%s/checkpoint", dir), 65536, &text, c->e) ||
        !checkpoint_parse(text, keys, &mark, c->e) || !store_open(url, STORE_READ, &db, c->e) ||
        !ledger_read_head(db, &head, c->e))
        return false;
    struct hash root = tree_root(&head.tree);
    if (head.tree.size != mark.size || !hash_eq(&root, &mark.root))
        return err_set(c->e, ERR_VERIFY, "the copy is not the one its checkpoint was signed for");
    if (!verify_all(db, keys, VERIFY_LOG, cli_progress, word, &r, c->e))
        return false;
    return r.ok || r.first_bad < 0 ||
           err_set(c->e, ERR_VERIFY, "event %lld: %s", (long long)r.first_bad, r.why);
}

/* What was erased after the backup was made must not come back (decisions 20).  newer: a checkpoint was
 * signed after it, so there may be such erasures, and without the list nobody knows which. */
static bool erase_again(struct cli *c, const char *url, const struct keys *keys, bool newer)
{
    char beside[ERASURES_PATH];
    const char *given = args_get(&c->args, "erasures");
    struct err mine = ERR_INIT;
    int64_t values = 0;
    erasures_path(keys, beside);
    if (erasures_again(url, keys, given ? given : beside, &values, &mine)) {
        if (values)
            printf("erased again: %lld values\n", (long long)values);
        return true;
    }
    if (given || mine.code != ERR_NOT_FOUND) {
        *c->e = mine;
        return false;
    }
    if (!newer) {
        fprintf(stderr, "there is no list %s: if something was erased after this backup, erase it again\n"
                        "没有删除清单：如备份之后删除过个人信息，请重新删除\n", beside);
        return true;
    }
    err_set(c->e, ERR_NOT_FOUND, "there is no list %.300s of what was erased after this backup: bring it back, or "
            "name it by --erasures FILE (an empty file: nothing was erased)", beside);
    return err_zh(c->e, "找不到备份之后的删除清单：请找回该文件，或用 --erasures 指定（确认没有删除过，可指定一个空文件）");
}

static bool goes_on(struct cli *c, const char *url, const struct keys *keys, bool *yes, char why[static 200])
{
    struct store *db AUTO(store_closep) = NULL;
    return store_open(url, STORE_READ, &db, c->e) && checkpoint_continues(db, keys, yes, why, c->e);
}

/* PostgreSQL: its own tools have put the copy there; what was erased since goes again. */
static bool restored_rows(struct cli *c, const char *url)
{
    struct store *db AUTO(store_closep) = NULL;
    struct keys keys;
    struct verify_report r;
    char key[1024], why[200], word[] = "verified";
    bool continues = true;
    if (!keys_path(url, key, c->e) || !keys_load(key, &keys, c->e) || !store_open(url, STORE_READ, &db, c->e) ||
        !verify_all(db, &keys, VERIFY_LOG, cli_progress, word, &r, c->e))
        return false;
    if (!r.ok && r.first_bad >= 0)
        return err_set(c->e, ERR_VERIFY, "event %lld: %s", (long long)r.first_bad, r.why);
    if (!goes_on(c, url, &keys, &continues, why) || !erase_again(c, url, &keys, !continues))
        return false;
    if (!continues)
        fprintf(stderr, "read-only until `bihuan log fork --reason …`: %s\n", why);
    return true;
}

bool cmd_restore(struct cli *c)
{
    const char *url, *dir, *from = args_get(&c->args, "key");
    char key[1024], files[UPLOADS_FOLDER];
    struct keys keys;
    struct stat st;
    if (!args_need(&c->args, "db", &url, c->e))
        return false;
    if (copy_is_rows(url) && !c->args.n_words)
        return restored_rows(c, url);
    if (c->args.n_words != 1)
        return err_set(c->e, ERR_USAGE, "name the folder of the backup");
    dir = c->args.words[0];
    if (!keys_path(url, key, c->e) || !copy_target_free(c, url))
        return false;
    if (!from)
        from = arena_printf(c->arena, "%s/key", dir);
    if (stat(key, &st) != 0 && !copy_file(from, key, c->e))
        return false;
    if (!keys_load(key, &keys, c->e) || !copy_in(c, copy_name(c->arena, url, dir), url))
        return false;
    if (!copy_is_rows(url) && (!uploads_folder(url, files, c->e) ||
                               !copy_tree(c->arena, arena_printf(c->arena, "%s/files", dir), files, 2, c->e)))
        return false;
    bool continues = true;
    char why[200];
    if (!check_restored(c, url, dir, &keys) || !goes_on(c, url, &keys, &continues, why) ||
        !erase_again(c, url, &keys, !continues)) {
        copy_undo(c, url);
        return false;
    }
    if (!continues)
        fprintf(stderr, "read-only until `bihuan log fork --reason …`: %s\n", why);
    printf("%s\n", url);
    return true;
}
