/*
 * partnership_shown: the end of a write of partnerships: the statement that GET uses, and the bodies of its
 * rows (conclusion.h).
 */
#ifndef ECF2_WORKERS_VALIDATION_PARTNERSHIP_SHOWN_H
#define ECF2_WORKERS_VALIDATION_PARTNERSHIP_SHOWN_H

#include "workers/validation/judgement.h"

/* Queues the show of each one's resource_id to its caller, on its day. */
void partnership_show_queue(struct db *db, struct judgement *const *accepted, size_t count);
/* From its rows: the bodies. has_id: false where the id was drawn for a row that will not be (a dry run). */
bool partnership_show_read(const PGresult *shown, struct judgement *const *accepted, size_t count,
                           bool (*has_id)(const struct judgement *one), struct error *err)
    __attribute__((warn_unused_result));

#endif
