/* One group commit: an overlay of records, decided one after the other, written once, table by
 * table in key order (decisions 8).  Nothing is written before batch_write; a refused ask leaves
 * nothing behind. */
#include "access/lookup.h"
#include "clock/notice.h"
#include "engine/batch.sql.h"
#include "engine/decide_int.h"
#include "engine/engine_int.h"
#include "measure/tally.h"
#include "record/save.sql.h"
#include "record/seal.h"
#include "search/index.h"

bool batch_begin(struct batch *b, struct engine *en, struct store *db, struct arena *a,
                 struct err *e)
{
    struct ledger_head head;
    *b = (struct batch){.en = en, .db = db, .arena = a};
    if (!store_begin(db, e) || !ledger_lock(db, &head, e))
        return false;
    ledger_batch_begin(&b->log, a, &head);
    b->now = max64(head.recorded, engine_now(en));
    return true;
}

/* ---- overlay ---- */

static struct entry **slot_of(struct batch *b, struct id id)
{
    return &b->table[(size_t)(id.b[15] | id.b[14] << 8) % COUNT_OF(b->table)];
}

static struct entry *overlay_find(struct batch *b, struct id id)
{
    for (struct entry *x = *slot_of(b, id); x; x = x->next_hash)
        if (id_eq(x->id, id))
            return x;
    return NULL;
}

static struct entry *overlay_add(struct batch *b, struct id id, struct record *before)
{
    struct entry *x = ARENA_NEW(b->arena, struct entry), **head = slot_of(b, id);
    x->id = id;
    x->change.before = before;
    x->change.after = before ? before : NULL;
    x->next_hash = *head;
    *head = x;
    b->order = arena_grow(b->arena, b->order, b->n_order, &b->cap_order, sizeof *b->order);
    b->order[b->n_order++] = x;
    return x;
}

/* The entry of a record, loaded when this commit has not touched it yet; *out NULL: no such record. */
static bool overlay_get(struct batch *b, struct id id, struct entry **out, struct err *e)
{
    struct entry *x = overlay_find(b, id);
    if (!x) {
        struct record *r;
        bool found;
        if (!record_load_open(b->db, &b->en->keys, b->arena, id, &found, &r, e))
            return false;
        if (found) {
            x = overlay_add(b, id, r);
            x->change.after = r;
        }
    }
    *out = x;
    return true;
}

static bool entry_dek(struct batch *b, struct entry *x, struct err *e)
{
    return x->has_dek || record_dek(b->db, &b->en->keys, x->change.after->rid, x->id, &x->has_dek,
                                    x->dek, e);
}

static void begin_changes(struct batch *b)
{
    b->changes.arena = b->arena;
    b->changes.world = b->world;
    b->changes.keys = &b->en->keys;
    b->changes.now = b->now;
}

/* ---- numbers: drawn last, so a refused ask takes none (decisions 24) ---- */

static bool seq_next(struct batch *b, struct str name, struct str scope, int64_t year, int64_t *out,
                     struct err *e)
{
    struct seq_row *row = NULL;
    for (size_t i = 0; i < b->n_seqs; i++)
        if (b->seqs[i].year == year && str_eq(b->seqs[i].scope, scope) &&
            str_eq(b->seqs[i].name, name))
            row = &b->seqs[i];
    if (!row) {
        int64_t next = 1;
        bool found;
        if (!store_int(b->db, sql_seq_read, BIND(C_TEXT(name), C_TEXT(scope), C_INT(year)), &found,
                       &next, e))
            return false;
        b->seqs = arena_grow(b->arena, b->seqs, b->n_seqs, &b->cap_seqs, sizeof *b->seqs);
        row = &b->seqs[b->n_seqs++];
        *row = (struct seq_row){str_dup(b->arena, name), str_dup(b->arena, scope), year, next, false};
    }
    row->moved = true;
    *out = row->next++;
    return true;
}

