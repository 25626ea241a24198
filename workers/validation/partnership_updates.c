/*
 * partnership_updates: a batch of `partnership.update`: decode, load facts, run the rules, conclude. The
 * rules are partnership_update_rules.c; what is accepted gives the partnership another delivery partner
 * (lead-provider-api.md 9.2).
 */
#include <stdlib.h>

#include "common/changes.h"
#include "common/cleanup.h"
#include "common/dry_run.h"
#include "common/partnership_commit.h"
#include "workers/validation/conclusion.h"
#include "workers/validation/partnership_lists.h"
#include "workers/validation/partnership_shown.h"
#include "workers/validation/partnership_update_rules.h"
#include "workers/validation/sql.h"
#include "workers/validation/validation.h"

struct correction {
    struct judgement judgement;
    struct partnership_update_input input;
    struct partnership_update_facts facts;
    bool has_facts;
};

static void release(struct correction *one)
{
    if (one->has_facts)
        partnership_update_facts_release(&one->facts);
    partnership_update_input_release(&one->input);
    judgement_release(&one->judgement);
}

static bool decode(struct work_item *items, struct correction *all, struct judgement **judgements,
                   size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!partnership_update_input_decode(items[i].record.payload, &all[i].input, err))
            return false;
        all[i].judgement.item = &items[i];
        all[i].judgement.context = &all[i].input;
        all[i].judgement.own = &all[i];
        judgements[i] = &all[i].judgement;
    }
    return true;
}

static struct partnership_lists lists_of(const struct correction *one)
{
    return (struct partnership_lists){.lead_provider_id = one->facts.lead_provider.id,
                                      .others = one->facts.lead_provider_ids,
                                      .other_count = one->facts.lead_provider_count};
}

/* The people and their declarations move too, whoever is shown them. */
static void accept(struct correction *one)
{
    const struct partnership_lists lists = lists_of(one);
    struct buffer *scopes = &one->judgement.scopes;

    one->judgement.resource_id = one->facts.partnership.api_id;
    partnership_lists_scope(lists.lead_provider_id, "partnerships", scopes);
    if (one->facts.teacher_count == 0)
        return;
    partnership_lists_scopes(&lists, "participants", scopes);
    partnership_lists_scopes(&lists, "declarations", scopes);
}

static void reject(struct judgement *judgement, const struct partnership_update_verdict *verdict)
{
    judgement->status = verdict->status;
    partnership_update_verdict_render(verdict, &judgement->body);
    for (size_t row = 0; row < PARTNERSHIP_UPDATE_RULE_COUNT; row++)
        if (verdict->results[row] == RULE_FAILED)
            judgement_add_fired(judgement, partnership_update_rule_source(row));
}

static bool judge(struct correction *all, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct correction *one = &all[i];
        struct partnership_update_verdict verdict;

        one->has_facts = partnership_update_facts_decode(one->judgement.facts, &one->facts, err);
        if (!one->has_facts)
            return false;
        partnership_update_validate(&one->input, &one->facts, &verdict);
        if (work_is_dry_run(one->judgement.item))
            one->judgement.rules = partnership_update_trace(&one->input, &one->facts, &verdict);
        if (verdict.status == 0)
            accept(one);
        else
            reject(&one->judgement, &verdict);
    }
    return true;
}

/* ------------------------------------------------------------------- write */

static const struct correction *correction_of(const struct judgement *judgement)
{
    return judgement->own;
}

static void add_locks(struct commit *commit, size_t entry, struct judgement *accepted)
{
    const struct correction *one = correction_of(accepted);
    const struct partnership_lists lists = lists_of(one);

    partnership_lists_lock(commit, entry, &lists);
    for (size_t i = 0; i < one->facts.statement_count; i++)
        commit_add_lock(commit, entry, LOCK_STATEMENT, one->facts.statement_ids[i], /* shared= */ true);
}

