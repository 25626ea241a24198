/*
 * ask: one question to each broker and its answer: STATUS (broker.h has its shape) and DRAIN.
 */
#ifndef ECF2_WORKERS_CTL_ASK_H
#define ECF2_WORKERS_CTL_ASK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"
#include "common/wire.h"

#define ASK_BROKERS_MAX 16
#define ASK_TIMEOUT_MS  1000

struct broker_answer {
    char endpoint[256];
    json_t *status; /* NULL when it did not answer in time; reason says so */
    struct error reason;
};

/* Asks the brokers of endpoints (as ECF2_BROKERS lists them), one after the other, for their STATUS, and
 * before that, unless command is WIRE_STATUS, tells each the command with this number. Returns how many
 * brokers there are; ret_answers has room for ASK_BROKERS_MAX and is to be released. */
size_t ask_brokers(const char *endpoints, enum wire_command command, int64_t number,
                   struct broker_answer *ret_answers);
void ask_release(struct broker_answer *answers, size_t count);

/* Asks the notifications worker, through whichever broker takes it, to look at everything now
 * (common/wake.h). It looks by itself within a minute or so, where this is lost. */
void wake_notifications(const char *endpoints);

#endif
