/* The page and its files. */
#include "api/api_int.h"
#include "record/tiles.h"
#include "web/web.h"

static bool takes_gzip(struct http_request *rq)
{
    return str_has(http_header(rq, "Accept-Encoding"), STR("gzip"));
}

/* Pictures come from this house, and from the tile server that a setting names. */
static struct str policy(struct http_request *rq, struct api *api, bool desk)
{
    struct err e = ERR_INIT;
    struct world *w = desk ? engine_world(api->engine, &e) : NULL;
    struct str text = web_policy(http_arena(rq), w ? tiles_of(w).origin : STR_NONE);
    world_unref(w);
    return text;
}

void page_answer(struct http_request *rq, void *app)
{
    struct str path = http_path(rq);
    struct web_file f;
    if (path.len)
        path = (struct str){path.ptr + 1, path.len - 1};
    if (str_starts(path, STR("api/")) || !web_find(path, &f)) {
        struct err e = ERR_INIT;
        err_set(&e, ERR_NOT_FOUND, "there is nothing at this address");
        problem_answer(rq, &e, NULL);
        return;
    }
    struct str etag = str_printf(http_arena(rq), "\"%.*s\"", STR_F(f.sum));
    http_set_header(rq, "ETag", etag);
    http_set_header(rq, "Cache-Control",
                    f.lasting ? STR("public, max-age=31536000, immutable") : STR("no-cache"));
    http_set_header(rq, "Vary", STR("Accept-Encoding"));
    http_set_header(rq, "X-Content-Type-Options", STR("nosniff"));
    http_set_header(rq, "Referrer-Policy", STR("same-origin"));
    if (f.page)
        http_set_header(rq, "Content-Security-Policy", policy(rq, app, f.desk));
    if (str_eq(http_header(rq, "If-None-Match"), etag)) {
        http_answer(rq, 304, f.mime, STR_NONE);
        return;
    }
    bool packed = f.gzipped && takes_gzip(rq);
    if (packed)
        http_set_header(rq, "Content-Encoding", STR("gzip"));
    http_answer(rq, 200, f.mime, packed ? f.bytes : web_plain(http_arena(rq), &f));
}
