/* sandbox_reference: reads what the world stands on: periods, windows, providers, bodies, schools, the
 * calendar. */
#include "workers/ctl/sandbox.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "workers/ctl/csv.h"

#define COLUMNS_MAX 16

/* Where the wanted columns stand in the header. */
static bool find_columns(const struct csv_record *header, const char *name, const char *const *columns,
                         size_t count, size_t *ret_places, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        size_t place = 0;
        while (place < header->count && !slice_equal(header->fields[place], slice_of(columns[i])))
            place++;
        if (place == header->count)
            return error_set(err, ERROR_INPUT, "%s.csv has no column %s", name, columns[i]);
        ret_places[i] = place;
    }
    return true;
}

static bool each_record(struct sandbox_world *world, struct csv *csv, const char *name,
                        const char *const *columns, size_t count, sandbox_row_fn *take, void *context,
                        struct error *err)
{
    struct csv_record record;
    size_t places[COLUMNS_MAX];
    struct slice fields[COLUMNS_MAX];
    if (csv_next(csv, &record, err) != CSV_RECORD)
        return error_set(err, ERROR_INPUT, "%s.csv has no header line", name);
    if (!find_columns(&record, name, columns, count, places, err))
        return false;
    size_t width = record.count;
    for (;;) {
        enum csv_result result = csv_next(csv, &record, err);
        if (result == CSV_END)
            return true;
        if (result == CSV_FAILED)
            return false;
        if (result == CSV_BAD || record.count != width)
            return error_set(err, ERROR_INPUT, "%s.csv:%zu: %s", name, record.line,
                             result == CSV_BAD ? record.problem : "another number of values than columns");
        for (size_t i = 0; i < count; i++)
            fields[i] = record.fields[places[i]];
        if (!take(world, fields, context))
            return error_set(err, ERROR_INPUT, "%s.csv:%zu: not understood", name, record.line);
    }
}

bool sandbox_each_row(struct sandbox_world *world, const char *name, const char *const *columns, size_t count,
                      sandbox_row_fn *take, void *context, struct error *err)
{
    struct buffer path = BUFFER_INIT;
    buffer_printf(&path, "%s/%s.csv", world->reference, name);
    struct csv *csv = csv_open(path.data, err);
    buffer_release(&path);
    if (csv == NULL)
        return false;
    bool good = each_record(world, csv, name, columns, count, take, context, err);
    csv_free(csv);
    return good;
}

#define EACH(world, name, take, err, ...)                                                                    \
    sandbox_each_row(world, name, (const char *const[]){__VA_ARGS__},                                        \
                     sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), take, NULL, err)
#define ROW(name) static bool name(struct sandbox_world *world, const struct slice *f, void *context)

/* --------------------------------------------------------------------------------------------- fields */

static int number_of(struct slice text)
{
    int number = 0;
    for (size_t i = 0; i < text.size && number < 100000000; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return -1;
        number = number * 10 + (text.data[i] - '0');
    }
    return text.size == 0 ? -1 : number;
}

static bool truth_of(struct slice text)
{
    return slice_equal(text, slice_of("true"));
}

static bool date_or_none(struct slice text, struct date *ret_date)
{
    *ret_date = DATE_NONE;
    return text.size == 0 || date_parse(text, ret_date);
}

size_t sandbox_period_of(const struct sandbox_world *world, struct slice year)
{
    for (size_t i = 0; i < world->period_count; i++)
        if (world->periods[i].year == number_of(year))
            return i;
    return SIZE_MAX;
}

size_t sandbox_provider_of(const struct sandbox_world *world, struct slice name)
{
    for (size_t i = 0; i < world->provider_count; i++)
        if (slice_equal(slice_of(world->providers[i].name), name))
            return i;
    return SIZE_MAX;
}

/* ----------------------------------------------------------------------------------------------- rows */

ROW(take_period)
{
    (void)context;
    if (world->period_count == SANDBOX_YEARS_MAX)
        return false;
    struct sandbox_period *period = &world->periods[world->period_count++];
    period->year = number_of(f[0]);
    period->mentor_funding = truth_of(f[4]);
    period->detailed_evidence = truth_of(f[5]);
    period->uplifts = truth_of(f[6]);
    return period->year > 0 && date_parse(f[1], &period->started_on) &&
           date_parse(f[2], &period->finished_on) && date_or_none(f[3], &period->frozen_on);
}

static const char *const kinds[] = {"standard", "extended", "reduced", "replacement"};
static const char *const terms[] = {"september", "january", "april"};
static const char *const types[] = {"started",   "retained-1", "retained-2", "retained-3", "retained-4",
                                    "completed", "extended-1", "extended-2", "extended-3"};

void sandbox_schedule_name(enum sandbox_kind kind, enum sandbox_term term, char ret_name[40])
{
    (void)snprintf(ret_name, 40, "ecf-%s-%s", kinds[kind], terms[term]);
}

