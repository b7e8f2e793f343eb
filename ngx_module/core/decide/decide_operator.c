
/*
 * The operator's commands.  What is carried out is written, also where it
 * changes nothing: the entry binds the key.  Else a pause of what is paused,
 * sent again after the resumption, would pause.
 */

#include "decide/decide.h"
#include "rules/rules.h"
#include "sheet/sheet.h"
#include "log/life.h"


static int fs_operator_replay(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result);
static void fs_decide_define(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result);
static int fs_sale_supposed(fs_sheet_t *sheet, const fs_operator_t *op,
    const fs_sale_t *sale);
static int fs_definition_valid(const fs_operator_t *op);
static void fs_definition(fs_sale_t *sale, const fs_operator_t *op);
static fs_outcome_t fs_check_change(fs_sheet_t *sheet, fs_sale_t *sale,
    const fs_sale_t *next, const fs_now_t *now, fs_result_t *result);
static void fs_write_definition(fs_sheet_t *sheet, const fs_sale_t *sale);
static void fs_decide_stock(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, fs_sale_t *sale, const fs_now_t *now,
    fs_result_t *result);
static int fs_stock_taken(const fs_sale_t *sale, int64_t stock,
    fs_result_t *result);
static void fs_decide_switch(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_sale_t *sale, const fs_now_t *now,
    fs_result_t *result);
static void fs_decide_clock(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result);
static void fs_decide_life(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result);
static void fs_decide_document(fs_sheet_t *sheet,
    const fs_command_t *command, const fs_operator_t *op,
    const fs_now_t *now, fs_result_t *result);
static int fs_kind_is(const fs_operator_t *op, const char *kind);
static int fs_referral_given(fs_sheet_t *sheet, const fs_operator_t *op,
    fs_referral_t *given, fs_result_t *result);


void
fs_decide_operator(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result)
{
    uint32_t    number;
    fs_sale_t  *sale;

    if (op == NULL) {
        result->outcome = FS_BAD_REQUEST;
        return;
    }

    if (fs_operator_replay(sheet, command, op, now, result)) {

        if (command->type == FS_COMMAND_ROOM
            && result->outcome == FS_REPLAYED)
        {
            fs_room_told(sheet, op);
        }

        return;
    }

    if ((command->type == FS_COMMAND_CLOCK
         || command->type == FS_COMMAND_LIFE)
        && !fs_condition_met(&op->condition, NULL))
    {
        /* neither is anything that could be read */

        result->outcome = FS_PRECONDITION;
        return;
    }

    switch (command->type) {

    case FS_COMMAND_DEFINE:
        fs_decide_define(sheet, command, op, now, result);
        return;

    case FS_COMMAND_CLOCK:
        fs_decide_clock(sheet, command, op, now, result);
        return;

    case FS_COMMAND_DOCUMENT:
    case FS_COMMAND_DELETE:
        fs_decide_document(sheet, command, op, now, result);
        return;

    case FS_COMMAND_ROOM:
        fs_decide_room(sheet, command, op, now, result);
        return;

    case FS_COMMAND_LIFE:
        fs_decide_life(sheet, command, op, now, result);
        return;

    case FS_COMMAND_WAVE:
        fs_decide_wave(sheet, command, op, now, result);
        return;

    case FS_COMMAND_RECEIVE:
        fs_decide_receive(sheet, command, op, now, result);
        return;
    }

    number = fs_sheet_number(sheet, 's', op->slug);
    sale = fs_sheet_sale(sheet, number);

    if (sale == NULL) {
        result->outcome = FS_NO_SUCH_SALE;
        return;
    }

    result->sale = number;

    if (!fs_sale_supposed(sheet, op, sale)) {
        result->outcome = FS_PRECONDITION;
        return;
    }

    fs_open_close(sheet, sale, now);

    switch (command->type) {

    case FS_COMMAND_STOCK:
        fs_decide_stock(sheet, command, op, sale, now, result);
        return;

    case FS_COMMAND_PAUSE:
    case FS_COMMAND_RESUME:
    case FS_COMMAND_CLOSE:
        fs_decide_switch(sheet, command, op, sale, now, result);

        if (command->type == FS_COMMAND_CLOSE) {
            fs_draw_now(sheet, number, now);
        }

        return;

    case FS_COMMAND_DRAW:
        fs_decide_draw(sheet, command, op, sale, now, result);
        return;

    case FS_COMMAND_CALL_OFF:
    case FS_COMMAND_COMPENSATE:
        fs_decide_whole_sale(sheet, command, op, sale, now, result);
        fs_draw_now(sheet, number, now);
        return;

    default:
        result->outcome = FS_BAD_REQUEST;
        return;
    }
}


