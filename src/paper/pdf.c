/* Blocks to pages, by pango and cairo.  Everything is laid out twice: first to learn how many pages
 * there are and where the marks stand, then to draw. */
#include "base/time.h"
#include "paper/paper_int.h"
#include <cairo-pdf.h>
#include <math.h>
#include <pango/pangocairo.h>

enum { PAGES_MOST = 2000 };
static const double CELL_PAD = 4, ROOM_TO_SIGN = 1.9;

struct flow {
    const struct paper *p;
    const struct paper_look *look;
    cairo_t *cr;
    PangoContext *pango;
    bool draw;
    bool fresh; /* nothing stands on this page yet */
    double y;   /* points from the top */
    int page, pages;
    double length; /* of a roll */
    int marks[PAPER_MARKS];
    struct err *e;
};

/* ---- sizes, in points ---- */

static double left(const struct flow *f)
{
    return f->look->left * PAPER_MM;
}

static double width(const struct flow *f)
{
    return (f->look->width - f->look->left - f->look->right) * PAPER_MM;
}

static double bottom(const struct flow *f)
{
    return f->look->height > 0 ? (f->look->height - f->look->bottom) * PAPER_MM : 1e9;
}

static double top(const struct flow *f)
{
    return f->look->top * PAPER_MM;
}

/* ---- text ---- */

static PangoLayout *layout_new(struct flow *f, const struct paper_face *face, double wide)
{
    PangoLayout *l = pango_layout_new(f->pango);
    PangoFontDescription *d = pango_font_description_from_string(face->families);
    pango_font_description_set_absolute_size(d, face->size * PANGO_SCALE);
    if (face->bold)
        pango_font_description_set_weight(d, PANGO_WEIGHT_BOLD);
    pango_layout_set_font_description(l, d);
    pango_font_description_free(d);
    pango_layout_set_width(l, (int)(wide * PANGO_SCALE));
    pango_layout_set_wrap(l, PANGO_WRAP_WORD_CHAR);
    return l;
}

static void set_align(PangoLayout *l, enum paper_align align, double em)
{
    if (align == PAPER_INDENT)
        pango_layout_set_indent(l, (int)(2 * em * PANGO_SCALE));
    pango_layout_set_alignment(l, align == PAPER_CENTER  ? PANGO_ALIGN_CENTER
                                  : align == PAPER_RIGHT ? PANGO_ALIGN_RIGHT
                                                         : PANGO_ALIGN_LEFT);
}

/* Both for a whole layout; weights of its runs are added to them. */
static PangoAttrList *attributes(double tight)
{
    PangoAttrList *list = pango_attr_list_new();
    if (tight != 0)
        pango_attr_list_insert(list, pango_attr_letter_spacing_new((int)(tight * PANGO_SCALE)));
    return list;
}

static void set_text(PangoLayout *l, struct str s)
{
    pango_layout_set_text(l, s.len ? s.ptr : "", (int)s.len);
}

static void set_block(PangoLayout *l, const struct paper_block *b, double tight)
{
    struct buf all AUTO(buf_free) = BUF(LIMIT_JSON_OUT);
    PangoAttrList *attrs = attributes(tight);
    for (size_t i = 0; i < b->n_runs; i++) {
        size_t from = all.len;
        buf_str(&all, b->runs[i].text);
        if (!b->runs[i].bold)
            continue;
        PangoAttribute *a = pango_attr_weight_new(PANGO_WEIGHT_BOLD);
        a->start_index = (guint)from;
        a->end_index = (guint)all.len;
        pango_attr_list_insert(attrs, a);
    }
    set_text(l, b->n_runs ? buf_view(&all) : b->text);
    pango_layout_set_attributes(l, attrs);
    pango_attr_list_unref(attrs);
}

static int lines_of(PangoLayout *l)
{
    return pango_layout_get_line_count(l);
}

/* Lines [from, to) at x, y, each `pitch` high; the letters sit in the middle of their line. */
static void show_lines(struct flow *f, PangoLayout *l, int from, int to, double x, double y,
                       double pitch, double size)
{
    PangoLayoutIter *it = pango_layout_get_iter(l);
    for (int i = 0; f->draw && i < to; i++) {
        PangoRectangle r;
        pango_layout_iter_get_line_extents(it, NULL, &r);
        if (i >= from) {
            double base = y + (i - from + 0.5) * pitch + 0.37 * size;
            cairo_move_to(f->cr, x + (double)r.x / PANGO_SCALE, base);
            pango_cairo_show_layout_line(f->cr, pango_layout_iter_get_line_readonly(it));
        }
        pango_layout_iter_next_line(it);
    }
    pango_layout_iter_free(it);
}

