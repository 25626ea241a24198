/*
 * blank: whether what was sent says nothing (lead-provider-api.md 3.3.7).
 */
#ifndef ECF2_COMMON_BLANK_H
#define ECF2_COMMON_BLANK_H

#include <stdbool.h>

#include "common/slice.h"

/* Empty, or nothing but white space (Unicode's property White_Space). */
bool is_blank(struct slice text);

#endif
