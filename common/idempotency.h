/*
 * idempotency: a client's Idempotency-Key (submissions.md section 5) between the front, which reads it, and
 * intake, which stores it: the key goes in the payload of a record, beside its fields; what comes back where
 * another submission has it is the body of a WIRE_HELD.
 */
#ifndef ECF2_COMMON_IDEMPOTENCY_H
#define ECF2_COMMON_IDEMPOTENCY_H

#include <stdbool.h>

#include "common/buffer.h"
#include "common/slice.h"
#include "common/uuid.h"

#define IDEMPOTENCY_KEY_MAX 255
/* Of the payload: {"idempotency_key":"…","fields":{…}}. Intake takes it out of what it stores. */
#define IDEMPOTENCY_FIELD "idempotency_key"

/* 1 to 255 visible ASCII characters. */
bool idempotency_key_is_valid(struct slice key);
/* Appends payload, an object that has something in it, with a valid key. Intake reads it (decode.c). */
void idempotency_payload(struct buffer *out, struct slice payload, struct slice key);

/* The submission that holds a key, as intake tells the front that brought another one with it. */
struct idempotency_holder {
    struct uuid submission;
    bool is_same_request; /* by method, path and body */
    bool waits;           /* it was sent by somebody who waits: its mode is wait */
};
void idempotency_holder_write(struct buffer *out, const struct idempotency_holder *holder);
/* False: it is not what idempotency_holder_write writes; ret_holder is untouched. */
bool idempotency_holder_read(struct slice text, struct idempotency_holder *ret_holder)
    __attribute__((warn_unused_result));

#endif
