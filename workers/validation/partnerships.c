/*
 * partnerships: a batch of `partnership.create`: decode, load facts, run the rules, conclude. The rules are
 * partnership_rules.c; what is accepted makes the partnership and gives it to the training that waits for it
 * (lead-provider-api.md 9.1).
 */
#include <stdlib.h>

#include "common/dry_run.h"
#include "common/partnership_commit.h"
#include "workers/validation/conclusion.h"
#include "workers/validation/partnership_lists.h"
#include "workers/validation/partnership_rules.h"
#include "workers/validation/partnership_shown.h"
#include "workers/validation/sql.h"
#include "workers/validation/validation.h"

struct creation {
    struct judgement judgement;
    struct partnership_input input;
    struct partnership_facts facts;
    bool has_facts;
};

static void release(struct creation *one)
{
    if (one->has_facts)
        partnership_facts_release(&one->facts);
    partnership_input_release(&one->input);
    judgement_release(&one->judgement);
}

static bool decode(struct work_item *items, struct creation *all, struct judgement **judgements, size_t count,
                   struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!partnership_input_decode(items[i].record.payload, &all[i].input, err))
            return false;
        all[i].judgement.item = &items[i];
        all[i].judgement.context = &all[i].input;
        all[i].judgement.own = &all[i];
        judgements[i] = &all[i].judgement;
    }
    return true;
}

static struct partnership_lists lists_of(const struct creation *one)
{
    return (struct partnership_lists){.lead_provider_id = one->facts.lead_provider.id,
                                      .others = one->facts.lead_provider_ids,
                                      .other_count = one->facts.lead_provider_count};
}

/* Who is confirmed is shown to the provider from now on, with what others declared for them; and to others
 * as one whose training has changed. */
static void accept(struct creation *one)
{
    const struct partnership_lists lists = lists_of(one);
    struct buffer *scopes = &one->judgement.scopes;

    one->judgement.resource_id = uuid_v4();
    partnership_lists_scope(lists.lead_provider_id, "partnerships", scopes);
    partnership_lists_scope(0, "schools", scopes);
    if (one->facts.waiting_count == 0)
        return;
    partnership_lists_scopes(&lists, "participants", scopes);
    partnership_lists_scope(lists.lead_provider_id, "declarations", scopes);
}

static void reject(struct judgement *judgement, const struct partnership_verdict *verdict)
{
    judgement->status = 422;
    partnership_verdict_render(verdict, &judgement->body);
    for (size_t row = 0; row < PARTNERSHIP_RULE_COUNT; row++)
        if (verdict->results[row] == RULE_FAILED)
            judgement_add_fired(judgement, partnership_rule_source(row));
}

static bool judge(struct creation *all, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct creation *one = &all[i];
        const struct date today = london_date(one->judgement.item->record.as_of_us);
        struct partnership_verdict verdict;

        one->has_facts = partnership_facts_decode(one->judgement.facts, &one->facts, err);
        if (!one->has_facts)
            return false;
        partnership_validate(&one->input, &one->facts, today, &verdict);
        if (work_is_dry_run(one->judgement.item))
            one->judgement.rules = partnership_trace(&one->input, &one->facts, today, &verdict);
        if (verdict.failed_count == 0)
            accept(one);
        else
            reject(&one->judgement, &verdict);
    }
    return true;
}

/* ------------------------------------------------------------------- write */

static const struct creation *creation_of(const struct judgement *judgement)
{
    return judgement->own;
}

static void add_locks(struct commit *commit, size_t entry, struct judgement *accepted)
{
    const struct partnership_lists lists = lists_of(creation_of(accepted));

    partnership_lists_lock(commit, entry, &lists);
    commit_add_lock(commit, entry, LOCK_LIST, 0, /* shared= */ true); /* schools */
}

/* The columns of write_partnerships.sql that are of one submission each, in its order. */
enum column {
    SUBMISSION,
    API_ID,
    SCHOOL,
    DELIVERY_PARTNERSHIP,
    LEAD_PROVIDER,
    YEAR,
    AS_OF,
    UPDATED_AT,
    COLUMN_COUNT
};

