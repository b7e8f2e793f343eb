
/*
 * Ledger entries as they are published: the frozen renderer, and the chain.
 */

#ifndef FS_ENTRY_LINE_H
#define FS_ENTRY_LINE_H

#include "ledger/entry.h"

#pragma GCC visibility push(hidden)


/*
 * Render the JSON line up to, not including, `,"hash"`.
 * buf: FS_ENTRY_JSON_MAX bytes.  Returns the length, or -1 (a name is
 * unknown).  Fields: seq, at, type, then those the type has, of
 * hold, buyer, sale, qty, stock, price_fen, pickup, line (from 1), lines,
 * expires_at, payment and refund (hashes, hexadecimal), amount_fen, reason,
 * due_at, owed, short_qty, via, by, device_at, claim, of, wave, cut_at, day,
 * final, limit, opens_at, closes_at, goal, goal_by, hold_ms, cancel_ms,
 * digest, boot, offset_ms, previous_at, epoch, key.  docs/ledger.md says
 * which type has which.
 */
int fs_entry_render(const fs_entry_t *entry, const fs_names_t *names,
    char *buf);

/*
 * Set entry->hash from the previous hash (FS_HASH_LEN raw bytes; zeros before
 * the first) and the rendered line.  0, or -1: libcrypto failed.
 */
int fs_entry_chain(fs_entry_t *entry, const uint8_t *previous,
    const char *line, size_t len);

/*
 * The whole line as it is published: rendered, `,"hash":"…"}` and a newline.
 * buf: FS_ENTRY_JSON_MAX + 128 bytes.  Returns the length or -1.
 */
int fs_entry_line(const fs_entry_t *entry, const fs_names_t *names,
    char *buf);


#pragma GCC visibility pop

#endif /* FS_ENTRY_LINE_H */
