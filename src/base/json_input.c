/* json_input: jansson reads what comes from outside; the result is copied into the arena.
 * In a file of its own because jansson's names and ours must not meet. */
#include <jansson.h>
#include "base/json.h"

struct copy {
    struct arena *a;
    size_t nodes;
    int depth;
};

static struct json *copy(struct copy *c, json_t *v)
{
    if (++c->nodes > LIMIT_JSON_NODES || c->depth > LIMIT_JSON_DEPTH)
        return NULL;
    struct json *out = NULL, *child;
    c->depth++;
    if (json_is_object(v)) {
        const char *key;
        json_t *item;
        out = json_new(c->a, J_OBJ);
        json_object_foreach (v, key, item) {
            if (!(child = copy(c, item)))
                return NULL;
            json_name(child, str_dup(c->a, str_of(key)));
            json_push(out, child);
        }
    } else if (json_is_array(v)) {
        out = json_new(c->a, J_ARR);
        for (size_t i = 0; i < json_array_size(v); i++) {
            if (!(child = copy(c, json_array_get(v, i))))
                return NULL;
            json_push(out, child);
        }
    } else if (json_is_string(v)) {
        out = json_new_str(c->a, (struct str){json_string_value(v), json_string_length(v)});
    } else if (json_is_integer(v)) {
        out = json_new_int(c->a, json_integer_value(v));
    } else if (json_is_real(v)) {
        /* 15 digits give back every decimal a form can hold */
        double d = json_real_value(v);
        if (d >= -9e15 && d <= 9e15 && (double)(int64_t)d == d) {
            out = json_new_int(c->a, (int64_t)d);
        } else {
            out = json_new(c->a, J_DEC);
            out->s = str_printf(c->a, "%.15g", d);
        }
    } else {
        out = json_new(c->a, json_is_true(v) ? J_TRUE : json_is_false(v) ? J_FALSE : J_NULL);
    }
    c->depth--;
    return out;
}

bool json_input(struct arena *a, struct str text, struct json **out, struct err *e)
{
    if (text.len > LIMIT_REQUEST_BODY)
        return err_set(e, ERR_TOO_BIG, "JSON of %zu bytes, at most %d", text.len,
                       LIMIT_REQUEST_BODY);
    json_error_t why;
    json_t *v = json_loadb(text.ptr ? text.ptr : "", text.len,
                           JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (!v)
        return err_set(e, ERR_SYNTAX, "JSON, line %d column %d: %.200s", why.line, why.column,
                       why.text);
    struct copy c = {.a = a};
    struct json *j = copy(&c, v);
    json_decref(v);
    if (!j)
        return err_set(e, ERR_TOO_BIG, "JSON nested deeper than %d or more than %d values",
                       LIMIT_JSON_DEPTH, LIMIT_JSON_NODES);
    *out = j;
    return true;
}
