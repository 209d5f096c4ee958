/* playbook/template.h - the text of a document as a tree: lines, values, repeated and conditional
 * parts.  docs/playbook.md has the syntax.  Parsing knows nothing of record types: names are looked
 * up by the loader (load_document.c), which fills `ref` and `at`.
 *
 * What a line is, is decided here, before any value is put in: a value can never become a heading,
 * a cell or a placeholder. */
#pragma once
#include "expr/expr.h"

enum tpl_kind {
    /* lines */
    TPL_TITLE,
    TPL_HEADING, /* level 1 to 3 */
    TPL_LINE,    /* a paragraph; level is its tpl_align */
    TPL_SIGN,
    TPL_SPACE,    /* level empty lines */
    TPL_PAGE,     /* a new page */
    TPL_PICTURES, /* of the file field `text` */
    TPL_CONTENTS, /* the table of contents of a dossier */
    TPL_CODE,     /* the resident's QR code */
    TPL_WIDTHS,   /* of the table that follows; its cells' levels are the shares */
    TPL_ROW,      /* holds cells */
    TPL_CELL,     /* level is its span */
    /* lines or pieces of a line */
    TPL_EACH, /* {#name} … {/name} */
    TPL_IF,   /* {?condition} … {:} … {/?} */
    /* pieces */
    TPL_WORDS,
    TPL_VALUE, /* {name}, {name.part}, {name|otherwise} */
};

enum tpl_align { TPL_INDENT, TPL_LEFT, TPL_CENTER, TPL_RIGHT };

enum tpl_ref {
    REF_FIELD,  /* field `at` */
    REF_ATTR,   /* attribute `at` */
    REF_CLOCK,  /* clock at / 4: its start, due, done (at % 4) */
    REF_COLUMN, /* column `at` of the table that is gone through */
    REF_PERSON, /* part `part` of the person that is gone through */
    REF_OTHER,  /* what may be said of the record that is gone through: number, kind, opened, area */
    REF_GIVEN,  /* field `at` as the event gave it that is gone through */
    REF_DID,    /* EACH: the events of action `at` */
    REF_N,      /* running number */
    REF_TODAY,
    REF_AT,     /* day of the event that is gone through */
    REF_BY,     /* who did it */
    REF_UNIT,   /* in which unit */
    REF_PARTY,  /* which party it asked: the label of the field it stands in */
    REF_DIGITS, /* the eight digits and the day of the resident's slip */
    REF_SLIP_DAY,
};

struct tpl {
    enum tpl_kind kind;
    int line; /* within the template, 1 … */
    int level;
    bool bold;            /* WORDS, VALUE */
    bool label;           /* CELL */
    bool head;            /* ROW: repeated on every page */
    struct str text;      /* WORDS; name of VALUE, EACH, PICTURES; condition of IF */
    struct str part;      /* VALUE: behind the dot, or STR_NONE */
    struct str otherwise; /* VALUE: printed when it is empty */
    enum tpl_ref ref;
    int at;
    int up; /* VALUE: how many levels out the part stands that the name belongs to */
    struct expr *when;              /* IF */
    struct tpl *first, *last;       /* what it holds */
    struct tpl *other, *other_last; /* IF: behind {:} */
    struct tpl *next;
};

enum { TPL_DEPTH = 8, TPL_COLUMNS = 30, TPL_LINES = 2000 };

struct tpl_wrong {
    int line;
    char text[200];
};

/* The root holds the lines.  NULL: out says what is wrong, in which line of the text. */
struct tpl *template_parse(struct arena *a, struct str text, struct tpl_wrong *out);
