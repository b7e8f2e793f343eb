
/*
 * The lives before a power cut.  See run.h.
 */

#include "commands.h"
#include "run.h"

#include <signal.h>
#include <sys/wait.h>

#include "store/mark.h"
#include "lead/lead.h"
#include "lead/ring.h"
#include "log/log.h"
#include "pair/pair.h"
#include "read/read.h"


#define RUN_EPOCH   1700000000000LL
#define RUN_TRIES   20

typedef enum {
    RUN_CLEAN = 0,                      /* closed, the marker is left */
    RUN_DIRTY,                          /* exits without a word */
    RUN_KILLED,                         /* at one of its calls */
    RUN_ENDS_N
} run_end_t;

typedef struct {
    unsigned       passes;
    run_end_t      end;
    unsigned       kill_at;             /* calls */
    int            last;                /* the ledger is read */
} run_life_t;

/* of this process */
static fs_store_t  *run_store;
static fs_seq_t     run_opened;         /* the last entry at its opening */
static unsigned     run_calls;
static unsigned     run_kill_at;

static void run_hook(void *data, disk_call_t *call);
static void run_point_hook(void *data, fs_point_t point);
static void run_new_boot(run_t *run);
static void run_new_rings(run_t *run);
static int run_life(run_t *run, const run_life_t *life);
static void run_child(run_t *run, const run_life_t *life);
static void run_pass(run_t *run, fs_leader_t *leader);
static void run_push(run_t *run, unsigned n, int64_t *enqueued);
static void run_take(run_t *run);
static void run_ack(run_t *run, const fs_command_t *command,
    const fs_result_t *result);
static void run_lower(run_t *run);


void
run_create(run_t *run, const char *root, run_kind_t kind, uint64_t seed)
{
    void  *p;

    memset(run, 0, sizeof(run_t));
    snprintf(run->root, sizeof(run->root), "%s", root);
    run->kind = kind;
    dice_seed(&run->dice, seed);

    run->disk = disk_create(RUN_EVENTS_MAX, RUN_BYTES_MAX);
    assert_non_null(run->disk);

    p = mmap(NULL, sizeof(run_shared_t), PROT_READ|PROT_WRITE,
             MAP_SHARED|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0);
    assert_ptr_not_equal(p, MAP_FAILED);

    run->shared = p;
    run->shared->world.wall = RUN_EPOCH;
    dice_seed(&run->shared->world.dice, seed + 1);
    run_new_boot(run);
}


void
run_destroy(run_t *run)
{
    shop_rings_free(run->rings);
    disk_destroy(run->disk);
    munmap(run->shared, sizeof(run_shared_t));
}


void
run_inherit(run_t *run, const run_t *old, cut_t *cut, size_t position,
    cut_choice_t choice, void *data)
{
    size_t         i;
    int64_t        wall;
    fs_seq_t       least, most;
    run_ack_t     *ack;
    run_shared_t  *shared, *before;

    shared = run->shared;
    before = old->shared;

    run_bounds(old, position, &least, &most, &wall);

    shared->world.wall = wall;
    shared->points[0].seq = least;
    shared->points[0].wall = wall;
    shared->points_n = 1;

    for (i = 0; i < before->acks_n; i++) {
        if (before->acks[i].position <= position) {
            ack = &shared->acks[shared->acks_n++];
            *ack = before->acks[i];
            ack->position = 0;
        }
    }

    assert_int_equal(cut_write(cut, choice, data, run->disk, run->root),
                     0);
    disk_import(run->disk, run->root);
    run->begins = disk_events(run->disk);
}


static void
run_new_boot(run_t *run)
{
    run_boot(&run->shared->world, &run->dice);
    run_new_rings(run);
}


static void
run_new_rings(run_t *run)
{
    if (run->rings) {
        shop_rings_free(run->rings);
    }

    run->rings = shop_rings(RUN_RINGS, RUN_QUEUE);
    memset(run->shared->asked, 0, sizeof(fs_command_t)
                                  * run->shared->asked_n);
}


