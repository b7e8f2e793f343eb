
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lmdb/copy.h"
#include "lmdb/env.h"
#include "tool.h"


/* digits and letters of the time in a backup's name */
#define TOOL_STAMP  (sizeof("20261130T101609Z") - 1)

static const char *const  tool_backup_files[] = {
    "data.mdb", "manifest", "behind.ndjson"
};

#define TOOL_FILES  (sizeof(tool_backup_files) / sizeof(tool_backup_files[0]))

static int tool_backup_log(const char *path, const char *directory);
static int tool_backup_keep(const char *directory, unsigned keep);
static int tool_backup_named(const struct dirent *entry);
static int tool_backup_sha(const char *name, tool_manifest_t *manifest);


int
tool_backup(char **arguments, const tool_options_t *options)
{
    int              code, lock;
    char             path[PATH_MAX], directory[PATH_MAX], to[PATH_MAX];
    tool_manifest_t  manifest;

    if (tool_path(arguments[0], path) == -1
        || tool_become_writer(path, arguments[1], directory) == -1)
    {
        return TOOL_FAILED;
    }

    lock = tool_lock(directory);

    if (lock == -1) {
        return TOOL_FAILED;
    }

    code = tool_backup_log(path, directory);

    if (code == TOOL_DONE) {
        code = tool_backup_finish(directory, to, &manifest);
    }

    if (code != TOOL_DONE) {
        return code;
    }

    printf("%s: ", to);
    tool_print_ledger(&manifest.ledger);
    putchar('\n');

    return options->keep ? tool_backup_keep(directory, options->keep)
                         : TOOL_DONE;
}


int
tool_backup_begin(const char *directory, char *unfinished)
{
    if (tool_name(unfinished, directory, TOOL_UNFINISHED) == -1) {
        return -1;
    }

    if (tool_remove(unfinished, tool_backup_files, TOOL_FILES) == -1
        || mkdir(unfinished, 0700) == -1)
    {
        return tool_says(-1, "%s: %s", unfinished, strerror(errno));
    }

    return 0;
}


static int
tool_backup_log(const char *path, const char *directory)
{
    int              code;
    char             unfinished[PATH_MAX], to[PATH_MAX], name[PATH_MAX];
    fs_store_t      *store;

    if (tool_backup_begin(directory, unfinished) == -1
        || tool_name(to, unfinished, "data.mdb") == -1
        || tool_name(name, path, "log/data.mdb") == -1)
    {
        return TOOL_FAILED;
    }

    code = tool_open_log(path, FS_LOG_OF_STORE, &store);

    if (code != TOOL_DONE) {
        return code;
    }

    code = tool_copy(store->log, name, to);
    fs_store_close(store, 0);

    return code;
}


int
tool_copy(MDB_env *env, const char *name, const char *to)
{
    int       rc, fd;
    char      why[FS_ENV_WHY_MAX];
    uint64_t  bytes;

    fd = open(to, O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC, 0600);

    if (fd == -1) {
        return tool_says(TOOL_FAILED, "%s: %s", to, strerror(errno));
    }

    rc = fs_copy_env(env, fd, &bytes, why);
    close(fd);

    if (rc == -1) {
        return tool_says(TOOL_REFUSED, "%s %s: put a backup in its place, or "
                         "what tuanbo-store salvage makes of it", name, why);
    }

    if (rc) {
        return tool_says(TOOL_FAILED, "%s cannot be %s: %s",
                         rc < 0 ? name : to, rc < 0 ? "read" : "written",
                         fs_db_strerror(rc));
    }

    return TOOL_DONE;
}


int
tool_backup_finish(const char *directory, char *to,
    tool_manifest_t *manifest)
{
    int   code;
    char  unfinished[PATH_MAX], data[PATH_MAX], name[TOOL_TIME_LEN + 24];

    if (tool_name(unfinished, directory, TOOL_UNFINISHED) == -1
        || tool_name(data, unfinished, "data.mdb") == -1
        || tool_backup_sha(data, manifest) == -1)
    {
        return TOOL_FAILED;
    }

    code = tool_ledger_at(unfinished, FS_LOG_OF_BACKUP, &manifest->ledger);

    if (code != TOOL_DONE) {
        return code;
    }

    /* one in this second of the same entries has that name: the next has
     * another */

    do {
        tool_time_name(name);
        snprintf(name + strlen(name), sizeof(name) - TOOL_STAMP,
                 "-%" PRIu64, manifest->ledger.last);

        if (tool_name(to, directory, name) == -1) {
            return TOOL_FAILED;
        }

    } while (access(to, F_OK) == 0 && usleep(100000) == 0);

    tool_time((int64_t) time(NULL) * 1000, manifest->taken);

    if (tool_manifest_write(unfinished, manifest) == -1
        || tool_finish(directory, unfinished, to) == -1)
    {
        return TOOL_FAILED;
    }

    return TOOL_DONE;
}


static int
tool_backup_sha(const char *name, tool_manifest_t *manifest)
{
    int  fd, rc;

    fd = open(name, O_RDONLY|O_CLOEXEC);

    if (fd == -1) {
        return tool_says(-1, "%s: %s", name, strerror(errno));
    }

    rc = tool_sha256(fd, name, &manifest->bytes, manifest->sha256);
    close(fd);

    return rc;
}


/* 1: as a backup is called. */

static int
tool_backup_named(const struct dirent *entry)
{
    size_t       i;
    const char  *name;

    name = entry->d_name;

    for (i = 0; i < TOOL_STAMP; i++) {
        if (i == 8 ? name[i] != 'T' : i == TOOL_STAMP - 1 ? name[i] != 'Z'
            : !isdigit((unsigned char) name[i]))
        {
            return 0;
        }
    }

    return name[i] == '-' && name[i + 1] != '\0'
           && strspn(name + i + 1, "0123456789") == strlen(name + i + 1);
}


/* The oldest ones go, once there is a newer one that is whole. */

static int
tool_backup_keep(const char *directory, unsigned keep)
{
    int              n, i, code;
    char             name[PATH_MAX];
    struct dirent  **entries;

    n = scandir(directory, &entries, tool_backup_named, alphasort);

    if (n == -1) {
        return tool_says(TOOL_FAILED, "%s: %s", directory, strerror(errno));
    }

    code = TOOL_DONE;

    for (i = 0; i < n; i++) {

        if ((unsigned) (n - i) > keep
            && tool_name(name, directory, entries[i]->d_name) == 0
            && tool_remove(name, tool_backup_files, TOOL_FILES) == -1)
        {
            code = tool_says(TOOL_FAILED, "%s cannot be removed: %s", name,
                             strerror(errno));
        }

        free(entries[i]);
    }

    free(entries);

    return code;
}
