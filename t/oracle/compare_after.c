
/*
 * The rows of what comes after an order, against the oracle: where each
 * line's goods are, the tallies of them, claims, tasks, waves; and who came
 * by whose code.  Each database is walked through whole: no row is missing,
 * and none is too many.
 */

#include "common/check.h"
#include "compare.h"
#include "lmdb/db.h"
#include "ledger/rows_after.h"
#include "sheet/sheet_referral.h"


/* The rows and what they are held against. */
typedef struct {
    const oracle_t      *oracle;
    fs_txn_t            *index;
    const MDB_dbi       *dbi;
} after_t;

typedef struct {
    fs_db_walk_t         walk;
    int                  found;
    size_t               rows;
} after_walk_t;


static int
after_first(after_t *after, after_walk_t *walk, fs_index_db_t db)
{
    walk->rows = 0;
    walk->found = fs_db_walk(&walk->walk, after->index, after->dbi[db], NULL,
                             0, MDB_FIRST);

    return walk->found;
}


static int
after_next(after_walk_t *walk)
{
    walk->rows++;
    walk->found = fs_db_walk_on(&walk->walk, MDB_NEXT);

    return walk->found;
}


/* The hold with this number: they are in the order of their numbers. */

static const oracle_hold_t *
after_hold(after_t *after, fs_seq_t seq)
{
    size_t  from, to, middle;

    from = 0;
    to = after->oracle->holds_n;

    while (from < to) {
        middle = (from + to) / 2;

        if (after->oracle->holds[middle].seq < seq) {
            from = middle + 1;

        } else {
            to = middle;
        }
    }

    check(from < after->oracle->holds_n
          && after->oracle->holds[from].seq == seq,
          "hold %llu", (unsigned long long) seq);

    return &after->oracle->holds[from];
}


static int
after_is_listed(const oracle_hold_t *hold, unsigned line)
{
    if (!hold->paid) {
        return 0;
    }

    switch (hold->lines[line].goods) {

    case FS_GOODS_HANDED_OVER:
        return 1;

    case FS_GOODS_SHORT:
        return hold->lines[line].restocked != hold->lines[line].qty;

    default:
        return oracle_coming(hold, line) != 0;
    }
}


static void
after_check_listed(after_t *after)
{
    size_t                i, n;
    unsigned              line;
    fs_listed_t           listed;
    after_walk_t          walk;
    const oracle_hold_t  *hold;

    for (after_first(after, &walk, FS_INDEX_LINES); walk.found;
         after_next(&walk))
    {
        check(fs_listed_key_decode(&listed, walk.walk.key) == 0
              && fs_listed_row_decode(&listed, walk.walk.value) == 0,
              "a row of a line");

        hold = after_hold(after, listed.hold);
        line = listed.line;

        check(line < hold->lines_n && after_is_listed(hold, line)
              && listed.pickup == hold->pickup
              && listed.goods == hold->lines[line].goods
              && listed.sale == hold->lines[line].sale
              && listed.sold == hold->sold
              && listed.qty == hold->lines[line].qty
                               - hold->lines[line].restocked
              && listed.short_qty == hold->lines[line].missing
              && listed.wave == hold->lines[line].wave
              && listed.paid_back == (hold->lines[line].owed_qty != 0),
              "line %u of hold %llu is listed: %s, %u of %u short, wave %u, "
              "paid back %u; not %s, %u of %u, %u, %u", line,
              (unsigned long long) listed.hold, fs_goods_name(listed.goods),
              listed.short_qty, listed.qty, listed.wave, listed.paid_back,
              fs_goods_name((unsigned) hold->lines[line].goods),
              hold->lines[line].missing, hold->lines[line].qty
                                         - hold->lines[line].restocked,
              hold->lines[line].wave, hold->lines[line].owed_qty != 0);
    }

    fs_db_walk_end(&walk.walk);
    n = 0;

    for (i = 0; i < after->oracle->holds_n; i++) {
        hold = &after->oracle->holds[i];

        for (line = 0; line < hold->lines_n; line++) {
            n += (size_t) after_is_listed(hold, line);
        }
    }

    check(walk.rows == n, "%zu lines are listed, not %zu", walk.rows, n);
}


static void
after_add(fs_tally_t *sum, const fs_tally_t *tally)
{
    sum->awaited += tally->awaited;
    sum->ready += tally->ready;
    sum->handed_over += tally->handed_over;
    sum->shorts += tally->shorts;
}


