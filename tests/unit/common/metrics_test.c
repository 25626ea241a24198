/* Tests of common/metrics.c, metrics_server.c and address.c, over real HTTP. */
#include "common/metrics.h"

#include <arpa/inet.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/address.h"
#include "common/clock.h"

static char *render(void)
{
    struct buffer out = BUFFER_INIT;
    metrics_render(&out);
    return buffer_take(&out);
}

static void contains(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void rendered(const char *part)
{
    char *text = render();
    contains(text, part);
    free(text);
}

static void counters_and_gauges(void **state)
{
    (void)state;
    struct metric *counter = metric_counter("t_total", "Things.", "service=\"intake\"");
    assert_ptr_equal(counter, metric_counter("t_total", "ignored", "service=\"intake\""));
    struct metric *other = metric_counter("t_total", "ignored", "service=\"query\"");
    assert_ptr_not_equal(counter, other);
    metric_add(counter, 2);
    metric_add(counter, 3);
    assert_true(metric_value(counter) == 5);
    rendered("# HELP t_total Things.\n# TYPE t_total counter\nt_total{service=\"intake\"} "
             "5\nt_total{service=\"query\"} 0\n");

    struct metric *gauge = metric_gauge("t_gauge", "A gauge.", "");
    metric_set(gauge, -7);
    metric_add(gauge, 2);
    assert_true(metric_value(gauge) == -5);
    rendered("# TYPE t_gauge gauge\nt_gauge -5\n");
}

static void gauges_of_seconds(void **state)
{
    (void)state;
    struct metric *gauge = metric_gauge("t_seconds", "Seconds.", "");
    metric_set_seconds(gauge, 1.5);
    rendered("\nt_seconds 1.500000\n");
    metric_set_seconds(gauge, -0.25);
    rendered("\nt_seconds -0.250000\n");
    metric_set_seconds(gauge, (double)NAN);
    rendered("\nt_seconds 0.000000\n");
    metric_set_seconds(gauge, (double)INFINITY);
    rendered("\nt_seconds 9000000000000.000000\n");
}

static void histograms_of_time(void **state)
{
    (void)state;
    struct metric *histogram = metric_histogram("t_duration_seconds", "Time.", "route=\"r\"");
    metric_observe_us(histogram, 0);
    metric_observe_us(histogram, 1000); /* a bound counts as below */
    metric_observe_us(histogram, 1001);
    metric_observe_us(histogram, 60 * US_PER_SECOND);
    metric_observe(histogram, 0.05);
    assert_true(metric_value(histogram) == 5);
    rendered("# TYPE t_duration_seconds histogram\n"
             "t_duration_seconds_bucket{route=\"r\",le=\"0.001\"} 2\n"
             "t_duration_seconds_bucket{route=\"r\",le=\"0.0025\"} 3\n"
             "t_duration_seconds_bucket{route=\"r\",le=\"0.005\"} 3\n"
             "t_duration_seconds_bucket{route=\"r\",le=\"0.01\"} 3\n"
             "t_duration_seconds_bucket{route=\"r\",le=\"0.025\"} 3\n"
             "t_duration_seconds_bucket{route=\"r\",le=\"0.05\"} 4\n"
             "t_duration_seconds_bucket{route=\"r\",le=\"0.1\"} 4\n"
             "t_duration_seconds_bucket{route=\"r\",le=\"0.25\"} 4\n"
             "t_duration_seconds_bucket{route=\"r\",le=\"0.5\"} 4\n"
             "t_duration_seconds_bucket{route=\"r\",le=\"1\"} 4\n"
             "t_duration_seconds_bucket{route=\"r\",le=\"2.5\"} 4\n"
             "t_duration_seconds_bucket{route=\"r\",le=\"5\"} 4\n"
             "t_duration_seconds_bucket{route=\"r\",le=\"10\"} 4\n"
             "t_duration_seconds_bucket{route=\"r\",le=\"+Inf\"} 5\n"
             "t_duration_seconds_sum{route=\"r\"} 60.052001\n"
             "t_duration_seconds_count{route=\"r\"} 5\n");
}

static void histograms_of_sizes(void **state)
{
    (void)state;
    struct metric *histogram = metric_histogram("t_batch_size", "Records.", "");
    metric_observe(histogram, 1);
    metric_observe(histogram, 200);
    metric_observe(histogram, 201);
    rendered(
        "t_batch_size_bucket{le=\"1\"} 1\nt_batch_size_bucket{le=\"2\"} 1\nt_batch_size_bucket{le=\"5\"} 1\n"
        "t_batch_size_bucket{le=\"10\"} 1\nt_batch_size_bucket{le=\"20\"} 1\nt_batch_size_bucket{le=\"50\"} "
        "1\n"
        "t_batch_size_bucket{le=\"100\"} 1\nt_batch_size_bucket{le=\"200\"} 2\n"
        "t_batch_size_bucket{le=\"+Inf\"} 3\nt_batch_size_sum 402.000000\nt_batch_size_count 3\n");
}

#define THREADS 4
#define ROUNDS  20000

static void *count(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        char labels[32];
        (void)snprintf(labels, sizeof(labels), "n=\"%d\"", i % 50);
        metric_add(metric_counter("t_shared_total", "Shared.", labels), 1);
        metric_observe_us(metric_histogram("t_shared_seconds", "Shared.", labels), i);
    }
    return NULL;
}

