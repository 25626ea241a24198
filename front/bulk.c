/* bulk: splitting, and the count of bytes. */
#include "front/bulk.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/upload.h"
#include "front/answer.h"
#include "front/loop.h"
#include "front/ndjson.h"
#include "front/shape.h"
#include "front/submit.h"

#define TURN_US (2 * US_PER_SECOND / 1000) /* of each turn of the loop, for all of them together */
/* Lines between two looks at the clock: each takes some microseconds, unless it is a large one. */
#define LINES_A_LOOK   16
#define LINE_LARGE     4096
#define KEPT_FOR_KNOWN 4 /* one part in so many */

#define DETAIL_MEMORY "Nothing was accepted. Try again later: too many bulk requests are being received."
#define DETAIL_ENDING "Nothing was accepted. Try again in a few seconds: this process is ending."

struct bulk {
    const char *kind;
    struct ndjson lines;
    EVP_MD_CTX *digest; /* of all that is behind us */
    const char *digested;
    struct buffer line, detail; /* of the one in hand */
};

/* ---- memory ---- */

bool bulk_charge(struct request *request, int64_t bytes)
{
    atomic_int_least64_t *held = &request->loop->front->bulk_bytes;
    int64_t more = bytes - request->bulk_bytes;
    int64_t before = atomic_fetch_add_explicit(held, more, memory_order_relaxed);
    const int64_t most = request->loop->settings->bulk_memory;
    if (more > 0 && before + more > (request->is_known ? most : most - most / KEPT_FOR_KNOWN)) {
        (void)atomic_fetch_sub_explicit(held, more, memory_order_relaxed);
        return false;
    }
    request->bulk_bytes = bytes;
    return true;
}

/* Body and payload are there together; later the payload, or the record that it becomes, twice. */
static bool charge_for_payload(struct request *request)
{
    int64_t body = (int64_t)request->body.size, payload = (int64_t)request->payload.size;
    return bulk_charge(request, 2 * (body > payload ? body : payload));
}

void bulk_release(struct request *request)
{
    struct bulk *bulk = request->bulk;
    if (bulk != NULL) {
        EVP_MD_CTX_free(bulk->digest);
        buffer_release(&bulk->line);
        buffer_release(&bulk->detail);
        free(bulk);
    }
    request->bulk = NULL;
    (void)atomic_fetch_sub_explicit(&request->loop->front->bulk_bytes, request->bulk_bytes,
                                    memory_order_relaxed);
    request->bulk_bytes = 0;
}

/* ---- splitting ---- */

/* Without memory there is no way on (buffer.h). */
static void must(bool good)
{
    if (!good)
        abort();
}

static void take_line(struct request *request, struct slice line)
{
    struct bulk *bulk = request->bulk;
    unsigned number = (unsigned)bulk->lines.line;
    const char *detail = NULL;
    /* The zero that body.h asks for: in place of the line feed, or the buffer's own. */
    request->body.data[(line.data - request->body.data) + (ptrdiff_t)line.size] = '\0';
    buffer_clear(&bulk->line);
    request->batch_lines++;
    if (shape_body(request, line, &bulk->line, &detail)) {
        upload_add_submission(&request->payload, number, buffer_slice(&bulk->line));
        return;
    }
    struct answer answer = {0};
    request->batch_rejected++;
    buffer_clear(&bulk->detail);
    buffer_printf(&bulk->detail, "Line %u: %s", number, detail);
    answer_problem(&answer, UPLOAD_REJECTED_STATUS, bulk->detail.data);
    upload_add_rejection(&request->payload, number, buffer_slice(&answer.body));
    buffer_release(&answer.body);
}

/* What has been looked at since the last time; before a line is changed. */
static void digest_up_to(struct bulk *bulk, const char *end)
{
    must(EVP_DigestUpdate(bulk->digest, bulk->digested, (size_t)(end - bulk->digested)) == 1);
    bulk->digested = end;
}

static void hand_over(struct request *request)
{
    struct bulk *bulk = request->bulk;
    assert(bulk != NULL);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    const char *kind = bulk->kind;
    digest_up_to(bulk, request->body.data + request->body.size);
    must(EVP_DigestFinal_ex(bulk->digest, digest, &size) == 1);
    request_part(request);
    request_release_body(request);
    submit_lines(request, kind, (struct slice){(const char *)digest, size});
    bulk_release(request); /* its count of bytes went with the record */
}

/* Looks at some lines of one request. False: it is not through. */
static bool split(struct request *request, int64_t until_us)
{
    struct bulk *bulk = request->bulk;
    struct slice line;
    assert(bulk != NULL); /* what is in the list of those that are split has one */
    for (unsigned n = 1;; n++) {
        if (!ndjson_next(&bulk->lines, &line)) {
            hand_over(request);
            return true;
        }
        digest_up_to(bulk, bulk->lines.rest.data);
        take_line(request, line);
        if (n % LINES_A_LOOK != 0 && line.size < LINE_LARGE)
            continue;
        if (!charge_for_payload(request)) {
            request_unavailable(request, DETAIL_MEMORY);
            return true;
        }
        if (monotonic_now_us() >= until_us)
            return false;
    }
}

void bulk_turn(struct loop *loop)
{
    int64_t until_us = loop->requests.splitting == NULL ? 0 : monotonic_now_us() + TURN_US;
    while (loop->phase == LOOP_ENDING && loop->requests.splitting != NULL)
        request_unavailable(loop->requests.splitting, DETAIL_ENDING);
    while (loop->requests.splitting != NULL && split(loop->requests.splitting, until_us))
        ;
}

void bulk_write(struct request *request, const char *kind)
{
    if (submit_refuse(request, WIRE_BULK))
        return;
    struct bulk *bulk = request->bulk = memory_zero(1, sizeof(*bulk));
    bulk->kind = kind;
    bulk->lines.rest = buffer_slice(&request->body);
    bulk->digest = EVP_MD_CTX_new();
    bulk->digested = request->body.data;
    must(bulk->digest != NULL && EVP_DigestInit_ex(bulk->digest, EVP_sha256(), NULL) == 1);
    submit_digest_line(request, bulk->digest);
    upload_begin(&request->payload, request->idempotency_key);
    request_join(request, &request->loop->requests.splitting);
}