/* ---- the foot of a page ---- */

static void show_qr(struct flow *f, const struct paper_qr *qr, double x, double y, double side)
{
    double m = side / qr->side;
    if (!f->draw)
        return;
    for (int r = 0; r < qr->side; r++) {
        for (int c = 0; c < qr->side;) {
            int n = 0;
            while (c + n < qr->side && qr->dark[r * qr->side + c + n])
                n++;
            if (n) /* a run of dark modules is one rectangle: no hair lines between them */
                cairo_rectangle(f->cr, x + c * m, y + r * m, n * m, m * 1.01);
            c += n ? n : 1;
        }
    }
    cairo_fill(f->cr);
}

static void small_text(struct flow *f, struct str s, double x, double y, double wide,
                       enum paper_align align, double size)
{
    struct paper_face face = f->look->cell;
    face.size = size;
    PangoLayout *l = layout_new(f, &face, wide);
    set_align(l, align, size);
    set_text(l, s);
    show_lines(f, l, 0, lines_of(l), x, y, size * 1.35, size);
    g_object_unref(l);
}

static void page_number(struct flow *f, double y)
{
    struct arena *a = f->p->a;
    if (f->look->dashes) /* 4号, one character from the outer edge */
        small_text(f, str_printf(a, "— %d —", f->page), left(f) + 14, y, width(f) - 28,
                   f->page % 2 ? PAPER_RIGHT : PAPER_LEFT, 14);
    else
        small_text(f, str_printf(a, "第%d页 共%d页", f->page, f->pages), left(f), y, width(f),
                   PAPER_RIGHT, 9);
}

static bool foot(struct flow *f)
{
    double y = (f->look->height - f->look->bottom) * PAPER_MM + 10, side = 13 * PAPER_MM;
    struct paper_qr qr;
    if (f->look->height <= 0)
        return true;
    page_number(f, y);
    if (!f->p->check.len)
        return true;
    if (f->look->height < 250)
        side = 11 * PAPER_MM;
    if (!paper_qr(f->p->a, f->p->check, &qr, f->e))
        return false;
    show_qr(f, &qr, left(f), y, side);
    small_text(f, f->p->check_text, left(f) + side + 5, y, width(f) - side - 80, PAPER_LEFT, 7.5);
    return true;
}

/* ---- pages ---- */

static void page_size(struct flow *f)
{
    double h = f->look->height > 0 ? f->look->height * PAPER_MM : f->length;
    cairo_pdf_surface_set_size(cairo_get_target(f->cr), f->look->width * PAPER_MM, h);
}

static bool page_begin(struct flow *f)
{
    if (++f->page > PAGES_MOST)
        return err_set(f->e, ERR_TOO_BIG, "more than %d pages", PAGES_MOST);
    if (f->draw)
        page_size(f);
    f->y = top(f);
    f->fresh = true;
    return true;
}

static bool page_end(struct flow *f)
{
    if (!foot(f))
        return false;
    if (f->draw)
        cairo_show_page(f->cr);
    return true;
}

static bool new_page(struct flow *f)
{
    return page_end(f) && page_begin(f);
}

static bool need(struct flow *f, double height)
{
    return f->y + height <= bottom(f) + 0.1 || f->fresh || new_page(f);
}

/* ---- blocks of lines ---- */

static bool put_layout(struct flow *f, PangoLayout *l, double pitch, double size)
{
    int n = lines_of(l);
    for (int i = 0; i < n; i++) {
        if (!need(f, pitch))
            return false;
        show_lines(f, l, i, i + 1, left(f), f->y, pitch, size);
        f->y += pitch;
        f->fresh = false;
    }
    return true;
}

static bool put_face(struct flow *f, const struct paper_block *b, const struct paper_face *face,
                     enum paper_align align, double pitch)
{
    PangoLayout *l = layout_new(f, face, width(f));
    set_align(l, align, face->size);
    set_block(l, b, face->size == f->look->body.size ? f->look->tight : 0);
    bool ok = put_layout(f, l, pitch, face->size);
    g_object_unref(l);
    return ok;
}

static bool put_title(struct flow *f, const struct paper_block *b)
{
    const struct paper_face *face = &f->look->title;
    if (!put_face(f, b, face, PAPER_CENTER, face->size * 1.6))
        return false;
    f->y += f->look->pitch * 0.5;
    return true;
}

