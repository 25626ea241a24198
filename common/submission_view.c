/* submission_view: the bytes of a submission's resource; see submission_view.h. */
#include "common/submission_view.h"

#include "common/clock.h"

#define RETRY_AFTER_MAX 10
/* Most are decided within a second; who is still undecided after half a minute waits for something. */
#define SECONDS_PER_STEP 3

int submission_retry_after(int64_t age_us)
{
    const int64_t seconds = age_us < 0 ? 1 : 1 + age_us / (SECONDS_PER_STEP * US_PER_SECOND);

    return seconds > RETRY_AFTER_MAX ? RETRY_AFTER_MAX : (int)seconds;
}

static void add_key(struct buffer *out, const char *key)
{
    buffer_printf(out, ",\"%s\":", key);
}

/* A word of ours; null when it is empty. */
static void append_word(struct buffer *out, struct slice word)
{
    if (word.size == 0) {
        buffer_append_text(out, "null");
        return;
    }
    buffer_append_char(out, '"');
    buffer_append(out, word.data, word.size);
    buffer_append_char(out, '"');
}

static void add_word(struct buffer *out, const char *key, struct slice word)
{
    add_key(out, key);
    append_word(out, word);
}

static void add_instant(struct buffer *out, const char *key, int64_t instant_us)
{
    char text[RFC3339_SIZE];

    rfc3339_format(instant_us, text);
    add_word(out, key, slice_of(text));
}

static void add_response(struct buffer *out, const struct submission_view *view)
{
    add_key(out, "response");
    if (!view->is_decided) {
        buffer_append_text(out, "null");
        return;
    }
    buffer_printf(out, "{\"status\":%lld,\"body\":", (long long)view->status);
    if (view->body.size == 0)
        buffer_append_text(out, "null");
    else
        buffer_append(out, view->body.data, view->body.size);
    buffer_append_char(out, '}');
}

static void add_resource(struct buffer *out, const struct submission_view *view)
{
    add_key(out, "resource");
    if (!view->is_decided || view->resource_type.size == 0) {
        buffer_append_text(out, "null");
        return;
    }
    buffer_printf(out, "{\"type\":\"%.*s\"", (int)view->resource_type.size, view->resource_type.data);
    add_word(out, "id", view->resource_id);
    buffer_append_char(out, '}');
}

void submission_render_resource(const struct submission_view *view, struct buffer *out)
{
    char id[UUID_TEXT_SIZE] = "";

    if (!view->is_dry_run)
        uuid_format(&view->id, id);
    buffer_append_text(out, "{\"id\":");
    append_word(out, slice_of(id));
    buffer_printf(out, ",\"type\":\"submission\",\"attributes\":{\"kind\":\"%.*s\"", (int)view->kind.size,
                  view->kind.data);
    add_word(out, "state", view->state);
    add_word(out, "result", view->is_decided ? view->result : (struct slice){NULL, 0});
    add_instant(out, "accepted_at", view->accepted_us);
    add_instant(out, "updated_at", view->updated_us);
    if (view->is_decided)
        add_instant(out, "decided_at", view->decided_us);
    else
        add_word(out, "decided_at", (struct slice){NULL, 0});
    add_word(out, "batch_id", view->batch_id);
    add_key(out, "line");
    if (view->batch_id.size == 0)
        buffer_append_text(out, "null");
    else
        buffer_printf(out, "%lld", (long long)view->line);
    add_response(out, view);
    add_resource(out, view);
    if (view->is_dry_run) {
        add_key(out, "rules");
        buffer_append(out, view->rules.data, view->rules.size);
    }
    buffer_append_text(out, "}}");
}

void submission_render(const struct submission_view *view, struct buffer *out)
{
    buffer_append_text(out, "{\"data\":");
    submission_render_resource(view, out);
    buffer_append_char(out, '}');
}
