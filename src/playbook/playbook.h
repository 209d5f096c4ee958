/* playbook/playbook.h - one business line as data: YAML in, checked structs out.
 *
 * The syntax is in docs/playbook.md (tested: each of its examples is loaded).  A playbook is a
 * folder: playbook.yaml, and the files it names under `include:` (code lists, words, letters).
 * In the database a playbook is one JSON-free text: the files concatenated in order, each headed by
 * a line "--- # file: NAME", so that positions stay true and the text in the log is what was read.
 *
 * Everything here is immutable once loaded and lives in the playbook's own arena.  Lists are arrays
 * with a count.  An index of -1 means "none".
 *
 * Errors: playbook_load collects up to 50 complaints, each with file, line, and what was expected;
 * it gives no playbook when there is one. */
#pragma once
#include "base/json.h"
#include "expr/expr.h"
#include "playbook/template.h"

struct words { /* zh is always there; en falls back to zh */
    struct str zh, en;
};
static inline struct str words_en(const struct words *w)
{
    return w->en.len ? w->en : w->zh;
}

/* ---- code lists ---- */

struct code {
    struct str code;
    struct words name;
    int parent; /* index in the list, or -1 */
    int level;  /* 1 is the top */
    int32_t from, to; /* validity, days; DAY_NONE is open. `to` is inclusive */
    struct str hint;  /* words that suggest this code, blank-separated */
};

struct code_list {
    struct str id;
    struct words name;
    struct code *codes;
    int n;
    int *by_code; /* indices in the order of their codes, for list_code */
};

struct mapping { /* one list into another, with validity */
    struct str id;
    int from, to; /* lists */
    struct mapping_row {
        struct str from, to; /* the longest matching ancestor of `from` wins */
        int32_t valid_from, valid_to;
    } *rows;
    int n;
};

/* ---- fields ---- */

enum field_type {
    FIELD_TEXT,     /* detached */
    FIELD_NUMBER,   /* decimal, `decimals:` */
    FIELD_INTEGER,
    FIELD_MONEY,    /* two decimals, `unit:` currency */
    FIELD_DATE,
    FIELD_TIME,     /* instant */
    FIELD_BOOLEAN,
    FIELD_CODE,
    FIELD_AREA,
    FIELD_PLACE,    /* detached: {"text","lon","lat","given","road","chainage","chainage_to"}; WGS-84, metres */
    FIELD_RECORD,   /* id of another record, `of:` its type */
    FIELD_ORG,
    FIELD_ACCOUNT,
    FIELD_PERSON,   /* detached, always in the vault: {"name","phone","idno","address",…} */
    FIELD_FILE,     /* detached: {"file","name","mime","size","sha256"} */
    FIELD_TABLE,    /* rows of `columns:` */
    FIELD_COMPUTED, /* `as:` a scalar expression, worked out at each event and stored */
};

struct field {
    struct str id;
    struct words label, help;
    enum field_type type;
    bool required;    /* where a form lists it without ? or ! */
    bool many;        /* a list of values (person, file, code, record); stored as an array */
    bool vault;       /* detached class vault: masked until a purpose is given */
    bool filter;      /* indexed */
    bool sort;
    bool search;      /* goes into the search text */
    bool multiline;
    bool external;    /* value may be given by an import only; forms do not ask it */
    int codes;        /* FIELD_CODE: index in playbook.lists */
    struct str of;    /* FIELD_RECORD: "playbook.type" or "type" */
    int decimals;
    struct str unit;
    int64_t min, max; /* scaled; INT64_MIN / INT64_MAX when open */
    int max_chars;    /* FIELD_TEXT */
    bool on_road;     /* FIELD_PLACE: the form asks a road and chainage too */
    struct str fallback; /* `default:` a scalar expression, or STR_NONE */
    struct expr *fallback_expr;
    struct str computed; /* `as:` or `ever:` */
    struct expr *computed_expr;
    bool ever;           /* a condition: the value is the day on which it first held, and stays */
    enum xtype computed_type;
    int computed_decimals;
    struct str when;  /* shown and asked only when true (guard expression), or STR_NONE */
    struct expr *when_expr;
    struct str basis; /* the law or rule that lets us ask this */
    struct field *columns; /* FIELD_TABLE */
    int n_columns;
    struct str column; /* "f.x_<id>" */
    int line; /* where it was declared */
};

