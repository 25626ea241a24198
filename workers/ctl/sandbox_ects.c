/* sandbox_ects: early career teachers, and what happens to them in two years. */
#include "workers/ctl/sandbox.h"

#include <string.h>

#include "common/clock.h"

static const char *const withdrawal_reasons[] = {"left_teaching_profession", "moved_school",
                                                 "switched_to_school_led", "other"};
static const char *const deferral_reasons[] = {"bereavement", "long_term_sickness", "parental_leave",
                                               "career_break", "other"};

/* --------------------------------------------------------------------------------------------- beginnings */

/* More of the recent contract periods than of the old ones. */
static size_t choose_period(struct sandbox_world *world, const struct sandbox_place *place)
{
    uint32_t total = 0;
    for (size_t i = 0; i <= world->current; i++)
        total += place->plans[i].choice == NOTHING ? 0 : (uint32_t)i * 4 + 8;
    uint32_t drawn = sandbox_random_below(&world->random, total);
    for (size_t i = 0; i < world->current; i++) {
        uint32_t weight = place->plans[i].choice == NOTHING ? 0 : (uint32_t)i * 4 + 8;
        if (drawn < weight)
            return i;
        drawn -= weight;
    }
    return world->current;
}

static enum sandbox_term choose_term(struct sandbox_world *world)
{
    uint32_t drawn = sandbox_random_below(&world->random, 100);
    return drawn < 80 ? SEPTEMBER : drawn < 93 ? JANUARY : APRIL;
}

static struct date term_start(struct sandbox_world *world, int year, enum sandbox_term term)
{
    struct date first = term == SEPTEMBER ? sandbox_day(year, 9, 1)
                        : term == JANUARY ? sandbox_day(year + 1, 1, 4)
                                          : sandbox_day(year + 1, 4, 14);
    return date_add(first, sandbox_random_between(&world->random, 0, 12));
}

/* Six terms after the beginning, nine for who works part-time, three on a reduced induction. */
static struct date induction_end(int year, enum sandbox_term term, enum sandbox_kind kind)
{
    int more = kind == EXTENDED ? 1 : kind == REDUCED ? -1 : 0;
    return term == SEPTEMBER ? sandbox_day(year + 2 + more, 7, 20)
           : term == JANUARY ? sandbox_day(year + 2 + more, 12, 18)
                             : sandbox_day(year + 3 + more, 4, 1);
}

static struct sandbox_training *training_of(struct sandbox_life *life)
{
    return &life->trainings[life->training_count - 1];
}

/* Closes what is open, for a life that goes on elsewhere or otherwise from `day` on. */
static struct sandbox_training *begin_training(struct sandbox_life *life, struct date day)
{
    struct sandbox_training *last = training_of(life), *next = &life->trainings[life->training_count++];
    *next = *last;
    next->from = day;
    next->withdrawn_us = next->deferred_us = INSTANT_NONE;
    last->until = date_earlier(last->until, date_add(day, -1));
    return next;
}

/* A day between two others that has passed; false when there is none. */
static bool day_between(struct sandbox_world *world, struct date from, struct date until,
                        struct date *ret_day)
{
    struct date last = date_earlier(until, date_add(world->today, -2));
    if (!date_before(from, last))
        return false;
    *ret_day = date_add(from, sandbox_random_between(&world->random, 0, last.day - from.day));
    return true;
}

/* ------------------------------------------------------------------------------------------------ events */

static void defer(struct sandbox_world *world, struct sandbox_life *life)
{
    struct sandbox_training *training = training_of(life);
    struct date day, again, end = training->until;
    if (!day_between(world, date_add(training->from, 50), date_add(life->planned_end, -150), &day))
        return;
    training->until = day;
    training->deferred_us = sandbox_at(world, day, 14);
    training->reason = deferral_reasons[sandbox_random_below(&world->random, 5)];
    if (!sandbox_random_chance(&world->random, 600) ||
        !day_between(world, date_add(day, 40), date_add(day, 140), &again))
        return;
    struct sandbox_training *next = begin_training(life, again);
    training->until = day;
    next->until = end;
}

static void withdraw(struct sandbox_world *world, struct sandbox_life *life)
{
    struct sandbox_training *training = training_of(life);
    struct date day;
    if (!day_between(world, date_add(training->from, 30), date_add(life->planned_end, -60), &day))
        return;
    training->until = day;
    training->withdrawn_us = sandbox_at(world, day, 14);
    training->reason = withdrawal_reasons[sandbox_random_below(&world->random, 4)];
    if (sandbox_random_chance(&world->random, 600)) /* who left the school as well */
        life->stays[life->stay_count - 1].until = day;
}

