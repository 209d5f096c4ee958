/* What follows from a system record, in the same commit: rows of table area, log-in names, the
 * tables and terms of a playbook that came into force. */
#include "engine/batch.sql.h"
#include "engine/engine_int.h"
#include "measure/tally.h"

static bool project_areas(struct batch *b, const struct record *r, struct err *e)
{
    JSON_EACH (row, json_get(r->fields, "areas")) {
        const struct json *from = json_get(row, "valid_from"), *to = json_get(row, "valid_to");
        if (!store_exec(b->db, sql_area_save,
                        BIND(C_INT(json_num(row, "i", 0)), C_TEXT(json_text(row, "code")),
                             C_TEXT(json_text(row, "name")), C_INT(json_num(row, "parent", 0)),
                             C_INT(json_num(row, "level", 1)), from ? C_INT(from->i) : C_NULL,
                             to ? C_INT(to->i) : C_NULL, cell_text(json_text(row, "successor"))),
                        NULL, e))
            return false;
    }
    return true;
}

static bool project_account(struct batch *b, const struct record *r, struct err *e)
{
    struct str plain;
    struct json *login;
    const struct json *ref = json_get(r->fields, "login");
    if (!store_exec(b->db, sql_login_delete, BIND(C_INT(r->rid)), NULL, e))
        return false;
    if (!ref || record_closed(r) != TIME_NONE)
        return true;
    if (!changes_plain(b->db, &b->changes, r, ref, &plain, e))
        return false;
    if (!plain.ptr)
        return true;
    if (!json_own(b->arena, plain, &login, e))
        return false;
    if (store_exec(b->db, sql_login_save, BIND(C_TEXT(json_str(login)), C_INT(r->rid)), NULL, e))
        return true;
    if (e->code == ERR_UNIQUE) {
        err_clear(e);
        err_field(e, ERR_UNIQUE, "login", "this login is taken");
        err_zh(e, "账号名已被使用");
    }
    return false;
}

bool sys_project(struct batch *b, struct err *e)
{
    bool playbooks = false, settings = false;
    for (size_t i = 0; i < b->changes.n; i++) {
        const struct record *r = b->changes.list[i].after;
        if (str_is(r->type, "sys.area") && !project_areas(b, r, e))
            return false;
        if (str_is(r->type, "sys.account") && !project_account(b, r, e))
            return false;
        playbooks |= str_is(r->type, "sys.playbook");
        settings |= str_is(r->type, "sys.setting");
    }
    struct world *w;
    if (!world_load(b->db, &w, e))
        return false;
    bool ok = true;
    for (int i = 0; playbooks && ok && i < w->n_playbooks; i++) {
        const struct playbook *p = w->playbooks[i].playbook;
        for (int k = 0; ok && k < p->n_records; k++)
            ok = table_ensure(b->db, p, &p->records[k], e);
    }
    bool terms = playbooks || settings; /* a setting says at which levels is counted */
    ok = ok && (!terms || terms_install(b->db, w, e));
    if (ok && terms) { /* with the numbers of the new terms */
        world_unref(w);
        ok = world_load(b->db, &w, e);
        if (!ok)
            return false;
    }
    if (!ok) {
        world_unref(w);
        return false;
    }
    world_unref(b->world);
    b->world = w; /* the engine takes it after the commit */
    return true;
}
