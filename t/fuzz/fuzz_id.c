
/*
 * What stands in addresses and headers: hold ids, slugs, numbers (cursors,
 * limits), keys.  Whatever is taken has one spelling.
 */

#include "fuzz.h"

#include "base/crypto.h"
#include "ledger/names.h"
#include "text/text.h"


static fs_crypto_t *
crypto(void)
{
    static fs_crypto_t    *made;
    static const uint8_t   key[FS_STORE_KEY_LEN] = "a store key for fuzzing";

    if (made == NULL) {
        made = fs_crypto_create(key);
        fuzz_check(made != NULL);
    }

    return made;
}


/* The text as an id; and an id of our own, with a digit changed. */

static void
check_hold_id(fs_str_t text, fuzz_t fuzz)
{
    char      id[FS_HOLD_ID_LEN], was;
    size_t    at;
    uint32_t  epoch, life;
    fs_seq_t  seq, back;
    fs_str_t  str;

    if (fs_crypto_hold_parse(crypto(), text, &seq, &epoch) == 0) {
        fuzz_check(seq != 0 && seq <= FS_SEQ_MAX);
        fuzz_check(fs_crypto_hold_id(crypto(), seq, epoch, id) == 0);
        fuzz_check(text.len == sizeof(id)
                   && memcmp(text.data, id, sizeof(id)) == 0);
    }

    seq = fuzz_number(&fuzz, 8) & FS_SEQ_MAX;
    epoch = (uint32_t) fuzz_number(&fuzz, 4);
    at = fuzz_number(&fuzz, 1) % sizeof(id);

    fuzz_check(fs_crypto_hold_id(crypto(), seq, epoch, id) == 0);

    str.len = sizeof(id);
    str.data = id;

    if (seq == 0) {
        fuzz_check(fs_crypto_hold_parse(crypto(), str, &back, &life) == -1);
        return;
    }

    fuzz_check(fs_crypto_hold_parse(crypto(), str, &back, &life) == 0);
    fuzz_check(back == seq && life == epoch);

    was = id[at];
    id[at] = (char) fuzz_number(&fuzz, 1);
    fuzz_check((fs_crypto_hold_parse(crypto(), str, &back, &life) == 0)
               == (id[at] == was));
}


static void
check_slug(fs_str_t text)
{
    int         good;
    char        copy[FS_SLUG_MAX + 1];
    fs_slug_t   slug;

    good = 0;

    if (text.len > 0 && text.len <= FS_SLUG_MAX) {
        memcpy(copy, text.data, text.len);
        copy[text.len] = '\0';
        good = strspn(copy, "abcdefghijklmnopqrstuvwxyz0123456789-")
               == text.len;
    }

    fuzz_check(fs_slug_valid(text) == good);

    /* longer ones are cut, whatever they are */

    fs_slug_set(&slug, text);
    fuzz_check(slug.len == (text.len < FS_SLUG_MAX ? text.len : FS_SLUG_MAX));
    fuzz_check(slug.len == 0
               || memcmp(slug.data, text.data, slug.len) == 0);
}


/* What is taken is printed the same; what is printed so is taken. */

static void
check_number(fs_str_t text, int64_t min, int64_t max)
{
    int         rc, good;
    char        copy[32], printed[32];
    int64_t     value;
    long long   read;

    value = 0;
    rc = fs_number_parse(text, min, max, &value);
    good = 0;

    if (text.len > 0 && text.len < sizeof(copy)) {
        memcpy(copy, text.data, text.len);
        copy[text.len] = '\0';
        read = strtoll(copy, NULL, 10);
        sprintf(printed, "%lld", read);
        good = strlen(copy) == text.len && strcmp(copy, printed) == 0
               && read >= min && read <= max;
        fuzz_check(rc != 0 || value == read);
    }

    fuzz_check((rc == 0) == good);
}


static void
check_key(fs_str_t text)
{
    int      good;
    size_t   i;
    uint8_t  hash[FS_KEY_HASH_LEN], again[FS_KEY_HASH_LEN];
    uint8_t  buyer[FS_BUYER_LEN];

    static const uint8_t  none[FS_KEY_HASH_LEN];

    good = text.len >= 1 && text.len <= 128;

    for (i = 0; good && i < text.len; i++) {
        good = text.data[i] > ' ' && text.data[i] < 0x7f;
    }

    fuzz_check(fs_key_valid(text) == good);

    fuzz_check(fs_crypto_pseudonym(crypto(), text, buyer) == 0);
    fuzz_check(fs_crypto_key_hash(crypto(), buyer, text, hash) == 0);
    fuzz_check(fs_crypto_key_hash(crypto(), buyer, text, again) == 0);
    fuzz_check(memcmp(hash, again, sizeof(hash)) == 0);
    fuzz_check(memcmp(hash, none, sizeof(hash)) != 0);
}


/* Slugs in lines, remembered by numbers that the bytes say. */

static void
check_names(fuzz_t fuzz)
{
    fs_str_t           slug;
    uint32_t           number, found;
    const fs_slug_t   *known;
    fs_names_memory_t  memory;

    memset(&memory, 0, sizeof(memory));

    while (fuzz.len > 0) {
        number = (uint32_t) fuzz_number(&fuzz, 3);
        slug = fuzz_line(&fuzz);

        if (fs_names_number(&memory, slug, &found)) {
            known = fs_names_slug(&memory, found);
            fuzz_check(known != NULL && known->len == slug.len
                       && memcmp(known->data, slug.data, slug.len) == 0);
            continue;
        }

        known = fs_names_slug(&memory, number);
        fs_names_keep(&memory, number, slug);

        if (number == 0 || number > FS_SALES_MAX || slug.len == 0
            || slug.len > FS_SLUG_MAX || known != NULL)
        {
            fuzz_check(!fs_names_number(&memory, slug, &found));
            fuzz_check(fs_names_slug(&memory, number) == known);
            continue;
        }

        fuzz_check(fs_names_number(&memory, slug, &found)
                   && found == number);
    }

    fs_names_free(&memory);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fs_str_t  text = { size, (const char *) data };
    fuzz_t    fuzz = { data, size };

    check_hold_id(text, fuzz);
    check_slug(text);
    check_number(text, INT64_MIN, INT64_MAX);
    check_number(text, 0, INT64_MAX);
    check_number(text, 1, 1000);
    check_number(text, -FS_STOCK_MAX, FS_STOCK_MAX);
    check_key(text);
    check_names(fuzz);

    return 0;
}
