
/*
 * Names and small functions of the shared types.
 */

#include "base/fs_types.h"


typedef struct {
    int                  status;
    const char          *code;
    const char          *title;
} fs_outcome_info_t;


static const fs_outcome_info_t  fs_outcomes[] = {
#define X(name, status, code, title)  { status, code, title },
    FS_OUTCOMES(X)
#undef X
};

static const char *const  fs_hold_states[] = {
#define X(name, string)  string,
    FS_HOLD_STATES(X)
#undef X
};

static const char *const  fs_sale_states[] = {
#define X(name, string)  string,
    FS_SALE_STATES(X)
#undef X
};

static const char *const  fs_goods[] = {
#define X(name, string)  string,
    FS_GOODS(X)
#undef X
};

static const char *const  fs_reasons[] = {
#define X(name, string)  string,
    FS_REASONS(X)
#undef X
};

static const char *const  fs_vias[] = {
#define X(name, string)  string,
    FS_VIAS(X)
#undef X
};

static const char *const  fs_claim_states[] = {
#define X(name, string)  string,
    FS_CLAIM_STATES(X)
#undef X
};

static const char *const  fs_gives[] = {
#define X(name, string)  string,
    FS_GIVES(X)
#undef X
};

static const char *const  fs_whys[] = {
#define X(name, string)  string,
    FS_WHYS(X)
#undef X
};


/* What is out of range cannot be told apart any more: it is our fault. */

static const fs_outcome_info_t *
fs_outcome_info(fs_outcome_t outcome)
{
    if ((unsigned) outcome >= FS_OUTCOMES_N) {
        outcome = FS_INTERNAL;
    }

    return &fs_outcomes[outcome];
}


const char *
fs_outcome_code(fs_outcome_t outcome)
{
    return fs_outcome_info(outcome)->code;
}


const char *
fs_outcome_title(fs_outcome_t outcome)
{
    return fs_outcome_info(outcome)->title;
}


int
fs_outcome_status(fs_outcome_t outcome)
{
    return fs_outcome_info(outcome)->status;
}


const char *
fs_hold_state_name(unsigned state)
{
    return state < FS_HOLD_STATES_N ? fs_hold_states[state] : "unknown";
}


const char *
fs_sale_state_name(unsigned state)
{
    return state < FS_SALE_STATES_N ? fs_sale_states[state] : "unknown";
}


const char *
fs_reason_name(unsigned reason)
{
    return reason < FS_REASONS_N ? fs_reasons[reason] : "unknown";
}


const char *
fs_goods_name(unsigned goods)
{
    return goods < FS_GOODS_N ? fs_goods[goods] : "unknown";
}


const char *
fs_via_name(unsigned via)
{
    return via < FS_VIAS_N ? fs_vias[via] : "unknown";
}


const char *
fs_claim_state_name(unsigned state)
{
    return state < FS_CLAIM_STATES_N ? fs_claim_states[state] : "unknown";
}


const char *
fs_gives_name(unsigned kind)
{
    return kind < FS_GIVES_N ? fs_gives[kind] : "unknown";
}


const char *
fs_why_name(unsigned why)
{
    return why < FS_WHYS_N ? fs_whys[why] : "unknown";
}


int
fs_day_write(uint32_t day, char *buf)
{
    int             i;
    const uint8_t  *place;

    static const uint8_t  places[] = { 9, 8, 6, 5, 3, 2, 1, 0 };

    buf[4] = '-';
    buf[7] = '-';

    for (i = 0, place = places; i < 8; i++, place++) {
        buf[*place] = (char) ('0' + day % 10);
        day /= 10;
    }

    return 10;
}


int
fs_slug_valid(fs_str_t slug)
{
    size_t  i;
    char    c;

    if (slug.len == 0 || slug.len > FS_SLUG_MAX) {
        return 0;
    }

    for (i = 0; i < slug.len; i++) {
        c = slug.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
            return 0;
        }
    }

    return 1;
}


void
fs_slug_set(fs_slug_t *slug, fs_str_t str)
{
    size_t  len;

    len = str.len < FS_SLUG_MAX ? str.len : FS_SLUG_MAX;

    slug->len = (uint8_t) len;

    if (len > 0) {
        memcpy(slug->data, str.data, len);
    }
}


int64_t
fs_hold_amount(const fs_hold_t *hold)
{
    unsigned  i;
    int64_t   amount;

    amount = 0;

    for (i = 0; i < hold->lines_n && i < FS_LINES_MAX; i++) {
        amount += fs_line_paid(&hold->lines[i]);
    }

    return amount;
}


int64_t
fs_hold_off(const fs_hold_t *hold)
{
    unsigned  i;
    int64_t   off;

    off = 0;

    for (i = 0; i < hold->lines_n && i < FS_LINES_MAX; i++) {
        off += hold->lines[i].off_fen;
    }

    return off;
}


fs_sale_state_t
fs_sale_state(const fs_sale_t *sale)
{
    if (sale->closed) {
        return FS_SALE_CLOSED;
    }

    if (!sale->opened) {
        return FS_SALE_SCHEDULED;
    }

    if (sale->paused) {
        return FS_SALE_PAUSED;
    }

    return fs_sale_free(sale) == 0 ? FS_SALE_SOLD_OUT : FS_SALE_OPEN;
}


/*
 * A goal of the whole sale has one group, so its first `formed` or `failed`
 * is final.  By pickup point there are as many groups as points: some may
 * form long before the others fail, so the sale as a whole answers only when
 * all are decided, and then says whether any formed.  What was cancelled did
 * not.
 */

int
fs_sale_awaited(const fs_sale_t *sale)
{
    unsigned  i;
    uint32_t  free;

    if (sale->queued == 0 || sale->closed) {
        return 0;
    }

    free = fs_sale_free(sale);

    for (i = 0; i < FS_QUEUED_QTY_MAX && i < free; i++) {
        if (sale->waiting[i] != 0) {
            return 1;
        }
    }

    return 0;
}


int
fs_sale_serves(const fs_sale_t *sale)
{
    return sale->closed ? sale->queued != 0
                        : sale->opened && !sale->paused
                          && fs_sale_awaited(sale);
}


int
fs_sale_formed(const fs_sale_t *sale)
{
    if (sale->goal == 0) {
        return -1;
    }

    if (sale->called_off) {
        return 0;
    }

    if (sale->decided) {
        return sale->groups_formed > 0;
    }

    if (sale->goal_by == FS_GOAL_BY_SALE) {

        if (sale->groups_formed > 0) {
            return 1;
        }

        if (sale->groups_failed > 0) {
            return 0;
        }
    }

    return -1;
}