static void
after_check_tallies(after_t *after)
{
    size_t                i;
    uint32_t              sale, pickup, wave;
    unsigned              line;
    fs_tally_t            tally, want, sum, all;
    after_walk_t          walk;
    const uint8_t        *key;
    const oracle_hold_t  *hold;

    memset(&sum, 0, sizeof(sum));
    memset(&all, 0, sizeof(all));

    for (after_first(after, &walk, FS_INDEX_TALLIES); walk.found;
         after_next(&walk))
    {
        key = (const uint8_t *) walk.walk.key.data;
        check(walk.walk.key.len == FS_TALLY_KEY_LEN
              && fs_tally_row_decode(&tally, walk.walk.value) == 0,
              "a row of a tally");

        sale = fs_get_be32(key);
        pickup = fs_get_be32(key + 4);
        wave = (uint32_t) (key[8] << 8 | key[9]);
        oracle_tally(after->oracle, sale, pickup, wave, &want);

        check(tally.ordered == want.ordered,
              "sale %u, point %u, wave %u: %u ordered, not %u", sale, pickup,
              wave, tally.ordered, want.ordered);
        check(tally.awaited == want.awaited && tally.ready == want.ready
              && tally.handed_over == want.handed_over
              && tally.shorts == want.shorts
              && tally.received == want.received
              && tally.final == want.final,
              "sale %u, point %u, wave %u: %u awaited, %u ready, %u handed "
              "over, %u short, %u received%s; not %u, %u, %u, %u, %u%s", sale,
              pickup, wave, tally.awaited, tally.ready, tally.handed_over,
              tally.shorts, tally.received, tally.final ? " finally" : "",
              want.awaited, want.ready, want.handed_over, want.shorts,
              want.received, want.final ? " finally" : "");

        after_add(&sum, &tally);
    }

    fs_db_walk_end(&walk.walk);

    for (i = 0; i < after->oracle->holds_n; i++) {
        hold = &after->oracle->holds[i];

        for (line = 0; hold->paid && line < hold->lines_n; line++) {
            memset(&want, 0, sizeof(want));
            want.shorts = hold->lines[line].missing;

            switch (hold->lines[line].goods) {

            case FS_GOODS_AWAITED:
                want.awaited = oracle_coming(hold, line);
                break;

            case FS_GOODS_READY:
                want.ready = oracle_coming(hold, line);
                break;

            case FS_GOODS_HANDED_OVER:
                want.handed_over = oracle_coming(hold, line);
                break;
            }

            after_add(&all, &want);
        }
    }

    check(memcmp(&sum, &all, sizeof(sum)) == 0, "the sums of all tallies");
}


static void
after_check_paid(after_t *after)
{
    size_t                i, n;
    unsigned              line;
    after_walk_t          walk;
    const uint8_t        *key, *row;
    const oracle_hold_t  *hold;

    for (after_first(after, &walk, FS_INDEX_PAID); walk.found;
         after_next(&walk))
    {
        key = (const uint8_t *) walk.walk.key.data;
        row = (const uint8_t *) walk.walk.value.data;
        check(walk.walk.key.len == 12
              && walk.walk.value.len == FS_PAID_ROW_SIZE
              && row[8] < FS_LINES_MAX, "a row of what is paid");

        hold = after_hold(after, fs_get_le64(row));
        check(hold->paid && row[8] < hold->lines_n
              && hold->lines[row[8]].sale == fs_get_be32(key)
              && hold->sold == fs_get_be64(key + 4)
              && !oracle_all_back(hold, row[8]),
              "line %u of hold %llu, of which nothing is left", row[8],
              (unsigned long long) hold->seq);
    }

    fs_db_walk_end(&walk.walk);
    n = 0;

    for (i = 0; i < after->oracle->holds_n; i++) {
        hold = &after->oracle->holds[i];

        for (line = 0; hold->paid && line < hold->lines_n; line++) {
            n += !oracle_all_back(hold, line);
        }
    }

    check(walk.rows == n, "%zu lines of which something is left, not %zu",
          walk.rows, n);
}


static void
after_check_tasks(after_t *after)
{
    size_t                i, n;
    fs_task_t             task;
    after_walk_t          walk;
    const uint8_t        *key;
    const oracle_task_t  *want;

    for (after_first(after, &walk, FS_INDEX_TASKS); walk.found;
         after_next(&walk))
    {
        key = (const uint8_t *) walk.walk.key.data;
        check(walk.walk.key.len == 12
              && fs_task_row_decode(&task, walk.walk.value) == 0,
              "a row of a task");

        for (i = after->oracle->tasks_n; i-- > 0; ) {
            want = &after->oracle->tasks[i];

            if (want->seq == fs_get_be64(key + 4)) {
                break;
            }
        }

        check(i != (size_t) -1 && !want->done && want->kind == task.kind
              && want->sale == fs_get_be32(key)
              && want->each == task.fen_each,
              "task %llu", (unsigned long long) fs_get_be64(key + 4));
    }

    fs_db_walk_end(&walk.walk);
    n = 0;

    for (i = 0; i < after->oracle->tasks_n; i++) {
        n += !after->oracle->tasks[i].done;
    }

    check(walk.rows == n, "%zu tasks, not %zu", walk.rows, n);
}


