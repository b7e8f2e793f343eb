
/*
 * Gifts: granted, used by a hold, free again; what they take off, to the fen;
 * payments that come late, debts of what was paid, what is handed over.
 */

#include "fixture.h"

#include "ledger/entry_line.h"
#include "sheet/sheet_terms.h"


typedef struct {
    fixture_t           *fixture;
    uint32_t             rain;          /* 5 coupons of 500, valid for 60 s */
    uint32_t             grape;         /* 1000 fen */
    uint32_t             pear;          /* 700 fen */
    fs_operator_t        op;
} gifts_t;


static void
gifts_begin(gifts_t *gifts, fixture_t *fixture)
{
    fs_operator_t  *op;

    gifts->fixture = fixture;
    op = &gifts->op;

    fixture_operator(op, "grape");
    op->price_fen = 1000;
    gifts->grape = fixture_define(fixture, op);

    fixture_operator(op, "pear");
    op->price_fen = 700;
    gifts->pear = fixture_define(fixture, op);

    fixture_operator(op, "rain");
    op->price_fen = 0;
    op->stock = 5;
    op->limit = 2;
    op->gives.kind = FS_GIVES_COUPON;
    op->gives.off_fen = 500;
    op->gives.valid_ms = 60000;
    gifts->rain = fixture_define(fixture, op);
}


/* A gift for a buyer; its number. */

static fs_seq_t
take(gifts_t *gifts, unsigned buyer)
{
    assert_string_equal(fixture_take(gifts->fixture, buyer, gifts->rain, 1,
                                     0), "created");
    assert_int_equal(gifts->fixture->result.hold.state, FS_HOLD_GRANTED);

    return gifts->fixture->result.hold.seq;
}


/* A hold of two units of each. */

static fs_seq_t
cart(gifts_t *gifts, unsigned buyer)
{
    fs_command_t  command;

    fixture_cart(&command, buyer, gifts->grape, gifts->pear, 2);
    command.lines[0].qty = 2;
    assert_string_equal(fixture_decide(gifts->fixture, &command, NULL),
                        "created");

    return gifts->fixture->result.hold.seq;
}


static const char *
use(gifts_t *gifts, unsigned buyer, fs_seq_t hold, fs_seq_t gift)
{
    fs_command_t  command;

    memset(&command, 0, sizeof(fs_command_t));
    command.type = FS_COMMAND_GIFT;
    command.hold = hold;
    command.gift = gift;
    fixture_buyer(command.buyer, buyer);

    return fixture_decide(gifts->fixture, &command, NULL);
}


/* Why it cannot be used. */

static const char *
why(gifts_t *gifts, unsigned buyer, fs_seq_t hold, fs_seq_t gift)
{
    assert_string_equal(use(gifts, buyer, hold, gift), "gift_unusable");

    return fs_why_name(gifts->fixture->result.why);
}


static fs_hold_t
row(gifts_t *gifts, fs_seq_t seq)
{
    fs_hold_t  hold;

    fixture_begin(gifts->fixture);
    assert_true(fs_sheet_hold(&gifts->fixture->sheet, seq, &hold));
    fixture_abort(gifts->fixture);

    return hold;
}


static void
is(gifts_t *gifts, fs_seq_t gift, fs_hold_state_t state, fs_seq_t by)
{
    fs_hold_t  hold;

    hold = row(gifts, gift);
    assert_string_equal(fs_hold_state_name(hold.state),
                        fs_hold_state_name(state));
    assert_int_equal(hold.gift, by);
}


/* Units, limit, numbers, keys: as of any sale, but it is no live hold. */

