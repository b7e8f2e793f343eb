
/*
 * A story in which each type of ledger entry occurs, with names for its
 * numbers, and its published lines.
 */

#ifndef STORY_H
#define STORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "ledger/entry_line.h"


#define LINE_MAX  (FS_ENTRY_JSON_MAX + 128)
#define T0        1790000000000LL

#define GRAPE     1
#define BERRY     2
#define EGG       3
#define RICE      4
#define RAIN      5
#define LANTERN   6
#define XINGFU    1
#define DONGMEN   2

#define LI        "neighbour li 001"
#define WANG      "neighbour wang 1"
#define ZHAO      "neighbour zhao 1"
#define CHEN      "neighbour chen 1"
#define KEY       { 0xde, 0xad, 0xbe, 0xef, 0, 1, 2, 3 }


/*
 * A story in which each type occurs, with and without what is optional.  It
 * is a valid ledger too: t/010-check-ledger.t adds it up.  seq is the place.
 */

static const fs_entry_t  entries[] = {
    /* 1 */
    { .type = FS_ENTRY_STORE, .at = T0 },
    { .type = FS_ENTRY_BOOT, .at = T0 + 1, .time1 = 1789999990000LL,
      .id1 = "boot number one." },
    { .type = FS_ENTRY_SALE, .at = T0 + 2, .sale = GRAPE, .qty = 200,
      .amount_fen = 3980, .number = 2, .time1 = T0 + 10, .time2 = T0 + 9000,
      .number3 = 300000, .id1 = "operator's pseud", .id2 = "digest of grapes",
      .key = KEY },
    { .type = FS_ENTRY_SALE, .at = T0 + 3, .sale = BERRY, .qty = 500,
      .amount_fen = 1990, .number2 = 5, .id2 = "digest of berry." },
    { .type = FS_ENTRY_SALE, .at = T0 + 4, .sale = EGG, .qty = 30,
      .amount_fen = 1500, .number2 = 4, .flags = FS_ENTRY_GOAL_BY_PICKUP },
    { .type = FS_ENTRY_SALE, .at = T0 + 5, .sale = RICE, .qty = 0,
      .amount_fen = 0 },
    { .type = FS_ENTRY_OPENED, .at = T0 + 10, .sale = GRAPE },
    { .type = FS_ENTRY_OPENED, .at = T0 + 10, .sale = BERRY },
    { .type = FS_ENTRY_OPENED, .at = T0 + 10, .sale = EGG },

    /* 10: one line with everything, sold, handed over */
    { .type = FS_ENTRY_HELD, .at = T0 + 11, .hold = 10, .sale = GRAPE,
      .qty = 2, .amount_fen = 3980, .pickup = XINGFU, .lines_n = 1,
      .number = 300000, .time1 = T0 + 300011, .time2 = 300021, .id1 = LI,
      .key = KEY },
    { .type = FS_ENTRY_PAYING, .at = T0 + 12, .hold = 10, .sale = GRAPE,
      .qty = 2, .pickup = XINGFU, .lines_n = 1, .number = 900000,
      .time1 = T0 + 900012, .time2 = 900022 },
    { .type = FS_ENTRY_SOLD, .at = T0 + 13, .hold = 10, .sale = GRAPE,
      .qty = 2, .pickup = XINGFU, .lines_n = 1, .amount_fen = 7960,
      .id2 = "payment number 1" },
    { .type = FS_ENTRY_REFUND_DUE, .at = T0 + 14, .hold = 10,
      .amount_fen = 7960, .reason = FS_REASON_SECOND_PAYMENT,
      .id2 = "payment number 2" },
    { .type = FS_ENTRY_REFUNDED, .at = T0 + 15, .hold = 10,
      .amount_fen = 7960, .id1 = "refund number 1.",
      .id2 = "payment number 2" },

    /* 15: three lines, no key, no pickup point */
    { .type = FS_ENTRY_HELD, .at = T0 + 16, .hold = 15, .sale = GRAPE,
      .qty = 1, .amount_fen = 3980, .line = 0, .lines_n = 3,
      .time1 = T0 + 300016, .id1 = WANG },
    { .type = FS_ENTRY_HELD, .at = T0 + 16, .hold = 15, .sale = BERRY,
      .qty = 3, .amount_fen = 1990, .line = 1, .lines_n = 3,
      .time1 = T0 + 300016, .id1 = WANG },
    { .type = FS_ENTRY_HELD, .at = T0 + 16, .hold = 15, .sale = EGG,
      .qty = 1, .amount_fen = 1500, .line = 2, .lines_n = 3,
      .time1 = T0 + 300016, .id1 = WANG },
    { .type = FS_ENTRY_RELEASED, .at = T0 + 17, .hold = 15, .sale = GRAPE,
      .qty = 1, .line = 0, .lines_n = 3 },
    { .type = FS_ENTRY_RELEASED, .at = T0 + 17, .hold = 15, .sale = BERRY,
      .qty = 3, .line = 1, .lines_n = 3 },
    { .type = FS_ENTRY_RELEASED, .at = T0 + 17, .hold = 15, .sale = EGG,
      .qty = 1, .line = 2, .lines_n = 3 },

    /* 21: what an operator does */
    { .type = FS_ENTRY_STOCK, .at = T0 + 18, .sale = GRAPE, .qty = 50,
      .id1 = "operator's pseud", .key = KEY },
    { .type = FS_ENTRY_STOCK, .at = T0 + 19, .sale = GRAPE, .qty = -10 },
    { .type = FS_ENTRY_PAUSED, .at = T0 + 20, .sale = GRAPE, .key = KEY },
    { .type = FS_ENTRY_RESUMED, .at = T0 + 21, .sale = GRAPE },
    { .type = FS_ENTRY_DOCUMENT, .at = T0 + 22, .id2 = "digest of a page",
      .key = KEY },

    /* 26: the clock goes back; expired, then paid late */
    { .type = FS_ENTRY_CLOCK, .at = T0 + 15, .time1 = T0 + 22 },
    { .type = FS_ENTRY_HELD, .at = T0 + 16, .hold = 27, .sale = BERRY,
      .qty = 3, .amount_fen = 1990, .lines_n = 1, .time1 = T0 + 1016,
      .id1 = ZHAO },
    { .type = FS_ENTRY_EXPIRED, .at = T0 + 1016, .hold = 27, .sale = BERRY,
      .qty = 3, .lines_n = 1 },
    { .type = FS_ENTRY_SOLD_LATE, .at = T0 + 1020, .hold = 27, .sale = BERRY,
      .qty = 3, .lines_n = 1, .amount_fen = 5970,
      .id2 = "payment number 3" },

    /* 30: cancelled; expired and withdrawn, paid all the same */
    { .type = FS_ENTRY_HELD, .at = T0 + 1030, .hold = 30, .sale = BERRY,
      .qty = 1, .amount_fen = 1990, .lines_n = 1, .time1 = T0 + 2030,
      .id1 = ZHAO },
    { .type = FS_ENTRY_PAYING, .at = T0 + 1031, .hold = 30,
      .time1 = T0 + 3031 },
    { .type = FS_ENTRY_CANCELLED, .at = T0 + 1032, .hold = 30, .sale = BERRY,
      .qty = 1, .lines_n = 1 },
    { .type = FS_ENTRY_HELD, .at = T0 + 1040, .hold = 33, .sale = EGG,
      .qty = 2, .amount_fen = 1500, .pickup = DONGMEN, .lines_n = 1,
      .time1 = T0 + 2040, .id1 = ZHAO },
    { .type = FS_ENTRY_EXPIRED, .at = T0 + 2040, .hold = 33, .sale = EGG,
      .qty = 2, .pickup = DONGMEN, .lines_n = 1 },
    { .type = FS_ENTRY_WITHDRAWN, .at = T0 + 2041, .hold = 33, .sale = EGG,
      .qty = 2, .pickup = DONGMEN, .lines_n = 1 },
    { .type = FS_ENTRY_REFUND_DUE, .at = T0 + 2042, .hold = 33,
      .amount_fen = 3000, .reason = FS_REASON_CANCELLED,
      .id2 = "payment number 4" },

    /* 37: a group that forms, one that does not */
    { .type = FS_ENTRY_HELD, .at = T0 + 2050, .hold = 37, .sale = EGG,
      .qty = 4, .amount_fen = 1500, .pickup = XINGFU, .lines_n = 1,
      .time1 = T0 + 4050, .id1 = LI },
    { .type = FS_ENTRY_SOLD, .at = T0 + 2051, .hold = 37, .sale = EGG,
      .qty = 4, .pickup = XINGFU, .lines_n = 1, .amount_fen = 6000,
      .id2 = "payment number 5" },
    { .type = FS_ENTRY_FORMED, .at = T0 + 2051, .sale = EGG,
      .pickup = XINGFU, .qty = 4 },
    { .type = FS_ENTRY_HELD, .at = T0 + 2060, .hold = 40, .sale = EGG,
      .qty = 1, .amount_fen = 1500, .pickup = DONGMEN, .lines_n = 1,
      .time1 = T0 + 4060, .id1 = WANG },
    { .type = FS_ENTRY_SOLD, .at = T0 + 2061, .hold = 40, .sale = EGG,
      .qty = 1, .pickup = DONGMEN, .lines_n = 1, .amount_fen = 1500,
      .id2 = "payment number 6" },
    { .type = FS_ENTRY_CLOSED, .at = T0 + 9000, .sale = GRAPE },
    { .type = FS_ENTRY_CLOSED, .at = T0 + 9000, .sale = EGG, .key = KEY },
    { .type = FS_ENTRY_FAILED, .at = T0 + 9001, .sale = EGG,
      .pickup = DONGMEN, .qty = 1 },
    { .type = FS_ENTRY_DECIDED, .at = T0 + 9001, .sale = EGG },
    { .type = FS_ENTRY_RETURNED, .at = T0 + 9002, .hold = 40, .sale = EGG,
      .qty = 1, .pickup = DONGMEN, .lines_n = 1, .amount_fen = 1500,
      .reason = FS_REASON_GROUP_FAILED, .id2 = "payment number 6" },
    { .type = FS_ENTRY_REFUNDED, .at = T0 + 9003, .hold = 40, .sale = EGG,
      .amount_fen = 1500, .id1 = "refund number 2.",
      .id2 = "payment number 6" },
    { .type = FS_ENTRY_CLOSED, .at = T0 + 9004, .sale = BERRY },
    { .type = FS_ENTRY_FAILED, .at = T0 + 9004, .sale = BERRY, .qty = 3 },
    { .type = FS_ENTRY_READY, .at = T0 + 9005, .hold = 10,
      .pickup = XINGFU },
    { .type = FS_ENTRY_PICKED_UP, .at = T0 + 9006, .hold = 10,
      .pickup = XINGFU },
    { .type = FS_ENTRY_BOOT, .at = T0 + 9007, .time1 = -5,
      .id1 = "boot number two." },

    /* 53: a restored backup is another life; what was paid for a hold of the
     * life before is owed back */
    { .type = FS_ENTRY_LIFE, .at = T0 + 9008, .number = 0x0badcafe },
    { .type = FS_ENTRY_REFUND_DUE, .at = T0 + 9009, .hold = 54,
      .flags = FS_ENTRY_OTHER_LIFE, .number = 0, .time2 = 55,
      .amount_fen = 3980, .reason = FS_REASON_OTHER_LIFE,
      .id2 = "payment number 7" },
    { .type = FS_ENTRY_REFUND_DUE, .at = T0 + 9010, .hold = 54,
      .flags = FS_ENTRY_OTHER_LIFE, .number = 0, .time2 = 55,
      .amount_fen = 1, .reason = FS_REASON_OTHER_LIFE,
      .id2 = "payment number 8" },
    { .type = FS_ENTRY_REFUND_DUE, .at = T0 + 9011, .hold = 56,
      .flags = FS_ENTRY_OTHER_LIFE, .number = 0xfeed1234, .time2 = 10,
      .amount_fen = 7960, .reason = FS_REASON_OTHER_LIFE,
      .id2 = "payment number 1" },
    { .type = FS_ENTRY_REFUNDED, .at = T0 + 9012, .hold = 54,
      .flags = FS_ENTRY_OTHER_LIFE, .number = 0, .time2 = 55,
      .amount_fen = 3980, .id1 = "refund number 3.",
      .id2 = "payment number 7" },
    { .type = FS_ENTRY_LIFE, .at = T0 + 9013, .number = 5,
      .id1 = "operator's pseud", .key = KEY },

    /* 59: a hold that goes to another pickup point */
    { .type = FS_ENTRY_STOCK, .at = T0 + 9014, .sale = RICE, .qty = 3 },
    { .type = FS_ENTRY_HELD, .at = T0 + 9015, .hold = 60, .sale = RICE,
      .qty = 1, .pickup = XINGFU, .lines_n = 1, .number = 1000,
      .time1 = T0 + 10015, .time2 = 10025, .id1 = ZHAO },
    { .type = FS_ENTRY_POINT, .at = T0 + 9016, .hold = 60,
      .pickup = DONGMEN, .id1 = ZHAO, .key = KEY },
    { .type = FS_ENTRY_POINT, .at = T0 + 9017, .hold = 60,
      .pickup = XINGFU, .id1 = ZHAO },
    { .type = FS_ENTRY_RELEASED, .at = T0 + 9018, .hold = 60, .sale = RICE,
      .qty = 1, .pickup = XINGFU, .lines_n = 1 },

    /* 64 */
    { .type = FS_ENTRY_DELETED, .at = T0 + 9019, .id1 = "operator's pseud",
      .id2 = "digest of nobody", .key = KEY },

    /* 65: debts with an identity: of a payment, of a line by units and by an
     * amount, of another life; what is settled names it */
    { .type = FS_ENTRY_OWED, .at = T0 + 9020, .hold = 10, .pickup = XINGFU,
      .amount_fen = 12, .reason = FS_REASON_SECOND_PAYMENT,
      .time1 = T0 + 7209020, .id2 = "payment number 9" },
    { .type = FS_ENTRY_OWED, .at = T0 + 9021, .hold = 37, .sale = EGG,
      .qty = 3, .pickup = XINGFU, .lines_n = 1, .amount_fen = 4500,
      .reason = FS_REASON_BAD, .time1 = T0 + 7209021,
      .id2 = "payment number 5", .id1 = "an order service",
      .number2 = 0x12345678, .key = KEY },
    { .type = FS_ENTRY_RESTOCKED, .at = T0 + 9021, .hold = 37, .sale = EGG,
      .qty = 2, .pickup = XINGFU, .lines_n = 1 },
    { .type = FS_ENTRY_OWED, .at = T0 + 9022, .hold = 37, .sale = EGG,
      .pickup = XINGFU, .lines_n = 1, .amount_fen = 100,
      .reason = FS_REASON_GOODWILL, .time1 = T0 + 7209022,
      .id2 = "payment number 5" },
    { .type = FS_ENTRY_REFUNDED, .at = T0 + 9023, .hold = 37, .sale = EGG,
      .pickup = XINGFU, .amount_fen = 4500, .time1 = 66,
      .id1 = "refund number 4.", .id2 = "payment number 5" },
    { .type = FS_ENTRY_OWED, .at = T0 + 9024, .hold = 56,
      .flags = FS_ENTRY_OTHER_LIFE, .number = 0xfeed1234, .time2 = 10,
      .amount_fen = 5, .reason = FS_REASON_OTHER_LIFE,
      .time1 = T0 + 7209024, .id2 = "payment number 2" },
    { .type = FS_ENTRY_REFUNDED, .at = T0 + 9025, .hold = 56,
      .flags = FS_ENTRY_OTHER_LIFE, .number = 0xfeed1234, .time2 = 10,
      .amount_fen = 5, .time1 = 70, .id1 = "refund number 5.",
      .id2 = "payment number 2" },

    /* 72: a sale whose orders can be given back */
    { .type = FS_ENTRY_SALE, .at = T0 + 9026, .sale = RICE, .qty = 20,
      .amount_fen = 1000, .pickup = 600000 },
    { .type = FS_ENTRY_OPENED, .at = T0 + 9026, .sale = RICE },
    { .type = FS_ENTRY_HELD, .at = T0 + 9030, .hold = 74, .sale = RICE,
      .qty = 2, .amount_fen = 1000, .pickup = XINGFU, .lines_n = 1,
      .time1 = T0 + 309030, .id1 = LI },
    { .type = FS_ENTRY_SOLD, .at = T0 + 9031, .hold = 74, .sale = RICE,
      .qty = 2, .pickup = XINGFU, .lines_n = 1, .amount_fen = 2000,
      .id2 = "payment number a" },
    { .type = FS_ENTRY_HELD, .at = T0 + 9032, .hold = 76, .sale = RICE,
      .qty = 2, .amount_fen = 1000, .pickup = XINGFU, .lines_n = 1,
      .time1 = T0 + 309032, .id1 = WANG },
    { .type = FS_ENTRY_SOLD, .at = T0 + 9033, .hold = 76, .sale = RICE,
      .qty = 2, .pickup = XINGFU, .lines_n = 1, .amount_fen = 2000,
      .id2 = "payment number b" },
    { .type = FS_ENTRY_HELD, .at = T0 + 9034, .hold = 78, .sale = RICE,
      .qty = 1, .amount_fen = 1000, .pickup = XINGFU, .lines_n = 1,
      .time1 = T0 + 309034, .id1 = ZHAO },
    { .type = FS_ENTRY_SOLD, .at = T0 + 9035, .hold = 78, .sale = RICE,
      .qty = 1, .pickup = XINGFU, .lines_n = 1, .amount_fen = 1000,
      .id2 = "payment number c" },
    { .type = FS_ENTRY_HELD, .at = T0 + 9036, .hold = 80, .sale = RICE,
      .qty = 1, .amount_fen = 1000, .pickup = DONGMEN, .lines_n = 1,
      .time1 = T0 + 309036, .id1 = LI },
    { .type = FS_ENTRY_SOLD, .at = T0 + 9037, .hold = 80, .sale = RICE,
      .qty = 1, .pickup = DONGMEN, .lines_n = 1, .amount_fen = 1000,
      .id2 = "payment number d" },
    { .type = FS_ENTRY_OWED, .at = T0 + 9040, .hold = 80, .sale = RICE,
      .qty = 1, .pickup = DONGMEN, .lines_n = 1,
      .amount_fen = 1000, .reason = FS_REASON_CANCELLED,
      .time1 = T0 + 7209040, .id1 = LI, .key = KEY,
      .id2 = "payment number d" },
    { .type = FS_ENTRY_RESTOCKED, .at = T0 + 9040, .hold = 80, .sale = RICE,
      .qty = 1, .pickup = DONGMEN, .lines_n = 1 },

    /* 84: a wave, what came of it, and who got it */
    { .type = FS_ENTRY_WAVE, .at = T0 + 9050, .number = 1,
      .time1 = T0 + 9100, .number2 = 20261130, .id1 = "operator's pseud",
      .id2 = "digest of a wave", .key = KEY },
    { .type = FS_ENTRY_FROZEN, .at = T0 + 9100, .number = 1 },
    { .type = FS_ENTRY_RECEIVED, .at = T0 + 9110, .number = 1, .sale = RICE,
      .pickup = XINGFU, .qty = 2 },
    { .type = FS_ENTRY_READY, .at = T0 + 9110, .hold = 74, .sale = RICE,
      .qty = 2, .pickup = XINGFU, .lines_n = 1,
      .time1 = T0 + 172809110 },
    { .type = FS_ENTRY_RECEIVED, .at = T0 + 9115, .number = 1, .sale = RICE,
      .pickup = XINGFU, .qty = 3, .flags = FS_ENTRY_FINAL,
      .id1 = "operator's pseud", .key = KEY },
    { .type = FS_ENTRY_READY, .at = T0 + 9115, .hold = 76, .sale = RICE,
      .qty = 2, .pickup = XINGFU, .lines_n = 1,
      .number2 = 1, .time1 = T0 + 172809115 },
    { .type = FS_ENTRY_OWED, .at = T0 + 9115, .hold = 76, .sale = RICE,
      .qty = 1, .pickup = XINGFU, .lines_n = 1,
      .amount_fen = 1000, .reason = FS_REASON_SHORT,
      .time1 = T0 + 7209115, .id2 = "payment number b" },
    { .type = FS_ENTRY_SHORT, .at = T0 + 9115, .hold = 78, .sale = RICE,
      .qty = 1, .pickup = XINGFU, .lines_n = 1 },
    { .type = FS_ENTRY_OWED, .at = T0 + 9115, .hold = 78, .sale = RICE,
      .qty = 1, .pickup = XINGFU, .lines_n = 1,
      .amount_fen = 1000, .reason = FS_REASON_SHORT,
      .time1 = T0 + 7209115, .id2 = "payment number c" },
    { .type = FS_ENTRY_PICKED_UP, .at = T0 + 9120, .hold = 74, .sale = RICE,
      .qty = 2, .pickup = XINGFU, .lines_n = 1,
      .number = FS_VIA_SCAN, .time1 = T0 + 9000,
      .id1 = "an order service", .key = KEY },
    { .type = FS_ENTRY_DOUBLE, .at = T0 + 9121, .hold = 74, .sale = RICE,
      .qty = 2, .pickup = XINGFU, .lines_n = 1,
      .number = FS_VIA_LIST, .time1 = -1,
      .id1 = "an order service", .key = KEY },
    { .type = FS_ENTRY_PUT_BACK, .at = T0 + 9122, .hold = 74, .sale = RICE,
      .qty = 2, .pickup = XINGFU, .lines_n = 1,
      .time1 = T0 + 172809122,
      .id1 = "an order service", .key = KEY },
    { .type = FS_ENTRY_PICKED_UP, .at = T0 + 172809122, .hold = 74,
      .sale = RICE,
      .qty = 2, .pickup = XINGFU, .lines_n = 1,
      .flags = FS_ENTRY_BY_TIME },

    /* 97: claims, and what is owed for a whole sale */
    { .type = FS_ENTRY_CLAIMED, .at = T0 + 172809200, .hold = 74, .sale = RICE,
      .qty = 1, .pickup = XINGFU, .lines_n = 1,
      .amount_fen = 1000, .reason = FS_REASON_BAD,
      .time1 = T0 + 180009200, .flags = FS_ENTRY_BY_TIME,
      .id1 = LI, .key = KEY },
    { .type = FS_ENTRY_ACCEPTED, .at = T0 + 180009200, .hold = 74,
      .time1 = 97, .flags = FS_ENTRY_BY_TIME },
    { .type = FS_ENTRY_OWED, .at = T0 + 180009200, .hold = 74, .sale = RICE,
      .qty = 1, .pickup = XINGFU, .lines_n = 1,
      .amount_fen = 1000, .reason = FS_REASON_BAD,
      .time1 = T0 + 187209200, .id2 = "payment number a" },
    { .type = FS_ENTRY_CLAIMED, .at = T0 + 180009201, .hold = 74, .sale = RICE,
      .qty = 1, .pickup = XINGFU, .lines_n = 1,
      .amount_fen = 1000, .reason = FS_REASON_DAMAGED,
      .time1 = T0 + 187209201, .id1 = LI },
    { .type = FS_ENTRY_DENIED, .at = T0 + 180009202, .hold = 74,
      .time1 = 100, .id1 = "an order service", .key = KEY },
    { .type = FS_ENTRY_COMPENSATED, .at = T0 + 180009203, .sale = RICE,
      .qty = 1, .amount_fen = 50, .id2 = "digest of a word" },
    { .type = FS_ENTRY_OWED, .at = T0 + 180009203, .hold = 74, .sale = RICE,
      .qty = 0, .pickup = XINGFU, .lines_n = 1,
      .amount_fen = 100, .reason = FS_REASON_COMPENSATION,
      .time1 = T0 + 187209203, .id2 = "payment number a" },
    { .type = FS_ENTRY_SETTLED, .at = T0 + 180009203, .sale = RICE,
      .time1 = 102 },
    { .type = FS_ENTRY_CALLED_OFF, .at = T0 + 180009204, .sale = RICE,
      .id1 = "operator's pseud", .id2 = "digest of a why.", .key = KEY },
    { .type = FS_ENTRY_OWED, .at = T0 + 180009204, .hold = 74, .sale = RICE,
      .qty = 1, .pickup = XINGFU, .lines_n = 1,
      .amount_fen = 900, .reason = FS_REASON_SALE_CANCELLED,
      .time1 = T0 + 187209204, .id2 = "payment number a" },
    { .type = FS_ENTRY_OWED, .at = T0 + 180009204, .hold = 76, .sale = RICE,
      .qty = 1, .pickup = XINGFU, .lines_n = 1,
      .amount_fen = 1000, .reason = FS_REASON_SALE_CANCELLED,
      .time1 = T0 + 187209204, .id2 = "payment number b" },
    { .type = FS_ENTRY_RESTOCKED, .at = T0 + 180009204, .hold = 76,
      .sale = RICE, .qty = 1, .pickup = XINGFU, .lines_n = 1 },
    { .type = FS_ENTRY_SETTLED, .at = T0 + 180009204, .sale = RICE,
      .time1 = 105 },

    /* 110: an order for somebody else, who paid in cash */
    { .type = FS_ENTRY_STOCK, .at = T0 + 180009300, .sale = EGG, .qty = 9 },
    { .type = FS_ENTRY_HELD, .at = T0 + 180009301, .hold = 111, .sale = EGG,
      .qty = 1, .amount_fen = 1500, .lines_n = 1, .number = 1000,
      .time1 = T0 + 180010301, .id1 = WANG, .key = KEY },
    { .type = FS_ENTRY_SOLD, .at = T0 + 180009301, .hold = 111, .sale = EGG,
      .qty = 1, .lines_n = 1, .amount_fen = 1500, .number = 1,
      .id2 = "cash in hand ..." },

    /* 113: coupons, and one that is bound, free again, bound, and used */
    { .type = FS_ENTRY_SALE, .at = T0 + 180009400, .sale = RAIN, .qty = 3,
      .number = 1, .id2 = "digest of rain..", .key = KEY },
    { .type = FS_ENTRY_TERMS, .at = T0 + 180009400, .sale = RAIN,
      .id1 = "thirty-two bytes", .id2 = " of the terms..." },
    { .type = FS_ENTRY_OPENED, .at = T0 + 180009401, .sale = RAIN },
    { .type = FS_ENTRY_GRANTED, .at = T0 + 180009402, .hold = 116,
      .sale = RAIN, .qty = 1, .lines_n = 1, .number = 1, .amount_fen = 500,
      .time1 = T0 + 784809402, .id1 = WANG, .key = "\7 1. key" },
    { .type = FS_ENTRY_GRANTED, .at = T0 + 180009403, .hold = 117,
      .sale = RAIN, .qty = 1, .lines_n = 1, .number = 2, .amount_fen = 500,
      .time1 = T0 + 784809403, .id1 = LI, .id2 = "digest of a why." },
    { .type = FS_ENTRY_HELD, .at = T0 + 180009404, .hold = 118, .sale = EGG,
      .qty = 1, .amount_fen = 1500, .lines_n = 1, .number = 1000,
      .time1 = T0 + 180010404, .id1 = WANG },
    { .type = FS_ENTRY_BOUND, .at = T0 + 180009404, .hold = 118,
      .sale = RAIN, .amount_fen = 500, .time2 = 116 },
    { .type = FS_ENTRY_UNBOUND, .at = T0 + 180009405, .hold = 118,
      .sale = RAIN, .reason = FS_REASON_ASKED, .time2 = 116, .id1 = WANG,
      .key = "\7 2. key" },
    { .type = FS_ENTRY_BOUND, .at = T0 + 180009406, .hold = 118,
      .sale = RAIN, .amount_fen = 500, .time2 = 116, .id1 = WANG,
      .key = "\7ad key" },
    { .type = FS_ENTRY_SOLD, .at = T0 + 180009407, .hold = 118, .sale = EGG,
      .qty = 1, .lines_n = 1, .amount_fen = 1000, .id2 = "payment number c" },
    { .type = FS_ENTRY_OWED, .at = T0 + 180009408, .hold = 118, .sale = EGG,
      .qty = 1, .lines_n = 1, .amount_fen = 1000,
      .reason = FS_REASON_CANCELLED, .time1 = T0 + 187209408,
      .id2 = "payment number c" },
    { .type = FS_ENTRY_RESTOCKED, .at = T0 + 180009408, .hold = 118,
      .sale = EGG, .qty = 1, .lines_n = 1 },
    { .type = FS_ENTRY_UNBOUND, .at = T0 + 180009408, .hold = 118,
      .sale = RAIN, .reason = FS_REASON_RETURNED, .time2 = 116,
      .time1 = T0 + 784809408 },

    /* 126: tickets, and their draw */
    { .type = FS_ENTRY_SALE, .at = T0 + 180009500, .sale = LANTERN, .qty = 9,
      .number = 1, .id2 = "of the lantern..", .key = KEY },
    { .type = FS_ENTRY_TERMS, .at = T0 + 180009500, .sale = LANTERN,
      .id1 = "its terms, which", .id2 = " have a commit.." },
    { .type = FS_ENTRY_OPENED, .at = T0 + 180009501, .sale = LANTERN },
    { .type = FS_ENTRY_GRANTED, .at = T0 + 180009502, .hold = 129,
      .sale = LANTERN, .qty = 1, .lines_n = 1, .pickup = XINGFU, .number = 1,
      .id1 = LI, .key = KEY },
    { .type = FS_ENTRY_CLOSED, .at = T0 + 180009503, .sale = LANTERN },
    { .type = FS_ENTRY_REVEALED, .at = T0 + 180009503, .sale = LANTERN,
      .id1 = "sixteen bytes of", .id2 = " seed and more.." },
    { .type = FS_ENTRY_DRAWN, .at = T0 + 180009504, .sale = LANTERN,
      .number2 = 1, .id1 = "what a beacon sa", .id2 = "ys on that round",
      .key = KEY },
    { .type = FS_ENTRY_DRAWN, .at = T0 + 180009504, .sale = LANTERN,
      .hold = 129, .number = 1, .amount_fen = 500, .time1 = T0 + 784809504 },

    /* 134: those who wait for eggs */
    { .type = FS_ENTRY_SALE, .at = T0 + 180009600, .sale = EGG, .qty = 9,
      .amount_fen = 1500, .number2 = 4, .flags = FS_ENTRY_GOAL_BY_PICKUP,
      .time2 = T0 + 180009606 },
    { .type = FS_ENTRY_QUEUED, .at = T0 + 180009601, .hold = 135,
      .sale = EGG, .qty = 8, .pickup = XINGFU, .lines_n = 1, .number = 1,
      .number2 = 1800000, .id1 = ZHAO, .key = KEY },
    { .type = FS_ENTRY_QUEUED, .at = T0 + 180009602, .hold = 136,
      .sale = EGG, .qty = 7, .lines_n = 1, .number = 2,
      .number2 = 1800000, .id1 = LI },
    { .type = FS_ENTRY_QUEUED, .at = T0 + 180009603, .hold = 137,
      .sale = EGG, .qty = 8, .lines_n = 1, .number = 3,
      .number2 = 1800000, .id1 = WANG },
    { .type = FS_ENTRY_STOCK, .at = T0 + 180009604, .sale = EGG, .qty = 4 },
    { .type = FS_ENTRY_SERVED, .at = T0 + 180009604, .hold = 135,
      .sale = EGG, .qty = 8, .pickup = XINGFU, .lines_n = 1,
      .amount_fen = 1500, .number = 1800000, .time1 = T0 + 181809604 },
    { .type = FS_ENTRY_STEPPED, .at = T0 + 180009605, .hold = 136,
      .sale = EGG, .qty = 7, .lines_n = 1 },
    { .type = FS_ENTRY_CLOSED, .at = T0 + 180009606, .sale = EGG },
    { .type = FS_ENTRY_ENDED, .at = T0 + 180009606, .hold = 137,
      .sale = EGG, .qty = 8, .lines_n = 1 },
    { .type = FS_ENTRY_RELEASED, .at = T0 + 180009607, .hold = 135,
      .sale = EGG, .qty = 8, .pickup = XINGFU, .lines_n = 1 },

    /* 144: a newcomer by a neighbour's code, and something for both */
    { .type = FS_ENTRY_HELD, .at = T0 + 180009700, .hold = 144, .sale = GRAPE,
      .qty = 1, .amount_fen = 3980, .lines_n = 1, .number = 900000,
      .time1 = T0 + 180909700, .id1 = CHEN },
    { .type = FS_ENTRY_REFERRED, .at = T0 + 180009700, .hold = 144,
      .id1 = ZHAO },
    { .type = FS_ENTRY_STOCK, .at = T0 + 180009701, .sale = RAIN, .qty = 2 },
    { .type = FS_ENTRY_GRANTED, .at = T0 + 180009701, .hold = 147,
      .sale = RAIN, .qty = 1, .lines_n = 1, .number = 3, .amount_fen = 500,
      .reason = FS_REASON_NEWCOMER, .time1 = T0 + 784809701, .number2 = 145,
      .id1 = CHEN },
    { .type = FS_ENTRY_GRANTED, .at = T0 + 180009702, .hold = 148,
      .sale = RAIN, .qty = 1, .lines_n = 1, .number = 4, .amount_fen = 500,
      .reason = FS_REASON_INVITER, .time1 = T0 + 784809702, .number2 = 145,
      .id1 = ZHAO },

    /* 149: what the inviter is thanked for */
    { .type = FS_ENTRY_SOLD, .at = T0 + 180009703, .hold = 144,
      .sale = GRAPE, .qty = 1, .lines_n = 1, .amount_fen = 3980,
      .id2 = "payment number e" },
    { .type = FS_ENTRY_PICKED_UP, .at = T0 + 180009704, .hold = 144,
      .sale = GRAPE, .qty = 1, .lines_n = 1, .number = FS_VIA_CODE,
      .key = KEY }
};

