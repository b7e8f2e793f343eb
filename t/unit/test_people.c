
/*
 * Contacts and the annex that they lie in: rows, erasing, what is left of a
 * name in the file, damage, other processes' views, sweeps.
 */

#define _GNU_SOURCE                     /* memmem() */

#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lmdb/env.h"
#include "people/contacts.h"
#include "text/text.h"
#include "text/person.h"


#define NAME  "Unmistakable-name"
#define CODE  "0123456789abcdefghjkmnpqrstvwxyz"

typedef struct {
    char                 path[64];
    fs_annex_conf_t      conf;
    fs_annex_t          *annex;
    unsigned             said;
} people_t;


static void
people_log(void *data, fs_say_level_t level, const char *message)
{
    people_t  *people = data;

    (void) message;

    if (level != FS_SAY_INFO) {
        people->said++;
    }
}


static void
people_open(people_t *people)
{
    int  again;

    memset(&people->conf, 0, sizeof(people->conf));
    people->conf.path = people->path;
    people->conf.map_size = 16 << 20;
    people->conf.readers = 8;
    people->conf.sync = 1;
    people->conf.log = people_log;
    people->conf.data = people;

    people->annex = fs_contacts_create(&people->conf);
    assert_non_null(people->annex);
    assert_int_equal(fs_annex_known(people->annex), 0);
    fs_annex_tend(people->annex, &again);
    assert_int_equal(again, 0);
    assert_int_equal(fs_annex_known(people->annex), 1);
}


static int
people_setup(void **context)
{
    people_t  *people;

    people = calloc(1, sizeof(*people));
    assert_non_null(people);
    strcpy(people->path, "/tmp/test-people-XXXXXX");
    assert_non_null(mkdtemp(people->path));
    people_open(people);
    *context = people;

    return 0;
}


static int
people_teardown(void **context)
{
    char       command[128];
    people_t  *people = *context;

    fs_annex_destroy(people->annex);
    snprintf(command, sizeof(command), "rm -rf %s", people->path);
    assert_int_equal(system(command), 0);
    free(people);

    return 0;
}


static fs_contact_t
contact_of(const char *name, int64_t at)
{
    fs_contact_t  contact;

    memset(&contact, 0, sizeof(contact));
    contact.consent = 1u << FS_CONSENT_LABELS;
    contact.at = at;
    contact.name_len = (uint16_t) strlen(name);
    memcpy(contact.name, name, contact.name_len);
    memcpy(contact.digits, "1234", FS_DIGITS_LEN);

    return contact;
}


static void
change(people_t *people, fs_contact_op_t op, unsigned who, const char *name,
    int64_t at)
{
    fs_contact_change_t  change;

    change.op = op;
    change.contact = contact_of(name, at);
    fixture_buyer(change.buyer, who);
    assert_int_equal(fs_contacts_write(people->annex, &change, 1), FS_OK);
}


static fs_outcome_t
look(people_t *people, unsigned who, fs_contact_t *contact)
{
    uint8_t  buyer[FS_BUYER_LEN];

    fixture_buyer(buyer, who);

    return fs_contacts_read(people->annex, buyer, contact);
}


/* How often it stands in the file, whatever it is there for. */

