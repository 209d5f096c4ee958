#include "exchange/csv.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>
#include <zlib.h>
#include <cmocka.h>

static uint64_t seed;

static uint32_t rnd(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % n;
}

/* Cells as "a|b;c|d;", or the error. */
static void drain(struct csv_reader *r, struct buf *out)
{
    struct err e = ERR_INIT;
    struct str *cells;
    size_t n;
    while (csv_next(r, &cells, &n, &e)) {
        for (size_t i = 0; i < n; i++) {
            buf_c(out, i ? "|" : "");
            buf_str(out, cells[i]);
            assert_true(str_utf8_ok(cells[i]));
        }
        buf_char(out, ';');
    }
    if (err_is(&e))
        buf_printf(out, "!%s %s", err_wire(e.code), e.text);
}

static struct buf read_text(struct str text)
{
    struct buf b = BUF(4 << 20);
    struct err e = ERR_INIT;
    struct csv_reader *r = (struct csv_reader *)&b;
    if (csv_open_text(text, &r, &e)) {
        drain(r, &b);
        csv_close(r);
    } else {
        assert_ptr_equal(r, &b); /* results are written on success only */
        buf_printf(&b, "!%s %s", err_wire(e.code), e.text);
    }
    buf_char(&b, 0);
    return b;
}

#define T(in, out)                                                                                 \
    {                                                                                              \
        STR(in), out                                                                               \
    }

static void reading(void **state)
{
    UNUSED(state);
    static const struct {
        struct str text;
        const char *out;
    } TABLE[] = {
        T("", ""),
        T("\xEF\xBB\xBF", ""),
        T("\n\r\n\r", ""),
        T("a", "a;"),
        T("a,b\n", "a|b;"),
        T("a,b\r\nc,d\r\n", "a|b;c|d;"),
        T("a,b\rc,d", "a|b;c|d;"),
        T("a\n\n\nb\n", "a;b;"),
        T("\n\na", "a;"),
        T(",\n", "|;"),
        T(",,", "||;"),
        T("\"\"", ";"),
        T("\"a\"", "a;"),
        T("\"a,b\",c", "a,b|c;"),
        T("\"a\nb\",c\nd", "a\nb|c;d;"),
        T("\"a\r\nb\"\r\nc", "a\r\nb;c;"),
        T("\"a\"\"b\"\"\"", "a\"b\";"),
        T("\"\"\"\"", "\";"),
        T("a\"b,c", "a\"b|c;"),
        T(" \"a\"", " \"a\";"),
        T(" a , b ", " a | b ;"),
        T("\xEF\xBB\xBF"
          "a,b",
          "a|b;"),
        T("\xEF\xBB\xBF\"a\",b", "a|b;"),
        T("纠纷,隐患", "纠纷|隐患;"),
        T("'=1+1,'-5,'x,'', ''=a", "=1+1|-5|'x|''| ''=a;"),
        T("''=a", "'=a;"),
        /* GB18030: 纠纷,隐患 */
        T("\xBE\xC0\xB7\xD7,\xD2\xFE\xBB\xBC\n\xC4\xCF\xB2\xFD", "纠纷|隐患;南昌;"),
        T("\x81\x39\xEE\x39,\x95\x32\x82\x36", "\xE3\x90\x80|\xF0\xA0\x80\x80;"), /* four bytes */
        T("a,\xBE\xC0\n\xBE\xC0,\"\xB7\xD7\"\"\"\n", "a|纠;纠|纷\";"),
        /* what is wrong */
        T("a\nb,\"c", "a;!syntax line 2: a quoted cell begins here and has no end"),
        T("a\n\"b\n\n\"c", "a;!syntax line 4: a comma is expected behind the closing quote"),
        T("\"a\" ,b", "!syntax line 1: a comma is expected behind the closing quote"),
        T("a\nb\0c", "a;!syntax line 2: a NUL byte; this is no text"),
        T("\"a\nb\0c\"", "!syntax line 2: a NUL byte; this is no text"),
        T("\xFF\xFE"
          "a\0",
          "!syntax line 1: UTF-16; save it as CSV UTF-8"),
        T("\xFE\xFF\0a", "!syntax line 1: UTF-16; save it as CSV UTF-8"),
        T("\xEF\xBB\xBF"
          "a\n\xBE\xC0",
          "!syntax line 2: a byte that is no UTF-8"),
        T("纠纷隐患纠纷隐患纠纷隐患\n\nx\xE7\xBA,", "!syntax line 3: a byte that is no UTF-8"),
        T("a\nb\n\xBE", "a;b;!syntax line 3: neither UTF-8 nor GB18030"),
        T("\xBE\xC0\n\xBE,\xC0", "纠;!syntax line 2: neither UTF-8 nor GB18030"),
        T("\xFF", "!syntax line 1: neither UTF-8 nor GB18030"),
    };
    for (size_t i = 0; i < COUNT_OF(TABLE); i++) {
        struct buf b AUTO(buf_free) = read_text(TABLE[i].text);
        if (strcmp(b.ptr, TABLE[i].out) != 0)
            fail_msg("%zu: got %s, expected %s", i, b.ptr, TABLE[i].out);
    }
}

