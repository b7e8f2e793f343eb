
/* What each request may say, and what its fields mean together. */

#include <stdio.h>

#include "base/crypto.h"
#include "json/json_reader.h"
#include "text/text.h"


#define fs_schema(fields)  { fields, sizeof(fields) / sizeof(fields[0]) }

static int fs_hold_finish(fs_hold_request_t *request, uint32_t present,
    fs_fault_t *fault);
static int fs_pseudonym(const char *text, size_t len, uint8_t *buyer,
    fs_fault_t *fault);
static int fs_sale_gives(fs_sale_request_t *request, uint32_t present,
    fs_fault_t *fault);
static size_t fs_blank_length(const char *p, size_t len);


/* A line is first written into the hold's own array. */

static const fs_field_t  fs_line_fields[] = {
    fs_slug_field(fs_request_line_t, "sale", sale, 1),
    fs_number_field(fs_request_line_t, "qty", qty, 1, FS_QTY_MAX, 1)
};

static const fs_schema_t  fs_line_schema = fs_schema(fs_line_fields);


enum {
    FS_HOLD_SALE = 0,
    FS_HOLD_QTY,
    FS_HOLD_LINES,
    FS_HOLD_PICKUP
};

/* of a buyer's own; an order for somebody else has the first ones */
#define FS_HOLD_FIELDS                                                       \
    fs_slug_field(fs_hold_request_t, "sale", lines[0].sale, 0),              \
    fs_number_field(fs_hold_request_t, "qty", lines[0].qty, 1, FS_QTY_MAX,   \
                    0),                                                      \
    { fs_str("lines"), FS_FIELD_LIST, 0, sizeof(fs_request_line_t),          \
      offsetof(fs_hold_request_t, lines),                                    \
      offsetof(fs_hold_request_t, lines_n), 1, FS_LINES_MAX,                 \
      &fs_line_schema, NULL },                                               \
    fs_slug_field(fs_hold_request_t, "pickup", pickup, 0)

static const fs_field_t  fs_hold_fields[] = {
    FS_HOLD_FIELDS,
    fs_flag_field(fs_hold_request_t, "queue", queue, 0),
    fs_visible_field(fs_hold_request_t, "gift", gift, 0),
    fs_visible_field(fs_hold_request_t, "from", from, 0)
};

static const fs_schema_t  fs_hold_schema = fs_schema(fs_hold_fields);


static const fs_field_t  fs_cash_fields[] = {
    fs_number_field(fs_order_for_request_t, "cash_fen", cash_fen, 0,
                    FS_AMOUNT_MAX, 1),
    fs_slug_field(fs_order_for_request_t, "by", by, 1)
};

static const fs_schema_t  fs_cash_schema = fs_schema(fs_cash_fields);

enum {
    FS_ORDER_FOR_BUYER = FS_HOLD_PICKUP + 1,
    FS_ORDER_FOR_PAID
};

/* the first are those of fs_hold_fields, whose record comes first */
static const fs_field_t  fs_order_for_fields[] = {
    FS_HOLD_FIELDS,
    fs_visible_field(fs_order_for_request_t, "buyer", pseudonym, 1),
    { fs_str("paid"), FS_FIELD_OBJECT, 0, 0, 0, 0, 0, 0, &fs_cash_schema,
      NULL }
};

static const fs_schema_t  fs_order_for_schema =
    fs_schema(fs_order_for_fields);


static const fs_field_t  fs_point_fields[] = {
    fs_slug_field(fs_hold_request_t, "pickup", pickup, 1)
};

static const fs_schema_t  fs_point_schema = fs_schema(fs_point_fields);


static const fs_field_t  fs_gift_fields[] = {
    fs_visible_field(fs_hold_request_t, "gift", gift, 0)
};

static const fs_schema_t  fs_gift_schema = fs_schema(fs_gift_fields);


static const fs_field_t  fs_grant_fields[] = {
    fs_visible_field(fs_grant_request_t, "buyer", pseudonym, 1),
    { fs_str("reason"), FS_FIELD_TITLE, 1, 0,
      offsetof(fs_grant_request_t, words),
      offsetof(fs_grant_request_t, words_len), 1, FS_WORDS_MAX, NULL, NULL }
};

