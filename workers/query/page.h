/*
 * page: a list of what a lead provider may see, in two statements: which records are on the page, planned for
 * the filters that are given; then what is shown of them, planned once. Both see one snapshot.
 *
 * With updated_since nothing may be missing that is changed by somebody who has looked at the clock and not
 * committed yet: such a list waits for them under a lock of class 3, which it holds until it has its snapshot
 * (pipeline.md PL-23). It is asked of the primary, where the locks are, and is never cached.
 *
 * So it may tell what no outcome has told yet, and what is told of 2 s later only (month-end, ecf2ctl).
 * Whoever then reads one of these records must not find it older: a list that tells of a change that young
 * touches the scope first, as an outcome does (PL-52).
 */
#ifndef ECF2_WORKERS_QUERY_PAGE_H
#define ECF2_WORKERS_QUERY_PAGE_H

#include "workers/query/query.h"

/* What differs between the lists. */
struct page_kind {
    const char *list; /* its scope's word (common/cache.h), which also says whose lock it takes */
    /* Rows of one column, the records' ids, or those that the API shows, in the order of the page. Its
     * parameters are the kind's own. */
    const struct db_statement *find;
    void (*find_params)(struct db_params *params, const struct question *question);
    /* What is shown of them, in the same order. Parameters: the ids, bigint[], or where it is not NULL those
     * of show_keys; then those of show_params, which may be NULL. */
    const struct db_statement *show;
    void (*show_keys)(struct db_params *params, const struct question *question, const PGresult *ids);
    void (*show_params)(struct db_params *params, const struct question *question);
    /* Appends the records, list_separate before each; *ret_latest_us is the latest updated_at among them. */
    bool (*render)(const struct question *question, const PGresult *rows, struct buffer *list,
                   int64_t *ret_latest_us, struct error *err);
};

/* Answers lists of one kind. */
bool page_answer(struct db *db, struct question *questions, size_t count, const struct page_kind *kind,
                 struct error *err) __attribute__((warn_unused_result));

#endif
