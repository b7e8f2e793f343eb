
/*
 * Random commands, a clock that steps, reboots, aborted batches, stores that
 * are opened again and indexes that are folded again, against the oracle.
 *
 *     model [seed [commands]]
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE                     /* nftw() */
#endif

#include <dirent.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "oracle.h"


#define MODEL_COMMANDS  200000
#define MODEL_BATCH     64

#define check(m, cond, ...)                                                  \
    do {                                                                     \
        if (!(cond)) {                                                       \
            model_fail(m, #cond, __LINE__, __VA_ARGS__);                     \
        }                                                                    \
    } while (0)


typedef struct {
    char                 path[64];
    fs_store_conf_t      conf;
    int64_t              wall;
    int64_t              boot;
    uint64_t             seed;          /* as given */
    uint64_t             random;
    unsigned long        commands;      /* done so far */
    unsigned long        count[FS_OUTCOMES_N];
    unsigned long        entries[FS_ENTRY_TYPES_N];
    unsigned long        refused;       /* by a view */
    unsigned             rebuilt, reboots, aborted;
    fs_store_t          *store;
    fs_crypto_t         *crypto;
    fs_state_cache_t    *cache;
    fs_reader_t         *reader;
    fs_state_cache_t    *view_cache;
    fs_write_t           write;
    fs_state_t           state;
    fs_seq_t             checked;       /* ledger looked at up to here */
    int64_t              stock[ORACLE_SALES + 1];
    int64_t              held[ORACLE_SALES + 1];
    int64_t              sold[ORACLE_SALES + 1];
    oracle_t             oracle;
} model_t;

typedef struct {
    uint8_t             *data;
    size_t               len;
    size_t               size;
} model_dump_t;

/* A command with the memory that its operator's part points to. */
typedef struct {
    fs_command_t         command;
    fs_operator_t        op;
    int                  has_op;
    char                 slug[16];
} model_command_t;


static void
model_fail(model_t *m, const char *what, int line, const char *format, ...)
{
    va_list  args;

    fprintf(stderr, "model: seed %llu, command %lu, line %d: %s: ",
            (unsigned long long) m->seed, m->commands, line, what);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
    fprintf(stderr, "model: the store stays in %s\n", m->path);
    exit(1);
}


static uint64_t
model_random(model_t *m)
{
    m->random ^= m->random << 13;
    m->random ^= m->random >> 7;
    m->random ^= m->random << 17;

    return m->random;
}


/* 0 to n - 1 */

static unsigned
model_below(model_t *m, unsigned n)
{
    return (unsigned) ((model_random(m) >> 20) % n);
}


static int
model_one_in(model_t *m, unsigned n)
{
    return model_below(m, n) == 0;
}


static void
model_clock(void *data, int64_t *wall, int64_t *boot)
{
    model_t  *m = data;

    *wall = m->wall;
    *boot = m->boot;
}


static int
model_bytes(void *data, uint8_t *bytes, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        bytes[i] = (uint8_t) (model_random(data) >> 32);
    }

    return 0;
}


static void
model_log(void *data, fs_log_level_t level, const char *message)
{
    (void) data;

    /* the clock goes back on purpose */

    if (level == FS_LOG_ERROR && strstr(message, "behind the ledger") == NULL)
    {
        fprintf(stderr, "model: store: %s\n", message);
    }
}


static void
model_open(model_t *m, unsigned chunk)
{
    char          message[257];
    fs_outcome_t  outcome;

    message[0] = '\0';
    m->store = fs_store_open(&m->conf, &outcome, message);
    check(m, m->store != NULL, "%s: %s", fs_outcome_code(outcome), message);

    outcome = fs_store_catch_up(m->store, chunk, NULL);
    check(m, outcome == FS_OK, "%s", fs_outcome_code(outcome));

    m->crypto = fs_crypto_create(m->store->store_key);
    m->reader = fs_reader_create(m->store);
    check(m, m->crypto != NULL && m->reader != NULL, "no memory");
}


static void
model_close(model_t *m, int clean)
{
    fs_reader_destroy(m->reader);
    fs_crypto_destroy(m->crypto);
    fs_store_close(m->store, clean);
}


