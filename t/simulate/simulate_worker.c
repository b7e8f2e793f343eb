
#include <unistd.h>

#include "simulate.h"
#include "pair/pair.h"
#include "read/read.h"
#include "store/store.h"


#define WORKER_CHUNK    500             /* entries of a transaction that
                                           catches up */
#define WORKER_LOOK_MS  1000

static void worker_run(void *data);
static int worker_open(worker_t *worker);
static int worker_settle(worker_t *worker);
static int worker_turn(worker_t *worker);
static void worker_jobs(worker_t *worker);
static void worker_pass(worker_t *worker);
static int worker_waits(worker_t *worker);
static void worker_sleep(worker_t *worker, int64_t ms);
static void worker_hook(void *data, fs_point_t point);
static int worker_refused(worker_t *worker, const generated_t *made);
static int worker_push(worker_t *worker, const generated_t *made);
static void worker_answer(worker_t *worker);
static void worker_gone(worker_t *worker);


void
worker_start(simulate_t *sim, int number, fs_rings_t *rings)
{
    worker_t  *worker;

    worker = &sim->workers[number];
    memset(worker, 0, sizeof(worker_t));
    worker->sim = sim;
    worker->number = number;
    worker->rings = rings;
    worker->process = process_create(worker_run, worker);
    check(worker->process != NULL, "no process");

    process_enter(worker->process);
    worker->ring = fs_ring_claim(rings);
    process_enter(NULL);

    check(worker->ring != -1, "no ring is free");
}


/* Let its thread go on. */

void
worker_go(worker_t *worker)
{
    if (process_run(worker->process)) {
        return;
    }

    if (worker->left) {
        worker_answer(worker);
    }

    worker_gone(worker);
}


void
worker_kill(worker_t *worker)
{
    process_kill(worker->process);
    worker_gone(worker);
}


/* Its clients get no answer; those with a key ask another worker. */

static void
worker_gone(worker_t *worker)
{
    int          i;
    simulate_t  *sim;

    sim = worker->sim;
    process_destroy(worker->process);
    worker->process = NULL;

    for (i = 0; i < SIMULATE_REQUESTS; i++) {
        if (sim->requests[i].busy
            && sim->requests[i].worker == worker->number)
        {
            sim->cut++;
            simulate_free(sim, &sim->requests[i], 1);
        }
    }
}


/*
 * The commit thread, as in the module: open the store, inherit the ring, make
 * passes when something waits or is due, and each second.
 */

static void
worker_run(void *data)
{
    int        failed, inherited;
    int64_t    wait;
    fs_now_t   now;
    worker_t  *worker = data;

    while (!worker_open(worker) || !worker_settle(worker)) {
        if (worker->stop) {
            goto leave;
        }

        worker_sleep(worker, WORKER_LOOK_MS);
    }

    worker->ready = 1;
    worker->backoff = 1;

    for ( ;; ) {
        failed = worker_turn(worker);

        if (failed) {
            if (worker->stop) {
                break;
            }

            worker_sleep(worker, worker->backoff);
            worker->backoff *= 2;

            if (worker->backoff > WORKER_LOOK_MS) {
                worker->backoff = WORKER_LOOK_MS;
            }

            continue;
        }

        worker->backoff = 1;

        if (worker_waits(worker)) {
            process_yield();
            continue;
        }

        if (worker->stop) {
            break;
        }

        fs_store_now(worker->store, &now);
        wait = atomic_load(&worker->rings->next_mono) - now.mono;

        if (atomic_load(&worker->rings->next_wall) - now.due < wait) {
            wait = atomic_load(&worker->rings->next_wall) - now.due;
        }

        worker_sleep(worker, wait < 1 ? 1
                             : wait > WORKER_LOOK_MS ? WORKER_LOOK_MS : wait);
    }

leave:

    inherited = worker->ready;
    worker->ready = 0;

    if (worker->leader != NULL) {
        fs_leader_destroy(worker->leader);
    }

    if (worker->store != NULL) {
        fs_reader_destroy(worker->reader);
        fs_reader_destroy(worker->second);
        fs_sheet_cache_destroy(worker->cache);
        fs_crypto_destroy(worker->crypto);
        fs_store_close(worker->store, worker->clean);
    }

    fs_ring_release(worker->rings, worker->ring);
    worker->left = inherited;
}


