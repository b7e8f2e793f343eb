
/*
 * Ledger entries: the renderer of version 1, and the chain.
 */

#include "ledger/entry_line.h"

#include "base/crypto.h"
#include "lmdb/db.h"


/*
 * A writer of its own for what an entry consists of: integers, and strings
 * that never need escaping (slugs, hexadecimal, names from our own lists).
 * yajl_gen takes 0.6 us for a `held` line, a tenth of a whole reservation,
 * and the bytes of a frozen format should not hang on a library's version.
 * Every write is bounded by its type, and FS_ENTRY_JSON_MAX holds the largest
 * line (the unit test renders it).
 */

#define fs_literal(p, literal)                                               \
    ((char *) memcpy(p, literal, sizeof(literal) - 1) + sizeof(literal) - 1)


static inline char *
fs_write_bytes(char *p, const char *data, size_t len)
{
    memcpy(p, data, len);
    return p + len;
}


static inline char *
fs_write_unsigned(char *p, uint64_t v)
{
    char   *d;
    char    digits[20];
    size_t  len;

    d = digits + sizeof(digits);

    do {
        *--d = (char) ('0' + v % 10);
        v /= 10;
    } while (v != 0);

    len = (size_t) (digits + sizeof(digits) - d);

    return fs_write_bytes(p, d, len);
}


static inline char *
fs_write_signed(char *p, int64_t v)
{
    if (v < 0) {
        *p++ = '-';
        return fs_write_unsigned(p, 0 - (uint64_t) v);
    }

    return fs_write_unsigned(p, (uint64_t) v);
}


static inline char *
fs_write_hex(char *p, const uint8_t *bytes, size_t len)
{
    fs_hex(bytes, len, p);
    return p + 2 * len;
}


/* The fields that this entry shows: the required, and the optional not 0. */

static uint64_t
fs_entry_shown(const fs_entry_t *entry)
{
    uint64_t                  present;
    const fs_entry_fields_t  *fields;

    fields = &fs_entry_fields[entry->type];
    present = 0;

    if (entry->sale != 0) {
        present |= FS_SHOWN_SALE;
    }

    if (entry->qty != 0) {
        present |= FS_SHOWN_QTY;
    }

    if (entry->pickup != 0) {
        present |= FS_SHOWN_PICKUP;
    }

    if (entry->lines_n > 1) {
        present |= FS_SHOWN_LINE;
    }

    if (!fs_all_zero(entry->key, sizeof(entry->key))) {
        present |= FS_SHOWN_KEY;
    }

    /* the terms of a sale are looked at one by one when they are written */
    present |= FS_SHOWN_TERMS;

    if (fields->optional & FS_SHOWN_DIGEST
        && !fs_all_zero(entry->id2, sizeof(entry->id2)))
    {
        present |= FS_SHOWN_DIGEST;
    }

    if (fields->optional & (FS_SHOWN_BOOT | FS_SHOWN_REFUND)
        && !fs_all_zero(entry->id1, sizeof(entry->id1)))
    {
        present |= FS_SHOWN_BOOT | FS_SHOWN_REFUND;
    }

    if (entry->time1 != 0) {
        present |= FS_SHOWN_OFFSET | FS_SHOWN_OWED | FS_SHOWN_DUE
                   | FS_SHOWN_DEVICE | FS_SHOWN_VALID;
    }

    if (entry->amount_fen != 0) {
        present |= FS_SHOWN_OFF;
    }

    if (entry->reason != 0) {
        present |= FS_SHOWN_REASON | FS_SHOWN_REFERRED;
    }

    /* `drawn`: of a ticket, or of the whole */
    present |= (entry->hold != 0) ? FS_SHOWN_HOLD | FS_SHOWN_PRIZE
                                  : FS_SHOWN_ENTRIES;

    if (fields->optional & FS_SHOWN_BEACON
        && (!fs_all_zero(entry->id1, sizeof(entry->id1))
            || !fs_all_zero(entry->id2, sizeof(entry->id2))))
    {
        present |= FS_SHOWN_BEACON;
    }

    if (entry->number != 0) {
        present |= FS_SHOWN_VIA | FS_SHOWN_TAKER | FS_SHOWN_NUMBER;
    }

    if (entry->number2 != 0) {
        present |= FS_SHOWN_SHORT | FS_SHOWN_DAY;
    }

    if (entry->flags & FS_ENTRY_BY_TIME) {
        present |= FS_SHOWN_BY;
    }

    if (entry->flags & FS_ENTRY_FINAL) {
        present |= FS_SHOWN_FINAL;
    }

    return fields->required | (fields->optional & present);
}


/* ,"field":"name".  NULL: the name is unknown. */

