/*
 * sandbox: a world of invented people on the real reference data, as a directory that `ecf2ctl import` loads.
 *
 *   sandbox.c               the command
 *   sandbox_reference.c     reads schema/reference into the world
 *   sandbox_places.c        schools, partnerships, contracts, statements, tokens
 *   sandbox_people.c        what mentors and ECTs have in common; mentors
 *   sandbox_ects.c          ECTs and what happens to them
 *   sandbox_declarations.c  what providers declared about them, as the rules of declarations.md would have
 * had it sandbox_random.c, sandbox_names.c, sandbox_write.c
 *
 * The same participants, seed, today and reference data give the same bytes. Nothing lies in the future but
 * what the product lets lie there, and nothing is submitted today: the world ends yesterday.
 */
#ifndef ECF2_WORKERS_CTL_SANDBOX_H
#define ECF2_WORKERS_CTL_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/london.h"
#include "common/uuid.h"
#include "workers/ctl/sandbox_random.h"
#include "workers/ctl/sandbox_write.h"

#define SANDBOX_YEARS_MAX      12
#define SANDBOX_PROVIDERS_MAX  32
#define SANDBOX_STATEMENTS_MAX 48 /* of a provider and contract period */
#define SANDBOX_PARTNERS_EACH  4  /* delivery partners of a provider */
#define SANDBOX_SCHEDULES      12
#define SANDBOX_TYPES          9

enum sandbox_term { SEPTEMBER, JANUARY, APRIL };
enum sandbox_kind { STANDARD, EXTENDED, REDUCED, REPLACEMENT };

struct sandbox_period { /* a contract period */
    int year;
    struct date started_on, finished_on, frozen_on; /* frozen_on: DATE_NONE = not */
    bool mentor_funding, detailed_evidence, uplifts;
};

struct sandbox_window { /* a milestone */
    bool exists;
    struct date from, until; /* until: DATE_NONE = no end */
};

struct sandbox_statement {
    int year, month;
    bool output, used; /* used: some declaration is on it, so that it can have been authorised */
    struct date deadline, payment;
};

struct sandbox_provider {
    char *name;
    char token[64]; /* the name in lower case with hyphens (lead-provider-api.md 3.1, 9) */
    bool active[SANDBOX_YEARS_MAX];
    size_t partners[SANDBOX_PARTNERS_EACH];
    size_t statement_count[SANDBOX_YEARS_MAX];
    struct sandbox_statement statements[SANDBOX_YEARS_MAX][SANDBOX_STATEMENTS_MAX];
};

struct sandbox_school {
    int urn;
    bool premium[SANDBOX_YEARS_MAX], sparse[SANDBOX_YEARS_MAX]; /* uplifts */
};

/* What a school does in a contract period. */
enum sandbox_choice { NOTHING, PARTNERED, INTERESTED, SCHOOL_LED };

struct sandbox_plan {
    enum sandbox_choice choice;
    uint8_t provider, partner; /* partner: one of the provider's */
};

struct sandbox_place { /* a school that has people */
    const struct sandbox_school *school;
    size_t body; /* appropriate body */
    struct sandbox_plan plans[SANDBOX_YEARS_MAX];
    size_t people;                     /* to be invented there */
    size_t first_mentor, mentor_count; /* of the world's mentors */
};

struct sandbox_person {
    char reference[UUID_TEXT_SIZE]; /* TRN, or participant id where there is none */
    struct uuid id;
    char trn[8]; /* empty = none */
    char first[32], last[32], email[96];
};

struct sandbox_mentor {
    char reference[UUID_TEXT_SIZE];
    struct date from, until; /* at the school; until: DATE_NONE = still there */
};

/* A training period while a life is being made up. */
struct sandbox_training {
    size_t stay; /* which of the person's school periods */
    size_t period;
    enum sandbox_choice choice; /* PARTNERED, INTERESTED or SCHOOL_LED */
    size_t provider, partner;   /* provider: of the interest, too */
    enum sandbox_kind kind;
    enum sandbox_term term;
    struct date from, until; /* until: DATE_NONE = open */
    int64_t withdrawn_us, deferred_us;
    const char *reason;
};

struct sandbox_stay { /* a school period */
    const struct sandbox_place *place;
    struct date from, until;
};

struct sandbox_mentoring {
    size_t stay;
    const struct sandbox_mentor *mentor;
    struct date from, until;
};

