/* rehearse/rehearse_int.h - shared by plan.c, cast.c, text.c, deal.c, matter.c and play.c. */
#pragma once
#include "rehearse/rehearse.h"

/* ---- chance (plan.c) ---- */

struct dice {
    uint64_t state;
};
struct dice dice_of(uint64_t seed, uint64_t nth);
uint64_t dice_next(struct dice *d);
int64_t dice_int(struct dice *d, int64_t from, int64_t to);     /* both included */
int64_t dice_log(struct dice *d, int64_t from, int64_t to);     /* the logarithm evenly */
bool dice_percent(struct dice *d, const struct json *value);    /* absent: always */
const struct json *dice_of_list(struct dice *d, const struct json *list);
const struct json *dice_weighted(struct dice *d, const struct json *map); /* by the value of a member */

/* ---- the plan ---- */

struct plan {
    struct arena *arena;
    const struct zone *zone;
    struct json *root, *texts;
    int64_t now;
    int year, month, n_months; /* the first of `volumes`, how many */
    struct plan *also;         /* of another record type, played at the same times; a list */
};

int64_t yaml_int(const struct json *obj, const char *key, int64_t fallback);
int64_t json_whole(const struct json *v, int64_t fallback);
bool json_lists(const struct json *list, struct str text);
/* Volumes of a mode: {area: [numbers]}. */
const struct json *plan_volumes(const struct plan *p, const char *mode);
/* "2h" in ms; -1 when it is none. */
int64_t plan_delay(struct str text);
int plan_month(const struct plan *p, int32_t day); /* its place in `volumes` */

/* ---- who (cast.c) ---- */

struct member {
    struct actor actor;
    struct str role, login, name;
    int area, org; /* index in world.areas, in cast.orgs */
    int nth;
    bool shown;
};

struct played_org {
    struct str kind, id;
    int area;
};

struct role_hours {
    struct str role;
    int64_t open, close; /* ms of the day */
    bool working;
};

struct cast {
    struct arena *arena;
    struct world *world;
    struct calendar *calendar;
    struct played_org *orgs;
    size_t n_orgs, cap_orgs;
    struct member *members;
    size_t n_members, cap_members;
    struct role_hours *hours;
    size_t n_hours, cap_hours;
};

/* The nth (by a number that stays with the matter) of a role in a township or its county. */
const struct member *cast_pick(const struct cast *c, struct str role, int township, struct str org,
                               uint64_t nth);
/* The nth unit of a kind there. */
const struct played_org *cast_org(const struct cast *c, struct str kind, int township, uint64_t nth);
/* The next (dir 1) or the last (dir -1) moment at which the role is at work. */
int64_t cast_at_work(const struct cast *c, const struct zone *z, struct str role, int64_t t, int dir,
                     struct dice *d);

/* ---- extra.c: single actions at the end ---- */

/* Plays `extra` of the mode in the order in which it is written, at time t; waits for each. */
MUST_USE bool play_extra(const struct rehearse_config *cfg, int64_t t, struct rehearse_report *out,
                         struct err *e);

/* ---- matters ---- */

struct dealt {
    const struct rehearse_config *cfg; /* of its plan */
    int64_t t;       /* of registration */
    int county;      /* index in world.areas */
    int group;
    const struct json *path;
    struct str path_name;
    bool firm;       /* within a target: the result must lie before now */
    bool good;       /* the deck */
    int64_t nth, of; /* its place among those of its path and group: for `deal` */
    const struct json *draws; /* of the target, or NULL */
    uint64_t seed;
};

/* Deals every matter of a mode, sorted by t. */
MUST_USE bool deal(const struct rehearse_config *cfg, struct arena *a, struct dealt **out, size_t *n,
                   struct err *e);

struct move {
    int64_t t;
    const struct json *step;
    const struct member *who;
    int64_t lo, hi;          /* the delay before it, ms */
    struct str since;        /* a date of the matter that the delay counts from */
    struct json *fields;
};

enum { MATTER_MOVES = 64, MATTER_SLOTS = 64 };

struct matter {
    const struct rehearse_config *cfg;
    struct arena *arena;
    struct dealt dealt;
    struct dice dice;
    int township, village;   /* indexes of areas */
    struct str profile;
    struct json *draws;      /* name: value */
    const struct json *variant;
    struct {
        struct str name, value;
    } slots[MATTER_SLOTS];
    int n_slots;
    struct str surname;      /* the last one that was drawn */
    struct str sent_to;      /* id of the unit it was sent to last */
    struct move *moves;
    int n_moves, next;
    int part, of;            /* delays are shortened to part / of */
    struct json *given;      /* what was given last, by field */
    struct id id;
    int64_t late;            /* the opening lies so far back, ms */
    int pending;             /* unanswered; atomic */
    struct playing *playing;
};

struct seen; /* sentences that the log has already */
struct seen *seen_new(struct arena *a);
bool seen_add(struct seen *s, struct str text); /* false: it was there */

/* text.c: type, variant, place, amount, people, summary go into draws. */
MUST_USE bool text_begin(struct matter *m, struct seen *seen, struct err *e);
struct str text_person(struct matter *m);                    /* a surname with 某 */
struct str text_slot(struct matter *m, const char *name);    /* a line of a slot of the texts, anew */
struct str text_result(struct matter *m, const char *which); /* "spot" or "deal" */

/* matter.c: draws what the matter is, and when each move is made.  n_moves may be 0. */
MUST_USE bool matter_begin(struct matter *m, struct seen *seen, struct err *e);
