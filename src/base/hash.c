#include "base/hash.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <pthread.h>

/* Fetched once: an implicit fetch in each call doubles its cost. */
static EVP_MD *SHA256_MD;
static EVP_CIPHER *GCM;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t md_key, cipher_key;

static void ctx_free(void *ctx)
{
    EVP_MD_CTX_free(ctx);
}

static void cipher_free(void *ctx)
{
    EVP_CIPHER_CTX_free(ctx);
}

/* Random bytes are drawn some at a time: OpenSSL's generator costs the same for 12 bytes as for 1,000. */
static _Thread_local struct {
    uint8_t bytes[1024];
    size_t left;
} drawn;

/* What a child of fork() inherited, its parent will hand out too. */
static void forget_drawn(void)
{
    OPENSSL_cleanse(&drawn, sizeof drawn);
}

static void fetch(void)
{
    SHA256_MD = EVP_MD_fetch(NULL, "SHA256", NULL);
    GCM = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    ASSERT(SHA256_MD && GCM);
    pthread_key_create(&md_key, ctx_free);
    pthread_key_create(&cipher_key, cipher_free);
    pthread_atfork(NULL, NULL, forget_drawn);
}

static EVP_MD_CTX *md_ctx(void)
{
    pthread_once(&once, fetch);
    EVP_MD_CTX *c = pthread_getspecific(md_key);
    if (!c) {
        c = EVP_MD_CTX_new();
        ASSERT(c);
        pthread_setspecific(md_key, c);
    }
    return c;
}

/* A context is emptied before it is used again; it never holds two keys. */
static EVP_CIPHER_CTX *cipher_ctx(void)
{
    pthread_once(&once, fetch);
    EVP_CIPHER_CTX *c = pthread_getspecific(cipher_key);
    if (!c) {
        c = EVP_CIPHER_CTX_new();
        ASSERT(c);
        pthread_setspecific(cipher_key, c);
    }
    return c;
}

struct hash hash_parts(const struct str *parts, size_t n)
{
    struct hash out;
    EVP_MD_CTX *c = md_ctx();
    int ok = EVP_DigestInit_ex(c, SHA256_MD, NULL);
    for (size_t i = 0; i < n; i++)
        ok &= EVP_DigestUpdate(c, parts[i].ptr, parts[i].len);
    ok &= EVP_DigestFinal_ex(c, out.b, NULL);
    ASSERT(ok);
    return out;
}

struct hash hash_sha256(struct str s)
{
    return hash_parts(&s, 1);
}

struct hash hash_hmac(struct str key, struct str msg)
{
    struct hash out;
    unsigned int len = 0;
    pthread_once(&once, fetch);
    ASSERT(HMAC(SHA256_MD, key.ptr, (int)key.len, (const unsigned char *)msg.ptr, msg.len, out.b,
                &len));
    ASSERT(len == HASH_LEN);
    return out;
}

struct hash hash_hkdf(struct str key, const char *info)
{
    static const char zero[HASH_LEN];
    struct hash prk = hash_hmac((struct str){zero, HASH_LEN}, key);
    char block[128];
    int n = snprintf(block, sizeof block - 1, "%s", info);
    ASSERT(n > 0 && n < (int)sizeof block - 1);
    block[n] = 1;
    return hash_hmac(HASH_STR(prk), (struct str){block, (size_t)n + 1});
}

bool hash_eq(const struct hash *a, const struct hash *b)
{
    return CRYPTO_memcmp(a->b, b->b, HASH_LEN) == 0;
}

void random_bytes(void *out, size_t n)
{
    pthread_once(&once, fetch);
    if (n > sizeof drawn.bytes / 4) {
        ASSERT(RAND_bytes(out, (int)n) == 1);
        return;
    }
    if (drawn.left < n) {
        ASSERT(RAND_bytes(drawn.bytes, (int)sizeof drawn.bytes) == 1);
        drawn.left = sizeof drawn.bytes;
    }
    drawn.left -= n;
    memcpy(out, drawn.bytes + drawn.left, n);
    OPENSSL_cleanse(drawn.bytes + drawn.left, n); /* handed out once, and kept nowhere */
}

