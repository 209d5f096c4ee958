#include "base/diag.h"
#include "base/json.h"
#include "base/time.h"
#include <stdarg.h>

void diag(enum diag_level level, const char *what, const char *fmt, ...)
{
    static const char *const NAMES[] = {"info", "warn", "error"};
    char text[1024], at[40];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    struct clock_source real = clock_real();
    time_format_utc(clock_now(&real), at);
    struct buf b = BUF(8192);
    struct json_out o = json_out(&b);
    jo_obj(&o);
    jo_kc(&o, "at", at);
    jo_kc(&o, "level", NAMES[level]);
    jo_kc(&o, "what", what);
    jo_kc(&o, "text", text);
    jo_end(&o);
    buf_char(&b, '\n');
    fwrite(b.ptr, 1, b.len, stderr);
    buf_free(&b);
}
