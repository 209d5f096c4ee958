/* What a map shows, compared with plain C over the same folds, on both engines. */
#include "search/findrig.h"

/* Some are sealed afterwards: they are in the lists, and never on a map. */
static void seal_some(struct bench *b)
{
    struct record *before[RECORDS];
    int which[RECORDS], n = 0;
    for (int i = 0; i < RECORDS; i += 7) {
        if (b->m[i].def != b->book->records)
            continue;
        before[n] = b->m[i].r;
        b->m[i].r = record_copy(b->a, b->m[i].r);
        b->m[i].r->ver++;
        json_set(b->a, b->m[i].r->fields, STR("$sealed"), json_new_bool(b->a, true));
        which[n++] = i;
    }
    save(b, before, which, n);
    assert_true(n > 20);
}

static bool inside(const struct find_box *box, int64_t lon, int64_t lat)
{
    return lon >= box->west && lon <= box->east && lat >= box->south && lat <= box->north;
}

/* Those of the list that have a point in the box, the newest first. */
static size_t wanted_points(struct bench *b, struct find_question *q, const struct find_box *box,
                            const struct model **out)
{
    size_t n, kept = 0;
    q->order = FIND_NEWEST;
    n = wanted(b, q, out);
    for (size_t i = 0; i < n; i++)
        if (json_get(out[i]->r->fields, "spot") && out[i]->has_point && !record_flag(out[i]->r, "$sealed") &&
            inside(box, out[i]->lon, out[i]->lat))
            out[kept++] = out[i];
    return kept;
}

static void same_points(struct bench *b, const struct find_question *q, const struct find_map *m,
                        const struct model *const *want, size_t n)
{
    if (m->n_points != n || m->n_squares)
        fail_msg("%s: %zu points, wanted %zu", describe(b, q), m->n_points, n);
    for (size_t i = 0; i < n; i++)
        if (m->points[i].rid != want[i]->r->rid || !id_eq(m->points[i].r->id, want[i]->r->id) ||
            m->points[i].lon != want[i]->lon || m->points[i].lat != want[i]->lat)
            fail_msg("%s: point %zu is %lld, wanted %lld", describe(b, q), i, (long long)m->points[i].rid,
                     (long long)want[i]->r->rid);
}

/* Each lies in exactly one square, and the number of a square is that of those in it. */
static void same_squares(struct bench *b, const struct find_question *q, const struct find_map *m,
                         const struct model *const *want, size_t n)
{
    int64_t sum = 0;
    assert_int_equal(m->n_points, 0);
    assert_in_range(m->n_squares, 1, (FIND_SQUARES + 1) * (FIND_SQUARES + 1));
    for (size_t i = 0; i < m->n_squares; i++) {
        int64_t in = 0;
        for (size_t k = 0; k < n; k++)
            in += inside(&m->squares[i].box, want[k]->lon, want[k]->lat);
        if (in != m->squares[i].n || in == 0)
            fail_msg("%s: a square with %lld, wanted %lld", describe(b, q), (long long)m->squares[i].n, (long long)in);
        sum += in;
    }
    assert_int_equal(sum, n);
}

static struct find_box random_box(void)
{
    struct find_box box = FIND_EARTH;
    if (rnd(5) == 0)
        return box;
    int64_t wide = rnd(3) ? 2500000 : 40000;
    box.west = 1157900000 + rnd(2200000);
    box.south = 285900000 + rnd(1200000);
    box.east = box.west + rnd((int)wide);
    box.north = box.south + rnd((int)wide);
    return box;
}

static void random_boxes(void **state)
{
    const struct model *want[RECORDS];
    struct str scopes[LIMIT_SCOPES];
    int points = 0, squares = 0, none = 0, by_box = 0;
    START(b)
    seal_some(b);
    for (int i = 0; i < 1500; i++) {
        seed = (uint64_t)i * 7919 + 5;
        struct find_question q = random_question(b, scopes);
        struct find_box box = random_box();
        struct find_map m = {.n = 99};
        struct err e = ERR_INIT;
        q.limit = 1 + rnd(rnd(2) ? 30 : LIMIT_PAGE);
        if (rnd(2))
            q.where = STR_NONE;
        size_t n = wanted_points(b, &q, &box, want);
        if (!find_map(b->db, b->a, &q, &box, &m, &e))
            fail_msg("%s: %s", describe(b, &q), e.text);
        if (m.n != (int64_t)n)
            fail_msg("%s (%s): %lld, wanted %zu", describe(b, &q), m.plan, (long long)m.n, n);
        for (size_t k = 0; k < n; k++)
            assert_true(inside(&m.around, want[k]->lon, want[k]->lat));
        if (n > (size_t)q.limit)
            same_squares(b, &q, &m, want, n);
        else
            same_points(b, &q, &m, want, n);
        none += n == 0;
        squares += n > (size_t)q.limit;
        points += n > 0 && n <= (size_t)q.limit;
        by_box += strcmp(m.plan, "box") == 0;
    }
    assert_true(none > 50 && squares > 50 && points > 50 && by_box > 50);
    bench_end(b);
}

/* A type whose playbook names no place has no map; who sees nothing sees no number either. */
static void nothing_to_show(void **state)
{
    START(b)
    struct find_question q = plain_question(b);
    struct find_map m = {.n = 99};
    struct err e = ERR_INIT;
    q.type = STR("t.other");
    assert_true(find_map(b->db, b->a, &q, &FIND_EARTH, &m, &e));
    assert_int_equal(m.n, 0);
    q.type = STR("t.thing");
    q.n_scopes = 0;
    assert_true(find_map(b->db, b->a, &q, &FIND_EARTH, &m, &e));
    assert_int_equal(m.n, 0);
    q.n_scopes = 1;
    q.where = STR("nothing = 1");
    assert_false(find_map(b->db, b->a, &q, &FIND_EARTH, &m, &e));
    assert_int_equal(e.code, ERR_UNKNOWN_FIELD);
    bench_end(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {BOTH(random_boxes), BOTH(nothing_to_show)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
