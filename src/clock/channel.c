#include "clock/channel.h"
#include "clock/channel.sql.h"
#include <curl/curl.h>
#include <pthread.h>

/* ---- settings ---- */

static struct str setting(const struct world *w, const char *name)
{
    struct str s = world_setting(w, name);
    return str_is(s, "off") ? STR_NONE : s;
}

unsigned channels_on(const struct world *w)
{
    bool smtp = setting(w, "notice.smtp.url").len && setting(w, "notice.smtp.from").len &&
                setting(w, "notice.smtp.to").len;
    return (setting(w, "notice.http.url").len ? CHANNEL_HTTP : 0u) | (smtp ? CHANNEL_SMTP : 0u);
}

static const char *const PLACES[] = {"id", "text", "org", "role", "due", "red"};

/* {word} at the beginning of s: its length with the braces, and which one; -1: another word. */
static size_t place_at(struct str s, int *which)
{
    size_t n = 1;
    while (n < s.len && ((s.ptr[n] >= 'a' && s.ptr[n] <= 'z') || s.ptr[n] == '_'))
        n++;
    if (s.ptr[0] != '{' || n == 1 || n >= s.len || s.ptr[n] != '}')
        return 0;
    *which = -1;
    for (size_t i = 0; i < COUNT_OF(PLACES); i++)
        if (str_is((struct str){s.ptr + 1, n - 1}, PLACES[i]))
            *which = (int)i;
    return n + 1;
}

static bool places_ok(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        int which = 0;
        if (place_at((struct str){s.ptr + i, s.len - i}, &which) && which < 0)
            return false;
    }
    return true;
}

/* No blank, quote or line end: the value becomes part of a line of the protocol. */
static bool one_word(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == '<' || s.ptr[i] == '>' || s.ptr[i] == '"')
            return false;
    return true;
}

bool channel_setting_ok(struct str name, struct str value, struct err *e)
{
    bool ok = true;
    if (str_is(value, "off") || !str_starts(name, STR("notice.")))
        return true;
    if (str_is(name, "notice.http.url"))
        ok = (str_starts(value, STR("http://")) || str_starts(value, STR("https://"))) && one_word(value) &&
             places_ok(value);
    else if (str_is(name, "notice.http.body"))
        ok = places_ok(value);
    else if (str_is(name, "notice.http.type"))
        ok = one_word(value) && memchr(value.ptr, '/', value.len);
    else if (str_is(name, "notice.smtp.url"))
        ok = (str_starts(value, STR("smtp://")) || str_starts(value, STR("smtps://"))) && one_word(value);
    else if (str_is(name, "notice.smtp.from") || str_is(name, "notice.smtp.to"))
        ok = one_word(value) && memchr(value.ptr, '@', value.len);
    else
        return err_field(e, ERR_INPUT, "name", "there is no such setting of notices");
    if (ok)
        return true;
    err_field(e, ERR_INPUT, "value",
              "expected an address (http://, https://, smtp://, smtps://, or NAME@HOST), or in a template only"
              " {id}, {text}, {org}, {role}, {due}, {red}");
    return err_zh(e, "通知设置不对：地址格式有误，或模板中用了不允许的占位符");
}

/* ---- templates ---- */

static struct str place_text(const struct world *w, struct arena *a, const struct notice *n, int which)
{
    char text[40];
    int org = n->org.len ? world_org(w, n->org) : -1;
    switch (which) {
    case 0:
        return str_printf(a, "%lld", (long long)n->id);
    case 1:
        return n->text;
    case 2:
        return org >= 0 ? w->orgs[org].name : STR("");
    case 3:
        return n->role;
    case 4:
        time_format(w->zone, n->due, text);
        return str_printf(a, "%s", text);
    default:
        return n->red ? STR("true") : STR("false");
    }
}

enum escape { AS_IS, AS_JSON, AS_URL };

static void put_escaped(struct buf *b, struct str s, enum escape how)
{
    if (how == AS_JSON) {
        struct buf json AUTO(buf_free) = BUF(LIMIT_REQUEST_BODY);
        struct json_out o = json_out(&json);
        jo_str(&o, s);
        buf_add(b, json.ptr + 1, json.len - 2);
        return;
    }
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool plain = how == AS_IS || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     c == '-' || c == '_' || c == '.' || c == '~';
        if (plain)
            buf_char(b, (char)c);
        else
            buf_printf(b, "%%%02X", c);
    }
}

