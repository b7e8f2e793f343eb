
/*
 * The zone is made by the master before its first fork and lives on over
 * reloads, while its size stays the same.  The eventfds are made with it:
 * every process forked later has them under the same numbers.  They are
 * closed when the last configuration that uses them is gone.
 */

#include "worker/ngx_http_flashsale_zone.h"

#include <sys/eventfd.h>
#include <sys/fsuid.h>
#include <sys/statvfs.h>

#include "core/lmdb/env.h"


#define NGX_HTTP_FLASHSALE_RINGS_MIN  16
#define NGX_HTTP_FLASHSALE_GROUPS     256
#define NGX_HTTP_FLASHSALE_SPACE_LOW  (16 << 20)


struct ngx_http_flashsale_eventfds_s {
    ngx_uint_t   refs;          /* cycles */
    ngx_uint_t   n;
    int          fds[];
};


static ngx_int_t ngx_http_flashsale_zone_init(ngx_shm_zone_t *shm_zone,
    void *data);
static ngx_int_t ngx_http_flashsale_zone_same(
    ngx_http_flashsale_main_conf_t *mcf, ngx_log_t *log);
static ngx_int_t ngx_http_flashsale_zone_usable(
    ngx_http_flashsale_main_conf_t *mcf, ngx_log_t *log);
static ngx_http_flashsale_main_conf_t *ngx_http_flashsale_zone_before(
    ngx_shm_zone_t *shm_zone);
static ngx_http_flashsale_eventfds_t *ngx_http_flashsale_eventfds_create(
    ngx_uint_t n, ngx_log_t *log);
static void ngx_http_flashsale_eventfds_release(void *data);


ngx_int_t
ngx_http_flashsale_zone_add(ngx_conf_t *cf,
    ngx_http_flashsale_main_conf_t *mcf)
{
    size_t            size;
    ngx_int_t         n;
    ngx_str_t         name;
    ngx_core_conf_t  *ccf;

    /*
     * A ring for each worker, those of the configuration before, which may
     * still be leaving, and those before them.
     */

    ccf = (ngx_core_conf_t *) ngx_get_conf(cf->cycle->conf_ctx,
                                           ngx_core_module);
    n = ngx_max(ccf->worker_processes, ngx_ncpu) * 4;
    n = ngx_max(n, NGX_HTTP_FLASHSALE_RINGS_MIN);

    mcf->rings_n = ngx_min(n, FS_RINGS_MAX);

    size = 64 + ngx_align(sizeof(ngx_http_flashsale_shared_t), 64)
           + mcf->rings_n * ngx_align(sizeof(ngx_http_flashsale_counters_t),
                                      64)
           + fs_rings_size(mcf->rings_n, mcf->queue);

    mcf->block_size = size;

    /* the slab's own pages: less than a hundredth */
    size = ngx_align(size + size / 100 + 16 * ngx_pagesize, ngx_pagesize);

    ngx_str_set(&name, "flashsale");

    mcf->shm_zone = ngx_shared_memory_add(cf, &name, size,
                                          ngx_http_flashsale_self);
    if (mcf->shm_zone == NULL) {
        return NGX_ERROR;
    }

    mcf->shm_zone->init = ngx_http_flashsale_zone_init;
    mcf->shm_zone->data = mcf;

    return NGX_OK;
}


