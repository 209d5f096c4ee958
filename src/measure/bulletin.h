/* measure/bulletin.h - prose with figures in it.
 *
 * A place for a figure is written {{INDICATOR WHAT …}}:
 *
 *   {{dispute.resolution_rate value}}              98.4%
 *   {{dispute.resolution_rate n 余2}}               6.9万余  (余, 近 or nothing; how many digits are kept)
 *   {{dispute.proactive_rate change}}              同比上升11.9个百分点
 *   {{dispute.registered change 环比 2位}}           环比下降31.11%
 *   {{reported.road_deaths change from=2024-06-05}}  another span; also to=, area=
 *
 * WHAT is n, N, value, change, or of a stock opening, in, out, closing.  Span and area are those of
 * the bulletin unless said.  Figures are numbered F1, F2 … in the order of the prose.
 *
 * Taking the figures gives decided facts: one JSON object a figure, stored as a part of the record
 * (kind "figure"), with everything needed to compute it again at the same size of the log.
 *
 * What leaves the house: a count of 1 to 4 is printed 不足5, and a figure of a larger area that would
 * give it away by subtraction is rounded to 5 and said to be so.  Of a figure that holds such a count
 * (measure/small.h) only what is printed leaves.  One reported number under two spans is refused here; what
 * several figures give away together, by measure/difference.h. */
#pragma once
#include "measure/indicator.h"

struct bulletin_frame { /* what the bulletin itself says */
    struct str area; /* code */
    int32_t from, to;
    int64_t now;
    bool whole; /* its area is spoken of as 全市 */
};

/* The figures in the prose, as an array of parts without numbers ("i").  Errors: ERR_INPUT with the
 * slot in the text; what figure_ask gives. */
MUST_USE bool bulletin_take(struct store *db, struct arena *a, const struct world *w, struct str prose,
                            const struct bulletin_frame *frame, struct json **out, struct err *e);

/* Is this part a figure that stands, none that a later taking has put aside? */
bool bulletin_figure(const struct json *part);
/* The prose with its figures filled in; coded: each with its code behind it, "98.4%[F3]".  parts: the
 * record's parts, of which the figures are read. */
void bulletin_text(struct buf *b, struct str prose, const struct json *parts, bool coded);

/* Takes a frozen figure again, as of the size it was taken at.  *same: it prints the same. */
MUST_USE bool bulletin_again(struct store *db, struct arena *a, const struct world *w,
                             const struct json *part, bool *same, struct str *now_printed,
                             struct err *e);

/* What earlier figures (the parts of an issued bulletin) are today: an array of parts of kind
 * "correction" for those that moved, {"code","id","was","now"}. */
MUST_USE bool bulletin_corrections(struct store *db, struct arena *a, const struct world *w,
                                   const struct json *parts, int64_t now, struct json **out,
                                   struct err *e);

/* Checks a text that bears codes, whatever became of its prose: does each figure stand before its
 * code as it was printed?  first_bad: the code of the first that differs or is missing, STR_NONE. */
void bulletin_check_text(struct str text, const struct json *parts, struct str *first_bad, int *seen);