static const fs_schema_t  fs_grant_schema = fs_schema(fs_grant_fields);


static const fs_field_t  fs_confirm_fields[] = {
    fs_visible_field(fs_order_request_t, "payment", reference, 1),
    fs_number_field(fs_order_request_t, "paid_fen", paid_fen, 0,
                    FS_AMOUNT_MAX, 1)
};

static const fs_schema_t  fs_confirm_schema = fs_schema(fs_confirm_fields);


static const fs_field_t  fs_refunded_fields[] = {
    fs_visible_field(fs_order_request_t, "refund", reference, 1),
    fs_visible_field(fs_order_request_t, "payment", payment, 0),
    fs_number_field(fs_order_request_t, "owed", owed, 1, FS_SEQ_MAX, 0),
    fs_number_field(fs_order_request_t, "amount_fen", paid_fen, 1,
                    FS_AMOUNT_MAX, 0)
};

static const fs_schema_t  fs_refunded_schema = fs_schema(fs_refunded_fields);


const fs_str_t  fs_consent_words[] = {
#define X(name, string)  fs_str(string),
    FS_CONSENTS(X)
#undef X
};

static const fs_field_t  fs_contact_fields[] = {
    { fs_str("name"), FS_FIELD_TITLE, 1, 0,
      offsetof(fs_contact_request_t, contact.name),
      offsetof(fs_contact_request_t, contact.name_len), 1, FS_NAME_MAX, NULL,
      NULL },
    { fs_str("digits"), FS_FIELD_DIGITS, 1, 0,
      offsetof(fs_contact_request_t, contact.digits), 0, 0, FS_DIGITS_LEN,
      NULL, NULL },
    { fs_str("consent"), FS_FIELD_WORDS, 0, 0,
      offsetof(fs_contact_request_t, contact.consent), 0, 0, FS_CONSENTS_N,
      NULL, fs_consent_words }
};

static const fs_schema_t  fs_contact_schema = fs_schema(fs_contact_fields);


static const fs_field_t  fs_refund_line_fields[] = {
    fs_slug_field(fs_refund_line_t, "sale", sale, 1),
    fs_number_field(fs_refund_line_t, "qty", qty, 1, FS_QTY_MAX, 0),
    fs_number_field(fs_refund_line_t, "amount_fen", amount_fen, 1,
                    FS_AMOUNT_MAX, 0)
};

static const fs_schema_t  fs_refund_line_schema =
    fs_schema(fs_refund_line_fields);

static const fs_str_t  fs_refund_words[] = {
    fs_str("bad"),
    fs_str("short"),
    fs_str("cancelled"),
    fs_str("goodwill")
};

static const uint8_t  fs_refund_reasons[] = {
    FS_REASON_BAD,
    FS_REASON_SHORT,
    FS_REASON_CANCELLED,
    FS_REASON_GOODWILL
};

static const fs_field_t  fs_refund_fields[] = {
    { fs_str("lines"), FS_FIELD_LIST, 1, sizeof(fs_refund_line_t),
      offsetof(fs_refund_request_t, lines),
      offsetof(fs_refund_request_t, lines_n), 1, FS_LINES_MAX,
      &fs_refund_line_schema, NULL },
    { fs_str("reason"), FS_FIELD_CHOICE, 1, 0,
      offsetof(fs_refund_request_t, reason), 0, 0,
      sizeof(fs_refund_reasons), NULL, fs_refund_words },
    fs_flag_field(fs_refund_request_t, "restock", restock, 0)
};

static const fs_schema_t  fs_refund_schema = fs_schema(fs_refund_fields);


static const fs_schema_t  fs_empty_schema = { NULL, 0 };


/* in the order of fs_goal_by_t */
static const fs_str_t  fs_goal_by_words[] = {
    fs_str("sale"),
    fs_str("pickup")
};

enum {
    FS_SALE_TITLE = 0,
    FS_SALE_PRICE_FEN,
    FS_SALE_STOCK,
    FS_SALE_LIMIT,
    FS_SALE_OPENS_AT,
    FS_SALE_CLOSES_AT,
    FS_SALE_GOAL,
    FS_SALE_GOAL_BY,
    FS_SALE_HOLD_MS,
    FS_SALE_CANCEL_MS,
    FS_SALE_QUEUE,
    FS_SALE_DOC,
    FS_SALE_GIVES
};

