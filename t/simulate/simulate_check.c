
#include "simulate.h"
#include "read/read.h"


#define SIMULATE_PAGE  64               /* entries read at once */

static void simulate_collect(worker_t *worker, simulate_batch_t *batch);
static void simulate_collect_job(worker_t *worker, simulate_batch_t *batch);
static simulate_item_t *simulate_add(simulate_batch_t *batch,
    const fs_result_t *result);
static void simulate_apply(simulate_t *sim, fs_view_t *view,
    simulate_item_t *item);
static int simulate_said(simulate_t *sim, fs_view_t *view,
    const fs_command_t *command);
static void simulate_apply_all(simulate_t *sim, fs_view_t *view);
static int simulate_in_log(simulate_t *sim, fs_view_t *view);
static void simulate_entry(simulate_t *sim, fs_view_t *view,
    const fs_entry_t *entry);


simulate_request_t *
simulate_new(simulate_t *sim, worker_t *worker, const generated_t *made)
{
    simulate_request_t  *request;

    request = &sim->requests[sim->free[--sim->free_n]];
    request->busy = 1;
    request->generation++;
    request->worker = worker->number;
    request->decided = 0;
    request->made = *made;
    generate_moved(&request->made);

    return request;
}


uint64_t
simulate_token(simulate_t *sim, simulate_request_t *request)
{
    return (uint64_t) request->generation << 16
           | (uint64_t) (request - sim->requests);
}


simulate_request_t *
simulate_request(simulate_t *sim, uint64_t token)
{
    simulate_request_t  *request;

    request = &sim->requests[token & 0xffff];

    return request->busy && request->generation == token >> 16 ? request
                                                                : NULL;
}


/* again: the client does not know what became of it. */

void
simulate_free(simulate_t *sim, simulate_request_t *request, int again)
{
    static const uint8_t  none[FS_KEY_HASH_LEN];

    if (again && !request->made.has_op && sim->retries_n < SIMULATE_RETRIES
        && memcmp(request->made.command.key, none, sizeof(none)) != 0
        && dice_one_in(&sim->dice, 2))
    {
        sim->retries[sim->retries_n++] = request->made;
    }

    request->busy = 0;
    sim->free[sim->free_n++] = (uint16_t) (request - sim->requests);
}


/* FS_POINT_LOCKED: whatever is in the log is durable now. */

void
simulate_locked(worker_t *worker)
{
    simulate_t  *sim;

    sim = worker->sim;
    sim->index_n = worker->store->index_n;
    sim->mono_offset = atomic_load(&worker->store->mark->mono_offset);

    /*
     * An entry that nobody has looked at yet: who committed it is dead, and
     * its meta page is on disk now.  Other pages may be of a commit that
     * failed since (of who inherits a ring), which nobody needs; its own were
     * on disk before its meta page was written.
     */

    if (sim->checked != worker->leader->write.seq) {
        simulate_synced(sim, 0, SIMULATE_METAS);
    }

    simulate_follow(sim, worker->second);

    check(sim->checked == worker->leader->write.seq,
          "the log is at entry %llu, entry %llu was durable",
          (unsigned long long) worker->leader->write.seq,
          (unsigned long long) sim->checked);
    check(memcmp(sim->checked_hash, worker->leader->write.hash, FS_HASH_LEN)
          == 0, "entry %llu has changed", (unsigned long long) sim->checked);
}


/* FS_POINT_APPLIED: the results are in the slots, nothing is durable. */

