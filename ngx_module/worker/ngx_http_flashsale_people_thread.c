
#include "worker/ngx_http_flashsale_people_thread.h"

#include <poll.h>


#define NGX_HTTP_FLASHSALE_PEOPLE_PAGES     1024   /* wiped at once */
#define NGX_HTTP_FLASHSALE_PEOPLE_TRIES     3      /* when it has to end */
#define NGX_HTTP_FLASHSALE_PEOPLE_PACE      100000
#define NGX_HTTP_FLASHSALE_PEOPLE_TICK      1000000
#define NGX_HTTP_FLASHSALE_PEOPLE_AGAIN     10000
#define NGX_HTTP_FLASHSALE_PEOPLE_ROUND     10000000
#define NGX_HTTP_FLASHSALE_PEOPLE_WIPE      5000000


static void ngx_http_flashsale_people_give_up(
    ngx_http_flashsale_people_t *people);
static ngx_uint_t ngx_http_flashsale_people_write(
    ngx_http_flashsale_people_t *people,
    ngx_http_flashsale_changes_t *kept, ngx_uint_t *failed);
static void ngx_http_flashsale_people_tend(
    ngx_http_flashsale_people_t *people, uint64_t now, ngx_uint_t *again);
static void ngx_http_flashsale_people_sweep(
    ngx_http_flashsale_people_t *people, uint64_t now);
static void ngx_http_flashsale_people_wipe(
    ngx_http_flashsale_people_t *people, uint64_t now);
static void ngx_http_flashsale_people_sleep(
    ngx_http_flashsale_people_t *people, uint64_t usec);


/* Thread. */

void *
ngx_http_flashsale_people_main(void *data)
{
    ngx_http_flashsale_people_t *people = data;

    uint64_t                       now, one, wait;
    ngx_uint_t                     again, tries, more, failed;
    ngx_http_flashsale_change_t   *change;
    ngx_http_flashsale_changes_t   kept;

    (void) pthread_setname_np(pthread_self(), "people");

    kept.first = NULL;
    kept.last = &kept.first;
    tries = 0;

    for ( ;; ) {
        now = ngx_http_flashsale_usec();
        again = 0;

        if (people->tended_at == 0
            || now - people->tended_at >= NGX_HTTP_FLASHSALE_PEOPLE_TICK)
        {
            ngx_http_flashsale_people_tend(people, now, &again);
        }

        more = ngx_http_flashsale_people_write(people, &kept, &failed);

        if (fs_annex_lost(people->annex)) {
            ngx_http_flashsale_people_give_up(people);
            break;
        }

        if (atomic_load(&people->stop)) {

            if (!more && (kept.first == NULL
                          || tries++ == NGX_HTTP_FLASHSALE_PEOPLE_TRIES))
            {
                break;
            }

            if (failed) {
                people->tended_at = 0;
                (void) usleep(NGX_HTTP_FLASHSALE_PEOPLE_PACE);
            }

            continue;
        }

        if (!more && fs_annex_outcome(people->annex) == FS_OK) {
            ngx_http_flashsale_people_sweep(people, now);
            ngx_http_flashsale_people_wipe(people, now);
        }

        wait = again ? NGX_HTTP_FLASHSALE_PEOPLE_AGAIN
               : more || people->wiping ? NGX_HTTP_FLASHSALE_PEOPLE_PACE
               : NGX_HTTP_FLASHSALE_PEOPLE_TICK;

        ngx_http_flashsale_people_sleep(people, wait);

        /* what comes within the pace of a commit waits for the next */

        now = ngx_http_flashsale_usec();

        if (now - people->committed_at < NGX_HTTP_FLASHSALE_PEOPLE_PACE
            && !atomic_load(&people->stop))
        {
            (void) usleep((useconds_t) (NGX_HTTP_FLASHSALE_PEOPLE_PACE
                                        - (now - people->committed_at)));
        }
    }

    for (one = 0; kept.first; one++) {
        change = kept.first;
        kept.first = change->next;
        ngx_http_flashsale_people_add(&people->done, change);
    }

    if (one) {
        ngx_log_error(NGX_LOG_ALERT, people->log, 0,
                      "flashsale: %uL contacts that were accepted could not "
                      "be written", one);
    }

    if (!fs_annex_lost(people->annex)) {
        fs_annex_destroy(people->annex);
    }

    one = 1;
    atomic_store(&people->ended, 1);
    (void) !write(people->end, &one, sizeof(one));

    return NULL;
}