/* 1: answered, by the entry that the key is bound to. */

static int
fs_operator_replay(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result)
{
    fs_seq_t    seq;
    fs_entry_t  entry;

    if (fs_all_zero(command->key, FS_KEY_HASH_LEN)
        || !fs_sheet_bound(sheet, command->buyer, command->key, &seq)
        || !fs_sheet_entry(sheet, seq, &entry))
    {
        return 0;
    }

    if (!fs_entry_begins(&entry)
        && now->mono >= entry.at + FS_KEY_KEPT_MS)
    {
        return 0;
    }

    if (fs_entry_begins(&entry)
        || fs_operator_asked(&entry) != fs_get_le64(op->fingerprint))
    {
        result->outcome = FS_KEY_REUSED;
        return 1;
    }

    result->outcome = FS_REPLAYED;
    result->sale = (entry.type != FS_ENTRY_RECEIVED) ? entry.sale : 0;
    result->epoch = (entry.type == FS_ENTRY_LIFE) ? entry.number : 0;
    result->orders = (entry.type == FS_ENTRY_COMPENSATED)
                     ? (uint32_t) entry.qty : 0;

    return 1;
}


static void
fs_decide_define(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result)
{
    char              key[FS_DOCUMENT_KEY_MAX];
    size_t            len;
    uint32_t          number;
    fs_str_t          doc, title, kind = fs_str("sale");
    fs_sale_t        *sale, next;
    fs_entry_t        entry;
    fs_outcome_t      outcome;
    fs_new_terms_t    terms;
    fs_points_list_t  points;

    points.n = 0;

    if (!fs_definition_valid(op)
        || (op->doc.data != NULL && fs_points_read(op->doc, &points) != 0))
    {
        result->outcome = FS_BAD_REQUEST;
        return;
    }

    number = fs_sheet_number(sheet, 's', op->slug);
    sale = fs_sheet_sale(sheet, number);

    if (!fs_sale_supposed(sheet, op, sale)) {
        result->sale = number;
        result->outcome = FS_PRECONDITION;
        return;
    }

    if (sale != NULL) {
        fs_open_close(sheet, sale, now);
        result->sale = number;
    }

    outcome = fs_terms_begin(sheet, op, sale, now, &terms, result);

    if (outcome != FS_OK) {
        result->outcome = (uint16_t) outcome;
        return;
    }

    if (sale != NULL) {
        next = *sale;
        fs_definition(&next, op);
        result->sale = number;

        outcome = fs_check_change(sheet, sale, &next, now, result);

        if (outcome != FS_OK) {
            result->outcome = (uint16_t) outcome;
            return;
        }

        if (fs_sale_reopens(sale, next.closes_at, now->wall)) {

            /* who waited for it before waits no more; of very many it is
             * asked for again */

            (void) fs_serve_queue(sheet, number, FS_TIMERS_PASS, now);

            if (sale->queued != 0) {
                result->outcome = FS_QUEUE_FULL;
                return;
            }
        }

    } else {
        memset(&next, 0, sizeof(fs_sale_t));
        fs_definition(&next, op);

        if (fs_sheet_last_number(sheet, 's') >= FS_SALES_MAX) {
            result->outcome = FS_TOO_MANY_NAMES;
            return;
        }
    }

    if (!fs_points_fit(sheet, &points)) {
        result->outcome = FS_TOO_MANY_NAMES;
        return;
    }

    len = fs_document_key(key, kind, op->slug);
    doc = op->doc;

    if (doc.data == NULL) {
        (void) fs_db_get(sheet->log,
                         sheet->store->log_dbi[FS_LOG_DOCUMENTS], key, len,
                         &doc);
    }

    title.len = next.title_len;
    title.data = next.title;

    memset(&entry, 0, sizeof(fs_entry_t));

    if (fs_digest(&entry, title, doc) != 0) {
        sheet->failed = 1;
        return;
    }

    if (sale == NULL) {
        number = fs_sheet_intern(sheet, 's', op->slug);
        next.number = number;
        result->sale = number;
    }

    if (op->doc.data != NULL) {
        fs_db_put(sheet->log, sheet->store->log_dbi[FS_LOG_DOCUMENTS], key,
                  len, op->doc.data, op->doc.len, 0);
    }

    if (op->doc.data != NULL || sale == NULL) {
        fs_points_write(sheet, number, &points);
    }

    fs_write_definition(sheet, &next);

    if (op->gives.kind != FS_GIVES_NOTHING) {
        fs_terms_write(sheet, op, number, &terms);
    }

    entry.type = FS_ENTRY_SALE;
    entry.sale = number;
    entry.qty = (int32_t) next.stock;
    entry.number = next.limit;
    entry.amount_fen = next.price_fen;
    entry.time1 = next.opens_at;
    entry.time2 = next.closes_at;
    entry.number2 = next.goal;
    entry.number3 = next.hold_ms;
    entry.pickup = next.cancel_ms;
    entry.flags = (next.goal_by == FS_GOAL_BY_PICKUP)
                  ? FS_ENTRY_GOAL_BY_PICKUP : 0;

    fs_operator_emit(sheet, command, op, &entry, now);

    if (op->gives.kind != FS_GIVES_NOTHING) {
        fs_terms_emit(sheet, number, &terms, now);
    }

    result->outcome = (sale == NULL) ? FS_CREATED : FS_OK;

    sale = fs_sheet_sale(sheet, number);

    if (sale != NULL) {
        fs_open_close(sheet, sale, now);
    }
}


