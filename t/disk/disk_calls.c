
/*
 * The calls that the disk takes from libc.  See disk.h.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE                     /* SYS_renameat2 */
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "disk_parts.h"


#define DISK_FDS_MAX    1024
#define DISK_MAPS_MAX   8192

/* of this process */

typedef struct {
    uint16_t       file;                    /* 0: not watched */
    uint8_t        through;
} disk_fd_t;

typedef struct {
    uint8_t       *address;
    size_t         len;
    uint16_t       file;
} disk_map_t;

static disk_t      *disk_now;
static disk_fd_t    disk_fds[DISK_FDS_MAX];
static disk_map_t   disk_maps[DISK_MAPS_MAX];

static const char *disk_path(const char *path);
static void disk_named(disk_op_t op, const char *path, uint16_t child);
static int disk_ask(disk_call_t *call);
static disk_fd_t *disk_fd(int fd);
static ssize_t disk_write(int fd, disk_fd_t *watched,
    const struct iovec *vector, int n, off_t offset);
static int disk_size(int fd, disk_fd_t *watched, uint64_t size, int grow);
static int disk_sync(uint16_t file, uint64_t offset, uint64_t len,
    int through);
static int disk_remove(const char *path, int flags);


void
disk_watch(disk_t *disk, const char *root)
{
    memset(disk_fds, 0, sizeof(disk_fds));
    memset(disk_maps, 0, sizeof(disk_maps));

    disk_now = root ? disk : NULL;

    if (root) {
        disk->root_len = (size_t) snprintf(disk->root, sizeof(disk->root),
                                           "%s", root);
        if (disk->root_len >= sizeof(disk->root)) {
            disk_fail("a path is too long");
        }
    }
}


/* The path below the root, or NULL: it is none of this disk's. */

static const char *
disk_path(const char *path)
{
    size_t  len;

    if (disk_now == NULL
        || strncmp(path, disk_now->root, disk_now->root_len) != 0)
    {
        return NULL;
    }

    path += disk_now->root_len;

    if (*path == '\0') {
        return path;
    }

    if (*path++ != '/') {
        return NULL;
    }

    len = strlen(path);

    if (len >= DISK_PATH_MAX) {
        disk_fail("a path is too long");
    }

    if ((len >= 8 && strcmp(path + len - 8, "lock.mdb") == 0)
        || strcmp(path, "..") == 0)
    {
        return NULL;
    }

    return path;
}


/* A name came, or went. */

static void
disk_named(disk_op_t op, const char *path, uint16_t child)
{
    uint16_t     parent;
    const char  *name;

    parent = disk_parent(disk_now, path, &name);
    disk_entry(disk_now, op, parent, name, child);
}


/* 0, or -1 and errno. */

static int
disk_ask(disk_call_t *call)
{
    call->error = 0;
    call->lie = 0;
    call->most = call->len;

    if (disk_now->hook) {
        disk_now->hook(disk_now->hook_data, call);
    }

    if (call->error) {
        errno = call->error;
        return -1;
    }

    return 0;
}


static disk_fd_t *
disk_fd(int fd)
{
    if (disk_now == NULL || fd < 0 || fd >= DISK_FDS_MAX
        || disk_fds[fd].file == 0)
    {
        return NULL;
    }

    return &disk_fds[fd];
}


/* Files */

int
open(const char *path, int flags, ...)
{
    int           fd, there;
    mode_t        mode;
    va_list       args;
    const char   *name;
    uint16_t      number;
    struct stat   st;
    disk_call_t   call;

    mode = 0;

    if (flags & O_CREAT) {
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }

    name = disk_path(path);

    if (name == NULL) {
        return (int) syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    }

    there = lstat(path, &st) == 0;

    if (there || (flags & O_CREAT)) {
        memset(&call, 0, sizeof(call));
        call.op = there ? DISK_OPEN : DISK_ENTRY;
        call.path = name;

        if (disk_ask(&call) == -1) {
            return -1;
        }
    }

    fd = (int) syscall(SYS_openat, AT_FDCWD, path,
                       flags & ~(O_DSYNC|O_SYNC), mode);
    if (fd == -1) {
        return -1;
    }

    if (fd >= DISK_FDS_MAX) {
        disk_fail("too many descriptors");
    }

    number = disk_find(disk_now, name);

    if (number == 0) {
        number = disk_number(disk_now, name, there && S_ISDIR(st.st_mode));
    }

    if (!there) {
        disk_named(DISK_ENTRY, name, number);
    }

    disk_fds[fd].file = number;
    disk_fds[fd].through = (flags & O_DSYNC) != 0;

    if (there && (flags & O_TRUNC) && st.st_size != 0) {
        (void) disk_size(fd, &disk_fds[fd], 0, 0);
    }

    return fd;
}


