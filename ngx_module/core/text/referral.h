
/*
 * What a shop gives to who brings a neighbour, and to the neighbour: the
 * document `shop/referral`.
 */

#ifndef FS_REFERRAL_H
#define FS_REFERRAL_H

#include "text/text.h"

#pragma GCC visibility push(hidden)


#define FS_PER_INVITER_MAX  1000

typedef struct {
    fs_slug_t            inviter;       /* sales that give */
    fs_slug_t            newcomer;
    uint32_t             per_inviter;   /* newcomers of one inviter that
                                           count */
} fs_referral_request_t;

/* which of the two gives nothing */
enum {
    FS_REFERRAL_INVITER = 1,
    FS_REFERRAL_NEWCOMER
};


/* 1: it is the name of that document. */
int fs_referral_is(fs_str_t kind, fs_str_t id);

/* {"inviter":SALE,"newcomer":SALE,"per_inviter":N}.  0 or -1. */
int fs_request_referral(fs_str_t doc, fs_referral_request_t *request,
    fs_fault_t *fault);

/* Of which sale it says that it gives what it does not. */
void fs_referral_fault(unsigned which, fs_fault_t *fault);


#pragma GCC visibility pop

#endif /* FS_REFERRAL_H */
