/* sandbox: the command: makes the world, writes it, loads it; see sandbox.h. */
#include "workers/ctl/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "workers/ctl/ctl.h"
#include "workers/ctl/import.h"

#define PARTICIPANTS_MAX 5000000

struct options {
    int64_t participants, seed;
    const char *write, *reference;
    struct date today;
    bool with_participants, with_seed, with_today;
};

/* Files of the reference data that go into the directory as they are. */
static const char *const copied[] = {"contract_periods",
                                     "schedules",
                                     "milestones",
                                     "lead_providers",
                                     "lead_provider_contract_periods",
                                     "delivery_partners",
                                     "appropriate_bodies",
                                     "appropriate_body_aliases",
                                     "regions"};

/* -------------------------------------------------------------------------------------------- the world */

static bool copy_file(const char *from, const char *to, struct error *err)
{
    char bytes[16384];
    CLEANUP(file) FILE *in = fopen(from, "re");
    CLEANUP(file) FILE *out = in == NULL ? NULL : fopen(to, "we");
    if (in == NULL || out == NULL)
        return error_set(err, ERROR_SYSTEM, "%s: %s", in == NULL ? from : to, strerror(errno));
    for (size_t got = fread(bytes, 1, sizeof bytes, in); got > 0; got = fread(bytes, 1, sizeof bytes, in))
        if (fwrite(bytes, 1, got, out) != got)
            return error_set(err, ERROR_SYSTEM, "%s: %s", to, strerror(errno));
    return (ferror(in) == 0 && fflush(out) == 0) ||
           error_set(err, ERROR_SYSTEM, "%s: %s", to, strerror(errno));
}

static bool copy_reference(const struct sandbox_world *world, struct error *err)
{
    for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++) {
        struct buffer from = BUFFER_INIT, to = BUFFER_INIT;
        buffer_printf(&from, "%s/%s.csv", world->reference, copied[i]);
        buffer_printf(&to, "%s/%s.csv", world->directory, copied[i]);
        bool good = copy_file(from.data, to.data, err);
        buffer_release(&from);
        buffer_release(&to);
        if (!good)
            return false;
    }
    return true;
}

/* Of a place's people four in ten are mentors, one at least; then everybody finds a mentor at every place. */
static size_t mentors_of(const struct sandbox_place *place)
{
    return place->people < 2 ? 0 : place->people * 2 / 5 > 0 ? place->people * 2 / 5 : 1;
}

static bool make_people(struct sandbox_world *world, struct error *err)
{
    if (world->places[0].people == 0)
        world->places[0].people = 1;
    for (size_t i = 0; i < world->place_count; i++)
        world->mentor_capacity += mentors_of(&world->places[i]);
    world->mentors = memory_zero(world->mentor_capacity + 1, sizeof *world->mentors);
    bool good = sandbox_open_people(world, err);
    for (size_t i = 0; i < world->place_count && good; i++)
        sandbox_make_mentors(world, i, mentors_of(&world->places[i]));
    for (size_t i = 0; i < world->place_count && good; i++)
        sandbox_make_ects(world, i, world->places[i].people - mentors_of(&world->places[i]));
    return sandbox_close_people(world, err) && good;
}

static void world_free(struct sandbox_world *world)
{
    for (size_t i = 0; i < world->provider_count; i++)
        free(world->providers[i].name);
    for (size_t i = 0; i < world->partner_count; i++)
        free(world->partners[i]);
    for (size_t i = 0; i < world->body_count; i++)
        free(world->bodies[i]);
    free(world->partners);
    free(world->bodies);
    free(world->schools);
    free(world->places);
    free(world->mentors);
    free(world);
}

static bool make_world(struct sandbox_world *world, struct error *err)
{
    return sandbox_read_reference(world, err) && copy_reference(world, err) &&
           sandbox_make_places(world, err) && make_people(world, err) && sandbox_write_statements(world, err);
}

/* ----------------------------------------------------------------------------------------- first request */

static const char *first_evidence(const struct sandbox_request *request)
{
    return request->period->detailed_evidence ? "training-event-attended" : NULL;
}

