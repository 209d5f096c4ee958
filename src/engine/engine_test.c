/* The engine: stories of one matter each, told step by step with what every step gives or why it is
 * refused; sending twice; versions; imported rows.  All of it on both databases, and at
 * the end everything must be what the log says. */
#include "engine/test_int.h"

struct story {
    const char *name;
    const struct step *steps;
    size_t n;
};
#define STORY(steps) {#steps, steps, COUNT_OF(steps)}

static void play(const struct story *stories, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        struct house *h = fresh();
        struct id rec = {{0}};
        for (size_t i = 0; i < stories[k].n; i++)
            play_step(h, stories[k].name, i, &stories[k].steps[i], &rec);
    }
}

/* ---- what a step is looked at for ---- */

static void closed(struct house *h, const struct record *r)
{
    UNUSED(h);
    assert_false(record_open(r));
    assert_true(record_closed(r) == r->last_at);
    for (size_t i = 0; i < r->n_clocks; i++)
        assert_true(r->clocks[i].done != TIME_NONE);
    assert_true(record_due(r) == TIME_NONE);
}

static void spot_done(struct house *h, const struct record *r)
{
    closed(h, r);
    assert_int_equal(r->ver, 2);
    assert_true(str_starts(r->number, STR("360112JF2024")));
    assert_true(json_yes(r->fields, "on_the_spot"));
    assert_true(str_is(json_text(r->fields, "mediator"), who(h, "grid")->by));
    assert_true(str_is(record_holder(r), h->orgs[ORG_COMMITTEE]));
}

static void reopened(struct house *h, const struct record *r)
{
    UNUSED(h);
    assert_true(record_open(r));
    assert_true(record_flag(r, "$reopened"));
    assert_int_equal(record_open_parts(r, NULL), 0);
    assert_int_equal(record_open_parts(r, "follow_up"), 0);
    const struct clock_run *c = record_clock_last(r, STR("mediate"));
    assert_true(c && c->n == 2 && c->done == TIME_NONE);
}

static void at_police(struct house *h, const struct record *r)
{
    assert_true(str_is(record_holder(r), h->orgs[ORG_POLICE]));
    assert_int_equal(record_open_parts(r, "transfer"), 1);
    assert_true(record_clock_last(r, STR("sign"))->done == TIME_NONE);
}

static void signed_for(struct house *h, const struct record *r)
{
    assert_true(str_is(record_holder(r), h->orgs[ORG_POLICE]));
    assert_int_equal(record_open_parts(r, "transfer"), 0);
    assert_true(record_clock_last(r, STR("sign"))->done == r->last_at);
}

static void back_home(struct house *h, const struct record *r)
{
    assert_true(str_is(record_holder(r), h->orgs[ORG_CENTRE]));
    assert_int_equal(record_open_parts(r, "transfer"), 0);
    assert_true(record_clock_last(r, STR("sign"))->done != TIME_NONE);
}

static void back_thrice(struct house *h, const struct record *r)
{
    back_home(h, r);
    assert_int_equal(json_num(r->fields, "$returns", 0), 3);
    assert_int_equal(json_num(r->fields, "$hops", 0), 3);
}

static void at_centre(struct house *h, const struct record *r)
{
    assert_true(str_is(record_holder(r), h->orgs[ORG_CENTRE]));
}

static void at_committee(struct house *h, const struct record *r)
{
    assert_true(str_is(record_holder(r), h->orgs[ORG_COMMITTEE]));
    assert_true(str_is(record_opener(r), h->orgs[ORG_COMMITTEE]));
}

static void at_fire(struct house *h, const struct record *r)
{
    assert_true(str_is(record_holder(r), h->orgs[ORG_FIRE]));
}

static void sealed(struct house *h, const struct record *r)
{
    UNUSED(h);
    assert_true(json_yes(r->fields, "minor"));
    assert_true(record_flag(r, "$sealed"));
}

/* The reason of the seal is gone; the seal is not: nobody takes it off alone. */
static void sealed_still(struct house *h, const struct record *r)
{
    UNUSED(h);
    assert_false(json_yes(r->fields, "minor"));
    assert_true(record_sealed(r));
    assert_true(str_is(json_text(r->fields, "colour"), "orange"));
    assert_true(str_is(r->code, TOWN));
}

static void voided(struct house *h, const struct record *r)
{
    UNUSED(h);
    assert_true(record_flag(r, "$void"));
}

static void unregistered(struct house *h, const struct record *r)
{
    UNUSED(h);
    assert_true(json_empty(json_get(r->fields, "type")));
    assert_true(json_empty(json_get(r->fields, "applicant")));
    assert_true(record_clock_last(r, STR("register"))->done == TIME_NONE);
    at_centre(h, r);
}

/* The two parts of the first round: one was answered by the reopening, the other was never asked. */
static void one_asked(struct house *h, const struct record *r)
{
    UNUSED(h);
    calls(r, 3, 2, 2, 1);
    const struct json *newest = NULL;
    JSON_EACH (p, r->parts)
        if (str_is(json_text(p, "kind"), "follow_up") && !json_yes(p, "open"))
            newest = p;
    assert_true(str_is(json_text(newest, "party"), "respondent"));
    assert_true(str_is(json_text(newest, "performed"), "yes"));
    assert_int_equal(json_num(newest, "row", 0), 1);
    assert_int_equal(record_open_parts(r, "follow_up"), 1);
}

static void both_asked(struct house *h, const struct record *r)
{
    UNUSED(h);
    calls(r, 3, 3, 3, 2);
    assert_int_equal(record_open_parts(r, "follow_up"), 0);
}

/* ---- stories ---- */

