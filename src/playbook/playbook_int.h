/* playbook/playbook_int.h - what the files of the loader share.
 *
 * Loading goes in three steps: the text is cut into its files (read.c), each file becomes a tree of
 * nodes that know their line (yaml.c), and the trees become structs (load*.c).  The first two know
 * nothing of playbooks.  A mistake is a complaint, and loading goes on behind it as far as it can,
 * so that an author sees all mistakes of a run at once. */
#pragma once
#include "playbook/playbook.h"

/* ---- the tree ---- */

enum { YAML_DEPTH = 16, YAML_NODES = 200 * 1000, FILES_MAX = 16, ID_MAX = 40 };

enum node_kind { NODE_TEXT, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    bool plain;       /* NODE_TEXT written without quotes */
    const char *file; /* name within the folder */
    int line;         /* 1 is the first; of a member, the line of its key */
    struct str key;   /* of a member of a map */
    struct str text;  /* NODE_TEXT */
    struct node *first, *last, *next;
    int n; /* children */
};

#define NODE_EACH(it, parent)                                                                      \
    for (struct node *it = (parent) ? (parent)->first : NULL; it; it = it->next)

/* NULL when there was a complaint.  An empty file gives a map without members. */
struct node *yaml_tree(struct arena *a, const char *file, struct str text, struct complaints *out);
struct node *node_get(const struct node *map, const char *key);
const char *node_kind_name(const struct node *n);

/* ---- complaints ---- */

void complain(struct complaints *out, const char *file, int line, const char *fmt, ...)
    PRINTF(4, 5);
bool complaints_full(const struct complaints *out);

/* "%.*s" of a text from the file: cut to a length that fits, between two characters. */
int show_len(struct str s);
#define SHOW(s) show_len(s), (s).ptr ? (s).ptr : ""

/* ---- files ---- */

struct file_part {
    const char *name;
    struct str text;
};

/* Cuts the one text form into files.  Without a head line it is one file, playbook.yaml. */
int read_parts(struct arena *a, struct str text, struct file_part out[static FILES_MAX],
               struct complaints *c);

/* ---- the loader ---- */

struct loader {
    struct arena *a; /* the playbook's own */
    struct playbook *p;
    struct complaints *out;
    const struct zone *zone;
    struct node *files[FILES_MAX];
    int n_files;
};

/* Always gives false, so that `return fail(...)` reads well. */
bool fail(struct loader *ld, const struct node *at, const char *fmt, ...) PRINTF(3, 4);

/* A set of things that have an id as their first member. */
struct idset {
    const char *what;
    const void *items;
    int n;
    size_t size;
};
#define IDSET(name, array, count) ((struct idset){(name), (array), (count), sizeof *(array)})
int idset_find(struct idset set, struct str id);
/* -1 and a complaint that names the nearest one */
int idset_want(struct loader *ld, const struct node *at, struct idset set, struct str id);
/* The word of `words` (NULL at the end) that is nearest to s, or NULL when there is none. */
int edit_distance(struct str a, struct str b);

/* Refuses members that are not in `known` (NULL at the end), and everything that is no map. */
bool check_keys(struct loader *ld, const struct node *map, const char *what,
                const char *const *known);
bool check_id(struct loader *ld, const struct node *at, struct str id, const char *what, int max);

/* Members of a map.  An absent member gives the fallback without a complaint. */
struct node *get_map(struct loader *ld, const struct node *map, const char *key);
struct str get_text(struct loader *ld, const struct node *map, const char *key);
bool get_bool(struct loader *ld, const struct node *map, const char *key, bool fallback);
int64_t get_int(struct loader *ld, const struct node *map, const char *key, int64_t fallback,
                int64_t min, int64_t max);
int32_t get_day(struct loader *ld, const struct node *map, const char *key);
int get_choice(struct loader *ld, const struct node *map, const char *key, const char *const *names,
               int fallback);
