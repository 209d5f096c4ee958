/* exchange/mapping_int.h - what the files of the mapping share. */
#pragma once
#include "exchange/mapping.h"

/* Texts without capitals and needless blanks -> a number.  A name that is given to two numbers is
 * NAME_TWICE: it says nothing. */
enum { NAME_NONE = -1, NAME_TWICE = -2 };
struct name_index {
    struct arena *a;
    struct name_slot {
        struct str name;
        int to;
        bool used;
    } *slots;
    size_t cap, n;
};
struct name_index *names_new(struct arena *a);
void names_add(struct name_index *x, struct str folded, int to);
int names_find(const struct name_index *x, struct str folded);
/* Small ASCII letters; runs of blanks become one, those around "/" go; "/" at the ends go. */
struct str names_fold(struct arena *a, struct str s);

struct name_index *names_areas(struct arena *a, const struct world *w);
struct name_index *names_codes(struct arena *a, const struct code_list *l);
struct name_index *names_orgs(struct arena *a, const struct world *w);

/* The code that a text stands for in a list, or STR_NONE; *twice: the name has two codes. */
struct str mapping_code(struct arena *a, const struct code_list *l, const struct name_index *names,
                        struct str text, bool *twice);
