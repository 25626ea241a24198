/* head: the checks of a request head that come before everything else. Pure functions. */
#include "front/head.h"

#include <strings.h>

#define VERSION_SIZE 8 /* HTTP/1.1 */

#define DETAIL_CRLF    "End the request line and each header field with CR LF."
#define DETAIL_REQUEST "Begin the request with a line such as \"GET /api/v3/participants HTTP/1.1\"."
#define DETAIL_FIELD                                                                                         \
    "Send each header field on a line of its own, as a name, a colon without space before it, and a value "  \
    "without control characters."
#define DETAIL_URL     "Send a URL of at most 4096 bytes."
#define DETAIL_SIZE    "Send fewer or shorter header fields: all together at most 7 KiB."
#define DETAIL_VERSION "Use HTTP/1.1."

bool head_is_token_byte(char c)
{
    /* Letters, digits and !#$%&'*+-.^_`|~, a bit for each byte of ASCII. */
    static const uint64_t bits[4] = {UINT64_C(0x03ff6cfa00000000), UINT64_C(0x57ffffffc7fffffe)};
    return (bits[(unsigned char)c >> 6] >> ((unsigned char)c & 63) & 1) != 0;
}

bool head_is_token(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!head_is_token_byte(text.data[i]))
            return false;
    return text.size > 0;
}

/* ---- framing: what smuggling is made of ---- */

struct framing {
    unsigned hosts, lengths, encodings;
    bool chunked, expects_continue;
    uint64_t length;     /* the value of Content-Length, 0 without one */
    const char *problem; /* static; the first that was found, NULL = none */
};

static bool is_named(struct slice text, const char *name)
{
    return text.size == strlen(name) && strncasecmp(text.data, name, text.size) == 0;
}

/* A number that does not fit is a number all the same, and too large: UINT64_MAX. */
static bool parse_length(struct slice value, uint64_t *ret_length)
{
    uint64_t length = 0;
    if (value.size == 0)
        return false;
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return false;
        length = length > UINT64_MAX / 10 - 1 ? UINT64_MAX : length * 10 + (uint64_t)(value.data[i] - '0');
    }
    *ret_length = length;
    return true;
}

static bool has_control(struct slice value)
{
    for (size_t i = 0; i < value.size; i++)
        if (((unsigned char)value.data[i] < ' ' && value.data[i] != '\t') || value.data[i] == 0x7f)
            return true;
    return false;
}

static void framing_add(struct framing *framing, struct slice name, struct slice value)
{
    const char *problem = NULL;
    if (!head_is_token(name) || has_control(value)) {
        problem = DETAIL_FIELD;
    } else if (is_named(name, "host")) {
        framing->hosts++;
    } else if (is_named(name, "content-length")) {
        framing->lengths++;
        if (!parse_length(value, &framing->length))
            problem = "Send Content-Length as a decimal number.";
    } else if (is_named(name, "transfer-encoding")) {
        framing->encodings++;
        framing->chunked = is_named(value, "chunked");
        if (!framing->chunked)
            problem = "Send no Transfer-Encoding other than chunked.";
    } else if (is_named(name, "expect")) {
        framing->expects_continue = is_named(value, "100-continue");
    }
    if (framing->problem == NULL)
        framing->problem = problem;
}

/* The problem with all fields taken together, where none has one by itself, or NULL. */
static const char *framing_problem(const struct framing *framing, bool version_1_1)
{
    if (framing->hosts > 1 || (version_1_1 && framing->hosts == 0))
        return "Send exactly one Host header.";
    if (framing->lengths > 1)
        return "Send one Content-Length header only.";
    if (framing->encodings > 1)
        return "Send one Transfer-Encoding header only.";
    if (framing->lengths > 0 && framing->encodings > 0)
        return "Send either Content-Length or Transfer-Encoding, not both.";
    if (framing->encodings > 0 && !version_1_1)
        return "Send Content-Length: HTTP/1.0 knows no Transfer-Encoding.";
    return NULL;
}

/* ---- the raw head ---- */

struct scan {
    const char *p, *end;
    size_t memory; /* bytes that the library will need besides the head itself */
    bool version_1_1;
    struct framing framing;
};

static struct head_result bad(unsigned status, const char *detail)
{
    return (struct head_result){.verdict = HEAD_BAD, .status = status, .detail = detail};
}

/* Whether text is free of bytes that do not belong into a URL; everything above ASCII must be
 * percent-encoded. */
static bool is_url(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] <= ' ' || (unsigned char)text.data[i] >= 0x7f)
            return false;
    return text.size > 0;
}

static const char *version_problem(struct slice version, unsigned *ret_status)
{
    *ret_status = 400;
    if (version.size != VERSION_SIZE || memcmp(version.data, "HTTP/", 5) != 0 || version.data[6] != '.' ||
        version.data[5] < '0' || version.data[5] > '9' || version.data[7] < '0' || version.data[7] > '9')
        return DETAIL_REQUEST;
    *ret_status = 505;
    return version.data[5] == '1' ? NULL : DETAIL_VERSION;
}

