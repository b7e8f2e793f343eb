
#include "live/ngx_http_flashsale_rooms.h"
#include "annex/ngx_http_flashsale_people.h"
#include "annex/ngx_http_flashsale_talk.h"
#include "core/log/life.h"
#include "core/read/view_room.h"
#include "core/talk/talk.h"
#include "core/text/person.h"


#define NGX_HTTP_FLASHSALE_ROOM_MSEC    240     /* between what is told */
#define NGX_HTTP_FLASHSALE_COUNT_MSEC   1000    /* between counts of viewers */
#define NGX_HTTP_FLASHSALE_ROOMS_MAX    NGX_HTTP_FLASHSALE_ASKED
#define NGX_HTTP_FLASHSALE_STEPS        16      /* of the walk, for who comes
                                                   first */
#define NGX_HTTP_FLASHSALE_TAIL         1024    /* entries read at a look */
#define NGX_HTTP_FLASHSALE_TAIL_STEP    64
#define NGX_HTTP_FLASHSALE_BOUGHT       8       /* told at once, of a room */
#define NGX_HTTP_FLASHSALE_SAID         16      /* comments, likewise */
#define NGX_HTTP_FLASHSALE_SAID_LOOKS   64      /* rows looked at for them */
#define NGX_HTTP_FLASHSALE_PENDING      32768   /* bytes, of a room */


struct ngx_http_flashsale_room_s {
    ngx_queue_t                      queue;     /* in rooms->queue */
    fs_slug_t                        session;
    ngx_queue_t                      audiences;

    /* its sales, as the walks have found them */
    ngx_uint_t                       sales_n;
    struct {
        uint32_t                     number;
        unsigned                     found:1;   /* by the present walk */
    }                                sales[NGX_HTTP_FLASHSALE_ROOM_SALES];
    uint32_t                         after;     /* where the walk is */
    fs_seq_t                         walked;    /* the view's, when it began */

    /* what is told by `room` */
    uint8_t                          state;     /* fs_room_state_t */
    fs_slug_t                        pin;
    uint64_t                         viewers;
    unsigned                         news:1;    /* and was not told yet */

    size_t                           doc_len;   /* as it was read last */
    u_char                           doc[FS_ROOM_JSON_MAX];

    uint64_t                         said;      /* the last one looked at */
    unsigned                         hears:1;   /* and it is known */

    ngx_msec_t                       told_at;
    ngx_uint_t                       bought_n;  /* in `pending` */
    size_t                           pending_len;
    u_char                           pending[NGX_HTTP_FLASHSALE_PENDING];
};


struct ngx_http_flashsale_rooms_s {
    ngx_http_flashsale_worker_t     *worker;
    ngx_http_flashsale_channels_t   *channels;
    ngx_queue_t                      queue;
    ngx_uint_t                       n;
    fs_seq_t                         seq;       /* the view's, last look */

    ngx_http_flashsale_attendance_t *attendance;
    ngx_msec_t                       counted_at;
    unsigned                         counting:1;    /* the same rooms still */

    fs_comment_t                     comments[NGX_HTTP_FLASHSALE_SAID_LOOKS];
    fs_entry_t                       entries[NGX_HTTP_FLASHSALE_TAIL_STEP];
};


/* where an event is written, and how long it may be */
#define ngx_http_flashsale_room_left(room)                                   \
    (char *) (room)->pending + (room)->pending_len,                          \
    sizeof((room)->pending) - (room)->pending_len


static fs_outcome_t ngx_http_flashsale_room_create(
    ngx_http_flashsale_rooms_t *rooms, fs_view_t *view, fs_str_t session,
    ngx_http_flashsale_room_t **made);
static void ngx_http_flashsale_room_forget(ngx_http_flashsale_rooms_t *rooms,
    ngx_http_flashsale_room_t *room);
static int ngx_http_flashsale_room_read(ngx_http_flashsale_room_t *room,
    fs_view_t *view);
static void ngx_http_flashsale_room_walk(ngx_http_flashsale_rooms_t *rooms,
    ngx_http_flashsale_room_t *room, fs_view_t *view);
static ngx_uint_t ngx_http_flashsale_room_find(
    const ngx_http_flashsale_room_t *room, uint32_t number);
static void ngx_http_flashsale_rooms_tail(ngx_http_flashsale_rooms_t *rooms,
    fs_view_t *view);
