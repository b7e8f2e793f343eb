
/* Documents that people and services get. */

#include "text/text.h"


/* What a problem of this outcome tells from the result. */
#define FS_WITH_SALE         0x01
#define FS_WITH_FREE         0x02
#define FS_WITH_LIMIT        0x04
#define FS_WITH_OPENS_AT     0x08
#define FS_WITH_RETRY_AT     0x10
#define FS_WITH_STATE        0x20
#define FS_WITH_TAKEN        0x40       /* held, sold */
#define FS_WITH_LAST_SEQ     0x80
#define FS_WITH_LEFT         0x100
#define FS_WITH_AMOUNT       0x200
#define FS_WITH_RECEIVED     0x400      /* received, ready, final */
#define FS_WITH_WHY          0x800      /* reason */

static const uint16_t  fs_tell[FS_OUTCOMES_N] = {
    [FS_SOLD_OUT] = FS_WITH_SALE | FS_WITH_FREE,
    [FS_OVER_LIMIT] = FS_WITH_SALE | FS_WITH_LIMIT,
    [FS_NOT_OPEN] = FS_WITH_SALE | FS_WITH_OPENS_AT,
    [FS_CLOSED] = FS_WITH_SALE,
    [FS_PAUSED] = FS_WITH_SALE,
    [FS_WRONG_STATE] = FS_WITH_STATE,
    [FS_TOO_MANY_HOLDS] = FS_WITH_LIMIT,
    [FS_WAIT] = FS_WITH_RETRY_AT,
    [FS_TOO_FAST] = FS_WITH_RETRY_AT,
    [FS_STOCK_TAKEN] = FS_WITH_TAKEN,
    [FS_FORKED] = FS_WITH_LAST_SEQ,
    [FS_REFUND_OVER] = FS_WITH_SALE | FS_WITH_LEFT,
    [FS_WRONG_AMOUNT] = FS_WITH_AMOUNT,
    [FS_READY_ALREADY] = FS_WITH_SALE | FS_WITH_RECEIVED,
    [FS_BY_DESK] = FS_WITH_SALE,
    [FS_GIFT_UNUSABLE] = FS_WITH_WHY
};


#define fs_write_some_of(writer, literal, number)                            \
    (fs_write_key(writer, literal), fs_write_some(writer, number))


static void fs_write_hold(fs_writer_t *writer, const fs_hold_t *hold,
    const fs_names_t *names, int64_t now);
static void fs_write_gift(fs_writer_t *writer, const fs_hold_t *gift,
    const fs_names_t *names);
static void fs_write_seq_id(fs_writer_t *writer, const fs_names_t *names,
    fs_seq_t hold);
static void fs_write_debt(fs_writer_t *writer, const fs_debt_t *debt,
    const fs_names_t *names);
static void fs_write_claim(fs_writer_t *writer, const fs_claim_t *claim);
static void fs_write_claim_of(fs_writer_t *writer, const fs_claim_t *claim,
    uint32_t sale, const fs_names_t *names);
static void fs_write_lines(fs_writer_t *writer, const fs_hold_t *hold,
    const fs_names_t *names);
static void fs_write_sale_fields(fs_writer_t *writer, const fs_sale_t *sale,
    fs_str_t terms);
static void fs_write_gives(fs_writer_t *writer, const fs_sale_t *sale,
    fs_str_t terms);
static void fs_write_listed_sales(fs_writer_t *writer, const fs_sale_t *sales,
    size_t n, unsigned lot);
static void fs_write_operators_sale(fs_writer_t *writer,
    const fs_sale_t *sale, fs_str_t terms, const fs_shown_seed_t *seed,
    unsigned lot);
static void fs_write_claims_of(fs_writer_t *writer, const fs_sale_t *sale,
    unsigned lot);
static void fs_write_problem(fs_writer_t *writer, fs_outcome_t outcome,
    int status, const fs_fault_t *fault);
