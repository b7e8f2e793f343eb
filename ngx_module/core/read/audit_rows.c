
#include "read/audit_rows.h"
#include "read/audit_goods.h"


static int fs_audit_refund(fs_view_t *view, const fs_entry_t *entry);


const char *
fs_audit_rows(fs_view_t *view, const fs_entry_t *entry)
{
    if (view->index.txn == NULL || view->seq < entry->seq) {
        return NULL;
    }

    switch (entry->type) {

    case FS_ENTRY_REFUNDED:

        if (!fs_audit_refund(view, entry)) {
            return "is a refund that is not known by its reference";
        }

        break;

    case FS_ENTRY_SOLD:
    case FS_ENTRY_SOLD_LATE:

        /* with its first line: an index between two of them has no order */

        if (entry->line == 0 && view->seq + 1 >= entry->seq + entry->lines_n
            && !fs_audit_listed(view, entry))
        {
            return "is of an order with a line that is not listed as it is";
        }

        break;
    }

    return NULL;
}


/*
 * By its reference a refund is known again: without the rows of it in the
 * index the same money would settle another debt.
 */

static int
fs_audit_refund(fs_view_t *view, const fs_entry_t *entry)
{
    fs_payment_t  any, own;

    return fs_view_refund(view, FS_REFUND_ANY, entry->id1, &any)
           && fs_view_refund(view, entry->hold, entry->id1, &own)
           && any.seq >= entry->seq && own.seq == entry->seq;
}
