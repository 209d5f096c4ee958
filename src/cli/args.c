#include "cli/args.h"

static const struct option *find_option(const struct option *options, const char *name, size_t len)
{
    for (; options && options->name; options++)
        if (strlen(options->name) == len && memcmp(options->name, name, len) == 0)
            return options;
    return NULL;
}

bool args_parse(int argc, char **argv, const struct option *options, struct args *out, struct err *e)
{
    struct args a = {.n_words = 0};
    bool only_words = false;
    for (int i = 0; i < argc; i++) {
        const char *w = argv[i];
        if (only_words || strncmp(w, "--", 2) != 0) {
            if (a.n_words == ARGS_WORDS)
                return err_set(e, ERR_USAGE, "too many words");
            a.words[a.n_words++] = w;
            continue;
        }
        if (!w[2]) {
            only_words = true;
            continue;
        }
        const char *eq = strchr(w, '=');
        size_t len = eq ? (size_t)(eq - w - 2) : strlen(w) - 2;
        const struct option *o = find_option(options, w + 2, len);
        if (!o)
            return err_set(e, ERR_USAGE, "unknown option %s", w);
        const char *value = "";
        if (o->value) {
            value = eq ? eq + 1 : i + 1 < argc ? argv[++i] : NULL;
            if (!value)
                return err_set(e, ERR_USAGE, "--%s needs a value: %s", o->name, o->value);
        } else if (eq) {
            return err_set(e, ERR_USAGE, "--%s takes no value", o->name);
        }
        if (a.n_given == ARGS_OPTIONS)
            return err_set(e, ERR_USAGE, "too many options");
        a.given[a.n_given].name = o->name;
        a.given[a.n_given++].value = value;
    }
    *out = a;
    return true;
}

const char *args_get(const struct args *a, const char *name)
{
    for (int i = a->n_given - 1; i >= 0; i--)
        if (strcmp(a->given[i].name, name) == 0)
            return a->given[i].value;
    return NULL;
}

bool args_has(const struct args *a, const char *name)
{
    return args_get(a, name) != NULL;
}

bool args_need(const struct args *a, const char *name, const char **out, struct err *e)
{
    const char *v = args_get(a, name);
    if (!v || !*v)
        return err_set(e, ERR_USAGE, "--%s is missing", name);
    *out = v;
    return true;
}
