
/*
 * Passes that fail: everybody is answered, nothing is taken, and the next
 * pass works.
 */

#include "leader_fixture.h"
#include "pair/pair.h"

#include <signal.h>
#include <sys/resource.h>


/* What no worker would add is refused and harms nothing. */

static void
test_garbage(void **data)
{
    fixture_t     f;
    fs_pass_t     p;
    fs_command_t  command;

    (void) data;

    fixture_open(&f, MAP, 10);
    inherit(&f, 0);

    shop_hold(&f.shop, &command, 1);
    command.lines_n = 200;
    assert_int_equal(fs_ring_push(f.rings, 0, &command, 1, 1), FS_OK);

    shop_hold(&f.shop, &command, 2);
    command.type = FS_COMMAND_DEFINE;
    assert_int_equal(fs_ring_push(f.rings, 0, &command, 2, 1), FS_OK);

    shop_hold(&f.shop, &command, 3);
    command.type = 99;
    assert_int_equal(fs_ring_push(f.rings, 0, &command, 3, 1), FS_OK);

    push(&f, 0, 4, 1);

    assert_int_equal(pass(&f, &p), FS_OK);
    assert_int_equal(take(&f, 0, 1), FS_INTERNAL);
    assert_int_equal(take(&f, 0, 2), FS_INTERNAL);
    assert_int_equal(take(&f, 0, 3), FS_INTERNAL);
    assert_int_equal(take(&f, 0, 4), FS_CREATED);

    fixture_close(&f);
}


/* The seq of a hold that a buyer gets. */

static fs_seq_t
get(fixture_t *f, uint64_t buyer)
{
    fs_result_t   result;
    fs_command_t  command;

    shop_hold(&f->shop, &command, buyer);
    fs_leader_one(f->leader, &command, NULL, &result);
    assert_int_equal(result.outcome, FS_CREATED);

    return result.hold.seq;
}


static fs_outcome_t
one(fixture_t *f, const fs_command_t *command)
{
    fs_result_t  result;

    fs_leader_one(f->leader, command, NULL, &result);

    return result.outcome;
}


static void
push_release(fixture_t *f, uint64_t buyer, fs_seq_t hold, uint64_t token)
{
    fs_command_t  command;

    shop_hold(&f->shop, &command, buyer);
    command.type = FS_COMMAND_RELEASE;
    command.hold = hold;
    assert_int_equal(fs_ring_push(f->rings, 0, &command, token,
                                  (int64_t) token),
                     FS_OK);
}


/* Put something in a row's place. */

static void
damage(fixture_t *f, int index, MDB_dbi dbi, const void *key, size_t len)
{
    fs_pair_t  write;

    assert_int_equal(fs_pair_begin(f->store, &write), FS_OK);
    fs_db_put(index ? &write.index : &write.log, dbi, key, len, "damaged", 7,
              0);

    /* the index commits only with the log */

    fs_db_put(&write.log, f->store->log_dbi[FS_LOG_RINGS], "x", 1, "y", 1, 0);
    assert_int_equal(fs_pair_commit(&write, NULL), FS_OK);
}


/* What no index can mend is the trouble of who meets it, not of everybody. */

static void
test_damaged_entry(void **data)
{
    uint64_t   i, key;
    fixture_t  f;
    fs_pass_t  p;

    (void) data;

    fixture_open(&f, MAP, 100);
    inherit(&f, 0);

    key = get(&f, 50);
    (void) get(&f, 51);
    damage(&f, 0, f.store->log_dbi[FS_LOG_LEDGER], &key, sizeof(key));

    for (i = 0; i < 9; i++) {

        if (i % 4 == 1) {
            push_release(&f, 50, key, i);

        } else {
            push(&f, 0, i, (int64_t) i);
        }
    }

    for (i = 0; i < 9; i++) {
        (void) pass(&f, &p);

        if (!p.more) {
            break;
        }
    }

    assert_in_range(i, 1, 8);

    for (i = 0; i < 9; i++) {
        assert_int_equal(take(&f, 0, i),
                         i % 4 == 1 ? FS_INTERNAL : FS_CREATED);
    }

    assert_int_equal(f.store->index_n, 1);

    fixture_close(&f);
}


/* A damaged row of the index costs everybody a 503: another is folded. */

