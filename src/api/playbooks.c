/* Playbooks: all that a page needs to draw lists, forms and actions. */
#include "api/api_int.h"

static void put_words(struct json_out *o, const char *key, const struct words *w)
{
    if (!w->zh.len)
        return;
    jo_key(o, key);
    jo_obj(o);
    jo_kv(o, "zh", w->zh);
    jo_kv(o, "en", w->en.len ? w->en : w->zh);
    jo_end(o);
}

static void put_flag(struct json_out *o, const char *key, bool v)
{
    if (v)
        jo_kb(o, key, true);
}

static void put_field(struct json_out *o, const struct playbook *p, const struct field *f)
{
    jo_obj(o);
    jo_kv(o, "id", f->id);
    put_words(o, "label", &f->label);
    put_words(o, "help", &f->help);
    jo_kc(o, "type", field_type_name(f->type));
    put_flag(o, "required", f->required);
    put_flag(o, "many", f->many);
    put_flag(o, "vault", f->vault || f->type == FIELD_PERSON);
    put_flag(o, "filter", f->filter);
    put_flag(o, "sort", f->sort);
    put_flag(o, "search", f->search);
    put_flag(o, "multiline", f->multiline);
    put_flag(o, "external", f->external);
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

static void put_action(struct json_out *o, const struct record_def *def, const struct action *act)
{
    static const char *const WHO[] = {"area", "holder", "self"};
    jo_obj(o);
    jo_kv(o, "id", act->id);
    put_words(o, "name", &act->name);
    put_flag(o, "opens", act->opens);
    put_flag(o, "import", act->import);
    put_flag(o, "resident", act->resident);
    put_flag(o, "from_any", act->from_any);
    put_flag(o, "reopens", act->reopens);
    jo_kc(o, "who", WHO[act->who]);
    jo_key(o, "from");
    jo_arr(o);
    for (int i = 0; i < act->n_from; i++)
        jo_str(o, def->states[act->from[i]].id);
    jo_end(o);
    jo_key(o, "to");
    jo_arr(o);
    for (int i = 0; i < act->n_to; i++)
        if (act->to[i].state >= 0)
            jo_str(o, def->states[act->to[i].state].id);
    jo_end(o);
    jo_key(o, "by");
    jo_arr(o);
    for (int i = 0; i < act->n_by; i++)
        jo_str(o, act->by[i]);
    jo_end(o);
    put_form(o, def, act);
    jo_key(o, "needs");
    jo_arr(o);
    for (int i = 0; i < act->n_needs; i++)
        jo_str(o, def->documents[act->needs[i]].id);
    jo_end(o);
    jo_key(o, "does");
    jo_arr(o);
    for (int i = 0; i < act->n_does; i++)
        jo_str(o, def->actions[act->does[i]].id);
    jo_end(o);
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
    put_words(o, "name", &k->name);
    put_span(o, "limit", k->limit);
    put_flag(o, "main", k->main);
    put_flag(o, "pausable", k->pausable);
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
        put_words(o, "name", &def->states[i].name);
        put_words(o, "plain", &def->states[i].plain);
        put_flag(o, "closed", def->states[i].closed);
        jo_end(o);
    }
    jo_end(o);
    jo_key(o, "documents");
    jo_arr(o);
    for (int i = 0; i < def->n_documents; i++) {
        jo_obj(o);
        jo_kv(o, "id", def->documents[i].id);
        put_words(o, "name", &def->documents[i].name);
        jo_end(o);
    }
    jo_end(o);
}

