/* System records: areas, units, accounts, playbooks, the calendar, settings.  They are records like
 * all others, in the same log (decisions 3); what they need is checked here. */
#include "clock/channel.h"
#include "engine/decide_int.h"
#include "engine/engine_int.h"
#include "measure/levels.h"
#include "record/tiles.h"

enum { TEXT_AN_EVENT = 120 * 1024, TEXT_A_ROW = 30 * 1024 };

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

/* Of the versions in force the one that was put there last opens new cases: going back is an event
 * on the older version.  Running cases are not touched by either. */
bool sys_playbook(struct deciding *d, bool opening)
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

bool sys_calendar(struct deciding *d, bool opening)
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

bool sys_setting(struct deciding *d, bool opening)
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
    if (!channel_setting_ok(name, value, d->e) || !tiles_setting_ok(name, value, d->e) ||
        !witness_setting_ok(name, value, d->e))
        return false;
    draft_set_c(d, "name", name);
    draft_set_c(d, "value", value);
    return true;
}

bool sys_genesis(struct deciding *d, bool opening)
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