int
run_live(run_t *run)
{
    unsigned       i, lives;
    run_life_t     life;
    run_shared_t  *shared;

    shared = run->shared;
    lives = 2 + dice_below(&run->dice, 4);

    disk_set_hook(run->disk, run_hook, run);

    for (i = 0; i < lives; i++) {
        memset(&life, 0, sizeof(life));
        life.passes = 4 + dice_below(&run->dice, 24);
        life.end = (run_end_t) dice_below(&run->dice, RUN_ENDS_N);
        life.last = i + 1 == lives;

        if (life.last) {
            life.end = (run_end_t) dice_below(&run->dice, RUN_KILLED);

        } else if (life.end == RUN_KILLED) {
            life.kill_at = 1 + dice_below(&run->dice, life.passes * 8 + 60);
        }

        if (run_life(run, &life) == -1) {
            return -1;
        }

        if (life.last) {
            break;
        }

        if (dice_below(&run->dice, 10)
            < (life.end == RUN_CLEAN ? 7u : 2u))
        {
            disk_look(run->disk);
            disk_shutdown(run->disk);
            shared->world.wall += 1000 + dice_below(&run->dice, 60000);
            shared->shutdowns++;
            run_new_boot(run);

        } else if (dice_one_in(&run->dice, 2)) {
            run_new_rings(run);
        }
    }

    disk_look(run->disk);
    disk_record(run->disk, 0);

    return 0;
}


static int
run_life(run_t *run, const run_life_t *life)
{
    int       status;
    pid_t     pid;
    uint64_t  seed;

    seed = dice_next(&run->dice);
    fflush(NULL);
    pid = fork();
    assert_int_not_equal(pid, -1);

    if (pid == 0) {
        dice_seed(&run->dice, seed);
        run_child(run, life);
        _exit(0);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);

    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL
        && life->end == RUN_KILLED)
    {
        run->shared->kills++;
        return 0;
    }

    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return 0;
    }

    fprintf(stderr, "power: a life before the cut ended with %d\n", status);

    return -1;
}


static void
run_child(run_t *run, const run_life_t *life)
{
    int              i;
    char             message[257];
    unsigned         pass;
    fs_leader_t     *leader;
    fs_outcome_t     outcome;
    fs_store_conf_t  conf;

    run_calls = 0;
    run_kill_at = life->kill_at;

    disk_watch(run->disk, run->root);
    run_conf(&run->shared->world, &conf, run->root);
    conf.sync = run->kind != RUN_SYNC_OFF;

    if (run_schema_at(run->shared, disk_events(run->disk)) != FS_SCHEMA) {
        run_schema(run->shared, disk_events(run->disk), 0);
    }

    run_store = fs_store_open(&conf, &outcome, message);

    if (run_store == NULL) {
        run_failed("open", message);
    }

    run_opened = atomic_load(&run_store->mark->seq);
    leader = fs_leader_create(run_store, run->rings);

    if (leader == NULL) {
        run_failed("commit", "no memory");
    }

    fs_leader_set_hook(leader, run_point_hook, run);
    run_point(run);

    for (i = 0; i < RUN_RINGS; i++) {
        if (fs_ring_claim(run->rings) != i) {
            run_failed("claim", "another ring");
        }

        outcome = fs_leader_inherit(leader, i);

        if (outcome != FS_OK) {
            run_failed("settle", fs_outcome_code(outcome));
        }
    }

    run_take(run);
    run_point(run);

    while (run->shared->sales < RUN_SALES) {
        run_define(run, leader);
    }

    while (run->shared->sales < RUN_ALL) {
        run_give(run, leader);
    }

    for (pass = 0; pass < life->passes; pass++) {
        run->shared->world.wall += 1 + dice_below(&run->dice, 400);
        run->shared->world.boot += 1 + dice_below(&run->dice, 400);

        if (dice_one_in(&run->dice, 25)) {
            run->shared->world.wall += 40000;
            run->shared->world.boot += 40000;
        }

        if (dice_one_in(&run->dice, 10)) {
            run_operator(run, leader);
        }

        run_pass(run, leader);
    }

    if (life->last
        && run_ledger(run->shared, run_store, message, sizeof(message)) == -1)
    {
        run_failed("ledger", message);
    }

    fs_leader_destroy(leader);

    if (!life->last && dice_one_in(&run->dice, 2)) {
        run_lower(run);
    }

    fs_store_close(run_store, life->end == RUN_CLEAN);
    run_store = NULL;
}


/* The mark as somebody could see it now; and here ends a life. */

