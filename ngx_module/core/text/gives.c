
#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "json/json_reader.h"
#include "text/gives.h"


#define fs_schema(fields)  { fields, sizeof(fields) / sizeof(fields[0]) }

static int fs_gives_fault(fs_fault_t *fault);
static int fs_gives_of_kind(const fs_gives_request_t *request,
    uint32_t present, fs_fault_t *fault);
static uint64_t fs_gives_prizes(const fs_gives_request_t *request);
static int fs_gives_beacon(const fs_gives_request_t *request,
    fs_fault_t *fault);
static int fs_gives_order(const void *one, const void *two);
static void fs_write_prizes(fs_writer_t *writer, const fs_gives_t *gives);
static void fs_write_known(fs_writer_t *writer, const char *name,
    int64_t number);


static const fs_field_t  fs_prize_fields[] = {
    { fs_str("title"), FS_FIELD_TITLE, 1, 0,
      offsetof(fs_prize_request_t, title),
      offsetof(fs_prize_request_t, title_len), 1, FS_PRIZE_TITLE_MAX, NULL,
      NULL },
    fs_number_field(fs_prize_request_t, "count", count, 1, FS_QTY_MAX, 1),
    fs_number_field(fs_prize_request_t, "off_fen", off_fen, 1, FS_PRICE_MAX,
                    0)
};

static const fs_schema_t  fs_prize_schema = fs_schema(fs_prize_fields);

static const fs_field_t  fs_beacon_fields[] = {
    { fs_str("source"), FS_FIELD_TITLE, 1, 0,
      offsetof(fs_gives_request_t, beacon.source),
      offsetof(fs_gives_request_t, beacon.source_len), 1, FS_SOURCE_MAX,
      NULL, NULL },
    fs_number_field(fs_gives_request_t, "round", beacon.round, 1,
                    FS_ROUND_MAX, 1)
};

static const fs_schema_t  fs_beacon_schema = fs_schema(fs_beacon_fields);

/* in the order of fs_gives_kind_t, from the first that gives something */
static const fs_str_t  fs_gives_words[] = {
    fs_str("coupon"),
    fs_str("packet"),
    fs_str("ticket"),
    fs_str("item")
};

static const fs_str_t  fs_gives_by_words[] = {
    fs_str("open"),
    fs_str("desk")
};

enum {
    FS_GIVES_KIND = 0,
    FS_GIVES_BY,
    FS_GIVES_OFF_FEN,
    FS_GIVES_FROM_FEN,
    FS_GIVES_SALES,
    FS_GIVES_VALID_MS,
    FS_GIVES_TOTAL_FEN,
    FS_GIVES_TITLE,
    FS_GIVES_PRIZES,
    FS_GIVES_BEACON
};

static const fs_field_t  fs_gives_fields[] = {
    { fs_str("kind"), FS_FIELD_CHOICE, 1, 0,
      offsetof(fs_gives_request_t, kind), 0, 0, FS_GIVES_N - 1, NULL,
      fs_gives_words },
    { fs_str("by"), FS_FIELD_CHOICE, 0, 0,
      offsetof(fs_gives_request_t, by_desk), 0, 0, 2, NULL,
      fs_gives_by_words },
    fs_number_field(fs_gives_request_t, "off_fen", off_fen, 1, FS_PRICE_MAX,
                    0),
    fs_number_field(fs_gives_request_t, "from_fen", from_fen, 1,
                    FS_AMOUNT_MAX, 0),
    { fs_str("sales"), FS_FIELD_SLUGS, 0, sizeof(fs_slug_t),
      offsetof(fs_gives_request_t, sales),
      offsetof(fs_gives_request_t, sales_n), 1, FS_GIFT_SALES_MAX, NULL,
      NULL },
    fs_number_field(fs_gives_request_t, "valid_ms", valid_ms, 1,
                    FS_VALID_MS_MAX, 0),
    fs_number_field(fs_gives_request_t, "total_fen", total_fen, 1,
                    FS_PRICE_MAX, 0),
    { fs_str("title"), FS_FIELD_TITLE, 0, 0,
      offsetof(fs_gives_request_t, title),
      offsetof(fs_gives_request_t, title_len), 1, FS_TITLE_MAX, NULL, NULL },
    { fs_str("prizes"), FS_FIELD_LIST, 0, sizeof(fs_prize_request_t),
      offsetof(fs_gives_request_t, prizes),
      offsetof(fs_gives_request_t, prizes_n), 1, FS_PRIZES_MAX,
      &fs_prize_schema, NULL },
    { fs_str("beacon"), FS_FIELD_OBJECT, 0, 0, 0, 0, 0, 0,
      &fs_beacon_schema, NULL },
    fs_visible_field(fs_gives_request_t, "commit", commit, 0)
};

