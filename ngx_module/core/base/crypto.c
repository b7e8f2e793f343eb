
/*
 * libcrypto behind a few functions.
 *
 * OpenSSL 3 looks an algorithm up by name each time it is not handed a
 * fetched one, which costs more than the hash itself.  So whatever is used
 * again and again is fetched and keyed once, and belongs to one thread: in
 * an fs_crypto_t what hangs on the store's key, in a thread's own hasher what
 * does not.
 */

#include "base/crypto.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>


#define FS_AES_LEN           16
#define FS_HOLD_ID_BYTES     16
#define FS_CODE_BYTES        20         /* a block, and what shows it is one */
#define FS_LINK_DOC_MAX      128        /* of a link's document, much more than
                                           is ever written */
#define FS_UNIX_DIGITS_MAX   12


struct fs_crypto_s {
    EVP_MAC_CTX         *buyer;         /* keyed */
    EVP_MAC_CTX         *key;           /* keyed */
    EVP_CIPHER_CTX      *encrypt;       /* of hold ids */
    EVP_CIPHER_CTX      *decrypt;
    EVP_CIPHER_CTX      *encrypt_code;
    EVP_CIPHER_CTX      *decrypt_code;
    uint8_t              code[FS_HASH_LEN];
    uint8_t              day[FS_HASH_LEN];
    uint8_t              link[FS_HASH_LEN];
};

/* one for each thread; freed when it ends */
typedef struct {
    EVP_MD              *md;
    EVP_MD_CTX          *md_ctx;
    EVP_MAC_CTX         *mac_ctx;       /* keyed anew for each use */
} fs_hasher_t;


static fs_hasher_t *fs_hasher(void);
static void fs_hasher_make_key(void);
static void fs_hasher_free(void *data);
static EVP_MAC_CTX *fs_mac_create(const uint8_t *key, size_t len);
static EVP_CIPHER_CTX *fs_aes_create(const uint8_t *key, int encrypt);
static int fs_hold_block(EVP_CIPHER_CTX *ctx, const uint8_t *in,
    uint8_t *out);
static int fs_hex_digit(char c);
static int fs_signature_mac(fs_str_t secret, const fs_signed_t *parts,
    uint8_t *mac);
static size_t fs_unix_write(int64_t t, char *buf);
static int fs_unix_read(fs_str_t digits, int64_t *t);


static pthread_once_t  fs_hasher_once = PTHREAD_ONCE_INIT;
static pthread_key_t   fs_hasher_key;
static int             fs_hasher_key_made;

static _Thread_local fs_hasher_t  *fs_hasher_own;


static void
fs_hasher_make_key(void)
{
    fs_hasher_key_made = pthread_key_create(&fs_hasher_key, fs_hasher_free)
                         == 0;
}


static void
fs_hasher_free(void *data)
{
    fs_hasher_t  *hasher = data;

    EVP_MAC_CTX_free(hasher->mac_ctx);
    EVP_MD_CTX_free(hasher->md_ctx);
    EVP_MD_free(hasher->md);
    free(hasher);
}


/* This thread's.  NULL: no memory or libcrypto failed. */

static fs_hasher_t *
fs_hasher(void)
{
    fs_hasher_t  *hasher;

    if (fs_hasher_own != NULL) {
        return fs_hasher_own;
    }

    pthread_once(&fs_hasher_once, fs_hasher_make_key);

    if (!fs_hasher_key_made) {
        return NULL;
    }

    hasher = calloc(1, sizeof(*hasher));

    if (hasher == NULL) {
        return NULL;
    }

    hasher->md = EVP_MD_fetch(NULL, "SHA256", NULL);
    hasher->md_ctx = EVP_MD_CTX_new();
    hasher->mac_ctx = fs_mac_create(NULL, 0);

    if (hasher->md == NULL || hasher->md_ctx == NULL
        || hasher->mac_ctx == NULL
        || EVP_DigestInit_ex2(hasher->md_ctx, hasher->md, NULL) != 1
        || pthread_setspecific(fs_hasher_key, hasher) != 0)
    {
        fs_hasher_free(hasher);
        return NULL;
    }

    fs_hasher_own = hasher;

    return hasher;
}


