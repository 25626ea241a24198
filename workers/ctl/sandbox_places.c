/* sandbox_places: schools, what they chose in each contract period, partnerships, contracts, statements,
 * tokens. */
#include "workers/ctl/sandbox.h"

#include <stdlib.h>
#include <string.h>

#include "workers/ctl/sandbox_names.h"

/* ------------------------------------------------------------------------------------------------ schools */

/* schools_2021.csv knows a coarser group than the register's type (data/schools/README.md). All are eligible
 * types. */
static const char *type_of_group(struct slice group)
{
    static const struct {
        const char *group, *type;
    } types[] = {
        {"Mainstream", "Community school"},
        {"Mainstream academy", "Academy converter"},
        {"Special", "Community special school"},
        {"Academy special", "Academy special converter"},
        {"Pupil Referral Unit", "Pupil referral unit"},
        {"AP Academy", "Academy alternative provision converter"},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (slice_equal(group, slice_of(types[i].group)))
            return types[i].type;
    return "Non-maintained special school";
}

struct school_files {
    struct sandbox_file registers, funding;
};

static bool take_school(struct sandbox_world *world, const struct slice *f, void *context)
{
    struct school_files *files = context;
    struct sandbox_file *out = &files->registers;
    if ((world->school_count & (world->school_count - 1)) == 0)
        world->schools = memory_grow(world->schools, world->school_count == 0 ? 1 : 2 * world->school_count,
                                     sizeof *world->schools);
    struct sandbox_school *school = &world->schools[world->school_count++];
    memset(school, 0, sizeof *school);
    for (size_t i = 0; i < f[0].size; i++)
        school->urn = school->urn * 10 + (f[0].data[i] - '0');
    /* The lists of 2021 and 2022 are not available: their share of pupils stands in for them. */
    for (size_t i = 0; i < world->period_count; i++)
        school->premium[i] = world->periods[i].year <= 2022 && slice_equal(f[6], slice_of("true"));
    put_slice(out, f[0]);
    put_slice(out, f[1]);
    put_text(out, "open");
    put_text(out, type_of_group(f[2]));
    put_bool(out, true);
    put_bool(out, false);
    put_bool(out, true);
    put_slice(out, f[3]);
    put_slice(out, f[4]);
    put_slice(out, f[5]);
    put_date(out, sandbox_day(sandbox_random_between(&world->random, 1950, 2015), 9, 1));
    put_end(out);
    return school->urn > 0;
}

static int compare_urns(const void *a, const void *b)
{
    int x = ((const struct sandbox_school *)a)->urn, y = ((const struct sandbox_school *)b)->urn;
    return (x > y) - (x < y);
}

static void put_funding(struct sandbox_file *out, int urn, int year, bool premium, bool sparse)
{
    put_int(out, urn);
    put_int(out, year);
    put_bool(out, premium);
    put_bool(out, sparse);
    put_end(out);
}

/* A list's row about a school that the world does not have is left out. */
static bool take_funding(struct sandbox_world *world, const struct slice *f, void *context)
{
    struct school_files *files = context;
    struct sandbox_school key = {.urn = 0};
    size_t period = sandbox_period_of(world, f[1]);
    for (size_t i = 0; i < f[0].size; i++)
        key.urn = key.urn * 10 + (f[0].data[i] - '0');
    struct sandbox_school *school =
        bsearch(&key, world->schools, world->school_count, sizeof key, compare_urns);
    if (school == NULL || period == SIZE_MAX)
        return true;
    school->premium[period] = slice_equal(f[2], slice_of("true"));
    school->sparse[period] = slice_equal(f[3], slice_of("true"));
    put_funding(&files->funding, school->urn, world->periods[period].year, school->premium[period],
                school->sparse[period]);
    return true;
}

static bool read_schools(struct sandbox_world *world, struct school_files *files, struct error *err)
{
    static const char *const columns[] = {"urn",
                                          "name",
                                          "school_group",
                                          "local_authority_code",
                                          "local_authority_name",
                                          "establishment_number",
                                          "pupil_premium_uplift"};
    static const char *const funding[] = {"gias_school_urn", "contract_period_year", "pupil_premium_uplift",
                                          "sparsity_uplift"};
    if (!sandbox_each_row(world, "schools_2021", columns, 7, take_school, files, err))
        return false;
    if (world->school_count == 0)
        return error_set(err, ERROR_INPUT, "schools_2021.csv has no schools");
    qsort(world->schools, world->school_count, sizeof *world->schools, compare_urns);
    for (size_t i = 0; i < world->period_count; i++)
        for (size_t j = 0; world->periods[i].year <= 2022 && j < world->school_count; j++)
            put_funding(&files->funding, world->schools[j].urn, world->periods[i].year,
                        world->schools[j].premium[i], false);
    return sandbox_each_row(world, "school_funding_eligibilities", funding, 4, take_funding, files, err);
}

static bool make_schools(struct sandbox_world *world, struct error *err)
{
    struct school_files files = {0};
    bool good =
        sandbox_file_open(
            &files.registers, world->directory, "gias_schools",
            "urn,name,status,type_name,in_england,section_41_approved,eligible,local_authority_code,"
            "local_authority_name,establishment_number,opened_on",
            err) &&
        sandbox_file_open(&files.funding, world->directory, "school_funding_eligibilities",
                          "gias_school_urn,contract_period_year,pupil_premium_uplift,sparsity_uplift", err) &&
        read_schools(world, &files, err);
    bool closed = sandbox_file_close(&files.registers, "gias_schools", err);
    return sandbox_file_close(&files.funding, "school_funding_eligibilities", err) && closed && good;
}

/* ------------------------------------------------------------------------------------------------- places */

static size_t any_provider(struct sandbox_world *world, size_t period)
{
    for (;;) {
        size_t provider = sandbox_random_below(&world->random, (uint32_t)world->provider_count);
        if (world->providers[provider].active[period])
            return provider;
    }
}

/* Schools are faithful: most keep their provider from one contract period to the next. */
static void plan_place(struct sandbox_world *world, struct sandbox_place *place)
{
    struct sandbox_random *random = &world->random;
    size_t first = sandbox_random_below(random, (uint32_t)world->current + 1) / 2, provider = SIZE_MAX;
    for (size_t i = 0; i <= world->current; i++) {
        struct sandbox_plan *plan = &place->plans[i];
        plan->choice = i < first ? NOTHING : sandbox_random_chance(random, 80) ? SCHOOL_LED : PARTNERED;
        if (i == world->current && plan->choice == PARTNERED && sandbox_random_chance(random, 100))
            plan->choice = INTERESTED;
        if (provider == SIZE_MAX || !world->providers[provider].active[i] ||
            sandbox_random_chance(random, 150))
            provider = any_provider(world, i);
        plan->provider = (uint8_t)provider;
        plan->partner =
            (uint8_t)world->providers[provider].partners[sandbox_random_below(random, SANDBOX_PARTNERS_EACH)];
    }
}

/* Places lie spread over the list of schools, so over the country; their people differ in number. */
static void make_places(struct sandbox_world *world)
{
    size_t count = world->participants / 5 + 1;
    world->place_count = count > world->school_count ? world->school_count : count;
    world->places = memory_zero(world->place_count, sizeof *world->places);
    for (size_t i = 0; i < world->place_count; i++) {
        struct sandbox_place *place = &world->places[i];
        place->school = &world->schools[i * world->school_count / world->place_count];
        place->body = sandbox_random_below(&world->random, (uint32_t)world->body_count);
        place->people =
            world->participants * (i + 1) / world->place_count - world->participants * i / world->place_count;
        plan_place(world, place);
    }
    for (size_t i = 0; i + 1 < world->place_count; i += 2) {
        size_t moved = sandbox_random_below(&world->random, (uint32_t)world->places[i].people / 2 + 1);
        world->places[i].people -= moved;
        world->places[i + 1].people += moved;
    }
    /* The first place has somebody who is ready for a first declaration. */
    world->places[0].plans[world->current].choice = PARTNERED;
}

static const struct sandbox_place *place_of(const struct sandbox_world *world,
                                            const struct sandbox_school *school)
{
    size_t low = 0, high = world->place_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (world->places[middle].school == school)
            return &world->places[middle];
        if (world->places[middle].school < school)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static void put_tutor(struct sandbox_world *world, struct sandbox_file *out,
                      const struct sandbox_school *school)
{
    char text[96];
    (void)snprintf(text, sizeof text, "%s %s", sandbox_first_name(&world->random),
                   sandbox_last_name(&world->random));
    put_text(out, text);
    (void)snprintf(text, sizeof text, "induction.tutor.%d@example.com", school->urn);
    put_text(out, text);
    put_int(out, world->periods[world->current].year);
}

static bool write_schools(struct sandbox_world *world, struct error *err)
{
    struct sandbox_file out;
    if (!sandbox_file_open(
            &out, world->directory, "schools",
            "urn,school_id,induction_tutor_name,induction_tutor_email,induction_tutor_last_nominated_in,"
            "last_chosen_training_programme,last_chosen_lead_provider,created_at",
            err))
        return false;
    for (size_t i = 0; i < world->school_count; i++) {
        const struct sandbox_place *place = place_of(world, &world->schools[i]);
        const struct sandbox_plan *last = place == NULL ? NULL : &place->plans[world->current];
        struct uuid id = sandbox_random_uuid(&world->random);
        put_int(&out, world->schools[i].urn);
        put_uuid(&out, &id);
        if (place != NULL)
            put_tutor(world, &out, &world->schools[i]);
        else
            for (int field = 0; field < 3; field++)
                put_text(&out, NULL);
        put_text(&out, last == NULL ? NULL : last->choice == SCHOOL_LED ? "school_led" : "provider_led");
        put_text(&out,
                 last == NULL || last->choice == SCHOOL_LED ? NULL : world->providers[last->provider].name);
        put_instant(&out, sandbox_at(world, sandbox_day(2021, 5, 10), 9));
        put_end(&out);
    }
    return sandbox_file_close(&out, "schools", err);
}

/* ------------------------------------------------------------------------------------------- partnerships */

static bool write_delivery_partnerships(struct sandbox_world *world, struct error *err)
{
    struct sandbox_file out;
    if (!sandbox_file_open(&out, world->directory, "delivery_partnerships",
                           "lead_provider,contract_period_year,delivery_partner", err))
        return false;
    for (size_t i = 0; i < world->provider_count; i++)
        for (size_t j = 0; j < world->period_count; j++)
            for (size_t k = 0; k < SANDBOX_PARTNERS_EACH && world->providers[i].active[j]; k++) {
                put_text(&out, world->providers[i].name);
                put_int(&out, world->periods[j].year);
                put_text(&out, world->partners[world->providers[i].partners[k]]);
                put_end(&out);
            }
    return sandbox_file_close(&out, "delivery_partnerships", err);
}

static bool write_school_partnerships(struct sandbox_world *world, struct error *err)
{
    struct sandbox_file out;
    if (!sandbox_file_open(
            &out, world->directory, "school_partnerships",
            "school_urn,lead_provider,contract_period_year,delivery_partner,partnership_id,created_at", err))
        return false;
    for (size_t i = 0; i < world->place_count; i++)
        for (size_t j = 0; j <= world->current; j++) {
            const struct sandbox_plan *plan = &world->places[i].plans[j];
            struct uuid id = sandbox_random_uuid(&world->random);
            if (plan->choice != PARTNERED)
                continue;
            struct date day =
                date_add(world->periods[j].started_on, sandbox_random_between(&world->random, 14, 80));
            put_int(&out, world->places[i].school->urn);
            put_text(&out, world->providers[plan->provider].name);
            put_int(&out, world->periods[j].year);
            put_text(&out, world->partners[plan->partner]);
            put_uuid(&out, &id);
            put_instant(&out, sandbox_at(world, date_earlier(day, date_add(world->today, -1)), 10));
            put_end(&out);
        }
    return sandbox_file_close(&out, "school_partnerships", err);
}

/* ------------------------------------------------------------------------------ contracts and statements */

/* The terms of a contract period: as published until 2024, two bands of ECTs and a flat rate for mentors
 * since. */
static const char *profile_of(const struct sandbox_period *period)
{
    return period->mentor_funding ? "two-band-2025" : "call-off-2023-2024";
}

static bool take_profile(struct sandbox_world *world, const struct slice *f, void *context)
{
    struct sandbox_file *out = context;
    for (size_t i = 0; i < world->provider_count; i++)
        for (size_t j = 0; j < world->period_count; j++) {
            if (!world->providers[i].active[j] ||
                !slice_equal(f[0], slice_of(profile_of(&world->periods[j]))))
                continue;
            put_text(out, world->providers[i].name);
            put_int(out, world->periods[j].year);
            put_text(out, "1");
            for (size_t field = 1; field <= 9; field++)
                put_slice(out, f[field]);
            put_end(out);
        }
    return true;
}

struct band_files {
    struct sandbox_file bands, terms;
};

static bool take_term(struct sandbox_world *world, const struct slice *f, void *context)
{
    struct band_files *files = context;
    for (size_t i = 0; i < world->provider_count; i++)
        for (size_t j = 0; j < world->period_count; j++) {
            if (!world->providers[i].active[j] ||
                !slice_equal(f[0], slice_of(profile_of(&world->periods[j]))))
                continue;
            put_text(&files->bands, world->providers[i].name);
            put_int(&files->bands, world->periods[j].year);
            put_slice(&files->bands, f[1]);
            put_slice(&files->bands, f[2]);
            put_end(&files->bands);
            put_text(&files->terms, world->providers[i].name);
            put_int(&files->terms, world->periods[j].year);
            put_text(&files->terms, "1");
            put_slice(&files->terms, f[1]);
            for (size_t field = 3; field <= 5; field++)
                put_slice(&files->terms, f[field]);
            put_end(&files->terms);
        }
    return true;
}

static bool write_contracts(struct sandbox_world *world, struct error *err)
{
    static const char *const columns[] = {"profile_id",
                                          "contract_type",
                                          "vat_rate",
                                          "recruitment_target",
                                          "uplift_fee_per_declaration",
                                          "uplift_target_ratio",
                                          "monthly_service_fee",
                                          "setup_fee",
                                          "mentor_recruitment_target",
                                          "mentor_fee_per_declaration"};
    struct sandbox_file out;
    if (!sandbox_file_open(
            &out, world->directory, "contracts",
            "lead_provider,contract_period_year,version,contract_type,vat_rate,recruitment_target,"
            "uplift_fee_per_declaration,uplift_target_ratio,monthly_service_fee,setup_fee,"
            "mentor_recruitment_target,mentor_fee_per_declaration",
            err))
        return false;
    bool good = sandbox_each_row(world, "contract_profiles", columns, 10, take_profile, &out, err);
    return sandbox_file_close(&out, "contracts", err) && good;
}

static bool write_bands(struct sandbox_world *world, struct error *err)
{
    static const char *const columns[] = {"profile_id",          "allocation_order", "capacity",
                                          "fee_per_declaration", "output_fee_ratio", "service_fee_ratio"};
    struct band_files files = {0};
    bool good =
        sandbox_file_open(&files.bands, world->directory, "bands",
                          "lead_provider,contract_period_year,allocation_order,capacity", err) &&
        sandbox_file_open(
            &files.terms, world->directory, "band_terms",
            "lead_provider,contract_period_year,contract_version,allocation_order,fee_per_declaration,"
            "output_fee_ratio,service_fee_ratio",
            err) &&
        sandbox_each_row(world, "contract_band_terms", columns, 6, take_term, &files, err);
    bool closed = sandbox_file_close(&files.bands, "bands", err);
    return sandbox_file_close(&files.terms, "band_terms", err) && closed && good;
}

struct sandbox_statement *sandbox_statement_for(struct sandbox_world *world, size_t provider, size_t period,
                                                struct date day)
{
    struct sandbox_provider *p = &world->providers[provider];
    struct sandbox_statement *found = NULL;
    for (size_t i = 0; i < p->statement_count[period]; i++) {
        struct sandbox_statement *statement = &p->statements[period][i];
        if (statement->output && !date_before(statement->deadline, day) &&
            (found == NULL || date_before(statement->deadline, found->deadline)))
            found = statement;
    }
    return found;
}

/* By date (payments.md 3.4): payable from the day after the deadline, paid from the day after payment; one
 * without declarations is never authorised, and service fee statements stay open. */
const char *sandbox_statement_status(const struct sandbox_world *world,
                                     const struct sandbox_statement *statement)
{
    if (!statement->output || !date_before(statement->deadline, world->today))
        return "open";
    return statement->used && date_before(statement->payment, world->today) ? "paid" : "payable";
}

static void put_statement(struct sandbox_world *world, struct sandbox_file *out, size_t provider,
                          size_t period, const struct sandbox_statement *statement)
{
    const char *status = sandbox_statement_status(world, statement);
    struct uuid id = sandbox_random_uuid(&world->random);
    put_text(out, world->providers[provider].name);
    put_int(out, world->periods[period].year);
    put_text(out, "1");
    put_int(out, statement->year);
    put_int(out, statement->month);
    put_text(out, statement->output ? "output" : "service");
    put_text(out, status);
    put_date(out, statement->deadline);
    put_date(out, statement->payment);
    put_uuid(out, &id);
    put_instant(out, strcmp(status, "open") == 0
                         ? INSTANT_NONE
                         : london_day_start(date_add(statement->deadline, 1)) + INT64_C(3600000000));
    put_instant(out, strcmp(status, "paid") == 0 ? sandbox_at(world, statement->payment, 14) : INSTANT_NONE);
    put_instant(
        out,
        sandbox_at(world, date_earlier(world->periods[period].started_on, date_add(world->today, -1)), 8));
    put_end(out);
}

bool sandbox_write_statements(struct sandbox_world *world, struct error *err)
{
    struct sandbox_file out;
    if (!sandbox_file_open(
            &out, world->directory, "statements",
            "lead_provider,contract_period_year,contract_version,year,month,fee_type,status,deadline_date,"
            "payment_date,statement_id,marked_payable_at,marked_as_paid_at,created_at",
            err))
        return false;
    for (size_t i = 0; i < world->provider_count; i++)
        for (size_t j = 0; j < world->period_count; j++)
            for (size_t k = 0; k < world->providers[i].statement_count[j]; k++)
                put_statement(world, &out, i, j, &world->providers[i].statements[j][k]);
    return sandbox_file_close(&out, "statements", err);
}

static bool write_tokens(struct sandbox_world *world, struct error *err)
{
    struct sandbox_file out;
    if (!sandbox_file_open(&out, world->directory, "api_tokens", "token,lead_provider,description", err))
        return false;
    for (size_t i = 0; i < world->provider_count; i++) {
        put_text(&out, world->providers[i].token);
        put_text(&out, world->providers[i].name);
        put_text(&out, "Predictable token of the sandbox");
        put_end(&out);
    }
    return sandbox_file_close(&out, "api_tokens", err);
}

bool sandbox_make_places(struct sandbox_world *world, struct error *err)
{
    if (!make_schools(world, err))
        return false;
    make_places(world);
    return write_schools(world, err) && write_delivery_partnerships(world, err) &&
           write_school_partnerships(world, err) && write_bands(world, err) && write_contracts(world, err) &&
           write_tokens(world, err);
}
