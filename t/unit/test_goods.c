
/*
 * Where goods are: ready and handed over by line, facts with a nonce, what is
 * put back, what counts as handed over by time; and that lists and tallies say
 * what the holds say, in an index that is folded again, too.
 */

#include "goods_rows.h"

#include "read/collect.h"


typedef struct {
    uint32_t             grape;
    uint32_t             egg;
    fs_seq_t             cart;          /* a unit of grape, two of egg */
} goods_shop_t;


static int
setup(void **context)
{
    fixture_t  *fixture;

    if (index_setup(context) != 0) {
        return -1;
    }

    fixture = *context;
    fixture_close(fixture, 1);
    fixture->conf.given_ms = GOODS_GIVEN;
    fixture_open(fixture);

    return 0;
}


static fs_seq_t
goods_buy(fixture_t *fixture, unsigned buyer, uint32_t sale, uint32_t qty,
    unsigned reference)
{
    fs_seq_t  hold;

    assert_string_equal(fixture_take(fixture, buyer, sale, qty, 0),
                        "created");
    hold = fixture->result.hold.seq;
    assert_string_equal(fixture_confirm(fixture, hold, reference,
                                        100 * (int64_t) qty), "ok");

    return hold;
}


static void
goods_shop(fixture_t *fixture, goods_shop_t *shop)
{
    fs_command_t  command;

    shop->grape = fixture_stocked(fixture, "grape", 100, 0);
    shop->egg = fixture_stocked(fixture, "egg", 100, 0);

    fixture_cart(&command, 1, shop->grape, shop->egg, 2);
    assert_string_equal(fixture_decide(fixture, &command, NULL), "created");
    shop->cart = fixture->result.hold.seq;
    assert_string_equal(fixture_confirm(fixture, shop->cart, 1, 300), "ok");
}


static void
goods_nonce(fs_command_t *command, fs_command_type_t type, fs_seq_t hold,
    unsigned nonce, uint32_t sale)
{
    memset(command, 0, sizeof(fs_command_t));
    command->type = (uint8_t) type;
    command->hold = hold;
    command->via = FS_VIA_SCAN;
    command->device_at = FIXTURE_EPOCH - 5;
    memcpy(command->buyer, fs_keys_of_orders, FS_BUYER_LEN);
    fs_set_le32(command->key, nonce);
    command->lines_n = sale != 0;
    command->lines[0].sale = sale;
}


/* sale 0: all lines */

static const char *
goods_hand(fixture_t *fixture, fs_seq_t hold, unsigned nonce, uint32_t sale)
{
    fs_command_t  command;

    goods_nonce(&command, FS_COMMAND_HAND_OVER, hold, nonce, sale);

    return fixture_decide(fixture, &command, NULL);
}


static const char *
goods_put_back(fixture_t *fixture, fs_seq_t hold, unsigned nonce)
{
    fs_command_t  command;

    goods_nonce(&command, FS_COMMAND_PUT_BACK, hold, nonce, 0);

    return fixture_decide(fixture, &command, NULL);
}


static const char *
goods_refund(fixture_t *fixture, fs_seq_t hold, uint32_t sale, uint32_t qty,
    int restock)
{
    fs_command_t  command;

    memset(&command, 0, sizeof(fs_command_t));
    command.type = FS_COMMAND_REFUND;
    command.hold = hold;
    command.reason = FS_REASON_BAD;
    command.restock = (uint8_t) restock;
    command.lines_n = 1;
    command.lines[0].sale = sale;
    command.lines[0].qty = qty;

    return fixture_decide(fixture, &command, NULL);
}


static const char *
goods_of(fixture_t *fixture, fs_seq_t hold, unsigned line)
{
    return fs_goods_name(goods_hold(fixture, hold).lines[line].goods);
}


/* Version 1: all lines at once. */

