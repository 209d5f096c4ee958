/* measure/indicator.h - asking for a figure, and the answer.
 *
 * Two ways lead to the same numbers: the fast one sums counters (tally.h), the slow one walks the
 * records of the area; the second is taken for small areas, for conditions (`where`) and for fields
 * that are no stored dimension.  A median is exact either way.
 *
 * n and N are what the numerator and the denominator count (or sum, in the field's unit).  A rate
 * is a percentage, rounded half-up from the exact integers to the indicator's decimals.  A stock is
 * opening + in - out = closing.  Days are civil days of the database's zone, both ends included.
 *
 * An indicator made of others (sum_of) adds their n and N.  One that is `within` another (其中) is
 * checked to be no more than it, and is never added to it.  With every figure goes a sentence and
 * its footnote (speak.h).
 *
 * Sealed matters are counted apart, by counters alone: from the county up, without a condition, of
 * today.  To who has no right to them (everybody but the operator at his own machine and a bulletin
 * over four weeks or more) each number that is printed holds them in fives: of 9 it says 5, of 4 none
 * (docs/decisions/0007-sealed.md).
 * Sums of amounts and medians leave them out, stocks unless he has the right; rows by a field too.
 *
 * as_of corrects today's value by the records that changed since, each folded again to that size of
 * the log: for any area, field and condition.  Where areas were moved since, their matters are counted in the
 * tree of then; a condition about areas is refused there.  The definition is today's. */
#pragma once
#include "measure/tally.h"

enum figure_compare { COMPARE_NONE, COMPARE_YOY, COMPARE_PREVIOUS };

struct figure_question {
    struct str id;   /* "dispute.resolution_rate" */
    struct str area; /* code; STR_NONE: the root */
    int32_t from, to;
    struct str by;    /* STR_NONE, "day", "month", "area", FIELD, "FIELD.LEVEL" (codes gathered
                           * at that level of their list), "FIELD:MAPPING" (in another list) */
    struct str where; /* CQL2; STR_NONE */
    enum figure_compare compare;
    int64_t as_of_size; /* -1: now */
    int32_t as_of_day;  /* DAY_NONE: now; the end of that civil day */
    int64_t now;        /* for the distance of equal maturity */
    bool whole;         /* the area is the asker's own: sentences say 全市 instead of its name */
    bool slow;          /* never use counters: for `verify` and tests */
    bool sealed;        /* sealed matters are counted exactly */
};
/* All empty: from and to are DAY_NONE and must be given. */
struct figure_question figure_question_new(int64_t now);
/* By the names of the outside face: id, area, from, to, by, where, compare (yoy, previous), as_of
 * (a day or a size).  Texts are borrowed.  Errors: ERR_INPUT, with the name as the field. */
MUST_USE bool figure_question_set(struct figure_question *q, const char *name, struct str value,
                                  struct err *e);

enum figure_sealed { SEALED_NONE, SEALED_EXACT, SEALED_FIVES, SEALED_LEFT_OUT };

struct figure_value {
    int64_t n, N; /* scaled by n_decimals */
    int n_decimals, N_decimals;
    bool has_n, has_N;
    bool has_value;
    int64_t value; /* scaled by decimals */
    int decimals;
    bool stock;
    int64_t opening, in, out, closing; /* scaled by n_decimals */
    const char *note;                  /* why there is no value, or NULL */
};

struct figure_row {
    struct str key; /* STR_NONE: not said */
    struct figure_value v;
};

struct figure_maturity { /* last year as it was known at the same distance */
    bool known;
    struct figure_value v;
    bool has_change;
    int64_t change;
};

/* An area that was founded, ended or moved after the first day that is compared. */
enum redrawn_how { REDRAWN_FOUNDED, REDRAWN_ENDED, REDRAWN_CAME, REDRAWN_LEFT };
enum { REDRAWN_NAMED = 4 };
struct figure_redrawn {
    enum redrawn_how how;
    struct str area; /* its name */
    int32_t day;
};

struct figure_comparison {
    const char *kind;  /* NULL: not asked */
    bool incomparable; /* 口径调整: that span was counted by another version of the definition, or the area was
                        * not there all the time */
    struct figure_redrawn *redrawn;
    int n_redrawn; /* at most REDRAWN_NAMED */
    int32_t from, to;
    struct figure_value v;
    bool has_change;
    int64_t change; /* of counts: percent, one decimal; of rates: 个百分点; of a median: days */
    bool given;     /* not worked out here: the body that reported it says so, … */
    int given_decimals; /* … with so many decimals; there is then no v */
    const char *note;
    bool tested; /* an exact test was made */
    int64_t p;   /* scaled by 4 */
    bool has_maturity;
    struct figure_maturity maturity;
};

/* A figure that another body computed: the record it stands in, and what we count ourselves. */
struct figure_reported {
    bool is;
    struct id source;      /* record; zero: nothing was reported for this area and span */
    struct words issuer;
    bool has_ours;
    struct str ours_id;
    struct figure_value ours;
};

/* Said beside a rate, so that nobody takes its N for everybody: who was left out of it, by whom, and what
 * re-checks of matters drawn by lot found. */
struct figure_beside {
    const struct indicator *indicator;
    struct figure_value v;
    bool recheck; /* otherwise left out */
};

struct figure {
    struct str id, area, area_name;
    bool whole;
    int32_t today;
    const struct playbook *playbook;
    const struct indicator *indicator;
    int32_t from, to;
    struct figure_value total;
    struct figure_row *rows;
    size_t n_rows;
    bool counters; /* answered from counters alone */
    enum figure_sealed sealed; /* of matters that can be sealed: how these were counted */
    int64_t sealed_n, sealed_N; /* and how many of n and N they are, as it may be said */
    struct figure_comparison compare;
    struct figure_reported reported;
    struct figure_beside *beside;
    int n_beside;
    int64_t size; /* of the log the figure was taken from */
    struct hash root;
};

/* Reads in one snapshot; everything in `out` lives as long as `a` and `w`.
 * Errors: ERR_NOT_FOUND (no such indicator), ERR_UNKNOWN_AREA, ERR_INPUT, ERR_PRIVACY (a person or
 * an account in by or where), ERR_BUILDING, ERR_DEADLINE. */
MUST_USE bool figure_ask(struct store *db, struct arena *a, const struct world *w,
                         const struct figure_question *q, struct figure *out, struct err *e);
/* The outside face, as one JSON object. */
void figure_write(struct json_out *o, const struct figure *f);
