/* measure/fact.h - what one record counts in one term: a pure function of its fold.
 *
 * A record that is void or merged into another counts nowhere; neither does one whose condition is
 * not true (unknown is not true), which has no day, or which lacks what is summed or measured.
 * Terms are those of the newest playbook version in force, whatever version the record runs on:
 * fields that an old version lacks are null (decisions 19). */
#pragma once
#include "record/world.h"

struct fact {
    int64_t n;  /* 1 */
    int64_t s;  /* TERM_SUM: the value, scaled by the field's decimals */
    int64_t ms; /* TERM_MEDIAN: from the one time to the other; negative when they are crossed */
    int32_t day;
};

/* c->get must know the slots the term reads, and ATTR_void and ATTR_merged_into. */
bool fact_of(const struct term *t, const struct xcontext *c, struct fact *out);

/* Reading straight from a fold; for when each term is asked once. */
struct fact_record {
    const struct record *record;
    const struct record_def *def;
};
struct xcontext fact_context(struct fact_record *r, const struct zone *zone);

/* A value as the key of a row: code or text as it is, true/false, digits.  STR_NONE for null. */
struct str fact_key(struct arena *a, const struct xvalue *v);

/* At most three dimensions (fields) of a term: the union of `by` over the indicators that use it,
 * in the order of the playbook. */
enum { FACT_DIMS = 3 };
int fact_dims(const struct playbook *p, int term, int fields[static FACT_DIMS]);
