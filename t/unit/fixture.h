
/*
 * What the tests of the deciding function share: a store in a directory of
 * its own, a clock that only the test moves, randomness from a seed, and a
 * few words to say commands with.
 */

#ifndef FIXTURE_H
#define FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "decide/decide.h"
#include "read/read.h"
#include "rules/rules.h"
#include "sheet/sheet.h"
#include "fold/fold.h"
#include "pair/pair.h"

#include "common/files.h"


#define FIXTURE_EPOCH  1700000000000LL
#define FIXTURE_TERM   300000
#define FIXTURE_PAY    900000
#define FIXTURE_REFUND 7200000

typedef struct {
    char                 path[64];
    fs_store_conf_t      conf;
    int64_t              wall;
    int64_t              boot;
    uint64_t             seed;
    fs_store_t          *store;
    fs_crypto_t         *crypto;
    fs_sheet_cache_t    *cache;
    fs_pair_t           write;
    int                  writing;       /* it is open */
    fs_sheet_t           sheet;
    fs_now_t             now;
    fs_result_t          result;        /* of the last command */
} fixture_t;


static inline void
fixture_clock(void *data, int64_t *wall, int64_t *boot)
{
    fixture_t  *fixture = data;

    *wall = fixture->wall;
    *boot = fixture->boot;
}


static inline int
fixture_random(void *data, uint8_t *bytes, size_t len)
{
    size_t      i;
    fixture_t  *fixture = data;

    for (i = 0; i < len; i++) {
        fixture->seed = fixture->seed * 6364136223846793005ULL
                        + 1442695040888963407ULL;
        bytes[i] = (uint8_t) (fixture->seed >> 56);
    }

    return 0;
}


static inline void
fixture_log(void *data, fs_say_level_t level, const char *message)
{
    (void) data;

    if (level == FS_SAY_ERROR || getenv("FIXTURE_LOG") != NULL) {
        fprintf(stderr, "# store: %s\n", message);
    }
}


static inline void
fixture_open(fixture_t *fixture)
{
    char          message[257];
    fs_outcome_t  outcome;

    message[0] = '\0';
    fixture->store = fs_store_open(&fixture->conf, &outcome, message);

    if (fixture->store == NULL) {
        fail_msg("open: %s: %s", fs_outcome_code(outcome), message);
    }

    outcome = fs_store_catch_up(fixture->store, 1000, NULL, NULL);

    if (outcome != FS_OK) {
        fail_msg("catch up: %s", fs_outcome_code(outcome));
    }

    fixture->crypto = fs_crypto_create(fixture->store->store_key);
    assert_non_null(fixture->crypto);
}


static inline void
fixture_close(fixture_t *fixture, int clean)
{
    fs_crypto_destroy(fixture->crypto);
    fs_store_close(fixture->store, clean);
    fixture->store = NULL;
}


/* In a directory; nothing is opened yet. */

static inline fixture_t *
fixture_create(const char *path)
{
    fixture_t  *fixture;

    fixture = calloc(1, sizeof(fixture_t));
    assert_non_null(fixture);

    snprintf(fixture->path, sizeof(fixture->path), "%s", path);

    fixture->wall = FIXTURE_EPOCH;
    fixture->boot = 1000000;
    fixture->seed = 20;
    fixture->conf.path = fixture->path;
    fixture->conf.map_size = 64 * 1024 * 1024;
    fixture->conf.readers = 16;
    fixture->conf.generation = 32;
    fixture->conf.clock = fixture_clock;
    fixture->conf.random = fixture_random;
    fixture->conf.refund_ms = FIXTURE_REFUND;
    fixture->conf.replay = &fs_replay;
    fixture->conf.log = fixture_log;
    fixture->conf.data = fixture;
    fixture->conf.boot_id[0] = 1;

    fixture->cache = fs_sheet_cache_create();
    assert_non_null(fixture->cache);

    return fixture;
}


