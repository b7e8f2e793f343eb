
/*
 * A whole sale is called off: what is owed of each order, in bounded steps,
 * through restarts.
 */

#include "whole_sale.h"


/* Closed for good; the words lie beside the ledger. */

static void
test_closed(void **context)
{
    fs_seq_t        seq;
    fs_sale_t       sale;
    uint32_t        egg;
    fs_str_t        words;
    fixture_t      *fixture = *context;
    fs_operator_t   op;

    fixture_operator(&op, "egg");
    op.goal = 4;
    egg = fixture_define(fixture, &op);
    buy(fixture, 1, egg, 4);
    assert_int_equal(fixture_sale(fixture, egg).groups_formed, 1);

    assert_string_equal(call_off(fixture, "fig", 0), "no_such_sale");

    seq = fixture_seq(fixture);
    assert_string_equal(call_off(fixture, "egg", 7), "accepted");
    assert_int_equal(fixture->result.sale, egg);
    assert_string_equal(fixture_entries(fixture, seq), "called_off");
    sale = fixture_sale(fixture, egg);
    assert_int_equal(sale.closed, 1);
    assert_int_equal(fs_sale_state(&sale), FS_SALE_CLOSED);
    assert_int_equal(fs_sale_formed(&sale), 0);
    check_rows(fixture, 1);

    fixture_begin(fixture);
    assert_true(fs_db_get(&fixture->write.log,
                          fixture->store->log_dbi[FS_LOG_DOCUMENTS],
                          "cancelled/egg", 13, &words));
    assert_int_equal(words.len, 17);
    fixture_abort(fixture);

    /* the key's answer, and once more */

    seq = fixture_seq(fixture);
    assert_string_equal(call_off(fixture, "egg", 7), "replayed");
    assert_string_equal(call_off(fixture, "egg", 8), "accepted");
    assert_int_equal(fixture_seq(fixture), seq);

    fixture_timers(fixture, 64);
    check_rows(fixture, 0);
    seq = fixture_seq(fixture);
    assert_string_equal(call_off(fixture, "egg", 9), "accepted");

    assert_string_equal(fixture_take(fixture, 2, egg, 1, 0), "closed");
    op.closes_at = fixture->wall + 1000000;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0),
                        "closed");
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_RESUME, &op, 0),
                        "closed");
    assert_int_equal(fixture_seq(fixture), seq);

    op.closes_at = 0;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0),
                        "ok");
    assert_int_equal(fixture_sale(fixture, egg).closed, 1);

    /* one that was not open yet */

    fixture_operator(&op, "fig");
    op.opens_at = fixture->wall + 1000000;
    fixture_define(fixture, &op);
    assert_string_equal(call_off(fixture, "fig", 0), "accepted");
    fixture_pass(fixture, 2000000);
    fixture_timers(fixture, 64);
    assert_string_equal(fixture_take(fixture, 2, fixture->result.sale, 1, 0),
                        "closed");
    goods_fold_again(fixture);
}


/* Each order, by what became of it before. */

