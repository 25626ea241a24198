/*
 * voids: a batch of accepted `declaration.void`: what each one writes is decided in void_rules.c on the facts
 * that it brought; under the locks the facts are looked at again; then one statement writes all of them.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/dry_run.h"
#include "common/log.h"
#include "common/moved_lists.h"
#include "common/verdict.h"
#include "common/void_commit.h"
#include "workers/payments/acceptances.h"
#include "workers/payments/payments.h"
#include "workers/payments/sql.h"
#include "workers/payments/void_rules.h"

/* One void on its way into the database. */
struct acceptance {
    struct work_item *item;
    struct void_input input;
    struct void_facts facts;
    struct verdict verdict;
    bool has_facts, has_verdict;
    struct void_effects effects;
    int64_t updated_at_us;
    struct buffer body, scopes, school_key;
    char *funding_changes; /* JSON array of change lines; NULL = no change */
};

static void acceptance_release(struct acceptance *one)
{
    if (one->has_facts)
        void_facts_release(&one->facts);
    if (one->has_verdict)
        verdict_release(&one->verdict);
    buffer_release(&one->body);
    buffer_release(&one->scopes);
    buffer_release(&one->school_key);
    free(one->funding_changes);
}

/* Where training begins again of which the school shows something; 0: nowhere. */
static int64_t moved_school(const struct acceptance *one)
{
    return one->effects.completion.opens_training ? one->facts.latest_training.moved_school_id : 0;
}

static struct moved_lists lists_of(const struct acceptance *one)
{
    return (struct moved_lists){.lead_provider_id = one->item->record.caller_id,
                                .declaration_ids = one->facts.lead_provider_ids,
                                .declaration_count = one->facts.lead_provider_count,
                                .participant_ids = one->facts.participant_lead_provider_ids,
                                .participant_count = one->facts.participant_lead_provider_count,
                                .schools = moved_school(one) != 0};
}

static bool decode(struct acceptance *one, struct error *err)
{
    const struct wire_record *record = &one->item->record;

    if (!void_input_decode(record->payload, &one->input, err))
        return false;
    one->has_facts = void_facts_decode(record->facts, &one->facts, err);
    one->has_verdict = one->has_facts && verdict_read(record->verdict, &one->verdict, err);
    if (!one->has_verdict || !void_decide_effects(&one->facts, record->as_of_us, &one->effects, err))
        return false;
    const struct moved_lists lists = lists_of(one);
    lists_scopes(&lists, &one->scopes);
    if (moved_school(one) != 0)
        buffer_printf(&one->school_key, "school:%" PRId64, moved_school(one));
    return true;
}

/* ------------------------------------------------------------------- locks */

static void add_locks(struct commit *commit, size_t entry, const void *own)
{
    const struct acceptance *one = own;
    const struct void_facts *facts = &one->facts;
    const struct moved_lists lists = lists_of(one);

    commit_add_key(commit, entry, one->verdict.person_key);
    commit_add_lock(commit, entry, LOCK_STATEMENT, facts->payment_statement.id, /* shared= */ true);
    commit_add_lock(commit, entry, LOCK_STATEMENT, one->effects.clawback_statement_id, /* shared= */ true);
    commit_add_key(commit, entry, buffer_slice(&one->school_key));
    lists_lock(commit, entry, &lists);
}

/* ------------------------------------------------------------------- write */

/* The mentor whose record or training changes, and the school that shows it. */
static void add_changed(struct commit *commit, const struct acceptance *one)
{
    if (mentor_completion_changes_person(&one->effects.completion))
        commit_add_person(commit, &(struct derived_person){.teacher_id = one->facts.declaration.teacher_id,
                                                           .as_of_us = one->item->record.as_of_us,
                                                           .updated_at_us = one->updated_at_us,
                                                           .shows_participant = true});
    if (moved_school(one) != 0)
        commit_add_school(commit, &(struct derived_school){.school_id = moved_school(one),
                                                           .updated_at_us = one->updated_at_us});
}

/* What depends on the instant after the locks: api_updated_at, the body. */
static struct written finish(struct commit *commit, void *own)
{
    struct acceptance *one = own;

    one->updated_at_us = commit_updated_at_us(commit, &one->item->record);
    const struct declaration_view view = void_view_of(&one->facts, &one->effects, one->updated_at_us);

    declaration_render(&view, &one->body);
    one->funding_changes = mentor_completion_changes(&one->effects.completion);
    add_changed(commit, one);
    return (struct written){one->item, buffer_slice(&one->body), buffer_slice(&one->scopes)};
}

/* The columns of write_voids.sql, in its order. */
enum column {
    SUBMISSION,
    ACCEPTED_AT,
    DECLARATION,
    API_ID,
    PAYMENT_STATUS,
    CLAWBACK_STATUS,
    CLAWBACK_STATEMENT,
    TRAINING_PERIOD,
    TEACHER,
    LEAD_PROVIDER,
    AS_OF,
    UPDATED_AT,
    BODY,
    FACTS,
    RULES_VERSION,
    FUNDING_CHANGES,
    FUNDING_ENDS_ON,
    LATEST_TRAINING,
    TRAINING_ENDS_ON,
    OPENED_FROM,
    OPENED_UNTIL,
    TRACE,
    SCOPES,
    COLUMN_COUNT
};

