
/*
 * The record, and what was written through maps.  See disk.h.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE                     /* SEEK_DATA */
#endif

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "disk_parts.h"


/* of a file that is written through a map: so many are looked at */
#define DISK_PAGES_MAX  65536


disk_t *
disk_create(size_t events, size_t bytes)
{
    void    *p;
    disk_t  *disk;

    p = mmap(NULL, sizeof(disk_t), PROT_READ|PROT_WRITE,
             MAP_SHARED|MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        return NULL;
    }

    disk = p;
    disk->numbers = DISK_ROOT + 1;
    disk->files[DISK_ROOT].directory = 1;

    if (events == 0) {
        return disk;
    }

    disk->recording = 1;
    disk->events_max = events;
    disk->bytes_max = bytes;
    disk->bytes_n = 1;                  /* 0 is nowhere */

    p = mmap(NULL, events * sizeof(disk_event_t) + bytes,
             PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS|MAP_NORESERVE,
             -1, 0);
    if (p == MAP_FAILED) {
        munmap(disk, sizeof(disk_t));
        return NULL;
    }

    disk->events = p;
    disk->bytes = (uint8_t *) p + events * sizeof(disk_event_t);

    return disk;
}


void
disk_destroy(disk_t *disk)
{
    if (disk->events) {
        munmap(disk->events, disk->events_max * sizeof(disk_event_t)
                             + disk->bytes_max);
    }

    munmap(disk, sizeof(disk_t));
}


void
disk_set_hook(disk_t *disk, disk_hook_t hook, void *data)
{
    disk->hook = hook;
    disk->hook_data = data;
}


void
disk_set_closing(disk_t *disk, void (*closing)(int fd))
{
    disk->closing = closing;
}


void
disk_record(disk_t *disk, int on)
{
    disk->recording = on;
}


void
disk_shutdown(disk_t *disk)
{
    disk_look(disk);
    disk_add(disk, DISK_SHUTDOWN, DISK_ROOT);
}


void
disk_import(disk_t *disk, const char *root)
{
    int            fd;
    char           name[DISK_PATH_MAX * 2];
    uint8_t        bytes[DISK_PAGE];
    ssize_t        n;
    uint16_t       i, parent;
    uint64_t       at;
    struct stat    st;
    const char    *tail;
    disk_event_t  *event;

    for (i = DISK_ROOT + 1; i < disk->numbers; i++) {

        if (disk->files[i].path[0] == '\0') {
            continue;
        }

        parent = disk_parent(disk, disk->files[i].path, &tail);
        disk_entry(disk, DISK_ENTRY, parent, tail, i);

        if (disk->files[i].directory) {
            continue;
        }

        snprintf(name, sizeof(name), "%s/%s", root, disk->files[i].path);

        fd = (int) syscall(SYS_openat, AT_FDCWD, name, O_RDONLY|O_CLOEXEC, 0);

        if (fd == -1 || fstat(fd, &st) == -1) {
            disk_fail("a file cannot be imported");
        }

        event = disk_add(disk, DISK_SIZE, i);
        event->offset = (uint64_t) st.st_size;

        for (at = 0; /* void */ ; at += (uint64_t) n) {
            at = (uint64_t) syscall(SYS_lseek, fd, at, SEEK_DATA);

            if (at == (uint64_t) -1) {
                break;
            }

            n = syscall(SYS_pread64, fd, bytes, sizeof(bytes), at);

            if (n <= 0) {
                break;
            }

            event = disk_add(disk, DISK_WRITE, i);
            event->offset = at;
            event->len = (uint32_t) n;
            event->data = disk_keep(disk, bytes, (size_t) n);
        }

        (void) syscall(SYS_close, fd);
    }

    disk_add(disk, DISK_SHUTDOWN, DISK_ROOT);
}


void
disk_adopt(disk_t *disk, const char *path, uint16_t number, int directory)
{
    if (number >= DISK_FILES_MAX) {
        disk_fail("too many files");
    }

    snprintf(disk->files[number].path, DISK_PATH_MAX, "%s", path);
    disk->files[number].directory = (uint8_t) directory;

    if (number >= disk->numbers) {
        disk->numbers = (uint16_t) (number + 1);
    }
}


size_t
disk_events(const disk_t *disk)
{
    return disk->events_n;
}


const disk_event_t *
disk_event(const disk_t *disk, size_t i)
{
    return &disk->events[i];
}


const uint8_t *
disk_bytes(const disk_t *disk, const disk_event_t *event)
{
    return disk->bytes + event->data;
}


uint16_t
disk_numbers(const disk_t *disk)
{
    return disk->numbers;
}


int
disk_is_directory(const disk_t *disk, uint16_t number)
{
    return disk->files[number].directory;
}


void
disk_fail(const char *what)
{
    fprintf(stderr, "disk: %s\n", what);
    abort();
}


