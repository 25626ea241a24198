/*
 * observe: the metrics of requests (metrics.md section 9) and the line that each one leaves in the log.
 */
#ifndef ECF2_FRONT_OBSERVE_H
#define ECF2_FRONT_OBSERVE_H

#include <stdint.h>

#include "front/rate.h"

struct loop;
struct request;
struct metric;

struct observe {
    struct observe_series *series; /* by route, method and status */
    struct metric *limited[RATE_COUNT];
};

/* Not an answer: the client was gone before there was one. */
#define OBSERVE_CLIENT_GONE 499

/* A request was answered. */
void observe_answer(const struct request *request, unsigned status);
/* A connection was told no before there was a request whose head is known. */
void observe_refusal(struct loop *loop, unsigned status, int64_t took_us, const char *trace);
/* A request was refused by a rate limit (OP-9: a warning, with path and address). */
void observe_limited(const struct request *request, enum rate_limit limit);
void observe_release(struct observe *observe);

#endif
