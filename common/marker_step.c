/* marker_step: see marker_step.h. */
#include "common/marker_step.h"

#include <stdlib.h>

#include "common/buffer.h"
#include "common/changes.h"
#include "common/clock.h"
#include "common/derived.h"
#include "common/sql.h"

/* -------------------------------------------------------------------- load */

static void question_params(struct db_params *params, const struct marker_step *steps, size_t count)
{
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_int(params, steps[i].teacher_id);
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_text(params, participant_role_name(steps[i].role));
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_instant(params, steps[i].as_of_us);
    db_array_end(params);
}

static bool read_rows(struct marker_step *steps, size_t count, const PGresult *rows, struct error *err)
{
    static const char *const names[] = {"facts"};
    int column;

    if (!db_columns(rows, names, &column, 1, err))
        return false;
    if ((size_t)PQntuples(rows) != count)
        return error_set(err, ERROR_BUG, "the facts of %zu markers are %d rows", count, PQntuples(rows));
    for (size_t i = 0; i < count; i++) {
        marker_facts_release(&steps[i].facts);
        if (!marker_facts_decode(db_text(rows, (int)i, column), &steps[i].facts, err))
            return false;
        steps[i].verdict = marker_decide(&steps[i].facts);
    }
    return true;
}

bool marker_steps_load(struct db *db, struct marker_step *steps, size_t count, PGresult **ret_rows,
                       struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    PGresult *rows = NULL;

    question_params(&params, steps, count);
    const bool asked = db_run(db, &sql_marker_facts, &params, &rows, err);
    db_params_release(&params);
    if (!asked)
        return false;
    if (!read_rows(steps, count, rows, err)) {
        PQclear(rows);
        return false;
    }
    *ret_rows = rows;
    return true;
}

void marker_steps_release(struct marker_step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++)
        marker_facts_release(&steps[i].facts);
}

/* ------------------------------------------------------------------- write */

static json_t *declaration_ids(const struct marker_facts *facts)
{
    json_t *ids = json_array();

    for (size_t i = 0; i < facts->declaration_count; i++) {
        char text[UUID_TEXT_SIZE];

        uuid_format(&facts->declarations[i].api_id, text);
        json_array_append_new(ids, json_string(text));
    }
    return ids;
}

/* Metadata of teacher_funding_eligibility_not_set (events.md 4.2): whose, which, why; of the declarations
 * those that have nowhere to go are named apart. */
static char *failure_text(const struct marker_step *step)
{
    json_t *without = json_array();

    for (size_t i = 0; i < step->facts.declaration_count; i++) {
        char text[UUID_TEXT_SIZE];

        if (step->facts.declarations[i].statement_id != 0)
            continue;
        uuid_format(&step->facts.declarations[i].api_id, text);
        json_array_append_new(without, json_string(text));
    }
    json_t *document =
        json_pack("{s:s, s:o, s:o, s:s, s:s}", "role", participant_role_name(step->role), "declarations",
                  declaration_ids(&step->facts), "without_statement", without, "reason",
                  marker_verdict_text(step->verdict), "rule", marker_verdict_source(step->verdict));
    char *text = json_dumps(document, JSON_COMPACT);

    json_decref(document);
    return text;
}

/* What the rule saw (eligibility_changes.evidence). */
static char *evidence_text(const struct marker_step *step)
{
    json_t *document =
        json_pack("{s:b, s:b, s:b, s:o}", "has_induction_today", step->facts.has_induction_today,
                  "has_school_period", step->facts.has_school_period, "has_training_period",
                  step->facts.has_training_period, "declarations", declaration_ids(&step->facts));
    char *text = json_dumps(document, JSON_COMPACT);

    json_decref(document);
    return text;
}

static char *changes_text(const struct marker_step *step)
{
    char day[CHANGE_DATE_SIZE];
    json_t *lines = json_array();

    change_date_format(london_date(step->as_of_us), day);
    changes_append(lines, "first_became_eligible_for_training_at", NULL, day);
    char *text = json_dumps(lines, JSON_COMPACT);

    json_decref(lines);
    return text;
}

/* The columns of write_markers.sql, in its order; those of the declarations stand behind them. */
enum column {
    TEACHER,
    ROLE,
    AS_OF,
    AHEAD,
    FAILURE,
    CHANGES,
    REASON,
    CAUSE_KIND,
    CAUSE_ID,
    EVIDENCE,
    RECORDED_BY,
    AUTHOR_TYPE,
    AUTHOR_ID,
    AUTHOR_NAME,
    AUTHOR_EMAIL,
    SUBMISSION,
    COLUMN_COUNT
};

static void add_made_text(struct db_params *params, char *text)
{
    db_array_text(params, text);
    free(text);
}

