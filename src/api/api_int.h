/* api/api_int.h - what the resource files share: one call, the route table, answers. */
#pragma once
#include "access/session.h"
#include "api/api.h"
#include "record/crs.h"
#include <pthread.h>
#include <stdatomic.h>

enum { LIMITER_SLOTS = 4096, LOGIN_AT_ONCE = 32, READ_DEADLINE_MS = 5000 };

/* Counts the tries of an address within a minute.  A try is taken before it is known whether it is right, so that
 * many at once gain nothing, and given back when it was: only wrong ones count, since a whole office, or all the
 * phones of a carrier, may share one address.  A slot that another address needs is taken over. */
struct limiter {
    pthread_mutex_t lock;
    int most;
    struct {
        uint64_t who;
        int64_t since;
        int n;
    } slots[LIMITER_SLOTS];
};

enum apart_kind { APART_PRINT, APART_EXPORT, APART_KINDS };

struct hub;     /* stream.c */
struct imports; /* imports.c */
struct scans;   /* scan.c */

struct api {
    struct engine *engine;
    struct http_server *http;
    struct hasher *hasher;
    struct sessions *sessions;
    struct hub *hub;
    struct imports *imports;
    struct scans *scans;
    struct http_route *table; /* what http_start was given: it keeps pointers into it */
    bool secure_cookie;
    struct limiter resident, link, login;
    atomic_int logins; /* log-ins that are being checked on threads of their own */
    atomic_int apart[APART_KINDS]; /* answers that are being made on threads of their own */
    atomic_bool stopping;
    const char *work_dir; /* for files without a name */
    int64_t started;
};

/* One request, on the stack of the server's thread.  After a handler has parked the request nothing
 * of the request's arena may be touched any more. */
struct call {
    struct api *api;
    struct http_request *rq;
    struct arena *a;
    struct world *w;
    struct store *db; /* a reader inside one snapshot */
    struct session session;
    bool logged_in;
    struct actor actor;
    bool zh; /* language of the person */
    int64_t now;
    struct err *e;
};

/* What a request must bring and may bring, for the API document; rows end with a NULL name. */
struct param {
    const char *name, *en;
};

struct route {
    enum http_method method;
    const char *path;
    unsigned permission;            /* any one of these bits; PERM_NONE does not compile */
    bool (*handle)(struct call *c); /* false: c->e becomes the answer */
    const char *zh, *en;            /* summary */
    const struct param *query;
    const char *body;   /* the members of the JSON body, as a word for the reader */
    bool upload, light; /* light: needs no world and no reader */
};

/* A permission of 0 is an array of negative size. */
#define PERMISSION(p) ((p) + 0 * sizeof(char[(p) ? 1 : -1]))
#define ROUTE(m, p, perm, fn, z, n)                                                                \
    .method = HTTP_##m, .path = (p), .permission = (unsigned)PERMISSION(perm), .handle = (fn),     \
    .zh = (z), .en = (n)

/* The rows of each resource file. */
struct route_list {
    const struct route *rows;
    size_t n;
};
extern const struct route_list ROUTES_SESSION, ROUTES_RECORDS, ROUTES_ACTIONS, ROUTES_INDICATORS,
    ROUTES_AREAS, ROUTES_PLAYBOOKS, ROUTES_FILES, ROUTES_STREAM, ROUTES_RESIDENT, ROUTES_SYSTEM,
    ROUTES_OPENAPI, ROUTES_NOTICES, ROUTES_SIMILAR, ROUTES_DESK, ROUTES_BULLETINS, ROUTES_WALL,
    ROUTES_LINK, ROUTES_DOCUMENTS, ROUTES_EXPORTS, ROUTES_POINTS, ROUTES_BORDERS, ROUTES_ORGS, ROUTES_ACCOUNTS,
    ROUTES_FORMS, ROUTES_VERSIONS, ROUTES_IMPORTS, ROUTES_LOG, ROUTES_BUDGET, ROUTES_SCAN, ROUTES_LIST_EXPORT;
