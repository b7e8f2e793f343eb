
#include <stdio.h>

#include "log/life.h"
#include "read/admit.h"
#include "read/read.h"
#include "rules/rules.h"
#include "sheet/sheet.h"
#include "text/referral.h"
#include "text/text.h"


static fs_outcome_t fs_admit_sale(fs_view_t *view, const fs_slug_t *slug,
    uint32_t *number, fs_refusal_t *refusal);
static fs_outcome_t fs_admit_line(fs_view_t *view, fs_crypto_t *crypto,
    fs_sheet_cache_t *cache, const fs_request_line_t *line,
    const fs_now_t *now, fs_command_t *command);
static void fs_admit_from(fs_crypto_t *crypto,
    const fs_hold_request_t *request, fs_command_t *command);
static int fs_giving_fault(fs_fault_t *fault);
static int fs_admit_range(fs_sheet_t *sheet, const fs_command_t *command,
    fs_fault_t *fault);


fs_outcome_t
fs_admit(fs_view_t *view, fs_crypto_t *crypto, fs_sheet_cache_t *cache,
    const fs_hold_request_t *request, fs_str_t key, const fs_now_t *now,
    fs_command_t *command, fs_refusal_t *refusal)
{
    int           stranger;
    unsigned      i;
    fs_sheet_t    sheet;
    fs_outcome_t  outcome;

    memset(refusal, 0, sizeof(fs_refusal_t));

    outcome = fs_admit_gift(view, crypto, request, command);

    if (outcome != FS_OK) {
        return outcome;
    }

    command->type = FS_COMMAND_HOLD;
    command->pickup = request->pickup;
    command->queue = request->queue;
    command->lines_n = (uint8_t) request->lines_n;

    for (i = 0; i < request->lines_n; i++) {
        outcome = fs_admit_sale(view, &request->lines[i].sale,
                                &command->lines[i].sale, refusal);
        if (outcome != FS_OK) {
            return outcome;
        }

        command->lines[i].qty = request->lines[i].qty;
    }

    fs_view_state(view, &sheet, crypto, cache);

    if (!fs_view_enough(view, &sheet, command)) {
        return FS_NOT_READY;
    }

    stranger = fs_sheet_stranger(&sheet, command->buyer);

    if (!stranger && key.len
        && fs_crypto_key_hash(crypto, command->buyer, key, command->key) != 0)
    {
        return FS_INTERNAL;
    }

    if (fs_admit_range(&sheet, command, &refusal->fault) != 0) {
        return FS_BAD_REQUEST;
    }

    if (fs_decide_refused(&sheet, view, command, now, &refusal->result)) {
        refusal->refused = 1;
        return refusal->result.outcome;
    }

    if (stranger && key.len
        && fs_crypto_key_hash(crypto, command->buyer, key, command->key) != 0)
    {
        return FS_INTERNAL;
    }

    fs_admit_from(crypto, request, command);

    return FS_OK;
}


void
fs_admit_lines(fs_view_t *view, fs_crypto_t *crypto, fs_sheet_cache_t *cache,
    const uint8_t *buyer, const fs_hold_request_t *request,
    const fs_now_t *now, fs_stop_t *stops, fs_hold_t *hold)
{
    unsigned            i;
    fs_line_t          *to;
    fs_sale_t           sale;
    fs_command_t        command;
    fs_request_line_t   line;

    memset(hold, 0, sizeof(fs_hold_t));
    memset(&command, 0, sizeof(fs_command_t));
    memcpy(command.buyer, buyer, FS_BUYER_LEN);

    for (i = 0; i < request->lines_n; i++) {
        line = request->lines[i];

        stops[i].outcome = fs_admit_line(view, crypto, cache, &line, now,
                                         &command);

        /* between two reads it cannot go: a view is of one moment */

        if (stops[i].outcome == FS_OK
            && fs_view_sale(view, command.lines[0].sale, &sale))
        {
            to = &hold->lines[hold->lines_n++];
            to->sale = sale.number;
            to->qty = line.qty;
            to->price_fen = sale.price_fen;
        }

        line.qty++;

        stops[i].more = fs_admit_line(view, crypto, cache, &line, now,
                                      &command);
    }
}


