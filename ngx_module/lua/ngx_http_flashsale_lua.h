
/*
 * What Lua calls by FFI; lua/tuanbo/engine.lua is the other side, and its
 * cdef says the same as this header.  These functions are the only ones of
 * the module that others see, so all begin with ngx_http_flashsale_ffi_.  A
 * change of theirs is another version.
 *
 * Reads are answered from a view that is opened and closed within the call,
 * so none lives while a coroutine waits.  Commands go through the worker's
 * ring like everyone's: the caller waits on a semaphore of lua-nginx-module,
 * which is posted through a pointer that Lua hands over, so that neither
 * module links with the other.
 *
 * Sales are structures, because they are read on every page and in a rush;
 * holds and problems are the API's own JSON, so that there is one list of
 * their fields.
 */

#ifndef NGX_HTTP_FLASHSALE_LUA_H
#define NGX_HTTP_FLASHSALE_LUA_H

#include "worker/ngx_http_flashsale_worker.h"
#include "core/read/read.h"


#define NGX_HTTP_FLASHSALE_FFI_VERSION  21
#define NGX_HTTP_FLASHSALE_FFI_PAGE     100    /* sales, holds, documents */
#define NGX_HTTP_FLASHSALE_FFI_UNPAID   8

/* what ngx_http_flashsale_ffi_ready() says */
#define NGX_HTTP_FLASHSALE_FFI_CLOSED   0
#define NGX_HTTP_FLASHSALE_FFI_READS    1
#define NGX_HTTP_FLASHSALE_FFI_ALL      2


/* 0 for what is not set; 64-bit numbers are below 2^53 */
typedef struct {
    double                           price_fen;
    double                           opens_at;
    double                           closes_at;
    double                           version;
    double                           shelf;     /* its place, for the next
                                                   page of _shelf() */
    double                           ended_at;  /* _shelf() of ended ones */
    uint32_t                         stock;
    uint32_t                         free;
    uint32_t                         held;
    uint32_t                         sold;
    uint32_t                         limit;
    uint32_t                         goal;
    uint32_t                         joined;
    uint32_t                         goal_by;   /* fs_goal_by_t */
    uint32_t                         state;     /* fs_sale_state_t */
    int32_t                          formed;    /* -1: undecided */
    uint32_t                         cancel_ms;
    uint32_t                         called_off;
    uint32_t                         hold_ms;
    uint32_t                         handed_over;   /* units */
    uint32_t                         claimed;       /* units */
    uint32_t                         queued;        /* units */
    uint32_t                         awaited;       /* 1: what is free is
                                                       somebody's already */
    uint32_t                         gives;     /* fs_gives_kind_t */
    uint32_t                         by_desk;   /* 1: only the desk gives it */
    uint32_t                         id_len;
    uint32_t                         title_len;
    char                             id[FS_SLUG_MAX];
    char                             title[FS_TITLE_MAX];
} ngx_http_flashsale_ffi_sale_t;

typedef struct {
    uint32_t                         joined;
    uint32_t                         state;     /* fs_group_state_t */
} ngx_http_flashsale_ffi_group_t;

/* what a page says of an order beside its JSON: of each line, and until when
 * it can be cancelled, 0: it cannot */
typedef struct {
    double                           handed_at; /* 0: it is not */
    double                           ready_at;  /* when it came; 0: it is not
                                                   there, or nobody knows */
    double                           claim_until; /* 0: no time is set yet */
    uint32_t                         claim_qty; /* units that its buyer can
                                                   claim */
    uint32_t                         coming;    /* units that have come, or
                                                   may still */
} ngx_http_flashsale_ffi_line_t;

typedef struct {
    double                           cancel_until;
    double                           refund_ms; /* what is owed is due then */
    ngx_http_flashsale_ffi_line_t    lines[FS_LINES_MAX];
} ngx_http_flashsale_ffi_order_t;

/* its text lies in the caller's buffer */
typedef struct {
    uint32_t                         start;
    uint32_t                         len;
    uint32_t                         id_len;
    char                             id[FS_SLUG_MAX];
} ngx_http_flashsale_ffi_document_t;


#pragma GCC visibility push(default)

/*
 * Reads.  An int that is negative is minus an outcome (fs_outcome_t), see
 * ngx_http_flashsale_ffi_code(); otherwise it is a length, a number, or 0.
 * Strings need no NUL.
 */

int ngx_http_flashsale_ffi_version(void);

/* By their numbers; NULL: there is no such one. */
const char *ngx_http_flashsale_ffi_code(int outcome);
const char *ngx_http_flashsale_ffi_state(int state);
const char *ngx_http_flashsale_ffi_gives(int kind);

/* 0: nothing yet; 1: reads; 2: commands, too. */
int ngx_http_flashsale_ffi_ready(void);

/* The wall clock that decides, ms; the position of what is read; -1: none. */
double ngx_http_flashsale_ffi_now(void);
double ngx_http_flashsale_ffi_seq(void);

/* The epoch of the store's life, which is part of each cache's key; -1: the
 * store is not open. */
double ngx_http_flashsale_ffi_epoch(void);

int ngx_http_flashsale_ffi_sale(const char *id, size_t id_len,
    ngx_http_flashsale_ffi_sale_t *sale);
