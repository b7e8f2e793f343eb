
/*
 * Random commands, a clock that steps, reboots, aborted batches, stores that
 * are opened again and indexes that are folded again, against the oracle.
 *
 *     model [seed [commands]]
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/check.h"
#include "common/files.h"
#include "model.h"
#include "fold/fold.h"
#include "decide/decide.h"
#include "pair/pair.h"
#include "read/read.h"
#include "store/store.h"
#include "ledger/entry_line.h"


#define MODEL_COMMANDS  200000
#define MODEL_BATCH     64
#define MODEL_ASK       8


static model_t  model;


void
check_failed(const char *what, const char *file, int line,
    const char *format, ...)
{
    va_list  args;

    fprintf(stderr, "model: seed %llu, command %lu, %s:%d: %s: ",
            (unsigned long long) model.seed, model.commands, file, line,
            what);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
    fprintf(stderr, "model: the store stays in %s\n", model.path);
    exit(1);
}


static void
model_clock(void *data, int64_t *wall, int64_t *boot)
{
    model_t  *m = data;

    *wall = m->wall;
    *boot = m->boot;
}


static int
model_bytes(void *data, uint8_t *bytes, size_t len)
{
    model_t  *m = data;

    dice_bytes(&m->dice, bytes, len);

    return 0;
}


static void
model_log(void *data, fs_say_level_t level, const char *message)
{
    (void) data;

    /* not of the clock, which the model sets back on purpose */

    if (level == FS_SAY_ERROR && strstr(message, "behind the ledger") == NULL)
    {
        fprintf(stderr, "model: store: %s\n", message);
    }
}


void
model_open(model_t *m, unsigned chunk)
{
    char          message[257];
    fs_outcome_t  outcome;

    message[0] = '\0';
    m->store = fs_store_open(&m->conf, &outcome, message);
    check(m->store != NULL, "%s: %s", fs_outcome_code(outcome), message);

    outcome = fs_store_catch_up(m->store, chunk, NULL, NULL);
    check(outcome == FS_OK, "%s", fs_outcome_code(outcome));

    m->crypto = fs_crypto_create(m->store->store_key);
    m->reader = fs_reader_create(m->store);
    check(m->crypto != NULL && m->reader != NULL, "no memory");
}


void
model_close(model_t *m, int clean)
{
    fs_reader_destroy(m->reader);
    fs_crypto_destroy(m->crypto);
    fs_store_close(m->store, clean);
}


void
model_begin(model_t *m)
{
    fs_outcome_t  outcome;

    outcome = fs_pair_begin(m->store, &m->write);
    check(outcome == FS_OK, "%s", fs_outcome_code(outcome));

    fs_store_time(m->store, &m->oracle.now);
    fs_sheet_begin(&m->sheet, &m->write, m->crypto, m->cache);
}


void
model_commit(model_t *m)
{
    fs_outcome_t  outcome;

    outcome = fs_sheet_end(&m->sheet);
    check(outcome == FS_OK, "%s", fs_outcome_code(outcome));

    outcome = fs_pair_commit(&m->write, NULL);
    check(outcome == FS_OK, "%s", fs_outcome_code(outcome));
}


/* The oracle learns the numbers of what it has done.  follow: the entries are
 * a timer's, and it has not done it yet. */

static void
model_tell(model_t *m, int follow)
{
    fs_seq_t    seq;
    fs_entry_t  entry;

    for (seq = m->told + 1; seq <= m->sheet.seq; seq++) {
        check(fs_sheet_entry(&m->sheet, seq, &entry), "entry %llu",
              (unsigned long long) seq);

        check(!follow || oracle_follow(&m->oracle, &entry),
              "entry %llu: %s, which is not due", (unsigned long long) seq,
              fs_entry_type_name(entry.type));
        check(oracle_named(&m->oracle, &entry),
              "entry %llu: %s, which there is not",
              (unsigned long long) seq, fs_entry_type_name(entry.type));

        if (entry.type == FS_ENTRY_TERMS) {
            compare_terms(&m->oracle, &entry, m->sheet.log,
                          m->store->log_dbi);
        }
    }

    m->told = m->sheet.seq;
}


/* 1: a timer has written what the oracle does not do by itself: it depends on
 * the order, which is the engine's. */

