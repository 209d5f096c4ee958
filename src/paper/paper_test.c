/* Papers: the same bytes twice, text that can be read back, and what is wrong is refused.
 * BIHUAN_PAPERS=FOLDER keeps what was made, to be looked at. */
#define _GNU_SOURCE
#include "base/hash.h"
#include "base/time.h"
#include "paper/paper_int.h"
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static const int64_t MADE = INT64_C(1725843000000); /* 2024-09-09 */

static void keep(const char *name, struct str bytes)
{
    const char *folder = getenv("BIHUAN_PAPERS");
    char path[1000];
    if (!folder)
        return;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, f), bytes.len);
    fclose(f);
}

/* ---- pictures made here ---- */

static struct str small_png(struct arena *a)
{
    struct paper_qr qr;
    struct err e = ERR_INIT;
    assert_true(paper_qr(a, STR("a picture"), &qr, &e));
    return paper_qr_png(a, &qr, 6);
}

/* 8 x 16, grey, with an EXIF block that says "turn by 90 degrees" and a place that must not stay. */
static struct str small_jpeg(struct arena *a)
{
    static const char HEX[] =
        "ffd8ffe000104a46494600010101001400140000ffe1002a45786966000049492a000800000001001201030001"
        "00"
        "000006000000000000004750532068657265ffdb0043001b12141714111b1716171e1c1b2028422b2825252851"
        "3a"
        "3d3042605565645f555d5b6a7899816a7190735b5d85b586909ea3abadab6780bcc9baa6c799a8aba4ffdb0043"
        "01"
        "1c1e1e2823284e2b2b4ea46e5d6ea4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4"
        "a4"
        "a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4ffc00011080010000803012200021101031101ffc4001600010101"
        "00"
        "000000000000000000000000000406ffc4001d1000020300020300000000000000000000010200111203052132"
        "52"
        "ffc40014010100000000000000000000000000000000ffc40014110100000000000000000000000000000000ff"
        "da"
        "000c03010002110311003f00d22d903428c487b9675e04285c1d1f5dfc9abc79ab881fffd9";
    struct str out;
    assert_true(hex_to(a, str_of(HEX), &out));
    return out;
}

/* ---- papers made here ---- */

static struct paper *form(struct arena *a)
{
    static const int WIDTHS[] = {2, 3, 2, 3};
    struct paper *p = paper_new(a, PAPER_FORM, STR("人民调解申请书"), MADE);
    p->check = STR("https://bihuan.example/v#12345-ab12cd34ef56");
    p->check_text = STR("核验码 12345-ab12-cd34-ef56\n扫码可核对本件办理记录是否被改动");
    paper_add(p, PAPER_TITLE, STR("人民调解申请书"));
    struct paper_block *t = paper_add(p, PAPER_TABLE, STR_NONE);
    t->columns = 4;
    t->widths = WIDTHS;
    static const char *const CELLS[] = {"申请人",   "张某某", "联系电话", "138****0001",
                                        "被申请人", "李某某", "联系电话", ""};
    for (size_t i = 0; i < COUNT_OF(CELLS); i++)
        paper_cell(p, t, str_of(CELLS[i]))->label = i % 2 == 0;
    paper_cell(p, t, STR("地址"))->label = true;
    paper_cell(p, t, STR("石岗镇一村7号"))->span = 3;
    paper_add(p, PAPER_HEADING, STR("一、纠纷简要情况"))->level = 1;
    struct paper_block *b = paper_add(p, PAPER_TEXT, STR_NONE);
    paper_run(p, b, STR("两家因"), false);
    paper_run(p, b, STR("围墙滴水"), true);
    paper_run(p, b, STR("发生争执，多次协商未果，影响正常生活，现申请村人民调解委员会调解。"),
              false);
    paper_add(p, PAPER_HEADING, STR("二、申请事项"))->level = 1;
    paper_add(p, PAPER_TEXT, STR("1. 改装落水管；2. 修复被浸泡的墙面。"));
    paper_add(p, PAPER_TEXT,
              STR("人民调解委员会已将申请人民调解的相关规定告知我，现自愿申请人民调解。"));
    paper_add(p, PAPER_SIGN, STR("申请人（签名、盖章或者按指印）："));
    paper_add(p, PAPER_TEXT, STR("2024年9月9日"))->align = PAPER_RIGHT;
    return p;
}

