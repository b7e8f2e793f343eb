
/*
 * Talk: what is said in rooms, and what people did there that is no business
 * of the ledger.  It lies in an annex (people/annex.h) below the store,
 * "talk", so that it can be erased.
 *
 *   comments   session slug, 0, id be        a row, see talk_rows.c
 *   authors    buyer, 'c' or 'a', id be      the comment's session; nothing
 *   mutes      session slug, 0, buyer        since when
 *   keys       buyer (zeros: an operator's), key hash
 *                                            id, when, fingerprint
 *   activity   id be                         a row
 *   leaving    buyer                         nothing: rows are still there
 *   meta       `last`, `last-activity`       ids given
 *
 * Ids only go up, in the order of commits, and are never given twice, also
 * after somebody has moved the directory away: each is at least the time in
 * milliseconds.  So whoever reads on after the last id that it has seen misses
 * nothing, whichever process wrote it.  A comment that is taken back changes,
 * and is followed by a row that says so, with an id of its own.
 */

#ifndef FS_TALK_H
#define FS_TALK_H

#include "json/json_writer.h"
#include "people/annex.h"
#include "text/person.h"

#pragma GCC visibility push(hidden)


#define FS_CODE_WORD_MAX   24           /* of a refused tap, of a link */

#define FS_TALK_BATCH      256          /* changes in one commit */
#define FS_TALK_STEP       2048         /* rows erased in one commit */
#define FS_TALK_RATE_MAX   100          /* comments that a rate looks at */
#define FS_TALK_LOOKS      16           /* sessions told of in one sweep */

typedef enum {
    FS_TALK_COMMENT = 1,                /* as they stand in rows */
    FS_TALK_REMOVED,                    /* `of` was taken back */
    FS_TALK_ANSWER                      /* the host's, of `of` */
} fs_talk_kind_t;

/* one row of what was said */
typedef struct {
    uint64_t             id;
    uint64_t             of;            /* REMOVED, ANSWER: which comment */
    int64_t              at;            /* wall ms */
    uint8_t              kind;          /* fs_talk_kind_t */
    uint8_t              removed;       /* and its text is gone */
    uint8_t              name_len;
    char                 name[FS_SHOWN_MAX];    /* as it is shown */
    uint8_t              buyer[FS_BUYER_LEN];   /* zeros: nobody's any more */
    uint16_t             text_len;
    char                 text[FS_COMMENT_MAX];
} fs_comment_t;

/* kind, name in JSON */
#define FS_ACTIVITIES(X)                                                     \
    X(VIEW,    "view")                                                       \
    X(WATCH,   "watch")                 /* n: seconds */                     \
    X(REFUSED, "refused")               /* n: taps that this one stands for */ \
    X(COMMENT, "comment")               /* n: its id */                      \
    X(SHARE,   "share")                 /* code: how */                      \
    X(CAME,    "came")                  /* code: the label of the link */    \
    X(WISH,    "wish")                  /* tell me of the next one */

typedef enum {
    FS_ACTIVITY_NONE = 0,
#define X(name, string)  FS_ACTIVITY_##name,
    FS_ACTIVITIES(X)
#undef X
    FS_ACTIVITIES_N
} fs_activity_kind_t;

/* what it is about, as it stands in rows */
typedef enum {
    FS_ACTIVITY_OF_SALE = 0,
    FS_ACTIVITY_OF_SESSION,
    FS_ACTIVITY_OF_SHOP                 /* no `subject` */
} fs_activity_of_t;

typedef struct {
    uint64_t             id;
    int64_t              at;            /* wall ms */
    uint64_t             n;
    uint8_t              kind;          /* fs_activity_kind_t */
    uint8_t              of;            /* fs_activity_of_t */
    uint8_t              buyer[FS_BUYER_LEN];
    fs_slug_t            subject;
    uint8_t              code_len;
    char                 code[FS_CODE_WORD_MAX];
} fs_activity_t;

typedef enum {
    FS_TALK_SAY = 0,                    /* a buyer's comment */
    FS_TALK_REMOVE,
    FS_TALK_MUTE,
    FS_TALK_REPLY,
    FS_TALK_NOTE,                       /* an activity */
    FS_TALK_ERASE,                      /* all that is a buyer's */
    FS_TALK_FORGET                      /* all of a session */
} fs_talk_op_t;

/*
 * A change.  What came of it: OK and the id (of the comment, the answer; of
 * REMOVE, MUTE of the comment it is about); REPLAYED and the same; MUTED;
 * TOO_FAST and rest_ms; KEY_REUSED; NOT_FOUND: no such comment; WRONG_STATE:
 * nobody wrote it any more.  ERASE, FORGET: ACCEPTED: there are more rows,
 * which go by and by.
 */
typedef struct {
    fs_talk_op_t         op;
    fs_slug_t            session;
    fs_comment_t         comment;       /* SAY, REPLY: buyer, name, text, at;
                                           `of` of all that have one; ERASE:
                                           buyer */
    fs_activity_t        activity;      /* NOTE */
    uint8_t              unnoted;       /* SAY: is no activity */
    uint8_t              keyed;
    uint8_t              key[FS_KEY_HASH_LEN];
    uint8_t              fingerprint[FS_KEY_HASH_LEN];

    fs_outcome_t         outcome;
    uint64_t             id;
    int64_t              rest_ms;
} fs_talk_change_t;

/* At most so many comments in so long, of one buyer and of a session.  n 0: no
 * such rule. */
typedef struct {
    uint32_t             n;
    int64_t              ms;
} fs_talk_rate_t;

typedef struct {
    fs_talk_rate_t       buyer;
    fs_talk_rate_t       session;
} fs_talk_rates_t;

