/* The loader: the struct that a good playbook becomes, and the complaint about each mistake. */
#include "playbook/testbook.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct zone *zone;
static struct complaints found;

static struct playbook *load(struct str text)
{
    struct playbook *p = playbook_load(text, zone, &found);
    assert_true((p == NULL) == (found.n > 0));
    return p;
}

static struct playbook *load_good(void)
{
    struct playbook *p = load(str_of(testbook));
    for (int i = 0; i < found.n; i++)
        print_error("%d: %s\n", found.list[i].line, found.list[i].text);
    assert_non_null(p);
    return p;
}

#define IS(s, text) assert_true(str_is((s), (text)))

static void head_and_fields(void **state)
{
    UNUSED(state);
    struct playbook *p = load_good();
    IS(p->id, "quarrel");
    assert_int_equal(p->version, 3);
    IS(p->noun.en, "Quarrels"); /* left out: as the name */
    IS(p->text, testbook);
    const struct record_def *r = &p->records[0];
    const struct field *f = &r->fields[record_field(r, STR("amount"))];
    assert_int_equal(f->type, FIELD_MONEY);
    assert_int_equal(f->decimals, 2);
    assert_int_equal(f->min, 0);
    assert_int_equal(f->max, 100050);
    IS(f->unit, "CNY");
    IS(f->column, "f.x_amount");
    IS(f->label.en, "金额");
    assert_false(f->vault);
    f = &r->fields[record_field(r, STR("people"))];
    assert_true(f->vault && f->many);
    f = &r->fields[record_field(r, STR("parts"))];
    assert_int_equal(f->n_columns, 2);
    assert_true(f->columns[0].required);
    f = &r->fields[record_field(r, STR("days_open"))];
    assert_int_equal(f->computed_type, X_INT);
    f = &r->fields[record_field(r, STR("long"))];
    assert_int_equal(f->computed_type, X_BOOL);
    f = &r->fields[record_field(r, STR("minor"))];
    assert_non_null(f->fallback_expr);
    f = &r->fields[record_field(r, STR("signed_on"))];
    assert_non_null(f->when_expr);
    assert_int_equal(f->min, INT64_MIN);
    assert_int_equal(f->codes, -1);
    assert_int_equal(r->title, record_field(r, STR("summary")));
    assert_int_equal(r->kind_field, record_field(r, STR("type")));
    assert_int_equal(r->place_field, record_field(r, STR("where_at")));
    assert_int_equal(r->backdate, 15);
    assert_int_equal(r->n_list, 4);
    assert_non_null(r->sealed_when);
    assert_int_equal(p->records[1].kind, KIND_ACTIVITY);
    assert_int_equal(p->records[1].place_field, -1);
    assert_int_equal(p->records[1].backdate, 30);
    IS(r->states[0].plain.zh, "已收到");
    IS(r->states[1].plain.zh, "调解中");
    assert_true(r->states[2].closed);
    playbook_free(p);
}

static void clocks_and_follow_up(void **state)
{
    UNUSED(state);
    struct playbook *p = load_good();
    const struct record_def *r = &p->records[0];
    const struct clock_def *c = &r->clocks[0];
    assert_int_equal(c->limit.n, 30);
    assert_int_equal(c->limit.unit, SPAN_DAYS);
    assert_true(c->next_day && c->pausable && c->main);
    assert_int_equal(c->extend_by.n, 30);
    assert_int_equal(c->extend_times, 2);
    IS(c->extend_role, "head");
    IS(c->extend_needs, "paper");
    IS(c->columns[1], "f.c_mediate_due");
    assert_int_equal(c->n_rungs, 3);
    assert_int_equal(c->rungs[0].at.n, -7);
    IS(c->rungs[0].to, "holder");
    assert_true(c->rungs[1].red);
    IS(c->rungs[2].to, "centre");
    IS(c->rungs[2].does, "drop");
    assert_int_equal(c->rungs[2].at.unit, SPAN_WORKDAYS);
    assert_false(r->clocks[1].next_day);
    assert_int_equal(r->clocks[1].extend_by.n, 0);
    const struct follow_up *f = &r->follow_ups[0];
    assert_int_equal(f->after, 2);
    assert_int_equal(f->n_rules, 2);
    IS(f->rules[0].grade, "simple");
    assert_null(f->rules[1].grade.ptr);
    assert_int_equal(f->rules[1].n, 0);
    assert_int_equal(f->base, record_field(r, STR("signed_on")));
    assert_non_null(f->when);
    playbook_free(p);
}

static void actions(void **state)
{
    UNUSED(state);
    struct playbook *p = load_good();
    const struct record_def *r = &p->records[0];
    const struct action *a = &r->actions[record_action(r, STR("report"))];
    assert_true(a->opens && a->n_from == 0 && a->n_form == 3);
    assert_true(a->form[0].required);  /* as the field says */
    assert_true(a->form[1].required);  /* ! */
    assert_false(a->form[2].required); /* ? */
    assert_int_equal(a->start[0], 1);
    assert_int_equal(a->not_by, -1);
    a = &r->actions[record_action(r, STR("begin"))];
    assert_int_equal(a->n_needs, 1);
    assert_int_equal(a->n_by, 1);
    a = &r->actions[record_action(r, STR("agree"))];
    assert_int_equal(a->n_to, 2);
    assert_non_null(a->to[0].expr);
    assert_null(a->to[1].expr);
    assert_int_equal(a->who, WHO_HOLDER);
    assert_int_equal(a->not_by, record_field(r, STR("mediator")));
    assert_int_equal(a->n_guards, 1);
    assert_int_equal(a->n_sets, 2);
    assert_null(a->answers.ptr);
    a = &r->actions[record_action(r, STR("drop"))];
    assert_true(a->from_any && a->ends_parts);
    a = &r->actions[record_action(r, STR("at_once"))];
    assert_int_equal(a->n_does, 3);
    assert_true(a->opens); /* as its first step */
    assert_true(a->does_maybe[2] && !a->does_maybe[0]);
    a = &r->actions[record_action(r, STR("load"))];
    assert_true(a->import && a->from_any && !a->to_any);
    assert_int_equal(a->form[2].field, FORM_ATTR(ATTR_opened));
    assert_true(a->form[2].required && !a->form[3].required);
    playbook_free(p);
}

