#include "exchange/xlsx.h"
#include "exchange/xlsx_int.h"
#include <expat.h>
#include <inttypes.h>
#include <zip.h>

enum {
    PIECE = 16 * 1024,
    SMALL_PART = 32 * 1024 * 1024, /* workbook, relations, styles */
    RATIO = 200,                   /* unpacked to packed … */
    RATIO_FROM = 1024 * 1024,      /* … of parts larger than this */
    DEPTH = 64,
    QUIET = 1024 * 1024, /* bytes without one event: a tag without end */
    FORMATS = 4096,      /* more than Excel takes; further ones are plain numbers */
    CELL_FORMATS = 65536,
    GIVEN = 5, /* texts handed out, as a multiple of LIMIT_XLSX_UNPACKED */
};

/* One XML part on its way from the zip file through expat.  A walk that is done or has failed stops
 * the parser; `e` belongs to the reader. */
struct walk {
    struct xlsx_reader *r;
    const char *name;
    zip_file_t *file;
    XML_Parser parser;
    int depth;
    int64_t quiet;
    bool done; /* nothing more of this part is needed */
    void *ctx;
    void (*open)(struct walk *w, const char *tag, const char **attr);
    void (*close)(struct walk *w, const char *tag);
    void (*text)(struct walk *w, struct str s);
};

struct cell_state {
    bool open, keep; /* inside <c>; inside an element whose text is the value */
    int phonetic;    /* inside <rPh> */
    size_t column;
    enum xlsx_style style;
    char type; /* n number, s shared, t text, b boolean, e error, d date */
    struct buf value;
};

struct xlsx_reader {
    zip_t *zip;
    int64_t unpacked, given;
    bool from_1904;
    struct arena *arena;
    uint8_t *styles; /* enum xlsx_style of each cell format */
    size_t n_styles, cap_styles;
    struct buf strings; /* shared; string i ends at ends[i] */
    uint32_t *ends;
    size_t n_strings, cap_strings;

    struct walk sheet;
    bool in_data, waiting; /* the parser waits at the end of a row */
    int64_t row, rows;
    struct cell_state cell;
    struct buf text; /* of the row's cells */
    struct {
        size_t at, len;
    } spans[LIMIT_CSV_COLUMNS];
    struct str cells[LIMIT_CSV_COLUMNS];
    size_t n;
    struct err failed;
};

/* --- parts --- */