static void
model_begin(model_t *m)
{
    fs_outcome_t  outcome;

    outcome = fs_write_begin(m->store, &m->write);
    check(m, outcome == FS_OK, "%s", fs_outcome_code(outcome));

    fs_store_now(m->store, &m->oracle.now);
    fs_state_begin(&m->state, &m->write, m->crypto, m->cache);
}


static void
model_commit(model_t *m)
{
    fs_outcome_t  outcome;

    outcome = fs_state_end(&m->state);
    check(m, outcome == FS_OK, "%s", fs_outcome_code(outcome));

    outcome = fs_write_commit(&m->write, NULL);
    check(m, outcome == FS_OK, "%s", fs_outcome_code(outcome));
}


/* A sale among the last ones; now and then any, or one that is not there. */

static uint32_t
model_sale(model_t *m)
{
    uint32_t  n;

    n = m->oracle.sales_n;

    if (model_one_in(m, 50)) {
        return n + 1;
    }

    if (model_one_in(m, 20)) {
        return 1 + model_below(m, n);
    }

    return n - model_below(m, n < 8 ? n : 8);
}


static fs_seq_t
model_some_hold(model_t *m)
{
    size_t  n;

    n = m->oracle.holds_n;

    if (n == 0 || model_one_in(m, 100)) {
        return 1 + model_below(m, 1000);
    }

    if (model_one_in(m, 10)) {
        return m->oracle.holds[model_below(m, (unsigned) n)].seq;
    }

    return m->oracle.holds[n - 1 - model_below(m, n < 60 ? (unsigned) n : 60)]
           .seq;
}


static void
model_make_hold(model_t *m, fs_command_t *command)
{
    char      name[16];
    unsigned  i, j, n;
    fs_str_t  slug;

    command->type = FS_COMMAND_HOLD;
    fs_put_le32(command->buyer, model_below(m, model_one_in(m, 3)
                                               ? 3 : ORACLE_BUYERS));
    command->term_ms = 1 + model_below(m, model_one_in(m, 2) ? 1000 : 60000);
    command->live_holds = model_one_in(m, 3) ? 0 : 3;

    if (model_one_in(m, 3)) {
        fs_put_le32(command->key, 1 + model_below(m, ORACLE_KEYS - 1));
    }

    if (!model_one_in(m, 3)) {
        slug.len = (size_t) sprintf(name, "p%u",
                                    model_below(m, ORACLE_PICKUPS));
        slug.data = name;
        fs_slug_set(&command->pickup, slug);
    }

    n = model_one_in(m, 3) ? 1 + model_below(m, 4) : 1;

    for (i = 0; i < n; i++) {
        command->lines[i].sale = model_sale(m);
        command->lines[i].qty = 1 + model_below(m, 3);

        for (j = 0; j < i; j++) {
            if (command->lines[j].sale == command->lines[i].sale) {
                break;
            }
        }

        if (j < i) {
            break;
        }
    }

    command->lines_n = (uint8_t) i;
}


static void
model_make_order(model_t *m, fs_command_t *command)
{
    size_t         i;
    unsigned       line;
    oracle_hold_t *hold;

    static const uint8_t  types[] = {
        FS_COMMAND_RELEASE, FS_COMMAND_PAY, FS_COMMAND_PAY,
        FS_COMMAND_CONFIRM, FS_COMMAND_CONFIRM, FS_COMMAND_CONFIRM,
        FS_COMMAND_CONFIRM, FS_COMMAND_CONFIRM, FS_COMMAND_CANCEL,
        FS_COMMAND_REFUNDED, FS_COMMAND_REFUNDED, FS_COMMAND_READY,
        FS_COMMAND_PICK_UP
    };

    command->type = types[model_below(m, sizeof(types))];
    command->hold = model_some_hold(m);
    command->term_ms = 1 + model_below(m, 200000);
    command->reference[3] = (uint8_t) (1 + model_below(m, 3));
    hold = NULL;

    for (i = m->oracle.holds_n; i-- > 0; ) {
        if (m->oracle.holds[i].seq == command->hold) {
            hold = &m->oracle.holds[i];
            break;
        }
    }

    if (command->type == FS_COMMAND_REFUNDED && model_one_in(m, 2)) {
        command->payment[3] = (uint8_t) (1 + model_below(m, 3));
    }

    if (hold == NULL) {
        return;
    }

    fs_put_le32(command->buyer, model_one_in(m, 20)
                                ? model_below(m, ORACLE_BUYERS)
                                : hold->buyer);

    for (line = 0; line < hold->lines_n; line++) {
        command->paid_fen += hold->lines[line].price * hold->lines[line].qty;
    }

    if (model_one_in(m, 10)) {
        command->paid_fen += (int64_t) model_below(m, 3) - 1;
    }
}