static struct paper *letter(struct arena *a, int lines)
{
    struct paper *p = paper_new(a, PAPER_LETTER, STR("预警提示函"), MADE);
    for (int i = 0; i < lines; i++)
        paper_add(p, PAPER_TEXT, str_printf(a, "第%d行", i + 1));
    return p;
}

static struct paper *dossier(struct arena *a)
{
    static const int WIDTHS[] = {1, 6, 1};
    struct paper *p = paper_new(a, PAPER_FORM, STR("卷宗"), MADE);
    paper_add(p, PAPER_BREAK, STR_NONE);
    paper_add(p, PAPER_TITLE, STR("卷宗目录"));
    struct paper_block *t = paper_add(p, PAPER_TABLE, STR_NONE);
    t->columns = 3;
    t->widths = WIDTHS;
    t->head = true;
    static const char *const HEAD[] = {"序号", "材料名称", "页码"};
    for (int i = 0; i < 3; i++)
        paper_cell(p, t, str_of(HEAD[i]))->label = true;
    for (int i = 1; i <= 60; i++) {
        paper_cell(p, t, str_printf(a, "%d", i));
        paper_cell(p, t, str_printf(a, "材料%d号", i));
        paper_cell(p, t, STR_NONE)->page_of =
            i <= 3 ? i : 150; /* a mark that is not there is empty */
    }
    for (int i = 1; i <= 3; i++) {
        paper_add(p, PAPER_BREAK, STR_NONE)->mark = i;
        paper_add(p, PAPER_TITLE, str_printf(a, "材料%d号", i));
        for (int k = 0; k < 40 * (i - 1); k++)
            paper_add(p, PAPER_TEXT, STR("双方陈述。"));
    }
    struct paper_block *img = paper_add(p, PAPER_IMAGE, STR("照片一"));
    img->bytes = small_jpeg(a);
    paper_add(p, PAPER_IMAGE, STR("照片二"))->bytes = small_png(a);
    return p;
}

static struct paper *slip(struct arena *a, enum paper_style style)
{
    struct paper *p = paper_new(a, style, STR("受理回执"), MADE);
    paper_add(p, PAPER_TITLE, STR("受理回执"));
    paper_add(p, PAPER_TEXT, STR("编号：360112JF202400001"))->align = PAPER_LEFT;
    paper_add(p, PAPER_TEXT,
              STR("下一步：三个工作日内告知您由谁办理，请保管好本回执，随时可以查办到哪一步。"))
        ->align = PAPER_LEFT;
    struct paper_block *q = paper_add(p, PAPER_CODE, STR("扫码查进度"));
    q->bytes = STR("https://bihuan.example/r#AbCdEfGhIjKlMnOpQrStUvWxYz012345");
    q->mm = 34;
    paper_add(p, PAPER_TEXT, STR("查询码 1234 5678"))->align = PAPER_CENTER;
    return p;
}

/* ---- making and reading back ---- */

static struct str pdf_of(struct arena *a, const struct paper *p)
{
    struct buf b = BUF(LIMIT_JSON_OUT);
    struct err e = ERR_INIT;
    if (!paper_pdf(p, &b, &e))
        fail_msg("%s", e.text);
    struct str s = buf_dup(a, &b);
    buf_free(&b);
    return s;
}

static struct str docx_of(struct arena *a, const struct paper *p)
{
    struct buf b = BUF(LIMIT_JSON_OUT);
    struct err e = ERR_INIT;
    if (!paper_docx(p, &b, &e))
        fail_msg("%s", e.text);
    struct str s = buf_dup(a, &b);
    buf_free(&b);
    return s;
}

/* The text of a PDF by poppler; pages end with a form feed. */
static struct str text_of(struct arena *a, struct str pdf)
{
    char path[] = "/tmp/bihuan-paper-XXXXXX", command[200], piece[4096];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, pdf.ptr, pdf.len), pdf.len);
    close(fd);
    snprintf(command, sizeof command, "pdftotext -layout -enc UTF-8 %s -", path);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    struct buf b = BUF(1 << 22);
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, f)) > 0)
        buf_add(&b, piece, n);
    assert_int_equal(pclose(f), 0);
    unlink(path);
    struct str s = buf_dup(a, &b);
    buf_free(&b);
    return s;
}

