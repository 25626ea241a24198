/*
 * submit: what becomes of a write.
 *
 *   dry run                     not stored at all: dry_run.c
 *   refused before it is sent   no broker, or too many undecided: 503, Retry-After, no Location
 *   asynchronous, bulk          202 when it is durable
 *   waiting                     the decided answer; when patience ends the query worker is asked once: its
 *                               answer, or 202
 *   no acknowledgement          503 with Location: not known whether it was accepted (PL-11); who is told
 *                               before its time is over is told to ask so much later
 *   idempotency key in use      of another request: 422; of the same: the query worker is asked for its
 * answer (PL-15)
 */
#include "front/submit.h"

#include <inttypes.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/cache.h"
#include "common/batch_view.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/idempotency.h"
#include "common/log.h"
#include "common/submission_view.h"
#include "front/answer.h"
#include "front/dry_run.h"
#include "front/errands.h"
#include "front/loop.h"
#include "front/read.h"

#define FIELDS "{\"fields\":{" /* what a payload begins with (body.h) */
#define DETAIL_DRY_RUN_BULK                                                                                  \
    "Nothing was accepted: there is no dry run of a bulk request. Leave out Prefer: handling=dry-run."
/* Behind what is listened for: time for a commit that began before its bound (PL-11). */
#define ASK_AFTER_S 5
/* For the query worker to answer; it may have to hold the answer (common/cache.h). */
#define ASK_US (2 * US_PER_SECOND + CACHE_HOLD_US)
/* So long after its acceptance the first of equal requests is taken to have its client still (PL-15). */
#define CONFLICT_US (30 * US_PER_SECOND)

/* An upload waits behind others at intake, one at a time at each broker: so many times as long as a single
 * one, but well below what the time in an id may be off (intake.h). */
#define ACCEPT_UPLOAD_TIMES  4
#define ACCEPT_UPLOAD_MAX_US (45 * US_PER_SECOND)

#define DETAIL_NO_BROKER                                                                                     \
    "Nothing was accepted. Try again in a few seconds: the service cannot take submissions at the moment."
#define DETAIL_FULL "Nothing was accepted. Try again later: too many submissions are waiting to be decided."
#define DETAIL_REFUSED                                                                                       \
    "Nothing was accepted. Try again in a few seconds: the queue takes no submissions at the moment."
#define DETAIL_UNKNOWN                                                                                       \
    "It is not known whether the submission was accepted. Ask at the address in Location when the seconds "  \
    "in Retry-After are over; 404 there means that it was not."
#define DETAIL_KEY "Send one Idempotency-Key header only, of 1 to 255 visible ASCII characters (no spaces)."
#define DETAIL_KEY_USED                                                                                      \
    "Nothing was accepted. Use a new Idempotency-Key: this one was used in the last 24 hours for a request " \
    "with another method, path or body."
#define DETAIL_UNDECIDED                                                                                     \
    "Nothing more was accepted. Try again in a second, with the same Idempotency-Key: the first request "    \
    "with it is not decided yet."

/* ---- answers ---- */

/* The submission, or batch, as GET shows it while nothing but its acceptance is known (submissions.md section
 * 3). */
static void append_received(struct buffer *out, const struct request *request)
{
    const int64_t accepted_us = uuid_v7_time_us(&request->submission);

    if (request->batch_lines == 0) {
        submission_render(&(struct submission_view){.id = request->submission,
                                                    .kind = slice_of(request->kind),
                                                    .state = slice_of("received"),
                                                    .accepted_us = accepted_us,
                                                    .updated_us = accepted_us},
                          out);
        return;
    }
    batch_render(&(struct batch_view){.id = request->submission,
                                      .kind = slice_of(request->kind),
                                      .line_count = (int64_t)request->batch_lines,
                                      .accepted_us = accepted_us,
                                      .decided_us = accepted_us,
                                      .rejected = (int64_t)request->batch_rejected},
                 out);
}

/* A repetition gets the answer of the first; what it prefers itself is not looked at. */
static void tell_how(const struct request *request, struct answer *answer)
{
    answer->preference_applied = !request->is_repetition;
    answer->replayed = request->is_repetition;
}