/* An error stays, the line is known, the Chinese sentence is there. */
static void error_stays(void **state)
{
    UNUSED(state);
    struct csv_reader *r;
    struct err e = ERR_INIT;
    struct str *cells;
    size_t n = 77;
    assert_true(csv_open_text(STR("a\n\n\"b\nc\",d\n\"x"), &r, &e));
    assert_true(csv_next(r, &cells, &n, &e));
    assert_int_equal(csv_line(r), 1);
    assert_true(csv_next(r, &cells, &n, &e));
    assert_int_equal(csv_line(r), 3);
    assert_int_equal(n, 2);
    for (int i = 0; i < 2; i++) {
        err_clear(&e);
        assert_false(csv_next(r, &cells, &n, &e));
        assert_int_equal(e.code, ERR_SYNTAX);
        assert_string_equal(e.zh, "第 5 行：此处的引号没有结束");
        assert_int_equal(n, 2);
    }
    assert_int_equal(csv_bytes_read(r), csv_bytes_total(r));
    csv_close(r);
    csv_close(NULL);
}

static void limits(void **state)
{
    UNUSED(state);
    struct buf b AUTO(buf_free) = BUF(8 << 20);
    static const struct {
        size_t commas, letters;
        const char *quote, *error;
    } TABLE[] = {
        {LIMIT_CSV_COLUMNS - 1, 0, "", NULL},
        {LIMIT_CSV_COLUMNS, 0, "", "!too_big line 2: too many columns"},
        {0, LIMIT_CSV_ROW, "", NULL},
        {0, LIMIT_CSV_ROW + 1, "", "!too_big line 2: the row is too long"},
        {0, LIMIT_CSV_ROW, "\"", NULL},
        {0, LIMIT_CSV_ROW + 1, "\"", "!too_big line 2: the row is too long"},
        {1, LIMIT_CSV_ROW + 1, "", "!too_big line 2: the row is too long"},
    };
    for (size_t i = 0; i < COUNT_OF(TABLE); i++) {
        buf_clear(&b);
        buf_c(&b, "\n");
        for (size_t k = 0; k < TABLE[i].commas; k++)
            buf_char(&b, ',');
        buf_c(&b, TABLE[i].quote);
        for (size_t k = 0; k < TABLE[i].letters; k++)
            buf_char(&b, 'x');
        buf_c(&b, TABLE[i].quote);
        struct buf out AUTO(buf_free) = read_text(buf_view(&b));
        if (TABLE[i].error)
            assert_string_equal(out.ptr, TABLE[i].error);
        else
            assert_null(strchr(out.ptr, '!'));
    }
}