static bool put_sign(struct flow *f, const struct paper_block *b)
{
    double high = f->look->pitch * ROOM_TO_SIGN;
    if (!need(f, high))
        return false;
    f->y += high - f->look->pitch;
    f->fresh = false;
    return put_face(f, b, &f->look->body, PAPER_LEFT, f->look->pitch);
}

/* ---- tables ---- */

struct grid {
    const struct paper_block *b;
    int columns;
    double x[PAPER_COLUMNS + 1]; /* left edges */
    double pitch;
};

struct row {
    size_t first, n; /* cells */
    PangoLayout *text[PAPER_COLUMNS];
    int from[PAPER_COLUMNS + 1]; /* first column of each cell */
    int lines;                   /* of the longest cell */
};

static bool grid_make(struct flow *f, const struct paper_block *b, struct grid *g)
{
    int all = 0, at = 0;
    if (b->columns < 1 || b->columns > PAPER_COLUMNS)
        return err_set(f->e, ERR_INPUT, "a table has 1 to %d columns", PAPER_COLUMNS);
    *g = (struct grid){.b = b, .columns = b->columns, .pitch = f->look->cell.size * 1.45};
    for (int i = 0; i < b->columns; i++)
        all += b->widths ? b->widths[i] : 1;
    for (int i = 0; i <= b->columns; i++) {
        g->x[i] = left(f) + width(f) * at / all;
        at += i == b->columns ? 0 : b->widths ? b->widths[i] : 1;
    }
    return true;
}

static struct str cell_text(struct flow *f, const struct paper_cell *c)
{
    if (!c->page_of)
        return c->text;
    int page = c->page_of > 0 && c->page_of < PAPER_MARKS ? f->marks[c->page_of] : 0;
    return page ? str_printf(f->p->a, "%d", page) : STR_NONE;
}

static void row_free(struct row *r)
{
    for (size_t i = 0; i < r->n; i++)
        g_object_unref(r->text[i]);
}

/* The cells from `first` that fill one row. */
static bool row_make(struct flow *f, const struct grid *g, size_t first, struct row *r)
{
    int at = 0;
    *r = (struct row){.first = first, .lines = 1};
    while (at < g->columns && first + r->n < g->b->n_cells) {
        const struct paper_cell *c = &g->b->cells[first + r->n];
        int span = c->span ? c->span : 1;
        if (span < 1 || at + span > g->columns)
            break;
        struct paper_face face = f->look->cell;
        face.bold |= c->label;
        PangoLayout *l = layout_new(f, &face, g->x[at + span] - g->x[at] - 2 * CELL_PAD);
        set_align(l, c->label || c->page_of ? PAPER_CENTER : PAPER_LEFT, face.size);
        set_text(l, cell_text(f, c));
        if (lines_of(l) > r->lines)
            r->lines = lines_of(l);
        r->from[r->n] = at;
        r->text[r->n++] = l;
        at += span;
        r->from[r->n] = at;
    }
    if (at == g->columns)
        return true;
    row_free(r);
    return err_set(f->e, ERR_INPUT, "the cells of a table do not fill its last row");
}

/* Lines [from, to) of every cell, in a box. */
static void row_show(struct flow *f, const struct grid *g, const struct row *r, int from, int to)
{
    double high = (to - from) * g->pitch + 2 * CELL_PAD;
    for (size_t i = 0; f->draw && i < r->n; i++) {
        double x = g->x[r->from[i]], w = g->x[r->from[i + 1]] - x;
        int n = lines_of(r->text[i]), last = n < to ? n : to;
        bool middle = g->b->cells[r->first + i].label && n < to - from;
        double down = middle ? (to - from - n) * g->pitch / 2 : 0;
        if (from < n)
            show_lines(f, r->text[i], from, last, x + CELL_PAD, f->y + CELL_PAD + down, g->pitch,
                       f->look->cell.size);
        cairo_set_line_width(f->cr, 0.6);
        cairo_rectangle(f->cr, x, f->y, w, high);
        cairo_stroke(f->cr);
    }
    f->y += high;
    f->fresh = false;
}

static bool put_head(struct flow *f, const struct grid *g)
{
    struct row r;
    if (!g->b->head || !f->fresh)
        return true;
    if (!row_make(f, g, 0, &r))
        return false;
    row_show(f, g, &r, 0, r.lines);
    row_free(&r);
    return true;
}