/* 202; body is the submission as the query worker showed it, or empty. */
static void answer_accepted(struct request *request, struct slice body)
{
    struct answer answer = {.status = 202, .location = true, .retry_after_s = 1};
    tell_how(request, &answer);
    if (body.size > 0)
        buffer_append(&answer.body, body.data, body.size);
    else
        append_received(&answer.body, request);
    request_answer(request, &answer);
}

static void answer_decided(struct request *request, unsigned status, struct slice body)
{
    struct answer answer = {.status = status, .etag = true};
    tell_how(request, &answer);
    buffer_append(&answer.body, body.data, body.size);
    request_answer(request, &answer);
}

/* Until 404 at Location is the last word. Some are told before anybody knows: whose client has ended its
 * side, of whom three workers have died, and whoever is in hand when this process ends. Until accept_by a
 * copy may still be accepted, of an upload for long. */
static int64_t ask_after_s(const struct request *request)
{
    const int64_t left_us = request->listens_until_us - request->loop->now_us;

    return ASK_AFTER_S + (left_us <= 0 ? 0 : (left_us + US_PER_SECOND - 1) / US_PER_SECOND);
}

static void answer_unknown(struct request *request)
{
    struct answer answer = {.location = true, .retry_after_s = ask_after_s(request)};
    answer_problem(&answer, 503, DETAIL_UNKNOWN);
    request_answer(request, &answer);
}

/* It is accepted and, as far as is known, not decided. shown: as answer_accepted has it. Who repeats what
 * somebody may still wait for is told to come again: in a moment there is the answer itself. */
static void answer_undecided(struct request *request, struct slice shown)
{
    if (!request->is_repetition || !request->first_waits || request->first_age_us >= CONFLICT_US) {
        answer_accepted(request, shown);
        return;
    }
    struct answer answer = {.retry_after_s = 1};
    answer_problem(&answer, 409, DETAIL_UNDECIDED);
    request_answer(request, &answer);
}

/* ---- what the query worker knows (PL-51) ---- */

static void asked_event(struct loop *loop, struct errand *errand, enum errand_event event,
                        const struct wire_reply *reply)
{
    struct request *request = request_find(loop, errand->owner);
    if (request == NULL)
        return;
    if (event != ERRAND_READ_DONE || reply->status != 200) {
        answer_undecided(request, (struct slice){NULL, 0});
        return;
    }
    if (request->is_repetition && !request->first_waits) { /* which got its 202, and so does this one */
        answer_accepted(request, reply->body);
        return;
    }
    CLEANUP(json) json_t *body = json_loadb(reply->body.data, reply->body.size, 0, NULL);
    const json_t *response =
        json_object_get(json_object_get(json_object_get(body, "data"), "attributes"), "response");
    int64_t status = json_integer_value(json_object_get(response, "status"));
    CLEANUP(free) char *stored = json_dumps(json_object_get(response, "body"), JSON_COMPACT);
    if (status >= 200 && status <= 599 && stored != NULL)
        answer_decided(request, (unsigned)status, slice_of(stored));
    else
        answer_undecided(request, reply->body);
}

static void ask_once(struct request *request)
{
    struct loop *loop = request->loop;
    char id[UUID_TEXT_SIZE], payload[80];
    uuid_format(&request->submission, id);
    (void)snprintf(payload, sizeof(payload), "{\"fields\":{\"id\":\"%s\"}}", id);
    struct errand *errand =
        errand_new(ERRAND_READ, WIRE_WAIT, "query", request->caller_id, asked_event, request->handle);
    errand->deadline_us = errand->accept_by_us = loop->now_us + ASK_US;
    read_fill(errand, loop, request->batch_lines > 0 ? "read.batch" : "read.submission", request->trace,
              slice_of(payload), request->caller_id, request->token_id, request->as_of_us,
              machine_now_us() + ASK_US);
    errand_start(loop, errand);
}

static void answer_what_is_known(struct loop *loop, struct request *request)
{
    if (loop->phase == LOOP_ENDING || !brokers_any_alive(loop))
        answer_undecided(request, (struct slice){NULL, 0});
    else
        ask_once(request);
}

/* ---- the submission itself ---- */

