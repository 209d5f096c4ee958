#include "record/tiles.h"

static struct str setting(const struct world *w, const char *name)
{
    struct str s = world_setting(w, name);
    return str_is(s, "off") ? STR_NONE : s;
}

static bool letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* "https://host:8080" at the beginning of an address; 0: none that is plain. */
static size_t origin_length(struct str url)
{
    size_t scheme = str_starts(url, STR("https://")) ? 8 : str_starts(url, STR("http://")) ? 7 : 0, n = scheme;
    while (scheme && n < url.len && (letter_or_digit(url.ptr[n]) || url.ptr[n] == '.' || url.ptr[n] == '-'))
        n++;
    if (!scheme || n == scheme || n >= url.len)
        return 0;
    if (url.ptr[n] == ':') {
        size_t port = ++n;
        while (n < url.len && url.ptr[n] >= '0' && url.ptr[n] <= '9')
            n++;
        if (n == port)
            return 0;
    }
    return n < url.len && url.ptr[n] == '/' ? n : 0;
}

static bool plain(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!letter_or_digit(s.ptr[i]) && !strchr("-._~:/?#@!$&*+,;=%{}()", s.ptr[i]))
            return false;
    return true;
}

static bool tiles_ok(struct str url)
{
    bool own = str_starts(url, STR("/")) && !str_starts(url, STR("//"));
    return (own || origin_length(url)) && plain(url) && str_has(url, STR("{z}")) && str_has(url, STR("{x}")) &&
           str_has(url, STR("{y}"));
}

bool tiles_setting_ok(struct str name, struct str value, struct err *e)
{
    if (!str_starts(name, STR("map.")))
        return true;
    bool url = str_is(name, "map.tiles"), crs = str_is(name, "map.crs");
    if (!url && !crs && !str_is(name, "map.attribution"))
        return err_field(e, ERR_INPUT, "name", "expected map.tiles, map.attribution or map.crs") ||
               err_zh(e, "地图的设置只有 map.tiles、map.attribution、map.crs");
    if (str_is(value, "off"))
        return true;
    if (url && !tiles_ok(value))
        return err_field(e, ERR_INPUT, "value",
                         "expected https://HOST/…{z}…{x}…{y}… or /…{z}…{x}…{y}…, without blanks, quotes or {s}") ||
               err_zh(e, "应为瓦片地址，如 https://主机/{z}/{x}/{y}.png，主机名中不能有占位符");
    if (crs && !crs_of(value, &(enum crs){0}))
        return err_field(e, ERR_INPUT, "value", "expected WGS-84, CGCS2000 or GCJ-02") ||
               err_zh(e, "坐标系应为 WGS-84、CGCS2000 或 GCJ-02");
    return true;
}

struct tiles tiles_of(const struct world *w)
{
    struct tiles t = {.url = setting(w, "map.tiles"), .attribution = setting(w, "map.attribution")};
    if (!t.url.len || !crs_of(setting(w, "map.crs"), &t.crs))
        return (struct tiles){.url = STR_NONE};
    if (origin_length(t.url))
        t.origin = (struct str){t.url.ptr, origin_length(t.url)};
    return t;
}
