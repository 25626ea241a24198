/*
 * upload: a bulk request (submissions.md section 4, pipeline.md PL-1, PL-16) between the front, which splits
 * it into lines, and intake, which stores it: the payload of one record of class bulk, whose id is the
 * batch's. It is text: a line with the idempotency key, empty without one, then a line for each that is to be
 * stored, in ascending order: its number, a blank, `+` and what is submitted ({"fields":{…}}), or `-` and the
 * answer to one that is rejected at once ({"errors":[…]}).
 */
#ifndef ECF2_COMMON_UPLOAD_H
#define ECF2_COMMON_UPLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/slice.h"
#include "common/uuid.h"

#define UPLOAD_LINES_MAX 10000
#define UPLOAD_BODY_MAX  (10u << 20) /* bytes of the request's body */
/* Status of a line that is rejected at once. */
#define UPLOAD_REJECTED_STATUS 400

/* The id of a line: the batch's millisecond, the line's number, and bits of the batch that no other one of
 * this millisecond shares. So ids of a batch ascend with its lines and lie in one partition (PL-1), and none
 * is the batch's own. line: 1 to UPLOAD_LINES_MAX. */
struct uuid upload_line_id(const struct uuid *batch, unsigned line);

/* Begins the payload; key: a valid one, or empty. Then the lines, ascending. JSON has no line feed in it. */
void upload_begin(struct buffer *out, struct slice key);
void upload_add_submission(struct buffer *out, unsigned line, struct slice json);
void upload_add_rejection(struct buffer *out, unsigned line, struct slice json);

struct upload_line {
    unsigned number;
    bool is_rejected;
    struct slice json; /* what is submitted, or the body of the answer */
};

/* Reads a payload line by line; all slices are borrowed from it. */
struct upload_reader {
    struct slice rest;
    unsigned last; /* number of the line before */
    bool bad;      /* it is not what upload_… writes */
};
/* False: it is no such payload. */
bool upload_read(struct slice payload, struct upload_reader *ret_reader, struct slice *ret_key)
    __attribute__((warn_unused_result));
/* False at the end, or (reader->bad) where it is none of ours. */
bool upload_next(struct upload_reader *reader, struct upload_line *ret_line)
    __attribute__((warn_unused_result));

#endif