static unsigned
in_file(people_t *people, const char *name)
{
    int           fd;
    char          file[128];
    unsigned      n;
    const char   *map, *p, *end;
    struct stat   st;

    snprintf(file, sizeof(file), "%s/people/data.mdb", people->path);
    fd = open(file, O_RDONLY);
    assert_true(fd != -1 && fstat(fd, &st) == 0);
    map = mmap(NULL, (size_t) st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    assert_true(map != MAP_FAILED);

    n = 0;
    end = map + st.st_size;

    for (p = map; (p = memmem(p, (size_t) (end - p), name, strlen(name)));
         p++)
    {
        n++;
    }

    munmap((void *) map, (size_t) st.st_size);
    close(fd);

    return n;
}


static uint64_t
wipe(people_t *people)
{
    uint64_t  page, left;

    page = 0;
    left = 0;

    do {
        fs_annex_wipe(people->annex, &page, 8, &left);
    } while (page);

    return left;
}


static void
test_rows(void **context)
{
    char          text[FS_PERSON_JSON_MAX];
    unsigned      i;
    uint8_t       row[FS_CONTACT_ROW], copy[FS_CONTACT_ROW];
    fs_str_t      str = { FS_CONTACT_ROW, (char *) row };
    fs_counts_t   counts = { 3, 1, 2, 1, 1 };
    fs_contact_t  contact, again;

    static const uint8_t  places[] = { 0, 1, 2, 3, 4, 16, 87 };

    (void) context;

    contact = contact_of("李阿姨", 77);
    contact.leaving = 1;
    fs_contact_row_encode(&contact, row);
    assert_int_equal(fs_contact_row_decode(&again, str), 0);
    assert_memory_equal(&again, &contact, sizeof(contact));

    for (i = 0; i < sizeof(places); i++) {
        memcpy(copy, row, sizeof(row));
        row[places[i]] = 0xff;
        assert_int_equal(fs_contact_row_decode(&again, str), -1);
        memcpy(row, copy, sizeof(row));
    }

    str.len--;
    assert_int_equal(fs_contact_row_decode(&again, str), -1);

    contact.leaving = 0;
    i = (unsigned) fs_answer_me(text, sizeof(text), CODE, &contact, &counts);
    text[i] = '\0';
    assert_string_equal(text, "{\"code\":\"" CODE "\",\"contact\":{"
        "\"name\":\"李阿姨\",\"digits\":\"1234\",\"consent\":[\"labels\"]},"
        "\"tags\":[],\"counts\":{\"holds\":3,\"live\":1,\"orders\":2,"
        "\"to_collect\":1,\"complete\":false}}");

    /* the longest name, of what grows most when it is escaped, fits */

    memset(contact.name, '"', FS_NAME_MAX);
    contact.name_len = FS_NAME_MAX;
    contact.consent = (1u << FS_CONSENTS_N) - 1;
    contact.leaving = 1;
    assert_true(fs_answer_me(text, sizeof(text), CODE, &contact, &counts) > 0);
}


static fs_str_t
str_of(const char *s)
{
    fs_str_t  str = { strlen(s), s };

    return str;
}


static void
test_requests(void **context)
{
    unsigned              i;
    fs_fault_t            fault;
    fs_contact_request_t  r;

    static const struct {
        const char  *body;
        const char  *field;
    } bad[] = {
        { "{}", "name" },
        { "{\"name\":\"a\"}", "digits" },
        { "{\"name\":\"\",\"digits\":\"1234\"}", "name" },
        { "{\"name\":\" \xe3\x80\x80 \",\"digits\":\"1234\"}", "name" },
        { "{\"name\":\"a\\nb\",\"digits\":\"1234\"}", "name" },
        { "{\"name\":\"a\",\"digits\":\"123\"}", "digits" },
        { "{\"name\":\"a\",\"digits\":\"12345\"}", "digits" },
        { "{\"name\":\"a\",\"digits\":\"12a4\"}", "digits" },
        { "{\"name\":\"a\",\"digits\":1234}", "digits" },
        { "{\"name\":\"a\",\"digits\":\"1234\",\"consent\":\"labels\"}",
          "consent" },
        { "{\"name\":\"a\",\"digits\":\"1234\",\"consent\":[\"all\"]}",
          "consent" },
        { "{\"name\":\"a\",\"digits\":\"1234\",\"consent\":[null]}",
          "consent" },
        { "{\"name\":\"a\",\"digits\":\"1234\",\"consent\":[[]]}",
          "consent" },
        { "{\"name\":\"a\",\"digits\":\"1234\",\"consent\":[{}]}",
          "consent" },
        { "{\"name\":\"a\",\"digits\":\"1234\",\"consent\":[\"labels\","
          "\"labels\"]}", "consent" },
        { "{\"name\":[\"a\"],\"digits\":\"1234\"}", "name" },
        { "{\"name\":\"a\",\"digits\":\"1234\",\"phone\":\"1\"}", "phone" }
    };

    (void) context;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(fs_request_contact(str_of(bad[i].body), &r, &fault),
                         -1);
        assert_string_equal(fault.field, bad[i].field);
    }

    assert_int_equal(fs_request_contact(str_of("{\"name\":\"\xe3\x80\x80 Li "
        "Ayi \",\"digits\":\"0123\",\"consent\":[\"notices\",\"labels\"]}"),
        &r, &fault), 0);
    assert_int_equal(r.contact.name_len, 6);
    assert_memory_equal(r.contact.name, "Li Ayi", 6);
    assert_memory_equal(r.contact.digits, "0123", 4);
    assert_int_equal(r.contact.consent, 3);

    assert_int_equal(fs_request_contact(str_of("{\"name\":\"a\",\"digits\":"
        "\"0123\",\"consent\":[]}"), &r, &fault), 0);
    assert_int_equal(r.contact.consent, 0);

    assert_int_equal(fs_request_contact_form(str_of("name=Li+Ayi&digits=0123"
        "&consent=labels&consent=notices&csrf=x&idempotency_key=k"), &r,
        &fault), 0);
    assert_int_equal(r.contact.name_len, 6);
    assert_int_equal(r.contact.consent, 3);
    assert_int_equal(fs_request_contact_form(str_of("name=&digits=0123"), &r,
        &fault), -1);
    assert_string_equal(fault.field, "name");
    assert_int_equal(fs_request_contact_form(str_of("name=a&name=b&digits="
        "0123"), &r, &fault), -1);
    assert_int_equal(fs_request_contact_form(str_of("name=a&digits=0123&"
        "consent=everything"), &r, &fault), -1);
    assert_string_equal(fault.field, "consent");
}


