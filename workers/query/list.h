/*
 * list: what reads of many records share: the page that was asked for, filters as parameters, and how much a
 * batch may do.
 *
 * The payload is what the front makes of a query string (front/list.h): {"fields":{filter: …,"page":n,
 * "per_page":n}}, filters that were not given left out. It is canonical: equal questions have equal bytes,
 * and an answer depends on the caller, the kind, these bytes and the snapshot; on nothing else.
 */
#ifndef ECF2_WORKERS_QUERY_LIST_H
#define ECF2_WORKERS_QUERY_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/db.h"
#include "workers/query/query.h"

struct list_page {
    int64_t skip, take; /* records */
};

struct list_page list_page_of(const struct question *question);

/* Whether the filter was given. */
bool list_has(const struct question *question, const char *filter);
/* A number; 0 where it was not given. */
int64_t list_int(const struct question *question, const char *filter);
/* An instant, microseconds since 1970, likewise. */
int64_t list_instant(const struct question *question, const char *filter);
/* Filters as parameters; null where they were not given. */
void list_param_int(struct db_params *params, const struct question *question, const char *filter);
void list_param_ints(struct db_params *params, const struct question *question, const char *filter);
void list_param_texts(struct db_params *params, const struct question *question, const char *filter);
void list_param_text(struct db_params *params, const struct question *question, const char *filter);
void list_param_instant(struct db_params *params, const struct question *question, const char *filter);
/* The two parameters of a sort (front/list.h): what counts first, created_at where nothing is asked for, and
 * what counts then, null where nothing is. */
void list_param_sort(struct db_params *params, const struct question *question);

/*
 * Nobody of a batch is answered before all of it is done, and a page of 3 000 records is 2.5 MiB and takes as
 * long as a hundred other reads. So a batch makes lists until it has spent some time or memory on them; those
 * that are left over go back to the broker, who hands them to whoever has room.
 */
struct list_budget {
    int64_t ends_us; /* monotonic; 0 = not begun */
    size_t bytes;    /* of answers so far */
};

/* Whether there is something left. There always is before the first list of a batch, which begins it. */
bool list_budget_lasts(struct list_budget *budget);
/* Hands the question back, for a later batch of whoever has room. */
void list_put_off(struct question *question);
/* Answers with the list, which is whole, and empties it. */
void list_answer(struct question *question, struct list_budget *budget, struct buffer *list);

/* Writing a list: {"data":[…]}. */
void list_begin(struct buffer *list);
/* Before each element. */
void list_separate(struct buffer *list);
void list_end(struct buffer *list);

#endif
