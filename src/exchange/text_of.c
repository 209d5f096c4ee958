#define _GNU_SOURCE /* pipe2 */
#include "exchange/text_of.h"
#include <errno.h>
#include <expat.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <stdio.h>
#include <zip.h>

enum { PIECE = 16 * 1024, DEPTH = 200, UNPACKED = 64 * 1024 * 1024 };

/* ---- docx ---- */

struct docx {
    struct buf *out;
    XML_Parser parser;
    int depth, in_text;
};

static const char *local(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

static void XMLCALL on_open(void *user, const char *name, const char **attr)
{
    struct docx *d = user;
    UNUSED(attr);
    if (++d->depth > DEPTH)
        XML_StopParser(d->parser, XML_FALSE);
    name = local(name);
    d->in_text += strcmp(name, "t") == 0;
    if (strcmp(name, "br") == 0 || strcmp(name, "tab") == 0)
        buf_char(d->out, ' ');
}

static void XMLCALL on_close(void *user, const char *name)
{
    struct docx *d = user;
    d->depth--;
    name = local(name);
    d->in_text -= strcmp(name, "t") == 0;
    if (strcmp(name, "p") == 0)
        buf_char(d->out, '\n');
}

static void XMLCALL on_text(void *user, const char *s, int len)
{
    struct docx *d = user;
    if (d->in_text > 0)
        buf_add(d->out, s, (size_t)len);
}

/* A document type could define entities that unfold without end: no docx has one. */
static void XMLCALL on_doctype(void *user, const char *name, const char *sys, const char *pub, int has)
{
    struct docx *d = user;
    UNUSED(name), UNUSED(sys), UNUSED(pub), UNUSED(has);
    XML_StopParser(d->parser, XML_FALSE);
}

static bool walk_docx(zip_file_t *part, struct buf *out, struct err *e)
{
    struct docx d = {.out = out, .parser = XML_ParserCreate("UTF-8")};
    char piece[PIECE];
    zip_int64_t n, all = 0;
    bool ok = d.parser != NULL;
    XML_SetUserData(d.parser, &d);
    XML_SetElementHandler(d.parser, on_open, on_close);
    XML_SetCharacterDataHandler(d.parser, on_text);
    XML_SetStartDoctypeDeclHandler(d.parser, on_doctype);
    while (ok && (n = zip_fread(part, piece, sizeof piece)) > 0 && all <= UNPACKED) {
        ok = XML_Parse(d.parser, piece, (int)n, 0) == XML_STATUS_OK;
        all += n;
    }
    ok = ok && all <= UNPACKED && XML_Parse(d.parser, "", 0, 1) == XML_STATUS_OK;
    XML_ParserFree(d.parser);
    return ok || err_set(e, ERR_SYNTAX, "word/document.xml could not be read");
}

bool text_of_docx(const char *path, struct buf *out, struct err *e)
{
    int code = 0;
    zip_t *zip = zip_open(path, ZIP_RDONLY, &code);
    if (!zip)
        return err_set(e, ERR_SYNTAX, "%.300s is not a docx file", path);
    zip_file_t *part = zip_fopen(zip, "word/document.xml", 0);
    bool ok = part ? walk_docx(part, out, e)
                   : err_set(e, ERR_SYNTAX, "%.300s holds no word/document.xml", path);
    if (part)
        zip_fclose(part);
    zip_discard(zip);
    return ok;
}

/* ---- PDF ---- */

static void limit(int what, rlim_t most)
{
    struct rlimit r = {most, most};
    setrlimit(what, &r);
}

/* In the child: nothing but system calls until the program is another one. */
_Noreturn static void run_pdftotext(char *const args[], int to)
{
    static const rlim_t MEMORY = 1024UL * 1024 * 1024;
    static char locale[] = "LC_ALL=C.UTF-8";
    static char *const env[] = {locale, NULL};
    limit(RLIMIT_CPU, 20);
    limit(RLIMIT_AS, MEMORY);
    limit(RLIMIT_FSIZE, 0);
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(nowhere, 0);
    dup2(to, 1);
    dup2(nowhere, 2);
    execve("/usr/bin/pdftotext", args, env);
    _exit(127);
}

static bool read_pipe(int from, struct buf *out)
{
    char piece[PIECE];
    ssize_t n;
    while ((n = read(from, piece, sizeof piece)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0)
            buf_add(out, piece, (size_t)n);
    return n == 0;
}

bool text_of_pdf(const char *path, struct buf *out, struct err *e)
{
    static char name[] = "pdftotext", enc[] = "-enc", utf8[] = "UTF-8", plain[] = "-nopgbrk",
                end[] = "--", out_name[] = "-";
    char file[4096];
    char *const args[] = {name, enc, utf8, plain, end, file, out_name, NULL};
    int ends[2], status = 0;
    if (snprintf(file, sizeof file, "%s", path) >= (int)sizeof file)
        return err_set(e, ERR_IO, "the path is too long");
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_set(e, ERR_IO, "no pipe: %s", strerror(errno));
    pid_t child = fork();
    if (child == 0)
        run_pdftotext(args, ends[1]);
    close(ends[1]);
    bool ok = child > 0 && read_pipe(ends[0], out);
    close(ends[0]);
    if (child > 0)
        waitpid(child, &status, 0);
    if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return err_set(e, ERR_IO, "pdftotext is missing: install poppler-utils");
    return (ok && WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
           err_set(e, ERR_SYNTAX, "%.300s could not be read as PDF", path);
}
