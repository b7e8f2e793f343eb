
/*
 * The rows that commands read and the fold writes, through the transactions
 * of a sheet.
 */

#include "sheet/sheet.h"

static int fs_sheet_find(fs_sheet_t *sheet, const uint8_t *key,
    size_t key_len, fs_str_t *value);
static uint8_t *fs_sheet_room(fs_sheet_t *sheet, const uint8_t *key,
    size_t key_len, size_t size);
static fs_buyer_memo_t *fs_sheet_memo(fs_sheet_t *sheet,
    const uint8_t *buyer);
static int fs_sheet_next_payment(fs_sheet_t *sheet, fs_seq_t hold,
    uint8_t *key, fs_payment_t *row, uint8_t *reference, uint32_t *sale);
static int fs_sheet_sale_payment(fs_sheet_t *sheet, fs_seq_t hold,
    uint8_t *reference, fs_payment_t *row);


/* Rows of the buyers' database. */

static int
fs_sheet_find(fs_sheet_t *sheet, const uint8_t *key, size_t key_len,
    fs_str_t *value)
{
    return fs_buyers_get(&sheet->cache->buyers, key, key_len, value);
}


/*
 * Of the entry that is folded, the one after the last.  Never NULL: what is
 * written after a failure goes nowhere.
 */

static uint8_t *
fs_sheet_room(fs_sheet_t *sheet, const uint8_t *key, size_t key_len,
    size_t size)
{
    uint8_t  *room;

    room = fs_buyers_reserve(&sheet->cache->buyers, sheet->seq + 1, key,
                             key_len, size);

    return (room != NULL) ? room : sheet->cache->nowhere;
}


/* The memo of a buyer; the one before is forgotten. */

static fs_buyer_memo_t *
fs_sheet_memo(fs_sheet_t *sheet, const uint8_t *buyer)
{
    fs_buyer_memo_t  *memo;

    memo = &sheet->cache->memo;

    if (!memo->set || memcmp(memo->buyer, buyer, FS_BUYER_LEN) != 0) {
        memcpy(memo->buyer, buyer, FS_BUYER_LEN);
        memo->set = 1;
        memo->row_known = 0;
        memo->units_n = 0;
    }

    return memo;
}


int
fs_sheet_hold(fs_sheet_t *sheet, fs_seq_t seq, fs_hold_t *hold)
{
    int  found;

    found = fs_sheet_look_hold(sheet, seq, hold);

    if (found == -1) {
        fs_sheet_damaged(sheet);
    }

    return found == 1;
}


int
fs_sheet_look_hold(fs_sheet_t *sheet, fs_seq_t seq, fs_hold_t *hold)
{
    uint64_t           key;
    fs_str_t           row;
    fs_sheet_cache_t  *cache;

    cache = sheet->cache;

    if (seq == 0) {
        return 0;
    }

    if (cache->hold.seq != seq) {
        cache->hold.seq = 0;
        key = seq;

        if (!fs_db_get(sheet->index, sheet->store->index_dbi[FS_INDEX_HOLDS],
                       &key, sizeof(key), &row))
        {
            return 0;
        }

        if (fs_hold_row_decode(&cache->hold, row) != 0) {
            cache->hold.seq = 0;
            return -1;
        }

        cache->hold.seq = seq;
    }

    *hold = cache->hold;

    return 1;
}


/* is_new: no hold has a higher number yet. */

void
fs_sheet_put_hold(fs_sheet_t *sheet, const fs_hold_t *hold, int is_new)
{
    size_t    len;
    uint8_t   row[FS_HOLD_ROW_MAX];
    uint64_t  key;

    len = fs_hold_row_encode(hold, row);
    key = hold->seq;

    fs_db_put(sheet->index, sheet->store->index_dbi[FS_INDEX_HOLDS], &key,
              sizeof(key), row, len, is_new ? MDB_APPEND : 0);

    if (hold != &sheet->cache->hold) {
        sheet->cache->hold = *hold;
    }
}


