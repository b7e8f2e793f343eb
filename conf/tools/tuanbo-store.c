
/*
 * tuanbo-store: a store, looked at and raised with nobody there.  The core
 * does it; here are the clock, the arguments and the user.
 *
 * As root it becomes the owner of the log: a lock file that belongs to root
 * would keep the workers out.
 */

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine.h"
#include "pair/pair.h"


/* of a lock file that is made here; a worker that opens it makes it longer */
#define TOOL_READERS   16

#define TOOL_REFUSED   1
#define TOOL_FAILED    2

static const char  tool_help[] =
"Shows the schema of a store, which says what its log may hold, and raises\n"
"it to that of this program, with nobody there. nginx does so by itself when\n"
"it opens a store that nobody else has open.\n"
"\n"
"Usage:\n"
"\n"
"    tuanbo-store schema PATH\n"
"    tuanbo-store raise PATH\n"
"\n"
"schema            print the store's number, this program's, and whether a\n"
"                  process has the store open\n"
"raise             raise the store's number to this program's. Programs of\n"
"                  before do not open the store any more\n"
"--help            print this\n"
"PATH              the directory that flashsale_store names\n"
"\n"
"As root it does its work as the user who owns the store's log.\n"
"\n"
"Exit codes: 0 it was printed, or the number is this program's now; 1 not\n"
"raised, as somebody has the store open; 2 it cannot be opened, it is of a\n"
"newer program, or the tool was called wrongly.\n"
"\n"
"Example:\n"
"\n"
"    tuanbo-store schema /var/lib/flashsale\n";

static int tool_misused(const char *why, const char *what);
static int tool_become(const char *path);
static void tool_log(void *data, fs_say_level_t level, const char *message);


int
main(int argc, char **argv)
{
    int                raise;
    char               path[PATH_MAX], message[FS_MESSAGE_MAX + 1];
    fs_outcome_t       outcome;
    fs_store_conf_t    conf;
    fs_store_schema_t  schema;

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(tool_help, stdout);
        return 0;
    }

    if (argc < 2) {
        return tool_misused("a command is needed", "");
    }

    raise = strcmp(argv[1], "raise") == 0;

    if (!raise && strcmp(argv[1], "schema") != 0) {
        return tool_misused("no such command: ", argv[1]);
    }

    if (argc != 3) {
        return tool_misused("one PATH is needed", "");
    }

    if (realpath(argv[2], path) == NULL) {
        fprintf(stderr, "tuanbo-store: %s: %s\n", argv[2], strerror(errno));
        return TOOL_FAILED;
    }

    memset(&conf, 0, sizeof(conf));
    conf.path = path;
    conf.sync = 1;
    conf.readers = TOOL_READERS;
    conf.log = tool_log;
    machine_conf(&conf);

    if (tool_become(path) == -1) {
        return TOOL_FAILED;
    }

    message[0] = '\0';
    outcome = fs_store_schema(&conf, raise, &schema, message);

    if (outcome != FS_OK) {
        fprintf(stderr, "tuanbo-store: %s\n", message);
        return outcome == FS_OLD_SCHEMA ? TOOL_REFUSED : TOOL_FAILED;
    }

    printf("store %u\nprogram %u\nopen %s\n", schema.store, schema.program,
           schema.alone ? "no" : "yes");

    return fflush(stdout) == 0 ? 0 : TOOL_FAILED;
}


static int
tool_misused(const char *why, const char *what)
{
    fprintf(stderr, "tuanbo-store: %s%s; see tuanbo-store --help\n", why,
            what);

    return TOOL_FAILED;
}


/* Where there is no log the core says so. */

static int
tool_become(const char *path)
{
    char         name[PATH_MAX];
    struct stat  st;

    if (geteuid() != 0
        || (size_t) snprintf(name, sizeof(name), "%s/log/data.mdb", path)
           >= sizeof(name)
        || stat(name, &st) == -1 || st.st_uid == 0)
    {
        return 0;
    }

    if (setgroups(0, NULL) == -1 || setgid(st.st_gid) == -1
        || setuid(st.st_uid) == -1)
    {
        fprintf(stderr, "tuanbo-store: user %u: %s\n", (unsigned) st.st_uid,
                strerror(errno));
        return -1;
    }

    return 0;
}


static void
tool_log(void *data, fs_say_level_t level, const char *message)
{
    (void) data;
    (void) level;

    fprintf(stderr, "tuanbo-store: %s\n", message);
}