/* HMAC-SHA256, keyed when a key is given. */

static EVP_MAC_CTX *
fs_mac_create(const uint8_t *key, size_t len)
{
    EVP_MAC      *mac;
    OSSL_PARAM    params[2];
    EVP_MAC_CTX  *ctx;
    static char   digest[] = "SHA256";

    mac = EVP_MAC_fetch(NULL, "HMAC", NULL);

    if (mac == NULL) {
        return NULL;
    }

    ctx = EVP_MAC_CTX_new(mac);

    /* the context has a reference of its own */
    EVP_MAC_free(mac);

    if (ctx == NULL) {
        return NULL;
    }

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                                 digest, 0);
    params[1] = OSSL_PARAM_construct_end();

    if (EVP_MAC_CTX_set_params(ctx, params) != 1
        || (key != NULL && EVP_MAC_init(ctx, key, len, NULL) != 1))
    {
        EVP_MAC_CTX_free(ctx);
        return NULL;
    }

    return ctx;
}


static EVP_CIPHER_CTX *
fs_aes_create(const uint8_t *key, int encrypt)
{
    EVP_CIPHER      *cipher;
    EVP_CIPHER_CTX  *ctx;

    cipher = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
    ctx = EVP_CIPHER_CTX_new();

    if (cipher == NULL || ctx == NULL
        || EVP_CipherInit_ex2(ctx, cipher, key, NULL, encrypt, NULL) != 1
        || EVP_CIPHER_CTX_set_padding(ctx, 0) != 1)
    {
        EVP_CIPHER_CTX_free(ctx);
        ctx = NULL;
    }

    EVP_CIPHER_free(cipher);

    return ctx;
}


fs_crypto_t *
fs_crypto_create(const uint8_t *store_key)
{
    int                    failed;
    uint8_t                buyer[FS_HASH_LEN], key[FS_HASH_LEN];
    uint8_t                hold[FS_HASH_LEN], block[FS_HASH_LEN];
    fs_str_t               secret;
    fs_crypto_t           *crypto;
    static const fs_str_t  buyer_label = fs_str("tuanbo buyer 1");
    static const fs_str_t  key_label = fs_str("tuanbo key 1");
    static const fs_str_t  hold_label = fs_str("tuanbo hold 1");
    static const fs_str_t  code_label = fs_str("tuanbo code 1");
    static const fs_str_t  block_label = fs_str("tuanbo code block 1");
    static const fs_str_t  day_label = fs_str("tuanbo day 1");
    static const fs_str_t  link_label = fs_str("tuanbo link 1");

    secret.len = FS_STORE_KEY_LEN;
    secret.data = (const char *) store_key;

    crypto = calloc(1, sizeof(*crypto));

    if (crypto == NULL) {
        return NULL;
    }

    failed = fs_hmac_sha256(secret, buyer_label, buyer) != 0
             || fs_hmac_sha256(secret, key_label, key) != 0
             || fs_hmac_sha256(secret, hold_label, hold) != 0
             || fs_hmac_sha256(secret, code_label, crypto->code) != 0
             || fs_hmac_sha256(secret, block_label, block) != 0
             || fs_hmac_sha256(secret, day_label, crypto->day) != 0
             || fs_hmac_sha256(secret, link_label, crypto->link) != 0;

    if (!failed) {
        crypto->buyer = fs_mac_create(buyer, sizeof(buyer));
        crypto->key = fs_mac_create(key, sizeof(key));
        crypto->encrypt = fs_aes_create(hold, 1);
        crypto->decrypt = fs_aes_create(hold, 0);
        crypto->encrypt_code = fs_aes_create(block, 1);
        crypto->decrypt_code = fs_aes_create(block, 0);

        failed = crypto->buyer == NULL || crypto->key == NULL
                 || crypto->encrypt == NULL || crypto->decrypt == NULL
                 || crypto->encrypt_code == NULL
                 || crypto->decrypt_code == NULL;
    }

    OPENSSL_cleanse(buyer, sizeof(buyer));
    OPENSSL_cleanse(key, sizeof(key));
    OPENSSL_cleanse(hold, sizeof(hold));
    OPENSSL_cleanse(block, sizeof(block));

    if (failed) {
        fs_crypto_destroy(crypto);
        return NULL;
    }

    return crypto;
}


