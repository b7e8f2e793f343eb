
/*
 * Another place for a store, or another size: what nginx's conf has to say
 * then is said, as only whoever writes it can change that.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lmdb/env.h"
#include "tool.h"
#include "vacant.h"


/* as flashsale_store takes it, in MiB */
#define TOOL_SIZE_MIN  16
#define TOOL_SIZE_MAX  (16384ULL << 10)

/* what a store consists of but for what is made again; the log is last: what
 * has a log is whole */
static const char *const  tool_parts[] = { "people", "talk", "log" };

#define TOOL_PARTS  (sizeof(tool_parts) / sizeof(tool_parts[0]))

static int tool_move_from(const char *given, char *path);
static int tool_move_all(const char *from, const char *to);
static int tool_move_part(const char *from, const char *to,
    const char *part);
static int tool_grow_size(const char *text, uint64_t *mib);


int
tool_move(char **arguments, const tool_options_t *options)
{
    int            code;
    char           from[PATH_MAX], to[PATH_MAX], log[PATH_MAX];
    char           aside[PATH_MAX];
    tool_ledger_t  ledger;
    tool_vacant_t  vacant;

    (void) options;

    if (tool_move_from(arguments[0], from) == -1
        || tool_become_writer(from, arguments[1], to) == -1
        || tool_name(log, from, "log/data.mdb") == -1)
    {
        return TOOL_FAILED;
    }

    code = tool_vacant(from, &vacant);

    if (code == TOOL_DONE) {
        code = tool_move_all(from, to);
    }

    if (code == TOOL_DONE) {
        code = tool_ledger_at(to, FS_LOG_AS_IT_IS, &ledger);
    }

    if (code != TOOL_DONE) {
        return tool_says(code, "%s is not moved; remove what is in %s",
                         from, to);
    }

    /* two shops would sell the same units */

    if (tool_vacant_aside(log, "moved-", aside) == -1) {
        return TOOL_FAILED;
    }

    if (unlink(log) == -1) {
        return tool_says(TOOL_FAILED, "%s: %s", log, strerror(errno));
    }

    (void) fs_sync_names(from, "log");

    printf("%s: ", to);
    tool_print_ledger(&ledger);
    printf("\nsay in nginx's conf, and start it:\n\n"
           "    flashsale_store %s …;\n\n"
           "what was in %s is there still, and its log, which nobody opens, "
           "is %s\n", to, from, aside);

    return TOOL_DONE;
}


static int
tool_move_from(const char *given, char *path)
{
    char  log[PATH_MAX];

    if (tool_path(given, path) == -1
        || tool_name(log, path, "log/data.mdb") == -1)
    {
        return -1;
    }

    return access(log, F_OK) == 0
           ? 0 : tool_says(-1, "there is no store in %s", path);
}


static int
tool_move_all(const char *from, const char *to)
{
    int     code;
    char    name[PATH_MAX];
    size_t  i;

    for (i = 0; i < TOOL_PARTS; i++) {

        if (tool_name(name, to, tool_parts[i]) == -1) {
            return TOOL_FAILED;
        }

        if (access(name, F_OK) == 0) {
            return tool_says(TOOL_FAILED, "%s is there already: a store is "
                             "moved to an empty directory", name);
        }
    }

    for (i = 0; i < TOOL_PARTS; i++) {
        code = tool_move_part(from, to, tool_parts[i]);

        if (code != TOOL_DONE) {
            return code;
        }
    }

    return TOOL_DONE;
}


