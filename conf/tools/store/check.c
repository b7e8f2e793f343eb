
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

static int tool_check_backup(const char *path, const char *data);
static int tool_check_print(const char *path, const tool_ledger_t *ledger,
    const char *more);


int
tool_check(char **arguments, const tool_options_t *options)
{
    int            code;
    char           path[PATH_MAX], log[PATH_MAX], data[PATH_MAX];
    tool_ledger_t  ledger;

    (void) options;

    if (tool_path(arguments[0], path) == -1
        || tool_name(log, path, "log/data.mdb") == -1
        || tool_name(data, path, "data.mdb") == -1)
    {
        return TOOL_FAILED;
    }

    if (access(data, F_OK) == 0) {
        return tool_check_backup(path, data);
    }

    if (access(log, F_OK) == -1) {
        return tool_says(TOOL_FAILED, errno == ENOENT
                         ? "there is no store and no backup in %s"
                         : "%s cannot be looked at", path);
    }

    if (tool_become_owner(log) == -1) {
        return TOOL_FAILED;
    }

    code = tool_ledger_at(path, FS_LOG_OF_STORE, &ledger);

    return code == TOOL_DONE ? tool_check_print(path, &ledger, "") : code;
}


static int
tool_check_backup(const char *path, const char *data)
{
    int              fd, rc, code, directory;
    tool_manifest_t  manifest, found;

    if (tool_become_owner(data) == -1) {
        return TOOL_FAILED;
    }

    directory = open(path, O_RDONLY|O_DIRECTORY|O_CLOEXEC);
    fd = open(data, O_RDONLY|O_CLOEXEC);

    if (directory == -1 || fd == -1) {
        return tool_says(TOOL_FAILED, "%s: %s", data, strerror(errno));
    }

    rc = tool_manifest_read(directory, path, &manifest);

    if (rc == -1) {
        return TOOL_REFUSED;
    }

    if (rc == 1 && tool_sha256(fd, data, &found.bytes, found.sha256) == -1) {
        return TOOL_FAILED;
    }

    code = tool_ledger_at(path, FS_LOG_OF_BACKUP, &found.ledger);

    if (rc == 1 && !tool_manifest_agrees(path, &manifest, &found)) {
        code = TOOL_REFUSED;
    }

    return code == TOOL_DONE
           ? tool_check_print(path, &found.ledger, rc == 1
                              ? ", as its manifest says"
                              : "; it has no manifest")
           : code;
}


static int
tool_check_print(const char *path, const tool_ledger_t *ledger,
    const char *more)
{
    printf("ok: %s: ", path);
    tool_print_ledger(ledger);
    printf("%s\n", more);

    return TOOL_DONE;
}
