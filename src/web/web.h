/* web/web.h - the built page, as files inside the program (tools/embed_files.py makes the table).
 *
 * A path without a file gives index.html (the page has its own routes), unless its first part has a
 * dot or is "assets".  When no page is built in, "/" says where the API is. */
#pragma once
#include "base/str.h"

struct web_file {
    struct str bytes; /* as stored */
    bool gzipped;
    struct str sum; /* SHA-256, hex: the ETag */
    const char *mime;
    bool lasting; /* its name carries its hash: may be kept for a year */
    bool page;    /* HTML: the content security policy goes with it */
    bool desk;    /* the page of those who have an account */
};

/* path without the leading slash, "" is the page itself.  false: there is no such file. */
bool web_find(struct str path, struct web_file *out);
/* The bytes as they were before packing.  Takes memory from the arena. */
struct str web_plain(struct arena *a, const struct web_file *f);
/* Content-Security-Policy; images: one more origin for pictures, or STR_NONE. */
struct str web_policy(struct arena *a, struct str images);
