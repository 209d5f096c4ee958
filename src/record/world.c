#include "record/change.h"
#include "record/world.sql.h"

struct world *world_ref(struct world *w)
{
    __atomic_add_fetch(&w->refs, 1, __ATOMIC_SEQ_CST);
    return w;
}

void world_unref(struct world *w)
{
    if (!w || __atomic_sub_fetch(&w->refs, 1, __ATOMIC_SEQ_CST) > 0)
        return;
    for (int i = 0; i < w->n_playbooks; i++)
        playbook_free(w->playbooks[i].playbook);
    arena_free(w->arena);
    free(w);
}

/* ---- areas ---- */

static bool read_areas(struct store *db, struct world *w, struct err *e)
{
    size_t cap = 0;
    struct rows r AUTO(rows_close) = store_query(db, sql_world_areas, BIND_NONE, e);
    while (rows_next(&r)) {
        w->areas = arena_grow(w->arena, w->areas, (size_t)w->n_areas, &cap, sizeof *w->areas);
        w->areas[w->n_areas++] = (struct area){
            .aid = rows_int(&r, 0),
            .code = str_dup(w->arena, rows_str(&r, 1)),
            .name = str_dup(w->arena, rows_str(&r, 2)),
            .parent = (int)rows_int(&r, 3), /* the aid; link_parents makes it an index */
            .level = (int)rows_int(&r, 4),
            .from = rows_null(&r, 5) ? DAY_NONE : (int32_t)rows_int(&r, 5),
            .to = rows_null(&r, 6) ? DAY_NONE : (int32_t)rows_int(&r, 6),
            .successor = str_dup(w->arena, rows_str(&r, 7)),
        };
    }
    return !err_is(e);
}

int world_area_by_id(const struct world *w, int64_t aid)
{
    int lo = 0, hi = w->n_areas - 1;
    while (lo <= hi) {
        int mid = (lo + hi) / 2;
        if (w->areas[mid].aid == aid)
            return mid;
        if (w->areas[mid].aid < aid)
            lo = mid + 1;
        else
            hi = mid - 1;
    }
    return -1;
}

static void link_parents(struct world *w)
{
    for (int i = 0; i < w->n_areas; i++)
        w->areas[i].parent = w->areas[i].parent ? world_area_by_id(w, w->areas[i].parent) : -1;
}

/* Numbers the tree depth first, so that "below" is a range test. */
static void walk_tree(struct world *w, struct arena *arena)
{
    int n = w->n_areas, at = 0;
    int *child = ARENA_ARRAY(arena, int, n + 1), *next = ARENA_ARRAY(arena, int, n + 1);
    int roots = -1;
    w->walk = ARENA_ARRAY(arena, int, n + 1);
    for (int i = 0; i < n; i++)
        child[i] = next[i] = -1;
    for (int i = n - 1; i >= 0; i--) { /* backwards, so that lists come out in order of aid */
        struct area *a = &w->areas[i];
        int *head = a->parent >= 0 ? &child[a->parent] : &roots;
        next[i] = *head;
        *head = i;
        if (a->parent >= 0)
            w->areas[a->parent].children++;
    }
    for (int i = roots; i >= 0;) {
        struct area *a = &w->areas[i];
        a->first = at;
        w->walk[at++] = i;
        a->level = a->parent < 0 ? 1 : w->areas[a->parent].level + 1;
        bool top = a->parent < 0 || w->areas[a->parent].parent < 0;
        a->full = top ? a->name
                      : str_printf(arena, "%.*s%.*s", STR_F(w->areas[a->parent].full),
                                   STR_F(a->name));
        if (child[i] >= 0) {
            i = child[i];
            continue;
        }
        while (i >= 0 && next[i] < 0) {
            w->areas[i].last = at - 1;
            i = w->areas[i].parent;
        }
        if (i >= 0) {
            w->areas[i].last = at - 1;
            i = next[i];
        }
    }
}

