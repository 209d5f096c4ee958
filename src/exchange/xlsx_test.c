#include "exchange/xlsx.h"
#include "exchange/csv.h"
#include "exchange/xlsx_int.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zip.h>
#include <cmocka.h>

static char dir[] = "/tmp/bihuan_xlsx_XXXXXX";

static const char *path_of(const char *name)
{
    static char path[100];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

/* --- what a cell says --- */

static void styles(void **state)
{
    UNUSED(state);
    static const struct {
        const char *code;
        enum xlsx_style style;
    } T[] = {
        {"General", XLSX_NUMBER},
        {"0.00", XLSX_NUMBER},
        {"0.00E+00", XLSX_NUMBER},
        {"#,##0;[Red]-#,##0", XLSX_NUMBER},
        {"0\"days\"", XLSX_NUMBER},
        {"0\"days", XLSX_NUMBER},
        {"0\\d", XLSX_NUMBER},
        {"0\\", XLSX_NUMBER},
        {"0_d", XLSX_NUMBER},
        {"*d0", XLSX_NUMBER},
        {"[$-dd]0", XLSX_NUMBER},
        {"[", XLSX_NUMBER},
        {"@", XLSX_NUMBER},
        {"0;d", XLSX_NUMBER},
        {"", XLSX_NUMBER},
        {"yyyy-mm-dd", XLSX_DATE},
        {"YYYY\"年\"M\"月\"D\"日\"", XLSX_DATE},
        {"[$-804]d/m/yy;@", XLSX_DATE},
        {"[DBNum1][$-804]上午/下午h\"时\"mm\"分\";@", XLSX_DATE},
        {"h:mm", XLSX_DATE},
        {"mmm", XLSX_DATE},
        {"ge.mm.dd", XLSX_DATE},
        {"[h]:mm:ss", XLSX_ELAPSED},
        {"[mm]:ss", XLSX_ELAPSED},
        {"[Magenta]0", XLSX_NUMBER}, /* begins as [m] does */
        {"[Hot]0", XLSX_NUMBER},
    };
    for (size_t i = 0; i < COUNT_OF(T); i++)
        if (xlsx_style_of_code(str_of(T[i].code)) != T[i].style)
            fail_msg("%s", T[i].code);
    assert_int_equal(xlsx_style_of_id(0), XLSX_NUMBER);
    assert_int_equal(xlsx_style_of_id(13), XLSX_NUMBER);
    assert_int_equal(xlsx_style_of_id(14), XLSX_DATE);
    assert_int_equal(xlsx_style_of_id(22), XLSX_DATE);
    assert_int_equal(xlsx_style_of_id(31), XLSX_DATE);
    assert_int_equal(xlsx_style_of_id(37), XLSX_NUMBER);
    assert_int_equal(xlsx_style_of_id(46), XLSX_ELAPSED);
    assert_int_equal(xlsx_style_of_id(57), XLSX_DATE);
    assert_int_equal(xlsx_style_of_id(164), XLSX_NUMBER);
    assert_int_equal(xlsx_style_of_id(-1), XLSX_NUMBER);
}

static void numbers(void **state)
{
    UNUSED(state);
    static const struct {
        const char *v;
        enum xlsx_style style;
        bool mac;
        const char *text;
    } T[] = {
        {"1", XLSX_NUMBER, false, "1"},
        {" 12 ", XLSX_NUMBER, false, "12"},
        {"-7", XLSX_NUMBER, false, "-7"},
        {"007", XLSX_NUMBER, false, "7"},
        {"-0", XLSX_NUMBER, false, "0"},
        {"-0.0", XLSX_NUMBER, false, "0"},
        {"0.10", XLSX_NUMBER, false, "0.1"},
        {"1.1000000000000001", XLSX_NUMBER, false, "1.1"},
        {"0.30000000000000004", XLSX_NUMBER, false, "0.3"},
        {"2.9999999999999996", XLSX_NUMBER, false, "3"},
        {"99.999999999999999", XLSX_NUMBER, false, "100"},
        {"0.00012300", XLSX_NUMBER, false, "0.000123"},
        {"1E-5", XLSX_NUMBER, false, "0.00001"},
        {"1.5e+3", XLSX_NUMBER, false, "1500"},
        {"-1.25E20", XLSX_NUMBER, false, "-125000000000000000000"},
        {"12345678901234567", XLSX_NUMBER, false, "12345678901234567"}, /* whole: as written */
        {"1234567890123456.7", XLSX_NUMBER, false, "1234567890123460"},
        {"123456789012345.64", XLSX_NUMBER, false, "123456789012346"},
        {"1e400", XLSX_NUMBER, false, NULL},
        {"1e401", XLSX_NUMBER, false, "1e401"},
        {"1e99999999999999999999", XLSX_NUMBER, false, "1e99999999999999999999"},
        {"NaN", XLSX_NUMBER, false, "NaN"},
        {"1.2.3", XLSX_NUMBER, false, "1.2.3"},
        {".5", XLSX_NUMBER, false, "0.5"},
        {"5.", XLSX_NUMBER, false, "5"},
        {".", XLSX_NUMBER, false, "."},
        {"-", XLSX_NUMBER, false, "-"},
        {"", XLSX_NUMBER, false, ""},
        {"1e", XLSX_NUMBER, false, "1e"},
        {"45544", XLSX_DATE, false, "2024-09-09"},
        {"45544.368055555555", XLSX_DATE, false, "2024-09-09 08:50:00"},
        {"45544.99999999", XLSX_DATE, false, "2024-09-10"},
        {"44082.368055555555", XLSX_DATE, true, "2024-09-09 08:50:00"},
        {"1", XLSX_DATE, false, "1900-01-01"},
        {"59", XLSX_DATE, false, "1900-02-28"},
        {"60", XLSX_DATE, false, "1900-02-28"},
        {"61", XLSX_DATE, false, "1900-03-01"},
        {"0", XLSX_DATE, true, "1904-01-01"},
        {"0", XLSX_DATE, false, "00:00:00"},
        {"0.5", XLSX_DATE, false, "12:00:00"},
        {"0.5", XLSX_DATE, true, "12:00:00"},
        {"2958465", XLSX_DATE, false, "9999-12-31"},
        {"2958466", XLSX_DATE, false, "2958466"},
        {"2957003", XLSX_DATE, true, "9999-12-31"},
        {"2957004", XLSX_DATE, true, "2957004"},
        {"20240909", XLSX_DATE, false, "20240909"},
        {"1e15", XLSX_DATE, false, "1000000000000000"},
        {"-1", XLSX_DATE, false, "-1"},
        {"soon", XLSX_DATE, false, "soon"},
        {"1.5", XLSX_ELAPSED, false, "36:00:00"},
        {"0.5", XLSX_ELAPSED, false, "12:00:00"},
    };
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        struct buf b AUTO(buf_free) = BUF(1000);
        xlsx_number(&b, str_of(T[i].v), T[i].style, T[i].mac);
        if (T[i].text && !str_is(buf_view(&b), T[i].text))
            fail_msg("%s gave %.*s, not %s", T[i].v, STR_F(buf_view(&b)), T[i].text);
    }
}

