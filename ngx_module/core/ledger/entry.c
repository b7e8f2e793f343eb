
/*
 * Ledger entries: the codec, and what each type has.  The layout is in
 * entry.h.
 */

#include "base/command.h"
#include "ledger/entry.h"

#include "lmdb/db.h"


/* a day may be added */
#define FS_ENTRY_TIME_MAX     (INT64_MAX / 2)


const fs_entry_info_t  fs_entry_infos[FS_ENTRY_TYPES_N] = {
#define X(name, string, held, sold)                                          \
    { string, sizeof(string) - 1, held, sold },
    FS_ENTRY_TYPES(X)
#undef X
};


/*
 * Version 1.  Frozen: docs/ledger.md shows the same as a table.  A field that
 * came later is shown where it is not zero, and was zero before.
 */

const fs_entry_fields_t  fs_entry_fields[FS_ENTRY_TYPES_N] = {

    [FS_ENTRY_STORE] =
        { 0, FS_SHOWN_BOOT | FS_SHOWN_OFFSET },

    [FS_ENTRY_BOOT] =
        { FS_SHOWN_BOOT | FS_SHOWN_OFFSET, 0 },

    [FS_ENTRY_CLOCK] =
        { FS_SHOWN_PREVIOUS, FS_SHOWN_KEY },

    [FS_ENTRY_SALE] =
        { FS_SHOWN_SALE | FS_SHOWN_STOCK | FS_SHOWN_PRICE,
          FS_SHOWN_TERMS | FS_SHOWN_DIGEST | FS_SHOWN_KEY },

    [FS_ENTRY_STOCK] =
        { FS_SHOWN_SALE | FS_SHOWN_QTY, FS_SHOWN_KEY },

    [FS_ENTRY_OPENED] = { FS_SHOWN_SALE, FS_SHOWN_KEY },
    [FS_ENTRY_PAUSED] = { FS_SHOWN_SALE, FS_SHOWN_KEY },
    [FS_ENTRY_RESUMED] = { FS_SHOWN_SALE, FS_SHOWN_KEY },
    [FS_ENTRY_CLOSED] = { FS_SHOWN_SALE, FS_SHOWN_KEY },

    [FS_ENTRY_HELD] =
        { FS_SHOW_MOVE | FS_SHOWN_BUYER | FS_SHOWN_PRICE | FS_SHOWN_EXPIRES,
          FS_SHOW_LINE },

    [FS_ENTRY_PAYING] =
        { FS_SHOWN_HOLD | FS_SHOWN_EXPIRES, FS_SHOW_LINE },

    [FS_ENTRY_RELEASED] = { FS_SHOW_MOVE, FS_SHOW_LINE },
    [FS_ENTRY_EXPIRED] = { FS_SHOW_MOVE, FS_SHOW_LINE },
    [FS_ENTRY_CANCELLED] = { FS_SHOW_MOVE, FS_SHOW_LINE },
    [FS_ENTRY_WITHDRAWN] = { FS_SHOWN_HOLD, FS_SHOW_LINE },

    [FS_ENTRY_SOLD] =
        { FS_SHOW_MOVE | FS_SHOW_PAID, FS_SHOW_LINE | FS_SHOWN_TAKER },

    [FS_ENTRY_SOLD_LATE] =
        { FS_SHOW_MOVE | FS_SHOW_PAID, FS_SHOW_LINE },

    [FS_ENTRY_REFUND_DUE] =
        { FS_SHOWN_HOLD | FS_SHOW_PAID | FS_SHOWN_REASON, FS_SHOW_LINE },

    [FS_ENTRY_RETURNED] =
        { FS_SHOW_MOVE | FS_SHOW_PAID | FS_SHOWN_REASON,
          FS_SHOW_LINE },

    [FS_ENTRY_REFUNDED] =
        { FS_SHOWN_HOLD | FS_SHOW_PAID,
          FS_SHOW_LINE | FS_SHOWN_REFUND | FS_SHOWN_OWED },

    [FS_ENTRY_FORMED] = { FS_SHOWN_SALE | FS_SHOWN_QTY, FS_SHOWN_PICKUP },
    [FS_ENTRY_FAILED] = { FS_SHOWN_SALE | FS_SHOWN_QTY, FS_SHOWN_PICKUP },

    [FS_ENTRY_READY] =
        { FS_SHOWN_HOLD, FS_SHOW_LINE | FS_SHOWN_SHORT | FS_SHOWN_DUE },

    [FS_ENTRY_PICKED_UP] = { FS_SHOWN_HOLD, FS_SHOW_HANDED },

    [FS_ENTRY_DECIDED] = { FS_SHOWN_SALE, 0 },

    [FS_ENTRY_DOCUMENT] =
        { FS_SHOWN_DIGEST, FS_SHOWN_SALE | FS_SHOWN_KEY },

    [FS_ENTRY_LIFE] = { FS_SHOWN_EPOCH, FS_SHOWN_KEY },

    [FS_ENTRY_POINT] =
        { FS_SHOWN_HOLD, FS_SHOWN_PICKUP | FS_SHOWN_KEY },

    [FS_ENTRY_DELETED] =
        { FS_SHOWN_DIGEST, FS_SHOWN_KEY },

    [FS_ENTRY_OWED] =
        { FS_SHOWN_HOLD | FS_SHOW_PAID | FS_SHOWN_REASON | FS_SHOWN_DUE,
          FS_SHOW_LINE },

    [FS_ENTRY_RESTOCKED] = { FS_SHOW_MOVE, FS_SHOW_LINE },

    [FS_ENTRY_SHORT] = { FS_SHOW_MOVE, FS_SHOW_LINE },
    [FS_ENTRY_PUT_BACK] = { FS_SHOW_MOVE, FS_SHOW_LINE | FS_SHOWN_DUE },
    [FS_ENTRY_DOUBLE] = { FS_SHOW_MOVE, FS_SHOW_HANDED },

    [FS_ENTRY_WAVE] =
        { FS_SHOWN_WAVE | FS_SHOWN_CUT | FS_SHOWN_DIGEST,
          FS_SHOWN_DAY | FS_SHOWN_KEY },

    [FS_ENTRY_FROZEN] = { FS_SHOWN_WAVE, 0 },

    [FS_ENTRY_RECEIVED] =
        { FS_SHOWN_WAVE | FS_SHOWN_SALE | FS_SHOWN_QTY,
          FS_SHOWN_PICKUP | FS_SHOWN_FINAL | FS_SHOWN_KEY },

    [FS_ENTRY_CLAIMED] =
        { FS_SHOW_MOVE | FS_SHOWN_AMOUNT | FS_SHOWN_REASON | FS_SHOWN_DUE,
          FS_SHOW_LINE | FS_SHOWN_BY },

    [FS_ENTRY_ACCEPTED] =
        { FS_SHOWN_HOLD | FS_SHOWN_CLAIM, FS_SHOWN_BY | FS_SHOWN_KEY },

    [FS_ENTRY_DENIED] = { FS_SHOWN_HOLD | FS_SHOWN_CLAIM, FS_SHOWN_KEY },

    [FS_ENTRY_CALLED_OFF] =
        { FS_SHOWN_SALE, FS_SHOWN_DIGEST | FS_SHOWN_KEY },

    [FS_ENTRY_COMPENSATED] =
        { FS_SHOWN_SALE | FS_SHOWN_QTY | FS_SHOWN_AMOUNT,
          FS_SHOWN_DIGEST | FS_SHOWN_KEY },

    [FS_ENTRY_SETTLED] = { FS_SHOWN_SALE | FS_SHOWN_OF, 0 },

    [FS_ENTRY_TERMS] = { FS_SHOWN_SALE | FS_SHOWN_SHA, FS_SHOWN_KEY },

    [FS_ENTRY_GRANTED] =
        { FS_SHOW_MOVE | FS_SHOWN_BUYER | FS_SHOWN_NUMBER,
          FS_SHOWN_PICKUP | FS_SHOWN_REASON | FS_SHOWN_REFERRED
          | FS_SHOWN_OFF | FS_SHOWN_VALID | FS_SHOWN_DIGEST | FS_SHOWN_KEY },

    [FS_ENTRY_BOUND] =
        { FS_SHOWN_HOLD | FS_SHOWN_SALE | FS_SHOWN_GIFT | FS_SHOWN_OFF,
          FS_SHOWN_KEY },

    [FS_ENTRY_UNBOUND] =
        { FS_SHOWN_HOLD | FS_SHOWN_SALE | FS_SHOWN_GIFT | FS_SHOWN_REASON,
          FS_SHOWN_VALID | FS_SHOWN_KEY },

    [FS_ENTRY_REVEALED] = { FS_SHOWN_SALE | FS_SHOWN_SEED, 0 },

    [FS_ENTRY_DRAWN] =
        { FS_SHOWN_SALE,
          FS_SHOWN_HOLD | FS_SHOWN_NUMBER | FS_SHOWN_PRIZE | FS_SHOWN_OFF
          | FS_SHOWN_VALID | FS_SHOWN_ENTRIES | FS_SHOWN_BEACON
          | FS_SHOWN_KEY },

    [FS_ENTRY_QUEUED] =
        { FS_SHOW_MOVE | FS_SHOWN_BUYER | FS_SHOWN_NUMBER,
          FS_SHOWN_PICKUP | FS_SHOWN_KEY },

    [FS_ENTRY_SERVED] =
        { FS_SHOW_MOVE | FS_SHOWN_PRICE | FS_SHOWN_EXPIRES, FS_SHOW_LINE },

    [FS_ENTRY_STEPPED] = { FS_SHOW_MOVE, FS_SHOW_LINE },
    [FS_ENTRY_ENDED] = { FS_SHOW_MOVE, FS_SHOW_LINE },

    [FS_ENTRY_REFERRED] = { FS_SHOWN_HOLD | FS_SHOWN_FROM, 0 }
};