static void writing(void **state)
{
    UNUSED(state);
    static const struct {
        const char *cells[4];
        const char *out;
    } TABLE[] = {
        {{"a", "b"}, "a,b\r\n"},
        {{""}, "\"\"\r\n"},
        {{"", ""}, ",\r\n"},
        {{"a,b", "c\"d", "e\nf"}, "\"a,b\",\"c\"\"d\",\"e\nf\"\r\n"},
        {{" a", "b "}, "\" a\",\"b \"\r\n"},
        {{"=1+1", "@a", "+a", "-a"}, "'=1+1,'@a,'+a,'-a\r\n"},
        {{"\tx", "\rx"}, "'\tx,\"'\rx\"\r\n"},
        {{"-5", "+5", "-12.50", "-.5"}, "-5,+5,-12.50,'-.5\r\n"},
        {{"-", "-1.2.3", "-5.", "-1e5"}, "'-,'-1.2.3,'-5.,'-1e5\r\n"},
        {{"'=a", "'a", "-1,2"}, "''=a,'a,\"'-1,2\"\r\n"},
    };
    for (size_t i = 0; i < COUNT_OF(TABLE); i++) {
        struct str cells[4];
        size_t n = 0;
        for (; n < 4 && TABLE[i].cells[n]; n++)
            cells[n] = str_of(TABLE[i].cells[n]);
        struct buf b AUTO(buf_free) = BUF(1000);
        csv_write_row(&b, cells, n);
        buf_char(&b, 0);
        assert_string_equal(b.ptr, TABLE[i].out);
    }
}

static struct str random_cell(struct arena *a)
{
    static const char *const PARTS[] = {"a", ",", "\"", "\n",   "\r", "'", "=",  "+",
                                        "-", "@", "\t", " ",    "1",  ".", "纠", "é",
                                        "",  "",  "",   "江路", ";",  "-2"};
    struct buf b AUTO(buf_free) = BUF(1000);
    for (uint32_t n = rnd(6); n; n--)
        buf_c(&b, PARTS[rnd(COUNT_OF(PARTS))]);
    return b.len ? buf_dup(a, &b) : STR("");
}

static void gb18030_of(struct buf *b, struct str utf8);

/* What is written is read, in both encodings and across pieces of the reader. */
static void round_trip(bool gb)
{
    enum { ROWS = 20000, MOST = 5 };
    struct arena *a AUTO(arena_freep) = arena_new();
    struct str(*rows)[MOST] = arena_alloc(a, ROWS * sizeof *rows);
    size_t *n = arena_alloc(a, ROWS * sizeof *n);
    struct buf b AUTO(buf_free) = BUF(16 << 20), coded AUTO(buf_free) = BUF(16 << 20);
    for (size_t i = 0; i < ROWS; i++) {
        n[i] = 1 + rnd(MOST);
        for (size_t k = 0; k < n[i]; k++)
            rows[i][k] = random_cell(a);
        csv_write_row(&b, rows[i], n[i]);
    }
    if (gb)
        gb18030_of(&coded, buf_view(&b));
    struct csv_reader *r;
    struct err e = ERR_INIT;
    assert_true(csv_open_text(gb ? buf_view(&coded) : buf_view(&b), &r, &e));
    struct str *cells;
    size_t got, i = 0;
    for (; csv_next(r, &cells, &got, &e); i++) {
        assert_int_equal(got, n[i]);
        for (size_t k = 0; k < got; k++)
            assert_true(str_eq(cells[k], rows[i][k]));
    }
    assert_false(err_is(&e));
    assert_int_equal(i, ROWS);
    csv_close(r);
}

/* The few characters of random_cell, by hand. */
static void gb18030_of(struct buf *b, struct str utf8)
{
    for (size_t i = 0; i < utf8.len;) {
        uint32_t c = str_next_char(utf8, &i);
        switch (c) {
        case 0x7EA0: /* 纠 */
            buf_c(b, "\xBE\xC0");
            break;
        case 0xE9: /* é */
            buf_c(b, "\xA8\xA6");
            break;
        case 0x6C5F: /* 江 */
            buf_c(b, "\xBD\xAD");
            break;
        case 0x8DEF: /* 路 */
            buf_c(b, "\xC2\xB7");
            break;
        default:
            assert_true(c < 0x80);
            buf_char(b, (char)c);
        }
    }
}

