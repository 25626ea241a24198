/*
 * school: `read.school`, {id, cohort}, and `read.schools`, {cohort}: schools in a cohort, whoever works with
 * them; the tutor is told to whom it concerns (lead-provider-api.md section 10).
 */
#include "workers/query/school.h"

#include "common/render.h"
#include "workers/query/list.h"
#include "workers/query/page.h"
#include "workers/query/resource.h"
#include "workers/query/sql.h"

void school_render_resource(const struct school_view *view, struct buffer *out)
{
    render_resource_begin(out, &view->id, "school");
    render_text(out, "name", view->name);
    render_number(out, "urn", view->urn);
    render_number(out, "cohort", view->cohort);
    render_bool(out, "in_partnership", view->in_partnership);
    render_text(out, "induction_programme_choice", view->programme_choice);
    render_bool(out, "expression_of_interest", view->expression_of_interest);
    render_text(out, "induction_tutor_name", view->tutor_name);
    render_text(out, "induction_tutor_email", view->tutor_email);
    render_instant(out, "created_at", view->created_at_us);
    render_instant(out, "updated_at", view->updated_at_us);
    render_resource_end(out);
}

enum {
    NUMBER,
    UPDATED,
    CREATED,
    ID,
    NAME,
    URN,
    COHORT,
    IN_PARTNERSHIP,
    CHOICE,
    INTEREST,
    TUTOR_NAME,
    TUTOR_EMAIL,
    COLUMN_COUNT
};
static const char *const column_names[COLUMN_COUNT] = {"n",
                                                       "updated_us",
                                                       "created_us",
                                                       "api_id",
                                                       "name",
                                                       "urn",
                                                       "cohort",
                                                       "in_partnership",
                                                       "programme_choice",
                                                       "expression_of_interest",
                                                       "induction_tutor_name",
                                                       "induction_tutor_email"};

static bool append(const PGresult *rows, int row, const int columns[], struct buffer *out, struct error *err)
{
    struct school_view view = {
        .name = db_text(rows, row, columns[NAME]),
        .urn = db_int(rows, row, columns[URN]),
        .cohort = db_int(rows, row, columns[COHORT]),
        .in_partnership = db_bool(rows, row, columns[IN_PARTNERSHIP]),
        .programme_choice = db_text(rows, row, columns[CHOICE]),
        .expression_of_interest = db_bool(rows, row, columns[INTEREST]),
        .tutor_name = db_text(rows, row, columns[TUTOR_NAME]),
        .tutor_email = db_text(rows, row, columns[TUTOR_EMAIL]),
        .created_at_us = db_int(rows, row, columns[CREATED]),
        .updated_at_us = db_int(rows, row, columns[UPDATED]),
    };

    if (!db_uuid(rows, row, columns[ID], &view.id))
        return error_set(err, ERROR_BUG, "a school without id");
    school_render_resource(&view, out);
    return true;
}

static void add_cohorts(struct db_params *params, const struct question *questions, size_t count)
{
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_int(params, list_int(&questions[i], "cohort"));
    db_array_end(params);
}

static const struct resource schools = {.show = &sql_show_schools,
                                        .add_params = add_cohorts,
                                        .columns = column_names,
                                        .column_count = COLUMN_COUNT,
                                        .append = append};

bool school_answer(struct db *db, struct question *questions, size_t count, struct error *err)
{
    return resource_answer(db, questions, count, &schools, err);
}

static void find_params(struct db_params *params, const struct question *question)
{
    const struct list_page page = list_page_of(question);

    db_param_int(params, list_int(question, "cohort"));
    list_param_instant(params, question, "updated_since");
    list_param_int(params, question, "urn");
    list_param_texts(params, question, "sort");
    db_param_int(params, page.skip);
    db_param_int(params, page.take);
}

static void show_params(struct db_params *params, const struct question *question)
{
    resource_show_params(params, question, &schools);
}

static bool render(const struct question *question, const PGresult *rows, struct buffer *list,
                   int64_t *ret_latest_us, struct error *err)
{
    (void)question;
    return resource_render_page(rows, &schools, list, ret_latest_us, err);
}

bool school_list_answer(struct db *db, struct question *questions, size_t count, struct error *err)
{
    static const struct page_kind kind = {.list = "schools",
                                          .find = &sql_list_schools,
                                          .find_params = find_params,
                                          .show = &sql_show_schools,
                                          .show_params = show_params,
                                          .render = render};

    return page_answer(db, questions, count, &kind, err);
}
