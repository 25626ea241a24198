/* transfers: operations 7 and 8 of lead-provider-api.md section 2. */
#include "front/api.h"
#include "front/read.h"

#include <stddef.h>

const struct list_filter transfer_filters[] = {
    {LIST_INSTANT, "updated_since", NULL}, {LIST_SORT, "sort", list_sort_names}, {LIST_END, NULL, NULL}};

void transfer_list(struct request *request)
{
    read_list(request, "read.transfers");
}

void transfer_show(struct request *request)
{
    read_by_id(request, "read.transfer");
}
