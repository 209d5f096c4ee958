/* The forms of actions that no playbook has: those of every matter, those on areas, units and accounts. */
#include "api/api_int.h"

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
    reply_flag(o, "required", x->required);
    reply_flag(o, "many", x->many);
    reply_flag(o, "multiline", strcmp(x->type, "text") == 0);
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
    if (x->columns) {
        jo_key(o, "columns");
        jo_arr(o);
        for (const struct builtin_input *k = x->columns; k->id; k++)
            put_input(o, k);
        jo_end(o);
    }
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

static void put_form_of(struct json_out *o, const char *id, const char *zh, const char *en,
                        const struct builtin_input *inputs)
{
    jo_obj(o);
    jo_kc(o, "id", id);
    put_two(o, "name", zh, en);
    jo_key(o, "form");
    jo_arr(o);
    for (const struct builtin_input *x = inputs; x->id; x++)
        put_input(o, x);
    jo_end(o);
    jo_end(o);
}

static void put_builtin(void *user, const char *id, const char *zh, const char *en)
{
    put_form_of(user, id, zh, en, builtin_inputs(str_of(id)));
}

static void put_sys(void *user, const struct sys_form *f)
{
    put_form_of(user, f->id, f->zh, f->en, f->inputs);
}

/* Absent: of matters. */
static bool actions_list(struct call *c)
{
    struct str of = http_query(c->rq, "of");
    struct reply r;
    if (!reply_rows(c, STR_NONE, &r))
        return true;
    if (of.len)
        sys_each(of, put_sys, &r.o);
    else
        builtin_each(put_builtin, &r.o);
    return reply_rows_end(c, &r);
}

static const struct param ACTIONS_QUERY[] = {{"of", "sys.area, sys.org or sys.account; absent: of matters"},
                                             {NULL, NULL}};

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/actions", PERM_SELF, actions_list, "每件都有的操作和它们的表单",
           "Actions that every matter has, with their forms; or those on areas, units, accounts"),
     .query = ACTIONS_QUERY},
};
const struct route_list ROUTES_FORMS = {ROWS, COUNT_OF(ROWS)};
