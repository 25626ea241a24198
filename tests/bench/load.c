/*
 * load: makes HTTP load for the benchmarks, the same for us and for every peer. One thread, epoll,
 * keep-alive.
 *
 *   load --to 127.0.0.1:PORT --requests FILE --connections N --seconds S [--warmup S] [--count N] [--rate R]
 * [--skip N]
 *
 * FILE holds whole HTTP/1.1 requests, each behind its length (4 bytes, little-endian); each is sent once, in
 * order, and when the last one is sent the run ends.
 *
 * Without --rate: every connection sends its next request when the last one is answered (saturating).
 * With --rate: open loop. Request i is due at i / R seconds; if every connection is busy then it waits, and
 * its latency counts from when it was due, so that a server that stalls is charged for all that it kept
 * waiting.
 *
 * --skip: begins behind so many requests of the file, which an earlier run has sent.
 *
 * --warmup: what is due in the first seconds is sent and answered but not counted.
 *
 * Prints one JSON object: answers by status, their number and rate within the time that is counted, latencies
 * in microseconds, how late the generator itself was (`behind_us`: due until sent where a connection was
 * free), and the processor time it took. Exit status 1: a connection failed or an answer was not HTTP.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_ROOM 65536      /* at first */
#define ANSWER_MAX  (16 << 20) /* a page of 3 000 records has 3 MB */
#define CONNECTIONS 20000
#define EVENTS      512
#define DRAIN_NS    30000000000 /* how long answers are waited for at the end */
#define NS          1000000000

/* ---- histogram: 64 powers of two, each in 128 equal parts (within 0.8 %) ---- */

#define PARTS 128
struct histogram {
    uint64_t counts[64 * PARTS];
    uint64_t total, largest;
};

static size_t slot_of(uint64_t value)
{
    if (value < PARTS)
        return (size_t)value;
    const unsigned power = 63u - (unsigned)__builtin_clzll(value);
    return (size_t)(power - 6) * PARTS + (size_t)((value >> (power - 7)) & (PARTS - 1));
}

/* The largest value of a slot. */
static uint64_t value_of(size_t slot)
{
    if (slot < PARTS)
        return slot;
    const unsigned power = (unsigned)(slot / PARTS) + 6;
    return ((uint64_t)(PARTS + slot % PARTS + 1) << (power - 7)) - 1;
}

static void histogram_add(struct histogram *histogram, uint64_t value)
{
    histogram->counts[slot_of(value)]++;
    histogram->total++;
    if (value > histogram->largest)
        histogram->largest = value;
}

static uint64_t histogram_at(const struct histogram *histogram, double share)
{
    const double wanted = share * (double)histogram->total;
    uint64_t seen = 0;
    for (size_t slot = 0; slot < 64 * PARTS; slot++) {
        seen += histogram->counts[slot];
        if (seen > 0 && (double)seen >= wanted)
            return value_of(slot) < histogram->largest ? value_of(slot) : histogram->largest;
    }
    return 0;
}

/* ---- the run ---- */

struct connection {
    int fd;
    bool busy;
    uint64_t due_ns;
    const char *rest; /* of the request, when the socket took only part of it */
    size_t rest_size;
    size_t size; /* of what is read of the answer */
    char *answer;
    size_t room;
};

static struct {
    struct sockaddr_in to;
    const char *requests;
    size_t requests_size, next_at;
    uint64_t count, skip, sent, answered, counted;
    double seconds, warmup, rate;
    int epoll;
    size_t connection_count, idle_count;
    struct connection **connections, **idle;
    uint64_t start_ns, count_from_ns, end_ns, last_answer_ns, free_since_ns;
    bool exhausted;
    uint64_t statuses[600];
    struct histogram latency_us, behind_us;
} run = {.count = UINT64_MAX, .seconds = 5};

static void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
static void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fputs("load: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * NS + (uint64_t)t.tv_nsec;
}

/* The next request of the file; false when there is none, or the time is over. */
static bool next_request(uint64_t at_ns, const char **ret_data, size_t *ret_size)
{
    uint32_t size;
    if (run.exhausted || at_ns >= run.end_ns)
        return false;
    if (run.sent >= run.count || run.next_at + sizeof size > run.requests_size) {
        run.exhausted = true;
        return false;
    }
    memcpy(&size, run.requests + run.next_at, sizeof size);
    if (size > run.requests_size - run.next_at - sizeof size)
        die("the file of requests ends within a request");
    *ret_data = run.requests + run.next_at + sizeof size;
    *ret_size = size;
    run.next_at += sizeof size + size;
    run.sent++;
    return true;
}

static void watch(struct connection *c, uint32_t events, int how)
{
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (epoll_ctl(run.epoll, how, c->fd, &event) != 0)
        die("epoll: %s", strerror(errno));
}