static int count(struct str s, const char *what)
{
    int n = 0;
    for (size_t i = 0; i + strlen(what) <= s.len; i++)
        n += memcmp(s.ptr + i, what, strlen(what)) == 0;
    return n;
}

static void has(struct str text, const char *what)
{
    if (!str_has(text, str_of(what)))
        fail_msg("\"%s\" is not in:\n%.*s", what, STR_F(text));
}

/* ---- tests ---- */

static void the_same_paper_is_the_same_bytes(void **state)
{
    struct arena *a = arena_new();
    UNUSED(state);
    struct str one = pdf_of(a, form(a)), two = pdf_of(a, form(a));
    assert_true(str_starts(one, STR("%PDF-1.")));
    assert_true(str_eq(one, two));
    struct str three = docx_of(a, form(a)), four = docx_of(a, form(a));
    assert_true(str_starts(three, STR("PK")));
    assert_true(str_eq(three, four));
    struct paper *other = form(a);
    other->made += MS_DAY;
    assert_false(str_eq(one, pdf_of(a, other)));
    assert_false(str_eq(three, docx_of(a, other)));
    keep("form.pdf", one);
    keep("form.docx", three);
    arena_free(a);
}

static void what_is_printed_can_be_read(void **state)
{
    struct arena *a = arena_new();
    UNUSED(state);
    struct str t = text_of(a, pdf_of(a, form(a)));
    static const char *const WANT[] = {
        "人民调解申请书", "张某某",       "138****0001", "石岗镇一村7号",       "一、纠纷简要情况",
        "两家因围墙滴水", "2024年9月9日", "第1页 共1页", "12345-ab12-cd34-ef56"};
    for (size_t i = 0; i < COUNT_OF(WANT); i++)
        has(t, WANT[i]);
    arena_free(a);
}

/* GB/T 9704: 22 lines a page. */
static void a_letter_has_22_lines(void **state)
{
    struct arena *a = arena_new();
    UNUSED(state);
    struct str pdf = pdf_of(a, letter(a, 23)), t = text_of(a, pdf), rest;
    struct str first = str_cut(t, '\f', &rest);
    has(first, "第22行");
    assert_false(str_has(first, STR("第23行")));
    has(first, "—1—");
    has(rest, "第23行");
    has(rest, "—2—");
    keep("letter.pdf", pdf);
    keep("letter.docx", docx_of(a, letter(a, 23)));
    arena_free(a);
}

/* And 28 characters a line. */
static void a_letter_has_28_characters(void **state)
{
    struct arena *a = arena_new();
    UNUSED(state);
    struct paper *p = paper_new(a, PAPER_LETTER, STR("函"), MADE);
    struct buf b AUTO(buf_free) = BUF(4096);
    for (int i = 0; i < 28; i++)
        buf_c(&b, "字");
    buf_c(&b, "末");
    paper_add(p, PAPER_TEXT, buf_dup(a, &b))->align = PAPER_LEFT;
    struct str t = text_of(a, pdf_of(a, p)), rest;
    struct str line = str_cut(t, '\n', &rest);
    assert_int_equal(count(line, "字"), 28);
    assert_false(str_has(line, STR("末")));
    has(rest, "末");
    arena_free(a);
}

