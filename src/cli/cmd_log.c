/* Commands of the log: proof, checkpoint, fork, verify. */
#include "cli/command.h"
#include "engine/verify.h"
#include "ledger/witness.h"

const struct option OPT_log_fork[] = {OPTION_DB, {"reason", "TEXT", "why the log cannot go on"}, OPTION_END};
const struct option OPT_proof[] = {OPTION_DB, {"event", "ID", "the event's id"}, OPTION_JSON, OPTION_END};
const struct option OPT_checkpoint[] = {OPTION_DB, {"vkey", NULL, "print the key that checks signatures"},
                                        {"witnessed", NULL, "the newest one that a witness has signed too"},
                                        OPTION_END};

bool cli_open_log(struct cli *c, struct store **db, struct keys *keys)
{
    const char *url;
    char path[1024];
    bool yes;
    if (!args_need(&c->args, "db", &url, c->e) || !store_exists(url, &yes, c->e))
        return false;
    if (!yes)
        return err_set(c->e, ERR_NOT_FOUND, "there is no Bihuan database at %.300s", url);
    return keys_path(url, path, c->e) && keys_load(path, keys, c->e) &&
           store_open(url, STORE_READ, db, c->e);
}

bool cli_say_standby(struct store *db, struct err *e)
{
    bool yes;
    if (!store_stands_by(db, &yes, e))
        return false;
    if (!yes)
        fprintf(stderr, "bihuan: synchronous_standby_names is empty: events of a signed checkpoint may be lost with "
                        "this machine\n");
    return true;
}

bool cmd_proof(struct cli *c)
{
    struct store *db AUTO(store_closep) = NULL;
    struct keys keys;
    const char *text;
    struct id id;
    struct event ev;
    struct ledger_head head;
    bool found;
    if (!args_need(&c->args, "event", &text, c->e))
        return false;
    if (!id_parse(str_of(text), &id))
        return err_set(c->e, ERR_USAGE, "--event: expected a UUID");
    if (!cli_open_log(c, &db, &keys) || !ledger_find(db, c->arena, id, &found, &ev, c->e))
        return false;
    if (!found)
        return err_set(c->e, ERR_NOT_FOUND, "there is no event %s", text);
    struct buf b = BUF(1 << 20);
    if (!ledger_read_head(db, &head, c->e) ||
        !ledger_proof_text(db, c->arena, &keys, ev.seq, head.tree.size, &b, c->e)) {
        buf_free(&b);
        return false;
    }
    if (c->json) {
        struct buf j = BUF(2 << 20);
        struct json_out o = json_out(&j);
        jo_obj(&o);
        jo_kc(&o, "event", text);
        jo_ki(&o, "seq", ev.seq);
        jo_ki(&o, "size", head.tree.size);
        jo_kv(&o, "proof", buf_view(&b));
        jo_end(&o);
        cli_print(&j);
    } else {
        fwrite(b.ptr, 1, b.len, stdout);
    }
    buf_free(&b);
    return true;
}

static bool print_witnessed(struct cli *c, struct store *db)
{
    struct witnessed last;
    if (!witness_last(db, c->arena, &last, c->e))
        return false;
    if (!last.any)
        return err_set(c->e, ERR_NOT_FOUND, "no witness has signed a checkpoint yet: see the settings witness.url and "
                       "witness.key (docs/operations.md)");
    fwrite(last.note.ptr, 1, last.note.len, stdout);
    return true;
}

bool cmd_checkpoint(struct cli *c)
{
    struct store *db AUTO(store_closep) = NULL;
    struct keys keys;
    struct ledger_head head;
    if (!cli_open_log(c, &db, &keys))
        return false;
    if (args_has(&c->args, "vkey")) {
        printf("%s\n", checkpoint_vkey(c->arena, &keys).ptr);
        return true;
    }
    if (args_has(&c->args, "witnessed"))
        return print_witnessed(c, db);
    if (!cli_say_standby(db, c->e) || !ledger_read_head(db, &head, c->e))
        return false;
    struct hash root = tree_root(&head.tree);
    struct str note = checkpoint_sign(c->arena, &keys, head.tree.size, &root);
    fwrite(note.ptr, 1, note.len, stdout);
    return true;
}