/* Of the command only the number of the sale is of use afterwards. */

static fs_outcome_t
fs_admit_line(fs_view_t *view, fs_crypto_t *crypto, fs_sheet_cache_t *cache,
    const fs_request_line_t *line, const fs_now_t *now,
    fs_command_t *command)
{
    fs_str_t           key = fs_str("");
    fs_outcome_t       outcome;
    fs_refusal_t       refusal;
    fs_hold_request_t  request;

    memset(&request, 0, sizeof(fs_hold_request_t));
    request.lines[0] = *line;
    request.lines_n = 1;

    outcome = fs_admit(view, crypto, cache, &request, key, now, command,
                       &refusal);

    return (outcome == FS_BAD_REQUEST) ? FS_OVER_LIMIT : outcome;
}


/* A code that is nobody's here stops nobody from buying. */

static void
fs_admit_from(fs_crypto_t *crypto, const fs_hold_request_t *request,
    fs_command_t *command)
{
    fs_str_t  code;

    code.data = request->from;
    code.len = request->from_len;

    if (code.len != 0
        && fs_crypto_code_read(crypto, code, command->from) != 0)
    {
        memset(command->from, 0, FS_BUYER_LEN);
    }
}


fs_outcome_t
fs_admit_gift(fs_view_t *view, fs_crypto_t *crypto,
    const fs_hold_request_t *request, fs_command_t *command)
{
    fs_str_t  id;

    if (request->gift_len == 0) {
        return FS_OK;
    }

    id.data = request->gift;
    id.len = request->gift_len;

    return fs_life_hold_parse(view->store, crypto, id, &command->gift,
                              &command->gift_epoch);
}


static fs_outcome_t
fs_admit_sale(fs_view_t *view, const fs_slug_t *slug, uint32_t *number,
    fs_refusal_t *refusal)
{
    fs_outcome_t  outcome;

    if (fs_view_sale_number(view, fs_slug_str(slug), number)) {
        return FS_OK;
    }

    refusal->sale = *slug;
    outcome = fs_view_outcome(view);

    return (outcome == FS_OK) ? FS_NO_SUCH_SALE : outcome;
}


fs_outcome_t
fs_admit_refund(fs_view_t *view, const fs_refund_request_t *request,
    fs_command_t *command, fs_refusal_t *refusal)
{
    unsigned      i;
    fs_outcome_t  outcome;

    command->lines_n = (uint8_t) request->lines_n;
    command->reason = request->reason;
    command->restock = request->restock;

    for (i = 0; i < request->lines_n; i++) {
        outcome = fs_admit_sale(view, &request->lines[i].sale,
                                &command->lines[i].sale, refusal);
        if (outcome != FS_OK) {
            return outcome;
        }

        command->lines[i].qty = request->lines[i].qty;
        command->lines[i].amount_fen = request->lines[i].amount_fen;
    }

    return FS_OK;
}


fs_outcome_t
fs_admit_claim(fs_view_t *view, const fs_claim_request_t *request,
    fs_command_t *command, fs_refusal_t *refusal)
{
    int           n;
    char          said[64 + FS_SLUG_MAX];
    uint8_t       hash[FS_HASH_LEN];
    fs_str_t      what, none = fs_str("");
    fs_outcome_t  outcome;

    outcome = fs_admit_sale(view, &request->sale, &command->lines[0].sale,
                            refusal);
    if (outcome != FS_OK) {
        return outcome;
    }

    command->lines_n = 1;
    command->lines[0].qty = request->qty;
    command->reason = request->reason;

    n = snprintf(said, sizeof(said), "claim %llu %u %u %.*s",
                 (unsigned long long) command->hold, request->qty,
                 request->reason, request->sale.len, request->sale.data);

    what.data = said;
    what.len = (size_t) n;

    if (fs_sha256(what, none, hash) != 0) {
        return FS_INTERNAL;
    }

    memcpy(command->fingerprint, hash, sizeof(command->fingerprint));

    return FS_OK;
}


