
/*
 * Power cuts: records what a selling store asks of its disk, makes what a cut
 * could have left at any moment, and opens that.
 *
 *     power [seed [states [state]]]
 *
 * A state is made again from the seed and its number alone.
 */

#include "check.h"

#include <malloc.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "common/files.h"


#define POWER_STATES   10000
#define POWER_PER_RUN  200              /* states of one record */
#define POWER_RUNS     2                /* records in a row: the second begins
                                           with what a cut left */
#define POWER_CONTROL  100              /* states of each broken kind */
#define POWER_JOBS     2
#define POWER_FAILED   3                /* exit code */
#define POWER_SECONDS  20               /* of CPU time, for one state */
#define POWER_STUCK    600              /* by the clock, for one state */

/* What reached the disk of what had not been synced. */
typedef enum {
    POWER_NOTHING = 0,
    POWER_ALL,
    POWER_FIRST,                        /* up to one, which is torn */
    POWER_CALLS,                        /* some calls, whole */
    POWER_SECTORS,                      /* some sectors */
    POWER_BUT_ONE,                      /* all but one call */
    POWER_ONE,                          /* one call, torn */
    POWER_MODES_N
} power_mode_t;

/* What became of what was written through maps: index and mark. */
typedef enum {
    POWER_INDEX_NOW = 0,                /* that of the instant */
    POWER_INDEX_OLD,                    /* that of an earlier one */
    POWER_INDEX_MIXED,                  /* pages of two instants, or of this
                                           one and the last sync */
    POWER_INDEX_TORN,                   /* sectors of any */
    POWER_INDEX_NONE,
    POWER_INDEXES_N
} power_index_t;

typedef struct {
    unsigned long  number;
    size_t         position;
} power_item_t;

typedef struct {
    const disk_t  *disk;
    uint64_t       seed;
    power_mode_t   mode;
    power_index_t  index;
    unsigned       percent;             /* of calls or sectors that reach it */
    size_t         event;               /* FIRST, BUT_ONE, ONE: which call */
    size_t         older;               /* OLD, MIXED: the other instant */
} power_choice_t;

/* What a job has found; the job is a child, and shares it.  Numbers of states,
 * which check_t explains. */
typedef struct {
    size_t         item;                /* it works on */
    unsigned long  states;
    unsigned long  failed;
    unsigned long  lost;
    unsigned long  died;                /* LMDB crashed in a damaged tree */
    unsigned long  unfinished;          /* with calls that were not synced */
    unsigned long  more;
    unsigned long  trusted;
    unsigned long  remade;
    char           why[CHECK_WHY_MAX];
} power_found_t;

typedef struct {
    uint64_t        seed;
    unsigned long   states;
    long            only;               /* one state, or -1 */
    char            path[32];
    run_t           run;
    power_item_t   *items;
    size_t          items_n;
    power_found_t  *found;              /* POWER_JOBS */
    power_found_t   sum;
    unsigned        kills, shutdowns, records;
    size_t          acks, events;
    uint64_t        types[FS_ENTRY_TYPES_N];    /* entries, of all records */
} power_t;

static int power_chain(power_t *power, unsigned long chain);
static int power_control(power_t *power, run_kind_t kind);
static void power_path(const power_t *power, const char *name, char *path,
    size_t size);
static int power_everything(void *data, size_t event, uint32_t sector);
static int power_complete(power_t *power);
static void power_items(power_t *power, unsigned long first, unsigned long n);
static size_t power_position(const run_t *run, dice_t *dice);
static int power_compare(const void *one, const void *two);
static int power_choose(void *data, size_t event, uint32_t sector);
static void power_choice(const run_t *run, size_t position, dice_t *dice,
    power_choice_t *choice);
static void power_job(power_t *power, unsigned job, size_t from);
static int power_states(power_t *power);
static int power_state(power_t *power, cut_t *cut,
    const power_item_t *item, unsigned job, power_found_t *found);
static void power_limit(const power_t *power);


