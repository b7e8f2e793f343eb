
#include "api/ngx_http_flashsale_comments.h"
#include "annex/ngx_http_flashsale_people.h"
#include "annex/ngx_http_flashsale_talk.h"
#include "api/ngx_http_flashsale_await.h"
#include "core/read/view_room.h"
#include "core/talk/talk.h"
#include "http/ngx_http_flashsale_answer.h"
#include "http/ngx_http_flashsale_request.h"
#include "worker/ngx_http_flashsale_worker.h"


/* a comment has its id from its commit, so it is waited for */
#define NGX_HTTP_FLASHSALE_COMMENT_MSEC    5000

#define NGX_HTTP_FLASHSALE_ACTIVITY_LIMIT  100
#define NGX_HTTP_FLASHSALE_ACTIVITY_MAX    1000

#define NGX_HTTP_FLASHSALE_HOST            "主播"


static fs_outcome_t ngx_http_flashsale_comment_asked(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, const uint8_t *buyer,
    fs_talk_change_t *talk, fs_fault_t *fault);
static fs_outcome_t ngx_http_flashsale_comment_fingerprint(
    ngx_http_flashsale_ctx_t *ctx, const fs_talk_change_t *talk,
    uint8_t *fingerprint);
static fs_outcome_t ngx_http_flashsale_comment_open(
    ngx_http_flashsale_worker_t *worker, const fs_talk_change_t *talk,
    fs_refusal_t *refusal, fs_view_t *view);
static void ngx_http_flashsale_comment_name(
    ngx_http_flashsale_worker_t *worker, fs_comment_t *comment);
static fs_outcome_t ngx_http_flashsale_comment_push(ngx_http_request_t *r,
    const fs_talk_change_t *talk,
    void (*answer)(ngx_http_request_t *r, ngx_http_flashsale_await_t *await,
    fs_outcome_t outcome));
static void ngx_http_flashsale_comment_rest(ngx_http_request_t *r,
    int64_t rest_ms, fs_result_t *result);
static void ngx_http_flashsale_comment_answer(ngx_http_request_t *r,
    ngx_http_flashsale_await_t *await, fs_outcome_t outcome);
static void ngx_http_flashsale_host_answer(ngx_http_request_t *r,
    ngx_http_flashsale_await_t *await, fs_outcome_t outcome);
static void ngx_http_flashsale_comment_tell(ngx_http_request_t *r,
    fs_outcome_t outcome, uint64_t id);
static fs_outcome_t ngx_http_flashsale_host_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_talk_op_t op,
    fs_refusal_t *refusal);
static ngx_buf_t *ngx_http_flashsale_comments_page(ngx_http_request_t *r,
    const fs_comment_t *comments, ngx_uint_t n, uint64_t next, int more);


