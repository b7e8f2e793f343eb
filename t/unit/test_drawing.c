
/*
 * What the engine does with packets and tickets: what is in them, the tree,
 * the seed that is revealed, the draw and its winners, some of them a pass,
 * and all of it the same when the ledger is folded again.
 */

#include "fixture.h"

#include "base/tree.h"
#include "goods_rows.h"
#include "index/draws.h"
#include "ledger/entry_line.h"
#include "read/audit.h"
#include "read/view_draw.h"
#include "rules/draw.h"
#include "sheet/sheet_terms.h"


#define TICKETS    700
#define WINNERS    600                  /* more than a pass writes */


static fs_operator_t
tickets_of(const char *slug, int64_t round)
{
    fs_operator_t  op;

    fixture_operator(&op, slug);
    op.price_fen = 0;
    op.stock = TICKETS + 1;
    op.limit = 1;
    op.gives.kind = FS_GIVES_TICKET;
    op.gives.valid_ms = 60000;
    op.gives.prizes_n = 2;
    op.gives.prizes[0].title = fixture_str("crate");
    op.gives.prizes[0].count = 1;
    op.gives.prizes[1].title = fixture_str("five");
    op.gives.prizes[1].count = WINNERS - 1;
    op.gives.prizes[1].off_fen = 500;

    if (round != 0) {
        op.gives.source = fixture_str(FS_BEACON);
        op.gives.round = round;
    }

    return op;
}


static void
define_tickets(fixture_t *fixture, const char *slug, uint32_t *sale,
    int64_t round)
{
    fs_operator_t  op;

    op = tickets_of(slug, round);
    *sale = fixture_define(fixture, &op);
}


static void
take_tickets(fixture_t *fixture, uint32_t sale, unsigned n)
{
    unsigned  i;

    for (i = 1; i <= n; i++) {
        assert_string_equal(fixture_take(fixture, i, sale, 1, 0), "created");
        assert_int_equal(fixture->result.hold.number, i);
    }
}


static const char *
close_giving(fixture_t *fixture, const char *slug)
{
    fs_command_t   command;
    fs_operator_t  op;

    memset(&command, 0, sizeof(command));
    memset(&op, 0, sizeof(op));
    command.type = FS_COMMAND_CLOSE;
    op.slug = fixture_str(slug);

    return fixture_decide(fixture, &command, &op);
}


static fs_draw_t
draw_row(fixture_t *fixture, uint32_t sale)
{
    fs_draw_t  draw;

    fixture_begin(fixture);
    assert_int_equal(fs_draws_get(fixture->sheet.index,
                              fixture->store->index_dbi[FS_INDEX_DRAWS], sale,
                              &draw), 1);
    fixture_abort(fixture);

    return draw;
}


static fs_entry_t
entry_of(fixture_t *fixture, fs_seq_t seq)
{
    fs_entry_t  entry;

    fixture_begin(fixture);
    assert_true(fs_sheet_entry(&fixture->sheet, seq, &entry));
    fixture_abort(fixture);

    return entry;
}


static fs_hold_t
hold_row(fixture_t *fixture, fs_seq_t seq)
{
    fs_hold_t  hold;

    fixture_begin(fixture);
    assert_true(fs_sheet_hold(&fixture->sheet, seq, &hold));
    fixture_abort(fixture);

    return hold;
}


static void
audited(fixture_t *fixture)
{
    fs_audit_t  audit;

    fs_audit_run(fixture->store, 100, NULL, &audit);

    if (!audit.ok) {
        fail_msg("%s", audit.problem);
    }

    fs_audit_free(&audit);
}


/* Who won, by the functions alone, and by the rows. */

