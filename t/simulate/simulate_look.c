
#include "read/audit.h"
#include "simulate.h"
#include "read/read.h"
#include "read/view_debts.h"


static void simulate_compare(worker_t *worker, fs_view_t *view, uint32_t n);
static void simulate_compare_debts(fs_view_t *view, const fs_hold_t *hold,
    const oracle_hold_t *want);


/* What people read: nothing that is not durable, and the oracle's numbers. */

void
simulate_look(worker_t *worker)
{
    size_t          n;
    fs_hold_t       hold;
    fs_view_t       view;
    simulate_t     *sim;
    oracle_hold_t  *want;
    fs_outcome_t    outcome;

    sim = worker->sim;

    if (!worker->ready) {
        return;
    }

    process_enter(worker->process);
    simulate_follow(sim, worker->reader);

    outcome = fs_view_open(worker->reader, &view);

    if (outcome == FS_OK) {
        check(view.seq <= sim->checked, "a view shows entry %llu, durable is "
              "entry %llu", (unsigned long long) view.seq,
              (unsigned long long) sim->checked);

        if (view.seq == sim->checked && sim->oracle.sales_n != 0
            && sim->oracle.holds_n != 0)
        {
            simulate_compare(worker, &view,
                             1 + dice_below(&sim->dice, sim->oracle.sales_n));

            n = dice_below(&sim->dice, (unsigned) sim->oracle.holds_n);
            want = &sim->oracle.holds[n];
            check(fs_view_hold(&view, want->seq, &hold), "hold %zu", n);
            compare_hold(&hold, want, oracle_state(&sim->oracle, want));
            compare_gift(&sim->oracle, &hold, want);
            compare_ahead(&sim->oracle, &hold, want);
        }
    }

    if (outcome == FS_OK) {
        fs_view_close(&view);
    }

    process_enter(NULL);
}


static void
simulate_compare(worker_t *worker, fs_view_t *view, uint32_t n)
{
    uint32_t        i;
    fs_sale_t       sale;
    fs_group_t      group;
    simulate_t     *sim;
    oracle_sale_t  *want;

    sim = worker->sim;
    want = &sim->oracle.sales[n];
    check(fs_view_sale(view, n, &sale), "sale %u", n);
    compare_sale(&sale, want, &sim->units);
    compare_handed(&sim->oracle, &sale);

    for (i = 0; i <= ORACLE_PICKUPS; i++) {
        compare_group(fs_view_group(view, n, i, &group) ? &group : NULL,
                      &want->groups[i]);
    }

    compare_drawing(&sim->oracle, view, worker->crypto, n);
}


static void
simulate_compare_debts(fs_view_t *view, const fs_hold_t *hold,
    const oracle_hold_t *want)
{
    size_t     i, n, of;
    fs_debt_t  debts[FS_DEBTS_SHOWN];

    n = fs_view_debts(view, hold, debts);
    of = 0;

    for (i = 0; i < want->payments_n; i++) {
        of += !want->payments[i].sold;
    }

    check(n == of || (n == FS_DEBTS_SHOWN && of > n),
          "hold %llu shows %zu debts, not %zu",
          (unsigned long long) hold->seq, n, of);

    for (i = 0; i < n; i++) {
        (void) compare_debt(&debts[i], want);
    }

    if (n < FS_DEBTS_SHOWN) {
        compare_debts(hold, debts, n);
    }
}


/* 1: what people read is all there is. */

int
simulate_fresh(worker_t *worker)
{
    int           fresh;
    fs_view_t     view;
    fs_outcome_t  outcome;

    process_enter(worker->process);
    outcome = fs_view_open(worker->reader, &view);
    fresh = outcome == FS_OK && view.fresh;

    if (outcome == FS_OK) {
        fs_view_close(&view);
    }

    process_enter(NULL);

    return fresh;
}


/* What the audit has added up from the ledger alone. */

static void
simulate_compare_sums(simulate_t *sim, const fs_owed_t *owed)
{
    size_t                h;
    int64_t               fen;
    unsigned              i;
    uint64_t              debts;
    const oracle_hold_t  *hold;

    fen = 0;
    debts = 0;

    for (h = 0; h < sim->oracle.holds_n + sim->oracle.others_n; h++) {
        hold = (h < sim->oracle.holds_n)
               ? &sim->oracle.holds[h]
               : &sim->oracle.others[h - sim->oracle.holds_n];
        fen += oracle_owed(hold);

        for (i = 0; i < hold->payments_n; i++) {
            debts += (uint64_t) hold->payments[i].due;
        }
    }

    check(owed->fen == fen && owed->debts == debts,
          "the audit has %llu debts of %lld fen, not %llu of %lld",
          (unsigned long long) owed->debts, (long long) owed->fen,
          (unsigned long long) debts, (long long) fen);
}


/* The end of a world: the ledger folded again, and every row. */

void
simulate_audit(worker_t *worker)
{
    size_t       i;
    uint32_t     n;
    fs_hold_t    hold;
    fs_view_t    view;
    fs_audit_t   audit;
    simulate_t  *sim;

    sim = worker->sim;
    process_enter(worker->process);

    fs_audit_run(worker->store, 1000, NULL, &audit);
    check(audit.ok && audit.outcome == FS_OK, "%s", audit.problem);
    check(audit.last_seq == sim->checked
          && memcmp(audit.hash, sim->checked_hash, FS_HASH_LEN) == 0,
          "the audit ends at entry %llu, not %llu",
          (unsigned long long) audit.last_seq,
          (unsigned long long) sim->checked);
    simulate_compare_sums(sim, &audit.owed);
    fs_audit_free(&audit);

    check(fs_view_open(worker->reader, &view) == FS_OK && view.fresh,
          "no view");

    for (n = 1; n <= sim->oracle.sales_n; n++) {
        simulate_compare(worker, &view, n);
    }

    for (i = 0; i < sim->oracle.holds_n; i++) {
        check(fs_view_hold(&view, sim->oracle.holds[i].seq, &hold),
              "hold %zu", i);
        compare_hold(&hold, &sim->oracle.holds[i],
                     oracle_state(&sim->oracle, &sim->oracle.holds[i]));
        compare_gift(&sim->oracle, &hold, &sim->oracle.holds[i]);
        compare_ahead(&sim->oracle, &hold, &sim->oracle.holds[i]);
        simulate_compare_debts(&view, &hold, &sim->oracle.holds[i]);
    }

    compare_after(&sim->oracle, &view.index, worker->store->index_dbi);
    compare_draws(&sim->oracle, &view.index, worker->store->index_dbi,
                  worker->crypto);
    fs_view_close(&view);
    process_enter(NULL);
}
