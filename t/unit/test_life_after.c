
/*
 * What of one life is worth in the next: its payments, its ids, its audit;
 * and a life begun by an operator's word.
 */

#include "life_fixture.h"

#include <sys/wait.h>

#include "read/audit.h"


/* A payment of another life is owed back, once, and settled like any. */

static void
life_debts_are(fixture_t *fixture, const life_id_t *gone)
{
    assert_string_equal(life_order(fixture, gone, FS_COMMAND_CONFIRM, 1, 0,
                                   100), "refund_due");
    assert_int_equal(fixture->result.reason, FS_REASON_OTHER_LIFE);
    assert_int_equal(fixture->sheet.seq, fixture->sheet.begun);

    assert_string_equal(life_order(fixture, gone, FS_COMMAND_CONFIRM, 2, 0,
                                   70), "refund_due");
    assert_int_equal(fixture->sheet.seq, fixture->sheet.begun);

    assert_string_equal(life_order(fixture, gone, FS_COMMAND_REFUNDED, 11, 0,
                                   0), "ok");
    assert_int_equal(fixture->sheet.seq, fixture->sheet.begun);
    assert_string_equal(life_order(fixture, gone, FS_COMMAND_REFUNDED, 12, 2,
                                   0), "ok");
    assert_int_equal(fixture->sheet.seq, fixture->sheet.begun);
    assert_int_equal(fixture->result.hold.state, FS_HOLD_REFUNDED);

    assert_string_equal(life_order(fixture, gone, FS_COMMAND_REFUNDED, 13, 0,
                                   0), "nothing_due");
}


static void
test_debts(void **context)
{
    char          command[256];
    uint32_t      sale;
    fs_seq_t      mine;
    life_id_t     gone, other, here;
    fixture_t    *fixture = *context;

    sale = life_sale(fixture);
    life_backup(fixture);
    gone = life_id(fixture, 1, sale, 0);
    other = life_id(fixture, 2, sale, 0);
    life_restore(fixture, 1);

    /* holds of this life have the numbers of those that are gone */

    do {
        here = life_id(fixture, 1, sale, 0);
    } while (here.seq < gone.seq);

    assert_string_equal(life_order(fixture, &gone, FS_COMMAND_REFUNDED, 11,
                                   0, 0), "nothing_due");

    assert_string_equal(life_order(fixture, &gone, FS_COMMAND_CONFIRM, 1, 0,
                                   100), "refund_due");
    assert_int_equal(fixture->result.reason, FS_REASON_OTHER_LIFE);
    mine = fixture->sheet.seq;
    assert_true(mine > fixture->sheet.begun);

    assert_string_equal(life_order(fixture, &gone, FS_COMMAND_CONFIRM, 2, 0,
                                   70), "refund_due");
    assert_true(fixture->sheet.seq == mine + 1);

    /* one payment, two holds: each is asked about by its own id */

    assert_string_equal(life_order(fixture, &other, FS_COMMAND_CONFIRM, 1, 0,
                                   100), "refund_due");
    assert_true(fixture->sheet.seq == mine + 2);

    /* this life's holds have nothing to do with it */

    assert_string_equal(life_order(fixture, &here, FS_COMMAND_CONFIRM, 1, 0,
                                   100), "ok");
    assert_string_equal(life_order(fixture, &here, FS_COMMAND_REFUNDED, 11,
                                   0, 0), "nothing_due");

    assert_string_equal(life_order(fixture, &gone, FS_COMMAND_REFUNDED, 11,
                                   0, 0), "ok");
    assert_int_equal(fixture->result.hold.state, FS_HOLD_REFUND_DUE);
    assert_int_equal(fixture->result.hold.other, gone.seq);
    assert_string_equal(life_order(fixture, &gone, FS_COMMAND_REFUNDED, 12,
                                   2, 0), "ok");
    life_debts_are(fixture, &gone);

    /* a refund that settled another debt */

    assert_string_equal(life_order(fixture, &other, FS_COMMAND_REFUNDED, 11,
                                   0, 0), "refund_used");

    assert_string_equal(life_order(fixture, &gone, FS_COMMAND_CANCEL, 0, 0,
                                   0), "other_life");
    assert_string_equal(life_order(fixture, &gone, FS_COMMAND_READY, 0, 0,
                                   0), "other_life");
    assert_string_equal(life_order(fixture, &gone, FS_COMMAND_RELEASE, 0, 0,
                                   0), "other_life");
    assert_string_equal(life_order(fixture, &gone, FS_COMMAND_PAY, 0, 0, 0),
                        "other_life");

    /* an index folded again says the same */

    fixture_close(fixture, 0);
    snprintf(command, sizeof(command), "rm -r %s/index-*", fixture->path);
    assert_int_equal(system(command), 0);
    fixture_open(fixture);
    life_debts_are(fixture, &gone);
}


