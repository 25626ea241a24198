/* import_tables: the files of an import in order of dependency, and the text of `ecf2ctl help import`. */
#include "workers/ctl/import_tables.h"

#include <string.h>

#include "workers/ctl/sql.h"

#define FILE_OF(file, table, sentence) #file, #table, sentence, import_##file
#define RESOLVE(file)                  &sql_import_resolve_##file
#define KEYS(file)                     &sql_import_keys_##file
#define CHECK(file)                    &sql_import_check_##file

const struct import_table import_tables[] = {
    {FILE_OF(contract_periods, contract_periods, "Yearly intakes."), .resolve = NULL},
    {FILE_OF(schedules, schedules, "Schedules of a contract period."), .resolve = RESOLVE(schedules),
     .has_id = true},
    {FILE_OF(milestones, milestones, "When each type may be declared on a schedule."),
     .resolve = RESOLVE(milestones), .check = CHECK(milestones), .has_id = true},
    {FILE_OF(lead_providers, lead_providers, "Lead providers."), .keys = KEYS(lead_providers),
     .has_id = true},
    {FILE_OF(lead_provider_contract_periods, provider_contract_periods,
             "Contract periods in which each is active."),
     .resolve = RESOLVE(lead_provider_contract_periods), .has_id = true},
    {FILE_OF(delivery_partners, delivery_partners, "Delivery partners."), .keys = KEYS(delivery_partners),
     .has_id = true},
    {FILE_OF(delivery_partnerships, delivery_partnerships, "Who works with whom in a contract period."),
     .resolve = RESOLVE(delivery_partnerships), .has_id = true},
    {FILE_OF(appropriate_bodies, appropriate_bodies, "Appropriate bodies."), .has_id = true},
    {FILE_OF(appropriate_body_aliases, appropriate_body_aliases,
             "The predecessor's ids of appropriate bodies."),
     .resolve = RESOLVE(appropriate_body_aliases), .keys = KEYS(appropriate_bodies), .extra = "source"},
    {FILE_OF(regions, regions, "Areas of teaching school hubs."), .resolve = RESOLVE(regions),
     .has_id = true},
    {FILE_OF(gias_schools, gias_schools, "The register of schools."), .resolve = NULL},
    {FILE_OF(schools, schools, "Schools of the register that use the service."), .resolve = RESOLVE(schools),
     .has_id = true},
    {FILE_OF(school_funding_eligibilities, school_funding_eligibilities,
             "Uplifts of schools in a contract period."),
     .resolve = RESOLVE(school_funding_eligibilities), .has_id = true, .skips = true},
    {FILE_OF(bands, provider_bands, "Capacity of a lead provider in a contract period."),
     .resolve = RESOLVE(bands), .has_id = true},
    {FILE_OF(contracts, contracts, "Commercial terms."), .resolve = RESOLVE(contracts), .has_id = true},
    {FILE_OF(band_terms, contract_band_terms, "Prices of a band in a contract."),
     .resolve = RESOLVE(band_terms), .check = CHECK(band_terms), .has_id = true},
    {FILE_OF(statements, statements, "One month of a lead provider and contract period."),
     .resolve = RESOLVE(statements), .check = CHECK(statements), .keys = KEYS(statements), .has_id = true},
    {FILE_OF(school_partnerships, school_partnerships, "A school's partnerships with lead providers."),
     .resolve = RESOLVE(school_partnerships), .has_id = true},
    {FILE_OF(teachers, teachers, "People."), .resolve = RESOLVE(teachers), .keys = KEYS(teachers),
     .check = CHECK(teachers), .extra = "trnless", .has_id = true},
    {FILE_OF(training_records, training_records, "People's roles: ECT, mentor."),
     .resolve = RESOLVE(training_records), .has_id = true},
    {FILE_OF(school_periods, school_periods, "Who is where, in which role."),
     .resolve = RESOLVE(school_periods), .check = CHECK(school_periods), .has_id = true},
    {FILE_OF(training_periods, training_periods, "Training inside a school period."),
     .resolve = RESOLVE(training_periods), .check = CHECK(training_periods), .has_id = true},
    {FILE_OF(mentorship_periods, mentorship_periods, "Who mentors whom."),
     .resolve = RESOLVE(mentorship_periods), .check = CHECK(mentorship_periods), .has_id = true},
    {FILE_OF(induction_periods, induction_periods, "Inductions at appropriate bodies."),
     .resolve = RESOLVE(induction_periods), .check = CHECK(induction_periods), .has_id = true},
    {FILE_OF(declarations, declarations, "What lead providers declared."), .resolve = RESOLVE(declarations),
     .check = CHECK(declarations), .has_id = true},
    {FILE_OF(api_tokens, api_tokens, "Tokens of API clients."), .resolve = RESOLVE(api_tokens),
     .extra = "token_hint, kind", .has_id = true, .secret = true},
    {.name = NULL},
};