int
close(int fd)
{
    if (fd >= 0 && fd < DISK_FDS_MAX) {
        disk_fds[fd].file = 0;
    }

    if (disk_now && disk_now->closing) {
        disk_now->closing(fd);
    }

    return (int) syscall(SYS_close, fd);
}


static ssize_t
disk_write(int fd, disk_fd_t *watched, const struct iovec *vector, int n,
    off_t offset)
{
    int            i;
    size_t         len, at;
    ssize_t        written;
    uint8_t       *bytes;
    disk_t        *disk;
    disk_call_t    call;
    disk_event_t  *event;

    disk = disk_now;
    len = 0;

    for (i = 0; i < n; i++) {
        len += vector[i].iov_len;
    }

    memset(&call, 0, sizeof(call));
    call.op = DISK_WRITE;
    call.path = disk->files[watched->file].path;
    call.offset = (uint64_t) offset;
    call.len = len;
    call.through = watched->through;

    if (disk_ask(&call) == -1) {
        return -1;
    }

    if (call.most < len) {
        len = call.most;
    }

    bytes = malloc(len ? len : 1);

    if (bytes == NULL) {
        disk_fail("no memory");
    }

    for (i = 0, at = 0; at < len; i++) {
        size_t  part;

        part = vector[i].iov_len < len - at ? vector[i].iov_len : len - at;
        memcpy(bytes + at, vector[i].iov_base, part);
        at += part;
    }

    written = syscall(SYS_pwrite64, fd, bytes, len, offset);

    if (written > 0) {
        event = disk_add(disk, DISK_WRITE, watched->file);

        if (event) {
            event->offset = (uint64_t) offset;
            event->len = (uint32_t) written;
            event->data = disk_keep(disk, bytes, (size_t) written);
        }
    }

    free(bytes);

    if (written > 0 && watched->through
        && disk_sync(watched->file, (uint64_t) offset, (uint64_t) written, 1)
           == -1)
    {
        return -1;
    }

    return written;
}


ssize_t
pwrite(int fd, const void *buf, size_t len, off_t offset)
{
    disk_fd_t     *watched;
    struct iovec   vector;

    watched = disk_fd(fd);

    if (watched == NULL) {
        return syscall(SYS_pwrite64, fd, buf, len, offset);
    }

    vector.iov_base = (void *) buf;
    vector.iov_len = len;

    return disk_write(fd, watched, &vector, 1, offset);
}


ssize_t
pwritev(int fd, const struct iovec *vector, int n, off_t offset)
{
    disk_fd_t  *watched;

    watched = disk_fd(fd);

    if (watched == NULL) {
        return syscall(SYS_pwritev, fd, vector, n, (long) offset, 0L);
    }

    return disk_write(fd, watched, vector, n, offset);
}


ssize_t
writev(int fd, const struct iovec *vector, int n)
{
    off_t       at;
    ssize_t     written;
    disk_fd_t  *watched;

    watched = disk_fd(fd);

    if (watched == NULL) {
        return syscall(SYS_writev, fd, vector, n);
    }

    at = syscall(SYS_lseek, fd, 0L, SEEK_CUR);
    written = disk_write(fd, watched, vector, n, at);

    if (written > 0) {
        (void) syscall(SYS_lseek, fd, at + written, SEEK_SET);
    }

    return written;
}


ssize_t
write(int fd, const void *buf, size_t len)
{
    struct iovec  vector;

    if (disk_fd(fd) == NULL) {
        return syscall(SYS_write, fd, buf, len);
    }

    vector.iov_base = (void *) buf;
    vector.iov_len = len;

    return writev(fd, &vector, 1);
}


/* grow: only then, and the space is taken: here there is always some. */