extern const struct route_list *const ROUTES[];
extern const size_t ROUTES_N;

/* ---- api.c ---- */
/* Answers with JSON; takes over the buffer. */
bool call_json(struct call *c, int status, struct buf *b);
/* The body as a JSON object. */
MUST_USE bool call_body(struct call *c, struct json **out);
MUST_USE bool call_id(struct call *c, const char *part, struct id *out);
MUST_USE bool call_limit(struct call *c, int64_t fallback, int64_t most, int64_t *out);
/* The system that the query `crs` names. */
MUST_USE bool call_crs(struct call *c, enum crs *out);
/* A point as it was asked for, in the system that `crs` names (none: WGS-84), and as WGS-84. */
struct point_text {
    struct str lon, lat, crs;
};
MUST_USE bool call_point(struct call *c, const struct point_text *p, bool *given, int64_t *lon, int64_t *lat);
/* Sets ETag; true: the client has it already, and 304 was answered. */
bool call_unchanged(struct call *c, struct str tag);
/* An answer of one JSON object.  False: the client has it already, and 304 was answered. */
struct reply {
    struct buf b;
    struct json_out o;
};
bool reply_begin(struct call *c, struct str tag, struct reply *r); /* tag STR_NONE: no ETag */
bool reply_end(struct call *c, struct reply *r);
/* {"rows": … }: begins the object and its list, and ends both. */
bool reply_rows(struct call *c, struct str tag, struct reply *r);
bool reply_rows_end(struct call *c, struct reply *r);
void reply_words(struct json_out *o, const char *key, const struct words *w); /* nothing when there are none */
void reply_flag(struct json_out *o, const char *key, bool v);                 /* only when it is true */
/* The widest area in which this account may count; STR_NONE. */
struct str call_own_area(struct call *c);
bool limiter_take(struct limiter *l, struct str who, int64_t now);
void limiter_back(struct limiter *l, struct str who, int64_t now);
/* The same for the address of this call; false: ERR_TOO_OFTEN. */
bool call_try(struct call *c, struct limiter *l);
bool call_tried(struct call *c, struct limiter *l); /* it was right; always true */
struct str words_text(const struct call *c, const struct words *w);

/* ---- session.c ---- */
/* Sets the cookie of a session that was just committed, and answers who it is. */
void session_answer(struct call *c, const char *cookie);
struct str session_device(const struct call *c); /* what the browser calls itself */

/* ---- problem.c ---- */
int problem_status(enum err_code code);
bool problem_zh(struct http_request *rq);
/* extra: further members, as JSON object, or NULL */
void problem_answer(struct http_request *rq, const struct err *e, const struct json *extra);

/* ---- actions.c: an ask on its way ---- */
struct pending {
    struct http_request *rq;
    struct arena *a;
    struct ask ask;
    struct actor actor; /* to be set before it is sent */
    bool opens;
};
/* id, at, fields, documents. */
MUST_USE bool pending_take(struct call *c, struct json *body, struct pending *p);
/* Parks the request: it is answered after the commit. */
bool pending_send(struct call *c, struct pending *p);
/* Members that are not known are refused: a misspelt one would be silently lost. */
MUST_USE bool call_members(struct call *c, const struct json *body, const char *const *known,
                           size_t n);

/* {"id","fields"} as an ask on system records of this type; the caller sends it. */
MUST_USE bool sys_take(struct call *c, const char *type, struct str action, struct pending *p);
MUST_USE bool sys_find(struct call *c, const char *type, struct id id, struct record **out);
/* The folds of system records of this type with a rid above `after`, at most so many. */
struct sys_doc {
    int64_t rid;
    struct record *record;
};
MUST_USE bool sys_docs(struct call *c, const char *type, int64_t after, size_t most, struct sys_doc **out, size_t *n);
/* The whole of a route …/{id}/actions/{action}. */
MUST_USE bool sys_act_on(struct call *c, const char *type);

/* ---- areas.c ---- */
/* How many matters lie in a scope ("a17", "o<id>"): open ones, and all. */
struct scope_load {
    int64_t open, all;
};
MUST_USE bool scope_load(struct call *c, struct str scope, struct scope_load *out);