#define ENTRIES_N  (sizeof(entries) / sizeof(entries[0]))


static fs_crypto_t  *crypto;
static size_t        slug_len;          /* 0: the names of the story */


static inline int
sale_slug(void *data, uint32_t number, fs_slug_t *slug)
{
    static const char *const  slugs[] = { "grape", "strawberry", "egg",
                                          "selenium-rice-5kg", "rain",
                                          "lantern" };

    (void) data;

    if (slug_len != 0) {
        slug->len = (uint8_t) slug_len;
        memset(slug->data, 'z', slug_len);
        return 0;
    }

    if (number < 1 || number > 6) {
        return -1;
    }

    slug->len = (uint8_t) strlen(slugs[number - 1]);
    memcpy(slug->data, slugs[number - 1], slug->len);

    return 0;
}


static inline int
pickup_slug(void *data, uint32_t number, fs_slug_t *slug)
{
    static const char *const  slugs[] = { "xingfu", "dongmen" };

    (void) data;

    if (slug_len != 0) {
        return sale_slug(data, number, slug);
    }

    if (number < 1 || number > 2) {
        return -1;
    }

    slug->len = (uint8_t) strlen(slugs[number - 1]);
    memcpy(slug->data, slugs[number - 1], slug->len);

    return 0;
}


