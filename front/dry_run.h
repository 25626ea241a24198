/*
 * dry_run: a write that is decided and answered, and not stored (submissions.md section 6, pipeline.md
 * PL-55). To the front it is a read: sent to the workers who decide, sent again while no answer comes, 503
 * when none has come in time. It is never accepted, so neither back-pressure nor draining stops it.
 */
#ifndef ECF2_FRONT_DRY_RUN_H
#define ECF2_FRONT_DRY_RUN_H

struct request;

/* Answers with what a submission of this kind (a static name of common/kinds.h) with the request's payload
 * would become now. */
void dry_run_write(struct request *request, const char *kind);

#endif
