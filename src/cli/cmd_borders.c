#define _GNU_SOURCE /* memmem */
/* Borders of areas from a GeoJSON file (RFC 7946), feature by feature: a file of a city is larger than one request. */
#include "base/hash.h"
#include "cli/command.h"

enum { FILE_MOST = 256 * 1024 * 1024, SEND_AREAS = 100, SEND_TEXT = 150 * 1024 /* as GeoJSON */ };

const struct option OPT_borders[] = {OPTION_DB,
                                     {"crs", "SYSTEM", "of the file: WGS-84 (default), CGCS2000, GCJ-02"},
                                     {"code", "NAME", "the property with the code; without it code, adcode or id"},
                                     OPTION_JSON,
                                     OPTION_END};

struct border_load {
    struct cli *c;
    struct engine *en;
    struct str file; /* SHA-256, hex */
    struct json *list;
    size_t size; /* of the features in the list, bytes */
    int64_t taken, feature;
};

static bool send_borders(struct border_load *l)
{
    struct answer ans;
    struct ask ask = ASK_INIT;
    struct arena *a = l->c->arena;
    const char *crs = args_get(&l->c->args, "crs");
    if (!l->list->n)
        return true;
    ask.type = STR("sys.area");
    ask.action = STR("borders");
    ask.fields = json_new(a, J_OBJ);
    json_set(a, ask.fields, STR("borders"), l->list);
    json_set(a, ask.fields, STR("file"), json_new_str(a, l->file));
    if (crs)
        json_set(a, ask.fields, STR("crs"), json_new_str(a, str_of(crs)));
    l->taken += (int64_t)l->list->n;
    l->list = json_new(a, J_ARR);
    l->size = 0;
    return cli_act(l->c, l->en, &ask, &ans);
}

/* The code may be a number there: 360112. */
static struct str code_of(struct border_load *l, const struct json *feature)
{
    static const char *const USUAL[] = {"code", "adcode", "id"};
    const char *named = args_get(&l->c->args, "code");
    const struct json *properties = json_get(feature, "properties");
    for (size_t i = 0; i < (named ? 1 : COUNT_OF(USUAL)); i++) {
        const struct json *v = json_get(properties, named ? named : USUAL[i]);
        if (json_is(v, J_INT))
            return str_printf(l->c->arena, "%lld", (long long)v->i);
        if (json_is(v, J_STR) && str_trim(v->s).len)
            return str_trim(v->s);
    }
    return STR_NONE;
}

static bool take_feature(struct border_load *l, struct str text)
{
    struct arena *a = l->c->arena;
    struct json *feature, *one = json_new(a, J_OBJ);
    l->feature++;
    if (!json_input(a, text, &feature, l->c->e))
        return false;
    struct str code = code_of(l, feature);
    if (!code.len)
        return err_set(l->c->e, ERR_INPUT, "feature %lld has no code: name the property with --code",
                       (long long)l->feature);
    if ((l->list->n == SEND_AREAS || l->size + text.len > SEND_TEXT) && !send_borders(l))
        return false;
    json_set(a, one, STR("code"), json_new_str(a, code));
    if (json_get(feature, "geometry"))
        json_set(a, one, STR("geometry"), json_get(feature, "geometry"));
    json_push(l->list, one);
    l->size += text.len;
    return true;
}

/* Where the value that begins with a bracket ends; text.len when it does not. */
static size_t value_end(struct str text, size_t at)
{
    int depth = 0;
    bool quoted = false;
    for (; at < text.len; at++) {
        char c = text.ptr[at];
        if (quoted && c == '\\')
            at++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '{' || c == '['))
            depth++;
        else if (!quoted && (c == '}' || c == ']') && --depth == 0)
            return at + 1;
    }
    return text.len;
}

/* Each object of the list "features"; what stands between them is not looked at. */
static bool each_feature(struct border_load *l, struct str text)
{
    static const char KEY[] = "\"features\"";
    const char *key = memmem(text.ptr, text.len, KEY, sizeof KEY - 1);
    const char *open = key ? memchr(key, '[', (size_t)(text.ptr + text.len - key)) : NULL;
    if (!open)
        return err_set(l->c->e, ERR_INPUT, "expected a FeatureCollection of GeoJSON");
    size_t at = (size_t)(open - text.ptr), end = value_end(text, at);
    while (++at < end - 1) {
        if (text.ptr[at] != '{')
            continue;
        size_t to = value_end(text, at);
        if (!take_feature(l, (struct str){text.ptr + at, to - at}))
            return false;
        at = to - 1;
    }
    return send_borders(l);
}

bool cmd_areas_borders(struct cli *c)
{
    struct border_load l = {.c = c};
    struct str text;
    if (c->args.n_words != 1)
        return err_set(c->e, ERR_USAGE, "name one GeoJSON file");
    if (!file_read(c->arena, c->args.words[0], FILE_MOST, &text, c->e) || !cli_engine(c, false, &l.en))
        return false;
    struct hash sum = hash_sha256(text);
    l.file = hex_of(c->arena, HASH_STR(sum));
    l.list = json_new(c->arena, J_ARR);
    bool ok = each_feature(&l, text);
    engine_close(l.en);
    if (!ok)
        return false;
    struct buf b = BUF(256);
    buf_printf(&b, c->json ? "{\"borders\":%lld}" : "%lld borders", (long long)l.taken);
    cli_print(&b);
    return true;
}
