
/*
 * The table of all endpoints, and what they have in common: who may, what is
 * not there, what is not allowed, bodies, and answers that refuse.
 */

#include "api/ngx_http_flashsale_api.h"
#include "api/ngx_http_flashsale_comments.h"
#include "api/ngx_http_flashsale_me.h"
#include "core/log/life.h"
#include "core/text/text.h"
#include "http/ngx_http_flashsale_answer.h"
#include "http/ngx_http_flashsale_request.h"
#include "live/ngx_http_flashsale_live.h"


#define NGX_HTTP_FLASHSALE_READS  (NGX_HTTP_GET|NGX_HTTP_HEAD)


static const ngx_http_flashsale_endpoint_t *ngx_http_flashsale_find(
    ngx_http_request_t *r, ngx_http_flashsale_place_t place, fs_str_t *names,
    ngx_uint_t *methods);
static ngx_uint_t ngx_http_flashsale_path(const char *pattern, fs_str_t path,
    fs_str_t *names);
static ngx_int_t ngx_http_flashsale_allow(ngx_http_request_t *r,
    ngx_uint_t methods);
static fs_outcome_t ngx_http_flashsale_may(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_http_flashsale_worker_t *worker);
static fs_outcome_t ngx_http_flashsale_signed_by(ngx_http_request_t *r,
    ngx_http_flashsale_role_t who, fs_str_t body);
static fs_outcome_t ngx_http_flashsale_may_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx);
static void ngx_http_flashsale_write(ngx_http_request_t *r);


#define ngx_http_flashsale_parser(name, member)                              \
                                                                             \
static int                                                                   \
ngx_http_flashsale_parse_##name(fs_str_t body,                               \
    ngx_http_flashsale_asked_t *asked, fs_fault_t *fault)                    \
{                                                                            \
    return fs_request_##name(body, &asked->member, fault);                   \
}

ngx_http_flashsale_parser(hold, hold)
ngx_http_flashsale_parser(hold_form, hold)
ngx_http_flashsale_parser(plain_form, hold)
ngx_http_flashsale_parser(order_for, order_for)
ngx_http_flashsale_parser(point, hold)
ngx_http_flashsale_parser(point_form, hold)
ngx_http_flashsale_parser(gift, hold)
ngx_http_flashsale_parser(gift_form, hold)
ngx_http_flashsale_parser(grant, grant)
ngx_http_flashsale_parser(confirm, order)
ngx_http_flashsale_parser(refund, refund)
ngx_http_flashsale_parser(refunded, order)
ngx_http_flashsale_parser(claim, claim)
ngx_http_flashsale_parser(claim_form, claim)
ngx_http_flashsale_parser(hand_over, handed)
ngx_http_flashsale_parser(put_back, handed)
ngx_http_flashsale_parser(answer, accept)
ngx_http_flashsale_parser(call_off, reason)
ngx_http_flashsale_parser(compensate, reason)
ngx_http_flashsale_parser(wave, wave)
ngx_http_flashsale_parser(receive, receive)
ngx_http_flashsale_parser(pin, pin)
ngx_http_flashsale_parser(contact, contact)
ngx_http_flashsale_parser(contact_form, contact)
ngx_http_flashsale_parser(comment, comment)
ngx_http_flashsale_parser(comment_form, comment)
ngx_http_flashsale_parser(about, comment)
ngx_http_flashsale_parser(reply, comment)
ngx_http_flashsale_parser(sale, sale)
ngx_http_flashsale_parser(stock, add)
ngx_http_flashsale_parser(draw, beacon[0])


static int
ngx_http_flashsale_parse_document(fs_str_t body,
    ngx_http_flashsale_asked_t *asked, fs_fault_t *fault)
{
    asked->sale.doc = body;

    return fs_request_document(body, fault);
}


static int
ngx_http_flashsale_parse_empty(fs_str_t body,
    ngx_http_flashsale_asked_t *asked, fs_fault_t *fault)
{
    (void) asked;

    return fs_request_empty(body, fault);
}


/* place, path, methods, who */

#define ngx_http_flashsale_reads(place, path, methods, who, read)            \
    { NGX_HTTP_FLASHSALE_##place##_PLACE, path, methods,                     \
      NGX_HTTP_FLASHSALE_##who, NGX_HTTP_FLASHSALE_READ,                     \
      ngx_http_flashsale_##read, FS_COMMAND_NONE,                            \
      NGX_HTTP_FLASHSALE_UNKEYED, NULL, NULL, NULL, NULL }

