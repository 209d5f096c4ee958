/* Areas that were redrawn between two spans that are compared.  Both are counted by today's tree: what was moved
 * is so in both, and said.  What was founded or ended in between has nothing to be compared with. */
#include "measure/figure_int.h"
#include "measure/speak.h"

static void add(struct gather *g, struct figure_comparison *c, enum redrawn_how how, int area, int32_t day)
{
    if (day <= c->from || c->n_redrawn == REDRAWN_NAMED)
        return;
    c->redrawn[c->n_redrawn++] = (struct figure_redrawn){how, g->w->areas[area].name, day};
    c->incomparable |= how == REDRAWN_FOUNDED || how == REDRAWN_ENDED;
}

/* Where the area lay behind this move. */
static int parent_behind(const struct world *w, int move)
{
    for (int i = move + 1; i < w->n_moves; i++)
        if (w->moves[i].area == w->moves[move].area)
            return w->moves[i].parent;
    return w->areas[w->moves[move].area].parent;
}

void redrawn_between(struct gather *g, struct figure_comparison *c, int32_t to)
{
    const struct world *w = g->w;
    const struct area *own = &w->areas[g->area];
    c->redrawn = ARENA_ARRAY(g->a, struct figure_redrawn, REDRAWN_NAMED);
    if (own->from != DAY_NONE && own->from <= to)
        add(g, c, REDRAWN_FOUNDED, g->area, own->from);
    if (own->to != DAY_NONE && own->to < to)
        add(g, c, REDRAWN_ENDED, g->area, own->to + 1);
    for (int i = 0; i < w->n_moves; i++) {
        bool was = world_area_below(w, w->moves[i].parent, g->area);
        bool is = world_area_below(w, parent_behind(w, i), g->area);
        int32_t day = zone_day(w->zone, w->moves[i].recorded);
        if (was != is && day <= to)
            add(g, c, is ? REDRAWN_CAME : REDRAWN_LEFT, w->moves[i].area, day);
    }
}

static void say_one(struct buf *b, bool zh, const struct figure_redrawn *x)
{
    static const char *const ZH[] = {"起设立", "起撤销", "划入", "划出"};
    static const char *const EN[] = {"founded", "ended", "moved here", "moved away"};
    int year, month, day;
    civil_of_day(x->day, &year, &month, &day);
    bool from = x->how == REDRAWN_FOUNDED || x->how == REDRAWN_ENDED;
    if (zh)
        buf_printf(b, "%.*s%s%d年%d月%d日%s", STR_F(x->area), from ? "自" : "", year, month, day, ZH[x->how]);
    else
        buf_printf(b, "%.*s %s on %d-%02d-%02d", STR_F(x->area), EN[x->how], year, month, day);
}

void speak_redrawn(struct buf *b, bool zh, const struct figure_comparison *c)
{
    if (!c->n_redrawn)
        return;
    buf_c(b, zh ? "口径调整：" : "Areas were redrawn: ");
    for (int i = 0; i < c->n_redrawn; i++) {
        buf_c(b, i == 0 ? "" : zh ? "，" : ", ");
        say_one(b, zh, &c->redrawn[i]);
    }
    if (c->incomparable)
        buf_c(b, zh ? "，不可比" : ": not comparable");
    else
        buf_c(b, zh ? "；两期都按现在的区划计算" : "; both spans are counted by today's areas");
}
