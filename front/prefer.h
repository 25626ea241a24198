/*
 * prefer: the Prefer header (RFC 7240), as far as submissions.md section 2 knows it.
 */
#ifndef ECF2_FRONT_PREFER_H
#define ECF2_FRONT_PREFER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/slice.h"

#define PREFER_APPLIED_SIZE 48

struct prefer {
    bool respond_async;
    bool has_wait;
    int64_t wait_s;
    bool dry_run; /* handling=dry-run (submissions.md section 6): wins over the others */
    /* what was seen already: the first of a name counts (RFC 7240 section 2) */
    bool seen_respond_async, seen_wait, seen_handling;
};

/* Adds one field value to what earlier Prefer fields said; starts from a zeroed struct. What is unknown or
 * not well-formed is passed over, never an error. */
void prefer_parse(struct prefer *prefer, struct slice value);

/* How long to wait for the decision, at most limit_ms; 0 = answer 202 after acceptance. */
int64_t prefer_wait_ms(const struct prefer *prefer, int64_t limit_ms);

/* The value of Preference-Applied: what was honoured; empty when nothing was asked for. A dry run neither
 * waits nor is asynchronous. */
void prefer_applied(const struct prefer *prefer, int64_t limit_ms, char ret_text[PREFER_APPLIED_SIZE]);

#endif
