
#include "lua/ngx_http_flashsale_lua_gifts.h"
#include "core/log/life.h"
#include "core/read/view_gifts.h"
#include "core/text/text.h"


static fs_outcome_t ngx_http_flashsale_lua_beside(
    ngx_http_flashsale_worker_t *worker, fs_view_t *view,
    const fs_hold_t *gifts, size_t n, const fs_hold_t *hold,
    ngx_http_flashsale_ffi_gift_t *beside);
static fs_outcome_t ngx_http_flashsale_lua_asker(
    ngx_http_flashsale_worker_t *worker, fs_view_t *view, fs_str_t id,
    const uint8_t *buyer, fs_hold_t *hold);


const char *
ngx_http_flashsale_ffi_why(int why)
{
    return (why >= 0 && why < FS_WHYS_N) ? fs_why_name(why) : NULL;
}


int
ngx_http_flashsale_ffi_gifts(const char *identity, size_t identity_len,
    const char *before, size_t before_len, int limit, const char *hold,
    size_t hold_len, char *buf, size_t size,
    ngx_http_flashsale_ffi_gift_t *gifts)
{
    int                           len, more;
    size_t                        n;
    uint8_t                       buyer[FS_BUYER_LEN];
    fs_now_t                      now;
    fs_seq_t                      seq;
    fs_view_t                     view;
    fs_hold_t                     asker;
    fs_names_t                    names;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_lua_t     *lua;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();

    outcome = ngx_http_flashsale_lua_own(worker,
                         ngx_http_flashsale_lua_str(identity, identity_len),
                         ngx_http_flashsale_lua_str(before, before_len),
                         buyer, &seq, &view);

    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    lua = ngx_http_flashsale_lua(worker);
    len = -1;

    if (lua == NULL || limit < 1 || limit > NGX_HTTP_FLASHSALE_FFI_PAGE) {
        outcome = FS_INTERNAL;

    } else if (hold_len != 0) {
        outcome = ngx_http_flashsale_lua_asker(worker, &view,
                              ngx_http_flashsale_lua_str(hold, hold_len),
                              buyer, &asker);
    }

    if (outcome == FS_OK) {
        n = fs_view_holds(&view, buyer, 1, seq, limit, lua->holds, &more);

        outcome = ngx_http_flashsale_lua_beside(worker, &view, lua->holds, n,
                                                hold_len != 0 ? &asker : NULL,
                                                gifts);
    }

    if (outcome == FS_OK) {
        fs_view_names(&view, worker->crypto, &names);
        fs_store_now(worker->store, &now);

        len = fs_answer_holds(buf, size, lua->holds, n, more, 1, &names,
                              now.wall);

        outcome = ngx_http_flashsale_missing(&view,
                                             len < 0 ? FS_INTERNAL : FS_OK);
    }

    fs_view_close(&view);

    return outcome == FS_OK ? len : -(int) outcome;
}


int
ngx_http_flashsale_ffi_gift(const char *id, size_t id_len,
    const char *identity, size_t identity_len,
    ngx_http_flashsale_ffi_gift_t *gift)
{
    uint8_t                       buyer[FS_BUYER_LEN];
    fs_seq_t                      seq;
    fs_view_t                     view;
    fs_hold_t                     row;
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

    if (fs_view_hold(&view, seq, &row) && fs_hold_is_gift(&row)
        && ngx_memcmp(row.buyer, buyer, FS_BUYER_LEN) == 0)
    {
        outcome = ngx_http_flashsale_lua_beside(worker, &view, &row, 1, NULL,
                                                gift);

    } else {
        outcome = ngx_http_flashsale_missing(&view, FS_NO_SUCH_HOLD);
    }

    fs_view_close(&view);

    return -(int) outcome;
}


int
ngx_http_flashsale_ffi_taken(const char *sale, size_t sale_len,
    const char *identity, size_t identity_len, char *id)
{
    uint8_t                       buyer[FS_BUYER_LEN];
    uint32_t                      taken;
    fs_seq_t                      seq;
    fs_sale_t                     found;
    fs_view_t                     view;
    fs_hold_t                     gift;
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

    taken = 0;
    id[0] = '\0';

    outcome = ngx_http_flashsale_lua_find_sale(&view,
                      ngx_http_flashsale_lua_str(sale, sale_len), &found);

    if (outcome == FS_OK) {
        taken = fs_view_taken(&view, worker->crypto, worker->cache, buyer,
                              found.number, &gift);

        fs_view_names(&view, worker->crypto, &names);

        if (taken != 0 && gift.seq != 0
            && names.hold_id(names.data, gift.seq, NULL, id) != 0)
        {
            outcome = FS_INTERNAL;
        }

        outcome = ngx_http_flashsale_missing(&view, outcome);
    }

    fs_view_close(&view);

    return outcome == FS_OK ? (int) taken : -(int) outcome;
}


static fs_outcome_t
ngx_http_flashsale_lua_beside(ngx_http_flashsale_worker_t *worker,
    fs_view_t *view, const fs_hold_t *gifts, size_t n, const fs_hold_t *hold,
    ngx_http_flashsale_ffi_gift_t *beside)
{
    size_t                          i;
    fs_now_t                        now;
    fs_names_t                      names;
    fs_shown_gift_t                 shown[NGX_HTTP_FLASHSALE_FFI_PAGE];
    ngx_http_flashsale_ffi_gift_t  *to;

    fs_store_now(worker->store, &now);

    if (!fs_view_gifts(view, worker->crypto, worker->cache, gifts, n, hold,
                       &now, shown))
    {
        return ngx_http_flashsale_missing(view, FS_NOT_READY);
    }

    fs_view_names(view, worker->crypto, &names);

    for (i = 0; i < n; i++) {
        to = &beside[i];

        to->takes_fen = (double) shown[i].takes_fen;
        to->why = shown[i].why;
        to->thing = shown[i].thing;
        to->drawn = shown[i].drawn;
        to->prize = gifts[i].prize;
        to->user_len = 0;

        if (shown[i].user != 0) {

            if (names.hold_id(names.data, shown[i].user, NULL, to->user)
                != 0)
            {
                return ngx_http_flashsale_missing(view, FS_INTERNAL);
            }

            to->user_len = FS_HOLD_ID_LEN;
        }
    }

    return FS_OK;
}


/* The hold that would use a gift. */

static fs_outcome_t
ngx_http_flashsale_lua_asker(ngx_http_flashsale_worker_t *worker,
    fs_view_t *view, fs_str_t id, const uint8_t *buyer, fs_hold_t *hold)
{
    uint32_t      epoch;
    fs_seq_t      seq;
    fs_outcome_t  outcome;

    outcome = fs_life_hold_parse(worker->store, worker->crypto, id, &seq,
                                 &epoch);

    if (outcome != FS_OK) {
        return outcome;
    }

    return fs_view_hold(view, seq, hold)
           && ngx_memcmp(hold->buyer, buyer, FS_BUYER_LEN) == 0
           ? FS_OK : ngx_http_flashsale_missing(view, FS_NO_SUCH_HOLD);
}