/* "{area:6}JF{year}{seq:5}" */
static bool draw_number(struct batch *b, struct str pattern, struct str type, struct str code,
                        struct str *out, struct err *e)
{
    struct buf text = BUF(256), after = BUF(64);
    int width = 0;
    bool seq = false, ok = true;
    int year = zone_civil(b->world->zone, b->now).year;
    for (size_t i = 0; i < pattern.len; i++) {
        struct buf *to = seq ? &after : &text;
        struct str rest = {pattern.ptr + i, pattern.len - i}, arg;
        if (rest.ptr[0] != '{') {
            buf_char(to, rest.ptr[0]);
            continue;
        }
        rest.ptr++, rest.len--;
        struct str tail, inside = str_cut(rest, '}', &tail), word = str_cut(inside, ':', &arg);
        int64_t n = 0;
        str_int(arg, &n);
        if (str_is(word, "area"))
            buf_add(to, code.ptr, n > 0 && (size_t)n < code.len ? (size_t)n : code.len);
        else if (str_is(word, "year"))
            buf_printf(to, "%04d", year);
        else if (str_is(word, "seq")) {
            seq = true;
            width = (int)n;
        }
        i += inside.len + 1;
    }
    int64_t n = 0;
    if (seq)
        ok = seq_next(b, type, buf_view(&text), year, &n, e);
    if (ok)
        *out = seq ? str_printf(b->arena, "%.*s%0*lld%.*s", STR_F(buf_view(&text)), width,
                                (long long)n, STR_F(buf_view(&after)))
                   : buf_dup(b->arena, &text);
    buf_free(&text);
    buf_free(&after);
    return ok;
}

/* ---- one draft becomes an event ---- */

static void keep_claim(struct batch *b, struct entry *of, struct str plain)
{
    struct id id;
    if (!uploads_named(b->arena, plain, &id))
        return;
    b->claims = arena_grow(b->arena, b->claims, b->n_claims, &b->cap_claims, sizeof *b->claims);
    b->claims[b->n_claims++] = (struct claim){id, of};
}

static void keep_detached(struct batch *b, struct entry *of, const struct draft *dr, const struct event *ev)
{
    for (size_t i = 0; i < dr->n_detached; i++) {
        const struct detached *x = &dr->detached[i];
        while (b->cap_detached < (b->n_detached + 1) * 6)
            b->detached = arena_grow(b->arena, b->detached, b->cap_detached, &b->cap_detached,
                                     sizeof *b->detached);
        struct cell *c = b->detached + b->n_detached++ * 6;
        c[0] = C_INT(ev->seq);
        c[1] = C_INT(x->k);
        c[2] = C_INT(ev->rid);
        c[3] = C_TEXT(x->k == 0 ? STR("sealed") : x->vault ? STR("vault") : STR("text"));
        c[4] = C_BLOB(((struct str){(const char *)x->salt, 32}));
        c[5] = C_BLOB(x->sealed);
        struct changes *ch = &b->changes;
        ch->plain = arena_grow(b->arena, ch->plain, ch->n_plain, &ch->cap_plain, sizeof *ch->plain);
        ch->plain[ch->n_plain++] = (struct plain_value){ev->seq, x->k, x->plain};
        keep_claim(b, of, x->plain);
    }
}

static void add_value(struct batch *b, struct draft *dr, const struct detached *x)
{
    dr->detached = arena_grow(b->arena, dr->detached, dr->n_detached, &dr->cap_detached,
                              sizeof *dr->detached);
    dr->detached[dr->n_detached++] = *x;
}

/* The line of the event: the body itself, or of a sealed matter what of it stands in the clear. */
static bool draft_line(struct batch *b, struct entry *x, struct draft *dr, const struct record *r,
                       struct event_body *line, struct err *e)
{
    struct event_body *body = &dr->body;
    struct detached value;
    bool seal = !dr->unseal && (dr->seal || record_sealed(r));
    int area = seal ? seal_area(b->world, world_area_by_id(b->world, body->area)) : -1;
    struct str code = area >= 0 ? b->world->areas[area].code : body->code;
    if (dr->number && !draw_number(b, x->change.def->number, body->type, code, &body->number, e))
        return false;
    *line = *body;
    if (!seal)
        return true;
    if (!entry_dek(b, x, e))
        return false;
    seal_hide(b->arena, b->world, body, x->dek, line, &value);
    add_value(b, dr, &value);
    return true;
}