fs_outcome_t
ngx_http_flashsale_comment_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view)
{
    fs_outcome_t                  outcome, may;
    fs_talk_change_t              talk;
    ngx_http_flashsale_worker_t  *worker;

    outcome = ngx_http_flashsale_comment_asked(r, ctx, body, ctx->buyer,
                                               &talk, &refusal->fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    worker = ngx_http_flashsale_worker(r);
    talk.op = FS_TALK_SAY;

    /* a retry gets its answer, whatever has happened since */

    may = ngx_http_flashsale_talk_may(worker, &talk);

    if (may == FS_REPLAYED) {
        ngx_http_flashsale_comment_tell(r, FS_REPLAYED, talk.id);
        ngx_http_finalize_request(r, ngx_http_flashsale_send(r));
        return FS_OK;
    }

    if (may != FS_OK && may != FS_MUTED && may != FS_TOO_FAST) {
        return may;
    }

    outcome = ngx_http_flashsale_comment_open(worker, &talk, refusal, view);

    if (outcome == FS_OK) {
        outcome = may;
    }

    if (outcome == FS_TOO_FAST) {
        ngx_http_flashsale_comment_rest(r, talk.rest_ms, &refusal->result);
    }

    if (outcome != FS_OK) {
        return outcome;
    }

    ngx_http_flashsale_comment_name(worker, &talk.comment);

    return ngx_http_flashsale_comment_push(r, &talk,
                                           ngx_http_flashsale_comment_answer);
}


/* What is asked for, by whoever asks: a change, but for what it does. */

static fs_outcome_t
ngx_http_flashsale_comment_asked(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, const uint8_t *buyer,
    fs_talk_change_t *talk, fs_fault_t *fault)
{
    uint8_t                        unmet;
    fs_now_t                       now;
    fs_str_t                       key;
    fs_outcome_t                   outcome;
    ngx_http_flashsale_asked_t     asked;
    ngx_http_flashsale_worker_t   *worker;

    if (ngx_http_flashsale_asked(ctx, body, &asked, fault) != 0) {
        return fault->outcome;
    }

    worker = ngx_http_flashsale_worker(r);

    if (worker == NULL || worker->store == NULL) {

        /* it has gone while the body came */

        return FS_NOT_READY;
    }

    ngx_memzero(talk, sizeof(fs_talk_change_t));

    key = ngx_http_flashsale_hold_key(r, ctx, asked.comment.key,
                                      asked.comment.key_len);

    outcome = ngx_http_flashsale_key(ctx, worker, key, buyer, talk->key,
                                     fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    outcome = ngx_http_flashsale_unmet(r, &unmet, fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    if (unmet) {
        return FS_PRECONDITION;
    }

    if (!fs_slug_valid(ctx->names[0])) {
        return FS_CLOSED;
    }

    fs_store_now(worker->store, &now);

    talk->keyed = 1;
    fs_slug_set(&talk->session, ctx->names[0]);
    talk->comment.at = now.wall;
    talk->comment.of = (uint64_t) asked.comment.comment;
    talk->comment.text_len = asked.comment.text_len;
    ngx_memcpy(talk->comment.text, asked.comment.text,
               asked.comment.text_len);
    ngx_memcpy(talk->comment.buyer, buyer, FS_BUYER_LEN);

    return ngx_http_flashsale_comment_fingerprint(ctx, talk,
                                                  talk->fingerprint);
}


/* The key stands for what is said, and not for how: a form that is sent again
 * may have other hidden fields. */

static fs_outcome_t
ngx_http_flashsale_comment_fingerprint(ngx_http_flashsale_ctx_t *ctx,
    const fs_talk_change_t *talk, uint8_t *fingerprint)
{
    int       len;
    char      about[FS_SLUG_MAX + 64];
    uint8_t   hash[FS_HASH_LEN];
    fs_str_t  first, text;

    len = snprintf(about, sizeof(about), "%s/%.*s/%llu/", ctx->endpoint->path,
                   (int) talk->session.len, talk->session.data,
                   (unsigned long long) talk->comment.of);

    first.data = about;
    first.len = (size_t) len;
    text.data = talk->comment.text;
    text.len = talk->comment.text_len;

    if (fs_sha256(first, text, hash) != 0) {
        return FS_INTERNAL;
    }

    ngx_memcpy(fingerprint, hash, FS_KEY_HASH_LEN);

    return FS_OK;
}


/* OK, or CLOSED: there is no such session, or it has ended; NOT_ALLOWED. */

static fs_outcome_t
ngx_http_flashsale_comment_open(ngx_http_flashsale_worker_t *worker,
    const fs_talk_change_t *talk, fs_refusal_t *refusal, fs_view_t *view)
{
    int           found;
    fs_str_t      doc, text;
    fs_room_t     room;
    fs_outcome_t  outcome;

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_LOG, view);
    if (outcome != FS_OK) {
        return outcome;
    }

    found = fs_view_room(view, fs_slug_str(&talk->session), &room, &doc);

    if (found < 0) {
        outcome = FS_NOT_READY;

    } else if (!found || room.state == FS_ROOM_ENDED) {
        outcome = FS_CLOSED;

    } else {
        text.data = talk->comment.text;
        text.len = talk->comment.text_len;

        outcome = ngx_http_flashsale_talk_words(worker, view, text,
                                                &refusal->fault);
    }

    fs_view_close(view);
    view->store = NULL;

    return outcome;
}


static void
ngx_http_flashsale_comment_name(ngx_http_flashsale_worker_t *worker,
    fs_comment_t *comment)
{
    fs_contact_t  contact;

    if (ngx_http_flashsale_people_read(worker, comment->buyer, &contact)
        == FS_OK)
    {
        comment->name_len = (uint8_t) fs_contact_shown(&contact,
                                                       comment->name);
    }
}


static fs_outcome_t
ngx_http_flashsale_comment_push(ngx_http_request_t *r,
    const fs_talk_change_t *talk,
    void (*answer)(ngx_http_request_t *r, ngx_http_flashsale_await_t *await,
    fs_outcome_t outcome))
{
    fs_outcome_t                 outcome;
    ngx_http_flashsale_await_t  *await;

    await = ngx_http_flashsale_await(r);
    if (await == NULL) {
        return FS_INTERNAL;
    }

    await->answer = answer;

    outcome = ngx_http_flashsale_talk_push(ngx_http_flashsale_worker(r), talk,
                                           &await->writing);

    if (outcome == FS_OK) {
        ngx_http_flashsale_await_begin(await, NGX_HTTP_FLASHSALE_COMMENT_MSEC);
    }

    return outcome;
}


static void
ngx_http_flashsale_comment_rest(ngx_http_request_t *r, int64_t rest_ms,
    fs_result_t *result)
{
    fs_now_t  now;

    ngx_memzero(result, sizeof(fs_result_t));
    fs_store_now(ngx_http_flashsale_worker(r)->store, &now);

    result->outcome = FS_TOO_FAST;
    result->at = now.wall + rest_ms;

    ngx_http_flashsale_get_ctx(r)->answer.retry =
        (ngx_uint_t) ((rest_ms + 999) / 1000);
}


static void
ngx_http_flashsale_comment_answer(ngx_http_request_t *r,
    ngx_http_flashsale_await_t *await, fs_outcome_t outcome)
{
    fs_result_t  result;

    if (outcome == FS_OK || outcome == FS_REPLAYED) {
        ngx_http_flashsale_comment_tell(r, outcome == FS_OK ? FS_ACCEPTED
                                                            : outcome,
                                        await->writing.id);
        return;
    }

    ngx_memzero(&result, sizeof(fs_result_t));

    if (outcome == FS_TOO_FAST) {
        ngx_http_flashsale_comment_rest(r, await->writing.rest_ms, &result);
    }

    ngx_http_flashsale_answer_problem(r, outcome, NULL, &result, NULL);
}


static void
ngx_http_flashsale_host_answer(ngx_http_request_t *r,
    ngx_http_flashsale_await_t *await, fs_outcome_t outcome)
{
    if (outcome == FS_OK || outcome == FS_REPLAYED) {
        ngx_http_flashsale_comment_tell(r, outcome, await->writing.id);
        return;
    }

    ngx_http_flashsale_answer_problem(r, outcome, NULL, NULL, NULL);
}


static void
ngx_http_flashsale_comment_tell(ngx_http_request_t *r, fs_outcome_t outcome,
    uint64_t id)
{
    int                        len;
    char                       text[64], to[FS_SLUG_MAX + 32];
    fs_str_t                   session;

    session = ngx_http_flashsale_get_ctx(r)->names[0];

    len = snprintf(text, sizeof(text), "{\"id\":%llu}",
                   (unsigned long long) id);
    (void) snprintf(to, sizeof(to), "sessions/%.*s/comments",
                    (int) session.len, session.data);

    ngx_http_flashsale_answer_plain(r, outcome, text, len, to);
}


fs_outcome_t
ngx_http_flashsale_mute_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view)
{
    (void) view;

    return ngx_http_flashsale_host_write(r, ctx, body, FS_TALK_MUTE, refusal);
}


fs_outcome_t
ngx_http_flashsale_remove_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view)
{
    (void) view;

    return ngx_http_flashsale_host_write(r, ctx, body, FS_TALK_REMOVE,
                                         refusal);
}


