#include "clock/outbox.h"
#include "clock/outbox.sql.h"

enum { PAGE = 500 };

static bool put(struct store *db, const struct notice *n, bool *added, struct err *e)
{
    bool found;
    int64_t id = 0, changed = 0;
    if (!store_int(db, sql_outbox_next, BIND_NONE, &found, &id, e) ||
        !store_exec(db, sql_outbox_put,
                    BIND(C_INT(id), C_INT(n->rid), C_TEXT(n->clock), C_INT(n->rung), C_INT(n->due),
                         cell_text(n->org), C_INT(n->area), C_TEXT(n->role), C_INT(n->red),
                         C_INT(n->made), cell_int_or(n->sent, TIME_NONE), C_TEXT(n->text)),
                    &changed, e))
        return false;
    if (added)
        *added = changed > 0;
    return true;
}

bool outbox_add(struct store *db, const struct notice *n, bool *added, struct err *e)
{
    struct notice fresh = *n;
    fresh.sent = TIME_NONE;
    return put(db, &fresh, added, e);
}

/* ---- when ---- */

static bool quiet(const struct zone *z, int64_t now)
{
    int hour = zone_civil(z, now).hour;
    return hour >= OUTBOX_QUIET_FROM || hour < OUTBOX_QUIET_TO;
}

/* The instant of today's digest, if it has come; TIME_NONE: none now. */
static int64_t digest_at(const struct zone *z, const struct calendar *cal, int64_t now)
{
    struct civil c = zone_civil(z, now);
    if (quiet(z, now) || !calendar_workday(cal, zone_day(z, now)))
        return TIME_NONE;
    c.hour = OUTBOX_DIGEST_HOUR;
    c.minute = OUTBOX_DIGEST_MINUTE;
    c.second = c.ms = 0;
    int64_t at = zone_instant(z, c);
    return at <= now ? at : TIME_NONE;
}

static bool goes_alone(const struct zone *z, bool red, int64_t due, int64_t now)
{
    return red || zone_day(z, due) == zone_day(z, now);
}

struct unsent {
    int64_t id, due, made;
    bool red;
};

/* The next page of what has not gone out. */
static bool unsent_page(struct store *db, int64_t after, struct unsent list[static PAGE], size_t *n,
                        struct err *e)
{
    *n = 0;
    struct rows r AUTO(rows_close) =
        store_query(db, sql_outbox_unsent, BIND(C_INT(after), C_INT(PAGE)), e);
    while (rows_next(&r))
        list[(*n)++] = (struct unsent){.id = rows_int(&r, 0),
                                       .red = rows_int(&r, 1) != 0,
                                       .due = rows_int(&r, 2),
                                       .made = rows_int(&r, 3)};
    return !err_is(e);
}

bool outbox_waiting(struct store *db, const struct zone *z, const struct calendar *cal, int64_t now,
                    bool *yes, struct err *e)
{
    struct unsent list[PAGE];
    size_t n = PAGE;
    int64_t after = 0, digest = digest_at(z, cal, now);
    *yes = false;
    if (quiet(z, now))
        return true;
    while (n == PAGE && !*yes) {
        if (!unsent_page(db, after, list, &n, e))
            return false;
        for (size_t i = 0; i < n; i++)
            *yes |= goes_alone(z, list[i].red, list[i].due, now) ||
                    (digest != TIME_NONE && list[i].made <= digest);
        after = n ? list[n - 1].id : after;
    }
    return true;
}

/* ---- singly ---- */

static bool send_single(struct store *db, const struct zone *z, int64_t now, size_t *sent,
                        struct err *e)
{
    struct unsent list[PAGE];
    size_t n = PAGE;
    int64_t after = 0;
    while (n == PAGE) {
        if (!unsent_page(db, after, list, &n, e))
            return false;
        for (size_t i = 0; i < n; i++) {
            after = list[i].id;
            if (!goes_alone(z, list[i].red, list[i].due, now))
                continue;
            if (!store_exec(db, sql_outbox_sent, BIND(C_INT(after), C_INT(now)), NULL, e))
                return false;
            ++*sent;
        }
    }
    return true;
}

/* ---- the digest of one addressee ---- */

struct group {
    struct str org; /* STR_NONE: area */
    int64_t area;
    struct str role;
};

struct digest {
    struct buf lines;
    size_t all, late, today;
};

static void add_line(struct digest *g, const struct zone *z, const struct rows *r, int64_t now)
{
    int64_t due = rows_int(r, 2);
    g->late += due < now;
    g->today += due >= now && zone_day(z, due) == zone_day(z, now);
    if (++g->all > OUTBOX_DIGEST_LINES)
        return;
    buf_char(&g->lines, '\n');
    buf_str(&g->lines, rows_str(r, 3));
}

static bool gather(struct store *db, const struct zone *z, const struct group *who, int64_t at,
                   int64_t now, struct digest *g, struct err *e)
{
    enum { MOST = 10000 };
    struct rows r AUTO(rows_close) = store_query(
        db, who->org.len ? sql_outbox_unit : sql_outbox_area,
        BIND(who->org.len ? C_TEXT(who->org) : C_INT(who->area), C_TEXT(who->role), C_INT(at),
             C_INT(MOST)),
        e);
    while (rows_next(&r))
        add_line(g, z, &r, now);
    return !err_is(e);
}

