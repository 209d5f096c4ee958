#include "measure/slot.h"

const char *const SLOT_WHATS[WHAT_COUNT] = {"n", "N", "value", "change", "opening", "in", "out", "closing"};

bool slot_bad(struct err *e, struct str text, const char *en, const char *zh)
{
    struct str t = {text.ptr, text.len > 60 ? 60 : text.len};
    err_field(e, ERR_INPUT, "prose", "{{%.*s}}: %s", STR_F(t), en);
    return err_zh(e, "{{%.*s}}：%s", STR_F(t), zh);
}

static bool small_number(struct str s, struct str tail, int low, int high, int *out)
{
    int64_t n;
    if (tail.len && !str_ends(s, tail))
        return false;
    s.len -= tail.len;
    if (!str_int(s, &n) || n < low || n > high)
        return false;
    *out = (int)n;
    return true;
}

static bool read_style(struct slot *s, struct str word)
{
    static const struct {
        const char *head;
        enum speak_about about;
    } ROUND[] = {{"余", SPEAK_OVER}, {"近", SPEAK_NEARLY}};
    for (size_t i = 0; i < COUNT_OF(ROUND); i++) {
        struct str head = str_of(ROUND[i].head);
        struct str rest = {word.ptr + head.len, word.len - head.len};
        if (str_starts(word, head) && small_number(rest, STR_NONE, 1, 9, &s->digits)) {
            s->about = ROUND[i].about;
            return true;
        }
    }
    return small_number(word, STR("位"), 0, 4, &s->decimals);
}

static bool read_word(struct slot *s, struct str word, bool *what, struct err *e)
{
    struct str value, key = str_cut(word, '=', &value);
    for (int i = 0; i < WHAT_COUNT && !value.ptr; i++) {
        if (str_is(word, SLOT_WHATS[i])) {
            s->what = (enum slot_what)i;
            return *what = true;
        }
    }
    if (str_is(word, "同比") || str_is(word, "环比")) {
        s->q.compare = str_is(word, "同比") ? COMPARE_YOY : COMPARE_PREVIOUS;
        return true;
    }
    if (value.ptr && (str_is(key, "from") || str_is(key, "to") || str_is(key, "area") ||
                      str_is(key, "compare"))) {
        s->whole &= !str_is(key, "area");
        return figure_question_set(&s->q, str_is(key, "from")   ? "from"
                                          : str_is(key, "to")   ? "to"
                                          : str_is(key, "area") ? "area"
                                                                : "compare",
                                   value, e);
    }
    return read_style(s, word) ||
           slot_bad(e, s->text,
                    "expected INDICATOR and n, N, value, change, opening, in, out or closing",
                    "应写“统计项 n、N、value、change、opening、in、out 或 closing”，可加 余2、近1、2位、同比、环比、from=、to=、area=");
}

enum { WHOLE_SPAN = 27 }; /* days; shorter spans hold sealed matters in fives */

bool slot_read(struct arena *a, struct str text, const struct bulletin_frame *f, struct slot *s, struct err *e)
{
    struct str rest = str_trim(text);
    bool what = false;
    *s = (struct slot){
        .text = text, .q = figure_question_new(f->now), .digits = 2, .decimals = 1, .whole = f->whole};
    s->q.area = f->area;
    s->q.from = f->from;
    s->q.to = f->to;
    s->q.id = str_dup(a, str_cut(rest, ' ', &rest));
    while (rest.len) {
        struct str word = str_cut(rest, ' ', &rest);
        if (word.len && !read_word(s, word, &what, e))
            return false;
    }
    s->q.sealed = s->q.to - s->q.from >= WHOLE_SPAN; /* what a head approved and issues, once for a span */
    s->q.whole = s->whole;
    if (s->what == WHAT_change && s->q.compare == COMPARE_NONE)
        s->q.compare = COMPARE_YOY;
    return what || slot_bad(e, text, "say what of it: n, N, value, change, opening, in, out, closing",
                            "请写明取哪个数：n、N、value、change、opening、in、out、closing");
}

bool slot_next(struct str *rest, struct str *before, struct str *slot)
{
    for (size_t i = 0; i + 1 < rest->len; i++) {
        if (rest->ptr[i] != '{' || rest->ptr[i + 1] != '{')
            continue;
        for (size_t k = i + 2; k + 1 < rest->len; k++) {
            if (rest->ptr[k] != '}' || rest->ptr[k + 1] != '}')
                continue;
            *before = (struct str){rest->ptr, i};
            *slot = (struct str){rest->ptr + i + 2, k - i - 2};
            *rest = (struct str){rest->ptr + k + 2, rest->len - k - 2};
            return true;
        }
    }
    return false;
}
