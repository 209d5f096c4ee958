/* The actions that every case has, in one table.  Each is decided in a file of its kind (builtin_*.c)
 * and leaves a patch like any other action; parts carry what is open between units (transfers,
 * shares, supervisions, approvals).
 *
 * Time limits: sign within 1 working day, return within 2 with a coded reason; urge once a working
 * day; undo within ten minutes (issue text; 信访工作条例 gives 5 working days for objections to a
 * transfer, the shorter local rule is the default). */
#include "engine/builtin_int.h"
#include "engine/fit.h"

struct builtin {
    const char *id, *zh, *en;
    unsigned permission;
    bool closed_too; /* also possible on a closed case */
    bool (*decide)(struct deciding *d);
};

bool say_no(struct deciding *d, enum err_code code, const char *field, const char *en,
            const char *zh)
{
    err_field(d->e, code, field, "%s", en);
    return err_zh(d->e, "%s", zh);
}

struct json *draft_text(struct deciding *d, const char *key)
{
    struct str s = str_trim(json_text(d->input, key));
    return s.len ? form_said(d, s, false) : NULL;
}

bool need_text(struct deciding *d, const char *key, const char *zh)
{
    struct str s = str_trim(json_text(d->input, key));
    if (!s.len)
        return say_no(d, ERR_REQUIRED, key, "is required", zh);
    if (s.len > LIMIT_TEXT_FIELD / 2)
        return say_no(d, ERR_TOO_BIG, key, "the text is too long", "文字太长");
    draft_in(d, key, draft_text(d, key));
    return true;
}

struct json *part_last(struct deciding *d, const char *kind)
{
    struct json *last = NULL;
    JSON_EACH (p, d->work->parts)
        if (str_is(json_text(p, "kind"), kind))
            last = p;
    return last;
}

bool part_named(struct deciding *d, const char *kind, struct json **out)
{
    int64_t i = json_num(d->input, "part", 0);
    struct json *found = NULL;
    int n = 0;
    JSON_EACH (p, d->work->parts) {
        if (!str_is(json_text(p, "kind"), kind) || !json_yes(p, "open"))
            continue;
        if (i ? json_num(p, "i", 0) == i : true) {
            found = p;
            n++;
        }
    }
    if (!found)
        return say_no(d, ERR_WRONG_STATE, "part", "nothing of this kind is open", "没有待办的这一事项");
    if (n > 1)
        return say_no(d, ERR_REQUIRED, "part", "several are open: name one", "有多项待办，请指明是哪一项");
    *out = found;
    return true;
}

#define ACT_STEER (PERM_ACT | PERM_STEER)
static const struct builtin TABLE[] = {
    {"comment", "批注", "Comment", ACT_STEER, true, do_comment},
    {"attach", "补充材料", "Attach", PERM_ACT, true, do_attach},
    {"link", "关联", "Link", PERM_ACT, true, do_link},
    {"reissue", "补发回执", "Issue the receipt again", PERM_ACT, true, do_reissue},
    {"erase", "删除个人信息", "Erase details", PERM_STEER, true, do_erase},
    {"look", "查看隐去信息", "Look", PERM_LOOK, true, do_look},
    {"ask_look", "申请查看", "Ask to look", PERM_LOOK, true, do_ask_look},
    {"ask_unseal", "申请解除限制查看", "Ask to take the seal off", PERM_ACT, true, do_ask_unseal},
    {"urge", "催办", "Urge", PERM_STEER, false, do_urge},
    {"supervise", "督办", "Supervise", PERM_STEER, false, do_supervise},
    {"report_back", "督办反馈", "Report back", PERM_ACT, false, do_report_back},
    {"instruct", "批示", "Instruct", PERM_STEER, true, do_instruct},
    {"transfer", "转办", "Transfer", PERM_ACT, false, do_transfer},
    {"assign", "指定办理", "Designate", PERM_STEER, false, do_assign},
    {"sign", "签收", "Sign for", PERM_ACT, false, do_sign},
    {"return", "退回", "Return", PERM_ACT, false, do_return},
    {"revoke", "撤回转办", "Take back a transfer", PERM_ACT, false, do_revoke},
    {"share", "协办", "Joint handling", PERM_ACT, false, do_share},
    {"share_done", "协办办结", "Finish a share", PERM_ACT, false, do_share_done},
    {"link_renew", "换发链接", "Renew a link", ACT_STEER, false, do_pass_renew},
    {"link_revoke", "停用链接", "Revoke a link", ACT_STEER, true, do_pass_revoke},
    {"draw", "抽中复核", "Drawn for a re-check", PERM_NONE, true, do_draw},
    {"report_up", "上报登记", "Mark as reported up", PERM_EXPORT, true, do_report_up},
    {"pause", "暂停计时", "Pause", PERM_ACT, false, do_pause},
    {"resume", "恢复计时", "Resume", PERM_ACT, false, do_resume},
    {"extend", "延长时限", "Extend", PERM_ACT, false, do_extend},
    {"escalate", "超期升级", "Escalate", PERM_ACT, false, do_escalate},
    {"clock_reset", "时限按新的节假日表调整", "Time limits follow the new table of holidays", PERM_ACT, false,
     do_clock_reset},
    {"ask_approval", "送审", "Ask for approval", PERM_ACT, false, do_ask_approval},
    {"approve", "审批", "Approve", ACT_STEER, true, do_approve},
    {"amend", "更正", "Amend", PERM_ACT, true, do_amend},
    {"adopt", "转入新版规程", "Move to another version", PERM_STEER | PERM_ADMIN, false, do_adopt},
    {"undo", "撤销", "Undo", ACT_STEER, true, do_undo},
    {"merge", "并件", "Merge", PERM_ACT, false, do_merge},
    {"unmerge", "取消并件", "Un-merge", PERM_ACT, true, do_unmerge},
};

