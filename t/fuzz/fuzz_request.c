
/*
 * Any bytes as a JSON body, to each reader.  Nothing breaks, no limit is
 * passed; and a body that is taken means the same when its JSON is written
 * anew: no blanks, escapes in one way, only where they are needed.
 */

#include <yajl/yajl_gen.h>
#include <yajl/yajl_parse.h>

#include "fuzz.h"

#include "unit/request_limits.h"
#include "text/text.h"


static int
write_null(void *gen)
{
    return yajl_gen_null(gen) == yajl_gen_status_ok;
}


static int
write_boolean(void *gen, int value)
{
    return yajl_gen_bool(gen, value) == yajl_gen_status_ok;
}


static int
write_number(void *gen, const char *text, size_t len)
{
    return yajl_gen_number(gen, text, len) == yajl_gen_status_ok;
}


static int
write_string(void *gen, const unsigned char *text, size_t len)
{
    return yajl_gen_string(gen, text, len) == yajl_gen_status_ok;
}


static int
write_map(void *gen)
{
    return yajl_gen_map_open(gen) == yajl_gen_status_ok;
}


static int
write_map_end(void *gen)
{
    return yajl_gen_map_close(gen) == yajl_gen_status_ok;
}


static int
write_array(void *gen)
{
    return yajl_gen_array_open(gen) == yajl_gen_status_ok;
}


static int
write_array_end(void *gen)
{
    return yajl_gen_array_close(gen) == yajl_gen_status_ok;
}


/* The body written anew; len 0: not even yajl takes it. */

static fs_str_t
written_anew(fs_str_t body)
{
    size_t                len;
    fs_str_t              anew = fs_null_str;
    yajl_gen              gen;
    yajl_handle           parser;
    const unsigned char  *text;

    static const yajl_callbacks  callbacks = {
        write_null, write_boolean, NULL, NULL, write_number, write_string,
        write_map, write_string, write_map_end, write_array, write_array_end
    };

    gen = yajl_gen_alloc(NULL);
    parser = yajl_alloc(&callbacks, NULL, gen);
    fuzz_check(gen != NULL && parser != NULL);

    if (yajl_parse(parser, (const unsigned char *) body.data, body.len)
        == yajl_status_ok
        && yajl_complete_parse(parser) == yajl_status_ok
        && yajl_gen_get_buf(gen, &text, &len) == yajl_gen_status_ok)
    {
        anew.len = len;
        anew.data = fuzz_copy(text, len);
    }

    yajl_free(parser);
    yajl_gen_free(gen);

    return anew;
}


static void
check_hold(fs_str_t body, fs_str_t anew)
{
    fs_fault_t         fault;
    fs_hold_request_t  first, second;

    if (fs_request_hold(body, &first, &fault) == 0) {
        fuzz_check(fs_request_hold(anew, &second, &fault) == 0);
        fuzz_check(memcmp(&first, &second, sizeof(first)) == 0);
    }
}


static void
check_order(fs_str_t body, fs_str_t anew)
{
    unsigned             i;
    fs_fault_t           fault;
    fs_order_request_t   first, second;
    fs_refund_request_t  refund, again;

    if (fs_request_confirm(body, &first, &fault) == 0) {
        fuzz_check(fs_request_confirm(anew, &second, &fault) == 0);
        fuzz_check(memcmp(&first, &second, sizeof(first)) == 0);
    }

    if (fs_request_refunded(body, &first, &fault) == 0) {
        fuzz_check(fs_request_refunded(anew, &second, &fault) == 0);
        fuzz_check(memcmp(&first, &second, sizeof(first)) == 0);
        fuzz_check(first.owed >= 0 && first.paid_fen >= 0);
    }

    if (fs_request_refund(body, &refund, &fault) == 0) {
        fuzz_check(fs_request_refund(anew, &again, &fault) == 0);
        fuzz_check(memcmp(&refund, &again, sizeof(refund)) == 0);
        fuzz_check(refund.lines_n >= 1 && refund.lines_n <= FS_LINES_MAX
                   && refund.restock <= 1
                   && refund.reason < FS_REASONS_N);

        for (i = 0; i < refund.lines_n; i++) {
            fuzz_check((refund.lines[i].qty == 0)
                       != (refund.lines[i].amount_fen == 0));
        }
    }
}