static void fs_write_result(fs_writer_t *writer, unsigned tell,
    const fs_result_t *result, const fs_names_t *names);
static void fs_write_state(fs_writer_t *writer, const fs_result_t *result,
    const fs_names_t *names);
static void fs_write_sale_slug(fs_writer_t *writer, const fs_names_t *names,
    uint32_t number);
static void fs_write_hold_id(fs_writer_t *writer, const fs_names_t *names,
    const fs_hold_t *hold);
static void fs_write_some(fs_writer_t *writer, int64_t number);


int
fs_answer_hold(char *buf, size_t size, const fs_hold_t *hold,
    const fs_after_t *after, const fs_names_t *names, int64_t now)
{
    size_t             i;
    fs_writer_t        writer;
    const fs_claim_t  *claim;

    fs_writer_begin(&writer, buf, size);
    fs_write_object(&writer);
    fs_write_hold(&writer, hold, names, now);

    if (after != NULL && after->ticket != NULL) {
        fs_write_ticket(&writer, after->ticket);
    }

    fs_write_key(&writer, "debts");
    fs_write_list(&writer);

    for (i = 0; after != NULL && i < after->debts_n; i++) {
        fs_write_debt(&writer, &after->debts[i], names);
    }

    fs_write_list_end(&writer);
    fs_write_key(&writer, "claims");
    fs_write_list(&writer);

    for (i = 0; after != NULL && i < after->claims_n; i++) {
        claim = &after->claims[i];

        fs_write_object(&writer);
        fs_write_claim_of(&writer, claim, claim->line < hold->lines_n
                                          ? hold->lines[claim->line].sale : 0,
                          names);
        fs_write_object_end(&writer);
    }

    fs_write_list_end(&writer);
    fs_write_object_end(&writer);

    return fs_writer_end(&writer);
}


int
fs_answer_claim(char *buf, size_t size, const fs_claim_t *claim)
{
    fs_writer_t  writer;

    fs_writer_begin(&writer, buf, size);
    fs_write_object(&writer);
    fs_write_claim(&writer, claim);
    fs_write_object_end(&writer);

    return fs_writer_end(&writer);
}


int
fs_answer_open_claims(char *buf, size_t size, const fs_open_claim_t *claims,
    size_t n, int more, const fs_names_t *names)
{
    char         id[FS_HOLD_ID_LEN];
    size_t       i;
    fs_slug_t    slug;
    fs_writer_t  writer;

    fs_writer_begin(&writer, buf, size);
    fs_write_object(&writer);
    fs_write_key(&writer, "claims");
    fs_write_list(&writer);

    for (i = 0; i < n; i++) {

        if (names->hold_id(names->data, claims[i].claim.hold, NULL, id) != 0
            || (claims[i].pickup != 0
                && names->slug(names->data, 'p', claims[i].pickup, &slug)
                   != 0))
        {
            fs_writer_fail(&writer);
            break;
        }

        fs_write_object(&writer);
        fs_write_key(&writer, "hold");
        fs_write_string(&writer, id, sizeof(id));
        fs_write_key(&writer, "pickup");

        if (claims[i].pickup != 0) {
            fs_write_string(&writer, slug.data, slug.len);

        } else {
            fs_write_null(&writer);
        }

        fs_write_claim_of(&writer, &claims[i].claim, claims[i].sale, names);
        fs_write_object_end(&writer);
    }

    fs_write_list_end(&writer);
    fs_write_boolean_of(&writer, "more", more);
    fs_write_object_end(&writer);

    return fs_writer_end(&writer);
}


int
fs_answer_lines(char *buf, size_t size, const fs_hold_t *hold,
    const fs_names_t *names)
{
    fs_writer_t  writer;

    fs_writer_begin(&writer, buf, size);
    fs_write_lines(&writer, hold, names);

    return fs_writer_end(&writer);
}


