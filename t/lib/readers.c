/*
 * Takes all slots of an LMDB environment's reader table, if asked to also
 * whichever comes free, until its input ends:
 *
 *     readers DIRECTORY [all]
 *
 * Says how many it has once there is none left.
 */

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include <lmdb.h>

#define READERS_MAX  4096
#define LOOK_MSEC    1


int
main(int argc, char **argv)
{
    int            rc, n, told, all;
    MDB_env       *env;
    MDB_txn       *txn;
    struct pollfd  input;

    if (argc < 2 || mdb_env_create(&env) != 0
        || mdb_env_open(env, argv[1], MDB_RDONLY|MDB_NOTLS, 0) != 0)
    {
        fprintf(stderr, "usage: readers DIRECTORY [all]\n");
        return 1;
    }

    input.fd = 0;
    input.events = POLLIN;
    n = 0;
    told = 0;
    all = argc > 2;

    do {
        while (n < READERS_MAX && (all || !told)) {
            rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);

            if (rc == MDB_READERS_FULL) {
                break;
            }

            if (rc) {
                fprintf(stderr, "readers: %s\n", mdb_strerror(rc));
                return 1;
            }

            /* no snapshot is kept: only the slot counts */

            mdb_txn_reset(txn);
            n++;
        }

        if (!told) {
            printf("%d\n", n);
            fflush(stdout);
            told = 1;
        }

    } while (poll(&input, 1, LOOK_MSEC) == 0);

    mdb_env_close(env);

    return 0;
}