static void put_record(struct json_out *o, const struct playbook *p, const struct record_def *def)
{
    jo_obj(o);
    jo_kv(o, "id", def->id);
    put_words(o, "name", &def->name);
    jo_kc(o, "kind", kind_word(def->kind));
    jo_ki(o, "backdate", def->backdate);
    if (def->title >= 0)
        jo_kv(o, "title", def->fields[def->title].id);
    if (def->place_field >= 0)
        jo_kv(o, "place", def->fields[def->place_field].id);
    if (def->kind_field >= 0)
        jo_kv(o, "kind_field", def->fields[def->kind_field].id);
    jo_key(o, "list");
    jo_arr(o);
    for (int i = 0; i < def->n_list; i++)
        jo_str(o, def->list[i]);
    jo_end(o);
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
    jo_end(o);
}

static void put_list(struct json_out *o, const struct code_list *l)
{
    char day[16];
    jo_obj(o);
    jo_kv(o, "id", l->id);
    put_words(o, "name", &l->name);
    jo_key(o, "codes");
    jo_arr(o);
    for (int i = 0; i < l->n; i++) {
        const struct code *k = &l->codes[i];
        jo_obj(o);
        jo_kv(o, "code", k->code);
        put_words(o, "name", &k->name);
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

static bool playbooks_list(struct call *c)
{
    if (call_unchanged(c, str_printf(c->a, "w%lld", (long long)c->w->sys_seq)))
        return true;
    struct buf b = BUF(LIMIT_JSON_OUT);
    struct json_out o = json_out(&b);
    jo_obj(&o);
    jo_key(&o, "rows");
    jo_arr(&o);
    for (int i = 0; i < c->w->n_playbooks; i++) {
        const struct playbook *p = c->w->playbooks[i].playbook;
        if (!c->w->playbooks[i].in_force)
            continue;
        jo_obj(&o);
        jo_kv(&o, "id", p->id);
        jo_ki(&o, "version", p->version);
        put_words(&o, "name", &p->name);
        put_words(&o, "noun", &p->noun);
        jo_key(&o, "records");
        jo_arr(&o);
        for (int k = 0; k < p->n_records; k++) {
            jo_obj(&o);
            jo_kv(&o, "id", str_printf(c->a, "%.*s.%.*s", STR_F(p->id), STR_F(p->records[k].id)));
            put_words(&o, "name", &p->records[k].name);
            jo_kc(&o, "kind", kind_word(p->records[k].kind));
            jo_end(&o);
        }
        jo_end(&o);
        jo_end(&o);
    }
    jo_end(&o);
    jo_end(&o);
    return call_json(c, 200, &b);
}

/* "dispute" is the version in force, "dispute@3" any that a running case stands on. */
static bool playbooks_get(struct call *c)
{
    const struct playbook *p = world_playbook(c->w, http_part(c->rq, "id"));
    if (!p)
        return err_set(c->e, ERR_NOT_FOUND, "there is no such playbook");
    if (call_unchanged(c, str_printf(c->a, "p%d-w%lld", p->version, (long long)c->w->sys_seq)))
        return true;
    struct buf b = BUF(LIMIT_JSON_OUT);
    struct json_out o = json_out(&b);
    jo_obj(&o);
    jo_kv(&o, "id", p->id);
    jo_ki(&o, "version", p->version);
    put_words(&o, "name", &p->name);
    put_words(&o, "noun", &p->noun);
    jo_key(&o, "records");
    jo_arr(&o);
    for (int i = 0; i < p->n_records; i++)
        put_record(&o, p, &p->records[i]);
    jo_end(&o);
    jo_key(&o, "codes");
    jo_arr(&o);
    for (int i = 0; i < p->n_lists; i++)
        put_list(&o, &p->lists[i]);
    jo_end(&o);
    jo_end(&o);
    return call_json(c, 200, &b);
}

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/playbooks", PERM_SELF, playbooks_list, "业务规程", "Playbooks in force")},
    {ROUTE(GET, "/api/playbooks/{id}", PERM_SELF, playbooks_get,
           "一个业务规程：字段、表单、环节、办理", "One playbook: fields, forms, states, actions")},
};
const struct route_list ROUTES_PLAYBOOKS = {ROWS, COUNT_OF(ROWS)};
