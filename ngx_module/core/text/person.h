
/*
 * What a person is told of themself.
 */

#ifndef FS_PERSON_H
#define FS_PERSON_H

#include "json/json_writer.h"

#pragma GCC visibility push(hidden)


#define FS_PERSON_JSON_MAX  1024

/* of a buyer's holds, as far as they were looked at */
typedef struct {
    uint32_t             holds;
    uint32_t             live;
    uint32_t             orders;        /* paid, whatever came after */
    uint32_t             to_collect;
    int                  more;          /* there are older ones */
} fs_counts_t;


/* As in answer.c.  {"code","contact","tags":[],"counts":{"holds","live",
 * "orders","to_collect","complete"}}; contact NULL: there is none */
int fs_answer_me(char *buf, size_t size, const char *code,
    const fs_contact_t *contact, const fs_counts_t *counts);

/* {"contact":{"name","digits","consent":[…]}}, and "leaving":true when it
 * goes; NULL: null */
int fs_answer_contact(char *buf, size_t size, const fs_contact_t *contact);

/* Somebody as others see them. */
#define FS_NEIGHBOUR         "一位邻居"
#define FS_SHOWN_MAX         16         /* bytes */

/*
 * A contact's name as others see it: its first character and two stars, 李**,
 * when its owner agreed to a label.  The length, at most FS_SHOWN_MAX; 0: it
 * is not shown, FS_NEIGHBOUR stands for it.  contact may be NULL.
 */
size_t fs_contact_shown(const fs_contact_t *contact, char *buf);


#pragma GCC visibility pop

#endif /* FS_PERSON_H */
