/* uuid: makes, reads and writes UUIDs of RFC 9562. */
#include "common/uuid.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/token.h"

#define COUNTER_MAX 0xfffu /* rand_a has 12 bits */

void random_fill(void *ret_bytes, size_t size)
{
    uint8_t *bytes = ret_bytes;
    while (size > 0) {
        ssize_t got = getrandom(bytes, size, /* flags= */ 0);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            log_event(LOG_ERROR, "no_randomness", LOG_TEXT("detail", strerror(errno)), LOG_END);
            _exit(70); /* EX_SOFTWARE */
        }
        bytes += got;
        size -= (size_t)got;
    }
}

static void set_version(struct uuid *id, uint8_t version)
{
    id->bytes[6] = (uint8_t)((id->bytes[6] & 0x0f) | (version << 4));
    id->bytes[8] = (uint8_t)((id->bytes[8] & 0x3f) | 0x80);
}

struct uuid uuid_v4(void)
{
    struct uuid id;
    random_fill(id.bytes, sizeof(id.bytes));
    set_version(&id, 4);
    return id;
}

struct uuid uuid_v7(void)
{
    /* rand_a counts within a millisecond (RFC 9562 section 6.2, method 1). It starts at random in the lower
     * half, so that at least 2048 ids fit; more borrow from the next millisecond. A clock that steps back is
     * waited out by counting on from the last time. */
    static _Thread_local uint64_t last_ms;
    static _Thread_local unsigned counter;

    struct uuid id = {{0}};
    /* One system call an id (0.3 µs): random bytes kept for later would be the same in both processes after
     * fork(). */
    random_fill(id.bytes + 6, sizeof(id.bytes) - 6);

    uint64_t now_ms = (uint64_t)(machine_now_us() / 1000);
    if (now_ms > last_ms) {
        last_ms = now_ms;
        counter = ((unsigned)id.bytes[6] << 8 | id.bytes[7]) & (COUNTER_MAX >> 1);
    } else if (counter < COUNTER_MAX) {
        counter++;
    } else {
        last_ms++;
        counter = 0;
    }

    for (int i = 0; i < 6; i++)
        id.bytes[i] = (uint8_t)(last_ms >> (40 - 8 * i));
    id.bytes[6] = (uint8_t)(counter >> 8);
    id.bytes[7] = (uint8_t)counter;
    set_version(&id, 7);
    return id;
}

int64_t uuid_v7_time_us(const struct uuid *id)
{
    uint64_t ms = 0;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | id->bytes[i];
    return (int64_t)ms * 1000;
}

bool uuid_is_v7(const struct uuid *id)
{
    return id->bytes[6] >> 4 == 7 && id->bytes[8] >> 6 == 2;
}

static bool has_hyphen_before(int byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

bool uuid_parse(struct slice text, struct uuid *ret_id)
{
    if (text.size != UUID_TEXT_SIZE - 1)
        return false;
    struct uuid id;
    const char *p = text.data;
    for (int i = 0; i < 16; i++) {
        if (has_hyphen_before(i) && *p++ != '-')
            return false;
        int high = hex_value(*p++), low = hex_value(*p++);
        if (high < 0 || low < 0)
            return false;
        id.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *ret_id = id;
    return true;
}

void uuid_format(const struct uuid *id, char ret_text[UUID_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    char *p = ret_text;
    for (int i = 0; i < 16; i++) {
        if (has_hyphen_before(i))
            *p++ = '-';
        *p++ = digits[id->bytes[i] >> 4];
        *p++ = digits[id->bytes[i] & 0x0f];
    }
    *p = '\0';
}

bool uuid_equal(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}
