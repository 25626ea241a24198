/*
 * head: is a request head one that we want to see at all? head_scan() reads the raw bytes of every head
 * before libmicrohttpd gets them (feed.h), so that what the library would answer itself as bare HTML (400,
 * 413, 414, 431, 505), or not at all, is answered by us, and what two servers would read differently (request
 * smuggling) is refused.
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
#define HEAD_URL_MAX  4096u                /* of path and query */
#define HEAD_LINE_MAX (HEAD_URL_MAX + 64u) /* of the request line */
/* What the library keeps in the same pool: a record for each field, and our answer's head (some 530 bytes).
 */
#define HEAD_FIELD_BYTES  64u
#define HEAD_ANSWER_BYTES 576u

/* True for a name or method of RFC 9110: token characters only, at least one. */
bool head_is_token(struct slice text);
/* The same for one byte. */
bool head_is_token_byte(char c);

enum head_verdict { HEAD_INCOMPLETE, HEAD_GOOD, HEAD_BAD };

struct head_result {
    enum head_verdict verdict;
    unsigned status;    /* HEAD_BAD: what to answer */
    const char *detail; /* HEAD_BAD: static text that says what would be right */
    /* HEAD_GOOD: */
    size_t size;     /* bytes of the head with its empty line */
    bool chunked;    /* what follows: a body in chunks */
    uint64_t length; /* or one of so many bytes */
    bool expects_continue;
    size_t room; /* bytes that an answer's head may have beyond HEAD_ANSWER_BYTES */
};

/* Looks at the first bytes of a request; bytes behind the head do not matter. */
struct head_result head_scan(struct slice bytes);

/* The path of a request target without its query. A target in absolute form, http://host/path, has to be
 * understood by every server (RFC 9112 section 3.2.2); its host says as little to us as Host does. */
struct slice head_path(struct slice target);

#endif