static void ngx_http_flashsale_rooms_bought(
    ngx_http_flashsale_rooms_t *rooms, fs_view_t *view,
    const fs_entry_t *entry);
static void ngx_http_flashsale_room_said(ngx_http_flashsale_rooms_t *rooms,
    ngx_http_flashsale_room_t *room);
static void ngx_http_flashsale_rooms_tally(
    ngx_http_flashsale_rooms_t *rooms);
static void ngx_http_flashsale_room_append(ngx_http_flashsale_room_t *room,
    int len);


ngx_http_flashsale_rooms_t *
ngx_http_flashsale_rooms_create(ngx_http_flashsale_worker_t *worker,
    ngx_http_flashsale_channels_t *channels)
{
    ngx_http_flashsale_rooms_t  *rooms;

    rooms = ngx_pcalloc(worker->cycle->pool,
                        sizeof(ngx_http_flashsale_rooms_t));
    if (rooms == NULL) {
        return NULL;
    }

    rooms->worker = worker;
    rooms->channels = channels;
    ngx_queue_init(&rooms->queue);

    rooms->attendance = ngx_http_flashsale_attendance_create(worker);
    if (rooms->attendance == NULL) {
        return NULL;
    }

    return rooms;
}


void
ngx_http_flashsale_rooms_close(ngx_http_flashsale_rooms_t *rooms)
{
    ngx_http_flashsale_attendance_close(rooms->attendance);
}


fs_outcome_t
ngx_http_flashsale_rooms_join(ngx_http_flashsale_rooms_t *rooms,
    fs_view_t *view, fs_str_t session, const fs_sale_t *sales, size_t n,
    ngx_http_flashsale_audience_t **joined)
{
    size_t                          i, own;
    fs_sale_t                       sale;
    ngx_queue_t                    *q;
    fs_outcome_t                    outcome;
    ngx_http_flashsale_room_t      *room;
    ngx_http_flashsale_audience_t  *audience;

    room = NULL;

    for (q = ngx_queue_head(&rooms->queue);
         q != ngx_queue_sentinel(&rooms->queue);
         q = ngx_queue_next(q))
    {
        room = ngx_queue_data(q, ngx_http_flashsale_room_t, queue);

        if (room->session.len == session.len
            && ngx_memcmp(room->session.data, session.data, session.len)
               == 0)
        {
            break;
        }

        room = NULL;
    }

    if (room == NULL) {
        outcome = ngx_http_flashsale_room_create(rooms, view, session, &room);

        if (outcome != FS_OK) {
            return outcome;
        }
    }

    own = 0;

    for (i = 0; i < n; i++) {
        if (ngx_http_flashsale_room_find(room, sales[i].number)
            == room->sales_n)
        {
            own++;
        }
    }

    /* all who follow its own sales alone are the first one */

    if (own == 0 && !ngx_queue_empty(&room->audiences)) {
        q = ngx_queue_head(&room->audiences);
        audience = ngx_queue_data(q, ngx_http_flashsale_audience_t, queue);

        if (!audience->own) {
            audience->viewers++;
            *joined = audience;
            return FS_OK;
        }
    }

    audience = ngx_http_flashsale_audience_create(view->seq);

    if (audience == NULL) {
        ngx_http_flashsale_room_forget(rooms, room);
        return FS_INTERNAL;
    }

    audience->room = room;
    audience->own = (own != 0);

    if (own) {
        ngx_queue_insert_tail(&room->audiences, &audience->queue);

    } else {
        ngx_queue_insert_head(&room->audiences, &audience->queue);
    }

    outcome = FS_OK;

    for (i = 0; i < n; i++) {
        if (ngx_http_flashsale_audience_add(audience, rooms->channels,
                                            &sales[i])
            != NGX_OK)
        {
            outcome = FS_INTERNAL;
        }
    }

    for (i = 0; i < room->sales_n; i++) {

        if (fs_view_look_sale(view, room->sales[i].number, &sale) == 1
            && ngx_http_flashsale_audience_add(audience, rooms->channels,
                                               &sale)
               != NGX_OK)
        {
            outcome = FS_INTERNAL;
        }
    }

    audience->anew = 0;

    if (outcome != FS_OK) {
        ngx_http_flashsale_rooms_leave(rooms, audience);
        return outcome;
    }

    *joined = audience;

    return FS_OK;
}


