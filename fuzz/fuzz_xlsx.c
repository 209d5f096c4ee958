/* Spreadsheets from anywhere.  A first byte 'z' is followed by a whole file; any other input is cut
 * at NUL bytes into sheet, shared strings, styles and workbook, and packed into a file here (stored,
 * not compressed), so that the fuzzer reaches the XML behind the zip. */
#define _GNU_SOURCE /* memfd_create */
#include "exchange/xlsx.h"
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct part {
    const char *name;
    struct str text;
    uint32_t at;
};

static void le(struct buf *b, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        buf_char(b, i < 8 ? (char)(v >> (8 * i)) : 0);
}

/* What the local header and the directory have in common. */
static void entry(struct buf *b, const struct part *p)
{
    le(b, 20, 2); /* version */
    le(b, 0, 2 + 2 + 4);
    le(b, crc32(0, (const Bytef *)(p->text.ptr ? p->text.ptr : ""), (uInt)p->text.len), 4);
    le(b, p->text.len, 4);
    le(b, p->text.len, 4);
    le(b, strlen(p->name), 2);
    le(b, 0, 2);
}

static void pack(struct buf *b, struct part *parts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        parts[i].at = (uint32_t)b->len;
        buf_c(b, "PK\3\4");
        entry(b, &parts[i]);
        buf_c(b, parts[i].name);
        buf_str(b, parts[i].text);
    }
    size_t directory = b->len;
    for (size_t i = 0; i < n; i++) {
        buf_c(b, "PK\1\2");
        le(b, 20, 2);
        entry(b, &parts[i]);
        le(b, 0, 2 + 2 + 2 + 4);
        le(b, parts[i].at, 4);
        buf_c(b, parts[i].name);
    }
    size_t len = b->len - directory;
    buf_c(b, "PK\5\6");
    le(b, 0, 4);
    le(b, n, 2);
    le(b, n, 2);
    le(b, len, 4);
    le(b, directory, 4);
    le(b, 0, 2);
}

static void pack_input(struct buf *b, struct str in)
{
    struct part parts[] = {
        {"_rels/.rels", STR("<a><Relationship Type='/officeDocument' Target='w'/></a>"), 0},
        {"_rels/w.rels",
         STR("<a><Relationship Id='1' Type='/worksheet' Target='s'/><Relationship Id='2' "
             "Type='/sharedStrings' Target='t'/><Relationship Id='3' Type='/styles' "
             "Target='y'/></a>"),
         0},
        {"s", str_cut(in, '\0', &in), 0},
        {"t", str_cut(in, '\0', &in), 0},
        {"y", str_cut(in, '\0', &in), 0},
        {"w", in, 0},
    };
    static const struct str BY_DEFAULT[] = {STR("<a/>"), STR("<a/>"),
                                            STR("<a><sheet name='x' id='1'/></a>")};
    for (size_t i = 0; i < COUNT_OF(BY_DEFAULT); i++)
        if (!parts[3 + i].text.len)
            parts[3 + i].text = BY_DEFAULT[i];
    pack(b, parts, COUNT_OF(parts));
}

static void read_all(const char *path)
{
    struct err e = ERR_INIT;
    struct xlsx_reader *r;
    struct str *cells;
    size_t n;
    if (!xlsx_open(path, STR_NONE, &r, &e)) {
        ASSERT(err_is(&e));
        return;
    }
    while (xlsx_next(r, &cells, &n, &e)) {
        ASSERT(n > 0 && n <= LIMIT_CSV_COLUMNS);
        ASSERT(cells[n - 1].len > 0);
        for (size_t i = 0; i < n; i++)
            ASSERT(str_utf8_ok(cells[i]));
    }
    xlsx_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf b AUTO(buf_free) = BUF(64 << 20);
    if (size && data[0] == 'z')
        buf_add(&b, data + 1, size - 1);
    else
        pack_input(&b, (struct str){(const char *)data, size});
    static int fd = -1;
    static char path[40];
    if (fd < 0) {
        fd = memfd_create("xlsx", 0);
        ASSERT(fd >= 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    ASSERT(ftruncate(fd, 0) == 0);
    ASSERT(pwrite(fd, b.ptr ? b.ptr : "", b.len, 0) == (ssize_t)b.len);
    read_all(path);
    return 0;
}