static void
test_whole(void **context)
{
    fs_seq_t      seq, one;
    uint32_t      came;
    fs_tally_t    tally;
    fixture_t    *fixture = *context;
    goods_shop_t  shop;

    goods_shop(fixture, &shop);
    one = goods_buy(fixture, 2, shop.egg, 3, 2);
    goods_check(fixture);

    tally = goods_tally(fixture, shop.egg, 0, 0);
    assert_int_equal(tally.ordered, 5);
    assert_int_equal(tally.awaited, 5);

    fixture_pass(fixture, 42000);
    came = (uint32_t) ((fixture->wall
                        - goods_hold(fixture, shop.cart).created_at) / 1000);
    assert_true(came >= 42);

    assert_string_equal(fixture_order(fixture, FS_COMMAND_READY, shop.cart, 0,
                                      0), "ok");
    assert_int_equal(goods_hold(fixture, shop.cart).lines[1].goods_at,
                     fixture->wall + GOODS_GIVEN);
    assert_int_equal(goods_hold(fixture, shop.cart).lines[1].ready_s, came);
    goods_check(fixture);
    tally = goods_tally(fixture, shop.egg, 0, 0);
    assert_int_equal(tally.awaited, 3);
    assert_int_equal(tally.ready, 2);

    fixture_pass(fixture, 1000);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_PICK_UP, shop.cart,
                                      0, 0), "ok");
    assert_string_equal(fixture_state(fixture, shop.cart), "picked_up");
    assert_int_equal(goods_hold(fixture, shop.cart).lines[0].goods_at,
                     fixture->wall);
    goods_check(fixture);

    assert_int_equal(fixture_sale(fixture, shop.egg).handed_lines, 1);
    assert_int_equal(fixture_sale(fixture, shop.egg).handed_units, 2);
    assert_int_equal(fixture_sale(fixture, shop.grape).handed_units, 1);

    /* units that are the sale's again do not come */

    assert_string_equal(goods_refund(fixture, one, shop.egg, 2, 1), "ok");
    goods_check(fixture);
    assert_int_equal(goods_tally(fixture, shop.egg, 0, 0).ordered, 3);
    assert_string_equal(goods_refund(fixture, one, shop.egg, 1, 1), "ok");
    goods_check(fixture);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_READY, one, 0, 0),
                        "wrong_state");

    /* nothing is left to do about what was handed over */

    seq = fixture_seq(fixture);
    fixture_pass(fixture, 2 * GOODS_GIVEN);
    fixture_timers(fixture, 10);
    assert_string_equal(fixture_entries(fixture, seq), "");

    goods_fold_again(fixture);
    goods_check(fixture);
}


/* Owed without restocking: the goods come all the same. */

static void
test_ready_after_refund(void **context)
{
    fs_seq_t    hold;
    uint32_t    egg;
    fixture_t  *fixture = *context;

    egg = fixture_stocked(fixture, "egg", 100, 0);
    hold = goods_buy(fixture, 1, egg, 2, 1);
    assert_string_equal(goods_refund(fixture, hold, egg, 2, 0), "ok");
    assert_string_equal(fixture_state(fixture, hold), "refund_due");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_READY, hold, 0, 0),
                        "ok");
    assert_string_equal(fixture_state(fixture, hold), "ready");
    goods_check(fixture);

    hold = goods_buy(fixture, 2, egg, 2, 2);
    assert_string_equal(goods_refund(fixture, hold, egg, 2, 0), "ok");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 90,
                                      0), "ok");
    assert_string_equal(fixture_state(fixture, hold), "refunded");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_READY, hold, 0, 0),
                        "ok");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_PICK_UP, hold, 0,
                                      0), "ok");
    assert_string_equal(fixture_state(fixture, hold), "picked_up");
    goods_check(fixture);

    /* a payment that sold nothing has no goods */

    assert_string_equal(fixture_take(fixture, 3, egg, 1, 0), "created");
    hold = fixture->result.hold.seq;
    fixture_buyers(fixture, FS_COMMAND_RELEASE, 3, hold);
    assert_string_equal(fixture_confirm(fixture, hold, 3, 100), "refund_due");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_READY, hold, 0, 0),
                        "wrong_state");
    assert_string_equal(goods_hand(fixture, hold, 1, 0), "wrong_state");
    assert_string_equal(goods_put_back(fixture, hold, 1), "wrong_state");
    goods_fold_again(fixture);
}


/* A fact, from each state in which it was once sold. */

