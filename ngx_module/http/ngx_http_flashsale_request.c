
/*
 * Requests: headers, bodies, who asks, and whether they may.
 */

#include "ngx_http_flashsale.h"
#include "core/text/origin.h"


static const char  *ngx_http_flashsale_challenges[] = {
    "Flashsale-Signature realm=\"orders\"",
    "Flashsale-Signature realm=\"ledger\"",
    "Flashsale-Signature realm=\"admin\"",
    "Flashsale-Signature realm=\"checkout\""
};


static ngx_uint_t ngx_http_flashsale_same_host(ngx_http_request_t *r,
    ngx_str_t *origin);
static void ngx_http_flashsale_body_read(ngx_http_request_t *r);
static ngx_int_t ngx_http_flashsale_read_file(ngx_http_request_t *r,
    ngx_buf_t *b, u_char *p, size_t size);


fs_str_t
ngx_http_flashsale_below(ngx_http_request_t *r)
{
    fs_str_t                        path;
    ngx_http_flashsale_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_flashsale_module);

    path.data = (const char *) r->uri.data;
    path.len = 0;

    if (r->uri.len >= lcf->prefix.len
        && ngx_strncmp(r->uri.data, lcf->prefix.data, lcf->prefix.len) == 0)
    {
        path.data += lcf->prefix.len;
        path.len = r->uri.len - lcf->prefix.len;
    }

    if (path.len && path.data[0] == '/') {
        path.data++;
        path.len--;

    } else if (path.len && lcf->prefix.len
               && lcf->prefix.data[lcf->prefix.len - 1] != '/')
    {
        /* /shopsales is not below /shop */

        path.len = 0;
    }

    return path;
}


fs_str_t
ngx_http_flashsale_args(ngx_http_request_t *r)
{
    fs_str_t  args;

    args.data = (const char *) r->args.data;
    args.len = r->args.len;

    return args;
}


ngx_http_flashsale_headers_t *
ngx_http_flashsale_headers(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx)
{
    ngx_uint_t                     i;
    ngx_str_t                     *value;
    ngx_list_part_t               *part;
    ngx_table_elt_t               *h;
    ngx_http_flashsale_headers_t  *headers;

    headers = &ctx->headers;

    if (ctx->headers_read) {
        return headers;
    }

    ctx->headers_read = 1;

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        value = NULL;

        switch (h[i].key.len) {

        case sizeof("cookie") - 1:
            if (ngx_memcmp(h[i].lowcase_key, "cookie", 6) == 0) {
                headers->cookie = 1;

            } else if (ngx_memcmp(h[i].lowcase_key, "origin", 6) == 0) {
                headers->origin = h[i].value;
            }
            break;

        case sizeof("last-event-id") - 1:
            if (ngx_memcmp(h[i].lowcase_key, "last-event-id", 13) == 0) {
                headers->last_event_id = h[i].value;
            }
            break;

        case sizeof("sec-fetch-site") - 1:
            if (ngx_memcmp(h[i].lowcase_key, "sec-fetch-site", 14) == 0) {
                headers->sec_fetch_site = h[i].value;
            }
            break;

        case sizeof("idempotency-key") - 1:
            if (ngx_memcmp(h[i].lowcase_key, "idempotency-key", 15) == 0) {
                value = &headers->key;
            }
            break;

        case sizeof("flashsale-signature") - 1:
            if (ngx_memcmp(h[i].lowcase_key, "flashsale-signature", 19)
                == 0)
            {
                value = &headers->signature;
            }
            break;
        }

        if (value) {
            headers->repeated |= (value->data != NULL);
            *value = h[i].value;
        }
    }

    if (r->headers_in.content_type) {
        headers->content_type = r->headers_in.content_type->value;
    }

    return headers;
}


