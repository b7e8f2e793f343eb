
/*
 * Digests by published vectors, hold ids, pseudonyms, signatures.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <pthread.h>

#include "base/crypto.h"


#define NOW  1790000000LL


static fs_crypto_t  *crypto;
static uint8_t       store_key[FS_STORE_KEY_LEN];


static fs_str_t
str(const char *s)
{
    fs_str_t  str;

    str.len = strlen(s);
    str.data = s;

    return str;
}


static fs_str_t
str_n(const void *s, size_t len)
{
    fs_str_t  str;

    str.len = len;
    str.data = s;

    return str;
}


static void
assert_hex(const uint8_t *bytes, size_t len, const char *expected)
{
    char  digits[2 * FS_HASH_LEN + 1];

    fs_hex(bytes, len, digits);
    digits[2 * len] = '\0';
    assert_string_equal(digits, expected);
}


/* FIPS 180-4's examples, whole and in two pieces */

static void
test_sha256(void **state)
{
    char         *million;
    size_t        i, cut;
    uint8_t       hash[FS_HASH_LEN];
    const char   *s;

    (void) state;

    assert_int_equal(fs_sha256(str(""), str_n(NULL, 0), hash), 0);
    assert_hex(hash, sizeof(hash), "e3b0c44298fc1c149afbf4c8996fb924"
                                   "27ae41e4649b934ca495991b7852b855");

    assert_int_equal(fs_sha256(str("abc"), str(""), hash), 0);
    assert_hex(hash, sizeof(hash), "ba7816bf8f01cfea414140de5dae2223"
                                   "b00361a396177a9cb410ff61f20015ad");

    s = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

    for (cut = 0; cut <= strlen(s); cut++) {
        assert_int_equal(fs_sha256(str_n(s, cut), str(s + cut), hash), 0);
        assert_hex(hash, sizeof(hash), "248d6a61d20638b8e5c026930c3e6039"
                                       "a33ce45964ff2167f6ecedd419db06c1");
    }

    million = malloc(1000000);
    assert_non_null(million);

    for (i = 0; i < 1000000; i++) {
        million[i] = 'a';
    }

    assert_int_equal(fs_sha256(str_n(million, 1000000), str(""), hash), 0);
    assert_hex(hash, sizeof(hash), "cdc76e5c9914fb9281a1c7e284d73e67"
                                   "f1809a48a497200e046d39ccc7112cd0");
    free(million);
}


/* RFC 4231, test cases 1 to 7 */

static void
test_hmac(void **state)
{
    char     key[131], data[200];
    size_t   i;
    uint8_t  mac[FS_HASH_LEN];

    (void) state;

    memset(key, 0x0b, 20);
    assert_int_equal(fs_hmac_sha256(str_n(key, 20), str("Hi There"), mac), 0);
    assert_hex(mac, sizeof(mac), "b0344c61d8db38535ca8afceaf0bf12b"
                                 "881dc200c9833da726e9376c2e32cff7");

    assert_int_equal(fs_hmac_sha256(str("Jefe"),
                                    str("what do ya want for nothing?"), mac),
                     0);
    assert_hex(mac, sizeof(mac), "5bdcc146bf60754e6a042426089575c7"
                                 "5a003f089d2739839dec58b964ec3843");

    memset(key, 0xaa, 131);
    memset(data, 0xdd, 50);
    assert_int_equal(fs_hmac_sha256(str_n(key, 20), str_n(data, 50), mac), 0);
    assert_hex(mac, sizeof(mac), "773ea91e36800e46854db8ebd09181a7"
                                 "2959098b3ef8c122d9635514ced565fe");

    for (i = 0; i < 25; i++) {
        key[i] = (char) (i + 1);
    }

    memset(data, 0xcd, 50);
    assert_int_equal(fs_hmac_sha256(str_n(key, 25), str_n(data, 50), mac), 0);
    assert_hex(mac, sizeof(mac), "82558a389a443c0ea4cc819899f2083a"
                                 "85f0faa3e578f8077a2e3ff46729665b");

    memset(key, 0x0c, 20);
    assert_int_equal(fs_hmac_sha256(str_n(key, 20),
                                    str("Test With Truncation"), mac), 0);
    assert_hex(mac, 16, "a3b6167473100ee06e0c796c2955552b");

    memset(key, 0xaa, 131);
    assert_int_equal(fs_hmac_sha256(str_n(key, 131),
                         str("Test Using Larger Than Block-Size Key - "
                             "Hash Key First"), mac), 0);
    assert_hex(mac, sizeof(mac), "60e431591ee0b67f0d8a26aacbf5b77f"
                                 "8e0bc6213728c5140546040f0ee37f54");

    assert_int_equal(fs_hmac_sha256(str_n(key, 131),
                         str("This is a test using a larger than block-size "
                             "key and a larger than block-size data. The key "
                             "needs to be hashed before being used by the "
                             "HMAC algorithm."), mac), 0);
    assert_hex(mac, sizeof(mac), "9b09ffa71b942fcb27635fbcd5b0e944"
                                 "bfdc63644f0713938a7f51535c3a35e2");

    /* no key is not the key before */
    assert_int_equal(fs_hmac_sha256(str_n(NULL, 0), str("x"), mac), -1);
}


