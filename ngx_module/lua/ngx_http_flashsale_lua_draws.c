
#include "lua/ngx_http_flashsale_lua_draws.h"
#include "core/read/view_draw.h"
#include "core/text/text.h"


static int ngx_http_flashsale_lua_draw(fs_view_t *view,
    const fs_sale_t *sale, char *buf, size_t size);
static int ngx_http_flashsale_lua_drawing(fs_view_t *view,
    const fs_sale_t *sale, char *buf, size_t size);


int
ngx_http_flashsale_ffi_draw(const char *id, size_t id_len, char *buf,
    size_t size)
{
    int           len;
    uint32_t      number;
    fs_sale_t     sale;
    fs_view_t     view;
    fs_outcome_t  outcome;

    outcome = ngx_http_flashsale_view(ngx_http_flashsale_lua_worker(),
                                      NGX_HTTP_FLASHSALE_INDEX, &view);
    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    if (!fs_view_sale_number(&view, ngx_http_flashsale_lua_str(id, id_len),
                             &number)
        || !fs_view_sale(&view, number, &sale))
    {
        len = -(int) ngx_http_flashsale_missing(&view, FS_NO_SUCH_SALE);

    } else {
        len = ngx_http_flashsale_lua_draw(&view, &sale, buf, size);

        if (len < 0) {
            len = -(int) ngx_http_flashsale_missing(&view, FS_NOT_READY);
        }
    }

    fs_view_close(&view);

    return len;
}


static int
ngx_http_flashsale_lua_draw(fs_view_t *view, const fs_sale_t *sale, char *buf,
    size_t size)
{
    int              len, more;
    char            *p;
    fs_str_t         terms;
    fs_shown_seed_t  seed;

    static const char  begin[] = "{\"sale\":", next[] = ",\"draw\":";

    if (size < FS_SALE_JSON_MAX + FS_TERMS_JSON_MAX + FS_SEED_JSON_MAX + 64
        || !fs_view_terms_document(view, sale, &terms)
        || !fs_view_seed(view, sale, &seed))
    {
        return -1;
    }

    p = (char *) ngx_cpymem(buf, begin, sizeof(begin) - 1);

    len = fs_answer_operators_sale(p, size - 64, sale, terms, &seed, 0);
    if (len < 0) {
        return -1;
    }

    p = (char *) ngx_cpymem(p + len, next, sizeof(next) - 1);
    size -= (size_t) (p - buf);

    if (sale->gives == FS_GIVES_TICKET) {
        more = ngx_http_flashsale_lua_drawing(view, sale, p, size - 1);

    } else {
        ngx_memcpy(p, "null", 4);
        more = 4;
    }

    if (more < 0) {
        return -1;
    }

    p += more;
    *p++ = '}';

    return (int) (p - buf);
}


static int
ngx_http_flashsale_lua_drawing(fs_view_t *view, const fs_sale_t *sale,
    char *buf, size_t size)
{
    int            len;
    fs_winner_t   *winners;
    fs_drawing_t   drawing;

    if (!fs_view_drawing(view, sale, &drawing)) {
        return -1;
    }

    winners = malloc((drawing.winners + 1) * sizeof(*winners));

    len = (winners != NULL
           && fs_view_winners(view, sale->number, winners, drawing.winners))
          ? fs_answer_draw(buf, size, &drawing, winners) : -1;

    free(winners);

    return len;
}
