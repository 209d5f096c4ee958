/* What a unit was told by its clocks: the outbox of clock/outbox.h, read in the page. */
#include "api/api_int.h"
#include "clock/outbox.h"
#include "record/seal.h"

enum { SCANNED = 1000 }; /* newest of one kind that are looked through */

static bool has_role(struct call *c, enum role role, int area)
{
    for (int i = 0; i < c->actor.n_grants; i++)
        if (c->actor.grants[i].role == role &&
            (area < 0 ||
             world_area_below(c->w, area, world_area_by_id(c->w, c->actor.grants[i].area))))
            return true;
    return false;
}

/* Is it for this account?  A notice to the head is not one for the unit's others. */
static bool addressed(struct call *c, const struct notice *n)
{
    int area = -1;
    if (n->org.len && !str_is(n->org, c->actor.org))
        return false;
    if (!n->org.len) {
        area = world_area_by_id(c->w, n->area);
        if (area < 0)
            return false;
    }
    if (str_is(n->role, "head"))
        return has_role(c, ROLE_head, area);
    if (str_is(n->role, "centre"))
        return has_role(c, ROLE_centre, area) || (n->org.len && has_role(c, ROLE_head, -1));
    return n->org.len || actor_role(&c->actor, c->w, PERM_ACT, NULL, 0, area, NULL) != ROLE_NONE;
}

struct inbox {
    struct notice *list;
    size_t n;
};

static int newest_first(const void *a, const void *b)
{
    const struct notice *x = a, *y = b;
    return (x->id < y->id) - (x->id > y->id);
}

/* What is addressed to the caller, of his unit and of his area where no unit is known. */
static bool collect(struct call *c, bool read, bool digests, int64_t before, struct inbox *in)
{
    *in = (struct inbox){.list = ARENA_ARRAY(c->a, struct notice, 2 * SCANNED)};
    for (int loose = c->actor.org[0] ? 0 : 1; loose < 2; loose++) {
        struct notice *found;
        size_t n;
        if (!outbox_list(c->db, c->a, loose ? STR_NONE : str_of(c->actor.org), read, before, SCANNED,
                         &found, &n, c->e))
            return false;
        for (size_t i = 0; i < n; i++)
            if ((found[i].rid == 0) == digests && addressed(c, &found[i]))
                in->list[in->n++] = found[i];
    }
    qsort(in->list, in->n, sizeof *in->list, newest_first);
    return true;
}

static struct words clock_words(const struct world *w, const struct record *r, struct str clock)
{
    const struct playbook *p;
    int which;
    if (world_type(w, r->type, r->pb, &p, &which)) {
        int i = record_clock(&p->records[which], clock);
        if (i >= 0)
            return p->records[which].clocks[i].name;
    }
    if (str_starts(clock, STR("share")))
        return (struct words){STR("协办时限"), STR("Joint handling")};
    return (struct words){STR("签收时限"), STR("Signing for")};
}

/* The matter itself, if he may see it: it may have moved on to another unit. */
static bool put_matter(struct call *c, struct json_out *o, const struct notice *n)
{
    struct record *r;
    bool found;
    if (!record_load_rid(c->db, c->a, n->rid, &found, &r, c->e))
        return false;
    if (found && !seal_open(c->db, engine_keys(c->api->engine), c->a, &r, c->e))
        return false;
    if (!found || !actor_sees(&c->actor, c->w, r))
        return true;
    struct words name = clock_words(c->w, r, n->clock);
    jo_kv(o, "record", id_text(c->a, r->id));
    jo_kv(o, "type", r->type);
    jo_kv(o, "number", r->number.len ? r->number : STR_NONE);
    jo_kv(o, "clock", n->clock);
    jo_kv(o, "clock_name", words_text(c, &name));
    return true;
}

static bool put_notice(struct call *c, struct json_out *o, const struct notice *n)
{
    jo_obj(o);
    jo_ki(o, "id", n->id);
    jo_kc(o, "kind", n->rid ? "notice" : "digest");
    if (n->rid && !put_matter(c, o, n))
        return false;
    jo_kv(o, "to", n->role);
    jo_kb(o, "red", n->red);
    view_time(o, c->w, "due", n->rid ? n->due : TIME_NONE);
    view_time(o, c->w, "made", n->made);
    view_time(o, c->w, "sent", n->sent);
    view_time(o, c->w, "read", n->read_at);
    jo_kv(o, "text", n->text);
    jo_end(o);
    return true;
}

