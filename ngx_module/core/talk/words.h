
/*
 * Words that a shop does not take in comments: the document `shop/words`,
 * {"words":["…"]}.  Both sides are folded before they are compared: wide
 * letters are narrow ones, case does not count, and blanks and what cannot be
 * seen go.  A # in a word is any digit: seven of them are a number of a phone,
 * with whatever blanks.
 */

#ifndef FS_WORDS_H
#define FS_WORDS_H

#include "base/fs_types.h"
#include "json/field.h"

#pragma GCC visibility push(hidden)


#define FS_WORDS_KIND  "shop"
#define FS_WORDS_ID    "words"
#define FS_WORDS_TEXT  1024             /* bytes of a text that are looked
                                           at */

/* As a document was last read.  Zeros: not yet.  One thread's. */
typedef struct {
    char                *doc;           /* its bytes, */
    size_t               doc_len;
    char                *folded;        /* words in one piece, */
    fs_str_t            *words;         /* each of them, */
    fs_str_t            *plain;         /* and as it is written */
    unsigned             n;
} fs_words_t;


/* Fold a text of UTF-8, into as many bytes at most.  The length. */
size_t fs_words_fold(fs_str_t text, char *folded);

/* Read a document, unless it is the one that was read last.  0, or -1: no
 * memory. */
int fs_words_read(fs_words_t *words, fs_str_t doc);
void fs_words_free(fs_words_t *words);

/* 0, or -1 and the fault: the text has one of them. */
int fs_words_allow(const fs_words_t *words, fs_str_t text,
    fs_fault_t *fault);


#pragma GCC visibility pop

#endif /* FS_WORDS_H */
