
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
} generated_t;

typedef struct {
    dice_t              *dice;
    const oracle_t      *oracle;
    int64_t              wall;          /* the time of the command */
} generate_t;


/* The slug points into *made: it stays where it is. */
void generate_command(generate_t *generate, generated_t *made);

/* generate_gift.c: a definition, perhaps of what gives; a hold, perhaps of
 * that, or with a gift; 1: a hold uses another gift. */
void generate_gives(generate_t *generate, generated_t *made, uint32_t sale);
void generate_giving(generate_t *generate, generated_t *made);
int generate_gift(generate_t *generate, fs_command_t *command);

/* generate_after.c: 1: it has made such a command; 0: any other will do. */
int generate_after(generate_t *generate, fs_command_t *command);
int generate_after_admin(generate_t *generate, generated_t *made);


#endif /* GENERATE_H */
