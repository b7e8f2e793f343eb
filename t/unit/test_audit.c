
/*
 * The audit: it agrees with a sound store, also while selling goes on, and
 * finds what was changed behind the ledger's back.
 */

#include "fixture.h"

#include <pthread.h>
#include <sys/wait.h>

#include "read/audit.h"
#include "read/audit_after.h"
#include "sheet/sheet_debts.h"
#include "sheet/sheet_lines.h"
#include "ledger/rows_after.h"


static uint32_t
audit_sale(fixture_t *fixture, const char *slug, uint32_t goal)
{
    fs_operator_t  op;

    fixture_operator(&op, slug);
    op.stock = 1000;
    op.goal = goal;

    if (goal) {
        op.closes_at = fixture->wall + 3600000;
    }

    return fixture_define(fixture, &op);
}


/* Two sales, one with a goal, and some of each thing that can happen. */

static void
audit_fill(fixture_t *fixture)
{
    unsigned  i;
    uint32_t  plum, fig;
    fs_seq_t  hold;

    plum = audit_sale(fixture, "plum", 3);
    fig = audit_sale(fixture, "fig", 0);

    for (i = 0; i < 30; i++) {
        fixture_take(fixture, i, i % 2 ? plum : fig, 1 + i % 3, i + 1);
        hold = fixture->result.hold.seq;

        if (i % 3 == 0) {
            fixture_confirm(fixture, hold, i + 1, 100 * (1 + i % 3));
        }

        if (i % 5 == 1) {
            fixture_buyers(fixture, FS_COMMAND_RELEASE, i, hold);
        }
    }

    fixture_pass(fixture, FIXTURE_TERM);
    fixture_timers(fixture, 100);
    fixture_take(fixture, 40, fig, 2, 99);
}


static fs_audit_t
audit_run(fixture_t *fixture, unsigned range)
{
    fs_audit_t  audit;

    fs_audit_run(fixture->store, range, NULL, &audit);
    assert_string_equal(fs_outcome_code(audit.outcome), "ok");

    return audit;
}


static void
test_sound(void **context)
{
    unsigned     range;
    fs_sale_t    fig, plum;
    fixture_t   *fixture = *context;
    fs_audit_t   audit;

    audit = audit_run(fixture, 10);
    assert_true(audit.ok);
    assert_int_equal(audit.sales_n, 0);
    assert_int_equal(audit.last_seq, 2);
    fs_audit_free(&audit);

    audit_fill(fixture);
    plum = fixture_sale(fixture, 1);
    fig = fixture_sale(fixture, 2);
    fixture_begin(fixture);
    fs_pair_abort(&fixture->write);

    for (range = 1; range < 500; range = range * 3) {
        audit = audit_run(fixture, range);
        assert_string_equal(audit.problem, "");
        assert_true(audit.ok);
        assert_int_equal(audit.last_seq, fixture->write.seq);
        assert_memory_equal(audit.hash, fixture->write.hash, FS_HASH_LEN);

        assert_int_equal(audit.sales_n, 2);
        assert_memory_equal(audit.sales[0].slug.data, "fig", 3);
        assert_int_equal(audit.sales[0].stock, 1000);
        assert_int_equal(audit.sales[0].held, fig.held);
        assert_int_equal(audit.sales[0].held, 2);
        assert_int_equal(audit.sales[0].sold, fig.sold);
        assert_int_equal(audit.sales[0].joined, 0);
        assert_int_equal(audit.sales[1].number, 1);
        assert_int_equal(audit.sales[1].sold, plum.sold);
        assert_true(plum.sold > 0);
        assert_int_equal(audit.sales[1].joined, plum.joined);
        assert_int_equal(audit.sales[1].joined, plum.sold);
        fs_audit_free(&audit);
    }
}


static void
audit_put_sale(fixture_t *fixture, const fs_sale_t *sale)
{
    size_t   len;
    uint8_t  key[4], row[FS_SALE_ROW_MAX];

    fixture_begin(fixture);
    fs_set_be32(key, sale->number);
    len = fs_sale_row_encode(sale, row);
    fs_db_put(&fixture->write.log, fixture->store->log_dbi[FS_LOG_SALES],
              key, 4, row, len, 0);
    assert_int_equal(fs_pair_commit(&fixture->write, NULL), FS_OK);
}


/* Each counter of a record, one off. */

