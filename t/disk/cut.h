
/*
 * What a power cut leaves of a simulated disk: everything that was synced
 * before it, and of the rest whatever a test chooses, sector by sector, in
 * any order.
 *
 * What is taken for granted of a disk, and no more:
 *
 *   - a sector of 512 bytes is written whole or not at all;
 *   - a sync of a file makes its bytes and its size durable, but not its
 *     name; a write through O_DSYNC only the sectors that it touches, and a
 *     size that has them;
 *   - a sync of a directory makes the names in it durable, not what they
 *     name; a rename is there whole or not at all;
 *   - what is not synced may be on disk or not, each sector, size and name
 *     by itself, and of several writes to one sector any.
 */

#ifndef CUT_H
#define CUT_H

#include "disk.h"


#define CUT_LENGTHENED  UINT32_MAX

typedef struct cut_s  cut_t;

/*
 * 1: it reached the disk.  Asked in the record's order for each thing that is
 * not durable: each sector of a WRITE (counted from the write's first; for a
 * write beyond the end also CUT_LENGTHENED: the size that has it), SIZE,
 * ENTRY, REMOVE, RENAME (sector 0).
 */
typedef int (*cut_choice_t)(void *data, size_t event, uint32_t sector);


/* NULL: no memory.  At position 0: an empty disk. */
cut_t *cut_create(const disk_t *disk);
void cut_destroy(cut_t *cut);

/* Go forward: the events before `position` have happened. */
void cut_advance(cut_t *cut, size_t position);

/* Things that are not durable at this position, mapped writes left out. */
size_t cut_pending(const cut_t *cut);

/*
 * Write a state into an empty directory, and give `target`, another disk
 * that watches nothing yet, the numbers of its files.  0, or -1 and errno.
 */
int cut_write(cut_t *cut, cut_choice_t choice, void *data,
    disk_t *target, const char *root);


#endif /* CUT_H */
