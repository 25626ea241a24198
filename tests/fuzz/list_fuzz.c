/* Query strings of lists (front/list.h) and as they may be recorded (front/filtered.h): what the query worker
 * gets is JSON of the fields that there are, within their bounds, and asked for again has the same bytes; and
 * nothing that is to be hidden is told. */
#include "tests/fuzz/fuzz.h"

#include <jansson.h>

#include "common/clock.h"
#include "front/filtered.h"
#include "front/list.h"
#include "front/query.h"

static const char *const states[] = {"decided", "dead", NULL};
static const struct list_filter filters[] = {{LIST_YEARS, "cohort", NULL},
                                             {LIST_IDS, "participant_id", NULL},
                                             {LIST_INSTANT, "updated_since", NULL},
                                             {LIST_WORD, "state", states},
                                             {LIST_ID, "from", NULL},
                                             {LIST_NUMBER, "urn", NULL},
                                             {LIST_SORT, "sort", list_sort_names},
                                             {LIST_END, NULL, NULL}};

/* ---- what the query worker gets, as it could be asked for ---- */

static void ask_items(const json_t *items, struct buffer *out)
{
    const json_t *item;
    size_t i;
    json_array_foreach(items, i, item)
    {
        if (i > 0)
            buffer_append_char(out, ',');
        if (json_is_string(item))
            buffer_append_text(out, json_string_value(item));
        else
            buffer_printf(out, "%lld", (long long)json_integer_value(item));
    }
    if (json_array_size(items) == 0)
        buffer_append_char(out, ','); /* no item, and yet not blank */
}

static void ask_value(const struct list_filter *filter, const json_t *value, struct buffer *out)
{
    char instant[RFC3339_SIZE];
    switch (filter->form) {
    case LIST_YEARS:
    case LIST_IDS:
    case LIST_ID:
    case LIST_SORT:
        CHECK(json_is_array(value) && (filter->form != LIST_ID || json_array_size(value) <= 1));
        CHECK(filter->form != LIST_SORT || json_array_size(value) > 0);
        ask_items(value, out);
        return;
    case LIST_INSTANT:
        CHECK(json_is_integer(value));
        rfc3339_format_us(json_integer_value(value), instant);
        buffer_append_text(out, instant);
        return;
    case LIST_WORD:
        CHECK(json_is_string(value));
        buffer_append_text(out, json_string_length(value) == 0 ? "x" : json_string_value(value));
        return;
    case LIST_NUMBER:
        CHECK(json_is_integer(value) && json_integer_value(value) >= 0);
        buffer_printf(out, "%lld", (long long)json_integer_value(value));
        return;
    case LIST_NEEDED:
    case LIST_END:
        break;
    }
    fuzz_fail("a form that is in the table", __FILE__, __LINE__);
}

static void ask_again(const json_t *fields, bool has_pages, struct buffer *out)
{
    const json_int_t page = json_integer_value(json_object_get(fields, "page")),
                     per_page = json_integer_value(json_object_get(fields, "per_page"));
    size_t known = has_pages ? 2 : 0;
    for (const struct list_filter *filter = filters; filter->form != LIST_END; filter++) {
        const json_t *value = json_object_get(fields, filter->name);
        if (value == NULL)
            continue;
        known++;
        buffer_printf(out, filter->form == LIST_SORT ? "%s=" : "filter[%s]=", filter->name);
        ask_value(filter, value, out);
        buffer_append_char(out, '&');
    }
    CHECK(json_object_size(fields) == known);
    if (!has_pages)
        return;
    CHECK(page >= 1 && page <= 1000000000 && per_page >= 1 && per_page <= 3000);
    buffer_printf(out, "page[page]=%lld&page[per_page]=%lld", (long long)page, (long long)per_page);
}

static void try_list(struct slice query, bool has_pages)
{
    struct buffer payload = BUFFER_INIT, asked = BUFFER_INIT, again = BUFFER_INIT;
    bool wants_now, wants_again;
    if (list_fields(query, filters, has_pages, &payload, &wants_now) == LIST_GOOD) {
        json_t *fields = json_loadb(payload.data, payload.size, JSON_REJECT_DUPLICATES, NULL);
        CHECK(json_is_object(fields));
        CHECK(wants_now == (json_object_get(fields, "updated_since") != NULL));
        ask_again(fields, has_pages, &asked);
        CHECK(list_fields(buffer_slice(&asked), filters, has_pages, &again, &wants_again) == LIST_GOOD);
        CHECK(slice_equal(buffer_slice(&payload), buffer_slice(&again)) && wants_now == wants_again);
        json_decref(fields);
    }
    buffer_release(&payload);
    buffer_release(&asked);
    buffer_release(&again);
}

/* ---- as it may be recorded ---- */

static void try_recorded(struct slice query)
{
    struct buffer once = BUFFER_INIT, twice = BUFFER_INIT, name = BUFFER_INIT;
    struct query_pair pair;
    filtered_query(query, &once);
    struct slice rest = buffer_slice(&once);
    while (query_next(&rest, &pair)) {
        buffer_clear(&name);
        query_decode(pair.name, /* plus_is_space= */ true, &name);
        CHECK(!filtered_hides(buffer_slice(&name)) || slice_equal(pair.value, slice_of(FILTERED)));
    }
    filtered_query(buffer_slice(&once), &twice);
    if (twice.size + 1 == once.size && once.data[twice.size] == '&')
        once.size--; /* nothing follows it, so it is nobody's */
    CHECK(slice_equal(buffer_slice(&once), buffer_slice(&twice)));
    buffer_release(&once);
    buffer_release(&twice);
    buffer_release(&name);
}

static void try_parameters(struct slice query)
{
    json_t *parameters = filtered_parameters(query), *values;
    const json_t *value;
    const char *name;
    size_t i;
    json_object_foreach(parameters, name, values)
    {
        CHECK(json_array_size(values) > 0);
        json_array_foreach(values, i, value)
        {
            CHECK(strlen(json_string_value(value)) == json_string_length(value));
            CHECK(!filtered_hides(slice_of(name)) || strcmp(json_string_value(value), FILTERED) == 0);
        }
    }
    json_decref(parameters);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size};
    const bool has_pages = fuzz_choice(&input) % 2 == 0;
    char *copy = fuzz_copy(input);
    const struct slice query = {copy, input.size};
    if (memchr(copy, '\0', input.size) == NULL) { /* which no head has */
        try_list(query, has_pages);
        try_recorded(query);
        try_parameters(query);
    }
    free(copy);
    return 0;
}