static void
test_granted(void **context)
{
    fs_seq_t       seq;
    gifts_t        gifts;
    fs_hold_t      gift;
    fs_buyer_t     buyer;
    fixture_t     *fixture = *context;
    fs_command_t   command;

    gifts_begin(&gifts, fixture);

    fixture_hold(&command, 7, gifts.rain, 1, 3);
    command.live_holds = 1;
    assert_string_equal(fixture_decide(fixture, &command, NULL), "created");
    gift = fixture->result.hold;
    assert_int_equal(gift.state, FS_HOLD_GRANTED);
    assert_int_equal(gift.number, 1);
    assert_int_equal(gift.worth_fen, 500);
    assert_int_equal(gift.valid_until, fixture->wall + 60000);
    assert_int_equal(fs_hold_amount(&gift), 0);
    fixture_units(fixture, gifts.rain, 0, 1);

    assert_string_equal(fixture_decide(fixture, &command, NULL), "replayed");
    assert_int_equal(fixture->result.hold.seq, gift.seq);
    command.lines[0].sale = gifts.grape;
    assert_string_equal(fixture_decide(fixture, &command, NULL),
                        "key_reused");

    fixture_begin(fixture);
    fs_sheet_buyer(&fixture->sheet, command.buyer, &buyer);
    assert_int_equal(buyer.live, 0);
    assert_int_equal(buyer.newest, 0);
    assert_int_equal(buyer.gift, gift.seq);
    fixture_abort(fixture);

    seq = take(&gifts, 7);
    assert_int_equal(fixture->result.hold.number, 2);
    assert_int_equal(fixture->result.hold.previous, gift.seq);
    assert_string_equal(fixture_take(fixture, 7, gifts.rain, 1, 0),
                        "over_limit");

    (void) take(&gifts, 8);
    (void) take(&gifts, 8);
    (void) take(&gifts, 9);
    assert_int_equal(fixture->result.hold.number, 5);
    assert_string_equal(fixture_take(fixture, 10, gifts.rain, 1, 0),
                        "sold_out");

    /* nothing that holds are for */

    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_RELEASE, 7, seq),
                        "wrong_state");
    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_PAY, 7, seq),
                        "wrong_state");
    assert_string_equal(fixture_confirm(fixture, seq, 1, 500), "refund_due");
    is(&gifts, seq, FS_HOLD_GRANTED, 0);
    assert_int_equal(row(&gifts, seq).owed_fen, 500);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, seq, 2,
                                      0), "ok");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_CANCEL, seq, 0, 0),
                        "wrong_state");

    /* its key is kept for a day, and swept */

    fixture_pass(fixture, FS_KEY_KEPT_MS);
    assert_true(fixture_timers(fixture, 10) > 0);
    assert_int_equal(fixture_timers(fixture, 10), 0);
}


/* One unit, by itself, without a gift; a line of a cart it is not. */

static void
test_alone(void **context)
{
    gifts_t        gifts;
    fixture_t     *fixture = *context;
    fs_command_t   command;

    gifts_begin(&gifts, fixture);

    assert_string_equal(fixture_take(fixture, 7, gifts.rain, 2, 0),
                        "bad_request");
    assert_int_equal(fixture->result.giving, 1);

    fixture_cart(&command, 7, gifts.grape, gifts.rain, 1);
    assert_string_equal(fixture_decide(fixture, &command, NULL),
                        "bad_request");

    fixture_hold(&command, 7, gifts.rain, 1, 0);
    command.type = FS_COMMAND_ORDER;
    assert_string_equal(fixture_decide(fixture, &command, &gifts.op),
                        "bad_request");

    fixture_hold(&command, 7, gifts.rain, 1, 0);
    command.gift = take(&gifts, 7);
    assert_string_equal(fixture_decide(fixture, &command, NULL),
                        "bad_request");
}


/* By the desk only: with its reason, which is part of what the key is for. */

