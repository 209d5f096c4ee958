/* A docx of a paper: minimal WordprocessingML (ISO/IEC 29500-1) in a zip with fixed times.  Opens in
 * WPS, LibreOffice and Word; fonts are named, not embedded. */
#include "base/time.h"
#include "paper/paper_int.h"
#include <zip.h>

enum { MEDIA_MOST = 500, EMU_POINT = 12700 };
#define W_NS "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
#define REL "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

struct media {
    struct str bytes;
    bool png;
};

struct docx {
    const struct paper *p;
    const struct paper_look *look;
    struct arena *a;
    struct buf body;
    struct media media[MEDIA_MOST];
    int n_media;
    struct err *e;
};

/* ---- XML ---- */

static void put_xml(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.len;) {
        uint32_t ch = str_next_char(s, &i);
        if (ch == '&')
            buf_c(b, "&amp;");
        else if (ch == '<')
            buf_c(b, "&lt;");
        else if (ch == '>')
            buf_c(b, "&gt;");
        else if (ch == '"')
            buf_c(b, "&quot;");
        else if ((ch >= 0x20 || ch == '\t') && ch != 0xFFFE && ch != 0xFFFF)
            buf_utf8(b, ch);
    }
}

static int twips(double mm)
{
    return (int)(mm * 1440 / 25.4 + 0.5);
}

static void put_face(struct buf *b, const struct paper_face *face, bool bold)
{
    int half = (int)(face->size * 2 + 0.5);
    buf_printf(b,
               "<w:rPr><w:rFonts w:ascii=\"Times New Roman\" w:hAnsi=\"Times New Roman\""
               " w:eastAsia=\"%s\" w:hint=\"eastAsia\"/>%s<w:sz w:val=\"%d\"/>"
               "<w:szCs w:val=\"%d\"/></w:rPr>",
               face->docx, bold ? "<w:b/>" : "", half, half);
}

static void put_run(struct docx *d, const struct paper_face *face, bool bold, struct str s)
{
    struct str rest = s;
    bool first = true;
    do { /* a line break within a paragraph */
        struct str line = str_cut(rest, '\n', &rest);
        buf_c(&d->body, "<w:r>");
        put_face(&d->body, face, bold);
        buf_printf(&d->body, "%s<w:t xml:space=\"preserve\">", first ? "" : "<w:br/>");
        put_xml(&d->body, line);
        buf_c(&d->body, "</w:t></w:r>");
        first = false;
    } while (rest.ptr);
}

static void begin_p(struct docx *d, enum paper_align align, double pitch, double before, double em)
{
    static const char *const JC[] = {"both", "left", "center", "right"};
    buf_printf(&d->body,
               "<w:p><w:pPr><w:spacing w:before=\"%d\" w:after=\"0\" w:line=\"%d\""
               " w:lineRule=\"exact\"/>",
               (int)(before * 20), (int)(pitch * 20 + 0.5));
    if (align == PAPER_INDENT)
        buf_printf(&d->body, "<w:ind w:firstLineChars=\"200\" w:firstLine=\"%d\"/>",
                   (int)(em * 40));
    buf_printf(&d->body, "<w:jc w:val=\"%s\"/></w:pPr>", JC[align]);
}

static void end_p(struct docx *d)
{
    buf_c(&d->body, "</w:p>");
}

static void put_p(struct docx *d, const struct paper_block *b, const struct paper_face *face,
                  bool bold, enum paper_align align, double pitch, double before)
{
    begin_p(d, align, pitch, before, face->size);
    for (size_t i = 0; i < b->n_runs; i++)
        put_run(d, face, bold || b->runs[i].bold, b->runs[i].text);
    if (!b->n_runs)
        put_run(d, face, bold, b->text);
    end_p(d);
}

/* ---- tables ---- */

