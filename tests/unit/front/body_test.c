/* Bodies of writes: shape, and the payload that goes on (lead-provider-api.md 3.3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "front/api.h"
#include "front/body.h"

#define WITH(attributes) "{\"data\":{\"type\":\"participant-declaration\",\"attributes\":{" attributes "}}}"
#define FIELDS(first)                                                                                        \
    "{\"fields\":{\"participant_id\":" first ",\"declaration_type\":null,\"declaration_date\":null,"         \
    "\"course_identifier\":null,\"evidence_held\":null}}"

static const struct {
    const char *body, *payload; /* payload NULL: 400 */
    enum body_verdict verdict;
} examples[] = {
    /* 3.3.3 structure */
    {"", NULL, BODY_STRUCTURE},
    {" ", NULL, BODY_SYNTAX},
    {"null", NULL, BODY_STRUCTURE},
    {"1", NULL, BODY_STRUCTURE},
    {"\"data\"", NULL, BODY_STRUCTURE},
    {"[]", NULL, BODY_STRUCTURE},
    {"{}", NULL, BODY_STRUCTURE},
    {"{\"data\":null}", NULL, BODY_STRUCTURE},
    {"{\"data\":{}}", NULL, BODY_STRUCTURE},
    {"{\"data\":\"x\"}", NULL, BODY_STRUCTURE},
    {"{\"data\":1}", NULL, BODY_STRUCTURE},
    {"{\"data\":[{\"attributes\":{\"participant_id\":\"x\"}}]}", NULL, BODY_STRUCTURE},
    {"{\"data\":{\"attributes\":null}}", NULL, BODY_STRUCTURE},
    {"{\"data\":{\"attributes\":{}}}", NULL, BODY_STRUCTURE},
    {"{\"data\":{\"attributes\":[]}}", NULL, BODY_STRUCTURE},
    {"{\"data\":{\"attributes\":\"participant_id\"}}", NULL, BODY_STRUCTURE},
    {"{\"attributes\":{\"participant_id\":\"x\"}}", NULL, BODY_STRUCTURE},
    {WITH("\"other\":1"), NULL, BODY_STRUCTURE},
    {WITH("\"Participant_id\":\"x\""), NULL, BODY_STRUCTURE},
    /* names alone count */
    {WITH("\"participant_id\":[1,2]"), FIELDS("null"), BODY_GOOD},
    {WITH("\"participant_id\":{\"a\":1}"), FIELDS("null"), BODY_GOOD},
    {WITH("\"participant_id\":null"), FIELDS("null"), BODY_GOOD},
    /* 3.3.5 unknown keys at any level; the type is not checked */
    {"{\"x\":[],\"data\":{\"y\":{\"data\":1},\"type\":7,\"attributes\":{\"z\":{},\"participant_id\":\"a\"}}}",
     FIELDS("\"a\""), BODY_GOOD},
    /* 3.3.6 texts as they are, numbers and booleans as sent */
    {WITH("\"participant_id\":\"\""), FIELDS("\"\""), BODY_GOOD},
    {WITH("\"participant_id\":\"  \""), FIELDS("\"  \""), BODY_GOOD},
    {WITH("\"participant_id\":\"\\u00e9\\n\\\"\""), FIELDS("\"\xc3\xa9\\n\\\"\""), BODY_GOOD},
    {WITH("\"participant_id\":2025"), FIELDS("\"2025\""), BODY_GOOD},
    {WITH("\"participant_id\":-0"), FIELDS("\"-0\""), BODY_GOOD},
    {WITH("\"participant_id\" : 1.50 , \"x\":1"), FIELDS("\"1.50\""), BODY_GOOD},
    {WITH("\"a\":\"\\\"}{[\",\"b\":[1,{\"participant_id\":9}],\"participant_id\":1E+3"), FIELDS("\"1E+3\""),
     BODY_GOOD},
    {WITH("\"p\\u0061rticipant_id\":7.0"), FIELDS("\"7.0\""), BODY_GOOD},
    {WITH("\"participant_id\":9223372036854775807"), FIELDS("\"9223372036854775807\""), BODY_GOOD},
    {WITH("\"participant_id\":9223372036854775808"), FIELDS("\"9223372036854775808\""), BODY_GOOD},
    {WITH("\"x\":123456789012345678901234567890,\"participant_id\":1"), FIELDS("\"1\""), BODY_GOOD},
    {WITH("\"participant_i\":1,\"participant_idx\":2,\"articipant_idp\":3,\"participant_id\":4"),
     FIELDS("\"4\""), BODY_GOOD},
    {WITH("\"participant\\\\id\":1,"
          "\"\\u0070\\u0061\\u0072\\u0074\\u0069\\u0063\\u0069\\u0070\\u0061\\u006e\\u0074"
          "\\u005f\\u0069\\u0064\":2"),
     FIELDS("\"2\""), BODY_GOOD},
    /* whatever a double holds of them */
    {WITH("\"x\":1e999,\"y\":[-1e400,{\"z\":1E+99999}],\"participant_id\":\"12345\""), FIELDS("\"12345\""),
     BODY_GOOD},
    {WITH("\"participant_id\":-123456.7890123e-400"), FIELDS("\"-123456.7890123e-400\""), BODY_GOOD},
    {"{\"x12345\":1e999,\"x12\":\"\\\\\",\"data\":{\"attributes\":{\"participant_id\":1e999}}}",
     FIELDS("\"1e999\""), BODY_GOOD},
    {"1e999", NULL, BODY_STRUCTURE},
    {WITH("\"participant_id\":true"), FIELDS("\"true\""), BODY_GOOD},
    {WITH("\"participant_id\":false"), FIELDS("\"false\""), BODY_GOOD},
    /* 3.3.4 and what has no defined meaning */
    {"{", NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":\"x\"") "x", NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":\"x\",\"participant_id\":\"y\""), NULL, BODY_SYNTAX},
    {"{\"data\":{\"attributes\":{\"participant_id\":\"x\"}},\"data\":{\"attributes\":{\"participant_id\":"
     "\"y\"}}}",
     NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":\"a\\u0000b\""), NULL, BODY_SYNTAX},
    {WITH("\"partici\\u0000pant_id\":1,\"participant_id\":\"x\""), NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":\"\\ud800\""), NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":\"\\udc00\\ud800\""), NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":\"\xff\""), NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":\"\xc0\xaf\""), NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":\"\xed\xa0\x80\""), NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":NaN"), NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":01"), NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":0123456"), NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":-00"), NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":-"), NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":+1"), NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":.5"), NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":12345."), NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":12345.e1"), NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":12345e"), NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":12345e+"), NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":1234 5678"), NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":12345.678.9"), NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":0x1234"), NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":1234x"), NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":true1234"), NULL, BODY_SYNTAX},
    {WITH("\"participant_id\":'x'"), NULL, BODY_SYNTAX},
    {"\xef\xbb\xbf" WITH("\"participant_id\":\"x\""), NULL, BODY_SYNTAX},
};

