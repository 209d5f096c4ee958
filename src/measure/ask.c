/* Understanding a question: names become terms, areas, columns. */
#include "measure/figure_int.h"

struct figure_question figure_question_new(int64_t now)
{
    return (struct figure_question){
        .from = DAY_NONE, .to = DAY_NONE, .as_of_day = DAY_NONE, .as_of_size = -1, .now = now};
}

static bool set_as_of(struct figure_question *q, struct str value, struct err *e)
{
    int32_t day;
    int64_t size;
    if (str_int(value, &size) && size >= 0) {
        q->as_of_size = size;
        return true;
    }
    if (!day_parse(value, &day))
        return err_field(e, ERR_INPUT, "as_of",
                         "expected a day like 2024-01-31, or a size of the log");
    q->as_of_day = day;
    return true;
}

static bool set_compare(struct figure_question *q, struct str value, struct err *e)
{
    if (str_is(value, "yoy"))
        q->compare = COMPARE_YOY;
    else if (str_is(value, "previous"))
        q->compare = COMPARE_PREVIOUS;
    else
        return err_field(e, ERR_INPUT, "compare", "expected yoy or previous");
    return true;
}

bool figure_question_set(struct figure_question *q, const char *name, struct str value,
                         struct err *e)
{
    struct str key = str_of(name);
    int32_t *day = str_is(key, "from") ? &q->from : str_is(key, "to") ? &q->to : NULL;
    struct str *text = str_is(key, "id")      ? &q->id
                       : str_is(key, "area")  ? &q->area
                       : str_is(key, "by")    ? &q->by
                       : str_is(key, "where") ? &q->where
                                              : NULL;
    if (day)
        return day_parse(value, day) ||
               err_field(e, ERR_INPUT, name, "expected a day like 2024-01-31");
    if (text) {
        *text = value;
        return true;
    }
    if (str_is(key, "compare"))
        return set_compare(q, value, e);
    if (str_is(key, "as_of"))
        return set_as_of(q, value, e);
    return err_field(e, ERR_INPUT, name,
                     "expected id, area, from, to, by, where, compare or as_of");
}

/* ---- names ---- */

static bool find_indicator(struct gather *g, struct err *e)
{
    struct str name, id = str_cut(g->q->id, '.', &name);
    g->playbook = world_playbook(g->w, id);
    int i = g->playbook && name.ptr ? playbook_indicator(g->playbook, name) : -1;
    if (i < 0)
        return err_field(e, ERR_NOT_FOUND, "id", "there is no indicator \"%.60s\"",
                         str_c(g->a, g->q->id));
    g->indicator = &g->playbook->indicators[i];
    return true;
}

static bool find_area(struct gather *g, struct err *e)
{
    g->area = -1;
    if (g->q->area.len) {
        g->area = world_area(g->w, g->q->area);
    } else {
        for (int i = 0; i < g->w->n_areas && g->area < 0; i++)
            if (g->w->areas[i].parent < 0)
                g->area = i;
    }
    if (g->area < 0)
        return err_field(e, ERR_UNKNOWN_AREA, "area", "there is no area \"%.60s\"",
                         str_c(g->a, g->q->area));
    g->levels = levels_of(g->w);
    g->parts = levels_parts(g->a, g->w, &g->levels, g->area, &g->n_parts);
    return true;
}

static bool check_days(const struct figure_question *q, struct err *e)
{
    enum { FARTHEST = 200000 }; /* the year 2517 */
    if (q->from == DAY_NONE || q->to == DAY_NONE)
        return err_field(e, ERR_REQUIRED, q->from == DAY_NONE ? "from" : "to", "a day is missing");
    if (q->to < q->from)
        return err_field(e, ERR_INPUT, "to", "the last day is before the first");
    if (q->from < -FARTHEST || q->to > FARTHEST)
        return err_field(e, ERR_INPUT, "from", "the days are too far away");
    return true;
}

/* Do the matters below this area differ, by a move of `area` away from below `was`?  With by=area its rows
 * do also when both places lie in it. */
