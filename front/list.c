/* list: see list.h. */
#include "front/list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/blank.h"
#include "common/declaration_date.h"
#include "common/uuid.h"
#include "front/query.h"

#define PER_PAGE         100
#define PER_PAGE_MAX     3000
#define PAGE_MAX         INT64_C(1000000000) /* far behind the end of every list */
#define YEAR_MAX         9999
#define NUMBER_MAX       INT64_C(9999999) /* no year and no URN is larger */
#define KEY_SIZE         64
#define INSTANT_MAX_SIZE 100

const char *const list_sort_names[] = {"created_at", "updated_at", NULL};

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ---- numbers ---- */

/* The number that a text begins with, at most max; 0 where it begins with none, or with one below 1. */
static int64_t leading_number(struct slice text, int64_t max)
{
    int64_t number = 0;
    size_t i = 0;

    while (i < text.size && is_space(text.data[i]))
        i++;
    if (i < text.size && text.data[i] == '+')
        i++;
    for (; i < text.size && is_digit(text.data[i]); i++)
        if (number < max)
            number = number * 10 + (text.data[i] - '0');
    return number < max ? number : max;
}

/* ---- items between commas ---- */

static struct slice next_item(struct slice *rest)
{
    const char *comma = memchr(rest->data, ',', rest->size);
    const struct slice item = {rest->data, comma == NULL ? rest->size : (size_t)(comma - rest->data)};
    const size_t used = item.size + (comma == NULL ? 0 : 1);

    *rest = (struct slice){rest->data + used, rest->size - used};
    return item;
}

static bool parse_year(struct slice text, int *ret_year)
{
    int year = 0;

    for (size_t i = 0; i < text.size; i++) {
        if (!is_digit(text.data[i]))
            return false;
        year = year > YEAR_MAX ? year : year * 10 + (text.data[i] - '0');
    }
    *ret_year = year;
    return text.size > 0 && year <= YEAR_MAX; /* there is no later cohort */
}

static int by_year(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void append_years(struct slice text, struct buffer *out)
{
    int *years = memory_zero(text.size + 1, sizeof *years);
    size_t count = 0;

    while (text.size > 0)
        if (parse_year(next_item(&text), &years[count]))
            count++;
    qsort(years, count, sizeof *years, by_year);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || years[i] != years[i - 1])
            buffer_printf(out, "%s%d", i == 0 ? "" : ",", years[i]);
    free(years);
}

static int by_id(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct uuid));
}

static void append_ids(struct slice text, struct buffer *out)
{
    struct uuid *ids = memory_zero(text.size / (UUID_TEXT_SIZE - 1) + 1, sizeof *ids);
    size_t count = 0;
    char shown[UUID_TEXT_SIZE];

    while (text.size > 0)
        if (uuid_parse(next_item(&text), &ids[count]))
            count++;
    qsort(ids, count, sizeof *ids, by_id);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && uuid_equal(&ids[i], &ids[i - 1]))
            continue;
        uuid_format(&ids[i], shown);
        buffer_printf(out, "%s\"%s\"", i == 0 ? "" : ",", shown);
    }
    free(ids);
}

/* ---- instants ---- */

static bool begins_zone(char c)
{
    return c == 'Z' || c == 'z' || c == '+' || c == '-';
}

/* As declaration_date_parse() wants it: with seconds and a zone. What is no instant stays none. */
static void complete_instant(struct slice text, struct buffer *out)
{
    enum { DATE = sizeof("2025-09-01") - 1, MINUTES = sizeof("2025-09-01T08:30") - 1 };

    if (text.size == DATE) {
        buffer_append(out, text.data, text.size);
        buffer_append_text(out, "T00:00:00Z");
        return;
    }
    if (text.size < MINUTES)
        return;
    buffer_append(out, text.data, MINUTES);
    if (text.size == MINUTES || text.data[MINUTES] != ':')
        buffer_append_text(out, ":00");
    buffer_append(out, text.data + MINUTES, text.size - MINUTES);
    for (size_t i = DATE + 1; i < text.size; i++)
        if (begins_zone(text.data[i]))
            return;
    buffer_append_char(out, 'Z');
}

bool list_instant_parse(struct slice text, int64_t *ret_instant_us)
{
    struct buffer whole = BUFFER_INIT;

    if (text.size > INSTANT_MAX_SIZE)
        return false;
    complete_instant(text, &whole);
    const bool good = declaration_date_parse(buffer_slice(&whole), ret_instant_us);
    buffer_release(&whole);
    return good;
}

/* Encoded once or twice (3.4, number 9). A + is left alone the second time: who encodes twice sends none. */
static bool parse_encoded_instant(struct slice text, int64_t *ret_instant_us)
{
    struct buffer decoded = BUFFER_INIT;

    if (list_instant_parse(text, ret_instant_us))
        return true;
    query_decode(text, /* plus_is_space= */ false, &decoded);
    const bool good = list_instant_parse(buffer_slice(&decoded), ret_instant_us);
    buffer_release(&decoded);
    return good;
}

/* ---- filters ---- */

static const char *find_word(const char *const *words, struct slice text)
{
    for (; *words != NULL; words++)
        if (slice_equal(text, slice_of(*words)))
            return *words;
    return "";
}

