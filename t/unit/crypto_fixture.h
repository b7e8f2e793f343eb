
/*
 * A key of a store, and what the tests of digests and signatures share.
 */

#ifndef CRYPTO_FIXTURE_H
#define CRYPTO_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/crypto.h"


static fs_crypto_t  *crypto;
static uint8_t       store_key[FS_STORE_KEY_LEN];


static inline fs_str_t
str(const char *s)
{
    fs_str_t  str;

    str.len = strlen(s);
    str.data = s;

    return str;
}


static inline fs_str_t
str_n(const void *s, size_t len)
{
    fs_str_t  str;

    str.len = len;
    str.data = s;

    return str;
}


static inline void
assert_hex(const uint8_t *bytes, size_t len, const char *expected)
{
    char  digits[2 * FS_HASH_LEN + 1];

    fs_hex(bytes, len, digits);
    digits[2 * len] = '\0';
    assert_string_equal(digits, expected);
}


static inline int
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


static inline int
teardown(void **state)
{
    (void) state;

    fs_crypto_destroy(crypto);

    return 0;
}


#endif /* CRYPTO_FIXTURE_H */