static void
test_fact(void **context)
{
    int64_t       at;
    fs_seq_t      seq;
    fixture_t    *fixture = *context;
    goods_shop_t  shop;

    goods_shop(fixture, &shop);
    at = fixture->wall;
    seq = fixture_seq(fixture);
    assert_string_equal(goods_hand(fixture, shop.cart, 1, shop.egg),
                        "handed_over");
    assert_int_equal(fixture->result.at, at);
    assert_int_equal(fixture->result.paid_back, 0);
    assert_string_equal(fs_hold_state_name(fixture->result.hold.state),
                        "sold");
    assert_string_equal(fixture_entries(fixture, seq), "picked_up");
    assert_string_equal(goods_of(fixture, shop.cart, 0), "awaited");
    assert_string_equal(goods_of(fixture, shop.cart, 1), "handed_over");
    goods_check(fixture);

    /* said again: nothing is written, whatever else it says */

    fixture_pass(fixture, 5000);
    seq = fixture_seq(fixture);
    assert_string_equal(goods_hand(fixture, shop.cart, 1, 0), "handed_over");
    assert_int_equal(fixture->result.at, at);
    assert_string_equal(fixture_entries(fixture, seq), "");

    /* by another nonce: a double of that line, the other one is handed over */

    assert_string_equal(goods_hand(fixture, shop.cart, 2, shop.egg),
                        "double");
    assert_int_equal(fixture->result.at, at);
    assert_string_equal(goods_hand(fixture, shop.cart, 3, 0), "handed_over");
    assert_int_equal(fixture->result.at, fixture->wall);
    assert_string_equal(fixture_entries(fixture, seq),
                        "double picked_up double");
    assert_string_equal(fixture_state(fixture, shop.cart), "picked_up");
    assert_string_equal(goods_hand(fixture, shop.cart, 4, 0), "double");
    assert_int_equal(fixture->result.at, at);
    goods_check(fixture);

    fixture_pass(fixture, 60000);
    assert_string_equal(goods_hand(fixture, shop.cart, 2, 0), "double");
    assert_int_equal(fixture->result.at, at);

    /* of what it does not have */

    assert_string_equal(goods_hand(fixture, shop.cart, 5, 77),
                        "no_such_sale");
    assert_string_equal(goods_hand(fixture, shop.cart + 100, 5, 0),
                        "no_such_hold");

    /* a key that another order's fact has */

    seq = goods_buy(fixture, 3, shop.egg, 1, 3);
    assert_string_equal(goods_hand(fixture, seq, 1, 0), "key_reused");

    /* a hold that is live */

    assert_string_equal(fixture_take(fixture, 4, shop.egg, 1, 0), "created");
    assert_string_equal(goods_hand(fixture, fixture->result.hold.seq, 6, 0),
                        "wrong_state");

    goods_fold_again(fixture);
    assert_string_equal(goods_hand(fixture, shop.cart, 3, 0), "handed_over");
}


static void
test_paid_back(void **context)
{
    fs_seq_t    hold, seq;
    uint32_t    egg, free;
    fs_sale_t   sale;
    fixture_t  *fixture = *context;

    egg = fixture_stocked(fixture, "egg", 100, 0);
    hold = goods_buy(fixture, 1, egg, 2, 1);
    assert_string_equal(goods_refund(fixture, hold, egg, 2, 1), "ok");
    assert_string_equal(fixture_state(fixture, hold), "refund_due");
    goods_check(fixture);
    sale = fixture_sale(fixture, egg);
    free = fs_sale_free(&sale);

    assert_string_equal(goods_hand(fixture, hold, 1, 0), "handed_over");
    assert_int_equal(fixture->result.paid_back, 1);
    assert_string_equal(fixture_state(fixture, hold), "picked_up");
    sale = fixture_sale(fixture, egg);
    assert_int_equal(fs_sale_free(&sale), free);
    assert_int_equal(sale.handed_lines, 1);
    assert_int_equal(sale.handed_units, 0);
    goods_check(fixture);

    /* what is owed later changes no answer */

    hold = goods_buy(fixture, 2, egg, 2, 2);
    assert_string_equal(goods_hand(fixture, hold, 2, 0), "handed_over");
    assert_int_equal(fixture->result.paid_back, 0);
    assert_string_equal(goods_refund(fixture, hold, egg, 1, 0), "ok");
    goods_check(fixture);
    seq = fixture_seq(fixture);
    assert_string_equal(goods_hand(fixture, hold, 2, 0), "handed_over");
    assert_int_equal(fixture->result.paid_back, 0);
    assert_string_equal(fixture_entries(fixture, seq), "");
    goods_fold_again(fixture);
}


/* The clock goes back before a hand-over is undone: for a day after it, the
 * nonce is known as one that was undone. */