void
fs_crypto_destroy(fs_crypto_t *crypto)
{
    if (crypto == NULL) {
        return;
    }

    EVP_MAC_CTX_free(crypto->buyer);
    EVP_MAC_CTX_free(crypto->key);
    EVP_CIPHER_CTX_free(crypto->encrypt);
    EVP_CIPHER_CTX_free(crypto->decrypt);
    EVP_CIPHER_CTX_free(crypto->encrypt_code);
    EVP_CIPHER_CTX_free(crypto->decrypt_code);
    OPENSSL_cleanse(crypto->code, sizeof(crypto->code));
    OPENSSL_cleanse(crypto->day, sizeof(crypto->day));
    OPENSSL_cleanse(crypto->link, sizeof(crypto->link));
    free(crypto);
}


int
fs_crypto_pseudonym(fs_crypto_t *crypto, fs_str_t identity, uint8_t *buyer)
{
    size_t   len;
    uint8_t  mac[FS_HASH_LEN];

    /* without a key given, the context starts again with the one it has */
    if (EVP_MAC_init(crypto->buyer, NULL, 0, NULL) != 1
        || EVP_MAC_update(crypto->buyer, (const uint8_t *) identity.data,
                          identity.len)
           != 1
        || EVP_MAC_final(crypto->buyer, mac, &len, sizeof(mac)) != 1)
    {
        return -1;
    }

    memcpy(buyer, mac, FS_BUYER_LEN);

    return 0;
}


int
fs_crypto_pseudonym_read(fs_str_t text, uint8_t *buyer)
{
    return text.len == 2 * FS_BUYER_LEN ? fs_unhex(text, buyer) : -1;
}


/* No letter that looks like a digit: people read it out. */

static const char  fs_code_letters[] = "0123456789abcdefghjkmnpqrstvwxyz";


int
fs_crypto_code(fs_crypto_t *crypto, const uint8_t *buyer, char *code)
{
    unsigned        i, bit;
    uint8_t         bytes[FS_CODE_BYTES + 1], mac[FS_HASH_LEN];
    const fs_str_t  key = { FS_HASH_LEN, (const char *) crypto->code };
    const fs_str_t  who = { FS_BUYER_LEN, (const char *) buyer };

    if (fs_hmac_sha256(key, who, mac) != 0
        || fs_hold_block(crypto->encrypt_code, buyer, bytes) != 0)
    {
        return -1;
    }

    memcpy(bytes + FS_AES_LEN, mac, FS_CODE_BYTES - FS_AES_LEN);
    bytes[FS_CODE_BYTES] = 0;

    for (i = 0; i < FS_CODE_LEN; i++) {
        bit = i * 5;
        code[i] = fs_code_letters[((unsigned) bytes[bit / 8] << 8
                                   | bytes[bit / 8 + 1])
                                  >> (11 - bit % 8) & 31];
    }

    return 0;
}


int
fs_code_formed(fs_str_t code)
{
    size_t  i;

    for (i = 0; i < code.len; i++) {
        if (memchr(fs_code_letters, code.data[i], sizeof(fs_code_letters) - 1)
            == NULL)
        {
            return 0;
        }
    }

    return code.len == FS_CODE_LEN;
}


/* What it says is written again, and has to be the same. */

int
fs_crypto_code_read(fs_crypto_t *crypto, fs_str_t code, uint8_t *buyer)
{
    char         again[FS_CODE_LEN];
    uint8_t      bytes[FS_CODE_BYTES];
    unsigned     i, n;
    uint32_t     bits;
    const char  *letter;

    if (!fs_code_formed(code)) {
        return -1;
    }

    bits = 0;
    n = 0;

    for (i = 0; i < FS_CODE_LEN; i++) {
        letter = memchr(fs_code_letters, code.data[i],
                        sizeof(fs_code_letters) - 1);

        bits = bits << 5 | (uint32_t) (letter - fs_code_letters);

        if (5 * (i + 1) / 8 > n) {
            bytes[n] = (uint8_t) (bits >> (5 * (i + 1) - 8 * (n + 1)));
            n++;
        }
    }

    if (fs_hold_block(crypto->decrypt_code, bytes, buyer) != 0
        || fs_crypto_code(crypto, buyer, again) != 0)
    {
        return -1;
    }

    return CRYPTO_memcmp(again, code.data, FS_CODE_LEN) == 0 ? 0 : -1;
}


