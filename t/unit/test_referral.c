
/*
 * A neighbour brings another one: who counts as a newcomer, what both are
 * given, and when nothing is; codes, keys, the shop's document.
 */

#include "fixture.h"

#include "read/audit.h"
#include "sheet/sheet_referral.h"
#include "work.h"


typedef struct {
    fixture_t           *fixture;
    uint32_t             grape;
    uint32_t             hello;         /* two coupons for newcomers */
    uint32_t             thanks;        /* two things for inviters */
} referral_t;


static const char  both[] = "{\"inviter\":\"thanks\",\"newcomer\":\"hello\","
                            "\"per_inviter\":2}";


static const char *
document(fixture_t *fixture, fs_command_type_t type, const char *doc)
{
    fs_operator_t  op;

    memset(&op, 0, sizeof(fs_operator_t));
    op.kind = fixture_str("shop");
    op.slug = fixture_str("referral");

    if (doc != NULL) {
        op.doc = fixture_str(doc);
    }

    return fixture_admin(fixture, type, &op, 0);
}


static void
begin(referral_t *referral, fixture_t *fixture)
{
    fs_operator_t  op;

    referral->fixture = fixture;
    referral->grape = fixture_stocked(fixture, "grape", 50, 0);

    fixture_operator(&op, "hello");
    op.price_fen = 0;
    op.stock = 2;
    op.limit = 1;
    op.gives.kind = FS_GIVES_COUPON;
    op.gives.off_fen = 50;
    op.gives.by_desk = 1;
    referral->hello = fixture_define(fixture, &op);

    fixture_operator(&op, "thanks");
    op.price_fen = 0;
    op.stock = 2;
    op.limit = 5;
    op.gives.kind = FS_GIVES_ITEM;
    op.gives.title = fixture_str("eggs");
    op.gives.by_desk = 1;
    referral->thanks = fixture_define(fixture, &op);

    assert_string_equal(document(fixture, FS_COMMAND_DOCUMENT, both), "ok");
}


static void
comes(fs_command_t *command, referral_t *referral, unsigned buyer,
    unsigned from)
{
    fixture_hold(command, buyer, referral->grape, 1, buyer);
    fixture_buyer(command->from, from);
    command->counts = 1;
}


/* A hold of one unit by somebody's code; what was written. */

static const char *
come(referral_t *referral, unsigned buyer, unsigned from)
{
    fs_seq_t      seq;
    fs_command_t  command;

    comes(&command, referral, buyer, from);
    seq = fixture_seq(referral->fixture);
    assert_string_equal(fixture_decide(referral->fixture, &command, NULL),
                        "created");
    assert_int_equal(referral->fixture->result.hold.state, FS_HOLD_HELD);

    return fixture_entries(referral->fixture, seq);
}


static fs_seq_t
pay(referral_t *referral, unsigned payment)
{
    fs_seq_t  hold;

    hold = referral->fixture->result.hold.seq;
    assert_string_equal(fixture_confirm(referral->fixture, hold, payment,
                                        100), "ok");

    return hold;
}


static const char *
hand_over(referral_t *referral, fs_command_type_t type, fs_seq_t hold,
    unsigned nonce)
{
    fs_seq_t      seq;
    fs_command_t  command;

    memset(&command, 0, sizeof(fs_command_t));
    command.type = (uint8_t) type;
    command.hold = hold;
    memcpy(command.buyer, fs_keys_of_orders, FS_BUYER_LEN);
    fs_set_le32(command.key, nonce);

    seq = fixture_seq(referral->fixture);
    (void) fixture_decide(referral->fixture, &command, NULL);

    return fixture_entries(referral->fixture, seq);
}


static fs_entry_t
last(referral_t *referral, fs_seq_t back)
{
    fs_entry_t  entry;

    fixture_begin(referral->fixture);
    assert_true(fs_sheet_entry(&referral->fixture->sheet,
                               referral->fixture->sheet.seq - back, &entry));
    fixture_abort(referral->fixture);

    return entry;
}


/* The newcomer's with the first hold, the inviter's with the first hand-over,
 * each once. */