static const fs_field_t  fs_sale_fields[] = {
    { fs_str("title"), FS_FIELD_TITLE, 0, 0,
      offsetof(fs_sale_request_t, title),
      offsetof(fs_sale_request_t, title_len), 1, FS_TITLE_MAX, NULL, NULL },
    fs_number_field(fs_sale_request_t, "price_fen", price_fen, 0,
                    FS_PRICE_MAX, 0),
    fs_number_field(fs_sale_request_t, "stock", stock, 0, FS_STOCK_MAX, 0),
    fs_number_field(fs_sale_request_t, "limit", limit, 1, FS_QTY_MAX, 0),
    fs_time_field(fs_sale_request_t, "opens_at", opens_at, 0),
    fs_time_field(fs_sale_request_t, "closes_at", closes_at, 0),
    fs_number_field(fs_sale_request_t, "goal", goal, 1, FS_STOCK_MAX, 0),
    { fs_str("goal_by"), FS_FIELD_CHOICE, 0, 0,
      offsetof(fs_sale_request_t, goal_by), 0, 0, 2, NULL,
      fs_goal_by_words },
    fs_number_field(fs_sale_request_t, "hold_ms", hold_ms,
                    FS_HOLD_MS_MIN, FS_HOLD_MS_MAX, 0),
    fs_number_field(fs_sale_request_t, "cancel_ms", cancel_ms, 0,
                    FS_CANCEL_MS_MAX, 0),
    fs_number_field(fs_sale_request_t, "queue", queue, 0, FS_STOCK_MAX, 0),
    { fs_str("doc"), FS_FIELD_DOCUMENT, 0, 0,
      offsetof(fs_sale_request_t, doc), 0, 0, FS_DOC_MAX, NULL, NULL },
    { fs_str("gives"), FS_FIELD_DOCUMENT, 0, 0,
      offsetof(fs_sale_request_t, giving), 0, 0, FS_DOC_MAX, NULL, NULL }
};

static const fs_schema_t  fs_sale_schema = fs_schema(fs_sale_fields);


typedef struct {
    int64_t              add;
} fs_stock_request_t;

static const fs_field_t  fs_stock_fields[] = {
    fs_number_field(fs_stock_request_t, "add", add, -FS_STOCK_MAX,
                    FS_STOCK_MAX, 1)
};

static const fs_schema_t  fs_stock_schema = fs_schema(fs_stock_fields);


int
fs_request_hold(fs_str_t body, fs_hold_request_t *request, fs_fault_t *fault)
{
    uint32_t  present;

    memset(request, 0, sizeof(fs_hold_request_t));

    if (fs_json_read(body, FS_BODY_MAX, &fs_hold_schema, request, &present,
                     fault)
        != 0)
    {
        return -1;
    }

    return fs_hold_finish(request, present, fault);
}


int
fs_request_order_for(fs_str_t body, fs_order_for_request_t *request,
    fs_fault_t *fault)
{
    uint32_t  present;

    memset(request, 0, sizeof(fs_order_for_request_t));

    if (fs_json_read(body, FS_BODY_MAX, &fs_order_for_schema, request,
                     &present, fault)
        != 0)
    {
        return -1;
    }

    if (fs_pseudonym(request->pseudonym, request->pseudonym_len,
                     request->buyer, fault)
        != 0)
    {
        return -1;
    }

    request->paid = (present >> FS_ORDER_FOR_PAID) & 1;

    return fs_hold_finish(&request->hold, present, fault);
}


static int
fs_pseudonym(const char *text, size_t len, uint8_t *buyer, fs_fault_t *fault)
{
    fs_str_t  pseudonym;

    pseudonym.data = text;
    pseudonym.len = len;

    return fs_crypto_pseudonym_read(pseudonym, buyer) == 0 ? 0
           : fs_fault_literal(fault, "buyer", "is a pseudonym: 32 lowercase "
                              "hexadecimal digits");
}


