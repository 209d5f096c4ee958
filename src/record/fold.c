#include "record/record.h"

struct record *record_new(struct arena *a)
{
    struct record *r = ARENA_NEW(a, struct record);
    r->fields = json_new(a, J_OBJ);
    r->parts = json_new(a, J_ARR);
    r->links = json_new(a, J_ARR);
    r->sealed = json_new(a, J_ARR);
    r->known = TIME_NONE;
    return r;
}

struct record *record_share(struct arena *a, const struct record *r)
{
    struct record *c = ARENA_NEW(a, struct record);
    *c = *r;
    c->fields = json_share(a, r->fields);
    c->parts = json_share(a, r->parts);
    c->links = json_share(a, r->links);
    c->sealed = json_share(a, r->sealed);
    c->shut = r->shut ? record_share(a, r->shut) : NULL;
    c->cap_clocks = r->n_clocks;
    c->clocks = ARENA_ARRAY(a, struct clock_run, r->n_clocks + 1);
    if (r->n_clocks)
        memcpy(c->clocks, r->clocks, r->n_clocks * sizeof *c->clocks);
    return c;
}

struct record *record_copy(struct arena *a, const struct record *r)
{
    struct record *c = record_share(a, r);
    c->type = str_dup(a, r->type);
    c->pb = str_dup(a, r->pb);
    c->code = str_dup(a, r->code);
    c->state = str_dup(a, r->state);
    c->number = str_dup(a, r->number);
    c->by = str_dup(a, r->by);
    c->fields = json_clone(a, r->fields);
    c->parts = json_clone(a, r->parts);
    c->links = json_clone(a, r->links);
    c->sealed = json_clone(a, r->sealed);
    c->shut = r->shut ? record_copy(a, r->shut) : NULL;
    for (size_t i = 0; i < c->n_clocks; i++) {
        c->clocks[i].id = str_dup(a, r->clocks[i].id);
        c->clocks[i].org = str_dup(a, r->clocks[i].org);
        c->clocks[i].limit = str_dup(a, r->clocks[i].limit);
        c->clocks[i].moves = r->clocks[i].moves ? json_clone(a, r->clocks[i].moves) : NULL;
    }
    return c;
}

bool value_detached(const struct json *v)
{
    return json_is(v, J_OBJ) && v->first && str_is(v->first->key, "$d");
}

/* Copies a value of the patch; references to detached values get the event's number. */
static struct json *take(struct arena *a, const struct json *v, int64_t seq)
{
    if (value_detached(v) && !json_get(v, "s")) {
        struct json *ref = json_new(a, J_OBJ);
        json_set(a, ref, STR("$d"), json_clone(a, v->first));
        json_set(a, ref, STR("s"), json_new_int(a, seq));
        json_set(a, ref, STR("c"), json_new_str(a, json_text(v, "c")));
        return ref;
    }
    if (v->kind != J_ARR && v->kind != J_OBJ)
        return json_clone(a, v);
    struct json *out = json_new(a, v->kind);
    JSON_EACH (c, v) {
        struct json *item = take(a, c, seq);
        json_name(item, str_dup(a, c->key));
        json_push(out, item);
    }
    return out;
}

static void set_fields(struct arena *a, struct json *fields, const struct json *set, int64_t seq)
{
    JSON_EACH (v, set) {
        if (v->kind == J_NULL)
            json_drop(fields, v->key);
        else
            json_set(a, fields, v->key, take(a, v, seq));
    }
}

/* Puts an item where its number belongs. */
static struct json *insert_numbered(struct json *list, struct json *item, int64_t n)
{
    struct json *before = NULL;
    JSON_EACH (it, list) {
        if (json_num(it, "i", 0) > n)
            break;
        before = it;
    }
    item->next = before ? before->next : list->first;
    if (before)
        before->next = item;
    else
        list->first = item;
    if (!item->next)
        list->last = item;
    list->n++;
    return item;
}