static void
model_make_definition(model_t *m, model_command_t *made)
{
    fs_operator_t  *op;

    op = &made->op;
    op->price_fen = model_below(m, 5) * 50;
    op->stock = model_below(m, model_one_in(m, 2) ? 20 : 200);
    op->limit = model_one_in(m, 3) ? 0 : 1 + model_below(m, 6);
    op->hold_ms = model_one_in(m, 3) ? 1 + model_below(m, 60000) : 0;

    if (model_one_in(m, 3)) {
        op->opens_at = m->wall + (int64_t) model_below(m, 60000) - 20000;
    }

    if (!model_one_in(m, 4)) {
        op->closes_at = m->wall - 5000
                        + (int64_t) model_below(m, model_one_in(m, 2)
                                                   ? 60000 : 3000000);

        if (op->closes_at <= op->opens_at) {
            op->closes_at = op->opens_at + 1;
        }
    }

    if (!model_one_in(m, 3)) {
        op->goal = 1 + model_below(m, 12);
        op->goal_by = (uint8_t) model_below(m, 2);
    }
}


static void
model_make_admin(model_t *m, model_command_t *made)
{
    uint32_t        sale;
    fs_operator_t  *op;

    static const uint8_t  types[] = {
        FS_COMMAND_STOCK, FS_COMMAND_STOCK, FS_COMMAND_STOCK,
        FS_COMMAND_PAUSE, FS_COMMAND_RESUME, FS_COMMAND_RESUME,
        FS_COMMAND_RESUME, FS_COMMAND_CLOSE
    };

    made->has_op = 1;
    op = &made->op;
    memset(made->command.buyer, 0xad, FS_BUYER_LEN);
    op->fingerprint[0] = (uint8_t) model_below(m, 2);

    if (model_one_in(m, 3)) {
        fs_put_le32(made->command.key, 1 + model_below(m, ORACLE_KEYS - 1));
    }

    sale = (m->oracle.sales_n == 0) ? 1 : model_sale(m);
    made->command.type = types[model_below(m, sizeof(types))];

    if (m->oracle.sales_n < 4
        || (model_one_in(m, 3) && m->oracle.sales_n < ORACLE_SALES))
    {
        made->command.type = FS_COMMAND_DEFINE;

        if (m->oracle.sales_n < 4 || model_one_in(m, 3)) {
            sale = m->oracle.sales_n + 1;
        }
    }

    op->slug.len = (size_t) sprintf(made->slug, "s%u", sale);
    op->slug.data = made->slug;
    op->add = (int64_t) model_below(m, 21) - 10;

    if (made->command.type == FS_COMMAND_DEFINE) {
        model_make_definition(m, made);

        if (sale <= m->oracle.sales_n && model_one_in(m, 4)) {

            /* the same once more, or nearly */

            op->price_fen = m->oracle.sales[sale].price;
            op->stock = (uint32_t) m->oracle.sales[sale].stock;
            op->limit = m->oracle.sales[sale].limit;
            op->opens_at = m->oracle.sales[sale].opens_at;
            op->goal = m->oracle.sales[sale].goal;
            op->goal_by = m->oracle.sales[sale].by_pickup
                          ? FS_GOAL_BY_PICKUP : FS_GOAL_BY_SALE;
            op->hold_ms = m->oracle.sales[sale].hold_ms;

            if (model_one_in(m, 2) || op->closes_at <= op->opens_at) {
                op->closes_at = m->oracle.sales[sale].closes_at;
            }
        }
    }
}


static void
model_make(model_t *m, model_command_t *made)
{
    unsigned  n;

    memset(made, 0, sizeof(model_command_t));
    n = model_below(m, 100);

    if (m->oracle.sales_n < 4 || n < 2) {
        model_make_admin(m, made);

    } else if (n < 60) {
        model_make_hold(m, &made->command);

    } else {
        model_make_order(m, &made->command);
    }
}


