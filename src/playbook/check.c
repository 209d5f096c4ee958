#include "playbook/check.h"

bool playbook_check_dir(const char *dir, struct complaints *out, struct err *e)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct str text;
    const struct zone *zone; /* only dates in conditions need one; any gives the same complaints */
    out->n = 0;
    if (!playbook_read(a, dir, &text, e) || !zone_load("Asia/Shanghai", &zone, e))
        return false;
    playbook_free(playbook_load(text, zone, out));
    return true;
}