static void remove_numbered(struct json *list, int64_t n)
{
    struct json *before = NULL;
    for (struct json *it = list->first; it; before = it, it = it->next) {
        if (json_num(it, "i", 0) != n)
            continue;
        if (before)
            before->next = it->next;
        else
            list->first = it->next;
        if (list->last == it)
            list->last = before;
        list->n--;
        return;
    }
}

/* Merges {"i":n,…} items into a list that is ordered by their number. */
static void merge_numbered(struct arena *a, struct json *list, const struct json *items,
                           int64_t seq)
{
    JSON_EACH (item, items) {
        int64_t n = json_num(item, "i", 0);
        struct json *old = NULL;
        if (json_yes(item, "del")) {
            remove_numbered(list, n);
            continue;
        }
        JSON_EACH (it, list)
            if (json_num(it, "i", 0) == n)
                old = it;
        if (!old)
            old = insert_numbered(list, json_new(a, J_OBJ), n);
        set_fields(a, old, item, seq);
    }
}

static void merge_rows(struct arena *a, struct json *fields, const struct json *rows, int64_t seq)
{
    JSON_EACH (table, rows) {
        struct json *list = json_get_str(fields, table->key);
        if (!json_is(list, J_ARR))
            list = json_set(a, fields, table->key, json_new(a, J_ARR));
        merge_numbered(a, list, table, seq);
        if (list->n == 0)
            json_drop(fields, table->key);
    }
}

static bool merge_clock(struct arena *a, struct record *r, const struct json *item, struct err *e)
{
    struct str id = json_text(item, "id");
    int64_t n = json_num(item, "n", 0);
    struct clock_run *c = NULL;
    for (size_t i = 0; i < r->n_clocks; i++)
        if (r->clocks[i].n == n && str_eq(r->clocks[i].id, id))
            c = &r->clocks[i];
    if (json_yes(item, "del")) {
        if (!c)
            return true;
        memmove(c, c + 1, (size_t)(r->clocks + r->n_clocks - (c + 1)) * sizeof *c);
        r->n_clocks--;
        return true;
    }
    if (!c) {
        if (r->n_clocks >= RECORD_CLOCKS)
            return err_set(e, ERR_TOO_BIG, "more than %d clocks on one record", RECORD_CLOCKS);
        r->clocks = arena_grow(a, r->clocks, r->n_clocks, &r->cap_clocks, sizeof *r->clocks);
        c = &r->clocks[r->n_clocks++];
        *c = (struct clock_run){.id = str_dup(a, id),
                                .n = n,
                                .soon = TIME_NONE,
                                .paused = TIME_NONE,
                                .done = TIME_NONE};
    }
    JSON_EACH (v, item) {
        bool null = v->kind == J_NULL;
        int64_t i = null ? TIME_NONE : v->i;
        if (str_is(v->key, "start"))
            c->start = i;
        else if (str_is(v->key, "due"))
            c->due = i;
        else if (str_is(v->key, "soon"))
            c->soon = i;
        else if (str_is(v->key, "paused"))
            c->paused = i;
        else if (str_is(v->key, "done"))
            c->done = i;
        else if (str_is(v->key, "extended"))
            c->extended = null ? 0 : i;
        else if (str_is(v->key, "main"))
            c->main = v->kind == J_TRUE;
        else if (str_is(v->key, "org"))
            c->org = str_dup(a, json_str(v));
        else if (str_is(v->key, "limit"))
            c->limit = str_dup(a, json_str(v));
        else if (str_is(v->key, "moves"))
            c->moves = json_is(v, J_ARR) ? json_clone(a, v) : NULL;
    }
    return true;
}

static void merge_links(struct arena *a, struct record *r, const struct json *links)
{
    JSON_EACH (l, links) {
        struct json *keep = json_new(a, J_ARR);
        struct str to = json_text(l, "to"), rel = json_text(l, "rel");
        for (struct json *it = r->links->first, *next; it; it = next) {
            next = it->next;
            if (!str_eq(json_text(it, "to"), to) || !str_eq(json_text(it, "rel"), rel))
                json_push(keep, it);
        }
        if (!json_yes(l, "del"))
            json_push(keep, json_clone(a, l));
        r->links = keep;
    }
}

