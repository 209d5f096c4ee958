/* Follow-ups: who was not reached, who was left out and by whom, and re-checks of matters drawn by lot; on both
 * engines, and everything is what the log says. */
#include "engine/test_int.h"
#include "record/waiting.h"

static void applicant_lost(struct house *h, const struct record *r)
{
    UNUSED(h);
    calls(r, 2, 1, 0, 0);
    assert_int_equal(json_num(r->fields, "calls_unreached", 0), 1);
    assert_true(str_is(json_text(record_part(r, 1), "outcome"), "unreached") ||
                str_is(json_text(record_part(r, 2), "outcome"), "unreached"));
}

static void one_lost(struct house *h, const struct record *r)
{
    UNUSED(h);
    calls(r, 2, 2, 1, 1);
}

/* The applicant is no more asked and not in N; who left him out is counted by his role. */
static void applicant_left_out(struct house *h, const struct record *r)
{
    UNUSED(h);
    calls(r, 1, 0, 0, 0);
    assert_int_equal(json_num(r->fields, "left_out_desk", 0), 1);
    assert_int_equal(json_num(r->fields, "left_out_head", 0), 0);
    assert_int_equal(json_num(r->fields, "calls_unreached", 0), 0);
    assert_int_equal(record_open_parts(r, "follow_up"), 1);
}

static void both_left_out(struct house *h, const struct record *r)
{
    UNUSED(h);
    calls(r, 0, 0, 0, 0);
    assert_int_equal(json_num(r->fields, "left_out_desk", 0), 1);
    assert_int_equal(json_num(r->fields, "left_out_head", 0), 1);
    JSON_EACH (p, r->parts)
        assert_true(!str_is(json_text(p, "kind"), "follow_up") || str_is(json_text(p, "outcome"), "left_out"));
}

/* Three attempts that failed, each on a day of its own, end one party's part; the other is reached. */
static const struct step NOT_REACHED[] = {
    {"grid", "report", PENDING, 0, "found"},
    {"desk", "register", REGISTER, 0, "registered"},
    {"desk", "triage", TRIAGE, 0, "triaged"},
    {"mediator", "accept", ACCEPT, 0, "mediating"},
    {"mediator", "agree", AGREE, 0, "agreed"},
    {"mediator", "take_effect", IN_FORCE, 0, "performing"},
    {"mediator", "visit_missed", MISSED, ERR_GUARD},
    {"desk", "visit_missed", "{'contact':'no_answer'}", ERR_REQUIRED, "part"},
    {"desk", "visit_missed", "{'party':'mediator','contact':'no_answer'}", ERR_WRONG_STATE, "part"},
    {"desk", "visit_missed", "{'part':99,'contact':'no_answer'}", ERR_WRONG_STATE, "part"},
    {"desk", "visit_missed", "{'party':'applicant','contact':'reached'}", ERR_GUARD},
    {"desk", "visit_missed", MISSED, 0, "performing"},
    {"desk", "visit_missed", MISSED, ERR_GUARD, "part"}, /* twice on one day */
    {"desk", "visit_missed", MISSED, 0, "performing", .wait = MS_DAY},
    {"desk", "visit_missed", MISSED, 0, "performing", .wait = MS_DAY, .check = applicant_lost},
    {"desk", "visit_missed", MISSED, ERR_WRONG_STATE, "part", .wait = MS_DAY},
    {"desk", "visit", VISIT, 0, "revisited", .check = one_lost}, /* only one is left: no need to say which */
    {"desk", "visit", VISIT, 0, "revisited", .check = one_lost}, /* beside the plan: nobody's part */
    {"desk", "agree", "{'part':1}", ERR_UNKNOWN_FIELD, "part"},  /* no answer of a follow-up */
};
/* A party that is not called for a reason leaves N, and is counted by the role of who left it out. */
static const struct step LEFT_OUT[] = {
    {"grid", "report", PENDING, 0, "found"},
    {"desk", "register", REGISTER, 0, "registered"},
    {"desk", "triage", TRIAGE, 0, "triaged"},
    {"mediator", "accept", ACCEPT, 0, "mediating"},
    {"mediator", "agree", AGREE, 0, "agreed"},
    {"desk", "leave_out", "{'party':'applicant','left_out':'declined'}", ERR_WRONG_STATE},
    {"mediator", "take_effect", IN_FORCE, 0, "performing"},
    {"mediator", "leave_out", "{'party':'applicant','left_out':'declined'}", ERR_FORBIDDEN},
    {"desk", "leave_out", "{'party':'applicant'}", ERR_REQUIRED, "left_out"},
    {"desk", "leave_out", "{'party':'applicant','left_out':'unreasonable'}", ERR_UNKNOWN_CODE, "left_out"},
    {"desk", "leave_out", "{'left_out':'declined'}", ERR_REQUIRED, "part"},
    {"desk", "leave_out", "{'party':'applicant','left_out':'declined','left_out_by':'head'}", ERR_UNKNOWN_FIELD,
     "left_out_by"},
    {"desk", "leave_out", "{'party':'applicant','left_out':'declined'}", 0, "performing", .check = applicant_left_out},
    {"head", "leave_out", "{'party':'applicant','left_out':'harm'}", ERR_WRONG_STATE, "part"},
    {"head", "leave_out", "{'left_out':'harm'}", 0, "revisited", .check = both_left_out},
    {"head", "leave_out", "{'left_out':'harm'}", ERR_WRONG_STATE, "part"},
    {"desk", "archive", "{'dossier_complete':true}", 0, "archived"},
    {"desk", "recheck", "{'recheck_performed':'yes','recheck_satisfied':'satisfied'}", ERR_GUARD}, /* not drawn */
    {"head", "draw", "{'seed':'a lottery','place':1,'of':9}", ERR_FORBIDDEN},
};

