/*
 * find: what is due. Two looks, because a table that only grows has to be looked at from somewhere on:
 *
 * - what nobody has tried yet, from shortly before the last snapshot that was looked at (or the oldest one
 * that was left behind), several times a second;
 * - everything unfinished, from the oldest of it on, never later than an hour ago (notifications.md NT-35),
 * once a minute and at the start: retries of others, what a worker that died had in hand. What it finds is
 * remembered until it is due, like our own retries.
 */
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "workers/notifications/notifications.h"
#include "workers/notifications/sql.h"

struct uuid id_floor(int64_t instant_us)
{
    const uint64_t ms = instant_us < 0 ? 0 : (uint64_t)instant_us / 1000;
    struct uuid id = {.bytes = {0}};

    for (size_t i = 0; i < 6; i++)
        id.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    return id;
}

static bool is_before(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) < 0;
}

/* A plan that touches few partitions needs their bounds. */
static bool run_with_bounds(struct db *db, const struct db_statement *statement,
                            const struct db_params *params, PGresult **ret_result, struct error *err)
{
    enum { PLANNING, STATEMENT, COUNT };
    PGresult *results[COUNT] = {NULL};

    db_pipeline_begin(db);
    db_queue_planning(db, DB_PLAN_WITH_BOUNDS);
    db_queue(db, statement, params);
    if (!db_pipeline_run(db, COUNT, results, err))
        return false;
    PQclear(results[PLANNING]);
    *ret_result = results[STATEMENT];
    return true;
}

/* ------------------------------------------------------------------ taking part */

/* Endpoints with something asked for, as the first parameters of a statement; the smallest of from too. */
static void asked_params(const struct notifications *n, struct db_params *params, bool new_ones,
                         struct uuid *ret_from)
{
    *ret_from = (struct uuid){.bytes = {[0] = 0xff}};
    for (int column = 0; column < (new_ones ? 3 : 2); column++) {
        db_array_begin(params);
        for (const struct endpoint *endpoint = n->endpoints; endpoint != NULL; endpoint = endpoint->next) {
            const struct uuid *from = new_ones ? &endpoint->new_from : &endpoint->unfinished_from;

            if (endpoint->asked_for == 0)
                continue;
            if (column == 0)
                db_array_int(params, endpoint->id);
            else if (column == 1)
                db_array_uuid(params, from);
            else
                db_array_int(params, (int64_t)endpoint->asked_for);
            if (is_before(from, ret_from))
                *ret_from = *from;
        }
        db_array_end(params);
    }
    db_param_instant(params, uuid_v7_time_us(ret_from));
    render_kinds(params);
}

static struct endpoint *endpoint_of_row(struct notifications *n, const PGresult *result, int row, int column,
                                        struct error *err)
{
    struct endpoint *endpoint = endpoint_find(n, db_int(result, row, column));

    if (endpoint == NULL)
        (void)error_set(err, ERROR_BUG, "a row is of an endpoint that was not asked for");
    return endpoint;
}

/* ------------------------------------------------------------------ what is new */

static bool read_new(struct notifications *n, const PGresult *result, struct found *found, size_t *count,
                     struct error *err)
{
    static const char *const names[] = {"endpoint_id", "id"};
    enum { ENDPOINT, ID, COUNT };
    int columns[COUNT];

    if (!db_columns(result, names, columns, COUNT, err))
        return false;
    for (int row = 0; row < PQntuples(result) && *count < TAKE_MAX; row++) {
        struct endpoint *endpoint = endpoint_of_row(n, result, row, columns[ENDPOINT], err);
        struct found *one = &found[*count];

        if (endpoint == NULL)
            return false;
        if (!db_uuid(result, row, columns[ID], &one->id))
            return error_set(err, ERROR_DB, "a delivery has an id that is none");
        one->endpoint = endpoint;
        if (endpoint->found++ == 0)
            endpoint->oldest_new_us = uuid_v7_time_us(&one->id);
        (*count)++;
    }
    return true;
}

/* From where the next look begins: shortly before the oldest that was found, for others come behind it; where
 * there was no more, before the snapshot that all of them were in. */
static void move_on(struct endpoint *endpoint, const struct snapshot *snapshot)
{
    if (endpoint->asked_for == 0)
        return;
    endpoint->has_more = endpoint->found == endpoint->asked_for;
    if (endpoint->found == 0)
        endpoint->oldest_new_us = 0;
    endpoint->new_from =
        id_floor((endpoint->has_more ? endpoint->oldest_new_us : snapshot->database_us) - LOOK_BACK_US);
}

static bool find_new(struct notifications *n, const struct snapshot *snapshot, struct found *found,
                     size_t *count, struct error *err)
{
    CLEANUP(pgresult) PGresult *result = NULL;
    struct db_params params = DB_PARAMS_INIT;
    struct uuid from;

    asked_params(n, &params, /* new_ones= */ true, &from);
    db_param_text(&params, snapshot->text);
    const bool good =
        run_with_bounds(worker_db(n->worker), &sql_find_new_deliveries, &params, &result, err) &&
        read_new(n, result, found, count, err);
    db_params_release(&params);
    if (!good)
        return false;
    for (struct endpoint *endpoint = n->endpoints; endpoint != NULL; endpoint = endpoint->next)
        move_on(endpoint, snapshot);
    return true;
}

