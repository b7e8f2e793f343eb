
#include "worker/ngx_http_flashsale_worker.h"
#include "core/fold/fold.h"

#include <sys/random.h>


#define NGX_HTTP_FLASHSALE_READERS  1024


static void ngx_http_flashsale_clock(void *data, int64_t *wall,
    int64_t *boot);
static int ngx_http_flashsale_random(void *data, uint8_t *bytes, size_t len);
static void ngx_http_flashsale_log(void *data, fs_say_level_t level,
    const char *message);
static void ngx_http_flashsale_read_id(const char *text, uint8_t *id);


/* Of the environment; zeros: none. */
static uint8_t  ngx_http_flashsale_given_id[FS_BOOT_LEN];


/*
 * Where /proc is hidden from the service, who starts it says which boot it is:
 * systemd has it as %b.  Read with the configuration, for workers have another
 * environment.
 */

void
ngx_http_flashsale_system_environment(void)
{
    const char  *text;

    text = getenv("FLASHSALE_BOOT_ID");

    ngx_http_flashsale_read_id(text != NULL ? text : "",
                               ngx_http_flashsale_given_id);
}


void
ngx_http_flashsale_system_init(ngx_http_flashsale_system_t *system,
    ngx_log_t *log)
{
    struct timespec  wall, boot;

    (void) clock_gettime(CLOCK_REALTIME, &wall);
    (void) clock_gettime(CLOCK_BOOTTIME, &boot);

    system->log = log;
    system->boot_phase = (wall.tv_nsec % 1000000 - boot.tv_nsec % 1000000
                          + 1000000) % 1000000;
}


void
ngx_http_flashsale_store_conf(ngx_http_flashsale_system_t *system,
    const char *path, size_t size, int sync, fs_store_conf_t *conf)
{
    ngx_memzero(conf, sizeof(fs_store_conf_t));

    conf->path = path;
    conf->map_size = size;
    conf->sync = sync;
    conf->readers = NGX_HTTP_FLASHSALE_READERS;
    conf->clock = ngx_http_flashsale_clock;
    conf->random = ngx_http_flashsale_random;
    conf->log = ngx_http_flashsale_log;
    conf->data = system;
    conf->replay = &fs_replay;
}


/*
 * Called by any thread, as are the others.
 *
 * The milliseconds of both clocks begin at the same instant, so that a hold
 * whose term is over on one of them is over on the other, not 1 ms before.
 */

static void
ngx_http_flashsale_clock(void *data, int64_t *wall, int64_t *boot)
{
    ngx_http_flashsale_system_t *system = data;

    struct timespec  ts;

    (void) clock_gettime(CLOCK_REALTIME, &ts);
    *wall = (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;

    (void) clock_gettime(CLOCK_BOOTTIME, &ts);
    *boot = (int64_t) ts.tv_sec * 1000
            + (ts.tv_nsec + system->boot_phase) / 1000000;
}


static int
ngx_http_flashsale_random(void *data, uint8_t *bytes, size_t len)
{
    ssize_t  n;

    while (len) {
        n = getrandom(bytes, len, 0);

        if (n == -1) {
            if (ngx_errno == NGX_EINTR) {
                continue;
            }

            return -1;
        }

        bytes += n;
        len -= n;
    }

    return 0;
}


static void
ngx_http_flashsale_log(void *data, fs_say_level_t level, const char *message)
{
    ngx_http_flashsale_system_t *system = data;

    static const ngx_uint_t  levels[] = {
        NGX_LOG_NOTICE, NGX_LOG_WARN, NGX_LOG_ERR
    };

    ngx_log_error(levels[level], system->log, 0, "flashsale: %s", message);
}


void
ngx_http_flashsale_boot_id(uint8_t *id)
{
    char   text[64];
    FILE  *file;

    text[0] = '\0';
    file = fopen("/proc/sys/kernel/random/boot_id", "re");

    if (file != NULL) {
        if (fgets(text, sizeof(text), file) == NULL) {
            text[0] = '\0';
        }

        (void) fclose(file);
    }

    ngx_http_flashsale_read_id(text, id);

    if (text[0] == '\0') {
        ngx_memcpy(id, ngx_http_flashsale_given_id, FS_BOOT_LEN);
    }
}


/* 16 bytes written as a UUID, or as digits only; zeros where it is not
 * whole. */

static void
ngx_http_flashsale_read_id(const char *text, uint8_t *id)
{
    size_t      i, n;
    ngx_int_t   value;

    n = 0;

    for (i = 0; text[i] && text[i + 1] && n < FS_BOOT_LEN; /* void */ ) {

        if (text[i] == '-') {
            i++;
            continue;
        }

        value = ngx_hextoi((u_char *) &text[i], 2);
        if (value == NGX_ERROR) {
            break;
        }

        id[n++] = (uint8_t) value;
        i += 2;
    }

    if (n != FS_BOOT_LEN) {
        ngx_memzero(id, FS_BOOT_LEN);
    }
}
