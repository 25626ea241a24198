/*
 * ctl: ecf2ctl, the operator's command. A command is one row of the table in main.c and one function declared
 * here; each lives in the file of its name.
 */
#ifndef ECF2_WORKERS_CTL_CTL_H
#define ECF2_WORKERS_CTL_CTL_H

#include <stdio.h>

#include "common/error.h"
#include "common/settings.h"

/* Exit statuses of every command. */
enum ctl_exit {
    CTL_DONE = 0,   /* what was asked for holds now */
    CTL_FAILED = 1, /* it could not be done, or some of it was refused; the reasons stand on standard error */
    CTL_USAGE = 2   /* the command line or the input is wrong; nothing was changed */
};

/* The database role of ecf2ctl (schema/migrations, roles). */
#define CTL_ROLE "ecf2_ctl"

/* argv[0] is the command's name, what follows its arguments. Each returns an exit status. */
int command_import(const struct settings *settings, int argc, char **argv);
int command_sandbox(const struct settings *settings, int argc, char **argv);
int command_status(const struct settings *settings, int argc, char **argv);
int command_dead(const struct settings *settings, int argc, char **argv);
int command_explain(const struct settings *settings, int argc, char **argv);
int command_token(const struct settings *settings, int argc, char **argv);
int command_scale(const struct settings *settings, int argc, char **argv);
int command_webhook(const struct settings *settings, int argc, char **argv);
int command_drain(const struct settings *settings, int argc, char **argv);
int command_induction(const struct settings *settings, int argc, char **argv);
int command_eligibility(const struct settings *settings, int argc, char **argv);
int command_statement(const struct settings *settings, int argc, char **argv);
int command_verify(const struct settings *settings, int argc, char **argv);

/* Tells why and gives CTL_FAILED. */
int ctl_fail(const struct error *err);
/* After a commit that changed what caches may hold, before it is told: whatever was read before has ended
 * then (pipeline.md PL-52). */
void ctl_speak_later(void);

/* What `ecf2ctl help COMMAND` shows below the command's sentence. */
void command_import_help(FILE *out);
void command_sandbox_help(FILE *out);
void command_webhook_help(FILE *out);

#endif
