/* rehearse/rehearse.h - plays a plan through the engine: the demonstration, property tests, the bench.
 *
 * A plan (YAML, its format at the head of playbooks/dispute/plan.yaml) says who acts, how many
 * matters there are in which area and month, which way they take, and which figures come out exactly.
 * Everything goes through the engine as if people did it; what the playbook refuses is a mistake of
 * the plan and ends the play.  No business word stands here.
 *
 * A plan may name others (`also`): they are of other record types and are played at the same times.
 * `extra` are single actions at the end: reported figures, a bulletin.
 *
 * The same plan, areas and seed give the same figures.  The engine must be open in bulk mode. */
#pragma once
#include "engine/engine.h"

struct plan;
struct cast;

struct rehearse_config {
    struct engine *en;
    const struct plan *plan;
    const struct cast *cast;
    const char *mode; /* a key of `volumes`: "default" */
    uint64_t seed;    /* 0: the plan's */
    void (*progress)(void *self, int64_t done, int64_t total);
    void *self;
};

struct rehearse_report {
    int64_t matters, actions, refused;
    struct err first; /* of the first refusal */
};

/* Reads plan.yaml and the texts that it names. */
MUST_USE bool plan_read(const char *file, const struct zone *zone, struct plan **out, struct err *e);
void plan_free(struct plan *p);
int64_t plan_now(const struct plan *p);   /* the day the demonstration lives on */
int64_t plan_begin(const struct plan *p); /* before everything that is played */

/* Makes units and accounts of a mode; areas must be there, the playbook need not.  `hash` is kept as
 * everybody's password. */
MUST_USE bool cast_make(struct engine *en, const struct plan *p, const char *mode, const char *hash,
                        struct cast **out, struct err *e);
void cast_free(struct cast *c);
/* The log-ins worth showing: one of each role in each county. */
void cast_each(const struct cast *c, void (*fn)(void *user, const char *login, const char *name),
               void *user);

MUST_USE bool rehearse_play(const struct rehearse_config *cfg, struct rehearse_report *out,
                            struct err *e);
