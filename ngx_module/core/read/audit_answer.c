
#include "json/json_writer.h"
#include "read/audit_answer.h"


int
fs_answer_audit(char *buf, size_t size, const fs_audit_t *audit)
{
    char                    hash[2 * FS_HASH_LEN];
    size_t                  i;
    fs_writer_t             writer;
    const fs_audit_sale_t  *sale;

    static const char  digits[] = "0123456789abcdef";

    fs_writer_begin(&writer, buf, size);

    fs_write_object(&writer);
    fs_write_boolean_of(&writer, "ok", audit->ok);
    fs_write_key(&writer, "sales");
    fs_write_list(&writer);

    for (i = 0; i < audit->sales_n; i++) {
        sale = &audit->sales[i];

        fs_write_object(&writer);
        fs_write_string_of(&writer, "id", sale->slug.data, sale->slug.len);
        fs_write_number_of(&writer, "stock", sale->stock);
        fs_write_number_of(&writer, "free",
                           sale->stock - sale->held - sale->sold);
        fs_write_number_of(&writer, "held", sale->held);
        fs_write_number_of(&writer, "sold", sale->sold);
        fs_write_boolean_of(&writer, "ok", sale->ok);
        fs_write_object_end(&writer);
    }

    fs_write_list_end(&writer);

    for (i = 0; i < FS_HASH_LEN; i++) {
        hash[2 * i] = digits[audit->hash[i] >> 4];
        hash[2 * i + 1] = digits[audit->hash[i] & 15];
    }

    fs_write_key(&writer, "owed");
    fs_write_object(&writer);
    fs_write_number_of(&writer, "fen", audit->owed.fen);
    fs_write_number_of(&writer, "debts", (int64_t) audit->owed.debts);
    fs_write_number_of(&writer, "overdue", (int64_t) audit->overdue);
    fs_write_object_end(&writer);

    fs_write_key(&writer, "ledger");
    fs_write_object(&writer);
    fs_write_number_of(&writer, "last_seq", (int64_t) audit->last_seq);
    fs_write_string_of(&writer, "hash", hash, sizeof(hash));
    fs_write_object_end(&writer);

    if (audit->problem[0] != '\0') {
        fs_write_text_of(&writer, "problem", audit->problem);
    }

    fs_write_object_end(&writer);

    return fs_writer_end(&writer);
}
