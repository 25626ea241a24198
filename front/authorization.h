/*
 * authorization: the three forms of the Authorization header (lead-provider-api.md 3.1).
 */
#ifndef ECF2_FRONT_AUTHORIZATION_H
#define ECF2_FRONT_AUTHORIZATION_H

#include <stdbool.h>

#include "common/slice.h"

/* Finds the token in `Bearer <token>`, `Token <token>` or `Token token="<token>"`; the scheme word is
 * case-sensitive. False: another scheme, or no token. ret_token borrows from value and is untouched on
 * failure. */
bool authorization_token(struct slice value, struct slice *ret_token);

#endif
