/* The query string (lead-provider-api.md 3.4, number 1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "front/query.h"

static void filter_is_pairs_or_malformed(void **state)
{
    static const struct {
        const char *query;
        bool malformed;
    } examples[] = {
        {"", false},
        {"page[page]=1", false},
        {"filter[cohort]=2024", false},
        {"filter%5Bcohort%5D=2024&filter[x]=", false},
        {"filters=x", false},
        {"afilter=x", false},
        {"x=filter", false},
        {"x=1&&filter[a]=b&", false},
        {"filter=x", true},
        {"filter=", true},
        {"filter", true},
        {"filter[]=x", true},
        {"filter[][cohort]=2024", true},
        {"filter%5B%5D%5Bcohort%5D=2024", true},
        {"filter[a][]=x", false},
        {"filter%5B%5D=x", true},
        {"filter%5b%5d", true},
        {"%66ilter=x", true},
        {"page=1&filter=x", true},
        {"filter[a]=b&filter[]=x", true},
        {"filter%", false},
        {"filter%5", false},
        {"filter%zz=1", false},
        {"filter[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]=1", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++)
        if (query_filter_is_malformed(slice_of(examples[i].query)) != examples[i].malformed)
            fail_msg("%s", examples[i].query);
    assert_false(query_filter_is_malformed((struct slice){NULL, 0}));
}

static void values_are_found(void **state)
{
    static const struct {
        const char *query, *key;
        enum query_given given;
        const char *text;
    } examples[] = {
        {"", "page", QUERY_ABSENT, ""},
        {"page=2", "page", QUERY_TEXT, "2"},
        {"page", "page", QUERY_TEXT, ""},
        {"page=", "page", QUERY_TEXT, ""},
        {"&&page=2&", "page", QUERY_TEXT, "2"},
        {"page[page]=2", "page", QUERY_NESTED, ""},
        {"page[page]=2", "page[page]", QUERY_TEXT, "2"},
        {"page%5Bpage%5d=2", "page[page]", QUERY_TEXT, "2"},
        {"page[page][]=2", "page[page]", QUERY_NESTED, ""},
        {"page[page]x=2", "page[page]", QUERY_ABSENT, ""},
        {"pages=2", "page", QUERY_ABSENT, ""},
        {"Page=2", "page", QUERY_ABSENT, ""},
        {"a=1&a=2", "a", QUERY_TEXT, "2"},
        {"a=1&a[]=2", "a", QUERY_NESTED, ""},
        {"a[]=1&a=2", "a", QUERY_TEXT, "2"},
        {"a=1+2%2B3%20", "a", QUERY_TEXT, "1 2+3 "},
        {"a=%", "a", QUERY_TEXT, "%"},
        {"a=%4", "a", QUERY_TEXT, "%4"},
        {"a=%4x%41", "a", QUERY_TEXT, "%4xA"},
        {"a=%252B", "a", QUERY_TEXT, "%2B"},
        {"a=b=c", "a", QUERY_TEXT, "b=c"},
        {"=x", "a", QUERY_ABSENT, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        struct buffer text = BUFFER_INIT;

        if (query_find(slice_of(examples[i].query), examples[i].key, &text) != examples[i].given ||
            !slice_equal(buffer_slice(&text), slice_of(examples[i].text)))
            fail_msg("%s in %s", examples[i].key, examples[i].query);
        buffer_release(&text);
    }
}

static void decoding_may_leave_plus_alone(void **state)
{
    struct buffer text = BUFFER_INIT;

    (void)state;
    query_decode(slice_of("1+2%2B3%00"), /* plus_is_space= */ false, &text);
    assert_int_equal(text.size, 6);
    assert_memory_equal(text.data, "1+2+3", 6);
    buffer_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(filter_is_pairs_or_malformed),
                                       cmocka_unit_test(values_are_found),
                                       cmocka_unit_test(decoding_may_leave_plus_alone)};

    return cmocka_run_group_tests_name("front/query", tests, NULL, NULL);
}