/* --------------------------------------------------------------------- what is due */

static struct endpoint *endpoint_after(const struct notifications *n, const struct endpoint *endpoint)
{
    return endpoint->next == NULL ? n->endpoints : endpoint->next;
}

static struct endpoint *first_in_turn(struct notifications *n, size_t *ret_endpoints)
{
    struct endpoint *first = n->endpoints;
    size_t count = 0;

    for (const struct endpoint *endpoint = n->endpoints; endpoint != NULL; endpoint = endpoint->next)
        count++;
    *ret_endpoints = count;
    if (count > 0)
        for (size_t i = n->rotation++ % count; i > 0; i--)
            first = endpoint_after(n, first);
    return first;
}

/* Half of an endpoint's room is for what was tried before, where there is so much, so that neither waits for
 * the end of the other. */
static size_t take_known(struct endpoint *endpoint, size_t room, int64_t now_us, struct found *found)
{
    size_t taken = 0;

    while (taken < (room + 1) / 2 && endpoint_next_due(endpoint, now_us, &found[taken].id))
        found[taken++].endpoint = endpoint;
    return taken;
}

bool find_deliveries(struct notifications *n, struct found ret_found[TAKE_MAX], size_t *ret_count,
                     struct error *err)
{
    const int64_t now_us = monotonic_now_us();
    const bool looks = now_us >= n->find_at_us;
    size_t endpoints, asked = 0, count = 0;
    size_t left = IN_HAND_MAX - HASH_COUNT(n->hand) < TAKE_MAX ? IN_HAND_MAX - HASH_COUNT(n->hand) : TAKE_MAX;
    struct endpoint *endpoint = first_in_turn(n, &endpoints);

    for (size_t i = 0; i < endpoints; i++, endpoint = endpoint_after(n, endpoint)) {
        size_t room = endpoint_room(n, endpoint);

        room = room < left ? room : left;
        const size_t known = take_known(endpoint, room, now_us, ret_found + count);
        count += known;
        endpoint->found = 0;
        endpoint->asked_for = looks || endpoint->has_more ? room - known : 0;
        left -= known + endpoint->asked_for;
        asked += endpoint->asked_for;
    }
    *ret_count = count;
    if (asked == 0 && !looks)
        return true;
    const struct snapshot *snapshot = snapshot_to_use(n, now_us);
    const bool good = snapshot == NULL || asked == 0 || find_new(n, snapshot, ret_found, &count, err);
    *ret_count = count;
    return good;
}

/* ------------------------------------------------------------------- everything */

static bool read_unfinished(struct notifications *n, const PGresult *result, struct error *err)
{
    static const char *const names[] = {"endpoint_id", "id", "due_ms"};
    enum { ENDPOINT, ID, DUE, COUNT };
    const int64_t now_us = monotonic_now_us();
    int columns[COUNT];

    if (!db_columns(result, names, columns, COUNT, err))
        return false;
    for (struct endpoint *endpoint = n->endpoints; endpoint != NULL; endpoint = endpoint->next)
        endpoint->found = 0;
    for (int row = 0; row < PQntuples(result); row++) {
        struct endpoint *endpoint = endpoint_of_row(n, result, row, columns[ENDPOINT], err);
        struct uuid id;

        if (endpoint == NULL)
            return false;
        if (!db_uuid(result, row, columns[ID], &id))
            return error_set(err, ERROR_DB, "a delivery has an id that is none");
        endpoint_know(endpoint, &id, now_us + db_int(result, row, columns[DUE]) * 1000);
        if (endpoint->found++ == 0 || is_before(&id, &endpoint->oldest_found))
            endpoint->oldest_found = id;
    }
    return true;
}

/* From where the next such look begins; where not all were told, from where this one did. */
static void keep_watermark(struct endpoint *endpoint, const struct uuid *hour_ago)
{
    if (endpoint->asked_for == 0 || endpoint->found == KNOWN_MAX)
        return;
    endpoint->unfinished_from = endpoint->found > 0 && is_before(&endpoint->oldest_found, hour_ago)
                                    ? endpoint->oldest_found
                                    : *hour_ago;
}

bool find_unfinished(struct notifications *n, struct error *err)
{
    CLEANUP(pgresult) PGresult *result = NULL;
    struct db_params params = DB_PARAMS_INIT;
    const struct uuid hour_ago = id_floor(machine_now_us() - HOUR_US);
    struct uuid from;
    bool any = false;

    for (struct endpoint *endpoint = n->endpoints; endpoint != NULL; endpoint = endpoint->next) {
        endpoint->asked_for = endpoint->is_listed && endpoint->is_usable ? 1 : 0;
        any = any || endpoint->asked_for > 0;
    }
    if (!any)
        return true;
    asked_params(n, &params, /* new_ones= */ false, &from);
    db_param_int(&params, KNOWN_MAX);
    const bool good =
        run_with_bounds(worker_db(n->worker), &sql_find_unfinished_deliveries, &params, &result, err) &&
        read_unfinished(n, result, err);
    db_params_release(&params);
    if (!good)
        return false;
    for (struct endpoint *endpoint = n->endpoints; endpoint != NULL; endpoint = endpoint->next)
        keep_watermark(endpoint, &hour_ago);
    return true;
}