static void
winners_follow(fixture_t *fixture, uint32_t sale, unsigned entries,
    unsigned winners, const uint8_t *beacon)
{
    uint8_t      seed[FS_SEED_LEN], final[FS_HASH_LEN];
    uint32_t     number, *numbers;
    unsigned     i, prize;
    fs_seq_t     seq;
    fs_hold_t    hold;
    fs_draw_t    draw;
    fs_entry_t   closed, revealed;
    fs_txn_t    *index;
    MDB_dbi      dbi;

    draw = draw_row(fixture, sale);
    assert_int_equal(draw.entries, entries);
    assert_int_equal(draw.winners, winners);
    assert_int_equal(draw.won, winners);

    closed = entry_of(fixture, draw.closed);
    revealed = entry_of(fixture, draw.revealed);
    assert_int_equal(closed.type, FS_ENTRY_CLOSED);
    assert_int_equal(revealed.type, FS_ENTRY_REVEALED);

    fs_entry_ids(&revealed, seed);
    assert_int_equal(fs_draw_seed(seed, entries, closed.hash, beacon, final),
                     0);

    numbers = malloc((winners + 1) * sizeof(*numbers));
    assert_non_null(numbers);
    assert_int_equal(fs_draw_winners(final, entries, winners, numbers),
                     winners);

    fixture_begin(fixture);
    index = fixture->sheet.index;
    dbi = fixture->store->index_dbi[FS_INDEX_DRAWS];

    for (i = 0; i < winners; i++) {
        assert_true(fs_draws_winner(index, dbi, sale, i, &number, &prize));
        assert_int_equal(number, numbers[i]);
        assert_int_equal(prize, i == 0 ? 0 : 1);

        seq = fs_draws_ticket(index, dbi, sale, number);
        assert_true(fs_sheet_hold(&fixture->sheet, seq, &hold));
        assert_int_equal(hold.number, number);
        assert_int_equal(hold.prize, prize + 1);
        assert_int_equal(hold.worth_fen, prize == 0 ? 0 : 500);
        assert_int_equal(hold.valid_until,
                         prize == 0 ? 0 : fixture->now.wall + 60000);
    }

    assert_false(fs_draws_winner(index, dbi, sale, winners, &number,
                                 &prize));

    fixture_abort(fixture);
    free(numbers);
}


static void
test_draw(void **context)
{
    uint32_t   sale;
    unsigned   passes;
    fs_seq_t   before;
    fixture_t  *fixture = *context;

    define_tickets(fixture, "lantern", &sale, 0);
    take_tickets(fixture, sale, TICKETS);
    assert_string_equal(close_giving(fixture, "lantern"), "ok");

    /* the close itself: the seed, the draw, and the first winners */

    assert_int_equal(draw_row(fixture, sale).won, FS_TIMERS_PASS - 2);

    /* each pass by another thread, or process, which remembers nothing */

    for (passes = 0; passes < 1000; passes++) {
        before = fixture->store->mark->seq;
        fs_sheet_cache_destroy(fixture->cache);
        fixture->cache = fs_sheet_cache_create();

        fixture_begin(fixture);
        assert_in_range(fs_decide_timers(&fixture->sheet, &fixture->now, 7),
                        0, 7);
        fixture_commit(fixture);

        if (fixture->store->mark->seq == before) {
            break;
        }

        assert_true(fixture->store->mark->seq - before <= 7);
    }

    assert_in_range(passes, (WINNERS - FS_TIMERS_PASS) / 7, 999);
    winners_follow(fixture, sale, TICKETS, WINNERS, NULL);
    audited(fixture);
    goods_fold_again(fixture);
    winners_follow(fixture, sale, TICKETS, WINNERS, NULL);
}


/* Fewer tickets than prizes: each wins once; and all of it by the clock. */

static void
test_few(void **context)
{
    uint32_t        sale;
    fs_command_t    command;
    fs_operator_t   op;
    fixture_t      *fixture = *context;

    op = tickets_of("lantern", 0);
    op.closes_at = fixture->wall + 1000;
    sale = fixture_define(fixture, &op);
    take_tickets(fixture, sale, 3);

    fixture_pass(fixture, 1000);

    /* closed, revealed, drawn, three winners: a step each */

    assert_int_equal(fixture_timers(fixture, 1), 6);
    winners_follow(fixture, sale, 3, 3, NULL);
    assert_string_equal(fixture_take(fixture, 9, sale, 1, 0), "closed");

    /* another end does not open it again */

    memset(&command, 0, sizeof(command));
    command.type = FS_COMMAND_DEFINE;
    op.closes_at = fixture->wall + 100000;
    assert_string_equal(fixture_decide(fixture, &command, &op), "closed");
    audited(fixture);
    goods_fold_again(fixture);
}


