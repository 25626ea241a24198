#include "common/partnership_commit.h"

#include <stdlib.h>

#include "common/sql.h"

static void facts_params(struct db_params *params, const struct commit_entry *entries, size_t count)
{
    struct partnership_question *questions = memory_zero(count, sizeof *questions);

    for (size_t i = 0; i < count; i++) {
        const struct wire_record *record = &entries[i].item->record;

        questions[i] = (struct partnership_question){
            .id = record->id, .lead_provider_id = record->caller_id, .input = entries[i].context};
    }
    partnership_facts_params(params, questions, count);
    free(questions);
}

static void update_facts_params(struct db_params *params, const struct commit_entry *entries, size_t count)
{
    struct partnership_update_question *questions = memory_zero(count, sizeof *questions);

    for (size_t i = 0; i < count; i++) {
        const struct wire_record *record = &entries[i].item->record;

        questions[i] = (struct partnership_update_question){
            .id = record->id, .lead_provider_id = record->caller_id, .input = entries[i].context};
    }
    partnership_update_facts_params(params, questions, count);
    free(questions);
}

const struct commit_kind partnership_commit = {.facts = &sql_partnership_facts, .facts_params = facts_params};
const struct commit_kind partnership_update_commit = {.facts = &sql_partnership_update_facts,
                                                      .facts_params = update_facts_params};
