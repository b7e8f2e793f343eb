
/*
 * Each page of an open log is damaged, in ways that LMDB would believe, and
 * all is done that reads and writes: in a child, which must not die of it.
 */

#include "fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "read/audit.h"
#include "lmdb/page.h"
#include "read/read.h"


#define PAGE      4096
#define ROUNDS    4
#define SECONDS   60

typedef enum {
    PAGES_ENDS = 0,                     /* the free room of a page */
    PAGES_NODE,                         /* a node longer than its page */
    PAGES_OVER,                         /* two nodes in one place */
    PAGES_LIST,                         /* a list of free pages, too long */
    PAGES_FLIPPED,
    PAGES_GARBAGE,
    PAGES_ZERO,
    PAGES_CUT,                          /* the file ends before it */
    PAGES_N
} pages_how_t;

static const char *const  pages_how[] = {
    "ends", "node", "over", "list", "flipped", "garbage", "zero", "cut"
};

/* what a child starts from; the index is folded again if it is another */
static const char *const  pages_files[] = {
    "log/data.mdb", "log/lock.mdb", "mark"
};

#define PAGES_FILES  (sizeof(pages_files) / sizeof(pages_files[0]))

typedef struct {
    uint8_t             *data;
    size_t               len;
} pages_file_t;

typedef struct {
    fixture_t           *fixture;
    uint64_t             page;
    pages_how_t          how;
} pages_case_t;

static pages_file_t  pages_good[PAGES_FILES];
static off_t         pages_length;


static int
pages_open(fixture_t *fixture, const char *file)
{
    int   fd;
    char  name[128];

    snprintf(name, sizeof(name), "%s/%s", fixture->path, file);
    fd = open(name, O_RDWR|O_CLOEXEC);
    assert_int_not_equal(fd, -1);

    return fd;
}


static uint64_t
pages_last(void)
{
    uint64_t  a, b;

    a = fs_get_le64(pages_good[0].data + 136);
    b = fs_get_le64(pages_good[0].data + PAGE + 136);

    return a > b ? a : b;
}


static void
pages_keep(fixture_t *fixture)
{
    int          fd;
    unsigned     i;
    struct stat  st;

    for (i = 0; i < PAGES_FILES; i++) {
        fd = pages_open(fixture, pages_files[i]);
        assert_int_equal(fstat(fd, &st), 0);

        if (i == 0) {
            pages_length = st.st_size;
        }

        pages_good[i].len = st.st_size < (4 << 20) ? (size_t) st.st_size
                                                   : 4 << 20;
        pages_good[i].data = malloc(pages_good[i].len);
        assert_non_null(pages_good[i].data);
        assert_int_equal(pread(fd, pages_good[i].data, pages_good[i].len, 0),
                         pages_good[i].len);
        close(fd);
    }
}


static void
pages_restore(fixture_t *fixture)
{
    int       fd;
    unsigned  i;

    for (i = 0; i < PAGES_FILES; i++) {
        fd = pages_open(fixture, pages_files[i]);

        if (i == 0) {
            assert_int_equal(ftruncate(fd, pages_length), 0);
        }

        assert_int_equal(pwrite(fd, pages_good[i].data, pages_good[i].len,
                                0), pages_good[i].len);
        close(fd);
    }
}


static void
pages_noise(fixture_t *fixture, uint8_t *p, size_t len)
{
    size_t   i;
    uint8_t  byte;

    for (i = 0; i < len; i++) {
        (void) fixture_random(fixture, &byte, 1);
        p[i] ^= byte;
    }
}


/* 0: it makes no difference to this page. */