static void
test_desk(void **context)
{
    char            line[FS_ENTRY_JSON_MAX];
    int             len;
    fs_seq_t        seq;
    gifts_t         gifts;
    fs_entry_t      entry;
    fixture_t      *fixture = *context;
    fs_command_t    command;
    fs_operator_t   op;

    gifts_begin(&gifts, fixture);
    gifts.op.slug = fixture_str("snow");
    gifts.op.gives.by_desk = 1;
    gifts.rain = fixture_define(fixture, &gifts.op);

    assert_string_equal(fixture_take(fixture, 7, gifts.rain, 1, 0),
                        "by_desk");

    memset(&op, 0, sizeof(fs_operator_t));
    op.words = fixture_str("{\"reason\":\"watched\"}");
    fixture_hold(&command, 7, gifts.rain, 1, 5);
    command.type = FS_COMMAND_GRANT;
    command.fingerprint[0] = 9;
    assert_string_equal(fixture_decide(fixture, &command, &op), "created");
    seq = fixture->result.hold.seq;

    fixture_begin(fixture);
    assert_true(fs_sheet_entry(&fixture->sheet, seq, &entry));
    len = fs_entry_render(&entry, &fixture->sheet.names, line);
    line[len] = '\0';
    assert_non_null(strstr(line, "\"type\":\"granted\""));
    assert_non_null(strstr(line, "\"digest\":\""));
    fixture_abort(fixture);

    assert_string_equal(fixture_decide(fixture, &command, &op), "replayed");
    assert_int_equal(fixture->result.hold.seq, seq);
    command.fingerprint[0] = 8;
    assert_string_equal(fixture_decide(fixture, &command, &op),
                        "key_reused");

    /* of what is sold nothing is granted */

    fixture_hold(&command, 7, gifts.grape, 1, 0);
    command.type = FS_COMMAND_GRANT;
    assert_string_equal(fixture_decide(fixture, &command, &op),
                        "bad_request");
}


/* What is taken off, line by line. */

static void
test_shares(void **context)
{
    int64_t     off, sum;
    unsigned    i, n, round;
    fs_line_t   lines[FS_LINES_MAX];
    fs_terms_t  terms;

    (void) context;

    memset(&terms, 0, sizeof(fs_terms_t));
    memset(lines, 0, sizeof(lines));

    for (i = 0; i < 3; i++) {
        lines[i].sale = i + 1;
        lines[i].qty = 1;
        lines[i].price_fen = 100;
    }

    /* equal remainders: the first lines get the fen */

    assert_int_equal(fs_terms_share(&terms, 200, lines, 3), 200);
    assert_int_equal(lines[0].off_fen, 67);
    assert_int_equal(lines[1].off_fen, 67);
    assert_int_equal(lines[2].off_fen, 66);

    /* one fen is left to pay */

    assert_int_equal(fs_terms_share(&terms, 1000, lines, 3), 299);

    /* only some sales; all of them may go */

    terms.sales_n = 1;
    terms.sales[0] = 2;
    assert_int_equal(fs_terms_share(&terms, 1000, lines, 3), 100);
    assert_int_equal(lines[0].off_fen, 0);
    assert_int_equal(lines[1].off_fen, 100);
    terms.sales[0] = 9;
    assert_int_equal(fs_terms_share(&terms, 1000, lines, 3), -1);
    terms.sales_n = 0;

    /* of nothing nothing */

    memset(lines, 0, sizeof(lines));
    lines[0].qty = 1;
    assert_int_equal(fs_terms_share(&terms, 1000, lines, 1), 0);
    assert_int_equal(lines[0].off_fen, 0);

    srandom(13);

    for (round = 0; round < 20000; round++) {
        n = 1 + (unsigned) random() % FS_LINES_MAX;

        for (i = 0; i < n; i++) {
            lines[i].sale = i + 1;
            lines[i].qty = 1 + (uint32_t) random() % FS_QTY_MAX;
            lines[i].price_fen = (int64_t) random() * 5 % (FS_PRICE_MAX + 1);

            if (random() % 4 == 0) {
                lines[i].price_fen %= 10;
            }
        }

        off = fs_terms_share(&terms, (int64_t) random() * 5 % FS_PRICE_MAX,
                             lines, n);
        sum = 0;

        for (i = 0; i < n; i++) {
            assert_true(lines[i].off_fen >= 0);
            assert_true(fs_line_paid(&lines[i]) >= 0);
            sum += lines[i].off_fen;
        }

        assert_true(sum == off);
    }
}


