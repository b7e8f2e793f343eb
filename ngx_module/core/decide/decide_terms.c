
/*
 * What a sale gives: terms that are made with its definition.  Once it was
 * open they change only in the buyers' favour.
 */

#include <stdlib.h>

#include "base/crypto.h"
#include "decide/decide.h"
#include "rules/draw.h"
#include "rules/rules.h"
#include "sheet/sheet_terms.h"


static int fs_terms_valid(const fs_operator_t *op);
static int fs_terms_seed(fs_sheet_t *sheet, const fs_terms_t *old,
    fs_terms_t *terms);
static fs_outcome_t fs_terms_check(fs_sheet_t *sheet,
    const fs_operator_t *op, const fs_sale_t *sale, const fs_now_t *now,
    const fs_new_terms_t *new);
static int fs_beacon_late(const fs_operator_t *op, const fs_now_t *now);
static void fs_terms_fill(fs_sheet_t *sheet, const fs_operator_t *op,
    uint32_t sale, const fs_terms_t *terms);
static int fs_terms_same(fs_sheet_t *sheet, const fs_operator_t *op,
    const fs_new_terms_t *new);


fs_outcome_t
fs_terms_begin(fs_sheet_t *sheet, const fs_operator_t *op,
    const fs_sale_t *sale, const fs_now_t *now, fs_new_terms_t *new,
    fs_result_t *result)
{
    int                len;
    unsigned           i;
    fs_terms_t        *terms;
    const fs_gives_t  *gives;
    const fs_terms_t  *old;

    gives = &op->gives;

    if (gives->kind == FS_GIVES_NOTHING) {
        return (sale != NULL && sale->gives != FS_GIVES_NOTHING) ? FS_GIVEN
                                                                 : FS_OK;
    }

    if (!fs_terms_valid(op)) {
        return FS_BAD_REQUEST;
    }

    if (!fs_beacon_late(op, now)) {
        result->at = fs_beacon_at(gives->round);
        return FS_BAD_REQUEST;
    }

    if (sale != NULL && sale->gives == FS_GIVES_NOTHING) {
        return FS_GIVEN;
    }

    terms = &new->terms;
    memset(terms, 0, sizeof(fs_terms_t));
    terms->kind = gives->kind;
    terms->by_desk = gives->by_desk;
    terms->round = gives->round;
    terms->off_fen = gives->off_fen;
    terms->from_fen = gives->from_fen;
    terms->valid_ms = gives->valid_ms;
    terms->total_fen = gives->total_fen;
    terms->sales_n = op->lines_n;
    terms->prizes_n = gives->prizes_n;

    for (i = 0; i < gives->prizes_n; i++) {
        terms->prizes[i].count = gives->prizes[i].count;
        terms->prizes[i].off_fen = gives->prizes[i].off_fen;
    }

    for (i = 0; i < op->lines_n; i++) {
        terms->sales[i] = fs_sheet_number(sheet, 's', op->lines[i].sale);

        if (terms->sales[i] == 0) {
            return FS_NO_SUCH_SALE;
        }
    }

    old = (sale != NULL) ? fs_sheet_terms(sheet, sale->number) : NULL;

    if (fs_terms_seed(sheet, old, terms) != 0) {
        sheet->failed = 1;
        return FS_INTERNAL;
    }

    len = fs_write_terms_document(new->json, sizeof(new->json), op,
                                  fs_gives_seeded(terms->kind) ? terms->seed
                                                               : NULL);
    if (len < 0) {
        sheet->failed = 1;
        return FS_INTERNAL;
    }

    new->len = (size_t) len;

    if (sale == NULL) {
        return FS_OK;
    }

    result->sale = sale->number;

    return fs_terms_check(sheet, op, sale, now, new);
}


/* What the text of a request has been checked for already. */

static int
fs_terms_valid(const fs_operator_t *op)
{
    unsigned           i;
    uint64_t           prizes;
    const fs_gives_t  *gives;

    gives = &op->gives;

    for (prizes = 0, i = 0; i < gives->prizes_n && i < FS_PRIZES_MAX; i++) {
        prizes += gives->prizes[i].count;
    }

    return gives->kind < FS_GIVES_N && gives->by_desk <= 1
           && op->price_fen == 0 && op->goal == 0 && op->limit >= 1
           && op->lines_n <= FS_GIFT_SALES_MAX
           && gives->prizes_n <= FS_PRIZES_MAX
           && prizes <= FS_WINNERS_MAX
           && gives->round >= 0 && gives->round <= FS_ROUND_MAX
           && gives->off_fen >= 0 && gives->off_fen <= FS_PRICE_MAX
           && gives->from_fen >= 0 && gives->from_fen <= FS_AMOUNT_MAX
           && gives->valid_ms >= 0 && gives->valid_ms <= FS_VALID_MS_MAX
           && gives->total_fen >= 0 && gives->total_fen <= FS_PRICE_MAX
           && (gives->kind != FS_GIVES_PACKET
               || (op->stock >= 1 && op->stock <= FS_PACKETS_MAX
                   && gives->total_fen >= op->stock));
}


/* A beacon that is known while tickets are given proves nothing. */

static int
fs_beacon_late(const fs_operator_t *op, const fs_now_t *now)
{
    int64_t  out_at;

    if (op->gives.round == 0) {
        return 1;
    }

    out_at = fs_beacon_at(op->gives.round);

    return out_at > now->wall && out_at > op->closes_at;
}


/* It is made once, and stays through other definitions.  0 or -1. */

