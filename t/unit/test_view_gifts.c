
/*
 * Gifts as their buyers' pages show them: what there is to say beside their
 * rows, and that what they say of a hold is what the command then does.
 */

#include "fixture.h"

#include "read/read.h"
#include "read/view_gifts.h"


typedef struct {
    fixture_t           *fixture;
    fs_reader_t         *reader;
    uint32_t             grape;         /* 1000 fen */
    uint32_t             pear;          /* 700 fen */
    uint32_t             rain;          /* 500 off grapes for 2000, for 60 s */
    uint32_t             scrip;         /* 30 off anything */
    uint32_t             eggs;          /* a thing */
    uint32_t             lots;          /* tickets; one wins a coupon */
} shown_t;


static uint32_t
define(shown_t *shown, const char *slug, fs_gives_kind_t kind, int64_t fen)
{
    fs_operator_t  op;

    fixture_operator(&op, slug);
    op.stock = 200;
    op.price_fen = kind == FS_GIVES_NOTHING ? fen : 0;
    op.limit = kind == FS_GIVES_NOTHING ? 0 : 200;
    op.gives.kind = (uint8_t) kind;

    switch (kind) {

    case FS_GIVES_COUPON:
        op.gives.off_fen = fen;

        if (fen == 500) {
            op.gives.from_fen = 2000;
            op.gives.valid_ms = 60000;
            op.lines[0].sale = fixture_str("grape");
            op.lines_n = 1;
        }

        break;

    case FS_GIVES_ITEM:
        op.gives.title = fixture_str(slug);
        break;

    case FS_GIVES_TICKET:
        op.gives.valid_ms = 60000;
        op.gives.prizes_n = 1;
        op.gives.prizes[0].title = fixture_str("five");
        op.gives.prizes[0].count = 1;
        op.gives.prizes[0].off_fen = 5;
        break;

    default:
        break;
    }

    return fixture_define(shown->fixture, &op);
}


static void
begin(shown_t *shown, fixture_t *fixture)
{
    shown->fixture = fixture;
    shown->reader = fs_reader_create(fixture->store);
    assert_non_null(shown->reader);

    shown->grape = define(shown, "grape", FS_GIVES_NOTHING, 1000);
    shown->pear = define(shown, "pear", FS_GIVES_NOTHING, 700);
    shown->rain = define(shown, "rain", FS_GIVES_COUPON, 500);
    shown->scrip = define(shown, "scrip", FS_GIVES_COUPON, 30);
    shown->eggs = define(shown, "eggs", FS_GIVES_ITEM, 0);
    shown->lots = define(shown, "lots", FS_GIVES_TICKET, 0);
}


static void
end(shown_t *shown)
{
    fs_reader_destroy(shown->reader);
}


static fs_seq_t
take(shown_t *shown, uint32_t sale)
{
    assert_string_equal(fixture_take(shown->fixture, 1, sale, 1, 0),
                        "created");

    return shown->fixture->result.hold.seq;
}


/* Grapes, and two pears. */

static fs_seq_t
cart(shown_t *shown, uint32_t grapes)
{
    fs_command_t  command;

    fixture_cart(&command, 1, shown->grape, shown->pear, 2);
    command.lines[0].qty = grapes;
    assert_string_equal(fixture_decide(shown->fixture, &command, NULL),
                        "created");

    return shown->fixture->result.hold.seq;
}


static const char *
use(shown_t *shown, fs_seq_t hold, fs_seq_t gift)
{
    fs_command_t  command;

    memset(&command, 0, sizeof(fs_command_t));
    command.type = FS_COMMAND_GIFT;
    command.hold = hold;
    command.gift = gift;
    fixture_buyer(command.buyer, 1);

    return fixture_decide(shown->fixture, &command, NULL);
}


/* What is shown of a gift; of a hold (0: none) that asks about it. */

