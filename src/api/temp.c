#define _GNU_SOURCE /* memfd_create */
#include "api/temp.h"
#include <errno.h>
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

void temp_close(struct temp *t)
{
    if (t->fd >= 0)
        close(t->fd);
    *t = TEMP_NONE;
}
