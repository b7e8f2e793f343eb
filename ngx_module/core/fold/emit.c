
/*
 * Appending entries.
 */

#include "fold/fold.h"
#include "log/life.h"
#include "ledger/entry_line.h"


void
fs_emit(fs_sheet_t *sheet, fs_entry_t *entry, const fs_now_t *now)
{
    int         len;
    char        line[FS_ENTRY_JSON_MAX];
    uint64_t    key;
    uint8_t    *record;
    fs_entry_t  clock;

    if (sheet->failed
        || !fs_must(sheet, fs_schema_of_entry(entry)
                           <= atomic_load(&sheet->store->schema)))
    {
        return;
    }

    if (now->wall < sheet->at && entry->type != FS_ENTRY_CLOCK) {
        memset(&clock, 0, sizeof(fs_entry_t));
        clock.type = FS_ENTRY_CLOCK;
        clock.time1 = sheet->at;

        fs_emit(sheet, &clock, now);
    }

    entry->seq = sheet->seq + 1;
    entry->at = now->wall;

    if ((fs_entry_begins(entry) && entry->line == 0)
        || entry->type == FS_ENTRY_GRANTED
        || ((entry->flags & FS_ENTRY_OTHER_LIFE) && entry->hold == 0))
    {
        entry->hold = entry->seq;
    }

    len = fs_entry_render(entry, &sheet->names, line);

    if (len < 0) {
        sheet->failed = 1;
        return;
    }

    if (fs_entry_chain(entry, sheet->hash, line, (size_t) len) != 0) {
        fs_sheet_no_memory(sheet);
        return;
    }

    key = entry->seq;
    record = fs_db_reserve(sheet->log, sheet->store->log_dbi[FS_LOG_LEDGER],
                           &key, sizeof(key), FS_ENTRY_SIZE, MDB_APPEND);
    if (record == NULL) {
        sheet->failed = 1;
        return;
    }

    fs_entry_encode(entry, record);

    sheet->accepted += entry->type == FS_ENTRY_ACCEPTED
                       && (entry->flags & FS_ENTRY_BY_TIME);

    fs_fold(sheet, entry);
}


void
fs_emit_life(fs_sheet_t *sheet, fs_entry_t *entry, uint32_t epoch,
    const fs_now_t *now)
{
    entry->type = FS_ENTRY_LIFE;
    entry->number = epoch;

    fs_emit(sheet, entry, now);

    if (sheet->failed) {
        return;
    }

    fs_life_add(sheet->store, sheet->log, sheet->seq, epoch);

    sheet->lives = 1;
    sheet->epoch = epoch;
    sheet->write->lives++;
}
