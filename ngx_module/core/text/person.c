
#include "json/field.h"
#include "text/person.h"
#include "text/text.h"


static void fs_write_contact(fs_writer_t *writer,
    const fs_contact_t *contact);


int
fs_answer_me(char *buf, size_t size, const char *code,
    const fs_contact_t *contact, const fs_counts_t *counts)
{
    fs_writer_t  writer;

    fs_writer_begin(&writer, buf, size);
    fs_write_object(&writer);
    fs_write_string_of(&writer, "code", code, FS_CODE_LEN);
    fs_write_contact(&writer, contact);

    /* no label is given to anybody yet */

    fs_write_key(&writer, "tags");
    fs_write_list(&writer);
    fs_write_list_end(&writer);

    fs_write_key(&writer, "counts");
    fs_write_object(&writer);
    fs_write_number_of(&writer, "holds", counts->holds);
    fs_write_number_of(&writer, "live", counts->live);
    fs_write_number_of(&writer, "orders", counts->orders);
    fs_write_number_of(&writer, "to_collect", counts->to_collect);
    fs_write_boolean_of(&writer, "complete", !counts->more);
    fs_write_object_end(&writer);

    fs_write_object_end(&writer);

    return fs_writer_end(&writer);
}


int
fs_answer_contact(char *buf, size_t size, const fs_contact_t *contact)
{
    fs_writer_t  writer;

    fs_writer_begin(&writer, buf, size);
    fs_write_object(&writer);
    fs_write_contact(&writer, contact);
    fs_write_object_end(&writer);

    return fs_writer_end(&writer);
}


static void
fs_write_contact(fs_writer_t *writer, const fs_contact_t *contact)
{
    unsigned  i;

    fs_write_key(writer, "contact");

    if (contact == NULL) {
        fs_write_null(writer);
        return;
    }

    fs_write_object(writer);
    fs_write_string_of(writer, "name", contact->name, contact->name_len);
    fs_write_string_of(writer, "digits", contact->digits, FS_DIGITS_LEN);

    fs_write_key(writer, "consent");
    fs_write_list(writer);

    for (i = 0; i < FS_CONSENTS_N; i++) {
        if (contact->consent & 1u << i) {
            fs_write_string(writer, fs_consent_words[i].data,
                            fs_consent_words[i].len);
        }
    }

    fs_write_list_end(writer);

    if (contact->leaving) {
        fs_write_boolean_of(writer, "leaving", 1);
    }

    fs_write_object_end(writer);
}


size_t
fs_contact_shown(const fs_contact_t *contact, char *buf)
{
    size_t  n;

    if (contact == NULL || contact->leaving
        || (contact->consent & 1u << FS_CONSENT_LABELS) == 0)
    {
        return 0;
    }

    n = fs_utf8_length(contact->name, contact->name + contact->name_len);

    if (n == 0) {
        return 0;
    }

    memcpy(buf, contact->name, n);
    memcpy(buf + n, "**", 2);

    return n + 2;
}
