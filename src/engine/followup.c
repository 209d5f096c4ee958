/* Follow-ups: rounds that are planned, answered, missed and left out.  A round has a part for each party that it
 * asks; a party is known by the field it stands in and by its row there, never by a name. */
#include "clock/notice.h"
#include "engine/decide_int.h"

/* ---- planning ---- */

static const struct follow_rule *rule_for(struct deciding *d, const struct follow_up *f)
{
    struct str grade = STR_NONE;
    if (f->grade >= 0)
        grade = json_text(d->work->fields, str_c(d->a, d->def->fields[f->grade].id));
    const struct follow_rule *other = NULL;
    for (int i = 0; i < f->n_rules; i++) {
        if (f->rules[i].grade.len && str_eq(f->rules[i].grade, grade))
            return &f->rules[i];
        if (!f->rules[i].grade.len)
            other = &f->rules[i];
    }
    return other;
}

static void plan_part(struct deciding *d, const struct follow_up *f, int round, int32_t due, int side, int64_t row)
{
    struct json *p = draft_part(d, 0, "follow_up");
    part_set(d, p, "plan", f->id);
    part_int(d, p, "round", round);
    if (side >= 0) {
        part_set(d, p, "party", d->def->fields[side].id);
        part_int(d, p, "row", row);
    }
    part_int(d, p, "due", due);
    struct str centre = hold_centre(d);
    if (centre.len)
        part_set(d, p, "org", centre); /* calls back, as who holds it does */
    part_flag(d, p, "open", true);
}

/* Rows of a table have numbers of their own; of a list, the place in it; one value is row 1.  A party
 * of whom nothing was written down is asked too: people need not leave their names. */
static void plan_party(struct deciding *d, const struct follow_up *f, int round, int32_t due, int side)
{
    const struct field *x = &d->def->fields[side];
    bool table = x->type == FIELD_TABLE;
    const struct json *v = json_get_str(table ? d->draft->body.rows : d->draft->body.set, x->id);
    if (!v)
        v = json_get_str(d->work->fields, x->id);
    int64_t row = 0;
    JSON_EACH (item, json_is(v, J_ARR) ? v : NULL) {
        row++;
        if (!json_yes(item, "del"))
            plan_part(d, f, round, due, side, table ? json_num(item, "i", row) : row);
    }
    if (!row)
        plan_part(d, f, round, due, side, 1);
}

static void plan_round(struct deciding *d, const struct follow_up *f, int round, int32_t due)
{
    for (int i = 0; i < f->n_each; i++)
        plan_party(d, f, round, due, f->each[i]);
    if (!f->n_each)
        plan_part(d, f, round, due, -1, 0);
}

/* The rounds that its rules ask for, as parts with a due day; their number. */
static int plan(struct deciding *d, const struct follow_up *f)
{
    struct xcontext c;
    deciding_context(d, &c);
    if (f->when && !expr_true(f->when, &c))
        return 0;
    const struct follow_rule *rule = rule_for(d, f);
    struct xvalue base = {.null = true};
    if (f->base >= 0)
        c.get(c.self, SLOT_FIELD + f->base, &base);
    int32_t day = base.null ? zone_day(d->w->zone, d->at) : (int32_t)base.i;
    for (int k = 0; rule && k < rule->n; k++) {
        int64_t from = zone_start(d->w->zone, day) + MS_DAY / 2;
        int64_t due = calendar_shift(d->s->calendar, d->w->zone, from, rule->at[k].n,
                                     clock_unit(rule->at[k].unit));
        plan_round(d, f, k + 1, zone_day(d->w->zone, due));
    }
    return rule ? rule->n : 0;
}

void follow_ups_plan(struct deciding *d, int state)
{
    for (int i = 0; i < d->def->n_follow_ups; i++)
        if (!d->def->follow_ups[i].drawn && d->def->follow_ups[i].after == state)
            plan(d, &d->def->follow_ups[i]);
}

int follow_ups_drawn(struct deciding *d)
{
    int n = 0;
    for (int i = 0; i < d->def->n_follow_ups; i++)
        if (d->def->follow_ups[i].drawn)
            n += plan(d, &d->def->follow_ups[i]);
    return n;
}

/* ---- answering ---- */

static bool refuse_part(struct deciding *d, enum err_code code, const char *en, const char *zh)
{
    err_field(d->e, code, "part", "%s", en);
    return err_zh(d->e, "%s", zh);
}

static bool same_round(const struct json *a, const struct json *b)
{
    return str_eq(json_text(a, "plan"), json_text(b, "plan")) &&
           json_num(a, "round", 0) == json_num(b, "round", 0) && json_num(a, "due", 0) == json_num(b, "due", 0);
}

static bool waits(const struct json *p, struct str kind)
{
    return str_eq(json_text(p, "kind"), kind) && json_yes(p, "open");
}