void
simulate_decided(worker_t *worker)
{
    unsigned           i;
    simulate_t        *sim;
    fs_leader_t       *leader;
    simulate_batch_t  *batch;

    static uint64_t    number;

    sim = worker->sim;
    leader = worker->leader;
    batch = &sim->batch;

    simulate_follow(sim, worker->second);

    check(sim->checked == leader->sheet.begun,
          "decided after entry %llu, entry %llu was durable",
          (unsigned long long) leader->sheet.begun,
          (unsigned long long) sim->checked);

    check(leader->sheet.asides == 0, "%u rows were set aside, and none is bad",
          leader->sheet.asides);

    batch->number = ++number;
    batch->n = 0;
    batch->refused = 0;
    batch->base = leader->sheet.begun;
    batch->last = leader->sheet.seq;
    batch->commanded = (worker->job != NULL) ? batch->last
                                             : worker->commanded;
    batch->now = leader->now;
    batch->boot = sim->boot;

    check(batch->last - batch->base <= FS_INDEX_ENTRIES,
          "%llu entries in a transaction, more than there is space for",
          (unsigned long long) (batch->last - batch->base));

    check(batch->now.due <= batch->now.opens
          && batch->now.opens <= batch->now.wall, "the clocks' order");
    check(sim->offset_max == INT64_MAX
          || batch->now.due - sim->boot <= sim->offset_max
                                           + FS_CLOCK_SLACK_MS,
          "a clock is believed that nobody has accepted, by %lld ms",
          (long long) (batch->now.due - sim->boot - sim->offset_max));
    batch->timers = worker->job == NULL && !worker->settling
                    && worker->pass.timers < FS_TIMERS_PASS
                    && leader->now.mono >= leader->timers_at
                    && !atomic_load(&worker->store->clock_behind);
    memcpy(batch->hash, leader->sheet.hash, FS_HASH_LEN);

    if (worker->job != NULL) {
        simulate_collect_job(worker, batch);

    } else {
        simulate_collect(worker, batch);
    }

    if (batch->last != batch->base) {
        batch->open = 1;
        worker->batch = number;
        return;
    }

    /* refusals: nothing has to be durable */

    batch->open = 0;
    sim->oracle.now = batch->now;

    for (i = 0; i < batch->n; i++) {
        simulate_apply(sim, NULL, &batch->items[i]);
    }

    check(!batch->timers || !oracle_due(&sim->oracle),
          "something due was left");
}


/* The commands of a pass, in the order in which they were decided. */

static void
simulate_collect(worker_t *worker, simulate_batch_t *batch)
{
    uint32_t          i;
    uint64_t          next[SIMULATE_RINGS];
    fs_slot_t        *slot, *first;
    fs_leader_t      *leader;
    fs_cursor_t      *cursor;
    simulate_item_t  *item;

    leader = worker->leader;

    for (i = 0; i < leader->cursors_n; i++) {
        next[i] = leader->cursors[i].start;
    }

    for ( ;; ) {
        first = NULL;
        cursor = NULL;

        for (i = 0; i < leader->cursors_n; i++) {
            if (next[i] == leader->cursors[i].next) {
                continue;
            }

            slot = fs_ring_slot(worker->rings, leader->cursors[i].ring,
                                next[i]);

            if (first == NULL || slot->enqueued < first->enqueued) {
                first = slot;
                cursor = &leader->cursors[i];
            }
        }

        if (first == NULL) {
            return;
        }

        next[cursor - leader->cursors]++;

        item = simulate_add(batch, &first->result);
        item->token = first->token;
        item->made.command = first->command;
        item->made.has_op = 0;
    }
}


static void
simulate_collect_job(worker_t *worker, simulate_batch_t *batch)
{
    simulate_item_t  *item;

    item = simulate_add(batch, &worker->result);
    item->token = simulate_token(worker->sim, worker->job);
    item->made = worker->job->made;
    generate_moved(&item->made);
}


static simulate_item_t *
simulate_add(simulate_batch_t *batch, const fs_result_t *result)
{
    simulate_item_t  *item;

    check(batch->n < FS_BATCH_MAX, "a batch is too large");

    item = &batch->items[batch->n++];
    item->result = *result;

    return item;
}


/* An operator's command that wrote nothing, or that failed before. */

void
simulate_decided_job(worker_t *worker)
{
    if (fs_outcome_status(worker->result.outcome) < 500
        || worker->result.outcome == FS_CLOCK)
    {
        worker->leader->sheet.seq = worker->leader->sheet.begun;
        simulate_decided(worker);
    }
}


/* FS_POINT_LOG_COMMITTED: what was decided is in the log. */

void
simulate_committed(worker_t *worker)
{
    simulate_t  *sim;

    sim = worker->sim;
    simulate_synced(sim, 0, UINT32_MAX);
    simulate_follow(sim, worker->second);

    if (worker->batch != 0) {
        sim->index_dirty++;
    }

    check(sim->batch.number != worker->batch || !sim->batch.open,
          "what was committed is not in the log");
}


/* The batch's clients are about to be told this. */

void
simulate_ended(worker_t *worker, fs_outcome_t outcome)
{
    simulate_batch_t  *batch;

    batch = &worker->sim->batch;

    if (batch->number != worker->batch) {
        return;
    }

    if (outcome == FS_OK || fs_outcome_status(outcome) < 500) {
        check(!batch->open, "an answer before its commit");

    } else if (outcome != FS_UNKNOWN
               && (batch->n == 0
                   || batch->items[0].made.command.type != FS_COMMAND_CLOCK))
    {
        /* not for FS_COMMAND_CLOCK: another process may have written the very
         * same entry, which looks as if this one had not failed */

        check(batch->open, "told %s, and it is in the log",
              fs_outcome_code(outcome));
        batch->refused = 1;
    }
}


