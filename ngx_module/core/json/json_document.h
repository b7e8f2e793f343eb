
/*
 * Checks of a document while it is read: depth, no name twice in an object,
 * numbers of a size that every reader takes.  The rest is up to whoever uses
 * the document.
 */

#ifndef FS_JSON_DOCUMENT_H
#define FS_JSON_DOCUMENT_H

#include "json/field.h"

#pragma GCC visibility push(hidden)


typedef struct {
    uint32_t             object;        /* its number, 0: a list */
    uint32_t             element;       /* LIST: of the next value */
    uint8_t              path_len;      /* up to this object or list */
} fs_document_level_t;

typedef struct {
    unsigned             depth;
    uint32_t             objects;       /* so far */
    uint64_t            *names;         /* set of hashed (object, name) */
    size_t               names_mask;
    fs_fault_t          *fault;
    uint8_t              path_len;
    char                 path[sizeof(((fs_fault_t *) 0)->field)];
    fs_document_level_t  levels[FS_DEPTH_MAX];
} fs_document_t;


/*
 * Begin a document of at most `size` bytes, found at `path`.  Allocates:
 * fs_document_end() is owed after 0, not after -1.
 */
int fs_document_begin(fs_document_t *document, fs_str_t path, size_t size,
    fs_fault_t *fault);
void fs_document_end(fs_document_t *document);

/* Events.  Each returns 0, or -1 and the fault. */
int fs_document_open(fs_document_t *document, int list);
int fs_document_name(fs_document_t *document, fs_str_t name);
int fs_document_number(fs_document_t *document, fs_str_t number);
void fs_document_scalar(fs_document_t *document);

/* Closes an object or a list; the document is over when depth is 0. */
void fs_document_close(fs_document_t *document);


#pragma GCC visibility pop

#endif /* FS_JSON_DOCUMENT_H */
