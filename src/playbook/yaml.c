/* YAML to a tree that knows its lines.
 *
 * A small part of YAML is taken: maps with text keys, lists, scalars.  Anchors, aliases and tags
 * are refused because a reader of the file must see what is there, and because aliases can make a
 * small file huge.  All scalars stay text: whether `01` is a number is for the loader to say, so
 * the usual surprises (octal numbers, `no` as false, dates) cannot happen. */
#include "playbook/playbook_int.h"
#include <stdarg.h>
#include <yaml.h>

struct reader {
    struct arena *a;
    const char *file;
    struct str text;
    struct complaints *out;
    struct node *open[YAML_DEPTH];
    int depth;
    struct node *root;
    bool has_key; /* the innermost map has read a key and waits for its value */
    struct str key;
    int key_line;
    int nodes;
};

/* A text that was cut may end within a character. */
static void cut_broken(char *text)
{
    size_t n = strlen(text), tail = n;
    while (tail && ((unsigned char)text[tail - 1] & 0xC0) == 0x80)
        tail--;
    if (tail && !str_utf8_ok((struct str){text + tail - 1, n - tail + 1}))
        text[tail - 1] = 0;
}

void complain(struct complaints *out, const char *file, int line, const char *fmt, ...)
{
    if (complaints_full(out))
        return;
    struct complaint *c = &out->list[out->n++];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(c->text, sizeof c->text, fmt, ap);
    va_end(ap);
    cut_broken(c->text);
    for (char *p = c->text; *p; p++)
        if ((unsigned char)*p < ' ')
            *p = ' ';
    snprintf(c->file, sizeof c->file, "%s", file);
    c->line = line;
}

bool complaints_full(const struct complaints *out)
{
    return out->n >= (int)COUNT_OF(out->list);
}

int show_len(struct str s)
{
    size_t n = s.len < 60 ? s.len : 60;
    while (n && n < s.len && ((unsigned char)s.ptr[n] & 0xC0) == 0x80)
        n--;
    return (int)n;
}

const char *node_kind_name(const struct node *n)
{
    switch (n->kind) {
    case NODE_TEXT:
        return n->text.len ? "a text" : "nothing";
    case NODE_LIST:
        return "a list";
    case NODE_MAP:
        return "a map";
    }
    return "?";
}

struct node *node_get(const struct node *map, const char *key)
{
    if (map && map->kind == NODE_MAP)
        NODE_EACH(it, map)
    if (str_is(it->key, key))
        return it;
    return NULL;
}

static bool bad(struct reader *r, size_t line, const char *what)
{
    complain(r->out, r->file, (int)line + 1, "%s", what);
    return false;
}

static bool add_node(struct reader *r, struct node *n, size_t line)
{
    if (++r->nodes > YAML_NODES)
        return bad(r, line, "too many entries in this file");
    n->file = r->file;
    n->line = (int)line + 1;
    if (!r->depth) {
        r->root = n;
        return true;
    }
    struct node *up = r->open[r->depth - 1];
    if (up->kind == NODE_MAP) {
        n->key = r->key;
        n->line = r->key_line;
        r->has_key = false;
    }
    if (up->last)
        up->last->next = n;
    else
        up->first = n;
    up->last = n;
    up->n++;
    return true;
}

static bool at_key(const struct reader *r)
{
    return r->depth && r->open[r->depth - 1]->kind == NODE_MAP && !r->has_key;
}

static bool take_scalar(struct reader *r, const yaml_event_t *ev)
{
    struct str raw = {(const char *)ev->data.scalar.value, ev->data.scalar.length};
    struct str s = str_dup(r->a, raw);
    size_t line = ev->start_mark.line;
    if (memchr(raw.ptr, 0, raw.len))
        return bad(r, line, "a character that text cannot hold (U+0000)");
    if (at_key(r)) {
        if (!s.len)
            return bad(r, line, "an empty key");
        r->key = s;
        r->key_line = (int)line + 1;
        r->has_key = true;
        return true;
    }
    struct node *n = ARENA_NEW(r->a, struct node);
    n->kind = NODE_TEXT;
    n->text = s;
    n->plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (n->plain && (str_is(s, "~") || str_is(s, "null")))
        n->text = (struct str){s.ptr, 0};
    return add_node(r, n, line);
}

static bool open_node(struct reader *r, enum node_kind kind, size_t line)
{
    if (at_key(r))
        return bad(r, line, "a key must be a text, not a list or a map");
    if (r->depth == YAML_DEPTH)
        return bad(r, line, "nested too deep, at most 16 levels");
    struct node *n = ARENA_NEW(r->a, struct node);
    n->kind = kind;
    if (!add_node(r, n, line))
        return false;
    r->open[r->depth++] = n;
    return true;
}

static int by_key(const void *a, const void *b)
{
    const struct node *x = *(struct node *const *)a, *y = *(struct node *const *)b;
    int c = str_cmp(x->key, y->key);
    return c ? c : (x->line > y->line) - (x->line < y->line);
}