bool field_detached(enum field_type t); /* text, place, person, file */
const char *field_type_name(enum field_type t);

/* ---- states, documents, clocks ---- */

struct state {
    struct str id;
    struct words name, plain; /* plain: what a resident reads */
    bool closed;              /* the case has ended */
    int *shows;               /* fields of persons that who works on the matter in this state needs */
    int n_shows;
};

struct document { /* a file is attached under its id, or it is printed from its template */
    struct str id;
    struct words name;
    struct tpl *form;  /* NULL: no template */
    bool letter;       /* laid out after GB/T 9704 */
    bool receipt;      /* a slip for the resident, with his link */
    bool dossier;      /* stands in the dossier (卷宗) */
    struct expr *when; /* printed only while it holds */
};

enum span_unit { SPAN_HOURS, SPAN_DAYS, SPAN_WORKDAYS, SPAN_MONTHS };
struct span { /* "2h", "30d", "-3d", "5wd", "1mo" */
    int64_t n;
    enum span_unit unit;
};
MUST_USE bool span_parse(struct str text, struct span *out);
const char *span_word(enum span_unit unit); /* "wd" */

struct clock_rung { /* what happens at (due + at) */
    struct span at;   /* negative: before */
    bool red;         /* sent singly, not only in the digest */
    struct str to;    /* "holder", "head", "centre" */
    struct str does;  /* an action (escalation), or STR_NONE: only a notice */
};

struct clock_def {
    struct str id;
    struct words name;
    struct span limit;
    bool next_day;           /* the day of receipt does not count */
    struct span extend_by;   /* n = 0: cannot be extended */
    int extend_times;
    struct str extend_role;  /* who approves */
    struct str extend_needs; /* document or STR_NONE */
    bool pausable;
    struct clock_rung *rungs;
    int n_rungs;
    struct str basis;
    struct str columns[3]; /* "f.c_<id>_start", …_due, …_done */
    bool main; /* the clock that lists show and `due` means; at most one a type */
};

/* ---- actions ---- */

/* An import may also ask the built-in times and the state (opened, closed, due, state): they then
 * stand in the form as FORM_ATTR(ATTR_x), and in expressions as SLOT_FORM + FORM_ATTR(ATTR_x). */
#define FORM_ATTR(attribute) (-1 - (int)(attribute))

struct form_field {
    int field;     /* index in record_def.fields, or FORM_ATTR(x) */
    bool required; /* "name!" or the field's own rule; "name?" is not */
};

struct guard {
    struct str text;
    struct expr *expr;
    struct words say; /* why not, for the person */
};

struct effect_set { /* field := scalar guard expression, worked out after the form was taken */
    int field;
    struct str text;
    struct expr *expr;
};

struct next_state { /* the first whose `when` holds; the last may have none */
    int state;      /* -1: stays */
    struct str when;
    struct expr *expr;
};

/* An action that takes the figures its prose names (measure/bulletin.h) and keeps them as parts. */
struct take_figures {
    int text;     /* text field, asked by this action: the prose */
    int from, to; /* date fields: the span */
    int previous; /* record field: the bulletin whose figures are corrected, -1 */
    int issued;   /* state: its figures are out, and new ones are held against them (measure/difference.h), -1 */
};

enum action_who {
    WHO_AREA,   /* the role covers the record's area (the rule) */
    WHO_HOLDER, /* and the account's unit holds the case, or it has no holder */
    WHO_SELF,   /* only the account that opened it */
};

/* Who holds the case once it is done. */
enum action_hold {
    HOLD_STAYS,  /* who held it (the rule) */
    HOLD_MINE,   /* the unit of who does it: it takes the case */
    HOLD_CENTRE, /* the centre that answers for the area, as for a new case */
};

/* One of the two buttons of the resident's page, or an action with a form of its own (PLAIN). */
enum resident_answer { RESIDENT_NO, RESIDENT_PLAIN, RESIDENT_SATISFIED, RESIDENT_UNSOLVED };

struct choice {
    int field;        /* of an action's form: a code, or a boolean */
    struct str value; /* the code; "TRUE" or "FALSE" */
};

