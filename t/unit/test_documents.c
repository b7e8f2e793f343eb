
/* Documents: walking one kind, and what is not durable is not shown. */

#include "shop.h"
#include "read/read.h"
#include "rules/room.h"


static void document_put(fs_leader_t *leader, const char *kind,
    const char *id, const char *doc);
static void document_pause(fs_leader_t *leader, uint8_t type);
static void documents_are(fs_reader_t *reader, const char *kind,
    const char *after, size_t limit, const char *expected, int expected_more);
static int document_found(fs_reader_t *reader);
static void room_act(fs_leader_t *leader, fs_room_act_t act, const char *pin,
    uint8_t key, const char *outcome, const char *told);


static void
document_put(fs_leader_t *leader, const char *kind, const char *id,
    const char *doc)
{
    fs_result_t    result;
    fs_command_t   command;
    fs_operator_t  op;

    memset(&command, 0, sizeof(command));
    command.type = FS_COMMAND_DOCUMENT;

    memset(&op, 0, sizeof(op));
    op.kind.data = kind;
    op.kind.len = strlen(kind);
    op.slug.data = id;
    op.slug.len = strlen(id);
    op.doc.data = doc;
    op.doc.len = strlen(doc);

    fs_leader_one(leader, &command, &op, &result);
    assert_string_equal(fs_outcome_code(result.outcome), "ok");
}


/* An entry that is no document. */

static void
document_pause(fs_leader_t *leader, uint8_t type)
{
    fs_str_t       slug = fs_str("grape");
    fs_result_t    result;
    fs_command_t   command;
    fs_operator_t  op;

    memset(&command, 0, sizeof(command));
    command.type = type;

    memset(&op, 0, sizeof(op));
    op.slug = slug;

    fs_leader_one(leader, &command, &op, &result);
    assert_string_equal(fs_outcome_code(result.outcome), "ok");
}


/* expected: "id=doc id=doc"; NULL: they are not shown */

static void
documents_are(fs_reader_t *reader, const char *kind, const char *after,
    size_t limit, const char *expected, int expected_more)
{
    int            i, n, more;
    char           text[512];
    size_t         len;
    fs_str_t       kind_str, after_str;
    fs_view_t      view;
    fs_document_t  documents[8];

    kind_str.data = kind;
    kind_str.len = strlen(kind);
    after_str.data = after;
    after_str.len = strlen(after);

    assert_int_equal(fs_view_open(reader, &view), FS_OK);

    n = fs_view_documents(&view, kind_str, after_str, limit, documents,
                          &more);

    if (expected == NULL) {
        fs_view_close(&view);
        assert_int_equal(n, -1);
        return;
    }

    assert_in_range(n, 0, limit);

    len = 0;
    text[0] = '\0';

    for (i = 0; i < n; i++) {
        len += snprintf(text + len, sizeof(text) - len, "%s%.*s=%.*s",
                        i ? " " : "",
                        (int) documents[i].id.len, documents[i].id.data,
                        (int) documents[i].doc.len, documents[i].doc.data);
    }

    fs_view_close(&view);

    assert_string_equal(text, expected);
    assert_int_equal(more, expected_more);
}


static int
document_found(fs_reader_t *reader)
{
    int        found, walked, more;
    fs_str_t   kind = fs_str("product"), id = fs_str("grape");
    fs_str_t   first = fs_str(""), doc;
    fs_view_t  view;

    fs_document_t  documents[1];

    assert_int_equal(fs_view_open(reader, &view), FS_OK);

    found = fs_view_document(&view, kind, id, &doc);
    walked = fs_view_documents(&view, kind, first, 1, documents, &more);

    fs_view_close(&view);

    assert_int_equal(found, walked);

    return found;
}


static void
test_walk(void **state)
{
    shop_t        shop;
    fs_store_t   *store;
    fs_leader_t  *leader;
    fs_reader_t  *reader;

    (void) state;

    shop_make(&shop, 16 << 20, 10, 0, 0);
    store = shop_open(&shop);
    assert_non_null(store);
    leader = fs_leader_create(store, NULL);
    assert_non_null(leader);
    reader = fs_reader_create(store);
    assert_non_null(reader);

    documents_are(reader, "product", "", 8, "", 0);

    document_put(leader, "product", "pear", "{}");
    document_put(leader, "product", "apple", "{\"a\":1}");
    document_put(leader, "product", "apple-2", "{\"a\":2}");

    /* neighbours on both sides, and one whose name begins alike */

    document_put(leader, "pickup", "z", "{}");
    document_put(leader, "product-2", "a", "{}");
    document_put(leader, "session", "a", "{}");

    documents_are(reader, "product", "", 8,
                  "apple={\"a\":1} apple-2={\"a\":2} pear={}", 0);
    documents_are(reader, "product", "", 3,
                  "apple={\"a\":1} apple-2={\"a\":2} pear={}", 0);
    documents_are(reader, "product", "", 2,
                  "apple={\"a\":1} apple-2={\"a\":2}", 1);
    documents_are(reader, "product", "apple", 1, "apple-2={\"a\":2}", 1);

    /* `after` need not exist */

    documents_are(reader, "product", "b", 8, "pear={}", 0);
    documents_are(reader, "product", "pear", 8, "", 0);
    documents_are(reader, "session", "", 8, "a={}", 0);
    documents_are(reader, "pro", "", 8, "", 0);

    /* the last one put is the one shown */

    document_put(leader, "product", "pear", "{\"b\":3}");
    documents_are(reader, "product", "b", 8, "pear={\"b\":3}", 0);

    fs_reader_destroy(reader);
    fs_leader_destroy(leader);
    fs_store_close(store, 1);
    shop_free(&shop);
}


