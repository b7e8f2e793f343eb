
/*
 * What the core asks of a machine, for programs that are no nginx: its clocks,
 * random bytes, and the id of its boot.
 */

#ifndef MACHINE_H
#define MACHINE_H

#include "store/store.h"

#pragma GCC visibility push(hidden)


/* Set clock, random and boot_id, which is zeros where the kernel does not tell
 * it: the store will refuse that, with words. */
void machine_conf(fs_store_conf_t *conf);


#pragma GCC visibility pop

#endif /* MACHINE_H */
