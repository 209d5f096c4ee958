#include "search/find_pages.h"

void find_pages_open(struct find_pages *p, struct store *db, const struct find_question *q, int64_t most)
{
    *p = (struct find_pages){.db = db, .q = *q, .most = most, .plan = "scope", .a = arena_new(), .after = BUF(8192)};
}

void find_pages_close(struct find_pages *p)
{
    arena_free(p->a);
    buf_free(&p->after);
}

bool find_pages_next(struct find_pages *p, struct find_answer *out, struct err *e)
{
    *out = (struct find_answer){.n = 0};
    int64_t left = p->most < 0 ? LIMIT_PAGE : min64(LIMIT_PAGE, p->most - p->done);
    if (p->ended || !left)
        return true;
    arena_reset(p->a);
    p->q.limit = (int)left;
    p->q.after = p->after.len ? buf_view(&p->after) : STR_NONE;
    if (!find_records(p->db, p->a, &p->q, out, e))
        return false;
    p->plan = out->plan;
    p->done += (int64_t)out->n;
    p->ended = !out->next.len;
    buf_clear(&p->after);
    buf_str(&p->after, out->next);
    return true;
}
