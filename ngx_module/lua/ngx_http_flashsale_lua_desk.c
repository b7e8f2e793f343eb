
#include "lua/ngx_http_flashsale_lua_desk.h"
#include "lua/ngx_http_flashsale_lua_people.h"
#include "core/base/condition.h"
#include "core/log/life.h"
#include "core/read/view_claims.h"
#include "core/read/view_gifts.h"
#include "core/read/view_waves.h"
#include "core/rules/rules.h"
#include "core/text/goods.h"
#include "core/text/person.h"
#include "core/text/text.h"
#include "annex/ngx_http_flashsale_people.h"


static fs_outcome_t ngx_http_flashsale_lua_point(
    ngx_http_flashsale_worker_t *worker, fs_str_t pickup, int goods,
    uint32_t *number, fs_view_t *view);
static ngx_int_t ngx_http_flashsale_lua_listed(fs_view_t *view,
    const fs_listed_t *line, ngx_http_flashsale_ffi_listed_t *listed);
static int ngx_http_flashsale_lua_text(fs_view_t *view, int len);


const char *
ngx_http_flashsale_ffi_goods(int goods)
{
    return (goods >= 0 && goods < FS_GOODS_N) ? fs_goods_name(goods) : NULL;
}


int
ngx_http_flashsale_ffi_desk_order(const char *id, size_t id_len, char *buf,
    size_t size, ngx_http_flashsale_ffi_order_t *order, char *buyer)
{
    int                           len;
    fs_seq_t                      seq;
    fs_hold_t                     hold;
    fs_view_t                     view;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_worker_t  *worker;

    if (id_len == 0) {
        return -FS_NO_SUCH_HOLD;
    }

    worker = ngx_http_flashsale_lua_worker();

    outcome = ngx_http_flashsale_lua_open(worker,
                         ngx_http_flashsale_lua_str(id, id_len), &seq, &view);

    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    if (fs_view_hold(&view, seq, &hold)) {
        len = ngx_http_flashsale_lua_render(worker, &view, &hold, buf, size);

        ngx_http_flashsale_lua_order(worker, &view, &hold, order);
        fs_hex(hold.buyer, FS_BUYER_LEN, buyer);

    } else {
        len = -(int) ngx_http_flashsale_missing(&view, FS_NO_SUCH_HOLD);
    }

    fs_view_close(&view);

    return len;
}


int
ngx_http_flashsale_ffi_desk_buyer(const char *code, size_t code_len,
    char *buyer)
{
    uint8_t                       pseudonym[FS_BUYER_LEN];
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();

    if (worker == NULL || worker->store == NULL) {
        return -FS_NOT_READY;
    }

    if (fs_crypto_code_read(worker->crypto,
                            ngx_http_flashsale_lua_str(code, code_len),
                            pseudonym)
        != 0)
    {
        return -FS_NO_BUYER;
    }

    fs_hex(pseudonym, FS_BUYER_LEN, buyer);

    return 0;
}


int
ngx_http_flashsale_ffi_desk_orders(const char *buyer, size_t buyer_len,
    const char *before, size_t before_len, int limit, char *buf, size_t size)
{
    int                           len;
    uint8_t                       pseudonym[FS_BUYER_LEN];
    fs_seq_t                      seq;
    fs_view_t                     view;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_worker_t  *worker;

    if (fs_crypto_pseudonym_read(ngx_http_flashsale_lua_str(buyer, buyer_len),
                                 pseudonym)
        != 0)
    {
        return -FS_NO_BUYER;
    }

    worker = ngx_http_flashsale_lua_worker();

    outcome = ngx_http_flashsale_lua_open(worker,
                         ngx_http_flashsale_lua_str(before, before_len), &seq,
                         &view);

    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    len = ngx_http_flashsale_lua_holds(worker, &view, pseudonym, seq, limit,
                                       buf, size);

    fs_view_close(&view);

    return len;
}


