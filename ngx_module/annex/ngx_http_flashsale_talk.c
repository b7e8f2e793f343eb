
#include "annex/ngx_http_flashsale_talk.h"
#include "core/talk/words.h"


/* microseconds */
#define NGX_HTTP_FLASHSALE_TALK_ROUND   10000000

/* of refused taps, milliseconds */
#define NGX_HTTP_FLASHSALE_TALK_SAMPLE  10


struct ngx_http_flashsale_talk_s {
    ngx_http_flashsale_annex_t       annex;     /* the first */
    int64_t                          age;       /* of activity, ms, 0: off */
    fs_talk_rates_t                  rates;

    pthread_mutex_t                  mutex;     /* of what follows */
    fs_slug_t                        sessions[FS_TALK_LOOKS];
    ngx_uint_t                       sessions_n;

    /* the main thread's */
    fs_words_t                       words;     /* of the shop, as last read */
    ngx_msec_t                       refused_at;
    uint64_t                         refused;   /* since the last one kept */

    /* the thread's */
    fs_talk_change_t                *batch[NGX_HTTP_FLASHSALE_ANNEX_BATCH];
    fs_talk_sweep_t                  sweep;
    uint64_t                         swept_at;          /* µs */
};


static fs_outcome_t ngx_http_flashsale_talk_write(
    ngx_http_flashsale_annex_t *annex, ngx_http_flashsale_change_t **changes,
    ngx_uint_t n);
static void ngx_http_flashsale_talk_sweep(ngx_http_flashsale_annex_t *annex,
    uint64_t now);
static void ngx_http_flashsale_talk_look(ngx_http_flashsale_talk_t *talk);


static const ngx_http_flashsale_annex_kind_t  ngx_http_flashsale_talk_kind = {
    .thread = "talk",
    .what = "comments",
    .size = sizeof(ngx_http_flashsale_talk_t),
    .create = fs_talk_create,
    .write = ngx_http_flashsale_talk_write,
    .sweep = ngx_http_flashsale_talk_sweep
};


static ngx_int_t
ngx_http_flashsale_talk_init(ngx_http_flashsale_worker_t *worker)
{
    ngx_http_flashsale_talk_t       *talk;
    ngx_http_flashsale_main_conf_t  *mcf;

    talk = (ngx_http_flashsale_talk_t *) ngx_http_flashsale_annex_init(worker,
                                             &ngx_http_flashsale_talk_kind);
    if (talk == NULL) {
        return NGX_ERROR;
    }

    mcf = worker->conf;

    talk->age = (int64_t) mcf->activity;
    talk->rates.buyer.n = (uint32_t) mcf->comments.buyer;
    talk->rates.buyer.ms = (int64_t) mcf->comments.buyer_period;
    talk->rates.session.n = (uint32_t) mcf->comments.session;
    talk->rates.session.ms = (int64_t) mcf->comments.session_period;
    (void) pthread_mutex_init(&talk->mutex, NULL);

    worker->talk = talk;

    return NGX_OK;
}


static void
ngx_http_flashsale_talk_opened(ngx_http_flashsale_worker_t *worker)
{
    ngx_http_flashsale_annex_opened(&worker->talk->annex);
}


/* Thread. */

static fs_outcome_t
ngx_http_flashsale_talk_write(ngx_http_flashsale_annex_t *annex,
    ngx_http_flashsale_change_t **changes, ngx_uint_t n)
{
    ngx_uint_t                  i, dirty;
    fs_outcome_t                outcome;
    fs_talk_change_t           *talk;
    ngx_http_flashsale_talk_t  *own;

    own = (ngx_http_flashsale_talk_t *) annex;
    dirty = 0;

    for (i = 0; i < n; i++) {
        talk = &changes[i]->talk;
        own->batch[i] = talk;
        dirty |= (talk->op == FS_TALK_REMOVE || talk->op == FS_TALK_ERASE
                  || talk->op == FS_TALK_FORGET);
    }

    outcome = fs_talk_write(annex->rows, own->batch, (unsigned) n,
                            &own->rates);

    if (outcome != FS_OK) {
        ngx_http_flashsale_add(&annex->counters->talk_failed, 1);
        return outcome;
    }

    ngx_http_flashsale_add(&annex->counters->talk_written, n);
    annex->dirty |= dirty;

    for (i = 0; i < n; i++) {
        talk = own->batch[i];
        changes[i]->outcome = talk->outcome;
        changes[i]->id = talk->id;
        changes[i]->rest_ms = talk->rest_ms;
    }

    return FS_OK;
}


/* Thread.  Whether the sessions that it finds are still there the main thread
 * looks at. */

