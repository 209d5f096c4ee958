#include "access/actor.h"

static const struct {
    const char *code, *zh, *en;
    enum role_scope scope;
    unsigned permissions;
} ROLES[] = {
#define X(code, zh, en, scope, perms) {#code, zh, en, scope, perms},
    ROLE_LIST(X)
#undef X
};

struct str role_code(enum role r)
{
    return r == ROLE_NONE ? STR("") : str_of(ROLES[r].code);
}

enum role role_of(struct str code)
{
    for (int i = 0; i < ROLE_COUNT; i++)
        if (str_is(code, ROLES[i].code))
            return (enum role)i;
    return ROLE_NONE;
}

const char *role_name(enum role r, bool zh)
{
    return zh ? ROLES[r].zh : ROLES[r].en;
}

enum role_scope role_scope(enum role r)
{
    return ROLES[r].scope;
}

unsigned role_permissions(enum role r)
{
    return ROLES[r].permissions;
}

static struct actor nobody(enum actor_kind kind, const char *by)
{
    struct actor a = {.kind = kind};
    snprintf(a.by, sizeof a.by, "%s", by);
    return a;
}

struct actor actor_operator(void)
{
    return nobody(ACTOR_OPERATOR, "operator");
}

struct actor actor_clock(void)
{
    return nobody(ACTOR_CLOCK, "clock");
}

struct actor actor_resident(int64_t rid)
{
    struct actor a = nobody(ACTOR_RESIDENT, "resident");
    a.only = rid;
    return a;
}

unsigned actor_permissions(const struct actor *a)
{
    unsigned p = 0;
    if (a->kind == ACTOR_OPERATOR)
        return ~0u;
    for (int i = 0; i < a->n_grants; i++)
        p |= ROLES[a->grants[i].role].permissions;
    return a->kind == ACTOR_ACCOUNT ? p | PERM_SELF : p;
}

static bool has_unit(const struct json *units, const char *org)
{
    JSON_EACH (u, units)
        if (str_is(u->s, org))
            return true;
    return false;
}

enum role actor_role(const struct actor *a, const struct world *w, unsigned permission,
                     const struct str *roles, int n, int area, const struct json *units)
{
    for (int i = 0; i < a->n_grants; i++) {
        const struct grant *g = &a->grants[i];
        bool named = n == 0;
        for (int k = 0; k < n; k++)
            named |= str_is(roles[k], ROLES[g->role].code);
        if (!named || !(ROLES[g->role].permissions & permission))
            continue;
        bool mine = a->org[0] && has_unit(units, a->org);
        bool covers = world_area_below(w, area, world_area_by_id(w, g->area));
        if (mine || (covers && ROLES[g->role].scope == SCOPE_AREA))
            return g->role;
    }
    return ROLE_NONE;
}

bool actor_sees(const struct actor *a, const struct world *w, const struct record *r)
{
    if (a->kind == ACTOR_OPERATOR || a->kind == ACTOR_CLOCK)
        return true;
    if (a->kind != ACTOR_ACCOUNT)
        return a->only == r->rid;
    struct arena *tmp AUTO(arena_freep) = arena_new();
    /* a sealed matter lies in its county for all but its units */
    return actor_role(a, w, PERM_READ, NULL, 0, world_area_by_id(w, record_stored(r)->area),
                      record_units(tmp, r)) != ROLE_NONE;
}

static int add_area(const struct world *w, int *areas, int n, int area)
{
    for (int i = 0; i < n; i++)
        if (world_area_below(w, area, areas[i]))
            return n; /* covered already */
    int kept = 0;
    for (int i = 0; i < n; i++)
        if (!world_area_below(w, areas[i], area))
            areas[kept++] = areas[i];
    areas[kept++] = area;
    return kept;
}

int actor_scopes(const struct actor *a, const struct world *w, int area, unsigned permission,
                 struct arena *arena, struct str out[static LIMIT_SCOPES])
{
    int areas[ACTOR_GRANTS + 1], n = 0, count = 0;
    bool unit = false;
    if (a->kind == ACTOR_OPERATOR) {
        if (area >= 0) {
            areas[n++] = area;
        } else {
            for (int i = 0; i < w->n_areas && n < ACTOR_GRANTS; i++)
                if (w->areas[i].parent < 0)
                    areas[n++] = i;
        }
    }
    for (int i = 0; i < a->n_grants; i++) {
        const struct grant *g = &a->grants[i];
        if (!(ROLES[g->role].permissions & permission))
            continue;
        unit = true;
        int own = world_area_by_id(w, g->area);
        if (ROLES[g->role].scope == SCOPE_UNIT || own < 0)
            continue;
        if (area < 0 || world_area_below(w, own, area))
            n = add_area(w, areas, n, own);
        else if (world_area_below(w, area, own))
            n = add_area(w, areas, n, area);
    }
    for (int i = 0; i < n && count < LIMIT_SCOPES; i++)
        out[count++] = str_printf(arena, "a%lld", (long long)w->areas[areas[i]].aid);
    if (unit && a->org[0] && area < 0 && count < LIMIT_SCOPES)
        out[count++] = str_printf(arena, "o%s", a->org);
    return count;
}

bool actor_counts(const struct actor *a, const struct world *w, int area)
{
    if (a->kind == ACTOR_OPERATOR)
        return true;
    for (int i = 0; i < a->n_grants; i++)
        if ((ROLES[a->grants[i].role].permissions & PERM_COUNT) &&
            world_area_below(w, area, world_area_by_id(w, a->grants[i].area)))
            return true;
    return false;
}