void fold_patch(struct arena *a, struct record *r, const struct event_body *ev, int64_t seq)
{
    set_fields(a, r->fields, ev->set, seq);
    merge_rows(a, r->fields, ev->rows, seq);
    merge_numbered(a, r->parts, ev->parts, seq);
    merge_links(a, r, ev->links);
}

/* A line in the clear behind sealed ones says the whole record again (seal.h). */
static void merge_sealed(struct arena *a, struct record *r, const struct json *ref, int64_t seq)
{
    if (!ref) {
        r->sealed = json_new(a, J_ARR);
        r->shut = NULL;
        return;
    }
    json_push(r->sealed, take(a, ref, seq));
    json_set(a, r->fields, STR("$sealed"), json_new_bool(a, true));
}

bool fold_event(struct arena *a, struct record *r, const struct event_body *ev, int64_t seq,
                struct err *e)
{
    if (ev->ver != r->ver + 1)
        return err_set(e, ERR_VERIFY, "the event is number %lld of its record, expected %lld",
                       (long long)ev->ver, (long long)r->ver + 1);
    if (ev->ver == 1) {
        r->id = ev->rec;
        r->type = str_dup(a, ev->type);
        r->opened = ev->at;
        r->recorded = ev->recorded;
        r->known = ev->known;
        r->by = str_dup(a, ev->by);
    } else if (!id_eq(r->id, ev->rec) || !str_eq(r->type, ev->type)) {
        return err_set(e, ERR_VERIFY, "the event belongs to another record");
    }
    r->pb = str_dup(a, ev->pb);
    r->ver = ev->ver;
    r->last_seq = seq;
    r->last_at = ev->at;
    r->area = ev->area;
    r->code = str_dup(a, ev->code.ptr ? ev->code : STR(""));
    fold_patch(a, r, ev, seq);
    if (ev->state.ptr)
        r->state = str_dup(a, ev->state);
    if (ev->number.ptr)
        r->number = str_dup(a, ev->number);
    JSON_EACH (c, ev->clocks) {
        if (!merge_clock(a, r, c, e))
            return false;
    }
    merge_sealed(a, r, ev->sealed, seq);
    return true;
}

/* ---- doc ---- */

static void write_clock(struct json_out *o, const struct clock_run *c)
{
    jo_obj(o);
    jo_kv(o, "id", c->id);
    jo_ki(o, "n", c->n);
    jo_ki(o, "start", c->start);
    jo_ki(o, "due", c->due);
    if (c->soon != TIME_NONE)
        jo_ki(o, "soon", c->soon);
    if (c->paused != TIME_NONE)
        jo_ki(o, "paused", c->paused);
    if (c->done != TIME_NONE)
        jo_ki(o, "done", c->done);
    if (c->main)
        jo_kb(o, "main", true);
    if (c->extended)
        jo_ki(o, "extended", c->extended);
    if (c->org.len)
        jo_kv(o, "org", c->org);
    if (c->limit.len)
        jo_kv(o, "limit", c->limit);
    if (c->moves) {
        jo_key(o, "moves");
        jo_json(o, c->moves);
    }
    jo_end(o);
}

void record_write(struct buf *b, const struct record *r)
{
    char id[ID_TEXT + 1];
    struct json_out o = json_out(b);
    id_format(r->id, id);
    jo_obj(&o);
    jo_kc(&o, "id", id);
    jo_kv(&o, "type", r->type);
    if (r->pb.len)
        jo_kv(&o, "pb", r->pb);
    jo_ki(&o, "ver", r->ver);
    jo_ki(&o, "seq", r->last_seq);
    jo_ki(&o, "area", r->area);
    jo_kv(&o, "code", r->code);
    jo_kv(&o, "state", r->state);
    jo_kv(&o, "number", r->number);
    jo_ki(&o, "opened", r->opened);
    jo_ki(&o, "recorded", r->recorded);
    if (r->known != TIME_NONE)
        jo_ki(&o, "known", r->known);
    jo_ki(&o, "last", r->last_at);
    jo_kv(&o, "by", r->by);
    jo_key(&o, "fields");
    jo_json(&o, r->fields);
    if (r->parts->n) {
        jo_key(&o, "parts");
        jo_json(&o, r->parts);
    }
    if (r->n_clocks) {
        jo_key(&o, "clocks");
        jo_arr(&o);
        for (size_t i = 0; i < r->n_clocks; i++)
            write_clock(&o, &r->clocks[i]);
        jo_end(&o);
    }
    if (r->links->n) {
        jo_key(&o, "links");
        jo_json(&o, r->links);
    }
    if (r->sealed->n) {
        jo_key(&o, "sealed");
        jo_json(&o, r->sealed);
    }
    jo_end(&o);
}

