
/*
 * Rows of what is to come to a pickup point: lines of orders by where their
 * goods are (`lines`), their units counted (`tallies`), and waves.
 */

#ifndef FS_SHEET_LINES_H
#define FS_SHEET_LINES_H

#include "ledger/rows_after.h"
#include "sheet/sheet.h"

#pragma GCC visibility push(hidden)


/* The list's row of line `i` of an order that was first sold by the entry
 * `sold`.  1; 0: it is in none, for nothing of it comes. */
int fs_listed_of(const fs_hold_t *hold, const fs_line_t *line, unsigned i,
    fs_seq_t sold, fs_listed_t *listed);

void fs_sheet_put_listed(fs_sheet_t *sheet, const fs_listed_t *listed);
void fs_sheet_delete_listed(fs_sheet_t *sheet, const fs_listed_t *listed);

/*
 * The first line of a wave whose goods are awaited at a pickup point, in the
 * order in which was paid.  1 or 0.
 */
int fs_sheet_first_awaited(fs_sheet_t *sheet, uint32_t sale,
    uint32_t pickup, uint16_t wave, fs_listed_t *listed);

/* Units of a line by where they are; the others of *tally are 0. */
void fs_tally_line(const fs_line_t *line, fs_tally_t *tally);

/* 1: there is a row; 0: none, *tally is zeros. */
int fs_sheet_tally(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup,
    uint16_t wave, fs_tally_t *tally);

/* One of zeros has no row. */
void fs_sheet_put_tally(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup,
    uint16_t wave, const fs_tally_t *tally);

/* Which wave of its sale takes a line; FS_WAVE_OPEN: its group is open. */
uint16_t fs_line_wave(fs_sheet_t *sheet, const fs_hold_t *hold,
    const fs_line_t *line);

/* 1: found; 0: there is none. */
int fs_sheet_wave(fs_sheet_t *sheet, uint32_t number, fs_wave_t *wave);
void fs_sheet_put_wave(fs_sheet_t *sheet, const fs_wave_t *wave);

/*
 * The sales of a wave, as it is defined, lie in the database `names` of the
 * log: key 'V' and the wave's number, big-endian; value the numbers of the
 * sales, 4 bytes each, little-endian.  Into wave->sales; 1 or 0.
 */
int fs_sheet_wave_sales(fs_sheet_t *sheet, fs_wave_t *wave);
void fs_sheet_put_wave_sales(fs_sheet_t *sheet, const fs_wave_t *wave);


#pragma GCC visibility pop

#endif /* FS_SHEET_LINES_H */
