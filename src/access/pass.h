/* access/pass.h - a unit without accounts acts by an expiring link that shows one matter.
 *
 * The link's token names the matter and the part of it (kind "pass") that grants it, and ends in 24 random
 * bytes; the part holds only its SHA-256.  So the grant is a fold like everything else: who may do
 * what until when stands in the log, and who has the database has no token. */
#pragma once
#include "access/actor.h"

enum {
    PASS_RANDOM = 24,
    PASS_BYTES = 16 + 2 + PASS_RANDOM,
    PASS_TOKEN = 56, /* characters, base64url */
    PASS_DAYS = 30,  /* unless the sender says otherwise */
    PASS_DAYS_MOST = 90,
};

/* A new token for this part, and its hash as it stands in the part (base64url of SHA-256). */
void pass_make(struct arena *a, struct id rec, int64_t part, struct str *token, struct str *hash);
/* Which matter and part it claims to be for; false: it is no token. */
bool pass_parse(struct arena *a, struct str token, struct id *rec, int64_t *part);
/* The part, while it grants something: open, not expired, the matter not closed.  NULL otherwise. */
const struct json *pass_part(const struct record *r, int64_t part, int64_t now);
bool pass_fits(struct arena *a, const struct json *part, struct str token);
bool pass_allows(const struct json *part, struct str act);
struct actor actor_link(int64_t rid, struct str org, int64_t part);