static void
test_orders(void **context)
{
    unsigned       n;
    fs_seq_t       sold, part, gone, ready, held, late, cart, seq;
    uint32_t       egg, fig;
    fs_hold_t      row;
    fixture_t     *fixture = *context;
    fs_command_t   command;

    egg = fixture_stocked(fixture, "egg", 30, 0);
    fig = fixture_stocked(fixture, "fig", 30, 0);

    sold = buy(fixture, 1, egg, 3);
    part = buy(fixture, 2, egg, 3);
    assert_string_equal(refund(fixture, part, egg, 1, 0, 0), "ok");
    assert_string_equal(refund(fixture, part, egg, 0, 30, 0), "ok");
    gone = buy(fixture, 3, egg, 2);
    hand_over(fixture, gone);
    ready = buy(fixture, 4, egg, 2);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_READY, ready, 0, 0),
                        "ok");
    late = take(fixture, 6, egg, 1);
    fixture_pass(fixture, FIXTURE_TERM);
    fixture_timers(fixture, 64);
    held = take(fixture, 5, egg, 2);

    fixture_cart(&command, 7, fig, egg, 2);
    assert_string_equal(fixture_decide(fixture, &command, NULL), "created");
    cart = fixture->result.hold.seq;
    assert_string_equal(fixture_confirm(fixture, cart, 77, 300), "ok");

    assert_string_equal(call_off(fixture, "egg", 0), "accepted");

    /* it reads so before the entries say it */

    fixture_begin(fixture);
    assert_true(fs_sheet_hold(&fixture->sheet, sold, &row));
    fs_result_hold(&fixture->sheet, &row, &fixture->result);
    assert_int_equal(fixture->result.hold.state, FS_HOLD_REFUND_DUE);
    assert_true(fs_sheet_hold(&fixture->sheet, cart, &row));
    fs_result_hold(&fixture->sheet, &row, &fixture->result);
    assert_int_equal(fixture->result.hold.state, FS_HOLD_SOLD);
    fixture_abort(fixture);

    assert_int_equal(state_shown(fixture, sold), FS_HOLD_REFUND_DUE);
    assert_int_equal(state_shown(fixture, cart), FS_HOLD_SOLD);

    /* who pays now is paid back at once, also before the others */

    seq = fixture_seq(fixture);
    assert_string_equal(fixture_confirm(fixture, held, 50, 200), "ok");
    assert_string_equal(fixture_entries(fixture, seq),
                        "sold owed restocked");
    assert_string_equal(fs_hold_state_name(fixture->result.hold.state),
                        "refund_due");
    assert_string_equal(fixture_confirm(fixture, held, 50, 200), "ok");
    assert_int_equal(owed(fixture, held, FS_REASON_SALE_CANCELLED, &n), 200);
    assert_int_equal(n, 1);

    assert_string_equal(fixture_confirm(fixture, late, 60, 100),
                        "refund_due");
    assert_int_equal(fixture->result.reason, FS_REASON_SALE_CANCELLED);
    assert_string_equal(fixture_state(fixture, late), "refund_due");

    while (pass(fixture, 2) != 0) {
        goods_check(fixture);
    }

    assert_int_equal(owed(fixture, sold, FS_REASON_SALE_CANCELLED, &n), 300);
    assert_int_equal(owed(fixture, part, FS_REASON_SALE_CANCELLED, &n), 170);
    assert_int_equal(goods_hold(fixture, part).owed_fen, 300);
    assert_int_equal(goods_hold(fixture, part).lines[0].restocked, 2);
    assert_int_equal(owed(fixture, ready, FS_REASON_SALE_CANCELLED, &n), 200);
    assert_int_equal(goods_hold(fixture, ready).lines[0].restocked, 2);

    /* the goods stay where they are, and are paid back all the same */

    assert_int_equal(owed(fixture, gone, FS_REASON_SALE_CANCELLED, &n), 200);
    row = goods_hold(fixture, gone);
    assert_int_equal(row.lines[0].restocked, 0);
    assert_int_equal(row.state, FS_HOLD_PICKED_UP);

    row = goods_hold(fixture, cart);
    assert_int_equal(row.owed_fen, 200);
    assert_int_equal(row.state, FS_HOLD_SOLD);
    assert_int_equal(fixture_sale(fixture, fig).sold, 1);

    /* one that the buyer keeps, and one of the refunded */

    assert_int_equal(fixture_sale(fixture, egg).sold, 3);
    assert_int_equal(fixture_sale(fixture, egg).held, 0);
    check_rows(fixture, 0);
    goods_fold_again(fixture);
}


/* No group forms or fails until all is settled. */

static void
test_groups(void **context)
{
    fs_seq_t       seq, held, paying;
    fs_sale_t      sale;
    uint32_t       egg;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    fixture_operator(&op, "egg");
    op.goal = 4;
    op.stock = 20;
    egg = fixture_define(fixture, &op);
    buy(fixture, 1, egg, 2);
    held = take(fixture, 2, egg, 5);
    paying = take(fixture, 3, egg, 1);

    assert_string_equal(call_off(fixture, "egg", 0), "accepted");

    seq = fixture_seq(fixture);
    assert_string_equal(fixture_confirm(fixture, held, 9, 500), "ok");
    assert_string_equal(fixture_entries(fixture, seq),
                        "sold owed restocked");
    assert_int_equal(fixture_sale(fixture, egg).groups_formed, 0);
    assert_int_equal(fixture_sale(fixture, egg).joined, 2);

    /* nothing is live any more, and still not all is owed */

    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_RELEASE, 3,
                                       paying), "ok");
    seq = fixture_seq(fixture);
    assert_int_equal(pass(fixture, 1), 1);
    assert_string_equal(fixture_entries(fixture, seq), "owed restocked");
    assert_int_equal(fixture_sale(fixture, egg).settling, 1);

    seq = fixture_seq(fixture);
    fixture_timers(fixture, 64);
    assert_string_equal(fixture_entries(fixture, seq),
                        "settled failed decided");
    sale = fixture_sale(fixture, egg);
    assert_int_equal(sale.settling, 0);
    assert_int_equal(sale.joined, 0);
    assert_int_equal(sale.sold, 0);
    assert_int_equal(fs_sale_formed(&sale), 0);

    /* it had failed, and not all was returned: each only once */

    fixture_operator(&op, "fig");
    op.goal = 20;
    op.stock = 20;
    egg = fixture_define(fixture, &op);
    buy_many(fixture, egg, 8, 1);
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_CLOSE, &op, 0),
                        "ok");
    assert_int_equal(pass(fixture, 4), 4);
    assert_string_equal(call_off(fixture, "fig", 0), "accepted");
    fixture_timers(fixture, 3);
    assert_int_equal(fixture_sale(fixture, egg).sold, 0);
    check_rows(fixture, 0);
    goods_check(fixture);
    goods_fold_again(fixture);
}