/* The names that are left of a sort, in the order in which they are to count. */
static void append_sort(const struct list_filter *sort, struct slice text, struct buffer *out)
{
    unsigned used = 0;

    while (text.size > 0) {
        struct slice name = next_item(&text);
        const bool descends = name.size > 0 && name.data[0] == '-';

        if (descends || (name.size > 0 && name.data[0] == '+'))
            name = (struct slice){name.data + 1, name.size - 1};
        for (unsigned i = 0; sort->words[i] != NULL; i++) {
            if ((used & 1u << i) != 0 || !slice_equal(name, slice_of(sort->words[i])))
                continue;
            if (used == 0)
                buffer_printf(out, "\"%s\":[", sort->name);
            buffer_printf(out, "%s\"%s%s\"", used == 0 ? "" : ",", descends ? "-" : "", sort->words[i]);
            used |= 1u << i;
        }
    }
    if (used != 0)
        buffer_append_text(out, "],");
}

/* An array or pairs in place of a text hold no item of any kind: nothing is left of them, and nothing
 * matches; and they are no date. */
static bool append_filter(const struct list_filter *filter, struct slice text, struct buffer *out)
{
    int64_t instant_us;

    switch (filter->form) {
    case LIST_YEARS:
        buffer_printf(out, "\"%s\":[", filter->name);
        append_years(text, out);
        buffer_append_text(out, "],");
        break;
    case LIST_IDS:
        buffer_printf(out, "\"%s\":[", filter->name);
        append_ids(text, out);
        buffer_append_text(out, "],");
        break;
    case LIST_INSTANT:
        if (!parse_encoded_instant(text, &instant_us))
            return false;
        buffer_printf(out, "\"%s\":%" PRId64 ",", filter->name, instant_us);
        break;
    case LIST_WORD:
        buffer_printf(out, "\"%s\":\"%s\",", filter->name, find_word(filter->words, text));
        break;
    case LIST_ID: /* an id and a comma are none */
        buffer_printf(out, "\"%s\":[", filter->name);
        if (text.size > 0 && memchr(text.data, ',', text.size) == NULL)
            append_ids(text, out);
        buffer_append_text(out, "],");
        break;
    case LIST_NUMBER:
    case LIST_NEEDED:
        buffer_printf(out, "\"%s\":%" PRId64 ",", filter->name, leading_number(text, NUMBER_MAX));
        break;
    case LIST_SORT:
        append_sort(filter, text, out);
        break;
    case LIST_END:
        break;
    }
    return true;
}

static enum query_given find_filter(struct slice query, const struct list_filter *filter, struct buffer *text)
{
    char key[KEY_SIZE];

    buffer_clear(text);
    (void)snprintf(key, sizeof key, filter->form == LIST_SORT ? "%s" : "filter[%s]", filter->name);
    return query_find(query, key, text);
}

static enum list_verdict append_filters(struct slice query, const struct list_filter *filters,
                                        struct buffer *out, bool *ret_wants_now)
{
    struct buffer text = BUFFER_INIT;
    enum list_verdict verdict = LIST_GOOD;

    for (const struct list_filter *filter = filters; filter->form != LIST_END; filter++)
        if (filter->form == LIST_NEEDED && find_filter(query, filter, &text) == QUERY_ABSENT)
            verdict = LIST_MISSING;
    for (; filters->form != LIST_END && verdict == LIST_GOOD; filters++) {
        const enum query_given given = find_filter(query, filters, &text);

        if (given != QUERY_NESTED && filters->form != LIST_NEEDED && is_blank(buffer_slice(&text)))
            continue;
        if (!append_filter(filters, buffer_slice(&text), out))
            verdict = LIST_BAD_INSTANT;
        *ret_wants_now = *ret_wants_now || filters->form == LIST_INSTANT;
    }
    buffer_release(&text);
    return verdict;
}

/* ---- pages ---- */

static bool read_number(struct slice query, const char *key, int64_t max, int64_t *number)
{
    struct buffer text = BUFFER_INIT;
    const enum query_given given = query_find(query, key, &text);

    if (given != QUERY_ABSENT)
        *number = given == QUERY_TEXT ? leading_number(buffer_slice(&text), max) : 0;
    buffer_release(&text);
    return *number > 0;
}

/* `page=2` and `page[]=2`: neither is a pair. */
static bool page_is_pairs(struct slice query)
{
    struct buffer text = BUFFER_INIT;
    const bool is_text = query_find(query, "page", &text) == QUERY_TEXT;

    buffer_clear(&text);
    const bool is_array = query_find(query, "page[]", &text) != QUERY_ABSENT;
    buffer_release(&text);
    return !is_text && !is_array;
}

/* {filter: …,} closed. */
static void end_fields(struct buffer *out)
{
    if (out->data[out->size - 1] == ',')
        out->data[out->size - 1] = '}';
    else
        buffer_append_char(out, '}');
}

enum list_verdict list_fields(struct slice query, const struct list_filter *filters, bool has_pages,
                              struct buffer *out, bool *ret_wants_now)
{
    int64_t page = 1, per_page = PER_PAGE;

    *ret_wants_now = false;
    buffer_append_char(out, '{');
    const enum list_verdict verdict = append_filters(query, filters, out, ret_wants_now);
    if (verdict != LIST_GOOD)
        return verdict;
    if (has_pages) {
        if (!page_is_pairs(query) || !read_number(query, "page[page]", PAGE_MAX, &page) ||
            !read_number(query, "page[per_page]", PER_PAGE_MAX, &per_page))
            return LIST_BAD_PAGE;
        buffer_printf(out, "\"page\":%" PRId64 ",\"per_page\":%" PRId64, page, per_page);
    }
    end_fields(out);
    return LIST_GOOD;
}
