/* A folder of YAML files to the one text that stands in the log, and back to its files. */
#include "playbook/playbook_int.h"
#include <errno.h>
#include <unistd.h>

static const struct str HEAD = {"--- # file: ", 12};
#define FIRST_FILE "playbook.yaml"

/* A file of the folder itself: no path, nothing hidden. */
static bool name_ok(struct str name)
{
    if (name.len < 6 || name.len > 64 || !str_ends(name, STR(".yaml")))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (!word && !(c == '.' && i == name.len - 5))
            return false;
    }
    return true;
}

static void close_file(FILE **f)
{
    if (*f)
        fclose(*f);
}

static bool read_file(const char *path, struct buf *out, struct err *e)
{
    FILE *f AUTO(close_file) = fopen(path, "rb");
    if (!f)
        return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
    char block[8192];
    size_t n;
    while ((n = fread(block, 1, sizeof block, f)) > 0 && buf_ok(out))
        buf_add(out, block, n);
    if (ferror(f))
        return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
    return true;
}

/* A line in a file that looks like a head line would move what follows into another file. */
static bool has_head(struct str text)
{
    struct str rest = text;
    while (rest.ptr)
        if (str_starts(str_cut(rest, '\n', &rest), HEAD))
            return true;
    return false;
}

static void begin_file(struct buf *all, struct str name)
{
    buf_str(all, HEAD);
    buf_printf(all, "%.*s\n", SHOW(name));
}

/* Of the file whose text stands in `all` from this place on. */
static bool end_file(struct buf *all, size_t from, const char *path, struct err *e)
{
    if (!buf_ok(all))
        return err_set(e, ERR_TOO_BIG, "%s: the playbook has more than %d bytes", path,
                       LIMIT_PLAYBOOK);
    struct str text = {all->ptr + from, all->len - from};
    if (has_head(text))
        return err_set(e, ERR_SYNTAX, "%s: a line begins with \"%s\", which parts the files", path,
                       HEAD.ptr);
    if (text.len && !str_ends(text, STR("\n")))
        buf_char(all, '\n');
    return true;
}

static bool add_file(struct buf *all, const char *dir, const char *name, struct err *e)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
        return err_set(e, ERR_TOO_BIG, "the path of %s is too long", name);
    begin_file(all, str_of(name));
    size_t from = all->len;
    return read_file(path, all, e) && end_file(all, from, path, e);
}

/* Only as much of playbook.yaml is looked at as is needed to find the others: what is wrong with it
 * is said by playbook_load, with all the rest. */
static bool add_included(struct arena *a, struct buf *all, const char *dir, struct err *e)
{
    struct complaints ignored = {.n = 0};
    size_t head = HEAD.len + sizeof FIRST_FILE;
    struct str text = str_dup(a, (struct str){all->ptr + head, all->len - head});
    struct node *list = node_get(yaml_tree(a, FIRST_FILE, text, &ignored), "include");
    if (!list || list->kind != NODE_LIST)
        return true;
    int n = 1;
    NODE_EACH(it, list)
    {
        if (it->kind != NODE_TEXT || !name_ok(it->text) || str_is(it->text, FIRST_FILE))
            return err_set(e, ERR_INPUT,
                           "%s/" FIRST_FILE ":%d: expected the name of a file of this folder that"
                           " ends in .yaml (a-z 0-9 _ -)",
                           dir, it->line);
        if (++n > FILES_MAX)
            return err_set(e, ERR_TOO_BIG, "%s/" FIRST_FILE ":%d: more than %d files", dir,
                           it->line, FILES_MAX);
        for (struct node *p = list->first; p != it; p = p->next)
            if (str_eq(p->text, it->text))
                return err_set(e, ERR_INPUT, "%s/" FIRST_FILE ":%d: %.*s is included twice", dir,
                               it->line, SHOW(it->text));
        if (!add_file(all, dir, str_c(a, it->text), e))
            return false;
    }
    return true;
}

bool playbook_read(struct arena *a, const char *dir, struct str *text, struct err *e)
{
    struct buf all AUTO(buf_free) = BUF(LIMIT_PLAYBOOK);
    if (!add_file(&all, dir, FIRST_FILE, e) || !add_included(a, &all, dir, e))
        return false;
    if (!buf_ok(&all))
        return err_set(e, ERR_TOO_BIG, "%s: the playbook has more than %d bytes", dir,
                       LIMIT_PLAYBOOK);
    *text = buf_dup(a, &all);
    return true;
}

static bool join_file(struct arena *a, struct buf *all, const struct json *file, struct err *e)
{
    if (!name_ok(file->key) || file->kind != J_STR)
        return err_field(e, ERR_INPUT, "files",
                         "files: expected names that end in .yaml (a-z 0-9 _ -), and their texts");
    begin_file(all, file->key);
    size_t from = all->len;
    buf_str(all, file->s);
    return end_file(all, from, str_c(a, file->key), e);
}

bool playbook_join(struct arena *a, const struct json *files, struct str *text, struct err *e)
{
    struct buf all AUTO(buf_free) = BUF(LIMIT_PLAYBOOK);
    const struct json *first = json_get(files, FIRST_FILE);
    if (!first)
        return err_field(e, ERR_REQUIRED, "files", "files: " FIRST_FILE " is missing");
    if (!join_file(a, &all, first, e))
        return false;
    JSON_EACH(file, files)
        if (file != first && !join_file(a, &all, file, e))
            return false;
    if (!buf_ok(&all))
        return err_field(e, ERR_TOO_BIG, "files", "the playbook has more than %d bytes", LIMIT_PLAYBOOK);
    *text = buf_dup(a, &all);
    return true;
}

int read_parts(struct arena *a, struct str text, struct file_part out[static FILES_MAX],
               struct complaints *c)
{
    int n = 0;
    if (!str_starts(text, HEAD)) {
        out[0] = (struct file_part){FIRST_FILE, text};
        return 1;
    }
    struct str rest = text;
    while (rest.ptr) {
        const char *start = rest.ptr;
        struct str line = str_cut(rest, '\n', &rest);
        if (str_starts(line, HEAD)) {
            struct str name = {line.ptr + HEAD.len, line.len - HEAD.len};
            if (n == FILES_MAX || !name_ok(name)) {
                complain(c, FIRST_FILE, 1, "expected at most %d files with plain names", FILES_MAX);
                return 0;
            }
            out[n++] =
                (struct file_part){str_c(a, name), {rest.ptr ? rest.ptr : text.ptr + text.len, 0}};
        } else {
            out[n - 1].text.len += (size_t)((rest.ptr ? rest.ptr : text.ptr + text.len) - start);
        }
    }
    return n;
}