/* A row that is higher than a page goes on on the next one. */
static bool put_row(struct flow *f, const struct grid *g, const struct row *r)
{
    double page = bottom(f) - top(f), high = r->lines * g->pitch + 2 * CELL_PAD;
    int from = 0;
    if (f->y + high > bottom(f) && high < page / 2 && !(new_page(f) && put_head(f, g)))
        return false;
    while (from < r->lines) {
        double room = bottom(f) - f->y - 2 * CELL_PAD;
        int n = room < g->pitch ? 0 : room > 1e6 ? r->lines : (int)floor(room / g->pitch + 0.01);
        if (n > r->lines - from)
            n = r->lines - from;
        if (n < 1 && f->fresh)
            n = 1;
        if (n > 0)
            row_show(f, g, r, from, from + n);
        from += n;
        if (from < r->lines && !(new_page(f) && put_head(f, g)))
            return false;
    }
    return true;
}

static bool put_table(struct flow *f, const struct paper_block *b)
{
    struct grid g;
    if (!grid_make(f, b, &g))
        return false;
    f->y += f->fresh ? 0 : 3;
    for (size_t i = 0; i < b->n_cells;) {
        struct row r;
        if (!row_make(f, &g, i, &r))
            return false;
        bool ok = put_row(f, &g, &r);
        i += r.n;
        row_free(&r);
        if (!ok)
            return false;
    }
    f->y += 6;
    return true;
}

/* ---- pictures and codes ---- */

static cairo_status_t read_bytes(void *closure, unsigned char *to, unsigned int n)
{
    struct str *s = closure;
    if (s->len < n)
        return CAIRO_STATUS_READ_ERROR;
    memcpy(to, s->ptr, n);
    s->ptr += n;
    s->len -= n;
    return CAIRO_STATUS_SUCCESS;
}

/* A JPEG goes into the file as it is; cairo only needs a surface of its size to hang it on. */
static cairo_surface_t *surface_of(const struct paper_image *img, bool draw)
{
    struct str rest = img->bytes;
    if (img->png)
        return cairo_image_surface_create_from_png_stream(read_bytes, &rest);
    if (!draw)
        return NULL;
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, img->width, img->height);
    cairo_surface_set_mime_data(s, CAIRO_MIME_TYPE_JPEG, (const unsigned char *)img->bytes.ptr,
                                img->bytes.len, NULL, NULL);
    return s;
}

static bool draw_image(struct flow *f, const struct paper_image *img, double x, double y, double w,
                       double h)
{
    cairo_surface_t *s = surface_of(img, f->draw);
    bool ok = !s || cairo_surface_status(s) == CAIRO_STATUS_SUCCESS;
    if (ok && f->draw) {
        double sx = img->turn % 180 ? h / img->width : w / img->width;
        cairo_save(f->cr);
        cairo_translate(f->cr, x + w / 2, y + h / 2);
        cairo_rotate(f->cr, img->turn * M_PI / 180);
        cairo_scale(f->cr, sx, sx);
        cairo_set_source_surface(f->cr, s, -img->width / 2.0, -img->height / 2.0);
        cairo_paint(f->cr);
        cairo_restore(f->cr);
    }
    if (s)
        cairo_surface_destroy(s);
    return ok || err_set(f->e, ERR_INPUT, "a picture is broken");
}

static bool put_image(struct flow *f, const struct paper_block *b)
{
    struct paper_image img;
    if (!paper_image_read(f->p->a, b->bytes, &img))
        return err_set(f->e, ERR_INPUT, "a picture is neither JPEG nor PNG, or broken");
    bool lying = img.turn % 180 != 0;
    double iw = lying ? img.height : img.width, ih = lying ? img.width : img.height;
    double most_w = b->mm && b->mm * PAPER_MM < width(f) ? b->mm * PAPER_MM : width(f);
    double caption = b->text.len ? f->look->pitch * 1.2 : 0;
    double most_h = (bottom(f) > 1e6 ? most_w * 2 : bottom(f) - top(f)) - caption;
    double k = fmin(fmin(most_w / iw, most_h / ih), 1.0); /* never larger than 72 dots an inch */
    if (!need(f, ih * k + caption) ||
        !draw_image(f, &img, left(f) + (width(f) - iw * k) / 2, f->y, iw * k, ih * k))
        return false;
    f->y += ih * k + 2;
    f->fresh = false;
    return !b->text.len || put_face(f, b, &f->look->cell, PAPER_CENTER, f->look->pitch);
}

