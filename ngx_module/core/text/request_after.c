
/*
 * What may be said once an order is paid: goods that come and are handed
 * over, claims, and what an operator owes to all buyers of a sale.
 */

#include "json/json_reader.h"
#include "text/text.h"


#define fs_schema(fields)  { fields, sizeof(fields) / sizeof(fields[0]) }


static const fs_str_t  fs_via_words[] = {
    fs_str("scan"),
    fs_str("code"),
    fs_str("list")
};

static const uint8_t  fs_vias[] = {
    FS_VIA_SCAN,
    FS_VIA_CODE,
    FS_VIA_LIST
};


/* A line is handed over whole: who says how much says it of all of it. */
static const fs_field_t  fs_handed_line_fields[] = {
    fs_slug_field(fs_request_line_t, "sale", sale, 1),
    fs_number_field(fs_request_line_t, "qty", qty, 1, FS_QTY_MAX, 0)
};

static const fs_schema_t  fs_handed_line_schema =
    fs_schema(fs_handed_line_fields);

enum {
    FS_HAND_OVER_NONCE = 0,
    FS_HAND_OVER_VIA
};

static const fs_field_t  fs_hand_over_fields[] = {
    fs_visible_field(fs_hand_over_request_t, "nonce", nonce, 1),
    { fs_str("via"), FS_FIELD_CHOICE, 0, 0,
      offsetof(fs_hand_over_request_t, via), 0, 0, sizeof(fs_vias), NULL,
      fs_via_words },
    { fs_str("device_at"), FS_FIELD_INTEGER, 0, sizeof(int64_t),
      offsetof(fs_hand_over_request_t, device_at), 0, -FS_DEVICE_AT_MAX,
      FS_DEVICE_AT_MAX, NULL, NULL },
    { fs_str("lines"), FS_FIELD_LIST, 0, sizeof(fs_request_line_t),
      offsetof(fs_hand_over_request_t, lines),
      offsetof(fs_hand_over_request_t, lines_n), 1, FS_LINES_MAX,
      &fs_handed_line_schema, NULL }
};

static const fs_schema_t  fs_hand_over_schema =
    fs_schema(fs_hand_over_fields);

/* the nonce alone */
static const fs_schema_t  fs_put_back_schema = { fs_hand_over_fields, 1 };


const fs_str_t  fs_claim_words[] = {
    fs_str("bad"),
    fs_str("short"),
    fs_str("damaged"),
    fs_str("wrong")
};

const uint8_t  fs_claim_reasons[] = {
    FS_REASON_BAD,
    FS_REASON_SHORT,
    FS_REASON_DAMAGED,
    FS_REASON_WRONG
};

static const fs_field_t  fs_claim_fields[] = {
    fs_slug_field(fs_claim_request_t, "sale", sale, 1),
    fs_number_field(fs_claim_request_t, "qty", qty, 1, FS_QTY_MAX, 1),
    { fs_str("reason"), FS_FIELD_CHOICE, 1, 0,
      offsetof(fs_claim_request_t, reason), 0, 0, FS_CLAIM_REASONS, NULL,
      fs_claim_words }
};

static const fs_schema_t  fs_claim_schema = fs_schema(fs_claim_fields);


typedef struct {
    uint8_t              accept;
} fs_answer_request_t;

static const fs_field_t  fs_answer_fields[] = {
    fs_flag_field(fs_answer_request_t, "accept", accept, 1)
};

static const fs_schema_t  fs_answer_schema = fs_schema(fs_answer_fields);


static const fs_field_t  fs_reason_fields[] = {
    { fs_str("reason"), FS_FIELD_TITLE, 1, 0,
      offsetof(fs_reason_request_t, words),
      offsetof(fs_reason_request_t, words_len), 1, FS_WORDS_MAX, NULL, NULL },
    fs_number_field(fs_reason_request_t, "fen_each", fen_each, 1,
                    FS_PRICE_MAX, 1)
};

static const fs_schema_t  fs_call_off_schema = { fs_reason_fields, 1 };
static const fs_schema_t  fs_compensate_schema = { fs_reason_fields, 2 };


typedef struct {
    fs_slug_t            sale;
} fs_pin_request_t;

static const fs_field_t  fs_pin_fields[] = {
    fs_slug_field(fs_pin_request_t, "sale", sale, 0)
};

static const fs_schema_t  fs_pin_schema = fs_schema(fs_pin_fields);


static const fs_field_t  fs_wave_fields[] = {
    { fs_str("sales"), FS_FIELD_SLUGS, 1, sizeof(fs_slug_t),
      offsetof(fs_wave_request_t, sales),
      offsetof(fs_wave_request_t, sales_n), 1, FS_WAVE_SALES_MAX, NULL,
      NULL },
    fs_time_field(fs_wave_request_t, "cut_at", cut_at, 1),
    { fs_str("day"), FS_FIELD_DAY, 0, sizeof(uint32_t),
      offsetof(fs_wave_request_t, day), 0, 0, 0, NULL, NULL }
};

static const fs_schema_t  fs_wave_schema = fs_schema(fs_wave_fields);