ngx_int_t
ngx_http_flashsale_read_body(ngx_http_request_t *r, off_t max,
    ngx_http_client_body_handler_pt handler)
{
    ngx_int_t                     rc;
    ngx_http_flashsale_ctx_t     *ctx;
    ngx_http_flashsale_worker_t  *worker;

    /* a chunked body is bounded by client_max_body_size first */

    if (r->headers_in.content_length_n > max) {
        return ngx_http_flashsale_problem(r, FS_TOO_LARGE, NULL);
    }

    ctx = ngx_http_flashsale_ctx(r);
    worker = ngx_http_flashsale_worker(r);

    if (ctx == NULL || worker == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* meanwhile the store that the gate found stays open */

    ctx->body = handler;
    ctx->reading = 1;
    worker->reading_n++;

    rc = ngx_http_read_client_request_body(r, ngx_http_flashsale_body_read);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {

        if (ctx->reading) {
            ctx->reading = 0;
            worker->reading_n--;
        }

        return rc;
    }

    if (ctx->reading
        && ngx_http_flashsale_wait_cleanup(r, ctx) != NGX_OK)
    {
        ctx->reading = 0;
        worker->reading_n--;

        ngx_http_finalize_request(r, NGX_ERROR);
    }

    return NGX_DONE;
}


static void
ngx_http_flashsale_body_read(ngx_http_request_t *r)
{
    ngx_http_flashsale_ctx_t     *ctx;
    ngx_http_flashsale_worker_t  *worker;

    ctx = ngx_http_get_module_ctx(r, ngx_http_flashsale_module);
    worker = ngx_http_flashsale_worker(r);

    ctx->reading = 0;
    worker->reading_n--;

    ctx->body(r);
}


fs_outcome_t
ngx_http_flashsale_body(ngx_http_request_t *r, off_t max, fs_str_t *body)
{
    off_t         len;
    u_char       *p;
    size_t        size;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    body->data = "";
    body->len = 0;

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        return FS_OK;
    }

    len = 0;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        len += ngx_buf_size(cl->buf);
    }

    if (len > max) {
        return FS_TOO_LARGE;
    }

    b = r->request_body->bufs->buf;

    if (r->request_body->bufs->next == NULL && ngx_buf_in_memory(b)) {
        body->data = (const char *) b->pos;
        body->len = len;
        return FS_OK;
    }

    p = ngx_pnalloc(r->pool, len + 1);
    if (p == NULL) {
        return FS_INTERNAL;
    }

    body->data = (const char *) p;
    body->len = len;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;
        size = ngx_buf_size(b);

        if (ngx_buf_in_memory(b)) {
            ngx_memcpy(p, b->pos, size);

        } else if (ngx_http_flashsale_read_file(r, b, p, size) != NGX_OK) {
            return FS_INTERNAL;
        }

        p += size;
    }

    return FS_OK;
}


static ngx_int_t
ngx_http_flashsale_read_file(ngx_http_request_t *r, ngx_buf_t *b, u_char *p,
    size_t size)
{
    off_t    offset;
    ssize_t  n;

    offset = b->file_pos;

    while (size) {
        n = ngx_read_file(b->file, p, size, offset);

        if (n <= 0) {
            return NGX_ERROR;
        }

        p += n;
        size -= n;
        offset += n;
    }

    return NGX_OK;
}


void
ngx_http_flashsale_reading(ngx_http_request_t *r)
{
    char               buf[1];
    ssize_t            n;
    ngx_event_t       *rev;
    ngx_connection_t  *c;

    c = r->connection;
    rev = c->read;

    if (ngx_http_flashsale_multiplexed(r)) {
        ngx_http_test_reading(r);
        return;
    }

    n = recv(c->fd, buf, 1, MSG_PEEK);

    if (n == -1) {

        if (ngx_socket_errno != NGX_EAGAIN) {
            ngx_http_test_reading(r);
        }

        return;
    }

    /* its answer is on the way; when nobody is there, sending it fails */

    if ((ngx_event_flags & NGX_USE_LEVEL_EVENT) && rev->active
        && ngx_del_event(rev, NGX_READ_EVENT, 0) != NGX_OK)
    {
        ngx_http_finalize_request(r, NGX_ERROR);
    }
}


