/* metrics_server: GET /metrics from one small thread of libmicrohttpd. */
#include "common/metrics.h"

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/address.h"

#define CONNECTIONS_MAX 16u
#define TIMEOUT_S       5u

static struct MHD_Daemon *daemon_running;
static char address_text[ADDRESS_TEXT_SIZE];
static metrics_refresh_fn *refresh_function;
static void *refresh_context;

static struct MHD_Response *response_new(const char *path, const char *method, unsigned *ret_status)
{
    static const char not_found[] = "not found; try /metrics\n";
    *ret_status = MHD_HTTP_NOT_FOUND;
    if (strcmp(path, "/metrics") != 0 || strcmp(method, MHD_HTTP_METHOD_GET) != 0)
        return MHD_create_response_from_buffer(sizeof(not_found) - 1, (void *)(uintptr_t)not_found,
                                               MHD_RESPMEM_PERSISTENT);
    struct buffer out = BUFFER_INIT;
    if (refresh_function != NULL)
        refresh_function(refresh_context);
    metrics_render(&out);
    *ret_status = MHD_HTTP_OK;
    size_t size = out.size;
    return MHD_create_response_from_buffer(size, buffer_take(&out), MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *body, size_t *body_size,
                              void **connection_context)
{
    (void)context, (void)version, (void)body, (void)body_size;
    /* The library wants no answer at the first call, which comes before a body. One is read and forgotten. */
    static char seen;
    if (*connection_context == NULL) {
        *connection_context = &seen;
        return MHD_YES;
    }
    if (*body_size > 0) {
        *body_size = 0;
        return MHD_YES;
    }
    unsigned status;
    struct MHD_Response *response = response_new(path, method, &status);
    if (response == NULL)
        return MHD_NO;
    enum MHD_Result queued = MHD_NO;
    if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                "text/plain; version=0.0.4; charset=utf-8") == MHD_YES)
        queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

bool metrics_start(const char *listen, metrics_refresh_fn *refresh, void *context, struct error *err)
{
    char text[ADDRESS_TEXT_SIZE];
    int fd = address_listen("ECF2_METRICS_LISTEN", listen, /* reuse_port= */ false, text, err);
    if (fd < 0)
        return false;
    refresh_function = refresh;
    refresh_context = context;

    /* Signals belong to the process's own loop: the thread inherits a mask that blocks them all. */
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    /* poll, not epoll: the library's own epoll loop can stall for good (architecture.md section 6). */
    daemon_running =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, /* port= */ 0, NULL, NULL, handle,
                         NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
                         MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S, MHD_OPTION_END);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (daemon_running == NULL) /* which has closed fd */
        return error_set(err, ERROR_SYSTEM, "cannot start the thread of /metrics on %s: %s", text,
                         strerror(errno));
    memcpy(address_text, text, sizeof(address_text));
    return true;
}

const char *metrics_address(void)
{
    return address_text;
}

void metrics_stop(void)
{
    if (daemon_running == NULL)
        return;
    MHD_stop_daemon(daemon_running);
    daemon_running = NULL;
    address_text[0] = '\0';
}