static void
test_both(void **context)
{
    uint8_t      buyer[FS_BUYER_LEN];
    fs_seq_t     hold;
    referral_t   referral;
    fs_entry_t   entry, referred;

    begin(&referral, *context);

    assert_string_equal(come(&referral, 2, 1), "held referred granted");

    entry = last(&referral, 0);
    referred = last(&referral, 1);

    fixture_buyer(buyer, 2);
    assert_memory_equal(entry.id1, buyer, FS_BUYER_LEN);
    assert_int_equal(entry.sale, referral.hello);
    assert_int_equal(entry.reason, FS_REASON_NEWCOMER);
    assert_int_equal(fs_entry_referred(&entry), referred.seq);
    assert_int_equal(referred.hold, referred.seq - 1);

    fixture_buyer(buyer, 1);
    assert_memory_equal(referred.id1, buyer, FS_BUYER_LEN);

    hold = pay(&referral, 1);
    assert_string_equal(hand_over(&referral, FS_COMMAND_HAND_OVER, hold, 1),
                        "picked_up granted");

    entry = last(&referral, 0);
    assert_memory_equal(entry.id1, buyer, FS_BUYER_LEN);
    assert_int_equal(entry.sale, referral.thanks);
    assert_int_equal(entry.reason, FS_REASON_INVITER);
    assert_int_equal(fs_entry_referred(&entry), referred.seq);

    /* said again, put back, handed over once more: once is once */

    assert_string_equal(hand_over(&referral, FS_COMMAND_HAND_OVER, hold, 1),
                        "");
    assert_string_equal(hand_over(&referral, FS_COMMAND_PUT_BACK, hold, 1),
                        "put_back");
    assert_string_equal(hand_over(&referral, FS_COMMAND_HAND_OVER, hold, 2),
                        "picked_up");

    fixture_units(referral.fixture, referral.hello, 0, 1);
    fixture_units(referral.fixture, referral.thanks, 0, 1);
}


/* READY and PICK_UP of version 1, and by time, are hand-overs, too. */

static void
test_whole(void **context)
{
    fs_seq_t    hold;
    referral_t  referral;

    begin(&referral, *context);

    (void) come(&referral, 2, 1);
    hold = pay(&referral, 1);
    assert_string_equal(hand_over(&referral, FS_COMMAND_READY, hold, 0),
                        "ready");
    assert_string_equal(hand_over(&referral, FS_COMMAND_PICK_UP, hold, 0),
                        "picked_up granted");
}


static void
test_by_time(void **context)
{
    fs_seq_t    hold, seq;
    referral_t  referral;

    referral.fixture = *context;
    referral.fixture->store->conf.given_ms = 5000;
    begin(&referral, *context);

    (void) come(&referral, 2, 1);
    hold = pay(&referral, 1);
    assert_string_equal(hand_over(&referral, FS_COMMAND_READY, hold, 0),
                        "ready");

    seq = fixture_seq(referral.fixture);
    fixture_pass(referral.fixture, 5001);
    (void) fixture_timers(referral.fixture, 100);
    assert_string_equal(fixture_entries(referral.fixture, seq),
                        "picked_up granted");
}


/* Who had a hold is no newcomer, whatever became of it; a gift is none. */

static void
test_first(void **context)
{
    fs_hold_t      hold;
    referral_t     referral;
    fixture_t     *fixture = *context;
    fs_command_t   command;
    fs_operator_t  op;

    begin(&referral, fixture);

    /* one's own code */

    assert_string_equal(come(&referral, 2, 2), "held");

    /* the second hold, also when the first is over */

    assert_string_equal(fixture_take(fixture, 3, referral.grape, 1, 0),
                        "created");
    hold = fixture->result.hold;
    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_RELEASE, 3,
                                       hold.seq), "ok");
    assert_string_equal(come(&referral, 3, 1), "held");

    /* whose code may not count */

    comes(&command, &referral, 4, 1);
    command.counts = 0;
    assert_string_equal(fixture_decide(fixture, &command, NULL), "created");
    assert_string_equal(fixture_entries(fixture,
                                        fixture->result.hold.seq - 1),
                        "held");

    /* a gift is no order, and `from` beside one is nothing */

    fixture_operator(&op, "rain");
    op.price_fen = 0;
    op.limit = 1;
    op.gives.kind = FS_GIVES_COUPON;
    op.gives.off_fen = 5;
    comes(&command, &referral, 5, 1);
    command.lines[0].sale = fixture_define(fixture, &op);
    assert_string_equal(fixture_decide(fixture, &command, NULL), "created");
    assert_string_equal(fixture_entries(fixture,
                                        fixture->result.hold.seq - 1),
                        "granted");
    assert_string_equal(fixture_decide(fixture, &command, NULL), "replayed");

    fs_set_le32(command.key, 77);
    command.lines[0].sale = referral.grape;
    assert_string_equal(fixture_decide(fixture, &command, NULL), "created");
    assert_string_equal(fixture_entries(fixture,
                                        fixture->result.hold.seq - 1),
                        "held referred granted");
}


