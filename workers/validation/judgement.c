/* judgement: see judgement.h. */
#include "workers/validation/judgement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cache.h"
#include "common/dry_run.h"
#include "common/kinds.h"
#include "common/metrics.h"
#include "common/verdict.h"

void judgement_release(struct judgement *judgement)
{
    buffer_release(&judgement->body);
    buffer_release(&judgement->fired);
    json_decref(judgement->rules);
    buffer_release(&judgement->scopes);
}

void judgement_add_fired(struct judgement *judgement, const char *source)
{
    buffer_printf(&judgement->fired, "%s%s", judgement->fired.size == 0 ? "" : ",", source);
}

/* ------------------------------------------------------------------- facts */

static struct judgement *judgement_of(struct judgement *const *judgements, size_t count, int row,
                                      const struct uuid *id)
{
    /* rows come in the order of the batch, so the first guess is nearly always right */
    if ((size_t)row < count && uuid_equal(&judgements[row]->item->record.id, id))
        return judgements[row];
    for (size_t i = 0; i < count; i++)
        if (uuid_equal(&judgements[i]->item->record.id, id))
            return judgements[i];
    return NULL;
}

static bool read_facts(struct judgement *const *judgements, size_t count, const PGresult *result,
                       struct error *err)
{
    static const char *const names[] = {"id", "facts", "digest", "person_key"};
    enum { ID, FACTS, DIGEST, PERSON, COUNT };
    int columns[COUNT];

    if (!db_columns(result, names, columns, COUNT, err))
        return false;
    for (int row = 0; row < PQntuples(result); row++) {
        struct uuid id;
        struct judgement *one =
            db_uuid(result, row, columns[ID], &id) ? judgement_of(judgements, count, row, &id) : NULL;

        if (one == NULL || one->facts.size > 0)
            return error_set(err, ERROR_BUG, "the facts query named a submission that is not in the batch");
        one->facts = db_text(result, row, columns[FACTS]);
        one->digest = db_text(result, row, columns[DIGEST]);
        one->person_key = db_text(result, row, columns[PERSON]);
    }
    for (size_t i = 0; i < count; i++)
        if (judgements[i]->facts.size == 0)
            return error_set(err, ERROR_BUG, "the facts query left a submission out");
    return true;
}

bool judgements_load_facts(struct worker *worker, const struct commit_kind *kind,
                           struct judgement *const *judgements, size_t count, PGresult **ret_result,
                           struct error *err)
{
    struct commit_entry *entries = memory_zero(count, sizeof *entries);
    struct db_params params = DB_PARAMS_INIT;
    bool good;

    for (size_t i = 0; i < count; i++) {
        entries[i].item = judgements[i]->item;
        entries[i].context = judgements[i]->context;
    }
    kind->facts_params(&params, entries, count);
    good = db_run(worker_db(worker), kind->facts, &params, ret_result, err);
    db_params_release(&params);
    free(entries);
    return good && read_facts(judgements, count, *ret_result, err);
}

/* ------------------------------------------------------------ what passes */

static void hand_on(const struct judgement *one, const char *rules_version)
{
    struct work_item *item = one->item;
    const struct kind *kind = kind_find(item->record.kind);
    const struct verdict verdict = {.digest = one->digest,
                                    .person_key = one->person_key,
                                    .rules_version = slice_of(rules_version),
                                    .is_same_as = one->is_same_as,
                                    .same_as = one->same_as,
                                    .rules = one->rules};
    char *text = verdict_write(&verdict);

    item->record.facts = work_keep(item, one->facts);
    item->record.verdict = work_keep(item, slice_of(text));
    free(text);
    work_forward(item, kind_next_stage(kind, "validation"));
}

/* ---------------------------------------------------------- what does not */

void judgement_tell_dry_run(const struct judgement *one)
{
    dry_run_tell(one->item, &(struct dry_run){.result = "rejected",
                                              .status = one->status,
                                              .body = buffer_slice(&one->body),
                                              .rules = one->rules});
}