static void put_cell(struct docx *d, const struct paper_block *b, const struct paper_cell *c,
                     int at, int all)
{
    double wide = d->look->width - d->look->left - d->look->right;
    int span = c->span ? c->span : 1, share = 0;
    for (int i = at; i < at + span; i++)
        share += b->widths ? b->widths[i] : 1;
    buf_printf(&d->body, "<w:tc><w:tcPr><w:tcW w:w=\"%d\" w:type=\"dxa\"/>",
               twips(wide * share / all));
    if (span > 1)
        buf_printf(&d->body, "<w:gridSpan w:val=\"%d\"/>", span);
    buf_c(&d->body, "<w:vAlign w:val=\"center\"/></w:tcPr>");
    begin_p(d, c->label ? PAPER_CENTER : PAPER_LEFT, d->look->cell.size * 1.45, 0, 0);
    put_run(d, &d->look->cell, c->label, c->text);
    end_p(d);
    buf_c(&d->body, "</w:tc>");
}

static void grid_open(struct docx *d, const struct paper_block *b, int all)
{
    double wide = d->look->width - d->look->left - d->look->right;
    static const char *const SIDES[] = {"top", "left", "bottom", "right", "insideH", "insideV"};
    buf_c(&d->body, "<w:tbl><w:tblPr><w:tblW w:w=\"5000\" w:type=\"pct\"/><w:tblBorders>");
    for (size_t i = 0; i < COUNT_OF(SIDES); i++)
        buf_printf(&d->body, "<w:%s w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"000000\"/>",
                   SIDES[i]);
    buf_c(&d->body, "</w:tblBorders><w:tblLayout w:type=\"fixed\"/></w:tblPr><w:tblGrid>");
    for (int i = 0; i < b->columns; i++)
        buf_printf(&d->body, "<w:gridCol w:w=\"%d\"/>",
                   twips(wide * (b->widths ? b->widths[i] : 1) / all));
    buf_c(&d->body, "</w:tblGrid>");
}

static bool put_table(struct docx *d, const struct paper_block *b)
{
    int all = 0, at = 0;
    if (b->columns < 1 || b->columns > PAPER_COLUMNS)
        return err_set(d->e, ERR_INPUT, "a table has 1 to %d columns", PAPER_COLUMNS);
    for (int i = 0; i < b->columns; i++)
        all += b->widths ? b->widths[i] : 1;
    grid_open(d, b, all);
    for (size_t i = 0; i < b->n_cells; i++) {
        const struct paper_cell *c = &b->cells[i];
        int span = c->span ? c->span : 1;
        if (span < 1 || at + span > b->columns)
            return err_set(d->e, ERR_INPUT, "the cells of a table do not fill its rows");
        if (!at)
            buf_printf(&d->body, "<w:tr><w:trPr>%s</w:trPr>",
                       !i && b->head ? "<w:cantSplit/><w:tblHeader/>" : "<w:cantSplit/>");
        put_cell(d, b, c, at, all);
        at += span;
        if (at == b->columns) {
            buf_c(&d->body, "</w:tr>");
            at = 0;
        }
    }
    if (at)
        return err_set(d->e, ERR_INPUT, "the cells of a table do not fill its last row");
    buf_c(&d->body, "</w:tbl>");
    return true;
}

/* ---- pictures ---- */

static bool add_media(struct docx *d, struct str bytes, bool png, int *n)
{
    if (d->n_media == MEDIA_MOST)
        return err_set(d->e, ERR_TOO_BIG, "more than %d pictures", MEDIA_MOST);
    d->media[d->n_media] = (struct media){bytes, png};
    *n = ++d->n_media;
    return true;
}

