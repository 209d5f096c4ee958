#include "search/token.h"
#include "search/chars.h"
#include "search/pinyin.h"

enum {
    MARK_PINYIN = 0xE001,
    MARK_END = 0xE002,            /* of a text */
    VECTOR_LAST = 16000,          /* PostgreSQL knows positions up to 16383 */
    VECTOR_OVERLAP = TOKEN_TYPED, /* tokens written again behind a jump: the longest phrase */
    VECTOR_BYTES = 900 * 1000,    /* of all lexemes; PostgreSQL refuses 1 MiB */
};

/* Walks over the characters of a text; runs of one kind are tokens or bigrams. */
struct splitter {
    struct str text;
    size_t i;
    uint32_t c;
    enum char_kind kind; /* of c */
    bool more;           /* c is valid */
};

static struct splitter split_start(struct str text)
{
    struct splitter s = {.text = text};
    s.more = char_next(text, &s.i, &s.c, &s.kind);
    return s;
}

static void split_step(struct splitter *s)
{
    s->more = char_next(s->text, &s->i, &s->c, &s->kind);
}

static void split_gap(struct splitter *s)
{
    while (s->more && s->kind == CHAR_GAP)
        split_step(s);
}

/* Writes the word that begins here, cut to its first TOKEN_WORD characters. */
static void split_word(struct splitter *s, struct buf *out)
{
    for (int n = 0; s->more && s->kind == CHAR_WORD; n++, split_step(s))
        if (n < TOKEN_WORD)
            char_write(out, s->c);
}

static void index_run(struct splitter *s, struct buf *out)
{
    while (s->more && s->kind == CHAR_HAN) {
        char_write(out, s->c);
        split_step(s);
        if (s->more && s->kind == CHAR_HAN)
            char_write(out, s->c);
        buf_char(out, ' ');
    }
}

struct letters {
    char s[TOKEN_LETTERS];
    size_t n;
};

/* The syllables of read[0..n) one behind the other, the first TOKEN_LETTERS letters. */
static struct letters spell(const struct pinyin *read, size_t n, bool as_name)
{
    struct letters out = {.n = 0};
    for (size_t i = 0; i < n; i++)
        for (const char *p = as_name ? read[i].name : read[i].word; *p; p++)
            if (out.n < TOKEN_LETTERS)
                out.s[out.n++] = *p;
    return out;
}

static struct letters initials(const struct pinyin *read, size_t n, bool as_name)
{
    struct letters out = {.n = 0};
    for (size_t i = 0; i < n && out.n < TOKEN_INITIALS; i++) {
        char first = as_name ? read[i].name[0] : read[i].word[0];
        if (first)
            out.s[out.n++] = first;
    }
    return out;
}

static void index_letters(struct buf *out, struct letters as_word, struct letters as_name)
{
    struct str a = {as_word.s, as_word.n}, b = {as_name.s, as_name.n};
    buf_utf8(out, MARK_PINYIN);
    buf_str(out, a);
    buf_char(out, ' ');
    if (str_eq(a, b))
        return;
    buf_utf8(out, MARK_PINYIN);
    buf_str(out, b);
    buf_char(out, ' ');
}

static void index_pinyin_run(struct buf *out, const uint32_t *chars, size_t n)
{
    struct pinyin read[TOKEN_PINYIN_TEXT];
    ASSERT(n <= COUNT_OF(read));
    pinyin_read(chars, n, read);
    for (size_t i = 0; i < n; i++) {
        if (!read[i].word[0])
            continue;
        size_t left = n - i < TOKEN_LETTERS ? n - i : TOKEN_LETTERS;
        index_letters(out, spell(read + i, left, false), spell(read + i, left, true));
        index_letters(out, initials(read + i, left, false), initials(read + i, left, true));
    }
}

static void index_pinyin(struct buf *out, struct str text)
{
    uint32_t chars[TOKEN_PINYIN_TEXT];
    size_t n = 0, seen = 0;
    struct splitter s = split_start(text);
    for (; s.more && seen < TOKEN_PINYIN_TEXT; split_step(&s), seen++) {
        if (s.kind == CHAR_HAN) {
            chars[n++] = s.c;
        } else {
            index_pinyin_run(out, chars, n);
            n = 0;
        }
    }
    index_pinyin_run(out, chars, n);
}

void token_index(struct buf *out, struct str text, unsigned with)
{
    struct splitter s = split_start(text);
    split_gap(&s);
    if (!s.more)
        return;
    if (out->len && out->ptr[out->len - 1] != ' ')
        buf_char(out, ' ');
    for (; s.more; split_gap(&s)) {
        if (s.kind == CHAR_HAN) {
            index_run(&s, out);
        } else {
            split_word(&s, out);
            buf_char(out, ' ');
        }
    }
    if (with & TOKEN_PINYIN)
        index_pinyin(out, text);
    buf_utf8(out, MARK_END);
    buf_char(out, ' ');
}

