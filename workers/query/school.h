/* school: a school in a cohort as a client sees it (lead-provider-api.md section 10). */
#ifndef ECF2_WORKERS_QUERY_SCHOOL_H
#define ECF2_WORKERS_QUERY_SCHOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/slice.h"
#include "common/uuid.h"

struct school_view {
    struct uuid id;
    struct slice name;
    int64_t urn, cohort;
    bool in_partnership;
    struct slice programme_choice; /* the word of the database, which is the API's */
    bool expression_of_interest;
    struct slice tutor_name, tutor_email; /* data NULL: none, or not for who asks */
    int64_t created_at_us, updated_at_us;
};

/* Appends {"id":…,"type":"school","attributes":{…}}, attributes in the order of section 10. */
void school_render_resource(const struct school_view *view, struct buffer *out);

#endif