fs_outcome_t
ngx_http_flashsale_reply_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view)
{
    (void) view;

    return ngx_http_flashsale_host_write(r, ctx, body, FS_TALK_REPLY,
                                         refusal);
}


static fs_outcome_t
ngx_http_flashsale_host_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_talk_op_t op,
    fs_refusal_t *refusal)
{
    fs_outcome_t      outcome;
    fs_talk_change_t  talk;

    if (!fs_slug_valid(ctx->names[0])) {
        return FS_NOT_FOUND;
    }

    outcome = ngx_http_flashsale_comment_asked(r, ctx, body,
                                               fs_keys_of_operators, &talk,
                                               &refusal->fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    talk.op = op;

    if (op == FS_TALK_REPLY) {
        talk.comment.name_len = sizeof(NGX_HTTP_FLASHSALE_HOST) - 1;
        ngx_memcpy(talk.comment.name, NGX_HTTP_FLASHSALE_HOST,
                   talk.comment.name_len);
    }

    return ngx_http_flashsale_comment_push(r, &talk,
                                           ngx_http_flashsale_host_answer);
}


ngx_int_t
ngx_http_flashsale_comments_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker)
{
    int                        n, more;
    int64_t                    after, limit;
    uint64_t                   next;
    fs_str_t                   doc;
    ngx_buf_t                 *b;
    fs_view_t                  view;
    fs_room_t                  room;
    fs_slug_t                  session;
    fs_annex_t                *rows;
    fs_fault_t                 fault;
    fs_comment_t              *comments;
    fs_outcome_t               outcome;
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_flashsale_get_ctx(r);
    after = 0;

    if (!fs_slug_valid(ctx->names[0])) {
        return ngx_http_flashsale_problem(r, FS_NOT_FOUND, NULL);
    }

    if (ngx_http_flashsale_page(ngx_http_flashsale_args(r), NULL, &limit,
                                NULL, &fault)
        != FS_OK
        || ngx_http_flashsale_number(ngx_http_flashsale_args(r), "after", 0,
                                     INT64_MAX, &after, &fault)
           != FS_OK)
    {
        return ngx_http_flashsale_problem(r, FS_BAD_REQUEST, &fault);
    }

    fs_slug_set(&session, ctx->names[0]);

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_LOG, &view);

    if (outcome != FS_OK) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    n = fs_view_room(&view, fs_slug_str(&session), &room, &doc);
    fs_view_close(&view);

    if (n <= 0) {
        return ngx_http_flashsale_problem(r, n ? FS_NOT_READY : FS_NOT_FOUND,
                                          NULL);
    }

    comments = ngx_palloc(r->pool, (size_t) limit * sizeof(fs_comment_t));
    if (comments == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rows = ngx_http_flashsale_talk_rows(worker);

    n = rows ? fs_talk_after(rows, &session, (uint64_t) after, 1, comments,
                             (unsigned) limit, &next, &more)
             : -1;

    if (n < 0) {
        outcome = rows ? fs_annex_outcome(rows) : FS_NOT_READY;

        return ngx_http_flashsale_problem(r, outcome == FS_OK ? FS_NOT_READY
                                                              : outcome,
                                          NULL);
    }

    b = ngx_http_flashsale_comments_page(r, comments, (ngx_uint_t) n, next,
                                         more);

    ngx_http_flashsale_answer_json(r, FS_OK, b, "no-store");

    return ngx_http_flashsale_send(r);
}


