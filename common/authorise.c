/* authorise: see authorise.h. */
#include "common/authorise.h"

#include "common/cleanup.h"
#include "common/sql.h"

/* -------------------------------------------------------------- conditions */

struct question {
    const struct authorise_facts *facts;
    struct date today;
    bool earlier_is_confirmed;
};

static bool exists(const struct question *question)
{
    return question->facts->id != 0;
}

static bool is_output(const struct question *question)
{
    return question->facts->is_output;
}

static bool is_unpaid(const struct question *question)
{
    return question->facts->status != STATEMENT_PAID;
}

static bool is_payable(const struct question *question)
{
    return question->facts->status == STATEMENT_PAYABLE;
}

static bool deadline_is_over(const struct question *question)
{
    return question->facts->deadline_date.day < question->today.day;
}

static bool has_declarations(const struct question *question)
{
    return question->facts->payable + question->facts->awaiting_clawback > 0;
}

static bool earlier_is_paid_or_known(const struct question *question)
{
    return question->facts->earlier_payable == 0 || question->earlier_is_confirmed;
}

/* payments.md 3.5, and payments-operations.md 1.4 for the last: the first that is not met decides. */
static const struct {
    bool (*is_met)(const struct question *question);
    enum authorise_verdict otherwise;
    const char *text;
} conditions[] = {
    {exists, AUTHORISE_NO_STATEMENT, "there is no such statement"},
    {is_output, AUTHORISE_SERVICE_FEE,
     "it is a service fee statement; only output statements are authorised"},
    {is_unpaid, AUTHORISE_DONE_BEFORE, "it was authorised for payment already"},
    {is_payable, AUTHORISE_OPEN, "it is still open; it becomes payable at 00:00 UTC after its deadline"},
    {deadline_is_over, AUTHORISE_DEADLINE_AHEAD, "its deadline has not passed"},
    {has_declarations, AUTHORISE_NOTHING_TO_PAY,
     "it has neither a payable declaration nor one that awaits clawback"},
    {earlier_is_paid_or_known, AUTHORISE_EARLIER_UNPAID,
     "an earlier statement of its lead provider and contract period is payable and not yet paid"},
};

#define CONDITION_COUNT (sizeof conditions / sizeof conditions[0])

enum authorise_verdict authorise_decide(const struct authorise_facts *facts, struct date today,
                                        bool earlier_is_confirmed)
{
    const struct question question = {facts, today, earlier_is_confirmed};

    for (size_t i = 0; i < CONDITION_COUNT; i++)
        if (!conditions[i].is_met(&question))
            return conditions[i].otherwise;
    return AUTHORISE_MAY;
}

const char *authorise_verdict_text(enum authorise_verdict verdict)
{
    for (size_t i = 0; i < CONDITION_COUNT; i++)
        if (conditions[i].otherwise == verdict)
            return conditions[i].text;
    return "it may be authorised";
}

/* -------------------------------------------------------------------- load */

static bool read_row(struct authorise_step *step, const PGresult *rows, int row, const int *columns,
                     struct error *err)
{
    enum { ID, IS_OUTPUT, STATUS, DEADLINE, PAYABLE, AWAITING, EARLIER };

    step->facts = (struct authorise_facts){.deadline_date = DATE_NONE};
    if (!db_is_null(rows, row, columns[ID])) {
        step->facts = (struct authorise_facts){
            .id = db_int(rows, row, columns[ID]),
            .is_output = db_bool(rows, row, columns[IS_OUTPUT]),
            .status = statement_status_parse(db_text(rows, row, columns[STATUS])),
            .payable = db_int(rows, row, columns[PAYABLE]),
            .awaiting_clawback = db_int(rows, row, columns[AWAITING]),
            .earlier_payable = db_int(rows, row, columns[EARLIER]),
        };
        if (!date_parse(db_text(rows, row, columns[DEADLINE]), &step->facts.deadline_date))
            return error_set(err, ERROR_BUG, "the deadline of a statement is no day");
    }
    step->verdict = authorise_decide(&step->facts, london_date(step->as_of_us), step->earlier_is_confirmed);
    return true;
}

