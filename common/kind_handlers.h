/*
 * kind_handlers: which function of a worker decides which kind of submission. A batch holds whatever waited,
 * so it may hold several kinds; each function gets those of its kind, together.
 */
#ifndef ECF2_COMMON_KIND_HANDLERS_H
#define ECF2_COMMON_KIND_HANDLERS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/worker.h"

struct kind_handler {
    const char *kind; /* a name of common/kinds.h */
    bool (*handle)(struct worker *worker, struct work_item *items, size_t count, struct error *err);
};

/* Decides a batch by the rows of a table, a NULL kind at its end: brings the items of each kind together, in
 * the order in which they came, and calls its function where there are any. False with ERROR_WIRE, and nobody
 * was called, when an item is of no kind of the table; false when one of them says so: what an earlier one
 * has committed by then is found decided when it is tried again. */
bool kind_handlers_run(const struct kind_handler *handlers, struct worker *worker, struct work_item *items,
                       size_t count, struct error *err) __attribute__((warn_unused_result));

#endif