static int
model_to_follow(model_t *m)
{
    fs_seq_t    seq;
    fs_entry_t  entry;

    for (seq = m->told + 1; seq <= m->sheet.seq; seq++) {
        check(fs_sheet_entry(&m->sheet, seq, &entry), "entry %llu",
              (unsigned long long) seq);

        switch (entry.type) {

        case FS_ENTRY_OWED:
            if (entry.reason != FS_REASON_GROUP_FAILED) {
                return 1;
            }

            break;

        case FS_ENTRY_SERVED:
        case FS_ENTRY_READY:
        case FS_ENTRY_PICKED_UP:
        case FS_ENTRY_SHORT:
        case FS_ENTRY_FROZEN:
        case FS_ENTRY_ACCEPTED:
        case FS_ENTRY_SETTLED:
            return 1;
        }
    }

    return 0;
}


void
model_timers(model_t *m)
{
    unsigned  limit, steps;

    do {
        limit = 1 + dice_below(&m->dice, dice_one_in(&m->dice, 2) ? 5 : 200);
        steps = fs_decide_timers(&m->sheet, &m->oracle.now, limit);
        check(steps <= limit && !m->sheet.failed, "%u steps of %u", steps,
              limit);

        if (dice_one_in(&m->dice, 4)) {
            model_commit(m);
            model_begin(m);
        }
    } while (steps != 0);

    if (model_to_follow(m)) {
        model_tell(m, 1);

    } else {
        oracle_timers(&m->oracle);
        model_tell(m, 0);
    }

    check(!oracle_due(&m->oracle), "something due was left");
}


/* A pass that comes to its limit: the rest is left, and the next commands find
 * it half done. */

static void
model_timers_some(model_t *m)
{
    unsigned  limit, steps;

    limit = 1 + dice_below(&m->dice, 4);
    steps = fs_decide_timers(&m->sheet, &m->oracle.now, limit);
    check(steps <= limit && !m->sheet.failed, "%u steps of %u", steps, limit);

    model_tell(m, 1);
}


static void
model_generate(model_t *m, generated_t *made)
{
    generate_t  generate;

    generate.dice = &m->dice;
    generate.oracle = &m->oracle;
    generate.wall = m->wall;

    generate_command(&generate, made);
}


/* Time goes on; now and then the wall clock steps. */

static void
model_pass(model_t *m)
{
    int64_t  ms;

    ms = dice_below(&m->dice, 500);

    if (dice_one_in(&m->dice, 20)) {
        ms += dice_below(&m->dice, 200000);
    }

    if (dice_one_in(&m->dice, 300)) {
        ms += dice_below(&m->dice, 3 * 86400) * 1000LL;
    }

    m->wall += ms;
    m->boot += ms;

    if (dice_one_in(&m->dice, 100)) {
        m->wall += (int64_t) dice_below(&m->dice, 600000) - 300000;
    }
}


/* 1: a view refuses the command, before it is decided; and how.  What was kept
 * of a view refuses with the same words, or not at all. */

static int
model_refused(model_t *m, const fs_command_t *command, fs_result_t *result)
{
    int          refused, recalled;
    fs_now_t     now;
    fs_view_t    view;
    fs_sheet_t   sheet;
    fs_result_t  again;

    if (command->type != FS_COMMAND_HOLD) {
        return 0;
    }

    fs_store_now(m->store, &now);
    recalled = 0;

    if (fs_view_recall(m->reader, m->view_cache, &view)) {
        fs_view_state(&view, &sheet, m->crypto, m->view_cache);
        recalled = fs_decide_refused(&sheet, &view, command, &now, &again);
        fs_view_close(&view);
    }

    check(fs_view_open(m->reader, &view) == FS_OK, "no view");
    fs_view_state(&view, &sheet, m->crypto, m->view_cache);
    refused = fs_decide_refused(&sheet, &view, command, &now, result);
    fs_view_close(&view);

    if (recalled) {
        m->recalled++;
        check(refused, "refused by what was kept, and not by a view");
        compare_refused(&again, result);
    }

    return refused;
}


/* In a rush many ask of one state, for the first time: here nobody decides
 * about them.  Who is refused by a view is refused again without. */

static void
model_ask(model_t *m)
{
    unsigned       i, j;
    fs_result_t    result;
    generated_t    made;
    unsigned long  recalled;

    for (i = 0; i < MODEL_ASK; i++) {
        model_generate(m, &made);

        for (j = 0; j < FS_BUYER_LEN; j++) {
            made.command.buyer[j] = (uint8_t) dice_below(&m->dice, 256);
        }

        if (model_refused(m, &made.command, &result)) {
            recalled = m->recalled;

            check(model_refused(m, &made.command, &result)
                  && m->recalled == recalled + 1, "nothing was kept");
        }
    }
}


