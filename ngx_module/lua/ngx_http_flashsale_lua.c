
#include "lua/ngx_http_flashsale_lua.h"
#include "conf/ngx_http_flashsale_conf.h"
#include "core/read/view_claims.h"
#include "core/log/life.h"
#include "core/read/read.h"
#include "core/read/view_may.h"
#include "core/text/text.h"
#include "worker/ngx_http_flashsale_worker.h"


/* the walks that list sales */
typedef enum {
    NGX_HTTP_FLASHSALE_BY_SLUG = 0,
    NGX_HTTP_FLASHSALE_CURRENT,
    NGX_HTTP_FLASHSALE_ENDED
} ngx_http_flashsale_walk_t;


static int ngx_http_flashsale_lua_sales(ngx_http_flashsale_walk_t walk,
    fs_str_t after, double from, int limit,
    ngx_http_flashsale_ffi_sale_t *sales, int *more);
static void ngx_http_flashsale_lua_sale(const fs_sale_t *from,
    ngx_http_flashsale_ffi_sale_t *to);


ngx_http_flashsale_worker_t *
ngx_http_flashsale_lua_worker(void)
{
    ngx_http_flashsale_main_conf_t  *mcf;

    if (ngx_process != NGX_PROCESS_WORKER
        && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NULL;
    }

    mcf = ngx_http_flashsale_cycle_conf((ngx_cycle_t *) ngx_cycle);

    return mcf ? mcf->worker : NULL;
}


ngx_http_flashsale_lua_t *
ngx_http_flashsale_lua(ngx_http_flashsale_worker_t *worker)
{
    if (worker->lua == NULL) {
        worker->lua = ngx_calloc(sizeof(ngx_http_flashsale_lua_t),
                                 worker->log);
    }

    return worker->lua;
}


fs_outcome_t
ngx_http_flashsale_lua_buyer(ngx_http_flashsale_worker_t *worker,
    fs_str_t identity, uint8_t *buyer)
{
    if (identity.len == 0) {
        return FS_NO_BUYER;
    }

    if (worker == NULL || worker->store == NULL) {
        return FS_NOT_READY;
    }

    return fs_crypto_pseudonym(worker->crypto, identity, buyer) == 0
           ? FS_OK : FS_INTERNAL;
}


int
ngx_http_flashsale_ffi_version(void)
{
    return NGX_HTTP_FLASHSALE_FFI_VERSION;
}


const char *
ngx_http_flashsale_ffi_code(int outcome)
{
    return (outcome >= 0 && outcome < FS_OUTCOMES_N)
           ? fs_outcome_code(outcome) : NULL;
}


const char *
ngx_http_flashsale_ffi_state(int state)
{
    return (state >= 0 && state < FS_SALE_STATES_N)
           ? fs_sale_state_name(state) : NULL;
}


const char *
ngx_http_flashsale_ffi_gives(int kind)
{
    return (kind >= 0 && kind < FS_GIVES_N) ? fs_gives_name(kind) : NULL;
}


int
ngx_http_flashsale_ffi_ready(void)
{
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();

    if (worker == NULL) {
        return NGX_HTTP_FLASHSALE_FFI_CLOSED;
    }

    if (worker->store == NULL) {
        ngx_http_flashsale_revive(worker);
        return NGX_HTTP_FLASHSALE_FFI_CLOSED;
    }

    return worker->ready ? NGX_HTTP_FLASHSALE_FFI_ALL
                         : NGX_HTTP_FLASHSALE_FFI_READS;
}


