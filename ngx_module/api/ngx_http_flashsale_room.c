
/*
 * POST admin/sessions/ID/start, /pin, /end: what a host does in a room.  The
 * room is a document that follows from the one before, so it is written on
 * the condition that that is still there; when another host was faster it
 * follows from theirs.
 */

#include "api/ngx_http_flashsale_api.h"
#include "core/read/view_room.h"
#include "http/ngx_http_flashsale_answer.h"
#include "http/ngx_http_flashsale_request.h"
#include "http/ngx_http_flashsale_wait.h"
#include "worker/ngx_http_flashsale_worker.h"


#define NGX_HTTP_FLASHSALE_ROOM_TRIES  32


/* in the request's pool, while it waits */
typedef struct {
    fs_slug_t                    session;
    fs_slug_t                    pin;
    fs_condition_t               condition;     /* the request's own */
    uint8_t                      fingerprint[8];
    uint8_t                      key[FS_KEY_HASH_LEN];
    ngx_uint_t                   tries;
    unsigned                     again:1;
} ngx_http_flashsale_room_t;


static fs_outcome_t ngx_http_flashsale_room_next(ngx_http_request_t *r,
    ngx_http_flashsale_room_t *room, fs_result_t *result);
static fs_outcome_t ngx_http_flashsale_room_change(fs_view_t *view,
    const char *path, const ngx_http_flashsale_room_t *room,
    fs_room_t *changed, fs_str_t *was, int64_t now);
static fs_outcome_t ngx_http_flashsale_room_push(ngx_http_request_t *r,
    const ngx_http_flashsale_room_t *room, fs_room_t *changed,
    fs_str_t *etag);
static void ngx_http_flashsale_room_decided(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);
static void ngx_http_flashsale_room_finish(ngx_http_request_t *r);


