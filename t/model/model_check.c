
#include "common/check.h"
#include "model.h"
#include "sheet/sheet_claims.h"
#include "sheet/sheet_debts.h"
#include "pair/pair.h"


/* The entries that were written since the last check: each can be read, and no
 * sale has given more units than it has. */

static void
model_check_ledger(model_t *m)
{
    uint64_t    key;
    fs_str_t    record;
    fs_entry_t  entry;

    for (key = m->checked + 1; key <= m->write.seq; key++) {
        check(fs_db_get(&m->write.log, m->store->log_dbi[FS_LOG_LEDGER],
                        &key, sizeof(key), &record)
              && fs_entry_decode(&entry, key, record.data, record.len) == 0,
              "entry %llu", (unsigned long long) key);

        m->entries[entry.type]++;
        compare_units(&m->units, &entry);
    }

    m->checked = m->write.seq;
}


static void
model_check_groups(model_t *m, const fs_sale_t *sale,
    const oracle_sale_t *want)
{
    uint32_t           i, joined, formed, failed;
    const fs_group_t  *group;

    joined = 0;
    formed = 0;
    failed = 0;

    for (i = 0; i <= ORACLE_PICKUPS; i++) {
        group = fs_sheet_group(&m->sheet, sale->number, i, 0);
        compare_group(group, &want->groups[i]);

        if (group == NULL) {
            continue;
        }

        joined += group->joined;
        formed += group->state == FS_GROUP_FORMED;
        failed += group->state == FS_GROUP_FAILED;
    }

    check(sale->joined == joined && sale->groups_formed == formed
             && sale->groups_failed == failed,
          "sale %u: joined %u, %u formed, %u failed", sale->number,
          sale->joined, sale->groups_formed, sale->groups_failed);
}


/* The rows of sales and their groups against the oracle, after a commit.  all:
 * of every sale; else of those that can have changed. */

static void
model_check_sales(model_t *m, int all)
{
    size_t           i;
    int64_t          due;
    uint32_t         n;
    unsigned         line;
    oracle_t        *oracle;
    oracle_hold_t   *hold;
    oracle_sale_t   *want;
    const fs_sale_t *sale;

    oracle = &m->oracle;

    for (n = oracle->sales_n; n > 0; n--) {
        if (!all && n + 20 < oracle->sales_n) {
            return;
        }

        want = &oracle->sales[n];
        sale = fs_sheet_sale(&m->sheet, n);
        check(sale != NULL, "sale %u", n);
        compare_sale(sale, want, &m->units);
        compare_handed(oracle, sale);
        model_check_groups(m, sale, want);

        due = 0;

        for (i = 0; i < oracle->live_n; i++) {
            hold = &oracle->holds[oracle->live[i]];

            for (line = 0; line < hold->lines_n; line++) {
                if (hold->lines[line].sale == n
                    && (due == 0 || hold->due < due))
                {
                    due = hold->due;
                }
            }
        }

        check(sale->due == due, "sale %u: due %lld, not %lld", n,
              (long long) sale->due, (long long) due);
    }
}


static void
model_check_holds(model_t *m)
{
    size_t      i;
    fs_hold_t   hold;

    for (i = 0; i < m->oracle.holds_n; i++) {
        check(fs_sheet_hold(&m->sheet, m->oracle.holds[i].seq, &hold),
              "hold %zu", i);
        compare_hold(&hold, &m->oracle.holds[i], m->oracle.holds[i].state);
        compare_gift(&m->oracle, &hold, &m->oracle.holds[i]);
    }
}


/* The debts of a hold, row by row: all of the oracle's, and no other.  *sum:
 * those that are due. */

static void
model_check_debts(model_t *m, fs_seq_t seq, const oracle_hold_t *want,
    int other, fs_owed_t *sum)
{
    size_t      n, of;
    unsigned    i;
    fs_hold_t   hold;
    fs_seq_t    after;
    fs_debt_t  *debt;

    static fs_debt_t  debts[1000];

    n = 0;
    after = 0;

    for ( ;; ) {
        check(n < sizeof(debts) / sizeof(debts[0]), "so many debts");
        debt = &debts[n];

        if (!fs_sheet_next_debt(&m->sheet, seq, after, debt)) {
            break;
        }

        if (compare_debt(debt, want)->due) {
            sum->fen += debt->amount_fen;
            sum->debts++;
        }

        after = debt->seq;
        n++;
    }

    of = 0;

    for (i = 0; i < want->payments_n; i++) {
        of += !want->payments[i].sold;
    }

    check(n == of, "hold %llu has %zu debts, not %zu",
          (unsigned long long) seq, n, of);

    if (!other) {
        check(fs_sheet_hold(&m->sheet, seq, &hold), "hold %llu",
              (unsigned long long) seq);
        compare_debts(&hold, debts, n);
    }
}


