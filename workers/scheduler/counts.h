/*
 * counts: what a broker says it holds (COUNTS, common/wire.h).
 */
#ifndef ECF2_WORKERS_SCHEDULER_COUNTS_H
#define ECF2_WORKERS_SCHEDULER_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/slice.h"

struct broker_counts {
    int64_t held;     /* undecided submissions, all classes */
    int64_t lines;    /* of these, lines of bulk */
    int64_t heard_us; /* monotonic; 0 = never */
};

/* Reads the frame of a COUNTS. False, and ret_counts untouched, when it is not of that shape. heard_us is the
 * caller's to set. */
bool counts_read(struct slice frame, struct broker_counts *ret_counts);

/* Whether a broker may have lost what it held before: it was silent for longer than between two COUNTS, or it
 * suddenly holds nothing. */
bool counts_may_be_lost(const struct broker_counts *before, int64_t held, int64_t now_us);

/* What all brokers hold that were heard in the last seconds: one that is silent may hold nothing any more. */
int64_t counts_held(const struct broker_counts *counts, size_t count, int64_t now_us);
/* Lines of bulk among them. */
int64_t counts_held_lines(const struct broker_counts *counts, size_t count, int64_t now_us);

#endif
