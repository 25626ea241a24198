/*
 * bulk: a bulk request from its body to one record for intake (submissions.md section 4, pipeline.md PL-16).
 * Its lines are looked at a few at a time, turn by turn of the loop, so that nobody else waits for ten
 * thousand of them. What becomes of the record is submit.c's.
 *
 * Memory: all that the bulk requests of all loops hold counts against ECF2_BULK_MEMORY: the body as it comes,
 * and as much again, for it becomes a record, and the record is in libzmq's hands as well until it has left.
 *
 * Bodies come before their token is looked up, from whoever sends them: so a quarter is kept for callers
 * whose token was good when this loop last asked. Whoever else has one is such a caller from its first
 * request on, be it refused.
 */
#ifndef ECF2_FRONT_BULK_H
#define ECF2_FRONT_BULK_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct request;

/* Begins to split the body of a request, whose shape is good, into submissions of this kind (a static name of
 * common/kinds.h); answers it when its time has come. */
void bulk_write(struct request *request, const char *kind);
/* Goes on with what is being split. */
void bulk_turn(struct loop *loop);
/* So many bytes count as the request's from now on; false, and nothing changes, when that is too much. */
bool bulk_charge(struct request *request, int64_t bytes) __attribute__((warn_unused_result));
/* Ends what is begun of a request that is answered or gone. */
void bulk_release(struct request *request);

#endif
