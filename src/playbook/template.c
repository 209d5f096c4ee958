#include "playbook/template.h"
#include <stdarg.h>

struct parser {
    struct arena *a;
    int line;
    struct tpl *open[TPL_DEPTH];
    bool other[TPL_DEPTH]; /* behind the {:} of open[i] */
    int depth;
    struct tpl_wrong *out;
};

static bool wrong(struct parser *p, const char *fmt, ...) PRINTF(2, 3);
static bool wrong(struct parser *p, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(p->out->text, sizeof p->out->text, fmt, ap);
    va_end(ap);
    p->out->line = p->line;
    return false;
}

/* ---- the tree ---- */

static struct tpl *add(struct parser *p, enum tpl_kind kind, struct str text)
{
    struct tpl *t = ARENA_NEW(p->a, struct tpl), *in = p->open[p->depth];
    struct tpl **first = p->other[p->depth] ? &in->other : &in->first;
    struct tpl **last = p->other[p->depth] ? &in->other_last : &in->last;
    *t = (struct tpl){.kind = kind, .line = p->line, .text = text};
    if (*last)
        (*last)->next = t;
    else
        *first = t;
    *last = t;
    return t;
}

static bool enter(struct parser *p, struct tpl *t)
{
    if (p->depth + 1 >= TPL_DEPTH)
        return wrong(p, "at most %d parts within each other", TPL_DEPTH - 1);
    p->open[++p->depth] = t;
    p->other[p->depth] = false;
    return true;
}

/* ---- tags ---- */

static bool name_ok(struct str s)
{
    bool ok = s.len > 0;
    for (size_t i = 0; ok && i < s.len; i++) {
        char c = s.ptr[i];
        ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9' && i) || (c == '_' && i);
    }
    return ok;
}

static bool value(struct parser *p, struct str inner, bool bold)
{
    struct str otherwise, part; /* blanks in `otherwise` are room to write */
    struct str name = str_cut(str_trim(str_cut(inner, '|', &otherwise)), '.', &part);
    if (!name_ok(name) || (part.ptr && !name_ok(part)))
        return wrong(p, "{%.*s}: expected {name}, {name.part} or {name|otherwise}",
                     (int)min64((int64_t)inner.len, 60), inner.ptr);
    struct tpl *t = add(p, TPL_VALUE, name);
    t->part = part;
    t->otherwise = otherwise;
    t->bold = bold;
    return true;
}

static bool close_part(struct parser *p, struct str name, int floor)
{
    const struct tpl *t = p->open[p->depth];
    struct str want = t->kind == TPL_IF ? STR("?") : t->text;
    if (p->depth <= floor || !str_eq(name, want))
        return wrong(p, "{/%.*s} closes nothing that is open here",
                     (int)min64((int64_t)name.len, 60), name.ptr);
    p->depth--;
    return true;
}

/* The inside of {…}.  floor: what was open when this line began. */
static bool tag(struct parser *p, struct str inner, bool bold, int floor)
{
    struct str s = str_trim(inner);
    struct str rest = s.len ? str_trim((struct str){s.ptr + 1, s.len - 1}) : STR_NONE;
    if (!s.len)
        return wrong(p, "{} is empty; a brace itself is written {{");
    if (s.ptr[0] == '/')
        return close_part(p, rest, floor);
    if (s.ptr[0] == ':') {
        bool in_if = p->depth > floor && p->open[p->depth]->kind == TPL_IF && !p->other[p->depth];
        if (!in_if || rest.len)
            return wrong(p, "{:} stands once within {?…} … {/?}");
        p->other[p->depth] = true;
        return true;
    }
    if (s.ptr[0] == '?')
        return rest.len ? enter(p, add(p, TPL_IF, rest)) : wrong(p, "{?…}: expected a condition");
    if (s.ptr[0] != '#')
        return value(p, inner, bold);
    struct str part, name = str_cut(rest, '.', &part);
    if (!name_ok(name) || (part.ptr && (!str_is(name, "did") || !name_ok(part))))
        return wrong(p, "{#…}: expected {#field} or {#did.action}");
    return enter(p, add(p, TPL_EACH, rest));
}

/* ---- pieces of a line ---- */