static fs_outcome_t
ngx_http_flashsale_room_create(ngx_http_flashsale_rooms_t *rooms,
    fs_view_t *view, fs_str_t session, ngx_http_flashsale_room_t **made)
{
    int                         rc;
    ngx_uint_t                  steps;
    ngx_http_flashsale_room_t  *room;

    if (rooms->n == NGX_HTTP_FLASHSALE_ROOMS_MAX) {
        return FS_QUEUE_FULL;
    }

    room = ngx_calloc(sizeof(ngx_http_flashsale_room_t), ngx_cycle->log);
    if (room == NULL) {
        return FS_INTERNAL;
    }

    fs_slug_set(&room->session, session);

    rc = ngx_http_flashsale_room_read(room, view);

    if (rc != 1) {
        ngx_free(room);

        return rc == 0 ? ngx_http_flashsale_missing(view, FS_NOT_FOUND)
                       : FS_NOT_READY;
    }

    ngx_queue_init(&room->audiences);

    steps = 0;

    do {
        ngx_http_flashsale_room_walk(rooms, room, view);
    } while (room->after && ++steps < NGX_HTTP_FLASHSALE_STEPS);

    room->news = 0;

    /* who comes reads what was before, and hears what is said from now on */

    ngx_http_flashsale_room_said(rooms, room);

    if (rooms->n == 0) {
        rooms->seq = view->seq;
    }

    ngx_queue_insert_tail(&rooms->queue, &room->queue);
    rooms->n++;

    /* its first viewers are not told that there are none */

    rooms->counting = 0;
    rooms->counted_at = ngx_current_msec - NGX_HTTP_FLASHSALE_COUNT_MSEC;

    *made = room;

    return FS_OK;
}


/* When nobody is there any more. */

static void
ngx_http_flashsale_room_forget(ngx_http_flashsale_rooms_t *rooms,
    ngx_http_flashsale_room_t *room)
{
    if (!ngx_queue_empty(&room->audiences)) {
        return;
    }

    ngx_queue_remove(&room->queue);
    rooms->n--;
    rooms->counting = 0;
    ngx_free(room);
}


void
ngx_http_flashsale_rooms_leave(ngx_http_flashsale_rooms_t *rooms,
    ngx_http_flashsale_audience_t *audience)
{
    ngx_http_flashsale_room_t  *room;

    if (--audience->viewers) {
        return;
    }

    room = audience->room;

    ngx_queue_remove(&audience->queue);
    ngx_http_flashsale_audience_free(audience, rooms->channels);
    ngx_http_flashsale_room_forget(rooms, room);
}


/* As fs_view_room(). */

static int
ngx_http_flashsale_room_read(ngx_http_flashsale_room_t *room,
    fs_view_t *view)
{
    int        rc;
    fs_str_t   doc, kind = fs_str(FS_ROOM_KIND);
    fs_room_t  now;

    /* most often it is as it was */

    if (room->doc_len
        && fs_view_document(view, kind, fs_slug_str(&room->session), &doc)
           == 1
        && doc.len == room->doc_len
        && ngx_memcmp(doc.data, room->doc, doc.len) == 0)
    {
        return 1;
    }

    rc = fs_view_room(view, fs_slug_str(&room->session), &now, &doc);

    if (rc != 1) {
        return rc;
    }

    room->doc_len = ngx_min(doc.len, sizeof(room->doc));
    ngx_memcpy(room->doc, doc.data, room->doc_len);

    if (room->state != now.state || room->pin.len != now.pin.len
        || ngx_memcmp(room->pin.data, now.pin.data, now.pin.len) != 0)
    {
        room->state = now.state;
        room->pin = now.pin;
        room->news = 1;
    }

    return 1;
}


/* One step of a walk: which sales are the session's now? */

