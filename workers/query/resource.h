/*
 * resource: what the reads of one resource share: its records are shown by one statement and one renderer,
 * asked for by their ids or found by a list (page.h).
 */
#ifndef ECF2_WORKERS_QUERY_RESOURCE_H
#define ECF2_WORKERS_QUERY_RESOURCE_H

#include "workers/query/query.h"

#define RESOURCE_COLUMNS_MAX 16

struct resource {
    /* Rows: one for each record that is found. Parameters: the ids that the API shows, uuid[]; the lead
     * providers who ask, bigint[]; then those of add_params. Those behind the first are one for each id, the
     * last one for the rest too: so a list, which one asks for, has one. */
    const struct db_statement *show;
    /* Appends the rest as arrays, one element for each question; may be NULL. */
    void (*add_params)(struct db_params *params, const struct question *questions, size_t count);
    /* The columns of a row: "n", the number of its id, from 1; "updated_us"; what append wants. */
    const char *const *columns;
    size_t column_count;
    /* Appends the resource of a row. */
    bool (*append)(const PGresult *rows, int row, const int columns[], struct buffer *out, struct error *err);
};

/* Answers questions of records by their ids. */
bool resource_answer(struct db *db, struct question *questions, size_t count, const struct resource *resource,
                     struct error *err) __attribute__((warn_unused_result));
/* For a list (struct page_kind): the parameters behind the ids, and the records of a page. */
void resource_show_params(struct db_params *params, const struct question *question,
                          const struct resource *resource);
bool resource_render_page(const PGresult *rows, const struct resource *resource, struct buffer *list,
                          int64_t *ret_latest_us, struct error *err) __attribute__((warn_unused_result));

#endif