static void
run_hook(void *data, disk_call_t *call)
{
    size_t         position;
    run_t         *run = data;
    run_shared_t  *shared;

    shared = run->shared;
    position = disk_events(run->disk);

    if (run_store && position < RUN_EVENTS_MAX) {
        shared->shown[position] = atomic_load(&run_store->mark->seq);
    }

    if (++run_calls == run_kill_at) {
        kill(getpid(), SIGKILL);
    }

    if (call->op == DISK_SYNC && strcmp(call->path, "log/data.mdb") == 0) {
        call->lie = call->through ? run->kind == RUN_NO_META_SYNC
                                  : run->kind == RUN_NO_DATA_SYNC;
    }
}


/* At some points of a pass the kernel's view of the maps is noted. */

static void
run_point_hook(void *data, fs_point_t point)
{
    run_t  *run = data;

    (void) point;

    if (dice_one_in(&run->dice, 3)) {
        disk_look(run->disk);
    }
}


static void
run_pass(run_t *run, fs_leader_t *leader)
{
    unsigned        n;
    int64_t         enqueued;
    fs_pass_t       pass;

    static const unsigned  sizes[] = { 2, 2, 5, 5, 15, 15, 40, 200 };

    enqueued = run->shared->world.wall * 1000;
    n = 1 + dice_below(&run->dice, sizes[dice_below(&run->dice, 8)]);

    run_push(run, n, &enqueued);

    do {
        fs_leader_pass(leader, NULL, &pass);

        if (pass.outcome != FS_OK) {
            run_failed("pass", fs_outcome_code(pass.outcome));
        }

        run_take(run);
        run_point(run);

    } while (pass.more);
}


static void
run_push(run_t *run, unsigned n, int64_t *enqueued)
{
    unsigned        ring;
    run_shared_t   *shared;
    fs_outcome_t    outcome;
    fs_command_t   *command;

    shared = run->shared;

    while (n--) {
        if (shared->asked_n == RUN_ASKED_MAX) {
            run_failed("push", "too many commands");
        }

        command = &shared->asked[shared->asked_n];

        if (shared->acks_n && dice_one_in(&run->dice, 3)) {
            run_order(run, command);

        } else {
            run_hold(shared, &run->dice, command);
        }

        ring = dice_below(&run->dice, RUN_RINGS);
        outcome = fs_ring_push(run->rings, (int) ring, command,
                               shared->asked_n, ++*enqueued);
        if (outcome != FS_OK) {
            run_failed("push", fs_outcome_code(outcome));
        }

        shared->asked_n++;
    }
}


static void
run_take(run_t *run)
{
    int            i;
    fs_slot_t     *slot;
    fs_command_t  *command;

    for (i = 0; i < RUN_RINGS; i++) {
        while ((slot = fs_ring_pop(run->rings, i)) != NULL) {
            command = &run->shared->asked[slot->token];
            run_ack(run, command, &slot->result);
            command->type = FS_COMMAND_NONE;
            fs_ring_pop_done(run->rings, i);
        }
    }
}


static void
run_ack(run_t *run, const fs_command_t *command, const fs_result_t *result)
{
    run_ack_t     *ack;
    run_shared_t  *shared;

    shared = run->shared;

    if (fs_outcome_status(result->outcome) >= 500) {
        run_failed("a command", fs_outcome_code(result->outcome));
    }

    if (fs_outcome_status(result->outcome) >= 300
        || result->outcome == FS_REPLAYED)
    {
        return;
    }

    if (shared->acks_n == RUN_ACKS_MAX) {
        run_failed("an answer", "too many");
    }

    ack = &shared->acks[shared->acks_n];
    ack->position = disk_events(run->disk);
    ack->command = *command;
    ack->hold = result->hold.seq;
    ack->seq = atomic_load(&run_store->mark->seq);
    ack->amount_fen = fs_hold_amount(&result->hold);
    shared->acks_n++;
}


void
run_point(run_t *run)
{
    run_point_t   *point;
    run_shared_t  *shared;

    shared = run->shared;

    if (shared->points_n == RUN_POINTS_MAX) {
        run_failed("a point", "too many");
    }

    point = &shared->points[shared->points_n];
    point->position = disk_events(run->disk);
    point->seq = atomic_load(&run_store->mark->seq);
    point->wall = shared->world.wall;
    shared->points_n++;

    /*
     * A life that was killed between a write and its sync has left a schema
     * that the next one reads, and that no disk has yet.  It has with what
     * the next one commits.
     */

    if (point->seq > run_opened
        && run_schema_at(shared, point->position) == 0)
    {
        run_schema(shared, point->position, atomic_load(&run_store->schema));
    }
}


