/* unfunded_mentors: operations 23 and 24 of lead-provider-api.md section 2. */
#include "front/api.h"
#include "front/read.h"

#include <stddef.h>

const struct list_filter mentor_filters[] = {
    {LIST_INSTANT, "updated_since", NULL}, {LIST_SORT, "sort", list_sort_names}, {LIST_END, NULL, NULL}};

void unfunded_mentor_list(struct request *request)
{
    read_list(request, "read.unfunded_mentors");
}

void unfunded_mentor_show(struct request *request)
{
    read_by_id(request, "read.unfunded_mentor");
}