static void
test_reference(void **state)
{
    uint8_t  hash[FS_REFERENCE_LEN];

    (void) state;

    assert_int_equal(fs_reference_hash(str("abc"), hash), 0);
    assert_hex(hash, sizeof(hash), "ba7816bf8f01cfea414140de5dae2223");
}


/*
 * Frozen: pseudonyms are in ledgers, and ids of holds in the world.  Computed
 * by hand: HMAC(HMAC(key, label), …), AES-128-ECB with the openssl command.
 */

static void
test_frozen(void **state)
{
    char     id[FS_HOLD_ID_LEN];
    uint8_t  buyer[FS_BUYER_LEN], hash[FS_KEY_HASH_LEN];
    uint8_t  mac[FS_HASH_LEN], subkey[FS_HASH_LEN];
    uint8_t  message[FS_BUYER_LEN + 5];

    (void) state;

    assert_int_equal(fs_crypto_pseudonym(crypto, str("li@example"), buyer),
                     0);
    assert_int_equal(fs_hmac_sha256(str_n(store_key, FS_STORE_KEY_LEN),
                                    str("tuanbo buyer 1"), subkey), 0);
    assert_int_equal(fs_hmac_sha256(str_n(subkey, FS_HASH_LEN),
                                    str("li@example"), mac), 0);
    assert_memory_equal(buyer, mac, FS_BUYER_LEN);
    assert_hex(buyer, sizeof(buyer), "4010537430ad3c39485de362bac1eafa");

    assert_int_equal(fs_crypto_key_hash(crypto, buyer, str("key-1"), hash),
                     0);
    memcpy(message, buyer, FS_BUYER_LEN);
    memcpy(message + FS_BUYER_LEN, "key-1", 5);
    assert_int_equal(fs_hmac_sha256(str_n(store_key, FS_STORE_KEY_LEN),
                                    str("tuanbo key 1"), subkey), 0);
    assert_int_equal(fs_hmac_sha256(str_n(subkey, FS_HASH_LEN),
                                    str_n(message, sizeof(message)), mac), 0);
    assert_memory_equal(hash, mac, FS_KEY_HASH_LEN);

    assert_int_equal(fs_crypto_hold_id(crypto, 1, 0, id), 0);
    assert_memory_equal(id, "ec8aa21d6cd4751ae9becd3493cf3403",
                        FS_HOLD_ID_LEN);
}