static inline int
fixture_setup(void **context)
{
    char        path[] = "/tmp/fixture-XXXXXX";
    fixture_t  *fixture;

    assert_non_null(mkdtemp(path));

    fixture = fixture_create(path);
    fixture_open(fixture);
    *context = fixture;

    return 0;
}


static inline void
fixture_abort(fixture_t *fixture)
{
    if (fixture->writing) {
        fixture->writing = 0;
        fs_pair_abort(&fixture->write);
    }
}


static inline int
fixture_teardown(void **context)
{
    fixture_t  *fixture = *context;

    fixture_abort(fixture);             /* a test failed within it */

    if (fixture->store != NULL) {
        fixture_close(fixture, 1);
    }

    fs_sheet_cache_destroy(fixture->cache);
    files_remove(fixture->path);
    free(fixture);

    return 0;
}


/* Time goes on, on both clocks. */

static inline void
fixture_pass(fixture_t *fixture, int64_t ms)
{
    fixture->wall += ms;
    fixture->boot += ms;
}


/* The machine starts again: a new boot id, and the clock since boot at 0. */

static inline void
fixture_reboot(fixture_t *fixture, int clean)
{
    fixture_close(fixture, clean);
    fixture->conf.boot_id[0]++;
    fixture->boot = 1000;
    fixture_open(fixture);
}


static inline void
fixture_begin(fixture_t *fixture)
{
    fs_outcome_t  outcome;

    outcome = fs_pair_begin(fixture->store, &fixture->write);
    assert_string_equal(fs_outcome_code(outcome), "ok");

    fixture->writing = 1;
    fs_store_time(fixture->store, &fixture->now);
    fs_sheet_begin(&fixture->sheet, &fixture->write, fixture->crypto,
                   fixture->cache);
}


static inline void
fixture_commit(fixture_t *fixture)
{
    fs_outcome_t  outcome;

    outcome = fs_sheet_end(&fixture->sheet);
    assert_string_equal(fs_outcome_code(outcome), "ok");

    fixture->writing = 0;
    outcome = fs_pair_commit(&fixture->write, NULL);
    assert_string_equal(fs_outcome_code(outcome), "ok");
}


/* One command in a transaction of its own; the code of its outcome. */

static inline const char *
fixture_decide(fixture_t *fixture, const fs_command_t *command,
    const fs_operator_t *op)
{
    fixture_begin(fixture);
    fs_decide(&fixture->sheet, command, op, &fixture->now, &fixture->result);
    fixture_commit(fixture);

    return fs_outcome_code(fixture->result.outcome);
}


/* All that is due, in passes of `limit`; how many steps. */

static inline unsigned
fixture_timers(fixture_t *fixture, unsigned limit)
{
    unsigned  steps, done;

    done = 0;

    do {
        fixture_begin(fixture);
        steps = fs_decide_timers(&fixture->sheet, &fixture->now, limit);
        assert_true(steps <= limit);
        fixture_commit(fixture);
        done += steps;
        assert_true(done < 100000);
    } while (steps == limit);

    return done;
}


/* Words for commands. */

static inline void
fixture_buyer(uint8_t *buyer, unsigned number)
{
    memset(buyer, 0, FS_BUYER_LEN);
    fs_set_le32(buyer, number);
    buyer[FS_BUYER_LEN - 1] = 0xbb;
}


static inline void
fixture_reference(uint8_t *reference, unsigned number)
{
    memset(reference, 0, FS_REFERENCE_LEN);

    if (number != 0) {
        fs_set_be32(reference + 12, number);
        reference[0] = 0xee;
    }
}


/* A hold of one line. */

static inline void
fixture_hold(fs_command_t *command, unsigned buyer, uint32_t sale,
    uint32_t qty, unsigned key)
{
    memset(command, 0, sizeof(fs_command_t));
    command->type = FS_COMMAND_HOLD;
    fixture_buyer(command->buyer, buyer);
    fs_set_le32(command->key, key);
    command->term_ms = FIXTURE_TERM;
    command->lines_n = 1;
    command->lines[0].sale = sale;
    command->lines[0].qty = qty;
}


