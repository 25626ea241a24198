/* partnerships: operations 17 and 19 of lead-provider-api.md section 2. */
#include "front/api.h"
#include "front/read.h"

#include <stddef.h>

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