static void
ngx_http_flashsale_room_walk(ngx_http_flashsale_rooms_t *rooms,
    ngx_http_flashsale_room_t *room, fs_view_t *view)
{
    uint32_t                        numbers[FS_ROOM_LOOKS];
    fs_sale_t                       sale;
    ngx_uint_t                      i, j, n;
    ngx_queue_t                    *q;
    ngx_http_flashsale_audience_t  *audience;

    if (room->after == 0) {
        room->walked = view->seq;

        for (i = 0; i < room->sales_n; i++) {
            room->sales[i].found = 0;
        }
    }

    n = fs_view_room_sales(view, fs_slug_str(&room->session), &room->after,
                           numbers);

    for (i = 0; i < n; i++) {
        j = ngx_http_flashsale_room_find(room, numbers[i]);

        if (j < room->sales_n) {
            room->sales[j].found = 1;
            continue;
        }

        if (j == NGX_HTTP_FLASHSALE_ROOM_SALES
            || fs_view_look_sale(view, numbers[i], &sale) != 1)
        {
            continue;
        }

        room->sales[j].number = numbers[i];
        room->sales[j].found = 1;
        room->sales_n++;

        for (q = ngx_queue_head(&room->audiences);
             q != ngx_queue_sentinel(&room->audiences);
             q = ngx_queue_next(q))
        {
            audience = ngx_queue_data(q, ngx_http_flashsale_audience_t,
                                      queue);
            (void) ngx_http_flashsale_audience_add(audience, rooms->channels,
                                                   &sale);
        }
    }

    if (room->after) {
        return;
    }

    /* one that has ended is not found by a walk, and stays until all leave */

    for (i = 0; i < room->sales_n; /* void */ ) {

        if (room->sales[i].found
            || fs_view_look_sale(view, room->sales[i].number, &sale) != 1
            || fs_sale_state(&sale) == FS_SALE_CLOSED)
        {
            i++;
            continue;
        }

        for (q = ngx_queue_head(&room->audiences);
             q != ngx_queue_sentinel(&room->audiences);
             q = ngx_queue_next(q))
        {
            audience = ngx_queue_data(q, ngx_http_flashsale_audience_t,
                                      queue);
            ngx_http_flashsale_audience_drop(audience, rooms->channels,
                                             room->sales[i].number);
        }

        room->sales[i] = room->sales[--room->sales_n];
    }
}


/* room->sales_n: it is none of the room's. */

static ngx_uint_t
ngx_http_flashsale_room_find(const ngx_http_flashsale_room_t *room,
    uint32_t number)
{
    ngx_uint_t  i;

    for (i = 0; i < room->sales_n; i++) {
        if (room->sales[i].number == number) {
            break;
        }
    }

    return i;
}


int
ngx_http_flashsale_rooms_watch(ngx_http_flashsale_rooms_t *rooms,
    fs_view_t *view, int changed)
{
    int                             moved;
    ngx_queue_t                    *q, *a;
    ngx_http_flashsale_room_t      *room;
    ngx_http_flashsale_audience_t  *audience;

    if (rooms->n == 0) {
        return changed;
    }

    moved = (view->seq != rooms->seq);

    if (moved) {
        ngx_http_flashsale_rooms_tail(rooms, view);
    }

    ngx_http_flashsale_rooms_tally(rooms);

    for (q = ngx_queue_head(&rooms->queue);
         q != ngx_queue_sentinel(&rooms->queue);
         q = ngx_queue_next(q))
    {
        room = ngx_queue_data(q, ngx_http_flashsale_room_t, queue);

        if (moved) {
            (void) ngx_http_flashsale_room_read(room, view);
        }

        if (room->after || room->walked != view->seq) {
            ngx_http_flashsale_room_walk(rooms, room, view);
        }

        if (ngx_current_msec - room->told_at < NGX_HTTP_FLASHSALE_ROOM_MSEC) {
            continue;
        }

        room->told_at = ngx_current_msec;

        ngx_http_flashsale_room_said(rooms, room);

        if (room->news) {
            room->news = 0;
            ngx_http_flashsale_room_append(room,
                fs_answer_room(ngx_http_flashsale_room_left(room),
                               fs_room_state_name(room->state), &room->pin,
                               room->viewers));
        }

        for (a = ngx_queue_head(&room->audiences);
             a != ngx_queue_sentinel(&room->audiences);
             a = ngx_queue_next(a))
        {
            audience = ngx_queue_data(a, ngx_http_flashsale_audience_t,
                                      queue);
            changed |= ngx_http_flashsale_audience_tell(audience,
                                       rooms->channels, view->store,
                                       room->pending, room->pending_len,
                                       view->seq, changed);
        }

        room->pending_len = 0;
        room->bought_n = 0;
    }

    return changed;
}


/* What is new in the ledger.  In a rush the last entries stand for all. */