/* Thread.  It ends, so that others may have the lock; nothing is taken any
 * more. */

static void
ngx_http_flashsale_people_give_up(ngx_http_flashsale_people_t *people)
{
    ngx_http_flashsale_change_t  *change;

    while ((change = ngx_http_flashsale_people_get(people, &people->jobs))) {
        atomic_store(&change->state, NGX_HTTP_FLASHSALE_CHANGE_DECIDED);
        change->outcome = FS_NOT_READY;

        pthread_mutex_lock(&people->mutex);
        ngx_http_flashsale_people_add(&people->done, change);
        pthread_mutex_unlock(&people->mutex);
    }
}


/* Thread.  One batch; 1: there are more.  What was promised and failed is
 * kept, and goes first the next time. */

static ngx_uint_t
ngx_http_flashsale_people_write(ngx_http_flashsale_people_t *people,
    ngx_http_flashsale_changes_t *kept, ngx_uint_t *failed)
{
    int                            waits;
    ngx_uint_t                     n, erased, more, woken;
    fs_outcome_t                   outcome;
    ngx_http_flashsale_change_t   *change;
    ngx_http_flashsale_changes_t   taken;

    taken.first = NULL;
    taken.last = &taken.first;
    *failed = 0;
    erased = 0;

    for (n = 0; n < FS_CONTACTS_BATCH; n++) {

        change = kept->first;

        if (change) {
            kept->first = change->next;

            if (kept->first == NULL) {
                kept->last = &kept->first;
            }

        } else {
            change = ngx_http_flashsale_people_get(people, &people->jobs);

            if (change == NULL) {
                break;
            }
        }

        people->batch[n] = change->change;
        erased += (change->change.op == FS_CONTACT_ERASE
                   || change->change.op == FS_CONTACT_LEFT
                   || change->change.op == FS_CONTACT_OVER);
        ngx_http_flashsale_people_add(&taken, change);
    }

    if (n == 0) {
        return 0;
    }

    outcome = fs_contacts_write(people->annex, people->batch, n);
    people->committed_at = ngx_http_flashsale_usec();

    ngx_memzero(people->batch, n * sizeof(fs_contact_change_t));

    if (outcome == FS_OK) {
        people->dirty = 1;
        ngx_http_flashsale_add(&people->counters->contacts_written,
                               n - erased);
        ngx_http_flashsale_add(&people->counters->contacts_erased, erased);

    } else {
        *failed = 1;
        ngx_http_flashsale_add(&people->counters->contacts_failed, 1);
    }

    woken = 0;

    while (taken.first) {
        change = taken.first;
        taken.first = change->next;

        waits = NGX_HTTP_FLASHSALE_CHANGE_WAITS;

        if (outcome != FS_OK
            && !atomic_compare_exchange_strong(&change->state, &waits,
                                    NGX_HTTP_FLASHSALE_CHANGE_DECIDED))
        {
            ngx_http_flashsale_people_add(kept, change);
            continue;
        }

        atomic_store(&change->state, NGX_HTTP_FLASHSALE_CHANGE_DECIDED);
        change->outcome = outcome;

        pthread_mutex_lock(&people->mutex);
        ngx_http_flashsale_people_add(&people->done, change);
        pthread_mutex_unlock(&people->mutex);

        woken = 1;
    }

    /* a worker with changes on their way keeps its ring */

    if (woken && !atomic_load(&people->stop)) {
        ngx_http_flashsale_wake(people->worker);
    }

    pthread_mutex_lock(&people->mutex);
    more = (people->jobs.first != NULL);
    pthread_mutex_unlock(&people->mutex);

    return more;
}


/* Thread. */

static void
ngx_http_flashsale_people_tend(ngx_http_flashsale_people_t *people,
    uint64_t now, ngx_uint_t *again)
{
    int         busy;
    ngx_uint_t  known;

    known = fs_annex_known(people->annex);

    fs_annex_tend(people->annex, &busy);

    *again = busy;
    people->tended_at = busy ? 0 : now;

    if (!known && fs_annex_known(people->annex)) {

        /* until then the worker keeps its ring, too */

        ngx_http_flashsale_wake(people->worker);
    }
}


