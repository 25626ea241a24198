/* take: what was found becomes ours, or is somebody else's, or done with already; see notifications.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "workers/notifications/notifications.h"
#include "workers/notifications/sql.h"

void deliveries_free(struct delivery *deliveries)
{
    while (deliveries != NULL) {
        struct delivery *delivery = deliveries;

        deliveries = delivery->next;
        buffer_release(&delivery->body);
        curl_slist_free_all(delivery->headers);
        curl_easy_cleanup(delivery->easy);
        free(delivery);
    }
}

void delivery_params(struct db_params *params, const struct delivery *deliveries)
{
    db_array_begin(params);
    for (const struct delivery *one = deliveries; one != NULL; one = one->next)
        db_array_uuid(params, &one->id);
    db_array_end(params);
    db_array_begin(params);
    for (const struct delivery *one = deliveries; one != NULL; one = one->next)
        db_array_instant(params, uuid_v7_time_us(&one->id));
    db_array_end(params);
}

void unlock_params(struct db_params *params, const struct delivery *deliveries)
{
    db_array_begin(params);
    for (const struct delivery *one = deliveries; one != NULL; one = one->next)
        if (one->is_locked)
            db_array_uuid(params, &one->id);
    db_array_end(params);
}

/* ------------------------------------------------------------- asking for locks */

/* One list element for each that was found and is not in hand already: our own session would get its lock
 * again. */
static struct delivery *candidates(const struct notifications *n, const struct found *found, size_t count)
{
    struct delivery *list = NULL;

    for (size_t i = 0; i < count; i++) {
        struct delivery *held = NULL;

        HASH_FIND(hh, n->hand, found[i].id.bytes, sizeof found[i].id.bytes, held);
        for (const struct delivery *one = list; one != NULL && held == NULL; one = one->next)
            if (uuid_equal(&one->id, &found[i].id))
                held = list; /* twice among them */
        if (held != NULL)
            continue;
        struct delivery *delivery = memory_zero(1, sizeof *delivery);
        delivery->id = found[i].id;
        delivery->endpoint = found[i].endpoint;
        delivery->next = list;
        list = delivery;
    }
    return list;
}

static struct delivery *delivery_of_row(struct delivery *list, const PGresult *result, int row, int column)
{
    struct uuid id;

    if (!db_uuid(result, row, column, &id))
        return NULL;
    while (list != NULL && !uuid_equal(&list->id, &id))
        list = list->next;
    return list;
}

static void look_params(struct db_params *params, const struct delivery *list)
{
    int64_t from_us = INT64_MAX, until_us = 0;

    delivery_params(params, list);
    for (const struct delivery *one = list; one != NULL; one = one->next) {
        const int64_t created_us = uuid_v7_time_us(&one->id);

        from_us = created_us < from_us ? created_us : from_us;
        until_us = created_us > until_us ? created_us : until_us;
    }
    db_param_instant(params, from_us);
    db_param_instant(params, until_us);
}

/* --------------------------------------------------------------------- looking */

enum { ID, ENDPOINT, KIND, SUBJECT, TRACE, DUE, N, FAILURES, TRIED, COLUMN_COUNT };

/* Whether a row, of what we have locked, is to be sent now. What is due later is remembered. */
static bool take_row(struct delivery *delivery, const PGresult *result, int row, const int *columns)
{
    const int64_t due_ms = db_int(result, row, columns[DUE]);
    const char *kind = render_kind(db_text(result, row, columns[KIND]));
    const struct slice trace = db_text(result, row, columns[TRACE]);

    if (due_ms > 0) {
        endpoint_know(delivery->endpoint, &delivery->id, monotonic_now_us() + due_ms * 1000);
        return false;
    }
    if (kind == NULL || db_int(result, row, columns[ENDPOINT]) != delivery->endpoint->id)
        return false;
    delivery->kind = slice_of(kind);
    if (!db_is_null(result, row, columns[SUBJECT]) &&
        !db_uuid(result, row, columns[SUBJECT], &delivery->subject))
        return false;
    (void)snprintf(delivery->trace, sizeof delivery->trace, "%.*s", (int)trace.size,
                   trace.size == 0 ? "" : trace.data);
    delivery->n = db_int(result, row, columns[N]) + 1;
    delivery->failures = db_int(result, row, columns[FAILURES]);
    delivery->tried_ms = db_int(result, row, columns[TRIED]);
    return true;
}

