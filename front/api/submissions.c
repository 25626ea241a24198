/* submissions: what became of a write (submissions.md section 3). */
#include "front/api.h"
#include "front/read.h"

#include <stddef.h>

static const char *const states[] = {"received", "awaiting_teaching_record", "decided", "dead", NULL};
const struct list_filter submission_filters[] = {
    {LIST_WORD, "state", states}, {LIST_INSTANT, "updated_since", NULL}, {LIST_END, NULL, NULL}};

void submission_list(struct request *request)
{
    read_list(request, "read.submissions");
}

void submission_show(struct request *request)
{
    read_by_id(request, "read.submission");
}