static void
model_check_hold(model_t *m, const fs_hold_t *hold, const oracle_hold_t *want,
    int state)
{
    unsigned  i;

    check(m, hold->seq == want->seq, "hold %llu, not %llu",
          (unsigned long long) hold->seq, (unsigned long long) want->seq);
    check(m, hold->state == state, "hold %llu is %s, not %s",
          (unsigned long long) hold->seq, fs_hold_state_name(hold->state),
          fs_hold_state_name((unsigned) state));
    check(m, hold->lines_n == want->lines_n, "lines");
    check(m, hold->pickup == want->pickup, "%u, not %u", hold->pickup,
          want->pickup);
    check(m, hold->created_at == want->created_at, "created");
    check(m, hold->expires_at == want->expires_at, "expires");
    check(m, fs_get_le32(hold->buyer) == want->buyer, "buyer");

    if (state == FS_HOLD_HELD || state == FS_HOLD_PAYING) {
        check(m, hold->due == want->due, "hold %llu due %lld, not %lld",
              (unsigned long long) hold->seq, (long long) hold->due,
              (long long) want->due);
    }

    for (i = 0; i < hold->lines_n; i++) {
        check(m, hold->lines[i].sale == want->lines[i].sale
                 && hold->lines[i].qty == want->lines[i].qty
                 && hold->lines[i].price_fen == want->lines[i].price,
              "line %u of hold %llu", i, (unsigned long long) hold->seq);
    }
}


static void
model_check_answer(model_t *m, const model_command_t *made,
    const fs_result_t *got, const oracle_answer_t *want)
{
    int             type;
    oracle_hold_t  *hold;

    type = made->command.type;

    check(m, got->outcome == want->outcome, "command type %d: %s, not %s",
          type, fs_outcome_code(got->outcome),
          fs_outcome_code((unsigned) want->outcome));

    switch (want->outcome) {

    case FS_REFUND_DUE:
        check(m, got->reason == want->reason, "%s, not %s",
              fs_reason_name(got->reason),
              fs_reason_name((unsigned) want->reason));
        break;

    case FS_WRONG_STATE:
        check(m, got->state == want->state, "%s, not %s",
              fs_hold_state_name(got->state),
              fs_hold_state_name((unsigned) want->state));
        break;

    case FS_SOLD_OUT:
        check(m, got->sale == want->sale && got->free == want->free,
              "sale %u, %u free, not %u, %u", got->sale, got->free,
              want->sale, want->free);
        break;

    case FS_OVER_LIMIT:
        check(m, got->sale == want->sale && got->limit == want->limit,
              "sale %u", got->sale);
        break;

    case FS_TOO_MANY_HOLDS:
        check(m, got->limit == want->limit, "limit %u", got->limit);
        break;

    case FS_NOT_OPEN:
    case FS_WAIT:
        check(m, got->sale == want->sale && got->at == want->at,
              "sale %u, %lld, not %u, %lld", got->sale, (long long) got->at,
              want->sale, (long long) want->at);
        break;

    case FS_CLOSED:
    case FS_PAUSED:
    case FS_NO_SUCH_SALE:
        check(m, made->has_op || got->sale == want->sale, "sale %u",
              got->sale);
        break;

    case FS_STOCK_TAKEN:
        check(m, got->held == want->held && got->sold == want->sold,
              "%u held, %u sold", got->held, got->sold);
        break;

    default:
        if (made->has_op && want->outcome != FS_KEY_REUSED) {
            check(m, got->sale == want->sale, "sale %u, not %u", got->sale,
                  want->sale);
        }
    }

    if (want->hold == -1) {
        check(m, got->hold.seq == 0, "a hold in the answer");
        return;
    }

    hold = &m->oracle.holds[want->hold];

    if (want->outcome == FS_CREATED) {
        hold->seq = got->hold.seq;
    }

    model_check_hold(m, &got->hold, hold, oracle_state(&m->oracle, hold));
}


/* What a view says of a command before it is decided. */

static int
model_refused(model_t *m, const fs_command_t *command, fs_result_t *result)
{
    int         refused;
    fs_now_t    now;
    fs_view_t   view;
    fs_state_t  state;

    if (command->type != FS_COMMAND_HOLD) {
        return 0;
    }

    check(m, fs_view_open(m->reader, &view) == FS_OK, "no view");
    fs_store_now(m->store, &now);
    fs_state_view(&state, &view, m->crypto, m->view_cache);
    refused = fs_decide_refused(&state, &view, command, &now, result);
    fs_view_close(&view);

    return refused;
}


