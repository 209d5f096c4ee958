/* cli/args.h - the command line: words, --name value, --flag.  Exit status 2 for what is wrong. */
#pragma once
#include "base/err.h"

enum { ARGS_WORDS = 64, ARGS_OPTIONS = 32 };

struct option {
    const char *name;  /* without -- */
    const char *value; /* what stands for its value in the help ("URL"), NULL: a flag */
    const char *help;
};

struct args {
    const char *words[ARGS_WORDS]; /* positional */
    int n_words;
    struct {
        const char *name, *value;
    } given[ARGS_OPTIONS];
    int n_given;
};

/* argv behind the command's name.  Errors: ERR_USAGE. */
MUST_USE bool args_parse(int argc, char **argv, const struct option *options, struct args *out,
                         struct err *e);
const char *args_get(const struct args *a, const char *name); /* NULL when not given */
bool args_has(const struct args *a, const char *name);
/* ERR_USAGE when it is missing */
MUST_USE bool args_need(const struct args *a, const char *name, const char **out, struct err *e);
