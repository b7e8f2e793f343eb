
/*
 * A room: many streams of a session, somebody who talks, somebody who taps.
 *
 *     room PORT SESSION N SECONDS RATE SALE [BURST]
 *
 * Opens N streams of the session at 127.0.0.1:PORT, each by another identity.
 * Then, for so many seconds, RATE comments a second are said, each of which
 * has the time in it, and a thread makes one hold of the sale after another,
 * 20 ms apart.  With BURST each stream has a player beside it (watch.h), and
 * so many holds are taken within one second instead, in the middle, each over
 * a connection of its own.  Prints, in milliseconds:
 *
 *     screen P50 P99 MAX     from the post of a comment to a stream's having
 *                            it, over all streams and comments
 *     seen SEEN OF           how many of these pairs there were
 *     taken P50 P99 MAX      until the 202
 *     tap P50 P99 MAX        of holds
 *     segment P50 P99 MAX    until its last byte, with players
 */

#define _GNU_SOURCE

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "client.h"
#include "watch.h"

#define BUFFER    65536
#define EVENTS    512
#define TAIL      64
#define PAIRS     20000000
#define TAPS      100000
#define SAID      10000
#define HOUSEHOLDS 1000
#define SETTLE_NS 3000000000LL

typedef enum { HEARS, SAYS, BUYS, WATCHES } role_t;

typedef struct {
    int          fd;
    role_t       role;
    int64_t      began;
    unsigned     kept;
    char         tail[TAIL];
    watch_t     *watch;
} peer_t;


static int           port, epoll;
static const char   *session, *sale;
static char          buffer[BUFFER + TAIL + 1];
static int64_t      *pairs, taken[SAID], taps[TAPS];
static size_t        pairs_n, taken_n, taps_n;
static int64_t       begun;
static _Atomic int   over;


