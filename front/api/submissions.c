/* submissions: what became of a write (submissions.md section 3). */
#include "front/api.h"
#include "front/read.h"

void submission_show(struct request *request)
{
    read_by_id(request, "read.submission");
}