static void a_table_of_contents_knows_its_pages(void **state)
{
    struct arena *a = arena_new();
    UNUSED(state);
    struct str pdf = pdf_of(a, dossier(a)), t = text_of(a, pdf);
    struct str pages[20], rest = t;
    int n = 0;
    while (rest.ptr && rest.len && n < 20)
        pages[n++] = str_cut(rest, '\f', &rest);
    assert_in_range(n, 6, 12);
    has(pages[0], "页码");
    has(pages[1], "页码"); /* the head of a long table stands on each page */
    for (int i = 1; i <= 3; i++) {
        struct str name = str_printf(a, "材料%d号", i), line, all = pages[0];
        int page = 0;
        while (all.ptr && !page) {
            line = str_cut(all, '\n', &all);
            struct str at = str_trim(line), last = at;
            if (!str_has(line, name))
                continue;
            while (at.ptr && at.len)
                last = str_cut(at, ' ', &at);
            int64_t v = 0;
            assert_true(str_int(str_trim(last), &v));
            page = (int)v;
        }
        assert_in_range(page, 2, n);
        has(pages[page - 1], name.ptr);
        assert_true(str_starts(str_trim(pages[page - 1]), name));
    }
    assert_true(str_has(pages[n - 1], str_printf(a, "第%d页 共%d页", n, n)));
    keep("dossier.pdf", pdf);
    keep("dossier.docx", docx_of(a, dossier(a)));
    arena_free(a);
}

/* A cell longer than a page goes on on the next one; nothing of it is lost. */
static void a_long_cell_is_split(void **state)
{
    struct arena *a = arena_new();
    UNUSED(state);
    struct paper *p = paper_new(a, PAPER_FORM, STR("长"), MADE);
    struct paper_block *t = paper_add(p, PAPER_TABLE, STR_NONE);
    struct buf b AUTO(buf_free) = BUF(1 << 20);
    for (int i = 0; i < 400; i++)
        buf_printf(&b, "第%d句说的是同一面墙和同一根水管的事。", i);
    t->columns = 2;
    paper_cell(p, t, STR("记录"))->label = true;
    paper_cell(p, t, buf_dup(a, &b));
    struct str text = text_of(a, pdf_of(a, p));
    assert_true(count(text, "\f") >= 3);
    struct buf flat AUTO(buf_free) = BUF(1 << 22);
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] > ' ')
            buf_char(&flat, text.ptr[i]);
    for (int i = 0; i < 400; i += 57)
        has(buf_view(&flat), str_printf(a, "第%d句", i).ptr);
    has(buf_view(&flat), "第399句");
    arena_free(a);
}

static void slips_are_small(void **state)
{
    struct arena *a = arena_new();
    UNUSED(state);
    struct str roll = pdf_of(a, slip(a, PAPER_ROLL)), a5 = pdf_of(a, slip(a, PAPER_A5));
    has(roll, "/MediaBox [ 0 0 226.77");
    has(a5, "/MediaBox [ 0 0 419.5");
    struct str t = text_of(a, roll);
    has(t, "查询码 1234 5678");
    assert_int_equal(count(t, "\f"), 1);
    keep("slip-80.pdf", roll);
    keep("slip-a5.pdf", a5);
    keep("slip-a5.docx", docx_of(a, slip(a, PAPER_A5)));
    arena_free(a);
}

static void pictures_are_read_by_their_heads(void **state)
{
    struct arena *a = arena_new();
    UNUSED(state);
    struct paper_image img;
    assert_true(paper_image_read(a, small_jpeg(a), &img));
    assert_int_equal(img.width, 8);
    assert_int_equal(img.height, 16);
    assert_int_equal(img.turn, 90);
    assert_false(str_has(img.bytes, STR("Exif"))); /* nor where it was taken */
    assert_false(str_has(img.bytes, STR("GPS")));
    assert_true(paper_image_read(a, small_png(a), &img));
    assert_true(img.png);
    struct str j = small_jpeg(a);
    size_t scan = 0;
    while (memcmp(j.ptr + scan, "\xFF\xDA", 2) != 0)
        scan++;
    for (size_t n = 0; n < scan; n++) { /* cut anywhere before the picture itself */
        struct str exact = str_dup(a, (struct str){j.ptr, n});
        assert_false(paper_image_read(a, exact, &img));
    }
    static const char *const NOT[] = {"", "GIF89a", "\x89PNG\r\n\x1A\n", "%PDF-1.4"};
    for (size_t i = 0; i < COUNT_OF(NOT); i++)
        assert_false(paper_image_read(a, str_of(NOT[i]), &img));
    arena_free(a);
}

static void refused(struct paper *p, enum err_code code, bool docx_too)
{
    struct buf b = BUF(LIMIT_JSON_OUT);
    struct err e = ERR_INIT;
    assert_false(paper_pdf(p, &b, &e));
    assert_int_equal(e.code, code);
    assert_true(e.text[0] != 0);
    assert_int_equal(b.len, 0);
    err_clear(&e);
    assert_int_equal(paper_docx(p, &b, &e), !docx_too);
    buf_free(&b);
}