static struct str digest_text(struct arena *a, const struct zone *z, const struct digest *g,
                              int64_t at)
{
    char day[16];
    day_format(zone_day(z, at), day);
    struct str rest = STR("");
    if (g->all > OUTBOX_DIGEST_LINES)
        rest = str_printf(a, "\n另有%zu件", g->all - OUTBOX_DIGEST_LINES);
    return str_printf(a, "%s 时限提醒：共%zu件，其中超期%zu件，今日到期%zu件%.*s%.*s", day, g->all,
                      g->late, g->today, STR_F(buf_view(&g->lines)), STR_F(rest));
}

static bool send_digest(struct store *db, struct arena *a, const struct zone *z,
                        const struct group *who, int64_t at, int64_t now, size_t *sent,
                        struct err *e)
{
    struct digest g = {.lines = BUF(64 * 1024)};
    bool ok = gather(db, z, who, at, now, &g, e);
    if (ok && g.all) {
        struct notice n = {.clock = who->org.len
                                        ? str_printf(a, "digest:%.*s", STR_F(who->org))
                                        : str_printf(a, "digest:a%lld", (long long)who->area),
                           .due = at,
                           .org = who->org,
                           .area = who->area,
                           .role = who->role,
                           .made = now,
                           .sent = now,
                           .text = digest_text(a, z, &g, at)};
        bool added;
        ok = put(db, &n, &added, e);
        *sent += ok && added;
    }
    buf_free(&g.lines);
    return ok && store_exec(db, who->org.len ? sql_outbox_unit_sent : sql_outbox_area_sent,
                            BIND(who->org.len ? C_TEXT(who->org) : C_INT(who->area),
                                 C_TEXT(who->role), C_INT(at), C_INT(now)),
                            NULL, e);
}

static bool groups(struct store *db, struct arena *a, int64_t at, struct group list[static PAGE],
                   size_t *n, struct err *e)
{
    *n = 0;
    struct rows r AUTO(rows_close) =
        store_query(db, sql_outbox_groups, BIND(C_INT(at), C_INT(PAGE)), e);
    while (rows_next(&r))
        list[(*n)++] = (struct group){.org = rows_null(&r, 0) ? STR_NONE : str_dup(a, rows_str(&r, 0)),
                                      .area = rows_int(&r, 1),
                                      .role = str_dup(a, rows_str(&r, 2))};
    return !err_is(e);
}

bool outbox_send(struct store *db, struct arena *a, const struct zone *z, const struct calendar *cal,
                 int64_t now, size_t *n, struct err *e)
{
    struct group *list = ARENA_ARRAY(a, struct group, PAGE);
    int64_t at = digest_at(z, cal, now);
    size_t count = PAGE;
    *n = 0;
    if (quiet(z, now))
        return true;
    if (!send_single(db, z, now, n, e))
        return false;
    while (at != TIME_NONE && count == PAGE) {
        if (!groups(db, a, at, list, &count, e))
            return false;
        for (size_t i = 0; i < count; i++)
            if (!send_digest(db, a, z, &list[i], at, now, n, e))
                return false;
    }
    return true;
}

/* ---- reading ---- */

static int64_t time_at(const struct rows *r, int col)
{
    return rows_null(r, col) ? TIME_NONE : rows_int(r, col);
}

static struct notice take(struct arena *a, const struct rows *r)
{
    return (struct notice){.id = rows_int(r, 0),
                           .rid = rows_int(r, 1),
                           .clock = str_dup(a, rows_str(r, 2)),
                           .rung = rows_int(r, 3),
                           .due = rows_int(r, 4),
                           .org = rows_null(r, 5) ? STR_NONE : str_dup(a, rows_str(r, 5)),
                           .area = rows_int(r, 6),
                           .role = str_dup(a, rows_str(r, 7)),
                           .red = rows_int(r, 8) != 0,
                           .made = rows_int(r, 9),
                           .sent = time_at(r, 10),
                           .read_at = time_at(r, 11),
                           .text = str_dup(a, rows_str(r, 12))};
}

static struct rows ask(struct store *db, struct str org, bool read, int64_t before, int64_t limit,
                       struct err *e)
{
    if (org.len)
        return store_query(db, read ? sql_outbox_list_read : sql_outbox_list_unread,
                           BIND(C_TEXT(org), C_INT(before), C_INT(limit)), e);
    return store_query(db, read ? sql_outbox_loose_read : sql_outbox_loose_unread,
                       BIND(C_INT(before), C_INT(limit)), e);
}

bool outbox_list(struct store *db, struct arena *a, struct str org, bool read, int64_t before,
                 int64_t limit, struct notice **out, size_t *n, struct err *e)
{
    struct notice *list = ARENA_ARRAY(a, struct notice, limit);
    size_t count = 0;
    struct rows r AUTO(rows_close) = ask(db, org, read, before, limit, e);
    while (rows_next(&r))
        list[count++] = take(a, &r);
    if (err_is(e))
        return false;
    *out = list;
    *n = count;
    return true;
}

bool outbox_get(struct store *db, struct arena *a, int64_t id, bool *found, struct notice *out,
                struct err *e)
{
    struct rows r AUTO(rows_close) = store_query(db, sql_outbox_get, BIND(C_INT(id)), e);
    bool has = rows_next(&r);
    if (has)
        *out = take(a, &r);
    if (err_is(e))
        return false;
    *found = has;
    return true;
}

bool outbox_read(struct store *db, int64_t id, int64_t now, struct err *e)
{
    return store_exec(db, sql_outbox_read, BIND(C_INT(id), C_INT(now)), NULL, e);
}