int
fs_sheet_buyer(fs_sheet_t *sheet, const uint8_t *buyer, fs_buyer_t *row)
{
    fs_str_t          value;
    fs_buyer_memo_t  *memo;

    memo = fs_sheet_memo(sheet, buyer);

    if (!memo->row_known) {
        memset(&memo->row, 0, sizeof(fs_buyer_t));
        memo->row_known = 1;
        memo->row_found =
            fs_sheet_find(sheet, buyer, FS_BUYER_LEN, &value) ? 1 : 0;

        if (memo->row_found && fs_buyer_row_decode(&memo->row, value) != 0) {
            fs_sheet_damaged(sheet);
        }
    }

    *row = memo->row;

    return memo->row_found;
}


void
fs_sheet_put_buyer(fs_sheet_t *sheet, const uint8_t *buyer,
    const fs_buyer_t *row)
{
    fs_buyer_memo_t  *memo;

    memo = fs_sheet_memo(sheet, buyer);
    memo->row = *row;
    memo->row_known = 1;
    memo->row_found = 1;

    fs_buyer_row_encode(row, fs_sheet_room(sheet, buyer, FS_BUYER_LEN,
                                           fs_buyer_row_size(row)));
}


int
fs_sheet_units(fs_sheet_t *sheet, const uint8_t *buyer, uint32_t sale,
    fs_units_t *row)
{
    unsigned          i;
    uint8_t           key[FS_UNITS_KEY_LEN];
    fs_str_t          value;
    fs_buyer_memo_t  *memo;

    memo = fs_sheet_memo(sheet, buyer);

    for (i = 0; i < memo->units_n; i++) {
        if (memo->units[i].sale == sale) {
            *row = memo->units[i].row;
            return memo->units[i].found;
        }
    }

    i = (memo->units_n < FS_LINES_MAX) ? memo->units_n++ : 0;

    memset(&memo->units[i].row, 0, sizeof(fs_units_t));
    memo->units[i].sale = sale;

    fs_units_key(key, buyer, sale);
    memo->units[i].found = fs_sheet_find(sheet, key, sizeof(key), &value);

    if (memo->units[i].found
        && fs_units_row_decode(&memo->units[i].row, value) != 0)
    {
        fs_sheet_damaged(sheet);
    }

    *row = memo->units[i].row;

    return memo->units[i].found;
}


void
fs_sheet_put_units(fs_sheet_t *sheet, const uint8_t *buyer, uint32_t sale,
    const fs_units_t *row)
{
    unsigned          i;
    uint8_t           key[FS_UNITS_KEY_LEN];
    fs_buyer_memo_t  *memo;

    memo = fs_sheet_memo(sheet, buyer);

    for (i = 0; i < memo->units_n; i++) {
        if (memo->units[i].sale == sale) {
            break;
        }
    }

    if (i == memo->units_n) {
        i = (memo->units_n < FS_LINES_MAX) ? memo->units_n++ : 0;
        memo->units[i].sale = sale;
    }

    memo->units[i].row = *row;
    memo->units[i].found = 1;

    fs_units_key(key, buyer, sale);
    fs_units_row_encode(row, fs_sheet_room(sheet, key, sizeof(key),
                                           FS_UNITS_ROW_SIZE));
}


void
fs_sheet_expect(const fs_sheet_cache_t *cache, const uint8_t *buyer)
{
    fs_buyers_expect(&cache->buyers, buyer);
}


int
fs_sheet_stranger(fs_sheet_t *sheet, const uint8_t *buyer)
{
    return fs_buyers_stranger(&sheet->cache->buyers, buyer);
}


int
fs_sheet_bound(fs_sheet_t *sheet, const uint8_t *buyer, const uint8_t *key,
    fs_seq_t *seq)
{
    uint8_t   bound[FS_BOUND_KEY_LEN];
    fs_str_t  value;

    fs_bound_key(bound, buyer, key);

    if (!fs_sheet_find(sheet, bound, sizeof(bound), &value)) {
        return 0;
    }

    if (value.len != 8) {
        fs_sheet_damaged(sheet);
        return 0;
    }

    *seq = fs_get_le64(value.data);

    return 1;
}