static bool read_locked(struct delivery *list, const PGresult *locked, struct error *err)
{
    static const char *const names[] = {"id"};
    int column;

    if (!db_columns(locked, names, &column, 1, err))
        return false;
    for (int row = 0; row < PQntuples(locked); row++) {
        struct delivery *delivery = delivery_of_row(list, locked, row, column);

        if (delivery == NULL)
            return error_set(err, ERROR_BUG, "something was locked that was not asked for");
        delivery->is_locked = true;
    }
    return true;
}

static void move(struct delivery *delivery, struct delivery **from, struct delivery **to)
{
    while (*from != NULL && *from != delivery)
        from = &(*from)->next;
    if (*from == NULL)
        return;
    *from = delivery->next;
    delivery->next = *to;
    *to = delivery;
}

/* Those to be sent come to a list of their own, the others stay. */
static bool read_look(struct delivery **list, const PGresult *look, struct delivery **ret_taken,
                      struct error *err)
{
    static const char *const names[COLUMN_COUNT] = {
        "id", "endpoint_id", "kind", "subject_id", "trace_id", "due_ms", "n", "failures", "tried_ms"};
    int columns[COLUMN_COUNT];

    if (!db_columns(look, names, columns, COLUMN_COUNT, err))
        return false;
    for (int row = 0; row < PQntuples(look); row++) {
        struct delivery *delivery = delivery_of_row(*list, look, row, columns[ID]);

        if (delivery == NULL || !delivery->is_locked || !take_row(delivery, look, row, columns))
            continue;
        move(delivery, list, ret_taken);
    }
    return true;
}

static bool unlock(struct db *db, const struct delivery *list, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    bool any = false, good = true;

    for (const struct delivery *one = list; one != NULL; one = one->next)
        any = any || one->is_locked;
    if (any) {
        unlock_params(&params, list);
        good = db_run(db, &sql_unlock_deliveries, &params, NULL, err);
        db_params_release(&params);
    }
    return good;
}

bool take_deliveries(struct notifications *n, const struct found *found, size_t count,
                     struct delivery **ret_deliveries, struct error *err)
{
    enum { LOCK, PLANNING, LOOK, COUNT };
    struct delivery *list = candidates(n, found, count), *taken = NULL;
    struct db *db = worker_db(n->worker);
    struct db_params ids = DB_PARAMS_INIT, looked = DB_PARAMS_INIT;
    PGresult *results[COUNT] = {NULL};

    *ret_deliveries = NULL;
    if (list == NULL)
        return true;
    db_array_begin(&ids);
    for (const struct delivery *one = list; one != NULL; one = one->next)
        db_array_uuid(&ids, &one->id);
    db_array_end(&ids);
    look_params(&looked, list);
    /* The look is a later statement than the locks, and so sees whatever was committed before them. */
    db_pipeline_begin(db);
    db_queue(db, &sql_lock_deliveries, &ids);
    db_queue_planning(db, DB_PLAN_WITH_BOUNDS);
    db_queue(db, &sql_look_deliveries, &looked);
    bool good = db_pipeline_run(db, COUNT, results, err);
    db_params_release(&ids);
    db_params_release(&looked);
    good = good && read_locked(list, results[LOCK], err) && read_look(&list, results[LOOK], &taken, err) &&
           unlock(db, list, err);
    for (size_t i = 0; i < COUNT; i++)
        PQclear(results[i]);
    deliveries_free(list);
    if (!good) {
        deliveries_free(taken);
        db_disconnect(db); /* and with it the locks that nobody knows of now */
        return false;
    }
    *ret_deliveries = taken;
    return true;
}
