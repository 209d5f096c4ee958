/* System records: areas, units, accounts, playbooks, the calendar, settings.  They are records like
 * all others, in the same log (decisions 3); what they need is checked here. */
#include "clock/channel.h"
#include "engine/decide_int.h"
#include "engine/engine_int.h"
#include "measure/levels.h"
#include "record/tiles.h"

enum { TEXT_AN_EVENT = 120 * 1024, TEXT_A_ROW = 30 * 1024 };

bool sys_is(struct str type)
{
    return str_starts(type, STR("sys."));
}

bool sys_bad(struct deciding *d, const char *field, const char *what)
{
    return err_field(d->e, ERR_INPUT, field, "%s: %s", field, what);
}

bool sys_need(struct deciding *d, const char *key, struct str *out)
{
    struct str s = str_trim(json_text(d->input, key));
    if (!s.len)
        return err_field(d->e, ERR_REQUIRED, key, "%s: is required", key);
    if (s.len > 400)
        return err_field(d->e, ERR_TOO_BIG, key, "%s: is too long", key);
    *out = s;
    return true;
}

static bool take_area(struct deciding *d, const char *key, bool required)
{
    struct str code = json_text(d->input, key);
    if (!code.len && !required)
        return true;
    d->area = world_area(d->w, code);
    if (d->area < 0)
        return err_field(d->e, ERR_UNKNOWN_AREA, key, "%s: there is no such area", key);
    d->draft->body.area = d->w->areas[d->area].aid;
    d->draft->body.code = d->w->areas[d->area].code;
    return true;
}

/* ---- units ---- */

static bool org_fields(struct deciding *d, bool opening)
{
    struct str name, kind = str_trim(json_text(d->input, "kind")),
                     parent = str_trim(json_text(d->input, "parent")),
                     phone = str_trim(json_text(d->input, "phone"));
    if (phone.len > 40)
        return sys_bad(d, "phone", "at most 40 characters");
    if (opening || json_get(d->input, "name")) {
        if (!sys_need(d, "name", &name))
            return false;
        draft_set_c(d, "name", name);
    }
    if (kind.len)
        draft_set_c(d, "kind", kind);
    if (phone.len) /* of the unit, not of anybody: residents are told it */
        draft_set_c(d, "phone", phone);
    if (parent.len) {
        if (world_org(d->w, parent) < 0)
            return sys_bad(d, "parent", "there is no such unit");
        draft_set_c(d, "parent", parent);
    }
    if (json_get(d->input, "no_accounts"))
        draft_set(d, "no_accounts", json_new_bool(d->a, json_yes(d->input, "no_accounts")));
    return take_area(d, "area", opening);
}

/* ---- accounts ---- */

static bool account_roles(struct deciding *d, bool opening)
{
    const struct json *roles = json_get(d->input, "roles");
    if (!roles && !opening)
        return true;
    if (!json_is(roles, J_ARR) || !roles->n || roles->n > ACTOR_GRANTS)
        return sys_bad(d, "roles", "expected 1 to 16 of {role, area}");
    struct json *list = json_new(d->a, J_ARR);
    JSON_EACH (r, roles) {
        if (role_of(json_text(r, "role")) == ROLE_NONE)
            return sys_bad(d, "role", "there is no such role");
        int area = world_area(d->w, json_text(r, "area"));
        if (area < 0)
            return err_field(d->e, ERR_UNKNOWN_AREA, "area", "there is no area '%.60s'",
                             str_c(d->a, json_text(r, "area")));
        struct json *g = json_push(list, json_new(d->a, J_OBJ));
        json_set(d->a, g, STR("role"), json_new_str(d->a, json_text(r, "role")));
        json_set(d->a, g, STR("area"), json_new_int(d->a, d->w->areas[area].aid));
        if (d->area < 0) {
            d->area = area;
            d->draft->body.area = d->w->areas[area].aid;
            d->draft->body.code = d->w->areas[area].code;
        }
    }
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
    struct buf b = BUF(4096);
    struct json_out o = json_out(&b);
    jo_str(&o, s);
    draft_set(d, key, form_detach(d, buf_dup(d->a, &b), false));
    buf_free(&b);
    return true;
}

static bool account_fields(struct deciding *d, bool opening)
{
    struct str org = str_trim(json_text(d->input, "org"));
    if (!text_field(d, "login", opening) || !text_field(d, "name", false))
        return false;
    if (org.len) {
        if (world_org(d->w, org) < 0)
            return sys_bad(d, "org", "there is no such unit");
        draft_set_c(d, "org", org);
    }
    return account_roles(d, opening);
}