static void
test_used(void **context)
{
    fs_seq_t    gift, hold, other;
    gifts_t     gifts;
    fs_hold_t   found;
    fixture_t  *fixture = *context;

    gifts_begin(&gifts, fixture);
    gift = take(&gifts, 7);
    hold = cart(&gifts, 7);             /* 2 x 1000, 2 x 700 */
    other = cart(&gifts, 7);

    assert_string_equal(use(&gifts, 8, hold, gift), "no_such_hold");
    assert_string_equal(use(&gifts, 7, hold, hold), "no_such_hold");
    assert_string_equal(use(&gifts, 7, hold, 999), "no_such_hold");

    assert_string_equal(use(&gifts, 7, hold, gift), "ok");
    found = fixture->result.hold;
    assert_int_equal(found.gift, gift);
    assert_int_equal(found.lines[0].off_fen, 294);  /* 294.1 */
    assert_int_equal(found.lines[1].off_fen, 206);  /* 205.9 */
    assert_int_equal(fs_hold_amount(&found), 2900);
    is(&gifts, gift, FS_HOLD_BOUND, hold);

    /* two phones with one coupon */

    assert_string_equal(why(&gifts, 7, other, gift), "bound");
    assert_string_equal(use(&gifts, 7, hold, gift), "ok");

    /* out, and into the other */

    assert_string_equal(use(&gifts, 7, hold, 0), "ok");
    assert_int_equal(fs_hold_amount(&fixture->result.hold), 3400);
    is(&gifts, gift, FS_HOLD_GRANTED, 0);
    assert_string_equal(use(&gifts, 7, other, gift), "ok");
    is(&gifts, gift, FS_HOLD_BOUND, other);

    /* released, it is free again */

    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_RELEASE, 7, other),
                        "ok");
    is(&gifts, gift, FS_HOLD_GRANTED, 0);
    assert_string_equal(use(&gifts, 7, other, gift), "wrong_state");

    assert_string_equal(use(&gifts, 7, hold, gift), "ok");
    assert_string_equal(fixture_confirm(fixture, hold, 1, 3400),
                        "refund_due");
    assert_string_equal(fixture_confirm(fixture, hold, 2, 2900), "ok");
    is(&gifts, gift, FS_HOLD_USED, hold);
    other = cart(&gifts, 7);
    assert_string_equal(why(&gifts, 7, other, gift), "used");
}


/* Another gift in place of the first; of the second nothing is lost when it
 * cannot be used. */

static void
test_another(void **context)
{
    fs_seq_t    one, two, hold;
    gifts_t     gifts;
    fixture_t  *fixture = *context;

    gifts_begin(&gifts, fixture);
    one = take(&gifts, 7);
    fixture_pass(fixture, 30000);
    two = take(&gifts, 7);
    hold = cart(&gifts, 7);

    assert_string_equal(use(&gifts, 7, hold, two), "ok");
    fixture_pass(fixture, 30000);
    assert_string_equal(why(&gifts, 7, hold, one), "over");
    is(&gifts, two, FS_HOLD_BOUND, hold);
    assert_string_equal(use(&gifts, 7, hold, 0), "ok");
    fixture_pass(fixture, 30000);
    assert_string_equal(why(&gifts, 7, hold, two), "over");
}


static void
test_unusable(void **context)
{
    fs_seq_t    gift, hold;
    gifts_t     gifts;
    fixture_t  *fixture = *context;

    gifts_begin(&gifts, fixture);
    gifts.op.slug = fixture_str("snow");
    gifts.op.gives.from_fen = 1401;
    gifts.op.lines_n = 1;
    gifts.op.lines[0].sale = fixture_str("pear");
    gifts.rain = fixture_define(fixture, &gifts.op);
    gift = take(&gifts, 7);

    hold = cart(&gifts, 7);             /* 1400 of pears */
    assert_string_equal(why(&gifts, 7, hold, gift), "too_little");

    assert_string_equal(fixture_take(fixture, 7, gifts.grape, 2, 0),
                        "created");
    hold = fixture->result.hold.seq;
    assert_string_equal(why(&gifts, 7, hold, gift), "other_sale");

    assert_string_equal(fixture_take(fixture, 7, gifts.pear, 3, 0),
                        "created");
    hold = fixture->result.hold.seq;
    assert_string_equal(use(&gifts, 7, hold, gift), "ok");
    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_PAY, 7, hold),
                        "ok");
    assert_string_equal(use(&gifts, 7, hold, 0), "wrong_state");

    /* a thing is good for nothing */

    fixture_operator(&gifts.op, "eggs");
    gifts.op.price_fen = 0;
    gifts.op.limit = 1;
    gifts.op.gives.kind = FS_GIVES_ITEM;
    gifts.op.gives.title = fixture_str("two eggs");
    gifts.rain = fixture_define(fixture, &gifts.op);
    gift = take(&gifts, 7);
    hold = cart(&gifts, 7);
    assert_string_equal(why(&gifts, 7, hold, gift), "other_sale");
}


