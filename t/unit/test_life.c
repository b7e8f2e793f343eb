
/*
 * Lives: what is taken for a restored backup, and what is not.
 */

#include "life_fixture.h"


/* Closed, killed, rebooted: it is the same life. */

static void
test_same(void **context)
{
    uint32_t    sale, epoch;
    fs_seq_t    seq;
    unsigned    i;
    fixture_t  *fixture = *context;

    sale = life_sale(fixture);

    for (i = 0; i < 4; i++) {
        (void) life_id(fixture, i, sale, 0);

        if (i & 1) {
            fixture_reboot(fixture, i & 2);

        } else {
            fixture_close(fixture, i & 2);
            fixture_open(fixture);
        }

        assert_int_equal(life_count(fixture, &epoch, &seq), 0);
        assert_int_equal(fs_life_now(fixture->store), 0);
    }
}


static void
life_restored(fixture_t *fixture, int in_place, unsigned lost)
{
    uint32_t      sale, epoch;
    unsigned      i;
    fs_seq_t      last, seq;
    life_id_t     before, gone[8], again;
    fs_command_t  command;

    sale = life_sale(fixture);
    before = life_id(fixture, 1, sale, 5);

    life_backup(fixture);
    fixture_begin(fixture);
    last = fixture->write.seq;
    fixture->writing = 0;
    fs_pair_abort(&fixture->write);

    for (i = 0; i < lost; i++) {
        gone[i] = life_id(fixture, 2 + i, sale, 6);
    }

    life_restore(fixture, in_place);

    assert_int_equal(life_count(fixture, &epoch, &seq), 1);
    assert_true(epoch != 0);
    assert_int_equal(seq, last + 1);
    assert_int_equal(fs_life_now(fixture->store), epoch);

    /* what is in the log stays; what is not is another life's */

    assert_string_equal(life_parse(fixture, &before, &command), "ok");
    assert_int_equal(command.hold, before.seq);
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 5), "replayed");
    assert_int_equal(fixture->result.hold.seq, before.seq);

    for (i = 0; i < lost; i++) {
        assert_string_equal(life_parse(fixture, &gone[i], &command),
                            "other_life");
    }

    /* its key is not in the log: executed, and no id is given twice */

    for (i = 0; i < 10; i++) {
        again = life_id(fixture, 2 + i, sale, 6);
        assert_string_equal(life_parse(fixture, &again, &command), "ok");
        assert_int_equal(command.epoch, epoch);
        assert_memory_not_equal(again.digits, gone[0].digits,
                                FS_HOLD_ID_LEN);
    }

    /* and it is a life as any other: opened again it goes on */

    fixture_reboot(fixture, 0);
    assert_int_equal(life_count(fixture, &epoch, &seq), 1);
    assert_string_equal(life_parse(fixture, &again, &command), "ok");
    assert_string_equal(life_parse(fixture, &gone[0], &command),
                        "other_life");
}


static void
test_restored_in_place(void **context)
{
    life_restored(*context, 1, 5);
}


static void
test_restored_elsewhere(void **context)
{
    life_restored(*context, 0, 5);
}


/* The log went back by its very last commit. */

static void
test_one_commit(void **context)
{
    life_restored(*context, 1, 1);
}


/* The same backup twice: its first restoration's ids are strange too. */

static void
test_restored_twice(void **context)
{
    uint32_t      sale, first, second;
    fs_seq_t      seq;
    life_id_t     one, two;
    fs_command_t  command;
    fixture_t    *fixture = *context;

    sale = life_sale(fixture);
    life_backup(fixture);
    (void) life_id(fixture, 1, sale, 0);

    life_restore(fixture, 1);
    assert_int_equal(life_count(fixture, &first, &seq), 1);
    one = life_id(fixture, 1, sale, 0);

    life_restore(fixture, 1);
    assert_int_equal(life_count(fixture, &second, &seq), 1);
    assert_true(first != second);

    two = life_id(fixture, 1, sale, 0);
    assert_int_equal(one.seq, two.seq);
    assert_string_equal(life_parse(fixture, &one, &command), "other_life");
    assert_string_equal(life_parse(fixture, &two, &command), "ok");
}


/* A file that is newer than the backup, of another branch: as long, or more */

