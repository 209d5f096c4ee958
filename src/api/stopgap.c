/* Stands in for search/find.c while it is being written. */
#include "api/api_int.h"
#include "api/find_stopgap_int.h"
bool find_sort(struct find_question *q, struct str sort, struct err *e)
{
    UNUSED(q);
    return !sort.len || str_is(sort, "-opened") || err_set(e, ERR_INPUT, "sort");
}
bool find_records(struct store *db, struct arena *a, const struct find_question *q,
                  struct find_answer *out, struct err *e)
{
    int64_t after = INT64_MAX;
    const struct playbook *p;
    int i;
    if (q->where.len || q->search.len)
        return err_set(e, ERR_INPUT, "not yet");
    if (!world_type(q->w, q->type, STR_NONE, &p, &i))
        return err_field(e, ERR_INPUT, "type", "there is no such record type");
    struct str type = str_printf(a, "%.*s.%.*s", STR_F(p->id), STR_F(p->records[i].id));
    if (q->after.len && !str_int(q->after, &after))
        return err_field(e, ERR_INPUT, "after", "after");
    *out = (struct find_answer){
        .rows = ARENA_ARRAY(a, struct record *, q->limit), .total = -1, .plan = "scope"};
    struct rows r AUTO(rows_close) =
        store_query(db,
                    q->open_only ? "SELECT rid FROM scope_open WHERE scope=$1 AND type=$2 AND "
                                   "rid<$3 ORDER BY rid DESC LIMIT $4"
                                 : "SELECT rid FROM scope WHERE scope=$1 AND type=$2 AND rid<$3 "
                                   "ORDER BY rid DESC LIMIT $4",
                    BIND(C_TEXT(q->scopes[0]), C_TEXT(type), C_INT(after), C_INT(q->limit)), e);
    while (rows_next(&r)) {
        bool found;
        int64_t rid = rows_int(&r, 0);
        if (!record_load_rid(db, a, rid, &found, &out->rows[out->n], e))
            return false;
        out->n += found;
        out->next = str_printf(a, "%lld", (long long)rid);
    }
    if (out->n < (size_t)q->limit)
        out->next = STR_NONE;
    return !err_is(e);
}