/* What an erase event lists goes when the batch is written. */
static void keep_erasure(struct batch *b, const struct event_body *body, const struct event *ev)
{
    if (!str_is(body->act, "erase") || !json_get(body->in, "erased"))
        return;
    b->erasures = arena_grow(b->arena, b->erasures, b->n_erasures, &b->cap_erasures,
                             sizeof *b->erasures);
    b->erasures[b->n_erasures++] = (struct erasure){ev->seq, ev->rid, ev->id, body->rec, body->in};
}

static bool apply_draft(struct batch *b, struct entry *x, struct draft *dr, const struct ask *ask,
                        bool first, const struct event **added, struct err *e)
{
    struct event_body *body = &dr->body;
    struct record *r = x->change.after;
    if (!r) {
        r = record_new(b->arena);
        r->rid = b->log.head.next_rid++;
    }
    struct record *next = record_share(b->arena, r);
    body->ver = r->ver + 1;
    body->recorded = b->now;
    struct event_body line;
    if (!draft_line(b, x, dr, r, &line, e))
        return false;
    struct buf text = BUF(LIMIT_EVENT_BODY);
    body_write(&text, &line);
    if (!buf_ok(&text)) {
        buf_free(&text);
        return err_set(e, ERR_TOO_BIG, "the event would be larger than %d bytes", LIMIT_EVENT_BODY);
    }
    struct event ev = {.id = body->id,
                       .rid = r->rid,
                       .type = body->type,
                       .at = body->at,
                       .recorded = b->now,
                       .has_req = first && ask->has_req,
                       .req = ask->req,
                       .body = buf_dup(b->arena, &text)};
    buf_free(&text);
    bool sys = sys_is(body->type);
    const struct event *done = ledger_add(&b->log, &ev, sys);
    if (!seal_fold(b->arena, next, body, &line, done->seq, e))
        return false;
    x->change.after = next;
    change_left(b->arena, b->world, &x->change, r, next, done->seq);
    if (tally_moved(r->ver ? r : NULL, next))
        x->change.moved_seq = done->seq;
    if (x->change.def && x->change.def->recurs && record_closed(r) != record_closed(next)) {
        b->closed = arena_grow(b->arena, b->closed, b->n_closed, &b->cap_closed, sizeof *b->closed);
        b->closed[b->n_closed++] = (struct closed_case){.x = x};
    }
    x->change.new_text |= dr->n_detached > 0 || body->number.ptr || !x->change.before ||
                          x->change.before->area != next->area || body->set->n > 0;
    b->sys |= sys;
    keep_detached(b, x, dr, done);
    keep_erasure(b, body, done);
    *added = done;
    return true;
}

static void fill_answer(struct answer *ans, const struct record *r, const struct event *ev)
{
    ans->ok = true;
    ans->event = ev->id;
    ans->record = r->id;
    ans->rid = r->rid;
    ans->seq = ev->seq;
    ans->recorded = ev->recorded;
    ans->leaf = ev->leaf;
    ans->version = r->ver;
    snprintf(ans->number, sizeof ans->number, "%.*s", STR_F(r->number));
    snprintf(ans->state, sizeof ans->state, "%.*s", STR_F(r->state));
}

static bool refused(struct job *job, const struct err *why, const struct changeset *set)
{
    job->ans->ok = false;
    job->ans->err = *why;
    job->ans->conflict = set && set->conflict ? json_clone(job->arena, set->conflict) : NULL; /* ours is emptied */
    return true;
}

/* ---- imports ---- */