size_t
disk_keep(disk_t *disk, const void *bytes, size_t len)
{
    size_t  at;

    if (disk->bytes_max - disk->bytes_n < len) {
        disk_fail("the record is full of bytes");
    }

    at = disk->bytes_n;
    disk->bytes_n += len;

    if (bytes) {
        memcpy(disk->bytes + at, bytes, len);
    }

    return at;
}


/* NULL: nothing is recorded. */

disk_event_t *
disk_add(disk_t *disk, disk_op_t op, uint16_t file)
{
    disk_event_t  *event;

    if (!disk->recording || disk->events == NULL) {
        return NULL;
    }

    if (disk->events_n == disk->events_max) {
        disk_fail("the record is full of events");
    }

    event = &disk->events[disk->events_n++];
    event->op = (uint8_t) op;
    event->file = file;

    return event;
}


uint16_t
disk_number(disk_t *disk, const char *path, int directory)
{
    disk_file_t  *file;

    if (disk->numbers == DISK_FILES_MAX) {
        disk_fail("too many files");
    }

    file = &disk->files[disk->numbers];
    snprintf(file->path, DISK_PATH_MAX, "%s", path);
    file->directory = (uint8_t) directory;

    return disk->numbers++;
}


/* The number of what is there, or 0. */

uint16_t
disk_find(disk_t *disk, const char *path)
{
    uint16_t  i;

    if (*path == '\0') {
        return DISK_ROOT;
    }

    for (i = DISK_ROOT + 1; i < disk->numbers; i++) {
        if (strcmp(disk->files[i].path, path) == 0) {
            return i;
        }
    }

    return 0;
}


uint16_t
disk_parent(disk_t *disk, const char *path, const char **name)
{
    char         parent[DISK_PATH_MAX];
    const char  *slash;
    uint16_t     number;

    slash = strrchr(path, '/');

    if (slash == NULL) {
        *name = path;
        return DISK_ROOT;
    }

    *name = slash + 1;

    snprintf(parent, sizeof(parent), "%.*s", (int) (slash - path), path);

    number = disk_find(disk, parent);

    return number ? number : disk_number(disk, parent, 1);
}


void
disk_entry(disk_t *disk, disk_op_t op, uint16_t directory, const char *name,
    uint16_t child)
{
    disk_event_t  *event;

    event = disk_add(disk, op, directory);

    if (event) {
        event->child = child;
        event->len = (uint32_t) strlen(name) + 1;
        event->data = disk_keep(disk, name, event->len);
    }
}


void
disk_look(disk_t *disk)
{
    uint16_t  i;

    for (i = DISK_ROOT + 1; i < disk->numbers; i++) {
        disk_look_at(disk, i);
    }
}


void
disk_look_at(disk_t *disk, uint16_t number)
{
    int            fd;
    off_t          at, end;
    size_t         page;
    char           name[DISK_PATH_MAX * 2];
    uint8_t        bytes[DISK_PAGE];
    uint64_t      *versions;
    ssize_t        n;
    disk_file_t   *file;
    disk_event_t  *event;
    static const uint8_t  zeros[DISK_PAGE];

    file = &disk->files[number];

    if (!file->mapped || file->path[0] == '\0' || !disk->recording
        || disk->events == NULL)
    {
        return;
    }

    if (file->versions == 0) {
        disk->bytes_n = (disk->bytes_n + 7) & ~(size_t) 7;
        file->versions = disk_keep(disk, NULL,
                                   DISK_PAGES_MAX * sizeof(uint64_t));
    }

    versions = (uint64_t *) (void *) (disk->bytes + file->versions);

    snprintf(name, sizeof(name), "%s/%s", disk->root, file->path);

    fd = (int) syscall(SYS_openat, AT_FDCWD, name, O_RDONLY|O_CLOEXEC, 0);

    if (fd == -1) {
        return;
    }

    end = 0;

    for ( ;; ) {

        /* a hole has not been written */

        at = syscall(SYS_lseek, fd, end, SEEK_DATA);

        if (at == -1) {
            break;
        }

        end = syscall(SYS_lseek, fd, at, SEEK_HOLE);

        for (at -= at % DISK_PAGE; at < end; at += DISK_PAGE) {
            n = syscall(SYS_pread64, fd, bytes, (size_t) DISK_PAGE, at);

            if (n <= 0) {
                break;
            }

            memset(bytes + n, 0, (size_t) (DISK_PAGE - n));
            page = (size_t) at / DISK_PAGE;

            if (page >= DISK_PAGES_MAX) {
                disk_fail("a file written through a map is too long");
            }

            if (memcmp(bytes, versions[page] ? disk->bytes + versions[page]
                                             : zeros, DISK_PAGE) == 0)
            {
                continue;
            }

            versions[page] = disk_keep(disk, bytes, DISK_PAGE);

            event = disk_add(disk, DISK_WRITE, number);
            event->mapped = 1;
            event->offset = (uint64_t) at;
            event->len = (uint32_t) n;
            event->data = versions[page];
        }
    }

    (void) syscall(SYS_close, fd);
}
