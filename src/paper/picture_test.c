/* Pictures drawn anew: the same pixels, upright, and nothing else; broken ones are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include "paper/paper.h"
#include <cmocka.h>
#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>
#include <zlib.h>

enum { W = 3, H = 2 };
static const uint8_t STORED[] = "abcdef"; /* two rows, gray */

/* EXIF with an orientation, and a word where the place would stand. */
static struct str exif(struct arena *a, int orientation)
{
    static const char BEFORE[] = "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0";
    char *p = arena_alloc(a, 64);
    memcpy(p, BEFORE, 19);
    p[19] = (char)orientation;
    memcpy(p + 20, "\0\0\0\0\0\0GPSLatitude", 17);
    return (struct str){p, 37};
}

static void be(struct buf *b, uint32_t v)
{
    for (int i = 24; i >= 0; i -= 8)
        buf_char(b, (char)(v >> i));
}

static struct str png_of(struct arena *a, png_uint_32 format, int w, int h, const void *pixels, struct str chunk)
{
    png_image image = {.version = PNG_IMAGE_VERSION, .width = (png_uint_32)w, .height = (png_uint_32)h,
                       .format = format};
    png_alloc_size_t n = PNG_IMAGE_PNG_SIZE_MAX(image);
    char *bytes = arena_alloc(a, n);
    assert_true(png_image_write_to_memory(&image, bytes, &n, 0, pixels, 0, NULL));
    struct buf b = BUF(1 << 20);
    buf_add(&b, bytes, 33); /* signature and IHDR */
    if (chunk.len) {
        be(&b, (uint32_t)chunk.len);
        size_t from = b.len;
        buf_c(&b, "eXIf");
        buf_str(&b, chunk);
        be(&b, (uint32_t)crc32(0, (const Bytef *)b.ptr + from, (uInt)(b.len - from)));
    }
    buf_add(&b, bytes + 33, n - 33);
    struct str s = buf_dup(a, &b);
    buf_free(&b);
    return s;
}

static struct str jpeg_of(struct arena *a, int w, int h, int channels, J_COLOR_SPACE space, struct str app1)
{
    struct jpeg_error_mgr errors;
    struct jpeg_compress_struct c = {.err = jpeg_std_error(&errors)};
    unsigned char *bytes = NULL;
    unsigned long n = 0;
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, &bytes, &n);
    c.image_width = (JDIMENSION)w;
    c.image_height = (JDIMENSION)h;
    c.input_components = channels;
    c.in_color_space = space;
    jpeg_set_defaults(&c);
    jpeg_start_compress(&c, TRUE);
    if (app1.len)
        jpeg_write_marker(&c, JPEG_APP0 + 1, (const JOCTET *)app1.ptr, (unsigned)app1.len);
    uint8_t *row = arena_alloc(a, (size_t)w * (size_t)channels);
    for (int y = 0; y < h; y++) { /* white above, black below */
        memset(row, y < h / 2 ? 255 : 0, (size_t)w * (size_t)channels);
        jpeg_write_scanlines(&c, &row, 1);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    struct str s = str_dup(a, (struct str){(char *)bytes, n});
    free(bytes);
    return s;
}

static struct str redrawn(struct arena *a, struct str file)
{
    struct err e = ERR_INIT;
    struct buf b = BUF(LIMIT_UPLOAD);
    if (!picture_redraw(file, &b, &e))
        fail_msg("%s", e.text);
    struct str s = buf_dup(a, &b);
    buf_free(&b);
    return s;
}

/* Reads a PNG as gray or RGBA. */
static struct str pixels_of(struct arena *a, struct str file, png_uint_32 format, int *w, int *h)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    assert_true(png_image_begin_read_from_memory(&image, file.ptr, file.len));
    image.format = format;
    char *bytes = arena_alloc(a, PNG_IMAGE_SIZE(image));
    assert_true(png_image_finish_read(&image, NULL, bytes, 0, NULL));
    *w = (int)image.width;
    *h = (int)image.height;
    return (struct str){bytes, PNG_IMAGE_SIZE(image)};
}

static void each_way_up(void **state)
{
    static const char *const UPRIGHT[] = {"abc/def", "abc/def", "cba/fed", "fed/cba", "def/abc", "ad/be/cf",
                                          "da/eb/fc", "fc/eb/da", "cf/be/ad", "abc/def"};
    struct arena *a AUTO(arena_freep) = arena_new();
    (void)state;
    for (int way = 0; way < (int)COUNT_OF(UPRIGHT); way++) {
        struct str got = redrawn(a, png_of(a, PNG_FORMAT_GRAY, W, H, STORED, exif(a, way)));
        int w = 0, h = 0;
        struct str p = pixels_of(a, got, PNG_FORMAT_GRAY, &w, &h);
        struct buf rows AUTO(buf_free) = BUF(20);
        for (int y = 0; y < h; y++) {
            buf_c(&rows, y ? "/" : "");
            buf_add(&rows, p.ptr + y * w, (size_t)w);
        }
        buf_char(&rows, '\0');
        assert_string_equal(UPRIGHT[way], rows.ptr);
        assert_false(str_has(got, STR("GPS")));
        assert_false(str_has(got, STR("eXIf")));
    }
}

