/* Expressions of a playbook: parsed against the record type, and checked for what the parser cannot
 * know: that a code is in its list, that a document is declared, that a form asks what is read. */
#include "playbook/playbook_int.h"
#include <strings.h>

const char *xtype_name(enum xtype t)
{
    static const char *const names[] = {
        "nothing", "a yes or no", "a whole number", "a decimal",        "a text or code",
        "a date",  "a time",      "a place",        "a detached value", "an area on the map"};
    ASSERT((size_t)t < COUNT_OF(names));
    return names[t];
}

/* ---- words of an expression, as far as needed here; the text has been parsed already ---- */

enum word_kind { W_END, W_NAME, W_TEXT, W_SIGN };

struct word {
    enum word_kind kind;
    struct str s; /* W_TEXT: without the quotes, '' undone */
};

struct scan {
    struct loader *ld;
    const struct expr_ask *ask;
    const struct node *at;
    struct str text;
    size_t i;
    struct str prop;     /* what a literal is compared with */
    struct str function; /* within whose parentheses we are */
    struct str last;     /* the name just read, while it may still be a function */
};

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || (unsigned char)c >= 0x80;
}

/* One doubled quote is one quote; names may stand in quotes too. */
static struct word next_quoted(struct scan *s)
{
    char quote = s->text.ptr[s->i++];
    size_t from = s->i, doubled = 0;
    for (; s->i < s->text.len; s->i++) {
        if (s->text.ptr[s->i] != quote)
            continue;
        if (s->i + 1 >= s->text.len || s->text.ptr[s->i + 1] != quote)
            break;
        s->i++;
        doubled++;
    }
    struct str raw = {s->text.ptr + from, s->i - from};
    s->i++;
    if (doubled) {
        char *out = ARENA_ARRAY(s->ld->a, char, raw.len);
        size_t n = 0;
        for (size_t i = 0; i < raw.len; i += 1 + (size_t)(raw.ptr[i] == quote))
            out[n++] = raw.ptr[i];
        raw = (struct str){out, n};
    }
    return (struct word){quote == '\'' ? W_TEXT : W_NAME, raw};
}

static struct word next_word(struct scan *s)
{
    while (s->i < s->text.len && (unsigned char)s->text.ptr[s->i] <= ' ')
        s->i++;
    if (s->i >= s->text.len)
        return (struct word){.kind = W_END};
    size_t from = s->i;
    char c = s->text.ptr[from];
    if (c == '\'' || c == '"')
        return next_quoted(s);
    if (!name_char(c)) {
        s->i++;
        return (struct word){W_SIGN, {s->text.ptr + from, 1}};
    }
    while (s->i < s->text.len && name_char(s->text.ptr[s->i]))
        s->i++;
    return (struct word){W_NAME, {s->text.ptr + from, s->i - from}};
}

static bool same_word(struct str s, const char *word)
{
    return s.len == strlen(word) && strncasecmp(s.ptr, word, s.len) == 0;
}

static const struct record_def *scan_record(const struct scan *s)
{
    return &s->ld->p->records[s->ask->record];
}

static void check_literal(struct scan *s, struct str text)
{
    const struct record_def *r = scan_record(s);
    struct str name = s->prop;
    if (same_word(s->function, "has")) {
        idset_want(s->ld, s->at, set_documents(r), text);
        return;
    }
    if (same_word(s->function, "rows")) {
        int f = idset_want(s->ld, s->at, set_fields(r), text);
        if (f >= 0 && r->fields[f].type != FIELD_TABLE)
            fail(s->ld, s->at, "rows('%.*s'): the field is no table", SHOW(text));
        return;
    }
    if (s->function.ptr || !name.ptr)
        return; /* DATE('…') and the like; within() was checked by the parser */
    if (str_starts(name, STR("form.")))
        name = (struct str){name.ptr + 5, name.len - 5};
    if (str_is(name, "state")) {
        idset_want(s->ld, s->at, set_states(r), text);
        return;
    }
    int f = record_field(r, name);
    if (f < 0 || r->fields[f].type != FIELD_CODE || r->fields[f].codes < 0)
        return;
    const struct code_list *l = &s->ld->p->lists[r->fields[f].codes];
    if (list_code(l, text) < 0)
        idset_want(s->ld, s->at, IDSET("code", l->codes, l->n), text);
}

static void check_function(struct scan *s)
{
    static const char *const now[] = {"today", "has", "open"};
    for (size_t i = 0; i < COUNT_OF(now); i++)
        if (s->ask->use == USE_COMPUTED && same_word(s->function, now[i]))
            fail(s->ld, s->at,
                 "%s() is for guards: a computed value changes only with the fields"
                 " of its record",
                 now[i]);
}

static void take_name(struct scan *s, struct str name)
{
    static const char *const breaks[] = {"AND", "OR", "LIKE", "BETWEEN"};
    static const char *const skips[] = {"IN", "NOT", "IS", "NULL", "TRUE", "FALSE"};
    for (size_t i = 0; i < COUNT_OF(breaks); i++)
        if (same_word(name, breaks[i])) {
            s->prop = s->last = STR_NONE;
            return;
        }
    for (size_t i = 0; i < COUNT_OF(skips); i++)
        if (same_word(name, skips[i])) {
            s->last = STR_NONE;
            return;
        }
    s->last = name;
    if (!s->function.ptr)
        s->prop = name;
}