static const char *local(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

static bool is(const char *name, const char *what)
{
    return strcmp(name, what) == 0;
}

static const char *attribute(const char **attr, const char *name)
{
    for (; *attr; attr += 2)
        if (is(local(attr[0]), name))
            return attr[1];
    return NULL;
}

static void stop(struct walk *w)
{
    w->done = true;
    XML_StopParser(w->parser, XML_FALSE);
}

static void XMLCALL on_open(void *user, const char *name, const char **attr)
{
    struct walk *w = user;
    w->quiet = 0;
    if (++w->depth > DEPTH) {
        err_set(&w->r->failed, ERR_SYNTAX, "%s is nested too deep", w->name);
        stop(w);
    } else if (!w->done) {
        w->open(w, local(name), attr);
    }
}

static void XMLCALL on_close(void *user, const char *name)
{
    struct walk *w = user;
    w->quiet = 0;
    w->depth--;
    if (w->close && !w->done)
        w->close(w, local(name));
}

static void XMLCALL on_text(void *user, const char *s, int len)
{
    struct walk *w = user;
    w->quiet = 0;
    if (w->text && !w->done)
        w->text(w, (struct str){s, (size_t)len});
}

static void XMLCALL on_comment(void *user, const char *text)
{
    UNUSED(text);
    ((struct walk *)user)->quiet = 0;
}

static void XMLCALL on_doctype(void *user, const char *name, const char *sys, const char *pub,
                               int subset)
{
    struct walk *w = user;
    UNUSED(name), UNUSED(sys), UNUSED(pub), UNUSED(subset);
    err_set(&w->r->failed, ERR_SYNTAX, "%s has a DOCTYPE, which is refused", w->name);
    stop(w);
}

/* Is the part there, and of a size that may be? */
static bool check_part(struct xlsx_reader *r, const char *name, zip_int64_t at, int64_t limit)
{
    zip_stat_t st;
    if (at < 0 || zip_stat_index(r->zip, (zip_uint64_t)at, 0, &st) != 0)
        return err_set(&r->failed, ERR_SYNTAX, "%s is missing in the file", name);
    if ((st.valid & ZIP_STAT_ENCRYPTION_METHOD) && st.encryption_method != ZIP_EM_NONE)
        return err_set(&r->failed, ERR_SYNTAX, "%s is encrypted", name);
    if (!(st.valid & ZIP_STAT_SIZE) || !(st.valid & ZIP_STAT_COMP_SIZE))
        return err_set(&r->failed, ERR_SYNTAX, "%s has no size", name);
    if (st.size > (zip_uint64_t)min64(limit, LIMIT_XLSX_UNPACKED - r->unpacked) ||
        (st.size > RATIO_FROM && st.size / RATIO > st.comp_size)) {
        err_set(&r->failed, ERR_TOO_BIG, "%s unpacks to %" PRIu64 " bytes", name, st.size);
        return err_zh(&r->failed, "表格解压后过大");
    }
    return true;
}

static bool walk_open(struct walk *w, struct xlsx_reader *r, int64_t limit)
{
    zip_int64_t at = zip_name_locate(r->zip, w->name, ZIP_FL_NOCASE);
    if (!check_part(r, w->name, at, limit))
        return false;
    w->r = r;
    w->file = zip_fopen_index(r->zip, (zip_uint64_t)at, 0);
    if (!w->file)
        return err_set(&r->failed, ERR_IO, "%s: %s", w->name, zip_strerror(r->zip));
    w->parser = XML_ParserCreate(NULL);
    ASSERT(w->parser);
    XML_SetUserData(w->parser, w);
    XML_SetElementHandler(w->parser, on_open, on_close);
    XML_SetCharacterDataHandler(w->parser, on_text);
    XML_SetCommentHandler(w->parser, on_comment);
    XML_SetStartDoctypeDeclHandler(w->parser, on_doctype);
    return true;
}

static void walk_close(struct walk *w)
{
    if (w->parser)
        XML_ParserFree(w->parser);
    if (w->file)
        zip_fclose(w->file);
    w->parser = NULL;
    w->file = NULL;
}

/* Reads the next piece into the parser; sets w->done at the end of the part. */
static bool walk_piece(struct walk *w, enum XML_Status *status)
{
    struct xlsx_reader *r = w->r;
    void *piece = XML_GetBuffer(w->parser, PIECE);
    ASSERT(piece);
    zip_int64_t got = zip_fread(w->file, piece, PIECE);
    if (got < 0)
        return err_set(&r->failed, ERR_IO, "%s is damaged", w->name);
    r->unpacked += got;
    w->quiet += got;
    if (r->unpacked > LIMIT_XLSX_UNPACKED || w->quiet > QUIET)
        return err_set(&r->failed, ERR_TOO_BIG, "%s is too large", w->name);
    *status = XML_ParseBuffer(w->parser, (int)got, got == 0);
    return true;
}

/* Parses on until the part is done, or a handler has made the parser wait. */
static bool walk_on(struct walk *w, bool resume)
{
    enum XML_Status status = resume ? XML_ResumeParser(w->parser) : XML_STATUS_OK;
    XML_ParsingStatus where;
    for (;;) {
        if (err_is(&w->r->failed))
            return false;
        if (w->done || status == XML_STATUS_SUSPENDED)
            return true;
        if (status == XML_STATUS_ERROR)
            return err_set(&w->r->failed, ERR_SYNTAX, "%s line %lu: %s", w->name,
                           XML_GetCurrentLineNumber(w->parser),
                           XML_ErrorString(XML_GetErrorCode(w->parser)));
        XML_GetParsingStatus(w->parser, &where);
        w->done = where.parsing == XML_FINISHED;
        if (!w->done && !walk_piece(w, &status))
            return false;
    }
}

static bool walk_all(struct walk *w, struct xlsx_reader *r, int64_t limit)
{
    bool ok = walk_open(w, r, limit) && walk_on(w, false);
    walk_close(w);
    return ok;
}

/* --- relations and the workbook --- */

struct relation {
    struct str id, type, target;
};

struct relations {
    struct relation *all;
    size_t n, cap;
};

static struct str attr_str(struct xlsx_reader *r, const char **attr, const char *name)
{
    const char *v = attribute(attr, name);
    return v ? str_dup(r->arena, str_of(v)) : STR("");
}

static void relation_open(struct walk *w, const char *tag, const char **attr)
{
    struct relations *rels = w->ctx;
    if (!is(tag, "Relationship"))
        return;
    rels->all = arena_grow(w->r->arena, rels->all, rels->n, &rels->cap, sizeof *rels->all);
    rels->all[rels->n++] = (struct relation){
        .id = attr_str(w->r, attr, "Id"),
        .type = attr_str(w->r, attr, "Type"),
        .target = attr_str(w->r, attr, "Target"),
    };
}

/* The relations of a part: xl/workbook.xml has them in xl/_rels/workbook.xml.rels. */
static bool read_relations(struct xlsx_reader *r, struct str part, struct relations *out)
{
    size_t folder = part.len;
    while (folder && part.ptr[folder - 1] != '/')
        folder--;
    struct str head = {part.ptr, folder}, file = {part.ptr + folder, part.len - folder};
    struct walk w = {.open = relation_open, .ctx = out};
    w.name = arena_printf(r->arena, "%.*s_rels/%.*s.rels", STR_F(head), STR_F(file));
    *out = (struct relations){.n = 0};
    return walk_all(&w, r, SMALL_PART);
}

/* The path of the first part of a type, or ""; the type's end is the same in all dialects. */
static struct str find_relation(struct xlsx_reader *r, const struct relations *rels,
                                struct str from, const char *type)
{
    for (size_t i = 0; i < rels->n; i++)
        if (str_ends(rels->all[i].type, str_of(type)))
            return xlsx_path(r->arena, from, rels->all[i].target);
    return STR("");
}

struct sheets {
    struct str wanted; /* name, or "" */
    struct str id;     /* of the relation; "" as long as none is found */
    bool visible;      /* the one found */
};

static void workbook_open(struct walk *w, const char *tag, const char **attr)
{
    struct sheets *s = w->ctx;
    if (is(tag, "workbookPr")) {
        const char *v = attribute(attr, "date1904");
        w->r->from_1904 = v && (is(v, "1") || is(v, "true"));
    }
    if (!is(tag, "sheet"))
        return;
    const char *name = attribute(attr, "name"), *state = attribute(attr, "state");
    bool visible = !state || is(state, "visible");
    bool match =
        s->wanted.len ? name && str_is(s->wanted, name) : !s->visible && (visible || !s->id.len);
    if (match) {
        s->id = attr_str(w->r, attr, "id");
        s->visible = visible;
    }
}

static bool find_sheet(struct xlsx_reader *r, struct str book, const struct relations *rels,
                       struct str wanted, struct str *path)
{
    struct sheets s = {.wanted = wanted};
    struct walk w = {.open = workbook_open, .ctx = &s, .name = str_c(r->arena, book)};
    if (!walk_all(&w, r, SMALL_PART))
        return false;
    for (size_t i = 0; i < rels->n && s.id.len; i++) {
        if (!str_eq(rels->all[i].id, s.id))
            continue;
        if (!str_ends(rels->all[i].type, STR("/worksheet")))
            return err_set(&r->failed, ERR_SYNTAX, "the sheet is a chart, not a table");
        *path = xlsx_path(r->arena, book, rels->all[i].target);
        return true;
    }
    if (!wanted.len)
        return err_set(&r->failed, ERR_NOT_FOUND, "there is no sheet in the file");
    err_set(&r->failed, ERR_NOT_FOUND, "there is no sheet named %.*s", STR_F(wanted));
    return err_zh(&r->failed, "没有名为“%.*s”的工作表", STR_F(wanted));
}

/* --- styles --- */

struct formats {
    struct {
        int64_t id;
        enum xlsx_style style;
    } * all;
    size_t n, cap;
    bool in_cells; /* <cellXfs>, not <cellStyleXfs> */
};

static int64_t attr_int(const char **attr, const char *name, int64_t fallback)
{
    int64_t v;
    const char *text = attribute(attr, name);
    return text && str_int(str_of(text), &v) ? v : fallback;
}

static enum xlsx_style style_of(const struct formats *f, int64_t id)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->all[i].id == id)
            return f->all[i].style;
    return xlsx_style_of_id(id);
}

