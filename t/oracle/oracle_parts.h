
/*
 * What the parts of the oracle share: oracle.c (units and times), and a file
 * each for holds, orders, operators and timers; and for what comes after an
 * order: goods, claims, tasks of a whole sale, waves; for neighbours who bring
 * each other; and for packets and draws.
 */

#ifndef ORACLE_PARTS_H
#define ORACLE_PARTS_H

#include "oracle.h"


int64_t oracle_free(const oracle_sale_t *sale);
int oracle_live(const oracle_hold_t *hold);
int oracle_open(const oracle_hold_t *hold);
oracle_hold_t *oracle_new_hold(oracle_t *oracle);
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

/* All that is left of a line: its group has failed, or its sale was
 * cancelled, or its buyer gives it back. */
void oracle_return_line(oracle_t *oracle, oracle_hold_t *hold,
    unsigned line, int reason);

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

/* 1: goods of this line came, or may still come. */
int oracle_comes(const oracle_hold_t *hold, unsigned line);

/* The goods of a line are somewhere else from now on. */
void oracle_put(oracle_t *oracle, oracle_hold_t *hold, unsigned line,
    int goods);
void oracle_put_all(oracle_t *oracle, oracle_hold_t *hold, int from, int to);
int oracle_can_be_ready(oracle_t *oracle, const oracle_hold_t *hold);

/* HAND_OVER, PUT_BACK.  oracle_handed_again(): 1: with this nonce before. */
int oracle_handed_again(oracle_t *oracle, const fs_command_t *command,
    oracle_answer_t *answer);
void oracle_hand_over(oracle_t *oracle, oracle_hold_t *hold,
    const fs_command_t *command, oracle_answer_t *answer);
void oracle_put_back(oracle_t *oracle, oracle_hold_t *hold,
    const fs_command_t *command, oracle_answer_t *answer);

/* A line that counts as handed over now, for it was ready long enough. */
int oracle_given(const oracle_t *oracle, const oracle_hold_t *hold,
    unsigned line);
int oracle_follow_given(oracle_t *oracle, oracle_hold_t *hold,
    const fs_entry_t *entry);

/* A buyer gives an order back; says what was wrong; gets an answer.
 * oracle_claim_again(), oracle_answer_again(): 1: with this key before. */
void oracle_cancel_order(oracle_t *oracle, oracle_hold_t *hold,
    const fs_command_t *command, oracle_answer_t *answer);
void oracle_claim(oracle_t *oracle, oracle_hold_t *hold,
    const fs_command_t *command, oracle_answer_t *answer);
void oracle_answer_claim(oracle_t *oracle, oracle_hold_t *hold,
    const fs_command_t *command, oracle_answer_t *answer);
int oracle_after_again(oracle_t *oracle, const fs_command_t *command,
    oracle_answer_t *answer);
int oracle_claim_due(const oracle_t *oracle, const oracle_claim_t *claim);
int oracle_follow_accepted(oracle_t *oracle, const fs_entry_t *entry);
int oracle_follow_claim_owed(oracle_t *oracle, oracle_hold_t *hold,
    const fs_entry_t *entry);

/* What was, or is to be, paid for a line. */
int64_t oracle_line_paid(const oracle_hold_t *hold, unsigned line);

/* Gifts.  oracle_refuses_giving(): 1: not by this command; _gift(): 1: it is
 * of no use for the lines of that hold. */
int oracle_is_gift(const oracle_hold_t *hold);
size_t oracle_find(const oracle_t *oracle, fs_seq_t seq, uint32_t epoch);
int oracle_refuses_giving(const oracle_sale_t *sale,
    const fs_command_t *command, unsigned line, oracle_answer_t *answer);
int oracle_refuses_gift(oracle_t *oracle, const fs_command_t *command,
    const oracle_hold_t *lines, oracle_answer_t *answer);
void oracle_bind(oracle_t *oracle, oracle_hold_t *hold, size_t gift);
void oracle_grant(oracle_t *oracle, oracle_hold_t *hold);
void oracle_gift(oracle_t *oracle, oracle_hold_t *hold,
    const fs_command_t *command, oracle_answer_t *answer);
int oracle_same_gift(const oracle_t *oracle, const fs_command_t *command,
    const oracle_hold_t *hold);

/* The hold has ended: its gift is used, or free; late, 1: another hold has it,
 * else it is bound again; all is owed back. */
void oracle_gift_ended(oracle_t *oracle, const oracle_hold_t *hold,
    int sold);
int oracle_gift_gone(oracle_t *oracle, oracle_hold_t *hold);
void oracle_gift_back(oracle_t *oracle, const oracle_hold_t *hold);

/*
 * A neighbour brings another one.  _came(): the command has made a hold, no
 * gift; _had(): somebody was handed goods of an order.  Both may make a gift,
 * so that no pointer to a hold is good any more.
 */
void oracle_referral_came(oracle_t *oracle, const fs_command_t *command);
void oracle_referral_had(oracle_t *oracle, unsigned buyer);
int oracle_named_referral(oracle_t *oracle, const fs_entry_t *entry);

/* The shop's document of it: written, or deleted. */
void oracle_referral_document(oracle_t *oracle, const fs_command_t *command,
    const fs_operator_t *op, oracle_answer_t *answer);

/* Terms of a definition. */
int oracle_breaks_terms(const oracle_t *oracle, const oracle_sale_t *sale,
    const fs_operator_t *op);
