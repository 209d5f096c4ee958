#include "exchange/import.h"
#include "exchange/import.sql.h"
#include "exchange/mapping.h"
#include "exchange/sheet.h"
#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>

/* Rows travel in chunks: while the writer commits some, the next are read.  A chunk has one arena. */
enum { CHUNK = LIMIT_BATCH_IMPORT, CHUNKS = 4, GENTLE = LIMIT_BATCH, STATISTICS_FROM = 1000 };

struct import;
struct line {
    struct import *im;
    struct chunk *chunk;
    struct str *cells;
    size_t n;
    int64_t number;
    struct ask ask;
    struct mapped row;
    struct answer *ans; /* NULL: not asked, or not answered yet */
    bool same;          /* stands here already: not asked */
    bool repeated;      /* an earlier row of this file has the same id */
    struct err err;     /* refused before it was asked */
};

struct chunk {
    struct arena *arena;
    struct line lines[CHUNK];
    size_t n, waiting;
};

/* Ids this file had so far, by 64 bits of a hash: a false meeting only costs a wait. */
struct seen {
    uint64_t *slots;
    size_t cap, n;
};

struct import {
    const struct import_ask *ask;
    struct import_result *out;
    struct import_map *map;
    struct world *world;
    struct store *db;
    struct chunk *chunks[CHUNKS];
    size_t first, used; /* those that wait for answers, in the order of the file */
    struct seen seen;
    size_t chunk; /* rows of one */
    struct table_file *rejects;
    struct err rejects_failed;
    size_t n_header, why; /* why: the column of an earlier 原因, or n_header */
    pthread_mutex_t lock;
    pthread_cond_t answered;
};

/* ---- seen ids ---- */

static bool seen_add(struct seen *s, struct str source, struct str id)
{
    struct str parts[] = {source, STR("\0"), id};
    struct hash h = hash_parts(parts, COUNT_OF(parts));
    uint64_t key;
    memcpy(&key, h.b, sizeof key);
    key |= 1;
    if (s->n * 2 >= s->cap) {
        struct seen wide = {.cap = s->cap ? s->cap * 2 : 1024};
        wide.slots = mem_new(wide.cap * sizeof *wide.slots);
        memset(wide.slots, 0, wide.cap * sizeof *wide.slots);
        for (size_t i = 0; i < s->cap; i++) {
            size_t k = (size_t)(s->slots[i] >> 1) & (wide.cap - 1);
            while (s->slots[i] && wide.slots[k])
                k = (k + 1) & (wide.cap - 1);
            if (s->slots[i])
                wide.slots[k] = s->slots[i];
        }
        wide.n = s->n;
        free(s->slots);
        *s = wide;
    }
    size_t k = (size_t)(key >> 1) & (s->cap - 1);
    while (s->slots[k] && s->slots[k] != key)
        k = (k + 1) & (s->cap - 1);
    if (s->slots[k])
        return false;
    s->slots[k] = key;
    s->n++;
    return true;
}

/* ---- rows that are refused ---- */

static struct str reason(struct arena *a, const struct err *e)
{
    if (e->zh[0])
        return str_of(e->zh);
    return str_printf(a, "%s：%s", err_title_zh(e->code), e->text);
}

/* The row as it came, and why; cells beyond the header are told with the reason. */
static void write_row(struct import *im, struct arena *a, const struct str *cells, size_t n, struct str why)
{
    size_t k = 0;
    struct str *row = ARENA_ARRAY(a, struct str, im->n_header + 1);
    struct buf said AUTO(buf_free) = BUF(LIMIT_CSV_ROW);
    for (size_t i = 0; i < im->n_header; i++)
        if (i != im->why)
            row[k++] = i < n ? cells[i] : STR("");
    buf_str(&said, why);
    for (size_t i = im->n_header; i < n; i++)
        if (str_trim(cells[i]).len)
            buf_printf(&said, "；多出：%.*s", STR_F(cells[i]));
    row[k++] = buf_ok(&said) ? buf_view(&said) : why;
    if (!err_is(&im->rejects_failed) && !table_file_row(im->rejects, row, &im->rejects_failed))
        return; /* said at the end */
}

