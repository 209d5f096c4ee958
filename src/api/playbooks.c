/* Playbooks: all that a page needs to draw lists, forms and actions. */
#include "api/api_int.h"
#include "engine/preview.h"

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
    put_flag(o, "figures", act->figures != NULL);
    jo_kc(o, "who", WHO[act->who]);
    if (act->answers.len)
        jo_kv(o, "answers", act->answers);
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

static void put_quick(struct json_out *o, const struct record_def *def)
{
    jo_key(o, "quick");
    jo_arr(o);
    for (int i = 0; i < def->n_quick; i++) {
        const struct quick *q = &def->quick[i];
        jo_obj(o);
        jo_kv(o, "id", q->id);
        put_words(o, "name", &q->name);
        jo_kv(o, "action", def->actions[q->action].id);
        jo_key(o, "set");
        jo_obj(o);
        for (int k = 0; k < q->n_sets; k++) {
            const struct field *f = &def->fields[q->sets[k].field];
            jo_key_str(o, f->id);
            if (f->type == FIELD_BOOLEAN)
                jo_bool(o, str_is(q->sets[k].value, "TRUE"));
            else
                jo_str(o, q->sets[k].value);
        }
        jo_end(o);
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
        put_words(o, "name", &act->name);
        put_names(o, "by", act->by, act->n_by);
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
        put_words(&r.o, "name", &p->name);
        put_words(&r.o, "noun", &p->noun);
        jo_key(&r.o, "records");
        jo_arr(&r.o);
        for (int k = 0; k < p->n_records; k++) {
            jo_obj(&r.o);
            jo_kv(&r.o, "id", str_printf(c->a, "%.*s.%.*s", STR_F(p->id), STR_F(p->records[k].id)));
            put_words(&r.o, "name", &p->records[k].name);
            jo_kc(&r.o, "kind", kind_word(p->records[k].kind));
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
    put_words(&r.o, "name", &p->name);
    put_words(&r.o, "noun", &p->noun);
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

/* ---- versions ---- */

/* Which versions there are, and which one opens new cases. */
static bool versions_list(struct call *c)
{
    struct reply r;
    struct str id = http_part(c->rq, "id");
    bool any = false;
    for (int i = 0; i < c->w->n_playbooks; i++)
        any |= str_eq(c->w->playbooks[i].playbook->id, id);
    if (!any)
        return err_set(c->e, ERR_NOT_FOUND, "there is no such playbook");
    if (!reply_rows(c, str_printf(c->a, "v%lld", (long long)c->w->sys_seq), &r))
        return true;
    for (int i = 0; i < c->w->n_playbooks; i++) {
        const struct installed *in = &c->w->playbooks[i];
        if (!str_eq(in->playbook->id, id))
            continue;
        jo_obj(&r.o);
        jo_ki(&r.o, "version", in->playbook->version);
        jo_kv(&r.o, "record", id_text(c->a, in->rec));
        put_words(&r.o, "name", &in->playbook->name);
        put_flag(&r.o, "in_force", in->in_force);
        jo_end(&r.o);
    }
    return reply_rows_end(c, &r);
}

/* The body names the text as a whole, or the files of the folder. */
static bool body_text(struct call *c, const struct json *body, struct str *text)
{
    const struct json *files = json_get(body, "files");
    if (json_is(files, J_OBJ))
        return playbook_join(c->a, files, text, c->e);
    *text = json_text(body, "text");
    return text->len || err_field(c->e, ERR_REQUIRED, "text", "text or files is missing");
}

/* What is wrong with it, as a list that names file and line. */
static bool complain(struct call *c, const struct complaints *found)
{
    struct json *extra = json_new(c->a, J_OBJ);
    struct json *list = json_set(c->a, extra, STR("complaints"), json_new(c->a, J_ARR));
    for (int i = 0; i < found->n; i++) {
        struct json *x = json_push(list, json_new(c->a, J_OBJ));
        json_set(c->a, x, STR("file"), json_new_str(c->a, str_of(found->list[i].file)));
        json_set(c->a, x, STR("line"), json_new_int(c->a, found->list[i].line));
        json_set(c->a, x, STR("text"), json_new_str(c->a, str_of(found->list[i].text)));
    }
    err_field(c->e, ERR_SYNTAX, "text", "%s:%d: %s", found->list[0].file, found->list[0].line,
              found->list[0].text);
    problem_answer(c->rq, c->e, extra);
    return true;
}

static bool playbook_dry_run(struct call *c)
{
    static const char *const KNOWN[] = {"text", "files"};
    struct json *body;
    struct str text;
    struct preview p;
    struct complaints found = {.n = 0};
    if (!call_body(c, &body) || !call_members(c, body, KNOWN, COUNT_OF(KNOWN)) ||
        !body_text(c, body, &text))
        return false;
    struct playbook *next = playbook_load(text, c->w->zone, &found);
    if (!next)
        return complain(c, &found);
    bool mine = str_eq(next->id, http_part(c->rq, "id"));
    bool ok = mine || err_field(c->e, ERR_INPUT, "text", "this is the text of another playbook");
    ok = ok && preview_playbook(c->db, engine_keys(c->api->engine), c->a, c->w,
                                engine_calendar(c->api->engine), next, c->now, &p, c->e);
    playbook_free(next);
    if (!ok)
        return false;
    struct buf b = BUF(LIMIT_JSON_OUT);
    struct json_out o = json_out(&b);
    preview_write(&o, &p);
    return call_json(c, 200, &b);
}

static bool playbook_install(struct call *c)
{
    static const char *const KNOWN[] = {"id", "text", "files"};
    struct json *body;
    struct str text;
    struct pending *p = ARENA_NEW(c->a, struct pending);
    if (!call_body(c, &body) || !call_members(c, body, KNOWN, COUNT_OF(KNOWN)) ||
        !pending_take(c, body, p) || !body_text(c, body, &text))
        return false;
    p->opens = true;
    p->actor = c->actor;
    p->ask.type = STR("sys.playbook");
    json_set(c->a, p->ask.fields, STR("text"), json_new_str(c->a, text));
    return pending_send(c, p);
}

/* An older version opens new cases again: an event on that version.  Running cases stay as they are. */
static bool playbook_back(struct call *c)
{
    static const char *const KNOWN[] = {"id", "version"};
    struct json *body;
    struct pending *p = ARENA_NEW(c->a, struct pending);
    if (!call_body(c, &body) || !call_members(c, body, KNOWN, COUNT_OF(KNOWN)) || !pending_take(c, body, p))
        return false;
    int64_t version = json_num(body, "version", 0);
    for (int i = 0; i < c->w->n_playbooks; i++)
        if (str_eq(c->w->playbooks[i].playbook->id, http_part(c->rq, "id")) &&
            c->w->playbooks[i].playbook->version == version)
            p->ask.rec = c->w->playbooks[i].rec;
    if (id_zero(p->ask.rec))
        return err_field(c->e, ERR_INPUT, "version", "this version is not installed");
    p->actor = c->actor;
    p->ask.action = STR("put_in_force");
    return pending_send(c, p);
}

/* What `adopt` would do to one case. */
static bool record_adopt(struct call *c)
{
    struct id rec;
    struct record *r;
    struct view v;
    struct reply out;
    int64_t version = 0;
    struct str asked = http_query(c->rq, "to_version");
    if (asked.len && !str_int(asked, &version))
        return err_field(c->e, ERR_INPUT, "to_version", "expected a version");
    if (!call_id(c, "id", &rec) || !view_load(c, rec, &r) || !view_open(c, r, &v))
        return false;
    if (v.shut)
        return err_set(c->e, ERR_FORBIDDEN, "a sealed matter is moved by the unit that holds it");
    if (v.shut)
        return err_set(c->e, ERR_FORBIDDEN, "a sealed matter is moved by the unit that holds it") ||
               err_zh(c->e, "限制查看的件由承办单位转版");
    const struct playbook *next = adopt_target(c->w, v.playbook, version);
    if (!next)
        return err_field(c->e, ERR_INPUT, "to_version", "there is no version to move to") ||
               err_zh(c->e, "没有可转入的版本");
    if (!reply_begin(c, STR_NONE, &out))
        return true;
    preview_record(c->a, c->w, engine_calendar(c->api->engine), v.r, next, c->now, &out.o);
    return reply_end(c, &out);
}

static const struct param ADOPT_QUERY[] = {{"to_version", "absent: the version in force"}, {NULL, NULL}};

/* ---- actions that every matter has ---- */

static void put_two(struct json_out *o, const char *key, const char *zh, const char *en)
{
    jo_key(o, key);
    jo_obj(o);
    jo_kc(o, "zh", zh);
    jo_kc(o, "en", en);
    jo_end(o);
}

static void put_input(struct json_out *o, const struct builtin_input *x)
{
    jo_obj(o);
    jo_kc(o, "id", x->id);
    put_two(o, "label", x->zh, x->en);
    jo_kc(o, "type", x->type);
    put_flag(o, "required", x->required);
    put_flag(o, "many", x->many);
    put_flag(o, "multiline", strcmp(x->type, "text") == 0);
    if (strcmp(x->type, "text") == 0)
        jo_ki(o, "max_chars", LIMIT_TEXT_FIELD / 8);
    if (x->max) {
        jo_ki(o, "min", x->min);
        jo_ki(o, "max", x->max);
    }
    if (x->kinds)
        jo_kc(o, "kinds", x->kinds);
    if (x->when)
        jo_kc(o, "when", x->when);
    if (x->options) {
        jo_key(o, "options");
        jo_arr(o);
        for (const struct builtin_option *p = x->options; p->value; p++) {
            jo_obj(o);
            jo_kc(o, "value", p->value);
            put_two(o, "name", p->zh, p->en);
            jo_end(o);
        }
        jo_end(o);
    }
    jo_end(o);
}

static void put_builtin(void *user, const char *id, const char *zh, const char *en)
{
    struct json_out *o = user;
    jo_obj(o);
    jo_kc(o, "id", id);
    put_two(o, "name", zh, en);
    jo_key(o, "form");
    jo_arr(o);
    for (const struct builtin_input *x = builtin_inputs(str_of(id)); x->id; x++)
        put_input(o, x);
    jo_end(o);
    jo_end(o);
}

static bool actions_list(struct call *c)
{
    struct buf b = BUF(LIMIT_JSON_OUT);
    struct json_out o = json_out(&b);
    jo_obj(&o);
    jo_key(&o, "rows");
    jo_arr(&o);
    builtin_each(put_builtin, &o);
    jo_end(&o);
    jo_end(&o);
    return call_json(c, 200, &b);
}

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/actions", PERM_SELF, actions_list, "每件都有的操作和它们的表单",
           "Actions that every matter has, with their forms")},
    {ROUTE(GET, "/api/playbooks", PERM_SELF, playbooks_list, "业务规程", "Playbooks in force")},
    {ROUTE(GET, "/api/playbooks/{id}", PERM_SELF, playbooks_get,
           "一个业务规程：字段、表单、环节、办理", "One playbook: fields, forms, states, actions")},
    {ROUTE(GET, "/api/playbooks/{id}/versions", PERM_SELF, versions_list, "业务规程的各版",
           "The versions of a playbook")},
    {ROUTE(POST, "/api/playbooks/{id}/dry-run", PERM_ADMIN, playbook_dry_run,
           "试装：改动对在办件和统计的影响", "What a changed playbook would do to what is there"),
     .body = "text, or files (name: text)"},
    {ROUTE(POST, "/api/playbooks/{id}/install", PERM_ADMIN, playbook_install, "装入新版业务规程",
           "Put a new version in force"),
     .body = "id, text or files (name: text)"},
    {ROUTE(POST, "/api/playbooks/{id}/put-in-force", PERM_ADMIN, playbook_back, "恢复使用某一版",
           "Put an installed version in force again"),
     .body = "id, version"},
    {ROUTE(GET, "/api/records/{id}/adopt", PERM_STEER | PERM_ADMIN, record_adopt,
           "试转：一件转入新版规程会怎样", "What moving a case to another version would do"),
     .query = ADOPT_QUERY},
};
const struct route_list ROUTES_PLAYBOOKS = {ROWS, COUNT_OF(ROWS)};