static fs_shown_gift_t
show(shown_t *shown, fs_seq_t gift, fs_seq_t hold)
{
    int              found, read, unread;
    fs_now_t         now;
    fs_txn_t         index;
    fs_view_t        view;
    fs_hold_t        rows[2], before;
    fixture_t       *fixture = shown->fixture;
    fs_shown_gift_t  said, none;

    assert_int_equal(fs_view_open(shown->reader, &view), FS_OK);
    fs_store_time(fixture->store, &now);
    memset(rows, 0, sizeof(rows));
    found = fs_view_hold(&view, gift, &rows[0])
            && (hold == 0 || fs_view_hold(&view, hold, &rows[1]));
    before = rows[1];
    read = fs_view_gifts(&view, fixture->crypto, fixture->cache, rows, 1,
                         hold ? &rows[1] : NULL, &now, &said);

    index = view.index;
    view.index.txn = NULL;
    memset(&none, 0xff, sizeof(none));
    unread = fs_view_gifts(&view, fixture->crypto, fixture->cache, rows, 1,
                           NULL, &now, &none);
    view.index = index;
    fs_view_close(&view);

    assert_true(found);
    assert_true(read);

    /* who asks keeps their lines as they are */

    assert_memory_equal(&before, &rows[1], sizeof(before));

    /* without an index nothing is known */

    assert_false(unread);
    assert_int_equal(none.user, 0);

    return said;
}


/* It is shown as unusable for this reason, and the command says the same. */

static void
is_not(shown_t *shown, fs_seq_t gift, fs_seq_t hold, fs_why_t why)
{
    fs_shown_gift_t  said;

    said = show(shown, gift, hold);
    assert_string_equal(fs_why_name(said.why), fs_why_name(why));
    assert_int_equal(said.takes_fen, 0);
    assert_string_equal(use(shown, hold, gift), "gift_unusable");
    assert_string_equal(fs_why_name(shown->fixture->result.why),
                        fs_why_name(why));
}


/* Whose it is, what it is, and whether its draw was made. */

static void
test_beside(void **context)
{
    fs_seq_t         coupon, eggs, ticket, hold;
    shown_t          shown;
    fixture_t       *fixture = *context;
    fs_operator_t    op;
    fs_shown_gift_t  said;

    begin(&shown, fixture);
    coupon = take(&shown, shown.rain);
    eggs = take(&shown, shown.eggs);
    ticket = take(&shown, shown.lots);
    hold = cart(&shown, 2);

    said = show(&shown, coupon, 0);
    assert_int_equal(said.user, 0);
    assert_int_equal(said.thing, 0);
    assert_int_equal(said.drawn, 0);
    assert_int_equal(said.why, FS_WHY_NONE);
    assert_int_equal(said.takes_fen, 0);

    said = show(&shown, eggs, 0);
    assert_int_equal(said.thing, 1);

    assert_string_equal(use(&shown, hold, coupon), "ok");
    said = show(&shown, coupon, 0);
    assert_int_equal(said.user, hold);

    assert_string_equal(fixture_confirm(fixture, hold, 1, 2900), "ok");
    said = show(&shown, coupon, 0);
    assert_int_equal(said.user, hold);

    said = show(&shown, ticket, 0);
    assert_int_equal(said.drawn, 0);

    memset(&op, 0, sizeof(op));
    op.slug = fixture_str("lots");
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_CLOSE, &op, 0),
                        "ok");
    (void) fixture_timers(fixture, 100);

    said = show(&shown, ticket, 0);
    assert_int_equal(said.drawn, 1);

    end(&shown);
}


/* What it takes off is what it then takes off. */

static void
test_takes(void **context)
{
    fs_seq_t         coupon, scrip, hold;
    shown_t          shown;
    fixture_t       *fixture = *context;
    fs_shown_gift_t  said;

    begin(&shown, fixture);
    coupon = take(&shown, shown.rain);
    scrip = take(&shown, shown.scrip);
    hold = cart(&shown, 2);

    said = show(&shown, coupon, hold);
    assert_int_equal(said.why, FS_WHY_NONE);
    assert_int_equal(said.takes_fen, 500);
    said = show(&shown, scrip, hold);
    assert_int_equal(said.why, FS_WHY_NONE);
    assert_int_equal(said.takes_fen, 30);

    assert_string_equal(use(&shown, hold, coupon), "ok");
    assert_int_equal(fs_hold_off(&fixture->result.hold), 500);

    /* its own, and another one in its place */

    said = show(&shown, coupon, hold);
    assert_int_equal(said.why, FS_WHY_NONE);
    assert_int_equal(said.takes_fen, 500);
    said = show(&shown, scrip, hold);
    assert_int_equal(said.takes_fen, 30);

    assert_string_equal(use(&shown, hold, scrip), "ok");
    assert_int_equal(fs_hold_off(&fixture->result.hold), 30);
    said = show(&shown, coupon, hold);
    assert_int_equal(said.takes_fen, 500);

    end(&shown);
}


