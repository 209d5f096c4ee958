/* base/err.h - one error, as a parameter, never a global.
 *
 * A function that can fail takes `struct err *e` last and returns false.  The first error wins: a
 * set error is never overwritten, so a sequence of calls may be checked once at its end.
 * Results are written on success only.  Texts are one line, without a full stop, and do not repeat
 * what the caller knows. */
#pragma once
#include "base/limits.h"
#include "base/str.h"

/* code, wire name, title in Chinese, title in English.  The wire name is stable; the HTTP status
 * of each code is in api/problem.c. */
#define ERR_LIST(X)                                                                                \
    X(ERR_NONE, "none", "", "")                                                                    \
    X(ERR_INPUT, "bad_input", "填写有误", "The input is not as expected")                          \
    X(ERR_REQUIRED, "required", "此项必填", "A required field is missing")                         \
    X(ERR_UNKNOWN_FIELD, "unknown_field", "没有这个字段", "There is no such field")                \
    X(ERR_UNKNOWN_CODE, "unknown_code", "代码不在代码表中", "The code is not in its list")         \
    X(ERR_UNKNOWN_AREA, "unknown_area", "没有这个区划", "There is no such area")                   \
    X(ERR_TOO_BIG, "too_big", "内容过大", "The content is too large")                              \
    X(ERR_SYNTAX, "syntax", "格式错误", "The text could not be parsed")                            \
    X(ERR_NOT_FOUND, "not_found", "找不到", "Not found")                                           \
    X(ERR_LOGIN, "login_required", "请先登录", "Please log in")                                    \
    X(ERR_BAD_LOGIN, "bad_login", "账号或密码不对", "Login or password is wrong")                  \
    X(ERR_CSRF, "csrf", "页面已过期，请刷新", "The page has expired, please reload")               \
    X(ERR_FORBIDDEN, "forbidden", "没有权限", "You have no right to do this")                      \
    X(ERR_WRONG_STATE, "wrong_state", "当前环节不能这样办理", "Not possible in the present state") \
    X(ERR_GUARD, "guard", "还不能办理", "A condition is not met")                                  \
    X(ERR_OPEN_PARTS, "open_parts", "还有未办完的事项", "Something is still open")                 \
    X(ERR_STALE, "stale", "别人刚刚办理过，请核对", "Somebody acted in between")                   \
    X(ERR_ID_USED, "id_used", "同一编号已用于另一操作", "This id was used for another request")    \
    X(ERR_TOO_OFTEN, "too_often", "操作过于频繁", "Too often")                                     \
    X(ERR_TOO_LATE, "too_late", "已超过可办理的时间", "Too late for this")                         \
    X(ERR_PRIVACY, "privacy", "不按个人统计、排序或筛选", "Never counted by person")               \
    X(ERR_BUILDING, "term_building", "统计项正在计算", "The figure is still being built")          \
    X(ERR_DEADLINE, "deadline", "查询超时，请缩小范围", "The question took too long")              \
    X(ERR_BUSY, "busy", "系统忙，请稍后再试", "Busy, please try again")                            \
    X(ERR_FULL, "disk_full", "存储空间不足", "No space left")                                      \
    X(ERR_READ_ONLY, "read_only", "系统处于只读状态", "The system is read-only")                   \
    X(ERR_UNIQUE, "unique", "已经存在", "It exists already")                                       \
    X(ERR_STORE, "store", "数据库出错", "The database failed")                                     \
    X(ERR_IO, "io", "文件读写出错", "A file could not be read or written")                         \
    X(ERR_VERIFY, "verify", "核验不通过", "Verification failed")                                   \
    X(ERR_USAGE, "usage", "用法不对", "Wrong usage")                                               \
    X(ERR_INTERNAL, "internal", "内部错误", "Internal error")

enum err_code {
#define X(code, wire, zh, en) code,
    ERR_LIST(X)
#undef X
};

struct err {
    enum err_code code;
    char field[96];              /* the form field it belongs to, or "" */
    char text[LIMIT_ERR_TEXT];   /* English: for logs, the command line, and people who read it */
    char zh[LIMIT_ERR_TEXT];     /* for the person at the page; "" means the title of the code */
};

#define ERR_INIT ((struct err){.code = ERR_NONE})
const char *err_wire(enum err_code code);
const char *err_title_zh(enum err_code code);
const char *err_title_en(enum err_code code);

/* Always returns false, so that `return err_set(...)` reads well. */
bool err_set(struct err *e, enum err_code code, const char *fmt, ...) PRINTF(3, 4);
bool err_field(struct err *e, enum err_code code, const char *field, const char *fmt, ...)
    PRINTF(4, 5);
/* Adds the Chinese sentence to an error that was just set. */
bool err_zh(struct err *e, const char *fmt, ...) PRINTF(2, 3);
bool err_is(const struct err *e);
void err_clear(struct err *e);
