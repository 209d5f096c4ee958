/* Code lists and mappings. */
#include "playbook/playbook_int.h"

struct idset set_lists(const struct playbook *p)
{
    return IDSET("code list", p->lists, p->n_lists);
}

/* All items of one top-level section, over all files. */
static int count_section(struct loader *ld, const char *section, int limit)
{
    int n = 0;
    for (int i = 0; i < ld->n_files; i++)
        n += count_items(ld, get_map(ld, ld->files[i], section), section, limit);
    if (n > limit)
        complain(ld->out, ld->files[0]->file, 1, "%d %s: at most %d are allowed", n, section,
                 limit);
    return n;
}

static bool code_ok(struct str code)
{
    if (!code.len || code.len > 200 || !str_eq(str_trim(code), code))
        return false;
    for (size_t i = 0; i < code.len; i++)
        if ((unsigned char)code.ptr[i] < ' ' || code.ptr[i] == 0x7F)
            return false;
    return true;
}

static void load_code(struct loader *ld, const struct node *it, struct code *c)
{
    static const char *const known[] = {"zh", "en", "parent", "from", "to", "hint", NULL};
    *c = (struct code){.code = it->key, .parent = -1, .from = DAY_NONE, .to = DAY_NONE};
    if (!code_ok(it->key))
        fail(ld, it, "a code has 1 to 200 bytes and no blank at its ends");
    c->name = words_of(ld, it, "the name of a code");
    if (it->kind != NODE_MAP || !check_keys(ld, it, "a code", known))
        return;
    c->from = get_day(ld, it, "from");
    c->to = get_day(ld, it, "to");
    c->hint = get_text(ld, it, "hint");
    if (c->from != DAY_NONE && c->to != DAY_NONE && c->from > c->to)
        fail(ld, it, "the code is valid from a day that is after its last day");
}

struct code_at {
    struct str code;
    int i;
};

static int compare_codes(const void *a, const void *b)
{
    return str_cmp(((const struct code_at *)a)->code, ((const struct code_at *)b)->code);
}

void code_list_index(struct code_list *l, struct arena *a)
{
    struct code_at *sorted = ARENA_ARRAY(a, struct code_at, l->n + 1);
    l->by_code = ARENA_ARRAY(a, int, l->n + 1);
    for (int i = 0; i < l->n; i++)
        sorted[i] = (struct code_at){l->codes[i].code, i};
    qsort(sorted, (size_t)l->n, sizeof *sorted, compare_codes);
    for (int i = 0; i < l->n; i++)
        l->by_code[i] = sorted[i].i;
}

/* The level is the length of the way up; a way longer than the list is a ring. */
static void set_levels(struct loader *ld, struct code_list *l, const struct node *list)
{
    const struct node *it = list->first;
    for (int i = 0; i < l->n; i++, it = it->next) {
        int level = 1, up = l->codes[i].parent;
        while (up >= 0 && level <= 8) {
            level++;
            up = l->codes[up].parent;
        }
        l->codes[i].level = level;
        if (up < 0)
            continue;
        l->codes[i].parent = -1; /* what is loaded behind this must come to an end */
        if (!complaints_full(ld->out))
            fail(ld, it,
                 "parent: the code \"%.*s\" has more than 8 levels above it, or is its own"
                 " ancestor",
                 SHOW(it->key));
    }
}

static void load_list(struct loader *ld, const struct node *node, struct code_list *l)
{
    static const char *const known[] = {"name", "list", NULL};
    l->id = node->key;
    check_id(ld, node, l->id, "code list", ID_MAX);
    if (!check_keys(ld, node, "a code list", known))
        return;
    l->name = get_words(ld, node, "name", true);
    struct node *list = get_map(ld, node, "list");
    if (!list || !list->n) {
        if (!node_get(node, "list") || list)
            fail(ld, node, "list is missing: expected code: name");
        return;
    }
    l->n = count_items(ld, list, "codes", LIMIT_CODES);
    l->codes = ARENA_ARRAY(ld->a, struct code, l->n);
    const struct node *it = list->first;
    for (int i = 0; i < l->n; i++, it = it->next)
        load_code(ld, it, &l->codes[i]);
    code_list_index(l, ld->a);
    it = list->first;
    for (int i = 0; i < l->n; i++, it = it->next) {
        struct node *parent = node_get(it, "parent");
        struct str code = parent ? get_text(ld, it, "parent") : STR_NONE;
        if (!code.ptr)
            continue;
        l->codes[i].parent = list_code(l, code);
        if (l->codes[i].parent < 0) /* the search for the nearest is for the few that fail */
            idset_want(ld, parent, IDSET("code", l->codes, l->n), code);
    }
    set_levels(ld, l, list);
}

void load_codes(struct loader *ld)
{
    struct playbook *p = ld->p;
    int n = count_section(ld, "codes", 100);
    p->lists = ARENA_ARRAY(ld->a, struct code_list, n + 1);
    for (int i = 0; i < ld->n_files; i++) {
        struct node *section = node_get(ld->files[i], "codes");
        NODE_EACH(it, section)
        {
            if (section->kind != NODE_MAP || p->n_lists == n)
                break;
            if (playbook_list(p, it->key) >= 0)
                fail(ld, it, "the code list \"%.*s\" stands in two files", SHOW(it->key));
            else
                load_list(ld, it, &p->lists[p->n_lists++]);
        }
    }
}

