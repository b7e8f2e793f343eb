
/*
 * Private to disk.c, which keeps the record, and disk_calls.c, which has the
 * calls.
 */

#ifndef DISK_PARTS_H
#define DISK_PARTS_H

#include "disk.h"


#define DISK_FILES_MAX  8192

typedef struct {
    char           path[DISK_PATH_MAX];     /* below the root; "": removed */
    uint8_t        directory;
    uint8_t        mapped;
    uint64_t       versions;                /* where its table lies: by page,
                                               where its bytes lie, or 0 */
} disk_file_t;

struct disk_s {
    char           root[DISK_PATH_MAX];
    size_t         root_len;
    disk_hook_t    hook;
    void          *hook_data;
    void         (*closing)(int fd);
    int            recording;
    uint16_t       numbers;
    disk_file_t    files[DISK_FILES_MAX];
    disk_event_t  *events;
    size_t         events_n;
    size_t         events_max;
    uint8_t       *bytes;
    size_t         bytes_n;
    size_t         bytes_max;
};


/* What the test itself has done wrong: ends it. */
void disk_fail(const char *what);

/* Keep bytes (NULL: room for them) in the record; where they lie. */
size_t disk_keep(disk_t *disk, const void *bytes, size_t len);

/* The next event, or NULL: nothing is recorded. */
disk_event_t *disk_add(disk_t *disk, disk_op_t op, uint16_t file);

/* A number for a path that has none. */
uint16_t disk_number(disk_t *disk, const char *path, int directory);

/* The number of what is at a path, or 0. */
uint16_t disk_find(disk_t *disk, const char *path);

/* Of the directory that has it, and its name there. */
uint16_t disk_parent(disk_t *disk, const char *path, const char **name);

/* Note an ENTRY or a REMOVE. */
void disk_entry(disk_t *disk, disk_op_t op, uint16_t directory,
    const char *name, uint16_t child);

/* disk_look() at one file. */
void disk_look_at(disk_t *disk, uint16_t number);


#endif /* DISK_PARTS_H */
