/* Building a paper, and how each style looks. */
#include "paper/paper_int.h"

#define SONG "STZhongsong, SimSun, Noto Serif CJK SC"
#define BIG_SONG "FZXiaoBiaoSong-B05S, Noto Serif CJK SC"
#define FANG "FangSong_GB2312, FangSong, STFangsong, Noto Serif CJK SC"
#define HEI "SimHei, Noto Sans CJK SC"
#define KAI "KaiTi_GB2312, KaiTi, STKaiti, Noto Serif CJK SC"

/* GB/T 9704-2012: text area 156 x 225 mm, 22 lines of 28 characters of 3号 (16 pt); titles 2号
 * (22 pt) 小标宋; first headings 黑体, second 楷体, others 仿宋.  225 mm / 22 is a little more than
 * 28.95 pt a line, and 28 characters of 16 pt fit into 156 mm when each stands 0.208 pt closer. */
const struct paper_look PAPER_LOOKS[] = {
    [PAPER_FORM] = {.width = 210,
                    .height = 297,
                    .top = 25,
                    .bottom = 28,
                    .left = 28,
                    .right = 26,
                    .pitch = 25,
                    .title = {SONG, "宋体", 22, true, true},
                    .body = {FANG, "仿宋", 14, false, false},
                    .cell = {FANG, "仿宋", 12, false, false},
                    .heading = {{HEI, "黑体", 14, false, false},
                                {KAI, "楷体", 14, true, true},
                                {FANG, "仿宋", 14, true, true},
                                {FANG, "仿宋", 14, false, false}}},
    [PAPER_LETTER] = {.width = 210,
                      .height = 297,
                      .top = 37,
                      .bottom = 35,
                      .left = 28,
                      .right = 26,
                      .pitch = 28.95,
                      .tight = -0.208,
                      .dashes = true,
                      .title = {BIG_SONG, "方正小标宋简体", 22, true, false},
                      .body = {FANG, "仿宋_GB2312", 16, false, false},
                      .cell = {FANG, "仿宋_GB2312", 14, false, false},
                      .heading = {{HEI, "黑体", 16, false, false},
                                  {KAI, "楷体_GB2312", 16, true, true},
                                  {FANG, "仿宋_GB2312", 16, true, true},
                                  {FANG, "仿宋_GB2312", 16, false, false}}},
    [PAPER_A5] = {.width = 148,
                  .height = 210,
                  .top = 14,
                  .bottom = 20,
                  .left = 15,
                  .right = 15,
                  .pitch = 19,
                  .title = {SONG, "宋体", 18, true, true},
                  .body = {FANG, "仿宋", 12, false, false},
                  .cell = {FANG, "仿宋", 11.5, false, false},
                  .heading = {{HEI, "黑体", 12, false, false},
                              {HEI, "黑体", 12, false, false},
                              {FANG, "仿宋", 12, true, true},
                              {FANG, "仿宋", 12, false, false}}},
    [PAPER_ROLL] = {.width = 80,
                    .top = 5,
                    .bottom = 8,
                    .left = 5,
                    .right = 5,
                    .pitch = 15,
                    .title = {HEI, "黑体", 14, true, false},
                    .body = {HEI, "黑体", 9.5, false, false},
                    .cell = {HEI, "黑体", 9.5, false, false},
                    .heading = {{HEI, "黑体", 10, true, false},
                                {HEI, "黑体", 10, true, false},
                                {HEI, "黑体", 9.5, true, false},
                                {HEI, "黑体", 9.5, false, false}}},
};

struct paper *paper_new(struct arena *a, enum paper_style style, struct str title, int64_t made)
{
    struct paper *p = ARENA_NEW(a, struct paper);
    *p = (struct paper){.a = a, .style = style, .title = title, .made = made};
    return p;
}

struct paper_block *paper_add(struct paper *p, enum paper_kind kind, struct str text)
{
    p->blocks = arena_grow(p->a, p->blocks, p->n, &p->cap, sizeof *p->blocks);
    struct paper_block *b = &p->blocks[p->n++];
    *b = (struct paper_block){.kind = kind, .text = text, .style = p->style};
    return b;
}

struct paper_cell *paper_cell(struct paper *p, struct paper_block *table, struct str text)
{
    table->cells =
        arena_grow(p->a, table->cells, table->n_cells, &table->cap_cells, sizeof *table->cells);
    struct paper_cell *c = &table->cells[table->n_cells++];
    *c = (struct paper_cell){.text = text};
    return c;
}

void paper_run(struct paper *p, struct paper_block *text, struct str s, bool bold)
{
    struct paper_run *runs = ARENA_ARRAY(p->a, struct paper_run, text->n_runs + 1);
    if (text->n_runs)
        memcpy(runs, text->runs, text->n_runs * sizeof *runs);
    runs[text->n_runs++] = (struct paper_run){s, bold};
    text->runs = runs;
}

bool paper_pdf(const struct paper *p, struct buf *out, struct err *e)
{
    return paper_confined(pdf_draw, p, out, e);
}