/* Bring the oracle as far as the log is durable. */

void
simulate_follow(simulate_t *sim, fs_reader_t *reader)
{
    size_t       i, n;
    fs_view_t    view;
    fs_entry_t   entries[SIMULATE_PAGE];

    if (fs_view_open_log(reader, &view) != FS_OK) {
        return;
    }

    while ((n = fs_view_entries(&view, sim->checked, SIMULATE_PAGE, entries))
           != 0)
    {
        for (i = 0; i < n; i++) {
            simulate_entry(sim, &view, &entries[i]);
        }
    }

    fs_view_close(&view);
}


static void
simulate_entry(simulate_t *sim, fs_view_t *view, const fs_entry_t *entry)
{
    simulate_batch_t  *batch;

    batch = &sim->batch;
    check(entry->seq == sim->checked + 1, "entry %llu is missing",
          (unsigned long long) sim->checked + 1);

    if (batch->open && entry->seq == batch->base + 1
        && simulate_in_log(sim, view))
    {
        check(!batch->refused, "entry %llu: refused, and in the log",
              (unsigned long long) entry->seq);
        simulate_apply_all(sim, view);
    }

    if (entry->seq <= sim->commanded) {
        /* written by a command, which the oracle has had */

    } else if (entry->seq <= sim->applied) {
        check(oracle_follow(&sim->oracle, entry), "entry %llu: %s",
              (unsigned long long) entry->seq,
              fs_entry_type_name(entry->type));

    } else if (entry->type == FS_ENTRY_BOOT) {
        sim->oracle.now.wall = entry->at;
        sim->oracle.now.mono = entry->at;
        sim->oracle.now.due = entry->at;
        sim->oracle.now.opens = entry->at;
        sim->offset_max = entry->time1;
        oracle_boot(&sim->oracle);

    } else {
        check(entry->type == FS_ENTRY_STORE || entry->type == FS_ENTRY_CLOCK,
              "entry %llu, %s, which nobody has decided",
              (unsigned long long) entry->seq,
              fs_entry_type_name(entry->type));
    }

    check(oracle_named(&sim->oracle, entry),
          "entry %llu: %s, which there is not",
          (unsigned long long) entry->seq, fs_entry_type_name(entry->type));

    if (entry->type == FS_ENTRY_TERMS) {
        check(fs_view_log(view) != NULL, "no log");
        compare_terms(&sim->oracle, entry, fs_view_log(view),
                      view->store->log_dbi);
    }

    compare_units(&sim->units, entry);

    sim->entries++;
    sim->checked = entry->seq;
    sim->checked_at = entry->at;
    memcpy(sim->checked_hash, entry->hash, FS_HASH_LEN);

    if (entry->seq == sim->applied && batch->timers) {
        check(!oracle_due(&sim->oracle), "something due was left");
    }
}


/* The last entry's hash is over all before it. */

static int
simulate_in_log(simulate_t *sim, fs_view_t *view)
{
    fs_entry_t  last;

    return fs_view_entries(view, sim->batch.last - 1, 1, &last) == 1
           && memcmp(last.hash, sim->batch.hash, FS_HASH_LEN) == 0;
}


static void
simulate_apply_all(simulate_t *sim, fs_view_t *view)
{
    unsigned           i;
    uint64_t          *taken;
    simulate_batch_t  *batch;

    batch = &sim->batch;
    batch->open = 0;
    sim->applied = batch->last;
    sim->oracle.now = batch->now;

    for (i = 0; i < batch->n; i++) {
        taken = &sim->taken[batch->items[i].token & 0xffff];
        check(*taken != batch->items[i].token, "a command is taken twice");
        *taken = batch->items[i].token;

        simulate_apply(sim, view, &batch->items[i]);
    }

    sim->commanded = batch->commanded;
}