const char *const import_not_loaded[] = {"contract_profiles",
                                         "contract_band_terms",
                                         "fee_proportions",
                                         "statement_calendar_default",
                                         "schools_2021",
                                         "gias_types",
                                         NULL};

size_t import_column_count(const struct import_table *table)
{
    size_t count = 0;
    while (table->columns[count].name != NULL)
        count++;
    return count;
}

const struct import_table *import_table_find(const char *name)
{
    for (const struct import_table *table = import_tables; table->name != NULL; table++)
        if (strcmp(table->name, name) == 0)
            return table;
    return NULL;
}

static void describe_column(const struct import_column *column, FILE *out)
{
    fprintf(out, "  %s%s%s%s", column->name, column->flags & IMPORT_KEY ? " [key]" : "",
            column->flags & IMPORT_REQUIRED ? " [required]" : "",
            column->flags & IMPORT_UPDATABLE      ? " [updatable]"
            : column->flags & IMPORT_NOT_COMPARED ? " [not compared]"
                                                  : "");
    if (column->other_name != NULL)
        fprintf(out, " (also: %s)", column->other_name);
    fprintf(out, ": %s. %s\n", column->type->values == NULL ? column->type->name : "one word",
            column->sentence);
    for (size_t i = 0; column->type->values != NULL && column->type->values[i] != NULL; i++)
        fprintf(out, "%s%s%s", i == 0 ? "      one of: " : " ", column->type->values[i],
                column->type->values[i + 1] == NULL ? "\n" : "");
}

void import_describe(FILE *out)
{
    fputs("DIR holds any of the files below: UTF-8, commas, RFC 4180 quotes, one header line, columns in any "
          "order.\n"
          "An empty value is null, or the default that its column names. White space around and runs of it "
          "inside\n"
          "a text become one space. Instants are RFC 3339 (without zone: London time), dates YYYY-MM-DD.\n"
          "\n"
          "All rows are loaded, or none. Every row that cannot be is told as FILE:LINE: COLUMN \"VALUE\": "
          "REASON\n"
          "(the line on which the record begins), the first million of them. A row whose key is in the "
          "database\n"
          "already is passed over when its values are the same; other values are an error, except in columns "
          "marked\n"
          "[updatable], which are taken over. Columns that the file does not have are not compared. So a "
          "second run\n"
          "changes nothing. --check does everything but keep the result.\n"
          "\n"
          "Works beside a running system: while rows are checked and written, everybody else's writes, and "
          "lists\n"
          "with updated_since, wait. No event is written for a row; the read models are filled. People are "
          "named by\n"
          "TRN or participant id, providers, partners and bodies by name or public id. There is one register "
          "file\n"
          "(gias_schools) and one of the schools that use the service (schools). A calendar of statements "
          "has no\n"
          "file here: statements.csv names every statement; `ecf2ctl sandbox` makes it from the default "
          "calendar.\n"
          "schema/reference is such a directory; its files that are no tables are passed over.\n",
          out);
    for (const struct import_table *table = import_tables; table->name != NULL; table++) {
        fprintf(out, "\n%s.csv: %s\n", table->name, table->sentence);
        for (const struct import_column *column = table->columns; column->name != NULL; column++)
            describe_column(column, out);
    }
}