static void
test_beacon(void **context)
{
    int64_t         round;
    uint8_t         beacon[FS_HASH_LEN];
    uint32_t        sale;
    fs_seq_t        before;
    fs_command_t    command;
    fs_operator_t   op;
    fixture_t      *fixture = *context;

    round = (fixture->wall - FS_BEACON_FIRST_AT) / FS_BEACON_MS + 100;
    define_tickets(fixture, "lantern", &sale, round);
    take_tickets(fixture, sale, 5);

    memset(&command, 0, sizeof(command));
    memset(&op, 0, sizeof(op));
    command.type = FS_COMMAND_DRAW;
    fs_set_le32(command.key, 77);
    op.slug = fixture_str("lantern");
    memset(op.fingerprint, 5, sizeof(op.fingerprint));
    memset(beacon, 0xab, sizeof(beacon));

    assert_string_equal(fixture_decide(fixture, &command, &op),
                        "bad_request");
    memcpy(op.beacon, beacon, sizeof(beacon));
    assert_string_equal(fixture_decide(fixture, &command, &op),
                        "wrong_state");

    /* closed: revealed, and no timer does the rest */

    assert_string_equal(close_giving(fixture, "lantern"), "ok");
    assert_int_equal(fixture_timers(fixture, 10), 0);
    assert_int_not_equal(draw_row(fixture, sale).revealed, 0);
    assert_int_equal(draw_row(fixture, sale).drawn, 0);

    assert_string_equal(fixture_decide(fixture, &command, &op), "ok");
    winners_follow(fixture, sale, 5, 5, beacon);

    /* the key is bound to it, for its day, and never to another request */

    before = fixture->store->mark->seq;
    assert_string_equal(fixture_decide(fixture, &command, &op), "replayed");
    op.fingerprint[7] = 6;
    assert_string_equal(fixture_decide(fixture, &command, &op),
                        "key_reused");
    fs_set_le32(command.key, 78);
    assert_string_equal(fixture_decide(fixture, &command, &op),
                        "wrong_state");
    assert_int_equal(fixture->store->mark->seq, before);

    goods_fold_again(fixture);
    fs_set_le32(command.key, 77);
    assert_string_equal(fixture_decide(fixture, &command, &op),
                        "key_reused");

    fixture_pass(fixture, FS_KEY_KEPT_MS + 1);
    assert_true(fixture_timers(fixture, 10) > 0);
    assert_string_equal(fixture_decide(fixture, &command, &op),
                        "wrong_state");
    audited(fixture);
}


static void
test_packets(void **context)
{
    int64_t            amounts[300];
    uint32_t           sale;
    unsigned           i;
    fs_seq_t           last;
    fs_terms_t         terms;
    fs_entry_t         revealed;
    uint8_t            seed[FS_SEED_LEN];
    fs_command_t       command;
    fs_operator_t      op;
    fixture_t         *fixture = *context;

    fixture_operator(&op, "rain");
    op.price_fen = 0;
    op.stock = 200;
    op.limit = 1;
    op.opens_at = fixture->wall + 1000;
    op.gives.kind = FS_GIVES_PACKET;
    op.gives.total_fen = 200;
    sale = fixture_define(fixture, &op);

    fixture_begin(fixture);
    terms = *fs_sheet_terms(&fixture->sheet, sale);
    fixture_abort(fixture);

    /* before it opens it may become something else, of the same seed */

    op.stock = 300;
    op.gives.total_fen = 7777;
    memset(&command, 0, sizeof(command));
    command.type = FS_COMMAND_DEFINE;
    assert_string_equal(fixture_decide(fixture, &command, &op), "ok");
    fixture_pass(fixture, 2000);

    assert_int_equal(fs_packet_amounts(terms.seed, 300, 7777, amounts), 0);

    for (i = 0; i < 299; i++) {
        assert_string_equal(fixture_take(fixture, i + 1, sale, 1, 0),
                            "created");
        assert_int_equal(fixture->result.hold.number, i + 1);
        assert_int_equal(fixture->result.hold.worth_fen, amounts[i]);
    }

    last = fixture->result.hold.seq;

    assert_string_equal(close_giving(fixture, "rain"), "ok");
    assert_int_equal(fixture_timers(fixture, 10), 0);

    revealed = entry_of(fixture, draw_row(fixture, sale).revealed);
    fs_entry_ids(&revealed, seed);
    assert_memory_equal(seed, terms.seed, FS_SEED_LEN);
    assert_int_equal(draw_row(fixture, sale).drawn, 0);

    audited(fixture);
    goods_fold_again(fixture);
    assert_int_equal(hold_row(fixture, last).worth_fen, amounts[298]);
}


