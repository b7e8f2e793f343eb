
/*
 * What must hold and does not: the command that met it is refused, nothing of
 * it is taken, the log says once what it was, and all others go on.  A row
 * of a buyer is changed behind the engine's back.
 */

#include "common/said.h"
#include "leader_fixture.h"
#include "pair/pair.h"
#include "sheet/sheet.h"


#define BROKEN  "\"units.taken >= (uint32_t) entry->qty\" in fs_fold_ended()"

static char  said[4096];


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


/* A hold of buyer 1, who has nothing by their own row. */

static fs_seq_t
open_broken(fixture_t *f)
{
    fs_pair_t      pair;
    fs_sheet_t     sheet;
    fs_units_t     units;
    fs_result_t    result;
    fs_command_t   command;

    said[0] = '\0';
    fixture_open(f, MAP, 100);
    f->store->conf.log = keep_words;

    shop_hold(&f->shop, &command, 1);
    fs_leader_one(f->leader, &command, NULL, &result);
    assert_int_equal(result.outcome, FS_CREATED);

    assert_int_equal(fs_pair_begin(f->store, &pair), FS_OK);
    fs_sheet_begin(&sheet, &pair, f->leader->crypto, f->leader->cache);
    assert_true(fs_sheet_units(&sheet, command.buyer, f->shop.sale, &units));
    assert_int_equal(units.taken, 1);
    units.taken = 0;
    fs_sheet_put_units(&sheet, command.buyer, f->shop.sale, &units);
    assert_int_equal(fs_sheet_end(&sheet), FS_OK);
    assert_int_equal(fs_pair_commit(&pair, NULL), FS_OK);

    return result.hold.seq;
}


static void
release(fixture_t *f, fs_seq_t hold, fs_command_t *command)
{
    shop_hold(&f->shop, command, 1);
    command->type = FS_COMMAND_RELEASE;
    command->hold = hold;
}


/* As many are held, and the hold is as it was. */

static void
nothing_taken(fixture_t *f, fs_seq_t seq, uint32_t units)
{
    fs_view_t     view;
    fs_hold_t     hold;
    fs_sale_t     row;
    fs_reader_t  *reader;

    reader = fs_reader_create(f->store);
    assert_non_null(reader);
    assert_int_equal(fs_view_open(reader, &view), FS_OK);
    assert_true(fs_view_hold(&view, seq, &hold));
    assert_int_equal(hold.state, FS_HOLD_HELD);
    assert_true(fs_view_sale(&view, f->shop.sale, &row));
    assert_int_equal(row.held, units);
    fs_view_close(&view);
    fs_reader_destroy(reader);
}


static void
passes(fixture_t *f)
{
    unsigned   n;
    fs_pass_t  p;

    for (n = 0; pass(f, &p), p.more; n++) {
        assert_true(n < 20);
    }
}


static void
test_batch(void **unused)
{
    uint64_t      buyers[4];
    fs_seq_t      hold;
    fixture_t     f;
    fs_command_t  command;

    (void) unused;

    hold = open_broken(&f);
    inherit(&f, 0);

    push(&f, 0, 2, 100);
    release(&f, hold, &command);
    assert_int_equal(fs_ring_push(f.rings, 0, &command, 77, 200), FS_OK);
    push(&f, 0, 3, 300);

    passes(&f);

    assert_int_equal(take(&f, 0, 2), FS_CREATED);
    assert_int_equal(take(&f, 0, 77), FS_INTERNAL);
    assert_int_equal(take(&f, 0, 3), FS_CREATED);

    nothing_taken(&f, hold, 3);
    assert_int_equal(said_times(said, BROKEN), 1);
    assert_int_equal(said_times(said, "\n"), 1);

    /* the thread works on, and the ledger has what it said */

    push(&f, 0, 4, 400);
    passes(&f);
    assert_int_equal(take(&f, 0, 4), FS_CREATED);
    assert_int_equal(held(&f, buyers, 4), 4);

    fixture_close(&f);
}