/*
 * Whether the sale (NULL: there is none) is what the request supposes.  By
 * what was shown: before its time may have come to open or to close.
 */

static int
fs_sale_supposed(fs_sheet_t *sheet, const fs_operator_t *op,
    const fs_sale_t *sale)
{
    fs_etag_t  etag;

    if (sale != NULL) {
        fs_etag_sale(sale, fs_sheet_epoch(sheet, sheet->seq), &etag);
    }

    return fs_condition_met(&op->condition, sale != NULL ? &etag : NULL);
}


static int
fs_definition_valid(const fs_operator_t *op)
{
    return fs_slug_valid(op->slug)
           && op->title.len <= FS_TITLE_MAX
           && op->price_fen >= 0 && op->price_fen <= FS_PRICE_MAX
           && op->stock <= FS_STOCK_MAX
           && op->limit <= FS_STOCK_MAX
           && op->goal <= FS_STOCK_MAX
           && op->goal_by <= FS_GOAL_BY_PICKUP
           && op->opens_at >= 0 && op->opens_at <= FS_AT_MAX
           && op->closes_at >= 0 && op->closes_at <= FS_AT_MAX
           && (op->closes_at == 0 || op->closes_at > op->opens_at)
           && op->hold_ms <= FS_HOLD_MS_MAX
           && op->cancel_ms <= FS_CANCEL_MS_MAX
           && op->queue <= FS_STOCK_MAX + 1
           && (op->doc.data == NULL || op->doc.len <= FS_DOC_MAX);
}


/* What the operator sets; what is folded stays. */

static void
fs_definition(fs_sale_t *sale, const fs_operator_t *op)
{
    fs_str_t  title;

    title = (op->title.len != 0) ? op->title : op->slug;

    fs_slug_set(&sale->slug, op->slug);
    sale->title_len = (uint16_t) title.len;
    memcpy(sale->title, title.data, title.len);
    sale->price_fen = op->price_fen;
    sale->stock = op->stock;
    sale->limit = op->limit;
    sale->opens_at = op->opens_at;
    sale->closes_at = op->closes_at;
    sale->goal = op->goal;
    sale->goal_by = (op->goal != 0) ? op->goal_by : FS_GOAL_BY_SALE;
    sale->hold_ms = op->hold_ms;
    sale->cancel_ms = op->cancel_ms;
    sale->queue = op->queue;
}


static fs_outcome_t
fs_check_change(fs_sheet_t *sheet, fs_sale_t *sale, const fs_sale_t *next,
    const fs_now_t *now, fs_result_t *result)
{
    if ((sale->goal != next->goal || sale->goal_by != next->goal_by)
        && (sale->joined != 0 || sale->decided || sale->groups_formed != 0
            || sale->groups_failed != 0))
    {
        return FS_DECIDED;
    }

    if (fs_sale_reopens(sale, next->closes_at, now->wall)
        && sale->called_off)
    {
        return FS_CLOSED;
    }

    if (fs_sale_reopens(sale, next->closes_at, now->wall)
        && (sale->decided || sale->groups_failed != 0))
    {
        return FS_DECIDED;
    }

    if (next->stock < sale->stock) {
        fs_make_room(sheet, sale, sale->stock - next->stock, now);
    }

    return fs_stock_taken(sale, next->stock, result) ? FS_STOCK_TAKEN : FS_OK;
}