static bool external_find(struct batch *b, const struct ask *ask, struct external_row *out,
                          bool *found, struct err *e)
{
    for (size_t i = b->n_externals; i > 0; i--) {
        struct external_row *x = &b->externals[i - 1];
        if (str_eq(x->ext_id, ask->ext_id) && str_eq(x->source, ask->source)) {
            *out = *x;
            *found = true;
            return true;
        }
    }
    struct rows r AUTO(rows_close) =
        store_query(b->db, sql_external_read, BIND(C_TEXT(ask->source), C_TEXT(ask->ext_id)), e);
    *found = rows_next(&r);
    if (err_is(e))
        return false;
    if (*found) {
        *out = (struct external_row){ask->source, ask->ext_id, rows_int(&r, 0), rows_int(&r, 2),
                                     {{0}}};
        struct str d = rows_str(&r, 1);
        if (d.len == HASH_LEN)
            memcpy(out->digest.b, d.ptr, HASH_LEN);
    }
    return true;
}

static void external_keep(struct batch *b, const struct ask *ask, int64_t rid, int64_t seq)
{
    b->externals = arena_grow(b->arena, b->externals, b->n_externals, &b->cap_externals,
                              sizeof *b->externals);
    b->externals[b->n_externals++] = (struct external_row){
        str_dup(b->arena, ask->source), str_dup(b->arena, ask->ext_id), rid, seq, ask->digest};
}

/* Was it an action on the matter?  That it was looked at, told to the system above, or that its clocks followed
 * another table of holidays, is none. */
static bool handled(struct arena *a, struct str body, bool *yes, struct err *e)
{
    struct event_body ev;
    if (!body_read(a, body, &ev, e))
        return false;
    *yes = !str_is(ev.act, "look") && !str_is(ev.act, "report_up") && !str_is(ev.act, "clock_reset");
    return true;
}

static bool changed_here(struct batch *b, const struct record *r, int64_t after, bool *yes, struct err *e)
{
    enum { MOST = 10000 };
    struct event *list;
    size_t n;
    *yes = false;
    if (r->last_seq == after)
        return true;
    if (!ledger_of_record(b->db, b->arena, r->rid, after, MOST, &list, &n, e))
        return false;
    *yes = n == MOST;
    for (size_t i = 0; i < n && !*yes; i++)
        if (!handled(b->arena, list[i].body, yes, e))
            return false;
    for (size_t i = 0; i < b->log.n && !*yes; i++)
        if (b->log.events[i].rid == r->rid && b->log.events[i].seq > after &&
            !handled(b->arena, b->log.events[i].body, yes, e))
            return false;
    return true;
}

/* Finds out whether an imported row is new, unchanged, or changed here since. *rec: the record it
 * belongs to, or zero. */
static bool import_target(struct batch *b, struct job *job, struct ask *ask, bool *settled,
                          struct err *e)
{
    struct external_row x;
    bool found, has, changed;
    *settled = false;
    if (!external_find(b, ask, &x, &found, e) || !found)
        return !err_is(e);
    struct record *r = NULL;
    for (size_t i = 0; i < b->n_order && !r; i++)
        if (b->order[i]->change.after && b->order[i]->change.after->rid == x.rid)
            r = b->order[i]->change.after;
    if (!r && (!record_load_rid(b->db, b->arena, x.rid, &has, &r, e) || !has))
        return err_set(e, ERR_STORE, "an imported record is missing");
    if (hash_eq(&x.digest, &ask->digest)) {
        *settled = true;
        job->ans->ok = job->ans->same = true;
        job->ans->record = r->id;
        job->ans->rid = r->rid;
        job->ans->version = r->ver;
        return true;
    }
    if (!changed_here(b, r, x.seq, &changed, e))
        return false;
    if (changed) {
        struct err why = ERR_INIT;
        err_set(&why, ERR_STALE, "changed here since the last import (v%lld)", (long long)r->ver);
        err_zh(&why, "导入后在本系统改过（第%lld版），未覆盖", (long long)r->ver);
        *settled = true;
        return refused(job, &why, NULL);
    }
    ask->rec = r->id;
    return true;
}

/* ---- one ask ---- */