struct action {
    struct str id;
    struct words name;
    bool opens;              /* begins a record */
    bool import;             /* used by the importer only */
    bool resident;           /* may be done by the resident through his link */
    enum resident_answer answer;
    bool from_any;
    int *from;               /* states; n_from = 0 and not from_any: opens */
    int n_from;
    struct next_state *to;   /* n_to = 0: stays */
    int n_to;
    bool to_any;             /* import only, n_to = 0: the state is `state` of the import's form */
    struct str *by;          /* roles; n_by = 0: everyone who may write, of a resident's: nobody else */
    int n_by;
    enum action_who who;
    enum action_hold hold;
    int not_by;              /* index of an account field the acting account must differ from, -1 */
    struct form_field *form;
    int n_form;
    struct guard *guards;
    int n_guards;
    int *needs;              /* documents */
    int n_needs;
    struct effect_set *sets;
    int n_sets;
    int *start, *stop, *pause, *resume; /* clocks */
    int n_start, n_stop, n_pause, n_resume;
    int *does;               /* composite: actions in order; n_does = 0 otherwise */
    int n_does;
    bool *does_maybe;        /* beside does[i]: "name?" is left out when its guard does not hold */
    bool reopens;            /* counts as a reopening: field `reopened` becomes true */
    bool ends_parts;         /* open parts do not stop it (withdrawal) */
    bool numbers;            /* the number is drawn now, not at the opening: none is lost with what goes no further */
    int link_unit;           /* org field: that unit gets a link to this matter; -1 */
    int *link_for;           /* the actions it may do by it */
    int n_link_for;
    struct take_figures *figures; /* NULL: takes none */
    int on_page;             /* text field: every page leads to this form, the field begins with its address; -1 */
    struct str answers;      /* part kind this action answers ("follow_up"), or STR_NONE */
    struct choice *answered; /* the answers of a follow-up for which it is done, not the plain one */
    int n_answered;
    struct str misses;       /* part kind this action notes a failed attempt at, or STR_NONE */
    struct str leaves_out;   /* part kind this action leaves out with a reason, or STR_NONE */
    int line;
};

struct follow_up {
    struct str id;
    struct words name;
    int after;         /* state; entering it plans the rounds; -1: */
    bool drawn;        /* being drawn by lot does (a re-check) */
    int grade;         /* field that chooses the row, or -1 */
    struct follow_rule {
        struct str grade; /* code; STR_NONE: all others */
        struct span *at;  /* from the base day; none: no follow-up */
        int n;
    } *rules;
    int n_rules;
    int base;          /* date field the days count from; -1: the day of the event */
    int misses;        /* so many misses on different days end the round as not reached */
    struct expr *when; /* no round at all unless true (a contact was left) */
    int *each;         /* fields of the parties: a round has a part for each of their values */
    int n_each;        /* 0: a round is one part */
    int *asks;         /* fields whose answer stands in the part: it is that party's */
    int n_asks;
    struct follow_count {
        int field;          /* integer: how many parts it holds for */
        struct expr *where; /* `asks`, `closed` and `due` are those of the part; NULL: all parts */
    } *counts;
    int n_counts;
};

/* ---- indicators ---- */

enum term_kind { TERM_COUNT, TERM_SUM, TERM_MEDIAN };

struct term { /* one thing that is counted, stored once however many indicators use it */
    int record;           /* index in playbook.records */
    enum term_kind kind;
    int sum_field;        /* TERM_SUM; otherwise -1 */
    struct str where;     /* normal form, or STR_NONE */
    struct expr *expr;
    struct str at;        /* attribute or field the day comes from */
    int at_slot;          /* see record_prop_slot */
    int from_slot;        /* TERM_MEDIAN: begins here, ends at `at`; otherwise -1 */
    struct str from;      /* its name, or STR_NONE */
    struct hash id;       /* of playbook, type, kind, sum field, where, at: the same is the same */
};

enum indicator_kind {
    IND_COUNT, /* n only */
    IND_RATE,  /* n and N */
    IND_STOCK, /* in (term n) minus out (term N) */
    IND_MEDIAN,
    IND_SUM,
};

/* A value that another body computed (报送数) is a record; which of its fields say what.  -1: none. */
struct reported {
    int record;
    int from, to;     /* date fields: the span, both ends included */
    int n, N;         /* integer fields */
    int value;        /* number field: a rate given without its counts */
    int change;       /* number field: a change given by the body itself, in percent or points */
    int issuer;       /* code field: 据××提供 */
    struct expr *where;
    struct str beside; /* our own indicator of the same thing (对数), or STR_NONE */
};

