/* Filters and pages of a query string as the query worker gets them (lead-provider-api.md 3.4, 3.5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "front/list.h"

#define ID_A "0a2a40f7-5c1e-4d39-8f60-7d9e13f2c805"
#define ID_B "b2a40f77-5c1e-4d39-8f60-7d9e13f2c805"
#define PAGE "\"page\":1,\"per_page\":100}"

static const char *const states[] = {"decided", "dead", NULL};
static const char *const sorts[] = {"created_at", "updated_at", NULL};
static const struct list_filter filters[] = {{LIST_YEARS, "cohort", NULL},
                                             {LIST_IDS, "participant_id", NULL},
                                             {LIST_INSTANT, "updated_since", NULL},
                                             {LIST_WORD, "state", states},
                                             {LIST_ID, "from", NULL},
                                             {LIST_NUMBER, "urn", NULL},
                                             {LIST_SORT, "sort", sorts},
                                             {LIST_END, NULL, NULL}};

static const struct {
    const char *query, *payload; /* NULL: refused */
} examples[] = {
    {"", "{" PAGE},
    {"filter[unknown]=1&sort=-x", "{" PAGE},
    {"filter[cohort]=2024", "{\"cohort\":[2024]," PAGE},
    {"filter[cohort]=2025,2024,2025", "{\"cohort\":[2024,2025]," PAGE},
    {"filter[cohort]=2024,invalid,,20A1,%20,1099", "{\"cohort\":[1099,2024]," PAGE},
    {"filter[cohort]=02024,99999,99999999999999999999", "{\"cohort\":[2024]," PAGE},
    {"filter[cohort]=,", "{\"cohort\":[]," PAGE},
    {"filter[cohort][]=2024", "{\"cohort\":[]," PAGE},
    {"filter[cohort]=", "{" PAGE},
    {"filter[cohort]=+%09%0d%0a", "{" PAGE},
    {"filter[cohort]=%C2%A0%E2%80%83", "{" PAGE}, /* white space that is not ASCII */
    {"filter[cohort]=%C2%A02024", "{\"cohort\":[]," PAGE},
    {"filter[state]=%C2", "{\"state\":\"\"," PAGE},
    {"filter[participant_id]=" ID_B "," ID_A "," ID_B,
     "{\"participant_id\":[\"" ID_A "\",\"" ID_B "\"]," PAGE},
    {"filter[participant_id]=B2A40F77-5C1E-4D39-8F60-7D9E13F2C805,x",
     "{\"participant_id\":[\"" ID_B "\"]," PAGE},
    {"filter[participant_id]=x", "{\"participant_id\":[]," PAGE},
    {"filter[participant_id][a]=" ID_A, "{\"participant_id\":[]," PAGE},
    {"filter[state]=dead", "{\"state\":\"dead\"," PAGE},
    {"filter[state]=Dead", "{\"state\":\"\"," PAGE},
    {"filter[state]=a%22b", "{\"state\":\"\"," PAGE},
    {"filter[state]", "{" PAGE},
    {"filter[from]=" ID_A, "{\"from\":[\"" ID_A "\"]," PAGE},
    {"filter[from]=" ID_A ",", "{\"from\":[]," PAGE},
    {"filter[from]=x", "{\"from\":[]," PAGE},
    {"filter[from][]=" ID_A, "{\"from\":[]," PAGE},
    {"filter[urn]=123456,invalid", "{\"urn\":123456," PAGE},
    {"filter[urn]=invalid", "{\"urn\":0," PAGE},
    {"filter[urn][]=1", "{\"urn\":0," PAGE},
    {"filter[urn]=99999999999999999999", "{\"urn\":9999999," PAGE},
    {"filter[urn]=%20", "{" PAGE},
    {"sort=-created_at", "{\"sort\":[\"-created_at\"]," PAGE},
    {"sort=updated_at,name,-created_at,-updated_at", "{\"sort\":[\"updated_at\",\"-created_at\"]," PAGE},
    {"sort=%2Bcreated_at", "{\"sort\":[\"created_at\"]," PAGE},
    {"sort=+created_at", "{" PAGE}, /* a space */
    {"sort=-,--created_at,id,", "{" PAGE},
    {"sort[]=created_at", "{" PAGE},
    {"sort=", "{" PAGE},
    {"filter[updated_since]=1970-01-02", "{\"updated_since\":86400000000," PAGE},
    {"filter[updated_since]=1970-01-01T00%253A00%253A01%252B00%253A00", "{\"updated_since\":1000000," PAGE},
    {"filter[updated_since]=x", NULL},
    {"filter[updated_since][]=1970-01-02", NULL},
    {"page[per_page]=20&filter[state]=dead&filter[cohort]=2024&page[page]=3",
     "{\"cohort\":[2024],\"state\":\"dead\",\"page\":3,\"per_page\":20}"},
    {"page[page]=5abc&page[per_page]=2.9", "{\"page\":5,\"per_page\":2}"},
    {"page[per_page]=3000", "{\"page\":1,\"per_page\":3000}"},
    {"page[per_page]=3001", "{\"page\":1,\"per_page\":3000}"},
    {"page[page]=99999999999999999999999&page[per_page]=9223372036854775808",
     "{\"page\":1000000000,\"per_page\":3000}"},
    {"page[other]=x", "{" PAGE},
    {"page=1", NULL},
    {"page[]=1", NULL},
    {"page[page]=0", NULL},
    {"page[page]=-1", NULL},
    {"page[page]=- 1", NULL},
    {"page[per_page]=", NULL},
    {"page[per_page]=0.8", NULL},
    {"page[per_page]=abc", NULL},
    {"page[per_page][]=1", NULL},
};

