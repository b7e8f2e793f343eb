
/*
 * tuanbo-store: what its commands share.  A command gets its arguments, does
 * its work, and gives the exit code; whatever is wrong it has said by then.
 */

#ifndef TOOL_H
#define TOOL_H

#include <limits.h>
#include <sys/types.h>

#include "pair/pair.h"

#pragma GCC visibility push(hidden)


#define TOOL_DONE      0
#define TOOL_REFUSED   1                /* what was looked at is not right, or
                                           somebody is there */
#define TOOL_FAILED    2                /* it could not be done */

#define TOOL_TIME_LEN  sizeof("2026-11-30T10:16:09Z")
#define TOOL_HEX_LEN   (2 * FS_HASH_LEN + 1)

/* what is given as options */
typedef struct {
    unsigned             keep;          /* backups, 0: all */
    const char          *user;          /* NULL: whose the directory is */
    const char          *names;         /* a backup; NULL: none */
} tool_options_t;

typedef int (*tool_command_t)(char **arguments,
    const tool_options_t *options);

/* one for each command, in a file of its name; move.c has grow, too */
int tool_schema(char **arguments, const tool_options_t *options);
int tool_raise(char **arguments, const tool_options_t *options);
int tool_backup(char **arguments, const tool_options_t *options);
int tool_segments(char **arguments, const tool_options_t *options);
int tool_check(char **arguments, const tool_options_t *options);
int tool_restore(char **arguments, const tool_options_t *options);
int tool_move(char **arguments, const tool_options_t *options);
int tool_grow(char **arguments, const tool_options_t *options);
int tool_salvage(char **arguments, const tool_options_t *options);


/* tool.c */

/* Words for people, with the tool's name before them.  Gives `code`. */
int tool_says(int code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The whole path of what is there.  0; -1: it is not, which was said. */
int tool_path(const char *given, char *path);

/* Path of a file below a directory.  0; -1: too long, which was said. */
int tool_name(char *name, const char *directory, const char *file);

/* For the store, or backup, at an absolute path; what the core has to say is
 * said, or nobody's business. */
void tool_conf(fs_store_conf_t *conf, const char *path);
void tool_conf_quiet(fs_store_conf_t *conf, const char *path);

/*
 * As root: from here on the user who owns the file.  A lock file that belongs
 * to root would keep the workers out.  0; -1: which was said.
 */
int tool_become_owner(const char *file);
int tool_become(uid_t uid, gid_t gid);

/*
 * The same for a store's log, and first: make a directory for what will be
 * written, theirs, if it is not there.  The directory's whole path.  0 or -1.
 */
int tool_become_writer(const char *path, const char *given, char *directory);

/* A directory, which nobody else uses in this way meanwhile: a descriptor to
 * be kept.  -1: which was said. */
int tool_lock(const char *directory);

/* A time of a ledger, or the clock's; for a name without marks between. */
void tool_time(int64_t at, char *text);
void tool_time_name(char *text);
void tool_hex(const uint8_t *bytes, size_t len, char *text);

/* Remove a directory in which there is nothing else than these files.  0; -1
 * with errno.  It need not be there. */
int tool_remove(const char *directory, const char *const *files, size_t n);

/*
 * What is synced gets its name, durably, in the directory `above`.  finish: it
 * is a directory, to be synced first.  0; -1: which was said.
 */
int tool_rename(const char *above, const char *from, const char *to);
int tool_finish(const char *above, const char *from, const char *to);

#define TOOL_UNFINISHED  ".unfinished"  /* below where copies are made */


/* ledger.c: a log that is open is looked through. */

typedef struct {
    uint32_t             schema;
    uint32_t             epoch;
    uint64_t             lives;         /* that were begun */
    fs_seq_t             last;
    int64_t              at;            /* of the last entry */
    uint8_t              hash[FS_HASH_LEN];
    size_t               sales;
} tool_ledger_t;

/*
 * Each page; then each entry: its hash, and what all add up to.  While a shop
 * sells, too.  `name`: what it is called in words.
 */
int tool_ledger(fs_store_t *store, const char *name, tool_ledger_t *ledger);

/* Open a log to be read.  TOOL_DONE: fs_store_close() ends it; else what to
 * exit with, and it was said. */
int tool_open_log(const char *path, fs_log_kind_t kind, fs_store_t **store);

/* Open a log and look through it. */
int tool_ledger_at(const char *path, fs_log_kind_t kind,
    tool_ledger_t *ledger);

/* "12 entries, to that of 2026-…, hash …" */
void tool_print_ledger(const tool_ledger_t *ledger);


/* manifest.c: what a backup says of itself, a file beside its data. */

typedef struct {
    tool_ledger_t        ledger;
    uint64_t             bytes;         /* of data.mdb */
    char                 sha256[TOOL_HEX_LEN];
    char                 taken[TOOL_TIME_LEN];
} tool_manifest_t;

/* SHA-256 of a file, read from the disk where that can be had.  0; -1: which
 * was said. */
int tool_sha256(int fd, const char *name, uint64_t *bytes, char *sha256);

int tool_manifest_write(const char *directory,
    const tool_manifest_t *manifest);

/* 1: *manifest; 0: there is none; -1: it is none, which was said. */
int tool_manifest_read(int directory, const char *name,
    tool_manifest_t *manifest);

/* 1: both are of one copy; 0: not, which was said. */
int tool_manifest_agrees(const char *name, const tool_manifest_t *manifest,
    const tool_manifest_t *found);


/* backup.c: a log as a backup, at DIRECTORY/TIME-SEQ. */

/*
 * What lies in DIRECTORY/.unfinished/data.mdb is synced: look through it, say
 * what it is in its manifest, and give it its name, which *to is.  Gives an
 * exit code.
 */
int tool_backup_finish(const char *directory, char *to,
    tool_manifest_t *manifest);

/* Remove what an interrupted one has left, and make the directory for
 * another.  0; -1: which was said. */
int tool_backup_begin(const char *directory, char *unfinished);

/* Copy a log that is open to a new file.  0; otherwise an exit code. */
int tool_copy(MDB_env *env, const char *name, const char *to);


#pragma GCC visibility pop

#endif /* TOOL_H */
