/* The playbook as a whole: its files, its head, and the order in which the parts are loaded. */
#include "playbook/playbook_int.h"

static const char *const top_keys[] = {"playbook", "version",  "name",    "noun",       "include",
                                       "codes",    "mappings", "records", "indicators", "order",
                                       "documents", NULL};
static const char *const part_keys[] = {"codes", "mappings", "records", "indicators", "documents", NULL};

static bool load_trees(struct loader *ld, struct str text)
{
    struct file_part parts[FILES_MAX];
    int n = read_parts(ld->a, text, parts, ld->out);
    for (int i = 0; i < n; i++) {
        struct node *tree = yaml_tree(ld->a, parts[i].name, parts[i].text, ld->out);
        if (!tree)
            continue;
        if (check_keys(ld, tree, i ? "an included file" : "a playbook", i ? part_keys : top_keys))
            ld->files[ld->n_files++] = tree;
    }
    return n > 0 && ld->n_files == n;
}

/* What the head names must be what the text has: in the log the text stands alone. */
static void check_includes(struct loader *ld, const struct node *top)
{
    int n = 0;
    struct node **names = get_texts(ld, top, "include", &n);
    for (int i = 0; i < n; i++) {
        bool found = false;
        for (int k = 1; k < ld->n_files && !found; k++)
            found = str_is(names[i]->text, ld->files[k]->file);
        if (!found)
            fail(ld, names[i], "include: the file %.*s was not read", SHOW(names[i]->text));
    }
}

static void load_head(struct loader *ld)
{
    struct node *top = ld->files[0];
    struct playbook *p = ld->p;
    p->id = get_text(ld, top, "playbook");
    if (p->id.ptr)
        check_id(ld, node_get(top, "playbook"), p->id, "playbook", 24);
    else if (!node_get(top, "playbook"))
        fail(ld, top, "playbook is missing: expected the id of the business line");
    if (!node_get(top, "version"))
        fail(ld, top, "version is missing: expected a number that grows with every change");
    p->version = (int)get_int(ld, top, "version", 1, 1, 1000000);
    p->order = (int)get_int(ld, top, "order", 50, 1, 99);
    p->name = get_words(ld, top, "name", true);
    p->noun = get_words(ld, top, "noun", false);
    if (!p->noun.zh.ptr)
        p->noun = p->name;
    check_includes(ld, top);
}

static void load_all(struct loader *ld, struct str text)
{
    if (!load_trees(ld, text))
        return; /* with a file missing, the rest would only give complaints that mislead */
    load_head(ld);
    load_codes(ld);
    load_mappings(ld);
    load_records(ld);
    load_indicators(ld);
}

struct playbook *playbook_load(struct str text, const struct zone *zone, struct complaints *out)
{
    out->n = 0;
    if (text.len > LIMIT_PLAYBOOK) {
        complain(out, "playbook.yaml", 1, "the playbook has %zu bytes, at most %d are allowed",
                 text.len, LIMIT_PLAYBOOK);
        return NULL;
    }
    struct arena *a = arena_new();
    struct playbook *p = ARENA_NEW(a, struct playbook);
    p->arena = a;
    p->text = str_dup(a, text);
    struct loader ld = {.a = a, .p = p, .out = out, .zone = zone};
    load_all(&ld, p->text);
    if (!out->n)
        return p;
    arena_free(a);
    return NULL;
}

void playbook_free(struct playbook *p)
{
    if (p)
        arena_free(p->arena);
}
