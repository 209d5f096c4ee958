/* The resident's own view: five lines, without an account, by the link on his slip or by its eight
 * digits and day; and his answer to a follow-up. */
#include "api/api.sql.h"
#include "api/api_int.h"

static bool not_there(struct call *c)
{
    err_set(c->e, ERR_NOT_FOUND, "nothing is known under this link");
    return err_zh(c->e, "没有查到，请核对回执上的号码和日期");
}

static bool one_row(struct call *c, struct rows *r, int64_t *rid)
{
    if (!rows_next(r))
        return err_is(c->e) ? false : not_there(c);
    int64_t ends = rows_int(r, 1);
    *rid = rows_int(r, 0);
    if (rows_next(
            r)) /* two slips of one day with the same digits: the link alone tells them apart */
        return not_there(c);
    if (err_is(c->e))
        return false;
    return ends >= c->now || not_there(c);
}

static bool by_token(struct call *c, struct str token, int64_t *rid)
{
    struct hash h = hash_sha256(token);
    struct rows r AUTO(rows_close) =
        store_query(c->db, sql_api_resident_by_token, BIND(C_BLOB(HASH_STR(h))), c->e);
    return one_row(c, &r, rid);
}

static bool by_digits(struct call *c, struct str digits, struct str date, int64_t *rid)
{
    int32_t day;
    if (!day_parse(date, &day))
        return err_field(c->e, ERR_INPUT, "date", "date: expected the day on the slip");
    struct rows r AUTO(rows_close) =
        store_query(c->db, sql_api_resident_by_digits, BIND(C_TEXT(digits), C_INT(day)), c->e);
    return one_row(c, &r, rid);
}

/* What opens the matter: the long code of the link, or the eight digits and the day. */
struct key {
    struct str token, digits, date;
};

static bool find_record(struct call *c, const struct key *k, struct record **out)
{
    int64_t rid;
    bool found;
    if (!call_try(c, &c->api->resident))
        return false;
    if (k->token.len     ? !by_token(c, k->token, &rid)
        : !k->digits.len ? !not_there(c)
                         : !by_digits(c, k->digits, k->date, &rid))
        return false;
    if (!record_load_rid(c->db, c->a, rid, &found, out, c->e))
        return false;
    return found ? call_tried(c, &c->api->resident) : not_there(c);
}

/* When it entered the state it is in. */
static bool since(struct call *c, const struct record *r, int64_t *at)
{
    struct event *list;
    size_t n;
    *at = r->opened;
    if (!ledger_of_record(c->db, c->a, r->rid, -1, 1000, &list, &n, c->e))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct event_body b;
        if (!body_read(c->a, list[i].body, &b, c->e))
            return false;
        if (b.state.ptr)
            *at = b.at;
    }
    return true;
}

static struct str spoken_day(struct call *c, int64_t t)
{
    struct civil d = zone_civil(c->w->zone, t);
    if (c->zh)
        return str_printf(c->a, "%d年%d月%d日", d.year, d.month, d.day);
    return str_printf(c->a, "%04d-%02d-%02d", d.year, d.month, d.day);
}

/* What the office owes next, and by when: the clock that runs out first.  Gives its time, TIME_NONE when
 * there is none. */
static int64_t next_step(struct view *v, struct str *what, struct str *when)
{
    const struct clock_run *best = NULL;
    bool zh = v->c->zh;
    for (size_t i = 0; i < v->r->n_clocks; i++) {
        const struct clock_run *k = &v->r->clocks[i];
        if (k->done == TIME_NONE && k->paused == TIME_NONE && (!best || k->due < best->due))
            best = k;
    }
    bool closed = record_closed(v->r) != TIME_NONE;
    *what = closed ? zh ? STR("已办完，不用再做什么") : STR("Nothing more to do")
            : zh ? STR("正在办理")
                   : STR("In hand");
    *when = closed ? zh ? STR("已办结") : STR("closed")
            : zh ? STR("没有固定期限")
                   : STR("no fixed day");
    if (!best || closed)
        return TIME_NONE;
    /* no name of a clock: those are words of the office */
    *what = zh ? STR("办好这一步，给您答复") : STR("This step is finished and you are told");
    *when = zh ? str_printf(v->c->a, "%s前", spoken_day(v->c, best->due).ptr)
               : spoken_day(v->c, best->due);
    return best->due;
}

