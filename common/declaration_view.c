/* declaration_view: see declaration_view.h. */
#include "common/declaration_view.h"

#include <jansson.h>

#include "common/cleanup.h"
#include "common/clock.h"

static void render_key(struct buffer *out, const char *key)
{
    buffer_append_char(out, '"');
    buffer_append_text(out, key);
    buffer_append_text(out, "\":");
}

/* Text that needs no escapes: words, UUIDs, instants. NULL = null. */
static void render_plain(struct buffer *out, const char *key, const char *text)
{
    render_key(out, key);
    if (text == NULL) {
        buffer_append_text(out, "null");
    } else {
        buffer_append_char(out, '"');
        buffer_append_text(out, text);
        buffer_append_char(out, '"');
    }
}

static void render_uuid(struct buffer *out, const char *key, const struct uuid *id)
{
    char text[UUID_TEXT_SIZE];
    if (id != NULL)
        uuid_format(id, text);
    render_plain(out, key, id == NULL ? NULL : text);
}

static void render_instant(struct buffer *out, const char *key, int64_t instant_us)
{
    char text[RFC3339_SIZE];
    rfc3339_format(instant_us, text);
    render_plain(out, key, text);
}

static int append_dump(const char *data, size_t size, void *out)
{
    buffer_append(out, data, size);
    return 0;
}

/* Any text, escaped. */
static void render_text(struct buffer *out, const char *key, struct slice text)
{
    CLEANUP(json) json_t *value = json_stringn(text.data == NULL ? "" : text.data, text.size);
    render_key(out, key);
    if (value == NULL || json_dump_callback(value, append_dump, out, JSON_ENCODE_ANY) != 0)
        buffer_append_text(out, "null"); /* not UTF-8; the database holds nothing else */
}

void declaration_render_resource(const struct declaration_view *view, struct buffer *out)
{
    bool is_voided = view->payment_status == PAYMENT_VOIDED;
    bool uplift_paid =
        view->payment_status == PAYMENT_PAID && (view->pupil_premium_uplift || view->sparsity_uplift);
    buffer_append_char(out, '{');
    render_uuid(out, "id", view->id);
    buffer_append_text(out, ",\"type\":\"participant-declaration\",\"attributes\":{");
    render_uuid(out, "participant_id", &view->participant_id);
    buffer_append_char(out, ',');
    render_plain(out, "declaration_type", declaration_type_name(view->type));
    buffer_append_char(out, ',');
    render_instant(out, "declaration_date", view->date_us);
    buffer_append_char(out, ',');
    render_plain(out, "course_identifier", course_identifier(view->role));
    buffer_append_char(out, ',');
    render_uuid(out, "mentor_id", view->mentor_id);
    buffer_append_char(out, ',');
    render_plain(out, "state", declaration_state(view->payment_status, view->clawback_status));
    buffer_append_char(out, ',');
    render_instant(out, "updated_at", view->updated_at_us);
    buffer_append_char(out, ',');
    render_instant(out, "created_at", view->created_at_us);
    buffer_append_char(out, ',');
    render_uuid(out, "delivery_partner_id", &view->delivery_partner_id);
    buffer_append_char(out, ',');
    render_uuid(out, "statement_id", is_voided ? NULL : view->statement_id);
    buffer_append_char(out, ',');
    render_uuid(out, "clawback_statement_id", view->clawback_statement_id);
    buffer_append_text(out, ",\"ineligible_for_funding_reason\":null,");
    render_key(out, "uplift_paid");
    buffer_append_text(out, uplift_paid ? "true" : "false");
    buffer_append_char(out, ',');
    render_plain(out, "evidence_held", evidence_type_name(view->evidence));
    buffer_append_char(out, ',');
    render_text(out, "lead_provider_name", view->lead_provider_name);
    buffer_append_text(out, "}}");
}

void declaration_render(const struct declaration_view *view, struct buffer *out)
{
    buffer_append_text(out, "{\"data\":");
    declaration_render_resource(view, out);
    buffer_append_char(out, '}');
}