static void
model_abandon(model_t *m)
{
    unsigned          i, n;
    fs_result_t       result;
    generated_t   made;

    m->aborted++;
    model_begin(m);
    n = 1 + dice_below(&m->dice, MODEL_BATCH);

    for (i = 0; i < n; i++) {
        model_generate(m, &made);
        fs_decide(&m->sheet, &made.command, made.has_op ? &made.op : NULL,
                  &m->oracle.now, &result);
    }

    (void) fs_decide_timers(&m->sheet, &m->oracle.now, 5);

    if (dice_one_in(&m->dice, 2)) {
        (void) fs_sheet_end(&m->sheet);
    }

    fs_pair_abort(&m->write);
}


static void
model_batch(model_t *m)
{
    int               refused;
    unsigned          i, n;
    fs_seq_t          begun;
    fs_result_t       result, view;
    oracle_answer_t   answer;
    generated_t   made;

    if (dice_one_in(&m->dice, 20)) {
        model_abandon(m);
    }

    if (dice_one_in(&m->dice, 4)) {
        model_ask(m);
    }

    n = 1 + dice_below(&m->dice, MODEL_BATCH);
    model_generate(m, &made);
    refused = model_refused(m, &made.command, &view);

    model_begin(m);

    for (i = 0; i < n; i++) {
        if (i > 0) {
            model_generate(m, &made);
            refused = 0;
        }

        begun = m->sheet.seq;
        fs_decide(&m->sheet, &made.command, made.has_op ? &made.op : NULL,
                  &m->oracle.now, &result);

        m->oracle.swept = oracle_swept(&made.command, &result,
                                       m->sheet.seq != begun);

        oracle_command(&m->oracle, &made.command,
                       made.has_op ? &made.op : NULL, &answer);

        compare_answer(&m->oracle, &made, m->sheet.seq, &result, &answer);
        model_tell(m, 0);
        check(!oracle_draw_slow(&m->oracle, &made.command, &answer),
              "a small draw was not done at once");

        if (refused) {
            m->refused++;
            compare_refused(&view, &result);
        }

        m->commands++;
        m->count[result.outcome]++;
    }

    if (dice_one_in(&m->dice, 3)) {
        model_timers_some(m);

    } else if (!dice_one_in(&m->dice, 4)) {
        model_timers(m);
    }

    model_commit(m);
}


/* The clock is so far behind the ledger that the engine does nothing until an
 * operator has accepted it: he does. */

static void
model_accept_clock(model_t *m)
{
    fs_result_t      result;
    generated_t  made;

    model_begin(m);

    do {
        model_generate(m, &made);
    } while (made.has_op);

    fs_decide(&m->sheet, &made.command, NULL, &m->oracle.now, &result);
    check(result.outcome == FS_CLOCK, "%s",
          fs_outcome_code(result.outcome));
    check(fs_decide_timers(&m->sheet, &m->oracle.now, 10) == 0, "timers");

    memset(&made, 0, sizeof(made));
    made.command.type = FS_COMMAND_CLOCK;
    fs_decide(&m->sheet, &made.command, &made.op, &m->oracle.now, &result);
    check(result.outcome == FS_OK, "%s", fs_outcome_code(result.outcome));
    m->count[FS_CLOCK]++;

    model_commit(m);
    model_begin(m);
    fs_pair_abort(&m->write);
}


static void
model_reboot(model_t *m)
{
    m->reboots++;

    /* the clock may go back: keys that were too old before are gone already */

    oracle_rebooted(&m->oracle, m->oracle.now.mono);

    model_close(m, dice_below(&m->dice, 2));
    m->conf.boot_id[0]++;
    m->boot = 1000;
    m->wall += dice_below(&m->dice, 100000);

    if (dice_one_in(&m->dice, 4)) {
        m->wall -= 700000 + dice_below(&m->dice, 1000000);
    }

    model_open(m, 500);

    if (m->store->clock_behind) {
        model_accept_clock(m);
    }

    fs_store_time(m->store, &m->oracle.now);
    check(m->oracle.now.mono == m->oracle.now.wall, "clocks at boot");
    oracle_boot(&m->oracle);
}


