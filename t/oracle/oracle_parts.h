
/*
 * What the parts of the oracle share: oracle.c (units and times), and a file
 * each for holds, orders, operators and timers.
 */

#ifndef ORACLE_PARTS_H
#define ORACLE_PARTS_H

#include "oracle.h"


int64_t oracle_free(const oracle_sale_t *sale);
int oracle_live(const oracle_hold_t *hold);
int oracle_kept(const oracle_t *oracle, int64_t from);
oracle_group_t *oracle_group(oracle_t *oracle, const oracle_hold_t *hold,
    unsigned line);
unsigned oracle_buyer(const uint8_t *buyer);
unsigned oracle_key(const fs_command_t *command);

/* A sale's time has come. */
void oracle_opens_closes(oracle_t *oracle, oracle_sale_t *sale);

/* A live hold ends, in this state. */
void oracle_end(oracle_t *oracle, oracle_hold_t *hold, int state);

/* Expire it, if its time is over; all such holds of a buyer. */
void oracle_expire(oracle_t *oracle, oracle_hold_t *hold);
void oracle_expire_own(oracle_t *oracle, unsigned buyer);

/* Expire holds whose time is over, the first one first, until the sale has
 * `need` units free. */
void oracle_make_room(oracle_t *oracle, uint32_t number, int64_t need);

oracle_payment_t *oracle_pay(oracle_t *oracle, oracle_hold_t *hold,
    const uint8_t *reference, int64_t amount);

/* Owe so much of a line, for so many of its units. */
void oracle_owe(oracle_t *oracle, oracle_hold_t *hold, unsigned line,
    uint32_t qty, int64_t amount, int reason);

/* Units of an order's line are the sale's again. */
void oracle_restock(oracle_t *oracle, oracle_hold_t *hold, unsigned line,
    uint32_t qty);

/* A line whose group has failed: all that is left of it. */
void oracle_return_line(oracle_t *oracle, oracle_hold_t *hold,
    unsigned line);

/* The state that follows from the lines and debts of a hold. */
void oracle_settle(oracle_hold_t *hold);

/* REFUND, by an order service. */
void oracle_refund(oracle_t *oracle, oracle_hold_t *hold,
    const fs_command_t *command, oracle_answer_t *answer);

/* 1: it was done before with this key, or the key is another's. */
int oracle_refund_again(oracle_t *oracle, const fs_command_t *command,
    oracle_answer_t *answer);

/* REFUNDED. */
void oracle_refunded(oracle_t *oracle, oracle_hold_t *hold,
    const fs_command_t *command, oracle_answer_t *answer);

/* The number of a pickup point; 0: none has this name. */
uint32_t oracle_pickup(const oracle_t *oracle, const char *name, size_t len);
uint32_t oracle_pickup_new(oracle_t *oracle, const char *name, size_t len);

/* 1: these sales are not all collected there; the answer says so. */
int oracle_refuses_pickup(oracle_t *oracle, const uint32_t *sales,
    unsigned n, const fs_slug_t *slug, oracle_answer_t *answer);

/* 0: the request's If-Match or If-None-Match does not hold: 412. */
int oracle_supposed(const fs_operator_t *op, int exists);

/* Commands, by whose they are. */
void oracle_hold(oracle_t *oracle, const fs_command_t *command,
    oracle_answer_t *answer);
void oracle_point(oracle_t *oracle, const fs_command_t *command,
    oracle_answer_t *answer);
void oracle_of_hold(oracle_t *oracle, const fs_command_t *command,
    oracle_answer_t *answer);
void oracle_operator(oracle_t *oracle, const fs_command_t *command,
    const fs_operator_t *op, oracle_answer_t *answer);


#endif /* ORACLE_PARTS_H */
