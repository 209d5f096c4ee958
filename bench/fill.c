/* bench/fill - a database of N disputes settled on the spot, for measuring.
 *
 *     fill DATABASE CASES [PLAYBOOK]      a file or postgresql://…; another folder than playbooks/dispute
 *
 * One province, one city, 9 districts, 54 townships, 324 villages.  The cases are spread evenly over
 * the villages and over the 20 months that end now.  The last case is alone on the last day: what the
 * counters hold of that day is exactly what one case writes there, and bench/bare repeats it. */
#include "engine/engine.h"
#include "playbook/playbook.h"
#include <inttypes.h>
#include <time.h>

enum { DISTRICTS = 9, TOWNS = 6, VILLAGES = 6, MONTHS = 20 };

static const char *const TYPES[] = {"0101", "0102", "0103", "0201", "0202", "0203", "0299", "0401",
                                    "0402", "0501"};
static const char *const SOURCES[] = {"grid", "patrol", "hotline", "police"};
static const char *const WHAT[] = {"楼上漏水，楼下的天花板湿了一片", "两家为院墙滴水争了起来",
                                   "堆放杂物堵住楼道，邻居有意见", "工钱拖了两个月没有结清",
                                   "空调外机太响，夜里睡不着", "为轮流照料老人起了口角"};

static int64_t fake_now;

static int64_t read_fake(void *self)
{
    UNUSED(self);
    return fake_now;
}

static void stop(const struct err *e)
{
    fprintf(stderr, "fill: %s\n", e->text);
    exit(1);
}

static void open_sys(struct engine *en, struct arena *a, const char *type, struct json *fields)
{
    struct actor operator = actor_operator();
    struct ask ask = ASK_INIT;
    struct answer ans;
    ask.id = id_new(fake_now);
    ask.type = str_of(type);
    ask.actor = &operator;
    ask.fields = fields;
    if (!engine_act(en, a, &ask, &ans))
        stop(&ans.err);
}

static void put_areas(struct engine *en, struct arena *a)
{
    struct buf b = BUF(1 << 20);
    struct json *j;
    struct err e = ERR_INIT;
    buf_c(&b, "{\"areas\":[{\"code\":\"360000000000\",\"name\":\"省\"},"
              "{\"code\":\"360100000000\",\"name\":\"市\",\"parent\":\"360000000000\"}");
    for (int d = 1; d <= DISTRICTS; d++) {
        buf_printf(&b, ",{\"code\":\"3601%02d000000\",\"name\":\"%d区\",\"parent\":\"360100000000\"}", d, d);
        for (int t = 1; t <= TOWNS; t++) {
            buf_printf(&b, ",{\"code\":\"3601%02d%03d000\",\"name\":\"%d镇\",\"parent\":\"3601%02d000000\"}",
                       d, t, t, d);
            for (int v = 1; v <= VILLAGES; v++)
                buf_printf(&b, ",{\"code\":\"3601%02d%03d%03d\",\"name\":\"%d村\","
                           "\"parent\":\"3601%02d%03d000\"}", d, t, v, v, d, t);
        }
    }
    buf_c(&b, "]}");
    if (!json_input(a, buf_view(&b), &j, &e))
        stop(&e);
    open_sys(en, a, "sys.area", j);
    buf_free(&b);
}

/* Counted for city, districts and townships, as the import of a whole city's areas would have it; this
 * tree is too small to tell. */
static void put_levels(struct engine *en, struct arena *a)
{
    struct json *fields = json_new(a, J_OBJ);
    json_set(a, fields, STR("name"), json_new_str(a, STR("figures.levels")));
    json_set(a, fields, STR("value"), json_new_str(a, STR("2 3 4")));
    open_sys(en, a, "sys.setting", fields);
}

static void put_playbook(struct engine *en, struct arena *a, const char *dir)
{
    struct err e = ERR_INIT;
    struct str text;
    struct json *fields = json_new(a, J_OBJ);
    if (!playbook_read(a, dir, &text, &e))
        stop(&e);
    json_set(a, fields, STR("text"), json_new_str(a, text));
    open_sys(en, a, "sys.playbook", fields);
}

struct sent {
    struct arena *a;
    struct ask ask;
};

static _Atomic int64_t failed;

static void done(void *user, struct answer *ans)
{
    struct sent *s = user;
    if (!ans->ok && failed++ == 0)
        fprintf(stderr, "fill: a case was refused: %s\n", ans->err.text);
    arena_free(s->a);
}

