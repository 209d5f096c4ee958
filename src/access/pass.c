#include "access/pass.h"

void pass_make(struct arena *a, struct id rec, int64_t part, struct str *token, struct str *hash)
{
    uint8_t raw[PASS_BYTES];
    memcpy(raw, rec.b, sizeof rec.b);
    raw[16] = (uint8_t)(part >> 8);
    raw[17] = (uint8_t)part;
    random_bytes(raw + 18, PASS_RANDOM);
    *token = base64_of(a, (struct str){(char *)raw, sizeof raw}, true);
    struct hash h = hash_sha256(*token);
    *hash = base64_of(a, HASH_STR(h), true);
}

bool pass_parse(struct arena *a, struct str token, struct id *rec, int64_t *part)
{
    struct str raw;
    if (token.len != PASS_TOKEN || !base64_to(a, token, &raw) || raw.len != PASS_BYTES)
        return false;
    const uint8_t *b = (const uint8_t *)raw.ptr;
    memcpy(rec->b, b, sizeof rec->b);
    *part = (int64_t)b[16] << 8 | b[17];
    return true;
}

const struct json *pass_part(const struct record *r, int64_t part, int64_t now)
{
    const struct json *p = record_part(r, part);
    bool good = p && str_is(json_text(p, "kind"), "pass") && json_yes(p, "open") &&
                json_num(p, "until", 0) > now && record_closed(r) == TIME_NONE;
    return good ? p : NULL;
}

bool pass_fits(struct arena *a, const struct json *part, struct str token)
{
    struct hash have = hash_sha256(token), want;
    struct str raw;
    if (!base64_to(a, json_text(part, "hash"), &raw) || raw.len != HASH_LEN)
        return false;
    memcpy(want.b, raw.ptr, HASH_LEN);
    return hash_eq(&have, &want);
}

bool pass_allows(const struct json *part, struct str act)
{
    JSON_EACH (x, json_get(part, "acts"))
        if (str_eq(json_str(x), act))
            return true;
    return false;
}

struct actor actor_link(int64_t rid, struct str org, int64_t part)
{
    struct actor a = {.kind = ACTOR_LINK, .only = rid, .part = part};
    snprintf(a.by, sizeof a.by, "link");
    snprintf(a.org, sizeof a.org, "%.*s", STR_F(org));
    return a;
}
