/*
 * address: "host:port" and "[IPv6 address]:port", as settings give where to listen and what to connect to.
 */
#ifndef ECF2_COMMON_ADDRESS_H
#define ECF2_COMMON_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "common/error.h"

#define ADDRESS_TEXT_SIZE 64 /* of a numeric address with its port */

/* Finds the socket address of text (names are looked up, which may block; numbers never are). variable names
 * the setting in errors. False with ERROR_SETTINGS. */
bool address_parse(const char *variable, const char *text, struct sockaddr_storage *ret_address,
                   socklen_t *ret_size, struct error *err) __attribute__((warn_unused_result));

/* Binds and listens on text; the caller's to close. In ret_text is the address taken, with the port that the
 * kernel chose for port 0. -1 with ERROR_SETTINGS or ERROR_SYSTEM. reuse_port lets several sockets share the
 * port. */
int address_listen(const char *variable, const char *text, bool reuse_port, char ret_text[ADDRESS_TEXT_SIZE],
                   struct error *err) __attribute__((warn_unused_result));

#endif
