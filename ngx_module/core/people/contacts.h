
/*
 * Contacts: the name to call out and four digits, by pseudonym.  They lie in
 * an annex (annex.h) below the store, "people", and are erased when somebody
 * asks for it or their time is over.
 *
 *   contacts   pseudonym (16)    a contact, see contacts.c; a fixed length
 *   leaving    pseudonym (16)    nothing: it goes once nothing is to be
 *                                collected
 */

#ifndef FS_CONTACTS_H
#define FS_CONTACTS_H

#include "people/annex.h"

#pragma GCC visibility push(hidden)


#define FS_CONTACT_ROW    88
#define FS_CONTACTS_BATCH 256           /* changes in one commit */
#define FS_CONTACTS_LOOK  256           /* rows looked at in one sweep */

typedef enum {
    FS_CONTACT_PUT = 0,
    FS_CONTACT_ERASE,
    FS_CONTACT_LEAVE,                   /* erase it later; agrees to nothing
                                           more from now on */
    FS_CONTACT_LEFT,                    /* erase it if it still is leaving */
    FS_CONTACT_OVER,                    /* erase it if it is not younger than
                                           contact.at */
    FS_CONTACT_SEEN                     /* it is in use: contact.at, if that
                                           is later */
} fs_contact_op_t;

typedef struct {
    fs_contact_op_t      op;
    uint8_t              buyer[FS_BUYER_LEN];
    fs_contact_t         contact;
} fs_contact_change_t;

/* Somebody whose contact may have to go: are goods to be collected? */
typedef struct {
    uint8_t              buyer[FS_BUYER_LEN];
    uint8_t              leaving;
    int64_t              at;
} fs_contact_look_t;

/* A sweep, round by round.  Zeros: a new one. */
typedef struct {
    unsigned             among_leaving:1;
    unsigned             begun:1;
    uint8_t              after[FS_BUYER_LEN];
} fs_contact_sweep_t;


/* FS_CONTACT_ROW bytes. */
void fs_contact_row_encode(const fs_contact_t *contact, uint8_t *row);

/* 0 or -1. */
int fs_contact_row_decode(fs_contact_t *contact, fs_str_t row);

/* The annex of a store; conf->name, ->format, ->dbs are set here. */
fs_annex_t *fs_contacts_create(fs_annex_conf_t *conf);

/* OK and the contact, found or NOT_FOUND; else why nothing can be read. */
fs_outcome_t fs_contacts_read(fs_annex_t *annex, const uint8_t *buyer,
    fs_contact_t *contact);

/* The thread: all of them, or none. */
fs_outcome_t fs_contacts_write(fs_annex_t *annex,
    const fs_contact_change_t *changes, unsigned n);

/*
 * The thread: go on with a sweep.  Those that are leaving, and those whose
 * time is `before` or earlier, `max` at most.  *more: it is not at its end.
 */
unsigned fs_contacts_sweep(fs_annex_t *annex, fs_contact_sweep_t *sweep,
    int64_t before, fs_contact_look_t *looks, unsigned max, int *more);

/* How many there are; -1: not known now. */
int64_t fs_contacts_count(fs_annex_t *annex);


#pragma GCC visibility pop

#endif /* FS_CONTACTS_H */