static void what_is_wrong_is_said(void **state)
{
    struct arena *a = arena_new();
    UNUSED(state);
    struct paper *p = paper_new(a, PAPER_FORM, STR("x"), MADE);
    struct paper_block *t = paper_add(p, PAPER_TABLE, STR_NONE);
    t->columns = 3;
    paper_cell(p, t, STR("one"))->span = 2; /* the row is not filled */
    refused(p, ERR_INPUT, true);
    t->columns = PAPER_COLUMNS + 1;
    refused(p, ERR_INPUT, true);
    p = paper_new(a, PAPER_FORM, STR("x"), MADE);
    paper_add(p, PAPER_IMAGE, STR_NONE)->bytes = STR("no picture");
    refused(p, ERR_INPUT, true);
    struct str png = small_png(a), cut = str_dup(a, (struct str){png.ptr, png.len - 30});
    p = paper_new(a, PAPER_FORM, STR("x"), MADE);
    paper_add(p, PAPER_IMAGE, STR_NONE)->bytes = cut;
    refused(p, ERR_INPUT, false); /* a docx carries it as it is */
    p = paper_new(a, PAPER_A5, STR("x"), MADE);
    char *long_code = arena_alloc(a, 1200);
    memset(long_code, 'a', 1200);
    paper_add(p, PAPER_CODE, STR_NONE)->bytes = (struct str){long_code, 1200};
    refused(p, ERR_TOO_BIG, true);
    arena_free(a);
}

/* ---- the worker ---- */

static bool try_everything(const void *user, struct buf *out, struct err *e)
{
    UNUSED(e);
    bool net = socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EPERM;
    char *const args[] = {NULL};
    execve("/bin/true", args, args);
    bool run = errno != EPERM;
    int fd = open(user, O_WRONLY | O_CREAT, 0600);
    bool wrote = fd >= 0 && write(fd, "x", 1) == 1;
    bool fds =
        fcntl(3, F_GETFD) >= 0 && fd != 3; /* what was open in the program is not open here */
    buf_printf(out, "%d%d%d%d", net, run, wrote, fds);
    return true;
}

static bool fall_over(const void *user, struct buf *out, struct err *e)
{
    UNUSED(out), UNUSED(e);
    _exit(*(const int *)user);
}

static bool say_no(const void *user, struct buf *out, struct err *e)
{
    UNUSED(user);
    buf_c(out, "half");
    return err_set(e, ERR_FORBIDDEN, "not this one");
}

static void the_worker_can_do_nothing_else(void **state)
{
    char path[] = "/tmp/bihuan-paper-XXXXXX";
    struct buf b AUTO(buf_free) = BUF(1000);
    struct err e = ERR_INIT;
    UNUSED(state);
    close(mkstemp(path));
    assert_true(paper_confined(try_everything, path, &b, &e));
    assert_true(str_is(buf_view(&b), "0000"));
    unlink(path);
    static const int STATUS[] = {0, 1, 77};
    for (size_t i = 0; i < COUNT_OF(STATUS); i++) {
        err_clear(&e);
        buf_clear(&b);
        assert_false(paper_confined(fall_over, &STATUS[i], &b, &e));
        assert_int_equal(e.code, ERR_INTERNAL);
    }
    err_clear(&e);
    assert_false(paper_confined(say_no, NULL, &b, &e));
    assert_int_equal(e.code, ERR_FORBIDDEN);
    assert_string_equal(e.text, "not this one");
    assert_int_equal(b.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_paper_is_the_same_bytes),
        cmocka_unit_test(what_is_printed_can_be_read),
        cmocka_unit_test(a_letter_has_22_lines),
        cmocka_unit_test(a_letter_has_28_characters),
        cmocka_unit_test(a_table_of_contents_knows_its_pages),
        cmocka_unit_test(a_long_cell_is_split),
        cmocka_unit_test(slips_are_small),
        cmocka_unit_test(pictures_are_read_by_their_heads),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(the_worker_can_do_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
