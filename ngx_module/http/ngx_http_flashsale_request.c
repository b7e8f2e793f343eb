
#include "http/ngx_http_flashsale_request.h"
#include "core/text/text.h"
#include "http/ngx_http_flashsale_answer.h"


static const char  *ngx_http_flashsale_challenges[] = {
    "Flashsale-Signature realm=\"orders\"",
    "Flashsale-Signature realm=\"ledger\"",
    "Flashsale-Signature realm=\"admin\"",
    "Flashsale-Signature realm=\"checkout\""
};


/* the headers that are looked at, in lower case */

typedef struct {
    const char  *name;
    size_t       offset;        /* of its value */
    unsigned     once:1;        /* given twice it counts for nothing */
} ngx_http_flashsale_known_t;

#define ngx_http_flashsale_known(name, field, once)                          \
    [sizeof(name) - 1] = { name,                                             \
                           offsetof(ngx_http_flashsale_headers_t, field),    \
                           once }

/* by their lengths, which differ */

static const ngx_http_flashsale_known_t  ngx_http_flashsale_known[] = {
    ngx_http_flashsale_known("origin", origin, 0),
    ngx_http_flashsale_known("last-event-id", last_event_id, 0),
    ngx_http_flashsale_known("sec-fetch-site", sec_fetch_site, 0),
    ngx_http_flashsale_known("idempotency-key", key, 1),
    ngx_http_flashsale_known("flashsale-signature", signature, 1)
};

#define NGX_HTTP_FLASHSALE_KNOWN  (sizeof(ngx_http_flashsale_known)          \
                                   / sizeof(ngx_http_flashsale_known_t))


static int ngx_http_flashsale_media_of(const ngx_str_t *type);
static ngx_uint_t ngx_http_flashsale_same_host(ngx_http_request_t *r,
    ngx_str_t *origin);
static void ngx_http_flashsale_body_read(ngx_http_request_t *r);
static fs_outcome_t ngx_http_flashsale_tags(ngx_table_elt_t *h,
    const char *name, fs_str_t *tags, fs_fault_t *fault);
static ngx_int_t ngx_http_flashsale_read_file(ngx_http_request_t *r,
    ngx_buf_t *b, u_char *p, size_t size);


fs_str_t
ngx_http_flashsale_below(ngx_http_request_t *r)
{
    fs_str_t                        path;
    ngx_http_flashsale_loc_conf_t  *lcf;

    lcf = ngx_http_flashsale_loc_conf(r);

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


ngx_http_flashsale_headers_t *
ngx_http_flashsale_headers(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx)
{
    ngx_uint_t                         i;
    ngx_str_t                         *value;
    ngx_list_part_t                   *part;
    ngx_table_elt_t                   *h;
    ngx_http_flashsale_headers_t      *headers;
    const ngx_http_flashsale_known_t  *known;

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

        if (h[i].key.len == sizeof("cookie") - 1
            && ngx_memcmp(h[i].lowcase_key, "cookie", 6) == 0)
        {
            headers->cookie = 1;
            continue;
        }

        if (h[i].key.len >= NGX_HTTP_FLASHSALE_KNOWN) {
            continue;
        }

        known = &ngx_http_flashsale_known[h[i].key.len];

        if (known->name == NULL
            || ngx_memcmp(h[i].lowcase_key, known->name, h[i].key.len) != 0)
        {
            continue;
        }

        value = (ngx_str_t *) ((char *) headers + known->offset);

        headers->repeated |= (known->once && value->data != NULL);
        *value = h[i].value;
    }

    if (r->headers_in.content_type) {
        headers->content_type = r->headers_in.content_type->value;
    }

    headers->media = ngx_http_flashsale_media_of(&headers->content_type);

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
    ctx->counter = &worker->reading_n;
    worker->reading_n++;

    rc = ngx_http_read_client_request_body(r, ngx_http_flashsale_body_read);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        ngx_http_flashsale_counted(ctx);
        return rc;
    }

    if (ctx->counter && ngx_http_flashsale_cleanup(ctx) != NGX_OK) {
        ngx_http_flashsale_counted(ctx);
        ngx_http_finalize_request(r, NGX_ERROR);
    }

    return NGX_DONE;
}


static void
ngx_http_flashsale_body_read(ngx_http_request_t *r)
{
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_flashsale_get_ctx(r);

    ngx_http_flashsale_counted(ctx);

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

    lcf = ngx_http_flashsale_loc_conf(r);

    if (lcf->user == NULL) {
        return FS_NO_BUYER;
    }

    if (ngx_http_complex_value(r, lcf->user, &value) != NGX_OK) {
        return FS_INTERNAL;
    }

    if (value.len == 0) {
        return FS_NO_BUYER;
    }

    identity = ngx_http_flashsale_str(&value);

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
        && (ngx_http_flashsale_same_host(r, &headers->origin)
            || ngx_http_flashsale_origin_named(r, &headers->origin)))
    {
        return FS_OK;
    }

    return FS_CROSS_SITE;
}


static ngx_uint_t
ngx_http_flashsale_same_host(ngx_http_request_t *r, ngx_str_t *origin)
{
    return r->headers_in.host != NULL
           && fs_origin_is_host(ngx_http_flashsale_str(origin),
                   ngx_http_flashsale_str(&r->headers_in.host->value));
}