static void
test_per_inviter(void **context)
{
    referral_t  referral;

    begin(&referral, *context);

    assert_string_equal(come(&referral, 2, 1), "held referred granted");
    assert_string_equal(come(&referral, 3, 1), "held referred granted");
    assert_string_equal(come(&referral, 4, 1), "held");

    /* of another inviter it counts, but there is no more to give */

    assert_string_equal(come(&referral, 5, 2), "held referred");
}


/* Nothing left, closed, paused, or the buyer's limit: no gift, and all else
 * goes on. */

static void
test_nothing_left(void **context)
{
    fs_seq_t       hold, second;
    referral_t     referral;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    begin(&referral, fixture);

    fixture_operator(&op, "hello");
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_PAUSE, &op, 0),
                        "ok");
    fixture_operator(&op, "thanks");
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_CLOSE, &op, 0),
                        "ok");

    assert_string_equal(come(&referral, 2, 1), "held referred");
    hold = pay(&referral, 1);
    assert_string_equal(fixture_take(fixture, 2, referral.grape, 1, 0),
                        "created");
    second = pay(&referral, 2);

    assert_string_equal(hand_over(&referral, FS_COMMAND_HAND_OVER, hold, 1),
                        "picked_up");

    /* nor is it given later: the first hand-over was the one */

    assert_string_equal(hand_over(&referral, FS_COMMAND_HAND_OVER, second, 2),
                        "picked_up");
    fixture_units(fixture, referral.thanks, 0, 0);
}


/* It is the same again by the same code alone. */

static void
test_keys(void **context)
{
    referral_t     referral;
    fixture_t     *fixture = *context;
    fs_command_t   command;

    begin(&referral, fixture);

    (void) come(&referral, 2, 1);
    comes(&command, &referral, 2, 1);
    assert_string_equal(fixture_decide(fixture, &command, NULL), "replayed");
    assert_int_equal(fixture->result.hold.lines_n, 1);

    comes(&command, &referral, 2, 3);
    assert_string_equal(fixture_decide(fixture, &command, NULL),
                        "key_reused");
    memset(command.from, 0, FS_BUYER_LEN);
    assert_string_equal(fixture_decide(fixture, &command, NULL),
                        "key_reused");

    /* also where it did not count */

    (void) come(&referral, 4, 4);
    comes(&command, &referral, 4, 4);
    assert_string_equal(fixture_decide(fixture, &command, NULL), "replayed");
    comes(&command, &referral, 4, 1);
    assert_string_equal(fixture_decide(fixture, &command, NULL),
                        "key_reused");
}


/* Who waits for units comes by a code as well. */

static void
test_queued(void **context)
{
    fs_seq_t       seq;
    referral_t     referral;
    fixture_t     *fixture = *context;
    fs_command_t   command;

    begin(&referral, fixture);
    assert_string_equal(fixture_take(fixture, 9, referral.grape, 50, 0),
                        "created");

    comes(&command, &referral, 2, 1);
    command.queue = 1;
    command.queue_units = UINT32_MAX;
    seq = fixture_seq(fixture);
    assert_string_equal(fixture_decide(fixture, &command, NULL), "queued");
    assert_string_equal(fixture_entries(fixture, seq),
                        "queued referred granted");
    assert_string_equal(fixture_decide(fixture, &command, NULL), "replayed");
}


/* With a gift at once, `bound` stays where a retry looks for it. */

static void
test_with_gift(void **context)
{
    referral_t     referral;
    fixture_t     *fixture = *context;
    fs_command_t   command;
    fs_operator_t  op;

    begin(&referral, fixture);

    fixture_operator(&op, "rain");
    op.price_fen = 0;
    op.limit = 1;
    op.gives.kind = FS_GIVES_COUPON;
    op.gives.off_fen = 5;
    assert_string_equal(fixture_take(fixture, 2, fixture_define(fixture, &op),
                                     1, 0), "created");

    comes(&command, &referral, 2, 1);
    command.gift = fixture->result.hold.seq;
    assert_string_equal(fixture_decide(fixture, &command, NULL), "created");
    assert_string_equal(fixture_entries(fixture,
                                        fixture->result.hold.seq - 1),
                        "held bound referred granted");
    assert_string_equal(fixture_decide(fixture, &command, NULL), "replayed");
}