static const char *filled(const struct world *w, struct arena *a, struct str template, const struct notice *n,
                          enum escape how)
{
    struct buf b AUTO(buf_free) = BUF(LIMIT_REQUEST_BODY);
    for (size_t i = 0; i < template.len;) {
        int which = -1;
        size_t len = place_at((struct str){template.ptr + i, template.len - i}, &which);
        if (len && which >= 0)
            put_escaped(&b, place_text(w, a, n, which), how);
        else
            buf_char(&b, template.ptr[i]);
        i += len && which >= 0 ? len : 1;
    }
    return str_c(a, buf_view(&b));
}

/* ---- sending ---- */

static pthread_once_t ONCE = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t drop(char *ptr, size_t size, size_t n, void *user)
{
    UNUSED(ptr), UNUSED(user);
    return size * n;
}

static CURL *opened(const char *url, const char *protocols)
{
    pthread_once(&ONCE, start_curl);
    CURL *c = curl_easy_init();
    if (!c)
        return NULL;
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)CHANNEL_TIMEOUT_MS);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, drop);
    return c;
}

static bool answered(CURL *c, const char *what, long *status, struct err *e)
{
    CURLcode code = curl_easy_perform(c);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, status);
    curl_easy_cleanup(c);
    return code == CURLE_OK || err_set(e, ERR_IO, "%s: %s", what, curl_easy_strerror(code));
}

static size_t keep(char *ptr, size_t size, size_t n, void *user)
{
    struct buf *b = user;
    buf_add(b, ptr, size * n);
    return buf_ok(b) ? size * n : 0;
}

bool channel_post(const char *url, const char *type, struct str body, long *status, struct buf *answer, struct err *e)
{
    char line[100];
    CURL *c = opened(url, "http,https");
    if (!c)
        return err_set(e, ERR_IO, "http: no connection can be made");
    snprintf(line, sizeof line, "Content-Type: %s", type);
    struct curl_slist *head = curl_slist_append(NULL, line);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, head);
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)body.len);
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, body.ptr);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, answer);
    bool ok = answered(c, "http", status, e);
    curl_slist_free_all(head);
    return ok;
}

static bool perform(CURL *c, const char *what, struct err *e)
{
    long status = 0;
    if (!answered(c, what, &status, e))
        return false;
    return (status >= 200 && status < 300) || err_set(e, ERR_IO, "%s: answered %ld", what, status);
}

static bool send_http(const struct world *w, struct arena *a, const struct notice *n, struct err *e)
{
    struct str body = setting(w, "notice.http.body"), type = setting(w, "notice.http.type");
    if (!type.len)
        type = STR("application/json");
    enum escape how = str_has(type, STR("json")) ? AS_JSON : str_has(type, STR("urlencoded")) ? AS_URL : AS_IS;
    CURL *c = opened(filled(w, a, setting(w, "notice.http.url"), n, AS_URL), "http,https");
    if (!c)
        return err_set(e, ERR_IO, "http: no connection can be made");
    struct curl_slist *head = curl_slist_append(NULL, arena_printf(a, "Content-Type: %.*s", STR_F(type)));
    if (body.len) {
        curl_easy_setopt(c, CURLOPT_HTTPHEADER, head);
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, filled(w, a, body, n, how));
    }
    bool ok = perform(c, "http", e);
    curl_slist_free_all(head);
    return ok;
}

struct letter {
    struct str text;
    size_t at;
};

static size_t read_letter(char *to, size_t size, size_t n, void *user)
{
    struct letter *l = user;
    size_t most = size * n, left = l->text.len - l->at, len = left < most ? left : most;
    memcpy(to, l->text.ptr + l->at, len);
    l->at += len;
    return len;
}

