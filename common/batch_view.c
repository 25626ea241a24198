/* batch_view: the bytes of a batch's resource and results; see batch_view.h. */
#include "common/batch_view.h"

#include "common/clock.h"

int64_t batch_undecided(const struct batch_view *view)
{
    return view->line_count - view->succeeded - view->rejected - view->failed - view->dead;
}

bool batch_is_finished(const struct batch_view *view)
{
    return view->dead == 0 && batch_undecided(view) == 0;
}

void batch_render(const struct batch_view *view, struct buffer *out)
{
    char id[UUID_TEXT_SIZE], accepted_at[RFC3339_SIZE], finished_at[RFC3339_SIZE];

    uuid_format(&view->id, id);
    rfc3339_format(view->accepted_us, accepted_at);
    buffer_printf(
        out,
        "{\"data\":{\"id\":\"%s\",\"type\":\"batch\",\"attributes\":{\"kind\":\"%.*s\",\"line_count\":"
        "%lld,\"accepted_at\":\"%s\",\"finished_at\":",
        id, (int)view->kind.size, view->kind.data, (long long)view->line_count, accepted_at);
    if (batch_is_finished(view)) {
        rfc3339_format(view->decided_us, finished_at);
        buffer_printf(out, "\"%s\"", finished_at);
    } else {
        buffer_append_text(out, "null");
    }
    buffer_printf(out,
                  ",\"counts\":{\"undecided\":%lld,\"succeeded\":%lld,\"rejected\":%lld,\"failed\":%lld,"
                  "\"dead\":%lld}}}}",
                  (long long)batch_undecided(view), (long long)view->succeeded, (long long)view->rejected,
                  (long long)view->failed, (long long)view->dead);
}

void batch_line_render(const struct batch_line_view *view, struct buffer *out)
{
    buffer_printf(out, "{\"line\":%lld,\"submission_id\":\"%.*s\",\"state\":\"%.*s\",", (long long)view->line,
                  (int)view->submission_id.size, view->submission_id.data, (int)view->state.size,
                  view->state.data);
    if (!view->is_decided) {
        buffer_append_text(out, "\"result\":null,\"response\":null}\n");
        return;
    }
    buffer_printf(out, "\"result\":\"%.*s\",\"response\":{\"status\":%lld,\"body\":", (int)view->result.size,
                  view->result.data, (long long)view->status);
    if (view->body.size == 0)
        buffer_append_text(out, "null");
    else
        buffer_append(out, view->body.data, view->body.size);
    buffer_append_text(out, "}}\n");
}
