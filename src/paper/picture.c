/* Pictures from outside, drawn anew: decoded, turned upright, and written again from the pixels alone.  What stood
 * beside them in the file does not come along. */
#include "paper/paper_int.h"
#include <setjmp.h>
#include <stdio.h>
#include <jpeglib.h>
#include <jerror.h>
#include <png.h>
#include <webp/decode.h>

enum { PIXELS_MOST = 64 * 1000 * 1000, SIDE_MOST = 30000, QUALITY = 90 };

struct pixels {
    int width, height, channels; /* channels: 1 gray, 2 gray and alpha, 3 colour, 4 colour and alpha */
    uint8_t *bytes;              /* rows without gaps; freed by picture_redraw */
    int orientation;             /* as in EXIF */
};

static bool broken(struct err *e, const char *kind)
{
    return err_set(e, ERR_INPUT, "the %s picture is broken: it cannot be read to its end", kind);
}

static bool room(struct pixels *p, int64_t width, int64_t height, int channels, struct err *e)
{
    if (width < 1 || height < 1)
        return err_set(e, ERR_INPUT, "the picture has no size");
    if (width > SIDE_MOST || height > SIDE_MOST || width * height > PIXELS_MOST)
        return err_set(e, ERR_TOO_BIG, "the picture has more than %d megapixels", PIXELS_MOST / 1000000);
    p->width = (int)width;
    p->height = (int)height;
    p->channels = channels;
    p->bytes = mem_new((size_t)(width * height) * (size_t)channels);
    return true;
}

/* ---- JPEG ---- */

struct jpeg {
    struct jpeg_error_mgr errors; /* first: the library hands its address back */
    jmp_buf out;
    bool cut; /* what there was of it could be read, but not all is there */
};

_Noreturn static void jpeg_ends(j_common_ptr c)
{
    longjmp(((struct jpeg *)c->err)->out, 1);
}

/* The library goes on with grey where data is missing, and with what a camera has put in front of a marker. */
static void jpeg_warns(j_common_ptr c, int level)
{
    struct jpeg *j = (struct jpeg *)c->err;
    if (level >= 0)
        return;
    int code = c->err->msg_code;
    j->cut |= code != JWRN_EXTRANEOUS_DATA && code != JWRN_ADOBE_XFORM && code != JWRN_JFIF_MAJOR;
}

static void jpeg_begin(struct jpeg *j)
{
    jpeg_std_error(&j->errors);
    j->errors.error_exit = jpeg_ends;
    j->errors.emit_message = jpeg_warns;
    j->cut = false;
}

static bool jpeg_rows(struct jpeg_decompress_struct *c, struct str file, struct pixels *p, struct err *e)
{
    jpeg_mem_src(c, (const unsigned char *)file.ptr, file.len);
    jpeg_save_markers(c, JPEG_APP0 + 1, 0xFFFF);
    jpeg_read_header(c, TRUE);
    if (c->num_components != 1 && c->num_components != 3)
        return err_set(e, ERR_INPUT, "the JPEG picture has colours for print: save it in RGB");
    for (jpeg_saved_marker_ptr m = c->marker_list; m && p->orientation == 1; m = m->next)
        p->orientation = picture_orientation((struct str){(const char *)m->data, m->data_length});
    c->out_color_space = c->num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_calc_output_dimensions(c);
    if (!room(p, c->output_width, c->output_height, c->num_components, e))
        return false;
    jpeg_start_decompress(c);
    while (c->output_scanline < c->output_height) {
        JSAMPROW row = p->bytes + (size_t)c->output_scanline * (size_t)p->width * (size_t)p->channels;
        jpeg_read_scanlines(c, &row, 1);
    }
    jpeg_finish_decompress(c);
    return true;
}

static bool read_jpeg(struct str file, struct pixels *p, struct err *e)
{
    struct jpeg j;
    struct jpeg_decompress_struct c = {.err = &j.errors};
    jpeg_begin(&j);
    volatile bool ok = false;
    if (setjmp(j.out) == 0) {
        jpeg_create_decompress(&c);
        ok = jpeg_rows(&c, file, p, e);
    }
    jpeg_destroy_decompress(&c);
    return (ok && !j.cut) || broken(e, "JPEG");
}