static void send_case(struct engine *en, const struct actor *actor, int64_t i)
{
    struct arena *a = arena_new();
    struct sent *s = ARENA_NEW(a, struct sent);
    struct err e = ERR_INIT;
    int d = 1 + (int)(i % DISTRICTS), t = 1 + (int)(i / DISTRICTS % TOWNS);
    int v = 1 + (int)(i / (DISTRICTS * TOWNS) % VILLAGES);
    struct str text = str_printf(
        a, "{\"summary\":\"%s，第%" PRId64 "号\",\"place\":{\"text\":\"%d栋%d单元\",\"lon\":115.%04d,"
        "\"lat\":28.%04d},\"result\":\"on_the_spot\",\"type\":\"%s\",\"source\":\"%s\"}",
        WHAT[i % (int64_t)COUNT_OF(WHAT)], i, (int)(i % 40) + 1, (int)(i % 4) + 1,
        (int)(i * 7 % 9000) + 500, (int)(i * 11 % 9000) + 500, TYPES[i % (int64_t)COUNT_OF(TYPES)],
        SOURCES[i / 3 % (int64_t)COUNT_OF(SOURCES)]);
    s->a = a;
    s->ask = ASK_INIT;
    s->ask.id = id_new(fake_now);
    s->ask.type = STR("dispute.dispute");
    s->ask.action = STR("settle_on_the_spot");
    s->ask.area = str_printf(a, "3601%02d%03d%03d", d, t, v);
    s->ask.at = fake_now;
    s->ask.actor = actor;
    if (!json_input(a, text, &s->ask.fields, &e))
        stop(&e);
    engine_submit(en, a, &s->ask, done, s);
}

static struct actor grid_worker(struct engine *en)
{
    struct err e = ERR_INIT;
    struct world *w = engine_world(en, &e);
    if (!w)
        stop(&e);
    struct actor actor = {.kind = ACTOR_ACCOUNT, .account = id_new(fake_now), .n_grants = 1};
    id_format(actor.account, actor.by);
    actor.grants[0] = (struct grant){ROLE_grid_worker,
                                     w->areas[world_area(w, STR("360100000000"))].aid};
    world_unref(w);
    return actor;
}

/* The queue must be empty before the clock moves to the next day: a day's cases belong to it. */
static void wait_empty(struct engine *en)
{
    struct timespec tick = {.tv_nsec = 1000000};
    while (engine_stats(en).queue > 0)
        nanosleep(&tick, NULL);
}

int main(int argc, char **argv)
{
    struct err e = ERR_INIT;
    struct engine *en;
    struct arena *a = arena_new();
    struct clock_source real = clock_real(), fake = {read_fake, NULL};
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: fill DATABASE CASES [PLAYBOOK]\n");
        return 2;
    }
    int64_t n = strtoll(argv[2], NULL, 10), now = clock_now(&real);
    int64_t start = now - (int64_t)MONTHS * 30 * MS_DAY, span = now - 2 * (int64_t)MS_DAY - start;
    const char *source = getenv("BIHUAN_SOURCE");
    fake_now = start;
    struct engine_config cfg = {.url = argv[1], .clock = fake, .bulk = true};
    if (!engine_init(argv[1], "Asia/Shanghai", "bihuan.bench/log.test", fake, &e) ||
        !engine_open(&cfg, &en, &e))
        stop(&e);
    put_areas(en, a);
    put_levels(en, a);
    put_playbook(en, a, argc == 4 ? argv[3] : arena_printf(a, "%s/playbooks/dispute", source ? source : "."));
    struct actor actor = grid_worker(en);
    int64_t began = clock_now(&real);
    for (int64_t i = 0; i < n; i++) {
        int64_t next = i + 1 == n ? now - MS_HOUR : start + span / n * i;
        if (next / MS_DAY != fake_now / MS_DAY)
            wait_empty(en);
        fake_now = next;
        send_case(en, &actor, i);
    }
    wait_empty(en);
    struct engine_stats st = engine_stats(en);
    engine_close(en);
    int64_t ms = max64(clock_now(&real) - began, 1);
    printf("{\"cases\":%" PRId64 ",\"events\":%" PRId64 ",\"ms\":%" PRId64 ",\"per_second\":%" PRId64 "}\n",
           n, st.events, ms, n * 1000 / ms);
    arena_free(a);
    return failed != 0;
}