static char *
fs_entry_write_name(char *p, const char *field, const fs_names_t *names,
    char kind, uint32_t number)
{
    fs_slug_t  slug;

    if (names->slug(names->data, kind, number, &slug) != 0
        || slug.len > FS_SLUG_MAX)
    {
        return NULL;
    }

    *p++ = ',';
    *p++ = '"';
    p = fs_write_bytes(p, field, strlen(field));
    p = fs_literal(p, "\":\"");
    p = fs_write_bytes(p, slug.data, slug.len);
    *p++ = '"';

    return p;
}


static char *
fs_entry_write_terms(char *p, const fs_entry_t *entry)
{
    if (entry->number != 0) {
        p = fs_literal(p, ",\"limit\":");
        p = fs_write_unsigned(p, entry->number);
    }

    if (entry->time1 != 0) {
        p = fs_literal(p, ",\"opens_at\":");
        p = fs_write_signed(p, entry->time1);
    }

    if (entry->time2 != 0) {
        p = fs_literal(p, ",\"closes_at\":");
        p = fs_write_signed(p, entry->time2);
    }

    if (entry->number2 != 0) {
        p = fs_literal(p, ",\"goal\":");
        p = fs_write_unsigned(p, entry->number2);

        if (entry->flags & FS_ENTRY_GOAL_BY_PICKUP) {
            p = fs_literal(p, ",\"goal_by\":\"pickup\"");

        } else {
            p = fs_literal(p, ",\"goal_by\":\"sale\"");
        }
    }

    if (entry->number3 != 0) {
        p = fs_literal(p, ",\"hold_ms\":");
        p = fs_write_unsigned(p, entry->number3);
    }

    if (entry->pickup != 0) {
        p = fs_literal(p, ",\"cancel_ms\":");
        p = fs_write_unsigned(p, entry->pickup);
    }

    return p;
}


/* What became of the goods, and of what a buyer says of them. */

static char *
fs_entry_write_goods(char *p, const fs_entry_t *entry, uint64_t shown)
{
    const char  *via;

    if (shown & FS_SHOWN_SHORT) {
        p = fs_literal(p, ",\"short_qty\":");
        p = fs_write_unsigned(p, entry->number2);
    }

    if (shown & FS_SHOWN_VIA) {
        via = fs_via_name(entry->number);
        p = fs_literal(p, ",\"via\":\"");
        p = fs_write_bytes(p, via, strlen(via));
        *p++ = '"';
    }

    if (shown & FS_SHOWN_BY) {
        p = fs_literal(p, ",\"by\":\"time\"");
    }

    if (shown & FS_SHOWN_DEVICE) {
        p = fs_literal(p, ",\"device_at\":");
        p = fs_write_signed(p, entry->time1);
    }

    if (shown & FS_SHOWN_CLAIM) {
        p = fs_literal(p, ",\"claim\":");
        p = fs_write_signed(p, entry->time1);
    }

    if (shown & FS_SHOWN_OF) {
        p = fs_literal(p, ",\"of\":");
        p = fs_write_signed(p, entry->time1);
    }

    return p;
}


/* 32 bytes that lie in the two ids. */

static char *
fs_entry_write_ids(char *p, const fs_entry_t *entry, const char *field)
{
    *p++ = ',';
    *p++ = '"';
    p = fs_write_bytes(p, field, strlen(field));
    p = fs_literal(p, "\":\"");
    p = fs_write_hex(p, entry->id1, sizeof(entry->id1));
    p = fs_write_hex(p, entry->id2, sizeof(entry->id2));
    *p++ = '"';

    return p;
}


/* What is given, and the places of those who wait.  NULL: the gift's id is
 * unknown. */

static char *
fs_entry_write_given(char *p, const fs_entry_t *entry,
    const fs_names_t *names, uint64_t shown)
{
    if (shown & FS_SHOWN_NUMBER) {
        p = fs_literal(p, ",\"number\":");
        p = fs_write_unsigned(p, entry->number);
    }

    if (shown & FS_SHOWN_FROM) {
        p = fs_literal(p, ",\"from\":\"");
        p = fs_write_hex(p, entry->id1, FS_BUYER_LEN);
        *p++ = '"';
    }

    if (shown & FS_SHOWN_REFERRED) {
        p = fs_literal(p, ",\"referred\":");
        p = fs_write_unsigned(p, fs_entry_referred(entry));
    }

    if (shown & FS_SHOWN_GIFT) {
        p = fs_literal(p, ",\"gift\":\"");

        if (names->hold_id(names->data, (fs_seq_t) entry->time2, NULL, p)
            != 0)
        {
            return NULL;
        }

        p += FS_HOLD_ID_LEN;
        *p++ = '"';
    }

    if (shown & FS_SHOWN_PRIZE) {
        p = fs_literal(p, ",\"prize\":");
        p = fs_write_unsigned(p, entry->number2);
    }

    if (shown & FS_SHOWN_OFF) {
        p = fs_literal(p, ",\"off_fen\":");
        p = fs_write_signed(p, entry->amount_fen);
    }

    if (shown & FS_SHOWN_VALID) {
        p = fs_literal(p, ",\"valid_until_at\":");
        p = fs_write_signed(p, entry->time1);
    }

    if (shown & FS_SHOWN_ENTRIES) {
        p = fs_literal(p, ",\"entries\":");
        p = fs_write_unsigned(p, entry->number2);
    }

    if (shown & FS_SHOWN_SHA) {
        p = fs_entry_write_ids(p, entry, "digest");
    }

    if (shown & FS_SHOWN_SEED) {
        p = fs_entry_write_ids(p, entry, "seed");
    }

    return (shown & FS_SHOWN_BEACON)
           ? fs_entry_write_ids(p, entry, "beacon") : p;
}


