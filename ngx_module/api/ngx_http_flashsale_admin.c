
/*
 * The operator's side, signed.  Its commands may be large, so they do not go
 * through the ring: this worker's own commit thread applies them.
 */

#include "ngx_http_flashsale.h"
#include "core/read/view_documents.h"


#define NGX_HTTP_FLASHSALE_PAGE       20
#define NGX_HTTP_FLASHSALE_PAGE_MAX   100

/* A list of documents ends where it would grow beyond this. */
#define NGX_HTTP_FLASHSALE_LIST_MAX   1048576


/* what is asked for, by its path */
typedef struct {
    uint8_t       type;             /* of the command; NONE: only read */
    fs_str_t      slug;             /* of the sale; a document's id; len 0:
                                       all of them */
    fs_str_t      kind;             /* of a document */
    const char   *allow;
    ngx_uint_t    method;
    ngx_int_t   (*read)(ngx_http_request_t *r,
                        ngx_http_flashsale_worker_t *worker);
} ngx_http_flashsale_admin_t;

typedef struct {
    ngx_str_t     name;
    uint8_t       type;
} ngx_http_flashsale_switch_t;


static const ngx_http_flashsale_switch_t  ngx_http_flashsale_switches[] = {
    { ngx_string("stock"),  FS_COMMAND_STOCK },
    { ngx_string("pause"),  FS_COMMAND_PAUSE },
    { ngx_string("resume"), FS_COMMAND_RESUME },
    { ngx_string("close"),  FS_COMMAND_CLOSE },
    { ngx_null_string,      FS_COMMAND_NONE }
};


static ngx_int_t ngx_http_flashsale_admin_path(ngx_http_request_t *r,
    ngx_http_flashsale_admin_t *admin);
static ngx_int_t ngx_http_flashsale_admin_document(ngx_http_request_t *r,
    ngx_http_flashsale_admin_t *admin, fs_str_t path);
static ngx_int_t ngx_http_flashsale_admin_reads(
    ngx_http_flashsale_admin_t *admin,
    ngx_int_t (*read)(ngx_http_request_t *r,
                      ngx_http_flashsale_worker_t *worker));
static ngx_int_t ngx_http_flashsale_admin_audit(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);
static ngx_int_t ngx_http_flashsale_admin_sales(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);
static ngx_int_t ngx_http_flashsale_admin_documents(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);
static ngx_buf_t *ngx_http_flashsale_admin_page(ngx_http_request_t *r,
    const fs_document_t *documents, ngx_uint_t n, int more);
static ngx_int_t ngx_http_flashsale_admin_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);
static void ngx_http_flashsale_admin_body(ngx_http_request_t *r);
static fs_outcome_t ngx_http_flashsale_admin(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_fault_t *fault);
static fs_outcome_t ngx_http_flashsale_admin_names(
    ngx_http_flashsale_admin_t *admin, fs_fault_t *fault);
static int ngx_http_flashsale_admin_parse(fs_str_t body, uint8_t type,
    fs_sale_request_t *request, int64_t *add, fs_fault_t *fault);
static ngx_http_flashsale_job_t *ngx_http_flashsale_admin_job(
    ngx_http_flashsale_admin_t *admin, fs_sale_request_t *request,
    const fs_condition_t *condition);
static char *ngx_http_flashsale_admin_copy(char *p, fs_str_t *to,
    fs_str_t from);
static fs_outcome_t ngx_http_flashsale_admin_fingerprint(
    ngx_http_request_t *r, fs_str_t body, uint8_t *fingerprint);
static void ngx_http_flashsale_admin_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);
static void ngx_http_flashsale_admin_show(ngx_http_request_t *r,
    fs_outcome_t outcome, fs_view_t *view);


