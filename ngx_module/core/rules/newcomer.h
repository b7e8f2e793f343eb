
/*
 * A new identity waits for its first reservation until it has been seen for a
 * moment, or has shown a token of work.
 */

#ifndef FS_NEWCOMER_H
#define FS_NEWCOMER_H

#include "base/fs_types.h"

#pragma GCC visibility push(hidden)


#define FS_WORK_MAX       32            /* bytes of a token */
#define FS_WORK_BITS_MAX  24

typedef struct {
    fs_str_t             since;         /* when the identity was given, epoch
                                           milliseconds; empty: it is not
                                           new */
    fs_str_t             identity;
    fs_str_t             work;          /* the token shown; empty: none */
    int64_t              wait_ms;       /* the rule: for so long, */
    unsigned             bits;          /* or so much work; 0: none counts */
} fs_newcomer_t;

/*
 * For how many milliseconds it still has to wait at the wall time now_ms: 0:
 * no longer; at most wait_ms, which is also said of a `since` that is to come,
 * by a clock that was set back.  -1: since is no time.
 */
int64_t fs_newcomer_rest(const fs_newcomer_t *newcomer, int64_t now_ms);

/*
 * Is this a token of work of the identity: 1 to FS_WORK_MAX visible ASCII
 * characters, with which the SHA-256 of "IDENTITY:TOKEN" begins with so many
 * zero bits?  It costs one SHA-256, and to find one 2^bits of them.  1 or 0.
 */
int fs_work_shown(fs_str_t identity, fs_str_t token, unsigned bits);


#pragma GCC visibility pop

#endif /* FS_NEWCOMER_H */
