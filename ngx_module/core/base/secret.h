
/*
 * Files of secrets: one a line, read in one way by all who read them.  The
 * same rules are in conf/lib/Tuanbo/Secrets.pm, for what is written in Perl.
 */

#ifndef FS_SECRET_H
#define FS_SECRET_H

#include "base/fs_types.h"

#pragma GCC visibility push(hidden)


#define FS_SECRET_MIN       16          /* bytes of a secret */
#define FS_SECRETS_MAX      65536       /* bytes of a file */


/*
 * Check a file's text and reduce it, in place, to its secrets, each with a
 * newline; there is room for a byte more.  Blanks around a line and a CR at
 * its end are taken off, empty lines are left out.  Everything else that is no
 * secret is refused, since it would be one: what is too short, a comment, a
 * control character, a byte order mark.
 *
 * Returns the bytes left, at least one line; or -1 and why, for people, NUL-
 * terminated in 128 bytes.  Nothing of the secrets is in it.
 */
int fs_secrets_reduce(char *text, size_t len, char *why);


#pragma GCC visibility pop

#endif /* FS_SECRET_H */