static const struct step ON_SPOT[] = {
    {"grid", "settle_on_the_spot", ON_THE_SPOT, 0, "archived", .check = spot_done},
    {"grid", "register", REGISTER, ERR_FORBIDDEN},
    {"desk", "register", REGISTER, ERR_WRONG_STATE},
};
static const struct step SPOT_WITH_CALL[] = {
    {"grid", "settle_on_the_spot",
     "{'summary':'吵架',"PLACE",'result':'on_the_spot','contact_person':{'name':'王五'}}", 0, "settled"},
    {"grid", "archive_spot", "{}", ERR_GUARD},
    {"grid", "visit", VISIT, ERR_GUARD}, /* he settled it himself */
    {"desk", "visit", VISIT, 0, "settled"},
    {"desk", "archive_spot", "{}", 0, "archived", .check = closed},
};
static const struct step SPOT_NOT_SETTLED[] = {
    {"grid", "settle_on_the_spot", PENDING, 0, "found"}, /* it goes on to the desk */
};
static const struct step LONG_PATH[] = {
    {"grid", "report", PENDING, 0, "found"},
    {"desk", "register", REGISTER, 0, "registered"},
    {"desk", "triage", TRIAGE, 0, "triaged"},
    {"mediator", "accept", ACCEPT, 0, "mediating"},
    {"mediator", "session", SESSION, 0, "mediating"},
    {"mediator", "agree", AGREE, 0, "agreed"},
    {"mediator", "take_effect", IN_FORCE, 0, "performing"},
    {"mediator", "visit", VISIT_OF("'party':'applicant'"), ERR_GUARD}, /* who mediated does not call */
    {"desk", "visit_reopen", VISIT_BAD, ERR_REQUIRED, "part"}, /* each party is asked by itself: which one? */
    {"desk", "visit_reopen",
     "{'party':'applicant','reopen_reason':'not_performed','performed':'no','satisfied':'dissatisfied'}",
     0, "mediating", .wait = 8LL * MS_DAY, .check = reopened},
    {"mediator", "agree", AGREE, 0, "agreed"},
    {"mediator", "take_effect", IN_FORCE, 0, "performing"},
    {"desk", "archive", "{'dossier_complete':true}", ERR_WRONG_STATE},
    {"desk", "visit", VISIT, ERR_REQUIRED, "part"},
    {"desk", "visit", VISIT_OF("'party':'respondent'"), 0, "revisited", .check = one_asked},
    {"desk", "visit", VISIT_OF("'party':'respondent'"), ERR_WRONG_STATE, "part"},
    {"desk", "archive", "{'dossier_complete':true}", ERR_GUARD}, /* the other party is still to be asked */
    {"desk", "visit", VISIT, 0, "revisited", .check = both_asked},
    {"desk", "archive", "{'dossier_complete':false}", ERR_GUARD},
    {"desk", "archive", "{'dossier_complete':true}", 0, "archived", .check = closed},
    {"mediator", "session", SESSION, ERR_WRONG_STATE},
    {"desk", "urge", "{}", ERR_FORBIDDEN},
    {"leader", "urge", "{}", ERR_WRONG_STATE},
    {"desk", "comment", "{'text':'归档后补一句'}", 0, "archived"},
    {"desk", "reopen", "{'reopen_reason':'new_facts'}", 0, "mediating"},
};
/* From the centre to who takes it (registers, accepts); whoever does a step beside that takes it from nobody. */
static const struct step HOLD[] = {
    {"grid", "report", PENDING, 0, "found", .check = at_centre},
    {"mediator", "register", REGISTER, 0, "registered", .check = at_committee},
    {"desk", "triage", TRIAGE, 0, "triaged", .check = at_committee},
    {"desk", "transfer", "{'to_org':'@police'}", ERR_FORBIDDEN},
    {"mediator", "transfer", "{'to_org':'@police'}", 0, "triaged", .check = at_police},
    {"mediator", "accept", ACCEPT, 0, "mediating", .check = at_police}, /* who was sent it has it */
    {"handler", "sign", "{}", 0, "mediating", .check = signed_for},
};
static const struct step HOLD_AND_CALL[] = {
    {"grid", "report", PENDING, 0, "found", .check = at_centre},
    {"desk", "register", REGISTER, 0, "registered", .check = at_centre},
    {"mediator", "session", SESSION, ERR_WRONG_STATE},
    {"desk", "triage", TRIAGE, 0, "triaged", .check = at_centre},
    {"mediator", "accept", ACCEPT, 0, "mediating", .check = at_committee},
    {"mediator", "agree", AGREE, 0, "agreed"},
    {"mediator", "take_effect", IN_FORCE, 0, "performing"},
    {"desk", "visit", VISIT_OF("'party':'respondent'"), 0, "revisited", .check = at_committee},
    {"desk", "visit_reopen",
     "{'reopen_reason':'not_performed','performed':'no','satisfied':'dissatisfied'}", 0, "mediating",
     .check = at_committee},
};
/* Settled on the spot it is its settler's, not closed too; when it breaks out again the centre has it. */
static const struct step HOLD_SPOT[] = {
    {"grid", "settle_on_the_spot",
     "{'summary':'吵架',"PLACE",'result':'on_the_spot','contact_person':{'name':'王五'}}", 0, "settled",
     .check = at_committee},
    {"desk", "visit_reopen_spot",
     "{'reopen_reason':'not_settled','performed':'no','satisfied':'dissatisfied'}", 0, "registered",
     .check = at_centre},
};
static const struct step REFUSED[] = {
    {"grid", "report", "{"PLACE",'result':'pending'}", ERR_REQUIRED, "summary"},
    {"grid", "report", "{'summary':' 　 ',"PLACE",'result':'pending'}", ERR_REQUIRED, "summary"},
    {"grid", "report", "{'summary':'x',"PLACE",'result':'nonsense'}", ERR_UNKNOWN_CODE, "result"},
    {"grid", "report", "{'summary':'x',"PLACE",'result':'pending','typ':'0201'}", ERR_UNKNOWN_FIELD, "typ"},
    {"grid", "report", "{'summary':'x','place':{'lon':'181','lat':'1'},'result':'pending'}", ERR_INPUT, "place"},
    {"grid", "report", "{'summary':'x','place':{'lon':'1'},'result':'pending'}", ERR_INPUT, "place"},
    {"grid", "report", "{'summary':'x','place':{'lon':'115','lat':'28','crs':'BD-09'},'result':'pending'}", ERR_INPUT,
     "place"},
    {"grid", "report", "{'summary':'x','place':{'lon':'181','lat':'28','crs':'GCJ-02'},'result':'pending'}", ERR_INPUT,
     "place"},
    {"grid", "report", "{'summary':'x','place':{'chainage':'K12+300'},'result':'pending'}", ERR_REQUIRED,
     "place"},
    {"grid", "report", "{'summary':'x','place':{'road':320},'result':'pending'}", ERR_INPUT,
     "place"},
    {"grid", "report", "{'summary':'x','place':{'road':'G320','chainage':12300},'result':'pending'}", ERR_INPUT,
     "place"},
    {"grid", "report", "{'summary':'x','place':{'road':'G320','chainage':'K12+3'},'result':'pending'}", ERR_INPUT,
     "place"},
    {"grid", "report", "{'summary':'x','place':{'road':'G320','chainage_to':'K12'},'result':'pending'}", ERR_INPUT,
     "place"},
    {"grid", "report", "{'summary':'x','place':{'road':'G3','chainage':'K12','chainage_to':'K11'},'result':'pending'}",
     ERR_INPUT, "place"},
    {"grid", "report", "{'summary':'x',"PLACE",'result':'written'}", ERR_GUARD},
    {"grid", "report", "{'summary':7,"PLACE",'result':'pending'}", ERR_INPUT, "summary"},
    {"grid", "report", "[]", ERR_INPUT, "fields"},
    {"desk", "register", REGISTER, ERR_WRONG_STATE}, /* it opens nothing */
    {"grid", "transfer", "{'to_org':'@police'}", ERR_INPUT, "action"},
    {"grid", "load", PENDING, ERR_FORBIDDEN}, /* the importer's */
    {"stranger", "report", PENDING, ERR_FORBIDDEN},
    {"handler", "report", PENDING, ERR_FORBIDDEN},
    {"leader", "report", PENDING, ERR_FORBIDDEN},
    {"grid", "report", PENDING, 0, "found"},
    {"grid", "report", PENDING, ERR_WRONG_STATE},
    {"desk", "settle_on_the_spot", PENDING, ERR_FORBIDDEN},
    {"grid", "settle_on_the_spot", PENDING, ERR_WRONG_STATE},
    {"desk", "nonsense", "{}", ERR_INPUT, "action"},
    {"grid", "register", REGISTER, ERR_FORBIDDEN},
    {"stranger", "register", REGISTER, ERR_FORBIDDEN},
    {"handler", "comment", "{'text':'x'}", ERR_FORBIDDEN},
    {"admin", "comment", "{'text':'x'}", ERR_FORBIDDEN},
    {"desk", "triage", TRIAGE, ERR_WRONG_STATE},
    {"desk", "register", "{}", ERR_REQUIRED, "type"},
    {"desk", "register", "{'type':'0201','source':'grid','scale':'01','colour':'red'}", ERR_GUARD},
    {"desk", "register", "{'type':'16','source':'grid','scale':'01','colour':'yellow'}", ERR_UNKNOWN_CODE, "type"},
    {"desk", "register",
     "{'type':'0201','source':'grid','scale':'01','colour':'yellow','people':0}",
     ERR_INPUT, "people"},
    {"desk", "register",
     "{'type':'0201','source':'grid','scale':'01','colour':'yellow','amount':'1.005'}",
     ERR_INPUT, "amount"},
    {"desk", "register",
     "{'type':'0201','source':'grid','scale':'01','colour':'yellow','applicant':[{'height':'1'}]}",
     ERR_UNKNOWN_FIELD, "applicant"},
    {"desk", "comment", "{}", ERR_REQUIRED, "text"},
    {"desk", "attach", "{'documents':[{'doc':'nonsense'}]}", ERR_INPUT, "documents"},
    {"desk", "look", "{'fields':['applicant']}", ERR_REQUIRED, "purpose"},
    {"desk", "look", "{'fields':['nonsense'],'purpose':'x'}", ERR_INPUT, "fields"},
    {"grid", "look", "{'fields':['applicant'],'purpose':'x'}", ERR_FORBIDDEN},
    {"desk", "link", "{'to':'x'}", ERR_INPUT, "to"},
};
static const struct step TRANSFER[] = {
    {"desk", "report", PENDING, 0, "found"},
    {"handler", "sign", "{}", ERR_FORBIDDEN},
    {"desk", "transfer", "{}", ERR_REQUIRED, "to_org"},
    {"desk", "transfer", "{'to_org':'@centre'}", ERR_INPUT, "to_org"},
    {"desk", "transfer", "{'to_org':'00000000-0000-7000-8000-000000000000'}", ERR_INPUT, "to_org"},
    {"desk", "transfer", "{'to_org':'@police','mode':'throw'}", ERR_INPUT, "mode"},
    {"mediator", "transfer", "{'to_org':'@police'}", ERR_FORBIDDEN}, /* the centre holds it */
    {"desk", "transfer", "{'to_org':'@police','note':'请办理'}", 0, "found", .check = at_police},
    {"desk", "transfer", "{'to_org':'@fire'}", ERR_FORBIDDEN}, /* not his any more */
    {"centre", "transfer", "{'to_org':'@fire'}", ERR_WRONG_STATE},
    {"mediator", "sign", "{}", ERR_FORBIDDEN},
    {"fireman", "sign", "{}", ERR_FORBIDDEN},
    {"handler", "sign", "{}", 0, "found", .check = signed_for},
    {"handler", "sign", "{}", ERR_WRONG_STATE},
    {"handler", "return", "{}", ERR_INPUT, "reason"},
    {"handler", "return", "{'reason':'not_ours'}", ERR_REQUIRED, "right_org"},
    {"mediator", "return", "{'reason':'wrong_area'}", ERR_WRONG_STATE},
    {"handler", "return", "{'reason':'not_ours','right_org':'@fire'}", 0, "found", .check = back_home},
    {"handler", "return", "{'reason':'wrong_area'}", ERR_WRONG_STATE},
    {"desk", "transfer", "{'to_org':'@police'}", 0, "found", .check = at_police},
    {"handler", "return", "{'reason':'incomplete'}", 0, "found", .check = back_home},
    {"desk", "transfer", "{'to_org':'@police'}", 0, "found"},
    {"handler", "return", "{'reason':'wrong_area'}", 0, "found", .check = back_thrice},
    {"desk", "transfer", "{'to_org':'@police'}", ERR_GUARD},
    {"desk", "assign", "{'to_org':'@fire'}", ERR_FORBIDDEN},
    {"centre", "assign", "{'to_org':'@fire'}", 0, "found", .check = at_fire},
    {"fireman", "return", "{'reason':'wrong_area'}", ERR_GUARD},
    {"fireman", "sign", "{}", 0, "found"},
};
static const struct step RETURN_TOO_LATE[] = {
    {"desk", "report", PENDING, 0, "found"},
    {"desk", "transfer", "{'to_org':'@police'}", 0, "found"},
    {"handler", "sign", "{}", 0, "found"},
    /* two working days, and four civil ones when a weekend lies between: five are always too many */
    {"handler", "return", "{'reason':'wrong_area'}", ERR_TOO_LATE, .wait = 5LL * MS_DAY},
};
static const struct step REVOKE[] = {
    {"desk", "report", PENDING, 0, "found"},
    {"desk", "revoke", "{}", ERR_WRONG_STATE},
    {"desk", "transfer", "{'to_org':'@police'}", 0, "found", .check = at_police},
    {"handler", "revoke", "{}", ERR_FORBIDDEN},
    {"desk", "revoke", "{}", 0, "found", .check = back_home},
    {"handler", "sign", "{}", ERR_WRONG_STATE},
    {"handler", "return", "{'reason':'wrong_area'}", ERR_WRONG_STATE},
    {"desk", "transfer", "{'to_org':'@fire'}", 0, "found", .check = at_fire},
    {"centre", "assign", "{'to_org':'@police'}", 0, "found", .check = at_police}, /* over the open one */
};
static const struct step SHARE[] = {
    {"grid", "report", ON_THE_SPOT, 0, "found"},
    {"desk", "share", "{'text':'请到场'}", ERR_REQUIRED, "orgs"},
    {"desk", "share", "{'orgs':['@police']}", ERR_REQUIRED, "text"},
    {"desk", "share", "{'orgs':['x'],'text':'请到场'}", ERR_INPUT, "orgs"},
    {"desk", "share", "{'orgs':['@police'],'text':'请到场','workdays':121}", ERR_INPUT, "workdays"},
    {"mediator", "share", "{'orgs':['@police'],'text':'请到场'}", ERR_FORBIDDEN},
    {"desk", "share", "{'orgs':['@police','@fire'],'text':'请到场','workdays':3}", 0, "found"},
    {"grid", "spot_settle", "{}", ERR_OPEN_PARTS},
    {"grid", "share_done", "{'text':'x'}", ERR_WRONG_STATE},
    {"handler", "share_done", "{}", ERR_REQUIRED, "text"},
    {"handler", "share_done", "{'text':'到场了'}", 0, "found"},
    {"handler", "share_done", "{'text':'到场了'}", ERR_WRONG_STATE},
    {"grid", "spot_settle", "{}", ERR_OPEN_PARTS}, /* the other one is open */
    {"fireman", "share_done", "{'text':'也到了'}", 0, "found"},
    {"grid", "spot_settle", "{}", 0, "archived", .check = closed},
};
static const struct step SUPERVISE[] = {
    {"grid", "report", ON_THE_SPOT, 0, "found"},
    {"desk", "supervise", "{'text':'尽快'}", ERR_FORBIDDEN},
    {"leader", "supervise", "{}", ERR_REQUIRED, "text"},
    {"leader", "supervise", "{'text':'尽快','due':'soon'}", ERR_INPUT, "due"},
    {"grid", "report_back", "{'text':'x'}", ERR_WRONG_STATE},
    {"leader", "supervise", "{'text':'三天内办好','due':'2024-12-01'}", 0, "found"},
    {"grid", "spot_settle", "{}", ERR_OPEN_PARTS},
    {"leader", "approve", "{}", ERR_WRONG_STATE},
    {"grid", "report_back", "{}", ERR_REQUIRED, "text"},
    {"grid", "report_back", "{'text':'办好了'}", 0, "found"},
    {"grid", "approve", "{}", ERR_FORBIDDEN},
    {"leader", "approve", "{'ok':false}", ERR_REQUIRED, "note"},
    {"leader", "approve", "{'ok':false,'note':'没有说清'}", 0, "found"}, /* it goes back */
    {"grid", "spot_settle", "{}", ERR_OPEN_PARTS},
    {"grid", "report_back", "{'text':'说清了'}", 0, "found"},
    {"leader", "approve", "{'ok':true}", 0, "found"},
    {"leader", "approve", "{'ok':true}", ERR_WRONG_STATE},
    {"grid", "spot_settle", "{}", 0, "archived", .check = closed},
};
static const struct step APPROVAL[] = {
    {"grid", "report", ON_THE_SPOT, 0, "found"},
    {"desk", "ask_approval", "{'steps':['head'],'text':'请批'}", ERR_INPUT, "mode"},
    {"desk", "ask_approval", "{'mode':'sequence','text':'请批'}", ERR_REQUIRED, "steps"},
    {"desk", "ask_approval", "{'mode':'sequence','steps':['king'],'text':'请批'}", ERR_INPUT, "steps"},
    {"desk", "ask_approval", "{'mode':'sequence','steps':['head']}", ERR_REQUIRED, "text"},
    {"desk", "ask_approval", "{'mode':'sequence','steps':['head','leader'],'text':'请批'}", 0, "found"},
    {"grid", "spot_settle", "{}", ERR_OPEN_PARTS},
    {"leader", "approve", "{}", ERR_FORBIDDEN}, /* not his turn */
    {"desk", "approve", "{}", ERR_FORBIDDEN},
    {"head", "approve", "{}", 0, "found"},
    {"head", "approve", "{}", ERR_FORBIDDEN},
    {"grid", "spot_settle", "{}", ERR_OPEN_PARTS},
    {"leader", "approve", "{}", 0, "found"},
    {"grid", "spot_settle", "{}", 0, "archived"},
};
static const struct step URGE[] = {
    {"grid", "report", PENDING, 0, "found"},
    {"desk", "urge", "{}", ERR_FORBIDDEN},
    {"leader", "urge", "{'text':'请抓紧'}", 0, "found"},
    {"leader", "urge", "{}", ERR_TOO_OFTEN},
    {"head", "urge", "{}", ERR_TOO_OFTEN, .wait = 2LL * MS_HOUR},
    {"head", "urge", "{}", 0, "found", .wait = 4LL * MS_DAY}, /* a working day lies between, always */
};
static const struct step AMEND[] = {
    {"grid", "report", PENDING, 0, "found"},
    {"desk", "register", REGISTER, 0, "registered"},
    {"desk", "amend", "{}", ERR_REQUIRED, "fields"},
    {"desk", "amend", "{'fields':{},'reason':'x'}", ERR_REQUIRED, "fields"},
    {"desk", "amend", "{'fields':{'colour':'orange'}}", ERR_REQUIRED, "reason"},
    {"desk", "amend", "{'fields':{'colour':'pink'},'reason':'填错'}", ERR_UNKNOWN_CODE, "colour"},
    {"desk", "amend", "{'fields':{'nonsense':1},'reason':'填错'}", ERR_UNKNOWN_FIELD},
    {"desk", "amend", "{'fields':[],'reason':'填错'}", ERR_REQUIRED, "fields"},
    {"desk", "amend", "{'area':'1','reason':'填错'}", ERR_UNKNOWN_AREA, "area"},
    {"desk", "amend", "{'area':'" DISTRICT "','reason':'填错'}", 0, "registered"},
    {"stranger", "amend", "{'fields':{'colour':'orange'},'reason':'填错'}", ERR_FORBIDDEN},
    {"desk", "amend", "{'fields':{'minor':true},'reason':'漏填'}", 0, "registered", .check = sealed},
    {"desk", "amend", "{'fields':{'minor':false,'colour':'orange'},'area':'" TOWN "','reason':'填错'}", 0,
     "registered", .check = sealed_still},
};
static const struct step UNDO_OPENING[] = {
    {"grid", "settle_on_the_spot", ON_THE_SPOT, 0, "archived"},
    {"desk", "undo", "{}", ERR_FORBIDDEN},
    {"grid", "undo", "{}", 0, NULL, .wait = 9LL * MS_MINUTE, .check = voided},
    {"grid", "undo", "{}", ERR_WRONG_STATE},
    {"grid", "comment", "{'text':'x'}", ERR_WRONG_STATE},
    {"desk", "reopen_found", "{'reopen_reason':'new_facts'}", ERR_WRONG_STATE},
};
static const struct step UNDO[] = {
    {"grid", "report", PENDING, 0, "found"},
    {"desk", "register", REGISTER, 0, "registered"},
    {"desk2", "undo", "{}", ERR_FORBIDDEN},
    {"desk", "undo", "{}", 0, "found", .check = unregistered},
    {"desk", "undo", "{}", ERR_WRONG_STATE},
    {"desk", "register", REGISTER, 0, "registered"},
    {"desk", "undo", "{}", ERR_TOO_LATE, .wait = 10LL * MS_MINUTE},
    {"leader", "urge", "{}", 0, "registered"},
    {"desk", "undo", "{}", ERR_FORBIDDEN},
};
static const struct story STORIES[] = {
    STORY(ON_SPOT),  STORY(SPOT_WITH_CALL), STORY(SPOT_NOT_SETTLED), STORY(LONG_PATH),
    STORY(HOLD),     STORY(HOLD_AND_CALL),  STORY(HOLD_SPOT),
    STORY(REFUSED),  STORY(TRANSFER),       STORY(RETURN_TOO_LATE),  STORY(REVOKE),
    STORY(SHARE),    STORY(SUPERVISE),      STORY(APPROVAL),         STORY(URGE),
    STORY(AMEND),    STORY(UNDO_OPENING),   STORY(UNDO),
};