static bool open_rejects(struct import *im, struct arena *a, const struct str *header, size_t n,
                         struct err *e)
{
    struct str *titles = ARENA_ARRAY(a, struct str, n + 1);
    size_t k = 0;
    im->n_header = im->why = n;
    for (size_t i = 0; i < n; i++) {
        if (str_is(str_trim(header[i]), MAPPING_WHY))
            im->why = i;
        else
            titles[k++] = header[i];
    }
    titles[k++] = STR(MAPPING_WHY);
    struct stat in, to;
    if (!im->ask->rejects)
        return true;
    if (stat(im->ask->file, &in) == 0 && stat(im->ask->rejects, &to) == 0 &&
        in.st_dev == to.st_dev && in.st_ino == to.st_ino)
        return err_set(e, ERR_USAGE, "the rejects would overwrite the file that is read");
    return table_file_open(im->ask->rejects, im->ask->rejects_kind, STR(MAPPING_WHY), titles, k, &im->rejects, e);
}

static void refuse(struct import *im, struct line *l, const struct err *why)
{
    struct arena *a = l->chunk->arena;
    struct str text = reason(a, why);
    im->out->rejected++;
    if (im->rejects)
        write_row(im, a, l->cells, l->n, text);
    if (im->ask->refused)
        im->ask->refused(im->ask->refused_self, l->number, text);
}

/* ---- answers ---- */

/* What is no fault of the row: going on would only refuse all the others too.  (Missing rights are: the next
 * row may lie in an area of the account.) */
static bool hopeless(enum err_code code)
{
    static const enum err_code ALL[] = {ERR_BUSY, ERR_FULL, ERR_READ_ONLY, ERR_STORE, ERR_IO, ERR_INTERNAL,
                                        ERR_BUILDING};
    for (size_t i = 0; i < COUNT_OF(ALL); i++)
        if (code == ALL[i])
            return true;
    return false;
}

static bool settle(struct import *im, struct line *l, struct err *e)
{
    const struct err *why = err_is(&l->err) ? &l->err : l->ans && !l->ans->ok ? &l->ans->err : NULL;
    if (why && hopeless(why->code))
        return err_set(e, why->code, "%s:%lld: %s", im->ask->file, (long long)l->number, why->text);
    im->out->read++;
    if (why) {
        refuse(im, l, why);
        return true;
    }
    im->out->area_unknown += l->row.area_unknown;
    im->out->area_above += l->row.area_above;
    if (l->same || l->ans->same || l->ans->again)
        im->out->same++;
    else if (l->ans->version > 1 || l->repeated)
        im->out->updated++;
    else
        im->out->created++;
    return true;
}

/* Waits for the oldest chunk and takes it out.  Also after an error: the writer still reads it. */
static bool take_oldest(struct import *im, struct err *e)
{
    struct chunk *c = im->chunks[im->first];
    pthread_mutex_lock(&im->lock);
    while (c->waiting)
        pthread_cond_wait(&im->answered, &im->lock);
    pthread_mutex_unlock(&im->lock);
    bool ok = !err_is(e);
    for (size_t i = 0; ok && i < c->n; i++)
        ok = settle(im, &c->lines[i], e);
    arena_reset(c->arena);
    c->n = 0;
    im->first = (im->first + 1) % CHUNKS;
    im->used--;
    return ok;
}

static void answered(void *user, struct answer *ans)
{
    struct line *l = user;
    pthread_mutex_lock(&l->im->lock);
    l->ans = ans;
    l->chunk->waiting--;
    if (!l->chunk->waiting)
        pthread_cond_signal(&l->im->answered);
    pthread_mutex_unlock(&l->im->lock);
}

/* ---- asking ---- */

/* The id names what the row says and what it follows on, so that a row that goes back to what it once
 * said is a new change and not the old one again. */
static struct id id_of(struct arena *a, const struct mapped *r, int64_t after)
{
    struct str parts[] = {r->source, STR("\0"), r->ext_id, STR("\0"), HASH_STR(r->digest),
                          after ? str_printf(a, "%lld", (long long)after) : STR("")};
    return id_derive(parts, COUNT_OF(parts));
}

