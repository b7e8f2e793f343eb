
/*
 * The schema of a store: what is of which, who raises it and when, and what
 * is refused until then.
 */

#include "fixture.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "ledger/schema.h"
#include "log/log.h"

#define NEWER  (FS_SCHEMA + 1)


static char  said[4096];                /* in the log, since last time */


static void
schema_log(void *data, fs_say_level_t level, const char *message)
{
    size_t  len;

    (void) data;

    len = strlen(said);
    snprintf(said + len, sizeof(said) - len, "%c: %s\n", "iwe"[level],
             message);
}


/* As a program of another version leaves the store. */

static void
schema_leave(fixture_t *fixture, uint32_t schema)
{
    uint8_t  row[4];

    fixture_begin(fixture);
    fs_set_le32(row, schema);
    fs_db_put(&fixture->write.log, fixture->store->log_dbi[FS_LOG_META],
              FS_META_SCHEMA, sizeof(FS_META_SCHEMA) - 1, row, sizeof(row),
              0);
    fixture_commit(fixture);
    fixture_close(fixture, 0);

    said[0] = '\0';
    fixture->conf.log = schema_log;
}


/* A process that has the log open, as one of any version has. */

static pid_t
schema_other(fixture_t *fixture)
{
    int       ready[2];
    char      name[128], c;
    pid_t     pid;
    MDB_env  *env;

    snprintf(name, sizeof(name), "%s/log", fixture->path);
    assert_int_equal(pipe(ready), 0);

    pid = fork();
    assert_int_not_equal(pid, -1);

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        c = mdb_env_create(&env) == 0 && mdb_env_open(env, name, 0, 0600) == 0
            ? '1' : '0';
        (void) !write(ready[1], &c, 1);

        for ( ;; ) {
            pause();
        }
    }

    assert_int_equal(read(ready[0], &c, 1), 1);
    assert_int_equal(c, '1');
    close(ready[0]);
    close(ready[1]);

    return pid;
}


static void
schema_gone(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}


static void
test_entries(void **context)
{
    unsigned    type, reason;
    fs_entry_t  entry;

    (void) context;

    memset(&entry, 0, sizeof(entry));

    for (type = 0; type < FS_ENTRY_TYPES_N; type++) {
        entry.type = (uint8_t) type;
        assert_int_equal(fs_schema_of_entry(&entry),
                         type <= FS_ENTRY_RESTOCKED ? 1
                         : type <= FS_ENTRY_SETTLED ? 2 : 3);
    }

    entry.type = FS_ENTRY_OWED;

    for (reason = 0; reason < FS_REASONS_N; reason++) {
        entry.reason = (uint8_t) reason;
        assert_int_equal(fs_schema_of_entry(&entry),
                         reason <= FS_REASON_GOODWILL ? 1
                         : reason <= FS_REASON_COMPENSATION ? 2 : 3);
    }

    /* what depends on a field */

    memset(&entry, 0, sizeof(entry));
    entry.type = FS_ENTRY_READY;
    entry.time1 = 1;
    assert_int_equal(fs_schema_of_entry(&entry), 2);
    entry.time1 = 0;
    entry.sale = 1;
    assert_int_equal(fs_schema_of_entry(&entry), 2);

    entry.type = FS_ENTRY_PICKED_UP;
    assert_int_equal(fs_schema_of_entry(&entry), 2);
    entry.sale = 0;
    assert_int_equal(fs_schema_of_entry(&entry), 1);
    entry.number = FS_VIA_SCAN;
    assert_int_equal(fs_schema_of_entry(&entry), 2);

    entry.type = FS_ENTRY_SALE;
    entry.sale = 1;
    assert_int_equal(fs_schema_of_entry(&entry), 1);
    entry.pickup = 60000;
    assert_int_equal(fs_schema_of_entry(&entry), 2);
}


