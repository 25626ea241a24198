/* sandbox_people: inventing people, writing their rows, and mentors. */
#include "workers/ctl/sandbox.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "workers/ctl/sandbox_names.h"

struct date sandbox_day(int year, int month, int day)
{
    struct date date = {0};
    (void)date_of(year, month, day, &date); /* callers name days that exist */
    return date;
}

int64_t sandbox_at(struct sandbox_world *world, struct date day, int hour)
{
    return london_day_start(day) + hour * INT64_C(3600) * US_PER_SECOND +
           sandbox_random_below(&world->random, 3000) * US_PER_SECOND;
}

/* ------------------------------------------------------------------------------------------------ people */

/* The plain letters of a name, for an e-mail address. */
static size_t append_letters(char *out, size_t size, const char *name)
{
    size_t length = 0;
    for (; *name != '\0' && length + 1 < size; name++)
        if (isalpha((unsigned char)*name))
            out[length++] = (char)tolower((unsigned char)*name);
    out[length] = '\0';
    return length;
}

void sandbox_invent(struct sandbox_world *world, struct sandbox_person *ret_person)
{
    struct sandbox_person *person = ret_person;
    uint64_t number = world->person_number++;
    char first[32], last[32];
    memset(person, 0, sizeof *person);
    person->id = sandbox_random_uuid(&world->random);
    (void)snprintf(person->first, sizeof person->first, "%s", sandbox_first_name(&world->random));
    (void)snprintf(person->last, sizeof person->last, "%s", sandbox_last_name(&world->random));
    append_letters(first, sizeof first, person->first);
    append_letters(last, sizeof last, person->last);
    (void)snprintf(person->email, sizeof person->email, "%s.%s.%llu@example.com", first, last,
                   (unsigned long long)number);
    if (sandbox_random_chance(&world->random, 5)) {
        uuid_format(&person->id, person->reference);
        return;
    }
    /* 7 digits, each number once: the multiplier has no divisor in common with nine million. */
    (void)snprintf(person->trn, sizeof person->trn, "%llu",
                   (unsigned long long)(1000000 + number * 7654321 % 9000000));
    (void)snprintf(person->reference, sizeof person->reference, "%s", person->trn);
}

/* Whether the induction came to its end, where the person was. */
static bool has_completed(const struct sandbox_world *world, const struct sandbox_life *life)
{
    struct date until = life->stays[life->stay_count - 1].until;
    return date_is_set(until) && !date_before(until, life->planned_end) &&
           !date_before(world->today, life->planned_end);
}

static void put_teacher(struct sandbox_world *world, const struct sandbox_life *life)
{
    struct sandbox_file *out = &world->files.teachers;
    const struct sandbox_person *person = &life->person;
    struct date begun = life->stays[0].from;
    bool inducted = !life->is_mentor && life->marker_us != INSTANT_NONE;
    bool completed = inducted && has_completed(world, life);
    int year, month, day;
    date_split(begun, &year, &month, &day);
    put_uuid(out, &person->id);
    put_text(out, person->trn);
    put_text(out, person->first);
    put_text(out, person->last);
    put_text(out, life->is_mentor             ? "None"
                  : completed && life->failed ? "Failed"
                  : completed                 ? "Passed"
                  : inducted                  ? "InProgress"
                                              : "RequiredToComplete");
    put_date(out, inducted ? begun : DATE_NONE);
    put_date(out, completed ? life->planned_end : DATE_NONE);
    put_date(out, sandbox_day(life->is_mentor ? year - 8 : month >= 8 ? year : year - 1, 7, 1));
    put_instant(out, sandbox_at(world, date_earlier(date_add(begun, -20), date_add(world->today, -3)), 9));
    put_end(out);
}