int ngx_http_flashsale_ffi_sales(const char *after, size_t after_len,
    int limit, ngx_http_flashsale_ffi_sale_t *sales, int *more);

/* The key of a pickup point's day, FS_HASH_LEN bytes: core/base/crypto.h. */
int ngx_http_flashsale_ffi_day_key(const char *pickup, size_t pickup_len,
    double day, char *key);

/*
 * ended 0: the sales that are not closed, as they were defined, after the
 * place `from`; 1: those that have ended, the last one first, before it.  0:
 * from the first one.
 */
int ngx_http_flashsale_ffi_shelf(int ended, double from, int limit,
    ngx_http_flashsale_ffi_sale_t *sales, int *more);

int ngx_http_flashsale_ffi_group(const char *id, size_t id_len,
    const char *pickup, size_t pickup_len,
    ngx_http_flashsale_ffi_group_t *group);
int ngx_http_flashsale_ffi_hold(const char *id, size_t id_len,
    const char *identity, size_t identity_len, char *buf, size_t size,
    ngx_http_flashsale_ffi_order_t *order);
int ngx_http_flashsale_ffi_holds(const char *identity, size_t identity_len,
    const char *before, size_t before_len, int limit, char *buf,
    size_t size);
int ngx_http_flashsale_ffi_unpaid(const char *identity, size_t identity_len,
    double since_ms, char *buf, size_t size);
int ngx_http_flashsale_ffi_document(const char *kind, size_t kind_len,
    const char *id, size_t id_len, char *buf, size_t size);
int ngx_http_flashsale_ffi_documents(const char *kind, size_t kind_len,
    const char *after, size_t after_len, int limit,
    ngx_http_flashsale_ffi_document_t *documents, char *buf, size_t size,
    int *more);

/*
 * A file of secrets, read as "flashsale_secret" does; in init_by_lua.  text
 * has 65537 bytes.  How many it got: each secret with a newline.  -1: refused,
 * and text says why, NUL-terminated.
 */
int ngx_http_flashsale_ffi_secrets(const char *path, char *text, size_t size);

#pragma GCC visibility pop


#pragma GCC visibility push(hidden)

typedef struct ngx_http_flashsale_op_s  ngx_http_flashsale_op_t;

struct ngx_http_flashsale_lua_s {
    ngx_http_flashsale_op_t        **ops;       /* by slot */
    ngx_uint_t                       ops_n;
    ngx_http_flashsale_op_t         *free;

    /* room for one call */
    fs_sale_t                        sales[NGX_HTTP_FLASHSALE_FFI_PAGE];
    fs_ended_t                       ended[NGX_HTTP_FLASHSALE_FFI_PAGE];
    fs_hold_t                        holds[NGX_HTTP_FLASHSALE_FFI_PAGE];
    fs_document_t                    documents[NGX_HTTP_FLASHSALE_FFI_PAGE];
};


/* NULL outside of a worker: in init_by_lua, for one. */
ngx_http_flashsale_worker_t *ngx_http_flashsale_lua_worker(void);

/* Made when it is not there.  NULL: no memory. */
ngx_http_flashsale_lua_t *ngx_http_flashsale_lua(
    ngx_http_flashsale_worker_t *worker);

/* An identity's pseudonym.  OK, NO_BUYER, NOT_READY, INTERNAL. */
fs_outcome_t ngx_http_flashsale_lua_buyer(ngx_http_flashsale_worker_t *worker,
    fs_str_t identity, uint8_t *buyer);

/* OK and the sale, or why there is none. */
fs_outcome_t ngx_http_flashsale_lua_find_sale(fs_view_t *view, fs_str_t id,
    fs_sale_t *sale);

/*
 * What readers of holds begin with.  *seq: of the id, 0: none is given.  OK:
 * the view is open, and all of it can be read.
 */
fs_outcome_t ngx_http_flashsale_lua_open(ngx_http_flashsale_worker_t *worker,
    fs_str_t id, fs_seq_t *seq, fs_view_t *view);

/* What readers of a buyer's own holds begin with: as _lua_open(). */
fs_outcome_t ngx_http_flashsale_lua_own(ngx_http_flashsale_worker_t *worker,
    fs_str_t identity, fs_str_t id, uint8_t *buyer, fs_seq_t *seq,
    fs_view_t *view);

/* What is said of a hold beside its JSON. */
void ngx_http_flashsale_lua_order(ngx_http_flashsale_worker_t *worker,
    fs_view_t *view, const fs_hold_t *hold,
    ngx_http_flashsale_ffi_order_t *order);

/* A page of a buyer's holds as JSON, before the one that is given (0: from the
 * newest).  The length or minus an outcome. */
int ngx_http_flashsale_lua_holds(ngx_http_flashsale_worker_t *worker,
    fs_view_t *view, const uint8_t *buyer, fs_seq_t before, int limit,
    char *buf, size_t size);

/* A hold as JSON.  The length or minus an outcome. */
int ngx_http_flashsale_lua_render(ngx_http_flashsale_worker_t *worker,
    fs_view_t *view, const fs_hold_t *hold, char *buf, size_t size);


static ngx_inline fs_str_t
ngx_http_flashsale_lua_str(const char *data, size_t len)
{
    fs_str_t  str;

    str.data = data;
    str.len = len;

    return str;
}


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_LUA_H */
