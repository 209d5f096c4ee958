/* Numbers into prose; see speak.h for what it never says. */
#include "measure/speak.h"
#include "measure/figure_int.h"

enum { WAN = 10000, YI = 100000000, TINY = 20 };

/* ---- round numbers ---- */

/* What the last kept digit of n is worth. */
static int64_t step_of(int64_t n, int digits)
{
    int len = 1;
    for (int64_t v = n; v >= 10; v /= 10)
        len++;
    return value_power(len > digits ? len - digits : 0);
}

/* v / 10^decimals without zeros at the end. */
static void put_short(struct buf *b, int64_t v, int decimals)
{
    while (decimals > 0 && v % 10 == 0) {
        v /= 10;
        decimals--;
    }
    buf_decimal(b, v, decimals);
}

static void put_round_zh(struct buf *b, int64_t v)
{
    if (v >= YI) {
        put_short(b, v, 8);
        buf_c(b, "亿");
    } else if (v >= WAN) {
        put_short(b, v, 4);
        buf_c(b, "万");
    } else {
        buf_i64(b, v);
    }
}

static void put_thousands(struct buf *b, int64_t v)
{
    if (v >= 1000) {
        put_thousands(b, v / 1000);
        buf_printf(b, ",%03d", (int)(v % 1000));
    } else {
        buf_i64(b, v);
    }
}

static bool too_far(struct err *e, bool over, int64_t n, int digits)
{
    err_set(e, ERR_INPUT, "%lld cannot be called \"%s\" with %d digits: more than %s %%",
            (long long)n, over ? "over" : "nearly", digits, over ? "5" : "2");
    return err_zh(e, over ? "%lld不能写“余”：超出整数5%%以上，请多留一位数字或写准确数"
                          : "%lld不能写“近”：距整数2%%以上，请多留一位数字或写准确数",
                  (long long)n);
}

bool speak_count(struct buf *b, bool zh, int64_t n, enum speak_about about, int digits,
                 struct err *e)
{
    ASSERT(n >= 0);
    ASSERT(digits >= 1 && digits <= 9);
    int64_t step = step_of(n, digits), low = n / step * step, high = low + (n > low ? step : 0);
    if (about == SPEAK_EXACT || low == n) {
        if (about == SPEAK_EXACT && zh)
            buf_i64(b, n);
        else if (zh)
            put_round_zh(b, n);
        else
            put_thousands(b, n);
        return true;
    }
    if (about == SPEAK_OVER ? (n - low) * 20 > low : (high - n) * 50 > high)
        return too_far(e, about == SPEAK_OVER, n, digits);
    if (zh) {
        buf_c(b, about == SPEAK_NEARLY ? "近" : "");
        put_round_zh(b, about == SPEAK_OVER ? low : high);
        buf_c(b, about == SPEAK_OVER ? "余" : "");
    } else {
        buf_c(b, about == SPEAK_OVER ? "over " : "nearly ");
        put_thousands(b, about == SPEAK_OVER ? low : high);
    }
    return true;
}

/* ---- spans ---- */

struct date {
    int y, m, d;
};

static struct date date_of(int32_t day)
{
    struct date t;
    civil_of_day(day, &t.y, &t.m, &t.d);
    return t;
}