/* of a person, which is no command */
#define ngx_http_flashsale_person(path, method, keyed, parse, form, write)   \
    { NGX_HTTP_FLASHSALE_API_PLACE, path, NGX_HTTP_##method,                 \
      NGX_HTTP_FLASHSALE_BUYER, NGX_HTTP_FLASHSALE_ANNEXES, NULL,             \
      FS_COMMAND_NONE, NGX_HTTP_FLASHSALE_##keyed,                           \
      ngx_http_flashsale_parse_##parse, ngx_http_flashsale_parse_##form,     \
      NULL, ngx_http_flashsale_##write }

/* what was said, and what a host does about it */
#define ngx_http_flashsale_said(place, path, methods, who, read)             \
    { NGX_HTTP_FLASHSALE_##place##_PLACE, path, methods,                     \
      NGX_HTTP_FLASHSALE_##who, NGX_HTTP_FLASHSALE_ANNEXES,                  \
      ngx_http_flashsale_##read, FS_COMMAND_NONE,                            \
      NGX_HTTP_FLASHSALE_UNKEYED, NULL, NULL, NULL, NULL }

#define ngx_http_flashsale_host(path, parse, write)                          \
    { NGX_HTTP_FLASHSALE_ADMIN_PLACE, path, NGX_HTTP_POST,                   \
      NGX_HTTP_FLASHSALE_ADMIN, NGX_HTTP_FLASHSALE_ANNEXES, NULL,            \
      FS_COMMAND_NONE, NGX_HTTP_FLASHSALE_KEYED,                             \
      ngx_http_flashsale_parse_##parse, NULL, NULL,                          \
      ngx_http_flashsale_##write }

#define ngx_http_flashsale_hold(path, method, command, keyed, parse, form)   \
    { NGX_HTTP_FLASHSALE_API_PLACE, path, NGX_HTTP_##method,                 \
      NGX_HTTP_FLASHSALE_BUYER, NGX_HTTP_FLASHSALE_COMMAND, NULL,            \
      FS_COMMAND_##command, NGX_HTTP_FLASHSALE_##keyed,                      \
      ngx_http_flashsale_parse_##parse, ngx_http_flashsale_parse_##form,     \
      ngx_http_flashsale_hold_done, NULL }

/* an order's private link */
#define ngx_http_flashsale_link(place, path, method, who, command, form)     \
    { NGX_HTTP_FLASHSALE_##place##_PLACE, path, NGX_HTTP_##method,           \
      NGX_HTTP_FLASHSALE_##who, NGX_HTTP_FLASHSALE_COMMAND, NULL,            \
      FS_COMMAND_##command, NGX_HTTP_FLASHSALE_UNKEYED,                      \
      ngx_http_flashsale_parse_empty, form, ngx_http_flashsale_link_done,    \
      ngx_http_flashsale_link_write }

#define ngx_http_flashsale_order(path, command, keyed, parse, done)          \
    { NGX_HTTP_FLASHSALE_ORDERS_PLACE, path, NGX_HTTP_POST,                  \
      NGX_HTTP_FLASHSALE_ORDERS, NGX_HTTP_FLASHSALE_COMMAND, NULL,           \
      FS_COMMAND_##command, NGX_HTTP_FLASHSALE_##keyed,                      \
      ngx_http_flashsale_parse_##parse, NULL,                                \
      ngx_http_flashsale_##done##_done, NULL }

#define ngx_http_flashsale_admin(path, method, command, parse, done)         \
    ngx_http_flashsale_signs(ADMIN, path, method, command, parse, done)

#define ngx_http_flashsale_desk(path, method, command, parse, done)          \
    ngx_http_flashsale_signs(DESK, path, method, command, parse, done)

#define ngx_http_flashsale_signs(who, path, method, command, parse, done)    \
    { NGX_HTTP_FLASHSALE_ADMIN_PLACE, path, NGX_HTTP_##method,               \
      NGX_HTTP_FLASHSALE_##who, NGX_HTTP_FLASHSALE_COMMAND, NULL,            \
      FS_COMMAND_##command, NGX_HTTP_FLASHSALE_KEYED,                        \
      ngx_http_flashsale_parse_##parse, NULL,                                \
      ngx_http_flashsale_##done##_done, NULL }

/*
 * The first path that fits counts, with all its methods; they stand together.
 */

static const ngx_http_flashsale_endpoint_t  ngx_http_flashsale_table[] = {

    ngx_http_flashsale_hold("holds", POST, HOLD, KEYED, hold, hold_form),
    ngx_http_flashsale_reads(API, "holds", NGX_HTTP_FLASHSALE_READS, BUYER,
                             holds_read),
    ngx_http_flashsale_hold("holds/>/release", POST, RELEASE, UNKEYED, empty,
                            plain_form),
    ngx_http_flashsale_hold("holds/>/pickup", POST, POINT, KEYED, point,
                            point_form),
    ngx_http_flashsale_hold("holds/>/cancel", POST, CANCEL_ORDER, KEYABLE,
                            empty, plain_form),
    { NGX_HTTP_FLASHSALE_API_PLACE, "holds/>/gift", NGX_HTTP_POST,
      NGX_HTTP_FLASHSALE_BUYER, NGX_HTTP_FLASHSALE_COMMAND, NULL,
      FS_COMMAND_GIFT, NGX_HTTP_FLASHSALE_UNKEYED,
      ngx_http_flashsale_parse_gift, ngx_http_flashsale_parse_gift_form,
      ngx_http_flashsale_hold_done, ngx_http_flashsale_gift_write },
    { NGX_HTTP_FLASHSALE_API_PLACE, "holds/>/claims", NGX_HTTP_POST,
      NGX_HTTP_FLASHSALE_BUYER, NGX_HTTP_FLASHSALE_COMMAND, NULL,
      FS_COMMAND_CLAIM, NGX_HTTP_FLASHSALE_KEYED,
      ngx_http_flashsale_parse_claim, ngx_http_flashsale_parse_claim_form,
      ngx_http_flashsale_claim_done, ngx_http_flashsale_claim_write },
    ngx_http_flashsale_link(API, "holds/>/link", POST, BUYER, DOCUMENT,
                            ngx_http_flashsale_parse_plain_form),
    ngx_http_flashsale_link(API, "holds/>/link", DELETE, BUYER, DELETE,
                            ngx_http_flashsale_parse_plain_form),
    ngx_http_flashsale_link(API, "holds/>/unlink", POST, BUYER, DELETE,
                            ngx_http_flashsale_parse_plain_form),
    ngx_http_flashsale_reads(API, "holds/>", NGX_HTTP_FLASHSALE_READS, BUYER,
                             hold_read),
    ngx_http_flashsale_hold("holds/>", DELETE, RELEASE, UNKEYED, empty,
                            plain_form),

    ngx_http_flashsale_reads(API, "gifts", NGX_HTTP_FLASHSALE_READS, BUYER,
                             gifts_read),

    { NGX_HTTP_FLASHSALE_API_PLACE, "me", NGX_HTTP_FLASHSALE_READS,
      NGX_HTTP_FLASHSALE_BUYER, NGX_HTTP_FLASHSALE_ANNEXES,
      ngx_http_flashsale_me_read, FS_COMMAND_NONE,
      NGX_HTTP_FLASHSALE_UNKEYED, NULL, NULL, NULL, NULL },
    ngx_http_flashsale_person("me", DELETE, UNKEYED, empty, plain_form,
                              me_leave),
    ngx_http_flashsale_person("me/erase", POST, UNKEYED, empty, plain_form,
                              me_leave),
    ngx_http_flashsale_person("contact", POST, KEYED, contact, contact_form,
                              contact_write),

    ngx_http_flashsale_person("sessions/*/comments", POST, KEYED, comment,
                              comment_form, comment_write),
    ngx_http_flashsale_said(API, "sessions/*/comments",
                            NGX_HTTP_FLASHSALE_READS, ANYBODY,
                            comments_read),

    ngx_http_flashsale_reads(API, "sales", NGX_HTTP_FLASHSALE_READS, ANYBODY,
                             sales),
    ngx_http_flashsale_reads(API, "sales/>/draw", NGX_HTTP_FLASHSALE_READS,
                             ANYBODY, draw),
    ngx_http_flashsale_reads(API, "sales/>", NGX_HTTP_FLASHSALE_READS,
                             ANYBODY, sale),
    ngx_http_flashsale_reads(API, "events", NGX_HTTP_GET, ANYBODY, events),

    ngx_http_flashsale_order("*/confirm", CONFIRM, UNKEYED, confirm, confirm),
    ngx_http_flashsale_order("*/cancel", CANCEL, UNKEYED, empty, hold),
    ngx_http_flashsale_order("*/refund", REFUND, KEYED, refund, hold),
    ngx_http_flashsale_order("*/refunded", REFUNDED, UNKEYED, refunded, hold),
    ngx_http_flashsale_order("*/ready", READY, UNKEYED, empty, hold),
    ngx_http_flashsale_order("*/picked-up", PICK_UP, UNKEYED, hand_over,
                             handed),
    ngx_http_flashsale_order("*/put-back", PUT_BACK, UNKEYED, put_back, hold),
    ngx_http_flashsale_order("*/claims", CLAIM, KEYED, claim, claim),
    ngx_http_flashsale_order("*/claims/*", ANSWER_CLAIM, KEYABLE, answer,
                             hold),

    ngx_http_flashsale_link(ORDERS, "*/link", POST, ORDERS, DOCUMENT, NULL),
    ngx_http_flashsale_link(ORDERS, "*/link", DELETE, ORDERS, DELETE, NULL),

    ngx_http_flashsale_admin("clock", POST, CLOCK, empty, nothing),
    ngx_http_flashsale_admin("life", POST, LIFE, empty, life),
    ngx_http_flashsale_reads(ADMIN, "audit", NGX_HTTP_FLASHSALE_READS, ADMIN,
                             audit),
    ngx_http_flashsale_reads(ADMIN, "sales", NGX_HTTP_FLASHSALE_READS, ADMIN,
                             sales),
    ngx_http_flashsale_admin("sales/+", PUT, DEFINE, sale, sale),
    ngx_http_flashsale_reads(ADMIN, "sales/+", NGX_HTTP_FLASHSALE_READS,
                             ADMIN, sale),
    ngx_http_flashsale_admin("sales/*/stock", POST, STOCK, stock, sale),
    ngx_http_flashsale_admin("sales/*/pause", POST, PAUSE, empty, sale),
    ngx_http_flashsale_admin("sales/*/resume", POST, RESUME, empty, sale),
    ngx_http_flashsale_admin("sales/*/close", POST, CLOSE, empty, sale),
    ngx_http_flashsale_admin("sales/*/draw", POST, DRAW, draw, draw),
    ngx_http_flashsale_admin("sales/*/cancel", POST, CALL_OFF, call_off,
                             sale),
    ngx_http_flashsale_admin("sales/*/compensate", POST, COMPENSATE,
                             compensate, orders),
    { NGX_HTTP_FLASHSALE_ADMIN_PLACE, "sales/*/grant", NGX_HTTP_POST,
      NGX_HTTP_FLASHSALE_DESK, NGX_HTTP_FLASHSALE_COMMAND, NULL,
      FS_COMMAND_GRANT, NGX_HTTP_FLASHSALE_KEYED,
      ngx_http_flashsale_parse_grant, NULL,
      ngx_http_flashsale_hold_done, ngx_http_flashsale_grant_write },
    { NGX_HTTP_FLASHSALE_ADMIN_PLACE, "holds", NGX_HTTP_POST,
      NGX_HTTP_FLASHSALE_DESK, NGX_HTTP_FLASHSALE_COMMAND, NULL,
      FS_COMMAND_ORDER, NGX_HTTP_FLASHSALE_KEYED,
      ngx_http_flashsale_parse_order_for, NULL,
      ngx_http_flashsale_hold_done, ngx_http_flashsale_order_for_write },
    { NGX_HTTP_FLASHSALE_ADMIN_PLACE, "contacts/+", NGX_HTTP_PUT,
      NGX_HTTP_FLASHSALE_DESK, NGX_HTTP_FLASHSALE_ANNEXES, NULL,
      FS_COMMAND_NONE, NGX_HTTP_FLASHSALE_UNKEYED,
      ngx_http_flashsale_parse_contact, NULL, NULL,
      ngx_http_flashsale_contact_put },
    ngx_http_flashsale_reads(ADMIN, "waves", NGX_HTTP_FLASHSALE_READS, DESK,
                             waves_read),
    ngx_http_flashsale_desk("waves/+", PUT, WAVE, wave, wave),
    ngx_http_flashsale_reads(ADMIN, "waves/+", NGX_HTTP_FLASHSALE_READS, DESK,
                             wave_read),
    ngx_http_flashsale_desk("waves/*/receive", POST, RECEIVE, receive, wave),
    ngx_http_flashsale_reads(ADMIN, "pickups/*/lines",
                             NGX_HTTP_FLASHSALE_READS, DESK, lines_read),
    ngx_http_flashsale_admin("sessions/*/start", POST, ROOM, empty, room),
    ngx_http_flashsale_admin("sessions/*/pin", POST, ROOM, pin, room),
    ngx_http_flashsale_admin("sessions/*/end", POST, ROOM, empty, room),
    ngx_http_flashsale_host("sessions/*/mute", about, mute_write),
    ngx_http_flashsale_host("sessions/*/remove", about, remove_write),
    ngx_http_flashsale_host("sessions/*/answer", reply, reply_write),
    ngx_http_flashsale_reads(ADMIN, "documents/+", NGX_HTTP_FLASHSALE_READS,
                             ADMIN, documents_read),
    ngx_http_flashsale_reads(ADMIN, "documents/*/>",
                             NGX_HTTP_FLASHSALE_READS, ADMIN, document_read),
    ngx_http_flashsale_admin("documents/*/>", PUT, DOCUMENT, document,
                             document),
    ngx_http_flashsale_admin("documents/*/>", DELETE, DELETE, empty,
                             nothing),

    ngx_http_flashsale_said(ACTIVITY, ">", NGX_HTTP_FLASHSALE_READS, LEDGER,
                            activity_read),

    ngx_http_flashsale_reads(LEDGER, ">", NGX_HTTP_GET, LEDGER, ledger),

    /* what is wrong with a store that is not open has to be seen, too */

    { NGX_HTTP_FLASHSALE_METRICS_PLACE, ">", NGX_HTTP_FLASHSALE_READS,
      NGX_HTTP_FLASHSALE_ANYBODY, NGX_HTTP_FLASHSALE_NOTHING,
      ngx_http_flashsale_metrics, FS_COMMAND_NONE,
      NGX_HTTP_FLASHSALE_UNKEYED, NULL, NULL, NULL, NULL }
};


/* by who it is that writes */

static const struct {
    size_t                       body_max;
    ngx_http_flashsale_write_pt  write;
} ngx_http_flashsale_writers[] = {
    [NGX_HTTP_FLASHSALE_BUYER] =
        { FS_BODY_MAX, ngx_http_flashsale_hold_write },
    [NGX_HTTP_FLASHSALE_ORDERS] =
        { FS_BODY_MAX, ngx_http_flashsale_order_write },
    [NGX_HTTP_FLASHSALE_ADMIN] =
        { FS_BODY_ADMIN_MAX, ngx_http_flashsale_admin_write },
    [NGX_HTTP_FLASHSALE_DESK] =
        { FS_BODY_ADMIN_MAX, ngx_http_flashsale_admin_write }
};


ngx_int_t
ngx_http_flashsale_endpoints(ngx_http_request_t *r)
{
    ngx_int_t                             rc;
    ngx_uint_t                            methods;
    fs_outcome_t                          outcome;
    ngx_http_flashsale_ctx_t             *ctx;
    ngx_http_flashsale_worker_t          *worker;
    const ngx_http_flashsale_endpoint_t  *endpoint;

    ctx = ngx_http_flashsale_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    endpoint = ngx_http_flashsale_find(r,
                                       ngx_http_flashsale_loc_conf(r)->place,
                                       ctx->names, &methods);
    if (endpoint == NULL) {
        return methods ? ngx_http_flashsale_allow(r, methods)
                       : ngx_http_flashsale_problem(r, FS_NOT_FOUND, NULL);
    }

    ctx->endpoint = endpoint;

    /* known first: whatever refuses a form is told on a page */

    ctx->form = (endpoint->form != NULL && r->method == NGX_HTTP_POST
                 && ngx_http_flashsale_media(r, ctx) == 1);

    worker = ngx_http_flashsale_worker(r);

    if (endpoint->need != NGX_HTTP_FLASHSALE_NOTHING) {
        worker = ngx_http_flashsale_gate(r, endpoint->need, &rc);
        if (worker == NULL) {
            return rc;
        }
    }

    outcome = ngx_http_flashsale_may(r, ctx, worker);

    if (outcome == FS_OK && endpoint->read) {
        return endpoint->read(r, worker);
    }

    if (outcome == FS_OK) {
        outcome = ngx_http_flashsale_may_write(r, ctx);
    }

    if (outcome != FS_OK) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    return ngx_http_flashsale_read_body(r,
                         ngx_http_flashsale_writers[endpoint->who].body_max,
                         ngx_http_flashsale_write);
}


/* NULL: *methods are allowed here, or 0: there is nothing. */

static const ngx_http_flashsale_endpoint_t *
ngx_http_flashsale_find(ngx_http_request_t *r,
    ngx_http_flashsale_place_t place, fs_str_t *names, ngx_uint_t *methods)
{
    fs_str_t                              path;
    const char                           *found;
    const ngx_http_flashsale_endpoint_t  *endpoint, *end;

    path = ngx_http_flashsale_below(r);
    found = NULL;
    *methods = 0;

    end = ngx_http_flashsale_table
          + sizeof(ngx_http_flashsale_table)
            / sizeof(ngx_http_flashsale_endpoint_t);

    for (endpoint = ngx_http_flashsale_table; endpoint < end; endpoint++) {

        if (endpoint->place != place
            || (found
                ? strcmp(found, endpoint->path) != 0
                : !ngx_http_flashsale_path(endpoint->path, path, names)))
        {
            continue;
        }

        if (r->method & endpoint->method) {
            return endpoint;
        }

        found = endpoint->path;
        *methods |= endpoint->method;
    }

    return NULL;
}


/* 1: the path is of this pattern, and here are its names. */

static ngx_uint_t
ngx_http_flashsale_path(const char *pattern, fs_str_t path, fs_str_t *names)
{
    size_t       rest;
    const char  *slash;

    ngx_memzero(names, sizeof(((ngx_http_flashsale_ctx_t *) 0)->names));

    for ( /* void */ ; *pattern; pattern++) {

        switch (*pattern) {

        case '>':
            rest = strlen(pattern + 1);

            if (path.len < rest + (rest != 0)) {
                return 0;
            }

            names->len = path.len - rest;
            break;

        case '*':
        case '+':
            slash = path.len ? memchr(path.data, '/', path.len) : NULL;
            names->len = slash ? (size_t) (slash - path.data) : path.len;

            if (names->len == 0 && *pattern == '+') {
                return 0;
            }

            break;

        default:
            if (path.len == 0 || *path.data != *pattern) {
                return 0;
            }

            path.data++;
            path.len--;
            continue;
        }

        names->data = path.data;
        path.data += names->len;
        path.len -= names->len;
        names++;
    }

    return path.len == 0;
}


static ngx_int_t
ngx_http_flashsale_allow(ngx_http_request_t *r, ngx_uint_t methods)
{
    u_char      *p;
    char        *allow;
    ngx_uint_t   i;

    static const struct {
        ngx_uint_t   method;
        const char  *name;
    } known[] = {
        { NGX_HTTP_GET, "GET" },
        { NGX_HTTP_HEAD, "HEAD" },
        { NGX_HTTP_POST, "POST" },
        { NGX_HTTP_PUT, "PUT" },
        { NGX_HTTP_DELETE, "DELETE" }
    };

    allow = ngx_pnalloc(r->pool, sizeof("GET, HEAD, POST, PUT, DELETE"));
    if (allow == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = (u_char *) allow;

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (methods & known[i].method) {
            p = ngx_sprintf(p, "%s%s", p == (u_char *) allow ? "" : ", ",
                            known[i].name);
        }
    }

    *p = '\0';

    return ngx_http_flashsale_not_allowed(r, allow);
}


/*
 * A buyer is who the location's "flashsale_user" says, and may have named a
 * hold.  What is only read has its signature without a body; a write is signed
 * together with the body that is still to come.
 */

static fs_outcome_t
ngx_http_flashsale_may(ngx_http_request_t *r, ngx_http_flashsale_ctx_t *ctx,
    ngx_http_flashsale_worker_t *worker)
{
    fs_str_t                              none = fs_str("");
    fs_outcome_t                          outcome;
    const ngx_http_flashsale_endpoint_t  *endpoint;

    endpoint = ctx->endpoint;

    switch (endpoint->who) {

    case NGX_HTTP_FLASHSALE_ANYBODY:
        return FS_OK;

    case NGX_HTTP_FLASHSALE_BUYER:

        /* whoever has an order's link reads it, and may claim */

        if ((endpoint->read == ngx_http_flashsale_hold_read
             || endpoint->command == FS_COMMAND_CLAIM)
            && ngx_http_flashsale_by_link(r, ctx, worker, &outcome))
        {
            return outcome;
        }

        outcome = ngx_http_flashsale_buyer(r, ctx, worker);

        if (outcome == FS_OK && endpoint->command == FS_COMMAND_HOLD) {
            fs_sheet_expect(worker->cache, ctx->buyer);
        }

        if (outcome == FS_OK && ctx->names[0].data
            && endpoint->need != NGX_HTTP_FLASHSALE_ANNEXES)
        {
            outcome = fs_life_hold_parse(worker->store, worker->crypto,
                                         ctx->names[0], &ctx->seq,
                                         &ctx->epoch);
        }

        return outcome;

    default:
        return endpoint->read ? ngx_http_flashsale_signed_by(r, endpoint->who,
                                                             none)
                              : FS_OK;
    }
}


/* Who is at the desk may be an operator, or serves orders: what is told of a
 * wrong signature is the operator's. */

static fs_outcome_t
ngx_http_flashsale_signed_by(ngx_http_request_t *r,
    ngx_http_flashsale_role_t who, fs_str_t body)
{
    if (who != NGX_HTTP_FLASHSALE_DESK) {
        return ngx_http_flashsale_signed(r, who, body);
    }

    if (ngx_http_flashsale_signed(r, NGX_HTTP_FLASHSALE_ORDERS, body)
        == FS_OK)
    {
        return FS_OK;
    }

    return ngx_http_flashsale_signed(r, NGX_HTTP_FLASHSALE_ADMIN, body);
}


/* What holds for every write of a buyer, before its body is read. */

static fs_outcome_t
ngx_http_flashsale_may_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx)
{
    fs_outcome_t  outcome;

    if (ctx->endpoint->who != NGX_HTTP_FLASHSALE_BUYER) {
        return FS_OK;
    }

    outcome = ngx_http_flashsale_same_site(r, ctx);

    if (outcome != FS_OK) {

        /* another site's form is sent to none of our pages */

        ctx->form = 0;

        return outcome;
    }

    if (!ctx->form && ngx_http_flashsale_media(r, ctx) != 0
        && (ctx->endpoint->keyed == NGX_HTTP_FLASHSALE_KEYED
            || r->headers_in.content_length_n > 0
            || r->headers_in.chunked))
    {
        return FS_BAD_MEDIA;
    }

    return FS_OK;
}


/* The body is there.  Nothing is told before the signature. */

static void
ngx_http_flashsale_write(ngx_http_request_t *r)
{
    fs_str_t                              body;
    fs_view_t                             view;
    fs_outcome_t                          outcome;
    fs_refusal_t                          refusal;
    ngx_http_flashsale_ctx_t             *ctx;
    ngx_http_flashsale_write_pt           write;
    const ngx_http_flashsale_endpoint_t  *endpoint;

    ctx = ngx_http_flashsale_get_ctx(r);
    endpoint = ctx->endpoint;

    ngx_memzero(&refusal, sizeof(fs_refusal_t));
    view.store = NULL;

    outcome = ngx_http_flashsale_body(r,
                         ngx_http_flashsale_writers[endpoint->who].body_max,
                         &body);

    if (outcome == FS_OK && endpoint->who != NGX_HTTP_FLASHSALE_BUYER) {
        outcome = ngx_http_flashsale_signed_by(r, endpoint->who, body);

        if (outcome == FS_OK) {
            outcome = ngx_http_flashsale_only_json(r, ctx, body);
        }
    }

    if (outcome == FS_OK) {
        write = endpoint->write
                ? endpoint->write
                : ngx_http_flashsale_writers[endpoint->who].write;

        outcome = write(r, ctx, body, &refusal, &view);

        if (outcome == FS_OK) {
            return;
        }
    }

    ngx_http_flashsale_answer_problem(r, outcome, &refusal.fault,
                                      &refusal.result, &view);

    if (view.store) {
        fs_view_close(&view);
    }

    ngx_http_finalize_request(r, ngx_http_flashsale_send(r));
}
