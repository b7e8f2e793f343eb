
/*
 * Any bytes as the file of the durable mark.  It opens whatever it is, is
 * valid only as this boot's, and its numbers are only raised.
 */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

#include "store/mark.h"


static char  directory[] = "/tmp/fuzz-mark-XXXXXX";


static void
cleanup(void)
{
    char  name[64];

    sprintf(name, "%s/mark", directory);
    unlink(name);
    rmdir(directory);
}


static void
write_file(const uint8_t *data, size_t size)
{
    int   fd;
    char  name[64];

    static int  made;

    if (!made) {
        fuzz_check(mkdtemp(directory) != NULL);
        atexit(cleanup);
        made = 1;
    }

    sprintf(name, "%s/mark", directory);
    fd = open(name, O_WRONLY|O_CREAT|O_TRUNC, 0600);
    fuzz_check(fd != -1);
    fuzz_check(size == 0 || write(fd, data, size) == (ssize_t) size);
    close(fd);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int          fd;
    fuzz_t       fuzz = { data, size };
    uint64_t     txn, seq, old_txn, old_seq;
    fs_mark_t   *mark, head;
    struct stat  st;

    static const uint8_t  boot[FS_BOOT_LEN] = "this boot's own";

    txn = fuzz_number(&fuzz, 8);
    seq = fuzz_number(&fuzz, 8);

    write_file(fuzz.data, fuzz.len);

    fuzz_check(fs_mark_open(directory, &fd, &mark) == 0);
    fuzz_check(fs_mark_lock(fd) == 0);
    fuzz_check(fstat(fd, &st) == 0 && st.st_size >= FS_MARK_SIZE);

    /* what was there is there still, and zeros where there was nothing */

    fuzz_bytes(&fuzz, &head, sizeof(head));
    fuzz_check(memcmp(&head, mark, sizeof(head)) == 0);

    if (fs_mark_valid(mark, boot)) {
        fuzz_check(memcmp(head.magic, "fs-mark", 8) == 0);
        fuzz_check(head.version == 1);
        fuzz_check(memcmp(head.boot, boot, sizeof(boot)) == 0);
    }

    old_txn = mark->txn;
    old_seq = mark->seq;
    fs_mark_advance(mark, txn, seq);
    fuzz_check(mark->txn == (old_txn > txn ? old_txn : txn));
    fuzz_check(mark->seq == (old_seq > seq ? old_seq : seq));

    head = *mark;
    fs_mark_reset(mark, boot, txn, seq);
    fuzz_check(fs_mark_valid(mark, boot) && fs_mark_known(mark));

    /* whose log it is of outlives the boot */

    fuzz_check(mark->device == head.device && mark->inode == head.inode
               && mark->epoch_due == head.epoch_due
               && memcmp(&mark->seen, &head.seen, sizeof(head.seen)) == 0
               && memcmp(&mark->next, &head.next, sizeof(head.next)) == 0);

    fs_mark_entry(&mark->next, seq, (const uint8_t *) head.seen.hash);
    fuzz_check(mark->next.seq == seq && mark->next.again == seq
               && memcmp(mark->next.hash, head.seen.hash, FS_HASH_LEN) == 0);
    fuzz_check(fs_mark_sync(fd) == 0);
    fuzz_check(mark->txn == txn && mark->seq == seq);
    fuzz_check(mark->rebuilding == 0 && mark->stale == 0);

    mark->boot[txn % FS_BOOT_LEN] ^= 1;
    fuzz_check(!fs_mark_valid(mark, boot));

    fs_mark_unlock(fd);
    fs_mark_close(fd, mark);

    return 0;
}