static void add_value(struct db_params *params, enum column column, const struct marker_step *step)
{
    const struct marker_cause *cause = &step->cause;
    const bool fails = step->verdict == MARKER_NO_STATEMENT;

    switch (column) {
    case TEACHER:
        db_array_int(params, step->teacher_id);
        break;
    case ROLE:
        db_array_text(params, participant_role_name(step->role));
        break;
    case AS_OF:
        db_array_instant(params, step->as_of_us);
        break;
    case AHEAD:
        db_array_microseconds(params, step->ahead_us);
        break;
    case FAILURE:
        add_made_text(params, fails ? failure_text(step) : NULL);
        break;
    case CHANGES:
        add_made_text(params, fails ? NULL : changes_text(step));
        break;
    case EVIDENCE:
        add_made_text(params, fails ? NULL : evidence_text(step));
        break;
    case REASON:
        db_array_text(params, cause->reason);
        break;
    case CAUSE_KIND:
        db_array_text(params, cause->kind);
        break;
    case CAUSE_ID:
        db_array_text(params, cause->id);
        break;
    case RECORDED_BY:
        db_array_text(params, cause->recorded_by);
        break;
    case AUTHOR_TYPE:
        db_array_text(params, cause->author_type);
        break;
    case AUTHOR_ID:
        db_array_id(params, cause->author_id);
        break;
    case AUTHOR_NAME:
        db_array_text(params, cause->author_name);
        break;
    case AUTHOR_EMAIL:
        db_array_text(params, cause->author_email);
        break;
    case SUBMISSION:
        db_array_uuid(params, cause->submission);
        break;
    case COLUMN_COUNT:
        break;
    }
}

static bool is_written(const struct marker_step *step)
{
    return step->verdict == MARKER_IS_TO_BE_SET || step->verdict == MARKER_NO_STATEMENT;
}

static void declaration_params(struct db_params *params, const struct marker_step *steps, size_t count,
                               bool statements)
{
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        for (size_t d = 0; steps[i].verdict == MARKER_IS_TO_BE_SET && d < steps[i].facts.declaration_count;
             d++) {
            const struct marker_declaration *one = &steps[i].facts.declarations[d];

            db_array_int(params, statements ? one->statement_id : one->id);
        }
    db_array_end(params);
}

static void write_params(struct db_params *params, const struct marker_step *steps, size_t count)
{
    for (int column = 0; column < COLUMN_COUNT; column++) {
        db_array_begin(params);
        for (size_t i = 0; i < count; i++)
            if (is_written(&steps[i]))
                add_value(params, (enum column)column, &steps[i]);
        db_array_end(params);
    }
    declaration_params(params, steps, count, /* statements= */ false);
    declaration_params(params, steps, count, /* statements= */ true);
}

/* Under the locks nothing can have moved: less than all is a bug, and the caller rolls back. */
static bool all_written(const struct marker_step *steps, size_t count, const PGresult *written,
                        struct error *err)
{
    int64_t markers = 0, declarations = 0;

    for (size_t i = 0; i < count; i++) {
        if (steps[i].verdict != MARKER_IS_TO_BE_SET)
            continue;
        markers++;
        declarations += (int64_t)steps[i].facts.declaration_count;
    }
    if (db_int(written, 0, 0) != markers || db_int(written, 0, 1) != declarations)
        return error_set(err, ERROR_BUG,
                         "not every marker or declaration of the step was as it had been read");
    return true;
}

/* Of those whose marker is set the participant is another now (lead-provider-api.md 3.13). */
static bool refresh_people(struct db *db, const struct marker_step *steps, size_t count, struct error *err)
{
    struct derived_person *people = memory_zero(count, sizeof *people);
    size_t used = 0;

    for (size_t i = 0; i < count; i++)
        if (steps[i].verdict == MARKER_IS_TO_BE_SET)
            people[used++] = (struct derived_person){.teacher_id = steps[i].teacher_id,
                                                     .as_of_us = steps[i].as_of_us,
                                                     .updated_at_us = INSTANT_NONE,
                                                     .ahead_us = steps[i].ahead_us,
                                                     .shows_participant = true};
    const bool good = derived_refresh_people(db, people, used, NULL, err);
    free(people);
    return good;
}

bool marker_steps_write(struct db *db, const struct marker_step *steps, size_t count, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    PGresult *written = NULL;
    bool any = false;

    for (size_t i = 0; i < count; i++)
        any = any || is_written(&steps[i]);
    if (!any)
        return true;
    write_params(&params, steps, count);
    const bool good = db_run(db, &sql_write_markers, &params, &written, err) &&
                      all_written(steps, count, written, err) && refresh_people(db, steps, count, err);
    PQclear(written);
    db_params_release(&params);
    return good;
}