static void
test_other_branch(void **context)
{
    char          log[128], branch[128];
    uint32_t      sale, epoch;
    unsigned      i;
    fs_seq_t      seq;
    life_id_t     here;
    fs_command_t  command;
    fixture_t    *fixture = *context;

    snprintf(log, sizeof(log), "%s/log/data.mdb", fixture->path);
    snprintf(branch, sizeof(branch), "%s/branch", fixture->path);

    sale = life_sale(fixture);
    life_backup(fixture);

    for (i = 0; i < 9; i++) {
        (void) life_id(fixture, i, sale, 0);
    }

    fixture_close(fixture, 1);
    life_copy(log, branch, 1);
    fixture_open(fixture);

    life_restore(fixture, 1);
    here = life_id(fixture, 1, sale, 0);

    /* the longer branch comes back in place: the entry seen last is not in
     * it */

    fixture_close(fixture, 1);
    life_copy(branch, log, 1);
    fixture_open(fixture);

    assert_int_equal(life_count(fixture, &epoch, &seq), 1);
    assert_string_equal(life_parse(fixture, &here, &command), "other_life");
}


/*
 * Two branches after a common entry.  `branch` is the one that lies in a file;
 * the store has the other, in the same life: the backup was put back with its
 * mark, which nobody can see.
 */

static void
life_fork(fixture_t *fixture, uint32_t sale, unsigned n)
{
    char      command[512];
    unsigned  i;

    fixture_close(fixture, 1);
    snprintf(command, sizeof(command),
             "cd %s && cp log/data.mdb backup && cp mark backup-mark",
             fixture->path);
    assert_int_equal(system(command), 0);
    fixture_open(fixture);

    for (i = 0; i < n; i++) {
        assert_string_equal(fixture_take(fixture, 7 + i, sale, 1, 0),
                            "created");
    }

    fixture_close(fixture, 1);
    snprintf(command, sizeof(command),
             "cd %s && cp log/data.mdb branch && cp backup log/data.mdb"
             " && cp backup-mark mark", fixture->path);
    assert_int_equal(system(command), 0);
    fixture_open(fixture);
}


static void
life_change(fixture_t *fixture)
{
    char  log[128], branch[128];

    snprintf(log, sizeof(log), "%s/log/data.mdb", fixture->path);
    snprintf(branch, sizeof(branch), "%s/branch", fixture->path);

    /* killed: nobody has looked at the log since its last commit */

    fixture_close(fixture, 0);
    life_copy(branch, log, 1);
    fixture_open(fixture);
}


/* They part at the last commit: only what it wrote tells. */

static void
test_last_commit_differs(void **context)
{
    uint32_t    sale, epoch;
    fs_seq_t    seq;
    fixture_t  *fixture = *context;

    sale = life_sale(fixture);
    life_fork(fixture, sale, 3);

    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "created");
    life_change(fixture);
    assert_int_equal(life_count(fixture, &epoch, &seq), 1);
}


/* And when the last commit failed, what was there before it. */

static void
test_last_but_one_differs(void **context)
{
    uint32_t    sale, epoch;
    uint8_t     hash[FS_HASH_LEN];
    fs_seq_t    seq;
    fixture_t  *fixture = *context;

    sale = life_sale(fixture);
    life_fork(fixture, sale, 3);

    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "created");
    assert_int_equal(life_count(fixture, &epoch, &seq), 0);
    memset(hash, 0xaa, sizeof(hash));
    fs_mark_entry(&fixture->store->mark->next,
                  atomic_load(&fixture->store->mark->seq) + 1, hash);

    life_change(fixture);
    assert_int_equal(life_count(fixture, &epoch, &seq), 1);
}


/* A log of fewer entries in more transactions: the mark is made to fit it. */

static void
test_more_transactions(void **context)
{
    uint32_t      sale, epoch;
    unsigned      i;
    fs_seq_t      seq;
    fs_command_t  command;
    fixture_t    *fixture = *context;

    sale = life_sale(fixture);
    life_fork(fixture, sale, 9);

    fixture_begin(fixture);

    for (i = 0; i < 50; i++) {
        fixture_hold(&command, i, sale, 1, 0);
        fs_decide(&fixture->sheet, &command, NULL, &fixture->now,
                  &fixture->result);
    }

    fixture_commit(fixture);

    life_change(fixture);
    assert_int_equal(life_count(fixture, &epoch, &seq), 1);
    assert_int_equal(atomic_load(&fixture->store->mark->seq),
                     fixture->write.seq);
}


/* The very same bytes in another file are another life. */

static void
test_copied(void **context)
{
    char        log[128];
    uint32_t    epoch;
    fs_seq_t    seq;
    fixture_t  *fixture = *context;

    (void) life_sale(fixture);
    snprintf(log, sizeof(log), "%s/log/data.mdb", fixture->path);

    fixture_close(fixture, 1);
    life_copy(log, log, 0);
    fixture_open(fixture);
    assert_int_equal(life_count(fixture, &epoch, &seq), 1);
}


/* Whose log it is cannot be told without a mark. */