static bool write_first_request(const struct sandbox_world *world, const char *directory, struct error *err)
{
    const struct sandbox_request *request = &world->request;
    char declared[RFC3339_SIZE];
    struct buffer path = BUFFER_INIT;
    if (request->participant_id[0] == '\0')
        return true;
    rfc3339_format(request->declared_us, declared);
    const char *evidence = first_evidence(request);
    CLEANUP(json)
    json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:s}", "token", request->provider->token,
                             "participant_id", request->participant_id, "declaration_type", "started",
                             "declaration_date", declared, "course_identifier", "ecf-induction",
                             "evidence_held", evidence, "lead_provider", request->provider->name);
    buffer_printf(&path, "%s/first_request.json", directory);
    bool good = body != NULL && json_dump_file(body, path.data, JSON_INDENT(2)) == 0;
    if (!good)
        error_set(err, ERROR_SYSTEM, "%s: %s", path.data, strerror(errno));
    buffer_release(&path);
    return good;
}

static void tell_first_request(const struct sandbox_world *world, const char *listen)
{
    const struct sandbox_request *request = &world->request;
    char declared[RFC3339_SIZE];
    if (request->participant_id[0] == '\0') {
        puts("nobody is ready for a first declaration on that day");
        return;
    }
    rfc3339_format(request->declared_us, declared);
    const char *evidence = first_evidence(request);
    printf("token of %s: %s\n"
           "curl -sS http://%s/api/v3/participant-declarations -H 'Authorization: Bearer %s' "
           "-H 'Content-Type: application/json' -d "
           "'{\"data\":{\"type\":\"participant-declaration\",\"attributes\":"
           "{\"participant_id\":\"%s\",\"declaration_type\":\"started\",\"declaration_date\":\"%s\","
           "\"course_identifier\":\"ecf-induction\"%s%s%s}}}'\n",
           request->provider->name, request->provider->token, listen, request->provider->token,
           request->participant_id, declared, evidence == NULL ? "" : ",\"evidence_held\":\"",
           evidence == NULL ? "" : evidence, evidence == NULL ? "" : "\"");
}

/* ----------------------------------------------------------------------------------------------- options */

void command_sandbox_help(FILE *out)
{
    fputs(
        "  --participants N   people: six in ten early career teachers, the others mentors\n"
        "  --seed S           another number makes other people; the same number, N and day the same bytes\n"
        "  --write DIR        writes the files for `ecf2ctl import` into DIR, and loads nothing\n"
        "  --today DATE       the day on which the world stands; else the date in London of the business "
        "clock\n"
        "  --reference DIR    reference data; else $ECF2_REFERENCE_DIR, else schema/reference\n"
        "\n"
        "Loads into a database without schools and people, or one that holds this very sandbox.\n"
        "All schools of schools_2021.csv are there; people are at some of them. Contract periods until "
        "today's,\n"
        "lead providers by contract period, contracts of the profiles call-off-2023-2024 and two-band-2025,\n"
        "statements of the default calendar with their status by date. Declarations are in every state. Each "
        "lead\n"
        "provider has a token: its name in lower case with hyphens. first_request.json (in DIR, else in\n"
        "$ECF2_RUNTIME_DIR) holds a declaration that will be eligible; it is told at the end as a curl "
        "line.\n",
        out);
}

static bool read_number(const char *text, int64_t low, int64_t high, int64_t *ret_number)
{
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < low || number > high)
        return false;
    *ret_number = number;
    return true;
}

static bool read_option(struct options *options, const char *name, const char *value)
{
    if (strcmp(name, "--participants") == 0)
        return options->with_participants = read_number(value, 1, PARTICIPANTS_MAX, &options->participants);
    if (strcmp(name, "--seed") == 0)
        return options->with_seed = read_number(value, 0, INT64_MAX, &options->seed);
    if (strcmp(name, "--today") == 0)
        return options->with_today = date_parse(slice_of(value), &options->today);
    if (strcmp(name, "--write") == 0)
        options->write = value;
    else if (strcmp(name, "--reference") == 0)
        options->reference = value;
    else
        return false;
    return true;
}

