/*
 * subjects: one record of a subject is in a worker's hand at a time, over all services, in the order of
 * acceptance (architecture.md section 4, "order per person"). The promise is kept by the commit; this saves
 * the work that would be given back.
 *
 * The rule: while one is handed out, none of the others stands in a line. Else the one with the lowest
 * accept_no does, wherever it waits, unless it is delayed: then nobody, for a later one would only be given
 * back at the commit. So a subject stays with its lowest from stage to stage until it is done, and an earlier
 * one that arrives takes its turn as soon as nobody has a later one in hand.
 */
#include <stdlib.h>

#include "workers/broker/broker_private.h"

static bool accepted_before(const struct heap_node *a, const struct heap_node *b)
{
    const struct record *one = OWNER_OF(a, const struct record, subject_node);
    const struct record *other = OWNER_OF(b, const struct record, subject_node);
    if (one->accept_no != other->accept_no)
        return one->accept_no < other->accept_no;
    return one->arrival < other->arrival;
}

void subject_attach(struct broker *broker, struct record *record, struct slice key)
{
    struct subject *subject = NULL;
    if (key.size == 0)
        return;
    HASH_FIND(hh, broker->subjects, key.data, key.size, subject);
    if (subject == NULL) {
        subject = memory_zero(1, sizeof *subject + key.size);
        subject->waiting.before = accepted_before;
        subject->key_size = key.size;
        memcpy(subject->key, key.data, key.size);
        HASH_ADD_KEYPTR(hh, broker->subjects, subject->key, subject->key_size, subject);
    }
    subject->size++;
    record->subject = subject;
}

void subject_detach(struct broker *broker, struct record *record)
{
    struct subject *subject = record->subject;
    record->subject = NULL;
    if (subject == NULL)
        return;
    subject->size--;
    if (subject->size > 0) {
        subject_settle(subject, /* at_front= */ false);
        return;
    }
    HASH_DEL(broker->subjects, subject);
    free(subject);
}

void subject_settle(struct subject *subject, bool at_front)
{
    if (subject == NULL)
        return;
    struct record *turn = NULL;
    if (subject->handed_out == NULL && subject->waiting.first != NULL)
        turn = OWNER_OF(subject->waiting.first, struct record, subject_node);
    if (turn != NULL && turn->state == RECORD_DELAYED)
        turn = NULL;
    if (turn == subject->in_line)
        return;
    if (subject->in_line != NULL)
        line_take(subject->in_line);
    if (turn != NULL)
        line_put(turn, at_front);
    subject->in_line = turn;
}