static ngx_int_t
ngx_http_flashsale_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_flashsale_main_conf_t  *old = data;

    u_char                          *p;
    ngx_log_t                       *log;
    ngx_core_conf_t                 *ccf;
    ngx_slab_pool_t                 *shpool;
    ngx_pool_cleanup_t              *cln;
    ngx_http_flashsale_shared_t     *shared;
    ngx_http_flashsale_main_conf_t  *mcf;

    mcf = shm_zone->data;
    log = shm_zone->shm.log;

    ccf = (ngx_core_conf_t *) ngx_get_conf(mcf->cycle->conf_ctx,
                                           ngx_core_module);

    if (ccf->worker_processes * 2 > (ngx_int_t) mcf->rings_n) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "\"flashsale_store\" has rings for %uD workers, not "
                      "for %i: \"worker_processes\" must stand before "
                      "\"http\"", mcf->rings_n / 2, ccf->worker_processes);
        return NGX_ERROR;
    }

    if (ngx_http_flashsale_zone_same(mcf, log) != NGX_OK) {
        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(mcf->cycle->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    if (old) {

        /* workers of the old configuration are using it: nothing is touched */

        mcf->shared = old->shared;
        mcf->eventfds = old->eventfds;

    } else {
        shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

        p = ngx_slab_alloc(shpool, mcf->block_size);
        if (p == NULL) {
            ngx_log_error(NGX_LOG_EMERG, log, 0,
                          "\"flashsale_queue\": no room for %i slots",
                          mcf->queue);
            return NGX_ERROR;
        }

#if (NGX_DEBUG_MALLOC)
        /* otherwise the pages are fresh, and most of them never needed */
        ngx_memzero(p, mcf->block_size);
#endif

        p = ngx_align_ptr(p, 64);

        shared = (ngx_http_flashsale_shared_t *) p;
        shared->rings_n = mcf->rings_n;
        shared->counters_offset = ngx_align(
                                        sizeof(ngx_http_flashsale_shared_t),
                                        64);
        shared->rings_offset = shared->counters_offset + mcf->rings_n
                               * ngx_align(
                                   sizeof(ngx_http_flashsale_counters_t), 64);

        mcf->eventfds = ngx_http_flashsale_eventfds_create(mcf->rings_n, log);
        if (mcf->eventfds == NULL) {
            return NGX_ERROR;
        }

        mcf->shared = shared;
    }

    cln->handler = ngx_http_flashsale_eventfds_release;
    cln->data = mcf->eventfds;
    mcf->eventfds->refs++;

    if (old == NULL
        && fs_rings_init(ngx_http_flashsale_rings(mcf->shared), mcf->rings_n,
                         mcf->queue, mcf->eventfds->fds)
           == -1)
    {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "\"flashsale_store\": making the rings failed");
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * In the master.  A store is one store: while old and new workers are both
 * there they would write to two, and what was acknowledged by the old ones is
 * in none of the new.  nginx has made the directory by now.
 */

static ngx_int_t
ngx_http_flashsale_zone_same(ngx_http_flashsale_main_conf_t *mcf,
    ngx_log_t *log)
{
    ngx_file_info_t                  fi;
    ngx_http_flashsale_main_conf_t  *before;

    if (ngx_file_info(mcf->path->name.data, &fi) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "\"flashsale_store\" has the path \"%V\": it cannot be "
                      "looked at", &mcf->path->name);
        return NGX_ERROR;
    }

    if (ngx_http_flashsale_zone_usable(mcf, log) != NGX_OK) {
        return NGX_ERROR;
    }

    mcf->device = fi.st_dev;
    mcf->inode = ngx_file_uniq(&fi);

    before = ngx_http_flashsale_zone_before(mcf->shm_zone);

    if (before == NULL) {
        return NGX_OK;
    }

    if (mcf->device != before->device || mcf->inode != before->inode) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "\"flashsale_store\" has the path \"%V\" while "
                      "previously it had the path \"%V\"%s: another store "
                      "needs a restart", &mcf->path->name,
                      &before->path->name,
                      mcf->path->name.len == before->path->name.len
                      && ngx_strncmp(mcf->path->name.data,
                                     before->path->name.data,
                                     mcf->path->name.len)
                         == 0
                      ? ", which was another directory" : "");
        return NGX_ERROR;
    }

    if (mcf->size != before->size) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "\"flashsale_store\" has \"size=%uz\" while previously "
                      "it had \"size=%uz\": another size needs a restart, "
                      "the previous one stays", mcf->size, before->size);
        mcf->size = before->size;
    }

    return NGX_OK;
}


/*
 * In the master, as the workers' user: may they do what they have to?  LMDB is
 * not opened here.  A file that is damaged fails `nginx -t` alone: a start
 * serves the other sites.
 */