static void
ngx_http_flashsale_talk_sweep(ngx_http_flashsale_annex_t *annex,
    uint64_t now)
{
    int                         more;
    int64_t                     wall;
    unsigned                    n, erased;
    fs_slug_t                   sessions[FS_TALK_LOOKS];
    ngx_http_flashsale_talk_t  *talk;

    talk = (ngx_http_flashsale_talk_t *) annex;
    wall = atomic_load(&annex->now);

    pthread_mutex_lock(&talk->mutex);
    n = (unsigned) talk->sessions_n;
    pthread_mutex_unlock(&talk->mutex);

    if (n || wall == 0
        || (!talk->sweep.begun && talk->swept_at
            && now - talk->swept_at < NGX_HTTP_FLASHSALE_TALK_ROUND))
    {
        return;
    }

    if (!talk->sweep.begun) {
        talk->swept_at = now;
    }

    n = fs_talk_sweep(annex->rows, &talk->sweep, wall,
                      talk->age ? wall - talk->age : INT64_MAX, sessions,
                      &erased, &more);

    annex->dirty |= (erased != 0);
    ngx_http_flashsale_add(&annex->counters->talk_erased, erased);

    pthread_mutex_lock(&talk->mutex);
    ngx_memcpy(talk->sessions, sessions, n * sizeof(fs_slug_t));
    talk->sessions_n = n;
    pthread_mutex_unlock(&talk->mutex);
}


/* Main thread, as all that follows. */

ngx_int_t
ngx_http_flashsale_talk_known(ngx_http_flashsale_worker_t *worker)
{
    return ngx_http_flashsale_annex_known(&worker->talk->annex);
}


fs_annex_t *
ngx_http_flashsale_talk_rows(ngx_http_flashsale_worker_t *worker)
{
    return worker->talk->annex.running ? worker->talk->annex.rows : NULL;
}


fs_outcome_t
ngx_http_flashsale_talk_may(ngx_http_flashsale_worker_t *worker,
    fs_talk_change_t *talk)
{
    return worker->talk->annex.running
           ? fs_talk_may(worker->talk->annex.rows, talk, &worker->talk->rates)
           : FS_NOT_READY;
}


fs_outcome_t
ngx_http_flashsale_talk_push(ngx_http_flashsale_worker_t *worker,
    const fs_talk_change_t *talk, ngx_http_flashsale_writing_t *writing)
{
    ngx_uint_t                    lazy;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_change_t  *change;

    lazy = (talk->op == FS_TALK_NOTE);

    change = ngx_http_flashsale_annex_change(&worker->talk->annex, lazy,
                                             &outcome);
    if (change == NULL) {
        return outcome;
    }

    change->talk = *talk;
    change->talk.unnoted = (worker->talk->age == 0);

    ngx_http_flashsale_annex_put(change, lazy, writing);

    return FS_OK;
}


fs_outcome_t
ngx_http_flashsale_talk_erase(ngx_http_flashsale_worker_t *worker,
    const uint8_t *buyer, ngx_http_flashsale_writing_t *writing)
{
    fs_talk_change_t  talk;

    ngx_memzero(&talk, sizeof(fs_talk_change_t));
    talk.op = FS_TALK_ERASE;
    ngx_memcpy(talk.comment.buyer, buyer, FS_BUYER_LEN);

    return ngx_http_flashsale_talk_push(worker, &talk, writing);
}


fs_outcome_t
ngx_http_flashsale_talk_words(ngx_http_flashsale_worker_t *worker,
    fs_view_t *view, fs_str_t text, fs_fault_t *fault)
{
    int       found;
    fs_str_t  doc;

    static const fs_str_t  kind = fs_str(FS_WORDS_KIND);
    static const fs_str_t  id = fs_str(FS_WORDS_ID);

    found = fs_view_document(view, kind, id, &doc);

    if (found < 0) {
        return FS_NOT_READY;
    }

    if (!found) {
        return FS_OK;
    }

    if (fs_words_read(&worker->talk->words, doc) != 0) {
        return FS_INTERNAL;
    }

    return fs_words_allow(&worker->talk->words, text, fault) == 0
           ? FS_OK : FS_NOT_ALLOWED;
}


