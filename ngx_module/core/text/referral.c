
#include "text/referral.h"

#include "json/json_reader.h"


static const fs_field_t  fs_referral_fields[] = {
    fs_slug_field(fs_referral_request_t, "inviter", inviter, 1),
    fs_slug_field(fs_referral_request_t, "newcomer", newcomer, 1),
    fs_number_field(fs_referral_request_t, "per_inviter", per_inviter, 1,
                    FS_PER_INVITER_MAX, 1)
};

static const fs_schema_t  fs_referral_schema = {
    fs_referral_fields,
    sizeof(fs_referral_fields) / sizeof(fs_referral_fields[0])
};


int
fs_referral_is(fs_str_t kind, fs_str_t id)
{
    static const char  shop[] = "shop", referral[] = "referral";

    return kind.len == sizeof(shop) - 1
           && memcmp(kind.data, shop, kind.len) == 0
           && id.len == sizeof(referral) - 1
           && memcmp(id.data, referral, id.len) == 0;
}


int
fs_request_referral(fs_str_t doc, fs_referral_request_t *request,
    fs_fault_t *fault)
{
    memset(request, 0, sizeof(fs_referral_request_t));

    return fs_json_read(doc, FS_DOC_MAX, &fs_referral_schema, request, NULL,
                        fault);
}


void
fs_referral_fault(unsigned which, fs_fault_t *fault)
{
    (void) fs_fault_literal(fault, which == FS_REFERRAL_INVITER
                                   ? "inviter" : "newcomer",
                            "is a sale that gives something");
}
