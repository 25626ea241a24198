/* declarations: operations 9 to 12 of lead-provider-api.md section 2. Rules and effects are the workers'. */
#include "front/api.h"
#include "front/bulk.h"
#include "front/read.h"
#include "front/submit.h"

#include <stddef.h>

const char *const declaration_attributes[] = {"participant_id",    "declaration_type", "declaration_date",
                                              "course_identifier", "evidence_held",    NULL};

const struct list_filter declaration_filters[] = {{LIST_YEARS, "cohort", NULL},
                                                  {LIST_IDS, "participant_id", NULL},
                                                  {LIST_IDS, "delivery_partner_id", NULL},
                                                  {LIST_INSTANT, "updated_since", NULL},
                                                  {LIST_END, NULL, NULL}};

void declaration_list(struct request *request)
{
    read_list(request, "read.declarations");
}

void declaration_create(struct request *request)
{
    submit_write(request, "declaration.create");
}

void declaration_bulk(struct request *request)
{
    bulk_write(request, "declaration.create");
}

void declaration_show(struct request *request)
{
    read_by_id(request, "read.declaration");
}

void declaration_void(struct request *request)
{
    submit_by_id(request, "declaration.void");
}