static void
test_why(void **context)
{
    fs_seq_t    coupon, eggs, ticket, hold, other, little, pears, theirs;
    shown_t     shown;
    fixture_t  *fixture = *context;

    begin(&shown, fixture);
    coupon = take(&shown, shown.rain);
    eggs = take(&shown, shown.eggs);
    ticket = take(&shown, shown.lots);
    hold = cart(&shown, 2);
    other = cart(&shown, 3);
    little = cart(&shown, 1);
    pears = take(&shown, shown.pear);

    is_not(&shown, coupon, little, FS_WHY_TOO_LITTLE);
    is_not(&shown, coupon, pears, FS_WHY_OTHER_SALE);
    is_not(&shown, eggs, hold, FS_WHY_OTHER_SALE);
    is_not(&shown, ticket, hold, FS_WHY_OTHER_SALE);

    /* another buyer's, of which the command says that there is none */

    assert_string_equal(fixture_take(fixture, 2, shown.rain, 1, 0),
                        "created");
    theirs = fixture->result.hold.seq;
    assert_int_equal(show(&shown, theirs, hold).why, FS_WHY_OTHER_SALE);
    assert_string_equal(use(&shown, hold, theirs), "no_such_hold");

    assert_string_equal(use(&shown, hold, coupon), "ok");
    is_not(&shown, coupon, other, FS_WHY_BOUND);

    assert_string_equal(fixture_confirm(fixture, hold, 1, 2900), "ok");
    is_not(&shown, coupon, other, FS_WHY_USED);

    coupon = take(&shown, shown.rain);
    fixture_pass(fixture, 60001);
    other = cart(&shown, 2);
    is_not(&shown, coupon, other, FS_WHY_OVER);

    end(&shown);
}


/* The newest gift of a sale, among so many. */

static uint32_t
taken(shown_t *shown, unsigned buyer, uint32_t sale, fs_seq_t *newest)
{
    uint8_t     id[FS_BUYER_LEN];
    uint32_t    n, unknown;
    fs_hold_t   gift;
    fs_txn_t    index;
    fs_view_t   view;
    fixture_t  *fixture = shown->fixture;

    fixture_buyer(id, buyer);
    assert_int_equal(fs_view_open(shown->reader, &view), FS_OK);
    n = fs_view_taken(&view, fixture->crypto, fixture->cache, id, sale,
                      &gift);
    *newest = gift.seq;

    index = view.index;
    view.index.txn = NULL;
    unknown = fs_view_taken(&view, fixture->crypto, fixture->cache, id, sale,
                            &gift);
    view.index = index;
    fs_view_close(&view);

    assert_int_equal(unknown, 0);
    assert_int_equal(gift.seq, 0);

    return n;
}


static void
test_taken(void **context)
{
    fs_seq_t   first, second, newest;
    shown_t    shown;
    unsigned   i;

    begin(&shown, *context);
    assert_int_equal(taken(&shown, 1, shown.rain, &newest), 0);
    assert_int_equal(newest, 0);

    first = take(&shown, shown.rain);
    (void) take(&shown, shown.scrip);
    assert_int_equal(taken(&shown, 1, shown.rain, &newest), 1);
    assert_int_equal(newest, first);
    assert_int_equal(taken(&shown, 1, shown.eggs, &newest), 0);
    assert_int_equal(newest, 0);
    assert_int_equal(taken(&shown, 2, shown.rain, &newest), 0);

    second = take(&shown, shown.rain);
    assert_int_equal(taken(&shown, 1, shown.rain, &newest), 2);
    assert_int_equal(newest, second);

    /* the last that is looked at, and one behind it */

    for (i = 1; i < FS_VIEW_GIFTS_LOOKED; i++) {
        (void) take(&shown, shown.scrip);
    }

    assert_int_equal(taken(&shown, 1, shown.rain, &newest), 2);
    assert_int_equal(newest, second);

    (void) take(&shown, shown.scrip);
    assert_int_equal(taken(&shown, 1, shown.rain, &newest), 2);
    assert_int_equal(newest, 0);

    end(&shown);
}


#define TEST(test)                                                           \
    cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(test_beside),
        TEST(test_takes),
        TEST(test_why),
        TEST(test_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
