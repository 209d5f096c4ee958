/* search/similar.h - "this may have been reported already": what is asked before a case is opened.
 *
 * Looked at are cases of the type that were opened within the last SIMILAR_DAYS days in the same grid
 * (an area without areas below it), or within SIMILAR_METRES of the point, newest first, at most
 * SIMILAR_LOOKED of each.  Shown are at most SIMILAR_SHOWN, the most alike first: those whose words
 * are alike enough (rare_near, per mille), which is less where more speaks for it.  Without a text the
 * same kind within the distance is enough.  No name, telephone or other detail of a person is read.
 * Sealed, void and merged matters are never shown.
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
    SIMILAR_CLOSE = 230,      /* words of one that is within the distance */
    SIMILAR_CLOSE_KIND = 150, /* and of the same kind */
    SIMILAR_GRID = 360,       /* of one in the same grid when a point is missing */
    SIMILAR_GRID_KIND = 320,
    SIMILAR_FAR = 700,        /* of one in the same grid that is known to lie further off */
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
    int64_t now;
    bool (*sees)(void *self, const struct record *r); /* may the caller see it? */
    void *self;
};

struct similar {
    struct record *r;
    int near;          /* per mille */
    int64_t metres;    /* -1: not known */
    bool same_kind, same_area;
};

/* ERR_INPUT on "type". */
MUST_USE bool similar_find(struct store *db, struct arena *a, const struct similar_question *q,
                           struct similar out[static SIMILAR_SHOWN], size_t *n, struct err *e);
