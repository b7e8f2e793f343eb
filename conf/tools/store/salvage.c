
/*
 * What can be had of a damaged log: all entries before the first that is
 * missing or does not follow from the one before, as a backup; and those
 * behind it as lines, for whoever has to settle them.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/entry_line.h"
#include "lmdb/env.h"
#include "read/read.h"
#include "salvage.h"
#include "vacant.h"


#define TOOL_SCRATCH  ".salvage"        /* below DIR, meanwhile */
#define TOOL_BEHIND   "behind.ndjson"

typedef struct {
    char                 path[PATH_MAX];        /* of the store */
    char                 log[PATH_MAX];         /* its log's file */
    char                 directory[PATH_MAX];   /* DIR */
    char                 damaged[PATH_MAX];     /* DIR/.salvage/damaged */
    char                 copy[PATH_MAX];        /* and data.mdb there */
    char                 store[PATH_MAX];       /* DIR/.salvage/store */
    char                 unfinished[PATH_MAX];
    char                 names[PATH_MAX];       /* a backup; "": none */
    int                  borrowed;      /* names and key are of that */
    tool_scan_t          scan;
    tool_rebuild_t       rebuild;
    fs_reader_t         *reader;
    fs_crypto_t         *crypto;
    uint64_t             told;          /* how many there were */
    uint64_t             behind;        /* entries that are left behind it */
    int64_t              behind_at;     /* of the last one */
    const char          *why;           /* the first one is not taken */
} tool_salvage_t;

static int tool_salvage_paths(tool_salvage_t *salvage, char **arguments);
static int tool_salvage_quiet(tool_salvage_t *salvage);
static int tool_salvage_clear(const tool_salvage_t *salvage);
static int tool_salvage_do(tool_salvage_t *salvage, char *to);
static int tool_salvage_source(tool_salvage_t *salvage);
static int tool_salvage_chain(tool_salvage_t *salvage);
static const char *tool_salvage_follows(tool_salvage_t *salvage,
    fs_seq_t seq, const uint8_t *previous, const fs_names_t *names,
    fs_entry_t *entry, char *line);
static int tool_salvage_behind(tool_salvage_t *salvage,
    const fs_names_t *names);
static int tool_salvage_log(tool_salvage_t *salvage);
static void tool_salvage_print(const tool_salvage_t *salvage, const char *to,
    const tool_manifest_t *manifest);


int
tool_salvage(char **arguments, const tool_options_t *options)
{
    int              code;
    char             to[PATH_MAX];
    tool_salvage_t   salvage;
    tool_manifest_t  manifest;

    memset(&salvage, 0, sizeof(salvage));

    if ((options->names && tool_path(options->names, salvage.names) == -1)
        || tool_salvage_paths(&salvage, arguments) == -1)
    {
        return TOOL_FAILED;
    }

    code = tool_salvage_quiet(&salvage);

    if (code == TOOL_DONE && tool_salvage_clear(&salvage) == -1) {
        code = TOOL_FAILED;
    }

    if (code != TOOL_DONE) {
        return code;
    }

    code = tool_salvage_do(&salvage, to);

    if (salvage.reader) {
        fs_reader_destroy(salvage.reader);
    }

    fs_crypto_destroy(salvage.crypto);

    if (salvage.rebuild.source) {
        fs_store_close(salvage.rebuild.source, 0);
    }

    tool_scan_free(&salvage.scan);

    if (code == TOOL_DONE) {
        code = tool_backup_finish(salvage.directory, to, &manifest);
    }

    if (tool_salvage_clear(&salvage) == 0 && code == TOOL_DONE) {
        tool_salvage_print(&salvage, to, &manifest);
    }

    return code;
}


static int
tool_salvage_paths(tool_salvage_t *salvage, char **arguments)
{
    char  scratch[PATH_MAX];

    if (tool_path(arguments[0], salvage->path) == -1
        || tool_become_writer(salvage->path, arguments[1],
                              salvage->directory) == -1
        || tool_lock(salvage->directory) == -1
        || tool_name(salvage->log, salvage->path, "log/data.mdb") == -1
        || tool_name(scratch, salvage->directory, TOOL_SCRATCH) == -1
        || tool_name(salvage->damaged, scratch, "damaged") == -1
        || tool_name(salvage->copy, salvage->damaged, "data.mdb") == -1
        || tool_name(salvage->store, scratch, "store") == -1)
    {
        return -1;
    }

    return 0;
}


/* Nobody writes to it: nobody is there, or they have found it damaged. */

static int
tool_salvage_quiet(tool_salvage_t *salvage)
{
    int         fd, damaged;
    char        log[PATH_MAX];
    fs_mark_t  *mark;

    damaged = 0;

    if (fs_mark_look(salvage->path, &fd, &mark) == 0) {
        damaged = atomic_load(&mark->damaged) != 0;
        salvage->told = fs_mark_known(mark) ? atomic_load(&mark->seq) : 0;
        fs_mark_close(fd, mark);
    }

    if (tool_name(log, salvage->path, "log") == -1) {
        return TOOL_FAILED;
    }

    return damaged || fs_env_unused(log)
           ? TOOL_DONE
           : tool_says(TOOL_REFUSED, "somebody has the store %s open, and "
                       "sells: stop each nginx that serves it",
                       salvage->path);
}