static int
pages_spoil(fixture_t *fixture, uint64_t n, pages_how_t how)
{
    int       fd, rc;
    uint8_t   page[PAGE], *node;
    unsigned  nodes, flags;

    memcpy(page, pages_good[0].data + n * PAGE, PAGE);

    flags = fs_get_le16(page + 10);
    nodes = (flags & (FS_PAGE_BRANCH|FS_PAGE_LEAF)) ? fs_page_nodes(page) : 0;
    fixture->seed = n * 100 + how;
    rc = 1;

    fd = pages_open(fixture, pages_files[0]);

    switch (how) {

    case PAGES_ENDS:
        fs_set_le16(page + 12, 60000);
        fs_set_le16(page + 14, 100);
        break;

    case PAGES_NODE:

        if (nodes == 0) {
            rc = 0;
            break;
        }

        /* the first in the page, behind all others */

        node = page + fs_get_le16(page + 14);
        fs_set_le32(node, 60000);
        fs_set_le16(node + 6, 60000);
        break;

    case PAGES_OVER:

        if (nodes < 2) {
            rc = 0;
            break;
        }

        memcpy(page + FS_PAGE_HEADER, page + FS_PAGE_HEADER + 2, 2);
        break;

    case PAGES_LIST:

        if (!(flags & FS_PAGE_LEAF)
            || fs_get_le16(page + fs_get_le16(page + 16) + 6) != 8)
        {
            rc = 0;
            break;
        }

        for (node = page + fs_get_le16(page + 14); node < page + PAGE - 32;
             node += 2)
        {
            fs_set_le64(node + 16, UINT64_MAX / 8 - 1);
            node += FS_PAGE_NODE + 8 + fs_get_le32(node);
        }

        break;

    case PAGES_FLIPPED:
        pages_noise(fixture, page + 10, 400);
        break;

    case PAGES_GARBAGE:
        pages_noise(fixture, page, PAGE);
        break;

    case PAGES_ZERO:
        memset(page, 0, PAGE);
        break;

    default:
        rc = ftruncate(fd, (off_t) (n * PAGE)) == 0 ? 2 : 0;
        break;
    }

    if (rc == 1 && pwrite(fd, page, PAGE, (off_t) (n * PAGE)) != PAGE) {
        rc = 0;
    }

    close(fd);

    return rc;
}


/* As fixture_decide(), but it may fail. */

static void
pages_decide(fixture_t *fixture, const fs_command_t *command,
    const fs_operator_t *op)
{
    if (fs_pair_begin(fixture->store, &fixture->write) != FS_OK) {
        return;
    }

    fs_store_time(fixture->store, &fixture->now);
    fs_sheet_begin(&fixture->sheet, &fixture->write, fixture->crypto,
                   fixture->cache);
    fs_decide(&fixture->sheet, command, op, &fixture->now, &fixture->result);

    if (fs_sheet_end(&fixture->sheet) == FS_OK) {
        (void) fs_pair_commit(&fixture->write, NULL);

    } else {
        fs_pair_abort(&fixture->write);
    }
}


static void
pages_document(fixture_t *fixture, unsigned id, size_t len)
{
    char           name[16], doc[4096];
    fs_command_t   command;
    fs_operator_t  op;

    memset(doc, 'x', sizeof(doc));
    doc[0] = '"';
    doc[len - 1] = '"';

    snprintf(name, sizeof(name), "n-%u", id);

    memset(&op, 0, sizeof(op));
    op.kind = fixture_str("note");
    op.slug = fixture_str(name);
    op.doc.data = doc;
    op.doc.len = len;

    memset(&command, 0, sizeof(command));
    command.type = FS_COMMAND_DOCUMENT;
    memset(command.buyer, 0xad, FS_BUYER_LEN);

    pages_decide(fixture, &command, &op);
}


static void
pages_read(fixture_t *fixture)
{
    int            more;
    size_t         i, j, n;
    unsigned       sum;
    fs_view_t      view;
    fs_reader_t   *reader;

    static fs_entry_t         entries[1000];
    static fs_sale_t          sales[64];
    static fs_document_t      documents[64];
    static volatile unsigned  seen;

    reader = fs_reader_create(fixture->store);

    if (reader == NULL) {
        return;
    }

    if (fs_view_open_log(reader, &view) == FS_OK) {
        (void) fs_view_sales(&view, fixture_str(""), 64, sales, &more);
        (void) fs_view_entries(&view, 0, 1000, entries);
        more = fs_view_documents(&view, fixture_str("note"), fixture_str(""),
                                 64, documents, &more);
        n = more > 0 ? (size_t) more : 0;

        for (i = 0, sum = 0; i < n; i++) {
            for (j = 0; j < documents[i].doc.len; j++) {
                sum += (uint8_t) documents[i].doc.data[j];
            }
        }

        seen += sum;
        fs_view_close(&view);
    }

    fs_reader_destroy(reader);
}


/* In a thread that is made as those of the workers are. */

