
#include "sheet/sheet.h"


#define FS_POINTS_KEY_LEN  5

/* "sale/" or "pickup/", and a slug */
#define FS_POINTS_DOC_MAX  (sizeof("pickup/") - 1 + FS_SLUG_MAX)


static void fs_points_key(uint8_t *key, uint32_t sale);
static int fs_points_document(fs_sheet_t *sheet, const char *kind,
    fs_str_t slug, fs_str_t *doc);
static const fs_points_t *fs_points_of(fs_sheet_t *sheet, uint32_t number);
static int fs_points_first_read(fs_sheet_t *sheet, uint32_t number,
    fs_str_t *row);
static int fs_points_has_document(fs_sheet_t *sheet, fs_str_t slug);


int
fs_points_fit(fs_sheet_t *sheet, const fs_points_list_t *list)
{
    unsigned  i, new;
    fs_str_t  slug;

    new = 0;

    for (i = 0; i < list->n; i++) {
        slug = fs_slug_str(&list->slugs[i]);
        new += fs_sheet_number(sheet, 'p', slug) == 0;
    }

    return new == 0
           || fs_sheet_last_number(sheet, 'p') + new <= FS_PICKUPS_MAX;
}


void
fs_points_write(fs_sheet_t *sheet, uint32_t sale,
    const fs_points_list_t *list)
{
    uint8_t       key[FS_POINTS_KEY_LEN], row[FS_POINTS_MAX * 4];
    unsigned      i;
    uint32_t      number;
    fs_str_t      slug;
    fs_points_t  *points;

    for (i = 0; i < list->n; i++) {
        slug = fs_slug_str(&list->slugs[i]);
        number = fs_sheet_number(sheet, 'p', slug);

        if (number == 0) {
            number = fs_sheet_intern(sheet, 'p', slug);
        }

        fs_set_le32(row + 4 * i, number);
    }

    fs_points_key(key, sale);
    fs_db_put(sheet->log, sheet->store->log_dbi[FS_LOG_NAMES], key,
              sizeof(key), row, 4 * list->n, 0);

    /* read again by whoever asks next in this batch */

    points = &sheet->cache->points[sale & (FS_POINTS_CACHE - 1)];
    points->batch = 0;
}


static void
fs_points_key(uint8_t *key, uint32_t sale)
{
    key[0] = 'L';
    fs_set_be32(key + 1, sale);
}


void
fs_points_documented(fs_sheet_t *sheet, fs_str_t slug)
{
    fs_pickup_name_t  *name;

    if (fs_sheet_number(sheet, 'p', slug) == 0) {
        (void) fs_sheet_intern(sheet, 'p', slug);
    }

    name = fs_sheet_pickup_name(sheet, slug);

    if (name != NULL) {
        name->document = FS_PICKUP_UNKNOWN;
    }
}


fs_outcome_t
fs_points_check(fs_sheet_t *sheet, const uint32_t *sales, unsigned n,
    fs_str_t slug, uint32_t *number, fs_result_t *result)
{
    int                 anywhere;
    unsigned            i, j;
    const fs_points_t  *points;

    *number = (slug.len != 0) ? fs_sheet_number(sheet, 'p', slug) : 0;
    anywhere = 0;

    for (i = 0; i < n; i++) {
        points = fs_points_of(sheet, sales[i]);

        if (points->n == 0) {
            anywhere = 1;
            continue;
        }

        for (j = 0; j < points->n; j++) {
            if (points->numbers[j] == *number) {
                break;
            }
        }

        if (j == points->n) {
            result->sale = sales[i];
            return FS_BAD_REQUEST;
        }
    }

    if (slug.len == 0 || !anywhere) {
        return FS_OK;
    }

    if (!fs_points_has_document(sheet, slug)) {
        result->sale = 0;
        return FS_BAD_REQUEST;
    }

    if (*number == 0) {

        /* a document from when only holds gave numbers to names */

        if (fs_sheet_last_number(sheet, 'p') >= FS_PICKUPS_MAX) {
            return FS_TOO_MANY_NAMES;
        }

        *number = fs_sheet_intern(sheet, 'p', slug);
    }

    return FS_OK;
}


/* What a sale lists, read once a batch. */

static const fs_points_t *
fs_points_of(fs_sheet_t *sheet, uint32_t number)
{
    uint8_t       key[FS_POINTS_KEY_LEN];
    unsigned      i;
    fs_str_t      row;
    fs_points_t  *points;

    points = &sheet->cache->points[number & (FS_POINTS_CACHE - 1)];

    if (points->batch == sheet->cache->batch && points->sale == number) {
        return points;
    }

    points->sale = number;
    points->n = 0;

    fs_points_key(key, number);

    if ((!fs_db_get(sheet->log, sheet->store->log_dbi[FS_LOG_NAMES], key,
                    sizeof(key), &row)
         || row.len % 4 != 0 || row.len > 4 * FS_POINTS_MAX)
        && !fs_points_first_read(sheet, number, &row))
    {
        return points;
    }

    points->n = (unsigned) (row.len / 4);

    for (i = 0; i < points->n; i++) {
        points->numbers[i] = fs_get_le32(row.data + 4 * i);
    }

    points->batch = sheet->cache->batch;

    return points;
}


/*
 * A sale from before the rows, or one whose row is damaged: its document is
 * read now.  1: with a row.
 */

static int
fs_points_first_read(fs_sheet_t *sheet, uint32_t number, fs_str_t *row)
{
    uint8_t           key[FS_POINTS_KEY_LEN];
    fs_str_t          slug, doc;
    fs_sale_t        *sale;
    fs_points_list_t  list;

    sale = fs_sheet_sale(sheet, number);

    if (sale == NULL) {
        return 0;
    }

    slug = fs_slug_str(&sale->slug);
    list.n = 0;

    /* more than a sale may list, or than there is room for: none, as ever */

    if (fs_points_document(sheet, "sale/", slug, &doc)
        && (fs_points_read(doc, &list) != 0 || !fs_points_fit(sheet, &list)))
    {
        list.n = 0;
    }

    fs_points_write(sheet, number, &list);
    fs_points_key(key, number);

    return fs_db_get(sheet->log, sheet->store->log_dbi[FS_LOG_NAMES], key,
                     sizeof(key), row);
}


static int
fs_points_document(fs_sheet_t *sheet, const char *kind, fs_str_t slug,
    fs_str_t *doc)
{
    char    key[FS_POINTS_DOC_MAX];
    size_t  len;

    len = strlen(kind);
    memcpy(key, kind, len);
    memcpy(key + len, slug.data, slug.len);

    return fs_db_get(sheet->log, sheet->store->log_dbi[FS_LOG_DOCUMENTS],
                     key, len + slug.len, doc);
}


/* Looked for once a batch, for names that have a number. */

static int
fs_points_has_document(fs_sheet_t *sheet, fs_str_t slug)
{
    int                found;
    fs_str_t           doc;
    fs_pickup_name_t  *name;

    name = fs_sheet_pickup_name(sheet, slug);

    if (name != NULL && name->document != FS_PICKUP_UNKNOWN) {
        return name->document == FS_PICKUP_THERE;
    }

    found = fs_points_document(sheet, "pickup/", slug, &doc);

    if (name != NULL) {
        name->document = found ? FS_PICKUP_THERE : FS_PICKUP_NOT_THERE;
    }

    return found;
}
