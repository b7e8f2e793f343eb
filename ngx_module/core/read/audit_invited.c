
#include "read/audit_invited.h"

#include <stdlib.h>

#include "read/view_invited.h"
#include "sheet/sheet_referral.h"


static const char *fs_audit_referred(fs_audit_invited_t *invited,
    fs_view_t *view, const fs_entry_t *entry);
static const char *fs_audit_given(fs_audit_invited_t *invited,
    const fs_entry_t *entry);
static void fs_audit_handed(fs_audit_invited_t *invited, fs_view_t *view,
    const fs_entry_t *entry);
static fs_audit_newcomer_t *fs_audit_newcomer(fs_audit_invited_t *invited,
    fs_seq_t seq);
static int fs_audit_buyer(fs_view_t *view, fs_seq_t hold, uint8_t *buyer);
static int fs_audit_row(fs_view_t *view, const uint8_t *newcomer,
    fs_invited_t *row);


const char *
fs_audit_invited(fs_audit_invited_t *invited, fs_view_t *view,
    const fs_entry_t *entry)
{
    switch (entry->type) {

    case FS_ENTRY_REFERRED:
        return fs_audit_referred(invited, view, entry);

    case FS_ENTRY_GRANTED:
        return entry->reason ? fs_audit_given(invited, entry) : NULL;

    case FS_ENTRY_PICKED_UP:

        if (invited->n != 0) {
            fs_audit_handed(invited, view, entry);
        }

        break;
    }

    return NULL;
}


static const char *
fs_audit_referred(fs_audit_invited_t *invited, fs_view_t *view,
    const fs_entry_t *entry)
{
    size_t                room;
    uint8_t               newcomer[FS_BUYER_LEN], listed[FS_BUYER_LEN];
    fs_seq_t              seq;
    fs_invited_t          row;
    fs_audit_newcomer_t  *list;

    if (invited->n == invited->room) {
        room = invited->room ? invited->room * 2 : 64;
        list = realloc(invited->list, room * sizeof(fs_audit_newcomer_t));

        if (list == NULL) {
            return "brings one more than there is memory for";
        }

        invited->list = list;
        invited->room = room;
    }

    memset(&invited->list[invited->n], 0, sizeof(fs_audit_newcomer_t));
    invited->list[invited->n++].seq = entry->seq;

    if (!fs_audit_buyer(view, entry->hold, newcomer)) {
        return "brings nobody who has a hold";
    }

    if (view->index.txn == NULL || view->seq < entry->seq) {
        return NULL;
    }

    seq = entry->seq - 1;

    if (!fs_audit_row(view, newcomer, &row) || row.seq != entry->seq
        || memcmp(row.inviter, entry->id1, FS_BUYER_LEN) != 0
        || !fs_view_next_invited(view, entry->id1, &seq, listed)
        || seq != entry->seq || memcmp(listed, newcomer, FS_BUYER_LEN) != 0)
    {
        return "brings somebody whom the index has otherwise";
    }

    return NULL;
}


/* Something for the one or the other: once, and for the inviter only when
 * there was a hand-over. */

static const char *
fs_audit_given(fs_audit_invited_t *invited, const fs_entry_t *entry)
{
    uint8_t               bit;
    fs_audit_newcomer_t  *newcomer;

    bit = fs_invited_bit(entry->reason);
    newcomer = fs_audit_newcomer(invited, fs_entry_referred(entry));

    if (newcomer == NULL || (newcomer->given & bit)) {
        return "gives something for a newcomer who is none, or once more";
    }

    newcomer->given |= bit;

    if (entry->reason == FS_REASON_INVITER && !newcomer->handed
        && !invited->unsure)
    {
        return "gives something for a newcomer who has collected nothing";
    }

    return NULL;
}


/* Goods of an order.  Whose it is is its first entry's to say, and whether
 * they were brought the index's. */

