/*
 * declarations: a batch of accepted `declaration.create`: what each one writes is decided in
 * declaration_rules.c on the facts that it brought; under the locks the facts are looked at again; then one
 * statement writes all of them.
 */
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/commit_shown.h"
#include "common/declaration_commit.h"
#include "common/declaration_rows.h"
#include "common/dry_run.h"
#include "common/moved_lists.h"
#include "common/sql.h"
#include "common/verdict.h"
#include "workers/payments/acceptances.h"
#include "workers/payments/declaration_rules.h"
#include "workers/payments/payments.h"
#include "workers/payments/sql.h"

/* One declaration on its way into the database. */
struct acceptance {
    struct work_item *item;
    struct declaration_input input;
    struct declaration_facts facts;
    struct verdict verdict;
    bool has_input, has_facts, has_verdict;
    struct declaration_effects effects;
    struct uuid api_id;
    int64_t updated_at_us;
    struct buffer body, scopes;
    char *funding_changes; /* JSON array of change lines; NULL = no change */
};

static void acceptance_release(struct acceptance *one)
{
    if (one->has_input)
        declaration_input_release(&one->input);
    if (one->has_facts)
        declaration_facts_release(&one->facts);
    if (one->has_verdict)
        verdict_release(&one->verdict);
    buffer_release(&one->body);
    buffer_release(&one->scopes);
    free(one->funding_changes);
}

static struct moved_lists lists_of(const struct acceptance *one)
{
    return (struct moved_lists){.lead_provider_id = one->item->record.caller_id,
                                .declaration_ids = one->facts.lead_provider_ids,
                                .declaration_count = one->facts.lead_provider_count,
                                .participant_ids = one->facts.participant_lead_provider_ids,
                                .participant_count = one->facts.participant_lead_provider_count};
}

static bool decode(struct acceptance *one, struct error *err)
{
    const struct wire_record *record = &one->item->record;

    one->has_input = declaration_input_decode(record->payload, &one->input, err);
    one->has_facts = one->has_input && declaration_facts_decode(record->facts, &one->facts, err);
    one->has_verdict = one->has_facts && verdict_read(record->verdict, &one->verdict, err);
    if (!one->has_verdict)
        return false;
    const struct moved_lists lists = lists_of(one);
    lists_scopes(&lists, &one->scopes);
    if (one->verdict.is_same_as)
        return true;
    return declaration_decide_effects(&one->input, &one->facts, one->verdict.is_fundable, record->as_of_us,
                                      &one->effects, err);
}

/* ------------------------------------------------------------------- locks */

static void add_locks(struct commit *commit, size_t entry, const void *own)
{
    const struct acceptance *one = own;
    const struct moved_lists lists = lists_of(one);

    commit_add_key(commit, entry, one->verdict.person_key);
    commit_add_lock(commit, entry, LOCK_STATEMENT, one->effects.statement_id, /* shared= */ true);
    lists_lock(commit, entry, &lists);
}

/* ------------------------------------------------------------------- write */

/* What depends on the instant after the locks: the id, the body, api_updated_at. */
static struct written finish(struct commit *commit, void *own)
{
    struct acceptance *one = own;
    const struct wire_record *record = &one->item->record;

    one->api_id = uuid_v4();
    one->updated_at_us = commit_updated_at_us(commit, record);
    const struct declaration_view view = declaration_view_of(
        &one->input, &one->facts, &one->effects, &one->api_id, record->as_of_us, one->updated_at_us);

    buffer_clear(&one->body);
    declaration_render(&view, &one->body);
    one->funding_changes = mentor_completion_changes(&one->effects.completion);
    if (mentor_completion_changes_person(&one->effects.completion))
        commit_add_person(commit, &(struct derived_person){.teacher_id = one->facts.teacher.id,
                                                           .as_of_us = record->as_of_us,
                                                           .updated_at_us = one->updated_at_us,
                                                           .shows_participant = true});
    return (struct written){one->item, buffer_slice(&one->body), buffer_slice(&one->scopes)};
}

/* The columns of write_declarations.sql, in its order. */
enum column {
    SUBMISSION,
    ACCEPTED_AT,
    API_ID,
    TRAINING_PERIOD,
    TEACHER,
    ROLE,
    LEAD_PROVIDER,
    YEAR,
    TYPE,
    DATE,
    EVIDENCE,
    PAYMENT_STATUS,
    STATEMENT,
    MENTORSHIP,
    DELIVERY_PARTNER,
    PUPIL_PREMIUM,
    SPARSITY,
    AS_OF,
    UPDATED_AT,
    BODY,
    FACTS,
    RULES_VERSION,
    FUNDING_ENDS_ON,
    FUNDING_CHANGES,
    TRAINING_ENDS_ON,
    SCHOOL_PERIOD,
    TRACE,
    SCOPES,
    COLUMN_COUNT
};

