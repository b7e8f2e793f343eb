
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lmdb/check.h"
#include "lmdb/env.h"
#include "log/life.h"
#include "read/audit.h"
#include "tool.h"


/* entries of a snapshot: so many pages are kept for no longer than that */
#define TOOL_RANGE  4096

static int tool_ledger_end(fs_store_t *store, const char *name,
    tool_ledger_t *ledger);


int
tool_ledger(fs_store_t *store, const char *name, tool_ledger_t *ledger)
{
    int         rc;
    char        why[FS_ENV_WHY_MAX];
    fs_audit_t  audit;

    rc = fs_check_env(store->log, 1, why);

    if (rc) {
        return tool_says(rc == -1 || fs_db_damaged(rc) ? TOOL_REFUSED
                                                       : TOOL_FAILED,
                         "%s %s%s", name, rc == -1 ? "" : "cannot be read: ",
                         rc == -1 ? why : fs_db_strerror(rc));
    }

    fs_audit_run(store, TOOL_RANGE, NULL, &audit);

    ledger->last = audit.last_seq;
    ledger->sales = audit.sales_n;
    memcpy(ledger->hash, audit.hash, FS_HASH_LEN);
    fs_audit_free(&audit);

    if (audit.problem[0]) {
        return tool_says(TOOL_REFUSED, "%s: %s", name, audit.problem);
    }

    if (!audit.ok) {
        return tool_says(TOOL_FAILED, "%s cannot be read just now: %s", name,
                         fs_outcome_title(audit.outcome));
    }

    return tool_ledger_end(store, name, ledger);
}


static int
tool_ledger_end(fs_store_t *store, const char *name, tool_ledger_t *ledger)
{
    int         rc;
    fs_txn_t    log;
    fs_entry_t  entry;

    ledger->schema = atomic_load(&store->schema);
    ledger->lives = fs_life_count(store);
    ledger->epoch = fs_life_epoch(store, ledger->last);
    ledger->at = 0;

    memset(&log, 0, sizeof(log));
    rc = fs_guard_begin(store->log, MDB_RDONLY, &log.txn);

    if (rc == 0) {
        rc = fs_log_entry(store, &log, ledger->last, &entry) == 1 ? 0 : -1;
        mdb_txn_abort(log.txn);
    }

    if (rc) {
        return tool_says(TOOL_REFUSED, "%s: entry %" PRIu64 " cannot be read",
                         name, ledger->last);
    }

    ledger->at = entry.at;

    return TOOL_DONE;
}


int
tool_open_log(const char *path, fs_log_kind_t kind, fs_store_t **store)
{
    char             message[FS_MESSAGE_MAX + 1];
    fs_outcome_t     outcome;
    fs_store_conf_t  conf;

    tool_conf(&conf, path);
    conf.reads = FS_READS_LEDGER;
    *store = fs_store_log_only(&conf, kind, &outcome, message);

    if (*store == NULL) {
        return tool_says(outcome == FS_NOT_READY ? TOOL_REFUSED
                                                 : TOOL_FAILED,
                         "%s", message);
    }

    return TOOL_DONE;
}


int
tool_ledger_at(const char *path, fs_log_kind_t kind, tool_ledger_t *ledger)
{
    int              code;
    fs_store_t      *store;

    code = tool_open_log(path, kind, &store);

    if (code != TOOL_DONE) {
        return code;
    }

    code = tool_ledger(store, path, ledger);
    fs_store_close(store, 0);

    return code;
}


void
tool_print_ledger(const tool_ledger_t *ledger)
{
    char  time[TOOL_TIME_LEN], hash[TOOL_HEX_LEN];

    tool_time(ledger->at, time);
    tool_hex(ledger->hash, FS_HASH_LEN, hash);

    printf("%" PRIu64 " entries, the last one of %s, hash %s, the units of "
           "%zu sales add up", ledger->last, time, hash, ledger->sales);
}
