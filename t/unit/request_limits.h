
/*
 * What no accepted request may break, whatever the bytes were: looked at by
 * the mutation loops here and by the fuzzers.
 */

#ifndef REQUEST_LIMITS_H
#define REQUEST_LIMITS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_tree.h>

#include "text/text.h"


#define LIMIT(condition)                                                     \
    do {                                                                     \
        if (!(condition)) {                                                  \
            return #condition;                                               \
        }                                                                    \
    } while (0)

#define WITHIN(value, min, max)  ((value) >= (min) && (value) <= (max))


/* 1 when yajl alone takes it too. */
static inline int
limits_json(const char *text, size_t len)
{
    char      *copy, error[128];
    yajl_val   tree;

    copy = malloc(len + 1);
    memcpy(copy, text, len);
    copy[len] = '\0';

    tree = yajl_tree_parse(copy, error, sizeof(error));

    yajl_tree_free(tree);
    free(copy);

    return tree != NULL;
}


static inline const char *
limits_fault(const fs_fault_t *fault)
{
    int         len;
    char        buf[FS_PROBLEM_JSON_MAX];
    fs_names_t  names;

    memset(&names, 0, sizeof(fs_names_t));

    LIMIT(fault->outcome == FS_BAD_REQUEST || fault->outcome == FS_TOO_LARGE);
    LIMIT(memchr(fault->field, '\0', sizeof(fault->field)) != NULL);
    LIMIT(memchr(fault->rule, '\0', sizeof(fault->rule)) != NULL);
    LIMIT(fault->rule[0] != '\0');

    len = fs_answer_problem(buf, sizeof(buf), fault->outcome, fault, NULL,
                            &names);

    LIMIT(len > 0);
    LIMIT(limits_json(buf, len));

    return NULL;
}


static inline const char *
limits_visible(const char *text, size_t len, size_t max)
{
    size_t  i;

    LIMIT(len <= max);

    for (i = 0; i < len; i++) {
        LIMIT(WITHIN(text[i], 0x21, 0x7e));
    }

    return NULL;
}


static inline const char *
limits_hold(const fs_hold_request_t *request)
{
    unsigned     i, j;
    fs_str_t     slug;
    const char  *broken;

    LIMIT(WITHIN(request->lines_n, 1, FS_LINES_MAX));

    for (i = 0; i < request->lines_n; i++) {
        slug.len = request->lines[i].sale.len;
        slug.data = request->lines[i].sale.data;

        LIMIT(fs_slug_valid(slug));
        LIMIT(WITHIN(request->lines[i].qty, 1, FS_QTY_MAX));

        for (j = 0; j < i; j++) {
            LIMIT(request->lines[j].sale.len != slug.len
                  || memcmp(request->lines[j].sale.data, slug.data, slug.len)
                     != 0);
        }
    }

    if (request->pickup.len > 0) {
        slug.len = request->pickup.len;
        slug.data = request->pickup.data;

        LIMIT(fs_slug_valid(slug));
    }

    broken = limits_visible(request->key, request->key_len, FS_KEY_MAX);

    if (broken == NULL) {
        broken = limits_visible(request->csrf, request->csrf_len,
                                FS_KEY_MAX);
    }

    return broken;
}


static inline const char *
limits_sale(const fs_sale_request_t *request, fs_str_t body)
{
    unsigned  i;

    LIMIT(request->title_len <= FS_TITLE_MAX);

    for (i = 0; i < request->title_len; i++) {
        LIMIT((uint8_t) request->title[i] >= 0x20);
        LIMIT(request->title[i] != 0x7f);
    }

    LIMIT(WITHIN(request->price_fen, 0, FS_PRICE_MAX));
    LIMIT(request->stock <= FS_STOCK_MAX);
    LIMIT(request->limit <= FS_QTY_MAX);
    LIMIT(request->opens_at == 0
          || WITHIN(request->opens_at, FS_AT_MIN, FS_AT_MAX));
    LIMIT(request->closes_at == 0
          || WITHIN(request->closes_at, FS_AT_MIN, FS_AT_MAX));
    LIMIT(request->closes_at == 0
          || request->closes_at > request->opens_at);
    LIMIT(request->goal <= request->stock);
    LIMIT(request->goal_by == FS_GOAL_BY_SALE || request->goal > 0);
    LIMIT(request->goal_by <= FS_GOAL_BY_PICKUP);
    LIMIT(request->hold_ms == 0
          || WITHIN(request->hold_ms, FS_HOLD_MS_MIN, FS_HOLD_MS_MAX));
    LIMIT(request->cancel_ms <= FS_CANCEL_MS_MAX);

    if (request->doc.data != NULL) {
        LIMIT(request->doc.data >= body.data);
        LIMIT(request->doc.data + request->doc.len
              <= body.data + body.len);
        LIMIT(WITHIN(request->doc.len, 2, FS_DOC_MAX));
        LIMIT(request->doc.data[0] == '{');
        LIMIT(request->doc.data[request->doc.len - 1] == '}');
        LIMIT(limits_json(request->doc.data, request->doc.len));
    }

    return NULL;
}


