/* api/bulletin_paper.h - a bulletin on paper: the same text and codes as its public JSON, a table of
 * where its figures come from, and what is needed to check it: 核验号, and a QR code with number, size
 * and root of the log. */
#pragma once
#include "exchange/bulletin_file.h"
#include "paper/paper.h"

struct paper *bulletin_paper(struct arena *a, const struct world *w, const struct bulletin *b,
                             const struct hash *root);
