
/*
 * All that the core takes from libcrypto: pseudonyms, hold ids, signatures,
 * digests.  A context belongs to one thread.
 */

#ifndef FS_CRYPTO_H
#define FS_CRYPTO_H

#include "base/fs_types.h"

#pragma GCC visibility push(hidden)


typedef struct fs_crypto_s  fs_crypto_t;

/*
 * A context over the store's random key (FS_STORE_KEY_LEN bytes); its subkeys
 * are HMAC-SHA256(key, label).  NULL: no memory or libcrypto failed.
 */
fs_crypto_t *fs_crypto_create(const uint8_t *store_key);
void fs_crypto_destroy(fs_crypto_t *crypto);

/* HMAC-SHA256 of the identity, cut to FS_BUYER_LEN bytes.  0 or -1. */
int fs_crypto_pseudonym(fs_crypto_t *crypto, fs_str_t identity,
    uint8_t *buyer);

/* A pseudonym as the ledger writes it: 2 * FS_BUYER_LEN lowercase hexadecimal
 * digits.  0 or -1. */
int fs_crypto_pseudonym_read(fs_str_t text, uint8_t *buyer);

/*
 * A buyer's public code, FS_CODE_LEN letters and digits: always the same, and
 * nobody without the store's key comes back from it.  It is AES-128 of the
 * pseudonym and four bytes that show that it is one, so that it is known
 * whose it is without a row for each neighbour.  0 or -1.
 */
int fs_crypto_code(fs_crypto_t *crypto, const uint8_t *buyer, char *code);

/* 1: it has as many of the letters of a code as one has. */
int fs_code_formed(fs_str_t code);

/* 0, and whose it is, FS_BUYER_LEN bytes; -1: not a code of this store's. */
int fs_crypto_code_read(fs_crypto_t *crypto, fs_str_t code, uint8_t *buyer);

/*
 * The key of a pickup point's day, FS_HASH_LEN bytes: what is shown to be
 * collected there is signed with it, and who has it can tell, but comes
 * neither to the store's key nor to another day's or point's.  The day is
 * the caller's number of it.  0; -1: a slug is shorter.
 */
int fs_crypto_day_key(fs_crypto_t *crypto, fs_str_t pickup, int64_t day,
    uint8_t *key);

/*
 * The tag of an order's private link, FS_LINK_TAG_LEN lowercase hexadecimal
 * digits: of its id and of the document that says that there is a link.
 * Nobody without the store's key comes to it.  0; -1: the document is long.
 */
int fs_crypto_link_tag(fs_crypto_t *crypto, fs_str_t id, fs_str_t doc,
    char *tag);

/*
 * The hash of an idempotency key under the store's key, FS_KEY_HASH_LEN bytes,
 * never all zeros (zeros mean: no key).  0 or -1.
 */
int fs_crypto_key_hash(fs_crypto_t *crypto, const uint8_t *buyer,
    fs_str_t key, uint8_t *hash);

/*
 * seq and epoch <-> id: AES-128 of (seq be, epoch be, zeros), as lowercase
 * hexadecimal.  seq is at most FS_SEQ_MAX.
 */
int fs_crypto_hold_id(fs_crypto_t *crypto, fs_seq_t hold, uint32_t epoch,
    char *id);

/* 0, *hold and *epoch; -1: not an id that a store with this key gave. */
int fs_crypto_hold_parse(fs_crypto_t *crypto, fs_str_t id, fs_seq_t *hold,
    uint32_t *epoch);

/* SHA-256, FS_HASH_LEN bytes, of two pieces.  0 or -1. */
int fs_sha256(fs_str_t first, fs_str_t second, uint8_t *hash);

/* SHA-256 cut to FS_REFERENCE_LEN bytes: how a payment reference is kept. */
int fs_reference_hash(fs_str_t reference, uint8_t *hash);

/* HMAC-SHA256, FS_HASH_LEN bytes.  0 or -1. */
int fs_hmac_sha256(fs_str_t secret, fs_str_t message, uint8_t *mac);

/* Lowercase hexadecimal, 2 * len digits, no NUL; and back: 0, or -1: a digit
 * is none of these. */
void fs_hex(const uint8_t *bytes, size_t len, char *out);
int fs_unhex(fs_str_t digits, uint8_t *bytes);

/*
 * Flashsale-Signature.  `parts` are what is signed: t, method, target,
 * idempotency key (or empty), hexadecimal SHA-256 of the body.
 */
typedef struct {
    int64_t              t;             /* unix seconds */
    fs_str_t             method;
    fs_str_t             target;
    fs_str_t             key;
    fs_str_t             body;
} fs_signed_t;

#define FS_SIGNATURE_MAX     128        /* bytes of the header's value */
#define FS_SIGNATURE_SKEW_S  300

/* The header's value `t=…,v1=…` under the secret.  Its length, or -1. */
int fs_signature_make(fs_str_t secret, const fs_signed_t *parts, char *buf);

/*
 * Check a header's value against any of the secrets at unix time now_s.
 * parts->t is read from the header.  Compares in constant time.
 * 0: authentic; -1: not (malformed, too old or new, no secret matches).
 */
int fs_signature_check(const fs_str_t *secrets, size_t n, fs_str_t header,
    fs_signed_t *parts, int64_t now_s);


#pragma GCC visibility pop

#endif /* FS_CRYPTO_H */
