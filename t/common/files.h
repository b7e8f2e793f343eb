
/*
 * Directories of tests.
 */

#ifndef FILES_H
#define FILES_H

#include <sys/types.h>
#include <sys/stat.h>

#include <fts.h>
#include <stdio.h>


/* Remove it, with everything in it. */

static inline void
files_remove(const char *path)
{
    FTS     *fts;
    char    *paths[] = { (char *) path, NULL };
    FTSENT  *entry;

    fts = fts_open(paths, FTS_PHYSICAL|FTS_NOCHDIR, NULL);

    if (fts == NULL) {
        return;
    }

    while ((entry = fts_read(fts)) != NULL) {
        if (entry->fts_info != FTS_D) {         /* a directory comes twice */
            (void) remove(entry->fts_path);
        }
    }

    (void) fts_close(fts);
}


#endif /* FILES_H */