static void
model_check_refused(model_t *m, const fs_result_t *view,
    const fs_result_t *got)
{
    m->refused++;

    switch (got->outcome) {

    case FS_CREATED:
    case FS_REPLAYED:
    case FS_KEY_REUSED:
        check(m, 0, "a view refused with %s what is answered %s",
              fs_outcome_code(view->outcome), fs_outcome_code(got->outcome));
        break;

    case FS_WAIT:
    case FS_TOO_MANY_HOLDS:
        break;

    default:
        check(m, view->outcome == got->outcome && view->sale == got->sale
                 && view->free == got->free && view->at == got->at
                 && view->limit == got->limit,
              "a view: %s, the decision: %s", fs_outcome_code(view->outcome),
              fs_outcome_code(got->outcome));
    }
}


/* Every entry, by what it says itself. */

static void
model_check_ledger(model_t *m)
{
    uint64_t           key;
    fs_str_t           record;
    fs_entry_t         entry;
    fs_entry_effect_t  effect;

    for (key = m->checked + 1; key <= m->write.seq; key++) {
        check(m, fs_db_get(&m->write.log, m->store->log_dbi[FS_LOG_LEDGER],
                           &key, sizeof(key), &record)
                 && fs_entry_decode(&entry, key, record.data, record.len)
                    == 0,
              "entry %llu", (unsigned long long) key);

        m->entries[entry.type]++;

        if (entry.sale == 0) {
            continue;
        }

        fs_entry_effect(&entry, &effect);

        if (entry.type == FS_ENTRY_SALE) {
            m->stock[entry.sale] = entry.qty;
        }

        m->stock[entry.sale] += effect.stock;
        m->held[entry.sale] += effect.held;
        m->sold[entry.sale] += effect.sold;

        check(m, m->held[entry.sale] >= 0 && m->sold[entry.sale] >= 0
                 && m->held[entry.sale] + m->sold[entry.sale]
                    <= m->stock[entry.sale],
              "entry %llu, sale %u: %lld held, %lld sold of %lld",
              (unsigned long long) key, entry.sale,
              (long long) m->held[entry.sale],
              (long long) m->sold[entry.sale],
              (long long) m->stock[entry.sale]);
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
        group = fs_state_group(&m->state, sale->number, i, 0);
        check(m, (group != NULL) == want->groups[i].exists,
              "group %u of sale %u", i, sale->number);

        if (group == NULL) {
            continue;
        }

        check(m, group->state == want->groups[i].state
                 && group->joined == want->groups[i].joined,
              "group %u of sale %u: state %u, joined %u, not %d, %u", i,
              sale->number, group->state, group->joined,
              want->groups[i].state, want->groups[i].joined);

        joined += group->joined;
        formed += group->state == FS_GROUP_FORMED;
        failed += group->state == FS_GROUP_FAILED;
    }

    check(m, sale->joined == joined && sale->groups_formed == formed
             && sale->groups_failed == failed,
          "sale %u: joined %u, %u formed, %u failed", sale->number,
          sale->joined, sale->groups_formed, sale->groups_failed);
}


/* Sales after a commit, by the rows; those that can have changed. */

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
        sale = fs_state_sale(&m->state, n);
        check(m, sale != NULL, "sale %u", n);
        check(m, sale->stock == want->stock && sale->held == want->held
                 && sale->sold == want->sold,
              "sale %u: %u = %u + %u, not %lld = %lld + %lld", n,
              sale->stock, sale->held, sale->sold, (long long) want->stock,
              (long long) want->held, (long long) want->sold);
        check(m, m->stock[n] == want->stock && m->held[n] == want->held
                 && m->sold[n] == want->sold, "sale %u by the ledger", n);
        check(m, sale->opened == want->opened && sale->paused == want->paused
                 && sale->closed == want->closed
                 && sale->decided == want->decided,
              "sale %u: opened %u, paused %u, closed %u, decided %u", n,
              sale->opened, sale->paused, sale->closed, sale->decided);
        check(m, sale->price_fen == want->price && sale->limit == want->limit
                 && sale->opens_at == want->opens_at
                 && sale->closes_at == want->closes_at
                 && sale->goal == want->goal
                 && sale->hold_ms == want->hold_ms,
              "sale %u: its definition", n);

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

        check(m, sale->due == due, "sale %u: due %lld, not %lld", n,
              (long long) sale->due, (long long) due);
    }
}


