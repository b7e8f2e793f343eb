
/* What each request may say, and what its fields mean together. */

#include <stdio.h>

#include "json/json_reader.h"
#include "text/text.h"


#define fs_schema(fields)  { fields, sizeof(fields) / sizeof(fields[0]) }

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

static const fs_field_t  fs_hold_fields[] = {
    fs_slug_field(fs_hold_request_t, "sale", lines[0].sale, 0),
    fs_number_field(fs_hold_request_t, "qty", lines[0].qty, 1, FS_QTY_MAX,
                    0),
    { fs_str("lines"), FS_FIELD_LIST, 0, sizeof(fs_request_line_t),
      offsetof(fs_hold_request_t, lines),
      offsetof(fs_hold_request_t, lines_n), 1, FS_LINES_MAX,
      &fs_line_schema, NULL },
    fs_slug_field(fs_hold_request_t, "pickup", pickup, 0)
};

static const fs_schema_t  fs_hold_schema = fs_schema(fs_hold_fields);


static const fs_field_t  fs_point_fields[] = {
    fs_slug_field(fs_hold_request_t, "pickup", pickup, 1)
};

static const fs_schema_t  fs_point_schema = fs_schema(fs_point_fields);


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
    FS_SALE_DOC
};

static const fs_field_t  fs_sale_fields[] = {
    { fs_str("title"), FS_FIELD_TITLE, 0, 0,
      offsetof(fs_sale_request_t, title),
      offsetof(fs_sale_request_t, title_len), 1, FS_TITLE_MAX, NULL, NULL },
    fs_number_field(fs_sale_request_t, "price_fen", price_fen, 0,
                    FS_PRICE_MAX, 1),
    fs_number_field(fs_sale_request_t, "stock", stock, 0, FS_STOCK_MAX, 1),
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
    { fs_str("doc"), FS_FIELD_DOCUMENT, 0, 0,
      offsetof(fs_sale_request_t, doc), 0, 0, FS_DOC_MAX, NULL, NULL }
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


int
fs_contact_finish(fs_contact_t *contact, fs_fault_t *fault)
{
    char    *name;
    size_t   n, len;

    name = contact->name;
    len = contact->name_len;

    while ((n = fs_blank_length(name, len)) != 0) {
        name += n;
        len -= n;
    }

    while ((len >= 1 && (n = fs_blank_length(name + len - 1, 1)) != 0)
           || (len >= 3 && (n = fs_blank_length(name + len - 3, 3)) == 3))
    {
        len -= n;
    }

    memmove(contact->name, name, len);
    memset(contact->name + len, 0, FS_NAME_MAX - len);
    contact->name_len = (uint16_t) len;

    if (len == 0) {
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
