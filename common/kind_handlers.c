/* kind_handlers: see kind_handlers.h. */
#include "common/kind_handlers.h"

#include <string.h>

static bool is_of(const struct work_item *item, const struct kind_handler *handler)
{
    return slice_equal(item->record.kind, slice_of(handler->kind));
}

static bool is_known(const struct kind_handler *handlers, const struct work_item *item)
{
    for (const struct kind_handler *handler = handlers; handler->kind != NULL; handler++)
        if (is_of(item, handler))
            return true;
    return false;
}

/* Moves the items of a kind to the front, the others behind them, each in their order; how many there are.
 * Nearly always a batch is of one kind, and nothing moves. */
static size_t bring_to_front(struct work_item *items, size_t count, const struct kind_handler *handler)
{
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        if (!is_of(&items[i], handler))
            continue;
        if (i != used) {
            const struct work_item moved = items[i];

            memmove(&items[used + 1], &items[used], (i - used) * sizeof items[0]);
            items[used] = moved;
        }
        used++;
    }
    return used;
}

bool kind_handlers_run(const struct kind_handler *handlers, struct worker *worker, struct work_item *items,
                       size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (!is_known(handlers, &items[i]))
            return error_set(err, ERROR_WIRE, "a kind of submission that this version does not know");
    for (const struct kind_handler *handler = handlers; handler->kind != NULL; handler++) {
        const size_t used = bring_to_front(items, count, handler);

        if (used > 0 && !handler->handle(worker, items, used, err))
            return false;
        items += used;
        count -= used;
    }
    return true;
}
