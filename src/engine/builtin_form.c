/* What the built-in actions ask, in one table: the page draws its forms from it, and deciding looks up
 * here which words it takes. */
#include "engine/form_int.h"

#define TEXT(i, z, e) {WORDS(i, z, e), .type = "text", .required = true}
#define NOTE {WORDS("note", "说明", "Note"), .type = "text"}

OPTIONS(MODES, {"transfer", "转办", "Transfer"}, {"assign", "交办", "Assign"}, {"move", "移送", "Move"});
OPTIONS(REASONS, {"not_ours", "不属本单位职责", "Not our duty"}, {"wrong_area", "辖区不符", "Not our area"},
        {"incomplete", "信息不全", "Incomplete"}, {"duplicate", "重复件", "Duplicate"},
        {"joint", "需联合办理", "Needs joint handling"});
OPTIONS(RELATIONS, {"related", "有关", "Related"}, {"earlier", "以前的同一件事", "Earlier"},
        {"same_place", "同一地点", "Same place"}, {"duplicate", "重复", "Duplicate"});
OPTIONS(ORDERS, {"sequence", "依次审批", "One after another"}, {"all", "会签（都要同意）", "All"},
        {"any", "任一人同意即可", "Any one"});
OPTIONS(YES_NO, {"true", "同意", "Agree"}, {"false", "不同意", "Refuse"});
OPTIONS(GO_STAY, {"true", "一并删除", "They go too"}, {"false", "保留", "They stay"});
#define ROLE_OPTION(code, zh, en, scope, permissions) {#code, zh, en},
const struct builtin_option ROLE_OPTIONS[] = {ROLE_LIST(ROLE_OPTION){NULL, NULL, NULL}};

INPUTS(COMMENT, TEXT("text", "内容", "Comment"));
INPUTS(ATTACH, {WORDS("documents", "材料", "Documents"), .type = "documents", .required = true});
INPUTS(LINK, {WORDS("to", "和哪一件有关", "Which matter"), .type = "record", .required = true},
       {WORDS("rel", "什么关系", "How"), .type = "option", .options = RELATIONS});
INPUTS(ERASE, {WORDS("fields", "删除哪些内容", "What is erased"), .type = "field", .many = true},
       {WORDS("words", "各步骤的文字（备注、说明、理由），里面可能写有本人信息", "Words of the steps, which may name the person"),
        .type = "boolean", .required = true, .options = GO_STAY},
       {WORDS("files", "材料文件，里面可能有本人信息", "Files of documents, which may show the person"), .type = "boolean",
        .required = true, .options = GO_STAY},
       TEXT("reason", "删除理由", "Reason"));
INPUTS(ASK_LOOK,
       {WORDS("fields", "要查看哪些内容", "What is to be seen"), .type = "field", .required = true, .many = true},
       TEXT("purpose", "用途", "Purpose"));
INPUTS(ASK_UNSEAL, TEXT("reason", "为什么可以解除限制查看", "Why the seal may come off"),
       {WORDS("paper", "批准文书的文号", "Number of the paper that allows it"), .type = "line", .required = true});
INPUTS(URGE, {WORDS("text", "催办内容", "What is said"), .type = "text"});
INPUTS(SUPERVISE, TEXT("text", "督办要求", "What is asked"),
       {WORDS("due", "反馈期限", "Answer due"), .type = "date"});
INPUTS(REPORT_BACK, {WORDS("part", "哪一项督办", "Which one"), .type = "part", .kinds = "supervise"},
       TEXT("text", "办理情况", "What was done"));
INPUTS(INSTRUCT, TEXT("text", "批示内容", "Instruction"));
INPUTS(TRANSFER, {WORDS("to_org", "转给哪个单位", "To which unit"), .type = "org", .required = true},
       {WORDS("mode", "方式（不选就是转办）", "How"), .type = "option", .options = MODES}, NOTE);
INPUTS(ASSIGN, {WORDS("to_org", "指定哪个单位", "To which unit"), .type = "org", .required = true}, NOTE);
INPUTS(RETURN, {WORDS("reason", "退回原因", "Reason"), .type = "option", .required = true, .options = REASONS},
       {WORDS("right_org", "应由哪个单位办理", "The right unit"), .type = "org", .required = true,
        .when = "reason = 'not_ours'"},
       NOTE);
