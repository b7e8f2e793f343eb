
/*
 * Views: documents.  They are in the log alone, and a snapshot of the log may
 * show what is not durable yet: a commit that is just being synced, or one of
 * a writer that was killed.  It is not refused for that alone; only when one
 * of the entries beyond the mark wrote or deleted a document.
 */

#include "ledger/terms.h"
#include "log/log.h"
#include "read/read.h"


/* A kind, a slash, an id. */
#define FS_DOCUMENT_KEY_MAX     (2 * FS_SLUG_MAX + 1)

/* More entries than this beyond the mark are not looked through. */
#define FS_DOCUMENT_BEYOND_MAX  4096

static fs_txn_t *fs_view_documents_log(fs_view_t *view);
static int fs_view_documents_durable(fs_view_t *view, fs_txn_t *log);


int
fs_view_document(fs_view_t *view, fs_str_t kind, fs_str_t id, fs_str_t *doc)
{
    char       key[FS_DOCUMENT_KEY_MAX];
    fs_txn_t  *log;

    if (kind.len > FS_SLUG_MAX || id.len > FS_SLUG_MAX) {
        return 0;
    }

    log = fs_view_documents_log(view);

    if (log == NULL) {
        return -1;
    }

    memcpy(key, kind.data, kind.len);
    key[kind.len] = '/';
    memcpy(key + kind.len + 1, id.data, id.len);

    if (fs_db_get(log, view->store->log_dbi[FS_LOG_DOCUMENTS], key,
                  kind.len + 1 + id.len, doc))
    {
        return 1;
    }

    return log->error ? -1 : 0;
}


int
fs_view_documents(fs_view_t *view, fs_str_t kind, fs_str_t after,
    size_t limit, fs_document_t *documents, int *more)
{
    int           found;
    char          first[FS_DOCUMENT_KEY_MAX];
    size_t        n, prefix;
    fs_str_t      id;
    fs_txn_t     *log;
    fs_db_walk_t  walk;

    n = 0;
    *more = 0;

    if (kind.len > FS_SLUG_MAX || after.len > FS_SLUG_MAX) {
        return 0;
    }

    log = fs_view_documents_log(view);

    if (log == NULL) {
        return -1;
    }

    prefix = kind.len + 1;
    memcpy(first, kind.data, kind.len);
    first[kind.len] = '/';

    if (after.len) {
        memcpy(first + prefix, after.data, after.len);
    }

    for (found = fs_db_walk(&walk, log,
                            view->store->log_dbi[FS_LOG_DOCUMENTS], first,
                            prefix + after.len, MDB_SET_RANGE);
         found && walk.key.len > prefix
         && memcmp(walk.key.data, first, prefix) == 0;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        id.len = walk.key.len - prefix;
        id.data = walk.key.data + prefix;

        if (after.len && id.len == after.len
            && memcmp(id.data, after.data, id.len) == 0)
        {
            continue;
        }

        if (n == limit) {
            *more = 1;
            break;
        }

        fs_slug_set(&documents[n].id, id);
        documents[n].doc = walk.value;
        n++;
    }

    fs_db_walk_end(&walk);

    return log->error ? -1 : (int) n;
}


/* A snapshot whose documents are durable, or NULL. */

static fs_txn_t *
fs_view_documents_log(fs_view_t *view)
{
    fs_txn_t  *log;

    log = fs_view_log(view);

    if (log == NULL
        || mdb_txn_id(log->txn) <= atomic_load(&view->store->mark->txn)
        || fs_view_documents_durable(view, log))
    {
        return log;
    }

    return NULL;
}


static int
fs_view_documents_durable(fs_view_t *view, fs_txn_t *log)
{
    int           found, durable;
    unsigned      n;
    fs_seq_t      seq;
    fs_entry_t    entry;
    fs_db_walk_t  walk;

    seq = atomic_load(&view->store->mark->seq) + 1;
    durable = 1;

    found = fs_db_walk(&walk, log, view->store->log_dbi[FS_LOG_LEDGER], &seq,
                       sizeof(seq), MDB_SET_RANGE);

    for (n = 0; found && durable; n++) {
        memcpy(&seq, walk.key.data, sizeof(seq));

        if (n == FS_DOCUMENT_BEYOND_MAX
            || fs_entry_decode(&entry, seq, walk.value.data, walk.value.len)
               == -1
            || entry.type == FS_ENTRY_DOCUMENT
            || entry.type == FS_ENTRY_DELETED
            || entry.type == FS_ENTRY_SALE)
        {
            durable = 0;
        }

        found = fs_db_walk_on(&walk, MDB_NEXT);
    }

    fs_db_walk_end(&walk);

    return durable && log->error == 0;
}


int
fs_view_terms_document(fs_view_t *view, const fs_sale_t *sale, fs_str_t *doc)
{
    fs_str_t  kind = fs_str(FS_TERMS_KIND);

    doc->len = 0;
    doc->data = NULL;

    return sale->gives == FS_GIVES_NOTHING
           || fs_view_document(view, kind, fs_slug_str(&sale->slug), doc)
              == 1;
}