static void
test_changes(void **context)
{
    people_t      *people = *context;
    fs_contact_t   contact;

    assert_int_equal(look(people, 1, &contact), FS_NOT_FOUND);
    change(people, FS_CONTACT_PUT, 1, "a", 10);
    change(people, FS_CONTACT_PUT, 2, "b", 10);
    change(people, FS_CONTACT_PUT, 1, "c", 20);
    assert_int_equal(look(people, 1, &contact), FS_OK);
    assert_int_equal(contact.name[0], 'c');
    assert_int_equal(fs_contacts_count(people->annex), 2);

    /* who is leaving agrees to nothing more; who comes back stays */

    change(people, FS_CONTACT_LEAVE, 1, "", 0);
    assert_int_equal(look(people, 1, &contact), FS_OK);
    assert_int_equal(contact.leaving, 1);
    assert_int_equal(contact.consent, 0);
    change(people, FS_CONTACT_PUT, 1, "d", 30);
    change(people, FS_CONTACT_LEFT, 1, "", 0);
    assert_int_equal(look(people, 1, &contact), FS_OK);

    change(people, FS_CONTACT_LEAVE, 1, "", 0);
    change(people, FS_CONTACT_LEFT, 1, "", 0);
    assert_int_equal(look(people, 1, &contact), FS_NOT_FOUND);

    change(people, FS_CONTACT_SEEN, 2, "", 40);
    change(people, FS_CONTACT_OVER, 2, "", 39);
    assert_int_equal(look(people, 2, &contact), FS_OK);
    change(people, FS_CONTACT_OVER, 2, "", 40);
    assert_int_equal(look(people, 2, &contact), FS_NOT_FOUND);

    change(people, FS_CONTACT_PUT, 2, "b", 10);
    change(people, FS_CONTACT_ERASE, 2, "", 0);
    change(people, FS_CONTACT_ERASE, 2, "", 0);
    assert_int_equal(look(people, 2, &contact), FS_NOT_FOUND);
    assert_int_equal(fs_contacts_count(people->annex), 0);
    assert_int_equal(people->said, 0);

    /* another process sees what was written */

    change(people, FS_CONTACT_PUT, 3, "e", 10);
    fs_annex_destroy(people->annex);
    people_open(people);
    assert_int_equal(look(people, 3, &contact), FS_OK);
    assert_int_equal(contact.name[0], 'e');
}


/* A tree of many pages, which splits and joins them. */

