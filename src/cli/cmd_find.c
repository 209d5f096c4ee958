/* bihuan find, export and sample: lists, as JSON, CSV or xlsx, and their number.
 *
 * Pages are written as they come, so a list of any length takes the memory of one page. */
#include "cli/command.h"
#include "exchange/list_file.h"
#include "search/sample.h"
#include <errno.h>

enum { FIND_ALL_DEADLINE = 10 * 60 * 1000 }; /* ms: nobody waits at a page for it */

#define OPTION_WHERE {"where", "CQL2", "a condition, as \"category = 'A' AND opened >= DATE('2024-01-01')\""}
#define OPTION_LIST                                                                                \
    OPTION_DB, OPTION_WHERE, {"search", "TEXT", "words, pinyin or initials"},                      \
        {"area", "CODE", "with all below it"}, {"open", NULL, "only what is not closed"},          \
        {"sort", "KEY", "-opened (newest first), opened, due, or a sortable field; - downwards"},  \
        {"limit", "N", "at most so many"},                                                         \
        {"raw", NULL, "CSV and xlsx with codes and ids of columns, to be imported again"}

const struct option OPT_find[] = {OPTION_LIST,
                                  {"count", NULL, "only how many"},
                                  {"csv", NULL, "as CSV on standard output"},
                                  {"xlsx", "FILE", "as a spreadsheet"},
                                  OPTION_JSON,
                                  OPTION_END};
const struct option OPT_export[] = {OPTION_LIST, OPTION_JSON, OPTION_END};

const struct option OPT_sample[] = {OPTION_DB,
                                    OPTION_WHERE,
                                    {"area", "CODE", "with all below it"},
                                    {"seed", "TEXT", "public, and not known while matters could be changed"},
                                    {"count", "N", "how many are drawn"},
                                    {"record", NULL, "write the draw into each matter: its re-check is then asked for"},
                                    OPTION_JSON,
                                    OPTION_END};

struct listing {
    struct cli *c;
    struct engine *en;
    struct world *w;
    struct store *db;
    struct find_question q;
    struct str scopes[LIMIT_SCOPES];
    struct export_list x;
    int64_t limit; /* -1 is all */
};

static bool read_number(struct cli *c, const char *name, int64_t fallback, int64_t *out)
{
    const char *v = args_get(&c->args, name);
    *out = fallback;
    if (!v)
        return true;
    return (str_int(str_of(v), out) && *out >= 0) ||
           err_set(c->e, ERR_USAGE, "--%s: expected a number", name);
}

static bool listing_open(struct cli *c, struct listing *l)
{
    struct engine_config cfg = {.read_only = !args_has(&c->args, "record")};
    if (c->args.n_words < 1)
        return err_set(c->e, ERR_USAGE, "name the record type, as report.report");
    if (!args_need(&c->args, "db", &cfg.url, c->e) || !cli_clock(c, cfg.url, false, &cfg.clock) ||
        !engine_open(&cfg, &l->en, c->e))
        return false;
    l->w = engine_world(l->en, c->e);
    l->db = l->w ? engine_reader(l->en, c->e) : NULL;
    if (!l->db)
        return false;
    struct actor who = actor_operator();
    struct str code = str_of(args_get(&c->args, "area"));
    int area = code.len ? world_area(l->w, code) : -1;
    if (code.len && area < 0)
        return err_field(c->e, ERR_UNKNOWN_AREA, "area", "there is no area '%.*s'", STR_F(code));
    l->q = (struct find_question){.w = l->w,
                                  .type = str_of(c->args.words[0]),
                                  .where = str_of(args_get(&c->args, "where")),
                                  .search = str_of(args_get(&c->args, "search")),
                                  .scopes = l->scopes,
                                  .open_only = args_has(&c->args, "open"),
                                  .deadline_ms = FIND_ALL_DEADLINE};
    l->q.n_scopes = actor_scopes(&who, l->w, area, 0, c->arena, l->scopes);
    return find_sort(&l->q, str_of(args_get(&c->args, "sort")), c->e);
}

static void listing_close(struct listing *l)
{
    if (!l->en)
        return;
    engine_reader_back(l->en, l->db);
    world_unref(l->w);
    engine_close(l->en);
}