static void
test_put_back_earlier(void **context)
{
    fs_seq_t      seq;
    fixture_t    *fixture = *context;
    goods_shop_t  shop;

    goods_shop(fixture, &shop);
    assert_string_equal(goods_hand(fixture, shop.cart, 1, 0), "handed_over");

    fixture->wall -= 4 * 3600000;
    fixture->boot += 1000;
    assert_string_equal(goods_put_back(fixture, shop.cart, 1), "ok");

    fixture->boot += FS_KEY_KEPT_MS - 2 * 3600000;
    fixture->wall += FS_KEY_KEPT_MS - 2 * 3600000;
    fixture_timers(fixture, 1000);
    seq = fixture_seq(fixture);
    assert_string_equal(goods_put_back(fixture, shop.cart, 1), "ok");
    assert_string_equal(goods_hand(fixture, shop.cart, 1, 0), "handed_over");
    assert_string_equal(fixture_entries(fixture, seq), "");

    fixture_pass(fixture, 2 * 3600000);
    fixture_timers(fixture, 1000);
    assert_string_equal(goods_put_back(fixture, shop.cart, 1), "wrong_state");
}


static void
test_put_back(void **context)
{
    int64_t       at;
    fs_seq_t      seq;
    fixture_t    *fixture = *context;
    goods_shop_t  shop;

    goods_shop(fixture, &shop);
    at = fixture->wall;
    assert_string_equal(goods_put_back(fixture, shop.cart, 1), "wrong_state");
    assert_string_equal(goods_hand(fixture, shop.cart, 1, shop.grape),
                        "handed_over");
    assert_string_equal(goods_hand(fixture, shop.cart, 2, 0), "handed_over");
    assert_string_equal(fixture_state(fixture, shop.cart), "picked_up");

    /* only the lines of this nonce */

    fixture_pass(fixture, FS_PUT_BACK_MS);
    seq = fixture_seq(fixture);
    assert_string_equal(goods_put_back(fixture, shop.cart, 2), "ok");
    assert_string_equal(fixture_entries(fixture, seq), "put_back");
    assert_string_equal(goods_of(fixture, shop.cart, 0), "handed_over");
    assert_string_equal(goods_of(fixture, shop.cart, 1), "ready");
    assert_int_equal(goods_hold(fixture, shop.cart).lines[1].goods_at,
                     fixture->wall + GOODS_GIVEN);
    /* it was handed over before anybody had said that it has come */

    assert_int_equal(goods_hold(fixture, shop.cart).lines[1].ready_s, 0);
    assert_string_equal(fixture_state(fixture, shop.cart), "ready");
    goods_check(fixture);

    /* said again, much later; and the hand-over, late */

    fixture_pass(fixture, 3600000);
    seq = fixture_seq(fixture);
    assert_string_equal(goods_put_back(fixture, shop.cart, 2), "ok");
    assert_string_equal(goods_hand(fixture, shop.cart, 2, 0), "handed_over");
    assert_int_equal(fixture->result.at, at);
    assert_string_equal(fixture_entries(fixture, seq), "");

    assert_string_equal(goods_put_back(fixture, shop.cart, 1), "too_late");
    assert_string_equal(goods_of(fixture, shop.cart, 0), "handed_over");

    /* handed over again, and undone again */

    assert_string_equal(goods_hand(fixture, shop.cart, 3, shop.egg),
                        "handed_over");
    assert_string_equal(goods_put_back(fixture, shop.cart, 3), "ok");
    assert_string_equal(goods_hand(fixture, shop.cart, 4, shop.egg),
                        "handed_over");

    /* a double was no hand-over */

    assert_string_equal(goods_hand(fixture, shop.cart, 5, 0), "double");
    assert_string_equal(goods_put_back(fixture, shop.cart, 5),
                        "wrong_state");
    assert_string_equal(fixture_state(fixture, shop.cart), "picked_up");

    /* nor is what another order's nonce says */

    seq = goods_buy(fixture, 7, shop.egg, 1, 7);
    assert_string_equal(goods_put_back(fixture, seq, 4), "wrong_state");

    goods_check(fixture);
    goods_fold_again(fixture);
    goods_check(fixture);
}


/* Of two hand-overs, one right after the other, only the one that is named. */

static void
test_put_back_first(void **context)
{
    fixture_t    *fixture = *context;
    goods_shop_t  shop;

    goods_shop(fixture, &shop);
    assert_string_equal(goods_hand(fixture, shop.cart, 1, shop.grape),
                        "handed_over");
    assert_string_equal(goods_hand(fixture, shop.cart, 2, shop.egg),
                        "handed_over");
    assert_string_equal(goods_put_back(fixture, shop.cart, 1), "ok");
    assert_string_equal(goods_of(fixture, shop.cart, 0), "ready");
    assert_string_equal(goods_of(fixture, shop.cart, 1), "handed_over");
    goods_check(fixture);
}