ngx_uint_t
ngx_http_flashsale_origin_named(ngx_http_request_t *r,
    const ngx_str_t *origin)
{
    ngx_str_t                      *named;
    ngx_uint_t                      i;
    ngx_http_flashsale_loc_conf_t  *lcf;

    lcf = ngx_http_flashsale_loc_conf(r);

    if (lcf->origins == NULL) {
        return 0;
    }

    named = lcf->origins->elts;

    for (i = 0; i < lcf->origins->nelts; i++) {
        if (named[i].len == origin->len
            && ngx_memcmp(named[i].data, origin->data, origin->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


int
ngx_http_flashsale_media(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx)
{
    return ngx_http_flashsale_headers(r, ctx)->media;
}


static int
ngx_http_flashsale_media_of(const ngx_str_t *type)
{
    u_char  *p, *last;
    size_t   len;

    last = type->data + type->len;
    p = ngx_strlchr(type->data, last, ';');
    len = (p ? p : last) - type->data;

    while (len && (type->data[len - 1] == ' '
                   || type->data[len - 1] == '\t'))
    {
        len--;
    }

    if (len == sizeof("application/json") - 1
        && (ngx_memcmp(type->data, "application/json", len) == 0
            || ngx_strncasecmp(type->data, (u_char *) "application/json", len)
               == 0))
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
    ngx_memzero(condition, sizeof(fs_condition_t));

    if (ngx_http_flashsale_tags(r->headers_in.if_match, "If-Match",
                                &condition->if_match, fault)
        != FS_OK
        || ngx_http_flashsale_tags(r->headers_in.if_none_match,
                                   "If-None-Match",
                                   &condition->if_none_match, fault)
           != FS_OK)
    {
        return FS_BAD_REQUEST;
    }

    return FS_OK;
}


/* h may be NULL: no such header. */

static fs_outcome_t
ngx_http_flashsale_tags(ngx_table_elt_t *h, const char *name, fs_str_t *tags,
    fs_fault_t *fault)
{
    if (h == NULL) {
        return FS_OK;
    }

    *tags = ngx_http_flashsale_str(&h->value);

    if (fs_condition_valid(*tags)) {
        return FS_OK;
    }

    ngx_http_flashsale_fault(fault, name, "is * or a list of entity tags");

    return FS_BAD_REQUEST;
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
ngx_http_flashsale_key_valid(ngx_http_flashsale_ctx_t *ctx, fs_str_t key,
    fs_fault_t *fault)
{
    if (ctx->headers.repeated || !fs_key_valid(key)) {
        ngx_http_flashsale_fault(fault, "Idempotency-Key",
                                 "is 1 to 128 visible ASCII characters, once");
        return FS_BAD_REQUEST;
    }

    return FS_OK;
}


fs_outcome_t
ngx_http_flashsale_key(ngx_http_flashsale_ctx_t *ctx,
    ngx_http_flashsale_worker_t *worker, fs_str_t key, const uint8_t *buyer,
    uint8_t *hash, fs_fault_t *fault)
{
    fs_outcome_t  outcome;

    outcome = ngx_http_flashsale_key_valid(ctx, key, fault);

    if (outcome != FS_OK) {
        return outcome;
    }

    if (fs_crypto_key_hash(worker->crypto, buyer, key, hash) != 0) {
        return FS_INTERNAL;
    }

    return FS_OK;
}


fs_outcome_t
ngx_http_flashsale_fingerprint(ngx_http_request_t *r, fs_str_t body,
    uint8_t *fingerprint)
{
    u_char    *p;
    uint8_t    hash[FS_HASH_LEN];
    fs_str_t   what;

    p = ngx_pnalloc(r->pool, r->method_name.len + 1 + r->unparsed_uri.len + 1);
    if (p == NULL) {
        return FS_INTERNAL;
    }

    what.data = (const char *) p;
    what.len = ngx_sprintf(p, "%V %V\n", &r->method_name, &r->unparsed_uri)
               - p;

    if (fs_sha256(what, body, hash) != 0) {
        return FS_INTERNAL;
    }

    ngx_memcpy(fingerprint, hash, 8);

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
ngx_http_flashsale_number(fs_str_t args, const char *name, int64_t min,
    int64_t max, int64_t *value, fs_fault_t *fault)
{
    int       len;
    char      buf[NGX_INT64_LEN];
    fs_str_t  str;

    len = fs_query_get(args, name, buf, sizeof(buf));

    if (len == -1) {
        return FS_OK;
    }

    str.data = buf;
    str.len = (len > 0) ? len : 0;

    if (fs_number_parse(str, min, max, value) != 0) {
        ngx_http_flashsale_fault(fault, name, "");
        (void) ngx_snprintf((u_char *) fault->rule, sizeof(fault->rule),
                            "is a whole number from %L to %L%Z", min, max);
        return FS_BAD_REQUEST;
    }

    return FS_OK;
}


fs_outcome_t
ngx_http_flashsale_page(fs_str_t args, const char *what, int64_t *limit,
    fs_slug_t *after, fs_fault_t *fault)
{
    int       len;
    fs_str_t  str;

    *limit = NGX_HTTP_FLASHSALE_PAGE;

    if (ngx_http_flashsale_number(args, "limit", 1,
                                  NGX_HTTP_FLASHSALE_PAGE_MAX, limit, fault)
        != FS_OK)
    {
        return FS_BAD_REQUEST;
    }

    if (after == NULL) {
        return FS_OK;
    }

    after->len = 0;

    len = fs_query_get(args, "after", after->data, sizeof(after->data));

    if (len == -1) {
        return FS_OK;
    }

    str.data = after->data;
    str.len = (len > 0) ? len : 0;

    if (!fs_slug_valid(str)) {
        ngx_http_flashsale_fault(fault, "after", what);
        return FS_BAD_REQUEST;
    }

    after->len = (uint8_t) len;

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

    mcf = ngx_http_flashsale_main_conf(r);
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

    header = ngx_http_flashsale_str(&headers->signature);

    parts.t = 0;
    parts.method = ngx_http_flashsale_str(&r->method_name);
    parts.target = ngx_http_flashsale_str(&r->unparsed_uri);
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
