/* paper/paper.h - documents as plain structs, printed as PDF and as docx from the same source.
 *
 * The layer above fills a struct paper; nothing here asks anybody.  The same blocks, fonts and date
 * give the same bytes, so that tests compare and a second print is the first one.
 *
 * PDF: pango and cairo, in a process of its own (worker.c).  docx: a small WordprocessingML writer.
 * Everything a paper points at lives in its arena or longer. */
#pragma once
#include "base/err.h"

enum paper_style {
    PAPER_FORM,   /* A4: the forms and records of a dossier */
    PAPER_LETTER, /* A4 after GB/T 9704-2012: margins 37/35/28/26 mm, 22 lines of 28 characters */
    PAPER_A5,     /* slips for people */
    PAPER_ROLL,   /* 80 mm roll: one page, as long as it needs */
};

enum paper_kind {
    PAPER_TITLE,
    PAPER_HEADING, /* level 1 to 4 */
    PAPER_TEXT,    /* a paragraph of runs */
    PAPER_TABLE,
    PAPER_SIGN,  /* a line to be signed on, with room above */
    PAPER_IMAGE, /* JPEG or PNG, with a caption */
    PAPER_CODE,  /* a QR code of `bytes`, `text` below it */
    PAPER_SPACE, /* `level` empty lines */
    PAPER_BREAK, /* a new page; where a document begins, with its mark and style */
};

enum paper_align {
    PAPER_INDENT /* first line by two characters */,
    PAPER_LEFT,
    PAPER_CENTER,
    PAPER_RIGHT
};

struct paper_run {
    struct str text;
    bool bold;
};

struct paper_cell {
    struct str text;
    bool label;  /* bold, in the middle */
    int span;    /* columns; 0 is 1 */
    int page_of; /* prints the page of this mark instead of text; 0: text */
};

struct paper_block {
    enum paper_kind kind;
    enum paper_align align;
    enum paper_style style; /* BREAK */
    int level;
    int mark; /* BREAK, TITLE: remembers its page under this number, 1 …; 0: none */
    struct str text;
    struct paper_run *runs; /* TEXT; without any, `text` is the only one */
    size_t n_runs;
    int columns;       /* TABLE; the spans of a row add up to it */
    const int *widths; /* shares of the width; NULL: all the same */
    bool head;         /* the first row is repeated on every page */
    struct paper_cell *cells;
    size_t n_cells, cap_cells;
    struct str bytes; /* IMAGE: the file; CODE: what the code says */
    int mm;           /* IMAGE: largest width; CODE: side.  0: as fits */
};

struct paper {
    struct arena *a;
    enum paper_style style;
    struct str title; /* of the file */
    int64_t made;     /* instant that the file says it was made at */
    struct str check; /* the foot of each page: what the QR code says (an address), or STR_NONE */
    struct str check_text; /* and the words beside it */
    struct paper_block *blocks;
    size_t n, cap;
};

enum { PAPER_MARKS = 200, PAPER_COLUMNS = 30 };

struct paper *paper_new(struct arena *a, enum paper_style style, struct str title, int64_t made);
/* The new block; valid until the next one is added. */
struct paper_block *paper_add(struct paper *p, enum paper_kind kind, struct str text);
struct paper_cell *paper_cell(struct paper *p, struct paper_block *table, struct str text);
void paper_run(struct paper *p, struct paper_block *text, struct str s, bool bold);

/* Errors: ERR_INPUT when a picture is broken or a table does not add up, ERR_DEADLINE when it took
 * longer than 20 s, ERR_BUSY when no process can be had, ERR_TOO_BIG above LIMIT_JSON_OUT bytes. */
MUST_USE bool paper_pdf(const struct paper *p, struct buf *out, struct err *e);
MUST_USE bool paper_docx(const struct paper *p, struct buf *out, struct err *e);

/* ---- pictures ---- */
struct paper_image {
    bool png;          /* else JPEG */
    int width, height; /* as stored */
    int turn;          /* degrees clockwise to stand upright: 0, 90, 180, 270 */
    int channels;      /* JPEG: 1 or 3; others are not taken */
    struct str bytes;  /* JPEG: without EXIF, which says where and with what it was taken */
};
/* Reads the head of a JPEG or PNG; false when it is neither, broken, or larger than 100 megapixels. */
bool paper_image_read(struct arena *a, struct str file, struct paper_image *out);

/* A picture from outside, drawn anew: the same pixels, upright, and nothing that the camera wrote beside them
 * (place, time, device).  JPEG and PNG stay what they are; WebP becomes JPEG, or PNG when it is see-through.
 * paper_picture does it in a process of its own (worker.c), picture_redraw in this one.
 * ERR_INPUT: broken, moving, or in colours that are for print; ERR_TOO_BIG: more than 64 megapixels, or more than
 * LIMIT_UPLOAD bytes when drawn anew. */
bool paper_is_picture(struct str file);
MUST_USE bool paper_picture(struct str file, struct buf *out, struct err *e);
MUST_USE bool picture_redraw(struct str file, struct buf *out, struct err *e);

/* ---- QR codes (ISO/IEC 18004, error correction M) ---- */
struct paper_qr {
    int side;            /* modules, without the quiet zone */
    const uint8_t *dark; /* side * side, 1 is dark */
};
MUST_USE bool paper_qr(struct arena *a, struct str text, struct paper_qr *out, struct err *e);
/* One bit a pixel, `scale` pixels a module, with the quiet zone of four modules. */
struct str paper_qr_png(struct arena *a, const struct paper_qr *qr, int scale);
