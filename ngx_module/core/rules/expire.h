
/*
 * What time has brought before a command is decided: a sale opens or closes,
 * a hold expires.  All of it is true whatever becomes of the command.
 */

#ifndef FS_EXPIRE_H
#define FS_EXPIRE_H

#include "fold/emit.h"

#pragma GCC visibility push(hidden)


/* Open and close a sale whose time has come. */
void fs_open_close(fs_sheet_t *sheet, fs_sale_t *sale, const fs_now_t *now);

/* Expire a live hold whose time is over; *hold is as it is then. */
void fs_expire_due(fs_sheet_t *sheet, fs_hold_t *hold, const fs_now_t *now);

/*
 * Work on a row of `due` that is due: its hold expires.  A row without such a
 * hold is set aside.
 */
void fs_expire_row(fs_sheet_t *sheet, uint32_t sale, int64_t due,
    fs_seq_t seq, const fs_now_t *now);

/* Expire a buyer's own due holds. */
void fs_expire_buyer(fs_sheet_t *sheet, const uint8_t *buyer,
    const fs_now_t *now);

/* Expire due holds of a sale until `need` units are free, or none is due. */
void fs_make_room(fs_sheet_t *sheet, fs_sale_t *sale, uint32_t need,
    const fs_now_t *now);


#pragma GCC visibility pop

#endif /* FS_EXPIRE_H */
