/*
 * send: libcurl's multi interface in the loop's own wait. Its sockets, and a timer, stand in one epoll set,
 * whose descriptor the runtime watches. libcurl looks names up in threads of its own.
 *
 * Nothing is followed, nothing is believed: no redirect, no proxy of the environment, no protocol but HTTP;
 * where only public addresses are allowed, the address is judged when a socket is opened for it, so that what
 * a name meant a moment ago does not count. What an endpoint answers is counted and thrown away.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common/log.h"
#include "workers/notifications/notifications.h"

#define EVENTS_MAX      64
#define ANSWER_MAX      65536 /* bytes; more ends the request */
#define CONNECTIONS_MAX 128   /* kept open for the next delivery */
#define RETRY_AFTER_MAX 86400 /* seconds that are believed of what an answer asks for */

static CURLM *multi;
static int set = -1, timer = -1;

/* ------------------------------------------------------- libcurl's sockets and time */

static int watch_socket(CURL *easy, curl_socket_t socket, int what, void *context, void *known)
{
    struct epoll_event event = {.data.fd = socket};

    (void)easy;
    (void)context;
    if (what == CURL_POLL_REMOVE) {
        (void)epoll_ctl(set, EPOLL_CTL_DEL, socket, NULL); /* it may be closed already */
        return 0;
    }
    if ((what & CURL_POLL_IN) != 0)
        event.events |= EPOLLIN;
    if ((what & CURL_POLL_OUT) != 0)
        event.events |= EPOLLOUT;
    if (epoll_ctl(set, known == NULL ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event) != 0 &&
        epoll_ctl(set, known == NULL ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event) != 0)
        return -1;
    (void)curl_multi_assign(multi, socket, &set); /* not NULL: known from now on */
    return 0;
}

static int set_timer(CURLM *of, long timeout_ms, void *context)
{
    struct itimerspec when = {
        .it_value = {.tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000}};

    (void)of;
    (void)context;
    if (timeout_ms < 0)
        when.it_value = (struct timespec){0, 0}; /* none */
    else if (timeout_ms == 0)
        when.it_value.tv_nsec = 1;
    return timerfd_settime(timer, /* flags= */ 0, &when, NULL);
}

bool sender_open(struct notifications *n, int *ret_fd, struct error *err)
{
    const struct epoll_event event = {.events = EPOLLIN};
    struct epoll_event of_timer = event;

    (void)n;
    set = epoll_create1(EPOLL_CLOEXEC);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    of_timer.data.fd = timer;
    if (set < 0 || timer < 0 || epoll_ctl(set, EPOLL_CTL_ADD, timer, &of_timer) != 0)
        return error_set(err, ERROR_SYSTEM, "no epoll set: %s", strerror(errno));
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (multi = curl_multi_init()) == NULL)
        return error_set(err, ERROR_SYSTEM, "libcurl does not start");
    if (curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch_socket) != CURLM_OK ||
        curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer) != CURLM_OK ||
        curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_MAX) != CURLM_OK)
        return error_set(err, ERROR_SYSTEM, "libcurl refuses an option");
    *ret_fd = set;
    return true;
}

void sender_close(struct notifications *n)
{
    struct delivery *delivery, *next;

    HASH_ITER(hh, n->hand, delivery, next)
    {
        HASH_DEL(n->hand, delivery);
        if (multi != NULL && delivery->easy != NULL)
            (void)curl_multi_remove_handle(multi, delivery->easy);
        delivery->next = NULL;
        deliveries_free(delivery);
    }
    n->finished = NULL;
    if (multi != NULL)
        (void)curl_multi_cleanup(multi);
    curl_global_cleanup();
    if (timer >= 0)
        (void)close(timer);
    if (set >= 0)
        (void)close(set);
    multi = NULL;
    set = timer = -1;
}

/* ---------------------------------------------------------------- one request */

static size_t take_answer(char *data, size_t size, size_t count, void *context)
{
    struct delivery *delivery = context;

    (void)data;
    delivery->received += size * count;
    return delivery->received > ANSWER_MAX ? 0 : size * count; /* 0 ends the request */
}

/* The address is the one that will be connected to, whoever named it. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct delivery *delivery = context;

    if (purpose != CURLSOCKTYPE_IPCXN || !webhook_address_is_public(&address->addr)) {
        delivery->was_refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool add_header(struct delivery *delivery, const char *name, const char *value)
{
    struct buffer line = BUFFER_INIT;

    buffer_printf(&line, "%s: %s", name, value);
    struct curl_slist *longer = curl_slist_append(delivery->headers, line.data);
    buffer_release(&line);
    if (longer != NULL)
        delivery->headers = longer;
    return longer != NULL;
}

static bool add_headers(struct delivery *delivery)
{
    const int64_t now_s = machine_now_us() / US_PER_SECOND;
    struct buffer signature = BUFFER_INIT;
    char id[UUID_TEXT_SIZE], timestamp[24];

    uuid_format(&delivery->id, id);
    (void)snprintf(timestamp, sizeof timestamp, "%lld", (long long)now_s);
    webhook_sign(&delivery->id, now_s, buffer_slice(&delivery->body), &delivery->endpoint->secret,
                 &delivery->endpoint->secret_before, &signature);
    const bool good = add_header(delivery, "Content-Type", "application/json") &&
                      add_header(delivery, "webhook-id", id) &&
                      add_header(delivery, "webhook-timestamp", timestamp) &&
                      add_header(delivery, "webhook-signature", signature.data) &&
                      add_header(delivery, "Expect", ""); /* none: the body is small */
    buffer_release(&signature);
    return good;
}

