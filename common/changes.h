/*
 * changes: the readable lines of an event's change list, one per changed field (events.md section 3).
 */
#ifndef ECF2_COMMON_CHANGES_H
#define ECF2_COMMON_CHANGES_H

#include <jansson.h>

#include "common/london.h"

#define CHANGE_DATE_SIZE 16

/* Appends the line for one field to the JSON array lines: "Became ineligible for funding on set to '20 Apr
 * 2026'". field is the column's name; it is humanised. NULL or "" is blank. */
void changes_append(json_t *lines, const char *field, const char *before, const char *after);
/* "24 Jan 2025", as change lines show dates; "" for a date that is not set. */
void change_date_format(struct date date, char ret_text[CHANGE_DATE_SIZE]);

#endif