static bool read_options(struct options *options, int argc, char **argv)
{
    for (int i = 1; i < argc; i += 2)
        if (i + 1 == argc || !read_option(options, argv[i], argv[i + 1])) {
            fprintf(stderr, "ecf2ctl: sandbox: %s%s%s is not understood; `ecf2ctl help sandbox`\n", argv[i],
                    i + 1 == argc ? "" : " ", i + 1 == argc ? "" : argv[i + 1]);
            return false;
        }
    if (options->with_participants && options->with_seed)
        return true;
    fputs("ecf2ctl: sandbox: --participants and --seed are needed; `ecf2ctl help sandbox`\n", stderr);
    return false;
}

static const char *reference_of(const struct options *options)
{
    const char *configured = getenv("ECF2_REFERENCE_DIR");
    if (options->reference != NULL)
        return options->reference;
    return configured != NULL && configured[0] != '\0' ? configured : "schema/reference";
}

/* Noon of a day that was given, so that the world of the files and the import agree about it. */
static int64_t as_of(const struct options *options)
{
    return options->with_today ? london_day_start(options->today) + 12 * INT64_C(3600) * US_PER_SECOND
                               : business_now_us();
}

static int make_and_load(const struct settings *settings, const struct options *options,
                         const char *directory)
{
    struct error err = {0};
    struct sandbox_world *world = memory_zero(1, sizeof *world);
    int64_t begun_us = monotonic_now_us();
    int status = CTL_DONE;
    world->reference = reference_of(options);
    world->directory = directory;
    world->today = london_date(as_of(options));
    world->participants = (size_t)options->participants;
    sandbox_random_seed(&world->random, (uint64_t)options->seed);
    const char *told_in = options->write != NULL ? options->write : settings->runtime_dir;
    if (!make_world(world, &err) || (told_in[0] != '\0' && !write_first_request(world, told_in, &err))) {
        fprintf(stderr, "ecf2ctl: sandbox: %s\n", err.detail);
        status = err.kind == ERROR_INPUT ? CTL_USAGE : CTL_FAILED;
    } else {
        printf("made %lld participants in %.1f s\n", (long long)options->participants,
               (double)(monotonic_now_us() - begun_us) / (double)US_PER_SECOND);
        if (options->write == NULL)
            status = import_directory(settings, directory, IMPORT_WORLD, as_of(options));
        if (status == CTL_DONE)
            tell_first_request(world, settings->listen);
    }
    world_free(world);
    return status;
}

/* ---------------------------------------------------------------------------------- temporary directory */

static char temporary[PATH_MAX];
static int temporary_fd;

/* Its files are those that an import takes. Called from a signal handler too: calls only what may be called
 * there. */
static void remove_temporary(void)
{
    char name[IMPORT_NAME_SIZE + sizeof ".csv"];
    for (size_t i = 0; import_tables[i].name != NULL; i++) {
        (void)stpcpy(stpcpy(name, import_tables[i].name), ".csv");
        (void)unlinkat(temporary_fd, name, 0);
    }
    (void)rmdir(temporary);
}

/* The handler is reset when it is called, and the signal ends the process once it returns. */
static void on_signal(int number)
{
    remove_temporary();
    (void)raise(number);
}

static bool make_temporary(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    const char *parent = getenv("TMPDIR");
    (void)snprintf(temporary, sizeof temporary, "%s/ecf2-sandbox-XXXXXX",
                   parent == NULL || parent[0] == '\0' ? "/tmp" : parent);
    if (mkdtemp(temporary) == NULL)
        return false;
    temporary_fd = open(temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction before;
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) /* nohup */
            (void)sigaction(signals[i], &action, NULL);
    }
    return true;
}

/* ----------------------------------------------------------------------------------------------- command */

int command_sandbox(const struct settings *settings, int argc, char **argv)
{
    struct options options = {.today = DATE_NONE};
    if (!read_options(&options, argc, argv))
        return CTL_USAGE;
    if (options.write != NULL) {
        if (mkdir(options.write, 0777) != 0 && errno != EEXIST) {
            fprintf(stderr, "ecf2ctl: sandbox: %s: %s\n", options.write, strerror(errno));
            return CTL_USAGE;
        }
        return make_and_load(settings, &options, options.write);
    }
    if (!make_temporary()) {
        fprintf(stderr, "ecf2ctl: sandbox: %s: %s\n", temporary, strerror(errno));
        return CTL_FAILED;
    }
    int status = make_and_load(settings, &options, temporary);
    remove_temporary();
    return status;
}
