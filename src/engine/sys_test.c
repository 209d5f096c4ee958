/* Units and accounts: who manages them, who gives which role, and what closing and moving means. */
#include "engine/test_int.h"

/* An administrator of the district alone. */
static struct actor local_admin(struct house *h)
{
    struct err e = ERR_INIT;
    struct world *w = engine_world(h->en, &e);
    struct actor a = {.kind = ACTOR_ACCOUNT, .account = id_new(h->now), .n_grants = 1};
    id_format(a.account, a.by);
    a.grants[0] = (struct grant){ROLE_admin, w->areas[world_area(w, STR(DISTRICT))].aid};
    world_unref(w);
    return a;
}

/* rec zero: opens one. */
static struct answer sys_act(struct house *h, const struct actor *by, const char *type, struct id rec,
                             const char *action, const char *fields)
{
    struct answer ans;
    struct ask ask = ask_of(h, "operator", action, fields);
    ask.type = str_of(type);
    ask.rec = rec;
    ask.actor = by;
    engine_act(h->en, h->a, &ask, &ans);
    return ans;
}

/* A unit here or far away, an account with a role here or in both places. */
static struct id opened(struct house *h, const char *type, const char *what, size_t nth)
{
    static const struct {
        const char *what, *fields;
    } THINGS[] = {
        {"unit", "{'name':'站','area':'" TOWN "','phone':'1'}"},
        {"far", "{'name':'远','area':'" OTHER "'}"},
        {"account", "{'roles':[{'role':'desk','area':'" TOWN "'}]}"},
        {"both", "{'roles':[{'role':'desk','area':'" TOWN "'},{'role':'desk','area':'" OTHER "'}]}"},
    };
    for (size_t i = 0; what && i < COUNT_OF(THINGS); i++) {
        if (strcmp(what, THINGS[i].what) != 0)
            continue;
        struct json *fields = house_json(h, THINGS[i].fields);
        if (strcmp(type, "sys.account") == 0)
            json_set(h->a, fields, STR("login"), json_new_str(h->a, str_printf(h->a, "account%zu", nth)));
        return open_sys(h, type, fields).record;
    }
    return (struct id){{0}};
}

