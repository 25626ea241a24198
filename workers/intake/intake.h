/*
 * intake: what the files of ecf2-intake share. A batch is decoded (decode.c), stored (submissions.c, keys.c,
 * notes.c), then answered and sent on (main.c).
 */
#ifndef ECF2_WORKERS_INTAKE_INTAKE_H
#define ECF2_WORKERS_INTAKE_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/db.h"
#include "common/error.h"
#include "common/idempotency.h"
#include "common/kinds.h"
#include "common/wire.h"
#include "common/worker.h"

/* How far the millisecond in an id may be from the database's clock (pipeline.md PL-1). */
#define INTAKE_CLOCK_BOUND_SECONDS 60
/* How long after accept_by a commit may begin (PL-11): the front listens for 2 s, and who is told 503 asks 5
 * s later. What is left of these 7 s is the commit's own, which nothing can stop. */
#define INTAKE_GRACE_SECONDS 1
/* Characters of an id that found nobody, as far as they stand in the subject. */
#define INTAKE_SUBJECT_ID_MAX 64

/* What idempotency keys make of a submission (pipeline.md PL-15). */
enum intake_state {
    INTAKE_OPEN,   /* it has none, or nobody else holds its key: to be stored */
    INTAKE_BEHIND, /* `first`, of the same group, has its key */
    INTAKE_HELD,   /* another submission holds its key: `holder` */
    INTAKE_BUSY    /* another intake has one with its key in hand at this moment: given back */
};

/* A submission that is to be stored. */
struct intake_entry {
    struct work_item *item;
    const struct kind *kind;
    int64_t accepted_at_us; /* the millisecond in the id */
    bool has_given;         /* the payload gives a UUID that may be what kind->subject says */
    struct uuid given;
    struct slice otherwise; /* the subject where nobody is found; lives as long as the batch */
    uint8_t digest[32];     /* SHA-256 of what was asked */
    struct slice key;       /* idempotency key, empty = none; lives as long as the batch */
    enum intake_state state;
    const struct intake_entry *first; /* INTAKE_BEHIND */
    struct idempotency_holder holder; /* INTAKE_HELD */
    /* What the database said: */
    bool is_stored;
    int64_t accept_no, clock_us;
    struct slice subject; /* lives as long as the batch */
};

struct intake_batch {
    struct intake_entry entries[WIRE_BATCH_MAX];
    size_t count;
    int64_t token_ids[WIRE_BATCH_MAX]; /* of notes; may repeat */
    size_t token_count;
    struct intake_usage {
        struct slice payload; /* of a note of API requests; lives as long as the batch */
        size_t events;        /* that it tells of */
    } usage[WIRE_BATCH_MAX];
    size_t usage_count;
};

#define FOR_EACH_ENTRY(entry, batch)                                                                         \
    for (struct intake_entry *entry = (batch)->entries; entry < (batch)->entries + (batch)->count; entry++)

/* One array parameter: `element` is called for each entry in INTAKE_OPEN for which `condition` is true. */
#define INTAKE_ARRAY(params, batch, condition, element)                                                      \
    do {                                                                                                     \
        db_array_begin(params);                                                                              \
        FOR_EACH_ENTRY(entry, batch)                                                                         \
        {                                                                                                    \
            const struct wire_record *record = &entry->item->record;                                         \
            (void)record;                                                                                    \
            if (entry->state == INTAKE_OPEN && (condition))                                                  \
                element;                                                                                     \
        }                                                                                                    \
        db_array_end(params);                                                                                \
    } while (0)

/* Sorts out the records of a batch. What is neither a submission nor a note that intake knows is logged and
 * done with: a sibling made it, so it is no answer to a client. */
void intake_decode(struct work_item *items, size_t count, struct intake_batch *ret_batch);

/* A sibling made what intake cannot store: logged, and done with. */
void intake_drop(struct work_item *item, const char *reason);
/* Appends the subject of a submission of this kind and id for whom nobody is found: {kind}:{what was given}.
 * Nothing given: its own id, so that the nameless do not wait for each other. */
void intake_otherwise_subject(struct buffer *out, struct slice kind, const struct uuid *id,
                              struct slice given);
/* What becomes of an entry after the commit: acknowledged and sent on, told who holds its key, or refused. */
void intake_conclude(struct intake_entry *entry);
/* An insert failed: says in err what may be missing. False. */
bool intake_failed_to_insert(struct error *err);

/* ---- uploads.c: bulk requests ---- */

bool intake_is_upload(const struct work_item *item);
/* Stores an upload, which came alone, acknowledges it and wakes the scheduler. */
bool intake_upload(struct worker *worker, struct work_item *item, struct error *err)
    __attribute__((warn_unused_result));
/* The batch of the one entry that an upload is; of none, and dropped, when it cannot be one. */
void intake_begin_batch(struct intake_batch *ret_batch, struct work_item *item);

/* The first `characters` characters of UTF-8 text. */
struct slice intake_cut(struct slice text, size_t characters);

/* Stores the submissions in one transaction and says of each whether it is stored, now or before, or why it
 * is not to be (intake_state). */
bool intake_store(struct db *db, struct intake_batch *batch, struct error *err)
    __attribute__((warn_unused_result));

/* The parameters of sql_refuse_late, to be queued right before the commit. */
void intake_late_params(struct db_params *params, struct intake_batch *batch);

/* The earliest and latest accepted_at of the batch's entries. */
void intake_bounds(struct intake_batch *batch, int64_t *ret_from_us, int64_t *ret_until_us);

/* Whether somebody in the batch came with an idempotency key. */
bool intake_has_keys(struct intake_batch *batch);
/* Begins the transaction, takes the locks of the keys and looks who holds them: sets states. */
bool intake_keys_begin(struct db *db, struct intake_batch *batch, struct error *err)
    __attribute__((warn_unused_result));
/* Of several entries with one key that nobody holds, that with the smallest id stays INTAKE_OPEN. */
void intake_keys_choose(struct intake_batch *batch);
/* The parameters of sql_insert_keys. */
void intake_keys_params(struct db_params *params, struct intake_batch *batch);
/* After the commit: entries in INTAKE_BEHIND of one that is stored are INTAKE_HELD by it. */
void intake_keys_conclude(struct intake_batch *batch);

/* Writes the notes. They may be lost (PL-17), so a failure is logged and that is all. */
void intake_store_notes(struct db *db, const struct intake_batch *batch);

#endif