static void jpeg_put(struct jpeg_compress_struct *c, const struct pixels *p, unsigned char **bytes, unsigned long *n)
{
    jpeg_mem_dest(c, bytes, n);
    c->image_width = (JDIMENSION)p->width;
    c->image_height = (JDIMENSION)p->height;
    c->input_components = p->channels;
    c->in_color_space = p->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(c);
    jpeg_set_quality(c, QUALITY, TRUE);
    c->optimize_coding = TRUE;
    jpeg_start_compress(c, TRUE);
    while (c->next_scanline < c->image_height) {
        JSAMPROW row = p->bytes + (size_t)c->next_scanline * (size_t)p->width * (size_t)p->channels;
        jpeg_write_scanlines(c, &row, 1);
    }
    jpeg_finish_compress(c);
}

static bool write_jpeg(const struct pixels *p, struct buf *out, struct err *e)
{
    struct jpeg j;
    struct jpeg_compress_struct c = {.err = &j.errors};
    unsigned char *bytes = NULL;
    unsigned long n = 0;
    jpeg_begin(&j);
    volatile bool ok = false;
    if (setjmp(j.out) == 0) {
        jpeg_create_compress(&c);
        jpeg_put(&c, p, &bytes, &n);
        ok = true;
    }
    jpeg_destroy_compress(&c);
    if (ok)
        buf_add(out, (char *)bytes, n);
    free(bytes);
    return ok || err_set(e, ERR_INTERNAL, "the picture cannot be written as JPEG");
}

/* ---- PNG ---- */

