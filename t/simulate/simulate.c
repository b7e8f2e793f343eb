
/*
 * The core on a simulated machine: clock, disk, processes and clients from a
 * seed.  The same seed gives the same run.
 *
 *     simulate [seed [commands [world]]]
 *
 * A run is a number of worlds; with `world`, that one alone.
 */

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "simulate.h"
#include "fold/fold.h"


#define SIMULATE_COMMANDS  1000000
#define SIMULATE_WORLD     20000        /* commands */


static simulate_t  simulation;

const char *__asan_default_options(void);


void
check_failed(const char *what, const char *file, int line,
    const char *format, ...)
{
    va_list      args;
    simulate_t  *sim;

    sim = &simulation;

    fprintf(stderr, "simulate: seed %llu, world %u, step %llu, %s:%d: %s: ",
            (unsigned long long) sim->seed, sim->world,
            (unsigned long long) sim->steps, file, line, what);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nsimulate: again: make simulate SEED=%llu WORLD=%u "
            "COMMANDS=%lu\n", (unsigned long long) sim->seed, sim->world,
            sim->quota);
    fprintf(stderr, "simulate: the store stays in %s\n", sim->path);

    exit(1);
}


/* What the dead had in memory is not given back: process.h. */

const char *
__asan_default_options(void)
{
    return "detect_leaks=0";
}


static void
simulate_clock(void *data, int64_t *wall, int64_t *boot)
{
    simulate_t  *sim = data;

    *wall = sim->wall;
    *boot = sim->boot;
}


static int
simulate_random(void *data, uint8_t *bytes, size_t len)
{
    simulate_t  *sim = data;

    dice_bytes(&sim->dice, bytes, len);

    return 0;
}


/* What the core complains of is what is done to it; for who looks closer. */

static void
simulate_log(void *data, fs_say_level_t level, const char *message)
{
    simulate_t  *sim = data;

    (void) level;

    if (getenv("SIMULATE_LOG") != NULL) {
        fprintf(stderr, "simulate: step %llu: %s\n",
                (unsigned long long) sim->steps, message);
    }
}


static void
simulate_run_world(simulate_t *sim, unsigned world, unsigned long commands)
{
    sim->world = world;
    sim->quota = commands;
    dice_seed(&sim->dice, sim->seed * 1000003 + world);
    simulate_world(sim, commands);
}


static void
simulate_summary(const simulate_t *sim, unsigned worlds, double seconds)
{
    unsigned  i;

    static const char  *faults[] = {
#define X(name, string)  string,
        SIMULATE_FAULTS(X)
#undef X
    };

    for (i = 0; i < FS_OUTCOMES_N; i++) {
        if (sim->answers[i] != 0) {
            printf("simulate: %8lu answers %s\n", sim->answers[i],
                   fs_outcome_code(i));
        }
    }

    printf("simulate: %8lu clients cut off, %lu asked again\n", sim->cut,
           sim->again);

    for (i = 0; i < SIMULATE_FAULTS_N; i++) {
        printf("simulate: %8lu %s\n", sim->faults[i], faults[i]);
    }

    printf("simulate: %lu commands, %lu of them refused without a write, "
           "%lu of those without a snapshot, %lu entries, %u worlds, "
           "%.1f s\n", sim->commands, sim->unwritten, sim->recalled,
           sim->entries, worlds, seconds);
    printf("simulate: seed %llu, digest %016llx\n",
           (unsigned long long) sim->seed, (unsigned long long) sim->digest);
}


int
main(int argc, char **argv)
{
    unsigned         worlds;
    simulate_t      *sim;
    unsigned long    commands, left;
    struct timespec  from, to;

    sim = &simulation;
    sim->seed = (argc > 1 && argv[1][0] != '\0')
                ? strtoull(argv[1], NULL, 10)
                : (uint64_t) time(NULL) * 1000 + (uint64_t) getpid() % 1000;
    commands = (argc > 2 && argv[2][0] != '\0') ? strtoul(argv[2], NULL, 10)
                                                : SIMULATE_COMMANDS;
    printf("simulate: seed %llu\n", (unsigned long long) sim->seed);
    fflush(stdout);

    clock_gettime(CLOCK_MONOTONIC, &from);

    /* LMDB's large tables are hardly used: fresh pages, for each worker */

    (void) mallopt(M_MMAP_THRESHOLD, 65536);

    sim->requests = malloc(SIMULATE_REQUESTS * sizeof(simulate_request_t));

    if (sim->requests == NULL) {
        return 1;
    }

    sim->digest = 0xcbf29ce484222325ULL;
    sim->conf.sync = 1;
    sim->conf.readers = 126;
    sim->conf.generation = 500;
    sim->conf.clock = simulate_clock;
    sim->conf.random = simulate_random;
    sim->conf.refund_ms = ORACLE_REFUND_MS;
    sim->conf.given_ms = ORACLE_GIVEN_MS;
    sim->conf.claim_ms = ORACLE_CLAIM_MS;
    sim->conf.auto_fen = ORACLE_AUTO_FEN;
    sim->conf.auto_claims = ORACLE_AUTO_CLAIMS;
    sim->conf.auto_ms = ORACLE_AUTO_MS;
    sim->conf.replay = &fs_replay;
    sim->conf.log = simulate_log;
    sim->conf.data = sim;

    if (argc > 3 && argv[3][0] != '\0') {
        worlds = 1;
        simulate_run_world(sim, (unsigned) strtoul(argv[3], NULL, 10),
                           commands < SIMULATE_WORLD ? commands
                                                     : SIMULATE_WORLD);

    } else {
        for (worlds = 0; sim->commands < commands; worlds++) {
            left = commands - sim->commands;
            simulate_run_world(sim, worlds, left < SIMULATE_WORLD
                                            ? left : SIMULATE_WORLD);
        }
    }

    clock_gettime(CLOCK_MONOTONIC, &to);

    simulate_summary(sim, worlds, (double) (to.tv_sec - from.tv_sec)
                                  + (double) (to.tv_nsec - from.tv_nsec)
                                    / 1e9);
    free(sim->requests);
    free(sim->sectors);
    free(sim->old);

    return 0;
}