static inline int
any_slug(void *data, char kind, uint32_t number, fs_slug_t *slug)
{
    if (kind == 'w' && slug_len == 0) {
        slug->len = sizeof("monday") - 1;
        memcpy(slug->data, "monday", slug->len);
        return 0;
    }

    if (kind == 'c' && slug_len == 0) {
        slug->len = sizeof("sister-li") - 1;
        memcpy(slug->data, "sister-li", slug->len);
        return 0;
    }

    return kind == 's' ? sale_slug(data, number, slug)
                       : pickup_slug(data, number, slug);
}


static inline int
hold_id(void *data, fs_seq_t hold, const uint32_t *epoch, char *id)
{
    return fs_crypto_hold_id(data, hold, epoch != NULL ? *epoch : 0, id);
}


static inline fs_names_t
names(void)
{
    fs_names_t  n;

    n.data = crypto;
    n.slug = any_slug;
    n.hold_id = hold_id;

    return n;
}


/* The published line of the story's i-th entry; hash goes from one to next. */

static inline int
story_line(size_t i, uint8_t *hash, char *line)
{
    int         len;
    fs_entry_t  entry;
    fs_names_t  n;

    n = names();
    entry = entries[i];
    entry.seq = i + 1;

    len = fs_entry_render(&entry, &n, line);

    if (len < 0 || fs_entry_chain(&entry, hash, line, (size_t) len) != 0) {
        return -1;
    }

    memcpy(hash, entry.hash, FS_HASH_LEN);

    return fs_entry_line(&entry, &n, line);
}


static inline int
story_setup(void **state)
{
    size_t   i;
    uint8_t  key[FS_STORE_KEY_LEN];

    (void) state;

    for (i = 0; i < sizeof(key); i++) {
        key[i] = (uint8_t) i;
    }

    crypto = fs_crypto_create(key);

    return crypto != NULL ? 0 : -1;
}


static inline int
story_teardown(void **state)
{
    (void) state;

    fs_crypto_destroy(crypto);

    return 0;
}


#endif /* STORY_H */
