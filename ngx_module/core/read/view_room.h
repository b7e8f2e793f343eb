
/*
 * Rooms, as a view shows them: what the host has done, and which sales are of
 * it.
 */

#ifndef FS_VIEW_ROOM_H
#define FS_VIEW_ROOM_H

#include "read/read.h"
#include "rules/room.h"

#pragma GCC visibility push(hidden)


/*
 * The room of a session.  1: found, also of one that was never started; 0:
 * there is no such session; -1: not now.  *doc: its document, in the map
 * until the view is closed; len 0: none.
 */
int fs_view_room(fs_view_t *view, fs_str_t session, fs_room_t *room,
    fs_str_t *doc);

/* Which sale a walk is at, and where it goes on. */
#define FS_ROOM_LOOKS  64               /* sales looked at in one step */

/*
 * Go on with a walk along the sales that are not closed, by FS_ROOM_LOOKS:
 * the numbers of those whose document says that they are of the session.
 * *after is 0 at first, and again when the walk is over.  How many.
 */
unsigned fs_view_room_sales(fs_view_t *view, fs_str_t session,
    uint32_t *after, uint32_t numbers[FS_ROOM_LOOKS]);


#pragma GCC visibility pop

#endif /* FS_VIEW_ROOM_H */