static int
disk_size(int fd, disk_fd_t *watched, uint64_t size, int grow)
{
    struct stat    st;
    disk_call_t    call;
    disk_event_t  *event;

    memset(&call, 0, sizeof(call));
    call.op = DISK_SIZE;
    call.path = disk_now->files[watched->file].path;
    call.offset = size;

    if (disk_ask(&call) == -1) {
        return -1;
    }

    if (fstat(fd, &st) == -1) {
        return -1;
    }

    if ((uint64_t) st.st_size == size
        || (grow && (uint64_t) st.st_size > size))
    {
        return 0;
    }

    if (syscall(SYS_ftruncate, fd, size) == -1) {
        return -1;
    }

    event = disk_add(disk_now, DISK_SIZE, watched->file);

    if (event) {
        event->offset = size;
    }

    return 0;
}


int
ftruncate(int fd, off_t size)
{
    disk_fd_t  *watched;

    watched = disk_fd(fd);

    if (watched == NULL) {
        return (int) syscall(SYS_ftruncate, fd, size);
    }

    return disk_size(fd, watched, (uint64_t) size, 0);
}


int
posix_fallocate(int fd, off_t offset, off_t len)
{
    disk_fd_t  *watched;

    watched = disk_fd(fd);

    if (watched == NULL) {
        return syscall(SYS_fallocate, fd, 0, offset, len) == -1 ? errno : 0;
    }

    return disk_size(fd, watched, (uint64_t) (offset + len), 1) == -1 ? errno
                                                                      : 0;
}


/* Syncs */

static int
disk_sync(uint16_t file, uint64_t offset, uint64_t len, int through)
{
    disk_call_t    call;
    disk_event_t  *event;

    memset(&call, 0, sizeof(call));
    call.op = DISK_SYNC;
    call.path = disk_now->files[file].path;
    call.offset = offset;
    call.len = len;
    call.through = through;

    if (disk_ask(&call) == -1) {
        return -1;
    }

    if (call.lie) {
        return 0;
    }

    event = disk_add(disk_now, DISK_SYNC, file);

    if (event) {
        event->offset = offset;
        event->len = (uint32_t) len;
    }

    return 0;
}


int
fdatasync(int fd)
{
    disk_fd_t  *watched;

    watched = disk_fd(fd);

    if (watched == NULL) {
        return (int) syscall(SYS_fdatasync, fd);
    }

    disk_look_at(disk_now, watched->file);

    return disk_sync(watched->file, 0, 0, 0);
}


int
fsync(int fd)
{
    disk_fd_t  *watched;

    watched = disk_fd(fd);

    if (watched == NULL) {
        return (int) syscall(SYS_fsync, fd);
    }

    disk_look_at(disk_now, watched->file);

    return disk_sync(watched->file, 0, 0, 0);
}


/* Maps.  One that is written is synced as a whole, as LMDB does. */

void *
mmap(void *address, size_t len, int protection, int flags, int fd,
    off_t offset)
{
    int         i;
    void       *p;
    disk_fd_t  *watched;

    p = (void *) syscall(SYS_mmap, address, len, protection, flags, fd,
                         offset);

    if (p == MAP_FAILED || (flags & MAP_ANONYMOUS)
        || !(protection & PROT_WRITE) || !(flags & MAP_SHARED))
    {
        return p;
    }

    watched = disk_fd(fd);

    if (watched == NULL) {
        return p;
    }

    disk_now->files[watched->file].mapped = 1;

    for (i = 0; i < DISK_MAPS_MAX; i++) {
        if (disk_maps[i].address == NULL) {
            disk_maps[i].address = p;
            disk_maps[i].len = len;
            disk_maps[i].file = watched->file;
            return p;
        }
    }

    disk_fail("too many maps");

    return MAP_FAILED;
}


int
munmap(void *address, size_t len)
{
    int  i;

    for (i = 0; disk_now && i < DISK_MAPS_MAX; i++) {
        if (disk_maps[i].address == address) {
            disk_look_at(disk_now, disk_maps[i].file);
            disk_maps[i].address = NULL;
        }
    }

    return (int) syscall(SYS_munmap, address, len);
}