/* The columns of update_partnerships.sql, in its order. */
enum column { SUBMISSION, PARTNERSHIP, DELIVERY_PARTNERSHIP, CHANGES, AS_OF, UPDATED_AT, COLUMN_COUNT };

static void add_changes(struct db_params *params, const struct partnership_update_facts *facts)
{
    CLEANUP(json) json_t *lines = json_array();

    changes_append(lines, "delivery_partner_id", facts->partnership.delivery_partner_name,
                   facts->delivery_partner.name);
    CLEANUP(free) char *text = json_dumps(lines, JSON_COMPACT);
    db_array_text(params, text);
}

static void add_value(struct db_params *params, enum column column, const struct commit *commit,
                      const struct correction *one)
{
    const struct wire_record *record = &one->judgement.item->record;

    switch (column) {
    case SUBMISSION:
        db_array_uuid(params, &record->id);
        break;
    case PARTNERSHIP:
        db_array_id(params, one->facts.partnership.id);
        break;
    case DELIVERY_PARTNERSHIP:
        db_array_id(params, one->facts.delivery_partnership.id);
        break;
    case CHANGES:
        add_changes(params, &one->facts);
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

/* Participants show the delivery partner. */
static size_t queue_people(struct commit *commit, struct judgement *const *accepted, size_t count)
{
    struct derived_person *people = NULL;
    size_t person_count = 0;

    for (size_t i = 0; i < count; i++) {
        const struct wire_record *record = &accepted[i]->item->record;
        const struct partnership_update_facts *facts = &correction_of(accepted[i])->facts;

        people = memory_grow(people, person_count + facts->teacher_count + 1, sizeof *people);
        for (size_t k = 0; k < facts->teacher_count; k++)
            people[person_count++] =
                (struct derived_person){.teacher_id = facts->teacher_ids[k],
                                        .as_of_us = record->as_of_us,
                                        .updated_at_us = commit_updated_at_us(commit, record),
                                        .shows_participant = true};
    }
    const size_t queued = derived_queue_people(worker_db(commit->worker), people, person_count);
    free(people);
    return queued;
}

static size_t queue(struct commit *commit, struct judgement *const *accepted, size_t count)
{
    struct db *db = worker_db(commit->worker);
    struct db_params params = DB_PARAMS_INIT;

    for (int column = 0; column < COLUMN_COUNT; column++) {
        db_array_begin(&params);
        for (size_t i = 0; i < count; i++)
            add_value(&params, (enum column)column, commit, correction_of(accepted[i]));
        db_array_end(&params);
    }
    db_queue(db, &sql_update_partnerships, &params);
    db_params_release(&params);
    const size_t derived = queue_people(commit, accepted, count);
    partnership_show_queue(db, accepted, count);
    return 1 + derived + 1;
}

static bool is_there(const struct judgement *one)
{
    (void)one;
    return true;
}

static bool read(const PGresult *shown, struct judgement *const *accepted, size_t count, struct error *err)
{
    return partnership_show_read(shown, accepted, count, is_there, err);
}

static const struct conclusion_kind kind = {
    .commit = &partnership_update_commit,
    .rules_version = PARTNERSHIP_UPDATE_RULES_VERSION,
    .resource_type = "partnership",
    .add_locks = add_locks,
    .queue = queue,
    .read = read,
};

/* ------------------------------------------------------------------- batch */

bool validate_partnership_updates(struct worker *worker, struct work_item *items, size_t count,
                                  struct error *err)
{
    struct correction *all = memory_zero(count, sizeof *all);
    struct judgement **judgements = memory_zero(count, sizeof *judgements);
    PGresult *result = NULL;
    const bool good =
        decode(items, all, judgements, count, err) &&
        judgements_load_facts(worker, &partnership_update_commit, judgements, count, &result, err) &&
        judge(all, count, err) && judgements_conclude(worker, &kind, judgements, count, err);

    for (size_t i = 0; i < count; i++)
        release(&all[i]);
    free(all);
    free(judgements);
    PQclear(result);
    return good;
}
