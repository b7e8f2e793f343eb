
/*
 * Signatures of requests.
 */

#include "crypto_fixture.h"


#define NOW  1790000000LL


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


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_signature_make),
        cmocka_unit_test(test_signature_parts),
        cmocka_unit_test(test_signature_newline),
        cmocka_unit_test(test_signature_skew),
        cmocka_unit_test(test_signature_rotation),
        cmocka_unit_test(test_signature_malformed)
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
