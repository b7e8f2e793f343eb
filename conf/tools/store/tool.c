
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../machine.h"
#include "lmdb/env.h"
#include "tool.h"


/* of a lock file that is made here; a worker that opens it makes it longer */
#define TOOL_READERS  16

static void tool_log(void *data, fs_say_level_t level, const char *message);
static void tool_no_log(void *data, fs_say_level_t level,
    const char *message);


int
tool_says(int code, const char *format, ...)
{
    va_list  args;

    fputs("tuanbo-store: ", stderr);

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);

    fputc('\n', stderr);

    return code;
}


static void
tool_log(void *data, fs_say_level_t level, const char *message)
{
    (void) data;
    (void) level;

    tool_says(0, "%s", message);
}


static void
tool_no_log(void *data, fs_say_level_t level, const char *message)
{
    (void) data;
    (void) level;
    (void) message;
}


int
tool_path(const char *given, char *path)
{
    if (realpath(given, path) == NULL) {
        return tool_says(-1, "%s: %s", given, strerror(errno));
    }

    return 0;
}


int
tool_name(char *name, const char *directory, const char *file)
{
    if (snprintf(name, PATH_MAX, "%s/%s", directory, file) >= PATH_MAX) {
        return tool_says(-1, "%s/%s: %s", directory, file,
                         strerror(ENAMETOOLONG));
    }

    return 0;
}


void
tool_conf(fs_store_conf_t *conf, const char *path)
{
    memset(conf, 0, sizeof(*conf));
    conf->path = path;
    conf->sync = 1;
    conf->readers = TOOL_READERS;
    conf->log = tool_log;
    machine_conf(conf);
}


void
tool_conf_quiet(fs_store_conf_t *conf, const char *path)
{
    tool_conf(conf, path);
    conf->log = tool_no_log;
}


/* Where there is no log the core says so. */

int
tool_become_owner(const char *file)
{
    struct stat  st;

    if (geteuid() != 0 || stat(file, &st) == -1) {
        return 0;
    }

    return tool_become(st.st_uid, st.st_gid);
}


int
tool_become(uid_t uid, gid_t gid)
{
    if (geteuid() != 0 || uid == 0) {
        return 0;
    }

    if (setgroups(0, NULL) == -1 || setgid(gid) == -1 || setuid(uid) == -1) {
        return tool_says(-1, "user %u: %s", (unsigned) uid, strerror(errno));
    }

    return 0;
}


int
tool_become_writer(const char *path, const char *given, char *directory)
{
    char         log[PATH_MAX];
    struct stat  st;

    if (tool_name(log, path, "log/data.mdb") == -1) {
        return -1;
    }

    if (stat(log, &st) == -1) {
        return tool_says(-1, errno == ENOENT ? "there is no store in %s"
                             : "%s cannot be looked at", path);
    }

    if (mkdir(given, 0700) == -1) {

        if (errno != EEXIST) {
            return tool_says(-1, "%s cannot be made: %s", given,
                             strerror(errno));
        }

    } else if (geteuid() == 0 && chown(given, st.st_uid, st.st_gid) == -1) {
        return tool_says(-1, "%s: %s", given, strerror(errno));
    }

    if (tool_path(given, directory) == -1
        || tool_become(st.st_uid, st.st_gid) == -1)
    {
        return -1;
    }

    if (access(directory, R_OK|W_OK|X_OK) == -1) {
        return tool_says(-1, "%s: %s: uid %u, whose the store is, must be "
                         "able to write there, and to search the way to it",
                         directory, strerror(errno), (unsigned) st.st_uid);
    }

    return 0;
}


int
tool_lock(const char *directory)
{
    int  fd;

    fd = open(directory, O_RDONLY|O_DIRECTORY|O_CLOEXEC);

    if (fd == -1) {
        return tool_says(-1, "%s: %s", directory, strerror(errno));
    }

    if (flock(fd, LOCK_EX|LOCK_NB) == -1) {
        close(fd);
        return tool_says(-1, "%s: another tuanbo-store is at work there: wait "
                         "until it has ended", directory);
    }

    return fd;
}


void
tool_time(int64_t at, char *text)
{
    time_t     seconds;
    struct tm  tm;

    seconds = (time_t) (at / 1000);

    if (gmtime_r(&seconds, &tm) == NULL
        || strftime(text, TOOL_TIME_LEN, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
    {
        text[0] = '\0';
    }
}


void
tool_time_name(char *text)
{
    time_t     seconds;
    struct tm  tm;

    seconds = time(NULL);
    gmtime_r(&seconds, &tm);
    (void) strftime(text, TOOL_TIME_LEN, "%Y%m%dT%H%M%SZ", &tm);
}


void
tool_hex(const uint8_t *bytes, size_t len, char *text)
{
    size_t  i;

    static const char  digits[] = "0123456789abcdef";

    for (i = 0; i < len; i++) {
        *text++ = digits[bytes[i] >> 4];
        *text++ = digits[bytes[i] & 15];
    }

    *text = '\0';
}


int
tool_remove(const char *directory, const char *const *files, size_t n)
{
    char    name[PATH_MAX];
    size_t  i;

    for (i = 0; i < n; i++) {

        if ((size_t) snprintf(name, sizeof(name), "%s/%s", directory,
                              files[i]) >= sizeof(name))
        {
            errno = ENAMETOOLONG;
            return -1;
        }

        if (unlink(name) == -1 && errno != ENOENT && errno != ENOTDIR) {
            return -1;
        }
    }

    return rmdir(directory) == -1 && errno != ENOENT ? -1 : 0;
}


int
tool_finish(const char *above, const char *from, const char *to)
{
    int  rc;

    rc = fs_sync_directory(from);

    return rc ? tool_says(-1, "%s: %s", from, strerror(rc))
              : tool_rename(above, from, to);
}


int
tool_rename(const char *above, const char *from, const char *to)
{
    int  rc;

    rc = rename(from, to) == -1 ? errno : fs_sync_directory(above);

    return rc ? tool_says(-1, "%s: %s", to, strerror(rc)) : 0;
}
