
/*
 * The log's disk.  Every call for a file may fail, and the caller may die in
 * it.  What is written to the log is kept as it was before, sector by sector,
 * until a sync has succeeded: a power cut gives back any of it.
 *
 * After a sync that failed the kernel takes the pages for clean.  So what
 * was written before it may be lost although a later sync succeeds, until it
 * is written again.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE                     /* syscall() */
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "simulate.h"


#define SIMULATE_LOG  "log/data.mdb"

static void simulate_call(void *data, disk_call_t *call);
static int simulate_hits(simulate_t *sim, const disk_call_t *call, int log);
static int simulate_meta_lost(const simulate_t *sim);
static void simulate_fail(simulate_t *sim, disk_call_t *call);
static void simulate_interrupt(simulate_t *sim);
static void simulate_write(simulate_t *sim, const disk_call_t *call);
static void simulate_sync(simulate_t *sim, const disk_call_t *call);
static void simulate_sync_index(simulate_t *sim, const disk_call_t *call);
static void simulate_damage_index(simulate_t *sim);


void
simulate_disk_create(simulate_t *sim)
{
    sim->disk = disk_create(0, 0);
    sim->sectors_seen = calloc(1, sim->mix.map / DISK_SECTOR / 8 + 1);
    check(sim->disk != NULL && sim->sectors_seen != NULL, "no memory");

    sim->fd = -1;
    sim->sectors_n = 0;
    sim->trouble = -1;

    disk_set_hook(sim->disk, simulate_call, sim);
    disk_set_closing(sim->disk, process_closing);
    disk_watch(sim->disk, sim->path);
}


void
simulate_disk_destroy(simulate_t *sim)
{
    if (sim->fd != -1) {
        (void) syscall(SYS_close, sim->fd);
    }

    disk_watch(NULL, NULL);
    disk_destroy(sim->disk);
    free(sim->sectors_seen);
}


static void
simulate_call(void *data, disk_call_t *call)
{
    int          log;
    simulate_t  *sim = data;

    log = strcmp(call->path, SIMULATE_LOG) == 0;

    if (call->op != DISK_OPEN) {
        simulate_interrupt(sim);
    }

    if (simulate_hits(sim, call, log)) {
        simulate_fail(sim, call);
    }

    if (log && call->op == DISK_WRITE && call->error == 0) {
        simulate_write(sim, call);

    } else if (log && call->op == DISK_SYNC) {
        simulate_sync(sim, call);

    } else if (call->op == DISK_SYNC) {
        simulate_sync_index(sim, call);
    }
}


/* 1: the call is of the kind that fails with the trouble that there is. */

static int
simulate_hits(simulate_t *sim, const disk_call_t *call, int log)
{
    disk_op_t  op;

    op = call->op;

    switch (sim->trouble) {

    case SIMULATE_SYNC:
        return op == DISK_SYNC;

    case SIMULATE_META:
        return op == DISK_SYNC
               && (call->through || (log && simulate_meta_lost(sim)
                                     && dice_one_in(&sim->dice, 2)));

    case SIMULATE_SPACE:
        return op == DISK_WRITE || op == DISK_SIZE || op == DISK_ENTRY;

    case SIMULATE_WRITE:
    case SIMULATE_SHORT:
        return log && op == DISK_WRITE;
    }

    return 0;
}


/* 1: a sync of a meta page of the log has failed, and that page has not come
 * to the disk since. */

static int
simulate_meta_lost(const simulate_t *sim)
{
    size_t  i;

    for (i = 0; i < sim->sectors_n; i++) {
        if (sim->sectors[i].doomed
            && sim->sectors[i].sector < SIMULATE_METAS)
        {
            return 1;
        }
    }

    return 0;
}


static void
simulate_fail(simulate_t *sim, disk_call_t *call)
{
    simulate_count(sim, (simulate_fault_t) sim->trouble);

    if (sim->trouble == SIMULATE_SHORT) {
        call->most = call->len / 2;

    } else {
        call->error = (sim->trouble == SIMULATE_SPACE) ? ENOSPC : EIO;
    }

    if (sim->trouble_n != 0 && --sim->trouble_n == 0) {
        sim->trouble = -1;
    }
}