static enum body_verdict to_payload(struct slice body, struct buffer *out)
{
    const char *detail;
    return body_to_payload(body, declaration_attributes, out, &detail);
}

/* lead-provider-api.md 3.3/1, 3.3/3, 3.3/4, 3.3/5, 3.3/6 */
static void test_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct buffer payload = BUFFER_INIT;
        const char *detail = NULL;
        enum body_verdict verdict =
            body_to_payload(slice_of(examples[i].body), declaration_attributes, &payload, &detail);
        bool equal = verdict == BODY_GOOD ? detail == NULL && strcmp(payload.data, examples[i].payload) == 0
                                          : detail != NULL && payload.size == 0;
        if (!equal || verdict != examples[i].verdict)
            fail_msg("example %zu: %s", i, examples[i].body);
        buffer_release(&payload);
    }
}

/* A zero byte is no JSON, wherever it stands; behind a number Jansson does not see it. */
static void test_zero_bytes(void **state)
{
    (void)state;
    static const char good[] = WITH("\"x\":2 ,\"participant_id\":3 ");
    for (size_t i = 0; i < sizeof(good); i++) {
        struct buffer body = BUFFER_INIT, payload = BUFFER_INIT;
        buffer_append(&body, good, i);
        buffer_append_char(&body, '\0');
        buffer_append(&body, good + i, sizeof(good) - 1 - i);
        assert_int_equal(to_payload(buffer_slice(&body), &payload), BODY_SYNTAX);
        assert_int_equal(payload.size, 0);
        buffer_release(&body);
        buffer_release(&payload);
    }
    struct buffer payload = BUFFER_INIT;
    assert_int_equal(to_payload(slice_of(good), &payload), BODY_GOOD);
    buffer_release(&payload);
}