int
fs_request_grant(fs_str_t body, fs_grant_request_t *request,
    fs_fault_t *fault)
{
    memset(request, 0, sizeof(fs_grant_request_t));

    if (fs_json_read(body, FS_BODY_MAX, &fs_grant_schema, request, NULL,
                     fault)
        != 0)
    {
        return -1;
    }

    return fs_pseudonym(request->pseudonym, request->pseudonym_len,
                        request->buyer, fault);
}


int
fs_request_gift(fs_str_t body, fs_hold_request_t *request, fs_fault_t *fault)
{
    memset(request, 0, sizeof(fs_hold_request_t));

    return fs_json_read(body, FS_BODY_MAX, &fs_gift_schema, request, NULL,
                        fault);
}


static int
fs_hold_finish(fs_hold_request_t *request, uint32_t present,
    fs_fault_t *fault)
{
    if (present & (1 << FS_HOLD_LINES)) {

        if (present & (1 << FS_HOLD_SALE | 1 << FS_HOLD_QTY)) {
            return fs_fault_literal(fault, "lines",
                                    "takes the place of sale and qty");
        }

    } else {

        if ((present & (1 << FS_HOLD_SALE)) == 0) {
            return fs_fault_literal(fault, "sale", FS_RULE_REQUIRED);
        }

        if ((present & (1 << FS_HOLD_QTY)) == 0) {
            return fs_fault_literal(fault, "qty", FS_RULE_REQUIRED);
        }

        request->lines_n = 1;
    }

    return fs_hold_merge(request, fault);
}


int
fs_request_hold_again(fs_recents_t *recents, fs_str_t body,
    const fs_hold_request_t **request, fs_fault_t *fault)
{
    size_t        i;
    uint64_t      hash, word;
    fs_recent_t  *recent;

    if (body.len == 0 || body.len > FS_RECENT_BODY) {
        *request = &recents->request;
        return fs_request_hold(body, &recents->request, fault);
    }

    hash = body.len;

    for (i = 0; i + sizeof(word) <= body.len; i += sizeof(word)) {
        memcpy(&word, body.data + i, sizeof(word));
        hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
        hash ^= hash >> 32;
    }

    recent = &recents->recent[hash & (FS_RECENT_N - 1)];
    *request = &recent->request;

    if (recent->len == body.len
        && memcmp(recent->body, body.data, body.len) == 0)
    {
        return 0;
    }

    recent->len = 0;

    if (fs_request_hold(body, &recent->request, fault) != 0) {
        return -1;
    }

    memcpy(recent->body, body.data, body.len);
    recent->len = body.len;

    return 0;
}


int
fs_request_point(fs_str_t body, fs_hold_request_t *request,
    fs_fault_t *fault)
{
    memset(request, 0, sizeof(fs_hold_request_t));

    return fs_json_read(body, FS_BODY_MAX, &fs_point_schema, request, NULL,
                        fault);
}


int
fs_hold_merge(fs_hold_request_t *request, fs_fault_t *fault)
{
    char                rule[sizeof(fault->rule)];
    unsigned            i, j, n;
    fs_str_t            from;
    fs_request_line_t  *line, *other;

    n = 0;

    for (i = 0; i < request->lines_n; i++) {
        line = &request->lines[i];

        for (j = 0; j < n; j++) {
            other = &request->lines[j];

            if (other->sale.len == line->sale.len
                && memcmp(other->sale.data, line->sale.data, line->sale.len)
                   == 0)
            {
                break;
            }
        }

        if (j == n) {
            if (n != i) {
                request->lines[n] = *line;
            }

            n++;
            continue;
        }

        /* each is at most FS_QTY_MAX: this does not overflow */

        request->lines[j].qty += line->qty;

        if (request->lines[j].qty > FS_QTY_MAX) {
            (void) snprintf(rule, sizeof(rule), "is a whole number from 1 to "
                            "%d, added up over the lines of a sale",
                            FS_QTY_MAX);
            return fs_fault_line(fault, i, "qty", rule);
        }
    }

    request->lines_n = n;

    from.data = request->from;
    from.len = request->from_len;

    if (from.len != 0 && !fs_code_formed(from)) {
        return fs_fault_literal(fault, "from", "is somebody's code: 32 "
                                "letters and digits");
    }

    if (!request->queue) {
        return 0;
    }

    if (n != 1) {
        return fs_fault_literal(fault, "lines", "is one line where it may "
                                "wait");
    }

    if (request->gift_len != 0) {
        return fs_fault_literal(fault, "gift", "is not beside queue");
    }

    if (request->lines[0].qty > FS_QUEUED_QTY_MAX) {
        return fs_fault_literal(fault, "qty", "is from 1 to 8 where it may "
                                "wait");
    }

    return 0;
}


