
/*
 * The whole table of transitions, printed and compared: a change of a rule is
 * a change of this text.
 */

#include "fixture.h"


/* A gift: `over` is how it is shown, and no row's state. */
#define GIFT(state, handed)                                                  \
    state " pay:wrong_state release:wrong_state point:wrong_state"           \
    " expire:wrong_state confirm:refund_due(wrong_amount)>" state            \
    " cancel:wrong_state owe:wrong_state refund:refunded>" state             \
    " ready:wrong_state pick_up:wrong_state " handed                         \
    " give_back:wrong_state gift:wrong_state\n"


/* state, then for each move the outcome or the entry and the next state */
static const char  expected[] =
    "none pay:wrong_state release:wrong_state point:wrong_state"
    " expire:wrong_state"
    " confirm:wrong_state cancel:wrong_state owe:wrong_state"
    " refund:wrong_state ready:wrong_state pick_up:wrong_state"
    " hand_over:wrong_state put_back:wrong_state"
    " give_back:wrong_state gift:wrong_state\n"

    "held pay:paying>paying release:released>released point:pickup>held"
    " expire:expired>expired confirm:sold>sold cancel:cancelled>cancelled"
    " owe:wrong_state refund:refunded>held ready:wrong_state"
    " pick_up:wrong_state"
    " hand_over:wrong_state put_back:wrong_state"
    " give_back:wrong_state gift:bound>held\n"

    "paying pay:no_effect release:wrong_state point:pickup>paying"
    " expire:expired>expired"
    " confirm:sold>sold cancel:cancelled>cancelled owe:wrong_state"
    " refund:refunded>paying ready:wrong_state pick_up:wrong_state"
    " hand_over:wrong_state put_back:wrong_state"
    " give_back:wrong_state gift:wrong_state\n"

    "sold pay:wrong_state release:wrong_state point:wrong_state"
    " expire:wrong_state"
    " confirm:refund_due(second_payment)>sold cancel:wrong_state"
    " owe:owed>sold refund:refunded>sold ready:ready>ready"
    " pick_up:wrong_state"
    " hand_over:picked_up>picked_up put_back:put_back>ready"
    " give_back:owed>refund_due gift:wrong_state\n"

    "released pay:wrong_state release:no_effect point:wrong_state"
    " expire:wrong_state"
    " confirm:refund_due(released)>refund_due cancel:no_effect"
    " owe:wrong_state refund:refunded>released ready:wrong_state"
    " pick_up:wrong_state"
    " hand_over:wrong_state put_back:wrong_state"
    " give_back:wrong_state gift:wrong_state\n"

    "expired pay:wrong_state release:wrong_state point:wrong_state"
    " expire:no_effect"
    " confirm:sold_late>sold cancel:withdrawn>cancelled"
    " owe:wrong_state refund:refunded>expired ready:wrong_state"
    " pick_up:wrong_state"
    " hand_over:wrong_state put_back:wrong_state"
    " give_back:wrong_state gift:wrong_state\n"

    "cancelled pay:wrong_state release:wrong_state point:wrong_state"
    " expire:wrong_state"
    " confirm:refund_due(cancelled)>refund_due cancel:no_effect"
    " owe:wrong_state refund:refunded>cancelled ready:wrong_state"
    " pick_up:wrong_state"
    " hand_over:wrong_state put_back:wrong_state"
    " give_back:wrong_state gift:wrong_state\n"

    "refund_due pay:wrong_state release:wrong_state point:wrong_state"
    " expire:wrong_state"
    " confirm:refund_due(second_payment)>refund_due cancel:wrong_state"
    " owe:owed>refund_due refund:refunded>refunded ready:ready>ready"
    " pick_up:wrong_state"
    " hand_over:picked_up>picked_up put_back:put_back>ready"
    " give_back:wrong_state gift:wrong_state\n"

    "refunded pay:wrong_state release:wrong_state point:wrong_state"
    " expire:wrong_state"
    " confirm:refund_due(second_payment)>refund_due cancel:wrong_state"
    " owe:owed>refunded refund:wrong_state ready:ready>ready"
    " pick_up:wrong_state"
    " hand_over:picked_up>picked_up put_back:put_back>ready"
    " give_back:wrong_state gift:wrong_state\n"

    "ready pay:wrong_state release:wrong_state point:wrong_state"
    " expire:wrong_state"
    " confirm:refund_due(second_payment)>ready cancel:wrong_state"
    " owe:owed>ready refund:refunded>ready ready:no_effect"
    " pick_up:picked_up>picked_up"
    " hand_over:picked_up>picked_up put_back:put_back>ready"
    " give_back:wrong_state gift:wrong_state\n"

    "picked_up pay:wrong_state release:wrong_state point:wrong_state"
    " expire:wrong_state"
    " confirm:refund_due(second_payment)>picked_up cancel:wrong_state"
    " owe:owed>picked_up refund:refunded>picked_up ready:wrong_state"
    " pick_up:no_effect"
    " hand_over:picked_up>picked_up put_back:put_back>ready"
    " give_back:wrong_state gift:wrong_state\n"

    GIFT("granted", "hand_over:picked_up>used put_back:wrong_state")
    GIFT("bound", "hand_over:wrong_state put_back:wrong_state")
    GIFT("used", "hand_over:picked_up>used put_back:put_back>granted")
    GIFT("over", "hand_over:wrong_state put_back:wrong_state")

    "queued pay:wrong_state release:stepped_out>released point:wrong_state"
    " expire:ended>expired"
    " confirm:refund_due(wrong_amount)>queued cancel:wrong_state"
    " owe:wrong_state refund:refunded>queued ready:wrong_state"
    " pick_up:wrong_state"
    " hand_over:wrong_state put_back:wrong_state"
    " give_back:wrong_state gift:wrong_state\n";