/* A key is kept for a day; then the nonce is a new one. */

static void
test_key_kept(void **context)
{
    fs_seq_t    hold;
    uint32_t    egg;
    fixture_t  *fixture = *context;

    fixture->store->conf.given_ms = 0;
    egg = fixture_stocked(fixture, "egg", 100, 0);
    hold = goods_buy(fixture, 1, egg, 2, 1);
    assert_string_equal(goods_hand(fixture, hold, 1, 0), "handed_over");
    fixture_pass(fixture, 300000);
    assert_string_equal(goods_put_back(fixture, hold, 1), "ok");
    fixture_pass(fixture, FS_KEY_KEPT_MS - 300000 - 1);
    assert_string_equal(goods_put_back(fixture, hold, 1), "ok");
    fixture_pass(fixture, 1);
    assert_string_equal(goods_put_back(fixture, hold, 1), "wrong_state");
    fixture_timers(fixture, 10);
    assert_string_equal(goods_hand(fixture, hold, 1, 0), "handed_over");
    assert_int_equal(fixture->result.at, fixture->wall);
    fixture_pass(fixture, 300000);
    fixture_timers(fixture, 10);
    assert_string_equal(goods_put_back(fixture, hold, 1), "ok");
    goods_check(fixture);
}


/* What nobody was seen to take counts as handed over after its time. */

static void
test_by_time(void **context)
{
    fs_seq_t      seq, late;
    fs_entry_t    entry;
    fixture_t    *fixture = *context;
    goods_shop_t  shop;

    goods_shop(fixture, &shop);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_READY, shop.cart, 0,
                                      0), "ok");
    fixture_pass(fixture, 1000);
    late = goods_buy(fixture, 2, shop.egg, 1, 2);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_READY, late, 0, 0),
                        "ok");
    assert_string_equal(goods_hand(fixture, shop.cart, 1, shop.grape),
                        "handed_over");

    fixture_pass(fixture, GOODS_GIVEN - 1001);
    fixture_timers(fixture, 10);
    assert_string_equal(goods_of(fixture, shop.cart, 1), "ready");

    fixture_pass(fixture, 1);
    seq = fixture_seq(fixture);
    fixture_timers(fixture, 10);
    assert_string_equal(fixture_entries(fixture, seq), "picked_up");
    assert_string_equal(goods_of(fixture, shop.cart, 1), "handed_over");
    assert_string_equal(goods_of(fixture, late, 0), "ready");

    fixture_begin(fixture);
    assert_true(fs_sheet_entry(&fixture->sheet, seq + 1, &entry));
    fixture_abort(fixture);
    assert_int_equal(entry.flags, FS_ENTRY_BY_TIME);
    assert_int_equal(entry.qty, 2);
    goods_check(fixture);

    /* seen after all */

    assert_string_equal(goods_hand(fixture, shop.cart, 9, shop.egg),
                        "double");

    /* what is put back, or the sale's again, waits for another time or none */

    assert_string_equal(goods_hand(fixture, late, 2, 0), "handed_over");
    assert_string_equal(goods_put_back(fixture, late, 2), "ok");
    fixture_pass(fixture, 1000);
    fixture_timers(fixture, 10);
    assert_string_equal(goods_of(fixture, late, 0), "ready");
    assert_string_equal(goods_refund(fixture, late, shop.egg, 1, 1), "ok");
    goods_check(fixture);
    goods_fold_again(fixture);
    fixture_pass(fixture, 2 * GOODS_GIVEN);
    fixture_timers(fixture, 10);
    assert_string_equal(goods_of(fixture, late, 0), "ready");
    goods_check(fixture);
}


/* Ahead of a clock that is not believed, nothing is given away. */

