/* schools: operations 21 and 22 of lead-provider-api.md section 2. */
#include "front/api.h"
#include "front/read.h"

#include <stddef.h>

const struct list_filter school_filters[] = {{LIST_NEEDED, "cohort", NULL},
                                             {LIST_INSTANT, "updated_since", NULL},
                                             {LIST_NUMBER, "urn", NULL},
                                             {LIST_SORT, "sort", list_sort_names},
                                             {LIST_END, NULL, NULL}};
const struct list_filter school_show_filters[] = {{LIST_NEEDED, "cohort", NULL}, {LIST_END, NULL, NULL}};

void school_list(struct request *request)
{
    read_list(request, "read.schools");
}

void school_show(struct request *request)
{
    read_by_id(request, "read.school");
}