int
fs_answer_holds(char *buf, size_t size, const fs_hold_t *holds, size_t n,
    int more, int gifts, const fs_names_t *names, int64_t now)
{
    size_t       i;
    fs_writer_t  writer;

    fs_writer_begin(&writer, buf, size);

    fs_write_object(&writer);

    if (gifts) {
        fs_write_key(&writer, "gifts");

    } else {
        fs_write_key(&writer, "holds");
    }

    fs_write_list(&writer);

    for (i = 0; i < n; i++) {
        fs_write_object(&writer);
        fs_write_hold(&writer, &holds[i], names, now);
        fs_write_object_end(&writer);
    }

    fs_write_list_end(&writer);
    fs_write_key(&writer, "next");

    if (more && n > 0) {
        fs_write_hold_id(&writer, names, &holds[n - 1]);

    } else {
        fs_write_null(&writer);
    }

    fs_write_object_end(&writer);

    return fs_writer_end(&writer);
}


int
fs_answer_sale(char *buf, size_t size, const fs_sale_t *sale)
{
    fs_writer_t  writer;

    fs_writer_begin(&writer, buf, size);
    fs_write_sale(&writer, sale);

    return fs_writer_end(&writer);
}


int
fs_answer_operators_sale(char *buf, size_t size, const fs_sale_t *sale,
    fs_str_t terms, const fs_shown_seed_t *seed, unsigned lot)
{
    fs_writer_t  writer;

    fs_writer_begin(&writer, buf, size);
    fs_write_operators_sale(&writer, sale, terms, seed, lot);

    return fs_writer_end(&writer);
}


int
fs_answer_sales(char *buf, size_t size, const fs_sale_t *sales, size_t n,
    int more, unsigned lot)
{
    fs_writer_t  writer;

    fs_writer_begin(&writer, buf, size);

    fs_write_object(&writer);
    fs_write_listed_sales(&writer, sales, n, lot);
    fs_write_key(&writer, "next");

    if (more && n > 0) {
        fs_write_string(&writer, sales[n - 1].slug.data,
                        sales[n - 1].slug.len);

    } else {
        fs_write_null(&writer);
    }

    fs_write_object_end(&writer);

    return fs_writer_end(&writer);
}


static void
fs_write_problem(fs_writer_t *writer, fs_outcome_t outcome, int status,
    const fs_fault_t *fault)
{
    fs_write_object(writer);
    fs_write_key(writer, "type");
    fs_write_word(writer, "about:blank");
    fs_write_text_of(writer, "title", fs_outcome_title(outcome));
    fs_write_number_of(writer, "status", status);
    fs_write_text_of(writer, "code", fs_outcome_code(outcome));

    if (fault != NULL && fault->rule[0] != '\0') {
        fs_write_text_of(writer, "field", fault->field);
        fs_write_text_of(writer, "rule", fault->rule);
    }
}


int
fs_answer_refusal(char *buf, size_t size, fs_outcome_t outcome, int status,
    const fs_fault_t *fault)
{
    fs_writer_t  writer;

    fs_writer_begin(&writer, buf, size);
    fs_write_problem(&writer, outcome, status, fault);
    fs_write_object_end(&writer);

    return fs_writer_end(&writer);
}


int
fs_answer_problem(char *buf, size_t size, fs_outcome_t outcome,
    const fs_fault_t *fault, const fs_result_t *result,
    const fs_names_t *names)
{
    fs_writer_t  writer;

    fs_writer_begin(&writer, buf, size);
    fs_write_problem(&writer, outcome, fs_outcome_status(outcome), fault);

    if (result != NULL && (unsigned) outcome < FS_OUTCOMES_N) {
        fs_write_result(&writer, fs_tell[outcome], result, names);
    }

    fs_write_object_end(&writer);

    return fs_writer_end(&writer);
}