static void who_manages(void **state)
{
    UNUSED(state);
    static const struct {
        const char *who, *type, *on, *action, *fields; /* on: NULL opens; else what was opened before under this */
        enum err_code err;
        const char *field;
    } CASES[] = {
        /* units: within one's own area */
        {"local", "sys.org", NULL, "open", "{'name':'站','kind':'station','area':'" TOWN "'}", ERR_NONE, ""},
        {"local", "sys.org", NULL, "open", "{'name':'站','area':'" OTHER "'}", ERR_FORBIDDEN, "area"},
        {"desk", "sys.org", NULL, "open", "{'name':'站','area':'" TOWN "'}", ERR_FORBIDDEN, ""},
        {"local", "sys.org", NULL, "open", "{'name':'站','area':'" TOWN "','nick':'x'}", ERR_UNKNOWN_FIELD, "nick"},
        {"local", "sys.org", "unit", "change", "{'name':'新站','phone':'0791-1'}", ERR_NONE, ""},
        {"local", "sys.org", "unit", "change", "{'name':''}", ERR_REQUIRED, "name"},
        {"local", "sys.org", "unit", "rename", "{'name':'新站'}", ERR_INPUT, "action"},
        {"local", "sys.org", "unit", "move", "{'area':'" OTHER "'}", ERR_FORBIDDEN, "area"},
        {"local", "sys.org", "unit", "move", "{'area':'" VILLAGE "','parent':'@police'}", ERR_NONE, ""},
        {"local", "sys.org", "unit", "move", "{'area':'" VILLAGE "','parent':'@self'}", ERR_INPUT, "parent"},
        {"local", "sys.org", "unit", "open_again", "{}", ERR_WRONG_STATE, ""},
        {"local", "sys.org", "unit", "close", "{}", ERR_NONE, ""},
        {"local", "sys.org", "far", "close", "{}", ERR_FORBIDDEN, ""},
        {"admin", "sys.org", "far", "move", "{'area':'" DISTRICT "'}", ERR_NONE, ""},
        /* accounts: every role has to lie within one's own areas */
        {"local", "sys.account", NULL, "open", "{'login':'n','roles':[{'role':'desk','area':'" TOWN "'}]}", ERR_NONE,
         ""},
        {"local", "sys.account", NULL, "open", "{'login':'n','roles':[{'role':'desk','area':'" OTHER "'}]}",
         ERR_FORBIDDEN, "roles"},
        {"local", "sys.account", NULL, "open",
         "{'login':'n','roles':[{'role':'desk','area':'" TOWN "'},{'role':'desk','area':'" OTHER "'}]}",
         ERR_FORBIDDEN, "roles"},
        {"local", "sys.account", NULL, "open", "{'login':'n','roles':[{'role':'admin','area':'" TOWN "'}]}",
         ERR_FORBIDDEN, "roles"},
        {"local", "sys.account", NULL, "open", "{'login':'n','roles':[{'role':'auditor','area':'" TOWN "'}]}",
         ERR_FORBIDDEN, "roles"},
        {"admin", "sys.account", NULL, "open", "{'login':'m','roles':[{'role':'auditor','area':'" TOWN "'}]}", ERR_NONE,
         ""},
        {"local", "sys.account", NULL, "open", "{'login':'n','roles':[]}", ERR_INPUT, "roles"},
        {"local", "sys.account", "account", "change", "{'roles':[{'role':'head','area':'" TOWN "'}]}", ERR_NONE, ""},
        {"local", "sys.account", "account", "change", "{'login':'other'}", ERR_UNKNOWN_FIELD, "login"},
        {"local", "sys.account", "account", "reset", "{}", ERR_NONE, ""},
        {"local", "sys.account", "account", "close", "{}", ERR_NONE, ""},
        {"local", "sys.account", "both", "change", "{'roles':[{'role':'head','area':'" TOWN "'}]}", ERR_FORBIDDEN, ""},
        {"local", "sys.account", "both", "reset", "{}", ERR_FORBIDDEN, ""},
        {"local", "sys.account", "both", "close", "{}", ERR_FORBIDDEN, ""},
        {"admin", "sys.account", "both", "reset", "{}", ERR_NONE, ""},
        {"desk", "sys.account", "account", "reset", "{}", ERR_FORBIDDEN, ""},
        /* the tree, playbooks, settings: the whole only */
        {"local", "sys.area", NULL, "add", "{'code':'" TOWN "','areas':[{'code':'360112101077','name':'七村'}]}",
         ERR_FORBIDDEN, ""},
        {"admin", "sys.area", NULL, "add", "{'code':'" TOWN "','areas':[{'code':'360112101077','name':'七村'}]}",
         ERR_NONE, ""},
        {"admin", "sys.area", NULL, "add", "{'code':'7','areas':[{'code':'8','name':'七村'}]}", ERR_UNKNOWN_AREA, "code"},
        {"admin", "sys.area", NULL, "add", "{'code':'" TOWN "','areas':[7]}", ERR_INPUT, "areas"},
        {"admin", "sys.area", NULL, "add", "{'code':'" TOWN "'}", ERR_INPUT, "areas"},
        {"local", "sys.setting", NULL, "set", "{'name':'x','value':'y'}", ERR_FORBIDDEN, ""},
        {"local", "sys.nonsense", NULL, "", "{}", ERR_INPUT, "type"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct house *h = fresh();
        struct actor local = local_admin(h);
        const struct actor *by = strcmp(CASES[i].who, "local") == 0 ? &local : who(h, CASES[i].who);
        struct id rec = opened(h, CASES[i].type, CASES[i].on, i);
        const char *fields = CASES[i].fields;
        const char *self = strstr(fields, "@self");
        if (self)
            fields = arena_printf(h->a, "%.*s%s%s", (int)(self - fields), fields, id_text(h->a, rec).ptr, self + 5);
        int64_t size = house_size(h);
        struct answer ans = sys_act(h, by, CASES[i].type, rec, CASES[i].action, fields);
        if (ans.err.code != CASES[i].err || strcmp(ans.err.field, CASES[i].field) != 0)
            fail_msg("case %zu: %s (%s)", i, ans.ok ? "done" : ans.err.text, ans.err.field);
        assert_int_equal(house_size(h), size + ans.ok);
    }
}

static void nobody_changes_himself(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct answer made = open_sys(
        h, "sys.account", house_json(h, "{'login':'boss','roles':[{'role':'admin','area':'360000000000'}]}"));
    struct actor boss = {.kind = ACTOR_ACCOUNT, .account = made.record, .n_grants = 1};
    id_format(boss.account, boss.by);
    boss.grants[0] = who(h, "admin")->grants[0];
    static const char *const ACTS[] = {"change", "reset", "close"};
    for (size_t i = 0; i < COUNT_OF(ACTS); i++) {
        struct answer ans = sys_act(h, &boss, "sys.account", made.record, ACTS[i], "{}");
        assert_int_equal(ans.err.code, ERR_FORBIDDEN);
        assert_true(ans.err.zh[0]);
    }
    assert_true(sys_act(h, who(h, "admin"), "sys.account", made.record, "close", "{}").ok);
    assert_int_equal(sys_act(h, who(h, "admin"), "sys.account", made.record, "reset", "{}").err.code, ERR_WRONG_STATE);
    assert_true(sys_act(h, who(h, "admin"), "sys.account", made.record, "open_again", "{}").ok);
}

/* What was given empty is gone; what was not given stays. */
static void a_unit_is_changed(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct answer made = open_sys(h, "sys.org", house_json(h, "{'name':'站','kind':'grid','area':'" TOWN "',"
                                                              "'phone':'0791-1','parent':'@police'}"));
    struct actor local = local_admin(h);
    assert_true(sys_act(h, &local, "sys.org", made.record, "change", "{'phone':'0791-2'}").ok);
    struct err e = ERR_INIT;
    struct world *w = engine_world(h->en, &e);
    const struct org *o = &w->orgs[world_org(w, id_text(h->a, made.record))];
    assert_true(str_is(o->phone, "0791-2") && str_is(o->name, "站") && str_is(o->kind, "grid") && o->parent >= 0);
    world_unref(w);
    assert_true(sys_act(h, &local, "sys.org", made.record, "move", "{'area':'" VILLAGE "','parent':null}").ok);
    assert_true(sys_act(h, &local, "sys.org", made.record, "change", "{'phone':''}").ok);
    w = engine_world(h->en, &e);
    o = &w->orgs[world_org(w, id_text(h->a, made.record))];
    assert_true(!o->phone.len && o->parent < 0);
    assert_true(str_is(w->areas[world_area_by_id(w, o->area)].code, VILLAGE));
    world_unref(w);
}

static void count_form(void *u, const struct sys_form *f)
{
    int *n = u;
    assert_true(f->zh[0] && f->en[0] && f->inputs);
    ++*n;
}

static void forms(void **state)
{
    UNUSED(state);
    static const struct {
        const char *type;
        int n;
    } CASES[] = {{"sys.area", 6}, {"sys.org", 5}, {"sys.account", 5}, {"sys.playbook", 0}, {"dispute.dispute", 0}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        int n = 0;
        sys_each(str_of(CASES[i].type), count_form, &n);
        assert_int_equal(n, CASES[i].n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_manages),        cmocka_unit_test(nobody_changes_himself),
        cmocka_unit_test(a_unit_is_changed),  cmocka_unit_test(forms),
        cmocka_unit_test(all_is_what_the_log_says),
    };
    return RUN_ON_BOTH(tests);
}
