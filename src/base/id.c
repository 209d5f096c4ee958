#include "base/id.h"

struct id id_new(int64_t now_ms)
{
    struct id id;
    random_bytes(id.b, sizeof id.b);
    for (int i = 0; i < 6; i++)
        id.b[i] = (uint8_t)(now_ms >> (40 - 8 * i));
    id.b[6] = (uint8_t)(0x70 | (id.b[6] & 0x0F));
    id.b[8] = (uint8_t)(0x80 | (id.b[8] & 0x3F));
    return id;
}

struct id id_derive(const struct str *parts, size_t n)
{
    struct hash h = hash_parts(parts, n);
    struct id id;
    memcpy(id.b, h.b, sizeof id.b);
    id.b[6] = (uint8_t)(0x80 | (id.b[6] & 0x0F));
    id.b[8] = (uint8_t)(0x80 | (id.b[8] & 0x3F));
    return id;
}

struct id id_nth(struct id id, int64_t n)
{
    char t[24];
    int len = snprintf(t, sizeof t, "%lld", (long long)n);
    struct str parts[] = {ID_STR(id), {t, (size_t)len}};
    return id_derive(parts, 2);
}

bool id_parse(struct str text, struct id *out)
{
    struct id id;
    if (text.len != ID_TEXT)
        return false;
    size_t k = 0;
    for (size_t i = 0; i < ID_TEXT; i++) {
        char c = text.ptr[i];
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (c != '-')
                return false;
            continue;
        }
        int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F'                                ? c - 'A' + 10
                                                                      : -1;
        if (d < 0)
            return false;
        id.b[k / 2] = (uint8_t)(k % 2 ? id.b[k / 2] | d : d << 4);
        k++;
    }
    *out = id;
    return true;
}

void id_format(struct id id, char out[static ID_TEXT + 1])
{
    static const char HEX[] = "0123456789abcdef";
    size_t n = 0;
    for (size_t i = 0; i < ID_LEN; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[n++] = '-';
        out[n++] = HEX[id.b[i] >> 4];
        out[n++] = HEX[id.b[i] & 15];
    }
    out[n] = '\0';
}

struct str id_text(struct arena *a, struct id id)
{
    char t[ID_TEXT + 1];
    id_format(id, t);
    return (struct str){arena_copy(a, t, ID_TEXT), ID_TEXT};
}

bool id_read(struct str bytes, struct id *out)
{
    if (bytes.len == ID_LEN)
        memcpy(out->b, bytes.ptr, ID_LEN);
    return bytes.len == ID_LEN;
}

bool id_eq(struct id a, struct id b)
{
    return memcmp(a.b, b.b, ID_LEN) == 0;
}

bool id_zero(struct id id)
{
    static const struct id none;
    return id_eq(id, none);
}

int id_version(struct id id)
{
    return id.b[6] >> 4;
}

int64_t id_ms(struct id id)
{
    int64_t v = 0;
    for (int i = 0; i < 6; i++)
        v = v << 8 | id.b[i];
    return v;
}