static bool read_borders(struct store *db, struct world *w, struct err *e)
{
    struct rows r AUTO(rows_close) = store_query(db, sql_world_borders, BIND_NONE, e);
    while (rows_next(&r)) {
        int i = world_area_by_id(w, rows_int(&r, 0));
        if (i < 0)
            continue;
        struct area *a = &w->areas[i];
        a->has_border = true;
        a->west = rows_int(&r, 1);
        a->south = rows_int(&r, 2);
        a->east = rows_int(&r, 3);
        a->north = rows_int(&r, 4);
        w->n_borders++;
    }
    return !err_is(e);
}

/* ---- moves ---- */

static void was_begin(struct world *w)
{
    w->was = ARENA_ARRAY(w->arena, struct area_was, w->n_areas + 1);
    for (int i = 0; i < w->n_areas; i++)
        w->was[i] = (struct area_was){w->areas[i].parent, 0, w->areas[i].name};
}

static void was_levels(struct world *w)
{
    for (int i = 0; w->was && i < w->n_areas; i++)
        for (int up = i; up >= 0 && w->was[i].level <= LIMIT_AREA_DEPTH * 2; up = w->was[up].parent)
            w->was[i].level++;
}

static bool read_shift(struct store *db, struct world *w, struct err *e)
{
    struct rows r AUTO(rows_close) = store_query(db, sql_world_shift, BIND_NONE, e);
    w->shift_seq = -1;
    if (rows_next(&r)) {
        w->shift_seq = rows_int(&r, 0);
        w->shift_cursor = rows_int(&r, 1);
        was_begin(w);
    }
    return !err_is(e);
}

static bool read_reclocks(struct store *db, struct world *w, struct err *e)
{
    struct rows r AUTO(rows_close) = store_query(db, sql_world_reclocks, BIND_NONE, e);
    w->reclocks = rows_next(&r);
    return !err_is(e);
}

static bool read_moves(struct store *db, struct world *w, struct err *e)
{
    size_t cap = 0;
    if (!read_shift(db, w, e))
        return false;
    struct rows r AUTO(rows_close) = store_query(db, sql_world_was, BIND_NONE, e);
    while (rows_next(&r)) {
        int64_t seq = rows_int(&r, 0);
        int area = world_area_by_id(w, rows_int(&r, 1)), parent = world_area_by_id(w, rows_int(&r, 2));
        if (area < 0)
            return err_set(e, ERR_STORE, "an area that was moved is missing");
        if (w->was && seq == w->shift_seq) {
            w->was[area].parent = parent;
            w->was[area].name = str_dup(w->arena, rows_str(&r, 3));
        }
        w->moves = arena_grow(w->arena, w->moves, (size_t)w->n_moves, &cap, sizeof *w->moves);
        w->moves[w->n_moves++] = (struct area_move){seq, area, parent, rows_int(&r, 4)};
    }
    was_levels(w);
    return !err_is(e);
}

int world_up(const struct world *w, int area, int64_t rid)
{
    return w->was && rid > w->shift_cursor ? w->was[area].parent : w->areas[area].parent;
}

int world_level(const struct world *w, int area, int64_t rid)
{
    return w->was && rid > w->shift_cursor ? w->was[area].level : w->areas[area].level;
}

struct str world_area_name(const struct world *w, int area, int64_t rid)
{
    return w->was && rid > w->shift_cursor ? w->was[area].name : w->areas[area].name;
}

bool world_area_shifts(const struct world *w, int area)
{
    for (int i = area; w->was && i >= 0; i = w->areas[i].parent)
        if (w->was[i].parent != w->areas[i].parent || w->was[i].level != w->areas[i].level ||
            !str_eq(w->was[i].name, w->areas[i].name))
            return true;
    return false;
}

const struct world *world_at(struct arena *a, const struct world *w, int64_t cursor)
{
    struct world *other = ARENA_NEW(a, struct world);
    *other = *w;
    other->shift_cursor = cursor;
    if (cursor == INT64_MAX)
        other->was = NULL;
    return other;
}

