
/*
 * A store that nobody has open, and nobody opens meanwhile.
 */

#ifndef TOOL_VACANT_H
#define TOOL_VACANT_H

#include "tool.h"

#pragma GCC visibility push(hidden)


/* The lock of opening, which hangs on the mark. */
typedef struct {
    int                  fd;
    fs_mark_t           *mark;
} tool_vacant_t;


/* Take the lock, and look whether anybody has the log open.  An exit code;
 * it is kept until the tool ends. */
int tool_vacant(const char *path, tool_vacant_t *vacant);

/*
 * Forget, durably, which log was there: the next that is opened begins a new
 * life.  The mark stays a file: who waits for its lock has it open.  0; -1:
 * which was said.
 */
int tool_vacant_blank(tool_vacant_t *vacant);

/*
 * Give a file a second name beside it: its own, a word, and the time.  aside
 * is it; empty where there is no such file.  0; -1: which was said.
 */
int tool_vacant_aside(const char *file, const char *word, char *aside);

/* Remove all directories of the index; what cannot be is said. */
void tool_vacant_index(const char *path);


#pragma GCC visibility pop

#endif /* TOOL_VACANT_H */
