/* endpoints: which there are, what is known of each, and the snapshots; see notifications.h. */
#include <stdlib.h>
#include <string.h>

#include "common/cache.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "workers/notifications/notifications.h"
#include "workers/notifications/sql.h"

/* ---------------------------------------------------------------- endpoints */

struct endpoint *endpoint_find(struct notifications *n, int64_t id)
{
    for (struct endpoint *endpoint = n->endpoints; endpoint != NULL; endpoint = endpoint->next)
        if (endpoint->id == id)
            return endpoint;
    return NULL;
}

static struct endpoint *endpoint_get(struct notifications *n, int64_t id)
{
    struct endpoint *endpoint = endpoint_find(n, id);

    if (endpoint == NULL) {
        endpoint = memory_zero(1, sizeof *endpoint);
        endpoint->id = id;
        endpoint->new_from = endpoint->unfinished_from = id_floor(machine_now_us() - KEPT_US);
        endpoint->next = n->endpoints;
        n->endpoints = endpoint;
        n->next_unfinished_us = 0;
    }
    return endpoint;
}

static void endpoint_free(struct endpoint *endpoint)
{
    buffer_release(&endpoint->stored);
    buffer_release(&endpoint->stored_before);
    free(endpoint->url);
    free(endpoint);
}

void endpoints_free(struct notifications *n)
{
    while (n->endpoints != NULL) {
        struct endpoint *endpoint = n->endpoints;

        n->endpoints = endpoint->next;
        endpoint_free(endpoint);
    }
    for (size_t i = 0; i < n->snapshot_count; i++)
        free(n->snapshots[i].text);
    n->snapshot_count = 0;
}

/* An endpoint that is disabled stays while something of it is in hand. */
static void drop_unlisted(struct notifications *n)
{
    for (struct endpoint **link = &n->endpoints; *link != NULL;) {
        struct endpoint *endpoint = *link;

        if (endpoint->is_listed || endpoint->in_hand > 0) {
            link = &endpoint->next;
            continue;
        }
        *link = endpoint->next;
        endpoint_free(endpoint);
    }
}

size_t endpoint_room(const struct notifications *n, const struct endpoint *endpoint)
{
    const size_t most = endpoint->is_failing ? 1 : (size_t)n->settings->webhook_in_flight;

    return endpoint->is_listed && endpoint->is_usable && endpoint->in_hand < most ? most - endpoint->in_hand
                                                                                  : 0;
}

/* --------------------------------------------------------------------- list */

enum { ID, URL, SECRET, SECRET_BEFORE, OWNER_TYPE, OWNER_ID, FAILING, COLUMN_COUNT };

/* bytea in text form, \x…; an empty one for null. */
static bool bytes_read(const PGresult *result, int row, int column, struct buffer *out)
{
    size_t size = 0;
    unsigned char *bytes = PQunescapeBytea((const unsigned char *)PQgetvalue(result, row, column), &size);

    if (bytes == NULL)
        return false;
    buffer_append(out, bytes, size);
    PQfreemem(bytes);
    return true;
}

/* Reads a secret again only where it has changed. False: it is there and cannot be read. */
static bool secret_update(const struct notifications *n, const PGresult *result, int row, int column,
                          struct buffer *stored, struct webhook_secret *secret, struct error *err)
{
    struct buffer now = BUFFER_INIT;
    bool good = true;

    if (db_is_null(result, row, column)) {
        secret->size = 0;
        buffer_clear(stored);
        return true;
    }
    if (!bytes_read(result, row, column, &now))
        return error_set(err, ERROR_DB, "a secret is no bytea");
    if (secret->size == 0 || !slice_equal(buffer_slice(&now), buffer_slice(stored))) {
        secret->size = 0;
        good = webhook_secret_decrypt(n->settings->webhook_key, buffer_slice(&now), secret, err);
    }
    buffer_clear(stored);
    buffer_append(stored, now.data, now.size);
    buffer_release(&now);
    return good;
}

/* What makes an endpoint unusable is told once, when it begins. */
static void update_usability(const struct notifications *n, struct endpoint *endpoint, const PGresult *result,
                             int row, const int *columns, bool is_new)
{
    struct error err = {0};
    const bool usable =
        secret_update(n, result, row, columns[SECRET], &endpoint->stored, &endpoint->secret, &err) &&
        secret_update(n, result, row, columns[SECRET_BEFORE], &endpoint->stored_before,
                      &endpoint->secret_before, &err) &&
        webhook_url_check(endpoint->url, n->only_public, &err);

    if (!usable && (is_new || endpoint->is_usable))
        log_event(LOG_ERROR, "webhook_endpoint_unusable", LOG_INT("endpoint", endpoint->id),
                  LOG_TEXT("reason", err.detail), LOG_TEXT("hint", err.hint), LOG_END);
    endpoint->is_usable = usable;
}

static bool list_row(struct notifications *n, const PGresult *result, int row, const int *columns,
                     struct error *err)
{
    const int64_t id = db_int(result, row, columns[ID]);
    const struct slice url = db_text(result, row, columns[URL]);
    struct endpoint *endpoint = endpoint_get(n, id);
    const bool is_new = endpoint->url == NULL;

