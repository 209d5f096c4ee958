/* measure/slot.h - a place for a figure in the prose of a bulletin: {{…}} (measure/bulletin.h). */
#pragma once
#include "measure/bulletin.h"
#include "measure/speak.h"

enum slot_what {
    WHAT_n,
    WHAT_N,
    WHAT_value,
    WHAT_change,
    WHAT_opening,
    WHAT_in,
    WHAT_out,
    WHAT_closing,
    WHAT_COUNT
};
extern const char *const SLOT_WHATS[WHAT_COUNT];

struct slot {
    struct str text; /* between the braces */
    struct figure_question q;
    enum slot_what what;
    enum speak_about about;
    int digits, decimals;
    bool whole;
};

/* Errors: ERR_INPUT with the slot in the text; what figure_question_set gives. */
MUST_USE bool slot_read(struct arena *a, struct str text, const struct bulletin_frame *f, struct slot *s,
                        struct err *e);
/* The next {{…}} of *rest: what stands before it, and what stands in it; false at the end. */
bool slot_next(struct str *rest, struct str *before, struct str *slot);
/* ERR_INPUT at the prose, with the slot in the text; false. */
bool slot_bad(struct err *e, struct str text, const char *en, const char *zh);