/* Width and height in points, as it lies; turn in degrees. */
static void put_drawing(struct buf *b, int n, double w, double h, int turn)
{
    int64_t cx = (int64_t)(w * EMU_POINT), cy = (int64_t)(h * EMU_POINT);
    bool lying = turn % 180 != 0;
    buf_printf(b,
               "<w:r><w:drawing><wp:inline distT=\"0\" distB=\"0\" distL=\"0\" distR=\"0\">"
               "<wp:extent cx=\"%lld\" cy=\"%lld\"/><wp:docPr id=\"%d\" name=\"P%d\"/>",
               (long long)(lying ? cy : cx), (long long)(lying ? cx : cy), n, n);
    buf_printf(b,
               "<a:graphic xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\">"
               "<a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/picture\">"
               "<pic:pic xmlns:pic=\"http://schemas.openxmlformats.org/drawingml/2006/picture\">"
               "<pic:nvPicPr><pic:cNvPr id=\"%d\" name=\"P%d\"/><pic:cNvPicPr/></pic:nvPicPr>",
               n, n);
    buf_printf(b,
               "<pic:blipFill><a:blip r:embed=\"rIdM%d\"/><a:stretch><a:fillRect/></a:stretch>"
               "</pic:blipFill><pic:spPr><a:xfrm rot=\"%d\"><a:off x=\"0\" y=\"0\"/>"
               "<a:ext cx=\"%lld\" cy=\"%lld\"/></a:xfrm><a:prstGeom prst=\"rect\"><a:avLst/>"
               "</a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline>"
               "</w:drawing></w:r>",
               n, turn * 60000, (long long)cx, (long long)cy);
}

static bool put_image(struct docx *d, const struct paper_block *b)
{
    struct paper_image img;
    int n = 0;
    if (!paper_image_read(d->a, b->bytes, &img))
        return err_set(d->e, ERR_INPUT, "a picture is neither JPEG nor PNG, or broken");
    if (!add_media(d, img.bytes, img.png, &n))
        return false;
    bool lying = img.turn % 180 != 0;
    double wide = (d->look->width - d->look->left - d->look->right) * PAPER_MM;
    double high = (d->look->height - d->look->top - d->look->bottom) * PAPER_MM * 0.9;
    if (b->mm && b->mm * PAPER_MM < wide)
        wide = b->mm * PAPER_MM;
    double iw = lying ? img.height : img.width, ih = lying ? img.width : img.height, k = 1;
    if (iw * k > wide)
        k = wide / iw;
    if (ih * k > high)
        k = high / ih;
    buf_c(&d->body, "<w:p><w:pPr><w:jc w:val=\"center\"/></w:pPr>");
    put_drawing(&d->body, n, img.width * k, img.height * k, img.turn);
    end_p(d);
    if (b->text.len)
        put_p(d, b, &d->look->cell, false, PAPER_CENTER, d->look->pitch, 0);
    return true;
}

static bool qr_media(struct docx *d, struct str text, int *n)
{
    struct paper_qr qr;
    return paper_qr(d->a, text, &qr, d->e) && add_media(d, paper_qr_png(d->a, &qr, 4), true, n);
}

static bool put_code(struct docx *d, const struct paper_block *b)
{
    double side = (b->mm ? b->mm : 28) * PAPER_MM;
    int n = 0;
    if (!qr_media(d, b->bytes, &n))
        return false;
    buf_c(&d->body, "<w:p><w:pPr><w:jc w:val=\"center\"/></w:pPr>");
    put_drawing(&d->body, n, side, side, 0);
    end_p(d);
    if (b->text.len)
        put_p(d, b, &d->look->cell, false, PAPER_CENTER, d->look->pitch, 0);
    return true;
}

/* ---- blocks ---- */