bool record_read(struct arena *a, struct str doc, struct record **out, struct err *e)
{
    struct json *j, *v;
    if (!json_own(a, doc, &j, e))
        return false;
    struct record *r = record_new(a);
    if (!id_parse(json_text(j, "id"), &r->id))
        return err_set(e, ERR_VERIFY, "a stored record is damaged");
    r->type = json_text(j, "type");
    r->pb = json_text(j, "pb");
    r->ver = json_num(j, "ver", 0);
    r->last_seq = json_num(j, "seq", 0);
    r->area = json_num(j, "area", 0);
    r->code = json_text(j, "code");
    r->state = json_text(j, "state");
    r->number = json_text(j, "number");
    r->opened = json_num(j, "opened", 0);
    r->recorded = json_num(j, "recorded", 0);
    r->known = json_num(j, "known", TIME_NONE);
    r->last_at = json_num(j, "last", 0);
    r->by = json_text(j, "by");
    if (json_is(v = json_get(j, "fields"), J_OBJ))
        r->fields = v;
    if (json_is(v = json_get(j, "parts"), J_ARR))
        r->parts = v;
    if (json_is(v = json_get(j, "links"), J_ARR))
        r->links = v;
    if (json_is(v = json_get(j, "sealed"), J_ARR))
        r->sealed = v;
    JSON_EACH (c, json_get(j, "clocks")) {
        if (!merge_clock(a, r, c, e))
            return false;
    }
    *out = r;
    return true;
}

bool record_same(const struct record *a, const struct record *b)
{
    struct buf x = BUF(LIMIT_JSON_OUT), y = BUF(LIMIT_JSON_OUT);
    record_write(&x, a);
    record_write(&y, b);
    bool same = str_eq(buf_view(&x), buf_view(&y));
    buf_free(&x);
    buf_free(&y);
    return same;
}

/* ---- the way back ---- */

static void patch_list(struct arena *a, const struct json *now, const struct json *want,
                       struct json *out)
{
    JSON_EACH (w, want) {
        const struct json *old = NULL;
        JSON_EACH (n, now)
            if (json_num(n, "i", -1) == json_num(w, "i", -2))
                old = n;
        if (json_same(old, w))
            continue;
        struct json *item = json_push(out, json_clone(a, w));
        JSON_EACH (v, old)
            if (!json_get_str(w, v->key))
                json_set(a, item, v->key, json_new(a, J_NULL));
    }
    JSON_EACH (n, now) {
        bool still = false;
        JSON_EACH (w, want)
            still |= json_num(n, "i", -1) == json_num(w, "i", -2);
        if (still)
            continue;
        struct json *del = json_push(out, json_new(a, J_OBJ));
        json_set(a, del, STR("i"), json_new_int(a, json_num(n, "i", 0)));
        json_set(a, del, STR("del"), json_new_bool(a, true));
    }
}

static bool is_rows(const struct json *v)
{
    return json_is(v, J_ARR) && v->first && json_get(v->first, "i");
}

static void patch_rows(struct arena *a, const struct json *now, const struct json *want,
                       struct str key, struct json *rows)
{
    struct json *list = json_new(a, J_ARR);
    patch_list(a, is_rows(now) ? now : NULL, is_rows(want) ? want : NULL, list);
    if (list->n)
        json_set(a, rows, key, list);
}

