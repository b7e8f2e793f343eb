
#include "annex/ngx_http_flashsale_people.h"


#define NGX_HTTP_FLASHSALE_PEOPLE_HOLDS     500    /* looked at in a turn */
#define NGX_HTTP_FLASHSALE_PEOPLE_LOOKS     32

/* microseconds */
#define NGX_HTTP_FLASHSALE_PEOPLE_ROUND     10000000


struct ngx_http_flashsale_people_s {
    ngx_http_flashsale_annex_t       annex;     /* the first */
    int64_t                          age;       /* ms, 0: off */

    pthread_mutex_t                  mutex;     /* of what follows */
    fs_contact_look_t                looks[NGX_HTTP_FLASHSALE_PEOPLE_LOOKS];
    ngx_uint_t                       looks_n;

    /* the main thread's */
    fs_contact_look_t                look;      /* being looked at */
    fs_collect_t                     collect;
    ngx_uint_t                       looking;

    /* the thread's */
    fs_contact_change_t              batch[FS_CONTACTS_BATCH];
    fs_contact_sweep_t               sweep;
    uint64_t                         swept_at;          /* µs */
};


static fs_outcome_t ngx_http_flashsale_people_write(
    ngx_http_flashsale_annex_t *annex, ngx_http_flashsale_change_t **changes,
    ngx_uint_t n);
static void ngx_http_flashsale_people_sweep(ngx_http_flashsale_annex_t *annex,
    uint64_t now);
static ngx_uint_t ngx_http_flashsale_people_look(
    ngx_http_flashsale_people_t *people);
static void ngx_http_flashsale_people_judge(
    ngx_http_flashsale_people_t *people);


static const ngx_http_flashsale_annex_kind_t
    ngx_http_flashsale_people_kind = {
    .thread = "people",
    .what = "contacts",
    .size = sizeof(ngx_http_flashsale_people_t),
    .create = fs_contacts_create,
    .write = ngx_http_flashsale_people_write,
    .sweep = ngx_http_flashsale_people_sweep
};


static ngx_int_t
ngx_http_flashsale_people_init(ngx_http_flashsale_worker_t *worker)
{
    ngx_http_flashsale_people_t  *people;

    people = (ngx_http_flashsale_people_t *) ngx_http_flashsale_annex_init(
                 worker, &ngx_http_flashsale_people_kind);
    if (people == NULL) {
        return NGX_ERROR;
    }

    people->age = (int64_t) worker->conf->contacts;
    (void) pthread_mutex_init(&people->mutex, NULL);

    worker->people = people;

    return NGX_OK;
}


static void
ngx_http_flashsale_people_opened(ngx_http_flashsale_worker_t *worker)
{
    ngx_http_flashsale_annex_opened(&worker->people->annex);
}


/* Thread. */

static fs_outcome_t
ngx_http_flashsale_people_write(ngx_http_flashsale_annex_t *annex,
    ngx_http_flashsale_change_t **changes, ngx_uint_t n)
{
    ngx_uint_t                    i, erased;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_people_t  *people;

    people = (ngx_http_flashsale_people_t *) annex;
    erased = 0;

    for (i = 0; i < n; i++) {
        people->batch[i] = changes[i]->contact;
        erased += (changes[i]->contact.op == FS_CONTACT_ERASE
                   || changes[i]->contact.op == FS_CONTACT_LEFT
                   || changes[i]->contact.op == FS_CONTACT_OVER);
    }

    outcome = fs_contacts_write(annex->rows, people->batch, n);

    ngx_memzero(people->batch, n * sizeof(fs_contact_change_t));

    if (outcome == FS_OK) {
        annex->dirty = 1;
        ngx_http_flashsale_add(&annex->counters->contacts_written, n - erased);
        ngx_http_flashsale_add(&annex->counters->contacts_erased, erased);

    } else {
        ngx_http_flashsale_add(&annex->counters->contacts_failed, 1);
    }

    return outcome;
}


/* Thread.  Those that it finds the main thread looks at. */

