
#include "common/check.h"
#include "model.h"
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

        check(entry.type != FS_ENTRY_OWED
              || oracle_named(&m->oracle, &entry),
              "entry %llu: a debt that there is not",
              (unsigned long long) key);
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
    }
}


/* All that is owed, of all holds. */

static void
model_check_owed(model_t *m)
{
    size_t     i;
    int64_t    fen;
    fs_str_t   row;
    fs_owed_t  owed;

    fen = 0;

    for (i = 0; i < m->oracle.holds_n; i++) {
        fen += oracle_owed(&m->oracle.holds[i]);
    }

    for (i = 0; i < m->oracle.others_n; i++) {
        fen += oracle_owed(&m->oracle.others[i]);
    }

    memset(&owed, 0, sizeof(fs_owed_t));

    check(!fs_db_get(&m->write.index, m->store->index_dbi[FS_INDEX_META],
                     FS_OWED_KEY, sizeof(FS_OWED_KEY) - 1, &row)
          || fs_owed_row_decode(&owed, row) == 0, "what is owed");
    check(owed.fen == fen, "%lld fen owed, not %lld", (long long) owed.fen,
          (long long) fen);
}


/* The engine has set no row aside as bad. */

static void
model_check_asides(model_t *m)
{
    fs_store_stat_t  stat;

    check(fs_store_stat(m->store, &stat) == 0 && stat.asides == 0,
          "%llu rows were set aside", (unsigned long long) stat.asides);
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
    }

    fs_pair_abort(&m->write);
}
