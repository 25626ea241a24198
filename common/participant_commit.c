#include "common/participant_commit.h"

#include <stdlib.h>

#include "common/sql.h"

static void facts_params(struct db_params *params, const struct commit_entry *entries, size_t count)
{
    struct participant_question *questions = memory_zero(count, sizeof *questions);

    for (size_t i = 0; i < count; i++) {
        const struct wire_record *record = &entries[i].item->record;

        questions[i] = (struct participant_question){.id = record->id,
                                                     .as_of_us = record->as_of_us,
                                                     .lead_provider_id = record->caller_id,
                                                     .input = entries[i].context};
    }
    participant_facts_params(params, questions, count);
    free(questions);
}

const struct commit_kind participant_commit = {.facts = &sql_participant_facts, .facts_params = facts_params};
