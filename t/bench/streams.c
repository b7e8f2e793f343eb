
/*
 * Many event streams, watched by one process.
 *
 *     streams PORT WORKER-PID N SALE ROUNDS
 *
 * Opens N streams of the sale at 127.0.0.1:PORT and waits for each one's
 * snapshot; then, ROUNDS times, makes one hold and takes the time from its
 * 201, which leaves after the commit, to the last viewer's `stock` event.
 * Prints:
 *
 *     stream BYTES       the worker's memory for each stream
 *     last MS ...        each round's last viewer
 *     median MS ...      each round's viewer in the middle
 *     asked MS ...       the last viewer, from when the hold was asked for
 *
 *     streams PORT WORKER-PID N PATH ROUNDS
 *
 * The same of a server that only passes on what it is given, at PATH: GET is a
 * stream, and POST makes an event of its body, named by X-EventSource-Event.
 *
 *     streams PORT WORKER-PID N
 *
 * Opens N connections with a request that is not complete, so that nginx has
 * made its own pools and buffer for it and no handler runs.  Prints:
 *
 *     own BYTES          the worker's memory for each
 *
 * Freed memory stays with the worker: ask only once of each.
 */

#define _GNU_SOURCE

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "client.h"

#define BUFFER      16384
#define ROUNDS_MAX  50
#define EVENTS      512
#define WAIT_MS     20000

typedef struct {
    int          fd;
    unsigned     round;                 /* seen up to */
    size_t       kept;                  /* bytes of the last read's end */
    char         tail[16];
} viewer_t;


static int   port, epoll;
static char  buffer[BUFFER + sizeof(((viewer_t *) 0)->tail) + 1];


static double
now_ms(void)
{
    return (double) now_ns() / 1e6;
}


/* What the process has written and shares with nobody, in bytes. */

static long
memory(int pid)
{
    char   path[64], line[256];
    long   kb, sum;
    FILE  *file;

    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
    file = fopen(path, "r");
    if (file == NULL) {
        die(path);
    }

    sum = 0;

    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "Private_Dirty: %ld kB", &kb) == 1) {
            sum = kb;
        }
    }

    fclose(file);

    return sum * 1024;
}


/* A connection with a request on it. */

static int
ask(const char *request)
{
    int  fd;

    fd = dial(port);

    if (write(fd, request, strlen(request)) != (ssize_t) strlen(request)) {
        die("write");
    }

    return fd;
}


/* 1: the text was in what came; 0: not yet. */

static int
viewer_read(viewer_t *viewer, const char *text)
{
    int      found;
    size_t   len, keep;
    ssize_t  n;

    found = 0;

    for ( ;; ) {
        len = viewer->kept;
        memcpy(buffer, viewer->tail, len);

        n = read(viewer->fd, buffer + len, BUFFER);

        if (n == -1 && errno == EAGAIN) {
            return found;
        }

        if (n <= 0) {
            errno = n == 0 ? ECONNRESET : errno;
            die("a stream ended");
        }

        len += n;
        buffer[len] = '\0';
        found |= strstr(buffer, text) != NULL;

        keep = len < sizeof(viewer->tail) ? len : sizeof(viewer->tail);
        keep = found ? 0 : keep;
        memcpy(viewer->tail, buffer + len - keep, keep);
        viewer->kept = keep;

        if (n < BUFFER) {
            return found;
        }
    }
}


/*
 * Wait until all viewers have seen the text; when[i] is the time at which the
 * i-th of them did.
 */

static void
all_see(int n, unsigned round, const char *text, double *when)
{
    int                  i, got, seen;
    double               end;
    viewer_t            *viewer;
    struct epoll_event   events[EVENTS];

    seen = 0;
    end = now_ms() + WAIT_MS;

    while (seen < n) {
        got = epoll_wait(epoll, events, EVENTS, 100);
        if (got == -1) {
            die("epoll_wait");
        }

        for (i = 0; i < got; i++) {
            viewer = events[i].data.ptr;

            if (viewer_read(viewer, text) && viewer->round < round) {
                viewer->round = round;
                when[seen++] = now_ms();
            }
        }

        if (now_ms() > end) {
            fprintf(stderr, "streams: only %d of %d saw: %s\n", seen, n, text);
            exit(1);
        }
    }
}


/* POST; the answer has to be a 2xx. */

static void
post(const char *path, const char *header, const char *body)
{
    int      fd;
    char     request[1024], answer[4096];
    ssize_t  n;

    snprintf(request, sizeof(request),
             "POST %s HTTP/1.1\r\nHost: bench\r\n%s\r\n"
             "Content-Type: application/json\r\nContent-Length: %d\r\n"
             "Connection: close\r\n\r\n%s", path, header, (int) strlen(body),
             body);

    fd = ask(request);
    n = read(fd, answer, sizeof(answer) - 1);

    if (n < 12 || answer[9] != '2') {
        answer[n > 0 ? n : 0] = '\0';
        fprintf(stderr, "streams: no event: %s\n", answer);
        exit(1);
    }

    close(fd);
}