/* A wave; day: as "2026-11-30".  NULL: its name is unknown. */

static char *
fs_entry_write_wave(char *p, const fs_entry_t *entry,
    const fs_names_t *names, uint64_t shown)
{
    int  len;

    if (shown & FS_SHOWN_WAVE) {
        p = fs_entry_write_name(p, "wave", names, 'w', entry->number);

        if (p == NULL) {
            return NULL;
        }
    }

    if (shown & FS_SHOWN_CUT) {
        p = fs_literal(p, ",\"cut_at\":");
        p = fs_write_signed(p, entry->time1);
    }

    if (shown & FS_SHOWN_DAY) {
        p = fs_literal(p, ",\"day\":\"");
        len = fs_day_write(entry->number2, p);
        p += len;
        *p++ = '"';
    }

    if (shown & FS_SHOWN_FINAL) {
        p = fs_literal(p, ",\"final\":1");
    }

    return p;
}


static char *
fs_entry_write_money(char *p, const fs_entry_t *entry, uint64_t shown)
{
    const char  *reason;

    if (shown & FS_SHOWN_PAYMENT) {
        p = fs_literal(p, ",\"payment\":\"");
        p = fs_write_hex(p, entry->id2, FS_REFERENCE_LEN);
        *p++ = '"';
    }

    if (shown & FS_SHOWN_REFUND) {
        p = fs_literal(p, ",\"refund\":\"");
        p = fs_write_hex(p, entry->id1, FS_REFERENCE_LEN);
        *p++ = '"';
    }

    if (shown & FS_SHOWN_AMOUNT) {
        p = fs_literal(p, ",\"amount_fen\":");
        p = fs_write_signed(p, entry->amount_fen);
    }

    if (shown & FS_SHOWN_REASON) {
        reason = fs_reason_name(entry->reason);
        p = fs_literal(p, ",\"reason\":\"");
        p = fs_write_bytes(p, reason, strlen(reason));
        *p++ = '"';
    }

    if (shown & FS_SHOWN_DUE) {
        p = fs_literal(p, ",\"due_at\":");
        p = fs_write_signed(p, entry->time1);
    }

    if (shown & FS_SHOWN_OWED) {
        p = fs_literal(p, ",\"owed\":");
        p = fs_write_signed(p, entry->time1);
    }

    return p;
}


static char *
fs_entry_write_store(char *p, const fs_entry_t *entry, uint64_t shown)
{
    uint8_t  epoch[4];

    if (shown & FS_SHOWN_DIGEST) {
        p = fs_literal(p, ",\"digest\":\"");
        p = fs_write_hex(p, entry->id2, sizeof(entry->id2));
        *p++ = '"';
    }

    if (shown & FS_SHOWN_BOOT) {
        p = fs_literal(p, ",\"boot\":\"");
        p = fs_write_hex(p, entry->id1, FS_BOOT_LEN);
        *p++ = '"';
    }

    if (shown & FS_SHOWN_OFFSET) {
        p = fs_literal(p, ",\"offset_ms\":");
        p = fs_write_signed(p, entry->time1);
    }

    if (shown & FS_SHOWN_PREVIOUS) {
        p = fs_literal(p, ",\"previous_at\":");
        p = fs_write_signed(p, entry->time1);
    }

    if (shown & FS_SHOWN_EPOCH) {
        fs_set_be32(epoch, entry->number);
        p = fs_literal(p, ",\"epoch\":\"");
        p = fs_write_hex(p, epoch, sizeof(epoch));
        *p++ = '"';
    }

    return p;
}


static int
fs_entry_hold_id(const fs_entry_t *entry, const fs_names_t *names, char *id)
{
    if (entry->flags & FS_ENTRY_OTHER_LIFE) {
        return names->hold_id(names->data, (fs_seq_t) entry->time2,
                              &entry->number, id);
    }

    return names->hold_id(names->data, entry->hold, NULL, id);
}


