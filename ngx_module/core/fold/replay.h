
/*
 * What fs_store_conf_t.replay is to be.
 */

#ifndef FS_REPLAY_H
#define FS_REPLAY_H

#include "store/store.h"

#pragma GCC visibility push(hidden)


extern const fs_replay_t  fs_replay;


#pragma GCC visibility pop

#endif /* FS_REPLAY_H */
