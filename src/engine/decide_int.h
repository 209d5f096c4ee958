/* engine/decide_int.h - the state of one decision, shared by all that takes part in it. */
#pragma once
#include "engine/decide.h"
#include "record/crs.h"

struct deciding {
    struct arena *a;
    const struct snapshot *s;
    const struct ask *ask;
    struct changeset *out;
    struct err *e;
    const struct world *w;
    const struct playbook *playbook;
    const struct record_def *def;
    struct record *work;       /* the record as it is after the drafts so far */
    struct draft *draft;       /* the one being made */
    int64_t at, now;
    int area;                  /* index, where the record lies */
    enum role role;            /* the role he acts in */
    struct json *form;         /* the current step's input as stored values (inline) or refs */
    struct json *input;        /* as given */
    struct json *units;        /* units with a part */
};

/* ---- form.c ---- */
/* Takes the fields of a form from d->input into the draft's patch and d->form.  Everything wrong with
 * one field is one error with that field's name. */
MUST_USE bool form_take(struct deciding *d, const struct action *act);
/* One value, checked and turned into what is stored.  *out is NULL for an empty value. */
MUST_USE bool form_value(struct deciding *d, const struct field *f, const struct json *given,
                         struct json **out);
/* A text of the action itself (reason, comment), as a detached value; NULL stays NULL. */
struct json *form_detach(struct deciding *d, struct str json_text, bool vault);
struct str form_written(struct deciding *d, const struct json *j); /* as JSON text */
struct json *form_said(struct deciding *d, struct str s, bool vault); /* a text, kept apart */
/* ---- form_file.c ---- */
/* The upload of this id, when the action may name it; otherwise false, and why in both languages. */
MUST_USE bool form_upload(struct deciding *d, struct str file, const struct upload **out, const char **en,
                          const char **zh);
/* What of it stands in the matter, as a detached value: id, name, kind, size, digest. */
struct json *form_file(struct deciding *d, const struct upload *u, bool vault);
/* "documents": [{"doc": "application", "file": id?, "note": text?}] with any action. */
MUST_USE bool form_documents(struct deciding *d);
/* The point of a place as it was given, {"lon","lat"[,"crs"]}; lon, lat are WGS-84, in 1e-7 degree. */
struct form_at {
    enum crs crs;
    int64_t lon, lat, given_lon, given_lat;
};
enum form_point { FORM_POINT_NONE, FORM_POINT_OK, FORM_POINT_DEGREES, FORM_POINT_SYSTEM };
enum form_point form_point(const struct json *place, struct arena *a, struct form_at *out);

/* ---- task.c ---- */
/* See engine_task; d->work, def, area and units are set. */
const struct state *task_of(struct deciding *d);

/* ---- hold.c ---- */
struct str hold_centre(const struct deciding *d); /* the nearest unit of kind `centre` up the tree; STR_NONE */
void hold_first(struct deciding *d, const struct action *act, int state); /* at the opening, in this state */
void hold_declared(struct deciding *d, const struct action *act);         /* `hold` of an action */

/* ---- recur.c ---- */
/* Links the case that is opened to the one before it at this place. */
void recurrence_put(struct deciding *d);

/* ---- draft.c ---- */
void draft_begin(struct deciding *d, struct str act);
MUST_USE bool draft_end(struct deciding *d); /* folds it into d->work */
void draft_set(struct deciding *d, const char *name, struct json *value); /* NULL: null */
void draft_set_c(struct deciding *d, const char *name, struct str text);
void draft_set_time(struct deciding *d, const char *name, int64_t v);
void draft_in(struct deciding *d, const char *name, struct json *value);
struct json *draft_part(struct deciding *d, int64_t i, const char *kind); /* i 0: a new one */
void part_set(struct deciding *d, struct json *part, const char *key, struct str v);
void part_int(struct deciding *d, struct json *part, const char *key, int64_t v);
void part_flag(struct deciding *d, struct json *part, const char *key, bool v);

/* ---- stale.c ---- */
/* Adds the two sides of a field that changed since the version the person saw, in words (answer.conflict). */
void stale_side(struct deciding *d, struct json *sides, struct str field, const struct json *yours);
bool stale_refuse(struct deciding *d, struct json *sides); /* false */

