/*
 * api: the handlers of the lead provider API, one file per resource in api/ (route.h: handle).
 */
#ifndef ECF2_FRONT_API_H
#define ECF2_FRONT_API_H

#include "front/list.h"

struct request;

/* api/declarations.c: operations 9 to 12 of lead-provider-api.md section 2 */
void declaration_list(struct request *request);
void declaration_create(struct request *request);
void declaration_bulk(struct request *request);
void declaration_show(struct request *request);
void declaration_void(struct request *request);
/* The attributes of operation 10; NULL ends them. */
extern const char *const declaration_attributes[];
/* The filters of operation 9. */
extern const struct list_filter declaration_filters[];

/* api/participants.c: operations 1 and 2 */
void participant_list(struct request *request);
void participant_show(struct request *request);
extern const struct list_filter participant_filters[];

/* api/transfers.c: operations 7 and 8 */
void transfer_list(struct request *request);
void transfer_show(struct request *request);
extern const struct list_filter transfer_filters[];

/* api/unfunded_mentors.c: operations 23 and 24 */
void unfunded_mentor_list(struct request *request);
void unfunded_mentor_show(struct request *request);
extern const struct list_filter mentor_filters[];

/* What a list that can be sorted is sorted by (3.6); NULL ends them. */
extern const char *const sort_names[];

/* api/submissions.c: submissions.md section 3 */
void submission_list(struct request *request);
void submission_show(struct request *request);
extern const struct list_filter submission_filters[];

/* api/batches.c: submissions.md section 4 */
void batch_show(struct request *request);
void batch_results(struct request *request);

/* api/docs.c: the document of what is served, front/openapi.yaml */
void docs_show(struct request *request);

#endif
