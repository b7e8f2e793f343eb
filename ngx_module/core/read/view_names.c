
/*
 * Views: how numbers become names for people, and what a sale gives.
 */

#include "ledger/terms.h"
#include "log/life.h"
#include "read/read.h"


static int fs_view_name(void *data, char kind, uint32_t number,
    fs_slug_t *slug);
static int fs_view_name_hold(void *data, fs_seq_t hold,
    const uint32_t *epoch, char *id);
static int fs_view_name_terms(void *data, uint32_t sale, fs_terms_t *terms);


void
fs_view_names(fs_view_t *view, fs_crypto_t *crypto, fs_names_t *names)
{
    view->reader->view = view;
    view->reader->crypto = crypto;

    names->data = view->reader;
    names->slug = fs_view_name;
    names->hold_id = fs_view_name_hold;
    names->terms = fs_view_name_terms;
}


static int
fs_view_name_terms(void *data, uint32_t sale, fs_terms_t *terms)
{
    fs_reader_t  *reader = data;

    return fs_view_terms(reader->view, sale, terms) ? 0 : -1;
}


static int
fs_view_name(void *data, char kind, uint32_t number, fs_slug_t *slug)
{
    int           known;
    fs_reader_t  *reader = data;

    switch (kind) {

    case 's':
        known = fs_view_sale_slug(reader->view, number, slug);
        break;

    case 'w':
        known = fs_view_wave_slug(reader->view, number, slug);
        break;

    case 'c':
        known = fs_view_taker_slug(reader->view, number, slug);
        break;

    default:
        known = fs_view_pickup_slug(reader->view, number, slug);
        break;
    }

    return known ? 0 : -1;
}


static int
fs_view_name_hold(void *data, fs_seq_t hold, const uint32_t *epoch, char *id)
{
    fs_reader_t  *reader = data;

    return fs_crypto_hold_id(reader->crypto, hold, epoch != NULL ? *epoch
                             : fs_life_epoch(reader->store, hold), id);
}


/* The row may be of a definition that is not durable yet: what anybody has of
 * the sale never changes with it. */

int
fs_view_terms(fs_view_t *view, uint32_t sale, fs_terms_t *terms)
{
    uint8_t    key[FS_TERMS_KEY_LEN];
    fs_str_t   row;
    fs_txn_t  *log;

    log = fs_view_log(view);

    if (log == NULL) {
        return 0;
    }

    fs_terms_key(key, sale);

    if (!fs_db_get(log, view->store->log_dbi[FS_LOG_NAMES], key, sizeof(key),
                   &row))
    {
        return 0;
    }

    if (fs_terms_row_decode(terms, row) != 0) {
        fs_view_unreadable(view, "terms of sale", sale);
        return 0;
    }

    return 1;
}