static void styles_open(struct walk *w, const char *tag, const char **attr)
{
    struct formats *f = w->ctx;
    struct xlsx_reader *r = w->r;
    if (is(tag, "cellXfs")) {
        f->in_cells = true;
    } else if (is(tag, "numFmt") && f->n < FORMATS) {
        const char *code = attribute(attr, "formatCode");
        f->all = arena_grow(r->arena, f->all, f->n, &f->cap, sizeof *f->all);
        f->all[f->n].id = attr_int(attr, "numFmtId", -1);
        f->all[f->n++].style = xlsx_style_of_code(str_of(code ? code : ""));
    } else if (is(tag, "xf") && f->in_cells && r->n_styles < CELL_FORMATS) {
        r->styles = arena_grow(r->arena, r->styles, r->n_styles, &r->cap_styles, 1);
        r->styles[r->n_styles++] = (uint8_t)style_of(f, attr_int(attr, "numFmtId", 0));
    }
}

static void styles_close(struct walk *w, const char *tag)
{
    if (is(tag, "cellXfs"))
        stop(w);
}

/* --- shared strings --- */

struct string_state {
    bool keep;
    int phonetic;
};

static void strings_open(struct walk *w, const char *tag, const char **attr)
{
    struct string_state *s = w->ctx;
    UNUSED(attr);
    s->phonetic += is(tag, "rPh");
    s->keep = is(tag, "t") && !s->phonetic;
}