/* As a program of before leaves the store: the next opening raises it. */

static void
run_lower(run_t *run)
{
    uint8_t       row[4];
    fs_pair_t     write;
    fs_outcome_t  outcome;

    fs_set_le32(row, FS_SCHEMA_FIRST);
    run_schema(run->shared, disk_events(run->disk), 0);
    outcome = fs_log_lock(run_store, &write);

    if (outcome == FS_OK) {
        fs_db_put(&write.log, run_store->log_dbi[FS_LOG_META],
                  FS_META_SCHEMA, sizeof(FS_META_SCHEMA) - 1, row,
                  sizeof(row), 0);
        outcome = fs_log_commit(&write);
    }

    if (outcome != FS_OK) {
        run_failed("lower", fs_outcome_code(outcome));
    }

    run_schema(run->shared, disk_events(run->disk), FS_SCHEMA_FIRST);
}


void
run_failed(const char *what, const char *detail)
{
    fprintf(stderr, "power: before the cut, %s: %s\n", what, detail);
    _exit(1);
}


void
run_bounds(const run_t *run, size_t position, fs_seq_t *least,
    fs_seq_t *most, int64_t *wall)
{
    size_t               i;
    const run_shared_t  *shared;

    shared = run->shared;
    *least = 0;
    *most = shared->last;
    *wall = shared->world.wall;

    for (i = 0; i < shared->points_n; i++) {
        if (shared->points[i].position > position) {
            *most = shared->points[i].seq;
            *wall = shared->points[i].wall;
            break;
        }

        if (shared->points[i].seq > *least) {
            *least = shared->points[i].seq;
        }
    }

    for (i = 0; i < shared->acks_n; i++) {
        if (shared->acks[i].position <= position
            && shared->acks[i].seq > *least)
        {
            *least = shared->acks[i].seq;
        }
    }

    for (i = 0; i <= position; i++) {
        if (shared->shown[i] > *least) {
            *least = shared->shown[i];
        }
    }
}


int
run_ledger(run_shared_t *shared, fs_store_t *store, char *why, size_t size)
{
    size_t        i, n;
    fs_seq_t      after;
    fs_view_t     view;
    run_ack_t    *ack;
    fs_entry_t    entries[64], *entry;
    fs_reader_t  *reader;

    reader = fs_reader_create(store);

    if (reader == NULL || fs_view_open(reader, &view) != FS_OK) {
        snprintf(why, size, "no view");
        return -1;
    }

    after = 0;

    while ((n = fs_view_entries(&view, after, 64, entries)) != 0) {
        for (i = 0; i < n; i++) {
            entry = &entries[i];

            if (entry->seq != after + 1 || entry->seq >= RUN_SEQ_MAX) {
                snprintf(why, size, "entry %llu is missing",
                         (unsigned long long) after + 1);
                return -1;
            }

            memcpy(shared->hashes[entry->seq], entry->hash, FS_HASH_LEN);
            shared->types[entry->type]++;
            after = entry->seq;
        }
    }

    shared->last = after;

    for (i = 0; i < shared->acks_n; i++) {
        ack = &shared->acks[i];

        if (ack->command.type != FS_COMMAND_HOLD) {
            continue;
        }

        for (after = ack->hold;
             after < ack->hold + ack->command.lines_n;
             after++)
        {
            if (fs_view_entries(&view, after - 1, 1, entries) != 1
                || (entries[0].type != FS_ENTRY_HELD
                    && entries[0].type != FS_ENTRY_QUEUED
                    && entries[0].type != FS_ENTRY_GRANTED)
                || entries[0].hold != ack->hold
                || memcmp(entries[0].id1, ack->command.buyer, FS_BUYER_LEN)
                   != 0)
            {
                snprintf(why, size, "entry %llu is not of the hold that was "
                         "acknowledged", (unsigned long long) after);
                return -1;
            }
        }
    }

    fs_view_close(&view);
    fs_reader_destroy(reader);

    return 0;
}
