-- Usage analytics (metrics.md §6): what was asked of the service. Append-only, written by intake in groups (PL-17).

-- migrate:up
-- Parted first by how long it is kept (UA-11), which follows from the type: requests 13 months, so by month. Events of entities,
-- kept as long as the record itself, will be another part beside usage_requests; nothing else changes for who writes or reads.
create table usage_events (
  event_type text not null,
  occurred_at timestamptz not null,
  event_id uuid not null,
  request_uuid uuid,
  data jsonb not null,
  primary key (event_type, occurred_at, event_id),
  constraint usage_events_data_is_object check (jsonb_typeof(data) = 'object'),
  constraint usage_events_request_known check (event_type not in ('persist_api_request', 'web_request') or request_uuid is not null)
) partition by list (event_type);
comment on column usage_events.event_id is 'made by who recorded the event: the same event told twice is stored once';
comment on column usage_events.request_uuid is 'the trace id; a client may give it (X-Request-Id), so several requests can have the same';
comment on column usage_events.data is 'the other fields of the type (metrics.md 6.2, 6.3), blocked values already replaced (UA-9)';
comment on table usage_events is
  'metrics.md 6: in the order of the key an export reads them; of a persist_api_request occurred_at is the created_at of 6.3';

create table usage_requests partition of usage_events for values in ('persist_api_request', 'web_request')
  partition by range (occurred_at);
comment on table usage_requests is 'UA-11: kept 13 months, by month (partitioned_tables)';

-- migrate:down
drop table usage_events;