static void
ngx_http_flashsale_rooms_tail(ngx_http_flashsale_rooms_t *rooms,
    fs_view_t *view)
{
    size_t    i, n;
    fs_seq_t  after;

    if (view->index.txn == NULL) {
        return;
    }

    after = rooms->seq;

    if (view->seq < after) {
        after = view->seq;
    }

    if (view->seq - after > NGX_HTTP_FLASHSALE_TAIL) {
        after = view->seq - NGX_HTTP_FLASHSALE_TAIL;
    }

    while (after < view->seq) {
        n = fs_view_entries(view, after,
                            ngx_min(view->seq - after,
                                    NGX_HTTP_FLASHSALE_TAIL_STEP),
                            rooms->entries);
        if (n == 0) {
            break;
        }

        for (i = 0; i < n; i++) {

            if (rooms->entries[i].type == FS_ENTRY_SOLD
                || rooms->entries[i].type == FS_ENTRY_SOLD_LATE)
            {
                ngx_http_flashsale_rooms_bought(rooms, view,
                                                &rooms->entries[i]);
            }
        }

        after = rooms->entries[n - 1].seq;
    }

    rooms->seq = view->seq;
}


/* Somebody has bought: their name is looked for once some room tells it. */

static void
ngx_http_flashsale_rooms_bought(ngx_http_flashsale_rooms_t *rooms,
    fs_view_t *view, const fs_entry_t *entry)
{
    int                         known;
    char                        buf[FS_SHOWN_MAX];
    fs_str_t                    name;
    fs_hold_t                   hold;
    fs_slug_t                   sale;
    ngx_queue_t                *q;
    fs_contact_t                contact;
    ngx_http_flashsale_room_t  *room;

    known = 0;
    name.data = buf;
    name.len = 0;

    for (q = ngx_queue_head(&rooms->queue);
         q != ngx_queue_sentinel(&rooms->queue);
         q = ngx_queue_next(q))
    {
        room = ngx_queue_data(q, ngx_http_flashsale_room_t, queue);

        if (room->bought_n == NGX_HTTP_FLASHSALE_BOUGHT
            || ngx_http_flashsale_room_find(room, entry->sale)
               == room->sales_n)
        {
            continue;
        }

        if (!known) {
            known = 1;

            if (!fs_view_sale_slug(view, entry->sale, &sale)) {
                return;
            }

            if (fs_view_look_hold(view, entry->hold, &hold) == 1
                && ngx_http_flashsale_people_read(rooms->worker, hold.buyer,
                                                  &contact)
                   == FS_OK)
            {
                name.len = fs_contact_shown(&contact, buf);
            }
        }

        room->bought_n++;

        ngx_http_flashsale_room_append(room,
                  fs_answer_bought(ngx_http_flashsale_room_left(room), name,
                                   &sale, (uint32_t) entry->qty));
    }
}


/*
 * What was said since the last look, by whichever process wrote it.  Of too
 * many comments the newest are told; what was taken back always is.
 */

static void
ngx_http_flashsale_room_said(ngx_http_flashsale_rooms_t *rooms,
    ngx_http_flashsale_room_t *room)
{
    int              i, n, more, left;
    uint64_t         last;
    fs_annex_t      *annex;
    fs_comment_t    *comment;

    annex = ngx_http_flashsale_talk_rows(rooms->worker);

    if (annex == NULL) {
        return;
    }

    if (!room->hears) {
        room->said = fs_talk_last(annex);
        room->hears = 1;
        return;
    }

    last = fs_talk_last(annex);

    if (last <= room->said) {
        return;
    }

    n = fs_talk_after(annex, &room->session, room->said, 1, rooms->comments,
                      NGX_HTTP_FLASHSALE_SAID_LOOKS, &room->said, &more);

    if (n >= 0 && !more) {

        /* the last ones may be another room's */

        room->said = ngx_max(room->said, last);
    }

    left = 0;

    for (i = 0; i < n; i++) {
        left += (rooms->comments[i].kind != FS_TALK_REMOVED);
    }

    for (i = 0; i < n; i++) {
        comment = &rooms->comments[i];

        if (comment->kind != FS_TALK_REMOVED
            && left-- > NGX_HTTP_FLASHSALE_SAID)
        {
            continue;
        }

        ngx_http_flashsale_room_append(room,
               fs_answer_said(ngx_http_flashsale_room_left(room), comment));
    }
}