static void *
pages_child(void *data)
{
    int           fd;
    void         *p;
    uint64_t      n = ((pages_case_t *) data)->page;
    fixture_t    *fixture = ((pages_case_t *) data)->fixture;
    unsigned      i;
    fs_command_t  command;

    fd = open("/dev/null", O_WRONLY);
    (void) dup2(fd, STDERR_FILENO);

    fixture_open(fixture);

    if (!pages_spoil(fixture, n, ((pages_case_t *) data)->how)) {
        _exit(2);
    }

    if (n % 2) {
        pages_read(fixture);
    }

    for (i = 0; i < ROUNDS; i++) {
        fixture_hold(&command, 5000 + i, 1 + i, 1, i + 1);
        pages_decide(fixture, &command, NULL);

        pages_document(fixture, ((unsigned) n * 7 + i) % 60,
                       100 + (n * 131 + i * 977) % 3000);
        pages_read(fixture);

        fixture_hold(&command, 6000 + i, 1, 1, 100 + i);
        pages_decide(fixture, &command, NULL);
    }

    fs_store_close(fixture->store, 0);

    /* a heap that was written over shows it now */

    for (i = 0; i < 2000; i++) {
        p = malloc(i * 7);
        free(p);
    }

    return NULL;
}


static void
pages_run(fixture_t *fixture, uint64_t n, pages_how_t how)
{
    sigset_t      old;
    pthread_t     tid;
    pages_case_t  one;

    one.fixture = fixture;
    one.page = n;
    one.how = how;

    alarm(SECONDS);
    fs_guard_block(&old);

    if (pthread_create(&tid, NULL, pages_child, &one) != 0) {
        _exit(1);
    }

    (void) pthread_sigmask(SIG_SETMASK, &old, NULL);
    (void) pthread_join(tid, NULL);

    /* what was lost with a page is no leak */

    _exit(0);
}


/* Another program: cmocka has handlers of its own for what ends this one. */

static int
pages_status(fixture_t *fixture, uint64_t n, unsigned how)
{
    int    status;
    char   page[24], way[12];
    pid_t  pid;

    snprintf(page, sizeof(page), "%llu", (unsigned long long) n);
    snprintf(way, sizeof(way), "%u", how);

    pid = fork();
    assert_int_not_equal(pid, -1);

    if (pid == 0) {
        execl("/proc/self/exe", "test_pages", fixture->path, page, way,
              (char *) NULL);
        _exit(127);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);

    return status;
}


static void
test_pages(void **context)
{
    int         status;
    unsigned    how, died, tried;
    uint64_t    n;
    fixture_t  *fixture = *context;

    pages_keep(fixture);
    assert_true(pages_last() > 30);

    died = 0;

    for (how = 0; how < PAGES_N; how++) {
        tried = 0;

        for (n = 0; n <= pages_last(); n++) {
            pages_restore(fixture);
            status = pages_status(fixture, n, how);

            if (!WIFEXITED(status) || WEXITSTATUS(status) != 2) {
                tried++;
            }

            if (!WIFEXITED(status) || (WEXITSTATUS(status) & ~2) != 0) {
                died++;
                print_message("# page %u, %s: status %x\n", (unsigned) n,
                              pages_how[how], (unsigned) status);
            }
        }

        print_message("# %s: %u pages\n", pages_how[how], tried);
        assert_true(tried > 0);
    }

    pages_restore(fixture);
    assert_int_equal(died, 0);
}


static int
pages_setup(void **context)
{
    char        name[16];
    unsigned    i;
    fixture_t  *fixture;

    if (fixture_setup(context) != 0) {
        return -1;
    }

    fixture = *context;
    (void) fixture_stocked(fixture, "grape", 60000, 0);

    for (i = 1; i <= 30; i++) {
        snprintf(name, sizeof(name), "pear-%u", i);
        (void) fixture_stocked(fixture, name, 10, 0);
    }

    for (i = 1; i <= 200; i++) {
        (void) fixture_take(fixture, i, 1, 1, i);
    }

    for (i = 0; i < 60; i++) {
        pages_document(fixture, i, 100 + i * 577 % 2500);
    }

    fixture_close(fixture, 0);

    return 0;
}


int
main(int argc, char **argv)
{
    fixture_t  *fixture;

    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_pages, pages_setup,
                                        fixture_teardown)
    };

    if (argc == 4) {
        fixture = fixture_create(argv[1]);
        pages_keep(fixture);

        pages_run(fixture, strtoull(argv[2], NULL, 10),
                  (pages_how_t) atoi(argv[3]));
    }

    return cmocka_run_group_tests(tests, NULL, NULL);
}
