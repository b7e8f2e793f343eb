
/*
 * The store's clocks: what its decisions take for now, and whether the wall
 * clock can be believed.
 */

#include "store/clock.h"
#include "store/log.h"
#include "store/mark.h"
#include "store/write.h"


void
fs_store_check_clock(fs_store_t *store, fs_txn_t *log, fs_seq_t *last)
{
    int64_t     wall, boot;
    fs_entry_t  entry;

    *last = 0;

    if (fs_log_last(store, log, &entry) != 1) {
        return;
    }

    *last = entry.seq;

    store->conf.clock(store->conf.data, &wall, &boot);

    if (wall < entry.at - FS_CLOCK_BEHIND_MS) {
        atomic_store(&store->clock_behind, 1);
        fs_store_say(store, FS_LOG_ERROR, "the clock is %lld s behind the "
                     "ledger: set it, or have it accepted as it is",
                     (long long) (entry.at - wall) / 1000);
    }
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
    fs_clock_look(store->mark, wall, boot);

    fs_store_now(store, now);
}


void
fs_store_believe(fs_store_t *store, const fs_now_t *now)
{
    fs_clock_believe(store->mark, now->wall,
                     now->mono - atomic_load(&store->mark->mono_offset));
}
