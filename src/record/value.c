#include "record/record.h"

struct str record_holder(const struct record *r)
{
    return json_text(r->fields, "$holder");
}

struct str record_opener(const struct record *r)
{
    return json_text(r->fields, "$opener");
}

static void add_unit(struct arena *a, struct json *units, struct str org)
{
    bool has = !org.len;
    JSON_EACH (u, units)
        has |= str_eq(u->s, org);
    if (!has)
        json_push(units, json_new_str(a, org));
}

struct json *record_units(struct arena *a, const struct record *r)
{
    struct json *units = json_new(a, J_ARR);
    add_unit(a, units, record_holder(r));
    add_unit(a, units, record_opener(r));
    JSON_EACH (p, r->parts)
        add_unit(a, units, json_text(p, "org"));
    return units;
}

int64_t record_closed(const struct record *r)
{
    return json_num(r->fields, "$closed", TIME_NONE);
}

bool record_flag(const struct record *r, const char *name)
{
    return json_yes(r->fields, name);
}

struct str record_merged(const struct record *r)
{
    return json_text(r->fields, "$merged");
}

const struct record *record_stored(const struct record *r)
{
    return r->shut ? r->shut : r;
}

bool record_sealed(const struct record *r)
{
    return r->sealed->n > 0;
}

bool record_open(const struct record *r)
{
    return record_closed(r) == TIME_NONE && !record_flag(r, "$void") && !record_merged(r).len;
}

int64_t record_due(const struct record *r)
{
    int64_t due = TIME_NONE;
    if (!record_open(r))
        return TIME_NONE;
    for (size_t i = 0; i < r->n_clocks; i++) {
        const struct clock_run *c = &r->clocks[i];
        if (c->main && c->done == TIME_NONE && c->paused == TIME_NONE)
            due = c->due;
    }
    return due;
}

const struct clock_run *record_next(const struct record *r)
{
    const struct clock_run *first = NULL;
    if (!record_open(r))
        return NULL;
    for (size_t i = 0; i < r->n_clocks; i++) {
        const struct clock_run *c = &r->clocks[i];
        bool own = c->done == TIME_NONE && c->paused == TIME_NONE && !str_is(c->id, "sign") &&
                   !str_starts(c->id, STR("share"));
        if (own && (!first || c->due < first->due))
            first = c;
    }
    return first;
}

const struct clock_run *record_clock_last(const struct record *r, struct str id)
{
    const struct clock_run *last = NULL;
    for (size_t i = 0; i < r->n_clocks; i++)
        if (str_eq(r->clocks[i].id, id) && (!last || r->clocks[i].n > last->n))
            last = &r->clocks[i];
    return last;
}

struct json *record_part(const struct record *r, int64_t i)
{
    JSON_EACH (p, r->parts)
        if (json_num(p, "i", -1) == i)
            return p;
    return NULL;
}

int64_t record_next_part(const struct record *r)
{
    int64_t n = 0;
    JSON_EACH (p, r->parts)
        n = max64(n, json_num(p, "i", 0));
    return n + 1;
}

int64_t record_open_parts(const struct record *r, const char *kind)
{
    int64_t n = 0;
    JSON_EACH (p, r->parts) {
        if (!json_yes(p, "open"))
            continue;
        n += kind ? str_is(json_text(p, "kind"), kind) : json_yes(p, "blocks");
    }
    return n;
}

void field_value(const struct field *f, const struct json *v, struct xvalue *out)
{
    int decimals = 0;
    *out = (struct xvalue){.type = field_xtype(f, &decimals), .null = json_empty(v)};
    out->decimals = decimals;
    if (out->null || out->type == X_PRESENT)
        return;
    switch (v->kind) {
    case J_INT:
        out->i = v->i;
        break;
    case J_TRUE:
    case J_FALSE:
        out->i = v->kind == J_TRUE;
        break;
    case J_STR:
        out->s = v->s;
        break;
    case J_NULL:
    case J_DEC:
    case J_ARR:
    case J_OBJ:
        out->null = out->type != X_PLACE;
        break;
    }
}

static void time_value(int64_t v, struct xvalue *out)
{
    out->i = v;
    out->null = v == TIME_NONE;
}

