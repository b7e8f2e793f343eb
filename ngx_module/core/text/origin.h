
/*
 * Where a request says that it comes from, against whom it asks.
 */

#ifndef FS_ORIGIN_H
#define FS_ORIGIN_H

#include "base/fs_types.h"

#pragma GCC visibility push(hidden)


/*
 * Is an Origin's host, with its port, that of the Host header?  1 or 0.  One
 * may say the port that its scheme has anyway, and the other not; letters may
 * be large, a name may end in a dot, and an address of IPv6 may be written in
 * several ways.  What TLS is ended by somebody else has its scheme in the
 * Origin alone, so that is what tells the port of both.
 */
int fs_origin_is_host(fs_str_t origin, fs_str_t host);


#pragma GCC visibility pop

#endif /* FS_ORIGIN_H */
