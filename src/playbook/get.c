/* Reading members of a node tree: types, ids, references, and the complaints about them. */
#include "playbook/playbook_int.h"
#include <stdarg.h>

bool fail(struct loader *ld, const struct node *at, const char *fmt, ...)
{
    char text[sizeof ld->out->list[0].text];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    complain(ld->out, at->file, at->line, "%s", text);
    return false;
}

/* Levenshtein, for "did you mean"; long words are compared by their beginning. */
int edit_distance(struct str a, struct str b)
{
    enum { MAX = 40 };
    int na = a.len < MAX ? (int)a.len : MAX, nb = b.len < MAX ? (int)b.len : MAX;
    int row[MAX + 1];
    for (int j = 0; j <= nb; j++)
        row[j] = j;
    for (int i = 1; i <= na; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= nb; j++) {
            int change = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
            diagonal = row[j];
            int other = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = change < other ? change : other;
        }
    }
    return row[nb];
}

static struct str id_at(struct idset set, int i)
{
    struct str id; /* the first member of every item of a set */
    memcpy(&id, (const char *)set.items + set.size * (size_t)i, sizeof id);
    return id;
}

int idset_find(struct idset set, struct str id)
{
    for (int i = 0; i < set.n; i++)
        if (str_eq(id_at(set, i), id))
            return i;
    return -1;
}

int idset_want(struct loader *ld, const struct node *at, struct idset set, struct str id)
{
    int found = idset_find(set, id);
    if (found >= 0 || complaints_full(ld->out))
        return found;
    int best = 1000;
    struct str near = STR_NONE;
    for (int i = 0; i < set.n; i++) {
        int d = edit_distance(id_at(set, i), id);
        if (d < best) {
            best = d;
            near = id_at(set, i);
        }
    }
    if (near.ptr)
        fail(ld, at, "there is no %s \"%.*s\"; the nearest is \"%.*s\"", set.what, SHOW(id),
             SHOW(near));
    else
        fail(ld, at, "there is no %s \"%.*s\": none is declared", set.what, SHOW(id));
    return -1;
}

static bool want_kind(struct loader *ld, const struct node *n, enum node_kind kind,
                      const char *what)
{
    static const char *const expected[] = {"a text", "a list", "a map (key: value)"};
    if (n->kind == kind)
        return true;
    return fail(ld, n, "%s: expected %s, found %s", what, expected[kind], node_kind_name(n));
}

static const char *nearest_word(struct str s, const char *const *words)
{
    const char *near = NULL;
    int best = 1000;
    for (; *words; words++) {
        int d = edit_distance(str_of(*words), s);
        if (d < best) {
            best = d;
            near = *words;
        }
    }
    return near;
}

bool check_keys(struct loader *ld, const struct node *map, const char *what,
                const char *const *known)
{
    if (!want_kind(ld, map, NODE_MAP, what))
        return false;
    NODE_EACH(it, map)
    {
        const char *const *k = known;
        while (*k && !str_is(it->key, *k))
            k++;
        if (!*k && !complaints_full(ld->out))
            fail(ld, it, "%s has no key \"%.*s\"; the nearest is \"%s\"%s", what, SHOW(it->key),
                 nearest_word(it->key, known),
                 it->kind == NODE_TEXT && !it->text.len
                     ? " (a text with a comma needs quotes within {…})"
                     : "");
    }
    return true;
}

bool check_id(struct loader *ld, const struct node *at, struct str id, const char *what, int max)
{
    bool ok = id.len > 0 && id.len <= (size_t)max && id.ptr[0] >= 'a' && id.ptr[0] <= 'z';
    for (size_t i = 0; ok && i < id.len; i++) {
        char c = id.ptr[i];
        ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    }
    return ok || fail(ld, at,
                      "the id of %s %s is a-z, 0-9 and _, begins with a letter and has at most"
                      " %d characters; found \"%.*s\"",
                      strchr("aeiou", what[0]) ? "an" : "a", what, max, SHOW(id));
}

struct node *get_map(struct loader *ld, const struct node *map, const char *key)
{
    struct node *n = node_get(map, key);
    return n && want_kind(ld, n, NODE_MAP, key) ? n : NULL;
}

struct str get_text(struct loader *ld, const struct node *map, const char *key)
{
    struct node *n = node_get(map, key);
    if (!n || !want_kind(ld, n, NODE_TEXT, key))
        return STR_NONE;
    if (!n->text.len) {
        fail(ld, n, "%s: expected a text, found nothing", key);
        return STR_NONE;
    }
    return n->text;
}

bool get_bool(struct loader *ld, const struct node *map, const char *key, bool fallback)
{
    struct node *n = node_get(map, key);
    if (!n)
        return fallback;
    if (n->kind == NODE_TEXT && str_is(n->text, "true"))
        return true;
    if (n->kind == NODE_TEXT && str_is(n->text, "false"))
        return false;
    fail(ld, n, "%s: expected true or false, found %s", key,
         n->kind == NODE_TEXT && n->text.len ? str_c(ld->a, n->text) : node_kind_name(n));
    return fallback;
}

int64_t get_int(struct loader *ld, const struct node *map, const char *key, int64_t fallback,
                int64_t min, int64_t max)
{
    struct node *n = node_get(map, key);
    int64_t v;
    if (!n)
        return fallback;
    if (n->kind == NODE_TEXT && str_int(n->text, &v) && v >= min && v <= max)
        return v;
    fail(ld, n, "%s: expected a whole number from %lld to %lld, found %s", key, (long long)min,
         (long long)max,
         n->kind == NODE_TEXT && n->text.len ? str_c(ld->a, n->text) : node_kind_name(n));
    return fallback;
}

