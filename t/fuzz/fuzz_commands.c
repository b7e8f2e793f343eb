
/*
 * The bytes as commands, one after the other, and time that passes between
 * them, to the function that decides.  After each, every sale adds up by the
 * entries that were written, what was refused has written nothing (but what
 * was due), and every result can be answered.  When all that is due has been
 * done, nothing is live that should not be.
 */

#include "stall.h"

#include "unit/request_limits.h"

#include "text/text.h"
#include "sheet/sheet_queue.h"
#include "sheet/sheet_tasks.h"
#include "ledger/rows_after.h"


#define COMMANDS_MAX  48
#define HOLDS_MAX     COMMANDS_MAX
#define BUYERS        4

typedef struct {
    int64_t              stock;
    int64_t              held;
    int64_t              sold;
} counters_t;

typedef struct {
    stall_t             *stall;
    fs_seq_t             counted;       /* the ledger is added up to here */
    counters_t           sales[STALL_SALES + 1];
    fs_seq_t             holds[HOLDS_MAX];
    unsigned             holds_n;
    uint8_t              refunds[COMMANDS_MAX][FS_REFERENCE_LEN];
    unsigned             refunds_n;
} run_t;


/* 1: what time alone brings about; it comes with commands that are refused */

static int
is_due(unsigned type)
{
    return type == FS_ENTRY_OPENED || type == FS_ENTRY_CLOSED
           || type == FS_ENTRY_EXPIRED || type == FS_ENTRY_ENDED
           || type == FS_ENTRY_CLOCK;
}


/* The money of one transfer settles one debt. */

static void
count_refund(run_t *run, const uint8_t *reference)
{
    unsigned  i;

    for (i = 0; i < run->refunds_n; i++) {
        fuzz_check(memcmp(run->refunds[i], reference, FS_REFERENCE_LEN)
                   != 0);
    }

    fuzz_check(run->refunds_n < COMMANDS_MAX);
    memcpy(run->refunds[run->refunds_n++], reference, FS_REFERENCE_LEN);
}


/* Add up what was written since; refused: by a command without effect. */

static void
count(run_t *run, int refused)
{
    fs_str_t            record;
    uint64_t            key;
    stall_t            *stall = run->stall;
    fs_entry_t          entry;
    counters_t         *sale;
    fs_entry_effect_t   effect;

    for (key = run->counted + 1; key <= stall->sheet.seq; key++) {
        fuzz_check(fs_db_get(&stall->write.log,
                             stall->store->log_dbi[FS_LOG_LEDGER], &key,
                             sizeof(key), &record));
        fuzz_check(fs_entry_decode(&entry, key, record.data, record.len)
                   == 0);
        fuzz_check(entry.sale <= STALL_SALES);
        fuzz_check(!refused || is_due(entry.type));

        if (entry.type == FS_ENTRY_REFUNDED) {
            count_refund(run, entry.id1);
        }

        fs_entry_effect(&entry, &effect);
        sale = &run->sales[entry.sale];
        sale->stock = entry.type == FS_ENTRY_SALE
                      ? entry.qty : sale->stock + effect.stock;
        sale->held += effect.held;
        sale->sold += effect.sold;
        fuzz_check(sale->held >= 0 && sale->sold >= 0);
        fuzz_check(sale->held + sale->sold <= sale->stock);
    }

    run->counted = stall->sheet.seq;
}


static void
check_sales(run_t *run)
{
    uint32_t           number;
    fs_sale_t         *sale;
    const counters_t  *counters;

    count(run, 0);

    for (number = 1; number <= STALL_SALES; number++) {
        counters = &run->sales[number];
        sale = fs_sheet_sale(&run->stall->sheet, number);
        fuzz_check(sale != NULL);
        fuzz_check(sale->stock == counters->stock);
        fuzz_check(sale->held == counters->held);
        fuzz_check(sale->sold == counters->sold);
    }
}


