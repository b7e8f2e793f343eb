
/*
 * Rows of what comes after an order: debts, claims, where goods are, whole
 * sales, waves.  As in rows.h.
 */

#ifndef FS_ROWS_AFTER_H
#define FS_ROWS_AFTER_H

#include "ledger/rows.h"

#pragma GCC visibility push(hidden)


#define FS_DEBT_ROW_SIZE     64
#define FS_OWED_ROW_SIZE     16
#define FS_CLAIM_ROW_SIZE    48
#define FS_TALLY_ROW_SIZE    28
#define FS_LISTED_ROW_SIZE   14
#define FS_PAID_ROW_SIZE     12
#define FS_TASK_ROW_SIZE     24
#define FS_INVITED_ROW_SIZE  32
#define FS_WAVE_ROW_FIXED    32
#define FS_WAVE_ROW_MAX      (FS_WAVE_ROW_FIXED + FS_WAVE_SALES_MAX * 8)
#define FS_DEBT_KEY_LEN      16
#define FS_LISTED_KEY_LEN    19
#define FS_TALLY_KEY_LEN     10

/* all that the store owes: what is due back, and not back yet */
typedef struct {
    int64_t              fen;
    uint64_t             debts;
} fs_owed_t;

/* A line of an order, where lines are listed by where their goods are. */
typedef struct {
    uint32_t             pickup;
    uint8_t              goods;
    uint32_t             sale;
    uint16_t             wave;          /* as in fs_line_t */
    fs_seq_t             sold;          /* the first `sold` of its hold: the
                                           order in which was paid */
    fs_seq_t             hold;
    uint16_t             qty;           /* that are not the sale's again */
    uint16_t             short_qty;
    uint8_t              line;          /* of the hold, from 0 */
    uint8_t              paid_back;     /* units of it are owed back */
} fs_listed_t;

/* debts of a whole sale, that are being written */
typedef enum {
    FS_TASK_CALL_OFF = 0,
    FS_TASK_COMPENSATE
} fs_task_kind_t;

typedef struct {
    uint32_t             sale;
    fs_seq_t             seq;           /* the entry that wants them */
    uint8_t              kind;          /* fs_task_kind_t */
    int64_t              fen_each;      /* COMPENSATE */
    fs_seq_t             sold;          /* lines up to here are done */
} fs_task_t;

/* A newcomer, who came by a neighbour's code. */
typedef struct {
    uint8_t              inviter[FS_BUYER_LEN];
    fs_seq_t             seq;           /* of `referred` */
    uint8_t              given;         /* bits, by fs_invited_bit() */
    uint8_t              handed;        /* goods of an order were handed
                                           over */
} fs_invited_t;

/* The bit of who was given something; reason: of `granted`. */
static inline uint8_t
fs_invited_bit(unsigned reason)
{
    return reason == FS_REASON_NEWCOMER ? 1 : 2;
}


size_t fs_debt_row_encode(const fs_debt_t *debt, uint8_t *row);
size_t fs_owed_row_encode(const fs_owed_t *owed, uint8_t *row);
size_t fs_claim_row_encode(const fs_claim_t *claim, uint8_t *row);
size_t fs_tally_row_encode(const fs_tally_t *tally, uint8_t *row);
size_t fs_listed_row_encode(const fs_listed_t *listed, uint8_t *row);
size_t fs_task_row_encode(const fs_task_t *task, uint8_t *row);
size_t fs_wave_row_encode(const fs_wave_t *wave, uint8_t *row);
size_t fs_invited_row_encode(const fs_invited_t *invited, uint8_t *row);

int fs_debt_row_decode(fs_debt_t *debt, fs_str_t row);
int fs_owed_row_decode(fs_owed_t *owed, fs_str_t row);
int fs_claim_row_decode(fs_claim_t *claim, fs_str_t row);
int fs_tally_row_decode(fs_tally_t *tally, fs_str_t row);
int fs_listed_row_decode(fs_listed_t *listed, fs_str_t row);
int fs_task_row_decode(fs_task_t *task, fs_str_t row);
int fs_wave_row_decode(fs_wave_t *wave, fs_str_t row);
int fs_invited_row_decode(fs_invited_t *invited, fs_str_t row);

/*
 * How many units of an awaited line come when so many are left for it: all, or
 * with `final` what there is of them, perhaps none.  -1: it waits for more,
 * and so do those that were paid after it.
 */
int64_t fs_listed_comes(const fs_listed_t *listed, int64_t left, int final);

/* Of `debts`, `claims`: hold, seq; of `owed`: due_at, seq. */
void fs_debt_key(uint8_t *key, uint64_t first, fs_seq_t seq);

/* Pickup, goods, sale, wave, sold: of fs_listed_t. */
void fs_listed_key(uint8_t *key, const fs_listed_t *listed);
int fs_listed_key_decode(fs_listed_t *listed, fs_str_t key);

void fs_tally_key(uint8_t *key, uint32_t sale, uint32_t pickup,
    uint16_t wave);


#pragma GCC visibility pop

#endif /* FS_ROWS_AFTER_H */