struct indicator {
    struct str id;
    struct words name, definition, unit;
    struct words say;   /* how it is put in a sentence (measure/speak.h), or STR_NONE */
    struct words exclusions, owner; /* what is left out; who answers for the definition */
    int version;        /* of the definition; spans that begin before valid_from of version 2 and
                         * later cannot be compared (口径调整，不可比) */
    struct str within;  /* 其中: the indicator it is a part of, STR_NONE; never added to it */
    struct str *left_out; /* counts of what is not in N, by who left it out; said beside the rate */
    int n_left_out;
    struct str recheck; /* the same rate as re-checks found it, STR_NONE; said beside it */
    struct str *sum_of; /* made of others, "playbook.id"; n_sum_of 0: of its own terms */
    int n_sum_of;
    struct reported *reported; /* NULL: counted from records */
    enum indicator_kind kind;
    bool part;  /* n is part of N (same `at`): n <= N is asserted, a test of rates is allowed */
    bool good_up, good_down;
    bool pending; /* 口径待定: prints nothing */
    int n_term, d_term; /* index in playbook.terms; d_term -1 when there is none; both -1 possible
                         * when it is pending */
    int decimals;       /* of the printed percentage or days */
    int *by;            /* dimension fields, at most 3 */
    int n_by;
    int32_t valid_from;
    int line;
};

/* ---- record types ---- */

enum record_kind { KIND_CASE, KIND_ENTRY, KIND_ACTIVITY };

/* A case opened at the place of one that was closed not long ago (同一地点再发). */
struct recurs {
    int64_t metres;
    struct span within; /* since the closing */
    int field;          /* boolean field that becomes true; the new case is linked to the old one */
};

/* One answer of the one-screen entry (一屏通录), "how is it now?": an opening action and the values that
 * come with the answer, so that the page knows nothing of the line. */
struct quick {
    struct str id;
    struct words name;
    int action;
    struct choice *sets;
    int n_sets;
};

enum watch_kind {
    WATCH_PLACE,   /* so many opened within so many metres */
    WATCH_SAME,    /* so many opened that have the same unit, or the same code, in a field */
    WATCH_OVERDUE, /* one whose main clock has run out */
    WATCH_AGAIN,   /* one that was opened at the place of one that was closed (recurs) */
};

/* The system opens a record of this type when something is the matter with those of another type. */
struct watch {
    struct str id;
    enum watch_kind kind;
    struct str of;      /* "dispute.dispute"; told only where all playbooks are loaded */
    int64_t metres;     /* WATCH_PLACE */
    struct str same;    /* WATCH_SAME: a field of `of`, type org or code */
    struct span within; /* PLACE, SAME: days back from the newest */
    int at_least;       /* PLACE, SAME */
    int action;         /* that opens the record, by the clock */
    int matters;        /* record field, many: the matters; -1 */
    int unit;           /* org field: the unit they have in common, or that holds the newest; -1 */
    int text;           /* text field */
    struct words say;   /* what it says, with {n}, {days}, {metres}, {numbers} */
    int n_set;
    struct watch_set {
        struct str field, value;
    } *set;
};

struct record_def {
    struct str id;
    struct words name;
    enum record_kind kind;
    struct str number;     /* "{area:6}JF{year}{seq:5}"; STR_NONE: no number */
    bool numbered_later;   /* an action says numbers: true */
    int backdate;          /* days without a reason; opening further back is refused */
    struct field *fields;
    int n_fields;
    struct state *states;
    int n_states;
    struct document *documents;
    int n_documents;
    struct clock_def *clocks;
    int n_clocks;
    struct action *actions;
    int n_actions;
    struct follow_up *follow_ups;
    int n_follow_ups;
    int title;             /* field shown as the line in lists, -1 */
    int kind_field;        /* field that says what kind of matter it is (for duplicates), -1 */
    int place_field;       /* -1 */
    struct expr *sealed_when;
    struct recurs *recurs; /* NULL: not looked for */
    struct watch *watches;
    int n_watches;
    struct quick *quick;
    int n_quick;
    struct str *list;      /* columns a list shows by default */
    int n_list;
};

struct playbook {
    struct str id;
    int order; /* where it stands in menus and lists: 1 to 99, small ones first */
    int version;
    struct words name, noun;
    struct str text;       /* as it stands in the log */
    struct code_list *lists;
    int n_lists;
    struct mapping *mappings;
    int n_mappings;
    struct record_def *records;
    int n_records;
    struct term *terms;
    int n_terms;
    struct indicator *indicators;
    int n_indicators;
    struct arena *arena;
};