static void
test_gone(void **context)
{
    int            again;
    unsigned       i;
    fs_txn_t       txn;
    people_t      *people = *context;
    fs_contact_t   contact;

    for (i = 0; i < 400; i++) {
        change(people, FS_CONTACT_PUT, i, i % 7 == 3 ? NAME : "somebody", 10);
    }

    assert_true(in_file(people, NAME) > 0);

    for (i = 3; i < 400; i += 7) {
        change(people, i % 2 ? FS_CONTACT_ERASE : FS_CONTACT_PUT, i,
               "another", 20);
    }

    assert_true(in_file(people, NAME) > 0);

    /* a snapshot that somebody still has keeps its pages */

    assert_int_equal(fs_annex_read(people->annex, &txn, 1), FS_OK);
    assert_int_equal(fs_annex_step(people->annex), FS_OK);
    assert_int_equal(fs_annex_step(people->annex), FS_OK);
    assert_true(wipe(people) > 0);
    fs_annex_read_end(people->annex, &txn, 1);

    assert_int_equal(fs_annex_step(people->annex), FS_OK);
    assert_int_equal(fs_annex_step(people->annex), FS_OK);
    (void) wipe(people);
    assert_int_equal(in_file(people, NAME), 0);

    /* and nothing else is gone */

    fs_annex_destroy(people->annex);
    people_open(people);
    fs_annex_tend(people->annex, &again);
    assert_int_equal(fs_contacts_count(people->annex), 400 - 29);

    for (i = 0; i < 400; i++) {
        assert_int_equal(look(people, i, &contact),
                         i % 7 == 3 && i % 2 ? FS_NOT_FOUND : FS_OK);
    }

    for (i = 0; i < 400; i++) {
        change(people, FS_CONTACT_ERASE, i, "", 0);
    }

    assert_int_equal(fs_annex_step(people->annex), FS_OK);
    assert_int_equal(fs_annex_step(people->annex), FS_OK);
    (void) wipe(people);
    assert_int_equal(in_file(people, "somebody"), 0);
    assert_int_equal(people->said, 0);
}


static void
test_sweep(void **context)
{
    int                  more, rounds;
    unsigned             i, n, seen, leaving;
    people_t            *people = *context;
    fs_contact_look_t    looks[16];
    fs_contact_sweep_t   sweep;

    for (i = 0; i < 700; i++) {
        change(people, FS_CONTACT_PUT, i, "a", i < 300 ? 10 : 30);
    }

    for (i = 600; i < 640; i++) {
        change(people, FS_CONTACT_LEAVE, i, "", 0);
    }

    memset(&sweep, 0, sizeof(sweep));
    seen = leaving = 0;
    rounds = 0;

    do {
        n = fs_contacts_sweep(people->annex, &sweep, 20, looks, 16, &more);
        assert_true(n <= 16 && rounds++ < 200);

        for (i = 0; i < n; i++) {
            leaving += looks[i].leaving;
            seen++;

            change(people, looks[i].leaving ? FS_CONTACT_LEFT
                                            : FS_CONTACT_OVER, 0, "", 0);
            memcpy(&looks[0], &looks[i], sizeof(looks[0]));
        }

    } while (more);

    assert_true(leaving >= 40 && seen - leaving >= 300);
    assert_true(seen < 400);
}


static void
spoil(people_t *people, const char *bytes, size_t len, off_t at)
{
    int   fd;
    char  file[128];

    snprintf(file, sizeof(file), "%s/people/data.mdb", people->path);
    fd = open(file, O_WRONLY);
    assert_true(fd != -1);
    assert_int_equal(pwrite(fd, bytes, len, at), (ssize_t) len);
    close(fd);
}