/* After a restore that lost events: the log goes on under a new origin, and says so in it. */
bool cmd_log_fork(struct cli *c)
{
    struct store *db AUTO(store_closep) = NULL;
    struct keys keys;
    const char *reason;
    bool continues;
    char why[200];
    if (!args_need(&c->args, "reason", &reason, c->e) || !cli_open_log(c, &db, &keys))
        return false;
    if (!checkpoint_continues(db, &keys, &continues, why, c->e))
        return false;
    if (continues)
        return err_set(c->e, ERR_WRONG_STATE, "the log continues its last checkpoint: no fork is needed");
    char old[256], origin[128], last[1100];
    struct str note;
    snprintf(last, sizeof last, "%s.last", keys.path);
    if (!file_read(c->arena, last, 65536, &note, c->e))
        return false;
    snprintf(old, sizeof old, "%s", keys.origin);
    char *mark = strrchr(old, '#');
    int64_t n = 1;
    if (mark && str_int(str_of(mark + 1), &n))
        *mark = '\0';
    snprintf(origin, sizeof origin, "%.100s#%lld", old, (long long)n + 1);
    if (!keys_set_origin(&keys, origin, c->e) || remove(last) != 0)
        return err_set(c->e, ERR_IO, "cannot set the old checkpoint aside");
    store_closep(&db);
    struct engine *en;
    if (!cli_engine(c, false, &en))
        return false;
    bool ok = cli_setting(c, en, "log.fork",
                          str_printf(c->arena, "%s; reason: %.100s; last checkpoint: %.120s", origin,
                                     reason, str_c(c->arena, note)));
    engine_close(en);
    if (ok)
        printf("the log goes on as %s\n", origin);
    return ok;
}

const struct option OPT_verify[] = {OPTION_DB,
                                    {"log", NULL, "the log alone, without records and counters"},
                                    {"files", NULL, "the attachments too: each is read whole"},
                                    OPTION_JSON,
                                    OPTION_END};

bool cmd_verify(struct cli *c)
{
    struct store *db AUTO(store_closep) = NULL;
    struct keys keys;
    struct verify_report r;
    char word[] = "verified";
    bool files = args_has(&c->args, "files"), log = args_has(&c->args, "log");
    if (files && log)
        return err_set(c->e, ERR_USAGE, "--log and --files are two levels: name one");
    if (!cli_open_log(c, &db, &keys) ||
        !verify_all(db, &keys, files ? VERIFY_FILES : log ? VERIFY_LOG : VERIFY_FOLDS, cli_progress, word, &r, c->e))
        return false;
    cli_progress_end();
    c->status = r.ok ? EXIT_DONE : EXIT_FAILED;
    struct buf b = BUF(4096);
    if (c->json) {
        struct json_out o = json_out(&b);
        jo_obj(&o);
        jo_kb(&o, "ok", r.ok);
        jo_ki(&o, "events", r.events);
        jo_kv(&o, "root", base64_of(c->arena, HASH_STR(r.root), false));
        jo_ki(&o, "records", r.records);
        jo_ki(&o, "counters", r.counters);
        jo_ki(&o, "sealed", r.sealed);
        jo_ki(&o, "wal_pages", r.wal_pages);
        if (files)
            jo_ki(&o, "files", r.files);
        if (!r.ok) {
            jo_key(&o, "first_bad");
            if (r.first_bad >= 0)
                jo_int(&o, r.first_bad);
            else
                jo_c(&o, "counters");
            jo_kc(&o, "why", r.why);
        }
        jo_end(&o);
    } else if (r.ok) {
        buf_printf(&b, "good: %lld events, %lld records, %lld counters", (long long)r.events,
                   (long long)r.records, (long long)r.counters);
        if (files)
            buf_printf(&b, ", %lld files", (long long)r.files);
        if (r.wal_pages > 0)
            buf_printf(&b, "; the WAL grew by %lld pages meanwhile", (long long)r.wal_pages);
    } else {
        if (r.first_bad >= 0)
            buf_printf(&b, "not good: event %lld: %s", (long long)r.first_bad, r.why);
        else
            buf_printf(&b, "not good: %s", r.why);
    }
    cli_print(&b);
    return true;
}
