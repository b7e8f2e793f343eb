
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lmdb/env.h"
#include "vacant.h"


#define TOOL_ASIDE_TRIES  100           /* names within a second */


int
tool_vacant(const char *path, tool_vacant_t *vacant)
{
    int   rc;
    char  log[PATH_MAX];

    if (tool_name(log, path, "log") == -1) {
        return TOOL_FAILED;
    }

    rc = fs_mark_open(path, &vacant->fd, &vacant->mark);

    if (rc == 0) {
        rc = fs_mark_lock(vacant->fd);
    }

    if (rc) {
        return tool_says(TOOL_FAILED, "%s/mark: %s: uid %u must be able to "
                         "write there", path, strerror(rc),
                         (unsigned) geteuid());
    }

    if (!fs_env_unused(log)) {
        return tool_says(TOOL_REFUSED, "somebody has the store %s open: stop "
                         "each nginx that serves it, and tuanbo-office fold",
                         path);
    }

    return TOOL_DONE;
}


int
tool_vacant_blank(tool_vacant_t *vacant)
{
    int  rc;

    memset(vacant->mark, 0, FS_MARK_SIZE);
    rc = fs_mark_sync(vacant->fd);

    return rc ? tool_says(-1, "the mark cannot be synced: %s", strerror(rc))
              : 0;
}


int
tool_vacant_aside(const char *file, const char *word, char *aside)
{
    int   i;
    char  time[TOOL_TIME_LEN];

    aside[0] = '\0';

    if (access(file, F_OK) == -1) {
        return 0;
    }

    tool_time_name(time);

    for (i = 0; i < TOOL_ASIDE_TRIES; i++) {

        if (snprintf(aside, PATH_MAX, i ? "%s.%s%s-%d" : "%s.%s%s", file,
                     word, time, i) >= PATH_MAX)
        {
            break;
        }

        if (link(file, aside) == 0) {
            return 0;
        }

        if (errno != EEXIST) {
            return tool_says(-1, "%s: %s", aside, strerror(errno));
        }
    }

    return tool_says(-1, "%s has no other name left", file);
}


void
tool_vacant_index(const char *path)
{
    char            name[PATH_MAX];
    DIR            *directory;
    struct dirent  *entry;

    static const char *const  files[] = { "data.mdb", "lock.mdb", "clean" };

    directory = opendir(path);

    while (directory && (entry = readdir(directory)) != NULL) {

        if (strncmp(entry->d_name, "index-", 6) == 0
            && tool_name(name, path, entry->d_name) == 0
            && tool_remove(name, files, sizeof(files) / sizeof(files[0]))
               == -1)
        {
            tool_says(0, "%s cannot be removed, and does no harm: %s", name,
                      strerror(errno));
        }
    }

    if (directory) {
        closedir(directory);
    }
}
