/*
 * declaration_date: reads the text of declaration_date, exactly as declarations.md 3.4 says:
 *
 *   YYYY-MM-DD "T" hh:mm:ss [ ("." | ",") digits ] [ "Z" | ±hh | ±hhmm | ±hh:mm ]      letters in either case
 *
 * A fraction is cut, not rounded, to microseconds. Without a zone it is London's civil time: one that the
 * clocks skip is malformed, one that occurs twice is the first of the two. Malformed are also: a date alone,
 * a space for the T, white space around it, days and times that do not exist, second 60, offsets beyond
 * ±23:59; and what lies outside the years 1 to 9999 in UTC, which neither an API body nor PostgreSQL could
 * show again as such a text.
 */
#ifndef ECF2_COMMON_DECLARATION_DATE_H
#define ECF2_COMMON_DECLARATION_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/slice.h"

/* False = malformed; ret_instant_us is then untouched. */
bool declaration_date_parse(struct slice text, int64_t *ret_instant_us);

#endif
