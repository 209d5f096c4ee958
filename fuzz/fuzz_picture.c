/* Pictures from anywhere: drawn anew, or refused with a reason.  What comes out is taken again as it is, and says
 * nothing of where it was taken. */
#include "paper/paper.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str file = {(const char *)data, size};
    struct buf once AUTO(buf_free) = BUF(LIMIT_JSON_OUT), twice AUTO(buf_free) = BUF(LIMIT_JSON_OUT);
    struct err e = ERR_INIT;
    if (!paper_is_picture(file))
        return 0;
    if (!picture_redraw(file, &once, &e)) {
        ASSERT(err_is(&e));
        return 0;
    }
    struct str kept = buf_view(&once);
    ASSERT(paper_is_picture(kept));
    ASSERT(!str_has(kept, STR("Exif\0")) && !str_has(kept, STR("eXIf")));
    ASSERT(picture_redraw(kept, &twice, &e));
    return 0;
}