#define SANDBOX_STAYS_MAX 4
/* A person in one role. */
struct sandbox_life {
    struct sandbox_person person;
    bool is_mentor;
    int64_t marker_us;       /* first became eligible; INSTANT_NONE = not */
    struct date planned_end; /* of the induction */
    size_t stay_count, training_count, mentoring_count;
    struct sandbox_stay stays[SANDBOX_STAYS_MAX];
    struct sandbox_training trainings[SANDBOX_STAYS_MAX];
    struct sandbox_mentoring mentorings[SANDBOX_STAYS_MAX];
    struct date completed_on; /* date of the live completed declaration; DATE_NONE = none */
    size_t frozen_year;       /* the contract period left because it was frozen; SIZE_MAX = none */
    bool failed;              /* the induction, instead of passed */
    bool quiet;               /* nothing is declared */
};

/* What the first request of a fresh system can be; person empty until one was found. */
struct sandbox_request {
    char participant_id[UUID_TEXT_SIZE];
    const struct sandbox_provider *provider;
    const struct sandbox_period *period;
    int64_t declared_us;
};

struct sandbox_files {
    struct sandbox_file teachers, records, stays, trainings, mentorings, inductions, declarations;
};

struct sandbox_world {
    const char *reference, *directory; /* borrowed */
    struct date today;
    struct sandbox_random random;
    size_t current; /* the contract period that contains today */
    size_t participants;
    uint64_t person_number;

    size_t period_count;
    struct sandbox_period periods[SANDBOX_YEARS_MAX];
    struct sandbox_window windows[SANDBOX_YEARS_MAX][SANDBOX_SCHEDULES][SANDBOX_TYPES];
    size_t provider_count;
    struct sandbox_provider providers[SANDBOX_PROVIDERS_MAX];
    size_t partner_count, body_count, school_count, place_count, mentor_count, mentor_capacity;
    char **partners;
    char **bodies; /* teaching school hubs */
    struct sandbox_school *schools;
    struct sandbox_place *places;
    struct sandbox_mentor *mentors;

    struct sandbox_files files;
    struct sandbox_request request;
};

bool sandbox_read_reference(struct sandbox_world *world, struct error *err)
    __attribute__((warn_unused_result));
/* Calls take for each row of REFERENCE/NAME.csv with the fields of these columns (at most 16), in this order.
 */
typedef bool sandbox_row_fn(struct sandbox_world *world, const struct slice *fields, void *context);
bool sandbox_each_row(struct sandbox_world *world, const char *name, const char *const *columns, size_t count,
                      sandbox_row_fn *take, void *context, struct error *err)
    __attribute__((warn_unused_result));
/* The number of the contract period of that year; SIZE_MAX = none. */
size_t sandbox_period_of(const struct sandbox_world *world, struct slice year);
size_t sandbox_provider_of(const struct sandbox_world *world, struct slice name);

/* Schools and what belongs to them: before the people. */
bool sandbox_make_places(struct sandbox_world *world, struct error *err) __attribute__((warn_unused_result));
/* Statements: after the declarations, which say which statements can have been paid. */
bool sandbox_write_statements(struct sandbox_world *world, struct error *err)
    __attribute__((warn_unused_result));

bool sandbox_open_people(struct sandbox_world *world, struct error *err) __attribute__((warn_unused_result));
bool sandbox_close_people(struct sandbox_world *world, struct error *err) __attribute__((warn_unused_result));
void sandbox_invent(struct sandbox_world *world, struct sandbox_person *ret_person);
/* Writes all rows of a person in one role; the declarations first, because they can end the training. */
void sandbox_write_life(struct sandbox_world *world, struct sandbox_life *life);
void sandbox_make_mentors(struct sandbox_world *world, size_t place, size_t count);
void sandbox_make_ects(struct sandbox_world *world, size_t place, size_t count);
void sandbox_declare(struct sandbox_world *world, struct sandbox_life *life);

/* The earliest output statement of the provider and contract period whose deadline is not before day; NULL =
 * none. */
struct sandbox_statement *sandbox_statement_for(struct sandbox_world *world, size_t provider, size_t period,
                                                struct date day);
const char *sandbox_statement_status(const struct sandbox_world *world,
                                     const struct sandbox_statement *statement);
void sandbox_schedule_name(enum sandbox_kind kind, enum sandbox_term term, char ret_name[40]);
/* That day at this hour and minute in London, with some seconds. */
int64_t sandbox_at(struct sandbox_world *world, struct date day, int hour);
struct date sandbox_day(int year, int month, int day);

static inline bool date_before(struct date a, struct date b)
{
    return a.day < b.day;
}
static inline struct date date_earlier(struct date a, struct date b) /* none counts as the end of time */
{
    return !date_is_set(a) ? b : !date_is_set(b) ? a : a.day < b.day ? a : b;
}
static inline struct date date_later(struct date a, struct date b)
{
    return a.day > b.day ? a : b;
}

#endif