static void places(void **state)
{
    UNUSED(state);
    static const struct {
        const char *ref;
        int column;
    } T[] = {{"A1", 0},    {"Z9", 25}, {"AA1", 26}, {"xfd1", 16383},
             {"BC12", 54}, {"1", -1},  {"", -1},    {"ABCD1", -1}};
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        size_t c = 4711;
        bool ok = xlsx_column(str_of(T[i].ref), &c);
        assert_int_equal(ok, T[i].column >= 0);
        assert_int_equal(c, ok ? T[i].column : 4711);
    }
    static const char *const P[][3] = {
        {"xl/workbook.xml", "worksheets/a.xml", "xl/worksheets/a.xml"},
        {"xl/workbook.xml", "/xl/a.xml", "xl/a.xml"},
        {"xl/workbook.xml", "../a.xml", "a.xml"},
        {"xl/b/c.xml", "../../../../a.xml", "a.xml"},
        {"", "xl/./workbook.xml", "xl/workbook.xml"},
        {"a", "", ""},
        {"a", "..", ""},
    };
    struct arena *a AUTO(arena_freep) = arena_new();
    for (size_t i = 0; i < COUNT_OF(P); i++)
        assert_true(str_is(xlsx_path(a, str_of(P[i][0]), str_of(P[i][1])), P[i][2]));
}

static void escapes(void **state)
{
    UNUSED(state);
    static const char *const T[][2] = {
        {"a_x000D_b", "a\rb"},
        {"_x0041_", "A"},
        {"_x005F_x0041_", "_x0041_"},
        {"_x0000_", ""},
        {"_x000_", "_x000_"},
        {"_x00G0_", "_x00G0_"},
        {"_xD83D__xDE00_", "_xD83D__xDE00_"},
        {"_x7EA0", "_x7EA0"},
        {"_x7EA0_", "纠"},
        {"__x000a__", "_\n_"},
    };
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        struct buf b AUTO(buf_free) = BUF(100);
        xlsx_unescape(&b, str_of(T[i][0]));
        assert_true(str_is(buf_view(&b), T[i][1]));
    }
}

/* --- files made by hand --- */

#define NS "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" "
#define REL "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define RELS(inner)                                                                                \
    "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">" inner \
    "</Relationships>"

struct parts {
    const char *root, *book, *book_rels, *styles, *strings, *sheet;
    size_t sheet_len; /* 0: of the text */
};

