
/*
 * What a power cut leaves.  See cut.h.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE                     /* reallocarray() */
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cut.h"


#define CUT_DEPTH_MAX  8              /* of directories */
#define CUT_NAME_MAX   64

typedef struct {
    uint8_t      **pages;               /* NULL: a hole */
    size_t         pages_n;
    uint64_t       size;
} cut_file_t;

typedef struct {
    uint16_t       directory;
    uint16_t       child;               /* 0: removed */
    char           name[CUT_NAME_MAX];
} cut_name_t;

typedef struct {
    cut_name_t    *list;
    size_t         n;
} cut_names_t;

typedef struct {
    size_t         event;
    uint8_t       *synced;              /* WRITE, by sector; NULL: none is */
    uint8_t        longer;              /* WRITE: beyond the end */
} cut_pending_t;

struct cut_s {
    const disk_t     *disk;
    size_t            position;
    cut_file_t       *files;            /* durable, by number */
    uint64_t         *sizes;            /* in the page cache */
    uint16_t          files_n;
    cut_names_t       names;            /* durable */
    cut_pending_t    *pending;
    size_t            pending_n;
    size_t            pending_max;
};

/* A state while it is made: files share the pages that they do not change. */
typedef struct {
    cut_t            *cut;
    cut_file_t       *files;
    cut_names_t       names;
    uint8_t         **own;              /* pages to be freed */
    size_t            own_n;
} cut_state_t;

static void *cut_memory(void *p);
static void cut_settle(cut_t *cut, const disk_event_t *sync);
static int cut_settle_one(cut_t *cut, cut_pending_t *pending,
    const disk_event_t *sync);
static void cut_sector(cut_state_t *state, cut_file_t *file,
    const disk_event_t *event, const uint8_t *bytes, uint32_t sector);
static void cut_resize(cut_state_t *state, cut_file_t *file,
    uint64_t size);
static uint8_t *cut_page(cut_state_t *state, cut_file_t *file,
    size_t page);
static void cut_rename(cut_names_t *names, const disk_t *disk,
    const disk_event_t *event);
static void cut_name(cut_names_t *names, uint16_t directory,
    const char *name, uint16_t child);
static int cut_directory(cut_state_t *state, uint16_t number,
    const char *path, disk_t *target, const char *root, unsigned depth);
static int cut_file(const cut_file_t *file, const char *name);
static uint32_t cut_sectors(const disk_event_t *event);


cut_t *
cut_create(const disk_t *disk)
{
    cut_t  *cut;

    cut = calloc(1, sizeof(cut_t));

    if (cut == NULL) {
        return NULL;
    }

    cut->disk = disk;
    cut->files_n = disk_numbers(disk);
    cut->files = cut_memory(calloc(cut->files_n, sizeof(cut_file_t)));
    cut->sizes = cut_memory(calloc(cut->files_n, sizeof(uint64_t)));

    return cut;
}


void
cut_destroy(cut_t *cut)
{
    size_t  i, page;

    for (i = 0; i < cut->files_n; i++) {
        for (page = 0; page < cut->files[i].pages_n; page++) {
            free(cut->files[i].pages[page]);
        }

        free(cut->files[i].pages);
    }

    for (i = 0; i < cut->pending_n; i++) {
        free(cut->pending[i].synced);
    }

    free(cut->files);
    free(cut->sizes);
    free(cut->names.list);
    free(cut->pending);
    free(cut);
}


static void *
cut_memory(void *p)
{
    if (p == NULL) {
        fprintf(stderr, "cut: no memory\n");
        abort();
    }

    return p;
}


static uint32_t
cut_sectors(const disk_event_t *event)
{
    uint64_t  first, last;

    first = event->offset / DISK_SECTOR;
    last = (event->offset + event->len - 1) / DISK_SECTOR;

    return (uint32_t) (last - first + 1);
}