/* Inside a typed word these join what is left and right of them: 12-3, 192.168.1.1, xi'an. */
static bool joins(uint32_t c)
{
    static const uint32_t JOIN[] = {'-',  '.',    '/',    '_',    ':',    '#',   '@',
                                    '\'', 0x2019, 0x00B7, 0x2022, 0x2014, 0x2013};
    for (size_t i = 0; i < COUNT_OF(JOIN); i++)
        if (JOIN[i] == c)
            return true;
    return false;
}

/* Moves over a gap; true when the typed word goes on behind it. */
static bool parse_gap(struct splitter *s)
{
    bool joined = true;
    for (; s->more && s->kind == CHAR_GAP; split_step(s))
        joined = joined && joins(s->c);
    return joined && s->more;
}

struct phrase {
    struct token_term term;
    size_t cap;
    struct buf letters; /* of a word of Latin letters only */
    bool latin;
};

static void phrase_add(struct arena *a, struct phrase *p, struct buf *token)
{
    p->term.tokens = arena_grow(a, p->term.tokens, p->term.n, &p->cap, sizeof *p->term.tokens);
    p->term.tokens[p->term.n++] = buf_dup(a, token);
    buf_clear(token);
}

/* Bigrams; the last character alone only when something of the phrase follows the run, because
 * else the run may go on in the text.  One character alone is a beginning. */
static void parse_han(struct arena *a, struct splitter *s, struct phrase *p)
{
    struct buf token AUTO(buf_free) = BUF(64);
    uint32_t last = 0;
    size_t n = 0;
    for (; s->more && s->kind == CHAR_HAN; split_step(s), n++) {
        if (n) {
            char_write(&token, last);
            char_write(&token, s->c);
            phrase_add(a, p, &token);
        }
        last = s->c;
    }
    struct splitter ahead = *s;
    bool goes_on = parse_gap(&ahead);
    if (n == 1 || goes_on) {
        char_write(&token, last);
        phrase_add(a, p, &token);
    }
    p->term.prefix = n == 1 && !goes_on;
    p->latin = false;
}

static void parse_latin(struct arena *a, struct splitter *s, struct phrase *p)
{
    struct buf token AUTO(buf_free) = BUF(8 * TOKEN_WORD);
    for (struct splitter look = *s; look.more && look.kind == CHAR_WORD; split_step(&look)) {
        uint32_t c = look.c == 0xFC || look.c == 'v' ? 'u' : look.c; /* lv, nv for lü, nü */
        p->latin = p->latin && c >= 'a' && c <= 'z';
        if (p->latin)
            buf_char(&p->letters, (char)c);
    }
    split_word(s, &token);
    phrase_add(a, p, &token);
    p->term.prefix = true;
}

static struct token_term pinyin_term(struct arena *a, struct str letters, size_t max)
{
    struct buf token AUTO(buf_free) = BUF(64);
    buf_utf8(&token, MARK_PINYIN);
    buf_add(&token, letters.ptr, letters.len < max ? letters.len : max);
    struct phrase p = {.cap = 0};
    phrase_add(a, &p, &token);
    p.term.prefix = max == TOKEN_LETTERS;
    return p.term;
}

/* One typed word: the phrase, and what it means as pinyin when it is of letters. */
static struct token_word parse_word(struct arena *a, struct splitter *s)
{
    struct phrase p = {.letters = BUF(TOKEN_TYPED + 1), .latin = true};
    do {
        if (s->kind == CHAR_HAN)
            parse_han(a, s, &p);
        else
            parse_latin(a, s, &p);
    } while (parse_gap(s));
    struct token_word word = {.any = ARENA_ARRAY(a, struct token_term, 3), .n = 1};
    word.any[0] = p.term;
    struct str letters = buf_view(&p.letters);
    if (p.latin && letters.len > 1)
        word.any[word.n++] = pinyin_term(a, letters, TOKEN_LETTERS);
    if (p.latin && letters.len > TOKEN_INITIALS)
        word.any[word.n++] = pinyin_term(a, letters, TOKEN_INITIALS);
    buf_free(&p.letters);
    return word;
}

static struct str first_chars(struct str s, size_t n)
{
    size_t i = 0;
    while (i < s.len && n--)
        str_next_char(s, &i);
    return (struct str){s.ptr, i};
}

void token_parse(struct arena *a, struct str typed, struct token_query *out)
{
    *out = (struct token_query){.words = ARENA_ARRAY(a, struct token_word, TOKEN_TYPED_WORDS)};
    struct splitter s = split_start(first_chars(typed, TOKEN_TYPED));
    split_gap(&s);
    while (s.more && out->n < TOKEN_TYPED_WORDS) {
        out->words[out->n++] = parse_word(a, &s);
        split_gap(&s);
    }
}

/* Writes s between `quote`s; quotes inside are doubled, and so is `also`. */
static void write_quoted(struct buf *out, struct str s, char quote, char also)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == quote || s.ptr[i] == also)
            buf_char(out, s.ptr[i]);
        buf_char(out, s.ptr[i]);
    }
}

