
/*
 * What a sale gives: as an operator asks for it, and the document that says it
 * to people.
 */

#ifndef FS_TEXT_GIVES_H
#define FS_TEXT_GIVES_H

#include "base/command.h"
#include "json/field.h"
#include "ledger/terms.h"
#include "json/json_writer.h"

#pragma GCC visibility push(hidden)


typedef struct {
    uint16_t             title_len;
    char                 title[FS_PRIZE_TITLE_MAX];
    uint32_t             count;
    int64_t              off_fen;
} fs_prize_request_t;

typedef struct {
    uint8_t              kind;          /* fs_gives_kind_t */
    uint8_t              by_desk;
    int64_t              off_fen;
    int64_t              from_fen;
    int64_t              valid_ms;
    int64_t              total_fen;
    uint16_t             title_len;
    char                 title[FS_TITLE_MAX];
    unsigned             sales_n;
    fs_slug_t            sales[FS_GIFT_SALES_MAX];  /* in order */
    unsigned             prizes_n;
    fs_prize_request_t   prizes[FS_PRIZES_MAX];
    struct {
        uint16_t         source_len;
        char             source[FS_SOURCE_MAX];
        int64_t          round;
    }                    beacon;
    uint16_t             commit_len;    /* of the document alone */
    char                 commit[2 * FS_HASH_LEN];
} fs_gives_request_t;

/* The value of `gives`.  0 and the request, or -1 and the fault. */
int fs_request_gives(fs_str_t body, fs_gives_request_t *request,
    fs_fault_t *fault);

/* The document below, with its `commit`.  As above. */
int fs_read_terms_document(fs_str_t doc, fs_gives_request_t *request,
    fs_fault_t *fault);

/*
 * The document, canonical: names in order, no blanks, what is not set left
 * out, the sales in the order of their names; its bytes are what the ledger's
 * digest is of.
 *
 *   {"beacon":{"round","source"},"by","commit","from_fen","kind","off_fen",
 *   "prizes":[{"count","off_fen","title"}],"sales":[…],"title","total_fen",
 *   "valid_ms"}
 *
 * seed: NULL, or what `commit` is the SHA-256 of.  The length, or -1: it does
 * not fit in `size` bytes, or libcrypto failed.
 */
#define FS_TERMS_JSON_MAX                                                    \
    (1024 + 6 * FS_TITLE_MAX + FS_GIFT_SALES_MAX * (FS_SLUG_MAX + 3)         \
     + FS_PRIZES_MAX * (6 * FS_PRIZE_TITLE_MAX + 96))

int fs_write_terms_document(char *buf, size_t size, const fs_operator_t *op,
    const uint8_t *seed);

/* What is shown of terms in short, in an object: {"kind","by","off_fen",
 * "from_fen","total_fen","valid_ms"}. */
#define FS_TERMS_SHORT_MAX  192

void fs_write_terms(fs_writer_t *writer, const fs_terms_t *terms);


#pragma GCC visibility pop

#endif /* FS_TEXT_GIVES_H */
