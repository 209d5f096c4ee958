#include "record/chainage.h"

static struct str skip(struct str s, const char *const *words)
{
    for (s = str_trim(s); *words; words++)
        if (str_starts(s, str_of(*words)))
            return str_trim((struct str){s.ptr + strlen(*words), s.len - strlen(*words)});
    return s;
}

/* So many digits at the start of *s; -1: fewer than `least` or more than `most`. */
static int64_t digits(struct str *s, size_t least, size_t most)
{
    size_t n = 0;
    int64_t v = 0;
    for (; n < s->len && s->ptr[n] >= '0' && s->ptr[n] <= '9'; n++)
        v = n < most ? v * 10 + (s->ptr[n] - '0') : v;
    if (n < least || n > most)
        return -1;
    s->ptr += n;
    s->len -= n;
    return v;
}

/* One end; *s is what is left behind it. */
static bool one_end(struct str *s, int64_t *out)
{
    static const char *const SIGN[] = {"K", "k", NULL}, *const PLUS[] = {"+", "＋", NULL};
    *s = skip(*s, SIGN);
    int64_t km = digits(s, 1, 4), m = 0;
    if (km < 0)
        return false;
    struct str rest = skip(*s, PLUS);
    bool plus = rest.len < str_trim(*s).len;
    *s = rest;
    if (plus)
        m = digits(s, 3, 3);
    *out = km * 1000 + m;
    return m >= 0;
}

bool chainage_parse(struct str text, struct chainage *out)
{
    static const char *const BETWEEN[] = {"-", "－", "—", "~", "～", "至", "到", NULL};
    struct str s = text, rest;
    struct chainage c = {.to = -1};
    if (!one_end(&s, &c.from))
        return false;
    s = str_trim(s);
    if (s.len) {
        rest = skip(s, BETWEEN);
        if (rest.len == s.len || !one_end(&rest, &c.to) || str_trim(rest).len || c.to <= c.from)
            return false;
    }
    *out = c;
    return true;
}

struct str chainage_text(struct arena *a, int64_t metres)
{
    return str_printf(a, "K%lld+%03lld", (long long)(metres / 1000), (long long)(metres % 1000));
}

struct str place_words(struct arena *a, const struct json *place)
{
    struct str text = json_text(place, "text"), road = json_text(place, "road");
    if (!road.len)
        return text;
    int64_t from = json_num(place, "chainage", -1), to = json_num(place, "chainage_to", -1);
    return str_printf(a, "%.*s%s%.*s%s%s%s%s", STR_F(text), text.len ? " " : "", STR_F(road), from < 0 ? "" : " ",
                      from < 0 ? "" : str_c(a, chainage_text(a, from)), to < 0 ? "" : "至",
                      to < 0 ? "" : str_c(a, chainage_text(a, to)));
}