static void stories(void **state)
{
    UNUSED(state);
    play(STORIES, COUNT_OF(STORIES));
}

/* ---- clocks ---- */

static int64_t due_of(struct house *h, struct id rec, const char *clock)
{
    const struct clock_run *c = record_clock_last(load(h, rec), str_of(clock));
    assert_non_null(c);
    return c->due;
}

static void refuse(struct house *h, const char *name, struct id rec, const char *action,
                   const char *fields, enum err_code code)
{
    struct step s = {name, action, fields, code};
    play_step(h, "refuse", 0, &s, &rec);
}

static void a_pause_moves_the_due_time(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct id rec = BEGUN(h, COUNT_OF(TO_MEDIATION));
    int64_t due = due_of(h, rec, "mediate");
    assert_true(record_due(load(h, rec)) == due);
    refuse(h, "mediator", rec, "pause", "{}", ERR_REQUIRED);
    refuse(h, "mediator", rec, "resume", "{}", ERR_WRONG_STATE);
    refuse(h, "mediator", rec, "pause", "{'clock':'triage','reason':'x'}", ERR_GUARD);
    refuse(h, "mediator", rec, "pause", "{'clock':'public_order','reason':'x'}", ERR_WRONG_STATE);
    refuse(h, "mediator", rec, "pause", "{'clock':'nonsense','reason':'x'}", ERR_WRONG_STATE);
    must(h, "mediator", rec, "pause", "{'reason':'一方住院'}");
    assert_true(record_due(load(h, rec)) == TIME_NONE);
    refuse(h, "mediator", rec, "pause", "{'reason':'x'}", ERR_WRONG_STATE);
    h->now += 7LL * MS_DAY; /* a week: the new last day is a working day as the old one was */
    must(h, "mediator", rec, "resume", "{}");
    assert_true(due_of(h, rec, "mediate") == due + 7LL * MS_DAY);
    assert_true(record_due(load(h, rec)) == due + 7LL * MS_DAY);
    refuse(h, "mediator", rec, "resume", "{}", ERR_WRONG_STATE);
}