static void resident_token(struct batch *b, struct answer *ans)
{
    uint8_t raw[24];
    random_bytes(raw, sizeof raw);
    struct str text = base64_of(b->arena, (struct str){(char *)raw, sizeof raw}, true);
    snprintf(ans->token, sizeof ans->token, "%.*s", STR_F(text));
    uint32_t n = (uint32_t)raw[0] << 24 | (uint32_t)raw[1] << 16 | (uint32_t)raw[2] << 8 | raw[3];
    snprintf(ans->digits, sizeof ans->digits, "%08u", n % 100000000u);
}

static bool save_token(struct batch *b, const struct answer *ans, bool opened, struct err *e)
{
    struct hash h = hash_sha256(str_of(ans->token));
    if (!opened && !store_exec(b->db, sql_resident_link_drop, BIND(C_INT(ans->rid)), NULL, e))
        return false;
    return store_exec(b->db, sql_resident_link_save,
                      BIND(C_BLOB(HASH_STR(h)), C_INT(ans->rid), C_TEXT(str_of(ans->digits)),
                           C_INT(zone_day(b->world->zone, b->now)), C_NULL,
                           C_INT(b->now + 400LL * MS_DAY)),
                      NULL, e);
}

static bool decide_here(struct batch *b, const struct ask *ask, struct entry *x,
                        struct changeset *set, struct err *why, struct err *e)
{
    begin_changes(b);
    struct snapshot s = {.now = b->now, .world = b->world, .pending = &b->log, .batch = b,
                         .given = b->changes.plain, .n_given = b->changes.n_plain};
    if (!snapshot_load(b->db, b->arena, ask, &b->en->keys, x ? x->change.after : NULL, &s, e))
        return false;
    if (s.other) { /* as this commit has it */
        struct entry *o;
        if (!overlay_get(b, s.other->id, &o, e))
            return false;
        s.other = o ? o->change.after : s.other;
    }
    if (x) {
        if (!entry_dek(b, x, e))
            return false;
        memcpy(s.dek, x->dek, sizeof s.dek);
        s.has_dek = x->has_dek;
    }
    s.world = b->world;
    s.calendar = b->calendar;
    if (!decide(b->arena, &s, ask, set, why))
        ASSERT(err_is(why));
    return true;
}

static bool apply_all(struct batch *b, struct job *job, const struct ask *ask, struct entry *x,
                      struct changeset *set, struct err *e)
{
    if (!x) {
        x = overlay_add(b, ask->id, NULL);
        x->new_dek = x->has_dek = true;
        memcpy(x->dek, set->dek, sizeof x->dek);
    }
    x->change.playbook = set->playbook;
    x->change.def = set->def;
    const struct event *main_event = NULL;
    ASSERT(set->n > 0);
    for (size_t i = 0; i < set->n; i++) {
        struct entry *to = x;
        const struct event *ev = NULL;
        if (set->drafts[i].other && !overlay_get(b, set->drafts[i].body.rec, &to, e))
            return false;
        if (to != x) {
            to->change.playbook = set->playbook;
            to->change.def = set->def;
        }
        if (!apply_draft(b, to, &set->drafts[i], ask, i == 0, &ev, e))
            return false;
        if (i == 0)
            main_event = ev;
    }
    ASSERT(main_event);
    fill_answer(job->ans, x->change.after, main_event);
    if (set->links)
        job->ans->links = json_clone(job->arena, set->links);
    if (ask->source.len)
        external_keep(b, ask, x->change.after->rid, x->change.after->last_seq);
    bool is_case = set->def && set->def->kind == KIND_CASE;
    bool opened = set->opens && is_case && !ask->source.len && !b->en->cfg.bulk;
    if (opened || set->resident_link) {
        resident_token(b, job->ans);
        return save_token(b, job->ans, opened, e);
    }
    return true;
}

static bool fits(const struct batch *b, const struct job *job, const struct entry *x)
{
    return job->prepared && !job->set.claims && job->base_sys == b->world->sys_seq &&
           job->base_ver == (x ? x->change.after->ver : 0);
}