void
cut_advance(cut_t *cut, size_t position)
{
    uint64_t             end;
    cut_pending_t       *pending;
    const disk_event_t  *event;

    for ( /* void */ ; cut->position < position; cut->position++) {
        event = disk_event(cut->disk, cut->position);

        if (event->op == DISK_SYNC || event->op == DISK_SHUTDOWN) {
            cut_settle(cut, event);
            continue;
        }

        if (cut->pending_n == cut->pending_max) {
            cut->pending_max = cut->pending_max * 2 + 1024;
            cut->pending = cut_memory(reallocarray(cut->pending,
                              cut->pending_max, sizeof(cut_pending_t)));
        }

        pending = &cut->pending[cut->pending_n++];
        memset(pending, 0, sizeof(*pending));
        pending->event = cut->position;

        if (event->op == DISK_WRITE) {
            end = event->offset + event->len;

            if (end > cut->sizes[event->file]) {
                cut->sizes[event->file] = end;
                pending->longer = 1;
            }

        } else if (event->op == DISK_SIZE) {
            cut->sizes[event->file] = event->offset;
        }
    }
}


size_t
cut_pending(const cut_t *cut)
{
    size_t  i, n;

    for (i = 0, n = 0; i < cut->pending_n; i++) {
        n += !disk_event(cut->disk, cut->pending[i].event)->mapped;
    }

    return n;
}


static void
cut_settle(cut_t *cut, const disk_event_t *sync)
{
    size_t               i, left, before;
    uint16_t             from;
    cut_pending_t       *pending;
    const disk_event_t  *event;

    left = 0;
    from = 0;
    before = 0;

    /* The directory `to` is synced, and a rename into it waits: with the
     * rename all earlier changes of names in `from` become durable as well. */

    for (i = 0; i < cut->pending_n; i++) {
        event = disk_event(cut->disk, cut->pending[i].event);

        if (event->op == DISK_RENAME && event->to == sync->file) {
            from = event->file;
            before = i;
        }
    }

    for (i = 0; i < cut->pending_n; i++) {
        pending = &cut->pending[i];
        event = disk_event(cut->disk, pending->event);

        if ((sync->op == DISK_SHUTDOWN || event->file == sync->file
             || (event->op == DISK_RENAME && event->to == sync->file)
             || (event->file == from && i < before))
            && cut_settle_one(cut, pending, sync))
        {
            free(pending->synced);
            continue;
        }

        cut->pending[left++] = *pending;
    }

    cut->pending_n = left;

    if (sync->op == DISK_SYNC && sync->len == 0) {
        cut->files[sync->file].size = cut->sizes[sync->file];
    }
}


/* 1: all of it is durable now. */

static int
cut_settle_one(cut_t *cut, cut_pending_t *pending,
    const disk_event_t *sync)
{
    uint32_t             i, n, left;
    uint64_t             sector;
    cut_file_t          *file;
    const uint8_t       *bytes;
    const disk_event_t  *event;

    event = disk_event(cut->disk, pending->event);
    file = &cut->files[event->file];

    switch (event->op) {

    case DISK_ENTRY:
    case DISK_REMOVE:
    case DISK_RENAME:
        cut_rename(&cut->names, cut->disk, event);
        return 1;

    case DISK_SIZE:

        if (sync->len) {
            return 0;
        }

        cut_resize(NULL, file, event->offset);
        return 1;

    default:                            /* a write */
        break;
    }

    bytes = disk_bytes(cut->disk, event);
    n = cut_sectors(event);
    left = 0;

    for (i = 0; i < n; i++) {

        if (pending->synced && pending->synced[i]) {
            continue;
        }

        sector = event->offset / DISK_SECTOR + i;

        if (sync->len
            && (sector < sync->offset / DISK_SECTOR
                || sector > (sync->offset + sync->len - 1) / DISK_SECTOR))
        {
            left++;
            continue;
        }

        cut_sector(NULL, file, event, bytes, i);

        if (sync->len) {
            if (pending->synced == NULL) {
                pending->synced = cut_memory(calloc(n, 1));
            }

            pending->synced[i] = 1;

            if (file->size < event->offset + event->len
                && file->size < (sector + 1) * DISK_SECTOR)
            {
                file->size = (sector + 1) * DISK_SECTOR;

                if (file->size > event->offset + event->len) {
                    file->size = event->offset + event->len;
                }
            }
        }
    }

    if (left == 0 && !sync->len && pending->longer) {
        cut_resize(NULL, file, event->offset + event->len);
    }

    return left == 0;
}


/* A page that may be written to.  state NULL: of the durable image; else a
 * copy that belongs to the state. */