static void
test_damaged_row(void **data)
{
    uint8_t       sale[4], buyer[1 + FS_BUYER_LEN];
    uint64_t      buyers[8];
    unsigned      i;
    fs_seq_t      seq;
    fixture_t     f;
    fs_pass_t     p;
    fs_command_t  command;

    const struct {
        fs_index_db_t  db;
        const void    *key;
        size_t         len;
    } rows[] = {
        { FS_INDEX_HOLDS, &seq, sizeof(seq) },
        { FS_INDEX_BUYERS, buyer, sizeof(buyer) },
        { FS_INDEX_SALES, sale, sizeof(sale) }
    };

    (void) data;

    fixture_open(&f, MAP, 100);
    inherit(&f, 0);

    fs_set_be32(sale, f.shop.sale);

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        seq = get(&f, i);
        shop_hold(&f.shop, &command, i);
        buyer[0] = 0;                   /* the first generation */
        memcpy(buyer + 1, command.buyer, FS_BUYER_LEN);
        damage(&f, 1, f.store->index_dbi[rows[i].db], rows[i].key,
               rows[i].len);

        push(&f, 0, 100 + i, 0);
        push_release(&f, i, seq, i);

        assert_int_equal(pass(&f, &p), FS_REBUILDING);
        assert_int_equal(take(&f, 0, 100 + i), FS_REBUILDING);
        assert_int_equal(take(&f, 0, i), FS_REBUILDING);

        push(&f, 0, 100 + i, 0);
        push_release(&f, i, seq, i);

        assert_int_equal(pass(&f, &p), FS_OK);
        assert_int_equal(take(&f, 0, 100 + i), FS_CREATED);
        assert_int_equal(take(&f, 0, i), FS_OK);
        assert_int_equal(f.store->index_n, i + 2);
    }

    /* the same by an operator's command */

    seq = get(&f, 7);
    damage(&f, 1, f.store->index_dbi[FS_INDEX_HOLDS], &seq, sizeof(seq));
    shop_hold(&f.shop, &command, 7);
    command.type = FS_COMMAND_RELEASE;
    command.hold = seq;

    assert_int_equal(one(&f, &command), FS_REBUILDING);
    assert_int_equal(one(&f, &command), FS_OK);
    assert_int_equal(f.store->index_n, i + 2);

    assert_int_equal(held(&f, buyers, 8), 2 * i + 1);

    fixture_close(&f);
}


/*
 * The map is full: everything is answered, nothing is taken, reads go on.
 * Where a large batch has no room a smaller one may have.
 */

static void
test_store_full(void **data)
{
    int         fresh, outcome;
    uint64_t    i, n, next, created, *buyers;
    fixture_t   f;
    fs_pass_t   p;
    fs_sale_t   row;

    (void) data;

    fixture_open(&f, 2 * 1024 * 1024, 100000);
    inherit(&f, 0);

    buyers = calloc(100000, sizeof(uint64_t));
    assert_non_null(buyers);

    created = 0;
    next = 0;

    for (n = 729; n != 0; n /= 3) {

        do {
            assert_true(next < 90000);

            for (i = 0; i < n; i++) {
                push(&f, 0, next + i, (int64_t) i);
            }

            outcome = pass(&f, &p);

            for (i = 0; i < n; i++) {
                assert_int_equal(take(&f, 0, next + i),
                                 outcome == FS_OK ? FS_CREATED
                                                  : FS_STORE_FULL);
                created += outcome == FS_OK;
            }

            assert_int_equal(take(&f, 0, 0), -1);
            assert_int_equal(f.rings->waiting, 0);
            next += n;

        } while (outcome == FS_OK);

        assert_int_equal(outcome, FS_STORE_FULL);
        assert_true(created > 729);
    }

    assert_int_equal(held(&f, buyers, 100000), created);

    /* when it was the index that had no room it says that it is behind */

    fresh = sale(&f, &row);
    assert_int_equal(row.stock, 100000);

    if (fresh) {
        assert_int_equal(row.held, created);

    } else {
        assert_in_range(row.held, 1, created - 1);
    }

    free(buyers);
    fixture_close(&f);
}


/* A file that may not grow is a disk that does not take it. */

static void
disk_fails(fixture_t *f, void *data)
{
    int            i;
    fs_pass_t      p;
    struct rlimit  limit;

    (void) data;

    signal(SIGXFSZ, SIG_IGN);
    inherit(f, 0);

    limit.rlim_cur = 8192;
    limit.rlim_max = RLIM_INFINITY;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);

    for (i = 0; i < 200; i++) {
        push(f, 0, i, i);
    }

    (void) pass(f, &p);

    if (p.outcome != FS_DISK_FAILED && p.outcome != FS_STORE_FULL) {
        _exit(2);
    }

    for (i = 0; i < 200; i++) {
        if (take(f, 0, i) != (int) p.outcome) {
            _exit(3);
        }
    }

    limit.rlim_cur = RLIM_INFINITY;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);

    push(f, 0, 200, 200);
    (void) pass(f, &p);

    if (p.outcome != FS_OK || take(f, 0, 200) != FS_CREATED) {
        _exit(4);
    }
}


static void
test_disk_failed(void **data)
{
    uint64_t   buyers[4];
    fixture_t  f;

    (void) data;

    fixture_open(&f, MAP, 1000);
    in_child(&f, disk_fails, NULL, 0);
    assert_int_equal(held(&f, buyers, 4), 1);
    assert_int_equal(buyers[0], 200);
    fixture_close(&f);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_damaged_entry),
        cmocka_unit_test(test_damaged_row),
        cmocka_unit_test(test_store_full),
        cmocka_unit_test(test_disk_failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
