
#include <stdio.h>

#include "tool.h"

static int tool_schema_of(const char *given, int raise);


int
tool_schema(char **arguments, const tool_options_t *options)
{
    (void) options;

    return tool_schema_of(arguments[0], 0);
}


int
tool_raise(char **arguments, const tool_options_t *options)
{
    (void) options;

    return tool_schema_of(arguments[0], 1);
}


static int
tool_schema_of(const char *given, int raise)
{
    char               path[PATH_MAX], log[PATH_MAX];
    char               message[FS_MESSAGE_MAX + 1];
    fs_outcome_t       outcome;
    fs_store_conf_t    conf;
    fs_store_schema_t  schema;

    if (tool_path(given, path) == -1
        || tool_name(log, path, "log/data.mdb") == -1
        || tool_become_owner(log) == -1)
    {
        return TOOL_FAILED;
    }

    tool_conf(&conf, path);
    message[0] = '\0';
    outcome = fs_store_schema(&conf, raise, &schema, message);

    if (outcome != FS_OK) {
        return tool_says(outcome == FS_OLD_SCHEMA ? TOOL_REFUSED
                                                  : TOOL_FAILED,
                         "%s", message);
    }

    printf("store %u\nprogram %u\nopen %s\n", schema.store, schema.program,
           schema.alone ? "no" : "yes");

    return TOOL_DONE;
}
