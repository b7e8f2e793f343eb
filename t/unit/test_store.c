
/*
 * The store: made once, opened by any number of processes, refused when its
 * log is not whole; the mark and the clocks.
 */

#include "fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "read/audit.h"
#include "log/log.h"


#define CHILDREN  4

static char  refused[257];


/* Open as `store`, which must fail; its words are in `refused`. */

static const char *
store_refused(const fs_store_conf_t *conf)
{
    fs_outcome_t  outcome;

    outcome = FS_OK;
    refused[0] = '\0';

    assert_null(fs_store_open(conf, &outcome, refused));
    assert_true(strlen(refused) > 10);

    return fs_outcome_code(outcome);
}


static void
store_name(fixture_t *fixture, const char *file, char *name, size_t size)
{
    assert_true((size_t) snprintf(name, size, "%s/%s", fixture->path, file)
                < size);
}


static uint32_t
store_sale(fixture_t *fixture, const char *slug, uint32_t stock)
{
    fs_operator_t  op;

    fixture_operator(&op, slug);
    op.stock = stock;

    return fixture_define(fixture, &op);
}


/* 0, or a signal or a status to be shown. */

static int
store_wait(pid_t pid)
{
    int  status;

    assert_int_equal(waitpid(pid, &status, 0), pid);

    return status;
}


static void
test_layout(void **context)
{
    char         name[128];
    fixture_t   *fixture = *context;
    unsigned     i;
    struct stat  st;

    static const struct {
        const char  *file;
        mode_t       mode;
    } files[] = {
        { "log", S_IFDIR|0700 },
        { "log/data.mdb", S_IFREG|0600 },
        { "log/lock.mdb", S_IFREG|0600 },
        { "index-1", S_IFDIR|0700 },
        { "index-1/data.mdb", S_IFREG|0600 },
        { "mark", S_IFREG|0600 }
    };

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        store_name(fixture, files[i].file, name, sizeof(name));
        assert_int_equal(stat(name, &st), 0);
        assert_int_equal(st.st_mode, files[i].mode);
    }

    assert_string_equal(fixture_entries(fixture, 0), "store boot");
    assert_int_equal(atomic_load(&fixture->store->mark->seq), 2);

    /* opened again in the same boot nothing is written */

    fixture_close(fixture, 0);
    fixture_open(fixture);
    assert_string_equal(fixture_entries(fixture, 0), "store boot");
    assert_int_equal(fixture->store->index_n, 1);
}


static void
test_refused(void **context)
{
    char             name[128], link_name[128];
    fixture_t       *fixture = *context;
    fs_store_t      *store;
    fs_outcome_t     outcome;
    fs_store_conf_t  conf;

    conf = fixture->conf;
    conf.path = "relative/path";
    assert_string_equal(store_refused(&conf), "not_ready");
    assert_non_null(strstr(refused, "must begin with /"));

    store_name(fixture, "nothing", name, sizeof(name));
    conf.path = name;
    assert_string_equal(store_refused(&conf), "not_ready");
    assert_non_null(strstr(refused, "there is no directory"));

    /* no boot id: what a power cut left would be trusted */

    conf = fixture->conf;
    memset(conf.boot_id, 0, FS_BOOT_LEN);
    assert_string_equal(store_refused(&conf), "not_ready");
    assert_non_null(strstr(refused, "/proc/sys/kernel/random/boot_id"));
    conf = fixture->conf;

    /* twice in a process, also by another name */

    conf.path = fixture->path;
    assert_string_equal(store_refused(&conf), "not_ready");
    assert_non_null(strstr(refused, "open in this process already"));

    snprintf(link_name, sizeof(link_name), "%s-link", fixture->path);
    assert_int_equal(symlink(fixture->path, link_name), 0);
    conf.path = link_name;
    assert_string_equal(store_refused(&conf), "not_ready");
    unlink(link_name);

    /* closed, it may be opened again */

    fixture_close(fixture, 1);
    conf.path = fixture->path;
    store = fs_store_open(&conf, &outcome, refused);
    assert_non_null(store);
    fs_store_close(store, 0);
    fixture_open(fixture);
}


static void
test_schema(void **context)
{
    uint8_t        schema[4];
    fixture_t     *fixture = *context;

    fixture_begin(fixture);
    fs_set_le32(schema, FS_SCHEMA + 1);
    fs_db_put(&fixture->write.log, fixture->store->log_dbi[FS_LOG_META],
              FS_META_SCHEMA, sizeof(FS_META_SCHEMA) - 1, schema, 4, 0);
    assert_int_equal(fs_pair_commit(&fixture->write, NULL), FS_OK);

    /* those who have it open write no more */

    assert_int_equal(fs_pair_begin(fixture->store, &fixture->write),
                     FS_NOT_READY);

    fixture_close(fixture, 0);

    assert_string_equal(store_refused(&fixture->conf), "not_ready");
    assert_non_null(strstr(refused, "has schema 4, this program knows"));
}


