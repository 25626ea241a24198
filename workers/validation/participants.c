/*
 * participants: a batch of one of the four actions: decode, load facts, run the rules, conclude
 * (conclusion.h). The rules are withdraw_rules.c and its neighbours, what is decided of an acceptance is
 * participant_effects.c.
 */
#include "workers/validation/participants.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/dry_run.h"
#include "common/moved_lists.h"
#include "common/participant_commit.h"
#include "common/participant_view.h"
#include "common/sql.h"
#include "workers/validation/conclusion.h"
#include "workers/validation/validation.h"

static void action_release(struct participant_action *one)
{
    judgement_release(&one->judgement);
    if (one->has_input)
        participant_input_release(&one->input);
    if (one->has_facts)
        participant_facts_release(&one->facts);
    buffer_release(&one->school_key);
    free(one->changes.lines);
    free(one->changes.values);
}

static bool decode(const struct participant_kind *kind, struct work_item *items,
                   struct participant_action *actions, struct judgement **judgements, size_t count,
                   struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct participant_action *one = &actions[i];

        one->has_input =
            participant_input_decode(items[i].record.payload, kind->changes_schedule, &one->input, err);
        if (!one->has_input)
            return false;
        one->kind = kind;
        one->judgement.item = &items[i];
        one->judgement.context = &one->input;
        one->judgement.own = one;
        judgements[i] = &one->judgement;
    }
    return true;
}

/* ------------------------------------------------------------------- rules */

/* Everybody who sees the participant, and their declarations, whose visibility hangs on the training (7.1);
 * how many a partnership trains. */
static struct moved_lists lists_of(const struct participant_action *one)
{
    return (struct moved_lists){.lead_provider_id = one->judgement.item->record.caller_id,
                                .declaration_ids = one->facts.lead_provider_ids,
                                .declaration_count = one->facts.lead_provider_count,
                                .participant_ids = one->facts.lead_provider_ids,
                                .participant_count = one->facts.lead_provider_count,
                                .partnerships = true,
                                .schools = one->moves_school};
}

static void accept(const struct participant_kind *kind, struct participant_action *one)
{
    kind->decide(one);
    const struct moved_lists lists = lists_of(one);
    lists_scopes(&lists, &one->judgement.scopes);
    buffer_printf(&one->school_key, "school:%" PRId64, one->facts.training.school_id);
    one->judgement.resource_id = one->facts.teacher.api_id;
}

static void reject(const struct participant_kind *kind, struct participant_action *one,
                   const struct participant_verdict *verdict)
{
    participant_verdict_render(verdict, &one->judgement.body);
    for (size_t row = 0; row < kind->table->count; row++)
        if (verdict->results[row] == RULE_FAILED)
            judgement_add_fired(&one->judgement, kind->table->rules[row].source);
}

static bool judge(const struct participant_kind *kind, struct participant_action *one, struct error *err)
{
    const int64_t now_us = one->judgement.item->record.as_of_us;
    struct participant_verdict verdict;

    one->has_facts = participant_facts_decode(one->judgement.facts, &one->facts, err);
    if (!one->has_facts)
        return false;
    participant_validate(kind->table, &one->input, &one->facts, now_us, &verdict);
    one->judgement.status = verdict.status;
    if (work_is_dry_run(one->judgement.item))
        one->judgement.rules = participant_trace(kind->table, &one->input, &one->facts, now_us, &verdict);
    if (verdict.status == 0)
        accept(kind, one);
    else
        reject(kind, one, &verdict);
    return true;
}

/* -------------------------------------------------------------- conclusion */

static void add_locks(struct commit *commit, size_t entry, struct judgement *accepted)
{
    const struct participant_action *one = accepted->own;
    const struct moved_lists lists = lists_of(one);

    if (one->moves_school)
        commit_add_key(commit, entry, buffer_slice(&one->school_key));
    lists_lock(commit, entry, &lists);
}

static size_t queue_derived(struct db *db, struct participant_action *const *actions, size_t count)
{
    struct derived_person *people = memory_zero(count, sizeof *people);
    struct derived_school *schools = memory_zero(count, sizeof *schools);
    size_t school_count = 0, queued;

    for (size_t i = 0; i < count; i++) {
        people[i] = (struct derived_person){.teacher_id = actions[i]->facts.teacher.id,
                                            .as_of_us = actions[i]->judgement.item->record.as_of_us,
                                            .updated_at_us = actions[i]->updated_at_us,
                                            .shows_participant = true};
        if (actions[i]->moves_school)
            schools[school_count++] =
                (struct derived_school){.school_id = actions[i]->facts.training.school_id,
                                        .updated_at_us = actions[i]->updated_at_us};
    }
    queued = derived_queue_people(db, people, count) + derived_queue_schools(db, schools, school_count);
    free(people);
    free(schools);
    return queued;
}