static void
hold(const char *sale, unsigned round)
{
    char  header[64], body[256];

    snprintf(header, sizeof(header), "X-User: v%d-%u", (int) getpid(), round);
    snprintf(body, sizeof(body), "{\"sale\":\"%s\",\"qty\":1,"
             "\"pickup\":\"xingfu\"}", sale);
    post("/api/holds", header, body);
}


/* As long as the event that a hold makes. */

static void
pass_on(const char *path, const char *event)
{
    char  header[64];

    snprintf(header, sizeof(header), "X-EventSource-Event: %s", event);
    post(path, header, "{\"sale\":\"live\",\"seq\":1234,\"free\":99999,"
         "\"held\":1,\"sold\":0,\"state\":\"open\"}");
}


static int
own_memory(int pid, int n)
{
    int   i;
    long  before;

    before = memory(pid);

    for (i = 0; i < n; i++) {
        (void) ask("GET /api/events?sale=none HTTP/1.1\r\nHost: bench\r\n"
                    "Accept: text/event-stream\r\n");
    }

    usleep(500000);
    printf("own %ld\n", (memory(pid) - before) / n);

    return 0;
}


int
main(int argc, char **argv)
{
    int                  i, n, pid, rounds, round, passes_on;
    long                 before;
    char                 request[512];
    double               start, asked, *when, last[ROUNDS_MAX],
                         median[ROUNDS_MAX], since[ROUNDS_MAX];
    viewer_t            *viewers;
    const char          *sale;
    struct rlimit        limit;
    struct epoll_event   event;

    if (argc != 4 && argc != 6) {
        fprintf(stderr, "usage: streams PORT WORKER-PID N "
                "[SALE|PATH ROUNDS]\n");
        return 2;
    }

    port = atoi(argv[1]);
    pid = atoi(argv[2]);
    n = atoi(argv[3]);
    sale = argc == 6 ? argv[4] : "";
    rounds = argc == 6 ? atoi(argv[5]) : 1;

    if (n < 1 || n > 50000 || rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "streams: 1-50000 streams, 1-50 rounds\n");
        return 2;
    }

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);

    if ((long) limit.rlim_max < n + 32) {
        fprintf(stderr, "streams: ulimit -n is %ld\n", (long) limit.rlim_max);
        return 1;
    }

    if (argc == 4) {
        return own_memory(pid, n);
    }

    passes_on = sale[0] == '/';
    snprintf(request, sizeof(request), "GET %s%s HTTP/1.1\r\n"
             "Host: bench\r\nAccept: text/event-stream\r\n\r\n",
             passes_on ? "" : "/api/events?sale=", sale);

    if (passes_on) {
        pass_on(sale, "snapshot");
    }

    /* all but the last line: nginx has made its pools, and no handler runs */
    epoll = epoll_create1(0);
    viewers = calloc(n, sizeof(viewer_t));
    when = calloc(n, sizeof(double));

    if (epoll == -1 || viewers == NULL || when == NULL) {
        die("set-up");
    }

    before = memory(pid);

    for (i = 0; i < n; i++) {
        viewers[i].fd = ask(request);
        fcntl(viewers[i].fd, F_SETFL, O_NONBLOCK);
        event.events = EPOLLIN;
        event.data.ptr = &viewers[i];

        if (epoll_ctl(epoll, EPOLL_CTL_ADD, viewers[i].fd, &event) != 0) {
            die("epoll_ctl");
        }
    }

    all_see(n, 1, "event: snapshot", when);
    usleep(300000);
    printf("stream %ld\n", (memory(pid) - before) / n);

    for (round = 0; round < rounds; round++) {
        asked = now_ms();

        if (passes_on) {
            pass_on(sale, "stock");

        } else {
            hold(sale, round);
        }

        start = now_ms();
        all_see(n, round + 2, "event: stock", when);
        last[round] = when[n - 1] - start;
        median[round] = when[n / 2] - start;
        since[round] = when[n - 1] - asked;
        usleep(400000);
    }

    printf("last");
    for (round = 0; round < rounds; round++) {
        printf(" %.1f", last[round]);
    }

    printf("\nmedian");
    for (round = 0; round < rounds; round++) {
        printf(" %.1f", median[round]);
    }

    printf("\nasked");
    for (round = 0; round < rounds; round++) {
        printf(" %.1f", since[round]);
    }

    printf("\n");

    return 0;
}