static int
tool_move_part(const char *from, const char *to, const char *part)
{
    int       rc, code;
    char      source[PATH_MAX], data[PATH_MAX], target[PATH_MAX];
    char      copy[PATH_MAX], why[FS_ENV_WHY_MAX];
    MDB_env  *env;

    if (tool_name(source, from, part) == -1
        || tool_name(data, source, "data.mdb") == -1
        || tool_name(target, to, part) == -1
        || tool_name(copy, target, "data.mdb") == -1)
    {
        return TOOL_FAILED;
    }

    rc = fs_env_probe(data, why);

    if (rc == 0) {
        return TOOL_DONE;
    }

    if (rc < 0) {
        return tool_says(TOOL_REFUSED, "%s %s", data, why);
    }

    rc = fs_env_open(&env, source, 0, 1, MDB_RDONLY|MDB_NOLOCK);

    if (rc) {
        return tool_says(TOOL_FAILED, "%s cannot be read: %s", data,
                         fs_db_strerror(rc));
    }

    if (mkdir(target, 0700) == -1) {
        code = tool_says(TOOL_FAILED, "%s: %s", target, strerror(errno));

    } else {
        code = tool_copy(env, data, copy);
    }

    mdb_env_close(env);

    rc = code == TOOL_DONE ? fs_sync_names(to, part) : 0;

    return rc ? tool_says(TOOL_FAILED, "%s: %s", target, strerror(rc))
              : code;
}


int
tool_grow(char **arguments, const tool_options_t *options)
{
    int              rc;
    char             path[PATH_MAX], log[PATH_MAX];
    char             message[FS_MESSAGE_MAX + 1];
    uint64_t         mib, size, used;
    MDB_stat         stat;
    MDB_envinfo      info;
    fs_store_t      *store;
    fs_outcome_t     outcome;
    struct statvfs   vfs;
    fs_store_conf_t  conf;

    (void) options;

    if (tool_grow_size(arguments[1], &mib) == -1
        || tool_path(arguments[0], path) == -1
        || tool_name(log, path, "log/data.mdb") == -1
        || tool_become_owner(log) == -1)
    {
        return TOOL_FAILED;
    }

    tool_conf(&conf, path);
    conf.reads = FS_READS_LEDGER;
    store = fs_store_log_only(&conf, FS_LOG_OF_STORE, &outcome, message);

    if (store == NULL) {
        return tool_says(TOOL_FAILED, "%s", message);
    }

    rc = fs_guard_info(store->log, &info, &stat);
    fs_store_close(store, 0);

    if (rc || statvfs(path, &vfs) == -1) {
        return tool_says(TOOL_FAILED, "%s cannot be looked at", path);
    }

    size = mib << 20;
    used = (info.me_last_pgno + 1) * (uint64_t) stat.ms_psize;

    printf("used %" PRIu64 "\nsize %" PRIu64 "\nfree %" PRIu64 "\n", used,
           (uint64_t) info.me_mapsize,
           (uint64_t) vfs.f_bavail * vfs.f_frsize);

    if (size < used || size < info.me_mapsize) {
        return tool_says(TOOL_REFUSED, "%s has a size of %" PRIu64 " MiB: it "
                         "grows, and does not shrink", path,
                         (uint64_t) info.me_mapsize >> 20);
    }

    if (size == info.me_mapsize) {
        printf("the store has this size\n");
        return TOOL_DONE;
    }

    printf("say in nginx's conf, and stop and start nginx (a reload does not "
           "do):\n\n    flashsale_store %s size=%" PRIu64 "%c …;\n\n"
           "each nginx on this store needs it; the size is address space, "
           "files grow as they are used\n", path,
           mib % 1024 ? mib : mib / 1024, mib % 1024 ? 'm' : 'g');

    return TOOL_DONE;
}


static int
tool_grow_size(const char *text, uint64_t *mib)
{
    char  *end;

    errno = 0;
    *mib = strtoull(text, &end, 10);

    if (*end == 'g' || *end == 'G') {
        *mib *= 1024;

    } else if (*end != 'm' && *end != 'M') {
        *mib = 0;
    }

    if (errno || text[0] == '-' || *mib < TOOL_SIZE_MIN
        || *mib > TOOL_SIZE_MAX || end[1] != '\0')
    {
        return tool_says(-1, "%s is no size from 16m to 16384g", text);
    }

    return 0;
}