static int fs_entry_check(const fs_entry_t *entry);
static int fs_entry_check_line(const fs_entry_t *entry);
static int fs_entry_check_given(const fs_entry_t *entry);
static int fs_entry_time(int64_t ms);


void
fs_entry_ids(const fs_entry_t *entry, uint8_t *bytes)
{
    memcpy(bytes, entry->id1, sizeof(entry->id1));
    memcpy(bytes + sizeof(entry->id1), entry->id2, sizeof(entry->id2));
}


void
fs_entry_set_ids(fs_entry_t *entry, const uint8_t *bytes)
{
    memcpy(entry->id1, bytes, sizeof(entry->id1));
    memcpy(entry->id2, bytes + sizeof(entry->id1), sizeof(entry->id2));
}


/* A beacon is told by an operator. */

const uint8_t *
fs_entry_keyed_by(const fs_entry_t *entry)
{
    return entry->type == FS_ENTRY_DRAWN ? fs_keys_of_operators : entry->id1;
}


const char *
fs_entry_type_name(unsigned type)
{
    return type < FS_ENTRY_TYPES_N ? fs_entry_infos[type].name : "unknown";
}


fs_seq_t
fs_entry_referred(const fs_entry_t *entry)
{
    return (fs_seq_t) entry->number3 << 32 | entry->number2;
}