double
ngx_http_flashsale_ffi_now(void)
{
    fs_now_t                      now;
    struct timespec               ts;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();

    if (worker && worker->store) {
        fs_store_now(worker->store, &now);
        return (double) now.wall;
    }

    (void) clock_gettime(CLOCK_REALTIME, &ts);

    return (double) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


double
ngx_http_flashsale_ffi_epoch(void)
{
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();

    if (worker == NULL || worker->store == NULL
        || fs_life_refresh(worker->store) != 0)
    {
        return -1;
    }

    return (double) fs_life_now(worker->store);
}


double
ngx_http_flashsale_ffi_seq(void)
{
    double     seq;
    fs_view_t  view;

    if (ngx_http_flashsale_view(ngx_http_flashsale_lua_worker(),
                                NGX_HTTP_FLASHSALE_LOG, &view)
        != FS_OK)
    {
        return -1;
    }

    /* without an index sales come from the log, which is cut at the mark */

    seq = (double) (view.index.txn ? view.seq
                                   : atomic_load(&view.store->mark->seq));

    fs_view_close(&view);

    return seq;
}


fs_outcome_t
ngx_http_flashsale_lua_find_sale(fs_view_t *view, fs_str_t id,
    fs_sale_t *sale)
{
    uint32_t  number;

    if (fs_slug_valid(id) && fs_view_sale_number(view, id, &number)
        && fs_view_sale(view, number, sale))
    {
        return FS_OK;
    }

    return ngx_http_flashsale_missing(view, FS_NO_SUCH_SALE);
}


static void
ngx_http_flashsale_lua_sale(const fs_sale_t *from,
    ngx_http_flashsale_ffi_sale_t *to)
{
    to->price_fen = (double) from->price_fen;
    to->opens_at = (double) from->opens_at;
    to->closes_at = (double) from->closes_at;
    to->version = (double) from->version;
    to->shelf = from->number;
    to->ended_at = 0;
    to->stock = from->stock;
    to->free = fs_sale_free(from);
    to->held = from->held;
    to->sold = from->sold;
    to->limit = from->limit;
    to->goal = from->goal;
    to->joined = from->joined;
    to->goal_by = from->goal_by;
    to->state = fs_sale_state(from);
    to->formed = fs_sale_formed(from);
    to->cancel_ms = from->cancel_ms;
    to->called_off = from->called_off;
    to->hold_ms = from->hold_ms;
    to->handed_over = from->handed_units;
    to->claimed = from->claimed_units;
    to->queued = from->queued;
    to->awaited = fs_sale_awaited(from);
    to->gives = from->gives;
    to->by_desk = from->by_desk;

    to->id_len = from->slug.len;
    ngx_memcpy(to->id, from->slug.data, from->slug.len);

    to->title_len = from->title_len;
    ngx_memcpy(to->title, from->title, from->title_len);
}


int
ngx_http_flashsale_ffi_sale(const char *id, size_t id_len,
    ngx_http_flashsale_ffi_sale_t *sale)
{
    fs_sale_t     found;
    fs_view_t     view;
    fs_outcome_t  outcome;

    outcome = ngx_http_flashsale_view(ngx_http_flashsale_lua_worker(),
                                      NGX_HTTP_FLASHSALE_LOG, &view);
    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    outcome = ngx_http_flashsale_lua_find_sale(&view,
                            ngx_http_flashsale_lua_str(id, id_len), &found);

    fs_view_close(&view);

    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    ngx_http_flashsale_lua_sale(&found, sale);

    return 0;
}


int
ngx_http_flashsale_ffi_sales(const char *after, size_t after_len, int limit,
    ngx_http_flashsale_ffi_sale_t *sales, int *more)
{
    return ngx_http_flashsale_lua_sales(NGX_HTTP_FLASHSALE_BY_SLUG,
                               ngx_http_flashsale_lua_str(after, after_len),
                               0, limit, sales, more);
}


int
ngx_http_flashsale_ffi_shelf(int ended, double from, int limit,
    ngx_http_flashsale_ffi_sale_t *sales, int *more)
{
    return ngx_http_flashsale_lua_sales(ended ? NGX_HTTP_FLASHSALE_ENDED
                                              : NGX_HTTP_FLASHSALE_CURRENT,
                                        ngx_http_flashsale_lua_str(NULL, 0),
                                        from, limit, sales, more);
}


/* While the index is being made, what the log knows is all there is. */

static int
ngx_http_flashsale_lua_sales(ngx_http_flashsale_walk_t walk, fs_str_t after,
    double from, int limit, ngx_http_flashsale_ffi_sale_t *sales, int *more)
{
    size_t                        i, n;
    fs_view_t                     view;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_lua_t     *lua;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();
    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_LOG, &view);
    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    lua = ngx_http_flashsale_lua(worker);

    if (lua == NULL || limit < 1 || limit > NGX_HTTP_FLASHSALE_FFI_PAGE
        || !(from >= 0 && from < 9007199254740992.0))
    {
        fs_view_close(&view);
        return -FS_INTERNAL;
    }

    switch (walk) {

    case NGX_HTTP_FLASHSALE_BY_SLUG:
        n = fs_view_sales(&view, after, limit, lua->sales, more);
        break;

    case NGX_HTTP_FLASHSALE_CURRENT:
        n = fs_view_current(&view, (uint32_t) ngx_min(from, UINT32_MAX),
                            limit, lua->sales, more);
        break;

    default:
        n = fs_view_ended(&view, (fs_seq_t) from, limit, lua->ended, more);
    }

    outcome = ngx_http_flashsale_missing(&view, FS_OK);

    fs_view_close(&view);

    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    for (i = 0; i < n; i++) {

        if (walk != NGX_HTTP_FLASHSALE_ENDED) {
            ngx_http_flashsale_lua_sale(&lua->sales[i], &sales[i]);
            continue;
        }

        ngx_http_flashsale_lua_sale(&lua->ended[i].sale, &sales[i]);
        sales[i].shelf = (double) lua->ended[i].seq;
        sales[i].ended_at = (double) lua->ended[i].at;
    }

    return (int) n;
}


