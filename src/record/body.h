/* record/body.h - one event, as a struct and as the line of JSON that stands in the log.
 *
 * docs/log-format.md has the key order and the meaning of each key.  An event is a decided fact:
 * the patch keys (set, rows, state, parts, clocks, number, links, sealed) are all that the fold reads,
 * and it needs no playbook, calendar, area tree or clock for it.  Of a sealed matter the line holds
 * what seal.h leaves in the clear, and `sealed` stands for the rest. */
#pragma once
#include "base/id.h"
#include "base/json.h"
#include "base/time.h"

struct event_body {
    struct id id, rec;
    int64_t ver;         /* 1 is the opening event of the record */
    struct str type;     /* "dispute.dispute" */
    struct str act;      /* action */
    struct str pb;       /* "dispute@3", or "" for sys.* */
    int64_t at, recorded;
    int64_t known;       /* TIME_NONE unless the source of an import said when it knew */
    struct str by;       /* account id, "operator", "resident" */
    struct str org, role;
    int64_t area;        /* area.aid of the record behind this event */
    struct str code;     /* and the code of that area on the day */
    struct json *in;     /* what was given and is not in the patch; NULL when nothing */
    struct json *set;    /* {field: value or null}; "$name" are built-in attributes */
    struct json *rows;   /* {table: [{"i":n, …} or {"i":n,"del":true}]} */
    struct str state;    /* STR_NONE: unchanged */
    struct json *parts;  /* [{"i":n,"kind":…, …}]: numbered parts of the matter, merged by i */
    struct json *clocks; /* [{"id","n","start","due",…}]: merged by (id, n) */
    struct str number;   /* STR_NONE: unchanged */
    struct json *links;  /* [{"to":id,"rel":…} or with "del":true] */
    struct json *sealed; /* {"$d":0,"c":…}: the reference to what is not in the line; or NULL */
    struct id cause;     /* of a further event of the same action; zero otherwise */
};

void body_write(struct buf *b, const struct event_body *ev);
/* Strings point into `text`; numbers, keys and shapes are checked. */
MUST_USE bool body_read(struct arena *a, struct str text, struct event_body *out, struct err *e);
/* 64-bit checks that the fold relies on; also for events that are still being made. */
MUST_USE bool body_check(const struct event_body *ev, struct err *e);
