/* dry_run: see dry_run.h. */
#include "front/dry_run.h"

#include "common/clock.h"
#include "common/kinds.h"
#include "front/answer.h"
#include "front/errands.h"
#include "front/loop.h"

#define DRY_RUN_US (10 * US_PER_SECOND) /* as long as a read: nothing is lost by asking again */

#define DETAIL_NO_ANSWER                                                                                     \
    "Nothing was stored. Try again in a few seconds: dry runs cannot be decided at the moment."

static void dry_run_event(struct loop *loop, struct errand *errand, enum errand_event event,
                          const struct wire_reply *reply)
{
    struct request *request = request_find(loop, errand->owner);
    if (request == NULL)
        return;
    if (event != ERRAND_READ_DONE || reply->status != 200) {
        request_unavailable(request, DETAIL_NO_ANSWER);
        return;
    }
    struct answer answer = {.status = 200, .etag = true, .preference_applied = true};
    buffer_append(&answer.body, reply->body.data, reply->body.size);
    request_answer(request, &answer);
}

void dry_run_write(struct request *request, const char *kind)
{
    struct loop *loop = request->loop;
    const struct kind *row = kind_find(slice_of(kind));
    if (row == NULL || !brokers_any_alive(loop)) {
        request_unavailable(request, DETAIL_NO_ANSWER);
        return;
    }
    const int64_t machine_us = machine_now_us();
    struct errand *errand = errand_new(ERRAND_READ, WIRE_WAIT, row->stages[0], request->caller_id,
                                       dry_run_event, request->handle);
    errand->deadline_us = errand->accept_by_us = loop->now_us + DRY_RUN_US;
    const struct wire_record record = {
        .class = errand->class,
        .caller_type = WIRE_LEAD_PROVIDER,
        .flags = WIRE_FLAG_DRY_RUN,
        .id = errand->id,
        .as_of_us = request->as_of_us,
        .accept_by_us = machine_us + DRY_RUN_US,
        .deadline_us = machine_us + DRY_RUN_US,
        .caller_id = request->caller_id,
        .token_id = request->token_id,
        .kind = slice_of(kind),
        .trace = slice_of(request->trace),
        .reply_to = slice_of(loop->routing_id),
        .payload = buffer_slice(&request->payload), /* a key is ignored: it is not in here */
    };
    wire_record_write(&errand->record, &record);
    errand_start(loop, errand);
}
