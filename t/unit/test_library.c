
/*
 * libtuanbo.so: the ledger of a shop in another process, which sells, stops,
 * dies, makes its map larger, goes on from a backup, or is of another schema.
 */

#include "fixture.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../../conf/tools/libtuanbo.c"
#include "../../conf/tools/machine.c"


#define SMALL  (1024 * 1024)

typedef struct {
    char                 path[64];
    pid_t                pid;
    int                  fd;            /* to the shop */
    fs_seq_t             last;          /* its last entry */
    tuanbo_store_t      *store;
    fs_seq_t             seq;           /* where its reader is */
    uint8_t              hash[FS_HASH_LEN];
    char                 buf[64 * TUANBO_LINE_MAX];
} library_t;


/* ---- the shop, a child: it does a letter after the other */

static void
library_files(fixture_t *fixture, const char *format)
{
    char  command[512];

    snprintf(command, sizeof(command), format, fixture->path, fixture->path);
    assert_int_equal(system(command), 0);
}


static void
library_schema(fixture_t *fixture, uint32_t schema)
{
    uint8_t  row[4];

    fixture_begin(fixture);
    fs_set_le32(row, schema);
    fs_db_put(&fixture->write.log, fixture->store->log_dbi[FS_LOG_META],
              FS_META_SCHEMA, sizeof(FS_META_SCHEMA) - 1, row, sizeof(row),
              0);
    fixture_commit(fixture);
}


static void
library_do(fixture_t *fixture, char what)
{
    static uint32_t  sale;
    static unsigned  buyer, i;

    switch (what) {

    case 'o':
        fixture_open(fixture);

        if (sale == 0) {
            sale = fixture_stocked(fixture, "grape", 100000, 0);
        }

        break;

    case 'c':
        fixture_close(fixture, 1);
        break;

    case 't':
        buyer++;
        assert_string_equal(fixture_take(fixture, buyer, sale, 1, buyer),
                            "created");
        break;

    case 'm':                           /* more than the map that was */
        fixture_close(fixture, 0);
        fixture->conf.map_size = 8 * SMALL;
        fixture_open(fixture);

        for (i = 0; i < 9000; i++) {
            library_do(fixture, 't');
        }

        break;

    case 'b':
        library_files(fixture, "cp %s/log/data.mdb %s/backup");
        break;

    case 'r':
        library_files(fixture, "mv %s/backup %s/log/data.mdb");
        break;

    case 'n':                           /* another one, with nothing in it */
        library_files(fixture, "rm -r %s/log %s/index-*");
        sale = 0;
        break;

    case 'k':
        library_files(fixture, "mv %s/log/lock.mdb %s/lock");
        break;

    case 'K':
        library_files(fixture, "mv %s/lock %s/log/lock.mdb");
        break;

    case '9':
        library_schema(fixture, FS_SCHEMA + 1);
        fixture_close(fixture, 0);
        break;

    default:                            /* as after a boot */
        fixture->conf.boot_id[0] ^= 1;
        break;
    }
}


static void
library_shop(const char *path, int fd)
{
    char        what;
    fs_seq_t    last;
    fixture_t  *fixture;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    fixture = fixture_create(path);
    fixture->conf.map_size = SMALL;
    machine_boot_id(fixture->conf.boot_id);

    while (read(fd, &what, 1) == 1) {
        library_do(fixture, what);
        last = fixture->store ? fixture_seq(fixture) : 0;

        if (write(fd, &last, sizeof(last)) != sizeof(last)) {
            break;
        }
    }

    _exit(0);
}


static void
shop_does(library_t *library, const char *words)
{
    fs_seq_t  last;

    for ( /* void */ ; *words; words++) {
        assert_int_equal(write(library->fd, words, 1), 1);
        assert_int_equal(read(library->fd, &last, sizeof(last)),
                         sizeof(last));

        if (last) {
            library->last = last;
        }
    }
}