static void put_actions(struct view *v, struct json_out *o)
{
    int state = record_state(v->def, v->r->state);
    jo_key(o, "actions");
    jo_arr(o);
    for (int i = 0; i < v->def->n_actions; i++) {
        const struct action *act = &v->def->actions[i];
        bool fits = act->from_any;
        for (int k = 0; k < act->n_from; k++)
            fits |= act->from[k] == state;
        if (!act->resident || !fits || act->opens)
            continue;
        jo_obj(o);
        jo_kv(o, "id", act->id);
        jo_kv(o, "name", words_text(v->c, &act->name));
        if (act->answer >= RESIDENT_SATISFIED)
            jo_kc(o, "answer", act->answer == RESIDENT_SATISFIED ? "satisfied" : "unsolved");
        jo_key(o, "form");
        jo_arr(o);
        for (int k = 0; k < act->n_form; k++) {
            if (act->form[k].field < 0)
                continue;
            const struct field *f = &v->def->fields[act->form[k].field];
            jo_obj(o);
            jo_kv(o, "id", f->id);
            jo_kv(o, "label", words_text(v->c, &f->label));
            jo_kc(o, "type", field_type_name(f->type));
            jo_kb(o, "required", act->form[k].required);
            if (f->type == FIELD_CODE) {
                const struct code_list *l = &v->playbook->lists[f->codes];
                jo_key(o, "codes");
                jo_arr(o);
                for (int m = 0; m < l->n; m++) {
                    jo_obj(o);
                    jo_kv(o, "code", l->codes[m].code);
                    jo_kv(o, "name", words_text(v->c, &l->codes[m].name));
                    jo_end(o);
                }
                jo_end(o);
            }
            jo_end(o);
        }
        jo_end(o);
        engine_parties(v->def, v->r, act, o);
        jo_end(o);
    }
    jo_end(o);
}

static bool resident_get(struct call *c)
{
    struct record *r;
    struct view v;
    int64_t at;
    struct str what, when;
    struct key k = {http_query(c->rq, "token"), http_query(c->rq, "digits"), http_query(c->rq, "date")};
    if (!find_record(c, &k, &r) || !view_open(c, r, &v) ||
        !since(c, r, &at))
        return false;
    int state = record_state(v.def, r->state), area = world_area_by_id(c->w, r->area);
    struct str where = STR_NONE, who = view_org(c->w, record_holder(r));
    if (state >= 0)
        where = words_text(c, v.def->states[state].plain.zh.len ? &v.def->states[state].plain
                                                                : &v.def->states[state].name);
    if (!who.len && area >= 0)
        who = c->w->areas[area].name;
    int64_t due = next_step(&v, &what, &when);
    struct buf b = BUF(65536);
    struct json_out o = json_out(&b);
    jo_obj(&o);
    jo_kv(&o, "where", where);
    jo_kv(&o, "who", who);
    jo_kv(&o, "since", spoken_day(c, at));
    jo_kv(&o, "next", what);
    jo_kv(&o, "by", when);
    view_time(&o, c->w, "due", due);
    int unit = world_org(c->w, record_holder(r));
    if (unit >= 0 && c->w->orgs[unit].phone.len)
        jo_kv(&o, "phone", c->w->orgs[unit].phone);
    if (r->number.len)
        jo_kv(&o, "number", r->number);
    jo_kb(&o, "done", record_closed(r) != TIME_NONE);
    jo_ki(&o, "version", r->ver);
    put_actions(&v, &o);
    jo_end(&o);
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    http_set_header(c->rq, "Referrer-Policy", STR("no-referrer"));
    return call_json(c, 200, &b);
}

/* The only action he may do in this state, when he names none. */
static bool own_action(struct call *c, struct view *v, struct str named, struct str *out)
{
    int state = record_state(v->def, v->r->state), n = 0;
    for (int i = 0; i < v->def->n_actions; i++) {
        const struct action *act = &v->def->actions[i];
        bool fits = act->from_any;
        for (int k = 0; k < act->n_from; k++)
            fits |= act->from[k] == state;
        if (!act->resident || (named.len ? !str_eq(named, act->id) : !fits))
            continue;
        *out = act->id;
        n++;
    }
    if (n == 0)
        return err_set(c->e, ERR_WRONG_STATE, "there is nothing to answer now");
    return n == 1 || err_field(c->e, ERR_REQUIRED, "action", "name the action");
}

static bool resident_answer(struct call *c)
{
    static const char *const KNOWN[] = {"token", "digits", "date", "id", "action", "at", "fields"};
    struct json *body;
    struct record *r;
    struct view v;
    struct pending *p = ARENA_NEW(c->a, struct pending);
    if (!call_body(c, &body) || !call_members(c, body, KNOWN, COUNT_OF(KNOWN)))
        return false;
    struct key k = {json_text(body, "token"), json_text(body, "digits"), json_text(body, "date")};
    if (!k.token.len && !k.digits.len)
        return err_field(c->e, ERR_REQUIRED, "token", "token, or digits and date: is required");
    if (!find_record(c, &k, &r) || !view_open(c, r, &v) || !pending_take(c, body, p) ||
        !own_action(c, &v, json_text(body, "action"), &p->ask.action))
        return false;
    p->actor = actor_resident(r->rid);
    p->ask.rec = r->id;
    return pending_send(c, p);
}

static const struct param GET_QUERY[] = {{"token", "the long code of the link"},
                                         {"digits", "the eight digits on the slip"},
                                         {"date", "the day on the slip, with digits"},
                                         {NULL, NULL}};

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/resident", PERM_PUBLIC, resident_get, "群众查询", "A resident's own matter"),
     .query = GET_QUERY},
    {ROUTE(POST, "/api/resident/answer", PERM_PUBLIC, resident_answer, "群众答复",
           "A resident's answer"),
     .body = "token, or digits and date; id, action, fields"},
};
const struct route_list ROUTES_RESIDENT = {ROWS, COUNT_OF(ROWS)};
