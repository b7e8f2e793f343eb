
/*
 * Numbers and slugs of sales and pickup points, in the log, as a batch sees
 * them; and the lives that its holds are of.
 */

#include "ledger/names.h"
#include "sheet/sheet.h"
#include "log/life.h"
#include "log/log.h"

static void fs_sheet_remember(fs_sheet_t *sheet, uint32_t number,
    fs_str_t slug);


uint32_t
fs_sheet_number(fs_sheet_t *sheet, char kind, fs_str_t slug)
{
    int                rc;
    uint32_t           number;
    fs_pickup_name_t  *name;

    if (kind == 'p') {
        name = fs_sheet_pickup_name(sheet, slug);

        if (name != NULL) {
            return name->number;
        }
    }

    rc = fs_log_number(sheet->store, sheet->log, kind, slug, &number);

    if (rc != 1) {
        sheet->failed |= rc == -1;
        return 0;
    }

    if (kind == 'p') {
        fs_sheet_remember(sheet, number, slug);
    }

    return number;
}


fs_pickup_name_t *
fs_sheet_pickup_name(fs_sheet_t *sheet, fs_str_t slug)
{
    fs_pickup_name_t  *name;

    name = &sheet->cache->by_slug[fs_name_hash(slug)
                                  & (FS_PICKUP_CACHE - 1)];

    return (name->batch == sheet->cache->batch
            && name->slug.len == slug.len
            && memcmp(name->slug.data, slug.data, slug.len) == 0)
           ? name : NULL;
}


int
fs_sheet_slug(fs_sheet_t *sheet, char kind, uint32_t number, fs_slug_t *slug)
{
    int                rc;
    fs_str_t           name_of;
    fs_pickup_name_t  *name;

    if (kind == 'p') {
        name = &sheet->cache->by_number[number & (FS_PICKUP_CACHE - 1)];

        if (name->batch == sheet->cache->batch && name->number == number) {
            *slug = name->slug;
            return 1;
        }
    }

    rc = fs_log_slug(sheet->store, sheet->log, kind, number, slug);

    if (rc != 1) {
        sheet->failed |= rc == -1;
        return 0;
    }

    if (kind == 'p') {
        name_of.len = slug->len;
        name_of.data = slug->data;
        fs_sheet_remember(sheet, number, name_of);
    }

    return 1;
}


static void
fs_sheet_remember(fs_sheet_t *sheet, uint32_t number, fs_str_t slug)
{
    fs_pickup_name_t  *name;

    name = &sheet->cache->by_slug[fs_name_hash(slug)
                                  & (FS_PICKUP_CACHE - 1)];
    name->batch = sheet->cache->batch;
    name->number = number;
    name->document = FS_PICKUP_UNKNOWN;
    fs_slug_set(&name->slug, slug);

    sheet->cache->by_number[number & (FS_PICKUP_CACHE - 1)] = *name;
}


/*
 * Numbers are given without gaps, so the highest is found by halving; only
 * a new name asks for it.
 */

uint32_t
fs_sheet_last_number(fs_sheet_t *sheet, char kind)
{
    uint8_t   key[5];
    uint32_t  low, high, middle;
    fs_str_t  value;

    key[0] = (uint8_t) (kind - 'a' + 'A');
    low = 0;
    high = FS_PICKUPS_MAX + 1;

    while (high - low > 1) {
        middle = low + (high - low) / 2;
        fs_set_be32(key + 1, middle);

        if (fs_db_get(sheet->log, sheet->store->log_dbi[FS_LOG_NAMES], key,
                      sizeof(key), &value))
        {
            low = middle;

        } else {
            high = middle;
        }
    }

    return low;
}


uint32_t
fs_sheet_intern(fs_sheet_t *sheet, char kind, fs_str_t slug)
{
    char      name[1 + FS_SLUG_MAX];
    uint8_t   key[5], value[4];
    uint32_t  number;
    MDB_dbi   dbi;

    number = fs_sheet_last_number(sheet, kind) + 1;
    dbi = sheet->store->log_dbi[FS_LOG_NAMES];

    name[0] = kind;
    memcpy(name + 1, slug.data, slug.len);
    fs_set_le32(value, number);
    fs_db_put(sheet->log, dbi, name, 1 + slug.len, value, sizeof(value), 0);

    key[0] = (uint8_t) (kind - 'a' + 'A');
    fs_set_be32(key + 1, number);
    fs_db_put(sheet->log, dbi, key, sizeof(key), slug.data, slug.len, 0);

    return number;
}


uint32_t
fs_sheet_epoch(fs_sheet_t *sheet, fs_seq_t hold)
{
    return sheet->lives || sheet->catching_up
           ? fs_life_epoch_in(sheet->store, sheet->log, hold)
                        : fs_life_epoch(sheet->store, hold);
}