static void
join(peer_t *peer, role_t role, unsigned from, const char *request)
{
    struct epoll_event  event;

    peer->role = role;
    peer->began = now_ns();
    peer->fd = dial_from(from, port);

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


/* Of those who look: the address of the i-th. */

static unsigned
household(int i)
{
    return 1 + (unsigned) i % HOUSEHOLDS;
}


static peer_t *
new_peer(void)
{
    peer_t  *peer;

    peer = calloc(1, sizeof(peer_t));

    if (peer == NULL) {
        die("memory");
    }

    return peer;
}


static void
say(unsigned n)
{
    int   length;
    char  body[128], request[512];

    length = snprintf(body, sizeof(body), "{\"text\":\"~%lld~\"}",
                      (long long) (now_ns() - begun));
    snprintf(request, sizeof(request),
             "POST /api/sessions/%s/comments HTTP/1.1\r\nHost: bench\r\n"
             "X-User: talks-%u\r\nIdempotency-Key: k%d-%u\r\n"
             "Content-Type: application/json\r\nContent-Length: %d\r\n"
             "Connection: close\r\n\r\n%s", session, n, (int) getpid(), n,
             length, body);
    join(new_peer(), SAYS, 0, request);
}


/* The request of one more who takes one. */

static void
hold_request(char *request, size_t size, unsigned n)
{
    int   length;
    char  body[128];

    length = snprintf(body, sizeof(body), "{\"sale\":\"%s\",\"qty\":1}", sale);
    snprintf(request, size, "POST /api/holds HTTP/1.1\r\nHost: bench\r\n"
             "X-User: taps-%d-%u\r\nContent-Type: application/json\r\n"
             "Content-Length: %d\r\nConnection: close\r\n\r\n%s",
             (int) getpid(), n, length, body);
}


/* The answer to a comment, or to a tap. */

static void
answered(peer_t *peer)
{
    ssize_t      n;
    const char  *good;

    good = peer->role == SAYS ? "202" : "201";
    n = read(peer->fd, buffer, BUFFER);

    if (n < 12 || memcmp(buffer + 9, good, 3) != 0) {
        buffer[n > 0 ? n : 0] = '\0';
        fprintf(stderr, "room: not taken: %s\n", buffer);
        exit(1);
    }

    if (peer->role == SAYS) {
        taken[taken_n++] = now_ns() - peer->began;

    } else {
        taps[taps_n++] = now_ns() - peer->began;
    }

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
    int       fd;
    char      request[512], answer[4096];
    ssize_t   n;
    int64_t   start;
    unsigned  i;

    (void) data;

    for (i = 0; !atomic_load(&over) && taps_n < TAPS; i++) {
        hold_request(request, sizeof(request), i);
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


/* Players begin at times of their own within a second. */

static void
join_players(peer_t *peers, int n)
{
    int                 i;
    struct epoll_event  event;

    for (i = 0; i < n; i++) {
        peers[i].role = WATCHES;
        peers[i].watch = calloc(1, sizeof(watch_t));

        if (peers[i].watch == NULL) {
            die("memory");
        }

        peers[i].watch->fd = dial_from(household(i), port);
        peers[i].watch->due = now_ns()
                              + (int64_t) i * (WATCH_EVERY_NS / n);

        if (fcntl(peers[i].watch->fd, F_SETFL, O_NONBLOCK) == -1) {
            die("fcntl");
        }

        event.events = EPOLLIN;
        event.data.ptr = &peers[i];

        if (epoll_ctl(epoll, EPOLL_CTL_ADD, peers[i].watch->fd, &event)
            == -1)
        {
            die("epoll_ctl");
        }
    }
}


static void
happened(peer_t *peer)
{
    switch (peer->role) {

    case HEARS:
        heard(peer, now_ns());
        break;

    case WATCHES:
        watch_read(peer->watch, session, buffer, BUFFER);
        break;

    default:
        answered(peer);
    }
}


int
main(int argc, char **argv)
{
    int                 i, n, got, seconds, rate, burst;
    char                request[512];
    peer_t             *peers, *players;
    int64_t             now, next, end, tap_at;
    unsigned            said, tapped;
    pthread_t           thread;
    struct rlimit       limit;
    struct epoll_event  events[EVENTS];

    if (argc != 7 && argc != 8) {
        fprintf(stderr,
                "usage: room PORT SESSION N SECONDS RATE SALE [BURST]\n");
        return 2;
    }

    port = atoi(argv[1]);
    session = argv[2];
    n = atoi(argv[3]);
    seconds = atoi(argv[4]);
    rate = atoi(argv[5]);
    sale = argv[6];
    burst = argc == 8 ? atoi(argv[7]) : 0;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);

    epoll = epoll_create1(0);
    peers = calloc((size_t) n + 1, sizeof(peer_t));
    players = calloc((size_t) n + 1, sizeof(peer_t));
    pairs = malloc(PAIRS * sizeof(int64_t));
    watch_took = calloc((size_t) n * (size_t) (seconds + 60),
                        sizeof(int64_t));

    if (epoll == -1 || peers == NULL || players == NULL || pairs == NULL
        || watch_took == NULL || seconds * rate > SAID || burst > TAPS)
    {
        die("set-up");
    }

    for (i = 0; i < n; i++) {
        snprintf(request, sizeof(request), "GET /api/events?session=%s "
                 "HTTP/1.1\r\nHost: bench\r\nX-User: looks-%d\r\n"
                 "Accept: text/event-stream\r\n\r\n", session, i);
        join(&peers[i], HEARS, household(i), request);
    }

    if (burst) {
        join_players(players, n);
    }

    begun = now_ns();
    next = begun + SETTLE_NS;
    end = next + seconds * 1000000000LL;
    tap_at = next + seconds * 500000000LL;
    said = 0;
    tapped = 0;

    if (!burst && pthread_create(&thread, NULL, tap, NULL) != 0) {
        die("pthread_create");
    }

    while ((now = now_ns()) < end + SETTLE_NS) {

        if (rate && now >= next && now < end) {
            say(said++);
            next += 1000000000LL / rate;
        }

        while (burst && tapped < (unsigned) burst && now >= tap_at) {
            hold_request(request, sizeof(request), tapped++);
            join(new_peer(), BUYS, 0, request);
            tap_at += 1000000000LL / burst;
        }

        for (i = 0; burst && i < n; i++) {
            watch_turn(players[i].watch, session, now);
        }

        got = epoll_wait(epoll, events, EVENTS, burst ? 1 : 5);

        if (got == -1) {
            die("epoll_wait");
        }

        for (i = 0; i < got; i++) {
            happened(events[i].data.ptr);
        }
    }

    if (!burst) {
        atomic_store(&over, 1);
        pthread_join(thread, NULL);
    }

    print("screen", pairs, pairs_n);
    printf("seen %zu of %zu\n", pairs_n, (size_t) said * (size_t) n);
    print("taken", taken, taken_n);
    print("tap", taps, taps_n);

    if (burst) {
        print("segment", watch_took, watch_segments);
        printf("had %zu playlists, %zu segments, %.0f MB, %zu taps\n",
               watch_lists, watch_segments, watch_bytes / 1e6, taps_n);
    }

    return 0;
}