static void strings_text(struct walk *w, struct str text)
{
    if (((struct string_state *)w->ctx)->keep)
        buf_str(&w->r->strings, text);
}

static void strings_close(struct walk *w, const char *tag)
{
    struct string_state *s = w->ctx;
    struct xlsx_reader *r = w->r;
    s->keep = false;
    s->phonetic -= is(tag, "rPh");
    if (!is(tag, "si"))
        return;
    if (r->n_strings == r->cap_strings) {
        r->cap_strings = r->cap_strings ? 2 * r->cap_strings : 1024;
        r->ends = mem_grow(r->ends, r->cap_strings * sizeof *r->ends);
    }
    r->ends[r->n_strings++] = (uint32_t)r->strings.len;
}

/* --- the sheet --- */

static bool fail_row(struct xlsx_reader *r, enum err_code code, const char *en, const char *zh)
{
    err_set(&r->failed, code, "row %" PRId64 ": %s", r->row, en);
    return err_zh(&r->failed, "第 %" PRId64 " 行：%s", r->row, zh);
}

static void row_open(struct xlsx_reader *r, const char **attr)
{
    r->row = attr_int(attr, "r", r->row + 1);
    r->n = 0;
    r->cell.column = SIZE_MAX; /* the next one is 0 */
    buf_clear(&r->text);
    if (r->row < 1 || r->row > XLSX_ROWS || ++r->rows > XLSX_ROWS)
        fail_row(r, ERR_TOO_BIG, "more rows than a sheet can have", "行数过多");
}

static char type_of(const char *t)
{
    static const struct {
        const char *name;
        char type;
    } TYPES[] = {{"n", 'n'}, {"s", 's'}, {"str", 't'}, {"inlineStr", 't'},
                 {"b", 'b'}, {"e", 'e'}, {"d", 'd'}};
    for (size_t i = 0; t && i < COUNT_OF(TYPES); i++)
        if (is(t, TYPES[i].name))
            return TYPES[i].type;
    return 'n';
}

static void cell_open(struct xlsx_reader *r, const char **attr)
{
    struct cell_state *c = &r->cell;
    const char *ref = attribute(attr, "r");
    size_t next = c->column + 1;
    if (!ref || !xlsx_column(str_of(ref), &c->column))
        c->column = next;
    int64_t style = attr_int(attr, "s", 0);
    c->style = XLSX_NUMBER;
    if (style >= 0 && (size_t)style < r->n_styles)
        c->style = (enum xlsx_style)r->styles[style];
    c->type = type_of(attribute(attr, "t"));
    c->open = true;
    c->keep = false;
    c->phonetic = 0;
    buf_clear(&c->value);
}

/* "2024-09-09T08:50:00.000Z" as "2024-09-09 08:50:00", midnight as the day alone. */
static void write_iso(struct buf *out, struct str v)
{
    struct str clock, rest, day = str_cut(v, 'T', &clock);
    clock = str_cut(clock, '.', &rest);
    clock = str_cut(clock, 'Z', &rest);
    buf_str(out, day);
    if (clock.len && !str_is(clock, "00:00:00")) {
        buf_char(out, ' ');
        buf_str(out, clock);
    }
}