/* A hold of two lines: one unit of a, and some of b. */

static inline void
fixture_cart(fs_command_t *command, unsigned buyer, uint32_t a, uint32_t b,
    uint32_t qty_b)
{
    fixture_hold(command, buyer, a, 1, 0);
    command->lines_n = 2;
    command->lines[1].sale = b;
    command->lines[1].qty = qty_b;
}


static inline const char *
fixture_take(fixture_t *fixture, unsigned buyer, uint32_t sale, uint32_t qty,
    unsigned key)
{
    fs_command_t  command;

    fixture_hold(&command, buyer, sale, qty, key);

    return fixture_decide(fixture, &command, NULL);
}


/* Hold one unit where a commit may fail: its outcome. */

static inline fs_outcome_t
fixture_try(fixture_t *fixture, uint32_t sale, unsigned buyer)
{
    fs_command_t  command;
    fs_outcome_t  outcome;

    outcome = fs_pair_begin(fixture->store, &fixture->write);

    if (outcome != FS_OK) {
        return outcome;
    }

    fs_store_now(fixture->store, &fixture->now);
    fs_sheet_begin(&fixture->sheet, &fixture->write, fixture->crypto,
                   fixture->cache);
    fixture_hold(&command, buyer, sale, 1, buyer);
    fs_decide(&fixture->sheet, &command, NULL, &fixture->now,
              &fixture->result);

    outcome = fs_sheet_end(&fixture->sheet);

    if (outcome != FS_OK) {
        fs_pair_abort(&fixture->write);
        return outcome;
    }

    return fs_pair_commit(&fixture->write, NULL);
}


/* RELEASE, PAY: by the buyer with this number. */

static inline const char *
fixture_buyers(fixture_t *fixture, fs_command_type_t type, unsigned buyer,
    fs_seq_t hold)
{
    fs_command_t  command;

    memset(&command, 0, sizeof(fs_command_t));
    command.type = (uint8_t) type;
    command.hold = hold;
    command.term_ms = FIXTURE_PAY;
    fixture_buyer(command.buyer, buyer);

    return fixture_decide(fixture, &command, NULL);
}


static inline const char *
fixture_confirm(fixture_t *fixture, fs_seq_t hold, unsigned reference,
    int64_t paid_fen)
{
    fs_command_t  command;

    memset(&command, 0, sizeof(fs_command_t));
    command.type = FS_COMMAND_CONFIRM;
    command.hold = hold;
    command.paid_fen = paid_fen;
    fixture_reference(command.reference, reference);

    return fixture_decide(fixture, &command, NULL);
}


/* CANCEL, READY, PICK_UP; REFUNDED by a refund, of a payment (0: any). */

static inline const char *
fixture_order(fixture_t *fixture, fs_command_type_t type, fs_seq_t hold,
    unsigned refund, unsigned payment)
{
    fs_command_t  command;

    memset(&command, 0, sizeof(fs_command_t));
    command.type = (uint8_t) type;
    command.hold = hold;
    fixture_reference(command.reference, refund);
    fixture_reference(command.payment, payment);

    return fixture_decide(fixture, &command, NULL);
}


static inline fs_str_t
fixture_str(const char *s)
{
    fs_str_t  str;

    str.len = strlen(s);
    str.data = s;

    return str;
}


/* A definition to begin with: 10 units at 100 fen, no limit, open. */

static inline void
fixture_operator(fs_operator_t *op, const char *slug)
{
    memset(op, 0, sizeof(fs_operator_t));
    op->slug = fixture_str(slug);
    op->price_fen = 100;
    op->stock = 10;
}


