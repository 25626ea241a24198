/* declarations: operations 10 and 11 of lead-provider-api.md section 2. Rules and effects are the workers'.
 */
#include "front/api.h"
#include "front/body.h"
#include "front/read.h"
#include "front/request.h"
#include "front/submit.h"

#include <stddef.h>

#define DETAIL_TYPE   "Send a JSON body with Content-Type application/json."
#define DETAIL_LARGE  "Send a smaller body."
#define DETAIL_MEMORY "Nothing was accepted. Try again later: too many bodies are being received."

const char *const declaration_attributes[] = {"participant_id",    "declaration_type", "declaration_date",
                                              "course_identifier", "evidence_held",    NULL};

void declaration_create(struct request *request)
{
    struct buffer payload = BUFFER_INIT;
    if (request->body_no_memory) {
        request_unavailable(request, DETAIL_MEMORY);
        return;
    }
    if (request->body_dropped) {
        request_too_large(request, DETAIL_LARGE);
        return;
    }
    if (!body_type_is_json(request->content_type)) {
        request_refuse(request, 400, DETAIL_TYPE);
        return;
    }
    const char *problem = body_to_payload(buffer_slice(&request->body), declaration_attributes, &payload);
    const bool is_syntax = problem != NULL && !body_problem_is_structure(problem);
    if (is_syntax || (problem != NULL && !request->filter_is_malformed))
        request_refuse(request, 400, problem);
    else if (!request_refuse_filter(request))
        submit_write(request, "declaration.create", &payload);
    buffer_release(&payload);
}

void declaration_show(struct request *request)
{
    read_by_id(request, "read.declaration");
}
