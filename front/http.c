/*
 * http: libmicrohttpd and its traps (architecture.md section 6), as found in version 0.9.75:
 *
 * - It answers some things itself, as bare HTML, and closes, or closes without a word: malformed or too large
 * heads, malformed chunks. It gets to see none of them (reader.h).
 * - An answer that is queued in the first call of the handler closes the connection. So a request is answered
 * after its last call only, also when it has no body. While a body comes no answer can be queued at all.
 * - A connection without answer that is not suspended makes MHD_run spin; a suspended one must be resumed,
 * also to be closed, and MHD_stop_daemon aborts on one that is not.
 * - After an answer it reads on only if it was told that there is something to read, or the connection was
 * suspended before: so every request is suspended once, lest one that is held (reader.c) stay there.
 * - An answer whose head does not fit the connection's pool closes the connection: head.h has the sums.
 */
#include "front/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/log.h"
#include "front/head.h"
#include "front/loop.h"
#include "front/query.h"

#define RUNS_A_TURN 4

/* ---- the fields of a head ---- */

static bool is_named(struct slice text, const char *name)
{
    return text.size == strlen(name) && strncasecmp(text.data, name, text.size) == 0;
}

/* The last fields count: they are of the proxies nearest to us. A client may send any number before them. */
static void take_forwarded(struct request *request, struct slice value)
{
    struct slice *all = request->forwarded;
    if (request->forwarded_count == FORWARDED_MAX)
        memmove(all, all + 1, --request->forwarded_count * sizeof(*all));
    all[request->forwarded_count++] = value;
}

/* Keeps what the front itself wants to know. */
static void take_field(struct request *request, struct slice name, struct slice value)
{
    if (is_named(name, "authorization")) {
        /* Two of them count as none that is known: 401. */
        request->authorization = request->has_authorization ? (struct slice){"", 0} : value;
        request->has_authorization = true;
    } else if (is_named(name, "content-type")) {
        request->content_type = value;
    } else if (is_named(name, "prefer")) {
        prefer_parse(&request->prefer, value);
    } else if (is_named(name, "if-none-match")) {
        request->if_none_match = value;
    } else if (is_named(name, "idempotency-key")) {
        /* Of two of them neither is meant: as one that is malformed. */
        request->idempotency_key = request->has_idempotency_key ? (struct slice){"", 0} : value;
        request->has_idempotency_key = true;
    } else if (is_named(name, "x-with-server-date")) {
        request->server_date = value;
        request->has_server_date = true;
    } else if (is_named(name, "x-forwarded-for")) {
        take_forwarded(request, value);
    } else if (is_named(name, "x-forwarded-proto")) {
        request->forwarded_proto = value; /* of several the nearest proxy's, which is the last */
    } else if (is_named(name, "x-request-id")) {
        struct uuid id;
        if (uuid_parse(value, &id))
            uuid_format(&id, request->trace);
    }
}

static enum MHD_Result on_field(void *context, enum MHD_ValueKind kind, const char *name, size_t name_size,
                                const char *value, size_t value_size)
{
    (void)kind;
    take_field(context, (struct slice){name, name_size}, (struct slice){value, value_size});
    return MHD_YES;
}

/* ---- the request ---- */

/* Called with the request line, before the library takes it apart. It would keep a record for each query
 * argument in the connection's pool, and hang when that is full (0.9.75): so it is shown an empty query.
 * Whoever needs the query of a request must keep it here. */
static void *on_url(void *context, const char *url, struct MHD_Connection *http)
{
    size_t size = url == NULL ? 0 : strlen(url);
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): takes a const away, see above */
    char *query = size == 0 ? NULL : (char *)(uintptr_t)memchr(url, '?', size);
    const bool filter_is_malformed = query != NULL && query_filter_is_malformed(slice_of(query + 1));
    struct request *request = request_new(context, http);
    request->filter_is_malformed = filter_is_malformed;
    if (query != NULL)
        buffer_append_text(&request->query, query);
    if (query != NULL)
        query[1] = '\0'; /* the buffer is the connection's own, and writable */
    if (request->client->feed.state == FEED_HEAD) {
        log_event(LOG_ERROR, "unchecked_head", LOG_TEXT("reason", "libmicrohttpd reads without recv()"),
                  LOG_END);
        abort();
    }
    return request;
}

static void set_address(struct request *request)
{
    struct front *front = request->loop->front;
    request->address = request->client->peer;
    size_t i = request->forwarded_count;
    while (i > 0 && network_forwarded(&front->trusted_proxies, request->forwarded[i - 1], &request->address))
        i--;
}

static void on_head(struct request *request, struct MHD_Connection *http, const char *path,
                    const char *method)
{
    request->path = head_path(slice_of(path));
    request->method = slice_of(method);
    request->is_head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
    (void)MHD_get_connection_values_n(http, MHD_HEADER_KIND, on_field, request);
    set_address(request);
    request->state = REQUEST_READING;
    request->route = request->loop->settings->old_paths
                         ? route_find_old(request->method, request->path, &request->id)
                         : route_find(request->method, request->path, &request->id);
    request->by_plain_http = https_is_missing(request);
    if (request->route != NULL && request->route->filters != NULL)
        request->verdict =
            list_fields(request_query(request), request->route->filters, route_has_pages(request->route),
                        &request->canonical_query, &request->is_uncached);
    if (!request->by_plain_http && !usage_wants(request))
        buffer_release(&request->query);
    if (request->client->feed.state != FEED_COMPLETE)
        client_enter(request->client, CLIENT_BODY);
}

