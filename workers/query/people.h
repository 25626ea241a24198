/*
 * people: what reads of people share (participants, their transfers, unfunded mentors): each is asked for by
 * participant id or as a page, and shown by one statement for pairs of a person and a lead provider; whom the
 * provider may not see has no rows.
 */
#ifndef ECF2_WORKERS_QUERY_PEOPLE_H
#define ECF2_WORKERS_QUERY_PEOPLE_H

#include "common/participant_view.h"
#include "workers/query/query.h"

#define PEOPLE_COLUMNS_MAX PARTICIPANT_COLUMN_COUNT

/* What differs. */
struct people_view {
    /* Rows in the order of the keys; column n is the number of the key, from 1. */
    const struct db_statement *show;
    void (*params)(struct db_params *params, const struct participant_key *keys, size_t count);
    bool (*columns)(const PGresult *rows, int ret_columns[], struct error *err);
    /* Appends the resource whose rows begin at *row and moves *row behind them. */
    bool (*append)(const PGresult *rows, int *row, const int columns[], struct buffer *out,
                   int64_t *ret_updated_us, struct error *err);
};

/* Answers questions by participant id. */
bool people_answer(struct db *db, struct question *questions, size_t count, const struct people_view *view,
                   struct error *err) __attribute__((warn_unused_result));

/* For pages (page.h). find_params: who asks, updated_since, the order, the page. */
void people_page_params(struct db_params *params, const struct question *question);
/* show_keys and render. */
void people_page_keys(struct db_params *params, const struct question *question, const PGresult *ids,
                      const struct people_view *view);
bool people_page_render(const PGresult *rows, const struct people_view *view, struct buffer *list,
                        int64_t *ret_latest_us, struct error *err) __attribute__((warn_unused_result));

#endif