/* hold, buyer, sale.  NULL: a name is unknown. */

static char *
fs_entry_write_names(char *p, const fs_entry_t *entry,
    const fs_names_t *names, uint64_t shown)
{
    if (shown & FS_SHOWN_HOLD) {
        p = fs_literal(p, ",\"hold\":\"");

        if (entry->hold == 0 || fs_entry_hold_id(entry, names, p) != 0) {
            return NULL;
        }

        p += FS_HOLD_ID_LEN;
        *p++ = '"';
    }

    if (shown & FS_SHOWN_BUYER) {
        p = fs_literal(p, ",\"buyer\":\"");
        p = fs_write_hex(p, entry->id1, FS_BUYER_LEN);
        *p++ = '"';
    }

    return (shown & FS_SHOWN_SALE)
           ? fs_entry_write_name(p, "sale", names, 's', entry->sale) : p;
}


int
fs_entry_render(const fs_entry_t *entry, const fs_names_t *names, char *buf)
{
    char                   *p;
    uint64_t                shown;
    const fs_entry_info_t  *info;

    if (entry->type == FS_ENTRY_NONE || entry->type >= FS_ENTRY_TYPES_N) {
        return -1;
    }

    info = &fs_entry_infos[entry->type];
    shown = fs_entry_shown(entry);

    p = fs_literal(buf, "{\"seq\":");
    p = fs_write_unsigned(p, entry->seq);
    p = fs_literal(p, ",\"at\":");
    p = fs_write_signed(p, entry->at);
    p = fs_literal(p, ",\"type\":\"");
    p = fs_write_bytes(p, info->name, info->len);
    *p++ = '"';

    p = fs_entry_write_names(p, entry, names, shown);

    if (p == NULL) {
        return -1;
    }

    if (shown & FS_SHOWN_QTY) {
        p = fs_literal(p, ",\"qty\":");
        p = fs_write_signed(p, entry->qty);
    }

    if (shown & FS_SHOWN_STOCK) {
        p = fs_literal(p, ",\"stock\":");
        p = fs_write_signed(p, entry->qty);
    }

    if (shown & FS_SHOWN_PRICE) {
        p = fs_literal(p, ",\"price_fen\":");
        p = fs_write_signed(p, entry->amount_fen);
    }

    if (shown & FS_SHOWN_PICKUP) {
        p = fs_entry_write_name(p, "pickup", names, 'p', entry->pickup);

        if (p == NULL) {
            return -1;
        }
    }

    if (shown & FS_SHOWN_LINE) {
        p = fs_literal(p, ",\"line\":");
        p = fs_write_unsigned(p, entry->line + 1u);
        p = fs_literal(p, ",\"lines\":");
        p = fs_write_unsigned(p, entry->lines_n);
    }

    if (shown & FS_SHOWN_EXPIRES) {
        p = fs_literal(p, ",\"expires_at\":");
        p = fs_write_signed(p, entry->time1);
    }

    p = fs_entry_write_money(p, entry, shown);

    if (shown & FS_SHOWN_TAKER) {
        p = fs_entry_write_name(p, "taken_by", names, 'c', entry->number);

        if (p == NULL) {
            return -1;
        }
    }

    p = fs_entry_write_goods(p, entry, shown);
    p = fs_entry_write_wave(p, entry, names, shown);

    if (p == NULL) {
        return -1;
    }

    p = fs_entry_write_given(p, entry, names, shown);

    if (p == NULL) {
        return -1;
    }

    if (shown & FS_SHOWN_TERMS) {
        p = fs_entry_write_terms(p, entry);
    }

    p = fs_entry_write_store(p, entry, shown);

    if (shown & FS_SHOWN_KEY) {
        p = fs_literal(p, ",\"key\":\"");
        p = fs_write_hex(p, entry->key, FS_KEY_HASH_LEN);
        *p++ = '"';
    }

    return (int) (p - buf);
}


int
fs_entry_chain(fs_entry_t *entry, const uint8_t *previous, const char *line,
    size_t len)
{
    char      digits[2 * FS_HASH_LEN];
    fs_str_t  first, second;

    fs_hex(previous, FS_HASH_LEN, digits);

    first.len = sizeof(digits);
    first.data = digits;
    second.len = len;
    second.data = line;

    return fs_sha256(first, second, entry->hash);
}


int
fs_entry_line(const fs_entry_t *entry, const fs_names_t *names, char *buf)
{
    int    len;
    char  *p;

    len = fs_entry_render(entry, names, buf);

    if (len < 0) {
        return -1;
    }

    p = buf + len;
    p = fs_literal(p, ",\"hash\":\"");
    p = fs_write_hex(p, entry->hash, FS_HASH_LEN);
    p = fs_literal(p, "\"}\n");

    return (int) (p - buf);
}
