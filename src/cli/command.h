/* cli/command.h - the commands, as rows of one table (cli/commands.c).
 *
 * One more command: a function `bool cmd_x(struct cli *c)` in a file of its own, its options, and a
 * row.  Results go to standard output, progress and errors to standard error.  With --json a command
 * prints one JSON document. */
#pragma once
#include "cli/args.h"
#include "engine/engine.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct cli {
    struct args args;
    struct arena *arena;
    struct err *e;
    bool json;
    int status; /* a command may ask for 1 without an error (verify) */
    const char *program;
};

struct command {
    const char *name;   /* "areas import" */
    const char *words;  /* "FILE.csv" */
    const char *zh, *en;
    const struct option *options;
    bool (*run)(struct cli *c);
};

extern const struct command COMMANDS[];
extern const size_t COMMANDS_N;

int cli_main(int argc, char **argv);

/* ---- helpers for commands ---- */
MUST_USE bool cli_engine(struct cli *c, bool bulk, struct engine **out); /* by --db */
/* The clock that the database lives by: the machine's, or a demonstration's (also when demo asks for
 * it).  It lives as long as c->arena. */
MUST_USE bool cli_clock(struct cli *c, const char *url, bool demo, struct clock_source *out);
void cli_progress(void *self, int64_t done, int64_t total); /* a line on standard error, self: a word */
void cli_progress_end(void);
/* Key and a read connection, without a writer: works beside a running server and on a copy. */
MUST_USE bool cli_open_log(struct cli *c, struct store **db, struct keys *keys);
/* Says on standard error when what is signed might be lost with one machine (decisions 22). */
MUST_USE bool cli_say_standby(struct store *db, struct err *e);
/* Acts as the operator and waits. */
MUST_USE bool cli_act(struct cli *c, struct engine *en, struct ask *ask, struct answer *ans);
MUST_USE bool cli_setting(struct cli *c, struct engine *en, const char *name, struct str value);
/* Parts of init, areas import and calendar import, on an open engine. */
MUST_USE bool cli_playbook_dirs(struct arena *a, const char *dir, const char ***out, size_t *n,
                                struct err *e);
const char *cli_playbooks(struct cli *c); /* the folder of those that were shipped, or NULL */
MUST_USE bool cli_install(struct cli *c, struct engine *en, const char *dir);
/* New areas, and changes of those that are there, which wait until their matters were taken along. */
MUST_USE bool cli_areas(struct cli *c, struct engine *en, const char *file, int64_t *fresh,
                        int64_t *changed);
MUST_USE bool cli_calendar(struct cli *c, struct engine *en, const char *file);
void cli_print(struct buf *b); /* to standard output with a newline, and freed */
#define OPTION_DB {"db", "URL", "the database: FILE or postgresql://…"}
#define OPTION_JSON {"json", NULL, "one JSON document"}
#define OPTION_END {NULL, NULL, NULL}

bool cmd_init(struct cli *c);
bool cmd_areas_import(struct cli *c);
bool cmd_areas_borders(struct cli *c);
bool cmd_calendar_import(struct cli *c);
bool cmd_playbook_install(struct cli *c);
bool cmd_check(struct cli *c);
bool cmd_setting(struct cli *c);
bool cmd_adopt(struct cli *c);
extern const struct option OPT_adopt[];
bool cmd_account_add(struct cli *c);
bool cmd_org_add(struct cli *c);
bool cmd_log_export(struct cli *c);
bool cmd_log_fork(struct cli *c);
bool cmd_proof(struct cli *c);
bool cmd_checkpoint(struct cli *c);
bool cmd_verify(struct cli *c);
bool cmd_backup(struct cli *c);
bool cmd_restore(struct cli *c);
extern const struct option OPT_backup[], OPT_restore[];
extern const struct option OPT_verify[];
bool cmd_serve(struct cli *c);
extern const struct option OPT_init[], OPT_areas[], OPT_borders[], OPT_setting[], OPT_calendar[],
    OPT_playbook[], OPT_check[], OPT_account[], OPT_serve[], OPT_org[], OPT_log_export[], OPT_log_fork[],
    OPT_proof[], OPT_checkpoint[];

bool cmd_import(struct cli *c);
bool cmd_report(struct cli *c);
extern const struct option OPT_report[];
bool cmd_find(struct cli *c);
bool cmd_export(struct cli *c);
bool cmd_indicator(struct cli *c);
bool cmd_sample(struct cli *c);
extern const struct option OPT_sample[], OPT_import[], OPT_find[], OPT_export[], OPT_indicator[];
bool cmd_bulletin_show(struct cli *c);
bool cmd_bulletin_verify(struct cli *c);
extern const struct option OPT_bulletin[];
bool cmd_demo(struct cli *c);
extern const struct option OPT_demo[];