static void
check_result(run_t *run, const fs_command_t *command,
    const fs_result_t *result)
{
    int                len;
    char               buf[FS_HOLD_JSON_MAX + FS_GIFT_JSON_MAX];
    char               problem[FS_PROBLEM_JSON_MAX];
    unsigned           i;
    const fs_names_t  *names = &run->stall->sheet.names;

    fuzz_check(!run->stall->sheet.failed);
    fuzz_check(run->stall->sheet.asides == 0);
    fuzz_check(result->outcome < FS_OUTCOMES_N);
    fuzz_check(result->outcome != FS_INTERNAL);

    if (fs_outcome_status(result->outcome) >= 400) {
        len = fs_answer_problem(problem, sizeof(problem), result->outcome,
                                NULL, result, names);
        fuzz_check(len > 0 && limits_json(problem, (size_t) len));
        return;
    }

    if (result->hold.seq == 0) {
        return;
    }

    for (i = 0; i < result->hold.lines_n; i++) {
        fuzz_check(result->hold.lines[i].qty > 0);
        fuzz_check(result->hold.lines[i].sale <= STALL_SALES);
    }

    len = fs_answer_hold(buf, sizeof(buf), &result->hold, NULL, names,
                         run->stall->now.wall);
    fuzz_check(len > 0 && limits_json(buf, (size_t) len));

    if (command->type == FS_COMMAND_HOLD
        && (result->outcome == FS_CREATED || result->outcome == FS_QUEUED))
    {
        fuzz_check(memcmp(result->hold.buyer, command->buyer, FS_BUYER_LEN)
                   == 0);
        fuzz_check(result->hold.lines_n == command->lines_n);
        fuzz_check(run->holds_n < HOLDS_MAX);
        run->holds[run->holds_n++] = result->hold.seq;
    }
}


static void
make_hold(fuzz_t *fuzz, fs_command_t *command)
{
    unsigned  i;
    uint8_t   bits;
    fs_str_t  pickup;

    bits = (uint8_t) fuzz_number(fuzz, 1);
    command->lines_n = bits % (FS_LINES_MAX + 2);
    command->key[0] = bits >> 6;
    command->live_holds = (bits >> 4) & 3;

    for (i = 0; i < command->lines_n && i < FS_LINES_MAX; i++) {
        bits = (uint8_t) fuzz_number(fuzz, 1);
        command->lines[i].sale = bits % (STALL_SALES + 2);
        command->lines[i].qty = bits >> 5;
    }

    bits = (uint8_t) fuzz_number(fuzz, 1);
    command->term_ms = 1000u * (bits >> 2);

    if (bits & 3) {
        pickup.len = bits & 3;
        pickup.data = "abC";
        fs_slug_set(&command->pickup, pickup);
    }
}


/* The commands that came later; the others keep their bytes' meaning. */

static void
make_later(run_t *run, fuzz_t *fuzz, fs_command_t *command,
    fs_operator_t *op)
{
    uint8_t  bits;

    static const uint8_t  types[] = {
        FS_COMMAND_POINT, FS_COMMAND_POINT, FS_COMMAND_DOCUMENT,
        FS_COMMAND_DELETE
    };

    static const char *const  names[] = { "a", "ab", "abC", "b" };
    static const char *const  tags[] = { NULL, "*", "\"x\", W/\"y\"", "*" };

    memset(command, 0, sizeof(fs_command_t));
    memset(op, 0, sizeof(fs_operator_t));

    bits = (uint8_t) fuzz_number(fuzz, 1);
    command->type = types[bits & 3];
    command->key[0] = (bits >> 2) & 3;

    if (command->type == FS_COMMAND_POINT) {
        command->unmet = bits >> 7;
        command->buyer[0] = 1 + (bits >> 4) % BUYERS;
        fs_slug_set(&command->pickup, stall_str(names[bits >> 6]));
        bits = (uint8_t) fuzz_number(fuzz, 1);
        command->hold = run->holds_n > 0
                        ? run->holds[bits % run->holds_n] : bits;
        return;
    }

    command->buyer[1] = 0xad;
    op->fingerprint[0] = bits >> 4;
    op->kind = stall_str("pickup");
    op->slug = stall_str(names[(bits >> 4) & 3]);
    op->doc = stall_str("{\"a\":1}");

    if (tags[bits >> 6] != NULL) {
        *(bits >> 6 == 3 ? &op->condition.if_none_match
                         : &op->condition.if_match)
            = stall_str(tags[bits >> 6]);
    }
}


/* A whole sale: called off, compensated; an order given back; and how long one
 * may be. */