static void
ngx_http_flashsale_people_sweep(ngx_http_flashsale_annex_t *annex,
    uint64_t now)
{
    int                           more;
    int64_t                       wall;
    ngx_uint_t                    n;
    fs_contact_look_t             looks[NGX_HTTP_FLASHSALE_PEOPLE_LOOKS];
    ngx_http_flashsale_people_t  *people;

    people = (ngx_http_flashsale_people_t *) annex;
    wall = atomic_load(&annex->now);

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

    n = fs_contacts_sweep(annex->rows, &people->sweep,
                          people->age ? wall - people->age : INT64_MIN,
                          looks, NGX_HTTP_FLASHSALE_PEOPLE_LOOKS, &more);

    pthread_mutex_lock(&people->mutex);
    ngx_memcpy(people->looks, looks, n * sizeof(fs_contact_look_t));
    people->looks_n = n;
    pthread_mutex_unlock(&people->mutex);
}


/* Main thread, as all that follows. */

ngx_int_t
ngx_http_flashsale_people_known(ngx_http_flashsale_worker_t *worker)
{
    return ngx_http_flashsale_annex_known(&worker->people->annex);
}


fs_outcome_t
ngx_http_flashsale_people_read(ngx_http_flashsale_worker_t *worker,
    const uint8_t *buyer, fs_contact_t *contact)
{
    ngx_queue_t                  *q;
    fs_outcome_t                  outcome;
    fs_contact_change_t          *change;
    ngx_http_flashsale_change_t  *pending;
    ngx_http_flashsale_people_t  *people;

    people = worker->people;

    if (!people->annex.running) {
        return FS_NOT_READY;
    }

    for (q = ngx_queue_last(&people->annex.changes);
         q != ngx_queue_sentinel(&people->annex.changes);
         q = ngx_queue_prev(q))
    {
        pending = ngx_queue_data(q, ngx_http_flashsale_change_t, queue);
        change = &pending->contact;

        if (ngx_memcmp(change->buyer, buyer, FS_BUYER_LEN) != 0) {
            continue;
        }

        if (change->op == FS_CONTACT_PUT) {
            *contact = change->contact;
            return FS_OK;
        }

        if (change->op == FS_CONTACT_ERASE) {
            return FS_NOT_FOUND;
        }

        if (change->op == FS_CONTACT_LEAVE) {
            outcome = fs_contacts_read(people->annex.rows, buyer, contact);
            contact->leaving = 1;
            contact->consent = 0;
            return outcome;
        }
    }

    return fs_contacts_read(people->annex.rows, buyer, contact);
}


fs_outcome_t
ngx_http_flashsale_people_push(ngx_http_flashsale_worker_t *worker,
    const fs_contact_change_t *contact, ngx_http_flashsale_writing_t *writing)
{
    fs_outcome_t                  outcome;
    ngx_http_flashsale_change_t  *change;

    change = ngx_http_flashsale_annex_change(&worker->people->annex, 0,
                                             &outcome);
    if (change == NULL) {
        return outcome;
    }

    change->contact = *contact;

    ngx_http_flashsale_annex_put(change, 0, writing);

    return FS_OK;
}


fs_outcome_t
ngx_http_flashsale_people_collect(ngx_http_flashsale_worker_t *worker,
    const uint8_t *buyer, fs_collect_t *collect)
{
    fs_view_t     view;
    fs_outcome_t  outcome;

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_INDEX, &view);

    if (outcome == FS_OK) {
        outcome = fs_collect(&view, buyer, NGX_HTTP_FLASHSALE_PEOPLE_HOLDS,
                             collect);
        fs_view_close(&view);
    }

    return outcome;
}


fs_outcome_t
ngx_http_flashsale_people_leaving(ngx_http_flashsale_worker_t *worker,
    const uint8_t *buyer, fs_contact_op_t *op)
{
    fs_collect_t  collect;
    fs_outcome_t  outcome;

    ngx_memzero(&collect, sizeof(fs_collect_t));

    outcome = ngx_http_flashsale_people_collect(worker, buyer, &collect);

    *op = collect.counts.to_collect || collect.counts.more
          ? FS_CONTACT_LEAVE : FS_CONTACT_ERASE;

    return outcome;
}


