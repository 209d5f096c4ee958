#include "access/account.h"
#include "access/account.sql.h"
#include "access/password_int.h"
#include "record/change.h"

/* ---- from the fold ---- */

static void take_grants(const struct record *r, struct actor *out)
{
    JSON_EACH(g, json_get(r->fields, "roles"))
    {
        enum role role = role_of(json_text(g, "role"));
        if (role != ROLE_NONE && out->n_grants < ACTOR_GRANTS)
            out->grants[out->n_grants++] =
                (struct grant){.role = role, .area = json_num(g, "area", 0)};
    }
}

bool account_actor(struct store *db, struct arena *a, struct id account, struct actor *out,
                   bool *found, struct err *e)
{
    struct record *r;
    bool has;
    if (!record_load(db, a, account, &has, &r, e))
        return false;
    if (!has || !str_is(r->type, "sys.account") || !record_open(r)) {
        *found = false;
        return true;
    }
    struct actor actor = {.kind = ACTOR_ACCOUNT, .account = account};
    id_format(account, actor.by);
    struct str org = json_text(r->fields, "org");
    if (org.len && org.len < sizeof actor.org)
        memcpy(actor.org, org.ptr, org.len);
    take_grants(r, &actor);
    *out = actor;
    *found = true;
    return true;
}

bool account_by_login(struct store *db, struct str login, struct id *out, bool *found,
                      struct err *e)
{
    login = str_trim(login);
    if (err_is(e))
        return false;
    if (!login.len || login.len > LOGIN_TEXT || !str_utf8_ok(login)) {
        *found = false;
        return true;
    }
    struct rows r AUTO(rows_close) = store_query(db, sql_account_by_login, BIND(C_TEXT(login)), e);
    bool has = rows_next(&r);
    if (err_is(e))
        return false;
    if (has && !id_read(rows_str(&r, 0), out))
        return err_set(e, ERR_VERIFY, "an account has a damaged id");
    *found = has;
    return true;
}

bool password_save(struct store *db, struct id account, const char *hash, int64_t now,
                   struct err *e)
{
    ASSERT(hash[0]);
    return store_exec(db, sql_credential_save,
                      BIND(C_BLOB(ID_STR(account)), C_TEXT(str_of(hash)), C_INT(now)), NULL, e);
}

/* ---- logging in ---- */

/* What is compared when there is no account or no password: as dear as a real one, and made from
 * random bytes that nobody has. */
const char PASSWORD_OF_NOBODY[] = "$argon2id$v=19$m=65536,t=2,p=1$h1IPwQUwuTcn1/znxoxLzw"
                                  "$KN2Oq7vwduQ+kNfdPZgRV7HweKzZsem7zgIWpmevOwU";

static struct id stranger(struct str login)
{
    struct str parts[] = {STR("login of nobody"), login};
    return id_derive(parts, COUNT_OF(parts));
}

struct credential {
    char hash[PASSWORD_HASH];
    int64_t failed, locked_until;
};

static bool read_credential(struct store *db, struct id of, struct credential *out, struct err *e)
{
    struct credential c = {.failed = 0};
    struct rows r AUTO(rows_close) =
        store_query(db, sql_credential_get, BIND(C_BLOB(ID_STR(of))), e);
    if (rows_next(&r)) {
        struct str hash = rows_str(&r, 0);
        if (hash.len < sizeof c.hash)
            memcpy(c.hash, hash.ptr, hash.len);
        c.failed = rows_int(&r, 1);
        c.locked_until = rows_int(&r, 2);
    }
    if (err_is(e))
        return false;
    *out = c;
    return true;
}

bool login_begin(struct store *db, struct str login, int64_t now, struct login *out, struct err *e)
{
    struct login l = {.state = LOGIN_OPEN};
    struct credential c;
    bool known;
    if (!account_by_login(db, login, &l.account, &known, e))
        return false;
    l.counted = known ? l.account : stranger(str_trim(login));
    if (!read_credential(db, l.counted, &c, e))
        return false;
    memcpy(l.hash, c.hash, sizeof l.hash);
    if (!l.hash[0])
        memcpy(l.hash, PASSWORD_OF_NOBODY, sizeof PASSWORD_OF_NOBODY);
    if (c.locked_until > now) {
        l.state = LOGIN_LOCKED;
        l.locked_until = c.locked_until;
    }
    *out = l;
    return true;
}

bool login_verify(struct hasher *h, struct login *l, struct str password, struct err *e)
{
    if (l->state != LOGIN_OPEN)
        return !err_is(e);
    return hasher_verify(h, l->hash, password, &l->same, e);
}

static bool count_failure(struct store *db, struct login *l, int64_t now, struct err *e)
{
    struct cell who = C_BLOB(ID_STR(l->counted));
    struct credential c;
    if (!store_exec(db, sql_credential_fail, BIND(who, C_INT(now)), NULL, e) ||
        !read_credential(db, l->counted, &c, e))
        return false;
    if (c.locked_until <= now && c.failed >= LOGIN_TRIES) {
        c.locked_until = now + LOGIN_LOCKED_MS;
        if (!store_exec(db, sql_credential_lock, BIND(who, C_INT(c.locked_until)), NULL, e))
            return false;
    }
    l->locked_until = c.locked_until;
    l->state = c.locked_until > now ? LOGIN_LOCKED : LOGIN_WRONG;
    return true;
}

bool login_settle(struct store *db, struct login *l, int64_t now, struct err *e)
{
    ASSERT(store_in_tx(db));
    if (l->state != LOGIN_OPEN)
        return !err_is(e);
    if (!l->same)
        return count_failure(db, l, now, e);
    /* The hash too: a password that was changed meanwhile no longer opens. */
    int64_t n = 0;
    if (!store_exec(db, sql_credential_pass,
                    BIND(C_BLOB(ID_STR(l->counted)), C_TEXT(str_of(l->hash)), C_INT(now)), &n, e))
        return false;
    if (n == 0)
        return count_failure(db, l, now, e);
    l->state = LOGIN_OK;
    return true;
}

bool login_answer(const struct login *l, int64_t now, struct err *e)
{
    ASSERT(l->state != LOGIN_OPEN);
    if (l->state == LOGIN_OK)
        return !err_is(e);
    if (l->state == LOGIN_WRONG)
        return err_set(e, ERR_BAD_LOGIN, "login or password is wrong");
    long long minutes = (max64(l->locked_until - now, 1) + MS_MINUTE - 1) / MS_MINUTE;
    err_set(e, ERR_TOO_OFTEN, "wrong %d times: locked for %lld more minutes", LOGIN_TRIES, minutes);
    return err_zh(e, "连续输错%d次，请%lld分钟后再试", LOGIN_TRIES, minutes);
}

bool login_sweep(struct store *db, int64_t now, struct err *e)
{
    return store_exec(db, sql_credential_sweep, BIND(C_INT(now - MS_HOUR), C_INT(now)), NULL, e);
}