static void
make_whole(run_t *run, fuzz_t *fuzz, fs_command_t *command,
    fs_operator_t *op)
{
    uint8_t  bits;

    static const uint8_t  types[] = {
        FS_COMMAND_CALL_OFF, FS_COMMAND_COMPENSATE, FS_COMMAND_CANCEL_ORDER,
        FS_COMMAND_DEFINE
    };

    static const char *const  slugs[STALL_SALES] = {
        "grape", "egg", "rice", "tea"
    };

    memset(command, 0, sizeof(fs_command_t));
    memset(op, 0, sizeof(fs_operator_t));

    bits = (uint8_t) fuzz_number(fuzz, 1);
    command->type = types[bits >> 6];
    command->key[0] = bits & 3;
    op->slug = stall_str(slugs[(bits >> 2) & 3]);

    if (command->type == FS_COMMAND_CANCEL_ORDER) {
        command->buyer[0] = 1 + ((bits >> 2) & 3);
        bits = (uint8_t) fuzz_number(fuzz, 1);
        command->hold = run->holds_n > 0
                        ? run->holds[bits % run->holds_n] : bits;
        command->epoch = fs_sheet_epoch(&run->stall->sheet, command->hold);
        return;
    }

    command->buyer[1] = 0xad;
    op->fingerprint[0] = bits;
    op->fen_each = 40 * ((bits >> 4) & 3);
    op->words = stall_str("{\"reason\":\"hail\"}");
    op->price_fen = 100;
    op->stock = 20;
    op->cancel_ms = 60000u * ((bits >> 4) & 3);
}


/* Goods: facts of hand-overs, what was none, waves and what comes of them. */

static void
make_goods(run_t *run, fuzz_t *fuzz, fs_command_t *command,
    fs_operator_t *op)
{
    uint8_t   bits;
    unsigned  i;

    static const uint8_t  types[] = {
        FS_COMMAND_HAND_OVER, FS_COMMAND_PUT_BACK, FS_COMMAND_WAVE,
        FS_COMMAND_RECEIVE
    };

    static const char *const  slugs[STALL_SALES] = {
        "grape", "egg", "rice", "tea"
    };

    memset(command, 0, sizeof(fs_command_t));
    memset(op, 0, sizeof(fs_operator_t));

    bits = (uint8_t) fuzz_number(fuzz, 1);
    command->type = types[bits >> 6];

    if (command->type < FS_COMMAND_DEFINE) {
        memcpy(command->buyer, fs_keys_of_orders, FS_BUYER_LEN);
        command->key[0] = 1 + (bits & 7);
        command->via = (uint8_t) ((bits >> 3) & 3);
        bits = (uint8_t) fuzz_number(fuzz, 1);
        command->hold = run->holds_n > 0
                        ? run->holds[bits % run->holds_n] : bits;
        command->epoch = fs_sheet_epoch(&run->stall->sheet, command->hold);
        command->device_at = (bits & 1) ? INT64_MIN : bits;
        command->lines_n = bits >> 7;
        command->lines[0].sale = 1 + ((bits >> 4) & 3);
        return;
    }

    command->buyer[1] = 0xad;
    command->key[0] = bits & 1;
    op->fingerprint[0] = bits;
    op->slug = stall_str((bits & 2) ? "sat" : "sun");
    op->final = (bits >> 2) & 1;
    op->pickup = stall_str((bits & 8) ? "a" : "");
    op->cut_at = run->stall->wall + 1000 * (((bits >> 4) & 3) - 1);
    op->day = 20261130;
    bits = (uint8_t) fuzz_number(fuzz, 1);

    for (i = 0; i < STALL_SALES; i++) {
        if (bits & (1u << i)) {
            op->lines[op->lines_n].sale = stall_str(slugs[i]);
            op->lines[op->lines_n].qty = bits >> 4;
            op->lines_n++;
        }
    }
}


/* Who would wait, or leaves the line; more units, or fewer. */

