/* Playbooks: all that a page needs to draw lists, forms and actions. */
#include "api/api_int.h"

static void put_field(struct json_out *o, const struct playbook *p, const struct field *f)
{
    jo_obj(o);
    jo_kv(o, "id", f->id);
    reply_words(o, "label", &f->label);
    reply_words(o, "help", &f->help);
    jo_kc(o, "type", field_type_name(f->type));
    reply_flag(o, "required", f->required);
    reply_flag(o, "many", f->many);
    reply_flag(o, "vault", f->vault || f->type == FIELD_PERSON);
    reply_flag(o, "filter", f->filter);
    reply_flag(o, "sort", f->sort);
    reply_flag(o, "search", f->search);
    reply_flag(o, "multiline", f->multiline);
    reply_flag(o, "on_road", f->on_road);
    reply_flag(o, "external", f->external);
    if (f->type == FIELD_CODE)
        jo_kv(o, "codes", p->lists[f->codes].id);
    if (f->of.len)
        jo_kv(o, "of", f->of);
    if (f->type == FIELD_NUMBER || f->type == FIELD_MONEY)
        jo_ki(o, "decimals", f->type == FIELD_MONEY ? 2 : f->decimals);
    if (f->unit.len)
        jo_kv(o, "unit", f->unit);
    int scale = f->type == FIELD_MONEY ? 2 : f->type == FIELD_NUMBER ? f->decimals : 0;
    if (f->min != INT64_MIN) {
        jo_key(o, "min");
        jo_decimal(o, f->min, scale);
    }
    if (f->max != INT64_MAX) {
        jo_key(o, "max");
        jo_decimal(o, f->max, scale);
    }
    if (f->max_chars > 0)
        jo_ki(o, "max_chars", f->max_chars);
    if (f->fallback.len)
        jo_kv(o, "default", f->fallback);
    if (f->when.len)
        jo_kv(o, "when", f->when);
    if (f->basis.len)
        jo_kv(o, "basis", f->basis);
    if (f->type == FIELD_TABLE) {
        jo_key(o, "columns");
        jo_arr(o);
        for (int i = 0; i < f->n_columns; i++)
            put_field(o, p, &f->columns[i]);
        jo_end(o);
    }
    jo_end(o);
}

static const char *attribute_name(int at)
{
    static const char *const NAMES[] = {
#define X(name, type, column) #name,
        ATTRIBUTE_LIST(X)
#undef X
    };
    return at >= 0 && at < ATTR_COUNT ? NAMES[at] : "";
}

static void put_form(struct json_out *o, const struct record_def *def, const struct action *act)
{
    jo_key(o, "form");
    jo_arr(o);
    for (int i = 0; i < act->n_form; i++) {
        const struct form_field *ff = &act->form[i];
        jo_obj(o);
        if (ff->field >= 0)
            jo_kv(o, "field", def->fields[ff->field].id);
        else
            jo_kc(o, "field", attribute_name(-1 - ff->field));
        jo_kb(o, "required", ff->required);
        jo_end(o);
    }
    jo_end(o);
}

static void put_names(struct json_out *o, const char *key, const struct str *names, int n)
{
    jo_key(o, key);
    jo_arr(o);
    for (int i = 0; i < n; i++)
        jo_str(o, names[i]);
    jo_end(o);
}

/* The ids of what an action names by index: each thing of a playbook begins with its id. */
static void put_ids(struct json_out *o, const char *key, const void *things, size_t size,
                    const int *index, int n)
{
    jo_key(o, key);
    jo_arr(o);
    for (int i = 0; i < n; i++)
        jo_str(o, *(const struct str *)((const char *)things + size * (size_t)index[i]));
    jo_end(o);
}

static void put_choices(struct json_out *o, const char *key, const struct record_def *def, const struct choice *list,
                        int n)
{
    jo_key(o, key);
    jo_obj(o);
    for (int i = 0; i < n; i++) {
        const struct field *f = &def->fields[list[i].field];
        jo_key_str(o, f->id);
        if (f->type == FIELD_BOOLEAN)
            jo_bool(o, str_is(list[i].value, "TRUE"));
        else
            jo_str(o, list[i].value);
    }
    jo_end(o);
}

static void put_action(struct json_out *o, const struct record_def *def, const struct action *act)
{
    static const char *const WHO[] = {"area", "holder", "self"};
    jo_obj(o);
    jo_kv(o, "id", act->id);
    reply_words(o, "name", &act->name);
    reply_flag(o, "opens", act->opens);
    reply_flag(o, "import", act->import);
    reply_flag(o, "resident", act->resident);
    reply_flag(o, "from_any", act->from_any);
    reply_flag(o, "reopens", act->reopens);
    reply_flag(o, "figures", act->figures != NULL);
    jo_kc(o, "who", WHO[act->who]);
    if (act->answers.len)
        jo_kv(o, "answers", act->answers);
    if (act->n_answered)
        put_choices(o, "when_answered", def, act->answered, act->n_answered);
    if (act->misses.len)
        jo_kv(o, "misses", act->misses);
    if (act->leaves_out.len)
        jo_kv(o, "leaves_out", act->leaves_out);
    put_ids(o, "from", def->states, sizeof *def->states, act->from, act->n_from);
    jo_key(o, "to");
    jo_arr(o);
    for (int i = 0; i < act->n_to; i++)
        if (act->to[i].state >= 0)
            jo_str(o, def->states[act->to[i].state].id);
    jo_end(o);
    put_names(o, "by", act->by, act->n_by);
    put_form(o, def, act);
    put_ids(o, "needs", def->documents, sizeof *def->documents, act->needs, act->n_needs);
    put_ids(o, "does", def->actions, sizeof *def->actions, act->does, act->n_does);
    jo_end(o);
}

