/* dry_run: see dry_run.h. */
#include "common/dry_run.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/cache.h"
#include "common/clock.h"
#include "common/kinds.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/submission_view.h"

bool work_is_dry_run(const struct work_item *item)
{
    return (item->record.flags & WIRE_FLAG_DRY_RUN) != 0;
}

static void count(const struct work_item *item, const struct dry_run *dry_run)
{
    const struct slice kind = item->record.kind;
    char labels[128];

    (void)snprintf(labels, sizeof labels, "kind=\"%.*s\",outcome=\"%s\"", (int)kind.size, kind.data,
                   dry_run->result);
    metric_add(
        metric_counter("ecf2_dry_runs_total", "Dry runs answered, by what they would have become", labels),
        1);
    log_event(LOG_INFO, "dry_run_answered", LOG_SLICE("trace", item->record.trace), LOG_SLICE("kind", kind),
              LOG_TEXT("outcome", dry_run->result), LOG_INT("status", dry_run->status), LOG_END);
}

static void render(const struct work_item *item, const struct dry_run *dry_run, struct buffer *out)
{
    const int64_t now_us = machine_now_us();
    char id[UUID_TEXT_SIZE] = "";
    char *rules = json_dumps(dry_run->rules, JSON_COMPACT);
    struct submission_view view = {.is_dry_run = true,
                                   .kind = item->record.kind,
                                   .state = slice_of("decided"),
                                   .accepted_us = uuid_v7_time_us(&item->record.id),
                                   .updated_us = now_us,
                                   .is_decided = true,
                                   .decided_us = now_us,
                                   .result = slice_of(dry_run->result),
                                   .status = dry_run->status,
                                   .body = dry_run->body,
                                   .rules = slice_of(rules == NULL ? "[]" : rules)};

    if (dry_run->resource_type != NULL)
        view.resource_type = slice_of(dry_run->resource_type);
    if (dry_run->resource_id != NULL) {
        uuid_format(dry_run->resource_id, id);
        view.resource_id = slice_of(id);
    }
    submission_render(&view, out);
    free(rules);
}

/* As a rejection it tells what is there already, perhaps of an outcome that nobody was told yet: what its
 * caller reads afterwards must show it (PL-52). */
static void touch(struct work_item *item)
{
    const struct wire_record *record = &item->record;
    const struct kind *kind = kind_find(record->kind);
    struct buffer scope = BUFFER_INIT;

    if (kind == NULL || kind->list == NULL || record->caller_type != WIRE_LEAD_PROVIDER)
        return;
    cache_scope_append(&scope, record->caller_id, kind->list);
    work_touch(item, buffer_slice(&scope));
    buffer_release(&scope);
}

void dry_run_tell(struct work_item *item, const struct dry_run *dry_run)
{
    struct buffer body = BUFFER_INIT;

    render(item, dry_run, &body);
    touch(item);
    work_reply(item,
               &(struct wire_reply){
                   .kind = WIRE_READ, .status = 200, .id = item->record.id, .body = buffer_slice(&body)});
    buffer_release(&body);
    count(item, dry_run);
    work_done(item);
}
