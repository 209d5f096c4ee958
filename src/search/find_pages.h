/* search/find_pages.h - all rows of a list question, one page in memory at a time.
 *
 * Each page is a question of its own, so a long list holds no snapshot; what is recorded meanwhile neither
 * repeats nor hides a row (find.h). */
#pragma once
#include "search/find.h"

struct find_pages {
    struct store *db;
    struct find_question q; /* limit and after are set here */
    int64_t most;           /* rows of all pages; -1: all there are */
    int64_t done;           /* rows given */
    const char *plan;       /* of the last page */
    bool ended;
    struct arena *a;  /* of the page */
    struct buf after; /* `next` of the last page; empty: there is none */
};

void find_pages_open(struct find_pages *p, struct store *db, const struct find_question *q, int64_t most);
void find_pages_close(struct find_pages *p);
/* Its rows live until the next call; n is 0 at the end. */
MUST_USE bool find_pages_next(struct find_pages *p, struct find_answer *out, struct err *e);