static void
model_check_holds(model_t *m)
{
    size_t      i;
    fs_hold_t   hold;

    for (i = 0; i < m->oracle.holds_n; i++) {
        check(m, fs_state_hold(&m->state, m->oracle.holds[i].seq, &hold),
              "hold %zu", i);
        model_check_hold(m, &hold, &m->oracle.holds[i],
                         m->oracle.holds[i].state);
    }
}


static void
model_check(model_t *m, int all)
{
    model_begin(m);
    model_check_ledger(m);
    model_check_sales(m, all);

    if (all) {
        model_check_holds(m);
    }

    fs_write_abort(&m->write);
}


/* All that is due, in passes of random bounds, some in one transaction. */

static void
model_timers(model_t *m)
{
    unsigned  limit, steps;

    do {
        limit = 1 + model_below(m, model_one_in(m, 2) ? 5 : 200);
        steps = fs_decide_timers(&m->state, &m->oracle.now, limit);
        check(m, steps <= limit && !m->state.failed, "%u steps of %u", steps,
              limit);

        if (model_one_in(m, 4)) {
            model_commit(m);
            model_begin(m);
        }
    } while (steps != 0);

    oracle_timers(&m->oracle);
}


/* Time goes on; now and then the wall clock steps. */

static void
model_pass(model_t *m)
{
    int64_t  ms;

    ms = model_below(m, 500);

    if (model_one_in(m, 20)) {
        ms += model_below(m, 200000);
    }

    if (model_one_in(m, 300)) {
        ms += model_below(m, 3 * 86400) * 1000LL;
    }

    m->wall += ms;
    m->boot += ms;

    if (model_one_in(m, 100)) {
        m->wall += (int64_t) model_below(m, 600000) - 300000;
    }
}


static void
model_abandon(model_t *m)
{
    unsigned          i, n;
    fs_result_t       result;
    model_command_t   made;

    m->aborted++;
    model_begin(m);
    n = 1 + model_below(m, MODEL_BATCH);

    for (i = 0; i < n; i++) {
        model_make(m, &made);
        fs_decide(&m->state, &made.command, made.has_op ? &made.op : NULL,
                  &m->oracle.now, &result);
    }

    (void) fs_decide_timers(&m->state, &m->oracle.now, 5);

    if (model_one_in(m, 2)) {
        (void) fs_state_end(&m->state);
    }

    fs_write_abort(&m->write);
}


static void
model_batch(model_t *m)
{
    int               refused;
    unsigned          i, n;
    fs_result_t       result, view;
    oracle_answer_t   answer;
    model_command_t   made;

    if (model_one_in(m, 20)) {
        model_abandon(m);
    }

    n = 1 + model_below(m, MODEL_BATCH);
    model_make(m, &made);
    refused = model_refused(m, &made.command, &view);

    model_begin(m);

    for (i = 0; i < n; i++) {
        if (i > 0) {
            model_make(m, &made);
            refused = 0;
        }

        fs_decide(&m->state, &made.command, made.has_op ? &made.op : NULL,
                  &m->oracle.now, &result);
        oracle_command(&m->oracle, &made.command,
                       made.has_op ? &made.op : NULL, &answer);

        model_check_answer(m, &made, &result, &answer);

        if (refused) {
            model_check_refused(m, &view, &result);
        }

        m->commands++;
        m->count[result.outcome]++;
    }

    if (!model_one_in(m, 4)) {
        model_timers(m);
    }

    model_commit(m);
}


/* The clock is so far behind that nothing is done before it is accepted. */