static bool put_block(struct docx *d, const struct paper_block *b, bool first)
{
    const struct paper_look *k = d->look;
    int level = b->level < 1 ? 0 : b->level > 4 ? 3 : b->level - 1;
    switch (b->kind) {
    case PAPER_TITLE:
        put_p(d, b, &k->title, k->title.docx_bold, PAPER_CENTER, k->title.size * 1.6, 0);
        begin_p(d, PAPER_LEFT, k->pitch / 2, 0, 0);
        end_p(d);
        break;
    case PAPER_HEADING:
        put_p(d, b, &k->heading[level], k->heading[level].docx_bold, PAPER_INDENT, k->pitch, 0);
        break;
    case PAPER_TEXT:
        put_p(d, b, &k->body, false, b->align, k->pitch, 0);
        break;
    case PAPER_TABLE:
        return put_table(d, b);
    case PAPER_SIGN:
        put_p(d, b, &k->body, false, PAPER_LEFT, k->pitch, k->pitch * 0.9);
        break;
    case PAPER_IMAGE:
        return put_image(d, b);
    case PAPER_CODE:
        return put_code(d, b);
    case PAPER_SPACE:
        for (int i = 0; i < b->level; i++) {
            begin_p(d, PAPER_LEFT, k->pitch, 0, 0);
            end_p(d);
        }
        break;
    case PAPER_BREAK:
        if (!first)
            buf_c(&d->body, "<w:p><w:r><w:br w:type=\"page\"/></w:r></w:p>");
        break;
    }
    return true;
}

static void section(struct docx *d)
{
    const struct paper_look *k = d->look;
    double high = k->height > 0 ? k->height : 297;
    buf_printf(&d->body,
               "<w:sectPr><w:footerReference w:type=\"default\" r:id=\"rIdF\"/>"
               "<w:pgSz w:w=\"%d\" w:h=\"%d\"/><w:pgMar w:top=\"%d\" w:right=\"%d\""
               " w:bottom=\"%d\" w:left=\"%d\" w:header=\"600\" w:footer=\"%d\" w:gutter=\"0\"/>",
               twips(k->width), twips(high), twips(k->top), twips(k->right), twips(k->bottom),
               twips(k->left), twips(k->bottom > 20 ? 7 : 3));
    if (k->tight != 0) /* in 4096ths of a point */
        buf_printf(&d->body,
                   "<w:docGrid w:type=\"linesAndChars\" w:linePitch=\"%d\" w:charSpace=\"%d\"/>",
                   (int)(k->pitch * 20 + 0.5), (int)(k->tight * 4096));
    buf_c(&d->body, "</w:sectPr>");
}

#define NAMES                                                                                      \
    "xmlns:w=\"" W_NS "\" xmlns:r=\"" REL "\""                                                     \
    " xmlns:wp=\"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing\""
#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"

static void field(struct buf *b, const struct paper_face *face, const char *code)
{
    static const char *const ENDS[] = {"begin", "separate", "end"};
    for (int i = 0; i < 3; i++) {
        buf_c(b, "<w:r>");
        put_face(b, face, false);
        buf_printf(b, "<w:fldChar w:fldCharType=\"%s\"/></w:r>", ENDS[i]);
        if (i == 2)
            break;
        buf_c(b, "<w:r>");
        put_face(b, face, false);
        buf_printf(b, i ? "<w:t>1</w:t></w:r>" : "<w:instrText>%s</w:instrText></w:r>", code);
    }
}

static void words(struct buf *b, const struct paper_face *face, const char *s)
{
    buf_c(b, "<w:r>");
    put_face(b, face, false);
    buf_printf(b, "<w:t xml:space=\"preserve\">%s</w:t></w:r>", s);
}

