
#include "lua/ngx_http_flashsale_lua_people.h"
#include "api/ngx_http_flashsale_me.h"
#include "core/text/text.h"
#include "core/text/person.h"
#include "annex/ngx_http_flashsale_people.h"
#include "annex/ngx_http_flashsale_talk.h"


static fs_outcome_t ngx_http_flashsale_lua_person(
    ngx_http_flashsale_worker_t **worker, const char *identity,
    size_t identity_len, uint8_t *buyer);
static int ngx_http_flashsale_lua_change(ngx_http_request_t *r,
    const fs_contact_change_t *change, void **wait, char *buf, size_t size);
static void ngx_http_flashsale_lua_change_cleanup(void *data);


int
ngx_http_flashsale_ffi_people_known(void)
{
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();

    return worker && worker->store
           && ngx_http_flashsale_people_known(worker) == NGX_OK;
}


static fs_outcome_t
ngx_http_flashsale_lua_person(ngx_http_flashsale_worker_t **worker,
    const char *identity, size_t identity_len, uint8_t *buyer)
{
    *worker = ngx_http_flashsale_lua_worker();

    return ngx_http_flashsale_lua_buyer(*worker,
                      ngx_http_flashsale_lua_str(identity, identity_len),
                      buyer);
}


int
ngx_http_flashsale_ffi_me(const char *identity, size_t identity_len,
    char *buf, size_t size)
{
    int                           len;
    uint8_t                       buyer[FS_BUYER_LEN];
    fs_outcome_t                  outcome;
    ngx_http_flashsale_worker_t  *worker;

    outcome = ngx_http_flashsale_lua_person(&worker, identity, identity_len,
                                            buyer);

    if (outcome == FS_OK && size < FS_PERSON_JSON_MAX) {
        outcome = FS_INTERNAL;
    }

    if (outcome == FS_OK) {
        outcome = ngx_http_flashsale_me(worker, buyer, buf, &len);
    }

    return outcome == FS_OK ? len : -(int) outcome;
}


int
ngx_http_flashsale_ffi_contact(const char *identity, size_t identity_len,
    char *buf, size_t size)
{
    uint8_t                       buyer[FS_BUYER_LEN];
    fs_outcome_t                  outcome;
    ngx_http_flashsale_worker_t  *worker;

    outcome = ngx_http_flashsale_lua_person(&worker, identity, identity_len,
                                            buyer);

    return outcome == FS_OK
           ? ngx_http_flashsale_lua_contact(worker, buyer, buf, size)
           : -(int) outcome;
}


int
ngx_http_flashsale_lua_contact(ngx_http_flashsale_worker_t *worker,
    const uint8_t *buyer, char *buf, size_t size)
{
    int           len;
    fs_contact_t  contact;
    fs_outcome_t  outcome;

    outcome = ngx_http_flashsale_people_read(worker, buyer, &contact);

    if (outcome != FS_OK && outcome != FS_NOT_FOUND) {
        return -(int) outcome;
    }

    len = fs_answer_contact(buf, size, outcome == FS_OK ? &contact : NULL);

    return len < 0 ? -FS_INTERNAL : len;
}


int
ngx_http_flashsale_ffi_contact_give(ngx_http_request_t *r, const char *body,
    size_t body_len, const char *identity, size_t identity_len, void **wait,
    char *buf, size_t size)
{
    fs_now_t                      now;
    fs_fault_t                    fault;
    fs_outcome_t                  outcome;
    fs_contact_change_t           change;
    fs_contact_request_t          request;
    ngx_http_flashsale_worker_t  *worker;

    fs_fault_clear(&fault);

    outcome = ngx_http_flashsale_lua_person(&worker, identity, identity_len,
                                            change.buyer);

    if (outcome == FS_OK
        && fs_request_contact(ngx_http_flashsale_lua_str(body, body_len),
                              &request, &fault)
           != 0)
    {
        outcome = fault.outcome;
    }

    if (outcome != FS_OK) {
        return fs_answer_problem(buf, size, outcome, &fault, NULL, NULL);
    }

    fs_store_now(worker->store, &now);

    change.op = FS_CONTACT_PUT;
    change.contact = request.contact;
    change.contact.at = now.wall;

    return ngx_http_flashsale_lua_change(r, &change, wait, buf, size);
}


int
ngx_http_flashsale_ffi_contact_leave(ngx_http_request_t *r,
    const char *identity, size_t identity_len, void **wait, int *later,
    char *buf, size_t size)
{
    fs_outcome_t                  outcome;
    fs_contact_change_t           change;
    ngx_http_flashsale_worker_t  *worker;

    ngx_memzero(&change, sizeof(fs_contact_change_t));

    outcome = ngx_http_flashsale_lua_person(&worker, identity, identity_len,
                                            change.buyer);

    if (outcome == FS_OK) {
        outcome = ngx_http_flashsale_people_leaving(worker, change.buyer,
                                                    &change.op);
    }

    if (outcome != FS_OK) {
        return fs_answer_problem(buf, size, outcome, NULL, NULL, NULL);
    }

    *later = (change.op == FS_CONTACT_LEAVE);

    return ngx_http_flashsale_lua_change(r, &change, wait, buf, size);
}


static int
ngx_http_flashsale_lua_change(ngx_http_request_t *r,
    const fs_contact_change_t *change, void **wait, char *buf, size_t size)
{
    fs_outcome_t                   outcome;
    ngx_pool_cleanup_t            *cln;
    ngx_http_flashsale_worker_t   *worker;
    ngx_http_flashsale_writing_t  *writing;

    worker = ngx_http_flashsale_lua_worker();
    outcome = FS_INTERNAL;
    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_flashsale_writing_t));

    if (cln) {
        writing = cln->data;
        ngx_memzero(writing, sizeof(ngx_http_flashsale_writing_t));
        cln->handler = ngx_http_flashsale_lua_change_cleanup;

        /* as DELETE me does */

        outcome = (change->op == FS_CONTACT_PUT)
                  ? FS_OK
                  : ngx_http_flashsale_talk_erase(worker, change->buyer,
                                                  writing);

        if (outcome == FS_OK) {
            outcome = ngx_http_flashsale_people_push(worker, change, writing);
        }

        if (outcome == FS_OK) {
            *wait = writing;
            return 0;
        }

        ngx_http_flashsale_annex_drop(writing);
    }

    return fs_answer_problem(buf, size, outcome, NULL, NULL, NULL);
}


static void
ngx_http_flashsale_lua_change_cleanup(void *data)
{
    ngx_http_flashsale_annex_drop(data);
}


int
ngx_http_flashsale_ffi_contact_wait(void *wait, int enough)
{
    ngx_http_flashsale_writing_t *writing = wait;

    if (writing->n == 0) {
        return writing->outcome;
    }

    return enough && ngx_http_flashsale_annex_promise(writing) ? FS_ACCEPTED
                                                               : -1;
}