/* "u120" or "r80": where the page before ended, among the unread or the read ones. */
static bool take_after(struct call *c, bool *read, int64_t *before)
{
    struct str s = http_query(c->rq, "after");
    *read = false;
    *before = INT64_MAX;
    if (!s.len)
        return true;
    *read = s.ptr[0] == 'r';
    if ((s.ptr[0] != 'r' && s.ptr[0] != 'u') || !str_int((struct str){s.ptr + 1, s.len - 1}, before))
        return err_field(c->e, ERR_INPUT, "after", "after: expected `next` of the page before");
    return true;
}

static bool put_page(struct call *c, struct json_out *o, bool read, int64_t before, int64_t limit,
                     bool digests)
{
    struct str next = STR_NONE;
    int64_t n = 0;
    for (int part = read; part < 2 && !next.len; part++) {
        struct inbox in;
        if (!collect(c, part, digests, before, &in))
            return false;
        for (size_t i = 0; i < in.n && !next.len; i++) {
            if (n == limit) {
                next = str_printf(c->a, "%c%lld", part ? 'r' : 'u', (long long)before);
                break;
            }
            if (!put_notice(c, o, &in.list[i]))
                return false;
            before = in.list[i].id;
            n++;
        }
        if (!next.len)
            before = INT64_MAX;
    }
    jo_end(o);
    jo_key(o, "next");
    jo_str(o, next);
    return true;
}

static bool notices_list(struct call *c)
{
    int64_t limit, before;
    bool read, digests = str_is(http_query(c->rq, "kind"), "digest");
    struct inbox unread;
    if (!call_limit(c, 50, LIMIT_PAGE, &limit) || !take_after(c, &read, &before) ||
        !collect(c, false, false, INT64_MAX, &unread))
        return false;
    struct buf b = BUF(LIMIT_JSON_OUT);
    struct json_out o = json_out(&b);
    jo_obj(&o);
    jo_ki(&o, "unread", (int64_t)unread.n);
    jo_key(&o, "rows");
    jo_arr(&o);
    if (!put_page(c, &o, read, before, limit, digests)) {
        buf_free(&b);
        return false;
    }
    jo_end(&o);
    return call_json(c, 200, &b);
}

struct reading {
    int64_t id, now;
};

static bool mark(void *user, struct store *db, struct err *e)
{
    const struct reading *r = user;
    return outbox_read(db, r->id, r->now, e);
}

static bool notices_read(struct call *c)
{
    struct reading r = {.now = c->now};
    struct notice n;
    bool found = false;
    if (!str_int(http_part(c->rq, "id"), &r.id))
        return err_set(c->e, ERR_NOT_FOUND, "there is no such notice");
    if (!outbox_get(c->db, c->a, r.id, &found, &n, c->e))
        return false;
    if (!found || !addressed(c, &n))
        return err_set(c->e, ERR_NOT_FOUND, "there is no such notice, or it is not yours");
    if (n.read_at == TIME_NONE && !engine_exclusive(c->api->engine, mark, &r, c->e))
        return false;
    if (n.read_at == TIME_NONE)
        n.read_at = r.now;
    struct buf b = BUF(4096);
    struct json_out o = json_out(&b);
    jo_obj(&o);
    jo_ki(&o, "id", n.id);
    view_time(&o, c->w, "read", n.read_at);
    jo_end(&o);
    return call_json(c, 200, &b);
}

static const struct param QUERY[] = {{"kind", "digest: the digests; absent: the notices"},
                                     {"limit", "1 to 200"},
                                     {"after", "`next` of the page before"},
                                     {NULL, NULL}};

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/notices", PERM_SELF, notices_list, "提醒", "Notices of the own unit, unread first"),
     .query = QUERY},
    {ROUTE(POST, "/api/notices/{id}/read", PERM_SELF, notices_read, "提醒已读", "A notice was read")},
};
const struct route_list ROUTES_NOTICES = {ROWS, COUNT_OF(ROWS)};
