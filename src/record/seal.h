/* record/seal.h - events of a sealed matter: what stands in the line, and what does not.
 *
 * The line of a sealed event has the header (who acted, when, which action), the state, the clocks,
 * the number, and of `set` the program's own "$" attributes.  Everything else that was decided, the
 * area below the county first, is one value apart, number 0 of the event, and the line holds its
 * commitment (decisions 2, docs/decisions/0007-sealed.md).
 *
 * So there are two folds.  The *shut* one folds the lines as they stand: it needs no key, it is what
 * table record holds, and it stays the same when values are erased.  The *open* one puts the values
 * back: decisions, figures and pages work with it.  An open record carries its shut one along.
 *
 * A line in the clear behind sealed ones takes the seal off: it says the whole record again
 * (record_patch from the shut to the open fold), and both folds are one from there on. */
#pragma once
#include "record/change.h"

/* The area that a sealed line names: the nearest one around `area` (an index) that is not below the
 * level of counties.  Level: setting `sealed.level`, 3 without it; in a tree that is less deep the
 * area itself. */
int seal_area(const struct world *w, int area);

/* Parts `open` into the line and the value (JSON text, salt, ciphertext under the record's key).
 * open->sealed is set too, so that both folds note the reference. */
void seal_hide(struct arena *a, const struct world *w, struct event_body *open,
               const uint8_t dek[static CIPHER_KEY], struct event_body *line, struct detached *value);
/* The event as it was decided: the line with its value put back.  Errors: ERR_VERIFY. */
MUST_USE bool seal_show(struct arena *a, const struct event_body *line, struct str value,
                        struct event_body *out, struct err *e);
/* Reads the value of a stored line and puts it back; an event in the clear, or one whose value was
 * erased, stays as it is. */
MUST_USE bool seal_read(struct store *db, const struct keys *keys, struct arena *a, int64_t rid,
                        int64_t seq, struct event_body *body, struct err *e);

/* Folds an event onto an open record and, when it is sealed, onto its shut one: `open` as decided,
 * `line` as it stands in the log. */
MUST_USE bool seal_fold(struct arena *a, struct record *r, const struct event_body *open,
                        const struct event_body *line, int64_t seq, struct err *e);

/* Opens a stored fold: *r becomes the open one when it is sealed. */
MUST_USE bool seal_open(struct store *db, const struct keys *keys, struct arena *a, struct record **r,
                        struct err *e);
/* The numbers of all sealed records, in order.  What they say leaves the house by no list or export,
 * whether it was written before the seal or behind it. */
MUST_USE bool sealed_rids(struct store *db, struct arena *a, int64_t **out, size_t *n, struct err *e);
/* The same for keys == NULL and for records that are not sealed: nothing. record_load and this. */
MUST_USE bool record_load_open(struct store *db, const struct keys *keys, struct arena *a, struct id id,
                               bool *found, struct record **out, struct err *e);