static void add_declared(struct db_params *params, enum column column, const struct acceptance *one)
{
    switch (column) {
    case TYPE:
        db_array_text(params, declaration_type_name(one->input.type));
        break;
    case DATE:
        db_array_instant(params, one->input.date_us);
        break;
    case EVIDENCE:
        db_array_text(params, evidence_type_name(one->effects.evidence));
        break;
    case PAYMENT_STATUS:
        db_array_text(params, payment_status_name(one->effects.payment_status));
        break;
    case STATEMENT:
        db_array_id(params, one->effects.statement_id);
        break;
    case MENTORSHIP:
        db_array_id(params, one->effects.mentorship_period_id);
        break;
    case DELIVERY_PARTNER:
        db_array_id(params, one->effects.delivery_partner_id);
        break;
    case PUPIL_PREMIUM:
        db_array_bool(params, one->effects.pupil_premium_uplift);
        break;
    default: /* SPARSITY */
        db_array_bool(params, one->effects.sparsity_uplift);
        break;
    }
}

static void add_completion(struct db_params *params, enum column column, const struct acceptance *one)
{
    const struct mentor_completion_effects *completion = &one->effects.completion;

    switch (column) {
    case FUNDING_ENDS_ON:
        db_array_date(params, completion->record_changes ? completion->ineligible_on : DATE_NONE);
        break;
    case FUNDING_CHANGES:
        db_array_text(params, one->funding_changes);
        break;
    case TRAINING_ENDS_ON:
        db_array_date(params,
                      completion->finished_training_period_id != 0 ? completion->finished_on : DATE_NONE);
        break;
    default: /* SCHOOL_PERIOD */
        db_array_id(params, one->facts.training_period.school_period_id);
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
    case API_ID:
        db_array_uuid(params, &one->api_id);
        break;
    case TRAINING_PERIOD:
        db_array_id(params, one->effects.training_period_id);
        break;
    case TEACHER:
        db_array_id(params, one->facts.teacher.id);
        break;
    case ROLE:
        db_array_text(params, participant_role_name(one->input.role));
        break;
    case LEAD_PROVIDER:
        db_array_id(params, one->facts.training_period.lead_provider_id);
        break;
    case YEAR:
        db_array_id(params, one->facts.training_period.contract_period_year);
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
    case FUNDING_ENDS_ON:
    case FUNDING_CHANGES:
    case TRAINING_ENDS_ON:
    case SCHOOL_PERIOD:
        add_completion(params, (enum column)column, one);
        break;
    default:
        add_declared(params, (enum column)column, one);
        break;
    }
}

static const struct acceptance_kind kind = {
    .commit = &declaration_commit,
    .add_locks = add_locks,
    .finish = finish,
    .write = &sql_write_declarations,
    .column_count = COLUMN_COUNT,
    .add_value = add_value,
};

/* ----------------------------------------------------------------- dry run */

static bool tell_dry_run(struct acceptance *one, struct error *err)
{
    const struct wire_record *record = &one->item->record;
    const struct declaration_view view =
        declaration_view_of(&one->input, &one->facts, &one->effects, /* id= */ NULL, record->as_of_us,
                            commit_updated_at_us_if(machine_now_us(), record));

    if (one->verdict.is_same_as || !json_is_array(one->verdict.rules))
        return error_set(err, ERROR_WIRE, "a dry run is a duplicate of something, or has no rules");
    declaration_render(&view, &one->body);
    dry_run_tell(one->item, &(struct dry_run){.result = "succeeded",
                                              .status = 200,
                                              .body = buffer_slice(&one->body),
                                              .resource_type = "participant-declaration",
                                              .rules = one->verdict.rules});
    return true;
}

/* ------------------------------------------------------- concurrent duplicates */

/* Those that are answered with a declaration that exists (declarations.md 7.1), in the commit's open entries.
 * What is told is the record as it is now, by the query that GET uses: it may have moved since it was made
 * (another one's induction was recorded, month has ended), and a duplicate may be decided long after it, as
 * the line of a bulk request. */
struct same {
    struct acceptance *const *open;
    size_t count;
};

