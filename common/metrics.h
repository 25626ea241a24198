/*
 * metrics: Prometheus text on a private port (spec/metrics.md section 9). Every process serves GET /metrics
 * from one small libmicrohttpd thread. The series are in metrics.c, the server is metrics_server.c.
 *
 * Counters, gauges and histograms are made at start or at first use and live until the process ends; updating
 * one is an atomic addition, from any thread. Labels have few values: never ids, names, paths with ids.
 */
#ifndef ECF2_COMMON_METRICS_H
#define ECF2_COMMON_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/error.h"

struct metric;

/* Finds or makes the series `name{labels}`; labels is the text between the braces ("service=\"intake\"") or
 * "". help is used when the name is new. Takes a lock: keep the pointer where it is hot. Never NULL. */
struct metric *metric_counter(const char *name, const char *help, const char *labels);
struct metric *metric_gauge(const char *name, const char *help, const char *labels);
/* Buckets in seconds as metrics.md section 9 lists them; of a name that ends in `_size`: 1 2 5 10 20 50 100
 * 200. */
struct metric *metric_histogram(const char *name, const char *help, const char *labels);

void metric_add(struct metric *metric, int64_t n);
void metric_set(struct metric *metric, int64_t value);
/* For gauges with a fraction; such a gauge is set by this function only, and metric_value() of it is in
 * millionths. */
void metric_set_seconds(struct metric *metric, double value);
void metric_observe_us(struct metric *metric, int64_t duration_us);
/* For histograms that count things, not time (batch sizes): observes a plain number. */
void metric_observe(struct metric *metric, double value);
/* The value; of a histogram, how many were observed. */
int64_t metric_value(const struct metric *metric);

/* All series as Prometheus text. */
void metrics_render(struct buffer *out);

/* Called in the metrics thread before each rendering; may set gauges. May be NULL. */
typedef void metrics_refresh_fn(void *context);

/* Starts serving on `listen` ("127.0.0.1:0" = a free port). The address taken is in metrics_address()
 * afterwards. commit and version go to ecf2_build_info. */
bool metrics_start(const char *listen, metrics_refresh_fn *refresh, void *context, struct error *err)
    __attribute__((warn_unused_result));
/* "127.0.0.1:40123"; static. Empty before metrics_start. */
const char *metrics_address(void);
void metrics_stop(void);

#endif