/* A bulk load goes on to the time of the next action; what a day made known is counted at its end. */
static bool turn_to(struct batch *b, int64_t played, struct err *e)
{
    if (played <= b->now)
        return true;
    if (b->n_order && zone_day(b->world->zone, played) != zone_day(b->world->zone, b->now)) {
        struct change **list = ARENA_ARRAY(b->arena, struct change *, b->n_order);
        size_t n = 0;
        for (size_t i = 0; i < b->n_order; i++)
            if (b->order[i]->change.after)
                list[n++] = &b->order[i]->change;
        begin_changes(b);
        if (!tally_turn(b->db, &b->changes, list, n, e))
            return false;
    }
    b->now = played;
    return true;
}

/* The same ask twice in one commit. */
static bool again(const struct batch *b, struct job *job, const struct event *ev)
{
    const struct ask *ask = job->ask;
    struct err why = ERR_INIT;
    if (!ev->has_req || !ask->has_req || !hash_eq(&ev->req, &ask->req)) {
        err_set(&why, ERR_ID_USED, "this id was used for another request");
        return refused(job, &why, NULL);
    }
    for (size_t k = 0; k < b->n_order; k++)
        if (b->order[k]->change.after && b->order[k]->change.after->rid == ev->rid)
            fill_answer(job->ans, b->order[k]->change.after, ev);
    job->ans->again = true;
    return true;
}

bool batch_add(struct batch *b, struct job *job, struct err *e)
{
    struct ask ask = *job->ask;
    struct entry *x = NULL;
    bool settled = false;
    *job->ans = (struct answer){.ok = false};
    if (b->en->cfg.bulk && !turn_to(b, ask.played, e))
        return false;
    const struct event *earlier = ledger_added(&b->log, ask.id);
    if (earlier)
        return again(b, job, earlier);
    if (!b->en->cfg.bulk || ask.source.len) {
        if (!receipt_find(b->db, b->arena, &ask, &settled, job->ans, e))
            return false;
        if (settled)
            return true;
    }
    if (ask.source.len && id_zero(ask.rec)) {
        if (!import_target(b, job, &ask, &settled, e))
            return false;
        if (settled)
            return true;
    }
    struct err why = ERR_INIT;
    if (!id_zero(ask.rec)) {
        if (!overlay_get(b, ask.rec, &x, e))
            return false;
        if (!x) {
            err_set(&why, ERR_NOT_FOUND, "there is no such record");
            return refused(job, &why, NULL);
        }
    }
    struct changeset set = job->set;
    if (!fits(b, job, x) && !decide_here(b, &ask, x, &set, &why, e))
        return false;
    if (err_is(&why))
        return refused(job, &why, &set);
    if (set.same || ask.dry) {
        job->ans->ok = true;
        job->ans->same = set.same;
        if (ask.dry && x)
            job->ans->version = x->change.after->ver + !set.same; /* as it would be */
        if (set.same && x) {
            job->ans->record = x->change.after->id;
            job->ans->rid = x->change.after->rid;
            job->ans->version = x->change.after->ver;
            if (!ask.dry)
                external_keep(b, &ask, x->change.after->rid, x->change.after->last_seq);
        }
        return true;
    }
    return apply_all(b, job, &ask, x, &set, e);
}

/* ---- writing ---- */

static int by_rid(const void *a, const void *b)
{
    const struct change *x = a, *y = b;
    return (x->after->rid > y->after->rid) - (x->after->rid < y->after->rid);
}

static bool write_seqs(struct batch *b, struct err *e)
{
    for (size_t i = 0; i < b->n_seqs; i++) {
        const struct seq_row *s = &b->seqs[i];
        if (s->moved && !store_exec(b->db, sql_seq_save,
                                    BIND(C_TEXT(s->name), C_TEXT(s->scope), C_INT(s->year),
                                         C_INT(s->next)),
                                    NULL, e))
            return false;
    }
    struct cell *c = ARENA_ARRAY(b->arena, struct cell, b->n_externals * 5 + 1);
    for (size_t i = 0; i < b->n_externals; i++) {
        const struct external_row *x = &b->externals[i];
        c[i * 5] = C_TEXT(x->source);
        c[i * 5 + 1] = C_TEXT(x->ext_id);
        c[i * 5 + 2] = C_INT(x->rid);
        c[i * 5 + 3] = C_BLOB(HASH_STR(x->digest));
        c[i * 5 + 4] = C_INT(x->seq);
    }
    return store_many(b->db, sql_external_save, c, b->n_externals, 5, e);
}

