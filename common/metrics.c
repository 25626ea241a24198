/* metrics: the series of this process and their Prometheus text. The HTTP side is metrics_server.c. */
#include "common/metrics.h"

#include <assert.h>
#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"

#ifndef ECF2_COMMIT /* the Makefile gives it to this file alone, so that a commit compiles one file anew */
#define ECF2_COMMIT "unknown"
#endif

#define MICRO       INT64_C(1000000)
#define SERIES_HASH 1024
#define BUCKETS_MAX 16

enum type { TYPE_COUNTER, TYPE_GAUGE, TYPE_HISTOGRAM };
static const char *const type_names[] = {"counter", "gauge", "histogram"};

struct bounds {
    size_t count;
    int64_t upper[BUCKETS_MAX]; /* in millionths, as all values of histograms */
    const char *text[BUCKETS_MAX];
};

static const struct bounds seconds_bounds = {
    13,
    {1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000},
    {"0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10"},
};
static const struct bounds size_bounds = {
    8,
    {1 * MICRO, 2 * MICRO, 5 * MICRO, 10 * MICRO, 20 * MICRO, 50 * MICRO, 100 * MICRO, 200 * MICRO},
    {"1", "2", "5", "10", "20", "50", "100", "200"},
};

/* Families and their series are only ever appended, with a release store, so that rendering reads them
 * without the lock and never holds up who counts. */
struct family {
    char *name, *help;
    enum type type;
    const struct bounds *bounds; /* of histograms */
    struct metric *_Atomic first;
    struct metric *last; /* under the lock */
    struct family *_Atomic next;
};