int
fs_crypto_day_key(fs_crypto_t *crypto, fs_str_t pickup, int64_t day,
    uint8_t *key)
{
    int             len;
    char            text[FS_SLUG_MAX + 24];
    fs_str_t        message;
    const fs_str_t  secret = { FS_HASH_LEN, (const char *) crypto->day };

    if (pickup.len > FS_SLUG_MAX) {
        return -1;
    }

    len = snprintf(text, sizeof(text), "%lld\n%.*s", (long long) day,
                   (int) pickup.len, pickup.data);

    message.len = (size_t) len;
    message.data = text;

    return fs_hmac_sha256(secret, message, key);
}


int
fs_crypto_link_tag(fs_crypto_t *crypto, fs_str_t id, fs_str_t doc, char *tag)
{
    char            text[FS_HOLD_ID_LEN + FS_LINK_DOC_MAX];
    uint8_t         mac[FS_HASH_LEN];
    fs_str_t        message;
    const fs_str_t  secret = { FS_HASH_LEN, (const char *) crypto->link };

    if (id.len != FS_HOLD_ID_LEN || doc.len > FS_LINK_DOC_MAX) {
        return -1;
    }

    memcpy(text, id.data, id.len);
    memcpy(text + id.len, doc.data, doc.len);
    message.len = id.len + doc.len;
    message.data = text;

    if (fs_hmac_sha256(secret, message, mac) != 0) {
        return -1;
    }

    fs_hex(mac, FS_LINK_TAG_LEN / 2, tag);

    return 0;
}


int
fs_crypto_key_hash(fs_crypto_t *crypto, const uint8_t *buyer, fs_str_t key,
    uint8_t *hash)
{
    size_t                len;
    uint8_t               mac[FS_HASH_LEN];
    static const uint8_t  none[FS_KEY_HASH_LEN];

    if (EVP_MAC_init(crypto->key, NULL, 0, NULL) != 1
        || EVP_MAC_update(crypto->key, buyer, FS_BUYER_LEN) != 1
        || EVP_MAC_update(crypto->key, (const uint8_t *) key.data, key.len)
           != 1
        || EVP_MAC_final(crypto->key, mac, &len, sizeof(mac)) != 1)
    {
        return -1;
    }

    memcpy(hash, mac, FS_KEY_HASH_LEN);

    if (memcmp(hash, none, FS_KEY_HASH_LEN) == 0) {
        hash[FS_KEY_HASH_LEN - 1] = 1;
    }

    return 0;
}


/* One block through a keyed context: without padding it keeps no state. */

static int
fs_hold_block(EVP_CIPHER_CTX *ctx, const uint8_t *in, uint8_t *out)
{
    int  len;

    if (EVP_CipherUpdate(ctx, out, &len, in, FS_AES_LEN) != 1
        || len != FS_AES_LEN)
    {
        return -1;
    }

    return 0;
}


int
fs_crypto_hold_id(fs_crypto_t *crypto, fs_seq_t hold, uint32_t epoch,
    char *id)
{
    unsigned  i;
    uint8_t   block[FS_AES_LEN], bytes[FS_AES_LEN];

    if (hold > FS_SEQ_MAX) {
        return -1;
    }

    memset(block, 0, sizeof(block));

    for (i = 0; i < 4; i++) {
        block[8 + i] = (uint8_t) (epoch >> (24 - 8 * i));
    }

    for (i = 0; i < 8; i++) {
        block[i] = (uint8_t) (hold >> (56 - 8 * i));
    }

    if (fs_hold_block(crypto->encrypt, block, bytes) != 0) {
        return -1;
    }

    fs_hex(bytes, FS_HOLD_ID_BYTES, id);

    return 0;
}


