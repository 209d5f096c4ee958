/* bench/load - keep-alive connections that each send the next request when the answer to the last is
 * there; one thread, epoll, loopback only, ends after a count or a time, whichever comes first.
 *
 *     load PORT CONNECTIONS REQUESTS SECONDS get PATH      no log-in for /healthz
 *     load PORT CONNECTIONS REQUESTS SECONDS get @FILE     one path a line, in turn
 *     load PORT CONNECTIONS REQUESTS SECONDS settle        opens a case settled on the spot, each its own
 *
 * BENCH_LOGIN and BENCH_PASSWORD name the account.  Prints one line of JSON. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CONNECTIONS = 1024, MOST_SAMPLES = 1000000, ROOM = 1 << 18, ANSWER_SECONDS = 20 };

struct conn {
    int fd;
    char out[2048];
    size_t out_len, sent;
    char *in;
    size_t got;
    double began;
};

static struct conn conns[MOST_CONNECTIONS];
static double *samples;
static size_t n_samples;
static long asked, errors;
static int port;
static bool settle;
static const char **paths;
static long n_paths;
static char cookie[200], csrf[200], first_error[200];

static void stop(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* "@FILE" or the path itself. */
static void take_paths(const char *arg)
{
    char line[1000];
    FILE *f = arg[0] == '@' ? fopen(arg + 1, "r") : NULL;
    if (arg[0] == '@' && !f)
        stop(arg);
    paths = malloc(sizeof *paths);
    paths[0] = arg;
    n_paths = !f;
    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        paths = realloc(paths, (size_t)(n_paths + 1) * sizeof *paths);
        paths[n_paths++] = strdup(line);
    }
    if (f)
        fclose(f);
    if (!n_paths)
        stop("no path");
}