static const fs_schema_t  fs_gives_schema = fs_schema(fs_gives_fields);


/* what each kind has to say, and what it may say besides */

#define FS_GIVES_ANY                                                         \
    (1 << FS_GIVES_KIND | 1 << FS_GIVES_BY | 1 << FS_GIVES_VALID_MS)
#define FS_GIVES_PRICED                                                      \
    (FS_GIVES_ANY | 1 << FS_GIVES_FROM_FEN | 1 << FS_GIVES_SALES)

static const struct {
    uint8_t              required;      /* a field */
    uint32_t             optional;      /* bits */
} fs_gives_kinds[FS_GIVES_N] = {
    [FS_GIVES_COUPON] = { FS_GIVES_OFF_FEN, FS_GIVES_PRICED },
    [FS_GIVES_PACKET] = { FS_GIVES_TOTAL_FEN, FS_GIVES_PRICED },
    [FS_GIVES_TICKET] = { FS_GIVES_PRIZES,
                          FS_GIVES_PRICED | 1 << FS_GIVES_BEACON },
    [FS_GIVES_ITEM] = { FS_GIVES_TITLE, FS_GIVES_ANY }
};


int
fs_request_gives(fs_str_t body, fs_gives_request_t *request,
    fs_fault_t *fault)
{
    uint32_t  present;

    memset(request, 0, sizeof(fs_gives_request_t));

    if (fs_json_read(body, body.len, &fs_gives_schema, request, &present,
                     fault)
        != 0)
    {
        return fs_gives_fault(fault);
    }

    request->kind++;

    if (fs_gives_of_kind(request, present, fault) != 0) {
        return fs_gives_fault(fault);
    }

    if (fs_gives_prizes(request) > FS_WINNERS_MAX) {
        return fs_fault_literal(fault, "gives.prizes",
                                "has at most 10000 prizes in all");
    }

    if (fs_gives_beacon(request, fault) != 0) {
        return fs_gives_fault(fault);
    }

    qsort(request->sales, request->sales_n, sizeof(fs_slug_t),
          fs_gives_order);

    return 0;
}


int
fs_read_terms_document(fs_str_t doc, fs_gives_request_t *request,
    fs_fault_t *fault)
{
    memset(request, 0, sizeof(fs_gives_request_t));

    if (fs_json_read(doc, doc.len, &fs_gives_schema, request, NULL, fault)
        != 0)
    {
        return -1;
    }

    request->kind++;

    return 0;
}


/* It is said where in the whole request. */

static int
fs_gives_fault(fs_fault_t *fault)
{
    char  field[sizeof(fault->field)];

    if (fault->field[0] == '\0') {
        strcpy(fault->field, "gives");
        return -1;
    }

    memcpy(field, fault->field, sizeof(field));
    (void) snprintf(fault->field, sizeof(fault->field), "gives.%.57s", field);

    return -1;
}


static int
fs_gives_of_kind(const fs_gives_request_t *request, uint32_t present,
    fs_fault_t *fault)
{
    char      rule[sizeof(fault->rule)];
    uint32_t  required;
    unsigned  i;

    required = fs_gives_kinds[request->kind].required;

    if ((present & (1u << required)) == 0) {
        return fs_fault(fault, FS_BAD_REQUEST, fs_gives_fields[required].name,
                        FS_RULE_REQUIRED);
    }

    for (i = 0; i < fs_gives_schema.n; i++) {
        if (i != required && (present & (1u << i))
            && !(fs_gives_kinds[request->kind].optional & (1u << i)))
        {
            (void) snprintf(rule, sizeof(rule), "is not of a%s %s",
                            request->kind == FS_GIVES_ITEM ? "n" : "",
                            fs_gives_name(request->kind));
            return fs_fault(fault, FS_BAD_REQUEST, fs_gives_fields[i].name,
                            rule);
        }
    }

    return 0;
}


static uint64_t
fs_gives_prizes(const fs_gives_request_t *request)
{
    unsigned  i;
    uint64_t  count;

    count = 0;

    for (i = 0; i < request->prizes_n; i++) {
        count += request->prizes[i].count;
    }

    return count;
}


/* Of a beacon that is not known nobody could say when it is out. */