static void
make_queue(run_t *run, fuzz_t *fuzz, fs_command_t *command,
    fs_operator_t *op)
{
    uint8_t  bits;

    static const char *const  slugs[STALL_SALES] = {
        "grape", "egg", "rice", "tea"
    };

    memset(command, 0, sizeof(fs_command_t));
    memset(op, 0, sizeof(fs_operator_t));

    bits = (uint8_t) fuzz_number(fuzz, 1);

    switch (bits >> 6) {

    case 0:
        command->type = FS_COMMAND_STOCK;
        command->buyer[1] = 0xad;
        op->slug = stall_str(slugs[bits & 3]);
        op->add = ((bits >> 2) & 15) - 8;
        break;

    case 1:
        command->type = FS_COMMAND_RELEASE;
        command->hold = run->holds_n > 0
                        ? run->holds[(bits & 63) % run->holds_n] : bits;
        command->epoch = fs_sheet_epoch(&run->stall->sheet, command->hold);
        command->buyer[0] = 1;
        break;

    default:
        command->type = FS_COMMAND_HOLD;
        command->buyer[0] = 1 + ((bits >> 5) & 3) % BUYERS;
        command->key[0] = bits & 1;
        command->queue = 1;
        command->queue_units = (bits & 2) ? UINT32_MAX : 12;
        command->queue_ms = 5000;
        command->term_ms = 1000;
        command->lines_n = 1;
        command->lines[0].sale = 1 + ((bits >> 2) & 3);
        bits = (uint8_t) fuzz_number(fuzz, 1);
        command->lines[0].qty = bits & 15;
        break;
    }
}


/* Who waits is counted, and nobody does whom the free units suffice for. */

static void
check_queues(run_t *run)
{
    unsigned      i;
    uint32_t      number, queued;
    fs_hold_t     hold;
    fs_sale_t    *sale;
    fs_waiting_t  first;

    for (number = 1; number <= STALL_SALES; number++) {
        sale = fs_sheet_sale(&run->stall->sheet, number);
        queued = 0;

        for (i = 0; i < run->holds_n; i++) {
            fuzz_check(fs_sheet_hold(&run->stall->sheet, run->holds[i],
                                     &hold));

            if (hold.state == FS_HOLD_QUEUED && hold.lines[0].sale == number) {
                queued += hold.lines[0].qty;
            }
        }

        fuzz_check(sale->queued == queued);
        fuzz_check(!fs_sale_serves(sale));
        fuzz_check(fs_waiting_first(run->stall->store,
                                    run->stall->sheet.index, sale,
                                    FS_QUEUED_QTY_MAX, &first)
                   == (queued != 0));
    }
}


/* What an operator changes. */

static void
make_operator(fuzz_t *fuzz, fs_operator_t *op)
{
    uint8_t  bits;

    static const char *const  slugs[STALL_SALES] = {
        "grape", "egg", "rice", "tea"
    };

    memset(op, 0, sizeof(fs_operator_t));
    bits = (uint8_t) fuzz_number(fuzz, 1);

    op->slug = stall_str(slugs[bits % STALL_SALES]);
    op->stock = bits >> 2;
    op->add = (int8_t) bits;
    op->fingerprint[0] = bits;
    bits = (uint8_t) fuzz_number(fuzz, 1);
    op->price_fen = bits;
    op->limit = bits & 3;
    op->goal = (bits >> 2) & 7;
    op->goal_by = op->goal != 0 ? bits >> 7 : 0;
    bits = (uint8_t) fuzz_number(fuzz, 1);
    op->opens_at = bits & 1 ? STALL_EPOCH + 1000 * (bits >> 2) : 0;
    op->closes_at = bits & 2 ? STALL_EPOCH + 2000 * (bits >> 2) + 1 : 0;
}


/* What was a hold is asked for by somebody else, who has the cash. */

static void
make_order_for(fs_command_t *command, fs_operator_t *op)
{
    unsigned  i;

    command->type = FS_COMMAND_ORDER;
    command->reference[0] = 9;
    op->slug = stall_str("ab");

    for (i = 0; i < command->lines_n; i++) {
        command->paid_fen += 100 * (int64_t) command->lines[i].sale
                             * command->lines[i].qty;
    }
}