static void write_rest(struct connection *c)
{
    while (c->rest_size > 0) {
        const ssize_t n = write(c->fd, c->rest, c->rest_size);
        if (n < 0 && errno == EAGAIN) {
            watch(c, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
            return;
        }
        if (n < 0)
            die("sending: %s (after %" PRIu64 " requests)", strerror(errno), run.sent);
        c->rest += n;
        c->rest_size -= (size_t)n;
    }
}

/* Sends the next request on this connection; false when there is none left. */
static bool send_next(struct connection *c, uint64_t due_ns)
{
    if (!next_request(due_ns, &c->rest, &c->rest_size))
        return false;
    c->busy = true;
    c->due_ns = due_ns;
    c->size = 0;
    write_rest(c);
    return true;
}

/* When request number run.sent is due, in an open loop. */
static uint64_t next_due_ns(void)
{
    return run.start_ns + (uint64_t)((double)run.sent / run.rate * NS);
}

/* Open loop: whatever is due goes out, as long as there is a free connection. */
static void send_due(void)
{
    for (uint64_t now = now_ns(); run.idle_count > 0 && next_due_ns() <= now && !run.exhausted;
         now = now_ns()) {
        const uint64_t due = next_due_ns();
        struct connection *c = run.idle[run.idle_count - 1];
        if (!send_next(c, due))
            return;
        run.idle_count--;
        if (due >= run.count_from_ns)
            histogram_add(&run.behind_us, (now - (due > run.free_since_ns ? due : run.free_since_ns)) / 1000);
    }
}

/* The size of a whole answer, 0 while it is not all there; its status. */
static size_t answer_size(struct connection *c, int *ret_status)
{
    c->answer[c->size] = '\0';
    const char *end = strstr(c->answer, "\r\n\r\n");
    if (end == NULL)
        return 0;
    const size_t head = (size_t)(end - c->answer) + 4;
    if (strncmp(c->answer, "HTTP/1.1 ", 9) != 0)
        die("not an answer of HTTP/1.1: %.40s", c->answer);
    *ret_status = atoi(c->answer + 9);
    const char *length = strcasestr(c->answer, "\r\ncontent-length:");
    if (length == NULL || length > end)
        die("an answer without Content-Length: %.300s", c->answer);
    const size_t size = head + strtoul(length + 17, NULL, 10);
    if (size >= ANSWER_MAX)
        die("an answer of %zu bytes", size);
    if (size >= c->room) {
        c->room = size + 1;
        c->answer = realloc(c->answer, c->room);
    }
    return c->size >= size ? size : 0;
}

static void count_answer(const struct connection *c, int status)
{
    const uint64_t now = now_ns();
    run.answered++;
    run.last_answer_ns = now;
    run.statuses[status > 0 && status < 600 ? status : 0]++;
    /* saturating: what is answered within the time; open loop: what was due within it, however late the
     * answer */
    const uint64_t at = run.rate > 0 ? c->due_ns : now;
    if (at < run.count_from_ns || (run.rate == 0 && now > run.end_ns))
        return;
    run.counted++;
    histogram_add(&run.latency_us, (now - c->due_ns) / 1000);
}

static void on_readable(struct connection *c)
{
    const ssize_t n = read(c->fd, c->answer + c->size, c->room - 1 - c->size);
    int status = 0;
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        die("the connection ended: %s (after %" PRIu64 " answers)", n < 0 ? strerror(errno) : "by the server",
            run.answered);
    c->size += (size_t)n;
    const size_t size = answer_size(c, &status);
    if (size == 0)
        return;
    if (size != c->size)
        die("more than one answer to a request");
    count_answer(c, status);
    c->busy = false;
    if (run.rate > 0) {
        if (run.idle_count == 0)
            run.free_since_ns = now_ns();
        run.idle[run.idle_count++] = c;
    } else
        (void)send_next(c, now_ns());
}

static void connect_all(void)
{
    run.connections = calloc(run.connection_count, sizeof *run.connections);
    run.idle = calloc(run.connection_count, sizeof *run.idle);
    for (size_t i = 0; i < run.connection_count; i++) {
        struct connection *c = calloc(1, sizeof *c);
        c->room = ANSWER_ROOM;
        c->answer = malloc(c->room);
        const int yes = 1;
        c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&run.to, sizeof run.to) != 0)
            die("connecting: %s (%zu connections)", strerror(errno), i);
        (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        (void)fcntl(c->fd, F_SETFL, O_NONBLOCK);
        run.connections[i] = run.idle[i] = c;
        watch(c, EPOLLIN, EPOLL_CTL_ADD);
    }
    run.idle_count = run.connection_count;
}

static bool is_over(uint64_t now)
{
    if (!run.exhausted && now < run.end_ns)
        return false;
    if (now > run.end_ns + DRAIN_NS)
        die("%" PRIu64 " requests were not answered in %d s", run.sent - run.answered, (int)(DRAIN_NS / NS));
    return run.answered == run.sent;
}

static struct timespec until_due(uint64_t now)
{
    uint64_t wait = NS / 20;
    if (run.rate > 0 && run.idle_count > 0 && !run.exhausted && now < run.end_ns)
        wait = next_due_ns() > now ? next_due_ns() - now : 0;
    if (wait > NS / 20)
        wait = NS / 20;
    return (struct timespec){.tv_nsec = (long)wait};
}

