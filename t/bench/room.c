
/*
 * A room: many streams of a session, somebody who talks, somebody who taps.
 *
 *     room PORT SESSION N SECONDS RATE SALE
 *
 * Opens N streams of the session at 127.0.0.1:PORT, each by another identity.
 * Then, for so many seconds, RATE comments a second are said, each of which
 * has the time in it, and a thread makes one hold of the sale after another,
 * 20 ms apart.  Prints, in milliseconds:
 *
 *     screen P50 P99 MAX     from the post of a comment to a stream's having
 *                            it, over all streams and comments
 *     seen SEEN OF           how many of these pairs there were
 *     taken P50 P99 MAX      until the 202
 *     tap P50 P99 MAX        of holds
 */

#define _GNU_SOURCE

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "client.h"

#define BUFFER    65536
#define EVENTS    512
#define TAIL      64
#define PAIRS     20000000
#define TAPS      100000
#define SAID      10000
#define SETTLE_NS 3000000000LL

typedef struct {
    int          fd;
    int64_t      said;                  /* 0: a stream */
    unsigned     kept;
    char         tail[TAIL];
} peer_t;


static int           port, epoll;
static const char   *session, *sale;
static char          buffer[BUFFER + TAIL + 1];
static int64_t      *pairs, taken[SAID], taps[TAPS];
static size_t        pairs_n, taken_n, taps_n;
static int64_t       begun;
static _Atomic int   over;


static void
ask(peer_t *peer, const char *request)
{
    struct epoll_event  event;

    peer->fd = dial(port);

    if (write(peer->fd, request, strlen(request))
        != (ssize_t) strlen(request)
        || fcntl(peer->fd, F_SETFL, O_NONBLOCK) == -1)
    {
        die("write");
    }

    event.events = EPOLLIN;
    event.data.ptr = peer;

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, peer->fd, &event) == -1) {
        die("epoll_ctl");
    }
}


static void
say(unsigned n)
{
    int      length;
    char     body[128], request[512];
    peer_t  *peer;

    peer = calloc(1, sizeof(peer_t));

    if (peer == NULL) {
        die("memory");
    }

    peer->said = now_ns();
    length = snprintf(body, sizeof(body), "{\"text\":\"~%lld~\"}",
                      (long long) (peer->said - begun));
    snprintf(request, sizeof(request),
             "POST /api/sessions/%s/comments HTTP/1.1\r\nHost: bench\r\n"
             "X-User: talks-%u\r\nIdempotency-Key: k%d-%u\r\n"
             "Content-Type: application/json\r\nContent-Length: %d\r\n"
             "Connection: close\r\n\r\n%s", session, n, (int) getpid(), n,
             length, body);
    ask(peer, request);
}


/* A comment's answer. */

static void
answered(peer_t *peer)
{
    ssize_t  n;

    n = read(peer->fd, buffer, BUFFER);

    if (n < 12 || memcmp(buffer + 9, "202", 3) != 0) {
        buffer[n > 0 ? n : 0] = '\0';
        fprintf(stderr, "room: not taken: %s\n", buffer);
        exit(1);
    }

    taken[taken_n++] = now_ns() - peer->said;
    close(peer->fd);
    free(peer);
}


static void
heard(peer_t *peer, int64_t now)
{
    char     *p, *end;
    size_t    len, keep;
    ssize_t   n;
    int64_t   said;

    for ( ;; ) {
        memcpy(buffer, peer->tail, peer->kept);
        n = read(peer->fd, buffer + peer->kept, BUFFER);

        if (n == -1 && errno == EAGAIN) {
            return;
        }

        if (n <= 0) {
            die("a stream ended");
        }

        len = peer->kept + (size_t) n;
        buffer[len] = '\0';
        p = buffer;

        while ((end = memchr(p, '~', len - (size_t) (p - buffer))) != NULL) {
            said = strtoll(end + 1, &p, 10);

            if (*p != '~') {
                break;
            }

            p++;

            if (pairs_n < PAIRS) {
                pairs[pairs_n++] = now - begun - said;
            }
        }

        /* what is not whole yet */

        keep = end == NULL ? 0 : len - (size_t) (end - buffer);
        keep = keep < TAIL ? keep : 0;
        memcpy(peer->tail, buffer + len - keep, keep);
        peer->kept = (unsigned) keep;
    }
}


