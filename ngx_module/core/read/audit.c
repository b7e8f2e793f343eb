
/*
 * The audit.  What is compared is folded here, from the entries and
 * fs_entry_effect() alone; of the store's own fold nothing is used.  Of the
 * index only the rows by which refunds are known again are looked at, the sum
 * of what is owed, the lists and tallies of goods, and who came by whose code.
 *
 * The entries of the last range and the records that they are compared with
 * come from one snapshot of the log.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "read/audit.h"
#include "read/audit_after.h"
#include "read/audit_draws.h"
#include "read/audit_goods.h"
#include "read/audit_invited.h"
#include "read/audit_rows.h"
#include "read/view_debts.h"
#include "log/life.h"
#include "log/log.h"
#include "read/read.h"
#include "ledger/entry_line.h"


/* How long a snapshot is waited for: tries, a millisecond apart. */
#define FS_AUDIT_TRIES  5000

/* a sale, folded */
typedef struct {
    int64_t              stock;
    int64_t              held;
    int64_t              sold;
    int64_t              joined;
    int64_t              groups;        /* joined, by the groups' records */
    fs_audit_after_t     after;
    fs_audit_draw_t     *draw;          /* of packets, tickets; or NULL */
    uint32_t             goal;
    uint8_t              seen;          /* it has an entry */
    uint8_t              matched;       /* it has a record */
    uint8_t              negative;      /* free, held or sold was below 0 */
} fs_audit_fold_t;

typedef struct {
    fs_audit_t          *audit;
    fs_crypto_t         *crypto;
    fs_reader_t         *reader;
    fs_audit_fold_t     *sales;         /* by number */
    size_t               sales_n;
    size_t               lives_n;       /* entries that began one */
    fs_entry_t          *entries;
    unsigned             range;
    size_t               room;          /* of audit->sales */
    fs_audit_invited_t   invited;
} fs_auditor_t;