static void put_record(struct sandbox_world *world, const struct sandbox_life *life)
{
    struct sandbox_file *out = &world->files.records;
    struct uuid id = sandbox_random_uuid(&world->random);
    bool ended = life->is_mentor && date_is_set(life->completed_on);
    put_text(out, life->person.reference);
    put_text(out, life->is_mentor ? "mentor" : "ect");
    put_uuid(out, &id);
    put_instant(out, life->marker_us);
    put_date(out, ended ? life->completed_on : DATE_NONE);
    put_text(out, ended ? "completed_declaration_received" : NULL);
    if (life->frozen_year == SIZE_MAX)
        put_text(out, NULL);
    else
        put_int(out, world->periods[life->frozen_year].year);
    put_instant(
        out,
        sandbox_at(world, date_earlier(date_add(life->stays[0].from, -18), date_add(world->today, -2)), 10));
    put_end(out);
}

static void put_stays(struct sandbox_world *world, const struct sandbox_life *life)
{
    struct sandbox_file *out = &world->files.stays;
    for (size_t i = 0; i < life->stay_count; i++) {
        const struct sandbox_stay *stay = &life->stays[i];
        put_text(out, life->person.reference);
        put_text(out, life->is_mentor ? "mentor" : "ect");
        put_int(out, stay->place->school->urn);
        put_date(out, stay->from);
        put_date(out, stay->until);
        put_text(out, life->person.email);
        put_text(out, life->is_mentor                              ? NULL
                      : sandbox_random_chance(&world->random, 100) ? "part_time"
                                                                   : "full_time");
        put_text(out, life->is_mentor ? NULL : world->bodies[stay->place->body]);
        put_instant(
            out, sandbox_at(world, date_earlier(date_add(stay->from, -17), date_add(world->today, -2)), 11));
        put_end(out);
    }
}

static void put_training(struct sandbox_world *world, const struct sandbox_life *life,
                         const struct sandbox_training *training)
{
    struct sandbox_file *out = &world->files.trainings;
    bool led = training->choice != SCHOOL_LED, confirmed = training->choice == PARTNERED;
    char schedule[40];
    sandbox_schedule_name(training->kind, training->term, schedule);
    put_text(out, life->person.reference);
    put_text(out, life->is_mentor ? "mentor" : "ect");
    put_int(out, life->stays[training->stay].place->school->urn);
    put_date(out, training->from);
    put_date(out, training->until);
    put_text(out, led ? "provider_led" : "school_led");
    if (led)
        put_int(out, world->periods[training->period].year);
    else
        put_text(out, NULL);
    put_text(out, led ? schedule : NULL);
    put_text(out, confirmed ? world->providers[training->provider].name : NULL);
    put_text(out, confirmed ? world->partners[training->partner] : NULL);
    put_text(out, led && !confirmed ? world->providers[training->provider].name : NULL);
    put_instant(out, training->withdrawn_us);
    put_text(out, training->withdrawn_us == INSTANT_NONE ? NULL : training->reason);
    put_instant(out, training->deferred_us);
    put_text(out, training->deferred_us == INSTANT_NONE ? NULL : training->reason);
    put_instant(
        out, sandbox_at(world, date_earlier(date_add(training->from, -16), date_add(world->today, -2)), 12));
    put_end(out);
}

static void put_mentorings(struct sandbox_world *world, const struct sandbox_life *life)
{
    struct sandbox_file *out = &world->files.mentorings;
    for (size_t i = 0; i < life->mentoring_count; i++) {
        const struct sandbox_mentoring *mentoring = &life->mentorings[i];
        put_text(out, life->person.reference);
        put_text(out, mentoring->mentor->reference);
        put_int(out, life->stays[mentoring->stay].place->school->urn);
        put_date(out, mentoring->from);
        put_date(out, mentoring->until);
        put_end(out);
    }
}

