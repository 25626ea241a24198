/* delivery_partner: a delivery partner as a client sees it (lead-provider-api.md section 8). */
#ifndef ECF2_WORKERS_QUERY_DELIVERY_PARTNER_H
#define ECF2_WORKERS_QUERY_DELIVERY_PARTNER_H

#include <stdint.h>

#include "common/buffer.h"
#include "common/slice.h"
#include "common/uuid.h"

struct delivery_partner_view {
    struct uuid id;
    struct slice name;
    struct slice cohorts; /* in which it works with who asks: "2024,2025" */
    int64_t created_at_us, updated_at_us;
};

/* Appends {"id":…,"type":"delivery-partner","attributes":{…}}, attributes in the order of section 8. */
void delivery_partner_render_resource(const struct delivery_partner_view *view, struct buffer *out);

#endif
