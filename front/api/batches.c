/* batches: what became of a bulk request and of each of its lines (submissions.md section 4). */
#include "front/api.h"
#include "front/read.h"
#include "front/stream.h"

void batch_show(struct request *request)
{
    read_by_id(request, "read.batch");
}

void batch_results(struct request *request)
{
    stream_by_id(request, "read.batch_results");
}
