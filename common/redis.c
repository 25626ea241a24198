/* redis: a thin wrapper over hiredis. Connects by itself (hiredis then takes the socket), since hiredis' own
 * connecting either blocks or wants its asynchronous API. */
#include "common/redis.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/address.h"
#include "common/buffer.h"
#include "common/clock.h"
#include "common/log.h"

#define US_PER_MS INT64_C(1000)
/* What hiredis keeps of its buffer from one exchange to the next; its own 16 KiB make it ask the kernel for
 * memory anew for each page that is read. */
#define READ_BUFFER_BYTES 1048576

struct redis {
    char *address;
    redisContext *context; /* NULL while not connected */
    int connecting_fd;     /* -1 unless a connect is under way */
    int64_t connect_deadline_us;
    int64_t retry_at_us;
    unsigned failures; /* since the last exchange that succeeded */
    size_t pending;    /* commands appended */
    bool append_failed;
};

static bool address_find(const char *text, struct sockaddr_storage *ret_address, socklen_t *ret_size,
                         struct error *err)
{
    if (text[0] != '/')
        return address_parse("ECF2_REDIS", text, ret_address, ret_size, err);
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    size_t size = strlen(text);
    if (size >= sizeof(path.sun_path))
        return error_set(err, ERROR_SETTINGS, "ECF2_REDIS is a path of %zu bytes; a socket's has at most %zu",
                         size, sizeof(path.sun_path) - 1);
    memcpy(path.sun_path, text, size);
    memcpy(ret_address, &path, sizeof(path));
    *ret_size = sizeof(path);
    return true;
}

struct redis *redis_new(const char *address, struct error *err)
{
    struct sockaddr_storage found;
    socklen_t size;
    struct error problem = {0};
    if (!address_find(address, &found, &size, &problem) && problem.kind == ERROR_SETTINGS) {
        (void)error_set(err, problem.kind, "%s", problem.detail);
        return NULL;
    }
    struct redis *redis = memory_zero(1, sizeof(*redis));
    redis->address = memory_dup(address);
    redis->connecting_fd = -1;
    return redis;
}

static void drop(struct redis *redis)
{
    if (redis->context != NULL)
        redisFree(redis->context);
    redis->context = NULL;
    if (redis->connecting_fd >= 0)
        (void)close(redis->connecting_fd);
    redis->connecting_fd = -1;
    redis->pending = 0;
    redis->append_failed = false;
}

void redis_free(struct redis *redis)
{
    if (redis == NULL)
        return;
    drop(redis);
    free(redis->address);
    free(redis);
}

/* Throws the connection away and sets when the next attempt is due. */
static void fail(struct redis *redis)
{
    drop(redis);
    int64_t delay_ms = REDIS_RETRY_FIRST_MS;
    for (unsigned i = 0; i < redis->failures && delay_ms < REDIS_RETRY_LAST_MS; i++)
        delay_ms *= 2;
    if (delay_ms > REDIS_RETRY_LAST_MS)
        delay_ms = REDIS_RETRY_LAST_MS;
    if (redis->failures < UINT_MAX)
        redis->failures++;
    redis->retry_at_us = monotonic_now_us() + delay_ms * US_PER_MS;
}

static void attempt_failed(struct redis *redis, const char *reason)
{
    fail(redis);
    log_event(LOG_WARNING, "redis_unreachable", LOG_INT("attempt", redis->failures),
              LOG_TEXT("detail", reason),
              LOG_INT("retry_ms", (redis->retry_at_us - monotonic_now_us()) / US_PER_MS), LOG_END);
}

/* The socket is connected: hands it to hiredis, blocking from now on, with time-outs. */
static void attempt_succeeded(struct redis *redis)
{
    int fd = redis->connecting_fd;
    const int on = 1;
    const struct timeval timeout = {.tv_sec = 0, .tv_usec = REDIS_COMMAND_TIMEOUT_MS * US_PER_MS};
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) != 0) {
        attempt_failed(redis, strerror(errno));
        return;
    }
    /* Fails on a unix socket, which has no such delay. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    redis->context = redisConnectFd(fd);
    if (redis->context == NULL) {
        attempt_failed(redis, "hiredis is out of memory");
        return;
    }
    redis->connecting_fd = -1; /* the context's now */
    redis->context->reader->maxbuf = READ_BUFFER_BYTES;
    if (redisSetTimeout(redis->context, timeout) != REDIS_OK) {
        attempt_failed(redis, strerror(errno));
        return;
    }
    if (redis->failures > 0)
        log_event(LOG_INFO, "redis_connected", LOG_INT("attempts", redis->failures), LOG_END);
}

static void attempt_begin(struct redis *redis)
{
    struct sockaddr_storage address = {0};
    socklen_t size;
    struct error err = {0};
    if (!address_find(redis->address, &address, &size, &err)) {
        attempt_failed(redis, err.detail);
        return;
    }
    redis->connecting_fd =
        socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, /* protocol= */ 0);
    if (redis->connecting_fd < 0) {
        attempt_failed(redis, strerror(errno));
        return;
    }
    redis->connect_deadline_us = monotonic_now_us() + REDIS_CONNECT_TIMEOUT_MS * US_PER_MS;
    if (connect(redis->connecting_fd, (struct sockaddr *)&address, size) == 0)
        attempt_succeeded(redis);
    else if (errno != EINPROGRESS)
        attempt_failed(redis, strerror(errno));
}