static void *
tap(void *data)
{
    int       fd, length;
    char      body[128], request[512], answer[4096];
    ssize_t   n;
    int64_t   start;
    unsigned  i;

    (void) data;

    for (i = 0; !atomic_load(&over) && taps_n < TAPS; i++) {
        length = snprintf(body, sizeof(body), "{\"sale\":\"%s\",\"qty\":1}",
                          sale);
        snprintf(request, sizeof(request),
                 "POST /api/holds HTTP/1.1\r\nHost: bench\r\n"
                 "X-User: taps-%d-%u\r\nContent-Type: application/json\r\n"
                 "Content-Length: %d\r\nConnection: close\r\n\r\n%s",
                 (int) getpid(), i, length, body);
        start = now_ns();
        fd = dial(port);

        if (write(fd, request, strlen(request)) == -1) {
            die("write");
        }

        n = read(fd, answer, sizeof(answer) - 1);

        if (n < 12 || memcmp(answer + 9, "201", 3) != 0) {
            answer[n > 0 ? n : 0] = '\0';
            fprintf(stderr, "room: no hold: %s\n", answer);
            exit(1);
        }

        close(fd);
        taps[taps_n++] = now_ns() - start;
        usleep(20000);
    }

    return NULL;
}


static void
print(const char *name, int64_t *values, size_t n)
{
    qsort(values, n, sizeof(int64_t), compare_ns);

    if (n) {
        printf("%s %.1f %.1f %.1f\n", name, values[n / 2] / 1e6,
               values[n - 1 - n / 100] / 1e6, values[n - 1] / 1e6);
    }
}


int
main(int argc, char **argv)
{
    int                 i, n, got, seconds, rate;
    char                request[512];
    peer_t             *peers, *peer;
    int64_t             now, next, end;
    unsigned            said;
    pthread_t           thread;
    struct rlimit       limit;
    struct epoll_event  events[EVENTS];

    if (argc != 7) {
        fprintf(stderr, "usage: room PORT SESSION N SECONDS RATE SALE\n");
        return 2;
    }

    port = atoi(argv[1]);
    session = argv[2];
    n = atoi(argv[3]);
    seconds = atoi(argv[4]);
    rate = atoi(argv[5]);
    sale = argv[6];

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);

    epoll = epoll_create1(0);
    peers = calloc((size_t) n + 1, sizeof(peer_t));
    pairs = malloc(PAIRS * sizeof(int64_t));

    if (epoll == -1 || peers == NULL || pairs == NULL
        || seconds * rate > SAID)
    {
        die("set-up");
    }

    for (i = 0; i < n; i++) {
        snprintf(request, sizeof(request), "GET /api/events?session=%s "
                 "HTTP/1.1\r\nHost: bench\r\nX-User: looks-%d\r\n"
                 "Accept: text/event-stream\r\n\r\n", session, i);
        ask(&peers[i], request);
    }

    begun = now_ns();
    next = begun + SETTLE_NS;
    end = next + seconds * 1000000000LL;
    said = 0;

    if (pthread_create(&thread, NULL, tap, NULL) != 0) {
        die("pthread_create");
    }

    while ((now = now_ns()) < end + SETTLE_NS) {

        if (rate && now >= next && now < end) {
            say(said++);
            next += 1000000000LL / rate;
        }

        got = epoll_wait(epoll, events, EVENTS, 5);

        if (got == -1) {
            die("epoll_wait");
        }

        for (i = 0; i < got; i++) {
            peer = events[i].data.ptr;

            if (peer->said) {
                answered(peer);

            } else {
                heard(peer, now_ns());
            }
        }
    }

    atomic_store(&over, 1);
    pthread_join(thread, NULL);

    print("screen", pairs, pairs_n);
    printf("seen %zu of %zu\n", pairs_n, (size_t) said * (size_t) n);
    print("taken", taken, taken_n);
    print("tap", taps, taps_n);

    return 0;
}
