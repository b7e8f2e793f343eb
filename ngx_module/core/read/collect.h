
/*
 * What a buyer has bought, counted: is anything of it still to be collected?
 */

#ifndef FS_COLLECT_H
#define FS_COLLECT_H

#include "read/read.h"
#include "text/person.h"

#pragma GCC visibility push(hidden)


typedef struct {
    fs_counts_t          counts;
    int64_t              newest_at;     /* wall; 0: there is none */
    fs_seq_t             last;          /* the oldest one counted */
} fs_collect_t;


/*
 * Count the holds before `last` (0: from the newest), at most `limit`, on top
 * of what is counted already.  OK, or why it is not known.
 */
fs_outcome_t fs_collect(fs_view_t *view, const uint8_t *buyer,
    unsigned limit, fs_collect_t *collect);


#pragma GCC visibility pop

#endif /* FS_COLLECT_H */