static void
test_pseudonyms(void **state)
{
    uint8_t       one[FS_BUYER_LEN], two[FS_BUYER_LEN];
    uint8_t       key[FS_STORE_KEY_LEN];
    uint8_t       first[FS_KEY_HASH_LEN], second[FS_KEY_HASH_LEN];
    fs_crypto_t  *other;

    (void) state;

    assert_int_equal(fs_crypto_pseudonym(crypto, str("li"), one), 0);
    assert_int_equal(fs_crypto_pseudonym(crypto, str("wang"), two), 0);
    assert_memory_not_equal(one, two, FS_BUYER_LEN);

    /* the same again: nothing is left of the one between */
    assert_int_equal(fs_crypto_pseudonym(crypto, str("li"), two), 0);
    assert_memory_equal(one, two, FS_BUYER_LEN);

    /* another store, another pseudonym */
    memcpy(key, store_key, sizeof(key));
    key[0] ^= 1;
    other = fs_crypto_create(key);
    assert_non_null(other);
    assert_int_equal(fs_crypto_pseudonym(other, str("li"), two), 0);
    assert_memory_not_equal(one, two, FS_BUYER_LEN);
    fs_crypto_destroy(other);

    /* a key belongs to its buyer */
    memset(two, 0, sizeof(two));
    assert_int_equal(fs_crypto_key_hash(crypto, one, str("k"), first), 0);
    assert_int_equal(fs_crypto_key_hash(crypto, two, str("k"), second), 0);
    assert_memory_not_equal(first, second, FS_KEY_HASH_LEN);
    assert_int_equal(fs_crypto_key_hash(crypto, one, str("k"), second), 0);
    assert_memory_equal(first, second, FS_KEY_HASH_LEN);
    assert_int_equal(fs_crypto_key_hash(crypto, one, str("l"), second), 0);
    assert_memory_not_equal(first, second, FS_KEY_HASH_LEN);
}


static void
test_hold_ids(void **state)
{
    char      id[FS_HOLD_ID_LEN + 1];
    size_t    i, j;
    unsigned  bit, value;
    uint32_t  epoch;
    fs_seq_t  hold;

    static const char      digits[] = "0123456789abcdef";
    static const fs_seq_t  holds[] = {
        1, 2, 255, 256, 65536, 1000000, UINT32_MAX, UINT32_MAX + 1ULL,
        FS_SEQ_MAX
    };
    static const uint32_t  epochs[] = { 0, 1, 0x80000000, UINT32_MAX };

    (void) state;

    id[FS_HOLD_ID_LEN] = '\0';

    for (i = 0; i < 4 * sizeof(holds) / sizeof(holds[0]); i++) {
        assert_int_equal(fs_crypto_hold_id(crypto, holds[i / 4],
                                           epochs[i % 4], id), 0);
        assert_int_equal(strspn(id, digits), FS_HOLD_ID_LEN);

        hold = 0;
        epoch = 7;
        assert_int_equal(fs_crypto_hold_parse(crypto,
                                              str_n(id, FS_HOLD_ID_LEN),
                                              &hold, &epoch), 0);
        assert_true(hold == holds[i / 4]);
        assert_true(epoch == epochs[i % 4]);

        /* each bit of the 128, flipped, makes an id nobody gave */
        for (j = 0; j < FS_HOLD_ID_LEN; j++) {

            for (bit = 1; bit < 16; bit <<= 1) {
                value = (unsigned) (strchr(digits, id[j]) - digits);
                id[j] = digits[value ^ bit];
                assert_int_equal(fs_crypto_hold_parse(crypto,
                                     str_n(id, FS_HOLD_ID_LEN), &hold,
                                     &epoch), -1);
                id[j] = digits[value];
            }
        }
    }

    /* beyond what an id has room for */
    assert_int_equal(fs_crypto_hold_id(crypto, FS_SEQ_MAX + 1, 0, id), -1);

    /* hold 0 is none */
    assert_int_equal(fs_crypto_hold_id(crypto, 0, 0, id), 0);
    assert_int_equal(fs_crypto_hold_parse(crypto, str_n(id, FS_HOLD_ID_LEN),
                                          &hold, &epoch), -1);
}