static void
test_counters(void **context)
{
    int          i;
    fs_sale_t    sale, wrong;
    fixture_t   *fixture = *context;
    fs_audit_t   audit;

    audit_fill(fixture);
    sale = fixture_sale(fixture, 1);

    for (i = 0; i < 4; i++) {
        wrong = sale;

        switch (i) {
        case 0: wrong.stock++; break;
        case 1: wrong.held++; break;
        case 2: wrong.sold--; break;
        case 3: wrong.joined++; break;
        }

        audit_put_sale(fixture, &wrong);
        audit = audit_run(fixture, 7);
        assert_false(audit.ok);
        assert_non_null(strstr(audit.problem, "sale plum"));
        assert_true(audit.sales[0].ok);
        assert_false(audit.sales[1].ok);
        fs_audit_free(&audit);
    }

    /* right again, and once more with its record gone */

    audit_put_sale(fixture, &sale);
    audit = audit_run(fixture, 7);
    assert_true(audit.ok);
    fs_audit_free(&audit);

    fixture_begin(fixture);
    assert_true(fs_db_delete(&fixture->write.log,
                             fixture->store->log_dbi[FS_LOG_SALES],
                             "\0\0\0\1", 4, NULL, 0));
    assert_int_equal(fs_pair_commit(&fixture->write, NULL), FS_OK);

    audit = audit_run(fixture, 7);
    assert_false(audit.ok);
    assert_non_null(strstr(audit.problem, "entries and no record"));
    fs_audit_free(&audit);
}


static void
test_group(void **context)
{
    uint8_t      key[FS_GROUP_KEY_LEN], row[FS_GROUP_ROW_SIZE];
    size_t       len;
    fixture_t   *fixture = *context;
    fs_audit_t   audit;
    fs_group_t   group;

    audit_fill(fixture);

    memset(&group, 0, sizeof(group));
    group.joined = 1;
    fs_group_key(key, 1, 0);
    len = fs_group_row_encode(&group, row);

    fixture_begin(fixture);
    fs_db_put(&fixture->write.log, fixture->store->log_dbi[FS_LOG_GROUPS],
              key, sizeof(key), row, len, 0);
    assert_int_equal(fs_pair_commit(&fixture->write, NULL), FS_OK);

    audit = audit_run(fixture, 7);
    assert_false(audit.ok);
    assert_non_null(strstr(audit.problem, "its groups 1"));
    fs_audit_free(&audit);
}


/* A refund that would not be known again. */

static void
test_refund(void **context)
{
    uint8_t      key[FS_PAYMENT_KEY_LEN], reference[FS_REFERENCE_LEN];
    fs_seq_t     hold, holds[2];
    unsigned     i;
    fixture_t   *fixture = *context;
    fs_audit_t   audit;

    fixture_take(fixture, 1, audit_sale(fixture, "plum", 0), 1, 0);
    hold = fixture->result.hold.seq;
    fixture_buyers(fixture, FS_COMMAND_RELEASE, 1, hold);
    fixture_confirm(fixture, hold, 5, 100);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 6,
                                      0), "ok");

    audit = audit_run(fixture, 3);
    assert_true(audit.ok);
    fs_audit_free(&audit);

    holds[0] = FS_REFUND_ANY;
    holds[1] = hold;
    fixture_reference(reference, 6);

    for (i = 0; i < 2; i++) {
        fixture_begin(fixture);
        fs_payment_key(key, holds[i], reference, FS_REFUND_MARK);
        assert_true(fs_db_delete(&fixture->write.index,
                                 fixture->store->index_dbi[
                                 FS_INDEX_PAYMENTS], key, sizeof(key), NULL,
                                 0));
        assert_int_equal(fs_pair_commit(&fixture->write, NULL), FS_OK);

        audit = audit_run(fixture, 3);
        assert_false(audit.ok);
        assert_non_null(strstr(audit.problem, "not known by its reference"));
        fs_audit_free(&audit);

        /* another index has it */

        atomic_store(&fixture->store->mark->stale, 1);
        assert_int_equal(fs_store_catch_up(fixture->store, 1000, NULL, NULL),
                         FS_OK);
        audit = audit_run(fixture, 3);
        assert_true(audit.ok);
        fs_audit_free(&audit);
    }
}


/* What is owed, and how much of it is overdue; and an index that says
 * otherwise. */