static void an_extension_is_approved(void **state)
{
    UNUSED(state);
    static const char CONSENT[] = "{'reason':'双方还在谈','documents':[{'doc':'extension_consent'}]}";
    struct house *h = fresh();
    struct id rec = BEGUN(h, COUNT_OF(TO_MEDIATION));
    int64_t due = due_of(h, rec, "mediate");
    refuse(h, "mediator", rec, "extend", "{'reason':'双方还在谈'}", ERR_GUARD);
    refuse(h, "mediator", rec, "extend", "{'documents':[{'doc':'extension_consent'}]}", ERR_REQUIRED);
    must(h, "mediator", rec, "extend", CONSENT);
    assert_true(due_of(h, rec, "mediate") == due); /* not before it is approved */
    refuse(h, "mediator", rec, "extend", CONSENT, ERR_WRONG_STATE);
    refuse(h, "mediator", rec, "approve", "{}", ERR_FORBIDDEN);
    must(h, "head", rec, "approve", "{'ok':false,'note':'再谈一次'}");
    assert_true(due_of(h, rec, "mediate") == due);
    must(h, "mediator", rec, "extend", CONSENT);
    must(h, "head", rec, "approve", "{}");
    int64_t later = due_of(h, rec, "mediate");
    assert_true(later == due + 30LL * MS_DAY);
    refuse(h, "head", rec, "extend", CONSENT, ERR_GUARD); /* once only */
    assert_true(due_of(h, rec, "mediate") == later);
    assert_int_equal(record_clock_last(load(h, rec), STR("mediate"))->extended, 1);
}

