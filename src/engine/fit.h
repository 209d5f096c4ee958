/* engine/fit.h - does a running case fit another version of its playbook, and what would change?
 *
 * A running case stands on the version it began with; the action `adopt` moves it.  The same look is
 * taken before a version is installed (preview.h), so what is foretold is what is then done.  Pure:
 * reads the record and the two versions, no event and no table. */
#pragma once
#include "engine/decide.h"

/* X(name, stops, Chinese, English).  What stops a case from being moved: its state or its values have
 * no place in the other version.  A field that is gone stops it too: what it holds could no longer be
 * seen, corrected or erased. */
#define FIT_LIST(X)                                                                                \
    X(record_gone, true, "没有这个登记类型", "the record type is gone")                             \
    X(state_gone, true, "没有这个环节", "the state is gone")                                       \
    X(field_gone, true, "字段已删除，而此处有内容", "the field is gone and there is a value")      \
    X(field_type, true, "字段类型已改变，而此处有内容", "the field's type changed and there is a value") \
    X(code_gone, true, "代码已不在代码表中", "the code is not in its list any more")               \
    X(dead_end, true, "从当前环节没有可办的下一步", "no action leads out of the present state")    \
    X(document_needed, false, "下一步新要求的材料", "a document that a next step asks for anew")   \
    X(clock_started, false, "将开始的时限", "a clock that would start")                            \
    X(clock_moved, false, "截止时间将改变的时限", "a clock whose due time would move")             \
    X(clock_late, false, "改变后即已超期的时限", "a clock that would be overdue at once")          \
    X(clock_ended, false, "将终止的时限", "a clock that would end")

enum fit_kind {
#define X(name, stops, zh, en) FIT_##name,
    FIT_LIST(X)
#undef X
        FIT_COUNT
};
const char *fit_name(enum fit_kind k); /* "state_gone" */
bool fit_stops(enum fit_kind k);
struct words fit_words(enum fit_kind k);

struct fit {
    struct arena *a;
    const struct world *w;
    const struct calendar *calendar;
    int64_t now;
    const struct record_def *old;       /* NULL: unknown; then only what needs no comparing is told */
    const struct playbook *old_playbook;
    const struct playbook *playbook;    /* the other version */
    const struct record_def *next;      /* NULL: it has no such record type */
    void *self;
    /* key: the state, field, document or clock it is about; of a code "field=code" */
    void (*found)(void *self, enum fit_kind kind, struct str key);
};
/* Fills in the versions: that of the case, and another. */
void fit_between(struct fit *f, const struct record *r, const struct playbook *next);
void fit_record(const struct fit *f, const struct record *r);

/* Is this a clock that only the other version has, started by what leads into this state? */
bool fit_starts(const struct record_def *old, const struct record_def *next, int clock,
                struct str state);
/* The version a case of version `now` may be moved to: the one in force, or (version not 0) this one
 * when it is in force or newer.  NULL: there is none. */
const struct playbook *adopt_target(const struct world *w, const struct playbook *now, int64_t version);