static void
test_owed(void **context)
{
    uint8_t       row[FS_OWED_ROW_SIZE];
    fs_seq_t      hold;
    uint32_t      sale;
    fs_owed_t     owed;
    fixture_t    *fixture = *context;
    fs_audit_t    audit;
    fs_command_t  command;

    sale = audit_sale(fixture, "plum", 0);
    fixture_take(fixture, 1, sale, 3, 0);
    hold = fixture->result.hold.seq;
    fixture_confirm(fixture, hold, 1, 300);
    fixture_confirm(fixture, hold, 2, 7);

    memset(&command, 0, sizeof(fs_command_t));
    command.type = FS_COMMAND_REFUND;
    command.hold = hold;
    command.reason = FS_REASON_BAD;
    command.restock = 1;
    command.lines_n = 1;
    command.lines[0].sale = sale;
    command.lines[0].qty = 2;
    assert_string_equal(fixture_decide(fixture, &command, NULL), "ok");

    audit = audit_run(fixture, 3);
    assert_string_equal(audit.problem, "");
    assert_int_equal(audit.owed.fen, 207);
    assert_int_equal(audit.owed.debts, 2);
    assert_int_equal(audit.overdue, 0);
    assert_int_equal(audit.sales[0].sold, 1);
    fs_audit_free(&audit);

    fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 9, 2);
    fixture_pass(fixture, FIXTURE_REFUND);
    audit = audit_run(fixture, 3);
    assert_true(audit.ok);
    assert_int_equal(audit.owed.fen, 200);
    assert_int_equal(audit.overdue, 1);
    fs_audit_free(&audit);

    owed.fen = 201;
    owed.debts = 1;
    fs_owed_row_encode(&owed, row);
    fixture_begin(fixture);
    fs_db_put(&fixture->write.index,
              fixture->store->index_dbi[FS_INDEX_META], FS_OWED_KEY,
              sizeof(FS_OWED_KEY) - 1, row, sizeof(row), 0);
    assert_int_equal(fs_pair_commit(&fixture->write, NULL), FS_OK);

    audit = audit_run(fixture, 3);
    assert_false(audit.ok);
    assert_non_null(strstr(audit.problem, "1 debts of 200 fen are owed"));
    fs_audit_free(&audit);
}


/* Whole sales: what is promised of them, and what is left of each. */

static void
test_whole_sales(void **context)
{
    uint32_t          plum;
    fs_sale_slot_t   *slot;
    fixture_t        *fixture = *context;
    fs_audit_t        audit;
    fs_operator_t     op;
    fs_db_walk_t      walk;
    uint8_t           key[12], debt[FS_DEBT_KEY_LEN];

    plum = audit_sale(fixture, "plum", 0);
    fixture_take(fixture, 1, plum, 3, 0);
    fixture_confirm(fixture, fixture->result.hold.seq, 1, 300);
    fixture_take(fixture, 2, plum, 2, 0);
    fixture_confirm(fixture, fixture->result.hold.seq, 2, 200);

    fixture_operator(&op, "plum");
    op.fen_each = 10;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_COMPENSATE, &op, 0),
                        "accepted");
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_CALL_OFF, &op, 0),
                        "accepted");
    audit = audit_run(fixture, 3);
    assert_string_equal(audit.problem, "");
    fs_audit_free(&audit);

    fixture_begin(fixture);
    assert_int_equal(fs_decide_timers(&fixture->sheet, &fixture->now, 2), 2);
    fixture_commit(fixture);
    audit = audit_run(fixture, 3);
    assert_string_equal(audit.problem, "");
    assert_int_equal(audit.owed.fen, 300);
    fs_audit_free(&audit);

    /* a debt among those that are due */

    fixture_begin(fixture);
    fs_debt_key(debt, FIXTURE_EPOCH, 1);
    fs_db_put(&fixture->write.index,
              fixture->store->index_dbi[FS_INDEX_OWED], debt, sizeof(debt),
              debt, 8, 0);
    fixture->writing = 0;
    assert_int_equal(fs_pair_commit(&fixture->write, NULL), FS_OK);
    audit = audit_run(fixture, 3);
    assert_non_null(strstr(audit.problem, "debts are due and claims"));
    fs_audit_free(&audit);

    fixture_begin(fixture);
    assert_true(fs_db_delete(&fixture->write.index,
                             fixture->store->index_dbi[FS_INDEX_OWED], debt,
                             sizeof(debt), NULL, 0));
    fixture->writing = 0;
    assert_int_equal(fs_pair_commit(&fixture->write, NULL), FS_OK);

    /* a task that the index has lost */

    fixture_begin(fixture);
    assert_true(fs_db_walk(&walk, &fixture->write.index,
                           fixture->store->index_dbi[FS_INDEX_TASKS], NULL, 0,
                           MDB_FIRST));
    memcpy(key, walk.key.data, sizeof(key));
    fs_db_walk_end(&walk);
    assert_true(fs_db_delete(&fixture->write.index,
                             fixture->store->index_dbi[FS_INDEX_TASKS], key,
                             sizeof(key), NULL, 0));
    fixture->writing = 0;
    assert_int_equal(fs_pair_commit(&fixture->write, NULL), FS_OK);

    audit = audit_run(fixture, 3);
    assert_false(audit.ok);
    assert_non_null(strstr(audit.problem, "debts of whole sales"));
    fs_audit_free(&audit);

    atomic_store(&fixture->store->mark->stale, 1);
    assert_int_equal(fs_store_catch_up(fixture->store, 1000, NULL, NULL),
                     FS_OK);
    fixture_timers(fixture, 64);
    audit = audit_run(fixture, 3);
    assert_string_equal(audit.problem, "");
    assert_int_equal(audit.owed.fen, 500);
    fs_audit_free(&audit);

    /* a record that says otherwise */

    fixture_begin(fixture);
    slot = fs_sheet_sale_slot(&fixture->sheet, plum);
    slot->sale.settling = 1;
    fs_sheet_touch(&fixture->sheet, slot);
    fixture_commit(fixture);
    audit = audit_run(fixture, 3);
    assert_false(audit.ok);
    assert_non_null(strstr(audit.problem, "otherwise than the record says"));
    fs_audit_free(&audit);
}


