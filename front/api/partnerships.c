/* partnerships: operations 17 to 20 of lead-provider-api.md section 2. Rules and effects are the workers'. */
#include "front/api.h"
#include "front/read.h"
#include "front/submit.h"

#include <stddef.h>

const char *const partnership_attributes[] = {"cohort", "school_id", "delivery_partner_id", NULL};
const char *const correction_attributes[] = {"delivery_partner_id", NULL};

const struct list_filter partnership_filters[] = {{LIST_YEARS, "cohort", NULL},
                                                  {LIST_INSTANT, "updated_since", NULL},
                                                  {LIST_IDS, "delivery_partner_id", NULL},
                                                  {LIST_SORT, "sort", list_sort_names},
                                                  {LIST_END, NULL, NULL}};

void partnership_list(struct request *request)
{
    read_list(request, "read.partnerships");
}

void partnership_show(struct request *request)
{
    read_by_id(request, "read.partnership");
}

void partnership_create(struct request *request)
{
    submit_write(request, "partnership.create");
}

void partnership_update(struct request *request)
{
    submit_record(request, "partnership.update");
}