static int
setup(void **context)
{
    int         pair[2];
    char        path[] = "/tmp/library-XXXXXX";
    library_t  *library;

    library = calloc(1, sizeof(library_t));
    assert_non_null(library);
    assert_non_null(mkdtemp(path));
    strcpy(library->path, path);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);

    library->pid = fork();

    if (library->pid == 0) {
        close(pair[0]);
        library_shop(path, pair[1]);
    }

    close(pair[1]);
    library->fd = pair[0];
    library->store = tuanbo_create(path);
    *context = library;

    return 0;
}


static int
teardown(void **context)
{
    library_t  *library = *context;

    tuanbo_destroy(library->store);
    close(library->fd);
    (void) kill(library->pid, SIGKILL);
    (void) waitpid(library->pid, NULL, 0);
    files_remove(library->path);
    free(library);

    return 0;
}


/* ---- who reads */

static int
lines(library_t *library, int limit)
{
    return tuanbo_lines(library->store, (double) library->seq, library->hash,
                        limit, library->buf, sizeof(library->buf));
}


static void
unhex(const char *text, uint8_t *bytes)
{
    unsigned  i;

    for (i = 0; i < FS_HASH_LEN; i++) {
        assert_int_equal(sscanf(text + 2 * i, "%2hhx", &bytes[i]), 1);
    }
}


/* All lines there are: each goes on where the one before ended. */

static void
read_all(library_t *library, int limit)
{
    int         len, n;
    char       *line, *end, *at;
    fs_entry_t  entry;

    while ((len = lines(library, limit)) > 0) {
        n = 0;

        for (line = library->buf; line < library->buf + len; line = end + 1) {
            end = memchr(line, '\n',
                         (size_t) (library->buf + len - line));
            assert_non_null(end);
            *end = '\0';
            assert_int_equal(strtoull(line + sizeof("{\"seq\":") - 1, NULL,
                                      10), ++library->seq);

            at = strstr(line, ",\"hash\":\"");
            assert_non_null(at);
            assert_int_equal(fs_entry_chain(&entry, library->hash, line,
                                            (size_t) (at - line)), 0);
            unhex(at + sizeof(",\"hash\":\"") - 1, library->hash);
            assert_memory_equal(entry.hash, library->hash, FS_HASH_LEN);
            n++;
        }

        assert_true(n <= limit);
    }

    if (len != 0) {
        fail_msg("%d: %s", len, tuanbo_message(library->store));
    }

    assert_int_equal(library->seq, library->last);
}


static void
refused(library_t *library, int code, const char *words)
{
    assert_int_equal(lines(library, 10), code);

    if (strstr(tuanbo_message(library->store), words) == NULL) {
        fail_msg("\"%s\" in: %s", words, tuanbo_message(library->store));
    }
}


static void
begin_again(library_t *library)
{
    library->seq = 0;
    memset(library->hash, 0, FS_HASH_LEN);
}


static void
test_follows(void **context)
{
    unsigned    i;
    library_t  *library = *context;
    struct stat st;
    char        name[128];

    assert_int_equal(tuanbo_version(), TUANBO_VERSION);

    refused(library, TUANBO_NOT_NOW, "there is no store in");
    snprintf(name, sizeof(name), "%s/mark", library->path);
    assert_int_equal(stat(name, &st), -1);

    shop_does(library, "ot");
    read_all(library, 1);
    shop_does(library, "ttt");
    read_all(library, 2);

    for (i = 0; i < 300; i++) {
        shop_does(library, "t");
    }

    begin_again(library);
    read_all(library, 1000);

    assert_int_equal(lines(library, 0), TUANBO_NOT_NOW);

    /* a small buffer has whole lines only */

    begin_again(library);
    assert_in_range(tuanbo_lines(library->store, 0, library->hash, 100,
                                 library->buf, TUANBO_LINE_MAX + 1), 1,
                    TUANBO_LINE_MAX);
    assert_int_equal(tuanbo_lines(library->store, 0, library->hash, 100,
                                  library->buf, 100), 0);
}