/* Entries that the fold would not take. */

static void
test_after(void **context)
{
    fs_sale_t         row;
    fs_entry_t        entry, claim;
    fs_audit_after_t  after;

    (void) context;

    memset(&row, 0, sizeof(row));
    memset(&after, 0, sizeof(after));
    memset(&entry, 0, sizeof(entry));

    entry.type = FS_ENTRY_SETTLED;
    assert_string_equal(fs_audit_after(&after, &entry),
                        "settles what was not begun");

    entry.type = FS_ENTRY_SOLD;
    entry.amount_fen = 100;
    assert_null(fs_audit_after(&after, &entry));
    entry.type = FS_ENTRY_OWED;
    entry.amount_fen = 60;
    assert_null(fs_audit_after(&after, &entry));

    entry.seq = 9;
    entry.type = FS_ENTRY_CALLED_OFF;
    assert_null(fs_audit_after(&after, &entry));
    assert_string_equal(fs_audit_after(&after, &entry),
                        "calls off what was called off");

    row.called_off = 1;
    row.settling = 1;
    assert_null(fs_audit_after_row(&after, &row));

    entry.type = FS_ENTRY_SETTLED;
    entry.time1 = 9;
    assert_null(fs_audit_after(&after, &entry));
    row.settling = 0;
    assert_string_equal(fs_audit_after_row(&after, &row),
                        "was called off and settled, and not all of it is"
                        " owed");

    /* claims: those denied are none */

    entry.type = FS_ENTRY_CLAIMED;
    entry.qty = 3;
    assert_null(fs_audit_after(&after, &entry));
    claim = entry;
    claim.qty = 2;
    assert_null(fs_audit_after(&after, &claim));
    assert_int_equal(after.claims, 2);
    entry.type = FS_ENTRY_ACCEPTED;
    assert_true(fs_audit_answered(&after, &claim, &entry));
    assert_int_equal(after.claimed, 5);
    entry.type = FS_ENTRY_DENIED;
    assert_true(fs_audit_answered(&after, &claim, &entry));
    assert_false(fs_audit_answered(&after, &claim, &entry));
    assert_string_equal(fs_audit_after_row(&after, &row),
                        "has other units that are claimed than the record"
                        " says");
    row.claimed_units = 3;

    entry.type = FS_ENTRY_RETURNED;
    entry.amount_fen = 40;
    assert_null(fs_audit_after(&after, &entry));
    assert_null(fs_audit_after_row(&after, &row));
    entry.amount_fen = 1;
    assert_string_equal(fs_audit_after(&after, &entry),
                        "owes more than was paid for its sale");
}


/* A line that is listed elsewhere, or not at all; a tally that is another. */

