
/*
 * What becomes of a buyer's request for a hold before it may wait for a
 * commit: its names become numbers, what may never be is a wrong request, and
 * what is surely refused is refused at once, without a write.
 */

#ifndef FS_ADMIT_H
#define FS_ADMIT_H

#include "base/command.h"
#include "read/read.h"
#include "sheet/cache.h"
#include "text/text.h"

#pragma GCC visibility push(hidden)


/* Why it was not admitted; what does not apply is empty. */
typedef struct {
    fs_fault_t           fault;         /* BAD_REQUEST: what is wrong */
    fs_result_t          result;        /* what a decision would have said */
    fs_slug_t            sale;          /* NO_SUCH_SALE: which */
    unsigned             refused:1;     /* the result says it all: a write was
                                           saved */
} fs_refusal_t;

/*
 * The command has its buyer and terms already, and gets the rest; key: len 0:
 * none, or the command has its hash.  It is hashed for those only who may have
 * used one before, and for who is admitted.  OK: it has to be decided.
 * Otherwise what to answer, and *refusal.  The view has an index, or is
 * recalled: then all but a refusal says only that a snapshot is needed.
 */
fs_outcome_t fs_admit(fs_view_t *view, fs_crypto_t *crypto,
    fs_sheet_cache_t *cache, const fs_hold_request_t *request, fs_str_t key,
    const fs_now_t *now, fs_command_t *command, fs_refusal_t *refusal);

/* Of a line that nobody has asked for yet. */
typedef struct {
    fs_outcome_t         outcome;       /* what surely stops it; OK: nothing */
    fs_outcome_t         more;          /* the same of one unit more */
} fs_stop_t;

/*
 * What becomes of each line of a request if it were asked for by itself, one
 * fs_stop_t each; more than anybody may have is OVER_LIMIT, not BAD_REQUEST.
 * hold gets the lines that nothing stops, at their prices, and nothing else:
 * what they cost is what the hold would.  What a buyer has of everything is
 * for the decision to say, and so is where it is collected.  The view has an
 * index.
 */
void fs_admit_lines(fs_view_t *view, fs_crypto_t *crypto,
    fs_sheet_cache_t *cache, const uint8_t *buyer,
    const fs_hold_request_t *request, const fs_now_t *now, fs_stop_t *stops,
    fs_hold_t *hold);

/* The gift that a request names, if any: its id becomes a number.  OK,
 * NO_SUCH_HOLD, OTHER_LIFE, NOT_READY. */
fs_outcome_t fs_admit_gift(fs_view_t *view, fs_crypto_t *crypto,
    const fs_hold_request_t *request, fs_command_t *command);

/*
 * The same for money that is to go back: the names of the sales become
 * numbers.  OK, or NO_SUCH_SALE and refusal->sale; what the view says.
 */
fs_outcome_t fs_admit_refund(fs_view_t *view,
    const fs_refund_request_t *request, fs_command_t *command,
    fs_refusal_t *refusal);

/*
 * A claim: as above, and the fingerprint of what is said, however it was sent.
 */
fs_outcome_t fs_admit_claim(fs_view_t *view,
    const fs_claim_request_t *request, fs_command_t *command,
    fs_refusal_t *refusal);

/*
 * Lines that were handed over: as above.  Each goes whole, so that one who
 * says how much says it of all of the line, or of all of it that has come;
 * else BAD_REQUEST and the fault.  The view has an index.
 */
fs_outcome_t fs_admit_handed(fs_view_t *view,
    const fs_hand_over_request_t *request, fs_command_t *command,
    fs_refusal_t *refusal);

/* The key of a hand-over: its nonce, of a kind and of an order of its own; the
 * command has its hold.  0 or -1. */
int fs_admit_nonce(fs_crypto_t *crypto,
    const fs_hand_over_request_t *request, fs_command_t *command);

/* Whether an operator's command may name these: a kind and an id of documents,
 * the id of a sale.  OK, NO_SUCH_SALE, or BAD_REQUEST and the fault. */
fs_outcome_t fs_admit_names(unsigned command, fs_str_t kind, fs_str_t id,
    fs_fault_t *fault);

/* Whether a document may say this: what the engine itself goes by is to be
 * understood.  OK, or BAD_REQUEST and the fault. */
fs_outcome_t fs_admit_document(fs_str_t kind, fs_str_t id, fs_str_t body,
    fs_fault_t *fault);

/* Whether a hold may be shown as one to pay now, before anything is decided.
 * OK, or WRONG_STATE and result->state. */
fs_outcome_t fs_admit_paying(const fs_hold_t *hold, const fs_now_t *now,
    fs_result_t *result);

/* What BAD_REQUEST means when it was a decision: the rules that a request
 * alone cannot break.  Empty: there is no such rule. */
void fs_decided_fault(unsigned command, const fs_result_t *result,
    fs_fault_t *fault);


#pragma GCC visibility pop

#endif /* FS_ADMIT_H */
