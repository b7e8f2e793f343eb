
/*
 * Lives: a backup of a store, put back in place of it, and the ids that its
 * holds had.
 */

#ifndef LIFE_FIXTURE_H
#define LIFE_FIXTURE_H

#include "fixture.h"

#include "log/life.h"
#include "read/read.h"


typedef struct {
    char                 digits[FS_HOLD_ID_LEN];
    fs_seq_t             seq;
} life_id_t;


/* A file into another: in place, or as another inode. */

static inline void
life_copy(const char *from, const char *to, int in_place)
{
    char  command[1024];

    snprintf(command, sizeof(command), in_place ? "cp %s %s"
             : "cp %s %s.new && mv %s.new %s", from, to, to, to);
    assert_int_equal(system(command), 0);
}


static inline void
life_backup(fixture_t *fixture)
{
    char  log[128], backup[128];

    snprintf(log, sizeof(log), "%s/log/data.mdb", fixture->path);
    snprintf(backup, sizeof(backup), "%s/backup", fixture->path);

    fixture_close(fixture, 1);
    life_copy(log, backup, 1);
    fixture_open(fixture);
}


static inline void
life_restore(fixture_t *fixture, int in_place)
{
    char  log[128], backup[128];

    snprintf(log, sizeof(log), "%s/log/data.mdb", fixture->path);
    snprintf(backup, sizeof(backup), "%s/backup", fixture->path);

    fixture_close(fixture, 0);
    life_copy(backup, log, in_place);
    fixture_open(fixture);
}


/* How many entries `life` there are; the last one's epoch and seq. */

static inline unsigned
life_count(fixture_t *fixture, uint32_t *epoch, fs_seq_t *seq)
{
    unsigned    n;
    fs_seq_t    i;
    fs_entry_t  entry;

    n = 0;
    fixture_begin(fixture);

    for (i = 1; i <= fixture->write.seq; i++) {
        assert_int_equal(fs_sheet_entry(&fixture->sheet, i, &entry), 1);

        if (entry.type == FS_ENTRY_LIFE) {
            n++;
            *epoch = entry.number;
            *seq = entry.seq;
        }
    }

    fixture->writing = 0;
    fs_pair_abort(&fixture->write);

    return n;
}


static inline life_id_t
life_id(fixture_t *fixture, unsigned buyer, uint32_t sale, unsigned key)
{
    life_id_t  id;

    assert_string_equal(fixture_take(fixture, buyer, sale, 1, key),
                        "created");
    id.seq = fixture->result.hold.seq;

    assert_int_equal(fs_life_refresh(fixture->store), 0);
    assert_int_equal(fs_life_hold_id(fixture->store, fixture->crypto, id.seq,
                                     id.digits), 0);

    return id;
}


/* What the store makes of an id; the command that carries it. */

static inline const char *
life_parse(fixture_t *fixture, const life_id_t *id, fs_command_t *command)
{
    fs_str_t      str;
    fs_outcome_t  outcome;

    str.len = FS_HOLD_ID_LEN;
    str.data = id->digits;

    memset(command, 0, sizeof(fs_command_t));
    outcome = fs_life_hold_parse(fixture->store, fixture->crypto, str,
                                 &command->hold, &command->epoch);

    return fs_outcome_code(outcome);
}


static inline const char *
life_order(fixture_t *fixture, const life_id_t *id, fs_command_type_t type,
    unsigned reference, unsigned payment, int64_t paid)
{
    fs_command_t  command;

    (void) life_parse(fixture, id, &command);
    command.type = (uint8_t) type;
    command.paid_fen = paid;
    fixture_reference(command.reference, reference);
    fixture_reference(command.payment, payment);
    fixture_buyer(command.buyer, 1);

    return fixture_decide(fixture, &command, NULL);
}


static inline uint32_t
life_sale(fixture_t *fixture)
{
    fs_operator_t  op;

    fixture_operator(&op, "grape");
    op.stock = 100;

    return fixture_define(fixture, &op);
}


#endif /* LIFE_FIXTURE_H */