static const struct parts NORMAL = {
    .root =
        RELS("<Relationship Id=\"r\" Type=\"" REL "/officeDocument\" Target=\"xl/workbook.xml\"/>"),
    .book = "<workbook " NS "xmlns:r=\"" REL "\"><sheets>"
            "<sheet name=\"隐藏\" sheetId=\"1\" state=\"hidden\" r:id=\"x9\"/>"
            "<sheet name=\"数据\" sheetId=\"2\" r:id=\"x1\"/>"
            "<sheet name=\"图\" sheetId=\"3\" r:id=\"x4\"/></sheets></workbook>",
    .book_rels =
        RELS("<Relationship Id=\"x1\" Type=\"" REL "/worksheet\" Target=\"/xl/s.xml\"/>"
             "<Relationship Id=\"x2\" Type=\"" REL "/styles\" Target=\"styles.xml\"/>"
             "<Relationship Id=\"x3\" Type=\"" REL "/sharedStrings\" Target=\"strings.xml\"/>"
             "<Relationship Id=\"x4\" Type=\"" REL "/chartsheet\" Target=\"c.xml\"/>"
             "<Relationship Id=\"x9\" Type=\"" REL "/worksheet\" Target=\"none.xml\"/>"),
    .styles = "<styleSheet " NS "><numFmts><numFmt numFmtId=\"165\" formatCode=\"yyyy-mm-dd\"/>"
              "<numFmt numFmtId=\"14\" formatCode=\"0.0\"/></numFmts>"
              "<cellStyleXfs><xf numFmtId=\"22\"/></cellStyleXfs>"
              "<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"165\"/><xf numFmtId=\"22\"/>"
              "<xf numFmtId=\"14\"/><xf numFmtId=\"46\"/></cellXfs></styleSheet>",
    .strings = "<sst " NS "><si><t>纠纷</t></si><si><r><t xml:space=\"preserve\">a </t></r>"
               "<r><rPr><b/></rPr><t>b</t></r><rPh sb=\"0\" eb=\"1\"><t>NO</t></rPh></si><si/>"
               "<si><t>_x000D_\n&lt;</t></si></sst>",
};

#define SHEET(inner) "<worksheet " NS "><sheetData>" inner "</sheetData></worksheet>"

static void add_part(zip_t *z, const char *name, const char *text, size_t len)
{
    if (!text)
        return;
    zip_source_t *s = zip_source_buffer(z, text, len ? len : strlen(text), 0);
    assert_non_null(s);
    assert_true(zip_file_add(z, name, s, ZIP_FL_OVERWRITE) >= 0);
}

static const char *make(const struct parts *p)
{
    const char *path = path_of("hand.xlsx");
    unlink(path);
    zip_t *z = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    assert_non_null(z);
    add_part(z, "_rels/.rels", p->root, 0);
    add_part(z, "xl/workbook.xml", p->book, 0);
    add_part(z, "xl/_rels/workbook.xml.rels", p->book_rels, 0);
    add_part(z, "xl/styles.xml", p->styles, 0);
    add_part(z, "xl/strings.xml", p->strings, 0);
    add_part(z, "xl/S.XML", p->sheet, p->sheet_len); /* names are found in any case */
    assert_int_equal(zip_close(z), 0);
    return path;
}

/* "row:a|b;" for each row, or the error. */
static struct buf read_book(const char *path, const char *sheet)
{
    struct buf b = BUF(64 << 20);
    struct err e = ERR_INIT;
    struct xlsx_reader *r = (struct xlsx_reader *)&b;
    if (!xlsx_open(path, str_of(sheet), &r, &e)) {
        assert_ptr_equal(r, &b); /* results are written on success only */
        buf_printf(&b, "!%s %s", err_wire(e.code), e.text);
        buf_char(&b, 0);
        return b;
    }
    struct str *cells;
    size_t n;
    while (xlsx_next(r, &cells, &n, &e)) {
        assert_true(n > 0);
        buf_i64(&b, xlsx_row(r));
        for (size_t i = 0; i < n; i++) {
            buf_c(&b, i ? "|" : ":");
            buf_str(&b, cells[i]);
        }
        buf_char(&b, ';');
    }
    if (err_is(&e)) {
        buf_printf(&b, "!%s %s", err_wire(e.code), e.text);
        struct err again = ERR_INIT;
        assert_false(xlsx_next(r, &cells, &n, &again)); /* an error stays */
        assert_int_equal(again.code, e.code);
    } else {
        assert_false(xlsx_next(r, &cells, &n, &e)); /* and so does the end */
        assert_false(err_is(&e));
    }
    xlsx_close(r);
    buf_char(&b, 0);
    return b;
}

