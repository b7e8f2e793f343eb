
/*
 * The pickup points that a sale's document lists, and how a request is told
 * that it names none of them.  What is kept of them: sheet/points.h.
 */

#ifndef FS_PICKUPS_H
#define FS_PICKUPS_H

#include "base/command.h"
#include "json/field.h"

#pragma GCC visibility push(hidden)


/* the points of a sale, as its document has them */
typedef struct {
    unsigned             n;
    fs_slug_t            slugs[FS_POINTS_MAX];
} fs_points_list_t;


/*
 * The `pickups` of a sale's document, each once, without what is no slug.
 * 0, or -1: more than FS_POINTS_MAX.
 */
int fs_points_read(fs_str_t doc, fs_points_list_t *list);

/* Say what BAD_REQUEST means when a pickup point was refused. */
void fs_points_fault(const fs_result_t *result, fs_fault_t *fault);


#pragma GCC visibility pop

#endif /* FS_PICKUPS_H */
