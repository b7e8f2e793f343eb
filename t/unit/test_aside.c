
/*
 * One bad row must not stop the others.  Rows of the index, and of the log,
 * are damaged on purpose; what is due otherwise is done, the bad row is named
 * once and met no more, also after a restart, and another index brings it
 * back.
 */

#include "common/said.h"
#include "fixture.h"

#include "fold/aside.h"
#include "lead/lead.h"
#include "sheet/sheet.h"
#include "pair/pair.h"


#define LOG_MAX  4096

static char  said[LOG_MAX];


static void
keep_words(void *data, fs_say_level_t level, const char *message)
{
    size_t  len;

    (void) data;

    if (level == FS_SAY_ERROR) {
        len = strlen(said);
        snprintf(said + len, sizeof(said) - len, "%s\n", message);
    }
}


static int
setup(void **context)
{
    int         rc;
    fixture_t  *fixture;

    rc = fixture_setup(context);
    fixture = *context;
    fixture->conf.log = keep_words;
    fixture->store->conf.log = keep_words;
    said[0] = '\0';

    return rc;
}


/* All that is due, as a commit thread does it; how many passes. */

static unsigned
passes(fixture_t *fixture)
{
    unsigned      n;
    fs_pass_t     pass;
    fs_leader_t  *leader;

    leader = fs_leader_create(fixture->store, NULL);
    assert_non_null(leader);

    n = 0;

    do {
        fs_leader_pass(leader, NULL, &pass);
        assert_string_equal(fs_outcome_code(pass.outcome), "ok");
        assert_in_range(++n, 1, 50);
    } while (pass.more);

    fs_leader_destroy(leader);

    return n;
}


static uint64_t
asides(fixture_t *fixture)
{
    fs_store_stat_t  stat;

    assert_int_equal(fs_store_stat(fixture->store, &stat), 0);

    return stat.asides;
}


/* Another value for a row, or (NULL) none; of the index or of the log. */

static void
put_row(fixture_t *fixture, int log, MDB_dbi dbi, const void *key, size_t len,
    const char *value)
{
    fs_txn_t  *txn;

    fixture_begin(fixture);
    txn = log ? &fixture->write.log : &fixture->write.index;

    if (value != NULL) {
        fs_db_put(txn, dbi, key, len, value, strlen(value), 0);

    } else {
        assert_true(fs_db_delete(txn, dbi, key, len, NULL, 0));
    }

    if (log) {
        fixture_commit(fixture);
        return;
    }

    assert_int_equal(mdb_txn_commit(fixture->write.index.txn), 0);
    fixture->write.index.txn = NULL;
    fixture_abort(fixture);
}


static void
damage_hold(fixture_t *fixture, fs_seq_t hold)
{
    put_row(fixture, 0, fixture->store->index_dbi[FS_INDEX_HOLDS], &hold,
            sizeof(hold), "garbage");
}


static void
rebuild(fixture_t *fixture)
{
    atomic_store(&fixture->store->mark->stale, 1);
    assert_int_equal(fs_store_catch_up(fixture->store, 1000, NULL, NULL),
                     FS_OK);
    assert_int_equal(asides(fixture), 0);
}


static fs_seq_t
take(fixture_t *fixture, unsigned buyer, uint32_t sale)
{
    assert_string_equal(fixture_take(fixture, buyer, sale, 1, buyer),
                        "created");

    return fixture->result.hold.seq;
}


static fs_seq_t
take_at(fixture_t *fixture, unsigned buyer, uint32_t sale,
    const char *pickup)
{
    fs_command_t  command;

    if (!fixture_has_point(fixture, pickup)) {
        assert_string_equal(fixture_point(fixture, pickup), "ok");
    }

    fixture_hold(&command, buyer, sale, 1, 0);
    fs_slug_set(&command.pickup, fixture_str(pickup));
    assert_string_equal(fixture_decide(fixture, &command, NULL), "created");

    return fixture->result.hold.seq;
}