static int
worker_open(worker_t *worker)
{
    char          message[256];
    fs_store_t   *store;
    fs_outcome_t  outcome;

    if (worker->store != NULL) {
        return 1;
    }

    message[0] = '\0';
    store = fs_store_open(&worker->sim->conf, &outcome, message);

    if (store == NULL) {
        check(!worker->sim->calm, "the store cannot be opened: %s", message);
        return 0;
    }

    worker->store = store;
    worker->reader = fs_reader_create(store);
    worker->second = fs_reader_create(store);
    worker->crypto = fs_crypto_create(store->store_key);
    worker->cache = fs_sheet_cache_create();
    worker->leader = fs_leader_create(store, worker->rings);
    check(worker->reader != NULL && worker->second != NULL
          && worker->crypto != NULL && worker->cache != NULL
          && worker->leader != NULL, "no memory");

    fs_leader_set_hook(worker->leader, worker_hook, worker);

    return 1;
}


static int
worker_settle(worker_t *worker)
{
    int  more, inherited;

    worker->settling = 1;

    inherited = fs_store_catch_up(worker->store, WORKER_CHUNK, &worker->stop,
                                  &more) == FS_OK
              && !more
              && fs_leader_inherit(worker->leader, worker->ring) == FS_OK;

    worker->settling = 0;

    return inherited;
}


/* 1: a pass failed, and the thread shall wait before the next. */

static int
worker_turn(worker_t *worker)
{
    worker_jobs(worker);

    do {
        worker_pass(worker);

        if (worker->pass.outcome != FS_OK) {
            return 1;
        }

    } while (worker->pass.more && !worker->stop);

    return 0;
}


static void
worker_jobs(worker_t *worker)
{
    simulate_t          *sim;
    simulate_request_t  *request;

    sim = worker->sim;

    while (worker->jobs_n != 0) {
        request = &sim->requests[worker->jobs[0]];
        memmove(worker->jobs, worker->jobs + 1,
                --worker->jobs_n * sizeof(worker->jobs[0]));

        worker->job = request;
        worker->batch = 0;

        fs_leader_one(worker->leader, &request->made.command,
                      &request->made.op, &worker->result);

        if (worker->batch == 0) {
            simulate_decided_job(worker);

        } else {
            simulate_ended(worker, worker->result.outcome);
        }

        worker->job = NULL;
        simulate_answered(sim, request, &worker->result);
    }
}


static void
worker_pass(worker_t *worker)
{
    worker->batch = 0;

    fs_leader_pass(worker->leader, &worker->stop, &worker->pass);

    if (worker->batch != 0) {
        simulate_ended(worker, worker->pass.outcome);
    }
}


static int
worker_waits(worker_t *worker)
{
    fs_ring_t  *ring;

    ring = fs_ring(worker->rings, worker->ring);

    return atomic_load(&ring->head) != atomic_load(&ring->delivered)
           || worker->jobs_n != 0;
}


static void
worker_sleep(worker_t *worker, int64_t ms)
{
    worker->wake_at = worker->sim->boot + ms;

    do {
        process_yield();
    } while (!worker->kicked && worker->sim->boot < worker->wake_at);

    worker->kicked = 0;
    worker->wake_at = 0;
}


void
worker_kick(worker_t *worker)
{
    worker->kicked = 1;
}


int
worker_runnable(worker_t *worker)
{
    return worker->process != NULL
           && (worker->wake_at == 0 || worker->kicked
               || worker->sim->boot >= worker->wake_at);
}


/* What the core tells of a pass; here others run, and here it dies. */

static void
worker_hook(void *data, fs_point_t point)
{
    worker_t    *worker = data;
    simulate_t  *sim;

    sim = worker->sim;

    switch (point) {

    case FS_POINT_LOCKED:
        simulate_locked(worker);
        break;

    case FS_POINT_DECIDED:
        worker->commanded = worker->leader->sheet.seq;
        return;

    case FS_POINT_APPLIED:
        simulate_decided(worker);
        break;

    case FS_POINT_LOG_COMMITTED:
        simulate_committed(worker);
        break;

    case FS_POINT_INHERITING:
        worker->batch = 0;              /* its passes are over */
        break;

    default:
        break;
    }

    if (!sim->calm && sim->mix.die != 0 && dice_one_in(&sim->dice,
                                                       sim->mix.die))
    {
        simulate_count(sim, SIMULATE_DIED);
        process_die();
    }

    if (dice_one_in(&sim->dice, 2)) {
        process_yield();
    }
}


/* The event loop: requests come. */

