/*
 * sandbox_declarations: what lead providers declared about a life, as the rules would have let them
 * (declarations.md 3): inside the milestone's window and the sequence, with the evidence of the contract
 * period, by the provider of the time, onto the statement that was next when it was submitted; and what
 * became of it: paid, voided, clawed back, again.
 */
#include "workers/ctl/sandbox.h"

#include <stdio.h>
#include <string.h>

enum { COMPLETED = 5 };

static const char *const types[] = {"started",   "retained-1", "retained-2", "retained-3", "retained-4",
                                    "completed", "extended-1", "extended-2", "extended-3"};

/* One declaration in the making. */
struct draft {
    const struct sandbox_life *life;
    const struct sandbox_training *training;
    size_t type;
    int64_t declared_us;
    struct date declared_on, submitted_on;
};

/* -------------------------------------------------------------------------------------------------- rows */

static const char *evidence_of(struct sandbox_world *world, const struct draft *draft)
{
    static const char *const simple[] = {"training-event-attended", "self-study-material-completed", "other",
                                         "materials-engaged-with-offline"};
    static const char *const most[] = {"75-percent-engagement-met",
                                       "75-percent-engagement-met-reduced-induction", "one-term-induction"};
    bool mentor = draft->life->is_mentor;
    if (!world->periods[draft->training->period].detailed_evidence)
        return draft->type == 0 ? NULL : simple[sandbox_random_below(&world->random, 3)];
    if (draft->type == COMPLETED)
        return most[sandbox_random_below(&world->random, mentor ? 2 : 3)];
    if (draft->type == 2 && !mentor)
        return most[sandbox_random_below(&world->random, 2)];
    return simple[sandbox_random_below(&world->random, 4)];
}

static int distance(struct date a, struct date b)
{
    return a.day > b.day ? a.day - b.day : b.day - a.day;
}

/* The mentorship nearest to the declaration's day in that school period (declarations.md §4). */
static const struct sandbox_mentor *mentor_of(const struct draft *draft)
{
    const struct sandbox_mentor *nearest = NULL;
    int least = INT32_MAX;
    for (size_t i = 0; i < draft->life->mentoring_count; i++) {
        const struct sandbox_mentoring *mentoring = &draft->life->mentorings[i];
        if (mentoring->stay != draft->training->stay)
            continue;
        int away = distance(draft->declared_on, mentoring->from);
        if (date_is_set(mentoring->until) && distance(draft->declared_on, mentoring->until) < away)
            away = distance(draft->declared_on, mentoring->until);
        if (away < least) {
            least = away;
            nearest = mentoring->mentor;
        }
    }
    return nearest;
}

static void put_month(struct sandbox_file *out, const struct sandbox_statement *statement)
{
    char text[16];
    if (statement == NULL) {
        put_text(out, NULL);
        return;
    }
    (void)snprintf(text, sizeof text, "%04d-%02d", statement->year, statement->month);
    put_text(out, text);
}

static void put_declaration(struct sandbox_world *world, const struct draft *draft, const char *state,
                            const struct sandbox_statement *paid, const struct sandbox_statement *clawed)
{
    struct sandbox_file *out = &world->files.declarations;
    const struct sandbox_training *training = draft->training;
    const struct sandbox_mentor *mentor = draft->life->is_mentor ? NULL : mentor_of(draft);
    const struct sandbox_school *school = draft->life->stays[training->stay].place->school;
    bool uplift = draft->type == 0 && world->periods[training->period].uplifts;
    struct uuid id = sandbox_random_uuid(&world->random);
    put_uuid(out, &id);
    put_text(out, draft->life->person.reference);
    put_text(out, draft->life->is_mentor ? "mentor" : "ect");
    put_text(out, world->providers[training->provider].name);
    put_date(out, training->from);
    put_text(out, types[draft->type]);
    put_instant(out, draft->declared_us);
    put_text(out, evidence_of(world, draft));
    put_text(out, state);
    put_month(out, paid);
    put_month(out, clawed);
    put_text(out, world->partners[training->partner]);
    put_text(out, mentor == NULL ? NULL : mentor->reference);
    put_bool(out, uplift && school->premium[training->period]);
    put_bool(out, uplift && school->sparse[training->period]);
    put_instant(out, sandbox_at(world, draft->submitted_on, 17));
    put_end(out);
}