void
fs_sheet_bind(fs_sheet_t *sheet, const uint8_t *buyer, const uint8_t *key,
    fs_seq_t seq)
{
    uint8_t  bound[FS_BOUND_KEY_LEN];

    fs_bound_key(bound, buyer, key);
    fs_set_le64(fs_sheet_room(sheet, bound, sizeof(bound), 8), seq);
}


void
fs_sheet_unbind(fs_sheet_t *sheet, const uint8_t *buyer, const uint8_t *key,
    fs_seq_t seq)
{
    uint8_t  bound[FS_BOUND_KEY_LEN], value[8];

    fs_bound_key(bound, buyer, key);
    fs_set_le64(value, seq);
    fs_buyers_delete(&sheet->cache->buyers, bound, sizeof(bound), value,
                     sizeof(value));
}


int
fs_sheet_payment(fs_sheet_t *sheet, fs_seq_t hold, const uint8_t *reference,
    uint32_t sale, fs_payment_t *row)
{
    uint8_t   key[FS_PAYMENT_KEY_LEN];
    fs_str_t  value;

    fs_payment_key(key, hold, reference, sale);

    if (!fs_db_get(sheet->index, sheet->store->index_dbi[FS_INDEX_PAYMENTS],
                   key, sizeof(key), &value))
    {
        return 0;
    }

    if (fs_payment_row_decode(row, value) != 0) {
        fs_sheet_damaged(sheet);
        return 0;
    }

    return 1;
}


void
fs_sheet_put_payment(fs_sheet_t *sheet, fs_seq_t hold,
    const uint8_t *reference, uint32_t sale, const fs_payment_t *row)
{
    size_t   len;
    uint8_t  key[FS_PAYMENT_KEY_LEN], value[FS_PAYMENT_ROW_SIZE];

    fs_payment_key(key, hold, reference, sale);
    len = fs_payment_row_encode(row, value);
    fs_db_put(sheet->index, sheet->store->index_dbi[FS_INDEX_PAYMENTS], key,
              sizeof(key), value, len, 0);
}


/*
 * The payment row at or after key; key then is its successor.  Marks of
 * refunds are passed over.  0: no more of this hold.
 */

static int
fs_sheet_next_payment(fs_sheet_t *sheet, fs_seq_t hold, uint8_t *key,
    fs_payment_t *row, uint8_t *reference, uint32_t *sale)
{
    size_t    i;
    fs_str_t  found, value;

    for ( ;; ) {
        if (!fs_db_seek(sheet->index,
                        sheet->store->index_dbi[FS_INDEX_PAYMENTS], key,
                        FS_PAYMENT_KEY_LEN, &found, &value)
            || found.len != FS_PAYMENT_KEY_LEN
            || fs_get_be64(found.data) != hold)
        {
            return 0;
        }

        memcpy(key, found.data, FS_PAYMENT_KEY_LEN);
        memcpy(reference, key + 8, FS_REFERENCE_LEN);
        *sale = fs_get_be32(key + 8 + FS_REFERENCE_LEN);

        for (i = FS_PAYMENT_KEY_LEN; i-- > 0; ) {
            if (++key[i] != 0) {
                break;
            }
        }

        if (*sale == FS_REFUND_MARK) {
            continue;
        }

        if (fs_payment_row_decode(row, value) != 0) {
            fs_sheet_damaged(sheet);
            return 0;
        }

        return 1;
    }
}


void
fs_other_reference(uint8_t *reference, fs_seq_t hold, uint32_t epoch)
{
    memset(reference, 0, FS_REFERENCE_LEN);
    fs_set_be64(reference, hold);
    fs_set_be32(reference + 8, epoch);
}


fs_seq_t
fs_sheet_other_hold(fs_sheet_t *sheet, fs_seq_t hold, uint32_t epoch)
{
    uint8_t       reference[FS_REFERENCE_LEN];
    fs_payment_t  row;

    fs_other_reference(reference, hold, epoch);

    return fs_sheet_payment(sheet, FS_OTHER_HOLDS, reference, 0, &row)
           ? row.seq : 0;
}