fs_outcome_t
ngx_http_flashsale_buyer(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_http_flashsale_worker_t *worker)
{
    fs_str_t                        identity;
    ngx_str_t                       value;
    ngx_http_flashsale_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_flashsale_module);

    if (lcf->user == NULL) {
        return FS_NO_BUYER;
    }

    if (ngx_http_complex_value(r, lcf->user, &value) != NGX_OK) {
        return FS_INTERNAL;
    }

    if (value.len == 0) {
        return FS_NO_BUYER;
    }

    identity.data = (const char *) value.data;
    identity.len = value.len;

    if (fs_crypto_pseudonym(worker->crypto, identity, ctx->buyer) != 0) {
        return FS_INTERNAL;
    }

    ctx->identity = identity;

    return FS_OK;
}


fs_outcome_t
ngx_http_flashsale_same_site(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx)
{
    ngx_str_t                     *site;
    ngx_http_flashsale_headers_t  *headers;

    headers = ngx_http_flashsale_headers(r, ctx);

    if (!headers->cookie) {
        return FS_OK;
    }

    site = &headers->sec_fetch_site;

    if ((site->len == 11
         && ngx_strncasecmp(site->data, (u_char *) "same-origin", 11) == 0)
        || (site->len == 4
            && ngx_strncasecmp(site->data, (u_char *) "none", 4) == 0))
    {
        return FS_OK;
    }

    if (headers->origin.len
        && ngx_http_flashsale_same_host(r, &headers->origin))
    {
        return FS_OK;
    }

    return FS_CROSS_SITE;
}


static ngx_uint_t
ngx_http_flashsale_same_host(ngx_http_request_t *r, ngx_str_t *origin)
{
    fs_str_t  from, host;

    if (r->headers_in.host == NULL) {
        return 0;
    }

    from.data = (const char *) origin->data;
    from.len = origin->len;

    host.data = (const char *) r->headers_in.host->value.data;
    host.len = r->headers_in.host->value.len;

    return fs_origin_is_host(from, host);
}


int
ngx_http_flashsale_media(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx)
{
    u_char     *p, *last;
    size_t      len;
    ngx_str_t  *type;

    type = &ngx_http_flashsale_headers(r, ctx)->content_type;

    last = type->data + type->len;
    p = ngx_strlchr(type->data, last, ';');
    len = (p ? p : last) - type->data;

    while (len && (type->data[len - 1] == ' '
                   || type->data[len - 1] == '\t'))
    {
        len--;
    }

    if (len == sizeof("application/json") - 1
        && ngx_strncasecmp(type->data, (u_char *) "application/json", len)
           == 0)
    {
        return 0;
    }

    if (len == sizeof("application/x-www-form-urlencoded") - 1
        && ngx_strncasecmp(type->data,
                           (u_char *) "application/x-www-form-urlencoded",
                           len)
           == 0)
    {
        return 1;
    }

    return -1;
}


fs_outcome_t
ngx_http_flashsale_only_json(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body)
{
    if (body.len == 0
        || ngx_http_flashsale_headers(r, ctx)->content_type.len == 0
        || ngx_http_flashsale_media(r, ctx) == 0)
    {
        return FS_OK;
    }

    return FS_BAD_MEDIA;
}


fs_outcome_t
ngx_http_flashsale_condition(ngx_http_request_t *r,
    fs_condition_t *condition, fs_fault_t *fault)
{
    static const char  rule[] = "is * or a list of entity tags";

    ngx_memzero(condition, sizeof(fs_condition_t));

    if (r->headers_in.if_match) {
        condition->if_match.data =
                           (const char *) r->headers_in.if_match->value.data;
        condition->if_match.len = r->headers_in.if_match->value.len;

        if (!fs_condition_valid(condition->if_match)) {
            ngx_http_flashsale_fault(fault, "If-Match", rule);
            return FS_BAD_REQUEST;
        }
    }

    if (r->headers_in.if_none_match) {
        condition->if_none_match.data =
                      (const char *) r->headers_in.if_none_match->value.data;
        condition->if_none_match.len = r->headers_in.if_none_match->value.len;

        if (!fs_condition_valid(condition->if_none_match)) {
            ngx_http_flashsale_fault(fault, "If-None-Match", rule);
            return FS_BAD_REQUEST;
        }
    }

    return FS_OK;
}