static void
model_accept_clock(model_t *m)
{
    fs_result_t      result;
    model_command_t  made;

    model_begin(m);

    do {
        model_make(m, &made);
    } while (made.has_op);

    fs_decide(&m->state, &made.command, NULL, &m->oracle.now, &result);
    check(m, result.outcome == FS_CLOCK, "%s",
          fs_outcome_code(result.outcome));
    check(m, fs_decide_timers(&m->state, &m->oracle.now, 10) == 0, "timers");

    memset(&made, 0, sizeof(made));
    made.command.type = FS_COMMAND_CLOCK;
    fs_decide(&m->state, &made.command, &made.op, &m->oracle.now, &result);
    check(m, result.outcome == FS_OK, "%s", fs_outcome_code(result.outcome));
    m->count[FS_CLOCK]++;

    model_commit(m);
    model_begin(m);
    fs_write_abort(&m->write);
}


static void
model_reboot(model_t *m)
{
    m->reboots++;
    model_close(m, model_below(m, 2));
    m->conf.boot_id[0]++;
    m->boot = 1000;
    m->wall += model_below(m, 100000);

    if (model_one_in(m, 4)) {
        m->wall -= 700000 + model_below(m, 1000000);
    }

    model_open(m, 500);

    if (m->store->clock_behind) {
        model_accept_clock(m);
    }

    fs_store_now(m->store, &m->oracle.now);
    check(m, m->oracle.now.mono == m->oracle.now.wall, "clocks at boot");
    oracle_boot(&m->oracle);
}


static void
model_dump(model_t *m, model_dump_t *dump)
{
    int          rc;
    size_t       i, need;
    MDB_txn     *txn;
    MDB_val      key, value;
    MDB_cursor  *cursor;

    dump->len = 0;
    check(m, mdb_txn_begin(m->store->index, NULL, MDB_RDONLY, &txn) == 0,
          "dump");

    for (i = 0; i < FS_INDEX_META; i++) {
        check(m, mdb_cursor_open(txn, m->store->index_dbi[i], &cursor) == 0,
              "dump");

        for (rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
             rc == 0;
             rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))
        {
            need = dump->len + 5 + key.mv_size + value.mv_size;

            if (need > dump->size) {
                dump->size = 2 * need;
                dump->data = realloc(dump->data, dump->size);
                check(m, dump->data != NULL, "no memory");
            }

            dump->data[dump->len++] = (uint8_t) i;
            fs_put_le16(dump->data + dump->len, (uint16_t) key.mv_size);
            fs_put_le16(dump->data + dump->len + 2, (uint16_t) value.mv_size);
            memcpy(dump->data + dump->len + 4, key.mv_data, key.mv_size);
            memcpy(dump->data + dump->len + 4 + key.mv_size, value.mv_data,
                   value.mv_size);
            dump->len = need;
        }

        mdb_cursor_close(cursor);
    }

    mdb_txn_abort(txn);
}


/* The first row that is not the same in both. */

static void
model_compare(model_t *m, const model_dump_t *a, const model_dump_t *b)
{
    size_t          i, at, len, rest;
    const uint8_t  *p, *q;

    for (at = 0; at < a->len && at < b->len; at += len) {
        p = a->data + at;
        q = b->data + at;
        len = 5u + fs_get_le16(p + 1) + fs_get_le16(p + 3);
        rest = b->len - at;

        if (len <= rest && memcmp(p, q, len) == 0) {
            continue;
        }

        fprintf(stderr, "database %u, old row:", p[0]);

        for (i = 0; i < len; i++) {
            fprintf(stderr, " %02x", p[i]);
        }

        fprintf(stderr, "\ndatabase %u, new row:", q[0]);

        for (i = 0; i < rest && i < len + 16; i++) {
            fprintf(stderr, " %02x", q[i]);
        }

        fprintf(stderr, "\n");
        check(m, 0, "the index folded again differs");
    }

    check(m, a->len == b->len, "rows are missing");
}


static int
model_remove(const char *path, const struct stat *st, int flag,
    struct FTW *ftw)
{
    (void) st;
    (void) flag;
    (void) ftw;

    return remove(path);
}


static void
model_remove_indexes(model_t *m)
{
    DIR            *dir;
    char            path[512];
    struct dirent  *entry;

    dir = opendir(m->path);
    check(m, dir != NULL, "%s", m->path);

    while ((entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, "index-", 6) == 0) {
            snprintf(path, sizeof(path), "%s/%s", m->path, entry->d_name);
            nftw(path, model_remove, 16, FTW_DEPTH|FTW_PHYS);
        }
    }

    closedir(dir);
}