/* ---- playbooks ---- */

/* The text as numbered rows; what does not fit one event goes into further ones. */
static bool playbook_rows(struct deciding *d, struct str text)
{
    int64_t i = 0;
    size_t in_event = 0;
    struct json *rows = json_set(d->a, d->draft->body.rows, STR("text"), json_new(d->a, J_ARR));
    while (text.len) {
        size_t n = text.len < TEXT_A_ROW ? text.len : TEXT_A_ROW;
        while (n < text.len && ((unsigned char)text.ptr[n] & 0xC0) == 0x80)
            n--; /* never inside a character */
        if (in_event + n > TEXT_AN_EVENT) {
            if (!draft_end(d))
                return false;
            if (d->out->n == LIMIT_EVENTS_PER_ACTION)
                return err_set(d->e, ERR_TOO_BIG, "the playbook is too large");
            draft_begin(d, STR("more"));
            rows = json_set(d->a, d->draft->body.rows, STR("text"), json_new(d->a, J_ARR));
            in_event = 0;
        }
        struct json *row = json_push(rows, json_new(d->a, J_OBJ));
        json_set(d->a, row, STR("i"), json_new_int(d->a, ++i));
        json_set(d->a, row, STR("t"), json_new_str(d->a, (struct str){text.ptr, n}));
        in_event += n;
        text.ptr += n;
        text.len -= n;
    }
    return true;
}

static bool install_playbook(struct deciding *d)
{
    struct str text = json_text(d->input, "text");
    struct complaints found = {.n = 0};
    if (!text.len || text.len > LIMIT_PLAYBOOK)
        return sys_bad(d, "text", "expected the text of a playbook");
    struct playbook *p = playbook_load(text, d->w->zone, &found);
    if (!p)
        return err_field(d->e, ERR_SYNTAX, "text", "%s:%d: %s", found.list[0].file,
                         found.list[0].line, found.list[0].text);
    struct str id = str_dup(d->a, p->id);
    int version = p->version;
    playbook_free(p);
    for (int i = 0; i < d->w->n_playbooks; i++) {
        const struct playbook *old = d->w->playbooks[i].playbook;
        if (str_eq(old->id, id) && old->version >= version)
            return err_field(d->e, ERR_UNIQUE, "version",
                             "%.60s@%d is installed already: raise the version above it",
                             str_c(d->a, id), old->version) ||
                   err_zh(d->e, "已装入第%d版，请把版本号改得更高", old->version);
    }
    draft_set_c(d, "playbook", id);
    draft_set(d, "version", json_new_int(d->a, version));
    d->draft->body.state = STR("in_force");
    return playbook_rows(d, text);
}

/* ---- the table ---- */

/* Of the versions in force the one that was put there last opens new cases: going back is an event
 * on the older version.  Running cases are not touched by either. */
static bool do_playbook(struct deciding *d, bool opening)
{
    if (opening)
        return install_playbook(d);
    bool back = str_is(d->ask->action, "put_in_force");
    if (!back && !str_is(d->ask->action, "withdraw"))
        return err_field(d->e, ERR_INPUT, "action", "expected put_in_force or withdraw");
    const struct playbook *now = world_playbook(d->w, json_text(d->work->fields, "playbook"));
    bool in_force = now && now->version == json_num(d->work->fields, "version", 0);
    if (back && in_force)
        return err_set(d->e, ERR_WRONG_STATE, "this version is in force already") ||
               err_zh(d->e, "现在用的就是这一版");
    d->draft->body.state = back ? STR("in_force") : STR("withdrawn");
    return true;
}

static bool do_calendar(struct deciding *d, bool opening)
{
    struct str csv = json_text(d->input, "csv");
    struct calendar *c;
    UNUSED(opening);
    if (!calendar_parse(csv, &c, d->e))
        return false;
    calendar_free(c);
    if (csv.len > TEXT_AN_EVENT)
        return sys_bad(d, "csv", "the holiday table is too large");
    draft_set_c(d, "csv", csv);
    return true;
}