/* Called when the head is there, for each piece of a body, and when all is there. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *http, const char *path,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **request_context)
{
    (void)context;
    struct request *request = *request_context;
    if (request == NULL)
        return MHD_NO;
    switch (request->state) {
    case REQUEST_NEW:
        request->version = version;
        on_head(request, http, path, method);
        return MHD_YES;
    case REQUEST_READING:
        /* Suspended in the call that ends its reading, a connection is read from when it is resumed, in vain.
         * In the next call it is not reading. */
        if (*upload_size > 0)
            request_take_body(request, (struct slice){upload, *upload_size});
        else
            request->state = REQUEST_COMPLETE;
        *upload_size = 0;
        return MHD_YES;
    case REQUEST_COMPLETE:
        request_arrived(request);
        return MHD_YES;
    case REQUEST_WAITING: /* suspended or answered: takes nothing (with chunked bodies this happens) */
    case REQUEST_ANSWERED:
        return MHD_YES;
    case REQUEST_ABANDONED:
        break;
    }
    return MHD_NO; /* ends the connection */
}

/* ---- ends ---- */

static void on_completed(void *context, struct MHD_Connection *http, void **request_context,
                         enum MHD_RequestTerminationCode code)
{
    (void)context, (void)http;
    struct request *request = *request_context;
    if (request == NULL)
        return;
    struct client *client = request->client;
    if (request->state < REQUEST_ANSWERED && !client->refused)
        observe_answer(request, OBSERVE_CLIENT_GONE);
    request_free(request);
    *request_context = NULL;
    if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
        client_rest(client);
    else
        client_enter(client, CLIENT_BUSY); /* it is being closed */
}

static void on_connection(void *context, struct MHD_Connection *http, void **client_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct loop *loop = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        loop->http.adding->http = http;
        *client_context = loop->http.adding;
        loop->http.adding = NULL;
    } else if (*client_context != NULL) {
        door_leave(*client_context);
        *client_context = NULL;
    }
}

/* Paths and queries stay as they were sent; what is percent-encoded is decoded where it is used. */
static size_t no_unescape(void *context, struct MHD_Connection *http, char *text)
{
    (void)context, (void)http;
    return strlen(text);
}

/* ---- running ---- */

bool http_open(struct loop *loop, struct error *err)
{
    struct http *http = &loop->http;
    http->source.kind = SOURCE_HTTP;
    /* TURBO: a new connection's request is there already (door.c), so it is read at once, without epoll_ctl.
     */
    const unsigned flags =
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO;
    http->daemon = MHD_start_daemon(
        flags, /* port= */ 0, NULL, NULL, on_request, loop, MHD_OPTION_URI_LOG_CALLBACK, on_url, loop,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, loop, MHD_OPTION_NOTIFY_CONNECTION, on_connection, loop,
        MHD_OPTION_UNESCAPE_CALLBACK, no_unescape, NULL, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)HEAD_POOL_BYTES,
        /* Ours is max_connections (door.c): the library says nothing at its own. */
        MHD_OPTION_CONNECTION_LIMIT, 0x7fffffffu, MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_END);
    if (http->daemon == NULL)
        return error_set(err, ERROR_SYSTEM, "libmicrohttpd does not start: %s", strerrordesc_np(errno));
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (info == NULL || !loop_watch(loop, info->epoll_fd, &http->source, EPOLLIN))
        return error_set(err, ERROR_SYSTEM, "the epoll set of libmicrohttpd cannot be watched");
    return true;
}

static void resume(struct loop *loop, struct MHD_Connection *http)
{
    MHD_resume_connection(http);
    loop->http.resumed = true;
}

void http_add(struct client *client, const struct sockaddr *address, socklen_t size)
{
    struct http *http = &client->loop->http;
    http->adding = client;
    reader_add(client);
    enum MHD_Result added = MHD_add_connection(http->daemon, client->fd, address, size);
    http->resumed = true;
    if (added != MHD_YES && http->adding != NULL) { /* the library has closed the socket */
        http->adding = NULL;
        door_leave(client);
    }
}

void http_wake(struct client *client)
{
    MHD_suspend_connection(client->http);
    resume(client->loop, client->http);
}

bool http_is_pending(struct loop *loop)
{
    unsigned long long timeout_ms;
    return loop->http.resumed ||
           (MHD_get_timeout(loop->http.daemon, &timeout_ms) == MHD_YES && timeout_ms == 0);
}

void http_run(struct loop *loop)
{
    /* Each run reads once from each connection; a few in a row let most answers leave in the turn that made
     * them. */
    for (int i = 0; i < RUNS_A_TURN; i++) {
        loop->http.resumed = false;
        reader_serve(loop);
        (void)MHD_run(loop->http.daemon);
        reader_serve(NULL);
        if (!http_is_pending(loop))
            break;
    }
}

void http_respond(struct request *request, unsigned status, struct MHD_Response *response)
{
    enum MHD_Result queued = MHD_queue_response(request->http, status, response);
    MHD_destroy_response(response);
    if (queued != MHD_YES)
        client_abort(request->client);
    resume(request->loop, request->http);
}

void http_end(struct request *request)
{
    resume(request->loop, request->http);
}

void http_go_on(struct request *request)
{
    resume(request->loop, request->http);
}

void http_close(struct loop *loop)
{
    if (loop->http.daemon != NULL)
        MHD_stop_daemon(loop->http.daemon);
    loop->http.daemon = NULL;
}