static void
simulate_interrupt(simulate_t *sim)
{
    if (process_current() == NULL) {
        return;
    }

    if (!sim->calm && sim->mix.die_disk != 0
        && dice_one_in(&sim->dice, sim->mix.die_disk))
    {
        simulate_count(sim, SIMULATE_DIED_DISK);
        process_die();
    }

    if (dice_one_in(&sim->dice, 4)) {
        process_yield();
    }
}


static void
simulate_write(simulate_t *sim, const disk_call_t *call)
{
    uint32_t            first, n, i;
    simulate_sector_t  *sector;

    if (call->through) {

        /* a commit's meta page: what it leads to is on disk before it is */

        simulate_synced(sim, SIMULATE_METAS, UINT32_MAX);
    }

    if (sim->fd == -1) {
        sim->fd = (int) syscall(SYS_openat, AT_FDCWD, sim->log, O_RDWR);
        check(sim->fd != -1, "%s", sim->log);
        process_keep(sim->fd);
    }

    first = (uint32_t) (call->offset / DISK_SECTOR);
    n = (uint32_t) ((call->offset + call->len - 1) / DISK_SECTOR) + 1 - first;

    if (n > sim->old_size) {
        sim->old_size = 2 * n;
        sim->old = realloc(sim->old, sim->old_size * DISK_SECTOR);
        check(sim->old != NULL, "no memory");
    }

    if (sim->sectors_n + n > sim->sectors_size) {
        sim->sectors_size = 2 * (sim->sectors_n + n);
        sim->sectors = realloc(sim->sectors,
                               sim->sectors_size * sizeof(*sector));
        check(sim->sectors != NULL, "no memory");
    }

    memset(sim->old, 0, n * DISK_SECTOR);
    (void) !pread(sim->fd, sim->old, n * DISK_SECTOR,
                  (off_t) first * DISK_SECTOR);

    for (i = 0; i < n; i++) {
        sector = &sim->sectors[sim->sectors_n++];
        sector->sector = first + i;
        sector->doomed = 0;
        memcpy(sector->old, sim->old + i * DISK_SECTOR, DISK_SECTOR);
    }
}


/* Sets the sector's bit.  1: it was set before. */

static int
simulate_seen(simulate_t *sim, uint32_t sector)
{
    int  seen;

    seen = sim->sectors_seen[sector / 8] >> sector % 8 & 1;
    sim->sectors_seen[sector / 8] |= (uint8_t) (1 << sector % 8);

    return seen;
}


/* 1: this sync of the log includes the sector.  A write through O_DSYNC syncs
 * only the sectors that it writes. */

static int
simulate_covers(const disk_call_t *call, uint32_t sector)
{
    return call->len == 0
           || (sector >= call->offset / DISK_SECTOR
               && sector <= (call->offset + call->len - 1) / DISK_SECTOR);
}


static void
simulate_sync(simulate_t *sim, const disk_call_t *call)
{
    size_t              i, n;
    simulate_sector_t  *sector;

    if (call->error) {
        for (i = 0; i < sim->sectors_n; i++) {
            if (simulate_covers(call, sim->sectors[i].sector)) {
                sim->sectors[i].doomed = 1;
            }
        }

        return;
    }

    /* A sector may be there several times, once for each write.  Where one was
     * written after its sync had failed, the last contents are on disk now,
     * and the doomed ones do not matter any more. */

    for (i = 0; i < sim->sectors_n; i++) {
        sector = &sim->sectors[i];

        if (!sector->doomed && simulate_covers(call, sector->sector)) {
            (void) simulate_seen(sim, sector->sector);
        }
    }

    n = 0;

    for (i = 0; i < sim->sectors_n; i++) {
        sector = &sim->sectors[i];

        if (sim->sectors_seen[sector->sector / 8]
            >> sector->sector % 8 & 1)
        {
            continue;
        }

        sim->sectors[n++] = *sector;
    }

    sim->sectors_n = n;
    memset(sim->sectors_seen, 0, sim->mix.map / DISK_SECTOR / 8 + 1);
}


void
simulate_synced(simulate_t *sim, uint32_t from, uint32_t to)
{
    size_t    i;
    uint32_t  sector;

    for (i = 0; i < sim->sectors_n; i++) {
        sector = sim->sectors[i].sector;

        check(sim->sectors[i].doomed || sector < from || sector >= to,
              "sector %u of the log is not on disk", sector);
    }
}