static void add_completion(struct db_params *params, enum column column, const struct acceptance *one)
{
    const struct mentor_completion_effects *completion = &one->effects.completion;
    const bool finishes = completion->finished_training_period_id != 0;

    switch (column) {
    case FUNDING_CHANGES:
        db_array_text(params, one->funding_changes);
        break;
    case FUNDING_ENDS_ON:
        db_array_date(params, completion->ineligible_on);
        break;
    case LATEST_TRAINING:
        db_array_id(params, finishes || completion->opens_training ? one->facts.latest_training.id : 0);
        break;
    case TRAINING_ENDS_ON:
        db_array_date(params, finishes ? completion->finished_on : DATE_NONE);
        break;
    case OPENED_FROM:
        db_array_date(params, completion->opened_from);
        break;
    default: /* OPENED_UNTIL */
        db_array_date(params, completion->opened_until);
        break;
    }
}

static void add_value(struct db_params *params, int column, const void *own)
{
    const struct acceptance *one = own;
    const struct wire_record *record = &one->item->record;

    switch ((enum column)column) {
    case SUBMISSION:
        db_array_uuid(params, &record->id);
        break;
    case ACCEPTED_AT:
        db_array_instant(params, uuid_v7_time_us(&record->id));
        break;
    case DECLARATION:
        db_array_id(params, one->facts.declaration.id);
        break;
    case API_ID:
        db_array_uuid(params, &one->facts.declaration.api_id);
        break;
    case PAYMENT_STATUS:
        db_array_text(params, payment_status_name(one->effects.payment_status));
        break;
    case CLAWBACK_STATUS:
        db_array_text(params, clawback_status_name(one->effects.clawback_status));
        break;
    case CLAWBACK_STATEMENT:
        db_array_id(params, one->effects.clawback_statement_id);
        break;
    case TRAINING_PERIOD:
        db_array_id(params, one->facts.declaration.training_period_id);
        break;
    case TEACHER:
        db_array_id(params, one->facts.declaration.teacher_id);
        break;
    case LEAD_PROVIDER:
        db_array_id(params, one->facts.lead_provider.id);
        break;
    case AS_OF:
        db_array_instant(params, record->as_of_us);
        break;
    case UPDATED_AT:
        db_array_instant(params, one->updated_at_us);
        break;
    case BODY:
        db_array_slice(params, buffer_slice(&one->body));
        break;
    case FACTS:
        db_array_slice(params, record->facts);
        break;
    case RULES_VERSION:
        db_array_slice(params, one->verdict.rules_version);
        break;
    case TRACE:
        db_array_slice(params, record->trace);
        break;
    case SCOPES:
        db_array_slice(params, buffer_slice(&one->scopes));
        break;
    default:
        add_completion(params, (enum column)column, one);
        break;
    }
}

/* 6.1: the predecessor kept these reasons, ours goes with the declaration; somebody may ask why. */
static void log_cleared_reason(const void *own)
{
    const struct acceptance *one = own;
    const struct mentor_completion_effects *completion = &one->effects.completion;

    if (completion->record_changes && completion->reason == FUNDING_END_NONE &&
        completion->reason_before != FUNDING_END_COMPLETED_DECLARATION)
        log_event(LOG_INFO, "funding_end_cleared", LOG_SLICE("trace", one->item->record.trace),
                  LOG_UUID("submission", &one->item->record.id),
                  LOG_TEXT("reason", funding_end_reason_name(completion->reason_before)), LOG_END);
}

static const struct acceptance_kind kind = {
    .commit = &void_commit,
    .add_locks = add_locks,
    .finish = finish,
    .write = &sql_write_voids,
    .column_count = COLUMN_COUNT,
    .add_value = add_value,
    .log_written = log_cleared_reason,
};

/* ----------------------------------------------------------------- dry run */

static bool tell_dry_run(struct acceptance *one, struct error *err)
{
    const struct declaration_view view = void_view_of(
        &one->facts, &one->effects, commit_updated_at_us_if(machine_now_us(), &one->item->record));

    if (!json_is_array(one->verdict.rules))
        return error_set(err, ERROR_WIRE, "a dry run has no rules");
    declaration_render(&view, &one->body);
    dry_run_tell(one->item, &(struct dry_run){.result = "succeeded",
                                              .status = 200,
                                              .body = buffer_slice(&one->body),
                                              .resource_type = "participant-declaration",
                                              .resource_id = &one->facts.declaration.api_id,
                                              .rules = one->verdict.rules});
    return true;
}

/* ------------------------------------------------------------------- batch */

bool accept_voids(struct worker *worker, struct work_item *items, size_t count, struct error *err)
{
    struct acceptance *all = memory_zero(count, sizeof *all);
    struct accepted *accepted = memory_zero(count, sizeof *accepted);
    size_t used = 0;
    bool good = true;

    for (size_t i = 0; good && i < count; i++) {
        all[i].item = &items[i];
        good = decode(&all[i], err);
        if (!work_is_dry_run(&items[i]))
            accepted[used++] = (struct accepted){&items[i], all[i].verdict.digest, &all[i].input, &all[i]};
    }
    good = good && (used == 0 || acceptances_commit(worker, &kind, accepted, used, err));
    for (size_t i = 0; good && i < count; i++)
        if (work_is_dry_run(&items[i]))
            good = tell_dry_run(&all[i], err);
    for (size_t i = 0; i < count; i++)
        acceptance_release(&all[i]);
    free(all);
    free(accepted);
    return good;
}