int
ngx_http_flashsale_ffi_desk_lines(const char *pickup, size_t pickup_len,
    int goods, const char *after, size_t after_len, int limit,
    ngx_http_flashsale_ffi_listed_t *listed, int *n, char *buf, size_t size)
{
    int                           i, len, more;
    uint32_t                      number;
    fs_view_t                     view;
    fs_names_t                    names;
    fs_listed_t                   behind;
    fs_listed_t                   lines[NGX_HTTP_FLASHSALE_FFI_LINES];
    fs_outcome_t                  outcome;
    ngx_http_flashsale_worker_t  *worker;

    if (limit < 1 || limit > NGX_HTTP_FLASHSALE_FFI_LINES
        || (after_len
            && fs_listed_cursor_read(
                           ngx_http_flashsale_lua_str(after, after_len),
                           &behind)
               != 0))
    {
        return -FS_BAD_REQUEST;
    }

    worker = ngx_http_flashsale_lua_worker();

    outcome = ngx_http_flashsale_lua_point(worker,
                             ngx_http_flashsale_lua_str(pickup, pickup_len),
                             goods, &number, &view);

    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    *n = (int) fs_view_lines(&view, number, goods,
                             after_len ? &behind : NULL, limit, lines, &more);

    fs_view_names(&view, worker->crypto, &names);

    len = fs_answer_listed(buf, size, number, goods, lines, *n, more, &names);

    for (i = 0; len >= 0 && i < *n; i++) {
        if (ngx_http_flashsale_lua_listed(&view, &lines[i], &listed[i])
            != NGX_OK)
        {
            len = -1;
        }
    }

    return ngx_http_flashsale_lua_text(&view, len);
}


int
ngx_http_flashsale_ffi_desk_paid(const char *sale, size_t sale_len,
    const char *pickup, size_t pickup_len, int goods, int wave, double sold,
    int limit, ngx_http_flashsale_ffi_paid_t *lines, int *more)
{
    int           i, n;
    uint32_t      number;
    fs_hold_t     hold;
    fs_view_t     view;
    fs_listed_t   after;
    fs_listed_t   rows[NGX_HTTP_FLASHSALE_FFI_LINES];
    fs_outcome_t  outcome;

    if (limit < 1 || limit > NGX_HTTP_FLASHSALE_FFI_LINES || wave < 0
        || !(sold >= 0 && sold < 9007199254740992.0))
    {
        return -FS_BAD_REQUEST;
    }

    outcome = ngx_http_flashsale_lua_point(ngx_http_flashsale_lua_worker(),
                             ngx_http_flashsale_lua_str(pickup, pickup_len),
                             goods, &number, &view);

    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    ngx_memzero(&after, sizeof(fs_listed_t));
    after.wave = (uint16_t) wave;
    after.sold = (fs_seq_t) sold;

    if (!fs_view_sale_number(&view, ngx_http_flashsale_lua_str(sale, sale_len),
                             &after.sale))
    {
        outcome = ngx_http_flashsale_missing(&view, FS_NO_SUCH_SALE);
        fs_view_close(&view);
        return -(int) outcome;
    }

    n = (int) fs_view_lines(&view, number, goods, &after, limit, rows, more);

    for (i = 0; i < n; i++) {

        if (rows[i].sale != after.sale) {
            *more = 0;
            break;
        }

        if (fs_view_look_hold(&view, rows[i].hold, &hold) != 1
            || rows[i].line >= hold.lines_n)
        {
            return ngx_http_flashsale_lua_text(&view, -1);
        }

        lines[i].hold = (double) rows[i].hold;
        lines[i].sold = (double) rows[i].sold;
        lines[i].wave = rows[i].wave;
        lines[i].qty = rows[i].qty;
        lines[i].left_fen = (double) fs_line_left(&hold.lines[rows[i].line]);
    }

    return ngx_http_flashsale_lua_text(&view, i);
}


/* OK: the view is open, and this is the number of the point. */

static fs_outcome_t
ngx_http_flashsale_lua_point(ngx_http_flashsale_worker_t *worker,
    fs_str_t pickup, int goods, uint32_t *number, fs_view_t *view)
{
    fs_outcome_t  outcome;

    *number = 0;

    if (goods < 0 || goods >= FS_GOODS_N) {
        return FS_BAD_REQUEST;
    }

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_INDEX, view);

    if (outcome != FS_OK || pickup.len == 0) {
        return outcome;
    }

    if (!fs_slug_valid(pickup)
        || !fs_view_pickup_number(view, pickup, number))
    {
        outcome = ngx_http_flashsale_missing(view, FS_NOT_FOUND);
        fs_view_close(view);
    }

    return outcome;
}