/*
 * Slug and title into the log's row, where the fold of the entry finds them.
 * The row's numbers follow at the end of the batch, in the same transaction.
 */

static void
fs_write_definition(fs_sheet_t *sheet, const fs_sale_t *sale)
{
    size_t   len;
    uint8_t  key[4], row[FS_SALE_ROW_MAX];

    fs_set_be32(key, sale->number);
    len = fs_schema_sale_row(atomic_load(&sheet->store->schema), sale, row);
    fs_db_put(sheet->log, sheet->store->log_dbi[FS_LOG_SALES], key,
              sizeof(key), row, len, 0);
}


static void
fs_decide_stock(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, fs_sale_t *sale, const fs_now_t *now,
    fs_result_t *result)
{
    int64_t     stock;
    fs_entry_t  entry;

    if (op->add > FS_STOCK_MAX || op->add < -(int64_t) FS_STOCK_MAX) {
        result->outcome = FS_BAD_REQUEST;
        return;
    }

    if (fs_terms_stock(sale, op->add) != FS_OK) {
        result->outcome = FS_GIVEN;
        return;
    }

    stock = (int64_t) sale->stock + op->add;

    if (stock > FS_STOCK_MAX) {
        result->outcome = FS_BAD_REQUEST;
        return;
    }

    if (op->add < 0) {
        fs_make_room(sheet, sale, (uint32_t) -op->add, now);
    }

    if (fs_stock_taken(sale, stock, result)) {
        result->outcome = FS_STOCK_TAKEN;
        return;
    }

    result->outcome = FS_OK;

    memset(&entry, 0, sizeof(fs_entry_t));
    entry.type = FS_ENTRY_STOCK;
    entry.sale = sale->number;
    entry.qty = (int32_t) op->add;

    fs_operator_emit(sheet, command, op, &entry, now);
}


/* More is held and sold than this stock, which may be less than none. */

static int
fs_stock_taken(const fs_sale_t *sale, int64_t stock, fs_result_t *result)
{
    if ((int64_t) sale->held + sale->sold <= stock) {
        return 0;
    }

    result->held = sale->held;
    result->sold = sale->sold;

    return 1;
}


/* PAUSE, RESUME, CLOSE. */

static void
fs_decide_switch(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_sale_t *sale, const fs_now_t *now,
    fs_result_t *result)
{
    fs_entry_t  entry;

    if (command->type == FS_COMMAND_RESUME && sale->closed) {

        /* only a later end opens it again */

        result->outcome = FS_CLOSED;
        return;
    }

    result->outcome = FS_OK;

    memset(&entry, 0, sizeof(fs_entry_t));

    entry.type = (command->type == FS_COMMAND_PAUSE) ? FS_ENTRY_PAUSED
                 : (command->type == FS_COMMAND_RESUME) ? FS_ENTRY_RESUMED
                 : FS_ENTRY_CLOSED;
    entry.sale = sale->number;

    fs_operator_emit(sheet, command, op, &entry, now);
}


/*
 * Accept the wall clock as it is, behind the ledger or just set ahead, once
 * the entry is durable.
 */

static void
fs_decide_clock(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result)
{
    fs_entry_t  entry;

    result->outcome = FS_OK;

    sheet->write->accepts = 1;
    sheet->write->accepted = *now;

    memset(&entry, 0, sizeof(fs_entry_t));
    entry.type = FS_ENTRY_CLOCK;
    entry.time1 = sheet->at;

    fs_operator_emit(sheet, command, op, &entry, now);
}


/* Its epoch is the caller's dice, or the next one that no life has. */

static void
fs_decide_life(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result)
{
    uint32_t    epoch;
    fs_entry_t  entry;

    epoch = command->epoch;

    while (fs_life_known(sheet->store, sheet->log, epoch)) {
        epoch++;
    }

    memset(&entry, 0, sizeof(fs_entry_t));
    memcpy(entry.id1, command->buyer, FS_BUYER_LEN);
    memcpy(entry.key, command->key, FS_KEY_HASH_LEN);
    entry.hold = fs_get_le64(op->fingerprint);

    fs_emit_life(sheet, &entry, epoch, now);

    result->outcome = FS_OK;
    result->epoch = epoch;
}