static bool prepare(struct import *im, struct line *l, struct err *e)
{
    struct arena *a = l->chunk->arena;
    struct mapped *r = &l->row;
    int64_t after = 0;
    struct rows found AUTO(rows_close) =
        store_query(im->db, sql_import_known, BIND(C_TEXT(r->source), C_TEXT(r->ext_id)), e);
    if (rows_next(&found)) {
        struct str digest = rows_str(&found, 0);
        l->same = digest.len == HASH_LEN && memcmp(digest.ptr, r->digest.b, HASH_LEN) == 0;
        after = rows_int(&found, 1) + 1;
    }
    if (err_is(e) || l->same)
        return !err_is(e);
    l->ask = ASK_INIT;
    l->ask.id = id_of(a, r, after);
    l->ask.type = im->map->type;
    l->ask.action = im->map->action->id;
    l->ask.area = after && r->area_unknown ? STR_NONE : r->area; /* an unknown word moves nothing */
    l->ask.fields = r->fields;
    l->ask.actor = im->ask->actor;
    l->ask.source = r->source;
    l->ask.ext_id = r->ext_id;
    l->ask.digest = r->digest;
    l->ask.known = r->known;
    l->ask.dry = im->ask->dry;
    ask_set_req(&l->ask);
    return true;
}

static void submit(struct import *im, struct chunk *c)
{
    for (size_t i = 0; i < c->n; i++)
        c->waiting += !c->lines[i].same && !err_is(&c->lines[i].err);
    im->used++;
    size_t n = c->n;
    for (size_t i = 0; i < n; i++)
        if (!c->lines[i].same && !err_is(&c->lines[i].err))
            engine_submit(im->ask->engine, c->arena, &c->lines[i].ask, answered, &c->lines[i]);
}

static bool flush(struct import *im, struct err *e)
{
    struct chunk *c = im->chunks[(im->first + im->used) % CHUNKS];
    if (c->n)
        submit(im, c);
    bool ok = true;
    while (im->used)
        ok = take_oldest(im, e) && ok;
    return ok;
}

static struct chunk *room(struct import *im, struct err *e)
{
    struct chunk *c = im->chunks[(im->first + im->used) % CHUNKS];
    if (c->n < im->chunk)
        return c;
    submit(im, c);
    if (im->used == CHUNKS && !take_oldest(im, e))
        return NULL;
    return im->chunks[(im->first + im->used) % CHUNKS];
}

/* A place for the row in the chunk, with its own copy of the cells. */
static struct line *keep_row(struct import *im, const struct str *cells, size_t n, int64_t number,
                             struct err *e)
{
    struct chunk *c = room(im, e);
    if (!c)
        return NULL;
    struct line *l = &c->lines[c->n++];
    *l = (struct line){.im = im, .chunk = c, .n = n, .number = number, .err = ERR_INIT};
    l->cells = ARENA_ARRAY(c->arena, struct str, n + 1);
    for (size_t i = 0; i < n; i++)
        l->cells[i] = str_dup(c->arena, cells[i]);
    return l;
}

static bool add_row(struct import *im, const struct str *cells, size_t n, int64_t number,
                    struct err *e)
{
    struct line *l = keep_row(im, cells, n, number, e);
    if (!l)
        return false;
    if (!mapping_row(l->chunk->arena, im->map, l->cells, n, &l->row, &l->err))
        return true;
    if (!seen_add(&im->seen, l->row.source, l->row.ext_id)) {
        /* the same id again: what the earlier row did must be seen before this one is asked */
        l->chunk->n--;
        if (!flush(im, e))
            return false;
        l = keep_row(im, cells, n, number, e);
        if (!l || !mapping_row(l->chunk->arena, im->map, l->cells, n, &l->row, &l->err))
            return false;
        l->repeated = true;
    }
    return prepare(im, l, e);
}

static bool stopped(const struct import *im, struct err *e)
{
    if (!im->ask->stop || !atomic_load(im->ask->stop))
        return false;
    err_set(e, ERR_BUSY, "the import was stopped");
    return err_zh(e, "导入已停止") || true;
}