static void round_trip_utf8(void **state)
{
    UNUSED(state);
    seed = 1;
    round_trip(false);
}

static void round_trip_gb18030(void **state)
{
    UNUSED(state);
    seed = 2;
    round_trip(true);
}

/* --- files --- */

static char dir[] = "/tmp/bihuan_csv_XXXXXX";

static const char *put(const char *name, const void *bytes, size_t n)
{
    static char path[100];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
    return path;
}

static struct buf read_file(const char *path)
{
    struct buf b = BUF(64 << 20);
    struct err e = ERR_INIT;
    struct csv_reader *r;
    if (csv_open(path, &r, &e)) {
        drain(r, &b);
        assert_true(csv_bytes_read(r) <= csv_bytes_total(r));
        csv_close(r);
    } else {
        buf_printf(&b, "!%s", err_wire(e.code));
    }
    buf_char(&b, 0);
    return b;
}

static void files(void **state)
{
    UNUSED(state);
    struct buf many AUTO(buf_free) = BUF(8 << 20);
    for (int i = 0; i < 60000; i++)
        buf_printf(&many, "%d,\"南昌\n%d\"\r\n", i, i);
    struct buf plain AUTO(buf_free) = read_file(put("a.csv", many.ptr, many.len));
    assert_true(plain.len > 60000 * 10);
    assert_null(strchr(plain.ptr, '!'));

    uLongf zn = compressBound(many.len) + 100;
    unsigned char *z = mem_new(zn);
    z_stream s = {.next_in = (unsigned char *)many.ptr,
                  .avail_in = (uInt)many.len,
                  .next_out = z,
                  .avail_out = (uInt)zn};
    assert_int_equal(deflateInit2(&s, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&s, Z_FINISH), Z_STREAM_END);
    zn = s.total_out;
    deflateEnd(&s);
    struct buf gz AUTO(buf_free) = read_file(put("a.csv.gz", z, zn));
    assert_int_equal(gz.len, plain.len);
    assert_memory_equal(gz.ptr, plain.ptr, gz.len);

    struct buf cut AUTO(buf_free) = read_file(put("a.csv.gz", z, zn - 5000));
    assert_string_equal(cut.ptr, "!io");
    z[zn / 2] ^= 0x55;
    struct buf bad AUTO(buf_free) = read_file(put("a.csv.gz", z, zn));
    assert_string_equal(bad.ptr, "!io");
    free(z);
    struct buf none AUTO(buf_free) = read_file("/nowhere/a.csv");
    assert_string_equal(none.ptr, "!io");
    struct buf folder AUTO(buf_free) = read_file(dir);
    assert_string_equal(folder.ptr, "!io");
}

static void gz_bomb(void **state)
{
    UNUSED(state);
    char path[100];
    snprintf(path, sizeof path, "%s/a.csv.gz", dir);
    gzFile f = gzopen(path, "wb9");
    char *zeros = calloc(1, 1 << 20);
    memset(zeros, '\n', 1 << 20);
    for (int i = 0; i < 70; i++)
        assert_int_equal(gzwrite(f, zeros, 1 << 20), 1 << 20);
    gzclose(f);
    free(zeros);
    struct buf b AUTO(buf_free) = read_file(path);
    assert_string_equal(b.ptr, "!too_big");
}

static int make_dir(void **state)
{
    UNUSED(state);
    return mkdtemp(dir) ? 0 : -1;
}

static int drop_dir(void **state)
{
    UNUSED(state);
    char path[100];
    snprintf(path, sizeof path, "%s/a.csv", dir);
    unlink(path);
    snprintf(path, sizeof path, "%s/a.csv.gz", dir);
    unlink(path);
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading),         cmocka_unit_test(error_stays),
        cmocka_unit_test(limits),          cmocka_unit_test(writing),
        cmocka_unit_test(round_trip_utf8), cmocka_unit_test(round_trip_gb18030),
        cmocka_unit_test(files),           cmocka_unit_test(gz_bomb),
    };
    return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