static void
fs_write_result(fs_writer_t *writer, unsigned tell, const fs_result_t *result,
    const fs_names_t *names)
{
    if (tell & FS_WITH_SALE && result->sale) {
        fs_write_key(writer, "sale");
        fs_write_sale_slug(writer, names, result->sale);
    }

    if (tell & FS_WITH_FREE) {
        fs_write_number_of(writer, "free", result->free);
    }

    if (tell & FS_WITH_LIMIT) {
        fs_write_number_of(writer, "limit", result->limit);
    }

    if (tell & FS_WITH_OPENS_AT) {
        fs_write_number_of(writer, "opens_at", result->at);
    }

    if (tell & FS_WITH_RETRY_AT) {
        fs_write_number_of(writer, "retry_at", result->at);
    }

    if (tell & FS_WITH_STATE) {
        fs_write_state(writer, result, names);
    }

    if (tell & FS_WITH_TAKEN) {
        fs_write_number_of(writer, "held", result->held);
        fs_write_number_of(writer, "sold", result->sold);
    }

    if (tell & FS_WITH_LAST_SEQ) {
        fs_write_number_of(writer, "last_seq", (int64_t) result->last_seq);
    }

    if (tell & FS_WITH_LEFT) {
        fs_write_number_of(writer, "left_fen", result->amount_fen);
    }

    if (tell & FS_WITH_AMOUNT) {
        fs_write_number_of(writer, "amount_fen", result->amount_fen);
    }

    if (tell & FS_WITH_RECEIVED) {
        fs_write_number_of(writer, "received", result->received);
        fs_write_number_of(writer, "ready", result->ready);
        fs_write_boolean_of(writer, "final", result->final);
    }

    if (tell & FS_WITH_WHY) {
        fs_write_text_of(writer, "reason", fs_why_name(result->why));
    }
}


/* Of the hold; or it is a wave's, of all of it or of a sale. */

static void
fs_write_state(fs_writer_t *writer, const fs_result_t *result,
    const fs_names_t *names)
{
    if (result->state != FS_HOLD_NONE) {
        fs_write_text_of(writer, "state", fs_hold_state_name(result->state));

    } else if (result->sale != 0) {
        fs_write_key(writer, "sale");
        fs_write_sale_slug(writer, names, result->sale);
    }
}


int
fs_answer_confirm(char *buf, size_t size, const fs_result_t *result)
{
    fs_writer_t  writer;

    fs_writer_begin(&writer, buf, size);

    fs_write_object(&writer);
    fs_write_key(&writer, "outcome");

    switch (result->outcome) {

    case FS_OK:
        fs_write_word(&writer, "sold");
        break;

    case FS_REFUND_DUE:
        fs_write_word(&writer, "refund_due");
        fs_write_text_of(&writer, "reason", fs_reason_name(result->reason));
        break;

    default:
        fs_writer_fail(&writer);
        break;
    }

    fs_write_object_end(&writer);

    return fs_writer_end(&writer);
}


int
fs_answer_handed(char *buf, size_t size, const fs_result_t *result)
{
    fs_writer_t  writer;

    fs_writer_begin(&writer, buf, size);

    fs_write_object(&writer);
    fs_write_text_of(&writer, "outcome", fs_outcome_code(result->outcome));
    fs_write_number_of(&writer, "at", result->at);

    if (result->outcome == FS_HANDED_OVER && result->paid_back) {
        fs_write_boolean_of(&writer, "paid_back", 1);
    }

    fs_write_object_end(&writer);

    return fs_writer_end(&writer);
}