static void the_head_extends_by_himself(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct id rec = BEGUN(h, 3);
    int64_t due = due_of(h, rec, "accept");
    must(h, "head", rec, "extend", "{'reason':'案情复杂'}");
    assert_true(due_of(h, rec, "accept") > due);
    assert_int_equal(record_open_parts(load(h, rec), "approval"), 0);
    refuse(h, "desk", rec, "extend", "{'reason':'x'}", ERR_GUARD); /* nothing to approve: it was once */
    refuse(h, "desk", rec, "extend", "{'clock':'triage','reason':'x'}", ERR_WRONG_STATE);
    refuse(h, "head", rec, "extend", "{'clock':'register','reason':'x'}", ERR_WRONG_STATE);
}

/* ---- times that are claimed ---- */

static void what_is_entered_late(void **state)
{
    UNUSED(state);
    static const struct {
        int64_t ago;
        enum err_code err;
        bool late;
    } CASES[] = {
        {0, ERR_NONE, false},
        {-4 * MS_MINUTE, ERR_NONE, false},
        {-6 * MS_MINUTE, ERR_INPUT, false},
        {20 * MS_HOUR, ERR_NONE, false},
        {2LL * MS_DAY, ERR_NONE, true},
        {30LL * MS_DAY, ERR_NONE, true},
        {31LL * MS_DAY, ERR_TOO_LATE, false},
        {4000LL * MS_DAY, ERR_TOO_LATE, false},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct house *h = fresh();
        struct answer ans;
        struct ask ask = ask_of(h, "grid", "report", PENDING);
        ask.type = STR("dispute");
        ask.area = STR(VILLAGE);
        ask.at = h->now - CASES[i].ago;
        engine_act(h->en, h->a, &ask, &ans);
        if (ans.err.code != CASES[i].err)
            fail_msg("case %zu: %s", i, ans.ok ? "done" : ans.err.text);
        if (!ans.ok) {
            assert_string_equal(ans.err.field, "at");
            continue;
        }
        const struct record *r = load(h, ans.record);
        assert_true(r->opened == ask.at);
        assert_true(r->recorded == h->now);
        assert_int_equal(record_flag(r, "$late"), CASES[i].late);
    }
}

static void nothing_happens_before_the_opening(void **state)
{
    UNUSED(state);
    static const char *const ACTS[][2] = {{"register", REGISTER}, {"comment", "{'text':'x'}"}};
    struct house *h = fresh();
    struct id rec = BEGUN(h, 1);
    int64_t opened = load(h, rec)->opened;
    for (size_t i = 0; i < COUNT_OF(ACTS); i++) {
        struct answer ans;
        struct ask ask = ask_of(h, "desk", ACTS[i][0], ACTS[i][1]);
        ask.rec = rec;
        ask.at = opened - 1;
        assert_false(engine_act(h->en, h->a, &ask, &ans));
        assert_int_equal(ans.err.code, ERR_INPUT);
        ask.at = h->now + 6 * MS_MINUTE;
        assert_false(engine_act(h->en, h->a, &ask, &ans));
        assert_int_equal(ans.err.code, ERR_INPUT);
        assert_string_equal(ans.err.field, "at");
    }
}

/* The machine's clock goes back: what is recorded does not (decisions 4). */
static void time_that_goes_back(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct answer first = must(h, "grid", (struct id){{0}}, "report", PENDING);
    h->now -= MS_HOUR;
    struct answer second = act(h, "grid", (struct id){{0}}, "report", PENDING);
    h->now += MS_HOUR;
    assert_true(second.ok);
    assert_true(second.recorded == first.recorded);
    assert_true(second.seq > first.seq);
}

/* ---- two matters ---- */

