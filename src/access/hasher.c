#include "access/hasher_int.h"
#include <errno.h>
#include <pthread.h>
#include <sodium.h>

enum { OPS = 2, MEMORY = 64 * 1024 * 1024 };
_Static_assert(crypto_pwhash_STRBYTES == PASSWORD_HASH, "size of a password hash");

enum outcome { WAITING, DONE_SAME, DONE_OTHER, DONE_MADE, DONE_NO_MEMORY };

struct job {
    struct str password;
    bool make;
    char hash[PASSWORD_HASH];
    enum outcome outcome;
};

struct hasher {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    struct job *queue[HASHER_QUEUE]; /* a ring */
    int first, n;
    int callers; /* inside of do_job: the hasher may not go before them */
    bool stopping, hold;
};

static void run(struct job *j)
{
    errno = 0;
    if (j->make) {
        bool ok = crypto_pwhash_str_alg(j->hash, j->password.ptr, j->password.len, OPS, MEMORY,
                                        crypto_pwhash_ALG_ARGON2ID13) == 0;
        j->outcome = ok ? DONE_MADE : DONE_NO_MEMORY;
        return;
    }
    bool same = crypto_pwhash_str_verify(j->hash, j->password.ptr, j->password.len) == 0;
    /* Without memory nothing was compared: that must not count as a wrong password. */
    j->outcome = same ? DONE_SAME : errno == ENOMEM ? DONE_NO_MEMORY : DONE_OTHER;
}

static void *worker(void *self)
{
    struct hasher *h = self;
    pthread_mutex_lock(&h->lock);
    while (true) {
        while ((h->n == 0 && !h->stopping) || h->hold)
            pthread_cond_wait(&h->work, &h->lock);
        if (h->n == 0)
            break;
        struct job *j = h->queue[h->first];
        h->first = (h->first + 1) % HASHER_QUEUE;
        h->n--;
        pthread_mutex_unlock(&h->lock);
        struct job mine = *j;
        run(&mine);
        pthread_mutex_lock(&h->lock);
        *j = mine; /* the caller may go as soon as it sees the outcome */
        pthread_cond_broadcast(&h->done);
    }
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

bool hasher_start(struct hasher **out, struct err *e)
{
    if (sodium_init() < 0)
        return err_set(e, ERR_INTERNAL, "libsodium does not start");
    struct hasher *h = mem_new(sizeof *h);
    *h = (struct hasher){.n = 0};
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->work, NULL);
    pthread_cond_init(&h->done, NULL);
    if (pthread_create(&h->thread, NULL, worker, h) != 0) {
        free(h);
        return err_set(e, ERR_INTERNAL, "no thread for the passwords");
    }
    *out = h;
    return true;
}

void hasher_stop(struct hasher *h)
{
    if (!h)
        return;
    pthread_mutex_lock(&h->lock);
    h->stopping = true;
    h->hold = false;
    pthread_cond_broadcast(&h->work);
    pthread_mutex_unlock(&h->lock);
    pthread_join(h->thread, NULL);
    pthread_mutex_lock(&h->lock);
    while (h->callers)
        pthread_cond_wait(&h->done, &h->lock);
    pthread_mutex_unlock(&h->lock);
    pthread_cond_destroy(&h->work);
    pthread_cond_destroy(&h->done);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

void hasher_stopp(struct hasher **h)
{
    hasher_stop(*h);
}

void hasher_hold(struct hasher *h, bool hold)
{
    pthread_mutex_lock(&h->lock);
    h->hold = hold;
    pthread_cond_broadcast(&h->work);
    pthread_mutex_unlock(&h->lock);
}

int hasher_waiting(struct hasher *h)
{
    pthread_mutex_lock(&h->lock);
    int n = h->n;
    pthread_mutex_unlock(&h->lock);
    return n;
}

static bool do_job(struct hasher *h, struct job *j, struct err *e)
{
    pthread_mutex_lock(&h->lock);
    bool room = h->n < HASHER_QUEUE && !h->stopping;
    if (room) {
        h->queue[(h->first + h->n++) % HASHER_QUEUE] = j;
        h->callers++;
        pthread_cond_signal(&h->work);
        while (j->outcome == WAITING)
            pthread_cond_wait(&h->done, &h->lock);
        h->callers--;
        if (h->stopping)
            pthread_cond_broadcast(&h->done);
    }
    pthread_mutex_unlock(&h->lock);
    if (!room)
        return err_set(e, ERR_BUSY, "too many are logging in at this moment");
    return j->outcome != DONE_NO_MEMORY || err_set(e, ERR_BUSY, "no memory for a password hash");
}

bool hasher_make(struct hasher *h, struct str password, char out[static PASSWORD_HASH],
                 struct err *e)
{
    if (err_is(e))
        return false;
    if (password.len > PASSWORD_MAX)
        return err_field(e, ERR_TOO_BIG, "password", "the password is longer than %d bytes",
                         PASSWORD_MAX);
    struct job j = {.password = password, .make = true};
    if (!do_job(h, &j, e))
        return false;
    memcpy(out, j.hash, PASSWORD_HASH);
    return true;
}

bool hasher_verify(struct hasher *h, const char *hash, struct str password, bool *same,
                   struct err *e)
{
    if (err_is(e))
        return false;
    struct job j = {.password = password};
    size_t len = strlen(hash);
    bool shape = len < PASSWORD_HASH && password.len <= PASSWORD_MAX;
    if (shape) {
        memcpy(j.hash, hash, len);
        if (!do_job(h, &j, e))
            return false;
    }
    *same = shape && j.outcome == DONE_SAME;
    return true;
}

bool hasher_old(const char *hash)
{
    return crypto_pwhash_str_needs_rehash(hash, OPS, MEMORY) != 0;
}
