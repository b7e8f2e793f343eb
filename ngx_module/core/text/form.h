
/*
 * Forms into the structures of request.h, and arguments of query strings:
 * application/x-www-form-urlencoded.
 */

#ifndef FS_FORM_H
#define FS_FORM_H

#include "text/request.h"

#pragma GCC visibility push(hidden)


/* Each: 0 and the request, or -1 and the fault. */

/* sale=…&qty=…&pickup=…&idempotency_key=…&csrf=…; more lines: sale and qty
 * repeated, in pairs */
int fs_request_hold_form(fs_str_t body, fs_hold_request_t *request,
    fs_fault_t *fault);

/* a form of a page that needs only idempotency_key and csrf, both optional */
int fs_request_plain_form(fs_str_t body, fs_hold_request_t *request,
    fs_fault_t *fault);

/* pickup=…&idempotency_key=…&csrf=… */
int fs_request_point_form(fs_str_t body, fs_hold_request_t *request,
    fs_fault_t *fault);

/*
 * One argument of a query string or form, percent-decoded into buf.
 * Its length; -1: absent; -2: malformed, too long or there twice.
 */
int fs_query_get(fs_str_t query, const char *name, char *buf, size_t size);

/*
 * Walk all arguments of a name (events?sale=a&sale=b).  *pos starts at 0.
 * As above; -1 ends the walk.
 */
int fs_query_next(fs_str_t query, const char *name, size_t *pos, char *buf,
    size_t size);


#pragma GCC visibility pop

#endif /* FS_FORM_H */