static void
simulate_apply(simulate_t *sim, fs_view_t *view, simulate_item_t *item)
{
    int                  said;
    int64_t              offset;
    oracle_answer_t      answer;
    simulate_request_t  *request;

    sim->commands++;
    request = simulate_request(sim, item->token);

    if (request != NULL) {
        request->decided = 1;
        request->wrote = sim->batch.commanded != sim->batch.base;
        request->result = item->result;
    }

    if (item->result.outcome == FS_CLOCK) {
        check(sim->oracle.now.wall
              < sim->checked_at - FS_CLOCK_BEHIND_MS, "the clock is right");
        return;
    }

    if (item->made.command.type == FS_COMMAND_CLOCK) {
        check(item->result.outcome == FS_OK, "%s",
              fs_outcome_code(item->result.outcome));

        /* when it was decided, perhaps long ago */

        offset = sim->batch.now.wall - sim->batch.boot;

        if (offset > sim->offset_max) {
            sim->offset_max = offset;
        }

        return;
    }

    said = item->made.command.type == FS_COMMAND_HAND_OVER
           && simulate_said(sim, view, &item->made.command);
    sim->oracle.swept = oracle_swept(&item->made.command, &item->result,
                                     said);

    oracle_command(&sim->oracle, &item->made.command,
                   item->made.has_op ? &item->made.op : NULL, &answer);
    compare_answer(&sim->oracle, &item->made, sim->batch.commanded,
                   &item->result, &answer);
}


/* 1: the batch has a hand-over of the command's order with its nonce: it was
 * said for the first time. */

static int
simulate_said(simulate_t *sim, fs_view_t *view, const fs_command_t *command)
{
    fs_seq_t    seq;
    fs_entry_t  entry;

    for (seq = sim->batch.base; seq < sim->batch.commanded; seq++) {
        if (fs_view_entries(view, seq, 1, &entry) == 1
            && entry.hold == command->hold
            && memcmp(entry.key, command->key, FS_KEY_HASH_LEN) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* What a client is told. */

void
simulate_answered(simulate_t *sim, simulate_request_t *request,
    const fs_result_t *result)
{
    sim->answers[result->outcome]++;

    switch (result->outcome) {

    case FS_STORE_FULL:
    case FS_DISK_FAILED:
    case FS_REBUILDING:
    case FS_NOT_READY:
        check(!request->decided || !request->wrote,
              "told %s, and something was taken",
              fs_outcome_code(result->outcome));
        simulate_free(sim, request, 1);
        return;

    case FS_UNKNOWN:
        simulate_free(sim, request, 1);
        return;
    }

    check(request->decided, "told %s before it was durable",
          fs_outcome_code(result->outcome));
    check(memcmp(result, &request->result, sizeof(fs_result_t)) == 0,
          "told %s, decided was %s", fs_outcome_code(result->outcome),
          fs_outcome_code(request->result.outcome));

    simulate_free(sim, request, 0);
}


/* A view has refused.  Where it is as far as the oracle, is it right? */

void
simulate_refused(worker_t *worker, const fs_view_t *view,
    const generated_t *made, const fs_result_t *result)
{
    int                   right;
    uint32_t              i, buyer, qty;
    simulate_t           *sim;
    const oracle_sale_t  *sale;

    sim = worker->sim;
    sim->commands++;
    sim->unwritten++;
    sim->answers[result->outcome]++;

    check(fs_outcome_status(result->outcome) >= 400, "a view says %s",
          fs_outcome_code(result->outcome));

    if (view->seq != sim->checked) {
        return;
    }

    qty = 0;

    for (i = 0; i < made->command.lines_n; i++) {
        if (made->command.lines[i].sale == result->sale) {
            qty = made->command.lines[i].qty;
        }
    }

    buyer = fs_get_le32(made->command.buyer);
    sale = &sim->oracle.sales[result->sale <= ORACLE_SALES ? result->sale
                                                            : 0];
    right = 1;

    switch (result->outcome) {

    case FS_NO_SUCH_SALE:
        right = !sale->exists;
        break;

    case FS_CLOSED:
        right = sale->closed || (sale->closes_at != 0
                                 && sale->closes_at <= sim->wall);
        break;

    case FS_PAUSED:
        right = sale->paused;
        break;

    case FS_NOT_OPEN:
        right = !sale->opened;
        break;

    case FS_OVER_LIMIT:
        right = sale->limit == result->limit
                && sale->taken[buyer] + qty > sale->limit;
        break;

    case FS_SOLD_OUT:
        right = sale->stock - sale->held - sale->sold == result->free
                && (result->free < qty
                    || oracle_awaited(&sim->oracle, result->sale))
                && !(made->command.queue
                     && oracle_queue_room(&sim->oracle, &made->command));
        break;
    }

    check(right, "a view refuses with %s, sale %u",
          fs_outcome_code(result->outcome), result->sale);
}