/* With the hold itself; what the key is for says so. */

static void
test_at_once(void **context)
{
    fs_seq_t       gift, hold;
    gifts_t        gifts;
    fixture_t     *fixture = *context;
    fs_command_t   command;

    gifts_begin(&gifts, fixture);
    gift = take(&gifts, 7);

    fixture_hold(&command, 7, gifts.grape, 1, 9);
    command.gift = gift;
    assert_string_equal(fixture_decide(fixture, &command, NULL), "created");
    assert_int_equal(fs_hold_amount(&fixture->result.hold), 500);
    assert_int_equal(fixture->result.hold.gift, gift);

    assert_string_equal(fixture_decide(fixture, &command, NULL), "replayed");
    command.gift = 0;
    assert_string_equal(fixture_decide(fixture, &command, NULL),
                        "key_reused");

    /* it is bound: nothing is held for the next one */

    fs_set_le32(command.key, 10);
    command.gift = gift;
    assert_string_equal(fixture_decide(fixture, &command, NULL),
                        "gift_unusable");
    fixture_units(fixture, gifts.grape, 1, 0);

    /* without, and bound a moment later: the request was without */

    fs_set_le32(command.key, 11);
    command.gift = 0;
    assert_string_equal(fixture_decide(fixture, &command, NULL), "created");
    hold = fixture->result.hold.seq;
    gift = take(&gifts, 7);
    assert_string_equal(use(&gifts, 7, hold, gift), "ok");
    assert_string_equal(fixture_decide(fixture, &command, NULL), "replayed");
}


/* A coupon whose hold expires while its buyer pays. */

static void
test_late(void **context)
{
    fs_seq_t    gift, hold, other;
    gifts_t     gifts;
    fixture_t  *fixture = *context;

    gifts_begin(&gifts, fixture);
    gift = take(&gifts, 7);
    hold = cart(&gifts, 7);
    assert_string_equal(use(&gifts, 7, hold, gift), "ok");

    fixture_pass(fixture, FIXTURE_TERM);
    assert_true(fixture_timers(fixture, 10) > 0);
    is(&gifts, gift, FS_HOLD_GRANTED, 0);
    assert_int_equal(row(&gifts, hold).gift, gift);
    assert_int_equal(row(&gifts, hold).state, FS_HOLD_EXPIRED);

    /* over by now, which matters to who binds it only */

    assert_string_equal(fixture_confirm(fixture, hold, 1, 2900), "ok");
    is(&gifts, gift, FS_HOLD_USED, hold);
    assert_int_equal(fs_hold_amount(&fixture->result.hold), 2900);

    /* another hold has it */

    gift = take(&gifts, 7);
    assert_string_equal(fixture_take(fixture, 7, gifts.grape, 1, 0),
                        "created");
    hold = fixture->result.hold.seq;
    assert_string_equal(use(&gifts, 7, hold, gift), "ok");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_CANCEL, hold, 0,
                                      0), "ok");
    is(&gifts, gift, FS_HOLD_GRANTED, 0);

    gifts.op.slug = fixture_str("wind");
    gifts.op.gives.valid_ms = 0;
    gifts.rain = fixture_define(fixture, &gifts.op);

    gift = take(&gifts, 7);
    assert_string_equal(fixture_take(fixture, 7, gifts.grape, 1, 0),
                        "created");
    hold = fixture->result.hold.seq;
    assert_string_equal(use(&gifts, 7, hold, gift), "ok");
    fixture_pass(fixture, FIXTURE_TERM);
    (void) fixture_timers(fixture, 10);
    assert_string_equal(fixture_take(fixture, 7, gifts.grape, 1, 0),
                        "created");
    other = fixture->result.hold.seq;
    assert_string_equal(use(&gifts, 7, other, gift), "ok");
    assert_string_equal(fixture_confirm(fixture, hold, 3, 500),
                        "refund_due");
    assert_string_equal(fs_reason_name(fixture->result.reason), "gift_gone");
    is(&gifts, gift, FS_HOLD_BOUND, other);
    assert_string_equal(fixture_confirm(fixture, hold, 3, 500),
                        "refund_due");
}