static void put_span(struct json_out *o, const char *key, struct span s)
{
    static const char *const UNITS[] = {"h", "d", "wd", "mo"};
    struct buf b = BUF(64);
    buf_i64(&b, s.n);
    buf_c(&b, UNITS[s.unit]);
    jo_kv(o, key, buf_view(&b));
    buf_free(&b);
}

static void put_clock(struct json_out *o, const struct record_def *def, const struct clock_def *k)
{
    jo_obj(o);
    jo_kv(o, "id", k->id);
    reply_words(o, "name", &k->name);
    put_span(o, "limit", k->limit);
    reply_flag(o, "main", k->main);
    reply_flag(o, "pausable", k->pausable);
    if (k->extend_by.n) {
        put_span(o, "extend_by", k->extend_by);
        jo_ki(o, "extend_times", k->extend_times);
        jo_kv(o, "extend_role", k->extend_role);
        int doc = k->extend_needs.len ? record_document(def, k->extend_needs) : -1;
        if (doc >= 0)
            jo_kv(o, "extend_needs", k->extend_needs);
    }
    if (k->basis.len)
        jo_kv(o, "basis", k->basis);
    jo_end(o);
}

static const char *kind_word(enum record_kind k)
{
    static const char *const WORDS[] = {"case", "entry", "activity"};
    return WORDS[k];
}

static void put_states(struct json_out *o, const struct record_def *def)
{
    jo_key(o, "states");
    jo_arr(o);
    for (int i = 0; i < def->n_states; i++) {
        jo_obj(o);
        jo_kv(o, "id", def->states[i].id);
        reply_words(o, "name", &def->states[i].name);
        reply_words(o, "plain", &def->states[i].plain);
        reply_flag(o, "closed", def->states[i].closed);
        jo_end(o);
    }
    jo_end(o);
    jo_key(o, "documents");
    jo_arr(o);
    for (int i = 0; i < def->n_documents; i++) {
        jo_obj(o);
        jo_kv(o, "id", def->documents[i].id);
        reply_words(o, "name", &def->documents[i].name);
        jo_end(o);
    }
    jo_end(o);
}

static void put_quick(struct json_out *o, const struct record_def *def)
{
    jo_key(o, "quick");
    jo_arr(o);
    for (int i = 0; i < def->n_quick; i++) {
        const struct quick *q = &def->quick[i];
        jo_obj(o);
        jo_kv(o, "id", q->id);
        reply_words(o, "name", &q->name);
        jo_kv(o, "action", def->actions[q->action].id);
        put_choices(o, "set", def, q->sets, q->n_sets);
        jo_end(o);
    }
    jo_end(o);
}

static void put_record(struct json_out *o, const struct playbook *p, const struct record_def *def)
{
    jo_obj(o);
    jo_kv(o, "id", def->id);
    reply_words(o, "name", &def->name);
    jo_kc(o, "kind", kind_word(def->kind));
    jo_ki(o, "backdate", def->backdate);
    if (def->title >= 0)
        jo_kv(o, "title", def->fields[def->title].id);
    if (def->place_field >= 0)
        jo_kv(o, "place", def->fields[def->place_field].id);
    if (def->kind_field >= 0)
        jo_kv(o, "kind_field", def->fields[def->kind_field].id);
    if (def->recurs)
        jo_kv(o, "again", def->fields[def->recurs->field].id);
    put_names(o, "list", def->list, def->n_list);
    jo_key(o, "fields");
    jo_arr(o);
    for (int i = 0; i < def->n_fields; i++)
        put_field(o, p, &def->fields[i]);
    jo_end(o);
    put_states(o, def);
    jo_key(o, "actions");
    jo_arr(o);
    for (int i = 0; i < def->n_actions; i++)
        put_action(o, def, &def->actions[i]);
    jo_end(o);
    jo_key(o, "clocks");
    jo_arr(o);
    for (int i = 0; i < def->n_clocks; i++)
        put_clock(o, def, &def->clocks[i]);
    jo_end(o);
    put_quick(o, def);
    jo_end(o);
}

