
/*
 * Bodies in rows: each with the field and the rule that refuse it, or NULL
 * when it is taken.
 */

#ifndef REQUEST_ROWS_H
#define REQUEST_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "request_limits.h"


#define SLUG        "is a slug: 1 to 64 of a-z, 0-9 and -"
#define QTY         "is a whole number from 1 to 10000"
#define QTY_SUM     QTY ", added up over the lines of a sale"
#define VISIBLE     "is 1 to 128 visible ASCII characters"
#define TITLE       "is 1 to 256 bytes of UTF-8 without control characters"
#define PRICE       "is a whole number from 0 to 10000000000"
#define STOCK       "is a whole number from 0 to 1000000000"
#define GOAL        "is a whole number from 1 to 1000000000"
#define AT          "is a time in milliseconds, from 2020 to 2100"
#define HOLD_MS     "is a whole number from 100 to 86400000"
#define CANCEL_MS   "is a whole number from 0 to 2592000000"
#define PAID        "is a whole number from 0 to 800000000000000"
#define ADD         "is a whole number from -1000000000 to 1000000000"
#define GOAL_BY     "is \"sale\" or \"pickup\""
#define LINES       "is a list of 1 to 8 objects"
#define REQUIRED    "is required"
#define TWICE       "is there twice"
#define UNKNOWN     "is not known"
#define OBJECT      "is a JSON object"
#define JSON        "is JSON"
#define TRAILING    "is JSON, and nothing after it"
#define UTF8        "is UTF-8"
#define FITS        "is a number that fits 64 bits"

#define X16         "xxxxxxxxxxxxxxxx"
#define X64         X16 X16 X16 X16
#define X128        X64 X64
#define X256        X128 X128


typedef struct {
    const char          *body;
    const char          *field;         /* NULL: it is taken */
    const char          *rule;
} row_t;

typedef int (*reader_t)(fs_str_t body, fs_fault_t *fault);


static inline void
check_rows(reader_t reader, const row_t *rows, size_t n)
{
    int         rc;
    char       *copy;
    size_t      i;
    fs_str_t    body;
    fs_fault_t  fault;

    for (i = 0; i < n; i++) {

        /* exactly as long as it is, so that memory checkers see the end */
        body.len = strlen(rows[i].body);
        copy = malloc(body.len + (body.len == 0));
        memcpy(copy, rows[i].body, body.len);
        body.data = copy;

        rc = reader(body, &fault);
        free(copy);

        if (rc != (rows[i].field == NULL ? 0 : -1)) {
            fail_msg("%s: returned %d, field \"%s\" %s", rows[i].body, rc,
                     fault.field, fault.rule);
        }

        if (rc == 0) {
            assert_int_equal(fault.outcome, FS_OK);
            continue;
        }

        if (fault.outcome != FS_BAD_REQUEST
            || strcmp(fault.field, rows[i].field) != 0
            || strcmp(fault.rule, rows[i].rule) != 0)
        {
            fail_msg("%s: \"%s\" %s", rows[i].body, fault.field, fault.rule);
        }
    }
}

#define CHECK(reader, rows)                                                  \
    check_rows(reader, rows, sizeof(rows) / sizeof(rows[0]))

#define LINE(sale, qty)  "{\"sale\":\"" sale "\",\"qty\":" qty "}"


static inline int
read_hold(fs_str_t body, fs_fault_t *fault)
{
    fs_hold_request_t  request;

    return fs_request_hold(body, &request, fault);
}


static inline int
read_point(fs_str_t body, fs_fault_t *fault)
{
    fs_hold_request_t  request;

    return fs_request_point(body, &request, fault);
}


static inline int
read_confirm(fs_str_t body, fs_fault_t *fault)
{
    fs_order_request_t  request;

    return fs_request_confirm(body, &request, fault);
}


static inline int
read_refunded(fs_str_t body, fs_fault_t *fault)
{
    fs_order_request_t  request;

    return fs_request_refunded(body, &request, fault);
}


static inline int
read_sale(fs_str_t body, fs_fault_t *fault)
{
    fs_sale_request_t  request;

    return fs_request_sale(body, &request, fault);
}


static inline int
read_stock(fs_str_t body, fs_fault_t *fault)
{
    int64_t  add;

    return fs_request_stock(body, &add, fault);
}


static inline fs_str_t
text(const char *literal)
{
    fs_str_t  str = { strlen(literal), literal };

    return str;
}


/* A body of `size` bytes, by blanks. */
static inline char *
padded(const char *json, size_t size)
{
    char  *body;

    body = malloc(size);
    assert_non_null(body);

    memset(body, ' ', size);
    memcpy(body, json, strlen(json));

    return body;
}


#endif /* REQUEST_ROWS_H */