static const fs_field_t  fs_received_line_fields[] = {
    fs_slug_field(fs_request_line_t, "sale", sale, 1),
    fs_number_field(fs_request_line_t, "qty", qty, 0, FS_STOCK_MAX, 1)
};

static const fs_schema_t  fs_received_line_schema =
    fs_schema(fs_received_line_fields);

static const fs_field_t  fs_receive_fields[] = {
    fs_slug_field(fs_receive_request_t, "pickup", pickup, 0),
    { fs_str("lines"), FS_FIELD_LIST, 1, sizeof(fs_request_line_t),
      offsetof(fs_receive_request_t, lines),
      offsetof(fs_receive_request_t, lines_n), 1, FS_WAVE_SALES_MAX,
      &fs_received_line_schema, NULL },
    fs_flag_field(fs_receive_request_t, "final", final, 0)
};

static const fs_schema_t  fs_receive_schema = fs_schema(fs_receive_fields);


int
fs_request_hand_over(fs_str_t body, fs_hand_over_request_t *request,
    fs_fault_t *fault)
{
    uint32_t  present;

    memset(request, 0, sizeof(fs_hand_over_request_t));

    /* version 1 */

    if (fs_request_empty(body, fault) == 0) {
        return 0;
    }

    if (fs_json_read(body, FS_BODY_MAX, &fs_hand_over_schema, request,
                     &present, fault)
        != 0)
    {
        return -1;
    }

    /* whoever does not say how has it before them, in a list */

    request->via = (present & (1 << FS_HAND_OVER_VIA))
                   ? fs_vias[request->via] : FS_VIA_LIST;

    return fs_lines_once(&request->lines[0].sale, sizeof(fs_request_line_t),
                         request->lines_n, fault);
}


int
fs_request_put_back(fs_str_t body, fs_hand_over_request_t *request,
    fs_fault_t *fault)
{
    memset(request, 0, sizeof(fs_hand_over_request_t));

    return fs_json_read(body, FS_BODY_MAX, &fs_put_back_schema, request,
                        NULL, fault);
}


int
fs_request_claim(fs_str_t body, fs_claim_request_t *request,
    fs_fault_t *fault)
{
    memset(request, 0, sizeof(fs_claim_request_t));

    if (fs_json_read(body, FS_BODY_MAX, &fs_claim_schema, request, NULL,
                     fault)
        != 0)
    {
        return -1;
    }

    request->reason = fs_claim_reasons[request->reason];

    return 0;
}


int
fs_request_answer(fs_str_t body, uint8_t *accept, fs_fault_t *fault)
{
    fs_answer_request_t  request;

    if (fs_json_read(body, FS_BODY_MAX, &fs_answer_schema, &request, NULL,
                     fault)
        != 0)
    {
        return -1;
    }

    *accept = request.accept;

    return 0;
}


int
fs_request_call_off(fs_str_t body, fs_reason_request_t *request,
    fs_fault_t *fault)
{
    memset(request, 0, sizeof(fs_reason_request_t));

    return fs_json_read(body, FS_BODY_ADMIN_MAX, &fs_call_off_schema,
                        request, NULL, fault);
}


int
fs_request_compensate(fs_str_t body, fs_reason_request_t *request,
    fs_fault_t *fault)
{
    memset(request, 0, sizeof(fs_reason_request_t));

    return fs_json_read(body, FS_BODY_ADMIN_MAX, &fs_compensate_schema,
                        request, NULL, fault);
}


int
fs_write_words(char *buf, size_t size, const fs_reason_request_t *request)
{
    fs_writer_t  writer;

    fs_writer_begin(&writer, buf, size);
    fs_write_object(&writer);
    fs_write_string_of(&writer, "reason", request->words,
                       request->words_len);

    if (request->fen_each != 0) {
        fs_write_number_of(&writer, "fen_each", request->fen_each);
    }

    fs_write_object_end(&writer);

    return fs_writer_end(&writer);
}


int
fs_request_pin(fs_str_t body, fs_slug_t *sale, fs_fault_t *fault)
{
    fs_pin_request_t  request;

    memset(&request, 0, sizeof(request));

    if (fs_json_read(body, FS_BODY_ADMIN_MAX, &fs_pin_schema, &request, NULL,
                     fault)
        != 0)
    {
        return -1;
    }

    *sale = request.sale;

    return 0;
}


int
fs_request_wave(fs_str_t body, fs_wave_request_t *request, fs_fault_t *fault)
{
    memset(request, 0, sizeof(fs_wave_request_t));

    return fs_json_read(body, FS_BODY_ADMIN_MAX, &fs_wave_schema, request,
                        NULL, fault);
}


int
fs_request_receive(fs_str_t body, fs_receive_request_t *request,
    fs_fault_t *fault)
{
    memset(request, 0, sizeof(fs_receive_request_t));

    if (fs_json_read(body, FS_BODY_ADMIN_MAX, &fs_receive_schema, request,
                     NULL, fault)
        != 0)
    {
        return -1;
    }

    return fs_lines_once(&request->lines[0].sale, sizeof(fs_request_line_t),
                         request->lines_n, fault);
}