    if (!wire_caller_parse(db_text(result, row, columns[OWNER_TYPE]), &endpoint->owner_type))
        return error_set(err, ERROR_BUG, "an endpoint has an owner that is no caller");
    endpoint->owner_id = db_int(result, row, columns[OWNER_ID]);
    if (is_new || strcmp(endpoint->url, url.data) != 0) {
        free(endpoint->url);
        endpoint->url = memory_dup_slice(url);
    }
    endpoint->is_listed = true;
    endpoint->is_failing = !db_is_null(result, row, columns[FAILING]);
    endpoint->failing_since_us = monotonic_now_us() - db_int(result, row, columns[FAILING]) * 1000;
    update_usability(n, endpoint, result, row, columns, is_new);
    return true;
}

static bool list_read(struct notifications *n, const PGresult *result, struct error *err)
{
    static const char *const names[COLUMN_COUNT] = {"id",         "url",      "secret",    "secret_before",
                                                    "owner_type", "owner_id", "failing_ms"};
    int columns[COLUMN_COUNT];

    if (!db_columns(result, names, columns, COLUMN_COUNT, err))
        return false;
    for (struct endpoint *endpoint = n->endpoints; endpoint != NULL; endpoint = endpoint->next)
        endpoint->is_listed = false;
    for (int row = 0; row < PQntuples(result); row++)
        if (!list_row(n, result, row, columns, err))
            return false;
    drop_unlisted(n);
    return true;
}

static bool keep_snapshot(struct notifications *n, const PGresult *result, struct error *err)
{
    static const char *const names[] = {"snapshot", "now_us"};
    const int64_t now_us = monotonic_now_us();
    int columns[2];

    if (!db_columns(result, names, columns, 2, err))
        return false;
    if (n->snapshot_count == SNAPSHOTS) {
        free(n->snapshots[0].text);
        memmove(n->snapshots, n->snapshots + 1, (SNAPSHOTS - 1) * sizeof n->snapshots[0]);
        n->snapshot_count--;
    }
    n->snapshots[n->snapshot_count++] =
        (struct snapshot){.text = memory_dup(PQgetvalue(result, 0, columns[0])),
                          .taken_us = now_us,
                          .database_us = db_int(result, 0, columns[1])};
    if (n->find_at_us == INT64_MAX)
        n->find_at_us = now_us + CACHE_HOLD_US; /* no cached read is older (pipeline.md PL-52) */
    return true;
}

bool endpoints_list(struct notifications *n, struct error *err)
{
    enum { LIST, SNAPSHOT, COUNT };
    struct db *db = worker_db(n->worker);
    PGresult *results[COUNT] = {NULL};

    db_pipeline_begin(db);
    db_queue(db, &sql_list_endpoints, NULL);
    db_queue(db, &sql_show_snapshot, NULL);
    if (!db_pipeline_run(db, COUNT, results, err))
        return false;
    const bool good = list_read(n, results[LIST], err) && keep_snapshot(n, results[SNAPSHOT], err);
    for (size_t i = 0; i < COUNT; i++)
        PQclear(results[i]);
    return good;
}

const struct snapshot *snapshot_to_use(struct notifications *n, int64_t now_us)
{
    const struct snapshot *old_enough = NULL;

    n->find_at_us = INT64_MAX;
    for (size_t i = 0; i < n->snapshot_count; i++) {
        if (n->snapshots[i].taken_us + CACHE_HOLD_US > now_us) {
            n->find_at_us = n->snapshots[i].taken_us + CACHE_HOLD_US;
            break;
        }
        old_enough = &n->snapshots[i];
    }
    return old_enough;
}

/* -------------------------------------------------------------------- known */

void endpoint_know(struct endpoint *endpoint, const struct uuid *id, int64_t due_us)
{
    size_t at;

    for (size_t i = 0; i < endpoint->known_count; i++)
        if (uuid_equal(&endpoint->known[i].id, id)) {
            memmove(&endpoint->known[i], &endpoint->known[i + 1],
                    (endpoint->known_count - i - 1) * sizeof endpoint->known[0]);
            endpoint->known_count--;
            break;
        }
    if (endpoint->known_count == KNOWN_MAX) {
        if (endpoint->known[KNOWN_MAX - 1].due_us <= due_us)
            return;
        endpoint->known_count--;
    }
    for (at = endpoint->known_count; at > 0 && endpoint->known[at - 1].due_us > due_us; at--)
        endpoint->known[at] = endpoint->known[at - 1];
    endpoint->known[at] = (struct known){.id = *id, .due_us = due_us};
    endpoint->known_count++;
}

bool endpoint_next_due(struct endpoint *endpoint, int64_t now_us, struct uuid *ret_id)
{
    if (endpoint->known_count == 0 || endpoint->known[0].due_us > now_us)
        return false;
    *ret_id = endpoint->known[0].id;
    endpoint->known_count--;
    memmove(endpoint->known, endpoint->known + 1, endpoint->known_count * sizeof endpoint->known[0]);
    return true;
}

int64_t endpoints_next_due_us(const struct notifications *n)
{
    int64_t next_us = INT64_MAX;

    for (const struct endpoint *endpoint = n->endpoints; endpoint != NULL; endpoint = endpoint->next)
        if (endpoint->known_count > 0 && endpoint_room(n, endpoint) > 0 &&
            endpoint->known[0].due_us < next_us)
            next_us = endpoint->known[0].due_us;
    return next_us;
}