static struct head_result scan_request_line(struct scan *scan, struct slice line)
{
    const char *first = line.size == 0 ? NULL : memchr(line.data, ' ', line.size);
    const char *last = line.size == 0 ? NULL : memrchr(line.data, ' ', line.size);
    if (first == NULL || last == NULL || first == last)
        return bad(400, DETAIL_REQUEST);
    struct slice method = {line.data, (size_t)(first - line.data)};
    struct slice url = {first + 1, (size_t)(last - first - 1)};
    struct slice version = {last + 1, line.size - (size_t)(last + 1 - line.data)};
    if (url.size > HEAD_URL_MAX || line.size > HEAD_LINE_MAX)
        return bad(414, DETAIL_URL);
    if (!head_is_token(method) || !is_url(url))
        return bad(400, DETAIL_REQUEST);
    unsigned status;
    const char *problem = version_problem(version, &status);
    if (problem != NULL)
        return bad(status, problem);
    scan->version_1_1 = version.data[7] != '0';
    return (struct head_result){.verdict = HEAD_GOOD};
}

static struct slice trim(struct slice text)
{
    while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

static struct head_result scan_field(struct scan *scan, struct slice line)
{
    const char *colon = memchr(line.data, ':', line.size);
    if (colon == NULL)
        return bad(400, DETAIL_FIELD);
    struct slice name = {line.data, (size_t)(colon - line.data)};
    struct slice value = trim((struct slice){colon + 1, line.size - name.size - 1});
    scan->memory += HEAD_FIELD_BYTES;
    framing_add(&scan->framing, name, value); /* obsolete folding begins with a blank: no token */
    if (scan->framing.problem != NULL)
        return bad(400, scan->framing.problem);
    return (struct head_result){.verdict = HEAD_GOOD};
}

/* The next line without its CR LF. HEAD_GOOD, or HEAD_INCOMPLETE, or HEAD_BAD for a lone LF, or a lone CR in
 * a line without end; in a line with one it is a byte that belongs nowhere. */
static struct head_result next_line(struct scan *scan, struct slice *ret_line)
{
    size_t left = (size_t)(scan->end - scan->p);
    const char *feed = left == 0 ? NULL : memchr(scan->p, '\n', left);
    if (feed == NULL) {
        const char *cr = left == 0 ? NULL : memchr(scan->p, '\r', left - 1);
        if (cr != NULL)
            return bad(400, DETAIL_CRLF);
        return (struct head_result){.verdict = HEAD_INCOMPLETE};
    }
    if (feed == scan->p || feed[-1] != '\r')
        return bad(400, DETAIL_CRLF);
    *ret_line = (struct slice){scan->p, (size_t)(feed - 1 - scan->p)};
    scan->p = feed + 1;
    return (struct head_result){.verdict = HEAD_GOOD};
}

/* What is to be said of a head of which `seen` bytes are there, and no more will be read than HEAD_MAX_BYTES.
 */
static struct head_result incomplete(const struct scan *scan, struct slice bytes, bool in_request_line)
{
    if (in_request_line && (size_t)(scan->end - scan->p) > HEAD_LINE_MAX + 1) /* its CR may be there */
        return bad(414, DETAIL_URL);
    if (bytes.size >= HEAD_MAX_BYTES)
        return bad(431, DETAIL_SIZE);
    return (struct head_result){.verdict = HEAD_INCOMPLETE};
}

struct head_result head_scan(struct slice bytes)
{
    if (bytes.size == 0)
        return (struct head_result){.verdict = HEAD_INCOMPLETE};
    size_t size = bytes.size > HEAD_MAX_BYTES ? HEAD_MAX_BYTES : bytes.size;
    struct scan scan = {.p = bytes.data, .end = bytes.data + size};
    struct slice line = {"", 0};
    struct head_result result;
    do { /* empty lines before a request are passed over (RFC 9112 section 2.2) */
        result = next_line(&scan, &line);
    } while (result.verdict == HEAD_GOOD && line.size == 0);
    if (result.verdict == HEAD_GOOD)
        result = scan_request_line(&scan, line);
    if (result.verdict != HEAD_GOOD)
        return result.verdict == HEAD_BAD ? result : incomplete(&scan, bytes, /* in_request_line= */ true);
    for (;;) {
        result = next_line(&scan, &line);
        if (result.verdict == HEAD_GOOD && line.size > 0)
            result = scan_field(&scan, line);
        if (result.verdict != HEAD_GOOD)
            return result.verdict == HEAD_BAD ? result
                                              : incomplete(&scan, bytes, /* in_request_line= */ false);
        if (line.size == 0)
            break;
    }
    const char *problem = framing_problem(&scan.framing, scan.version_1_1);
    if (problem != NULL)
        return bad(400, problem);
    result.size = (size_t)(scan.p - bytes.data);
    result.chunked = scan.framing.chunked;
    result.length = scan.framing.length;
    result.expects_continue = scan.framing.expects_continue;
    if (result.size + scan.memory + HEAD_ANSWER_BYTES > HEAD_POOL_BYTES)
        return bad(431, DETAIL_SIZE);
    result.room = HEAD_POOL_BYTES - HEAD_ANSWER_BYTES - result.size - scan.memory;
    return result;
}

struct slice head_path(struct slice target)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t size = strlen(schemes[i]);
        if (target.size <= size || strncasecmp(target.data, schemes[i], size) != 0 ||
            target.data[size] == '/')
            continue;
        const char *slash = memchr(target.data + size, '/', target.size - size);
        if (slash == NULL)
            return slice_of("/");
        return (struct slice){slash, target.size - (size_t)(slash - target.data)};
    }
    return target;
}