/* Literals are compared with the list as they are meant, not as they are written. */
static void quoted_codes(void **state)
{
    UNUSED(state);
    static const struct {
        const char *where;
        bool good;
    } rows[] = {
        {"it IN ('x''y', 'a b')", true},
        {"it = 'x''''y'", false},
        {"it = 'xy'", false},
        {"\\\"it\\\" = 'a b'", true},
        {"\\\"it\\\" = 'a  b'", false},
        {"NOT it IN ('a b')", true},
        {"it <> 'b'", false},
        {"it LIKE 'b%'", true}, /* a pattern is no code */
        {"within(it, 'a b') AND opened > DATE('2024-01-01')", true},
        {"opened > DATE('2024-01-01') AND it = 'z'", false},
        {"lower(it) = 'z'", true},
        {"recorded > opened OR it = 'a b' AND state = 'b'", false},
    };
    static const char before[] = "playbook: a\nversion: 1\nname: 甲\n"
                                 "codes: {l: {name: 一, list: {\"x'y\": 二, a b: 三}}}\n"
                                 "records:\n  r:\n    kind: activity\n    name: 乙\n"
                                 "    fields: {it: {label: 丙, type: code, codes: l}}\n"
                                 "    actions: {go: {name: 丁, opens: true, form: [it]}}\n"
                                 "indicators: {i: {name: 戊, count: r, at: opened, where: ";
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena *a AUTO(arena_freep) = arena_new();
        struct playbook *p = load(str_printf(a, "%s\"%s\"}}\n", before, rows[i].where));
        if ((p != NULL) != rows[i].good)
            print_error("%s: %s\n", rows[i].where, found.n ? found.list[0].text : "taken");
        assert_int_equal(p != NULL, rows[i].good);
        playbook_free(p);
    }
}

static void import_to_any(void **state)
{
    UNUSED(state);
    struct arena *a AUTO(arena_freep) = arena_new();
    struct playbook *p = load(testbook_with(
        a, "to: [{when: \"form.closed IS NOT NULL\", state: done}, {state: found}]", "to: any"));
    assert_non_null(p);
    const struct record_def *r = &p->records[0];
    const struct action *load_action = &r->actions[record_action(r, STR("load"))];
    assert_true(load_action->to_any && load_action->n_to == 0);
    playbook_free(p);
}

static void indicators(void **state)
{
    UNUSED(state);
    struct playbook *p = load_good();
    assert_int_equal(p->n_indicators, 6);
    const struct indicator *found_ind = &p->indicators[0], *rate = &p->indicators[1];
    assert_int_equal(rate->kind, IND_RATE);
    assert_true(rate->part && rate->good_up && !rate->good_down);
    assert_int_equal(rate->decimals, 1);
    assert_int_equal(rate->valid_from, DAY_NONE);
    assert_int_equal(rate->d_term, found_ind->n_term); /* the same term is kept once */
    assert_int_equal(found_ind->n_by, 2);
    assert_int_equal(p->n_terms, 6);
    const struct term *t = &p->terms[p->indicators[2].n_term];
    assert_int_equal(t->at_slot, SLOT_CLOCK + 1);
    IS(t->at, "mediate.due");
    assert_int_equal(t->from_slot, -1);
    t = &p->terms[p->indicators[3].n_term];
    assert_int_equal(t->kind, TERM_SUM);
    assert_int_equal(t->sum_field, record_field(&p->records[0], STR("amount")));
    t = &p->terms[p->indicators[4].n_term];
    assert_int_equal(t->kind, TERM_MEDIAN);
    assert_int_equal(t->from_slot, ATTR_opened);
    assert_int_equal(t->at_slot, ATTR_closed);
    assert_true(p->indicators[5].pending && p->indicators[5].n_term == -1);
    playbook_free(p);
}

/* The identity of a term is that of its meaning: writing it otherwise changes nothing. */
static void term_identity(void **state)
{
    UNUSED(state);
    static const struct {
        const char *from, *to;
        bool same;
    } rows[] = {
        {"grade = 'simple' and minor=FALSE", "grade='simple'   AND (minor = false)", true},
        {"name: {zh: 化解率}", "name: {zh: 另名}", true},
        {"grade = 'simple' and", "grade = 'hard' and", false},
        {"version: 3", "version: 4", true},
        {"playbook: quarrel", "playbook: other", false},
    };
    struct playbook *p = load_good();
    struct hash was = p->terms[p->indicators[1].n_term].id;
    playbook_free(p);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena *a AUTO(arena_freep) = arena_new();
        p = load(testbook_with(a, rows[i].from, rows[i].to));
        assert_non_null(p);
        struct hash now = p->terms[p->indicators[1].n_term].id;
        assert_int_equal(hash_eq(&was, &now), rows[i].same);
        playbook_free(p);
    }
}

/* ---- mistakes: one edit of the good playbook, and what is said about it ---- */

struct mistake {
    const char *from, *to, *text;
    int line; /* below the edit */
};

static int line_of(const char *part)
{
    int n = 1;
    for (const char *c = testbook; c < strstr(testbook, part); c++)
        n += *c == '\n';
    return n;
}

static void try_mistake(const struct mistake *m, int line)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct playbook *p = load(testbook_with(a, m->from, m->to));
    bool said = false;
    for (int k = 0; k < found.n && !said; k++)
        said = strstr(found.list[k].text, m->text) && found.list[k].line == line &&
               !strcmp(found.list[k].file, "playbook.yaml");
    for (int k = 0; k < found.n && !said; k++)
        print_error("%s: line %d (not %d): %s\n", m->to, found.list[k].line, line,
                    found.list[k].text);
    if (p)
        print_error("taken: %s\n", m->to);
    assert_null(p);
    assert_true(said);
}

static void try_mistakes(const struct mistake *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        try_mistake(&rows[i], line_of(rows[i].from) + rows[i].line);
}

