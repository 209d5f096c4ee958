/* Commands that set a database up: init, areas, calendar, units. */
#include "cli/command.h"
#include "exchange/csv.h"
#include "measure/tally.h"
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

const struct option OPT_init[] = {OPTION_DB,
                                  {"playbooks", "DIR", "folder with one folder for each business line"},
                                  {"zone", "ZONE", "the civil zone, Asia/Shanghai"},
                                  {"origin", "NAME", "the log's name in checkpoints"},
                                  OPTION_JSON,
                                  OPTION_END};
const struct option OPT_areas[] = {OPTION_DB, OPTION_JSON, OPTION_END};
const struct option OPT_setting[] = {OPTION_DB, OPTION_JSON, OPTION_END};
const struct option OPT_calendar[] = {OPTION_DB, OPTION_JSON, OPTION_END};
const struct option OPT_org[] = {OPTION_DB,
                                 {"area", "CODE", "where it sits"},
                                 {"kind", "KIND", "centre, committee, police, department, grid …"},
                                 {"parent", "ID", "the unit above it"},
                                 {"phone", "NUMBER", "its telephone, which residents are told"},
                                 {"no-accounts", NULL, "it acts by expiring links only"},
                                 OPTION_JSON,
                                 OPTION_END};

static bool is_playbook(const char *dir)
{
    char path[1200];
    struct stat st;
    snprintf(path, sizeof path, "%s/playbook.yaml", dir);
    return stat(path, &st) == 0;
}

/* Folders of playbooks below (or at) dir, sorted by name. */
bool cli_playbook_dirs(struct arena *a, const char *dir, const char ***out, size_t *n,
                       struct err *e)
{
    const char **list = NULL;
    size_t count = 0, cap = 0;
    if (is_playbook(dir)) {
        list = arena_grow(a, list, count, &cap, sizeof *list);
        list[count++] = dir;
    } else {
        struct dirent **found;
        int k = scandir(dir, &found, NULL, alphasort);
        if (k < 0)
            return err_set(e, ERR_IO, "cannot read the folder %.300s", dir);
        for (int i = 0; i < k; i++) {
            const char *sub = arena_printf(a, "%s/%s", dir, found[i]->d_name);
            if (found[i]->d_name[0] != '.' && is_playbook(sub)) {
                list = arena_grow(a, list, count, &cap, sizeof *list);
                list[count++] = sub;
            }
            free(found[i]);
        }
        free(found);
    }
    if (!count)
        return err_set(e, ERR_NOT_FOUND, "no playbook.yaml in %.300s or its folders", dir);
    *out = list;
    *n = count;
    return true;
}

bool cli_install(struct cli *c, struct engine *en, const char *dir)
{
    struct str text;
    struct answer ans;
    if (!playbook_read(c->arena, dir, &text, c->e))
        return false;
    struct ask ask = ASK_INIT;
    ask.type = STR("sys.playbook");
    ask.fields = json_new(c->arena, J_OBJ);
    json_set(c->arena, ask.fields, STR("text"), json_new_str(c->arena, text));
    return cli_act(c, en, &ask, &ans);
}

/* Where the shipped playbooks are: beside the program's folder, or here. */
const char *cli_playbooks(struct cli *c)
{
    char exe[1024];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    struct stat st;
    if (n > 0) {
        exe[n] = '\0';
        for (int up = 0; up < 2; up++) {
            char *slash = strrchr(exe, '/');
            if (slash)
                *slash = '\0';
        }
        const char *dir = arena_printf(c->arena, "%s/playbooks", exe);
        if (stat(dir, &st) == 0)
            return dir;
    }
    return stat("playbooks", &st) == 0 ? "playbooks" : NULL;
}

