
/*
 * The texts of event streams.  Each writes at most `size` bytes into buf and
 * returns the length, or -1: it did not fit.
 */

#ifndef FS_EVENTS_H
#define FS_EVENTS_H

#include "base/fs_types.h"

#pragma GCC visibility push(hidden)


#define FS_EVENT_MAX         512        /* one event but the snapshot */

/*
 * Server-sent events, whole, with their empty line; the id is the seq, and in
 * a life after the first one "-" and the epoch's 8 hexadecimal digits:
 *   id: <id>\nevent: snapshot\ndata: {"sales":[…],"now":…}\n\n
 *   id: <id>\nevent: stock\ndata: {"sale","free","held","sold","version"}\n\n
 *   id: <id>\nevent: goal\ndata: {"sale","joined","formed","version"}\n\n
 *   id: <id>\nevent: state\ndata: {"sale","state","version"}\n\n
 */
int fs_answer_snapshot(char *buf, size_t size, fs_seq_t seq, uint32_t epoch,
    const fs_sale_t *sales, size_t n, int64_t now);
int fs_answer_stock(char *buf, size_t size, fs_seq_t seq, uint32_t epoch,
    const fs_sale_t *sale);
int fs_answer_goal(char *buf, size_t size, fs_seq_t seq, uint32_t epoch,
    const fs_sale_t *sale);
int fs_answer_state(char *buf, size_t size, fs_seq_t seq, uint32_t epoch,
    const fs_sale_t *sale);


#pragma GCC visibility pop

#endif /* FS_EVENTS_H */