static void
store_damage(fixture_t *fixture, off_t offset, const char *bytes)
{
    int   fd;
    char  name[128];

    store_name(fixture, "log/data.mdb", name, sizeof(name));
    fd = open(name, O_WRONLY);
    assert_int_not_equal(fd, -1);
    assert_int_equal(pwrite(fd, bytes, strlen(bytes), offset),
                     strlen(bytes));
    close(fd);
}


/* A log that is not whole is refused with words, never crashed on. */

static void
test_log_damaged(void **context)
{
    char        name[128];
    uint64_t    used;
    fixture_t  *fixture = *context;
    MDB_stat    page;
    MDB_envinfo info;

    store_sale(fixture, "grape", 10);
    mdb_env_info(fixture->store->log, &info);
    mdb_env_stat(fixture->store->log, &page);
    used = (info.me_last_pgno + 1) * page.ms_psize;

    fixture_close(fixture, 1);
    store_name(fixture, "log/data.mdb", name, sizeof(name));

    assert_int_equal(truncate(name, (off_t) used - 1), 0);
    assert_string_equal(store_refused(&fixture->conf), "not_ready");
    assert_non_null(strstr(refused, "log/data.mdb is cut short"));
    assert_non_null(strstr(refused, "put a backup in its place"));

    store_damage(fixture, 0, "this is not a database, this is garbage");
    assert_string_equal(store_refused(&fixture->conf), "not_ready");
    assert_non_null(strstr(refused, "data.mdb is damaged, or no LMDB file"));

    assert_int_equal(unlink(name), 0);
    assert_string_equal(store_refused(&fixture->conf), "not_ready");
    assert_non_null(strstr(refused, "is missing but an index is there"));

    /* another program's environment */

    {
        MDB_env  *env;
        MDB_txn  *txn;
        MDB_dbi   dbi;

        store_name(fixture, "log", name, sizeof(name));
        assert_int_equal(mdb_env_create(&env), 0);
        mdb_env_set_maxdbs(env, 4);
        assert_int_equal(mdb_env_open(env, name, 0, 0600), 0);
        assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
        assert_int_equal(mdb_dbi_open(txn, "recipes", MDB_CREATE, &dbi), 0);
        assert_int_equal(mdb_txn_commit(txn), 0);
        mdb_env_close(env);
    }

    assert_string_equal(store_refused(&fixture->conf), "not_ready");
    assert_non_null(strstr(refused, "log cannot be opened"));
}


/* Killed while the store was being made: the next one makes it. */

static void
test_half_made(void **context)
{
    char        name[128], other[128];
    fixture_t  *fixture = *context;
    MDB_env    *env;

    fixture_close(fixture, 1);

    store_name(fixture, "log/data.mdb", name, sizeof(name));
    assert_int_equal(unlink(name), 0);
    store_name(fixture, "log", name, sizeof(name));
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_open(env, name, 0, 0600), 0);
    mdb_env_close(env);

    store_name(fixture, "index-1/clean", name, sizeof(name));
    store_name(fixture, "index-1/litter", other, sizeof(other));
    assert_int_equal(rename(name, other), 0);

    fixture_open(fixture);
    assert_string_equal(fixture_entries(fixture, 0), "store boot");
    assert_int_equal(access(other, F_OK), -1);
}


/* A child's copy of the store is dead; its own is not. */

static void
test_fork(void **context)
{
    pid_t          pid;
    fs_view_t      view;
    fixture_t     *fixture = *context;
    fs_reader_t   *reader;
    fs_store_t    *store;
    fs_pair_t     write;
    fs_outcome_t   outcome;

    reader = fs_reader_create(fixture->store);
    assert_int_equal(fs_view_open(reader, &view), FS_OK);
    fs_view_close(&view);

    pid = fork();

    if (pid == 0) {
        if (fs_pair_begin(fixture->store, &write) != FS_NOT_READY
            || fs_store_catch_up(fixture->store, 1, NULL, NULL) != FS_NOT_READY
            || fs_view_open(reader, &view) != FS_NOT_READY)
        {
            _exit(1);
        }

        fs_reader_destroy(reader);
        fs_store_close(fixture->store, 1);

        store = fs_store_open(&fixture->conf, &outcome, refused);

        if (store == NULL || fs_pair_begin(store, &write) != FS_OK) {
            _exit(2);
        }

        fs_pair_abort(&write);
        fs_store_close(store, 0);
        _exit(0);
    }

    assert_int_equal(store_wait(pid), 0);

    assert_int_equal(fs_view_open(reader, &view), FS_OK);
    fs_view_close(&view);
    fs_reader_destroy(reader);
    assert_int_equal(fixture_seq(fixture), 2);
}