INPUTS(SHARE, {WORDS("orgs", "协办单位", "Units"), .type = "org", .required = true, .many = true},
       TEXT("text", "协办事项", "What is asked"),
       {WORDS("workdays", "几个工作日内（不填就是5个）", "Within how many working days"), .type = "integer",
        .min = 1, .max = 120});
INPUTS(SHARE_DONE, TEXT("text", "协办结果", "Outcome"));
INPUTS(LINK_RENEW, {WORDS("part", "哪个链接", "Which link"), .type = "part", .kinds = "pass"},
       {WORDS("link_days", "有效几天（不填就是30天）", "Days it lasts"), .type = "integer", .min = 1, .max = 90});
INPUTS(LINK_REVOKE, {WORDS("part", "哪个链接", "Which link"), .type = "part", .kinds = "pass"});
INPUTS(PAUSE, {WORDS("clock", "哪个时限", "Which clock"), .type = "clock"}, TEXT("reason", "暂停理由", "Reason"));
INPUTS(RESUME, {WORDS("clock", "哪个时限", "Which clock"), .type = "clock"});
INPUTS(EXTEND, {WORDS("clock", "哪个时限", "Which clock"), .type = "clock"}, TEXT("reason", "延长理由", "Reason"),
       {WORDS("documents", "材料", "Documents"), .type = "documents"});
INPUTS(ASK_APPROVAL, TEXT("text", "审批什么", "What for"),
       {WORDS("steps", "由谁审批（按先后）", "By whom, in order"), .type = "option", .required = true,
        .many = true, .options = ROLE_OPTIONS},
       {WORDS("mode", "怎样审批", "How"), .type = "option", .required = true, .options = ORDERS});
INPUTS(APPROVE, {WORDS("part", "哪一项", "Which one"), .type = "part", .kinds = "approval supervise"},
       {WORDS("ok", "同意吗", "Agreed?"), .type = "boolean", .required = true, .options = YES_NO},
       {WORDS("note", "不同意的理由", "Why not"), .type = "text", .required = true, .when = "ok = FALSE"});
INPUTS(AMEND, {WORDS("fields", "更正哪些内容", "What is corrected"), .type = "values"},
       {WORDS("area", "改到哪个区划（区划没错就不选）", "Another area"), .type = "area"},
       TEXT("reason", "更正理由", "Reason"));
INPUTS(MERGE, {WORDS("into", "并入哪一件", "Into which matter"), .type = "record", .required = true},
       TEXT("reason", "并件理由", "Reason"));

static const struct {
    const char *id;
    const struct builtin_input *inputs;
} FORMS[] = {
    {"comment", COMMENT},   {"attach", ATTACH},         {"link", LINK},         {"erase", ERASE},
    {"urge", URGE},         {"supervise", SUPERVISE},   {"instruct", INSTRUCT}, {"report_back", REPORT_BACK},
    {"transfer", TRANSFER}, {"assign", ASSIGN},         {"return", RETURN},     {"share", SHARE},
    {"pause", PAUSE},       {"resume", RESUME},         {"extend", EXTEND},     {"ask_approval", ASK_APPROVAL},
    {"approve", APPROVE},   {"share_done", SHARE_DONE}, {"amend", AMEND},       {"merge", MERGE},
    {"ask_look", ASK_LOOK}, {"ask_unseal", ASK_UNSEAL},
    {"link_renew", LINK_RENEW}, {"link_revoke", LINK_REVOKE},
};

const struct builtin_input *builtin_inputs(struct str act)
{
    static const struct builtin_input NOTHING[] = {{.id = NULL}};
    for (size_t i = 0; i < COUNT_OF(FORMS); i++)
        if (str_is(act, FORMS[i].id))
            return FORMS[i].inputs;
    return NOTHING;
}

bool builtin_option_known(struct str act, const char *input, struct str value)
{
    for (const struct builtin_input *x = builtin_inputs(act); x->id; x++) {
        if (strcmp(x->id, input) != 0)
            continue;
        for (const struct builtin_option *o = x->options; o && o->value; o++)
            if (str_is(value, o->value))
                return true;
    }
    return false;
}
