/* Chainage of any bytes: refused, or a stretch within bounds that is read again as what it was. */
#include "record/chainage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct chainage c, again;
    if (!chainage_parse((struct str){(const char *)data, size}, &c))
        return 0;
    ASSERT(c.from >= 0 && c.from <= CHAINAGE_MAX && c.to <= CHAINAGE_MAX && (c.to == -1 || c.to > c.from));
    struct str text = chainage_text(a, c.from);
    if (c.to >= 0)
        text = str_printf(a, "%.*s-%.*s", STR_F(text), STR_F(chainage_text(a, c.to)));
    ASSERT(chainage_parse(text, &again) && again.from == c.from && again.to == c.to);
    return 0;
}