static const char *
refund(gifts_t *gifts, fs_seq_t hold, uint32_t sale, uint32_t qty,
    int64_t amount_fen)
{
    fs_command_t  command;

    memset(&command, 0, sizeof(fs_command_t));
    command.type = FS_COMMAND_REFUND;
    command.hold = hold;
    command.lines_n = 1;
    command.lines[0].sale = sale;
    command.lines[0].qty = qty;
    command.lines[0].amount_fen = amount_fen;
    command.reason = FS_REASON_BAD;

    return fixture_decide(gifts->fixture, &command, NULL);
}


/* Debts are of what was paid; when all is back the gift is, too. */

static void
test_returned(void **context)
{
    fs_seq_t    gift, hold;
    gifts_t     gifts;
    fixture_t  *fixture = *context;

    gifts_begin(&gifts, fixture);
    gift = take(&gifts, 7);
    hold = cart(&gifts, 7);
    assert_string_equal(use(&gifts, 7, hold, gift), "ok");
    assert_string_equal(fixture_confirm(fixture, hold, 1, 2900), "ok");

    /* 1706 for two grapes, 1194 for two pears */

    assert_string_equal(refund(&gifts, hold, gifts.grape, 1, 0), "ok");
    assert_int_equal(row(&gifts, hold).owed_fen, 853);
    assert_string_equal(refund(&gifts, hold, gifts.grape, 0, 854),
                        "refund_over");
    assert_int_equal(fixture->result.amount_fen, 853);
    assert_string_equal(refund(&gifts, hold, gifts.grape, 1, 0), "ok");
    is(&gifts, gift, FS_HOLD_USED, hold);
    assert_string_equal(refund(&gifts, hold, gifts.pear, 2, 0), "ok");
    assert_int_equal(row(&gifts, hold).owed_fen, 2900);
    is(&gifts, gift, FS_HOLD_GRANTED, 0);
    assert_int_equal(row(&gifts, gift).valid_until,
                     fixture->wall + FS_VALID_AGAIN_MS);
    assert_int_equal(row(&gifts, hold).gift, gift);

    /* and once only */

    assert_string_equal(fixture_confirm(fixture, hold, 2, 1), "refund_due");
    is(&gifts, gift, FS_HOLD_GRANTED, 0);
}


static const char *
hand_over(gifts_t *gifts, fs_command_type_t type, fs_seq_t hold,
    unsigned nonce)
{
    fs_command_t  command;

    memset(&command, 0, sizeof(fs_command_t));
    command.type = (uint8_t) type;
    command.hold = hold;
    memcpy(command.buyer, fs_keys_of_orders, FS_BUYER_LEN);
    fs_set_le32(command.key, nonce);

    return fixture_decide(gifts->fixture, &command, NULL);
}


/* Something was handed over: the gift stays used, until it was not. */