/* Fold the ledger again; the sweeping of keys, which has no entries, too. */

static void
model_rebuild(model_t *m)
{
    unsigned      chunk;
    model_dump_t  old, new;

    m->rebuilt++;
    memset(&old, 0, sizeof(old));
    memset(&new, 0, sizeof(new));

    model_begin(m);
    model_timers(m);
    model_commit(m);
    model_dump(m, &old);

    model_close(m, 1);
    model_remove_indexes(m);

    chunk = (m->write.seq < 20000) ? 1 + model_below(m, 10)
                                   : 1000 + model_below(m, 1000);
    model_open(m, chunk);

    model_begin(m);
    model_timers(m);
    model_commit(m);
    model_dump(m, &new);

    model_compare(m, &old, &new);

    free(old.data);
    free(new.data);
}


static void
model_create(model_t *m, uint64_t seed)
{
    memset(m, 0, sizeof(model_t));
    m->seed = seed;
    m->random = seed * 0x9e3779b97f4a7c15ULL + 0x1234567;
    m->wall = 1700000000000LL;
    m->boot = 5000;

    strcpy(m->path, "/tmp/model-XXXXXX");
    check(m, mkdtemp(m->path) != NULL, "no directory");

    m->conf.path = m->path;
    m->conf.map_size = (size_t) 2 << 30;
    m->conf.readers = 16;
    m->conf.clock = model_clock;
    m->conf.random = model_bytes;
    m->conf.log = model_log;
    m->conf.data = m;
    m->conf.boot_id[0] = 1;

    m->cache = fs_state_cache_create();
    m->view_cache = fs_state_cache_create();
    check(m, m->cache != NULL && m->view_cache != NULL, "no memory");

    model_open(m, 1000);
}


static void
model_destroy(model_t *m)
{
    size_t  i;

    model_close(m, 1);
    fs_state_cache_destroy(m->cache);
    fs_state_cache_destroy(m->view_cache);

    for (i = 0; i < m->oracle.holds_n; i++) {
        free(m->oracle.holds[i].payments);
        free(m->oracle.holds[i].refunds);
    }

    free(m->oracle.holds);
    free(m->oracle.live);

    nftw(m->path, model_remove, 16, FTW_DEPTH|FTW_PHYS);
}


int
main(int argc, char **argv)
{
    unsigned        i;
    model_t        *m;
    uint64_t        seed;
    unsigned long   commands, batches, rebuild_at;

    seed = (argc > 1) ? strtoull(argv[1], NULL, 10)
                      : (uint64_t) time(NULL) * 1000 + (uint64_t) getpid();
    commands = (argc > 2) ? strtoul(argv[2], NULL, 10) : MODEL_COMMANDS;

    printf("model: seed %llu, %lu commands\n", (unsigned long long) seed,
           commands);
    fflush(stdout);

    m = malloc(sizeof(model_t));

    if (m == NULL) {
        return 1;
    }

    model_create(m, seed);
    rebuild_at = 500;

    for (batches = 0; m->commands < commands; batches++) {
        model_pass(m);
        model_batch(m);
        model_check(m, batches % 500 == 0);

        if (model_one_in(m, 200)) {
            model_reboot(m);

        } else if (model_one_in(m, 200)) {
            model_close(m, model_below(m, 2));
            model_open(m, 500);
        }

        if (m->commands >= rebuild_at) {
            model_rebuild(m);
            rebuild_at *= 3;
        }
    }

    model_rebuild(m);
    model_check(m, 1);

    for (i = 0; i < FS_OUTCOMES_N; i++) {
        if (m->count[i] != 0) {
            printf("model: %8lu answers %s\n", m->count[i],
                   fs_outcome_code(i));
        }
    }

    for (i = 0; i < FS_ENTRY_TYPES_N; i++) {
        if (m->entries[i] != 0) {
            printf("model: %8lu entries %s\n", m->entries[i],
                   fs_entry_type_name(i));
        }
    }

    printf("model: %llu entries, %u sales, %zu holds, %lu refused by a view, "
           "%u reboots, %u indexes folded again, %u batches aborted\n",
           (unsigned long long) m->checked, m->oracle.sales_n,
           m->oracle.holds_n, m->refused, m->reboots, m->rebuilt, m->aborted);

    model_destroy(m);
    free(m);

    return 0;
}
