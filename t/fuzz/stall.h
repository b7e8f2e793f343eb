
/*
 * A store for fuzz targets: made once, with a few sales; each input works
 * within a transaction that is aborted, so that all begin with the same.
 */

#ifndef FUZZ_STALL_H
#define FUZZ_STALL_H

#include <unistd.h>

#include "fuzz.h"

#include "decide/decide.h"
#include "read/read.h"
#include "rules/rules.h"
#include "fold/fold.h"
#include "pair/pair.h"

#include "common/files.h"


#define STALL_EPOCH  1790000000000LL
#define STALL_SALES  4

typedef struct {
    char                 path[64];
    fs_store_conf_t      conf;
    int64_t              wall;
    int64_t              boot;
    uint64_t             seed;
    fs_store_t          *store;
    fs_crypto_t         *crypto;
    fs_sheet_cache_t    *cache;
    fs_pair_t           write;
    fs_sheet_t           sheet;
    fs_now_t             now;
} stall_t;


static stall_t  stall_only;


static inline void
stall_clock(void *data, int64_t *wall, int64_t *boot)
{
    stall_t  *stall = data;

    *wall = stall->wall;
    *boot = stall->boot;
}


static inline int
stall_random(void *data, uint8_t *bytes, size_t len)
{
    size_t    i;
    stall_t  *stall = data;

    for (i = 0; i < len; i++) {
        stall->seed = stall->seed * 6364136223846793005ULL
                      + 1442695040888963407ULL;
        bytes[i] = (uint8_t) (stall->seed >> 56);
    }

    return 0;
}


static inline void
stall_log(void *data, fs_say_level_t level, const char *message)
{
    (void) data;
    (void) level;
    (void) message;
}


static inline void
stall_cleanup(void)
{
    stall_t  *stall = &stall_only;

    fs_crypto_destroy(stall->crypto);
    fs_sheet_cache_destroy(stall->cache);
    fs_store_close(stall->store, 0);
    files_remove(stall->path);
}


static inline fs_str_t
stall_str(const char *text)
{
    fs_str_t  str = { strlen(text), text };

    return str;
}


static inline void
stall_begin(stall_t *stall)
{
    fuzz_check(fs_pair_begin(stall->store, &stall->write) == FS_OK);
    fs_store_now(stall->store, &stall->now);
    fs_sheet_begin(&stall->sheet, &stall->write, stall->crypto,
                   stall->cache);
}


/*
 * The sales that an input finds: one without rules, one with a limit and a
 * goal, one with goals by pickup point, one that opens and closes.
 */

static inline void
stall_define(stall_t *stall, unsigned number)
{
    fs_result_t    result;
    fs_command_t   command;
    fs_operator_t  op;

    static const char *const  slugs[STALL_SALES] = {
        "grape", "egg", "rice", "tea"
    };

    memset(&command, 0, sizeof(command));
    command.type = FS_COMMAND_DEFINE;

    memset(&op, 0, sizeof(op));
    op.slug = stall_str(slugs[number]);
    op.price_fen = 100 * (number + 1);
    op.stock = 20;

    switch (number) {

    case 1:
        op.limit = 3;
        op.goal = 5;
        break;

    case 2:
        op.goal = 2;
        op.goal_by = FS_GOAL_BY_PICKUP;
        op.hold_ms = 5000;
        op.doc = stall_str("{\"pickups\":[\"a\",\"ab\"]}");
        break;

    case 3:
        op.opens_at = STALL_EPOCH + 10000;
        op.closes_at = STALL_EPOCH + 20000;
        break;
    }

    fs_decide(&stall->sheet, &command, &op, &stall->now, &result);
    fuzz_check(result.outcome == FS_CREATED && result.sale == number + 1);
}


/* A pickup point for those that list none; `rice` lists its own. */

static inline void
stall_point(stall_t *stall)
{
    fs_result_t    result;
    fs_command_t   command;
    fs_operator_t  op;

    memset(&command, 0, sizeof(command));
    command.type = FS_COMMAND_DOCUMENT;

    memset(&op, 0, sizeof(op));
    op.kind = stall_str("pickup");
    op.slug = stall_str("a");
    op.doc = stall_str("{}");

    fs_decide(&stall->sheet, &command, &op, &stall->now, &result);
    fuzz_check(result.outcome == FS_OK);
}


/* The store, made at the first call; at its first instant again. */

static inline stall_t *
stall_open(void)
{
    char           message[257];
    unsigned       i;
    stall_t       *stall = &stall_only;
    fs_outcome_t   outcome;

    stall->wall = STALL_EPOCH;
    stall->boot = 1000000;

    if (stall->store != NULL) {
        return stall;
    }

    /* in memory where there is a file system for that */

    strcpy(stall->path, access("/dev/shm", W_OK) == 0
                        ? "/dev/shm/stall-XXXXXX" : "/tmp/stall-XXXXXX");
    fuzz_check(mkdtemp(stall->path) != NULL);

    stall->conf.path = stall->path;
    stall->conf.map_size = 64 * 1024 * 1024;
    stall->conf.readers = 8;
    stall->conf.generation = 64;
    stall->conf.clock = stall_clock;
    stall->conf.random = stall_random;
    stall->conf.given_ms = 7200000;
    stall->conf.replay = &fs_replay;
    stall->conf.log = stall_log;
    stall->conf.data = stall;
    stall->conf.boot_id[0] = 1;

    stall->store = fs_store_open(&stall->conf, &outcome, message);
    fuzz_check(stall->store != NULL);
    fuzz_check(fs_store_catch_up(stall->store, 1000, NULL, NULL) == FS_OK);

    stall->crypto = fs_crypto_create(stall->store->store_key);
    stall->cache = fs_sheet_cache_create();
    fuzz_check(stall->crypto != NULL && stall->cache != NULL);

    atexit(stall_cleanup);

    stall_begin(stall);

    for (i = 0; i < STALL_SALES; i++) {
        stall_define(stall, i);
    }

    stall_point(stall);

    fuzz_check(fs_sheet_end(&stall->sheet) == FS_OK);
    fuzz_check(fs_pair_commit(&stall->write, NULL) == FS_OK);

    return stall;
}


#endif /* FUZZ_STALL_H */