/* ----------------------------------------------------------------------------------------------- outcomes */

static bool is_frozen(const struct sandbox_world *world, const struct draft *draft)
{
    struct date frozen_on = world->periods[draft->training->period].frozen_on;
    return date_is_set(frozen_on) && !date_before(draft->submitted_on, frozen_on);
}

/* A day later on which the world still turns; false when there is none. */
static bool later_day(struct sandbox_world *world, struct date from, int least, int most,
                      struct date *ret_day)
{
    *ret_day = date_add(from, sandbox_random_between(&world->random, least, most));
    return date_before(*ret_day, world->today);
}

/* Takes a paid declaration back, where a statement is left to do so. False: it stays paid. */
static bool claw_back(struct sandbox_world *world, const struct draft *draft, struct sandbox_statement *paid,
                      struct date *ret_day)
{
    if (!later_day(world, paid->payment, 1, 200, ret_day))
        return false;
    struct sandbox_statement *clawed =
        sandbox_statement_for(world, draft->training->provider, draft->training->period, *ret_day);
    if (clawed == NULL)
        return false;
    clawed->used = true;
    put_declaration(world, draft,
                    strcmp(sandbox_statement_status(world, clawed), "paid") == 0 ? "clawed-back"
                                                                                 : "awaiting-clawback",
                    paid, clawed);
    return true;
}

/* Submits the draft. True when a declaration of it is live in the end; false when it was refused, voided or
 * taken back; *ret_free_on is then the day from which it can be made again, or none. */
static bool submit(struct sandbox_world *world, const struct draft *draft, struct date *ret_free_on)
{
    struct sandbox_random *random = &world->random;
    int64_t marker_us = draft->life->marker_us;
    struct date until;
    *ret_free_on = DATE_NONE;
    if (is_frozen(world, draft))
        return false;
    if (marker_us == INSTANT_NONE) {
        bool voided = sandbox_random_chance(random, 40);
        put_declaration(world, draft, voided ? "voided" : "submitted", NULL, NULL);
        return !voided;
    }
    struct sandbox_statement *paid =
        sandbox_statement_for(world, draft->training->provider, draft->training->period,
                              date_later(draft->submitted_on, london_date(marker_us)));
    if (paid == NULL)
        return false;
    if (sandbox_random_chance(random, 25)) {
        put_declaration(world, draft, "voided", paid, NULL);
        if (later_day(world, draft->submitted_on, 1, 20, &until))
            *ret_free_on = until;
        return false;
    }
    paid->used = true;
    const char *status = sandbox_statement_status(world, paid);
    if (strcmp(status, "paid") == 0 && sandbox_random_chance(random, 25) &&
        claw_back(world, draft, paid, ret_free_on))
        return false;
    put_declaration(world, draft, strcmp(status, "open") == 0 ? "eligible" : status, paid, NULL);
    return true;
}

/* --------------------------------------------------------------------------------------------- the course */

/* The training that covers a day and is confirmed by a provider. */
static struct sandbox_training *training_on(struct sandbox_life *life, struct date day)
{
    for (size_t i = life->training_count; i-- > 0;) {
        struct sandbox_training *training = &life->trainings[i];
        bool covers = !date_before(day, training->from) &&
                      (!date_is_set(training->until) || date_before(day, training->until));
        if (covers)
            return training->choice == PARTNERED ? training : NULL;
    }
    return NULL;
}

/* The last day on which this training is still the provider's latest for the person. */
static struct date latest_until(const struct sandbox_life *life, const struct sandbox_training *training)
{
    for (size_t i = 0; i < life->training_count; i++)
        if (life->trainings[i].choice == PARTNERED && life->trainings[i].provider == training->provider &&
            date_before(training->from, life->trainings[i].from))
            return date_add(life->trainings[i].from, -1);
    return DATE_NONE;
}