/* Counts each rule that fired, by its number: what stands behind the name of the document. */
static void count_fired(const struct judgement *one)
{
    const struct slice kind = one->item->record.kind;
    const char *end = one->fired.data + one->fired.size;

    for (const char *p = one->fired.data; p != NULL && p < end;) {
        const char *comma = memchr(p, ',', (size_t)(end - p));
        const char *until = comma == NULL ? end : comma;
        const char *space = memchr(p, ' ', (size_t)(until - p));
        const char *rule = space == NULL ? p : space + 1;
        char labels[128];

        (void)snprintf(labels, sizeof labels, "kind=\"%.*s\",rule=\"%.*s\"", (int)kind.size, kind.data,
                       (int)(until - rule), rule);
        metric_add(metric_counter("ecf2_rejections_total", "Rules that failed", labels), 1);
        p = comma == NULL ? end : comma + 1;
    }
}

/* A rejection moves nothing, but it tells what is there already ("this has been declared"), perhaps of an
 * outcome that nobody was told yet: what its caller reads afterwards must show it. */
static struct slice scopes_of(struct judgement *one)
{
    const struct wire_record *record = &one->item->record;
    const struct kind *kind = kind_find(record->kind);

    buffer_clear(&one->scopes);
    if (kind != NULL && kind->list != NULL && record->caller_type == WIRE_LEAD_PROVIDER)
        cache_scope_append(&one->scopes, record->caller_id, kind->list);
    return buffer_slice(&one->scopes);
}

struct plain_outcome judgement_rejection(struct judgement *rejected, const struct commit_entry *entry,
                                         const char *rules_version)
{
    count_fired(rejected);
    return (struct plain_outcome){.entry = entry,
                                  .result = "rejected",
                                  .status = rejected->status,
                                  .body = buffer_slice(&rejected->body),
                                  .fired = buffer_slice(&rejected->fired),
                                  .facts = rejected->facts,
                                  .rules_version = rules_version,
                                  .scopes = scopes_of(rejected)};
}

static bool commit_rejections(struct worker *worker, const struct commit_kind *kind,
                              struct judgement *const *rejected, size_t count, const char *rules_version,
                              struct error *err)
{
    struct commit_entry *entries = memory_zero(count, sizeof *entries);
    struct plain_outcome *outcomes = memory_zero(count, sizeof *outcomes);
    struct commit commit;
    size_t open = 0;
    bool good;

    for (size_t i = 0; i < count; i++)
        entries[i] = (struct commit_entry){
            .item = rejected[i]->item, .digest = rejected[i]->digest, .context = rejected[i]->context};
    commit_init(&commit, worker, kind, entries, count);
    for (size_t i = 0; i < count; i++)
        commit_add_keys(&commit, i, rejected[i]->person_key);
    good = commit_begin(&commit, err);
    for (size_t i = 0; good && i < count; i++)
        if (entries[i].state == COMMIT_OPEN)
            outcomes[open++] = judgement_rejection(rejected[i], &entries[i], rules_version);
    good = good && commit_plain_outcomes(&commit, outcomes, open, err);
    commit_release(&commit);
    free(entries);
    free(outcomes);
    return good;
}

bool judgements_settle(struct worker *worker, const struct commit_kind *kind,
                       struct judgement *const *judgements, size_t count, const char *rules_version,
                       struct error *err)
{
    struct judgement **rejected = memory_zero(count, sizeof *rejected);
    size_t rejections = 0;
    bool good;

    for (size_t i = 0; i < count; i++) {
        if (judgements[i]->status == 0)
            hand_on(judgements[i], rules_version);
        else if (!work_is_dry_run(judgements[i]->item))
            rejected[rejections++] = judgements[i];
    }
    good = rejections == 0 || commit_rejections(worker, kind, rejected, rejections, rules_version, err);
    for (size_t i = 0; good && i < count; i++)
        if (judgements[i]->status != 0 && work_is_dry_run(judgements[i]->item))
            judgement_tell_dry_run(judgements[i]);
    free(rejected);
    return good;
}