static void test_all_five(void **state)
{
    (void)state;
    struct buffer payload = BUFFER_INIT;
    static const char body[] =
        WITH("\"evidence_held\":\"e\",\"course_identifier\":\"c\",\"participant_id\":\"p\","
             "\"declaration_type\":\"t\",\"declaration_date\":\"d\"");
    assert_int_equal(to_payload(slice_of(body), &payload), BODY_GOOD);
    assert_string_equal(
        payload.data,
        "{\"fields\":{\"participant_id\":\"p\",\"declaration_type\":\"t\",\"declaration_date\":\"d\","
        "\"course_identifier\":\"c\",\"evidence_held\":\"e\"}}");
    buffer_release(&payload);
}

/* An integer of 400 digits, as an attribute and under an unknown key, and one of 100 000. */
static void test_long_integers(void **state)
{
    (void)state;
    static const size_t digits[] = {1, 2, 3, 308, 309, 400, 100000};
    for (size_t i = 0; i < sizeof(digits) / sizeof(digits[0]); i++) {
        struct buffer number = BUFFER_INIT, body = BUFFER_INIT, payload = BUFFER_INIT, expected = BUFFER_INIT;
        for (size_t k = 0; k < digits[i]; k++)
            buffer_append_char(&number, (char)('1' + k % 9));
        buffer_printf(&body, WITH("\"x\":%s,\"participant_id\":-%s"), number.data, number.data);
        buffer_printf(&expected, FIELDS("\"-%s\""), number.data);
        assert_int_equal(to_payload(buffer_slice(&body), &payload), BODY_GOOD);
        assert_string_equal(payload.data, expected.data);
        buffer_release(&number);
        buffer_release(&body);
        buffer_release(&payload);
        buffer_release(&expected);
    }
}

/* 32 levels are read, more are refused before the parser recurses, 100 000 included. */
static void test_depth(void **state)
{
    (void)state;
    static const size_t depths[] = {31, 32, 33, 2049, 100000};
    for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
        struct buffer body = BUFFER_INIT, payload = BUFFER_INIT;
        buffer_append_text(&body, "{\"x\":"); /* the first level */
        for (size_t k = 1; k < depths[i]; k++)
            buffer_append_char(&body, '[');
        for (size_t k = 1; k < depths[i]; k++)
            buffer_append_char(&body, ']');
        buffer_append_text(&body, ",\"data\":{\"attributes\":{\"participant_id\":\"[[[[\"}}}");
        bool refused = to_payload(buffer_slice(&body), &payload) == BODY_SYNTAX;
        assert_int_equal(refused, depths[i] > BODY_DEPTH_MAX);
        buffer_release(&body);
        buffer_release(&payload);
    }
}

static void test_types(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        bool is_json;
    } types[] = {
        {"application/json", true},
        {"application/json; charset=utf-8", true},
        {"application/json;charset=utf-8", true},
        {"Application/JSON", true},
        {"application/json ; x", true},
        {"text/x-json", true},
        {"application/jsonrequest", true},
        {"application/vnd.api+json", false},
        {"text/json", false},
        {"application/x-www-form-urlencoded", false},
        {"application/jsonx", false},
        {"application/jso", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        assert_int_equal(body_type_is_json(slice_of(types[i].type)), types[i].is_json);
    assert_false(body_type_is_json((struct slice){NULL, 0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples), cmocka_unit_test(test_zero_bytes),
        cmocka_unit_test(test_all_five), cmocka_unit_test(test_depth),
        cmocka_unit_test(test_types),    cmocka_unit_test(test_long_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
