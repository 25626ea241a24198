/* list: see list.h. */
#include "workers/query/list.h"

#include "common/clock.h"

#define BUDGET_US    (US_PER_SECOND / 5)
#define BUDGET_BYTES (16u << 20)

static json_t *field(const struct question *question, const char *name)
{
    return json_object_get(json_object_get(question->payload, "fields"), name);
}

struct list_page list_page_of(const struct question *question)
{
    const int64_t number = json_integer_value(field(question, "page"));
    const int64_t take = json_integer_value(field(question, "per_page"));

    return (struct list_page){.skip = number > 0 ? (number - 1) * take : 0, .take = take};
}

bool list_has(const struct question *question, const char *filter)
{
    return field(question, filter) != NULL;
}

int64_t list_int(const struct question *question, const char *filter)
{
    return json_integer_value(field(question, filter));
}

int64_t list_instant(const struct question *question, const char *filter)
{
    return list_int(question, filter);
}

/* An array parameter, element by element. */
static void param_array(struct db_params *params, const struct question *question, const char *filter,
                        void (*add)(struct db_params *params, const json_t *element))
{
    const json_t *elements = field(question, filter);

    if (elements == NULL) {
        db_param_null(params);
        return;
    }
    db_array_begin(params);
    for (size_t i = 0; i < json_array_size(elements); i++)
        add(params, json_array_get(elements, i));
    db_array_end(params);
}

static void add_int(struct db_params *params, const json_t *element)
{
    db_array_int(params, json_integer_value(element));
}

static void add_text(struct db_params *params, const json_t *element)
{
    db_array_text(params, json_string_value(element));
}

void list_param_int(struct db_params *params, const struct question *question, const char *filter)
{
    if (list_has(question, filter))
        db_param_int(params, list_int(question, filter));
    else
        db_param_null(params);
}

void list_param_ints(struct db_params *params, const struct question *question, const char *filter)
{
    param_array(params, question, filter, add_int);
}

void list_param_texts(struct db_params *params, const struct question *question, const char *filter)
{
    param_array(params, question, filter, add_text);
}

void list_param_text(struct db_params *params, const struct question *question, const char *filter)
{
    db_param_text(params, json_string_value(field(question, filter)));
}

void list_param_instant(struct db_params *params, const struct question *question, const char *filter)
{
    if (list_has(question, filter))
        db_param_instant(params, list_instant(question, filter));
    else
        db_param_null(params);
}

void list_param_sort(struct db_params *params, const struct question *question)
{
    const json_t *names = field(question, "sort");
    const char *first = json_string_value(json_array_get(names, 0));

    db_param_text(params, first == NULL ? "created_at" : first);
    db_param_text(params, json_string_value(json_array_get(names, 1)));
}

bool list_budget_lasts(struct list_budget *budget)
{
    const int64_t now_us = monotonic_now_us();

    if (budget->ends_us == 0) {
        budget->ends_us = now_us + BUDGET_US;
        return true;
    }
    return now_us < budget->ends_us && budget->bytes < BUDGET_BYTES;
}

void list_put_off(struct question *question)
{
    work_forward(question->item, "query"); /* not returned: it only waits for its turn, without a delay */
    question->is_answered = true;          /* not now, but not with 404 */
}

void list_answer(struct question *question, struct list_budget *budget, struct buffer *list)
{
    budget->bytes += list->size;
    question_answer(question, 200, (struct slice){NULL, 0}, buffer_slice(list));
    buffer_clear(list);
}

void list_begin(struct buffer *list)
{
    buffer_append_text(list, "{\"data\":[");
}

void list_separate(struct buffer *list)
{
    if (list->data[list->size - 1] != '[')
        buffer_append_char(list, ',');
}

void list_end(struct buffer *list)
{
    buffer_append_text(list, "]}");
}
