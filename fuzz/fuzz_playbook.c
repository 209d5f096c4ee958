/* A playbook from anywhere: loaded, or refused with at least one complaint.
 *
 * What was loaded must be usable: the loader's promises on indices are read through once. */
#include "playbook/playbook.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_record(const struct playbook *p, const struct record_def *r)
{
    for (int i = 0; i < r->n_fields; i++) {
        const struct field *f = &r->fields[i];
        ASSERT(record_field(r, f->id) == i);
        ASSERT(f->type != FIELD_CODE || (f->codes >= 0 && f->codes < p->n_lists));
        ASSERT(f->type != FIELD_COMPUTED || f->computed_expr);
    }
    for (int i = 0; i < r->n_actions; i++) {
        const struct action *a = &r->actions[i];
        for (int k = 0; k < a->n_form; k++)
            ASSERT(a->form[k].field < r->n_fields && a->form[k].field >= FORM_ATTR(ATTR_COUNT));
        for (int k = 0; k < a->n_does; k++)
            ASSERT(a->does[k] >= 0 && a->does[k] < r->n_actions);
        for (int k = 0; k < a->n_sets; k++)
            ASSERT(a->sets[k].expr && a->sets[k].field >= 0);
        for (int k = 0; k < a->n_guards; k++)
            ASSERT(a->guards[k].expr);
    }
}

static void use(const struct playbook *p)
{
    ASSERT(p->id.len > 0);
    for (int i = 0; i < p->n_lists; i++)
        for (int k = 0; k < p->lists[i].n; k++)
            ASSERT(list_code(&p->lists[i], p->lists[i].codes[k].code) == k &&
                   list_at_level(&p->lists[i], k, 1) >= 0);
    for (int i = 0; i < p->n_mappings; i++)
        for (int k = 0; k < p->lists[p->mappings[i].from].n; k++)
            mapping_of(p, &p->mappings[i], p->lists[p->mappings[i].from].codes[k].code, 20000);
    for (int i = 0; i < p->n_records; i++)
        use_record(p, &p->records[i]);
    for (int i = 0; i < p->n_indicators; i++) {
        const struct indicator *ind = &p->indicators[i];
        ASSERT(ind->n_term < p->n_terms && ind->d_term < p->n_terms);
        ASSERT(ind->pending || ind->n_term >= 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct complaints c;
    static const struct zone *zone;
    struct err e = ERR_INIT;
    if (!zone && !zone_load("Asia/Shanghai", &zone, &e))
        abort();
    struct playbook *p = playbook_load((struct str){(const char *)data, size}, zone, &c);
    ASSERT((p == NULL) == (c.n > 0));
    for (int i = 0; i < c.n; i++)
        ASSERT(c.list[i].line > 0 && c.list[i].text[0] && str_utf8_ok(str_of(c.list[i].text)));
    if (p)
        use(p);
    playbook_free(p);
    return 0;
}