static void check_words(struct scan *s)
{
    for (struct word w = next_word(s); w.kind != W_END; w = next_word(s)) {
        if (w.kind == W_NAME) {
            take_name(s, w.s);
            continue;
        }
        if (w.kind == W_TEXT)
            check_literal(s, w.s);
        else if (w.s.ptr[0] == '(' && s->last.ptr) {
            s->function = s->last;
            s->prop = STR_NONE;
            check_function(s);
        } else if (w.s.ptr[0] == ')')
            s->function = STR_NONE;
        s->last = STR_NONE;
    }
}

/* ---- what a form must ask ---- */

struct form_check {
    const struct expr_ask *ask;
    bool found_all;
    struct str missing;
};

static void check_slot(void *user, struct str name, int slot)
{
    struct form_check *c = user;
    if (slot < SLOT_FORM + FORM_ATTR(ATTR_COUNT) || slot >= SLOT_ACTOR)
        return;
    for (int i = 0; i < c->ask->form->n_form; i++)
        if (c->ask->form->form[i].field == slot - SLOT_FORM)
            return;
    c->found_all = false;
    c->missing = name;
}

static bool form_asks(struct loader *ld, const struct expr_ask *ask, const struct node *at,
                      const struct expr *x)
{
    struct form_check c = {.ask = ask, .found_all = true};
    if (ask->form)
        expr_each_property(x, check_slot, &c);
    return c.found_all || fail(ld, at,
                               "%.*s is read, but the form of the action \"%.*s\" does not"
                               " ask it",
                               SHOW(c.missing), SHOW(ask->form->id));
}

/* ---- parsing ---- */

/* Remembers whether a private field was met, so that a refusal can say why it is one. */
struct watcher {
    struct record_catalogue inner;
    struct xcatalogue outer;
    bool met_private;
};

static bool watch_find(void *self, struct str name, struct xprop *out)
{
    struct watcher *w = self;
    if (!w->inner.cat.find(&w->inner, name, out))
        return false;
    if (out->person || out->type == X_PRESENT)
        w->met_private = true;
    return true;
}

static bool watch_below(void *self, struct str prop, struct str code,
                        void (*add)(void *user, struct str code), void *user)
{
    struct watcher *w = self;
    return w->inner.cat.below(&w->inner, prop, code, add, user);
}

struct expr *load_expr(struct loader *ld, const struct expr_ask *ask, const struct node *at,
                       struct str text)
{
    struct watcher w = {.met_private = false};
    struct expr *x = NULL;
    struct err e = ERR_INIT;
    unsigned flags = (ask->use != USE_TERM ? EXPR_GUARD : 0) | (ask->scalar ? EXPR_SCALAR : 0) |
                     (ask->persons ? EXPR_PERSON : 0);
    record_catalogue_init(&w.inner, ld->p, ask->record, ask->use == USE_GUARD, false, ld->zone);
    w.outer =
        (struct xcatalogue){.self = &w, .find = watch_find, .below = watch_below, .zone = ld->zone};
    if (complaints_full(ld->out))
        return NULL;
    if (!expr_parse(ld->a, text, &w.outer, flags, &x, &e)) {
        fail(ld, at, "%s%s", e.text,
             w.met_private
                 ? "; privacy: what may name a person (text, place, person, file, account)"
                   " is not read by conditions and figures, only IS NULL tells whether it"
                   " was given"
                 : "");
        return NULL;
    }
    int before = ld->out->n;
    struct scan s = {.ld = ld, .ask = ask, .at = at, .text = text};
    check_words(&s);
    return form_asks(ld, ask, at, x) && ld->out->n == before ? x : NULL;
}

/* ---- storing a result ---- */

static bool type_fits(const struct field *f, enum xtype t, int decimals)
{
    switch (f->type) {
    case FIELD_TEXT:
    case FIELD_CODE:
    case FIELD_AREA:
    case FIELD_ORG:
    case FIELD_ACCOUNT:
    case FIELD_RECORD:
        return t == X_TEXT;
    case FIELD_NUMBER:
    case FIELD_MONEY:
        return t == X_INT || (t == X_DECIMAL && decimals <= f->decimals);
    case FIELD_INTEGER:
        return t == X_INT;
    case FIELD_DATE:
        return t == X_DATE;
    case FIELD_TIME:
        return t == X_TIME;
    case FIELD_BOOLEAN:
        return t == X_BOOL;
    case FIELD_PLACE:
    case FIELD_PERSON:
    case FIELD_FILE:
    case FIELD_TABLE:
    case FIELD_COMPUTED:
        break;
    }
    return false;
}

/* The whole text is one literal: 'code'. */
static bool single_literal(struct str text, struct str *out)
{
    text = str_trim(text);
    if (text.len < 2 || text.ptr[0] != '\'' || text.ptr[text.len - 1] != '\'')
        return false;
    *out = (struct str){text.ptr + 1, text.len - 2};
    return !memchr(out->ptr, '\'', out->len);
}

bool check_assign(struct loader *ld, const struct node *at, const struct playbook *p,
                  const struct field *f, const struct expr *x, struct str text)
{
    struct str code;
    if (f->many || !type_fits(f, expr_type(x), expr_decimals(x)))
        return fail(ld, at, "the field \"%.*s\" of type %s%s cannot take %s", SHOW(f->id),
                    field_type_name(f->type), f->many ? " (many)" : "", xtype_name(expr_type(x)));
    if (f->type != FIELD_CODE || f->codes < 0 || !single_literal(text, &code))
        return true;
    const struct code_list *l = &p->lists[f->codes];
    return list_code(l, code) >= 0 || idset_want(ld, at, IDSET("code", l->codes, l->n), code) >= 0;
}