fs_outcome_t
ngx_http_flashsale_unmet(ngx_http_request_t *r, uint8_t *unmet,
    fs_fault_t *fault)
{
    fs_etag_t       none;
    fs_outcome_t    outcome;
    fs_condition_t  condition;

    none.len = 0;

    outcome = ngx_http_flashsale_condition(r, &condition, fault);

    *unmet = (outcome == FS_OK && !fs_condition_met(&condition, &none));

    return outcome;
}


fs_outcome_t
ngx_http_flashsale_key(ngx_http_flashsale_ctx_t *ctx,
    ngx_http_flashsale_worker_t *worker, fs_str_t key, const uint8_t *buyer,
    uint8_t *hash, fs_fault_t *fault)
{
    if (ctx->headers.repeated || !fs_key_valid(key)) {
        ngx_http_flashsale_fault(fault, "Idempotency-Key",
                                 "is 1 to 128 visible ASCII characters, once");
        return FS_BAD_REQUEST;
    }

    if (fs_crypto_key_hash(worker->crypto, buyer, key, hash) != 0) {
        return FS_INTERNAL;
    }

    return FS_OK;
}


void
ngx_http_flashsale_fault(fs_fault_t *fault, const char *field,
    const char *rule)
{
    fault->outcome = FS_BAD_REQUEST;

    (void) ngx_cpystrn((u_char *) fault->field, (u_char *) field,
                       sizeof(fault->field));
    (void) ngx_cpystrn((u_char *) fault->rule, (u_char *) rule,
                       sizeof(fault->rule));
}


fs_outcome_t
ngx_http_flashsale_limit(fs_str_t args, int64_t normal, int64_t max,
    int64_t *limit, fs_fault_t *fault)
{
    int       len;
    char      buf[16];
    fs_str_t  str;

    *limit = normal;

    len = fs_query_get(args, "limit", buf, sizeof(buf));

    if (len == -1) {
        return FS_OK;
    }

    str.data = buf;
    str.len = (len > 0) ? len : 0;

    if (fs_number_parse(str, 1, max, limit) != 0) {
        ngx_http_flashsale_fault(fault, "limit", "");
        (void) ngx_snprintf((u_char *) fault->rule, sizeof(fault->rule),
                            "is a whole number from 1 to %L%Z", max);
        return FS_BAD_REQUEST;
    }

    return FS_OK;
}


fs_outcome_t
ngx_http_flashsale_signed(ngx_http_request_t *r,
    ngx_http_flashsale_role_t role, fs_str_t body)
{
    fs_str_t                         header;
    fs_signed_t                      parts;
    ngx_array_t                     *secrets;
    ngx_http_flashsale_ctx_t        *ctx;
    ngx_http_flashsale_headers_t    *headers;
    ngx_http_flashsale_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_flashsale_module);
    secrets = mcf->secrets[role];

    ctx = ngx_http_flashsale_ctx(r);
    if (ctx == NULL) {
        return FS_INTERNAL;
    }

    headers = ngx_http_flashsale_headers(r, ctx);

    /* in case of a 401 */
    ctx->answer.challenge = ngx_http_flashsale_challenges[role];

    if (secrets == NULL || headers->repeated || headers->signature.len == 0) {
        return FS_BAD_SIGNATURE;
    }

    header.data = (const char *) headers->signature.data;
    header.len = headers->signature.len;

    parts.t = 0;
    parts.method.data = (const char *) r->method_name.data;
    parts.method.len = r->method_name.len;
    parts.target.data = (const char *) r->unparsed_uri.data;
    parts.target.len = r->unparsed_uri.len;
    parts.key.data = headers->key.len ? (const char *) headers->key.data : "";
    parts.key.len = headers->key.len;
    parts.body = body;

    if (fs_signature_check(secrets->elts, secrets->nelts, header, &parts,
                           (int64_t) time(NULL))
        != 0)
    {
        return FS_BAD_SIGNATURE;
    }

    ctx->answer.challenge = NULL;

    return FS_OK;
}
