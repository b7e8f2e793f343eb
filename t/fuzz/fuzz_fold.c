
/*
 * A ledger that nobody of ours wrote: any records that are entries at all,
 * folded into an index.  The fold goes on or says that the store is damaged;
 * until then every sale adds up, and whatever can be read of it is answered.
 */

#include "stall.h"

#include "text/text.h"
#include "fold/fold.h"
#include "sheet/sheet.h"


#define RECORDS_MAX  64


static void
check_sales(stall_t *stall)
{
    char        *buf;
    uint32_t     number;
    fs_sale_t   *sale;

    buf = malloc(FS_SALE_JSON_MAX);

    for (number = 1; number <= STALL_SALES; number++) {
        sale = fs_sheet_sale(&stall->sheet, number);
        fuzz_check(sale != NULL);
        fuzz_check((uint64_t) sale->held + sale->sold <= sale->stock);
        fuzz_check(sale->stock <= FS_STOCK_MAX);
        fuzz_check(fs_answer_sale(buf, FS_SALE_JSON_MAX, sale) > 0);
    }

    free(buf);
}


static void
check_hold(stall_t *stall, fs_seq_t seq)
{
    int         len;
    char       *buf;
    fs_hold_t   hold;

    if (!fs_sheet_hold(&stall->sheet, seq, &hold)) {
        return;
    }

    fuzz_check(hold.seq == seq && hold.lines_n <= FS_LINES_MAX);
    fuzz_check(fs_hold_amount(&hold) >= 0);

    buf = malloc(FS_HOLD_JSON_MAX + FS_GIFT_JSON_MAX);
    len = fs_answer_hold(buf, FS_HOLD_JSON_MAX + FS_GIFT_JSON_MAX, &hold,
                         NULL, &stall->sheet.names, stall->now.wall);
    fuzz_check(len <= FS_HOLD_JSON_MAX + FS_GIFT_JSON_MAX);
    free(buf);
}


/*
 * A record of the bytes.  Small numbers are likely: they are what the entries
 * before it, and the sales that are there, are called.
 */

static void
make_record(fuzz_t *fuzz, uint8_t *record, fs_seq_t first)
{
    uint8_t  how, small;

    memset(record, 0, FS_ENTRY_SIZE);
    how = (uint8_t) fuzz_number(fuzz, 1);

    if (how & 0x80) {
        fuzz_bytes(fuzz, record, FS_ENTRY_HASH_OFFSET);
        record[6] = 0;
        record[7] = 0;

    } else {
        record[1] = (uint8_t) (how % FS_ENTRY_TYPES_N);
        small = (uint8_t) fuzz_number(fuzz, 1);
        record[3] = small & 7;
        record[4] = (uint8_t) (record[3] + 1 + (small >> 7));
        fs_set_le32(record + 16, (small >> 3) % (STALL_SALES + 2));
        small = (uint8_t) fuzz_number(fuzz, 1);
        fs_set_le64(record + 24, first + (small & 31));
        fs_set_le32(record + 32, small >> 5);
        record[80] = (uint8_t) fuzz_number(fuzz, 1) & 3;
        fs_set_le64(record + 56, fuzz_number(fuzz, 1) * 1000);
        record[64] = 1 + (how & 1);
        fs_set_le64(record + 40, 100);
    }

    record[0] = FS_ENTRY_VERSION;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_t      fuzz = { data, size };
    stall_t    *stall;
    uint8_t    *record, bytes[FS_ENTRY_SIZE];
    uint64_t    key;
    unsigned    n;
    fs_seq_t    first, seq;
    fs_entry_t  entry;

    stall = stall_open();
    stall_begin(stall);
    first = stall->sheet.seq + 1;

    for (n = 0; n < RECORDS_MAX && fuzz.len > 0; n++) {
        key = stall->sheet.seq + 1;
        make_record(&fuzz, bytes, first);

        if (fs_entry_decode(&entry, key, bytes, sizeof(bytes)) != 0) {
            continue;
        }

        record = fs_db_reserve(&stall->write.log,
                               stall->store->log_dbi[FS_LOG_LEDGER], &key,
                               sizeof(key), FS_ENTRY_SIZE, 0);
        fuzz_check(record != NULL);
        memcpy(record, bytes, sizeof(bytes));

        fs_fold(&stall->sheet, &entry);

        if (stall->sheet.failed) {
            break;
        }

        fuzz_check(stall->sheet.seq == key);
        check_sales(stall);
        check_hold(stall, entry.hold);
    }

    for (seq = first; seq < first + n; seq++) {
        check_hold(stall, seq);
    }

    (void) fs_sheet_end(&stall->sheet);
    fs_pair_abort(&stall->write);

    return 0;
}