/* Each says the line of the file, also within a template. */
#define PAPER "      paper: {zh: 申请书}\n"
#define FORM "      paper:\n        zh: 申请书\n        template: |\n          # 题\n          "
static void mistakes_of_documents(void **state)
{
    UNUSED(state);
    static const struct mistake rows[] = {
        {PAPER, "      paper: {zh: 申请书, stile: letter}\n", "no key \"stile\"", 0},
        {PAPER, "      paper: {zh: 申请书, style: poem, template: x}\n", "expected one of form, letter", 0},
        {PAPER, "      paper: {zh: 申请书, receipt: true}\n", "needs a template", 0},
        {PAPER, "      paper: {zh: 申请书, when: \"grade = 'simple'\"}\n", "needs a template", 0},
        {PAPER, "      paper: {zh: 申请书, when: \"nothing = 1\", template: x}\n", "nothing", 0},
        {PAPER, "      paper: {zh: 申请书, template: [x]}\n", "expected a text", 0},
        {PAPER, FORM "{nobody}\n", "{nobody}: expected a field", 4},
        {PAPER, FORM "{people.phone}{grade.phone}\n", "only a person has parts", 4},
        {PAPER, FORM "{parts}\n", "gone through with", 4},
        {PAPER, FORM "{mediate.end}\n", "{mediate}: expected a field", 4},
        {PAPER, FORM "{n}\n", "{n}: expected a field", 4},
        {PAPER, FORM "{#grade}x{/grade}\n", "expected a table", 4},
        {PAPER, FORM "{#did.agre}x{/did.agre}\n", "no such action", 4},
        {PAPER, FORM "{#parts}{name}{/parts}\n", "{name}: expected a field", 4},
        {PAPER, FORM "{#did.agree}{#people}{nobody}{/people}{/did.agree}\n", "gone through here", 4},
        {PAPER, FORM "{?grade = 'none'}x{/?}\n", "none", 4},
        {PAPER, FORM "{?nothing = 1}x{/?}\n", "nothing", 4},
        {PAPER, FORM "x\n          @pictures grade\n", "field of type file", 5},
        {PAPER, FORM "x\n          {#parts}\n", "not closed", 5},
    };
    try_mistakes(rows, COUNT_OF(rows));
    static const char *const GOOD[] = {
        FORM "{people}、{people.phone|无}、{today}、{number}、{mediate.due}\n",
        FORM "{#people}{n}{name}{phone}{/people}{#parts}{due_on}{sum}{grade}{/parts}\n",
        FORM "{#did.agree}{at}{by}{unit}{amount}{summary}{#people}{name}{unit}{/people}{/did.agree}\n",
        FORM "{?grade = 'simple'}x{:}y{/?}\n",
    };
    for (size_t i = 0; i < COUNT_OF(GOOD); i++) {
        struct arena *a AUTO(arena_freep) = arena_new();
        struct playbook *p = load(testbook_with(a, PAPER, GOOD[i]));
        for (int k = 0; k < found.n; k++)
            print_error("%d: %s\n", found.list[k].line, found.list[k].text);
        assert_non_null(p);
        assert_non_null(p->records[0].documents[0].form);
        playbook_free(p);
    }
}

static void mistakes_of_the_head(void **state)
{
    UNUSED(state);
    static const struct mistake rows[] = {
        {"playbook: quarrel\n", "", "playbook is missing", 0},
        {"playbook: quarrel", "playbook: Quarrel", "the id of a playbook is a-z", 0},
        {"playbook: quarrel", "playbook: a234567890123456789012345", "at most 24", 0},
        {"playbook: quarrel", "playbook: [a]", "playbook: expected a text, found a list", 0},
        {"playbook: quarrel", "playbook:", "expected a text, found nothing", 0},
        {"version: 3\n", "", "version is missing", -1},
        {"version: 3", "version: 0", "expected a whole number from 1", 0},
        {"version: 3", "version: 3.5", "expected a whole number", 0},
        {"version: 3", "version: 1\nversoin: 2", "no key \"versoin\"; the nearest is \"version\"",
         1},
        {"name: {zh: 纠纷, en: Quarrels}\n", "", "name is missing", -2},
        {"name: {zh: 纠纷, en: Quarrels}", "name: {en: Quarrels}", "at least the Chinese", 0},
        {"{zh: 纠纷, en: Quarrels}", "{zh: 纠纷, fr: x}", "name has no key \"fr\"", 0},
        {"{zh: 纠纷, en: Quarrels}", "{zh: 纠纷, en: Quarrels and, more}", "needs quotes", 0},
        {"{zh: 纠纷, en: Quarrels}", "[a]", "expected {zh: …, en: …}", 0},
        {"version: 3", "version: 3\ninclude: [codes.yaml]", "codes.yaml was not read", 1},
        {"version: 3", "version: 3\ninclude: {a: b}", "expected a name or a list", 1},
        {"records:\n  quarrel:", "recordz:\n  quarrel:", "no key \"recordz\"", 0},
    };
    try_mistakes(rows, COUNT_OF(rows));
}

static void mistakes_of_codes(void **state)
{
    UNUSED(state);
    static const struct mistake rows[] = {
        {"parent: \"01\"", "parent: \"1\"", "there is no code \"1\"; the nearest is \"01\"", 0},
        {"hint: 离婚 彩礼", "parent: \"0101\"", "is its own ancestor", 0},
        {"hint: 离婚 彩礼", "parent: \"01\"", "is its own ancestor", 0},
        {"\"02\": 邻里", "\"02\": {zh: 邻里, parent: \"02\"}", "is its own ancestor", 0},
        {"hint: 离婚 彩礼", "hints: x", "no key \"hints\"; the nearest is \"hint\"", 0},
        {"from: 2020-01-01", "from: 2030-01-01", "after its last day", 0},
        {"from: 2020-01-01", "from: soon", "expected a date", 0},
        {"\"02\": 邻里", "\"02\":", "expected {zh", 0},
        {"\"02\": 邻里", "\"02 \": 邻里", "no blank at its ends", 0},
        {"\"02\": 邻里", "\"01\": 邻里", "\"01\" stands here a second time", 0},
        {"{simple: 简易, hard: 疑难}", "{}", "list is missing", -2},
        {"{simple: 简易, hard: 疑难}", "[simple]", "list: expected a map", 0},
        {"\n    list: {simple: 简易, hard: 疑难}", "", "list is missing", -1},
        {"    name: 难易\n", "", "name is missing", -1},
        {"  other: {", "  Other: {", "the id of a code list", 0},
        {"from: kind", "from: kinds", "there is no code list \"kinds\"; the nearest is \"kind\"",
         0},
        {"to: other", "to: none", "there is no code list \"none\"", 0},
        {"    from: kind\n", "", "expected from and to", -1},
        {"\"01\": A", "\"03\": A", "there is no code \"03\"", 0},
        {"\"01\": A", "\"01\": C", "there is no code \"C\"", 0},
        {"\"01\": A", "\"01\":", "expected the code that \"01\" becomes", 0},
        {"{to: B, from", "{too: B, from", "no key \"too\"", 0},
        {"to_date: 2023-12-31", "to_date: 2024-01-01", "valid on the same day", 0},
        {"{to: A, to_date: 2023-12-31}", "{to: A, from: 2020-02-01, to_date: 2020-01-01}",
         "after its last day", 0},
    };
    try_mistakes(rows, COUNT_OF(rows));
    struct arena *a AUTO(arena_freep) = arena_new();
    assert_null(load(testbook_with(a, "codes:\n", "codes: [\n")));
    assert_null(load(testbook_with(a, "  to_other:\n    from: kind", "  to_other: x\n  q: x")));
}