const struct json *follow_up_first(const struct record *r, struct str kind)
{
    const struct json *first = NULL;
    JSON_EACH (p, r->parts)
        if (waits(p, kind) && (!first || json_num(p, "due", 0) < json_num(first, "due", 0)))
            first = p;
    return first;
}

bool follow_up_waits(const struct record *r, const struct json *p, struct str kind)
{
    const struct json *first = follow_up_first(r, kind);
    return first && waits(p, kind) && same_round(first, p);
}

/* The part that the request names (by `part`, its number, or by `party`, the field it stands in), or the
 * only one that waits in the round that is due first.  NULL when none is planned: a contact may also
 * be made beside the plan, and then it is nobody's part. */
static bool named_part(struct deciding *d, struct str kind, const struct json **out)
{
    int64_t part = json_num(d->input, "part", 0);
    struct str party = json_text(d->input, "party");
    int n = 0;
    *out = NULL;
    JSON_EACH (p, d->work->parts) {
        if (part ? !waits(p, kind) || json_num(p, "i", 0) != part : !follow_up_waits(d->work, p, kind))
            continue;
        if (party.len && !str_eq(json_text(p, "party"), party))
            continue;
        *out = p;
        n++;
    }
    if (n > 1)
        return refuse_part(d, ERR_REQUIRED, "several parties are to be asked: say which one answers (part)",
                           "请选择回访的是哪一方当事人");
    if (!n && (part || party.len))
        return refuse_part(d, ERR_WRONG_STATE, "this party is not waiting for a follow-up", "这一方没有待做的回访");
    return true;
}

static const struct follow_up *rule_of(const struct record_def *def, const struct json *part)
{
    for (int i = 0; i < def->n_follow_ups; i++)
        if (str_eq(def->follow_ups[i].id, json_text(part, "plan")))
            return &def->follow_ups[i];
    return NULL;
}

/* As it was given, or as the action sets it: who left a party out is not asked. */
static const struct json *answer_of(const struct deciding *d, const struct action *act, int field)
{
    struct str id = d->def->fields[field].id;
    const struct json *v = json_get_str(d->form, id);
    for (int i = 0; !v && i < act->n_sets; i++)
        if (act->sets[i].field == field) {
            v = json_get_str(d->draft->body.set, id);
            return v ? v : json_get_str(d->work->fields, id);
        }
    return v;
}

/* What this party said stands in its part; the record's own fields keep the newest answer of anybody. */
static void keep_answers(struct deciding *d, const struct action *act, const struct follow_up *f, struct json *p)
{
    for (int i = 0; f && i < f->n_asks; i++) {
        struct str id = d->def->fields[f->asks[i]].id;
        const struct json *v = answer_of(d, act, f->asks[i]);
        if (!json_empty(v))
            json_set(d->a, p, id, json_clone(d->a, v));
    }
}

static void end_part(struct deciding *d, const struct action *act, struct json *p, const char *outcome)
{
    part_flag(d, p, "open", false);
    part_int(d, p, "done", d->at);
    part_set(d, p, "by", str_of(d->ask->actor->by));
    part_set(d, p, "act", act->id);
    part_set(d, p, "outcome", str_of(outcome));
}

static bool answer(struct deciding *d, const struct action *act)
{
    const struct json *part;
    if (!named_part(d, act->answers, &part))
        return false;
    if (!part)
        return true;
    struct json *p = draft_part(d, json_num(part, "i", 0), NULL);
    keep_answers(d, act, rule_of(d->def, part), p);
    end_part(d, act, p, "answered");
    return true;
}

/* Not asked at all, for a reason that the form asks: it leaves what is counted, and is counted apart. */
static bool leave_out(struct deciding *d, const struct action *act)
{
    const struct json *part;
    if (!named_part(d, act->leaves_out, &part))
        return false;
    if (!part)
        return refuse_part(d, ERR_WRONG_STATE, "no follow-up is planned", "没有待做的回访");
    struct json *p = draft_part(d, json_num(part, "i", 0), NULL);
    keep_answers(d, act, rule_of(d->def, part), p);
    end_part(d, act, p, "left_out");
    return true;
}

/* So many attempts that failed, each on a day of its own, end the part; it stays in what is counted. */
static bool miss(struct deciding *d, const struct action *act)
{
    const struct json *part;
    int32_t today = zone_day(d->w->zone, d->at);
    if (!named_part(d, act->misses, &part))
        return false;
    if (!part)
        return refuse_part(d, ERR_WRONG_STATE, "no follow-up is planned", "没有待做的回访");
    if (!json_empty(json_get(part, "day")) && json_num(part, "day", 0) >= today)
        return refuse_part(d, ERR_GUARD, "one attempt a day counts", "同一天只记一次，换一天再联系");
    const struct follow_up *f = rule_of(d->def, part);
    struct json *p = draft_part(d, json_num(part, "i", 0), NULL);
    int64_t n = json_num(part, "misses", 0) + 1;
    keep_answers(d, act, f, p);
    part_int(d, p, "misses", n);
    part_int(d, p, "day", today);
    if (f && n >= f->misses)
        end_part(d, act, p, "unreached");
    return true;
}

