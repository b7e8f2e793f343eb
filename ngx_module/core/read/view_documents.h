
/*
 * Documents, as a view shows them.
 */

#ifndef FS_VIEW_DOCUMENTS_H
#define FS_VIEW_DOCUMENTS_H

#include "read/view.h"

#pragma GCC visibility push(hidden)


/*
 * The doc of a document; points into the map until the view is closed.
 * 1: found; 0: not; -1: not now (the log's snapshot has a document beyond the
 * mark).
 */
int fs_view_document(fs_view_t *view, fs_str_t kind, fs_str_t id,
    fs_str_t *doc);

typedef struct {
    fs_slug_t            id;
    fs_str_t             doc;           /* as above */
} fs_document_t;

/* A kind's documents in order of their ids, after `after` (len 0: from the
 * first).  How many, at most `limit`, or -1: not now; *more: there are
 * others. */
int fs_view_documents(fs_view_t *view, fs_str_t kind, fs_str_t after,
    size_t limit, fs_document_t *documents, int *more);


#pragma GCC visibility pop

#endif /* FS_VIEW_DOCUMENTS_H */
