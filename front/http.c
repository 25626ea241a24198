/*
 * http: libmicrohttpd and its traps (architecture.md section 6), as found in version 0.9.75:
 *
 * - An answer that is queued in the first call of the handler closes the connection. So a good request is
 * answered after its last call only, also when it has no body.
 * - While a body comes no answer can be queued at all.
 * - A connection without answer that is not suspended makes MHD_run spin; a suspended one must be resumed,
 * also to be closed, and MHD_stop_daemon aborts on one that is not.
 * - Folded field lines are glued to the *name* of the field. What stands in memory is compared with what the
 * lines must have looked like (check_layout), so that nothing is believed that another server would read
 * differently.
 * - It answers some things itself, as bare HTML, and closes: malformed chunks (400) and chunk sizes (413) of
 * any request; and of the second and further requests of a connection, whose heads it reads without us
 * (door.c reads the first), a line without colon (400), a version that it does not know (400, 505), a
 * Content-Length that is no number (400, 413), a head that overflows its pool (414, 431). It closes without a
 * word on a request line without blanks.
 * - An answer whose head does not fit the connection's pool closes the connection: head.h has the sums.
 */
#include "front/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <strings.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "front/answer.h"
#include "front/loop.h"

#define RUNS_A_TURN 4

/* ---- the fields of a head ---- */

static bool is_named(struct slice text, const char *name)
{
    return text.size == strlen(name) && strncasecmp(text.data, name, text.size) == 0;
}

/* Name, colon, blanks and value of a line stand behind each other in the library's buffer, the colon and CR
 * LF overwritten by zeros, and the next line behind them. Anything else was a folded line, a bare LF or a
 * zero byte. */
static bool check_layout(struct request *request, struct slice name, struct slice value)
{
    const char *p = name.data + name.size;
    if (request->head_end != NULL && name.data != request->head_end)
        return false;
    if (value.data <= p || value.data - p > (ptrdiff_t)HEAD_MAX_BYTES || *p != '\0')
        return false;
    for (p++; p < value.data; p++)
        if (*p != ' ' && *p != '\t')
            return false;
    if (request->head_end == NULL)
        request->fields_start = name.data;
    request->head_end = value.data + value.size + 2;
    return true;
}

static bool has_control(struct slice value)
{
    for (size_t i = 0; i < value.size; i++)
        if (((unsigned char)value.data[i] < ' ' && value.data[i] != '\t') || value.data[i] == 0x7f)
            return true;
    return false;
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
    } else if (is_named(name, "x-with-server-date")) {
        request->server_date = value;
        request->has_server_date = true;
    } else if (is_named(name, "expect")) {
        request->expects_continue = is_named(value, "100-continue");
    } else if (is_named(name, "x-forwarded-for")) {
        if (request->forwarded_count < FORWARDED_MAX)
            request->forwarded[request->forwarded_count++] = value;
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
    struct request *request = context;
    struct slice key = {name, name_size}, content = {value, value_size};
    if (request->framing.problem == NULL && (!check_layout(request, key, content) || has_control(content)))
        request->framing.problem =
            "Send each header field on one line that ends with CR LF, without control characters.";
    framing_add(&request->framing, key, content);
    request->field_count++;
    take_field(request, key, content);
    return MHD_YES;
}

/* ---- the request line and the head ---- */

/* Called with the request line, before the library takes it apart. It would keep a record for each query
 * argument in the connection's pool, and hang when that is full (0.9.75): so it is shown an empty query.
 * Whoever needs the query of a request must keep it here. */
static void *on_url(void *context, const char *url, struct MHD_Connection *http)
{
    size_t size = url == NULL ? 0 : strlen(url);
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): takes a const away, see above */
    char *query = size == 0 ? NULL : (char *)(uintptr_t)memchr(url, '?', size);
    if (query != NULL)
        query[1] = '\0'; /* the buffer is the connection's own, and writable */
    return request_new(context, http, size);
}

/* The request line and the fields stand behind each other (check_layout), and nothing else does: method, one
 * space, a URL of visible ASCII, the version, CR LF, the fields, CR LF. */
static bool check_frame(const struct request *request, const char *version)
{
    const char *path = request->path.data, *fields = version + strlen(version) + 2;
    for (size_t i = 0; i < request->path.size; i++)
        if ((unsigned char)path[i] <= ' ' || (unsigned char)path[i] >= 0x7f)
            return false;
    return path == request->method.data + request->method.size + 1 &&
           (request->fields_start == NULL || request->fields_start == fields) &&
           request->method.data + request->head_size ==
               (request->head_end == NULL ? fields : request->head_end) + 2;
}