static void go_school_led(struct sandbox_world *world, struct sandbox_life *life)
{
    struct sandbox_training *training = training_of(life);
    struct date day, end = training->until;
    if (!day_between(world, date_add(training->from, 60), date_add(life->planned_end, -90), &day))
        return;
    struct sandbox_training *next = begin_training(life, day);
    next->choice = SCHOOL_LED;
    next->until = end;
}

/* Another school that has a partnership in the contract period, so that the training can go on there. */
static const struct sandbox_place *other_place(struct sandbox_world *world, const struct sandbox_place *place,
                                               size_t period)
{
    for (int tries = 0; tries < 20; tries++) {
        const struct sandbox_place *other =
            &world->places[sandbox_random_below(&world->random, (uint32_t)world->place_count)];
        if (other != place && other->plans[period].choice == PARTNERED && other->mentor_count > 0)
            return other;
    }
    return NULL;
}

static void transfer(struct sandbox_world *world, struct sandbox_life *life)
{
    struct sandbox_training *training = training_of(life);
    struct sandbox_stay *stay = &life->stays[life->stay_count - 1];
    const struct sandbox_place *other = other_place(world, stay->place, training->period);
    struct date day, end = stay->until;
    if (other == NULL ||
        !day_between(world, date_add(training->from, 80), date_add(life->planned_end, -120), &day))
        return;
    stay->until = date_add(day, -1);
    life->stays[life->stay_count++] = (struct sandbox_stay){other, day, end};
    struct sandbox_training *next = begin_training(life, day);
    next->stay = life->stay_count - 1;
    next->choice = PARTNERED;
    next->provider = other->plans[next->period].provider;
    next->partner = other->plans[next->period].partner;
    next->until = end;
}

/* Somebody who had not finished when their contract period was frozen goes on in a later one
 * (declarations.md 9.4). */
static void outlast_freeze(struct sandbox_world *world, struct sandbox_life *life)
{
    struct sandbox_training *training = training_of(life);
    const struct sandbox_period *period = &world->periods[training->period];
    const struct sandbox_stay *stay = &life->stays[life->stay_count - 1];
    size_t later = training->period;
    while (later < world->period_count && world->periods[later].year != 2024)
        later++;
    life->planned_end = date_add(period->frozen_on, 700);
    struct date end = date_before(life->planned_end, world->today) ? life->planned_end : DATE_NONE;
    life->stays[life->stay_count - 1].until = end;
    training->until = end;
    if (later > world->current || stay->place->plans[later].choice != PARTNERED) {
        training->until = date_add(period->frozen_on, -1);
        return;
    }
    struct date day = date_later(date_add(period->frozen_on, 75), sandbox_day(2024, 9, 2));
    if (!date_before(day, world->today))
        return;
    life->frozen_year = training->period;
    struct sandbox_training *next = begin_training(life, day);
    next->period = later;
    next->kind = EXTENDED;
    next->term = SEPTEMBER;
    next->provider = stay->place->plans[later].provider;
    next->partner = stay->place->plans[later].partner;
}

/* ---------------------------------------------------------------------------------------------- mentoring */

static const struct sandbox_mentor *mentor_at(struct sandbox_world *world, const struct sandbox_place *place,
                                              struct date day, size_t first)
{
    for (size_t i = 0; i < place->mentor_count; i++) {
        const struct sandbox_mentor *mentor =
            &world->mentors[place->first_mentor + (first + i) % place->mentor_count];
        if (!date_before(day, mentor->from) &&
            (!date_is_set(mentor->until) || date_before(day, mentor->until)))
            return mentor;
    }
    return NULL;
}

static void assign_mentors(struct sandbox_world *world, struct sandbox_life *life)
{
    for (size_t i = 0; i < life->stay_count; i++) {
        const struct sandbox_stay *stay = &life->stays[i];
        size_t first = sandbox_random_below(&world->random, (uint32_t)stay->place->mentor_count + 1);
        const struct sandbox_mentor *mentor = mentor_at(world, stay->place, stay->from, first);
        struct date day;
        if (mentor == NULL || sandbox_random_chance(&world->random, 40))
            continue;
        struct sandbox_mentoring *mentoring = &life->mentorings[life->mentoring_count++];
        *mentoring =
            (struct sandbox_mentoring){i, mentor, stay->from, date_earlier(stay->until, mentor->until)};
        if (!sandbox_random_chance(&world->random, 120) || life->mentoring_count == SANDBOX_STAYS_MAX ||
            !day_between(world, date_add(stay->from, 60),
                         date_add(date_earlier(mentoring->until, world->today), -5), &day))
            continue;
        const struct sandbox_mentor *second = mentor_at(world, stay->place, day, first + 1);
        if (second == NULL || second == mentor)
            continue;
        mentoring->until = date_add(day, -1);
        life->mentorings[life->mentoring_count++] =
            (struct sandbox_mentoring){i, second, day, date_earlier(stay->until, second->until)};
    }
}

