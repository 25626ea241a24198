/*
 * read: asks the query worker on behalf of a request and passes its answer on.
 */
#ifndef ECF2_FRONT_READ_H
#define ECF2_FRONT_READ_H

#include "common/buffer.h"
#include "common/slice.h"
#include "front/errands.h"

struct request;

/* Asks what `kind` reads by these fields, a JSON object, and answers with what comes; or with the answer that
 * an equal request waits for (cached.h). */
void read_ask(struct request *request, const char *kind, struct slice fields);
/* GET of a list, by the filters and the page of its query; 400 when they cannot be read (lead-provider-api.md
 * 3.2, steps 5 and 6a). */
void read_list(struct request *request, const char *kind);
/* GET of a record by the {id} of the path, and the filters of its route. An id that is no UUID is not found,
 * at once. */
void read_by_id(struct request *request, const char *kind);
/* Fills the record of an errand: kind, payload, and whose it is. as_of_us is business time, deadline_us
 * machine time. */
void read_fill(struct errand *errand, struct loop *loop, const char *kind, const char *trace,
               struct slice payload, int64_t caller_id, int64_t token_id, int64_t as_of_us,
               int64_t deadline_us);

#endif