static bool touches(const struct gather *g, int area, int was)
{
    const struct world *w = g->w;
    bool before = world_area_below(w, was, g->area), after = world_area_below(w, w->areas[area].parent, g->area);
    return before != after || (before && g->key.by == BY_AREA);
}

/* Records are still being taken along to where their areas were moved. */
static bool on_the_way(struct gather *g, struct err *e)
{
    const struct world *now;
    if (!world_now(g->db, g->a, g->w, &now, e))
        return false;
    for (int i = 0; i < now->n_moves; i++)
        if (now->was && now->moves[i].seq == now->shift_seq &&
            touches(g, now->moves[i].area, now->moves[i].parent))
            return err_set(e, ERR_BUILDING, "areas were moved: their matters are being taken along") ||
                   err_zh(e, "区划刚刚调整，统计正在更新");
    return true;
}

/* The past is counted by the tree of then.  A condition about areas was read by today's. */
static bool tree_of_then(struct gather *g, struct err *e)
{
    const struct world *w = g->w, *then = NULL;
    for (int i = w->n_moves - 1; i >= 0 && w->moves[i].seq >= g->size; i--) {
        then = then ? then : world_then(g->a, w, g->size);
        if (asof_differs(g, then, w->moves[i].area))
            g->then = then;
    }
    if (!g->then || !g->where_area)
        return true;
    return err_field(e, ERR_INPUT, "where", "areas were moved since then: ask without a condition about areas") ||
           err_zh(e, "此后区划有调整（口径调整），按当时计算时不能再按区划筛选，请去掉区划条件");
}

static bool ready_number(struct gather *g, const struct term_row *row, int64_t *number, struct err *e)
{
    bool ready = false;
    if (!term_ready(g->db, row, &ready, e))
        return false;
    if (ready)
        *number = row->number;
    return true;
}

static bool find_term(struct gather *g, int which, int term, struct err *e)
{
    struct figure_term *t = &g->terms[which];
    if (term < 0)
        return true;
    t->term = &g->playbook->terms[term];
    t->def = &g->playbook->records[t->term->record];
    t->type = str_printf(g->a, "%.*s.%.*s", STR_F(g->playbook->id), STR_F(t->def->id));
    t->table = table_name(g->a, g->playbook, t->def);
    t->n_dims = fact_dims(g->playbook, term, t->dims);
    for (int i = 0; i < g->w->n_terms; i++)
        if (g->w->terms[i].term == t->term && !ready_number(g, &g->w->terms[i], &t->number, e))
            return false;
    return t->number || err_set(e, ERR_BUILDING, "the counters of this figure are being made");
}

/* ---- by ---- */

static bool dimension_ok(const struct field *f)
{
    int decimals;
    enum xtype t = field_xtype(f, &decimals);
    switch (f->type) {
    case FIELD_CODE:
    case FIELD_BOOLEAN:
    case FIELD_INTEGER:
    case FIELD_AREA:
    case FIELD_ORG:
        return !f->many;
    case FIELD_COMPUTED:
        return t == X_BOOL || t == X_INT;
    case FIELD_TEXT:
    case FIELD_NUMBER:
    case FIELD_MONEY:
    case FIELD_DATE:
    case FIELD_TIME:
    case FIELD_PLACE:
    case FIELD_RECORD:
    case FIELD_ACCOUNT:
    case FIELD_PERSON:
    case FIELD_FILE:
    case FIELD_TABLE:
        break;
    }
    return false;
}

static bool name_dimensions(struct gather *g, struct str name, struct err *e)
{
    const struct record_def *def = g->terms[0].def;
    struct buf b AUTO(buf_free) = BUF(LIMIT_ERR_TEXT - 120);
    for (int i = 0; i < def->n_fields; i++)
        if (dimension_ok(&def->fields[i]))
            buf_printf(&b, ", %.*s", STR_F(def->fields[i].id));
    return err_field(e, ERR_INPUT, "by", "cannot part by \"%.40s\", expected day, month, area%.*s",
                     str_c(g->a, name), STR_F(buf_view(&b)));
}