static uint8_t *
cut_page(cut_state_t *state, cut_file_t *file, size_t page)
{
    size_t         n;
    uint8_t       *bytes;
    cut_file_t    *shared;

    if (page >= file->pages_n) {
        n = (page + 64) & ~(size_t) 63;
        file->pages = cut_memory(reallocarray(file->pages, n,
                                                sizeof(uint8_t *)));
        memset(file->pages + file->pages_n, 0,
               (n - file->pages_n) * sizeof(uint8_t *));
        file->pages_n = n;
    }

    if (state == NULL) {
        if (file->pages[page] == NULL) {
            file->pages[page] = cut_memory(calloc(1, DISK_PAGE));
        }

        return file->pages[page];
    }

    shared = &state->cut->files[file - state->files];

    if (file->pages[page]
        && (page >= shared->pages_n
            || file->pages[page] != shared->pages[page]))
    {
        return file->pages[page];
    }

    bytes = cut_memory(calloc(1, DISK_PAGE));

    if (file->pages[page]) {
        memcpy(bytes, file->pages[page], DISK_PAGE);
    }

    if (state->own_n % 256 == 0) {
        state->own = cut_memory(reallocarray(state->own,
                                               state->own_n + 256,
                                               sizeof(uint8_t *)));
    }

    state->own[state->own_n++] = bytes;
    file->pages[page] = bytes;

    return bytes;
}


/* The part of a write that lies in one sector. */

static void
cut_sector(cut_state_t *state, cut_file_t *file,
    const disk_event_t *event, const uint8_t *bytes, uint32_t sector)
{
    uint64_t  from, to;

    from = (event->offset / DISK_SECTOR + sector) * DISK_SECTOR;
    to = from + DISK_SECTOR;

    if (from < event->offset) {
        from = event->offset;
    }

    if (to > event->offset + event->len) {
        to = event->offset + event->len;
    }

    memcpy(cut_page(state, file, from / DISK_PAGE) + from % DISK_PAGE,
           bytes + (from - event->offset), to - from);
}


/* A file that was made shorter, and then longer, has zeros in between. */

static void
cut_resize(cut_state_t *state, cut_file_t *file, uint64_t size)
{
    size_t  page;

    if (size < file->size) {
        page = size / DISK_PAGE;

        if (page < file->pages_n && file->pages[page] && size % DISK_PAGE) {
            memset(cut_page(state, file, page) + size % DISK_PAGE, 0,
                   DISK_PAGE - size % DISK_PAGE);
            page++;

        } else if (size % DISK_PAGE) {
            page++;
        }

        for ( /* void */ ; page < file->pages_n; page++) {
            if (state == NULL) {
                free(file->pages[page]);
            }

            file->pages[page] = NULL;
        }
    }

    file->size = size;
}


static void
cut_rename(cut_names_t *names, const disk_t *disk,
    const disk_event_t *event)
{
    const char  *name;

    name = (const char *) disk_bytes(disk, event);

    cut_name(names, event->file, name,
               event->op == DISK_ENTRY ? event->child : 0);

    if (event->op == DISK_RENAME) {
        cut_name(names, event->to, name + strlen(name) + 1, event->child);
    }
}


static void
cut_name(cut_names_t *names, uint16_t directory, const char *name,
    uint16_t child)
{
    size_t  i;

    for (i = 0; i < names->n; i++) {
        if (names->list[i].directory == directory
            && strcmp(names->list[i].name, name) == 0)
        {
            names->list[i].child = child;
            return;
        }
    }

    names->list = cut_memory(reallocarray(names->list, names->n + 1,
                                            sizeof(cut_name_t)));
    names->list[i].directory = directory;
    names->list[i].child = child;
    snprintf(names->list[i].name, CUT_NAME_MAX, "%s", name);
    names->n++;
}


