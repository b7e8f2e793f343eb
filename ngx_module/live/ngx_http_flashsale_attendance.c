
#include "live/ngx_http_flashsale_attendance.h"
#include "core/store/presence.h"


#define NGX_HTTP_FLASHSALE_STEP_USEC  3000      /* of a turn, for counting */


struct ngx_http_flashsale_attendance_s {
    ngx_http_flashsale_worker_t     *worker;
    fs_presence_t                   *presence;  /* NULL: not opened yet */
    ngx_http_flashsale_counted_t   **places;    /* by place */
    unsigned                         region;    /* the next one to count */
    unsigned                         alone:1;   /* it is not shared yet */
    unsigned                         told:1;    /* the log says so */
    ngx_uint_t                       n;
    fs_presence_set_t                sets[NGX_HTTP_FLASHSALE_ASKED];
};


static ngx_int_t ngx_http_flashsale_attendance_open(
    ngx_http_flashsale_attendance_t *attendance);
static uint64_t ngx_http_flashsale_attendance_note(fs_str_t session,
    const uint8_t *buyer);


static const uint8_t  ngx_http_flashsale_nobody[FS_BUYER_LEN];


ngx_http_flashsale_attendance_t *
ngx_http_flashsale_attendance_create(ngx_http_flashsale_worker_t *worker)
{
    ngx_http_flashsale_attendance_t  *attendance;

    attendance = ngx_pcalloc(worker->cycle->pool,
                             sizeof(ngx_http_flashsale_attendance_t));
    if (attendance) {
        attendance->worker = worker;
    }

    return attendance;
}


void
ngx_http_flashsale_attendance_close(
    ngx_http_flashsale_attendance_t *attendance)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_FLASHSALE_ASKED; i++) {
        fs_presence_set_free(&attendance->sets[i]);
    }

    if (attendance->presence) {
        fs_presence_close(attendance->presence);
        attendance->presence = NULL;
    }

    if (attendance->places) {
        ngx_free(attendance->places);
        attendance->places = NULL;
    }
}


static ngx_int_t
ngx_http_flashsale_attendance_open(
    ngx_http_flashsale_attendance_t *attendance)
{
    int                           err;
    ngx_http_flashsale_worker_t  *worker;

    if (attendance->presence) {
        return NGX_OK;
    }

    worker = attendance->worker;

    if (attendance->places == NULL) {
        attendance->places = ngx_calloc(FS_PRESENCE_MAX
                                    * sizeof(ngx_http_flashsale_counted_t *),
                                    worker->log);
        if (attendance->places == NULL) {
            return NGX_ERROR;
        }
    }

    attendance->presence = fs_presence_open(
                                 (char *) worker->conf->path->name.data,
                                 &err);

    if (attendance->presence == NULL) {
        return NGX_ERROR;
    }

    /* perhaps another process came or went just then: see _begin() */

    attendance->alone = (err != 0);

    return NGX_OK;
}


void
ngx_http_flashsale_attendance_add(
    ngx_http_flashsale_attendance_t *attendance, fs_str_t session,
    const uint8_t *buyer, ngx_http_flashsale_counted_t *counted)
{
    counted->at = -1;

    if (ngx_http_flashsale_attendance_open(attendance) != NGX_OK) {
        return;
    }

    counted->at = fs_presence_add(attendance->presence,
                          ngx_http_flashsale_attendance_note(session, buyer));

    if (counted->at != -1) {
        attendance->places[counted->at] = counted;
    }
}


void
ngx_http_flashsale_attendance_remove(
    ngx_http_flashsale_attendance_t *attendance,
    ngx_http_flashsale_counted_t *counted)
{
    int32_t  moved;

    if (counted->at == -1 || attendance->presence == NULL) {
        return;
    }

    moved = fs_presence_remove(attendance->presence, counted->at);

    if (moved != -1) {
        attendance->places[counted->at] = attendance->places[moved];
        attendance->places[counted->at]->at = counted->at;
    }

    counted->at = -1;
}


void
ngx_http_flashsale_attendance_begin(
    ngx_http_flashsale_attendance_t *attendance)
{
    int                           err;
    ngx_http_flashsale_worker_t  *worker;

    attendance->n = 0;
    attendance->region = 0;

    if (!attendance->alone) {
        return;
    }

    worker = attendance->worker;

    err = fs_presence_share(attendance->presence,
                            (char *) worker->conf->path->name.data);

    if (err != 0 && !attendance->told) {
        attendance->told = 1;
        ngx_log_error(NGX_LOG_WARN, worker->log, err,
                      "flashsale: there is no shared memory for who is in "
                      "which room: this process counts its own viewers "
                      "alone");

    } else if (err == 0) {
        attendance->alone = 0;

        if (attendance->told) {
            attendance->told = 0;
            ngx_log_error(NGX_LOG_NOTICE, worker->log, 0,
                          "flashsale: who is in which room is shared now");
        }
    }
}


void
ngx_http_flashsale_attendance_ask(
    ngx_http_flashsale_attendance_t *attendance, fs_str_t session)
{
    if (attendance->n < NGX_HTTP_FLASHSALE_ASKED) {
        fs_presence_set_begin(&attendance->sets[attendance->n++],
                    ngx_http_flashsale_attendance_note(session,
                                                ngx_http_flashsale_nobody));
    }
}


ngx_uint_t
ngx_http_flashsale_attendance_step(
    ngx_http_flashsale_attendance_t *attendance)
{
    uint64_t  start;

    if (ngx_http_flashsale_attendance_open(attendance) != NGX_OK) {
        return 0;
    }

    start = ngx_http_flashsale_usec();

    while (attendance->region <= FS_PRESENCE_REGIONS) {

        /* without memory some are missing, until the next count */

        (void) fs_presence_count(attendance->presence, attendance->region++,
                                 attendance->sets, attendance->n);

        if (ngx_http_flashsale_usec() - start > NGX_HTTP_FLASHSALE_STEP_USEC)
        {
            return attendance->region > FS_PRESENCE_REGIONS;
        }
    }

    return 1;
}


uint64_t
ngx_http_flashsale_attendance_told(
    ngx_http_flashsale_attendance_t *attendance, ngx_uint_t i)
{
    return i < attendance->n ? attendance->sets[i].n : 0;
}


uint64_t
ngx_http_flashsale_attendance_of(ngx_http_flashsale_attendance_t *attendance,
    fs_str_t session)
{
    uint64_t           n;
    unsigned           region;
    fs_presence_set_t  set;

    if (ngx_http_flashsale_attendance_open(attendance) != NGX_OK) {
        return 0;
    }

    ngx_memzero(&set, sizeof(fs_presence_set_t));
    fs_presence_set_begin(&set, ngx_http_flashsale_attendance_note(session,
                                                 ngx_http_flashsale_nobody));

    for (region = 0; region <= FS_PRESENCE_REGIONS; region++) {
        (void) fs_presence_count(attendance->presence, region, &set, 1);
    }

    n = set.n;
    fs_presence_set_free(&set);

    return n;
}


/* FNV-1a of the session's id; a pseudonym is a hash. */

static uint64_t
ngx_http_flashsale_attendance_note(fs_str_t session, const uint8_t *buyer)
{
    size_t    i;
    uint64_t  hash;

    hash = 0xcbf29ce484222325ULL;

    for (i = 0; i < session.len; i++) {
        hash ^= (u_char) session.data[i];
        hash *= 0x100000001b3ULL;
    }

    return fs_presence_note(hash, buyer);
}