static void sheets_by_hand(void **state)
{
    UNUSED(state);
    static const char *const T[][2] = {
        {SHEET(""), ""},
        {SHEET("<row/><row r=\"9\"/>"), ""},
        {SHEET("<row><c><v>1</v></c><c><v>2</v></c></row>"), "1:1|2;"},
        {SHEET("<row r=\"3\"><c r=\"B3\"><v>1</v></c><c><v>2</v></c><c r=\"F3\"/></row>"),
         "3:|1|2;"},
        {SHEET("<row><c r=\"C1\"><v>3</v></c><c r=\"A1\"><v>1</v></c></row>"), "1:1||3;"},
        {SHEET("<row><c r=\"A1\"><v>1</v></c><c r=\"A1\"><v>2</v></c></row>"), "1:2;"},
        {SHEET("<row><c r=\"B1\"><v>2</v></c></row><row><c r=\"D2\"><v>4</v></c></row>"),
         "1:|2;2:|||4;"},
        {SHEET("<row><c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c><c t=\"s\"><v>2</v></c>"
               "<c t=\"s\"><v> 3 </v></c></row>"),
         "1:纠纷|a b||\r\n<;"},
        {SHEET("<row><c t=\"s\"><v>4</v></c></row>"),
         "!syntax row 1: a shared string that is not in the file"},
        {SHEET("<row><c t=\"s\"><v>-1</v></c></row>"),
         "!syntax row 1: a shared string that is not in the file"},
        {SHEET("<row><c t=\"s\"><v>x</v></c></row>"),
         "!syntax row 1: a shared string that is not in the file"},
        {SHEET("<row><c "
               "t=\"inlineStr\"><is><r><t>长</t></r><r><t>江</t></r><rPh><t>NO</t></rPh></is></c></"
               "row>"),
         "1:长江;"},
        {SHEET("<row><c t=\"str\"><f>A1&amp;\"NO\"</f><v>x</v></c><c><f>1+1</f><v>2</v></c></row>"),
         "1:x|2;"},
        {SHEET("<row><c t=\"b\"><v>1</v></c><c t=\"b\"><v>0</v></c><c "
               "t=\"e\"><v>#N/A</v></c><c><v>5</v></c></row>"),
         "1:TRUE|FALSE||5;"},
        {SHEET("<row><c s=\"1\"><v>45544</v></c><c s=\"2\"><v>45544.5</v></c><c "
               "s=\"3\"><v>45544</v></c>"
               "<c s=\"4\"><v>1.25</v></c><c s=\"99\"><v>7</v></c><c s=\"-1\"><v>8</v></c></row>"),
         "1:2024-09-09|2024-09-09 12:00:00|45544|30:00:00|7|8;"},
        {SHEET("<row><c t=\"d\"><v>2024-09-09T08:50:00.000Z</v></c><c "
               "t=\"d\"><v>2024-09-09T00:00:00</v></c>"
               "<c t=\"d\"><v>2024-09-09</v></c></row>"),
         "1:2024-09-09 08:50:00|2024-09-09|2024-09-09;"},
        {"<x:worksheet "
         "xmlns:x=\"u\"><x:sheetData><x:row><x:c><x:v>1</x:v></x:c></x:row></x:sheetData></"
         "x:worksheet>",
         "1:1;"},
        {SHEET("<row><c t=\"e\"><v>#N/A</v></c><c t=\"s\"><v>2</v></c></row>"), ""},
        {SHEET("<row><c><v>1</v></c></row><!-- <row><c><v>2</v></c></row> -->"), "1:1;"},
        {SHEET("<row><c><v><![CDATA[4]]>2</v></c></row>"), "1:42;"},
        {"<worksheet " NS
         "><row><c><v>0</v></c></row><sheetData><row><c><v>1</v></c></row></sheetData>"
         "<row><c><v>2</v></c></row></worksheet>",
         "1:1;"},
        {SHEET("<row r=\"1048577\"><c><v>1</v></c></row>"),
         "!too_big row 1048577: more rows than a sheet can have"},
        {SHEET("<row r=\"0\"><c><v>1</v></c></row>"),
         "!too_big row 0: more rows than a sheet can have"},
        {SHEET("<row><c r=\"AMJ1\"><v>1</v></c></row>") /* 1024 */, NULL},
        {SHEET("<row><c r=\"AMK1\"><v>1</v></c></row>"), "!too_big row 1: too many columns"},
        {SHEET("<row><c r=\"XFD1\"/><c r=\"A1\"><v>1</v></c></row>"), "1:1;"}, /* only formatted */
        {SHEET("<row><c><v>1</v></c></row><row>"), "1:1;!syntax xl/s.xml line 1: mismatched tag"},
        {"", "!syntax xl/s.xml line 1: no element found"},
        {"<!DOCTYPE a [<!ENTITY x \"y\">]><worksheet/>",
         "!syntax xl/s.xml has a DOCTYPE, which is refused"},
        {SHEET("<row><c t=\"str\"><v>&x;</v></c></row>"),
         "!syntax xl/s.xml line 1: undefined entity"},
        {SHEET("<row><c t=\"str\"><v>\xFF</v></c></row>"),
         "!syntax xl/s.xml line 1: not well-formed (invalid token)"},
    };
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        struct parts p = NORMAL;
        p.sheet = T[i][0];
        struct buf b AUTO(buf_free) = read_book(make(&p), NULL);
        if (T[i][1] && strcmp(b.ptr, T[i][1]) != 0)
            fail_msg("%zu: got %s, expected %s", i, b.ptr, T[i][1]);
        if (!T[i][1])
            assert_int_equal(b.ptr[0], '1');
    }
}