/* What was written behind `pending`, -1: there was no place for it. */

static void
ngx_http_flashsale_room_append(ngx_http_flashsale_room_t *room, int len)
{
    if (len > 0) {
        room->pending_len += (size_t) len;
    }
}


ngx_http_flashsale_text_t *
ngx_http_flashsale_rooms_text(ngx_http_flashsale_rooms_t *rooms,
    ngx_http_flashsale_audience_t *audience, uint64_t seen)
{
    if (seen >= audience->changed) {
        return NULL;
    }

    if (seen < audience->before) {
        return ngx_http_flashsale_rooms_first(rooms, audience, NULL, NULL, 0);
    }

    audience->delta->refs++;

    return audience->delta;
}


ngx_http_flashsale_text_t *
ngx_http_flashsale_rooms_first(ngx_http_flashsale_rooms_t *rooms,
    ngx_http_flashsale_audience_t *audience, fs_view_t *view,
    const u_char *head, size_t head_len)
{
    int                         len;
    ngx_http_flashsale_room_t  *room;
    ngx_http_flashsale_text_t  *text;

    room = audience->room;

    if (rooms->worker->store == NULL) {
        return NULL;
    }

    text = ngx_http_flashsale_audience_snapshot(audience,
                                  rooms->worker->store, view, head, head_len,
                                  FS_EVENT_MAX);
    if (text == NULL) {
        return NULL;
    }

    len = fs_answer_room((char *) text->data + text->len, FS_EVENT_MAX,
                         fs_room_state_name(room->state), &room->pin,
                         room->viewers);
    if (len > 0) {
        text->len += (size_t) len;
    }

    return text;
}


void
ngx_http_flashsale_rooms_count(ngx_http_flashsale_rooms_t *rooms,
    ngx_http_flashsale_audience_t *audience, const uint8_t *buyer,
    ngx_http_flashsale_counted_t *counted)
{
    ngx_http_flashsale_attendance_add(rooms->attendance,
                                      fs_slug_str(&audience->room->session),
                                      buyer, counted);

    /* who comes first is told that they are there */

    if (audience->room->viewers == 0) {
        audience->room->viewers = 1;
    }
}


void
ngx_http_flashsale_rooms_uncount(ngx_http_flashsale_rooms_t *rooms,
    ngx_http_flashsale_counted_t *counted)
{
    ngx_http_flashsale_attendance_remove(rooms->attendance, counted);
}


uint64_t
ngx_http_flashsale_rooms_viewers(ngx_http_flashsale_rooms_t *rooms,
    fs_str_t session)
{
    return ngx_http_flashsale_attendance_of(rooms->attendance, session);
}


/* Count, each second, who is there. */

static void
ngx_http_flashsale_rooms_tally(ngx_http_flashsale_rooms_t *rooms)
{
    uint64_t                    n;
    ngx_uint_t                  i;
    ngx_queue_t                *q;
    ngx_http_flashsale_room_t  *room;

    if (!rooms->counting) {

        if (ngx_current_msec - rooms->counted_at
            < NGX_HTTP_FLASHSALE_COUNT_MSEC)
        {
            return;
        }

        rooms->counted_at = ngx_current_msec;
        rooms->counting = 1;

        ngx_http_flashsale_attendance_begin(rooms->attendance);

        for (q = ngx_queue_head(&rooms->queue);
             q != ngx_queue_sentinel(&rooms->queue);
             q = ngx_queue_next(q))
        {
            room = ngx_queue_data(q, ngx_http_flashsale_room_t, queue);
            ngx_http_flashsale_attendance_ask(rooms->attendance,
                                              fs_slug_str(&room->session));
        }
    }

    if (!ngx_http_flashsale_attendance_step(rooms->attendance)) {
        return;
    }

    rooms->counting = 0;
    i = 0;

    for (q = ngx_queue_head(&rooms->queue);
         q != ngx_queue_sentinel(&rooms->queue);
         q = ngx_queue_next(q))
    {
        room = ngx_queue_data(q, ngx_http_flashsale_room_t, queue);
        n = ngx_http_flashsale_attendance_told(rooms->attendance, i++);

        if (room->viewers != n) {
            room->viewers = n;
            room->news = 1;
        }
    }
}
