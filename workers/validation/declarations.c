/*
 * declarations: a batch of `declaration.create` through the decision table: decode, load facts, run the
 * rules, hand on what passes, commit what does not. The rules themselves are declaration_rules.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/declaration_commit.h"
#include "common/kinds.h"
#include "common/metrics.h"
#include "common/sql.h"
#include "common/verdict.h"
#include "workers/validation/declaration_rules.h"
#include "workers/validation/validation.h"

struct declaration_case {
    struct declaration_input input;
    bool has_input;
    struct declaration_facts facts;
    bool has_facts;
    struct declaration_verdict verdict;
    struct slice facts_text, digest, person_key; /* borrowed from the result of the facts query */
    struct buffer body;                          /* of a rejection */
    struct buffer fired;
};

static bool decode(struct work_item *items, struct declaration_case *cases, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!declaration_input_decode(items[i].record.payload, &cases[i].input, err))
            return false;
        cases[i].has_input = true;
    }
    return true;
}

static bool load_facts(struct worker *worker, const struct work_item *items,
                       const struct declaration_case *cases, size_t count, PGresult **ret_result,
                       struct error *err)
{
    struct declaration_question *questions = memory_zero(count, sizeof *questions);
    struct db_params params = DB_PARAMS_INIT;
    bool good;

    for (size_t i = 0; i < count; i++)
        questions[i] = declaration_question_of(&items[i].record, &cases[i].input);
    declaration_facts_params(&params, questions, count);
    good = db_run(worker_db(worker), &sql_declaration_facts, &params, ret_result, err);
    db_params_release(&params);
    free(questions);
    return good;
}

static struct declaration_case *case_of(const struct work_item *items, struct declaration_case *cases,
                                        size_t count, int row, const struct uuid *id)
{
    /* rows come in the order of the batch, so the first guess is nearly always right */
    if ((size_t)row < count && uuid_equal(&items[row].record.id, id))
        return &cases[row];
    for (size_t i = 0; i < count; i++)
        if (uuid_equal(&items[i].record.id, id))
            return &cases[i];
    return NULL;
}

static bool read_facts(const struct work_item *items, struct declaration_case *cases, size_t count,
                       const PGresult *result, struct error *err)
{
    static const char *const names[] = {"id", "facts", "digest", "person_key"};
    enum { ID, FACTS, DIGEST, PERSON, COUNT };
    int columns[COUNT];

    if (!db_columns(result, names, columns, COUNT, err))
        return false;
    for (int row = 0; row < PQntuples(result); row++) {
        struct uuid id;
        struct declaration_case *one =
            db_uuid(result, row, columns[ID], &id) ? case_of(items, cases, count, row, &id) : NULL;

        if (one == NULL || one->has_facts)
            return error_set(err, ERROR_BUG, "the facts query named a submission that is not in the batch");
        one->facts_text = db_text(result, row, columns[FACTS]);
        one->digest = db_text(result, row, columns[DIGEST]);
        one->person_key = db_text(result, row, columns[PERSON]);
        if (!declaration_facts_decode(one->facts_text, &one->facts, err))
            return false;
        one->has_facts = true;
    }
    for (size_t i = 0; i < count; i++)
        if (!cases[i].has_facts)
            return error_set(err, ERROR_BUG, "the facts query left a submission out");
    return true;
}

/* ------------------------------------------------------------ what passes */

static void hand_on(struct work_item *item, const struct declaration_case *one)
{
    const struct kind *kind = kind_find(item->record.kind);
    const struct existing_declaration *same_as = one->verdict.same_as;
    struct verdict verdict = {.digest = one->digest,
                              .person_key = one->person_key,
                              .rules_version = slice_of(DECLARATION_RULES_VERSION)};
    char *text;

    if (same_as != NULL) {
        verdict.is_same_as = true;
        verdict.same_as = same_as->api_id;
    }
    text = verdict_write(&verdict);
    item->record.facts = work_keep(item, one->facts_text);
    item->record.verdict = work_keep(item, slice_of(text));
    free(text);
    work_forward(item, kind_next_stage(kind, "validation"));
}