static void
test_commands(void **context)
{
    unsigned       type, n;
    fs_command_t   command;
    fs_operator_t  op;

    static const char  first[] = {
        FS_COMMAND_HOLD, FS_COMMAND_RELEASE, FS_COMMAND_PAY, FS_COMMAND_POINT,
        FS_COMMAND_CONFIRM, FS_COMMAND_CANCEL, FS_COMMAND_REFUND,
        FS_COMMAND_REFUNDED, FS_COMMAND_READY, FS_COMMAND_PICK_UP,
        FS_COMMAND_DEFINE, FS_COMMAND_STOCK, FS_COMMAND_PAUSE,
        FS_COMMAND_RESUME, FS_COMMAND_CLOSE, FS_COMMAND_CLOCK,
        FS_COMMAND_DOCUMENT, FS_COMMAND_LIFE, FS_COMMAND_DELETE,
        FS_COMMAND_ROOM
    };

    static const char  second[] = {
        FS_COMMAND_CANCEL_ORDER, FS_COMMAND_CLAIM, FS_COMMAND_HAND_OVER,
        FS_COMMAND_PUT_BACK, FS_COMMAND_ANSWER_CLAIM, FS_COMMAND_WAVE,
        FS_COMMAND_RECEIVE, FS_COMMAND_CALL_OFF, FS_COMMAND_COMPENSATE,
        FS_COMMAND_ORDER
    };

    (void) context;

    n = 0;
    memset(&command, 0, sizeof(command));
    memset(&op, 0, sizeof(op));

    for (type = FS_COMMAND_NONE + 1; type < FS_COMMANDS_N; type++) {
        command.type = (uint8_t) type;

        if (memchr(first, (int) type, sizeof(first)) != NULL) {
            assert_int_equal(fs_schema_of_command(&command, &op), 1);
            n++;

        } else if (memchr(second, (int) type, sizeof(second)) != NULL) {
            assert_int_equal(fs_schema_of_command(&command, &op), 2);
            n++;

        } else {
            assert_int_equal(fs_schema_of_command(&command, &op), 3);
        }
    }

    assert_int_equal(n, sizeof(first) + sizeof(second));

    command.type = FS_COMMAND_REFUND;
    command.reason = FS_REASON_GOODWILL;
    assert_int_equal(fs_schema_of_command(&command, NULL), 1);
    command.reason = FS_REASON_DAMAGED;
    assert_int_equal(fs_schema_of_command(&command, NULL), 2);

    command.type = FS_COMMAND_DEFINE;
    command.reason = 0;
    op.cancel_ms = 60000;
    assert_int_equal(fs_schema_of_command(&command, &op), 2);
}


/* Of a sale that has what the first schema's row has no place for. */

static void
test_sale_row(void **context)
{
    size_t      len;
    uint8_t     row[FS_SALE_ROW_MAX], same[FS_SALE_ROW_MAX];
    fs_sale_t   sale, first;

    (void) context;

    memset(&sale, 0, sizeof(sale));
    fs_slug_set(&sale.slug, fixture_str("grape"));
    sale.stock = 7;
    len = fs_sale_row_encode(&sale, same);

    first = sale;
    first.cancel_ms = 1;
    first.waves = 2;
    first.called_off = 1;
    first.wave_seq = 3;
    first.handed_lines = 4;
    first.handed_units = 5;
    first.claimed_units = 6;

    assert_true(fs_schema_sale_row(2, &first, row) > len);
    assert_int_equal(fs_schema_sale_row(1, &first, row), len);
    assert_memory_equal(row, same, len);
}


/* Opened with nobody there it is raised, once, and is so after a crash. */