/* Those who open it at once find one new life. */

static void
test_opened_at_once(void **context)
{
    int           i, status;
    pid_t         pid;
    char          log[128], backup[128], message[257];
    uint32_t      sale, epoch;
    fs_seq_t      seq;
    fs_store_t   *store;
    fs_outcome_t  outcome;
    fixture_t    *fixture = *context;

    sale = life_sale(fixture);
    life_backup(fixture);
    (void) life_id(fixture, 1, sale, 0);

    snprintf(log, sizeof(log), "%s/log/data.mdb", fixture->path);
    snprintf(backup, sizeof(backup), "%s/backup", fixture->path);
    fixture_close(fixture, 0);
    life_copy(backup, log, 1);

    for (i = 0; i < 6; i++) {
        pid = fork();
        assert_true(pid != -1);

        if (pid == 0) {
            fixture->seed += (uint64_t) i;
            store = fs_store_open(&fixture->conf, &outcome, message);

            if (store == NULL) {
                fprintf(stderr, "# %s\n", message);
                _exit(1);
            }

            if (fs_store_catch_up(store, 1000, NULL, NULL) != FS_OK) {
                _exit(2);
            }

            if (fs_life_refresh(store) != 0 || fs_life_now(store) == 0) {
                _exit(3);
            }

            fs_store_close(store, 0);
            _exit(0);
        }
    }

    while (i-- > 0) {
        assert_true(wait(&status) != -1);
        assert_int_equal(status, 0);
    }

    fixture_open(fixture);
    assert_int_equal(life_count(fixture, &epoch, &seq), 1);
}


static const char *
life_read(fs_reader_t *reader)
{
    fs_view_t     view;
    fs_outcome_t  outcome;

    outcome = fs_view_open(reader, &view);

    if (outcome == FS_OK) {
        fs_view_close(&view);
    }

    return fs_outcome_code(outcome);
}


/* Nothing is read before the life has its entry: the index is made first. */

static void
test_read_in_time(void **context)
{
    char           log[128], backup[128], message[257];
    uint32_t       sale;
    fs_outcome_t   outcome;
    fixture_t     *fixture = *context;
    fs_reader_t   *reader;

    sale = life_sale(fixture);
    life_backup(fixture);
    (void) life_id(fixture, 1, sale, 0);

    snprintf(log, sizeof(log), "%s/log/data.mdb", fixture->path);
    snprintf(backup, sizeof(backup), "%s/backup", fixture->path);
    fixture_close(fixture, 0);
    life_copy(backup, log, 1);

    fixture->store = fs_store_open(&fixture->conf, &outcome, message);
    assert_non_null(fixture->store);
    fixture->crypto = fs_crypto_create(fixture->store->store_key);
    reader = fs_reader_create(fixture->store);

    assert_true(fs_life_due(fixture->store) != 0);
    assert_string_equal(life_read(reader), "not_ready");

    assert_int_equal(fs_store_catch_up(fixture->store, 1000, NULL, NULL),
                     FS_OK);
    assert_int_equal(fs_life_due(fixture->store), 0);
    assert_string_equal(life_read(reader), "ok");

    /* with a whole index as well: another process has looked at the log */

    atomic_store(&fixture->store->mark->epoch_due, 0x1234);
    assert_string_equal(life_read(reader), "not_ready");

    assert_int_equal(fs_store_catch_up(fixture->store, 1000, NULL, NULL),
                     FS_OK);
    assert_string_equal(life_read(reader), "ok");
    assert_true(fs_life_now(fixture->store) == 0x1234);

    fs_reader_destroy(reader);
}


/* The audit sees a list that is not what the entries say. */