static void
model_create(model_t *m, uint64_t seed)
{
    memset(m, 0, sizeof(model_t));
    m->seed = seed;
    dice_seed(&m->dice, seed);
    m->wall = 1700000000000LL;
    m->boot = 5000;

    strcpy(m->path, "/tmp/model-XXXXXX");
    check(mkdtemp(m->path) != NULL, "no directory");

    m->conf.path = m->path;
    m->conf.map_size = (size_t) 2 << 30;
    m->conf.readers = 16;
    m->conf.generation = 500;
    m->conf.clock = model_clock;
    m->conf.random = model_bytes;
    m->conf.refund_ms = ORACLE_REFUND_MS;
    m->conf.given_ms = ORACLE_GIVEN_MS;
    m->conf.claim_ms = ORACLE_CLAIM_MS;
    m->conf.auto_fen = ORACLE_AUTO_FEN;
    m->conf.auto_claims = ORACLE_AUTO_CLAIMS;
    m->conf.auto_ms = ORACLE_AUTO_MS;
    m->conf.replay = &fs_replay;
    m->conf.log = model_log;
    m->conf.data = m;
    m->conf.boot_id[0] = 1;

    m->cache = fs_sheet_cache_create();
    m->view_cache = fs_sheet_cache_create();
    check(m->cache != NULL && m->view_cache != NULL, "no memory");

    model_open(m, 1000);
}


static void
model_destroy(model_t *m)
{
    model_close(m, 1);
    fs_sheet_cache_destroy(m->cache);
    fs_sheet_cache_destroy(m->view_cache);
    oracle_free_holds(&m->oracle);
    files_remove(m->path);
}


/* The ledger as it is published: for a checker that knows nothing of us. */

static void
model_publish(model_t *m, const char *path)
{
    int         len;
    char        line[FS_ENTRY_JSON_MAX + 128];
    FILE       *file;
    fs_seq_t    seq;
    fs_entry_t  entry;

    file = fopen(path, "w");
    check(file != NULL, "%s", path);

    model_begin(m);

    for (seq = 1; seq <= m->sheet.seq; seq++) {
        check(fs_sheet_entry(&m->sheet, seq, &entry), "entry %llu",
              (unsigned long long) seq);
        len = fs_entry_line(&entry, &m->sheet.names, line);
        check(len > 0 && fwrite(line, 1, (size_t) len, file) == (size_t) len,
              "entry %llu is not published", (unsigned long long) seq);
    }

    model_commit(m);
    check(fclose(file) == 0, "%s", path);
}


int
main(int argc, char **argv)
{
    unsigned        i;
    model_t        *m;
    uint64_t        seed;
    unsigned long   commands, batches, rebuild_at;

    seed = (argc > 1 && argv[1][0] != '\0')
           ? strtoull(argv[1], NULL, 10)
           : (uint64_t) time(NULL) * 1000 + (uint64_t) getpid();
    commands = (argc > 2 && argv[2][0] != '\0')
               ? strtoul(argv[2], NULL, 10) : MODEL_COMMANDS;

    printf("model: seed %llu, %lu commands\n", (unsigned long long) seed,
           commands);
    fflush(stdout);

    m = &model;
    model_create(m, seed);
    rebuild_at = 500;

    for (batches = 0; m->commands < commands; batches++) {
        model_pass(m);
        model_batch(m);
        model_check(m, batches % 500 == 0);

        if (dice_one_in(&m->dice, 200)) {
            model_reboot(m);

        } else if (dice_one_in(&m->dice, 200)) {
            model_close(m, dice_below(&m->dice, 2));
            model_open(m, 500);
        }

        if (m->commands >= rebuild_at) {
            model_rebuild(m);
            rebuild_at *= 3;
        }
    }

    model_rebuild(m);
    model_check(m, 1);

    for (i = 0; i < FS_OUTCOMES_N; i++) {
        if (m->count[i] != 0) {
            printf("model: %8lu answers %s\n", m->count[i],
                   fs_outcome_code(i));
        }
    }

    for (i = 0; i < FS_ENTRY_TYPES_N; i++) {
        if (m->entries[i] != 0) {
            printf("model: %8lu entries %s\n", m->entries[i],
                   fs_entry_type_name(i));
        }
    }

    printf("model: %llu entries, %u sales, %zu holds, %lu refused by a view, "
           "%lu by what was kept of one, %u reboots, %u indexes folded again, "
           "%u batches aborted\n",
           (unsigned long long) m->checked, m->oracle.sales_n,
           m->oracle.holds_n, m->refused, m->recalled, m->reboots, m->rebuilt,
           m->aborted);

    if (argc > 3) {
        model_publish(m, argv[3]);
    }

    model_destroy(m);

    return 0;
}
