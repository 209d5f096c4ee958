/* The hashes of the log as C2SP tlog-tiles: files of up to 256 hashes, which any web server can hand out. */
#include "ledger/ledger.h"
#include "ledger/ledger.sql.h"
#include <errno.h>
#include <sys/stat.h>

struct tiling {
    struct store *db;
    struct arena *a;
    const char *dir;
    struct err *e;
};

/* "x001/x234/067" of 1234067, with ".p/5" behind it for the first five hashes of a tile. */
static const char *tile_path(struct tiling *t, int level, int64_t n, int width)
{
    const char *name = arena_printf(t->a, "%03d", (int)(n % 1000));
    for (n /= 1000; n; n /= 1000)
        name = arena_printf(t->a, "x%03d/%s", (int)(n % 1000), name);
    return arena_printf(t->a, width < TREE_TILE ? "%s/tile/%d/%s.p/%d" : "%s/tile/%d/%s", t->dir, level, name, width);
}

static bool make_folders(struct tiling *t, const char *path)
{
    char *part = arena_printf(t->a, "%s", path);
    for (char *p = part + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return err_set(t->e, ERR_IO, "cannot make the folder %.300s: %s", part, strerror(errno));
        *p = '/';
    }
    return true;
}

static bool read_tile(struct tiling *t, int level, int64_t from, int width, struct buf *out)
{
    struct rows r AUTO(rows_close) =
        level ? store_query(t->db, sql_node_range,
                            BIND(C_INT(level * TREE_TILE_LEVEL), C_INT(from), C_INT(from + width)), t->e)
              : store_query(t->db, sql_event_leaves, BIND(C_INT(from), C_INT(from + width)), t->e);
    while (rows_next(&r))
        buf_str(out, rows_str(&r, 0));
    if (err_is(t->e))
        return false;
    return out->len == (size_t)width * HASH_LEN ||
           err_set(t->e, ERR_VERIFY, "hashes of level %d are missing from %lld on", level, (long long)from);
}

static bool put_tile(struct tiling *t, int level, int64_t n, int width)
{
    struct buf b AUTO(buf_free) = BUF(TREE_TILE * HASH_LEN);
    const char *path = tile_path(t, level, n, width);
    return read_tile(t, level, n * TREE_TILE, width, &b) && make_folders(t, path) &&
           file_replace(path, buf_view(&b), 0644, t->e);
}

static bool put_level(struct tiling *t, int level, int64_t hashes)
{
    for (int64_t n = 0; n * TREE_TILE < hashes; n++) {
        arena_reset(t->a);
        if (!put_tile(t, level, n, (int)min64(TREE_TILE, hashes - n * TREE_TILE)))
            return false;
    }
    return true;
}

bool ledger_tiles(struct store *db, const struct keys *k, const char *dir, int64_t *size, struct err *e)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct tiling t = {.db = db, .a = a, .dir = dir, .e = e};
    struct ledger_head h;
    if (!ledger_read_head(db, &h, e))
        return false;
    int level = 0;
    for (int64_t hashes = h.tree.size; hashes > 0; hashes /= TREE_TILE)
        if (!put_level(&t, level++, hashes))
            return false;
    struct hash root = tree_root(&h.tree);
    *size = h.tree.size;
    const char *path = arena_printf(a, "%s/checkpoint", dir);
    return make_folders(&t, path) && file_replace(path, checkpoint_sign(a, k, *size, &root), 0644, e);
}