static void mistakes_of_fields(void **state)
{
    UNUSED(state);
    static const struct mistake rows[] = {
        {"summary: {label", "state: {label", "\"state\" is a built-in attribute", 0},
        {"summary: {label", "Summary: {label", "the id of a field", 0},
        {"{label: {zh: 什么事}, type", "{type", "label is missing", 0},
        {"type: text, required", "required", "type is missing", 0},
        {"type: text,", "type: txt,", "the nearest to \"txt\" is text", 0},
        {"required: true, search", "requird: true, search",
         "no key \"requird\"; the nearest is \"required\"", 0},
        {"required: true, search", "required: yes, search", "expected true or false, found yes", 0},
        {"max_chars: 200", "max_chars: 0", "expected a whole number from 1", 0},
        {"max_chars: 200", "decimals: 2", "type text has no \"decimals\"", 0},
        {"max_chars: 200", "filter: true", "filter: the field \"summary\" is of type text; privacy",
         0},
        {"max_chars: 200", "sort: true", "sort: the field \"summary\" is of type text; privacy", 0},
        {"max_chars: 200", "many: true", "type text cannot have \"many\"", 0},
        {"codes: kind, filter", "codes: kinds, filter", "there is no code list \"kinds\"", 0},
        {"codes: kind, filter", "filter", "codes is missing", 0},
        {"codes: kind, filter: true", "codes: kind, filter: true, many: true",
         "many values cannot be filtered", 0},
        {"codes: kind, filter: true", "codes: kind, vault: true", "vault is for what is kept", 0},
        {"unit: CNY, min: 0", "unit: CNY, min: 0.001", "at most 2 decimals", 0},
        {"unit: CNY, min: 0", "unit: CNY, min: 2000", "min is greater than max", 0},
        {"decimals: 3", "decimals: 12", "expected a whole number from 0 to 9", 0},
        {"type: person, many: true", "type: person, many: true, on_road: true", "has no \"on_road\"", 0},
        {"type: person, many: true", "type: person, vault: false", "always lies in the vault", 0},
        {"type: person, many: true", "type: person, filter: true", "people are never counted", 0},
        {"type: account, default: \"actor.account\"", "type: account, sort: true",
         "people are never counted", 0},
        {"default: \"FALSE\"", "default: \"5\"", "type boolean cannot take a whole number", 0},
        {"default: \"FALSE\"", "default: \"FALS\"", "there is no field 'FALS'", 0},
        {"default: \"FALSE\"", "default: x y", "at character", 0},
        {"form.minor = FALSE", "form.minr = FALSE", "there is no field 'form.minr'", 0},
        {"days(opened, closed)", "days(opened, today())", "today() is for guards", 0},
        {"days(opened, closed)", "long", "there is no field 'long'", 0},
        {"days(opened, closed)", "days_open", "there is no field 'days_open'", 0},
        {"days(opened, closed)", "summary", "privacy", 0},
        {"days(opened, closed)", "mediator", "privacy", 0},
        {"days(opened, closed)", "people IS NULL AND summary = 'x'", "privacy", 0},
        {"days(opened, closed)", "form.minor", "there is no field 'form.minor'", 0},
        {"days(opened, closed)", "actor.role", "there is no field", 0},
        {"type: computed, as: \"days_open > 30\"", "type: computed", "as is missing", 0},
        {"as: \"days_open > 30\"", "ever: \"days_open\"", "condition", 0},
        {"as: \"days_open > 30\"", "ever: \"summary = 'x'\"", "privacy", 0},
        {"as: \"days_open > 30\"", "ever: \"today() > opened\"", "today() is for guards", 0},
        {"as: \"days_open > 30\"", "as: \"days_open > 30\", ever: \"days_open > 3\"", "not both", 0},
        {"as: \"days_open > 30\"", "as: \"days_open > 30\", required: true",
         "computed cannot have \"required\"", 0},
        {"due_on: {label: {zh: 到期}, type: date", "due_on: {label: {zh: 到期}, type: table",
         "a column cannot be of type table", 0},
        {"due_on: {label: {zh: 到期}, type: date",
         "due_on: {label: {zh: 到期}, filter: true, type: date", "a column has no key \"filter\"",
         0},
        {"type: table\n        columns:", "type: table\n        column:",
         "no key \"column\"; the nearest is \"columns\"", 1},
        {"of: quarrel}\n", "of: quarel}\n", "there is no record type \"quarel\"", 0},
        {"type: record, of: quarrel", "type: record", "of is missing", 0},
    };
    try_mistakes(rows, COUNT_OF(rows));
}

