
/*
 * The schema of a store: which entries and rows its log may hold.
 *
 * The number stands in the log's `meta`.  A program opens stores of its own
 * number and of lower ones, and refuses a higher one, for it would take for
 * damage what it does not know.  What a store's number does not have is not
 * written into it: its commands are refused until the number is raised, by
 * an opener with nobody else there (log/log.h).
 *
 *   1  entries up to `restocked`, reasons up to `goodwill`; `ready` and
 *      `picked_up` are about whole orders, `sale` has no cancel_ms, `sold` no
 *      taker
 *   2  entries up to `settled`, reasons up to `compensation`, and what these
 *      fields need; the long row of a sale
 *   3  the entries and reasons after those
 *
 * What a new entry, reason or field needs is said here, and nowhere else.
 */

#ifndef FS_SCHEMA_H
#define FS_SCHEMA_H

#include "base/command.h"
#include "ledger/entry.h"
#include "ledger/rows.h"

#pragma GCC visibility push(hidden)


#define FS_SCHEMA_FIRST  1
#define FS_SCHEMA_WAVES  2
#define FS_SCHEMA        3              /* of this program */


/* The lowest schema that has the entry, as it is filled in. */
uint32_t fs_schema_of_entry(const fs_entry_t *entry);

/*
 * The lowest schema that has all that the command may write.  op: an
 * operator's part, or NULL.
 */
uint32_t fs_schema_of_command(const fs_command_t *command,
    const fs_operator_t *op);

/* 1: rows of holds say when a line has come. */
int fs_schema_has_ready(uint32_t schema);

/* The row of a sale for a log of this schema; as fs_sale_row_encode(). */
size_t fs_schema_sale_row(uint32_t schema, const fs_sale_t *sale,
    uint8_t *row);


#pragma GCC visibility pop

#endif /* FS_SCHEMA_H */