static void fts5_term(struct buf *out, const struct token_term *t)
{
    buf_char(out, '"');
    for (size_t i = 0; i < t->n; i++) {
        if (i)
            buf_char(out, ' ');
        write_quoted(out, t->tokens[i], '"', '"');
    }
    buf_c(out, t->prefix ? "\" *" : "\"");
}

static void tsquery_term(struct buf *out, const struct token_term *t)
{
    for (size_t i = 0; i < t->n; i++) {
        buf_c(out, i ? " <-> '" : "'");
        write_quoted(out, t->tokens[i], '\'', '\\');
        buf_char(out, '\'');
    }
    if (t->prefix)
        buf_c(out, ":*");
}

struct dialect {
    const char *and, * or ;
    void (*term)(struct buf *out, const struct token_term *t);
};

static void write_query(struct buf *out, const struct token_query *q, const struct str *must,
                        size_t n_must, struct dialect d)
{
    for (size_t w = 0; w < q->n; w++) {
        buf_c(out, w ? d.and : "");
        buf_char(out, '(');
        for (size_t i = 0; i < q->words[w].n; i++) {
            buf_c(out, i ? d.or : "");
            d.term(out, &q->words[w].any[i]);
        }
        buf_char(out, ')');
    }
    for (size_t i = 0; i < n_must; i++) {
        struct str token = must[i];
        buf_c(out, q->n || i ? d.and : "");
        d.term(out, &(struct token_term){.tokens = &token, .n = 1});
    }
}

void token_fts5(struct buf *out, const struct token_query *q, const struct str *must, size_t n_must)
{
    if (!q->n && !n_must)
        buf_c(out, "\"\""); /* an empty text would be a syntax error */
    write_query(out, q, must, n_must, (struct dialect){" AND ", " OR ", fts5_term});
}

void token_tsquery(struct buf *out, const struct token_query *q, const struct str *must,
                   size_t n_must)
{
    write_query(out, q, must, n_must, (struct dialect){" & ", " | ", tsquery_term});
}

/* Cuts the next token off *rest. */
static struct str next_token(struct str *rest)
{
    struct str t = STR_NONE;
    while (rest->len && !t.len)
        t = str_cut(*rest, ' ', rest);
    return t;
}

void token_tsvector(struct buf *out, struct str tokens)
{
    struct str last[VECTOR_OVERLAP]; /* a ring */
    size_t n = 0, bytes = 0;
    int at = 0;
    bool again = false;
    struct str end = STR("\xEE\x80\x82"); /* MARK_END takes a place and is not written */
    for (struct str t; (t = next_token(&tokens)).len && bytes < VECTOR_BYTES;) {
        last[n++ % VECTOR_OVERLAP] = t;
        size_t from = n - 1;
        if (at == VECTOR_LAST) { /* start over, with the last tokens once more */
            at = 0;
            from = n - VECTOR_OVERLAP;
        }
        for (; from < n; from++) {
            struct str w = last[from % VECTOR_OVERLAP];
            at++;
            if (str_eq(w, end))
                continue;
            buf_c(out, again ? " '" : "'");
            write_quoted(out, w, '\'', '\\');
            buf_printf(out, "':%d", at);
            again = true;
            bytes += w.len;
        }
    }
}

/* A word of letters stays as it is. */
static void read_word(struct splitter *s, struct buf *full, struct buf *first)
{
    for (; s->more && s->kind == CHAR_WORD; split_step(s)) {
        buf_utf8(full, s->c);
        buf_utf8(first, s->c);
    }
    buf_char(full, ' ');
}

static void read_han(struct splitter *s, struct buf *full, struct buf *first)
{
    uint32_t chars[TOKEN_PINYIN_TEXT];
    struct pinyin read[TOKEN_PINYIN_TEXT];
    size_t n = 0;
    for (; n < COUNT_OF(chars) && s->more && s->kind == CHAR_HAN; split_step(s))
        chars[n++] = s->c;
    pinyin_read(chars, n, read);
    for (size_t i = 0; i < n; i++) {
        if (read[i].word[0]) {
            buf_c(full, read[i].word);
            buf_char(first, read[i].word[0]);
        } else {
            buf_utf8(full, chars[i]);
            buf_utf8(first, chars[i]);
        }
        buf_char(full, ' ');
    }
}

void token_pinyin(struct buf *full, struct buf *initials_only, struct str text)
{
    struct splitter s = split_start(text);
    for (split_gap(&s); s.more; split_gap(&s)) {
        if (s.kind == CHAR_HAN)
            read_han(&s, full, initials_only);
        else
            read_word(&s, full, initials_only);
    }
    if (full->len && full->ptr[full->len - 1] == ' ')
        full->len--;
}

bool token_start(struct err *e)
{
    return pinyin_start(e);
}