void
worker_burst(worker_t *worker, unsigned commands)
{
    simulate_t   *sim;
    generate_t    generate;
    generated_t   made;

    sim = worker->sim;
    generate.dice = &sim->dice;
    generate.oracle = &sim->oracle;

    process_enter(worker->process);

    while (commands-- != 0 && sim->free_n != 0) {
        generate.wall = sim->wall;

        if (sim->retries_n != 0 && dice_one_in(&sim->dice, 2)) {
            made = sim->retries[--sim->retries_n];
            sim->again++;

        } else {
            generate_command(&generate, &made);
        }

        if (made.has_op) {
            worker_operate(worker, &made);

        } else if (!worker_refused(worker, &made)
                   && !worker_push(worker, &made))
        {
            break;
        }
    }

    process_enter(NULL);
    worker_kick(worker);
}


/* 1: a reservation was refused from a view, without a pass. */

static int
worker_refused(worker_t *worker, const generated_t *made)
{
    int           refused;
    fs_now_t      now;
    fs_view_t     view;
    fs_sheet_t    sheet;
    fs_result_t   result;

    if (made->command.type != FS_COMMAND_HOLD
        || atomic_load(&worker->store->clock_behind))
    {
        return 0;
    }

    if (fs_view_recall(worker->reader, worker->cache, &view)) {
        fs_store_now(worker->store, &now);
        fs_view_state(&view, &sheet, worker->crypto, worker->cache);
        refused = fs_decide_refused(&sheet, &view, &made->command, &now,
                                    &result);

        if (refused) {
            worker->sim->recalled++;
            simulate_refused(worker, &view, made, &result);
        }

        fs_view_close(&view);

        if (refused) {
            return 1;
        }
    }

    if (fs_view_open_log(worker->reader, &view) != FS_OK) {
        return 0;
    }

    refused = 0;

    if (view.index.txn != NULL) {
        fs_store_now(worker->store, &now);
        fs_view_state(&view, &sheet, worker->crypto, worker->cache);
        refused = fs_decide_refused(&sheet, &view, &made->command, &now,
                                    &result);
    }

    if (refused) {
        simulate_refused(worker, &view, made, &result);
    }

    fs_view_close(&view);

    return refused;
}


/* 0: the ring is full, or takes nothing: so it is for the next command. */

static int
worker_push(worker_t *worker, const generated_t *made)
{
    simulate_t          *sim;
    fs_outcome_t         outcome;
    simulate_request_t  *request;

    sim = worker->sim;
    request = simulate_new(sim, worker, made);

    outcome = fs_ring_push(worker->rings, worker->ring, &made->command,
                           simulate_token(sim, request), ++sim->tick);

    if (outcome != FS_OK) {
        check(outcome == FS_QUEUE_FULL || !worker->ready, "%s",
              fs_outcome_code(outcome));
        sim->answers[outcome]++;
        simulate_free(sim, request, 1);
    }

    return outcome == FS_OK;
}


/* An operator's command, or that of one who accepts the clock. */

void
worker_operate(worker_t *worker, const generated_t *made)
{
    simulate_t          *sim;
    simulate_request_t  *request;

    sim = worker->sim;

    if (worker->jobs_n == SIMULATE_JOBS || sim->free_n == 0) {
        return;
    }

    request = simulate_new(sim, worker, made);
    worker->jobs[worker->jobs_n++] = (uint16_t) (request - sim->requests);
    worker_kick(worker);
}


/* The event loop: its eventfd says so, or a second has passed. */

void
worker_take(worker_t *worker)
{
    int          fd;
    uint64_t     n;
    simulate_t  *sim;

    sim = worker->sim;
    fd = fs_ring(worker->rings, worker->ring)->eventfd;

    if (!worker->ready
        || (read(fd, &n, sizeof(n)) == -1
            && sim->boot < worker->looked_at + WORKER_LOOK_MS))
    {
        return;
    }

    worker->looked_at = sim->boot;

    process_enter(worker->process);
    worker_answer(worker);
    process_enter(NULL);
}


static void
worker_answer(worker_t *worker)
{
    fs_slot_t           *slot;
    simulate_request_t  *request;

    while ((slot = fs_ring_pop(worker->rings, worker->ring)) != NULL) {
        request = simulate_request(worker->sim, slot->token);
        check(request != NULL && request->worker == worker->number,
              "an answer for nobody");
        simulate_answered(worker->sim, request, &slot->result);
        fs_ring_pop_done(worker->rings, worker->ring);
    }
}


/*
 * In place of the core's list of the stores that a process has open, which
 * here would have those of all simulated processes.  The core uses a store
 * only where `forks` is what it was at the opening: in another process it is
 * as if it had been copied by fork().
 */

int
fs_stores_add(fs_store_t *store)
{
    store->forks = (unsigned) getpid();

    return 0;
}


void
fs_stores_remove(fs_store_t *store)
{
    store->forks = 0;
}


int
fs_store_forked(const fs_store_t *store)
{
    return store->forks != (unsigned) getpid();
}