/* -------------------------------------------------------------------------------------------------- lives */

static void live(struct sandbox_world *world, struct sandbox_life *life)
{
    const struct sandbox_period *period = &world->periods[life->trainings[0].period];
    bool frozen = date_is_set(period->frozen_on) && date_before(period->frozen_on, world->today);
    uint32_t drawn = sandbox_random_below(&world->random, 1000);
    if (life->trainings[0].choice != PARTNERED || life->quiet)
        return;
    if (frozen && (drawn < 40 || !date_before(life->planned_end, period->frozen_on)))
        outlast_freeze(world, life);
    else if (drawn < 160)
        transfer(world, life);
    else if (drawn < 230)
        defer(world, life);
    else if (drawn < 300)
        withdraw(world, life);
    else if (drawn < 320)
        go_school_led(world, life);
}

static void begin_life(struct sandbox_world *world, struct sandbox_life *life, size_t place, size_t period,
                       enum sandbox_term term)
{
    const struct sandbox_place *where = &world->places[place];
    const struct sandbox_plan *plan = &where->plans[period];
    uint32_t drawn = sandbox_random_below(&world->random, 100);
    enum sandbox_kind kind = drawn < 4 ? EXTENDED : drawn < 6 ? REDUCED : STANDARD;
    int year = world->periods[period].year;
    *life = (struct sandbox_life){.marker_us = INSTANT_NONE,
                                  .completed_on = DATE_NONE,
                                  .frozen_year = SIZE_MAX,
                                  .planned_end = induction_end(year, term, kind),
                                  .stay_count = 1,
                                  .training_count = 1};
    sandbox_invent(world, &life->person);
    struct date from = term_start(world, year, term);
    struct date until = date_before(life->planned_end, world->today) ? life->planned_end : DATE_NONE;
    life->stays[0] = (struct sandbox_stay){where, from, until};
    life->trainings[0] = (struct sandbox_training){.period = period,
                                                   .choice = plan->choice,
                                                   .provider = plan->provider,
                                                   .partner = plan->partner,
                                                   .kind = kind,
                                                   .term = term,
                                                   .from = from,
                                                   .until = until,
                                                   .withdrawn_us = INSTANT_NONE,
                                                   .deferred_us = INSTANT_NONE};
    life->failed = sandbox_random_chance(&world->random, 15);
}

/* An induction that was recorded makes the person eligible; one that has not begun, or nobody recorded, does
 * not. */
static void mark(struct sandbox_world *world, struct sandbox_life *life)
{
    struct date day = date_add(life->stays[0].from, sandbox_random_between(&world->random, 0, 20));
    if (life->person.trn[0] != '\0' && date_before(life->stays[0].from, date_add(world->today, -2)) &&
        !sandbox_random_chance(&world->random, 90))
        life->marker_us = sandbox_at(world, date_earlier(day, date_add(world->today, -1)), 9);
}

/* The person of the first request: with a provider in this contract period, eligible, nothing declared yet.
 */
static void make_ready(struct sandbox_world *world, struct sandbox_life *life)
{
    struct date from = date_earlier(life->stays[0].from, date_add(world->today, -7));
    life->stays[0].from = life->trainings[0].from = from;
    life->trainings[0].kind = STANDARD;
    life->quiet = true;
    while (life->person.trn[0] == '\0')
        sandbox_invent(world, &life->person);
    life->marker_us = sandbox_at(world, date_add(from, 1), 9);
}

static bool note_request(struct sandbox_world *world, const struct sandbox_life *life)
{
    const struct sandbox_training *training = &life->trainings[0];
    const struct sandbox_window *window =
        &world->windows[training->period][training->kind * 3 + training->term][0];
    struct date day = date_add(world->today, -3);
    if (!window->exists ||
        sandbox_statement_for(world, training->provider, training->period, world->today) == NULL)
        return false;
    if (date_is_set(window->until))
        day = date_earlier(day, window->until);
    if (date_before(day, window->from))
        return false;
    uuid_format(&life->person.id, world->request.participant_id);
    world->request.provider = &world->providers[training->provider];
    world->request.period = &world->periods[training->period];
    world->request.declared_us = london_day_start(day) + 10 * INT64_C(3600) * US_PER_SECOND;
    return true;
}

void sandbox_make_ects(struct sandbox_world *world, size_t place, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct sandbox_life life;
        bool first = place == 0 && i == 0;
        size_t period = first ? world->current : choose_period(world, &world->places[place]);
        enum sandbox_term term = first ? SEPTEMBER : choose_term(world);
        begin_life(world, &life, place, period, term);
        if (!first)
            mark(world, &life);
        else
            make_ready(world, &life);
        if (first && !note_request(world, &life))
            life.quiet = false;
        live(world, &life);
        assign_mentors(world, &life);
        sandbox_write_life(world, &life);
    }
}
