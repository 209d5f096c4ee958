/* search/similar.h - "this may have been reported already": what is asked before a case is opened.
 *
 * Looked at are cases of the type that were opened within the last SIMILAR_DAYS days in the same grid
 * (an area without areas below it), or within SIMILAR_METRES of the point, newest first, at most
 * SIMILAR_LOOKED of each.  Shown are at most SIMILAR_SHOWN for which enough speaks, the most first.  What
 * speaks for one is added up in hundredths, as logarithms of odds are: how much its words and the words
 * of its place say the same (rare_near), how far off it lies, whether its kind is the same.  What is not
 * known of either says nothing.  Without a text the same kind within the distance is enough.  No name,
 * telephone or other detail of a person is read.  Sealed, void and merged matters are never shown.
 *
 * The measures were set by docs/near-duplicates.md, which says what they find and how often they
 * disturb. */
#pragma once
#include "record/change.h"

enum {
    SIMILAR_DAYS = 180,
    SIMILAR_METRES = 200,
    SIMILAR_LOOKED = 500,
    SIMILAR_SHOWN = 3,
    SIMILAR_WORDS = 1000,      /* for the same words */
    SIMILAR_PLACE = 600,       /* for the same words of the place */
    SIMILAR_KIND = 50,         /* for the same kind */
    SIMILAR_OTHER_KIND = -300, /* for another one */
    SIMILAR_ENOUGH = 560,
    SIMILAR_ENOUGH_BLIND = 660, /* when neither distance nor kind is known */
};

struct similar_question {
    const struct world *w;
    const struct keys *keys;
    struct str type;   /* "dispute" or "dispute.dispute" */
    int area;          /* index, or -1 */
    bool has_point;
    int64_t lon, lat;  /* 1e-7 degree */
    struct str kind;   /* code of the kind field, or none */
    struct str text;   /* or none */
    struct str place;  /* where it is, in words, or none */
    int64_t now;
    bool (*sees)(void *self, const struct record *r); /* may the caller see it? */
    void *self;
};

struct similar {
    struct record *r;
    int near;          /* how alike the words are, per mille */
    int near_place;    /* and those of the place */
    int speaks;        /* for it, in hundredths */
    int64_t metres;    /* -1: not known */
    bool same_kind, other_kind; /* neither: one of the two is not known */
    bool same_area;
};

/* ERR_INPUT on "type". */
MUST_USE bool similar_find(struct store *db, struct arena *a, const struct similar_question *q,
                           struct similar out[static SIMILAR_SHOWN], size_t *n, struct err *e);
