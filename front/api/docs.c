/* docs: the document of what is served (lead-provider-api.md 3.15): front/openapi.yaml, a part of the
 * program. */
#include "front/answer.h"
#include "front/api.h"
#include "front/openapi.h"
#include "front/request.h"

void docs_show(struct request *request)
{
    struct answer answer = {.status = 200, .etag = true, .type = "application/yaml; charset=utf-8"};

    buffer_append_text(&answer.body, openapi_yaml);
    request_answer(request, &answer);
}
