/* participants: operations 1 and 2 of lead-provider-api.md section 2. */
#include "front/api.h"
#include "front/read.h"

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