int
fs_sheet_sold_for(fs_sheet_t *sheet, fs_seq_t hold, uint8_t *reference)
{
    fs_payment_t  row;

    return fs_sheet_sale_payment(sheet, hold, reference, &row);
}


fs_seq_t
fs_sheet_sold_by(fs_sheet_t *sheet, fs_seq_t hold)
{
    uint8_t       reference[FS_REFERENCE_LEN];
    fs_payment_t  row;

    return fs_sheet_sale_payment(sheet, hold, reference, &row) ? row.seq : 0;
}


/* The payment by which a hold became an order.  1 or 0. */

static int
fs_sheet_sale_payment(fs_sheet_t *sheet, fs_seq_t hold, uint8_t *reference,
    fs_payment_t *row)
{
    uint8_t   key[FS_PAYMENT_KEY_LEN];
    uint32_t  sale;

    static const uint8_t  zeros[FS_REFERENCE_LEN];

    fs_payment_key(key, hold, zeros, 0);

    while (fs_sheet_next_payment(sheet, hold, key, row, reference, &sale)) {
        if (sale == 0
            && (row->outcome == FS_ENTRY_SOLD
                || row->outcome == FS_ENTRY_SOLD_LATE))
        {
            return 1;
        }
    }

    return 0;
}


int
fs_sheet_entry(fs_sheet_t *sheet, fs_seq_t seq, fs_entry_t *entry)
{
    int  found;

    found = fs_sheet_look_entry(sheet, seq, entry);

    if (found == -1) {
        sheet->failed = 1;
    }

    return found == 1;
}


int64_t
fs_sheet_kept_from(fs_sheet_t *sheet, const fs_entry_t *entry)
{
    fs_entry_t  first;

    if (entry->type == FS_ENTRY_PUT_BACK
        && fs_sheet_entry(sheet, (fs_seq_t) entry->time2, &first)
        && first.at > entry->at)
    {
        return first.at;
    }

    return entry->at;
}


int
fs_sheet_look_entry(fs_sheet_t *sheet, fs_seq_t seq, fs_entry_t *entry)
{
    uint64_t  key;
    fs_str_t  record;

    key = seq;

    if (!fs_db_get(sheet->log, sheet->store->log_dbi[FS_LOG_LEDGER], &key,
                   sizeof(key), &record))
    {
        return 0;
    }

    return (fs_entry_decode(entry, seq, record.data, record.len) == 0) ? 1
                                                                       : -1;
}


uint32_t
fs_sheet_member(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup,
    fs_seq_t hold)
{
    uint8_t   key[FS_MEMBER_KEY_LEN];
    fs_str_t  value;

    fs_member_key(key, sale, pickup, hold);

    if (!fs_db_get(sheet->index, sheet->store->index_dbi[FS_INDEX_MEMBERS],
                   key, sizeof(key), &value))
    {
        return 0;
    }

    if (value.len != 4) {
        fs_sheet_damaged(sheet);
        return 0;
    }

    return fs_get_le32(value.data);
}


void
fs_sheet_put_member(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup,
    fs_seq_t hold, uint32_t units)
{
    MDB_dbi  dbi;
    uint8_t  key[FS_MEMBER_KEY_LEN], value[4];

    dbi = sheet->store->index_dbi[FS_INDEX_MEMBERS];
    fs_member_key(key, sale, pickup, hold);

    if (units == 0) {
        fs_db_delete(sheet->index, dbi, key, sizeof(key), NULL, 0);
        return;
    }

    fs_set_le32(value, units);
    fs_db_put(sheet->index, dbi, key, sizeof(key), value, sizeof(value), 0);
}


fs_seq_t
fs_sheet_first_member(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup)
{
    uint8_t   key[FS_MEMBER_KEY_LEN];
    fs_str_t  found, value;

    fs_member_key(key, sale, pickup, 0);

    if (!fs_db_seek(sheet->index, sheet->store->index_dbi[FS_INDEX_MEMBERS],
                    key, sizeof(key), &found, &value)
        || found.len != FS_MEMBER_KEY_LEN
        || memcmp(found.data, key, 8) != 0)
    {
        return 0;
    }

    return fs_get_be64(found.data + 8);
}