static void jpeg(void **state)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    (void)state;
    struct buf app1 = BUF(100);
    buf_str(&app1, STR("Exif\0\0"));
    buf_str(&app1, exif(a, 6));
    struct str file = jpeg_of(a, 48, 32, 3, JCS_RGB, buf_view(&app1)), got = redrawn(a, file);
    struct paper_image head;
    buf_free(&app1);
    assert_true(str_has(file, STR("GPS")));
    assert_false(str_has(got, STR("GPS")));
    assert_false(str_has(got, STR("Exif")));
    assert_true(paper_image_read(a, got, &head));
    assert_int_equal(32, head.width);
    assert_int_equal(48, head.height);
    assert_int_equal(3, head.channels);
    assert_int_equal(0, head.turn);
    assert_true(str_eq(got, redrawn(a, file))); /* an upload that is sent again is the same one */
    got = redrawn(a, jpeg_of(a, 5, 7, 1, JCS_GRAYSCALE, STR_NONE));
    assert_true(paper_image_read(a, got, &head));
    assert_int_equal(1, head.channels);
}

static struct str webp_of(struct arena *a, const uint8_t *pixels, int w, int h, bool alpha)
{
    uint8_t *bytes = NULL;
    size_t n = alpha ? WebPEncodeLosslessRGBA(pixels, w, h, w * 4, &bytes)
                     : WebPEncodeLosslessRGB(pixels, w, h, w * 3, &bytes);
    struct str s = str_dup(a, (struct str){(char *)bytes, n});
    WebPFree(bytes);
    return s;
}

static void webp(void **state)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    static const uint8_t CLEAR[] = {9, 8, 7, 0, 1, 2, 3, 128}, SOLID[] = {255, 0, 0, 0, 0, 255};
    struct paper_image head;
    int w = 0, h = 0;
    (void)state;
    struct str got = redrawn(a, webp_of(a, SOLID, 2, 1, false));
    assert_true(paper_image_read(a, got, &head));
    assert_false(head.png);
    got = redrawn(a, webp_of(a, CLEAR, 2, 1, true));
    struct str p = pixels_of(a, got, PNG_FORMAT_RGBA, &w, &h);
    assert_int_equal(8, p.len);
    assert_memory_equal(CLEAR + 4, p.ptr + 4, 4);
}

static void check_refused(struct str file, enum err_code code, const char *why)
{
    char *exact = mem_new(file.len); /* a byte too far is seen by the sanitizers */
    memcpy(exact, file.ptr, file.len);
    struct buf out AUTO(buf_free) = BUF(LIMIT_UPLOAD);
    struct err e = ERR_INIT;
    bool ok = picture_redraw((struct str){exact, file.len}, &out, &e);
    free(exact);
    if (ok || e.code != code || !strstr(e.text, why))
        fail_msg("expected %s: %s", why, ok ? "it was taken" : e.text);
}

static void broken_ones(void **state)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    (void)state;
    struct str png = png_of(a, PNG_FORMAT_GRAY, W, H, STORED, STR_NONE);
    struct str jpg = jpeg_of(a, 200, 100, 3, JCS_RGB, STR_NONE);
    static const uint8_t SOLID[] = {255, 0, 0, 0, 0, 255};
    struct str wbp = webp_of(a, SOLID, 2, 1, false);
    check_refused((struct str){png.ptr, png.len - 20}, ERR_INPUT, "PNG picture is broken");
    check_refused((struct str){png.ptr, 40}, ERR_INPUT, "PNG picture is broken");
    check_refused((struct str){jpg.ptr, jpg.len - 60}, ERR_INPUT, "JPEG picture is broken");
    check_refused((struct str){jpg.ptr, 30}, ERR_INPUT, "JPEG picture is broken");
    check_refused(STR("\xFF\xD8\xFF"), ERR_INPUT, "JPEG picture is broken");
    check_refused((struct str){wbp.ptr, wbp.len - 8}, ERR_INPUT, "WebP picture is broken");
    check_refused(STR("RIFF\0\0\0\0WEBPVP8 "), ERR_INPUT, "WebP picture is broken");
    check_refused(jpeg_of(a, 8, 8, 4, JCS_CMYK, STR_NONE), ERR_INPUT, "colours for print");

    char *bent = arena_alloc(a, png.len);
    memcpy(bent, png.ptr, png.len);
    bent[png.len - 18] ^= 1; /* its CRC is wrong */
    check_refused((struct str){bent, png.len}, ERR_INPUT, "PNG picture is broken");

    struct buf wide = BUF(100); /* says of itself that it has 900 million pixels */
    buf_add(&wide, png.ptr, 16);
    be(&wide, 30000);
    be(&wide, 30000);
    buf_add(&wide, png.ptr + 24, 5);
    be(&wide, (uint32_t)crc32(0, (const Bytef *)wide.ptr + 12, 17));
    be(&wide, 0);
    buf_c(&wide, "IDAT");
    be(&wide, 0x35AF061E);
    be(&wide, 0);
    buf_c(&wide, "IEND");
    be(&wide, 0xAE426082);
    check_refused(buf_view(&wide), ERR_TOO_BIG, "megapixels");
    buf_free(&wide);
}

static void confined(void **state)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct str jpg = jpeg_of(a, 200, 100, 3, JCS_RGB, STR_NONE);
    struct buf out AUTO(buf_free) = BUF(LIMIT_UPLOAD);
    struct err e = ERR_INIT;
    (void)state;
    assert_true(paper_picture(jpg, &out, &e));
    assert_true(str_eq(redrawn(a, jpg), buf_view(&out)));
    assert_false(paper_picture((struct str){jpg.ptr, jpg.len / 2}, &out, &e));
    assert_int_equal(ERR_INPUT, e.code);
    assert_false(paper_is_picture(STR("%PDF-1.4")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_way_up), cmocka_unit_test(jpeg),     cmocka_unit_test(webp),
        cmocka_unit_test(broken_ones), cmocka_unit_test(confined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
