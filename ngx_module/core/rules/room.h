
/*
 * A room: a session's broadcast, whether it is on, and which sale is shown in
 * it just now.  It is a document of the kind `room` under the session's id,
 * which the host's commands alone write:
 *
 *   {"state":"live","pin":"grape","started_at":…,"ended_at":null,
 *    "pins":[{"sale":"grape","at":…},{"sale":null,"at":…}]}
 *
 * `pins` are those since the room was started last, the newest FS_ROOM_PINS
 * of them: what was shown when, for whoever looks at a recording.
 */

#ifndef FS_ROOM_H
#define FS_ROOM_H

#include "base/fs_types.h"

#pragma GCC visibility push(hidden)


#define FS_ROOM_KIND      "room"
#define FS_ROOM_OF        "session"     /* the kind of what has a room */
#define FS_ROOM_PINS      64
#define FS_ROOM_JSON_MAX  8192

#define FS_ROOM_STATES(X)                                                    \
    X(SCHEDULED, "scheduled")           /* never started: there is no        \
                                           document */                       \
    X(LIVE,      "live")                                                     \
    X(ENDED,     "ended")

typedef enum {
#define X(name, string)  FS_ROOM_##name,
    FS_ROOM_STATES(X)
#undef X
    FS_ROOM_STATES_N
} fs_room_state_t;

/* what a host does */
typedef enum {
    FS_ROOM_NOTHING = 0,                /* it is no ROOM command */
    FS_ROOM_START,
    FS_ROOM_PIN,
    FS_ROOM_END
} fs_room_act_t;

typedef struct {
    fs_slug_t            sale;          /* len 0: none any more */
    int64_t              at;            /* wall ms */
} fs_room_pin_t;

typedef struct {
    uint8_t              state;         /* fs_room_state_t */
    fs_slug_t            pin;           /* len 0: none */
    int64_t              started_at;    /* wall ms, 0: never */
    int64_t              ended_at;      /* 0: it is on, or never was */
    unsigned             pins_n;
    fs_room_pin_t        pins[FS_ROOM_PINS];
} fs_room_t;


const char *fs_room_state_name(unsigned state);

/* What a document says.  0, or -1: it is none of a room. */
int fs_room_read(fs_str_t doc, fs_room_t *room);

/* The document; its length, or -1: it did not fit. */
int fs_room_write(char *buf, size_t size, const fs_room_t *room);

/*
 * What a host does.  OK, or WRONG_STATE: it is on already, is not on, or has
 * ended.  A sale may be pinned before the room is started.  sale of len 0:
 * none is pinned any more.
 */
fs_outcome_t fs_room_start(fs_room_t *room, int64_t now);
fs_outcome_t fs_room_end(fs_room_t *room, int64_t now);
fs_outcome_t fs_room_pin(fs_room_t *room, const fs_slug_t *sale,
    int64_t now);


#pragma GCC visibility pop

#endif /* FS_ROOM_H */
