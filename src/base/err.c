#include "base/err.h"
#include <stdarg.h>

static const struct {
    const char *wire, *zh, *en;
} TABLE[] = {
#define X(code, wire, zh, en) [code] = {wire, zh, en},
    ERR_LIST(X)
#undef X
};

const char *err_wire(enum err_code code)
{
    return TABLE[code].wire;
}

const char *err_title_zh(enum err_code code)
{
    return TABLE[code].zh;
}

const char *err_title_en(enum err_code code)
{
    return TABLE[code].en;
}

/* snprintf that never leaves half a character behind. */
__attribute__((format(printf, 3, 0))) static void say(char *out, size_t cap, const char *fmt, va_list args)
{
    int n = vsnprintf(out, cap, fmt, args);
    ASSERT(n >= 0);
    if ((size_t)n >= cap) {
        size_t end = cap - 1;
        while (end && ((unsigned char)out[end - 1] & 0xC0) == 0x80)
            end--;
        if (end && (unsigned char)out[end - 1] >= 0x80)
            end--;
        out[end] = '\0';
    }
    for (char *p = out; *p; p++)
        if (*p == '\n' || *p == '\r')
            *p = ' ';
}

bool err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
    ASSERT(code != ERR_NONE);
    if (e->code != ERR_NONE)
        return false;
    va_list args;
    va_start(args, fmt);
    e->code = code;
    e->field[0] = e->zh[0] = '\0';
    say(e->text, sizeof e->text, fmt, args);
    va_end(args);
    return false;
}

bool err_field(struct err *e, enum err_code code, const char *field, const char *fmt, ...)
{
    ASSERT(code != ERR_NONE);
    if (e->code != ERR_NONE)
        return false;
    va_list args;
    va_start(args, fmt);
    e->code = code;
    e->zh[0] = '\0';
    snprintf(e->field, sizeof e->field, "%s", field);
    say(e->text, sizeof e->text, fmt, args);
    va_end(args);
    return false;
}

bool err_zh(struct err *e, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    if (!e->zh[0])
        say(e->zh, sizeof e->zh, fmt, args);
    va_end(args);
    return false;
}

bool err_is(const struct err *e)
{
    return e->code != ERR_NONE;
}

void err_clear(struct err *e)
{
    *e = ERR_INIT;
}
