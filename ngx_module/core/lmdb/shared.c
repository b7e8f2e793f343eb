
/*
 * LMDB does not tell where its lock file is mapped, so the kernel is asked.
 * Only calls that a signal handler may make.
 */

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lmdb/shared.h"


#define FS_SHARED_LINE  (PATH_MAX + 128)

static int fs_shared_line(const char *line, uintptr_t at);
static uint64_t fs_shared_hex(const char **p);


int
fs_shared_page(uintptr_t at)
{
    int      fd, found;
    char     buffer[512], line[FS_SHARED_LINE];
    size_t   len;
    ssize_t  i, n;

    fd = open("/proc/self/maps", O_RDONLY|O_CLOEXEC);

    if (fd == -1) {
        return 0;
    }

    found = 0;
    len = 0;

    while (!found && (n = read(fd, buffer, sizeof(buffer))) > 0) {

        for (i = 0; i < n && !found; i++) {

            if (buffer[i] != '\n') {
                if (len < sizeof(line) - 1) {
                    line[len++] = buffer[i];
                }

                continue;
            }

            line[len] = '\0';
            len = 0;
            found = fs_shared_line(line, at);
        }
    }

    close(fd);

    return found;
}


/* begin-end perms offset device inode path */

static int
fs_shared_line(const char *line, uintptr_t at)
{
    uint64_t     begin, end, offset;
    const char  *path, *name;
    struct stat  st;

    begin = fs_shared_hex(&line);
    line++;
    end = fs_shared_hex(&line);

    if (at < begin || at >= end || strncmp(line, " rw-s ", 6) != 0) {
        return 0;
    }

    line += 6;
    offset = fs_shared_hex(&line);

    path = strchr(line, '/');
    name = path ? strrchr(path, '/') : NULL;

    return name
           && (strcmp(name, "/lock.mdb") == 0 || strcmp(name, "/mark") == 0)
           && stat(path, &st) == 0
           && (uint64_t) st.st_size > offset + (at - begin);
}


static uint64_t
fs_shared_hex(const char **p)
{
    char      c;
    uint64_t  value;

    for (value = 0; /* void */ ; (*p)++) {
        c = **p;

        if (c >= '0' && c <= '9') {
            value = value << 4 | (uint64_t) (c - '0');

        } else if (c >= 'a' && c <= 'f') {
            value = value << 4 | (uint64_t) (c - 'a' + 10);

        } else {
            return value;
        }
    }
}
