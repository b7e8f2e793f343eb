
/*
 * libtuanbo.so: the ledger of a store on this machine, for a program that is
 * no nginx: the office's clerk has it by FFI, and lua/tuanbo/office/source/
 * store.lua is the other side.  A change of these is another version.
 *
 * No lock is taken that a writer waits for, and no snapshot is kept between
 * two calls: who is stopped, or killed, holds up nobody.  It belongs to one
 * thread of one process, and to no child that was forked; there is one for a
 * store.  The process has to be of the user whose the store's files are.
 */

#ifndef LIBTUANBO_H
#define LIBTUANBO_H

#include <stddef.h>
#include <stdint.h>


#define TUANBO_VERSION  1

/* a buffer has room for one line at least */
#define TUANBO_LINE_MAX   1152

/* what tuanbo_lines() gives instead of a length */
#define TUANBO_NOT_NOW  (-1)            /* to be tried again */
#define TUANBO_FORKED   (-2)            /* another ledger */
#define TUANBO_SCHEMA   (-3)            /* the store is another program's */

typedef struct tuanbo_store_s  tuanbo_store_t;

#pragma GCC visibility push(default)

int tuanbo_version(void);

/* At an absolute path; nothing is looked for there yet.  NULL: no memory. */
tuanbo_store_t *tuanbo_create(const char *path);
void tuanbo_destroy(tuanbo_store_t *store);

/*
 * Whole lines, as GET /ledger has them, of at most `limit` entries after the
 * entry `after`, whose hash (32 bytes; zeros before the first) has to be this.
 * Opens the store where it is not open, and another one in its place.  Never
 * waits.  Gives the length, 0 where there are none; or one of the above, for
 * which tuanbo_message() has words, good until the next call.
 */
int tuanbo_lines(tuanbo_store_t *store, double after, const uint8_t *hash,
    int limit, char *buf, size_t size);
const char *tuanbo_message(const tuanbo_store_t *store);

#pragma GCC visibility pop

#endif /* LIBTUANBO_H */
