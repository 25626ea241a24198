/*
 * clock: the two times of architecture.md section 4.
 *
 * Machine time is never settable: ids, time-outs, partitions, keys. Business time (`as_of`) comes from
 * business_now_us() alone, which ECF2_CLOCK can set for a whole system.
 *
 * ECF2_CLOCK: empty = the machine's time; an RFC 3339 instant ("2024-10-20T10:00:00+01:00") = the clock
 * stands still at it; "+3600" or "-86400" = the machine's time moved by so many seconds.
 *
 * All instants are microseconds since 1970-01-01T00:00:00Z.
 */
#ifndef ECF2_COMMON_CLOCK_H
#define ECF2_COMMON_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/slice.h"

#define US_PER_SECOND INT64_C(1000000)

int64_t machine_now_us(void);
/* CLOCK_MONOTONIC in microseconds: for time-outs and durations only. */
int64_t monotonic_now_us(void);

/* Sets the business clock from the text of ECF2_CLOCK; once, at start. False with ERROR_SETTINGS when it is
 * none of the forms above. */
bool business_clock_set(const char *text, struct error *err) __attribute__((warn_unused_result));
int64_t business_now_us(void);
/* How far business time is ahead of machine time: what api_updated_at is moved by (pipeline.md PL-23).
 * Exactly 0 where no clock is set. */
int64_t business_ahead_us(void);

/* "2025-05-06T07:00:00Z": UTC, whole seconds (cut, not rounded), as API bodies show instants. */
#define RFC3339_SIZE 32
void rfc3339_format(int64_t instant_us, char ret_text[RFC3339_SIZE]);
/* "2025-05-06T07:00:00.123456Z": with all microseconds, as PostgreSQL reads it. */
void rfc3339_format_us(int64_t instant_us, char ret_text[RFC3339_SIZE]);

#endif