/* Another submission has its key: this one was not accepted, and never will be. */
static void key_is_held(struct loop *loop, struct request *request, const struct wire_reply *reply)
{
    struct idempotency_holder holder;
    if (!idempotency_holder_read(reply->body, &holder)) {
        log_event(LOG_WARNING, "bad_reply", LOG_TEXT("detail", "it does not say who holds a key"), LOG_END);
        answer_unknown(request);
    } else if (!holder.is_same_request) {
        struct answer answer = {0};
        answer_titled_problem(&answer, 422, "idempotency_key", DETAIL_KEY_USED);
        request_answer(request, &answer);
    } else {
        request->is_repetition = request->accepted = true;
        request->submission = holder.submission;
        request->first_waits = holder.waits;
        request->first_age_us = reply->clock_us - uuid_v7_time_us(&holder.submission);
        answer_what_is_known(loop, request);
    }
}

static void submission_event(struct loop *loop, struct errand *errand, enum errand_event event,
                             const struct wire_reply *reply)
{
    if (event == ERRAND_ACCEPTED || event == ERRAND_HELD)
        health_clock(loop, reply->clock_us);
    struct request *request = request_find(loop, errand->owner);
    if (request == NULL) {
        errand_drop(loop, errand);
        return;
    }
    switch (event) {
    case ERRAND_ACCEPTED:
        request->accepted = true;
        if (errand->class == WIRE_WAIT)
            return;
        answer_accepted(request, (struct slice){NULL, 0});
        errand_drop(loop, errand);
        return;
    case ERRAND_DEADLINE:
        errand_drop(loop, errand);
        answer_what_is_known(loop, request);
        return;
    case ERRAND_DECIDED:
        if (errand->class == WIRE_WAIT)
            answer_decided(request, reply->status, reply->body);
        else /* its acknowledgement was lost: decided already or not, it is answered as it asked (202) */
            answer_accepted(request, (struct slice){NULL, 0});
        return;
    case ERRAND_HELD:
        key_is_held(loop, request, reply);
        return;
    case ERRAND_UNKNOWN:
        answer_unknown(request);
        return;
    case ERRAND_REFUSED:
    case ERRAND_READ_DONE:
        break;
    }
    request_unavailable(request, DETAIL_REFUSED);
}

/* Why no submission of this class is taken now; NULL = it is. */
static const char *refusal(struct loop *loop, enum wire_class class)
{
    if (brokers_choose(loop, /* submission= */ true, /* avoid= */ 0) == BROKER_NONE)
        return DETAIL_NO_BROKER;
    const int64_t limits[WIRE_CLASS_COUNT] = {[WIRE_WAIT] = loop->settings->limit_wait,
                                              [WIRE_ASYNC] = loop->settings->limit_async,
                                              [WIRE_BULK] = loop->settings->limit_bulk};
    return brokers_undecided(loop, class) >= limits[class] ? DETAIL_FULL : NULL;
}

void submit_digest_line(const struct request *request, EVP_MD_CTX *digest)
{
    const struct slice parts[] = {request->method, slice_of(" "), request->path, slice_of("\n")};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (EVP_DigestUpdate(digest, parts[i].data, parts[i].size) != 1)
            abort(); /* without memory there is no way on (buffer.h) */
}