/* Each byte that should be zero is looked at: blocks made with the key. */

static void
test_hold_ids_made_with_the_key(void **state)
{
    int              len;
    char             id[FS_HOLD_ID_LEN];
    size_t           i;
    uint8_t          subkey[FS_HASH_LEN], block[16], bytes[16];
    uint32_t         epoch;
    fs_seq_t         hold;
    EVP_CIPHER_CTX  *ctx;

    (void) state;

    assert_int_equal(fs_hmac_sha256(str_n(store_key, FS_STORE_KEY_LEN),
                                    str("tuanbo hold 1"), subkey), 0);
    ctx = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_128_ecb(), NULL, subkey,
                                        NULL), 1);
    EVP_CIPHER_CTX_set_padding(ctx, 0);

    /* the seq's six bytes and the epoch's four may be anything */

    for (i = 0; i < 16; i++) {
        memset(block, 0, sizeof(block));
        block[7] = 1;
        block[i] = 1;
        assert_int_equal(EVP_EncryptUpdate(ctx, bytes, &len, block,
                                           sizeof(block)), 1);
        fs_hex(bytes, sizeof(bytes), id);
        assert_int_equal(fs_crypto_hold_parse(crypto,
                                              str_n(id, FS_HOLD_ID_LEN),
                                              &hold, &epoch),
                         i < 2 || i > 11 ? -1 : 0);
    }

    EVP_CIPHER_CTX_free(ctx);
}


static void
test_hold_ids_have_one_spelling(void **state)
{
    char      id[FS_HOLD_ID_LEN + 1];
    size_t    i;
    uint32_t  epoch;
    fs_seq_t  hold;

    (void) state;

    assert_int_equal(fs_crypto_hold_id(crypto, 1, 0, id), 0);
    id[FS_HOLD_ID_LEN] = '0';

    assert_int_equal(fs_crypto_hold_parse(crypto, str_n(id, 0), &hold,
                                          &epoch), -1);
    assert_int_equal(fs_crypto_hold_parse(crypto, str_n(id, 31), &hold,
                                          &epoch), -1);
    assert_int_equal(fs_crypto_hold_parse(crypto, str_n(id, 33), &hold,
                                          &epoch), -1);

    for (i = 0; i < FS_HOLD_ID_LEN; i++) {
        if (id[i] >= 'a') {
            id[i] = (char) (id[i] - 'a' + 'A');
            break;
        }
    }

    assert_true(i < FS_HOLD_ID_LEN);
    assert_int_equal(fs_crypto_hold_parse(crypto, str_n(id, FS_HOLD_ID_LEN),
                                          &hold, &epoch), -1);

    memset(id, 'g', FS_HOLD_ID_LEN);
    assert_int_equal(fs_crypto_hold_parse(crypto, str_n(id, FS_HOLD_ID_LEN),
                                          &hold, &epoch), -1);
}


static fs_signed_t
signed_parts(void)
{
    fs_signed_t  parts;

    parts.t = NOW;
    parts.method = str("POST");
    parts.target = str("/orders/0123/confirm?x=1");
    parts.key = str("key-1");
    parts.body = str("{\"payment\":\"p1\",\"paid_fen\":7960}");

    return parts;
}


/* Against the words of docs/api.md: the lines joined by newlines. */

