/* The actions on system records, in one table: who may, what is asked, who decides.  The pages of administration
 * draw their forms from it, as those of matters do from builtin_form.c. */
#include "engine/engine_int.h"
#include "engine/form_int.h"

enum who {
    WHOLE, /* an administrator of the whole tree */
    LOCAL, /* an administrator of the area in question: sys_who.c asks which that is */
    UNIT,  /* anyone of the unit: its decision says more */
};

OPTIONS(KINDS, {"centre", "综治中心", "Centre"}, {"committee", "人民调解委员会", "Mediation committee"},
        {"station", "派出所、司法所等站所", "Station"}, {"police", "公安", "Police"},
        {"department", "部门", "Department"}, {"grid", "村、社区", "Village or community"}, {"other", "其他", "Other"});

#define UNTIL {WORDS("valid_to", "用到哪一天（不填就是到昨天）", "Last day (empty: yesterday)"), .type = "date"}
#define NAME_OF_UNIT {WORDS("name", "名称", "Name"), .type = "line", .required = true}
#define KIND {WORDS("kind", "是哪一类单位", "Kind"), .type = "option", .options = KINDS}
#define PHONE {WORDS("phone", "电话（居民查询进度时看得到）", "Telephone, which residents are told"), .type = "line"}
#define BY_LINK {WORDS("no_accounts", "没有账号，只用链接办理", "It has no accounts and acts by links"), .type = "boolean"}
#define AREA_OF_UNIT \
    {WORDS("area", "所在区划（连同全部下级由它负责）", "Area, with all below it"), .type = "tree", .required = true}
#define ABOVE {WORDS("parent", "上级单位", "Unit above it"), .type = "org"}
#define PERSON {WORDS("name", "姓名", "Name of the person"), .type = "line"}
#define OWN_UNIT {WORDS("org", "所属单位", "Unit"), .type = "org"}
#define GRANTS \
    {WORDS("roles", "角色，每个管哪个区划", "Roles, each in an area"), .type = "table", .required = true, .columns = GRANT}
#define NEW_AREAS(i, z, e) {WORDS(i, z, e), .type = "table", .required = true, .columns = NEW_AREA}

INPUTS(GRANT, {WORDS("role", "角色", "Role"), .type = "option", .required = true, .options = ROLE_OPTIONS},
       {WORDS("area", "在哪个区划（连同全部下级）", "Area, with all below it"), .type = "tree", .required = true});
INPUTS(NEW_AREA, {WORDS("code", "代码", "Code"), .type = "line", .required = true},
       {WORDS("name", "名称", "Name"), .type = "line", .required = true});

INPUTS(ORG_OPEN, NAME_OF_UNIT, KIND, AREA_OF_UNIT, ABOVE, PHONE, BY_LINK);
INPUTS(ORG_CHANGE, NAME_OF_UNIT, KIND, PHONE, BY_LINK);
INPUTS(ORG_MOVE, AREA_OF_UNIT, ABOVE);
INPUTS(ACCOUNT_OPEN, {WORDS("login", "账号名", "Login"), .type = "line", .required = true}, PERSON, OWN_UNIT,
       GRANTS);
INPUTS(ACCOUNT_CHANGE, PERSON, OWN_UNIT, GRANTS);
INPUTS(AREA_ADD, NEW_AREAS("areas", "新增哪些下级", "Which areas"),
       {WORDS("valid_from", "从哪一天起用", "First day"), .type = "date"});
INPUTS(AREA_CHANGE, {WORDS("name", "新名称", "New name"), .type = "line"},
       {WORDS("new_code", "新代码", "New code"), .type = "line"},
       {WORDS("valid_from", "从哪一天起用", "First day"), .type = "date"},
       {WORDS("valid_to", "用到哪一天", "Last day"), .type = "date"});
INPUTS(AREA_MOVE, {WORDS("parent", "划到哪个区划下面", "Below which area"), .type = "tree", .required = true});
INPUTS(AREA_MERGE, {WORDS("into", "并入哪个同级区划", "Into which area of its level"), .type = "tree", .required = true},
       UNTIL);
INPUTS(AREA_CLOSE, UNTIL, {WORDS("successor", "由哪个区划接续", "Which area follows it"), .type = "tree"});
INPUTS(AREA_SPLIT, NEW_AREAS("into", "拆成哪几个（至少两个）", "Into which (two or more)"), UNTIL);
static const struct builtin_input NOTHING[] = {{.id = NULL}};