/* What is there meanwhile, and what an interrupted one has left. */

static int
tool_salvage_clear(const tool_salvage_t *salvage)
{
    char  log[PATH_MAX], scratch[PATH_MAX];

    static const char *const  files[] = { "data.mdb", "lock.mdb", "mark" };

    if (tool_name(log, salvage->store, "log") == -1
        || tool_name(scratch, salvage->directory, TOOL_SCRATCH) == -1)
    {
        return -1;
    }

    tool_vacant_index(salvage->store);

    if (tool_remove(log, files, 2) == -1
        || tool_remove(salvage->store, files, 3) == -1
        || tool_remove(salvage->damaged, files, 2) == -1
        || tool_remove(scratch, files, 0) == -1)
    {
        return tool_says(-1, "%s cannot be removed: %s", scratch,
                         strerror(errno));
    }

    return 0;
}


static int
tool_salvage_do(tool_salvage_t *salvage, char *to)
{
    int  code;

    if (tool_name(to, salvage->directory, TOOL_SCRATCH) == -1
        || tool_backup_begin(salvage->directory, salvage->unfinished) == -1)
    {
        return TOOL_FAILED;
    }

    if (mkdir(to, 0700) == -1 || mkdir(salvage->damaged, 0700) == -1) {
        return tool_says(TOOL_FAILED, "%s: %s", salvage->damaged,
                         strerror(errno));
    }

    code = tool_scan_copy(salvage->log, salvage->copy, &salvage->scan);

    if (code == TOOL_DONE && tool_scan_entries(&salvage->scan) == -1) {
        code = TOOL_FAILED;
    }

    if (code == TOOL_DONE) {
        code = tool_salvage_source(salvage);
    }

    if (code == TOOL_DONE) {
        code = tool_salvage_chain(salvage);
    }

    if (code == TOOL_DONE) {
        code = tool_rebuild(&salvage->rebuild, salvage->store);
    }

    return code == TOOL_DONE ? tool_salvage_log(salvage) : code;
}


/* Names and the store's key: without them no line is what it was. */

static int
tool_salvage_source(tool_salvage_t *salvage)
{
    char             message[FS_MESSAGE_MAX + 1];
    fs_store_t      *source;
    fs_outcome_t     outcome;
    fs_store_conf_t  conf;

    tool_conf_quiet(&conf, salvage->damaged);
    conf.reads = FS_READS_LEDGER;
    source = fs_store_log_only(&conf, FS_LOG_OF_BACKUP, &outcome, message);

    if (source == NULL && salvage->names[0]) {
        salvage->borrowed = 1;
        conf.path = salvage->names;
        source = fs_store_log_only(&conf, FS_LOG_OF_BACKUP, &outcome,
                                   message);

        if (source == NULL) {
            return tool_says(TOOL_FAILED, "%s", message);
        }
    }

    if (source == NULL) {
        return tool_says(TOOL_REFUSED, "%s has lost the page that leads to "
                         "its names, or its key, and no entry can be "
                         "verified without; in pages that are whole there "
                         "are entries up to %" PRIu64 ". Say --names with a "
                         "backup of this store, or put a backup in its place",
                         salvage->log, salvage->scan.last);
    }

    /* all that is found may be looked at */

    atomic_store(&source->mark->seq, UINT64_MAX);

    salvage->rebuild.source = source;
    salvage->rebuild.scan = &salvage->scan;
    salvage->reader = fs_reader_create(source);
    salvage->crypto = fs_crypto_create(source->store_key);

    return salvage->reader && salvage->crypto
           ? TOOL_DONE : tool_says(TOOL_FAILED, "no memory");
}


static int
tool_salvage_chain(tool_salvage_t *salvage)
{
    int            code;
    char           line[FS_ENTRY_JSON_MAX + 128];
    uint8_t        hash[FS_HASH_LEN];
    fs_seq_t       seq;
    MDB_dbi        dbi;
    MDB_stat       stat;
    fs_view_t      view;
    fs_entry_t     entry;
    fs_names_t     names;
    fs_outcome_t   outcome;

    dbi = salvage->rebuild.source->log_dbi[FS_LOG_LEDGER];
    outcome = fs_view_open_log(salvage->reader, &view);

    if (outcome != FS_OK) {
        return tool_says(TOOL_REFUSED, "%s cannot be read: %s", salvage->log,
                         fs_outcome_title(outcome));
    }

    fs_view_names(&view, salvage->crypto, &names);
    memset(hash, 0, sizeof(hash));

    for (seq = 1; seq <= salvage->scan.last; seq++) {

        salvage->why = tool_salvage_follows(salvage, seq, hash, &names,
                                            &entry, line);

        if (salvage->why) {
            break;
        }

        memcpy(hash, entry.hash, FS_HASH_LEN);
        salvage->rebuild.last = seq;
    }

    /* the ledger's tree counts, whatever has become of its pages */

    if (fs_guard_stat(view.log.txn, dbi, &stat) == 0
        && stat.ms_entries > salvage->told)
    {
        salvage->told = stat.ms_entries;
    }

    code = TOOL_DONE;

    if (salvage->rebuild.last == 0) {
        code = tool_says(TOOL_REFUSED, "%s: entry 1 %s: nothing can be "
                         "salvaged, put a backup in its place", salvage->log,
                         salvage->why ? salvage->why : "is missing");

    } else if (salvage->why) {
        code = tool_salvage_behind(salvage, &names);
    }

    fs_view_close(&view);

    return code;
}