static inline const char *
limits_hand_over(const fs_hand_over_request_t *request)
{
    unsigned  i;

    LIMIT(request->via == FS_VIA_NONE || request->via == FS_VIA_SCAN
          || request->via == FS_VIA_CODE || request->via == FS_VIA_LIST);
    LIMIT(WITHIN(request->device_at, -FS_DEVICE_AT_MAX, FS_DEVICE_AT_MAX));
    LIMIT(request->lines_n <= FS_LINES_MAX);

    for (i = 0; i < request->lines_n; i++) {
        LIMIT(WITHIN(request->lines[i].sale.len, 1, FS_SLUG_MAX));
        LIMIT(request->lines[i].qty <= FS_QTY_MAX);
    }

    return limits_visible(request->nonce, request->nonce_len, FS_KEY_MAX);
}


static inline const char *
limits_claim(const fs_claim_request_t *request)
{
    LIMIT(WITHIN(request->sale.len, 1, FS_SLUG_MAX));
    LIMIT(WITHIN(request->qty, 1, FS_QTY_MAX));
    LIMIT(request->reason == FS_REASON_BAD
          || request->reason == FS_REASON_SHORT
          || request->reason == FS_REASON_DAMAGED
          || request->reason == FS_REASON_WRONG);

    return limits_visible(request->key, request->key_len, FS_KEY_MAX);
}


/* What is kept of a reason is a document. */
static inline const char *
limits_reason(const fs_reason_request_t *request)
{
    int   n;
    char  buf[FS_WORDS_JSON_MAX];

    LIMIT(WITHIN(request->words_len, 1, FS_WORDS_MAX));
    LIMIT(WITHIN(request->fen_each, 0, FS_PRICE_MAX));

    n = fs_write_words(buf, sizeof(buf), request);
    LIMIT(n > 0 && limits_json(buf, (size_t) n));

    return NULL;
}


static inline const char *
limits_wave(const fs_wave_request_t *request)
{
    LIMIT(WITHIN(request->sales_n, 1, FS_WAVE_SALES_MAX));
    LIMIT(WITHIN(request->cut_at, FS_AT_MIN, FS_AT_MAX));
    LIMIT(request->day == 0 || WITHIN(request->day, 20200101, 21001231));

    return NULL;
}


static inline const char *
limits_receive(const fs_receive_request_t *request)
{
    unsigned  i;

    LIMIT(WITHIN(request->lines_n, 1, FS_WAVE_SALES_MAX));
    LIMIT(request->final <= 1);

    for (i = 0; i < request->lines_n; i++) {
        LIMIT(request->lines[i].qty <= FS_STOCK_MAX);
    }

    return NULL;
}


#define TRY(call, checks)                                                    \
    do {                                                                     \
        memset(&fault, 'x', sizeof(fs_fault_t));                             \
                                                                             \
        if ((call) == 0) {                                                   \
            LIMIT(fault.outcome == FS_OK);                                   \
            broken = (checks);                                               \
                                                                             \
        } else {                                                             \
            broken = limits_fault(&fault);                                   \
        }                                                                    \
                                                                             \
        if (broken != NULL) {                                                \
            return broken;                                                   \
        }                                                                    \
    } while (0)


