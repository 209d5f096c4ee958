/* The server: runs until SIGTERM or SIGINT, then drains.  A checkpoint is signed every minute in
 * which the log grew, and at the end. */
#include "api/api.h"
#include "cli/command.h"
#include <signal.h>
#include <time.h>

enum { DRAIN_SECONDS = 15 };

const struct option OPT_serve[] = {OPTION_DB,
                                   {"listen", "ADDR:PORT", "127.0.0.1:8080; port 0: any free one"},
                                   {"demo-clock", NULL, "the clock goes on from the newest event"},
                                   {"proxy", "ADDR,…", "of proxies in front: their X-Forwarded-For is believed"},
                                   {"secure", NULL, "behind TLS: the cookie is sent over it only"},
                                   OPTION_END};

static int64_t real_ms(void)
{
    struct clock_source real = clock_real();
    return clock_now(&real);
}

/* Signs what has grown; not a log that ends before, or differs from, what was signed last: that would take
 * the newest checkpoint away.  Its own connection: the writer's is inside its batches. */
static bool sign(struct engine *en, struct store *db, struct arena *a, int64_t *size, struct err *e)
{
    struct ledger_head head;
    struct str text;
    const char *why;
    if (engine_is_read_only(en, &why))
        return true;
    if (!ledger_read_head(db, &head, e))
        return false;
    if (head.tree.size == *size)
        return true;
    if (!checkpoint_make(db, a, engine_keys(en), engine_now(en), &text, e))
        return false;
    *size = head.tree.size;
    return true;
}

static void sign_quietly(struct engine *en, struct store *db, int64_t *size)
{
    struct err e = ERR_INIT;
    struct arena *a AUTO(arena_freep) = arena_new();
    if (!sign(en, db, a, size, &e))
        fprintf(stderr, "bihuan: no checkpoint was signed: %s\n", e.text);
}

/* Until a signal comes. */
static void watch(struct engine *en, struct api *api, struct store *db, const sigset_t *set)
{
    struct timespec second = {.tv_sec = 1};
    int64_t size = -1, last = real_ms();
    while (sigtimedwait(set, NULL, &second) < 0) {
        api_tick(api);
        if (real_ms() - last < MS_MINUTE)
            continue;
        last = real_ms();
        sign_quietly(en, db, &size);
        struct err e = ERR_INIT;
        if (!store_checkpoint(db, false, &e))
            err_clear(&e);
    }
    fprintf(stderr, "bihuan: stopping\n");
    api_stop(api, DRAIN_SECONDS);
    sign_quietly(en, db, &size);
}

bool cmd_serve(struct cli *c)
{
    struct engine_config cfg = {.clocks = true, .reserve = true};
    struct engine *en;
    struct api *api;
    struct store *db AUTO(store_closep) = NULL;
    sigset_t set;
    const char *listen = args_get(&c->args, "listen"), *why;
    struct api_config face = {.listen = listen ? listen : "127.0.0.1:8080",
                              .proxies = args_get(&c->args, "proxy"),
                              .secure_cookie = args_has(&c->args, "secure")};
    if (!args_need(&c->args, "db", &cfg.url, c->e))
        return false;
    if (!cli_clock(c, cfg.url, args_has(&c->args, "demo-clock"), &cfg.clock))
        return false;
    sigemptyset(&set); /* before any thread is made: all of them leave the signals to this one */
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (!engine_open(&cfg, &en, c->e))
        return false;
    if (!store_open(cfg.url, STORE_WRITE, &db, c->e) || !cli_say_standby(db, c->e) ||
        !api_start(en, &face, &api, c->e)) {
        engine_close(en);
        return false;
    }
    if (engine_is_read_only(en, &why))
        fprintf(stderr, "bihuan: read-only: %s\n", why);
    struct str host = str_of(face.listen);
    while (host.len && host.ptr[host.len - 1] != ':')
        host.len--;
    printf("http://%.*s%d/\n", STR_F(host), api_port(api));
    fflush(stdout);
    watch(en, api, db, &set);
    engine_close(en);
    return true;
}
