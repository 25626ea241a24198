/*
 * participant_rules: may this be done with a participant's training? The four tables of lead-provider-api.md
 * 5 are rows of one shape, each in the file of its action (withdraw_rules.c, defer_rules.c, resume_rules.c,
 * change_schedule_rules.c); here are that shape, the loop, the trace, and the checks that all share (5.1).
 * Pure functions of what was sent, the facts, and today.
 *
 * An attribute that has failed is not checked again (3.8): so "the first failure of each group" of the
 * document needs no groups here: they are the titles.
 */
#ifndef ECF2_WORKERS_VALIDATION_PARTICIPANT_RULES_H
#define ECF2_WORKERS_VALIDATION_PARTICIPANT_RULES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/not_found.h"
#include "common/participant_facts.h"
#include "workers/validation/rules.h"

/* The titles of the public errors. */
#define PARTICIPANT_TITLES(X)                                                                                \
    X(NOT_FOUND, NOT_FOUND_TITLE)                                                                            \
    X(COURSE_IDENTIFIER, "course_identifier")                                                                \
    X(REASON, "reason")                                                                                      \
    X(SCHEDULE_IDENTIFIER, "schedule_identifier")                                                            \
    X(COHORT, "cohort")                                                                                      \
    X(PARTICIPANT_ID, "participant_id")

/* clang-format off */
enum participant_title {
#define X(name, title) TITLE_##name,
    PARTICIPANT_TITLES(X)
#undef X
    TITLE_COUNT
};
/* clang-format on */

/* All that a check looks at. */
struct participant_case {
    const struct participant_input *input;
    const struct participant_facts *facts;
    struct date today; /* London's, of the submission's as_of */
};

/* True = fails, and detail, of DETAIL_SIZE bytes, says why. */
typedef bool participant_check_fn(const struct participant_case *c, char *detail);
/* Adds what a row looked at to its trace. */
typedef void participant_see_fn(const struct participant_case *c, json_t *saw);

/* When a row runs, beside that its title has no error yet. */
enum participant_guard {
    RUNS_ALWAYS = 0,
    RUNS_WITH_TRAINING = BIT(0), /* A2 and A3 have found one */
    RUNS_WITH_TARGET = BIT(1),   /* a contract period in which a schedule is looked for */
    RUNS_CLEAN = BIT(2)          /* no error at all so far */
};

#define SEEN_BY_ROW_MAX 4
struct participant_rule {
    unsigned guard;
    participant_check_fn *check;
    enum participant_title title;
    const char *source;
    participant_see_fn *see[SEEN_BY_ROW_MAX];
};

#define PARTICIPANT_RULES_MAX 20
struct participant_table {
    const char *kind;
    const char
        *version; /* stored with each outcome; raised when a row says something else of the same facts */
    const struct participant_rule *rules;
    size_t count;
};

extern const struct participant_table withdraw_table, defer_table, resume_table, change_schedule_table;
/* By the name of its kind; NULL: it is none of the four. */
const struct participant_table *participant_table_find(struct slice kind);

struct participant_verdict {
    uint16_t status;                                 /* 0: accepted; 404, 422 */
    enum rule_result results[PARTICIPANT_RULES_MAX]; /* row by row */
    /* One of each title, in the order in which they failed. */
    struct {
        enum participant_title title;
        char detail[DETAIL_SIZE];
    } errors[TITLE_COUNT];
    size_t error_count;
};

void participant_validate(const struct participant_table *table, const struct participant_input *input,
                          const struct participant_facts *facts, int64_t now_us,
                          struct participant_verdict *ret_verdict);

const char *participant_title(enum participant_title title);
/* Appends {"errors":[{"title":…,"detail":…},…]}, the body of a 404 or 422. */
void participant_verdict_render(const struct participant_verdict *verdict, struct buffer *out);
/* Each row with what it saw; the array is the caller's. Nothing in it is another provider's but what an
 * error of the same table tells: that there is other training on a day. */
json_t *participant_trace(const struct participant_table *table, const struct participant_input *input,
                          const struct participant_facts *facts, int64_t now_us,
                          const struct participant_verdict *verdict);

/* ---- what the tables share */

participant_check_fn check_not_visible, check_course_missing, check_course_not_trained;
participant_see_fn see_participant, see_course, see_courses, see_reason, see_status, see_started,
    see_finished;

/* 5.1, at the beginning of each table. */
#define SHARED_RULES                                                                                         \
    {RUNS_ALWAYS, check_not_visible, TITLE_NOT_FOUND, "lead-provider-api.md 5.1/A1", {see_participant}},     \
        {RUNS_ALWAYS,                                                                                        \
         check_course_missing,                                                                               \
         TITLE_COURSE_IDENTIFIER,                                                                            \
         "lead-provider-api.md 5.1/A2",                                                                      \
         {see_course}},                                                                                      \
    {                                                                                                        \
        RUNS_ALWAYS, check_course_not_trained, TITLE_COURSE_IDENTIFIER, "lead-provider-api.md 5.1/A3",       \
        {                                                                                                    \
            see_course, see_courses                                                                          \
        }                                                                                                    \
    }
#define SHARED_RULE_COUNT 3

/* 4.1, 4.2 of the training that is looked at. */
enum training_status case_training_status(const struct participant_case *c);
enum participant_status case_participant_status(const struct participant_case *c);
/* Adds a day, null where it is none. */
void see_day(json_t *saw, const char *name, struct date date);
/* Adds a text as it was sent, cut; null where it is blank. */
void see_text(json_t *saw, const char *name, struct slice text);

/* W3, D4 and W4, W5, D5, D6: refused while it is withdrawn; before it has gone on for a day. what:
 * "withdrawn", "deferred". */
bool fails_begins_later(const struct participant_case *c, const char *what, char *detail);
bool fails_begins_today(const struct participant_case *c, const char *what, char *detail);
/* One of a list of words is needed (W1, W2, D1, D2): what was sent is blank, or none of them. */
bool fails_reason_blank(const struct participant_case *c, const char *list, char *detail);
bool fails_reason_unknown(const struct participant_case *c, bool is_known, const char *list, char *detail);

#endif
