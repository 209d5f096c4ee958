#include "http/http_int.h"

/* A tree with one node a segment.  Matching goes down it once and goes back only where a fixed
 * segment led to nothing and a {name} beside it may still fit. */
struct node {
    struct str text; /* of a fixed segment */
    struct node *kids, *next;
    struct node *any;  /* {name} */
    struct node *rest; /* {name...} */
    const struct http_route *by_method[HTTP_METHODS];
};

struct http_routes {
    struct arena *arena;
    struct node root;
};

static bool is_part(struct str seg)
{
    return seg.len > 2 && seg.ptr[0] == '{' && seg.ptr[seg.len - 1] == '}';
}

static bool is_rest(struct str seg)
{
    return is_part(seg) && str_ends(seg, STR("...}"));
}

static struct node *fixed(const struct node *at, struct str seg)
{
    for (struct node *k = at->kids; k; k = k->next)
        if (str_eq(k->text, seg))
            return k;
    return NULL;
}

static struct node *descend(struct arena *a, struct node *at, struct str seg)
{
    struct node **slot = is_rest(seg) ? &at->rest : is_part(seg) ? &at->any : NULL;
    if (slot) {
        if (!*slot)
            *slot = ARENA_NEW(a, struct node);
        return *slot;
    }
    struct node *k = fixed(at, seg);
    if (k)
        return k;
    k = ARENA_NEW(a, struct node);
    k->text = seg;
    k->next = at->kids;
    at->kids = k;
    return k;
}

static bool add(struct http_routes *r, const struct http_route *route, struct err *e)
{
    struct node *at = &r->root;
    struct str rest = str_of(route->path);
    size_t depth = 0;
    bool ended = false;
    if (!rest.len || rest.ptr[0] != '/')
        return err_set(e, ERR_INTERNAL, "route %s does not begin with a slash", route->path);
    rest = (struct str){rest.ptr + 1, rest.len - 1};
    while (rest.ptr) {
        struct str seg = str_cut(rest, '/', &rest);
        if (ended || ++depth > HTTP_MAX_SEGMENTS)
            return err_set(e, ERR_INTERNAL, "route %s is too long", route->path);
        ended = is_rest(seg);
        at = descend(r->arena, at, seg);
    }
    if (at->by_method[route->method])
        return err_set(e, ERR_INTERNAL, "route %s can never be reached: %s is the same",
                       route->path, at->by_method[route->method]->path);
    at->by_method[route->method] = route;
    return true;
}

bool http_routes_new(const struct http_route *routes, size_t n, struct http_routes **out,
                     struct err *e)
{
    struct arena *a = arena_new();
    struct http_routes *r = ARENA_NEW(a, struct http_routes);
    r->arena = a;
    for (size_t i = 0; i < n; i++) {
        ASSERT(routes[i].handle);
        if (!add(r, &routes[i], e)) {
            http_routes_free(r);
            return false;
        }
    }
    *out = r;
    return true;
}

void http_routes_free(struct http_routes *r)
{
    if (r)
        arena_free(r->arena);
}

struct search {
    const struct http_target *t;
    enum http_method method;
    unsigned allowed;
};

static const struct http_route *here(const struct node *at, struct search *s)
{
    for (unsigned m = 0; m < HTTP_METHODS; m++)
        if (at->by_method[m])
            s->allowed |= 1u << m;
    const struct http_route *r = at->by_method[s->method];
    return !r && s->method == HTTP_HEAD ? at->by_method[HTTP_GET] : r;
}

static const struct http_route *walk(const struct node *at, size_t i, struct search *s)
{
    const struct http_route *r = NULL;
    if (i == s->t->n_seg)
        return here(at, s);
    struct str seg = s->t->seg[i];
    const struct node *k = fixed(at, seg);
    if (k)
        r = walk(k, i + 1, s);
    if (!r && at->any && seg.len)
        r = walk(at->any, i + 1, s);
    if (!r && at->rest)
        r = here(at->rest, s);
    return r;
}

const struct http_route *http_routes_find(const struct http_routes *r, const struct http_target *t,
                                          enum http_method m, unsigned *allowed)
{
    struct search s = {.t = t, .method = m};
    const struct http_route *found = t->n_seg ? walk(&r->root, 0, &s) : NULL;
    *allowed = s.allowed;
    return found;
}

struct str http_route_part(const struct http_route *r, const struct http_target *t,
                           const char *name)
{
    struct str pattern = str_of(r->path);
    pattern = (struct str){pattern.ptr + 1, pattern.len - 1};
    for (size_t i = 0; pattern.ptr && i < t->n_seg; i++) {
        struct str seg = str_cut(pattern, '/', &pattern);
        if (!is_part(seg))
            continue;
        bool rest = is_rest(seg);
        struct str inner = {seg.ptr + 1, seg.len - (rest ? 5 : 2)};
        if (!str_is(inner, name))
            continue;
        const char *from = t->seg[i].ptr;
        return rest ? (struct str){from, (size_t)(t->path.ptr + t->path.len - from)} : t->seg[i];
    }
    return STR_NONE;
}