int
cut_write(cut_t *cut, cut_choice_t choice, void *data,
    disk_t *target, const char *root)
{
    int                  rc;
    size_t               i;
    uint32_t             sector, n;
    cut_file_t          *file;
    cut_state_t          state;
    const uint8_t       *bytes;
    cut_pending_t       *pending;
    const disk_event_t  *event;

    memset(&state, 0, sizeof(state));
    state.cut = cut;
    state.files = cut_memory(calloc(cut->files_n, sizeof(cut_file_t)));

    for (i = 0; i < cut->files_n; i++) {
        file = &cut->files[i];
        state.files[i] = *file;

        if (file->pages_n) {
            state.files[i].pages = cut_memory(reallocarray(NULL,
                                         file->pages_n, sizeof(uint8_t *)));
            memcpy(state.files[i].pages, file->pages,
                   file->pages_n * sizeof(uint8_t *));
        }
    }

    state.names.n = cut->names.n;
    state.names.list = cut_memory(reallocarray(NULL, cut->names.n + 1,
                                                 sizeof(cut_name_t)));
    if (cut->names.n) {
        memcpy(state.names.list, cut->names.list,
               cut->names.n * sizeof(cut_name_t));
    }

    for (i = 0; i < cut->pending_n; i++) {
        pending = &cut->pending[i];
        event = disk_event(cut->disk, pending->event);
        file = &state.files[event->file];

        if (event->op != DISK_WRITE) {
            if (choice(data, pending->event, 0)) {
                if (event->op == DISK_SIZE) {
                    cut_resize(&state, file, event->offset);

                } else {
                    cut_rename(&state.names, cut->disk, event);
                }
            }

            continue;
        }

        bytes = disk_bytes(cut->disk, event);
        n = cut_sectors(event);

        for (sector = 0; sector < n; sector++) {
            if (!(pending->synced && pending->synced[sector])
                && choice(data, pending->event, sector))
            {
                cut_sector(&state, file, event, bytes, sector);
            }
        }

        if (pending->longer
            && choice(data, pending->event, CUT_LENGTHENED)
            && file->size < event->offset + event->len)
        {
            file->size = event->offset + event->len;
        }
    }

    rc = cut_directory(&state, DISK_ROOT, "", target, root, 0);

    for (i = 0; i < cut->files_n; i++) {
        free(state.files[i].pages);
    }

    for (i = 0; i < state.own_n; i++) {
        free(state.own[i]);
    }

    free(state.own);
    free(state.files);
    free(state.names.list);

    return rc;
}


static int
cut_directory(cut_state_t *state, uint16_t number, const char *path,
    disk_t *target, const char *root, unsigned depth)
{
    int            rc, directory;
    char           below[DISK_PATH_MAX], name[DISK_PATH_MAX * 2 + 2];
    size_t         i;
    cut_name_t    *entry;

    if (depth == CUT_DEPTH_MAX) {
        errno = ELOOP;
        return -1;
    }

    for (i = 0; i < state->names.n; i++) {
        entry = &state->names.list[i];

        if (entry->directory != number || entry->child == 0) {
            continue;
        }

        if ((size_t) snprintf(below, sizeof(below), "%s%s%s", path,
                              *path ? "/" : "", entry->name) >= sizeof(below))
        {
            errno = ENAMETOOLONG;
            return -1;
        }

        snprintf(name, sizeof(name), "%s/%s", root, below);

        directory = disk_is_directory(state->cut->disk, entry->child);

        if (directory) {
            rc = mkdir(name, 0700);

            if (rc == 0) {
                rc = cut_directory(state, entry->child, below, target,
                                     root, depth + 1);
            }

        } else {
            rc = cut_file(&state->files[entry->child], name);
        }

        if (rc == -1) {
            return -1;
        }

        disk_adopt(target, below, entry->child, directory);
    }

    return 0;
}


static int
cut_file(const cut_file_t *file, const char *name)
{
    int       fd;
    size_t    page, len;
    uint64_t  offset;

    fd = open(name, O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0600);

    if (fd == -1) {
        return -1;
    }

    if (ftruncate(fd, (off_t) file->size) == -1) {
        close(fd);
        return -1;
    }

    for (page = 0; page < file->pages_n; page++) {
        offset = (uint64_t) page * DISK_PAGE;

        if (file->pages[page] == NULL || offset >= file->size) {
            continue;
        }

        len = file->size - offset < DISK_PAGE ? (size_t) (file->size - offset)
                                              : DISK_PAGE;

        if (pwrite(fd, file->pages[page], len, (off_t) offset)
            != (ssize_t) len)
        {
            close(fd);
            return -1;
        }
    }

    return close(fd);
}