const struct world *world_then(struct arena *a, const struct world *w, int64_t size)
{
    struct world *then = ARENA_NEW(a, struct world);
    *then = *w;
    then->was = NULL;
    then->areas = ARENA_ARRAY(a, struct area, w->n_areas + 1);
    memcpy(then->areas, w->areas, sizeof *w->areas * (size_t)w->n_areas);
    for (int i = 0; i < w->n_areas; i++)
        then->areas[i].children = 0;
    for (int i = w->n_moves - 1; i >= 0 && w->moves[i].seq >= size; i--)
        then->areas[w->moves[i].area].parent = w->moves[i].parent;
    walk_tree(then, a);
    return then;
}

bool world_now(struct store *db, struct arena *a, const struct world *w, const struct world **out,
               struct err *e)
{
    *out = w;
    if (!w->was)
        return true;
    struct rows r AUTO(rows_close) = store_query(db, sql_world_shift, BIND_NONE, e);
    bool on = rows_next(&r) && rows_int(&r, 0) == w->shift_seq;
    if (!err_is(e))
        *out = world_at(a, w, on ? rows_int(&r, 1) : INT64_MAX);
    return !err_is(e);
}

static void index_codes(struct world *w)
{
    int size = 16;
    while (size < w->n_areas * 2)
        size *= 2;
    w->code_mask = size - 1;
    w->code_table = ARENA_ARRAY(w->arena, int, size);
    for (int i = 0; i < size; i++)
        w->code_table[i] = -1;
    for (int i = 0; i < w->n_areas; i++) {
        int k = (int)(str_hash(w->areas[i].code) & (uint64_t)w->code_mask);
        while (w->code_table[k] >= 0 && !str_eq(w->areas[w->code_table[k]].code, w->areas[i].code))
            k = (k + 1) & w->code_mask;
        w->code_table[k] = i; /* of two areas with one code the newer is found */
    }
}

static int find_code(const struct world *w, struct str code)
{
    int k = (int)(str_hash(code) & (uint64_t)w->code_mask);
    for (; w->code_table[k] >= 0; k = (k + 1) & w->code_mask)
        if (str_eq(w->areas[w->code_table[k]].code, code))
            return w->code_table[k];
    return -1;
}

int world_area(const struct world *w, struct str code)
{
    int i = find_code(w, code);
    if (i >= 0 || code.len == 0 || code.len >= 12)
        return i;
    char full[13] = "000000000000";
    for (size_t k = 0; k < code.len; k++) {
        if (code.ptr[k] < '0' || code.ptr[k] > '9')
            return -1;
        full[k] = code.ptr[k];
    }
    return find_code(w, (struct str){full, 12});
}

bool world_area_below(const struct world *w, int area, int ancestor)
{
    return area >= 0 && ancestor >= 0 && w->areas[area].first >= w->areas[ancestor].first &&
           w->areas[area].first <= w->areas[ancestor].last;
}

int world_area_at(const struct world *w, int area, int level)
{
    while (area >= 0 && w->areas[area].level > level)
        area = w->areas[area].parent;
    return area >= 0 && w->areas[area].level == level ? area : -1;
}

/* ---- the other sys records ---- */

struct sys_walk {
    struct store *db;
    struct world *w;
    struct err *e;
};

/* Calls fn for the fold of each record of this type, in order of opening. */
static bool each_sys(struct sys_walk *s, const char *type,
                     bool (*fn)(struct sys_walk *s, const struct record *r))
{
    int64_t rid = 0;
    for (bool more = true; more;) {
        more = false;
        struct rows r AUTO(rows_close) =
            store_query(s->db, sql_world_sys, BIND(C_TEXT(str_of(type)), C_INT(rid)), s->e);
        while (rows_next(&r)) {
            struct record *rec;
            rid = rows_int(&r, 0);
            more = true;
            if (!record_read(s->w->arena, str_dup(s->w->arena, rows_str(&r, 3)), &rec, s->e) ||
                !fn(s, rec))
                return false;
        }
        if (err_is(s->e))
            return false;
    }
    return true;
}

