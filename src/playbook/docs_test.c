/* The reference is true: its examples load, it names every key, and what is shipped loads too. */
#include "playbook/check.h"
#include "playbook/playbook_int.h"
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static const struct zone *zone;
static struct complaints found;

static struct str read_source(struct arena *a, const char *path)
{
    const char *root = getenv("BIHUAN_SOURCE");
    struct buf b AUTO(buf_free) = BUF(4 * 1024 * 1024);
    FILE *f = fopen(arena_printf(a, "%s/%s", root ? root : ".", path), "rb");
    char block[4096];
    size_t n;
    assert_non_null(f);
    while ((n = fread(block, 1, sizeof block, f)) > 0)
        buf_add(&b, block, n);
    fclose(f);
    return buf_dup(a, &b);
}

static void print_complaints(void)
{
    for (int i = 0; i < found.n; i++)
        print_error("%s:%d: %s\n", found.list[i].file, found.list[i].line, found.list[i].text);
}

/* The next ```yaml block at or behind *rest; STR_NONE when there is none. */
static struct str next_block(struct str *rest)
{
    while (rest->ptr) {
        if (!str_is(str_cut(*rest, '\n', rest), "```yaml"))
            continue;
        const char *start = rest->ptr;
        while (rest->ptr) {
            const char *line = rest->ptr;
            if (str_is(str_cut(*rest, '\n', rest), "```"))
                return (struct str){start, (size_t)(line - start)};
        }
    }
    return STR_NONE;
}

/* A block that begins with "# file: NAME" belongs to the playbook before it. */
static struct str with_next_file(struct arena *a, struct str block, struct str *rest)
{
    struct str more = *rest, next = next_block(&more), body;
    if (!str_starts(next, STR("# file: ")))
        return block;
    struct str head = str_cut(next, '\n', &body);
    *rest = more;
    return str_printf(a, "--- # file: playbook.yaml\n%.*s--- %.*s\n%.*s", STR_F(block), STR_F(head),
                      STR_F(body));
}

static void examples_load(void **state)
{
    UNUSED(state);
    struct arena *a AUTO(arena_freep) = arena_new();
    struct str rest = read_source(a, "docs/playbook.md");
    int n = 0;
    for (struct str block = next_block(&rest); block.ptr; block = next_block(&rest), n++) {
        struct playbook *p = playbook_load(with_next_file(a, block, &rest), zone, &found);
        print_complaints();
        assert_non_null(p);
        playbook_free(p);
    }
    assert_int_equal(n, 2);
}

/* Every list of keys in the loader's sources is called *known or *_keys. */
static int check_keys_of(struct arena *a, const char *file, struct str docs)
{
    struct str source = read_source(a, file), rest = source;
    int n = 0;
    while (rest.ptr) {
        struct str line = str_cut(rest, '\n', &rest);
        if (!str_starts(line, STR("static const char *const")) &&
            !str_has(line, STR("*const known[]")))
            continue;
        if (!str_has(line, STR("known[] = {")) && !str_has(line, STR("_keys[] = {")))
            continue;
        struct str list = {line.ptr, (size_t)(strstr(line.ptr, "};") - line.ptr)};
        for (struct str word = str_cut(list, '"', &list); list.ptr; n++) {
            word = str_cut(list, '"', &list);
            if (!str_has(docs, str_printf(a, "`%.*s`", STR_F(word))))
                print_error("%s: docs/playbook.md does not explain `%.*s`\n", file, STR_F(word));
            assert_true(str_has(docs, str_printf(a, "`%.*s`", STR_F(word))));
            str_cut(list, '"', &list);
        }
    }
    return n;
}

static void keys_are_explained(void **state)
{
    UNUSED(state);
    struct arena *a AUTO(arena_freep) = arena_new();
    struct str docs = read_source(a, "docs/playbook.md");
    static const char *const files[] = {"load.c",          "load_codes.c",  "load_field.c",
                                        "load_clock.c",    "load_action.c", "load_record.c",
                                        "load_indicator.c", "load_reported.c", "load_document.c"};
    int n = 0;
    for (size_t i = 0; i < COUNT_OF(files); i++)
        n += check_keys_of(a, arena_printf(a, "src/playbook/%s", files[i]), docs);
    assert_true(n > 120); /* the scan finds them */
    for (int i = 0; i < ATTR_COUNT; i++)
        assert_true(str_has(docs, str_printf(a, "`%s`", attribute_name(i))));
    for (int t = 0; t <= (int)FIELD_COMPUTED; t++)
        assert_true(str_has(docs, str_printf(a, "`%s`", field_type_name((enum field_type)t))));
}

