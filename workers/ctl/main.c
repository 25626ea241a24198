/*
 * ecf2ctl: finds the command in the table and runs it. What a command does is its own file's concern.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/log.h"
#include "workers/ctl/ctl.h"
#include "workers/ctl/environment.h"

struct command {
    const char *name;
    const char *arguments;
    const char *sentence;
    int (*run)(const struct settings *settings, int argc, char **argv);
    void (*help)(FILE *out); /* NULL: the sentence says it all */
};

static const struct command commands[] = {
    {"import", "DIR [--check]", "Loads a directory of CSV files, one a table: all rows or none.",
     command_import, command_import_help},
    {"sandbox", "--participants N --seed S [--write DIR] [--today DATE] [--reference DIR]",
     "Makes a world of invented people on the real reference data and loads it.", command_sandbox,
     command_sandbox_help},
    {"status", "[--json]", "Shows the processes here, what waits at each broker, what the database holds.",
     command_status, NULL},
    {"dead", "list [--all] | show ID | retry ID | drop ID",
     "Shows and resolves dead letters: submissions that failed for good.", command_dead, NULL},
    {"explain", "ID [--json]",
     "Says why a submission is as it is: what it waits for, what went wrong, every rule and what it saw.",
     command_explain, NULL},
    {"token", "create --lead-provider NAME|API_ID [--description TEXT] | create --all | list | revoke ID",
     "Makes, lists and revokes API tokens of lead providers.", command_token, NULL},
    {"webhook", "add … | list | test ID | secret ID | disable ID | enable ID | remove ID | dead | requeue …",
     "Endpoints that are told by HTTPS what was decided: sets them up, shows how they fare.", command_webhook,
     command_webhook_help},
    {"scale", "SERVICE N", "Runs N processes of a service, in the system that `make run` started.",
     command_scale, NULL},
    {"induction",
     "record TRN|PARTICIPANT_ID --appropriate-body NAME --from DATE [--until DATE --terms N] "
     "[--programme provider_led|school_led]",
     "Records an induction period; what waited for it becomes eligible.", command_induction, NULL},
    {"eligibility", "list | rerun TRN|PARTICIPANT_ID --role ect|mentor | rerun --all",
     "Shows who could not become eligible, and tries again.", command_eligibility, NULL},
    {"statement", "authorise ID --by EMAIL --assured [--despite-earlier]",
     "Authorises a payable statement for payment.", command_statement, NULL},
    {"verify", "derived [--json]",
     "Recomputes what is derived from other rows and tells what is kept otherwise; exit status 1 if anything "
     "is.",
     command_verify, NULL},
    {"drain", "on|off", "Brokers refuse new work and finish what they have, or take it again.", command_drain,
     NULL},
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

/* Letters to change, add or leave out to make b of a (Levenshtein). Names longer than the row are never near.
 */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[32], length = strlen(b);
    if (length + 1 > sizeof row / sizeof row[0])
        return SIZE_MAX;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < length; j++) {
            size_t changed = diagonal + (a[i] != b[j]);
            size_t moved = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;
            diagonal = row[j + 1];
            row[j + 1] = changed < moved ? changed : moved;
        }
    }
    return row[length];
}

static int unknown_command(const char *name)
{
    const struct command *nearest = NULL;
    size_t least = 3; /* further away than two letters is another word */
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        size_t distance = edit_distance(name, commands[i].name);
        if (distance < least) {
            least = distance;
            nearest = &commands[i];
        }
    }
    fprintf(stderr, "ecf2ctl: there is no command `%s`%s%s%s `ecf2ctl help` lists them all\n", name,
            nearest == NULL ? ";" : "; did you mean `", nearest == NULL ? "" : nearest->name,
            nearest == NULL ? "" : "`?");
    return CTL_USAGE;
}

static void help_all(FILE *out)
{
    fprintf(out, "ecf2ctl %s: the operator's command of ecf2\n\n", ECF2_VERSION);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  ecf2ctl %s%s%s\n      %s\n", commands[i].name,
                commands[i].arguments[0] == '\0' ? "" : " ", commands[i].arguments, commands[i].sentence);
    fputs(
        "  ecf2ctl help [COMMAND]\n      Explains one command, or lists them all.\n"
        "  ecf2ctl help settings\n      Lists the settings that all processes read from the environment.\n\n"
        "Exit status: 0 done, 1 failed or refused, 2 wrong command line or input.\n",
        out);
}

static int help(int argc, char **argv)
{
    if (argc < 2) {
        help_all(stdout);
        return CTL_DONE;
    }
    if (strcmp(argv[1], "settings") == 0) {
        struct buffer text = BUFFER_INIT;
        settings_describe(&text);
        fwrite(text.data, 1, text.size, stdout);
        buffer_release(&text);
        return CTL_DONE;
    }
    const struct command *command = command_find(argv[1]);
    if (command == NULL)
        return unknown_command(argv[1]);
    printf("ecf2ctl %s%s%s\n\n%s\n", command->name, command->arguments[0] == '\0' ? "" : " ",
           command->arguments, command->sentence);
    if (command->help != NULL) {
        putchar('\n');
        command->help(stdout);
    }
    return CTL_DONE;
}

static bool is_help(const char *word)
{
    return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct settings settings;
    struct error err = {0};
    enum log_level level = LOG_INFO;
    environment_load();
    if (!settings_read(&settings, &err)) {
        fprintf(stderr, "ecf2ctl: %s\n", err.detail);
        return CTL_USAGE;
    }
    (void)log_level_parse(settings.log_level, &level);
    log_open("ctl", level);
    int status = CTL_USAGE;
    if (business_clock_set(settings.clock, &err))
        status = command->run(&settings, argc, argv);
    else
        fprintf(stderr, "ecf2ctl: %s\n", err.detail);
    settings_release(&settings);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        help_all(stderr);
        return CTL_USAGE;
    }
    if (is_help(argv[1]))
        return help(argc - 1, argv + 1);
    if (argc > 2 && is_help(argv[2]) && strcmp(argv[2], "help") != 0)
        return help(2, argv);
    const struct command *command = command_find(argv[1]);
    if (command == NULL)
        return unknown_command(argv[1]);
    return run(command, argc - 1, argv + 1);
}