static void words(struct parser *p, const char *from, const char *to, bool bold)
{
    if (to > from)
        add(p, TPL_WORDS, (struct str){from, (size_t)(to - from)})->bold = bold;
}

static bool pieces(struct parser *p, struct str s, struct tpl *into)
{
    int floor = p->depth + 1;
    bool bold = false;
    const char *from = s.ptr, *end = s.ptr + s.len;
    if (!enter(p, into))
        return false;
    for (const char *c = from; c < end;) {
        bool star = *c == '*' && c + 1 < end && c[1] == '*', brace = *c == '{';
        if (!star && !brace) {
            c++;
            continue;
        }
        words(p, from, c, bold);
        if (star) {
            bold = !bold;
            c += 2;
        } else if (c + 1 < end && c[1] == '{') {
            words(p, c, c + 1, bold);
            c += 2;
        } else {
            const char *close = memchr(c, '}', (size_t)(end - c));
            if (!close)
                return wrong(p, "{ without }; a brace itself is written {{");
            if (!tag(p, (struct str){c + 1, (size_t)(close - c - 1)}, bold, floor))
                return false;
            c = close + 1;
        }
        from = c;
    }
    words(p, from, end, bold);
    if (p->depth != floor)
        return wrong(p, "a part that begins within a line ends in it");
    if (bold)
        return wrong(p, "** without its end in the same line");
    p->depth--;
    return true;
}

/* ---- tables ---- */

/* The next | that stands outside of braces. */
static size_t next_bar(struct str s, size_t i)
{
    int depth = 0;
    for (; i < s.len; i++) {
        depth += s.ptr[i] == '{' ? 1 : s.ptr[i] == '}' && depth ? -1 : 0;
        if (s.ptr[i] == '|' && !depth)
            break;
    }
    return i;
}

static bool cell(struct parser *p, struct tpl *row, struct str s, bool head)
{
    s = str_trim(s);
    bool label = head || (s.len && s.ptr[0] == '*' && !str_starts(s, STR("**")));
    if (label && !head)
        s = str_trim((struct str){s.ptr + 1, s.len - 1});
    struct tpl *t = add(p, TPL_CELL, STR_NONE);
    t->level = 1;
    t->label = label;
    UNUSED(row);
    return pieces(p, s, t);
}

static bool row(struct parser *p, struct str s)
{
    struct tpl *r = add(p, TPL_ROW, STR_NONE);
    int columns = 0;
    if (s.len < 2 || s.ptr[s.len - 1] != '|')
        return wrong(p, "a row of a table ends with |");
    r->head = s.ptr[1] == '!';
    if (!enter(p, r))
        return false;
    for (size_t i = r->head ? 2 : 1; i < s.len; columns++) {
        size_t end = next_bar(s, i);
        struct str inner = {s.ptr + i, end - i};
        if (columns == TPL_COLUMNS)
            return wrong(p, "a table has at most %d columns", TPL_COLUMNS);
        if (end == s.len)
            return wrong(p, "{ without }; a brace itself is written {{");
        if (!inner.len && !r->last)
            return wrong(p, "|| makes the cell before it wider: the first cell has none before it");
        if (!inner.len)
            r->last->level++;
        else if (!cell(p, r, inner, r->head))
            return false;
        i = end + 1;
    }
    p->depth--;
    return true;
}

static bool widths(struct parser *p, struct str s)
{
    struct tpl *w = add(p, TPL_WIDTHS, STR_NONE);
    struct str rest = str_trim((struct str){s.ptr + 2, s.len - 2});
    int n = 0;
    if (rest.len && rest.ptr[rest.len - 1] == '|')
        rest = str_trim((struct str){rest.ptr, rest.len - 1});
    if (!enter(p, w))
        return false;
    while (rest.ptr && rest.len) {
        struct str one = str_cut(rest, ' ', &rest);
        int64_t v;
        if (!one.len)
            continue;
        if (!str_int(one, &v) || v < 1 || v > 100 || ++n > TPL_COLUMNS)
            return wrong(p, "|: expected at most %d shares from 1 to 100", TPL_COLUMNS);
        add(p, TPL_CELL, STR_NONE)->level = (int)v;
    }
    p->depth--;
    return n > 0 || wrong(p, "|: expected the shares of the columns, as |: 2 3 2 3 |");
}

