/* Errors as RFC 9457 problem documents. */
#include "api/api_int.h"

/* Exhaustive: a code without a status does not compile (-Wswitch-enum). */
int problem_status(enum err_code code)
{
    switch (code) {
    case ERR_NONE:
        return 200;
    case ERR_INPUT:
    case ERR_REQUIRED:
    case ERR_UNKNOWN_FIELD:
    case ERR_UNKNOWN_CODE:
    case ERR_UNKNOWN_AREA:
    case ERR_SYNTAX:
    case ERR_USAGE:
        return 400;
    case ERR_LOGIN:
    case ERR_BAD_LOGIN:
        return 401;
    case ERR_CSRF:
    case ERR_FORBIDDEN:
    case ERR_PRIVACY:
        return 403;
    case ERR_NOT_FOUND:
        return 404;
    case ERR_WRONG_STATE:
    case ERR_GUARD:
    case ERR_OPEN_PARTS:
    case ERR_STALE:
    case ERR_ID_USED:
    case ERR_TOO_LATE:
    case ERR_UNIQUE:
        return 409;
    case ERR_TOO_BIG:
        return 413;
    case ERR_TOO_OFTEN:
        return 429;
    case ERR_BUILDING:
    case ERR_DEADLINE:
    case ERR_BUSY:
    case ERR_READ_ONLY:
        return 503;
    case ERR_FULL:
        return 507;
    case ERR_STORE:
    case ERR_IO:
    case ERR_VERIFY:
    case ERR_INTERNAL:
        return 500;
    }
    return 500;
}

bool problem_zh(struct http_request *rq)
{
    struct str lang = str_trim(http_header(rq, "Accept-Language"));
    bool en = lang.len >= 2 && (lang.ptr[0] | 32) == 'e' && (lang.ptr[1] | 32) == 'n';
    return !en;
}

/* What went wrong inside is for the log, not for the person. */
static bool is_inner(enum err_code code)
{
    return problem_status(code) == 500;
}

void problem_answer(struct http_request *rq, const struct err *e, const struct json *extra)
{
    bool zh = problem_zh(rq);
    int status = problem_status(e->code);
    const char *title = zh ? err_title_zh(e->code) : err_title_en(e->code);
    const char *detail = is_inner(e->code) ? title : zh && e->zh[0] ? e->zh : zh ? title : e->text;
    struct buf b = BUF(LIMIT_REQUEST_BODY);
    struct json_out o = json_out(&b);
    if (is_inner(e->code))
        fprintf(stderr, "bihuan: %s: %s\n", err_wire(e->code), e->text);
    jo_obj(&o);
    jo_kc(&o, "type", "about:blank");
    jo_kc(&o, "title", title);
    jo_ki(&o, "status", status);
    jo_kc(&o, "detail", *detail ? detail : title);
    jo_kc(&o, "code", err_wire(e->code));
    if (e->field[0])
        jo_kc(&o, "field", e->field);
    JSON_EACH(x, extra)
    {
        jo_key_str(&o, x->key);
        jo_json(&o, x);
    }
    jo_end(&o);
    http_set_header(rq, "Content-Language", zh ? STR("zh-CN") : STR("en"));
    http_set_header(rq, "Cache-Control", STR("no-store"));
    if (status == 429 || status == 503)
        http_set_header(rq, "Retry-After", status == 429 ? STR("60") : STR("2"));
    http_answer_buf(rq, status, "application/problem+json", &b);
}
