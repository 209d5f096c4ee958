#include "ledger/keys.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

bool folder_sync(const char *folder, struct err *e)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0)
        close(fd);
    return ok || err_set(e, ERR_IO, "cannot write the folder %.300s: %s", folder, strerror(why));
}

static bool sync_around(const char *path, struct err *e)
{
    char folder[1100];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    return folder_sync(slash ? folder : ".", e);
}

bool file_replace(const char *path, struct str text, int mode, struct err *e)
{
    char temp[1100];
    if (snprintf(temp, sizeof temp, "%s.new", path) >= (int)sizeof temp)
        return err_set(e, ERR_IO, "the file name is too long");
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0)
        return err_set(e, ERR_IO, "cannot write %.300s: %s", temp, strerror(errno));
    size_t done = 0;
    while (done < text.len) {
        ssize_t n = write(fd, text.ptr + done, text.len - done);
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    bool ok = done == text.len && fsync(fd) == 0;
    int why = errno;
    close(fd);
    if (ok && rename(temp, path) == 0)
        return sync_around(path, e);
    if (ok)
        why = errno;
    unlink(temp);
    return err_set(e, why == ENOSPC ? ERR_FULL : ERR_IO, "cannot write %.300s: %s", path,
                   strerror(why));
}

bool file_read(struct arena *a, const char *path, size_t limit, struct str *out, struct err *e)
{
    FILE *f = fopen(path, "rbe");
    if (!f)
        return err_set(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "cannot read %.300s: %s", path,
                       strerror(errno));
    struct buf b = BUF(limit);
    char piece[16384];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, f)) > 0)
        buf_add(&b, piece, n);
    bool broken = ferror(f);
    fclose(f);
    bool ok = !broken && buf_ok(&b);
    if (ok)
        *out = buf_dup(a, &b);
    bool big = !buf_ok(&b);
    buf_free(&b);
    if (big)
        return err_set(e, ERR_TOO_BIG, "%.300s is larger than %zu bytes", path, limit);
    return ok || err_set(e, ERR_IO, "cannot read %.300s", path);
}

bool keys_path(const char *db_url, char out[static 1024], struct err *e)
{
    const char *own = getenv("BIHUAN_KEY");
    int n;
    if (own && *own) {
        n = snprintf(out, 1024, "%s", own);
    } else if (strncmp(db_url, "postgres", 8) == 0 && strstr(db_url, "://")) {
        const char *home = getenv("HOME"), *slash = strrchr(db_url, '/');
        char folder[900];
        snprintf(folder, sizeof folder, "%s/.bihuan", home && *home ? home : "/root");
        mkdir(folder, 0700);
        size_t len = strcspn(slash + 1, "?");
        n = snprintf(out, 1024, "%s/%.*s.key", folder, (int)len, slash + 1);
    } else {
        if (strncmp(db_url, "sqlite:", 7) == 0)
            db_url += 7;
        n = snprintf(out, 1024, "%s.key", db_url);
    }
    return n < 1024 || err_set(e, ERR_INPUT, "the name of the database is too long");
}

static void public_of(const uint8_t seed[static 32], uint8_t out[static 32])
{
    EVP_PKEY *k = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
    size_t len = 32;
    ASSERT(k && EVP_PKEY_get_raw_public_key(k, out, &len) == 1 && len == 32);
    EVP_PKEY_free(k);
}

void keys_ready(struct keys *k)
{
    struct hash kek = hash_hkdf((struct str){(const char *)k->master, 32}, "bihuan dek 1");
    memcpy(k->kek, kek.b, sizeof k->kek);
    public_of(k->seed, k->public_key);
}

void keys_wipe(struct keys *k)
{
    explicit_bzero(k, sizeof *k);
}

static bool write_file(const struct keys *k, struct err *e)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct str text = str_printf(
        a, "bihuan-key: 1\norigin: %s\nsign: %s\nmaster: %s\n", k->origin,
        base64_of(a, (struct str){(const char *)k->seed, 32}, false).ptr,
        base64_of(a, (struct str){(const char *)k->master, 32}, false).ptr);
    return file_replace(k->path, text, 0600, e);
}

bool keys_make(const char *path, const char *origin, struct keys *out, struct err *e)
{
    struct keys k;
    if (access(path, F_OK) == 0)
        return err_set(e, ERR_UNIQUE, "the key file %.300s exists: remove it only if the database "
                       "it belongs to is gone", path);
    memset(&k, 0, sizeof k);
    snprintf(k.path, sizeof k.path, "%s", path);
    snprintf(k.origin, sizeof k.origin, "%s", origin);
    random_bytes(k.seed, sizeof k.seed);
    random_bytes(k.master, sizeof k.master);
    keys_ready(&k);
    if (!write_file(&k, e))
        return false;
    *out = k;
    return true;
}

static bool take_bytes(struct arena *a, struct str value, uint8_t out[static 32])
{
    struct str bytes;
    if (!base64_to(a, value, &bytes) || bytes.len != 32)
        return false;
    memcpy(out, bytes.ptr, 32);
    return true;
}

bool keys_load(const char *path, struct keys *out, struct err *e)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct keys k;
    struct str text, line;
    memset(&k, 0, sizeof k);
    snprintf(k.path, sizeof k.path, "%s", path);
    if (!file_read(a, path, 16384, &text, e))
        return false;
    int have = 0;
    while (text.ptr) {
        line = str_cut(text, '\n', &text);
        struct str value, name = str_cut(line, ':', &value);
        value = str_trim(value);
        if (str_is(name, "origin") && value.len && value.len < sizeof k.origin) {
            memcpy(k.origin, value.ptr, value.len);
            have |= 1;
        } else if (str_is(name, "sign") && take_bytes(a, value, k.seed)) {
            have |= 2;
        } else if (str_is(name, "master") && take_bytes(a, value, k.master)) {
            have |= 4;
        }
    }
    if (have != 7)
        return err_set(e, ERR_INPUT, "%.300s is no key file: expected origin, sign and master",
                       path);
    keys_ready(&k);
    *out = k;
    return true;
}

bool keys_set_origin(struct keys *k, const char *origin, struct err *e)
{
    struct keys next = *k;
    snprintf(next.origin, sizeof next.origin, "%s", origin);
    if (!write_file(&next, e))
        return false;
    *k = next;
    return true;
}

void keys_sign(const struct keys *k, struct str text, uint8_t out[static 64])
{
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, k->seed, 32);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    size_t len = 64;
    ASSERT(key && c && EVP_DigestSignInit(c, NULL, NULL, NULL, key) == 1);
    ASSERT(EVP_DigestSign(c, out, &len, (const unsigned char *)text.ptr, text.len) == 1);
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(key);
}

bool keys_check(const uint8_t public_key[static 32], struct str text, const uint8_t sig[static 64])
{
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, 32);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool ok = key && c && EVP_DigestVerifyInit(c, NULL, NULL, NULL, key) == 1 &&
              EVP_DigestVerify(c, sig, 64, (const unsigned char *)text.ptr, text.len) == 1;
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(key);
    return ok;
}

void keys_wrap(const struct keys *k, struct str record_id, const uint8_t dek[static CIPHER_KEY],
               uint8_t out[static KEYS_WRAPPED])
{
    cipher_seal(k->kek, record_id, (struct str){(const char *)dek, CIPHER_KEY}, out);
}

bool keys_unwrap(const struct keys *k, struct str record_id, struct str wrapped,
                 uint8_t out[static CIPHER_KEY])
{
    return wrapped.len == KEYS_WRAPPED && cipher_open(k->kek, record_id, wrapped, out);
}
