/*
 * intake: what the files of ecf2-intake share. A batch is decoded (decode.c), stored (submissions.c,
 * notes.c), then answered and sent on (main.c).
 */
#ifndef ECF2_WORKERS_INTAKE_INTAKE_H
#define ECF2_WORKERS_INTAKE_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/db.h"
#include "common/error.h"
#include "common/kinds.h"
#include "common/wire.h"
#include "common/worker.h"

/* How far the millisecond in an id may be from the database's clock (pipeline.md PL-1). */
#define INTAKE_CLOCK_BOUND_SECONDS 60
/* Characters of an id that found nobody, as far as they stand in the subject. */
#define INTAKE_SUBJECT_ID_MAX 64

/* A submission that is to be stored. */
struct intake_entry {
    struct work_item *item;
    const struct kind *kind;
    int64_t accepted_at_us; /* the millisecond in the id */
    bool has_given;         /* the payload gives a UUID that may be what kind->subject says */
    struct uuid given;
    struct slice otherwise; /* the subject where nobody is found; lives as long as the batch */
    uint8_t digest[32];     /* SHA-256 of the payload as received */
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
};

/* Sorts out the records of a batch. What is neither a submission nor a note that intake knows is logged and
 * done with: a sibling made it, so it is no answer to a client. */
void intake_decode(struct work_item *items, size_t count, struct intake_batch *ret_batch);

/* The first `characters` characters of UTF-8 text. */
struct slice intake_cut(struct slice text, size_t characters);

/* Stores the submissions in one transaction and says of each whether it is stored, now or before. */
bool intake_store(struct db *db, struct intake_batch *batch, struct error *err)
    __attribute__((warn_unused_result));

/* Writes the notes. They may be lost (PL-17), so a failure is logged and that is all. */
void intake_store_notes(struct db *db, const struct intake_batch *batch);

#endif
