
/*
 * Preloaded into tests of the core: every file system says that it is btrfs,
 * so that a store does without a map that is written.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/vfs.h>


int
statfs(const char *path, struct statfs *fs)
{
    int  rc;

    rc = ((__typeof__(&statfs)) dlsym(RTLD_NEXT, "statfs"))(path, fs);

    if (rc == 0) {
        fs->f_type = 0x9123683e;
    }

    return rc;
}