static void merged_and_parted(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct id main = BEGUN(h, 2), twin = BEGUN(h, 2);
    char main_text[ID_TEXT + 1], twin_text[ID_TEXT + 1];
    id_format(main, main_text);
    id_format(twin, twin_text);
    const char *into = arena_printf(h->a, "{'into':'%s','reason':'同一件事'}", main_text);

    refuse(h, "desk", twin, "unmerge", "{}", ERR_WRONG_STATE);
    refuse(h, "desk", twin, "merge", "{'into':'x','reason':'x'}", ERR_INPUT);
    refuse(h, "desk", twin, "merge", arena_printf(h->a, "{'into':'%s'}", main_text), ERR_REQUIRED);
    refuse(h, "desk", twin, "merge", arena_printf(h->a, "{'into':'%s','reason':'x'}", twin_text), ERR_INPUT);
    refuse(h, "desk", twin, "merge", arena_printf(h->a, "{'into':'%s','reason':'x'}", h->orgs[0]), ERR_INPUT);
    int64_t ver = load(h, main)->ver, size = house_size(h);
    int links = (int)load(h, main)->links->n; /* one, when others of this suite were closed here */
    struct answer ans = must(h, "desk", twin, "merge", into);
    assert_true(id_eq(ans.record, twin));
    assert_int_equal(house_size(h), size + 2);
    assert_true(str_is(record_merged(load(h, twin)), main_text));
    assert_true(record_due(load(h, twin)) == TIME_NONE);
    const struct record *r = load(h, main);
    assert_int_equal(r->ver, ver + 1);
    assert_int_equal(r->links->n, links + 1);
    assert_true(str_is(json_text(r->links->last, "to"), twin_text));
    refuse(h, "desk", twin, "triage", TRIAGE, ERR_WRONG_STATE);
    refuse(h, "desk", twin, "comment", "{'text':'x'}", ERR_WRONG_STATE);
    refuse(h, "desk", twin, "merge", into, ERR_WRONG_STATE);
    refuse(h, "desk", twin, "undo", "{}", ERR_WRONG_STATE);

    must(h, "desk", twin, "unmerge", "{}");
    assert_int_equal(record_merged(load(h, twin)).len, 0);
    assert_int_equal(load(h, main)->links->n, links);
    must(h, "desk", twin, "triage", TRIAGE);
}

/* Nobody writes into a matter that he may not see, and closed ones take nothing in. */
static void merged_where_it_may_not_be(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct answer ans;
    struct id mine = BEGUN(h, 1);
    struct ask ask = ask_of(h, "stranger", "report", PENDING);
    ask.type = STR("dispute");
    assert_true(engine_act(h->en, h->a, &ask, &ans)); /* without an area: his own */
    struct id foreign = ans.record;
    assert_true(str_is(load(h, foreign)->code, OTHER));
    const char *into = arena_printf(h->a, "{'into':'%s','reason':'x'}", id_text(h->a, foreign).ptr);
    refuse(h, "desk", mine, "merge", into, ERR_INPUT);
    struct id closed_one = must(h, "grid", (struct id){{0}}, "settle_on_the_spot", ON_THE_SPOT).record;
    into = arena_printf(h->a, "{'into':'%s','reason':'x'}", id_text(h->a, closed_one).ptr);
    refuse(h, "desk", mine, "merge", into, ERR_WRONG_STATE);
}

/* ---- taking back ---- */