int
fs_crypto_hold_parse(fs_crypto_t *crypto, fs_str_t id, fs_seq_t *hold,
    uint32_t *epoch)
{
    uint8_t   block[FS_AES_LEN], bytes[FS_AES_LEN];
    unsigned  i, rest;
    fs_seq_t  seq;
    uint32_t  life;

    if (id.len != FS_HOLD_ID_LEN || fs_unhex(id, bytes) != 0
        || fs_hold_block(crypto->decrypt, bytes, block) != 0)
    {
        return -1;
    }

    seq = 0;
    life = 0;
    rest = 0;

    for (i = 0; i < 8; i++) {
        seq = seq << 8 | block[i];
    }

    for (i = 8; i < 12; i++) {
        life = life << 8 | block[i];
        rest |= block[4 + i];
    }

    if (rest != 0 || seq == 0 || seq > FS_SEQ_MAX) {
        return -1;
    }

    *hold = seq;
    *epoch = life;

    return 0;
}


int
fs_sha256(fs_str_t first, fs_str_t second, uint8_t *hash)
{
    fs_hasher_t  *hasher;

    hasher = fs_hasher();

    if (hasher == NULL
        || EVP_DigestInit_ex2(hasher->md_ctx, NULL, NULL) != 1
        || EVP_DigestUpdate(hasher->md_ctx, first.data, first.len) != 1
        || EVP_DigestUpdate(hasher->md_ctx, second.data, second.len) != 1
        || EVP_DigestFinal_ex(hasher->md_ctx, hash, NULL) != 1)
    {
        return -1;
    }

    return 0;
}


int
fs_reference_hash(fs_str_t reference, uint8_t *hash)
{
    uint8_t                whole[FS_HASH_LEN];
    static const fs_str_t  nothing = fs_null_str;

    if (fs_sha256(reference, nothing, whole) != 0) {
        return -1;
    }

    memcpy(hash, whole, FS_REFERENCE_LEN);

    return 0;
}


int
fs_hmac_sha256(fs_str_t secret, fs_str_t message, uint8_t *mac)
{
    size_t        len;
    fs_hasher_t  *hasher;

    hasher = fs_hasher();

    /* no key at all would mean the one used before */
    if (hasher == NULL || secret.data == NULL
        || EVP_MAC_init(hasher->mac_ctx, (const uint8_t *) secret.data,
                        secret.len, NULL)
           != 1
        || EVP_MAC_update(hasher->mac_ctx, (const uint8_t *) message.data,
                          message.len)
           != 1
        || EVP_MAC_final(hasher->mac_ctx, mac, &len, FS_HASH_LEN) != 1)
    {
        return -1;
    }

    return 0;
}


void
fs_hex(const uint8_t *bytes, size_t len, char *out)
{
    size_t             i;
    static const char  digits[] = "0123456789abcdef";

    for (i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
}


static int
fs_hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }

    return -1;
}


/* Only lowercase: each value has one spelling.  0 or -1. */

int
fs_unhex(fs_str_t digits, uint8_t *bytes)
{
    int     high, low;
    size_t  i;

    for (i = 0; i + 1 < digits.len; i += 2) {
        high = fs_hex_digit(digits.data[i]);
        low = fs_hex_digit(digits.data[i + 1]);

        if (high < 0 || low < 0) {
            return -1;
        }

        bytes[i / 2] = (uint8_t) (high << 4 | low);
    }

    return 0;
}


static size_t
fs_unix_write(int64_t t, char *buf)
{
    char    digits[FS_UNIX_DIGITS_MAX];
    size_t  n, i;

    n = 0;

    do {
        digits[n++] = (char) ('0' + t % 10);
        t /= 10;
    } while (t > 0 && n < sizeof(digits));

    for (i = 0; i < n; i++) {
        buf[i] = digits[n - 1 - i];
    }

    return n;
}


/* One spelling here too: no sign, no leading zero. */

static int
fs_unix_read(fs_str_t digits, int64_t *t)
{
    size_t   i;
    int64_t  value;

    if (digits.len == 0 || digits.len > FS_UNIX_DIGITS_MAX
        || digits.data[0] == '0')
    {
        return -1;
    }

    value = 0;

    for (i = 0; i < digits.len; i++) {

        if (digits.data[i] < '0' || digits.data[i] > '9') {
            return -1;
        }

        value = value * 10 + (digits.data[i] - '0');
    }

    *t = value;

    return 0;
}


