/* Units and accounts: managed by an administrator of the area they lie in, and whole-tree matters by one of
 * the whole tree.  An account has roles, each in an area; nothing is kept of what it did. */
#include "engine/decide_int.h"

bool sys_governs(struct deciding *d, int area)
{
    if (d->ask->actor->kind == ACTOR_OPERATOR)
        return true;
    d->role = actor_role(d->ask->actor, d->w, PERM_ADMIN, NULL, 0, area, NULL);
    return d->role != ROLE_NONE;
}

static bool not_yours(struct deciding *d, const char *field)
{
    return err_field(d->e, ERR_FORBIDDEN, field, "only an administrator of that area may do this") ||
           err_zh(d->e, "只有该区划的管理员才能办理");
}

static void lies_in(struct deciding *d, int area)
{
    d->area = area;
    d->draft->body.area = d->w->areas[area].aid;
    d->draft->body.code = d->w->areas[area].code;
}

static bool take_area(struct deciding *d, bool required)
{
    struct str code = json_text(d->input, "area");
    if (!code.len && !required)
        return true;
    d->area = world_area(d->w, code);
    if (d->area < 0)
        return err_field(d->e, ERR_UNKNOWN_AREA, "area", "area: there is no such area");
    if (!sys_governs(d, d->area))
        return not_yours(d, "area");
    lies_in(d, d->area);
    return true;
}

/* ---- units ---- */

/* A text that may be taken away by giving it empty. */
static void take_text(struct deciding *d, const char *key)
{
    struct str s = str_trim(json_text(d->input, key));
    if (s.len)
        draft_set_c(d, key, s);
    else if (d->work->ver && json_get(d->input, key))
        draft_set(d, key, NULL);
}

static bool take_parent(struct deciding *d)
{
    struct str parent = str_trim(json_text(d->input, "parent"));
    int at = parent.len ? world_org(d->w, parent) : -1;
    if (parent.len && at < 0)
        return sys_bad(d, "parent", "there is no such unit");
    for (; at >= 0; at = d->w->orgs[at].parent)
        if (id_eq(d->w->orgs[at].id, d->work->id))
            return err_field(d->e, ERR_INPUT, "parent", "it would lie below itself") ||
                   err_zh(d->e, "上级单位不能是它自己或它的下级");
    take_text(d, "parent");
    return true;
}

bool sys_org(struct deciding *d, bool opening)
{
    struct str name, phone = str_trim(json_text(d->input, "phone"));
    if (!opening && !sys_governs(d, d->area))
        return not_yours(d, "");
    if (phone.len > 40)
        return sys_bad(d, "phone", "at most 40 characters");
    if (opening || json_get(d->input, "name")) {
        if (!sys_need(d, "name", &name))
            return false;
        draft_set_c(d, "name", name);
    }
    take_text(d, "kind");
    take_text(d, "phone"); /* of the unit, not of anybody: residents are told it */
    if (json_get(d->input, "no_accounts"))
        draft_set(d, "no_accounts", json_new_bool(d->a, json_yes(d->input, "no_accounts")));
    return take_parent(d) && take_area(d, opening);
}

/* ---- accounts ---- */

/* What he is trusted with now, and nobody's own: an administrator gives himself nothing. */
static bool may_manage(struct deciding *d)
{
    if (d->ask->actor->kind == ACTOR_ACCOUNT && id_eq(d->ask->actor->account, d->work->id))
        return err_set(d->e, ERR_FORBIDDEN, "another administrator changes the account of an administrator") ||
               err_zh(d->e, "自己的账号要由另一位管理员办理");
    JSON_EACH (g, json_get(d->work->fields, "roles"))
        if (!sys_governs(d, world_area_by_id(d->w, json_num(g, "area", 0))))
            return not_yours(d, "");
    return true;
}

/* Within one's own areas; what administers or audits is given only by who administers the whole tree. */
static bool may_give(struct deciding *d, enum role role, int area)
{
    if (!sys_governs(d, area))
        return not_yours(d, "roles");
    if (!(role_permissions(role) & (PERM_ADMIN | PERM_AUDIT)) || sys_governs(d, d->w->walk[0]))
        return true;
    return err_field(d->e, ERR_FORBIDDEN, "roles", "only an administrator of the whole tree gives the role %s",
                     str_c(d->a, role_code(role))) ||
           err_zh(d->e, "“%s”角色只能由全域管理员授予", role_name(role, true));
}