/* A buffer that was never written to has no address to count from. */
static struct str part_of(const struct buf *b, size_t from, size_t to)
{
    return from == to ? STR("") : (struct str){b->ptr + from, to - from};
}

static bool write_shared(struct xlsx_reader *r, struct str v)
{
    int64_t i;
    if (!str_int(str_trim(v), &i) || i < 0 || (size_t)i >= r->n_strings)
        return fail_row(r, ERR_SYNTAX, "a shared string that is not in the file",
                        "引用的文字不存在，文件已损坏");
    size_t from = i ? r->ends[i - 1] : 0;
    xlsx_unescape(&r->text, part_of(&r->strings, from, r->ends[i]));
    return true;
}

static bool write_cell(struct xlsx_reader *r, struct str v)
{
    switch (r->cell.type) {
    case 's':
        return write_shared(r, v);
    case 't':
        xlsx_unescape(&r->text, v);
        return true;
    case 'b':
        buf_c(&r->text, str_is(str_trim(v), "1") || str_is(str_trim(v), "true") ? "TRUE" : "FALSE");
        return true;
    case 'd':
        write_iso(&r->text, str_trim(v));
        return true;
    case 'e':
        return true;
    default:
        xlsx_number(&r->text, v, r->cell.style, r->from_1904);
        return true;
    }
}

static void cell_close(struct xlsx_reader *r)
{
    struct cell_state *c = &r->cell;
    c->open = false;
    if (!buf_ok(&c->value)) {
        fail_row(r, ERR_TOO_BIG, "a cell of more than 32767 characters", "单元格内容过长");
        return;
    }
    size_t from = r->text.len;
    if (!c->value.len || !write_cell(r, buf_view(&c->value)))
        return;
    struct str s = part_of(&r->text, from, r->text.len);
    r->given += (int64_t)s.len;
    if (s.len > XLSX_CELL && str_chars(s) > XLSX_CELL)
        fail_row(r, ERR_TOO_BIG, "a cell of more than 32767 characters", "单元格内容过长");
    else if (!buf_ok(&r->text))
        fail_row(r, ERR_TOO_BIG, "the row is too long", "这一行过长");
    else if (s.len && c->column >= LIMIT_CSV_COLUMNS)
        fail_row(r, ERR_TOO_BIG, "too many columns", "列数过多");
    else if (r->given > (int64_t)GIVEN * LIMIT_XLSX_UNPACKED)
        fail_row(r, ERR_TOO_BIG, "the texts of the sheet are too long", "表格内容过多");
    if (err_is(&r->failed) || !s.len)
        return;
    for (; r->n <= c->column; r->n++)
        r->spans[r->n].len = 0;
    r->spans[c->column].at = from;
    r->spans[c->column].len = s.len;
}

static void sheet_open(struct walk *w, const char *tag, const char **attr)
{
    struct xlsx_reader *r = w->r;
    struct cell_state *c = &r->cell;
    if (!r->in_data) {
        r->in_data = is(tag, "sheetData");
    } else if (is(tag, "row")) {
        row_open(r, attr);
    } else if (is(tag, "c")) {
        cell_open(r, attr);
    } else if (c->open) {
        c->phonetic += is(tag, "rPh");
        c->keep = (is(tag, "v") || is(tag, "t")) && !c->phonetic;
    }
    if (err_is(&r->failed))
        stop(w);
}

static void sheet_text(struct walk *w, struct str text)
{
    if (w->r->cell.open && w->r->cell.keep)
        buf_str(&w->r->cell.value, text);
}

static void sheet_close(struct walk *w, const char *tag)
{
    struct xlsx_reader *r = w->r;
    if (!r->in_data)
        return;
    r->cell.keep = false;
    r->cell.phonetic -= r->cell.phonetic && is(tag, "rPh");
    if (is(tag, "c") && r->cell.open) {
        cell_close(r);
    } else if (is(tag, "row") && r->n) {
        r->waiting = true;
        XML_StopParser(w->parser, XML_TRUE);
    }
    if (err_is(&r->failed) || is(tag, "sheetData"))
        stop(w);
}

/* --- the contract --- */

