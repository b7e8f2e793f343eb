
/*
 * The store as one process has it: what it says, and its clocks.
 */

#include <stdarg.h>
#include <stdio.h>

#include "store/store.h"
#include "lmdb/env.h"


/* words about what goes on failing, at most so often */
#define FS_SAY_DUE_MS      10000

/* and a warning or an error of one kind: a disk may fail with each commit */
#define FS_SAY_MS       1000

#define FS_MESSAGE_MAX  512

static void fs_store_log(fs_store_t *store, fs_say_level_t level,
    const char *format, va_list args);
static int fs_store_said(fs_store_t *store, const char *format);


void
fs_store_say(fs_store_t *store, fs_say_level_t level, const char *format, ...)
{
    va_list  args;

    if (store->conf.log == NULL
        || (level != FS_SAY_INFO && fs_store_said(store, format)))
    {
        return;
    }

    va_start(args, format);
    fs_store_log(store, level, format, args);
    va_end(args);
}


void
fs_store_say_now(fs_store_t *store, fs_say_level_t level, const char *format,
    ...)
{
    va_list  args;

    if (store->conf.log == NULL) {
        return;
    }

    va_start(args, format);
    fs_store_log(store, level, format, args);
    va_end(args);
}


static void
fs_store_log(fs_store_t *store, fs_say_level_t level, const char *format,
    va_list args)
{
    int   len;
    char  message[FS_MESSAGE_MAX];

    len = snprintf(message, sizeof(message), "store %s: ", store->path);

    if (len < 0 || (size_t) len >= sizeof(message)) {
        len = 0;
    }

    (void) vsnprintf(message + len, sizeof(message) - (size_t) len, format,
                     args);

    store->conf.log(store->conf.data, level, message);
}


/* 1: a moment ago.  A kind is known by its words' address. */

static int
fs_store_said(fs_store_t *store, const char *format)
{
    int64_t   wall, boot;
    unsigned  i;

    store->conf.clock(store->conf.data, &wall, &boot);

    for (i = 0; i < FS_STORE_SAID - 1; i++) {
        if (store->said[i].format == NULL || store->said[i].format == format) {
            break;
        }
    }

    if (store->said[i].format == format
        && boot - store->said[i].at < FS_SAY_MS)
    {
        return 1;
    }

    store->said[i].format = format;
    store->said[i].at = boot;

    return 0;
}


int
fs_store_say_due(fs_store_t *store)
{
    int64_t  wall, boot;

    store->conf.clock(store->conf.data, &wall, &boot);

    if (store->told_at && boot - store->told_at < FS_SAY_DUE_MS) {
        return 0;
    }

    store->told_at = boot;

    return 1;
}


void
fs_store_now(fs_store_t *store, fs_now_t *now)
{
    int64_t  boot;

    store->conf.clock(store->conf.data, &now->wall, &boot);
    now->mono = boot + atomic_load_explicit(&store->mark->mono_offset,
                                            memory_order_relaxed);
    fs_clock_read(store->mark, boot, now);
}


void
fs_store_time(fs_store_t *store, fs_now_t *now)
{
    int64_t  wall, boot;

    store->conf.clock(store->conf.data, &wall, &boot);
    fs_clock_watch(store->mark, wall, boot);

    fs_store_now(store, now);
}


void
fs_store_believe(fs_store_t *store, const fs_now_t *now)
{
    fs_clock_believe(store->mark, now->wall,
                     now->mono - atomic_load(&store->mark->mono_offset));
}


int
fs_store_follow_map(fs_store_t *store, MDB_env *env)
{
    int  rc;

    /* with the guard no transaction of this process is open */

    pthread_rwlock_wrlock(&store->guard);
    rc = fs_env_follow(env);
    store->index_map_n++;
    pthread_rwlock_unlock(&store->guard);

    return rc;
}
