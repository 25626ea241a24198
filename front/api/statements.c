/* statements: operations 13 and 14 of lead-provider-api.md section 2. */
#include "front/api.h"
#include "front/read.h"

#include <stddef.h>

const struct list_filter statement_filters[] = {
    {LIST_YEARS, "cohort", NULL}, {LIST_INSTANT, "updated_since", NULL}, {LIST_END, NULL, NULL}};

void statement_list(struct request *request)
{
    read_list(request, "read.statements");
}

void statement_show(struct request *request)
{
    read_by_id(request, "read.statement");
}
