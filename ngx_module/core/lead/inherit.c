
#include "lead/lead.h"
#include "log/life.h"
#include "index/index.h"


#define FS_RING_ROW_KEPT_MS  (7 * 24 * 3600 * 1000LL)
#define FS_RING_ROWS_MAX     4096       /* looked at by one inheriting */


static fs_outcome_t fs_inherit_renew(fs_leader_t *leader, int ring);
static unsigned fs_inherit_forget(fs_leader_t *leader);


/*
 * A ring is made ready also when the store cannot be written now: then passes
 * refuse what is added to it, as they do for rings inherited before.
 *
 * What a kill at each instant leaves:
 *
 * - while the dead owner's commands are finished: a pass like any other;
 * - afterwards `delivered` equals `head`, and nothing moves `head` before
 *   `ready` is set, which is the last step.  A ring with nothing to apply
 *   needs no row, so from here on the incarnation may be anything: the old
 *   one, half of each, or the new one whose row does not exist yet.  A killed
 *   claimer's successor finds the same and does it again;
 * - positions go on where they were.  So there is no instant at which `head`,
 *   `delivered` and the row of an incarnation could be read as belonging to
 *   different counts;
 * - rows are forgotten in a transaction of their own: it was committed, or
 *   it was not.  The ring's old row stays until it is old, because it and
 *   `delivered` do not change at one instant.
 */

fs_outcome_t
fs_leader_inherit(fs_leader_t *leader, int ring)
{
    uint32_t      n;
    fs_pass_t     pass;
    fs_ring_t    *r;
    fs_outcome_t  outcome;

    r = fs_ring(leader->rings, ring);

    leader->own = ring;
    leader->woken = atomic_load(&r->delivered);

    /*
     * At least one pass, so that no row is needed any more when old ones are
     * forgotten.  A pass that fails refuses what the ring holds: there is
     * nobody to be told.  A damaged row costs a few passes for one command.
     */

    n = 0;

    do {
        fs_leader_pass(leader, &fs_leader_at_once, &pass);

        if (n++ > 4 * leader->rings->capacity) {
            return FS_INTERNAL;
        }

    } while (atomic_load(&r->head) != atomic_load(&r->delivered));

    leader->cursors_n = 0;

    if (fs_leader_lead(leader) == -1) {
        return FS_INTERNAL;
    }

    outcome = fs_inherit_renew(leader, ring);

    fs_leader_waited(leader);
    fs_rings_unlead(leader->rings);

    return outcome;
}


static fs_outcome_t
fs_inherit_renew(fs_leader_t *leader, int ring)
{
    uint8_t     incarnation[FS_INCARNATION_LEN];
    fs_ring_t  *r;

    if (leader->store->conf.random(leader->store->conf.data, incarnation,
                                   FS_INCARNATION_LEN)
        != 0)
    {
        return FS_NOT_READY;
    }

    if (!fs_store_index_wanted(leader->store)
        && fs_leader_begin(leader, &fs_leader_at_once) == FS_OK)
    {
        fs_store_now(leader->store, &leader->now);

        if (fs_inherit_forget(leader) != 0) {
            fs_leader_point(leader, FS_POINT_INHERITING);
            (void) fs_pair_commit(&leader->write, NULL);

        } else {
            fs_leader_point(leader, FS_POINT_INHERITING);
            fs_pair_abort(&leader->write);
        }
    }

    r = fs_ring(leader->rings, ring);

    if (!fs_must(&leader->sheet, atomic_load(&r->head)
                                 == atomic_load(&r->delivered)))
    {
        return FS_INTERNAL;
    }

    atomic_store(&r->taken, atomic_load(&r->delivered));
    memcpy(r->incarnation, incarnation, FS_INCARNATION_LEN);
    memcpy(r->store, leader->store->identity, FS_IDENTITY_LEN);
    atomic_store(&r->epoch, fs_life_now(leader->store));
    leader->woken = atomic_load(&r->delivered);

    atomic_store(&r->ready, 1);

    return FS_OK;
}


/*
 * LMDB frees the slots of dead readers when it finds a lock of theirs, a full
 * table or a full map.  But a worker dies without a lock as well, and then a
 * snapshot that it was reading would keep all pages freed since.
 */

void
fs_leader_forget_readers(fs_leader_t *leader)
{
    fs_store_t  *store;

    store = leader->store;

    if (store->log != NULL) {
        (void) mdb_reader_check(store->log, NULL);
    }

    if (store->index != NULL) {
        (void) mdb_reader_check(store->index, NULL);
    }
}


/*
 * Delete rows of rings that are gone: of another boot, or not used for a
 * week.  A living ring's row is needed only from a leader's death to the next
 * pass in its block.  Returns how many; 0 as well when one could not be
 * deleted, because then the transaction has to be aborted.
 */

static unsigned
fs_inherit_forget(fs_leader_t *leader)
{
    int         found;
    MDB_dbi     dbi;
    int64_t     used_at;
    uint8_t     key[FS_INCARNATION_LEN];
    unsigned    i, n;
    fs_str_t    name, row;
    fs_txn_t   *log;

    n = 0;
    log = &leader->write.log;
    dbi = leader->store->log_dbi[FS_LOG_RINGS];

    memset(key, 0, sizeof(key));

    for (i = 0; i < FS_RING_ROWS_MAX; i++) {
        found = fs_db_seek(log, dbi, key, sizeof(key), &name, &row);

        if (!found || name.len != FS_INCARNATION_LEN) {
            break;
        }

        memcpy(key, name.data, sizeof(key));

        used_at = 0;

        if (row.len == FS_RING_ROW_SIZE) {
            used_at = (int64_t) fs_get_le64(row.data + 24);
        }

        if (row.len != FS_RING_ROW_SIZE
            || memcmp(row.data + 8, leader->store->conf.boot_id, FS_BOOT_LEN)
               != 0
            || leader->now.wall - used_at > FS_RING_ROW_KEPT_MS)
        {
            n += (unsigned) fs_db_delete(log, dbi, key, sizeof(key), NULL, 0);
        }

        /* the next key; all ones has none */

        for (found = FS_INCARNATION_LEN - 1; found >= 0; found--) {
            if (++key[found] != 0) {
                break;
            }
        }

        if (found < 0) {
            break;
        }
    }

    return log->error == 0 ? n : 0;
}
