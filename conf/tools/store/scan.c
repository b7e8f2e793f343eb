
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lmdb/env.h"
#include "lmdb/page.h"
#include "salvage.h"


#define TOOL_META_LEN  152
#define TOOL_BLOCK     (64 * TOOL_PAGE)

static int tool_scan_block(tool_scan_t *scan, int from, uint8_t *block,
    off_t at);
static int tool_scan_metas(int fd);
static int tool_scan_meta(const uint8_t *page);
static int tool_scan_page(tool_scan_t *scan, const uint8_t *page,
    uint64_t pgno, uint64_t room);


int
tool_scan_copy(const char *from, const char *to, tool_scan_t *scan)
{
    int          source, error;
    off_t        at;
    uint8_t     *block, *none;
    struct stat  st;

    source = open(from, O_RDONLY|O_CLOEXEC);

    if (source == -1 || fstat(source, &st) == -1) {
        return tool_says(TOOL_FAILED, "%s: %s", from, strerror(errno));
    }

    scan->fd = open(to, O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC, 0600);

    if (scan->fd == -1) {
        return tool_says(TOOL_FAILED, "%s: %s", to, strerror(errno));
    }

    block = malloc(TOOL_BLOCK);
    none = calloc(1, TOOL_BLOCK);
    error = block && none ? 0 : ENOMEM;

    if (error == 0 && ftruncate(scan->fd, st.st_size) == -1) {
        error = errno;
    }

    for (at = 0; error == 0 && at < st.st_size; at += TOOL_BLOCK) {

        error = tool_scan_block(scan, source, block, at);

        if (error == 0 && memcmp(block, none, TOOL_BLOCK) != 0
            && pwrite(scan->fd, block, TOOL_BLOCK, at) != TOOL_BLOCK)
        {
            error = errno ? errno : ENOSPC;
        }
    }

    free(block);
    free(none);
    close(source);

    if (error) {
        return tool_says(TOOL_FAILED, "%s cannot be written: %s", to,
                         strerror(error));
    }

    return tool_scan_metas(scan->fd) == 0
           ? TOOL_DONE
           : tool_says(TOOL_REFUSED, "%s has no meta page left: nothing can "
                       "be salvaged, put a backup in its place", from);
}


/* Where a disk gives an error, each page is asked for by itself. */

static int
tool_scan_block(tool_scan_t *scan, int from, uint8_t *block, off_t at)
{
    off_t    i;
    ssize_t  n;

    memset(block, 0, TOOL_BLOCK);
    n = pread(from, block, TOOL_BLOCK, at);

    if (n >= 0) {
        return 0;
    }

    if (errno != EIO) {
        return errno;
    }

    memset(block, 0, TOOL_BLOCK);

    for (i = 0; i < TOOL_BLOCK; i += TOOL_PAGE) {

        if (pread(from, block + i, TOOL_PAGE, at + i) == -1) {
            memset(block + i, 0, TOOL_PAGE);
            scan->pages++;
        }
    }

    return 0;
}


/*
 * LMDB reads both, and takes the newer.  The pages of the state before are
 * there as long as no other commit has begun, which it has not on a log that
 * was closed.  0; -1: none is left.
 */

static int
tool_scan_metas(int fd)
{
    int       good[2];
    uint8_t   page[2][TOOL_META_LEN];
    unsigned  i;
    uint64_t  txn;

    for (i = 0; i < 2; i++) {
        memset(page[i], 0, TOOL_META_LEN);
        good[i] = pread(fd, page[i], TOOL_META_LEN, (off_t) i * TOOL_PAGE)
                  == TOOL_META_LEN && tool_scan_meta(page[i]);
    }

    if (good[0] && good[1]) {
        return 0;
    }

    if (!good[0] && !good[1]) {
        return -1;
    }

    i = good[0] ? 1 : 0;
    memcpy(page[i], page[!i], TOOL_META_LEN);
    txn = fs_get_le64(page[i] + 144);
    fs_set_le64(page[i], i);
    fs_set_le64(page[i] + 144, txn ? txn - 1 : 0);

    return pwrite(fd, page[i], TOOL_META_LEN, (off_t) i * TOOL_PAGE)
           == TOOL_META_LEN ? 0 : -1;
}


