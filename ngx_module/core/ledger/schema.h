
/*
 * The schema of a store: which entries and rows its log may hold.
 *
 * The number stands in the log's `meta`.  A program opens stores of its own
 * number and of lower ones, and refuses a higher one, for it would take for
 * damage what it does not know.  What a store's number does not have is not
 * written into it: its commands are refused until the number is raised, by
 * an opener with nobody else there (log/log.h).
 *
 *   1  entries up to `restocked`, of which `ready` and `picked_up` are about
 *      whole orders; reasons up to `goodwill`
 *   2  the entries and reasons that came after those, whatever else they need
 *
 * A new entry is of the number of the present program until that is released;
 * a change after that raises FS_SCHEMA.  What depends on a field is said
 * here, too, and nowhere else.
 */

#ifndef FS_SCHEMA_H
#define FS_SCHEMA_H

#include "base/command.h"
#include "ledger/entry.h"

#pragma GCC visibility push(hidden)


#define FS_SCHEMA_FIRST  1
#define FS_SCHEMA        2              /* of this program */


/* The lowest schema that has the entry, as it is filled in. */
uint32_t fs_schema_of_entry(const fs_entry_t *entry);

/*
 * The lowest schema that has all that the command may write.  op: an
 * operator's part, or NULL.
 */
uint32_t fs_schema_of_command(const fs_command_t *command,
    const fs_operator_t *op);


#pragma GCC visibility pop

#endif /* FS_SCHEMA_H */