static void
test_raised(void **context)
{
    uint32_t    sale;
    fs_seq_t    seq;
    fixture_t  *fixture = *context;

    assert_int_equal(fixture->store->schema, FS_SCHEMA);
    sale = fixture_stocked(fixture, "grape", 10, 0);
    seq = fixture_seq(fixture);
    schema_leave(fixture, 1);

    fixture_open(fixture);
    assert_int_equal(fixture->store->schema, FS_SCHEMA);
    assert_non_null(strstr(said, "i: store "));
    assert_non_null(strstr(said, "its schema is raised from 1 to 3"));
    assert_null(strstr(said, "w: store "));
    assert_int_equal(fixture_seq(fixture), seq);
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "created");

    /* durable before anything else was: the mark is at it */

    fixture_begin(fixture);
    assert_int_equal(fixture->store->mark->txn,
                     mdb_txn_id(fixture->write.log.txn) - 1);
    fixture_abort(fixture);

    fixture_close(fixture, 0);
    said[0] = '\0';
    fixture_open(fixture);
    assert_int_equal(fixture->store->schema, FS_SCHEMA);
    assert_null(strstr(said, "schema"));
}


/* In a new boot: before the boot's entry. */

static void
test_raised_first(void **context)
{
    fs_seq_t    seq;
    fixture_t  *fixture = *context;

    seq = fixture_seq(fixture);
    schema_leave(fixture, 1);
    fixture->conf.boot_id[0]++;
    fixture->boot = 1000;

    fixture_open(fixture);
    assert_string_equal(fixture_entries(fixture, seq), "boot");
    assert_non_null(strstr(said, "its schema is raised from 1 to 3"));
    assert_int_equal(fixture->store->schema, FS_SCHEMA);
}


/* Somebody else is there: it stays, what is old goes on, what is new waits. */

static void
test_others(void **context)
{
    pid_t               other;
    char                message[257];
    uint32_t            sale;
    fs_seq_t            hold, seq;
    unsigned            type;
    fixture_t          *fixture = *context;
    fs_entry_t          entry;
    fs_command_t        command;
    fs_operator_t       op;
    fs_store_schema_t   schema;

    sale = fixture_stocked(fixture, "grape", 10, 0);
    schema_leave(fixture, 1);
    other = schema_other(fixture);

    fixture_open(fixture);
    assert_int_equal(fixture->store->schema, 1);
    assert_non_null(strstr(said, "w: store "));
    assert_non_null(strstr(said, "its schema is 1, and this program's 3: what "
                           "needs that is refused until"));

    assert_string_equal(fixture_take(fixture, 1, sale, 2, 0), "created");
    hold = fixture->result.hold.seq;
    assert_string_equal(fixture_confirm(fixture, hold, 1, 200), "ok");
    seq = fixture_seq(fixture);

    /* each is refused by what it is, before it is looked at */

    for (type = FS_COMMAND_NONE + 1; type < FS_COMMANDS_N; type++) {
        memset(&command, 0, sizeof(command));
        fixture_operator(&op, "pear");
        command.type = (uint8_t) type;
        command.hold = hold;
        fixture_buyer(command.buyer, 1);

        if (fs_schema_of_command(&command, &op) != FS_SCHEMA_FIRST) {
            assert_string_equal(fixture_decide(fixture, &command, &op),
                                "old_schema");
        }
    }

    fixture_operator(&op, "pear");
    op.cancel_ms = 60000;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0),
                        "old_schema");
    assert_int_equal(fs_outcome_status(FS_OLD_SCHEMA), 503);
    assert_int_equal(fixture_seq(fixture), seq);

    /* nor is it written by whoever forgets to ask */

    fixture_begin(fixture);
    memset(&entry, 0, sizeof(entry));
    entry.type = FS_ENTRY_CALLED_OFF;
    entry.sale = sale;
    said[0] = '\0';
    fs_emit(&fixture->sheet, &entry, &fixture->now);
    assert_int_equal(fixture->sheet.failed, 1);
    assert_int_equal(fixture->sheet.seq, seq);
    assert_non_null(strstr(said, "fs_schema_of_entry"));
    fixture_abort(fixture);

    /* the tool's way: refused as long as the other is there */

    fixture_close(fixture, 0);
    assert_int_equal(fs_store_schema(&fixture->conf, 0, &schema, message),
                     FS_OK);
    assert_int_equal(schema.store, 1);
    assert_int_equal(schema.program, FS_SCHEMA);
    assert_int_equal(schema.alone, 0);

    assert_int_equal(fs_store_schema(&fixture->conf, 1, &schema, message),
                     FS_OLD_SCHEMA);
    assert_non_null(strstr(message, "somebody has the store"));

    schema_gone(other);

    assert_int_equal(fs_store_schema(&fixture->conf, 0, &schema, message),
                     FS_OK);
    assert_int_equal(schema.store, 1);
    assert_int_equal(schema.alone, 1);

    said[0] = '\0';
    assert_int_equal(fs_store_schema(&fixture->conf, 1, &schema, message),
                     FS_OK);
    assert_int_equal(schema.store, FS_SCHEMA);
    assert_non_null(strstr(said, "its schema is raised from 1 to 3"));

    /* once is enough, also with somebody there */

    other = schema_other(fixture);
    said[0] = '\0';
    assert_int_equal(fs_store_schema(&fixture->conf, 1, &schema, message),
                     FS_OK);
    assert_null(strstr(said, "raised"));
    fixture_open(fixture);
    assert_int_equal(fixture->store->schema, FS_SCHEMA);
    assert_int_equal(fixture_seq(fixture), seq);
    schema_gone(other);
}


