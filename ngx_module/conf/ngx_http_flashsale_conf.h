
/*
 * The module's configuration, and its place among nginx's modules: what all
 * of the glue stands on.  The glue has no business rule: it turns requests
 * into commands of the core and results into answers, and it owns the life
 * cycle: the shared zone, the worker's ring, its commit thread.
 *
 * Everything in the glue runs on the worker's main thread, unless it says
 * "thread".
 */

#ifndef NGX_HTTP_FLASHSALE_CONF_H
#define NGX_HTTP_FLASHSALE_CONF_H

#include "conf/ngx_http_flashsale_compat.h"
#include "core/base/fs_types.h"
#include "core/base/secret.h"

#pragma GCC visibility push(hidden)


/* of other rooms: here they are only kept */
typedef struct ngx_http_flashsale_shared_s    ngx_http_flashsale_shared_t;
typedef struct ngx_http_flashsale_eventfds_s  ngx_http_flashsale_eventfds_t;
typedef struct ngx_http_flashsale_worker_s    ngx_http_flashsale_worker_t;
typedef struct ngx_http_flashsale_newcomer_s  ngx_http_flashsale_newcomer_t;
typedef struct ngx_http_flashsale_referral_s  ngx_http_flashsale_referral_t;


/* who signs with a secret, the two who need none, and who has one of two */
typedef enum {
    NGX_HTTP_FLASHSALE_ORDERS = 0,
    NGX_HTTP_FLASHSALE_LEDGER,
    NGX_HTTP_FLASHSALE_ADMIN,
    NGX_HTTP_FLASHSALE_CHECKOUT,
    NGX_HTTP_FLASHSALE_ROLES_N,

    NGX_HTTP_FLASHSALE_BUYER = NGX_HTTP_FLASHSALE_ROLES_N,
    NGX_HTTP_FLASHSALE_ANYBODY,
    NGX_HTTP_FLASHSALE_DESK                         /* admin or orders */
} ngx_http_flashsale_role_t;

/* what a directive makes of its location */
typedef enum {
    NGX_HTTP_FLASHSALE_NO_PLACE = 0,
    NGX_HTTP_FLASHSALE_API_PLACE,
    NGX_HTTP_FLASHSALE_ORDERS_PLACE,
    NGX_HTTP_FLASHSALE_LEDGER_PLACE,
    NGX_HTTP_FLASHSALE_ADMIN_PLACE,
    NGX_HTTP_FLASHSALE_METRICS_PLACE,
    NGX_HTTP_FLASHSALE_ACTIVITY_PLACE,
    NGX_HTTP_FLASHSALE_PROBLEM_PLACE
} ngx_http_flashsale_place_t;

/* which claims the engine accepts by itself, and how many make a lot bad */
typedef struct {
    ngx_int_t                        auto_fen;      /* 0: none */
    ngx_int_t                        per_buyer;     /* so many of a buyer */
    ngx_msec_t                       period;        /* in this time */
    ngx_int_t                        lot;           /* per cent */
} ngx_http_flashsale_claims_t;

/* how many comments, in which time; 0: any */
typedef struct {
    ngx_int_t                        buyer;         /* of one buyer */
    ngx_msec_t                       buyer_period;
    ngx_int_t                        session;       /* of a session */
    ngx_msec_t                       session_period;
    ngx_uint_t                       set;
} ngx_http_flashsale_comments_t;

typedef struct {
    ngx_path_t                      *path;          /* NULL: no store */
    size_t                           size;
    dev_t                            device;        /* of the path, when the
                                                       zone was made */
    ngx_file_uniq_t                  inode;
    ngx_flag_t                       sync;
    ngx_flag_t                       lead;      /* off: it only reads */
    ngx_int_t                        queue;
    ngx_msec_t                       contacts;      /* age, 0: off */
    ngx_msec_t                       activity;      /* age, 0: none is kept */
    ngx_http_flashsale_comments_t    comments;
    ngx_msec_t                       refund_time;
    ngx_msec_t                       hand_over_time;    /* 0: never */
    ngx_msec_t                       claim_time;
    ngx_http_flashsale_claims_t      claims;
    uint32_t                         rings_n;
    size_t                           block_size;    /* of the zone's block */
    ngx_cycle_t                     *cycle;
    ngx_array_t                     *secrets[NGX_HTTP_FLASHSALE_ROLES_N];
                                                    /* of fs_str_t */
    ngx_array_t                     *needs;         /* checked at the end */
    ngx_shm_zone_t                  *shm_zone;
    ngx_http_flashsale_shared_t     *shared;
    ngx_http_flashsale_eventfds_t   *eventfds;
    ngx_http_flashsale_worker_t     *worker;        /* in a worker only */
} ngx_http_flashsale_main_conf_t;

