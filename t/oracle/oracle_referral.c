
/*
 * A neighbour brings another one: who counts as a newcomer, and what both are
 * given.  People are numbers here; 0 buys, but has no code.
 */

#include <stdio.h>

#include "oracle_parts.h"


static int
oracle_referral_counts(const oracle_t *oracle, const fs_command_t *command)
{
    unsigned  newcomer, inviter;

    newcomer = oracle_buyer(command->buyer);
    inviter = oracle_buyer(command->from);

    return command->counts && inviter != 0 && inviter != newcomer
           && !oracle->people[newcomer].known && oracle->referral.stands
           && oracle->people[inviter].brought < oracle->referral.per_inviter;
}


/* One unit of what a sale gives; 0: not now, and not later. */

static int
oracle_give(oracle_t *oracle, uint32_t number, unsigned buyer, int reason,
    unsigned newcomer)
{
    oracle_sale_t  *sale;
    oracle_hold_t  *gift;

    sale = &oracle->sales[number];
    oracle_opens_closes(oracle, sale);

    if (!sale->opened || sale->closed || sale->paused
        || oracle_free(sale) < 1
        || (sale->limit != 0 && sale->taken[buyer] >= sale->limit))
    {
        return 0;
    }

    gift = oracle_new_hold(oracle);
    gift->buyer = buyer;
    gift->created_at = oracle->now.wall;
    gift->lines_n = 1;
    gift->lines[0].sale = number;
    gift->lines[0].qty = 1;
    gift->given_for = reason;
    gift->given_newcomer = newcomer;
    oracle_grant(oracle, gift);

    return 1;
}


void
oracle_referral_came(oracle_t *oracle, const fs_command_t *command)
{
    int               counts;
    unsigned          buyer;
    oracle_person_t  *person;

    counts = oracle_referral_counts(oracle, command);
    buyer = oracle_buyer(command->buyer);
    person = &oracle->people[buyer];
    person->known = 1;

    if (oracle->people_n <= buyer) {
        oracle->people_n = buyer + 1;
    }

    if (counts) {
        person->invited = 1;
        person->by = oracle_buyer(command->from);
        oracle->people[person->by].brought++;
        person->welcomed = oracle_give(oracle, oracle->referral.newcomer,
                                       buyer, FS_REASON_NEWCOMER, buyer);
    }
}


void
oracle_referral_had(oracle_t *oracle, unsigned buyer)
{
    oracle_person_t  *person;

    person = &oracle->people[buyer];

    if (!person->invited || person->handed) {
        return;
    }

    person->handed = 1;

    if (oracle->referral.stands) {
        person->thanked = oracle_give(oracle, oracle->referral.inviter,
                                      person->by, FS_REASON_INVITER, buyer);
    }
}


/* 1: it is what the document must say; another one is refused whole.  The
 * fields come in this order. */

static int
oracle_referral_read(const oracle_t *oracle, const fs_operator_t *op,
    oracle_referral_t *referral, oracle_answer_t *answer)
{
    int   end;
    char  doc[128], inviter[16], newcomer[16];

    if (op->doc.len >= sizeof(doc)) {
        return 0;
    }

    memcpy(doc, op->doc.data, op->doc.len);
    doc[op->doc.len] = '\0';
    end = 0;

    if (sscanf(doc, "{\"inviter\":\"%15[^\"]\",\"newcomer\":\"%15[^\"]\","
                    "\"per_inviter\":%u}%n", inviter, newcomer,
               &referral->per_inviter, &end) != 3
        || (size_t) end != op->doc.len || referral->per_inviter < 1
        || referral->per_inviter > 1000)
    {
        return 0;
    }

    referral->stands = 1;
    referral->inviter = oracle_sale_named(oracle, inviter, strlen(inviter));
    referral->newcomer = oracle_sale_named(oracle, newcomer,
                                           strlen(newcomer));

    if (oracle->sales[referral->inviter].gives == FS_GIVES_NOTHING) {
        answer->giving = FS_REFERRAL_INVITER;

    } else if (oracle->sales[referral->newcomer].gives == FS_GIVES_NOTHING) {
        answer->giving = FS_REFERRAL_NEWCOMER;
    }

    return answer->giving == 0;
}


void
oracle_referral_document(oracle_t *oracle, const fs_command_t *command,
    const fs_operator_t *op, oracle_answer_t *answer)
{
    oracle_referral_t  referral;

    answer->outcome = FS_OK;

    if (command->type == FS_COMMAND_DELETE && !oracle->referral.stands) {
        answer->outcome = FS_NOT_FOUND;

    } else if (!oracle_supposed(op, oracle->referral.stands)) {
        answer->outcome = FS_PRECONDITION;

    } else if (command->type == FS_COMMAND_DELETE) {
        oracle->referral.stands = 0;

    } else if (oracle_referral_read(oracle, op, &referral, answer)) {
        oracle->referral = referral;

    } else {
        answer->outcome = FS_BAD_REQUEST;
    }
}


/* The hold with this number; 0: one that has none yet, and comes with
 * something else. */

static oracle_hold_t *
oracle_numbered(oracle_t *oracle, fs_seq_t seq, uint32_t sale,
    uint32_t number)
{
    size_t          i;
    oracle_hold_t  *hold;

    for (i = oracle->holds_n; i-- > 0; ) {
        hold = &oracle->holds[i];

        if (hold->seq == seq
            && (seq != 0 || (hold->lines[0].sale == sale
                             && hold->number == number)))
        {
            return hold;
        }
    }

    return NULL;
}


int
oracle_named_referral(oracle_t *oracle, const fs_entry_t *entry)
{
    oracle_hold_t    *hold;
    oracle_person_t  *person;

    if (entry->type == FS_ENTRY_REFERRED) {
        hold = oracle_numbered(oracle, entry->hold, 0, 0);

        if (hold == NULL) {
            return 0;
        }

        person = &oracle->people[hold->buyer];

        if (!person->invited || person->seq != 0
            || person->by != oracle_buyer(entry->id1))
        {
            return 0;
        }

        person->seq = entry->seq;

        return 1;
    }

    if (entry->reason == FS_REASON_NONE) {

        /* asked for: the answer had its number */

        hold = oracle_numbered(oracle, entry->seq, 0, 0);

        return hold != NULL && hold->given_for == FS_REASON_NONE;
    }

    hold = oracle_numbered(oracle, 0, entry->sale, entry->number);

    if (hold == NULL || hold->given_for != entry->reason
        || hold->buyer != oracle_buyer(entry->id1)
        || hold->worth != entry->amount_fen
        || hold->valid_until != entry->time1
        || oracle->people[hold->given_newcomer].seq
           != fs_entry_referred(entry))
    {
        return 0;
    }

    hold->seq = entry->seq;

    return 1;
}
