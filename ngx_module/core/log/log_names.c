
/*
 * Names in the log.
 */

#include "log/life.h"
#include "log/log.h"
#include "ledger/entry_line.h"


/* The longest key of `names`: a letter and a slug. */
#define FS_NAME_KEY_MAX  (1 + FS_SLUG_MAX)

/* names for rendering, by one transaction */
typedef struct {
    fs_store_t          *store;
    fs_txn_t            *log;
    fs_crypto_t         *crypto;
} fs_log_names_t;

static int fs_log_name(void *data, char kind, uint32_t number,
    fs_slug_t *slug);
static int fs_log_hold_id(void *data, fs_seq_t hold, const uint32_t *epoch,
    char *id);


int
fs_log_number(fs_store_t *store, fs_txn_t *log, char kind, fs_str_t slug,
    uint32_t *number)
{
    char      key[FS_NAME_KEY_MAX];
    fs_str_t  value;

    if (slug.len == 0 || slug.len > FS_SLUG_MAX) {
        return 0;
    }

    key[0] = kind;
    memcpy(key + 1, slug.data, slug.len);

    if (!fs_db_get(log, store->log_dbi[FS_LOG_NAMES], key, 1 + slug.len,
                   &value))
    {
        return 0;
    }

    if (value.len != 4) {
        return -1;
    }

    *number = fs_get_le32(value.data);

    return 1;
}


int
fs_log_slug(fs_store_t *store, fs_txn_t *log, char kind, uint32_t number,
    fs_slug_t *slug)
{
    uint8_t   key[5];
    fs_str_t  value;

    key[0] = (uint8_t) (kind - 'a' + 'A');
    fs_set_be32(key + 1, number);

    if (!fs_db_get(log, store->log_dbi[FS_LOG_NAMES], key, sizeof(key),
                   &value))
    {
        return 0;
    }

    if (value.len == 0 || value.len > FS_SLUG_MAX) {
        return -1;
    }

    fs_slug_set(slug, value);

    return 1;
}


int
fs_log_check_last(fs_store_t *store, fs_txn_t *log)
{
    int             len, rc;
    char            line[FS_ENTRY_JSON_MAX];
    uint8_t         hash[FS_HASH_LEN];
    fs_entry_t      entry, previous;
    fs_names_t      names;
    fs_log_names_t  data;

    rc = fs_log_last(store, log, &entry);

    if (rc != 1) {
        return rc;
    }

    memset(&previous, 0, sizeof(previous));

    if (entry.seq > 1
        && fs_log_entry(store, log, entry.seq - 1, &previous) != 1)
    {
        return -1;
    }

    data.store = store;
    data.log = log;
    data.crypto = fs_crypto_create(store->store_key);

    if (data.crypto == NULL) {
        return -1;
    }

    names.data = &data;
    names.slug = fs_log_name;
    names.hold_id = fs_log_hold_id;
    names.terms = NULL;

    memcpy(hash, entry.hash, FS_HASH_LEN);

    len = fs_entry_render(&entry, &names, line);

    rc = -1;

    if (len != -1
        && fs_entry_chain(&entry, previous.hash, line, (size_t) len) == 0
        && memcmp(hash, entry.hash, FS_HASH_LEN) == 0)
    {
        rc = 0;
    }

    fs_crypto_destroy(data.crypto);

    return rc;
}


static int
fs_log_name(void *data, char kind, uint32_t number, fs_slug_t *slug)
{
    fs_log_names_t  *names = data;

    return fs_log_slug(names->store, names->log, kind, number, slug) == 1
           ? 0 : -1;
}


static int
fs_log_hold_id(void *data, fs_seq_t hold, const uint32_t *epoch, char *id)
{
    fs_log_names_t  *names = data;

    return fs_crypto_hold_id(names->crypto, hold, epoch != NULL ? *epoch
                             : fs_life_epoch_in(names->store, names->log,
                                                hold), id);
}
