
/*
 * Sales that are called off, and buyers that are compensated, as tests say it.
 */

#ifndef WHOLE_SALE_H
#define WHOLE_SALE_H

#include "goods_rows.h"
#include "sheet/sheet_debts.h"
#include "sheet/sheet_tasks.h"


#define MANY  600


static inline const char *
call_off(fixture_t *fixture, const char *slug, unsigned key)
{
    fs_operator_t  op;

    memset(&op, 0, sizeof(fs_operator_t));
    op.slug = fixture_str(slug);
    op.fingerprint[0] = 1;
    op.words = fixture_str("{\"reason\":\"hail\"}");

    return fixture_admin(fixture, FS_COMMAND_CALL_OFF, &op, key);
}


static inline const char *
compensate(fixture_t *fixture, const char *slug, int64_t fen_each,
    unsigned key)
{
    fs_operator_t  op;

    memset(&op, 0, sizeof(fs_operator_t));
    op.slug = fixture_str(slug);
    op.fingerprint[0] = (uint8_t) fen_each;
    op.fen_each = fen_each;
    op.words = fixture_str("{\"reason\":\"soft\"}");

    return fixture_admin(fixture, FS_COMMAND_COMPENSATE, &op, key);
}


static inline fs_seq_t
take(fixture_t *fixture, unsigned buyer, uint32_t sale, uint32_t qty)
{
    assert_string_equal(fixture_take(fixture, buyer, sale, qty, 0),
                        "created");

    return fixture->result.hold.seq;
}


static inline fs_seq_t
buy(fixture_t *fixture, unsigned buyer, uint32_t sale, uint32_t qty)
{
    fs_seq_t  seq;

    seq = take(fixture, buyer, sale, qty);
    assert_string_equal(fixture_confirm(fixture, seq, 1000 + (unsigned) seq,
                                        100 * qty), "ok");

    return seq;
}


/* Without a commit for each. */

static inline void
buy_many(fixture_t *fixture, uint32_t sale, unsigned n, uint32_t qty)
{
    unsigned      i;
    fs_command_t  command;

    fixture_begin(fixture);

    for (i = 0; i < n; i++) {
        fixture_hold(&command, 100 + i, sale, qty, 0);
        fs_decide(&fixture->sheet, &command, NULL, &fixture->now,
                  &fixture->result);
        assert_int_equal(fixture->result.outcome, FS_CREATED);

        memset(&command, 0, sizeof(fs_command_t));
        command.type = FS_COMMAND_CONFIRM;
        command.hold = fixture->result.hold.seq;
        command.paid_fen = 100 * qty;
        fixture_reference(command.reference, 5000 + i);
        fs_decide(&fixture->sheet, &command, NULL, &fixture->now,
                  &fixture->result);
        assert_int_equal(fixture->result.outcome, FS_OK);
    }

    fixture_commit(fixture);
}


static inline const char *
fact(fixture_t *fixture, fs_command_type_t type, fs_seq_t hold,
    uint64_t nonce)
{
    fs_command_t  command;

    memset(&command, 0, sizeof(fs_command_t));
    command.type = type;
    command.hold = hold;
    command.via = FS_VIA_SCAN;
    memcpy(command.buyer, fs_keys_of_orders, FS_BUYER_LEN);
    fs_set_le64(command.key, nonce);

    return fixture_decide(fixture, &command, NULL);
}


static inline void
hand_over(fixture_t *fixture, fs_seq_t hold)
{
    assert_string_equal(fact(fixture, FS_COMMAND_HAND_OVER, hold, hold),
                        "handed_over");
}


static inline const char *
refund(fixture_t *fixture, fs_seq_t hold, uint32_t sale, uint32_t qty,
    int64_t amount_fen, int restock)
{
    fs_command_t  command;

    memset(&command, 0, sizeof(fs_command_t));
    command.type = FS_COMMAND_REFUND;
    memcpy(command.buyer, fs_keys_of_orders, FS_BUYER_LEN);
    command.hold = hold;
    command.reason = FS_REASON_BAD;
    command.restock = (uint8_t) restock;
    command.lines_n = 1;
    command.lines[0].sale = sale;
    command.lines[0].qty = qty;
    command.lines[0].amount_fen = amount_fen;

    return fixture_decide(fixture, &command, NULL);
}


/* A pass of so many steps. */

static inline unsigned
pass(fixture_t *fixture, unsigned limit)
{
    unsigned  steps;

    fixture_begin(fixture);
    steps = fs_decide_timers(&fixture->sheet, &fixture->now, limit);
    fixture_commit(fixture);

    return steps;
}


/* What is owed of a hold for this reason; n: debts. */

static inline int64_t
owed(fixture_t *fixture, fs_seq_t hold, fs_reason_t reason, unsigned *n)
{
    int64_t    fen;
    fs_debt_t  debt;

    fen = 0;
    *n = 0;
    debt.seq = 0;

    fixture_begin(fixture);

    while (fs_sheet_next_debt(&fixture->sheet, hold, debt.seq, &debt)) {
        if (debt.reason == reason) {
            fen += debt.amount_fen;
            (*n)++;
        }
    }

    fixture_abort(fixture);

    return fen;
}


/* A hold as everybody reads it. */

static inline unsigned
state_shown(fixture_t *fixture, fs_seq_t seq)
{
    fs_hold_t     hold;
    fs_view_t     view;
    fs_reader_t  *reader;

    reader = fs_reader_create(fixture->store);
    assert_non_null(reader);
    assert_int_equal(fs_view_open(reader, &view), 0);
    assert_true(fs_view_hold(&view, seq, &hold));
    fs_view_close(&view);
    fs_reader_destroy(reader);

    return hold.state;
}


/* Rows of lines of which something is left, and of tasks with their timers,
 * are those that there have to be. */

static inline void
check_rows(fixture_t *fixture, unsigned tasks)
{
    int           found;
    unsigned      i, n;
    uint64_t      seq;
    fs_hold_t     hold;
    fs_paid_t     paid;
    fs_db_walk_t  walk;

    n = 0;

    fixture_begin(fixture);

    for (found = fs_db_walk(&walk, fixture->sheet.index,
                            fixture->store->index_dbi[FS_INDEX_HOLDS], NULL,
                            0, MDB_FIRST);
         found;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        memcpy(&seq, walk.key.data, sizeof(seq));
        assert_int_equal(fs_hold_row_decode(&hold, walk.value), 0);

        for (i = 0; hold.paid && i < hold.lines_n; i++) {

            if (hold.lines[i].owed_qty == hold.lines[i].qty
                && hold.lines[i].owed_fen == fs_line_paid(&hold.lines[i]))
            {
                continue;
            }

            n++;
            assert_int_equal(
                fs_sheet_next_paid(&fixture->sheet, hold.lines[i].sale,
                                   fs_sheet_sold_by(&fixture->sheet, seq) - 1,
                                   &paid), 1);
            assert_int_equal(paid.hold, seq);
            assert_int_equal(paid.line, i);
        }
    }

    fs_db_walk_end(&walk);

    assert_int_equal(goods_rows(fixture, FS_INDEX_PAID, 0), n);
    assert_int_equal(goods_rows(fixture, FS_INDEX_TASKS, 0), tasks);

    if (tasks == 0) {
        assert_int_equal(goods_rows(fixture, FS_INDEX_TIMERS,
                                    FS_TIMER_SETTLE), 0);
    }

    fixture_abort(fixture);
}


#endif /* WHOLE_SALE_H */
