/* Which passwords are good enough.  Length counts for more than kinds of characters; what is tried
 * first everywhere is refused by name. */
#include "access/account.h"

enum { PASSWORD_DIFFERENT = 5, LOGIN_PART = 4 };

/* In small letters, as they begin: whatever digits and signs follow does not make them better. */
static const char *const COMMON[] = {
    "password", "passw0rd",   "p@ssw0rd",  "p@ssword", "admin",    "administrator", "root",
    "qwerty",   "qwertyuiop", "asdfghjkl", "zxcvbnm",  "1q2w3e4r", "1qaz2wsx",      "qazwsxedc",
    "iloveyou", "letmein",    "welcome",   "woaini",   "abc",      "abcd",          "abcdef",
    "aa",       "a",          "test",      "user",     "guest",    "changeme",      "default",
    "zonghi",   "zongzhi",    "wangge",    "mima",     "bihuan",   "huawei",
};

/* Rows of keys: a piece of one of them, in either direction, is no password. */
static const char *const ROWS[] = {"01234567890123456789", "abcdefghijklmnopqrstuvwxyz",
                                   "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik",
                                   "1q2w3e4r5t6y7u8i9o0p"};

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

struct folded {
    char c[PASSWORD_MAX + 1];
    size_t n;
};

static struct folded fold(struct str s, bool backwards)
{
    struct folded f = {.n = s.len < PASSWORD_MAX ? s.len : PASSWORD_MAX};
    for (size_t i = 0; i < f.n; i++)
        f.c[i] = small(s.ptr[backwards ? f.n - 1 - i : i]);
    return f;
}

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

static bool common(struct str password)
{
    struct folded f = fold(password, false), back = fold(password, true);
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        if (strstr(ROWS[i], f.c) || strstr(ROWS[i], back.c))
            return true;
    size_t head = f.n;
    while (head > 0 && !letter(f.c[head - 1]))
        head--;
    for (size_t i = 0; i < COUNT_OF(COMMON); i++)
        if (strlen(COMMON[i]) >= head && strncmp(f.c, COMMON[i], strlen(COMMON[i])) == 0)
            return true;
    return false;
}

/* Small letters, capitals, digits, and all else. */
static int kinds(struct str s)
{
    bool k[4] = {false};
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        k[c >= 'a' && c <= 'z'   ? 0
          : c >= 'A' && c <= 'Z' ? 1
          : c >= '0' && c <= '9' ? 2
                                 : 3] = true;
    }
    return k[0] + k[1] + k[2] + k[3];
}

static int different(struct str s)
{
    bool seen[256] = {false};
    int n = 0;
    for (size_t i = 0; i < s.len; i++) {
        n += !seen[(unsigned char)s.ptr[i]];
        seen[(unsigned char)s.ptr[i]] = true;
    }
    return n;
}

static bool holds_login(struct str password, struct str login)
{
    struct folded p = fold(password, false), l = fold(login, false), back = fold(login, true);
    if (l.n == 0)
        return false;
    if (l.n < LOGIN_PART)
        return strcmp(p.c, l.c) == 0;
    return strstr(p.c, l.c) || strstr(p.c, back.c);
}

static bool no(struct err *e, const char *why, const char *zh)
{
    err_field(e, ERR_INPUT, "password", "%s", why);
    return err_zh(e, "%s", zh);
}

bool password_check(struct str login, struct str password, struct err *e)
{
    if (err_is(e))
        return false;
    if (password.len > PASSWORD_MAX)
        return err_field(e, ERR_TOO_BIG, "password", "the password is longer than %d bytes",
                         PASSWORD_MAX);
    if (!str_utf8_ok(password))
        return no(e, "the password is not UTF-8 text", "密码含有无法识别的字符");
    size_t n = str_chars(password);
    if (n < PASSWORD_CHARS_MIXED || (n < PASSWORD_CHARS && kinds(password) < 3))
        return no(e, "at least 10 characters, or 8 with three of: small, capital, digit, other",
                  "密码至少10位；或至少8位，并含大写、小写、数字、符号中的三种");
    if (holds_login(password, str_trim(login)))
        return no(e, "the password holds the login", "密码不能包含账号名");
    if (different(password) < PASSWORD_DIFFERENT || common(password))
        return no(e, "the password is one that is tried first everywhere", "密码太常见，请换一个");
    return true;
}