static const char *month_en(int m)
{
    static const char *const NAMES[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    return NAMES[m - 1];
}

/* Whole months of one year. */
static void months(struct buf *b, bool zh, struct date f, struct date t)
{
    if (zh && f.m == t.m)
        buf_printf(b, "%d月", f.m);
    else if (zh)
        buf_printf(b, "%d至%d月", f.m, t.m);
    else if (f.m == t.m)
        buf_c(b, month_en(f.m));
    else
        buf_printf(b, "%s to %s", month_en(f.m), month_en(t.m));
}

static void one_day(struct buf *b, bool zh, struct date t)
{
    if (zh)
        buf_printf(b, "%d月%d日", t.m, t.d);
    else
        buf_printf(b, "%d %s", t.d, month_en(t.m));
}

static void year_zh(struct buf *b, bool wanted, int y)
{
    if (wanted)
        buf_printf(b, "%d年", y);
}

static void year_en(struct buf *b, bool wanted, int y)
{
    if (wanted)
        buf_printf(b, " %d", y);
}

void speak_span(struct buf *b, bool zh, int32_t from, int32_t to, int32_t today, bool ongoing)
{
    struct date f = date_of(from), t = date_of(to), next = date_of(to + 1);
    bool whole = f.d == 1 && next.d == 1 && f.y == t.y, years = f.y != t.y;
    bool say_f = years || f.y != date_of(today).y, say_t = years;
    if (whole && f.m == 1 && t.m == 12 && !ongoing) {
        buf_printf(b, zh ? "%d年" : "%d", f.y);
        return;
    }
    if (zh)
        year_zh(b, say_f, f.y);
    if (ongoing) {
        buf_c(b, zh ? "" : "since ");
        one_day(b, zh, f);
        buf_c(b, zh ? "以来" : "");
    } else if (whole) {
        months(b, zh, f, t);
    } else if (from == to) {
        one_day(b, zh, f);
    } else {
        one_day(b, zh, f);
        if (!zh)
            year_en(b, say_t, f.y);
        buf_c(b, zh ? "至" : " to ");
        if (zh)
            year_zh(b, say_t, t.y);
        one_day(b, zh, t);
    }
    if (!zh)
        year_en(b, say_f, t.y);
}

void speak_area(struct buf *b, bool zh, struct str name, bool whole)
{
    /* the first that fits: 社区 ends with 区 too */
    static const char *const ENDS[] = {"社区", "街道", "省", "市", "区", "县", "镇", "乡", "村"};
    for (size_t i = 0; zh && whole && i < COUNT_OF(ENDS); i++) {
        if (str_ends(name, str_of(ENDS[i]))) {
            buf_printf(b, "全%s", ENDS[i]);
            return;
        }
    }
    buf_str(b, name);
}

/* ---- values ---- */

void speak_value(struct buf *b, const struct figure *f, const struct figure_value *v)
{
    if (!v->has_value) {
        buf_c(b, "—");
        return;
    }
    buf_decimal(b, v->value, v->decimals);
    if (f->indicator->kind == IND_RATE)
        buf_char(b, '%');
}

/* ---- changes ---- */

struct direction {
    const char *up, *down, *same, *nearly;
};
static const struct direction ZH = {"上升", "下降", "持平", "基本持平"};
static const struct direction EN = {"up ", "down ", "unchanged", "nearly unchanged"};
static const struct direction ZH_TIME = {"延长", "缩短", "持平", "基本持平"};

static const char *against(bool zh, const struct figure_comparison *c)
{
    bool year = c->kind && strcmp(c->kind, "yoy") == 0;
    return zh ? (year ? "同比" : "环比") : year ? " on the year before" : " on the span before";
}

/* sign: of the exact difference; shown: its printed amount, not below 0. */
static void put_change(struct buf *b, bool zh, const struct figure *f, const struct direction *w,
                       int sign, int64_t shown, int decimals, const char *unit)
{
    if (zh)
        buf_c(b, against(true, &f->compare));
    if (sign == 0) {
        buf_c(b, w->same);
    } else if (shown == 0) {
        buf_c(b, w->nearly);
    } else {
        buf_c(b, sign > 0 ? w->up : w->down);
        buf_decimal(b, shown, decimals);
        buf_c(b, unit);
    }
    if (!zh)
        buf_c(b, against(false, &f->compare));
}

static int sign_of(__int128 v)
{
    return v > 0 ? 1 : v < 0 ? -1 : 0;
}

/* The base is too small for a percentage: it is said itself. */
static void put_base(struct buf *b, bool zh, const struct figure *f, const struct figure_value *then)
{
    bool year = f->compare.kind && strcmp(f->compare.kind, "yoy") == 0;
    buf_c(b, zh ? (year ? "上年同期" : "上期") : year ? "the year before: " : "the span before: ");
    speak_value(b, f, then);
    buf_str(b, zh ? f->indicator->unit.zh : STR_NONE);
}

static void count_change(struct buf *b, bool zh, const struct figure *f, int decimals)
{
    const struct figure_value *now = &f->total, *then = &f->compare.v;
    int64_t base = f->indicator->kind == IND_SUM ? then->n : then->value;
    int64_t difference = now->value - then->value;
    if (!now->has_value || !then->has_value)
        return;
    if (base < TINY || then->value <= 0) {
        put_base(b, zh, f, then);
        return;
    }
    int64_t shown = value_ratio(difference < 0 ? -difference : difference, then->value, 100, decimals);
    put_change(b, zh, f, zh ? &ZH : &EN, sign_of(difference), shown, decimals, "%");
}

static void rate_change(struct buf *b, bool zh, const struct figure *f)
{
    const struct figure_value *now = &f->total, *then = &f->compare.v;
    if (!now->has_value || !then->has_value)
        return;
    __int128 left = (__int128)now->n * then->N, right = (__int128)then->n * now->N;
    int64_t points = value_points(now, then);
    put_change(b, zh, f, zh ? &ZH : &EN, sign_of(left - right), points < 0 ? -points : points,
               now->decimals, zh ? "个百分点" : " points");
}

static void median_change(struct buf *b, bool zh, const struct figure *f)
{
    const struct figure_value *now = &f->total, *then = &f->compare.v;
    if (!now->has_value || !then->has_value)
        return;
    int64_t d = now->value - then->value;
    put_change(b, zh, f, zh ? &ZH_TIME : &EN, sign_of(d), d < 0 ? -d : d, now->decimals,
               zh ? "天" : " days");
}

void speak_change(struct buf *b, bool zh, const struct figure *f, int decimals)
{
    const struct figure_comparison *c = &f->compare;
    if (!c->kind || f->indicator->pending || c->incomparable)
        return;
    if (c->given) {
        bool rate = f->indicator->kind == IND_RATE;
        int64_t shown = c->change < 0 ? -c->change : c->change;
        int given = c->given_decimals;
        for (; given > 0 && shown % 10 == 0; given--) /* -15 %, not -15.00 %: as the body said it */
            shown /= 10;
        if (c->has_change)
            put_change(b, zh, f, zh ? &ZH : &EN, sign_of(c->change), shown, given,
                       !rate ? "%" : zh ? "个百分点" : " points");
        return;
    }
    switch (f->indicator->kind) {
    case IND_COUNT:
    case IND_SUM:
    case IND_STOCK:
        count_change(b, zh, f, decimals);
        break;
    case IND_RATE:
        rate_change(b, zh, f);
        break;
    case IND_MEDIAN:
        median_change(b, zh, f);
        break;
    }
}

/* ---- sentences ---- */

/* The body that reported it says how it changed, and no number. */
static bool change_alone(const struct figure *f)
{
    return f->compare.given && f->compare.has_change && !f->total.has_value;
}

static const char *plain_zh(const struct figure *f)
{
    if (change_alone(f))
        return "{span}，{area}{name}{moved}";
    switch (f->indicator->kind) {
    case IND_COUNT:
    case IND_SUM:
        return "{span}，{area}{name}{value}{unit}{change}";
    case IND_RATE:
        return f->total.has_value ? "{span}，{area}{name}{value}（{n}/{N}{unit}）{change}"
                                  : "{span}，{area}{N}{unit}中{n}{unit}计入{name}，数量不足20，不计算比率";
    case IND_STOCK:
        return "{span}，{area}{name}{closing}{unit}（上期结转{opening}、新增{in}、办结{out}）";
    case IND_MEDIAN:
        return f->total.has_value ? "{span}，{area}{name}{value}{unit}（{n}件）{change}"
                                  : "{span}，{area}没有计入{name}的办件";
    }
    return "";
}

static const char *plain_en(const struct figure *f)
{
    if (change_alone(f))
        return "{span}, {area}: {name} {moved}";
    switch (f->indicator->kind) {
    case IND_COUNT:
    case IND_SUM:
        return "{span}, {area}: {name}: {value} {unit}{change}";
    case IND_RATE:
        return f->total.has_value ? "{span}, {area}: {name} {value} ({n} of {N} {unit}){change}"
                                  : "{span}, {area}: {n} of {N} {unit} count for {name}; no rate"
                                    " below 20";
    case IND_STOCK:
        return "{span}, {area}: {name}: {closing} {unit} ({opening} brought over, {in} new, {out}"
               " closed)";
    case IND_MEDIAN:
        return f->total.has_value ? "{span}, {area}: {name} {value} {unit} ({n} cases){change}"
                                  : "{span}, {area}: no case counts for {name}";
    }
    return "";
}

static void put_word(struct buf *b, struct str word, const struct figure *f,
                     const struct speak_frame *x)
{
    const struct figure_value *v = &f->total;
    const struct {
        const char *name;
        int64_t v;
    } NUMBERS[] = {{"n", v->n},   {"N", v->N},     {"opening", v->opening},
                   {"in", v->in}, {"out", v->out}, {"closing", v->closing}};
    for (size_t i = 0; i < COUNT_OF(NUMBERS); i++)
        if (str_is(word, NUMBERS[i].name))
            buf_decimal(b, NUMBERS[i].v, i == 1 ? v->N_decimals : v->n_decimals);
    if (str_is(word, "span")) {
        speak_span(b, x->zh, f->from, f->to, x->today, false);
    } else if (str_is(word, "area")) {
        speak_area(b, x->zh, x->area_name, x->whole);
    } else if (str_is(word, "name")) {
        buf_str(b, x->zh ? f->indicator->name.zh : f->indicator->name.en);
    } else if (str_is(word, "unit")) {
        buf_str(b, x->zh ? f->indicator->unit.zh : f->indicator->unit.en);
    } else if (str_is(word, "value")) {
        speak_value(b, f, v);
    } else if (str_is(word, "change")) {
        struct buf change AUTO(buf_free) = BUF(400);
        if (f->compare.incomparable)
            buf_c(&change, x->zh ? "口径调整，不可比" : "not comparable");
        else
            speak_change(&change, x->zh, f, x->decimals);
        if (change.len)
            buf_printf(b, x->zh ? "，%.*s" : ", %.*s", STR_F(buf_view(&change)));
    } else if (str_is(word, "moved")) {
        speak_change(b, x->zh, f, x->decimals);
    }
}

static void fill(struct buf *b, struct str say, const struct figure *f, const struct speak_frame *x)
{
    while (say.len) {
        struct str rest, plain = str_cut(say, '{', &rest), word = str_cut(rest, '}', &say);
        buf_str(b, plain);
        if (!rest.ptr)
            return;
        put_word(b, word, f, x);
    }
}

void speak_sentence(struct buf *b, const struct figure *f, const struct speak_frame *x)
{
    const struct indicator *ind = f->indicator;
    struct str say = x->zh ? ind->say.zh : ind->say.en;
    /* its own words would print a rate that there is not */
    bool own = say.len && f->total.has_value;
    if (ind->pending)
        return;
    if (f->reported.is && !id_zero(f->reported.source))
        buf_printf(b, x->zh ? "据%.*s提供，" : "As reported by %.*s: ",
                   STR_F(x->zh ? f->reported.issuer.zh : f->reported.issuer.en));
    fill(b, own ? say : str_of(x->zh ? plain_zh(f) : plain_en(f)), f, x);
}

/* ---- footnotes ---- */

static void note_definition(struct buf *b, const struct figure *f, bool zh)
{
    const struct indicator *ind = f->indicator;
    struct str definition = zh ? ind->definition.zh : ind->definition.en;
    struct str without = zh ? ind->exclusions.zh : ind->exclusions.en;
    if (definition.len)
        buf_printf(b, zh ? "口径：%.*s。" : "Definition: %.*s. ", STR_F(definition));
    if (without.len)
        buf_printf(b, zh ? "不含：%.*s。" : "Without: %.*s. ", STR_F(without));
    if (ind->version > 1)
        buf_printf(b, zh ? "口径第%d版。" : "Version %d of the definition. ", ind->version);
    if (f->total.has_N)
        buf_printf(b, zh ? "分子%lld，分母%lld。" : "n = %lld, N = %lld. ", (long long)f->total.n,
                   (long long)f->total.N);
    if (ind->kind == IND_RATE && !ind->part)
        buf_c(b, zh ? "分子不是分母的一部分。" : "n is not part of N. ");
}

/* Who is not in N, and by whom; what those say who were asked again. */
static void note_beside(struct buf *b, const struct figure *f, bool zh)
{
    for (int i = 0; i < f->n_beside; i++) {
        const struct figure_beside *x = &f->beside[i];
        struct str name = zh ? x->indicator->name.zh : x->indicator->name.en;
        bool first = i == 0, last = i + 1 == f->n_beside || f->beside[i + 1].recheck;
        if (x->recheck) {
            buf_printf(b, zh ? "抽查复核：%.*s" : "Re-checked by lot: %.*s ", STR_F(name));
            speak_value(b, &(struct figure){.indicator = x->indicator}, &x->v);
            buf_printf(b, zh ? "（%lld/%lld）。" : " (%lld of %lld). ", (long long)x->v.n, (long long)x->v.N);
            continue;
        }
        buf_printf(b, zh ? "%s%.*s%lld%.*s%s" : "%s%.*s %lld %.*s%s",
                   !first ? (zh ? "、" : ", ") : zh ? "未计入分母：" : "Not in N: ", STR_F(name), (long long)x->v.value,
                   STR_F(zh ? x->indicator->unit.zh : x->indicator->unit.en), !last ? "" : zh ? "。" : ". ");
    }
}

static void note_spring(struct buf *b, const struct figure *f, bool zh)
{
    int32_t now = day_lunar_new_year(date_of(f->to).y);
    int32_t then = day_lunar_new_year(date_of(f->compare.to).y);
    bool in_now = now >= f->from && now <= f->to;
    bool in_then = then >= f->compare.from && then <= f->compare.to;
    struct date a = date_of(now), b0 = date_of(then);
    if (in_now != in_then)
        buf_printf(b,
                   zh ? "春节在本期为%d月%d日、在上年为%d月%d日，只落在其中一期。"
                      : "The lunar new year (%d-%02d; the year before %d-%02d) lies in one of the"
                        " two spans only. ",
                   a.m, a.d, b0.m, b0.d);
}

static void note_days(struct buf *b, const struct figure *f, bool zh)
{
    int days = f->to - f->from + 1, before = f->compare.to - f->compare.from + 1;
    if (days != before)
        buf_printf(b, zh ? "本期%d天，对比期%d天。" : "%d days against %d. ", days, before);
}

static void note_chance(struct buf *b, const struct figure *f, bool zh)
{
    const struct figure_comparison *c = &f->compare;
    enum { RARE = 500 }; /* p < 0.05 */
    if (!c->tested)
        return;
    buf_c(b, c->p < RARE ? (zh ? "变化超出偶然波动" : "More than chance")
                         : (zh ? "变化可能只是偶然波动" : "May be chance alone"));
    buf_c(b, zh ? "（精确检验 p=" : " (exact test, p = ");
    buf_decimal(b, c->p, 4);
    buf_c(b, zh ? "）。" : "). ");
}

static void note_maturity(struct buf *b, const struct figure *f, bool zh)
{
    const struct figure_comparison *c = &f->compare;
    if (!c->has_maturity)
        return;
    if (!c->maturity.known) {
        buf_c(b, zh ? "上年同期当时公布的数不可考。" : "What was known of it a year ago is not known. ");
        return;
    }
    struct figure then = *f;
    then.compare.v = c->maturity.v;
    buf_c(b, zh ? "按同等时点（上年此时所知）比较：" : "As it was known at the same distance: ");
    size_t before = b->len;
    speak_change(b, zh, &then, 1);
    if (b->len == before)
        buf_c(b, zh ? "不能比较" : "cannot be compared");
    buf_c(b, zh ? "。" : ". ");
}

static void note_sealed(struct buf *b, const struct figure *f, bool zh)
{
    if (f->sealed == SEALED_FIVES)
        buf_c(b, zh ? "限制查看的件按每5件计一次，不足5件的不计。"
                    : "Sealed matters are counted in fives, fewer than five not at all. ");
    else if (f->sealed == SEALED_LEFT_OUT)
        buf_c(b, zh ? "不含限制查看的件。" : "Without sealed matters. ");
}

void speak_footnote(struct buf *b, const struct figure *f, const struct speak_frame *x)
{
    if (f->indicator->pending)
        return;
    note_definition(b, f, x->zh);
    note_sealed(b, f, x->zh);
    note_beside(b, f, x->zh);
    if (!f->compare.kind)
        return;
    size_t before = b->len;
    speak_redrawn(b, x->zh, &f->compare);
    if (b->len > before)
        buf_c(b, x->zh ? "。" : ". ");
    else if (f->compare.incomparable)
        buf_c(b, x->zh ? "口径调整，不可比。" : "The definition was changed: not comparable. ");
    if (f->compare.incomparable)
        return;
    note_days(b, f, x->zh);
    if (strcmp(f->compare.kind, "yoy") == 0)
        note_spring(b, f, x->zh);
    note_chance(b, f, x->zh);
    note_maturity(b, f, x->zh);
}