/* Thread.  Those that it finds the main thread looks at. */

static void
ngx_http_flashsale_people_sweep(ngx_http_flashsale_people_t *people,
    uint64_t now)
{
    int                more;
    int64_t            wall;
    ngx_uint_t         n;
    fs_contact_look_t  looks[NGX_HTTP_FLASHSALE_PEOPLE_LOOKS];

    wall = atomic_load(&people->now);

    pthread_mutex_lock(&people->mutex);
    n = people->looks_n;
    pthread_mutex_unlock(&people->mutex);

    if (n || wall == 0
        || (!people->sweep.begun && people->swept_at
            && now - people->swept_at < NGX_HTTP_FLASHSALE_PEOPLE_ROUND))
    {
        return;
    }

    if (!people->sweep.begun) {
        people->swept_at = now;
    }

    n = fs_contacts_sweep(people->annex, &people->sweep,
                          people->age ? wall - people->age : INT64_MIN,
                          looks, NGX_HTTP_FLASHSALE_PEOPLE_LOOKS, &more);

    pthread_mutex_lock(&people->mutex);
    ngx_memcpy(people->looks, looks, n * sizeof(fs_contact_look_t));
    people->looks_n = n;
    pthread_mutex_unlock(&people->mutex);
}


/*
 * Thread.  A pass begins with two commits of nothing, so that no snapshot but
 * one that somebody still reads has the pages that were erased from.
 */

static void
ngx_http_flashsale_people_wipe(ngx_http_flashsale_people_t *people,
    uint64_t now)
{
    uint64_t  took, pause;

    if (!people->wiping) {

        if (!people->dirty || now < people->wipe_at
            || fs_contacts_step(people->annex) != FS_OK
            || fs_contacts_step(people->annex) != FS_OK)
        {
            return;
        }

        people->dirty = 0;
        people->wiping = 1;
        people->wipe_begun = now;
        people->page = 0;
        people->left = 0;
    }

    fs_annex_wipe(people->annex, &people->page,
                  NGX_HTTP_FLASHSALE_PEOPLE_PAGES, &people->left);

    if (people->page) {
        return;
    }

    people->wiping = 0;
    people->dirty |= (people->left != 0);

    /* a tenth of the time at most */

    now = ngx_http_flashsale_usec();
    took = now - people->wipe_begun;
    pause = ngx_max(took * 9, NGX_HTTP_FLASHSALE_PEOPLE_WIPE);
    people->wipe_at = now + pause;
}


static void
ngx_http_flashsale_people_sleep(ngx_http_flashsale_people_t *people,
    uint64_t usec)
{
    uint64_t       n;
    struct pollfd  pfd;

    pfd.fd = people->kick;
    pfd.events = POLLIN;

    if (!atomic_load(&people->stop)) {
        (void) poll(&pfd, 1, (int) (usec / 1000));
    }

    (void) !read(people->kick, &n, sizeof(n));
}


void
ngx_http_flashsale_people_say(void *data, fs_say_level_t level,
    const char *message)
{
    ngx_http_flashsale_people_t *people = data;

    static const ngx_uint_t  levels[] = {
        NGX_LOG_NOTICE, NGX_LOG_WARN, NGX_LOG_ERR
    };

    ngx_log_error(levels[level], people->log, 0, "flashsale: %s", message);
}


void
ngx_http_flashsale_people_add(ngx_http_flashsale_changes_t *list,
    ngx_http_flashsale_change_t *change)
{
    change->next = NULL;
    *list->last = change;
    list->last = &change->next;
}


ngx_http_flashsale_change_t *
ngx_http_flashsale_people_get(ngx_http_flashsale_people_t *people,
    ngx_http_flashsale_changes_t *list)
{
    ngx_http_flashsale_change_t  *change;

    pthread_mutex_lock(&people->mutex);

    change = list->first;

    if (change) {
        list->first = change->next;

        if (list->first == NULL) {
            list->last = &list->first;
        }
    }

    pthread_mutex_unlock(&people->mutex);

    return change;
}