/* Several processes open a store that is not there yet, and write. */

static void
test_crowd(void **context)
{
    int          start[2], i;
    char         c;
    pid_t        pids[CHILDREN];
    fixture_t   *fixture = *context;
    fs_audit_t   audit;

    fixture_close(fixture, 1);
    files_remove(fixture->path);
    assert_int_equal(mkdir(fixture->path, 0700), 0);
    assert_int_equal(pipe(start), 0);

    for (i = 0; i < CHILDREN; i++) {
        pids[i] = fork();

        if (pids[i] == 0) {
            char  slug[24];

            close(start[1]);
            (void) !read(start[0], &c, 1);

            fixture_open(fixture);
            snprintf(slug, sizeof(slug), "sale-%d", i);
            store_sale(fixture, slug, 10);
            fixture_close(fixture, i % 2);
            _exit(0);
        }
    }

    close(start[0]);
    close(start[1]);

    for (i = 0; i < CHILDREN; i++) {
        assert_int_equal(store_wait(pids[i]), 0);
    }

    fixture_open(fixture);
    assert_int_equal(fixture->store->index_n, 1);
    assert_true(fixture_seq(fixture) >= 2 + CHILDREN);

    fs_audit_run(fixture->store, 100, NULL, &audit);
    assert_string_equal(audit.problem, "");
    assert_true(audit.ok);
    assert_int_equal(audit.sales_n, CHILDREN);
    fs_audit_free(&audit);
}


/* What is beyond the mark is synced before anything else. */

static void
test_mark(void **context)
{
    uint64_t    txn;
    fixture_t  *fixture = *context;
    fs_mark_t  *mark;

    store_sale(fixture, "grape", 10);

    mark = fixture->store->mark;
    txn = atomic_load(&mark->txn);
    assert_int_equal(atomic_load(&mark->seq), fixture_seq(fixture));

    /* a leader that was killed before it could say */

    atomic_store(&mark->txn, txn - 1);
    atomic_store(&mark->seq, 2);
    fixture_begin(fixture);
    assert_int_equal(atomic_load(&mark->txn), txn);
    assert_int_equal(atomic_load(&mark->seq), fixture->write.seq);
    fs_pair_abort(&fixture->write);

    /* a mark that is beyond the log is another log's */

    atomic_store(&mark->txn, txn + 100);
    atomic_store(&mark->seq, 1000);
    fixture_begin(fixture);
    assert_int_equal(atomic_load(&mark->txn), txn);
    assert_int_equal(atomic_load(&mark->seq), fixture->write.seq);
    fs_pair_abort(&fixture->write);
    assert_int_equal(atomic_load(&mark->index_n), 1);

    /* the same, found at opening */

    atomic_store(&mark->txn, txn + 100);
    atomic_store(&mark->seq, 1000);
    fixture_close(fixture, 0);
    fixture_open(fixture);
    txn++;                              /* of the new life's entry */
    assert_int_equal(atomic_load(&fixture->store->mark->txn), txn);
    assert_true(atomic_load(&fixture->store->mark->seq) < 1000);

    /* an empty commit moves nothing */

    fixture_begin(fixture);
    assert_int_equal(fs_pair_commit(&fixture->write, NULL), FS_OK);
    assert_int_equal(atomic_load(&fixture->store->mark->txn), txn);
}


/* Killed at once after the log's commit: all is there for the next one. */

static void
store_kill(void *data)
{
    (void) data;
    raise(SIGKILL);
}


static void
test_killed(void **context)
{
    pid_t        pid;
    uint32_t     sale;
    fixture_t   *fixture = *context;
    fs_command_t command;

    sale = store_sale(fixture, "grape", 10);
    fixture_close(fixture, 0);

    pid = fork();

    if (pid == 0) {
        fixture_open(fixture);
        fixture_hold(&command, 1, sale, 3, 1);
        fixture_begin(fixture);
        fs_decide(&fixture->sheet, &command, NULL, &fixture->now,
                  &fixture->result);
        (void) fs_sheet_end(&fixture->sheet);
        fixture->write.committed = store_kill;
        (void) fs_pair_commit(&fixture->write, NULL);
        _exit(1);
    }

    assert_int_equal(store_wait(pid), SIGKILL);

    fixture_open(fixture);
    assert_int_equal(fixture->store->index_n, 1);
    assert_int_equal(fixture_sale(fixture, sale).held, 3);
    assert_int_equal(atomic_load(&fixture->store->mark->seq),
                     fixture_seq(fixture));
}


