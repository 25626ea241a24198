/* participants: operations 1 to 6 of lead-provider-api.md section 2. Rules and effects are the workers'. */
#include "front/api.h"
#include "front/read.h"
#include "front/submit.h"

#include <stddef.h>

static const char *const training_statuses[] = {"active", "deferred", "withdrawn", NULL};

const struct list_filter participant_filters[] = {
    {LIST_YEARS, "cohort", NULL},           {LIST_WORD, "training_status", training_statuses},
    {LIST_ID, "from_participant_id", NULL}, {LIST_INSTANT, "updated_since", NULL},
    {LIST_SORT, "sort", list_sort_names},   {LIST_END, NULL, NULL}};

void participant_list(struct request *request)
{
    read_list(request, "read.participants");
}

void participant_show(struct request *request)
{
    read_by_id(request, "read.participant");
}

/* ---- operations 3 to 6 ---- */

const char *const stop_attributes[] = {"reason", "course_identifier", NULL};
const char *const resume_attributes[] = {"course_identifier", NULL};
const char *const schedule_attributes[] = {"schedule_identifier", "course_identifier", "cohort", NULL};

void participant_withdraw(struct request *request)
{
    submit_record(request, "participant.withdraw");
}

void participant_defer(struct request *request)
{
    submit_record(request, "participant.defer");
}

void participant_resume(struct request *request)
{
    submit_record(request, "participant.resume");
}

void participant_change_schedule(struct request *request)
{
    submit_record(request, "participant.change_schedule");
}