static struct slice digest_of(const struct request *request, unsigned char ret_digest[EVP_MAX_MD_SIZE])
{
    unsigned int size = 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (context == NULL || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
        abort(); /* as above */
    submit_digest_line(request, context);
    if (EVP_DigestUpdate(context, request->body.data, request->body.size) != 1 ||
        EVP_DigestFinal_ex(context, ret_digest, &size) != 1)
        abort();
    EVP_MD_CTX_free(context);
    return (struct slice){(const char *)ret_digest, size};
}

static int64_t accept_limit_us(const struct loop *loop, enum wire_class class)
{
    int64_t limit_us = loop->settings->accept_limit_ms * 1000;
    int64_t upload_us = limit_us * ACCEPT_UPLOAD_TIMES;
    if (class != WIRE_BULK)
        return limit_us;
    return upload_us > ACCEPT_UPLOAD_MAX_US ? ACCEPT_UPLOAD_MAX_US : upload_us;
}

static void start(struct request *request, enum wire_class class, struct slice payload, struct slice digest)
{
    struct loop *loop = request->loop;
    int64_t accept_us = accept_limit_us(loop, class), wait_us = request->wait_ms * 1000;
    int64_t machine_us = machine_now_us();
    struct errand *errand =
        errand_new(ERRAND_SUBMISSION, class, "intake", request->caller_id, submission_event, request->handle);
    request->submission = errand->id;
    errand->accept_by_us = loop->now_us + accept_us;
    request->listens_until_us = errand->accept_by_us + ERRAND_LISTENS_US;
    /* One that does not wait and is not acknowledged ends by accept_by, one that is at once. */
    errand->deadline_us = class == WIRE_WAIT ? loop->now_us + wait_us : INT64_MAX;
    const struct wire_record record = {
        .request_digest = digest,
        .class = class,
        .caller_type = WIRE_LEAD_PROVIDER,
        .id = errand->id,
        .as_of_us = request->as_of_us,
        .accept_by_us = machine_us + accept_us,
        .deadline_us = class == WIRE_WAIT ? machine_us + wait_us : 0,
        .caller_id = request->caller_id,
        .token_id = request->token_id,
        .kind = slice_of(request->kind),
        .trace = slice_of(request->trace),
        .reply_to = slice_of(loop->routing_id),
        .payload = payload,
    };
    wire_record_write(&errand->record, &record);
    errand->bulk_bytes = request->bulk_bytes;
    request->bulk_bytes = 0;
    buffer_release(&request->payload);
    errand_start(loop, errand);
}

void submit_give_up(struct request *request)
{
    if (request->accepted)
        answer_undecided(request, (struct slice){NULL, 0});
    else
        answer_unknown(request);
}

bool submit_refuse(struct request *request, enum wire_class class)
{
    const char *refused = refusal(request->loop, class);
    if (request->prefer.dry_run) /* of one declaration it is dry_run.c's */
        request_refuse(request, 400, DETAIL_DRY_RUN_BULK);
    else if (request->has_idempotency_key && !idempotency_key_is_valid(request->idempotency_key))
        request_refuse(request, 400, DETAIL_KEY);
    else if (refused != NULL)
        request_unavailable(request, refused);
    else
        return false;
    return true;
}

void submit_write(struct request *request, const char *kind)
{
    if (request->prefer.dry_run) { /* wins over other preferences, and ignores a key */
        dry_run_write(request, kind);
        buffer_release(&request->payload);
        return;
    }
    request->kind = kind;
    request->wait_ms = prefer_wait_ms(&request->prefer, request->loop->settings->wait_limit_ms);
    enum wire_class class = request->wait_ms > 0 ? WIRE_WAIT : WIRE_ASYNC;
    unsigned char digest[EVP_MAX_MD_SIZE];
    struct buffer keyed = BUFFER_INIT;
    if (submit_refuse(request, class))
        return;
    if (request->has_idempotency_key)
        idempotency_payload(&keyed, buffer_slice(&request->payload), request->idempotency_key);
    start(request, class, buffer_slice(request->has_idempotency_key ? &keyed : &request->payload),
          digest_of(request, digest));
    buffer_release(&keyed);
}

void submit_lines(struct request *request, const char *kind, struct slice digest)
{
    request->kind = kind;
    start(request, WIRE_BULK, buffer_slice(&request->payload), digest);
}

/* "id":…; null where the bytes are no text. */
static void write_id(struct buffer *out, struct slice id)
{
    CLEANUP(json) json_t *value = json_stringn(id.data, id.size);
    CLEANUP(free) char *text = value == NULL ? NULL : json_dumps(value, JSON_ENCODE_ANY);
    buffer_printf(out, "\"id\":%s", text == NULL ? "null" : text);
}

void submit_by_id(struct request *request, const char *kind)
{
    buffer_append_text(&request->payload, FIELDS);
    write_id(&request->payload, request->id);
    buffer_append_text(&request->payload, "}}");
    submit_write(request, kind);
}

void submit_record(struct request *request, const char *kind)
{
    const struct slice rest = {request->payload.data + strlen(FIELDS),
                               request->payload.size - strlen(FIELDS)};
    struct buffer payload = BUFFER_INIT;
    buffer_append_text(&payload, FIELDS);
    write_id(&payload, request->id);
    if (rest.data[0] != '}')
        buffer_append_char(&payload, ',');
    buffer_append(&payload, rest.data, rest.size);
    buffer_release(&request->payload);
    request->payload = payload;
    submit_write(request, kind);
}