static const char *
define_again(fixture_t *fixture, fs_operator_t *op)
{
    fs_command_t  command;

    memset(&command, 0, sizeof(command));
    command.type = FS_COMMAND_DEFINE;

    return fixture_decide(fixture, &command, op);
}


/* Closed before it opened: what is revealed stays what it was, and of what is
 * closed already nothing would ever be revealed. */

static void
test_never_open(void **context)
{
    uint32_t        sale;
    fs_operator_t   op, coupon;
    fixture_t      *fixture = *context;

    op = tickets_of("lantern", 0);
    op.opens_at = fixture->wall + 1000000;
    sale = fixture_define(fixture, &op);
    assert_string_equal(close_giving(fixture, "lantern"), "ok");
    winners_follow(fixture, sale, 0, 0, NULL);

    coupon = op;
    coupon.gives.kind = FS_GIVES_COUPON;
    coupon.gives.prizes_n = 0;
    coupon.gives.off_fen = 500;
    assert_string_equal(define_again(fixture, &coupon), "given");

    coupon.slug = fixture_str("rain");
    (void) fixture_define(fixture, &coupon);
    assert_string_equal(close_giving(fixture, "rain"), "ok");

    op.slug = coupon.slug;
    assert_string_equal(define_again(fixture, &op), "closed");

    /* but it may begin again as one */

    op.closes_at = op.opens_at + 1000000;
    assert_string_equal(define_again(fixture, &op), "ok");
    assert_string_equal(close_giving(fixture, "rain"), "ok");
    winners_follow(fixture, sale + 1, 0, 0, NULL);
    audited(fixture);
}


/* The audit sees it when the tree, or a winner, is another one. */

static void
test_audited(void **context)
{
    int            shown, error;
    uint8_t        key[10], node[FS_HASH_LEN];
    uint32_t       sale;
    fs_view_t      view;
    fs_sale_t      giving;
    fs_audit_t     audit;
    fs_str_t       row;
    fs_reader_t   *reader;
    fs_drawing_t   drawing;
    fixture_t     *fixture = *context;

    define_tickets(fixture, "lantern", &sale, 0);
    take_tickets(fixture, sale, 6);
    audited(fixture);

    /* the node over the last two */

    key[0] = 'n';
    fs_set_be32(key + 1, sale);
    key[5] = 1;
    fs_set_be32(key + 6, 2);

    fixture_begin(fixture);
    assert_true(fs_db_get(fixture->sheet.index,
                          fixture->store->index_dbi[FS_INDEX_DRAWS], key,
                          sizeof(key), &row));
    assert_int_equal(row.len, sizeof(node));
    memcpy(node, row.data, sizeof(node));
    node[0] ^= 1;
    fs_db_put(fixture->sheet.index,
              fixture->store->index_dbi[FS_INDEX_DRAWS], key, sizeof(key),
              node, sizeof(node), 0);
    fixture_commit(fixture);

    fs_audit_run(fixture->store, 100, NULL, &audit);
    assert_false(audit.ok);
    assert_string_equal(audit.problem, "sale lantern has another tree of"
                        " tickets than the ledger");
    fs_audit_free(&audit);

    /* one that is gone is a damaged index */

    fixture_begin(fixture);
    assert_true(fs_db_delete(fixture->sheet.index,
                             fixture->store->index_dbi[FS_INDEX_DRAWS], key,
                             sizeof(key), NULL, 0));
    fixture_commit(fixture);

    reader = fs_reader_create(fixture->store);
    assert_int_equal(fs_view_open(reader, &view), FS_OK);
    shown = fs_view_sale(&view, sale, &giving)
            && fs_view_drawing(&view, &giving, &drawing);
    error = view.index.error;
    fs_view_close(&view);
    fs_reader_destroy(reader);

    assert_false(shown);
    assert_int_equal(error, MDB_CORRUPTED);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_draw, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_few, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_beacon, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_packets, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_never_open, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_audited, fixture_setup,
                                        fixture_teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