/* env.c has what is where. */

static int
tool_scan_meta(const uint8_t *page)
{
    uint64_t  root, last;

    root = fs_get_le64(page + 128);
    last = fs_get_le64(page + 136);

    return (fs_get_le16(page + 10) & FS_PAGE_META) != 0
           && fs_get_le32(page + 16) == 0xbeefc0deu
           && fs_get_le32(page + 20) == 1
           && fs_get_le32(page + 40) == TOOL_PAGE
           && root >= 2 && root <= last;
}


int
tool_scan_entries(tool_scan_t *scan)
{
    ssize_t      n, i;
    uint8_t     *block;
    uint64_t     room, pages, pgno;
    struct stat  st;

    if (fstat(scan->fd, &st) == -1) {
        return tool_says(-1, "%s", strerror(errno));
    }

    /* more than fit into all pages there cannot be */

    pages = (uint64_t) st.st_size / TOOL_PAGE;
    room = pages * (TOOL_PAGE / FS_ENTRY_SIZE);
    scan->at = calloc(room + 1, sizeof(*scan->at));
    block = malloc(TOOL_BLOCK);

    if (scan->at == NULL || block == NULL) {
        free(block);
        return tool_says(-1, "no memory");
    }

    for (pgno = 0; pgno < pages; pgno += TOOL_BLOCK / TOOL_PAGE) {
        n = pread(scan->fd, block, TOOL_BLOCK, (off_t) (pgno * TOOL_PAGE));

        for (i = 0; i + TOOL_PAGE <= n; i += TOOL_PAGE) {
            (void) tool_scan_page(scan, block + i,
                                  pgno + (uint64_t) (i / TOOL_PAGE), room);
        }
    }

    free(block);

    return 0;
}


/*
 * The ledger's is the only tree with numbers for keys and records of this
 * length.  What a page had before it was changed is the same where it is there
 * twice: entries are only added.  How many it has.
 */

static int
tool_scan_page(tool_scan_t *scan, const uint8_t *page, uint64_t pgno,
    uint64_t room)
{
    int             found;
    unsigned        i, n;
    fs_seq_t        seq;
    fs_entry_t      entry;
    const uint8_t  *node;

    if (fs_page_wrong(page, TOOL_PAGE, pgno, FS_PAGE_LEAF, 1) != NULL) {
        return 0;
    }

    found = 0;
    n = fs_page_nodes(page);

    for (i = 0; i < n; i++) {
        node = fs_page_node(page, i);
        seq = fs_get_le64(node + FS_PAGE_NODE);

        if (fs_get_le32(node) != FS_ENTRY_SIZE || fs_get_le16(node + 4) != 0
            || seq == 0 || seq > room
            || fs_entry_decode(&entry, seq, node + FS_PAGE_NODE + 8,
                               FS_ENTRY_SIZE) == -1)
        {
            continue;
        }

        found++;
        scan->at[seq] = pgno * TOOL_PAGE
                        + (uint64_t) (node + FS_PAGE_NODE + 8 - page);

        if (seq > scan->last) {
            scan->last = seq;
        }
    }

    return found;
}


int
tool_scan_entry(const tool_scan_t *scan, fs_seq_t seq, fs_entry_t *entry,
    uint8_t *record)
{
    return seq <= scan->last && scan->at[seq] != 0
           && pread(scan->fd, record, FS_ENTRY_SIZE, (off_t) scan->at[seq])
              == FS_ENTRY_SIZE
           && fs_entry_decode(entry, seq, record, FS_ENTRY_SIZE) == 0;
}


void
tool_scan_free(tool_scan_t *scan)
{
    if (scan->fd > 0) {
        close(scan->fd);
    }

    free(scan->at);
}