static void
after_check_claims(after_t *after)
{
    size_t                 i, n;
    fs_seq_t               seq;
    fs_claim_t             claim;
    after_walk_t           walk;
    const uint8_t         *key;
    const oracle_hold_t   *hold;
    const oracle_claim_t  *want;

    for (after_first(after, &walk, FS_INDEX_CLAIMS); walk.found;
         after_next(&walk))
    {
        key = (const uint8_t *) walk.walk.key.data;
        check(walk.walk.key.len >= 16, "a key of a claim");
        seq = fs_get_be64(key + walk.walk.key.len - 8);

        for (i = after->oracle->claims_n; i-- > 0; ) {
            if (after->oracle->claims[i].seq == seq) {
                break;
            }
        }

        check(i != (size_t) -1, "claim %llu", (unsigned long long) seq);
        want = &after->oracle->claims[i];
        hold = &after->oracle->holds[want->hold];

        if (walk.walk.key.len == 24) {

            /* one that is, or was, to be accepted by time: by buyer */

            check(want->by_time && fs_get_le32(key) == hold->buyer,
                  "claim %llu by time", (unsigned long long) seq);
            continue;
        }

        check(walk.walk.key.len == 16
              && fs_claim_row_decode(&claim, walk.walk.value) == 0
              && fs_get_be64(key) == hold->seq && claim.line == want->line
              && claim.reason == want->reason && claim.qty == want->qty
              && claim.amount_fen == want->amount
              && claim.due_at == want->due_at,
              "claim %llu", (unsigned long long) seq);
        check(claim.state == want->state && claim.by_time == want->by_time
              && claim.answered_at == want->answered_at,
              "claim %llu is %s at %lld, by time %u; not %s, %lld, %d",
              (unsigned long long) seq, fs_claim_state_name(claim.state),
              (long long) claim.answered_at, claim.by_time,
              fs_claim_state_name((unsigned) want->state),
              (long long) want->answered_at, want->by_time);
    }

    fs_db_walk_end(&walk.walk);
    n = after->oracle->claims_n;

    for (i = 0; i < after->oracle->claims_n; i++) {
        n += (size_t) after->oracle->claims[i].by_time;
    }

    check(walk.rows == n, "%zu rows of claims, not %zu", walk.rows, n);
}


/* Waves, and which of their sales each took. */

static void
after_check_waves(after_t *after)
{
    unsigned              i;
    uint32_t              number;
    fs_wave_t             wave;
    after_walk_t          walk;
    const oracle_wave_t  *want;

    for (after_first(after, &walk, FS_INDEX_WAVES); walk.found;
         after_next(&walk))
    {
        number = fs_get_be32(walk.walk.key.data);
        check(walk.walk.key.len == 4 && number != 0
              && number <= after->oracle->waves_n
              && fs_wave_row_decode(&wave, walk.walk.value) == 0,
              "a row of a wave");

        want = &after->oracle->waves[number];
        check(wave.cut_at == want->cut_at && wave.day == want->day
              && (wave.frozen != 0) == want->frozen
              && wave.sales_n == want->sales_n, "wave %u", number);

        for (i = 0; i < wave.sales_n; i++) {
            check(wave.sales[i].sale == want->sales[i].sale
                  && wave.sales[i].taken == want->sales[i].taken
                  && wave.sales[i].wave == want->sales[i].wave,
                  "wave %u: sale %u, taken %u as %u", number,
                  wave.sales[i].sale, wave.sales[i].taken,
                  wave.sales[i].wave);
        }
    }

    fs_db_walk_end(&walk.walk);
    check(walk.rows == after->oracle->waves_n, "%zu waves, not %u",
          walk.rows, after->oracle->waves_n);
}


/* Somebody in a row of who was invited: 16 bytes. */

static const oracle_person_t *
after_person(after_t *after, const void *buyer)
{
    check(fs_get_le32(buyer) < ORACLE_PEOPLE, "buyer %u",
          fs_get_le32(buyer));

    return &after->oracle->people[fs_get_le32(buyer)];
}


