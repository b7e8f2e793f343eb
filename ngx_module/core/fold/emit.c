
/*
 * Appending entries.
 */

#include "fold/emit.h"
#include "log/life.h"


void
fs_emit(fs_state_t *state, fs_entry_t *entry, const fs_now_t *now)
{
    int         len;
    char        line[FS_ENTRY_JSON_MAX];
    uint64_t    key;
    uint8_t    *record;
    fs_entry_t  clock;

    if (state->failed) {
        return;
    }

    if (now->wall < state->at && entry->type != FS_ENTRY_CLOCK) {
        memset(&clock, 0, sizeof(fs_entry_t));
        clock.type = FS_ENTRY_CLOCK;
        clock.time1 = state->at;

        fs_emit(state, &clock, now);
    }

    entry->seq = state->seq + 1;
    entry->at = now->wall;

    if ((entry->type == FS_ENTRY_HELD && entry->line == 0)
        || ((entry->flags & FS_ENTRY_OTHER_LIFE) && entry->hold == 0))
    {
        entry->hold = entry->seq;
    }

    len = fs_entry_render(entry, &state->names, line);

    if (len < 0) {
        state->failed = 1;
        return;
    }

    if (fs_entry_chain(entry, state->hash, line, (size_t) len) != 0) {
        fs_state_no_memory(state);
        return;
    }

    key = entry->seq;
    record = fs_db_reserve(state->log, state->store->log_dbi[FS_LOG_LEDGER],
                           &key, sizeof(key), FS_ENTRY_SIZE, MDB_APPEND);
    if (record == NULL) {
        state->failed = 1;
        return;
    }

    fs_entry_encode(entry, record);

    fs_fold(state, entry);
}


void
fs_emit_life(fs_state_t *state, fs_entry_t *entry, uint32_t epoch,
    const fs_now_t *now)
{
    entry->type = FS_ENTRY_LIFE;
    entry->number = epoch;

    fs_emit(state, entry, now);

    if (state->failed) {
        return;
    }

    fs_life_add(state->store, state->log, state->seq, epoch);

    state->lives = 1;
    state->epoch = epoch;
    state->write->lives++;
}