static void
test_damaged(void **context)
{
    int            again;
    char           file[128], moved[128], garbage[8192];
    people_t      *people = *context;
    fs_contact_t   contact;

    change(people, FS_CONTACT_PUT, 1, "a", 10);
    fs_annex_destroy(people->annex);

    memset(garbage, 0xa5, sizeof(garbage));
    spoil(people, garbage, sizeof(garbage), 0);
    people_open(people);
    assert_int_equal(fs_annex_outcome(people->annex), FS_NOT_READY);
    assert_int_equal(look(people, 1, &contact), FS_NOT_READY);
    assert_int_equal(people->said, 1);

    /* it is said once */

    fs_annex_tend(people->annex, &again);
    fs_annex_tend(people->annex, &again);
    assert_int_equal(people->said, 1);

    /* and anew, when an operator has moved it away */

    snprintf(file, sizeof(file), "%s/people", people->path);
    snprintf(moved, sizeof(moved), "%s/moved", people->path);
    assert_int_equal(rename(file, moved), 0);
    fs_annex_tend(people->annex, &again);
    assert_int_equal(fs_annex_outcome(people->annex), FS_OK);
    assert_int_equal(look(people, 1, &contact), FS_NOT_FOUND);
    change(people, FS_CONTACT_PUT, 1, "a", 10);

    /* taken away while it is open */

    snprintf(moved, sizeof(moved), "%s/moved2", people->path);
    assert_int_equal(rename(file, moved), 0);
    fs_annex_tend(people->annex, &again);
    assert_int_equal(look(people, 1, &contact), FS_NOT_FOUND);

    /* a page in the middle */

    change(people, FS_CONTACT_PUT, 1, "a", 10);
    fs_annex_destroy(people->annex);
    spoil(people, garbage, sizeof(garbage), 8192);
    people->said = 0;
    people_open(people);
    assert_int_equal(look(people, 1, &contact), FS_NOT_READY);
    assert_int_equal(people->said, 1);
}


/* Somebody has stopped in the middle of opening it. */

static void
test_busy(void **context)
{
    int        fd, again;
    char       name[128];
    unsigned   i;
    people_t  *people = *context;

    snprintf(name, sizeof(name), "%s/people", people->path);
    fs_annex_destroy(people->annex);
    people->annex = fs_contacts_create(&people->conf);
    fd = open(name, O_RDONLY|O_DIRECTORY);
    assert_int_equal(flock(fd, LOCK_EX), 0);

    for (i = 0; !fs_annex_known(people->annex); i++) {
        assert_true(i < 1000);
        fs_annex_tend(people->annex, &again);
    }

    assert_true(i > 10);
    assert_int_equal(again, 0);
    assert_int_equal(fs_annex_outcome(people->annex), FS_NOT_READY);
    assert_int_equal(people->said, 1);

    close(fd);
    fs_annex_tend(people->annex, &again);
    assert_int_equal(fs_annex_outcome(people->annex), FS_OK);
}


static void
test_format(void **context)
{
    uint8_t     two[4] = { 2, 0, 0, 0 };
    fs_txn_t    txn;
    people_t   *people = *context;

    assert_int_equal(fs_annex_begin(people->annex, &txn), FS_OK);
    fs_db_put(&txn, fs_annex_dbi(people->annex, 2), "format", 6, two, 4, 0);
    assert_int_equal(fs_annex_end(people->annex, &txn), FS_OK);
    fs_annex_destroy(people->annex);

    people_open(people);
    assert_int_equal(fs_annex_outcome(people->annex), FS_NOT_READY);
    assert_int_equal(people->said, 1);
}


/* Who only reads is there while the file is made: that is no fault. */

static void
test_awaited(void **context)
{
    int         again;
    char        command[160], file[96], scratch[96];
    people_t   *people = *context;
    fs_annex_t *writer;

    fs_annex_destroy(people->annex);
    snprintf(command, sizeof(command), "rm -r %s/people/*", people->path);
    assert_int_equal(system(command), 0);
    snprintf(file, sizeof(file), "%s/people/data.mdb", people->path);
    snprintf(scratch, sizeof(scratch), "%s/people/new", people->path);

    people->conf.reads = 1;
    people->annex = fs_contacts_create(&people->conf);
    fs_annex_tend(people->annex, &again);
    assert_int_equal(fs_annex_outcome(people->annex), FS_NOT_READY);
    assert_int_equal(fs_env_make(file, scratch, people->conf.map_size), 0);
    fs_annex_tend(people->annex, &again);
    assert_int_equal(fs_annex_outcome(people->annex), FS_NOT_READY);
    assert_int_equal(people->said, 0);

    people->conf.reads = 0;
    writer = fs_contacts_create(&people->conf);
    fs_annex_tend(writer, &again);
    assert_int_equal(fs_annex_outcome(writer), FS_OK);
    fs_annex_tend(people->annex, &again);
    assert_int_equal(fs_annex_outcome(people->annex), FS_OK);
    assert_int_equal(people->said, 0);
    fs_annex_destroy(writer);
}