int
ngx_http_flashsale_ffi_group(const char *id, size_t id_len,
    const char *pickup, size_t pickup_len,
    ngx_http_flashsale_ffi_group_t *group)
{
    int           found;
    fs_sale_t     sale;
    fs_view_t     view;
    fs_group_t    row;
    fs_outcome_t  outcome;

    outcome = ngx_http_flashsale_view(ngx_http_flashsale_lua_worker(),
                                      NGX_HTTP_FLASHSALE_LOG, &view);
    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    outcome = ngx_http_flashsale_lua_find_sale(&view,
                             ngx_http_flashsale_lua_str(id, id_len), &sale);

    if (outcome == FS_OK) {
        found = fs_view_group_at(&view, &sale,
                          ngx_http_flashsale_lua_str(pickup, pickup_len),
                          &row);

        if (found == -1) {
            outcome = FS_NOT_FOUND;

        } else {
            group->joined = row.joined;
            group->state = row.state;
        }

        if (found == 0) {
            outcome = ngx_http_flashsale_missing(&view, FS_OK);
        }
    }

    fs_view_close(&view);

    return -(int) outcome;
}


int
ngx_http_flashsale_lua_render(ngx_http_flashsale_worker_t *worker,
    fs_view_t *view, const fs_hold_t *hold, char *buf, size_t size)
{
    int              len;
    fs_now_t         now;
    fs_names_t       names;
    fs_view_after_t  after;

    fs_view_names(view, worker->crypto, &names);
    fs_store_now(worker->store, &now);
    (void) fs_view_after(view, hold, &after);

    len = fs_answer_hold(buf, size, hold, &after.shown, &names, now.wall);

    if (len < 0) {
        return -(int) ngx_http_flashsale_missing(view, FS_INTERNAL);
    }

    return len;
}


fs_outcome_t
ngx_http_flashsale_lua_own(ngx_http_flashsale_worker_t *worker,
    fs_str_t identity, fs_str_t id, uint8_t *buyer, fs_seq_t *seq,
    fs_view_t *view)
{
    fs_outcome_t  outcome;

    outcome = ngx_http_flashsale_lua_buyer(worker, identity, buyer);

    return (outcome == FS_OK)
           ? ngx_http_flashsale_lua_open(worker, id, seq, view) : outcome;
}


fs_outcome_t
ngx_http_flashsale_lua_open(ngx_http_flashsale_worker_t *worker, fs_str_t id,
    fs_seq_t *seq, fs_view_t *view)
{
    uint32_t      epoch;
    fs_outcome_t  outcome;

    *seq = 0;

    if (worker == NULL || worker->store == NULL) {
        return FS_NOT_READY;
    }

    if (id.len) {
        outcome = fs_life_hold_parse(worker->store, worker->crypto, id, seq,
                                     &epoch);
        if (outcome != FS_OK) {
            return outcome;
        }
    }

    return ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_INDEX, view);
}