static bool close_node(struct reader *r)
{
    struct node *map = r->open[--r->depth];
    r->has_key = false;
    if (map->kind != NODE_MAP || map->n < 2)
        return true;
    struct node **sorted = ARENA_ARRAY(r->a, struct node *, map->n);
    int n = 0;
    NODE_EACH(it, map)
    sorted[n++] = it;
    qsort(sorted, (size_t)n, sizeof *sorted, by_key);
    for (int i = 1; i < n; i++)
        if (str_eq(sorted[i - 1]->key, sorted[i]->key))
            complain(r->out, r->file, sorted[i]->line,
                     "\"%.*s\" stands here a second time, it was given in line %d",
                     SHOW(sorted[i]->key), sorted[i - 1]->line);
    return true;
}

static bool tagged(const yaml_event_t *ev)
{
    switch (ev->type) {
    case YAML_SCALAR_EVENT:
        return ev->data.scalar.anchor || ev->data.scalar.tag;
    case YAML_SEQUENCE_START_EVENT:
        return ev->data.sequence_start.anchor || ev->data.sequence_start.tag;
    case YAML_MAPPING_START_EVENT:
        return ev->data.mapping_start.anchor || ev->data.mapping_start.tag;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
    case YAML_ALIAS_EVENT:
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        break;
    }
    return false;
}

static bool take_event(struct reader *r, const yaml_event_t *ev)
{
    size_t line = ev->start_mark.line;
    if (tagged(ev))
        return bad(r, line,
                   "anchors (&name) and tags (!name) are not allowed: write it out; a text"
                   " that begins with & or ! needs quotes");
    switch (ev->type) {
    case YAML_ALIAS_EVENT:
        return bad(r, line,
                   "aliases (*name) are not allowed: write it out; a text that begins with"
                   " * needs quotes");
    case YAML_DOCUMENT_START_EVENT:
        return !r->root || bad(r, line, "a second document (---) in one file");
    case YAML_SCALAR_EVENT:
        return take_scalar(r, ev);
    case YAML_SEQUENCE_START_EVENT:
        return open_node(r, NODE_LIST, line);
    case YAML_MAPPING_START_EVENT:
        return open_node(r, NODE_MAP, line);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_node(r);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    return true;
}

static struct str line_of(struct str text, size_t line)
{
    struct str rest = text;
    for (size_t i = 0; i < line && rest.ptr; i++)
        str_cut(rest, '\n', &rest);
    return rest.ptr ? str_cut(rest, '\n', &rest) : STR_NONE;
}

/* What libyaml says, with the position, and a word on tabs, which it does not name. */
static bool bad_syntax(struct reader *r, const yaml_parser_t *p)
{
    size_t line = p->problem_mark.line;
    struct str text = line_of(r->text, line);
    size_t i = 0;
    while (i < text.len && text.ptr[i] == ' ')
        i++;
    bool tab = i < text.len && text.ptr[i] == '\t';
    if (p->error == YAML_READER_ERROR)
        complain(r->out, r->file, 1, "not readable as YAML: %s (byte %zu)",
                 p->problem ? p->problem : "bad character", p->problem_offset);
    else if (tab)
        complain(r->out, r->file, (int)line + 1,
                 "a tab in the indentation (column %zu): YAML allows only blanks there", i + 1);
    else
        complain(r->out, r->file, (int)line + 1, "not YAML at column %zu: %s%s%s",
                 p->problem_mark.column + 1, p->problem ? p->problem : "unknown",
                 p->context ? ", " : "", p->context ? p->context : "");
    return false;
}

static bool read_events(struct reader *r, yaml_parser_t *p)
{
    for (bool more = true; more;) {
        yaml_event_t ev;
        if (!yaml_parser_parse(p, &ev))
            return bad_syntax(r, p);
        more = ev.type != YAML_STREAM_END_EVENT;
        bool ok = take_event(r, &ev);
        yaml_event_delete(&ev);
        if (!ok)
            return false;
    }
    return true;
}

struct node *yaml_tree(struct arena *a, const char *file, struct str text, struct complaints *out)
{
    struct reader r = {.a = a, .file = file, .text = text, .out = out};
    int before = out->n;
    if (!str_utf8_ok(text)) {
        complain(out, file, 1, "the file is not valid UTF-8");
        return NULL;
    }
    yaml_parser_t p;
    if (!yaml_parser_initialize(&p))
        abort(); /* out of memory only */
    yaml_parser_set_encoding(&p, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&p, (const unsigned char *)(text.ptr ? text.ptr : ""), text.len);
    bool ok = read_events(&r, &p);
    yaml_parser_delete(&p);
    if (!ok || out->n > before)
        return NULL;
    if (!r.root) {
        r.root = ARENA_NEW(a, struct node);
        *r.root = (struct node){.kind = NODE_MAP, .file = file, .line = 1};
    }
    return r.root;
}