static void threads_lose_nothing(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
    for (int i = 0; i < 20; i++)
        free(render()); /* while they count */
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    int64_t total = 0, observed = 0;
    for (int i = 0; i < 50; i++) {
        char labels[32];
        (void)snprintf(labels, sizeof(labels), "n=\"%d\"", i);
        total += metric_value(metric_counter("t_shared_total", "", labels));
        observed += metric_value(metric_histogram("t_shared_seconds", "", labels));
    }
    assert_true(total == THREADS * ROUNDS);
    assert_true(observed == THREADS * ROUNDS);
}

static double value_of(const char *text, const char *name)
{
    char line[100];
    (void)snprintf(line, sizeof(line), "\n%s ", name);
    contains(text, line);
    return strtod(strstr(text, line) + strlen(line), NULL);
}

static void the_process_itself(void **state)
{
    (void)state;
    char *text = render();
    struct rlimit files;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    double now = (double)machine_now_us() / 1e6;
    assert_true(value_of(text, "process_resident_memory_bytes") > 100000);
    assert_true(value_of(text, "process_open_fds") >= 3);
    assert_true(value_of(text, "process_max_fds") == (double)files.rlim_cur);
    assert_true(value_of(text, "process_start_time_seconds") > now - 300);
    assert_true(value_of(text, "process_start_time_seconds") < now + 1);
    assert_true(value_of(text, "process_cpu_seconds_total") >= 0);
    contains(text, "\necf2_build_info{version=\"" ECF2_VERSION "\",commit=\"");

    double before = value_of(text, "process_open_fds");
    int fd = dup(STDOUT_FILENO);
    free(text);
    text = render();
    (void)close(fd);
    assert_true(value_of(text, "process_open_fds") == before + 1);
    free(text);
}

static int connected(const char *address)
{
    struct sockaddr_storage found;
    socklen_t size;
    struct error err = {0};
    if (!address_parse("test", address, &found, &size, &err))
        fail_msg("%s", err.detail);
    int fd = socket(found.ss_family, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&found, size), 0);
    return fd;
}

/* The whole answer; the caller's. */
static char *request(const char *address, const char *text)
{
    int fd = connected(address);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    struct buffer answer = BUFFER_INIT;
    for (;;) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        assert_int_equal(poll(&poll_fd, 1, 20000), 1);
        ssize_t got = read(fd, buffer_reserve(&answer, 65536), 65536);
        assert_true(got >= 0);
        if (got == 0)
            break;
        answer.size += (size_t)got;
        answer.data[answer.size] = '\0';
    }
    (void)close(fd);
    return buffer_take(&answer);
}

static void refresh(void *context)
{
    metric_set(metric_gauge("t_refreshed", "How often.", ""), ++*(int *)context);
}

