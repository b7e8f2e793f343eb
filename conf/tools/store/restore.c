
/*
 * A backup in the place of a store's log.  Whatever stops it, there is the old
 * log or the new one; which of them is there begins a new life, as the mark
 * is blank from before the exchange.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lmdb/env.h"
#include "tool.h"
#include "vacant.h"


#define TOOL_RESTORING  "restoring"     /* below the store, meanwhile */
#define TOOL_BYTES      (1U << 18)

typedef struct {
    char                 backup[PATH_MAX];
    char                 path[PATH_MAX];        /* of the store */
    char                 above[PATH_MAX];       /* path/restoring */
    char                 data[PATH_MAX];        /* path/restoring/data.mdb */
    char                 log[PATH_MAX];         /* path/log/data.mdb */
    char                 aside[PATH_MAX];       /* the log of before; "": none
                                                   was there */
    int                  directory;             /* the backup's, and its */
    int                  fd;                    /* data: opened as root */
    int                  has_manifest;
    tool_manifest_t      manifest;
    tool_manifest_t      found;
    tool_vacant_t        vacant;
} tool_restore_t;

static int tool_restore_open(tool_restore_t *restore, const char *given);
static int tool_restore_place(tool_restore_t *restore, const char *given,
    const char *user);
static int tool_restore_copy(tool_restore_t *restore);
static int tool_restore_bytes(int from, int to);
static int tool_restore_exchange(tool_restore_t *restore);
static void tool_restore_print(const tool_restore_t *restore);


int
tool_restore(char **arguments, const tool_options_t *options)
{
    int             code;
    tool_restore_t  restore;

    static const char *const  files[] = { "data.mdb" };

    memset(&restore, 0, sizeof(restore));

    if (tool_restore_open(&restore, arguments[0]) == -1
        || tool_restore_place(&restore, arguments[1], options->user) == -1)
    {
        return TOOL_FAILED;
    }

    code = tool_vacant(restore.path, &restore.vacant);

    if (code != TOOL_DONE) {
        return code;
    }

    code = tool_restore_copy(&restore);

    if (code == TOOL_DONE) {
        code = tool_restore_exchange(&restore);
    }

    (void) tool_remove(restore.above, files, 1);

    if (code == TOOL_DONE) {
        tool_restore_print(&restore);
    }

    return code;
}


/* Root may read a backup that the store's user may not. */

static int
tool_restore_open(tool_restore_t *restore, const char *given)
{
    if (tool_path(given, restore->backup) == -1) {
        return -1;
    }

    restore->directory = open(restore->backup,
                              O_RDONLY|O_DIRECTORY|O_CLOEXEC);
    restore->fd = restore->directory == -1 ? -1
                  : openat(restore->directory, "data.mdb",
                           O_RDONLY|O_CLOEXEC);

    if (restore->fd == -1) {
        return tool_says(-1, "%s is no backup: data.mdb: %s", restore->backup,
                         strerror(errno));
    }

    restore->has_manifest = tool_manifest_read(restore->directory,
                                               restore->backup,
                                               &restore->manifest);

    return restore->has_manifest == -1 ? -1 : 0;
}


/* Whose the store's directory is, and the directory, if there is none. */

static int
tool_restore_place(tool_restore_t *restore, const char *given,
    const char *user)
{
    int             made;
    uid_t           uid;
    gid_t           gid;
    struct stat     st;
    struct passwd  *passwd;

    passwd = user ? getpwnam(user) : NULL;

    if (user && passwd == NULL) {
        return tool_says(-1, "there is no user %s", user);
    }

    made = 0;

    if (stat(given, &st) == -1) {

        if (errno != ENOENT || (geteuid() == 0 && passwd == NULL)) {
            return tool_says(-1, "%s: %s: make it, theirs who run nginx's "
                             "workers, or say whose by --user", given,
                             strerror(errno));
        }

        if (mkdir(given, 0700) == -1 || stat(given, &st) == -1) {
            return tool_says(-1, "%s cannot be made: %s", given,
                             strerror(errno));
        }

        made = 1;
    }

    uid = passwd && made ? passwd->pw_uid : st.st_uid;
    gid = passwd && made ? passwd->pw_gid : st.st_gid;

    if (passwd && passwd->pw_uid != uid) {
        return tool_says(-1, "%s is not %s's, but of uid %u", given, user,
                         (unsigned) uid);
    }

    if (made && geteuid() == 0 && chown(given, uid, gid) == -1) {
        return tool_says(-1, "%s: %s", given, strerror(errno));
    }

    if (tool_path(given, restore->path) == -1
        || tool_become(uid, gid) == -1
        || tool_name(restore->above, restore->path, TOOL_RESTORING) == -1
        || tool_name(restore->data, restore->above, "data.mdb") == -1
        || tool_name(restore->log, restore->path, "log/data.mdb") == -1)
    {
        return -1;
    }

    return 0;
}


