/* Sends the newest checkpoint to the witness that the settings name (ledger/witness.h): once a civil day in which
 * the log grew, and as soon as a bulletin was issued.  What fails is tried again after 1, 2, 4 … minutes, at most an
 * hour, and at once when a setting changed; nothing else waits for it. */
#include "clock/channel.h"
#include "engine/engine_int.h"
#include "ledger/witness.h"

struct sending {
    struct engine *en;
    struct arena *a;
    struct store *db; /* its own: a checkpoint is signed outside of the writer's batches */
    const char *url;
    struct witness_key key;
    struct err *e;
};

bool witness_setting_ok(struct str name, struct str value, struct err *e)
{
    struct witness_key key;
    bool url = str_is(name, "witness.url");
    if (!str_starts(name, STR("witness.")) || str_is(value, "off"))
        return true;
    if (!url && !str_is(name, "witness.key"))
        return err_field(e, ERR_INPUT, "name", "there is no such setting of the witness");
    if (url ? str_starts(value, STR("http://")) || str_starts(value, STR("https://")) : witness_key_parse(value, &key))
        return true;
    return err_field(e, ERR_INPUT, "value", "expected %s", url ? "http:// or https://" : "NAME+8 hex digits+base64") ||
           err_zh(e, url ? "应为 http:// 或 https:// 开头的地址" : "应为见证方的公钥：名称+8位十六进制+base64");
}

/* The witness's answer; `status` other than 200 is no error here. */
static bool post(struct sending *s, struct str note, int64_t old, int64_t size, long *status, struct str *answer)
{
    struct buf body AUTO(buf_free) = BUF(65536), got AUTO(buf_free) = BUF(65536);
    if (!witness_request(s->db, s->a, note, old, size, &body, s->e) ||
        !channel_post(s->url, "text/plain", buf_view(&body), status, &got, s->e))
        return false;
    *answer = buf_dup(s->a, &got);
    return true;
}

/* 409 says which size the witness has seen last: the proof begins there. */
static bool submit(struct sending *s, struct str note, int64_t old, int64_t size, struct str *answer)
{
    long status = 0;
    int64_t seen;
    if (!post(s, note, old, size, &status, answer))
        return false;
    if (status == 409 && str_int(str_trim(*answer), &seen) && seen >= 0) {
        if (seen > size)
            return err_set(s->e, ERR_VERIFY, "the witness has seen %lld events of this log, which has %lld",
                           (long long)seen, (long long)size);
        if (!post(s, note, seen, size, &status, answer))
            return false;
    }
    return status == 200 || err_set(s->e, ERR_IO, "the witness answered %ld: %.100s", status,
                                    str_c(s->a, str_trim(*answer)));
}

static bool send_newest(struct sending *s, int64_t old)
{
    struct engine *en = s->en;
    struct str note, answer, line;
    struct checkpoint mark;
    int64_t now = engine_now(en);
    if (!store_open(en->url, STORE_WRITE, &s->db, s->e) ||
        !checkpoint_make(s->db, s->a, &en->keys, now, &note, s->e) || !checkpoint_parse(note, NULL, &mark, s->e) ||
        !submit(s, note, old, mark.size, &answer))
        return false;
    if (!witness_answer(s->a, &s->key, note, answer, &line))
        return err_set(s->e, ERR_VERIFY, "the witness's answer is not signed by %s", s->key.name);
    return witness_keep(s->db, mark.size, line, now, s->e);
}

static bool due(struct engine *en, const struct world *w, const struct witnessed *last, int64_t size)
{
    if (!last->any)
        return size > 0;
    return size > last->size && (zone_day(w->zone, engine_now(en)) != zone_day(w->zone, last->at) ||
                                 atomic_load(&en->issued) > last->size);
}

static bool now_or_later(struct engine *en, const struct world *w, struct witnessed *last, struct arena *a, bool *yes,
                         struct err *e)
{
    struct store *db = engine_reader(en, e);
    struct ledger_head head;
    bool ok = db && witness_last(db, a, last, e) && ledger_read_head(db, &head, e);
    engine_reader_back(en, db);
    *yes = ok && due(en, w, last, head.tree.size);
    return ok;
}

bool witness_look(struct engine *en, struct arena *a, const struct world *w, struct err *e)
{
    struct clock_source real = clock_real();
    struct engine_witness *x = &en->witness;
    struct str url = world_setting(w, "witness.url"), key = world_setting(w, "witness.key");
    struct err mine = ERR_INIT;
    struct sending s = {.en = en, .a = a, .e = &mine};
    struct witnessed last;
    int64_t now = clock_now(&real), issued = atomic_load(&en->issued);
    bool yes;
    if (!url.len || str_is(url, "off") || !witness_key_parse(key, &s.key) ||
        (now < x->next && x->sys_seq == w->sys_seq && x->issued == issued))
        return true;
    if (!now_or_later(en, w, &last, a, &yes, e))
        return false;
    x->sys_seq = w->sys_seq;
    x->issued = issued;
    s.url = arena_printf(a, "%.*s/add-checkpoint", STR_F(url));
    bool ok = !yes || send_newest(&s, last.size);
    store_close(s.db);
    if (!ok)
        fprintf(stderr, "bihuan: the checkpoint was not witnessed: %s\n", mine.text);
    x->failed = ok ? 0 : x->failed + 1;
    x->next = now + (x->failed < 7 ? MS_MINUTE << max64(x->failed - 1, 0) : MS_HOUR);
    return true;
}