static void
test_hold(void **context)
{
    fs_seq_t    holds[4];
    uint32_t    grape, plum;
    unsigned    i;
    fixture_t  *fixture = *context;

    grape = fixture_stocked(fixture, "grape", 5, 0);
    plum = fixture_stocked(fixture, "plum", 5, 0);

    for (i = 0; i < 4; i++) {
        holds[i] = take(fixture, i + 1, (i < 3) ? grape : plum);
    }

    damage_hold(fixture, holds[1]);
    fixture_pass(fixture, FIXTURE_TERM);
    passes(fixture);

    for (i = 0; i < 4; i++) {
        if (i != 1) {
            assert_string_equal(fixture_state(fixture, holds[i]), "expired");
        }
    }

    fixture_units(fixture, grape, 1, 0);
    assert_int_equal(asides(fixture), 1);
    assert_int_equal(said_times(said, "set aside: what is due of sale 1"), 1);
    assert_int_equal(fixture->store->index_n, 1);

    /* it is remembered, and not met again */

    fixture_close(fixture, 1);
    fixture_open(fixture);
    take(fixture, 9, grape);
    fixture_pass(fixture, FIXTURE_TERM);
    passes(fixture);
    fixture_units(fixture, grape, 1, 0);
    assert_int_equal(asides(fixture), 1);
    assert_int_equal(said_times(said, "set aside"), 1);
    assert_int_equal(fixture->store->index_n, 1);

    /* another index has the row again */

    rebuild(fixture);
    passes(fixture);
    assert_string_equal(fixture_state(fixture, holds[1]), "expired");
    fixture_units(fixture, grape, 0, 0);
    assert_int_equal(said_times(said, "set aside"), 1);
}


/* Units that a bad row holds are not given to who asks; others' are. */

static void
test_room(void **context)
{
    fs_seq_t    holds[3];
    uint32_t    grape;
    unsigned    i;
    fixture_t  *fixture = *context;

    grape = fixture_stocked(fixture, "grape", 3, 2);

    for (i = 0; i < 3; i++) {
        holds[i] = take(fixture, i + 1, grape);
    }

    damage_hold(fixture, holds[0]);
    fixture_pass(fixture, FIXTURE_TERM);

    assert_string_equal(fixture_take(fixture, 4, grape, 2, 0), "created");
    fixture_units(fixture, grape, 3, 0);
    assert_int_equal(asides(fixture), 1);
    assert_string_equal(fixture_take(fixture, 5, grape, 1, 0), "sold_out");

    /* nor does a bad one of a buyer's own stop the buyer's command */

    assert_string_equal(fixture_take(fixture, 1, grape, 2, 0), "over_limit");
    assert_int_equal(fixture->store->index_n, 1);
}


/*
 * The pickup point of an entry has no name: nothing can be written about
 * that hold, whatever index there is.
 */

static void
test_entry(void **context)
{
    uint8_t         key[5];
    fs_seq_t        bad[2], good;
    uint32_t        grape;
    fixture_t      *fixture = *context;
    fs_result_t     result;
    fs_leader_t    *leader;
    fs_command_t    command;

    grape = fixture_stocked(fixture, "grape", 3, 0);
    bad[0] = take_at(fixture, 1, grape, "north");
    bad[1] = take_at(fixture, 2, grape, "north");
    good = take(fixture, 3, grape);

    key[0] = 'P';
    fs_set_be32(key + 1, 1);
    put_row(fixture, 1, fixture->store->log_dbi[FS_LOG_NAMES], key,
            sizeof(key), NULL);

    fixture_pass(fixture, FIXTURE_TERM);
    passes(fixture);
    assert_string_equal(fixture_state(fixture, good), "expired");
    assert_string_equal(fixture_state(fixture, bad[0]), "held");
    assert_string_equal(fixture_state(fixture, bad[1]), "held");
    assert_int_equal(asides(fixture), 2);
    assert_int_equal(said_times(said, "what is to be done with it fails"), 2);

    /* it comes back, and is set aside by the next one; by a command, too */

    rebuild(fixture);
    leader = fs_leader_create(fixture->store, NULL);
    fixture_hold(&command, 4, grape, 1, 0);
    fs_leader_one(leader, &command, NULL, &result);
    assert_string_equal(fs_outcome_code(result.outcome), "created");
    command.lines[0].qty = 2;
    fs_leader_one(leader, &command, NULL, &result);
    assert_string_equal(fs_outcome_code(result.outcome), "sold_out");
    fs_leader_destroy(leader);
    assert_int_equal(asides(fixture), 2);
    assert_int_equal(fixture->store->index_n, 2);
}


/* The first entry of a hold: looked at when it ends, and when its key goes. */