/* ---- mappings ---- */

static void load_row(struct loader *ld, struct mapping *m, const struct node *node, struct str from,
                     struct mapping_row *row)
{
    static const char *const known[] = {"to", "from", "to_date", NULL};
    *row = (struct mapping_row){.from = from, .valid_from = DAY_NONE, .valid_to = DAY_NONE};
    const struct node *at = node;
    if (node->kind == NODE_MAP) {
        check_keys(ld, node, "a row of a mapping", known);
        row->to = get_text(ld, node, "to");
        row->valid_from = get_day(ld, node, "from");
        row->valid_to = get_day(ld, node, "to_date");
        if (node_get(node, "to"))
            at = node_get(node, "to");
    } else if (node->kind == NODE_TEXT) {
        row->to = node->text;
    }
    if (!row->to.len) {
        fail(ld, node, "expected the code that \"%.*s\" becomes, or {to: …, from: …, to_date: …}",
             SHOW(from));
        return;
    }
    if (row->valid_from != DAY_NONE && row->valid_to != DAY_NONE && row->valid_from > row->valid_to)
        fail(ld, node, "the row is valid from a day that is after its last day");
    const struct code_list *to = &ld->p->lists[m->to];
    if (list_code(to, row->to) < 0)
        idset_want(ld, at, IDSET("code", to->codes, to->n), row->to);
}

static bool overlap(const struct mapping_row *a, const struct mapping_row *b)
{
    int32_t a_to = a->valid_to == DAY_NONE ? INT32_MAX : a->valid_to;
    int32_t b_to = b->valid_to == DAY_NONE ? INT32_MAX : b->valid_to;
    return a->valid_from <= b_to && b->valid_from <= a_to;
}

/* Rows of one code: one value, or a list of values with validity that must not overlap. */
static void load_rows_of(struct loader *ld, struct mapping *m, const struct node *it)
{
    const struct code_list *from = &ld->p->lists[m->from];
    if (list_code(from, it->key) < 0)
        idset_want(ld, it, IDSET("code", from->codes, from->n), it->key);
    int first = m->n;
    if (it->kind != NODE_LIST) {
        load_row(ld, m, it, it->key, &m->rows[m->n++]);
        return;
    }
    NODE_EACH(row, it)
    {
        load_row(ld, m, row, it->key, &m->rows[m->n]);
        for (int i = first; i < m->n; i++)
            if (overlap(&m->rows[i], &m->rows[m->n]) && !complaints_full(ld->out))
                fail(ld, row, "two rows for \"%.*s\" are valid on the same day", SHOW(it->key));
        m->n++;
    }
}

static void load_mapping(struct loader *ld, const struct node *node, struct mapping *m)
{
    static const char *const known[] = {"from", "to", "rows", NULL};
    m->id = node->key;
    check_id(ld, node, m->id, "mapping", ID_MAX);
    if (!check_keys(ld, node, "a mapping", known))
        return;
    m->from = get_ref(ld, node, "from", set_lists(ld->p));
    m->to = get_ref(ld, node, "to", set_lists(ld->p));
    struct node *rows = get_map(ld, node, "rows");
    if (!node_get(node, "from") || !node_get(node, "to") || !node_get(node, "rows"))
        fail(ld, node, "expected from and to (code lists) and rows");
    if (m->from < 0 || m->to < 0 || !rows)
        return;
    int n = 0;
    NODE_EACH(it, rows)
    n += it->kind == NODE_LIST ? count_items(ld, it, "rows of one code", 50) : 1;
    if (n > LIMIT_CODES || rows->n > LIMIT_CODES) {
        fail(ld, rows, "%d rows: at most %d are allowed", n, LIMIT_CODES);
        return;
    }
    NODE_EACH(it, rows)
    if (it->kind == NODE_LIST && it->n > 50)
        return; /* said above */
    m->rows = ARENA_ARRAY(ld->a, struct mapping_row, n + 1);
    NODE_EACH(it, rows)
    load_rows_of(ld, m, it);
}

void load_mappings(struct loader *ld)
{
    struct playbook *p = ld->p;
    int n = count_section(ld, "mappings", 50);
    p->mappings = ARENA_ARRAY(ld->a, struct mapping, n + 1);
    for (int i = 0; i < ld->n_files; i++) {
        struct node *section = node_get(ld->files[i], "mappings");
        NODE_EACH(it, section)
        {
            if (section->kind != NODE_MAP || p->n_mappings == n)
                break;
            struct idset loaded = IDSET("mapping", p->mappings, p->n_mappings);
            if (idset_find(loaded, it->key) >= 0)
                fail(ld, it, "the mapping \"%.*s\" stands in two files", SHOW(it->key));
            else
                load_mapping(ld, it, &p->mappings[p->n_mappings++]);
        }
    }
}