static bool put_code(struct flow *f, const struct paper_block *b)
{
    struct paper_qr qr;
    double side = (b->mm ? b->mm : 28) * PAPER_MM, x = left(f) + (width(f) - side) / 2;
    if (!paper_qr(f->p->a, b->bytes, &qr, f->e) || !need(f, side + 14 + f->look->pitch))
        return false;
    show_qr(f, &qr, x, f->y + 6, side); /* what is around it is white: the quiet zone */
    f->y += side + 12;
    f->fresh = false;
    return !b->text.len || put_face(f, b, &f->look->cell, PAPER_CENTER, f->look->pitch);
}

/* ---- everything ---- */

static void remember(struct flow *f, const struct paper_block *b)
{
    if (b->mark > 0 && b->mark < PAPER_MARKS)
        f->marks[b->mark] = f->page;
}

static bool put_break(struct flow *f, const struct paper_block *b, bool first)
{
    if (!first && !page_end(f))
        return false;
    f->look = &PAPER_LOOKS[b->style];
    if (first) { /* a paper that begins with a break: the page is there already */
        f->y = top(f);
        if (f->draw)
            page_size(f);
        return true;
    }
    return page_begin(f);
}

static bool put_block(struct flow *f, const struct paper_block *b, bool first)
{
    const struct paper_look *k = f->look;
    int level = b->level < 1 ? 0 : b->level > 4 ? 3 : b->level - 1;
    bool ok = true;
    switch (b->kind) {
    case PAPER_TITLE:
        ok = put_title(f, b);
        break;
    case PAPER_HEADING:
        ok = need(f, 2 * k->pitch) && put_face(f, b, &k->heading[level], PAPER_INDENT, k->pitch);
        break;
    case PAPER_TEXT:
        ok = put_face(f, b, &k->body, b->align, k->pitch);
        break;
    case PAPER_TABLE:
        ok = put_table(f, b);
        break;
    case PAPER_SIGN:
        ok = put_sign(f, b);
        break;
    case PAPER_IMAGE:
        ok = put_image(f, b);
        break;
    case PAPER_CODE:
        ok = put_code(f, b);
        break;
    case PAPER_SPACE:
        f->y += f->fresh ? 0 : b->level * k->pitch;
        break;
    case PAPER_BREAK:
        ok = put_break(f, b, first);
        break;
    }
    remember(f, b);
    return ok;
}

static bool run(struct flow *f, bool draw)
{
    f->draw = draw;
    f->page = 0;
    f->look = &PAPER_LOOKS[f->p->style];
    if (!page_begin(f))
        return false;
    for (size_t i = 0; i < f->p->n; i++)
        if (!put_block(f, &f->p->blocks[i], i == 0))
            return false;
    f->length = f->y + f->look->bottom * PAPER_MM;
    f->pages = f->page;
    return page_end(f);
}

static cairo_status_t write_bytes(void *closure, const unsigned char *data, unsigned int n)
{
    buf_add(closure, data, n);
    return CAIRO_STATUS_SUCCESS;
}

static void metadata(const struct paper *p, cairo_surface_t *s)
{
    char when[40];
    time_format_utc(p->made / MS_SECOND * MS_SECOND, when);
    memcpy(when + strlen("2024-09-09T00:50:00"), "Z", 2); /* cairo takes no fractions */
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_TITLE, str_c(p->a, p->title));
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATE_DATE, when);
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATOR, "Bihuan");
}

bool pdf_draw(const void *paper, struct buf *out, struct err *e)
{
    struct flow f = {.p = paper, .e = e};
    cairo_surface_t *s = cairo_pdf_surface_create_for_stream(write_bytes, out, 595, 842);
    f.cr = cairo_create(s);
    metadata(f.p, s);
    f.pango = pango_cairo_create_context(f.cr);
    pango_context_set_language(f.pango, pango_language_from_string("zh-cn"));
    cairo_font_options_t *o = cairo_font_options_create();
    cairo_font_options_set_hint_metrics(o, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_hint_style(o, CAIRO_HINT_STYLE_NONE);
    pango_cairo_context_set_font_options(f.pango, o);
    cairo_font_options_destroy(o);
    bool ok = run(&f, false) && run(&f, true);
    g_object_unref(f.pango);
    cairo_destroy(f.cr);
    cairo_surface_finish(s);
    if (ok && cairo_surface_status(s) != CAIRO_STATUS_SUCCESS)
        ok = err_set(e, ERR_INTERNAL, "cairo: %s", cairo_status_to_string(cairo_surface_status(s)));
    cairo_surface_destroy(s);
    return ok;
}