void
fs_entry_set_referred(fs_entry_t *entry, fs_seq_t seq)
{
    entry->number2 = (uint32_t) seq;
    entry->number3 = (uint32_t) (seq >> 32);
}


void
fs_entry_effect(const fs_entry_t *entry, fs_entry_effect_t *effect)
{
    const fs_entry_info_t  *info;

    info = &fs_entry_infos[entry->type < FS_ENTRY_TYPES_N ? entry->type
                                                          : FS_ENTRY_NONE];

    effect->stock = entry->type == FS_ENTRY_STOCK ? entry->qty : 0;
    effect->held = (int64_t) info->held * entry->qty;
    effect->sold = (int64_t) info->sold * entry->qty;

    if (entry->type == FS_ENTRY_SOLD || entry->type == FS_ENTRY_SOLD_LATE) {
        effect->joined = entry->qty;

    } else {
        effect->joined = (entry->flags & FS_ENTRY_LEFT)
                         ? -(int64_t) entry->qty : 0;
    }
}


void
fs_entry_encode(const fs_entry_t *entry, uint8_t *record)
{
    record[0] = FS_ENTRY_VERSION;
    record[1] = entry->type;
    record[2] = entry->reason;
    record[3] = entry->line;
    record[4] = entry->lines_n;
    record[5] = entry->flags;
    record[6] = 0;
    record[7] = 0;
    fs_set_le64(record + 8, (uint64_t) entry->at);
    fs_set_le32(record + 16, entry->sale);
    fs_set_le32(record + 20, entry->pickup);
    fs_set_le64(record + 24, entry->hold);
    fs_set_le32(record + 32, (uint32_t) entry->qty);
    fs_set_le32(record + 36, entry->number);
    fs_set_le64(record + 40, (uint64_t) entry->amount_fen);
    fs_set_le64(record + 48, (uint64_t) entry->time1);
    fs_set_le64(record + 56, (uint64_t) entry->time2);
    memcpy(record + 64, entry->id1, sizeof(entry->id1));
    memcpy(record + 80, entry->id2, sizeof(entry->id2));
    memcpy(record + 96, entry->key, sizeof(entry->key));
    fs_set_le32(record + 104, entry->number2);
    fs_set_le32(record + 108, entry->number3);
    memcpy(record + FS_ENTRY_HASH_OFFSET, entry->hash, FS_HASH_LEN);
}