static bool open_book(struct xlsx_reader *r, struct str wanted)
{
    struct relations rels;
    struct formats formats = {.n = 0};
    struct string_state strings = {.keep = false};
    struct str sheet;
    if (!read_relations(r, STR(""), &rels))
        return false;
    struct str book = find_relation(r, &rels, STR(""), "/officeDocument");
    if (!book.len)
        return err_set(&r->failed, ERR_SYNTAX, "there is no workbook in the file");
    if (!read_relations(r, book, &rels) || !find_sheet(r, book, &rels, wanted, &sheet))
        return false;
    struct walk w = {.open = styles_open, .close = styles_close, .ctx = &formats};
    w.name = str_c(r->arena, find_relation(r, &rels, book, "/styles"));
    if (*w.name && !walk_all(&w, r, SMALL_PART))
        return false;
    w = (struct walk){
        .open = strings_open, .close = strings_close, .text = strings_text, .ctx = &strings};
    w.name = str_c(r->arena, find_relation(r, &rels, book, "/sharedStrings"));
    if (*w.name && !walk_all(&w, r, LIMIT_XLSX_UNPACKED))
        return false;
    if (!buf_ok(&r->strings)) /* UTF-16 grows on the way to UTF-8 */
        return err_set(&r->failed, ERR_TOO_BIG, "%s is too large", w.name);
    r->sheet = (struct walk){.open = sheet_open, .close = sheet_close, .text = sheet_text};
    r->sheet.name = str_c(r->arena, sheet);
    return walk_open(&r->sheet, r, LIMIT_XLSX_UNPACKED);
}

/* Old .xls files and workbooks with a password are OLE files. */
static bool is_ole(const char *path)
{
    unsigned char head[4] = {0};
    FILE *f = fopen(path, "rbe");
    size_t n = f ? fread(head, 1, sizeof head, f) : 0;
    if (f)
        fclose(f);
    return n == sizeof head && memcmp(head, "\xD0\xCF\x11\xE0", 4) == 0;
}

static zip_t *open_zip(const char *path, struct err *e)
{
    int code;
    zip_t *zip = zip_open(path, ZIP_RDONLY, &code);
    if (zip)
        return zip;
    if (is_ole(path)) {
        err_set(e, ERR_SYNTAX, "%s: an old .xls file or one with a password", path);
        err_zh(e, "这是旧版 .xls 或加密的表格，请另存为不加密的 .xlsx");
    } else if (code == ZIP_ER_NOZIP || code == ZIP_ER_INCONS) {
        err_set(e, ERR_SYNTAX, "%s: not an xlsx file", path);
        err_zh(e, "不是 .xlsx 文件");
    } else {
        err_set(e, ERR_IO, "%s: cannot be opened", path);
    }
    return NULL;
}

bool xlsx_open(const char *path, struct str sheet, struct xlsx_reader **out, struct err *e)
{
    zip_t *zip = open_zip(path, e);
    if (!zip)
        return false;
    struct xlsx_reader *r = mem_new(sizeof *r);
    memset(r, 0, sizeof *r);
    r->zip = zip;
    r->arena = arena_new();
    r->strings = BUF(LIMIT_XLSX_UNPACKED);
    r->cell.value = BUF(4 * (XLSX_CELL + 1));
    r->text = BUF(LIMIT_CSV_ROW);
    if (!open_book(r, sheet)) {
        if (!err_is(e))
            *e = r->failed;
        xlsx_close(r);
        return false;
    }
    *out = r;
    return true;
}

void xlsx_close(struct xlsx_reader *r)
{
    if (!r)
        return;
    walk_close(&r->sheet);
    zip_discard(r->zip);
    buf_free(&r->strings);
    buf_free(&r->cell.value);
    buf_free(&r->text);
    free(r->ends);
    arena_free(r->arena);
    free(r);
}

bool xlsx_next(struct xlsx_reader *r, struct str **cells, size_t *n, struct err *e)
{
    bool resume = r->waiting;
    r->waiting = false;
    if (!err_is(&r->failed) && !r->sheet.done)
        walk_on(&r->sheet, resume);
    if (err_is(&r->failed) && !err_is(e))
        *e = r->failed;
    if (err_is(&r->failed) || !r->waiting)
        return false;
    for (size_t i = 0; i < r->n; i++) {
        r->cells[i] = STR("");
        if (r->spans[i].len)
            r->cells[i] = (struct str){r->text.ptr + r->spans[i].at, r->spans[i].len};
    }
    *cells = r->cells;
    *n = r->n;
    return true;
}

int64_t xlsx_row(const struct xlsx_reader *r)
{
    return r->row;
}