static void go(void)
{
    struct epoll_event events[EVENTS];
    run.start_ns = now_ns();
    run.count_from_ns = run.start_ns + (uint64_t)(run.warmup * NS);
    run.end_ns = run.start_ns + (uint64_t)((run.warmup + run.seconds) * NS);
    if (run.rate == 0)
        for (size_t i = 0; i < run.connection_count; i++)
            (void)send_next(run.connections[i], now_ns());
    for (uint64_t now = now_ns(); !is_over(now); now = now_ns()) {
        if (run.rate > 0)
            send_due();
        const struct timespec wait = until_due(now_ns());
        const int n = epoll_pwait2(run.epoll, events, EVENTS, &wait, NULL);
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            if ((events[i].events & EPOLLOUT) != 0) {
                watch(c, EPOLLIN, EPOLL_CTL_MOD);
                write_rest(c);
            }
            if ((events[i].events & ~(uint32_t)EPOLLOUT) != 0)
                on_readable(c);
        }
    }
}

/* ---- what it says ---- */

static void print_histogram(const char *name, const struct histogram *histogram)
{
    printf(", \"%s\": {\"p50\": %" PRIu64 ", \"p90\": %" PRIu64 ", \"p99\": %" PRIu64 ", \"p999\": %" PRIu64
           ", \"max\": %" PRIu64 "}",
           name, histogram_at(histogram, 0.5), histogram_at(histogram, 0.9), histogram_at(histogram, 0.99),
           histogram_at(histogram, 0.999), histogram->largest);
}

static void print_result(void)
{
    struct rusage usage;
    uint64_t end = run.end_ns;
    (void)getrusage(RUSAGE_SELF, &usage);
    if (run.exhausted && run.last_answer_ns < end)
        end = run.last_answer_ns;
    const double seconds = (double)(end - run.count_from_ns) / NS;
    printf("{\"sent\": %" PRIu64 ", \"answered\": %" PRIu64 ", \"counted\": %" PRIu64 ", \"seconds\": %.6f, "
           "\"rate\": %.2f, \"exhausted\": %s, \"cpu_seconds\": %.3f, \"statuses\": {",
           run.sent, run.answered, run.counted, seconds, (double)run.counted / seconds,
           run.exhausted ? "true" : "false",
           (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
    for (int status = 0, n = 0; status < 600; status++)
        if (run.statuses[status] > 0)
            printf("%s\"%d\": %" PRIu64, n++ > 0 ? ", " : "", status, run.statuses[status]);
    printf("}");
    print_histogram("latency_us", &run.latency_us);
    print_histogram("behind_us", &run.behind_us);
    printf("}\n");
}

/* ---- command line ---- */

static void read_address(const char *text)
{
    char host[64] = "";
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon - text >= (ptrdiff_t)sizeof host)
        die("an address is HOST:PORT");
    memcpy(host, text, (size_t)(colon - text));
    run.to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(colon + 1))};
    if (inet_pton(AF_INET, host, &run.to.sin_addr) != 1 || (ntohl(run.to.sin_addr.s_addr) >> 24) != 127)
        die("only this machine is loaded: 127.0.0.0/8");
}

static void map_requests(const char *path)
{
    struct stat stat;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &stat) != 0 || stat.st_size == 0)
        die("%s: no requests", path);
    run.requests_size = (size_t)stat.st_size;
    run.requests = mmap(NULL, run.requests_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (run.requests == MAP_FAILED)
        die("%s: %s", path, strerror(errno));
    (void)close(fd);
}

static void read_options(int argc, char **argv)
{
    for (int i = 1; i < argc; i += 2) {
        const char *name = argv[i], *value = argv[i + 1];
        if (value == NULL)
            die("%s lacks its value", name);
        if (strcmp(name, "--to") == 0)
            read_address(value);
        else if (strcmp(name, "--requests") == 0)
            map_requests(value);
        else if (strcmp(name, "--connections") == 0)
            run.connection_count = strtoul(value, NULL, 10);
        else if (strcmp(name, "--seconds") == 0)
            run.seconds = strtod(value, NULL);
        else if (strcmp(name, "--warmup") == 0)
            run.warmup = strtod(value, NULL);
        else if (strcmp(name, "--count") == 0)
            run.count = strtoull(value, NULL, 10);
        else if (strcmp(name, "--skip") == 0)
            run.skip = strtoull(value, NULL, 10);
        else if (strcmp(name, "--rate") == 0)
            run.rate = strtod(value, NULL);
        else
            die("unknown option %s", name);
    }
    if (run.requests == NULL || run.connection_count == 0 || run.connection_count > CONNECTIONS)
        die("--to, --requests and --connections (1 to %d) are needed", CONNECTIONS);
}

/* Passes over what an earlier run has sent. */
static void skip_requests(void)
{
    for (uint64_t i = 0; i < run.skip; i++) {
        uint32_t size;
        if (run.next_at + sizeof size > run.requests_size)
            die("the file has no more than %" PRIu64 " requests", i);
        memcpy(&size, run.requests + run.next_at, sizeof size);
        run.next_at += sizeof size + size;
    }
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    skip_requests();
    run.epoll = epoll_create1(EPOLL_CLOEXEC);
    connect_all();
    go();
    print_result();
    return 0;
}