static void
test_signature_make(void **state)
{
    int          len;
    char         header[FS_SIGNATURE_MAX], text[512], body[2 * FS_HASH_LEN];
    char         digits[2 * FS_HASH_LEN];
    uint8_t      hash[FS_HASH_LEN];
    fs_signed_t  parts;

    (void) state;

    parts = signed_parts();
    len = fs_signature_make(str("secret"), &parts, header);
    assert_int_equal(len, 2 + 10 + 4 + 64);

    assert_int_equal(fs_sha256(parts.body, str(""), hash), 0);
    fs_hex(hash, sizeof(hash), body);
    snprintf(text, sizeof(text), "1790000000\nPOST\n"
             "/orders/0123/confirm?x=1\nkey-1\n%.64s", body);
    assert_int_equal(fs_hmac_sha256(str("secret"), str(text), hash), 0);
    fs_hex(hash, sizeof(hash), digits);

    assert_memory_equal(header, "t=1790000000,v1=", 16);
    assert_memory_equal(header + 16, digits, 64);

    /* without a key its line is empty, and there */
    parts.key = str_n(NULL, 0);
    len = fs_signature_make(str("secret"), &parts, header);
    snprintf(text, sizeof(text), "1790000000\nPOST\n"
             "/orders/0123/confirm?x=1\n\n%.64s", body);
    assert_int_equal(fs_hmac_sha256(str("secret"), str(text), hash), 0);
    fs_hex(hash, sizeof(hash), digits);
    assert_memory_equal(header + 16, digits, 64);
}


static void
test_signature_parts(void **state)
{
    int          len;
    char         header[FS_SIGNATURE_MAX];
    size_t       i;
    unsigned     bit;
    fs_str_t     secret;
    fs_signed_t  parts;

    (void) state;

    secret = str("secret");
    parts = signed_parts();
    len = fs_signature_make(secret, &parts, header);
    assert_true(len > 0);

    parts.t = 0;
    assert_int_equal(fs_signature_check(&secret, 1, str_n(header, len),
                                        &parts, NOW), 0);
    assert_int_equal(parts.t, NOW);

    parts = signed_parts();
    parts.method = str("PUT");
    assert_int_equal(fs_signature_check(&secret, 1, str_n(header, len),
                                        &parts, NOW), -1);

    parts = signed_parts();
    parts.target = str("/orders/0123/confirm?x=2");
    assert_int_equal(fs_signature_check(&secret, 1, str_n(header, len),
                                        &parts, NOW), -1);

    parts = signed_parts();
    parts.key = str("key-2");
    assert_int_equal(fs_signature_check(&secret, 1, str_n(header, len),
                                        &parts, NOW), -1);
    parts.key = str_n(NULL, 0);
    assert_int_equal(fs_signature_check(&secret, 1, str_n(header, len),
                                        &parts, NOW), -1);

    parts = signed_parts();
    parts.body = str("{\"payment\":\"p1\",\"paid_fen\":7961}");
    assert_int_equal(fs_signature_check(&secret, 1, str_n(header, len),
                                        &parts, NOW), -1);

    /* a character moved over the border of two parts */
    parts = signed_parts();
    parts.method = str("POST\n/orders/0123/confirm?x=1");
    parts.target = str("key-1");
    parts.key = str_n(NULL, 0);
    assert_int_equal(fs_signature_check(&secret, 1, str_n(header, len),
                                        &parts, NOW), -1);

    /* the time, one second off; then each bit of the header */
    parts = signed_parts();
    header[11] ^= 1;
    assert_int_equal(fs_signature_check(&secret, 1, str_n(header, len),
                                        &parts, NOW), -1);
    header[11] ^= 1;

    for (i = 0; i < (size_t) len; i++) {

        for (bit = 1; bit < 256; bit <<= 1) {
            header[i] = (char) (header[i] ^ bit);
            assert_int_equal(fs_signature_check(&secret, 1,
                                 str_n(header, len), &parts, NOW), -1);
            header[i] = (char) (header[i] ^ bit);
        }
    }

    assert_int_equal(fs_signature_check(&secret, 1, str_n(header, len),
                                        &parts, NOW), 0);
}


static void
test_signature_newline(void **state)
{
    char         header[FS_SIGNATURE_MAX];
    fs_signed_t  parts;

    (void) state;

    parts = signed_parts();
    parts.target = str("/orders\nx");
    assert_int_equal(fs_signature_make(str("secret"), &parts, header), -1);

    parts = signed_parts();
    parts.key = str("a\n");
    assert_int_equal(fs_signature_make(str("secret"), &parts, header), -1);

    /* the body is hashed: it may have any */
    parts = signed_parts();
    parts.body = str("a\nb\n");
    assert_true(fs_signature_make(str("secret"), &parts, header) > 0);
}


