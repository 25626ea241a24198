/*
 * redis: one connection to Redis, for one thread, pipelined: append any number of commands, then exchange
 * them for their replies in one round trip. What is in Redis can be lost at any time and so can the
 * connection: every failure is ERROR_CACHE, the connection is thrown away, and another is tried after a delay
 * that grows from 50 ms to 1 s.
 *
 *   if (redis_ready(redis)) {
 *       redis_append_list(redis, slice_of("GET"), key);
 *       redis_append_list(redis, slice_of("INCR"), counter);
 *       redisReply *replies[2];
 *       if (redis_exchange(redis, 2, replies, &err)) { …; redis_replies_free(replies, 2); }
 *   }
 */
#ifndef ECF2_COMMON_REDIS_H
#define ECF2_COMMON_REDIS_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/slice.h"

#define REDIS_CONNECT_TIMEOUT_MS 200
#define REDIS_COMMAND_TIMEOUT_MS 200  /* without any byte of an answer */
#define REDIS_EXCHANGE_LIMIT_MS  1000 /* for all answers of an exchange, however they trickle in */
#define REDIS_RETRY_FIRST_MS     50
#define REDIS_RETRY_LAST_MS      1000

struct redis;

/* address is "host:port" or the path of a unix socket (begins with "/"). Does not connect. NULL with
 * ERROR_SETTINGS when address is malformed; a host that cannot be found now is looked for again at each
 * attempt. */
struct redis *redis_new(const char *address, struct error *err);
void redis_free(struct redis *redis);

/* True when connected. Otherwise drives connecting on, or begins an attempt if one is due, and says false
 * until it has succeeded. Never waits, but for the look-up of a host given by name. */
bool redis_ready(struct redis *redis);
/* As redis_ready, but waits for an attempt that is due or under way, at most 200 ms. False with ERROR_CACHE,
 * at once when no attempt is due. */
bool redis_connect(struct redis *redis, struct error *err) __attribute__((warn_unused_result));
/* When the next attempt is due, monotonic; of interest while redis_ready() says false. */
int64_t redis_retry_at_us(const struct redis *redis);

/* Adds a command to the next exchange: its name and arguments, which may hold any bytes and are copied. */
void redis_append(struct redis *redis, const struct slice *arguments, size_t count);
#define redis_append_list(redis, ...)                                                                        \
    redis_append((redis), (const struct slice[]){__VA_ARGS__},                                               \
                 sizeof((const struct slice[]){__VA_ARGS__}) / sizeof(struct slice))

/* Sends all commands appended, count of them, and reads their replies in order into ret_replies (the
 * caller's, see redis_replies_free). Blocks while bytes come, as the limits above say. False with
 * ERROR_CACHE: no reply is given, the connection is gone, commands may or may not have been done. A reply may
 * be an error of its command: redis_reply_check(). */
bool redis_exchange(struct redis *redis, size_t count, redisReply **ret_replies, struct error *err)
    __attribute__((warn_unused_result));
/* False with ERROR_CACHE when the reply is an error. */
bool redis_reply_check(const redisReply *reply, struct error *err) __attribute__((warn_unused_result));
void redis_replies_free(redisReply **replies, size_t count);

#endif