/* ---- clocks.c ---- */
void clock_start(struct deciding *d, const struct clock_def *c, struct str org);
/* So many working days from the next day on. */
void clock_start_builtin(struct deciding *d, struct str id, int64_t workdays, struct str org);
void clock_stop(struct deciding *d, struct str id);
void clock_stop_all(struct deciding *d);
void clock_pause(struct deciding *d, struct str id);
void clock_resume(struct deciding *d, const struct clock_def *c);
/* Does it run, and may it be extended (once more)? */
MUST_USE bool clock_extendable(struct deciding *d, const struct clock_def *c);
MUST_USE bool clock_extend(struct deciding *d, const struct clock_def *c);
/* The running clocks under the definition d->def, which follows `old`. */
void clocks_adopt(struct deciding *d, const struct record_def *old);
/* The running clocks under the table of holidays in force.  False: it moves none of them. */
bool clocks_follow_table(struct deciding *d);

/* ---- followup.c ---- */
void follow_ups_plan(struct deciding *d, int state); /* entering it plans what its rules ask for */
int follow_ups_drawn(struct deciding *d);            /* being drawn by lot does; the number of rounds */
/* Answers, misses or leaves out a part, after the action's own values were set. */
MUST_USE bool follow_up_act(struct deciding *d, const struct action *act);
void follow_ups_count(struct deciding *d); /* what the playbook counts of the parts, into its fields */
/* A part of the round that is due first, NULL: none waits; and does this part wait in that round? */
const struct json *follow_up_first(const struct record *r, struct str kind);
bool follow_up_waits(const struct record *r, const struct json *part, struct str kind);

/* ---- builtin.c ---- */
/* *known = false when there is no such built-in action. */
MUST_USE bool builtin_decide(struct deciding *d, bool *known);
/* Writes the built-in actions that are this actor's business now, with why one cannot be done. */
void builtin_possible(struct deciding *d, struct json_out *out);

/* ---- builtin_pass.c ---- */
bool pass_lets(const struct deciding *d, struct str act); /* the actor's link allows it, as long as it does */
/* Gives the unit that the action names a link to what it may do, until the main clock runs out. */
void pass_offer(struct deciding *d, const struct action *act);

/* ---- figures.c ---- */
/* The figures that the snapshot took become parts; those taken before are void. */
MUST_USE bool figures_put(struct deciding *d, const struct action *act);

/* ---- system records ---- */
/* sys_table.c */
MUST_USE bool sys_decide(struct deciding *d);
bool sys_is(struct str type); /* "sys.…" */
/* sys.c; each decides the actions of its type, from the input into the draft */
bool sys_bad(struct deciding *d, const char *field, const char *what); /* false */
MUST_USE bool sys_need(struct deciding *d, const char *key, struct str *out);
MUST_USE bool sys_genesis(struct deciding *d, bool opening);
MUST_USE bool sys_playbook(struct deciding *d, bool opening);
MUST_USE bool sys_calendar(struct deciding *d, bool opening);
MUST_USE bool sys_setting(struct deciding *d, bool opening);
/* sys_area.c */
MUST_USE bool sys_area(struct deciding *d, bool opening);
/* sys_border.c */
MUST_USE bool sys_borders(struct deciding *d, bool opening);
/* sys_who.c */
bool sys_governs(struct deciding *d, int area); /* the operator, or an administrator of it: sets d->role */
MUST_USE bool sys_org(struct deciding *d, bool opening);
MUST_USE bool sys_account(struct deciding *d, bool opening);
MUST_USE bool sys_reset(struct deciding *d, bool opening);
MUST_USE bool sys_close(struct deciding *d, bool opening);
MUST_USE bool sys_open_again(struct deciding *d, bool opening);
MUST_USE bool sys_look(struct deciding *d, bool opening);

/* ---- allow.c ---- */
void deciding_context(struct deciding *d, struct xcontext *c); /* for conditions and computed values */
/* Role, area, unit that holds it, not by the same person; sets d->role. */
MUST_USE bool action_rights(struct deciding *d, const struct action *act, struct err *e);
MUST_USE bool action_in_state(struct deciding *d, const struct action *act, struct err *e);
/* Why can this action not be done now?  true: it can (as far as can be told without its form). */
bool action_possible(struct deciding *d, const struct action *act, struct err *why);
/* Its conditions and required documents, with what the form gave. */
MUST_USE bool guards_hold(struct deciding *d, const struct action *act, struct err *e);

/* ---- step.c ---- */
/* A declared action, whole: one draft, or one for each step of a composite. */
MUST_USE bool run_action(struct deciding *d, const struct action *act);
void draft_derive(struct deciding *d); /* computed fields and the seal, from what is set */
MUST_USE bool decide_transition(struct deciding *d, int state, bool reopens, bool ends_parts);

/* ---- decide.c ---- */
/* Was the area there on the day of the action?  An import may bring what was before. */
MUST_USE bool area_valid(struct deciding *d, int area);
