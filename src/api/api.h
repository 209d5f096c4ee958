/* api/api.h - the HTTP face of one database: routes, rights, answers.
 *
 * Every request walks one way: the route's permission, the session and its X-CSRF-Token, then the
 * handler, which reads with a reader of the engine or hands an ask to it and parks.  Nothing here
 * decides what a playbook allows. */
#pragma once
#include "engine/engine.h"
#include "http/http.h"

struct api;

struct api_config {
    const char *listen;   /* "127.0.0.1:8080" */
    const char *work_dir; /* where uploads are streamed to; NULL: /tmp */
    bool secure_cookie;   /* behind TLS */
    const char *proxies;  /* as http_config.proxies */
};

MUST_USE bool api_start(struct engine *en, const struct api_config *cfg, struct api **out,
                        struct err *e);
int api_port(const struct api *api);
/* To be called about once a second: what waits to be written about sessions. */
void api_tick(struct api *api);
/* Takes no new connections, lets what runs end, closes the event streams. */
void api_stop(struct api *api, int seconds);

/* The OpenAPI 3.1 text made from the route table. */
void api_openapi(struct buf *out);
