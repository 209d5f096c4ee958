/* Health, measurements, the checkpoint. */
#include "api/api_int.h"

static bool healthz(struct call *c)
{
    const char *why;
    struct err e = ERR_INIT;
    struct ledger_head head = {.recorded = 0};
    struct store *db = engine_reader(c->api->engine, &e);
    bool ok = db && ledger_read_head(db, &head, &e);
    engine_reader_back(c->api->engine, db);
    bool read_only = engine_is_read_only(c->api->engine, &why);
    struct buf b = BUF(4096);
    struct json_out o = json_out(&b);
    jo_obj(&o);
    jo_kb(&o, "ok", ok && !read_only);
    if (ok)
        jo_ki(&o, "size", head.tree.size);
    jo_kb(&o, "read_only", read_only);
    if (read_only)
        jo_kc(&o, "why", why);
    jo_end(&o);
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    return call_json(c, ok ? 200 : 503, &b);
}

static void gauge(struct buf *b, const char *name, const char *kind, const char *help, int64_t v)
{
    buf_printf(b, "# HELP bihuan_%s %s\n# TYPE bihuan_%s %s\nbihuan_%s %lld\n", name, help, name,
               kind, name, (long long)v);
}

/* Nothing here is by person, unit or area. */
static bool metrics(struct call *c)
{
    struct engine_stats en = engine_stats(c->api->engine);
    struct http_stats ht = http_stats(c->api->http);
    struct buf b = BUF(65536);
    gauge(&b, "actions_total", "counter", "Actions accepted.", en.actions);
    gauge(&b, "events_total", "counter", "Events written.", en.events);
    gauge(&b, "refused_total", "counter", "Actions refused.", en.refused);
    gauge(&b, "batches_total", "counter", "Commits.", en.batches);
    gauge(&b, "batch_retries_total", "counter", "Actions tried again alone.", en.retries);
    gauge(&b, "batch_biggest", "gauge", "Most actions in one commit.", en.biggest_batch);
    gauge(&b, "queue", "gauge", "Actions waiting.", en.queue);
    gauge(&b, "http_requests_total", "counter", "Requests.", ht.requests);
    gauge(&b, "http_refused_total", "counter", "Requests refused before a handler.", ht.refused);
    gauge(&b, "http_slow_closed_total", "counter", "Connections closed as too slow.",
          ht.slow_closed);
    gauge(&b, "http_connections", "gauge", "Open connections.", ht.open_connections);
    gauge(&b, "http_streams", "gauge", "Open event streams.", ht.streams);
    buf_c(&b, "# HELP bihuan_http_answers_total Answers by class of status.\n"
              "# TYPE bihuan_http_answers_total counter\n");
    for (int i = 1; i < 6; i++)
        buf_printf(&b, "bihuan_http_answers_total{class=\"%dxx\"} %lld\n", i,
                   (long long)ht.by_status[i]);
    gauge(&b, "uptime_seconds", "gauge", "Since the start.",
          (engine_now(c->api->engine) - c->api->started) / MS_SECOND);
    http_answer_buf(c->rq, 200, "text/plain; version=0.0.4; charset=utf-8", &b);
    return true;
}

static bool checkpoint(struct call *c)
{
    struct ledger_head head;
    if (!ledger_read_head(c->db, &head, c->e))
        return false;
    struct hash root = tree_root(&head.tree);
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    http_answer(c->rq, 200, "text/plain; charset=utf-8",
                checkpoint_sign(c->a, engine_keys(c->api->engine), head.tree.size, &root));
    return true;
}

static const struct route ROWS[] = {
    {ROUTE(GET, "/healthz", PERM_PUBLIC, healthz, "是否正常", "Is it well?"), .light = true},
    {ROUTE(GET, "/metrics", PERM_PUBLIC, metrics, "运行数据", "Prometheus text"), .light = true},
    {ROUTE(GET, "/api/checkpoint", PERM_PUBLIC, checkpoint, "存证点", "The signed end of the log")},
};
const struct route_list ROUTES_SYSTEM = {ROWS, COUNT_OF(ROWS)};