void
ngx_http_flashsale_talk_note(ngx_http_flashsale_worker_t *worker,
    fs_activity_kind_t kind, const uint8_t *buyer, fs_activity_of_t of,
    const fs_slug_t *subject, uint64_t n, const fs_str_t *code)
{
    fs_now_t          now;
    fs_activity_t    *activity;
    fs_talk_change_t  talk;

    if (worker == NULL || worker->store == NULL || worker->talk == NULL
        || (subject && subject->len == 0) || worker->talk->age == 0)
    {
        return;
    }

    ngx_memzero(&talk, sizeof(fs_talk_change_t));
    fs_store_now(worker->store, &now);

    talk.op = FS_TALK_NOTE;

    activity = &talk.activity;
    activity->kind = (uint8_t) kind;
    activity->of = (uint8_t) of;
    activity->at = now.wall;
    activity->n = n;
    ngx_memcpy(activity->buyer, buyer, FS_BUYER_LEN);

    if (subject) {
        activity->subject = *subject;
    }

    if (code) {
        activity->code_len = (uint8_t) ngx_min(code->len, FS_CODE_WORD_MAX);
        ngx_memcpy(activity->code, code->data, activity->code_len);
    }

    (void) ngx_http_flashsale_talk_push(worker, &talk, NULL);
}


void
ngx_http_flashsale_talk_refused(ngx_http_flashsale_worker_t *worker,
    const uint8_t *buyer, const fs_slug_t *sale, fs_outcome_t outcome)
{
    fs_str_t                    code;
    ngx_http_flashsale_talk_t  *talk;

    talk = worker->talk;
    talk->refused++;

    if (ngx_current_msec - talk->refused_at < NGX_HTTP_FLASHSALE_TALK_SAMPLE) {
        return;
    }

    code.data = fs_outcome_code(outcome);
    code.len = ngx_strlen(code.data);

    ngx_http_flashsale_talk_note(worker, FS_ACTIVITY_REFUSED, buyer,
                                 FS_ACTIVITY_OF_SALE, sale, talk->refused,
                                 &code);
    talk->refused_at = ngx_current_msec;
    talk->refused = 0;
}


ngx_uint_t
ngx_http_flashsale_talk_waiting(ngx_http_flashsale_worker_t *worker)
{
    return worker->talk->annex.changes_n;
}


int64_t
ngx_http_flashsale_talk_count(ngx_http_flashsale_worker_t *worker)
{
    return worker->talk->annex.running
           ? fs_talk_count(worker->talk->annex.rows) : -1;
}


static ngx_uint_t
ngx_http_flashsale_talk_changed(ngx_http_flashsale_worker_t *worker)
{
    ngx_http_flashsale_annex_changed(&worker->talk->annex);

    if (worker->talk->annex.running) {
        ngx_http_flashsale_talk_look(worker->talk);
    }

    return 0;
}


/* What was said is kept as long as its session's document. */

static void
ngx_http_flashsale_talk_look(ngx_http_flashsale_talk_t *talk)
{
    ngx_uint_t         n;
    fs_str_t           doc;
    fs_slug_t          sessions[FS_TALK_LOOKS];
    fs_view_t          view;
    fs_talk_change_t   change;

    static const fs_str_t  kind = fs_str("session");

    pthread_mutex_lock(&talk->mutex);
    n = talk->sessions_n;
    ngx_memcpy(sessions, talk->sessions, n * sizeof(fs_slug_t));
    talk->sessions_n = 0;
    pthread_mutex_unlock(&talk->mutex);

    if (n == 0
        || ngx_http_flashsale_view(talk->annex.worker, NGX_HTTP_FLASHSALE_LOG,
                                   &view)
           != FS_OK)
    {
        return;
    }

    ngx_memzero(&change, sizeof(fs_talk_change_t));
    change.op = FS_TALK_FORGET;

    while (n--) {
        if (fs_view_document(&view, kind, fs_slug_str(&sessions[n]), &doc)
            == 0 && fs_view_outcome(&view) == FS_OK)
        {
            change.session = sessions[n];
            (void) ngx_http_flashsale_talk_push(talk->annex.worker, &change,
                                                NULL);
        }
    }

    fs_view_close(&view);
}


static ngx_uint_t
ngx_http_flashsale_talk_idle(ngx_http_flashsale_worker_t *worker)
{
    return worker->talk->annex.changes_n == 0
           && ngx_http_flashsale_talk_known(worker) == NGX_OK;
}


static void
ngx_http_flashsale_talk_exit(ngx_http_flashsale_worker_t *worker)
{
    ngx_http_flashsale_talk_t  *talk;

    talk = worker->talk;
    worker->talk = NULL;

    fs_words_free(&talk->words);

    if (ngx_http_flashsale_annex_exit(&talk->annex)) {
        (void) pthread_mutex_destroy(&talk->mutex);
        ngx_free(talk);
    }
}


const ngx_http_flashsale_part_t  ngx_http_flashsale_talk_part = {
    .init = ngx_http_flashsale_talk_init,
    .opened = ngx_http_flashsale_talk_opened,
    .changed = ngx_http_flashsale_talk_changed,
    .idle = ngx_http_flashsale_talk_idle,
    .exit = ngx_http_flashsale_talk_exit
};
