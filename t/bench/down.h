
/*
 * A store of a shop that is down, for measurements: what is decided in it, by
 * the core alone, as fast as it goes.  The clock may be set back, and comes to
 * the present as the days of the store go by.
 */

#ifndef TUANBO_BENCH_DOWN_H
#define TUANBO_BENCH_DOWN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "decide/decide.h"
#include "fold/fold.h"
#include "pair/pair.h"
#include "rules/rules.h"

#include "../../conf/tools/machine.c"


typedef struct {
    char                 dir[4096];
    fs_store_conf_t      conf;
    fs_store_t          *store;
    fs_crypto_t         *crypto;
    fs_sheet_cache_t    *cache;
    fs_pair_t            write;
    fs_sheet_t           sheet;
    fs_now_t             now;
    fs_result_t          result;
    int64_t              ahead_ms;      /* of the machine's clocks */
} bench_t;


static inline _Noreturn void
fail(const char *what)
{
    fprintf(stderr, "store: %s\n", what);
    exit(1);
}


static inline void
bench_clock(void *data, int64_t *wall, int64_t *boot)
{
    struct timespec  ts;
    bench_t         *bench = data;

    clock_gettime(CLOCK_REALTIME, &ts);
    *wall = ts.tv_sec * 1000LL + ts.tv_nsec / 1000000 + bench->ahead_ms;

    clock_gettime(CLOCK_BOOTTIME, &ts);
    *boot = ts.tv_sec * 1000LL + ts.tv_nsec / 1000000 + bench->ahead_ms;
}


static inline int
bench_random(void *data, uint8_t *bytes, size_t len)
{
    (void) data;

    return getrandom(bytes, len, 0) == (ssize_t) len ? 0 : -1;
}


static inline void
bench_log(void *data, fs_say_level_t level, const char *message)
{
    (void) data;

    if (level == FS_SAY_ERROR) {
        fprintf(stderr, "store: %s\n", message);
    }
}


static inline void
bench_begin(bench_t *bench)
{
    if (fs_pair_begin(bench->store, &bench->write) != FS_OK) {
        fail("no write transaction");
    }

    fs_store_time(bench->store, &bench->now);
    fs_sheet_begin(&bench->sheet, &bench->write, bench->crypto,
                   bench->cache);
}


static inline void
bench_commit(bench_t *bench)
{
    if (fs_sheet_end(&bench->sheet) != FS_OK
        || fs_pair_commit(&bench->write, NULL) != FS_OK)
    {
        fail("no commit");
    }
}


static inline void
bench_decide(bench_t *bench, const fs_command_t *command,
    const fs_operator_t *op)
{
    fs_decide(&bench->sheet, command, op, &bench->now, &bench->result);

    if (fs_outcome_status(bench->result.outcome) >= 300) {
        fail(fs_outcome_code(bench->result.outcome));
    }
}


static inline void
bench_operate(bench_t *bench, fs_command_type_t type, fs_operator_t *op)
{
    fs_command_t  command;

    memset(&command, 0, sizeof(command));
    command.type = (uint8_t) type;
    bench_begin(bench);
    bench_decide(bench, &command, op);
    bench_commit(bench);
}


/* Open the store of bench->dir, which is empty. */

static inline void
bench_open(bench_t *bench)
{
    char          message[257];
    fs_outcome_t  outcome;

    machine_conf(&bench->conf);
    bench->conf.path = bench->dir;
    bench->conf.map_size = 4ULL << 30;
    bench->conf.readers = 16;
    bench->conf.clock = bench_clock;
    bench->conf.random = bench_random;
    bench->conf.data = bench;
    bench->conf.refund_ms = 7200000;
    bench->conf.given_ms = 172800000;
    bench->conf.replay = &fs_replay;
    bench->conf.log = bench_log;
    bench->cache = fs_sheet_cache_create();
    bench->store = fs_store_open(&bench->conf, &outcome, message);

    if (bench->store == NULL || bench->cache == NULL) {
        fail("the store cannot be opened");
    }

    bench->crypto = fs_crypto_create(bench->store->store_key);

    if (bench->crypto == NULL) {
        fail("no key");
    }
}


static inline void
bench_close(bench_t *bench)
{
    fs_crypto_destroy(bench->crypto);
    fs_store_close(bench->store, 1);
    fs_sheet_cache_destroy(bench->cache);
}


/* What is due by now. */

static inline void
bench_timers(bench_t *bench, unsigned *steps)
{
    do {
        bench_begin(bench);
        *steps = fs_decide_timers(&bench->sheet, &bench->now, FS_TIMERS_PASS);
        bench_commit(bench);
    } while (*steps == FS_TIMERS_PASS);
}


#endif /* TUANBO_BENCH_DOWN_H */
