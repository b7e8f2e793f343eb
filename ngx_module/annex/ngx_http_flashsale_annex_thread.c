
#include "annex/ngx_http_flashsale_annex.h"

#include <poll.h>


#define NGX_HTTP_FLASHSALE_ANNEX_PAGES     1024   /* wiped at once */
#define NGX_HTTP_FLASHSALE_ANNEX_TRIES     3      /* when it has to end */
#define NGX_HTTP_FLASHSALE_ANNEX_PACE      100000
#define NGX_HTTP_FLASHSALE_ANNEX_TICK      1000000
#define NGX_HTTP_FLASHSALE_ANNEX_AGAIN     10000
#define NGX_HTTP_FLASHSALE_ANNEX_WIPE      5000000


static void ngx_http_flashsale_annex_give_up(
    ngx_http_flashsale_annex_t *annex);
static ngx_uint_t ngx_http_flashsale_annex_write(
    ngx_http_flashsale_annex_t *annex,
    ngx_http_flashsale_list_t *kept, ngx_uint_t *failed);
static void ngx_http_flashsale_annex_tend(
    ngx_http_flashsale_annex_t *annex, uint64_t now, ngx_uint_t *again);
static void ngx_http_flashsale_annex_wipe(
    ngx_http_flashsale_annex_t *annex, uint64_t now);
static void ngx_http_flashsale_annex_sleep(
    ngx_http_flashsale_annex_t *annex, uint64_t usec);


/* Thread. */

void *
ngx_http_flashsale_annex_main(void *data)
{
    ngx_http_flashsale_annex_t *annex = data;

    uint64_t                       now, one, wait;
    ngx_uint_t                     again, tries, more, failed;
    ngx_http_flashsale_change_t   *change;
    ngx_http_flashsale_list_t      kept;

    (void) pthread_setname_np(pthread_self(), annex->kind->thread);

    ngx_http_flashsale_list_init(&kept);
    tries = 0;

    for ( ;; ) {
        now = ngx_http_flashsale_usec();
        again = 0;

        if (annex->tended_at == 0
            || now - annex->tended_at >= NGX_HTTP_FLASHSALE_ANNEX_TICK)
        {
            ngx_http_flashsale_annex_tend(annex, now, &again);
        }

        more = ngx_http_flashsale_annex_write(annex, &kept, &failed);

        if (fs_annex_lost(annex->rows)) {
            ngx_http_flashsale_annex_give_up(annex);
            break;
        }

        if (atomic_load(&annex->stop)) {

            if (!more && (kept.first == NULL
                          || tries++ == NGX_HTTP_FLASHSALE_ANNEX_TRIES))
            {
                break;
            }

            if (failed) {
                annex->tended_at = 0;
                (void) usleep(NGX_HTTP_FLASHSALE_ANNEX_PACE);
            }

            continue;
        }

        if (!more && !annex->reads
            && fs_annex_outcome(annex->rows) == FS_OK)
        {
            annex->kind->sweep(annex, now);
            ngx_http_flashsale_annex_wipe(annex, now);
        }

        wait = again ? NGX_HTTP_FLASHSALE_ANNEX_AGAIN
               : more || annex->wiping ? NGX_HTTP_FLASHSALE_ANNEX_PACE
               : NGX_HTTP_FLASHSALE_ANNEX_TICK;

        ngx_http_flashsale_annex_sleep(annex, wait);

        /* what comes within the pace of a commit waits for the next */

        now = ngx_http_flashsale_usec();

        if (now - annex->committed_at < NGX_HTTP_FLASHSALE_ANNEX_PACE
            && !atomic_load(&annex->stop))
        {
            (void) usleep((useconds_t) (NGX_HTTP_FLASHSALE_ANNEX_PACE
                                        - (now - annex->committed_at)));
        }
    }

    for (one = 0; (change = ngx_http_flashsale_list_get(&kept)); one++) {
        ngx_http_flashsale_jobs_put(&annex->done, change);
    }

    if (one) {
        ngx_log_error(NGX_LOG_ALERT, annex->log, 0,
                      "flashsale: %uL %s that were accepted could not be "
                      "written", one, annex->kind->what);
    }

    if (!fs_annex_lost(annex->rows)) {
        fs_annex_destroy(annex->rows);
    }

    one = 1;
    atomic_store(&annex->ended, 1);
    (void) !write(annex->end, &one, sizeof(one));

    return NULL;
}


/* Thread.  It ends, so that others may have the lock; nothing is taken any
 * more. */

static void
ngx_http_flashsale_annex_give_up(ngx_http_flashsale_annex_t *annex)
{
    ngx_http_flashsale_change_t  *change;

    while ((change = ngx_http_flashsale_jobs_get(&annex->jobs))) {
        atomic_store(&change->state, NGX_HTTP_FLASHSALE_CHANGE_DECIDED);
        change->outcome = FS_NOT_READY;

        ngx_http_flashsale_jobs_put(&annex->done, change);
    }
}


