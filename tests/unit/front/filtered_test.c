/* Values that are not to be recorded (operations.md OP-23, metrics.md UA-9). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "front/filtered.h"

static void names_that_hide(void **state)
{
    static const char *const hidden[] = {"author_email",
                                         "author_name",
                                         "certificate",
                                         "commit",
                                         "corrected_name",
                                         "encrypted",
                                         "date_of_birth",
                                         "dfe_sign_in_user_id",
                                         "email",
                                         "first_name",
                                         "last_name",
                                         "name",
                                         "national_insurance_number",
                                         "otp",
                                         "password",
                                         "salt",
                                         "secret",
                                         "ssn",
                                         "token",
                                         "trn",
                                         "api_key",
                                         "q",
                                         "Q",
                                         "filter[trn]",
                                         "E-EMAIL-E",
                                         "a\x01TRN"};
    static const char *const shown[] = {"",           "qq",
                                        "filter[q]",  "participant_id",
                                        "urn",        "filter[cohort]",
                                        "page[page]", "declaration_type",
                                        "type",       "emai",
                                        "tr n",       "key"};

    (void)state;
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (!filtered_hides(slice_of(hidden[i])))
            fail_msg("%s is not hidden", hidden[i]);
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        if (filtered_hides(slice_of(shown[i])))
            fail_msg("%s is hidden", shown[i]);
}

static void json_keys_at_any_depth(void **state)
{
    CLEANUP(json)
    json_t *value =
        json_loads("[{\"a\":1,\"Email\":\"x\",\"b\":{\"trn\":{\"c\":[1]},\"d\":[{\"q\":null,\"e\":"
                   "true}]}},\"email\",[[{\"token\":7}]]]",
                   0, NULL);
    CLEANUP(json) json_t *scalar = json_string("email");

    (void)state;
    filtered_json(value);
    CLEANUP(free) char *text = json_dumps(value, JSON_COMPACT);
    assert_string_equal(text,
                        "[{\"a\":1,\"Email\":\"[FILTERED]\",\"b\":{\"trn\":\"[FILTERED]\",\"d\":[{\"q\":"
                        "\"[FILTERED]\",\"e\":true}]}},\"email\",[[{\"token\":\"[FILTERED]\"}]]]");
    filtered_json(scalar);
    assert_string_equal(json_string_value(scalar), "email");
    filtered_json(NULL);
}

static void queries(void **state)
{
    static const struct {
        const char *query, *text, *parameters;
    } examples[] = {
        {"", "", "{}"},
        {"a=1&b=%20+x&a=2&c", "a=1&b=%20+x&a=2&c", "{\"a\":[\"1\",\"2\"],\"b\":[\"  x\"],\"c\":[\"\"]}"},
        {"email=a@b.c&x=1", "email=[FILTERED]&x=1", "{\"email\":[\"[FILTERED]\"],\"x\":[\"1\"]}"},
        {"x=1&filter%5BTRN%5D=1234567", "x=1&filter%5BTRN%5D=[FILTERED]",
         "{\"x\":[\"1\"],\"filter[TRN]\":[\"[FILTERED]\"]}"},
        {"%74oken=a&token=b", "%74oken=[FILTERED]&token=[FILTERED]",
         "{\"token\":[\"[FILTERED]\",\"[FILTERED]\"]}"},
        {"token%3Dabc&a", "[FILTERED]&a", "{\"[FILTERED]\":[\"[FILTERED]\"],\"a\":[\"\"]}"},
        {"&&a=b&", "&&a=b", "{\"\":[\"\",\"\"],\"a\":[\"b\"]}"},
        {"x=%00%ff&%00=1", "x=%00%ff&%00=1",
         "{\"x\":[\"\xEF\xBF\xBD\xEF\xBF\xBD\"],\"\xEF\xBF\xBD\":[\"1\"]}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        struct buffer text = BUFFER_INIT;
        filtered_query(slice_of(examples[i].query), &text);
        buffer_append_text(&text, "");
        assert_string_equal(text.data, examples[i].text);
        buffer_release(&text);
        CLEANUP(json) json_t *parameters = filtered_parameters(slice_of(examples[i].query));
        CLEANUP(free) char *shown = json_dumps(parameters, JSON_COMPACT);
        assert_string_equal(shown, examples[i].parameters);
    }
}

static void texts_that_are_none(void **state)
{
    static const struct {
        struct slice bytes;
        const char *text;
    } examples[] = {
        {{NULL, 0}, ""},
        {{"a\xC3\xA9", 3}, "a\xC3\xA9"},
        {{"\xC3\xA9\0b", 4},
         "\xC3\xA9\xEF\xBF\xBD"
         "b"},
        {{"a\xE9"
          "b",
          3},
         "a\xEF\xBF\xBD"
         "b"},
        {{"\xED\xA0\x80", 3}, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        CLEANUP(json) json_t *text = filtered_text(examples[i].bytes);
        assert_string_equal(json_string_value(text), examples[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_hide),
        cmocka_unit_test(json_keys_at_any_depth),
        cmocka_unit_test(queries),
        cmocka_unit_test(texts_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