bool cmd_init(struct cli *c)
{
    const char *url, *zone = args_get(&c->args, "zone"), *origin = args_get(&c->args, "origin");
    const char *dir = args_get(&c->args, "playbooks");
    struct engine *en;
    const char **dirs;
    size_t n = 0;
    if (!args_need(&c->args, "db", &url, c->e))
        return false;
    if (!dir)
        dir = cli_playbooks(c);
    if (dir && !cli_playbook_dirs(c->arena, dir, &dirs, &n, c->e))
        return false;
    if (!engine_init(url, zone ? zone : "Asia/Shanghai", origin ? origin : "bihuan.local/log",
                     clock_real(), c->e) ||
        !cli_engine(c, false, &en))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        ok = cli_install(c, en, dirs[i]);
        if (!c->json && ok)
            printf("playbook %s\n", dirs[i]);
    }
    engine_close(en);
    if (ok && c->json) {
        struct buf b = BUF(4096);
        struct json_out o = json_out(&b);
        jo_obj(&o);
        jo_ki(&o, "playbooks", (int64_t)n);
        jo_kc(&o, "zone", zone ? zone : "Asia/Shanghai");
        jo_end(&o);
        cli_print(&b);
    }
    return ok;
}

/* ---- settings ---- */

bool cli_setting(struct cli *c, struct engine *en, const char *name, struct str value)
{
    struct answer ans;
    struct ask ask = ASK_INIT;
    ask.type = STR("sys.setting");
    ask.fields = json_new(c->arena, J_OBJ);
    json_set(c->arena, ask.fields, STR("name"), json_new_str(c->arena, str_of(name)));
    json_set(c->arena, ask.fields, STR("value"), json_new_str(c->arena, value));
    return cli_act(c, en, &ask, &ans);
}

bool cmd_setting(struct cli *c)
{
    struct engine *en;
    if (c->args.n_words != 2)
        return err_set(c->e, ERR_USAGE, "expected a name and a value: figures.levels \"2 3 4\"");
    if (!cli_engine(c, false, &en))
        return false;
    bool ok = cli_setting(c, en, c->args.words[0], str_of(c->args.words[1]));
    engine_close(en);
    return ok;
}

/* ---- areas ---- */

struct area_file {
    int code, name, parent, from, to, successor;
};

static int column(struct str *cells, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (str_is(str_trim(cells[i]), name))
            return (int)i;
    return -1;
}

static void put_cell(struct arena *a, struct json *o, const char *key, struct str *cells, size_t n,
                     int col)
{
    if (col >= 0 && (size_t)col < n && str_trim(cells[col]).len)
        json_set(a, o, str_of(key), json_new_str(a, str_trim(cells[col])));
}

struct area_load {
    struct cli *c;
    struct engine *en;
    struct world *w;
    struct json *list; /* new ones that wait to be sent */
    int64_t fresh, changed;
};

static bool area_world(struct area_load *l)
{
    world_unref(l->w);
    l->w = engine_world(l->en, l->c->e);
    return l->w != NULL;
}

static bool send_areas(struct area_load *l)
{
    struct answer ans;
    struct ask ask = ASK_INIT;
    if (!l->list->n)
        return true;
    ask.type = STR("sys.area");
    ask.fields = json_new(l->c->arena, J_OBJ);
    json_set(l->c->arena, ask.fields, STR("areas"), l->list);
    l->fresh += (int64_t)l->list->n;
    l->list = json_new(l->c->arena, J_ARR);
    return cli_act(l->c, l->en, &ask, &ans) && area_world(l);
}

/* One change of an area that is there; the next waits until the records were taken along. */
static bool change_one(struct area_load *l, const char *act, struct str code, const char *const keys[],
                       const struct str values[], size_t n)
{
    struct answer ans;
    struct ask ask = ASK_INIT;
    char word[] = "matters go along";
    ask.type = STR("sys.area");
    ask.action = str_of(act);
    ask.fields = json_new(l->c->arena, J_OBJ);
    json_set(l->c->arena, ask.fields, STR("code"), json_new_str(l->c->arena, code));
    for (size_t i = 0; i < n; i++)
        if (values[i].len)
            json_set(l->c->arena, ask.fields, str_of(keys[i]), json_new_str(l->c->arena, values[i]));
    l->changed++;
    return cli_act(l->c, l->en, &ask, &ans) && engine_build_wait(l->en, cli_progress, word, l->c->e) &&
           area_world(l);
}

static struct str day_text(struct arena *a, int32_t day)
{
    char text[16] = "";
    if (day != DAY_NONE)
        day_format(day, text);
    return str_dup(a, str_of(text));
}