static bool do_setting(struct deciding *d, bool opening)
{
    struct str name, value;
    UNUSED(opening);
    if (!sys_need(d, "name", &name) || !sys_need(d, "value", &value))
        return false;
    struct levels levels;
    bool by_tree;
    if (str_is(name, SETTING_CLEARED) && d->ask->actor->kind != ACTOR_CLOCK)
        return err_field(d->e, ERR_FORBIDDEN, "name", "the program says this itself, when it was done") ||
               err_zh(d->e, "此项由系统自己记录");
    if (str_is(name, "figures.levels") && !levels_parse(value, &levels, &by_tree))
        return err_field(d->e, ERR_INPUT, "value",
                         "expected three levels of the area tree, as \"1 2 3\": first, dimensions, totals") ||
               err_zh(d->e, "应为区划树的三个层级，例如“1 2 3”：最高一级、分类统计到哪一级、合计到哪一级");
    if (!channel_setting_ok(name, value, d->e) || !tiles_setting_ok(name, value, d->e))
        return false;
    draft_set_c(d, "name", name);
    draft_set_c(d, "value", value);
    return true;
}

static bool do_genesis(struct deciding *d, bool opening)
{
    struct str origin, zone;
    if (!opening || d->w->sys_seq >= 0)
        return err_set(d->e, ERR_WRONG_STATE, "a log has one beginning");
    if (!sys_need(d, "origin", &origin) || !sys_need(d, "zone", &zone))
        return false;
    draft_set_c(d, "origin", origin);
    draft_set_c(d, "zone", zone);
    draft_set_c(d, "key", json_text(d->input, "key"));
    return true;
}

static bool do_close(struct deciding *d)
{
    draft_set_time(d, "$closed", record_closed(d->work) == TIME_NONE ? d->at : TIME_NONE);
    return true;
}

/* Finding a person who is present by his telephone among the open matters of a unit (access/lookup.h): the event
 * stands with the unit, says why, and never which number. */
static bool look_up(struct deciding *d)
{
    char org[ID_TEXT + 1];
    id_format(d->work->id, org);
    if (strcmp(org, d->ask->actor->org) != 0 || !(actor_permissions(d->ask->actor) & PERM_LOOK))
        return err_set(d->e, ERR_FORBIDDEN, "only among the matters of one's own unit");
    struct str why = str_trim(json_text(d->input, "purpose"));
    if (!why.len || why.len > 2000)
        return err_field(d->e, ERR_REQUIRED, "purpose", "purpose: say what it is needed for") ||
               err_zh(d->e, "请填写查找的用途");
    struct buf b AUTO(buf_free) = BUF(16384);
    struct json_out o = json_out(&b);
    draft_begin(d, STR("look"));
    jo_str(&o, why);
    draft_in(d, "purpose", form_detach(d, buf_dup(d->a, &b), false));
    return draft_end(d);
}

/* The one thing that the clock says of the system (night.c). */
static bool by_night(const struct deciding *d)
{
    return d->ask->actor->kind == ACTOR_CLOCK && d->work->ver == 0 && str_is(d->work->type, "sys.setting") &&
           str_is(json_text(d->input, "name"), SETTING_CLEARED);
}

bool sys_decide(struct deciding *d)
{
    static const struct {
        const char *type, *opens;
        bool (*decide)(struct deciding *d, bool opening);
    } TYPES[] = {
        {"sys.genesis", "begin", do_genesis},   {"sys.area", "load", sys_area},
        {"sys.org", "open", org_fields},        {"sys.account", "open", account_fields},
        {"sys.playbook", "install", do_playbook}, {"sys.calendar", "load", do_calendar},
        {"sys.setting", "set", do_setting},
    };
    if (d->work->ver && str_is(d->work->type, "sys.org") && str_is(d->ask->action, "look"))
        return look_up(d);
    if (d->ask->actor->kind != ACTOR_OPERATOR && !by_night(d)) {
        d->role = actor_role(d->ask->actor, d->w, PERM_ADMIN, NULL, 0, d->w->walk[0], NULL);
        if (d->role == ROLE_NONE)
            return err_set(d->e, ERR_FORBIDDEN, "only an administrator of the whole area may do this");
    }
    bool opening = d->work->ver == 0;
    for (size_t i = 0; i < COUNT_OF(TYPES); i++) {
        if (!str_is(d->work->type, TYPES[i].type))
            continue;
        bool ends = !opening && (str_is(d->ask->action, "close") || str_is(d->ask->action, "open_again"));
        bool named = d->ask->action.len > 0 && (!opening || str_is(d->work->type, "sys.area"));
        draft_begin(d, named ? d->ask->action : str_of(TYPES[i].opens));
        if (!(ends ? do_close(d) : TYPES[i].decide(d, opening)))
            return false;
        return draft_end(d);
    }
    return err_field(d->e, ERR_INPUT, "type", "there is no record type '%.60s'",
                     str_c(d->a, d->work->type));
}