static void fs_audit_problem(fs_audit_t *audit, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static fs_outcome_t fs_audit_walk(fs_auditor_t *auditor,
    const _Atomic int *stop);
static fs_outcome_t fs_audit_range(fs_auditor_t *auditor, fs_view_t *view,
    int *done);
static fs_outcome_t fs_audit_entry(fs_auditor_t *auditor, fs_entry_t *entry,
    const fs_names_t *names);
static void fs_audit_life(fs_auditor_t *auditor, fs_view_t *view,
    const fs_entry_t *entry);
static void fs_audit_owed(fs_auditor_t *auditor, fs_view_t *view);
static void fs_audit_claim(fs_auditor_t *auditor, fs_view_t *view,
    const fs_entry_t *entry);
static void fs_audit_goods(fs_auditor_t *auditor, fs_view_t *view);
static fs_audit_fold_t *fs_audit_fold(fs_auditor_t *auditor,
    uint32_t number);
static fs_outcome_t fs_audit_compare(fs_auditor_t *auditor, fs_view_t *view,
    fs_txn_t *log);
static fs_outcome_t fs_audit_groups(fs_auditor_t *auditor, fs_view_t *view,
    fs_txn_t *log);
static fs_outcome_t fs_audit_sale(fs_auditor_t *auditor, fs_view_t *view,
    const fs_sale_t *row);
static int fs_audit_order(const void *one, const void *two);
static void fs_audit_pause(void);


void
fs_audit_run(fs_store_t *store, unsigned range, const _Atomic int *stop,
    fs_audit_t *audit)
{
    size_t        i;
    fs_auditor_t  auditor;

    memset(audit, 0, sizeof(*audit));
    memset(&auditor, 0, sizeof(auditor));

    auditor.audit = audit;
    auditor.range = range ? range : 1;
    auditor.crypto = fs_crypto_create(store->store_key);
    auditor.reader = fs_reader_create(store);
    auditor.entries = malloc(auditor.range * sizeof(fs_entry_t));

    if (auditor.crypto && auditor.reader && auditor.entries) {
        audit->outcome = fs_audit_walk(&auditor, stop);

    } else {
        audit->outcome = FS_NOT_READY;
    }

    audit->ok = audit->outcome == FS_OK && audit->problem[0] == '\0';

    if (auditor.reader) {
        fs_reader_destroy(auditor.reader);
    }

    for (i = 0; i < auditor.sales_n; i++) {
        free(auditor.sales[i].draw);
    }

    fs_audit_invited_free(&auditor.invited);
    fs_crypto_destroy(auditor.crypto);
    free(auditor.entries);
    free(auditor.sales);
}


void
fs_audit_free(fs_audit_t *audit)
{
    free(audit->sales);
    audit->sales = NULL;
    audit->sales_n = 0;
}


/* Only the first is kept: the others often follow from it. */

static void
fs_audit_problem(fs_audit_t *audit, const char *format, ...)
{
    va_list  args;

    if (audit->problem[0] != '\0') {
        return;
    }

    va_start(args, format);
    (void) vsnprintf(audit->problem, sizeof(audit->problem), format, args);
    va_end(args);
}


static fs_outcome_t
fs_audit_walk(fs_auditor_t *auditor, const _Atomic int *stop)
{
    int            done;
    unsigned       tries;
    fs_seq_t       before;
    fs_view_t      view;
    fs_outcome_t   outcome;

    done = 0;
    tries = 0;

    while (!done) {

        if (stop && atomic_load_explicit(stop, memory_order_relaxed)) {
            return FS_NOT_READY;
        }

        outcome = fs_view_open_log(auditor->reader, &view);

        if (outcome != FS_OK) {

            if (++tries == FS_AUDIT_TRIES) {
                return outcome;
            }

            fs_audit_pause();
            continue;
        }

        before = auditor->audit->last_seq;

        outcome = fs_audit_range(auditor, &view, &done);

        fs_view_close(&view);

        if (outcome != FS_OK) {
            return outcome;
        }

        if (done || auditor->audit->last_seq != before) {
            tries = 0;
            continue;
        }

        /* the snapshot is beyond the mark; a later one will not be */

        if (++tries == FS_AUDIT_TRIES) {
            return FS_NOT_READY;
        }

        fs_audit_pause();
    }

    return FS_OK;
}


static fs_outcome_t
fs_audit_range(fs_auditor_t *auditor, fs_view_t *view, int *done)
{
    size_t         i, n;
    fs_seq_t       mark;
    fs_txn_t      *log;
    fs_audit_t    *audit;
    fs_entry_t     last;
    fs_names_t     names;
    const char    *wrong;
    fs_outcome_t   outcome;

    audit = auditor->audit;

    fs_view_names(view, auditor->crypto, &names);

    mark = atomic_load(&view->store->mark->seq);

    n = fs_view_entries(view, audit->last_seq, auditor->range,
                        auditor->entries);

    for (i = 0; i < n; i++) {
        outcome = fs_audit_entry(auditor, &auditor->entries[i], &names);

        if (outcome != FS_OK) {
            return outcome;
        }

        if (auditor->entries[i].type == FS_ENTRY_LIFE) {
            fs_audit_life(auditor, view, &auditor->entries[i]);
        }

        wrong = fs_audit_rows(view, &auditor->entries[i]);

        if (wrong == NULL) {
            wrong = fs_audit_invited(&auditor->invited, view,
                                     &auditor->entries[i]);
        }

        if (wrong != NULL) {
            fs_audit_problem(audit, "entry %llu %s", (unsigned long long)
                             auditor->entries[i].seq, wrong);
        }

        if (auditor->entries[i].type == FS_ENTRY_ACCEPTED
            || auditor->entries[i].type == FS_ENTRY_DENIED)
        {
            fs_audit_claim(auditor, view, &auditor->entries[i]);
        }
    }

    log = fs_view_log(view);

    if (log == NULL) {
        return fs_view_outcome(view);
    }

    if (n == auditor->range) {
        return FS_OK;
    }

    memset(&last, 0, sizeof(last));

    if (fs_log_last(view->store, log, &last) == -1) {
        fs_audit_problem(audit, "the last entry of the ledger cannot be "
                         "read");
        return FS_DISK_FAILED;
    }

    if (log->error
        || (last.seq > audit->last_seq && mark > audit->last_seq))
    {
        fs_audit_problem(audit, "the ledger is not whole after entry %llu: "
                         "%s", (unsigned long long) audit->last_seq,
                         log->error ? fs_db_strerror(log->error)
                                    : "the next one is missing");
        return FS_DISK_FAILED;
    }

    if (last.seq != audit->last_seq) {
        return FS_OK;
    }

    *done = 1;

    fs_audit_owed(auditor, view);
    fs_audit_goods(auditor, view);

    return fs_audit_compare(auditor, view, log);
}


static fs_outcome_t
fs_audit_entry(fs_auditor_t *auditor, fs_entry_t *entry,
    const fs_names_t *names)
{
    int                 len;
    char                line[FS_ENTRY_JSON_MAX];
    uint8_t             hash[FS_HASH_LEN];
    fs_audit_t         *audit;
    const char         *wrong;
    fs_audit_fold_t    *sale;
    fs_entry_effect_t   effect;

    audit = auditor->audit;

    memcpy(hash, entry->hash, FS_HASH_LEN);

    len = fs_entry_render(entry, names, line);

    if (len < 0) {
        fs_audit_problem(audit, "entry %llu names what has no name",
                         (unsigned long long) entry->seq);

    } else if (fs_entry_chain(entry, audit->hash, line, (size_t) len) == -1) {
        return FS_NOT_READY;

    } else if (memcmp(hash, entry->hash, FS_HASH_LEN) != 0) {
        fs_audit_problem(audit, "entry %llu does not hash to what it says",
                         (unsigned long long) entry->seq);
    }

    audit->last_seq = entry->seq;
    memcpy(audit->hash, hash, FS_HASH_LEN);

    if (!fs_audit_money(&audit->owed, entry)) {
        fs_audit_problem(audit, "entry %llu pays back what is not owed",
                         (unsigned long long) entry->seq);
    }

    if (entry->sale == 0) {
        return FS_OK;
    }

    sale = fs_audit_fold(auditor, entry->sale);

    if (sale == NULL) {
        return FS_NOT_READY;
    }

    fs_entry_effect(entry, &effect);

    if (entry->type == FS_ENTRY_SALE) {
        sale->stock = entry->qty;
        sale->goal = entry->number2;

    } else {
        sale->stock += effect.stock;
    }

    sale->held += effect.held;
    sale->sold += effect.sold;

    if (effect.joined < 0 || sale->goal) {
        sale->joined += effect.joined;
    }

    wrong = fs_audit_after(&sale->after, entry);

    if (wrong == NULL) {
        wrong = fs_audit_draw(&sale->draw, entry, names);
    }

    if (wrong != NULL) {
        fs_audit_problem(audit, "entry %llu %s",
                         (unsigned long long) entry->seq, wrong);
    }

    if (!sale->negative
        && (sale->held < 0 || sale->sold < 0
            || sale->held + sale->sold > sale->stock))
    {
        sale->negative = 1;
        fs_audit_problem(audit, "entry %llu takes what sale %u does not have",
                         (unsigned long long) entry->seq, entry->sale);
    }

    return FS_OK;
}


/* What is owed, and what is still to be, by the index, if it is of the same
 * entry. */

static void
fs_audit_owed(fs_auditor_t *auditor, fs_view_t *view)
{
    size_t       i;
    int64_t      wall, boot;
    fs_owed_t    owed;
    fs_audit_t  *audit;
    const char  *wrong;

    fs_audit_after_t  all;

    audit = auditor->audit;

    if (view->index.txn == NULL || view->seq != audit->last_seq) {
        return;
    }

    view->store->conf.clock(view->store->conf.data, &wall, &boot);

    if (!fs_view_owed(view, wall, &owed, &audit->overdue)) {
        fs_audit_problem(audit, "what is owed cannot be read");

    } else if (owed.fen != audit->owed.fen
               || owed.debts != audit->owed.debts)
    {
        fs_audit_problem(audit, "%llu debts of %lld fen are owed; the record "
                         "says %llu of %lld",
                         (unsigned long long) audit->owed.debts,
                         (long long) audit->owed.fen,
                         (unsigned long long) owed.debts,
                         (long long) owed.fen);
    }

    memset(&all, 0, sizeof(all));

    for (i = 0; i < auditor->sales_n; i++) {
        all.tasks += auditor->sales[i].after.tasks;
        all.claims += auditor->sales[i].after.claims;
        all.waiting += auditor->sales[i].after.waiting;
    }

    wrong = fs_audit_after_rows(view, &all, audit->owed.debts);

    if (wrong != NULL) {
        fs_audit_problem(audit, "%s", wrong);
    }

    wrong = fs_audit_invited_rows(&auditor->invited, view);

    if (wrong != NULL) {
        fs_audit_problem(audit, "the index %s", wrong);
    }
}


/* What is said to a claim has its number alone: its entry says of which sale
 * it is. */

static void
fs_audit_claim(fs_auditor_t *auditor, fs_view_t *view,
    const fs_entry_t *entry)
{
    fs_entry_t  claim;

    if (fs_view_entries(view, (fs_seq_t) entry->time1 - 1, 1, &claim) != 1
        || claim.type != FS_ENTRY_CLAIMED || claim.hold != entry->hold
        || claim.seq >= entry->seq || claim.sale >= auditor->sales_n
        || !fs_audit_answered(&auditor->sales[claim.sale].after, &claim,
                              entry))
    {
        fs_audit_problem(auditor->audit, "entry %llu answers no claim",
                         (unsigned long long) entry->seq);
    }
}


/* Units by where their goods are, if the index is of the same entry. */

static void
fs_audit_goods(fs_auditor_t *auditor, fs_view_t *view)
{
    size_t             i;
    fs_sale_t          sale;
    fs_audit_t        *audit;
    fs_audit_goods_t  *goods;

    audit = auditor->audit;

    if (view->index.txn == NULL || view->seq != audit->last_seq) {
        return;
    }

    goods = calloc(auditor->sales_n + 1, sizeof(fs_audit_goods_t));

    if (goods == NULL || fs_audit_tallies(view, goods, auditor->sales_n) != 0)
    {
        fs_audit_problem(audit, "the tallies of goods cannot be read");
    }

    for (i = 0; goods != NULL && i < auditor->sales_n; i++) {
        if (goods[i].units + auditor->sales[i].after.granted
            != auditor->sales[i].sold
            || (fs_view_look_sale(view, (uint32_t) i, &sale) == 1
                && sale.handed_units != goods[i].handed_over))
        {
            fs_audit_problem(audit, "sale %zu has sold %lld units; the "
                             "tallies say %lld, %lld of them handed over", i,
                             (long long) auditor->sales[i].sold,
                             (long long) goods[i].units,
                             (long long) goods[i].handed_over);
        }
    }

    free(goods);
}


/* Ids hang on the list of lives: it has to be what the entries say. */

static void
fs_audit_life(fs_auditor_t *auditor, fs_view_t *view, const fs_entry_t *entry)
{
    fs_txn_t  *log;

    auditor->lives_n++;
    log = fs_view_log(view);

    if (log != NULL
        && (fs_life_epoch_in(view->store, log, entry->seq) != entry->number
            || fs_life_epoch_in(view->store, log, entry->seq - 1)
               == entry->number))
    {
        fs_audit_problem(auditor->audit, "entry %llu begins a life that is "
                         "not in the list", (unsigned long long) entry->seq);
    }
}


static fs_audit_fold_t *
fs_audit_fold(fs_auditor_t *auditor, uint32_t number)
{
    size_t            n;
    fs_audit_fold_t  *sales;

    if (number >= auditor->sales_n) {

        if (number > FS_SALES_MAX) {
            return NULL;
        }

        n = auditor->sales_n ? auditor->sales_n : 64;

        while (n <= number) {
            n *= 2;
        }

        sales = realloc(auditor->sales, n * sizeof(*sales));

        if (sales == NULL) {
            return NULL;
        }

        memset(sales + auditor->sales_n, 0,
               (n - auditor->sales_n) * sizeof(*sales));

        auditor->sales = sales;
        auditor->sales_n = n;
    }

    auditor->sales[number].seen = 1;

    return &auditor->sales[number];
}


/* The records of all sales, against what was folded. */

static fs_outcome_t
fs_audit_compare(fs_auditor_t *auditor, fs_view_t *view, fs_txn_t *log)
{
    int            found;
    size_t         i;
    fs_str_t       row;
    fs_sale_t      sale;
    fs_audit_t    *audit;
    fs_db_walk_t   walk;
    fs_outcome_t   outcome;

    audit = auditor->audit;

    if (!fs_db_get(log, view->store->log_dbi[FS_LOG_META], FS_META_LIVES,
                   sizeof(FS_META_LIVES) - 1, &row))
    {
        row.len = 0;
    }

    if (row.len != auditor->lives_n * FS_META_LIFE_SIZE) {
        fs_audit_problem(audit, "the list of lives has one that no entry "
                         "begins");
    }

    outcome = fs_audit_groups(auditor, view, log);

    if (outcome != FS_OK) {
        return outcome;
    }

    for (found = fs_db_walk(&walk, log, view->store->log_dbi[FS_LOG_SALES],
                            NULL, 0, MDB_FIRST);
         found && outcome == FS_OK;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        if (walk.key.len != 4 || fs_sale_row_decode(&sale, walk.value) == -1)
        {
            fs_audit_problem(audit, "the record of a sale cannot be read");
            continue;
        }

        sale.number = fs_get_be32(walk.key.data);
        outcome = fs_audit_sale(auditor, view, &sale);
    }

    fs_db_walk_end(&walk);

    if (outcome != FS_OK) {
        return outcome;
    }

    if (log->error) {
        return fs_db_outcome(log->error);
    }

    for (i = 0; i < auditor->sales_n; i++) {
        if (auditor->sales[i].seen && !auditor->sales[i].matched) {
            fs_audit_problem(audit, "sale %zu has entries and no record", i);
        }
    }

    if (audit->sales_n) {
        qsort(audit->sales, audit->sales_n, sizeof(*audit->sales),
              fs_audit_order);
    }

    return FS_OK;
}


static fs_outcome_t
fs_audit_groups(fs_auditor_t *auditor, fs_view_t *view, fs_txn_t *log)
{
    int           found;
    uint32_t      number;
    fs_group_t    group;
    fs_db_walk_t  walk;

    for (found = fs_db_walk(&walk, log, view->store->log_dbi[FS_LOG_GROUPS],
                            NULL, 0, MDB_FIRST);
         found;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        if (walk.key.len != FS_GROUP_KEY_LEN
            || fs_group_row_decode(&group, walk.value) == -1)
        {
            fs_audit_problem(auditor->audit,
                             "the record of a group cannot be read");
            continue;
        }

        number = fs_get_be32(walk.key.data);

        if (number >= auditor->sales_n) {
            fs_audit_problem(auditor->audit,
                             "a group is of sale %u, which has no entry",
                             number);
            continue;
        }

        auditor->sales[number].groups += group.joined;
    }

    fs_db_walk_end(&walk);

    return fs_db_outcome(log->error);
}


static fs_outcome_t
fs_audit_sale(fs_auditor_t *auditor, fs_view_t *view, const fs_sale_t *row)
{
    size_t            room;
    fs_audit_t       *audit;
    const char       *wrong;
    fs_audit_sale_t  *sale, *sales;
    fs_audit_fold_t   none, *fold;

    audit = auditor->audit;

    if (audit->sales_n == auditor->room) {
        room = auditor->room ? auditor->room * 2 : 64;
        sales = realloc(audit->sales, room * sizeof(*sales));

        if (sales == NULL) {
            return FS_NOT_READY;
        }

        audit->sales = sales;
        auditor->room = room;
    }

    memset(&none, 0, sizeof(none));

    fold = row->number < auditor->sales_n ? &auditor->sales[row->number]
                                          : &none;
    fold->matched = 1;

    sale = &audit->sales[audit->sales_n++];
    memset(sale, 0, sizeof(*sale));

    sale->number = row->number;
    sale->slug = row->slug;
    sale->stock = fold->stock;
    sale->held = fold->held;
    sale->sold = fold->sold;
    sale->joined = fold->joined;
    sale->row_stock = row->stock;
    sale->row_held = row->held;
    sale->row_sold = row->sold;
    sale->row_joined = row->joined;

    sale->ok = fold->seen && !fold->negative
               && sale->stock == sale->row_stock
               && sale->held == sale->row_held
               && sale->sold == sale->row_sold
               && sale->joined == sale->row_joined
               && sale->joined == fold->groups;

    wrong = fs_audit_after_row(&fold->after, row);

    if (wrong == NULL) {
        wrong = fs_audit_drawn(fold->draw, view, row->number, fold->stock,
                               audit->last_seq);
    }

    if (wrong != NULL) {
        fs_audit_problem(audit, "sale %.*s %s", (int) row->slug.len,
                         row->slug.data, wrong);
    }

    if (!sale->ok) {
        fs_audit_problem(audit, "sale %.*s: the entries say stock %lld, held "
                         "%lld, sold %lld, joined %lld; the record %lld, "
                         "%lld, %lld, %lld; its groups %lld",
                         (int) row->slug.len, row->slug.data,
                         (long long) sale->stock, (long long) sale->held,
                         (long long) sale->sold, (long long) sale->joined,
                         (long long) sale->row_stock,
                         (long long) sale->row_held,
                         (long long) sale->row_sold,
                         (long long) sale->row_joined,
                         (long long) fold->groups);
    }

    return FS_OK;
}


static int
fs_audit_order(const void *one, const void *two)
{
    int              order;
    size_t           len;
    const fs_slug_t *a = &((const fs_audit_sale_t *) one)->slug;
    const fs_slug_t *b = &((const fs_audit_sale_t *) two)->slug;

    len = a->len < b->len ? a->len : b->len;
    order = memcmp(a->data, b->data, len);

    return order ? order : (int) a->len - (int) b->len;
}


static void
fs_audit_pause(void)
{
    struct timespec  pause;

    pause.tv_sec = 0;
    pause.tv_nsec = 1000000;

    nanosleep(&pause, NULL);
}