static void
test_signature_skew(void **state)
{
    int          len;
    char         header[FS_SIGNATURE_MAX];
    fs_str_t     secret, value;
    fs_signed_t  parts;

    (void) state;

    secret = str("secret");
    parts = signed_parts();
    len = fs_signature_make(secret, &parts, header);
    value = str_n(header, (size_t) len);

    assert_int_equal(fs_signature_check(&secret, 1, value, &parts, NOW + 300),
                     0);
    assert_int_equal(fs_signature_check(&secret, 1, value, &parts, NOW + 301),
                     -1);
    assert_int_equal(fs_signature_check(&secret, 1, value, &parts, NOW - 300),
                     0);
    assert_int_equal(fs_signature_check(&secret, 1, value, &parts, NOW - 301),
                     -1);
}


static void
test_signature_rotation(void **state)
{
    int          len;
    char         header[FS_SIGNATURE_MAX];
    fs_str_t     secrets[2];
    fs_signed_t  parts;

    (void) state;

    secrets[0] = str("the new secret");
    secrets[1] = str("the old secret");
    parts = signed_parts();

    len = fs_signature_make(secrets[1], &parts, header);
    assert_int_equal(fs_signature_check(secrets, 2, str_n(header, len),
                                        &parts, NOW), 0);
    assert_int_equal(fs_signature_check(secrets, 1, str_n(header, len),
                                        &parts, NOW), -1);

    len = fs_signature_make(secrets[0], &parts, header);
    assert_int_equal(fs_signature_check(secrets, 2, str_n(header, len),
                                        &parts, NOW), 0);

    /* no secret at all lets nobody in, an empty one neither */
    assert_int_equal(fs_signature_check(secrets, 0, str_n(header, len),
                                        &parts, NOW), -1);
    secrets[0] = str("");
    assert_int_equal(fs_signature_make(secrets[0], &parts, header), -1);
    assert_int_equal(fs_signature_check(secrets, 1, str_n(header, len),
                                        &parts, NOW), -1);
}


static void
test_signature_malformed(void **state)
{
    int          len;
    char         header[FS_SIGNATURE_MAX], text[2 * FS_SIGNATURE_MAX];
    size_t       i;
    fs_str_t     secret;
    const char  *v1;
    fs_signed_t  parts;

    static const char *const  formats[] = {
        "", "t", "t=", "t=,v1=%s", "t=1790000000", "t=1790000000,",
        "t=1790000000,v1=", "v1=%s,t=1790000000", "v1=%s",
        "t=1790000000,v2=%s", "t=1790000000;v1=%s", " t=1790000000,v1=%s",
        "t=1790000000, v1=%s", "t=1790000000,v1=%s ", "t=1790000000,v1=%s0",
        "t=1790000000,v1=%s,v1=%s", "t=01790000000,v1=%s",
        "t=+1790000000,v1=%s", "t=-1790000000,v1=%s", "t= 1790000000,v1=%s",
        "t=1790000000.0,v1=%s", "t=0x6ab13f80,v1=%s",
        "t=99999999999999999999,v1=%s", "T=1790000000,v1=%s",
        "t=1790000000,v1=%.63s", "t=1790000000,v1=%.62s",
        "t=1790000000,,v1=%s", ",", ",,,", "t=1790000000,v1"
    };

    (void) state;

    secret = str("secret");
    parts = signed_parts();
    len = fs_signature_make(secret, &parts, header);
    assert_true(len > 0);
    header[len] = '\0';
    v1 = header + 16;

    for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        snprintf(text, sizeof(text), formats[i], v1, v1);

        if (fs_signature_check(&secret, 1, str(text), &parts, NOW) != -1) {
            fail_msg("accepted: %s", text);
        }
    }

    for (i = 0; i < (size_t) len; i++) {
        assert_int_equal(fs_signature_check(&secret, 1, str_n(header, i),
                                            &parts, NOW), -1);
    }

    /* uppercase digits are another spelling */
    snprintf(text, sizeof(text), "%s", header);

    for (i = 16; i < (size_t) len; i++) {
        if (text[i] >= 'a') {
            text[i] = (char) (text[i] - 'a' + 'A');
        }
    }

    assert_int_equal(fs_signature_check(&secret, 1, str(text), &parts, NOW),
                     -1);
}