static void
test_first_entry(void **context)
{
    int64_t     due;
    uint8_t     buyer[FS_BUYER_LEN], key[FS_KEY_HASH_LEN];
    fs_seq_t    held, ended, seq;
    uint32_t    grape;
    fixture_t  *fixture = *context;

    grape = fixture_stocked(fixture, "grape", 5, 0);
    ended = take(fixture, 1, grape);
    take(fixture, 2, grape);
    held = take(fixture, 3, grape);
    fixture_buyers(fixture, FS_COMMAND_RELEASE, 1, ended);

    put_row(fixture, 1, fixture->store->log_dbi[FS_LOG_LEDGER], &held,
            sizeof(held), "garbage");
    put_row(fixture, 1, fixture->store->log_dbi[FS_LOG_LEDGER], &ended,
            sizeof(ended), "garbage");

    fixture_pass(fixture, FIXTURE_TERM);
    passes(fixture);
    fixture_units(fixture, grape, 1, 0);
    assert_int_equal(asides(fixture), 1);

    fixture_pass(fixture, FS_KEY_KEPT_MS);
    passes(fixture);
    assert_int_equal(asides(fixture), 2);
    assert_int_equal(said_times(said, "its entry cannot be read"), 1);

    /* the other one's key went with its time */

    fixture_begin(fixture);
    fixture_buyer(buyer, 2);
    memset(key, 0, sizeof(key));
    fs_set_le32(key, 2);
    assert_false(fs_sheet_bound(&fixture->sheet, buyer, key, &seq));
    assert_false(fs_sheet_first_due(&fixture->sheet, 0, &due, &seq));
    fixture_abort(fixture);
}


/* Timers without a meaning, without a cause, and of a sale that is none. */

static void
test_timers(void **context)
{
    int64_t         wall;
    uint8_t         key[FS_TIMER_KEY_LEN], number[4];
    fs_seq_t        hold;
    uint32_t        grape, plum;
    fixture_t      *fixture = *context;
    fs_timer_t      timer;
    fs_operator_t   op;

    grape = fixture_stocked(fixture, "grape", 5, 0);
    fixture_operator(&op, "plum");
    op.opens_at = fixture->wall + FIXTURE_TERM;
    plum = fixture_define(fixture, &op);
    hold = take(fixture, 1, grape);
    wall = fixture->wall;

    put_row(fixture, 0, fixture->store->index_dbi[FS_INDEX_TIMERS],
            "m\0\0\0\0\0\0\0\2", 9, "");
    put_row(fixture, 0, fixture->store->index_dbi[FS_INDEX_TIMERS],
            "w\0\0\0\0\0\0\0\2", 9, "");

    memset(&timer, 0, sizeof(timer));
    timer.clock = 'w';
    timer.kind = FS_TIMER_CLOSE;
    timer.time = wall;
    timer.sale = 77;
    fs_timer_key(key, &timer);
    put_row(fixture, 0, fixture->store->index_dbi[FS_INDEX_TIMERS], key,
            sizeof(key), "");

    timer.clock = 'm';
    timer.kind = FS_TIMER_DUE;
    timer.time = 1;
    timer.sale = grape;
    fs_timer_key(key, &timer);
    put_row(fixture, 0, fixture->store->index_dbi[FS_INDEX_TIMERS], key,
            sizeof(key), "");

    fixture_pass(fixture, FIXTURE_TERM);
    passes(fixture);

    assert_string_equal(fixture_state(fixture, hold), "expired");
    assert_int_equal(fixture_sale(fixture, plum).opened, 1);
    assert_int_equal(asides(fixture), 4);
    assert_int_equal(said_times(said, "its key cannot be read"), 2);
    assert_int_equal(said_times(said, "there is nothing to do by it"), 2);

    /* the row of a sale: its own timer rests, the others' does not */

    hold = take(fixture, 2, grape);
    take(fixture, 3, plum);
    fs_set_be32(number, plum);
    put_row(fixture, 0, fixture->store->index_dbi[FS_INDEX_SALES], number,
            sizeof(number), "garbage");
    fixture_pass(fixture, FIXTURE_TERM);
    passes(fixture);
    assert_string_equal(fixture_state(fixture, hold), "expired");
    assert_int_equal(asides(fixture), 5);
    assert_int_equal(fixture->store->index_n, 1);

    rebuild(fixture);
    passes(fixture);
    fixture_units(fixture, plum, 0, 0);
}


/* A sale with a goal of 9 at each pickup point, or of all; three orders. */

static uint32_t
goal_sale(fixture_t *fixture, uint8_t by, fs_seq_t *orders)
{
    uint32_t       sale;
    unsigned       i;
    fs_operator_t  op;

    static const char *const  pickups[] = { "east", "north", "west" };

    fixture_operator(&op, "berry");
    op.goal = 9;
    op.goal_by = by;
    sale = fixture_define(fixture, &op);

    for (i = 0; i < 3; i++) {
        orders[i] = take_at(fixture, i + 1, sale, pickups[i]);
        fixture_confirm(fixture, orders[i], 1, 100);
    }

    return sale;
}


static void
close_sale(fixture_t *fixture, const char *slug)
{
    fs_operator_t  op;

    fixture_operator(&op, slug);
    fixture_admin(fixture, FS_COMMAND_CLOSE, &op, 0);
    passes(fixture);
}


