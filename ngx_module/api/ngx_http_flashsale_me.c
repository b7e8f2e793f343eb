
#include "api/ngx_http_flashsale_me.h"
#include "http/ngx_http_flashsale_answer.h"
#include "http/ngx_http_flashsale_request.h"
#include "annex/ngx_http_flashsale_people.h"
#include "annex/ngx_http_flashsale_talk.h"
#include "api/ngx_http_flashsale_await.h"
#include "worker/ngx_http_flashsale_worker.h"


/* a change is waited for so long, and then promised */
#define NGX_HTTP_FLASHSALE_ME_MSEC   500


static fs_outcome_t ngx_http_flashsale_me_asked(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body,
    ngx_http_flashsale_asked_t *asked, fs_fault_t *fault);
static fs_outcome_t ngx_http_flashsale_me_push(ngx_http_request_t *r,
    const fs_contact_change_t *change);
static void ngx_http_flashsale_me_answer(ngx_http_request_t *r,
    ngx_http_flashsale_await_t *await, fs_outcome_t outcome);


fs_outcome_t
ngx_http_flashsale_me(ngx_http_flashsale_worker_t *worker,
    const uint8_t *buyer, char *text, int *len)
{
    char           code[FS_CODE_LEN];
    fs_contact_t   contact;
    fs_collect_t   collect;
    fs_outcome_t   outcome, found;

    found = ngx_http_flashsale_people_read(worker, buyer, &contact);

    if (found != FS_OK && found != FS_NOT_FOUND) {
        return found;
    }

    if (fs_crypto_code(worker->crypto, buyer, code) != 0) {
        return FS_INTERNAL;
    }

    ngx_memzero(&collect, sizeof(fs_collect_t));

    outcome = ngx_http_flashsale_people_collect(worker, buyer, &collect);

    if (outcome != FS_OK) {
        return outcome;
    }

    *len = fs_answer_me(text, FS_PERSON_JSON_MAX, code,
                        found == FS_OK ? &contact : NULL, &collect.counts);

    return *len < 0 ? FS_INTERNAL : FS_OK;
}


ngx_int_t
ngx_http_flashsale_me_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker)
{
    int                        len;
    char                       text[FS_PERSON_JSON_MAX];
    fs_outcome_t               outcome;
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_flashsale_get_ctx(r);

    outcome = ngx_http_flashsale_me(worker, ctx->buyer, text, &len);

    if (outcome != FS_OK) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    ngx_http_flashsale_answer_plain(r, FS_OK, text, len, NULL);

    return ngx_http_flashsale_send(r);
}


fs_outcome_t
ngx_http_flashsale_contact_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view)
{
    fs_now_t                       now;
    fs_outcome_t                   outcome;
    fs_contact_change_t            change;
    ngx_http_flashsale_asked_t     asked;
    ngx_http_flashsale_worker_t   *worker;

    (void) view;

    outcome = ngx_http_flashsale_me_asked(r, ctx, body, &asked,
                                          &refusal->fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    worker = ngx_http_flashsale_worker(r);

    if (worker == NULL || worker->store == NULL) {

        /* it has gone while the body came */

        return FS_NOT_READY;
    }

    fs_store_now(worker->store, &now);

    change.op = FS_CONTACT_PUT;
    change.contact = asked.contact.contact;
    change.contact.at = now.wall;
    ngx_memcpy(change.buyer, ctx->buyer, FS_BUYER_LEN);

    return ngx_http_flashsale_me_push(r, &change);
}


fs_outcome_t
ngx_http_flashsale_contact_put(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view)
{
    if (fs_crypto_pseudonym_read(ctx->names[0], ctx->buyer) != 0) {
        return FS_NOT_FOUND;
    }

    return ngx_http_flashsale_contact_write(r, ctx, body, refusal, view);
}


fs_outcome_t
ngx_http_flashsale_me_leave(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view)
{
    fs_outcome_t                  outcome;
    fs_contact_change_t           change;
    ngx_http_flashsale_asked_t    asked;

    (void) view;

    outcome = ngx_http_flashsale_me_asked(r, ctx, body, &asked,
                                          &refusal->fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    ngx_memzero(&change, sizeof(fs_contact_change_t));
    ngx_memcpy(change.buyer, ctx->buyer, FS_BUYER_LEN);

    outcome = ngx_http_flashsale_people_leaving(ngx_http_flashsale_worker(r),
                                                ctx->buyer, &change.op);
    if (outcome != FS_OK) {
        return outcome;
    }

    return ngx_http_flashsale_me_push(r, &change);
}


/* What is asked for.  A person is always there and has no tag. */

static fs_outcome_t
ngx_http_flashsale_me_asked(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body,
    ngx_http_flashsale_asked_t *asked, fs_fault_t *fault)
{
    uint8_t       unmet;
    fs_outcome_t  outcome;

    if (ngx_http_flashsale_asked(ctx, body, asked, fault) != 0) {
        return fault->outcome;
    }

    outcome = ngx_http_flashsale_unmet(r, &unmet, fault);

    return (outcome == FS_OK && unmet) ? FS_PRECONDITION : outcome;
}


static fs_outcome_t
ngx_http_flashsale_me_push(ngx_http_request_t *r,
    const fs_contact_change_t *change)
{
    fs_outcome_t                  outcome;
    ngx_http_flashsale_await_t   *await;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_worker(r);

    await = ngx_http_flashsale_await(r);
    if (await == NULL) {
        return FS_INTERNAL;
    }

    await->promises = 1;
    await->answer = ngx_http_flashsale_me_answer;
    await->contact = *change;

    /* who leaves takes name and pseudonym out of what was said, too */

    if (change->op != FS_CONTACT_PUT) {
        outcome = ngx_http_flashsale_talk_erase(worker, change->buyer,
                                                &await->writing);
        if (outcome != FS_OK) {
            return outcome;
        }
    }

    outcome = ngx_http_flashsale_people_push(worker, change, &await->writing);

    if (outcome == FS_OK) {
        ngx_http_flashsale_await_begin(await, NGX_HTTP_FLASHSALE_ME_MSEC);

    } else {
        ngx_http_flashsale_annex_drop(&await->writing);
    }

    return outcome;
}


static void
ngx_http_flashsale_me_answer(ngx_http_request_t *r,
    ngx_http_flashsale_await_t *await, fs_outcome_t outcome)
{
    int                         len;
    char                        text[FS_PERSON_JSON_MAX];
    fs_contact_t                contact;
    const fs_contact_t         *shown;
    const fs_contact_change_t  *change;

    change = &await->contact;

    if (outcome != FS_OK && outcome != FS_ACCEPTED) {
        ngx_http_flashsale_answer_problem(r, outcome, NULL, NULL, NULL);
        return;
    }

    shown = NULL;

    if (change->op == FS_CONTACT_PUT) {
        shown = &change->contact;
        outcome = FS_ACCEPTED;

    } else if (change->op == FS_CONTACT_LEAVE) {
        outcome = FS_ACCEPTED;

        if (ngx_http_flashsale_people_read(ngx_http_flashsale_worker(r),
                                           change->buyer, &contact)
            == FS_OK)
        {
            shown = &contact;
        }
    }

    len = fs_answer_contact(text, sizeof(text), shown);

    ngx_http_flashsale_answer_plain(r, outcome, text, len, "me");
}