static void served_over_http(void **state)
{
    (void)state;
    int refreshed = 0;
    struct error err = {0};
    assert_string_equal(metrics_address(), "");
    if (!metrics_start("127.0.0.1:0", refresh, &refreshed, &err))
        fail_msg("%s", err.detail);
    assert_memory_equal(metrics_address(), "127.0.0.1:", 10);
    assert_string_not_equal(metrics_address(), "127.0.0.1:0");

    /* One that never ends its request must not hold up the others. */
    int slow = connected(metrics_address());
    assert_int_equal(write(slow, "GET /met", 8), 8);

    char *answer =
        request(metrics_address(), "GET /metrics HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    assert_memory_equal(answer, "HTTP/1.1 200 ", 13);
    contains(answer, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
    contains(answer, "\nt_refreshed 1\n");
    contains(answer, "\nprocess_open_fds ");
    free(answer);
    answer = request(metrics_address(), "GET /metrics?x=1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    contains(answer, "\nt_refreshed 2\n");
    free(answer);

    static const char *const others[] = {
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET /metrics/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "HEAD /metrics HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "POST /metrics HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc",
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        answer = request(metrics_address(), others[i]);
        assert_memory_equal(answer, "HTTP/1.1 404 ", 13);
        free(answer);
    }
    assert_int_equal(refreshed, 2);
    (void)close(slow);

    char taken[ADDRESS_TEXT_SIZE];
    memcpy(taken, metrics_address(), sizeof(taken));
    metrics_stop();
    assert_string_equal(metrics_address(), "");
    metrics_stop();

    /* The port is free again at once. */
    assert_true(metrics_start(taken, NULL, NULL, &err));
    assert_string_equal(metrics_address(), taken);
    answer = request(taken, "GET /metrics HTTP/1.0\r\n\r\n");
    contains(answer, " 200 ");
    free(answer);
    metrics_stop();
}

static void addresses_that_cannot_be_served(void **state)
{
    (void)state;
    static const char *const malformed[] = {
        "",       "127.0.0.1", "127.0.0.1:", ":80",     "127.0.0.1:x",      "127.0.0.1:65536", "127.0.0.1:-1",
        "::1:80", "[::1]80",   "[]:80",      "[::1:80", "127.0.0.1:080000", "127.0.0.1: 80"};
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        struct error err = {0};
        assert_false(metrics_start(malformed[i], NULL, NULL, &err));
        assert_int_equal(err.kind, ERROR_SETTINGS);
        contains(err.detail, "ECF2_METRICS_LISTEN");
    }
    struct error err = {0};
    /* A label of more than 63 letters: no resolver is asked. */
    assert_false(metrics_start("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:80",
                               NULL, NULL, &err));
    assert_int_equal(err.kind, ERROR_SYSTEM);

    char taken[ADDRESS_TEXT_SIZE];
    error_clear(&err);
    int fd = address_listen("test", "127.0.0.1:0", /* reuse_port= */ false, taken, &err);
    assert_true(fd >= 0);
    assert_false(metrics_start(taken, NULL, NULL, &err));
    assert_int_equal(err.kind, ERROR_SYSTEM);
    contains(err.detail, "Address already in use");
    assert_string_equal(metrics_address(), "");
    (void)close(fd);
}

static void ports_can_be_shared(void **state)
{
    (void)state;
    char first[ADDRESS_TEXT_SIZE], second[ADDRESS_TEXT_SIZE];
    struct error err = {0};
    int fd = address_listen("test", "127.0.0.1:0", /* reuse_port= */ true, first, &err);
    assert_true(fd >= 0);
    int other = address_listen("test", first, /* reuse_port= */ true, second, &err);
    assert_true(other >= 0);
    assert_string_equal(first, second);
    (void)close(fd);
    (void)close(other);
}

static void ipv6_has_brackets(void **state)
{
    (void)state;
    struct sockaddr_storage found;
    socklen_t size;
    struct error err = {0};
    assert_true(address_parse("test", "[::1]:80", &found, &size, &err));
    assert_int_equal(found.ss_family, AF_INET6);
    assert_int_equal(ntohs(((struct sockaddr_in6 *)&found)->sin6_port), 80);
    char text[ADDRESS_TEXT_SIZE];
    int fd = address_listen("test", "[::1]:0", /* reuse_port= */ false, text, &err);
    if (fd < 0) /* a machine without IPv6 */
        return;
    assert_memory_equal(text, "[::1]:", 6);
    (void)close(fd);
}

/* A signal for the process must reach its own thread, never the one of /metrics. */
static void signals_go_elsewhere(void **state)
{
    (void)state;
    struct error err = {0};
    sigset_t usr1, before;
    (void)sigemptyset(&usr1);
    (void)sigaddset(&usr1, SIGUSR1);
    assert_true(metrics_start("127.0.0.1:0", NULL, NULL, &err));
    (void)pthread_sigmask(SIG_BLOCK, &usr1, &before);
    /* Its default ends the process, if another thread took it. */
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    free(request(metrics_address(), "GET /metrics HTTP/1.0\r\n\r\n"));
    int signal_number;
    assert_int_equal(sigwait(&usr1, &signal_number), 0);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    metrics_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_and_gauges),  cmocka_unit_test(gauges_of_seconds),
        cmocka_unit_test(histograms_of_time),   cmocka_unit_test(histograms_of_sizes),
        cmocka_unit_test(threads_lose_nothing), cmocka_unit_test(the_process_itself),
        cmocka_unit_test(served_over_http),     cmocka_unit_test(addresses_that_cannot_be_served),
        cmocka_unit_test(ports_can_be_shared),  cmocka_unit_test(ipv6_has_brackets),
        cmocka_unit_test(signals_go_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