static int
fs_gives_beacon(const fs_gives_request_t *request, fs_fault_t *fault)
{
    return request->beacon.round != 0
           && (request->beacon.source_len != sizeof(FS_BEACON) - 1
               || memcmp(request->beacon.source, FS_BEACON,
                         sizeof(FS_BEACON) - 1)
                  != 0)
           ? fs_fault_literal(fault, "beacon.source", "is " FS_BEACON) : 0;
}


static int
fs_gives_order(const void *one, const void *two)
{
    int               order;
    size_t            len;
    const fs_slug_t  *a, *b;

    a = one;
    b = two;
    len = a->len < b->len ? a->len : b->len;
    order = memcmp(a->data, b->data, len);

    return order != 0 ? order : (int) a->len - (int) b->len;
}


int
fs_write_terms_document(char *buf, size_t size, const fs_operator_t *op,
    const uint8_t *seed)
{
    char               commit[2 * FS_HASH_LEN];
    uint8_t            hash[FS_HASH_LEN];
    unsigned           i;
    fs_str_t           what, none = fs_str("");
    fs_writer_t        writer;
    const fs_gives_t  *gives;

    gives = &op->gives;
    fs_writer_begin(&writer, buf, size);
    fs_write_object(&writer);

    if (gives->source.len != 0) {
        fs_write_key(&writer, "beacon");
        fs_write_object(&writer);
        fs_write_number_of(&writer, "round", gives->round);
        fs_write_string_of(&writer, "source", gives->source.data,
                           gives->source.len);
        fs_write_object_end(&writer);
    }

    fs_write_text_of(&writer, "by", gives->by_desk ? "desk" : "open");

    if (seed != NULL) {
        what.data = (const char *) seed;
        what.len = FS_SEED_LEN;

        if (fs_sha256(what, none, hash) != 0) {
            return -1;
        }

        fs_hex(hash, sizeof(hash), commit);
        fs_write_string_of(&writer, "commit", commit, sizeof(commit));
    }

    fs_write_known(&writer, "\"from_fen\":", gives->from_fen);
    fs_write_text_of(&writer, "kind", fs_gives_name(gives->kind));
    fs_write_known(&writer, "\"off_fen\":", gives->off_fen);
    fs_write_prizes(&writer, gives);

    if (op->lines_n != 0) {
        fs_write_key(&writer, "sales");
        fs_write_list(&writer);

        for (i = 0; i < op->lines_n; i++) {
            fs_write_string(&writer, op->lines[i].sale.data,
                            op->lines[i].sale.len);
        }

        fs_write_list_end(&writer);
    }

    if (gives->title.len != 0) {
        fs_write_string_of(&writer, "title", gives->title.data,
                           gives->title.len);
    }

    fs_write_known(&writer, "\"total_fen\":", gives->total_fen);
    fs_write_known(&writer, "\"valid_ms\":", gives->valid_ms);
    fs_write_object_end(&writer);

    return fs_writer_end(&writer);
}


static void
fs_write_prizes(fs_writer_t *writer, const fs_gives_t *gives)
{
    unsigned  i;

    if (gives->prizes_n == 0) {
        return;
    }

    fs_write_key(writer, "prizes");
    fs_write_list(writer);

    for (i = 0; i < gives->prizes_n; i++) {
        fs_write_object(writer);
        fs_write_number_of(writer, "count", gives->prizes[i].count);
        fs_write_known(writer, "\"off_fen\":", gives->prizes[i].off_fen);
        fs_write_string_of(writer, "title", gives->prizes[i].title.data,
                           gives->prizes[i].title.len);
        fs_write_object_end(writer);
    }

    fs_write_list_end(writer);
}


/* name: with its colon.  0: it is not set. */

static void
fs_write_known(fs_writer_t *writer, const char *name, int64_t number)
{
    if (number != 0) {
        fs_write_plain(writer, name, strlen(name), 1);
        fs_write_number(writer, number);
    }
}


void
fs_write_terms(fs_writer_t *writer, const fs_terms_t *terms)
{
    fs_write_object(writer);
    fs_write_text_of(writer, "by", terms->by_desk ? "desk" : "open");
    fs_write_known(writer, "\"from_fen\":", terms->from_fen);
    fs_write_text_of(writer, "kind", fs_gives_name(terms->kind));
    fs_write_known(writer, "\"off_fen\":", terms->off_fen);
    fs_write_known(writer, "\"total_fen\":", terms->total_fen);
    fs_write_known(writer, "\"valid_ms\":", terms->valid_ms);
    fs_write_object_end(writer);
}