int
ngx_http_flashsale_ffi_hold(const char *id, size_t id_len,
    const char *identity, size_t identity_len, char *buf, size_t size,
    ngx_http_flashsale_ffi_order_t *order)
{
    int                           len;
    uint8_t                       buyer[FS_BUYER_LEN];
    fs_seq_t                      seq;
    fs_hold_t                     hold;
    fs_view_t                     view;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();

    outcome = ngx_http_flashsale_lua_own(worker,
                         ngx_http_flashsale_lua_str(identity, identity_len),
                         ngx_http_flashsale_lua_str(id, id_len), buyer, &seq,
                         &view);

    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    if (fs_view_hold(&view, seq, &hold)
        && ngx_memcmp(hold.buyer, buyer, FS_BUYER_LEN) == 0)
    {
        len = ngx_http_flashsale_lua_render(worker, &view, &hold, buf, size);

        ngx_http_flashsale_lua_order(worker, &view, &hold, order);

    } else {
        len = -(int) ngx_http_flashsale_missing(&view, FS_NO_SUCH_HOLD);
    }

    fs_view_close(&view);

    return len;
}


void
ngx_http_flashsale_lua_order(ngx_http_flashsale_worker_t *worker,
    fs_view_t *view, const fs_hold_t *hold,
    ngx_http_flashsale_ffi_order_t *order)
{
    unsigned                        i;
    fs_may_t                        may;
    fs_now_t                        now;
    const fs_line_t                *line;
    ngx_http_flashsale_ffi_line_t  *to;

    fs_store_now(worker->store, &now);
    (void) fs_view_may(view, worker->crypto, worker->cache, hold, &now, &may);

    order->cancel_until = (double) may.cancel_until;
    order->refund_ms = (double) worker->store->conf.refund_ms;

    for (i = 0; i < hold->lines_n; i++) {
        line = &hold->lines[i];
        to = &order->lines[i];

        to->handed_at = (line->goods == FS_GOODS_HANDED_OVER)
                        ? (double) line->goods_at : 0;
        to->ready_at = (line->goods == FS_GOODS_READY && line->ready_s != 0)
                       ? (double) hold->created_at + 1000.0 * line->ready_s
                       : 0;
        to->claim_until = (double) may.claim_until[i];
        to->claim_qty = may.claim_qty[i];
        to->coming = fs_line_to_come(line);
    }
}


int
ngx_http_flashsale_ffi_holds(const char *identity, size_t identity_len,
    const char *before, size_t before_len, int limit, char *buf, size_t size)
{
    int                           len;
    uint8_t                       buyer[FS_BUYER_LEN];
    fs_seq_t                      seq;
    fs_view_t                     view;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();

    outcome = ngx_http_flashsale_lua_own(worker,
                         ngx_http_flashsale_lua_str(identity, identity_len),
                         ngx_http_flashsale_lua_str(before, before_len),
                         buyer, &seq, &view);

    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    len = ngx_http_flashsale_lua_holds(worker, &view, buyer, seq, limit, buf,
                                       size);

    fs_view_close(&view);

    return len;
}


int
ngx_http_flashsale_lua_holds(ngx_http_flashsale_worker_t *worker,
    fs_view_t *view, const uint8_t *buyer, fs_seq_t before, int limit,
    char *buf, size_t size)
{
    int                        len, more;
    size_t                     n;
    fs_now_t                   now;
    fs_names_t                 names;
    fs_outcome_t               outcome;
    ngx_http_flashsale_lua_t  *lua;

    lua = ngx_http_flashsale_lua(worker);

    if (lua == NULL || limit < 1 || limit > NGX_HTTP_FLASHSALE_FFI_PAGE) {
        return -FS_INTERNAL;
    }

    n = fs_view_holds(view, buyer, 0, before, limit, lua->holds, &more);

    fs_view_names(view, worker->crypto, &names);
    fs_store_now(worker->store, &now);

    len = fs_answer_holds(buf, size, lua->holds, n, more, 0, &names,
                          now.wall);

    outcome = ngx_http_flashsale_missing(view, len < 0 ? FS_INTERNAL : FS_OK);

    return outcome == FS_OK ? len : -(int) outcome;
}