static void
make_command(run_t *run, fuzz_t *fuzz, fs_command_t *command,
    fs_operator_t *op)
{
    uint8_t  bits;

    memset(command, 0, sizeof(fs_command_t));
    memset(op, 0, sizeof(fs_operator_t));

    bits = (uint8_t) fuzz_number(fuzz, 1);
    command->type = 1 + bits % (FS_COMMAND_CLOSE - 1);
    command->type += command->type >= FS_COMMAND_POINT;
    command->buyer[0] = 1 + (bits >> 4) % BUYERS;

    if (command->type == FS_COMMAND_HOLD) {
        make_hold(fuzz, command);

        if (bits >> 4 == 15) {
            make_order_for(command, op);
        }

        return;
    }

    if (command->type >= FS_COMMAND_DEFINE) {
        make_operator(fuzz, op);
        command->buyer[1] = 0xad;
        command->key[0] = bits >> 7;
        return;
    }

    bits = (uint8_t) fuzz_number(fuzz, 1);

    command->hold = run->holds_n > 0
                    ? run->holds[bits % run->holds_n] : bits;
    bits = (uint8_t) fuzz_number(fuzz, 1);
    command->reference[0] = 1 + (bits & 3);
    command->payment[0] = (bits >> 2) & 3;
    command->paid_fen = 50 * (bits >> 4);
    command->term_ms = 1000u * (bits >> 4);

    if (command->type == FS_COMMAND_REFUND) {
        memcpy(command->buyer, fs_keys_of_orders, FS_BUYER_LEN);
        command->key[0] = bits & 1;
        command->reason = FS_REASON_BAD;
        command->restock = bits >> 7;
        command->lines_n = 1;
        command->lines[0].sale = 1 + (bits >> 1 & 3);
        command->lines[0].qty = bits >> 3 & 3;
        command->lines[0].amount_fen = command->lines[0].qty == 0
                                       ? 1 + (bits >> 5) * 30 : 0;
    }

    if (command->type == FS_COMMAND_REFUNDED) {
        command->paid_fen = 0;
    }
}


/*
 * The hold is asked about by the id that it has; or by one of another life; or
 * it is no hold at all that is asked about, but a new life.
 */

static void
make_life(run_t *run, unsigned how, fs_command_t *command)
{
    command->epoch = fs_sheet_epoch(&run->stall->sheet, command->hold);

    switch (how) {

    case 29:
    case 30:
        command->epoch += how;
        break;

    case 31:
        command->epoch = command->paid_fen & 0xff;
        command->type = FS_COMMAND_LIFE;
        break;
    }
}


static void
pass_time(stall_t *stall, int64_t ms, int wall_only)
{
    stall->wall += ms;

    if (!wall_only) {
        stall->boot += ms;
    }

    fs_store_now(stall->store, &stall->now);
}


/* Nothing is owed twice, and all that was promised of whole sales is. */

static void
check_debts(run_t *run)
{
    unsigned          i, n;
    uint32_t          number;
    fs_hold_t         hold;
    fs_task_t         task;
    const fs_line_t  *line;
    const fs_sale_t  *sale;

    for (i = 0; i < run->holds_n; i++) {
        fuzz_check(fs_sheet_hold(&run->stall->sheet, run->holds[i], &hold));

        for (n = 0; n < hold.lines_n; n++) {
            line = &hold.lines[n];
            sale = fs_sheet_sale(&run->stall->sheet, line->sale);
            fuzz_check(line->owed_fen <= fs_line_paid(line));
            fuzz_check(line->restocked <= line->owed_qty);
            fuzz_check(line->owed_qty <= line->qty);
            fuzz_check(!hold.paid || !sale->called_off
                       || !fs_line_owes(line));
        }
    }

    for (number = 1; number <= STALL_SALES; number++) {
        fuzz_check(!fs_sheet_next_task(&run->stall->sheet, number, 0,
                                       &task));
        fuzz_check(!fs_sheet_sale(&run->stall->sheet, number)->settling);
    }
}


/* Each unit that is sold is in one tally, and what has come is with those it
 * is for. */

