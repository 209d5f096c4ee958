/* The process that draws: libraries that read fonts and pictures run where they can do no harm.
 *
 * A fork keeps only a pipe to write to: no other descriptor, no socket, no program to start, no file
 * to write, 20 s of processor time, 2 GiB of memory; and it is killed when it is not done within
 * 20 s.  It does have a copy of the memory of the program, but nowhere to send it except the pipe. */
#define _GNU_SOURCE
#include "paper/paper_int.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SECONDS = 20, PIECE = 64 * 1024 };

/* ---- in the worker ---- */

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#endif

#define REFUSE(call)                                                                               \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 1),                                             \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

static void no_way_out(void)
{
#ifdef OUR_ARCH
    static struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        REFUSE(SYS_socket),
        REFUSE(SYS_socketpair),
        REFUSE(SYS_connect),
        REFUSE(SYS_execve),
        REFUSE(SYS_execveat),
        REFUSE(SYS_ptrace),
        REFUSE(SYS_process_vm_readv),
        REFUSE(SYS_process_vm_writev),
        REFUSE(SYS_kill),
        REFUSE(SYS_tkill),
        REFUSE(SYS_unlinkat),
        REFUSE(SYS_renameat2),
        REFUSE(SYS_mkdirat),
        REFUSE(SYS_io_uring_setup),
#ifdef SYS_fork
        REFUSE(SYS_fork),
        REFUSE(SYS_vfork),
        REFUSE(SYS_unlink),
        REFUSE(SYS_rename),
        REFUSE(SYS_mkdir),
#endif
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = (unsigned short)COUNT_OF(rules), .filter = rules};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        _exit(3);
#endif
}

static void limit(int what, rlim_t most)
{
    struct rlimit r = {most, most};
    if (setrlimit(what, &r) != 0)
        _exit(3);
}

static void confine(int pipe_end)
{
    int nowhere = open("/dev/null", O_RDWR);
    signal(SIGXFSZ,
           SIG_IGN); /* a file that fontconfig would like to write is an error, not the end */
    signal(SIGPIPE, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (nowhere < 0 || dup2(pipe_end, 1) < 0 || dup2(nowhere, 0) < 0 || dup2(nowhere, 2) < 0 ||
        close_range(3, ~0U, 0) != 0)
        _exit(3);
    limit(RLIMIT_CPU, SECONDS);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_CORE, 0);
#ifndef ARENA_MALLOC /* the sanitizers map terabytes */
    limit(RLIMIT_AS, (rlim_t)2048 * 1024 * 1024);
#endif
    no_way_out();
}

static void write_all(struct str s)
{
    while (s.len) {
        ssize_t n = write(1, s.ptr, s.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            _exit(4);
        s.ptr += n;
        s.len -= (size_t)n;
    }
}

/* What goes through the pipe: one byte (0: done), then the bytes; or the error code and its text. */
_Noreturn static void be_worker(bool (*work)(const void *, struct buf *, struct err *),
                                const void *user, int pipe_end)
{
    struct err e = ERR_INIT;
    struct buf out = BUF(LIMIT_JSON_OUT);
    confine(pipe_end);
    bool ok = work(user, &out, &e);
    if (ok && !buf_ok(&out))
        ok = err_set(&e, ERR_TOO_BIG, "the document is too large");
    char first = ok ? 0 : (char)e.code;
    write_all((struct str){&first, 1});
    write_all(ok ? buf_view(&out) : str_of(e.text));
    _exit(0);
}

/* ---- in the program ---- */

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* false: the deadline passed, or the pipe broke. */
static bool read_all(int from, struct buf *out)
{
    int64_t end = now_ms() + SECONDS * 1000;
    static const size_t ROOM = PIECE;
    char *piece = mem_new(ROOM);
    ssize_t n = -1;
    for (;;) {
        struct pollfd p = {.fd = from, .events = POLLIN};
        int64_t left = end - now_ms();
        int ready = left > 0 ? poll(&p, 1, (int)left) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            break;
        n = read(from, piece, ROOM);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        buf_add(out, piece, (size_t)n);
        n = -1;
    }
    free(piece);
    return n == 0;
}

static bool take(struct buf *raw, int status, struct buf *out, struct err *e)
{
    struct str s = buf_view(raw);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !s.len)
        return err_set(e, ERR_INTERNAL, "the process that draws ended early (%s %d)",
                       WIFSIGNALED(status) ? "signal" : "status",
                       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    struct str rest = {s.ptr + 1, s.len - 1};
    if (s.ptr[0])
        return err_set(e, (enum err_code)s.ptr[0], "%.*s", (int)min64((int64_t)rest.len, 300),
                       rest.ptr);
    buf_str(out, rest);
    return buf_ok(raw) && buf_ok(out) ? true : err_set(e, ERR_TOO_BIG, "the document is too large");
}

bool paper_confined(bool (*work)(const void *user, struct buf *out, struct err *e),
                    const void *user, struct buf *out, struct err *e)
{
    int ends[2], status = 0;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_set(e, ERR_BUSY, "no pipe: %s", strerror(errno));
    pid_t child = fork();
    if (child == 0)
        be_worker(work, user, ends[1]);
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return err_set(e, ERR_BUSY, "no process can be had: %s", strerror(errno));
    }
    struct buf raw AUTO(buf_free) = BUF(LIMIT_JSON_OUT + 1);
    bool whole = read_all(ends[0], &raw);
    close(ends[0]);
    if (!whole)
        kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (!whole)
        return err_set(e, ERR_DEADLINE, "the document took longer than %d s", SECONDS);
    return take(&raw, status, out, e);
}