static bool take_role(struct deciding *d, const struct json *given, struct json *list)
{
    enum role role = role_of(json_text(given, "role"));
    int area = world_area(d->w, json_text(given, "area"));
    if (role == ROLE_NONE)
        return sys_bad(d, "role", "there is no such role");
    if (area < 0)
        return err_field(d->e, ERR_UNKNOWN_AREA, "area", "there is no area '%.60s'",
                         str_c(d->a, json_text(given, "area")));
    if (!may_give(d, role, area))
        return false;
    struct json *g = json_push(list, json_new(d->a, J_OBJ));
    json_set(d->a, g, STR("role"), json_new_str(d->a, json_text(given, "role")));
    json_set(d->a, g, STR("area"), json_new_int(d->a, d->w->areas[area].aid));
    if (list->n == 1) /* it lies where its first role counts */
        lies_in(d, area);
    return true;
}

static bool take_roles(struct deciding *d, bool opening)
{
    const struct json *roles = json_get(d->input, "roles");
    if (!roles && !opening)
        return true;
    if (!json_is(roles, J_ARR) || !roles->n || roles->n > ACTOR_GRANTS)
        return sys_bad(d, "roles", "expected 1 to 16 of {role, area}") ||
               err_zh(d->e, "请选择1到16个角色，每个都要有区划");
    struct json *list = json_new(d->a, J_ARR);
    JSON_EACH (r, roles)
        if (!take_role(d, r, list))
            return false;
    draft_set(d, "roles", list);
    return true;
}

static bool text_field(struct deciding *d, const char *key, bool required)
{
    struct str s;
    if (!required && json_empty(json_get(d->input, key)))
        return true;
    if (!sys_need(d, key, &s))
        return false;
    draft_set(d, key, form_said(d, s, false));
    return true;
}

bool sys_account(struct deciding *d, bool opening)
{
    struct str org = str_trim(json_text(d->input, "org"));
    if ((!opening && !may_manage(d)) || (opening && !text_field(d, "login", true)) || !text_field(d, "name", false))
        return false;
    int at = org.len ? world_org(d->w, org) : -1;
    if (org.len && (at < 0 || d->w->orgs[at].closed))
        return sys_bad(d, "org", "there is no such unit") || err_zh(d->e, "没有这个单位，或已停用");
    if (org.len)
        draft_set_c(d, "org", org);
    return take_roles(d, opening);
}

/* Who gave another password: the password itself lies elsewhere (table credential). */
bool sys_reset(struct deciding *d, bool opening)
{
    UNUSED(opening);
    if (record_closed(d->work) != TIME_NONE)
        return err_set(d->e, ERR_WRONG_STATE, "the account is closed: open it again first") ||
               err_zh(d->e, "账号已停用，请先恢复使用");
    return may_manage(d);
}

/* ---- both ---- */

static bool may_end(struct deciding *d, bool closed)
{
    if ((record_closed(d->work) != TIME_NONE) != closed)
        return err_set(d->e, ERR_WRONG_STATE, closed ? "it is not closed" : "it is closed already") ||
               err_zh(d->e, closed ? "没有停用，不用恢复" : "已经停用了");
    if (str_is(d->work->type, "sys.account"))
        return may_manage(d);
    return sys_governs(d, d->area) || not_yours(d, "");
}

bool sys_close(struct deciding *d, bool opening)
{
    UNUSED(opening);
    if (!may_end(d, false))
        return false;
    draft_set_time(d, "$closed", d->at);
    return true;
}

bool sys_open_again(struct deciding *d, bool opening)
{
    UNUSED(opening);
    if (!may_end(d, true))
        return false;
    draft_set_time(d, "$closed", TIME_NONE);
    return true;
}

/* Finding a person who is present by his telephone among the open matters of a unit (access/lookup.h): the event
 * stands with the unit, says why, and never which number. */
bool sys_look(struct deciding *d, bool opening)
{
    char org[ID_TEXT + 1];
    UNUSED(opening);
    id_format(d->work->id, org);
    if (strcmp(org, d->ask->actor->org) != 0 || !(actor_permissions(d->ask->actor) & PERM_LOOK))
        return err_set(d->e, ERR_FORBIDDEN, "only among the matters of one's own unit");
    struct str why = str_trim(json_text(d->input, "purpose"));
    if (!why.len || why.len > 2000)
        return err_field(d->e, ERR_REQUIRED, "purpose", "purpose: say what it is needed for") ||
               err_zh(d->e, "请填写查找的用途");
    draft_in(d, "purpose", form_said(d, why, false));
    return true;
}