static int dial(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        stop("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

/* A UUIDv7 of now. */
static void make_id(char out[static 37])
{
    uint8_t b[16];
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    uint64_t ms = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
    if (getrandom(b, sizeof b, 0) != sizeof b)
        stop("getrandom");
    for (int i = 0; i < 6; i++)
        b[i] = (uint8_t)(ms >> (8 * (5 - i)));
    b[6] = (uint8_t)(0x70 | (b[6] & 15));
    b[8] = (uint8_t)(0x80 | (b[8] & 63));
    char *p = out;
    for (int i = 0; i < 16; i++)
        p += sprintf(p, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
}

static void make_request(struct conn *c)
{
    char body[1024] = "", id[37];
    int n = 0;
    if (settle) {
        make_id(id);
        n = snprintf(body, sizeof body,
                     "{\"id\":\"%s\",\"type\":\"dispute.dispute\",\"action\":\"settle_on_the_spot\","
                     "\"area\":\"3601%02ld%03ld%03ld\",\"fields\":{\"summary\":\"两家为院墙滴水争了起来，第%ld号\","
                     "\"place\":{\"text\":\"%ld栋%ld单元\",\"lon\":115.%04ld,\"lat\":28.%04ld},"
                     "\"result\":\"on_the_spot\",\"type\":\"0202\",\"source\":\"grid\"}}",
                     id, 1 + asked % 9, 1 + asked / 9 % 6, 1 + asked / 54 % 6, asked, 1 + asked % 40,
                     1 + asked % 4, asked * 7919 % 10000, asked * 104729 % 10000);
    }
    c->out_len = (size_t)snprintf(
        c->out, sizeof c->out, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s%s%s%s%s%s", settle ? "POST" : "GET",
        settle ? "/api/records" : paths[asked % n_paths], cookie[0] ? "Cookie: " : "", cookie, cookie[0] ? "\r\n" : "",
        settle ? "X-CSRF-Token: " : "", settle ? csrf : "", settle ? "\r\n" : "");
    if (settle)
        c->out_len += (size_t)snprintf(c->out + c->out_len, sizeof c->out - c->out_len,
                                       "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", n,
                                       body);
    else
        c->out_len += (size_t)snprintf(c->out + c->out_len, sizeof c->out - c->out_len, "\r\n");
    c->sent = c->got = 0;
    c->began = seconds();
    asked++;
}

/* The length of a whole answer, or 0 when more has to come. */
static size_t whole(const struct conn *c)
{
    c->in[c->got] = '\0';
    const char *end = strstr(c->in, "\r\n\r\n");
    const char *len = strcasestr(c->in, "\r\nContent-Length:");
    if (!end)
        return 0;
    size_t head = (size_t)(end - c->in) + 4;
    size_t body = len && len < end ? strtoul(len + 17, NULL, 10) : 0;
    return c->got >= head + body ? head + body : 0;
}

static void log_in(void)
{
    const char *login = getenv("BENCH_LOGIN"), *password = getenv("BENCH_PASSWORD");
    struct conn c = {.fd = dial(), .in = malloc(ROOM)};
    char body[400];
    if (!login || !password || !c.in)
        stop("BENCH_LOGIN and BENCH_PASSWORD are needed");
    int n = snprintf(body, sizeof body, "{\"login\":\"%s\",\"password\":\"%s\"}", login, password);
    int len = snprintf(c.out, sizeof c.out, "POST /api/session HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                       "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", n, body);
    if (write(c.fd, c.out, (size_t)len) != len)
        stop("write");
    do {
        ssize_t k = read(c.fd, c.in + c.got, ROOM - 1 - c.got);
        if (k <= 0)
            stop("the log-in was not answered");
        c.got += (size_t)k;
    } while (!whole(&c));
    const char *set = strcasestr(c.in, "Set-Cookie: "), *token = strstr(c.in, "\"csrf\":\"");
    if (!set || !token) {
        fprintf(stderr, "load: no log-in: %.200s\n", c.in);
        exit(1);
    }
    snprintf(cookie, sizeof cookie, "%.*s", (int)strcspn(set + 12, ";\r"), set + 12);
    snprintf(csrf, sizeof csrf, "%.*s", (int)strcspn(token + 8, "\""), token + 8);
    close(c.fd);
    free(c.in);
}

static bool push(struct conn *c)
{
    while (c->sent < c->out_len) {
        ssize_t k = write(c->fd, c->out + c->sent, c->out_len - c->sent);
        if (k < 0)
            return errno == EAGAIN;
        c->sent += (size_t)k;
    }
    return true;
}

/* An answer is there in full: counts it. */
static void count(struct conn *c)
{
    int status = atoi(c->in + 9);
    if (status != 200 && status != 201) {
        if (!errors++)
            snprintf(first_error, sizeof first_error, "%.150s", c->in);
        return;
    }
    if (n_samples < MOST_SAMPLES)
        samples[n_samples++] = seconds() - c->began;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(int n_conns, double took)
{
    qsort(samples, n_samples, sizeof *samples, by_size);
    double p50 = n_samples ? samples[n_samples / 2] : 0, p99 = n_samples ? samples[n_samples * 99 / 100] : 0;
    printf("{\"connections\":%d,\"answers\":%zu,\"errors\":%ld,\"per_second\":%.0f,\"p50_ms\":%.2f,"
           "\"p99_ms\":%.2f,\"took_ms\":%.0f}\n", n_conns, n_samples, errors, (double)n_samples / took, p50 * 1e3,
           p99 * 1e3, took * 1e3);
    if (errors)
        fprintf(stderr, "load: first error: %s\n", first_error);
}

/* Reads what is there; true when the connection goes on with a next request. */
static bool take(struct conn *c)
{
    ssize_t k = read(c->fd, c->in + c->got, ROOM - 1 - c->got);
    if (k <= 0) {
        if (k < 0 && errno == EAGAIN)
            return false;
        errors++;
        snprintf(first_error, sizeof first_error, "a connection was closed");
        return false;
    }
    c->got += (size_t)k;
    if (!whole(c))
        return false;
    count(c);
    return true;
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        fprintf(stderr, "usage: load PORT CONNECTIONS REQUESTS SECONDS get PATH|@FILE | settle\n");
        return 2;
    }
    port = atoi(argv[1]);
    int n = atoi(argv[2]), open_now = 0, ep = epoll_create1(EPOLL_CLOEXEC);
    long most = atol(argv[3]);
    double until = seconds() + atof(argv[4]);
    settle = strcmp(argv[5], "settle") == 0;
    take_paths(argc > 6 ? argv[6] : "/healthz");
    samples = malloc(MOST_SAMPLES * sizeof *samples);
    if (n < 1 || n > MOST_CONNECTIONS || !samples || ep < 0)
        stop("start");
    if (settle || strcmp(paths[0], "/healthz") != 0)
        log_in();
    for (int i = 0; i < n; i++) {
        conns[i].fd = dial();
        conns[i].in = malloc(ROOM);
        fcntl(conns[i].fd, F_SETFL, O_NONBLOCK);
    }
    double began = seconds();
    until = began + atof(argv[4]);
    for (int i = 0; i < n && asked < most; i++, open_now++) {
        struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &conns[i]};
        epoll_ctl(ep, EPOLL_CTL_ADD, conns[i].fd, &ev);
        make_request(&conns[i]);
        if (!push(&conns[i]))
            stop("write");
    }
    double last = began;
    while (open_now > 0 && seconds() < until + ANSWER_SECONDS) {
        struct epoll_event ev[256];
        int k = epoll_wait(ep, ev, 256, 1000);
        for (int i = 0; i < k; i++) {
            struct conn *c = ev[i].data.ptr;
            long before = errors;
            if (take(c)) {
                last = seconds();
                if (asked < most && last < until) {
                    make_request(c);
                    if (push(c))
                        continue;
                }
            } else if (errors == before) {
                continue;
            }
            epoll_ctl(ep, EPOLL_CTL_DEL, c->fd, NULL);
            open_now--;
        }
    }
    report(n, last - began);
    return errors != 0;
}
