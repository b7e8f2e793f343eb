
/*
 * Any bytes as a contact, the first byte says in what: a row, JSON, a form.
 * What is taken keeps its limits, comes back from a row as it was, and the
 * answer made of it fits and is JSON.
 */

#include "fuzz.h"

#include "unit/request_limits.h"

#include "people/contacts.h"
#include "text/text.h"
#include "text/person.h"


static void
check_contact(const fs_contact_t *contact)
{
    int           len;
    char         *buf;
    uint8_t       row[FS_CONTACT_ROW];
    fs_str_t      str = { FS_CONTACT_ROW, (char *) row };
    fs_counts_t   counts = { UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX,
                             1 };
    fs_contact_t  again;

    fuzz_check(contact->name_len >= 1 && contact->name_len <= FS_NAME_MAX);
    fuzz_check(contact->consent >> FS_CONSENTS_N == 0);
    fuzz_check(memchr(contact->name, '\n', contact->name_len) == NULL);

    fs_contact_row_encode(contact, row);
    fuzz_check(fs_contact_row_decode(&again, str) == 0);
    fuzz_check(memcmp(&again, contact, sizeof(again)) == 0);

    buf = malloc(FS_PERSON_JSON_MAX);
    len = fs_answer_me(buf, FS_PERSON_JSON_MAX,
                       "0123456789abcdefghjkmnpqrstvwxyz", contact, &counts);
    fuzz_check(len > 0 && limits_json(buf, (size_t) len));
    free(buf);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                    rc;
    uint8_t                again[FS_CONTACT_ROW];
    fs_str_t               body;
    fs_fault_t             fault;
    fs_contact_t           contact;
    fs_contact_request_t  *request;

    if (size == 0) {
        return 0;
    }

    body.len = size - 1;
    body.data = fuzz_copy(data + 1, body.len);

    if (data[0] % 3 == 0) {

        if (fs_contact_row_decode(&contact, body) == 0) {
            check_contact(&contact);
            fs_contact_row_encode(&contact, again);
            fuzz_check(memcmp(again, body.data, FS_CONTACT_ROW) == 0);
        }

    } else {
        request = calloc(1, sizeof(*request));

        rc = (data[0] % 3 == 1 ? fs_request_contact
                               : fs_request_contact_form)(body, request,
                                                          &fault);
        if (rc == 0) {
            check_contact(&request->contact);

        } else {
            fuzz_check(fault.outcome != FS_OK);
        }

        free(request);
    }

    free((char *) body.data);

    return 0;
}
