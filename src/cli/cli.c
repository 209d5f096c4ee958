#include "cli/command.h"
#include <unistd.h>

static void print_help(const struct command *cmd)
{
    printf("bihuan %s %s\n  %s\n  %s\n", cmd->name, cmd->words, cmd->en, cmd->zh);
    for (const struct option *o = cmd->options; o && o->name; o++)
        printf("  --%s%s%s\n      %s\n", o->name, o->value ? " " : "", o->value ? o->value : "",
               o->help);
}

static void print_overview(FILE *to)
{
    fprintf(to, "bihuan COMMAND … (bihuan COMMAND --help tells more)\n\n");
    for (size_t i = 0; i < COMMANDS_N; i++)
        fprintf(to, "  %-18s %s\n", COMMANDS[i].name, COMMANDS[i].en);
    fprintf(to, "\nExit status: 0 done, 1 failed, 2 usage.\n");
}

/* "log export" before "log": the longest name whose words begin the command line. */
static const struct command *find_command(int argc, char **argv, int *used)
{
    const struct command *best = NULL;
    *used = 0;
    for (size_t i = 0; i < COMMANDS_N; i++) {
        struct str rest = str_of(COMMANDS[i].name);
        int n = 0;
        bool match = true;
        while (rest.ptr && match) {
            struct str word = str_cut(rest, ' ', &rest);
            match = n + 1 < argc && str_is(word, argv[n + 1]);
            n++;
        }
        if (match && n > *used) {
            best = &COMMANDS[i];
            *used = n;
        }
    }
    return best;
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

int cli_main(int argc, char **argv)
{
    int used;
    const struct command *cmd = find_command(argc, argv, &used);
    bool help = wants_help(argc, argv);
    if (!cmd) {
        print_overview(help || argc == 1 ? stdout : stderr);
        if (!help && argc > 1)
            fprintf(stderr, "bihuan: there is no command '%s'\n", argv[1]);
        return help ? EXIT_DONE : EXIT_USAGE;
    }
    if (help) {
        print_help(cmd);
        return EXIT_DONE;
    }
    struct err e = ERR_INIT;
    struct cli c = {.arena = arena_new(), .e = &e, .program = argv[0]};
    bool ok = args_parse(argc - 1 - used, argv + 1 + used, cmd->options, &c.args, &e);
    c.json = args_has(&c.args, "json");
    if (ok)
        ok = cmd->run(&c);
    arena_free(c.arena);
    cli_progress_end();
    if (ok)
        return c.status;
    fprintf(stderr, "bihuan %s: %s%s%s%s%s\n", cmd->name, e.text[0] ? e.text : err_title_en(e.code),
            e.zh[0] ? "（" : "", e.zh, e.zh[0] ? "）" : "",
            e.code == ERR_USAGE ? " (--help tells more)" : "");
    return e.code == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED;
}

bool cli_engine(struct cli *c, bool bulk, struct engine **out)
{
    struct engine_config cfg = {.bulk = bulk};
    return args_need(&c->args, "db", &cfg.url, c->e) && cli_clock(c, cfg.url, false, &cfg.clock) &&
           engine_open(&cfg, out, c->e);
}

static bool showing;
static int64_t shown_at;

void cli_progress(void *self, int64_t done, int64_t total)
{
    struct clock_source real = clock_real();
    int64_t now = clock_now(&real);
    bool tty = isatty(2);
    if (!shown_at)
        shown_at = now; /* what is over at once shows nothing */
    if (now - shown_at < (tty ? 200 : 2000))
        return;
    shown_at = now;
    showing = tty;
    if (total > 0)
        fprintf(stderr, "%s%s %lld / %lld (%lld %%)%s", tty ? "\r" : "", (const char *)self,
                (long long)done, (long long)total, (long long)(done * 100 / total), tty ? "" : "\n");
    else
        fprintf(stderr, "%s%s %lld%s", tty ? "\r" : "", (const char *)self, (long long)done,
                tty ? "" : "\n");
    fflush(stderr);
}

void cli_progress_end(void)
{
    if (showing)
        fputc('\n', stderr);
    showing = false;
}

bool cli_act(struct cli *c, struct engine *en, struct ask *ask, struct answer *ans)
{
    struct actor who = actor_operator();
    if (id_zero(ask->id))
        ask->id = id_new(engine_now(en));
    ask->actor = &who;
    ask_set_req(ask);
    if (engine_act(en, c->arena, ask, ans))
        return true;
    return err_field(c->e, ans->err.code, ans->err.field, "%s", ans->err.text);
}

void cli_print(struct buf *b)
{
    buf_char(b, '\n');
    fwrite(b->ptr, 1, b->len, stdout);
    buf_free(b);
}