/* The clock of a process that is killed while it opens the store. */

static void
store_deadly_clock(void *data, int64_t *wall, int64_t *boot)
{
    static unsigned  calls;

    if (++calls == 2) {
        (void) raise(SIGKILL);
    }

    fixture_clock(data, wall, boot);
}


/*
 * Three that do not come back may have been killed: the store is tried again
 * a minute later, and then not for two.
 */

static void
test_opening_killed(void **context)
{
    char          message[257];
    pid_t         pid;
    unsigned      i;
    fixture_t    *fixture = *context;
    fs_outcome_t  outcome;

    fixture_close(fixture, 1);
    fixture->conf.boot_id[0]++;         /* so that there is something to do */

    for (i = 0; i < 4; i++) {
        pid = fork();

        if (pid == 0) {
            fixture->conf.clock = store_deadly_clock;
            fixture_open(fixture);
            _exit(1);
        }

        assert_int_equal(store_wait(pid), SIGKILL);

        if (i < 2) {
            continue;
        }

        fixture_pass(fixture, (60000 << (i - 2)) - 1);
        assert_null(fs_store_open(&fixture->conf, &outcome, message));
        assert_int_equal(outcome, FS_NOT_READY);
        assert_non_null(strstr(message, "has ended three processes"));
        fixture_pass(fixture, 1);
    }

    fixture_open(fixture);
    assert_int_equal(atomic_load(&fixture->store->mark->opening), 0);
    assert_int_equal(atomic_load(&fixture->store->mark->damaged), 0);
}


static void
test_boot(void **context)
{
    fs_now_t    now;
    fixture_t  *fixture = *context;

    fixture_pass(fixture, 5000);
    fs_store_now(fixture->store, &now);
    assert_int_equal(now.wall, FIXTURE_EPOCH + 5000);
    assert_int_equal(now.mono, FIXTURE_EPOCH + 5000);

    /* no step of the wall clock moves mono */

    fixture->wall += 3600000;
    fs_store_now(fixture->store, &now);
    assert_int_equal(now.mono, FIXTURE_EPOCH + 5000);
    fixture_close(fixture, 0);
    fixture_open(fixture);
    fs_store_now(fixture->store, &now);
    assert_int_equal(now.mono, FIXTURE_EPOCH + 5000);

    /* but a boot begins it again */

    fixture_reboot(fixture, 1);
    assert_string_equal(fixture_entries(fixture, 2), "boot");
    fs_store_now(fixture->store, &now);
    assert_int_equal(now.mono, fixture->wall);
    fixture->boot += 10;
    fs_store_now(fixture->store, &now);
    assert_int_equal(now.mono, fixture->wall + 10);

    /* also when the index must be made first */

    fixture_reboot(fixture, 0);
    assert_string_equal(fixture_entries(fixture, 3), "boot");
    assert_int_equal(fixture->store->index_n, 2);
}


/* A wall clock far behind is not written down before it was accepted. */

static void
test_clock(void **context)
{
    fs_operator_t  op;
    fixture_t     *fixture = *context;

    /* a little is only a `clock` entry */

    fixture_close(fixture, 1);
    fixture->wall -= FS_CLOCK_BEHIND_MS;
    fixture_open(fixture);
    assert_false(fixture->store->clock_behind);
    fixture->wall += FS_CLOCK_BEHIND_MS;

    fixture_close(fixture, 1);
    fixture->wall -= FS_CLOCK_BEHIND_MS + 1;
    fixture->conf.boot_id[0]++;
    fixture_open(fixture);
    assert_true(fixture->store->clock_behind);
    assert_string_equal(fixture_entries(fixture, 0), "store boot");

    /* set right, it goes on by itself */

    fixture->wall += FS_CLOCK_BEHIND_MS + 1;
    assert_string_equal(fixture_entries(fixture, 2), "boot");
    assert_false(fixture->store->clock_behind);

    /* accepted by an operator */

    fixture_close(fixture, 1);
    fixture->wall -= 2 * FS_CLOCK_BEHIND_MS;
    fixture->conf.boot_id[0]++;
    fixture_open(fixture);
    assert_true(fixture->store->clock_behind);

    fixture_operator(&op, "");
    fixture_admin(fixture, FS_COMMAND_CLOCK, &op, 7);
    assert_false(fixture->store->clock_behind);
    assert_string_equal(fixture_entries(fixture, 3), "clock boot");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_layout, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_refused, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_schema, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_log_damaged, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_half_made, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_fork, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_crowd, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_mark, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_killed, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_opening_killed, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_boot, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_clock, fixture_setup,
                                        fixture_teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
