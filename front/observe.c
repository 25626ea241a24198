/* observe: counters, durations and log lines of requests. */
#include "front/observe.h"

#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/metrics.h"
#include "front/loop.h"

#define LABELS_SIZE 160

/* The series of one route, method and status, kept so that no lock is taken for each request. */
struct observe_key {
    const struct route *route;
    const char *method; /* static */
    unsigned status;
};

struct observe_series {
    struct observe_key key;
    struct metric *requests, *seconds;
    UT_hash_handle hh;
};

/* Labels have few values: a method that no route has is "other". */
static const char *method_label(struct slice method)
{
    static const char *const known[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (slice_equal(method, slice_of(known[i])))
            return known[i];
    return "other";
}

static const char *route_label(const struct route *route)
{
    return route == NULL ? "none" : route->template;
}

static struct observe_series *series_find(struct observe *observe, const struct route *route,
                                          struct slice method, unsigned status)
{
    struct observe_key key;
    memset(&key, 0, sizeof(key)); /* padding is compared too */
    key.route = route;
    key.method = method_label(method);
    key.status = status;
    struct observe_series *series;
    HASH_FIND(hh, observe->series, &key, sizeof(key), series);
    if (series != NULL)
        return series;
    char labels[LABELS_SIZE];
    series = memory_zero(1, sizeof(*series));
    memcpy(&series->key, &key, sizeof(key));
    (void)snprintf(labels, sizeof(labels), "route=\"%s\",method=\"%s\",status=\"%u\"", route_label(route),
                   key.method, status);
    series->requests = metric_counter("ecf2_http_requests_total", "HTTP requests answered", labels);
    (void)snprintf(labels, sizeof(labels), "route=\"%s\",method=\"%s\"", route_label(route), key.method);
    series->seconds = metric_histogram("ecf2_http_request_duration_seconds",
                                       "time from the request line to the answer", labels);
    HASH_ADD(hh, observe->series, key, sizeof(series->key), series);
    return series;
}

void observe_answer(const struct request *request, unsigned status)
{
    int64_t took_us = monotonic_now_us() - request->started_us;
    struct observe_series *series =
        series_find(&request->loop->observe, request->route, request->method, status);
    metric_add(series->requests, 1);
    metric_observe_us(series->seconds, took_us);
    log_event(LOG_INFO, "request", LOG_TEXT("method", series->key.method),
              LOG_TEXT("route", route_label(request->route)), LOG_INT("status", status),
              LOG_INT("ms", took_us / 1000), LOG_TEXT("trace", request->trace),
              LOG_INT("caller", request->caller_id), LOG_END);
}

void observe_refusal(struct loop *loop, unsigned status, int64_t took_us, const char *trace)
{
    struct observe_series *series = series_find(&loop->observe, NULL, (struct slice){NULL, 0}, status);
    metric_add(series->requests, 1);
    metric_observe_us(series->seconds, took_us);
    log_event(LOG_INFO, "request", LOG_TEXT("method", series->key.method),
              LOG_TEXT("route", route_label(NULL)), LOG_INT("status", status), LOG_INT("ms", took_us / 1000),
              LOG_TEXT("trace", trace), LOG_INT("caller", 0), LOG_END);
}

void observe_limited(const struct request *request, enum rate_limit limit)
{
    struct observe *observe = &request->loop->observe;
    const char *name = rate_rule(limit)->name;
    if (observe->limited[limit] == NULL) {
        char labels[LABELS_SIZE];
        (void)snprintf(labels, sizeof(labels), "limit=\"%s\"", name);
        observe->limited[limit] =
            metric_counter("ecf2_rate_limited_total", "requests refused by a rate limit", labels);
    }
    metric_add(observe->limited[limit], 1);
    char address[NETWORK_TEXT_SIZE];
    network_format(&request->address, address);
    log_event(LOG_WARNING, "rate_limited", LOG_TEXT("limit", name), LOG_SLICE("path", request->path),
              LOG_TEXT("address", address), LOG_TEXT("trace", request->trace), LOG_END);
}

void observe_release(struct observe *observe)
{
    struct observe_series *series, *next;
    HASH_ITER(hh, observe->series, series, next)
    {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyzer loses track in uthash */
        HASH_DEL(observe->series, series);
        free(series);
    }
}