static const struct sys_act {
    const char *type, *id, *zh, *en;
    bool opens;
    enum who who;
    bool (*decide)(struct deciding *d, bool opening);
    const struct builtin_input *inputs; /* NULL: not done by a form */
} TABLE[] = { /* of a type the first that opens is what opening without a word means */
    {"sys.genesis", "begin", "建库", "Begin", true, WHOLE, sys_genesis, NULL},
    {"sys.area", "load", "装入区划", "Load areas", true, WHOLE, sys_area, NULL},
    {"sys.area", "add", "新增下级", "Add below", true, WHOLE, sys_area, AREA_ADD},
    {"sys.area", "change", "改名、改代码", "Rename", true, WHOLE, sys_area, AREA_CHANGE},
    {"sys.area", "move", "划转", "Move", true, WHOLE, sys_area, AREA_MOVE},
    {"sys.area", "merge", "合并", "Merge", true, WHOLE, sys_area, AREA_MERGE},
    {"sys.area", "split", "拆分", "Split", true, WHOLE, sys_area, AREA_SPLIT},
    {"sys.area", "close", "撤销", "Close", true, WHOLE, sys_area, AREA_CLOSE},
    {"sys.area", "borders", "装入边界", "Load borders", true, WHOLE, sys_borders, NULL},
    {"sys.org", "open", "新增单位", "Add a unit", true, LOCAL, sys_org, ORG_OPEN},
    {"sys.org", "change", "改名、改电话", "Change", false, LOCAL, sys_org, ORG_CHANGE},
    {"sys.org", "move", "划转", "Move", false, LOCAL, sys_org, ORG_MOVE},
    {"sys.org", "close", "停用", "Close", false, LOCAL, sys_close, NOTHING},
    {"sys.org", "open_again", "恢复使用", "Open again", false, LOCAL, sys_open_again, NOTHING},
    {"sys.org", "look", "", "", false, UNIT, sys_look, NULL},
    {"sys.account", "open", "新增账号", "Add an account", true, LOCAL, sys_account, ACCOUNT_OPEN},
    {"sys.account", "change", "改姓名、单位、角色", "Change name, unit, roles", false, LOCAL, sys_account, ACCOUNT_CHANGE},
    {"sys.account", "reset", "重设密码", "Reset the password", false, LOCAL, sys_reset, NOTHING},
    {"sys.account", "close", "停用", "Close", false, LOCAL, sys_close, NOTHING},
    {"sys.account", "open_again", "恢复使用", "Open again", false, LOCAL, sys_open_again, NOTHING},
    {"sys.playbook", "install", "装入", "Install", true, WHOLE, sys_playbook, NULL},
    {"sys.playbook", "put_in_force", "改用这一版", "Put in force", false, WHOLE, sys_playbook, NULL},
    {"sys.playbook", "withdraw", "停用", "Withdraw", false, WHOLE, sys_playbook, NULL},
    {"sys.calendar", "load", "装入", "Load", true, WHOLE, sys_calendar, NULL},
    {"sys.setting", "set", "更改", "Change", true, WHOLE, sys_setting, NULL},
};

bool sys_is(struct str type)
{
    return str_starts(type, STR("sys."));
}

void sys_each(struct str type, void (*fn)(void *u, const struct sys_form *form), void *u)
{
    for (size_t i = 0; i < COUNT_OF(TABLE); i++) {
        const struct sys_act *t = &TABLE[i];
        struct sys_form form = {t->id, t->zh, t->en, t->opens, t->inputs};
        if (t->inputs && str_is(type, t->type))
            fn(u, &form);
    }
}

bool sys_words(struct str type, struct str act, struct words *out)
{
    for (size_t i = 0; i < COUNT_OF(TABLE); i++) {
        const struct sys_act *t = &TABLE[i];
        if (!str_is(type, t->type) || !str_is(act, t->id) || !t->zh[0])
            continue;
        *out = (struct words){str_of(t->zh), str_of(t->en)};
        return true;
    }
    return false;
}

static const struct sys_act *find_act(struct deciding *d, bool opening)
{
    bool type = false;
    for (size_t i = 0; i < COUNT_OF(TABLE); i++) {
        if (!str_is(d->work->type, TABLE[i].type))
            continue;
        type = true;
        bool same = d->ask->action.len ? str_is(d->ask->action, TABLE[i].id) : opening;
        if (same && TABLE[i].opens == opening)
            return &TABLE[i];
    }
    if (!type)
        err_field(d->e, ERR_INPUT, "type", "there is no record type '%.60s'", str_c(d->a, d->work->type));
    else
        err_field(d->e, ERR_INPUT, "action", "there is no action '%.60s' here", str_c(d->a, d->ask->action));
    return NULL;
}

/* The one thing that the clock says of the system (night.c). */
static bool by_night(const struct deciding *d)
{
    return d->ask->actor->kind == ACTOR_CLOCK && d->work->ver == 0 && str_is(d->work->type, "sys.setting") &&
           str_is(json_text(d->input, "name"), SETTING_CLEARED);
}

static bool may(struct deciding *d, const struct sys_act *act)
{
    const struct actor *who = d->ask->actor;
    if (act->who == UNIT || who->kind == ACTOR_OPERATOR || by_night(d))
        return true;
    if (act->who == LOCAL && (actor_permissions(who) & PERM_ADMIN))
        return true;
    if (act->who == WHOLE && d->w->n_areas && sys_governs(d, d->w->walk[0]))
        return true;
    return act->who == LOCAL ? err_set(d->e, ERR_FORBIDDEN, "only an administrator may do this") ||
                                   err_zh(d->e, "只有管理员才能办理")
                             : err_set(d->e, ERR_FORBIDDEN, "only an administrator of the whole area may do this") ||
                                   err_zh(d->e, "只有全域管理员才能办理");
}

/* A misspelt input would be silently lost. */
static bool inputs_known(struct deciding *d, const struct sys_act *act)
{
    JSON_EACH (given, d->input) {
        bool known = !act->inputs || (str_is(given->key, "code") && str_is(d->work->type, "sys.area"));
        for (const struct builtin_input *x = act->inputs; !known && x->id; x++)
            known = str_is(given->key, x->id);
        if (!known)
            return err_field(d->e, ERR_UNKNOWN_FIELD, str_c(d->a, given->key), "there is no such input");
    }
    return true;
}

bool sys_decide(struct deciding *d)
{
    bool opening = d->work->ver == 0;
    const struct sys_act *act = find_act(d, opening);
    if (!act || !may(d, act) || !inputs_known(d, act))
        return false;
    draft_begin(d, str_of(act->id));
    return act->decide(d, opening) && draft_end(d);
}