ngx_int_t
ngx_http_flashsale_admin_handler(ngx_http_request_t *r)
{
    fs_str_t                      none = fs_str("");
    ngx_int_t                     rc;
    ngx_uint_t                    read;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_ctx_t     *ctx;
    ngx_http_flashsale_admin_t    admin;
    ngx_http_flashsale_worker_t  *worker;

    if (ngx_http_flashsale_admin_path(r, &admin) != NGX_OK) {
        return ngx_http_flashsale_problem(r, FS_NOT_FOUND, NULL);
    }

    if (!(r->method & admin.method)) {
        return ngx_http_flashsale_not_allowed(r, admin.allow);
    }

    read = (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)) != 0;

    worker = ngx_http_flashsale_gate(r, ngx_http_flashsale_admin_handler,
                                     read
                                     ? NGX_HTTP_FLASHSALE_READ
                                     : NGX_HTTP_FLASHSALE_COMMAND, &rc);
    if (worker == NULL) {
        return rc;
    }

    ctx = ngx_http_flashsale_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (read) {
        outcome = ngx_http_flashsale_signed(r, NGX_HTTP_FLASHSALE_ADMIN,
                                            none);
        if (outcome != FS_OK) {
            return ngx_http_flashsale_problem(r, outcome, NULL);
        }

        return admin.read(r, worker);
    }

    return ngx_http_flashsale_read_body(r, FS_BODY_ADMIN_MAX,
                                        ngx_http_flashsale_admin_body);
}


/*
 * sales, sales/ID, sales/ID/stock and its like, documents/KIND,
 * documents/KIND/ID, clock, life, audit
 */