static void play(struct house *h, const char *name, const struct step *steps, size_t n, struct id *rec)
{
    for (size_t i = 0; i < n; i++)
        play_step(h, name, i, &steps[i], rec);
}

static void stories(void **state)
{
    UNUSED(state);
    struct id a = {{0}}, b = {{0}};
    play(fresh(), "not reached", NOT_REACHED, COUNT_OF(NOT_REACHED), &a);
    play(fresh(), "left out", LEFT_OUT, COUNT_OF(LEFT_OUT), &b);
}

/* ---- re-checks ---- */

static bool waits_for_a_call(struct house *h, struct id rec)
{
    struct waiting *list;
    struct err e = ERR_INIT;
    struct world *w = engine_world(h->en, &e);
    size_t n = record_waiting(h->a, w, load(h, rec), &list);
    bool call = false;
    for (size_t i = 0; i < n; i++)
        call |= strcmp(list[i].kind, "call") == 0;
    world_unref(w);
    return call;
}

static void refuse(struct house *h, const char *name, struct id rec, const char *action, const char *fields,
                   enum err_code code, const char *field)
{
    struct answer ans = act(h, name, rec, action, fields);
    assert_false(ans.ok);
    assert_int_equal(ans.err.code, code);
    assert_string_equal(ans.err.field, field);
}

#define DRAWN "{'seed':'2026-11-24 03 08 11','place':2,'of':40}"
#define AGAIN(party, performed) \
    "{'party':'" party "','recheck_performed':'" performed "','recheck_satisfied':'mostly'}"

/* A closed matter waits for a call again; what is answered stands beside the first answers, not in their place. */
static void drawn(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct id rec = BEGUN(h, COUNT_OF(TO_MEDIATION));
    play(h, "to performance", TO_PERFORMANCE, COUNT_OF(TO_PERFORMANCE), &rec);
    must(h, "desk", rec, "visit", VISIT_OF("'party':'applicant'"));
    must(h, "desk", rec, "visit", VISIT_OF("'party':'respondent'"));
    must(h, "desk", rec, "archive", "{'dossier_complete':true}");
    assert_false(waits_for_a_call(h, rec));
    refuse(h, "centre", rec, "draw", DRAWN, ERR_FORBIDDEN, "");
    refuse(h, "operator", rec, "draw", "{'place':1,'of':2}", ERR_REQUIRED, "seed");
    refuse(h, "operator", rec, "draw", "{'seed':'x','place':3,'of':2}", ERR_INPUT, "place");
    must(h, "operator", rec, "draw", DRAWN);
    refuse(h, "operator", rec, "draw", DRAWN, ERR_WRONG_STATE, "seed");
    assert_true(waits_for_a_call(h, rec));
    assert_int_equal(record_open_parts(load(h, rec), "follow_up"), 2);
    must(h, "desk", rec, "recheck", AGAIN("applicant", "no"));
    must(h, "head", rec, "recheck", AGAIN("respondent", "yes"));
    const struct record *r = load(h, rec);
    calls(r, 2, 2, 2, 2);
    assert_int_equal(json_num(r->fields, "rechecks", 0), 2);
    assert_int_equal(json_num(r->fields, "rechecks_solved", 0), 1);
    assert_int_equal(json_num(r->fields, "rechecks_content", 0), 2);
    assert_true(str_is(r->state, "archived"));
    assert_false(waits_for_a_call(h, rec));
}

/* Of a matter that was settled on the spot: its one contact, whom nobody reached three times. */
static void drawn_on_the_spot(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct answer ans = act(h, "grid", (struct id){{0}}, "settle_on_the_spot", ON_THE_SPOT);
    must(h, "operator", ans.record, "draw", DRAWN);
    for (int i = 0; i < 3; i++) {
        h->now += MS_DAY;
        must(h, "desk", ans.record, "visit_missed", "{'contact':'no_answer'}");
    }
    const struct record *r = load(h, ans.record);
    assert_true(str_is(r->state, "archived"));
    assert_int_equal(json_num(r->fields, "rechecks", 0), 1); /* not reached stays in N */
    assert_int_equal(json_num(r->fields, "rechecks_solved", 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stories),
        cmocka_unit_test(drawn),
        cmocka_unit_test(drawn_on_the_spot),
        cmocka_unit_test(all_is_what_the_log_says),
    };
    return RUN_ON_BOTH(tests);
}
