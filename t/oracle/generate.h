
/*
 * Random commands for the shop that the oracle knows: mostly what makes
 * sense there, and now and then what does not.
 */

#ifndef GENERATE_H
#define GENERATE_H

#include "common/dice.h"
#include "oracle.h"


/* A command with the memory that its operator's part points to. */
typedef struct {
    fs_command_t         command;
    fs_operator_t        op;
    int                  has_op;
    char                 slug[16];
    char                 doc[96];       /* empty: op.doc lies elsewhere */
} generated_t;

typedef struct {
    dice_t              *dice;
    const oracle_t      *oracle;
    int64_t              wall;          /* the time of the command */
} generate_t;


/* The slug points into *made, and so may the document: it stays where it is,
 * or generate_moved() tells what was copied from it. */
void generate_command(generate_t *generate, generated_t *made);
void generate_moved(generated_t *made);

/* generate_referral.c: now and then somebody buys who never did, or not long
 * ago; by whose code.  1: the shop's document of it; a hold is asked for
 * again, perhaps by another code. */
void generate_neighbour(generate_t *generate, fs_command_t *command);
void generate_from(generate_t *generate, fs_command_t *command);
int generate_referral(generate_t *generate, generated_t *made);
int generate_again(generate_t *generate, fs_command_t *command);

/* generate_gift.c: a definition, perhaps of what gives; a hold, perhaps of
 * that, or with a gift; 1: a hold uses another gift. */
void generate_gives(generate_t *generate, generated_t *made, uint32_t sale);
void generate_giving(generate_t *generate, generated_t *made);
int generate_gift(generate_t *generate, fs_command_t *command);

/* generate_draw.c: a new giving left to chance; the same as before, what else
 * it says; 1: one ends, or is drawn; a gift that is fetched, or NULL. */
void generate_chance(generate_t *generate, fs_operator_t *op);
void generate_same_chance(const oracle_sale_t *old, fs_operator_t *op);
int generate_draw(generate_t *generate, generated_t *made);
const oracle_hold_t *generate_thing(generate_t *generate);

/* generate_after.c: 1: it has made such a command; 0: any other will do. */
int generate_after(generate_t *generate, fs_command_t *command);
int generate_after_admin(generate_t *generate, generated_t *made);


#endif /* GENERATE_H */
