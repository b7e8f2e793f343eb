
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/files.h"
#include "simulate.h"


#define WORLD_EPOCH   1700000000000LL
#define WORLD_STEPS   200000            /* at most, from one answer to the
                                           next */
#define WORLD_ROUNDS  5000              /* at most, from the last fault until
                                           everybody has an answer */

static void world_mix(simulate_t *sim);
static void world_create(simulate_t *sim);
static void world_destroy(simulate_t *sim);
static void world_blocks(simulate_t *sim, int fresh);
static void world_step(simulate_t *sim);
static worker_t *world_worker(simulate_t *sim);
static void world_start(simulate_t *sim, unsigned number);
static void world_go(simulate_t *sim);
static void world_pass(simulate_t *sim);
static void world_clock(simulate_t *sim);
static void world_fault(simulate_t *sim);
static int world_chance(simulate_t *sim, unsigned n);
static int world_brittle(const simulate_t *sim);
static void world_accept_clock(simulate_t *sim);
static void world_trouble(simulate_t *sim);
static void world_kill_all(simulate_t *sim);
static void world_power(simulate_t *sim);
static void world_stop(simulate_t *sim);
static void world_calm(simulate_t *sim);
static void world_digest(simulate_t *sim, const void *bytes, size_t len);


void
simulate_world(simulate_t *sim, unsigned long commands)
{
    uint64_t       moved;
    unsigned long  end, before;

    end = sim->commands + commands;

    world_create(sim);

    before = sim->commands;
    moved = 0;

    while (sim->commands < end) {
        world_step(sim);

        if (sim->commands != before) {
            before = sim->commands;
            moved = sim->steps;
        }

        check(sim->steps < moved + WORLD_STEPS, "nothing is answered");
    }

    world_calm(sim);
    world_destroy(sim);
}


void
simulate_count(simulate_t *sim, simulate_fault_t fault)
{
    sim->faults[fault]++;
}


static int
world_chance(simulate_t *sim, unsigned n)
{
    return n != 0 && dice_one_in(&sim->dice, n);
}


/* Each world has its own mix: what comes alone in one comes with others in
 * the next. */

static void
world_mix(simulate_t *sim)
{
    dice_t          *dice;
    simulate_mix_t  *mix;

    static const unsigned  bursts[] = { 4, 64, 64, 1000, 1000, 3000 };
    static const uint32_t  queues[] = { 64, 1024, 4096, 4096 };

    dice = &sim->dice;
    mix = &sim->mix;
    memset(mix, 0, sizeof(simulate_mix_t));

    mix->workers = 1 + dice_below(dice, SIMULATE_WORKERS);
    mix->blocks = dice_one_in(dice, 3) ? 2 : 1;
    mix->queue = queues[dice_below(dice, 4)];
    mix->burst = bursts[dice_below(dice, 6)];
    mix->map = dice_one_in(dice, 6) ? 3 << 20 : 256 << 20;

    if (dice_one_in(dice, 2)) {
        mix->die = 20 + dice_below(dice, 500);
    }

    if (dice_one_in(dice, 2)) {
        mix->die_disk = 50 + dice_below(dice, 1000);
    }

    if (dice_one_in(dice, 2)) {
        mix->fault = 5 + dice_below(dice, 100);
    }

    if (dice_one_in(dice, 2)) {
        mix->kill = 5 + dice_below(dice, 200);
    }

    if (dice_one_in(dice, 2)) {
        mix->power = 20 + dice_below(dice, 500);
    }

    if (dice_one_in(dice, 3)) {
        mix->crash = 20 + dice_below(dice, 500);
    }

    if (dice_one_in(dice, 3)) {
        mix->restart = 50 + dice_below(dice, 500);
    }

    if (dice_one_in(dice, 3)) {
        mix->reload = 5 + dice_below(dice, 200);
    }
}