static const char  *moves[FS_MOVES_N] = {
    "pay", "release", "point", "expire", "confirm", "cancel", "owe",
    "refund", "ready", "pick_up", "hand_over", "put_back", "give_back",
    "gift"
};


static size_t
print_move(char *p, size_t size, unsigned state, unsigned move)
{
    const fs_transition_t  *t;

    t = fs_transition(state, move);

    if (t->outcome == FS_OK && t->entry == FS_ENTRY_NONE) {
        assert_int_equal(t->state, state);
        return (size_t) snprintf(p, size, " %s:no_effect", moves[move]);
    }

    if (t->outcome == FS_OK) {
        return (size_t) snprintf(p, size, " %s:%s>%s", moves[move],
                                 fs_entry_type_name(t->entry),
                                 fs_hold_state_name(t->state));
    }

    if (t->outcome == FS_REFUND_DUE) {
        assert_int_equal(t->entry, FS_ENTRY_OWED);
        return (size_t) snprintf(p, size, " %s:refund_due(%s)>%s",
                                 moves[move], fs_reason_name(t->reason),
                                 fs_hold_state_name(t->state));
    }

    assert_int_equal(t->entry, FS_ENTRY_NONE);
    assert_int_equal(t->state, state);

    return (size_t) snprintf(p, size, " %s:%s", moves[move],
                             fs_outcome_code(t->outcome));
}


static void
test_table(void **context)
{
    char      table[8192], *p;
    size_t    left;
    unsigned  state, move;

    (void) context;

    p = table;
    left = sizeof(table);

    for (state = 0; state < FS_HOLD_STATES_N; state++) {
        p += snprintf(p, left, "%s", fs_hold_state_name(state));
        left = (size_t) (table + sizeof(table) - p);

        for (move = 0; move < FS_MOVES_N; move++) {
            p += print_move(p, left, state, move);
            left = (size_t) (table + sizeof(table) - p);
        }

        p += snprintf(p, left, "\n");
        left = (size_t) (table + sizeof(table) - p);
    }

    assert_string_equal(table, expected);
}


/* A damaged row must not lead out of the table. */

static void
test_out_of_range(void **context)
{
    (void) context;

    assert_int_equal(fs_transition(FS_HOLD_STATES_N, FS_MOVE_PAY)->outcome,
                     FS_WRONG_STATE);
    assert_int_equal(fs_transition(FS_HOLD_HELD, FS_MOVES_N)->outcome,
                     FS_WRONG_STATE);
    assert_int_equal(fs_transition(255, FS_MOVE_PAY)->outcome,
                     FS_WRONG_STATE);
}


/* No move gives units to a hold whose units went elsewhere. */

static void
test_units(void **context)
{
    unsigned                state, move;
    fs_entry_t              entry;
    fs_entry_effect_t       effect;
    const fs_transition_t  *t;

    /* held and sold units of a hold in each state */
    static const int  held[FS_HOLD_STATES_N] = {
        [FS_HOLD_HELD] = 1, [FS_HOLD_PAYING] = 1
    };
    static const int  sold[FS_HOLD_STATES_N] = {
        [FS_HOLD_SOLD] = 1, [FS_HOLD_READY] = 1, [FS_HOLD_PICKED_UP] = 1
    };

    (void) context;

    memset(&entry, 0, sizeof(entry));
    entry.qty = 1;

    for (state = 0; state < FS_HOLD_STATES_N; state++) {
        for (move = 0; move < FS_MOVES_N; move++) {
            t = fs_transition(state, move);

            if (t->outcome != FS_OK && t->outcome != FS_REFUND_DUE) {
                continue;
            }

            entry.type = t->entry;
            fs_entry_effect(&entry, &effect);
            assert_int_equal(effect.stock, 0);

            if (move >= FS_MOVE_READY) {

                /* goods: units stay where the money's moves have left them */

                assert_int_equal(effect.held, 0);
                assert_int_equal(effect.sold, 0);
                continue;
            }

            assert_int_equal(effect.held, held[t->state] - held[state]);
            assert_int_equal(effect.sold, sold[t->state] - sold[state]);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_out_of_range),
        cmocka_unit_test(test_units),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
