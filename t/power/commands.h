
/*
 * What is asked of a store before the power is cut.
 */

#ifndef COMMANDS_H
#define COMMANDS_H

#include "lead/lead.h"
#include "run.h"


/* The next sale, and a pickup point: they are there at once. */
void run_define(run_t *run, fs_leader_t *leader);

/* The next of what is given; after the last what the shop gives for a
 * neighbour who is brought. */
void run_give(run_t *run, fs_leader_t *leader);

/* A change by the operator, which is there at once. */
void run_operator(run_t *run, fs_leader_t *leader);

/* A hold of some sales for some buyer, who may wait for it, use a gift or come
 * by a neighbour's code; or a gift. */
void run_hold(run_shared_t *shared, dice_t *dice, fs_command_t *command);

/* About a hold that was acknowledged. */
void run_order(run_t *run, fs_command_t *command);


#endif /* COMMANDS_H */
