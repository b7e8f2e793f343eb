
/*
 * Directives, configuration, checks at `nginx -t`.
 */

#include "api/ngx_http_flashsale_api.h"
#include "conf/ngx_http_flashsale_conf.h"
#include "conf/ngx_http_flashsale_slot.h"
#include "core/base/version.h"
#include "http/ngx_http_flashsale_origins.h"
#include "http/ngx_http_flashsale_park.h"
#include "http/ngx_http_flashsale_refusal.h"
#include "http/ngx_http_flashsale_wait.h"
#include "live/ngx_http_flashsale_live.h"
#include "live/ngx_http_flashsale_viewers.h"
#include "lua/ngx_http_flashsale_lua_commands.h"
#include "module/ngx_http_flashsale_variables.h"
#include "pay/ngx_http_flashsale_checkout.h"
#include "pay/ngx_http_flashsale_pay.h"
#include "annex/ngx_http_flashsale_people.h"
#include "annex/ngx_http_flashsale_talk.h"
#include "worker/ngx_http_flashsale_worker.h"


/* address space; the index has four times the log's */
#define NGX_HTTP_FLASHSALE_SIZE_MIN  ((off_t) 16 * 1024 * 1024)
#define NGX_HTTP_FLASHSALE_SIZE_MAX  ((off_t) 16384 * 1024 * 1024 * 1024)


/* how long contacts are kept: half a year, so that who comes once a season is
 * still known */
#define NGX_HTTP_FLASHSALE_CONTACTS      (180 * 86400 * (ngx_msec_t) 1000)

/* and what they did */
#define NGX_HTTP_FLASHSALE_ACTIVITY      (90 * 86400 * (ngx_msec_t) 1000)


/* What a directive makes of its location, and what it needs to be there when
 * all is read. */
typedef struct {
    ngx_http_flashsale_place_t       place;
    ngx_http_handler_pt              handler;
    ngx_int_t                        role;      /* -1: none */
    unsigned                         below:1;   /* serves what is below the
                                                   location's path */
} ngx_http_flashsale_place_conf_t;


