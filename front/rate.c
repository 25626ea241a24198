/* rate: which limits count which request, and counting without Redis. */
#include "front/rate.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/buffer.h"
#include "common/clock.h"

#define LOCAL_KEYS_MAX 100000
#define LOCAL_LIFE_US  (600 * US_PER_SECOND) /* longer than every window */

static const struct rate_rule rules[RATE_COUNT] = {
    [RATE_PROTECTED] = {"protected", RATE_BY_ADDRESS, 20},
    [RATE_TOKEN] = {"token", RATE_BY_AUTHORIZATION, 300},
    [RATE_PUBLIC] = {"public_api", RATE_BY_ADDRESS, 300},
    [RATE_ADDRESS] = {"ip", RATE_BY_ADDRESS, 300},
};

/* Beginnings of paths (operations.md section 4). */
static const char *const protected_paths[] = {
    "/otp-sign-in", "/sign-in", "/auth", "/healthcheck", "/school/opt-out-of-reminder-emails", NULL};
static const char *const public_paths[] = {"/api/guidance", "/api/docs", NULL};

const struct rate_rule *rate_rule(enum rate_limit limit)
{
    return &rules[limit];
}

int64_t rate_allowed(const struct settings *settings, enum rate_limit limit)
{
    switch (limit) {
    case RATE_PROTECTED:
        return settings->rate_protected;
    case RATE_TOKEN:
        return settings->rate_token;
    case RATE_PUBLIC:
        return settings->rate_public;
    case RATE_ADDRESS:
    case RATE_COUNT:
        break;
    }
    return settings->rate_address;
}

static bool begins_with(struct slice path, const char *prefix)
{
    size_t size = strlen(prefix);
    return path.size >= size && memcmp(path.data, prefix, size) == 0;
}

static bool begins_with_any(struct slice path, const char *const *prefixes)
{
    for (size_t i = 0; prefixes[i] != NULL; i++)
        if (begins_with(path, prefixes[i]))
            return true;
    return false;
}

bool rate_applies(enum rate_limit limit, struct slice path, bool has_authorization)
{
    switch (limit) {
    case RATE_PROTECTED:
        return begins_with_any(path, protected_paths);
    case RATE_TOKEN: /* OP-12: none without Authorization */
        return has_authorization && begins_with(path, "/api/") && !begins_with_any(path, public_paths);
    case RATE_PUBLIC:
        return begins_with_any(path, public_paths);
    case RATE_ADDRESS:
    case RATE_COUNT:
        break;
    }
    return true;
}

int64_t rate_left_s(enum rate_limit limit, int64_t machine_now_us)
{
    int64_t period = rules[limit].period_s;
    return period - machine_now_us / US_PER_SECOND % period;
}

void rate_key(enum rate_limit limit, int64_t machine_now_us, struct slice value, char ret_key[RATE_KEY_SIZE])
{
    const struct rate_rule *rule = &rules[limit];
    (void)snprintf(ret_key, RATE_KEY_SIZE, "rate:%s:%" PRId64 ":%.*s", rule->name,
                   machine_now_us / US_PER_SECOND / rule->period_s, (int)value.size, value.data);
}

/* ---- counting in this process ---- */

struct counter {
    UT_hash_handle hh;
    int64_t count, made_us;
    char key[];
};

static pthread_mutex_t counters_lock = PTHREAD_MUTEX_INITIALIZER;
static struct counter *counters; /* in the order of their making */

static void forget_old(int64_t machine_now_us)
{
    struct counter *next;
    for (struct counter *counter = counters; counter != NULL; counter = next) {
        if (machine_now_us - counter->made_us < LOCAL_LIFE_US)
            return;
        next = counter->hh.next;
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyzer loses track in uthash */
        HASH_DEL(counters, counter);
        free(counter);
    }
}

int64_t rate_count_here(const char *key, int64_t n, int64_t machine_now_us)
{
    struct counter *counter;
    (void)pthread_mutex_lock(&counters_lock);
    forget_old(machine_now_us);
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyzer loses track in uthash */
    HASH_FIND_STR(counters, key, counter);
    if (counter == NULL && HASH_COUNT(counters) >= LOCAL_KEYS_MAX) {
        key = "others";
        HASH_FIND_STR(counters, key, counter);
    }
    if (counter == NULL) {
        counter = memory_zero(1, sizeof(*counter) + strlen(key) + 1);
        memcpy(counter->key, key, strlen(key) + 1);
        counter->made_us = machine_now_us;
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyzer loses track in uthash */
        HASH_ADD_STR(counters, key, counter);
    }
    counter->count += n;
    int64_t count = counter->count;
    (void)pthread_mutex_unlock(&counters_lock);
    return count;
}