/*
 * A newline inside a part would let one set of parts be signed as another;
 * none can come through HTTP, so it is simply refused.
 */

static int
fs_signature_mac(fs_str_t secret, const fs_signed_t *parts, uint8_t *mac)
{
    char                   t[FS_UNIX_DIGITS_MAX], body[2 * FS_HASH_LEN];
    size_t                 i, len;
    uint8_t                hash[FS_HASH_LEN];
    fs_str_t               lines[5];
    fs_hasher_t           *hasher;
    static const fs_str_t  nothing = fs_null_str;

    hasher = fs_hasher();

    if (hasher == NULL || secret.len == 0 || parts->t <= 0
        || fs_sha256(parts->body, nothing, hash) != 0)
    {
        return -1;
    }

    fs_hex(hash, sizeof(hash), body);

    lines[0].len = fs_unix_write(parts->t, t);
    lines[0].data = t;
    lines[1] = parts->method;
    lines[2] = parts->target;
    lines[3] = parts->key;
    lines[4].len = sizeof(body);
    lines[4].data = body;

    if (EVP_MAC_init(hasher->mac_ctx, (const uint8_t *) secret.data,
                     secret.len, NULL)
        != 1)
    {
        return -1;
    }

    for (i = 0; i < 5; i++) {

        if (lines[i].len > 0
            && memchr(lines[i].data, '\n', lines[i].len) != NULL)
        {
            return -1;
        }

        if (i > 0
            && EVP_MAC_update(hasher->mac_ctx, (const uint8_t *) "\n", 1)
               != 1)
        {
            return -1;
        }

        if (EVP_MAC_update(hasher->mac_ctx, (const uint8_t *) lines[i].data,
                           lines[i].len)
            != 1)
        {
            return -1;
        }
    }

    return EVP_MAC_final(hasher->mac_ctx, mac, &len, FS_HASH_LEN) == 1
           ? 0 : -1;
}


int
fs_signature_make(fs_str_t secret, const fs_signed_t *parts, char *buf)
{
    char     *p;
    uint8_t   mac[FS_HASH_LEN];

    if (fs_signature_mac(secret, parts, mac) != 0) {
        return -1;
    }

    p = buf;
    *p++ = 't';
    *p++ = '=';
    p += fs_unix_write(parts->t, p);
    memcpy(p, ",v1=", 4);
    p += 4;
    fs_hex(mac, sizeof(mac), p);
    p += 2 * sizeof(mac);

    return (int) (p - buf);
}


int
fs_signature_check(const fs_str_t *secrets, size_t n, fs_str_t header,
    fs_signed_t *parts, int64_t now_s)
{
    int          authentic;
    size_t       i;
    uint8_t      given[FS_HASH_LEN], mac[FS_HASH_LEN];
    fs_str_t     t, v1;
    const char  *comma;

    if (header.len < 2 || header.len > FS_SIGNATURE_MAX
        || memcmp(header.data, "t=", 2) != 0)
    {
        return -1;
    }

    comma = memchr(header.data, ',', header.len);

    if (comma == NULL) {
        return -1;
    }

    if (header.len - (size_t) (comma - header.data) != 4 + 2 * FS_HASH_LEN
        || memcmp(comma, ",v1=", 4) != 0)
    {
        return -1;
    }

    t.data = header.data + 2;
    t.len = (size_t) (comma - t.data);
    v1.data = comma + 4;
    v1.len = 2 * FS_HASH_LEN;

    if (fs_unix_read(t, &parts->t) != 0 || fs_unhex(v1, given) != 0) {
        return -1;
    }

    if (parts->t < now_s - FS_SIGNATURE_SKEW_S
        || parts->t > now_s + FS_SIGNATURE_SKEW_S)
    {
        return -1;
    }

    /* every secret is tried: time tells nothing about which one matches */
    authentic = 0;

    for (i = 0; i < n; i++) {
        if (fs_signature_mac(secrets[i], parts, mac) == 0
            && CRYPTO_memcmp(mac, given, sizeof(mac)) == 0)
        {
            authentic = 1;
        }
    }

    return authentic ? 0 : -1;
}
