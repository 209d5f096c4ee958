/* Names of areas, codes and units as people write them in tables. */
#include "exchange/mapping_int.h"

struct name_index *names_new(struct arena *a)
{
    struct name_index *x = ARENA_NEW(a, struct name_index);
    x->a = a;
    x->cap = 64;
    x->slots = ARENA_ARRAY(a, struct name_slot, x->cap);
    return x;
}

static struct name_slot *place_of(struct name_slot *slots, size_t cap, struct str name)
{
    size_t i = (size_t)str_hash(name) & (cap - 1);
    while (slots[i].used && !str_eq(slots[i].name, name))
        i = (i + 1) & (cap - 1);
    return &slots[i];
}

static void widen(struct name_index *x)
{
    size_t cap = x->cap * 2;
    struct name_slot *slots = ARENA_ARRAY(x->a, struct name_slot, cap);
    for (size_t i = 0; i < x->cap; i++)
        if (x->slots[i].used)
            *place_of(slots, cap, x->slots[i].name) = x->slots[i];
    x->slots = slots;
    x->cap = cap;
}

void names_add(struct name_index *x, struct str folded, int to)
{
    if (!folded.len)
        return;
    if (x->n * 2 >= x->cap)
        widen(x);
    struct name_slot *s = place_of(x->slots, x->cap, folded);
    if (s->used) {
        if (s->to != to)
            s->to = NAME_TWICE;
        return;
    }
    *s = (struct name_slot){folded, to, true};
    x->n++;
}

int names_find(const struct name_index *x, struct str folded)
{
    const struct name_slot *s = place_of(x->slots, x->cap, folded);
    return s->used ? s->to : NAME_NONE;
}

struct str names_fold(struct arena *a, struct str s)
{
    char *out = arena_alloc(a, s.len + 1);
    size_t n = 0;
    s = str_trim(s);
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (blank && (n == 0 || out[n - 1] == ' ' || out[n - 1] == '/'))
            continue;
        if (c == '/' && n && out[n - 1] == ' ')
            n--;
        if (c == '/' && n == 0)
            continue;
        out[n++] = blank ? ' ' : c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
    }
    while (n && (out[n - 1] == ' ' || out[n - 1] == '/'))
        n--;
    return (struct str){out, n};
}

/* Names from the root down, joined; without the root when that is asked for. */
static struct str path_of(struct arena *a, const struct world *w, int area, const char *sep,
                          bool root)
{
    int up[LIMIT_AREA_DEPTH + 1], n = 0;
    for (int i = area; i >= 0 && n <= LIMIT_AREA_DEPTH; i = w->areas[i].parent)
        up[n++] = i;
    struct buf b = BUF(64 * 1024);
    for (int k = n - 1 - !root; k >= 0; k--) {
        if (b.len)
            buf_c(&b, sep);
        buf_str(&b, str_trim(w->areas[up[k]].name));
    }
    struct str s = buf_dup(a, &b);
    buf_free(&b);
    return s;
}

/* Puts in what is not there yet and means one thing only. */
static void take_over(struct name_index *all, const struct name_index *more)
{
    for (size_t i = 0; i < more->cap; i++) {
        const struct name_slot *s = &more->slots[i];
        if (s->used && s->to >= 0 && names_find(all, s->name) == NAME_NONE)
            names_add(all, s->name, s->to);
    }
}

/* Codes first, then whole paths, then paths without the root, then bare names. */
struct name_index *names_areas(struct arena *a, const struct world *w)
{
    struct name_index *all = names_new(a), *paths = names_new(a), *rest = names_new(a),
                      *bare = names_new(a);
    for (int i = 0; i < w->n_areas; i++) {
        names_add(all, names_fold(a, w->areas[i].code), i);
        if (w->areas[i].to != DAY_NONE) /* a name of today means an area of today */
            continue;
        static const char *const SEPS[] = {"/", ""};
        for (size_t k = 0; k < COUNT_OF(SEPS); k++) {
            names_add(paths, names_fold(a, path_of(a, w, i, SEPS[k], true)), i);
            names_add(rest, names_fold(a, path_of(a, w, i, SEPS[k], false)), i);
        }
        names_add(bare, names_fold(a, w->areas[i].name), i);
    }
    take_over(all, paths);
    take_over(all, rest);
    take_over(all, bare);
    return all;
}

struct name_index *names_codes(struct arena *a, const struct code_list *l)
{
    struct name_index *x = names_new(a);
    for (int i = 0; i < l->n; i++) {
        names_add(x, names_fold(a, l->codes[i].name.zh), i);
        names_add(x, names_fold(a, l->codes[i].name.en), i);
    }
    return x;
}

struct name_index *names_orgs(struct arena *a, const struct world *w)
{
    struct name_index *x = names_new(a);
    for (int i = 0; i < w->n_orgs; i++)
        if (!w->orgs[i].closed)
            names_add(x, names_fold(a, w->orgs[i].name), i);
    return x;
}

struct str mapping_code(struct arena *a, const struct code_list *l, const struct name_index *names,
                        struct str text, bool *twice)
{
    text = str_trim(text);
    *twice = false;
    if (list_code(l, text) >= 0)
        return text;
    int i = names_find(names, names_fold(a, text));
    *twice = i == NAME_TWICE;
    return i >= 0 ? l->codes[i].code : STR_NONE;
}

int mapping_area(const struct import_map *m, struct str text, bool *above)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct str path = names_fold(a, text);
    *above = false;
    while (path.len) {
        int i = names_find(m->areas, path);
        if (i < 0)
            i = world_area(m->w, path); /* 3601 for 360100000000 */
        if (i >= 0)
            return i;
        size_t cut = path.len;
        while (cut && path.ptr[cut - 1] != '/')
            cut--;
        path.len = cut ? cut - 1 : 0;
        *above = true;
    }
    return -1;
}
