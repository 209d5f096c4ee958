/* Finding things by their id, codes by their level, and codes of other lists. */
#include "playbook/playbook_int.h"

int playbook_record(const struct playbook *p, struct str id)
{
    return idset_find(set_records(p), id);
}

int playbook_list(const struct playbook *p, struct str id)
{
    return idset_find(set_lists(p), id);
}

int playbook_indicator(const struct playbook *p, struct str id)
{
    return idset_find(IDSET("indicator", p->indicators, p->n_indicators), id);
}

int record_field(const struct record_def *r, struct str id)
{
    return idset_find(set_fields(r), id);
}

int record_action(const struct record_def *r, struct str id)
{
    return idset_find(set_actions(r), id);
}

int record_state(const struct record_def *r, struct str id)
{
    return idset_find(set_states(r), id);
}

int record_clock(const struct record_def *r, struct str id)
{
    return idset_find(set_clocks(r), id);
}

int record_document(const struct record_def *r, struct str id)
{
    return idset_find(set_documents(r), id);
}

int list_code(const struct code_list *l, struct str code)
{
    int low = 0, high = l->n;
    while (low < high) {
        int middle = low + (high - low) / 2;
        int c = str_cmp(l->codes[l->by_code[middle]].code, code);
        if (c == 0)
            return l->by_code[middle];
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

int list_at_level(const struct code_list *l, int code, int level)
{
    ASSERT(level >= 1);
    while (code >= 0 && l->codes[code].level > level)
        code = l->codes[code].parent;
    return code >= 0 && l->codes[code].level == level ? code : -1;
}

static struct str row_of(const struct mapping *m, struct str code, int32_t day)
{
    for (int i = 0; i < m->n; i++) {
        const struct mapping_row *r = &m->rows[i];
        bool valid = (r->valid_from == DAY_NONE || day >= r->valid_from) &&
                     (r->valid_to == DAY_NONE || day <= r->valid_to);
        if (valid && str_eq(r->from, code))
            return r->to;
    }
    return STR_NONE;
}

struct str mapping_of(const struct playbook *p, const struct mapping *m, struct str code,
                      int32_t day)
{
    const struct code_list *from = &p->lists[m->from];
    for (int i = list_code(from, code); i >= 0; i = from->codes[i].parent) {
        struct str to = row_of(m, from->codes[i].code, day);
        if (to.ptr)
            return to;
    }
    return STR_NONE;
}

bool field_detached(enum field_type t)
{
    return t == FIELD_TEXT || t == FIELD_PLACE || t == FIELD_PERSON || t == FIELD_FILE;
}

static const char *const type_names[] = {"text",    "number", "integer", "money", "date",    "time",
                                         "boolean", "code",   "area",    "place", "record",  "org",
                                         "account", "person", "file",    "table", "computed"};

const char *field_type_name(enum field_type t)
{
    ASSERT((size_t)t < COUNT_OF(type_names));
    return type_names[t];
}

static const struct {
    const char *suffix;
    enum span_unit unit;
} UNITS[] = {{"wd", SPAN_WORKDAYS}, {"mo", SPAN_MONTHS}, {"h", SPAN_HOURS}, {"d", SPAN_DAYS}};

const char *span_word(enum span_unit unit)
{
    size_t i = 0;
    while (UNITS[i].unit != unit)
        i++;
    return UNITS[i].suffix;
}

bool span_parse(struct str text, struct span *out)
{
    for (size_t i = 0; i < COUNT_OF(UNITS); i++) {
        struct str suffix = str_of(UNITS[i].suffix);
        int64_t n;
        if (!str_ends(text, suffix))
            continue;
        if (!str_int((struct str){text.ptr, text.len - suffix.len}, &n))
            return false;
        if (n < -100000 || n > 100000) /* eleven years in hours */
            return false;
        *out = (struct span){n, UNITS[i].unit};
        return true;
    }
    return false;
}