int
fs_entry_decode(fs_entry_t *entry, fs_seq_t seq, const void *record,
    size_t size)
{
    const uint8_t  *p;

    p = record;

    if (size != FS_ENTRY_SIZE || p[0] != FS_ENTRY_VERSION) {
        return -1;
    }

    if (p[1] == FS_ENTRY_NONE || p[1] >= FS_ENTRY_TYPES_N
        || p[2] >= FS_REASONS_N || p[6] != 0 || p[7] != 0)
    {
        return -1;
    }

    entry->seq = seq;
    entry->type = p[1];
    entry->reason = p[2];
    entry->line = p[3];
    entry->lines_n = p[4];
    entry->flags = p[5];
    entry->at = (int64_t) fs_get_le64(p + 8);
    entry->sale = fs_get_le32(p + 16);
    entry->pickup = fs_get_le32(p + 20);
    entry->hold = fs_get_le64(p + 24);
    entry->qty = (int32_t) fs_get_le32(p + 32);
    entry->number = fs_get_le32(p + 36);
    entry->amount_fen = (int64_t) fs_get_le64(p + 40);
    entry->time1 = (int64_t) fs_get_le64(p + 48);
    entry->time2 = (int64_t) fs_get_le64(p + 56);
    memcpy(entry->id1, p + 64, sizeof(entry->id1));
    memcpy(entry->id2, p + 80, sizeof(entry->id2));
    memcpy(entry->key, p + 96, sizeof(entry->key));
    entry->number2 = fs_get_le32(p + 104);
    entry->number3 = fs_get_le32(p + 108);
    memcpy(entry->hash, p + FS_ENTRY_HASH_OFFSET, FS_HASH_LEN);

    return fs_entry_check(entry);
}


/*
 * What the fold and the audit rely on: an entry names what its type is about,
 * and no sum of its numbers overflows.  A record without that is damaged.
 */

static int
fs_entry_check(const fs_entry_t *entry)
{
    uint64_t  required;

    required = fs_entry_fields[entry->type].required;

    if (((required & FS_SHOWN_SALE) && entry->sale == 0)
        || ((required & FS_SHOWN_HOLD) && entry->hold == 0))
    {
        return -1;
    }

    if ((entry->flags & FS_ENTRY_OTHER_LIFE)
        && (entry->time2 < 1 || (uint64_t) entry->time2 > FS_SEQ_MAX
            || (entry->type != FS_ENTRY_REFUND_DUE
                && entry->type != FS_ENTRY_OWED
                && entry->type != FS_ENTRY_REFUNDED)
            || entry->sale != 0 || entry->qty != 0))
    {
        return -1;
    }

    if (entry->type == FS_ENTRY_LIFE && entry->number == 0) {
        return -1;
    }

    if (!fs_entry_time(entry->at) || !fs_entry_time(entry->time1)
        || !fs_entry_time(entry->time2))
    {
        return -1;
    }

    if ((entry->flags & FS_ENTRY_LEFT)
        && (entry->type != FS_ENTRY_OWED || entry->sale == 0))
    {
        return -1;
    }

    if (entry->type == FS_ENTRY_OWED && entry->sale == 0
        && (entry->qty != 0 || entry->lines_n != 0))
    {
        return -1;
    }

    if ((required & FS_SHOWN_WAVE) && entry->number == 0) {
        return -1;
    }

    if ((required & (FS_SHOWN_CLAIM | FS_SHOWN_OF))
        && (entry->time1 < 1 || (uint64_t) entry->time1 > FS_SEQ_MAX))
    {
        return -1;
    }

    if (fs_entry_check_given(entry) != 0) {
        return -1;
    }

    return fs_entry_check_line(entry);
}


