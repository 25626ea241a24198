/* ecf2-front: wiring. Settings, sockets, loops; then it waits for a signal. */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/address.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/process.h"
#include "front/loop.h"
#include "front/routes.h"

#define TRIM_EVERY_S 10
#define MMAP_BYTES   (128 * 1024)
#define TRIM_ABOVE   1000 /* requests in hand at once since the last time */

struct program {
    struct front front;
    struct loop *loops;
    size_t count; /* of loops that are open */
    char address[ADDRESS_TEXT_SIZE];
};

/* Gauges that are kept elsewhere; in the metrics thread. */
static void refresh(void *context)
{
    struct program *program = context;
    metric_set(metric_gauge("ecf2_http_connections", "open HTTP connections", ""),
               atomic_load_explicit(&program->front.connections, memory_order_relaxed));
    metric_set(metric_gauge("ecf2_http_waiting_requests", "requests in hand", ""),
               atomic_load_explicit(&program->front.in_flight, memory_order_relaxed));
    metric_set(metric_gauge("ecf2_bulk_bytes", "bytes that bulk requests take", ""),
               atomic_load_explicit(&program->front.bulk_bytes, memory_order_relaxed));
}

/* The commit is compiled into the metrics alone, so that a commit compiles one file anew; it is read from
 * there. */
static void read_commit(char *ret_commit, size_t size)
{
    static const char label[] = "commit=\"";
    struct buffer text = BUFFER_INIT;
    metrics_render(&text);
    const char *start = text.data == NULL ? NULL : strstr(text.data, label);
    (void)snprintf(ret_commit, size, "UNKNOWN");
    if (start != NULL) {
        start += sizeof(label) - 1;
        int length = (int)strcspn(start, "\"");
        if (length > 0 && strncmp(start, "unknown", 7) != 0)
            (void)snprintf(ret_commit, size, "%.*s", length, start);
    }
    buffer_release(&text);
}

static bool front_open(struct program *program, const struct settings *settings, struct error *err)
{
    struct front *front = &program->front;
    front->settings = settings;
    front->zmq = zmq_ctx_new();
    (void)pthread_mutex_init(&front->addresses_lock, NULL);
    read_commit(front->commit, sizeof(front->commit));
    if (settings->token_key[0] == '\0')
        return error_set(err, ERROR_SETTINGS,
                         "ECF2_TOKEN_KEY must be set: no token can be checked without it");
    if (!network_list_parse("ECF2_TRUSTED_PROXIES", settings->trusted_proxies, &front->trusted_proxies,
                            err) ||
        !network_list_parse("ECF2_PROBE_NETWORKS", settings->probe_networks, &front->probe_networks, err) ||
        !https_base_parse("ECF2_SERVICE_URL", settings->service_url, front->https_base, err))
        return false;
    if (front->https_base[0] != '\0' && front->trusted_proxies.count == 0)
        return error_set(
            err, ERROR_SETTINGS,
            "ECF2_SERVICE_URL says HTTPS: ECF2_TRUSTED_PROXIES must name who takes requests by it, "
            "or every request would be redirected for ever");
    return true;
}

/* Loops share the port by SO_REUSEPORT: the kernel hands out connections. The first may let the kernel choose
 * it. */
static bool loops_open(struct program *program, struct error *err)
{
    const struct settings *settings = program->front.settings;
    program->loops = memory_zero((size_t)settings->loops, sizeof(*program->loops));
    for (int i = 0; i < settings->loops; i++) {
        const char *listen = i == 0 ? settings->listen : program->address;
        char taken[ADDRESS_TEXT_SIZE];
        int fd = address_listen("ECF2_LISTEN", listen, /* reuse_port= */ true, taken, err);
        if (fd < 0)
            return false;
        memcpy(program->address, taken, sizeof(taken));
        struct loop *loop = &program->loops[program->count++];
        if (!loop_open(loop, &program->front, i, fd, err)) {
            if (loop->door.fd < 0)
                (void)close(fd);
            return false;
        }
    }
    for (size_t i = 0; i < program->count; i++)
        if (!loop_start(&program->loops[i], err))
            return false;
    return true;
}

static void stop(struct program *program)
{
    for (size_t i = 0; i < program->count; i++)
        loop_stop(&program->loops[i]);
    for (size_t i = 0; i < program->count; i++)
        loop_join(&program->loops[i]);
    for (size_t i = 0; i < program->count; i++)
        loop_close(&program->loops[i]);
    free(program->loops);
    network_list_release(&program->front.trusted_proxies);
    network_list_release(&program->front.probe_networks);
    (void)zmq_ctx_term(program->front.zmq);
}

/* Waits for a signal; between, hands memory back to the kernel that a burst of requests left lying between
 * the pools of idle connections. */
static int wait_for_signal(struct front *front, const sigset_t *signals)
{
    const struct timespec while_s = {.tv_sec = TRIM_EVERY_S, .tv_nsec = 0};
    for (;;) {
        int number = sigtimedwait(signals, NULL, &while_s);
        if (number > 0)
            return number;
        if (atomic_exchange_explicit(&front->most_in_flight, 0, memory_order_relaxed) >= TRIM_ABOVE)
            (void)malloc_trim(0);
    }
}

static bool serve(struct program *program, const struct settings *settings, const sigset_t *signals,
                  struct error *err)
{
    if (!front_open(program, settings, err) || !loops_open(program, err))
        return false;
    process_publish("http", program->address);
    log_event(LOG_INFO, "listening", LOG_TEXT("address", program->address), LOG_INT("loops", settings->loops),
              LOG_END);
    int number = wait_for_signal(&program->front, signals);
    log_event(LOG_INFO, "stopping", LOG_INT("signal", number), LOG_END);
    return true;
}

/* Not for operators: the tests hold the table against the document (front/openapi.yaml). */
static int print_routes(void)
{
    struct buffer text = BUFFER_INIT;
    routes_describe(&text);
    bool written = fputs(text.data, stdout) >= 0 && fflush(stdout) == 0;
    buffer_release(&text);
    return written ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const char paragraph[] = "ecf2-front serves HTTP: it checks requests, limits and tokens, hands "
                                    "submissions and reads to the brokers in "
                                    "ECF2_BROKERS, and answers. It is configured by ECF2_ variables of the "
                                    "environment (ecf2ctl help settings).";
    static struct program program;
    struct settings settings;
    struct error err = {0};
    /* Bodies of bulk requests go back to the kernel as soon as they are done with. Left to itself, malloc
     * raises this mark with the first of them, and keeps what follows (mallopt(3)). */
    (void)mallopt(M_MMAP_THRESHOLD, MMAP_BYTES);
    if (argc == 2 && strcmp(argv[1], "--routes") == 0)
        return print_routes();
    int status = process_arguments("ecf2-front", paragraph, argc, argv);
    if (status >= 0)
        return status;
    /* Before any thread starts: signals are waited for by main alone. */
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (!process_start("front", &settings, refresh, &program, &err)) {
        log_failure(LOG_ERROR, "start_failed", &err);
        return 1;
    }
    bool served = serve(&program, &settings, &signals, &err);
    if (!served)
        log_failure(LOG_ERROR, "start_failed", &err);
    stop(&program);
    process_end();
    settings_release(&settings);
    return served ? 0 : 1;
}