ngx_uint_t
ngx_http_flashsale_people_waiting(ngx_http_flashsale_worker_t *worker)
{
    return worker->people->annex.changes_n;
}


int64_t
ngx_http_flashsale_people_count(ngx_http_flashsale_worker_t *worker)
{
    ngx_http_flashsale_annex_t  *annex;

    annex = &worker->people->annex;

    return annex->running ? fs_contacts_count(annex->rows) : -1;
}


static ngx_uint_t
ngx_http_flashsale_people_changed(ngx_http_flashsale_worker_t *worker)
{
    ngx_http_flashsale_annex_changed(&worker->people->annex);

    return worker->people->annex.running
           ? ngx_http_flashsale_people_look(worker->people) : 0;
}


/* A bounded part of the holds of those that the sweep has found.  1: there is
 * more to look at. */

static ngx_uint_t
ngx_http_flashsale_people_look(ngx_http_flashsale_people_t *people)
{
    fs_outcome_t  outcome;

    if (!people->looking) {

        pthread_mutex_lock(&people->mutex);

        if (people->looks_n) {
            people->look = people->looks[--people->looks_n];
            people->looking = 1;
        }

        pthread_mutex_unlock(&people->mutex);

        if (!people->looking) {
            return 0;
        }

        ngx_memzero(&people->collect, sizeof(fs_collect_t));
    }

    outcome = ngx_http_flashsale_people_collect(people->annex.worker,
                                                people->look.buyer,
                                                &people->collect);

    if (outcome != FS_OK) {

        /* the next round finds it again */

        people->looking = 0;
        return 0;
    }

    if (people->collect.counts.to_collect == 0 && people->collect.counts.more)
    {
        return 1;
    }

    people->looking = 0;
    ngx_http_flashsale_people_judge(people);

    return 1;
}


/* What becomes of somebody whose contact may have to go. */

static void
ngx_http_flashsale_people_judge(ngx_http_flashsale_people_t *people)
{
    int64_t              before;
    fs_contact_change_t  change;

    ngx_memzero(&change, sizeof(fs_contact_change_t));
    ngx_memcpy(change.buyer, people->look.buyer, FS_BUYER_LEN);

    before = atomic_load(&people->annex.now) - people->age;

    if (people->look.leaving) {

        if (people->collect.counts.to_collect) {
            return;
        }

        change.op = FS_CONTACT_LEFT;

    } else if (people->age && people->collect.newest_at > before) {
        change.op = FS_CONTACT_SEEN;
        change.contact.at = people->collect.newest_at;

    } else if (people->collect.counts.to_collect) {
        change.op = FS_CONTACT_LEAVE;

    } else {
        change.op = FS_CONTACT_OVER;
        change.contact.at = people->age ? before : people->look.at;
    }

    (void) ngx_http_flashsale_people_push(people->annex.worker, &change,
                                          NULL);
}


static ngx_uint_t
ngx_http_flashsale_people_idle(ngx_http_flashsale_worker_t *worker)
{
    return worker->people->annex.changes_n == 0
           && ngx_http_flashsale_people_known(worker) == NGX_OK;
}


static void
ngx_http_flashsale_people_exit(ngx_http_flashsale_worker_t *worker)
{
    ngx_http_flashsale_people_t  *people;

    people = worker->people;
    worker->people = NULL;

    if (ngx_http_flashsale_annex_exit(&people->annex)) {
        (void) pthread_mutex_destroy(&people->mutex);
        ngx_free(people);
    }
}


const ngx_http_flashsale_part_t  ngx_http_flashsale_people_part = {
    .init = ngx_http_flashsale_people_init,
    .opened = ngx_http_flashsale_people_opened,
    .changed = ngx_http_flashsale_people_changed,
    .idle = ngx_http_flashsale_people_idle,
    .exit = ngx_http_flashsale_people_exit
};
