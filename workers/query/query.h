/*
 * query: what the files of ecf2-query share. A kind of read is one row of the table in reads.c and one
 * function below, in the file of its name; each gets all questions of its kind in a batch, runs one statement
 * for them (lists: a number of statements for each that does not depend on its length), and answers those
 * that it finds. The rest is 404, the same for what does not exist and what is somebody else's.
 */
#ifndef ECF2_WORKERS_QUERY_QUERY_H
#define ECF2_WORKERS_QUERY_QUERY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cache.h"
#include "common/db.h"
#include "common/error.h"
#include "common/slice.h"
#include "common/worker.h"

/* A read in hand. */
struct question {
    struct work_item *item;
    json_t *payload; /* owned */
    struct uuid id;  /* field `id`, for those that ask by one */
    bool is_answered;
    /* Where the front wants the answer cached (reads.c): */
    const char *scope, *key; /* borrowed from payload; NULL = nowhere */
    struct buffer entry;     /* what goes there; empty = nothing */
    struct cache_token token;
};

/* Text of a field of the payload; NULL where there is none. Borrowed from the question. */
const char *question_field(const struct question *question, const char *name);
/* Answers with status and body; extra may be empty. */
void question_answer(struct question *question, uint16_t status, struct slice extra, struct slice body);

/* Answers all questions of a batch. False, and nobody is answered, when the database fails. redis: for the
 * cache. */
bool reads_answer(struct db *db, struct redis *redis, struct work_item *items, size_t count,
                  struct error *err) __attribute__((warn_unused_result));

/* Questions of one kind. A question that is left unanswered found nothing. */
bool token_answer(struct db *db, struct question *questions, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool submission_answer(struct db *db, struct question *questions, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool batch_answer(struct db *db, struct question *questions, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool batch_results_answer(struct db *db, struct question *questions, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool declaration_answer(struct db *db, struct question *questions, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool submission_list_answer(struct db *db, struct question *questions, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool declaration_list_answer(struct db *db, struct question *questions, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool participant_answer(struct db *db, struct question *questions, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool participant_list_answer(struct db *db, struct question *questions, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool transfer_answer(struct db *db, struct question *questions, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool transfer_list_answer(struct db *db, struct question *questions, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool unfunded_mentor_answer(struct db *db, struct question *questions, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool unfunded_mentor_list_answer(struct db *db, struct question *questions, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool statement_answer(struct db *db, struct question *questions, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool statement_list_answer(struct db *db, struct question *questions, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool delivery_partner_answer(struct db *db, struct question *questions, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool delivery_partner_list_answer(struct db *db, struct question *questions, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool partnership_answer(struct db *db, struct question *questions, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool partnership_list_answer(struct db *db, struct question *questions, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool school_answer(struct db *db, struct question *questions, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool school_list_answer(struct db *db, struct question *questions, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool health_answer(struct db *db, struct question *questions, size_t count, struct error *err)
    __attribute__((warn_unused_result));

/* The question that a row is about: column `n`, from 1. NULL with ERROR_BUG when there is none. */
struct question *question_of_row(const PGresult *result, int row, int column, struct question *questions,
                                 size_t count, struct error *err);

#endif
