
/*
 * The parts of salvage: what can be had of a damaged log, and a new one made
 * of it.  The damaged file is only read, and never by LMDB: that gets a copy.
 */

#ifndef TOOL_SALVAGE_H
#define TOOL_SALVAGE_H

#include "tool.h"

#pragma GCC visibility push(hidden)


/* LMDB's pages are of the machine's: each that is supported has this */
#define TOOL_PAGE  4096

/* Entries found in pages that are whole, wherever those hang in the file. */
typedef struct {
    int                  fd;
    uint64_t            *at;            /* by seq: where its record lies; 0:
                                           in no page that is whole */
    fs_seq_t             last;          /* the highest one */
    uint64_t             pages;         /* that could not be read at all */
} tool_scan_t;

/* What a new log is made of. */
typedef struct {
    fs_store_t          *source;        /* the copy, for all but entries */
    tool_scan_t         *scan;
    fs_seq_t             last;          /* the last entry to be taken */
    uint64_t             lost;          /* places where rows are missing */
    uint64_t             titles;        /* sales that have only a slug left */
} tool_rebuild_t;


/*
 * scan.c: copy a file, with zeros for what cannot be read, and so that LMDB
 * can open it: a meta page that is damaged becomes the other one.  Gives an
 * exit code.
 */
int tool_scan_copy(const char *from, const char *to, tool_scan_t *scan);

/* Look for entries in the copy.  0; -1: which was said. */
int tool_scan_entries(tool_scan_t *scan);

/* The record of one.  1 and *entry; 0: there is none. */
int tool_scan_entry(const tool_scan_t *scan, fs_seq_t seq,
    fs_entry_t *entry, uint8_t *record);

void tool_scan_free(tool_scan_t *scan);


/* rebuild.c: a store of its own at a path that is not there, whose log has the
 * entries 1 to last and the rows that follow from them.  An exit code. */
int tool_rebuild(tool_rebuild_t *rebuild, const char *path);


#pragma GCC visibility pop

#endif /* TOOL_SALVAGE_H */
