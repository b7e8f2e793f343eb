
/*
 * What has to be true of each state that a power cut leaves.
 */

#ifndef CHECK_STATE_H
#define CHECK_STATE_H

#include "run.h"


#define CHECK_WHY_MAX  512

typedef struct {
    const run_t   *run;
    disk_t        *disk;            /* of the state; watches nothing yet */
    const char    *path;
    size_t         position;        /* of the cut */
    dice_t        *dice;

    /* what was found */
    int            trusted;         /* the index was used as it was; 0: it was
                                       made anew from the log */
    int            more;            /* the batch that was in flight is there */
    int            remade;          /* there was no store yet */
    int            lost;            /* something acknowledged is not there */
    char           why[CHECK_WHY_MAX];
} check_t;


/*
 * Open it and look.  0, or -1 and why: then the store is left as it is, with
 * its locks, and the process has to end.
 */
int check_state(check_t *check);

/* An index is never missed for good. */
void check_remove_indexes(const char *path);


#endif /* CHECK_STATE_H */