static int
fs_terms_seed(fs_sheet_t *sheet, const fs_terms_t *old, fs_terms_t *terms)
{
    const fs_store_conf_t  *conf;

    if (!fs_gives_seeded(terms->kind)) {
        return 0;
    }

    if (old != NULL && fs_gives_seeded(old->kind)) {
        memcpy(terms->seed, old->seed, FS_SEED_LEN);
        return 0;
    }

    conf = &sheet->store->conf;

    return conf->random(conf->data, terms->seed, FS_SEED_LEN);
}


/*
 * Whoever has a gift, or came for one, keeps what was promised: once the sale
 * was open there may be more of it, for each buyer and in all, and it may end
 * later.
 */

static fs_outcome_t
fs_terms_check(fs_sheet_t *sheet, const fs_operator_t *op,
    const fs_sale_t *sale, const fs_now_t *now, const fs_new_terms_t *new)
{
    int  reopens;

    /* what is revealed, or drawn, is over for good */

    reopens = fs_sale_reopens(sale, op->closes_at, now->wall);

    if (fs_gives_seeded(sale->gives) && reopens) {
        return FS_CLOSED;
    }

    if (!sale->opened && sale->sold == 0
        && !(fs_gives_seeded(sale->gives) && sale->closed))
    {
        /* of what is closed already nothing would ever be revealed */

        return fs_gives_seeded(new->terms.kind) && sale->closed && !reopens
               ? FS_CLOSED : FS_OK;
    }

    if (!fs_terms_same(sheet, op, new)
        || op->stock < sale->stock
        || (sale->gives == FS_GIVES_PACKET && op->stock != sale->stock)
        || op->limit < sale->limit
        || op->opens_at > now->wall
        || (op->closes_at != 0
            && (sale->closes_at == 0 || op->closes_at < sale->closes_at)))
    {
        return FS_GIVEN;
    }

    return FS_OK;
}


static int
fs_terms_same(fs_sheet_t *sheet, const fs_operator_t *op,
    const fs_new_terms_t *new)
{
    char      key[FS_DOCUMENT_KEY_MAX];
    size_t    len;
    fs_str_t  doc, kind = fs_str(FS_TERMS_KIND);

    len = fs_document_key(key, kind, op->slug);

    return fs_db_get(sheet->log, sheet->store->log_dbi[FS_LOG_DOCUMENTS],
                     key, len, &doc)
           && doc.len == new->len
           && memcmp(doc.data, new->json, new->len) == 0;
}


void
fs_terms_write(fs_sheet_t *sheet, const fs_operator_t *op, uint32_t sale,
    const fs_new_terms_t *new)
{
    char      key[FS_DOCUMENT_KEY_MAX];
    size_t    len;
    fs_str_t  kind = fs_str(FS_TERMS_KIND);

    len = fs_document_key(key, kind, op->slug);
    fs_db_put(sheet->log, sheet->store->log_dbi[FS_LOG_DOCUMENTS], key, len,
              new->json, new->len, 0);
    fs_sheet_put_terms(sheet, sale, &new->terms);

    if (new->terms.kind == FS_GIVES_PACKET) {
        fs_terms_fill(sheet, op, sale, &new->terms);
    }
}


/* What is in each packet: as long as none was given it may become other
 * amounts, of the same seed. */

static void
fs_terms_fill(fs_sheet_t *sheet, const fs_operator_t *op, uint32_t sale,
    const fs_terms_t *terms)
{
    int64_t  *amounts;

    amounts = malloc(op->stock * sizeof(*amounts));

    if (amounts == NULL
        || fs_packet_amounts(terms->seed, op->stock, terms->total_fen,
                             amounts)
           != 0)
    {
        fs_sheet_no_memory(sheet);

    } else {
        fs_sheet_put_amounts(sheet, sale, amounts, op->stock);
    }

    free(amounts);
}


void
fs_terms_emit(fs_sheet_t *sheet, uint32_t sale, const fs_new_terms_t *new,
    const fs_now_t *now)
{
    uint8_t     hash[FS_HASH_LEN];
    fs_str_t    what, none = fs_str("");
    fs_entry_t  entry;

    what.data = new->json;
    what.len = new->len;

    if (fs_sha256(what, none, hash) != 0) {
        sheet->failed = 1;
        return;
    }

    memset(&entry, 0, sizeof(fs_entry_t));
    entry.type = FS_ENTRY_TERMS;
    entry.sale = sale;
    entry.number2 = new->terms.kind
                    | (uint32_t) new->terms.by_desk << FS_TERMS_DESK_BIT;
    fs_entry_set_ids(&entry, hash);

    fs_emit(sheet, &entry, now);
}


fs_outcome_t
fs_terms_stock(const fs_sale_t *sale, int64_t add)
{
    return sale->gives == FS_GIVES_PACKET
           || (sale->gives != FS_GIVES_NOTHING && add < 0
               && (sale->opened || sale->sold != 0))
           ? FS_GIVEN : FS_OK;
}


void
fs_decide_draw(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_sale_t *sale, const fs_now_t *now,
    fs_result_t *result)
{
    fs_entry_t    entry;
    fs_outcome_t  outcome;

    if (fs_all_zero(op->beacon, sizeof(op->beacon))) {
        result->outcome = FS_BAD_REQUEST;
        return;
    }

    outcome = fs_draw_with(sheet, sale->number, op->beacon, &entry, now);

    if (outcome == FS_OK) {
        memcpy(entry.key, command->key, FS_KEY_HASH_LEN);
        entry.pickup = fs_get_le32(op->fingerprint);
        entry.number3 = fs_get_le32(op->fingerprint + 4);

        fs_emit(sheet, &entry, now);
        fs_draw_now(sheet, sale->number, now);
    }

    result->outcome = (uint16_t) outcome;
}
