
/*
 * JSON in: a reader driven by tables, over yajl's events.  A request is a
 * list of its fields; what the list does not name is refused.
 */

#ifndef FS_JSON_READER_H
#define FS_JSON_READER_H

#include "json/field.h"

#pragma GCC visibility push(hidden)


/*
 * Read a body of at most `max` bytes into a record that the caller has
 * zeroed.  *present gets a bit for each field of the schema that was there
 * and not null, in order.  schema NULL: the body is a document.
 * 0, or -1 and the fault.
 */
int fs_json_read(fs_str_t body, size_t max, const fs_schema_t *schema,
    void *record, uint32_t *present, fs_fault_t *fault);


#pragma GCC visibility pop

#endif /* FS_JSON_READER_H */
