/*
 * head: is a request head one that we want to see at all? Two looks at the same rules.
 *
 * head_scan() reads the raw bytes of the first head of a connection, before libmicrohttpd gets it: what the
 * library would answer itself as bare HTML (400, 414, 431, 505), or not at all, is answered by us instead.
 * framing_…() is the guard against request smuggling, run over the header fields of every request, wherever
 * they were read.
 */
#ifndef ECF2_FRONT_HEAD_H
#define ECF2_FRONT_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/slice.h"

/* Memory that libmicrohttpd has for one connection. All of it becomes resident: 10 000 connections that were
 * used have 75 MiB so, and the whole front must stay below 96 MiB. */
#define HEAD_POOL_BYTES 7808u
#define HEAD_MAX_BYTES                                                                                       \
    7168u /* of a request head, line and fields; some 200 bytes less for ten fields (below) */
#define HEAD_URL_MAX 4096u /* of path and query */
/* What the library keeps in the same pool: a record for each field and cookie, and our answer's head (some
 * 530 bytes). */
#define HEAD_FIELD_BYTES  64u
#define HEAD_ANSWER_BYTES 576u

/* ---- framing: what smuggling is made of ---- */

struct framing {
    unsigned hosts, lengths, encodings;
    bool chunked;
    uint64_t length;     /* the value of Content-Length, 0 without one */
    const char *problem; /* static; the first that was found, NULL = none */
};

/* Adds a field; starts from a zeroed struct. */
void framing_add(struct framing *framing, struct slice name, struct slice value);
/* The problem with all fields taken together, or NULL. version_1_1: HTTP/1.1 or later, else 1.0. Static text
 * that says what would be right. */
const char *framing_problem(const struct framing *framing, bool version_1_1);

/* True for a name or method of RFC 9110: token characters only, at least one. */
bool head_is_token(struct slice text);

/* ---- the raw head ---- */

enum head_verdict { HEAD_INCOMPLETE, HEAD_GOOD, HEAD_BAD };

struct head_result {
    enum head_verdict verdict;
    size_t size;     /* HEAD_GOOD: bytes of the head with its empty line */
    unsigned status; /* HEAD_BAD: what to answer */
    const char *detail;
};

/* Looks at the first bytes of a connection; bytes behind the head do not matter. */
struct head_result head_scan(struct slice bytes);

#endif