static void books_by_hand(void **state)
{
    UNUSED(state);
    struct parts p = NORMAL;
    p.sheet = SHEET("<row><c s=\"1\"><v>1</v></c></row>");
    struct buf named AUTO(buf_free) = read_book(make(&p), "数据");
    assert_string_equal(named.ptr, "1:1900-01-01;");
    struct buf none AUTO(buf_free) = read_book(path_of("hand.xlsx"), "没有");
    assert_string_equal(none.ptr, "!not_found there is no sheet named 没有");
    struct buf chart AUTO(buf_free) = read_book(path_of("hand.xlsx"), "图");
    assert_string_equal(chart.ptr, "!syntax the sheet is a chart, not a table");
    struct buf lost AUTO(buf_free) = read_book(path_of("hand.xlsx"), "隐藏");
    assert_string_equal(lost.ptr, "!syntax xl/none.xml is missing in the file");

    p.book = "<workbook " NS "xmlns:r=\"" REL "\"><workbookPr date1904=\"true\"/><sheets>"
             "<sheet name=\"a\" state=\"hidden\" r:id=\"x1\"/></sheets></workbook>";
    struct buf mac AUTO(buf_free) = read_book(make(&p), NULL); /* hidden, but there is no other */
    assert_string_equal(mac.ptr, "1:1904-01-02;");
    p = NORMAL;
    p.sheet = SHEET("<row><c s=\"1\"><v>1</v></c></row>");
    p.book = "<workbook><sheets/></workbook>";
    struct buf empty AUTO(buf_free) = read_book(make(&p), NULL);
    assert_string_equal(empty.ptr, "!not_found there is no sheet in the file");
    p.book = NULL;
    struct buf bookless AUTO(buf_free) = read_book(make(&p), NULL);
    assert_string_equal(bookless.ptr, "!syntax xl/workbook.xml is missing in the file");
    p.root = RELS("");
    struct buf rootless AUTO(buf_free) = read_book(make(&p), NULL);
    assert_string_equal(rootless.ptr, "!syntax there is no workbook in the file");
    p = NORMAL; /* nothing but empty strings */
    p.strings = "<sst><si/><si><t/></si></sst>";
    p.sheet = SHEET("<row><c t=\"s\"><v>1</v></c><c><v>2</v></c></row>");
    struct buf hollow AUTO(buf_free) = read_book(make(&p), NULL);
    assert_string_equal(hollow.ptr, "1:|2;");
    p = NORMAL; /* neither styles nor strings */
    p.styles = p.strings = NULL;
    p.book_rels = RELS("<Relationship Id=\"x1\" Type=\"" REL "/worksheet\" Target=\"s.xml\"/>");
    p.sheet = SHEET("<row><c s=\"1\"><v>1</v></c></row>");
    struct buf bare AUTO(buf_free) = read_book(make(&p), NULL);
    assert_string_equal(bare.ptr, "1:1;");
}

