/* Lines of a bulk request (front/ndjson.h), and what becomes of them on their way to intake
 * (common/upload.h): no byte is lost or seen twice, numbers are those of the line feeds, and intake reads
 * what the front has written. */
#include "tests/fuzz/fuzz.h"

#include "common/upload.h"
#include "front/ndjson.h"

static bool is_blank(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (strchr(" \t\r\n", text.data[i]) == NULL || text.data[i] == '\0')
            return false;
    return true;
}

static size_t feeds(struct slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += text.data[i] == '\n';
    return count;
}

/* The payload has each line up to the last that an upload may have; with its number. */
static void read_back(const struct buffer *payload, struct slice body)
{
    struct ndjson lines = {.rest = body};
    struct upload_reader reader;
    struct upload_line read;
    struct slice line, key;
    CHECK(upload_read(buffer_slice(payload), &reader, &key) && key.size == 0);
    while (upload_next(&reader, &read)) {
        CHECK(ndjson_next(&lines, &line));
        CHECK(read.number == lines.line && slice_equal(read.json, line));
        CHECK(read.is_rejected == (line.size % 2 == 1));
    }
    CHECK(!reader.bad);
}

static void split(struct slice body)
{
    struct ndjson lines = {.rest = body};
    struct buffer payload = BUFFER_INIT;
    struct slice line;
    const char *behind = body.data;
    size_t count = 0, last = 0, counted;
    upload_begin(&payload, (struct slice){NULL, 0});
    while (ndjson_next(&lines, &line)) {
        CHECK(line.size > 0 && !is_blank(line) && memchr(line.data, '\n', line.size) == NULL);
        CHECK(line.data >= behind && is_blank((struct slice){behind, (size_t)(line.data - behind)}));
        CHECK(lines.line == 1 + feeds((struct slice){body.data, (size_t)(line.data - body.data)}));
        CHECK(lines.line > last);
        last = lines.line;
        count++;
        behind = line.data + line.size;
        if (lines.line > UPLOAD_LINES_MAX)
            continue;
        if (line.size % 2 == 1)
            upload_add_rejection(&payload, (unsigned)lines.line, line);
        else
            upload_add_submission(&payload, (unsigned)lines.line, line);
    }
    CHECK(lines.rest.size == 0);
    CHECK(is_blank((struct slice){behind, body.size - (size_t)(behind - body.data)}));
    CHECK(ndjson_count(body, &counted) == count && counted == last);
    read_back(&payload, body);
    buffer_release(&payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size}, key;
    struct upload_reader reader;
    struct upload_line line;
    unsigned before = 0;
    char *copy = fuzz_copy(input);
    split((struct slice){copy, size});
    /* As the payload of a sibling. */
    if (upload_read((struct slice){copy, size}, &reader, &key))
        while (upload_next(&reader, &line)) {
            CHECK(line.number > before && line.number <= UPLOAD_LINES_MAX && line.json.size > 0);
            before = line.number;
        }
    free(copy);
    return 0;
}
