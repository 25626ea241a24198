/*
 * wording: how the checks of all kinds say what is wrong, and quote what was sent or found.
 */
#ifndef ECF2_WORKERS_VALIDATION_WORDING_H
#define ECF2_WORKERS_VALIDATION_WORDING_H

#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/london.h"
#include "common/slice.h"

/* Writes detail, of DETAIL_SIZE bytes; always true, so that a check can `return fails(…)`. */
bool fails(char *detail, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A submitted text as a detail quotes it: at most SHOWN_MAX bytes, cut between characters, so that it stays
 * UTF-8. */
#define SHOWN_MAX 60
struct shown {
    char text[SHOWN_MAX + 4];
};
struct shown shown_of(struct slice text);

struct shown_instant {
    char text[RFC3339_SIZE];
};
struct shown_instant shown_at(int64_t instant_us);

struct shown_date {
    char text[DATE_TEXT_SIZE];
};
struct shown_date shown_on(struct date date);

#endif
