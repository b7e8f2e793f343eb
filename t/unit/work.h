
/*
 * Calls of LMDB that read or write a row, counted: what something costs, and
 * not how long it takes.
 */

#ifndef WORK_H
#define WORK_H

#include <dlfcn.h>
#include <stdint.h>

#include <lmdb.h>


static uint64_t  work_done;


#define WORK(name, params, args)                                             \
    int                                                                      \
    name params                                                              \
    {                                                                        \
        static __typeof__(&name)  real;                                      \
                                                                             \
        if (real == NULL) {                                                  \
            *(void **) &real = dlsym(RTLD_NEXT, #name);                      \
        }                                                                    \
                                                                             \
        work_done++;                                                         \
                                                                             \
        return real args;                                                    \
    }

WORK(mdb_get, (MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data),
     (txn, dbi, key, data))
WORK(mdb_put, (MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data,
               unsigned flags), (txn, dbi, key, data, flags))
WORK(mdb_del, (MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data),
     (txn, dbi, key, data))
WORK(mdb_cursor_get, (MDB_cursor *cursor, MDB_val *key, MDB_val *data,
                      MDB_cursor_op op), (cursor, key, data, op))
WORK(mdb_cursor_put, (MDB_cursor *cursor, MDB_val *key, MDB_val *data,
                      unsigned flags), (cursor, key, data, flags))

#undef WORK


#endif /* WORK_H */