/* Written, or deleted: what is asked for is there before it is judged. */

static void
fs_decide_document(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result)
{
    int            there, pickup, referral;
    char           key[FS_DOCUMENT_KEY_MAX];
    MDB_dbi        dbi;
    fs_str_t       name, old, doc;
    fs_etag_t      etag;
    fs_entry_t     entry;
    fs_referral_t  given;

    /* a sale's is written with its definition */

    if (!fs_slug_valid(op->kind) || !fs_slug_valid(op->slug)
        || (command->type == FS_COMMAND_DOCUMENT
            && (op->doc.data == NULL || op->doc.len > FS_DOC_MAX))
        || fs_kind_is(op, "sale") || fs_kind_is(op, FS_TERMS_KIND))
    {
        result->outcome = FS_BAD_REQUEST;
        return;
    }

    dbi = sheet->store->log_dbi[FS_LOG_DOCUMENTS];
    name.len = fs_document_key(key, op->kind, op->slug);
    name.data = key;

    there = fs_db_get(sheet->log, dbi, name.data, name.len, &old);

    if (command->type == FS_COMMAND_DELETE && !there) {
        result->outcome = FS_NOT_FOUND;
        return;
    }

    if (there && fs_etag_document(old, &etag) != 0) {
        sheet->failed = 1;
        return;
    }

    if (!fs_condition_met(&op->condition, there ? &etag : NULL)) {
        result->outcome = FS_PRECONDITION;
        return;
    }

    pickup = fs_kind_is(op, "pickup");

    if (pickup && fs_sheet_number(sheet, 'p', op->slug) == 0
        && fs_sheet_last_number(sheet, 'p') >= FS_PICKUPS_MAX)
    {
        result->outcome = FS_TOO_MANY_NAMES;
        return;
    }

    referral = fs_referral_is(op->kind, op->slug);

    if (referral && command->type == FS_COMMAND_DOCUMENT
        && !fs_referral_given(sheet, op, &given, result))
    {
        result->outcome = FS_BAD_REQUEST;
        return;
    }

    result->outcome = FS_OK;

    memset(&entry, 0, sizeof(fs_entry_t));

    if (command->type == FS_COMMAND_DELETE) {
        entry.type = FS_ENTRY_DELETED;
        doc.len = 0;
        doc.data = "";

        fs_db_delete(sheet->log, dbi, name.data, name.len, NULL, 0);

    } else {
        entry.type = FS_ENTRY_DOCUMENT;
        doc = op->doc;

        fs_db_put(sheet->log, dbi, name.data, name.len, doc.data, doc.len, 0);
    }

    if (fs_digest(&entry, name, doc) != 0) {
        sheet->failed = 1;
        return;
    }

    if (pickup) {
        fs_points_documented(sheet, op->slug);
    }

    if (referral) {
        fs_sheet_put_referral(sheet, command->type == FS_COMMAND_DELETE
                                     ? NULL : &given);
    }

    fs_operator_emit(sheet, command, op, &entry, now);
}


static int
fs_kind_is(const fs_operator_t *op, const char *kind)
{
    return op->kind.len == strlen(kind)
           && memcmp(op->kind.data, kind, op->kind.len) == 0;
}


/* What the document `shop/referral` says, by the sales' numbers.  0: it says
 * something else; result->giving: which sale gives nothing. */

static int
fs_referral_given(fs_sheet_t *sheet, const fs_operator_t *op,
    fs_referral_t *given, fs_result_t *result)
{
    fs_fault_t             fault;
    const fs_sale_t       *inviter, *newcomer;
    fs_referral_request_t  request;

    if (fs_request_referral(op->doc, &request, &fault) != 0) {
        return 0;
    }

    inviter = fs_sheet_sale(sheet,
                            fs_sheet_number(sheet, 's',
                                            fs_slug_str(&request.inviter)));

    if (inviter == NULL || inviter->gives == FS_GIVES_NOTHING) {
        result->giving = FS_REFERRAL_INVITER;
        return 0;
    }

    given->inviter = inviter->number;

    newcomer = fs_sheet_sale(sheet,
                             fs_sheet_number(sheet, 's',
                                             fs_slug_str(&request.newcomer)));

    if (newcomer == NULL || newcomer->gives == FS_GIVES_NOTHING) {
        result->giving = FS_REFERRAL_NEWCOMER;
        return 0;
    }

    given->newcomer = newcomer->number;
    given->per_inviter = request.per_inviter;

    return 1;
}