static bool by_attribute(struct gather *g, struct str name)
{
    static const struct {
        const char *name, *column;
        int slot;
    } KNOWN[] = {{"state", "r.state", ATTR_state},          {"holder", "r.holder", ATTR_holder},
                 {"reopened", "r.reopened", ATTR_reopened}, {"late", "r.late", ATTR_late},
                 {"returns", "r.returns", ATTR_returns},    {"hops", "r.hops", ATTR_hops}};
    for (size_t i = 0; i < COUNT_OF(KNOWN); i++) {
        if (!str_is(name, KNOWN[i].name))
            continue;
        g->key = (struct figure_key){
            .by = BY_FIELD, .slot = KNOWN[i].slot, .column = str_of(KNOWN[i].column)};
        return true;
    }
    return false;
}

static bool by_mapping(struct gather *g, const struct field *f, struct str id, struct err *e)
{
    struct buf b AUTO(buf_free) = BUF(200);
    for (int i = 0; i < g->playbook->n_mappings; i++) {
        const struct mapping *m = &g->playbook->mappings[i];
        if (f->type != FIELD_CODE || m->from != f->codes)
            continue;
        if (str_eq(m->id, id)) {
            g->key.mapping = m;
            return true;
        }
        buf_printf(&b, "%s%.*s", b.len ? ", " : "", STR_F(m->id));
    }
    return err_field(e, ERR_INPUT, "by",
                     "\"%.40s\" has no mapping \"%.40s\", expected one of: %.*s",
                     str_c(g->a, f->id), str_c(g->a, id), STR_F(buf_view(&b)));
}

static bool by_field(struct gather *g, struct err *e)
{
    struct str mapping, level, name = str_cut(g->q->by, ':', &mapping);
    const struct record_def *def = g->terms[0].def;
    int64_t n = 0;
    name = str_cut(name, '.', &level);
    if (g->terms[1].term && g->terms[1].def != def)
        return err_field(e, ERR_INPUT, "by",
                         "numerator and denominator count different things: only day, month, area");
    int i = record_field(def, name);
    if (i < 0 && !level.ptr && !mapping.ptr && by_attribute(g, name))
        return true;
    const struct field *f = i >= 0 ? &def->fields[i] : NULL;
    if (f && (f->type == FIELD_ACCOUNT || f->type == FIELD_PERSON))
        return err_field(e, ERR_PRIVACY, "by", "\"%.40s\" is a person", str_c(g->a, name));
    if (!f || !dimension_ok(f))
        return name_dimensions(g, name, e);
    g->key = (struct figure_key){
        .by = BY_FIELD, .slot = SLOT_FIELD + i, .column = f->column, .dim = f->id};
    if (f->type == FIELD_CODE && (level.ptr || mapping.ptr))
        g->key.list = &g->playbook->lists[f->codes];
    if (mapping.ptr)
        return by_mapping(g, f, mapping, e);
    if (level.ptr && (f->type != FIELD_CODE || !str_int(level, &n) || n < 1 || n > 9))
        return err_field(e, ERR_INPUT, "by", "expected FIELD.LEVEL, a field of codes and 1 to 9");
    g->key.level = (int)n;
    return true;
}

static bool find_by(struct gather *g, struct err *e)
{
    struct str by = g->q->by;
    if (!by.len)
        g->key.by = BY_NONE;
    else if (str_is(by, "day"))
        g->key.by = BY_DAY;
    else if (str_is(by, "month"))
        g->key.by = BY_MONTH;
    else if (str_is(by, "area"))
        g->key.by = BY_AREA;
    else
        return by_field(g, e);
    if (g->key.by == BY_DAY && g->q->to - g->q->from >= FIGURE_DAYS)
        return err_field(e, ERR_TOO_BIG, "by", "more than %d days", FIGURE_DAYS);
    if (g->key.by == BY_MONTH && (g->q->to - g->q->from) / 28 >= FIGURE_DAYS)
        return err_field(e, ERR_TOO_BIG, "by", "more than %d months", FIGURE_DAYS);
    return true;
}

