/* A crew: every piece is done once and taken in order, however many work; the earliest error is the answer's. */
#include "base/crew.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

#include <cmocka.h>

enum { MOST = 1000, NEVER = -1 };

struct job {
    int64_t bad[2];    /* pieces whose work fails */
    int64_t bad_take;  /* the piece that cannot be taken */
    int64_t last;      /* `take` says so of this one */
    atomic_int in_use[CREW_SLOTS], by[CREW_WORKERS];
    atomic_int done[MOST + CREW_SLOTS + 1];
    int64_t square[CREW_SLOTS], taken;
    bool wrong;
};

static bool work(void *self, int worker, int64_t piece, int slot, struct err *e)
{
    struct job *j = self;
    if (atomic_fetch_add(&j->in_use[slot], 1) != 0 || atomic_fetch_add(&j->by[worker], 1) != 0)
        j->wrong = true; /* somebody else's */
    atomic_fetch_add(&j->done[piece], 1);
    j->square[slot] = piece * piece;
    atomic_fetch_sub(&j->by[worker], 1);
    for (size_t i = 0; i < COUNT_OF(j->bad); i++)
        if (piece == j->bad[i])
            return err_set(e, ERR_IO, "piece %lld", (long long)piece);
    return true;
}

static bool take(void *self, int64_t piece, int slot, bool *last, struct err *e)
{
    struct job *j = self;
    if (piece != j->taken || j->square[slot] != piece * piece || atomic_load(&j->done[piece]) != 1)
        j->wrong = true;
    j->taken++;
    atomic_fetch_sub(&j->in_use[slot], 1);
    *last = piece == j->last;
    return piece != j->bad_take || err_set(e, ERR_FULL, "taking %lld", (long long)piece);
}

static void pieces_and_errors(void **state)
{
    UNUSED(state);
    static const int WORKERS[] = {1, 2, 3, CREW_WORKERS};
    static const struct {
        int64_t pieces, bad[2], bad_take, last;
        int64_t taken;
        const char *text;
    } CASES[] = {
        {0, {NEVER, NEVER}, NEVER, NEVER, 0, ""},
        {1, {NEVER, NEVER}, NEVER, NEVER, 1, ""},
        {MOST, {NEVER, NEVER}, NEVER, NEVER, MOST, ""},
        {MOST, {0, NEVER}, NEVER, NEVER, 0, "piece 0"},
        {MOST, {41, 40}, NEVER, NEVER, 40, "piece 40"},
        {MOST, {MOST - 1, NEVER}, NEVER, NEVER, MOST - 1, "piece 999"},
        {MOST, {MOST - 1, NEVER}, 500, NEVER, 501, "taking 500"},
        {MOST, {52, NEVER}, NEVER, 51, 52, ""},
        {INT64_MAX, {NEVER, NEVER}, NEVER, MOST, MOST + 1, ""},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        for (size_t k = 0; k < COUNT_OF(WORKERS); k++) {
            struct err e = ERR_INIT;
            struct job j = {.bad = {CASES[i].bad[0], CASES[i].bad[1]}, .bad_take = CASES[i].bad_take,
                            .last = CASES[i].last};
            struct crew c = {&j, WORKERS[k], CASES[i].pieces, work, take};
            bool ok = crew_run(&c, &e);
            if (ok != (CASES[i].text[0] == '\0') || strcmp(e.text, CASES[i].text) != 0 || j.wrong ||
                j.taken != CASES[i].taken)
                fail_msg("case %zu with %d workers: %d %s, %lld taken", i, WORKERS[k], ok, e.text, (long long)j.taken);
        }
}

static void a_set_error_does_nothing(void **state)
{
    UNUSED(state);
    struct err e = ERR_INIT;
    struct job j = {.taken = 0};
    struct crew c = {&j, 1, 3, work, take};
    assert_false(err_set(&e, ERR_IO, "before"));
    assert_false(crew_run(&c, &e));
    assert_int_equal(j.taken, 0);
    assert_in_range(crew_cores(), 1, CREW_WORKERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pieces_and_errors), cmocka_unit_test(a_set_error_does_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
