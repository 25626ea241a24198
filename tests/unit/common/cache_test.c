/* Tests of common/cache.c: names, the bytes of an entry, and, against a real redis-server, that only what was
 * filled under the present token is a hit. */
#include "common/cache.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/log.h"
#include "tests/unit/common/redis_server.h"

#define SCOPE "{lp:7}:declarations"
#define KEY   SCOPE ":7:/api/v3/participant-declarations/x"

/* ------------------------------------------------------------------- names */

static void append_name(void *context, struct slice scope)
{
    buffer_append_char(context, '<');
    buffer_append(context, scope.data, scope.size);
    buffer_append_char(context, '>');
}

static void names_share_a_slot_and_are_listed_by_commas(void **state)
{
    static const struct {
        const char *list, *seen;
    } examples[] = {
        {"", ""}, {SCOPE, "<" SCOPE ">"}, {"a,b", "<a><b>"}, {",a,,b,", "<a><b>"}, {",", ""}, {"a,", "<a>"},
    };
    struct buffer text = BUFFER_INIT, key = BUFFER_INIT;

    (void)state;
    cache_scope_append(&text, 7, "declarations");
    assert_string_equal(text.data, SCOPE);
    cache_key_append(&key, buffer_slice(&text), 7, slice_of("/api/v3/participant-declarations/x"));
    assert_string_equal(key.data, KEY);
    buffer_clear(&text);
    cache_scope_append(&text, 7, "schools");
    assert_string_equal(text.data, "{lp:0}:schools"); /* everybody's */
    assert_int_equal(cache_list_owner(7, "delivery_partners"), 0);
    assert_int_equal(cache_list_owner(7, "partnerships"), 7);
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        buffer_clear(&text);
        buffer_append_text(&text, "");
        cache_scopes_each(slice_of(examples[i].list), append_name, &text);
        assert_string_equal(text.data, examples[i].seen);
    }
    cache_scopes_each((struct slice){NULL, 0}, append_name, &text);
    buffer_release(&text);
    buffer_release(&key);
}

/* ----------------------------------------------------------------- entries */

static struct cache_entry entry_of(const char *tag, const char *body)
{
    struct cache_entry entry = {.status = 200, .tag = slice_of(tag), .body = slice_of(body)};

    memset(entry.token.bytes, 'T', sizeof entry.token.bytes);
    return entry;
}

static void an_entry_is_read_as_it_was_written(void **state)
{
    static const char bytes[] = "\001TTTTTTTTTTTTTTTT\000\310\003tag\000\000\000\004body";
    const struct cache_entry entry = entry_of("tag", "body");
    struct buffer value = BUFFER_INIT;
    struct cache_entry seen;

    (void)state;
    cache_entry_write(&value, &entry);
    assert_int_equal(value.size, sizeof bytes - 1); /* the layout of version 1 */
    assert_memory_equal(value.data, bytes, value.size);
    assert_true(cache_entry_read(buffer_slice(&value), &seen));
    assert_true(cache_token_equal(&seen.token, &entry.token));
    assert_int_equal(seen.status, 200);
    assert_true(slice_equal(seen.tag, slice_of("tag")));
    assert_true(slice_equal(seen.body, slice_of("body")));

    buffer_clear(&value);
    cache_entry_write(&value, &(struct cache_entry){.status = 200});
    assert_true(cache_entry_read(buffer_slice(&value), &seen));
    assert_int_equal(seen.tag.size + seen.body.size, 0);
    buffer_release(&value);
}

/* Each in memory of its own size, so that a sanitizer sees a byte read behind it. */
static bool reads(const char *data, size_t size)
{
    struct cache_entry seen;
    char *copy = memory_alloc(size + 1);

    memcpy(copy, data, size);
    char *exact = realloc(copy, size == 0 ? 1 : size);
    const bool read = cache_entry_read((struct slice){exact, size}, &seen);
    free(exact);
    return read;
}

static void whatever_else_there_is_is_no_entry(void **state)
{
    const struct cache_entry entry = entry_of("tag", "body");
    struct buffer value = BUFFER_INIT;

    (void)state;
    cache_entry_write(&value, &entry);
    for (size_t size = 0; size < value.size; size++)
        assert_false(reads(value.data, size));
    assert_true(reads(value.data, value.size));
    buffer_append_char(&value, 'x');
    assert_false(reads(value.data, value.size)); /* longer than it says */
    value.data[0] = 2;
    assert_false(reads(value.data, value.size - 1)); /* another version */
    value.data[0] = 1;
    value.data[19] = (char)255; /* the tag's length goes beyond the end */
    assert_false(reads(value.data, value.size - 1));
    value.data[19] = 3;
    value.data[23] = (char)255; /* the body's */
    assert_false(reads(value.data, value.size - 1));
    assert_false(cache_entry_read((struct slice){NULL, 0}, &(struct cache_entry){0}));
    buffer_release(&value);
}