struct complaint {
    char file[128];
    int line;
    char text[400]; /* what was expected */
};

struct complaints {
    struct complaint list[50];
    int n;
};

/* Reads a folder into the one text form. */
MUST_USE bool playbook_read(struct arena *a, const char *dir, struct str *text, struct err *e);
/* The same from files in memory: an object of name and text. */
MUST_USE bool playbook_join(struct arena *a, const struct json *files, struct str *text, struct err *e);
/* Parses and checks.  NULL when there are complaints. */
struct playbook *playbook_load(struct str text, const struct zone *zone, struct complaints *out);
void playbook_free(struct playbook *p);

int playbook_record(const struct playbook *p, struct str id);   /* -1 */
int playbook_list(const struct playbook *p, struct str id);
int playbook_indicator(const struct playbook *p, struct str id);
int record_field(const struct record_def *r, struct str id);
int record_action(const struct record_def *r, struct str id);
int record_state(const struct record_def *r, struct str id);
int record_clock(const struct record_def *r, struct str id);
int record_document(const struct record_def *r, struct str id);
int list_code(const struct code_list *l, struct str code);      /* -1 */
/* code itself or the ancestor of the wanted level; -1 when it is above that */
int list_at_level(const struct code_list *l, int code, int level);
/* Maps a code by the mapping in force on that day, STR_NONE when it has no counterpart. */
struct str mapping_of(const struct playbook *p, const struct mapping *m, struct str code, int32_t day);

/* ---- what an expression may read on a record ---- */

/* Built-in attributes of every record: names that no field may have.  X(name, xtype, SQL column) */
#define ATTRIBUTE_LIST(X)                                                                          \
    X(state, X_TEXT, "r.state")           /* id of the state */                                    \
    X(number, X_TEXT, "r.number")                                                                  \
    X(area, X_TEXT, "r.area_code")        /* code of its area; within() goes down the tree */      \
    X(holder, X_TEXT, "r.holder")         /* id of the unit that holds it */                       \
    X(opened, X_TIME, "r.opened")         /* `at` of the opening event */                          \
    X(recorded, X_TIME, "r.recorded")     /* when the opening event was recorded */                \
    X(closed, X_TIME, "r.closed")         /* `at` of the event that entered a closed state */      \
    X(due, X_TIME, "r.due")               /* of the main clock, while it runs */                   \
    X(merged_into, X_TEXT, "r.merged")                                                             \
    X(void, X_BOOL, "r.void")                                                                      \
    X(reopened, X_BOOL, "r.reopened")                                                              \
    X(late, X_BOOL, "r.late")             /* entered more than `backdate` days after */            \
    X(sealed, X_BOOL, "r.sealed")                                                                  \
    X(returns, X_INT, "r.returns")        /* how often it was sent back */                         \
    X(hops, X_INT, "r.hops")              /* how often it was handed over */

enum attribute {
#define X(name, type, column) ATTR_##name,
    ATTRIBUTE_LIST(X)
#undef X
        ATTR_COUNT
};

/* Slots: 0..ATTR_COUNT-1 the attributes; SLOT_FIELD + i field i; SLOT_CLOCK + 4*i + k clock i's
 * start (0), due (1), done (2); SLOT_FORM + i form.<field>; SLOT_ACTOR + k actor.role (0), .org (1),
 * .area (2), .account (3). */
enum { SLOT_FIELD = 1000, SLOT_CLOCK = 3000, SLOT_FORM = 4000, SLOT_ACTOR = 6000 };

/* The catalogue of a record type.  Column names: a field is "f.x_<id>"; a clock is
 * "f.c_<id>_start|due|done".  With guard = true also form.* and actor.*.
 * Detached fields, tables and fields with many values give X_PRESENT without a column (not in SQL),
 * except place with for_list = true, which gives X_PLACE.  within() knows the code lists; for areas,
 * put another cat.below in place after the init. */
struct record_catalogue {
    struct xcatalogue cat;
    const struct playbook *playbook;
    const struct record_def *record;
    bool guard, for_list;
};
void record_catalogue_init(struct record_catalogue *c, const struct playbook *p, int record,
                           bool guard, bool for_list, const struct zone *zone);
enum xtype field_xtype(const struct field *f, int *decimals);
