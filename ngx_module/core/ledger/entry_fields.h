
/*
 * Which fields the lines of the ledger have, by type; private to ledger/.
 */

#ifndef FS_ENTRY_FIELDS_H
#define FS_ENTRY_FIELDS_H

#include "ledger/entry.h"

#pragma GCC visibility push(hidden)


/* Fields of the JSON line, in the order in which they are written. */
#define FS_FIELD_HOLD         0x00000001
#define FS_FIELD_BUYER        0x00000002
#define FS_FIELD_SALE         0x00000004
#define FS_FIELD_QTY          0x00000008
#define FS_FIELD_STOCK        0x00000010
#define FS_FIELD_PRICE        0x00000020
#define FS_FIELD_PICKUP       0x00000040
#define FS_FIELD_LINE         0x00000080
#define FS_FIELD_EXPIRES      0x00000100
#define FS_FIELD_PAYMENT      0x00000200
#define FS_FIELD_REFUND       0x00000400
#define FS_FIELD_AMOUNT       0x00000800
#define FS_FIELD_REASON       0x00001000
#define FS_FIELD_TERMS        0x00002000
#define FS_FIELD_DIGEST       0x00004000
#define FS_FIELD_BOOT         0x00008000
#define FS_FIELD_OFFSET       0x00010000
#define FS_FIELD_PREVIOUS     0x00020000
#define FS_FIELD_KEY          0x00040000
#define FS_FIELD_EPOCH        0x00080000
#define FS_FIELD_DUE          0x00100000
#define FS_FIELD_OWED         0x00200000
#define FS_FIELD_SHORT        0x00400000
#define FS_FIELD_VIA          0x00800000
#define FS_FIELD_BY           0x01000000
#define FS_FIELD_DEVICE       0x02000000
#define FS_FIELD_CLAIM        0x04000000
#define FS_FIELD_OF           0x08000000
#define FS_FIELD_WAVE         0x10000000
#define FS_FIELD_CUT          0x20000000
#define FS_FIELD_DAY          0x40000000
#define FS_FIELD_FINAL        0x80000000

/* what moves units of a line: these are always there */
#define FS_FIELDS_MOVE                                                       \
    (FS_FIELD_HOLD | FS_FIELD_SALE | FS_FIELD_QTY)

/* what may be there beside */
#define FS_FIELDS_LINE                                                       \
    (FS_FIELD_SALE | FS_FIELD_QTY | FS_FIELD_PICKUP | FS_FIELD_LINE          \
     | FS_FIELD_KEY)

#define FS_FIELDS_PAID                                                       \
    (FS_FIELD_PAYMENT | FS_FIELD_AMOUNT)

#define FS_FIELDS_HANDED                                                     \
    (FS_FIELDS_LINE | FS_FIELD_VIA | FS_FIELD_BY | FS_FIELD_DEVICE)


typedef struct {
    const char          *name;
    size_t               len;
    int                  held;          /* change by each unit */
    int                  sold;
} fs_entry_info_t;

typedef struct {
    uint32_t             required;      /* written even when zero */
    uint32_t             optional;      /* written when not zero */
} fs_entry_fields_t;


extern const fs_entry_info_t  fs_entry_infos[FS_ENTRY_TYPES_N];
extern const fs_entry_fields_t  fs_entry_fields[FS_ENTRY_TYPES_N];


#pragma GCC visibility pop

#endif /* FS_ENTRY_FIELDS_H */
