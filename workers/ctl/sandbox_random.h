/*
 * sandbox_random: numbers that look random and are the same for the same seed on every machine. xoshiro256**
 * of David Blackman and Sebastiano Vigna, its state filled by splitmix64: not rand(), which is the C
 * library's own business.
 */
#ifndef ECF2_WORKERS_CTL_SANDBOX_RANDOM_H
#define ECF2_WORKERS_CTL_SANDBOX_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

#include "common/uuid.h"

struct sandbox_random {
    uint64_t state[4];
};

void sandbox_random_seed(struct sandbox_random *random, uint64_t seed);
uint64_t sandbox_random_next(struct sandbox_random *random);
/* 0 to n - 1, each equally likely; n > 0. */
uint32_t sandbox_random_below(struct sandbox_random *random, uint32_t n);
/* low to high, both included. */
int sandbox_random_between(struct sandbox_random *random, int low, int high);
/* True in `per_mille` of a thousand cases. */
bool sandbox_random_chance(struct sandbox_random *random, uint32_t per_mille);
/* A version 4 UUID. */
struct uuid sandbox_random_uuid(struct sandbox_random *random);

#endif