/* Whatever is taken back, the matter is as it was, but for the number of its events. */
static void undone_without_a_trace(void **state)
{
    UNUSED(state);
    static const struct {
        size_t begun;
        const char *who, *act, *fields;
    } CASES[] = {
        {1, "desk", "register", REGISTER},
        {2, "desk", "triage", TRIAGE},
        {2, "desk", "transfer", "{'to_org':'@police','note':'请办'}"},
        {2, "centre", "assign", "{'to_org':'@fire'}"},
        {2, "desk", "share", "{'orgs':['@police','@fire'],'text':'请到场'}"},
        {2, "leader", "supervise", "{'text':'尽快','due':'2024-12-01'}"},
        {2, "leader", "urge", "{}"},
        {2, "leader", "instruct", "{'text':'请重视'}"},
        {2, "desk", "comment", "{'text':'x'}"},
        {2, "desk", "amend", "{'fields':{'people':7,'summary':'改过的'},'area':'" TOWN "','reason':'填错'}"},
        {2, "desk", "ask_approval", "{'mode':'all','steps':['head'],'text':'请批'}"},
        {3, "mediator", "accept", ACCEPT},
        {4, "mediator", "session", SESSION},
        {4, "mediator", "pause", "{'reason':'一方住院'}"},
        {4, "head", "extend", "{'reason':'还在谈','documents':[{'doc':'extension_consent'}]}"},
        {4, "mediator", "agree", AGREE},
        {4, "mediator", "withdraw", "{}"},
        {4, "mediator", "attach", "{'documents':[{'doc':'evidence'}]}"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct house *h = fresh();
        struct id rec = BEGUN(h, CASES[i].begun);
        const struct record *before = load(h, rec);
        must(h, CASES[i].who, rec, CASES[i].act, CASES[i].fields);
        assert_false(record_same(before, load(h, rec)));
        must(h, CASES[i].who, rec, "undo", "{}");
        struct record *after = load(h, rec);
        assert_int_equal(after->ver, before->ver + 2);
        after->ver = before->ver;
        after->last_seq = before->last_seq;
        after->last_at = before->last_at;
        if (!record_same(before, after)) {
            struct buf a = BUF(1 << 20), b = BUF(1 << 20);
            record_write(&a, before);
            record_write(&b, after);
            fail_msg("%s: before %.*s after %.*s", CASES[i].act, STR_F(buf_view(&a)), STR_F(buf_view(&b)));
        }
    }
}

/* ---- units that are gone ---- */

static void a_closed_unit_gets_nothing(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct answer ans = open_sys(h, "sys.org", house_json(h, "{'name':'旧所','kind':'police','area':'" TOWN "'}"));
    const char *unit = id_text(h->a, ans.record).ptr;
    const char *to = arena_printf(h->a, "{'to_org':'%s'}", unit);
    const char *with = arena_printf(h->a, "{'orgs':['%s'],'text':'请到场'}", unit);
    struct id rec = BEGUN(h, 2);
    must(h, "desk", rec, "transfer", to);
    must(h, "desk", rec, "revoke", "{}");
    must(h, "operator", ans.record, "close", "{}");
    refuse(h, "desk", rec, "transfer", to, ERR_INPUT);
    refuse(h, "centre", rec, "assign", to, ERR_INPUT);
    refuse(h, "desk", rec, "share", with, ERR_INPUT);
    must(h, "operator", ans.record, "open_again", "{}");
    must(h, "desk", rec, "share", with);
}

/* ---- sent twice, and seen old ---- */

static void done_once(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct answer first, again, other;
    struct ask ask = ask_of(h, "grid", "settle_on_the_spot", ON_THE_SPOT);
    ask.type = STR("dispute");
    ask.area = STR(VILLAGE);
    ask_set_req(&ask);
    assert_true(engine_act(h->en, h->a, &ask, &first));
    assert_false(first.again);
    assert_true(first.token[0] && first.digits[0]);
    int64_t size = house_size(h);
    h->now += 3LL * MS_DAY;
    assert_true(engine_act(h->en, h->a, &ask, &again));
    assert_true(again.again);
    assert_int_equal(again.seq, first.seq);
    assert_true(again.recorded == first.recorded);
    assert_true(hash_eq(&again.leaf, &first.leaf));
    assert_true(id_eq(again.record, first.record) && id_eq(again.event, first.event));
    assert_string_equal(again.number, first.number);
    assert_string_equal(again.token, ""); /* it is said once */

    ask.fields = house_json(h, PENDING);
    ask_set_req(&ask);
    assert_false(engine_act(h->en, h->a, &ask, &other));
    assert_int_equal(other.err.code, ERR_ID_USED);
    ask.actor = who(h, "desk"); /* the same request by somebody else */
    ask.fields = house_json(h, ON_THE_SPOT);
    ask_set_req(&ask);
    assert_false(engine_act(h->en, h->a, &ask, &other));
    assert_int_equal(other.err.code, ERR_ID_USED);
    ask.has_req = false;
    assert_false(engine_act(h->en, h->a, &ask, &other));
    assert_int_equal(other.err.code, ERR_ID_USED);
    assert_int_equal(house_size(h), size);
}

static void a_dry_run_writes_nothing(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct id rec = BEGUN(h, 1);
    struct hash before = house_digest(h), after;
    struct answer ans;
    struct ask ask = ask_of(h, "desk", "register", REGISTER);
    ask.rec = rec;
    ask.dry = true;
    assert_true(engine_act(h->en, h->a, &ask, &ans));
    after = house_digest(h);
    assert_true(hash_eq(&before, &after));
    ask.fields = house_json(h, "{}");
    assert_false(engine_act(h->en, h->a, &ask, &ans));
    assert_int_equal(ans.err.code, ERR_REQUIRED);
}

static struct answer seen_old(struct house *h, const char *name, struct id rec, int64_t version,
                              const char *action, const char *fields)
{
    struct answer ans;
    struct ask ask = ask_of(h, name, action, fields);
    ask.rec = rec;
    ask.version = version;
    engine_act(h->en, h->a, &ask, &ans);
    return ans;
}

static void an_old_version(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct id rec = BEGUN(h, COUNT_OF(TO_MEDIATION));
    int64_t v = load(h, rec)->ver;
    struct answer ans = seen_old(h, "desk", rec, v + 1, "comment", "{'text':'x'}");
    assert_int_equal(ans.err.code, ERR_INPUT);
    assert_string_equal(ans.err.field, "version");
    ans = seen_old(h, "mediator", rec, v + 1, "session", SESSION);
    assert_int_equal(ans.err.code, ERR_INPUT);

    must(h, "mediator", rec, "session", "{'session_on':'@today','session_manner':'apart','session_note':'a'}");
    ans = seen_old(h, "mediator", rec, v, "session", SESSION); /* the same fields meanwhile */
    assert_int_equal(ans.err.code, ERR_STALE);
    assert_true(json_get(ans.conflict, "session_manner") && json_get(ans.conflict, "session_note"));
    assert_null(json_get(ans.conflict, "investigation"));
    ans = seen_old(h, "mediator", rec, v, "agree", AGREE); /* other fields: it fits */
    assert_true(ans.ok);
    ans = seen_old(h, "mediator", rec, v, "session", "{}"); /* the state moved on */
    assert_int_equal(ans.err.code, ERR_STALE);
    assert_int_equal(ans.conflict->n, 0);
}

/* Both sides as people read them; of a person neither. */
static void both_sides_in_words(void **state)
{
    static const struct {
        const char *field, *mine, *other, *yours, *theirs;
    } CASES[] = {
        {"colour", "'yellow'", "'red'", "黄色（就地化解）", "红色（立即报告）"},
        {"colour", "'mauve'", "'red'", "mauve", "红色（立即报告）"}, /* not one of the list: as it came */
        {"people", "7", "12", "7 人", "12 人"},
        {"amount", "'1500.5'", "'80'", "1500.50 元", "80.00 元"},
        {"occurred_on", "'2024-03-02'", "'2024-03-01'", "2024-03-02", "2024-03-01"},
        {"minor", "true", "false", "是", "否"},
        {"place", "{'text':'老桥头'}", "{'text':'新桥头'}", "老桥头", "新桥头"},
        {"place", "{'lon':'115.8','lat':'28.6'}", "'新桥头'", "地图上的一点", "新桥头"},
        {"summary", "'为水沟争执'", "'为水沟和墙争执'", "为水沟争执", "为水沟和墙争执"},
        {"summary", "'为水沟争执'", "null", "为水沟争执", ""},
        {"people", "null", "12", "", "12 人"},
        {"respondent", "[{'name':'李秀兰'}]", "[{'name':'李秀梅','phone':'13812345678'}]", "个人信息，已隐去",
         "个人信息，已隐去"},
    };
    UNUSED(state);
    struct house *h = fresh();
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct id rec = BEGUN(h, 2);
        int64_t v = load(h, rec)->ver;
        char mine[300], other[300];
        snprintf(mine, sizeof mine, "{'fields':{'%s':%s},'reason':'填错'}", CASES[i].field, CASES[i].mine);
        snprintf(other, sizeof other, "{'fields':{'%s':%s},'reason':'填错'}", CASES[i].field, CASES[i].other);
        must(h, "desk", rec, "amend", other);
        struct answer ans = seen_old(h, "desk2", rec, v, "amend", mine);
        conflict_is(&ans, CASES[i].field, CASES[i].yours, CASES[i].theirs);
        const struct json *side = json_get(ans.conflict, CASES[i].field);
        bool personal = str_is(side->key, "respondent");
        assert_true(personal ? json_yes(side, "hidden") && !json_get(side, "at")
                             : json_text(side, "at").len && json_text(side, "org_name").len);
    }
}

static void an_old_version_is_amended(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct id rec = BEGUN(h, 2);
    int64_t v = load(h, rec)->ver;
    must(h, "desk", rec, "amend", "{'fields':{'colour':'orange'},'reason':'填错'}");
    struct answer ans = seen_old(h, "desk2", rec, v, "amend",
                                 "{'fields':{'colour':'red','people':3},'reason':'填错'}");
    conflict_is(&ans, "colour", "红色（立即报告）", "橙色（当日处理）");
    assert_true(str_is(json_text(json_get(json_get(ans.conflict, "colour"), "label"), "zh"), "风险颜色"));
    ans = seen_old(h, "desk2", rec, v, "amend", "{'fields':{'people':3},'reason':'漏填'}");
    assert_true(ans.ok);
    ans = seen_old(h, "desk2", rec, v, "amend", "{'fields':{'people':null},'reason':'不知道'}");
    assert_int_equal(ans.err.code, ERR_STALE); /* emptying it is a change as well */
    ans = seen_old(h, "desk2", rec, v + 2, "amend", "{'fields':{'people':4},'reason':'数错'}");
    assert_true(ans.ok);
}

/* ---- rows of another system ---- */

static struct answer import_row(struct house *h, const char *name, const char *fields)
{
    struct answer ans;
    struct ask ask = row(h, name, "17", fields);
    engine_act(h->en, h->a, &ask, &ans);
    return ans;
}