static void
world_create(simulate_t *sim)
{
    unsigned     i;
    struct stat  st;

    sim->steps = 0;
    sim->calm = 0;
    sim->wall = WORLD_EPOCH;
    sim->boot = 5000;
    sim->mono_offset = 0;
    sim->offset = sim->wall - sim->boot;
    sim->offset_at = sim->boot;
    sim->offset_max = INT64_MAX;
    sim->checked = 0;
    sim->checked_at = 0;
    sim->applied = 0;
    sim->commanded = 0;
    sim->batch.open = 0;
    sim->retries_n = 0;
    sim->index_n = 0;
    sim->index_dirty = 0;
    sim->index_doomed = 0;
    sim->index_synced = 0;
    memset(sim->checked_hash, 0, FS_HASH_LEN);
    memset(sim->taken, 0, sizeof(sim->taken));
    memset(&sim->units, 0, sizeof(sim->units));
    memset(&sim->oracle, 0, sizeof(sim->oracle));
    memset(sim->requests, 0,
           SIMULATE_REQUESTS * sizeof(simulate_request_t));

    for (i = 0; i < SIMULATE_REQUESTS; i++) {
        sim->free[i] = (uint16_t) i;
    }

    sim->free_n = SIMULATE_REQUESTS;

    snprintf(sim->path, sizeof(sim->path), "%s/simulate-XXXXXX",
             stat("/dev/shm", &st) == 0 && access("/dev/shm", W_OK) == 0
             ? "/dev/shm"
             : getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
    check(mkdtemp(sim->path) != NULL, "%s", sim->path);
    snprintf(sim->log, sizeof(sim->log), "%s/log/data.mdb", sim->path);

    world_mix(sim);

    sim->conf.path = sim->path;
    sim->conf.map_size = sim->mix.map;
    memset(sim->conf.boot_id, 0, FS_BOOT_LEN);
    sim->conf.boot_id[0] = 1;

    simulate_disk_create(sim);
    world_blocks(sim, 1);
    process_watch(sim->path);

    for (i = 0; i < sim->mix.workers; i++) {
        world_start(sim, i);
    }
}


static void
world_destroy(simulate_t *sim)
{
    unsigned  i, r;

    process_watch(NULL);
    simulate_disk_destroy(sim);

    for (i = 0; i < SIMULATE_BLOCKS; i++) {
        if (sim->blocks[i] == NULL) {
            continue;
        }

        for (r = 0; r < SIMULATE_RINGS; r++) {
            close(fs_ring(sim->blocks[i], r)->eventfd);
        }

        munmap(sim->blocks[i], fs_rings_size(SIMULATE_RINGS,
                                             sim->mix.queue));
        sim->blocks[i] = NULL;
    }

    oracle_free_holds(&sim->oracle);
    files_remove(sim->path);
}


/* The zones.  fresh: also the processes that made the eventfds are new. */

static void
world_blocks(simulate_t *sim, int fresh)
{
    int        eventfds[SIMULATE_RINGS];
    void      *block;
    size_t     size;
    unsigned   i, r;

    size = fs_rings_size(SIMULATE_RINGS, sim->mix.queue);

    for (i = 0; i < sim->mix.blocks; i++) {

        for (r = 0; r < SIMULATE_RINGS; r++) {
            eventfds[r] = fresh ? eventfd(0, EFD_NONBLOCK|EFD_CLOEXEC)
                                : fs_ring(sim->blocks[i], r)->eventfd;
            check(eventfds[r] != -1, "no eventfd");
        }

        if (sim->blocks[i] != NULL) {
            munmap(sim->blocks[i], size);
        }

        block = mmap(NULL, size, PROT_READ|PROT_WRITE,
                     MAP_SHARED|MAP_ANONYMOUS, -1, 0);
        check(block != MAP_FAILED
              && fs_rings_init(block, SIMULATE_RINGS, sim->mix.queue,
                               eventfds) == 0,
              "no block of rings");
        sim->blocks[i] = block;
    }
}


static void
world_start(simulate_t *sim, unsigned number)
{
    worker_start(sim, (int) number, sim->blocks[number % sim->mix.blocks]);
}


/* A worker that is there, or NULL. */

static worker_t *
world_worker(simulate_t *sim)
{
    worker_t  *worker;

    worker = &sim->workers[dice_below(&sim->dice, sim->mix.workers)];

    return worker->process != NULL ? worker : NULL;
}


static void
world_step(simulate_t *sim)
{
    unsigned   what;
    worker_t  *worker;

    sim->steps++;
    worker = world_worker(sim);
    what = dice_below(&sim->dice, 100);

    if (what < 50) {
        world_go(sim);

    } else if (what < 65) {
        if (worker != NULL && worker->ready) {
            worker_burst(worker, 1 + dice_below(&sim->dice, sim->mix.burst));
        }

    } else if (what < 80) {
        if (worker != NULL) {
            worker_take(worker);
        }

    } else if (what < 86) {
        world_pass(sim);

    } else if (what < 92) {
        if (worker != NULL) {
            simulate_look(worker);
        }

    } else {
        world_fault(sim);
    }
}


/* Let a commit thread go on. */

static void
world_go(simulate_t *sim)
{
    unsigned   i, first;
    worker_t  *worker;

    first = dice_below(&sim->dice, sim->mix.workers);

    for (i = 0; i < sim->mix.workers; i++) {
        worker = &sim->workers[(first + i) % sim->mix.workers];

        if (worker_runnable(worker)) {
            worker_go(worker);
            return;
        }
    }
}


/*
 * Time goes on, about as fast as commands come; now and then the wall clock
 * steps.
 */

static void
world_pass(simulate_t *sim)
{
    int64_t  ms;

    ms = dice_below(&sim->dice, 500);

    if (dice_below(&sim->dice, 64) >= sim->mix.burst) {
        ms = 0;

    } else if (dice_one_in(&sim->dice, 100)) {
        ms += dice_below(&sim->dice, 200000);
    }

    if (dice_one_in(&sim->dice, 5000)) {
        ms += dice_below(&sim->dice, 3 * 86400) * 1000LL;
    }

    sim->wall += ms;
    sim->boot += ms;

    world_clock(sim);

    if (dice_one_in(&sim->dice, 500)) {
        simulate_count(sim, SIMULATE_STEP);
        sim->wall += (int64_t) dice_below(&sim->dice, 600000) - 300000;

        if (dice_one_in(&sim->dice, 2)) {

            /* hours, and soon back again or not */

            sim->wall += (int64_t) dice_below(&sim->dice, 7200000) - 3600000;
        }

        world_clock(sim);
    }
}


/* Which clock the engine may use is worked out here from the rule alone: an
 * offset that has lasted for FS_CLOCK_CONFIRM_MS. */

static void
world_clock(simulate_t *sim)
{
    int64_t  offset, step;

    offset = sim->wall - sim->boot;
    step = offset - sim->offset;

    if (step > FS_CLOCK_SLACK_MS || step < -FS_CLOCK_SLACK_MS) {
        sim->offset_at = sim->boot;

    } else if (step > 0 && sim->offset_max != INT64_MAX) {
        sim->offset_max += step;
    }

    sim->offset = offset;

    if (sim->boot - sim->offset_at >= FS_CLOCK_CONFIRM_MS
        && offset > sim->offset_max)
    {
        sim->offset_max = offset;
    }
}


static void
world_fault(simulate_t *sim)
{
    unsigned         i;
    worker_t        *worker;
    simulate_mix_t  *mix;

    mix = &sim->mix;

    for (i = 0; i < mix->workers; i++) {

        if (sim->workers[i].process == NULL && dice_one_in(&sim->dice, 3)) {
            world_start(sim, i);
        }
    }

    world_accept_clock(sim);
    world_trouble(sim);

    worker = world_worker(sim);

    if (worker != NULL && world_chance(sim, mix->kill)) {
        simulate_count(sim, SIMULATE_KILLED);
        worker_kill(worker);

    } else if (worker != NULL && world_chance(sim, mix->reload)) {
        simulate_count(sim, SIMULATE_RELOAD);
        worker->stop = 1;
        worker->clean = (int) dice_below(&sim->dice, 2);
        worker_kick(worker);

    } else if (world_chance(sim, mix->crash)) {
        simulate_count(sim, SIMULATE_CRASH);
        world_kill_all(sim);

        if (dice_one_in(&sim->dice, 2)) {
            world_blocks(sim, 0);
        }

    } else if (world_chance(sim, mix->restart)) {
        simulate_count(sim, SIMULATE_RESTART);
        world_stop(sim);

        if (dice_one_in(&sim->dice, 2)) {
            world_power(sim);
        }

    } else if (world_chance(sim, mix->power)
               || (mix->power != 0 && world_brittle(sim)
                   && dice_one_in(&sim->dice, 20)))
    {
        world_kill_all(sim);
        world_power(sim);
    }
}


/*
 * A power cut finds more now, so it is made more likely: syncs fail, or the
 * index was synced a few commits ago, and pages that its last synced meta page
 * points to are overwritten.
 */

static int
world_brittle(const simulate_t *sim)
{
    return sim->trouble == SIMULATE_SYNC || sim->trouble == SIMULATE_META
           || (sim->index_synced == sim->index_n && sim->index_n != 0
               && sim->index_dirty > 1 && sim->index_dirty < 6);
}


/* An operator sees that the clock is wrong, and says that it is right. */

static void
world_accept_clock(simulate_t *sim)
{
    worker_t     *worker;
    generated_t   made;

    worker = world_worker(sim);

    if (worker == NULL || !worker->ready
        || !atomic_load(&worker->store->clock_behind)
        || dice_below(&sim->dice, 4) != 0)
    {
        return;
    }

    memset(&made, 0, sizeof(made));
    made.command.type = FS_COMMAND_CLOCK;
    made.has_op = 1;
    worker_operate(worker, &made);
}


/* The disk: something begins to be wrong with it, or is over. */

static void
world_trouble(simulate_t *sim)
{
    static const simulate_fault_t  kinds[] = {
        SIMULATE_SYNC, SIMULATE_META, SIMULATE_WRITE, SIMULATE_SHORT,
        SIMULATE_SPACE
    };

    if (sim->trouble != -1) {
        if (dice_one_in(&sim->dice, 20)) {
            sim->trouble = -1;
        }

        return;
    }

    if (world_chance(sim, sim->mix.fault)) {
        sim->trouble = (int) kinds[dice_below(&sim->dice, 5)];
        sim->trouble_n = dice_one_in(&sim->dice, 2)
                         ? 1 + dice_below(&sim->dice, 3) : 0;
    }
}


static void
world_kill_all(simulate_t *sim)
{
    unsigned  i;

    for (i = 0; i < sim->mix.workers; i++) {
        if (sim->workers[i].process != NULL) {
            worker_kill(&sim->workers[i]);
        }
    }
}


/* Nobody is alive.  Another boot begins, perhaps with a wrong clock. */

static void
world_power(simulate_t *sim)
{
    simulate_count(sim, SIMULATE_POWER);
    simulate_power_cut(sim);

    oracle_rebooted(&sim->oracle, sim->boot + sim->mono_offset);

    sim->conf.boot_id[0]++;
    sim->conf.boot_id[1] += sim->conf.boot_id[0] == 0;
    sim->boot = 1000;
    sim->wall += dice_below(&sim->dice, 100000);
    sim->offset_max = INT64_MAX;
    sim->trouble = -1;

    if (dice_one_in(&sim->dice, 6)) {
        simulate_count(sim, SIMULATE_BEHIND);
        sim->wall -= 700000 + dice_below(&sim->dice, 1000000);
    }

    sim->offset = sim->wall - sim->boot;
    sim->offset_at = sim->boot;

    world_blocks(sim, 0);
}


/* Everybody leaves in good order. */

static void
world_stop(simulate_t *sim)
{
    unsigned  i, left, rounds;

    sim->trouble = -1;

    for (i = 0; i < sim->mix.workers; i++) {
        sim->workers[i].stop = 1;
        sim->workers[i].clean = 1;
        worker_kick(&sim->workers[i]);
    }

    for (rounds = 0; rounds < WORLD_ROUNDS; rounds++) {
        left = 0;

        for (i = 0; i < sim->mix.workers; i++) {
            if (worker_runnable(&sim->workers[i])) {
                worker_go(&sim->workers[i]);
            }

            left += sim->workers[i].process != NULL;
        }

        if (left == 0) {
            return;
        }

        sim->boot += 20;
        sim->wall += 20;
    }

    check(0, "%u workers do not end", left);
}


/* The faults are over: everybody gets an answer; then all is looked at. */

static void
world_calm(simulate_t *sim)
{
    unsigned   i, ready, rounds;
    worker_t  *worker;

    sim->calm = 1;
    sim->trouble = -1;

    if (sim->checked_at > sim->wall) {
        sim->wall = sim->checked_at;
    }

    if (sim->mix.map < 64 << 20) {

        /* a larger map, which takes a restart */

        world_stop(sim);
        sim->conf.map_size = 64 << 20;
    }

    for (rounds = 0; rounds < WORLD_ROUNDS; rounds++) {
        ready = 0;

        for (i = 0; i < sim->mix.workers; i++) {
            worker = &sim->workers[i];

            if (worker->process == NULL) {
                world_start(sim, i);
            }

            if (worker_runnable(worker)) {
                worker_go(worker);
            }

            if (worker->process != NULL) {
                worker_take(worker);
                ready += worker->ready && !worker->stop
                         && simulate_fresh(worker);
            }
        }

        if (ready == sim->mix.workers && sim->free_n == SIMULATE_REQUESTS) {
            break;
        }

        sim->boot += 20;
        sim->wall += 20;
    }

    check(rounds < WORLD_ROUNDS, "%u clients wait, %u of %u workers are ready",
          SIMULATE_REQUESTS - sim->free_n, ready, sim->mix.workers);

    simulate_look(&sim->workers[0]);
    simulate_audit(&sim->workers[0]);
    world_stop(sim);

    world_digest(sim, sim->checked_hash, FS_HASH_LEN);
    world_digest(sim, sim->answers, sizeof(sim->answers));
    world_digest(sim, &sim->steps, sizeof(sim->steps));
}


/* FNV-1a */

static void
world_digest(simulate_t *sim, const void *bytes, size_t len)
{
    size_t          i;
    const uint8_t  *p = bytes;

    for (i = 0; i < len; i++) {
        sim->digest = (sim->digest ^ p[i]) * 0x100000001b3ULL;
    }
}
