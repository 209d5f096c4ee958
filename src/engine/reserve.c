#include "engine/reserve.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { RESERVE = 64 << 20, PART = 8, MARGIN = 4 };

static bool there(const struct reserve *r)
{
    struct stat st;
    return stat(r->path, &st) == 0 && st.st_size > 0;
}

/* How large it is to be, and whether the disk has room for it and for some work beside it. */
static bool has_room(const struct reserve *r, int64_t *size)
{
    char folder[sizeof r->path];
    struct statvfs disk;
    snprintf(folder, sizeof folder, "%s", r->path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    if (statvfs(slash ? folder : ".", &disk) != 0)
        return false;
    int64_t block = (int64_t)disk.f_frsize;
    *size = min64(RESERVE, (int64_t)disk.f_blocks * block / PART);
    return (int64_t)disk.f_bavail * block >= *size + *size / MARGIN;
}

static bool make(const struct reserve *r)
{
    int64_t size;
    if (!has_room(r, &size))
        return false;
    int fd = open(r->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && posix_fallocate(fd, 0, size) == 0;
    if (fd >= 0)
        close(fd);
    if (!ok)
        unlink(r->path); /* somebody was faster to take the room */
    return ok;
}

void reserve_open(struct reserve *r, const char *url, bool keeps)
{
    *r = (struct reserve){.keeps = keeps};
    const char *file = store_file(url);
    if (!file || snprintf(r->path, sizeof r->path, "%s.reserve", file) >= (int)sizeof r->path) {
        *r = (struct reserve){.path = ""};
        return;
    }
    if (keeps && !reserve_held(r))
        fprintf(stderr, "bihuan: the disk is almost full: until there is room, only looks, system records and "
                        "log-ins are done\n");
}

bool reserve_held(struct reserve *r)
{
    return !r->keeps || there(r) || make(r);
}

bool reserve_full(struct err *e)
{
    err_set(e, ERR_FULL, "the disk of the database is full: nothing was done; send it again when there is room");
    return err_zh(e, "存储空间已满，本次操作没有保存；请系统管理员腾出磁盘空间，之后重新提交即可");
}

bool reserve_give(struct reserve *r)
{
    if (!r->path[0] || !there(r) || unlink(r->path) != 0)
        return false;
    fprintf(stderr, "bihuan: the disk is full: %s was removed for looks, system records and log-ins; nothing else is "
                    "done until there is room\n", r->path);
    return true;
}
