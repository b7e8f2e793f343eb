
/*
 * The median time of one fdatasync of a page written in place: what the file
 * system of a directory asks for durability, for comparison.
 *
 *     fdatasync DIRECTORY [times]
 *
 * Prints microseconds: median, 99th percentile.
 */

#define _GNU_SOURCE

#include <fcntl.h>

#include "client.h"

#define PAGE   4096
#define PAGES  256


int
main(int argc, char **argv)
{
    int       fd, i, n;
    char      path[4096], page[PAGE];
    int64_t  *took, start;

    n = argc > 2 ? atoi(argv[2]) : 500;

    if (argc < 2 || n < 1 || n > 100000) {
        fprintf(stderr, "usage: fdatasync DIRECTORY [times]\n");
        return 2;
    }

    took = calloc(n, sizeof(int64_t));

    if (took == NULL
        || snprintf(path, sizeof(path), "%s/fdatasync-XXXXXX", argv[1])
           >= (int) sizeof(path))
    {
        return 1;
    }

    fd = mkstemp(path);
    if (fd == -1) {
        perror(path);
        return 1;
    }

    unlink(path);
    memset(page, 'x', PAGE);

    /* Allocated and written before: no metadata has to follow the data. */

    for (i = 0; i < PAGES; i++) {
        if (pwrite(fd, page, PAGE, (off_t) i * PAGE) != PAGE) {
            perror("pwrite");
            return 1;
        }
    }

    if (fsync(fd) != 0) {
        perror("fsync");
        return 1;
    }

    for (i = 0; i < n; i++) {
        page[0] = (char) i;
        start = now_ns();

        if (pwrite(fd, page, PAGE, (off_t) (i % PAGES) * PAGE) != PAGE
            || fdatasync(fd) != 0)
        {
            perror("fdatasync");
            return 1;
        }

        took[i] = now_ns() - start;
    }

    qsort(took, n, sizeof(int64_t), compare_ns);
    printf("%.1f %.1f\n", took[n / 2] / 1000.0, took[n * 99 / 100] / 1000.0);

    free(took);
    close(fd);

    return 0;
}