/* One induction a stay, at the body of its school; the outcome with the last one. Six terms in all. */
static void put_inductions(struct sandbox_world *world, const struct sandbox_life *life)
{
    struct sandbox_file *out = &world->files.inductions;
    for (size_t i = 0; i < life->stay_count; i++) {
        const struct sandbox_stay *stay = &life->stays[i];
        bool last = i + 1 == life->stay_count,
             ended = date_is_set(stay->until) && !date_before(world->today, stay->until);
        bool completed = last && has_completed(world, life);
        if (date_before(world->today, stay->from))
            continue;
        put_text(out, life->person.reference);
        put_text(out, world->bodies[stay->place->body]);
        put_date(out, stay->from);
        put_date(out, ended ? stay->until : DATE_NONE);
        put_text(out, life->trainings[0].choice == SCHOOL_LED ? "cip" : "fip");
        put_text(out, life->trainings[0].choice == SCHOOL_LED ? "school_led" : "provider_led");
        put_text(out, !ended                  ? NULL
                      : !last                 ? "2.5"
                      : !completed            ? "2.0"
                      : life->stay_count == 1 ? "6.0"
                                              : "3.5");
        put_text(out, !completed ? NULL : life->failed ? "fail" : "pass");
        put_date(out, completed && life->failed ? date_earlier(date_add(stay->until, 5), world->today)
                                                : DATE_NONE);
        put_instant(out, life->marker_us);
        put_end(out);
    }
}

void sandbox_write_life(struct sandbox_world *world, struct sandbox_life *life)
{
    sandbox_declare(world, life);
    put_teacher(world, life);
    put_record(world, life);
    put_stays(world, life);
    for (size_t i = 0; i < life->training_count; i++)
        put_training(world, life, &life->trainings[i]);
    put_mentorings(world, life);
    if (!life->is_mentor && life->marker_us != INSTANT_NONE)
        put_inductions(world, life);
}

/* ----------------------------------------------------------------------------------------------- mentors */

static struct sandbox_mentor *add_mentor(struct sandbox_world *world, size_t place)
{
    if (world->mentor_count == world->mentor_capacity) {
        fprintf(stderr, "ecf2ctl: sandbox: more mentors than expected\n");
        abort();
    }
    world->places[place].mentor_count++;
    return &world->mentors[world->mentor_count++];
}

/* A mentor's training: in the contract period in which they begin, when the school has a provider then. */
static void train_mentor(struct sandbox_world *world, struct sandbox_life *life, size_t period)
{
    const struct sandbox_place *place = life->stays[0].place;
    const struct sandbox_plan *plan = &place->plans[period];
    struct sandbox_training *training = &life->trainings[0];
    if ((plan->choice != PARTNERED && plan->choice != INTERESTED) ||
        sandbox_random_chance(&world->random, 250))
        return;
    *training =
        (struct sandbox_training){.period = period,
                                  .choice = plan->choice,
                                  .provider = plan->provider,
                                  .partner = plan->partner,
                                  .kind = sandbox_random_chance(&world->random, 60) ? REPLACEMENT : STANDARD,
                                  .term = SEPTEMBER,
                                  .from = life->stays[0].from,
                                  .until = life->stays[0].until,
                                  .withdrawn_us = INSTANT_NONE,
                                  .deferred_us = INSTANT_NONE};
    life->training_count = 1;
    /* The frozen contract periods ended for everybody who was in them. */
    if (date_is_set(world->periods[period].frozen_on) &&
        date_before(world->periods[period].frozen_on, world->today))
        training->until = date_earlier(training->until, date_add(world->periods[period].frozen_on, -1));
    if (!sandbox_random_chance(&world->random, 50))
        life->marker_us =
            sandbox_at(world, date_earlier(date_add(training->from, -10), date_add(world->today, -2)), 13);
    if (!sandbox_random_chance(&world->random, 40))
        return;
    struct date day = date_add(training->from, sandbox_random_between(&world->random, 60, 400));
    if (!date_before(day, world->today) ||
        (date_is_set(training->until) && date_before(training->until, day)))
        return;
    training->until = day;
    training->withdrawn_us = sandbox_at(world, day, 15);
    training->reason = "mentor_no_longer_being_mentor";
}