int
ngx_http_flashsale_ffi_unpaid(const char *identity, size_t identity_len,
    double since_ms, char *buf, size_t size)
{
    int                           len;
    size_t                        n;
    uint8_t                       buyer[FS_BUYER_LEN];
    fs_now_t                      now;
    fs_seq_t                      seq;
    fs_view_t                     view;
    fs_hold_t                     holds[NGX_HTTP_FLASHSALE_FFI_UNPAID];
    fs_names_t                    names;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();

    outcome = ngx_http_flashsale_lua_own(worker,
                         ngx_http_flashsale_lua_str(identity, identity_len),
                         ngx_http_flashsale_lua_str(NULL, 0), buyer, &seq,
                         &view);

    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    fs_store_now(worker->store, &now);

    n = fs_view_unpaid(&view, buyer, now.wall - (int64_t) since_ms,
                       NGX_HTTP_FLASHSALE_FFI_UNPAID, holds);
    len = 0;

    if (n) {
        fs_view_names(&view, worker->crypto, &names);
        len = fs_answer_holds(buf, size, holds, n, 0, 0, &names, now.wall);
    }

    outcome = ngx_http_flashsale_missing(&view,
                                             len < 0 ? FS_INTERNAL : FS_OK);

    fs_view_close(&view);

    return outcome == FS_OK ? len : -(int) outcome;
}


int
ngx_http_flashsale_ffi_day_key(const char *pickup, size_t pickup_len,
    double day, char *key)
{
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();

    if (worker == NULL || worker->store == NULL) {
        return -FS_NOT_READY;
    }

    return fs_crypto_day_key(worker->crypto,
                             ngx_http_flashsale_lua_str(pickup, pickup_len),
                             (int64_t) day, (uint8_t *) key)
           == 0 ? FS_HASH_LEN : -FS_INTERNAL;
}


int
ngx_http_flashsale_ffi_document(const char *kind, size_t kind_len,
    const char *id, size_t id_len, char *buf, size_t size)
{
    int           rc;
    fs_str_t      doc;
    fs_view_t     view;
    fs_outcome_t  outcome;

    outcome = ngx_http_flashsale_view(ngx_http_flashsale_lua_worker(),
                                      NGX_HTTP_FLASHSALE_LOG, &view);
    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    rc = fs_view_document(&view, ngx_http_flashsale_lua_str(kind, kind_len),
                          ngx_http_flashsale_lua_str(id, id_len), &doc);

    if (rc == 1 && doc.len <= size) {
        ngx_memcpy(buf, doc.data, doc.len);
        rc = (int) doc.len;

    } else {
        rc = rc == 0 ? -FS_NOT_FOUND : rc == 1 ? -FS_INTERNAL : -FS_NOT_READY;
    }

    fs_view_close(&view);

    return rc;
}


/* As many as there is room for, *more when that was not enough. */

int
ngx_http_flashsale_ffi_documents(const char *kind, size_t kind_len,
    const char *after, size_t after_len, int limit,
    ngx_http_flashsale_ffi_document_t *documents, char *buf, size_t size,
    int *more)
{
    int                           i, n;
    size_t                        used;
    fs_view_t                     view;
    fs_document_t                *doc;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_lua_t     *lua;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();
    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_LOG, &view);
    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    lua = ngx_http_flashsale_lua(worker);

    if (lua == NULL || limit < 1 || limit > NGX_HTTP_FLASHSALE_FFI_PAGE) {
        fs_view_close(&view);
        return -FS_INTERNAL;
    }

    n = fs_view_documents(&view, ngx_http_flashsale_lua_str(kind, kind_len),
                          ngx_http_flashsale_lua_str(after, after_len),
                          limit, lua->documents, more);

    if (n < 0) {
        fs_view_close(&view);
        return -FS_NOT_READY;
    }

    used = 0;

    for (i = 0; i < n; i++) {
        doc = &lua->documents[i];

        if (doc->doc.len > size - used) {
            *more = 1;
            break;
        }

        documents[i].start = (uint32_t) used;
        documents[i].len = (uint32_t) doc->doc.len;
        documents[i].id_len = doc->id.len;
        ngx_memcpy(documents[i].id, doc->id.data, doc->id.len);

        ngx_memcpy(buf + used, doc->doc.data, doc->doc.len);
        used += doc->doc.len;
    }

    fs_view_close(&view);

    return i;
}


int
ngx_http_flashsale_ffi_secrets(const char *path, char *text, size_t size)
{
    return (size < FS_SECRETS_MAX + 1)
           ? -1 : ngx_http_flashsale_read_secrets(path, text);
}