static ngx_int_t
ngx_http_flashsale_admin_path(ngx_http_request_t *r,
    ngx_http_flashsale_admin_t *admin)
{
    size_t                              len;
    fs_str_t                            path;
    const char                         *slash;
    const ngx_http_flashsale_switch_t  *sw;

    path = ngx_http_flashsale_below(r);

    admin->slug.data = "";
    admin->slug.len = 0;
    admin->kind = admin->slug;
    admin->allow = "POST";
    admin->method = NGX_HTTP_POST;
    admin->read = NULL;

    if (path.len == 5 && ngx_memcmp(path.data, "clock", 5) == 0) {
        admin->type = FS_COMMAND_CLOCK;
        return NGX_OK;
    }

    if (path.len == 4 && ngx_memcmp(path.data, "life", 4) == 0) {
        admin->type = FS_COMMAND_LIFE;
        return NGX_OK;
    }

    if (path.len == 5 && ngx_memcmp(path.data, "audit", 5) == 0) {
        return ngx_http_flashsale_admin_reads(admin,
                                            ngx_http_flashsale_admin_audit);
    }

    if (path.len == 5 && ngx_memcmp(path.data, "sales", 5) == 0) {
        return ngx_http_flashsale_admin_reads(admin,
                                            ngx_http_flashsale_admin_sales);
    }

    if (path.len > 10 && ngx_memcmp(path.data, "documents/", 10) == 0) {
        path.data += 10;
        path.len -= 10;
        return ngx_http_flashsale_admin_document(r, admin, path);
    }

    if (path.len < 7 || ngx_memcmp(path.data, "sales/", 6) != 0) {
        return NGX_DECLINED;
    }

    path.data += 6;
    path.len -= 6;

    slash = memchr(path.data, '/', path.len);

    admin->slug.data = path.data;
    admin->slug.len = slash ? (size_t) (slash - path.data) : path.len;

    if (slash == NULL) {
        admin->type = FS_COMMAND_DEFINE;
        admin->allow = "PUT";
        admin->method = NGX_HTTP_PUT;
        return NGX_OK;
    }

    len = path.len - admin->slug.len - 1;

    for (sw = ngx_http_flashsale_switches; sw->name.len; sw++) {
        if (len == sw->name.len
            && ngx_memcmp(slash + 1, sw->name.data, len) == 0)
        {
            admin->type = sw->type;
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


/* KIND or KIND/ID */

static ngx_int_t
ngx_http_flashsale_admin_document(ngx_http_request_t *r,
    ngx_http_flashsale_admin_t *admin, fs_str_t path)
{
    const char  *slash;

    slash = memchr(path.data, '/', path.len);

    admin->kind.data = path.data;
    admin->kind.len = slash ? (size_t) (slash - path.data) : path.len;

    if (slash == NULL) {
        return ngx_http_flashsale_admin_reads(admin,
                                        ngx_http_flashsale_admin_documents);
    }

    admin->type = (r->method == NGX_HTTP_DELETE) ? FS_COMMAND_DELETE
                                                 : FS_COMMAND_DOCUMENT;
    admin->allow = "GET, HEAD, PUT, DELETE";
    admin->method = NGX_HTTP_GET|NGX_HTTP_HEAD|NGX_HTTP_PUT|NGX_HTTP_DELETE;
    admin->read = ngx_http_flashsale_admin_read;

    admin->slug.data = slash + 1;
    admin->slug.len = path.len - admin->kind.len - 1;

    return NGX_OK;
}


/* What is only read. */

static ngx_int_t
ngx_http_flashsale_admin_reads(ngx_http_flashsale_admin_t *admin,
    ngx_int_t (*read)(ngx_http_request_t *r,
                      ngx_http_flashsale_worker_t *worker))
{
    admin->type = FS_COMMAND_NONE;
    admin->allow = "GET, HEAD";
    admin->method = NGX_HTTP_GET|NGX_HTTP_HEAD;
    admin->read = read;

    return NGX_OK;
}


static ngx_int_t
ngx_http_flashsale_admin_audit(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker)
{
    (void) worker;

    return ngx_http_flashsale_audit_handler(r);
}


static ngx_int_t
ngx_http_flashsale_admin_sales(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker)
{
    return ngx_http_flashsale_sales(r, worker, "private, no-store");
}


/* GET documents/KIND?after=ID&limit=N */

static ngx_int_t
ngx_http_flashsale_admin_documents(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker)
{
    int                          n, more, len;
    char                         buf[FS_SLUG_MAX];
    size_t                       size;
    int64_t                      limit;
    fs_str_t                     args, after;
    fs_view_t                    view;
    ngx_buf_t                   *b;
    ngx_int_t                    i;
    fs_fault_t                   fault;
    fs_outcome_t                 outcome;
    fs_document_t               *documents;
    ngx_http_flashsale_admin_t   admin;

    (void) ngx_http_flashsale_admin_path(r, &admin);

    if (!fs_slug_valid(admin.kind)) {
        return ngx_http_flashsale_problem(r, FS_NOT_FOUND, NULL);
    }

    args = ngx_http_flashsale_args(r);

    if (ngx_http_flashsale_limit(args, NGX_HTTP_FLASHSALE_PAGE,
                                 NGX_HTTP_FLASHSALE_PAGE_MAX, &limit, &fault)
        != FS_OK)
    {
        return ngx_http_flashsale_problem(r, FS_BAD_REQUEST, &fault);
    }

    len = fs_query_get(args, "after", buf, sizeof(buf));

    after.data = buf;
    after.len = (len > 0) ? len : 0;

    if (len != -1 && !fs_slug_valid(after)) {
        ngx_http_flashsale_fault(&fault, "after", "is the id of a document");
        return ngx_http_flashsale_problem(r, FS_BAD_REQUEST, &fault);
    }

    documents = ngx_palloc(r->pool, limit * sizeof(fs_document_t));
    if (documents == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    outcome = fs_view_open(worker->reader, &view);

    /* documents are in the log: no index is needed */

    if (outcome != FS_OK && outcome != FS_REBUILDING) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    n = fs_view_documents(&view, admin.kind, after, limit, documents, &more);

    size = 0;

    for (i = 0; i < n; i++) {
        size += documents[i].doc.len;

        if (i > 0 && size > NGX_HTTP_FLASHSALE_LIST_MAX) {
            n = i;
            more = 1;
        }
    }

    b = (n < 0) ? NULL : ngx_http_flashsale_admin_page(r, documents, n, more);

    fs_view_close(&view);

    if (n < 0) {
        return ngx_http_flashsale_problem(r, FS_NOT_READY, NULL);
    }

    ngx_http_flashsale_answer_json(r, FS_OK, b, "private, no-store");

    return ngx_http_flashsale_send(r);
}


/* Ids never need escaping, and documents are JSON as they are. */

static ngx_buf_t *
ngx_http_flashsale_admin_page(ngx_http_request_t *r,
    const fs_document_t *documents, ngx_uint_t n, int more)
{
    size_t      size;
    ngx_buf_t  *b;
    ngx_uint_t  i;

    size = sizeof("{\"documents\":[],\"next\":\"\"}") + FS_SLUG_MAX;

    for (i = 0; i < n; i++) {
        size += sizeof(",{\"id\":\"\",\"doc\":}") + FS_SLUG_MAX
                + documents[i].doc.len;
    }

    b = ngx_create_temp_buf(r->pool, size);
    if (b == NULL) {
        return NULL;
    }

    b->last = ngx_sprintf(b->last, "{\"documents\":[");

    for (i = 0; i < n; i++) {
        b->last = ngx_sprintf(b->last, "%s{\"id\":\"%*s\",\"doc\":",
                              i ? "," : "", (size_t) documents[i].id.len,
                              documents[i].id.data);
        b->last = ngx_cpymem(b->last, documents[i].doc.data,
                             documents[i].doc.len);
        *b->last++ = '}';
    }

    if (more && n > 0) {
        b->last = ngx_sprintf(b->last, "],\"next\":\"%*s\"}",
                              (size_t) documents[n - 1].id.len,
                              documents[n - 1].id.data);

    } else {
        b->last = ngx_sprintf(b->last, "],\"next\":null}");
    }

    return b;
}


/* GET documents/KIND/ID */

static ngx_int_t
ngx_http_flashsale_admin_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker)
{
    fs_view_t                   view;
    fs_outcome_t                outcome;
    ngx_http_flashsale_admin_t  admin;

    (void) ngx_http_flashsale_admin_path(r, &admin);

    if (!fs_slug_valid(admin.kind) || !fs_slug_valid(admin.slug)) {
        return ngx_http_flashsale_problem(r, FS_NOT_FOUND, NULL);
    }

    outcome = fs_view_open(worker->reader, &view);

    /* documents are in the log: no index is needed */

    if (outcome != FS_OK && outcome != FS_REBUILDING) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    ngx_http_flashsale_admin_show(r, FS_OK, &view);

    fs_view_close(&view);

    return ngx_http_flashsale_send(r);
}


static void
ngx_http_flashsale_admin_body(ngx_http_request_t *r)
{
    fs_fault_t                 fault;
    fs_outcome_t               outcome;
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_flashsale_module);

    fault.outcome = FS_OK;

    outcome = ngx_http_flashsale_admin(r, ctx, &fault);

    if (outcome != FS_OK) {
        ngx_http_finalize_request(r, ngx_http_flashsale_problem(r, outcome,
                                  fault.outcome == FS_OK ? NULL : &fault));
    }
}


/* OK: the command is on its way. */

static fs_outcome_t
ngx_http_flashsale_admin(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_fault_t *fault)
{
    int64_t                        add;
    uint8_t                        key[FS_KEY_HASH_LEN], fingerprint[8];
    uint8_t                        nobody[FS_BUYER_LEN];
    fs_str_t                       body, str;
    fs_outcome_t                   outcome;
    fs_condition_t                 condition;
    fs_sale_request_t              request;
    ngx_http_flashsale_job_t      *job;
    ngx_http_flashsale_admin_t     admin;
    ngx_http_flashsale_worker_t   *worker;
    ngx_http_flashsale_headers_t  *headers;

    worker = ngx_http_flashsale_worker(r);

    outcome = ngx_http_flashsale_body(r, FS_BODY_ADMIN_MAX, &body);

    if (outcome == FS_OK) {
        outcome = ngx_http_flashsale_signed(r, NGX_HTTP_FLASHSALE_ADMIN,
                                            body);
    }

    if (outcome == FS_OK) {
        outcome = ngx_http_flashsale_only_json(r, ctx, body);
    }

    if (outcome != FS_OK) {
        return outcome;
    }

    (void) ngx_http_flashsale_admin_path(r, &admin);

    ctx->type = admin.type;

    /* keys of operators are nobody's: no identity has this pseudonym */

    ngx_memzero(nobody, FS_BUYER_LEN);

    headers = ngx_http_flashsale_headers(r, ctx);
    str.data = (const char *) headers->key.data;
    str.len = headers->key.len;

    outcome = ngx_http_flashsale_key(ctx, worker, str, nobody, key, fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    outcome = ngx_http_flashsale_admin_names(&admin, fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    outcome = ngx_http_flashsale_condition(r, &condition, fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    if (admin.type == FS_COMMAND_DOCUMENT && body.len > FS_DOC_MAX) {
        return FS_TOO_LARGE;
    }

    ngx_memzero(&request, sizeof(fs_sale_request_t));
    add = 0;

    if (ngx_http_flashsale_admin_parse(body, admin.type, &request, &add,
                                       fault)
        != 0)
    {
        return fault->outcome;
    }

    outcome = ngx_http_flashsale_admin_fingerprint(r, body, fingerprint);
    if (outcome != FS_OK) {
        return outcome;
    }

    job = ngx_http_flashsale_admin_job(&admin, &request, &condition);
    if (job == NULL) {
        return FS_INTERNAL;
    }

    if (admin.type == FS_COMMAND_LIFE
        && worker->store->conf.random(worker->store->conf.data,
                                      (uint8_t *) &job->command.epoch,
                                      sizeof(uint32_t))
           != 0)
    {
        free(job);
        return FS_INTERNAL;
    }

    job->op.add = add;
    ngx_memcpy(job->op.fingerprint, fingerprint, 8);
    ngx_memcpy(job->command.key, key, FS_KEY_HASH_LEN);

    return ngx_http_flashsale_wait_job(r, job, ngx_http_flashsale_admin_done,
                                       ngx_http_flashsale_wait_finish);
}


static fs_outcome_t
ngx_http_flashsale_admin_names(ngx_http_flashsale_admin_t *admin,
    fs_fault_t *fault)
{
    static const char  rule[] = "is 1 to 64 of a-z, 0-9 and -";

    switch (admin->type) {

    case FS_COMMAND_CLOCK:
    case FS_COMMAND_LIFE:
        return FS_OK;

    case FS_COMMAND_DOCUMENT:
    case FS_COMMAND_DELETE:

        if (!fs_slug_valid(admin->kind)) {
            ngx_http_flashsale_fault(fault, "kind", rule);
            return FS_BAD_REQUEST;
        }

        if (admin->kind.len == 4
            && ngx_memcmp(admin->kind.data, "sale", 4) == 0)
        {
            ngx_http_flashsale_fault(fault, "kind",
                                     "is not sale: its document is the doc "
                                     "of PUT sales/ID");
            return FS_BAD_REQUEST;
        }

        break;

    case FS_COMMAND_DEFINE:
        break;

    default:
        return fs_slug_valid(admin->slug) ? FS_OK : FS_NO_SUCH_SALE;
    }

    if (!fs_slug_valid(admin->slug)) {
        ngx_http_flashsale_fault(fault, "id", rule);
        return FS_BAD_REQUEST;
    }

    return FS_OK;
}


static int
ngx_http_flashsale_admin_parse(fs_str_t body, uint8_t type,
    fs_sale_request_t *request, int64_t *add, fs_fault_t *fault)
{
    switch (type) {

    case FS_COMMAND_DEFINE:
        return fs_request_sale(body, request, fault);

    case FS_COMMAND_STOCK:
        return fs_request_stock(body, add, fault);

    case FS_COMMAND_DOCUMENT:
        request->doc = body;
        return fs_request_document(body, fault);

    default:
        return fs_request_empty(body, fault);
    }
}


/* The command and all its strings in one piece, for another thread. */

static ngx_http_flashsale_job_t *
ngx_http_flashsale_admin_job(ngx_http_flashsale_admin_t *admin,
    fs_sale_request_t *request, const fs_condition_t *condition)
{
    char                      *p;
    fs_str_t                   title;
    fs_operator_t             *op;
    ngx_http_flashsale_job_t  *job;

    title.data = request->title;
    title.len = request->title_len;

    job = calloc(1, sizeof(ngx_http_flashsale_job_t) + admin->slug.len
                    + admin->kind.len + title.len + request->doc.len
                    + condition->if_match.len
                    + condition->if_none_match.len);
    if (job == NULL) {
        return NULL;
    }

    job->command.type = admin->type;

    op = &job->op;
    op->price_fen = request->price_fen;
    op->stock = request->stock;
    op->limit = request->limit;
    op->opens_at = request->opens_at;
    op->closes_at = request->closes_at;
    op->goal = request->goal;
    op->goal_by = request->goal_by;
    op->hold_ms = request->hold_ms;

    p = ngx_http_flashsale_admin_copy(job->text, &op->slug, admin->slug);
    p = ngx_http_flashsale_admin_copy(p, &op->kind, admin->kind);
    p = ngx_http_flashsale_admin_copy(p, &op->title, title);

    if (request->doc.data) {
        p = ngx_http_flashsale_admin_copy(p, &op->doc, request->doc);
    }

    if (condition->if_match.data) {
        p = ngx_http_flashsale_admin_copy(p, &op->condition.if_match,
                                          condition->if_match);
    }

    if (condition->if_none_match.data) {
        (void) ngx_http_flashsale_admin_copy(p, &op->condition.if_none_match,
                                             condition->if_none_match);
    }

    return job;
}


static char *
ngx_http_flashsale_admin_copy(char *p, fs_str_t *to, fs_str_t from)
{
    to->data = p;
    to->len = from.len;

    return (char *) ngx_cpymem(p, from.data, from.len);
}


static fs_outcome_t
ngx_http_flashsale_admin_fingerprint(ngx_http_request_t *r, fs_str_t body,
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


static void
ngx_http_flashsale_admin_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view)
{
    fs_sale_t                  sale;
    ngx_buf_t                 *b;
    fs_fault_t                 fault;
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_flashsale_module);

    switch (result->outcome) {

    case FS_OK:
    case FS_CREATED:
    case FS_REPLAYED:
        break;

    case FS_BAD_REQUEST:

        /* the one rule that the request alone could not break */

        ngx_http_flashsale_fault(&fault, "add",
                                 "makes a stock of at most "
                                 ngx_value(FS_STOCK_MAX));
        ngx_http_flashsale_answer_problem(r, result->outcome, &fault, result,
                                          view);
        return;

    default:
        ngx_http_flashsale_answer_problem(r, result->outcome, NULL, result,
                                          view);
        return;
    }

    if (ctx->type == FS_COMMAND_CLOCK || ctx->type == FS_COMMAND_LIFE
        || ctx->type == FS_COMMAND_DELETE)
    {
        b = ngx_create_temp_buf(r->pool, sizeof("{\"epoch\":\"00000000\"}"));

        if (b && ctx->type == FS_COMMAND_LIFE) {
            b->last = ngx_sprintf(b->last, "{\"epoch\":\"%08xD\"}",
                                  result->epoch);

        } else if (b) {
            b->last = ngx_cpymem(b->last, "{}", 2);
        }

        ngx_http_flashsale_answer_json(r, result->outcome, b,
                                       "private, no-store");
        return;
    }

    if (ctx->type == FS_COMMAND_DOCUMENT) {
        ngx_http_flashsale_admin_show(r, result->outcome, view);
        return;
    }

    if (view->store == NULL || !fs_view_sale(view, result->sale, &sale)) {

        /* it is done, but cannot be told: a retry with the key tells it */

        ngx_http_flashsale_answer_problem(r, FS_UNKNOWN, NULL, NULL, NULL);
        return;
    }

    ngx_http_flashsale_answer_sale(r, result->outcome, &sale, 0);
}


/* The document that the path names. */

static void
ngx_http_flashsale_admin_show(ngx_http_request_t *r, fs_outcome_t outcome,
    fs_view_t *view)
{
    int                          rc;
    fs_str_t                     doc;
    ngx_buf_t                   *b;
    fs_etag_t                    etag;
    ngx_http_flashsale_ctx_t    *ctx;
    ngx_http_flashsale_admin_t   admin;

    (void) ngx_http_flashsale_admin_path(r, &admin);

    rc = -1;

    if (view->store) {
        rc = fs_view_document(view, admin.kind, admin.slug, &doc);
    }

    if (rc != 1) {

        /* what was put is there, but cannot be told: see above */

        if (r->method == NGX_HTTP_PUT) {
            outcome = FS_UNKNOWN;

        } else {
            outcome = (rc == 0) ? FS_NOT_FOUND : FS_NOT_READY;
        }

        ngx_http_flashsale_answer_problem(r, outcome, NULL, NULL, NULL);
        return;
    }

    b = ngx_create_temp_buf(r->pool, doc.len);

    if (b) {
        b->last = ngx_cpymem(b->last, doc.data, doc.len);
    }

    if (fs_etag_document(doc, &etag) == 0) {
        ctx = ngx_http_get_module_ctx(r, ngx_http_flashsale_module);
        ngx_http_flashsale_answer_etag(r, ctx, &etag);
    }

    ngx_http_flashsale_answer_json(r, outcome, b, "private, no-store");
}