/*
 * The machine stops.  From the newest write on: each sector is as it was
 * written then, or as it was before.
 */

void
simulate_power_cut(simulate_t *sim)
{
    size_t              i;
    unsigned            lost;
    simulate_sector_t  *sector;

    lost = dice_below(&sim->dice, 5);   /* so many of 4 sectors are lost */

    for (i = sim->sectors_n; i-- > 0; ) {
        sector = &sim->sectors[i];

        if (sim->sectors_seen[sector->sector / 8] >> sector->sector % 8 & 1) {
            continue;
        }

        if (dice_below(&sim->dice, 4) >= lost) {
            (void) simulate_seen(sim, sector->sector);
            continue;
        }

        simulate_count(sim, SIMULATE_SECTORS);
        check(syscall(SYS_pwrite64, sim->fd, sector->old, DISK_SECTOR,
                      (off_t) sector->sector * DISK_SECTOR) == DISK_SECTOR,
              "the log cannot be put back");
    }

    sim->sectors_n = 0;
    memset(sim->sectors_seen, 0, sim->mix.map / DISK_SECTOR / 8 + 1);

    simulate_damage_index(sim);
}


/*
 * An index is as good as not synced once a sync of it has failed: what was
 * dirty then is taken for clean.
 */

static void
simulate_sync_index(simulate_t *sim, const disk_call_t *call)
{
    int       fd;
    char      name[256];
    uint32_t  n;

    if (sscanf(call->path, "index-%u/", &n) != 1
        || strstr(call->path, "/data.mdb") == NULL)
    {
        return;
    }

    if (call->error) {
        sim->index_doomed = n;
        return;
    }

    sim->index_dirty = 0;

    snprintf(name, sizeof(name), "%s/%s", sim->path, call->path);
    fd = (int) syscall(SYS_openat, AT_FDCWD, name, O_RDONLY);

    if (fd != -1) {
        sim->index_synced = n;
        check(pread(fd, sim->index_metas, sizeof(sim->index_metas), 0)
              == sizeof(sim->index_metas), "%s", name);
        (void) syscall(SYS_close, fd);
    }
}


/*
 * The index was not synced, unless it was left in good order: then its
 * marker is there, and nothing was added since.  Else any of it may be lost.
 */

static void
simulate_damage_index(simulate_t *sim)
{
    int       fd;
    char      name[256];
    unsigned  i, n, how;
    uint8_t   bytes[DISK_SECTOR];

    n = sim->index_n;
    snprintf(name, sizeof(name), "%s/index-%u/clean", sim->path, n);

    if (n == 0 || (access(name, F_OK) == 0 && !sim->index_dirty
                   && sim->index_doomed != n))
    {
        return;
    }

    snprintf(name, sizeof(name), "%s/index-%u/data.mdb", sim->path, n);

    how = dice_below(&sim->dice, 5);

    if (sim->index_synced == n && sim->index_dirty > 1
        && sim->index_dirty < 6)
    {
        how = 4;                        /* pages of the synced tree have been
                                           overwritten: the worst case */
    }

    switch (how) {

    case 0:
        return;

    case 1:
        (void) syscall(SYS_unlinkat, AT_FDCWD, name, 0);
        break;

    case 2:
        (void) syscall(SYS_truncate, name, dice_below(&sim->dice, 100000));
        break;

    case 3:
        fd = (int) syscall(SYS_openat, AT_FDCWD, name, O_RDWR);

        for (i = 0; i < 64 && fd != -1; i++) {
            dice_bytes(&sim->dice, bytes, sizeof(bytes));
            (void) syscall(SYS_pwrite64, fd, bytes, sizeof(bytes),
                           (off_t) dice_below(&sim->dice, 4000)
                           * DISK_SECTOR);
        }

        if (fd != -1) {
            (void) syscall(SYS_close, fd);
        }

        break;

    case 4:
        if (sim->index_synced != n) {
            return;
        }

        /* the old meta pages, and all other pages as they are now: the tree
         * that they point to is not whole any more */

        fd = (int) syscall(SYS_openat, AT_FDCWD, name, O_RDWR);

        if (fd != -1) {
            (void) syscall(SYS_pwrite64, fd, sim->index_metas,
                           sizeof(sim->index_metas), 0);
            (void) syscall(SYS_close, fd);
        }
    }

    simulate_count(sim, SIMULATE_INDEX);
}