static void
test_durable(void **state)
{
    shop_t        shop;
    uint64_t      txn;
    fs_seq_t      seq;
    fs_store_t   *store;
    fs_leader_t  *leader;
    fs_reader_t  *reader;

    (void) state;

    shop_make(&shop, 16 << 20, 10, 0, 0);
    store = shop_open(&shop);
    assert_non_null(store);
    leader = fs_leader_create(store, NULL);
    assert_non_null(leader);
    reader = fs_reader_create(store);
    assert_non_null(reader);

    txn = atomic_load(&store->mark->txn);
    seq = atomic_load(&store->mark->seq);

    document_put(leader, "product", "grape", "{}");
    assert_int_equal(document_found(reader), 1);

    /* as if its commit were visible, but not synced */

    atomic_store(&store->mark->txn, txn);
    atomic_store(&store->mark->seq, seq);
    assert_int_equal(document_found(reader), -1);

    /* the next commit syncs it */

    document_pause(leader, FS_COMMAND_PAUSE);
    assert_int_equal(document_found(reader), 1);

    /* what is not durable now has nothing to do with documents */

    txn = atomic_load(&store->mark->txn);
    seq = atomic_load(&store->mark->seq);

    document_pause(leader, FS_COMMAND_RESUME);

    atomic_store(&store->mark->txn, txn);
    atomic_store(&store->mark->seq, seq);
    assert_int_equal(document_found(reader), 1);

    fs_reader_destroy(reader);
    fs_leader_destroy(leader);
    fs_store_close(store, 1);
    shop_free(&shop);
}


/* told: how the answer begins; NULL: nothing is told. */

static void
room_act(fs_leader_t *leader, fs_room_act_t act, const char *pin, uint8_t key,
    const char *outcome, const char *told)
{
    char           text[FS_ROOM_JSON_MAX];
    fs_str_t       sale;
    fs_result_t    result;
    fs_command_t   command;
    fs_operator_t  op;

    memset(&command, 0, sizeof(command));
    command.type = FS_COMMAND_ROOM;
    command.key[0] = key;

    memset(&op, 0, sizeof(op));
    op.slug = (fs_str_t) fs_str("evening");
    op.act = (uint8_t) act;
    op.fingerprint[0] = (uint8_t) act;
    op.told = text;
    text[0] = '\0';

    if (pin) {
        sale.data = pin;
        sale.len = strlen(pin);
        fs_slug_set(&op.pin, sale);
    }

    fs_leader_one(leader, &command, &op, &result);

    assert_string_equal(fs_outcome_code(result.outcome), outcome);

    if (told == NULL) {
        assert_string_equal(text, "");

    } else {
        assert_memory_equal(text, told, strlen(told));
    }
}


/* What a host does follows from what is there when it is decided, also where
 * no reader is shown that yet; and is told all the same. */

static void
test_room(void **state)
{
    shop_t        shop;
    uint64_t      txn;
    fs_seq_t      seq;
    fs_store_t   *store;
    fs_leader_t  *leader;
    fs_reader_t  *reader;

    (void) state;

    shop_make(&shop, 16 << 20, 10, 0, 0);
    store = shop_open(&shop);
    assert_non_null(store);
    leader = fs_leader_create(store, NULL);
    assert_non_null(leader);
    reader = fs_reader_create(store);
    assert_non_null(reader);

    room_act(leader, FS_ROOM_START, NULL, 1, "not_found", NULL);

    document_put(leader, "session", "evening", "{}");

    room_act(leader, FS_ROOM_END, NULL, 2, "wrong_state", NULL);
    room_act(leader, FS_ROOM_PIN, "nothing", 3, "no_such_sale", NULL);
    room_act(leader, FS_ROOM_START, NULL, 4, "ok",
             "{\"state\":\"live\",\"pin\":null,");

    /* as if the commits that follow were visible, but not synced */

    txn = atomic_load(&store->mark->txn);
    seq = atomic_load(&store->mark->seq);

    room_act(leader, FS_ROOM_PIN, "grape", 5, "ok",
             "{\"state\":\"live\",\"pin\":\"grape\",");

    atomic_store(&store->mark->txn, txn);
    atomic_store(&store->mark->seq, seq);
    documents_are(reader, "room", "", 8, NULL, 0);

    room_act(leader, FS_ROOM_PIN, "grape", 5, "replayed",
             "{\"state\":\"live\",\"pin\":\"grape\",");
    room_act(leader, FS_ROOM_END, NULL, 5, "key_reused", NULL);
    room_act(leader, FS_ROOM_PIN, NULL, 6, "ok",
             "{\"state\":\"live\",\"pin\":null,");
    room_act(leader, FS_ROOM_END, NULL, 7, "ok",
             "{\"state\":\"ended\",\"pin\":null,");
    room_act(leader, FS_ROOM_PIN, "grape", 8, "wrong_state", NULL);

    /* the same tap again, whatever the room is now */

    room_act(leader, FS_ROOM_PIN, "grape", 5, "replayed",
             "{\"state\":\"ended\",\"pin\":null,");

    fs_reader_destroy(reader);
    fs_leader_destroy(leader);
    fs_store_close(store, 1);
    shop_free(&shop);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_durable),
        cmocka_unit_test(test_room)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
