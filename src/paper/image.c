/* Heads of pictures: size, and which way is up.  Nothing is decoded here. */
#include "paper/paper_int.h"

enum { PIXELS_MOST = 100 * 1000 * 1000, SIDE_MOST = 30000 };

static uint32_t be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t be32(const uint8_t *p)
{
    return be16(p) << 16 | be16(p + 2);
}

static bool sized(struct paper_image *out, uint32_t w, uint32_t h)
{
    out->width = (int)w;
    out->height = (int)h;
    return w && h && w <= SIDE_MOST && h <= SIDE_MOST && (uint64_t)w * h <= PIXELS_MOST;
}

/* ---- EXIF: the orientation alone ---- */

static uint32_t tiff(const uint8_t *p, int n, bool little)
{
    uint32_t v = 0;
    for (int i = 0; i < n; i++)
        v |= (uint32_t)p[i] << 8 * (little ? i : n - 1 - i);
    return v;
}

int picture_orientation(struct str exif)
{
    const uint8_t *p = (const uint8_t *)exif.ptr;
    size_t n = exif.len;
    if (str_starts(exif, STR("Exif\0"))) { /* without it in PNG */
        p += 6;
        n -= 6;
    }
    if (n < 8 || exif.len < 8)
        return 1;
    bool little = p[0] == 'I';
    size_t at = tiff(p + 4, 4, little);
    if (at + 2 > n || at + 2 < at)
        return 1;
    uint32_t entries = tiff(p + at, 2, little);
    for (uint32_t i = 0; i < entries && at + 2 + (i + 1) * 12 <= n; i++) {
        const uint8_t *x = p + at + 2 + i * 12;
        uint32_t v = tiff(x + 8, 2, little);
        if (tiff(x, 2, little) == 0x0112)
            return v >= 1 && v <= 8 ? (int)v : 1;
    }
    return 1;
}

/* ---- JPEG (ITU-T T.81, annex B) ---- */

static bool frame_head(uint8_t marker)
{
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

/* APP0 and APP14 say how the colours are coded; all others and comments are left out. */
static bool kept(uint8_t marker)
{
    bool app = marker >= 0xE0 && marker <= 0xEF;
    return marker != 0xFE && (!app || marker == 0xE0 || marker == 0xEE);
}

static bool read_jpeg(struct arena *a, struct str file, struct paper_image *out)
{
    static const int TURNS[] = {0, 0, 0, 180, 180, 90, 90, 270, 270};
    const uint8_t *p = (const uint8_t *)file.ptr;
    char *copy = arena_alloc(a, file.len);
    size_t i = 2, n = 2;
    bool frame = false;
    memcpy(copy, p, 2);
    while (i + 4 <= file.len) {
        uint8_t marker = p[i + 1];
        size_t len = be16(p + i + 2);
        if (p[i] != 0xFF || len < 2 || i + 2 + len > file.len)
            return false;
        if (marker == 0xE1 && !out->turn)
            out->turn = TURNS[picture_orientation((struct str){(const char *)p + i + 4, len - 2})];
        if (frame_head(marker)) {
            if (frame || len < 8 || !sized(out, be16(p + i + 7), be16(p + i + 5)))
                return false;
            out->channels = p[i + 9];
            frame = true;
        }
        if (marker == 0xDA) { /* the picture itself: to the end */
            memcpy(copy + n, p + i, file.len - i);
            out->bytes = (struct str){copy, n + file.len - i};
            return frame && (out->channels == 1 || out->channels == 3);
        }
        if (kept(marker)) {
            memcpy(copy + n, p + i, 2 + len);
            n += 2 + len;
        }
        i += 2 + len;
    }
    return false;
}

static bool read_png(struct str file, struct paper_image *out)
{
    const uint8_t *p = (const uint8_t *)file.ptr;
    out->png = true;
    out->bytes = file;
    return file.len >= 33 && memcmp(p + 12, "IHDR", 4) == 0 &&
           sized(out, be32(p + 16), be32(p + 20));
}

bool paper_image_read(struct arena *a, struct str file, struct paper_image *out)
{
    *out = (struct paper_image){.png = false};
    if (str_starts(file, STR("\xFF\xD8\xFF")))
        return read_jpeg(a, file, out);
    return str_starts(file, STR("\x89PNG\r\n\x1A\n")) && read_png(file, out);
}