/* {"comments":[…],"removed":[id,…],"next":id or null} */

static ngx_buf_t *
ngx_http_flashsale_comments_page(ngx_http_request_t *r,
    const fs_comment_t *comments, ngx_uint_t n, uint64_t next, int more)
{
    int          len;
    size_t       size;
    ngx_buf_t   *b;
    ngx_uint_t   i;
    fs_writer_t  writer;

    size = 128;

    for (i = 0; i < n; i++) {
        size += FS_COMMENT_JSON_MAX
                - 6 * (size_t) (FS_COMMENT_MAX - comments[i].text_len);
    }

    b = ngx_create_temp_buf(r->pool, size);
    if (b == NULL) {
        return NULL;
    }

    fs_writer_begin(&writer, (char *) b->pos, size);
    fs_write_object(&writer);
    fs_write_key(&writer, "comments");
    fs_write_list(&writer);

    for (i = 0; i < n; i++) {
        if (comments[i].kind != FS_TALK_REMOVED) {
            fs_write_comment(&writer, &comments[i]);
        }
    }

    fs_write_list_end(&writer);
    fs_write_key(&writer, "removed");
    fs_write_list(&writer);

    for (i = 0; i < n; i++) {
        if (comments[i].kind == FS_TALK_REMOVED) {
            fs_write_number(&writer, (int64_t) comments[i].of);
        }
    }

    fs_write_list_end(&writer);
    fs_write_key(&writer, "next");

    if (more) {
        fs_write_number(&writer, (int64_t) next);

    } else {
        fs_write_null(&writer);
    }

    fs_write_object_end(&writer);

    len = fs_writer_end(&writer);

    if (len < 0) {
        return NULL;
    }

    b->last = b->pos + len;

    return b;
}


