
/*
 * The world of a store: its clocks, its boot and its randomness.  See run.h.
 */

#include "run.h"
#include "fold/fold.h"


static void run_clock(void *data, int64_t *wall, int64_t *boot);
static int run_random(void *data, uint8_t *bytes, size_t len);


void
run_boot(run_world_t *world, dice_t *dice)
{
    world->boot = 1000 + dice_below(dice, 100000);
    dice_bytes(dice, world->boot_id, FS_BOOT_LEN);
}


void
run_conf(run_world_t *world, fs_store_conf_t *conf, const char *path)
{
    memset(conf, 0, sizeof(fs_store_conf_t));
    conf->path = path;
    conf->map_size = RUN_MAP;
    conf->sync = 1;
    conf->readers = 16;
    conf->generation = 64;
    conf->clock = run_clock;
    conf->random = run_random;
    conf->given_ms = 60000;
    conf->replay = &fs_replay;
    conf->data = world;
    memcpy(conf->boot_id, world->boot_id, FS_BOOT_LEN);
}


void
run_schema(run_shared_t *shared, size_t position, uint32_t schema)
{
    assert_true(shared->schemas_n < RUN_SCHEMAS_MAX);

    shared->schemas[shared->schemas_n].position = position;
    shared->schemas[shared->schemas_n].schema = schema;
    shared->schemas_n++;
}


uint32_t
run_schema_at(const run_shared_t *shared, size_t position)
{
    size_t    i;
    uint32_t  schema;

    schema = 0;

    for (i = 0; i < shared->schemas_n
                && shared->schemas[i].position <= position; i++)
    {
        schema = shared->schemas[i].schema;
    }

    return schema;
}


void
run_count(const run_t *run, uint64_t *types)
{
    unsigned  i;

    for (i = 0; i < FS_ENTRY_TYPES_N; i++) {
        types[i] += run->shared->types[i];
    }
}


const char *
run_missing(const uint64_t *types)
{
    unsigned  i;

    static const uint8_t  wanted[] = {
        FS_ENTRY_QUEUED, FS_ENTRY_SERVED, FS_ENTRY_STEPPED, FS_ENTRY_GRANTED,
        FS_ENTRY_BOUND, FS_ENTRY_UNBOUND, FS_ENTRY_REFERRED
    };

    for (i = 0; i < sizeof(wanted); i++) {
        if (types[wanted[i]] == 0) {
            return fs_entry_type_name(wanted[i]);
        }
    }

    return NULL;
}


static void
run_clock(void *data, int64_t *wall, int64_t *boot)
{
    run_world_t  *world = data;

    *wall = world->wall;
    *boot = world->boot;
}


static int
run_random(void *data, uint8_t *bytes, size_t len)
{
    run_world_t  *world = data;

    dice_bytes(&world->dice, bytes, len);

    return 0;
}