/* ---- where ---- */

struct where_catalogue {       /* the playbook's own, and areas */
    struct record_catalogue c; /* first: its functions get this as themselves */
    struct gather *g;
    bool (*codes_below)(void *self, struct str prop, struct str code,
                        void (*add)(void *user, struct str code), void *user);
};

static bool is_area(const struct where_catalogue *c, struct str prop)
{
    int i = record_field(c->c.record, prop);
    return str_is(prop, "area") || (i >= 0 && c->c.record->fields[i].type == FIELD_AREA);
}

static bool areas_below(void *self, struct str prop, struct str code,
                        void (*add)(void *user, struct str code), void *user)
{
    const struct where_catalogue *c = self;
    if (!is_area(c, prop))
        return c->codes_below(self, prop, code, add, user);
    const struct world *w = c->g->w;
    int top = world_area(w, code);
    c->g->where_area = true;
    for (int i = top >= 0 ? w->areas[top].first : 1; top >= 0 && i <= w->areas[top].last; i++)
        add(user, w->areas[w->walk[i]].code);
    return top >= 0;
}

static bool area_sql(void *self, struct str prop, struct str code, struct buf *sql,
                     struct cell *arg)
{
    const struct where_catalogue *c = self;
    const struct world *w = c->g->w;
    int top = str_is(prop, "area") ? world_area(w, code) : -1;
    static _Thread_local char scope[32]; /* the caller copies it at once */
    if (top < 0)
        return false;
    snprintf(scope, sizeof scope, "a%lld", (long long)w->areas[top].aid);
    buf_c(sql, "EXISTS (SELECT 1 FROM scope z WHERE z.scope = $? AND z.type = r.type"
               " AND z.rid = r.rid)");
    *arg = C_TEXT(str_of(scope));
    return true;
}

/* A place can be searched but not folded again: not together with as_of. */
static bool parse_where(struct gather *g, struct figure_term *t, struct err *e)
{
    struct where_catalogue c = {.g = g};
    if (!g->q->where.len || !t->term)
        return true;
    record_catalogue_init(&c.c, g->playbook, t->term->record, false, g->size < 0, g->w->zone);
    c.c.cat.self = &c;
    c.codes_below = c.c.cat.below;
    c.c.cat.below = areas_below;
    c.c.cat.within_sql = area_sql;
    if (expr_parse(g->a, g->q->where, &c.c.cat, EXPR_FILTER, &t->where, e))
        return true;
    if (!e->field[0])
        snprintf(e->field, sizeof e->field, "where");
    return false;
}

static bool find_size(struct gather *g, struct err *e)
{
    const struct figure_question *q = g->q;
    struct ledger_head head;
    g->size = -1;
    if (q->as_of_size < 0 && q->as_of_day == DAY_NONE)
        return true;
    if (!ledger_read_head(g->db, &head, e))
        return false;
    if (q->as_of_size > head.tree.size)
        return err_field(e, ERR_INPUT, "as_of", "the log has %lld events",
                         (long long)head.tree.size);
    g->size = q->as_of_size;
    return g->size >= 0 ||
           ledger_size_before(g->db, zone_start(g->w->zone, q->as_of_day + 1), &g->size, e);
}

bool gather_prepare(struct gather *g, struct err *e)
{
    if (!find_indicator(g, e) || !find_area(g, e) || !check_days(g->q, e) || !find_size(g, e))
        return false;
    if (g->indicator->pending || g->indicator->n_sum_of || g->indicator->reported)
        return true;
    return find_term(g, 0, g->indicator->n_term, e) && find_term(g, 1, g->indicator->d_term, e) &&
           find_by(g, e) && parse_where(g, &g->terms[0], e) && parse_where(g, &g->terms[1], e) &&
           on_the_way(g, e) && (g->size < 0 || (tree_of_then(g, e) && asof_changed(g)));
}
