/*
 * worker_cache: before an answer that tells an outcome leaves, the cache scopes that the outcome touched get
 * new tokens (pipeline.md PL-52, cache.h): one exchange with Redis for a batch, after its commit. Where Redis
 * cannot be told, these answers are held until no entry from before the commit can be left, or Redis was told
 * after all; the worker goes on meanwhile. What became of the records is reported at once: a broker need not
 * wait, and an answer that is lost with its worker is asked for again.
 *
 * Bound: with HELD_MAX answers held the worker takes no further batch until some have left.
 */
#include <stdlib.h>
#include <string.h>

#include "common/cache.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/worker_private.h"

#define HELD_MAX 8000 /* with the usual 1 to 2 KiB each, a quarter of the memory that a worker may have */
/* Between attempts, where Redis answers, but with an error; where it does not, it has its own delay. */
#define TELL_AGAIN_US (US_PER_SECOND / 20)

/* Answers of one batch; due together. */
struct held_batch {
    struct held_batch *next;
    int64_t due_us; /* monotonic */
    size_t count;
    struct work_item items[]; /* only where their answers go, and these */
};

/* One scope, looked for in a list of them, or to be added to one. */
struct sought {
    struct slice scope;
    bool found;
};

static void compare_scope(void *context, struct slice scope)
{
    struct sought *sought = context;

    sought->found = sought->found || slice_equal(scope, sought->scope);
}

static void touch_scope(void *context, struct slice scope)
{
    struct work_item *item = context;
    struct sought sought = {scope, false};
    struct buffer longer = BUFFER_INIT;

    cache_scopes_each(item->touched, compare_scope, &sought);
    if (sought.found)
        return;
    buffer_append(&longer, item->touched.data, item->touched.size);
    if (longer.size > 0)
        buffer_append_char(&longer, ',');
    buffer_append(&longer, scope.data, scope.size);
    item->touched = work_keep(item, buffer_slice(&longer));
    buffer_release(&longer);
}

void work_touch(struct work_item *item, struct slice scopes)
{
    if (item->touched.size == 0 && scopes.size > 0)
        item->touched = work_keep(item, scopes);
    else if (scopes.size > 0)
        cache_scopes_each(scopes, touch_scope, item);
}

struct redis *worker_redis(struct worker *worker)
{
    return worker->redis;
}

/* ------------------------------------------------------------------ scopes */

static void add_scope(void *context, struct slice scope)
{
    struct worker_scopes *scopes = context;

    for (size_t i = 0; i < scopes->count; i++)
        if (slice_equal(scopes->names[i], scope))
            return;
    if (scopes->count == scopes->capacity) {
        scopes->capacity = scopes->capacity == 0 ? 32 : scopes->capacity * 2;
        scopes->names = memory_grow(scopes->names, scopes->capacity, sizeof *scopes->names);
    }
    scopes->names[scopes->count++] = (struct slice){memory_dup_slice(scope), scope.size};
}

static void clear_scopes(struct worker_scopes *scopes)
{
    for (size_t i = 0; i < scopes->count; i++)
        free((char *)(uintptr_t)scopes->names[i].data);
    scopes->count = 0;
}

static int64_t later(int64_t a_us, int64_t b_us)
{
    return a_us > b_us ? a_us : b_us;
}

/* True: all that is to be told was told, so nothing has to be held for it. */
static bool tell_redis(struct worker *worker)
{
    struct worker_scopes *scopes = &worker->untold;
    struct error err = {0};

    if (scopes->count == 0)
        return true;
    if (!redis_connect(worker->redis, &err) ||
        !cache_touch(worker->redis, scopes->names, scopes->count, &err)) {
        if (!worker->cache_is_away)
            log_failure(LOG_WARNING, "cache_untold", &err);
        worker->cache_is_away = true;
        worker->tell_at_us = later(redis_retry_at_us(worker->redis), monotonic_now_us() + TELL_AGAIN_US);
        return false;
    }
    if (worker->cache_is_away)
        log_event(LOG_INFO, "cache_told", LOG_INT("held", worker->held_count), LOG_END);
    worker->cache_is_away = false;
    clear_scopes(scopes);
    return true;
}

/* ----------------------------------------------------------------- holding */

static bool is_to_hold(const struct work_item *item)
{
    return item->touched.size > 0 && item->replies != NULL;
}

static void hold(struct worker *worker, struct work_item *items, size_t count)
{
    struct held_batch *batch = memory_alloc(sizeof *batch + count * sizeof batch->items[0]);
    struct held_batch **end = &worker->held;

    *batch = (struct held_batch){.due_us = monotonic_now_us() + CACHE_HOLD_US};
    for (size_t i = 0; i < count; i++) {
        if (!is_to_hold(&items[i]))
            continue;
        struct work_item *held = &batch->items[batch->count++];

        *held = (struct work_item){.broker = items[i].broker, .replies = items[i].replies};
        held->record.reply_to = work_keep(held, items[i].record.reply_to);
        items[i].replies = NULL;
    }
    worker->held_count += batch->count;
    while (*end != NULL)
        end = &(*end)->next;
    *end = batch;
}

static void send_first(struct worker *worker)
{
    struct held_batch *batch = worker->held;

    worker->held = batch->next;
    worker->held_count -= batch->count;
    worker_send_replies(worker, batch->items, batch->count);
    for (size_t i = 0; i < batch->count; i++)
        work_item_release(&batch->items[i]);
    free(batch);
}

void worker_touch_cache(struct worker *worker, struct work_item *items, size_t count)
{
    bool any_waits = false;

    for (size_t i = 0; i < count; i++) {
        cache_scopes_each(items[i].touched, add_scope, &worker->untold);
        any_waits = any_waits || is_to_hold(&items[i]);
    }
    if (tell_redis(worker)) {
        while (worker->held != NULL)
            send_first(worker);
    } else if (any_waits) {
        hold(worker, items, count);
    } else if (worker->held == NULL) {
        clear_scopes(&worker->untold); /* nobody waits: whoever tells it later touches them */
    }
}

void worker_release_held(struct worker *worker)
{
    if (worker->held == NULL)
        return;
    const bool is_told = monotonic_now_us() >= worker->tell_at_us && tell_redis(worker);

    while (worker->held != NULL && (is_told || worker->held->due_us <= monotonic_now_us()))
        send_first(worker);
    if (worker->held == NULL)
        clear_scopes(&worker->untold);
}

int64_t worker_held_next_us(const struct worker *worker)
{
    if (worker->held == NULL)
        return INT64_MAX;
    const int64_t due_us = worker->held->due_us;

    return worker->tell_at_us < due_us ? worker->tell_at_us : due_us;
}

bool worker_holds_too_many(const struct worker *worker)
{
    return worker->held_count >= HELD_MAX;
}

void worker_cache_close(struct worker *worker)
{
    while (worker->held != NULL) {
        struct held_batch *batch = worker->held;

        worker->held = batch->next;
        for (size_t i = 0; i < batch->count; i++)
            work_item_release(&batch->items[i]);
        free(batch);
    }
    clear_scopes(&worker->untold);
    free(worker->untold.names);
    redis_free(worker->redis);
}
