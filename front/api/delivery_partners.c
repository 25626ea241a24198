/* delivery_partners: operations 15 and 16 of lead-provider-api.md section 2. */
#include "front/api.h"
#include "front/read.h"

#include <stddef.h>

const struct list_filter delivery_partner_filters[] = {
    {LIST_YEARS, "cohort", NULL}, {LIST_SORT, "sort", list_sort_names}, {LIST_END, NULL, NULL}};

void delivery_partner_list(struct request *request)
{
    read_list(request, "read.delivery_partners");
}

void delivery_partner_show(struct request *request)
{
    read_by_id(request, "read.delivery_partner");
}