static uint32_t number(const char *at, bool little)
{
    const uint8_t *p = (const uint8_t *)at;
    return little ? (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0]
                  : (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The chunk of this name in a PNG (from 8: length, name, bytes, CRC) or a WebP file (from 12: name, length, bytes
 * to an even end). */
static struct str chunk(struct str file, const char *name, bool webp)
{
    size_t at = webp ? 12 : 8;
    while (at + 8 <= file.len) {
        size_t n = number(file.ptr + at + (webp ? 4 : 0), webp);
        if (n > file.len - at - 8)
            break;
        if (memcmp(file.ptr + at + (webp ? 0 : 4), name, 4) == 0)
            return (struct str){file.ptr + at + 8, n};
        at += 8 + n + (webp ? n & 1 : 4);
    }
    return STR_NONE;
}

static bool read_png(struct str file, struct pixels *p, struct err *e)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    if (!chunk(file, "IEND", false).ptr) /* so no chunk says that it is longer than the file */
        return broken(e, "PNG");
    if (!png_image_begin_read_from_memory(&image, file.ptr, file.len))
        return broken(e, "PNG");
    image.format &= PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA;
    bool ok = room(p, image.width, image.height, (int)PNG_IMAGE_SAMPLE_CHANNELS(image.format), e) &&
              (png_image_finish_read(&image, NULL, p->bytes, 0, NULL) || broken(e, "PNG"));
    png_image_free(&image);
    p->orientation = picture_orientation(chunk(file, "eXIf", false));
    return ok;
}

static bool write_png(const struct pixels *p, struct buf *out, struct err *e)
{
    static const png_uint_32 FORMATS[] = {0, PNG_FORMAT_GRAY, PNG_FORMAT_GA, PNG_FORMAT_RGB, PNG_FORMAT_RGBA};
    png_image image = {.version = PNG_IMAGE_VERSION, .width = (png_uint_32)p->width,
                       .height = (png_uint_32)p->height, .format = FORMATS[p->channels]};
    png_alloc_size_t n = PNG_IMAGE_PNG_SIZE_MAX(image);
    char *bytes = mem_new(n);
    bool ok = png_image_write_to_memory(&image, bytes, &n, 0, p->bytes, 0, NULL);
    png_image_free(&image);
    if (ok)
        buf_add(out, bytes, n);
    free(bytes);
    return ok || err_set(e, ERR_INTERNAL, "the picture cannot be written as PNG");
}

/* ---- WebP ---- */

static bool read_webp(struct str file, struct pixels *p, struct err *e)
{
    const uint8_t *bytes = (const uint8_t *)file.ptr;
    WebPBitstreamFeatures is;
    if (WebPGetFeatures(bytes, file.len, &is) != VP8_STATUS_OK)
        return broken(e, "WebP");
    if (is.has_animation)
        return err_set(e, ERR_INPUT, "the WebP picture moves: save one picture of it");
    if (!room(p, is.width, is.height, is.has_alpha ? 4 : 3, e))
        return false;
    size_t row = (size_t)p->width * (size_t)p->channels, size = row * (size_t)p->height;
    p->orientation = picture_orientation(chunk(file, "EXIF", true));
    uint8_t *done = is.has_alpha ? WebPDecodeRGBAInto(bytes, file.len, p->bytes, size, (int)row)
                                 : WebPDecodeRGBInto(bytes, file.len, p->bytes, size, (int)row);
    return done || broken(e, "WebP");
}

/* ---- upright ---- */

/* Where a pixel of the upright picture lies in the stored one: each side is walked forwards or backwards, and
 * for 5 to 8 rows are columns. */
static void turn_upright(struct pixels *p)
{
    static const struct {
        bool across, x_back, y_back; /* of the stored picture's columns and rows */
    } WAYS[] = {{0, 0, 0}, {0, 0, 0}, {0, 1, 0}, {0, 1, 1}, {0, 0, 1}, {1, 0, 0}, {1, 0, 1}, {1, 1, 1}, {1, 1, 0}};
    bool across = WAYS[p->orientation].across, x_back = WAYS[p->orientation].x_back,
         y_back = WAYS[p->orientation].y_back;
    if (p->orientation == 1)
        return;
    int width = across ? p->height : p->width, height = across ? p->width : p->height;
    size_t n = (size_t)p->channels;
    uint8_t *turned = mem_new((size_t)width * (size_t)height * n), *to = turned;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++, to += n) {
            int from_x = across ? y : x, from_y = across ? x : y;
            from_x = x_back ? p->width - 1 - from_x : from_x;
            from_y = y_back ? p->height - 1 - from_y : from_y;
            memcpy(to, p->bytes + ((size_t)from_y * (size_t)p->width + (size_t)from_x) * n, n);
        }
    free(p->bytes);
    *p = (struct pixels){width, height, p->channels, turned, 1};
}

/* ---- all together ---- */

static bool is_webp(struct str file)
{
    return file.len >= 12 && str_starts(file, STR("RIFF")) && memcmp(file.ptr + 8, "WEBP", 4) == 0;
}

static bool is_png(struct str file)
{
    return str_starts(file, STR("\x89PNG\r\n\x1A\n"));
}

bool paper_is_picture(struct str file)
{
    return str_starts(file, STR("\xFF\xD8\xFF")) || is_png(file) || is_webp(file);
}

static bool redraw(struct str file, struct pixels *p, struct buf *out, struct err *e)
{
    bool png = is_png(file);
    if (!(png ? read_png(file, p, e) : is_webp(file) ? read_webp(file, p, e) : read_jpeg(file, p, e)))
        return false;
    turn_upright(p);
    if (!(png || p->channels == 4 ? write_png(p, out, e) : write_jpeg(p, out, e)))
        return false;
    return (buf_ok(out) && out->len <= LIMIT_UPLOAD) ||
           err_set(e, ERR_TOO_BIG, "drawn anew the picture is larger than %d MB", LIMIT_UPLOAD >> 20);
}

bool picture_redraw(struct str file, struct buf *out, struct err *e)
{
    struct pixels p = {.orientation = 1};
    bool ok = redraw(file, &p, out, e);
    free(p.bytes);
    return ok;
}

static bool work(const void *file, struct buf *out, struct err *e)
{
    return picture_redraw(*(const struct str *)file, out, e);
}

bool paper_picture(struct str file, struct buf *out, struct err *e)
{
    return paper_confined(work, &file, out, e);
}