/* Many orders, with a power cut, another thread and another index between. */

static void
test_many(void **context)
{
    int           found;
    int64_t       fen;
    unsigned      passes, n;
    uint32_t      egg, late;
    fs_owed_t     sum;
    fs_debt_t     debt;
    fixture_t    *fixture = *context;
    fs_db_walk_t  walk;
    fs_str_t      row;

    egg = fixture_stocked(fixture, "egg", 4 * MANY, 0);
    buy_many(fixture, egg, MANY, 2);
    late = (uint32_t) take(fixture, 1, egg, 3);
    assert_string_equal(call_off(fixture, "egg", 0), "accepted");

    for (passes = 0; pass(fixture, 64) == 64; passes++) {

        switch (passes) {

        case 3:
            fs_sheet_cache_destroy(fixture->cache);
            fixture->cache = fs_sheet_cache_create();
            break;

        case 6:
            fixture_reboot(fixture, 0);
            break;

        case 9:
            goods_fold_again(fixture);
            break;

        case 12:

            /* lost, and nobody is forgotten or paid twice */

            fixture_begin(fixture);
            (void) fs_decide_timers(&fixture->sheet, &fixture->now, 64);
            (void) fs_sheet_end(&fixture->sheet);
            fixture_abort(fixture);
            break;

        case 14:
            assert_string_equal(fixture_confirm(fixture, late, 8, 300), "ok");
            break;
        }

        assert_true(passes < 2 * MANY / 64 + 4);
    }

    check_rows(fixture, 0);
    assert_int_equal(fixture_sale(fixture, egg).sold, 0);
    assert_int_equal(fixture_sale(fixture, egg).settling, 0);

    /* one debt of each order */

    n = 0;
    fen = 0;
    fixture_begin(fixture);

    for (found = fs_db_walk(&walk, fixture->sheet.index,
                            fixture->store->index_dbi[FS_INDEX_DEBTS], NULL,
                            0, MDB_FIRST);
         found;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        assert_int_equal(fs_debt_row_decode(&debt, walk.value), 0);
        assert_int_equal(debt.reason, FS_REASON_SALE_CANCELLED);
        fen += debt.amount_fen;
        n++;
    }

    fs_db_walk_end(&walk);
    assert_true(fs_db_get(fixture->sheet.index,
                          fixture->store->index_dbi[FS_INDEX_META],
                          FS_OWED_KEY, sizeof(FS_OWED_KEY) - 1, &row));
    assert_int_equal(fs_owed_row_decode(&sum, row), 0);
    fixture_abort(fixture);

    assert_int_equal(n, MANY + 1);
    assert_int_equal(fen, 200 * MANY + 300);
    assert_int_equal(sum.fen, fen);
    goods_fold_again(fixture);
}


/* An order that cannot be read keeps nobody else from their money, and the
 * sale is not said to be settled. */

static void
test_aside(void **context)
{
    unsigned    n;
    fs_seq_t    one, two, three;
    uint64_t    key;
    uint32_t    egg;
    fixture_t  *fixture = *context;

    egg = fixture_stocked(fixture, "egg", 10, 0);
    one = buy(fixture, 1, egg, 1);
    two = buy(fixture, 2, egg, 1);
    three = buy(fixture, 3, egg, 1);
    assert_string_equal(call_off(fixture, "egg", 0), "accepted");

    fixture_begin(fixture);
    key = two;
    fs_db_put(fixture->sheet.index,
              fixture->store->index_dbi[FS_INDEX_HOLDS], &key, sizeof(key),
              "damaged", 7, 0);
    fixture_commit(fixture);

    fixture_timers(fixture, 64);
    assert_int_equal(owed(fixture, one, FS_REASON_SALE_CANCELLED, &n), 100);
    assert_int_equal(owed(fixture, three, FS_REASON_SALE_CANCELLED, &n), 100);
    assert_int_equal(fixture_sale(fixture, egg).settling, 1);
    assert_int_equal(fixture_sale(fixture, egg).sold, 1);
    assert_int_equal(pass(fixture, 64), 0);

    fixture_begin(fixture);
    assert_int_equal(goods_rows(fixture, FS_INDEX_ASIDE, 0), 2);
    fixture_abort(fixture);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_closed, index_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_orders, index_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_groups, index_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_many, index_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_aside, index_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