/* What is due, in the order of its times: each a debt that is not back, or a
 * claim that waits for an answer. */

static void
model_check_due(model_t *m, const fs_owed_t *sum)
{
    int           found;
    size_t        i, waits, open;
    int64_t       fen;
    uint64_t      n;
    fs_debt_t     debt;
    fs_claim_t    claim;
    fs_db_walk_t  walk;

    n = 0;
    fen = 0;
    waits = 0;
    open = 0;

    for (found = fs_db_walk(&walk, &m->write.index,
                            m->store->index_dbi[FS_INDEX_OWED], NULL, 0,
                            MDB_FIRST);
         found;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        if (walk.value.len == 9) {
            check(walk.key.len == FS_DEBT_KEY_LEN
                  && fs_sheet_claim(&m->sheet, fs_get_le64(walk.value.data),
                                    fs_get_be64(walk.key.data + 8), &claim)
                  && claim.state == FS_CLAIM_OPEN
                  && claim.due_at == (int64_t) fs_get_be64(walk.key.data),
                  "a row of a claim that waits");
            waits++;
            continue;
        }

        check(walk.key.len == FS_DEBT_KEY_LEN && walk.value.len == 8
              && fs_sheet_debt(&m->sheet, fs_get_le64(walk.value.data),
                               fs_get_be64(walk.key.data + 8), &debt)
              && debt.refunded == 0
              && debt.due_at == (int64_t) fs_get_be64(walk.key.data),
              "a row of what is due");

        fen += debt.amount_fen;
        n++;
    }

    fs_db_walk_end(&walk);

    for (i = 0; i < m->oracle.claims_n; i++) {
        open += m->oracle.claims[i].state == FS_CLAIM_OPEN;
    }

    check(waits == open, "%zu claims wait, not %zu", waits, open);
    check(n == sum->debts && fen == sum->fen,
          "%llu debts of %lld fen are due, not %llu of %lld",
          (unsigned long long) n, (long long) fen,
          (unsigned long long) sum->debts, (long long) sum->fen);
}


/* All that is owed, of all holds. */

static void
model_check_owed(model_t *m)
{
    size_t          i;
    fs_str_t        row;
    fs_owed_t       owed, sum;
    oracle_hold_t  *other;

    memset(&sum, 0, sizeof(fs_owed_t));

    for (i = 0; i < m->oracle.holds_n; i++) {
        model_check_debts(m, m->oracle.holds[i].seq, &m->oracle.holds[i], 0,
                          &sum);
    }

    for (i = 0; i < m->oracle.others_n; i++) {
        other = &m->oracle.others[i];

        /* it has the number of the first entry about it */

        model_check_debts(m, other->payments[0].seq, other, 1, &sum);
    }

    model_check_due(m, &sum);
    memset(&owed, 0, sizeof(fs_owed_t));

    check(!fs_db_get(&m->write.index, m->store->index_dbi[FS_INDEX_META],
                     FS_OWED_KEY, sizeof(FS_OWED_KEY) - 1, &row)
          || fs_owed_row_decode(&owed, row) == 0, "what is owed");
    check(owed.fen == sum.fen && owed.debts == sum.debts,
          "%llu debts of %lld fen owed, not %llu of %lld",
          (unsigned long long) owed.debts, (long long) owed.fen,
          (unsigned long long) sum.debts, (long long) sum.fen);
}


/* The engine has set no row aside as bad. */

static void
model_check_asides(model_t *m)
{
    fs_store_stat_t  stat;

    check(fs_store_stat(m->store, &stat) == 0 && stat.asides == 0,
          "%llu rows were set aside", (unsigned long long) stat.asides);
}


/* What everybody is shown of givings that are left to chance. */

static void
model_check_drawings(model_t *m, int all)
{
    uint32_t   n;
    fs_view_t  view;

    check(fs_view_open(m->reader, &view) == FS_OK, "no view");

    for (n = m->oracle.sales_n; n > 0; n--) {
        if (!all && n + 4 < m->oracle.sales_n) {
            break;
        }

        compare_drawing(&m->oracle, &view, m->crypto, n);
    }

    fs_view_close(&view);
}


void
model_check(model_t *m, int all)
{
    model_check_asides(m);
    model_begin(m);
    model_check_ledger(m);
    model_check_sales(m, all);

    if (all) {
        model_check_holds(m);
        model_check_owed(m);
        compare_after(&m->oracle, &m->write.index, m->store->index_dbi);
        compare_draws(&m->oracle, &m->write.index, m->store->index_dbi,
                      m->crypto);
    }

    fs_pair_abort(&m->write);
    model_check_drawings(m, all);
}