static void put(const char *name, const void *bytes, size_t n)
{
    FILE *f = fopen(path_of(name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void no_books(void **state)
{
    UNUSED(state);
    struct err e = ERR_INIT;
    struct xlsx_reader *r = NULL;
    assert_false(xlsx_open(path_of("none.xlsx"), STR_NONE, &r, &e));
    assert_int_equal(e.code, ERR_IO);
    put("hand.xlsx", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and so on", 18);
    err_clear(&e);
    assert_false(xlsx_open(path_of("hand.xlsx"), STR_NONE, &r, &e));
    assert_int_equal(e.code, ERR_SYNTAX);
    assert_non_null(strstr(e.zh, ".xls"));
    static const char *const T[] = {"", "a,b\n", "PK\3\4", "PK\5\6"};
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        put("hand.xlsx", T[i], strlen(T[i]));
        err_clear(&e);
        assert_false(xlsx_open(path_of("hand.xlsx"), STR_NONE, &r, &e));
        assert_int_equal(e.code, ERR_SYNTAX);
    }
    assert_null(r);
    xlsx_close(NULL);
}

/* A sheet of one long thing. */
static struct buf long_sheet(const char *head, const char *again, int times, const char *tail)
{
    struct buf b AUTO(buf_free) = BUF(512 << 20);
    buf_c(&b, head);
    for (int i = 0; i < times; i++)
        buf_c(&b, again);
    buf_c(&b, tail);
    struct parts p = NORMAL;
    p.sheet = b.ptr;
    p.sheet_len = b.len;
    return read_book(make(&p), NULL);
}

static void bombs(void **state)
{
    UNUSED(state);
    static const struct {
        const char *head, *again;
        int times;
        const char *tail, *error;
    } T[] = {
        {"<a>", "<b>", 100, "", "!syntax xl/s.xml is nested too deep"},
        {"<worksheet ", "x", 3 << 19, "=\"\"/>", "!too_big"},
        {"<worksheet><!--", "0123456789abcdef", 1 << 17, "--></worksheet>", "!too_big"},
        {"<worksheet><sheetData>", "          ", 1 << 20, "</sheetData></worksheet>",
         "!too_big"}, /* ratio */
        {"<worksheet><sheetData><row><c t=\"str\"><v>", "纠", XLSX_CELL,
         "</v></c></row></sheetData></worksheet>", "1:纠"},
        {"<worksheet><sheetData><row><c t=\"str\"><v>", "x", XLSX_CELL + 1,
         "</v></c></row></sheetData></worksheet>", "!too_big row 1: a cell"},
        {"<worksheet><sheetData><row><c t=\"str\"><v>", "x", 200000,
         "</v></c></row></sheetData></worksheet>", "!too_big row 1: a cell"},
        {"<worksheet><sheetData><row>", "<c><v>1</v></c>", LIMIT_CSV_COLUMNS + 1,
         "</row></sheetData></worksheet>", "!too_big row 1: too many columns"},
    };
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        struct buf b AUTO(buf_free) = long_sheet(T[i].head, T[i].again, T[i].times, T[i].tail);
        if (strncmp(b.ptr, T[i].error, strlen(T[i].error)) != 0)
            fail_msg("%zu: got %.200s, expected %s", i, b.ptr, T[i].error);
    }
}

/* The text of a row is bounded although each cell is short in the file. */
static void shared_string_bomb(void **state)
{
    UNUSED(state);
    struct buf strings AUTO(buf_free) = BUF(1 << 20), sheet AUTO(buf_free) = BUF(1 << 20);
    buf_c(&strings, "<sst><si><t>");
    for (int i = 0; i < XLSX_CELL; i++)
        buf_c(&strings, "x");
    buf_c(&strings, "</t></si></sst>");
    buf_char(&strings, 0);
    buf_c(&sheet, "<worksheet><sheetData><row>");
    for (int i = 0; i < 100; i++)
        buf_c(&sheet, "<c t=\"s\"><v>0</v></c>");
    buf_c(&sheet, "</row></sheetData></worksheet>");
    buf_char(&sheet, 0);
    struct parts p = NORMAL;
    p.strings = strings.ptr;
    p.sheet = sheet.ptr;
    struct buf b AUTO(buf_free) = read_book(make(&p), NULL);
    assert_string_equal(b.ptr, "!too_big row 1: the row is too long");
}

/* Every byte of a good file wrong once: an answer or an error, never worse (the sanitizers watch). */
static void damaged(void **state)
{
    UNUSED(state);
    struct parts p = NORMAL;
    p.sheet = SHEET("<row><c s=\"1\"><v>1</v></c><c t=\"s\"><v>1</v></c></row>");
    FILE *f = fopen(make(&p), "rb");
    static char good[16384], bad[16384];
    size_t n = fread(good, 1, sizeof good, f);
    fclose(f);
    assert_true(n > 500 && n < sizeof good);
    size_t same = 0;
    for (size_t i = 0; i < n; i++) {
        memcpy(bad, good, n);
        bad[i] = (char)(bad[i] ^ (1 << (i % 8)));
        put("hand.xlsx", bad, i % 50 ? n : i);
        struct buf b AUTO(buf_free) = read_book(path_of("hand.xlsx"), NULL);
        same += strcmp(b.ptr, "1:1900-01-01|a b;") == 0;
    }
    assert_true(same > 0 &&
                same < n / 2); /* names, times and attributes of the zip do not matter */
}

/* --- against openpyxl --- */

static const char *oracle(const char *args, const char *output)
{
    static const char *const PYTHONS[] = {"python3", "/usr/bin/python3"};
    static char command[600];
    const char *source = getenv("BIHUAN_SOURCE");
    for (size_t i = 0; i < COUNT_OF(PYTHONS); i++) {
        snprintf(command, sizeof command, "%s %s/src/exchange/xlsx_oracle.py %s > %s/%s",
                 PYTHONS[i], source ? source : ".", args, dir, output);
        int code = system(command);
        if (code == 0)
            return path_of(output);
        assert_int_equal(WIFEXITED(code), true);
        assert_true(WEXITSTATUS(code) == 77 || WEXITSTATUS(code) == 127);
    }
    fprintf(stderr, "skipped: no python3 with openpyxl\n");
    return NULL;
}

static void same_as_openpyxl(void **state)
{
    UNUSED(state);
    enum { BOOKS = 8 };
    char args[200];
    snprintf(args, sizeof args, "make %s", dir);
    if (!oracle(args, "log")) {
        skip();
        return;
    }
    size_t rows = 0;
    for (int i = 0; i < BOOKS; i++) {
        char name[20];
        struct err e = ERR_INIT;
        struct xlsx_reader *r;
        struct csv_reader *expected;
        struct str *got, *want;
        size_t n_got, n_want;
        snprintf(name, sizeof name, "%d.xlsx", i);
        assert_true(xlsx_open(path_of(name), STR_NONE, &r, &e));
        unlink(path_of(name));
        snprintf(name, sizeof name, "%d.csv", i);
        assert_true(csv_open(path_of(name), &expected, &e));
        unlink(path_of(name));
        for (; csv_next(expected, &want, &n_want, &e); rows++) {
            int64_t row;
            assert_true(xlsx_next(r, &got, &n_got, &e));
            assert_true(str_int(want[0], &row));
            assert_int_equal(xlsx_row(r), row);
            assert_int_equal(n_got, n_want - 1);
            for (size_t k = 0; k < n_got; k++)
                if (!str_eq(got[k], want[k + 1]))
                    fail_msg("book %d row %d cell %zu: %.*s, expected %.*s", i, (int)row, k,
                             STR_F(got[k]), STR_F(want[k + 1]));
        }
        assert_false(xlsx_next(r, &got, &n_got, &e));
        assert_false(err_is(&e));
        xlsx_close(r);
        csv_close(expected);
    }
    assert_true(rows > 500);
}

/* --- our own writer --- */

static const struct sheet_column COLUMNS[] = {
    {STR("名称"), SHEET_TEXT, 0, 0},     {STR("件数"), SHEET_INT, 0, 0},
    {STR("金额"), SHEET_DECIMAL, 2, 14}, {STR("日期"), SHEET_DATE, 0, 0},
    {STR("时间"), SHEET_TIME, 0, 0},
};

static struct xlsx_writer *writer(const char *name)
{
    struct err e = ERR_INIT;
    const struct zone *zone;
    struct xlsx_writer *w;
    assert_true(zone_load("Asia/Shanghai", &zone, &e));
    assert_true(xlsx_create(path_of(name), STR("台账[1]/a:b*c?d\\e"), COLUMNS, COUNT_OF(COLUMNS),
                            zone, &w, &e));
    return w;
}

static void own_round_trip(void **state)
{
    UNUSED(state);
    struct err e = ERR_INIT;
    const int64_t at = INT64_C(1725843000000); /* 2024-09-09T08:50:00+08:00 */
    const int32_t day = day_of_civil(2024, 9, 9);
    const struct sheet_cell rows[][COUNT_OF(COLUMNS)] = {
        {{.s = STR("纠纷")}, {.i = 12}, {.i = 12345}, {.i = day}, {.i = at + 999}},
        {{.null = true}, {.null = true}, {.null = true}, {.null = true}, {.i = at}},
        {{.null = true}, {.null = true}, {.null = true}, {.null = true}, {.null = true}},
        {{.s = STR("=1+1")}, {.i = -5}, {.i = -1}, {.i = day_of_civil(1900, 3, 1)}, {.null = true}},
        {{.s = STR(" <&>\"'\n\t_x0041_ ")},
         {.i = 0},
         {.i = 0},
         {.i = day_of_civil(1899, 1, 2)},
         {.null = true}},
        {{.s = STR("a\x01\r\xFF\xEF\xBF\xBF\xF0\xA0\x80\x80")},
         {.i = INT64_MAX},
         {.i = INT64_MIN},
         {.i = day_of_civil(9999, 12, 31)},
         {.i = 0}},
        {{.s = STR("0012")},
         {.i = 999999999999999},
         {.i = 999999999999999},
         {.null = true},
         {.null = true}},
    };
    struct xlsx_writer *w = writer("own.xlsx");
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_true(xlsx_row_add(w, rows[i], &e));
    assert_true(xlsx_finish(w, &e));
    struct buf b AUTO(buf_free) = read_book(path_of("own.xlsx"), "台账_1__a_b_c_d_e");
    assert_string_equal(
        b.ptr,
        "1:名称|件数|金额|日期|时间;"
        "2:纠纷|12|123.45|2024-09-09|2024-09-09 08:50:00;"
        "3:||||2024-09-09 08:50:00;"
        "5:=1+1|-5|-0.01|1900-03-01;"
        "6: <&>\"'\n\t_x0041_ |0|0|1899-01-02;"
        "7:a\r\xEF\xBF\xBD\xEF\xBF\xBD\xF0\xA0\x80\x80|9223372036854775807|-92233720368547758.08|"
        "9999-12-31|1970-01-01 08:00:00;"
        "8:0012|999999999999999|9999999999999.99;");
    char args[200];
    snprintf(args, sizeof args, "show %s", path_of("own.xlsx"));
    FILE *f = NULL;
    const char *shown = oracle(args, "log");
    if (shown)
        f = fopen(shown, "rb");
    if (!f)
        return;
    char line[1000];
    assert_non_null(fgets(line, sizeof line, f));
    assert_string_equal(line, "[\"名称\", \"件数\", \"金额\", \"日期\", \"时间\"]\n");
    assert_non_null(fgets(line, sizeof line, f));
    assert_string_equal(
        line, "[\"纠纷\", 12, 123.45, \"2024-09-09 00:00:00\", \"2024-09-09 08:50:00\"]\n");
    fclose(f);
}

static void writer_refuses(void **state)
{
    UNUSED(state);
    struct err e = ERR_INIT;
    struct buf b AUTO(buf_free) = BUF(8 << 20);
    for (int i = 0; i < XLSX_CELL + 1; i++)
        buf_c(&b, "长");
    struct sheet_cell row[COUNT_OF(COLUMNS)] = {
        {.s = buf_view(&b)}, {.null = true}, {.null = true}, {.null = true}, {.null = true}};
    struct xlsx_writer *w = writer("own.xlsx");
    assert_false(xlsx_row_add(w, row, &e));
    assert_int_equal(e.code, ERR_TOO_BIG);
    row[0].s.len -= 3;
    err_clear(&e);
    assert_true(xlsx_row_add(w, row, &e));
    assert_true(xlsx_finish(w, &e));
    struct buf back AUTO(buf_free) = read_book(path_of("own.xlsx"), NULL);
    assert_true(back.len > 3 * XLSX_CELL);
    struct xlsx_writer *none = NULL;
    assert_false(xlsx_create("/nowhere/a.xlsx", STR(""), COLUMNS, 1, NULL, &none, &e));
    assert_int_equal(e.code, ERR_IO);
    assert_null(none);
}

/* Half a million cells, written and read in a few megabytes. */
static void constant_memory(void **state)
{
    UNUSED(state);
    enum { ROWS = 100000 };
    struct err e = ERR_INIT;
    struct rusage before, after;
    struct xlsx_writer *w = writer("own.xlsx");
    getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < ROWS; i++) {
        char text[40];
        snprintf(text, sizeof text, "第%d件矛盾纠纷", i);
        const struct sheet_cell row[] = {
            {.s = str_of(text)}, {.i = i}, {.i = i}, {.i = i}, {.i = i * 1000}};
        assert_true(xlsx_row_add(w, row, &e));
    }
    assert_true(xlsx_finish(w, &e));
    struct xlsx_reader *r;
    struct str *cells;
    size_t n, rows = 0;
    assert_true(xlsx_open(path_of("own.xlsx"), STR_NONE, &r, &e));
    for (; xlsx_next(r, &cells, &n, &e); rows++)
        assert_int_equal(n, COUNT_OF(COLUMNS));
    assert_false(err_is(&e));
    assert_int_equal(rows, ROWS + 1);
    xlsx_close(r);
    getrusage(RUSAGE_SELF, &after);
#ifndef ARENA_MALLOC /* the sanitizers take memory of their own */
    assert_true(after.ru_maxrss - before.ru_maxrss < 16 * 1024); /* KiB; the cells alone are more */
#endif
}

static int make_dir(void **state)
{
    UNUSED(state);
    return mkdtemp(dir) ? 0 : -1;
}

static int drop_dir(void **state)
{
    UNUSED(state);
    static const char *const FILES[] = {"hand.xlsx", "own.xlsx", "log"};
    for (size_t i = 0; i < COUNT_OF(FILES); i++)
        unlink(path_of(FILES[i]));
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(styles),         cmocka_unit_test(numbers),
        cmocka_unit_test(places),         cmocka_unit_test(escapes),
        cmocka_unit_test(sheets_by_hand), cmocka_unit_test(books_by_hand),
        cmocka_unit_test(no_books),       cmocka_unit_test(constant_memory),
        cmocka_unit_test(bombs),          cmocka_unit_test(shared_string_bomb),
        cmocka_unit_test(damaged),        cmocka_unit_test(same_as_openpyxl),
        cmocka_unit_test(own_round_trip), cmocka_unit_test(writer_refuses),
    };
    return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