static void queue_show(struct db *db, struct participant_action *const *actions, size_t count)
{
    struct participant_key *keys = memory_zero(count, sizeof *keys);
    struct db_params params = DB_PARAMS_INIT;

    for (size_t i = 0; i < count; i++)
        keys[i] = (struct participant_key){.teacher_id = actions[i]->facts.teacher.id,
                                           .lead_provider_id = actions[i]->judgement.item->record.caller_id,
                                           .today = london_date(actions[i]->judgement.item->record.as_of_us)};
    participant_params(&params, keys, count);
    db_queue(db, &sql_show_participants, &params);
    db_params_release(&params);
    free(keys);
}

/* All are of one kind. */
static size_t queue(struct commit *commit, struct judgement *const *accepted, size_t count)
{
    const struct participant_kind *kind = ((const struct participant_action *)accepted[0]->own)->kind;
    struct db *db = worker_db(commit->worker);
    struct participant_action **actions = memory_zero(count, sizeof(struct participant_action *));
    struct db_params params = DB_PARAMS_INIT;
    size_t queued;

    for (size_t i = 0; i < count; i++) {
        actions[i] = accepted[i]->own;
        actions[i]->updated_at_us = commit_updated_at_us(commit, &accepted[i]->item->record);
    }
    kind->params(&params, actions, count);
    db_queue(db, kind->write, &params);
    db_params_release(&params);
    queued = 1 + queue_derived(db, actions, count) + 1;
    queue_show(db, actions, count);
    free(actions);
    return queued;
}

static bool read_shown(const PGresult *shown, struct judgement *const *accepted, size_t count,
                       struct error *err)
{
    int columns[PARTICIPANT_COLUMN_COUNT];
    int64_t updated_us;
    size_t bodies = 0;

    if (!participant_columns(shown, columns, err))
        return false;
    for (int row = 0; row < PQntuples(shown); bodies++) {
        const int64_t number = participant_number(shown, row, columns);

        if (number < 1 || (uint64_t)number > count)
            return error_set(err, ERROR_BUG, "a participant is shown who was not asked for");
        struct buffer *body = &accepted[number - 1]->body;
        buffer_append_text(body, "{\"data\":");
        if (!participant_append_rows(shown, &row, columns, body, &updated_us, err))
            return false;
        buffer_append_char(body, '}');
    }
    return bodies == count || error_set(err, ERROR_BUG, "a participant is not shown who was written");
}

/* ------------------------------------------------------------------- kinds */

static bool validate(const struct participant_kind *kind, struct worker *worker, struct work_item *items,
                     size_t count, struct error *err)
{
    const struct conclusion_kind conclusion = {.commit = &participant_commit,
                                               .rules_version = kind->table->version,
                                               .resource_type = "participant",
                                               .add_locks = add_locks,
                                               .queue = queue,
                                               .read = read_shown};
    struct participant_action *actions = memory_zero(count, sizeof *actions);
    struct judgement **judgements = memory_zero(count, sizeof *judgements);
    PGresult *result = NULL;
    bool good = decode(kind, items, actions, judgements, count, err) &&
                judgements_load_facts(worker, &participant_commit, judgements, count, &result, err);

    for (size_t i = 0; good && i < count; i++)
        good = judge(kind, &actions[i], err);
    good = good && judgements_conclude(worker, &conclusion, judgements, count, err);
    for (size_t i = 0; i < count; i++)
        action_release(&actions[i]);
    free(actions);
    free(judgements);
    PQclear(result);
    return good;
}

bool validate_withdrawals(struct worker *worker, struct work_item *items, size_t count, struct error *err)
{
    return validate(&withdraw_kind, worker, items, count, err);
}

bool validate_deferrals(struct worker *worker, struct work_item *items, size_t count, struct error *err)
{
    return validate(&defer_kind, worker, items, count, err);
}

bool validate_resumptions(struct worker *worker, struct work_item *items, size_t count, struct error *err)
{
    return validate(&resume_kind, worker, items, count, err);
}

bool validate_schedule_changes(struct worker *worker, struct work_item *items, size_t count,
                               struct error *err)
{
    return validate(&change_schedule_kind, worker, items, count, err);
}