static void patch_fields(struct arena *a, const struct json *now, const struct json *want,
                         struct json *set, struct json *rows)
{
    JSON_EACH (v, want) {
        const struct json *old = json_get_str(now, v->key);
        if (is_rows(v))
            patch_rows(a, old, v, v->key, rows);
        else if (!json_same(old, v))
            json_set(a, set, v->key, json_clone(a, v));
    }
    JSON_EACH (v, now) {
        if (json_get_str(want, v->key))
            continue;
        if (is_rows(v))
            patch_rows(a, v, NULL, v->key, rows);
        else
            json_set(a, set, v->key, json_new(a, J_NULL));
    }
}

static void put_time(struct arena *a, struct json *o, const char *key, int64_t v)
{
    json_set(a, o, str_of(key), v == TIME_NONE ? json_new(a, J_NULL) : json_new_int(a, v));
}

static const struct clock_run *same_run(const struct record *r, const struct clock_run *c)
{
    for (size_t i = 0; i < r->n_clocks; i++)
        if (r->clocks[i].n == c->n && str_eq(r->clocks[i].id, c->id))
            return &r->clocks[i];
    return NULL;
}

static struct json *clock_item(struct arena *a, struct json *out, const struct clock_run *c)
{
    struct json *o = json_push(out, json_new(a, J_OBJ));
    json_set(a, o, STR("id"), json_new_str(a, c->id));
    json_set(a, o, STR("n"), json_new_int(a, c->n));
    return o;
}

static void patch_clocks(struct arena *a, const struct record *now, const struct record *want,
                         struct json *out)
{
    for (size_t i = 0; i < now->n_clocks; i++)
        if (!same_run(want, &now->clocks[i]))
            json_set(a, clock_item(a, out, &now->clocks[i]), STR("del"), json_new_bool(a, true));
    for (size_t i = 0; i < want->n_clocks; i++) {
        const struct clock_run *w = &want->clocks[i], *c = same_run(now, w);
        if (c && w->start == c->start && w->due == c->due && w->soon == c->soon &&
            w->paused == c->paused && w->done == c->done && w->extended == c->extended &&
            json_same(w->moves, c->moves))
            continue;
        struct json *o = clock_item(a, out, w);
        put_time(a, o, "start", w->start);
        put_time(a, o, "due", w->due);
        put_time(a, o, "soon", w->soon);
        put_time(a, o, "paused", w->paused);
        put_time(a, o, "done", w->done);
        json_set(a, o, STR("extended"), json_new_int(a, w->extended));
        if (w->main)
            json_set(a, o, STR("main"), json_new_bool(a, true));
        if (w->org.len)
            json_set(a, o, STR("org"), json_new_str(a, w->org));
        if (w->limit.len)
            json_set(a, o, STR("limit"), json_new_str(a, w->limit));
        if (w->moves || (c && c->moves))
            json_set(a, o, STR("moves"), w->moves ? json_clone(a, w->moves) : json_new(a, J_NULL));
    }
}

static bool link_in(const struct json *list, const struct json *l)
{
    JSON_EACH (it, list)
        if (str_eq(json_text(it, "to"), json_text(l, "to")) &&
            str_eq(json_text(it, "rel"), json_text(l, "rel")))
            return true;
    return false;
}

void record_patch(struct arena *a, const struct record *now, const struct record *want,
                  struct event_body *out)
{
    out->set = json_new(a, J_OBJ);
    out->rows = json_new(a, J_OBJ);
    out->parts = json_new(a, J_ARR);
    out->clocks = json_new(a, J_ARR);
    out->links = json_new(a, J_ARR);
    out->area = want->area;
    out->code = want->code;
    patch_fields(a, now->fields, want->fields, out->set, out->rows);
    patch_list(a, now->parts, want->parts, out->parts);
    patch_clocks(a, now, want, out->clocks);
    if (!str_eq(now->state, want->state))
        out->state = want->state;
    JSON_EACH (l, now->links) {
        if (link_in(want->links, l))
            continue;
        struct json *del = json_push(out->links, json_clone(a, l));
        json_set(a, del, STR("del"), json_new_bool(a, true));
    }
    JSON_EACH (l, want->links)
        if (!link_in(now->links, l))
            json_push(out->links, json_clone(a, l));
}