static char *ngx_http_flashsale_store(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_flashsale_place(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

static void *ngx_http_flashsale_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_flashsale_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_flashsale_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_flashsale_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static ngx_int_t ngx_http_flashsale_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_flashsale_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_flashsale_init_process(ngx_cycle_t *cycle);


static ngx_http_flashsale_place_conf_t  ngx_http_flashsale_api = {
    NGX_HTTP_FLASHSALE_API_PLACE, ngx_http_flashsale_endpoints, -1, 1
};

static ngx_http_flashsale_place_conf_t  ngx_http_flashsale_orders = {
    NGX_HTTP_FLASHSALE_ORDERS_PLACE, ngx_http_flashsale_endpoints,
    NGX_HTTP_FLASHSALE_ORDERS, 1
};

static ngx_http_flashsale_place_conf_t  ngx_http_flashsale_ledgers = {
    NGX_HTTP_FLASHSALE_LEDGER_PLACE, ngx_http_flashsale_endpoints,
    NGX_HTTP_FLASHSALE_LEDGER, 0
};

static ngx_http_flashsale_place_conf_t  ngx_http_flashsale_admin = {
    NGX_HTTP_FLASHSALE_ADMIN_PLACE, ngx_http_flashsale_endpoints,
    NGX_HTTP_FLASHSALE_ADMIN, 1
};

static ngx_http_flashsale_place_conf_t  ngx_http_flashsale_metric = {
    NGX_HTTP_FLASHSALE_METRICS_PLACE, ngx_http_flashsale_endpoints, -1, 0
};

static ngx_http_flashsale_place_conf_t  ngx_http_flashsale_activities = {
    NGX_HTTP_FLASHSALE_ACTIVITY_PLACE, ngx_http_flashsale_endpoints,
    NGX_HTTP_FLASHSALE_LEDGER, 0
};

static ngx_http_flashsale_place_conf_t  ngx_http_flashsale_problems = {
    NGX_HTTP_FLASHSALE_PROBLEM_PLACE, ngx_http_flashsale_refusal_handler,
    -1, 0
};


static const ngx_http_flashsale_bounds_t  ngx_http_flashsale_queue_bounds = {
    16, 1048576, "of slots "
};

static const ngx_http_flashsale_bounds_t  ngx_http_flashsale_live_bounds = {
    1, 1000000, ""
};

static const ngx_http_flashsale_bounds_t  ngx_http_flashsale_queued_bounds = {
    0, FS_STOCK_MAX, "of units "
};

/* of times, in ms */
static const ngx_http_flashsale_bounds_t  ngx_http_flashsale_hold_bounds = {
    FS_HOLD_MS_MIN, FS_HOLD_MS_MAX, "from 100ms to 1d"
};

static const ngx_http_flashsale_bounds_t  ngx_http_flashsale_refund_bounds = {
    0, FS_REFUND_MS_MAX, "from 0 to 30d"
};

static const ngx_http_flashsale_bounds_t  ngx_http_flashsale_given_bounds = {
    1000, FS_REFUND_MS_MAX, "from 1s to 30d, or \"off\""
};

static const ngx_http_flashsale_bounds_t
    ngx_http_flashsale_contacts_bounds = {
    1000, 3650 * 86400 * (ngx_int_t) 1000, "from 1s to 3650d, or \"off\""
};


/*
 * What lives as long as a worker, in the order in which it is told of news: an
 * answer goes before a stream.
 */

static const ngx_http_flashsale_part_t  *ngx_http_flashsale_parts[] = {
    &ngx_http_flashsale_people_part,
    &ngx_http_flashsale_talk_part,
    &ngx_http_flashsale_parked_part,
    &ngx_http_flashsale_waits_part,
    &ngx_http_flashsale_events_part,
    &ngx_http_flashsale_ledger_part,
    &ngx_http_flashsale_audit_part,
    &ngx_http_flashsale_lua_part,
    NULL
};


static ngx_command_t  ngx_http_flashsale_commands[] = {

    { ngx_string("flashsale_store"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE123,
      ngx_http_flashsale_store,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("flashsale_queue"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_flashsale_number_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_flashsale_main_conf_t, queue),
      (void *) &ngx_http_flashsale_queue_bounds },

    { ngx_string("flashsale_contacts"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_flashsale_time_or_off,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_flashsale_main_conf_t, contacts),
      (void *) &ngx_http_flashsale_contacts_bounds },

    { ngx_string("flashsale_activity"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_flashsale_time_or_off,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_flashsale_main_conf_t, activity),
      (void *) &ngx_http_flashsale_contacts_bounds },

    { ngx_string("flashsale_comments"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_flashsale_comments,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("flashsale_lead"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_flashsale_main_conf_t, lead),
      NULL },

    { ngx_string("flashsale_refund_time"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_flashsale_time,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_flashsale_main_conf_t, refund_time),
      (void *) &ngx_http_flashsale_refund_bounds },

    { ngx_string("flashsale_hand_over_time"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_flashsale_time_or_off,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_flashsale_main_conf_t, hand_over_time),
      (void *) &ngx_http_flashsale_given_bounds },

    { ngx_string("flashsale_claim_time"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_flashsale_time,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_flashsale_main_conf_t, claim_time),
      (void *) &ngx_http_flashsale_refund_bounds },

    { ngx_string("flashsale_claims"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE123,
      ngx_http_flashsale_claims,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("flashsale_secret"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE2,
      ngx_http_flashsale_secret,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("flashsale_user"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_flashsale_loc_conf_t, user),
      NULL },

    { ngx_string("flashsale_redirect"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_flashsale_loc_conf_t, redirect),
      NULL },

    { ngx_string("flashsale_origins"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_flashsale_origins,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("flashsale_hold_time"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_flashsale_time,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_flashsale_loc_conf_t, hold_time),
      (void *) &ngx_http_flashsale_hold_bounds },

    { ngx_string("flashsale_pay_time"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_flashsale_time,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_flashsale_loc_conf_t, pay_time),
      (void *) &ngx_http_flashsale_hold_bounds },

    { ngx_string("flashsale_live_holds"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_flashsale_number_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_flashsale_loc_conf_t, live_holds),
      (void *) &ngx_http_flashsale_live_bounds },

    { ngx_string("flashsale_queue_time"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_flashsale_time,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_flashsale_loc_conf_t, queue_time),
      (void *) &ngx_http_flashsale_hold_bounds },

    { ngx_string("flashsale_queued"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_flashsale_number_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_flashsale_loc_conf_t, queued),
      (void *) &ngx_http_flashsale_queued_bounds },

    { ngx_string("flashsale_newcomer"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_flashsale_newcomer,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("flashsale_referral"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_flashsale_referral,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("flashsale_api"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_flashsale_place,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      &ngx_http_flashsale_api },

    { ngx_string("flashsale_orders"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_flashsale_place,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      &ngx_http_flashsale_orders },

    { ngx_string("flashsale_ledger"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_flashsale_place,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      &ngx_http_flashsale_ledgers },

    { ngx_string("flashsale_activity_feed"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_flashsale_place,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      &ngx_http_flashsale_activities },

    { ngx_string("flashsale_admin"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_flashsale_place,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      &ngx_http_flashsale_admin },

    { ngx_string("flashsale_metrics"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_flashsale_place,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      &ngx_http_flashsale_metric },

    { ngx_string("flashsale_problem"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_flashsale_place,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      &ngx_http_flashsale_problems },

    { ngx_string("flashsale_pay"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_flashsale_pay,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_flashsale_loc_conf_t, pay),
      NULL },

    { ngx_string("flashsale_checkout_return"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_flashsale_checkout_return,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_flashsale_loc_conf_t, checkout_return),
      NULL },

    { ngx_string("flashsale_checkout_buyer"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_flashsale_checkout_buyer,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_flashsale_loc_conf_t, checkout_buyer),
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_flashsale_module_ctx = {
    ngx_http_flashsale_add_variables,      /* preconfiguration */
    ngx_http_flashsale_init,               /* postconfiguration */

    ngx_http_flashsale_create_main_conf,   /* create main configuration */
    ngx_http_flashsale_init_main_conf,     /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_flashsale_create_loc_conf,    /* create location configuration */
    ngx_http_flashsale_merge_loc_conf      /* merge location configuration */
};


ngx_module_t  ngx_http_flashsale_module = {
    NGX_MODULE_V1,
    &ngx_http_flashsale_module_ctx,        /* module context */
    ngx_http_flashsale_commands,           /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_flashsale_init_module,        /* init module */
    ngx_http_flashsale_init_process,       /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_flashsale_process_exit,       /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static char *
ngx_http_flashsale_store(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_flashsale_main_conf_t *mcf = conf;

    off_t             size;
    ngx_str_t        *value, s;
    ngx_uint_t        i, sized, synced;
    ngx_path_t       *path;
    ngx_file_info_t   fi;

    if (mcf->path) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0 || value[1].data[0] != '/') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has the relative path \"%V\": "
                           "it must be absolute", &cmd->name, &value[1]);
        return NGX_CONF_ERROR;
    }

    if (strspn((char *) value[1].data, "/") == value[1].len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has the path \"%V\": it must be a "
                           "directory of its own", &cmd->name, &value[1]);
        return NGX_CONF_ERROR;
    }

    sized = 0;
    synced = 0;

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "size=", 5) == 0) {
            if (sized++) {
                goto duplicate;
            }

            s.data = value[i].data + 5;
            s.len = value[i].len - 5;

            size = ngx_parse_offset(&s);

            if (size < NGX_HTTP_FLASHSALE_SIZE_MIN
                || size > NGX_HTTP_FLASHSALE_SIZE_MAX)
            {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "\"%V\" has the invalid parameter \"%V\": "
                                   "the size is a whole number of bytes, or "
                                   "with k, m or g, from 16m to 16384g",
                                   &cmd->name, &value[i]);
                return NGX_CONF_ERROR;
            }

            mcf->size = ngx_align((size_t) size, ngx_pagesize);
            continue;
        }

        if (ngx_strcmp(value[i].data, "sync=on") == 0
            || ngx_strcmp(value[i].data, "sync=off") == 0)
        {
            if (synced++) {
                goto duplicate;
            }

            mcf->sync = (value[i].len == sizeof("sync=on") - 1);
            continue;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has the invalid parameter \"%V\": it is "
                           "\"size=\" or \"sync=on\" or \"sync=off\"",
                           &cmd->name, &value[i]);
        return NGX_CONF_ERROR;
    }

    /* nginx makes the directory and gives it to the workers' user */

    path = ngx_pcalloc(cf->pool, sizeof(ngx_path_t));
    if (path == NULL) {
        return NGX_CONF_ERROR;
    }

    path->name = value[1];

    while (path->name.len > 1 && path->name.data[path->name.len - 1] == '/') {
        path->name.data[--path->name.len] = '\0';
    }

    /* nginx would give a file to the workers as well, and be content */

    if (ngx_file_info(path->name.data, &fi) == 0 && !ngx_is_dir(&fi)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has the path \"%V\": it is not a directory",
                           &cmd->name, &path->name);
        return NGX_CONF_ERROR;
    }

    path->conf_file = cf->conf_file->file.name.data;
    path->line = cf->conf_file->line;

    /* nobody else's path: a cache or a temporary path in it would be fatal */
    path->data = mcf;

    mcf->path = path;

    if (ngx_add_path(cf, &mcf->path) == NGX_ERROR) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;

duplicate:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"%V\" has the parameter \"%V\": it is duplicate, "
                       "each is there at most once", &cmd->name, &value[i]);

    return NGX_CONF_ERROR;
}


static char *
ngx_http_flashsale_place(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_flashsale_loc_conf_t *lcf = conf;

    ngx_http_core_loc_conf_t         *clcf;
    ngx_http_flashsale_place_conf_t  *place;

    place = cmd->post;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (lcf->place == place->place) {
        return "is duplicate";
    }

    if (lcf->place) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\": the location has another handler of "
                           "this module already, \"%V\" in line %ui",
                           &cmd->name, &lcf->placed->name, lcf->placed->line);
        return NGX_CONF_ERROR;
    }

    if (clcf->handler) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\": something else answers in the location "
                           "\"%V\" already, as \"proxy_pass\" or \"return\" "
                           "would; a location has one handler",
                           &cmd->name, &clcf->name);
        return NGX_CONF_ERROR;
    }

    if (place->below
        && (clcf->named || clcf->exact_match || clcf->noname
#if (NGX_PCRE)
            || clcf->regex
#endif
       ))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" must be in a location given by a prefix: "
                           "\"%V\" is none", &cmd->name, &clcf->name);
        return NGX_CONF_ERROR;
    }

    lcf->placed = ngx_http_flashsale_need(cf, place->role);
    if (lcf->placed == NULL) {
        return NGX_CONF_ERROR;
    }

    lcf->place = place->place;
    lcf->handler = place->handler;
    lcf->prefix = clcf->name;
    clcf->handler = place->handler;

    return NGX_CONF_OK;
}


static void *
ngx_http_flashsale_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_flashsale_main_conf_t  *mcf;

    ngx_http_flashsale_self = &ngx_http_flashsale_module;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_flashsale_main_conf_t));
    if (mcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     mcf->path = NULL;
     *     mcf->secrets = { NULL };
     *     mcf->worker = NULL;
     */

    mcf->size = (size_t) 16 * 1024 * 1024 * 1024;
    mcf->sync = 1;
    mcf->cycle = cf->cycle;
    mcf->queue = NGX_CONF_UNSET;
    mcf->contacts = NGX_CONF_UNSET_MSEC;
    mcf->activity = NGX_CONF_UNSET_MSEC;
    mcf->comments.buyer = NGX_CONF_UNSET;
    mcf->comments.buyer_period = NGX_CONF_UNSET_MSEC;
    mcf->comments.session = NGX_CONF_UNSET;
    mcf->comments.session_period = NGX_CONF_UNSET_MSEC;
    mcf->lead = NGX_CONF_UNSET;
    mcf->refund_time = NGX_CONF_UNSET_MSEC;
    mcf->hand_over_time = NGX_CONF_UNSET_MSEC;
    mcf->claim_time = NGX_CONF_UNSET_MSEC;
    mcf->claims.lot = NGX_CONF_UNSET;

    mcf->needs = ngx_array_create(cf->pool, 4,
                                  sizeof(ngx_http_flashsale_need_conf_t *));
    if (mcf->needs == NULL) {
        return NULL;
    }

    return mcf;
}


static char *
ngx_http_flashsale_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_flashsale_main_conf_t *mcf = conf;

    ngx_uint_t                        i;
    ngx_http_flashsale_need_conf_t  **need;

    need = mcf->needs->elts;

    for (i = 0; i < mcf->needs->nelts; i++) {

        if (mcf->path == NULL) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "\"%V\" requires \"flashsale_store\" in %s:%ui",
                          &need[i]->name, need[i]->file, need[i]->line);
            return NGX_CONF_ERROR;
        }

        if (need[i]->role >= 0 && mcf->secrets[need[i]->role] == NULL) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "\"%V\" requires \"flashsale_secret %s\" in %s:%ui",
                          &need[i]->name,
                          ngx_http_flashsale_roles[need[i]->role],
                          need[i]->file, need[i]->line);
            return NGX_CONF_ERROR;
        }
    }

    ngx_conf_init_value(mcf->lead, 1);
    ngx_conf_init_msec_value(mcf->activity, NGX_HTTP_FLASHSALE_ACTIVITY);
    ngx_conf_init_value(mcf->comments.buyer, 5);
    ngx_conf_init_msec_value(mcf->comments.buyer_period, 10 * 1000);
    ngx_conf_init_value(mcf->comments.session, 20);
    ngx_conf_init_msec_value(mcf->comments.session_period, 1000);
    ngx_conf_init_msec_value(mcf->refund_time, 2 * 3600 * 1000);
    ngx_conf_init_msec_value(mcf->hand_over_time, 48 * 3600 * 1000);
    ngx_conf_init_msec_value(mcf->claim_time, 24 * 3600 * 1000);
    ngx_conf_init_value(mcf->claims.lot, 20);

    if (mcf->queue == NGX_CONF_UNSET) {
        mcf->queue = 8192;
    }

    if (mcf->contacts == NGX_CONF_UNSET_MSEC) {
        mcf->contacts = NGX_HTTP_FLASHSALE_CONTACTS;
    }

    if (mcf->path == NULL) {
        return NGX_CONF_OK;
    }

    if (ngx_http_flashsale_zone_add(cf, mcf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static void *
ngx_http_flashsale_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_flashsale_loc_conf_t  *lcf;

    lcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_flashsale_loc_conf_t));
    if (lcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     lcf->user = NULL;
     *     lcf->redirect = NULL;
     *     lcf->pay = NULL;
     *     lcf->checkout_return = NULL;
     *     lcf->checkout_buyer = NULL;
     *     lcf->place = NGX_HTTP_FLASHSALE_NO_PLACE;
     *     lcf->handler = NULL;
     *     lcf->placed = NULL;
     *     lcf->paying = NULL;
     *     lcf->prefix = { 0, NULL };
     *     lcf->error_pages = NULL;
     *     lcf->error_pages_kept = NULL;
     */

    lcf->hold_time = NGX_CONF_UNSET_MSEC;
    lcf->pay_time = NGX_CONF_UNSET_MSEC;
    lcf->live_holds = NGX_CONF_UNSET;
    lcf->queue_time = NGX_CONF_UNSET_MSEC;
    lcf->queued = NGX_CONF_UNSET;
    lcf->newcomer = NGX_CONF_UNSET_PTR;
    lcf->referral = NGX_CONF_UNSET_PTR;
    lcf->origins = NGX_CONF_UNSET_PTR;

    return lcf;
}


