/* access/actor.h - who acts, and what he may: decided here, with the reason. */
#pragma once
#include "access/roles.h"
#include "record/world.h"

enum { ACTOR_GRANTS = 16 };

struct grant {
    enum role role;
    int64_t area; /* aid */
};

enum actor_kind { ACTOR_ACCOUNT, ACTOR_OPERATOR, ACTOR_RESIDENT, ACTOR_LINK, ACTOR_CLOCK };

struct actor {
    enum actor_kind kind;
    struct id account;             /* ACTOR_ACCOUNT */
    char by[ID_TEXT + 1];          /* what stands in the event: id, "operator", "resident", … */
    char org[ID_TEXT + 1];         /* unit, or "" */
    struct grant grants[ACTOR_GRANTS];
    int n_grants;
    int64_t only;                  /* ACTOR_RESIDENT, ACTOR_LINK: the one record (rid) */
    int64_t part;                  /* ACTOR_LINK: the part that grants it (access/pass.h) */
};

struct str role_code(enum role r);
enum role role_of(struct str code);
const char *role_name(enum role r, bool zh);
enum role_scope role_scope(enum role r);
unsigned role_permissions(enum role r);

struct actor actor_operator(void); /* the command line, on the machine itself */
struct actor actor_resident(int64_t rid);
struct actor actor_clock(void);    /* what a clock does when it falls due */
/* All permissions that any grant gives. */
unsigned actor_permissions(const struct actor *a);
/* The first grant with one of the roles (n = 0: any) that has the permission and whose area covers
 * `area` (an index); ROLE_NONE when there is none. SCOPE_UNIT roles need the unit to be in
 * `units` (org ids with a part in the matter). */
enum role actor_role(const struct actor *a, const struct world *w, unsigned permission,
                     const struct str *roles, int n, int area, const struct json *units);
/* May he see this record? */
bool actor_sees(const struct actor *a, const struct world *w, const struct record *r);

/* Scopes a list is walked by: "a17" of areas, "o<id>" of the own unit; without those that lie below
 * another.  Cut to `area` (index or -1) when one is asked for.  Returns the number; 0 is "nothing". */
int actor_scopes(const struct actor *a, const struct world *w, int area, unsigned permission,
                 struct arena *arena, struct str out[static LIMIT_SCOPES]);
/* Areas (indexes) whose figures he may ask for. */
bool actor_counts(const struct actor *a, const struct world *w, int area);
