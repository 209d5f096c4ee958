/* What drives a list question: decided by probes, each of which ends early. */
#include "search/find_int.h"
#include "search/find.sql.h"

/* How far back the n-th newest row lies tells how dense a set is. */
static int64_t nth(const struct find_ask *k)
{
    return k->probe / 5;
}

/* Has the property an index of its own? (record_save's tables, record_due, record_number) */
bool find_indexed(const struct find_ask *k, int slot)
{
    if (slot < SLOT_FIELD)
        return slot == ATTR_number || slot == ATTR_due;
    if (slot >= SLOT_CLOCK)
        return false;
    const struct field *f = &k->def->fields[slot - SLOT_FIELD];
    return (f->filter || f->sort) && !f->many &&
           (!field_detached(f->type) || f->type == FIELD_PLACE);
}

/* Rows of all scopes together, as far as `most`. */
static bool scopes_size(struct find_ask *k, int64_t most, int64_t *out)
{
    const char *sql = k->open ? sql_find_open_size : sql_find_scope_size;
    int64_t sum = 0, n = 0;
    bool found;
    for (int i = 0; i < k->n_scopes && sum < most; i++) {
        if (!store_int(k->db, sql, BIND(C_TEXT(k->scopes[i]), C_TEXT(k->type), C_INT(most - sum)),
                       &found, &n, k->e))
            return false;
        sum += n;
    }
    *out = sum;
    return true;
}

static bool part_size(struct find_ask *k, int part, int64_t most, int64_t *out)
{
    struct find_sql s AUTO(find_sql_free) = find_sql_new(k);
    buf_c(&s.text, "SELECT COUNT(*) FROM (SELECT ");
    if (!find_sql_part(&s, k, part))
        return false;
    buf_printf(&s.text, " LIMIT $%d) q", find_sql_arg(&s, C_INT(most)));
    return find_sql_int(&s, k, out);
}

/* The number of the n-th newest row of the densest scope; 0 when there are fewer. */
static bool scopes_nth(struct find_ask *k, int64_t *out)
{
    const char *sql = k->open ? sql_find_open_nth : sql_find_scope_nth;
    *out = 0;
    for (int i = 0; i < k->n_scopes; i++) {
        int64_t rid = 0;
        bool found;
        if (!store_int(k->db, sql, BIND(C_TEXT(k->scopes[i]), C_TEXT(k->type), C_INT(nth(k))),
                       &found, &rid, k->e))
            return false;
        *out = max64(*out, rid);
    }
    return true;
}

static bool part_nth(struct find_ask *k, int part, int64_t *out)
{
    struct find_sql s AUTO(find_sql_free) = find_sql_new(k);
    *out = 0;
    buf_c(&s.text, "SELECT ");
    if (!find_sql_part(&s, k, part))
        return false;
    buf_printf(&s.text, " ORDER BY rid DESC LIMIT 1 OFFSET $%d", find_sql_arg(&s, C_INT(nth(k))));
    return find_sql_int(&s, k, out);
}

/* The part of the condition that leaves the fewest rows, as far as the probe tells; -1: none. */
static bool best_part(struct find_ask *k, int *part, int64_t *size)
{
    *part = -1;
    *size = k->probe;
    for (int i = 0; i < (int)k->n_parts; i++) {
        const struct expr_part *p = &k->parts[i];
        int64_t n;
        if ((p->use != EXPR_USE_EQUAL && p->use != EXPR_USE_RANGE) || !find_indexed(k, p->slot))
            continue;
        if (!part_size(k, i, *size, &n))
            return false;
        if (n < *size) {
            *part = i;
            *size = n;
        }
    }
    return true;
}

/* Both are large: an equality gives its rows in the order of recording too, so the sparser of the
 * two is walked. */
static bool sparser_part(struct find_ask *k)
{
    int64_t least, n;
    if (!scopes_nth(k, &least))
        return false;
    for (int i = 0; i < (int)k->n_parts; i++) {
        if (k->parts[i].use != EXPR_USE_EQUAL || !find_indexed(k, k->parts[i].slot))
            continue;
        if (!part_nth(k, i, &n))
            return false;
        if (n < least) {
            k->by = BY_PART;
            k->part = i;
            least = n;
        }
    }
    return true;
}

bool find_choose(struct find_ask *k)
{
    int part;
    int64_t rows, have, most = k->keyed ? k->probe * FIND_SORT : k->probe;
    k->by = k->searching ? BY_SEARCH : BY_SCOPE;
    if (k->searching || k->n_scopes == 0 || (!k->keyed && k->n_parts == 0))
        return true;
    if (!best_part(k, &part, &rows) || !scopes_size(k, most, &have))
        return false;
    if (part >= 0 && rows <= have) {
        k->by = BY_PART;
        k->part = part;
        return true;
    }
    if (have < most)
        return true;
    if (!k->keyed)
        return sparser_part(k);
    k->by = BY_KEY;
    return true;
}

bool find_choose_in(struct find_ask *k, const struct find_box *box)
{
    enum { MANY = 50000 }; /* entries of one index, read in their order */
    int64_t inside = 0, have = 0;
    if (!find_choose(k) || k->by != BY_SCOPE || k->n_scopes == 0)
        return !err_is(k->e);
    struct find_sql s AUTO(find_sql_free) = find_sql_new(k);
    buf_c(&s.text, "SELECT COUNT(*) FROM (SELECT 1 FROM spot d");
    find_sql_cells(&s, "d", k, box);
    find_sql_bound(&s, " LIMIT ", C_INT(MANY));
    buf_c(&s.text, ") q");
    if (!find_sql_int(&s, k, &inside) || !scopes_size(k, inside + 1, &have))
        return false;
    if (inside < MANY && inside < have)
        k->by = BY_BOX;
    return true;
}