static void
test_full(void **context)
{
    unsigned              i;
    uint64_t              who;
    people_t             *people = *context;
    fs_outcome_t          outcome;
    fs_contact_t          contact;
    fs_contact_change_t  *changes;

    changes = calloc(FS_CONTACTS_BATCH, sizeof(*changes));
    assert_non_null(changes);
    who = 0;

    do {
        for (i = 0; i < FS_CONTACTS_BATCH; i++) {
            changes[i].op = FS_CONTACT_PUT;
            changes[i].contact = contact_of("a", 1);
            fixture_buyer(changes[i].buyer, (unsigned) who++);
        }

        outcome = fs_contacts_write(people->annex, changes,
                                    FS_CONTACTS_BATCH);
    } while (outcome == FS_OK && who < 1000000);

    free(changes);

    assert_int_equal(outcome, FS_STORE_FULL);
    assert_int_equal(look(people, 1, &contact), FS_OK);
    assert_true(fs_contacts_count(people->annex) > 1000);
}


static void
test_code(void **context)
{
    char           code[FS_CODE_LEN], other[FS_CODE_LEN];
    uint8_t        key[FS_STORE_KEY_LEN], buyer[FS_BUYER_LEN];
    uint8_t        whose[FS_BUYER_LEN];
    unsigned       i;
    fs_str_t       text = { FS_CODE_LEN, other };
    fs_crypto_t   *crypto;

    (void) context;

    memset(key, 7, sizeof(key));
    crypto = fs_crypto_create(key);
    assert_non_null(crypto);

    fixture_buyer(buyer, 1);
    assert_int_equal(fs_crypto_code(crypto, buyer, code), 0);
    assert_int_equal(fs_crypto_code(crypto, buyer, other), 0);
    assert_memory_equal(code, other, FS_CODE_LEN);
    fixture_buyer(buyer, 2);
    assert_int_equal(fs_crypto_code(crypto, buyer, other), 0);
    assert_memory_not_equal(code, other, FS_CODE_LEN);

    /* whose it is; another letter, length or store: nobody's */

    assert_int_equal(fs_crypto_code_read(crypto, text, whose), 0);
    assert_memory_equal(whose, buyer, FS_BUYER_LEN);

    for (i = 0; i < FS_CODE_LEN; i++) {
        memcpy(code, other, FS_CODE_LEN);
        other[i] = other[i] == 'a' ? 'b' : 'a';
        assert_int_equal(fs_crypto_code_read(crypto, text, whose), -1);
        other[i] = 'I';
        assert_int_equal(fs_crypto_code_read(crypto, text, whose), -1);
        memcpy(other, code, FS_CODE_LEN);
    }

    text.len--;
    assert_int_equal(fs_crypto_code_read(crypto, text, whose), -1);
    text.len++;
    fs_crypto_destroy(crypto);

    key[0]++;
    crypto = fs_crypto_create(key);
    assert_int_equal(fs_crypto_code_read(crypto, text, whose), -1);
    fs_crypto_destroy(crypto);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_code),
        cmocka_unit_test_setup_teardown(test_changes, people_setup,
                                        people_teardown),
        cmocka_unit_test_setup_teardown(test_gone, people_setup,
                                        people_teardown),
        cmocka_unit_test_setup_teardown(test_sweep, people_setup,
                                        people_teardown),
        cmocka_unit_test_setup_teardown(test_damaged, people_setup,
                                        people_teardown),
        cmocka_unit_test_setup_teardown(test_busy, people_setup,
                                        people_teardown),
        cmocka_unit_test_setup_teardown(test_format, people_setup,
                                        people_teardown),
        cmocka_unit_test_setup_teardown(test_awaited, people_setup,
                                        people_teardown),
        cmocka_unit_test_setup_teardown(test_full, people_setup,
                                        people_teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
