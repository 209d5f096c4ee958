/* engine/form_int.h - how the tables of forms are written (builtin_form.c, sys_table.c). */
#pragma once
#include "engine/builtin_int.h"

#define OPTIONS(name, ...) static const struct builtin_option name[] = {__VA_ARGS__, {NULL, NULL, NULL}}
#define INPUTS(name, ...) static const struct builtin_input name[] = {__VA_ARGS__, {.id = NULL}}
#define WORDS(i, z, e) .id = (i), .zh = (z), .en = (e)

extern const struct builtin_option ROLE_OPTIONS[]; /* builtin_form.c: every role */
