
/*
 * A contact's row:
 *
 *   offset size  field
 *        0    1  version, 1
 *        1    1  consent, a bit for each fs_consent_t
 *        2    1  leaving, 0 or 1
 *        3    1  length of the name, 1 to 64
 *        4    4  digits
 *        8    8  at, epoch ms
 *       16    8  zeros
 *       24   64  name, then zeros
 *
 * Its length is fixed, so that a new name is written over the old one.
 */

#include "json/field.h"
#include "people/contacts.h"


#define FS_CONTACT_VERSION  1
#define FS_CONTACT_NAME     24

/* databases */
enum {
    FS_CONTACTS = 0,
    FS_CONTACTS_LEAVING,
    FS_CONTACTS_META,
    FS_CONTACTS_N
};

static const char *const  fs_contacts_dbs[] = { "contacts", "leaving" };

static void fs_contacts_change(fs_annex_t *annex, fs_txn_t *txn,
    const fs_contact_change_t *change);
static int fs_contacts_get(fs_annex_t *annex, fs_txn_t *txn,
    const uint8_t *buyer, fs_contact_t *contact);
static void fs_contacts_put(fs_annex_t *annex, fs_txn_t *txn,
    const uint8_t *buyer, const fs_contact_t *contact);
static void fs_contacts_erase(fs_annex_t *annex, fs_txn_t *txn,
    const uint8_t *buyer);


void
fs_contact_row_encode(const fs_contact_t *contact, uint8_t *row)
{
    memset(row, 0, FS_CONTACT_ROW);

    row[0] = FS_CONTACT_VERSION;
    row[1] = contact->consent;
    row[2] = contact->leaving;
    row[3] = (uint8_t) contact->name_len;
    memcpy(row + 4, contact->digits, FS_DIGITS_LEN);
    fs_set_le64(row + 8, (uint64_t) contact->at);
    memcpy(row + FS_CONTACT_NAME, contact->name, contact->name_len);
}


int
fs_contact_row_decode(fs_contact_t *contact, fs_str_t row)
{
    size_t          n, at;
    uint8_t         again[FS_CONTACT_ROW];
    unsigned        i;
    const char     *name;
    const uint8_t  *p;

    p = (const uint8_t *) row.data;

    memset(contact, 0, sizeof(*contact));

    if (row.len != FS_CONTACT_ROW || p[0] != FS_CONTACT_VERSION
        || p[1] >> FS_CONSENTS_N || p[2] > 1
        || p[3] == 0 || p[3] > FS_NAME_MAX)
    {
        return -1;
    }

    for (i = 0; i < FS_DIGITS_LEN; i++) {
        if (p[4 + i] < '0' || p[4 + i] > '9') {
            return -1;
        }
    }

    name = row.data + FS_CONTACT_NAME;

    for (at = 0; at < p[3]; at += n) {
        n = fs_utf8_length(name + at, name + p[3]);

        if (n == 0 || (uint8_t) name[at] < 0x20) {
            return -1;
        }
    }

    contact->consent = p[1];
    contact->leaving = p[2];
    contact->name_len = p[3];
    memcpy(contact->digits, p + 4, FS_DIGITS_LEN);
    contact->at = (int64_t) fs_get_le64(p + 8);
    memcpy(contact->name, p + FS_CONTACT_NAME, contact->name_len);

    fs_contact_row_encode(contact, again);

    return memcmp(again, p, FS_CONTACT_ROW) == 0 ? 0 : -1;
}


fs_annex_t *
fs_contacts_create(fs_annex_conf_t *conf)
{
    conf->name = "people";
    conf->format = 1;
    conf->dbs = fs_contacts_dbs;
    conf->dbs_n = FS_CONTACTS_META;

    return fs_annex_create(conf);
}


/* 1: found. */

static int
fs_contacts_get(fs_annex_t *annex, fs_txn_t *txn, const uint8_t *buyer,
    fs_contact_t *contact)
{
    fs_str_t  row;

    if (!fs_db_get(txn, fs_annex_dbi(annex, FS_CONTACTS), buyer, FS_BUYER_LEN,
                   &row))
    {
        return 0;
    }

    if (fs_contact_row_decode(contact, row) != 0) {

        /* nobody else's row is in doubt: this one is written anew, or goes */

        memset(contact, 0, sizeof(*contact));
        return 0;
    }

    return 1;
}


fs_outcome_t
fs_contacts_read(fs_annex_t *annex, const uint8_t *buyer,
    fs_contact_t *contact)
{
    int           found;
    fs_txn_t      txn;
    fs_outcome_t  outcome;

    outcome = fs_annex_read(annex, &txn, 0);

    if (outcome != FS_OK) {
        return outcome;
    }

    found = fs_contacts_get(annex, &txn, buyer, contact);
    outcome = txn.error ? FS_NOT_READY : found ? FS_OK : FS_NOT_FOUND;

    fs_annex_read_end(annex, &txn, 0);

    return outcome;
}


static void
fs_contacts_put(fs_annex_t *annex, fs_txn_t *txn, const uint8_t *buyer,
    const fs_contact_t *contact)
{
    uint8_t  row[FS_CONTACT_ROW];

    fs_contact_row_encode(contact, row);
    fs_db_put(txn, fs_annex_dbi(annex, FS_CONTACTS), buyer, FS_BUYER_LEN, row,
              sizeof(row), 0);

    if (contact->leaving) {
        fs_db_put(txn, fs_annex_dbi(annex, FS_CONTACTS_LEAVING), buyer,
                  FS_BUYER_LEN, "", 0, 0);

    } else {
        (void) fs_db_delete(txn, fs_annex_dbi(annex, FS_CONTACTS_LEAVING),
                            buyer, FS_BUYER_LEN, NULL, 0);
    }
}


