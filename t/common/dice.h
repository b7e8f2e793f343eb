
/*
 * Randomness from a seed (xorshift64).
 */

#ifndef DICE_H
#define DICE_H

#include <stddef.h>
#include <stdint.h>


typedef struct {
    uint64_t             state;         /* never 0 */
} dice_t;


static inline void
dice_seed(dice_t *dice, uint64_t seed)
{
    dice->state = seed * 0x9e3779b97f4a7c15ULL + 0x1234567;

    if (dice->state == 0) {
        dice->state = 1;
    }
}


static inline uint64_t
dice_next(dice_t *dice)
{
    dice->state ^= dice->state << 13;
    dice->state ^= dice->state >> 7;
    dice->state ^= dice->state << 17;

    return dice->state;
}


/* 0 to n - 1 */

static inline unsigned
dice_below(dice_t *dice, unsigned n)
{
    return (unsigned) ((dice_next(dice) >> 20) % n);
}


static inline int
dice_one_in(dice_t *dice, unsigned n)
{
    return dice_below(dice, n) == 0;
}


static inline void
dice_bytes(dice_t *dice, uint8_t *bytes, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        bytes[i] = (uint8_t) (dice_next(dice) >> 32);
    }
}


#endif /* DICE_H */
