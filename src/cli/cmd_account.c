/* Accounts: who may log in, with which roles. */
#include "access/account.h"
#include "cli/command.h"
#include <termios.h>
#include <unistd.h>

const struct option OPT_account[] = {
    OPTION_DB,
    {"role", "ROLE", "grid_worker, mediator, desk, handler, head, centre …"},
    {"area", "CODE", "where the role counts"},
    {"org", "ID", "the unit"},
    {"name", "TEXT", "the person's name"},
    OPTION_JSON,
    OPTION_END};

/* One line of standard input, without echo when it is a terminal. */
static bool read_password(struct cli *c, struct str *out)
{
    char line[PASSWORD_MAX + 3];
    struct termios old, quiet;
    bool tty = isatty(0) && tcgetattr(0, &old) == 0;
    if (tty) {
        quiet = old;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(0, TCSANOW, &quiet);
        fprintf(stderr, "password: ");
    }
    char *got = fgets(line, sizeof line, stdin);
    if (tty) {
        tcsetattr(0, TCSANOW, &old);
        fputc('\n', stderr);
    }
    if (!got)
        return err_set(c->e, ERR_USAGE, "the password is read from standard input");
    size_t n = strcspn(line, "\r\n");
    *out = str_dup(c->arena, (struct str){line, n});
    explicit_bzero(line, sizeof line);
    return true;
}

struct keep {
    struct id account;
    int64_t now;
    char hash[PASSWORD_HASH];
};

static bool keep_password(void *user, struct store *db, struct err *e)
{
    struct keep *k = user;
    return password_save(db, k->account, k->hash, k->now, e);
}

static bool make_hash(struct cli *c, struct str password, struct keep *k)
{
    struct hasher *h AUTO(hasher_stopp) = NULL;
    return hasher_start(&h, c->e) && hasher_make(h, password, k->hash, c->e);
}

static bool open_account(struct cli *c, struct engine *en, const char *role, const char *area,
                         struct keep *k)
{
    struct answer ans;
    struct ask ask = ASK_INIT;
    ask.type = STR("sys.account");
    ask.fields = json_new(c->arena, J_OBJ);
    json_set(c->arena, ask.fields, STR("login"), json_new_str(c->arena, str_of(c->args.words[0])));
    static const char *const KEYS[] = {"name", "org"};
    for (size_t i = 0; i < COUNT_OF(KEYS); i++)
        if (args_has(&c->args, KEYS[i]))
            json_set(c->arena, ask.fields, str_of(KEYS[i]),
                     json_new_str(c->arena, str_of(args_get(&c->args, KEYS[i]))));
    struct json *roles = json_set(c->arena, ask.fields, STR("roles"), json_new(c->arena, J_ARR));
    struct json *one = json_push(roles, json_new(c->arena, J_OBJ));
    json_set(c->arena, one, STR("role"), json_new_str(c->arena, str_of(role)));
    json_set(c->arena, one, STR("area"), json_new_str(c->arena, str_of(area)));
    if (!cli_act(c, en, &ask, &ans))
        return false;
    k->account = ans.record;
    k->now = engine_now(en);
    return engine_credential(en, keep_password, k, c->e);
}

bool cmd_account_add(struct cli *c)
{
    const char *role, *area;
    struct engine *en;
    struct str password;
    struct keep k;
    if (c->args.n_words != 1)
        return err_set(c->e, ERR_USAGE, "name the login");
    if (!args_need(&c->args, "role", &role, c->e) || !args_need(&c->args, "area", &area, c->e) ||
        !read_password(c, &password) || !password_check(str_of(c->args.words[0]), password, c->e) ||
        !make_hash(c, password, &k) || !cli_engine(c, false, &en))
        return false;
    bool ok = open_account(c, en, role, area, &k);
    engine_close(en);
    if (!ok)
        return false;
    struct buf b = BUF(256);
    buf_printf(&b, c->json ? "{\"id\":\"%s\"}" : "%s", id_text(c->arena, k.account).ptr);
    cli_print(&b);
    return true;
}
