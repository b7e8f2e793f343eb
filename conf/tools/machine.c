
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "machine.h"

static void machine_boot_id(uint8_t *id);
static void machine_clock(void *data, int64_t *wall, int64_t *boot);
static int machine_random(void *data, uint8_t *bytes, size_t len);


void
machine_conf(fs_store_conf_t *conf)
{
    conf->clock = machine_clock;
    conf->random = machine_random;
    machine_boot_id(conf->boot_id);
}


/* A UUID; a mark that carries another one is of a boot that is over. */

static void
machine_boot_id(uint8_t *id)
{
    int       c;
    FILE     *file;
    unsigned  digits, value;

    digits = 0;
    value = 0;
    memset(id, 0, FS_BOOT_LEN);
    file = fopen("/proc/sys/kernel/random/boot_id", "re");

    while (file != NULL && digits < 2 * FS_BOOT_LEN
           && (c = getc(file)) != EOF)
    {
        if (c == '-') {
            continue;
        }

        if (c >= '0' && c <= '9') {
            value = value << 4 | (unsigned) (c - '0');

        } else if (c >= 'a' && c <= 'f') {
            value = value << 4 | (unsigned) (c - 'a' + 10);

        } else {
            break;
        }

        id[digits++ / 2] = (uint8_t) value;
    }

    if (file != NULL) {
        fclose(file);
    }

    if (digits != 2 * FS_BOOT_LEN) {
        memset(id, 0, FS_BOOT_LEN);
    }
}


static void
machine_clock(void *data, int64_t *wall, int64_t *boot)
{
    struct timespec  ts;

    (void) data;

    (void) clock_gettime(CLOCK_REALTIME, &ts);
    *wall = (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;

    (void) clock_gettime(CLOCK_BOOTTIME, &ts);
    *boot = (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


static int
machine_random(void *data, uint8_t *bytes, size_t len)
{
    (void) data;

    return getrandom(bytes, len, 0) == (ssize_t) len ? 0 : -1;
}