/* What the line says otherwise than the database: moved, merged, renamed, closed. */
static bool change_areas(struct area_load *l, const struct json *o)
{
    struct str code = json_text(o, "code"), name = json_text(o, "name"), parent = json_text(o, "parent"),
               to = json_text(o, "valid_to"), successor = json_text(o, "successor");
    if (!send_areas(l)) /* they may be named here */
        return false;
    int i = world_area(l->w, code), up = l->w->areas[i].parent, next = world_area(l->w, successor);
    struct str last = day_text(l->c->arena, l->w->areas[i].to);
    bool ends = successor.len && !str_eq(successor, l->w->areas[i].successor);
    bool merges = ends && next >= 0 && l->w->areas[next].level == l->w->areas[i].level;
    if (!str_eq(name, l->w->areas[i].name) &&
        !change_one(l, "change", code, (const char *const[]){"name"}, &name, 1))
        return false;
    if (merges)
        return change_one(l, "merge", code, (const char *const[]){"into", "valid_to"},
                          (const struct str[]){successor, to}, 2);
    bool there = up >= 0 && world_area(l->w, parent) == up;
    bool moves = parent.len && !there && !l->w->areas[i].successor.len;
    if (moves && !change_one(l, "move", code, (const char *const[]){"parent"}, &parent, 1))
        return false;
    if (!ends && (!to.len || str_eq(to, last)))
        return true;
    return change_one(l, "close", code, (const char *const[]){"successor", "valid_to"},
                      (const struct str[]){successor, to}, 2);
}

static bool take_area_row(struct area_load *l, const struct area_file *f, struct csv_reader *csv,
                          struct str *cells, size_t n)
{
    struct arena *a = l->c->arena;
    struct json *o = json_new(a, J_OBJ);
    put_cell(a, o, "code", cells, n, f->code);
    put_cell(a, o, "name", cells, n, f->name);
    put_cell(a, o, "parent", cells, n, f->parent);
    put_cell(a, o, "valid_from", cells, n, f->from);
    put_cell(a, o, "valid_to", cells, n, f->to);
    put_cell(a, o, "successor", cells, n, f->successor);
    if (!json_get(o, "name"))
        put_cell(a, o, "name", cells, n, f->code); /* an area without a name is called by its code */
    if (!json_get(o, "code"))
        return err_set(l->c->e, ERR_INPUT, "line %lld: the code is empty", (long long)csv_line(csv));
    int i = world_area(l->w, json_text(o, "code"));
    if (i >= 0 && str_eq(l->w->areas[i].code, json_text(o, "code")))
        return change_areas(l, o);
    json_push(l->list, o);
    return l->list->n < 500 || send_areas(l);
}

static bool read_areas(struct area_load *l, struct csv_reader *csv)
{
    struct str *cells;
    size_t n;
    struct err *e = l->c->e;
    if (!csv_next(csv, &cells, &n, e))
        return err_is(e) ? false : err_set(e, ERR_INPUT, "the file is empty");
    struct area_file f = {column(cells, n, "code"),       column(cells, n, "name"),
                          column(cells, n, "parent"),     column(cells, n, "valid_from"),
                          column(cells, n, "valid_to"),   column(cells, n, "successor")};
    if (f.code < 0 || f.name < 0 || f.parent < 0)
        return err_set(e, ERR_INPUT, "line 1: expected the columns code,name,parent");
    l->list = json_new(l->c->arena, J_ARR);
    while (csv_next(csv, &cells, &n, e))
        if (!take_area_row(l, &f, csv, cells, n))
            return false;
    return !err_is(e) && send_areas(l);
}

/* At which levels is counted follows the shape of the tree, as long as nothing is counted and nobody
 * has said otherwise. */