/* ---- apart.c ---- */
/* Parks the request and calls run(user) on a thread of its own, which answers it; user must live in the
 * request's arena.  ERR_BUSY when too many of this kind are at work. */
MUST_USE bool call_apart(struct call *c, enum apart_kind kind, void (*run)(void *user), void *user);

/* ---- files.c ---- */
/* The body of the request becomes an upload of c->actor.account; answers. */
bool call_upload(struct call *c);

/* ---- view.c: records as people read them ---- */
struct view {
    struct call *c;
    const struct record *r;    /* opened, when it is sealed: look at `shut` before a field is shown */
    const struct playbook *playbook;
    const struct record_def *def;
    int has_dek; /* 0: not asked yet, 1: yes, -1: none */
    uint8_t dek[CIPHER_KEY];
    bool task; /* a look for a step: minors stay masked */
    bool shut; /* sealed, and the caller does not hold it: only what record_stored has is shown */
};
MUST_USE bool view_open(struct call *c, const struct record *r, struct view *out);
/* The decrypted value of a reference; NULL when it was erased. */
MUST_USE bool view_plain(struct view *v, const struct json *ref, struct json **out);
/* One field's value; plain: unmasked (after a look). */
MUST_USE bool view_field(struct view *v, struct json_out *o, const struct field *f,
                         const struct json *stored, bool plain);
MUST_USE bool view_row(struct view *v, struct json_out *o);  /* a line of a list */
MUST_USE bool view_full(struct view *v, struct json_out *o); /* everything */
MUST_USE bool view_linked(struct view *v, struct json_out *o, struct str org); /* members of an object */
/* Loads a record that the caller may see: else ERR_NOT_FOUND (he learns nothing). */
MUST_USE bool view_load(struct call *c, struct id id, struct record **out);
/* "张某某（新建区综治中心 受理员）" without a number of anything; for events. */
MUST_USE bool view_who(struct call *c, struct str by, struct str *name);
void view_time(struct json_out *o, const struct world *w, const char *key, int64_t t);
struct str view_org(const struct world *w, struct str id);
void view_grant(struct json_out *o, const struct world *w, const struct grant *g, bool zh); /* a role in an area */
/* Names of an action of this playbook version, or of a built-in one. */
struct words view_action(const struct record_def *def, struct str act);

/* ---- files.c ---- */
/* The bytes of an upload, decrypted; whether he may have it is the caller's to know.  bytes is
 * STR_NONE when the file is not there any more. */
MUST_USE bool file_bytes(struct call *c, struct id id, struct str *mime, struct str *bytes);
/* Content-Disposition with a name of any script; shown: in the browser, not as a download. */
struct str disposition(struct arena *a, struct str name, bool shown);

#define MIME_XLSX "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

/* ---- records.c ---- */
struct find_question;
/* type, where, search, sort, area (index or -1), open, limit, after; scopes are the caller's to set. */
MUST_USE bool call_question(struct call *c, int64_t limit, struct find_question *q, int *area);
/* What it reads, as the route table says it. */
#define QUESTION_PARAMS \
    {"type", "record type: dispute or dispute.dispute"}, \
    {"where", "a condition in CQL2-Text"}, \
    {"search", "words, pinyin or initials"}, \
    {"area", "code: only matters in this area"}, \
    {"sort", "-opened (newest first), opened, due, or a field marked sort"}, \
    {"open", "true: only open matters"}

/* ---- documents.c ---- */
/* Where this program is reached: the setting `address`, or what the request was sent to. */
struct str call_address(struct call *c);
/* "modules": the rows of a QR code, as texts of 0 and 1. */
MUST_USE bool call_modules(struct call *c, struct json_out *o, struct str bytes);

/* ---- page.c ---- */
void page_answer(struct http_request *rq, void *app);

/* ---- stream.c ---- */
struct hub *hub_start(struct api *api);
void hub_stop(struct hub *h);
