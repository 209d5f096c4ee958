/* What follows from a system record, in the same commit: rows of table area, log-in names, the
 * tables and terms of a playbook that came into force. */
#include "engine/batch.sql.h"
#include "engine/engine_int.h"
#include "measure/tally.h"
#include "record/border.h"

/* What an area was: the move is found again in questions about the past, and the records above the
 * cursor lie in it until they were taken along. */
static bool keep_was(struct batch *b, int64_t seq, const struct area *was, int64_t parent, struct str name,
                     bool *moved, struct err *e)
{
    int64_t old = was->parent >= 0 ? b->world->areas[was->parent].aid : 0;
    if (old == parent && str_eq(was->name, name))
        return true;
    *moved = true;
    return store_exec(b->db, sql_area_was_save,
                      BIND(C_INT(seq), C_INT(was->aid), C_INT(old), C_TEXT(was->name)), NULL, e);
}

static struct cell day_of(const struct json *row, const char *key, int32_t was)
{
    const struct json *given = json_get(row, key);
    return given ? C_INT(given->i) : was == DAY_NONE ? C_NULL : C_INT(was);
}

/* A row of a new area is whole; of one that is there it holds what changes. */
static bool project_area(struct batch *b, const struct json *row, int64_t seq, bool *moved, struct err *e)
{
    static const struct area NEW = {.from = DAY_NONE, .to = DAY_NONE, .parent = -1};
    const struct world *w = b->world;
    int64_t aid = json_num(row, "i", 0);
    int i = world_area_by_id(w, aid);
    const struct area *was = i >= 0 ? &w->areas[i] : &NEW;
    int64_t parent = json_num(row, "parent", was->parent >= 0 ? w->areas[was->parent].aid : 0);
    struct str code = json_text(row, "code"), name = json_text(row, "name"),
               successor = json_text(row, "successor");
    code = code.len ? code : was->code;
    name = name.len ? name : was->name;
    if (i >= 0 && !keep_was(b, seq, was, parent, name, moved, e))
        return false;
    return store_exec(b->db, sql_area_save,
                      BIND(C_INT(aid), C_TEXT(code), C_TEXT(name), C_INT(parent),
                           C_INT(json_num(row, "level", max64(1, was->level))),
                           day_of(row, "valid_from", was->from), day_of(row, "valid_to", was->to),
                           cell_text(successor.len ? successor : was->successor)),
                      NULL, e);
}

static bool project_areas(struct batch *b, const struct record *r, struct err *e)
{
    bool moved = false;
    JSON_EACH (row, json_get(r->fields, "areas"))
        if (!project_area(b, row, r->last_seq, &moved, e))
            return false;
    return !moved || store_exec(b->db, sql_area_shift_begin, BIND(C_INT(r->last_seq)), NULL, e);
}

static bool project_borders(struct batch *b, const struct record *r, struct err *e)
{
    JSON_EACH (row, json_get(r->fields, "borders")) {
        struct str rings = json_text(row, "rings");
        struct border x;
        if (!border_of(b->arena, rings, &x))
            return err_set(e, ERR_STORE, "the border of an area cannot be read");
        if (!store_exec(b->db, sql_area_border_save,
                        BIND(C_INT(json_num(row, "i", 0)), C_INT(x.west), C_INT(x.south), C_INT(x.east), C_INT(x.north),
                             C_TEXT(rings)),
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

/* Clocks that run will follow it (reclock.c); an older table that they still followed is passed over. */
static bool project_calendar(struct batch *b, const struct record *r, struct err *e)
{
    return store_exec(b->db, sql_clock_shift_drop, BIND_NONE, NULL, e) &&
           store_exec(b->db, sql_clock_shift_begin, BIND(C_INT(r->last_seq)), NULL, e);
}

bool sys_project(struct batch *b, struct err *e)
{
    bool playbooks = false, settings = false;
    for (size_t i = 0; i < b->changes.n; i++) {
        const struct record *r = b->changes.list[i].after;
        if (str_is(r->type, "sys.area") && !(project_areas(b, r, e) && project_borders(b, r, e)))
            return false;
        if (str_is(r->type, "sys.account") && !project_account(b, r, e))
            return false;
        if (str_is(r->type, "sys.calendar") && !project_calendar(b, r, e))
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
