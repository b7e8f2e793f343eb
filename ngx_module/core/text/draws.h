
/*
 * What is public of a draw, as GET /api/sales/ID/draw shows it.
 */

#ifndef FS_TEXT_DRAWS_H
#define FS_TEXT_DRAWS_H

#include "base/fs_types.h"
#include "base/tree.h"
#include "json/field.h"
#include "json/json_writer.h"

#pragma GCC visibility push(hidden)


/* What stands beside a sale of packets or tickets. */
typedef struct {
    uint8_t              there;         /* it is such a sale */
    uint8_t              revealed;
    uint8_t              commit[FS_HASH_LEN];
    uint8_t              seed[FS_HASH_LEN];
} fs_shown_seed_t;

typedef enum {
    FS_DRAWING_OPEN = 0,
    FS_DRAWING_WAITING,                 /* closed, and not drawn yet */
    FS_DRAWING_DRAWN,                   /* all winners are known */
    FS_DRAWINGS_N
} fs_drawing_state_t;

typedef struct {
    uint8_t              state;         /* fs_drawing_state_t */
    uint8_t              revealed;      /* the seed is there; drawn: and the
                                           beacon, if it had one */
    uint8_t              beaconed;
    uint32_t             entries;
    uint32_t             winners;       /* that are shown */
    int64_t              closed_at;     /* wall; 0: it is open */
    uint8_t              commit[FS_HASH_LEN];
    uint8_t              seed[FS_HASH_LEN];
    uint8_t              root[FS_HASH_LEN];
    uint8_t              chain[FS_HASH_LEN];
    uint8_t              beacon[FS_HASH_LEN];
} fs_drawing_t;

typedef struct {
    uint32_t             number;
    uint8_t              prize;
} fs_winner_t;

/* The way from a ticket to the root of all that are there, and its prize. */
typedef struct {
    uint32_t             entries;
    uint8_t              root[FS_HASH_LEN];
    fs_tree_path_t       path;
    unsigned             prize;         /* its index and 1; 0: none */
    uint16_t             title_len;
    char                 title[FS_PRIZE_TITLE_MAX];
} fs_shown_ticket_t;

#define FS_TICKET_JSON_MAX                                                   \
    (192 + FS_TREE_LEVELS * (2 * FS_HASH_LEN + 3) + 6 * FS_PRIZE_TITLE_MAX)

/* Fields of its hold: "entries","root","path":[…],"prize":{"index","title"},
 * which is null when it has won none. */
void fs_write_ticket(fs_writer_t *writer, const fs_shown_ticket_t *ticket);

#define FS_DRAW_JSON_MAX(winners)  (640 + (size_t) (winners) * 36)

/* {"beacon":"64 hexadecimal digits"}, not all of them 0.  0, or -1 and the
 * fault. */
int fs_request_draw(fs_str_t body, uint8_t *beacon, fs_fault_t *fault);

/* Its fields; NULL, or it is no such sale: none. */
#define FS_SEED_JSON_MAX           160

void fs_write_seed(fs_writer_t *writer, const fs_shown_seed_t *seed);

/* The length, or -1: it does not fit. */
int fs_answer_draw(char *buf, size_t size, const fs_drawing_t *drawing,
    const fs_winner_t *winners);


#pragma GCC visibility pop

#endif /* FS_TEXT_DRAWS_H */