/* The page number and the code that the paper is checked by. */
static bool footer(struct docx *d, struct buf *b)
{
    struct paper_face face = d->look->cell;
    int n = 0;
    face.size = d->look->dashes ? 14 : 9;
    buf_printf(b, XML "<w:ftr " NAMES "><w:p><w:pPr><w:jc w:val=\"%s\"/></w:pPr>",
               d->look->dashes ? "center" : "right");
    words(b, &face, d->look->dashes ? "— " : "第");
    field(b, &face, "PAGE");
    words(b, &face, d->look->dashes ? " —" : "页 共");
    if (!d->look->dashes) {
        field(b, &face, "NUMPAGES");
        words(b, &face, "页");
    }
    buf_c(b, "</w:p>");
    if (d->p->check.len) {
        if (!qr_media(d, d->p->check, &n))
            return false;
        buf_c(b, "<w:p><w:pPr><w:jc w:val=\"left\"/></w:pPr>");
        put_drawing(b, n, 11 * PAPER_MM, 11 * PAPER_MM, 0);
        face.size = 7.5;
        buf_c(b, "<w:r>");
        put_face(b, &face, false);
        buf_c(b, "<w:t xml:space=\"preserve\">  ");
        struct str line = d->p->check_text;
        for (size_t i = 0; i < line.len; i++)
            if (line.ptr[i] == '\n')
                line = str_printf(d->a, "%.*s  %.*s", (int)i, line.ptr, (int)(line.len - i - 1),
                                  line.ptr + i + 1);
        put_xml(b, line);
        buf_c(b, "</w:t></w:r></w:p>");
    }
    buf_c(b, "</w:ftr>");
    return true;
}

/* ---- the package (ISO/IEC 29500-2) ---- */