static void
test_kept(void **context)
{
    fs_seq_t    gift, hold;
    gifts_t     gifts;
    fixture_t  *fixture = *context;

    gifts_begin(&gifts, fixture);
    gift = take(&gifts, 7);
    hold = cart(&gifts, 7);
    assert_string_equal(use(&gifts, 7, hold, gift), "ok");
    assert_string_equal(fixture_confirm(fixture, hold, 1, 2900), "ok");
    assert_string_equal(hand_over(&gifts, FS_COMMAND_HAND_OVER, hold, 1),
                        "handed_over");
    assert_string_equal(refund(&gifts, hold, gifts.grape, 2, 0), "ok");
    assert_string_equal(refund(&gifts, hold, gifts.pear, 2, 0), "ok");
    is(&gifts, gift, FS_HOLD_USED, hold);
    assert_string_equal(hand_over(&gifts, FS_COMMAND_PUT_BACK, hold, 1),
                        "ok");
    is(&gifts, gift, FS_HOLD_GRANTED, 0);
}


/* A sale that is cancelled gives the gift back, too. */

static void
test_called_off(void **context)
{
    fs_seq_t        gift, hold;
    gifts_t         gifts;
    fixture_t      *fixture = *context;
    fs_operator_t   op;

    gifts_begin(&gifts, fixture);
    gift = take(&gifts, 7);
    assert_string_equal(fixture_take(fixture, 7, gifts.grape, 2, 0),
                        "created");
    hold = fixture->result.hold.seq;
    assert_string_equal(use(&gifts, 7, hold, gift), "ok");
    assert_string_equal(fixture_confirm(fixture, hold, 1, 1500), "ok");

    fixture_operator(&op, "grape");
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_CALL_OFF, &op, 0),
                        "accepted");
    (void) fixture_timers(fixture, 10);
    assert_int_equal(row(&gifts, hold).owed_fen, 1500);
    is(&gifts, gift, FS_HOLD_GRANTED, 0);
}


/* One group of a cart fails: what was paid for its line is owed, to the fen,
 * and the gift stays used, for the other line has its part of it; until that
 * is back, too. */

static void
test_group_failed(void **context)
{
    fs_seq_t        gift, hold;
    gifts_t         gifts;
    fixture_t      *fixture = *context;
    fs_operator_t   op;

    gifts_begin(&gifts, fixture);

    fixture_operator(&op, "plum");
    op.price_fen = 1000;
    op.goal = 10;
    gifts.grape = fixture_define(fixture, &op);

    gift = take(&gifts, 7);
    hold = cart(&gifts, 7);
    assert_string_equal(use(&gifts, 7, hold, gift), "ok");
    assert_string_equal(fixture_confirm(fixture, hold, 1, 2900), "ok");

    assert_string_equal(fixture_admin(fixture, FS_COMMAND_CLOSE, &op, 0),
                        "ok");
    (void) fixture_timers(fixture, 10);
    assert_int_equal(row(&gifts, hold).owed_fen, 1706);
    is(&gifts, gift, FS_HOLD_USED, hold);
    assert_string_equal(refund(&gifts, hold, gifts.grape, 0, 1),
                        "refund_over");

    /* a part of the other line changes nothing, all of it does */

    assert_string_equal(refund(&gifts, hold, gifts.pear, 1, 0), "ok");
    assert_int_equal(row(&gifts, hold).owed_fen, 1706 + 597);
    is(&gifts, gift, FS_HOLD_USED, hold);
    assert_string_equal(refund(&gifts, hold, gifts.pear, 1, 0), "ok");
    assert_int_equal(row(&gifts, hold).owed_fen, 2900);
    is(&gifts, gift, FS_HOLD_GRANTED, 0);
}


/* Its time is over at the checkout: the gift is free, and another hold may
 * have it when the money comes. */

