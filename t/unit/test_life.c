
/*
 * Lives: what is taken for a restored backup and what is not, and what of one
 * life is worth in the next.
 */

#include "fixture.h"

#include <sys/wait.h>

#include "read/audit.h"
#include "read/view.h"
#include "log/life.h"
#include "store/mark.h"
#include "state/due.h"


typedef struct {
    char                 digits[FS_HOLD_ID_LEN];
    fs_seq_t             seq;
} life_id_t;


/* A file into another: in place, or as another inode. */

static void
life_copy(const char *from, const char *to, int in_place)
{
    char  command[1024];

    snprintf(command, sizeof(command), in_place ? "cp %s %s"
             : "cp %s %s.new && mv %s.new %s", from, to, to, to);
    assert_int_equal(system(command), 0);
}


static void
life_backup(fixture_t *fixture)
{
    char  log[128], backup[128];

    snprintf(log, sizeof(log), "%s/log/data.mdb", fixture->path);
    snprintf(backup, sizeof(backup), "%s/backup", fixture->path);

    fixture_close(fixture, 1);
    life_copy(log, backup, 1);
    fixture_open(fixture);
}


static void
life_restore(fixture_t *fixture, int in_place)
{
    char  log[128], backup[128];

    snprintf(log, sizeof(log), "%s/log/data.mdb", fixture->path);
    snprintf(backup, sizeof(backup), "%s/backup", fixture->path);

    fixture_close(fixture, 0);
    life_copy(backup, log, in_place);
    fixture_open(fixture);
}


/* How many entries `life` there are; the last one's epoch and seq. */

static unsigned
life_count(fixture_t *fixture, uint32_t *epoch, fs_seq_t *seq)
{
    unsigned    n;
    fs_seq_t    i;
    fs_entry_t  entry;

    n = 0;
    fixture_begin(fixture);

    for (i = 1; i <= fixture->write.seq; i++) {
        assert_int_equal(fs_state_entry(&fixture->state, i, &entry), 1);

        if (entry.type == FS_ENTRY_LIFE) {
            n++;
            *epoch = entry.number;
            *seq = entry.seq;
        }
    }

    fixture->writing = 0;
    fs_pair_abort(&fixture->write);

    return n;
}


static life_id_t
life_id(fixture_t *fixture, unsigned buyer, uint32_t sale, unsigned key)
{
    life_id_t  id;

    assert_string_equal(fixture_take(fixture, buyer, sale, 1, key),
                        "created");
    id.seq = fixture->result.hold.seq;

    assert_int_equal(fs_life_refresh(fixture->store), 0);
    assert_int_equal(fs_life_hold_id(fixture->store, fixture->crypto, id.seq,
                                     id.digits), 0);

    return id;
}


/* What the store makes of an id; the command that carries it. */

static const char *
life_parse(fixture_t *fixture, const life_id_t *id, fs_command_t *command)
{
    fs_str_t      str;
    fs_outcome_t  outcome;

    str.len = FS_HOLD_ID_LEN;
    str.data = id->digits;

    memset(command, 0, sizeof(fs_command_t));
    outcome = fs_life_hold_parse(fixture->store, fixture->crypto, str,
                                 &command->hold, &command->epoch);

    return fs_outcome_code(outcome);
}


static const char *
life_order(fixture_t *fixture, const life_id_t *id, fs_command_type_t type,
    unsigned reference, unsigned payment, int64_t paid)
{
    fs_command_t  command;

    (void) life_parse(fixture, id, &command);
    command.type = (uint8_t) type;
    command.paid_fen = paid;
    fixture_reference(command.reference, reference);
    fixture_reference(command.payment, payment);
    fixture_buyer(command.buyer, 1);

    return fixture_decide(fixture, &command, NULL);
}


static uint32_t
life_sale(fixture_t *fixture)
{
    fs_operator_t  op;

    fixture_operator(&op, "grape");
    op.stock = 100;

    return fixture_define(fixture, &op);
}


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
        fs_decide(&fixture->state, &command, NULL, &fixture->now,
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


/* A payment of another life is owed back, once, and settled like any. */

static void
life_debts_are(fixture_t *fixture, const life_id_t *gone)
{
    assert_string_equal(life_order(fixture, gone, FS_COMMAND_CONFIRM, 1, 0,
                                   100), "refund_due");
    assert_int_equal(fixture->result.reason, FS_REASON_OTHER_LIFE);
    assert_int_equal(fixture->state.seq, fixture->state.begun);

    assert_string_equal(life_order(fixture, gone, FS_COMMAND_CONFIRM, 2, 0,
                                   70), "refund_due");
    assert_int_equal(fixture->state.seq, fixture->state.begun);

    assert_string_equal(life_order(fixture, gone, FS_COMMAND_REFUNDED, 11, 0,
                                   0), "ok");
    assert_int_equal(fixture->state.seq, fixture->state.begun);
    assert_string_equal(life_order(fixture, gone, FS_COMMAND_REFUNDED, 12, 2,
                                   0), "ok");
    assert_int_equal(fixture->state.seq, fixture->state.begun);
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
    mine = fixture->state.seq;
    assert_true(mine > fixture->state.begun);

    assert_string_equal(life_order(fixture, &gone, FS_COMMAND_CONFIRM, 2, 0,
                                   70), "refund_due");
    assert_true(fixture->state.seq == mine + 1);

    /* one payment, two holds: each is asked about by its own id */

    assert_string_equal(life_order(fixture, &other, FS_COMMAND_CONFIRM, 1, 0,
                                   100), "refund_due");
    assert_true(fixture->state.seq == mine + 2);

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

            if (fs_store_catch_up(store, 1000, NULL) != FS_OK) {
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

    if (outcome == FS_OK || outcome == FS_REBUILDING) {
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

    assert_int_equal(fs_store_catch_up(fixture->store, 1000, NULL), FS_OK);
    assert_int_equal(fs_life_due(fixture->store), 0);
    assert_string_equal(life_read(reader), "ok");

    /* with a whole index as well: another process has looked at the log */

    atomic_store(&fixture->store->mark->epoch_due, 0x1234);
    assert_string_equal(life_read(reader), "not_ready");

    assert_int_equal(fs_store_catch_up(fixture->store, 1000, NULL), FS_OK);
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
    at = (uint32_t) fixture->state.seq;

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
    fs_put_le64(row, at - 1);
    fs_put_le32(row + 8, 77);
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
    fs_put_le32(command.key, 9);

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
    fs_decide(&fixture->state, &command, &op, &fixture->now,
              &fixture->result);
    fixture_hold(&command, 3, sale, 1, 0);
    fs_decide(&fixture->state, &command, NULL, &fixture->now,
              &fixture->result);
    assert_int_equal(fs_state_epoch(&fixture->state,
                                    fixture->result.hold.seq), 500);
    assert_int_equal(fs_state_epoch(&fixture->state, after.seq), 77);
    assert_int_equal(fs_state_epoch(&fixture->state, before.seq), 0);
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
        cmocka_unit_test_setup_teardown(test_same, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_restored_in_place,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_restored_elsewhere,
                                        fixture_setup, fixture_teardown),
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
        cmocka_unit_test_setup_teardown(test_more_transactions,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_copied,
                                        fixture_setup, fixture_teardown),
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