static void
check_goods(run_t *run)
{
    int               found;
    int64_t           left, units[STALL_SALES + 1];
    uint16_t          wave;
    uint32_t          number, pickup;
    fs_tally_t        tally;
    const uint8_t    *key;
    fs_listed_t       listed;
    const fs_sale_t  *sale;
    fs_db_walk_t      walk;

    memset(units, 0, sizeof(units));

    for (found = fs_db_walk(&walk, run->stall->sheet.index,
                            run->stall->store->index_dbi[FS_INDEX_TALLIES],
                            NULL, 0, MDB_FIRST);
         found;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        key = (const uint8_t *) walk.key.data;
        number = fs_get_be32(key);
        pickup = fs_get_be32(key + 4);
        wave = (uint16_t) (key[8] << 8 | key[9]);

        fuzz_check(number >= 1 && number <= STALL_SALES);
        fuzz_check(fs_tally_row_decode(&tally, walk.value) == 0);
        fuzz_check(!fs_receive_next(&run->stall->sheet, number, pickup, wave,
                                    &tally, &listed, &left));
        units[number] += (int64_t) tally.awaited + tally.ready
                         + tally.handed_over + tally.shorts;
    }

    fs_db_walk_end(&walk);

    for (number = 1; number <= STALL_SALES; number++) {
        sale = fs_sheet_sale(&run->stall->sheet, number);
        fuzz_check(units[number] == sale->sold);
        fuzz_check(sale->handed_units <= sale->sold);
    }
}


/* All that is due; then no hold is live whose time is over. */

static void
run_timers(run_t *run)
{
    unsigned    i, turns;
    stall_t    *stall = run->stall;
    fs_hold_t   hold;

    for (turns = 0;
         fs_decide_timers(&stall->sheet, &stall->now, 64) == 64;
         turns++)
    {
        fuzz_check(turns < 100);
    }

    check_sales(run);
    check_debts(run);
    check_goods(run);
    check_queues(run);
    fuzz_check(!stall->sheet.failed);
    fuzz_check(stall->sheet.asides == 0);

    for (i = 0; i < run->holds_n; i++) {
        fuzz_check(fs_sheet_hold(&stall->sheet, run->holds[i], &hold));
        fuzz_check((hold.state != FS_HOLD_HELD
                    && hold.state != FS_HOLD_PAYING)
                   || hold.due > stall->now.mono);
    }
}


/* As between two batches: the rows go to the index, and come from there. */

static void
turn_batch(stall_t *stall)
{
    fuzz_check(fs_sheet_end(&stall->sheet) == FS_OK);
    fs_sheet_begin(&stall->sheet, &stall->write, stall->crypto,
                   stall->cache);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    run_t          run;
    fuzz_t         fuzz = { data, size };
    uint8_t        bits;
    unsigned       n;
    fs_seq_t       before;
    fs_result_t    result;
    fs_command_t   command;
    fs_operator_t  op;

    memset(&run, 0, sizeof(run));
    run.stall = stall_open();
    stall_begin(run.stall);
    check_sales(&run);

    for (n = 0; n < COMMANDS_MAX && fuzz.len > 0; n++) {
        bits = (uint8_t) fuzz_number(&fuzz, 1);

        switch (bits & 7) {

        case 0:
            pass_time(run.stall, 100 * (bits >> 3) * (bits >> 3), 0);
            break;

        case 1:
            pass_time(run.stall, 1000 * ((bits >> 3) - 16), 1);
            break;

        case 2:
            run_timers(&run);
            break;

        case 3:
            turn_batch(run.stall);
            break;

        default:
            if (bits == 0xfc) {
                make_whole(&run, &fuzz, &command, &op);

            } else if (bits == 0xfd) {
                make_goods(&run, &fuzz, &command, &op);

            } else if (bits == 0xfe) {
                make_queue(&run, &fuzz, &command, &op);

            } else if (bits >= 0xe4 && (bits & 7) == 4) {
                make_later(&run, &fuzz, &command, &op);

            } else {
                make_command(&run, &fuzz, &command, &op);
                make_life(&run, bits >> 3, &command);
            }

            memset(&result, 0x55, sizeof(result));
            before = run.stall->sheet.seq;

            fs_decide(&run.stall->sheet, &command, &op, &run.stall->now,
                      &result);

            check_result(&run, &command, &result);
            fuzz_check(run.stall->sheet.seq >= before);
            count(&run, fs_outcome_status(result.outcome) >= 400);
            check_sales(&run);
        }
    }

    /* after a week everything that was held is over, and after another what
     * was served by it, until nobody waits whom units could suffice for */

    for (n = 0; n <= COMMANDS_MAX; n++) {
        pass_time(run.stall, 7 * 86400000LL, 0);
        run_timers(&run);
    }

    for (n = 1; n <= STALL_SALES; n++) {
        fuzz_check(run.sales[n].held == 0);
    }

    turn_batch(run.stall);
    fs_pair_abort(&run.stall->write);

    return 0;
}
