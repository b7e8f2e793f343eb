
/*
 * Lines of orders by where their goods are, and waves, in the index.
 */

#include "sheet/sheet_lines.h"

static int fs_sheet_first_listed(fs_sheet_t *sheet, fs_listed_t *listed);
static void fs_wave_key(uint8_t *key, uint32_t number);


int
fs_listed_of(const fs_hold_t *hold, const fs_line_t *line, unsigned i,
    fs_seq_t sold, fs_listed_t *listed)
{
    switch (line->goods) {

    case FS_GOODS_HANDED_OVER:
        break;

    case FS_GOODS_SHORT:
        if (line->restocked == line->qty) {
            return 0;
        }

        break;

    default:
        if (fs_line_to_come(line) == 0) {
            return 0;
        }
    }

    memset(listed, 0, sizeof(fs_listed_t));
    listed->pickup = hold->pickup;
    listed->goods = line->goods;
    listed->sale = line->sale;
    listed->wave = line->wave;
    listed->sold = sold;
    listed->hold = hold->seq;
    listed->qty = (uint16_t) (line->qty - line->restocked);
    listed->short_qty = line->short_qty;
    listed->line = (uint8_t) i;
    listed->paid_back = line->owed_qty != 0;

    return 1;
}


void
fs_sheet_put_listed(fs_sheet_t *sheet, const fs_listed_t *listed)
{
    uint8_t  key[FS_LISTED_KEY_LEN], row[FS_LISTED_ROW_SIZE];

    fs_listed_key(key, listed);
    fs_listed_row_encode(listed, row);
    fs_db_put(sheet->index, sheet->store->index_dbi[FS_INDEX_LINES], key,
              sizeof(key), row, sizeof(row), 0);
}


void
fs_sheet_delete_listed(fs_sheet_t *sheet, const fs_listed_t *listed)
{
    uint8_t  key[FS_LISTED_KEY_LEN];

    fs_listed_key(key, listed);
    fs_db_delete(sheet->index, sheet->store->index_dbi[FS_INDEX_LINES], key,
                 sizeof(key), NULL, 0);
}


/*
 * Those that waited for their group have the wave of the group, once it has
 * formed: they lie beside the others of that wave.
 */

int
fs_sheet_first_awaited(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup,
    uint16_t wave, fs_listed_t *listed)
{
    int                found;
    fs_listed_t        grouped;
    const fs_group_t  *group;

    memset(listed, 0, sizeof(fs_listed_t));
    listed->pickup = pickup;
    listed->goods = FS_GOODS_AWAITED;
    listed->sale = sale;
    listed->wave = wave;
    grouped = *listed;

    found = fs_sheet_first_listed(sheet, listed);

    if (wave == FS_WAVE_OPEN) {
        return found;
    }

    group = fs_sheet_group(sheet, sale, pickup, 0);

    if (group == NULL || group->state != FS_GROUP_FORMED
        || group->wave != wave)
    {
        return found;
    }

    grouped.wave = FS_WAVE_OPEN;

    if (fs_sheet_first_listed(sheet, &grouped)
        && (!found || grouped.sold < listed->sold))
    {
        *listed = grouped;
        return 1;
    }

    return found;
}


/* The first one from *listed on, of the same list, sale and wave. */

static int
fs_sheet_first_listed(fs_sheet_t *sheet, fs_listed_t *listed)
{
    uint8_t      key[FS_LISTED_KEY_LEN];
    fs_str_t     found, value;
    fs_listed_t  first;

    fs_listed_key(key, listed);

    if (!fs_db_seek(sheet->index, sheet->store->index_dbi[FS_INDEX_LINES],
                    key, sizeof(key), &found, &value)
        || found.len != FS_LISTED_KEY_LEN
        || memcmp(found.data, key, FS_LISTED_KEY_LEN - 8) != 0)
    {
        return 0;
    }

    if (fs_listed_key_decode(&first, found) != 0
        || fs_listed_row_decode(&first, value) != 0)
    {
        fs_sheet_damaged(sheet);
        return 0;
    }

    *listed = first;

    return 1;
}


void
fs_tally_line(const fs_line_t *line, fs_tally_t *tally)
{
    uint32_t  come, shorts;

    memset(tally, 0, sizeof(fs_tally_t));

    come = line->qty - line->restocked;
    shorts = (line->short_qty < come) ? line->short_qty : come;

    switch (line->goods) {

    case FS_GOODS_AWAITED:
        tally->awaited = come;
        break;

    case FS_GOODS_READY:
        tally->ready = come - shorts;
        tally->shorts = shorts;
        break;

    case FS_GOODS_HANDED_OVER:
        tally->handed_over = come - shorts;
        tally->shorts = shorts;
        break;

    default:
        tally->shorts = come;
        break;
    }

    tally->ordered = come;
}


