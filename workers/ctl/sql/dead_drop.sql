-- Decides a dead letter for good: its outcome is `failed` (PL-42), what was given for matching only goes (DM-30).
--   $1 uuid  submission
--   $2 json  body of the answer
-- One row when this statement decided it: submission_id.
with decided as (
  insert into submission_outcomes (accepted_at, submission_id, result, http_status, body)
  values (uuid_v7_time($1::uuid), $1::uuid, 'failed', 500, $2)
  on conflict do nothing
  returning submission_id
), forgotten as (
  delete from submission_private
  where submission_id = (select submission_id from decided)
),
-- PL-54: told to whoever asked for it
deliveries as (
  insert into webhook_deliveries (id, created_at, webhook_endpoint_id, kind, submission_id, trace_id)
  select told.id, uuid_v7_time(told.id), told.endpoint_id, 'submission.decided', told.submission_id, told.trace_id
  from (select uuid_v7() as id, endpoint.id as endpoint_id, s.id as submission_id, s.trace_id
        from decided
        join submissions as s on s.accepted_at = uuid_v7_time($1::uuid) and s.id = decided.submission_id
        join webhook_endpoints as endpoint on s.caller_type = 'lead_provider' and endpoint.lead_provider_id = s.caller_id
          and endpoint.disabled_at is null and 'submission.decided' = any (endpoint.event_kinds)
        offset 0) as told
)
update submission_dead_letters
set resolved_at = clock_timestamp(), resolution = 'dropped'
where submission_id = (select submission_id from decided)
  and resolved_at is null
returning submission_id