fs_outcome_t
ngx_http_flashsale_room_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view)
{
    fs_str_t                       key;
    fs_outcome_t                   outcome;
    ngx_http_flashsale_room_t     *room;
    ngx_http_flashsale_asked_t     asked;
    ngx_http_flashsale_headers_t  *headers;

    (void) view;

    room = ngx_pcalloc(r->pool, sizeof(ngx_http_flashsale_room_t));
    if (room == NULL) {
        return FS_INTERNAL;
    }

    headers = ngx_http_flashsale_headers(r, ctx);
    key = ngx_http_flashsale_str(&headers->key);

    outcome = ngx_http_flashsale_key(ctx, ngx_http_flashsale_worker(r), key,
                                     fs_keys_of_operators, room->key,
                                     &refusal->fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    outcome = ngx_http_flashsale_condition(r, &room->condition,
                                           &refusal->fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    ngx_memzero(&asked, sizeof(ngx_http_flashsale_asked_t));

    if (ctx->endpoint->parse(body, &asked, &refusal->fault) != 0) {
        return refusal->fault.outcome;
    }

    room->pin = asked.pin;

    if (!fs_slug_valid(ctx->names[0])) {
        return FS_NOT_FOUND;
    }

    fs_slug_set(&room->session, ctx->names[0]);

    outcome = ngx_http_flashsale_fingerprint(r, body, room->fingerprint);
    if (outcome != FS_OK) {
        return outcome;
    }

    ctx->data = room;

    return ngx_http_flashsale_room_next(r, room, &refusal->result);
}


/* One try.  OK: on its way. */

static fs_outcome_t
ngx_http_flashsale_room_next(ngx_http_request_t *r,
    ngx_http_flashsale_room_t *room, fs_result_t *result)
{
    fs_now_t                      now;
    fs_seq_t                      seq;
    fs_str_t                      was, tag;
    fs_etag_t                     etag;
    fs_room_t                     changed;
    fs_view_t                     view;
    fs_sheet_t                    sheet;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_worker(r);

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_INDEX,
                                      &view);
    if (outcome != FS_OK) {
        return outcome;
    }

    fs_store_now(worker->store, &now);

    outcome = ngx_http_flashsale_room_change(&view,
                              ngx_http_flashsale_get_ctx(r)->endpoint->path,
                              room, &changed, &was, now.wall);

    etag.len = 0;

    if (was.len && fs_etag_document(was, &etag) != 0) {
        outcome = FS_INTERNAL;
    }

    if (outcome == FS_OK
        && !fs_condition_met(&room->condition, was.len ? &etag : NULL))
    {
        outcome = FS_PRECONDITION;
    }

    if (outcome != FS_OK && outcome != FS_INTERNAL) {

        /* what was done is told again, whatever the room is now */

        fs_view_state(&view, &sheet, worker->crypto, worker->cache);

        if (fs_sheet_bound(&sheet, fs_keys_of_operators, room->key, &seq)) {
            outcome = FS_OK;
        }
    }

    fs_view_close(&view);

    if (outcome != FS_OK) {
        result->outcome = (uint16_t) outcome;
        return outcome;
    }

    tag.data = etag.data;
    tag.len = etag.len;

    return ngx_http_flashsale_room_push(r, room, &changed, &tag);
}


/* What the room becomes.  *was: its document, in the view. */

static fs_outcome_t
ngx_http_flashsale_room_change(fs_view_t *view, const char *path,
    const ngx_http_flashsale_room_t *room, fs_room_t *changed, fs_str_t *was,
    int64_t now)
{
    uint32_t   number;
    fs_sale_t  sale;

    switch (fs_view_room(view, fs_slug_str(&room->session), changed, was)) {

    case 1:
        break;

    case 0:
        return ngx_http_flashsale_missing(view, FS_NOT_FOUND);

    default:
        return FS_NOT_READY;
    }

    if (ngx_strcmp(path, "sessions/*/start") == 0) {
        return fs_room_start(changed, now);
    }

    if (ngx_strcmp(path, "sessions/*/end") == 0) {
        return fs_room_end(changed, now);
    }

    if (room->pin.len
        && (!fs_view_sale_number(view, fs_slug_str(&room->pin), &number)
            || !fs_view_sale(view, number, &sale)))
    {
        return ngx_http_flashsale_missing(view, FS_NO_SUCH_SALE);
    }

    return fs_room_pin(changed, &room->pin, now);
}


/* etag: of the document that it follows from, len 0: there is none. */

static fs_outcome_t
ngx_http_flashsale_room_push(ngx_http_request_t *r,
    const ngx_http_flashsale_room_t *room, fs_room_t *changed,
    fs_str_t *etag)
{
    int                        len;
    char                       doc[FS_ROOM_JSON_MAX];
    fs_operator_t              op;
    ngx_http_flashsale_job_t  *job;

    len = fs_room_write(doc, sizeof(doc), changed);

    if (len < 0) {
        return FS_INTERNAL;
    }

    ngx_memzero(&op, sizeof(fs_operator_t));
    op.kind = (fs_str_t) fs_str(FS_ROOM_KIND);
    op.slug = fs_slug_str(&room->session);
    op.doc.data = doc;
    op.doc.len = (size_t) len;
    ngx_memcpy(op.fingerprint, room->fingerprint, sizeof(op.fingerprint));

    if (etag->len) {
        op.condition.if_match = *etag;

    } else {
        op.condition.if_none_match = (fs_str_t) fs_str("*");
    }

    job = ngx_http_flashsale_admin_job(&op);
    if (job == NULL) {
        return FS_INTERNAL;
    }

    job->command.type = FS_COMMAND_DOCUMENT;
    ngx_memcpy(job->command.key, room->key, FS_KEY_HASH_LEN);

    return ngx_http_flashsale_wait_job(r, job,
                                       ngx_http_flashsale_room_decided,
                                       ngx_http_flashsale_room_finish);
}


/* The condition was ours: somebody else has changed the room meanwhile. */

static void
ngx_http_flashsale_room_decided(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view)
{
    ngx_http_flashsale_room_t  *room;

    room = ngx_http_flashsale_get_ctx(r)->data;

    room->again = (result->outcome == FS_PRECONDITION
                   && room->tries++ < NGX_HTTP_FLASHSALE_ROOM_TRIES);

    if (!room->again) {
        ngx_http_flashsale_done(r, result, view);
    }
}


static void
ngx_http_flashsale_room_finish(ngx_http_request_t *r)
{
    fs_result_t                 result;
    fs_outcome_t                outcome;
    ngx_http_flashsale_room_t  *room;

    room = ngx_http_flashsale_get_ctx(r)->data;

    if (room->again) {
        ngx_memzero(&result, sizeof(fs_result_t));

        outcome = ngx_http_flashsale_room_next(r, room, &result);

        if (outcome == FS_OK) {
            return;
        }

        ngx_http_flashsale_answer_problem(r, outcome, NULL, &result, NULL);
    }

    ngx_http_flashsale_wait_finish(r);
}


void
ngx_http_flashsale_room_done(ngx_http_request_t *r, const fs_result_t *result,
    fs_view_t *view)
{
    int                         rc;
    fs_str_t                    doc;
    ngx_buf_t                  *b;
    fs_room_t                   now;
    ngx_http_flashsale_room_t  *room;

    room = ngx_http_flashsale_get_ctx(r)->data;
    rc = -1;

    if (view->store) {
        rc = fs_view_room(view, fs_slug_str(&room->session), &now, &doc);
    }

    if (rc != 1) {

        /* it is done, but cannot be told: a retry with the key tells it */

        ngx_http_flashsale_answer_problem(r, FS_UNKNOWN, NULL, NULL, NULL);
        return;
    }

    b = ngx_create_temp_buf(r->pool, FS_ROOM_JSON_MAX);

    if (b) {
        b->last += fs_room_write((char *) b->last, FS_ROOM_JSON_MAX, &now);
    }

    ngx_http_flashsale_answer_json(r, result->outcome, b,
                                   "private, no-store");
}
