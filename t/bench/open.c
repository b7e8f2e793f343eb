
/*
 * An open loop: requests leave at times that are fixed beforehand, whether or
 * not the server has answered the ones before, and each one's latency counts
 * from its own time in that plan.  A server that stands still for a second is
 * charged with all the requests that people would have made in it.
 *
 *     open PORT CONNECTIONS RATE SECONDS WARM PATH SALE RUN SEED
 *
 * RATE a second on average; the times are those of people who know nothing of
 * each other (a Poisson process from SEED).  A request takes a connection that
 * is idle; when none is, it waits for one, and the wait counts.  What was to
 * leave in the first WARM seconds is sent, but not counted.
 *
 * Each request reserves one unit for another buyer with another key.  Prints
 *
 *     result REQUESTS SECONDS ERRORS SOCKETS P50 P90 P99 P999 MAX LATE
 *
 * ERRORS are answers above 399, SOCKETS requests without an answer: those
 * count in the percentiles with the time they had waited at the end.  Times in
 * ms.  LATE is the 99th percentile of what this client itself was late with,
 * connections being idle: it is a part of the latencies.
 */

#define _GNU_SOURCE

#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "client.h"

#define BUFFER           4096
#define EVENTS           256
#define CONNECTIONS_MAX  10000
#define REQUESTS_MAX     20000000

/* how long the last answers are waited for */
#define GRACE_NS         5000000000LL

typedef struct {
    int       fd;
    long      request;                  /* its number; -1: idle */
    size_t    len;
    char      buffer[BUFFER];
} connection_t;

typedef struct {
    int64_t  *planned;                  /* when each request is to leave */
    int64_t  *took;                     /* -1: no answer */
    long      requests;
    long      sent;
    long      answered;
    long      errors;
    long      closed;

    int      *idle;                     /* a ring of connections */
    int       idle_first;
    int       idle_n;
    int64_t   idle_since;               /* since when there is one */

    int64_t  *late;
    long      late_n;
} run_t;

static connection_t  *connections;
static int            connections_n;
static int            epoll;
static uint64_t       seed;
static char           head[512], tail[512];
static const char    *run_name;


/* splitmix64, as a number above 0 and up to 1 */

static double
next_random(void)
{
    uint64_t  z;

    z = (seed += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    z = z ^ (z >> 31);

    return ((double) (z >> 11) + 1.0) / 9007199254740992.0;
}


static void
plan(run_t *run, double rate, double seconds)
{
    long    n;
    double  at;

    n = 0;
    at = 0;

    while ((at += -log(next_random()) / rate) < seconds && n < REQUESTS_MAX) {
        if ((n & (n - 1)) == 0) {
            run->planned = realloc(run->planned,
                                   (n ? 2 * n : 1) * sizeof(int64_t));
            if (run->planned == NULL) {
                die("memory");
            }
        }

        run->planned[n++] = (int64_t) (at * 1e9);
    }

    run->requests = n;
    run->took = malloc((n + 1) * sizeof(int64_t));
    run->late = malloc((n + 1) * sizeof(int64_t));

    if (n == 0 || run->took == NULL || run->late == NULL) {
        die("nothing to send");
    }

    memset(run->took, -1, n * sizeof(int64_t));
}


static void
connect_all(run_t *run, int port)
{
    int                 i, one;
    connection_t       *c;
    struct epoll_event  event;

    one = 1;
    epoll = epoll_create1(0);
    connections = calloc(connections_n, sizeof(connection_t));
    run->idle = malloc(connections_n * sizeof(int));

    if (epoll == -1 || connections == NULL || run->idle == NULL) {
        die("connections");
    }

    for (i = 0; i < connections_n; i++) {
        c = &connections[i];
        c->fd = dial(port);
        c->request = -1;

        event.events = EPOLLIN;
        event.data.u32 = (uint32_t) i;

        if (setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one))
            == -1
            || fcntl(c->fd, F_SETFL, O_NONBLOCK) == -1
            || epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event) == -1)
        {
            die("a connection");
        }

        run->idle[i] = i;
    }

    run->idle_n = connections_n;
}


static void
send_one(run_t *run, int64_t now)
{
    int            i, len;
    char           text[BUFFER];
    connection_t  *c;

    i = run->idle[run->idle_first];
    run->idle_first = (run->idle_first + 1) % connections_n;
    run->idle_n--;
    c = &connections[i];

    if (run->planned[run->sent] >= run->idle_since) {
        run->late[run->late_n++] = now - run->planned[run->sent];
    }

    c->request = run->sent++;
    c->len = 0;

    len = snprintf(text, sizeof(text), "%s%s-%ld%s%s-%ld%s", head, run_name,
                   c->request, "\r\nIdempotency-Key: k", run_name, c->request,
                   tail);

    /* a request is shorter than any socket's buffer */

    if (len >= (int) sizeof(text)
        || send(c->fd, text, (size_t) len, MSG_NOSIGNAL) != len)
    {
        (void) shutdown(c->fd, SHUT_RDWR);
    }
}


/* 1: a whole answer; its status. */

static int
answer(const connection_t *c, int *status)
{
    size_t       size;
    const char  *body, *length;

    body = memmem(c->buffer, c->len, "\r\n\r\n", 4);

    if (body == NULL) {
        return 0;
    }

    length = memmem(c->buffer, (size_t) (body - c->buffer),
                    "\r\nContent-Length: ", 18);

    if (length == NULL) {
        errno = EPROTO;
        die("an answer without a length");
    }

    size = (size_t) (body + 4 - c->buffer) + strtoul(length + 18, NULL, 10);
    *status = atoi(c->buffer + sizeof("HTTP/1.1 ") - 1);

    return c->len >= size;
}


