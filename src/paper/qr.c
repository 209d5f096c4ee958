/* QR codes, and a PNG of one for docx. */
#include "paper/paper.h"
#include <qrencode.h>
#include <zlib.h>

enum { QUIET = 4, TEXT_MOST = 1000 };

bool paper_qr(struct arena *a, struct str text, struct paper_qr *out, struct err *e)
{
    if (!text.len || text.len > TEXT_MOST)
        return err_set(e, ERR_TOO_BIG, "a QR code holds 1 to %d bytes", TEXT_MOST);
    QRcode *q = QRcode_encodeData((int)text.len, (const unsigned char *)text.ptr, 0, QR_ECLEVEL_M);
    if (!q)
        return err_set(e, ERR_INTERNAL, "no QR code could be made");
    size_t n = (size_t)q->width * (size_t)q->width;
    uint8_t *dark = arena_alloc(a, n);
    for (size_t i = 0; i < n; i++)
        dark[i] = q->data[i] & 1;
    *out = (struct paper_qr){.side = q->width, .dark = dark};
    QRcode_free(q);
    return true;
}

static void put32(struct buf *b, uint32_t v)
{
    for (int s = 24; s >= 0; s -= 8)
        buf_char(b, (char)(v >> s & 0xFF));
}

static void chunk(struct buf *b, const char *name, struct str data)
{
    put32(b, (uint32_t)data.len);
    size_t from = b->len;
    buf_add(b, name, 4);
    buf_str(b, data);
    put32(b, (uint32_t)crc32(0, (const Bytef *)b->ptr + from, (uInt)(b->len - from)));
}

struct str paper_qr_png(struct arena *a, const struct paper_qr *qr, int scale)
{
    int side = (qr->side + 2 * QUIET) * scale, stride = 1 + (side + 7) / 8;
    uint8_t *rows = arena_alloc(a, (size_t)stride * (size_t)side);
    for (int y = 0; y < side; y++) {
        uint8_t *row = rows + (size_t)y * (size_t)stride + 1; /* a 0 before it: no filter */
        for (int x = 0; x < side; x++) {
            int mx = x / scale - QUIET, my = y / scale - QUIET;
            bool in = mx >= 0 && my >= 0 && mx < qr->side && my < qr->side;
            if (!in || !qr->dark[my * qr->side + mx])
                row[x / 8] |= (uint8_t)(0x80 >> x % 8);
        }
    }
    uLongf packed = compressBound((uLong)stride * (uLong)side);
    char *zipped = arena_alloc(a, packed);
    compress2((Bytef *)zipped, &packed, rows, (uLong)stride * (uLong)side, 9);
    struct buf b AUTO(buf_free) = BUF(1 << 20), head AUTO(buf_free) = BUF(64);
    put32(&head, (uint32_t)side);
    put32(&head, (uint32_t)side);
    buf_add(&head, "\x01\x00\x00\x00\x00", 5); /* one bit, grey */
    buf_add(&b, "\x89PNG\r\n\x1A\n", 8);
    chunk(&b, "IHDR", buf_view(&head));
    chunk(&b, "IDAT", (struct str){zipped, packed});
    chunk(&b, "IEND", STR_NONE);
    return buf_dup(a, &b);
}
