/* base/id.h - UUIDs (RFC 9562): version 7 made by whoever acts, version 8 derived from another. */
#pragma once
#include "base/hash.h"

enum { ID_LEN = 16, ID_TEXT = 36 };

struct id {
    uint8_t b[ID_LEN];
};

struct id id_new(int64_t now_ms);
/* UUIDv8 of SHA-256(parts...): the same parts give the same id on every node. */
struct id id_derive(const struct str *parts, size_t n);
/* The n-th further event of the action id (decisions 9). */
struct id id_nth(struct id id, int64_t n);
bool id_parse(struct str text, struct id *out); /* lower or upper case, with hyphens */
bool id_read(struct str bytes, struct id *out); /* as a column holds it; false: not 16 bytes */
void id_format(struct id id, char out[static ID_TEXT + 1]);
struct str id_text(struct arena *a, struct id id);
bool id_eq(struct id a, struct id b);
bool id_zero(struct id id);
int id_version(struct id id);
int64_t id_ms(struct id id); /* of a version 7 */
#define ID_STR(id) ((struct str){(const char *)(id).b, ID_LEN})