fs_outcome_t
fs_admit_handed(fs_view_t *view, const fs_hand_over_request_t *request,
    fs_command_t *command, fs_refusal_t *refusal)
{
    unsigned          i, j;
    fs_hold_t         hold;
    fs_outcome_t      outcome;
    const fs_line_t  *line;

    /* none: that is for the decision to say */

    if (!fs_view_hold(view, command->hold, &hold)) {
        hold.lines_n = 0;
    }

    command->lines_n = (uint8_t) request->lines_n;

    for (i = 0; i < request->lines_n; i++) {
        outcome = fs_admit_sale(view, &request->lines[i].sale,
                                &command->lines[i].sale, refusal);
        if (outcome != FS_OK) {
            return outcome;
        }

        command->lines[i].qty = request->lines[i].qty;

        for (j = 0; j < hold.lines_n; j++) {
            line = &hold.lines[j];

            if (line->sale == command->lines[i].sale
                && request->lines[i].qty != 0
                && request->lines[i].qty != line->qty
                && request->lines[i].qty + line->short_qty + line->restocked
                   != line->qty)
            {
                (void) fs_fault_line(&refusal->fault, i, "qty",
                                     "is the line's: it is handed over whole");
                return FS_BAD_REQUEST;
            }
        }
    }

    return FS_OK;
}


int
fs_admit_nonce(fs_crypto_t *crypto, const fs_hand_over_request_t *request,
    fs_command_t *command)
{
    int       n;
    char      said[64 + FS_KEY_MAX];
    fs_str_t  key;

    /*
     * Of this order: a fact is never refused, also where a phone counts its
     * nonces from 1.  A blank is in no Idempotency-Key.
     */

    n = snprintf(said, sizeof(said), "picked-up %08x %llu %.*s",
                 command->epoch, (unsigned long long) command->hold,
                 request->nonce_len, request->nonce);

    key.data = said;
    key.len = (size_t) n;

    memcpy(command->buyer, fs_keys_of_orders, FS_BUYER_LEN);

    return fs_crypto_key_hash(crypto, command->buyer, key, command->key);
}


/*
 * More than a buyer may ever have is no refusal but a wrong request; unless
 * it was granted once and is asked for again.  0 or -1.
 */

static int
fs_admit_range(fs_sheet_t *sheet, const fs_command_t *command,
    fs_fault_t *fault)
{
    char              rule[sizeof(fault->rule)];
    unsigned          i;
    fs_seq_t          seq;
    const fs_sale_t  *sale;

    for (i = 0; i < command->lines_n; i++) {
        sale = fs_sheet_sale(sheet, command->lines[i].sale);

        if (sale != NULL && sale->gives != FS_GIVES_NOTHING
            && (command->lines_n != 1 || command->lines[0].qty != 1
                || command->gift != 0))
        {
            return fs_giving_fault(fault);
        }

        if (sale == NULL || sale->limit == 0
            || command->lines[i].qty <= sale->limit)
        {
            continue;
        }

        if (fs_sheet_bound(sheet, command->buyer, command->key, &seq)) {
            return 0;
        }

        (void) snprintf(rule, sizeof(rule), "is a whole number from 1 to %u",
                        (unsigned) sale->limit);

        return fs_fault_literal(fault, "qty", rule);
    }

    return 0;
}


static int
fs_giving_fault(fs_fault_t *fault)
{
    return fs_fault_literal(fault, "lines", "are one line of one unit, and "
                            "no gift, where something is given");
}


