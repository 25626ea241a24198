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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(filter_is_pairs_or_malformed)};

    return cmocka_run_group_tests_name("front/query", tests, NULL, NULL);
}