/* Every folder of playbooks/ that has a playbook.yaml. */
static void shipped_playbooks_load(void **state)
{
    UNUSED(state);
    struct arena *a AUTO(arena_freep) = arena_new();
    const char *root = getenv("BIHUAN_SOURCE");
    const char *folder = arena_printf(a, "%s/playbooks", root ? root : ".");
    DIR *d = opendir(folder);
    int n = 0, bad = 0;
    assert_non_null(d);
    for (struct dirent *it = readdir(d); it; it = readdir(d)) {
        struct err e = ERR_INIT;
        const char *path = arena_printf(a, "%s/%s", folder, it->d_name);
        if (it->d_name[0] == '.' || access(arena_printf(a, "%s/playbook.yaml", path), R_OK) != 0)
            continue;
        bool read = playbook_check_dir(path, &found, &e);
        if (!read || found.n)
            print_error("playbooks/%s: %s\n", it->d_name, e.text);
        print_complaints();
        bad += !read || found.n > 0;
        n++;
    }
    closedir(d);
    assert_int_equal(bad, 0);
    assert_true(n > 0);
}

/* ---- reading a folder ---- */

static void write_file(const char *dir, const char *name, const char *text)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    fclose(f);
}

static void remove_file(const char *dir, const char *name)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    unlink(path);
}

#define SMALL                                                                                      \
    "records:\n  r:\n    kind: activity\n    name: 乙\n"                                          \
    "    fields: {n: {label: 丙, type: date}}\n"                                                  \
    "    actions: {go: {name: 丁, opens: true, form: [n]}}\n"
#define HEAD_OF(include) "playbook: a\nversion: 1\nname: 甲\n" include SMALL

static void folders(void **state)
{
    UNUSED(state);
    static const struct {
        const char *playbook, *codes, *error; /* error: of reading; "" is none */
        int complaints;
    } rows[] = {
        {HEAD_OF(""), "", "", 0},
        {HEAD_OF("include: [codes.yaml]\n"), "codes: {l: {name: 一, list: {x: 二}}}", "", 0},
        {HEAD_OF("include: [codes.yaml]\n"), "codes: {l: {name: 一}}\n", "", 1},
        {HEAD_OF("include: [codes.yaml]\n"), "", "", 0},
        {HEAD_OF("include: [none.yaml]\n"), "", "none.yaml: No such file", 0},
        {HEAD_OF("include: [../codes.yaml]\n"), "", "playbook.yaml:4: expected the name of a file",
         0},
        {HEAD_OF("include: [/etc/passwd]\n"), "", "playbook.yaml:4: expected the name", 0},
        {HEAD_OF("include: [playbook.yaml]\n"), "", "playbook.yaml:4: expected the name", 0},
        {HEAD_OF("include: [.yaml]\n"), "", "playbook.yaml:4: expected the name", 0},
        {HEAD_OF("include: [codes.yaml, codes.yaml]\n"), "", "codes.yaml is included twice", 0},
        {HEAD_OF("include: [codes.yaml]\n"), "a: |\n--- # file: x.yaml\n", "which parts the files",
         0},
        {"playbook: [", "", "", 1},
        {"", "", "", 4},
    };
    char dir[] = "/tmp/playbook_test_XXXXXX";
    assert_non_null(mkdtemp(dir));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct err e = ERR_INIT;
        write_file(dir, "playbook.yaml", rows[i].playbook);
        write_file(dir, "codes.yaml", rows[i].codes);
        bool read = playbook_check_dir(dir, &found, &e);
        if (read != !*rows[i].error || found.n != rows[i].complaints)
            print_error("row %zu: %s\n", i, e.text), print_complaints();
        assert_int_equal(read, !*rows[i].error);
        assert_int_equal(found.n, rows[i].complaints);
        if (!read)
            assert_non_null(strstr(e.text, rows[i].error));
    }
    remove_file(dir, "playbook.yaml");
    struct err e = ERR_INIT;
    assert_false(playbook_check_dir(dir, &found, &e));
    assert_int_equal(e.code, ERR_IO);
    remove_file(dir, "codes.yaml");
    rmdir(dir);
}

/* What was read is what is kept: reading the text of a loaded playbook gives the same again. */
static void text_is_kept(void **state)
{
    UNUSED(state);
    struct arena *a AUTO(arena_freep) = arena_new();
    const char *root = getenv("BIHUAN_SOURCE");
    struct err e = ERR_INIT;
    struct str text;
    assert_true(
        playbook_read(a, arena_printf(a, "%s/playbooks/report", root ? root : "."), &text, &e));
    struct playbook *p = playbook_load(text, zone, &found);
    assert_non_null(p);
    struct playbook *again = playbook_load(p->text, zone, &found);
    assert_non_null(again);
    assert_true(str_eq(p->text, again->text));
    assert_int_equal(p->n_terms, again->n_terms);
    for (int i = 0; i < p->n_terms; i++)
        assert_true(hash_eq(&p->terms[i].id, &again->terms[i].id));
    playbook_free(again);
    playbook_free(p);
}

static int setup(void **state)
{
    UNUSED(state);
    struct err e = ERR_INIT;
    return zone_load("Asia/Shanghai", &zone, &e) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_load),          cmocka_unit_test(keys_are_explained),
        cmocka_unit_test(shipped_playbooks_load), cmocka_unit_test(folders),
        cmocka_unit_test(text_is_kept),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