static void
test_document(void **context)
{
    unsigned      i;
    referral_t    referral;
    fixture_t    *fixture = *context;

    static const char *const  wrong[] = {
        "{}",
        "[]",
        "{\"inviter\":\"thanks\",\"newcomer\":\"hello\"}",
        "{\"inviter\":\"thanks\",\"newcomer\":\"hello\",\"per_inviter\":0}",
        "{\"inviter\":\"thanks\",\"newcomer\":\"hello\","
        "\"per_inviter\":1001}",
        "{\"inviter\":\"thanks\",\"newcomer\":\"hello\",\"per_inviter\":1,"
        "\"more\":1}",
        "{\"inviter\":\"grape\",\"newcomer\":\"hello\",\"per_inviter\":1}",
        "{\"inviter\":\"thanks\",\"newcomer\":\"grape\",\"per_inviter\":1}",
        "{\"inviter\":\"thanks\",\"newcomer\":\"nobody\",\"per_inviter\":1}"
    };

    begin(&referral, fixture);

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_string_equal(document(fixture, FS_COMMAND_DOCUMENT, wrong[i]),
                            "bad_request");
    }

    assert_string_equal(come(&referral, 2, 1), "held referred granted");
    assert_string_equal(document(fixture, FS_COMMAND_DELETE, NULL), "ok");
    assert_string_equal(come(&referral, 3, 1), "held");

    /* whoever was invited before is thanked for by what stands then */

    assert_string_equal(document(fixture, FS_COMMAND_DOCUMENT, both), "ok");
    assert_string_equal(come(&referral, 4, 1), "held referred granted");
}


/* The rows are those of an index that is folded again. */

static void
test_folded_again(void **context)
{
    uint8_t       buyer[FS_BUYER_LEN];
    fs_seq_t      hold;
    referral_t    referral;
    fixture_t    *fixture = *context;
    fs_invited_t  before, after;

    begin(&referral, fixture);
    (void) come(&referral, 2, 1);
    hold = pay(&referral, 1);
    (void) hand_over(&referral, FS_COMMAND_HAND_OVER, hold, 1);
    (void) come(&referral, 3, 1);

    fixture_buyer(buyer, 2);
    memset(&before, 0, sizeof(before));
    memset(&after, 0, sizeof(after));

    fixture_begin(fixture);
    assert_true(fs_sheet_invited(&fixture->sheet, buyer, &before));
    fixture_abort(fixture);

    assert_int_equal(before.given, 3);
    assert_int_equal(before.handed, 1);

    fixture_reboot(fixture, 0);

    fixture_begin(fixture);
    assert_true(fs_sheet_invited(&fixture->sheet, buyer, &after));
    fixture_buyer(buyer, 1);
    assert_int_equal(fs_sheet_invited_by(&fixture->sheet, buyer), 2);
    fixture_abort(fixture);

    assert_memory_equal(&before, &after, sizeof(before));
    assert_string_equal(come(&referral, 4, 1), "held");
}


/* Puts a row (NULL: takes it away), and wants the audit to say so; then
 * another index is folded. */

static void
found_by_audit(fixture_t *fixture, const void *key, size_t key_len,
    const void *row, size_t row_len, const char *words)
{
    fs_txn_t    *index;
    MDB_dbi      dbi;
    fs_audit_t   audit;

    fixture_begin(fixture);
    index = &fixture->write.index;
    dbi = fixture->store->index_dbi[FS_INDEX_INVITED];

    if (row != NULL) {
        fs_db_put(index, dbi, key, key_len, row, row_len, 0);

    } else {
        assert_true(fs_db_delete(index, dbi, key, key_len, NULL, 0));
    }

    assert_int_equal(fs_pair_commit(&fixture->write, NULL), FS_OK);

    fs_audit_run(fixture->store, 3, NULL, &audit);
    assert_false(audit.ok);

    if (strstr(audit.problem, words) == NULL) {
        fail_msg("%s: %s", words, audit.problem);
    }

    fs_audit_free(&audit);

    atomic_store(&fixture->store->mark->stale, 1);
    assert_int_equal(fs_store_catch_up(fixture->store, 1000, NULL, NULL),
                     FS_OK);
    fs_audit_run(fixture->store, 3, NULL, &audit);
    assert_string_equal(audit.problem, "");
    assert_true(audit.ok);
    fs_audit_free(&audit);
}


