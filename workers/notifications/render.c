/*
 * render: what a delivery tells: {"type","timestamp","data"}, data being what its owner's own GET shows, as
 * it is now (notifications.md NT-50). A kind is a row of the table below. What cannot be told yet
 * (batch.finished, payment_run.finished: nothing shows them) is not in it, and not taken: it waits for a
 * version that can.
 */
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/sql.h"
#include "common/submission_rows.h"
#include "workers/notifications/notifications.h"

static const char *const kinds[] = {"submission.decided", "webhook.test"};
#define KIND_COUNT (sizeof kinds / sizeof kinds[0])
enum { KIND_SUBMISSION, KIND_TEST };

void render_kinds(struct db_params *params)
{
    db_array_begin(params);
    for (size_t i = 0; i < KIND_COUNT; i++)
        db_array_text(params, kinds[i]);
    db_array_end(params);
}

const char *render_kind(struct slice name)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (slice_equal(name, slice_of(kinds[i])))
            return kinds[i];
    return NULL;
}

static bool is_of_submission(const struct delivery *delivery)
{
    return delivery->kind.data == kinds[KIND_SUBMISSION];
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

/* -------------------------------------------------------------- submissions */

static void add_params(struct db_params *params, const struct delivery *deliveries)
{
    struct submission_key *keys;
    size_t count = 0, used = 0;

    for (const struct delivery *one = deliveries; one != NULL; one = one->next)
        count += is_of_submission(one);
    keys = memory_zero(count, sizeof *keys);
    for (const struct delivery *one = deliveries; one != NULL; one = one->next)
        if (is_of_submission(one))
            keys[used++] =
                (struct submission_key){one->submission, one->endpoint->owner_type, one->endpoint->owner_id};
    submission_params(params, keys, count);
    free(keys);
}

size_t render_queue(struct db *db, struct delivery *deliveries, struct db_params *params)
{
    add_params(params, deliveries);
    db_queue_planning(db, DB_PLAN_WITH_BOUNDS);
    db_queue(db, &sql_show_submissions, params);
    db_queue_planning(db, DB_PLAN_ONCE);
    return 3;
}

static struct delivery *nth_of_submission(struct delivery *deliveries, size_t n)
{
    for (struct delivery *one = deliveries; one != NULL; one = one->next)
        if (is_of_submission(one) && n-- == 0)
            return one;
    return NULL;
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
    const PGresult *shown = results[1];
    int columns[SUBMISSION_COLUMN_COUNT];

    if (!submission_columns(shown, columns, err))
        return false;
    for (struct delivery *one = deliveries; one != NULL; one = one->next)
        if (one->kind.data == kinds[KIND_TEST])
            write_test(one);
    for (int row = 0; row < PQntuples(shown); row++) {
        struct buffer resource = BUFFER_INIT;
        struct submission_view view;
        struct delivery *delivery;
        size_t n;

        if (!submission_view_of_row(shown, row, columns, SIZE_MAX, &n, &view, err))
            return false;
        delivery = nth_of_submission(deliveries, n);
        if (delivery == NULL)
            return error_set(err, ERROR_BUG, "a submission was shown that no delivery is about");
        view.id = delivery->submission;
        submission_render(&view, &resource);
        write_body(delivery, buffer_slice(&resource));
        buffer_release(&resource);
    }
    return true;
}