int
fs_request_confirm(fs_str_t body, fs_order_request_t *request,
    fs_fault_t *fault)
{
    memset(request, 0, sizeof(fs_order_request_t));

    return fs_json_read(body, FS_BODY_MAX, &fs_confirm_schema, request, NULL,
                        fault);
}


int
fs_request_refunded(fs_str_t body, fs_order_request_t *request,
    fs_fault_t *fault)
{
    memset(request, 0, sizeof(fs_order_request_t));

    return fs_json_read(body, FS_BODY_MAX, &fs_refunded_schema, request,
                        NULL, fault);
}


int
fs_request_contact(fs_str_t body, fs_contact_request_t *request,
    fs_fault_t *fault)
{
    memset(request, 0, sizeof(fs_contact_request_t));

    if (fs_json_read(body, FS_BODY_MAX, &fs_contact_schema, request, NULL,
                     fault)
        != 0)
    {
        return -1;
    }

    return fs_contact_finish(&request->contact, fault);
}


/* A blank, and the one of Chinese texts. */

static size_t
fs_blank_length(const char *p, size_t len)
{
    if (len >= 1 && *p == ' ') {
        return 1;
    }

    return len >= 3 && memcmp(p, "\xe3\x80\x80", 3) == 0 ? 3 : 0;
}


fs_str_t
fs_text_trim(fs_str_t text)
{
    size_t  n;

    while ((n = fs_blank_length(text.data, text.len)) != 0) {
        text.data += n;
        text.len -= n;
    }

    while ((text.len >= 1
            && (n = fs_blank_length(text.data + text.len - 1, 1)) != 0)
           || (text.len >= 3
               && (n = fs_blank_length(text.data + text.len - 3, 3)) == 3))
    {
        text.len -= n;
    }

    return text;
}


int
fs_contact_finish(fs_contact_t *contact, fs_fault_t *fault)
{
    fs_str_t  name;

    name.data = contact->name;
    name.len = contact->name_len;
    name = fs_text_trim(name);

    memmove(contact->name, name.data, name.len);
    memset(contact->name + name.len, 0, FS_NAME_MAX - name.len);
    contact->name_len = (uint16_t) name.len;

    if (name.len == 0) {
        return fs_field_fault(&fs_contact_fields[0],
                              fs_contact_fields[0].name, fault);
    }

    return 0;
}


int
fs_request_refund(fs_str_t body, fs_refund_request_t *request,
    fs_fault_t *fault)
{
    unsigned           i;
    fs_refund_line_t  *line;

    memset(request, 0, sizeof(fs_refund_request_t));

    if (fs_json_read(body, FS_BODY_MAX, &fs_refund_schema, request, NULL,
                     fault)
        != 0)
    {
        return -1;
    }

    request->reason = fs_refund_reasons[request->reason];

    for (i = 0; i < request->lines_n; i++) {
        line = &request->lines[i];

        if ((line->qty == 0) == (line->amount_fen == 0)) {
            return fs_fault_line(fault, i, "qty",
                                 "is there, or amount_fen, but not both");
        }
    }

    return fs_lines_once(&request->lines[0].sale, sizeof(fs_refund_line_t),
                         request->lines_n, fault);
}


int
fs_lines_once(const fs_slug_t *first, size_t width, unsigned n,
    fs_fault_t *fault)
{
    unsigned          i, j;
    const fs_slug_t  *slug, *other;

    for (i = 1; i < n; i++) {
        slug = (const fs_slug_t *) ((const char *) first + i * width);

        for (j = 0; j < i; j++) {
            other = (const fs_slug_t *) ((const char *) first + j * width);

            if (other->len == slug->len
                && memcmp(other->data, slug->data, slug->len) == 0)
            {
                return fs_fault_line(fault, i, "sale",
                                     "is in one line only");
            }
        }
    }

    return 0;
}


