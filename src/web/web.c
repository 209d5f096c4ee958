#include "web/web.h"
#include <zlib.h>

/* The table as tools/embed_files.py writes it; ends with a row of zeros. */
struct embedded {
    const char *name, *begin, *end;
    uint64_t gzipped;
    const char *sum;
};
extern const struct embedded web_embedded[];

struct str web_policy(struct arena *a, struct str images)
{
    return str_printf(a,
                      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:%s%.*s; "
                      "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
                      "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
                      images.len ? " " : "", STR_F(images));
}

static const char NO_PAGE[] =
    "<!doctype html>\n<html lang=\"zh-CN\">\n<meta charset=\"utf-8\">\n<title>闭环 Bihuan</title>\n"
    "<h1>闭环 Bihuan</h1>\n<p>接口已就绪，本程序未带网页。接口说明：<a href=\"/api/openapi.json\">"
    "/api/openapi.json</a></p>\n<p lang=\"en\">The API is here; this build has no page. See "
    "<a href=\"/api/openapi.json\">/api/openapi.json</a> and docs/api.md.</p>\n</html>\n";

static const char *mime_of(struct str name)
{
    static const struct {
        struct str end;
        const char *mime;
    } TYPES[] = {
        {{".html", 5}, "text/html; charset=utf-8"},
        {{".js", 3}, "text/javascript; charset=utf-8"},
        {{".css", 4}, "text/css; charset=utf-8"},
        {{".json", 5}, "application/json"},
        {{".webmanifest", 12}, "application/manifest+json"},
        {{".svg", 4}, "image/svg+xml"},
        {{".png", 4}, "image/png"},
        {{".ico", 4}, "image/x-icon"},
        {{".woff2", 6}, "font/woff2"},
        {{".wasm", 5}, "application/wasm"},
        {{".txt", 4}, "text/plain; charset=utf-8"},
    };
    for (size_t i = 0; i < COUNT_OF(TYPES); i++)
        if (str_ends(name, TYPES[i].end))
            return TYPES[i].mime;
    return "application/octet-stream";
}

static const struct embedded *by_name(struct str name)
{
    for (const struct embedded *x = web_embedded; x->name; x++)
        if (str_is(name, x->name))
            return x;
    return NULL;
}

static void none(struct web_file *out)
{
    *out = (struct web_file){.bytes = {NO_PAGE, sizeof NO_PAGE - 1},
                             .sum = STR("none"),
                             .mime = "text/html; charset=utf-8",
                             .page = true};
}

bool web_find(struct str path, struct web_file *out)
{
    const struct embedded *x = path.len ? by_name(path) : NULL;
    struct str first = str_cut(path, '/', &(struct str){NULL, 0});
    bool own_route = !str_has(first, STR(".")) && !str_is(first, "assets");
    char own_page[64]; /* a page of its own: /r is r.html */
    if (!x && path.len && own_route && path.len < sizeof own_page - 5) {
        snprintf(own_page, sizeof own_page, "%.*s.html", STR_F(path));
        x = by_name(str_of(own_page));
    }
    if (!x && own_route)
        x = by_name(STR("index.html"));
    if (!x && !path.len) {
        none(out);
        return true;
    }
    if (!x)
        return false;
    struct str name = str_of(x->name);
    *out = (struct web_file){.bytes = {x->begin, (size_t)(x->end - x->begin)},
                             .gzipped = x->gzipped != 0,
                             .sum = str_of(x->sum),
                             .mime = mime_of(name),
                             .lasting = str_starts(name, STR("assets/")),
                             .page = str_ends(name, STR(".html")),
                             .desk = str_is(name, "index.html")};
    return true;
}

struct str web_plain(struct arena *a, const struct web_file *f)
{
    if (!f->gzipped)
        return f->bytes;
    /* gzip ends with the length of what was packed, 4 bytes, little-endian */
    ASSERT(f->bytes.len > 18);
    const uint8_t *end = (const uint8_t *)f->bytes.ptr + f->bytes.len - 4;
    size_t len = (size_t)end[0] | (size_t)end[1] << 8 | (size_t)end[2] << 16 | (size_t)end[3] << 24;
    char *out = arena_alloc(a, len + 1);
    z_stream z = {.next_in = (Bytef *)(uintptr_t)f->bytes.ptr,
                  .avail_in = (uInt)f->bytes.len,
                  .next_out = (Bytef *)out,
                  .avail_out = (uInt)len + 1};
    if (inflateInit2(&z, 15 + 32) != Z_OK)
        return STR_NONE;
    int rc = inflate(&z, Z_FINISH);
    inflateEnd(&z);
    return rc == Z_STREAM_END && z.total_out == len ? (struct str){out, len} : STR_NONE;
}