static void
after_check_invited_one(after_t *after, const after_walk_t *walk)
{
    const uint8_t          *key;
    fs_invited_t            invited;
    const oracle_person_t  *want;

    key = (const uint8_t *) walk->walk.key.data;
    want = after_person(after, key + 1);

    switch (key[0]) {

    case FS_INVITED_ONE:
        check(walk->walk.key.len == FS_INVITED_KEY && want->invited
              && fs_invited_row_decode(&invited, walk->walk.value) == 0,
              "buyer %u was invited", fs_get_le32(key + 1));
        check(invited.seq == want->seq
              && fs_get_le32(invited.inviter) == want->by,
              "buyer %u was invited by %u, entry %llu; not %u, %llu",
              fs_get_le32(key + 1), fs_get_le32(invited.inviter),
              (unsigned long long) invited.seq, want->by,
              (unsigned long long) want->seq);
        check(invited.handed == want->handed
              && (invited.given & 1) == want->welcomed
              && (invited.given >> 1) == want->thanked,
              "buyer %u was invited: handed over %u, given %u; not %d, %d "
              "and %d", fs_get_le32(key + 1), invited.handed, invited.given,
              want->handed, want->welcomed, want->thanked);
        break;

    case FS_INVITED_COUNT:
        check(walk->walk.key.len == FS_INVITED_KEY
              && walk->walk.value.len == 4
              && fs_get_le32(walk->walk.value.data) == want->brought,
              "buyer %u has invited %u, not %u", fs_get_le32(key + 1),
              fs_get_le32(walk->walk.value.data), want->brought);
        break;

    default:
        check(key[0] == FS_INVITED_LIST
              && walk->walk.key.len == FS_INVITED_LISTED
              && walk->walk.value.len == FS_BUYER_LEN, "a row of an inviter");
        want = after_person(after, walk->walk.value.data);
        check(want->invited && want->by == fs_get_le32(key + 1)
              && want->seq == fs_get_be64(key + FS_INVITED_KEY),
              "buyer %u has invited %u, entry %llu", fs_get_le32(key + 1),
              fs_get_le32(walk->walk.value.data),
              (unsigned long long) fs_get_be64(key + FS_INVITED_KEY));
    }
}


/* Who came by whose code: each newcomer by itself, and in the inviter's list;
 * how many each inviter has. */

static void
after_check_invited(after_t *after)
{
    size_t                  n;
    unsigned                i;
    after_walk_t            walk;
    const oracle_person_t  *person;

    for (after_first(after, &walk, FS_INDEX_INVITED); walk.found;
         after_next(&walk))
    {
        check(walk.walk.key.len >= FS_INVITED_KEY, "a key of who was invited");
        after_check_invited_one(after, &walk);
    }

    fs_db_walk_end(&walk.walk);
    n = 0;

    for (i = 0; i < after->oracle->people_n; i++) {
        person = &after->oracle->people[i];
        n += 2 * (size_t) person->invited + (person->brought != 0);
    }

    check(walk.rows == n, "%zu rows of who was invited, not %zu", walk.rows,
          n);
}


void
compare_handed(const oracle_t *oracle, const fs_sale_t *sale)
{
    size_t                i;
    uint32_t              lines, units, claimed;
    unsigned              line;
    const oracle_hold_t  *hold;
    const oracle_sale_t  *want;

    lines = 0;
    units = 0;
    claimed = 0;
    want = &oracle->sales[sale->number];

    for (i = 0; i < want->orders_n; i++) {
        hold = &oracle->holds[want->orders[i]];

        for (line = 0; line < hold->lines_n; line++) {
            if (hold->lines[line].sale != sale->number) {
                continue;
            }

            claimed += hold->lines[line].claimed;

            if (hold->lines[line].goods == FS_GOODS_HANDED_OVER) {
                lines++;
                units += oracle_coming(hold, line);
            }
        }
    }

    check(sale->handed_lines == lines && sale->handed_units == units
          && sale->claimed_units == claimed,
          "sale %u: %u lines of %u units handed over, %u claimed; not %u, "
          "%u, %u", sale->number, sale->handed_lines, sale->handed_units,
          sale->claimed_units, lines, units, claimed);
}


void
compare_after(const oracle_t *oracle, fs_txn_t *index, const MDB_dbi *dbi)
{
    after_t  after;

    after.oracle = oracle;
    after.index = index;
    after.dbi = dbi;

    after_check_listed(&after);
    after_check_tallies(&after);
    after_check_waves(&after);
    after_check_paid(&after);
    after_check_tasks(&after);
    after_check_claims(&after);
    after_check_invited(&after);
}