static void mistakes_of_the_record(void **state)
{
    UNUSED(state);
    static const struct mistake rows[] = {
        {"kind: case", "kind: cases", "kind: expected one of case, entry, activity", 0},
        {"    kind: case\n", "", "kind is missing", -1},
        {"{area:6}JF{year}{seq:5}", "{area:6}JF{year}", "exactly one {seq:N}", 0},
        {"{area:6}JF{year}{seq:5}", "{seq:5}{seq:5}", "exactly one {seq:N}", 0},
        {"{area:6}JF{year}{seq:5}", "{summary}{seq:5}",
         "number: the field \"summary\" is of type text; privacy", 0},
        {"{area:6}JF{year}{seq:5}", "{mediator}{seq:5}", "privacy", 0},
        {"{area:6}JF{year}{seq:5}", "{type}{seq:5}", "expected {area:N}, {year} or {seq:N}", 0},
        {"{area:6}JF{year}{seq:5}", "{seq:0}", "with N from 1 to 12", 0},
        {"{area:6}JF{year}{seq:5}", "{seq:5", "{ without }", 0},
        {"{area:6}JF{year}{seq:5}", "}{seq:5}", "} without {", 0},
        {"backdate: 15", "backdate: -1", "expected a whole number", 0},
        {"title: summary", "title: sumary",
         "there is no field \"sumary\"; the nearest is \"summary\"", 0},
        {"title: summary", "title: people", "a person cannot be the title", 0},
        {"kind_field: type", "kind_field: summary", "expected a field of type code", 0},
        {"place: where_at", "place: summary", "expected a field of type place", 0},
        {"action: report, set", "set", "action is missing", 0},
        {"action: report, set", "action: begin, set", "begin does not open a record", 0},
        {"action: report, set", "action: load, set", "load does not open a record", 0},
        {"action: report, set", "action: reprt, set", "the nearest is \"report\"", 0},
        {"{minor: \"TRUE\"}}", "{grade: simple}}", "grade is not asked by report", 0},
        {"{minor: \"TRUE\"}}", "{minor: maybe}}", "expected TRUE or FALSE", 0},
        {"action: report, set: {minor: \"TRUE\"}", "action: at_once, set: {type: \"03\"}", "03 is no code of kind", 0},
        {"{minor: \"TRUE\"}}", "{summary: a}}", "expected a code field with one value, or a boolean", 0},
        {"{minor: \"TRUE\"}}", "{minors: \"TRUE\"}}", "the nearest is \"minor\"", 0},
        {"[number, type, state, opened]", "[number, typ]", "there is no field \"typ\"", 0},
        {"[number, type, state, opened]", "[number, number]", "stands here twice", 0},
        {"minor = TRUE\"", "summary = 'x'\"", "privacy", 0},
        {"minor = TRUE\"", "days(opened, closed) > 3\"", "at character", 0},
        {"minor = TRUE\"", "state = 'going' OR state = 'goin'\"", "there is no state \"goin\"", 0},
        {"minor = TRUE\"", "grade IN ('simple', 'hrad')\"", "there is no code \"hrad\"", 0},
        {"minor = TRUE\"", "form.minor = TRUE\"", "there is no field", 0},
        {"going: {zh: 调解中}", "any: {zh: 调解中}", "cannot be called any", 0},
        {"going: {zh: 调解中}", "going: {zh: 调解中, close: true}",
         "no key \"close\"; the nearest is \"closed\"", 0},
        {"{zh: 已了结, closed: true}", "{zh: 已了结}", "no state has closed: true", -3},
        {"paper: {zh: 申请书}", "paper: {zh: 申请书, x: y}", "a document has no key \"x\"", 0},
        {"going: {zh: 调解中}", "going: {zh: 调解中}\n      nowhere: {zh: 无}",
         "the state \"nowhere\" is never reached", 1},
        {"going: {zh: 调解中}", "going: {zh: 调解中}\n      idle: {zh: 无, closed: true}",
         "the state \"idle\" is never reached", 1},
        {"    fields:\n      heads: {label: {zh: 人次}, type: integer, min: 0}\n"
         "      about: {label: {zh: 关于}, type: record, of: quarrel}\n",
         "", "fields is missing", -3},
        {"    actions:\n      hold: {name: {zh: 举办}, opens: true, form: [heads!, about?]}\n", "",
         "actions is missing", -6},
        {"hold: {name: {zh: 举办}, opens: true, form", "hold: {name: {zh: 举办}, from: any, form",
         "no action opens a record", -7},
    };
    try_mistakes(rows, COUNT_OF(rows));
}

static void mistakes_of_clocks(void **state)
{
    UNUSED(state);
    static const struct mistake rows[] = {
        {"limit: 30d", "limit: 30 days", "expected a length such as", 0},
        {"limit: 30d", "limit: -3d", "longer than nothing", 0},
        {"{by: 30d, times: 2", "{times: 2", "by is missing", 0},
        {"{by: 30d, times: 2", "{by: 0d, times: 2", "longer than nothing", 0},
        {"needs: paper}", "needs: papr}", "there is no document \"papr\"; the nearest is \"paper\"",
         0},
        {"approve: head", "approve: Head", "the id of a role", 0},
        {"do: drop", "do: dorp", "there is no action \"dorp\"; the nearest is \"drop\"", 0},
        {"to: centre, do", "to: mayor, do", "expected one of holder, head, centre", 0},
        {"{at: 0d, red: true}", "{red: true}", "at is missing", 0},
        {"[-7d, {at: 0d", "[-7x, {at: 0d", "expected a length such as -7d", 0},
        {"[-7d, {at: 0d", "[[1], {at: 0d", "a warning: expected a map", 0},
        {"sign: {name", "form: {name", "a meaning of its own", 0},
        {"from: same_day", "from: today", "expected one of next_day, same_day", 0},
        {"from: same_day", "main: true", "only one clock", 0},
        {"main: true\n", "main: true\n        mian: true\n", "no key \"mian\"", 1},
        {"after: done", "after: dona", "there is no state \"dona\"", 0},
        {"        after: done\n", "", "after is missing", -2},
        {"        grade: grade\n        base", "        base", "needs `grade:`", 1},
        {"grade: grade\n        base", "grade: summary\n        base",
         "expected a field of type code", 0},
        {"base: signed_on", "base: target", "expected a field of type date", 0},
        {"{simple: [7d]", "{easy: [7d]", "there is no code \"easy\"", 0},
        {"{simple: [7d]", "{simple: [7h]", "counted in days", 0},
        {"{simple: [7d], \"*\": []}", "{\"*\": [], simple: [7d]}", "stands last", 0},
        {"        at: {simple: [7d], \"*\": []}\n", "", "at is missing", -5},
        {"misses: 3", "misses: 0", "expected a whole number", 0},
        {"when: \"minor = FALSE\"\n", "when: \"summary = 'x'\"\n", "privacy", 0},
    };
    try_mistakes(rows, COUNT_OF(rows));
    struct arena *a AUTO(arena_freep) = arena_new();
    assert_null(load(testbook_with(a, "        limit: 30d\n", "")));
    assert_non_null(strstr(found.list[0].text, "limit is missing"));
    assert_null(load(testbook_with(a, "        pause: true\n", "")));
    assert_non_null(strstr(found.list[0].text, "not declared with pause: true"));
}

