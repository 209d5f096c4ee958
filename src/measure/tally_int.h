/* measure/tally_int.h - gathering differences and writing them; for tally.c and terms.c. */
#pragma once
#include "measure/tally.h"

struct tally_lists {
    struct arena *a;
    struct tally_row *rows; /* each key once */
    size_t n, cap;
    uint32_t *slots; /* hash table over the rows: index + 1, 0 empty */
    size_t n_slots;  /* a power of 2, at least twice n */
    struct tally_duration *durations;
    size_t n_durations, cap_durations;
};
struct tally_sink tally_gather(struct tally_lists *l);
/* Halves of a sink that say nothing. */
void tally_no_duration(void *self, const struct tally_duration *d);
void tally_no_count(void *self, const struct tally_row *row);
/* Sorts and writes. */
MUST_USE bool tally_write(struct store *db, struct tally_lists *l, struct err *e);

struct term_now {
    int64_t number, cursor;
    bool ready;
};
/* All terms, the lowest cursor first. */
MUST_USE bool terms_now(struct store *db, struct arena *a, struct term_now **out, size_t *n, struct err *e);

/* Before the first step: the world may be older than what was built since. */
MUST_USE bool tally_look_again(struct tally *t, struct store *db, struct err *e);

/* Only these terms from now on; the others keep silent. */
void tally_only(struct tally *t, bool (*wanted)(void *self, int64_t number), void *self);