/* Gifts and those who wait are numbered, and a gift is named by its seq. */

static int
fs_entry_check_given(const fs_entry_t *entry)
{
    uint64_t  required;

    required = fs_entry_fields[entry->type].required;

    if ((required & FS_SHOWN_NUMBER) && entry->number == 0) {
        return -1;
    }

    if ((required & FS_SHOWN_GIFT)
        && (entry->time2 < 1 || (uint64_t) entry->time2 > FS_SEQ_MAX))
    {
        return -1;
    }

    /* for a newcomer, or for who invited them */

    if (entry->type == FS_ENTRY_GRANTED && entry->reason != 0
        && (fs_entry_referred(entry) == 0
            || fs_entry_referred(entry) > FS_SEQ_MAX))
    {
        return -1;
    }

    /* a ticket that won, or the draw itself */

    return entry->type == FS_ENTRY_DRAWN
           && (entry->hold == 0) != (entry->number == 0) ? -1 : 0;
}


static int
fs_entry_check_line(const fs_entry_t *entry)
{
    int64_t  least, most, fen;

    switch (entry->type) {

    case FS_ENTRY_OWED:
    case FS_ENTRY_RESTOCKED:
        least = 0;
        most = FS_QTY_MAX;
        fen = FS_AMOUNT_MAX;
        break;

    case FS_ENTRY_HELD:
        least = 1;
        most = FS_QTY_MAX;
        fen = FS_PRICE_MAX;
        break;

    case FS_ENTRY_READY:
    case FS_ENTRY_PICKED_UP:
        least = (entry->sale != 0);     /* else it is of the whole hold */
        most = (entry->sale != 0) ? FS_QTY_MAX : 0;
        fen = 0;
        break;

    case FS_ENTRY_GRANTED:
        least = 1;
        most = 1;
        fen = FS_PRICE_MAX;
        break;

    case FS_ENTRY_BOUND:
        least = 0;
        most = 0;
        fen = FS_AMOUNT_MAX;
        break;

    case FS_ENTRY_DRAWN:
        least = 0;
        most = 0;
        fen = FS_PRICE_MAX;
        break;

    case FS_ENTRY_QUEUED:
    case FS_ENTRY_STEPPED:
    case FS_ENTRY_ENDED:
        least = 1;
        most = FS_QUEUED_QTY_MAX;
        fen = 0;
        break;

    case FS_ENTRY_SERVED:
        least = 1;
        most = FS_QUEUED_QTY_MAX;
        fen = FS_PRICE_MAX;
        break;

    case FS_ENTRY_SHORT:
    case FS_ENTRY_PUT_BACK:
    case FS_ENTRY_DOUBLE:
        least = 1;
        most = FS_QTY_MAX;
        fen = 0;
        break;

    case FS_ENTRY_CLAIMED:
        least = 1;
        most = FS_QTY_MAX;
        fen = FS_AMOUNT_MAX;
        break;

    case FS_ENTRY_RECEIVED:
        least = 0;
        most = FS_STOCK_MAX;
        fen = 0;
        break;

    case FS_ENTRY_COMPENSATED:
        least = 0;
        most = INT32_MAX;
        fen = FS_PRICE_MAX;
        break;

    default:
        return 0;
    }

    if (entry->line >= FS_LINES_MAX || entry->qty < least || entry->qty > most
        || entry->amount_fen < 0 || entry->amount_fen > fen)
    {
        return -1;
    }

    if (entry->type == FS_ENTRY_READY
        && entry->number2 >= (uint32_t) entry->qty && entry->number2 != 0)
    {
        return -1;
    }

    return (entry->type == FS_ENTRY_PICKED_UP
            || entry->type == FS_ENTRY_DOUBLE)
           && entry->number >= FS_VIAS_N ? -1 : 0;
}


static int
fs_entry_time(int64_t ms)
{
    return ms >= -FS_ENTRY_TIME_MAX && ms <= FS_ENTRY_TIME_MAX;
}
