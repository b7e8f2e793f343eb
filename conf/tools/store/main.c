
/*
 * tuanbo-store: a store on this machine, for who runs it: copied, checked, put
 * back.  The core does it; here are the clock, the arguments and the user.
 */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tool.h"


#define TOOL_KEEP_MAX  100000

static const char  tool_help[] =
"Looks after a store: backup, check, restore, move, grow, salvage, schema\n"
"\n"
"Usage:\n"
"\n"
"    tuanbo-store backup [--keep N] PATH DIR\n"
"    tuanbo-store segments PATH DIR\n"
"    tuanbo-store check PATH|BACKUP\n"
"    tuanbo-store restore [--user NAME] BACKUP PATH\n"
"    tuanbo-store move FROM TO\n"
"    tuanbo-store grow PATH SIZE\n"
"    tuanbo-store salvage [--names BACKUP] PATH DIR\n"
"    tuanbo-store schema PATH\n"
"    tuanbo-store raise PATH\n"
"\n"
"backup            copy the log of a store that may sell meanwhile to\n"
"                  DIR/TIME-ENTRIES, and check the copy. With --keep the\n"
"                  oldest go until N are left\n"
"segments          write what the ledger has more since the last time to a\n"
"                  file in DIR, in the lines of GET /ledger\n"
"check             look at each page and each entry, and whether all adds\n"
"                  up; of a store that may sell meanwhile, or of a backup\n"
"restore           put a backup in the place of a store's log, with nobody\n"
"                  there. The old log stays beside it; a new life begins.\n"
"                  A PATH that is not there is made, for the user NAME\n"
"move              copy log, contacts and talk to another directory, with\n"
"                  nobody there; FROM sells no more\n"
"grow              say whether a store can have another size, and how\n"
"salvage           make a backup of what is before the damage in a log.\n"
"                  If its key or names are lost it takes those of BACKUP\n"
"schema            print the store's number, this program's, and whether a\n"
"                  process has the store open\n"
"raise             raise the store's number to this program's. Programs of\n"
"                  before do not open the store any more\n"
"--help            print this\n"
"PATH              the directory that flashsale_store names\n"
"\n"
"As root it does its work as the user who owns the store's log; what it\n"
"makes is theirs.\n"
"\n"
"Exit codes: 0 done, and whole; 1 what was looked at is damaged or does\n"
"not add up, or somebody has the store open who must not; 2 it could not be\n"
"done, or the tool was called wrongly.\n"
"\n"
"Example:\n"
"\n"
"    tuanbo-store schema /var/lib/flashsale\n";

static const struct {
    const char          *name;
    int                  arguments;
    const char          *wants;
    tool_command_t       run;
} tool_commands[] = {
    { "backup", 2, "PATH and DIR", tool_backup },
    { "segments", 2, "PATH and DIR", tool_segments },
    { "check", 1, "one PATH or BACKUP", tool_check },
    { "restore", 2, "BACKUP and PATH", tool_restore },
    { "move", 2, "FROM and TO", tool_move },
    { "grow", 2, "PATH and SIZE", tool_grow },
    { "salvage", 2, "PATH and DIR", tool_salvage },
    { "schema", 1, "one PATH", tool_schema },
    { "raise", 1, "one PATH", tool_raise }
};

static int tool_misused(const char *why, const char *what);


int
main(int argc, char **argv)
{
    int             c, code;
    char           *end;
    size_t          i;
    const char     *name;
    unsigned long   keep;
    tool_options_t  options;

    static const struct option  known[] = {
        { "help", no_argument, NULL, 'h' },
        { "keep", required_argument, NULL, 'k' },
        { "names", required_argument, NULL, 'n' },
        { "user", required_argument, NULL, 'u' },
        { NULL, 0, NULL, 0 }
    };

    memset(&options, 0, sizeof(options));
    umask(077);
    opterr = 0;

    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {

        switch (c) {

        case 'h':
            fputs(tool_help, stdout);
            return TOOL_DONE;

        case 'k':
            keep = strtoul(optarg, &end, 10);

            if (*end != '\0' || keep < 1 || keep > TOOL_KEEP_MAX) {
                return tool_misused("--keep is a number from 1, not ",
                                    optarg);
            }

            options.keep = (unsigned) keep;
            break;

        case 'n':
            options.names = optarg;
            break;

        case 'u':
            options.user = optarg;
            break;

        default:
            return tool_misused("no such option, or without its value: ",
                                argv[optind - 1]);
        }
    }

    name = argv[optind];

    if (name == NULL) {
        return tool_misused("a command is needed", "");
    }

    for (i = 0; i < sizeof(tool_commands) / sizeof(tool_commands[0]); i++) {

        if (strcmp(name, tool_commands[i].name) != 0) {
            continue;
        }

        if (argc - optind - 1 != tool_commands[i].arguments) {
            fprintf(stderr, "tuanbo-store: %s takes %s; see tuanbo-store "
                    "--help\n", name, tool_commands[i].wants);
            return TOOL_FAILED;
        }

        if ((options.keep && tool_commands[i].run != tool_backup)
            || (options.names && tool_commands[i].run != tool_salvage)
            || (options.user && tool_commands[i].run != tool_restore))
        {
            return tool_misused("an option that is not for ", name);
        }

        code = tool_commands[i].run(argv + optind + 1, &options);

        return fflush(stdout) == 0 ? code : TOOL_FAILED;
    }

    return tool_misused("no such command: ", name);
}


static int
tool_misused(const char *why, const char *what)
{
    return tool_says(TOOL_FAILED, "%s%s; see tuanbo-store --help", why,
                     what);
}