void cipher_seal(const uint8_t key[static CIPHER_KEY], struct str ad, struct str plain,
                 uint8_t *out)
{
    random_bytes(out, 12);
    EVP_CIPHER_CTX *c = cipher_ctx();
    int n = 0, m = 0;
    int ok = EVP_EncryptInit_ex2(c, GCM, key, out, NULL);
    ok &= EVP_EncryptUpdate(c, NULL, &n, (const unsigned char *)ad.ptr, (int)ad.len);
    ok &= EVP_EncryptUpdate(c, out + 12, &n, (const unsigned char *)plain.ptr, (int)plain.len);
    ok &= EVP_EncryptFinal_ex(c, out + 12 + n, &m);
    ok &= EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, 16, out + 12 + n + m);
    ASSERT(ok);
    EVP_CIPHER_CTX_reset(c); /* the key goes at once */
}

bool cipher_open(const uint8_t key[static CIPHER_KEY], struct str ad, struct str sealed,
                 uint8_t *out)
{
    if (sealed.len < CIPHER_EXTRA)
        return false;
    const unsigned char *in = (const unsigned char *)sealed.ptr;
    int len = (int)(sealed.len - CIPHER_EXTRA), n = 0, m = 0;
    unsigned char tag[16];
    memcpy(tag, in + 12 + len, sizeof tag);
    EVP_CIPHER_CTX *c = cipher_ctx();
    int ok = EVP_DecryptInit_ex2(c, GCM, key, in, NULL);
    ok &= EVP_DecryptUpdate(c, NULL, &n, (const unsigned char *)ad.ptr, (int)ad.len);
    ok &= EVP_DecryptUpdate(c, out, &n, in + 12, len);
    ok &= EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, 16, tag);
    ok = ok && EVP_DecryptFinal_ex(c, out + n, &m) == 1;
    EVP_CIPHER_CTX_reset(c);
    return ok;
}

struct str base64_of(struct arena *a, struct str bytes, bool url)
{
    const char *abc = url ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                          : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = (const unsigned char *)bytes.ptr;
    char *out = arena_alloc(a, (bytes.len + 2) / 3 * 4 + 1);
    size_t n = 0;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t v = (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) |
                     (left > 2 ? p[i + 2] : 0);
        out[n++] = abc[v >> 18];
        out[n++] = abc[v >> 12 & 63];
        if (left > 1)
            out[n++] = abc[v >> 6 & 63];
        else if (!url)
            out[n++] = '=';
        if (left > 2)
            out[n++] = abc[v & 63];
        else if (!url)
            out[n++] = '=';
    }
    return (struct str){out, n};
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

bool base64_to(struct arena *a, struct str text, struct str *bytes)
{
    while (text.len && text.ptr[text.len - 1] == '=')
        text.len--;
    if (text.len % 4 == 1)
        return false;
    unsigned char *out = arena_alloc(a, text.len / 4 * 3 + 4);
    size_t n = 0;
    uint32_t v = 0;
    for (size_t i = 0; i < text.len; i++) {
        int d = base64_digit(text.ptr[i]);
        if (d < 0)
            return false;
        v = v << 6 | (uint32_t)d;
        if (i % 4 == 1)
            out[n++] = (unsigned char)(v >> 4);
        else if (i % 4 == 2)
            out[n++] = (unsigned char)(v >> 2);
        else if (i % 4 == 3)
            out[n++] = (unsigned char)v;
    }
    *bytes = (struct str){(char *)out, n};
    return true;
}

struct str hex_of(struct arena *a, struct str bytes)
{
    static const char HEX[] = "0123456789abcdef";
    char *out = arena_alloc(a, bytes.len * 2 + 1);
    for (size_t i = 0; i < bytes.len; i++) {
        out[2 * i] = HEX[(unsigned char)bytes.ptr[i] >> 4];
        out[2 * i + 1] = HEX[(unsigned char)bytes.ptr[i] & 15];
    }
    return (struct str){out, bytes.len * 2};
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F'                                ? c - 'A' + 10
                                                                 : -1;
}

bool hex_to(struct arena *a, struct str text, struct str *bytes)
{
    if (text.len % 2)
        return false;
    char *out = arena_alloc(a, text.len / 2 + 1);
    for (size_t i = 0; i < text.len / 2; i++) {
        int h = hex_digit(text.ptr[2 * i]), l = hex_digit(text.ptr[2 * i + 1]);
        if (h < 0 || l < 0)
            return false;
        out[i] = (char)(h << 4 | l);
    }
    *bytes = (struct str){out, text.len / 2};
    return true;
}
