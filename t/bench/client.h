
/*
 * What the clients of the measurements share: the clock, how they give up,
 * and a connection to a server on this machine.
 */

#ifndef TUANBO_BENCH_CLIENT_H
#define TUANBO_BENCH_CLIENT_H

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>


static inline int64_t
now_ns(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}


static inline _Noreturn void
die(const char *what)
{
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what,
            strerror(errno));
    exit(1);
}


/*
 * A connection to 127.0.0.1 that waits, from there, or from another of this
 * machine's own addresses: who is one of many has one of many.
 */

static inline int
dial_from(unsigned n, int port)
{
    int                 fd;
    struct sockaddr_in  address;

    fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd == -1) {
        die("socket");
    }

    memset(&address, 0, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (n << 8));

    if (n && bind(fd, (struct sockaddr *) &address, sizeof(address)) != 0) {
        die("bind");
    }

    address.sin_port = htons((uint16_t) port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    if (connect(fd, (struct sockaddr *) &address, sizeof(address)) != 0) {
        die("connect");
    }

    return fd;
}


static inline int
dial(int port)
{
    return dial_from(0, port);
}


static inline int
compare_ns(const void *a, const void *b)
{
    int64_t  x, y;

    x = *(const int64_t *) a;
    y = *(const int64_t *) b;

    return (x > y) - (x < y);
}


#endif /* TUANBO_BENCH_CLIENT_H */