static char *
ngx_http_flashsale_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_flashsale_loc_conf_t *prev = parent;
    ngx_http_flashsale_loc_conf_t *conf = child;

    ngx_http_core_loc_conf_t  *clcf;

    if (conf->user == NULL) {
        conf->user = prev->user;
    }

    if (conf->redirect == NULL) {
        conf->redirect = prev->redirect;
    }

    if (conf->checkout_return == NULL) {
        conf->checkout_return = prev->checkout_return;
    }

    if (conf->checkout_buyer == NULL) {
        conf->checkout_buyer = prev->checkout_buyer;
    }

    ngx_conf_merge_msec_value(conf->hold_time, prev->hold_time, 300000);
    ngx_conf_merge_msec_value(conf->pay_time, prev->pay_time, 900000);
    ngx_conf_merge_value(conf->live_holds, prev->live_holds, 3);
    ngx_conf_merge_msec_value(conf->queue_time, prev->queue_time, 1800000);
    ngx_conf_merge_value(conf->queued, prev->queued, UINT32_MAX);
    ngx_conf_merge_ptr_value(conf->newcomer, prev->newcomer, NULL);
    ngx_conf_merge_ptr_value(conf->referral, prev->referral, NULL);
    ngx_conf_merge_ptr_value(conf->origins, prev->origins, NULL);

    /* an "if" and a "limit_except" stay what their location is */

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->noname) {

        if (prev->handler && clcf->handler == NULL) {
            conf->place = prev->place;
            conf->handler = prev->handler;
            conf->prefix = prev->prefix;
            clcf->handler = prev->handler;
        }

        if (conf->pay == NULL) {
            conf->pay = prev->pay;
        }
    }

    if (!clcf->noname && conf->handler && clcf->handler != conf->handler) {

        /* nginx does not say by which directive */

        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"%V\": something else answers in the location \"%V\", "
                      "too, as \"proxy_pass\" would; a location has one "
                      "handler in %s:%ui", &conf->placed->name, &clcf->name,
                      conf->placed->file, conf->placed->line);
        return NGX_CONF_ERROR;
    }

    if (conf->paying && conf->handler) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"flashsale_pay\" is in one location with \"%V\": it "
                      "guards what a \"proxy_pass\" answers in %s:%ui",
                      &conf->placed->name, conf->paying->file,
                      conf->paying->line);
        return NGX_CONF_ERROR;
    }

    /*
     * What nginx refuses where this module answers is a problem document: the
     * server's pages are for people.  A location's own error_page counts.
     */

    conf->error_pages = clcf->error_pages;

    if (conf->handler && clcf->error_pages == prev->error_pages) {
        clcf->error_pages = clcf->noname ? prev->error_pages_kept : NULL;
    }

    conf->error_pages_kept = clcf->error_pages;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_flashsale_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_flashsale_pay_handler;

    ngx_http_flashsale_refusal_init();

    if (ngx_http_flashsale_origins_init(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_flashsale_system_environment();

    return ngx_http_flashsale_checkout_check(cf);
}


/* Which of several builds is running is asked when something is wrong. */

static ngx_int_t
ngx_http_flashsale_init_module(ngx_cycle_t *cycle)
{
    ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0,
                  "flashsale: version " FS_VERSION);

    return NGX_OK;
}


static ngx_int_t
ngx_http_flashsale_init_process(ngx_cycle_t *cycle)
{
    return ngx_http_flashsale_process_init(cycle, ngx_http_flashsale_parts);
}