static void
test_goods(void **context)
{
    uint8_t      key[FS_TALLY_KEY_LEN], row[FS_TALLY_ROW_SIZE];
    uint32_t     sale;
    fs_seq_t     hold, one;
    fs_tally_t   tally;
    fixture_t   *fixture = *context;
    fs_audit_t   audit;
    fs_listed_t  listed;

    sale = audit_sale(fixture, "fig", 0);
    fixture_take(fixture, 1, sale, 3, 1);
    hold = fixture->result.hold.seq;
    fixture_confirm(fixture, hold, 1, 300);
    fixture_take(fixture, 2, sale, 2, 2);
    one = fixture->result.hold.seq;
    fixture_confirm(fixture, one, 2, 200);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_READY, hold, 0, 0),
                        "ok");

    audit = audit_run(fixture, 2);
    assert_string_equal(audit.problem, "");
    fs_audit_free(&audit);

    fixture_begin(fixture);
    assert_true(fs_sheet_first_awaited(&fixture->sheet, sale, 0, 0,
                                       &listed));
    assert_int_equal(listed.hold, one);
    fs_sheet_delete_listed(&fixture->sheet, &listed);
    assert_int_equal(fs_pair_commit(&fixture->write, NULL), FS_OK);

    audit = audit_run(fixture, 2);
    assert_false(audit.ok);
    assert_non_null(strstr(audit.problem, "is not listed as it is"));
    fs_audit_free(&audit);

    fixture_begin(fixture);
    listed.short_qty = 1;
    fs_sheet_put_listed(&fixture->sheet, &listed);
    assert_int_equal(fs_pair_commit(&fixture->write, NULL), FS_OK);
    audit = audit_run(fixture, 2);
    assert_non_null(strstr(audit.problem, "is not listed as it is"));
    fs_audit_free(&audit);

    fixture_begin(fixture);
    listed.short_qty = 0;
    fs_sheet_put_listed(&fixture->sheet, &listed);
    fs_sheet_tally(&fixture->sheet, sale, 0, 0, &tally);
    tally.ready++;
    fs_sheet_put_tally(&fixture->sheet, sale, 0, 0, &tally);
    assert_int_equal(fs_pair_commit(&fixture->write, NULL), FS_OK);
    audit = audit_run(fixture, 2);
    assert_non_null(strstr(audit.problem, "has sold 5 units; the tallies say "
                                          "6, 0 of them handed over"));
    fs_audit_free(&audit);

    fixture_begin(fixture);
    tally.ready = 0;
    tally.handed_over = 3;
    fs_sheet_put_tally(&fixture->sheet, sale, 0, 0, &tally);
    assert_int_equal(fs_pair_commit(&fixture->write, NULL), FS_OK);
    audit = audit_run(fixture, 2);
    assert_non_null(strstr(audit.problem, "the tallies say 5, 3 of them"));
    fs_audit_free(&audit);

    fixture_begin(fixture);
    fs_tally_key(key, sale + 9, 0, 0);
    fs_tally_row_encode(&tally, row);
    fs_db_put(&fixture->write.index,
              fixture->store->index_dbi[FS_INDEX_TALLIES], key, sizeof(key),
              row, sizeof(row), 0);
    tally.ready = 3;
    tally.handed_over = 0;
    fs_sheet_put_tally(&fixture->sheet, sale, 0, 0, &tally);
    assert_int_equal(fs_pair_commit(&fixture->write, NULL), FS_OK);
    audit = audit_run(fixture, 2);
    assert_non_null(strstr(audit.problem, "has sold 0 units; the tallies say "
                                          "5"));
    fs_audit_free(&audit);

    fixture_begin(fixture);
    row[0]++;
    fs_db_put(&fixture->write.index,
              fixture->store->index_dbi[FS_INDEX_TALLIES], key, sizeof(key),
              row, sizeof(row), 0);
    assert_int_equal(fs_pair_commit(&fixture->write, NULL), FS_OK);
    audit = audit_run(fixture, 2);
    assert_non_null(strstr(audit.problem, "tallies of goods cannot be read"));
    fs_audit_free(&audit);
}


/* One byte of one entry: the chain is broken there and nowhere before. */