/* A body to every reader of JSON.  NULL, or the limit that was broken. */
static inline const char *
limits_body(fs_str_t body)
{
    int64_t                 add;
    uint8_t                 accept;
    fs_fault_t              fault;
    const char             *broken;
    fs_hold_request_t       hold;
    fs_sale_request_t       sale;
    fs_wave_request_t       wave;
    fs_order_request_t      order;
    fs_claim_request_t      claim;
    fs_reason_request_t     reason;
    fs_receive_request_t    receive;
    fs_hand_over_request_t  handed;

    TRY(fs_request_hold(body, &hold, &fault),
        limits_json(body.data, body.len) ? limits_hold(&hold) : "JSON");

    TRY(fs_request_point(body, &hold, &fault),
        hold.pickup.len > 0 && hold.pickup.len <= FS_SLUG_MAX ? NULL
                                                               : "point");

    TRY(fs_request_sale(body, &sale, &fault),
        limits_json(body.data, body.len) ? limits_sale(&sale, body)
                                         : "JSON");

    TRY(fs_request_confirm(body, &order, &fault),
        WITHIN(order.paid_fen, 0, FS_AMOUNT_MAX) && order.reference_len > 0
        ? limits_visible(order.reference, order.reference_len,
                         FS_REFERENCE_MAX)
        : "confirm");

    TRY(fs_request_refunded(body, &order, &fault),
        order.reference_len > 0
        ? limits_visible(order.payment, order.payment_len, FS_REFERENCE_MAX)
        : "refunded");

    TRY(fs_request_hand_over(body, &handed, &fault),
        limits_hand_over(&handed));

    TRY(fs_request_put_back(body, &handed, &fault),
        handed.nonce_len > 0 ? limits_hand_over(&handed) : "put back");

    TRY(fs_request_claim(body, &claim, &fault), limits_claim(&claim));

    TRY(fs_request_answer(body, &accept, &fault),
        accept <= 1 ? NULL : "answer");

    TRY(fs_request_call_off(body, &reason, &fault),
        reason.fen_each == 0 ? limits_reason(&reason) : "call off");

    TRY(fs_request_compensate(body, &reason, &fault),
        reason.fen_each > 0 ? limits_reason(&reason) : "compensate");

    TRY(fs_request_wave(body, &wave, &fault), limits_wave(&wave));

    TRY(fs_request_receive(body, &receive, &fault),
        limits_receive(&receive));

    TRY(fs_request_stock(body, &add, &fault),
        WITHIN(add, -FS_STOCK_MAX, FS_STOCK_MAX) ? NULL : "stock");

    TRY(fs_request_empty(body, &fault),
        body.len == 0 || limits_json(body.data, body.len) ? NULL : "empty");

    TRY(fs_request_document(body, &fault),
        body.len <= FS_DOC_MAX && limits_json(body.data, body.len)
        ? NULL : "document");

    return NULL;
}


/* A form or a query string to every reader of those. */
static inline const char *
limits_form(fs_str_t body)
{
    int                 len;
    char                buf[FS_SLUG_MAX];
    size_t              pos, turns;
    fs_fault_t          fault;
    const char         *broken;
    fs_hold_request_t   hold;
    fs_claim_request_t  claim;

    TRY(fs_request_claim_form(body, &claim, &fault), limits_claim(&claim));

    TRY(fs_request_hold_form(body, &hold, &fault), limits_hold(&hold));

    TRY(fs_request_plain_form(body, &hold, &fault),
        hold.lines_n == 0
        ? limits_visible(hold.key, hold.key_len, FS_KEY_MAX) : "plain");

    TRY(fs_request_point_form(body, &hold, &fault),
        hold.pickup.len == 0 || hold.lines_n != 0 ? "point"
        : limits_visible(hold.key, hold.key_len, FS_KEY_MAX));

    len = fs_query_get(body, "sale", buf, sizeof(buf));
    LIMIT(WITHIN(len, -2, (int) sizeof(buf)));
    LIMIT(len <= 0 || memchr(buf, '\0', len) == NULL);

    pos = 0;

    for (turns = 0; turns <= body.len; turns++) {
        len = fs_query_next(body, "sale", &pos, buf, sizeof(buf));
        LIMIT(WITHIN(len, -2, (int) sizeof(buf)));

        if (len == -1) {
            break;
        }
    }

    LIMIT(turns <= body.len);

    return NULL;
}


#endif /* REQUEST_LIMITS_H */
