/*
 * https: plain HTTP is redirected to HTTPS, except health checks (lead-provider-api.md 3.10 (2),
 * operations.md section 6.1). This process itself speaks plain HTTP; a proxy in front of it, which is
 * trusted, says in X-Forwarded-Proto what the client spoke.
 */
#ifndef ECF2_FRONT_HTTPS_H
#define ECF2_FRONT_HTTPS_H

#include <stdbool.h>

#include "common/error.h"
#include "common/slice.h"

#define HTTPS_BASE_SIZE 264 /* https:// and a name */

struct request;

/* Where to redirect to, such as "https://ecf2.example", from the service's address: a name, perhaps a port, a
 * scheme or not (none means http for localhost, https for others). Empty: HTTPS is not wanted. variable names
 * the setting in errors. */
bool https_base_parse(const char *variable, const char *service_url, char ret_base[HTTPS_BASE_SIZE],
                      struct error *err) __attribute__((warn_unused_result));
/* Whether a value of X-Forwarded-Proto says so: its last element, which the nearest proxy wrote. */
bool https_is_said(struct slice forwarded_proto);
/* Whether the request, of which all header fields are known, is to be redirected. */
bool https_is_missing(const struct request *request);
/* Answers it so. */
void https_redirect(struct request *request);

#endif
