#define _GNU_SOURCE /* memfd_create */
#include "api/temp.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct temp temp_of(int fd)
{
    struct temp t = {.fd = fd};
    snprintf(t.path, sizeof t.path, "/proc/self/fd/%d", fd);
    return t;
}

bool temp_open(struct temp *t, struct err *e)
{
    int fd = memfd_create("table", MFD_CLOEXEC);
    if (fd < 0)
        return err_set(e, ERR_IO, "no room for a table: %s", strerror(errno));
    *t = temp_of(fd);
    return true;
}

bool temp_open_in(struct temp *t, const char *folder, struct err *e)
{
    struct buf path AUTO(buf_free) = BUF(4096);
    buf_printf(&path, "%s/bihuan.XXXXXX", folder);
    buf_char(&path, '\0');
    int fd = buf_ok(&path) ? mkostemp(path.ptr, O_CLOEXEC) : -1;
    if (fd < 0)
        return err_set(e, ERR_IO, "no room for a file in %s: %s", folder, strerror(errno));
    unlink(path.ptr);
    *t = temp_of(fd);
    return true;
}

void temp_close(struct temp *t)
{
    if (t->fd >= 0)
        close(t->fd);
    *t = TEMP_NONE;
}
