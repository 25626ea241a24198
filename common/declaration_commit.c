#include "common/declaration_commit.h"

#include <stdlib.h>

#include "common/sql.h"

struct declaration_question declaration_question_of(const struct wire_record *record,
                                                    const struct declaration_input *input)
{
    return (struct declaration_question){.id = record->id,
                                         .accept_no = record->accept_no,
                                         .as_of_us = record->as_of_us,
                                         .lead_provider_id = record->caller_id,
                                         .input = input};
}

static void facts_params(struct db_params *params, const struct commit_entry *entries, size_t count)
{
    struct declaration_question *questions = memory_zero(count, sizeof *questions);

    for (size_t i = 0; i < count; i++)
        questions[i] = declaration_question_of(&entries[i].item->record, entries[i].context);
    declaration_facts_params(params, questions, count);
    free(questions);
}

const struct commit_kind declaration_commit = {.facts = &sql_declaration_facts, .facts_params = facts_params};
