/*
 * due: when a daily job was due last. Pure.
 */
#ifndef ECF2_WORKERS_SCHEDULER_DUE_H
#define ECF2_WORKERS_SCHEDULER_DUE_H

#include <stdint.h>

/* The latest 00:00 UTC that is not after the instant. */
int64_t due_midnight_us(int64_t now_us);

/* How long to wait before a failed job is tried again: 10 s, doubling to an hour. before_us is the last such
 * wait, 0 after a success. */
int64_t due_retry_delay_us(int64_t before_us);

#endif
