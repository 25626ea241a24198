/* declaration_view: a declaration as a client sees it (lead-provider-api.md 7.1). */
#ifndef ECF2_COMMON_DECLARATION_VIEW_H
#define ECF2_COMMON_DECLARATION_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/declaration.h"
#include "common/slice.h"
#include "common/uuid.h"

/* A declaration as lead-provider-api.md 7.1 shows it. Pointers may be NULL where the attribute may be null.
 */
struct declaration_view {
    const struct uuid *id; /* NULL in a dry run */
    struct uuid participant_id;
    enum declaration_type type;
    int64_t date_us;
    enum participant_role role;
    const struct uuid *mentor_id;
    enum payment_status payment_status;
    enum clawback_status clawback_status;
    int64_t created_at_us, updated_at_us;
    struct uuid delivery_partner_id;
    const struct uuid *statement_id; /* the stored one; hidden here when voided */
    const struct uuid *clawback_statement_id;
    bool pupil_premium_uplift, sparsity_uplift;
    enum evidence_type evidence;
    struct slice lead_provider_name;
};

/* Appends {"id":…,"type":"participant-declaration","attributes":{…}}, attributes in the order of 7.1. */
void declaration_render_resource(const struct declaration_view *view, struct buffer *out);
/* Appends {"data":{"id":…,"type":"participant-declaration","attributes":{…}}}: the resource as the answer of
 * one. */
void declaration_render(const struct declaration_view *view, struct buffer *out);

#endif