/* Stopped cleanly, killed, started again. */

static void
test_shop_down(void **context)
{
    library_t  *library = *context;

    shop_does(library, "ottt");
    read_all(library, 1000);
    shop_does(library, "tt");
    (void) kill(library->pid, SIGKILL);
    read_all(library, 1000);

    /* who comes new finds it, too */

    tuanbo_destroy(library->store);
    library->store = tuanbo_create(library->path);
    begin_again(library);
    read_all(library, 1000);
}


/* It keeps the shop's end clean, and its lock file the shop's. */

static void
test_leaves_no_trace(void **context)
{
    char         name[128];
    library_t   *library = *context;
    struct stat  st;

    shop_does(library, "ot");
    read_all(library, 1000);
    shop_does(library, "c");
    snprintf(name, sizeof(name), "%s/index-1/clean", library->path);
    assert_int_equal(stat(name, &st), 0);
    read_all(library, 1000);

    tuanbo_destroy(library->store);
    library->store = tuanbo_create(library->path);
    shop_does(library, "k");
    refused(library, TUANBO_NOT_NOW, "lock.mdb is missing");
    snprintf(name, sizeof(name), "%s/log/lock.mdb", library->path);
    assert_int_equal(stat(name, &st), -1);
    shop_does(library, "K");
    read_all(library, 1000);
}


static void
test_map_grown(void **context)
{
    library_t  *library = *context;

    shop_does(library, "ot");
    read_all(library, 1000);
    shop_does(library, "m");
    read_all(library, 1000);
    assert_in_range(library->seq, 9000, 10000);
}


/* The machine was started again: not before the shop has looked. */

static void
test_boot(void **context)
{
    library_t  *library = *context;

    shop_does(library, "otcx");
    shop_does(library, "o");
    refused(library, TUANBO_NOT_NOW, "was not opened by a shop since");
    shop_does(library, "cxot");
    read_all(library, 1000);
}


/*
 * A backup in its place, which has not all that was read; another store.  The
 * shop does not open it while somebody has the one that was, so that is let
 * go of by the next call.
 */

static void
test_other_ledger(void **context)
{
    library_t  *library = *context;

    shop_does(library, "ottcbott");
    read_all(library, 1000);
    shop_does(library, "cr");
    refused(library, TUANBO_NOT_NOW, "has no entry of this boot, or life");
    shop_does(library, "o");
    assert_int_equal(lines(library, 10), TUANBO_FORKED);
    begin_again(library);
    read_all(library, 1000);
    shop_does(library, "t");
    read_all(library, 1000);
    assert_non_null(strstr(library->buf, "\"held\""));

    shop_does(library, "cn");
    assert_int_equal(lines(library, 10), 0);
    shop_does(library, "ot");
    assert_int_equal(lines(library, 10), TUANBO_FORKED);
    begin_again(library);
    read_all(library, 1000);

    library->hash[3] ^= 1;
    refused(library, TUANBO_FORKED, "another ledger");
    library->hash[3] ^= 1;
    library->seq++;
    refused(library, TUANBO_FORKED, "another ledger");
}


/* Of a program that is newer. */

static void
test_schema(void **context)
{
    library_t  *library = *context;

    shop_does(library, "ot9");
    refused(library, TUANBO_SCHEMA, "has schema 4, this program knows 1 to 3");
    refused(library, TUANBO_SCHEMA, library->path);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_follows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_shop_down, setup, teardown),
        cmocka_unit_test_setup_teardown(test_leaves_no_trace, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_map_grown, setup, teardown),
        cmocka_unit_test_setup_teardown(test_boot, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_ledger, setup, teardown),
        cmocka_unit_test_setup_teardown(test_schema, setup, teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
