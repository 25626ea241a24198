/* declaration_view: see declaration_view.h. */
#include "common/declaration_view.h"

#include "common/render.h"

void declaration_render_resource(const struct declaration_view *view, struct buffer *out)
{
    bool is_voided = view->payment_status == PAYMENT_VOIDED;
    bool uplift_paid =
        view->payment_status == PAYMENT_PAID && (view->pupil_premium_uplift || view->sparsity_uplift);
    render_resource_begin(out, view->id, "participant-declaration");
    render_uuid(out, "participant_id", &view->participant_id);
    render_plain(out, "declaration_type", declaration_type_name(view->type));
    render_instant(out, "declaration_date", view->date_us);
    render_plain(out, "course_identifier", course_identifier(view->role));
    render_uuid(out, "mentor_id", view->mentor_id);
    render_plain(out, "state", declaration_state(view->payment_status, view->clawback_status));
    render_instant(out, "updated_at", view->updated_at_us);
    render_instant(out, "created_at", view->created_at_us);
    render_uuid(out, "delivery_partner_id", &view->delivery_partner_id);
    render_uuid(out, "statement_id", is_voided ? NULL : view->statement_id);
    render_uuid(out, "clawback_statement_id", view->clawback_statement_id);
    render_plain(out, "ineligible_for_funding_reason", NULL);
    render_bool(out, "uplift_paid", uplift_paid);
    render_plain(out, "evidence_held", evidence_type_name(view->evidence));
    render_text(out, "lead_provider_name", view->lead_provider_name);
    render_resource_end(out);
}

void declaration_render(const struct declaration_view *view, struct buffer *out)
{
    buffer_append_text(out, "{\"data\":");
    declaration_render_resource(view, out);
    buffer_append_char(out, '}');
}