static void
fs_write_hold(fs_writer_t *writer, const fs_hold_t *hold,
    const fs_names_t *names, int64_t now)
{
    fs_slug_t  pickup;

    fs_write_key(writer, "id");
    fs_write_hold_id(writer, names, hold);
    fs_write_text_of(writer, "state",
                     fs_hold_state_name(fs_hold_over(hold, now)
                                        ? FS_HOLD_OVER : hold->state));
    fs_write_key(writer, "lines");
    fs_write_lines(writer, hold, names);
    fs_write_key(writer, "pickup");

    if (hold->pickup == 0) {
        fs_write_null(writer);

    } else if (names->slug(names->data, 'p', hold->pickup, &pickup) == 0) {
        fs_write_string(writer, pickup.data, pickup.len);

    } else {
        fs_writer_fail(writer);
    }

    fs_write_number_of(writer, "amount_fen", fs_hold_amount(hold));
    fs_write_number_of(writer, "owed_fen", hold->owed_fen);
    fs_write_number_of(writer, "refunded_fen", hold->refunded_fen);
    fs_write_number_of(writer, "created_at", hold->created_at);
    fs_write_key(writer, "expires_at");

    if (hold->state == FS_HOLD_HELD || hold->state == FS_HOLD_PAYING) {
        fs_write_number(writer, hold->expires_at);

    } else {
        fs_write_null(writer);
    }

    if (hold->state == FS_HOLD_QUEUED) {
        fs_write_number_of(writer, "number", hold->number);
        fs_write_number_of(writer, "ahead", hold->ahead);
    }

    fs_write_number_of(writer, "now", now);
    fs_write_key(writer, "gift");

    if (fs_hold_is_gift(hold)) {
        fs_write_gift(writer, hold, names);
        return;
    }

    if (hold->gift != 0) {
        fs_write_seq_id(writer, names, hold->gift);

    } else {
        fs_write_null(writer);
    }

    fs_write_number_of(writer, "off_fen", fs_hold_off(hold));
}


/* What it is good for, by its sale's terms. */

static void
fs_write_gift(fs_writer_t *writer, const fs_hold_t *gift,
    const fs_names_t *names)
{
    unsigned    i;
    fs_terms_t  terms;

    if (names->terms == NULL
        || names->terms(names->data, gift->lines[0].sale, &terms) != 0)
    {
        fs_writer_fail(writer);
        return;
    }

    fs_write_object(writer);
    fs_write_text_of(writer, "kind", fs_gives_name(terms.kind));
    fs_write_some_of(writer, "off_fen", gift->worth_fen);
    fs_write_some_of(writer, "from_fen", terms.from_fen);
    fs_write_key(writer, "sales");

    if (terms.sales_n == 0) {
        fs_write_null(writer);

    } else {
        fs_write_list(writer);

        for (i = 0; i < terms.sales_n; i++) {
            fs_write_sale_slug(writer, names, terms.sales[i]);
        }

        fs_write_list_end(writer);
    }

    fs_write_some_of(writer, "valid_until_at", gift->valid_until);
    fs_write_number_of(writer, "number", gift->number);
    fs_write_object_end(writer);
}


static void
fs_write_debt(fs_writer_t *writer, const fs_debt_t *debt,
    const fs_names_t *names)
{
    fs_write_object(writer);
    fs_write_number_of(writer, "owed", (int64_t) debt->seq);
    fs_write_key(writer, "sale");

    if (debt->sale != 0) {
        fs_write_sale_slug(writer, names, debt->sale);

    } else {
        fs_write_null(writer);
    }

    fs_write_some_of(writer, "qty", debt->qty);
    fs_write_number_of(writer, "amount_fen", debt->amount_fen);
    fs_write_text_of(writer, "reason", fs_reason_name(debt->reason));
    fs_write_number_of(writer, "due_at", debt->due_at);
    fs_write_some_of(writer, "refunded_at", debt->refunded_at);
    fs_write_object_end(writer);
}


static void
fs_write_claim(fs_writer_t *writer, const fs_claim_t *claim)
{
    fs_write_number_of(writer, "id", (int64_t) claim->seq);
    fs_write_text_of(writer, "state", fs_claim_state_name(claim->state));
    fs_write_number_of(writer, "amount_fen", claim->amount_fen);
    fs_write_number_of(writer, "due_at", claim->due_at);
}