/* Its hold says whose it is, and since when. */

static ngx_int_t
ngx_http_flashsale_lua_listed(fs_view_t *view, const fs_listed_t *line,
    ngx_http_flashsale_ffi_listed_t *listed)
{
    fs_hold_t  hold;

    if (fs_view_look_hold(view, line->hold, &hold) != 1
        || line->line >= hold.lines_n)
    {
        return NGX_ERROR;
    }

    listed->at = (double) hold.lines[line->line].goods_at;
    listed->sold = (double) line->sold;
    fs_hex(hold.buyer, FS_BUYER_LEN, listed->buyer);

    return NGX_OK;
}


int
ngx_http_flashsale_ffi_desk_ids(const char *pickup, size_t pickup_len,
    int goods, int limit, char *ids, int *more)
{
    int                           i, n, found;
    uint32_t                      number;
    fs_view_t                     view;
    fs_names_t                    names;
    fs_listed_t                   lines[NGX_HTTP_FLASHSALE_FFI_LINES];
    fs_listed_t                   before;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();

    outcome = ngx_http_flashsale_lua_point(worker,
                             ngx_http_flashsale_lua_str(pickup, pickup_len),
                             goods, &number, &view);

    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    fs_view_names(&view, worker->crypto, &names);

    n = 0;
    *more = 1;

    while (*more && n < limit) {
        found = (int) fs_view_newest_lines(&view, number, goods,
                             n ? &before : NULL,
                             ngx_min(limit - n, NGX_HTTP_FLASHSALE_FFI_LINES),
                             lines, more);

        for (i = 0; i < found; i++, n++) {
            if (names.hold_id(names.data, lines[i].hold, NULL,
                              ids + n * FS_HOLD_ID_LEN)
                != 0)
            {
                return ngx_http_flashsale_lua_text(&view, -1);
            }

            before = lines[i];
        }
    }

    return ngx_http_flashsale_lua_text(&view, n);
}


int
ngx_http_flashsale_ffi_desk_gifts(int limit, char *ids)
{
    size_t                        i, n;
    fs_seq_t                     *gifts;
    fs_view_t                     view;
    fs_names_t                    names;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();
    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_INDEX, &view);

    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    gifts = ngx_alloc(limit * sizeof(fs_seq_t), worker->log);

    if (gifts == NULL) {
        return ngx_http_flashsale_lua_text(&view, -1);
    }

    fs_view_names(&view, worker->crypto, &names);
    n = fs_view_newest_gifts(&view, limit, gifts);

    for (i = 0; i < n; i++) {
        if (names.hold_id(names.data, gifts[i], NULL, ids + i * FS_HOLD_ID_LEN)
            != 0)
        {
            break;
        }
    }

    ngx_free(gifts);

    return ngx_http_flashsale_lua_text(&view, i == n ? (int) n : -1);
}


int
ngx_http_flashsale_ffi_desk_wave(const char *id, size_t id_len,
    const char *after, size_t after_len, char *buf, size_t size)
{
    int                           len;
    fs_view_t                     view;
    fs_names_t                    names;
    fs_outcome_t                  outcome;
    fs_wave_page_t               *page;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();
    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_INDEX, &view);

    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    len = -1;
    page = ngx_alloc(sizeof(fs_wave_page_t), worker->log);

    if (page) {
        outcome = fs_view_wave_page(&view,
                             ngx_http_flashsale_lua_str(id, id_len),
                             ngx_http_flashsale_lua_str(after, after_len),
                             page);

        if (outcome == FS_OK) {
            fs_view_names(&view, worker->crypto, &names);
            len = fs_answer_wave(buf, size, page, &names);
        }

        ngx_free(page);
    }

    if (outcome != FS_OK) {
        outcome = ngx_http_flashsale_missing(&view, outcome);
        fs_view_close(&view);
        return -(int) outcome;
    }

    return ngx_http_flashsale_lua_text(&view, len);
}