/* ---- lines ---- */

static bool command(struct parser *p, struct str s)
{
    static const struct {
        const char *word;
        enum tpl_kind kind;
        int level;
    } WORDS[] = {{"@left", TPL_LINE, TPL_LEFT},   {"@center", TPL_LINE, TPL_CENTER},
                 {"@right", TPL_LINE, TPL_RIGHT}, {"@sign", TPL_SIGN, 0},
                 {"@code", TPL_CODE, 0},          {"@page", TPL_PAGE, 0},
                 {"@contents", TPL_CONTENTS, 0},  {"@pictures", TPL_PICTURES, 0},
                 {"@space", TPL_SPACE, 1}};
    struct str rest, word = str_cut(s, ' ', &rest);
    rest = str_trim(rest);
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (!str_is(word, WORDS[i].word))
            continue;
        enum tpl_kind kind = WORDS[i].kind;
        struct tpl *t = add(p, kind, STR_NONE);
        int64_t n = WORDS[i].level;
        if (kind == TPL_SPACE && rest.len && (!str_int(rest, &n) || n < 1 || n > 20))
            return wrong(p, "@space: expected 1 to 20 lines");
        if ((kind == TPL_PAGE || kind == TPL_CONTENTS) && rest.len)
            return wrong(p, "%s stands alone", WORDS[i].word);
        if (kind == TPL_PICTURES && !name_ok(rest))
            return wrong(p, "@pictures: expected a field of type file");
        t->level = (int)n;
        t->text = kind == TPL_PICTURES ? rest : STR_NONE;
        bool words_too = kind == TPL_LINE || kind == TPL_SIGN || kind == TPL_CODE;
        return !words_too || pieces(p, rest, t);
    }
    return wrong(p,
                 "there is no %.*s; known are @left @center @right @sign @space @page @pictures "
                 "@contents @code",
                 (int)min64((int64_t)word.len, 40), word.ptr);
}

/* A tag alone on its line opens or closes a part of lines. */
static bool lone_tag(struct str s)
{
    bool tag = s.len > 2 && s.ptr[0] == '{' && strchr("#/?:", s.ptr[1]);
    return tag && (const char *)memchr(s.ptr, '}', s.len) == s.ptr + s.len - 1;
}

static bool heading(struct parser *p, struct str s)
{
    int n = 0;
    while ((size_t)n < s.len && s.ptr[n] == '#')
        n++;
    struct str rest = {s.ptr + n, s.len - (size_t)n};
    if (n > 4 || !rest.len || rest.ptr[0] != ' ')
        return wrong(p, "expected # and a title, or ## to #### and a heading");
    struct tpl *t = add(p, n == 1 ? TPL_TITLE : TPL_HEADING, STR_NONE);
    t->level = n - 1;
    return pieces(p, str_trim(rest), t);
}

static bool line(struct parser *p, struct str s)
{
    s = str_trim(s);
    if (!s.len)
        return true;
    if (lone_tag(s))
        return tag(p, (struct str){s.ptr + 1, s.len - 2}, false, 0);
    if (str_starts(s, STR("|:")))
        return widths(p, s);
    if (s.ptr[0] == '|')
        return row(p, s);
    if (s.ptr[0] == '@')
        return command(p, s);
    if (s.ptr[0] == '#')
        return heading(p, s);
    struct tpl *t = add(p, TPL_LINE, STR_NONE);
    t->level = TPL_INDENT;
    return pieces(p, s, t);
}

struct tpl *template_parse(struct arena *a, struct str text, struct tpl_wrong *out)
{
    struct tpl *root = ARENA_NEW(a, struct tpl);
    struct parser p = {.a = a, .out = out, .open = {root}};
    struct str rest = text;
    *out = (struct tpl_wrong){.line = 0};
    while (rest.ptr) {
        struct str one = str_cut(rest, '\n', &rest);
        p.line++;
        if (p.line > TPL_LINES) {
            wrong(&p, "at most %d lines", TPL_LINES);
            return NULL;
        }
        if (!line(&p, one))
            return NULL;
    }
    if (p.depth) {
        p.line = p.open[p.depth]->line;
        wrong(&p, "what begins here is not closed");
        return NULL;
    }
    return root;
}