static void
receive(run_t *run, int i)
{
    int            status;
    int64_t        now;
    ssize_t        n;
    connection_t  *c;

    c = &connections[i];
    n = recv(c->fd, c->buffer + c->len, sizeof(c->buffer) - 1 - c->len, 0);

    if (n == -1 && errno == EAGAIN) {
        return;
    }

    if (n <= 0) {
        close(c->fd);
        run->closed++;
        return;
    }

    c->len += (size_t) n;
    c->buffer[c->len] = '\0';

    if (!answer(c, &status)) {
        return;
    }

    now = now_ns();
    run->took[c->request] = now - run->planned[c->request];
    run->answered++;
    run->errors += status > 399;
    c->request = -1;

    if (run->idle_n == 0) {
        run->idle_since = now;
    }

    run->idle[(run->idle_first + run->idle_n++) % connections_n] = i;
}


static int64_t
drive(run_t *run, double seconds)
{
    int                  i, n;
    int64_t              start, now, end, wait;
    struct timespec      timeout;
    struct epoll_event   events[EVENTS];

    start = now_ns() + 10000000;

    for (i = 0; i < run->requests; i++) {
        run->planned[i] += start;
    }

    end = start + (int64_t) (seconds * 1e9) + GRACE_NS;
    now = now_ns();

    while (run->answered < run->requests && run->closed < connections_n
           && now < end)
    {
        while (run->sent < run->requests && run->idle_n > 0
               && run->planned[run->sent] <= now)
        {
            send_one(run, now);
            now = now_ns();
        }

        wait = end - now;

        if (run->sent < run->requests && run->idle_n > 0) {
            wait = run->planned[run->sent] - now;
        }

        wait = wait > 0 ? wait : 0;
        timeout.tv_sec = wait / 1000000000;
        timeout.tv_nsec = wait % 1000000000;

        n = epoll_pwait2(epoll, events, EVENTS, &timeout, NULL);

        if (n == -1 && errno != EINTR) {
            die("epoll_pwait2");
        }

        for (i = 0; i < n; i++) {
            receive(run, (int) events[i].data.u32);
        }

        now = now_ns();
    }

    /* what has no answer waited until now, sent or not */

    for (i = 0; i < run->requests; i++) {
        if (run->took[i] == -1) {
            run->took[i] = now - run->planned[i];
        }
    }

    return start;
}


static double
percentile(const int64_t *sorted, long n, double part)
{
    long  i;

    i = (long) ((double) n * part);

    return (double) sorted[i < n ? i : n - 1] / 1e6;
}


int
main(int argc, char **argv)
{
    long           first, n;
    run_t          run;
    double         rate, seconds, warm;
    int64_t        start;
    struct rlimit  limit;

    if (argc != 10) {
        fprintf(stderr, "usage: open PORT CONNECTIONS RATE SECONDS WARM PATH "
                "SALE RUN SEED\n");
        return 2;
    }

    connections_n = atoi(argv[2]);
    rate = atof(argv[3]);
    seconds = atof(argv[4]);
    warm = atof(argv[5]);
    run_name = argv[8];
    seed = strtoull(argv[9], NULL, 10);

    if (connections_n < 1 || connections_n > CONNECTIONS_MAX || rate <= 0
        || warm < 0 || seconds <= warm || strlen(argv[6]) > 200
        || strlen(argv[7]) > 64 || strlen(run_name) > 64)
    {
        errno = EINVAL;
        die("arguments");
    }

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void) setrlimit(RLIMIT_NOFILE, &limit);
    }

    /* a timer of the usual slack comes 50 microseconds late */

    (void) prctl(PR_SET_TIMERSLACK, 1);

    memset(&run, 0, sizeof(run));
    plan(&run, rate, seconds);

    snprintf(tail, sizeof(tail), "\r\n\r\n{\"sale\":\"%s\",\"qty\":1,"
             "\"pickup\":\"xingfu\"}", argv[7]);
    snprintf(head, sizeof(head), "POST %s HTTP/1.1\r\nHost: bench\r\n"
             "Content-Type: application/json\r\nContent-Length: %zu\r\n"
             "X-User: u", argv[6], strlen(tail) - 4);

    connect_all(&run, atoi(argv[1]));
    start = drive(&run, seconds);

    first = 0;

    while (first < run.requests
           && run.planned[first] < start + (int64_t) (warm * 1e9))
    {
        first++;
    }

    n = run.requests - first;

    if (n == 0) {
        errno = EINVAL;
        die("no request after the warming up");
    }

    qsort(run.took + first, (size_t) n, sizeof(int64_t), compare_ns);
    qsort(run.late, (size_t) run.late_n, sizeof(int64_t), compare_ns);

    printf("result %ld %.3f %ld %ld %.3f %.3f %.3f %.3f %.3f %.3f\n",
           run.requests, seconds, run.errors, run.requests - run.answered,
           percentile(run.took + first, n, 0.5),
           percentile(run.took + first, n, 0.9),
           percentile(run.took + first, n, 0.99),
           percentile(run.took + first, n, 0.999),
           percentile(run.took + first, n, 1.0),
           run.late_n ? percentile(run.late, run.late_n, 0.99) : 0.0);

    return 0;
}