static void text_value(struct str s, struct xvalue *out)
{
    out->s = s;
    out->null = !s.len;
}

static void attribute(const struct record *r, enum attribute at, struct xvalue *out)
{
    static const enum xtype TYPES[] = {
#define X(name, type, column) type,
        ATTRIBUTE_LIST(X)
#undef X
    };
    *out = (struct xvalue){.type = TYPES[at]};
    switch (at) {
    case ATTR_state:
        text_value(r->state, out);
        break;
    case ATTR_number:
        text_value(r->number, out);
        break;
    case ATTR_area:
        text_value(r->code, out);
        break;
    case ATTR_holder:
        text_value(record_holder(r), out);
        break;
    case ATTR_opened:
        out->i = r->opened;
        break;
    case ATTR_recorded:
        out->i = r->recorded;
        break;
    case ATTR_closed:
        time_value(record_closed(r), out);
        break;
    case ATTR_due:
        time_value(record_due(r), out);
        break;
    case ATTR_merged_into:
        text_value(record_merged(r), out);
        break;
    case ATTR_void:
        out->i = record_flag(r, "$void");
        break;
    case ATTR_reopened:
        out->i = record_flag(r, "$reopened");
        break;
    case ATTR_late:
        out->i = record_flag(r, "$late");
        break;
    case ATTR_sealed:
        out->i = record_flag(r, "$sealed");
        break;
    case ATTR_returns:
        out->i = json_num(r->fields, "$returns", 0);
        break;
    case ATTR_hops:
        out->i = json_num(r->fields, "$hops", 0);
        break;
    case ATTR_COUNT:
        break;
    }
}

void record_value(const struct record *r, const struct record_def *def, int slot,
                  struct xvalue *out)
{
    if (slot >= 0 && slot < ATTR_COUNT) {
        attribute(r, (enum attribute)slot, out);
        return;
    }
    *out = (struct xvalue){.null = true};
    if (slot >= SLOT_CLOCK && slot < SLOT_FORM) {
        int k = slot - SLOT_CLOCK;
        const struct clock_run *c = record_clock_last(r, def->clocks[k / 4].id);
        out->type = X_TIME;
        if (c)
            time_value(k % 4 == 0 ? c->start : k % 4 == 1 ? c->due : c->done, out);
    } else if (slot >= SLOT_FIELD && slot < SLOT_CLOCK) {
        const struct field *f = &def->fields[slot - SLOT_FIELD];
        field_value(f, json_get_str(r->fields, f->id), out);
    }
}

struct str detached_commitment(struct arena *a, const uint8_t salt[static 32], struct str plain)
{
    struct str parts[] = {{"bihuan.d1\0", 10}, {(const char *)salt, 32}, plain};
    struct hash h = hash_parts(parts, COUNT_OF(parts));
    return base64_of(a, HASH_STR(h), true);
}

/* What the ciphertext is bound to: the event and the number of the value in it. */
static struct str bound_to(struct arena *a, struct id event, int64_t k)
{
    char id[ID_TEXT + 1];
    id_format(event, id);
    return str_printf(a, "%s|%lld", id, (long long)k);
}

void detached_make(struct arena *a, struct detached *d, struct id event,
                   const uint8_t dek[static CIPHER_KEY])
{
    random_bytes(d->salt, sizeof d->salt);
    d->commitment = detached_commitment(a, d->salt, d->plain);
    uint8_t *out = arena_alloc(a, d->plain.len + CIPHER_EXTRA);
    cipher_seal(dek, bound_to(a, event, d->k), d->plain, out);
    d->sealed = (struct str){(char *)out, d->plain.len + CIPHER_EXTRA};
}

bool detached_open(struct arena *a, struct id event, int64_t k, struct str sealed,
                   const uint8_t dek[static CIPHER_KEY], struct str *plain)
{
    if (sealed.len < CIPHER_EXTRA)
        return false;
    size_t len = sealed.len - CIPHER_EXTRA;
    uint8_t *out = arena_alloc(a, len + 1);
    if (!cipher_open(dek, bound_to(a, event, k), sealed, out))
        return false;
    *plain = (struct str){(char *)out, len};
    return true;
}
