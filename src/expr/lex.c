#include "expr/expr_int.h"
#include <stdarg.h>

bool lex_fail(struct parser *p, enum err_code code, size_t at, const char *fmt, ...)
{
    va_list args;
    char what[LIMIT_ERR_TEXT];
    if (err_is(p->e))
        return false;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    size_t n = str_chars((struct str){p->text.ptr, at}) + 1;
    err_set(p->e, code, "at character %zu: %s", n, what);
    return err_zh(p->e, "条件的第 %zu 个字符处：%s", n, err_title_zh(code));
}

static char low(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool lex_same(struct str a, const char *word)
{
    size_t i = 0;
    for (; i < a.len && word[i]; i++)
        if (low(a.ptr[i]) != low(word[i]))
            return false;
    return i == a.len && !word[i];
}

bool lex_reserved(struct str name)
{
    static const char *const words[] = {"AND",  "OR",   "NOT",  "IN",      "IS",
                                        "NULL", "LIKE", "TRUE", "BETWEEN", "FALSE"};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (lex_same(name, words[i]))
            return true;
    return false;
}

/* Everything above ASCII but punctuation, blanks and full-width forms: enough for names in Chinese
 * without carrying Unicode's tables. */
static bool wide_letter(uint32_t c)
{
    static const uint32_t not_letters[][2] = {
        {0x80, 0xBF},     {0x2000, 0x206F}, {0x2190, 0x2BFF}, {0x3000, 0x3004},
        {0x3008, 0x3020}, {0xD800, 0xF8FF}, {0xFE10, 0xFE6F}, {0xFF00, 0xFFFF},
    };
    for (size_t i = 0; i < COUNT_OF(not_letters); i++)
        if (c >= not_letters[i][0] && c <= not_letters[i][1])
            return false;
    return c >= 0x80;
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Length of the name character at i, 0 when there is none. */
static size_t name_char(struct str s, size_t i, bool first)
{
    char c = s.ptr[i];
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')
        return 1;
    if (!first && (digit(c) || c == '.'))
        return 1;
    if ((unsigned char)c < 0x80)
        return 0;
    size_t next = i;
    return wide_letter(str_next_char(s, &next)) ? next - i : 0;
}

static size_t name_length(struct str s, size_t from)
{
    size_t i = from, n;
    while (i < s.len && (n = name_char(s, i, i == from)) > 0)
        i += n;
    return i - from;
}

bool lex_plain_name(struct str name)
{
    return name.len > 0 && name_length(name, 0) == name.len && !lex_reserved(name);
}

static size_t skip_blanks(struct str s, size_t i)
{
    for (; i < s.len; i++) {
        if (i + 3 <= s.len && memcmp(s.ptr + i, "\xE3\x80\x80", 3) == 0) /* U+3000 */
            i += 2;
        else if (!strchr(" \t\r\n", s.ptr[i]))
            break;
    }
    return i;
}

static bool take(struct parser *p, int kind, size_t at, size_t len)
{
    p->now.kind = kind;
    p->now.at = at;
    p->now.raw = p->now.text = (struct str){p->text.ptr + at, len};
    p->pos = at + len;
    return true;
}

/* A text or a quoted name: the quote is written twice where it stands for itself. */
static bool quoted(struct parser *p, size_t at, char quote)
{
    struct str s = p->text;
    char *out = arena_alloc(p->a, s.len - at);
    size_t n = 0, i = at + 1;
    for (; i < s.len; i++) {
        if (s.ptr[i] == quote) {
            if (i + 1 == s.len || s.ptr[i + 1] != quote)
                break;
            i++;
        }
        out[n++] = s.ptr[i];
    }
    if (i == s.len)
        return lex_fail(p, ERR_SYNTAX, at, "the %s that begins here has no closing %c",
                        quote == '"' ? "name" : "text", quote);
    take(p, quote == '"' ? T_QUOTED : T_TEXT, at, i + 1 - at);
    p->now.text = (struct str){out, n};
    return true;
}

static bool number(struct parser *p, size_t at)
{
    struct str s = p->text;
    size_t i = at;
    while (i < s.len && digit(s.ptr[i]))
        i++;
    if (i + 1 < s.len && s.ptr[i] == '.' && digit(s.ptr[i + 1]))
        for (i++; i < s.len && digit(s.ptr[i]); i++)
            ;
    if (i < s.len && (s.ptr[i] == '.' || name_char(s, i, true)))
        return lex_fail(p, ERR_SYNTAX, at, "expected a number like 12 or 12.50");
    return take(p, T_NUMBER, at, i - at);
}

static bool strange(struct parser *p, size_t at)
{
    size_t next = at;
    uint32_t c = str_next_char(p->text, &next);
    struct str s = {p->text.ptr + at, next - at};
    bool wide = (c >= 0xFF01 && c <= 0xFF5E) || (c >= 0x2018 && c <= 0x201F) || c == 0x3001;
    if (wide)
        return lex_fail(p, ERR_SYNTAX, at, "'%.*s' is full-width, expected the plain sign",
                        STR_F(s));
    return lex_fail(p, ERR_SYNTAX, at, "'%.*s' has no meaning here", STR_F(s));
}

bool lex_next(struct parser *p)
{
    struct str s = p->text;
    size_t at = skip_blanks(s, p->pos);
    if (at == s.len)
        return take(p, T_END, at, 0);
    char c = s.ptr[at], after = at + 1 < s.len ? s.ptr[at + 1] : '\0';
    size_t n = name_length(s, at);
    if (n)
        return take(p, T_NAME, at, n);
    if (c == '\'' || c == '"')
        return quoted(p, at, c);
    if (digit(c))
        return number(p, at);
    if (c == '!' && after == '=')
        return lex_fail(p, ERR_SYNTAX, at, "expected <> for \"is not\", found !=");
    if (c == '=' && after == '=')
        return lex_fail(p, ERR_SYNTAX, at, "expected one =, found ==");
    if ((c == '<' && (after == '>' || after == '=')) || (c == '>' && after == '='))
        return take(p, T_SIGN, at, 2);
    if (strchr("()=<>,+-*", c))
        return take(p, T_SIGN, at, 1);
    return strange(p, at);
}