static void
test_audit(void **context)
{
    uint8_t         row[FS_META_LIFE_SIZE];
    uint32_t        at;
    fs_audit_t      audit;
    fs_command_t    command;
    fs_operator_t   op;
    fixture_t      *fixture = *context;

    (void) life_sale(fixture);

    memset(&op, 0, sizeof(op));
    memset(&command, 0, sizeof(command));
    command.type = FS_COMMAND_LIFE;
    command.epoch = 77;
    assert_string_equal(fixture_decide(fixture, &command, &op), "ok");
    at = (uint32_t) fixture->sheet.seq;

    fs_audit_run(fixture->store, 100, NULL, &audit);
    assert_string_equal(audit.problem, "");
    fs_audit_free(&audit);

    fixture_begin(fixture);
    fs_life_add(fixture->store, &fixture->write.log, at + 1, 78);
    fixture_commit(fixture);
    fs_audit_run(fixture->store, 100, NULL, &audit);
    assert_string_equal(audit.problem,
                        "the list of lives has one that no entry begins");
    fs_audit_free(&audit);

    fixture_begin(fixture);
    fs_set_le64(row, at - 1);
    fs_set_le32(row + 8, 77);
    fs_db_put(&fixture->write.log, fixture->store->log_dbi[FS_LOG_META],
              FS_META_LIVES, sizeof(FS_META_LIVES) - 1, row, sizeof(row), 0);
    fixture_commit(fixture);
    fs_audit_run(fixture->store, 100, NULL, &audit);
    assert_non_null(strstr(audit.problem, "begins a life that is not in"));
    fs_audit_free(&audit);
}


/* An operator's word: nothing is lost, ids go on with another epoch. */

static void
test_word(void **context)
{
    uint32_t        sale, epoch;
    fs_seq_t        seq;
    life_id_t       before, after;
    fs_command_t    command;
    fs_operator_t   op;
    fixture_t      *fixture = *context;

    sale = life_sale(fixture);
    before = life_id(fixture, 1, sale, 0);

    memset(&op, 0, sizeof(op));
    memset(&command, 0, sizeof(command));
    command.type = FS_COMMAND_LIFE;
    command.epoch = 77;
    fs_set_le32(command.key, 9);

    assert_string_equal(fixture_decide(fixture, &command, &op), "ok");
    assert_int_equal(fixture->result.epoch, 77);
    assert_string_equal(fixture_decide(fixture, &command, &op), "replayed");
    assert_int_equal(fixture->result.epoch, 77);
    assert_int_equal(life_count(fixture, &epoch, &seq), 1);

    after = life_id(fixture, 2, sale, 0);
    assert_string_equal(life_parse(fixture, &before, &command), "ok");
    assert_string_equal(life_order(fixture, &before, FS_COMMAND_CONFIRM, 1,
                                   0, 100), "ok");
    assert_string_equal(life_parse(fixture, &after, &command), "ok");
    assert_int_equal(command.epoch, 77);

    /* an epoch is never used twice, nor is 0 */

    memset(&command, 0, sizeof(command));
    command.type = FS_COMMAND_LIFE;
    command.epoch = 77;
    assert_string_equal(fixture_decide(fixture, &command, &op), "ok");
    assert_int_equal(fixture->result.epoch, 78);
    command.epoch = 0;
    assert_string_equal(fixture_decide(fixture, &command, &op), "ok");
    assert_int_equal(fixture->result.epoch, 1);

    /* a life and what is of it in one transaction */

    fixture_begin(fixture);
    command.epoch = 500;
    fs_decide(&fixture->sheet, &command, &op, &fixture->now,
              &fixture->result);
    fixture_hold(&command, 3, sale, 1, 0);
    fs_decide(&fixture->sheet, &command, NULL, &fixture->now,
              &fixture->result);
    assert_int_equal(fs_sheet_epoch(&fixture->sheet,
                                    fixture->result.hold.seq), 500);
    assert_int_equal(fs_sheet_epoch(&fixture->sheet, after.seq), 77);
    assert_int_equal(fs_sheet_epoch(&fixture->sheet, before.seq), 0);
    fixture_commit(fixture);

    fixture_close(fixture, 0);
    fixture_open(fixture);
    assert_int_equal(fs_life_epoch(fixture->store, after.seq), 77);
    assert_int_equal(fs_life_now(fixture->store), 500);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_debts, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_word, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_opened_at_once, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_read_in_time, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_audit, fixture_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
