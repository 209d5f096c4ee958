/* paper/paper_int.h - what the two writers share: sizes and fonts of each style. */
#pragma once
#include "paper/paper.h"

#define PAPER_MM (72.0 / 25.4) /* points in a millimetre */

/* Families for pango: what an office has installed comes before what Debian has. */
struct paper_face {
    const char *families; /* PDF, in order of preference */
    const char *docx;     /* the name that is declared in a docx */
    double size;          /* points */
    bool bold;            /* PDF: may stand in for a heavier face */
    bool docx_bold;
};

struct paper_look {
    double width, height;            /* mm; height 0: as long as it needs */
    double top, bottom, left, right; /* mm */
    double pitch;                    /* of body lines, points */
    double tight;                    /* between two characters of the body, points */
    struct paper_face title, body, cell, heading[4];
    bool dashes; /* page numbers as "— 1 —" on the outer side */
};
extern const struct paper_look PAPER_LOOKS[];

/* Runs `work` in a process of its own and gives what it wrote.  See worker.c for what it cannot do. */
MUST_USE bool paper_confined(bool (*work)(const void *user, struct buf *out, struct err *e),
                             const void *user, struct buf *out, struct err *e);
/* The worker's own part of paper_pdf: draws. */
MUST_USE bool pdf_draw(const void *paper, struct buf *out, struct err *e);
/* How EXIF says a picture lies: 1 (upright) to 8; 1 when it does not say. */
int picture_orientation(struct str exif);