static void
fs_audit_handed(fs_audit_invited_t *invited, fs_view_t *view,
    const fs_entry_t *entry)
{
    uint8_t               buyer[FS_BUYER_LEN];
    fs_invited_t          row;
    fs_audit_newcomer_t  *newcomer;

    if (!fs_audit_buyer(view, entry->hold, buyer)) {
        return;
    }

    if (view->index.txn == NULL || view->seq < entry->seq) {
        invited->unsure = 1;
        return;
    }

    if (!fs_audit_row(view, buyer, &row)) {
        return;
    }

    newcomer = fs_audit_newcomer(invited, row.seq);

    if (newcomer != NULL) {
        newcomer->handed = 1;
    }
}


const char *
fs_audit_invited_rows(fs_audit_invited_t *invited, fs_view_t *view)
{
    int                   found;
    char                  kind;
    size_t                n, listed, run;
    uint8_t               inviter[FS_BUYER_LEN];
    uint64_t              counted;
    const char           *wrong;
    fs_db_walk_t          walk;
    fs_invited_t          row;
    fs_audit_newcomer_t  *newcomer;

    n = 0;
    run = 0;
    listed = 0;
    counted = 0;
    wrong = NULL;
    memset(inviter, 0, sizeof(inviter));

    for (found = fs_db_walk(&walk, &view->index,
                            view->store->index_dbi[FS_INDEX_INVITED], NULL, 0,
                            MDB_FIRST);
         found && wrong == NULL;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        kind = walk.key.len >= FS_INVITED_KEY ? walk.key.data[0] : 0;

        if (kind == FS_INVITED_COUNT && walk.value.len == 4) {
            counted += fs_get_le32(walk.value.data);

        } else if (kind == FS_INVITED_LIST
                   && walk.key.len == FS_INVITED_LISTED)
        {
            /* as many as are counted of one inviter, who come in a row */

            run = memcmp(inviter, walk.key.data + 1, FS_BUYER_LEN) == 0
                  ? run + 1 : 1;
            memcpy(inviter, walk.key.data + 1, FS_BUYER_LEN);
            listed++;

            if (run > fs_view_invited_by(view, inviter)) {
                wrong = "lists more newcomers of one inviter than it counts";
            }

        } else if (kind == FS_INVITED_ONE
                   && fs_invited_row_decode(&row, walk.value) == 0)
        {
            newcomer = fs_audit_newcomer(invited, row.seq);
            n++;

            if (newcomer == NULL || newcomer->rows++
                || row.given != newcomer->given
                || (!invited->unsure && row.handed != newcomer->handed))
            {
                wrong = "has other newcomers than the entries brought";
            }

        } else {
            wrong = "has a row of newcomers that cannot be read";
        }
    }

    fs_db_walk_end(&walk);

    if (wrong == NULL
        && (n != invited->n || listed != invited->n || counted != invited->n))
    {
        wrong = "has more newcomers than the entries brought, or fewer";
    }

    return wrong;
}


void
fs_audit_invited_free(fs_audit_invited_t *invited)
{
    free(invited->list);
}


static fs_audit_newcomer_t *
fs_audit_newcomer(fs_audit_invited_t *invited, fs_seq_t seq)
{
    size_t  low, high, middle;

    low = 0;
    high = invited->n;

    while (low < high) {
        middle = low + (high - low) / 2;

        if (invited->list[middle].seq < seq) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return low < invited->n && invited->list[low].seq == seq
           ? &invited->list[low] : NULL;
}


/* Who made a hold, which is no gift, by its first entry.  1; 0: nobody. */

static int
fs_audit_buyer(fs_view_t *view, fs_seq_t hold, uint8_t *buyer)
{
    fs_entry_t  first;

    if (hold == 0 || fs_view_entries(view, hold - 1, 1, &first) != 1
        || (first.type != FS_ENTRY_HELD && first.type != FS_ENTRY_QUEUED))
    {
        return 0;
    }

    memcpy(buyer, first.id1, FS_BUYER_LEN);

    return 1;
}


static int
fs_audit_row(fs_view_t *view, const uint8_t *newcomer, fs_invited_t *row)
{
    uint8_t   key[FS_INVITED_KEY];
    fs_str_t  value;

    fs_invited_key(key, FS_INVITED_ONE, newcomer);

    return fs_db_get(&view->index, view->store->index_dbi[FS_INDEX_INVITED],
                     key, sizeof(key), &value)
           && fs_invited_row_decode(row, value) == 0;
}
