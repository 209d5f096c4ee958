/* clock/channel.h - notices that leave the house: by HTTP, by e-mail; both off until a setting names them.
 *
 * channel_post is for others that post by the same client (a witness of the log).
 *
 * Settings: notice.http.url, notice.http.body, notice.http.type (application/json), notice.smtp.url
 * (smtp://HOST:PORT), notice.smtp.from, notice.smtp.to; "off" is as if it were not there.  URL and body may
 * have these in braces, and no others: id, text, org, role, due, red.  The text of a notice has number, kind,
 * clock and day, so nothing personal can leave.
 *
 * What went out in the page (outbox.h: single notices and digests) is delivered at least once; what fails is
 * tried again after 1, 2, 4 … minutes, at most an hour, and given up after CHANNEL_TRIES. */
#pragma once
#include "clock/outbox.h"

enum { CHANNEL_ROUND = 4, CHANNEL_TRIES = 40, CHANNEL_TIMEOUT_MS = 5000, CHANNEL_LEASE_MS = 60000 };
enum channel { CHANNEL_HTTP = 1, CHANNEL_SMTP = 2 };

unsigned channels_on(const struct world *w); /* bits */
/* Is this a good value of a setting notice.…?  ERR_INPUT on "value". */
MUST_USE bool channel_setting_ok(struct str name, struct str value, struct err *e);

/* Posts to an address and takes what is answered, whatever the status.  ERR_IO: nobody answered. */
MUST_USE bool channel_post(const char *url, const char *type, struct str body, long *status, struct buf *answer,
                           struct err *e);

struct delivery {
    struct notice notice;
    unsigned went;  /* channels that took it */
    int64_t tries;
};
/* What is to be delivered now, at most CHANNEL_ROUND; on any connection. */
MUST_USE bool channel_due(struct store *db, struct arena *a, int64_t now, struct delivery *list, size_t *n,
                          struct err *e);
/* Inside a writer's transaction.  *mine: nobody else has it in hand. */
MUST_USE bool channel_claim(struct store *db, int64_t id, int64_t now, bool *mine, struct err *e);
MUST_USE bool channel_settle(struct store *db, const struct delivery *d, bool all, int64_t now, struct err *e);
/* Outside of any transaction: sends by the channels of `on` that have not taken it yet; d->went grows.
 * False: e says which one did not. */
bool channel_send(const struct world *w, struct arena *a, unsigned on, struct delivery *d, struct err *e);
