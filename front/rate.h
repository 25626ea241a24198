/*
 * rate: the limits of operations.md section 4 as a table, their fixed windows, and the counting that goes on
 * in this process while Redis is away (OP-8).
 */
#ifndef ECF2_FRONT_RATE_H
#define ECF2_FRONT_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/settings.h"
#include "common/slice.h"

enum rate_limit { RATE_PROTECTED, RATE_TOKEN, RATE_PUBLIC, RATE_ADDRESS, RATE_COUNT };
enum rate_key { RATE_BY_ADDRESS, RATE_BY_AUTHORIZATION };

#define RATE_KEY_SIZE 128

struct rate_rule {
    const char *name; /* in keys, metrics and logs (metrics.md section 9) */
    enum rate_key by;
    int64_t period_s;
};

const struct rate_rule *rate_rule(enum rate_limit limit);
int64_t rate_allowed(const struct settings *settings, enum rate_limit limit);
/* Whether a request of this path, with or without an Authorization header, is counted under the limit. */
bool rate_applies(enum rate_limit limit, struct slice path, bool has_authorization);
/* Seconds until the window ends in which now lies: 1 to the period. */
int64_t rate_left_s(enum rate_limit limit, int64_t machine_now_us);
/* "rate:token:5678:…": one key a limit, window and counted value. The raw Authorization value never becomes
 * part of a key: value is its digest, or the address. */
void rate_key(enum rate_limit limit, int64_t machine_now_us, struct slice value, char ret_key[RATE_KEY_SIZE]);

/* Adds n to the counter of a key in this process's memory and says what it holds then. Any thread may call
 * it. Counters of windows that are over are thrown away; above some 100 000 keys new ones share one counter.
 */
int64_t rate_count_here(const char *key, int64_t n, int64_t machine_now_us);

#endif
