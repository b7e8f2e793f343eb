
/*
 * What only those who work may read, for Lua: of anybody's orders, of waves,
 * of lines by where their goods are, and contacts by pseudonym.  Who may ask
 * is the caller's to check before.  The text is the API's own JSON.
 *
 * Results are those of lua/ngx_http_flashsale_lua.h.  A pseudonym is what the
 * ledger calls a buyer.  A point of no length: lines that have none.
 */

#ifndef NGX_HTTP_FLASHSALE_LUA_DESK_H
#define NGX_HTTP_FLASHSALE_LUA_DESK_H

#include "lua/ngx_http_flashsale_lua.h"


#define NGX_HTTP_FLASHSALE_FFI_LINES    500    /* of one call */


/* what is said of a line beside its JSON */
typedef struct {
    double                           at;        /* ready: from then on it
                                                   counts as handed over;
                                                   handed_over: since when;
                                                   0: not known */
    double                           sold;      /* in this order was paid */
    char                             buyer[2 * FS_BUYER_LEN];
} ngx_http_flashsale_ffi_listed_t;

/* a line of a wave, wherever its goods are */
typedef struct {
    double                           sold;      /* in this order was paid */
    double                           at;        /* as above */
    uint32_t                         qty;       /* that are not for sale
                                                   again */
    uint32_t                         short_qty;
    uint32_t                         goods;     /* fs_goods_t */
    uint32_t                         paid_back; /* units of it are owed back */
    char                             hold[FS_HOLD_ID_LEN];
    char                             buyer[2 * FS_BUYER_LEN];
} ngx_http_flashsale_ffi_wave_line_t;

/* a line of a sale's, and what of it is paid */
typedef struct {
    double                           hold;      /* its number */
    double                           sold;      /* in this order was paid, */
    uint32_t                         wave;      /* of each wave apart */
    uint32_t                         qty;       /* that are not for sale
                                                   again */
    double                           left_fen;  /* paid, and not owed back */
} ngx_http_flashsale_ffi_paid_t;


#pragma GCC visibility push(default)

/* By its number; NULL: there is no such one. */
const char *ngx_http_flashsale_ffi_goods(int goods);

/* Any hold, as GET holds/ID has it; buyer: 2 * FS_BUYER_LEN digits. */
int ngx_http_flashsale_ffi_desk_order(const char *id, size_t id_len,
    char *buf, size_t size, ngx_http_flashsale_ffi_order_t *order,
    char *buyer);

/* Whose public code that is, 2 * FS_BUYER_LEN digits.  0; no_buyer: it is
 * nobody's. */
int ngx_http_flashsale_ffi_desk_buyer(const char *code, size_t code_len,
    char *buyer);

/* All holds of a buyer, as GET holds. */
int ngx_http_flashsale_ffi_desk_orders(const char *buyer, size_t buyer_len,
    const char *before, size_t before_len, int limit, char *buf,
    size_t size);

/* As GET pickups/ID/lines; listed: one for each line, *n of them. */
int ngx_http_flashsale_ffi_desk_lines(const char *pickup, size_t pickup_len,
    int goods, const char *after, size_t after_len, int limit,
    ngx_http_flashsale_ffi_listed_t *listed, int *n, char *buf, size_t size);

/*
 * The lines of one sale at a point, behind that wave and `sold` (0, 0: from
 * the first), at most `limit`.  How many; *more: there are others.
 */
int ngx_http_flashsale_ffi_desk_paid(const char *sale, size_t sale_len,
    const char *pickup, size_t pickup_len, int goods, int wave, double sold,
    int limit, ngx_http_flashsale_ffi_paid_t *lines, int *more);

/*
 * The ids of the holds that these lines are of, those sold lately first, at
 * most `limit` lines: FS_HOLD_ID_LEN digits each, one behind the other.  How
 * many; *more: there are others.
 */
int ngx_http_flashsale_ffi_desk_ids(const char *pickup, size_t pickup_len,
    int goods, int limit, char *ids, int *more);

/*
 * The same of gifts that are not used, the newest first: at most `limit`,
 * which is also how many holds are looked at.  How many.
 */
int ngx_http_flashsale_ffi_desk_gifts(int limit, char *ids);

/* As GET waves/ID; as GET waves. */
int ngx_http_flashsale_ffi_desk_wave(const char *id, size_t id_len,
    const char *after, size_t after_len, char *buf, size_t size);
int ngx_http_flashsale_ffi_desk_waves(const char *after, size_t after_len,
    int limit, char *buf, size_t size);

/*
 * The lines of one sale of a wave at a point, in the order in which was paid,
 * behind that `sold` (0: from the first), at most `limit`.  How many; *more:
 * there are others.
 */
int ngx_http_flashsale_ffi_desk_wave_lines(const char *wave, size_t wave_len,
    const char *sale, size_t sale_len, const char *pickup, size_t pickup_len,
    double after, int limit, ngx_http_flashsale_ffi_wave_line_t *lines,
    int *more);

/*
 * To whom it is short, if so many of a sale were the last ones of a wave at a
 * point: as desk_lines, with what would be missing as short_qty.
 */
int ngx_http_flashsale_ffi_desk_short(const char *wave, size_t wave_len,
    const char *pickup, size_t pickup_len, const char *sale, size_t sale_len,
    int qty, int limit, ngx_http_flashsale_ffi_listed_t *listed, int *n,
    char *buf, size_t size);

/*
 * Claims that wait for an answer, what is due first first: {"claims":[{"hold",
 * "pickup","id","state","amount_fen","due_at","sale","qty","reason",
 * "answered_at"}],"more"}; buyers: 2 * FS_BUYER_LEN digits each, one behind
 * the other.
 */
int ngx_http_flashsale_ffi_desk_claims(int limit, char *buyers, char *buf,
    size_t size);

/* The contact alone, as ngx_http_flashsale_ffi_contact(). */
int ngx_http_flashsale_ffi_desk_contact(const char *buyer, size_t buyer_len,
    char *buf, size_t size);

/* The entity tag of a document, of a sale when no kind is given: what If-Match
 * wants.  buf has FS_ETAG_MAX bytes. */
int ngx_http_flashsale_ffi_desk_etag(const char *kind, size_t kind_len,
    const char *id, size_t id_len, char *buf);

#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_LUA_DESK_H */