static void set_address(struct request *request)
{
    struct front *front = request->loop->front;
    request->address = request->client->peer;
    size_t i = request->forwarded_count;
    while (i > 0 && network_forwarded(&front->trusted_proxies, request->forwarded[i - 1], &request->address))
        i--;
}

/* Why this head is not served; NULL = it is. Says the status. */
static const char *head_problem(const struct request *request, const char *version, unsigned *ret_status)
{
    *ret_status = 414;
    if (request->url_size > HEAD_URL_MAX)
        return "Send a URL of at most 4096 bytes.";
    *ret_status = 431;
    if (request->head_size > HEAD_MAX_BYTES ||
        request->head_size + request->field_count * HEAD_FIELD_BYTES + HEAD_ANSWER_BYTES > HEAD_POOL_BYTES)
        return "Send fewer or shorter header fields: all together at most 7 KiB.";
    *ret_status = 400;
    if (!head_is_token(request->method) || !check_frame(request, version))
        return "Send a request line such as \"GET /api/v3/participants HTTP/1.1\", and lines that end with "
               "CR LF.";
    const char *problem = framing_problem(&request->framing, strcmp(version, MHD_HTTP_VERSION_1_0) != 0);
    if (problem != NULL)
        return problem;
    /* Nothing of such a body is worth reading, and 100 Continue would ask for it. */
    *ret_status = 413;
    uint64_t limit = (uint64_t)request->loop->settings->max_body_bytes;
    if (request->framing.length > limit * (request->expects_continue ? 1 : 2))
        return "Send a smaller body.";
    return NULL;
}

static bool has_body(const struct request *request)
{
    return request->framing.chunked || request->framing.length > 0;
}

static enum MHD_Result on_head(struct request *request, struct MHD_Connection *http, const char *path,
                               const char *method, const char *version)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(http, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    request->head_size = info == NULL ? 0 : info->header_size;
    request->path = slice_of(path);
    request->method = slice_of(method);
    request->is_head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
    (void)MHD_get_connection_values_n(http, MHD_HEADER_KIND, on_field, request);
    set_address(request);
    request->state = REQUEST_READING;
    request->route = route_find(request->method, request->path, &request->id);
    unsigned status;
    const char *problem = head_problem(request, version, &status);
    if (problem != NULL) {
        struct answer answer = {.close = true};
        answer_problem(&answer, status, problem);
        request_answer(request, &answer);
        return MHD_YES;
    }
    client_enter(request->client, has_body(request) ? CLIENT_BODY : CLIENT_BUSY);
    return MHD_YES;
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
    if (request->state == REQUEST_NEW)
        return on_head(request, http, path, method, version);
    if (request->state != REQUEST_READING && request->state != REQUEST_COMPLETE)
        return MHD_YES; /* suspended or answered: takes nothing (with chunked bodies this happens) */
    if (*upload_size > 0) {
        struct slice bytes = {upload, *upload_size};
        *upload_size = 0;
        return request_take_body(request, bytes) ? MHD_YES : MHD_NO;
    }
    /* Suspended in the call that ended its reading, a connection would be read from at once when it is
     * resumed, and an end that its client sent behind the request would cost it the answer. In the next call
     * it is not reading. */
    if (request->state == REQUEST_READING)
        request->state = REQUEST_COMPLETE;
    else
        request_arrived(request);
    return MHD_YES;
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
    uint64_t bytes = request->framing.chunked ? 0 : request->head_size + request->framing.length;
    request_free(request);
    *request_context = NULL;
    if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
        client_rest(client, bytes);
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
        door_forget(*client_context);
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

void http_add(struct client *client, const struct sockaddr *address, socklen_t size)
{
    struct http *http = &client->loop->http;
    http->adding = client;
    enum MHD_Result added = MHD_add_connection(http->daemon, client->fd, address, size);
    http->resumed = true;
    if (added != MHD_YES && http->adding != NULL) { /* the library has closed the socket */
        http->adding = NULL;
        door_forget(client);
    }
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
        (void)MHD_run(loop->http.daemon);
        if (!http_is_pending(loop))
            break;
    }
}

void http_respond(struct request *request, unsigned status, struct MHD_Response *response)
{
    bool suspended = request->state == REQUEST_WAITING;
    enum MHD_Result queued = MHD_queue_response(request->http, status, response);
    MHD_destroy_response(response);
    if (queued != MHD_YES)
        client_abort(request->client);
    if (suspended) {
        MHD_resume_connection(request->http);
        request->loop->http.resumed = true;
    }
}

void http_close(struct loop *loop)
{
    if (loop->http.daemon != NULL)
        MHD_stop_daemon(loop->http.daemon);
    loop->http.daemon = NULL;
}