enum form { FORM_JSON, FORM_CSV, FORM_FILE_CSV, FORM_FILE_XLSX };

static bool put_json_row(struct listing *l, struct arena *a, const struct record *r, bool first)
{
    struct sheet_cell *cells = ARENA_ARRAY(a, struct sheet_cell, l->x.n);
    struct buf b AUTO(buf_free) = BUF(LIMIT_JSON_OUT);
    struct json_out o = json_out(&b);
    if (!export_cells(a, &l->x, r, cells, l->c->e))
        return false;
    if (l->c->json && !first)
        buf_char(&b, ',');
    export_json_row(&l->x, r, cells, &o);
    if (!l->c->json)
        buf_char(&b, '\n');
    fwrite(b.ptr, 1, b.len, stdout);
    return true;
}

static void put_json_end(const struct find_pages *pages)
{
    struct buf end AUTO(buf_free) = BUF(16384);
    struct json_out o = json_out(&end);
    jo_obj(&o);
    jo_kv(&o, "next", pages->after.len ? buf_view(&pages->after) : STR_NONE);
    jo_kc(&o, "plan", pages->plan);
    jo_end(&o);
    printf("],%.*s\n", (int)end.len - 1, end.ptr + 1);
}

/* One line for each record, or one document of all. */
static bool put_json(struct listing *l, struct find_pages *pages)
{
    struct find_answer page;
    bool first = true;
    if (l->c->json)
        printf("{\"rows\":[");
    do {
        if (!find_pages_next(pages, &page, l->c->e))
            return false;
        for (size_t i = 0; i < page.n; i++, first = false)
            if (!put_json_row(l, pages->a, page.rows[i], first))
                return false;
    } while (page.n);
    if (l->c->json)
        put_json_end(pages);
    return (fflush(stdout) == 0 && !ferror(stdout)) ||
           err_set(l->c->e, ERR_IO, "cannot write: %s", strerror(errno));
}

static bool tell(void *user, int64_t rows, struct err *e)
{
    UNUSED(user);
    UNUSED(e);
    cli_progress((char[]){"rows"}, rows, 0);
    return true;
}

static bool put_list(struct listing *l, enum form form, const char *path, int64_t *rows)
{
    struct find_pages pages;
    struct list_file file = {.x = &l->x, .pages = &pages, .go_on = tell};
    struct err *e = l->c->e;
    find_pages_open(&pages, l->db, &l->q, l->limit);
    bool ok = form == FORM_JSON  ? put_json(l, &pages)
              : form == FORM_CSV ? list_csv(&file, stdout, e)
                                 : list_file(&file, form == FORM_FILE_XLSX ? LIST_XLSX : LIST_CSV, path, e);
    if (form != FORM_JSON)
        cli_progress_end();
    *rows = pages.done;
    find_pages_close(&pages);
    return ok;
}

static bool put_count(struct listing *l)
{
    int64_t n;
    if (!find_count(l->db, l->c->arena, &l->q, &n, l->c->e))
        return false;
    struct buf b = BUF(64);
    buf_printf(&b, l->c->json ? "{\"count\":%lld}" : "%lld", (long long)n);
    cli_print(&b);
    return true;
}

static bool list_type(struct listing *l, bool raw)
{
    return export_open(l->c->arena, l->db, engine_keys(l->en), l->w, l->q.type, raw ? EXPORT_RAW : EXPORT_ZH, &l->x,
                       l->c->e);
}

static bool find(struct cli *c, struct listing *l)
{
    const char *xlsx = args_get(&c->args, "xlsx");
    bool csv = args_has(&c->args, "csv"), all = csv || xlsx;
    if (c->args.n_words != 1 || (csv && xlsx))
        return err_set(c->e, ERR_USAGE, "name one record type, and --csv or --xlsx");
    if (!listing_open(c, l))
        return false;
    if (args_has(&c->args, "count"))
        return put_count(l);
    int64_t rows;
    if (!read_number(c, "limit", all ? -1 : FIND_LIMIT, &l->limit) ||
        !list_type(l, !all || args_has(&c->args, "raw")))
        return false;
    return put_list(l, xlsx ? FORM_FILE_XLSX : csv ? FORM_CSV : FORM_JSON, xlsx, &rows);
}

