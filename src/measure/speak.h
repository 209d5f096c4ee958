/* measure/speak.h - figures in words, as bulletins, newspapers and a copied sentence print them.
 *
 * The one place where numbers become prose, so that prose cannot say what the numbers do not:
 * - a round number is marked: 余 when the figure lies at most 5 % above it, 近 when it lies at most
 *   2 % below it; anything else is refused;
 * - a direction is read from the exact integers: never 下降 for a rise, 持平 only when nothing
 *   changed, 基本持平 when what changed is lost in rounding;
 * - counts change in percent, rates in 个百分点, medians in days; where the base is below 20 the base
 *   itself is printed instead of a percentage.
 * (GB/T 15835 for the numerals; the limits of 余 and 近 are ours.) */
#pragma once
#include "measure/indicator.h"

enum speak_about { SPEAK_EXACT, SPEAK_OVER, SPEAK_NEARLY };

/* 69040 as "69040", "6.9万余" (over, 2 digits) or "7万" with 近 before (nearly, 1 digit).  digits:
 * how many of the first digits are kept, 1 to 9.  n >= 0.  In English: over 69,000; nearly 70,000.
 * Errors: ERR_INPUT, saying what would be true. */
MUST_USE bool speak_count(struct buf *b, bool zh, int64_t n, enum speak_about about, int digits,
                          struct err *e);

/* "1至8月", "2023年1至8月", "6月5日至8月31日", "6月5日以来" (ongoing); the year is left out when it is
 * that of today. */
void speak_span(struct buf *b, bool zh, int32_t from, int32_t to, int32_t today, bool ongoing);

/* "全市" for the area one speaks of as a whole, otherwise its name. */
void speak_area(struct buf *b, bool zh, struct str name, bool whole);

/* The value with its sign: "98.4%", "3093", "2.9". STR "—" where there is none. */
void speak_value(struct buf *b, const struct figure *f, const struct figure_value *v);

/* "同比下降31.11%", "环比上升11.9个百分点", "同比持平", "上年同期3起".  decimals: of a percentage of
 * counts; rates keep those of their indicator.  Writes nothing where nothing can be compared. */
void speak_change(struct buf *b, bool zh, const struct figure *f, int decimals);

/* "口径调整：望城镇2026年3月5日划入；两期都按现在的区划计算", without its full stop; nothing where no area was
 * redrawn. */
void speak_redrawn(struct buf *b, bool zh, const struct figure_comparison *c);

struct speak_frame {
    bool zh;
    int32_t today;        /* for leaving out the year */
    bool whole;           /* say 全市 instead of the area's name */
    struct str area_name;
    int decimals;         /* of a percentage of counts */
};
/* One sentence without its full stop: the indicator's `say`, or a plain one by its kind.  An
 * indicator whose definition is still open (口径待定) says nothing. */
void speak_sentence(struct buf *b, const struct figure *f, const struct speak_frame *frame);
/* What belongs under it: definition, n and N, chance, equal maturity, what is not comparable. */
void speak_footnote(struct buf *b, const struct figure *f, const struct speak_frame *frame);
