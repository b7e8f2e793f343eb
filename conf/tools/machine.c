
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "machine.h"

#define MACHINE_ID_MAX  64              /* of a UUID's text */

static void machine_boot_id(uint8_t *id);
static void machine_read_id(const char *text, uint8_t *id);
static void machine_clock(void *data, int64_t *wall, int64_t *boot);
static int machine_random(void *data, uint8_t *bytes, size_t len);


void
machine_conf(fs_store_conf_t *conf)
{
    conf->clock = machine_clock;
    conf->random = machine_random;
    machine_boot_id(conf->boot_id);
}


/*
 * A UUID, of the kernel or, where a service hides /proc from its programs, of
 * who starts it: systemd has it as %b.  A mark that carries another one is of
 * a boot that is over.
 */

static void
machine_boot_id(uint8_t *id)
{
    char         text[MACHINE_ID_MAX];
    FILE        *file;
    size_t       n;
    const char  *given;

    memset(id, 0, FS_BOOT_LEN);
    file = fopen("/proc/sys/kernel/random/boot_id", "re");

    if (file != NULL) {
        n = fread(text, 1, sizeof(text) - 1, file);
        text[n] = '\0';
        fclose(file);
        machine_read_id(text, id);
        return;
    }

    given = getenv("FLASHSALE_BOOT_ID");

    if (given != NULL) {
        machine_read_id(given, id);
    }
}


/* Anything else is zeros. */

static void
machine_read_id(const char *text, uint8_t *id)
{
    unsigned  digits, value;

    value = 0;

    for (digits = 0; digits < 2 * FS_BOOT_LEN; text++) {

        if (*text == '-') {
            continue;
        }

        if (*text >= '0' && *text <= '9') {
            value = value << 4 | (unsigned) (*text - '0');

        } else if (*text >= 'a' && *text <= 'f') {
            value = value << 4 | (unsigned) (*text - 'a' + 10);

        } else {
            memset(id, 0, FS_BOOT_LEN);
            return;
        }

        id[digits++ / 2] = (uint8_t) value;
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
