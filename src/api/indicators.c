/* Figures. */
#include "api/api_int.h"
#include "measure/indicator.h"

static const struct param FIGURE_QUERY[] = {
    {"area", "code; absent: the widest area of the account"},
    {"from", "first day"},
    {"to", "last day, inclusive"},
    {"by", "day, month, area, or a field"},
    {"compare", "yoy or previous"},
    {"where", "a condition in CQL2-Text"},
    {"as_of", "a day, or a size of the log"},
    {NULL, NULL}};

struct str call_own_area(struct call *c)
{
    int best = -1;
    for (int i = 0; i < c->actor.n_grants; i++) {
        int area = world_area_by_id(c->w, c->actor.grants[i].area);
        bool counts = area >= 0 && (role_permissions(c->actor.grants[i].role) & PERM_COUNT);
        if (counts && (best < 0 || c->w->areas[area].level < c->w->areas[best].level))
            best = area;
    }
    return best < 0 ? STR_NONE : c->w->areas[best].code;
}

static bool figure_tag(struct call *c, struct str id, struct str *tag)
{
    struct str rest, playbook = str_cut(id, '.', &rest);
    struct buf b = BUF(LIMIT_REQUEST_BODY);
    int64_t seq = -1;
    if (!tally_seq(c->db, playbook, &seq, c->e))
        return false;
    buf_printf(&b, "%.*s|%d|%s", STR_F(id), zone_day(c->w->zone, c->now), c->actor.by);
    for (const struct param *p = FIGURE_QUERY; p->name; p++)
        buf_printf(&b, "|%.*s", STR_F(http_query(c->rq, p->name)));
    struct hash h = hash_sha256(buf_view(&b));
    buf_free(&b);
    *tag = str_printf(c->a, "f%lld-w%lld-%.16s", (long long)seq, (long long)c->w->sys_seq,
                      hex_of(c->a, HASH_STR(h)).ptr);
    return true;
}

static bool take_figure(struct call *c, struct figure_question *q)
{
    *q = figure_question_new(c->now);
    if (!figure_question_set(q, "id", http_part(c->rq, "id"), c->e))
        return false;
    for (const struct param *p = FIGURE_QUERY; p->name; p++) {
        struct str v = http_query(c->rq, p->name);
        if (v.len && !figure_question_set(q, p->name, v, c->e))
            return false;
    }
    if (!q->area.len)
        q->area = call_own_area(c);
    q->whole = str_eq(q->area, call_own_area(c));
    int area = world_area(c->w, q->area);
    if (area < 0)
        return err_field(c->e, ERR_UNKNOWN_AREA, "area", "there is no area with this code");
    if (!actor_counts(&c->actor, c->w, area))
        return err_field(c->e, ERR_FORBIDDEN, "area", "figures of this area are not yours to see");
    return true;
}

static bool indicators_get(struct call *c)
{
    struct figure_question q;
    struct figure f;
    struct str tag;
    if (!take_figure(c, &q) || !figure_tag(c, http_part(c->rq, "id"), &tag))
        return false;
    if (call_unchanged(c, tag))
        return true;
    if (!figure_ask(c->db, c->a, c->w, &q, &f, c->e))
        return false;
    struct buf b = BUF(LIMIT_JSON_OUT);
    struct json_out o = json_out(&b);
    figure_write(&o, &f);
    return call_json(c, 200, &b);
}

static const char *kind_word(enum indicator_kind k)
{
    static const char *const WORDS[] = {"count", "rate", "stock", "median", "sum"};
    return WORDS[k];
}

static void put_term(struct json_out *o, const char *key, const struct playbook *p, int i)
{
    static const char *const KINDS[] = {"count", "sum", "median"};
    if (i < 0)
        return;
    const struct term *t = &p->terms[i];
    jo_key(o, key);
    jo_obj(o);
    jo_kv(o, KINDS[t->kind], p->records[t->record].id);
    if (t->sum_field >= 0)
        jo_kv(o, "field", p->records[t->record].fields[t->sum_field].id);
    if (t->where.len)
        jo_kv(o, "where", t->where);
    if (t->from.len)
        jo_kv(o, "from", t->from);
    jo_kv(o, "at", t->at);
    jo_end(o);
}

static void put_names(struct json_out *o, const char *key, const struct str *names, int n)
{
    if (!n)
        return;
    jo_key(o, key);
    jo_arr(o);
    for (int i = 0; i < n; i++)
        jo_str(o, names[i]);
    jo_end(o);
}

static void put_indicator(struct call *c, struct json_out *o, const struct playbook *p,
                          const struct indicator *x)
{
    jo_obj(o);
    jo_kv(o, "id", str_printf(c->a, "%.*s.%.*s", STR_F(p->id), STR_F(x->id)));
    jo_kv(o, "name", words_text(c, &x->name));
    jo_kv(o, "definition", words_text(c, &x->definition));
    jo_kv(o, "unit", words_text(c, &x->unit));
    jo_kc(o, "kind", kind_word(x->kind));
    jo_ki(o, "decimals", x->decimals);
    jo_kb(o, "part", x->part);
    if (x->good_up || x->good_down)
        jo_kc(o, "good", x->good_up ? "up" : "down");
    if (x->pending)
        jo_kb(o, "pending", true);
    jo_ki(o, "version", x->version);
    if (x->valid_from != DAY_NONE) {
        char day[16];
        day_format(x->valid_from, day);
        jo_kc(o, "valid_from", day);
    }
    if (x->owner.zh.len)
        jo_kv(o, "owner", words_text(c, &x->owner));
    if (x->exclusions.zh.len)
        jo_kv(o, "exclusions", words_text(c, &x->exclusions));
    if (x->within.ptr)
        jo_kv(o, "within", x->within);
    put_names(o, "sum_of", x->sum_of, x->n_sum_of);
    put_names(o, "left_out", x->left_out, x->n_left_out);
    if (x->recheck.ptr)
        jo_kv(o, "recheck", x->recheck);
    put_term(o, "n", p, x->n_term);
    put_term(o, "N", p, x->d_term);
    int rec = x->n_term >= 0 ? p->terms[x->n_term].record : -1;
    jo_key(o, "by");
    jo_arr(o);
    for (int i = 0; i < x->n_by && rec >= 0; i++)
        jo_str(o, p->records[rec].fields[x->by[i]].id);
    jo_end(o);
    jo_end(o);
}

static bool indicators_list(struct call *c)
{
    if (call_unchanged(c,
                       str_printf(c->a, "w%lld-%c", (long long)c->w->sys_seq, c->zh ? 'z' : 'e')))
        return true;
    struct buf b = BUF(LIMIT_JSON_OUT);
    struct json_out o = json_out(&b);
    jo_obj(&o);
    jo_key(&o, "rows");
    jo_arr(&o);
    for (int i = 0; i < c->w->n_playbooks; i++) {
        const struct playbook *p = c->w->playbooks[i].playbook;
        for (int k = 0; c->w->playbooks[i].in_force && k < p->n_indicators; k++)
            put_indicator(c, &o, p, &p->indicators[k]);
    }
    jo_end(&o);
    jo_end(&o);
    return call_json(c, 200, &b);
}

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/indicators", PERM_COUNT, indicators_list, "统计项及口径",
           "Indicators and definitions")},
    {ROUTE(GET, "/api/indicators/{id}", PERM_COUNT, indicators_get, "一个统计数", "A figure"),
     .query = FIGURE_QUERY},
};
const struct route_list ROUTES_INDICATORS = {ROWS, COUNT_OF(ROWS)};