static void
test_group(void **context)
{
    uint8_t     key[FS_GROUP_KEY_LEN];
    fs_seq_t    orders[3];
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = goal_sale(fixture, FS_GOAL_BY_PICKUP, orders);
    fs_group_key(key, sale, 2);
    put_row(fixture, 0, fixture->store->index_dbi[FS_INDEX_GROUPS], key,
            sizeof(key), "garbage");
    close_sale(fixture, "berry");

    assert_string_equal(fixture_state(fixture, orders[0]), "refund_due");
    assert_string_equal(fixture_state(fixture, orders[1]), "sold");
    assert_string_equal(fixture_state(fixture, orders[2]), "refund_due");
    assert_int_equal(fixture_sale(fixture, sale).decided, 0);
    assert_int_equal(asides(fixture), 2);
    assert_int_equal(said_times(said, "set aside: the group of sale 1"), 1);
    assert_int_equal(passes(fixture), 1);

    rebuild(fixture);
    passes(fixture);
    assert_string_equal(fixture_state(fixture, orders[1]), "refund_due");
    assert_int_equal(fixture_sale(fixture, sale).decided, 1);
    fixture_units(fixture, sale, 0, 0);
    assert_int_equal(asides(fixture), 0);
}


/* An order of a failed group; first in the middle, then the last. */

static void
test_member(void **context)
{
    fs_seq_t    orders[3];
    uint32_t    sale;
    unsigned    i;
    fixture_t  *fixture = *context;

    sale = goal_sale(fixture, FS_GOAL_BY_SALE, orders);
    damage_hold(fixture, orders[1]);
    close_sale(fixture, "berry");

    assert_string_equal(fixture_state(fixture, orders[0]), "refund_due");
    assert_string_equal(fixture_state(fixture, orders[2]), "refund_due");
    fixture_units(fixture, sale, 0, 1);
    assert_int_equal(asides(fixture), 1);
    assert_int_equal(said_times(said, "set aside: an order to return"), 1);

    /* the timer has nothing left to do, and is gone */

    assert_int_equal(passes(fixture), 1);
    assert_int_equal(asides(fixture), 1);

    /* it was passed over: another index returns it after the others */

    rebuild(fixture);
    damage_hold(fixture, orders[1]);
    passes(fixture);
    fixture_units(fixture, sale, 0, 1);
    assert_int_equal(asides(fixture), 1);
    assert_int_equal(passes(fixture), 1);

    rebuild(fixture);
    passes(fixture);
    fixture_units(fixture, sale, 0, 0);

    /* and from then on it is one like the others */

    rebuild(fixture);
    passes(fixture);

    for (i = 0; i < 3; i++) {
        assert_string_equal(fixture_state(fixture, orders[i]), "refund_due");
    }

    assert_int_equal(asides(fixture), 0);
    assert_int_equal(said_times(said, "set aside"), 2);
}


/* The due times that move with a start of the machine. */

static void
test_boot(void **context)
{
    fs_seq_t    bad, good;
    uint32_t    grape;
    fixture_t  *fixture = *context;

    grape = fixture_stocked(fixture, "grape", 5, 0);
    bad = take(fixture, 1, grape);
    good = take(fixture, 2, grape);
    damage_hold(fixture, bad);

    fixture_reboot(fixture, 1);
    assert_int_equal(fixture->store->index_n, 1);
    assert_int_equal(asides(fixture), 1);

    fixture_pass(fixture, FIXTURE_TERM);
    passes(fixture);
    assert_string_equal(fixture_state(fixture, good), "expired");
    fixture_units(fixture, grape, 1, 0);

    rebuild(fixture);
    passes(fixture);
    assert_string_equal(fixture_state(fixture, bad), "expired");
}


/* Of many only some are named, and how many there are besides. */

static void
test_many(void **context)
{
    fs_seq_t    holds[40], good;
    uint32_t    grape;
    unsigned    i;
    fixture_t  *fixture = *context;

    grape = fixture_stocked(fixture, "grape", 100, 0);

    for (i = 0; i < 40; i++) {
        holds[i] = take(fixture, i + 1, grape);
    }

    good = take(fixture, 50, grape);

    for (i = 0; i < 40; i++) {
        damage_hold(fixture, holds[i]);
    }

    fixture_pass(fixture, FIXTURE_TERM);
    passes(fixture);
    assert_string_equal(fixture_state(fixture, good), "expired");
    assert_int_equal(asides(fixture), 40);
    assert_int_equal(said_times(said, "what is due of sale"), FS_ASIDE_NAMED);
    assert_int_equal(said_times(said, "24 rows more"), 1);
}


#define test(name)                                                           \
    cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test(test_hold),
        test(test_room),
        test(test_entry),
        test(test_first_entry),
        test(test_timers),
        test(test_group),
        test(test_member),
        test(test_boot),
        test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