static struct str letter_text(struct arena *a, const struct notice *n, struct str from, struct str to)
{
    struct buf b AUTO(buf_free) = BUF(LIMIT_REQUEST_BODY);
    struct str subject = base64_of(a, n->rid ? STR("时限提醒") : STR("时限提醒汇总"), false);
    struct str text = base64_of(a, n->text, false), host;
    str_cut(from, '@', &host);
    buf_printf(&b, "From: <%.*s>\r\nTo: <%.*s>\r\nSubject: =?UTF-8?B?%.*s?=\r\n", STR_F(from), STR_F(to),
               STR_F(subject));
    buf_printf(&b, "Message-ID: <notice-%lld@%.*s>\r\nMIME-Version: 1.0\r\n", (long long)n->id,
               STR_F(host));
    buf_c(&b, "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n");
    for (size_t i = 0; i < text.len; i += 76)
        buf_printf(&b, "%.*s\r\n", (int)(text.len - i < 76 ? text.len - i : 76), text.ptr + i);
    return buf_dup(a, &b);
}

static bool send_smtp(const struct world *w, struct arena *a, const struct notice *n, struct err *e)
{
    struct str from = setting(w, "notice.smtp.from"), to = setting(w, "notice.smtp.to");
    struct letter l = {.text = letter_text(a, n, from, to)};
    CURL *c = opened(str_c(a, setting(w, "notice.smtp.url")), "smtp,smtps");
    if (!c)
        return err_set(e, ERR_IO, "smtp: no connection can be made");
    struct curl_slist *rcpt = curl_slist_append(NULL, str_c(a, to));
    curl_easy_setopt(c, CURLOPT_USE_SSL, (long)CURLUSESSL_TRY);
    curl_easy_setopt(c, CURLOPT_MAIL_FROM, str_c(a, from));
    curl_easy_setopt(c, CURLOPT_MAIL_RCPT, rcpt);
    curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(c, CURLOPT_READFUNCTION, read_letter);
    curl_easy_setopt(c, CURLOPT_READDATA, &l);
    bool ok = perform(c, "smtp", e);
    curl_slist_free_all(rcpt);
    return ok;
}

bool channel_send(const struct world *w, struct arena *a, unsigned on, struct delivery *d, struct err *e)
{
    if ((on & CHANNEL_HTTP) && !(d->went & CHANNEL_HTTP) && send_http(w, a, &d->notice, e))
        d->went |= CHANNEL_HTTP;
    struct err smtp = ERR_INIT;
    if ((on & CHANNEL_SMTP) && !(d->went & CHANNEL_SMTP) && send_smtp(w, a, &d->notice, &smtp))
        d->went |= CHANNEL_SMTP;
    if (err_is(&smtp) && !err_is(e))
        *e = smtp;
    return (d->went & on) == on;
}

/* ---- rows ---- */

bool channel_due(struct store *db, struct arena *a, int64_t now, struct delivery *list, size_t *n, struct err *e)
{
    *n = 0;
    struct rows r AUTO(rows_close) = store_query(db, sql_channel_due, BIND(C_INT(now), C_INT(CHANNEL_ROUND)), e);
    while (rows_next(&r))
        list[(*n)++] = (struct delivery){.notice = {.id = rows_int(&r, 0), .rid = rows_int(&r, 1),
                                                    .due = rows_int(&r, 2),
                                                    .org = rows_null(&r, 3) ? STR_NONE : str_dup(a, rows_str(&r, 3)),
                                                    .role = str_dup(a, rows_str(&r, 4)), .red = rows_int(&r, 5) != 0,
                                                    .text = str_dup(a, rows_str(&r, 6))},
                                         .tries = rows_int(&r, 7), .went = (unsigned)rows_int(&r, 8)};
    return !err_is(e);
}

bool channel_claim(struct store *db, int64_t id, int64_t now, bool *mine, struct err *e)
{
    int64_t changed = 0;
    if (!store_exec(db, sql_channel_claim, BIND(C_INT(id), C_INT(now), C_INT(now + CHANNEL_LEASE_MS)), &changed, e))
        return false;
    *mine = changed > 0;
    return true;
}

bool channel_settle(struct store *db, const struct delivery *d, bool all, int64_t now, struct err *e)
{
    int64_t tries = d->tries + !all, wait = MS_MINUTE;
    for (int64_t i = 1; i < tries && wait < MS_HOUR; i++)
        wait *= 2;
    bool over = all || tries >= CHANNEL_TRIES;
    return store_exec(db, sql_channel_settle,
                      BIND(C_INT(d->notice.id), over ? C_NULL : C_INT(now + min64(wait, MS_HOUR)), C_INT(tries),
                           C_INT((int64_t)d->went)),
                      NULL, e);
}