/* A thread has its own hasher, and leaves nothing behind. */

static void *
hash_in_thread(void *data)
{
    return (void *) (intptr_t) fs_sha256(str("abc"), str(""), data);
}


static void
test_threads(void **state)
{
    void       *failed;
    uint8_t     hash[FS_HASH_LEN];
    unsigned    i;
    pthread_t   thread;

    (void) state;

    for (i = 0; i < 10; i++) {
        memset(hash, 0, sizeof(hash));
        assert_int_equal(pthread_create(&thread, NULL, hash_in_thread, hash),
                         0);
        assert_int_equal(pthread_join(thread, &failed), 0);
        assert_null(failed);
        assert_hex(hash, 4, "ba7816bf");
    }
}


static double
elapsed_ns(const struct timespec *begin)
{
    struct timespec  end;

    clock_gettime(CLOCK_MONOTONIC, &end);

    return (end.tv_sec - begin->tv_sec) * 1e9 + (end.tv_nsec - begin->tv_nsec);
}


/* Says what they cost, the best of some rounds; the bound is for absurdity. */

static void
test_cost(void **state)
{
    char             id[FS_HOLD_ID_LEN];
    double           ns, pseudonym, hold_id;
    uint8_t          buyer[FS_BUYER_LEN];
    unsigned         round, i;
    fs_str_t         identity;
    struct timespec  begin;
    enum { ROUNDS = 20, CALLS = 500 };

    (void) state;

    identity = str("a user's session or number");
    pseudonym = 1e9;
    hold_id = 1e9;

    for (round = 0; round < ROUNDS; round++) {
        clock_gettime(CLOCK_MONOTONIC, &begin);

        for (i = 0; i < CALLS; i++) {
            fs_crypto_pseudonym(crypto, identity, buyer);
        }

        ns = elapsed_ns(&begin) / CALLS;
        pseudonym = ns < pseudonym ? ns : pseudonym;

        clock_gettime(CLOCK_MONOTONIC, &begin);

        for (i = 0; i < CALLS; i++) {
            fs_crypto_hold_id(crypto, i + 1, 0, id);
        }

        ns = elapsed_ns(&begin) / CALLS;
        hold_id = ns < hold_id ? ns : hold_id;
    }

    print_message("# a pseudonym takes %.0f ns, a hold id %.0f ns\n",
                  pseudonym, hold_id);

    assert_true(pseudonym < 100000);
    assert_true(hold_id < 100000);
}


static int
setup(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < sizeof(store_key); i++) {
        store_key[i] = (uint8_t) i;
    }

    crypto = fs_crypto_create(store_key);

    return crypto != NULL ? 0 : -1;
}


static int
teardown(void **state)
{
    (void) state;

    fs_crypto_destroy(crypto);

    return 0;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_frozen),
        cmocka_unit_test(test_pseudonyms),
        cmocka_unit_test(test_hold_ids),
        cmocka_unit_test(test_hold_ids_made_with_the_key),
        cmocka_unit_test(test_hold_ids_have_one_spelling),
        cmocka_unit_test(test_signature_make),
        cmocka_unit_test(test_signature_parts),
        cmocka_unit_test(test_signature_newline),
        cmocka_unit_test(test_signature_skew),
        cmocka_unit_test(test_signature_rotation),
        cmocka_unit_test(test_signature_malformed),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_cost)
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