static void put_list(struct json_out *o, const struct code_list *l)
{
    char day[16];
    jo_obj(o);
    jo_kv(o, "id", l->id);
    reply_words(o, "name", &l->name);
    jo_key(o, "codes");
    jo_arr(o);
    for (int i = 0; i < l->n; i++) {
        const struct code *k = &l->codes[i];
        jo_obj(o);
        jo_kv(o, "code", k->code);
        reply_words(o, "name", &k->name);
        if (k->parent >= 0)
            jo_kv(o, "parent", l->codes[k->parent].code);
        if (k->from != DAY_NONE) {
            day_format(k->from, day);
            jo_kc(o, "from", day);
        }
        if (k->to != DAY_NONE) {
            day_format(k->to, day);
            jo_kc(o, "to", day);
        }
        if (k->hint.len)
            jo_kv(o, "hint", k->hint);
        jo_end(o);
    }
    jo_end(o);
    jo_end(o);
}

static int by_order(const void *a, const void *b)
{
    const struct playbook *x = *(const struct playbook *const *)a, *y = *(const struct playbook *const *)b;
    return x->order != y->order ? x->order - y->order : str_cmp(x->id, y->id);
}

/* Those in force, in the order of menus. */
static size_t in_order(struct call *c, const struct playbook ***out)
{
    const struct playbook **list = ARENA_ARRAY(c->a, const struct playbook *, c->w->n_playbooks + 1);
    size_t n = 0;
    for (int i = 0; i < c->w->n_playbooks; i++)
        if (c->w->playbooks[i].in_force)
            list[n++] = c->w->playbooks[i].playbook;
    qsort(list, n, sizeof *list, by_order);
    *out = list;
    return n;
}

/* How a matter of this kind is opened by hand, and which roles may. */
static void put_opens(struct json_out *o, const struct record_def *def)
{
    jo_key(o, "opens");
    jo_arr(o);
    for (int i = 0; i < def->n_actions; i++) {
        const struct action *act = &def->actions[i];
        if (!act->opens || act->import || act->resident)
            continue;
        jo_obj(o);
        jo_kv(o, "id", act->id);
        reply_words(o, "name", &act->name);
        put_names(o, "by", act->by, act->n_by);
        if (act->on_page >= 0)
            jo_kv(o, "on_every_page", def->fields[act->on_page].id);
        jo_end(o);
    }
    jo_end(o);
}

static bool playbooks_list(struct call *c)
{
    struct reply r;
    const struct playbook **list;
    if (!reply_rows(c, str_printf(c->a, "o%lld", (long long)c->w->sys_seq), &r))
        return true;
    size_t n = in_order(c, &list);
    for (size_t i = 0; i < n; i++) {
        const struct playbook *p = list[i];
        jo_obj(&r.o);
        jo_kv(&r.o, "id", p->id);
        jo_ki(&r.o, "version", p->version);
        reply_words(&r.o, "name", &p->name);
        reply_words(&r.o, "noun", &p->noun);
        jo_key(&r.o, "records");
        jo_arr(&r.o);
        for (int k = 0; k < p->n_records; k++) {
            jo_obj(&r.o);
            jo_kv(&r.o, "id", str_printf(c->a, "%.*s.%.*s", STR_F(p->id), STR_F(p->records[k].id)));
            reply_words(&r.o, "name", &p->records[k].name);
            jo_kc(&r.o, "kind", kind_word(p->records[k].kind));
            if (p->records[k].place_field >= 0)
                jo_kv(&r.o, "place", p->records[k].fields[p->records[k].place_field].id);
            put_opens(&r.o, &p->records[k]);
            jo_end(&r.o);
        }
        jo_end(&r.o);
        jo_end(&r.o);
    }
    return reply_rows_end(c, &r);
}

/* "dispute" is the version in force, "dispute@3" any that a running case stands on. */
static bool playbooks_get(struct call *c)
{
    const struct playbook *p = world_playbook(c->w, http_part(c->rq, "id"));
    if (!p)
        return err_set(c->e, ERR_NOT_FOUND, "there is no such playbook");
    struct reply r;
    if (!reply_begin(c, str_printf(c->a, "p%d-w%lld", p->version, (long long)c->w->sys_seq), &r))
        return true;
    jo_kv(&r.o, "id", p->id);
    jo_ki(&r.o, "version", p->version);
    reply_words(&r.o, "name", &p->name);
    reply_words(&r.o, "noun", &p->noun);
    jo_key(&r.o, "records");
    jo_arr(&r.o);
    for (int i = 0; i < p->n_records; i++)
        put_record(&r.o, p, &p->records[i]);
    jo_end(&r.o);
    jo_key(&r.o, "codes");
    jo_arr(&r.o);
    for (int i = 0; i < p->n_lists; i++)
        put_list(&r.o, &p->lists[i]);
    jo_end(&r.o);
    return reply_end(c, &r);
}

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/playbooks", PERM_SELF, playbooks_list, "业务规程", "Playbooks in force")},
    {ROUTE(GET, "/api/playbooks/{id}", PERM_SELF, playbooks_get,
           "一个业务规程：字段、表单、环节、办理", "One playbook: fields, forms, states, actions")},
};
const struct route_list ROUTES_PLAYBOOKS = {ROWS, COUNT_OF(ROWS)};