int
main(int argc, char **argv)
{
    int            rc;
    unsigned       kind;
    unsigned long  chain, per_chain;
    power_t        power;

    /* what LMDB callocs is large and hardly touched */

    mallopt(M_MMAP_THRESHOLD, 128 * 1024);

    memset(&power, 0, sizeof(power));
    power.seed = argc > 1 ? strtoull(argv[1], NULL, 10)
                          : (uint64_t) time(NULL);
    power.states = argc > 2 ? strtoul(argv[2], NULL, 10) : POWER_STATES;
    power.only = argc > 3 ? strtol(argv[3], NULL, 10) : -1;

    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("power: seed %llu, %lu states\n", (unsigned long long) power.seed,
           power.states);

    snprintf(power.path, sizeof(power.path), "%s/power-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(power.path));

    power.found = mmap(NULL, POWER_JOBS * sizeof(power_found_t),
                       PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(power.found, MAP_FAILED);

    rc = 0;
    per_chain = POWER_PER_RUN * POWER_RUNS;

    for (chain = 0; rc == 0 && chain * per_chain < power.states; chain++) {
        if (power.only == -1
            || (unsigned long) power.only / per_chain == chain)
        {
            rc = power_chain(&power, chain);
        }
    }

    if (rc == 0 && power.only == -1) {
        printf("power: %lu states held, of %u records with %zu calls and "
               "%zu acknowledgements, %u kills, %u shutdowns\n",
               power.sum.states, power.records, power.events, power.acks,
               power.kills, power.shutdowns);
        printf("power: %lu with calls that were not synced, %lu with the "
               "batch in flight, %lu whose index was trusted, %lu before "
               "there was a store\n", power.sum.unfinished, power.sum.more,
               power.sum.trusted, power.sum.remade);

        if (power.states >= POWER_STATES / 10
            && (power.sum.unfinished == 0 || power.sum.more == 0
                || power.sum.more == power.sum.states
                || power.sum.trusted == 0 || power.sum.remade == 0
                || run_missing(power.types) != NULL))
        {
            printf("power: FAILED: these states prove too little of %s\n",
                   run_missing(power.types) ? run_missing(power.types)
                                            : "cuts");
            rc = -1;
        }
    }

    for (kind = RUN_HONEST + 1;
         rc == 0 && power.only == -1 && kind < RUN_KINDS_N;
         kind++)
    {
        rc = power_control(&power, (run_kind_t) kind);
    }

    if (rc == 0 && power.only == -1) {
        files_remove(power.path);

    } else {
        printf("power: the files stay in %s\n", power.path);
    }

    return rc == 0 ? 0 : 1;
}


static int
power_chain(power_t *power, unsigned long chain)
{
    int              rc;
    char             root[64];
    run_t            old;
    dice_t           dice;
    cut_t           *cut;
    unsigned         i;
    size_t           position;
    unsigned long    first, n;
    power_choice_t   choice;

    rc = 0;
    memset(&old, 0, sizeof(old));

    for (i = 0; rc == 0 && i < POWER_RUNS; i++) {

        first = (chain * POWER_RUNS + i) * POWER_PER_RUN;
        n = power->states < first ? 0 : power->states - first;

        if (n == 0) {
            break;
        }

        power_path(power, i % 2 ? "run-b" : "run-a", root, sizeof(root));
        assert_int_equal(mkdir(root, 0700), 0);

        run_create(&power->run, root, RUN_HONEST,
                   power->seed * 1000003 + chain * POWER_RUNS + i);

        if (i) {
            dice_seed(&dice, power->seed + chain * 7919);
            position = power_position(&old, &dice);
            power_choice(&old, position, &dice, &choice);
            cut = cut_create(old.disk);
            cut_advance(cut, position);
            run_inherit(&power->run, &old, cut, position, power_choose,
                        &choice);
            cut_destroy(cut);
            files_remove(old.root);
            run_destroy(&old);
        }

        rc = run_live(&power->run);

        if (rc == 0) {
            rc = power_complete(power);
        }

        if (rc == 0) {
            power->records++;
            power->events += disk_events(power->run.disk);
            power->acks += power->run.shared->acks_n;
            power->kills += power->run.shared->kills;
            power->shutdowns += power->run.shared->shutdowns;
            run_count(&power->run, power->types);

            power_items(power, first, n < POWER_PER_RUN ? n : POWER_PER_RUN);
            rc = power_states(power);
            free(power->items);
        }

        if (rc == -1) {
            printf("power: FAILED in record %lu of seed %llu\n",
                   chain * POWER_RUNS + i, (unsigned long long) power->seed);
        }

        old = power->run;
    }

    if (old.disk) {
        if (rc == 0) {
            files_remove(old.root);
        }

        run_destroy(&old);
    }

    return rc;
}


/* What breaks the promise has to be found out. */

static int
power_control(power_t *power, run_kind_t kind)
{
    int            rc;
    char           root[64];
    power_found_t  honest;

    static const char  *names[] = {
        [RUN_SYNC_OFF] = "sync=off",
        [RUN_NO_DATA_SYNC] = "a disk without fdatasync",
        [RUN_NO_META_SYNC] = "a disk without O_DSYNC"
    };

    power_path(power, "control", root, sizeof(root));
    assert_int_equal(mkdir(root, 0700), 0);

    run_create(&power->run, root, kind, power->seed * 31 + kind);

    rc = run_live(&power->run);

    if (rc == 0) {
        honest = power->sum;
        memset(&power->sum, 0, sizeof(power->sum));
        power_items(power, 0, POWER_CONTROL);

        (void) power_states(power);

        printf("power: %s: of %lu states %lu lost what was acknowledged, "
               "%lu are damaged\n", names[kind], power->sum.states,
               power->sum.lost,
               power->sum.failed - power->sum.lost + power->sum.died);

        if ((kind == RUN_SYNC_OFF ? power->sum.lost : power->sum.failed)
            == 0)
        {
            printf("power: FAILED: that was to be found out\n");
            rc = -1;
        }

        free(power->items);
        power->sum = honest;
    }

    files_remove(root);
    run_destroy(&power->run);

    return rc;
}


static void
power_path(const power_t *power, const char *name, char *path, size_t size)
{
    assert_true((size_t) snprintf(path, size, "%s/%s", power->path, name)
                < size);
}


/* The record without a cut gives the files that are there: no write escaped
 * it. */

static int
power_everything(void *data, size_t event, uint32_t sector)
{
    (void) data;
    (void) event;
    (void) sector;

    return 1;
}


static int
power_complete(power_t *power)
{
    int       rc;
    char      path[64], command[256];
    disk_t   *disk;
    cut_t    *cut;

    power_path(power, "whole", path, sizeof(path));
    assert_int_equal(mkdir(path, 0700), 0);

    disk = disk_create(0, 0);
    cut = cut_create(power->run.disk);
    assert_non_null(disk);
    assert_non_null(cut);

    cut_advance(cut, disk_events(power->run.disk));
    assert_int_equal(cut_write(cut, power_everything, NULL, disk, path),
                     0);

    snprintf(command, sizeof(command), "diff -r -q -x lock.mdb '%s' '%s'",
             path, power->run.root);
    fflush(NULL);

    rc = system(command) == 0 ? 0 : -1;

    if (rc == -1) {
        printf("power: the record does not give these files\n");

    } else {
        files_remove(path);
    }

    cut_destroy(cut);
    disk_destroy(disk);

    return rc;
}


static void
power_items(power_t *power, unsigned long first, unsigned long n)
{
    dice_t         dice;
    unsigned long  i;

    power->items = calloc(n, sizeof(power_item_t));
    power->items_n = 0;
    assert_non_null(power->items);

    for (i = 0; i < n; i++) {

        if (power->only != -1 && first + i != (unsigned long) power->only) {
            continue;
        }

        dice_seed(&dice, power->seed * 1000003 + first + i);

        power->items[power->items_n].number = first + i;
        power->items[power->items_n].position
            = power_position(&power->run, &dice);
        power->items_n++;
    }

    qsort(power->items, power->items_n, sizeof(power_item_t), power_compare);
}


static int
power_compare(const void *one, const void *two)
{
    const power_item_t  *a = one, *b = two;

    if (a->position != b->position) {
        return a->position < b->position ? -1 : 1;
    }

    return a->number < b->number ? -1 : a->number > b->number;
}


/* Before or after some call; what was written through maps is between. */

static size_t
power_position(const run_t *run, dice_t *dice)
{
    size_t         i, events, calls;
    unsigned       wanted;
    const disk_t  *disk;

    disk = run->disk;
    events = disk_events(disk);
    calls = 0;

    for (i = run->begins; i < events; i++) {
        calls += !disk_event(disk, i)->mapped;
    }

    wanted = dice_below(dice, (unsigned) calls);

    if (dice_one_in(dice, 12)) {
        wanted = dice_below(dice, calls < 40 ? (unsigned) calls : 40);
    }

    for (i = run->begins; i < events; i++) {
        if (!disk_event(disk, i)->mapped && wanted-- == 0) {
            break;
        }
    }

    /* most is unsynced right before a sync */

    if (dice_one_in(dice, 3)) {
        while (i + 1 < events && disk_event(disk, i)->op != DISK_SYNC) {
            i++;
        }
    }

    return dice_one_in(dice, 4) ? i + 1 : i;
}


static void
power_choice(const run_t *run, size_t position, dice_t *dice,
    power_choice_t *choice)
{
    size_t  i, back;

    memset(choice, 0, sizeof(power_choice_t));

    choice->disk = run->disk;
    choice->seed = dice_next(dice);
    choice->mode = (power_mode_t) dice_below(dice, POWER_MODES_N);
    choice->index = (power_index_t) dice_below(dice, POWER_INDEXES_N);
    choice->percent = 10 + dice_below(dice, 81);
    choice->older = position - dice_below(dice, (unsigned) position / 2 + 1);

    if (choice->index == POWER_INDEX_MIXED && dice_one_in(dice, 2)) {
        choice->older = 0;
    }

    /* one of the last calls */

    back = dice_below(dice, 8);

    for (i = position; i > 0; i--) {
        if (!disk_event(run->disk, i - 1)->mapped && back-- == 0) {
            break;
        }
    }

    choice->event = i ? i - 1 : 0;
}


static int
power_choose(void *data, size_t event, uint32_t sector)
{
    int              coin;
    uint64_t         mixed;
    dice_t           dice;
    power_choice_t  *choice = data;

    const disk_event_t  *what;

    what = disk_event(choice->disk, event);

    /* each call, or each sector of it, has its own coin */

    mixed = event;

    if (what->mapped) {
        mixed = what->offset / DISK_PAGE;

        if (choice->index == POWER_INDEX_TORN) {
            mixed = event * 1031 + sector;
        }

    } else if (choice->mode == POWER_SECTORS || event == choice->event) {
        mixed = event * 1031 + sector;
    }

    dice_seed(&dice, choice->seed ^ (mixed * 0xd6e8feb86659fd93ULL));
    (void) dice_next(&dice);
    coin = dice_below(&dice, 100) < choice->percent;

    if (what->mapped) {
        switch (choice->index) {

        case POWER_INDEX_OLD:
            return event < choice->older;

        case POWER_INDEX_MIXED:
            return event < choice->older || coin;

        case POWER_INDEX_TORN:
            return coin;

        default:
            return 1;
        }
    }

    switch (choice->mode) {

    case POWER_NOTHING:
        return 0;

    case POWER_ALL:
        return 1;

    case POWER_FIRST:
        return event < choice->event || (event == choice->event && coin);

    case POWER_BUT_ONE:
        return event != choice->event;

    case POWER_ONE:
        return event == choice->event && coin;

    default:
        return coin;
    }
}


static int
power_states(power_t *power)
{
    int             status, rc;
    pid_t           pids[POWER_JOBS], pid;
    size_t          from[POWER_JOBS];
    unsigned        job, running;
    power_found_t  *found;

    memset(power->found, 0, POWER_JOBS * sizeof(power_found_t));
    memset(pids, 0, sizeof(pids));
    running = 0;
    fflush(NULL);

    for (job = 0; job < POWER_JOBS; job++) {
        from[job] = job;
    }

    for ( ;; ) {
        for (job = 0; job < POWER_JOBS; job++) {
            if (pids[job] == 0 && from[job] < power->items_n) {
                pids[job] = fork();
                assert_int_not_equal(pids[job], -1);

                if (pids[job] == 0) {
                    power_job(power, job, from[job]);
                    _exit(0);
                }

                running++;
            }
        }

        if (running == 0) {
            break;
        }

        pid = waitpid(-1, &status, 0);
        assert_int_not_equal(pid, -1);

        for (job = 0; job < POWER_JOBS; job++) {
            if (pids[job] != pid) {
                continue;
            }

            running--;
            pids[job] = 0;
            from[job] = power->items_n;

            if (status == 0) {
                break;
            }

            /* a state that failed, or killed it; another goes on */

            found = &power->found[job];
            found->states++;
            from[job] = found->item + POWER_JOBS;

            if (WIFEXITED(status) && WEXITSTATUS(status) == POWER_FAILED) {
                found->failed++;
                break;
            }

            found->died++;

            if (power->run.kind == RUN_HONEST) {
                printf("power: state %lu: the process ended with %d\n",
                       power->items[found->item].number, status);
            }
        }
    }

    rc = 0;

    for (job = 0; job < POWER_JOBS; job++) {
        found = &power->found[job];
        power->sum.states += found->states;
        power->sum.failed += found->failed;
        power->sum.unfinished += found->unfinished;
        power->sum.more += found->more;
        power->sum.trusted += found->trusted;
        power->sum.remade += found->remade;
        power->sum.died += found->died;
        power->sum.lost += found->lost;
        rc |= found->failed || found->died ? -1 : 0;
    }

    return rc;
}


static void
power_job(power_t *power, unsigned job, size_t from)
{
    cut_t          *cut;
    power_found_t  *found;

    found = &power->found[job];

    if (power->run.kind != RUN_HONEST) {

        /* a broken store may be loud */

        assert_non_null(freopen("/dev/null", "w", stderr));
    }

    cut = cut_create(power->run.disk);
    assert_non_null(cut);

    for (found->item = from; found->item < power->items_n;
         found->item += POWER_JOBS)
    {
        power_limit(power);
        cut_advance(cut, power->items[found->item].position);

        if (power_state(power, cut, &power->items[found->item], job, found)
            == -1)
        {
            if (power->run.kind == RUN_HONEST) {
                printf("power: state %lu (cut at %zu): %s\n"
                       "power: again: make test-power SEED=%llu STATES=%lu "
                       "STATE=%lu\n",
                       power->items[found->item].number,
                       power->items[found->item].position, found->why,
                       (unsigned long long) power->seed, power->states,
                       power->items[found->item].number);
            }

            _exit(POWER_FAILED);
        }

        found->states++;
    }

    cut_destroy(cut);
}


static int
power_state(power_t *power, cut_t *cut, const power_item_t *item,
    unsigned job, power_found_t *found)
{
    int             rc;
    char            name[32], path[64];
    dice_t          dice;
    check_t         check;
    power_choice_t  choice;

    dice_seed(&dice, power->seed * 999983 + item->number);
    power_choice(&power->run, item->position, &dice, &choice);

    snprintf(name, sizeof(name), "state-%u", job);
    power_path(power, name, path, sizeof(path));

    files_remove(path);
    assert_int_equal(mkdir(path, 0700), 0);

    memset(&check, 0, sizeof(check));
    check.run = &power->run;
    check.path = path;
    check.position = item->position;
    check.dice = &dice;
    check.disk = disk_create(0, 0);
    assert_non_null(check.disk);

    assert_int_equal(cut_write(cut, power_choose, &choice, check.disk,
                                 path), 0);

    if (choice.index == POWER_INDEX_NONE) {
        check_remove_indexes(path);
    }

    if (power->only != -1) {
        printf("power: state %lu: cut at %zu of %zu, %zu calls not synced; "
               "mode %d, event %zu, %u %%; index %d, before %zu\n",
               item->number, item->position, disk_events(power->run.disk),
               cut_pending(cut), choice.mode, choice.event,
               choice.percent, choice.index, choice.older);
    }

    rc = check_state(&check);

    disk_destroy(check.disk);

    found->unfinished += cut_pending(cut) != 0;
    found->more += check.more != 0;
    found->trusted += check.trusted != 0;
    found->remade += check.remade != 0;
    found->lost += check.lost != 0;
    memcpy(found->why, check.why, sizeof(check.why));

    if (rc == 0) {
        files_remove(path);
    }

    return rc;
}


/* A damaged tree may have no end: two seconds of the CPU for a broken kind. */

static void
power_limit(const power_t *power)
{
    unsigned           slower;
    const char        *value;
    struct itimerval   limit;

    value = getenv("TUANBO_SLOWER");
    slower = value && atoi(value) > 0 ? (unsigned) atoi(value) : 1;

    memset(&limit, 0, sizeof(limit));
    limit.it_value.tv_sec = (power->run.kind == RUN_HONEST ? POWER_SECONDS
                                                           : 2) * slower;
    assert_int_equal(setitimer(ITIMER_PROF, &limit, NULL), 0);

    alarm(POWER_STUCK * slower);
}