static bool export_file(struct cli *c, struct listing *l)
{
    if (c->args.n_words != 2)
        return err_set(c->e, ERR_USAGE, "name the record type and the file");
    const char *path = c->args.words[1];
    bool xlsx = str_ends(str_of(path), STR(".xlsx"));
    if (!xlsx && !str_ends(str_of(path), STR(".csv")))
        return err_set(c->e, ERR_USAGE, "the file must end in .csv or .xlsx");
    if (!listing_open(c, l) || !read_number(c, "limit", -1, &l->limit) ||
        !list_type(l, args_has(&c->args, "raw")))
        return false;
    int64_t rows = 0;
    if (!put_list(l, xlsx ? FORM_FILE_XLSX : FORM_FILE_CSV, path, &rows)) {
        remove(path); /* half a list must not pass for a whole one */
        return false;
    }
    struct buf b = BUF(64);
    buf_printf(&b, c->json ? "{\"rows\":%lld}" : "%lld rows", (long long)rows);
    cli_print(&b);
    return true;
}

bool cmd_find(struct cli *c)
{
    struct listing l = {.c = c};
    bool ok = find(c, &l);
    listing_close(&l);
    return ok;
}

bool cmd_export(struct cli *c)
{
    struct listing l = {.c = c};
    bool ok = export_file(c, &l);
    listing_close(&l);
    return ok;
}

/* ---- drawing by lot ---- */

/* Once, however often: the id follows from seed and matter. */
static bool record_one(struct listing *l, struct str seed, const struct sampled *s, int64_t place, int64_t of)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct actor who = actor_operator();
    struct ask ask = ASK_INIT;
    struct answer ans;
    const struct str parts[] = {STR("bihuan.draw1"), seed, ID_STR(s->id)};
    ask.id = id_derive(parts, COUNT_OF(parts));
    ask.rec = s->id;
    ask.action = STR("draw");
    ask.actor = &who;
    ask.fields = json_new(a, J_OBJ);
    json_set(a, ask.fields, STR("seed"), json_new_str(a, seed));
    json_set(a, ask.fields, STR("place"), json_new_int(a, place));
    json_set(a, ask.fields, STR("of"), json_new_int(a, of));
    ask_set_req(&ask);
    return engine_act(l->en, a, &ask, &ans) ||
           err_set(l->c->e, ans.err.code, "%.*s: %s", STR_F(s->number), ans.err.text);
}

static void print_sample(struct cli *c, struct str seed, const struct sampled *list, size_t n, int64_t of)
{
    struct buf b = BUF(LIMIT_JSON_OUT);
    struct json_out o = json_out(&b);
    char id[ID_TEXT + 1];
    jo_obj(&o);
    jo_kv(&o, "seed", seed);
    jo_ki(&o, "of", of);
    jo_key(&o, "rows");
    jo_arr(&o);
    for (size_t i = 0; i < n; i++) {
        id_format(list[i].id, id);
        jo_obj(&o);
        jo_kv(&o, "number", list[i].number);
        jo_kc(&o, "id", id);
        jo_kv(&o, "lot", hex_of(c->arena, HASH_STR(list[i].lot)));
        jo_end(&o);
    }
    jo_end(&o);
    jo_end(&o);
    cli_print(&b);
}

static bool sample(struct cli *c, struct listing *l)
{
    const char *seed;
    struct sampled *list;
    int64_t count, of;
    size_t n;
    if (c->args.n_words != 1)
        return err_set(c->e, ERR_USAGE, "name the record type");
    if (!args_need(&c->args, "seed", &seed, c->e) || !read_number(c, "count", 20, &count) ||
        !listing_open(c, l) ||
        !sample_draw(l->db, c->arena, &l->q, str_of(seed), count, &list, &n, &of, c->e))
        return false;
    for (size_t i = 0; args_has(&c->args, "record") && i < n; i++)
        if (!record_one(l, str_of(seed), &list[i], (int64_t)i + 1, of))
            return false;
    print_sample(c, str_of(seed), list, n, of);
    return true;
}

bool cmd_sample(struct cli *c)
{
    struct listing l = {.c = c};
    bool ok = sample(c, &l);
    listing_close(&l);
    return ok;
}
