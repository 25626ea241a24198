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

/* api/participants.c: operations 1 to 6 */
void participant_list(struct request *request);
void participant_show(struct request *request);
extern const struct list_filter participant_filters[];
void participant_withdraw(struct request *request);
void participant_defer(struct request *request);
void participant_resume(struct request *request);
void participant_change_schedule(struct request *request);
/* The attributes of operations 3 and 4, of 5, of 6. */
extern const char *const stop_attributes[], *const resume_attributes[], *const schedule_attributes[];

/* api/transfers.c: operations 7 and 8 */
void transfer_list(struct request *request);
void transfer_show(struct request *request);
extern const struct list_filter transfer_filters[];

/* api/unfunded_mentors.c: operations 23 and 24 */
void unfunded_mentor_list(struct request *request);
void unfunded_mentor_show(struct request *request);
extern const struct list_filter mentor_filters[];
/* api/statements.c: operations 13 and 14 */
void statement_list(struct request *request);
void statement_show(struct request *request);
extern const struct list_filter statement_filters[];

/* api/delivery_partners.c: operations 15 and 16 */
void delivery_partner_list(struct request *request);
void delivery_partner_show(struct request *request);
extern const struct list_filter delivery_partner_filters[];

/* api/partnerships.c: operations 17 to 20 */
void partnership_list(struct request *request);
void partnership_create(struct request *request);
void partnership_show(struct request *request);
void partnership_update(struct request *request);
/* The attributes of operations 18 and 20; NULL ends them. */
extern const char *const partnership_attributes[], *const correction_attributes[];
extern const struct list_filter partnership_filters[];

/* api/schools.c: operations 21 and 22 */
void school_list(struct request *request);
void school_show(struct request *request);
extern const struct list_filter school_filters[];
/* Of one school: the cohort, which is needed there too. */
extern const struct list_filter school_show_filters[];

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