static ngx_int_t
ngx_http_flashsale_zone_usable(ngx_http_flashsale_main_conf_t *mcf,
    ngx_log_t *log)
{
    int               n, n_groups, denied;
    char              name[NGX_MAX_PATH], why[FS_ENV_WHY_MAX];
    gid_t             own[NGX_HTTP_FLASHSALE_GROUPS];
    gid_t             groups[NGX_HTTP_FLASHSALE_GROUPS];
    ngx_err_t         err;
    ngx_uint_t        i, root;
    struct statvfs    fs;
    ngx_core_conf_t  *ccf;

    static const char *const  names[] = {
        "", "/log", "/log/data.mdb", "/log/lock.mdb", "/mark"
    };

    ccf = (ngx_core_conf_t *) ngx_get_conf(mcf->cycle->conf_ctx,
                                           ngx_core_module);

    root = geteuid() == 0 && ccf->user != (ngx_uid_t) NGX_CONF_UNSET_UINT;
    n = 0;

    if (root) {

        /* of the file system only, and back again below */

        n = getgroups(NGX_HTTP_FLASHSALE_GROUPS, own);
        n_groups = NGX_HTTP_FLASHSALE_GROUPS;

        if (n == -1
            || getgrouplist(ccf->username, ccf->group, groups, &n_groups)
               == -1)
        {
            root = 0;

        } else {
            (void) setgroups(n_groups, groups);
            (void) setfsgid(ccf->group);
            (void) setfsuid(ccf->user);
        }
    }

    denied = 0;
    err = 0;
    why[0] = '\0';

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void) snprintf(name, sizeof(name), "%s%s", mcf->path->name.data,
                        names[i]);

        if (faccessat(AT_FDCWD, name, i < 2 ? R_OK|W_OK|X_OK : R_OK|W_OK,
                      AT_EACCESS)
            == -1
            && ngx_errno != NGX_ENOENT)
        {
            err = ngx_errno;
            denied = 1;
            break;
        }

        if (i == 2 && ngx_test_config && fs_env_probe(name, why) == -1) {
            denied = 2;
            break;
        }
    }

    if (root) {
        (void) setfsuid(0);
        (void) setfsgid(getegid());
        (void) setgroups(n, own);
    }

    if (denied == 1) {
        ngx_log_error(NGX_LOG_EMERG, log, err,
                      "\"flashsale_store\" needs \"%s\", which the workers' "
                      "user, uid %d, must be able to read and write", name,
                      (int) (root ? ccf->user : geteuid()));
        return NGX_ERROR;
    }

    if (denied == 2) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "\"flashsale_store\": \"%s\" %s: put a backup in its "
                      "place", name, why);
        return NGX_ERROR;
    }

    if (statvfs((char *) mcf->path->name.data, &fs) == 0
        && (uint64_t) fs.f_bavail * fs.f_frsize
           < NGX_HTTP_FLASHSALE_SPACE_LOW)
    {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "\"flashsale_store\": the file system of \"%V\" has "
                      "less than %uL bytes left", &mcf->path->name,
                      (uint64_t) NGX_HTTP_FLASHSALE_SPACE_LOW);
    }

    return NGX_OK;
}


/*
 * Of the cycle before, NULL: there is none.  nginx hands over a zone's data
 * only when its size is the same, which depends on other directives.
 */

static ngx_http_flashsale_main_conf_t *
ngx_http_flashsale_zone_before(ngx_shm_zone_t *shm_zone)
{
    ngx_uint_t        i;
    ngx_shm_zone_t   *zone;
    ngx_list_part_t  *part;

    for (part = (ngx_list_part_t *) &ngx_cycle->shared_memory.part;
         part;
         part = part->next)
    {
        zone = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (zone[i].tag == shm_zone->tag
                && zone[i].shm.name.len == shm_zone->shm.name.len
                && ngx_strncmp(zone[i].shm.name.data,
                               shm_zone->shm.name.data,
                               shm_zone->shm.name.len)
                   == 0)
            {
                return zone[i].data;
            }
        }
    }

    return NULL;
}


static ngx_http_flashsale_eventfds_t *
ngx_http_flashsale_eventfds_create(ngx_uint_t n, ngx_log_t *log)
{
    ngx_http_flashsale_eventfds_t  *eventfds;

    /* longer-lived than any cycle's pool */

    eventfds = ngx_calloc(sizeof(ngx_http_flashsale_eventfds_t)
                          + n * sizeof(int), log);
    if (eventfds == NULL) {
        return NULL;
    }

    while (eventfds->n < n) {
        eventfds->fds[eventfds->n] = eventfd(0, EFD_CLOEXEC|EFD_NONBLOCK);

        if (eventfds->fds[eventfds->n] == -1) {
            ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                          "\"flashsale_store\": eventfd() failed");
            eventfds->refs = 1;
            ngx_http_flashsale_eventfds_release(eventfds);
            return NULL;
        }

        eventfds->n++;
    }

    return eventfds;
}


static void
ngx_http_flashsale_eventfds_release(void *data)
{
    ngx_http_flashsale_eventfds_t  *eventfds = data;

    if (--eventfds->refs) {
        return;
    }

    while (eventfds->n) {
        (void) close(eventfds->fds[--eventfds->n]);
    }

    ngx_free(eventfds);
}


fs_rings_t *
ngx_http_flashsale_rings(ngx_http_flashsale_shared_t *shared)
{
    return (fs_rings_t *) ((u_char *) shared + shared->rings_offset);
}


ngx_http_flashsale_counters_t *
ngx_http_flashsale_counters(ngx_http_flashsale_shared_t *shared,
    uint32_t ring)
{
    return (ngx_http_flashsale_counters_t *)
               ((u_char *) shared + shared->counters_offset
                + ring * ngx_align(sizeof(ngx_http_flashsale_counters_t),
                                   64));
}
