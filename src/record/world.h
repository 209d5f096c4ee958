/* record/world.h - what every decision and every question looks at: the area tree, the playbooks in
 * force and those that running cases stand on, the units, settings, the holiday table.
 *
 * All of it is in the log (sys.* events); a world is loaded from their folds and never changes.  When
 * head.sys_seq moves, a new world is loaded and the old one is freed by its last user. */
#pragma once
#include "record/record.h"

struct area {
    int64_t aid;
    struct str code, name, full; /* full: "南昌市新建区…" without the root */
    int parent;                  /* index in world.areas, -1 */
    int level;                   /* 1 is a root */
    int first, last;             /* positions in walking order: below() is a range test */
    int32_t from, to;            /* DAY_NONE: open */
    struct str successor;
    int children;
    bool has_border; /* table area_border has it; the box around it, 1e-7 degree: */
    int64_t west, south, east, north;
};
/* As people are told it: the root alone has only its own name. */
static inline struct str area_title(const struct area *a)
{
    return a->full.len ? a->full : a->name;
}

/* The tree before an event moved or renamed areas, while the records are taken along (area_shift): a
 * record whose rid is above the cursor still lies in it. */
struct area_was {
    int parent, level;
    struct str name;
};
struct area_move { /* of an area below another parent, for questions about the past */
    int64_t seq;
    int area, parent; /* indexes; parent: the one before, -1 */
    int64_t recorded;
};

struct org {
    struct id id;
    struct str id_text, name, kind; /* kind: centre, committee, police, department, grid, … */
    struct str phone;               /* of the unit, for residents; STR_NONE */
    int64_t area;
    int parent;                     /* index, -1 */
    bool closed;
    bool accounts;                  /* false: acts by link only */
};

struct installed {
    struct playbook *playbook;
    struct id rec;                  /* its sys.playbook record */
    bool in_force;                  /* the version that opens new cases */
    int64_t seq;                    /* of the event that put it in force */
    const char **puts;              /* table_puts, made once */
};

struct term_row {                   /* a term of the newest playbooks and its number in the tables */
    int64_t number;
    const struct playbook *playbook;
    const struct term *term;
    bool ready;                     /* as it was when the world was loaded: it may be by now */
    int64_t cursor;                 /* not ready: records up to this rid are counted */
};

struct world {
    int refs;
    struct arena *arena;
    int64_t sys_seq;
    const struct zone *zone;
    struct str origin;
    struct area *areas; /* in order of aid */
    int n_areas, n_borders;
    int *walk;          /* positions -> index */
    struct area_was *was; /* beside areas; NULL when nothing is on its way */
    int64_t shift_seq, shift_cursor; /* as they were when the world was loaded */
    struct area_move *moves;
    int n_moves;
    struct org *orgs;
    int n_orgs;
    struct installed *playbooks;
    int n_playbooks;
    struct term_row *terms;
    int n_terms;
    struct str calendar;   /* CSV text, or STR_NONE */
    bool reclocks;         /* as it was when the world was loaded: running clocks still follow the calendar */
    struct json *settings; /* {name: value} */
    int *code_table;       /* hash table of area codes */
    int code_mask;
};

/* Reads everything.  Playbook texts that were loaded in `old` (may be NULL) are not parsed again. */
MUST_USE bool world_load(struct store *db, struct world **out, struct err *e);
struct world *world_ref(struct world *w);
void world_unref(struct world *w);

/* Index in world.areas, or -1.  A code of digits that is shorter than 12 is filled up with zeros when
 * it is not itself a code: 3601 finds 360100000000. */
int world_area(const struct world *w, struct str code);
int world_area_by_id(const struct world *w, int64_t aid);
bool world_area_below(const struct world *w, int area, int ancestor); /* itself counts */
/* The ancestor of this level, or -1. */
int world_area_at(const struct world *w, int area, int level);

/* ---- the tree in which a record lies ---- */
int world_up(const struct world *w, int area, int64_t rid); /* the parent, -1 */
int world_level(const struct world *w, int area, int64_t rid);
struct str world_area_name(const struct world *w, int area, int64_t rid);
/* Does anything about the place of its records differ between the two trees? */
bool world_area_shifts(const struct world *w, int area);
/* The same world at another cursor, in the arena; INT64_MAX: all records are in the new tree. */
const struct world *world_at(struct arena *a, const struct world *w, int64_t cursor);
/* The same world with the tree that it had when the log was so long; names are today's. */
const struct world *world_then(struct arena *a, const struct world *w, int64_t size);
/* The world as the present transaction has it: its cursor may have moved since it was loaded. */
MUST_USE bool world_now(struct store *db, struct arena *a, const struct world *w,
                        const struct world **out, struct err *e);

int world_org(const struct world *w, struct str id);
/* The playbook version "dispute@3", or the one in force for "dispute"; NULL. */
const struct playbook *world_playbook(const struct world *w, struct str name);
/* The statement that writes a typed row of a type of a playbook that is in this world. */
const char *world_put(const struct world *w, const struct playbook *p, const struct record_def *def);
/* "dispute.dispute" in this version (or in force when pb is STR_NONE). */
bool world_type(const struct world *w, struct str type, struct str pb,
                const struct playbook **playbook, int *record);
struct str world_setting(const struct world *w, const char *name); /* STR_NONE */