bool follow_up_act(struct deciding *d, const struct action *act)
{
    return (!act->answers.len || answer(d, act)) && (!act->misses.len || miss(d, act)) &&
           (!act->leaves_out.len || leave_out(d, act));
}

/* ---- counting ---- */

/* What a condition under `counts` reads: of the part what belongs to it, the rest of the record. */
struct counted {
    struct xcontext record;
    struct deciding *d;
    const struct follow_up *f;
    const struct json *part;
};

static void read_part(void *self, int slot, struct xvalue *out)
{
    struct counted *c = self;
    if (slot == ATTR_closed || slot == ATTR_due) {
        const struct json *v = json_get(c->part, slot == ATTR_closed ? "done" : "due");
        bool day = slot == ATTR_due;
        *out = (struct xvalue){.type = X_TIME, .null = !json_is(v, J_INT)};
        if (!out->null)
            out->i = day ? zone_start(c->d->w->zone, (int32_t)v->i) : v->i;
        return;
    }
    for (int i = 0; i < c->f->n_asks; i++) {
        if (slot != SLOT_FIELD + c->f->asks[i])
            continue;
        const struct field *f = &c->d->def->fields[c->f->asks[i]];
        field_value(f, json_get_str(c->part, f->id), out);
        return;
    }
    c->record.get(c->record.self, slot, out);
}

/* The part as it will be: what the record has, with what this draft changes. */
static const struct json *part_after(struct deciding *d, const struct json *p)
{
    struct json *out = NULL;
    JSON_EACH (x, d->draft->body.parts) {
        if (json_num(x, "i", 0) != json_num(p, "i", -1))
            continue;
        out = out ? out : json_clone(d->a, p);
        JSON_EACH (v, x)
            json_set(d->a, out, v->key, json_clone(d->a, v));
    }
    return out ? out : p;
}

/* Parts that ended without having been asked (the matter was reopened) do not count. */
static bool is_counted(const struct json *p)
{
    return str_is(json_text(p, "kind"), "follow_up") &&
           (json_yes(p, "open") || !json_empty(json_get(p, "outcome")));
}

/* An array of the parts that may count, of the record and of the draft, as they will be. */
static const struct json **counted_parts(struct deciding *d, size_t *n)
{
    size_t cap = 0;
    const struct json **out = NULL, *lists[] = {d->work->parts, d->draft->body.parts};
    *n = 0;
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        JSON_EACH (p, lists[i]) {
            if (i && record_part(d->work, json_num(p, "i", 0)))
                continue;
            const struct json *after = i ? p : part_after(d, p);
            if (!is_counted(after))
                continue;
            out = arena_grow(d->a, out, *n, &cap, sizeof *out);
            out[(*n)++] = after;
        }
    return out;
}

static int64_t count_parts(struct deciding *d, const struct follow_up *f, const struct follow_count *k,
                           const struct json **parts, size_t n_parts)
{
    struct counted c = {.d = d, .f = f};
    deciding_context(d, &c.record);
    struct xcontext x = c.record;
    x.self = &c;
    x.get = read_part;
    x.has = NULL;
    x.open = NULL;
    x.rows = NULL;
    int64_t n = 0;
    for (size_t i = 0; i < n_parts; i++) {
        c.part = parts[i];
        if (str_eq(json_text(c.part, "plan"), f->id))
            n += !k->where || expr_true(k->where, &x);
    }
    return n;
}

/* Several follow-ups may count into one field. */
void follow_ups_count(struct deciding *d)
{
    bool any = false;
    size_t n_parts;
    if (!d->def->n_follow_ups)
        return;
    const struct json **parts = counted_parts(d, &n_parts);
    int64_t *sums = ARENA_ARRAY(d->a, int64_t, d->def->n_fields);
    bool *counted = ARENA_ARRAY(d->a, bool, d->def->n_fields);
    for (int i = 0; i < d->def->n_follow_ups; i++)
        for (int k = 0; k < d->def->follow_ups[i].n_counts; k++) {
            const struct follow_count *c = &d->def->follow_ups[i].counts[k];
            counted[c->field] = true;
            sums[c->field] += count_parts(d, &d->def->follow_ups[i], c, parts, n_parts);
        }
    for (int f = 0; f < d->def->n_fields; f++) {
        struct str id = d->def->fields[f].id;
        if (!counted[f])
            continue;
        const struct json *was = json_get_str(d->work->fields, id);
        if ((json_is(was, J_INT) ? was->i : 0) == sums[f])
            continue;
        json_set(d->a, d->draft->body.set, id, json_new_int(d->a, sums[f]));
        any = true;
    }
    if (any)
        draft_derive(d);
}