int
fs_request_empty(fs_str_t body, fs_fault_t *fault)
{
    if (body.len == 0) {
        fs_fault_clear(fault);
        return 0;
    }

    return fs_json_read(body, FS_BODY_MAX, &fs_empty_schema, NULL, NULL,
                        fault);
}


int
fs_request_sale(fs_str_t body, fs_sale_request_t *request, fs_fault_t *fault)
{
    uint32_t          present;
    fs_points_list_t  points;

    memset(request, 0, sizeof(fs_sale_request_t));

    if (fs_json_read(body, FS_BODY_ADMIN_MAX, &fs_sale_schema, request,
                     &present, fault)
        != 0)
    {
        return -1;
    }

    if (request->giving.data == NULL
        && (present & (1 << FS_SALE_PRICE_FEN)) == 0)
    {
        return fs_fault_literal(fault, "price_fen", FS_RULE_REQUIRED);
    }

    if ((present & (1 << FS_SALE_STOCK)) == 0) {
        return fs_fault_literal(fault, "stock", FS_RULE_REQUIRED);
    }

    if (request->giving.data != NULL
        && fs_sale_gives(request, present, fault) != 0)
    {
        return -1;
    }

    request->queues = (present >> FS_SALE_QUEUE) & 1;

    if ((present & (1 << FS_SALE_OPENS_AT))
        && (present & (1 << FS_SALE_CLOSES_AT))
        && request->closes_at <= request->opens_at)
    {
        return fs_fault_literal(fault, "closes_at", "is after opens_at");
    }

    if ((present & (1 << FS_SALE_GOAL_BY))
        && (present & (1 << FS_SALE_GOAL)) == 0)
    {
        return fs_fault_literal(fault, "goal_by", "is only beside a goal");
    }

    if (request->doc.data != NULL
        && fs_points_read(request->doc, &points) != 0)
    {
        return fs_fault_literal(fault, "doc.pickups",
                                "has at most 256 pickup points");
    }

    /* no group could form: a slip of the pen */

    if (request->goal > request->stock) {
        return fs_fault_literal(fault, "goal", "is at most the stock");
    }

    return 0;
}


/* What is given is not sold: nothing that a price or a group has to do with
 * it. */

static int
fs_sale_gives(fs_sale_request_t *request, uint32_t present,
    fs_fault_t *fault)
{
    unsigned  i;

    static const uint8_t  sold[] = {
        FS_SALE_PRICE_FEN, FS_SALE_GOAL, FS_SALE_GOAL_BY, FS_SALE_HOLD_MS,
        FS_SALE_CANCEL_MS, FS_SALE_QUEUE
    };

    for (i = 0; i < sizeof(sold); i++) {
        if (present & (1u << sold[i])) {
            return fs_fault(fault, FS_BAD_REQUEST,
                            fs_sale_fields[sold[i]].name,
                            "is not beside gives");
        }
    }

    if (fs_request_gives(request->giving, &request->gives, fault) != 0) {
        return -1;
    }

    if ((present & (1 << FS_SALE_LIMIT)) == 0) {
        request->limit = 1;
    }

    if (request->gives.beacon.round != 0
        && fs_beacon_at(request->gives.beacon.round) <= request->closes_at)
    {
        return fs_fault_literal(fault, "gives.beacon.round",
                                "is out after closes_at");
    }

    if (request->gives.kind != FS_GIVES_PACKET) {
        return 0;
    }

    if (request->stock < 1 || request->stock > FS_PACKETS_MAX) {
        return fs_fault_literal(fault, "stock", "is from 1 to 10000 packets");
    }

    /* a fen each */

    if (request->gives.total_fen < request->stock) {
        return fs_fault_literal(fault, "gives.total_fen",
                                "is at least the stock");
    }

    return 0;
}


int
fs_request_stock(fs_str_t body, int64_t *add, fs_fault_t *fault)
{
    fs_stock_request_t  request;

    if (fs_json_read(body, FS_BODY_ADMIN_MAX, &fs_stock_schema, &request,
                     NULL, fault)
        != 0)
    {
        return -1;
    }

    *add = request.add;

    return 0;
}


int
fs_request_document(fs_str_t body, fs_fault_t *fault)
{
    return fs_json_read(body, FS_DOC_MAX, NULL, NULL, NULL, fault);
}
