/* handshakes: see handshakes.h. */
#include "workers/broker/handshakes.h"

#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"

void handshakes_began(struct handshakes *handshakes, int fd)
{
    (void)handshakes_ended(handshakes, fd); /* its number was given again: that it ended was never told */
    if (handshakes->count == handshakes->capacity) {
        handshakes->capacity = handshakes->capacity == 0 ? 16 : 2 * handshakes->capacity;
        handshakes->pending =
            memory_grow(handshakes->pending, handshakes->capacity, sizeof *handshakes->pending);
    }
    handshakes->pending[handshakes->count++] = fd;
}

void handshakes_greeted(struct handshakes *handshakes)
{
    if (handshakes->count > 0) /* else it began before anybody looked */
        handshakes->count--;
}

bool handshakes_ended(struct handshakes *handshakes, int fd)
{
    for (size_t i = 0; i < handshakes->count; i++) {
        if (handshakes->pending[i] != fd)
            continue;
        handshakes->count--;
        memmove(handshakes->pending + i, handshakes->pending + i + 1,
                (handshakes->count - i) * sizeof *handshakes->pending);
        return true;
    }
    return false;
}

void handshakes_release(struct handshakes *handshakes)
{
    free(handshakes->pending);
    *handshakes = (struct handshakes){0};
}
