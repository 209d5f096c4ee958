/* Until search/find.h is there: the newest records of the caller's scopes, page by page. */
#pragma once
#include "record/change.h"
struct find_question {
    const struct world *w;
    struct str type, where, search, after;
    const struct str *scopes;
    int n_scopes;
    bool open_only, person_ok;
    int limit, sort;
};
struct find_answer {
    struct record **rows;
    size_t n;
    struct str next;
    int64_t total;
    const char *plan;
};
MUST_USE bool find_sort(struct find_question *q, struct str sort, struct err *e);
MUST_USE bool find_records(struct store *db, struct arena *a, const struct find_question *q,
                           struct find_answer *out, struct err *e);