static void mistakes_of_actions(void **state)
{
    UNUSED(state);
    static const struct mistake rows[] = {
        {"        from: [found]\n", "", "from is missing", -2},
        {"from: [found]", "from: [fond]", "there is no state \"fond\"; the nearest is \"found\"",
         0},
        {"from: [found]", "from: []", "expected at least one state", 0},
        {"from: [found]", "from: [found, found]", "stands here twice", 0},
        {"to: found\n", "to: foud\n", "there is no state \"foud\"", 0},
        {"to: found\n", "from: any\n        to: found\n", "begins nowhere", 0},
        {"        to: found\n", "", "to is missing", -3},
        {"to: going", "to: any", "to: any is for imports", 0},
        {"to: going", "to: {state: going}", "expected a state, or a list", 0},
        {"by: desk", "by: Desk", "the id of a role", 0},
        {"[grid_worker, desk]", "[desk, desk]", "\"desk\" stands here twice", 0},
        {"[grid_worker, desk]", "[{a: b}]", "expected a name, found a map", 0},
        {"who: holder", "who: anyone", "expected one of area, holder, self", 0},
        {"who: holder", "when_answered: {grade: simple}", "grade is not asked by agree", 0},
        {"form: [type!, grade?", "when_answered: {grade: simple}\n        form: [type!, grade?",
         "the action answers no follow-up", 0},
        {"who: holder", "on_every_page: grade", "expected a field of type text, \"grade\" is code", 0},
        {"who: holder", "on_every_page: summary", "on_every_page: for an action that opens a record", 0},
        {"who: holder", "hold: yours", "expected one of stays, mine, centre", 0},
        {"import: true", "import: true\n        hold: mine", "an import gives a record to no unit", 1},
        {"who: holder", "resident: true\n        hold: mine", "a resident is of no unit", 1},
        {"does: [report, begin, \"agree?\"]", "does: [report, begin]\n        hold: mine",
         "hold: an action with `does` takes this", 1},
        {"not_by: mediator", "not_by: grade", "expected a field of type account", 0},
        {"form: [type!, grade?", "form: [typ!, grade?", "there is no field \"typ\"", 0},
        {"form: [type!, grade?", "form: [type!, type?", "stands here twice", 0},
        {"form: [type!, grade?", "form: [type!, long", "is computed, nobody is asked", 0},
        {"form: [type!, grade?", "form: [type!, target", "is external, only an import", 0},
        {"form: [type!, grade?", "form: [type!, opened", "only an import can give it", 0},
        {"form: [summary!, target?, opened!", "form: [summary!, target?, number, opened!",
         "an import can ask opened, closed, due and state", 0},
        {"needs: [paper]", "needs: [papers]", "there is no document \"papers\"", 0},
        {"start: [mediate]", "start: [meditate]", "there is no clock \"meditate\"", 0},
        {"pause: mediate", "pause: sign", "not declared with pause: true", 0},
        {"ends_parts: true", "misses: visit", "misses: expected one of follow_up", 0},
        {"misses: 3", "each: nobody", "there is no field \"nobody\"", 0},
        {"misses: 3", "each: grade", "each: expected fields of persons, units or rows", 0},
        {"misses: 3", "asks: parts", "is no question with one answer", 0},
        {"misses: 3", "counts: {grade: \"*\"}", "expected an integer field", 0},
        {"misses: 3", "counts: {score: \"form.grade = 'simple'\"}", "form.grade", 0},
        {"ends_parts: true", "answers: visit", "answers: expected one of follow_up", 0},
        {"ends_parts: true", "leaves_out: visit", "leaves_out: expected one of follow_up", 0},
        {"ends_parts: true", "misses: follow_up\n        leaves_out: follow_up",
         "leaves_out: an action answers, notes a miss or leaves out: one of them", 1},
        {"after: done", "drawn: maybe", "drawn: expected true or false", 0},
        {"        after: done\n", "        after: done\n        drawn: true\n", "drawn: the lot plans the rounds", -2},
        {"        after: done\n", "", "after is missing: expected the state that plans the rounds, or drawn", -2},
        {"misses: 3", "counts: visit", "counts: expected a map, or a follow-up that stands above", 0},
        {"when: \"form.amount > 100 AND", "when: \"form.score > 100 AND",
         "form.score is read, but the form of the action \"agree\"", 0},
        {"has('paper')", "has('papre')", "there is no document \"papre\"", 0},
        {"rows('parts')", "rows('part')", "there is no field \"part\"", 0},
        {"rows('parts')", "rows('grade')", "the field is no table", 0},
        {"{when: \"form.amount > 100 AND has('paper')\", state: done}", "{state: done}",
         "only the last branch", 0},
        {"{if: \"minor = FALSE OR", "{if: \"summary = 'x' OR", "privacy", 0},
        {"{if: \"minor = FALSE OR", "{iff: \"minor = FALSE OR", "no key \"iff\"", 0},
        {"say: {zh: 不行}", "say: {en: no}", "at least the Chinese", 0},
        {", say: {zh: 不行}}", "}", "say is missing", 0},
        {"{score: \"5\"", "{scor: \"5\"", "there is no field \"scor\"", 0},
        {"{score: \"5\"", "{score: \"'x'\"", "type integer cannot take a text", 0},
        {"{score: \"5\"", "{days_open: \"5\"", "is computed, no action sets it", 0},
        {"{score: \"5\"", "{tags: \"'A'\"", "type code (many) cannot take", 0},
        {"{score: \"5\"", "{score: \"form.score\"", "form.score is read", 0},
        {"grade: \"'simple'\"", "grade: \"'simpel'\"", "there is no code \"simpel\"", 0},
        {"grade: \"'simple'\"", "type: \"actor.account\"", "privacy", 0},
        {"grade: \"'simple'\"", "type: \"mediator\"", "privacy", 0},
        {"from: any\n        to: done\n", "from: any\n        to: done\n        froms: x\n",
         "no key \"froms\"; the nearest is \"from\"", 2},
        {"does: [report, begin, \"agree?\"]", "does: [report, begn]", "there is no action \"begn\"",
         0},
        {"does: [report, begin, \"agree?\"]", "does: [report]", "expected 2 to 16 actions", 0},
        {"does: [report, begin, \"agree?\"]", "does: [begin, report]", "must be the first step", 0},
        {"does: [report, begin, \"agree?\"]", "does: [\"report?\", begin]", "cannot be left out",
         0},
        {"does: [report, begin, \"agree?\"]", "does: [report, agree]",
         "the step \"agree\" cannot be done in the state", 0},
        {"does: [report, begin, \"agree?\"]", "does: [report, load]", "it is an import", 0},
        {"does: [report, begin, \"agree?\"]", "does: [report, at_once]", "made of steps itself", 0},
        {"form: [summary, where_at, type]", "form: [summary, where_at]",
         "the step \"begin\" requires the field \"type\"", -1},
        {"form: [summary, where_at, type]", "to: done\n        form: [summary, where_at, type]",
         "takes this from its steps", 0},
    };
    try_mistakes(rows, COUNT_OF(rows));
}