/* What an erase event lists loses its salt and bytes, once the list outside the database has it; the
 * index forgets it in the same commit. */
static bool write_erasure(struct batch *b, const struct erasure *x, struct change *ch, struct err *e)
{
    if (!erasures_append(b->db, &b->en->keys, x, e))
        return false;
    JSON_EACH (pair, json_get(x->in, "erased")) {
        const struct json *seq = json_at(pair, 0), *k = json_at(pair, 1);
        bool gone;
        if (seq && k && !erase_value(b->db, &b->changes, ch->after, seq->i, k->i, x->seq, &gone, e))
            return false;
        for (size_t p = 0; seq && k && p < b->changes.n_plain; p++)
            if (b->changes.plain[p].seq == seq->i && b->changes.plain[p].k == k->i)
                b->changes.plain[p].plain = STR_NONE; /* given in this very commit */
    }
    return erase_traces(b->db, &b->changes, ch, e);
}

static bool write_erasures(struct batch *b, struct err *e)
{
    for (size_t i = 0; i < b->n_erasures; i++)
        for (size_t c = 0; c < b->changes.n; c++)
            if (b->changes.list[c].after->rid == b->erasures[i].rid &&
                !write_erasure(b, &b->erasures[i], &b->changes.list[c], e))
                return false;
    return true;
}

static bool write_deks(struct batch *b, struct err *e)
{
    struct cell *c = ARENA_ARRAY(b->arena, struct cell, b->n_order * 2 + 1);
    size_t n = 0;
    for (size_t i = 0; i < b->n_order; i++) {
        struct entry *x = b->order[i];
        if (!x->new_dek || !x->change.after)
            continue;
        uint8_t *wrapped = arena_alloc(b->arena, KEYS_WRAPPED);
        keys_wrap(&b->en->keys, ID_STR(x->id), x->dek, wrapped);
        c[n * 2] = C_INT(x->change.after->rid);
        c[n * 2 + 1] = C_BLOB(((struct str){(char *)wrapped, KEYS_WRAPPED}));
        n++;
    }
    if (!store_many(b->db, sql_dek_insert, c, n, 2, e) ||
        !store_many(b->db, sql_detached_insert, b->detached, b->n_detached, 6, e))
        return false;
    for (size_t i = 0; i < b->n_claims; i++) {
        struct entry *of = b->claims[i].of;
        if (!entry_dek(b, of, e) || !uploads_claim(b->db, &b->en->keys, b->arena, b->claims[i].upload,
                                                   of->change.after->rid, of->dek, e))
            return false;
    }
    return true;
}

bool batch_write(struct batch *b, struct err *e)
{
    struct changes *c = &b->changes;
    begin_changes(b);
    if (!world_now(b->db, b->arena, b->world, &c->world, e))
        return false;
    c->list = ARENA_ARRAY(b->arena, struct change, b->n_order + 1);
    for (size_t i = 0; i < b->n_order; i++)
        if (b->order[i]->change.after && b->order[i]->change.after != b->order[i]->change.before)
            c->list[c->n++] = b->order[i]->change;
    qsort(c->list, c->n, sizeof *c->list, by_rid);
    if (!ledger_save(b->db, &b->log, e) || !write_deks(b, e) || !record_save(b->db, c, e) ||
        !write_erasures(b, e))
        return false;
    if (b->sys)
        return sys_project(b, e) && write_seqs(b, e);
    return clock_save(b->db, c, e) && tally_save(b->db, c, e) && search_save(b->db, c, e) &&
           lookup_save(b->db, c, e) && write_seqs(b, e);
}