/* When it takes place: somewhere in a window that closes, else in its term counted from the beginning. */
static bool choose_day(struct sandbox_world *world, const struct sandbox_life *life, size_t type,
                       struct date earliest, struct date *ret_day)
{
    static const int after_days[] = {20, 130, 250, 370, 490, 620, 700, 800, 900};
    struct date begin = life->trainings[0].from;
    struct date guess = date_add(begin, after_days[type] + sandbox_random_between(&world->random, 0, 50));
    const struct sandbox_training *training = &life->trainings[0];
    for (size_t i = 1; i < life->training_count; i++)
        if (!date_before(guess, life->trainings[i].from))
            training = &life->trainings[i];
    if (training->choice != PARTNERED)
        return false;
    const struct sandbox_window *window =
        &world->windows[training->period][training->kind * 3 + training->term][type];
    struct date from = date_later(date_later(window->from, date_add(begin, 5)), earliest);
    if (!window->exists || (date_is_set(window->until) && date_before(window->until, from)))
        return false;
    if (date_is_set(window->until))
        guess = date_add(from, sandbox_random_between(&world->random, 0, window->until.day - from.day));
    *ret_day = date_later(guess, from);
    return date_before(*ret_day, world->today);
}

static bool in_window(const struct sandbox_world *world, const struct draft *draft)
{
    const struct sandbox_training *training = draft->training;
    const struct sandbox_window *window =
        &world->windows[training->period][training->kind * 3 + training->term][draft->type];
    return window->exists && !date_before(draft->declared_on, window->from) &&
           (!date_is_set(window->until) || !date_before(window->until, draft->declared_on));
}

/* One type: submitted, perhaps again after it was voided or taken back. True when one is live. */
static bool declare_type(struct sandbox_world *world, struct sandbox_life *life, size_t type, struct date day)
{
    struct sandbox_training *training = training_on(life, day);
    struct draft draft = {.life = life, .training = training, .type = type, .declared_on = day};
    struct date free_on;
    if (training == NULL || !in_window(world, &draft))
        return false;
    draft.declared_us = sandbox_at(world, day, 9);
    draft.submitted_on = date_add(day, sandbox_random_between(&world->random, 0, 25));
    draft.submitted_on = date_earlier(date_earlier(draft.submitted_on, date_add(world->today, -1)),
                                      date_earlier(latest_until(life, training), date_add(day, 25)));
    if (submit(world, &draft, &free_on))
        return true;
    if (!date_is_set(free_on) || !sandbox_random_chance(&world->random, 500) ||
        (date_is_set(latest_until(life, training)) && date_before(latest_until(life, training), free_on)))
        return false;
    draft.submitted_on = free_on;
    return submit(world, &draft, &free_on);
}

/* A mentor's completed declaration ends funding and training on its day (declarations.md 6.1). */
static void complete_mentor(struct sandbox_life *life, struct date day)
{
    struct sandbox_training *training = training_on(life, day);
    life->completed_on = day;
    if (training != NULL)
        training->until = day;
}

static bool is_declared_here(struct sandbox_world *world, const struct sandbox_life *life, size_t type)
{
    const struct sandbox_period *period = &world->periods[life->trainings[0].period];
    if (life->is_mentor && period->mentor_funding && type != 0 && type != COMPLETED)
        return false;
    /* Some of this contract period's people are still to be declared for. */
    if (type == 0 && life->trainings[0].period == world->current &&
        sandbox_random_chance(&world->random, 350))
        return false;
    return type < 6 || life->trainings[life->training_count - 1].kind == EXTENDED;
}

void sandbox_declare(struct sandbox_world *world, struct sandbox_life *life)
{
    if (life->quiet || life->training_count == 0)
        return;
    struct date earliest = life->trainings[0].from;
    for (size_t type = 0; type < SANDBOX_TYPES; type++) {
        struct date day;
        if (!is_declared_here(world, life, type)) {
            if (type == 0)
                return;
            continue;
        }
        if (!choose_day(world, life, type, earliest, &day) ||
            (type > 0 && sandbox_random_chance(&world->random, 60)))
            continue;
        bool live = declare_type(world, life, type, day);
        earliest = day;
        if (type == 0 && !live)
            return;
        if (live && life->is_mentor && type == COMPLETED)
            complete_mentor(life, day);
    }
}