/* --------------------------------------------------------------- with Redis */

static struct redis *connected(void)
{
    struct error err = {0};
    struct redis *redis = redis_new(redis_server_path(), &err);

    assert_non_null(redis);
    assert_true(redis_connect(redis, &err));
    return redis;
}

/* One look; its reply lives until the next. */
static enum cache_result look(struct redis *redis, struct cache_look *ret_look)
{
    static redisReply *reply;
    struct error err = {0};

    redis_replies_free(&reply, 1);
    cache_append_look(redis, slice_of(SCOPE), slice_of(KEY));
    assert_true(redis_exchange(redis, 1, &reply, &err));
    const enum cache_result result = cache_read_look(reply, ret_look);
    if (result != CACHE_HIT)
        redis_replies_free(&reply, 1);
    return result;
}

static enum cache_result result_of(struct redis *redis)
{
    struct cache_look seen;
    const enum cache_result result = look(redis, &seen);

    if (result == CACHE_HIT) {
        assert_true(slice_equal(seen.entry.body, slice_of("body")));
        (void)look(redis, &seen); /* frees */
    }
    return result;
}

static struct cache_scope prepared(struct redis *redis, int64_t *ret_until_ms)
{
    struct cache_scope scope = {.name = slice_of(SCOPE)};
    struct error err = {0};

    assert_true(cache_prepare(redis, &scope, 1, ret_until_ms, &err));
    assert_true(scope.has_token);
    return scope;
}

static void fill(struct redis *redis, const struct cache_token *token, int64_t until_ms)
{
    struct cache_entry entry = entry_of("tag", "body");
    struct buffer value = BUFFER_INIT;
    struct error err = {0};

    entry.token = *token;
    cache_entry_write(&value, &entry);
    assert_true(
        cache_fill(redis, &(struct cache_fill){slice_of(KEY), buffer_slice(&value)}, 1, until_ms, &err));
    buffer_release(&value);
}

static void command(struct redis *redis, const char *name, const char *argument)
{
    struct error err = {0};
    redisReply *reply;

    if (argument == NULL)
        redis_append_list(redis, slice_of(name));
    else
        redis_append_list(redis, slice_of(name), slice_of(argument));
    assert_true(redis_exchange(redis, 1, &reply, &err));
    redis_replies_free(&reply, 1);
}

static void touch(struct redis *redis)
{
    const struct slice scope = slice_of(SCOPE);
    struct error err = {0};

    assert_true(cache_touch(redis, &scope, 1, &err));
}

static void a_hit_is_of_the_present_token(void **state)
{
    struct redis *redis = connected();
    int64_t until_ms, later_ms;

    (void)state;
    assert_int_equal(result_of(redis), CACHE_MISS);
    struct cache_scope first = prepared(redis, &until_ms);
    assert_true(until_ms > machine_now_us() / 1000 + CACHE_LIFE_MS - 1000);
    assert_true(until_ms <= machine_now_us() / 1000 + CACHE_LIFE_MS);
    fill(redis, &first.token, until_ms);
    assert_int_equal(result_of(redis), CACHE_HIT);

    /* who prepares finds the token that there is */
    struct cache_scope again = prepared(redis, &later_ms);
    assert_true(cache_token_equal(&first.token, &again.token));

    touch(redis);
    assert_int_equal(result_of(redis), CACHE_STALE);
    fill(redis, &first.token, later_ms); /* prepared before the touch */
    assert_int_equal(result_of(redis), CACHE_STALE);
    struct cache_scope second = prepared(redis, &later_ms);
    assert_false(cache_token_equal(&first.token, &second.token));
    fill(redis, &second.token, later_ms);
    assert_int_equal(result_of(redis), CACHE_HIT);
    redis_free(redis);
}