/* lead-provider-api.md 3.4/4, 3.4/5, 3.4/6, 3.4/11, 3.5/2, 3.6/1, 3.6/2, 3.6/3 */
static void queries_become_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        struct buffer payload = BUFFER_INIT;
        bool wants_now;
        const bool good =
            list_fields(slice_of(examples[i].query), filters, true, &payload, &wants_now) == LIST_GOOD;

        if (good && wants_now != (strstr(examples[i].payload, "updated_since") != NULL))
            fail_msg("%s: %d", examples[i].query, wants_now);
        if (good != (examples[i].payload != NULL) ||
            (good && !slice_equal(buffer_slice(&payload), slice_of(examples[i].payload))))
            fail_msg("%s: %.*s", examples[i].query, (int)payload.size, payload.data);
        buffer_release(&payload);
    }
}

/* lead-provider-api.md 3.4/10 */
static void a_record_has_no_pages(void **state)
{
    static const struct list_filter needed[] = {{LIST_NEEDED, "cohort", NULL}, {LIST_END, NULL, NULL}};
    static const struct {
        const char *query, *payload; /* NULL: missing */
    } records[] = {
        {"filter[cohort]=2025", "{\"cohort\":2025}"},
        {"filter[cohort]=2025,2026&page=x&filter[updated_since]=x", "{\"cohort\":2025}"},
        {"filter[cohort]=", "{\"cohort\":0}"},
        {"filter[cohort]=x", "{\"cohort\":0}"},
        {"filter[cohort][]=2025", "{\"cohort\":0}"},
        {"filter[cohorts]=2025", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        struct buffer payload = BUFFER_INIT;
        bool wants_now;
        const enum list_verdict verdict =
            list_fields(slice_of(records[i].query), needed, false, &payload, &wants_now);

        assert_int_equal(verdict, records[i].payload == NULL ? LIST_MISSING : LIST_GOOD);
        if (records[i].payload != NULL && !slice_equal(buffer_slice(&payload), slice_of(records[i].payload)))
            fail_msg("%s: %.*s", records[i].query, (int)payload.size, payload.data);
        buffer_release(&payload);
    }
}

static void what_is_missing_is_told_first(void **state)
{
    static const struct list_filter needed[] = {
        {LIST_INSTANT, "updated_since", NULL}, {LIST_NEEDED, "cohort", NULL}, {LIST_END, NULL, NULL}};
    struct buffer payload = BUFFER_INIT;
    bool wants_now;

    (void)state;
    assert_int_equal(
        list_fields(slice_of("page=1&filter[updated_since]=x"), needed, true, &payload, &wants_now),
        LIST_MISSING);
    buffer_release(&payload);
}

static void the_instant_is_told_first(void **state)
{
    struct buffer payload = BUFFER_INIT;
    bool wants_now;

    (void)state;
    assert_int_equal(
        list_fields(slice_of("page=1&filter[updated_since]=x"), filters, true, &payload, &wants_now),
        LIST_BAD_INSTANT);
    buffer_clear(&payload);
    assert_int_equal(list_fields(slice_of("page=1"), filters, true, &payload, &wants_now), LIST_BAD_PAGE);
    buffer_release(&payload);
}

static void instants(void **state)
{
    static const struct {
        const char *text;
        int64_t us; /* -1: none */
    } texts[] = {
        {"1970-01-01T00:00:01Z", 1000000},
        {"1970-01-01T00:00:01", 1000000},
        {"1970-01-01T00:00:01.5Z", 1500000},
        {"1970-01-01T00:00:01.0000019", 1000001},
        {"1970-01-01T01:00:01+01:00", 1000000},
        {"1969-12-31T23:00:01-0100", 1000000},
        {"1970-01-01T00:01Z", 60000000},
        {"1970-01-01T00:01", 60000000},
        {"1970-01-01T00:01+00", 60000000},
        {"1970-01-01", 0},
        {"1970-07-01T00:00:00", 15638400000000}, /* UTC, not London */
        {"", -1},
        {"1970-01-01T", -1},
        {"1970-01-01T00", -1},
        {"1970-01-01T00:0", -1},
        {"1970-01-01T00:00:", -1},
        {"1970-01-01Z", -1},
        {"1970-01-01 00:00:00Z", -1},
        {"1970-01-01T00:00:00 01:00", -1},
        {"1970-1-1", -1},
        {"1970-02-29", -1},
        {"19700101T000000Z", -1},
        {"1970-01-01T00:00:00ZZ", -1},
        {"now", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t us = -1;

        if (list_instant_parse(slice_of(texts[i].text), &us) != (texts[i].us >= 0) || us != texts[i].us)
            fail_msg("%s: %lld", texts[i].text, (long long)us);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queries_become_fields), cmocka_unit_test(a_record_has_no_pages),
        cmocka_unit_test(what_is_missing_is_told_first), cmocka_unit_test(the_instant_is_told_first),
        cmocka_unit_test(instants)};

    return cmocka_run_group_tests_name("front/list", tests, NULL, NULL);
}