static void add_value(struct db_params *params, enum column column, const struct commit *commit,
                      const struct creation *one)
{
    const struct wire_record *record = &one->judgement.item->record;

    switch (column) {
    case SUBMISSION:
        db_array_uuid(params, &record->id);
        break;
    case API_ID:
        db_array_uuid(params, &one->judgement.resource_id);
        break;
    case SCHOOL:
        db_array_id(params, one->facts.school.id);
        break;
    case DELIVERY_PARTNERSHIP:
        db_array_id(params, one->facts.delivery_partnership.id);
        break;
    case LEAD_PROVIDER:
        db_array_id(params, one->facts.lead_provider.id);
        break;
    case YEAR:
        db_array_id(params, one->facts.contract_period.year);
        break;
    case AS_OF:
        db_array_instant(params, record->as_of_us);
        break;
    case UPDATED_AT:
        db_array_instant(params, commit_updated_at_us(commit, record));
        break;
    case COLUMN_COUNT:
        break;
    }
}

static void write_params(struct db_params *params, const struct commit *commit,
                         struct judgement *const *accepted, size_t count)
{
    for (int column = 0; column < COLUMN_COUNT; column++) {
        db_array_begin(params);
        for (size_t i = 0; i < count; i++)
            add_value(params, (enum column)column, commit, creation_of(accepted[i]));
        db_array_end(params);
    }
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < creation_of(accepted[i])->facts.waiting_count; k++)
            db_array_id(params, creation_of(accepted[i])->facts.waiting[k].id);
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < creation_of(accepted[i])->facts.waiting_count; k++)
            db_array_uuid(params, &accepted[i]->resource_id);
    db_array_end(params);
}

/* What is kept of the schools, and of the people who are confirmed. */
static size_t queue_derived(struct commit *commit, struct judgement *const *accepted, size_t count)
{
    struct derived_school *schools = memory_zero(count, sizeof *schools);
    struct derived_person *people = NULL;
    size_t person_count = 0;

    for (size_t i = 0; i < count; i++) {
        const struct wire_record *record = &accepted[i]->item->record;
        const struct partnership_facts *facts = &creation_of(accepted[i])->facts;
        const int64_t updated_at_us = commit_updated_at_us(commit, record);

        schools[i] = (struct derived_school){.school_id = facts->school.id, .updated_at_us = updated_at_us};
        people = memory_grow(people, person_count + facts->waiting_count + 1, sizeof *people);
        for (size_t k = 0; k < facts->waiting_count; k++)
            people[person_count++] = (struct derived_person){.teacher_id = facts->waiting[k].teacher_id,
                                                             .as_of_us = record->as_of_us,
                                                             .updated_at_us = updated_at_us,
                                                             .shows_participant = true};
    }
    const size_t queued = derived_queue_people(worker_db(commit->worker), people, person_count) +
                          derived_queue_schools(worker_db(commit->worker), schools, count);
    free(people);
    free(schools);
    return queued;
}

static size_t queue(struct commit *commit, struct judgement *const *accepted, size_t count)
{
    struct db *db = worker_db(commit->worker);
    struct db_params params = DB_PARAMS_INIT;

    write_params(&params, commit, accepted, count);
    db_queue(db, &sql_write_partnerships, &params);
    db_params_release(&params);
    const size_t derived = queue_derived(commit, accepted, count);
    partnership_show_queue(db, accepted, count);
    return 1 + derived + 1;
}

static bool will_be_there(const struct judgement *one)
{
    return !work_is_dry_run(one->item);
}

static bool read(const PGresult *shown, struct judgement *const *accepted, size_t count, struct error *err)
{
    return partnership_show_read(shown, accepted, count, will_be_there, err);
}

static const struct conclusion_kind kind = {
    .commit = &partnership_commit,
    .rules_version = PARTNERSHIP_RULES_VERSION,
    .resource_type = "partnership",
    .makes_resource = true,
    .add_locks = add_locks,
    .queue = queue,
    .read = read,
};

/* ------------------------------------------------------------------- batch */

bool validate_partnerships(struct worker *worker, struct work_item *items, size_t count, struct error *err)
{
    struct creation *all = memory_zero(count, sizeof *all);
    struct judgement **judgements = memory_zero(count, sizeof *judgements);
    PGresult *result = NULL;
    const bool good = decode(items, all, judgements, count, err) &&
                      judgements_load_facts(worker, &partnership_commit, judgements, count, &result, err) &&
                      judge(all, count, err) && judgements_conclude(worker, &kind, judgements, count, err);

    for (size_t i = 0; i < count; i++)
        release(&all[i]);
    free(all);
    free(judgements);
    PQclear(result);
    return good;
}
