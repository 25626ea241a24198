/*
 * commit: how anything is decided, in one place (pipeline.md sections 3 and 4). A kind gives its facts query,
 * its entries and its write; here are the locks, the look, the digests and the one transaction.
 *
 *   commit_init(&commit, worker, &kind, entries, count);
 *   for each entry: commit_add_key / commit_add_lock
 *   commit_begin(&commit, &err)                 locks, look, facts again: sets each entry's state
 *   … for the entries in COMMIT_OPEN: the write's parameters …
 *   commit_end(&commit, write, &params, &ret_written, &err)
 *   commit_conclude(&commit)                    what becomes of each item, and the answers of those decided
 * before commit_release(&commit)
 *
 * On false the caller returns false to the runtime, which rolls back.
 */
#ifndef ECF2_COMMON_COMMIT_H
#define ECF2_COMMON_COMMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/derived.h"
#include "common/worker.h"

/* Classes of advisory locks (pipeline.md section 3). */
enum lock_class { LOCK_GATE = 0, LOCK_KEY = 1, LOCK_STATEMENT = 2, LOCK_LIST = 3 };

enum commit_state {
    COMMIT_OPEN,    /* to be written */
    COMMIT_DECIDED, /* an outcome exists: it is told, nothing is written */
    COMMIT_DEAD,    /* an unresolved dead letter: dropped */
    COMMIT_EARLIER, /* an earlier one of the subject is undecided: given back */
    COMMIT_BUSY,    /* a lock of it is held by somebody for longer than we wait: given back (PL-22) */
    COMMIT_CROSSED, /* a key of it belongs to a smaller accept_no of this batch (PL-21): given back */
    COMMIT_MOVED    /* the facts are others now: back to validation */
};

struct commit_entry {
    struct work_item *item;
    struct slice digest; /* of the facts that were judged */
    void *context;       /* the kind's own */
    enum commit_state state;
    struct slice person_key; /* as the facts name the person now; empty = nobody; several: comma-separated */
    uint16_t stored_status;  /* COMMIT_DECIDED */
    struct slice stored_body;
    struct slice stored_scopes; /* empty where the outcome is old */
};

struct commit_kind {
    /* Rows id, digest, person_key; one for each entry. */
    const struct db_statement *facts;
    void (*facts_params)(struct db_params *params, const struct commit_entry *entries, size_t count);
};

struct commit_lock {
    enum lock_class class;
    int64_t number;   /* all classes but LOCK_KEY */
    struct slice key; /* LOCK_KEY */
    bool shared;
    size_t entry;
};

struct commit {
    struct worker *worker;
    const struct commit_kind *kind;
    struct commit_entry *entries;
    size_t count;
    struct commit_lock *locks;
    size_t lock_count, lock_capacity;
    struct derived_person *people; /* commit_add_person */
    struct derived_school *schools;
    size_t person_count, school_count;
    PGresult *look, *facts;
    int64_t now_us; /* the database's clock_timestamp() after the locks: api_updated_at (PL-23) */
};

void commit_init(struct commit *commit, struct worker *worker, const struct commit_kind *kind,
                 struct commit_entry *entries, size_t count);
void commit_release(struct commit *commit);

/* The subject's key is always added. key is borrowed until commit_release. */
void commit_add_key(struct commit *commit, size_t entry, struct slice key);
/* As facts name those whose rows may be written: a key, or several separated by commas. */
void commit_add_keys(struct commit *commit, size_t entry, struct slice keys);
/* number 0 is nothing to lock; of LOCK_LIST it is the lists that all providers see. */
void commit_add_lock(struct commit *commit, size_t entry, enum lock_class class, int64_t number, bool shared);

bool commit_begin(struct commit *commit, struct error *err) __attribute__((warn_unused_result));

/* What an entry writes changes this person, this school, whose keys and lists it has locked: commit_end
 * refreshes behind the write what is kept of them (common/derived.h). */
void commit_add_person(struct commit *commit, const struct derived_person *person);
void commit_add_school(struct commit *commit, const struct derived_school *school);

/* Runs write (NULL = nothing to write) and commits, in one round trip. *ret_written (may be NULL) is the
 * write's result, the caller's to PQclear. */
bool commit_end(struct commit *commit, const struct db_statement *write, const struct db_params *params,
                PGresult **ret_written, struct error *err) __attribute__((warn_unused_result));

/* Disposes of every item that is not COMMIT_OPEN, with the stored answer where there is one. */
void commit_conclude(struct commit *commit);

/* api_updated_at of what an entry writes: the database's clock after the locks, moved as the submission's
 * business clock is (PL-23). Where that is the machine's own, nothing differs. */
int64_t commit_updated_at_us(const struct commit *commit, const struct wire_record *record);
/* The same of what is not written: at this instant of machine time. */
int64_t commit_updated_at_us_if(int64_t now_us, const struct wire_record *record);

/* Counts one submission of this kind in ecf2_submissions_total; outcome: submission_outcomes.result, or
 * "dead". */
void commit_count(struct slice kind, const char *outcome);

/* Tells whoever waits an outcome that was just written, counts it (ecf2_submissions_total,
 * ecf2_decision_seconds), and finishes the item. result is submission_outcomes.result, scopes are its scopes:
 * touched before anybody is told. */
void commit_tell(struct work_item *item, const char *result, uint16_t status, struct slice body,
                 struct slice scopes);

/* Outcomes that change nothing else, or whose rows are written before them (commit_shown.h;
 * common/sql/insert_outcomes.sql). */
struct plain_outcome {
    const struct commit_entry *entry;
    const char *result; /* succeeded or rejected */
    uint16_t status;
    struct slice body;
    const char *resource_type;      /* may be NULL */
    const struct uuid *resource_id; /* may be NULL */
    struct slice fired;             /* rule names, comma separated */
    struct slice facts;
    const char *rules_version;
    struct slice scopes; /* cache scopes that show what is told here (cache.h), comma separated */
    bool has_rows;       /* this transaction has written what it tells of */
};
/* Writes them, commits, tells. outcomes are those of the entries in COMMIT_OPEN. Where one with has_rows
 * exists already, in spite of the locks, all is undone with ERROR_DB_CONFLICT: the next attempt's look finds
 * it (PL-32). */
bool commit_plain_outcomes(struct commit *commit, const struct plain_outcome *outcomes, size_t count,
                           struct error *err) __attribute__((warn_unused_result));

#endif