bool get_span(struct loader *ld, const struct node *map, const char *key, struct span *out);
struct words get_words(struct loader *ld, const struct node *map, const char *key, bool required);
/* `node` itself is the words: a text (Chinese), or {zh, en}; other keys are the caller's. */
struct words words_of(struct loader *ld, const struct node *node, const char *what);
/* One text or a list of texts; *n is their number. */
struct node **get_texts(struct loader *ld, const struct node *map, const char *key, int *n);
struct node **texts_of(struct loader *ld, struct node *node, const char *what, int *n);
/* One name or a list of names out of a set; gives indices. */
int *get_refs(struct loader *ld, const struct node *map, const char *key, struct idset set, int *n);
int get_ref(struct loader *ld, const struct node *map, const char *key, struct idset set);

/* Numbers of members that may become items, with a complaint above the limit. */
int count_items(struct loader *ld, const struct node *map, const char *what, int limit);

/* ---- the parts of a playbook ---- */

void load_codes(struct loader *ld);
void load_mappings(struct loader *ld);
void load_records(struct loader *ld);
void load_documents(struct loader *ld, int record, const struct node *node);
void load_templates(struct loader *ld, int record, const struct node *node);
void check_document_sections(struct loader *ld);
void load_fields(struct loader *ld, int record, const struct node *map);
void load_field_exprs(struct loader *ld, int record, const struct node *map);
void load_clocks(struct loader *ld, int record, const struct node *map);
void load_follow_ups(struct loader *ld, int record, const struct node *map);
void load_action_ids(struct loader *ld, int record, const struct node *map);
bool in_form(const struct action *a, int field); /* does its form ask this field? */
/* A map of code or boolean fields to one value each; of fields that the action asks, unless it is NULL. */
struct choice *load_choices(struct loader *ld, const struct record_def *r, const struct action *act,
                            const struct node *node, const char *key, int *n_out);
void load_actions(struct loader *ld, int record, const struct node *map);
void check_composites(struct loader *ld, int record, const struct node *map);
void check_flow(struct loader *ld, int record, const struct node *map);
void load_watches(struct loader *ld, struct record_def *r, const struct node *map);
void load_indicators(struct loader *ld);
struct reported *load_reported(struct loader *ld, const struct node *map);

struct idset set_lists(const struct playbook *p);
struct idset set_records(const struct playbook *p);
struct idset set_fields(const struct record_def *r);
struct idset set_states(const struct record_def *r);
struct idset set_documents(const struct record_def *r);
struct idset set_clocks(const struct record_def *r);
struct idset set_actions(const struct record_def *r);
struct idset set_follow_ups(const struct record_def *r);

/* Sets parent levels and the index; complains about missing and cyclic parents. */
void code_list_index(struct code_list *l, struct arena *a);

/* ---- expressions ---- */

enum expr_use {
    USE_GUARD,    /* guards, `when`, `set`, `default`: form.* and actor.* too */
    USE_COMPUTED, /* the record's own fields, days() and rows() */
    USE_RECORD,   /* follow-up: the record's own fields and the functions */
    USE_TERM,     /* terms and sealed_when: can also be turned into SQL; no functions */
};

struct expr_ask {
    int record;
    enum expr_use use;
    bool scalar;               /* any type; otherwise a condition */
    bool persons;              /* may read accounts: only to hand them on to an account field */
    const struct action *form; /* form.* must be asked by this action; NULL: any field */
};

/* NULL after a complaint. */
struct expr *load_expr(struct loader *ld, const struct expr_ask *ask, const struct node *at,
                       struct str text);
/* A field that a figure, a filter, a sort or a number must not read, with the sentence on why. */
bool refuse_private(struct loader *ld, const struct node *at, const struct field *f,
                    const char *use);
bool field_private(const struct field *f); /* detached, account or person */
/* Complains when an expression of that type cannot be stored in the field. */
bool check_assign(struct loader *ld, const struct node *at, const struct playbook *p,
                  const struct field *f, const struct expr *x, struct str text);
const char *xtype_name(enum xtype t);
int attribute_find(struct str name); /* -1 */
const char *attribute_name(int attribute);
enum xtype attribute_type(int attribute);