static size_t queue_show(struct db *db, void *context)
{
    const struct same *same = context;
    struct db_params params = DB_PARAMS_INIT;

    db_array_begin(&params);
    for (size_t i = 0; i < same->count; i++)
        db_array_uuid(&params, &same->open[i]->verdict.same_as);
    db_array_end(&params);
    db_array_begin(&params);
    for (size_t i = 0; i < same->count; i++)
        db_array_int(&params, same->open[i]->item->record.caller_id);
    db_array_end(&params);
    db_queue(db, &sql_show_declarations, &params);
    db_params_release(&params);
    return 1;
}

static bool read_shown(const PGresult *shown, void *context, struct error *err)
{
    static const char *const names[] = {"n"};
    const struct same *same = context;
    int columns[DECLARATION_COLUMN_COUNT], number;
    bool good = db_columns(shown, names, &number, 1, err) && declaration_columns(shown, columns, err);

    if (good && (size_t)PQntuples(shown) != same->count)
        return error_set(err, ERROR_BUG, "a declaration that was declared again is not shown");
    for (int row = 0; good && row < PQntuples(shown); row++) {
        const int64_t n = db_int(shown, row, number);

        if (n < 1 || (uint64_t)n > same->count)
            return error_set(err, ERROR_BUG, "a declaration is shown that was not asked for");
        struct buffer *body = &same->open[n - 1]->body;
        buffer_clear(body);
        good = declaration_append_row(shown, row, columns, declaration_render, body, err);
    }
    return good;
}

static struct plain_outcome outcome_of_same(const struct acceptance *one, const struct commit_entry *entry)
{
    return (struct plain_outcome){.entry = entry,
                                  .result = "succeeded",
                                  .status = 200,
                                  .body = buffer_slice(&one->body),
                                  .resource_type = "participant-declaration",
                                  .resource_id = &one->verdict.same_as,
                                  .facts = one->item->record.facts,
                                  .rules_version = one->verdict.rules_version.data,
                                  .scopes = buffer_slice(&one->scopes)};
}

static bool commit_same(struct worker *worker, const struct accepted *accepted, size_t count,
                        struct error *err)
{
    CLEANUP(free) struct commit_entry *entries = memory_zero(count, sizeof *entries);
    CLEANUP(free) struct plain_outcome *outcomes = memory_zero(count, sizeof *outcomes);
    CLEANUP(free) struct acceptance **open = memory_zero(count, sizeof(struct acceptance *));
    struct same same = {.open = open};
    const struct shown_write show = {queue_show, read_shown, &same};
    struct commit commit;
    bool good = acceptances_begin(&commit, worker, &kind, accepted, entries, count, err);

    for (size_t i = 0; good && i < count; i++)
        if (entries[i].state == COMMIT_OPEN)
            open[same.count++] = accepted[i].own;
    good = good && (same.count == 0 || commit_write_shown(&commit, &show, err));
    for (size_t i = 0, used = 0; good && i < count; i++)
        if (entries[i].state == COMMIT_OPEN) {
            outcomes[used] = outcome_of_same(open[used], &entries[i]);
            used++;
        }
    good = good && commit_plain_outcomes(&commit, outcomes, same.count, err);
    commit_release(&commit);
    return good;
}

/* ------------------------------------------------------------------- batch */

bool accept_declarations(struct worker *worker, struct work_item *items, size_t count, struct error *err)
{
    struct acceptance *all = memory_zero(count, sizeof *all);
    struct accepted *fresh = memory_zero(count, sizeof *fresh), *same = memory_zero(count, sizeof *same);
    size_t fresh_count = 0, same_count = 0;
    bool good = true;

    for (size_t i = 0; good && i < count; i++) {
        all[i].item = &items[i];
        good = decode(&all[i], err);
        if (work_is_dry_run(&items[i]))
            continue;
        const struct accepted one = {&items[i], all[i].verdict.digest, &all[i].input, &all[i]};
        if (all[i].verdict.is_same_as)
            same[same_count++] = one;
        else
            fresh[fresh_count++] = one;
    }
    good = good && (fresh_count == 0 || acceptances_commit(worker, &kind, fresh, fresh_count, err)) &&
           (same_count == 0 || commit_same(worker, same, same_count, err));
    for (size_t i = 0; good && i < count; i++)
        if (work_is_dry_run(&items[i]))
            good = tell_dry_run(&all[i], err);
    for (size_t i = 0; i < count; i++)
        acceptance_release(&all[i]);
    free(all);
    free(fresh);
    free(same);
    return good;
}