static bool send_levels(struct cli *c, struct engine *en)
{
    struct world *w = engine_world(en, c->e);
    struct store *db = w ? engine_reader(en, c->e) : NULL;
    struct levels said, tree;
    struct str value = STR_NONE;
    bool any = true, by_tree = true, ok = db && tally_any(db, &any, c->e);
    if (ok && !any) {
        struct str set = world_setting(w, "figures.levels");
        tree = levels_of_tree(w);
        value = str_printf(c->arena, "tree %d %d %d", tree.first, tree.dims, tree.total);
        if ((levels_parse(set, &said, &by_tree) && !by_tree) || str_eq(set, value))
            value = STR_NONE;
    }
    engine_reader_back(en, db);
    world_unref(w);
    if (!ok || !value.ptr)
        return ok;
    return cli_setting(c, en, "figures.levels", value);
}

bool cli_areas(struct cli *c, struct engine *en, const char *file, int64_t *fresh, int64_t *changed)
{
    struct csv_reader *csv;
    struct area_load l = {.c = c, .en = en};
    if (!csv_open(file, &csv, c->e))
        return false;
    bool ok = area_world(&l) && read_areas(&l, csv) && send_levels(c, en);
    csv_close(csv);
    world_unref(l.w);
    *fresh = l.fresh;
    *changed = l.changed;
    return ok;
}

bool cmd_areas_import(struct cli *c)
{
    struct engine *en;
    int64_t fresh = 0, changed = 0;
    if (c->args.n_words != 1)
        return err_set(c->e, ERR_USAGE, "name one CSV file");
    if (!cli_engine(c, false, &en))
        return false;
    bool ok = cli_areas(c, en, c->args.words[0], &fresh, &changed);
    engine_close(en);
    if (!ok)
        return false;
    struct buf b = BUF(256);
    buf_printf(&b, c->json ? "{\"areas\":%lld,\"changed\":%lld}" : "%lld areas, %lld changes",
               (long long)fresh, (long long)changed);
    cli_print(&b);
    return true;
}

bool cli_calendar(struct cli *c, struct engine *en, const char *file)
{
    struct str csv;
    struct answer ans;
    struct ask ask = ASK_INIT;
    if (!file_read(c->arena, file, 1 << 20, &csv, c->e))
        return false;
    ask.type = STR("sys.calendar");
    ask.fields = json_new(c->arena, J_OBJ);
    json_set(c->arena, ask.fields, STR("csv"), json_new_str(c->arena, csv));
    return cli_act(c, en, &ask, &ans);
}

bool cmd_calendar_import(struct cli *c)
{
    struct engine *en;
    if (c->args.n_words != 1)
        return err_set(c->e, ERR_USAGE, "name one CSV file (date,kind,name)");
    if (!cli_engine(c, false, &en))
        return false;
    char word[] = "matters whose clocks follow";
    bool ok = cli_calendar(c, en, c->args.words[0]) && engine_build_wait(en, cli_progress, word, c->e);
    engine_close(en);
    return ok;
}

bool cmd_org_add(struct cli *c)
{
    static const char *const KEYS[] = {"area", "kind", "parent", "phone"};
    struct engine *en;
    struct answer ans;
    struct ask ask = ASK_INIT;
    const char *area;
    if (c->args.n_words != 1)
        return err_set(c->e, ERR_USAGE, "name the unit");
    if (!args_need(&c->args, "area", &area, c->e) || !cli_engine(c, false, &en))
        return false;
    ask.type = STR("sys.org");
    ask.fields = json_new(c->arena, J_OBJ);
    json_set(c->arena, ask.fields, STR("name"), json_new_str(c->arena, str_of(c->args.words[0])));
    for (size_t i = 0; i < COUNT_OF(KEYS); i++)
        if (args_has(&c->args, KEYS[i]))
            json_set(c->arena, ask.fields, str_of(KEYS[i]),
                     json_new_str(c->arena, str_of(args_get(&c->args, KEYS[i]))));
    if (args_has(&c->args, "no-accounts"))
        json_set(c->arena, ask.fields, STR("no_accounts"), json_new_bool(c->arena, true));
    bool ok = cli_act(c, en, &ask, &ans);
    engine_close(en);
    if (!ok)
        return false;
    struct buf b = BUF(256);
    struct str id = id_text(c->arena, ans.record);
    buf_printf(&b, c->json ? "{\"id\":\"%s\"}" : "%s", id.ptr);
    cli_print(&b);
    return true;
}