static void
fs_write_claim_of(fs_writer_t *writer, const fs_claim_t *claim, uint32_t sale,
    const fs_names_t *names)
{
    fs_write_claim(writer, claim);
    fs_write_key(writer, "sale");
    fs_write_sale_slug(writer, names, sale);
    fs_write_number_of(writer, "qty", claim->qty);
    fs_write_text_of(writer, "reason", fs_reason_name(claim->reason));
    fs_write_some_of(writer, "answered_at", claim->answered_at);
}


static void
fs_write_lines(fs_writer_t *writer, const fs_hold_t *hold,
    const fs_names_t *names)
{
    unsigned          i;
    const fs_line_t  *line;

    fs_write_list(writer);

    for (i = 0; i < hold->lines_n; i++) {
        line = &hold->lines[i];

        fs_write_object(writer);
        fs_write_key(writer, "sale");
        fs_write_sale_slug(writer, names, line->sale);
        fs_write_number_of(writer, "qty", line->qty);
        fs_write_number_of(writer, "price_fen", line->price_fen);
        fs_write_number_of(writer, "off_fen", line->off_fen);

        if (hold->paid || line->goods != FS_GOODS_AWAITED) {
            fs_write_text_of(writer, "goods", fs_goods_name(line->goods));
        }

        if (line->short_qty != 0) {
            fs_write_number_of(writer, "short_qty", line->short_qty);
        }

        if (line->goods == FS_GOODS_HANDED_OVER && line->goods_at != 0) {
            fs_write_number_of(writer, "handed_over_at", line->goods_at);
        }

        fs_write_object_end(writer);
    }

    fs_write_list_end(writer);
}


void
fs_write_sale(fs_writer_t *writer, const fs_sale_t *sale)
{
    fs_str_t  none = fs_null_str;

    fs_write_object(writer);
    fs_write_sale_fields(writer, sale, none);
    fs_write_object_end(writer);
}


static void
fs_write_sale_fields(fs_writer_t *writer, const fs_sale_t *sale,
    fs_str_t terms)
{
    fs_write_string_of(writer, "id", sale->slug.data, sale->slug.len);
    fs_write_string_of(writer, "title", sale->title, sale->title_len);
    fs_write_text_of(writer, "state", fs_sale_state_name(fs_sale_state(sale)));
    fs_write_key(writer, "price_fen");

    if (sale->gives == FS_GIVES_NOTHING) {
        fs_write_number(writer, sale->price_fen);

    } else {
        fs_write_null(writer);
    }

    fs_write_number_of(writer, "stock", sale->stock);
    fs_write_number_of(writer, "free", fs_sale_free(sale));
    fs_write_number_of(writer, "held", sale->held);
    fs_write_number_of(writer, "sold", sale->sold);
    fs_write_some_of(writer, "limit", sale->limit);
    fs_write_some_of(writer, "opens_at", sale->opens_at);
    fs_write_some_of(writer, "closes_at", sale->closes_at);
    fs_write_some_of(writer, "goal", sale->goal);
    fs_write_key(writer, "goal_by");

    if (sale->goal == 0) {
        fs_write_null(writer);

    } else if (sale->goal_by == FS_GOAL_BY_PICKUP) {
        fs_write_word(writer, "pickup");

    } else {
        fs_write_word(writer, "sale");
    }

    fs_write_number_of(writer, "joined", sale->joined);
    fs_write_key(writer, "formed");
    fs_write_formed(writer, sale);

    fs_write_number_of(writer, "queued", sale->queued);

    if (sale->gives != FS_GIVES_NOTHING) {
        fs_write_gives(writer, sale, terms);
    }

    if (sale->cancel_ms != 0) {
        fs_write_number_of(writer, "cancel_ms", sale->cancel_ms);
    }

    if (sale->called_off) {
        fs_write_boolean_of(writer, "cancelled", 1);
    }

    fs_write_number_of(writer, "version", (int64_t) sale->version);
}