int32_t get_day(struct loader *ld, const struct node *map, const char *key)
{
    struct node *n = node_get(map, key);
    int32_t day;
    if (!n)
        return DAY_NONE;
    if (n->kind == NODE_TEXT && day_parse(n->text, &day))
        return day;
    fail(ld, n, "%s: expected a date such as 2024-09-09", key);
    return DAY_NONE;
}

int get_choice(struct loader *ld, const struct node *map, const char *key, const char *const *names,
               int fallback)
{
    struct node *n = node_get(map, key);
    if (!n)
        return fallback;
    struct buf all AUTO(buf_free) = BUF(1024);
    for (int i = 0; names[i]; i++) {
        if (n->kind == NODE_TEXT && str_is(n->text, names[i]))
            return i;
        buf_printf(&all, "%s%s", i ? ", " : "", names[i]);
    }
    buf_char(&all, 0);
    if (n->kind != NODE_TEXT)
        fail(ld, n, "%s: expected one of %s, found %s", key, all.ptr, node_kind_name(n));
    else
        fail(ld, n, "%s: expected one of %s; the nearest to \"%.*s\" is %s", key, all.ptr,
             SHOW(n->text), nearest_word(n->text, names));
    return fallback;
}

bool get_span(struct loader *ld, const struct node *map, const char *key, struct span *out)
{
    struct node *n = node_get(map, key);
    if (!n)
        return false;
    if (n->kind == NODE_TEXT && span_parse(n->text, out))
        return true;
    return fail(ld, n, "%s: expected a length such as 2h, 30d, 5wd (working days) or 1mo", key);
}

struct words words_of(struct loader *ld, const struct node *node, const char *what)
{
    struct words w = {STR_NONE, STR_NONE};
    if (node->kind == NODE_TEXT && node->text.len) {
        w.zh = node->text;
    } else if (node->kind == NODE_MAP) {
        w.zh = get_text(ld, node, "zh");
        w.en = get_text(ld, node, "en");
    }
    if (!w.zh.ptr) {
        if (node->kind != NODE_MAP || !node_get(node, "zh"))
            fail(ld, node, "%s: expected {zh: …, en: …} with at least the Chinese words", what);
        w.zh = STR("?");
    }
    if (!w.en.ptr)
        w.en = w.zh;
    return w;
}

struct words get_words(struct loader *ld, const struct node *map, const char *key, bool required)
{
    static const char *const known[] = {"zh", "en", NULL};
    struct node *n = node_get(map, key);
    if (n) {
        if (n->kind == NODE_MAP)
            check_keys(ld, n, key, known);
        return words_of(ld, n, key);
    }
    if (required)
        fail(ld, map, "%s is missing: expected {zh: …, en: …}", key);
    return required ? (struct words){STR("?"), STR("?")} : (struct words){STR_NONE, STR_NONE};
}

struct node **texts_of(struct loader *ld, struct node *node, const char *what, int *n)
{
    *n = 0;
    struct node **out = ARENA_ARRAY(ld->a, struct node *, node->n + 1);
    if (node->kind == NODE_TEXT && node->text.len) {
        out[(*n)++] = node;
        return out;
    }
    if (node->kind != NODE_LIST) {
        fail(ld, node, "%s: expected a name or a list of names, found %s", what,
             node_kind_name(node));
        return out;
    }
    NODE_EACH(it, node)
    {
        if (it->kind == NODE_TEXT && it->text.len)
            out[(*n)++] = it;
        else
            fail(ld, it, "%s: expected a name, found %s", what, node_kind_name(it));
    }
    return out;
}

struct node **get_texts(struct loader *ld, const struct node *map, const char *key, int *n)
{
    struct node *node = node_get(map, key);
    *n = 0;
    return node ? texts_of(ld, node, key, n) : NULL;
}

int *get_refs(struct loader *ld, const struct node *map, const char *key, struct idset set, int *n)
{
    int n_texts;
    struct node **texts = get_texts(ld, map, key, &n_texts);
    int *out = ARENA_ARRAY(ld->a, int, n_texts + 1);
    *n = 0;
    for (int i = 0; i < n_texts && !complaints_full(ld->out); i++) {
        int found = idset_want(ld, texts[i], set, texts[i]->text);
        for (int k = 0; k < *n && found >= 0; k++)
            if (out[k] == found) {
                fail(ld, texts[i], "%s: \"%.*s\" stands here twice", key, SHOW(texts[i]->text));
                found = -1;
            }
        if (found >= 0)
            out[(*n)++] = found;
    }
    return out;
}

int get_ref(struct loader *ld, const struct node *map, const char *key, struct idset set)
{
    struct node *n = node_get(map, key);
    struct str id = n ? get_text(ld, map, key) : STR_NONE;
    return id.ptr ? idset_want(ld, n, set, id) : -1;
}

int count_items(struct loader *ld, const struct node *map, const char *what, int limit)
{
    if (!map)
        return 0;
    if (map->n > limit)
        fail(ld, map, "%d %s: at most %d are allowed", map->n, what, limit);
    return map->n > limit ? limit : map->n;
}