static void
test_no_mark(void **context)
{
    char        name[128];
    uint32_t    epoch;
    fs_seq_t    seq;
    fixture_t  *fixture = *context;

    (void) life_sale(fixture);
    snprintf(name, sizeof(name), "%s/mark", fixture->path);

    fixture_close(fixture, 1);
    assert_int_equal(unlink(name), 0);
    fixture_open(fixture);
    assert_int_equal(life_count(fixture, &epoch, &seq), 1);

    /* empty, as a full disk leaves it: the same */

    fixture_close(fixture, 1);
    assert_int_equal(truncate(name, 0), 0);
    fixture_open(fixture);
    assert_int_equal(life_count(fixture, &epoch, &seq), 2);
}


/* The version before recorded no file: an upgrade is no new life. */

static void
test_upgraded(void **context)
{
    uint32_t    epoch;
    fs_seq_t    seq;
    fs_mark_t  *mark;
    fixture_t  *fixture = *context;

    (void) life_sale(fixture);

    mark = fixture->store->mark;
    mark->device = 0;
    mark->inode = 0;
    memset(&mark->seen, 0, sizeof(mark->seen));
    memset(&mark->next, 0, sizeof(mark->next));

    fixture_close(fixture, 1);
    fixture_open(fixture);
    assert_int_equal(life_count(fixture, &epoch, &seq), 0);
    assert_true(fixture->store->mark->inode != 0);

    /* but what is not in the log tells all the same */

    mark = fixture->store->mark;
    mark->inode = 0;
    atomic_store(&mark->seq, 1000);

    fixture_close(fixture, 1);
    fixture_open(fixture);
    assert_int_equal(life_count(fixture, &epoch, &seq), 1);
}


/* Killed when it was noticed, and when it was written. */

static void
test_killed(void **context)
{
    uint32_t    epoch;
    fs_seq_t    seq;
    fs_mark_t  *mark;
    fixture_t  *fixture = *context;

    (void) life_sale(fixture);

    atomic_store(&fixture->store->mark->epoch_due, 0x1234);
    fs_mark_forget(fixture->store->mark);

    fixture_close(fixture, 0);
    fixture_open(fixture);
    assert_int_equal(life_count(fixture, &epoch, &seq), 1);
    assert_int_equal(epoch, 0x1234);
    assert_int_equal(fs_life_due(fixture->store), 0);

    mark = fixture->store->mark;
    atomic_store(&mark->epoch_due, epoch);
    mark->inode++;

    fixture_close(fixture, 0);
    fixture_open(fixture);
    assert_int_equal(life_count(fixture, &epoch, &seq), 1);
    assert_int_equal(fs_life_due(fixture->store), 0);
    assert_true(fs_life_now(fixture->store) == 0x1234);
}


/* What was half written when the machine stopped tells nothing. */

static void
test_torn(void **context)
{
    uint32_t    sale, epoch;
    fs_seq_t    seq;
    fs_mark_t  *mark;
    fixture_t  *fixture = *context;

    sale = life_sale(fixture);

    mark = fixture->store->mark;
    mark->seen.again++;
    mark->seen.hash[0] ^= 1;
    mark->next.again++;
    mark->next.hash[0] ^= 1;

    fixture_reboot(fixture, 0);
    assert_int_equal(life_count(fixture, &epoch, &seq), 0);

    /* the number alone does: this log has fewer entries */

    life_backup(fixture);
    (void) life_id(fixture, 1, sale, 0);

    mark = fixture->store->mark;
    mark->seen.again++;
    mark->next.again++;

    life_restore(fixture, 1);
    assert_int_equal(life_count(fixture, &epoch, &seq), 1);
}


/* A commit that failed had promised an entry which is another's now. */

static void
test_failed_commit(void **context)
{
    uint32_t    epoch, sale;
    uint8_t     hash[FS_HASH_LEN];
    fs_seq_t    seq;
    fixture_t  *fixture = *context;

    sale = life_sale(fixture);

    memset(hash, 0xaa, sizeof(hash));
    fs_mark_entry(&fixture->store->mark->next,
                  atomic_load(&fixture->store->mark->seq) + 1, hash);

    fixture_close(fixture, 0);
    fixture_open(fixture);
    (void) life_id(fixture, 1, sale, 0);
    fixture_close(fixture, 0);
    fixture_open(fixture);
    assert_int_equal(life_count(fixture, &epoch, &seq), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_same, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_restored_in_place, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_restored_elsewhere, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_one_commit, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_restored_twice, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_other_branch, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_last_commit_differs,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_last_but_one_differs,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_more_transactions, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_copied, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_no_mark, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_upgraded, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_killed, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_torn, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_failed_commit, fixture_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