static void relations(const struct docx *d, struct buf *b, const char *first)
{
    buf_c(b, XML
          "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">");
    buf_c(b, first);
    for (int i = 0; i < d->n_media; i++)
        buf_printf(
            b, "<Relationship Id=\"rIdM%d\" Type=\"" REL "/image\" Target=\"media/image%d.%s\"/>",
            i + 1, i + 1, d->media[i].png ? "png" : "jpeg");
    buf_c(b, "</Relationships>");
}

static bool add_part(struct docx *d, zip_t *z, const char *name, struct str bytes)
{
    enum { DOS_1980 = 1 << 5 | 1 };
    zip_source_t *src = zip_source_buffer(z, bytes.ptr, bytes.len, 0);
    zip_int64_t i = src ? zip_file_add(z, name, src, ZIP_FL_ENC_UTF_8) : -1;
    if (i < 0) {
        zip_source_free(src);
        return err_set(d->e, ERR_INTERNAL, "zip: %s", zip_strerror(z));
    }
    return zip_file_set_dostime(z, (zip_uint64_t)i, 0, DOS_1980, 0) == 0 ||
           err_set(d->e, ERR_INTERNAL, "zip: %s", zip_strerror(z));
}

static bool add_text(struct docx *d, zip_t *z, const char *name, struct buf *b)
{
    if (!buf_ok(b))
        return err_set(d->e, ERR_TOO_BIG, "the document is too large");
    return add_part(d, z, name, buf_dup(d->a, b));
}

static const char TYPES[] =
    XML "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
        "<Default Extension=\"rels\" "
        "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
        "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
        "<Default Extension=\"png\" ContentType=\"image/png\"/>"
        "<Default Extension=\"jpeg\" ContentType=\"image/jpeg\"/>"
        "<Override PartName=\"/word/document.xml\" ContentType=\"application/"
        "vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/>"
        "<Override PartName=\"/word/footer1.xml\" ContentType=\"application/"
        "vnd.openxmlformats-officedocument.wordprocessingml.footer+xml\"/>"
        "<Override PartName=\"/docProps/core.xml\" ContentType=\"application/"
        "vnd.openxmlformats-package.core-properties+xml\"/></Types>";
static const char ROOT[] = XML
    "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
    "<Relationship Id=\"rId1\" Type=\"" REL "/officeDocument\" Target=\"word/document.xml\"/>"
    "<Relationship Id=\"rId2\" Type=\"http://schemas.openxmlformats.org/package/2006/relationships/"
    "metadata/core-properties\" Target=\"docProps/core.xml\"/></Relationships>";

static void core(const struct docx *d, struct buf *b)
{
    char when[40];
    time_format_utc(d->p->made / MS_SECOND * MS_SECOND, when);
    buf_c(b, XML
          "<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/"
          "core-properties\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\""
          " xmlns:dcterms=\"http://purl.org/dc/terms/\""
          " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>");
    put_xml(b, d->p->title);
    buf_printf(
        b,
        "</dc:title><dc:creator>Bihuan</dc:creator><dcterms:created xsi:type=\"dcterms:W3CDTF\">"
        "%.19sZ</dcterms:created></cp:coreProperties>",
        when);
}

static bool add_all(struct docx *d, zip_t *z)
{
    static const char FOOT[] =
        "<Relationship Id=\"rIdF\" Type=\"" REL "/footer\" Target=\"footer1.xml\"/>";
    struct buf foot AUTO(buf_free) = BUF(1 << 20), rels AUTO(buf_free) = BUF(1 << 20),
                    foot_rels AUTO(buf_free) = BUF(1 << 20), about AUTO(buf_free) = BUF(65536);
    if (!footer(d, &foot))
        return false;
    relations(d, &rels, FOOT);
    relations(d, &foot_rels, "");
    core(d, &about);
    bool ok = add_part(d, z, "[Content_Types].xml", str_of(TYPES)) &&
              add_part(d, z, "_rels/.rels", str_of(ROOT)) &&
              add_text(d, z, "docProps/core.xml", &about) &&
              add_text(d, z, "word/document.xml", &d->body) &&
              add_text(d, z, "word/_rels/document.xml.rels", &rels) &&
              add_text(d, z, "word/footer1.xml", &foot) &&
              add_text(d, z, "word/_rels/footer1.xml.rels", &foot_rels);
    for (int i = 0; ok && i < d->n_media; i++) {
        struct str name =
            str_printf(d->a, "word/media/image%d.%s", i + 1, d->media[i].png ? "png" : "jpeg");
        ok = add_part(d, z, name.ptr, d->media[i].bytes);
    }
    return ok;
}

/* The package is made in memory: the source outlives the archive that wrote it. */
static bool zip_up(struct docx *d, struct buf *out)
{
    zip_error_t why;
    zip_error_init(&why);
    zip_source_t *src = zip_source_buffer_create(NULL, 0, 0, &why);
    zip_t *z = src ? zip_open_from_source(src, ZIP_TRUNCATE, &why) : NULL;
    if (!z) {
        zip_source_free(src);
        return err_set(d->e, ERR_INTERNAL, "zip: no archive");
    }
    zip_source_keep(src);
    bool ok = add_all(d, z);
    if (!ok)
        zip_discard(z);
    else if (zip_close(z) != 0) {
        ok = err_set(d->e, ERR_INTERNAL, "zip: %s", zip_strerror(z));
        zip_discard(z);
    }
    char piece[16384];
    zip_int64_t n = 0;
    if (ok && zip_source_open(src) == 0) {
        while ((n = zip_source_read(src, piece, sizeof piece)) > 0)
            buf_add(out, piece, (size_t)n);
        zip_source_close(src);
    }
    zip_source_free(src);
    if (ok && (n < 0 || !out->len || !buf_ok(out)))
        ok = err_set(d->e, ERR_TOO_BIG, "the document could not be written");
    return ok;
}

bool paper_docx(const struct paper *p, struct buf *out, struct err *e)
{
    struct docx *d = ARENA_NEW(p->a, struct docx);
    *d = (struct docx){
        .p = p, .look = &PAPER_LOOKS[p->style], .a = p->a, .body = BUF(LIMIT_JSON_OUT), .e = e};
    buf_c(&d->body, XML "<w:document " NAMES "><w:body>");
    bool ok = true;
    for (size_t i = 0; ok && i < p->n; i++)
        ok = put_block(d, &p->blocks[i], i == 0);
    section(d);
    buf_c(&d->body, "</w:body></w:document>");
    ok = ok && zip_up(d, out);
    buf_free(&d->body);
    return ok;
}