static void
test_chain(void **context)
{
    uint8_t      record[FS_ENTRY_SIZE], good[FS_ENTRY_SIZE];
    fs_seq_t     seq;
    fs_str_t     value;
    fixture_t   *fixture = *context;
    fs_audit_t   audit;

    audit_fill(fixture);
    seq = 9;

    fixture_begin(fixture);
    assert_true(fs_db_get(&fixture->write.log,
                          fixture->store->log_dbi[FS_LOG_LEDGER], &seq,
                          sizeof(seq), &value));
    memcpy(good, value.data, FS_ENTRY_SIZE);
    memcpy(record, good, FS_ENTRY_SIZE);
    record[8] ^= 1;                     /* `at` */
    fs_db_put(&fixture->write.log, fixture->store->log_dbi[FS_LOG_LEDGER],
              &seq, sizeof(seq), record, FS_ENTRY_SIZE, 0);
    assert_int_equal(fs_pair_commit(&fixture->write, NULL), FS_OK);

    audit = audit_run(fixture, 4);
    assert_false(audit.ok);
    assert_string_equal(audit.problem,
                        "entry 9 does not hash to what it says");
    fs_audit_free(&audit);

    /* no entry at all */

    fixture_begin(fixture);
    assert_true(fs_db_delete(&fixture->write.log,
                             fixture->store->log_dbi[FS_LOG_LEDGER], &seq,
                             sizeof(seq), NULL, 0));
    assert_int_equal(fs_pair_commit(&fixture->write, NULL), FS_OK);

    fs_audit_run(fixture->store, 4, NULL, &audit);
    assert_false(audit.ok);
    assert_int_not_equal(audit.outcome, FS_OK);
    assert_non_null(strstr(audit.problem, "not whole after entry 8"));
    fs_audit_free(&audit);
}


static void
test_stop(void **context)
{
    fixture_t    *fixture = *context;
    fs_audit_t    audit;
    _Atomic int   stop;

    audit_fill(fixture);
    atomic_init(&stop, 1);

    fs_audit_run(fixture->store, 4, &stop, &audit);
    assert_false(audit.ok);
    assert_string_equal(fs_outcome_code(audit.outcome), "not_ready");
    fs_audit_free(&audit);
}


typedef struct {
    fs_store_t          *store;
    _Atomic int          done;
    _Atomic unsigned     runs;
    int                  ok;
    char                 problem[256];
} runner_t;

static void *
runner_run(void *data)
{
    runner_t    *runner = data;
    fs_audit_t   audit;

    do {
        fs_audit_run(runner->store, 5, NULL, &audit);
        runner->ok = audit.ok;
        runner->runs++;
        memcpy(runner->problem, audit.problem, sizeof(runner->problem));
        fs_audit_free(&audit);
    } while (runner->ok && !atomic_load(&runner->done));

    return NULL;
}


/* What is beyond the mark is waited for: records would not fit entries. */

static void
test_mark(void **context)
{
    int          waited;
    pthread_t    thread;
    runner_t     runner;
    fixture_t   *fixture = *context;

    audit_fill(fixture);

    memset(&runner, 0, sizeof(runner));
    runner.store = fixture->store;
    atomic_init(&runner.done, 1);

    atomic_fetch_sub(&fixture->store->mark->seq, 1);
    assert_int_equal(pthread_create(&thread, NULL, runner_run, &runner), 0);

    usleep(50000);
    waited = runner.runs == 0;
    atomic_fetch_add(&fixture->store->mark->seq, 1);
    pthread_join(thread, NULL);

    assert_true(waited);
    assert_string_equal(runner.problem, "");
    assert_true(runner.ok);
}


static void
test_selling(void **context)
{
    unsigned    i;
    uint32_t    sale;
    pthread_t   thread;
    runner_t    runner;
    fixture_t  *fixture = *context;

    sale = audit_sale(fixture, "fig", 0);

    memset(&runner, 0, sizeof(runner));
    runner.store = fixture->store;
    assert_int_equal(pthread_create(&thread, NULL, runner_run, &runner), 0);

    for (i = 0; i < 500; i++) {
        fixture_take(fixture, i, sale, 1, i + 1);
        fixture_buyers(fixture, i % 2 ? FS_COMMAND_PAY : FS_COMMAND_RELEASE,
                       i, fixture->result.hold.seq);
    }

    atomic_store(&runner.done, 1);
    pthread_join(thread, NULL);

    assert_string_equal(runner.problem, "");
    assert_true(runner.ok);
    assert_true(runner.runs >= 1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_sound, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_counters, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_group, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_refund, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_owed, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_whole_sales, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test(test_after),
        cmocka_unit_test_setup_teardown(test_chain, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_goods, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_stop, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_mark, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_selling, fixture_setup,
                                        fixture_teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