static inline const char *
fixture_admin(fixture_t *fixture, fs_command_type_t type,
    const fs_operator_t *op, unsigned key)
{
    fs_command_t  command;

    memset(&command, 0, sizeof(fs_command_t));
    command.type = (uint8_t) type;
    memset(command.buyer, 0xad, FS_BUYER_LEN);
    fs_set_le32(command.key, key);

    return fixture_decide(fixture, &command, op);
}


/* The document of a pickup point. */

static inline const char *
fixture_point(fixture_t *fixture, const char *slug)
{
    fs_operator_t  op;

    memset(&op, 0, sizeof(fs_operator_t));
    op.kind = fixture_str("pickup");
    op.slug = fixture_str(slug);
    op.doc = fixture_str("{}");

    return fixture_admin(fixture, FS_COMMAND_DOCUMENT, &op, 0);
}


static inline int
fixture_has_point(fixture_t *fixture, const char *slug)
{
    uint32_t  number;

    fixture_begin(fixture);
    number = fs_sheet_number(&fixture->sheet, 'p', fixture_str(slug));
    fixture_abort(fixture);

    return number != 0;
}


/* A sale; its number. */

static inline uint32_t
fixture_define(fixture_t *fixture, const fs_operator_t *op)
{
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, op, 0),
                        "created");

    return fixture->result.sale;
}


/* A sale with so many units, at 100 fen each; limit 0: none.  Its number. */

static inline uint32_t
fixture_stocked(fixture_t *fixture, const char *slug, uint32_t stock,
    uint32_t limit)
{
    fs_operator_t  op;

    fixture_operator(&op, slug);
    op.stock = stock;
    op.limit = limit;

    return fixture_define(fixture, &op);
}


/* Rows, as a reader of the index would find them. */

static inline fs_sale_t
fixture_sale(fixture_t *fixture, uint32_t number)
{
    fs_sale_t  sale, *found;

    fixture_begin(fixture);
    found = fs_sheet_sale(&fixture->sheet, number);
    assert_non_null(found);
    sale = *found;
    fixture_abort(fixture);

    return sale;
}


/* What is held and sold of a sale; the rest is free. */

static inline void
fixture_units(fixture_t *fixture, uint32_t number, uint32_t held,
    uint32_t sold)
{
    fs_sale_t  sale;

    sale = fixture_sale(fixture, number);
    assert_int_equal(sale.held, held);
    assert_int_equal(sale.sold, sold);
    assert_int_equal(fs_sale_free(&sale), sale.stock - held - sold);
}


static inline const char *
fixture_state(fixture_t *fixture, fs_seq_t seq)
{
    fs_hold_t  hold;

    fixture_begin(fixture);
    assert_true(fs_sheet_hold(&fixture->sheet, seq, &hold));
    fixture_abort(fixture);

    return fs_hold_state_name(hold.state);
}


/* The entries from one position on: their types, joined by spaces. */

static inline const char *
fixture_entries(fixture_t *fixture, fs_seq_t after)
{
    size_t       len;
    uint64_t     key;
    fs_str_t     record;
    fs_entry_t   entry;

    static char  types[4096];

    fixture_begin(fixture);
    types[0] = '\0';

    for (key = after + 1; key <= fixture->sheet.seq; key++) {
        assert_true(fs_db_get(&fixture->write.log,
                              fixture->store->log_dbi[FS_LOG_LEDGER], &key,
                              sizeof(key), &record));
        assert_int_equal(fs_entry_decode(&entry, key, record.data,
                                         record.len), 0);
        len = strlen(types);
        snprintf(types + len, sizeof(types) - len, "%s%s",
                 (len == 0) ? "" : " ", fs_entry_type_name(entry.type));
    }

    fixture_abort(fixture);

    return types;
}


/* The last entry's position. */

static inline fs_seq_t
fixture_seq(fixture_t *fixture)
{
    fixture_begin(fixture);
    fixture_abort(fixture);

    return fixture->write.seq;
}


#endif /* FIXTURE_H */