static bool read_facts(struct db *db, struct authorise_step *steps, size_t count, struct error *err)
{
    static const char *const names[] = {"id",      "is_output",         "status",         "deadline_date",
                                        "payable", "awaiting_clawback", "earlier_payable"};
    enum { COLUMNS = sizeof names / sizeof names[0] };
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *rows = NULL;
    int columns[COLUMNS];

    db_array_begin(&params);
    for (size_t i = 0; i < count; i++)
        db_array_uuid(&params, &steps[i].api_id);
    db_array_end(&params);
    bool good = db_run(db, &sql_authorise_facts, &params, &rows, err) &&
                db_columns(rows, names, columns, COLUMNS, err);
    db_params_release(&params);
    for (size_t i = 0; good && i < count; i++)
        good = read_row(&steps[i], rows, (int)i, columns, err);
    return good;
}

bool authorise_load(struct db *db, struct authorise_step *steps, size_t count, PGresult **ret_rows,
                    struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;

    if (!read_facts(db, steps, count, err))
        return false;
    db_array_begin(&params);
    for (size_t i = 0; i < count; i++)
        if (steps[i].facts.id != 0)
            db_array_int(&params, steps[i].facts.id);
    db_array_end(&params);
    const bool good = db_run(db, &sql_find_statement_locks, &params, ret_rows, err);
    db_params_release(&params);
    return good;
}

/* ------------------------------------------------------------------- write */

/* The columns of authorise_statements.sql, in its order. */
enum column {
    STATEMENT,
    AS_OF,
    AHEAD,
    CALCULATION,
    AUTHOR_ID,
    AUTHOR_NAME,
    AUTHOR_EMAIL,
    SUBMISSION,
    COLUMN_COUNT
};

static void add_value(struct db_params *params, enum column column, const struct authorise_step *step)
{
    switch (column) {
    case STATEMENT:
        db_array_int(params, step->facts.id);
        break;
    case AS_OF:
        db_array_instant(params, step->as_of_us);
        break;
    case AHEAD:
        db_array_microseconds(params, step->ahead_us);
        break;
    case CALCULATION:
        db_array_id(params, step->calculation_id);
        break;
    case AUTHOR_ID:
        db_array_id(params, step->author_id);
        break;
    case AUTHOR_NAME:
        db_array_text(params, step->author_name);
        break;
    case AUTHOR_EMAIL:
        db_array_text(params, step->author_email);
        break;
    case SUBMISSION:
        db_array_uuid(params, step->submission);
        break;
    case COLUMN_COUNT:
        break;
    }
}

/* Under the locks each that may be is moved: less is a bug, and the caller rolls back. */
static bool read_written(struct authorise_step *steps, size_t count, const PGresult *written,
                         struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        int row = 0;

        if (steps[i].verdict != AUTHORISE_MAY)
            continue;
        while (row < PQntuples(written) && db_int(written, row, 0) != steps[i].facts.id)
            row++;
        if (row == PQntuples(written))
            return error_set(err, ERROR_BUG, "a statement that may be authorised was not");
        steps[i].paid = db_int(written, row, 1);
        steps[i].clawed_back = db_int(written, row, 2);
    }
    return true;
}

bool authorise_write(struct db *db, struct authorise_step *steps, size_t count, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *written = NULL;

    for (int column = 0; column < COLUMN_COUNT; column++) {
        db_array_begin(&params);
        for (size_t i = 0; i < count; i++)
            if (steps[i].verdict == AUTHORISE_MAY)
                add_value(&params, (enum column)column, &steps[i]);
        db_array_end(&params);
    }
    const bool good = db_run(db, &sql_authorise_statements, &params, &written, err);
    db_params_release(&params);
    return good && read_written(steps, count, written, err);
}