/* ---------------------------------------------------------- what does not */

static void count_rejection(int rule)
{
    char labels[96];

    (void)snprintf(labels, sizeof labels, "kind=\"declaration.create\",rule=\"3.3/%d\"", rule);
    metric_add(metric_counter("ecf2_rejections_total", "Rules that failed", labels), 1);
}

static void render_rejection(struct declaration_case *one)
{
    declaration_verdict_render(&one->verdict, &one->body);
    for (int rule = 1; rule <= DECLARATION_RULE_COUNT; rule++) {
        if (one->verdict.results[rule - 1] != RULE_FAILED)
            continue;
        buffer_printf(&one->fired, "%s%s", one->fired.size == 0 ? "" : ",", declaration_rule_source(rule));
        count_rejection(rule);
    }
}

static bool commit_rejections(struct worker *worker, struct commit_entry *entries,
                              struct declaration_case **cases, size_t count, struct error *err)
{
    struct plain_outcome *outcomes = memory_zero(count, sizeof *outcomes);
    struct commit commit;
    size_t open = 0;
    bool good;

    commit_init(&commit, worker, &declaration_commit, entries, count);
    for (size_t i = 0; i < count; i++)
        commit_add_key(&commit, i, cases[i]->person_key);
    good = commit_begin(&commit, err);
    for (size_t i = 0; good && i < count; i++) {
        if (entries[i].state != COMMIT_OPEN)
            continue;
        render_rejection(cases[i]);
        outcomes[open++] = (struct plain_outcome){.entry = &entries[i],
                                                  .result = "rejected",
                                                  .status = 422,
                                                  .body = buffer_slice(&cases[i]->body),
                                                  .fired = buffer_slice(&cases[i]->fired),
                                                  .facts = cases[i]->facts_text,
                                                  .rules_version = DECLARATION_RULES_VERSION};
    }
    good = good && commit_plain_outcomes(&commit, outcomes, open, err);
    commit_release(&commit);
    free(outcomes);
    return good;
}

/* ------------------------------------------------------------------- batch */

static bool decide(struct worker *worker, struct work_item *items, struct declaration_case *cases,
                   size_t count, struct error *err)
{
    struct commit_entry *entries = memory_zero(count, sizeof *entries);
    struct declaration_case **rejected = memory_zero(count, sizeof *rejected);
    size_t rejections = 0;
    bool good;

    for (size_t i = 0; i < count; i++) {
        declaration_validate(&cases[i].input, &cases[i].facts, items[i].record.as_of_us, &cases[i].verdict);
        if (cases[i].verdict.error_count == 0) {
            hand_on(&items[i], &cases[i]);
            continue;
        }
        entries[rejections] =
            (struct commit_entry){.item = &items[i], .digest = cases[i].digest, .context = &cases[i].input};
        rejected[rejections++] = &cases[i];
    }
    good = rejections == 0 || commit_rejections(worker, entries, rejected, rejections, err);
    free(entries);
    free(rejected);
    return good;
}

bool validate_declarations(struct worker *worker, struct work_item *items, size_t count, struct error *err)
{
    struct declaration_case *cases = memory_zero(count, sizeof *cases);
    PGresult *result = NULL;
    const bool good =
        decode(items, cases, count, err) && load_facts(worker, items, cases, count, &result, err) &&
        read_facts(items, cases, count, result, err) && decide(worker, items, cases, count, err);

    for (size_t i = 0; i < count; i++) {
        if (cases[i].has_input)
            declaration_input_release(&cases[i].input);
        if (cases[i].has_facts)
            declaration_facts_release(&cases[i].facts);
        buffer_release(&cases[i].body);
        buffer_release(&cases[i].fired);
    }
    free(cases);
    PQclear(result);
    return good;
}