fs_outcome_t
fs_admit_names(unsigned command, fs_str_t kind, fs_str_t id,
    fs_fault_t *fault)
{
    size_t             i;
    static const char  rule[] = "is 1 to 64 of a-z, 0-9 and -";

    /* documents that other requests write */
    static const struct {
        fs_str_t       kind;
        const char    *rule;
    } own[] = {
        { fs_str("sale"),
          "is not sale: its document is the doc of PUT sales/ID" },
        { fs_str("terms"),
          "is not terms: they are what PUT sales/ID gives" },
        { fs_str("link"),
          "is not link: an order's is made by POST orders/ID/link" },
        { fs_str("room"),
          "is not room: a session's is changed by POST sessions/ID/start, "
          "/pin and /end" }
    };

    switch (command) {

    case FS_COMMAND_CLOCK:
    case FS_COMMAND_LIFE:
        return FS_OK;

    case FS_COMMAND_DOCUMENT:
    case FS_COMMAND_DELETE:

        if (!fs_slug_valid(kind)) {
            (void) fs_fault_literal(fault, "kind", rule);
            return FS_BAD_REQUEST;
        }

        for (i = 0; i < sizeof(own) / sizeof(own[0]); i++) {

            if (kind.len == own[i].kind.len
                && memcmp(kind.data, own[i].kind.data, kind.len) == 0)
            {
                (void) fs_fault_literal(fault, "kind", own[i].rule);
                return FS_BAD_REQUEST;
            }
        }

        break;

    case FS_COMMAND_DEFINE:
        break;

    case FS_COMMAND_WAVE:
        break;

    case FS_COMMAND_RECEIVE:
    case FS_COMMAND_ROOM:
        return fs_slug_valid(id) ? FS_OK : FS_NOT_FOUND;

    default:
        return fs_slug_valid(id) ? FS_OK : FS_NO_SUCH_SALE;
    }

    if (!fs_slug_valid(id)) {
        (void) fs_fault_literal(fault, "id", rule);
        return FS_BAD_REQUEST;
    }

    return FS_OK;
}


fs_outcome_t
fs_admit_document(fs_str_t kind, fs_str_t id, fs_str_t body,
    fs_fault_t *fault)
{
    fs_referral_request_t  referral;

    return fs_referral_is(kind, id)
           && fs_request_referral(body, &referral, fault) != 0
           ? fault->outcome : FS_OK;
}


fs_outcome_t
fs_admit_paying(const fs_hold_t *hold, const fs_now_t *now,
    fs_result_t *result)
{
    result->state = hold->state;

    if (!fs_hold_live(hold)) {
        return FS_WRONG_STATE;
    }

    if (hold->due > now->mono) {
        return FS_OK;
    }

    /* its time is over, though nobody has written it down yet */

    result->state = FS_HOLD_EXPIRED;

    return FS_WRONG_STATE;
}


void
fs_decided_fault(unsigned command, const fs_result_t *result,
    fs_fault_t *fault)
{
    char  rule[sizeof(fault->rule)];

    fs_fault_clear(fault);

    switch (command) {

    case FS_COMMAND_GRANT:
        (void) fs_fault_literal(fault, "id", "is of a sale that gives");
        break;

    case FS_COMMAND_HOLD:
    case FS_COMMAND_ORDER:

        if (result->giving) {
            (void) fs_giving_fault(fault);
            break;
        }

        /* fall through */

    case FS_COMMAND_POINT:
    case FS_COMMAND_RECEIVE:
        fs_points_fault(result, fault);
        break;

    case FS_COMMAND_DEFINE:

        if (result->at != 0) {
            (void) fs_fault_literal(fault, "gives.beacon.round",
                                    "is not out yet, nor before closes_at");
        }

        break;

    case FS_COMMAND_DOCUMENT:

        if (result->giving) {
            fs_referral_fault(result->giving, fault);
        }

        break;

    case FS_COMMAND_STOCK:
        (void) snprintf(rule, sizeof(rule), "makes a stock of at most %d",
                        FS_STOCK_MAX);
        (void) fs_fault_literal(fault, "add", rule);
        break;
    }
}