/* NULL: the entry is there, and hashes to what it says over the one before;
 * line: what it is without its hash. */

static const char *
tool_salvage_follows(tool_salvage_t *salvage, fs_seq_t seq,
    const uint8_t *previous, const fs_names_t *names, fs_entry_t *entry,
    char *line)
{
    int         len;
    uint8_t     record[FS_ENTRY_SIZE];
    fs_entry_t  again;

    if (!tool_scan_entry(&salvage->scan, seq, entry, record)) {
        return "is in no page that is whole";
    }

    again = *entry;
    len = fs_entry_render(entry, names, line);

    if (len < 0) {
        return "names what has lost its name";
    }

    return fs_entry_chain(&again, previous, line, (size_t) len) == 0
           && memcmp(again.hash, entry->hash, FS_HASH_LEN) == 0
           ? NULL : "does not hash to what it says";
}


/*
 * Each by itself, as it is: what hashes to what it says over the one before,
 * if that is there, is what the shop wrote, and else nobody knows.
 */

static int
tool_salvage_behind(tool_salvage_t *salvage, const fs_names_t *names)
{
    int         len, bad;
    char        name[PATH_MAX], line[FS_ENTRY_JSON_MAX + 128];
    FILE       *file;
    uint8_t     record[FS_ENTRY_SIZE];
    fs_seq_t    seq;
    fs_entry_t  entry;

    if (tool_name(name, salvage->unfinished, TOOL_BEHIND) == -1) {
        return TOOL_FAILED;
    }

    file = fopen(name, "we");

    if (file == NULL) {
        return tool_says(TOOL_FAILED, "%s: %s", name, strerror(errno));
    }

    bad = 0;

    for (seq = salvage->rebuild.last + 1;
         !bad && seq <= salvage->scan.last;
         seq++)
    {
        if (!tool_scan_entry(&salvage->scan, seq, &entry, record)) {
            continue;
        }

        len = fs_entry_line(&entry, names, line);

        if (len < 0) {
            continue;
        }

        bad = fwrite(line, (size_t) len, 1, file) != 1;
        salvage->behind++;
        salvage->behind_at = entry.at;
    }

    bad |= fflush(file) != 0 || fsync(fileno(file)) == -1;

    if (bad) {
        tool_says(0, "%s cannot be written: %s", name, strerror(errno));
    }

    fclose(file);

    if (salvage->behind == 0) {
        (void) unlink(name);
    }

    return bad ? TOOL_FAILED : TOOL_DONE;
}


static int
tool_salvage_log(tool_salvage_t *salvage)
{
    int       rc, code;
    char      log[PATH_MAX], to[PATH_MAX];
    MDB_env  *env;

    if (tool_name(log, salvage->store, "log") == -1
        || tool_name(to, salvage->unfinished, "data.mdb") == -1)
    {
        return TOOL_FAILED;
    }

    rc = fs_env_open(&env, log, 0, 1, MDB_RDONLY|MDB_NOLOCK);

    if (rc) {
        return tool_says(TOOL_FAILED, "%s: %s", log, fs_db_strerror(rc));
    }

    code = tool_copy(env, log, to);
    mdb_env_close(env);

    return code;
}


static void
tool_salvage_print(const tool_salvage_t *salvage, const char *to,
    const tool_manifest_t *manifest)
{
    char      at[TOOL_TIME_LEN];
    fs_seq_t  last;

    last = salvage->rebuild.last;

    printf("%s: ", to);
    tool_print_ledger(&manifest->ledger);
    putchar('\n');

    if (salvage->why) {
        printf("entry %" PRIu64 " %s\n", last + 1, salvage->why);
    }

    if (salvage->behind) {
        tool_time(salvage->behind_at, at);
        printf("%" PRIu64 " entries behind it can be read, the last one of "
               "%s: " TOOL_BEHIND " has them, and the new log has not\n",
               salvage->behind, at);
    }

    if (salvage->told > last) {
        printf("the ledger had %" PRIu64 " entries\n", salvage->told);
    }

    if (salvage->scan.pages) {
        printf("%" PRIu64 " pages cannot be read from the disk\n",
               salvage->scan.pages);
    }

    if (salvage->borrowed) {
        printf("names, texts and titles are those of %s\n", salvage->names);
    }

    if (salvage->rebuild.lost) {
        printf("names or texts are missing: look through the shop's pages\n");
    }

    if (salvage->rebuild.titles) {
        printf("%" PRIu64 " sales have lost their titles: define them "
               "again\n", salvage->rebuild.titles);
    }
}