static bool read_rows(struct import *im, struct arena *a, struct sheet *sheet, const struct str *header, size_t width,
                      struct err *e)
{
    struct str *cells;
    size_t n;
    if (!mapping_bind(a, im->map, header, width, &im->out->unused, e) || !open_rejects(im, a, header, width, e))
        return false;
    bool ok = true;
    while (ok && !stopped(im, e) && sheet_next(sheet, &cells, &n, e)) {
        ok = add_row(im, cells, n, sheet_line(sheet), e);
        if (im->ask->progress)
            im->ask->progress(im->ask->progress_self, sheet_done(sheet), sheet_total(sheet));
    }
    /* an error of the file ends it; what was read is still settled */
    struct err later = ERR_INIT;
    ok = flush(im, err_is(e) && !ok ? e : &later) && ok;
    if (err_is(&later) && !err_is(e))
        *e = later;
    return ok && !err_is(e);
}

static bool load_mapping(struct import *im, struct arena *a, struct err *e)
{
    if (!mapping_read(a, im->ask->mapping_name, im->ask->mapping, im->world, &im->map, e))
        return false;
    if (im->ask->area.len) {
        bool above;
        im->map->fallback_area = mapping_area(im->map, im->ask->area, &above);
        if (im->map->fallback_area < 0 || above)
            return err_field(e, ERR_UNKNOWN_AREA, "area", "there is no area '%.*s'",
                             STR_F(im->ask->area));
    }
    if (im->map->fallback_area < 0)
        return err_set(e, ERR_UNKNOWN_AREA, "the database has no areas yet: bihuan areas import");
    return true;
}

static void end(struct import *im)
{
    for (size_t i = 0; i < CHUNKS; i++) {
        if (im->chunks[i])
            arena_free(im->chunks[i]->arena);
        free(im->chunks[i]);
    }
    free(im->seen.slots);
    engine_reader_back(im->ask->engine, im->db);
    world_unref(im->world);
    pthread_mutex_destroy(&im->lock);
    pthread_cond_destroy(&im->answered);
}

static bool close_rejects(struct import *im, struct err *e)
{
    struct err closing = ERR_INIT;
    bool ok = table_file_close(im->rejects, &closing);
    if (err_is(&im->rejects_failed))
        closing = im->rejects_failed;
    if (err_is(&closing) && !err_is(e))
        *e = closing;
    return ok && !err_is(&closing);
}

static bool renew(void *user, struct store *db, struct err *e)
{
    UNUSED(user);
    return store_exec(db, sql_import_statistics, BIND_NONE, NULL, e);
}

/* SQLite needs none: its plans are fixed by the statements. */
static bool renew_statistics(const struct import *im, struct err *e)
{
    bool few = im->out->created < STATISTICS_FROM || im->ask->dry;
    return few || store_engine(im->db) == STORE_SQLITE || engine_exclusive(im->ask->engine, renew, NULL, e);
}

bool import_run(struct arena *a, const struct import_ask *ask, struct import_result *out,
                struct err *e)
{
    struct import im = {.ask = ask, .out = out};
    struct sheet *sheet AUTO(sheet_closep) = NULL;
    struct str *header = NULL;
    size_t width = 0;
    *out = (struct import_result){.read = 0};
    im.chunk = ask->gently ? GENTLE : CHUNK;
    pthread_mutex_init(&im.lock, NULL);
    pthread_cond_init(&im.answered, NULL);
    for (size_t i = 0; i < CHUNKS; i++) {
        im.chunks[i] = mem_new(sizeof *im.chunks[i]);
        *im.chunks[i] = (struct chunk){.arena = arena_new()};
    }
    im.world = engine_world(ask->engine, e);
    im.db = im.world ? engine_reader(ask->engine, e) : NULL;
    bool ok = im.db && load_mapping(&im, a, e) && sheet_open_table(a, ask->file, &sheet, &header, &width, e) &&
              read_rows(&im, a, sheet, header, width, e) && renew_statistics(&im, e);
    ok = close_rejects(&im, e) && ok;
    end(&im);
    return ok;
}