static void
fs_write_gives(fs_writer_t *writer, const fs_sale_t *sale, fs_str_t terms)
{
    fs_write_key(writer, "gives");

    if (terms.len != 0) {
        fs_write_plain(writer, terms.data, terms.len, 0);
        return;
    }

    fs_write_object(writer);
    fs_write_text_of(writer, "by", sale->by_desk ? "desk" : "open");
    fs_write_text_of(writer, "kind", fs_gives_name(sale->gives));
    fs_write_object_end(writer);
}


void
fs_write_sales(fs_writer_t *writer, const fs_sale_t *sales, size_t n)
{
    fs_write_listed_sales(writer, sales, n, 0);
}


static void
fs_write_claims_of(fs_writer_t *writer, const fs_sale_t *sale, unsigned lot)
{
    fs_write_number_of(writer, "handed_over", sale->handed_units);
    fs_write_number_of(writer, "claimed", sale->claimed_units);

    if (sale->handed_units != 0
        && (uint64_t) sale->claimed_units * 100
           > (uint64_t) sale->handed_units * lot)
    {
        fs_write_boolean_of(writer, "lot", 1);
    }
}


static void
fs_write_operators_sale(fs_writer_t *writer, const fs_sale_t *sale,
    fs_str_t terms, const fs_shown_seed_t *seed, unsigned lot)
{
    fs_write_object(writer);
    fs_write_sale_fields(writer, sale, terms);
    fs_write_seed(writer, seed);

    if (lot != 0 && sale->hold_ms != 0) {
        fs_write_number_of(writer, "hold_ms", sale->hold_ms);
    }

    if (lot != 0 && sale->queue != 0) {
        fs_write_number_of(writer, "queue", sale->queue - 1);
    }

    if (lot != 0 && sale->claimed_units != 0) {
        fs_write_claims_of(writer, sale, lot);
    }

    fs_write_object_end(writer);
}


static void
fs_write_listed_sales(fs_writer_t *writer, const fs_sale_t *sales, size_t n,
    unsigned lot)
{
    size_t    i;
    fs_str_t  none = fs_null_str;

    fs_write_key(writer, "sales");
    fs_write_list(writer);

    for (i = 0; i < n; i++) {
        fs_write_operators_sale(writer, &sales[i], none, NULL, lot);
    }

    fs_write_list_end(writer);
}


void
fs_write_formed(fs_writer_t *writer, const fs_sale_t *sale)
{
    int  formed;

    formed = fs_sale_formed(sale);

    if (formed < 0) {
        fs_write_null(writer);

    } else {
        fs_write_boolean(writer, formed);
    }
}


static void
fs_write_sale_slug(fs_writer_t *writer, const fs_names_t *names,
    uint32_t number)
{
    fs_slug_t  slug;

    if (names->slug(names->data, 's', number, &slug) != 0) {
        fs_writer_fail(writer);
        return;
    }

    fs_write_string(writer, slug.data, slug.len);
}


static void
fs_write_hold_id(fs_writer_t *writer, const fs_names_t *names,
    const fs_hold_t *hold)
{
    int   rc;
    char  id[FS_HOLD_ID_LEN];

    rc = hold->other != 0
         ? names->hold_id(names->data, hold->other, &hold->epoch, id)
         : names->hold_id(names->data, hold->seq, NULL, id);

    if (rc != 0) {
        fs_writer_fail(writer);
        return;
    }

    fs_write_string(writer, id, sizeof(id));
}


static void
fs_write_seq_id(fs_writer_t *writer, const fs_names_t *names, fs_seq_t hold)
{
    char  id[FS_HOLD_ID_LEN];

    if (names->hold_id(names->data, hold, NULL, id) != 0) {
        fs_writer_fail(writer);
        return;
    }

    fs_write_string(writer, id, sizeof(id));
}


/* 0 stands for none. */
static void
fs_write_some(fs_writer_t *writer, int64_t number)
{
    if (number == 0) {
        fs_write_null(writer);

    } else {
        fs_write_number(writer, number);
    }
}