int
ngx_http_flashsale_ffi_desk_wave_lines(const char *wave, size_t wave_len,
    const char *sale, size_t sale_len, const char *pickup, size_t pickup_len,
    double after, int limit, ngx_http_flashsale_ffi_wave_line_t *lines,
    int *more)
{
    int                              i, n;
    fs_view_t                        view;
    fs_names_t                       names;
    fs_listed_t                      rows[NGX_HTTP_FLASHSALE_FFI_LINES];
    fs_outcome_t                     outcome;
    ngx_http_flashsale_worker_t     *worker;
    ngx_http_flashsale_ffi_listed_t  listed;

    if (limit < 1 || limit > NGX_HTTP_FLASHSALE_FFI_LINES
        || !(after >= 0 && after < 9007199254740992.0))
    {
        return -FS_BAD_REQUEST;
    }

    worker = ngx_http_flashsale_lua_worker();
    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_INDEX, &view);

    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    n = 0;
    outcome = fs_view_wave_paid(&view,
                                ngx_http_flashsale_lua_str(wave, wave_len),
                                ngx_http_flashsale_lua_str(sale, sale_len),
                                ngx_http_flashsale_lua_str(pickup, pickup_len),
                                (fs_seq_t) after, limit, rows, &n, more);

    if (outcome != FS_OK) {
        outcome = ngx_http_flashsale_missing(&view, outcome);
        fs_view_close(&view);
        return -(int) outcome;
    }

    fs_view_names(&view, worker->crypto, &names);

    for (i = 0; i < n; i++) {
        if (ngx_http_flashsale_lua_listed(&view, &rows[i], &listed) != NGX_OK
            || names.hold_id(names.data, rows[i].hold, NULL, lines[i].hold)
               != 0)
        {
            return ngx_http_flashsale_lua_text(&view, -1);
        }

        lines[i].sold = (double) rows[i].sold;
        lines[i].at = listed.at;
        lines[i].qty = rows[i].qty;
        lines[i].short_qty = rows[i].short_qty;
        lines[i].goods = rows[i].goods;
        lines[i].paid_back = rows[i].paid_back;
        ngx_memcpy(lines[i].buyer, listed.buyer, sizeof(listed.buyer));
    }

    return ngx_http_flashsale_lua_text(&view, n);
}


int
ngx_http_flashsale_ffi_desk_waves(const char *after, size_t after_len,
    int limit, char *buf, size_t size)
{
    int                           len, more;
    size_t                        n;
    fs_view_t                     view;
    fs_wave_t                     waves[NGX_HTTP_FLASHSALE_FFI_PAGE];
    fs_names_t                    names;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_worker_t  *worker;

    if (limit < 1 || limit > NGX_HTTP_FLASHSALE_FFI_PAGE) {
        return -FS_BAD_REQUEST;
    }

    worker = ngx_http_flashsale_lua_worker();
    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_INDEX, &view);

    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    n = fs_view_waves(&view, ngx_http_flashsale_lua_str(after, after_len),
                      limit, waves, &more);

    fs_view_names(&view, worker->crypto, &names);
    len = fs_answer_waves(buf, size, waves, n, more, &names);

    return ngx_http_flashsale_lua_text(&view, len);
}


int
ngx_http_flashsale_ffi_desk_short(const char *wave, size_t wave_len,
    const char *pickup, size_t pickup_len, const char *sale, size_t sale_len,
    int qty, int limit, ngx_http_flashsale_ffi_listed_t *listed, int *n,
    char *buf, size_t size)
{
    int                           i, len, more;
    fs_str_t                      slug, of;
    uint32_t                      number, point, which;
    fs_view_t                     view;
    fs_wave_t                     row;
    fs_names_t                    names;
    fs_listed_t                   lines[NGX_HTTP_FLASHSALE_FFI_LINES];
    fs_outcome_t                  outcome;
    ngx_http_flashsale_worker_t  *worker;

    if (qty < 0 || limit < 1 || limit > NGX_HTTP_FLASHSALE_FFI_LINES) {
        return -FS_BAD_REQUEST;
    }

    worker = ngx_http_flashsale_lua_worker();
    slug = ngx_http_flashsale_lua_str(wave, wave_len);
    of = ngx_http_flashsale_lua_str(sale, sale_len);

    outcome = ngx_http_flashsale_lua_point(worker,
                             ngx_http_flashsale_lua_str(pickup, pickup_len),
                             FS_GOODS_AWAITED, &point, &view);

    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    if (!fs_slug_valid(slug) || !fs_slug_valid(of)
        || !fs_view_wave_number(&view, slug, &number)
        || !fs_view_wave(&view, number, &row)
        || !fs_view_sale_number(&view, of, &which))
    {
        outcome = ngx_http_flashsale_missing(&view, FS_NOT_FOUND);
        fs_view_close(&view);
        return -(int) outcome;
    }

    *n = (int) fs_view_short(&view, &row, which, point, (uint32_t) qty,
                             limit, lines, &more);

    fs_view_names(&view, worker->crypto, &names);

    len = fs_answer_listed(buf, size, point, FS_GOODS_AWAITED, lines, *n,
                           more, &names);

    for (i = 0; len >= 0 && i < *n; i++) {
        if (ngx_http_flashsale_lua_listed(&view, &lines[i], &listed[i])
            != NGX_OK)
        {
            len = -1;
        }
    }

    return ngx_http_flashsale_lua_text(&view, len);
}