void oracle_set_terms(oracle_t *oracle, oracle_sale_t *sale,
    const fs_operator_t *op);

/*
 * Packets and draws.  _bad_terms(): 1: no such giving can be, the answer says
 * why; _over(): it was closed, and does not begin again with these terms;
 * _new_gift(): one more is given; _told(): an entry of a draw, which must be
 * the next one that is due.
 */
int oracle_bad_terms(const oracle_t *oracle, const fs_operator_t *op,
    oracle_answer_t *answer);
int oracle_draw_over(const oracle_sale_t *sale, const fs_operator_t *op,
    int reopens);
int oracle_same_chance(const oracle_sale_t *sale, const fs_operator_t *op);
void oracle_set_chance(oracle_sale_t *sale, const fs_operator_t *op);
void oracle_new_gift(oracle_t *oracle, oracle_sale_t *sale,
    oracle_hold_t *hold);
void oracle_draw(oracle_sale_t *sale, const fs_operator_t *op,
    oracle_answer_t *answer);
void oracle_draw_closed(oracle_sale_t *sale, const fs_entry_t *entry);
int oracle_draw_told(oracle_t *oracle, const fs_entry_t *entry);
void oracle_free_draw(oracle_sale_t *sale);

/* So many of these units, that are not owed yet, at what they are worth, and
 * no more than is left; nothing is written of no units. */
void oracle_owe_units(oracle_t *oracle, oracle_hold_t *hold, unsigned line,
    uint32_t units, int reason);

int64_t oracle_worth(const oracle_hold_t *hold, unsigned line, uint32_t qty);

/* The same, but no more than is left to owe of the line. */
int64_t oracle_worth_left(const oracle_hold_t *hold, unsigned line,
    uint32_t qty);

/* Sales that are cancelled, buyers that are compensated. */
void oracle_call_off(oracle_t *oracle, const fs_operator_t *op,
    oracle_answer_t *answer);
void oracle_compensate(oracle_t *oracle, const fs_operator_t *op,
    oracle_answer_t *answer);
int oracle_task_open(const oracle_t *oracle, uint32_t sale, int kind);
int oracle_called_off(const oracle_t *oracle, const oracle_hold_t *hold,
    unsigned line);
int oracle_follow_task(oracle_t *oracle, oracle_hold_t *hold,
    const fs_entry_t *entry);
int oracle_follow_settled(oracle_t *oracle, const fs_entry_t *entry);

/*
 * Who waits for units.  oracle_serves(): there is something to do about those
 * who wait.
 */
int oracle_serves(const oracle_t *oracle, uint32_t number);
void oracle_serve_all(oracle_t *oracle, uint32_t number);
int oracle_follow_queue(oracle_t *oracle, const fs_entry_t *entry);

/* A new hold waits; it waits no more, in this state; none of a sale does. */
void oracle_waits(oracle_t *oracle, oracle_hold_t *hold,
    const fs_command_t *command);
void oracle_leaves(oracle_t *oracle, oracle_hold_t *hold, int state);
void oracle_end_queue(oracle_t *oracle, uint32_t number);

/* Waves, and what comes with them. */
uint32_t oracle_wave_named(const oracle_t *oracle, const char *name,
    size_t len);
void oracle_define_wave(oracle_t *oracle, const fs_operator_t *op,
    oracle_answer_t *answer);
void oracle_receive(oracle_t *oracle, const fs_operator_t *op,
    oracle_answer_t *answer);
int oracle_freezes(const oracle_t *oracle, const oracle_wave_t *wave);
int oracle_follow_frozen(oracle_t *oracle, const fs_entry_t *entry);
int oracle_receipts_due(const oracle_t *oracle);
int oracle_follow_received(oracle_t *oracle, oracle_hold_t *hold,
    const fs_entry_t *entry);
int oracle_follow_missing(oracle_t *oracle, oracle_hold_t *hold,
    const fs_entry_t *entry);

/* A sale by this name; 0: there is none. */
uint32_t oracle_sale_named(const oracle_t *oracle, const char *name,
    size_t len);

/* The number of a pickup point; 0: none has this name. */
uint32_t oracle_pickup(const oracle_t *oracle, const char *name, size_t len);
uint32_t oracle_pickup_new(oracle_t *oracle, const char *name, size_t len);

/* 1: these sales are not all collected there; the answer says so. */
int oracle_refuses_pickup(oracle_t *oracle, const uint32_t *sales,
    unsigned n, const fs_slug_t *slug, oracle_answer_t *answer);

/* 0: the request's If-Match or If-None-Match does not hold: 412. */
int oracle_supposed(const fs_operator_t *op, int exists);

/* Commands, by whose they are. */
/* What all lines of a hold cost. */
int64_t oracle_amount(const oracle_hold_t *hold);

/* A payment for a hold of this ledger. */
void oracle_confirm(oracle_t *oracle, oracle_hold_t *hold,
    const fs_command_t *command, oracle_answer_t *answer);

void oracle_hold(oracle_t *oracle, const fs_command_t *command,
    oracle_answer_t *answer);
void oracle_point(oracle_t *oracle, const fs_command_t *command,
    oracle_answer_t *answer);
void oracle_of_hold(oracle_t *oracle, const fs_command_t *command,
    oracle_answer_t *answer);
void oracle_operator(oracle_t *oracle, const fs_command_t *command,
    const fs_operator_t *op, oracle_answer_t *answer);


#endif /* ORACLE_PARTS_H */
