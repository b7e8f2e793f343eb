
/*
 * A player, as far as the server sees one: each second the playlist, and each
 * segment that is new in it, over one connection that is kept.
 */

#ifndef TUANBO_BENCH_WATCH_H
#define TUANBO_BENCH_WATCH_H

#include "client.h"

#define WATCH_LIST     8192
#define WATCH_NAME     128
#define WATCH_EVERY_NS 1000000000LL

typedef enum { WATCH_RESTS = 0, WATCH_LIST_COMES, WATCH_SEGMENT_COMES
} watch_state_t;

typedef struct {
    int            fd;
    int64_t        due;                 /* of the next playlist */
    int64_t        asked;
    size_t         used, left;          /* of the head or the list; to come */
    int            in_body, chunked;
    watch_state_t  state;
    char           seen[WATCH_NAME];    /* the last segment that was had */
    char           text[WATCH_LIST + 1];
} watch_t;

/* What all of them had. */

static size_t    watch_lists, watch_segments;
static uint64_t  watch_bytes;
static int64_t  *watch_took;            /* of segments, until the last byte */


static inline void
watch_ask(watch_t *watch, const char *session, const char *name, int64_t now)
{
    int   length;
    char  request[512];

    length = snprintf(request, sizeof(request),
                      "GET /hls/%s/%s HTTP/1.1\r\nHost: bench\r\n"
                      "X-User: watches\r\n\r\n",
                      session, name);
    watch->asked = now;
    watch->used = 0;
    watch->in_body = 0;

    if (write(watch->fd, request, (size_t) length) != length) {
        die("a player's request");
    }
}


/* A name is the time in it: the greatest is the newest. */

static inline void
watch_next(watch_t *watch, const char *session, int64_t now)
{
    char  *line, *end, *newest;

    newest = NULL;
    watch->text[watch->used] = '\0';

    for (line = strtok_r(watch->text, "\r\n", &end); line;
         line = strtok_r(NULL, "\r\n", &end))
    {
        if (line[0] != '#' && strstr(line, ".ts") != NULL) {
            newest = line;
        }
    }

    watch->state = WATCH_RESTS;

    if (newest && strlen(newest) < WATCH_NAME
        && strcmp(newest, watch->seen) != 0)
    {
        strcpy(watch->seen, newest);
        watch->state = WATCH_SEGMENT_COMES;
        watch_ask(watch, session, watch->seen, now);
    }
}


static inline void
watch_had(watch_t *watch, const char *session, int64_t now)
{
    if (watch->state == WATCH_LIST_COMES) {
        watch_lists++;
        watch_next(watch, session, now);
        return;
    }

    watch_took[watch_segments++] = now - watch->asked;
    watch->state = WATCH_RESTS;
}


/* The head: how long the body is, and what of it has come with it. */

static inline void
watch_head(watch_t *watch)
{
    char    *end, *length;
    size_t   rest;

    watch->text[watch->used] = '\0';
    end = strstr(watch->text, "\r\n\r\n");

    if (end == NULL) {
        return;
    }

    length = strcasestr(watch->text, "\r\ncontent-length:");

    watch->chunked = length == NULL || length > end;

    if (watch->used < 12 || memcmp(watch->text + 9, "200", 3) != 0
        || (watch->chunked && watch->state != WATCH_LIST_COMES))
    {
        fprintf(stderr, "a player: %.300s\n", watch->text);
        exit(1);
    }

    rest = watch->used - (size_t) (end + 4 - watch->text);
    watch->left = watch->chunked ? 1
                                 : strtoul(length + 17, NULL, 10) - rest;
    memmove(watch->text, end + 4, rest);
    watch->used = rest;
    watch->in_body = 1;
}


/* Whatever has come, to the end of the answer at most. */

static inline void
watch_read(watch_t *watch, const char *session, char *buffer, size_t size)
{
    char     *to;
    size_t    room;
    ssize_t   n;

    for ( ;; ) {
        if (watch->in_body && watch->state == WATCH_SEGMENT_COMES) {
            to = buffer;
            room = size < watch->left ? size : watch->left;

        } else {
            to = watch->text + watch->used;
            room = WATCH_LIST - watch->used;
        }

        n = read(watch->fd, to, room);

        if (n == -1 && errno == EAGAIN) {
            return;
        }

        if (n <= 0) {
            die("a player was dropped");
        }

        watch_bytes += (uint64_t) n;

        if (!watch->in_body) {
            watch->used += (size_t) n;
            watch_head(watch);

        } else {
            watch->left -= watch->chunked ? 0 : (size_t) n;
            watch->used += to == buffer ? 0 : (size_t) n;
        }

        /* a list is made as it goes: its end is an empty chunk, and the
         * sizes of the others are lines that name no segment */

        if (watch->in_body && watch->chunked && watch->used >= 5
            && memcmp(watch->text + watch->used - 5, "0\r\n\r\n", 5) == 0)
        {
            watch->left = 0;
        }

        if (watch->in_body && watch->left == 0) {
            watch_had(watch, session, now_ns());
        }
    }
}


/* Each asks at a time of its own within the second. */

static inline void
watch_turn(watch_t *watch, const char *session, int64_t now)
{
    if (watch->state == WATCH_RESTS && now >= watch->due) {
        watch->due = now + WATCH_EVERY_NS;
        watch->state = WATCH_LIST_COMES;
        watch_ask(watch, session, "index.m3u8", now);
    }
}


#endif /* TUANBO_BENCH_WATCH_H */