struct metric {
    struct family *family;
    char *labels;
    /* counter, gauge: the value, in millionths if `micro`; histogram: the sum in millionths */
    _Atomic int64_t value;
    atomic_bool micro;
    _Atomic int64_t *buckets; /* of histograms: bounds->count + 1, each counts for itself */
    struct metric *_Atomic next;
    struct metric *chain; /* under the lock */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct family *_Atomic families;
static struct family *last_family;
static struct metric *series[SERIES_HASH];

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

/* FNV-1a of both texts, the zero between them included. */
static size_t hash(const char *name, const char *labels)
{
    uint32_t h = 2166136261u;
    for (const char *p = name; *p != '\0'; p++)
        h = (h ^ (unsigned char)*p) * 16777619u;
    h *= 16777619u;
    for (const char *p = labels; *p != '\0'; p++)
        h = (h ^ (unsigned char)*p) * 16777619u;
    return h % SERIES_HASH;
}

static struct family *family_get(enum type type, const char *name, const char *help)
{
    for (struct family *family = atomic_load(&families); family != NULL; family = atomic_load(&family->next))
        if (strcmp(family->name, name) == 0)
            return family;
    struct family *family = memory_zero(1, sizeof(*family));
    family->name = memory_dup(name);
    family->help = memory_dup(help);
    family->type = type;
    family->bounds = ends_with(name, "_size") ? &size_bounds : &seconds_bounds;
    atomic_store(last_family == NULL ? &families : &last_family->next, family);
    last_family = family;
    return family;
}

static struct metric *metric_new(enum type type, const char *name, const char *help, const char *labels)
{
    struct family *family = family_get(type, name, help);
    struct metric *metric = memory_zero(1, sizeof(*metric));
    metric->family = family;
    metric->labels = memory_dup(labels);
    if (type == TYPE_HISTOGRAM)
        metric->buckets = memory_zero(family->bounds->count + 1, sizeof(*metric->buckets));
    atomic_store(family->last == NULL ? &family->first : &family->last->next, metric);
    family->last = metric;
    return metric;
}

static struct metric *metric_get(enum type type, const char *name, const char *help, const char *labels)
{
    size_t slot = hash(name, labels);
    (void)pthread_mutex_lock(&lock);
    struct metric *metric = series[slot];
    while (metric != NULL && (strcmp(metric->labels, labels) != 0 || strcmp(metric->family->name, name) != 0))
        metric = metric->chain;
    if (metric == NULL) {
        metric = metric_new(type, name, help, labels);
        metric->chain = series[slot];
        series[slot] = metric;
    }
    (void)pthread_mutex_unlock(&lock);
    assert(metric->family->type == type);
    return metric;
}

struct metric *metric_counter(const char *name, const char *help, const char *labels)
{
    return metric_get(TYPE_COUNTER, name, help, labels);
}

struct metric *metric_gauge(const char *name, const char *help, const char *labels)
{
    return metric_get(TYPE_GAUGE, name, help, labels);
}

struct metric *metric_histogram(const char *name, const char *help, const char *labels)
{
    return metric_get(TYPE_HISTOGRAM, name, help, labels);
}

/* Relaxed everywhere: a number orders nothing else. */
static void add(_Atomic int64_t *value, int64_t n)
{
    (void)atomic_fetch_add_explicit(value, n, memory_order_relaxed);
}

static int64_t load(const _Atomic int64_t *value)
{
    return atomic_load_explicit(value, memory_order_relaxed);
}

void metric_add(struct metric *metric, int64_t n)
{
    assert(metric->family->type == TYPE_GAUGE || (metric->family->type == TYPE_COUNTER && n >= 0));
    add(&metric->value, n);
}

void metric_set(struct metric *metric, int64_t value)
{
    assert(metric->family->type != TYPE_HISTOGRAM);
    atomic_store_explicit(&metric->value, value, memory_order_relaxed);
}

/* A number as millionths; what does not fit becomes the nearest that does, not a number becomes 0. */
static int64_t micro_of(double value)
{
    const double limit = 9e12; /* × 1e6 is inside int64_t */
    if (isnan(value))
        return 0;
    return (int64_t)llround(fmin(fmax(value, -limit), limit) * 1e6);
}

void metric_set_seconds(struct metric *metric, double value)
{
    atomic_store(&metric->micro, true);
    metric_set(metric, micro_of(value));
}

void metric_observe_us(struct metric *metric, int64_t duration_us)
{
    assert(metric->family->type == TYPE_HISTOGRAM);
    const struct bounds *bounds = metric->family->bounds;
    size_t i = 0;
    while (i < bounds->count && duration_us > bounds->upper[i])
        i++;
    add(&metric->value, duration_us);
    add(&metric->buckets[i], 1);
}

void metric_observe(struct metric *metric, double value)
{
    metric_observe_us(metric, micro_of(value));
}

int64_t metric_value(const struct metric *metric)
{
    if (metric->family->type != TYPE_HISTOGRAM)
        return load(&metric->value);
    int64_t count = 0;
    for (size_t i = 0; i <= metric->family->bounds->count; i++)
        count += load(&metric->buckets[i]);
    return count;
}

static void render_number(struct buffer *out, int64_t value, bool micro)
{
    if (!micro) {
        buffer_printf(out, "%" PRId64 "\n", value);
        return;
    }
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    buffer_printf(out, "%s%" PRIu64 ".%06" PRIu64 "\n", value < 0 ? "-" : "", size / MICRO, size % MICRO);
}

/* name suffix {labels} and a space; le is the bound of a bucket or NULL. */
static void render_name(struct buffer *out, const struct metric *metric, const char *suffix, const char *le)
{
    buffer_append_text(out, metric->family->name);
    buffer_append_text(out, suffix);
    if (metric->labels[0] != '\0' || le != NULL) {
        buffer_append_char(out, '{');
        buffer_append_text(out, metric->labels);
        if (le != NULL)
            buffer_printf(out, "%sle=\"%s\"", metric->labels[0] == '\0' ? "" : ",", le);
        buffer_append_char(out, '}');
    }
    buffer_append_char(out, ' ');
}

static void render_histogram(struct buffer *out, const struct metric *metric)
{
    const struct bounds *bounds = metric->family->bounds;
    int64_t count =
        0; /* summed here, so that the bucket +Inf and the count agree whoever observes meanwhile */
    for (size_t i = 0; i <= bounds->count; i++) {
        count += load(&metric->buckets[i]);
        render_name(out, metric, "_bucket", i < bounds->count ? bounds->text[i] : "+Inf");
        render_number(out, count, /* micro= */ false);
    }
    render_name(out, metric, "_sum", NULL);
    render_number(out, load(&metric->value), /* micro= */ true);
    render_name(out, metric, "_count", NULL);
    render_number(out, count, /* micro= */ false);
}

static void render_family(struct buffer *out, struct family *family)
{
    buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help, family->name,
                  type_names[family->type]);
    for (struct metric *metric = atomic_load(&family->first); metric != NULL;
         metric = atomic_load(&metric->next)) {
        if (family->type == TYPE_HISTOGRAM) {
            render_histogram(out, metric);
        } else {
            render_name(out, metric, "", NULL);
            render_number(out, load(&metric->value), atomic_load(&metric->micro));
        }
    }
}