/* Done by what they belong to (a look, a list, a clock, a lot), never from the matter's page. */
static bool by_itself(const struct builtin *b)
{
    return b->decide == do_look || b->decide == do_report_up || b->decide == do_escalate ||
           b->decide == do_clock_reset || b->decide == do_draw;
}

void builtin_each(void (*fn)(void *u, const char *id, const char *zh, const char *en), void *u)
{
    for (size_t i = 0; i < COUNT_OF(TABLE); i++)
        if (!by_itself(&TABLE[i]))
            fn(u, TABLE[i].id, TABLE[i].zh, TABLE[i].en);
}

bool engine_builtin(struct str act, struct words *name)
{
    for (size_t i = 0; i < COUNT_OF(TABLE); i++) {
        if (!str_is(act, TABLE[i].id))
            continue;
        *name = (struct words){str_of(TABLE[i].zh), str_of(TABLE[i].en)};
        return true;
    }
    return false;
}

static bool linked(struct deciding *d, const struct builtin *b)
{
    return pass_lets(d, str_of(b->id)) ||
           say_no(d, ERR_FORBIDDEN, "", "the link does not allow this (any more)", "这个链接不能办理此项，或者已经失效");
}

static bool allowed(struct deciding *d, const struct builtin *b)
{
    const struct actor *who = d->ask->actor;
    bool machine = who->kind == ACTOR_OPERATOR || who->kind == ACTOR_CLOCK || who->kind == ACTOR_LINK;
    if (who->kind == ACTOR_LINK && !linked(d, b))
        return false;
    d->role = ROLE_NONE;
    for (unsigned p = 1; p && d->role == ROLE_NONE && !machine; p <<= 1)
        if (b->permission & p)
            d->role = actor_role(who, d->w, p, NULL, 0, d->area, d->units);
    if (!machine && d->role == ROLE_NONE) {
        err_set(d->e, ERR_FORBIDDEN, "the role or its area does not allow '%s' here", b->id);
        return err_zh(d->e, "您的角色或辖区不能办理“%s”", b->zh);
    }
    bool undoing = strcmp(b->id, "unmerge") == 0 || strcmp(b->id, "look") == 0;
    if (record_merged(d->work).len && !undoing)
        return say_no(d, ERR_WRONG_STATE, "", "this matter was merged into another", "此件已并入另一件");
    if (record_flag(d->work, "$void") && strcmp(b->id, "look") != 0)
        return say_no(d, ERR_WRONG_STATE, "", "this entry was undone", "此件已撤销");
    if (!b->closed_too && record_closed(d->work) != TIME_NONE)
        return say_no(d, ERR_WRONG_STATE, "", "the matter is closed", "此件已办结");
    return true;
}

/* Is a clock of the playbook running, or paused? */
static bool has_clock(struct deciding *d, bool paused)
{
    for (int i = 0; i < d->def->n_clocks; i++) {
        const struct clock_run *run = record_clock_last(d->work, d->def->clocks[i].id);
        if (run && run->done == TIME_NONE && (run->paused != TIME_NONE) == paused)
            return true;
    }
    return false;
}

