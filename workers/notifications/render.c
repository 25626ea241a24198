/*
 * render: what a delivery tells: {"type","timestamp","data"}, data being what its owner's own GET shows, as
 * it is now (notifications.md NT-50). A kind is a row of the table below. What cannot be told yet
 * (payment_run.finished: nothing shows one) is not in it, and not taken: it waits for a version that can.
 */
#include <stdlib.h>
#include <string.h>

#include "common/batch_rows.h"
#include "common/cleanup.h"
#include "common/sql.h"
#include "common/submission_rows.h"
#include "workers/notifications/notifications.h"

enum kind { KIND_SUBMISSION, KIND_BATCH, KIND_TEST, KIND_COUNT };
static const char *const kinds[KIND_COUNT] = {"submission.decided", "batch.finished", "webhook.test"};

void render_kinds(struct db_params *params)
{
    db_array_begin(params);
    for (int i = 0; i < KIND_COUNT; i++)
        db_array_text(params, kinds[i]);
    db_array_end(params);
}

const char *render_kind(struct slice name)
{
    for (int i = 0; i < KIND_COUNT; i++)
        if (slice_equal(name, slice_of(kinds[i])))
            return kinds[i];
    return NULL;
}

static bool is_of(const struct delivery *delivery, enum kind kind)
{
    return delivery->kind.data == kinds[kind];
}

/* resource: {"data":…}, as a GET answers. */
static void write_body(struct delivery *delivery, struct slice resource)
{
    char timestamp[RFC3339_SIZE];

    rfc3339_format(uuid_v7_time_us(&delivery->id), timestamp);
    buffer_clear(&delivery->body);
    buffer_printf(&delivery->body, "{\"type\":\"%s\",\"timestamp\":\"%s\",", delivery->kind.data, timestamp);
    buffer_append(&delivery->body, resource.data + 1, resource.size - 1);
}

/* ------------------------------------------------------------- what is asked */

/* What deliveries of a kind are about, in their order; the caller's to free. */
static struct submission_key *keys_of(const struct delivery *deliveries, enum kind kind, size_t *ret_count)
{
    struct submission_key *keys;
    size_t count = 0, used = 0;

    for (const struct delivery *one = deliveries; one != NULL; one = one->next)
        count += is_of(one, kind);
    keys = memory_zero(count, sizeof *keys);
    for (const struct delivery *one = deliveries; one != NULL; one = one->next)
        if (is_of(one, kind))
            keys[used++] =
                (struct submission_key){one->subject, one->endpoint->owner_type, one->endpoint->owner_id};
    *ret_count = count;
    return keys;
}

static struct delivery *nth_of(struct delivery *deliveries, enum kind kind, size_t n)
{
    for (struct delivery *one = deliveries; one != NULL; one = one->next)
        if (is_of(one, kind) && n-- == 0)
            return one;
    return NULL;
}

static void ask(struct db_params *params, const struct delivery *deliveries, enum kind kind)
{
    size_t count;
    struct submission_key *keys = keys_of(deliveries, kind, &count);

    *params = (struct db_params)DB_PARAMS_INIT;
    submission_params(params, keys, count);
    free(keys);
}

enum { PLAN, SUBMISSIONS, BATCHES, PLAN_BACK, STATEMENT_COUNT };

size_t render_queue(struct db *db, const struct delivery *deliveries, struct rendering *ret_rendering)
{
    ask(&ret_rendering->submissions, deliveries, KIND_SUBMISSION);
    ask(&ret_rendering->batches, deliveries, KIND_BATCH);
    db_queue_planning(db, DB_PLAN_WITH_BOUNDS);
    db_queue(db, &sql_show_submissions, &ret_rendering->submissions);
    db_queue(db, &sql_show_batches, &ret_rendering->batches);
    db_queue_planning(db, DB_PLAN_ONCE);
    return STATEMENT_COUNT;
}

void render_release(struct rendering *rendering)
{
    db_params_release(&rendering->submissions);
    db_params_release(&rendering->batches);
}

/* -------------------------------------------------------------- what is told */

static bool tell(struct delivery *delivery, struct buffer *resource, struct error *err)
{
    if (delivery == NULL)
        error_set(err, ERROR_BUG, "something was shown that no delivery is about");
    else
        write_body(delivery, buffer_slice(resource));
    buffer_release(resource);
    return delivery != NULL;
}

static bool read_submissions(struct delivery *deliveries, const PGresult *shown, struct error *err)
{
    int columns[SUBMISSION_COLUMN_COUNT];

    if (!submission_columns(shown, columns, err))
        return false;
    for (int row = 0; row < PQntuples(shown); row++) {
        struct buffer resource = BUFFER_INIT;
        struct submission_view view;
        size_t n;

        if (!submission_view_of_row(shown, row, columns, SIZE_MAX, &n, &view, err))
            return false;
        struct delivery *delivery = nth_of(deliveries, KIND_SUBMISSION, n);
        if (delivery != NULL)
            view.id = delivery->subject;
        submission_render(&view, &resource);
        if (!tell(delivery, &resource, err))
            return false;
    }
    return true;
}

static bool read_batches(struct delivery *deliveries, const PGresult *shown, struct error *err)
{
    int columns[BATCH_COLUMN_COUNT];
    size_t count;
    CLEANUP(free) struct submission_key *keys = keys_of(deliveries, KIND_BATCH, &count);

    if (!batch_columns(shown, columns, err))
        return false;
    for (int row = 0; row < PQntuples(shown); row++) {
        struct buffer resource = BUFFER_INIT;
        struct batch_view view;
        struct slice scopes; /* what is told is older than two seconds (PL-52) */
        size_t n;

        if (!batch_view_of_row(shown, row, columns, keys, count, &n, &view, &scopes, err))
            return false;
        batch_render(&view, &resource);
        if (!tell(nth_of(deliveries, KIND_BATCH, n), &resource, err))
            return false;
    }
    return true;
}

static void write_test(struct delivery *delivery)
{
    static const char resource[] =
        "{\"data\":{\"type\":\"webhook-test\",\"attributes\":{\"message\":\"An operator tests this "
        "endpoint. Nothing has happened.\"}}}";

    write_body(delivery, slice_of(resource));
}

bool render_read(struct delivery *deliveries, PGresult *const *results, struct error *err)
{
    for (struct delivery *one = deliveries; one != NULL; one = one->next)
        if (is_of(one, KIND_TEST))
            write_test(one);
    return read_submissions(deliveries, results[SUBMISSIONS], err) &&
           read_batches(deliveries, results[BATCHES], err);
}
