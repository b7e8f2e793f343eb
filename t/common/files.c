
#ifndef _GNU_SOURCE
#define _GNU_SOURCE                     /* nftw() */
#endif

#include <ftw.h>
#include <stdio.h>

#include "files.h"


static int
files_remove_one(const char *path, const struct stat *st, int flag,
    struct FTW *ftw)
{
    (void) st;
    (void) flag;
    (void) ftw;

    return remove(path);
}


void
files_remove(const char *path)
{
    (void) nftw(path, files_remove_one, 16, FTW_DEPTH|FTW_PHYS);
}