static void
test_paying(void **context)
{
    fs_seq_t      gift, hold, other;
    gifts_t       gifts;
    fixture_t    *fixture = *context;
    fs_command_t  command;

    gifts_begin(&gifts, fixture);
    gift = take(&gifts, 7);
    hold = cart(&gifts, 7);
    assert_string_equal(use(&gifts, 7, hold, gift), "ok");

    memset(&command, 0, sizeof(fs_command_t));
    command.type = FS_COMMAND_PAY;
    command.hold = hold;
    command.term_ms = FIXTURE_TERM;
    fixture_buyer(command.buyer, 7);
    assert_string_equal(fixture_decide(fixture, &command, NULL), "ok");
    assert_string_equal(use(&gifts, 7, hold, 0), "wrong_state");
    is(&gifts, gift, FS_HOLD_BOUND, hold);

    fixture_pass(fixture, FIXTURE_TERM);
    (void) fixture_timers(fixture, 10);
    assert_int_equal(row(&gifts, hold).state, FS_HOLD_EXPIRED);
    is(&gifts, gift, FS_HOLD_GRANTED, 0);

    gifts.op.slug = fixture_str("wind");
    gifts.op.gives.valid_ms = 0;
    gifts.rain = fixture_define(fixture, &gifts.op);
    gift = take(&gifts, 7);
    hold = cart(&gifts, 7);
    assert_string_equal(use(&gifts, 7, hold, gift), "ok");
    command.hold = hold;
    assert_string_equal(fixture_decide(fixture, &command, NULL), "ok");
    fixture_pass(fixture, FIXTURE_TERM);
    (void) fixture_timers(fixture, 10);

    other = cart(&gifts, 7);
    assert_string_equal(use(&gifts, 7, other, gift), "ok");
    assert_string_equal(fixture_confirm(fixture, hold, 1, 2900),
                        "refund_due");
    assert_string_equal(fs_reason_name(fixture->result.reason), "gift_gone");
    assert_int_equal(row(&gifts, hold).owed_fen, 2900);
    assert_string_equal(fixture_confirm(fixture, other, 2, 2900), "ok");
    is(&gifts, gift, FS_HOLD_USED, other);
}


/* A thing is handed over like any goods. */

static void
test_item(void **context)
{
    fs_seq_t    gift;
    gifts_t     gifts;
    fs_hold_t   found;
    fixture_t  *fixture = *context;

    gifts_begin(&gifts, fixture);
    gift = take(&gifts, 7);
    assert_string_equal(hand_over(&gifts, FS_COMMAND_HAND_OVER, gift, 1),
                        "wrong_state");

    fixture_operator(&gifts.op, "eggs");
    gifts.op.price_fen = 0;
    gifts.op.limit = 1;
    gifts.op.gives.kind = FS_GIVES_ITEM;
    gifts.op.gives.title = fixture_str("two eggs");
    gifts.rain = fixture_define(fixture, &gifts.op);
    gift = take(&gifts, 7);

    assert_string_equal(hand_over(&gifts, FS_COMMAND_HAND_OVER, gift, 2),
                        "handed_over");
    found = row(&gifts, gift);
    assert_int_equal(found.state, FS_HOLD_USED);
    assert_int_equal(found.lines[0].goods, FS_GOODS_HANDED_OVER);
    assert_int_equal(found.lines[0].goods_at, fixture->wall);
    assert_string_equal(hand_over(&gifts, FS_COMMAND_HAND_OVER, gift, 2),
                        "handed_over");
    assert_string_equal(hand_over(&gifts, FS_COMMAND_HAND_OVER, gift, 3),
                        "double");
    assert_string_equal(hand_over(&gifts, FS_COMMAND_PUT_BACK, gift, 2),
                        "ok");
    is(&gifts, gift, FS_HOLD_GRANTED, 0);
    assert_string_equal(hand_over(&gifts, FS_COMMAND_PUT_BACK, gift, 2),
                        "ok");
    assert_string_equal(hand_over(&gifts, FS_COMMAND_HAND_OVER, gift, 4),
                        "handed_over");
    is(&gifts, gift, FS_HOLD_USED, 0);
}


#define TEST(name)                                                           \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(test_granted),
        TEST(test_alone),
        TEST(test_desk),
        cmocka_unit_test(test_shares),
        TEST(test_used),
        TEST(test_another),
        TEST(test_unusable),
        TEST(test_at_once),
        TEST(test_late),
        TEST(test_returned),
        TEST(test_kept),
        TEST(test_called_off),
        TEST(test_group_failed),
        TEST(test_paying),
        TEST(test_item),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