static void render_process_value(struct buffer *out, const char *name, const char *type, const char *help,
                                 int64_t value, bool micro)
{
    buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s ", name, help, name, type, name);
    render_number(out, value, micro);
}

static int64_t open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    if (dir == NULL)
        return 0;
    int64_t count = -1; /* the directory itself */
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
        count += entry->d_name[0] != '.';
    (void)closedir(dir);
    return count;
}

static int64_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    long total, resident = 0;
    if (file == NULL)
        return 0;
    if (fscanf(file, "%ld %ld", &total, &resident) != 2)
        resident = 0;
    (void)fclose(file);
    return (int64_t)resident * sysconf(_SC_PAGESIZE);
}

/* Field 22 of /proc/self/stat: ticks from the boot of the machine to the start of the process. */
static int64_t start_time_us(void)
{
    FILE *file = fopen("/proc/self/stat", "re");
    unsigned long long ticks = 0;
    if (file == NULL)
        return 0;
    char text[1024];
    size_t size = fread(text, 1, sizeof(text) - 1, file);
    (void)fclose(file);
    text[size] = '\0';
    const char *p = strrchr(text, ')'); /* the name in field 2 may hold anything */
    if (p == NULL ||
        sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
               &ticks) != 1)
        return 0;
    struct timespec boot;
    (void)clock_gettime(CLOCK_BOOTTIME, &boot);
    int64_t age_us = (int64_t)boot.tv_sec * MICRO + boot.tv_nsec / 1000 -
                     (int64_t)(ticks * (uint64_t)MICRO / (uint64_t)sysconf(_SC_CLK_TCK));
    return machine_now_us() - age_us;
}

static void render_process(struct buffer *out)
{
    struct rusage usage = {0};
    (void)getrusage(RUSAGE_SELF, &usage);
    int64_t cpu_us = ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * MICRO +
                     usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    struct rlimit files = {0};
    (void)getrlimit(RLIMIT_NOFILE, &files);
    render_process_value(out, "process_cpu_seconds_total", "counter", "User and system CPU time spent.",
                         cpu_us, true);
    render_process_value(out, "process_resident_memory_bytes", "gauge", "Resident memory.", resident_bytes(),
                         false);
    render_process_value(out, "process_open_fds", "gauge", "Open file descriptors.", open_files(), false);
    render_process_value(out, "process_max_fds", "gauge", "File descriptors that may be open.",
                         (int64_t)files.rlim_cur, false);
    render_process_value(out, "process_start_time_seconds", "gauge", "Start of the process since 1970.",
                         start_time_us(), true);
    buffer_append_text(out, "# HELP ecf2_build_info What was built.\n# TYPE ecf2_build_info gauge\n"
                            "ecf2_build_info{version=\"" ECF2_VERSION "\",commit=\"" ECF2_COMMIT "\"} 1\n");
}

void metrics_render(struct buffer *out)
{
    for (struct family *family = atomic_load(&families); family != NULL; family = atomic_load(&family->next))
        render_family(out, family);
    render_process(out);
}