/* where a directive stands, and what it needs to be there in the end */
typedef struct {
    ngx_str_t                        name;      /* of the directive */
    ngx_int_t                        role;      /* -1: none */
    u_char                          *file;
    ngx_uint_t                       line;
} ngx_http_flashsale_need_conf_t;

typedef struct {
    ngx_http_complex_value_t        *user;
    ngx_http_complex_value_t        *redirect;
    ngx_http_complex_value_t        *pay;
    ngx_http_complex_value_t        *checkout_return;
    ngx_http_complex_value_t        *checkout_buyer;
    ngx_msec_t                       hold_time;
    ngx_msec_t                       pay_time;
    ngx_int_t                        live_holds;
    ngx_msec_t                       queue_time;
    ngx_int_t                        queued;        /* UINT32_MAX: a sale's
                                                       stock */
    ngx_http_flashsale_newcomer_t   *newcomer;      /* NULL: off */
    ngx_http_flashsale_referral_t   *referral;      /* NULL: off */
    ngx_array_t                     *origins;       /* of ngx_str_t; NULL:
                                                       none */
    ngx_http_flashsale_place_t       place;
    ngx_http_handler_pt              handler;       /* of this place */
    ngx_str_t                        prefix;        /* the location's path */
    ngx_http_flashsale_need_conf_t  *placed;        /* by which directive */
    ngx_http_flashsale_need_conf_t  *paying;        /* flashsale_pay; NULL:
                                                       not here */
    ngx_array_t                     *error_pages;   /* as configured, */
    ngx_array_t                     *error_pages_kept;  /* and in force */
} ngx_http_flashsale_loc_conf_t;


/*
 * This module, among nginx's.  It names all handlers, so it stands above all
 * that uses it, and hands itself in before its first configuration is made.
 */
extern ngx_module_t  *ngx_http_flashsale_self;

#define ngx_http_flashsale_main_conf(r)                                      \
    ((ngx_http_flashsale_main_conf_t *)                                      \
         ngx_http_get_module_main_conf(r, (*ngx_http_flashsale_self)))

#define ngx_http_flashsale_loc_conf(r)                                       \
    ((ngx_http_flashsale_loc_conf_t *)                                       \
         ngx_http_get_module_loc_conf(r, (*ngx_http_flashsale_self)))

/* while a configuration is read */
#define ngx_http_flashsale_conf_main_conf(cf)                                \
    ((ngx_http_flashsale_main_conf_t *)                                      \
         ngx_http_conf_get_module_main_conf(cf, (*ngx_http_flashsale_self)))

static ngx_inline fs_str_t
ngx_http_flashsale_str(const ngx_str_t *value)
{
    fs_str_t  str;

    str.data = (const char *) value->data;
    str.len = value->len;

    return str;
}

/* The configuration of a cycle.  NULL: it has no "http". */
ngx_http_flashsale_main_conf_t *ngx_http_flashsale_cycle_conf(
    ngx_cycle_t *cycle);

/* Remember what the directive being read needs: a store, and a role's secret
 * (-1: none).  NULL: no memory. */
ngx_http_flashsale_need_conf_t *ngx_http_flashsale_need(ngx_conf_t *cf,
    ngx_int_t role);

/* The request's worker, NULL outside of one. */
#define ngx_http_flashsale_worker(r)  ngx_http_flashsale_main_conf(r)->worker


/* ngx_http_flashsale_claims.c: the directive "flashsale_claims". */

char *ngx_http_flashsale_claims(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


/* ngx_http_flashsale_comments.c: the directive "flashsale_comments". */

char *ngx_http_flashsale_comments(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


/*
 * ngx_http_flashsale_secret.c: the secrets of roles: files, read by the
 * master when it reads its configuration.  Lua reads its own the same way.
 */

extern const char  *ngx_http_flashsale_roles[];     /* by role */

char *ngx_http_flashsale_secret(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * The secrets of a file, each with a newline, into a text of FS_SECRETS_MAX +
 * 1 bytes.  Returns how long it is, or -1, and the text says why,
 * NUL-terminated.
 */
int ngx_http_flashsale_read_secrets(const char *path, char *text);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_CONF_H */
