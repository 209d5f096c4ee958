/* What all forms ask, by which law or rule, and how often each was filled in last month: forms are counted, never who
 * filled them in or whom they are about. */
#include "api/api_int.h"
#include "record/body.h"

enum { PIECE = 2000, EVENTS_MOST = 500 * 1000 };

struct asked {
    const struct record_def *def;
    struct str type; /* playbook.record */
    int64_t *n;      /* of each action */
};

struct budget {
    struct call *c;
    struct asked *types;
    size_t n;
};

static void begin(struct call *c, struct budget *b)
{
    *b = (struct budget){.c = c};
    for (int i = 0; i < c->w->n_playbooks; i++)
        b->n += c->w->playbooks[i].in_force ? (size_t)c->w->playbooks[i].playbook->n_records : 0;
    b->types = ARENA_ARRAY(c->a, struct asked, b->n + 1);
    b->n = 0;
    for (int i = 0; i < c->w->n_playbooks; i++) {
        const struct playbook *p = c->w->playbooks[i].playbook;
        for (int k = 0; c->w->playbooks[i].in_force && k < p->n_records; k++) {
            const struct record_def *def = &p->records[k];
            b->types[b->n++] = (struct asked){def, str_printf(c->a, "%.*s.%.*s", STR_F(p->id), STR_F(def->id)),
                                              ARENA_ARRAY(c->a, int64_t, def->n_actions + 1)};
        }
    }
}

/* A form that does several steps gives several events: the first one stands for it. */
static bool count_event(struct budget *b, struct arena *a, const struct event *ev)
{
    struct event_body body;
    if (!body_read(a, ev->body, &body, b->c->e))
        return false;
    for (size_t i = 0; i < b->n && id_zero(body.cause); i++) {
        int act = str_eq(b->types[i].type, body.type) ? record_action(b->types[i].def, body.act) : -1;
        if (act >= 0)
            b->types[i].n[act]++;
    }
    return true;
}

static bool count_span(struct budget *b, int64_t from, int64_t to)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    for (int64_t seq = from; seq < to;) {
        struct event *list;
        size_t n;
        arena_reset(a);
        if (!ledger_range(b->c->db, a, seq, min64(PIECE, to - seq), &list, &n, b->c->e))
            return false;
        for (size_t i = 0; i < n; i++)
            if (!count_event(b, a, &list[i]))
                return false;
        if (!n)
            break;
        seq += (int64_t)n;
    }
    return true;
}

/* The first days of the month that went before, and of this one. */
static void last_month(const struct call *c, int32_t *from, int32_t *to)
{
    struct civil d = zone_civil(c->w->zone, c->now);
    *to = day_of_civil(d.year, d.month, 1);
    *from = d.month > 1 ? day_of_civil(d.year, d.month - 1, 1) : day_of_civil(d.year - 1, 12, 1);
}

static bool count_month(struct budget *b, int32_t from, int32_t to)
{
    struct call *c = b->c;
    int64_t first, behind;
    if (!ledger_size_before(c->db, zone_start(c->w->zone, from), &first, c->e) ||
        !ledger_size_before(c->db, zone_start(c->w->zone, to), &behind, c->e))
        return false;
    if (behind - first > EVENTS_MOST)
        return err_set(c->e, ERR_TOO_BIG, "last month has more than %d events", EVENTS_MOST);
    return count_span(b, first, behind);
}

/* ---- as an answer ---- */

static void put_field(struct call *c, struct json_out *o, const struct field *f, bool required)
{
    jo_obj(o);
    jo_kv(o, "id", f->id);
    jo_kv(o, "label", words_text(c, &f->label));
    jo_kc(o, "type", field_type_name(f->type));
    jo_kb(o, "required", required);
    jo_kb(o, "personal", f->vault || f->type == FIELD_PERSON);
    jo_kv(o, "basis", f->basis);
    jo_end(o);
}

static void put_form(struct call *c, struct json_out *o, const struct asked *t, int i)
{
    const struct action *act = &t->def->actions[i];
    jo_obj(o);
    jo_kv(o, "type", t->type);
    jo_kv(o, "record", words_text(c, &t->def->name));
    jo_kv(o, "action", words_text(c, &act->name));
    if (act->n_does)
        jo_kv(o, "counted_as", words_text(c, &t->def->actions[act->does[0]].name));
    else
        jo_ki(o, "asked", t->n[i]);
    jo_key(o, "fields");
    jo_arr(o);
    for (int k = 0; k < act->n_form; k++)
        if (act->form[k].field >= 0)
            put_field(c, o, &t->def->fields[act->form[k].field], act->form[k].required);
    jo_end(o);
    jo_end(o);
}

static bool budget_get(struct call *c)
{
    struct budget b;
    struct reply r;
    int32_t from, to;
    char day[16];
    last_month(c, &from, &to);
    begin(c, &b);
    if (!count_month(&b, from, to) || !reply_rows(c, STR_NONE, &r))
        return !err_is(c->e);
    for (size_t i = 0; i < b.n; i++)
        for (int k = 0; k < b.types[i].def->n_actions; k++)
            if (b.types[i].def->actions[k].n_form && !b.types[i].def->actions[k].import)
                put_form(c, &r.o, &b.types[i], k);
    jo_end(&r.o);
    day_format(from, day);
    jo_kc(&r.o, "from", day);
    day_format(to - 1, day);
    jo_kc(&r.o, "to", day);
    return reply_end(c, &r);
}

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/forms/budget", PERM_ADMIN | PERM_AUDIT, budget_get, "表单清单：问什么、依据、上月填了几次",
           "Every field of every form, its basis, and how often the form was filled in last month")},
};
const struct route_list ROUTES_BUDGET = {ROWS, COUNT_OF(ROWS)};