static void
test_audited(void **context)
{
    uint8_t       one[FS_INVITED_KEY], count[FS_INVITED_KEY];
    uint8_t       listed[FS_INVITED_LISTED], newcomer[FS_BUYER_LEN];
    uint8_t       inviter[FS_BUYER_LEN], row[FS_INVITED_ROW_SIZE], n[4];
    fs_seq_t      hold;
    referral_t    referral;
    fixture_t    *fixture = *context;
    fs_invited_t  right, wrong;

    static const char  otherwise[] = "whom the index has otherwise";
    static const char  others[] = "has other newcomers than the entries";
    static const char  more[] = "has more newcomers than the entries";

    begin(&referral, fixture);
    (void) come(&referral, 2, 1);
    hold = pay(&referral, 1);
    (void) hand_over(&referral, FS_COMMAND_HAND_OVER, hold, 1);
    (void) come(&referral, 3, 1);
    (void) come(&referral, 4, 5);

    fixture_buyer(newcomer, 2);
    fixture_buyer(inviter, 1);
    fs_invited_key(one, FS_INVITED_ONE, newcomer);
    fs_invited_key(count, FS_INVITED_COUNT, inviter);

    fixture_begin(fixture);
    assert_true(fs_sheet_invited(&fixture->sheet, newcomer, &right));
    fixture_abort(fixture);

    fs_invited_key(listed, FS_INVITED_LIST, inviter);
    fs_set_be64(listed + FS_INVITED_KEY, right.seq);

#define FOUND(key, words)                                                    \
    fs_invited_row_encode(&wrong, row);                                      \
    found_by_audit(fixture, key, sizeof(key), row, sizeof(row), words)

    /* the newcomer's row */

    wrong = right;
    wrong.given = 1;
    FOUND(one, others);

    wrong = right;
    wrong.handed = 0;
    FOUND(one, others);

    wrong = right;
    wrong.seq++;
    FOUND(one, otherwise);

    wrong = right;
    memcpy(wrong.inviter, newcomer, FS_BUYER_LEN);
    FOUND(one, otherwise);

    found_by_audit(fixture, one, sizeof(one), NULL, 0, otherwise);
    found_by_audit(fixture, one, sizeof(one), "none", 4, otherwise);

    /* the inviter's list */

    found_by_audit(fixture, listed, sizeof(listed), NULL, 0, otherwise);
    found_by_audit(fixture, listed, sizeof(listed), inviter, FS_BUYER_LEN,
                   otherwise);

    listed[FS_INVITED_LISTED - 1]++;
    found_by_audit(fixture, listed, sizeof(listed), newcomer, FS_BUYER_LEN,
                   "lists more newcomers of one inviter");

    /* their number */

    fs_set_le32(n, 1);
    found_by_audit(fixture, count, sizeof(count), n, sizeof(n),
                   "lists more newcomers of one inviter");
    fs_set_le32(n, 3);
    found_by_audit(fixture, count, sizeof(count), n, sizeof(n), more);
    found_by_audit(fixture, count, sizeof(count), n, 3, "cannot be read");

    /* somebody whom nobody brought */

    fixture_buyer(newcomer, 9);
    fs_invited_key(one, FS_INVITED_ONE, newcomer);
    wrong = right;
    FOUND(one, others);

    count[0] = 'x';
    found_by_audit(fixture, count, sizeof(count), n, sizeof(n),
                   "cannot be read");

#undef FOUND
}


/* A hold without a code asks LMDB for no more than one whose code is refused
 * by a look at the command. */

static uint64_t
work_of(fixture_t *fixture, const fs_command_t *command)
{
    uint64_t  before;

    before = work_done;
    assert_string_equal(fixture_decide(fixture, command, NULL), "created");

    return work_done - before;
}


static void
test_work(void **context)
{
    uint64_t       without;
    referral_t     referral;
    fixture_t     *fixture = *context;
    fs_command_t   command;

    begin(&referral, fixture);
    assert_string_equal(fixture_take(fixture, 9, referral.grape, 1, 0),
                        "created");

    fixture_hold(&command, 2, referral.grape, 1, 2);
    without = work_of(fixture, &command);

    comes(&command, &referral, 3, 3);
    assert_int_equal(work_of(fixture, &command), without);

    comes(&command, &referral, 4, 1);
    assert_true(work_of(fixture, &command) > without);
}


#define TEST(test)                                                           \
    cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(test_both),
        TEST(test_whole),
        TEST(test_by_time),
        TEST(test_first),
        TEST(test_per_inviter),
        TEST(test_nothing_left),
        TEST(test_keys),
        TEST(test_queued),
        TEST(test_with_gift),
        TEST(test_document),
        TEST(test_folded_again),
        TEST(test_audited),
        TEST(test_work),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