void sandbox_make_mentors(struct sandbox_world *world, size_t place, size_t count)
{
    struct sandbox_place *where = &world->places[place];
    where->first_mentor = world->mentor_count;
    for (size_t i = 0; i < count; i++) {
        struct sandbox_mentor *mentor = add_mentor(world, place);
        struct sandbox_life life = {.is_mentor = true, .stay_count = 1, .frozen_year = SIZE_MAX};
        /* The first one is there from the beginning and stays, so that nobody is without. */
        size_t period = i == 0 ? 0 : sandbox_random_below(&world->random, (uint32_t)world->current + 1);
        struct date from = sandbox_day(world->periods[period].year, 9, 1);
        sandbox_invent(world, &life.person);
        life.marker_us = INSTANT_NONE;
        life.completed_on = life.planned_end = DATE_NONE;
        life.stays[0] =
            (struct sandbox_stay){where, date_earlier(from, date_add(world->today, -30)), DATE_NONE};
        if (i > 0 && sandbox_random_chance(&world->random, 150)) {
            struct date until = date_add(from, sandbox_random_between(&world->random, 300, 900));
            if (date_before(until, world->today))
                life.stays[0].until = until;
        }
        train_mentor(world, &life, period);
        memcpy(mentor->reference, life.person.reference, sizeof mentor->reference);
        mentor->from = life.stays[0].from;
        mentor->until = life.stays[0].until;
        sandbox_write_life(world, &life);
    }
}

/* ------------------------------------------------------------------------------------------------- files */

static const struct {
    const char *name, *header;
    size_t offset;
} files[] = {
    {"teachers",
     "participant_id,trn,first_name,last_name,trs_induction_status,trs_induction_start_date,"
     "trs_induction_completed_date,trs_qts_awarded_on,created_at",
     offsetof(struct sandbox_files, teachers)},
    {"training_records",
     "teacher,role,training_record_id,first_became_eligible_for_training_at,became_ineligible_for_funding_on,"
     "became_ineligible_for_funding_reason,payments_frozen_year,created_at",
     offsetof(struct sandbox_files, records)},
    {"school_periods",
     "teacher,role,school_urn,started_on,finished_on,email,working_pattern,reported_appropriate_body,created_"
     "at",
     offsetof(struct sandbox_files, stays)},
    {"training_periods",
     "teacher,role,school_urn,started_on,finished_on,training_programme,contract_period_year,schedule_"
     "identifier,"
     "lead_provider,delivery_partner,expression_of_interest,withdrawn_at,withdrawal_reason,deferred_at,"
     "deferral_reason,"
     "created_at",
     offsetof(struct sandbox_files, trainings)},
    {"mentorship_periods", "ect,mentor,school_urn,started_on,finished_on",
     offsetof(struct sandbox_files, mentorings)},
    {"induction_periods",
     "teacher,appropriate_body,started_on,finished_on,induction_programme,training_programme,number_of_terms,"
     "outcome,"
     "fail_confirmation_sent_on,created_at",
     offsetof(struct sandbox_files, inductions)},
    {"declarations",
     "declaration_id,teacher,role,lead_provider,training_period_started_on,declaration_type,declaration_date,"
     "evidence_held,state,payment_statement,clawback_statement,delivery_partner,mentor,pupil_premium_uplift,"
     "sparsity_uplift,created_at",
     offsetof(struct sandbox_files, declarations)},
};

static struct sandbox_file *file_at(struct sandbox_world *world, size_t i)
{
    return (struct sandbox_file *)((char *)&world->files + files[i].offset);
}

bool sandbox_open_people(struct sandbox_world *world, struct error *err)
{
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (!sandbox_file_open(file_at(world, i), world->directory, files[i].name, files[i].header, err))
            return false;
    return true;
}

bool sandbox_close_people(struct sandbox_world *world, struct error *err)
{
    bool good = true;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        good &= sandbox_file_close(file_at(world, i), files[i].name, err);
    return good;
}
