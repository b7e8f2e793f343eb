
/*
 * A whole sale that is cancelled, and buyers of a sale that are compensated:
 * the debts of its orders, which are written in several steps.
 */

#include <stdlib.h>

#include "oracle_parts.h"
#include "ledger/rows_after.h"


static unsigned
oracle_line_of(const oracle_hold_t *hold, uint32_t sale)
{
    unsigned  line;

    for (line = 0; line < hold->lines_n; line++) {
        if (hold->lines[line].sale == sale) {
            break;
        }
    }

    return line;
}


static oracle_task_t *
oracle_new_task(oracle_t *oracle, uint32_t sale, int kind, int64_t each)
{
    size_t          i;
    oracle_hold_t  *hold;
    oracle_sale_t  *of;
    oracle_task_t  *task;

    oracle->tasks = realloc(oracle->tasks, (oracle->tasks_n + 1)
                                           * sizeof(oracle_task_t));
    if (oracle->tasks == NULL) {
        abort();
    }

    of = &oracle->sales[sale];
    task = &oracle->tasks[oracle->tasks_n++];
    memset(task, 0, sizeof(oracle_task_t));
    task->sale = sale;
    task->kind = kind;
    task->each = each;
    task->orders = of->orders_n;
    task->promised = calloc(of->orders_n + 1, 1);

    if (task->promised == NULL) {
        abort();
    }

    for (i = 0; i < of->orders_n; i++) {
        hold = &oracle->holds[of->orders[i]];

        if (kind == FS_TASK_CALL_OFF
            || hold->lines[oracle_line_of(hold, sale)].goods
               == FS_GOODS_HANDED_OVER)
        {
            task->promised[i] = 1;
        }
    }

    return task;
}


void
oracle_call_off(oracle_t *oracle, const fs_operator_t *op,
    oracle_answer_t *answer)
{
    oracle_sale_t  *sale;

    (void) op;

    sale = &oracle->sales[answer->sale];
    answer->outcome = FS_ACCEPTED;

    sale->called_off = 1;
    sale->closed = 1;
    oracle_new_task(oracle, answer->sale, FS_TASK_CALL_OFF, 0);
}


void
oracle_compensate(oracle_t *oracle, const fs_operator_t *op,
    oracle_answer_t *answer)
{
    size_t          i;
    oracle_task_t  *task;

    answer->outcome = FS_ACCEPTED;
    task = oracle_new_task(oracle, answer->sale, FS_TASK_COMPENSATE,
                           op->fen_each);

    for (i = 0; i < task->orders; i++) {
        answer->orders += task->promised[i];
    }
}


int
oracle_task_open(const oracle_t *oracle, uint32_t sale, int kind)
{
    size_t  i;

    for (i = 0; i < oracle->tasks_n; i++) {
        if (oracle->tasks[i].sale == sale && oracle->tasks[i].kind == kind
            && !oracle->tasks[i].done)
        {
            return 1;
        }
    }

    return 0;
}


/* 1: the sale of this line is cancelled, and it is not all owed yet. */

int
oracle_called_off(const oracle_t *oracle, const oracle_hold_t *hold,
    unsigned line)
{
    return hold->paid && oracle->sales[hold->lines[line].sale].called_off
           && !oracle_all_back(hold, line);
}


static int64_t
oracle_compensation(const oracle_hold_t *hold, unsigned line, int64_t each)
{
    int64_t  left, amount;

    if (hold->lines[line].goods != FS_GOODS_HANDED_OVER) {
        return 0;
    }

    left = oracle_line_paid(hold, line)
           - hold->lines[line].owed;
    amount = each * oracle_coming(hold, line);

    return amount < left ? amount : left;
}


/* The orders that a task passes over without a debt: up to `to`. */

static int
oracle_skip(oracle_t *oracle, oracle_task_t *task, size_t to)
{
    size_t          i;
    unsigned        line;
    oracle_hold_t  *hold;
    oracle_sale_t  *sale;

    sale = &oracle->sales[task->sale];

    for (i = task->next; i < to; i++) {
        hold = &oracle->holds[sale->orders[i]];
        line = oracle_line_of(hold, task->sale);

        if (task->kind == FS_TASK_CALL_OFF
            ? !oracle_all_back(hold, line)
            : task->promised[i]
              && oracle_compensation(hold, line, task->each) != 0)
        {
            return 0;
        }
    }

    return 1;
}


int
oracle_follow_task(oracle_t *oracle, oracle_hold_t *hold,
    const fs_entry_t *entry)
{
    int             kind;
    size_t          i, n;
    int64_t         amount;
    oracle_sale_t  *sale;
    oracle_task_t  *task;

    kind = entry->reason == FS_REASON_COMPENSATION ? FS_TASK_COMPENSATE
                                                   : FS_TASK_CALL_OFF;

    for (i = 0; i < oracle->tasks_n; i++) {
        task = &oracle->tasks[i];

        if (task->done || task->kind != kind || task->sale != entry->sale) {
            continue;
        }

        sale = &oracle->sales[task->sale];

        for (n = task->next; n < task->orders; n++) {
            if (&oracle->holds[sale->orders[n]] == hold) {
                break;
            }
        }

        if (n == task->orders || !oracle_skip(oracle, task, n)) {
            continue;
        }

        if (kind == FS_TASK_CALL_OFF) {
            if (oracle_all_back(hold, entry->line)) {
                continue;
            }

            oracle_return_line(oracle, hold, entry->line,
                               FS_REASON_SALE_CANCELLED);

        } else {
            amount = oracle_compensation(hold, entry->line, task->each);

            if (amount == 0 || amount != entry->amount_fen) {
                continue;
            }

            oracle_owe(oracle, hold, entry->line, 0, amount,
                       FS_REASON_COMPENSATION);
        }

        task->next = n + 1;

        return 1;
    }

    return 0;
}


int
oracle_follow_settled(oracle_t *oracle, const fs_entry_t *entry)
{
    size_t          i;
    oracle_task_t  *task;

    for (i = 0; i < oracle->tasks_n; i++) {
        task = &oracle->tasks[i];

        if (task->seq == (fs_seq_t) entry->time1 && !task->done
            && task->sale == entry->sale
            && oracle_skip(oracle, task, task->orders))
        {
            task->done = 1;
            free(task->promised);
            task->promised = NULL;
            return 1;
        }
    }

    return 0;
}
