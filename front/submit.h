/*
 * submit: the life of a write in the front (submissions.md, pipeline.md section 2): sent, acknowledged,
 * waited for, answered.
 */
#ifndef ECF2_FRONT_SUBMIT_H
#define ECF2_FRONT_SUBMIT_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "common/slice.h"
#include "common/wire.h"

struct request;

/* Sends the request's payload as a submission of this kind (a static name of common/kinds.h) and answers it
 * when its time has come. */
void submit_write(struct request *request, const char *kind);
/* True when a request was answered because nothing of this class can be taken from it, or now: a dry run, a
 * malformed idempotency key, too many undecided, no broker. */
bool submit_refuse(struct request *request, enum wire_class class);
/* Sends the request's payload, an upload (common/upload.h) of so many lines as batch_lines says, which become
 * submissions of this kind. digest: of the whole request, begun by submit_digest_line. */
void submit_lines(struct request *request, const char *kind, struct slice digest);
/* Adds to a digest what of a request stands before its body. By method, path and body bytes a request is told
 * from another one with the same idempotency key (submissions.md section 5). */
void submit_digest_line(const struct request *request, EVP_MD_CTX *digest);
/* The same for a write that takes no body: its payload is the {id} of the path, as it was sent. One that is
 * no id of anything is found out where it is looked up: not found is an outcome (submissions.md section 2).
 */
void submit_by_id(struct request *request, const char *kind);
/* The same for a write of a record that takes a body: its payload are the attributes, and the {id} of the
 * path beside them. */
void submit_record(struct request *request, const char *kind);
/* Nobody will wait longer: answers a write that is under way with what is known of it. */
void submit_give_up(struct request *request);

#endif