/* CURLcode is 0 where all is well, so that they can be joined. */
static bool set_options(const struct notifications *n, CURL *easy, struct delivery *delivery)
{
    unsigned wrong = 0;

    wrong |= curl_easy_setopt(easy, CURLOPT_PRIVATE, delivery);
    wrong |= curl_easy_setopt(easy, CURLOPT_URL, delivery->endpoint->url);
    wrong |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, n->only_public ? "https" : "https,http");
    wrong |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    wrong |= curl_easy_setopt(easy, CURLOPT_PROXY, "");
    wrong |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    wrong |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    wrong |= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)n->settings->webhook_timeout_ms);
    /* A look-up that hangs is left to its thread; waiting for it would stop everybody's requests. */
    wrong |= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    wrong |= curl_easy_setopt(easy, CURLOPT_USERAGENT, "ecf2-webhooks/" ECF2_VERSION);
    wrong |= curl_easy_setopt(easy, CURLOPT_POST, 1L);
    wrong |= curl_easy_setopt(easy, CURLOPT_POSTFIELDS, delivery->body.data);
    wrong |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)delivery->body.size);
    wrong |= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, delivery->headers);
    wrong |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_answer);
    wrong |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, delivery);
    if (n->only_public) {
        wrong |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
        wrong |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, delivery);
    }
    if (n->settings->webhook_ca[0] != '\0')
        wrong |= curl_easy_setopt(easy, CURLOPT_CAINFO, n->settings->webhook_ca);
    return wrong == 0;
}

static void put_finished(struct notifications *n, struct delivery *delivery)
{
    delivery->next = n->finished;
    n->finished = delivery;
    worker_tick_soon(n->worker);
}

void sender_send(struct notifications *n, struct delivery *delivery)
{
    delivery->easy = curl_easy_init();
    if (delivery->easy != NULL && add_headers(delivery) && set_options(n, delivery->easy, delivery) &&
        curl_multi_add_handle(multi, delivery->easy) == CURLM_OK)
        return;
    delivery->result = (struct attempt_result){.outcome = "transient"};
    (void)snprintf(delivery->result.error, ERROR_SIZE, "libcurl does not take the request");
    put_finished(n, delivery);
}

/* ------------------------------------------------------------------ its end */

/* Before a request is on its way nothing can have reached the endpoint. */
static bool was_sent(CURL *easy)
{
    curl_off_t uploaded = 0;
    long size = 0;

    return curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &uploaded) != CURLE_OK || uploaded > 0 ||
           curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &size) != CURLE_OK || size > 0;
}

static const char *reason_of(const struct delivery *delivery, CURLcode code)
{
    if (delivery->was_refused && code != CURLE_OK)
        return "its address is not a public one";
    return curl_easy_strerror(code);
}

/* 2xx is all that the endpoint has to say; how its answer ended does not matter then. */
static void judge(struct delivery *delivery, CURLcode code)
{
    struct attempt_result *result = &delivery->result;
    curl_off_t retry_after_s = 0;

    *result = (struct attempt_result){.outcome = "transient"};
    (void)curl_easy_getinfo(delivery->easy, CURLINFO_RESPONSE_CODE, &result->code);
    if (result->code >= 200 && result->code < 300) {
        result->outcome = "accepted";
        return;
    }
    if (result->code > 0) {
        (void)curl_easy_getinfo(delivery->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
        delivery->retry_after_s = retry_after_s < 0                 ? 0
                                  : retry_after_s > RETRY_AFTER_MAX ? RETRY_AFTER_MAX
                                                                    : (int64_t)retry_after_s;
        (void)snprintf(result->error, ERROR_SIZE, "the endpoint answered %ld", result->code);
        return;
    }
    if (was_sent(delivery->easy))
        result->outcome = "ambiguous";
    (void)snprintf(result->error, ERROR_SIZE, "%s", reason_of(delivery, code));
}

static void take_ended(struct notifications *n)
{
    const CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        struct delivery *delivery = NULL;
        CURL *easy = message->easy_handle;

        if (message->msg != CURLMSG_DONE ||
            curl_easy_getinfo(easy, CURLINFO_PRIVATE, &delivery) != CURLE_OK || delivery == NULL)
            continue;
        judge(delivery, message->data.result);
        (void)curl_multi_remove_handle(multi, easy);
        curl_easy_cleanup(easy);
        delivery->easy = NULL;
        put_finished(n, delivery);
    }
}

void sender_serve(struct notifications *n)
{
    struct epoll_event events[EVENTS_MAX];
    const int count = epoll_wait(set, events, EVENTS_MAX, 0);
    int running;

    for (int i = 0; i < count; i++) {
        uint64_t times;

        if (events[i].data.fd == timer) {
            if (read(timer, &times, sizeof times) > 0)
                (void)curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
            continue;
        }
        const int what = ((events[i].events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                         ((events[i].events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                         ((events[i].events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
        (void)curl_multi_socket_action(multi, events[i].data.fd, what, &running);
    }
    take_ended(n);
}
