#include "search/chars.h"
#include <unicode/uchar.h>

struct range {
    uint32_t from, to;
};

static bool within(const struct range *ranges, size_t n, uint32_t c)
{
    for (size_t i = 0; i < n; i++)
        if (c >= ranges[i].from && c <= ranges[i].to)
            return true;
    return false;
}

/* Scripts without blanks between words; the commonest first. */
static const struct range HAN[] = {
    {0x4E00, 0x9FFF}, {0x3400, 0x4DBF}, {0x3005, 0x3007},   {0x3021, 0x3029},    {0x3038, 0x303C},
    {0x3041, 0x3096}, {0x309D, 0x309F}, {0x30A1, 0x30FA},   {0x30FC, 0x30FF},    {0x31F0, 0x31FF},
    {0x3105, 0x312F}, {0x31A0, 0x31BF}, {0xAC00, 0xD7A3},   {0x1100, 0x11FF},    {0x3131, 0x318E},
    {0xA960, 0xA97C}, {0xD7B0, 0xD7FB}, {0xA000, 0xA48C},   {0x2E80, 0x2FD5},    {0xF900, 0xFAFF},
    {0xFF66, 0xFF9D}, {0xE000, 0xF8FF}, {0x20000, 0x3FFFD}, {0xF0000, 0x10FFFD},
};

/* What unicode61 keeps as it is: held by a test over every one of them. */
static const struct range SAFE[] = {
    {'0', '9'},         {'a', 'z'},         {0x4E00, 0x9FFF},   {0x3400, 0x4DBF}, {0x3005, 0x3005},
    {0x3007, 0x3007},   {0x3041, 0x3096},   {0x30A1, 0x30FA},   {0x30FC, 0x30FC}, {0xAC00, 0xD7A3},
    {0x20000, 0x2A6DF}, {0x2A700, 0x2EBE0}, {0x30000, 0x323AF},
};

uint32_t char_fold(uint32_t c)
{
    if (c >= 0xFF01 && c <= 0xFF5E)
        c -= 0xFF00 - 0x20;
    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
    return c < 0x2E80 || c > 0xA48C ? (uint32_t)u_foldCase((UChar32)c, U_FOLD_CASE_DEFAULT) : c;
}

enum char_kind char_kind(uint32_t c)
{
    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? CHAR_WORD : CHAR_GAP;
    if (within(HAN, COUNT_OF(HAN), c))
        return CHAR_HAN;
    if (u_hasBinaryProperty((UChar32)c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT))
        return CHAR_NONE;
    uint32_t kind = U_GET_GC_MASK((UChar32)c);
    return kind & (U_GC_L_MASK | U_GC_N_MASK | U_GC_M_MASK) ? CHAR_WORD : CHAR_GAP;
}

bool char_next(struct str s, size_t *i, uint32_t *c, enum char_kind *kind)
{
    while (*i < s.len) {
        *c = char_fold(str_next_char(s, i));
        *kind = char_kind(*c);
        if (*kind != CHAR_NONE)
            return true;
    }
    return false;
}

void char_write(struct buf *out, uint32_t c)
{
    if (within(SAFE, COUNT_OF(SAFE), c)) {
        buf_utf8(out, c);
        return;
    }
    buf_utf8(out, 0xE100 + (c >> 11));
    buf_utf8(out, 0xE800 + (c & 0x7FF));
}
