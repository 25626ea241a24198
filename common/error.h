/*
 * error: one error type for all of our own failures (style.md section 7).
 *
 * The caller makes it, the first failure fills it, the edge converts it. What a
 * *client* did wrong is not a struct error: the rules collect that into their own
 * list (a rejection is a result, not a failure).
 */
#ifndef ECF2_COMMON_ERROR_H
#define ECF2_COMMON_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* kind, name for logs, whether trying again can help */
#define ERROR_KINDS(X)                                                                                       \
    X(ERROR_NONE, "none", false)                                                                             \
    X(ERROR_INPUT, "input", false)            /* what was given is not acceptable: a file, a command line */ \
    X(ERROR_SETTINGS, "settings", false)      /* a setting is missing or out of bounds */                    \
    X(ERROR_SYSTEM, "system", false)          /* the operating system refused */                             \
    X(ERROR_WIRE, "wire", false)              /* a message does not follow the protocol page */              \
    X(ERROR_MESSAGING, "messaging", true)     /* ZeroMQ refused */                                           \
    X(ERROR_CACHE, "cache", true)             /* Redis is away or answered an error */                       \
    X(ERROR_DB_LOST, "db_lost", true)         /* the connection is gone; reconnect */                        \
    X(ERROR_DB_CONFLICT, "db_conflict", true) /* serialization failure, deadlock, lock timeout, time-out */  \
    X(ERROR_DB_CONSTRAINT, "db_constraint", false) /* a constraint or a data rule of the database refused */ \
    X(ERROR_DB, "db", false)                       /* anything else that the database says: a bug */         \
    X(ERROR_BUG, "bug", false)                     /* something that cannot happen did */

enum error_kind {
#define X(kind, name, retryable) kind,
    ERROR_KINDS(X)
#undef X
        ERROR_KIND_COUNT
};

struct error {
    enum error_kind kind;
    char sqlstate[6]; /* empty unless the database said it */
    char detail[480]; /* what happened, for the operator; never personal data */
    char hint[160];   /* what to do about it; may be empty */
};

/* Fills err unless it is already filled (the first failure wins) or NULL. Always returns false, so that a
 * function can say `return error_set(err, ERROR_WIRE, "…")`. */
bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As error_set, with what the operator should do about it. */
bool error_set_hint(struct error *err, enum error_kind kind, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Empties err for the next attempt. */
void error_clear(struct error *err);

/* Name of a kind as logs show it; static. */
const char *error_kind_name(enum error_kind kind);

/* True where trying again can help (a lost connection, a conflict). */
bool error_is_retryable(const struct error *err);

#endif
