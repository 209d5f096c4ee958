/* Every record folded again from its events, in order of records.  What each event and each record
 * makes is handed to the sums and to the folds; the rows of the record itself are compared here. */
#include "engine/verify_int.h"
#include "record/seal.h"
#include "record/waiting.h"

enum { PIECE = 2000 };

struct walk {
    struct verifying *v;
    struct tally *tally;
    struct tally_sink sink;
    struct arena *a, *step; /* of the record, of the event */
    struct record *r;       /* the one that is being folded, or NULL */
    bool stop;
};

static bool is_sys(struct str type)
{
    return str_starts(type, STR("sys."));
}

static bool finish_record(struct walk *w)
{
    struct verifying *v = w->v;
    struct record *r = w->r;
    struct changes c = {.arena = w->a, .world = v->world, .keys = v->keys};
    struct change ch = {.after = r};
    bool ok = true;
    int record = -1;
    char why[200] = "";
    w->r = NULL;
    if (!is_sys(r->type)) {
        if (!world_type(v->world, r->type, r->pb, &ch.playbook, &record)) {
            verify_wrong(v, r->last_seq, "the record stands on a playbook that is not installed");
            return true;
        }
        ch.def = &ch.playbook->records[record];
    }
    int64_t scopes = (int64_t)record_scopes(w->a, v->world, r)->n;
    v->scopes += scopes;
    v->scopes_open += record_open(r) ? scopes : 0;
    v->waiting += (int64_t)record_waiting(w->a, v->world, r, &(struct waiting *){NULL});
    v->out->records++;
    if (!record_check(v->db, &c, r, ch.playbook, ch.def, &ok, why, v->e))
        return false;
    if (!ok)
        verify_wrong(v, r->last_seq, "%s", why);
    for (int i = 0; i < N_FOLDS; i++)
        if (FOLDS[i].record && !FOLDS[i].record(v, i, &c, &ch))
            return false;
    return true;
}

/* What a line of a sealed matter leaves out is put back first; that takes its key. */
static bool fold_one(struct walk *w, const struct event_body *line, int64_t seq, struct err *e)
{
    struct event_body open = *line;
    w->v->out->sealed += line->sealed != NULL;
    return seal_read(w->v->db, w->v->keys, w->a, w->r->rid, seq, &open, e) &&
           seal_fold(w->a, w->r, &open, line, seq, e);
}

static bool take_event(struct walk *w, const struct event *ev)
{
    struct verifying *v = w->v;
    struct event_body line;
    struct err bad = ERR_INIT;
    if (w->r && ev->rid != w->r->rid && !finish_record(w))
        return false;
    if (!w->r) {
        arena_reset(w->a);
        w->r = record_new(w->a);
        w->r->rid = ev->rid;
    }
    struct record *before = w->r->ver ? record_share(w->step, w->r) : NULL;
    if (!body_read(w->a, str_dup(w->a, ev->body), &line, &bad) || !fold_one(w, &line, ev->seq, &bad)) {
        verify_wrong(v, ev->seq, "%s", bad.text);
        w->stop = true;
        return true;
    }
    if (!is_sys(w->r->type))
        tally_step(w->tally, w->step, before, w->r, ev->recorded, &w->sink);
    struct step step = {before, w->r, &line, ev->seq};
    for (int i = 0; i < N_FOLDS; i++)
        if (FOLDS[i].event && !FOLDS[i].event(v, i, &step))
            return false;
    arena_reset(w->step);
    return true;
}

static bool walk_all(struct walk *w)
{
    struct verifying *v = w->v;
    int64_t rid = 0, seq = -1, done = 0;
    for (;;) {
        struct event *ev;
        size_t n;
        arena_reset(v->piece);
        if (!ledger_by_record(v->db, v->piece, rid, seq, PIECE, &ev, &n, v->e))
            return false;
        for (size_t i = 0; i < n; i++) {
            if (!take_event(w, &ev[i]))
                return false;
            if (w->stop)
                return true;
            rid = ev[i].rid;
            seq = ev[i].seq;
        }
        if (n == 0)
            break;
        done += (int64_t)n;
        if (v->progress)
            v->progress(v->self, done, v->out->events);
        if (!verify_rows_below(v, w->r->rid))
            return false;
    }
    return (!w->r || finish_record(w)) && verify_rows_below(v, INT64_MAX);
}

bool verify_walk(struct verifying *v)
{
    struct walk w = {.v = v, .tally = tally_new(v->keep, v->world), .sink = verify_sink(v)};
    w.a = arena_new();
    w.step = arena_new();
    bool ok = walk_all(&w);
    arena_free(w.a);
    arena_free(w.step);
    return ok;
}
