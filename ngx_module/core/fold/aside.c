
/*
 * Rows set aside.
 */

#include "fold/aside.h"
#include "sheet/sheet.h"

static void fs_aside_take(fs_sheet_t *sheet, const fs_aside_t *row);
static void fs_aside_say(fs_sheet_t *sheet, const fs_aside_t *row,
    const char *why);


void
fs_aside_due(fs_aside_t *row, uint32_t sale, int64_t due, fs_seq_t seq)
{
    row->kind = FS_ASIDE_DUE;
    row->len = 4 + FS_DUE_LEN;
    fs_set_be32(row->key, sale);
    fs_due_value(row->key + 4, due, seq);
}


int
fs_aside_timer(fs_aside_t *row, fs_str_t key)
{
    if (key.len > FS_ASIDE_KEY_MAX) {
        row->kind = 0;
        return -1;
    }

    row->kind = FS_ASIDE_TIMER;
    row->len = (uint8_t) key.len;
    memcpy(row->key, key.data, key.len);

    return 0;
}


void
fs_aside_member(fs_aside_t *row, uint32_t sale, uint32_t pickup,
    fs_seq_t hold)
{
    row->kind = FS_ASIDE_MEMBER;
    row->len = FS_MEMBER_KEY_LEN;
    fs_member_key(row->key, sale, pickup, hold);
}


void
fs_aside_group(fs_aside_t *row, uint32_t sale, uint32_t pickup)
{
    row->kind = FS_ASIDE_GROUP;
    row->len = FS_GROUP_KEY_LEN;
    fs_group_key(row->key, sale, pickup);
}


void
fs_aside_paid(fs_aside_t *row, uint32_t sale, fs_seq_t sold)
{
    row->kind = FS_ASIDE_PAID;
    row->len = 12;
    fs_set_be32(row->key, sale);
    fs_set_be64(row->key + 4, sold);
}


void
fs_set_aside(fs_sheet_t *sheet, const fs_aside_t *row, const char *why)
{
    uint8_t  key[1 + FS_ASIDE_KEY_MAX], value[8];

    fs_aside_take(sheet, row);

    key[0] = row->kind;
    memcpy(key + 1, row->key, row->len);
    fs_set_le64(value, (uint64_t) sheet->at);

    fs_db_put(sheet->index, sheet->store->index_dbi[FS_INDEX_ASIDE], key,
              1 + (size_t) row->len, value, sizeof(value), 0);

    sheet->asides++;

    if (sheet->asides <= FS_ASIDE_NAMED) {
        fs_aside_say(sheet, row, why);
    }
}


/* Out of the way of those who work on such rows. */

static void
fs_aside_take(fs_sheet_t *sheet, const fs_aside_t *row)
{
    MDB_dbi         *dbi;
    uint32_t         sale, pickup;
    fs_sale_slot_t  *slot;

    dbi = sheet->store->index_dbi;
    sale = fs_get_be32(row->key);

    switch (row->kind) {

    case FS_ASIDE_DUE:
        slot = fs_sheet_sale_slot(sheet, sale);

        if (slot != NULL) {
            fs_due_remove(sheet, slot, (int64_t) fs_get_be64(row->key + 4),
                          fs_get_be64(row->key + 12));
        }

        break;

    case FS_ASIDE_TIMER:
        fs_db_delete(sheet->index, dbi[FS_INDEX_TIMERS], row->key, row->len,
                     NULL, 0);
        break;

    case FS_ASIDE_MEMBER:
        pickup = fs_get_be32(row->key + 4);
        fs_db_delete(sheet->index, dbi[FS_INDEX_MEMBERS], row->key, row->len,
                     NULL, 0);
        fs_due_returns_left(sheet, sale, pickup);
        break;

    case FS_ASIDE_PAID:
        fs_db_delete(sheet->index, dbi[FS_INDEX_PAID], row->key, row->len,
                     NULL, 0);
        break;
    }
}


static void
fs_aside_say(fs_sheet_t *sheet, const fs_aside_t *row, const char *why)
{
    fs_timer_t  timer;
    fs_str_t    key;

    switch (row->kind) {

    case FS_ASIDE_DUE:
        fs_store_say_now(sheet->store, FS_SAY_ERROR, "set aside: what is due "
                         "of sale %u for entry %llu: %s",
                         fs_get_be32(row->key), (unsigned long long)
                         fs_get_be64(row->key + 12), why);
        break;

    case FS_ASIDE_TIMER:
        key.len = row->len;
        key.data = (const char *) row->key;

        if (fs_timer_key_decode(&timer, key) != 0) {
            memset(&timer, 0, sizeof(fs_timer_t));
        }

        fs_store_say_now(sheet->store, FS_SAY_ERROR, "set aside: timer %u of "
                         "sale %u, pickup point %u: %s", timer.kind,
                         timer.sale, timer.pickup, why);
        break;

    case FS_ASIDE_PAID:
        fs_store_say_now(sheet->store, FS_SAY_ERROR, "set aside: what is left "
                         "of sale %u of an order that was sold by entry %llu: "
                         "%s", fs_get_be32(row->key), (unsigned long long)
                         fs_get_be64(row->key + 4), why);
        break;

    default:
        fs_store_say_now(sheet->store, FS_SAY_ERROR, "set aside: %s of sale "
                         "%u, pickup point %u, hold %llu: %s",
                         (row->kind == FS_ASIDE_GROUP) ? "the group"
                                                      : "an order to return",
                         fs_get_be32(row->key), fs_get_be32(row->key + 4),
                         (row->kind == FS_ASIDE_GROUP) ? 0ULL
                         : (unsigned long long) fs_get_be64(row->key + 8),
                         why);
        break;
    }
}


int
fs_is_aside(fs_sheet_t *sheet, const fs_aside_t *row)
{
    uint8_t   key[1 + FS_ASIDE_KEY_MAX];
    fs_str_t  value;

    key[0] = row->kind;
    memcpy(key + 1, row->key, row->len);

    return fs_db_get(sheet->index, sheet->store->index_dbi[FS_INDEX_ASIDE],
                     key, 1 + (size_t) row->len, &value);
}


int
fs_is_aside_paid(fs_sheet_t *sheet, uint32_t sale)
{
    uint8_t   key[5];
    fs_str_t  found, value;

    key[0] = FS_ASIDE_PAID;
    fs_set_be32(key + 1, sale);

    return fs_db_seek(sheet->index, sheet->store->index_dbi[FS_INDEX_ASIDE],
                      key, sizeof(key), &found, &value)
           && found.len > sizeof(key)
           && memcmp(found.data, key, sizeof(key)) == 0;
}


int
fs_aside_guilty(fs_sheet_t *sheet)
{
    return sheet->suspect.kind != 0 && sheet->failed
           && sheet->log->error == 0
           && (sheet->index->error == 0 || sheet->damaged);
}
