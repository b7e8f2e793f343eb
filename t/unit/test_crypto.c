
/*
 * Digests by published vectors, hold ids, pseudonyms.
 */

#include "crypto_fixture.h"

#include <openssl/evp.h>
#include <pthread.h>


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
    uint8_t  mac[FS_HASH_LEN], subkey[FS_HASH_LEN], day[FS_HASH_LEN];
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

    assert_int_equal(fs_crypto_day_key(crypto, str("east"), 20786, mac), 0);
    assert_int_equal(fs_hmac_sha256(str_n(store_key, FS_STORE_KEY_LEN),
                                    str("tuanbo day 1"), subkey), 0);
    assert_int_equal(fs_hmac_sha256(str_n(subkey, FS_HASH_LEN),
                                    str("20786\neast"), day), 0);
    assert_memory_equal(mac, day, FS_HASH_LEN);
}


/* Each point and each day has a key of its own. */

static void
test_day_keys(void **state)
{
    char     longest[FS_SLUG_MAX + 1];
    uint8_t  one[FS_HASH_LEN], two[FS_HASH_LEN];

    (void) state;

    assert_int_equal(fs_crypto_day_key(crypto, str("east"), 1, one), 0);
    assert_int_equal(fs_crypto_day_key(crypto, str("east"), 1, two), 0);
    assert_memory_equal(one, two, FS_HASH_LEN);
    assert_int_equal(fs_crypto_day_key(crypto, str("east"), 2, two), 0);
    assert_memory_not_equal(one, two, FS_HASH_LEN);
    assert_int_equal(fs_crypto_day_key(crypto, str("west"), 1, two), 0);
    assert_memory_not_equal(one, two, FS_HASH_LEN);

    memset(longest, 'a', sizeof(longest));
    assert_int_equal(fs_crypto_day_key(crypto, str_n(longest, FS_SLUG_MAX),
                                       INT64_MIN, one), 0);
    longest[FS_SLUG_MAX - 1] = 'b';
    assert_int_equal(fs_crypto_day_key(crypto, str_n(longest, FS_SLUG_MAX),
                                       INT64_MIN, two), 0);
    assert_memory_not_equal(one, two, FS_HASH_LEN);
    assert_int_equal(fs_crypto_day_key(crypto, str_n(longest,
                                       FS_SLUG_MAX + 1), 1, one), -1);
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


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_frozen),
        cmocka_unit_test(test_day_keys),
        cmocka_unit_test(test_pseudonyms),
        cmocka_unit_test(test_hold_ids),
        cmocka_unit_test(test_hold_ids_made_with_the_key),
        cmocka_unit_test(test_hold_ids_have_one_spelling),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_cost)
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