static bool take_genesis(struct sys_walk *s, const struct record *r)
{
    s->w->origin = json_text(r->fields, "origin");
    return zone_load(str_c(s->w->arena, json_text(r->fields, "zone")), &s->w->zone, s->e);
}

static bool take_setting(struct sys_walk *s, const struct record *r)
{
    struct str name = json_text(r->fields, "name");
    json_set(s->w->arena, s->w->settings, name, json_new_str(s->w->arena, json_text(r->fields, "value")));
    return true;
}

static bool take_calendar(struct sys_walk *s, const struct record *r)
{
    s->w->calendar = json_text(r->fields, "csv"); /* the newest wins */
    return true;
}

static bool take_org(struct sys_walk *s, const struct record *r)
{
    struct world *w = s->w;
    if (w->n_orgs % 64 == 0) {
        struct org *more = ARENA_ARRAY(w->arena, struct org, w->n_orgs + 64);
        if (w->n_orgs)
            memcpy(more, w->orgs, (size_t)w->n_orgs * sizeof *more);
        w->orgs = more;
    }
    w->orgs[w->n_orgs++] = (struct org){
        .id = r->id,
        .id_text = id_text(w->arena, r->id),
        .name = json_text(r->fields, "name"),
        .kind = json_text(r->fields, "kind"),
        .phone = json_text(r->fields, "phone"),
        .area = r->area,
        .parent = world_org(w, json_text(r->fields, "parent")),
        .closed = record_closed(r) != TIME_NONE,
        .accounts = !json_yes(r->fields, "no_accounts"),
    };
    return true;
}

static bool take_playbook(struct sys_walk *s, const struct record *r)
{
    struct world *w = s->w;
    struct buf text = BUF(LIMIT_PLAYBOOK);
    JSON_EACH (row, json_get(r->fields, "text"))
        buf_str(&text, json_text(row, "t"));
    struct complaints bad = {.n = 0};
    struct playbook *p = playbook_load(buf_view(&text), w->zone, &bad);
    buf_free(&text);
    if (!p)
        return err_set(s->e, ERR_VERIFY, "a stored playbook no longer loads: %s:%d: %.200s",
                       bad.list[0].file, bad.list[0].line, bad.list[0].text);
    if (w->n_playbooks % 16 == 0) {
        struct installed *more = ARENA_ARRAY(w->arena, struct installed, w->n_playbooks + 16);
        if (w->n_playbooks)
            memcpy(more, w->playbooks, (size_t)w->n_playbooks * sizeof *more);
        w->playbooks = more;
    }
    w->playbooks[w->n_playbooks++] = (struct installed){
        .playbook = p,
        .puts = table_puts(w->arena, p),
        .rec = r->id,
        .in_force = str_is(r->state, "in_force"),
        .seq = r->last_seq,
    };
    return true;
}

/* Of several versions in force, the one that was put there last opens new cases. */
static void choose_in_force(struct world *w)
{
    for (int i = 0; i < w->n_playbooks; i++)
        for (int k = 0; k < w->n_playbooks; k++) {
            struct installed *x = &w->playbooks[i], *y = &w->playbooks[k];
            if (y->in_force && str_eq(x->playbook->id, y->playbook->id) && y->seq > x->seq)
                x->in_force = false;
        }
}