static void an_imported_row(void **state)
{
    UNUSED(state);
    static const char FIRST[] = "{'summary':'旧件','result':'pending','type':'0201','opened':'2023-05-01 08:00:00'}";
    static const char SECOND[] = "{'summary':'旧件','result':'written','type':'0201','opened':'2023-05-01 08:00:00'}";
    struct house *h = fresh();
    int64_t size = house_size(h);
    assert_int_equal(import_row(h, "grid", FIRST).err.code, ERR_FORBIDDEN);
    assert_int_equal(import_row(h, "desk", "{'summary':'x','result':'nonsense'}").err.code, ERR_UNKNOWN_CODE);
    assert_int_equal(import_row(h, "desk", "{'summary':'x','result':'pending','opened':'then'}").err.code, ERR_INPUT);
    assert_int_equal(house_size(h), size);
    struct answer first = import_row(h, "desk", FIRST), again = import_row(h, "desk", FIRST);
    assert_true(first.ok && !first.same);
    assert_string_equal(first.token, ""); /* nobody gets a slip for what is years old */
    assert_true(again.ok && again.same && id_eq(again.record, first.record));
    const struct record *r = load(h, first.record);
    assert_int_equal(r->ver, 1);
    assert_true(r->opened == 1682899200000 && r->recorded == first.recorded);
    struct answer changed = import_row(h, "desk", SECOND);
    assert_true(changed.ok && !changed.same && id_eq(changed.record, first.record));
    assert_int_equal(changed.version, 2);
    assert_int_equal(house_size(h), size + 2);

    must(h, "desk", first.record, "comment", "{'text':'在本系统办过'}");
    struct answer stale = import_row(h, "desk", FIRST);
    assert_int_equal(stale.err.code, ERR_STALE);
    assert_true(import_row(h, "desk", SECOND).same); /* what it said before is no news */
    assert_int_equal(load(h, first.record)->ver, 3);
}

/* ---- the system's own records ---- */

static void system_records(void **state)
{
    UNUSED(state);
    static const struct {
        const char *who, *type, *fields;
        enum err_code err;
        const char *field;
    } CASES[] = {
        {"desk", "sys.area", "{'areas':[{'code':'9','name':'x'}]}", ERR_FORBIDDEN, ""},
        {"admin", "sys.area", "{}", ERR_INPUT, "areas"},
        {"admin", "sys.area", "{'areas':[{'code':'" TOWN "','name':'x'}]}", ERR_UNIQUE, "code"},
        {"admin", "sys.area", "{'areas':[{'code':'8','name':'x'},{'code':'8','name':'y'}]}", ERR_UNIQUE, "code"},
        {"admin", "sys.area", "{'areas':[{'code':'9','name':'x','parent':'7'}]}", ERR_UNKNOWN_AREA, "parent"},
        {"admin", "sys.area", "{'areas':[{'code':'9'}]}", ERR_INPUT, "areas"},
        {"admin", "sys.org", "{'name':'x'}", ERR_UNKNOWN_AREA, "area"},
        {"admin", "sys.org", "{'area':'" TOWN "'}", ERR_REQUIRED, "name"},
        {"admin", "sys.account", "{'login':'w'}", ERR_INPUT, "roles"},
        {"admin", "sys.account", "{'login':'w','roles':[{'role':'king','area':'" TOWN "'}]}", ERR_INPUT, "role"},
        {"admin", "sys.account", "{'login':'w','roles':[{'role':'desk','area':'7'}]}", ERR_UNKNOWN_AREA, "area"},
        {"admin", "sys.playbook", "{'text':'playbook: x'}", ERR_SYNTAX, "text"},
        {"admin", "sys.calendar", "{'csv':'nonsense'}", ERR_NONE, NULL},
        {"admin", "sys.genesis", "{'origin':'x','zone':'UTC'}", ERR_WRONG_STATE, ""},
        {"admin", "sys.nonsense", "{}", ERR_INPUT, "type"},
        {"admin", "sys.account", "{'login':'wang','roles':[{'role':'desk','area':'" TOWN "'}]}", ERR_NONE, ""},
        {"admin", "sys.account", "{'login':'wang','roles':[{'role':'desk','area':'" TOWN "'}]}", ERR_UNIQUE, "login"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct house *h = fresh();
        struct answer ans;
        struct ask ask = ask_of(h, CASES[i].who, NULL, CASES[i].fields);
        ask.type = str_of(CASES[i].type);
        int64_t size = house_size(h);
        bool ok = engine_act(h->en, h->a, &ask, &ans);
        if (!CASES[i].field) { /* whichever way: refused, and the log as it was */
            assert_false(ok);
            assert_int_equal(house_size(h), size);
            continue;
        }
        if (ans.err.code != CASES[i].err || strcmp(ans.err.field, CASES[i].field) != 0)
            fail_msg("case %zu: %s (%s)", i, ok ? "done" : ans.err.text, ans.err.field);
        assert_int_equal(house_size(h), size + ok);
    }
}

/* ---- opened again ---- */

static void closed_and_opened(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct err e = ERR_INIT;
    struct engine_config cfg = {.url = h->t.url, .clock = {house_now, h}};
    struct id rec = BEGUN(h, COUNT_OF(TO_MEDIATION));
    struct hash before = house_digest(h), after;
    engine_close(h->en);
    h->en = NULL;
    assert_false(engine_init(h->t.url, "Asia/Shanghai", "bihuan.test/log", cfg.clock, &e));
    assert_int_equal(e.code, ERR_UNIQUE);
    err_clear(&e);
    cfg.read_only = true;
    assert_true(engine_open(&cfg, &h->en, &e));
    struct answer ans = act(h, "mediator", rec, "session", SESSION);
    assert_int_equal(ans.err.code, ERR_READ_ONLY);
    engine_close(h->en);
    after = house_digest(h);
    assert_true(hash_eq(&before, &after));
    cfg.read_only = false;
    assert_true(engine_open(&cfg, &h->en, &e));
    for (size_t i = 0; i < COUNT_OF(TO_PERFORMANCE); i++)
        play_step(h, "after opening again", i, &TO_PERFORMANCE[i], &rec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stories),
        cmocka_unit_test(a_pause_moves_the_due_time),
        cmocka_unit_test(an_extension_is_approved),
        cmocka_unit_test(the_head_extends_by_himself),
        cmocka_unit_test(what_is_entered_late),
        cmocka_unit_test(nothing_happens_before_the_opening),
        cmocka_unit_test(time_that_goes_back),
        cmocka_unit_test(merged_and_parted),
        cmocka_unit_test(merged_where_it_may_not_be),
        cmocka_unit_test(undone_without_a_trace),
        cmocka_unit_test(a_closed_unit_gets_nothing),
        cmocka_unit_test(done_once),
        cmocka_unit_test(a_dry_run_writes_nothing),
        cmocka_unit_test(an_old_version),
        cmocka_unit_test(both_sides_in_words), cmocka_unit_test(an_old_version_is_amended),
        cmocka_unit_test(an_imported_row),
        cmocka_unit_test(system_records),
        cmocka_unit_test(closed_and_opened),
        cmocka_unit_test(all_is_what_the_log_says),
    };
    return RUN_ON_BOTH(tests);
}
