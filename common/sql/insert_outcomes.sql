-- Outcomes that change nothing else: rejections, and submissions answered with a record that exists already
-- (declarations.md 7.1); and outcomes whose rows are written before them in this transaction, since their bodies show these
-- (pipeline.md section 4, step 4, "Others"). Inserting an outcome is the exactly-once point (DM-29, DM-30): one that exists
-- stays, and nothing follows from it twice; where rows are written already it is an error, which undoes them.
--   $1 uuid[] ids, $2 timestamptz[] accepted_at, $3 text[] results, $4 integer[] HTTP statuses,
--   $5 text[] bodies (JSON), $6 text[] resource types, $7 uuid[] resource ids, $8 text[] rules that fired (comma separated),
--   $9 text[] facts (JSON), $10 text[] rules versions, $11 bigint[] lead providers that submitted (null = somebody else),
--   $12 text[] trace ids, $13 text[] cache scopes (comma separated), $14 boolean[] whether rows are written already
-- One row for each outcome written: its id and body.
with decided as (
  select * from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::integer[], $5::text[], $6::text[], $7::uuid[],
                       $8::text[], $9::text[], $10::text[], $11::bigint[], $12::text[], $13::text[], $14::boolean[])
    as d (id, accepted_at, result, http_status, body, resource_type, resource_api_id, fired, facts, rules_version,
          lead_provider_id, trace_id, scopes, has_rows)
),
entries as (
  select d.id, d.accepted_at, clock_timestamp() as decided_at, d.result, d.http_status, d.body::json as body,
         d.resource_type, d.resource_api_id, nextval('accept_no_seq') as decided_no,
         coalesce(string_to_array(nullif(d.scopes, ''), ','), '{}') as scopes,
         coalesce(string_to_array(nullif(d.fired, ''), ','), '{}') as fired, d.facts::jsonb, d.rules_version::integer,
         d.has_rows
  from decided as d
),
plain as (
  insert into submission_outcomes (submission_id, accepted_at, decided_at, result, http_status, body, resource_type,
                                   resource_api_id, decided_no, scopes, fired, facts, rules_version)
  select id, accepted_at, decided_at, result, http_status, body, resource_type, resource_api_id, decided_no, scopes, fired,
         facts, rules_version
  from entries where not has_rows
  on conflict do nothing
  returning submission_id, body
),
with_rows as (
  insert into submission_outcomes (submission_id, accepted_at, decided_at, result, http_status, body, resource_type,
                                   resource_api_id, decided_no, scopes, fired, facts, rules_version)
  select id, accepted_at, decided_at, result, http_status, body, resource_type, resource_api_id, decided_no, scopes, fired,
         facts, rules_version
  from entries where has_rows
  returning submission_id, body
),
outcomes as (
  select * from plain union all select * from with_rows
),
-- PL-54: told to whoever asked for it
deliveries as (
  insert into webhook_deliveries (id, created_at, webhook_endpoint_id, kind, submission_id, trace_id)
  select told.id, uuid_v7_time(told.id), told.endpoint_id, 'submission.decided', told.submission_id, told.trace_id
  from (select uuid_v7() as id, endpoint.id as endpoint_id, d.id as submission_id, d.trace_id
        from decided as d
        join outcomes on outcomes.submission_id = d.id
        join webhook_endpoints as endpoint on endpoint.lead_provider_id = d.lead_provider_id
          and endpoint.disabled_at is null and 'submission.decided' = any (endpoint.event_kinds)
        offset 0) as told
)
select submission_id as id, body::text as body from outcomes