/* A sale's doc is what the reader of documents takes, and no other. */

static void
check_sale(fs_str_t body, fs_str_t anew)
{
    fs_str_t           doc, doc_anew;
    fs_fault_t         fault;
    fs_sale_request_t  first, second;

    if (fs_request_sale(body, &first, &fault) != 0) {
        return;
    }

    fuzz_check(fs_request_sale(anew, &second, &fault) == 0);

    doc = first.doc;
    doc_anew = second.doc;
    first.doc = second.doc;

    /* what it gives is compared as it was understood */

    fuzz_check((first.giving.data == NULL) == (second.giving.data == NULL));
    first.giving = second.giving;
    fuzz_check(memcmp(&first, &second, sizeof(first)) == 0);
    fuzz_check((doc.data == NULL) == (doc_anew.data == NULL));

    if (doc.data == NULL) {
        return;
    }

    doc.data = fuzz_copy(doc.data, doc.len);
    fuzz_check(fs_request_document(doc, &fault) == 0);

    anew = written_anew(doc);
    fuzz_check(fuzz_same(anew, doc_anew));

    free((char *) anew.data);
    free((char *) doc.data);
}


/* A reader's structures of a body and of it written anew. */
#define CHECK_SAME(reader, type)                                             \
    do {                                                                     \
        type        first, second;                                           \
        fs_fault_t  fault;                                                   \
                                                                             \
        if (reader(body, &first, &fault) == 0) {                             \
            fuzz_check(reader(anew, &second, &fault) == 0);                  \
            fuzz_check(memcmp(&first, &second, sizeof(type)) == 0);          \
        }                                                                    \
    } while (0)


static void
check_after(fs_str_t body, fs_str_t anew)
{
    if (body.len > 0) {
        CHECK_SAME(fs_request_hand_over, fs_hand_over_request_t);
    }

    CHECK_SAME(fs_request_put_back, fs_hand_over_request_t);
    CHECK_SAME(fs_request_claim, fs_claim_request_t);
    CHECK_SAME(fs_request_answer, uint8_t);
    CHECK_SAME(fs_request_call_off, fs_reason_request_t);
    CHECK_SAME(fs_request_compensate, fs_reason_request_t);
    CHECK_SAME(fs_request_wave, fs_wave_request_t);
    CHECK_SAME(fs_request_receive, fs_receive_request_t);
}


static void
check_others(fs_str_t body, fs_str_t anew)
{
    int64_t     first, second;
    uint8_t     beacon[FS_HASH_LEN], again[FS_HASH_LEN];
    fs_fault_t  fault;

    if (fs_request_draw(body, beacon, &fault) == 0) {
        fuzz_check(fs_request_draw(anew, again, &fault) == 0);
        fuzz_check(memcmp(beacon, again, sizeof(beacon)) == 0);
    }

    if (fs_request_stock(body, &first, &fault) == 0) {
        fuzz_check(fs_request_stock(anew, &second, &fault) == 0);
        fuzz_check(first == second);
    }

    if (body.len > 0 && fs_request_empty(body, &fault) == 0) {
        fuzz_check(fuzz_same(anew, (fs_str_t) fs_str("{}")));
    }

    if (fs_request_document(body, &fault) == 0) {
        fuzz_check(fs_request_document(anew, &fault) == 0);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fs_str_t     body = { size, (const char *) data }, anew;
    const char  *broken;

    broken = limits_body(body);

    if (broken != NULL) {
        fuzz_broken(broken, __FILE__, __LINE__);
    }

    anew = written_anew(body);

    check_hold(body, anew);
    check_order(body, anew);
    check_sale(body, anew);
    check_after(body, anew);
    check_others(body, anew);

    free((char *) anew.data);

    return 0;
}