static void a_lost_token_never_comes_back(void **state)
{
    struct redis *redis = connected();
    int64_t until_ms;

    (void)state;
    struct cache_scope first = prepared(redis, &until_ms);
    fill(redis, &first.token, until_ms);
    command(redis, "DEL", SCOPE); /* evicted alone */
    assert_int_equal(result_of(redis), CACHE_STALE);
    struct cache_scope second = prepared(redis, &until_ms);
    assert_false(cache_token_equal(&first.token, &second.token));
    assert_int_equal(result_of(redis), CACHE_STALE);
    command(redis, "FLUSHALL", NULL);
    assert_int_equal(result_of(redis), CACHE_MISS);
    fill(redis, &second.token, until_ms);
    assert_int_equal(result_of(redis), CACHE_STALE); /* under no token */
    redis_free(redis);
}

static void what_is_late_is_over(void **state)
{
    struct redis *redis = connected();
    int64_t until_ms;

    (void)state;
    struct cache_scope scope = prepared(redis, &until_ms);
    fill(redis, &scope.token, until_ms - CACHE_LIFE_MS - 1); /* as if it had been stopped in between */
    assert_int_equal(result_of(redis), CACHE_MISS);
    fill(redis, &scope.token, until_ms - CACHE_LIFE_MS + 100);
    assert_int_equal(result_of(redis), CACHE_HIT);
    (void)poll(NULL, 0, 200);
    assert_int_equal(result_of(redis), CACHE_MISS);
    redis_free(redis);
}

static void what_redis_refuses_is_not_told(void **state)
{
    struct redis *redis = connected();
    const struct slice scopes[] = {slice_of("a"), slice_of(SCOPE)};
    struct cache_scope scope = {.name = slice_of("list")};
    struct cache_look seen;
    struct error err = {0};
    redisReply *reply;
    int64_t until_ms;

    (void)state;
    redis_append_list(redis, slice_of("LPUSH"), slice_of("list"), slice_of("x"));
    redis_append_list(redis, slice_of("SET"), slice_of(KEY), slice_of("no entry"));
    redisReply *replies[2];
    assert_true(redis_exchange(redis, 2, replies, &err));
    redis_replies_free(replies, 2);
    assert_true(cache_prepare(redis, &scope, 1, &until_ms, &err));
    assert_false(scope.has_token); /* a key of another type */
    assert_int_equal(look(redis, &seen), CACHE_ERROR);

    redis_append_list(redis, slice_of("REPLICAOF"), slice_of("127.0.0.1"), slice_of("1"));
    assert_true(redis_exchange(redis, 1, &reply, &err));
    redis_replies_free(&reply, 1);
    assert_false(cache_touch(redis, scopes, 2, &err)); /* READONLY */
    assert_int_equal(err.kind, ERROR_CACHE);
    assert_false(cache_fill(redis, &(struct cache_fill){slice_of(KEY), slice_of("x")}, 1, until_ms, &err));
    redis_free(redis);
}

static void without_redis_nothing_is_known(void **state)
{
    struct error err = {0};
    struct redis *redis = redis_new("/tmp/ecf2-no-such.sock", &err);
    const struct slice scope = slice_of(SCOPE);
    struct cache_scope prepared_scope = {.name = scope};
    int64_t until_ms;

    (void)state;
    assert_false(cache_touch(redis, &scope, 1, &err));
    assert_false(cache_prepare(redis, &prepared_scope, 1, &until_ms, &err));
    assert_false(prepared_scope.has_token);
    redis_free(redis);
}

int main(void)
{
    const struct CMUnitTest alone[] = {
        cmocka_unit_test(names_share_a_slot_and_are_listed_by_commas),
        cmocka_unit_test(an_entry_is_read_as_it_was_written),
        cmocka_unit_test(whatever_else_there_is_is_no_entry),
        cmocka_unit_test(without_redis_nothing_is_known),
    };
    const struct CMUnitTest with_server[] = {
        cmocka_unit_test_setup_teardown(a_hit_is_of_the_present_token, redis_server_setup,
                                        redis_server_teardown),
        cmocka_unit_test_setup_teardown(a_lost_token_never_comes_back, redis_server_setup,
                                        redis_server_teardown),
        cmocka_unit_test_setup_teardown(what_is_late_is_over, redis_server_setup, redis_server_teardown),
        cmocka_unit_test_setup_teardown(what_redis_refuses_is_not_told, redis_server_setup,
                                        redis_server_teardown),
    };

    if (redis_server_group_setup() != 0)
        return 1;
    int failed = cmocka_run_group_tests(alone, NULL, NULL);
    if (redis_server_exists())
        failed += cmocka_run_group_tests(with_server, NULL, NULL);
    else
        (void)fprintf(stderr, "skipped: the tests with a server, since there is no redis-server\n");
    return redis_server_group_teardown() != 0 || failed != 0;
}