/* Thread.  One batch; 1: there are more.  What was promised and failed is
 * kept, and goes first the next time. */

static ngx_uint_t
ngx_http_flashsale_annex_write(ngx_http_flashsale_annex_t *annex,
    ngx_http_flashsale_list_t *kept, ngx_uint_t *failed)
{
    int                            waits;
    ngx_uint_t                     n, woken;
    fs_outcome_t                   outcome;
    ngx_http_flashsale_change_t   *change;
    ngx_http_flashsale_list_t      taken;

    ngx_http_flashsale_list_init(&taken);
    *failed = 0;

    for (n = 0; n < NGX_HTTP_FLASHSALE_ANNEX_BATCH; n++) {

        change = ngx_http_flashsale_list_get(kept);

        if (change == NULL) {
            change = ngx_http_flashsale_jobs_get(&annex->jobs);
        }

        if (change == NULL) {
            break;
        }

        annex->batch[n] = change;
        change->outcome = FS_OK;
        ngx_http_flashsale_list_put(&taken, change);
    }

    if (n == 0) {
        return 0;
    }

    outcome = annex->kind->write(annex, annex->batch, n);
    annex->committed_at = ngx_http_flashsale_usec();

    *failed = (outcome != FS_OK);

    woken = 0;

    while ((change = ngx_http_flashsale_list_get(&taken))) {
        waits = NGX_HTTP_FLASHSALE_CHANGE_WAITS;

        if (outcome != FS_OK
            && !atomic_compare_exchange_strong(&change->state, &waits,
                                    NGX_HTTP_FLASHSALE_CHANGE_DECIDED))
        {
            ngx_http_flashsale_list_put(kept, change);
            continue;
        }

        atomic_store(&change->state, NGX_HTTP_FLASHSALE_CHANGE_DECIDED);

        if (outcome != FS_OK) {
            change->outcome = outcome;
        }

        ngx_http_flashsale_jobs_put(&annex->done, change);

        woken = 1;
    }

    /* a worker with changes on their way keeps its ring */

    if (woken && !atomic_load(&annex->stop)) {
        ngx_http_flashsale_wake(annex->worker);
    }

    return ngx_http_flashsale_jobs_wait(&annex->jobs);
}


/* Thread. */

static void
ngx_http_flashsale_annex_tend(ngx_http_flashsale_annex_t *annex,
    uint64_t now, ngx_uint_t *again)
{
    int         busy;
    ngx_uint_t  known;

    known = fs_annex_known(annex->rows);

    fs_annex_tend(annex->rows, &busy);

    *again = busy;
    annex->tended_at = busy ? 0 : now;

    if (!known && fs_annex_known(annex->rows)) {

        /* until then the worker keeps its ring, too */

        ngx_http_flashsale_wake(annex->worker);
    }
}


/*
 * Thread.  A pass begins with two commits of nothing, so that no snapshot but
 * one that somebody still reads has the pages that were erased from.
 */

static void
ngx_http_flashsale_annex_wipe(ngx_http_flashsale_annex_t *annex,
    uint64_t now)
{
    uint64_t  took, pause;

    if (!annex->wiping) {

        if (!annex->dirty || now < annex->wipe_at
            || fs_annex_step(annex->rows) != FS_OK
            || fs_annex_step(annex->rows) != FS_OK)
        {
            return;
        }

        annex->dirty = 0;
        annex->wiping = 1;
        annex->wipe_begun = now;
        annex->page = 0;
        annex->left = 0;
    }

    fs_annex_wipe(annex->rows, &annex->page,
                  NGX_HTTP_FLASHSALE_ANNEX_PAGES, &annex->left);

    if (annex->page) {
        return;
    }

    annex->wiping = 0;
    annex->dirty |= (annex->left != 0);

    /* a tenth of the time at most */

    now = ngx_http_flashsale_usec();
    took = now - annex->wipe_begun;
    pause = ngx_max(took * 9, NGX_HTTP_FLASHSALE_ANNEX_WIPE);
    annex->wipe_at = now + pause;
}


static void
ngx_http_flashsale_annex_sleep(ngx_http_flashsale_annex_t *annex,
    uint64_t usec)
{
    uint64_t       n;
    struct pollfd  pfd;

    pfd.fd = annex->kick;
    pfd.events = POLLIN;

    if (!atomic_load(&annex->stop)) {
        (void) poll(&pfd, 1, (int) (usec / 1000));
    }

    (void) !read(annex->kick, &n, sizeof(n));
}


void
ngx_http_flashsale_annex_say(void *data, fs_say_level_t level,
    const char *message)
{
    ngx_http_flashsale_annex_t *annex = data;

    static const ngx_uint_t  levels[] = {
        NGX_LOG_NOTICE, NGX_LOG_WARN, NGX_LOG_ERR
    };

    ngx_log_error(levels[level], annex->log, 0, "flashsale: %s", message);
}