int
ngx_http_flashsale_ffi_desk_claims(int limit, char *buyers, char *buf,
    size_t size)
{
    int                           len, more;
    size_t                        i, n;
    fs_view_t                     view;
    fs_names_t                    names;
    fs_outcome_t                  outcome;
    fs_open_claim_t               claims[NGX_HTTP_FLASHSALE_FFI_LINES];
    ngx_http_flashsale_worker_t  *worker;

    if (limit < 1 || limit > NGX_HTTP_FLASHSALE_FFI_LINES) {
        return -FS_BAD_REQUEST;
    }

    worker = ngx_http_flashsale_lua_worker();
    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_INDEX, &view);

    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    n = fs_view_open_claims(&view, limit, claims, &more);

    fs_view_names(&view, worker->crypto, &names);
    len = fs_answer_open_claims(buf, size, claims, n, more, &names);

    for (i = 0; i < n; i++) {
        fs_hex(claims[i].buyer, FS_BUYER_LEN, buyers + i * 2 * FS_BUYER_LEN);
    }

    return ngx_http_flashsale_lua_text(&view, len);
}


/* What was written, unless something of it cannot be read; the view ends. */

static int
ngx_http_flashsale_lua_text(fs_view_t *view, int len)
{
    fs_outcome_t  outcome;

    outcome = ngx_http_flashsale_missing(view, len < 0 ? FS_INTERNAL : FS_OK);

    fs_view_close(view);

    return outcome == FS_OK ? len : -(int) outcome;
}


int
ngx_http_flashsale_ffi_desk_contact(const char *buyer, size_t buyer_len,
    char *buf, size_t size)
{
    uint8_t                       pseudonym[FS_BUYER_LEN];
    ngx_http_flashsale_worker_t  *worker;

    if (fs_crypto_pseudonym_read(ngx_http_flashsale_lua_str(buyer, buyer_len),
                                 pseudonym)
        != 0)
    {
        return -FS_NO_BUYER;
    }

    worker = ngx_http_flashsale_lua_worker();

    if (worker == NULL || worker->store == NULL) {
        return -FS_NOT_READY;
    }

    return ngx_http_flashsale_lua_contact(worker, pseudonym, buf, size);
}


int
ngx_http_flashsale_ffi_desk_etag(const char *kind, size_t kind_len,
    const char *id, size_t id_len, char *buf)
{
    int                           rc;
    fs_str_t                      doc;
    fs_sale_t                     sale;
    fs_view_t                     view;
    fs_etag_t                     etag;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();
    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_LOG, &view);

    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    if (kind_len == 0) {
        outcome = ngx_http_flashsale_lua_find_sale(&view,
                             ngx_http_flashsale_lua_str(id, id_len), &sale);

        if (outcome == FS_OK) {
            fs_etag_sale(&sale, fs_life_now(worker->store), &etag);
        }

    } else {
        rc = fs_view_document(&view,
                              ngx_http_flashsale_lua_str(kind, kind_len),
                              ngx_http_flashsale_lua_str(id, id_len), &doc);

        if (rc != 1) {
            outcome = (rc == 0) ? FS_NOT_FOUND : FS_NOT_READY;

        } else if (fs_etag_document(doc, &etag) != 0) {
            outcome = FS_INTERNAL;
        }
    }

    fs_view_close(&view);

    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    ngx_memcpy(buf, etag.data, etag.len);

    return etag.len;
}