static bool read_terms(struct store *db, struct world *w, struct err *e)
{
    int most = 0;
    for (int i = 0; i < w->n_playbooks; i++)
        most += w->playbooks[i].playbook->n_terms;
    w->terms = ARENA_ARRAY(w->arena, struct term_row, most + 1);
    struct rows r AUTO(rows_close) = store_query(db, sql_world_terms, BIND_NONE, e);
    while (rows_next(&r)) {
        struct str hash = rows_str(&r, 1);
        for (int i = 0; i < w->n_playbooks; i++) {
            const struct playbook *p = w->playbooks[i].playbook;
            for (int k = 0; w->playbooks[i].in_force && k < p->n_terms; k++) {
                if (!str_eq(hash, HASH_STR(p->terms[k].id)))
                    continue;
                ASSERT(w->n_terms < most);
                w->terms[w->n_terms++] = (struct term_row){.number = rows_int(&r, 0),
                                                           .playbook = p,
                                                           .term = &p->terms[k],
                                                           .ready = rows_int(&r, 2) != 0,
                                                           .cursor = rows_int(&r, 3)};
            }
        }
    }
    return !err_is(e);
}

static bool load_into(struct store *db, struct world *w, struct err *e)
{
    struct sys_walk s = {db, w, e};
    struct ledger_head head;
    if (!ledger_read_head(db, &head, e) || !read_areas(db, w, e))
        return false;
    w->sys_seq = head.sys_seq;
    link_parents(w);
    walk_tree(w, w->arena);
    index_codes(w);
    if (!read_moves(db, w, e) || !read_reclocks(db, w, e) || !read_borders(db, w, e))
        return false;
    return each_sys(&s, "sys.genesis", take_genesis) && each_sys(&s, "sys.setting", take_setting) &&
           each_sys(&s, "sys.calendar", take_calendar) && each_sys(&s, "sys.org", take_org) &&
           (w->zone || err_set(e, ERR_STORE, "the database has no beginning: run bihuan init")) &&
           each_sys(&s, "sys.playbook", take_playbook) && (choose_in_force(w), true) &&
           read_terms(db, w, e);
}

bool world_load(struct store *db, struct world **out, struct err *e)
{
    struct world *w = mem_new(sizeof *w);
    *w = (struct world){.refs = 1, .arena = arena_new()};
    w->settings = json_new(w->arena, J_OBJ);
    bool tx = store_in_tx(db);
    bool ok = (tx || store_begin(db, e)) && load_into(db, w, e);
    if (!tx)
        store_rollback(db);
    if (!ok) {
        world_unref(w);
        return false;
    }
    *out = w;
    return true;
}

int world_org(const struct world *w, struct str id)
{
    for (int i = 0; id.len && i < w->n_orgs; i++)
        if (str_eq(w->orgs[i].id_text, id))
            return i;
    return -1;
}

const struct playbook *world_playbook(const struct world *w, struct str name)
{
    struct str version, id = str_cut(name, '@', &version);
    int64_t v = 0;
    if (version.ptr && !str_int(version, &v))
        return NULL;
    for (int i = 0; i < w->n_playbooks; i++) {
        const struct installed *in = &w->playbooks[i];
        if (str_eq(in->playbook->id, id) && (version.ptr ? in->playbook->version == v : in->in_force))
            return in->playbook;
    }
    return NULL;
}

const char *world_put(const struct world *w, const struct playbook *p, const struct record_def *def)
{
    int i = 0;
    while (i < w->n_playbooks && w->playbooks[i].playbook != p)
        i++;
    ASSERT(i < w->n_playbooks && def >= p->records && def < p->records + p->n_records);
    return w->playbooks[i].puts[def - p->records];
}

bool world_type(const struct world *w, struct str type, struct str pb,
                const struct playbook **playbook, int *record)
{
    struct str rec, id = str_cut(type, '.', &rec);
    const struct playbook *p = world_playbook(w, pb.len ? pb : id);
    if (!p || !str_eq(p->id, id))
        return false;
    int i = playbook_record(p, rec.ptr ? rec : id);
    if (i < 0)
        return false;
    *playbook = p;
    *record = i;
    return true;
}

struct str world_setting(const struct world *w, const char *name)
{
    return json_text(w->settings, name);
}
