/* base/json.h - JSON as a tree in an arena, and a writer onto a buffer.
 *
 * Two readers give the same tree: json_input (jansson; for what comes from outside: strict UTF-8,
 * duplicate keys refused, depth and size bounded) and json_own (our own, fast; for bytes that our
 * writer made: event bodies, folded records).  There are no floating-point numbers: a number that
 * is not a whole int64 is kept as its decimal text (J_DEC).
 *
 * The tree is a shape to read from, not the internal type of anything that has a struct. */
#pragma once
#include "base/err.h"

enum json_kind { J_NULL, J_FALSE, J_TRUE, J_INT, J_DEC, J_STR, J_ARR, J_OBJ };

struct json {
    enum json_kind kind;
    uint32_t mark;      /* json_mark of the key */
    int64_t i;          /* J_INT */
    struct str s;       /* J_STR, J_DEC */
    struct str key;     /* when it is a member of an object: json_name */
    struct json *first; /* J_ARR, J_OBJ: children in order */
    struct json *last;
    struct json *next;
    size_t n; /* number of children */
};

MUST_USE bool json_input(struct arena *a, struct str text, struct json **out, struct err *e);
MUST_USE bool json_own(struct arena *a, struct str text, struct json **out, struct err *e);

/* Tells most keys apart without looking at them: an object is a list, and is searched for every field of
 * every record. */
static inline uint32_t json_mark(struct str key)
{
    return key.len ? (uint32_t)key.len << 24 ^ (uint32_t)(unsigned char)key.ptr[0] << 16 ^
                         (uint32_t)(unsigned char)key.ptr[key.len / 2] << 8 ^
                         (uint32_t)(unsigned char)key.ptr[key.len - 1]
                   : 0;
}
static inline void json_name(struct json *j, struct str key)
{
    j->key = key;
    j->mark = json_mark(key);
}

/* All getters accept NULL and the wrong kind, and then give the fallback. */
struct json *json_find(const struct json *obj, struct str key, uint32_t mark);
static inline struct json *json_get_str(const struct json *obj, struct str key)
{
    return json_find(obj, key, json_mark(key));
}
static inline struct json *json_get(const struct json *obj, const char *key) /* here: a literal costs nothing */
{
    return json_get_str(obj, (struct str){key, strlen(key)});
}
struct json *json_at(const struct json *arr, size_t i);
bool json_is(const struct json *j, enum json_kind kind);
bool json_empty(const struct json *j); /* absent or null */
struct str json_str(const struct json *j); /* of the value itself; STR_NONE */
static inline struct str json_text(const struct json *obj, const char *key) /* STR_NONE */
{
    return json_str(json_get(obj, key));
}
static inline int64_t json_num(const struct json *obj, const char *key, int64_t fallback)
{
    const struct json *j = json_get(obj, key);
    return json_is(j, J_INT) ? j->i : fallback;
}
static inline bool json_yes(const struct json *obj, const char *key)
{
    return json_is(json_get(obj, key), J_TRUE);
}
bool json_same(const struct json *a, const struct json *b); /* objects: order does not matter */

/* Building. json_set replaces a member of the same key in place; key is copied. */
struct json *json_new(struct arena *a, enum json_kind kind);
struct json *json_new_int(struct arena *a, int64_t v);
struct json *json_new_str(struct arena *a, struct str s); /* copies */
struct json *json_new_bool(struct arena *a, bool v);
struct json *json_set(struct arena *a, struct json *obj, struct str key, struct json *value);
struct json *json_push(struct json *arr, struct json *value);
void json_drop(struct json *obj, struct str key);
struct json *json_clone(struct arena *a, const struct json *j);
/* The same, but over the texts of j, which must live as long. */
struct json *json_share(struct arena *a, const struct json *j);

#define JSON_EACH(it, parent) \
    for (struct json *it = (parent) ? (parent)->first : NULL; it; it = it->next)

void json_write(struct buf *b, const struct json *j); /* one line, no spaces, keys in their order */

/* Streaming writer: commas are put by itself.
 *     struct json_out o = json_out(&b);
 *     jo_obj(&o); jo_key(&o, "n"); jo_int(&o, 3); jo_end(&o);           -> {"n":3} */
struct json_out {
    struct buf *b;
    bool comma;
    int depth;
    char close[LIMIT_JSON_DEPTH + 8];
};
struct json_out json_out(struct buf *b);
void jo_obj(struct json_out *o);
void jo_arr(struct json_out *o);
void jo_end(struct json_out *o);
void jo_key(struct json_out *o, const char *key);
void jo_key_str(struct json_out *o, struct str key);
void jo_str(struct json_out *o, struct str s); /* STR_NONE gives null */
void jo_c(struct json_out *o, const char *s);
void jo_int(struct json_out *o, int64_t v);
void jo_bool(struct json_out *o, bool v);
void jo_null(struct json_out *o);
void jo_decimal(struct json_out *o, int64_t v, int decimals);
void jo_raw(struct json_out *o, struct str json); /* text that is JSON already */
void jo_json(struct json_out *o, const struct json *j);
/* key and value in one; nothing is written when s is STR_NONE */
void jo_kv(struct json_out *o, const char *key, struct str s);
void jo_kc(struct json_out *o, const char *key, const char *s);
void jo_ki(struct json_out *o, const char *key, int64_t v);
void jo_kb(struct json_out *o, const char *key, bool v);