/* A sweep, round by round.  Zeros: a new one. */
typedef struct {
    uint8_t              begun;
    uint8_t              key[FS_BUYER_LEN + FS_KEY_HASH_LEN];
    fs_slug_t            session;
} fs_talk_sweep_t;


/* talk_rows.c: rows and their keys. */

#define FS_COMMENT_HEAD     56
#define FS_COMMENT_ROW_MAX  (FS_COMMENT_HEAD + FS_COMMENT_MAX)
#define FS_ACTIVITY_HEAD    36
#define FS_ACTIVITY_ROW_MAX (FS_ACTIVITY_HEAD + FS_SLUG_MAX + FS_CODE_WORD_MAX)
#define FS_TALK_KEY_MAX     (FS_SLUG_MAX + 1 + FS_BUYER_LEN)

/* The row's length. */
size_t fs_comment_row_encode(const fs_comment_t *comment, uint8_t *row);
size_t fs_activity_row_encode(const fs_activity_t *activity, uint8_t *row);

/* Whether it can be an activity's `code`: a-z, 0-9, _ and -, or nothing. */
int fs_activity_code_valid(fs_str_t code);

/* All but the id.  0 or -1. */
int fs_comment_row_decode(fs_comment_t *comment, fs_str_t row);
int fs_activity_row_decode(fs_activity_t *activity, fs_str_t row);

/* A session, 0, and what makes the key its own.  The key's length. */
size_t fs_talk_key(uint8_t *key, const fs_slug_t *session, const void *own,
    size_t own_len);


/* talk.c: the annex, and changes; talk_erase.c what is erased. */

/* The annex of a store; conf->name, ->format, ->dbs are set here. */
fs_annex_t *fs_talk_create(fs_annex_conf_t *conf);

/* The thread: all of them, each with its own outcome, or none. */
fs_outcome_t fs_talk_write(fs_annex_t *annex, fs_talk_change_t *const *changes,
    unsigned n, const fs_talk_rates_t *rates);

/*
 * The reading thread: would it be taken, as far as it is known now?  OK: ask
 * the writing thread.  As of a change.
 */
fs_outcome_t fs_talk_may(fs_annex_t *annex, fs_talk_change_t *change,
    const fs_talk_rates_t *rates);

/*
 * The thread, now and then: erase what is over: activity at `before` or
 * earlier, keys of yesterday, rows of those who left.  Sessions with rows are
 * told of, FS_TALK_LOOKS at most, for whoever knows whether they still are.
 * *erased: rows; *more: it is not at its end.
 */
unsigned fs_talk_sweep(fs_annex_t *annex, fs_talk_sweep_t *sweep, int64_t now,
    int64_t before, fs_slug_t *sessions, unsigned *erased, int *more);


/* talk_read.c: reading, by the reading thread; bounded, and never waits. */

/* The last id given in any session, 0: none, or not known now.  It changes
 * with each comment, answer and removal that is on disk, whoever wrote it. */
uint64_t fs_talk_last(fs_annex_t *annex);

/*
 * Rows of a session after an id, in order; at most `limit`.  Comments that
 * were taken back are passed over; REMOVED rows are among them with
 * `removals`.  How many, or -1: not now.  *next: the last id looked at, which
 * is where to go on; *more: there may be others.
 */
int fs_talk_after(fs_annex_t *annex, const fs_slug_t *session, uint64_t after,
    int removals, fs_comment_t *comments, unsigned limit, uint64_t *next,
    int *more);

/* The same of a session's end: its last `limit` comments and answers, in
 * order. */
int fs_talk_newest(fs_annex_t *annex, const fs_slug_t *session,
    fs_comment_t *comments, unsigned limit);

/*
 * The host's last answer, which stays on top: *comments is it, behind what it
 * answers where that still stands.  How many; 0: there is none, it was taken
 * back, or more than FS_TALK_ANSWERED rows came after it; -1: not now.
 */
#define FS_TALK_ANSWERED  1024

int fs_talk_answered(fs_annex_t *annex, const fs_slug_t *session,
    fs_comment_t comments[2]);

/* Activity after an id. */
int fs_talk_activity(fs_annex_t *annex, uint64_t after,
    fs_activity_t *activities, unsigned limit, int *more);

/*
 * Where activity since a time (wall ms) begins: *after is an id, and what
 * comes behind it is of that time or later, but for what one worker noted
 * seconds before another.  0, or -1: not now.
 */
int fs_talk_activity_since(fs_annex_t *annex, int64_t at, uint64_t *after);

/* Comments there are; -1: not known now. */
int64_t fs_talk_count(fs_annex_t *annex);


/* talk_answer.c: JSON.  The length, or -1: it did not fit. */

#define FS_COMMENT_JSON_MAX   (6 * FS_COMMENT_MAX + 256)
#define FS_ACTIVITY_JSON_MAX  384

/* {"comment","name","text","at"}, of an answer with "answers"; a removal is
 * {"comment"} of what was taken back */
void fs_write_comment(fs_writer_t *writer, const fs_comment_t *comment);

/* The same as a server-sent event, `comment` or `removed`, without an id. */
int fs_answer_said(char *buf, size_t size, const fs_comment_t *comment);

/* [comment,…]: of those that still stand */
int fs_answer_comments(char *buf, size_t size, const fs_comment_t *comments,
    unsigned n);

/* a line: {"id","at","kind","buyer", "session" or "sale" where it is about
 * one, and what its kind has: "seconds", "code" and "taps", "comment", "how",
 * "via"} */
int fs_answer_activity(char *buf, size_t size, const fs_activity_t *activity);


#pragma GCC visibility pop

#endif /* FS_TALK_H */