static void
test_by_time_clock(void **context)
{
    fs_seq_t    hold;
    uint32_t    egg;
    fixture_t  *fixture = *context;

    egg = fixture_stocked(fixture, "egg", 100, 0);
    hold = goods_buy(fixture, 1, egg, 1, 1);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_READY, hold, 0, 0),
                        "ok");
    fixture->wall += GOODS_GIVEN + 1000;
    fixture_begin(fixture);
    fixture->now.due = fixture->now.wall - GOODS_GIVEN;
    fixture->now.opens = fixture->now.wall;
    fs_decide_timers(&fixture->sheet, &fixture->now, 10);
    fixture_commit(fixture);
    assert_string_equal(goods_of(fixture, hold, 0), "ready");
    fixture_begin(fixture);
    fixture->now.due = fixture->now.wall;
    fixture->now.opens = fixture->now.wall;
    fs_decide_timers(&fixture->sheet, &fixture->now, 10);
    fixture_commit(fixture);
    assert_string_equal(goods_of(fixture, hold, 0), "handed_over");
}


/* A day's deliveries count as handed over at once: holds expire meanwhile. */

static void
test_by_time_many(void **context)
{
    fs_seq_t    hold;
    uint32_t    egg;
    unsigned    i, passes;
    fixture_t  *fixture = *context;

    egg = fixture_stocked(fixture, "egg", 100, 0);

    for (i = 0; i < 30; i++) {
        hold = goods_buy(fixture, i, egg, 1, i + 1);
        assert_string_equal(fixture_order(fixture, FS_COMMAND_READY, hold, 0,
                                          0), "ok");
    }

    fixture_pass(fixture, GOODS_GIVEN - FIXTURE_TERM);
    assert_string_equal(fixture_take(fixture, 90, egg, 1, 0), "created");
    hold = fixture->result.hold.seq;
    fixture_pass(fixture, FIXTURE_TERM);

    fixture_begin(fixture);
    assert_int_equal(fs_decide_timers(&fixture->sheet, &fixture->now, 8), 8);
    fixture_commit(fixture);
    assert_string_equal(fixture_state(fixture, hold), "expired");
    goods_check(fixture);

    for (passes = 0; fixture_timers(fixture, 8) != 0; passes++) {
        assert_true(passes < 10);
    }

    assert_int_equal(fixture_sale(fixture, egg).handed_units, 30);
    goods_check(fixture);
}


/* How many of a buyer's orders are still to be collected. */

static unsigned
goods_to_collect(fixture_t *fixture, unsigned buyer)
{
    uint8_t       who[FS_BUYER_LEN];
    fs_view_t     view;
    fs_reader_t  *reader;
    fs_collect_t  collect;

    fixture_buyer(who, buyer);
    memset(&collect, 0, sizeof(collect));
    reader = fs_reader_create(fixture->store);
    assert_int_equal(fs_view_open(reader, &view), FS_OK);
    assert_int_equal(fs_collect(&view, who, 100, &collect), FS_OK);
    fs_view_close(&view);
    fs_reader_destroy(reader);

    return collect.counts.to_collect;
}


static void
test_collect(void **context)
{
    fs_seq_t      hold;
    fixture_t    *fixture = *context;
    goods_shop_t  shop;

    goods_shop(fixture, &shop);
    assert_int_equal(goods_to_collect(fixture, 1), 1);
    assert_string_equal(goods_hand(fixture, shop.cart, 1, shop.egg),
                        "handed_over");
    assert_int_equal(goods_to_collect(fixture, 1), 1);
    assert_string_equal(goods_refund(fixture, shop.cart, shop.grape, 1, 0),
                        "ok");
    assert_int_equal(goods_to_collect(fixture, 1), 1);
    assert_string_equal(goods_hand(fixture, shop.cart, 2, shop.grape),
                        "handed_over");
    assert_int_equal(goods_to_collect(fixture, 1), 0);
    assert_string_equal(goods_put_back(fixture, shop.cart, 2), "ok");
    assert_int_equal(goods_to_collect(fixture, 1), 1);

    /* paid back, and the sale's again */

    hold = goods_buy(fixture, 2, shop.egg, 1, 2);
    assert_string_equal(goods_refund(fixture, hold, shop.egg, 1, 1), "ok");
    assert_int_equal(goods_to_collect(fixture, 2), 0);

    /* paid back, and to come all the same */

    hold = goods_buy(fixture, 3, shop.egg, 1, 3);
    assert_string_equal(goods_refund(fixture, hold, shop.egg, 1, 0), "ok");
    assert_string_equal(fixture_state(fixture, hold), "refund_due");
    assert_int_equal(goods_to_collect(fixture, 3), 1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_whole, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_ready_after_refund, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_fact, setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_paid_back, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_put_back, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_put_back_earlier, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_put_back_first, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_key_kept, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_by_time, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_by_time_clock, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_by_time_many, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_collect, setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
