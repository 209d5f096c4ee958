/* base/hash.h - SHA-256, HMAC, random bytes, authenticated encryption, base64url, hex.  OpenSSL. */
#pragma once
#include "base/str.h"

enum { HASH_LEN = 32, CIPHER_KEY = 32, CIPHER_EXTRA = 12 + 16 /* nonce before, tag behind */ };

struct hash {
    uint8_t b[HASH_LEN];
};

struct hash hash_sha256(struct str s);
/* SHA-256 of the parts one behind the other. */
struct hash hash_parts(const struct str *parts, size_t n);
struct hash hash_hmac(struct str key, struct str msg);
/* RFC 5869 with empty salt. */
struct hash hash_hkdf(struct str key, const char *info);
bool hash_eq(const struct hash *a, const struct hash *b); /* in constant time */
void random_bytes(void *out, size_t n);

/* AES-256-GCM. out has len + CIPHER_EXTRA bytes: nonce, ciphertext, tag. ad is authenticated. */
void cipher_seal(const uint8_t key[static CIPHER_KEY], struct str ad, struct str plain,
                 uint8_t *out);
/* out has sealed.len - CIPHER_EXTRA bytes; false when it was altered or the key is another. */
MUST_USE bool cipher_open(const uint8_t key[static CIPHER_KEY], struct str ad, struct str sealed,
                          uint8_t *out);

struct str base64_of(struct arena *a, struct str bytes, bool url); /* url: no padding, - and _ */
bool base64_to(struct arena *a, struct str text, struct str *bytes); /* both alphabets */
struct str hex_of(struct arena *a, struct str bytes);
bool hex_to(struct arena *a, struct str text, struct str *bytes);
#define HASH_STR(h) ((struct str){(const char *)(h).b, HASH_LEN})