static void
test_alone(void **unused)
{
    fs_seq_t      hold;
    fixture_t     f;
    fs_result_t   result;
    fs_command_t  command;

    (void) unused;

    hold = open_broken(&f);
    release(&f, hold, &command);
    fs_leader_one(f.leader, &command, NULL, &result);

    assert_int_equal(result.outcome, FS_INTERNAL);
    nothing_taken(&f, hold, 1);
    assert_int_equal(said_times(said, BROKEN), 1);

    fixture_close(&f);
}


/* What time brings up is set aside, so that the others' time comes. */

static void
test_timer(void **unused)
{
    fs_seq_t      hold;
    fixture_t     f;
    fs_sale_t     row;
    fs_result_t   result;
    fs_command_t  command;

    (void) unused;

    hold = open_broken(&f);

    shop_hold(&f.shop, &command, 2);
    fs_leader_one(f.leader, &command, NULL, &result);
    assert_int_equal(result.outcome, FS_CREATED);

    f.shop.shift += 600001;
    passes(&f);

    assert_int_equal(said_times(said, BROKEN), 1);
    assert_int_equal(said_times(said, "set aside: what is due"), 1);
    nothing_taken(&f, hold, 1);
    sale(&f, &row);
    assert_int_equal(row.held, 1);

    fixture_close(&f);
}


/* A ring whose positions make no sense is left alone. */

static void
test_ring(void **unused)
{
    uint64_t    head;
    fixture_t   f;
    fs_pass_t   p;
    fs_ring_t  *ring;

    (void) unused;

    said[0] = '\0';
    fixture_open(&f, MAP, 100);
    f.store->conf.log = keep_words;
    inherit(&f, 0);
    inherit(&f, 1);

    push(&f, 1, 5, 100);
    ring = fs_ring(f.rings, 1);
    head = atomic_load(&ring->head);
    atomic_store(&ring->head, head + f.rings->capacity);

    push(&f, 0, 2, 200);
    assert_int_equal(pass(&f, &p), FS_OK);
    assert_int_equal(p.commands, 1);
    assert_int_equal(take(&f, 0, 2), FS_CREATED);
    assert_int_equal(take(&f, 1, 5), -1);
    assert_int_equal(said_times(said, "leader->rings->capacity\" in "
                                "fs_leader_ring_waits()"), 1);

    atomic_store(&ring->head, head);
    assert_int_equal(pass(&f, &p), FS_OK);
    assert_int_equal(take(&f, 1, 5), FS_CREATED);

    fixture_close(&f);
}


/* As if another led at the same time: what it delivered stays delivered. */

static void
other_leader(void *data, fs_point_t point)
{
    fixture_t  *f = data;

    if (point == FS_POINT_DECIDED) {
        atomic_fetch_add(&fs_ring(f->rings, 0)->delivered, 1);
    }
}


static void
test_delivered(void **unused)
{
    uint64_t   buyers[2];
    fixture_t  f;
    fs_pass_t  p;

    (void) unused;

    said[0] = '\0';
    fixture_open(&f, MAP, 100);
    f.store->conf.log = keep_words;
    inherit(&f, 0);

    push(&f, 0, 2, 100);
    fs_leader_set_hook(f.leader, other_leader, &f);
    assert_int_equal(pass(&f, &p), FS_INTERNAL);
    fs_leader_set_hook(f.leader, NULL, NULL);

    assert_int_equal(said_times(said,
                                "== cursor->start\" in fs_batch_check()"), 1);
    assert_int_equal(held(&f, buyers, 2), 0);

    push(&f, 0, 3, 200);
    assert_int_equal(take(&f, 0, 2), FS_INTERNAL);
    assert_int_equal(pass(&f, &p), FS_OK);
    assert_int_equal(take(&f, 0, 3), FS_CREATED);

    fixture_close(&f);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_batch),
        cmocka_unit_test(test_alone),
        cmocka_unit_test(test_timer),
        cmocka_unit_test(test_ring),
        cmocka_unit_test(test_delivered)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