/* Raised by a newer program under this one: it writes no more, and says
 * why. */

static void
test_outgrown(void **context)
{
    uint8_t     row[4];
    fixture_t  *fixture = *context;

    fixture_begin(fixture);
    fs_set_le32(row, NEWER);
    fs_db_put(&fixture->write.log, fixture->store->log_dbi[FS_LOG_META],
              FS_META_SCHEMA, sizeof(FS_META_SCHEMA) - 1, row, sizeof(row),
              0);
    fixture_commit(fixture);

    said[0] = '\0';
    fixture->store->conf.log = schema_log;
    assert_int_equal(fs_pair_begin(fixture->store, &fixture->write),
                     FS_NOT_READY);
    assert_non_null(strstr(said, fixture->path));
    assert_non_null(strstr(said, "its schema was changed to 4 by "
                           "another program; this one knows 1 to 3"));
}


/* Of a newer program: refused with words; looked at, but not touched. */

static void
test_newer(void **context)
{
    char               message[257];
    fixture_t         *fixture = *context;
    fs_outcome_t       outcome;
    fs_store_schema_t  schema;

    schema_leave(fixture, NEWER);

    assert_null(fs_store_open(&fixture->conf, &outcome, message));
    assert_int_equal(outcome, FS_NOT_READY);
    assert_non_null(strstr(message, fixture->path));
    assert_non_null(strstr(message, "has schema 4, this program knows 1 to "
                           "3"));

    assert_int_equal(fs_store_schema(&fixture->conf, 0, &schema, message),
                     FS_OK);
    assert_int_equal(schema.store, NEWER);
    assert_int_equal(fs_store_schema(&fixture->conf, 1, &schema, message),
                     FS_NOT_READY);
    assert_non_null(strstr(message, "has schema 4"));
    assert_int_equal(fs_store_schema(&fixture->conf, 0, &schema, message),
                     FS_OK);
    assert_int_equal(schema.store, NEWER);
}


/* Where no store is none is made. */

static void
test_nothing(void **context)
{
    char               path[] = "/tmp/schema-XXXXXX", name[64], message[257];
    struct stat        st;
    fixture_t         *fixture = *context;
    fs_store_conf_t    conf;
    fs_store_schema_t  schema;

    assert_non_null(mkdtemp(path));
    conf = fixture->conf;
    conf.path = path;

    assert_int_equal(fs_store_schema(&conf, 1, &schema, message),
                     FS_NOT_READY);
    assert_non_null(strstr(message, "there is no store in"));
    snprintf(name, sizeof(name), "%s/mark", path);
    assert_int_equal(stat(name, &st), -1);
    assert_int_equal(rmdir(path), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_sale_row),
        cmocka_unit_test_setup_teardown(test_raised, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_raised_first, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_others, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_outgrown, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_newer, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_nothing, fixture_setup,
                                        fixture_teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