static void attempt_continue(struct redis *redis, int wait_ms)
{
    struct pollfd poll_fd = {.fd = redis->connecting_fd, .events = POLLOUT};
    int code = 0;
    socklen_t size = sizeof(code);
    if (poll(&poll_fd, 1, wait_ms) != 1) { /* not yet, or interrupted */
        if (monotonic_now_us() >= redis->connect_deadline_us)
            attempt_failed(redis, "no connection within the time-out");
        return;
    }
    if (getsockopt(redis->connecting_fd, SOL_SOCKET, SO_ERROR, &code, &size) != 0)
        code = errno;
    if (code != 0)
        attempt_failed(redis, strerror(code));
    else
        attempt_succeeded(redis);
}

bool redis_ready(struct redis *redis)
{
    if (redis->context != NULL)
        return true;
    if (redis->connecting_fd >= 0)
        attempt_continue(redis, /* wait_ms= */ 0);
    else if (monotonic_now_us() >= redis->retry_at_us)
        attempt_begin(redis);
    return redis->context != NULL;
}

bool redis_connect(struct redis *redis, struct error *err)
{
    bool ready = redis_ready(redis);
    while (!ready && redis->connecting_fd >= 0) {
        int64_t left_ms = (redis->connect_deadline_us - monotonic_now_us()) / US_PER_MS;
        attempt_continue(redis, left_ms < 1 ? 1 : (int)left_ms);
        ready = redis->context != NULL;
    }
    return ready || error_set(err, ERROR_CACHE, "Redis cannot be reached; next attempt in %" PRId64 " ms",
                              (redis->retry_at_us - monotonic_now_us()) / US_PER_MS);
}

int64_t redis_retry_at_us(const struct redis *redis)
{
    return redis->retry_at_us;
}

void redis_append(struct redis *redis, const struct slice *arguments, size_t count)
{
    redis->pending++;
    if (redis->context == NULL)
        redis->append_failed = true;
    if (redis->append_failed)
        return; /* the exchange will say so */
    const char **bytes = memory_alloc(count * sizeof(*bytes));
    size_t *sizes = memory_alloc(count * sizeof(*sizes));
    for (size_t i = 0; i < count; i++) {
        bytes[i] = arguments[i].size == 0 ? "" : arguments[i].data;
        sizes[i] = arguments[i].size;
    }
    redis->append_failed = redisAppendCommandArgv(redis->context, (int)count, bytes, sizes) != REDIS_OK;
    free(bytes);
    free(sizes);
}

/* One reply, or the reason why there is none. The time-out of the socket is for one read each: that replies
 * that trickle in do not add up, nothing is read after the deadline; what has been read by then counts. */
static bool reply_read(struct redis *redis, int64_t deadline_us, redisReply **ret_reply, struct error *err)
{
    void *reply = NULL;
    if (monotonic_now_us() > deadline_us &&
        (redisReaderGetReply(redis->context->reader, &reply) != REDIS_OK || reply == NULL))
        return error_set(err, ERROR_CACHE, "Redis: answers come too slowly");
    errno = 0;
    if (reply == NULL && redisGetReply(redis->context, &reply) != REDIS_OK) {
        bool late = redis->context->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK);
        return error_set(err, ERROR_CACHE, "Redis: %s", late ? "no answer in time" : redis->context->errstr);
    }
    *ret_reply = reply;
    return true;
}

bool redis_exchange(struct redis *redis, size_t count, redisReply **ret_replies, struct error *err)
{
    size_t pending = redis->pending;
    bool append_failed = redis->append_failed;
    redis->pending = 0;
    redis->append_failed = false;
    if (redis->context == NULL)
        return error_set(err, ERROR_CACHE, "Redis is not connected");
    if (append_failed || count != pending) {
        fail(redis); /* what is in its buffer must not be sent with the next commands */
        return append_failed
                   ? error_set(err, ERROR_CACHE, "commands for Redis could not be queued")
                   : error_set(err, ERROR_BUG, "%zu replies wanted for %zu commands", count, pending);
    }
    int64_t deadline_us = monotonic_now_us() + REDIS_EXCHANGE_LIMIT_MS * US_PER_MS;
    for (size_t i = 0; i < count; i++) {
        ret_replies[i] = NULL;
        if (!reply_read(redis, deadline_us, &ret_replies[i], err)) {
            redis_replies_free(ret_replies, i + 1);
            fail(redis);
            return false;
        }
    }
    redis->failures = 0;
    return true;
}

bool redis_reply_check(const redisReply *reply, struct error *err)
{
    if (reply->type != REDIS_REPLY_ERROR)
        return true;
    return error_set(err, ERROR_CACHE, "Redis answers: %.200s", reply->str);
}

void redis_replies_free(redisReply **replies, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        freeReplyObject(replies[i]); /* accepts NULL */
        replies[i] = NULL;
    }
}