int
msync(void *address, size_t len, int flags)
{
    int       i;
    uint8_t  *p = address;

    for (i = 0; disk_now && i < DISK_MAPS_MAX; i++) {
        if (disk_maps[i].address != NULL && p >= disk_maps[i].address
            && p < disk_maps[i].address + disk_maps[i].len)
        {
            disk_look_at(disk_now, disk_maps[i].file);

            return (flags & MS_SYNC)
                   ? disk_sync(disk_maps[i].file,
                               (uint64_t) (p - disk_maps[i].address),
                               p == disk_maps[i].address ? 0 : len, 0)
                   : 0;
        }
    }

    return (int) syscall(SYS_msync, address, len, flags);
}


/* Names */

int
mkdir(const char *path, mode_t mode)
{
    struct stat   st;
    const char   *name;
    disk_call_t   call;

    name = disk_path(path);

    if (name && lstat(path, &st) == -1) {
        memset(&call, 0, sizeof(call));
        call.op = DISK_ENTRY;
        call.path = name;

        if (disk_ask(&call) == -1) {
            return -1;
        }
    }

    if (syscall(SYS_mkdirat, AT_FDCWD, path, mode) == -1) {
        return -1;
    }

    if (name) {
        disk_named(DISK_ENTRY, name, disk_number(disk_now, name, 1));
    }

    return 0;
}


static int
disk_remove(const char *path, int flags)
{
    uint16_t      number;
    const char   *name;
    disk_call_t   call;

    name = disk_path(path);

    if (name) {
        memset(&call, 0, sizeof(call));
        call.op = DISK_REMOVE;
        call.path = name;

        if (disk_ask(&call) == -1) {
            return -1;
        }
    }

    if (syscall(SYS_unlinkat, AT_FDCWD, path, flags) == -1) {
        return -1;
    }

    if (name) {
        number = disk_find(disk_now, name);
        disk_named(DISK_REMOVE, name, number);

        if (number) {
            disk_now->files[number].path[0] = '\0';
        }
    }

    return 0;
}


int
unlink(const char *path)
{
    return disk_remove(path, 0);
}


int
rmdir(const char *path)
{
    return disk_remove(path, AT_REMOVEDIR);
}


int
rename(const char *from, const char *to)
{
    size_t         len;
    char           path[DISK_PATH_MAX];
    uint16_t       number, old, i;
    const char    *name, *name_to, *tail, *tail_to;
    disk_call_t    call;
    disk_event_t  *event;

    name = disk_path(from);
    name_to = disk_path(to);

    if (name && name_to) {
        memset(&call, 0, sizeof(call));
        call.op = DISK_RENAME;
        call.path = name;

        if (disk_ask(&call) == -1) {
            return -1;
        }
    }

    if (syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0) == -1) {
        return -1;
    }

    if (name == NULL || name_to == NULL) {
        return 0;
    }

    number = disk_find(disk_now, name);
    old = disk_find(disk_now, name_to);
    i = disk_parent(disk_now, name, &tail);
    event = disk_add(disk_now, DISK_RENAME, i);

    if (event) {
        event->child = number;
        event->to = disk_parent(disk_now, name_to, &tail_to);
        event->len = (uint32_t) (strlen(tail) + strlen(tail_to) + 2);
        event->data = disk_keep(disk_now, NULL, event->len);
        memcpy(disk_now->bytes + event->data, tail, strlen(tail) + 1);
        memcpy(disk_now->bytes + event->data + strlen(tail) + 1, tail_to,
               strlen(tail_to) + 1);
    }

    if (old) {
        disk_now->files[old].path[0] = '\0';
    }

    len = strlen(name);

    for (i = DISK_ROOT + 1; i < disk_now->numbers; i++) {
        disk_file_t  *file = &disk_now->files[i];

        if (strncmp(file->path, name, len) == 0
            && (file->path[len] == '\0' || file->path[len] == '/'))
        {
            if ((size_t) snprintf(path, sizeof(path), "%s%s", name_to,
                                  file->path + len) >= sizeof(path))
            {
                disk_fail("a path is too long");
            }

            memcpy(file->path, path, sizeof(path));
        }
    }

    return 0;
}


/* Inode numbers that are the same in each run, and after a power cut. */

int
stat(const char *restrict path, struct stat *restrict st)
{
    const char  *name;

    if (fstatat(AT_FDCWD, path, st, 0) == -1) {
        return -1;
    }

    name = disk_path(path);

    if (name && *name) {
        st->st_dev = 1;
        st->st_ino = disk_find(disk_now, name);
    }

    return 0;
}