/* Beside the log, checked there. */

static int
tool_restore_copy(tool_restore_t *restore)
{
    int  fd, code, error;

    static const char *const  files[] = { "data.mdb" };

    if (tool_remove(restore->above, files, 1) == -1
        || mkdir(restore->above, 0700) == -1)
    {
        return tool_says(TOOL_FAILED, "%s: %s", restore->above,
                         strerror(errno));
    }

    fd = open(restore->data, O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC, 0600);
    error = fd == -1 ? errno : tool_restore_bytes(restore->fd, fd);

    if (error == 0 && fsync(fd) == -1) {
        error = errno;
    }

    if (error) {
        return tool_says(TOOL_FAILED, "%s cannot be written: %s: nothing has "
                         "changed", restore->data, strerror(error));
    }

    if (tool_sha256(fd, restore->data, &restore->found.bytes,
                    restore->found.sha256) == -1)
    {
        return TOOL_FAILED;
    }

    close(fd);

    code = tool_ledger_at(restore->above, FS_LOG_OF_BACKUP,
                          &restore->found.ledger);

    if (code == TOOL_DONE && restore->has_manifest
        && !tool_manifest_agrees(restore->backup, &restore->manifest,
                                 &restore->found))
    {
        code = TOOL_REFUSED;
    }

    return code == TOOL_DONE ? code
           : tool_says(code, "%s is not restored: nothing has changed",
                       restore->backup);
}


/* What is zero becomes a hole.  0 or an errno. */

static int
tool_restore_bytes(int from, int to)
{
    int       error;
    off_t     at;
    ssize_t   n, written;
    uint8_t  *buf, *none;

    buf = malloc(TOOL_BYTES);
    none = calloc(1, TOOL_BYTES);
    error = buf && none ? 0 : ENOMEM;
    at = 0;

    while (error == 0 && (n = pread(from, buf, TOOL_BYTES, at)) != 0) {

        if (n == -1) {
            error = errno;
            break;
        }

        errno = ENOSPC;
        written = memcmp(buf, none, (size_t) n) == 0
                  ? n : pwrite(to, buf, (size_t) n, at);

        if (written != n) {
            error = errno;
        }

        at += n;
    }

    free(buf);
    free(none);

    return error ? error : ftruncate(to, at) == -1 ? errno : 0;
}


static int
tool_restore_exchange(tool_restore_t *restore)
{
    int   error;
    char  directory[PATH_MAX];

    if (tool_name(directory, restore->path, "log") == -1) {
        return TOOL_FAILED;
    }

    if (mkdir(directory, 0700) == -1 && errno != EEXIST) {
        return tool_says(TOOL_FAILED, "%s: %s", directory, strerror(errno));
    }

    if (tool_vacant_blank(&restore->vacant) == -1
        || tool_vacant_aside(restore->log, "", restore->aside) == -1)
    {
        return TOOL_FAILED;
    }

    error = rename(restore->data, restore->log) == -1 ? errno
            : fs_sync_names(restore->path, "log");

    if (error) {
        return tool_says(TOOL_FAILED, "%s: %s", restore->log,
                         strerror(error));
    }

    /* one that is left is found to be of another ledger */

    tool_vacant_index(restore->path);

    return TOOL_DONE;
}


static void
tool_restore_print(const tool_restore_t *restore)
{
    printf("%s: ", restore->path);
    tool_print_ledger(&restore->found.ledger);
    putchar('\n');

    if (restore->aside[0]) {
        printf("the log of before is %s\n", restore->aside);
    }

    printf("a new life begins with the next start; contacts and comments "
           "are as they were\n");
}