bool holds(const struct deciding *d)
{
    const char *org = d->ask->actor->org;
    return org[0] && str_is(record_holder(d->work), org);
}

/* What stands in the way beyond rights: that there is something to sign, to approve, to resume. */
static bool has_reason(struct deciding *d, const char *id)
{
    static const struct {
        const char *id, *part;
    } NEEDS[] = {{"sign", "transfer"},       {"revoke", "transfer"},   {"report_back", "supervise"},
                 {"share_done", "share"},     {"link_renew", "pass"},   {"link_revoke", "pass"}};
    for (size_t i = 0; i < COUNT_OF(NEEDS); i++)
        if (strcmp(NEEDS[i].id, id) == 0)
            return record_open_parts(d->work, NEEDS[i].part) > 0;
    if (strcmp(id, "return") == 0)
        return part_last(d, "transfer") &&
               str_is(json_text(part_last(d, "transfer"), "org"), d->ask->actor->org);
    if (strcmp(id, "approve") == 0)
        return record_open_parts(d->work, "approval") + record_open_parts(d->work, "supervise") > 0;
    if (strcmp(id, "ask_look") == 0)
        return record_sealed(d->work) && !holds(d);
    if (strcmp(id, "ask_unseal") == 0)
        return record_sealed(d->work) && holds(d);
    if (strcmp(id, "report_up") == 0 || strcmp(id, "draw") == 0)
        return false; /* done by the list that is sent, by the lot: never by hand */
    if (strcmp(id, "escalate") == 0 || strcmp(id, "clock_reset") == 0)
        return d->ask->actor->kind == ACTOR_CLOCK;
    if (strcmp(id, "unmerge") == 0)
        return record_merged(d->work).len > 0;
    if (strcmp(id, "adopt") == 0)
        return adopt_target(d->w, d->playbook, 0) && may_adopt(d);
    if (strcmp(id, "pause") == 0 || strcmp(id, "extend") == 0)
        return has_clock(d, false);
    if (strcmp(id, "resume") == 0)
        return has_clock(d, true);
    return true;
}

/* Decides it with an empty form, on a copy: what is then missed of the form itself can be filled in, any
 * other reason stands in the way. */
static bool would_do(struct deciding *d, const struct builtin *b, struct err *why)
{
    struct changeset *set = d->out;
    struct deciding try = *d;
    set->n = 0; /* the drafts before were tries too */
    try.e = why;
    if (b->decide == do_unmerge)
        return true; /* needs the other matter, which is not loaded here */
    draft_begin(&try, str_of(b->id));
    return b->decide(&try) || (why->field[0] && (why->code == ERR_REQUIRED || why->code == ERR_INPUT));
}

void builtin_possible(struct deciding *d, struct json_out *out)
{
    for (size_t i = 0; i < COUNT_OF(TABLE); i++) {
        struct err why = ERR_INIT, *real = d->e;
        d->e = &why;
        bool business = has_reason(d, TABLE[i].id) && allowed(d, &TABLE[i]);
        d->e = real;
        bool possible = business && would_do(d, &TABLE[i], &why);
        bool quiet = why.code == ERR_FORBIDDEN || TABLE[i].decide == do_undo;
        if (!business || (!possible && quiet))
            continue; /* not his, or never worth a reason */
        jo_obj(out);
        jo_kc(out, "id", TABLE[i].id);
        jo_kc(out, "name", TABLE[i].zh);
        jo_kc(out, "name_en", TABLE[i].en);
        jo_kb(out, "possible", possible);
        jo_kb(out, "builtin", true);
        if (!possible) {
            jo_kc(out, "why", why.zh[0] ? why.zh : err_title_zh(why.code));
            jo_kc(out, "why_en", why.text);
        }
        jo_end(out);
    }
}

bool builtin_decide(struct deciding *d, bool *known)
{
    for (size_t i = 0; i < COUNT_OF(TABLE); i++) {
        const struct builtin *b = &TABLE[i];
        if (!str_is(d->ask->action, b->id))
            continue;
        *known = true;
        if (d->at > d->now + 5 * MS_MINUTE || d->at < d->work->opened)
            return say_no(d, ERR_INPUT, "at", "the time lies ahead or before the opening", "时间不对");
        if (!allowed(d, b))
            return false;
        draft_begin(d, str_of(b->id));
        if (!b->decide(d))
            return false;
        if (b->decide == do_merge)
            return link_other(d, "merge", false);
        if (b->decide == do_unmerge)
            return link_other(d, "unmerge", true);
        return draft_end(d);
    }
    return true;
}
