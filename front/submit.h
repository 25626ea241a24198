/*
 * submit: the life of a write in the front (submissions.md, pipeline.md section 2): sent, acknowledged,
 * waited for, answered.
 */
#ifndef ECF2_FRONT_SUBMIT_H
#define ECF2_FRONT_SUBMIT_H

struct request;

/* Sends the request's payload as a submission of this kind (a static name of common/kinds.h) and answers it
 * when its time has come. */
void submit_write(struct request *request, const char *kind);
/* The same for a write that takes no body: its payload is the {id} of the path, as it was sent. One that is
 * no id of anything is found out where it is looked up: not found is an outcome (submissions.md section 2).
 */
void submit_by_id(struct request *request, const char *kind);
/* Nobody will wait longer: answers a write that is under way with what is known of it. */
void submit_give_up(struct request *request);

#endif