/* What is wrong with the way is said at the state or action that suffers from it. */
static void mistakes_of_the_flow(void **state)
{
    UNUSED(state);
    static const struct {
        struct mistake m;
        const char *at;
    } rows[] = {
        /* nothing leads to `going`: what begins there cannot be done either */
        {{"to: going\n", "to: found\n", "the state \"going\" is never reached", 0}, "going: {zh"},
        {{"to: going\n", "to: found\n", "the action \"agree\" can never be done", 0}, "agree:\n"},
        {{"from: [found]\n        to: going",
          "from: any\n        to: [{when: \"minor = TRUE\", state: found}]",
          "the state \"going\" is never reached", 0},
         "going: {zh"},
        {{"plain: {zh: 已收到}", "plain: {zh: 已收到}, shows: [nobody]", "there is no field \"nobody\"", 0},
         "found: {zh"},
        {{"plain: {zh: 已收到}", "plain: {zh: 已收到}, shows: summary", "expected fields of type person", 0},
         "found: {zh"},
        {{"closed: true", "closed: true, shows: people", "nobody works on a matter", 0}, "closed: true"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        try_mistake(&rows[i].m, line_of(rows[i].at));
#define TALK(head, to)                                                                             \
    "    kind: " head "    name: {zh: 宣讲}\n    fields:\n"                                      \
    "      heads: {label: {zh: 人次}, type: integer, min: 0}\n"                                  \
    "      about: {label: {zh: 关于}, type: record, of: quarrel}\n    actions:\n"                \
    "      hold: {name: {zh: 举办}, opens: true, " to
    static const struct mistake stuck = {
        TALK("activity\n", ""),
        TALK("case\n    states: {a: 甲, b: {zh: 乙, closed: true}}\n", "to: a, "),
        "the state \"a\" is never left", 1};
    try_mistakes(&stuck, 1);
}

static void mistakes_of_indicators(void **state)
{
    UNUSED(state);
    static const struct mistake rows[] = {
        {"count: quarrel, at: opened, by", "count: quarel, at: opened, by",
         "there is no record type \"quarel\"", 0},
        {"count: quarrel, at: opened, by", "count: quarrel, by", "at is missing", 0},
        {"count: quarrel, at: opened, by", "count: quarrel, at: open, by",
         "there is no field \"open\"", 0},
        {"count: quarrel, at: opened, by", "count: quarrel, at: grade, by",
         "expected a date or time", 0},
        {"count: quarrel, at: opened, by", "count: quarrel, at: summary, by", "privacy", 0},
        {"count: quarrel, at: opened, by", "at: opened, by", "expected exactly one of count", 0},
        {"count: quarrel, at: opened, by", "count: quarrel, of: talk, at: opened, by",
         "a count names its record type", 0},
        {"by: [type, score]", "by: [type, scores]", "there is no field \"scores\"", 0},
        {"by: [type, score]", "by: [type, score, grade, minor]", "at most 3 dimensions, found 4",
         0},
        {"by: [type, score]", "by: [summary]", "by: the field \"summary\" is of type text; privacy",
         0},
        {"by: [type, score]", "by: [mediator]", "people are never counted", 0},
        {"by: [type, score]", "by: [people]", "many values", 0},
        {"by: [type, score]", "by: [tags]", "many values", 0},
        {"by: [type, score]", "by: [amount]", "expected a field of type code, boolean or integer",
         0},
        {"by: [type, score]", "by: [signed_on]",
         "expected a field of type code, boolean or integer", 0},
        {"relation: part", "relation: parts", "relation: expected one of part, flow", 0},
        {"    relation: part\n", "", "relation is missing", -2},
        {"good: up", "good: yes", "expected one of up, down", 0},
        {"denominator: {count: quarrel, at: opened}", "denominator: {count: quarrel, at: closed}",
         "part needs the same `at`; the numerator has \"opened\"", -4},
        {"denominator: {count: quarrel, at: opened}", "denominator: {count: talk, at: opened}",
         "part needs counts of the same record type", -4},
        {"denominator: {count: quarrel, at: opened}", "denominater: {count: quarrel, at: opened}",
         "no key \"denominater\"; the nearest is \"denominator\"", 0},
        {"    denominator: {count: quarrel, at: opened}\n", "", "denominator is missing", -6},
        {"denominator: {count: quarrel, at: opened}",
         "at: opened\n    denominator: {count: quarrel, at: opened}", "at belongs into the terms",
         0},
        {"denominator: {count: quarrel, at: opened}", "denominator: 5",
         "denominator: expected a map", 0},
        {"where: \"grade = 'simple' and minor=FALSE\"", "where: \"grade = 'smiple'\"",
         "there is no code \"smiple\"", 0},
        {"where: \"grade = 'simple' and minor=FALSE\"", "where: \"summary = 'x'\"", "privacy", 0},
        {"where: \"grade = 'simple' and minor=FALSE\"", "where: \"mediator IS NULL\"", "privacy",
         0},
        {"where: \"grade = 'simple' and minor=FALSE\"", "where: \"days(opened, closed) > 3\"",
         "at character", 0},
        {"where: \"grade = 'simple' and minor=FALSE\"", "where: \"signed_on < today()\"",
         "at character", 0},
        {"where: \"grade = 'simple' and minor=FALSE\"", "where: [a]", "where: expected a text", 0},
        {"where: \"grade = 'simple' and minor=FALSE\"", "were: x",
         "no key \"were\"; the nearest is \"where\"", 0},
        {"where: \"grade = 'simple' and minor=FALSE\"", "where: \"within(type, '99')\"",
         "at character", 0},
        {"at: mediate.due}", "at: mediate.end}", "there is no field \"mediate.end\"", 0},
        {"at: mediate.due}\n", "at: mediate.due}\n      inn: {}\n", "no key \"inn\"", 1},
        {"sum: amount", "sum: summary", "sum: the field \"summary\" is of type text; privacy", 0},
        {"sum: amount", "sum: grade", "expected a field of numbers", 0},
        {"sum: amount, of: quarrel", "sum: amount", "of is missing", 0},
        {"decimals: 4", "decimals: 40", "expected a whole number from 0 to 9", 0},
        {"median: {of: quarrel, from", "median: {from", "of is missing", 0},
        {"median: {of: quarrel, from: opened", "median: {of: quarrel, from: grade",
         "expected a date or time", 0},
        {"median: {of: quarrel, from: opened, to", "median: {of: quarrel, to", "from is missing",
         0},
        {"pending: true", "pending: maybe", "expected true or false, found maybe", 0},
        {"pending: true", "pending: true, valid_from: x", "expected a date", 0},
        {"soon: {name", "Soon: {name", "the id of an indicator", 0},
        {"{name: {zh: 待定}, pending: true}", "{pending: true}", "name is missing", 0},
        {"{name: {zh: 待定}, pending: true}", "5", "an indicator: expected a map", 0},
    };
    try_mistakes(rows, COUNT_OF(rows));
    struct arena *a AUTO(arena_freep) = arena_new();
    assert_null(load(testbook_with(
        a, "out: {count: quarrel, where: \"mediate.done > mediate.due\", at: mediate.done}",
        "out: {count: talk, at: opened}")));
    assert_non_null(strstr(found.list[0].text, "of the same record type"));
}

/* All mistakes of a file are said in one run, each at its line; more than 50 are not needed. */
static void many_at_once(void **state)
{
    UNUSED(state);
    struct arena *a AUTO(arena_freep) = arena_new();
    struct buf b AUTO(buf_free) = BUF(LIMIT_PLAYBOOK);
    buf_str(&b, testbook_with(a, "to: going", "to: gone"));
    for (int i = 0; i < 20; i++)
        buf_printf(&b, "  i%d: {name: {zh: 一}, count: quarrel, at: never}\n", i);
    assert_null(load(buf_view(&b)));
    assert_int_equal(found.n, 21);
    assert_int_equal(found.list[20].line, found.list[1].line + 19);
    for (int i = 20; i < 200; i++)
        buf_printf(&b, "  i%d: {name: {zh: 一}, count: quarrel, at: never}\n", i);
    assert_null(load(buf_view(&b)));
    assert_int_equal(found.n, 50);
    for (int i = 200; i < 400; i++)
        buf_printf(&b, "  i%d: {name: {zh: 一}, count: quarrel, at: opened}\n", i);
    assert_null(load(buf_view(&b)));
}

static void sizes(void **state)
{
    UNUSED(state);
    struct arena *a AUTO(arena_freep) = arena_new();
    struct buf b AUTO(buf_free) = BUF(2 * LIMIT_PLAYBOOK);
    buf_c(&b, testbook);
    buf_c(&b, "#");
    while (b.len <= LIMIT_PLAYBOOK)
        buf_c(&b, "................................................................");
    assert_null(load(buf_view(&b)));
    assert_non_null(strstr(found.list[0].text, "at most 1048576"));
    buf_clear(&b);
    for (int i = 0; i <= LIMIT_CODES; i++)
        buf_printf(&b, "%sk%d: x", i ? ", " : "", i);
    buf_char(&b, 0);
    assert_null(load(testbook_with(a, "A: 甲, B: 乙", b.ptr)));
    assert_non_null(strstr(found.list[0].text, "5001 codes: at most 5000"));
    buf_clear(&b);
    for (int i = 0; i <= LIMIT_FIELDS; i++)
        buf_printf(&b, "      k%d: {label: {zh: 一}, type: date}\n", i);
    buf_c(&b, "      heads:");
    buf_char(&b, 0);
    assert_null(load(testbook_with(a, "      heads:", b.ptr)));
    assert_non_null(strstr(found.list[0].text, "fields: at most 200"));
    buf_clear(&b);
    for (int i = 0; i < 7; i++)
        buf_printf(&b, "      k%d: {label: {zh: 一}, type: date, filter: true}\n", i);
    buf_c(&b, "      heads:");
    buf_char(&b, 0);
    assert_null(load(testbook_with(a, "      heads:", b.ptr)));
    assert_non_null(strstr(found.list[0].text, "at most 6 fields"));
}

/* Files are told apart by their head lines, and lines are counted in each file by itself. */
static void files(void **state)
{
    UNUSED(state);
    struct arena *a AUTO(arena_freep) = arena_new();
    const char *head =
        "--- # file: playbook.yaml\nplaybook: a\nversion: 1\nname: 甲\ninclude: [b.yaml]\n"
        "records:\n  r:\n    kind: activity\n    name: 乙\n"
        "    fields: {n: {label: 丙, type: code, codes: l}}\n"
        "    actions: {go: {name: 丁, opens: true, form: [n]}}\n";
    struct playbook *p =
        load(str_printf(a, "%s--- # file: b.yaml\ncodes: {l: {name: 戊, list: {x: 己}}}\n", head));
    assert_non_null(p);
    assert_int_equal(p->n_lists, 1);
    playbook_free(p);
    static const struct {
        const char *tail, *file, *text;
        int line;
    } rows[] = {
        {"--- # file: b.yaml\n\ncodes: {l: {nam: 戊, list: {x: 己}}}\n", "b.yaml", "no key \"nam\"",
         2},
        {"--- # file: b.yaml\nplaybook: x\ncodes: {l: {name: 戊, list: {x: 己}}}\n", "b.yaml",
         "an included file has no key \"playbook\"", 1},
        {"--- # file: b.yaml\n", "playbook.yaml", "there is no code list \"l\"", 9},
        {"", "playbook.yaml", "the file b.yaml was not read", 4},
        {"--- # file: ../b.yaml\n", "playbook.yaml", "plain names", 1},
        {"--- # file: b.yaml\ncodes: {l: {name: 戊, list: {x: 己}}}\n--- # file: c.yaml\n"
         "codes:\n  l: {name: 戊, list: {x: 己}}\n",
         "c.yaml", "stands in two files", 2},
        {"--- # file: b.yaml\ncodes: {l: {name: 戊, list: {x: 己}}}\nindicators:\n- x\n", "b.yaml",
         "indicators: expected a map", 2},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_null(load(str_printf(a, "%s%s", head, rows[i].tail)));
        if (!strstr(found.list[0].text, rows[i].text))
            print_error("row %zu: %s\n", i, found.list[0].text);
        assert_string_equal(found.list[0].file, rows[i].file);
        assert_non_null(strstr(found.list[0].text, rows[i].text));
        assert_int_equal(found.list[0].line, rows[i].line);
    }
}

/* Cut anywhere, a playbook is refused or taken, but nothing worse happens. */
static void cut_anywhere(void **state)
{
    UNUSED(state);
    for (size_t n = 0; n < sizeof testbook - 1; n += 7) {
        struct playbook *p = load((struct str){testbook, n});
        playbook_free(p);
    }
}

static int setup(void **state)
{
    UNUSED(state);
    struct err e = ERR_INIT;
    return zone_load("Asia/Shanghai", &zone, &e) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(head_and_fields),
        cmocka_unit_test(clocks_and_follow_up),
        cmocka_unit_test(actions),
        cmocka_unit_test(import_to_any),
        cmocka_unit_test(indicators),
        cmocka_unit_test(term_identity),
        cmocka_unit_test(quoted_codes),
        cmocka_unit_test(mistakes_of_documents),
        cmocka_unit_test(mistakes_of_the_head),
        cmocka_unit_test(mistakes_of_codes),
        cmocka_unit_test(mistakes_of_fields),
        cmocka_unit_test(mistakes_of_the_record),
        cmocka_unit_test(mistakes_of_clocks),
        cmocka_unit_test(mistakes_of_actions),
        cmocka_unit_test(mistakes_of_the_flow),
        cmocka_unit_test(mistakes_of_indicators),
        cmocka_unit_test(many_at_once),
        cmocka_unit_test(sizes),
        cmocka_unit_test(files),
        cmocka_unit_test(cut_anywhere),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