ROW(take_milestone)
{
    size_t period = sandbox_period_of(world, f[0]);
    (void)context;
    for (size_t kind = 0; kind < 4; kind++)
        for (size_t term = 0; term < 3; term++) {
            char name[40];
            sandbox_schedule_name((enum sandbox_kind)kind, (enum sandbox_term)term, name);
            if (!slice_equal(f[1], slice_of(name)))
                continue;
            for (size_t type = 0; type < SANDBOX_TYPES && period != SIZE_MAX; type++)
                if (slice_equal(f[2], slice_of(types[type]))) {
                    struct sandbox_window *window = &world->windows[period][kind * 3 + term][type];
                    window->exists = true;
                    return date_parse(f[3], &window->from) && date_or_none(f[4], &window->until);
                }
        }
    return false;
}

ROW(take_provider)
{
    (void)context;
    if (world->provider_count == SANDBOX_PROVIDERS_MAX || f[0].size + 1 > sizeof world->providers[0].token)
        return false;
    struct sandbox_provider *provider = &world->providers[world->provider_count++];
    provider->name = memory_dup_slice(f[0]);
    for (size_t i = 0; i < f[0].size; i++)
        provider->token[i] = f[0].data[i] == ' ' ? '-' : (char)tolower((unsigned char)f[0].data[i]);
    return true;
}

ROW(take_provider_period)
{
    size_t provider = sandbox_provider_of(world, f[0]), period = sandbox_period_of(world, f[1]);
    (void)context;
    if (provider == SIZE_MAX || period == SIZE_MAX)
        return false;
    world->providers[provider].active[period] = true;
    return true;
}

ROW(take_partner)
{
    (void)context;
    world->partners = memory_grow(world->partners, world->partner_count + 1, sizeof *world->partners);
    world->partners[world->partner_count++] = memory_dup_slice(f[0]);
    return true;
}

ROW(take_body)
{
    (void)context;
    if (!slice_equal(f[1], slice_of("teaching_school_hub")))
        return true;
    world->bodies = memory_grow(world->bodies, world->body_count + 1, sizeof *world->bodies);
    world->bodies[world->body_count++] = memory_dup_slice(f[0]);
    return true;
}

/* A month of the calendar is a statement of every provider that is active in its contract period. */
ROW(take_month)
{
    size_t period = sandbox_period_of(world, f[0]);
    struct sandbox_statement month = {.year = number_of(f[1]), .month = number_of(f[2])};
    (void)context;
    month.output = slice_equal(f[3], slice_of("output"));
    if (period == SIZE_MAX || !date_parse(f[4], &month.deadline) || !date_parse(f[5], &month.payment))
        return false;
    for (size_t i = 0; i < world->provider_count; i++) {
        struct sandbox_provider *provider = &world->providers[i];
        if (!provider->active[period])
            continue;
        if (provider->statement_count[period] == SANDBOX_STATEMENTS_MAX)
            return false;
        provider->statements[period][provider->statement_count[period]++] = month;
    }
    return true;
}

static bool find_current(struct sandbox_world *world, struct error *err)
{
    for (size_t i = 0; i < world->period_count; i++)
        if (!date_before(world->today, world->periods[i].started_on) &&
            !date_before(world->periods[i].finished_on, world->today)) {
            world->current = i;
            return true;
        }
    return error_set(err, ERROR_INPUT, "today lies in no contract period of the reference data");
}

/* Every provider works with a few of the delivery partners. */
static void choose_partners(struct sandbox_world *world)
{
    for (size_t i = 0; i < world->provider_count; i++)
        for (size_t j = 0; j < SANDBOX_PARTNERS_EACH; j++)
            world->providers[i].partners[j] = (i * 3 + j * 5) % world->partner_count;
}

bool sandbox_read_reference(struct sandbox_world *world, struct error *err)
{
    if (!EACH(world, "contract_periods", take_period, err, "year", "started_on", "finished_on",
              "payments_frozen_on", "mentor_funding_enabled", "detailed_evidence_types_enabled",
              "uplift_fees_enabled") ||
        !EACH(world, "milestones", take_milestone, err, "contract_period_year", "schedule_identifier",
              "declaration_type", "start_date", "milestone_date") ||
        !EACH(world, "lead_providers", take_provider, err, "name") ||
        !EACH(world, "lead_provider_contract_periods", take_provider_period, err, "lead_provider_name",
              "contract_period_year") ||
        !EACH(world, "delivery_partners", take_partner, err, "name") ||
        !EACH(world, "appropriate_bodies", take_body, err, "name", "body_type") ||
        !EACH(world, "statement_calendar_default", take_month, err, "contract_period_year", "year", "month",
              "fee_type", "deadline_date", "payment_date"))
        return false;
    if (world->partner_count < SANDBOX_PARTNERS_EACH || world->body_count == 0 || world->provider_count == 0)
        return error_set(err, ERROR_INPUT,
                         "too few delivery partners, hubs or lead providers in the reference data");
    choose_partners(world);
    return find_current(world, err);
}
