/*
 * due: when a daily job was due last. Pure.
 */
#ifndef ECF2_WORKERS_SCHEDULER_DUE_H
#define ECF2_WORKERS_SCHEDULER_DUE_H

#include <stdint.h>

/* The latest 00:00 UTC that is not after the instant. */
int64_t due_midnight_us(int64_t now_us);

/* The latest 00:01 UTC that is not after the instant. */
int64_t due_past_midnight_us(int64_t now_us);

/* The latest 01:00 of London that is not after the instant. On the day on which clocks go forward there is
 * none: then 02:00, an hour after midnight; on the day on which they go back, the first of two (OP-15). */
int64_t due_one_in_london_us(int64_t now_us);

/* How long to wait before a failed job is tried again: 10 s, doubling to an hour. before_us is the last such
 * wait, 0 after a success. */
int64_t due_retry_delay_us(int64_t before_us);

#endif
