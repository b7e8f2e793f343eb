
/*
 * Gives files to a fuzz target, without libFuzzer: what was found once stays
 * found.  A target that breaks aborts; the exit code says so.
 *
 *     replay file ...
 */

#include "fuzz.h"


static int
replay(const char *name)
{
    long      size;
    FILE     *file;
    uint8_t  *data;

    file = fopen(name, "rb");

    if (file == NULL || fseek(file, 0, SEEK_END) != 0
        || (size = ftell(file)) < 0)
    {
        perror(name);
        return -1;
    }

    rewind(file);

    /* as long as it is, so that memory checkers see the end */

    data = malloc((size_t) size + (size == 0));

    if (data == NULL || fread(data, 1, (size_t) size, file) != (size_t) size)
    {
        perror(name);
        return -1;
    }

    fclose(file);

    (void) LLVMFuzzerTestOneInput(data, (size_t) size);

    free(data);

    return 0;
}


int
main(int argc, char **argv)
{
    int  i;

    if (argc < 2) {
        fprintf(stderr, "%s: no files\n", argv[0]);
        return 2;
    }

    printf("1..%d\n", argc - 1);
    fflush(stdout);

    for (i = 1; i < argc; i++) {

        if (replay(argv[i]) != 0) {
            return 1;
        }

        printf("ok %d - %s\n", i, argv[i]);
        fflush(stdout);                 /* the next one may abort */
    }

    return 0;
}