static void
fs_contacts_erase(fs_annex_t *annex, fs_txn_t *txn, const uint8_t *buyer)
{
    (void) fs_db_delete(txn, fs_annex_dbi(annex, FS_CONTACTS), buyer,
                        FS_BUYER_LEN, NULL, 0);
    (void) fs_db_delete(txn, fs_annex_dbi(annex, FS_CONTACTS_LEAVING), buyer,
                        FS_BUYER_LEN, NULL, 0);
}


static void
fs_contacts_change(fs_annex_t *annex, fs_txn_t *txn,
    const fs_contact_change_t *change)
{
    int            found;
    fs_contact_t   contact;

    switch (change->op) {

    case FS_CONTACT_PUT:
        fs_contacts_put(annex, txn, change->buyer, &change->contact);
        return;

    case FS_CONTACT_ERASE:
        fs_contacts_erase(annex, txn, change->buyer);
        return;

    default:
        break;
    }

    found = fs_contacts_get(annex, txn, change->buyer, &contact);

    switch (change->op) {

    case FS_CONTACT_LEAVE:

        if (found) {
            contact.consent = 0;
            contact.leaving = 1;
            fs_contacts_put(annex, txn, change->buyer, &contact);
        }

        return;

    case FS_CONTACT_LEFT:

        if (!found || contact.leaving) {
            fs_contacts_erase(annex, txn, change->buyer);
        }

        return;

    case FS_CONTACT_OVER:

        if (!found || contact.at <= change->contact.at) {
            fs_contacts_erase(annex, txn, change->buyer);
        }

        return;

    default:

        if (found && contact.at < change->contact.at) {
            contact.at = change->contact.at;
            fs_contacts_put(annex, txn, change->buyer, &contact);
        }
    }
}


fs_outcome_t
fs_contacts_write(fs_annex_t *annex, const fs_contact_change_t *changes,
    unsigned n)
{
    unsigned      i;
    fs_txn_t      txn;
    fs_outcome_t  outcome;

    outcome = fs_annex_begin(annex, &txn);

    if (outcome != FS_OK) {
        return outcome;
    }

    for (i = 0; i < n; i++) {
        fs_contacts_change(annex, &txn, &changes[i]);
    }

    return fs_annex_end(annex, &txn);
}


/* First those that are leaving, then all. */

unsigned
fs_contacts_sweep(fs_annex_t *annex, fs_contact_sweep_t *sweep,
    int64_t before, fs_contact_look_t *looks, unsigned max, int *more)
{
    int           found;
    unsigned      n, looked;
    fs_str_t      value;
    fs_txn_t      txn;
    fs_contact_t  contact;
    fs_db_walk_t  walk;

    *more = 0;

    if (fs_annex_read(annex, &txn, 1) != FS_OK) {
        return 0;
    }

    if (!sweep->begun) {
        memset(sweep, 0, sizeof(*sweep));
        sweep->begun = 1;
        sweep->among_leaving = 1;
    }

    n = 0;
    looked = 0;

    for (found = fs_db_walk(&walk, &txn,
                            fs_annex_dbi(annex, sweep->among_leaving
                                                ? FS_CONTACTS_LEAVING
                                                : FS_CONTACTS),
                            sweep->after, FS_BUYER_LEN, MDB_SET_RANGE);
         found && n < max && looked < FS_CONTACTS_LOOK;
         found = fs_db_walk_on(&walk, MDB_NEXT), looked++)
    {
        if (walk.key.len != FS_BUYER_LEN) {
            continue;
        }

        memcpy(looks[n].buyer, walk.key.data, FS_BUYER_LEN);
        memcpy(sweep->after, walk.key.data, FS_BUYER_LEN);

        value = walk.value;
        memset(&contact, 0, sizeof(contact));

        if (sweep->among_leaving) {
            looks[n].leaving = 1;

        } else if (fs_contact_row_decode(&contact, value) == 0
                   && (contact.leaving || contact.at > before))
        {
            continue;

        } else {

            /* one that cannot be read is of no use to anybody: it goes when
             * its time is over, which nobody knows */

            looks[n].leaving = 0;
        }

        looks[n].at = contact.at;
        n++;
    }

    fs_db_walk_end(&walk);
    fs_annex_read_end(annex, &txn, 1);

    if (txn.error) {
        sweep->begun = 0;
        return 0;
    }

    /* the last one may come twice */

    if (found && looked) {
        *more = 1;

    } else if (sweep->among_leaving) {
        sweep->among_leaving = 0;
        memset(sweep->after, 0, FS_BUYER_LEN);
        *more = 1;

    } else {
        sweep->begun = 0;
    }

    return n;
}


int64_t
fs_contacts_count(fs_annex_t *annex)
{
    int64_t   n;
    fs_txn_t  txn;
    MDB_stat  stat;

    if (fs_annex_read(annex, &txn, 0) != FS_OK) {
        return -1;
    }

    n = fs_guard_stat(txn.txn, fs_annex_dbi(annex, FS_CONTACTS), &stat) == 0
        ? (int64_t) stat.ms_entries : -1;

    fs_annex_read_end(annex, &txn, 0);

    return n;
}