ngx_int_t
ngx_http_flashsale_activity_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker)
{
    int             i, n, len, more;
    int64_t         after, limit;
    ngx_buf_t      *b;
    fs_str_t        args;
    fs_annex_t     *rows;
    fs_fault_t      fault;
    ngx_chain_t    *out;
    fs_outcome_t    outcome;
    fs_activity_t  *activities;

    args = ngx_http_flashsale_args(r);
    after = 0;
    limit = NGX_HTTP_FLASHSALE_ACTIVITY_LIMIT;

    if (ngx_http_flashsale_number(args, "after", 0, INT64_MAX, &after, &fault)
        != FS_OK
        || ngx_http_flashsale_number(args, "limit", 1,
                                     NGX_HTTP_FLASHSALE_ACTIVITY_MAX, &limit,
                                     &fault)
           != FS_OK)
    {
        return ngx_http_flashsale_problem(r, FS_BAD_REQUEST, &fault);
    }

    activities = ngx_palloc(r->pool, (size_t) limit * sizeof(fs_activity_t));
    if (activities == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rows = ngx_http_flashsale_talk_rows(worker);
    n = rows ? fs_talk_activity(rows, (uint64_t) after, activities,
                                (unsigned) limit, &more)
             : -1;

    if (n < 0) {
        outcome = rows ? fs_annex_outcome(rows) : FS_NOT_READY;

        return ngx_http_flashsale_problem(r, outcome == FS_OK ? FS_NOT_READY
                                                              : outcome,
                                          NULL);
    }

    if (n == 0) {
        return ngx_http_flashsale_send_text(r, "application/x-ndjson",
                                            "private, no-store", NULL);
    }

    b = ngx_create_temp_buf(r->pool, (size_t) n * (FS_ACTIVITY_JSON_MAX + 1));
    out = ngx_alloc_chain_link(r->pool);

    if (b == NULL || out == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (i = 0; i < n; i++) {
        len = fs_answer_activity((char *) b->last, FS_ACTIVITY_JSON_MAX,
                                 &activities[i]);
        if (len < 0) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        b->last += len;
        *b->last++ = '\n';
    }

    out->buf = b;
    out->next = NULL;

    return ngx_http_flashsale_send_text(r, "application/x-ndjson",
                                        "private, no-store", out);
}