int
fs_sheet_tally(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup,
    uint16_t wave, fs_tally_t *tally)
{
    uint8_t   key[FS_TALLY_KEY_LEN];
    fs_str_t  row;

    memset(tally, 0, sizeof(fs_tally_t));
    fs_tally_key(key, sale, pickup, wave);

    if (!fs_db_get(sheet->index, sheet->store->index_dbi[FS_INDEX_TALLIES],
                   key, sizeof(key), &row))
    {
        return 0;
    }

    if (fs_tally_row_decode(tally, row) != 0) {
        fs_sheet_damaged(sheet);
        return 0;
    }

    return 1;
}


void
fs_sheet_put_tally(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup,
    uint16_t wave, const fs_tally_t *tally)
{
    MDB_dbi  dbi;
    uint8_t  key[FS_TALLY_KEY_LEN], row[FS_TALLY_ROW_SIZE];

    dbi = sheet->store->index_dbi[FS_INDEX_TALLIES];
    fs_tally_key(key, sale, pickup, wave);

    if (tally->ordered == 0 && tally->awaited == 0 && tally->ready == 0
        && tally->handed_over == 0 && tally->shorts == 0
        && tally->received == 0 && !tally->final)
    {
        fs_db_delete(sheet->index, dbi, key, sizeof(key), NULL, 0);
        return;
    }

    fs_tally_row_encode(tally, row);
    fs_db_put(sheet->index, dbi, key, sizeof(key), row, sizeof(row), 0);
}


uint16_t
fs_line_wave(fs_sheet_t *sheet, const fs_hold_t *hold, const fs_line_t *line)
{
    const fs_group_t  *group;

    if (line->wave != FS_WAVE_OPEN) {
        return line->wave;
    }

    group = fs_sheet_group(sheet, line->sale, hold->pickup, 0);

    return (group != NULL && group->state == FS_GROUP_FORMED) ? group->wave
                                                              : FS_WAVE_OPEN;
}


int
fs_sheet_wave(fs_sheet_t *sheet, uint32_t number, fs_wave_t *wave)
{
    uint8_t   key[4];
    fs_str_t  row;

    fs_set_be32(key, number);

    if (number == 0
        || !fs_db_get(sheet->index, sheet->store->index_dbi[FS_INDEX_WAVES],
                      key, sizeof(key), &row))
    {
        return 0;
    }

    if (fs_wave_row_decode(wave, row) != 0) {
        fs_sheet_damaged(sheet);
        return 0;
    }

    wave->number = number;

    return 1;
}


void
fs_sheet_put_wave(fs_sheet_t *sheet, const fs_wave_t *wave)
{
    size_t   len;
    uint8_t  key[4], row[FS_WAVE_ROW_MAX];

    fs_set_be32(key, wave->number);
    len = fs_wave_row_encode(wave, row);
    fs_db_put(sheet->index, sheet->store->index_dbi[FS_INDEX_WAVES], key,
              sizeof(key), row, len, 0);
}


static void
fs_wave_key(uint8_t *key, uint32_t number)
{
    key[0] = 'V';
    fs_set_be32(key + 1, number);
}


int
fs_sheet_wave_sales(fs_sheet_t *sheet, fs_wave_t *wave)
{
    uint8_t   key[5];
    unsigned  i;
    fs_str_t  row;

    fs_wave_key(key, wave->number);

    if (!fs_db_get(sheet->log, sheet->store->log_dbi[FS_LOG_NAMES], key,
                   sizeof(key), &row)
        || row.len % 4 != 0 || row.len > 4 * FS_WAVE_SALES_MAX)
    {
        return 0;
    }

    memset(wave->sales, 0, sizeof(wave->sales));
    wave->sales_n = (uint16_t) (row.len / 4);

    for (i = 0; i < wave->sales_n; i++) {
        wave->sales[i].sale = fs_get_le32(row.data + 4 * i);
    }

    return 1;
}


void
fs_sheet_put_wave_sales(fs_sheet_t *sheet, const fs_wave_t *wave)
{
    uint8_t   key[5], row[4 * FS_WAVE_SALES_MAX];
    unsigned  i;

    for (i = 0; i < wave->sales_n; i++) {
        fs_set_le32(row + 4 * i, wave->sales[i].sale);
    }

    fs_wave_key(key, wave->number);
    fs_db_put(sheet->log, sheet->store->log_dbi[FS_LOG_NAMES], key,
              sizeof(key), row, 4 * (size_t) wave->sales_n, 0);
}
