/* sandbox_random: see sandbox_random.h. */
#include "workers/ctl/sandbox_random.h"

#include <string.h>

static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static uint64_t rotate(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

void sandbox_random_seed(struct sandbox_random *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        random->state[i] = splitmix64(&seed);
}

uint64_t sandbox_random_next(struct sandbox_random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

/* The high half of a product instead of a remainder: its bias is below n in 2^32. */
uint32_t sandbox_random_below(struct sandbox_random *random, uint32_t n)
{
    return (uint32_t)(((sandbox_random_next(random) >> 32) * n) >> 32);
}

int sandbox_random_between(struct sandbox_random *random, int low, int high)
{
    return high <= low ? low : low + (int)sandbox_random_below(random, (uint32_t)(high - low + 1));
}

bool sandbox_random_chance(struct sandbox_random *random, uint32_t per_mille)
{
    return sandbox_random_below(random, 1000) < per_mille;
}

struct uuid sandbox_random_uuid(struct sandbox_random *random)
{
    struct uuid id;
    uint64_t halves[2] = {sandbox_random_next(random), sandbox_random_next(random)};
    for (int i = 0; i < 16; i++) /* byte by byte: the same on machines of either byte order */
        id.bytes[i] = (uint8_t)(halves[i / 8] >> (8 * (i % 8)));
    id.bytes[6] = (uint8_t)((id.bytes[6] & 0x0F) | 0x40);
    id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3F) | 0x80);
    return id;
}
